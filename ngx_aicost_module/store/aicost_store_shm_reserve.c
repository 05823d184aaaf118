
/*
 * Copyright (C) aicost
 */


#include "aicost_store_shm_int.h"


typedef struct {
    const aicost_reserve_t  *q;
    aicost_granted_t        *out;
    int64_t                  now;
    uint64_t                 hash;
    uint32_t                 first;      /* step allowed */
    uint32_t                 account[AICOST_MAX_CLAIMS];  /* 0: to be made */
    uint32_t                 rate[AICOST_MAX_RATES];      /* 0: to be made */
    int64_t                  used[AICOST_MAX_CLAIMS];
    int64_t                  tat[AICOST_MAX_RATES];
} aicost_shm_ask_t;


static unsigned aicost_shm_known(aicost_shm_t *m, aicost_shm_ask_t *a);
static unsigned aicost_shm_refuse(aicost_shm_ask_t *a, aicost_grant_e answer,
    uint32_t index, int64_t retry);
static unsigned aicost_shm_never(aicost_shm_ask_t *a, aicost_grant_e answer,
    uint32_t index, int64_t retry);
static unsigned aicost_shm_alive(aicost_shm_t *m, aicost_shm_ask_t *a);
static unsigned aicost_shm_windows(aicost_shm_ask_t *a);
static unsigned aicost_shm_accounts(aicost_shm_t *m, aicost_shm_ask_t *a);
static unsigned aicost_shm_tight(aicost_shm_t *m, aicost_shm_ask_t *a);
static unsigned aicost_shm_overflow(aicost_shm_t *m, aicost_shm_ask_t *a,
    uint32_t i);
static void aicost_shm_marks(aicost_shm_ask_t *a);
static unsigned aicost_shm_steps(aicost_shm_ask_t *a);
static unsigned aicost_shm_step(aicost_shm_ask_t *a, uint32_t step,
    uint32_t *index, int64_t *room);
static unsigned aicost_shm_countable(aicost_shm_ask_t *a);
static unsigned aicost_shm_rates(aicost_shm_t *m, aicost_shm_ask_t *a);
static unsigned aicost_shm_write(aicost_shm_t *m, aicost_shm_ask_t *a);
static unsigned aicost_shm_write_rates(aicost_shm_t *m, aicost_shm_ask_t *a);
static unsigned aicost_shm_write_claim(aicost_shm_t *m, aicost_shm_ask_t *a,
    aicost_shm_rid_t *r, uint32_t i);
static int64_t aicost_shm_until_end(const aicost_shm_ask_t *a, uint32_t i);


int
aicost_shm_reserve(aicost_store_t *s, const aicost_reserve_t *q,
    aicost_granted_t *out, aicost_store_done_pt done, void *data)
{
    aicost_shm_t      m;
    aicost_shm_ask_t  a;

    (void) done;
    (void) data;

    memset(out, 0, sizeof(aicost_granted_t));
    out->answer = AICOST_GRANTED;
    out->left = -1;

    if (aicost_reserve_check(q) != AICOST_OK) {
        out->answer = AICOST_BAD_ASK;
        return AICOST_OK;
    }

    a.q = q;
    a.out = out;
    a.hash = aicost_reserve_hash(q);
    a.now = aicost_shm_enter(&m, s, q->now);

    if (aicost_shm_known(&m, &a)
        && aicost_shm_alive(&m, &a)
        && aicost_shm_windows(&a)
        && aicost_shm_accounts(&m, &a)
        && aicost_shm_steps(&a)
        && aicost_shm_rates(&m, &a)
        && !q->probe
        && aicost_shm_write(&m, &a))
    {
        aicost_shm_commit(&m);

    } else if (m.head->undo.used) {
        aicost_shm_rollback(&m);
    }

    aicost_shm_leave(&m);

    return AICOST_OK;
}


/*
 * A step of the decision returns whether to go on.  The first refusal is the
 * answer; a dry run goes on all the same.
 */

static unsigned
aicost_shm_refuse(aicost_shm_ask_t *a, aicost_grant_e answer, uint32_t index,
    int64_t retry)
{
    if (a->out->answer == AICOST_GRANTED) {
        a->out->answer = answer;
        a->out->index = index;
        a->out->retry = retry;
    }

    return a->q->dry_run;
}


