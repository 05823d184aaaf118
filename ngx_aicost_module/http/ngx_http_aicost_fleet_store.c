
/*
 * Copyright (C) aicost
 *
 * The operations of the store of many edges.  A reserve waits for its answer,
 * at most the timeout; a settle does not: it is remembered in the zone and
 * sent again until the store has said so.
 */


#include "ngx_http_aicost_fleet_int.h"


#define NGX_HTTP_AICOST_MOVING      5       /* ms, until a slot that moves is
                                               asked again */
#define NGX_HTTP_AICOST_STUCK       1000    /* ms that nobody waits for it,
                                               after one did in vain */


static int ngx_http_aicost_fleet_reserve(aicost_store_t *s,
    const aicost_reserve_t *q, aicost_granted_t *out,
    aicost_store_done_pt done, void *data);
static ngx_int_t ngx_http_aicost_fleet_ask(ngx_http_aicost_fleet_op_t *op);
static ngx_uint_t ngx_http_aicost_fleet_elsewhere(
    ngx_http_aicost_fleet_op_t *op, const aicost_redis_seen_t *seen,
    ngx_uint_t aside);
static void ngx_http_aicost_fleet_wait(ngx_http_aicost_fleet_op_t *op,
    ngx_msec_t look);
static void ngx_http_aicost_fleet_look(ngx_http_aicost_fleet_t *f,
    ngx_msec_t look);
static void ngx_http_aicost_fleet_granted(ngx_http_aicost_fleet_op_t *op,
    const aicost_redis_reply_t *reply);
static void ngx_http_aicost_fleet_instead(ngx_http_aicost_fleet_op_t *op,
    ngx_uint_t doubt);
static int ngx_http_aicost_fleet_settle(aicost_store_t *s,
    const aicost_settled_t *q, int64_t *left, aicost_store_done_pt done,
    void *data);
static ngx_int_t ngx_http_aicost_fleet_settle_aside(
    ngx_http_aicost_fleet_op_t *op, const aicost_redis_redirect_t *to);
static void ngx_http_aicost_fleet_settled(ngx_http_aicost_fleet_op_t *op,
    const aicost_redis_reply_t *reply);
static int ngx_http_aicost_fleet_renew(aicost_store_t *s, int64_t now,
    int64_t lease, const unsigned char (*rids)[AICOST_ID],
    const int64_t *used, uint32_t n, uint64_t *gone, uint64_t *spent,
    uint64_t *killed, aicost_store_done_pt done, void *data);
static void ngx_http_aicost_fleet_renewed(ngx_http_aicost_fleet_op_t *op,
    const aicost_redis_reply_t *reply);
static int ngx_http_aicost_fleet_sweep(aicost_store_t *s, int64_t now,
    uint32_t max, uint32_t *n);
static void ngx_http_aicost_fleet_swept(ngx_http_aicost_fleet_op_t *op,
    const aicost_redis_reply_t *reply);
static int ngx_http_aicost_fleet_no_kill(aicost_store_t *s,
    const aicost_latch_t *latch);
static int ngx_http_aicost_fleet_no_resume(aicost_store_t *s,
    const unsigned char latch[AICOST_ID], uint64_t gen);
static int ngx_http_aicost_fleet_no_latches(aicost_store_t *s, int64_t now,
    aicost_latch_t *out, uint32_t max, uint32_t *n);
static int ngx_http_aicost_fleet_no_mode(aicost_store_t *s,
    aicost_mode_e mode, int64_t share_ppm, int64_t now);
static int ngx_http_aicost_fleet_known(aicost_store_t *s, int64_t now,
    aicost_state_t *out);
static int ngx_http_aicost_fleet_balance(aicost_store_t *s,
    const unsigned char id[AICOST_ID], aicost_balance_t *out);
static int ngx_http_aicost_fleet_walk(aicost_store_t *s, uint32_t *cursor,
    aicost_balance_t *out, uint32_t max, uint32_t *n);
