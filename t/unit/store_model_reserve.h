
/*
 * Copyright (C) aicost
 *
 * The model's reserve: a part of store_model.h.
 */


#ifndef _AICOST_STORE_MODEL_RESERVE_H_INCLUDED_
#define _AICOST_STORE_MODEL_RESERVE_H_INCLUDED_


static inline int
model_same_ask(const aicost_reserve_t *a, const aicost_reserve_t *b)
{
    unsigned  i;

    if (a->nsteps != b->nsteps || a->nclaims != b->nclaims
        || a->nrates != b->nrates
        || memcmp(a->ask, b->ask, a->nsteps * sizeof(a->ask[0])) != 0)
    {
        return 0;
    }

    for (i = 0; i < a->nclaims; i++) {
        if (!model_same(a->claims[i].id, b->claims[i].id)) {
            return 0;
        }
    }

    for (i = 0; i < a->nrates; i++) {
        if (!model_same(a->rates[i].id, b->rates[i].id)) {
            return 0;
        }
    }

    return 1;
}


static inline void
model_answer(aicost_granted_t *out, int answer, uint32_t index, int64_t room,
    int64_t retry)
{
    if (out->answer == AICOST_GRANTED) {
        out->answer = (aicost_grant_e) answer;
        out->index = index;
        out->room = room;
        out->retry = retry;
    }
}


/* no reservation: all but the refusal is zero */

static inline int
model_refused(aicost_granted_t *out, int answer, uint32_t index, int64_t room,
    int64_t retry, unsigned marked)
{
    memset(out, 0, sizeof(*out));

    out->answer = (aicost_grant_e) answer;
    out->index = index;
    out->room = room;
    out->retry = retry;
    out->left = -1;
    out->marked = (uint8_t) marked;

    return AICOST_OK;
}


static inline int
model_end(model_t *m, const aicost_claim_t *claim, int64_t *retry)
{
    *retry = claim->session ? -1 : claim->t1 - m->now;
    return AICOST_OK;
}


static inline model_rate_t *
model_rate(model_t *m, const unsigned char *id)
{
    unsigned  i;

    for (i = 0; i < m->nrates; i++) {
        if (model_same(m->rates[i].id, id)) {
            return &m->rates[i];
        }
    }

    memset(&m->rates[m->nrates], 0, sizeof(model_rate_t));
    memcpy(m->rates[m->nrates].id, id, AICOST_ID);

    return &m->rates[m->nrates++];
}


static inline void
model_write(model_t *m, const aicost_reserve_t *q, aicost_granted_t *out)
{
    int64_t           amount;
    unsigned          i, unit;
    model_rid_t      *r;
    model_account_t  *a;

    r = &m->rids[m->nrids++];
    memset(r, 0, sizeof(*r));

    r->q = *q;
    r->state = OPEN;
    r->expires = m->now + q->lease;

    for (unit = 0; unit < AICOST_UNITS; unit++) {
        r->gap[unit] = model_cap(q->ask[out->step][unit].upper
                                 - out->amount[unit]);
    }

    for (i = 0; i < q->nclaims; i++) {

        if (!aicost_claim_counts(&q->claims[i], out->step)) {
            continue;
        }

        a = model_open_account(m, &q->claims[i]);
        amount = out->amount[q->claims[i].unit];

        a->claim = q->claims[i];
        a->sum.budget = q->claims[i].budget;
        a->sum.limit = q->claims[i].limit;
        a->sum.reserved += amount;
        a->sum.bound = model_cap(a->sum.bound + r->gap[a->sum.unit]);
        a->sum.open++;

        if (a->claim.warn && !a->warned
            && a->sum.settled + a->sum.reserved >= a->claim.warn)
        {
            a->warned = 1;
            out->warned |= 1U << i;
        }

        model_touch(m, a);

        r->account[r->n] = (unsigned) (a - m->accounts);
        r->serial[r->n++] = a->serial;
    }

    out->dry = q->dry_run;
    out->left = model_left(m, r);
    r->out = *out;
}


/* a rid that is known, or a latch: 1 when that is the answer */

static inline int
model_early(model_t *m, const aicost_reserve_t *q, aicost_granted_t *out)
{
    uint32_t         i, index;
    model_rid_t     *r;
    aicost_latch_t  *latch;

    static const unsigned char  all[AICOST_ID];

    r = model_rid(m, q->rid);

    if (r && r->state != OPEN) {
        model_refused(out, AICOST_DEAD_RID, 0, 0, 0, 0);
        return 1;
    }

    if (r && !model_same_ask(&r->q, q)) {
        model_refused(out, AICOST_OTHER_ASK, 0, 0, 0, 0);
        return 1;
    }

    if (r) {
        *out = r->out;
        out->answer = AICOST_GRANTED_AGAIN;
        out->index = 0;
        out->room = 0;
        out->retry = 0;
        out->left = model_left(m, r);
        return 1;
    }

    latch = model_latch(m, all);
    index = q->nclaims;

    for (i = 0; i < q->nclaims && latch == NULL; i++) {
        latch = model_latch(m, q->claims[i].latch);
        index = latch ? i : q->nclaims;
    }

    if (latch == NULL) {
        return 0;
    }

    model_answer(out, AICOST_KILLED, index, 0,
                 latch->until == INT64_MAX ? -1 : latch->until - m->now);

    return !q->dry_run;
}


/* windows and accounts: 1 when one of them is the answer */

