
/*
 * Copyright (C) aicost
 *
 * The block, its accounts, and the money lent to them.
 */


#include "aicost_edge_int.h"


#define AICOST_EDGE_MAGIC       0x33656764656369aULL
#define AICOST_EDGE_TRIES       64       /* accounts looked at for one to
                                            forget */


static void aicost_edge_layout(const aicost_edge_t *e, aicost_edge_map_t *m);
static void aicost_edge_mend(aicost_edge_map_t *m);
static void aicost_edge_touch(aicost_edge_map_t *m, uint32_t i);
static void aicost_edge_unlist(aicost_edge_map_t *m, uint32_t i);
static void aicost_edge_drop_account(aicost_edge_map_t *m, uint32_t i);
static size_t aicost_edge_round(size_t n);
static uint32_t aicost_edge_victim(const aicost_edge_map_t *m);
static void aicost_edge_enlist(aicost_edge_map_t *m, uint32_t i);
static unsigned aicost_edge_offered(const aicost_claim_t *c,
    const aicost_reserve_t *q);


/* --- the block ----------------------------------------------------------- */

static size_t
aicost_edge_round(size_t n)
{
    return (n + 63) & ~(size_t) 63;
}


static void
aicost_edge_layout(const aicost_edge_t *e, aicost_edge_map_t *m)
{
    unsigned char  *p;

    p = e->region->base;
    m->h = (aicost_edge_head_t *) (void *) p;

    p += aicost_edge_round(sizeof(aicost_edge_head_t));
    m->ahash = (uint32_t *) (void *) p;

    p += aicost_edge_round(m->h->naccounts * sizeof(uint32_t));
    m->accounts = (aicost_edge_aslot_t *) (void *) p;

    p += aicost_edge_round(m->h->naccounts * sizeof(aicost_edge_aslot_t));
    m->rhash = (uint32_t *) (void *) p;

    p += aicost_edge_round(m->h->nrecords * sizeof(uint32_t));
    m->records = (aicost_edge_rslot_t *) (void *) p;
}


int
aicost_edge_init(aicost_edge_t *e, aicost_shm_region_t *region,
    unsigned fresh, uint64_t seed)
{
    size_t               half;
    uint64_t             id[2];
    aicost_edge_map_t    m;
    aicost_edge_head_t  *h;

    e->region = region;
    h = region->base;

    if (region->size < AICOST_EDGE_MIN) {
        return AICOST_ERROR;
    }

    if (!fresh) {
        return h->magic == AICOST_EDGE_MAGIC ? AICOST_OK : AICOST_ERROR;
    }

    memset(region->base, 0, region->size);

    half = (region->size - aicost_edge_round(sizeof(aicost_edge_head_t))
            - 4 * 64) / 2;

    h->naccounts = (uint32_t) (half / (sizeof(aicost_edge_aslot_t)
                                       + sizeof(uint32_t)));
    h->nrecords = (uint32_t) (half / (sizeof(aicost_edge_rslot_t)
                                      + sizeof(uint32_t)));
    h->meta.edges = 1;

    /* splitmix64: spreads the seed over the id */

    seed += 0x9e3779b97f4a7c15ULL;
    id[0] = (seed ^ (seed >> 30)) * 0xbf58476d1ce4e5b9ULL;
    id[1] = (id[0] ^ (id[0] >> 27)) * 0x94d049bb133111ebULL;
    memcpy(h->meta.edge, id, AICOST_ID);

    aicost_edge_layout(e, &m);
    aicost_edge_mend(&m);

    h->magic = AICOST_EDGE_MAGIC;

    return AICOST_OK;
}


void
aicost_edge_enter(aicost_edge_t *e, aicost_edge_map_t *m)
{
    e->region->lock(e->region->data);

    aicost_edge_layout(e, m);

    if (m->h->busy) {
        aicost_edge_mend(m);
    }

    *(volatile uint32_t *) &m->h->busy = 1;
}


void
aicost_edge_leave(aicost_edge_t *e, aicost_edge_map_t *m)
{
    *(volatile uint32_t *) &m->h->busy = 0;

    e->region->unlock(e->region->data);
}


