
/*
 * Copyright (C) aicost
 *
 * A worker dies inside the memory of its edge, after every instruction that
 * changed the block.  Another one takes over what it left.
 */


#include <sys/mman.h>

#include "aicost_edge_int.h"
#include "edge_step.h"


#define BLOCK   AICOST_EDGE_MIN
#define PAGE    4096
#define HEAD    2                /* pages of the head */
#define DENSE   1000             /* steps of a mend, then each 997th */
#define SPARSE  997


typedef struct {
    const char             *name;
    step_run_pt             prepare;
    step_run_pt             run;
} op_t;


static edge_t          live;             /* the block that is shared */
static edge_t          taken;            /* a copy, taken over */
static edge_view_t     before, after, now;
static unsigned        pages[BLOCK / PAGE], npages, visits;
static const char     *wrong;
static unsigned char  *last;


/* --- is it whole? -------------------------------------------------------- */


static const aicost_edge_account_t *
account_of(const edge_view_t *v, const unsigned char *id)
{
    return bsearch(id, v->accounts, v->naccounts, sizeof(*v->accounts),
                   edge_order);
}


static const aicost_edge_record_t *
record_of(const edge_view_t *v, const unsigned char *rid)
{
    return bsearch(rid, v->records, v->nrecords, sizeof(*v->records),
                   edge_order);
}


static int
same_account(const aicost_edge_account_t *a, const aicost_edge_account_t *b)
{
    return b && edge_account_is(a, b)
           && (!a->tranche.used || a->tranche.since == b->tranche.since);
}


static int
same_record(const aicost_edge_record_t *a, const aicost_edge_record_t *b)
{
    return b && edge_record_is(a, b);
}


/* each thing as it was before the call or as it is after it */

static const char *
check_between(void)
{
    uint32_t                      i;
    const aicost_edge_record_t   *r;
    const aicost_edge_account_t  *a;

    for (i = 0; i < now.naccounts; i++) {
        a = &now.accounts[i];

        if (!same_account(a, account_of(&before, a->claim.id))
            && !same_account(a, account_of(&after, a->claim.id)))
        {
            return "an account is neither before nor after";
        }
    }

    for (i = 0; i < now.nrecords; i++) {
        r = &now.records[i];

        if (!same_record(r, record_of(&before, r->rid))
            && !same_record(r, record_of(&after, r->rid)))
        {
            return "a record is neither before nor after";
        }
    }

    for (i = 0; i < before.naccounts; i++) {
        a = &before.accounts[i];

        if (account_of(&after, a->claim.id) && !account_of(&now, a->claim.id)) {
            return "an account that stays is gone";
        }
    }

    for (i = 0; i < before.nrecords; i++) {
        r = &before.records[i];

        if (record_of(&after, r->rid) && !record_of(&now, r->rid)) {
            return "a record that stays is gone";
        }
    }

    if (!edge_meta_is(&now.meta, &before.meta)
        && !edge_meta_is(&now.meta, &after.meta))
    {
        return "the meta is neither before nor after";
    }

    if (now.stat.lost < before.stat.lost || now.stat.lost > after.stat.lost
        || now.stat.forgotten < before.stat.forgotten
        || now.stat.forgotten > after.stat.forgotten)
    {
        return "what was lost";
    }

    return edge_counts(&now);
}


/* what the dead one left, in a copy */

static void
visit(const unsigned char *left)
{
    const char  *why;

    visits++;

    if (wrong) {
        return;
    }

    memcpy(taken.region.base, left, BLOCK);
    edge_at(&taken, taken.region.base, BLOCK);

    if (aicost_edge_init(&taken.edge, &taken.region, 0, 0) != AICOST_OK) {
        wrong = "it is not taken over";
        return;
    }

    edge_view(&taken, &now);
    why = check_between();

    if (why == NULL && visits % 8 == 1) {
        why = edge_use(&taken, &now);
    }

    wrong = why;
}


/* a page that changed since the last step */

static void
look(edge_t *e, long n)
{
    unsigned        i;
    unsigned char  *p;

    (void) n;

    p = e->region.base;

    for (i = 0; i < npages; i++) {
        if (memcmp(last + pages[i], p + pages[i], PAGE) != 0) {
            memcpy(last + pages[i], p + pages[i], PAGE);
            visit(last);
            break;
        }
    }
}


static void
look_wide(edge_t *e, long n)
{
    if ((n < DENSE || n % SPARSE == 0)
        && memcmp(last, e->region.base, BLOCK) != 0)
    {
        memcpy(last, e->region.base, BLOCK);
        visit(last);
    }
}


/* --- the calls ----------------------------------------------------------- */


