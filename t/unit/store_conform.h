
/*
 * Copyright (C) aicost
 *
 * One suite for every store.  It knows aicost_store_ops_t and nothing else:
 * random traces on the model and on the store, each answer and each balance
 * compared after each step; store_cases.h has the single cases.
 */


#ifndef _AICOST_STORE_CONFORM_H_INCLUDED_
#define _AICOST_STORE_CONFORM_H_INCLUDED_


#include "store_model.h"
#include "tap.h"


#define CONFORM_TEMPLATES  12
#define CONFORM_IDS        512
#define CONFORM_RECENT     64
#define CONFORM_EPOCH      ((int64_t) 1795000000000LL)
#define CONFORM_LEASE      60000


typedef struct {
    aicost_store_t      *store;
    /* for a store that answers AICOST_AGAIN: returns when done was called */
    int                (*wait)(void *data);
    void                *data;
    unsigned             pending;
    int                  rc;
} conform_t;


typedef struct {
    uint64_t             seed;
    int64_t              now;
    unsigned             step;
    unsigned             nids;
    unsigned char        ids[CONFORM_IDS][AICOST_ID];
    int64_t              ends[CONFORM_IDS];
    aicost_reserve_t     recent[CONFORM_RECENT];
    unsigned             nrecent;
    unsigned             nrid;
    unsigned             answers[16];
    aicost_store_t       model;
    conform_t           *c;
    char                 why[256];
} conform_world_t;


static inline uint64_t
conform_random(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;

    return *seed * 0x2545f4914f6cdd1dULL >> 11;
}


static inline int64_t
conform_below(uint64_t *seed, int64_t n)
{
    return (int64_t) (conform_random(seed) % (uint64_t) n);
}


static inline void
conform_id(unsigned char *id, uint64_t a, uint64_t b)
{
    uint64_t  word[2];

    word[0] = (a + 1) * 0x9e3779b97f4a7c15ULL ^ (b << 7);
    word[1] = (b + 1) * 0xbf58476d1ce4e5b9ULL + a;

    memcpy(id, word, AICOST_ID);
}


/* --- calls that also serve a store that has to wait -------------------- */

static inline void
conform_done(void *data, int rc)
{
    conform_t  *c = data;

    c->pending = 0;
    c->rc = rc;
}


static inline int
conform_finish(conform_t *c, int rc)
{
    if (rc != AICOST_AGAIN) {
        return rc;
    }

    while (c->pending) {
        if (c->wait == NULL || c->wait(c->data) != AICOST_OK) {
            return AICOST_ERROR;
        }
    }

    return c->rc;
}


static inline int
conform_reserve(conform_t *c, const aicost_reserve_t *q, aicost_granted_t *out)
{
    c->pending = 1;

    return conform_finish(c, c->store->ops->reserve(c->store, q, out,
                                                    conform_done, c));
}


static inline int
conform_settle(conform_t *c, const aicost_settled_t *q, int64_t *left)
{
    c->pending = 1;

    return conform_finish(c, c->store->ops->settle(c->store, q, left,
                                                   conform_done, c));
}


static inline int
conform_renew(conform_t *c, int64_t now, int64_t lease,
    const unsigned char (*rids)[AICOST_ID], const int64_t *used, uint32_t n,
    uint64_t bits[3])
{
    c->pending = 1;

    return conform_finish(c, c->store->ops->renew(c->store, now, lease, rids,
                              used, n, &bits[0], &bits[1], &bits[2],
                              conform_done, c));
}


/*
 * Random requests.  Twelve budgets: money and tokens, minute, hour, day and
 * session, hard and soft, estimate and upper, with marks, with a share of one
 * step.
 */

