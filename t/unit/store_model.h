
/*
 * Copyright (C) aicost
 *
 * What a store has to do, in the plainest way: arrays without end, searched
 * from the front, everything computed anew.  The stores are held against it.
 */


#ifndef _AICOST_STORE_MODEL_H_INCLUDED_
#define _AICOST_STORE_MODEL_H_INCLUDED_


#include <stdlib.h>

#include "aicost_store.h"


#define MODEL_MAX  16384


typedef struct {
    aicost_claim_t       claim;      /* its last terms */
    aicost_balance_t     sum;
    unsigned             warned;
    unsigned             serial;     /* times it began anew */
} model_account_t;


typedef struct {
    aicost_reserve_t     q;
    aicost_granted_t     out;
    enum { OPEN = 1, SETTLED, RELEASED, EXPIRED } state;
    int64_t              expires;
    unsigned             n;
    unsigned             account[AICOST_MAX_CLAIMS];
    unsigned             serial[AICOST_MAX_CLAIMS];
    int64_t              gap[AICOST_UNITS];
} model_rid_t;


typedef struct {
    unsigned char        id[AICOST_ID];
    int64_t              tat;
} model_rate_t;


typedef struct {
    int64_t              now;
    unsigned             naccounts;
    unsigned             nrids;
    unsigned             nrates;
    unsigned             nlatches;
    uint64_t             gen;
    aicost_state_t       state;
    model_account_t      accounts[1024];
    model_rid_t          rids[MODEL_MAX];
    model_rate_t         rates[1024];
    aicost_latch_t       latches[1024];
} model_t;


static inline int
model_same(const unsigned char *a, const unsigned char *b)
{
    return memcmp(a, b, AICOST_ID) == 0;
}


static inline void
model_clock(model_t *m, int64_t now)
{
    m->now = now > m->now ? now : m->now;
}


static inline int64_t
model_cap(int64_t n)
{
    return n < 0 ? 0 : n > AICOST_MONEY_MAX ? AICOST_MONEY_MAX : n;
}


static inline model_account_t *
model_account(model_t *m, const unsigned char *id)
{
    unsigned  i;

    for (i = 0; i < m->naccounts; i++) {
        if (model_same(m->accounts[i].sum.id, id)) {
            return &m->accounts[i];
        }
    }

    return NULL;
}


static inline model_rid_t *
model_rid(model_t *m, const unsigned char *id)
{
    unsigned  i;

    for (i = 0; i < m->nrids; i++) {
        if (model_same(m->rids[i].q.rid, id)) {
            return &m->rids[i];
        }
    }

    return NULL;
}


static inline int
model_dead(model_t *m, const model_account_t *a)
{
    return a->claim.session && a->sum.open == 0 && m->now >= a->sum.t1;
}


static inline int64_t
model_used(model_t *m, const unsigned char *id)
{
    model_account_t  *a;

    a = model_account(m, id);

    if (a == NULL || model_dead(m, a)) {
        return 0;
    }

    return model_cap(a->sum.settled + a->sum.reserved);
}


/* found or made, and begun anew when its session is over */

static inline model_account_t *
model_open_account(model_t *m, const aicost_claim_t *claim)
{
    unsigned          serial;
    model_account_t  *a;

    a = model_account(m, claim->id);

    if (a && !model_dead(m, a)) {
        return a;
    }

    serial = a ? a->serial + 1 : 0;
    a = a ? a : &m->accounts[m->naccounts++];

    memset(a, 0, sizeof(model_account_t));
    memcpy(a->sum.id, claim->id, AICOST_ID);

    a->serial = serial;
    a->claim = *claim;
    a->sum.budget = claim->budget;
    a->sum.unit = claim->unit;
    a->sum.limit = claim->limit;
    a->sum.t0 = claim->session ? m->now : claim->t0;
    a->sum.t1 = claim->session ? m->now : claim->t1;

    return a;
}