/* no reservation can be made, not by a dry run either */

static unsigned
aicost_shm_never(aicost_shm_ask_t *a, aicost_grant_e answer, uint32_t index,
    int64_t retry)
{
    memset(a->out, 0, sizeof(aicost_granted_t));

    a->out->answer = answer;
    a->out->index = index;
    a->out->retry = retry;
    a->out->left = -1;

    return 0;
}


static unsigned
aicost_shm_known(aicost_shm_t *m, aicost_shm_ask_t *a)
{
    uint32_t                 i;
    aicost_granted_t        *out;
    const aicost_shm_rid_t  *r;

    i = aicost_shm_find(m, AICOST_SHM_RID, a->q->rid);

    if (i == 0) {
        return 1;
    }

    r = aicost_shm_rid(m, i);
    out = a->out;

    if (r->state != AICOST_SHM_RID_OPEN) {
        return aicost_shm_never(a, AICOST_DEAD_RID, 0, 0);
    }

    if (r->hash != a->hash) {
        return aicost_shm_never(a, AICOST_OTHER_ASK, 0, 0);
    }

    out->answer = AICOST_GRANTED_AGAIN;
    out->step = r->step;
    out->bounded = (r->bounds != 0);
    out->bounds = r->bounds;
    out->marked = r->marked;
    out->dry = r->dry;
    out->warned = r->warned;
    out->left = aicost_shm_rid_left(m, r);

    memcpy(out->amount, r->amount, sizeof(out->amount));

    return 0;
}


static unsigned
aicost_shm_alive(aicost_shm_t *m, aicost_shm_ask_t *a)
{
    uint32_t                   i;
    const aicost_shm_latch_t  *latch;

    if (m->state->killed == 0) {
        return 1;
    }

    i = a->q->nclaims;
    latch = aicost_shm_latched(m, aicost_shm_all, a->now);

    if (latch == NULL) {
        for (i = 0; i < a->q->nclaims; i++) {
            latch = aicost_shm_latched(m, a->q->claims[i].latch, a->now);

            if (latch == NULL) {
                latch = aicost_shm_latched(m, a->q->claims[i].whole, a->now);
            }

            if (latch) {
                break;
            }
        }
    }

    if (latch == NULL) {
        return 1;
    }

    return aicost_shm_refuse(a, AICOST_KILLED, i,
                             latch->until == INT64_MAX
                             ? -1 : latch->until - a->now);
}


static unsigned
aicost_shm_windows(aicost_shm_ask_t *a)
{
    uint32_t               i;
    const aicost_claim_t  *claim;

    for (i = 0; i < a->q->nclaims; i++) {
        claim = &a->q->claims[i];

        if (!claim->session && (a->now < claim->t0 || a->now >= claim->t1)) {
            return aicost_shm_never(a, AICOST_WRONG_WINDOW, i,
                                    a->now - a->q->now);
        }
    }

    return 1;
}


static unsigned
aicost_shm_accounts(aicost_shm_t *m, aicost_shm_ask_t *a)
{
    uint32_t                     i, missing;
    const aicost_claim_t        *claim;
    const aicost_shm_account_t  *account;

    missing = 0;

    for (i = 0; i < a->q->nclaims; i++) {
        claim = &a->q->claims[i];

        a->used[i] = 0;
        a->account[i] = aicost_shm_find(m, AICOST_SHM_ACCOUNT, claim->id);

        if (a->account[i] == 0) {
            missing++;
            continue;
        }

        account = aicost_shm_account(m, a->account[i]);

        if (account->unit != claim->unit || account->session != claim->session)
        {
            return aicost_shm_never(a, AICOST_BAD_ASK, i, 0);
        }

        if (!claim->session || !aicost_shm_account_ended(account, a->now)) {
            a->used[i] = aicost_sum(account->settled, account->reserved);
        }
    }

    if (missing && !aicost_shm_account_spare(m, missing)
        && !aicost_shm_tight(m, a))
    {
        return 0;
    }

    aicost_shm_marks(a);

    return 1;
}