static inline void
conform_claim(conform_world_t *w, aicost_claim_t *claim, unsigned t)
{
    int64_t  period;

    static const int64_t  periods[] = { 60000, 3600000, 86400000, 0 };

    memset(claim, 0, sizeof(*claim));

    period = periods[t % 4];

    claim->budget = t;
    claim->unit = t % 3 == 2 ? AICOST_UNIT_TOKENS : AICOST_UNIT_MONEY;
    claim->soft = t == 4 || t == 9;
    claim->upper = t == 1 || t == 6;
    claim->session = period == 0;
    claim->clear = t != 3;
    claim->share_step = t == 5 ? 2 : 0;
    claim->limit = 20000 + 30000 * (t % 5);
    claim->grace = 86400000;
    claim->idle = 30000;
    claim->max = 240000;

    if (conform_below(&w->seed, 40) == 0) {
        claim->limit /= 2;
    }

    claim->warn = t % 2 ? claim->limit / 2 : 0;
    claim->downgrade = t % 4 == 2 ? claim->limit * 3 / 4 : 0;
    claim->downgrade_step = (uint8_t) (t % 3);
    claim->kill = t == 3 || t == 9 ? claim->limit * 11 / 10 : 0;
    claim->kill = t == 8 ? claim->limit : claim->kill;

    if (period) {
        claim->t0 = w->now / period * period;
        claim->t1 = claim->t0 + period;
    }

    conform_id(claim->id, t, (uint64_t) claim->t0);
    conform_id(claim->latch, t, 1);
    conform_id(claim->spare, t, 2 + (uint64_t) claim->t0);
}


static inline void
conform_note(conform_world_t *w, const aicost_claim_t *claim)
{
    unsigned  i;

    for (i = 0; i < w->nids; i++) {
        if (memcmp(w->ids[i], claim->id, AICOST_ID) == 0) {
            return;
        }
    }

    /* the oldest of those that are over are not looked at any more */

    if (w->nids == CONFORM_IDS) {
        memmove(w->ids[0], w->ids[1], sizeof(w->ids) - AICOST_ID);
        memmove(w->ends, w->ends + 1, sizeof(w->ends) - sizeof(int64_t));
        w->nids--;
    }

    memcpy(w->ids[w->nids], claim->id, AICOST_ID);
    w->ends[w->nids++] = claim->session ? 0 : claim->t1 + claim->grace;
}


static inline void
conform_ask(conform_world_t *w, aicost_reserve_t *q)
{
    unsigned       i, unit, t;
    aicost_ask_t  *ask;

    memset(q, 0, sizeof(*q));
    conform_id(q->rid, 7777, w->nrid++);

    q->now = w->now;
    q->lease = CONFORM_LEASE + 1000 * conform_below(&w->seed, 4);
    q->nsteps = (uint32_t) (1 + conform_below(&w->seed, 4));
    q->first_step = (uint8_t) conform_below(&w->seed, q->nsteps);
    q->first_step = conform_below(&w->seed, 3) ? 0 : q->first_step;
    q->dry_run = conform_below(&w->seed, 25) == 0;

    for (i = 0; i < q->nsteps; i++) {
        for (unit = 0; unit < AICOST_UNITS; unit++) {
            ask = &q->ask[i][unit];
            ask->least = conform_below(&w->seed, 400);
            ask->want = conform_below(&w->seed, 2900);
            ask->upper = ask->want + conform_below(&w->seed, 2500);
        }

        if (i == 3 || conform_below(&w->seed, 9) == 0) {
            memset(&q->ask[i][AICOST_UNIT_MONEY], 0, sizeof(aicost_ask_t));
        }
    }

    for (t = 0; t < CONFORM_TEMPLATES; t++) {
        if (conform_below(&w->seed, 3) == 0) {
            conform_claim(w, &q->claims[q->nclaims], t);
            conform_note(w, &q->claims[q->nclaims++]);
        }
    }

    for (i = 0; i < 4; i++) {
        if (conform_below(&w->seed, 6) == 0) {
            conform_id(q->rates[q->nrates].id, 5555, i);
            q->rates[q->nrates].rate = i;
            q->rates[q->nrates].period = 500000 << i;
            q->rates[q->nrates].tau = q->rates[q->nrates].period * 3 * (i % 2);
            q->nrates++;
        }
    }
}


static inline void
conform_clock(conform_world_t *w)
{
    int64_t  dice;

    dice = conform_below(&w->seed, 200);

    if (dice == 0) {
        w->now += conform_below(&w->seed, 7200000);

    } else if (dice < 4) {
        w->now += conform_below(&w->seed, 90000);

    } else if (dice < 6) {
        w->now -= conform_below(&w->seed, 20000);

    } else {
        w->now += conform_below(&w->seed, 1200);
    }
}


