
/*
 * Copyright (C) aicost
 *
 * What this edge holds open, and what it settled.
 */


#include "aicost_edge_int.h"


#define AICOST_EDGE_LATE        60000    /* ms after its lease an open one is
                                            nobody's */


static uint32_t aicost_edge_found(aicost_edge_map_t *m,
    const unsigned char rid[AICOST_ID]);
static void aicost_edge_drop_record(aicost_edge_map_t *m, uint32_t i);
static void aicost_edge_done(aicost_edge_map_t *m, uint32_t i);
static void aicost_edge_undone(aicost_edge_map_t *m, uint32_t i);
static unsigned aicost_edge_old(const aicost_edge_map_t *m,
    const aicost_edge_rslot_t *r, int64_t now);
static unsigned aicost_edge_nobodys(aicost_edge_map_t *m, int64_t now,
    uint32_t looks);
static void aicost_edge_ahead(const aicost_edge_map_t *m);
static void aicost_edge_give(aicost_edge_map_t *m, uint32_t i);
static uint32_t aicost_edge_slot(aicost_edge_map_t *m, int64_t now,
    const unsigned char rid[AICOST_ID]);
static void aicost_edge_link(aicost_edge_map_t *m, uint32_t i,
    unsigned state);
static void aicost_edge_out(const aicost_edge_map_t *m,
    const aicost_edge_rslot_t *r, aicost_edge_record_t *out);
static void aicost_edge_refer(aicost_edge_map_t *m, aicost_edge_rslot_t *r,
    int64_t now, const aicost_claim_t *claims, uint32_t n, uint32_t step);
static const aicost_edge_rslot_t *aicost_edge_opened(aicost_edge_map_t *m,
    int64_t now, const aicost_reserve_t *q, const aicost_granted_t *g,
    uint64_t hash);


/* whether there is a record in the slot */

unsigned
aicost_edge_holds(const aicost_edge_map_t *m, const aicost_edge_rslot_t *r)
{
    return r->life == m->h->life
           && (r->state == AICOST_EDGE_OPEN || r->state == AICOST_EDGE_SAID
               || (r->state == AICOST_EDGE_DONE && r->dones == m->h->dones));
}


static uint32_t
aicost_edge_found(aicost_edge_map_t *m, const unsigned char rid[AICOST_ID])
{
    uint32_t  i;

    i = aicost_edge_find(&m->by_rid, rid);

    if (i != AICOST_EDGE_NONE && !aicost_edge_holds(m, &m->records[i])) {
        aicost_edge_drop_record(m, i);
        i = AICOST_EDGE_NONE;
    }

    return i;
}


static void
aicost_edge_drop_record(aicost_edge_map_t *m, uint32_t i)
{
    uint32_t              k, state;
    aicost_edge_rslot_t  *r;

    r = &m->records[i];
    state = r->state;

    aicost_edge_publish(&r->state, AICOST_EDGE_FREE);

    m->h->open -= (state == AICOST_EDGE_OPEN);
    m->h->said -= (state == AICOST_EDGE_SAID);

    if (state == AICOST_EDGE_DONE) {
        aicost_edge_undone(m, i);
    }

    aicost_edge_remove(&m->by_rid, i);

    for (k = 0; k < r->nrefs; k++) {
        m->accounts[r->refs[k]].refs--;
    }

    aicost_edge_give(m, i);
}


static void
aicost_edge_done(aicost_edge_map_t *m, uint32_t i)
{
    aicost_edge_rslot_t  *r;

    r = &m->records[i];

    r->newer = AICOST_EDGE_NONE;
    r->older = m->h->done_newest;

    if (r->older != AICOST_EDGE_NONE) {
        m->records[r->older].newer = i;

    } else {
        m->h->done_oldest = i;
    }

    m->h->done_newest = i;
}