static inline void
model_touch(model_t *m, model_account_t *a)
{
    int64_t  idle, max;

    if (a->claim.session) {
        idle = m->now + a->claim.idle;
        max = a->sum.t0 + a->claim.max;
        a->sum.t1 = idle < max ? idle : max;
    }
}


static inline aicost_latch_t *
model_latch(model_t *m, const unsigned char *id)
{
    unsigned  i;

    for (i = 0; i < m->nlatches; i++) {
        if (model_same(m->latches[i].latch, id)
            && m->latches[i].until > m->now)
        {
            return &m->latches[i];
        }
    }

    return NULL;
}


static inline int
model_kill_at(model_t *m, const aicost_latch_t *latch)
{
    unsigned         i;
    aicost_latch_t  *old;

    old = model_latch(m, latch->latch);

    if (latch->until <= m->now || (old && old->until >= latch->until)) {
        return AICOST_DECLINED;
    }

    for (i = 0; i < m->nlatches; i++) {
        if (model_same(m->latches[i].latch, latch->latch)) {
            break;
        }
    }

    if (i == m->nlatches) {
        m->nlatches++;
    }

    m->latches[i] = *latch;
    m->latches[i].at = m->now;
    m->latches[i].gen = ++m->gen;

    return AICOST_OK;
}


static inline void
model_charge(model_t *m, model_account_t *a, int64_t settled)
{
    int64_t         before;
    aicost_latch_t  latch;

    before = a->sum.settled;
    a->sum.settled = settled;

    if (a->claim.kill && before < a->claim.kill && settled >= a->claim.kill) {
        memset(&latch, 0, sizeof(latch));
        memcpy(latch.latch, a->claim.latch, AICOST_ID);
        memcpy(latch.why, "budget_exceeded", sizeof("budget_exceeded"));
        latch.until = a->claim.clear ? a->sum.t1 : INT64_MAX;
        model_kill_at(m, &latch);
    }
}


static inline int64_t
model_left(model_t *m, const model_rid_t *r)
{
    int64_t           left, room;
    unsigned          i;
    model_account_t  *a;

    left = -1;

    for (i = 0; i < r->n; i++) {
        a = &m->accounts[r->account[i]];

        if (a->serial == r->serial[i] && !a->claim.soft
            && a->sum.unit == AICOST_UNIT_MONEY)
        {
            room = model_cap(a->sum.limit
                             - model_cap(a->sum.settled + a->sum.reserved));
            left = left < 0 || room < left ? room : left;
        }
    }

    return left;
}


#include "store_model_reserve.h"


static inline void
model_close(model_t *m, model_rid_t *r, int op, const int64_t *actual)
{
    int64_t           amount, before;
    unsigned          i;
    model_account_t  *a;

    for (i = 0; i < r->n; i++) {
        a = &m->accounts[r->account[i]];

        if (a->serial != r->serial[i]) {
            continue;
        }

        before = a->sum.settled;
        amount = r->out.amount[a->sum.unit];

        if (r->state == OPEN) {
            a->sum.reserved -= amount;
            a->sum.bound = model_cap(a->sum.bound - r->gap[a->sum.unit]);
            a->sum.open--;

            if (op != AICOST_EXPIRE) {
                model_touch(m, a);
            }
        }

        if (op == AICOST_EXPIRE) {
            a->sum.unverified = model_cap(a->sum.unverified + amount);
            model_charge(m, a, model_cap(before + amount));
        }

        if (r->state == EXPIRED) {
            before = model_cap(before - amount);
            a->sum.unverified = model_cap(a->sum.unverified - amount);
        }

        if (op == AICOST_RELEASE) {
            model_charge(m, a, before);
        }

        if (op == AICOST_SETTLE) {
            a->sum.over = model_cap(a->sum.over
                             + model_cap(actual[a->sum.unit] - amount));
            model_charge(m, a, model_cap(before + actual[a->sum.unit]));
        }
    }

    r->state = op == AICOST_SETTLE ? SETTLED
               : op == AICOST_RELEASE ? RELEASED : EXPIRED;
}