static void ngx_http_aicost_fleet_numbers(const aicost_edge_account_t *a,
    aicost_balance_t *out);


const aicost_store_ops_t  ngx_http_aicost_fleet_ops = {
    "redis",
    ngx_http_aicost_fleet_reserve,
    ngx_http_aicost_fleet_settle,
    ngx_http_aicost_fleet_renew,
    ngx_http_aicost_fleet_sweep,
    ngx_http_aicost_fleet_no_kill,
    ngx_http_aicost_fleet_no_resume,
    ngx_http_aicost_fleet_no_latches,
    ngx_http_aicost_fleet_no_mode,
    ngx_http_aicost_fleet_known,
    ngx_http_aicost_fleet_balance,
    ngx_http_aicost_fleet_walk
};


/* --- reserve ------------------------------------------------------------- */

static int
ngx_http_aicost_fleet_reserve(aicost_store_t *s, const aicost_reserve_t *q,
    aicost_granted_t *out, aicost_store_done_pt done, void *data)
{
    int                          rc;
    ngx_http_aicost_fleet_t     *f;
    ngx_http_aicost_fleet_op_t  *op;

    f = s->ctx;

    if (f->shared->down) {
        return ngx_http_aicost_outage(f, q, out);
    }

    op = ngx_http_aicost_fleet_op(f, ngx_http_aicost_fleet_granted);
    if (op == NULL) {
        return AICOST_ERROR;
    }

    op->q = q;
    op->granted = out;
    op->done = done;
    op->data = data;
    ngx_memcpy(op->rid, q->rid, AICOST_ID);

    if (!ngx_http_aicost_fleet_ready(f)) {

        /* it is about to be: a worker that begins, or lost its connection */

        ngx_http_aicost_fleet_wait(op, f->redis->link.timeout);
        ngx_http_aicost_link_start(f->link);
        return AICOST_AGAIN;
    }

    rc = aicost_redis_reserve(&ngx_http_aicost_fleet_cmd, &f->domain, q, out);

    if (rc != AICOST_OK) {
        ngx_http_aicost_fleet_free(op);
        return rc == AICOST_DECLINED ? AICOST_OK : AICOST_ERROR;
    }

    if (ngx_http_aicost_fleet_send(op, &ngx_http_aicost_fleet_cmd, 0)
        != NGX_OK)
    {
        return ngx_http_aicost_outage(f, q, out);
    }

    return AICOST_AGAIN;
}


/* a second time, or after the link came up */

static ngx_int_t
ngx_http_aicost_fleet_ask(ngx_http_aicost_fleet_op_t *op)
{
    int                       rc;
    ngx_http_aicost_fleet_t  *f;

    f = op->fleet;

    rc = aicost_redis_reserve(&ngx_http_aicost_fleet_cmd, &f->domain, op->q,
                              op->granted);

    if (rc == AICOST_OK) {
        return ngx_http_aicost_fleet_put(op, &ngx_http_aicost_fleet_cmd, 0);
    }

    op->done(op->data, rc == AICOST_DECLINED ? AICOST_OK : AICOST_ERROR);
    ngx_http_aicost_fleet_free(op);

    return NGX_OK;
}