static void
aicost_edge_undone(aicost_edge_map_t *m, uint32_t i)
{
    aicost_edge_rslot_t  *r;

    r = &m->records[i];

    if (r->newer != AICOST_EDGE_NONE) {
        m->records[r->newer].older = r->older;

    } else {
        m->h->done_newest = r->older;
    }

    if (r->older != AICOST_EDGE_NONE) {
        m->records[r->older].newer = r->newer;

    } else {
        m->h->done_oldest = r->newer;
    }
}


/* of a DONE one: it has no use any more */

static unsigned
aicost_edge_old(const aicost_edge_map_t *m, const aicost_edge_rslot_t *r,
    int64_t now)
{
    return !aicost_edge_holds(m, r) || now - r->at > AICOST_EDGE_RECENT;
}


/* an open one whose lease has ended for long goes: 1 */

static unsigned
aicost_edge_nobodys(aicost_edge_map_t *m, int64_t now, uint32_t looks)
{
    uint32_t              i;
    aicost_edge_rslot_t  *r;

    while (looks--) {
        i = m->h->hand;
        m->h->hand = (i + 1 < m->h->nrecords) ? i + 1 : 0;

        r = &m->records[i];

        if (r->state == AICOST_EDGE_OPEN && aicost_edge_holds(m, r)
            && now - r->expires > AICOST_EDGE_LATE)
        {
            aicost_edge_drop_record(m, i);
            return 1;
        }
    }

    return 0;
}


static void
aicost_edge_give(aicost_edge_map_t *m, uint32_t i)
{
    m->records[i].next = m->h->rfree;
    m->h->rfree = i;
}


/* what the next one that needs a slot drops is on its way from memory
   meanwhile, and the one after it, which says where its own cell is */

static void
aicost_edge_ahead(const aicost_edge_map_t *m)
{
    const aicost_edge_rslot_t  *r;

    if (m->h->done_oldest == AICOST_EDGE_NONE) {
        return;
    }

    r = &m->records[m->h->done_oldest];

    __builtin_prefetch(aicost_edge_home(&m->by_rid, r->rid), 1);
    __builtin_prefetch(&r->hash, 1);
    __builtin_prefetch(r->refs, 1);

    if (r->newer != AICOST_EDGE_NONE) {
        __builtin_prefetch(&m->records[r->newer], 1);
    }
}


/* an empty slot that is in no list, with the rid in it */

static uint32_t
aicost_edge_slot(aicost_edge_map_t *m, int64_t now,
    const unsigned char rid[AICOST_ID])
{
    uint32_t              i;
    aicost_edge_head_t   *h;
    aicost_edge_rslot_t  *r;

    h = m->h;

    if (h->rfree == AICOST_EDGE_NONE && h->rfresh < h->nrecords) {
        i = h->rfresh++;
        goto found;
    }

    if (h->rfree == AICOST_EDGE_NONE) {
        i = h->done_oldest;

        if (i == AICOST_EDGE_NONE) {
            if (!aicost_edge_nobodys(m, now, AICOST_EDGE_LOOK)) {
                return AICOST_EDGE_NONE;
            }

        } else if (aicost_edge_old(m, &m->records[i], now)) {
            aicost_edge_drop_record(m, i);

        } else if (!aicost_edge_nobodys(m, now, AICOST_EDGE_FEW)) {
            h->forgotten++;
            aicost_edge_drop_record(m, i);
        }

        aicost_edge_ahead(m);
    }

    i = h->rfree;
    h->rfree = m->records[i].next;

found:

    r = &m->records[i];

    memset(r, 0, offsetof(aicost_edge_rslot_t, refs));
    memcpy(r->rid, rid, AICOST_ID);
    r->life = h->life;

    return i;
}


/* records the store has known for long hold no account any more */

void
aicost_edge_reap(aicost_edge_map_t *m, int64_t now)
{
    uint32_t  i, looks;

    for (looks = 0; looks < AICOST_EDGE_TRIES; looks++) {
        i = m->h->done_oldest;

        if (i == AICOST_EDGE_NONE
            || !aicost_edge_old(m, &m->records[i], now))
        {
            break;
        }

        aicost_edge_drop_record(m, i);
    }
}