/*
 * The table is nearly full: accounts are made before the decision, since a
 * spare one has its own sums.  A refusal rolls all of it back.
 */

static unsigned
aicost_shm_tight(aicost_shm_t *m, aicost_shm_ask_t *a)
{
    uint32_t               i;
    const aicost_claim_t  *claim;
    aicost_shm_account_t  *account;

    aicost_shm_begin(m);

    /* begun anew first, so that none of them is taken for a closed one */

    for (i = 0; i < a->q->nclaims; i++) {

        if (a->account[i] == 0) {
            continue;
        }

        account = aicost_shm_account(m, a->account[i]);

        if (account->session && aicost_shm_account_ended(account, a->now)) {
            aicost_shm_account_anew(m, account, a->now);
            aicost_shm_account_terms(account, &a->q->claims[i]);
            aicost_shm_account_touch(m, account, a->account[i], a->now);
        }
    }

    for (i = 0; i < a->q->nclaims; i++) {

        if (a->account[i]) {
            continue;
        }

        claim = &a->q->claims[i];
        a->account[i] = aicost_shm_account_make(m, claim, claim->id, 0,
                                                a->now);
        if (a->account[i] == 0) {
            if (!aicost_shm_overflow(m, a, i)) {
                return aicost_shm_never(a, AICOST_NO_ROOM, i, 0);
            }

            continue;
        }

        account = aicost_shm_account(m, a->account[i]);
        aicost_shm_account_terms(account, claim);
        aicost_shm_account_touch(m, account, a->account[i], a->now);
    }

    return 1;
}


static unsigned
aicost_shm_overflow(aicost_shm_t *m, aicost_shm_ask_t *a, uint32_t i)
{
    uint32_t               k, index;
    const aicost_claim_t  *claim;
    aicost_shm_account_t  *account;

    claim = &a->q->claims[i];
    index = aicost_shm_find(m, AICOST_SHM_ACCOUNT, claim->spare);

    if (index == 0) {
        index = aicost_shm_account_make(m, claim, claim->spare, 1, a->now);

        if (index == 0) {
            return 0;
        }

        account = aicost_shm_account(m, index);
        aicost_shm_account_terms(account, claim);
    }

    account = aicost_shm_account(m, index);

    if (account->unit != claim->unit || account->session != claim->session) {
        return 0;
    }

    /* one account is charged once a request */

    for (k = 0; k < a->q->nclaims; k++) {
        if (a->account[k] == index) {
            return 0;
        }
    }

    if (account->session && aicost_shm_account_ended(account, a->now)) {
        aicost_shm_account_anew(m, account, a->now);
    }

    aicost_shm_save(m, account, sizeof(aicost_shm_account_t));
    aicost_shm_account_touch(m, account, index, a->now);

    m->state->overflows++;
    a->account[i] = index;
    a->used[i] = aicost_sum(account->settled, account->reserved);

    return 1;
}


static void
aicost_shm_marks(aicost_shm_ask_t *a)
{
    uint32_t               i;
    const aicost_claim_t  *claim;

    a->first = a->q->first_step;

    for (i = 0; i < a->q->nclaims; i++) {
        claim = &a->q->claims[i];

        if (claim->downgrade && a->used[i] >= claim->downgrade
            && claim->downgrade_step < a->q->nsteps
            && claim->downgrade_step > a->first)
        {
            a->first = claim->downgrade_step;
            a->out->marked = 1;
        }
    }
}


static unsigned
aicost_shm_steps(aicost_shm_ask_t *a)
{
    int64_t   room, tight;
    uint32_t  step, index, which;
    unsigned  unit;

    tight = 0;
    which = 0;

    for (step = a->first; step < a->q->nsteps; step++) {

        if (aicost_shm_step(a, step, &index, &room)) {
            a->out->step = step;
            return aicost_shm_countable(a);
        }

        if (step == a->first) {
            which = index;
            tight = room;
        }
    }

    if (a->out->answer == AICOST_GRANTED) {
        a->out->room = tight;
    }

    if (!aicost_shm_refuse(a, AICOST_NO_BUDGET, which,
                           aicost_shm_until_end(a, which)))
    {
        memset(a->out->amount, 0, sizeof(a->out->amount));
        a->out->bounded = 0;
        a->out->bounds = 0;
        return 0;
    }

    a->out->step = a->first;
    a->out->bounded = 0;
    a->out->bounds = 0;

    for (unit = 0; unit < AICOST_UNITS; unit++) {
        a->out->amount[unit] = a->q->ask[a->first][unit].want;
    }

    return aicost_shm_countable(a);
}