static inline int
model_accounts(model_t *m, const aicost_reserve_t *q, aicost_granted_t *out,
    int64_t *used)
{
    uint32_t          i;
    model_account_t  *a;

    for (i = 0; i < q->nclaims; i++) {
        if (!q->claims[i].session
            && (m->now < q->claims[i].t0 || m->now >= q->claims[i].t1))
        {
            model_refused(out, AICOST_WRONG_WINDOW, i, 0, m->now - q->now, 0);
            return 1;
        }
    }

    for (i = 0; i < q->nclaims; i++) {
        a = model_account(m, q->claims[i].id);

        if (a && (a->sum.unit != q->claims[i].unit
                  || a->claim.session != q->claims[i].session))
        {
            model_refused(out, AICOST_BAD_ASK, i, 0, 0, 0);
            return 1;
        }

        used[i] = model_used(m, q->claims[i].id);
    }

    return 0;
}


static inline uint32_t
model_first(const aicost_reserve_t *q, const int64_t *used)
{
    uint32_t  i, first;

    first = q->first_step;

    for (i = 0; i < q->nclaims; i++) {
        if (q->claims[i].downgrade > 0 && used[i] >= q->claims[i].downgrade
            && q->claims[i].downgrade_step < q->nsteps
            && q->claims[i].downgrade_step > first)
        {
            first = q->claims[i].downgrade_step;
        }
    }

    return first;
}


/* the first step that fits: 1 when none is the answer */

static inline int
model_steps(model_t *m, const aicost_reserve_t *q, aicost_granted_t *out,
    const int64_t *used)
{
    int64_t   room, tight, retry;
    uint8_t   bounded;
    uint32_t  index, first, which, step;
    unsigned  unit, fits;

    fits = 0;
    which = 0;
    tight = 0;

    first = model_first(q, used);
    out->marked = first != q->first_step;

    for (step = first; step < q->nsteps && !fits; step++) {

        fits = 1;
        out->step = step;
        out->bounded = 0;

        for (unit = 0; unit < AICOST_UNITS && fits; unit++) {
            fits = aicost_fit(&q->ask[step][unit], q->claims, used,
                              q->nclaims, unit, step, &out->amount[unit],
                              &bounded, &index, &room)
                   == AICOST_OK;
            out->bounded |= bounded;
        }

        if (!fits && step == first) {
            which = index;
            tight = room;
        }
    }

    if (fits) {
        return 0;
    }

    model_end(m, &q->claims[which], &retry);

    if (!q->dry_run) {
        model_refused(out, AICOST_NO_BUDGET, which, tight, retry, out->marked);
        return 1;
    }

    model_answer(out, AICOST_NO_BUDGET, which, tight, retry);

    out->step = first;
    out->bounded = 0;

    for (unit = 0; unit < AICOST_UNITS; unit++) {
        out->amount[unit] = q->ask[first][unit].want;
    }

    return 0;
}


/* sums that could not be exact any more: 1 when one is the answer */

static inline int
model_exact(model_t *m, const aicost_reserve_t *q, aicost_granted_t *out,
    const int64_t *used)
{
    int64_t   retry;
    uint32_t  i;

    for (i = 0; i < q->nclaims; i++) {
        if (aicost_claim_counts(&q->claims[i], out->step)
            && out->amount[q->claims[i].unit] > AICOST_MONEY_MAX - used[i])
        {
            model_end(m, &q->claims[i], &retry);
            model_refused(out, AICOST_NO_BUDGET, i, 0, retry, 0);
            return 1;
        }
    }

    return 0;
}


/* all of them or none */

static inline int
model_rates(model_t *m, const aicost_reserve_t *q, aicost_granted_t *out)
{
    int64_t   tat[AICOST_MAX_RATES], retry, longest;
    uint32_t  i, which;

    longest = 0;
    which = 0;

    for (i = 0; i < q->nrates; i++) {
        aicost_gcra(model_rate(m, q->rates[i].id)->tat, m->now * 1000,
                    q->rates[i].period, q->rates[i].tau, &tat[i], &retry);

        if (retry > longest) {
            longest = retry;
            which = i;
        }
    }

    if (longest) {
        longest = longest / 1000 + (longest % 1000 != 0);

        if (!q->dry_run) {
            model_refused(out, AICOST_NO_RATE, which, 0, longest, out->marked);
            return 1;
        }

        model_answer(out, AICOST_NO_RATE, which, 0, longest);
    }

    for (i = 0; i < q->nrates; i++) {
        model_rate(m, q->rates[i].id)->tat = tat[i];
    }

    return 0;
}


static inline int
model_reserve(aicost_store_t *s, const aicost_reserve_t *q,
    aicost_granted_t *out, aicost_store_done_pt done, void *data)
{
    int64_t   used[AICOST_MAX_CLAIMS];
    model_t  *m;

    (void) done;
    (void) data;

    m = s->ctx;
    model_refused(out, AICOST_GRANTED, 0, 0, 0, 0);

    if (aicost_reserve_check(q) != AICOST_OK) {
        return model_refused(out, AICOST_BAD_ASK, 0, 0, 0, 0);
    }

    model_clock(m, q->now);

    if (model_early(m, q, out) || model_accounts(m, q, out, used)
        || model_steps(m, q, out, used) || model_exact(m, q, out, used)
        || model_rates(m, q, out))
    {
        return AICOST_OK;
    }

    model_write(m, q, out);

    return AICOST_OK;
}


#endif /* _AICOST_STORE_MODEL_RESERVE_H_INCLUDED_ */
