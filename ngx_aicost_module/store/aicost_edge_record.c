
/*
 * Copyright (C) aicost
 *
 * What this edge holds open, and what it settled.
 */


#include "aicost_edge_int.h"


#define AICOST_EDGE_LATE        60000    /* ms after its lease an open one is
                                            nobody's */


static uint32_t aicost_edge_found(const aicost_edge_map_t *m,
    const unsigned char rid[AICOST_ID]);
static uint32_t aicost_edge_slot(aicost_edge_map_t *m, int64_t now);
static void aicost_edge_drop_record(aicost_edge_map_t *m, uint32_t i);
static void aicost_edge_link(aicost_edge_map_t *m, uint32_t i,
    unsigned state);
static void aicost_edge_refer(aicost_edge_map_t *m, aicost_edge_rslot_t *r,
    int64_t now, const aicost_claim_t *claims, uint32_t n, uint32_t step);


static uint32_t
aicost_edge_found(const aicost_edge_map_t *m,
    const unsigned char rid[AICOST_ID])
{
    uint32_t  i;

    for (i = m->rhash[aicost_edge_key(rid, m->h->nrecords)];
         i != AICOST_EDGE_NONE;
         i = m->records[i].next)
    {
        if (memcmp(m->records[i].rid, rid, AICOST_ID) == 0) {
            break;
        }
    }

    return i;
}


static void
aicost_edge_drop_record(aicost_edge_map_t *m, uint32_t i)
{
    uint32_t              k, *p;
    aicost_edge_rslot_t  *r;

    r = &m->records[i];

    m->h->open -= (r->state == AICOST_EDGE_OPEN);
    m->h->said -= (r->state == AICOST_EDGE_SAID);

    *(volatile uint32_t *) &r->state = AICOST_EDGE_FREE;

    p = &m->rhash[aicost_edge_key(r->rid, m->h->nrecords)];

    while (*p != AICOST_EDGE_NONE && *p != i) {
        p = &m->records[*p].next;
    }

    if (*p == i) {
        *p = r->next;
    }

    for (k = 0; k < r->nrefs; k++) {
        m->accounts[r->refs[k]].refs--;
    }

    r->nrefs = 0;
}


/* a free slot, or one that has no use any more: what the store knows for long,
   what its lease has ended for long; else the one it knows that comes next.
   What it does not know is never given up */

static uint32_t
aicost_edge_slot(aicost_edge_map_t *m, int64_t now)
{
    uint32_t              i, looks, done;
    aicost_edge_rslot_t  *r;

    done = AICOST_EDGE_NONE;

    for (looks = 0; looks < m->h->nrecords; looks++) {
        i = m->h->hand;
        m->h->hand = (i + 1 < m->h->nrecords) ? i + 1 : 0;

        r = &m->records[i];

        if (r->state == AICOST_EDGE_FREE) {
            return i;
        }

        if ((r->state == AICOST_EDGE_DONE && now - r->at > AICOST_EDGE_RECENT)
            || (r->state == AICOST_EDGE_OPEN
                && now - r->expires > AICOST_EDGE_LATE))
        {
            aicost_edge_drop_record(m, i);
            return i;
        }

        if (r->state == AICOST_EDGE_DONE && done == AICOST_EDGE_NONE) {
            done = i;
        }

        if (looks >= AICOST_EDGE_LOOK && done != AICOST_EDGE_NONE) {
            break;
        }
    }

    if (done != AICOST_EDGE_NONE) {
        m->h->forgotten++;
        aicost_edge_drop_record(m, done);
    }

    return done;
}


/* records the store has known for long hold no account any more */

uint32_t
aicost_edge_reap(aicost_edge_map_t *m, int64_t now)
{
    uint32_t              i, n, looks;
    aicost_edge_rslot_t  *r;

    n = 0;
    i = m->h->reap;

    for (looks = 0; looks < AICOST_EDGE_LOOK && looks < m->h->nrecords;
         looks++)
    {
        r = &m->records[i];

        if (r->state == AICOST_EDGE_DONE && now - r->at > AICOST_EDGE_RECENT) {
            aicost_edge_drop_record(m, i);
            n++;
        }

        i = (i + 1 < m->h->nrecords) ? i + 1 : 0;
    }

    m->h->reap = i;

    return n;
}