/* --- comparison -------------------------------------------------------- */

#define conform_member(w, a, b, member)                                       \
    if ((a)->member != (b)->member) {                                         \
        snprintf((w)->why, sizeof((w)->why), "step %u: %s: model %lld, "      \
                 "store %lld", (w)->step, #member, (long long) (a)->member,   \
                 (long long) (b)->member);                                    \
        return 0;                                                             \
    }


static inline int
conform_granted(conform_world_t *w, const aicost_granted_t *a,
    const aicost_granted_t *b)
{
    conform_member(w, a, b, answer);
    conform_member(w, a, b, step);
    conform_member(w, a, b, bounded);
    conform_member(w, a, b, marked);
    conform_member(w, a, b, dry);
    conform_member(w, a, b, amount[0]);
    conform_member(w, a, b, amount[1]);
    conform_member(w, a, b, index);
    conform_member(w, a, b, room);
    conform_member(w, a, b, retry);
    conform_member(w, a, b, warned);
    conform_member(w, a, b, left);

    w->answers[a->answer + 10]++;

    return 1;
}


static inline int
conform_balance(conform_world_t *w, const aicost_balance_t *a,
    const aicost_balance_t *b)
{
    conform_member(w, a, b, budget);
    conform_member(w, a, b, unit);
    conform_member(w, a, b, limit);
    conform_member(w, a, b, settled);
    conform_member(w, a, b, reserved);
    conform_member(w, a, b, bound);
    conform_member(w, a, b, unverified);
    conform_member(w, a, b, over);
    conform_member(w, a, b, lost);
    conform_member(w, a, b, open);
    conform_member(w, a, b, t0);
    conform_member(w, a, b, t1);

    if (b->settled < 0 || b->reserved < 0 || b->bound < 0
        || (b->open == 0 && (b->reserved || b->bound)))
    {
        snprintf(w->why, sizeof(w->why), "step %u: a sum is wrong", w->step);
        return 0;
    }

    return 1;
}


/* what a store may have forgotten by now is not compared */

static inline int
conform_balances(conform_world_t *w)
{
    int               ra, rb;
    model_t          *m;
    unsigned          i;
    aicost_store_t   *s;
    aicost_balance_t  a, b;

    m = w->model.ctx;
    s = w->c->store;

    for (i = 0; i < w->nids; i++) {
        ra = w->model.ops->balance(&w->model, w->ids[i], &a);

        if ((w->ends[i] && w->ends[i] <= m->now)
            || (!w->ends[i] && ra == AICOST_OK && a.open == 0
                && a.t1 <= m->now))
        {
            continue;
        }

        rb = s->ops->balance(s, w->ids[i], &b);

        if (ra != rb) {
            snprintf(w->why, sizeof(w->why), "step %u: balance: model %d, "
                     "store %d", w->step, ra, rb);
            return 0;
        }

        if (ra == AICOST_OK && !conform_balance(w, &a, &b)) {
            return 0;
        }
    }

    return 1;
}


static inline int
conform_latch_order(const void *one, const void *two)
{
    const aicost_latch_t  *a = one, *b = two;

    return a->gen < b->gen ? -1 : a->gen > b->gen;
}


static inline int
conform_latches(conform_world_t *w)
{
    unsigned         i;
    uint32_t         n, k;
    aicost_store_t  *s;
    aicost_latch_t   a[32], b[32];
    aicost_state_t   x, y;

    s = w->c->store;

    w->model.ops->latches(&w->model, w->now, a, 32, &n);
    s->ops->latches(s, w->now, b, 32, &k);
    w->model.ops->state(&w->model, w->now, &x);
    s->ops->state(s, w->now, &y);

    conform_member(w, &x, &y, mode);
    conform_member(w, &x, &y, share_ppm);
    conform_member(w, &x, &y, changed);
    conform_member(w, &x, &y, killed);
    conform_member(w, &x, &y, kill_all);

    if (n != k) {
        snprintf(w->why, sizeof(w->why), "step %u: latches: model %u, "
                 "store %u", w->step, n, k);
        return 0;
    }

    qsort(a, n, sizeof(a[0]), conform_latch_order);
    qsort(b, n, sizeof(b[0]), conform_latch_order);

    for (i = 0; i < n; i++) {
        conform_member(w, &a[i], &b[i], at);
        conform_member(w, &a[i], &b[i], until);
        conform_member(w, &a[i], &b[i], gen);

        if (memcmp(a[i].latch, b[i].latch, AICOST_ID) != 0
            || strcmp(a[i].why, b[i].why) != 0
            || strcmp(a[i].label, b[i].label) != 0)
        {
            snprintf(w->why, sizeof(w->why), "step %u: latch %u", w->step, i);
            return 0;
        }
    }

    return 1;
}


