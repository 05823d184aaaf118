
/*
 * Copyright (C) aicost
 */


#include "aicost_store_shm_int.h"


static void aicost_shm_close(aicost_shm_t *m, uint32_t i,
    const aicost_settled_t *q, int64_t now);
static void aicost_shm_close_account(aicost_shm_t *m, aicost_shm_rid_t *r,
    uint32_t i, const aicost_settled_t *q, int64_t now);
static void aicost_shm_correct(aicost_shm_t *m, uint32_t i,
    const aicost_settled_t *q, int64_t now);
static int aicost_shm_lost(aicost_shm_t *m, const aicost_settled_t *q,
    int64_t *left, int64_t now);
static uint32_t aicost_shm_lost_account(aicost_shm_t *m,
    const aicost_claim_t *claim, int64_t now);
static void aicost_shm_tomb(aicost_shm_t *m, const unsigned char *rid,
    unsigned state);
static void aicost_shm_watch(aicost_shm_t *m, const aicost_shm_account_t *a,
    int64_t before, int64_t now);
static int64_t aicost_shm_actual(const aicost_settled_t *q, unsigned unit);
static int64_t aicost_shm_less(int64_t a, int64_t b);
static unsigned aicost_shm_spent(const aicost_shm_t *m,
    const aicost_shm_rid_t *r, int64_t used);
static unsigned aicost_shm_held(aicost_shm_t *m, const aicost_shm_rid_t *r,
    int64_t now);


int
aicost_shm_settle(aicost_store_t *s, const aicost_settled_t *q, int64_t *left,
    aicost_store_done_pt done, void *data)
{
    int                rc;
    int64_t            now;
    uint32_t           i;
    aicost_shm_t       m;
    aicost_shm_rid_t  *r;

    (void) done;
    (void) data;

    *left = -1;

    if (q->now < 0 || q->now > AICOST_MS_MAX
        || (unsigned) q->op > AICOST_EXPIRE
        || q->nclaims > AICOST_MAX_CLAIMS
        || (q->op == AICOST_SETTLE
            && (q->actual[AICOST_UNIT_MONEY] < 0
                || q->actual[AICOST_UNIT_TOKENS] < 0)))
    {
        return AICOST_ERROR;
    }

    now = aicost_shm_enter(&m, s, q->now);
    i = aicost_shm_find(&m, AICOST_SHM_RID, q->rid);

    if (i == 0) {
        rc = aicost_shm_lost(&m, q, left, now);
        aicost_shm_leave(&m);
        return rc;
    }

    r = aicost_shm_rid(&m, i);

    if (r->state == AICOST_SHM_RID_OPEN) {
        if (q->op != AICOST_EXPIRE || r->expires <= now) {
            aicost_shm_close(&m, i, q, now);
        }

    } else if (r->state == AICOST_SHM_RID_EXPIRED && q->op != AICOST_EXPIRE) {
        aicost_shm_correct(&m, i, q, now);
    }

    *left = aicost_shm_rid_left(&m, r);
    aicost_shm_leave(&m);

    return AICOST_OK;
}


static void
aicost_shm_close(aicost_shm_t *m, uint32_t i, const aicost_settled_t *q,
    int64_t now)
{
    uint32_t           k;
    aicost_shm_rid_t  *r;

    static const unsigned  states[] = {
        AICOST_SHM_RID_SETTLED,
        AICOST_SHM_RID_RELEASED,
        AICOST_SHM_RID_EXPIRED
    };

    r = aicost_shm_rid(m, i);

    aicost_shm_begin(m);

    for (k = 0; k < r->nrefs; k++) {
        aicost_shm_close_account(m, r, k, q, now);
    }

    aicost_shm_rid_done(m, i, states[q->op]);
    aicost_shm_commit(m);
}


static void
aicost_shm_close_account(aicost_shm_t *m, aicost_shm_rid_t *r, uint32_t i,
    const aicost_settled_t *q, int64_t now)
{
    int64_t                before, amount, actual;
    aicost_shm_account_t  *a;

    a = aicost_shm_ref(m, &r->refs[i]);

    if (a == NULL) {
        return;
    }

    aicost_shm_save(m, a, sizeof(aicost_shm_account_t));

    before = a->settled;
    amount = r->amount[a->unit];

    a->reserved = aicost_shm_less(a->reserved, amount);
    a->bound = aicost_shm_less(a->bound, r->gap[a->unit]);
    a->open--;

    AICOST_SHM_FAULT();

    if (q->op == AICOST_SETTLE) {
        actual = aicost_shm_actual(q, a->unit);
        a->settled = aicost_sum(a->settled, actual);
        a->over = aicost_sum(a->over, aicost_shm_less(actual, amount));

    } else if (q->op == AICOST_EXPIRE) {
        a->settled = aicost_sum(a->settled, amount);
        a->unverified = aicost_sum(a->unverified, amount);
    }

    if (q->op != AICOST_EXPIRE) {
        aicost_shm_account_touch(m, a, r->refs[i].index, now);
    }

    aicost_shm_watch(m, a, before, now);
    aicost_shm_dirty(m, AICOST_SHM_ACCOUNT, r->refs[i].index);
}


