
/*
 * Copyright (C) aicost
 *
 * Processes die inside the embedded store: at every write of every operation,
 * and anywhere by SIGKILL.  The sources are compiled in, with a hook at each
 * write.
 */


#include <pthread.h>
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>


static void fault_point(void);

#define AICOST_SHM_FAULT()  fault_point()
#define AICOST_SHM_DONES    3

#include "../../ngx_aicost_module/store/aicost_store_shm.c"
#include "../../ngx_aicost_module/store/aicost_store_shm_crc.c"
#include "../../ngx_aicost_module/store/aicost_store_shm_journal.c"
#include "../../ngx_aicost_module/store/aicost_store_shm_reserve.c"
#include "../../ngx_aicost_module/store/aicost_store_shm_settle.c"
#include "../../ngx_aicost_module/store/aicost_store_shm_table.c"

#include "store_cases.h"


#define BLOCK    AICOST_SHM_MIN
#define DIED     77
#define KILLS    120
#define OPS      18
#define CLEAN    99


typedef struct {
    pthread_mutex_t      mutex;
    volatile uint64_t    begun;
    volatile uint64_t    acked[2];
    unsigned char       *block;
} shared_t;


typedef struct {
    unsigned             n;
    aicost_balance_t     balances[512];
    aicost_state_t       state;
    uint32_t             nlatches;
    aicost_latch_t       latches[64];
    uint32_t             open;
    int64_t              rates;      /* sum of their times */
} view_t;


static long                 fault_left;
static shared_t            *shared;
static aicost_store_t       store;
static aicost_shm_region_t  region;


static void
fault_point(void)
{
    if (fault_left > 0 && --fault_left == 0) {
        _exit(DIED);
    }
}


static void
crash_lock(void *data)
{
    (void) data;

    if (pthread_mutex_lock(&shared->mutex) == EOWNERDEAD) {
        pthread_mutex_consistent(&shared->mutex);
    }
}


static void
crash_unlock(void *data)
{
    (void) data;

    pthread_mutex_unlock(&shared->mutex);
}


static void
crash_setup(void)
{
    pthread_mutexattr_t  attr;

    shared = mmap(NULL, sizeof(*shared) + BLOCK + 4096,
                  PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    if (shared == MAP_FAILED) {
        perror("mmap");
        exit(2);
    }

    pthread_mutexattr_init(&attr);
    pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
    pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST);
    pthread_mutex_init(&shared->mutex, &attr);

    shared->block = (unsigned char *) shared + 4096;

    region.base = shared->block;
    region.size = BLOCK;
    region.lock = crash_lock;
    region.unlock = crash_unlock;
}


/* --- is the block whole? ------------------------------------------------ */

static const char *
check_table(aicost_shm_t *m, unsigned table)
{
    uint32_t                   i, k, n, *buckets;
    aicost_shm_slot_t         *slot;
    const aicost_shm_table_t  *t;

    t = &m->head->tables[table];
    buckets = (uint32_t *) (void *) (m->base + t->buckets);
    n = 0;

    for (k = 0; k <= t->mask; k++) {
        for (i = buckets[k]; i; i = slot->chain) {
            slot = aicost_shm_slot(m, table, i);

            if (aicost_shm_bucket(m, table, slot->id) != &buckets[k]
                || slot->list == AICOST_SHM_FREE || ++n > t->n)
            {
                return "a chain";
            }
        }
    }

    if (n != m->state->counts[table].used) {
        return "the number of used slots";
    }

    for (i = m->state->counts[table].free; i; i = slot->next) {
        slot = aicost_shm_slot(m, table, i);

        if (slot->list != AICOST_SHM_FREE || ++n > t->n) {
            return "a free slot";
        }
    }

    if (n != m->state->counts[table].fresh) {
        return "a lost slot";
    }

    k = 0;

    for (i = m->state->dirty[table].head; i; i = slot->dirty) {

        if (i == AICOST_SHM_END || ++k > t->n) {
            break;
        }

        slot = aicost_shm_slot(m, table, i);

        if ((slot->dirty == AICOST_SHM_END)
            != (i == m->state->dirty[table].tail))
        {
            return "the dirty list";
        }
    }

    for (i = 1; i <= m->state->counts[table].fresh && k <= t->n; i++) {
        slot = aicost_shm_slot(m, table, i);
        k -= slot->dirty != 0;
    }

    return k ? "a dirty slot in no list" : NULL;
}