static void
ngx_http_aicost_fleet_granted(ngx_http_aicost_fleet_op_t *op,
    const aicost_redis_reply_t *reply)
{
    int                       rc;
    ngx_uint_t                what, aside;
    ngx_msec_int_t            left;
    aicost_redis_seen_t       seen;
    ngx_http_aicost_fleet_t  *f;

    f = op->fleet;
    aside = op->aside;
    op->aside = 0;

    if (reply == NULL) {

        if (!aside) {
            ngx_http_aicost_fleet_silent(f);
        }

        ngx_http_aicost_fleet_instead(op, 1);
        return;
    }

    rc = aicost_redis_granted(reply, op->granted, &seen);

    if (rc == AICOST_OK && op->granted->answer == AICOST_LOST_EPOCH) {
        seen.error = AICOST_REDIS_EPOCH;
    }

    what = aside ? ngx_http_aicost_aside_heard(f, &seen)
                 : ngx_http_aicost_fleet_heard(f, &seen);

    if (what == NGX_HTTP_AICOST_LOAD && !op->again) {
        op->again = 1;

        if (ngx_http_aicost_fleet_ask(op) == NGX_OK) {
            return;
        }
    }

    if (what == NGX_HTTP_AICOST_ELSEWHERE
        && ngx_http_aicost_fleet_elsewhere(op, &seen, aside))
    {
        return;
    }

    left = (ngx_msec_int_t) (op->since + f->redis->link.timeout
                             - ngx_current_msec);

    if (what == NGX_HTTP_AICOST_ANEW && left > 0
        && (seen.error == AICOST_REDIS_REBUILDING
            || seen.error == AICOST_REDIS_EPOCH))
    {
        /* nothing was granted, and the domain may be open soon */

        ngx_http_aicost_fleet_wait(op, (ngx_msec_t) left);
        return;
    }

    if (what == NGX_HTTP_AICOST_REFUSED
        && seen.error == AICOST_REDIS_WRONGTYPE)
    {
        /* this account is closed, others go on */

        op->done(op->data, AICOST_ERROR);
        ngx_http_aicost_fleet_free(op);
        return;
    }

    if (what == NGX_HTTP_AICOST_REFUSED) {
        f->shared->refusing = ngx_http_aicost_now();
    }

    if (what != NGX_HTTP_AICOST_FINE || rc != AICOST_OK) {
        ngx_http_aicost_fleet_instead(op,
                                      seen.error == AICOST_REDIS_PROTOCOL);
        return;
    }

    f->stuck = 0;

    ngx_http_aicost_fleet_taken(f);

    if (!aside) {
        ngx_http_aicost_aside_end(f);
    }

    aicost_edge_granted(&f->edge, ngx_http_aicost_now(), op->q, op->granted,
                        seen.totals, seen.ntotals);

    op->done(op->data, AICOST_OK);
    ngx_http_aicost_fleet_free(op);
}


/* the slot moves.  1: asked where it goes to, or it is waited for */

static ngx_uint_t
ngx_http_aicost_fleet_elsewhere(ngx_http_aicost_fleet_op_t *op,
    const aicost_redis_seen_t *seen, ngx_uint_t aside)
{
    ngx_http_aicost_fleet_t  *f;

    f = op->fleet;

    if (ngx_current_msec - op->since >= f->redis->link.timeout) {
        f->stuck = ngx_current_msec;
        f->shared->refusing = ngx_http_aicost_now();
        ngx_http_aicost_fleet_refused(f, seen->error);

        return 0;
    }

    if (seen->error == AICOST_REDIS_ASK && !aside
        && aicost_redis_reserve(&ngx_http_aicost_fleet_cmd, &f->domain, op->q,
                                op->granted) == AICOST_OK
        && ngx_http_aicost_aside(op, &seen->redirect,
                                 &ngx_http_aicost_fleet_cmd) == NGX_OK)
    {
        return 1;
    }

    if (seen->error != AICOST_REDIS_MOVED && f->stuck
        && ngx_current_msec - f->stuck < NGX_HTTP_AICOST_STUCK)
    {
        return 0;
    }

    ngx_http_aicost_fleet_wait(op, NGX_HTTP_AICOST_MOVING);

    return 1;
}


/* the policy answers.  In doubt whether the store has granted it, it is given
   back */