/* a step of a trace: after a grant S + R <= L on every hard account that
   counts */

static inline int
conform_below_limits(conform_world_t *w, const aicost_reserve_t *q,
    const aicost_granted_t *out)
{
    unsigned          i;
    aicost_store_t   *s;
    aicost_balance_t  b;

    if (out->answer != AICOST_GRANTED || out->dry) {
        return 1;
    }

    s = w->c->store;

    for (i = 0; i < q->nclaims; i++) {
        if (q->claims[i].soft
            || !aicost_claim_counts(&q->claims[i], out->step)
            || out->amount[q->claims[i].unit] == 0)
        {
            continue;
        }

        s->ops->balance(s, q->claims[i].id, &b);

        if (b.settled + b.reserved > q->claims[i].limit) {
            snprintf(w->why, sizeof(w->why), "step %u: above the limit",
                     w->step);
            return 0;
        }
    }

    return 1;
}


static inline int
conform_step_reserve(conform_world_t *w, unsigned again)
{
    int               ra, rb;
    aicost_reserve_t  q;
    aicost_granted_t  a, b;

    if (again && w->nrecent) {
        q = w->recent[conform_below(&w->seed, w->nrecent < CONFORM_RECENT
                                              ? w->nrecent : CONFORM_RECENT)];
        q.now = w->now;

        if (conform_below(&w->seed, 4) == 0) {
            q.ask[0][0].want++;
            q.ask[0][0].upper++;
        }

    } else {
        conform_ask(w, &q);

        if (conform_below(&w->seed, 60) == 0) {
            q.ask[0][1].least = -1;
        }

        w->recent[w->nrecent++ % CONFORM_RECENT] = q;
    }

    ra = w->model.ops->reserve(&w->model, &q, &a, NULL, NULL);
    rb = conform_reserve(w->c, &q, &b);

    if (ra != rb) {
        snprintf(w->why, sizeof(w->why), "step %u: reserve: model %d, "
                 "store %d", w->step, ra, rb);
        return 0;
    }

    return conform_granted(w, &a, &b) && conform_below_limits(w, &q, &b);
}


static inline int
conform_step_settle(conform_world_t *w)
{
    int                  ra, rb;
    int64_t              left[2];
    unsigned             times;
    aicost_reserve_t    *q, other;
    aicost_settled_t     settled;

    static const aicost_settle_e  ops[] = {
        AICOST_SETTLE, AICOST_SETTLE, AICOST_SETTLE, AICOST_SETTLE,
        AICOST_SETTLE, AICOST_RELEASE, AICOST_EXPIRE
    };

    if (w->nrecent == 0) {
        return 1;
    }

    q = &w->recent[conform_below(&w->seed, w->nrecent < CONFORM_RECENT
                                           ? w->nrecent : CONFORM_RECENT)];

    if (conform_below(&w->seed, 25) == 0) {
        conform_ask(w, &other);
        q = &other;
    }

    memset(&settled, 0, sizeof(settled));
    memcpy(settled.rid, q->rid, AICOST_ID);

    settled.op = ops[conform_below(&w->seed, 7)];
    settled.now = w->now;
    settled.actual[0] = conform_below(&w->seed, 3500);
    settled.actual[1] = conform_below(&w->seed, 3500);
    settled.nclaims = q->nclaims;
    settled.claims = q->claims;

    for (times = 0; times < 2; times++) {
        ra = w->model.ops->settle(&w->model, &settled, &left[0], NULL, NULL);
        rb = conform_settle(w->c, &settled, &left[1]);

        if (ra != rb || left[0] != left[1]) {
            snprintf(w->why, sizeof(w->why), "step %u: settle: model %d %lld, "
                     "store %d %lld", w->step, ra, (long long) left[0], rb,
                     (long long) left[1]);
            return 0;
        }

        if (conform_below(&w->seed, 4)) {
            break;
        }
    }

    return 1;
}