static unsigned
aicost_shm_step(aicost_shm_ask_t *a, uint32_t step, uint32_t *index,
    int64_t *room)
{
    uint8_t   bounded;
    unsigned  unit;

    a->out->bounded = 0;
    a->out->bounds = 0;

    for (unit = 0; unit < AICOST_UNITS; unit++) {

        if (aicost_fit(&a->q->ask[step][unit], a->q->claims, a->used,
                       a->q->nclaims, unit, step, &a->out->amount[unit],
                       &bounded, index, room)
            != AICOST_OK)
        {
            return 0;
        }

        a->out->bounded |= bounded;
        a->out->bounds |= (uint8_t) (bounded << unit);
    }

    return 1;
}


/* sums stay below AICOST_MONEY_MAX, so R is exact: soft and dry ones too */

static unsigned
aicost_shm_countable(aicost_shm_ask_t *a)
{
    uint32_t               i;
    const aicost_claim_t  *claim;

    for (i = 0; i < a->q->nclaims; i++) {
        claim = &a->q->claims[i];

        if (aicost_claim_counts(claim, a->out->step)
            && a->out->amount[claim->unit] > AICOST_MONEY_MAX - a->used[i])
        {
            return aicost_shm_never(a, AICOST_NO_BUDGET, i,
                                    aicost_shm_until_end(a, i));
        }
    }

    return 1;
}


static unsigned
aicost_shm_rates(aicost_shm_t *m, aicost_shm_ask_t *a)
{
    int64_t                   tat, retry, longest;
    uint32_t                  i, which;
    const aicost_rate_t      *rate;
    const aicost_shm_rate_t  *slot;

    longest = 0;
    which = 0;

    for (i = 0; i < a->q->nrates; i++) {
        rate = &a->q->rates[i];
        tat = 0;

        a->rate[i] = aicost_shm_find(m, AICOST_SHM_RATE, rate->id);

        if (a->rate[i]) {
            slot = aicost_shm_slot(m, AICOST_SHM_RATE, a->rate[i]);
            tat = slot->tat;
        }

        if (aicost_gcra(tat, a->now * 1000, rate->period, rate->tau,
                        &a->tat[i], &retry)
            != AICOST_OK && retry > longest)
        {
            longest = retry;
            which = i;
        }
    }

    if (longest == 0) {
        return 1;
    }

    if (!aicost_shm_refuse(a, AICOST_NO_RATE, which, (longest + 999) / 1000)) {
        memset(a->out->amount, 0, sizeof(a->out->amount));
        a->out->step = 0;
        a->out->bounded = 0;
        a->out->bounds = 0;
        return 0;
    }

    return 1;
}


static unsigned
aicost_shm_write(aicost_shm_t *m, aicost_shm_ask_t *a)
{
    uint32_t           i, index;
    unsigned           unit;
    aicost_shm_rid_t  *r;
    aicost_granted_t  *out;

    out = a->out;

    if (m->head->undo.used == 0) {
        aicost_shm_begin(m);
    }

    index = aicost_shm_rid_make(m, a->q->rid);

    if (index == 0 || !aicost_shm_write_rates(m, a)) {
        return aicost_shm_never(a, AICOST_NO_ROOM, 0, 0);
    }

    r = aicost_shm_rid(m, index);

    for (unit = 0; unit < AICOST_UNITS; unit++) {
        r->amount[unit] = out->amount[unit];
        r->gap[unit] = a->q->ask[out->step][unit].upper - out->amount[unit];
        r->gap[unit] = r->gap[unit] > 0 ? r->gap[unit] : 0;
    }

    AICOST_SHM_FAULT();

    for (i = 0; i < a->q->nclaims; i++) {
        if (aicost_claim_counts(&a->q->claims[i], out->step)
            && !aicost_shm_write_claim(m, a, r, i))
        {
            return aicost_shm_never(a, AICOST_NO_ROOM, i, 0);
        }
    }

    out->dry = a->q->dry_run;
    out->left = aicost_shm_rid_left(m, r);

    r->state = AICOST_SHM_RID_OPEN;
    r->hash = a->hash;
    r->step = (uint8_t) out->step;
    r->bounds = out->bounds;
    r->marked = out->marked;
    r->dry = out->dry;
    r->warned = out->warned;

    m->state->open++;

    aicost_shm_rid_lease(m, index, a->now + a->q->lease);
    aicost_shm_dirty(m, AICOST_SHM_RID, index);

    return 1;
}


