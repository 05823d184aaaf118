
/*
 * Copyright (C) aicost
 *
 * The outage allowance: a share of each account that was used of late is leased
 * in advance.  It is an ordinary reservation, so it stands inside R and the
 * bound holds whatever becomes of this edge; what was spent of it in an outage
 * is settled when the store is back.  A lease that ran out meanwhile was
 * charged in full, its settlement corrects that.
 */


#include "ngx_http_aicost_fleet_int.h"


#define NGX_HTTP_AICOST_LEND_LEASE  60000    /* ms, at least */
#define NGX_HTTP_AICOST_LEND_LOOK   4096     /* accounts a tick */


static ngx_uint_t ngx_http_aicost_lend_account(ngx_http_aicost_fleet_t *f,
    const aicost_edge_account_t *a, int64_t now);
static ngx_int_t ngx_http_aicost_lend_take(ngx_http_aicost_fleet_t *f,
    const aicost_edge_account_t *a, int64_t amount, int64_t now);
static void ngx_http_aicost_lend_taken(ngx_http_aicost_fleet_op_t *op,
    const aicost_redis_reply_t *reply);
static ngx_uint_t ngx_http_aicost_lend_give(ngx_http_aicost_fleet_t *f,
    const aicost_edge_account_t *a, int64_t now);
static void ngx_http_aicost_lend_renew(ngx_http_aicost_fleet_t *f,
    int64_t now);
static void ngx_http_aicost_lend_renewed(ngx_http_aicost_fleet_op_t *op,
    const aicost_redis_reply_t *reply);


typedef struct {
    u_char                 account[AICOST_ID];
    aicost_edge_tranche_t  tranche;
} ngx_http_aicost_lend_t;


/* once a tick, by the worker that leads, while the store is there.  1: there
   was more to do than one tick does */

ngx_uint_t
ngx_http_aicost_lend(ngx_http_aicost_fleet_t *f)
{
    int64_t                now;
    uint32_t               i, n, looked, taken;
    aicost_edge_account_t  a[16];

    if (f->redis->on_error != NGX_HTTP_AICOST_LOCAL) {
        return 0;
    }

    now = ngx_http_aicost_now();
    taken = 0;
    looked = 0;

    do {
        aicost_edge_accounts(&f->edge, &f->lending, a, 16, &n);

        for (i = 0; i < n; i++) {
            taken += ngx_http_aicost_lend_account(f, &a[i], now);
        }

        looked += ngx_max(n, 1);

    } while (f->lending && taken < NGX_HTTP_AICOST_LEND
             && looked < NGX_HTTP_AICOST_LEND_LOOK);

    if (now - f->renewed >= NGX_HTTP_AICOST_LEND_LEASE / 3) {
        ngx_http_aicost_lend_renew(f, now);
    }

    return taken >= NGX_HTTP_AICOST_LEND;
}


/* 1: something was sent.  What is given back is leased anew in the same write:
   another outage may begin */

static ngx_uint_t
ngx_http_aicost_lend_account(ngx_http_aicost_fleet_t *f,
    const aicost_edge_account_t *a, int64_t now)
{
    int64_t  want;

    want = aicost_edge_allowance(a, now, f->amcf->allowance_ppm,
                                 (uint32_t) ngx_max(f->shared->edges, 1));

    if (a->tranche.amount == 0) {
        return want && ngx_http_aicost_lend_take(f, a, want, now) == NGX_OK;
    }

    /* a full store lends nothing again: what is left must last */

    if (now - f->shared->refusing < NGX_HTTP_AICOST_LEND_LEASE) {
        return 0;
    }

    /* what is lent follows the limit and the number of edges, roughly */

    if (a->tranche.used || want == 0 || a->tranche.amount > 2 * want
        || a->tranche.amount < want / 2)
    {
        if (!ngx_http_aicost_lend_give(f, a, now)) {
            return 0;
        }

        if (want) {
            (void) ngx_http_aicost_lend_take(f, a, want, now);
        }

        return 1;
    }

    return 0;
}


