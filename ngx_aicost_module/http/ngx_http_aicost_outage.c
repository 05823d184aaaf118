
/*
 * Copyright (C) aicost
 *
 * The shared store does not answer: what on_error promises.  The embedded store
 * is the room of outages: it counts what is spent of money that was leased in
 * advance, and the rates, as this edge's share.
 *
 * In the room a request has another rid: the shared store may have granted the
 * same one too late, and is told to give it back.
 */


#include "ngx_http_aicost_fleet_int.h"


#define NGX_HTTP_AICOST_ROOM_BIT  0x80


static int ngx_http_aicost_outage_free(ngx_http_aicost_fleet_t *f,
    const aicost_reserve_t *q, uint32_t step, uint32_t steps,
    aicost_granted_t *out);
static int ngx_http_aicost_outage_reserve(ngx_http_aicost_fleet_t *f,
    aicost_reserve_t *local, uint32_t covered, aicost_granted_t *out);
static ngx_uint_t ngx_http_aicost_outage_killed(ngx_http_aicost_fleet_t *f,
    const aicost_reserve_t *q, aicost_granted_t *out);
static uint32_t ngx_http_aicost_free_step(const aicost_reserve_t *q);


/* these are worked on by one request, at once */

static aicost_reserve_t  ngx_http_aicost_outage_local;
static aicost_reserve_t  ngx_http_aicost_outage_bare;


/* AICOST_OK and the answer; AICOST_ERROR: the policy refuses */

int
ngx_http_aicost_outage(ngx_http_aicost_fleet_t *f, const aicost_reserve_t *q,
    aicost_granted_t *out)
{
    int                         rc;
    uint32_t                    covered, index, step;
    ngx_http_aicost_on_error_e  policy;

    /* a dry run refuses nothing */

    policy = q->dry_run ? NGX_HTTP_AICOST_OPEN : f->redis->on_error;

    if (!q->dry_run && ngx_http_aicost_outage_killed(f, q, out)) {
        return AICOST_OK;
    }

    switch (policy) {

    case NGX_HTTP_AICOST_OPEN:
        return ngx_http_aicost_outage_free(f, q, q->first_step, q->nsteps,
                                           out);

    case NGX_HTTP_AICOST_DEGRADE:
        step = ngx_http_aicost_free_step(q);

        if (step == q->nsteps) {
            return AICOST_ERROR;
        }

        return ngx_http_aicost_outage_free(f, q, step, step + 1, out);

    case NGX_HTTP_AICOST_LOCAL:
        rc = aicost_edge_outage(&f->edge, q, &ngx_http_aicost_outage_local,
                                &covered, &index);

        if (rc == AICOST_OK) {

            /* leased money used up is "closed", not the end of the ladder */

            step = ngx_http_aicost_free_step(q);

            if (step > q->first_step) {
                ngx_http_aicost_outage_local.nsteps = step;
            }

            rc = ngx_http_aicost_outage_reserve(f,
                                              &ngx_http_aicost_outage_local,
                                              covered, out);

            if (rc == AICOST_OK && out->answer != AICOST_NO_BUDGET) {
                return AICOST_OK;
            }
        }

        break;

    default: /* NGX_HTTP_AICOST_CLOSED */
        break;
    }

    /* what costs nothing is served all the same */

    if (ngx_http_aicost_free_step(q) != q->first_step) {
        return AICOST_ERROR;
    }

    return ngx_http_aicost_outage_free(f, q, q->first_step, q->first_step + 1,
                                       out);
}


/* a latch that was on when the store was last heard of holds */