/* the known ones first: their tat is ahead then and they are not recycled */

static unsigned
aicost_shm_write_rates(aicost_shm_t *m, aicost_shm_ask_t *a)
{
    uint32_t            i;
    aicost_shm_rate_t  *rate;

    for (i = 0; i < a->q->nrates; i++) {

        if (a->rate[i] == 0) {
            continue;
        }

        rate = aicost_shm_slot(m, AICOST_SHM_RATE, a->rate[i]);

        if (m->state->lists[AICOST_SHM_RATES].tail != a->rate[i]) {
            aicost_shm_unlink(m, AICOST_SHM_RATE, a->rate[i]);
            aicost_shm_append(m, AICOST_SHM_RATE, AICOST_SHM_RATES,
                              a->rate[i]);
        }

        aicost_shm_save(m, &rate->tat, sizeof(rate->tat));
        rate->tat = a->tat[i];
    }

    for (i = 0; i < a->q->nrates; i++) {

        if (a->rate[i]) {
            continue;
        }

        a->rate[i] = aicost_shm_rate_make(m, a->q->rates[i].id,
                                          a->now * 1000);
        if (a->rate[i] == 0) {
            return 0;
        }

        rate = aicost_shm_slot(m, AICOST_SHM_RATE, a->rate[i]);
        rate->tat = a->tat[i];
    }

    return 1;
}


static unsigned
aicost_shm_write_claim(aicost_shm_t *m, aicost_shm_ask_t *a,
    aicost_shm_rid_t *r, uint32_t i)
{
    uint32_t               index;
    const aicost_claim_t  *claim;
    aicost_shm_account_t  *account;

    claim = &a->q->claims[i];
    index = a->account[i];

    if (index == 0) {
        index = aicost_shm_account_make(m, claim, claim->id, 0, a->now);

        if (index == 0) {
            return 0;
        }

        account = aicost_shm_account(m, index);

    } else {
        account = aicost_shm_account(m, index);

        if (account->session && aicost_shm_account_ended(account, a->now)) {
            aicost_shm_account_anew(m, account, a->now);

        } else {
            aicost_shm_save(m, account, sizeof(aicost_shm_account_t));
        }
    }

    aicost_shm_account_terms(account, claim);

    if (!aicost_shm_same(account->slot.id, claim->id)) {
        memcpy(account->latch, claim->spare, AICOST_ID);
        account->kill = 0;           /* a spare one is nobody's to latch */
    }

    account->reserved += a->out->amount[claim->unit];
    account->bound = aicost_sum(account->bound, r->gap[claim->unit]);
    account->open++;

    AICOST_SHM_FAULT();

    if (claim->warn && !account->warned
        && aicost_sum(account->settled, account->reserved) >= claim->warn)
    {
        account->warned = 1;
        a->out->warned |= (uint32_t) 1 << i;
    }

    r->refs[r->nrefs].index = index;
    r->refs[r->nrefs].serial = account->slot.serial;
    r->nrefs++;

    aicost_shm_account_touch(m, account, index, a->now);
    aicost_shm_dirty(m, AICOST_SHM_ACCOUNT, index);

    return 1;
}


static int64_t
aicost_shm_until_end(const aicost_shm_ask_t *a, uint32_t i)
{
    return a->q->claims[i].session ? -1 : a->q->claims[i].t1 - a->now;
}
