
/*
 * Copyright (C) aicost
 *
 * The block and its accounts.
 */


#include "aicost_edge_int.h"


#define AICOST_EDGE_MAGIC       0x33656764656369aULL


static size_t aicost_edge_round(size_t n);
static void aicost_edge_counts(size_t size, uint32_t *naccounts,
    uint32_t *nrecords);
static void aicost_edge_index(const aicost_edge_map_t *m,
    aicost_edge_index_t *x, unsigned char *p, uint32_t nslots);
static unsigned aicost_edge_valid(const aicost_shm_region_t *region);
static void aicost_edge_format(const aicost_shm_region_t *region,
    uint64_t seed);
static void aicost_edge_mend(aicost_edge_map_t *m);
static void aicost_edge_no_accounts(aicost_edge_map_t *m);
static void aicost_edge_touch(aicost_edge_map_t *m, uint32_t i);
static void aicost_edge_unlist(aicost_edge_map_t *m, uint32_t i);
static void aicost_edge_enlist(aicost_edge_map_t *m, uint32_t i);
static void aicost_edge_drop_account(aicost_edge_map_t *m, uint32_t i);
static uint32_t aicost_edge_victim(aicost_edge_map_t *m);
static unsigned aicost_edge_named(const aicost_reserve_t *q,
    const unsigned char id[AICOST_ID]);
static uint32_t aicost_edge_room(aicost_edge_map_t *m, int64_t now);


/* --- the block ----------------------------------------------------------- */

static size_t
aicost_edge_round(size_t n)
{
    return (n + 63) & ~(size_t) 63;
}


/* half of the block each */

static void
aicost_edge_counts(size_t size, uint32_t *naccounts, uint32_t *nrecords)
{
    size_t  half;

    half = (size - aicost_edge_round(sizeof(aicost_edge_head_t)) - 4 * 64) / 2;

    *naccounts = (uint32_t) (half / (sizeof(aicost_edge_aslot_t)
                                     + AICOST_EDGE_CELLS
                                       * sizeof(aicost_edge_cell_t)));
    *nrecords = (uint32_t) (half / (sizeof(aicost_edge_rslot_t)
                                    + AICOST_EDGE_CELLS
                                      * sizeof(aicost_edge_cell_t)));
}


void
aicost_edge_layout(const aicost_edge_t *e, aicost_edge_map_t *m)
{
    unsigned char  *p;

    p = e->region->base;
    m->base = p;
    m->h = (aicost_edge_head_t *) (void *) p;

    p += aicost_edge_round(sizeof(aicost_edge_head_t));
    aicost_edge_index(m, &m->by_id, p, m->h->naccounts);

    p += aicost_edge_round(m->by_id.ncells * sizeof(aicost_edge_cell_t));
    m->accounts = (aicost_edge_aslot_t *) (void *) p;
    m->by_id.ids = m->accounts->a.claim.id;
    m->by_id.slot_size = sizeof(aicost_edge_aslot_t);

    p += aicost_edge_round(m->h->naccounts * sizeof(aicost_edge_aslot_t));
    aicost_edge_index(m, &m->by_rid, p, m->h->nrecords);

    p += aicost_edge_round(m->by_rid.ncells * sizeof(aicost_edge_cell_t));
    m->records = (aicost_edge_rslot_t *) (void *) p;
    m->by_rid.ids = m->records->rid;
    m->by_rid.slot_size = sizeof(aicost_edge_rslot_t);
}


static void
aicost_edge_index(const aicost_edge_map_t *m, aicost_edge_index_t *x,
    unsigned char *p, uint32_t nslots)
{
    x->cells = (aicost_edge_cell_t *) (void *) p;
    x->ncells = nslots * AICOST_EDGE_CELLS;
    x->life = &m->h->life;
}


/* a block of another size or layout is not run on: the map would be wrong */

static unsigned
aicost_edge_valid(const aicost_shm_region_t *region)
{
    uint32_t                   naccounts, nrecords;
    const aicost_edge_head_t  *h;

    h = region->base;

    aicost_edge_counts(region->size, &naccounts, &nrecords);

    return h->magic == AICOST_EDGE_MAGIC
           && h->version == AICOST_EDGE_VERSION
           && h->size == region->size
           && h->head_size == sizeof(aicost_edge_head_t)
           && h->aslot_size == sizeof(aicost_edge_aslot_t)
           && h->rslot_size == sizeof(aicost_edge_rslot_t)
           && h->naccounts == naccounts
           && h->nrecords == nrecords;
}