static ngx_uint_t
ngx_http_aicost_outage_killed(ngx_http_aicost_fleet_t *f,
    const aicost_reserve_t *q, aicost_granted_t *out)
{
    uint32_t         i, n, hit;
    aicost_latch_t  *l;

    static const u_char  all[AICOST_ID];

    hit = f->shared->state.kill_all ? q->nclaims : NGX_MAX_UINT32_VALUE;

    for (n = 0; n < f->shared->nlatches; n++) {
        l = &f->shared->latches[n];

        if (l->until <= q->now) {
            continue;
        }

        if (ngx_memcmp(l->latch, all, AICOST_ID) == 0) {
            hit = q->nclaims;
            break;
        }

        for (i = 0; i < q->nclaims; i++) {
            if (ngx_memcmp(l->latch, q->claims[i].latch, AICOST_ID) == 0
                || ngx_memcmp(l->latch, q->claims[i].whole, AICOST_ID) == 0)
            {
                hit = i;
            }
        }
    }

    if (hit == NGX_MAX_UINT32_VALUE) {
        return 0;
    }

    ngx_memzero(out, sizeof(aicost_granted_t));
    out->answer = AICOST_KILLED;
    out->index = hit;
    out->retry = -1;
    out->left = -1;

    return 1;
}


/* the first step that costs nothing, their number: none does */

static uint32_t
ngx_http_aicost_free_step(const aicost_reserve_t *q)
{
    uint32_t             i;
    const aicost_ask_t  *ask;

    for (i = q->first_step; i < q->nsteps; i++) {
        ask = &q->ask[i][AICOST_UNIT_MONEY];

        if (ask->upper == 0 && ask->want == 0) {
            break;
        }
    }

    return i;
}


/* on rates alone: the budgets are charged afterwards */

static int
ngx_http_aicost_outage_free(ngx_http_aicost_fleet_t *f,
    const aicost_reserve_t *q, uint32_t step, uint32_t steps,
    aicost_granted_t *out)
{
    uint32_t           covered, index;
    aicost_reserve_t  *bare;

    bare = &ngx_http_aicost_outage_bare;

    *bare = *q;
    bare->nclaims = 0;
    bare->first_step = (uint8_t) step;
    bare->nsteps = steps;

    if (aicost_edge_outage(&f->edge, bare, &ngx_http_aicost_outage_local,
                           &covered, &index)
        != AICOST_OK)
    {
        return AICOST_ERROR;
    }

    return ngx_http_aicost_outage_reserve(f, &ngx_http_aicost_outage_local, 0,
                                          out);
}


static int
ngx_http_aicost_outage_reserve(ngx_http_aicost_fleet_t *f,
    aicost_reserve_t *local, uint32_t covered, aicost_granted_t *out)
{
    aicost_store_t  *room;

    room = &f->amcf->room;

    local->rid[AICOST_ID - 1] ^= NGX_HTTP_AICOST_ROOM_BIT;

    if (room->ops->reserve(room, local, out, NULL, NULL) != AICOST_OK) {
        return AICOST_ERROR;
    }

    out->outage = 1;
    out->covered = covered;
    out->warned = 0;
    out->marked = 0;

    return AICOST_OK;
}


/* the room's account is settled at once; claims that stand on no leased money
   are charged when the shared store is back */

void
ngx_http_aicost_outage_settle(ngx_http_aicost_fleet_t *f,
    const aicost_settled_t *q)
{
    int64_t            left;
    uint32_t           i;
    aicost_claim_t     claims[AICOST_MAX_CLAIMS];
    aicost_store_t    *room;
    aicost_settled_t   own;

    room = &f->amcf->room;
    own = *q;

    own.rid[AICOST_ID - 1] ^= NGX_HTTP_AICOST_ROOM_BIT;
    own.claims = NULL;
    own.nclaims = 0;

    (void) room->ops->settle(room, &own, &left, NULL, NULL);

    if (q->op != AICOST_SETTLE) {
        return;
    }

    own.claims = claims;

    for (i = 0; i < q->nclaims; i++) {
        if (!(q->covered & (1u << i))) {
            claims[own.nclaims++] = q->claims[i];
        }
    }

    if (own.nclaims) {
        (void) ngx_http_aicost_fleet_settle_now(f, &own, 0);
    }
}