static ngx_int_t
ngx_http_aicost_lend_take(ngx_http_aicost_fleet_t *f,
    const aicost_edge_account_t *a, int64_t amount, int64_t now)
{
    aicost_ask_t                *ask;
    aicost_granted_t             none;
    ngx_http_aicost_lend_t      *lend;
    ngx_http_aicost_fleet_op_t  *op;

    static aicost_reserve_t      q;

    op = ngx_http_aicost_fleet_op(f, ngx_http_aicost_lend_taken);
    if (op == NULL) {
        return NGX_ERROR;
    }

    lend = ngx_alloc(sizeof(ngx_http_aicost_lend_t), f->log);

    if (lend == NULL) {
        ngx_http_aicost_fleet_free(op);
        return NGX_ERROR;
    }

    ngx_memzero(&q, sizeof(aicost_reserve_t));

    if (RAND_bytes(q.rid, AICOST_ID) != 1) {
        goto failed;
    }

    q.now = now;
    q.lease = ngx_max((int64_t) f->amcf->lease, NGX_HTTP_AICOST_LEND_LEASE);
    q.nsteps = 1;
    q.nclaims = 1;

    ask = &q.ask[0][a->claim.unit];
    ask->want = amount;
    ask->upper = amount;
    ask->least = amount;

    /* no mark fires for it; the kill mark is the account's and stays */

    q.claims[0] = a->claim;
    q.claims[0].warn = 0;
    q.claims[0].downgrade = 0;
    q.claims[0].downgrade_step = 0;
    q.claims[0].share_step = 0;

    ngx_memcpy(lend->account, a->claim.id, AICOST_ID);
    ngx_memzero(&lend->tranche, sizeof(aicost_edge_tranche_t));
    ngx_memcpy(lend->tranche.rid, q.rid, AICOST_ID);
    lend->tranche.amount = amount;

    op->data = lend;

    if (aicost_redis_reserve(&ngx_http_aicost_fleet_cmd, &f->domain, &q,
                             &none) != AICOST_OK)
    {
        goto failed;
    }

    if (ngx_http_aicost_fleet_send(op, &ngx_http_aicost_fleet_cmd, 0)
        != NGX_OK)
    {
        ngx_free(lend);
        return NGX_ERROR;
    }

    return NGX_OK;

failed:

    ngx_free(lend);
    ngx_http_aicost_fleet_free(op);

    return NGX_ERROR;
}


static void
ngx_http_aicost_lend_taken(ngx_http_aicost_fleet_op_t *op,
    const aicost_redis_reply_t *reply)
{
    ngx_uint_t                granted;
    aicost_granted_t          g;
    aicost_settled_t          q;
    aicost_redis_seen_t       seen;
    ngx_http_aicost_lend_t   *lend;
    ngx_http_aicost_fleet_t  *f;

    f = op->fleet;
    lend = op->data;
    granted = 0;

    if (reply == NULL) {
        ngx_http_aicost_fleet_silent(f);

    } else if (aicost_redis_granted(reply, &g, &seen) == AICOST_OK) {
        granted = (g.answer > 0);

        if (g.answer == AICOST_LOST_EPOCH) {
            seen.error = AICOST_REDIS_EPOCH;
        }

        if (ngx_http_aicost_fleet_heard(f, &seen) == NGX_HTTP_AICOST_FINE) {
            ngx_http_aicost_fleet_taken(f);
        }

    } else {
        (void) ngx_http_aicost_fleet_heard(f, &seen);
    }

    if ((granted && aicost_edge_lend(&f->edge, lend->account, &lend->tranche)
                    != AICOST_OK)
        || reply == NULL)
    {
        ngx_memzero(&q, sizeof(aicost_settled_t));
        ngx_memcpy(q.rid, lend->tranche.rid, AICOST_ID);
        q.op = AICOST_RELEASE;
        q.now = ngx_http_aicost_now();

        (void) ngx_http_aicost_fleet_settle_now(f, &q, 0);
    }

    ngx_free(lend);
    ngx_http_aicost_fleet_free(op);
}


/* back to the store: what was spent of it in the room of outages is settled.
   Not while a call still stands on it */

static ngx_uint_t
ngx_http_aicost_lend_give(ngx_http_aicost_fleet_t *f,
    const aicost_edge_account_t *a, int64_t now)
{
    int64_t                spent;
    aicost_store_t        *room;
    aicost_balance_t       b;
    aicost_settled_t       q;
    aicost_edge_tranche_t  none;

    room = &f->amcf->room;
    spent = 0;

    if (a->tranche.used
        && room->ops->balance(room, a->tranche.rid, &b) == AICOST_OK)
    {
        if (b.reserved || b.open) {
            return 0;
        }

        spent = b.settled;
    }

    ngx_memzero(&q, sizeof(aicost_settled_t));
    ngx_memcpy(q.rid, a->tranche.rid, AICOST_ID);
    q.now = now;

    /* never a release: the lease may have run out and been charged, only a
       settlement corrects that */

    q.op = AICOST_SETTLE;
    q.actual[a->claim.unit] = spent;
    q.nclaims = 1;
    q.claims = &a->claim;

    /* nothing more is lent of it before this is said */

    ngx_memzero(&none, sizeof(aicost_edge_tranche_t));
    (void) aicost_edge_lend(&f->edge, a->claim.id, &none);

    (void) ngx_http_aicost_fleet_settle_now(f, &q, 0);

    return 1;
}