static const char *
check_lists(aicost_shm_t *m)
{
    uint32_t            i, last, n[AICOST_SHM_TABLES];
    unsigned            list, table;
    aicost_shm_slot_t  *slot;

    memset(n, 0, sizeof(n));

    for (list = AICOST_SHM_MINUTES; list < AICOST_SHM_LISTS; list++) {
        table = list <= AICOST_SHM_SESSIONS ? AICOST_SHM_ACCOUNT
                : list <= AICOST_SHM_EXPIRED ? AICOST_SHM_RID
                : list == AICOST_SHM_RATES ? AICOST_SHM_RATE
                : AICOST_SHM_LATCH;
        last = 0;

        for (i = m->state->lists[list].head; i; i = slot->next) {
            slot = aicost_shm_slot(m, table, i);

            if (slot->prev != last || slot->list != list
                || ++n[table] > m->head->tables[table].n)
            {
                return "a list";
            }

            last = i;
        }

        if (m->state->lists[list].tail != last) {
            return "the tail of a list";
        }
    }

    for (table = 0; table < AICOST_SHM_TABLES; table++) {
        if (n[table] != m->state->counts[table].used) {
            return "a slot in no list";
        }
    }

    return NULL;
}


/* P1: R is the sum of what is open */

static const char *
check_sums(aicost_shm_t *m)
{
    int64_t                reserved[512], bound[512], before;
    uint32_t               i, k, n, open[512];
    aicost_shm_rid_t      *r;
    aicost_shm_account_t  *a;

    memset(reserved, 0, sizeof(reserved));
    memset(bound, 0, sizeof(bound));
    memset(open, 0, sizeof(open));
    before = 0;
    n = 0;

    for (i = m->state->lists[AICOST_SHM_OPEN].head; i; i = r->slot.next) {
        r = aicost_shm_rid(m, i);

        if (r->state != AICOST_SHM_RID_OPEN || r->expires < before) {
            return "an open reservation";
        }

        before = r->expires;
        n++;

        for (k = 0; k < r->nrefs; k++) {
            a = aicost_shm_ref(m, &r->refs[k]);

            if (a == NULL) {
                return "an account that went while it was open";
            }

            reserved[r->refs[k].index] += r->amount[a->unit];
            bound[r->refs[k].index] += r->gap[a->unit];
            open[r->refs[k].index]++;
        }
    }

    if (n != m->state->open) {
        return "the number of open reservations";
    }

    for (i = 1; i <= m->state->counts[AICOST_SHM_ACCOUNT].fresh; i++) {
        a = aicost_shm_account(m, i);

        if (a->slot.list != AICOST_SHM_FREE
            && (a->reserved != reserved[i] || a->bound != bound[i]
                || a->open != open[i] || a->settled < 0))
        {
            return "the sums of an account";
        }
    }

    return NULL;
}


static const char *
check_block(void)
{
    uint32_t       killed;
    unsigned       table;
    const char    *why;
    aicost_shm_t   m;

    (void) aicost_shm_enter(&m, &store, -1);

    why = check_lists(&m);

    for (table = 0; table < AICOST_SHM_TABLES && why == NULL; table++) {
        why = check_table(&m, table);
    }

    if (why == NULL) {
        why = check_sums(&m);
    }

    killed = m.state->killed;
    aicost_shm_latch_count(&m, m.head->now);

    if (why == NULL && killed != m.state->killed) {
        why = "the number of latches";
    }

    aicost_shm_leave(&m);

    return why;
}


static int
order_balances(const void *one, const void *two)
{
    return memcmp(((const aicost_balance_t *) one)->id,
                  ((const aicost_balance_t *) two)->id, AICOST_ID);
}