/* hashes, list and counts from the slots; the order of use is lost */

static void
aicost_edge_mend(aicost_edge_map_t *m)
{
    uint32_t              i, k, n;
    aicost_edge_head_t   *h;
    aicost_edge_aslot_t  *a;
    aicost_edge_rslot_t  *r;

    h = m->h;

    h->newest = AICOST_EDGE_NONE;
    h->oldest = AICOST_EDGE_NONE;
    h->used = 0;
    h->open = 0;
    h->said = 0;
    h->lent = 0;

    for (i = 0; i < h->naccounts; i++) {
        m->ahash[i] = AICOST_EDGE_NONE;
    }

    for (i = 0; i < h->nrecords; i++) {
        m->rhash[i] = AICOST_EDGE_NONE;
    }

    for (i = 0; i < h->naccounts; i++) {
        a = &m->accounts[i];

        if (a->state != 1) {
            a->state = 0;
            continue;
        }

        a->refs = 0;
        k = aicost_edge_key(a->a.claim.id, h->naccounts);
        a->next = m->ahash[k];
        m->ahash[k] = i;
        h->used++;
        h->lent += (a->a.tranche.amount != 0);

        a->older = h->newest;
        a->newer = AICOST_EDGE_NONE;

        if (h->newest != AICOST_EDGE_NONE) {
            m->accounts[h->newest].newer = i;

        } else {
            h->oldest = i;
        }

        h->newest = i;
    }

    for (i = 0; i < h->nrecords; i++) {
        r = &m->records[i];

        if (r->state == AICOST_EDGE_FREE || r->state > AICOST_EDGE_DONE) {
            r->state = AICOST_EDGE_FREE;
            continue;
        }

        if (r->nrefs > AICOST_MAX_CLAIMS) {
            r->nrefs = 0;
        }

        for (k = 0, n = 0; k < r->nrefs; k++) {
            if (r->refs[k] < h->naccounts
                && m->accounts[r->refs[k]].state == 1)
            {
                m->accounts[r->refs[k]].refs++;
                r->refs[n++] = r->refs[k];
            }
        }

        r->nrefs = n;
        h->open += (r->state == AICOST_EDGE_OPEN);
        h->said += (r->state == AICOST_EDGE_SAID);

        k = aicost_edge_key(r->rid, h->nrecords);
        r->next = m->rhash[k];
        m->rhash[k] = i;
    }

    if (h->hand >= h->nrecords) {
        h->hand = 0;
    }

    if (h->reap >= h->nrecords) {
        h->reap = 0;
    }
}


/* ids and rids are random enough: bytes of a digest, or of a generator */

uint32_t
aicost_edge_key(const unsigned char id[AICOST_ID], uint32_t n)
{
    uint64_t  a, b;

    memcpy(&a, id, 8);
    memcpy(&b, id + 8, 8);

    a = (a ^ (b << 17) ^ (b >> 47)) * 0x9e3779b97f4a7c15ULL;

    return (uint32_t) ((a >> 32) % n);
}


void
aicost_edge_get(aicost_edge_t *e, aicost_edge_meta_t *meta)
{
    aicost_edge_map_t  m;

    aicost_edge_enter(e, &m);
    *meta = m.h->meta;
    aicost_edge_leave(e, &m);
}


void
aicost_edge_set(aicost_edge_t *e, const aicost_edge_meta_t *meta)
{
    aicost_edge_map_t  m;

    aicost_edge_enter(e, &m);
    m.h->meta = *meta;
    aicost_edge_leave(e, &m);
}


void
aicost_edge_stat(aicost_edge_t *e, aicost_edge_stat_t *stat)
{
    aicost_edge_map_t  m;

    aicost_edge_enter(e, &m);

    stat->accounts = m.h->naccounts;
    stat->used_accounts = m.h->used;
    stat->records = m.h->nrecords;
    stat->open = m.h->open;
    stat->said = m.h->said;
    stat->lent = m.h->lent;
    stat->forgotten = m.h->forgotten;
    stat->lost = m.h->lost;

    aicost_edge_leave(e, &m);
}