/* the last of it: from here it is a record */

static void
aicost_edge_link(aicost_edge_map_t *m, uint32_t i, unsigned state)
{
    aicost_edge_rslot_t  *r;

    r = &m->records[i];

    aicost_edge_add(&m->by_rid, i);

    m->h->open += (state == AICOST_EDGE_OPEN);
    m->h->said += (state == AICOST_EDGE_SAID);

    aicost_edge_publish(&r->state, state);
}


/* the order in which they were acknowledged is lost */

void
aicost_edge_mend_records(aicost_edge_map_t *m)
{
    uint32_t              i, k;
    aicost_edge_head_t   *h;
    aicost_edge_rslot_t  *r;

    h = m->h;

    aicost_edge_no_records(m);
    h->rfresh = h->nrecords;

    aicost_edge_clear(&m->by_rid);

    for (i = 0; i < h->nrecords; i++) {
        r = &m->records[i];

        if (!aicost_edge_holds(m, r)) {
            aicost_edge_publish(&r->state, AICOST_EDGE_FREE);
            aicost_edge_give(m, i);
            continue;
        }

        aicost_edge_add(&m->by_rid, i);

        h->open += (r->state == AICOST_EDGE_OPEN);
        h->said += (r->state == AICOST_EDGE_SAID);

        if (r->state == AICOST_EDGE_DONE) {
            aicost_edge_done(m, i);
        }

        /* an account that a record refers to is whole */

        for (k = 0; k < r->nrefs; k++) {
            m->accounts[r->refs[k]].refs++;
        }
    }
}


void
aicost_edge_no_records(aicost_edge_map_t *m)
{
    m->h->open = 0;
    m->h->said = 0;
    m->h->rfree = AICOST_EDGE_NONE;
    m->h->rfresh = 0;
    m->h->done_newest = AICOST_EDGE_NONE;
    m->h->done_oldest = AICOST_EDGE_NONE;
    m->h->hand = 0;
}


/* an account there is no room for is left out: the store has it, it is only not
   told again */

static void
aicost_edge_refer(aicost_edge_map_t *m, aicost_edge_rslot_t *r, int64_t now,
    const aicost_claim_t *claims, uint32_t n, uint32_t step)
{
    uint32_t  i, k;

    r->nrefs = 0;

    for (i = 0; i < n && i < AICOST_MAX_CLAIMS; i++) {

        if (step != AICOST_EDGE_NONE
            && !aicost_claim_counts(&claims[i], step))
        {
            continue;
        }

        k = aicost_edge_make(m, now, &claims[i]);

        if (k != AICOST_EDGE_NONE) {
            r->refs[r->nrefs++] = k;
            m->accounts[k].refs++;
        }
    }
}


void
aicost_edge_granted(aicost_edge_t *e, int64_t now, const aicost_reserve_t *q,
    const aicost_granted_t *g, const aicost_total_t *totals, uint32_t n)
{
    uint64_t                    hash;
    aicost_edge_map_t           m;
    const aicost_edge_rslot_t  *r;

    aicost_edge_layout(e, &m);
    __builtin_prefetch(aicost_edge_home(&m.by_rid, q->rid), 1);

    hash = aicost_reserve_hash(q);

    aicost_edge_enter(e, &m);

    r = (g->answer > 0 || g->dry) ? aicost_edge_opened(&m, now, q, g, hash)
                                  : NULL;

    aicost_edge_spares(&m, now, q, totals, n);
    aicost_edge_learn(&m, r, totals, n);

    aicost_edge_leave(e, &m);
}


/* NULL: there is no room for it */