static void
ngx_http_aicost_fleet_instead(ngx_http_aicost_fleet_op_t *op,
    ngx_uint_t doubt)
{
    int                       rc;
    aicost_settled_t          q;
    ngx_http_aicost_fleet_t  *f;

    f = op->fleet;

    if (doubt) {
        ngx_memzero(&q, sizeof(aicost_settled_t));
        ngx_memcpy(q.rid, op->rid, AICOST_ID);
        q.op = AICOST_RELEASE;
        q.now = ngx_http_aicost_now();

        (void) ngx_http_aicost_fleet_settle_now(f, &q, 0);
    }

    rc = ngx_http_aicost_outage(f, op->q, op->granted);

    op->done(op->data, rc);
    ngx_http_aicost_fleet_free(op);
}


/* until the link is there, or a slot that moves may be; looked at again after
   `look` ms, or at once when the link comes up */

static void
ngx_http_aicost_fleet_wait(ngx_http_aicost_fleet_op_t *op, ngx_msec_t look)
{
    ngx_queue_remove(&op->queue);
    ngx_queue_insert_tail(&op->fleet->pending, &op->queue);

    ngx_http_aicost_fleet_look(op->fleet, look);
}


static void
ngx_http_aicost_fleet_look(ngx_http_aicost_fleet_t *f, ngx_msec_t look)
{
    if (f->late.timer_set) {

        if ((ngx_msec_int_t) (f->late.timer.key - ngx_current_msec)
            <= (ngx_msec_int_t) look)
        {
            return;
        }

        ngx_del_timer(&f->late);
    }

    ngx_add_timer(&f->late, look);
}


void
ngx_http_aicost_fleet_late(ngx_event_t *ev)
{
    ngx_msec_t                   look;
    ngx_queue_t                 *q, *next;
    ngx_msec_int_t               left;
    ngx_http_aicost_fleet_t     *f;
    ngx_http_aicost_fleet_op_t  *op;

    f = ev->data;
    look = 0;

    for (q = ngx_queue_head(&f->pending);
         q != ngx_queue_sentinel(&f->pending);
         q = next)
    {
        next = ngx_queue_next(q);
        op = ngx_queue_data(q, ngx_http_aicost_fleet_op_t, queue);

        left = (ngx_msec_int_t) (op->since + f->redis->link.timeout
                                 - ngx_current_msec);

        if (left > 0 && !f->shared->down
            && !ngx_http_aicost_link_ready(f->link))
        {
            look = look ? ngx_min(look, (ngx_msec_t) left) : (ngx_msec_t) left;
            continue;
        }

        ngx_queue_remove(q);
        ngx_queue_insert_tail(&f->ops, q);

        if (ngx_http_aicost_link_ready(f->link)) {

            if (left > 0 && ngx_http_aicost_fleet_ask(op) == NGX_OK) {
                continue;
            }

        } else {
            ngx_http_aicost_fleet_silent(f);
        }

        ngx_http_aicost_fleet_instead(op, 0);
    }

    if (look) {
        ngx_http_aicost_fleet_look(f, look);
    }
}


/* the link is open */

void
ngx_http_aicost_fleet_resume(ngx_http_aicost_fleet_t *f)
{
    ngx_queue_t                 *q;
    ngx_http_aicost_fleet_op_t  *op;

    f->losses = 0;

    ngx_http_aicost_fleet_up(f);

    while (!ngx_queue_empty(&f->pending)) {
        q = ngx_queue_head(&f->pending);
        ngx_queue_remove(q);
        ngx_queue_insert_tail(&f->ops, q);

        op = ngx_queue_data(q, ngx_http_aicost_fleet_op_t, queue);

        if (ngx_http_aicost_fleet_ask(op) != NGX_OK) {
            ngx_http_aicost_fleet_instead(op, 0);
        }
    }

    if (f->late.timer_set) {
        ngx_del_timer(&f->late);
    }

    ngx_http_aicost_life_soon(f);
}


/* --- settle -------------------------------------------------------------- */