static inline int
conform_step_renew(conform_world_t *w)
{
    int64_t        used[AICOST_RENEW_MAX], *cost;
    uint32_t       i, n;
    uint64_t       a[3], b[3];
    unsigned char  rids[AICOST_RENEW_MAX][AICOST_ID];

    n = (uint32_t) conform_below(&w->seed, 24);
    n = n < w->nrecent ? n : w->nrecent;

    for (i = 0; i < n; i++) {
        memcpy(rids[i], w->recent[conform_below(&w->seed,
                            w->nrecent < CONFORM_RECENT
                            ? w->nrecent : CONFORM_RECENT)].rid, AICOST_ID);
        used[i] = conform_below(&w->seed, 30000);
    }

    cost = conform_below(&w->seed, 4) ? used : NULL;

    w->model.ops->renew(&w->model, w->now, CONFORM_LEASE,
                        (const unsigned char (*)[AICOST_ID]) rids, cost, n,
                        &a[0], &a[1], &a[2], NULL, NULL);
    conform_renew(w->c, w->now, CONFORM_LEASE,
                  (const unsigned char (*)[AICOST_ID]) rids, cost, n, b);

    if (memcmp(a, b, sizeof(a)) != 0) {
        snprintf(w->why, sizeof(w->why), "step %u: renew: model %llx %llx "
                 "%llx, store %llx %llx %llx", w->step,
                 (unsigned long long) a[0], (unsigned long long) a[1],
                 (unsigned long long) a[2], (unsigned long long) b[0],
                 (unsigned long long) b[1], (unsigned long long) b[2]);
        return 0;
    }

    return 1;
}


static inline int
conform_step_operator(conform_world_t *w)
{
    int              ra, rb;
    uint64_t         gen;
    aicost_latch_t   latch;
    aicost_store_t  *s;

    s = w->c->store;
    memset(&latch, 0, sizeof(latch));

    if (conform_below(&w->seed, 20)) {
        conform_id(latch.latch,
                   (uint64_t) conform_below(&w->seed, CONFORM_TEMPLATES), 1);
    }

    switch (conform_below(&w->seed, 9)) {

    case 0:
        memcpy(latch.label, "budget:some", sizeof("budget:some"));
        memcpy(latch.why, "operator", sizeof("operator"));
        latch.at = w->now;
        latch.until = conform_below(&w->seed, 2) && latch.latch[0]
                      ? INT64_MAX
                      : w->now + conform_below(&w->seed, 60000);
        ra = w->model.ops->kill(&w->model, &latch);
        rb = s->ops->kill(s, &latch);
        break;

    case 1:
        ra = w->model.ops->set_mode(&w->model, AICOST_MODE_DOWNGRADE,
                                    (int64_t) w->step, w->now);
        rb = s->ops->set_mode(s, AICOST_MODE_DOWNGRADE, (int64_t) w->step,
                              w->now);
        break;

    default:
        gen = conform_below(&w->seed, 3) ? 0 : ((model_t *) w->model.ctx)->gen;
        ra = w->model.ops->resume(&w->model, latch.latch, gen);
        rb = s->ops->resume(s, latch.latch, gen);
    }

    if (ra != rb) {
        snprintf(w->why, sizeof(w->why), "step %u: operator: model %d, "
                 "store %d", w->step, ra, rb);
    }

    return ra == rb;
}


static inline int
conform_step(conform_world_t *w)
{
    int64_t          dice;
    uint32_t         a, b;
    aicost_store_t  *s;

    conform_clock(w);

    dice = conform_below(&w->seed, 100);

    if (dice < 45) {
        return conform_step_reserve(w, dice < 6);
    }

    if (dice < 85) {
        return conform_step_settle(w);
    }

    if (dice < 91) {
        return conform_step_renew(w);
    }

    if (dice < 95) {
        return conform_step_operator(w);
    }

    /* which of two leases that end at once goes first is nobody's business */

    s = w->c->store;
    w->model.ops->sweep(&w->model, w->now, 100000, &a);
    s->ops->sweep(s, w->now, 100000, &b);

    if (a != b) {
        snprintf(w->why, sizeof(w->why), "step %u: sweep: model %u, store %u",
                 w->step, a, b);
    }

    return a == b;
}