static const aicost_edge_rslot_t *
aicost_edge_opened(aicost_edge_map_t *m, int64_t now,
    const aicost_reserve_t *q, const aicost_granted_t *g, uint64_t hash)
{
    int64_t               upper;
    uint32_t              i, u;
    aicost_edge_rslot_t  *r;

    i = aicost_edge_found(m, q->rid);

    if (i != AICOST_EDGE_NONE) {
        /* granted a second time, or given back meanwhile */
        return &m->records[i];
    }

    i = aicost_edge_slot(m, now, q->rid);

    if (i == AICOST_EDGE_NONE) {
        for (i = 0; i < q->nclaims; i++) {
            (void) aicost_edge_make(m, now, &q->claims[i]);
        }

        return NULL;
    }

    r = &m->records[i];

    r->expires = now + q->lease;
    r->sent = now;
    r->hash = hash ? hash : 1;
    r->step = (uint8_t) g->step;
    r->bounds = g->bounds;
    r->dry = g->dry;

    for (u = 0; u < AICOST_UNITS; u++) {
        r->amount[u] = g->amount[u];
        upper = q->ask[g->step][u].upper;
        r->gap[u] = (upper > g->amount[u]) ? upper - g->amount[u] : 0;
    }

    aicost_edge_refer(m, r, now, q->claims, q->nclaims, g->step);
    aicost_edge_link(m, i, AICOST_EDGE_OPEN);

    return r;
}


int
aicost_edge_settling(aicost_edge_t *e, int64_t now, const aicost_settled_t *q)
{
    int                   rc;
    uint32_t              i;
    unsigned              known;
    aicost_edge_map_t     m;
    aicost_edge_rslot_t  *r;

    rc = AICOST_OK;

    aicost_edge_enter(e, &m);

    i = aicost_edge_found(&m, q->rid);
    known = (i != AICOST_EDGE_NONE);

    if (known && m.records[i].state != AICOST_EDGE_OPEN) {
        goto done;
    }

    if (!known) {
        i = aicost_edge_slot(&m, now, q->rid);

        if (i == AICOST_EDGE_NONE) {
            m.h->lost++;
            rc = AICOST_DECLINED;
            goto done;
        }

        r = &m.records[i];

        aicost_edge_refer(&m, r, now, q->claims, q->nclaims,
                          AICOST_EDGE_NONE);

        m.h->lost += (r->nrefs < q->nclaims);

        if (q->nclaims && r->nrefs == 0) {
            aicost_edge_give(&m, i);
            rc = AICOST_DECLINED;
            goto done;
        }

    } else {
        r = &m.records[i];
        aicost_edge_keep(&m, r, offsetof(aicost_edge_rslot_t, refs));
    }

    r->op = (uint8_t) q->op;
    r->actual[AICOST_UNIT_MONEY] = q->actual[AICOST_UNIT_MONEY];
    r->actual[AICOST_UNIT_TOKENS] = q->actual[AICOST_UNIT_TOKENS];
    r->at = now;
    r->sent = now;

    if (known) {
        m.h->open--;
        m.h->said++;
        r->state = AICOST_EDGE_SAID;
        aicost_edge_kept(&m);

    } else {
        aicost_edge_link(&m, i, AICOST_EDGE_SAID);
    }

done:

    aicost_edge_leave(e, &m);

    return rc;
}


void
aicost_edge_settled(aicost_edge_t *e, int64_t now,
    const unsigned char rid[AICOST_ID], const aicost_total_t *totals,
    uint32_t n)
{
    uint32_t              i;
    aicost_edge_map_t     m;
    aicost_edge_rslot_t  *r;

    aicost_edge_enter(e, &m);

    i = aicost_edge_found(&m, rid);
    r = (i != AICOST_EDGE_NONE) ? &m.records[i] : NULL;

    if (r && r->state == AICOST_EDGE_SAID) {
        aicost_edge_keep(&m, r, offsetof(aicost_edge_rslot_t, refs));
        r->at = now;
        r->dones = m.h->dones;
        r->state = AICOST_EDGE_DONE;
        aicost_edge_kept(&m);

        m.h->said--;
        aicost_edge_done(&m, i);
    }

    aicost_edge_learn(&m, r, totals, n);

    aicost_edge_leave(e, &m);
}