static void
ngx_http_aicost_lend_renew(ngx_http_aicost_fleet_t *f, int64_t now)
{
    u_char                       rids[AICOST_RENEW_MAX][AICOST_ID];
    uint32_t                     i, n, k;
    aicost_edge_account_t        a[16];
    ngx_http_aicost_lend_t      *lends;
    ngx_http_aicost_fleet_op_t  *op;

    lends = NULL;
    k = 0;

    do {
        aicost_edge_accounts(&f->edge, &f->renewing, a, 16, &n);

        for (i = 0; i < n; i++) {
            if (a[i].tranche.amount == 0) {
                continue;
            }

            if (lends == NULL) {
                lends = ngx_alloc(AICOST_RENEW_MAX
                                  * sizeof(ngx_http_aicost_lend_t), f->log);
                if (lends == NULL) {
                    return;
                }
            }

            ngx_memcpy(lends[k].account, a[i].claim.id, AICOST_ID);
            lends[k].tranche = a[i].tranche;
            ngx_memcpy(rids[k], a[i].tranche.rid, AICOST_ID);
            k++;
        }

        if (k == 0 || (k <= AICOST_RENEW_MAX - 16 && f->renewing)) {
            continue;
        }

        op = ngx_http_aicost_fleet_op(f, ngx_http_aicost_lend_renewed);

        if (op == NULL
            || aicost_redis_renew(&ngx_http_aicost_fleet_cmd, &f->domain, now,
                                  ngx_max((int64_t) f->amcf->lease,
                                          NGX_HTTP_AICOST_LEND_LEASE),
                                  (const unsigned char (*)[AICOST_ID]) rids,
                                  NULL, k) != AICOST_OK)
        {
            ngx_free(lends);
            return;
        }

        op->data = lends;
        op->n = k;

        if (ngx_http_aicost_fleet_send(op, &ngx_http_aicost_fleet_cmd, 0)
            != NGX_OK)
        {
            ngx_free(lends);
            return;
        }

        lends = NULL;
        k = 0;

    } while (f->renewing);

    f->renewed = now;
}


/* one that is gone, or whose account a latch holds, is no allowance */

static void
ngx_http_aicost_lend_renewed(ngx_http_aicost_fleet_op_t *op,
    const aicost_redis_reply_t *reply)
{
    int                       rc;
    uint64_t                  gone, spent, killed, bit;
    ngx_uint_t                i;
    aicost_redis_seen_t       seen;
    aicost_edge_account_t     a;
    ngx_http_aicost_lend_t   *lends;
    ngx_http_aicost_fleet_t  *f;

    f = op->fleet;
    lends = op->data;

    if (reply == NULL) {
        ngx_http_aicost_fleet_silent(f);
        goto done;
    }

    rc = aicost_redis_renewed(reply, (uint32_t) op->n, &gone, &spent, &killed,
                              &seen);

    (void) ngx_http_aicost_fleet_heard(f, &seen);

    if (rc != AICOST_OK) {
        goto done;
    }

    for (i = 0; i < op->n; i++) {
        bit = (uint64_t) 1 << i;

        if (!((gone | killed) & bit)
            || aicost_edge_account(&f->edge, lends[i].account, &a)
               != AICOST_OK
            || ngx_memcmp(a.tranche.rid, lends[i].tranche.rid, AICOST_ID) != 0
            || a.tranche.used)
        {
            continue;
        }

        (void) ngx_http_aicost_lend_give(f, &a, ngx_http_aicost_now());
    }

done:

    ngx_free(lends);
    ngx_http_aicost_fleet_free(op);
}


/* the store was emptied: it does not know of them */

void
ngx_http_aicost_lend_drop(ngx_http_aicost_fleet_t *f)
{
    uint32_t               i, n, cursor;
    aicost_edge_account_t  a[16];
    aicost_edge_tranche_t  none;

    ngx_memzero(&none, sizeof(aicost_edge_tranche_t));
    cursor = 0;

    do {
        aicost_edge_accounts(&f->edge, &cursor, a, 16, &n);

        for (i = 0; i < n; i++) {
            if (a[i].tranche.amount && !a[i].tranche.used) {
                (void) aicost_edge_lend(&f->edge, a[i].claim.id, &none);
            }
        }

    } while (cursor);
}


/* all of it goes back: nobody of this edge is left to spend it */

void
ngx_http_aicost_lend_return(ngx_http_aicost_fleet_t *f)
{
    int64_t                now;
    uint32_t               i, n, cursor;
    aicost_edge_account_t  a[16];

    now = ngx_http_aicost_now();
    cursor = 0;

    do {
        aicost_edge_accounts(&f->edge, &cursor, a, 16, &n);

        for (i = 0; i < n; i++) {
            if (a[i].tranche.amount) {
                (void) ngx_http_aicost_lend_give(f, &a[i], now);
            }
        }

    } while (cursor);
}