static inline int
model_settle(aicost_store_t *s, const aicost_settled_t *q, int64_t *left,
    aicost_store_done_pt done, void *data)
{
    int64_t           actual[AICOST_UNITS], room;
    model_t          *m;
    unsigned          i;
    model_rid_t      *r;
    model_account_t  *a;

    (void) done;
    (void) data;

    m = s->ctx;
    *left = -1;

    if (q->op == AICOST_SETTLE && (q->actual[0] < 0 || q->actual[1] < 0)) {
        return AICOST_ERROR;
    }

    model_clock(m, q->now);

    actual[0] = model_cap(q->actual[0]);
    actual[1] = model_cap(q->actual[1]);

    r = model_rid(m, q->rid);

    if (r) {
        if ((r->state == OPEN
             && (q->op != AICOST_EXPIRE || m->now >= r->expires))
            || (r->state == EXPIRED && q->op != AICOST_EXPIRE))
        {
            model_close(m, r, (int) q->op, actual);
        }

        *left = model_left(m, r);

        return AICOST_OK;
    }

    if (q->op == AICOST_EXPIRE
        || (q->op == AICOST_SETTLE && q->nclaims == 0))
    {
        return AICOST_OK;
    }

    r = &m->rids[m->nrids++];
    memset(r, 0, sizeof(*r));
    memcpy(r->q.rid, q->rid, AICOST_ID);
    r->state = q->op == AICOST_SETTLE ? SETTLED : RELEASED;

    for (i = 0; q->op == AICOST_SETTLE && i < q->nclaims; i++) {
        a = model_open_account(m, &q->claims[i]);

        a->sum.lost = model_cap(a->sum.lost + actual[a->sum.unit]);
        model_touch(m, a);
        model_charge(m, a, model_cap(a->sum.settled + actual[a->sum.unit]));

        if (!a->claim.soft && a->sum.unit == AICOST_UNIT_MONEY) {
            room = model_cap(a->sum.limit
                             - model_cap(a->sum.settled + a->sum.reserved));
            *left = *left < 0 || room < *left ? room : *left;
        }
    }

    return AICOST_OK;
}


static inline int
model_renew(aicost_store_t *s, int64_t now, int64_t lease,
    const unsigned char (*rids)[AICOST_ID], const int64_t *used, uint32_t n,
    uint64_t *gone, uint64_t *spent, uint64_t *killed,
    aicost_store_done_pt done, void *data)
{
    int64_t           sum;
    model_t          *m;
    uint32_t          i, k;
    model_rid_t      *r;
    model_account_t  *a;

    static const unsigned char  all[AICOST_ID];

    (void) done;
    (void) data;

    m = s->ctx;
    model_clock(m, now);

    *gone = 0;
    *spent = 0;
    *killed = 0;

    for (i = 0; i < n; i++) {
        r = model_rid(m, rids[i]);

        if (r == NULL || r->state != OPEN) {
            *gone |= (uint64_t) 1 << i;
            continue;
        }

        if (m->now + lease > r->expires) {
            r->expires = m->now + lease;
        }

        if (model_latch(m, all)) {
            *killed |= (uint64_t) 1 << i;
        }

        for (k = 0; k < r->n; k++) {
            a = &m->accounts[r->account[k]];

            if (model_latch(m, a->claim.latch)) {
                *killed |= (uint64_t) 1 << i;
            }

            sum = a->sum.settled + a->sum.reserved - r->out.amount[0]
                  + (used ? model_cap(used[i]) : 0);

            if (used && a->claim.session && a->sum.unit == AICOST_UNIT_MONEY
                && sum > a->sum.limit)
            {
                *spent |= (uint64_t) 1 << i;
            }
        }
    }

    return AICOST_OK;
}