void
aicost_edge_forget(aicost_edge_t *e)
{
    uint32_t           i;
    aicost_edge_map_t  m;

    aicost_edge_enter(e, &m);

    for (i = 0; i < m.h->nrecords; i++) {
        m.records[i].state = AICOST_EDGE_FREE;
    }

    for (i = 0; i < m.h->naccounts; i++) {
        m.accounts[i].state = 0;
    }

    aicost_edge_mend(&m);
    aicost_edge_leave(e, &m);
}


/* --- accounts ------------------------------------------------------------ */

uint32_t
aicost_edge_find(const aicost_edge_map_t *m, const unsigned char id[AICOST_ID])
{
    uint32_t  i;

    for (i = m->ahash[aicost_edge_key(id, m->h->naccounts)];
         i != AICOST_EDGE_NONE;
         i = m->accounts[i].next)
    {
        if (memcmp(m->accounts[i].a.claim.id, id, AICOST_ID) == 0) {
            break;
        }
    }

    return i;
}


static void
aicost_edge_unlist(aicost_edge_map_t *m, uint32_t i)
{
    aicost_edge_aslot_t  *a;

    a = &m->accounts[i];

    if (a->newer != AICOST_EDGE_NONE) {
        m->accounts[a->newer].older = a->older;

    } else {
        m->h->newest = a->older;
    }

    if (a->older != AICOST_EDGE_NONE) {
        m->accounts[a->older].newer = a->newer;

    } else {
        m->h->oldest = a->newer;
    }
}


static void
aicost_edge_enlist(aicost_edge_map_t *m, uint32_t i)
{
    aicost_edge_aslot_t  *a;

    a = &m->accounts[i];

    a->newer = AICOST_EDGE_NONE;
    a->older = m->h->newest;

    if (m->h->newest != AICOST_EDGE_NONE) {
        m->accounts[m->h->newest].newer = i;

    } else {
        m->h->oldest = i;
    }

    m->h->newest = i;
}


static void
aicost_edge_touch(aicost_edge_map_t *m, uint32_t i)
{
    if (m->h->newest == i) {
        return;
    }

    aicost_edge_unlist(m, i);
    aicost_edge_enlist(m, i);
}


static void
aicost_edge_drop_account(aicost_edge_map_t *m, uint32_t i)
{
    uint32_t             *p;
    aicost_edge_aslot_t  *a;

    a = &m->accounts[i];

    *(volatile uint32_t *) &a->state = 0;

    p = &m->ahash[aicost_edge_key(a->a.claim.id, m->h->naccounts)];

    while (*p != AICOST_EDGE_NONE && *p != i) {
        p = &m->accounts[*p].next;
    }

    if (*p == i) {
        *p = a->next;
    }

    aicost_edge_unlist(m, i);
    m->h->used--;
}


/* of the accounts used first, one that nothing refers to */

static uint32_t
aicost_edge_victim(const aicost_edge_map_t *m)
{
    uint32_t                    i, tries;
    const aicost_edge_aslot_t  *a;

    i = m->h->oldest;

    for (tries = 0; tries < AICOST_EDGE_TRIES && i != AICOST_EDGE_NONE;
         tries++)
    {
        a = &m->accounts[i];

        if (a->refs == 0 && a->a.tranche.amount == 0) {
            return i;
        }

        i = a->newer;
    }

    return AICOST_EDGE_NONE;
}


/* the account of a claim, made when it is not known; AICOST_EDGE_NONE: there is
   no room for it */