int
aicost_edge_init(aicost_edge_t *e, aicost_shm_region_t *region,
    unsigned fresh, uint64_t seed)
{
    if (region->base == NULL || ((uintptr_t) region->base & 63)
        || region->size < AICOST_EDGE_MIN)
    {
        return AICOST_ERROR;
    }

    if (fresh) {
        aicost_edge_format(region, seed);

    } else if (!aicost_edge_valid(region)) {
        return AICOST_ERROR;
    }

    e->region = region;

    return AICOST_OK;
}


/* all slots and cells are of life 0, so they are empty */

static void
aicost_edge_format(const aicost_shm_region_t *region, uint64_t seed)
{
    uint64_t             id[2];
    aicost_edge_map_t    m;
    aicost_edge_head_t  *h;

    h = region->base;

    __atomic_store_n(&h->magic, 0, __ATOMIC_RELEASE);
    __atomic_signal_fence(__ATOMIC_SEQ_CST);

    memset(region->base, 0, region->size);

    h->version = AICOST_EDGE_VERSION;
    h->size = region->size;
    h->head_size = sizeof(aicost_edge_head_t);
    h->aslot_size = sizeof(aicost_edge_aslot_t);
    h->rslot_size = sizeof(aicost_edge_rslot_t);
    h->life = 1;
    h->meta.edges = 1;

    aicost_edge_counts(region->size, &h->naccounts, &h->nrecords);

    /* splitmix64: spreads the seed over the id */

    seed += 0x9e3779b97f4a7c15ULL;
    id[0] = (seed ^ (seed >> 30)) * 0xbf58476d1ce4e5b9ULL;
    id[1] = (id[0] ^ (id[0] >> 27)) * 0x94d049bb133111ebULL;
    memcpy(h->meta.edge, id, AICOST_ID);

    m.h = h;
    aicost_edge_no_accounts(&m);
    aicost_edge_no_records(&m);

    /* the last write: a block without it is not one */

    __atomic_store_n(&h->magic, AICOST_EDGE_MAGIC, __ATOMIC_RELEASE);
}


void
aicost_edge_publish(uint32_t *word, uint32_t value)
{
    __atomic_store_n(word, value, __ATOMIC_RELEASE);
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
}


void
aicost_edge_enter(aicost_edge_t *e, aicost_edge_map_t *m)
{
    e->region->lock(e->region->data);

    aicost_edge_layout(e, m);

    if (m->h->busy) {
        aicost_edge_mend(m);
    }

    aicost_edge_publish(&m->h->busy, 1);
}


void
aicost_edge_leave(aicost_edge_t *e, aicost_edge_map_t *m)
{
    aicost_edge_publish(&m->h->busy, 0);

    e->region->unlock(e->region->data);
}


void
aicost_edge_keep(aicost_edge_map_t *m, const void *p, size_t len)
{
    aicost_edge_undo_t  *undo;

    undo = &m->h->undo;

    memcpy(&undo->old, p, len);
    undo->at = (uint64_t) ((const unsigned char *) p - m->base);

    aicost_edge_publish(&undo->len, (uint32_t) len);
}


void
aicost_edge_kept(aicost_edge_map_t *m)
{
    aicost_edge_publish(&m->h->undo.len, 0);
}


/*
 * Indexes, lists and counts from the slots, the order of use is lost.  Looks at
 * the whole block, once for a worker that died inside a call.  A process may
 * die here as well: the next one does the same again.
 */

static void
aicost_edge_mend(aicost_edge_map_t *m)
{
    uint32_t              i;
    aicost_edge_head_t   *h;
    aicost_edge_undo_t   *undo;
    aicost_edge_aslot_t  *a;

    h = m->h;
    undo = &h->undo;

    if (undo->len) {
        memcpy(m->base + undo->at, &undo->old, undo->len);
        aicost_edge_kept(m);
    }

    aicost_edge_no_accounts(m);
    h->afresh = h->naccounts;

    aicost_edge_clear(&m->by_id);

    for (i = 0; i < h->naccounts; i++) {
        a = &m->accounts[i];

        if (a->state != 1 || a->life != h->life) {
            a->state = 0;
            a->next = h->afree;
            h->afree = i;
            continue;
        }

        aicost_edge_add(&m->by_id, i);

        a->refs = 0;
        h->used++;
        h->lent += (a->a.tranche.amount != 0);

        aicost_edge_enlist(m, i);
    }

    aicost_edge_mend_records(m);
}