static inline int
model_sweep(aicost_store_t *s, int64_t now, uint32_t max, uint32_t *n)
{
    model_t      *m;
    unsigned      i;
    model_rid_t  *r;

    m = s->ctx;
    model_clock(m, now);

    for (*n = 0; *n < max; (*n)++) {

        r = NULL;

        for (i = 0; i < m->nrids; i++) {
            if (m->rids[i].state == OPEN && m->rids[i].expires <= m->now
                && (r == NULL || m->rids[i].expires < r->expires))
            {
                r = &m->rids[i];
            }
        }

        if (r == NULL) {
            break;
        }

        model_close(m, r, AICOST_EXPIRE, NULL);
    }

    return AICOST_OK;
}


static inline int
model_kill(aicost_store_t *s, const aicost_latch_t *latch)
{
    model_clock(s->ctx, latch->at);

    return model_kill_at(s->ctx, latch);
}


static inline int
model_resume(aicost_store_t *s, const unsigned char id[AICOST_ID],
    uint64_t gen)
{
    aicost_latch_t  *latch;

    latch = model_latch(s->ctx, id);

    if (latch == NULL || (gen && gen != latch->gen)) {
        return AICOST_DECLINED;
    }

    latch->until = 0;

    return AICOST_OK;
}


static inline int
model_latches(aicost_store_t *s, int64_t now, aicost_latch_t *out,
    uint32_t max, uint32_t *n)
{
    model_t  *m;
    unsigned  i;

    m = s->ctx;
    model_clock(m, now);
    *n = 0;

    for (i = 0; i < m->nlatches && *n < max; i++) {
        if (m->latches[i].until > m->now) {
            out[(*n)++] = m->latches[i];
        }
    }

    return AICOST_OK;
}


static inline int
model_set_mode(aicost_store_t *s, aicost_mode_e mode, int64_t share_ppm,
    int64_t now)
{
    model_t  *m;

    m = s->ctx;
    model_clock(m, now);

    m->state.mode = mode;
    m->state.share_ppm = share_ppm;
    m->state.changed = m->now;

    return AICOST_OK;
}


static inline int
model_state(aicost_store_t *s, int64_t now, aicost_state_t *out)
{
    model_t  *m;
    unsigned  i;

    static const unsigned char  all[AICOST_ID];

    m = s->ctx;
    model_clock(m, now);

    *out = m->state;
    out->killed = 0;
    out->kill_all = model_latch(m, all) != NULL;

    for (i = 0; i < m->nlatches; i++) {
        out->killed += m->latches[i].until > m->now;
    }

    return AICOST_OK;
}


static inline int
model_balance(aicost_store_t *s, const unsigned char id[AICOST_ID],
    aicost_balance_t *out)
{
    model_account_t  *a;

    a = model_account(s->ctx, id);

    if (a == NULL) {
        return AICOST_DECLINED;
    }

    *out = a->sum;

    return AICOST_OK;
}


static inline int
model_walk(aicost_store_t *s, uint32_t *cursor, aicost_balance_t *out,
    uint32_t max, uint32_t *n)
{
    model_t  *m;

    m = s->ctx;

    for (*n = 0; *n < max && *cursor < m->naccounts; (*n)++) {
        out[*n] = m->accounts[(*cursor)++].sum;
    }

    if (*cursor == m->naccounts) {
        *cursor = 0;
    }

    return AICOST_OK;
}


static const aicost_store_ops_t  model_ops = {
    "model", model_reserve, model_settle, model_renew, model_sweep,
    model_kill, model_resume, model_latches, model_set_mode, model_state,
    model_balance, model_walk
};


static inline int
model_init(aicost_store_t *s)
{
    s->ops = &model_ops;
    s->ctx = calloc(1, sizeof(model_t));

    return s->ctx ? AICOST_OK : AICOST_ERROR;
}


#endif /* _AICOST_STORE_MODEL_H_INCLUDED_ */