/* what is known at last of a lease that had run out: it was charged in full */

static void
aicost_shm_correct(aicost_shm_t *m, uint32_t i, const aicost_settled_t *q,
    int64_t now)
{
    int64_t                before, amount, actual;
    uint32_t               k;
    aicost_shm_rid_t      *r;
    aicost_shm_account_t  *a;

    r = aicost_shm_rid(m, i);

    aicost_shm_begin(m);

    for (k = 0; k < r->nrefs; k++) {
        a = aicost_shm_ref(m, &r->refs[k]);

        if (a == NULL) {
            continue;
        }

        aicost_shm_save(m, a, sizeof(aicost_shm_account_t));

        before = a->settled;
        amount = r->amount[a->unit];
        actual = aicost_shm_actual(q, a->unit);

        a->settled = aicost_sum(aicost_shm_less(a->settled, amount), actual);
        a->unverified = aicost_shm_less(a->unverified, amount);
        a->over = aicost_sum(a->over, aicost_shm_less(actual, amount));

        AICOST_SHM_FAULT();

        aicost_shm_watch(m, a, before, now);
        aicost_shm_dirty(m, AICOST_SHM_ACCOUNT, r->refs[k].index);
    }

    aicost_shm_rid_done(m, i, (q->op == AICOST_SETTLE)
                              ? AICOST_SHM_RID_SETTLED
                              : AICOST_SHM_RID_RELEASED);
    aicost_shm_commit(m);
}


/*
 * No record of the rid.  Spend is never dropped: the accounts named are
 * charged.  A record of it is left, so that it is charged once, and so that a
 * reserve that comes after its own release is refused.
 */

static int
aicost_shm_lost(aicost_shm_t *m, const aicost_settled_t *q, int64_t *left,
    int64_t now)
{
    int64_t                before, room, actual;
    uint32_t               i, k, made[AICOST_MAX_CLAIMS];
    aicost_shm_account_t  *a;

    if (q->op == AICOST_EXPIRE
        || (q->op == AICOST_SETTLE && q->nclaims == 0))
    {
        return AICOST_OK;
    }

    aicost_shm_begin(m);

    for (i = 0; q->op == AICOST_SETTLE && i < q->nclaims; i++) {
        made[i] = aicost_shm_lost_account(m, &q->claims[i], now);

        if (made[i] == 0) {
            aicost_shm_rollback(m);
            *left = -1;
            return AICOST_ERROR;
        }

        for (k = 0; made[k] != made[i]; k++) { /* void */ }

        if (k != i) {
            continue;
        }

        a = aicost_shm_account(m, made[i]);
        aicost_shm_save(m, a, sizeof(aicost_shm_account_t));

        before = a->settled;
        actual = aicost_shm_actual(q, a->unit);

        a->settled = aicost_sum(a->settled, actual);
        a->lost = aicost_sum(a->lost, actual);

        aicost_shm_account_touch(m, a, made[i], now);
        aicost_shm_watch(m, a, before, now);
        aicost_shm_dirty(m, AICOST_SHM_ACCOUNT, made[i]);

        room = aicost_shm_less(a->limit, aicost_sum(a->settled, a->reserved));

        if (!a->soft && a->unit == AICOST_UNIT_MONEY
            && (*left < 0 || room < *left))
        {
            *left = room;
        }
    }

    aicost_shm_tomb(m, q->rid, q->op == AICOST_SETTLE
                               ? AICOST_SHM_RID_SETTLED
                               : AICOST_SHM_RID_RELEASED);
    aicost_shm_commit(m);

    return AICOST_OK;
}


static uint32_t
aicost_shm_lost_account(aicost_shm_t *m, const aicost_claim_t *claim,
    int64_t now)
{
    uint32_t               i;
    unsigned               spare;
    const unsigned char   *id;
    aicost_shm_account_t  *a;

    if (claim->unit >= AICOST_UNITS || claim->limit <= 0) {
        return 0;
    }

    for (spare = 0; spare < 2; spare++) {

        id = spare ? claim->spare : claim->id;
        i = aicost_shm_find(m, AICOST_SHM_ACCOUNT, id);

        if (i) {
            a = aicost_shm_account(m, i);

            if (a->session && aicost_shm_account_ended(a, now)) {
                aicost_shm_account_anew(m, a, now);
                aicost_shm_account_terms(a, claim);
            }

            return i;
        }

        i = aicost_shm_account_make(m, claim, id, spare, now);

        if (i) {
            a = aicost_shm_account(m, i);
            aicost_shm_account_terms(a, claim);

            if (spare) {
                memcpy(a->latch, id, AICOST_ID);
                a->kill = 0;
                m->state->overflows++;
            }

            return i;
        }
    }

    return 0;
}


static void
aicost_shm_tomb(aicost_shm_t *m, const unsigned char *rid, unsigned state)
{
    uint32_t  i;

    i = aicost_shm_rid_make(m, rid);

    if (i) {
        aicost_shm_rid_done(m, i, state);
    }
}