static int
ngx_http_aicost_fleet_settle(aicost_store_t *s, const aicost_settled_t *q,
    int64_t *left, aicost_store_done_pt done, void *data)
{
    ngx_http_aicost_fleet_t  *f;

    f = s->ctx;
    *left = -1;

    if (q->outage) {
        ngx_http_aicost_outage_settle(f, q);
        return AICOST_OK;
    }

    return ngx_http_aicost_fleet_settle_now(f, q, 0) == NGX_OK ? AICOST_OK
                                                               : AICOST_ERROR;
}


/* remembered, and sent if that is possible now; otherwise later.  NGX_ERROR:
   neither */

ngx_int_t
ngx_http_aicost_fleet_settle_now(ngx_http_aicost_fleet_t *f,
    const aicost_settled_t *q, ngx_uint_t first)
{
    int  kept;

    kept = aicost_edge_settling(&f->edge, q->now, q);

    return ngx_http_aicost_fleet_resend(f, q, first) == NGX_OK
           || kept == AICOST_OK ? NGX_OK : NGX_ERROR;
}


ngx_int_t
ngx_http_aicost_fleet_resend(ngx_http_aicost_fleet_t *f,
    const aicost_settled_t *q, ngx_uint_t first)
{
    ngx_http_aicost_fleet_op_t  *op;

    if (!first && !ngx_http_aicost_fleet_ready(f)) {
        return NGX_DECLINED;
    }

    op = ngx_http_aicost_fleet_op(f, ngx_http_aicost_fleet_settled);
    if (op == NULL) {
        return NGX_DECLINED;
    }

    ngx_memcpy(op->rid, q->rid, AICOST_ID);
    op->first = first;
    op->n = q->nclaims;

    if (aicost_redis_settle(&ngx_http_aicost_fleet_cmd, &f->domain, q)
        != AICOST_OK)
    {
        ngx_http_aicost_fleet_free(op);
        return NGX_DECLINED;
    }

    return ngx_http_aicost_fleet_send(op, &ngx_http_aicost_fleet_cmd,
                                      first ? NGX_HTTP_AICOST_LINK_FIRST
                                            : NGX_HTTP_AICOST_LINK_LATER);
}


/* its slot moves: asked where it goes to, if all its accounts were named to the
   node that has it no more.  NGX_DECLINED: it is said again later */

static ngx_int_t
ngx_http_aicost_fleet_settle_aside(ngx_http_aicost_fleet_op_t *op,
    const aicost_redis_redirect_t *to)
{
    aicost_settled_t             q;
    ngx_http_aicost_fleet_t     *f;

    static aicost_edge_record_t  r;

    f = op->fleet;

    if (op->n == 0
        || aicost_edge_record(&f->edge, op->rid, &r) != AICOST_OK
        || r.state != AICOST_EDGE_SAID || r.nclaims == 0 || r.nclaims > op->n)
    {
        return NGX_DECLINED;
    }

    ngx_http_aicost_life_settlement(&r, ngx_http_aicost_now(), &q);

    if (aicost_redis_settle(&ngx_http_aicost_fleet_cmd, &f->domain, &q)
        != AICOST_OK)
    {
        return NGX_DECLINED;
    }

    return ngx_http_aicost_aside(op, to, &ngx_http_aicost_fleet_cmd);
}


static void
ngx_http_aicost_fleet_settled(ngx_http_aicost_fleet_op_t *op,
    const aicost_redis_reply_t *reply)
{
    int                       rc;
    int64_t                   left;
    ngx_uint_t                aside;
    aicost_redis_seen_t       seen;
    ngx_http_aicost_fleet_t  *f;

    f = op->fleet;
    aside = op->aside;
    op->aside = 0;

    rc = AICOST_ERROR;

    if (reply == NULL) {

        if (!aside) {
            ngx_http_aicost_fleet_silent(f);
        }

        goto done;
    }

    rc = aicost_redis_settled(reply, &left, &seen);

    if (aside) {
        (void) ngx_http_aicost_aside_heard(f, &seen);

    } else {
        (void) ngx_http_aicost_fleet_heard(f, &seen);

        if (seen.error == AICOST_REDIS_ASK
            && ngx_http_aicost_fleet_settle_aside(op, &seen.redirect)
               == NGX_OK)
        {
            return;
        }
    }

    if (rc != AICOST_ERROR) {
        aicost_edge_settled(&f->edge, ngx_http_aicost_now(), op->rid,
                            seen.totals, seen.ntotals);
    }

done:

    if (op->first) {
        ngx_http_aicost_life_told(f, rc != AICOST_ERROR);
    }

    ngx_http_aicost_fleet_free(op);
}