uint32_t
aicost_edge_make(aicost_edge_map_t *m, int64_t now, const aicost_claim_t *claim)
{
    uint32_t              i, k, tries;
    aicost_edge_aslot_t  *a;

    i = aicost_edge_find(m, claim->id);

    if (i != AICOST_EDGE_NONE) {
        a = &m->accounts[i];
        a->a.claim = *claim;
        a->a.claim.share_step = 0;
        a->a.used = now;
        aicost_edge_touch(m, i);
        return i;
    }

    if (m->h->used < m->h->naccounts) {

        /* slots are taken in order, later ones where others left */

        for (tries = 0; tries < m->h->naccounts; tries++) {
            i = (m->h->used + tries) % m->h->naccounts;

            if (m->accounts[i].state == 0) {
                break;
            }
        }

    } else {
        i = aicost_edge_victim(m);

        if (i == AICOST_EDGE_NONE && aicost_edge_reap(m, now)) {
            i = aicost_edge_victim(m);
        }

        if (i == AICOST_EDGE_NONE) {
            return AICOST_EDGE_NONE;
        }

        aicost_edge_drop_account(m, i);
    }

    a = &m->accounts[i];

    memset(a, 0, sizeof(aicost_edge_aslot_t));
    a->a.claim = *claim;
    a->a.claim.share_step = 0;
    a->a.used = now;

    k = aicost_edge_key(claim->id, m->h->naccounts);
    a->next = m->ahash[k];
    m->ahash[k] = i;
    aicost_edge_enlist(m, i);
    m->h->used++;

    *(volatile uint32_t *) &a->state = 1;

    return i;
}


void
aicost_edge_totals(aicost_edge_t *e, const aicost_total_t *totals, uint32_t n)
{
    uint32_t                i, k;
    aicost_edge_map_t       m;
    aicost_edge_account_t  *a;

    aicost_edge_enter(e, &m);

    for (i = 0; i < n; i++) {
        k = aicost_edge_find(&m, totals[i].id);

        if (k == AICOST_EDGE_NONE) {
            continue;
        }

        a = &m.accounts[k].a;

        if (totals[i].settled > a->settled) {
            a->settled = totals[i].settled;
        }

        a->reserved = totals[i].reserved;
        a->bound = totals[i].bound;
    }

    aicost_edge_leave(e, &m);
}


int
aicost_edge_account(aicost_edge_t *e, const unsigned char id[AICOST_ID],
    aicost_edge_account_t *out)
{
    int                rc;
    uint32_t           i;
    aicost_edge_map_t  m;

    rc = AICOST_DECLINED;

    aicost_edge_enter(e, &m);

    i = aicost_edge_find(&m, id);

    if (i != AICOST_EDGE_NONE) {
        *out = m.accounts[i].a;
        rc = AICOST_OK;
    }

    aicost_edge_leave(e, &m);

    return rc;
}


void
aicost_edge_accounts(aicost_edge_t *e, uint32_t *cursor,
    aicost_edge_account_t *out, uint32_t max, uint32_t *n)
{
    uint32_t           i, looks;
    aicost_edge_map_t  m;

    *n = 0;

    aicost_edge_enter(e, &m);

    i = *cursor;

    for (looks = 0;
         looks < AICOST_EDGE_LOOK && i < m.h->naccounts && *n < max;
         looks++, i++)
    {
        if (m.accounts[i].state == 1) {
            out[(*n)++] = m.accounts[i].a;
        }
    }

    *cursor = (i < m.h->naccounts) ? i : 0;

    aicost_edge_leave(e, &m);
}


/* --- outage allowance ---------------------------------------------------- */

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

    i = aicost_edge_find(&m, id);

    if (i != AICOST_EDGE_NONE) {
        old = &m.accounts[i].a.tranche;

        if (t->amount == 0 || old->amount || m.h->lent < AICOST_EDGE_LENT) {
            m.h->lent += (t->amount != 0);
            m.h->lent -= (old->amount != 0);
            *old = *t;
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

        k = aicost_edge_find(&m, q->claims[i].id);

        if (k == AICOST_EDGE_NONE || m.accounts[k].a.tranche.amount <= 0) {
            *index = i;
            aicost_edge_leave(e, &m);
            return AICOST_DECLINED;
        }

        t = &m.accounts[k].a.tranche;
        at[out->nclaims] = k;
        c = &out->claims[out->nclaims++];

        *c = q->claims[i];
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

        /* the tranche itself ends it */

        if (c->session) {
            c->session = 0;
            c->t0 = 0;
            c->t1 = AICOST_MS_MAX;
            c->idle = 0;
            c->max = 0;
        }

        *covered |= 1u << i;
    }

    for (i = 0; i < out->nclaims; i++) {
        m.accounts[at[i]].a.tranche.used = 1;
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