static void
some(edge_t *e)
{
    uint64_t            i;
    aicost_total_t      t;
    aicost_edge_meta_t  meta;

    for (i = 0; i < 30; i++) {
        edge_opened(e, i, i, EDGE_NOW);

        if (i % 3) {
            (void) edge_settling(e, i, EDGE_NOW + 1, NULL, 0);
        }

        if (i % 3 == 2) {
            edge_settled(e, i, EDGE_NOW + 2);
        }

        memset(&t, 0, sizeof(t));
        edge_id(t.id, EDGE_ACCOUNT, i);
        t.settled = 100;
        t.reserved = 50;
        t.bound = 5;
        edge_totals(e, &t, 1);

        if (i % 2) {
            (void) edge_lend(e, i, 100 + i, 40);
        }
    }

    aicost_edge_get(&e->edge, &meta);
    meta.edges = 3;
    memset(meta.run, 'a', sizeof(meta.run) - 1);
    aicost_edge_set(&e->edge, &meta, AICOST_EDGE_META);
}


static void
full(edge_t *e)
{
    uint64_t            i;
    aicost_edge_stat_t  stat;

    stat = edge_stat(e);

    for (i = 0; i < stat.accounts; i++) {
        edge_opened(e, i, i, EDGE_NOW);

        if (i >= 3) {
            (void) edge_settling(e, i, EDGE_NOW, NULL, 0);
            edge_settled(e, i, EDGE_NOW);
        }
    }

    aicost_edge_drop_done(&e->edge);

    for (i = 0; i < stat.records - 3; i++) {
        (void) edge_settling(e, 10000 + i, EDGE_NOW, NULL, 0);

        if (i % 2) {
            edge_settled(e, 10000 + i, EDGE_NOW);
        }
    }
}


/* of the accounts 4 to 6 and two new ones, with other terms */

static void
claims(aicost_claim_t *c)
{
    unsigned  i;

    for (i = 0; i < 5; i++) {
        edge_claim(&c[i], i < 3 ? 4 + i : 90000 + i, 1 + i % 3);
    }
}


static void
run_opened(edge_t *e)
{
    aicost_granted_t         g;
    static aicost_reserve_t  q;

    edge_ask(&q, 50000, EDGE_NOW, 10);
    claims(q.claims);
    q.nclaims = 5;
    edge_granted(&g, 7);

    aicost_edge_granted(&e->edge, EDGE_NOW + 5, &q, &g, NULL, 0);
}


static void
run_settling(edge_t *e)
{
    (void) edge_settling(e, 3, EDGE_NOW + 5, NULL, 0);
}


static void
run_unknown(edge_t *e)
{
    aicost_claim_t  c[5];

    claims(c);
    (void) edge_settling(e, 50001, EDGE_NOW + 5, c, 5);
}


static void
run_settled(edge_t *e)
{
    edge_settled(e, 4, EDGE_NOW + 5);
}


static void
totals(aicost_total_t *t)
{
    unsigned  i;

    memset(t, 0, 3 * sizeof(*t));

    for (i = 0; i < 3; i++) {
        edge_id(t[i].id, EDGE_ACCOUNT, 4 + i);
        t[i].settled = 200 + i;
        t[i].reserved = 70 + i;
        t[i].bound = 7 + i;
    }
}


static void
run_totals(edge_t *e)
{
    aicost_total_t  t[3];

    totals(t);
    edge_totals(e, t, 3);
}


static void
run_settled_totals(edge_t *e)
{
    unsigned char   rid[AICOST_ID];
    aicost_total_t  t[3];

    totals(t);
    edge_id(rid, EDGE_RID, 4);
    aicost_edge_settled(&e->edge, EDGE_NOW + 5, rid, t, 3);
}


static void
run_lend(edge_t *e)
{
    (void) edge_lend(e, 5, 200, 90);
}


static void
run_give(edge_t *e)
{
    (void) edge_lend(e, 5, 0, 0);
}


static void
run_set(edge_t *e)
{
    aicost_edge_meta_t  meta;

    aicost_edge_get(&e->edge, &meta);
    meta.edges = 4;
    meta.state.share_ppm = 5;
    memset(meta.run, 'b', sizeof(meta.run) - 1);
    memset(meta.epoch, 'c', sizeof(meta.epoch));
    aicost_edge_set(&e->edge, &meta, AICOST_EDGE_META);
}


static void
run_renewed(edge_t *e)
{
    unsigned       i;
    unsigned char  rids[3][AICOST_ID];

    for (i = 0; i < 3; i++) {
        edge_id(rids[i], EDGE_RID, 3 * i);
    }

    aicost_edge_renewed(&e->edge, EDGE_NOW + 900000,
                        (const unsigned char (*)[AICOST_ID]) rids, 3);
}


static void
run_outage(edge_t *e)
{
    uint32_t                 i, covered, index;
    static aicost_reserve_t  q, out;

    edge_ask(&q, 50002, EDGE_NOW, 10);
    q.nclaims = 3;

    for (i = 0; i < 3; i++) {
        edge_claim(&q.claims[i], 1 + 2 * i, 1);
    }

    (void) aicost_edge_outage(&e->edge, &q, &out, &covered, &index);
}