static void
aicost_edge_link(aicost_edge_map_t *m, uint32_t i, unsigned state)
{
    uint32_t              k;
    aicost_edge_rslot_t  *r;

    r = &m->records[i];

    k = aicost_edge_key(r->rid, m->h->nrecords);
    r->next = m->rhash[k];
    m->rhash[k] = i;

    m->h->open += (state == AICOST_EDGE_OPEN);
    m->h->said += (state == AICOST_EDGE_SAID);

    *(volatile uint32_t *) &r->state = state;
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
aicost_edge_opened(aicost_edge_t *e, int64_t now, const aicost_reserve_t *q,
    const aicost_granted_t *g)
{
    int64_t               upper;
    uint32_t              i, u;
    uint64_t              hash;
    aicost_edge_map_t     m;
    aicost_edge_rslot_t  *r;

    hash = aicost_reserve_hash(q);

    aicost_edge_enter(e, &m);

    if (aicost_edge_found(&m, q->rid) != AICOST_EDGE_NONE) {
        /* granted a second time, or given back meanwhile */
        aicost_edge_leave(e, &m);
        return;
    }

    i = aicost_edge_slot(&m, now);

    if (i != AICOST_EDGE_NONE) {
        r = &m.records[i];

        memset(r, 0, sizeof(aicost_edge_rslot_t));
        memcpy(r->rid, q->rid, AICOST_ID);
        r->expires = now + q->lease;
        r->hash = hash ? hash : 1;
        r->step = (uint8_t) g->step;
        r->bounds = g->bounds;
        r->dry = g->dry;

        for (u = 0; u < AICOST_UNITS; u++) {
            r->amount[u] = g->amount[u];
            upper = q->ask[g->step][u].upper;
            r->gap[u] = (upper > g->amount[u]) ? upper - g->amount[u] : 0;
        }

        aicost_edge_refer(&m, r, now, q->claims, q->nclaims, g->step);
        aicost_edge_link(&m, i, AICOST_EDGE_OPEN);

    } else {
        for (i = 0; i < q->nclaims; i++) {
            (void) aicost_edge_make(&m, now, &q->claims[i]);
        }
    }

    aicost_edge_leave(e, &m);
}


int
aicost_edge_settling(aicost_edge_t *e, int64_t now, const aicost_settled_t *q)
{
    int                   rc;
    uint32_t              i;
    aicost_edge_map_t     m;
    aicost_edge_rslot_t  *r;

    rc = AICOST_OK;

    aicost_edge_enter(e, &m);

    i = aicost_edge_found(&m, q->rid);

    if (i != AICOST_EDGE_NONE && m.records[i].state != AICOST_EDGE_OPEN) {
        goto done;
    }

    if (i == AICOST_EDGE_NONE) {
        i = aicost_edge_slot(&m, now);

        if (i == AICOST_EDGE_NONE) {
            m.h->lost++;
            rc = AICOST_DECLINED;
            goto done;
        }

        r = &m.records[i];

        memset(r, 0, sizeof(aicost_edge_rslot_t));
        memcpy(r->rid, q->rid, AICOST_ID);
        aicost_edge_refer(&m, r, now, q->claims, q->nclaims,
                          AICOST_EDGE_NONE);

        if (q->nclaims && r->nrefs == 0) {
            m.h->lost++;
            rc = AICOST_DECLINED;
            goto done;
        }

    } else {
        r = &m.records[i];
    }

    r->op = (uint8_t) q->op;
    r->actual[AICOST_UNIT_MONEY] = q->actual[AICOST_UNIT_MONEY];
    r->actual[AICOST_UNIT_TOKENS] = q->actual[AICOST_UNIT_TOKENS];
    r->at = now;
    r->sent = now;

    if (r->state == AICOST_EDGE_OPEN) {
        m.h->open--;
        m.h->said++;
        *(volatile uint32_t *) &r->state = AICOST_EDGE_SAID;

    } else {
        aicost_edge_link(&m, i, AICOST_EDGE_SAID);
    }

done:

    aicost_edge_leave(e, &m);

    return rc;
}


void
aicost_edge_settled(aicost_edge_t *e, int64_t now,
    const unsigned char rid[AICOST_ID])
{
    uint32_t              i;
    aicost_edge_map_t     m;
    aicost_edge_rslot_t  *r;

    aicost_edge_enter(e, &m);

    i = aicost_edge_found(&m, rid);

    if (i != AICOST_EDGE_NONE) {
        r = &m.records[i];

        if (r->state == AICOST_EDGE_SAID) {
            r->at = now;
            m.h->said--;
            *(volatile uint32_t *) &r->state = AICOST_EDGE_DONE;
        }
    }

    aicost_edge_leave(e, &m);
}


void
aicost_edge_drop_done(aicost_edge_t *e)
{
    uint32_t           i;
    aicost_edge_map_t  m;

    aicost_edge_enter(e, &m);

    for (i = 0; i < m.h->nrecords; i++) {
        if (m.records[i].state == AICOST_EDGE_DONE) {
            aicost_edge_drop_record(&m, i);
        }
    }

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


int
aicost_edge_next(aicost_edge_t *e, int64_t now, int64_t before, unsigned mask,
    uint32_t *cursor, aicost_edge_record_t *out)
{
    int                   rc;
    uint32_t              i, k, looks;
    aicost_edge_map_t     m;
    aicost_edge_rslot_t  *r;

    aicost_edge_enter(e, &m);

    rc = AICOST_AGAIN;
    i = *cursor;

    for (looks = 0; looks < AICOST_EDGE_LOOK && i < m.h->nrecords; looks++) {
        r = &m.records[i++];

        if (r->state == AICOST_EDGE_FREE || !(mask & (1u << r->state))
            || r->sent > before)
        {
            continue;
        }

        r->sent = now;

        memset(out, 0, sizeof(aicost_edge_record_t)
                       - sizeof(out->claims));
        memcpy(out->rid, r->rid, AICOST_ID);
        out->state = (aicost_edge_state_e) r->state;
        out->expires = r->expires;
        out->at = r->at;
        out->sent = now;
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
            out->claims[k] = m.accounts[r->refs[k]].a.claim;
        }

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