/*
 * A trace on a store that is empty.  Returns 1 when the store did as the model
 * at each step; prints the seed and the step when not.
 */

static inline int
conform_trace(conform_t *c, uint64_t seed, unsigned steps,
    unsigned answers[16])
{
    int               good;
    unsigned          i;
    conform_world_t  *w;

    w = calloc(1, sizeof(*w));

    if (w == NULL || model_init(&w->model) != AICOST_OK) {
        return 0;
    }

    w->seed = seed * 0x9e3779b97f4a7c15ULL | 1;
    w->now = CONFORM_EPOCH + conform_below(&w->seed, 86400000);
    w->c = c;
    good = 1;

    for (w->step = 0; w->step < steps && good; w->step++) {
        good = conform_step(w) && conform_balances(w) && conform_latches(w);
    }

    if (!good) {
        printf("# seed %llu: %s\n", (unsigned long long) seed, w->why);
    }

    for (i = 0; i < 16; i++) {
        answers[i] += w->answers[i];
    }

    free(w->model.ctx);
    free(w);

    return good;
}


/*
 * Upper mode: whatever the order, a provider that keeps to the cap that was
 * sent never moves S above L.  The other accounts: not further than bound.
 */

static inline int
conform_overshoot(conform_t *c, uint64_t seed, unsigned upper)
{
    int64_t            left, most;
    unsigned           i, n;
    aicost_reserve_t   q, open[8];
    aicost_granted_t   out, grants[8];
    aicost_balance_t   b;
    aicost_settled_t   settled;

    seed = seed * 0x9e3779b97f4a7c15ULL | 1;
    most = 0;
    n = 0;

    memset(&b, 0, sizeof(b));

    for (i = 0; i < 600; i++) {
        memset(&q, 0, sizeof(q));
        conform_id(q.rid, 8888 + upper, i);

        q.now = CONFORM_EPOCH + i;
        q.lease = CONFORM_LEASE;
        q.nsteps = 1;
        q.nclaims = 1;
        q.ask[0][0].least = 50;
        q.ask[0][0].want = 100 + conform_below(&seed, 400);
        q.ask[0][0].upper = q.ask[0][0].want + conform_below(&seed, 600);

        conform_id(q.claims[0].id, 8888, upper);
        conform_id(q.claims[0].latch, 8888, upper + 9);
        q.claims[0].upper = (uint8_t) upper;
        q.claims[0].limit = 100000;
        q.claims[0].t0 = CONFORM_EPOCH;
        q.claims[0].t1 = CONFORM_EPOCH + 86400000;

        conform_reserve(c, &q, &out);

        if (out.answer == AICOST_GRANTED) {
            c->store->ops->balance(c->store, q.claims[0].id, &b);
            most = b.settled + b.reserved + b.bound;
            most = most > 100000 ? most : 100000;
            open[n] = q;
            grants[n++] = out;
        }

        if (n == 8 || i == 599 || out.answer != AICOST_GRANTED) {
            while (n) {
                n--;
                memset(&settled, 0, sizeof(settled));
                memcpy(settled.rid, open[n].rid, AICOST_ID);
                settled.now = q.now;
                settled.actual[0] = grants[n].bounded
                                    ? grants[n].amount[0]
                                      - conform_below(&seed, 10)
                                    : conform_below(&seed,
                                               open[n].ask[0][0].upper + 1);
                conform_settle(c, &settled, &left);
            }
        }
    }

    if (c->store->ops->balance(c->store, q.claims[0].id, &b) != AICOST_OK) {
        return 0;
    }

    printf("# %s: settled %lld of 100000\n", upper ? "upper" : "estimate",
           (long long) b.settled);

    return b.settled > 99000 && b.settled <= (upper ? 100000 : most);
}


#endif /* _AICOST_STORE_CONFORM_H_INCLUDED_ */