static void
run_drop_done(edge_t *e)
{
    aicost_edge_drop_done(&e->edge);
}


static void
run_forget(edge_t *e)
{
    aicost_edge_forget(&e->edge);
}


static void
run_next(edge_t *e)
{
    uint32_t                     cursor;
    static aicost_edge_record_t  r;

    cursor = 0;
    (void) aicost_edge_next(&e->edge, EDGE_NOW + 9, INT64_MAX, EDGE_ANY,
                            &cursor, &r);
}


static void
run_stat(edge_t *e)
{
    (void) edge_stat(e);
}


static const op_t  ops[] = {
    { "a grant", some, run_opened },
    { "a settlement", some, run_settling },
    { "a settlement of an unknown rid", some, run_unknown },
    { "an acknowledgement", some, run_settled },
    { "totals", some, run_totals },
    { "an acknowledgement with totals", some, run_settled_totals },
    { "a loan in the place of another", some, run_lend },
    { "a loan that is given back", some, run_give },
    { "the meta", some, run_set },
    { "a lease", some, run_renewed },
    { "an outage", some, run_outage },
    { "dropping what is done", some, run_drop_done },
    { "forgetting", some, run_forget },
    { "the next record", some, run_next },
    { "a grant, all full", full, run_opened },
    { "a settlement of an unknown rid, all full", full, run_unknown }
};


/* --- after every change -------------------------------------------------- */


static void
look_at(const unsigned char *block, edge_view_t *v)
{
    memcpy(taken.region.base, block, BLOCK);
    edge_at(&taken, taken.region.base, BLOCK);
    (void) aicost_edge_init(&taken.edge, &taken.region, 0, 0);
    edge_view(&taken, v);
}


/* the block before and after the call, and where they differ */

static void
step_prepare(const op_t *op)
{
    unsigned        i;
    unsigned char  *p;

    p = live.region.base;

    edge_at(&live, p, BLOCK);
    (void) aicost_edge_init(&live.edge, &live.region, 1, 7);
    op->prepare(&live);

    memcpy(last, p, BLOCK);
    look_at(last, &before);

    op->run(&live);
    look_at(p, &after);

    npages = 0;

    for (i = 0; i < BLOCK / PAGE; i++) {
        if (i < HEAD || memcmp(last + i * PAGE, p + i * PAGE, PAGE) != 0) {
            pages[npages++] = i * PAGE;
        }
    }

    memcpy(p, last, BLOCK);
    visits = 0;
    wrong = NULL;
}


static void
test_op(const op_t *op)
{
    char  name[96];
    long  n;

    step_prepare(op);
    n = step_run(&live, op->run, 1000000, look);

    snprintf(name, sizeof(name), "%s: dies after each of %u writes", op->name,
             visits);

    if (!ok(n > 0 && visits > 2 && wrong == NULL, name)) {
        printf("#   %s, %ld steps\n", wrong ? wrong : "not run", n);
    }
}


/* the one that mends dies too: in the block stands an unfinished call */

static void
test_mend(const op_t *op)
{
    char                 name[96];
    long                 n;
    pid_t                pid;
    unsigned             i;
    aicost_edge_head_t  *h;

    step_prepare(op);

    h = live.region.base;
    pid = step_start(&live, op->run);

    while (pid > 0 && h->undo.len == 0 && step_once(pid)) { /* void */ }

    for (i = 0; pid > 0 && i < 8; i++) {
        (void) step_once(pid);
    }

    if (pid > 0) {
        step_kill(pid);
    }

    memcpy(last, live.region.base, BLOCK);
    n = step_run(&live, run_stat, 1000000, look_wide);

    snprintf(name, sizeof(name), "%s: who mends it dies as well, at %u points",
             op->name, visits);

    if (!ok(n > 0 && visits > 100 && wrong == NULL, name)) {
        printf("#   %s, %ld steps\n", wrong ? wrong : "not run", n);
    }
}


static void
setup(void)
{
    unsigned char  *p;

    p = mmap(NULL, BLOCK, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
             -1, 0);

    if (p == MAP_FAILED) {
        perror("mmap");
        exit(2);
    }

    edge_at(&live, p, BLOCK);
    edge_at(&taken, aligned_alloc(64, BLOCK), BLOCK);

    last = malloc(BLOCK);
}


int
main(void)
{
    unsigned  i;

    if (!step_can()) {
        printf("1..0 # SKIP no ptrace()\n");
        return 0;
    }

    setup();

    for (i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
        test_op(&ops[i]);
    }

    test_mend(&ops[0]);
    test_mend(&ops[6]);

    free(last);
    edge_close(&taken);

    return done_testing();
}
