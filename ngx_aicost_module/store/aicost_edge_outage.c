
/*
 * Copyright (C) aicost
 *
 * The money that is lent to accounts for outages.
 */


#include "aicost_edge_int.h"


static unsigned aicost_edge_offered(const aicost_claim_t *c,
    const aicost_reserve_t *q);
static unsigned aicost_edge_stands(const aicost_edge_account_t *a,
    int64_t now);
static void aicost_edge_on_tranche(aicost_claim_t *c,
    const aicost_edge_tranche_t *t, int64_t now);


int64_t
aicost_edge_allowance(const aicost_edge_account_t *a, int64_t now, int64_t ppm,
    uint32_t edges)
{
    int64_t  amount;

    if (a->claim.soft || ppm <= 0 || now - a->used > AICOST_EDGE_USED
        || (!a->claim.session && now >= a->claim.t1))
    {
        return 0;
    }

    amount = aicost_muldiv_down(a->claim.limit, ppm, 1000000)
             / (edges ? edges : 1);

    return amount > 0 ? amount : 1;
}


int
aicost_edge_lend(aicost_edge_t *e, const unsigned char id[AICOST_ID],
    const aicost_edge_tranche_t *t)
{
    int                     rc;
    uint32_t                i;
    aicost_edge_map_t       m;
    aicost_edge_tranche_t  *old;

    rc = AICOST_DECLINED;

    aicost_edge_enter(e, &m);

    i = aicost_edge_find(&m.by_id, id);

    if (i != AICOST_EDGE_NONE) {
        old = &m.accounts[i].a.tranche;

        if (t->amount == 0 || old->amount || m.h->lent < AICOST_EDGE_LENT) {
            m.h->lent += (t->amount != 0);
            m.h->lent -= (old->amount != 0);

            aicost_edge_keep(&m, old, sizeof(aicost_edge_tranche_t));
            *old = *t;
            aicost_edge_kept(&m);

            rc = AICOST_OK;
        }
    }

    aicost_edge_leave(e, &m);

    return rc;
}


/* steps that are offered and that the claim counts */

static unsigned
aicost_edge_offered(const aicost_claim_t *c, const aicost_reserve_t *q)
{
    uint32_t  step;

    for (step = q->first_step; step < q->nsteps; step++) {
        if (aicost_claim_counts(c, step)) {
            return 1;
        }
    }

    return 0;
}


/* a tranche that can be spent: of a session it ends by itself */

static unsigned
aicost_edge_stands(const aicost_edge_account_t *a, int64_t now)
{
    const aicost_edge_tranche_t  *t;

    t = &a->tranche;

    return t->amount > 0
           && (!a->claim.session || !t->used
               || now < t->since + AICOST_EDGE_SESSION);
}


/* the claim as the room of outages sees it */

static void
aicost_edge_on_tranche(aicost_claim_t *c, const aicost_edge_tranche_t *t,
    int64_t now)
{
    memcpy(c->id, t->rid, AICOST_ID);
    memcpy(c->latch, t->rid, AICOST_ID);
    memcpy(c->spare, t->rid, AICOST_ID);
    memset(c->whole, 0, AICOST_ID);
    c->limit = t->amount;
    c->clear = 0;
    c->warn = 0;
    c->downgrade = 0;
    c->downgrade_step = 0;
    c->kill = 0;

    if (!c->session) {
        return;
    }

    /* the tranche ends it, not its use: begun anew it would be spent twice.
       The room closes it after that, and keeps it until it was settled */

    c->session = 0;
    c->t0 = t->used ? t->since : now;
    c->t1 = c->t0 + AICOST_EDGE_SESSION;
    c->idle = 0;
    c->max = 0;
    c->grace = AICOST_EDGE_SESSION;
}


int
aicost_edge_outage(aicost_edge_t *e, const aicost_reserve_t *q,
    aicost_reserve_t *out, uint32_t *covered, uint32_t *index)
{
    int64_t                 edges;
    uint32_t                i, k, at[AICOST_MAX_CLAIMS];
    aicost_rate_t          *rate;
    aicost_claim_t         *c;
    aicost_edge_map_t       m;
    aicost_edge_tranche_t  *t;

    *covered = 0;

    memcpy(out->rid, q->rid, AICOST_ID);
    out->now = q->now;
    out->lease = q->lease;
    out->nsteps = q->nsteps;
    out->nclaims = 0;
    out->nrates = q->nrates;
    out->dry_run = q->dry_run;
    out->first_step = q->first_step;
    out->probe = q->probe;
    memcpy(out->ask, q->ask, sizeof(q->ask));

    aicost_edge_enter(e, &m);

    edges = m.h->meta.edges ? m.h->meta.edges : 1;

    for (i = 0; i < q->nclaims; i++) {

        if (q->claims[i].soft || !aicost_edge_offered(&q->claims[i], q)) {
            continue;
        }

        k = aicost_edge_find(&m.by_id, q->claims[i].id);

        if (k == AICOST_EDGE_NONE
            || !aicost_edge_stands(&m.accounts[k].a, q->now))
        {
            *index = i;
            aicost_edge_leave(e, &m);
            return AICOST_DECLINED;
        }

        at[out->nclaims] = k;
        c = &out->claims[out->nclaims++];

        *c = q->claims[i];
        aicost_edge_on_tranche(c, &m.accounts[k].a.tranche, q->now);

        *covered |= 1u << i;
    }

    for (i = 0; i < out->nclaims; i++) {
        t = &m.accounts[at[i]].a.tranche;

        if (!t->used) {
            aicost_edge_keep(&m, t, sizeof(aicost_edge_tranche_t));
            t->since = q->now;
            t->used = 1;
            aicost_edge_kept(&m);
        }
    }

    aicost_edge_leave(e, &m);

    for (i = 0; i < q->nrates; i++) {
        rate = &out->rates[i];
        *rate = q->rates[i];

        rate->period = (rate->period > AICOST_RATE_US_MAX / edges)
                       ? AICOST_RATE_US_MAX : rate->period * edges;
    }

    return AICOST_OK;
}