/* --- leases -------------------------------------------------------------- */

static int
ngx_http_aicost_fleet_renew(aicost_store_t *s, int64_t now, int64_t lease,
    const unsigned char (*rids)[AICOST_ID], const int64_t *used, uint32_t n,
    uint64_t *gone, uint64_t *spent, uint64_t *killed,
    aicost_store_done_pt done, void *data)
{
    ngx_http_aicost_fleet_t     *f;
    ngx_http_aicost_fleet_op_t  *op;

    f = s->ctx;

    *gone = 0;
    *spent = 0;
    *killed = 0;

    /* those of an outage are the room's */

    (void) f->amcf->room.ops->renew(&f->amcf->room, now, lease, rids, NULL, n,
                                    gone, spent, killed, NULL, NULL);
    *gone = 0;
    *killed = 0;

    if (!ngx_http_aicost_fleet_ready(f)
        || aicost_redis_renew(&ngx_http_aicost_fleet_cmd, &f->domain, now,
                              lease, rids, used, n) != AICOST_OK)
    {
        return AICOST_ERROR;
    }

    op = ngx_http_aicost_fleet_op(f, ngx_http_aicost_fleet_renewed);
    if (op == NULL) {
        return AICOST_ERROR;
    }

    op->n = n;
    op->done = done;
    op->data = data;
    op->spent = done ? spent : NULL;

    if (ngx_http_aicost_fleet_send(op, &ngx_http_aicost_fleet_cmd, 0)
        != NGX_OK)
    {
        return AICOST_ERROR;
    }

    aicost_edge_renewed(&f->edge, now + lease, rids, n);

    return AICOST_AGAIN;
}


static void
ngx_http_aicost_fleet_renewed(ngx_http_aicost_fleet_op_t *op,
    const aicost_redis_reply_t *reply)
{
    int                       rc;
    uint64_t                  gone, spent, killed;
    aicost_redis_seen_t       seen;
    ngx_http_aicost_fleet_t  *f;

    f = op->fleet;
    rc = AICOST_ERROR;

    if (reply == NULL) {
        ngx_http_aicost_fleet_silent(f);

    } else {
        rc = aicost_redis_renewed(reply, (uint32_t) op->n, &gone, &spent,
                                  &killed, &seen);

        (void) ngx_http_aicost_fleet_heard(f, &seen);

        if (rc == AICOST_OK && op->done) {
            *op->spent = spent;
        }
    }

    if (op->done) {
        op->done(op->data, rc);
    }

    ngx_http_aicost_fleet_free(op);
}


static int
ngx_http_aicost_fleet_sweep(aicost_store_t *s, int64_t now, uint32_t max,
    uint32_t *n)
{
    ngx_http_aicost_fleet_t     *f;
    ngx_http_aicost_fleet_op_t  *op;

    f = s->ctx;

    (void) f->amcf->room.ops->sweep(&f->amcf->room, now, max, n);
    *n = 0;

    if (!ngx_http_aicost_fleet_ready(f)
        || aicost_redis_sweep(&ngx_http_aicost_fleet_cmd, &f->domain, now,
                              AICOST_REDIS_SWEEP_MAX) != AICOST_OK)
    {
        return AICOST_ERROR;
    }

    op = ngx_http_aicost_fleet_op(f, ngx_http_aicost_fleet_swept);

    if (op == NULL
        || ngx_http_aicost_fleet_send(op, &ngx_http_aicost_fleet_cmd, 0)
           != NGX_OK)
    {
        return AICOST_ERROR;
    }

    return AICOST_AGAIN;
}