static void
view_take(view_t *view)
{
    uint32_t            i, cursor, n;
    aicost_shm_t        m;
    aicost_shm_stat_t   stat;
    aicost_shm_rate_t  *rate;

    memset(view, 0, sizeof(*view));
    cursor = 0;

    do {
        store.ops->walk(&store, &cursor, view->balances + view->n, 64, &n);
        view->n += n;
    } while (cursor);

    qsort(view->balances, view->n, sizeof(aicost_balance_t), order_balances);

    store.ops->state(&store, 0, &view->state);
    store.ops->latches(&store, 0, view->latches, 64, &view->nlatches);
    qsort(view->latches, view->nlatches, sizeof(aicost_latch_t),
          conform_latch_order);

    aicost_store_shm_stat(&store, &stat);
    view->open = stat.open_reservations;

    (void) aicost_shm_enter(&m, &store, -1);

    for (i = m.state->lists[AICOST_SHM_RATES].head; i; i = rate->slot.next) {
        rate = aicost_shm_slot(&m, AICOST_SHM_RATE, i);
        view->rates += rate->tat;
    }

    aicost_shm_leave(&m);
}


/* --- the operations ----------------------------------------------------- */

static void
ask(aicost_reserve_t *q, unsigned rid, unsigned account)
{
    unsigned  i;

    conform_plain(q, rid, 100);

    q->now += 60000;
    q->nclaims = 3;
    q->nrates = 2;

    for (i = 0; i < 3; i++) {
        q->claims[i] = q->claims[0];
        q->claims[i].limit = 5000;
        q->claims[i].kill = 80;
        q->claims[i].clear = i == 0;
        q->claims[i].warn = 50;
        conform_id(q->claims[i].id, 60 + i, account);
        conform_id(q->claims[i].latch, 70 + i, account);
        conform_id(q->claims[i].spare, 90 + i, 0);
    }

    q->claims[2].session = 1;
    q->claims[2].idle = 1000;
    q->claims[2].max = 500000;

    for (i = 0; i < 2; i++) {
        q->rates[i].period = 1000;
        q->rates[i].tau = 1000000;
        conform_id(q->rates[i].id, 80 + i, account);
    }
}


static void
op_reserve(unsigned rid, unsigned account, int64_t later)
{
    aicost_reserve_t  q;
    aicost_granted_t  out;

    ask(&q, rid, account);
    q.now += later;

    if (later > 3600000) {
        q.claims[0].t0 = q.claims[1].t0 = q.now;
        q.claims[0].t1 = q.claims[1].t1 = q.now + 3600000;
    }

    store.ops->reserve(&store, &q, &out, NULL, NULL);
}


static void
op_settle(unsigned rid, unsigned account, int op, int64_t later)
{
    int64_t           left;
    aicost_reserve_t  q;
    aicost_settled_t  end;

    ask(&q, rid, account);
    end = conform_end(&q, (aicost_settle_e) op, 90);
    end.now += later;

    store.ops->settle(&store, &end, &left, NULL, NULL);
}