/* their slots are free at once, and taken the oldest first */

void
aicost_edge_drop_done(aicost_edge_t *e)
{
    aicost_edge_map_t  m;

    aicost_edge_enter(e, &m);
    aicost_edge_publish(&m.h->dones, m.h->dones + 1);
    aicost_edge_leave(e, &m);
}


void
aicost_edge_renewed(aicost_edge_t *e, int64_t expires,
    const unsigned char (*rids)[AICOST_ID], uint32_t n)
{
    uint32_t              i, k;
    aicost_edge_map_t     m;
    aicost_edge_rslot_t  *r;

    aicost_edge_enter(e, &m);

    for (k = 0; k < n; k++) {
        i = aicost_edge_found(&m, rids[k]);

        if (i == AICOST_EDGE_NONE) {
            continue;
        }

        r = &m.records[i];

        if (r->state == AICOST_EDGE_OPEN && r->expires < expires) {
            r->expires = expires;
        }
    }

    aicost_edge_leave(e, &m);
}


static void
aicost_edge_out(const aicost_edge_map_t *m, const aicost_edge_rslot_t *r,
    aicost_edge_record_t *out)
{
    uint32_t  k;

    memset(out, 0, sizeof(aicost_edge_record_t) - sizeof(out->claims));
    memcpy(out->rid, r->rid, AICOST_ID);
    out->state = (aicost_edge_state_e) r->state;
    out->expires = r->expires;
    out->at = r->at;
    out->sent = r->sent;
    out->hash = r->hash;
    out->op = (aicost_settle_e) r->op;
    out->step = r->step;
    out->bounds = r->bounds;
    out->dry = r->dry;
    memcpy(out->amount, r->amount, sizeof(r->amount));
    memcpy(out->gap, r->gap, sizeof(r->gap));
    memcpy(out->actual, r->actual, sizeof(r->actual));
    out->nclaims = r->nrefs;

    for (k = 0; k < r->nrefs; k++) {
        out->claims[k] = m->accounts[r->refs[k]].a.claim;
    }
}


int
aicost_edge_record(aicost_edge_t *e, const unsigned char rid[AICOST_ID],
    aicost_edge_record_t *out)
{
    int                rc;
    uint32_t           i;
    aicost_edge_map_t  m;

    rc = AICOST_DECLINED;

    aicost_edge_enter(e, &m);

    i = aicost_edge_found(&m, rid);

    if (i != AICOST_EDGE_NONE) {
        aicost_edge_out(&m, &m.records[i], out);
        rc = AICOST_OK;
    }

    aicost_edge_leave(e, &m);

    return rc;
}


int
aicost_edge_next(aicost_edge_t *e, int64_t now, int64_t before, unsigned mask,
    uint32_t *cursor, aicost_edge_record_t *out)
{
    int                   rc;
    uint32_t              i, looks;
    aicost_edge_map_t     m;
    aicost_edge_rslot_t  *r;

    aicost_edge_enter(e, &m);

    rc = AICOST_AGAIN;
    i = *cursor;

    for (looks = 0; looks < AICOST_EDGE_LOOK && i < m.h->nrecords; looks++) {
        r = &m.records[i++];

        if (!aicost_edge_holds(&m, r) || !(mask & (1u << r->state))
            || r->sent > before)
        {
            continue;
        }

        r->sent = now;
        aicost_edge_out(&m, r, out);

        rc = AICOST_OK;
        break;
    }

    *cursor = i;

    if (rc != AICOST_OK && i >= m.h->nrecords) {
        *cursor = 0;
        rc = AICOST_DECLINED;
    }

    aicost_edge_leave(e, &m);

    return rc;
}
