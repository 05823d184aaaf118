
/*
 * Copyright (C) aicost
 *
 * A worker is killed anywhere in the memory of its edge, by SIGKILL, and the
 * next one goes on with what it left.
 */


#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "aicost_edge_int.h"
#include "edge_cases.h"


#define BLOCK  AICOST_EDGE_MIN
#define KILLS  200


static edge_t              live;         /* the block that is shared */
static edge_t              taken;        /* a copy, taken over */
static edge_view_t         now;
static volatile uint64_t  *begun;        /* rounds */


static void
work_once(uint64_t rid, uint64_t *seed)
{
    uint32_t                 i, k, covered, index;
    aicost_total_t           t;
    aicost_granted_t         g;
    aicost_edge_meta_t       meta;
    static aicost_reserve_t  q, out;

    k = (uint32_t) edge_random(seed, 1000);
    edge_ask(&q, rid, EDGE_NOW, 10);
    q.nclaims = 3;

    for (i = 0; i < 3; i++) {
        edge_claim(&q.claims[i], 3 * edge_random(seed, 10) + i, k);
    }

    edge_granted(&g, k + 1);
    aicost_edge_granted(&live.edge, EDGE_NOW, &q, &g, NULL, 0);

    memcpy(t.id, q.claims[0].id, AICOST_ID);
    t.settled = 1;
    t.reserved = k;
    t.bound = k + 1;
    edge_totals(&live, &t, 1);

    (void) edge_lend(&live, edge_random(seed, 30), k, k);
    (void) aicost_edge_outage(&live.edge, &q, &out, &covered, &index);
    (void) edge_settling(&live, rid, EDGE_NOW, q.claims, 3);

    if (k % 2) {
        edge_settled(&live, rid, EDGE_NOW);
    }

    if (k % 16 == 0) {
        aicost_edge_get(&live.edge, &meta);
        meta.edges = k;
        meta.state.share_ppm = k;
        edge_id(meta.epoch, 5, k);
        aicost_edge_set(&live.edge, &meta, AICOST_EDGE_META);
    }

    if (k == 7) {
        aicost_edge_drop_done(&live.edge);
    }

    if (k == 9) {
        aicost_edge_forget(&live.edge);
    }

    *begun += 1;
}


static pid_t
worker(uint64_t w)
{
    pid_t     pid;
    uint64_t  i, seed;

    pid = fork();

    if (pid == 0) {
        seed = 1000 + w;

        for (i = 0; ; i++) {
            work_once(w * 100000000 + i, &seed);
        }
    }

    return pid;
}


/* all that was written together is there together */

static const char *
check_whole(void)
{
    uint32_t                      i;
    unsigned char                 id[AICOST_ID];
    aicost_claim_t                c;
    const aicost_edge_record_t   *r;
    const aicost_edge_account_t  *a;

    for (i = 0; i < now.naccounts; i++) {
        a = &now.accounts[i];

        edge_claim(&c, 0, a->claim.budget);
        memcpy(c.id, a->claim.id, AICOST_ID);

        if (!edge_claim_is(&c, &a->claim)
            || (a->settled && a->bound != a->reserved + 1))
        {
            return "an account";
        }

        edge_id(id, EDGE_TRANCHE, (uint64_t) a->tranche.amount);

        if (a->tranche.amount && memcmp(id, a->tranche.rid, AICOST_ID) != 0) {
            return "a tranche";
        }
    }

    for (i = 0; i < now.nrecords; i++) {
        r = &now.records[i];

        if (r->nclaims != 3 || r->expires != EDGE_NOW + 60000
            || r->amount[0] <= 0 || r->gap[0] != (r->amount[0] < 10
                                                  ? 10 - r->amount[0] : 0)
            || r->hash == 0
            || (r->state != AICOST_EDGE_OPEN && r->actual[0] != 5))
        {
            return "a record";
        }
    }

    edge_id(id, 5, now.meta.edges);

    if (now.meta.state.share_ppm
        && (now.meta.state.share_ppm != now.meta.edges
            || memcmp(id, now.meta.epoch, AICOST_ID) != 0))
    {
        return "the meta";
    }

    return edge_counts(&now);
}


static const char *
check_killed(unsigned *unfinished)
{
    const char          *why;
    aicost_edge_head_t  *h;

    h = live.region.base;
    *unfinished += h->busy;

    memcpy(taken.region.base, h, BLOCK);
    edge_at(&taken, taken.region.base, BLOCK);
    (void) aicost_edge_init(&taken.edge, &taken.region, 0, 0);

    edge_view(&taken, &now);
    why = check_whole();

    return why ? why : edge_use(&taken, &now);
}


static void
test_kills(void)
{
    pid_t        pid;
    uint64_t     i, seed, target;
    unsigned     unfinished;
    const char  *why;

    (void) aicost_edge_init(&live.edge, &live.region, 1, 7);

    seed = 20261125;
    unfinished = 0;
    why = NULL;

    for (i = 0; i < KILLS && why == NULL; i++) {
        target = *begun + 1 + edge_random(&seed, 500);
        pid = worker(i);

        while (*begun < target) {
            sched_yield();
        }

        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);

        why = check_killed(&unfinished);
    }

    is_str(why, NULL, "killed anywhere, all that is there is whole");
    ok(unfinished > 0, "some of them in a call");
    printf("# %u rounds, %u of %u kills in a call\n", (unsigned) *begun,
           unfinished, (unsigned) i);
}


int
main(void)
{
    unsigned char  *p;

    p = mmap(NULL, BLOCK + 64, PROT_READ | PROT_WRITE,
             MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    if (p == MAP_FAILED) {
        perror("mmap");
        return 2;
    }

    begun = (volatile uint64_t *) (void *) (p + BLOCK);

    edge_at(&live, p, BLOCK);
    edge_at(&taken, aligned_alloc(64, BLOCK), BLOCK);

    test_kills();

    free(now.accounts);
    free(now.records);
    edge_close(&taken);

    return done_testing();
}