/* a refund never clears a latch; S that passes the mark sets it, and not again
   after an operator resumed */

static void
aicost_shm_watch(aicost_shm_t *m, const aicost_shm_account_t *a,
    int64_t before, int64_t now)
{
    aicost_latch_t  latch;

    if (a->kill == 0 || before >= a->kill || a->settled < a->kill) {
        return;
    }

    memset(&latch, 0, sizeof(aicost_latch_t));
    memcpy(latch.latch, a->latch, AICOST_ID);
    memcpy(latch.why, "budget_exceeded", sizeof("budget_exceeded"));

    latch.until = a->clear ? a->t1 : INT64_MAX;

    (void) aicost_shm_latch(m, &latch, now);
}


static int64_t
aicost_shm_actual(const aicost_settled_t *q, unsigned unit)
{
    if (q->op != AICOST_SETTLE) {
        return 0;
    }

    return q->actual[unit] < AICOST_MONEY_MAX
           ? q->actual[unit] : AICOST_MONEY_MAX;
}


static int64_t
aicost_shm_less(int64_t a, int64_t b)
{
    return a > b ? a - b : 0;
}


int
aicost_shm_renew(aicost_store_t *s, int64_t now, int64_t lease,
    const unsigned char (*rids)[AICOST_ID], const int64_t *used, uint32_t n,
    uint64_t *gone, uint64_t *spent, uint64_t *killed,
    aicost_store_done_pt done, void *data)
{
    uint32_t           i, k;
    aicost_shm_t       m;
    aicost_shm_rid_t  *r;

    (void) done;
    (void) data;

    *gone = 0;
    *spent = 0;
    *killed = 0;

    if (now < 0 || now > AICOST_MS_MAX || lease <= 0
        || lease > AICOST_LEASE_MAX || n > AICOST_RENEW_MAX)
    {
        return AICOST_ERROR;
    }

    now = aicost_shm_enter(&m, s, now);

    for (i = 0; i < n; i++) {

        k = aicost_shm_find(&m, AICOST_SHM_RID, rids[i]);
        r = k ? aicost_shm_rid(&m, k) : NULL;

        if (r == NULL || r->state != AICOST_SHM_RID_OPEN) {
            *gone |= (uint64_t) 1 << i;
            continue;
        }

        if (r->expires < now + lease) {
            aicost_shm_begin(&m);
            aicost_shm_rid_lease(&m, k, now + lease);
            aicost_shm_dirty(&m, AICOST_SHM_RID, k);
            aicost_shm_commit(&m);
        }

        if (used && aicost_shm_spent(&m, r, used[i])) {
            *spent |= (uint64_t) 1 << i;
        }

        if (aicost_shm_held(&m, r, now)) {
            *killed |= (uint64_t) 1 << i;
        }
    }

    aicost_shm_leave(&m);

    return AICOST_OK;
}


static unsigned
aicost_shm_spent(const aicost_shm_t *m, const aicost_shm_rid_t *r,
    int64_t used)
{
    int64_t                      sum;
    uint32_t                     i;
    const aicost_shm_account_t  *a;

    used = used > 0 ? used : 0;

    for (i = 0; i < r->nrefs; i++) {
        a = aicost_shm_ref(m, &r->refs[i]);

        if (a == NULL || !a->session || a->unit != AICOST_UNIT_MONEY) {
            continue;
        }

        sum = aicost_shm_less(a->reserved, r->amount[a->unit]);
        sum = aicost_sum(aicost_sum(a->settled, sum), used);

        if (sum > a->limit) {
            return 1;
        }
    }

    return 0;
}


static unsigned
aicost_shm_held(aicost_shm_t *m, const aicost_shm_rid_t *r, int64_t now)
{
    uint32_t                     i;
    const aicost_shm_account_t  *a;

    if (m->state->killed == 0) {
        return 0;
    }

    if (aicost_shm_latched(m, aicost_shm_all, now)) {
        return 1;
    }

    for (i = 0; i < r->nrefs; i++) {
        a = aicost_shm_ref(m, &r->refs[i]);

        if (a && aicost_shm_latched(m, a->latch, now)) {
            return 1;
        }
    }

    return 0;
}


/* the head of the open ones ends first, so nothing else is looked at */

int
aicost_shm_sweep(aicost_store_t *s, int64_t now, uint32_t max, uint32_t *n)
{
    uint32_t          i;
    aicost_shm_t      m;
    aicost_settled_t  q;

    *n = 0;

    if (now < 0 || now > AICOST_MS_MAX) {
        return AICOST_ERROR;
    }

    memset(&q, 0, sizeof(aicost_settled_t));
    q.op = AICOST_EXPIRE;

    now = aicost_shm_enter(&m, s, now);

    while (*n < max) {
        i = m.state->lists[AICOST_SHM_OPEN].head;

        if (i == 0 || aicost_shm_rid(&m, i)->expires > now) {
            break;
        }

        aicost_shm_close(&m, i, &q, now);
        (*n)++;
    }

    aicost_shm_leave(&m);

    return AICOST_OK;
}