static void
do_op(unsigned i)
{
    uint32_t          n;
    uint64_t          bits[3];
    unsigned          more;
    unsigned char     buf[4096];
    aicost_latch_t    latch;
    aicost_reserve_t  q;

    memset(&latch, 0, sizeof(latch));
    latch.at = CONFORM_EPOCH;
    latch.until = INT64_MAX;

    switch (i) {
    case 0: op_reserve(900, 900, 0); break;             /* all is new */
    case 1: op_reserve(901, 1, 0); break;
    case 2: op_reserve(902, 5, 80000); break;           /* session anew */
    case 3: op_settle(1, 1, AICOST_SETTLE, 0); break;   /* and three latches */
    case 4: op_settle(1, 1, AICOST_RELEASE, 0); break;
    case 5: op_settle(1, 1, AICOST_EXPIRE, 200000); break;
    case 6: op_settle(3, 3, AICOST_SETTLE, 0); break;   /* late: 3 expired */
    case 7: op_settle(903, 903, AICOST_SETTLE, 0); break;   /* lost */
    case 8: op_settle(904, 1, AICOST_RELEASE, 0); break;
    case 9: store.ops->kill(&store, &latch); break;
    case 10:
        conform_id(latch.latch, 70, 2);
        store.ops->resume(&store, latch.latch, 0);
        break;
    case 11:
        store.ops->sweep(&store, CONFORM_EPOCH + 900000, 10, &n);
        break;
    case 12:
        ask(&q, 1, 1);
        store.ops->renew(&store, q.now + 500, 90000,
                         (const unsigned char (*)[AICOST_ID]) &q.rid, NULL, 1,
                         &bits[0], &bits[1], &bits[2], NULL, NULL);
        break;
    case 13:
        store.ops->set_mode(&store, AICOST_MODE_DOWNGRADE, 5, CONFORM_EPOCH);
        break;
    case 14:
        aicost_store_shm_drain(&store, buf, sizeof(buf), &more);
        break;
    case 15: op_settle(906, 1, AICOST_SETTLE, 0); break;    /* lost */
    case 16:
        conform_id(latch.latch, 70, 2);         /* on: now by an operator */
        memcpy(latch.why, "operator", sizeof("operator"));
        store.ops->kill(&store, &latch);
        break;
    case CLEAN: (void) check_block(); break;
    default: op_reserve(905, 905, 9000000);             /* recycles */
    }
}


/* two are open, one settled, one expired; full: with every slot taken */

static void
prepare(unsigned full)
{
    unsigned       i, more;
    unsigned char  buf[4096];

    aicost_store_shm_init(&store, &region, 1, 5);

    if (full) {
        for (i = 10; i < 100; i++) {
            op_reserve(i, i, 0);
            op_settle(i, i, AICOST_RELEASE, 0);
        }
    }

    op_reserve(3, 3, 0);
    op_settle(3, 3, AICOST_EXPIRE, 70000);
    aicost_store_shm_init(&store, &region, 0, 0);
    op_reserve(5, 5, 0);
    op_settle(5, 5, AICOST_RELEASE, 0);
    op_reserve(1, 1, 0);
    op_reserve(4, 4, 0);
    op_reserve(2, 2, 0);

    if (full) {
        while (aicost_store_shm_drain(&store, buf, sizeof(buf), &more)) {
            /* void */
        }
    }

    op_settle(2, 2, AICOST_SETTLE, 0);
}


static int
child(unsigned op, long at)
{
    int    status;
    pid_t  pid;

    pid = fork();

    if (pid == 0) {
        fault_left = at;
        do_op(op);
        _exit(0);
    }

    if (pid < 0 || waitpid(pid, &status, 0) != pid) {
        return -1;
    }

    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}


/*
 * An operation that died at its k-th write, and was done again.  A sweep is an
 * operation a lease, and time alone ends a latch: these have states between.
 */

static long
test_op(unsigned op, unsigned full, const unsigned char *start,
    const view_t *before, const view_t *after)
{
    int          rc;
    long         k;
    view_t       now;
    const char  *why;

    for (k = 1; k < 5000; k++) {
        memcpy(shared->block, start, BLOCK);

        rc = child(op, k);

        if (rc == 0) {
            return k - 1;
        }

        /* the one that cleans up may die of it as well */

        if (rc == DIED && k % 3 == 0) {
            (void) child(CLEAN, 1 + k % 5);
        }

        why = check_block();
        view_take(&now);

        if (rc != DIED || why
            || (op != 11 && op != 17
                && memcmp(&now, before, sizeof(now)) != 0
                && memcmp(&now, after, sizeof(now)) != 0))
        {
            printf("# op %u, write %ld, full %u: %s\n", op, k, full,
                   why ? why : "neither before nor after");
            return -1;
        }

        do_op(op);
        why = check_block();
        view_take(&now);

        if (why || memcmp(&now, after, sizeof(now)) != 0) {
            printf("# op %u, write %ld, full %u: again: %s\n", op, k, full,
                   why ? why : "another state");
            return -1;
        }
    }

    return -1;
}