static void
aicost_edge_no_accounts(aicost_edge_map_t *m)
{
    m->h->newest = AICOST_EDGE_NONE;
    m->h->oldest = AICOST_EDGE_NONE;
    m->h->afree = AICOST_EDGE_NONE;
    m->h->afresh = 0;
    m->h->used = 0;
    m->h->lent = 0;
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
aicost_edge_set(aicost_edge_t *e, const aicost_edge_meta_t *meta,
    unsigned what)
{
    aicost_edge_map_t    m;
    aicost_edge_meta_t  *own;

    aicost_edge_enter(e, &m);

    own = &m.h->meta;
    aicost_edge_keep(&m, own, sizeof(aicost_edge_meta_t));

    if (what == AICOST_EDGE_META) {
        own->state = meta->state;
    }

    if (what & AICOST_EDGE_EPOCH) {
        memcpy(own->epoch, meta->epoch, AICOST_ID);
        own->known = meta->known;
    }

    if (what & AICOST_EDGE_RUN) {
        memcpy(own->run, meta->run, sizeof(own->run));
    }

    if (what & AICOST_EDGE_EDGES) {
        own->edges = meta->edges;
    }

    if (what & AICOST_EDGE_DOMAIN) {
        memcpy(own->domain, meta->domain, AICOST_ID);
    }

    aicost_edge_kept(&m);

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


/* the slots stay as they are: another life begins */

void
aicost_edge_forget(aicost_edge_t *e)
{
    uint32_t           life;
    aicost_edge_map_t  m;

    aicost_edge_enter(e, &m);

    life = m.h->life + 1;
    aicost_edge_publish(&m.h->life, life ? life : 1);

    aicost_edge_no_accounts(&m);
    aicost_edge_no_records(&m);

    aicost_edge_leave(e, &m);
}


/* --- accounts ------------------------------------------------------------ */

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
    aicost_edge_aslot_t  *a;

    a = &m->accounts[i];

    aicost_edge_publish(&a->state, 0);

    aicost_edge_remove(&m->by_id, i);
    aicost_edge_unlist(m, i);

    a->next = m->h->afree;
    m->h->afree = i;
    m->h->used--;
}


/* of the accounts used first, one that nothing refers to; those that are held
   come last then, so that another call looks at others */

static uint32_t
aicost_edge_victim(aicost_edge_map_t *m)
{
    uint32_t                    i, tries;
    const aicost_edge_aslot_t  *a;

    for (tries = 0; tries < AICOST_EDGE_TRIES && tries < m->h->used; tries++) {
        i = m->h->oldest;
        a = &m->accounts[i];

        if (a->refs == 0 && a->a.tranche.amount == 0) {
            return i;
        }

        aicost_edge_touch(m, i);
    }

    return AICOST_EDGE_NONE;
}


/* an empty slot that is in no list */

static uint32_t
aicost_edge_room(aicost_edge_map_t *m, int64_t now)
{
    uint32_t             i;
    aicost_edge_head_t  *h;

    h = m->h;

    if (h->afree == AICOST_EDGE_NONE && h->afresh < h->naccounts) {
        return h->afresh++;
    }

    if (h->afree == AICOST_EDGE_NONE) {
        aicost_edge_reap(m, now);
        i = aicost_edge_victim(m);

        if (i == AICOST_EDGE_NONE) {
            return AICOST_EDGE_NONE;
        }

        aicost_edge_drop_account(m, i);
    }

    i = h->afree;
    h->afree = m->accounts[i].next;

    return i;
}


/* the account of a claim, made when it is not known; AICOST_EDGE_NONE: there is
   no room for it */

uint32_t
aicost_edge_make(aicost_edge_map_t *m, int64_t now, const aicost_claim_t *claim)
{
    uint32_t              i;
    aicost_claim_t        c;
    aicost_edge_aslot_t  *a;

    c = *claim;
    c.share_step = 0;

    i = aicost_edge_find(&m->by_id, claim->id);

    if (i != AICOST_EDGE_NONE) {
        a = &m->accounts[i];
        a->a.used = now;

        if (memcmp(&a->a.claim, &c, sizeof(aicost_claim_t)) != 0) {
            aicost_edge_keep(m, &a->a.claim, sizeof(aicost_claim_t));
            a->a.claim = c;
            aicost_edge_kept(m);
        }

        aicost_edge_touch(m, i);
        return i;
    }

    i = aicost_edge_room(m, now);

    if (i == AICOST_EDGE_NONE) {
        return AICOST_EDGE_NONE;
    }

    a = &m->accounts[i];

    memset(a, 0, sizeof(aicost_edge_aslot_t));
    a->life = m->h->life;
    a->a.claim = c;
    a->a.used = now;

    aicost_edge_add(&m->by_id, i);
    aicost_edge_enlist(m, i);
    m->h->used++;

    aicost_edge_publish(&a->state, 1);

    return i;
}


void
aicost_edge_learn(aicost_edge_map_t *m, const aicost_edge_rslot_t *r,
    const aicost_total_t *totals, uint32_t n)
{
    int64_t                 serial;
    uint32_t                i, k;
    aicost_edge_account_t  *a;

    for (i = 0; i < n; i++) {

        /* they come in the order of the claims */

        if (r && i < r->nrefs
            && memcmp(m->accounts[r->refs[i]].a.claim.id, totals[i].id,
                      AICOST_ID) == 0)
        {
            k = r->refs[i];

        } else {
            k = aicost_edge_find(&m->by_id, totals[i].id);
        }

        if (k == AICOST_EDGE_NONE) {
            continue;
        }

        a = &m->accounts[k].a;
        serial = (a->anew == m->h->anew) ? a->serial : 0;

        if (totals[i].serial < serial) {
            continue;
        }

        aicost_edge_keep(m, &a->settled,
                         offsetof(aicost_edge_account_t, tranche)
                         - offsetof(aicost_edge_account_t, settled));

        if (totals[i].settled > a->settled
            || (serial && totals[i].serial > serial))
        {
            a->settled = totals[i].settled;
        }

        a->serial = totals[i].serial;
        a->anew = m->h->anew;

        a->reserved = totals[i].reserved;
        a->bound = totals[i].bound;

        aicost_edge_kept(m);
    }
}


/* the spare accounts that were charged in the place of a claim's: what the
   store makes of it, nobody's to latch, and no account takes its place */

void
aicost_edge_spares(aicost_edge_map_t *m, int64_t now,
    const aicost_reserve_t *q, const aicost_total_t *totals, uint32_t n)
{
    uint32_t        i, k;
    aicost_claim_t  c;

    for (i = 0; i < n; i++) {

        if (aicost_edge_named(q, totals[i].id)) {
            continue;
        }

        for (k = 0; k < q->nclaims; k++) {
            if (memcmp(q->claims[k].spare, totals[i].id, AICOST_ID) == 0) {
                break;
            }
        }

        if (k == q->nclaims) {
            continue;
        }

        c = q->claims[k];
        memcpy(c.id, totals[i].id, AICOST_ID);
        memcpy(c.latch, totals[i].id, AICOST_ID);
        memset(c.whole, 0, AICOST_ID);
        c.kill = 0;

        k = aicost_edge_make(m, now, &c);

        if (k != AICOST_EDGE_NONE) {
            m->accounts[k].a.used = 0;
        }
    }
}


static unsigned
aicost_edge_named(const aicost_reserve_t *q, const unsigned char id[AICOST_ID])
{
    uint32_t  k;

    for (k = 0; k < q->nclaims; k++) {
        if (memcmp(q->claims[k].id, id, AICOST_ID) == 0) {
            return 1;
        }
    }

    return 0;
}


void
aicost_edge_anew(aicost_edge_t *e)
{
    aicost_edge_map_t  m;

    aicost_edge_enter(e, &m);
    aicost_edge_publish(&m.h->anew, m.h->anew + 1);
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

    i = aicost_edge_find(&m.by_id, id);

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
        if (m.accounts[i].state == 1 && m.accounts[i].life == m.h->life) {
            out[(*n)++] = m.accounts[i].a;
        }
    }

    *cursor = (i < m.h->naccounts) ? i : 0;

    aicost_edge_leave(e, &m);
}