static void
ngx_http_aicost_fleet_swept(ngx_http_aicost_fleet_op_t *op,
    const aicost_redis_reply_t *reply)
{
    int                       rc;
    uint32_t                  n;
    unsigned                  more;
    aicost_redis_seen_t       seen;
    ngx_http_aicost_fleet_t  *f;

    f = op->fleet;

    if (reply == NULL) {
        ngx_http_aicost_fleet_silent(f);

    } else {
        rc = aicost_redis_swept(reply, AICOST_REDIS_SWEEP_MAX, &n, &more,
                                &seen);

        (void) ngx_http_aicost_fleet_heard(f, &seen);

        if (rc == AICOST_OK && n) {
            ngx_log_error(NGX_LOG_WARN, f->log, 0,
                          "aicost: %uD leases ran out and were charged as "
                          "reserved", n);
        }
    }

    ngx_http_aicost_fleet_free(op);
}


/* --- what is remembered -------------------------------------------------- */

static int
ngx_http_aicost_fleet_known(aicost_store_t *s, int64_t now,
    aicost_state_t *out)
{
    ngx_http_aicost_fleet_t  *f;

    f = s->ctx;
    *out = f->shared->state;

    return AICOST_OK;
}


static void
ngx_http_aicost_fleet_numbers(const aicost_edge_account_t *a,
    aicost_balance_t *out)
{
    ngx_memzero(out, sizeof(aicost_balance_t));

    ngx_memcpy(out->id, a->claim.id, AICOST_ID);
    out->budget = a->claim.budget;
    out->unit = a->claim.unit;
    out->limit = a->claim.limit;
    out->settled = a->settled;
    out->reserved = a->reserved;
    out->bound = a->bound;
    out->t0 = a->claim.t0;
    out->t1 = a->claim.t1;
}


static int
ngx_http_aicost_fleet_balance(aicost_store_t *s,
    const unsigned char id[AICOST_ID], aicost_balance_t *out)
{
    aicost_edge_account_t     a;
    ngx_http_aicost_fleet_t  *f;

    f = s->ctx;

    if (aicost_edge_account(&f->edge, id, &a) != AICOST_OK) {
        return AICOST_DECLINED;
    }

    ngx_http_aicost_fleet_numbers(&a, out);

    return AICOST_OK;
}


static int
ngx_http_aicost_fleet_walk(aicost_store_t *s, uint32_t *cursor,
    aicost_balance_t *out, uint32_t max, uint32_t *n)
{
    uint32_t                  i, got;
    aicost_edge_account_t     a[16];
    ngx_http_aicost_fleet_t  *f;

    f = s->ctx;

    aicost_edge_accounts(&f->edge, cursor, a, ngx_min(max, 16), &got);

    for (i = 0; i < got; i++) {
        ngx_http_aicost_fleet_numbers(&a[i], &out[i]);
    }

    *n = got;

    return AICOST_OK;
}


/* an order to a fleet waits for its answer: ngx_http_aicost_fleet_order() */

static int
ngx_http_aicost_fleet_no_kill(aicost_store_t *s, const aicost_latch_t *latch)
{
    return AICOST_ERROR;
}


static int
ngx_http_aicost_fleet_no_resume(aicost_store_t *s,
    const unsigned char latch[AICOST_ID], uint64_t gen)
{
    return AICOST_ERROR;
}


static int
ngx_http_aicost_fleet_no_latches(aicost_store_t *s, int64_t now,
    aicost_latch_t *out, uint32_t max, uint32_t *n)
{
    return AICOST_ERROR;
}


static int
ngx_http_aicost_fleet_no_mode(aicost_store_t *s, aicost_mode_e mode,
    int64_t share_ppm, int64_t now)
{
    return AICOST_ERROR;
}