static void
test_writes(unsigned full)
{
    char            name[64];
    long            writes;
    view_t         *before, *after;
    unsigned        op;
    unsigned char  *start;

    start = malloc(BLOCK);
    before = malloc(sizeof(*before));
    after = malloc(sizeof(*after));

    for (op = 0; op < OPS; op++) {
        prepare(full);
        view_take(before);
        memcpy(start, shared->block, BLOCK);

        do_op(op);
        view_take(after);
        writes = test_op(op, full, start, before, after);

        snprintf(name, sizeof(name), "operation %u: dies at each of %ld%s",
                 op, writes, full ? ", tables full" : "");
        ok(writes > 1, name);
    }

    free(start);
    free(before);
    free(after);
}


/* --- SIGKILL ------------------------------------------------------------ */

static void
worker(unsigned w, uint64_t rid)
{
    int64_t           left;
    uint64_t          i;
    aicost_reserve_t  q;
    aicost_granted_t  out;
    aicost_settled_t  end;

    for (i = 0; ; i++) {
        conform_plain(&q, 0, 10);
        conform_id(q.rid, 100 + rid, i);
        q.claims[0].limit = AICOST_MONEY_MAX;

        store.ops->reserve(&store, &q, &out, NULL, NULL);

        end = conform_end(&q, AICOST_SETTLE, 7);

        /* so it is charged, too, when those that were killed left no slot */

        if (store.ops->settle(&store, &end, &left, NULL, NULL) == AICOST_OK) {
            shared->acked[w]++;
        }

        shared->begun++;
    }
}


static pid_t
worker_start(unsigned w, uint64_t rid)
{
    pid_t  pid;

    pid = fork();

    if (pid == 0) {
        worker(w, rid);
        _exit(0);
    }

    return pid;
}


static void
test_kills(void)
{
    pid_t              pids[2];
    uint32_t           n;
    uint64_t           seed, target, settled;
    unsigned           i, w, whole;
    aicost_balance_t   b;
    aicost_reserve_t   q;
    aicost_shm_stat_t  stat;

    seed = 20261125;
    whole = 0;

    aicost_store_shm_init(&store, &region, 1, 5);

    pids[0] = worker_start(0, 1);
    pids[1] = worker_start(1, 2);

    for (i = 0; i < KILLS; i++) {
        target = shared->begun + conform_random(&seed) % 60;

        while (shared->begun < target) {
            sched_yield();
        }

        w = i % 2;
        kill(pids[w], SIGKILL);
        waitpid(pids[w], NULL, 0);

        whole += check_block() == NULL;
        pids[w] = worker_start(w, 3 + i);
    }

    for (w = 0; w < 2; w++) {
        kill(pids[w], SIGKILL);
        waitpid(pids[w], NULL, 0);
    }

    is_int(whole, KILLS, "killed anywhere, the block is whole");

    aicost_store_shm_stat(&store, &stat);
    printf("# %llu requests, %llu undone, %u left open\n",
           (unsigned long long) shared->begun,
           (unsigned long long) stat.rollbacks, stat.open_reservations);

    store.ops->sweep(&store, CONFORM_EPOCH + 10 * CONFORM_LEASE, 100000, &n);
    is_int(n, stat.open_reservations, "what they left is swept");

    conform_plain(&q, 0, 10);
    store.ops->balance(&store, q.claims[0].id, &b);
    is_int(b.reserved, 0, "nothing is reserved");
    is_int(b.unverified, 10 * (int64_t) n, "and it is charged");

    settled = (uint64_t) (b.settled - b.unverified) / 7;
    ok((b.settled - b.unverified) % 7 == 0
       && settled >= shared->acked[0] + shared->acked[1]
       && settled <= shared->acked[0] + shared->acked[1] + KILLS + 2,
       "no settlement was lost or done twice");
    ok(check_block() == NULL, "and the block is whole");
}


int
main(void)
{
    crash_setup();

    test_writes(0);
    test_writes(1);
    test_kills();

    return done_testing();
}
