
/*
 * Copyright (C) aicost
 *
 * The life of this edge in its domain: it arrives, tells a store that lost
 * something what it knows, and is waited for with the others.
 */


#include "ngx_http_aicost_fleet_int.h"


#define NGX_HTTP_AICOST_STALE       3000    /* ms without a sign of life */


/* what is told, in this order */

#define NGX_HTTP_AICOST_ACCOUNTS    0
#define NGX_HTTP_AICOST_ORDERS      1
#define NGX_HTTP_AICOST_OPENED      2
#define NGX_HTTP_AICOST_SETTLED     3
#define NGX_HTTP_AICOST_ALL         4


static ngx_int_t ngx_http_aicost_life_arrival(ngx_http_aicost_fleet_t *f);
static ngx_int_t ngx_http_aicost_life_moving(ngx_http_aicost_fleet_op_t *op,
    const aicost_redis_seen_t *seen);
static void ngx_http_aicost_life_edges(ngx_http_aicost_fleet_t *f,
    uint32_t edges);
static void ngx_http_aicost_life_is(ngx_http_aicost_fleet_t *f,
    const aicost_redis_life_t *life);
static void ngx_http_aicost_life_tell(ngx_http_aicost_fleet_t *f);
static ngx_int_t ngx_http_aicost_life_tell_one(ngx_http_aicost_fleet_t *f);
static ngx_int_t ngx_http_aicost_life_tell_accounts(
    ngx_http_aicost_fleet_t *f);
static ngx_int_t ngx_http_aicost_life_tell_record(ngx_http_aicost_fleet_t *f,
    unsigned mask);
static void ngx_http_aicost_life_taken(ngx_http_aicost_fleet_op_t *op,
    const aicost_redis_reply_t *reply);
static ngx_int_t ngx_http_aicost_life_tell_order(ngx_http_aicost_fleet_t *f);


/* --- arriving ------------------------------------------------------------ */


/* the link is up: before anything else the domain is asked how it is */

void
ngx_http_aicost_life_arrive(void *data)
{
    ngx_http_aicost_fleet_t  *f = data;

    ngx_http_aicost_fleet_op_t  *op;

    f->waiting = 0;
    f->telling = 0;
    f->tells = 0;
    f->arriving = 0;

    ngx_http_aicost_fleet_warn(f);

    op = ngx_http_aicost_fleet_op(f, ngx_http_aicost_life_lived);

    if (op == NULL) {
        ngx_http_aicost_link_close(f->link, "no memory");
        return;
    }

    op->first = 1;
    op->arrival = 1;

    if (ngx_http_aicost_life_arrival(f) != NGX_OK) {
        ngx_http_aicost_fleet_free(op);
        ngx_http_aicost_link_close(f->link, "no random numbers");
        return;
    }

    (void) ngx_http_aicost_fleet_send(op, &ngx_http_aicost_fleet_cmd,
                                      NGX_HTTP_AICOST_LINK_FIRST);
}


/* the command */

static ngx_int_t
ngx_http_aicost_life_arrival(ngx_http_aicost_fleet_t *f)
{
    u_char                                fresh[AICOST_ID];
    aicost_edge_meta_t                    meta;
    aicost_edge_stat_t                    stat;
    const ngx_http_aicost_link_server_t  *server;

    if (RAND_bytes(fresh, AICOST_ID) != 1) {
        return NGX_ERROR;
    }

    aicost_edge_get(&f->edge, &meta);
    aicost_edge_stat(&f->edge, &stat);

    server = ngx_http_aicost_link_server(f->link);

    ngx_memzero(f->domain.epoch, AICOST_ID);

    if (meta.known) {
        ngx_memcpy(f->domain.epoch, meta.epoch, AICOST_ID);
    }

    return aicost_redis_arrive(&ngx_http_aicost_fleet_cmd, &f->domain, f->id,
                               (const char *) server->run_id, fresh,
                               meta.known && (stat.used_accounts || stat.open
                                              || stat.said),
                               meta.run[0]
                               && ngx_strcmp(meta.run, server->run_id) != 0,
                               meta.edges, NGX_HTTP_AICOST_REBUILD)
           == AICOST_OK ? NGX_OK : NGX_ERROR;
}


/* the slot moves: asked where it goes to, or again soon.  NGX_DECLINED: it is
   something else */

static ngx_int_t
ngx_http_aicost_life_moving(ngx_http_aicost_fleet_op_t *op,
    const aicost_redis_seen_t *seen)
{
    ngx_http_aicost_fleet_t  *f;

    f = op->fleet;

    if (!op->arrival || f->aside == NULL
        || (seen->error != AICOST_REDIS_ASK
            && seen->error != AICOST_REDIS_TRYAGAIN))
    {
        return NGX_DECLINED;
    }

    if (seen->error == AICOST_REDIS_ASK && !op->aside
        && ngx_http_aicost_life_arrival(f) == NGX_OK
        && ngx_http_aicost_aside(op, &seen->redirect,
                                 &ngx_http_aicost_fleet_cmd) == NGX_OK)
    {
        return NGX_OK;
    }

    f->arriving = 1;
    ngx_http_aicost_fleet_free(op);

    if (f->tick.timer_set) {
        ngx_del_timer(&f->tick);
    }

    ngx_add_timer(&f->tick, NGX_HTTP_AICOST_HEAR);

    return NGX_OK;
}


/* of arrive, tell and beat */

void
ngx_http_aicost_life_lived(ngx_http_aicost_fleet_op_t *op,
    const aicost_redis_reply_t *reply)
{
    int                       rc;
    aicost_redis_life_t       life;
    aicost_redis_seen_t       seen;
    ngx_http_aicost_fleet_t  *f;

    f = op->fleet;
    f->beating = 0;

    if (reply == NULL) {
        ngx_http_aicost_fleet_silent(f);

        if (op->first) {
            ngx_http_aicost_link_close(f->link, "no answer in time");
        }

        ngx_http_aicost_fleet_free(op);
        return;
    }

    rc = aicost_redis_lived(reply, &life, &seen);

    if (rc == AICOST_OK) {

        /* before it is open it knows neither all edges nor their orders */

        if (life.phase == AICOST_REDIS_OPEN) {
            ngx_http_aicost_life_edges(f, ngx_max(life.edges, 1));
            ngx_http_aicost_fleet_state(f, &life.state);

            if (f->leads && ngx_http_aicost_link_ready(f->link)
                && (life.state.killed != f->shared->nlatches
                    || ++f->beats % 10 == 0))
            {
                ngx_http_aicost_life_latches(f);
            }
        }

        if (op->first || life.phase != AICOST_REDIS_OPEN) {
            ngx_http_aicost_life_is(f, &life);

        } else {
            ngx_http_aicost_fleet_up(f);
        }

    } else if (ngx_http_aicost_life_moving(op, &seen) == NGX_OK) {
        return;

    } else if (op->first) {

        /* not taken, whatever the reason: nothing works here */

        if (seen.error == AICOST_REDIS_NOSCRIPT) {
            ngx_http_aicost_link_load(f->link);
        }

        ngx_http_aicost_link_close(f->link, aicost_redis_word(seen.error));

    } else {
        (void) ngx_http_aicost_fleet_heard(f, &seen);
    }

    ngx_http_aicost_fleet_free(op);
}


ngx_uint_t
ngx_http_aicost_life_adopt(ngx_http_aicost_fleet_t *f)
{
    aicost_edge_meta_t  meta;

    aicost_edge_get(&f->edge, &meta);

    if (!meta.known
        || ngx_memcmp(meta.epoch, f->domain.epoch, AICOST_ID) == 0)
    {
        return 0;
    }

    ngx_memcpy(f->domain.epoch, meta.epoch, AICOST_ID);

    return 1;
}


/* how many there are: a store that forgets it is told */

static void
ngx_http_aicost_life_edges(ngx_http_aicost_fleet_t *f, uint32_t edges)
{
    aicost_edge_meta_t  meta;

    if (f->shared->edges == edges) {
        return;
    }

    f->shared->edges = edges;

    aicost_edge_get(&f->edge, &meta);
    meta.edges = edges;
    aicost_edge_set(&f->edge, &meta, AICOST_EDGE_EDGES);
}


static void
ngx_http_aicost_life_is(ngx_http_aicost_fleet_t *f,
    const aicost_redis_life_t *life)
{
    aicost_edge_meta_t                    meta;
    const ngx_http_aicost_link_server_t  *server;

    aicost_edge_get(&f->edge, &meta);

    if (!meta.known || ngx_memcmp(meta.epoch, life->epoch, AICOST_ID) != 0) {
        ngx_memcpy(meta.epoch, life->epoch, AICOST_ID);
        meta.known = 1;
        aicost_edge_set(&f->edge, &meta, AICOST_EDGE_EPOCH);
    }

    ngx_memcpy(f->domain.epoch, life->epoch, AICOST_ID);

    f->shared->open = (life->phase == AICOST_REDIS_OPEN);

    if (life->phase == AICOST_REDIS_OPEN) {
        server = ngx_http_aicost_link_server(f->link);

        if (ngx_strcmp(meta.run, server->run_id) != 0) {
            ngx_memcpy(meta.run, server->run_id, sizeof(server->run_id));
            aicost_edge_set(&f->edge, &meta, AICOST_EDGE_RUN);
        }

        f->waiting = 0;
        f->tells = 0;

        if (f->shared->teller == (ngx_atomic_uint_t) ngx_pid) {
            f->shared->teller = 0;
        }

        if (!ngx_http_aicost_link_ready(f->link)) {
            ngx_http_aicost_link_open(f->link);
            ngx_http_aicost_fleet_resume(f);
        }

        return;
    }

    if (ngx_http_aicost_link_ready(f->link)) {

        /* it began anew while we were at work: so do we */

        ngx_http_aicost_link_anew(f->link);
        return;
    }

    f->waiting = 1;

    if (f->tick.timer_set) {
        ngx_del_timer(&f->tick);
    }

    f->asked = ngx_current_msec;
    ngx_add_timer(&f->tick, NGX_HTTP_AICOST_HEAR);

    if (life->told || f->tells
        || !ngx_http_aicost_life_token(f, &f->shared->teller,
                                       &f->shared->teller_at))
    {
        return;
    }

    ngx_log_error(NGX_LOG_NOTICE, f->log, 0,
                  "aicost redis \"%V\" %s: this edge tells it what it knows",
                  &f->redis->url,
                  life->phase == AICOST_REDIS_REBUILD ? "was emptied"
                                                      : "is another server, "
                                                        "or began anew");

    f->tells = 1;
    f->failed = 0;
    f->telling = 0;
    f->told = 0;
    f->stage = (life->phase == AICOST_REDIS_REBUILD)
               ? NGX_HTTP_AICOST_ACCOUNTS : NGX_HTTP_AICOST_ORDERS;
    f->rebuild = (life->phase == AICOST_REDIS_REBUILD);

    aicost_edge_anew(&f->edge);

    if (f->rebuild) {

        /* what was acknowledged is in the totals that are told, its rids are
           gone: told one by one later it would be charged twice */

        aicost_edge_drop_done(&f->edge);
        ngx_http_aicost_lend_drop(f);
    }

    ngx_http_aicost_life_tell(f);
}


/* one worker of the edge at a time; one that died or stands still loses it */

ngx_uint_t
ngx_http_aicost_life_token(ngx_http_aicost_fleet_t *f, ngx_atomic_t *pid,
    int64_t *at)
{
    int64_t            now;
    ngx_atomic_uint_t  old;

    now = ngx_http_aicost_now();
    old = *pid;

    if (old != (ngx_atomic_uint_t) ngx_pid) {

        if (old && now - *at < NGX_HTTP_AICOST_STALE
            && (kill((ngx_pid_t) old, 0) == 0 || ngx_errno != ESRCH))
        {
            return 0;
        }

        if (!ngx_atomic_cmp_set(pid, old, (ngx_atomic_uint_t) ngx_pid)) {
            return 0;
        }
    }

    *at = now;

    return 1;
}


/* --- telling ------------------------------------------------------------- */

static void
ngx_http_aicost_life_tell(ngx_http_aicost_fleet_t *f)
{
    ngx_int_t                    rc;
    ngx_http_aicost_fleet_op_t  *op;

    while (f->tells && f->telling < NGX_HTTP_AICOST_TELL) {

        rc = ngx_http_aicost_life_tell_one(f);

        if (rc == NGX_OK) {
            continue;
        }

        if (rc == NGX_ERROR) {
            ngx_http_aicost_link_close(f->link, "it could not be told all");
            return;
        }

        if (f->telling) {
            /* a stage ends when all of it was taken */
            return;
        }

        if (f->stage < NGX_HTTP_AICOST_ALL) {
            f->stage++;
            f->told = 0;

            if (f->stage == NGX_HTTP_AICOST_SETTLED && f->rebuild) {
                f->stage++;
            }

            continue;
        }

        f->tells = 0;

        if (f->failed) {
            ngx_http_aicost_link_close(f->link, "it did not take all");
            return;
        }

        op = ngx_http_aicost_fleet_op(f, ngx_http_aicost_life_lived);
        if (op == NULL) {
            return;
        }

        op->first = 1;

        (void) aicost_redis_tell(&ngx_http_aicost_fleet_cmd, &f->domain,
                                 f->id);
        (void) ngx_http_aicost_fleet_send(op, &ngx_http_aicost_fleet_cmd,
                                          NGX_HTTP_AICOST_LINK_FIRST);

        return;
    }
}


/* NGX_OK: one was sent; NGX_DONE: none is left in this stage */

static ngx_int_t
ngx_http_aicost_life_tell_one(ngx_http_aicost_fleet_t *f)
{
    f->shared->teller_at = ngx_http_aicost_now();

    switch (f->stage) {

    case NGX_HTTP_AICOST_ACCOUNTS:
        return ngx_http_aicost_life_tell_accounts(f);

    case NGX_HTTP_AICOST_ORDERS:
        return ngx_http_aicost_life_tell_order(f);

    case NGX_HTTP_AICOST_OPENED:

        /* emptied: what was settled here but not acknowledged is made anew
           too, its settlement follows when the domain is open */

        return ngx_http_aicost_life_tell_record(f,
                             1u << AICOST_EDGE_OPEN
                             | (f->rebuild ? 1u << AICOST_EDGE_SAID : 0));

    case NGX_HTTP_AICOST_SETTLED:
        return ngx_http_aicost_life_tell_record(f, 1u << AICOST_EDGE_SAID
                                                   | 1u << AICOST_EDGE_DONE);

    default: /* NGX_HTTP_AICOST_ALL */
        return NGX_DONE;
    }
}


static ngx_int_t
ngx_http_aicost_life_tell_accounts(ngx_http_aicost_fleet_t *f)
{
    uint32_t                     n;
    aicost_edge_account_t        a[8];
    ngx_http_aicost_fleet_op_t  *op;

    do {
        if (f->told == NGX_MAX_UINT32_VALUE) {
            return NGX_DONE;
        }

        aicost_edge_accounts(&f->edge, &f->told, a, 8, &n);

        if (f->told == 0) {
            f->told = NGX_MAX_UINT32_VALUE;
        }

    } while (n == 0);

    op = ngx_http_aicost_fleet_op(f, ngx_http_aicost_life_taken);

    if (op == NULL) {
        return NGX_ERROR;
    }

    if (aicost_redis_restore(&ngx_http_aicost_fleet_cmd, &f->domain, a, n)
        != AICOST_OK)
    {
        ngx_http_aicost_fleet_free(op);
        return NGX_ERROR;
    }

    if (ngx_http_aicost_fleet_send(op, &ngx_http_aicost_fleet_cmd,
                                   NGX_HTTP_AICOST_LINK_FIRST)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    f->telling++;

    return NGX_OK;
}


/* the mode and the latches: a stop must not end with the server's memory */

static ngx_int_t
ngx_http_aicost_life_tell_order(ngx_http_aicost_fleet_t *f)
{
    int                              rc;
    ngx_http_aicost_fleet_op_t      *op;
    ngx_http_aicost_fleet_shared_t  *sh;

    sh = f->shared;

    if (f->told == 0 && sh->state.mode == AICOST_MODE_NORMAL) {
        f->told = 1;
    }

    if (f->told > ngx_min(sh->nlatches, NGX_HTTP_AICOST_LATCHES)) {
        return NGX_DONE;
    }

    op = ngx_http_aicost_fleet_op(f, ngx_http_aicost_life_taken);
    if (op == NULL) {
        return NGX_ERROR;
    }

    op->order = 1;

    if (f->told == 0) {
        rc = aicost_redis_set_mode(&ngx_http_aicost_fleet_cmd, &f->domain,
                                   sh->state.mode, sh->state.share_ppm,
                                   ngx_http_aicost_now());

    } else {
        rc = aicost_redis_kill(&ngx_http_aicost_fleet_cmd, &f->domain,
                               &sh->latches[f->told - 1]);
    }

    f->told++;

    if (rc != AICOST_OK) {
        ngx_http_aicost_fleet_free(op);
        return NGX_OK;
    }

    if (ngx_http_aicost_fleet_send(op, &ngx_http_aicost_fleet_cmd,
                                   NGX_HTTP_AICOST_LINK_FIRST)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    f->telling++;

    return NGX_OK;
}


static ngx_int_t
ngx_http_aicost_life_tell_record(ngx_http_aicost_fleet_t *f, unsigned mask)
{
    int                          rc;
    int64_t                      now;
    aicost_settled_t             q;
    aicost_edge_record_t         r;
    ngx_http_aicost_fleet_op_t  *op;

    now = ngx_http_aicost_now();

    for ( ;; ) {

        if (f->told == NGX_MAX_UINT32_VALUE) {
            return NGX_DONE;
        }

        rc = aicost_edge_next(&f->edge, now, INT64_MAX, mask, &f->told, &r);

        if (rc == AICOST_DECLINED) {
            f->told = NGX_MAX_UINT32_VALUE;
            return NGX_DONE;
        }

        if (rc == AICOST_AGAIN) {
            continue;
        }

        if (r.state == AICOST_EDGE_DONE && now - r.at > AICOST_EDGE_RECENT) {
            continue;
        }

        /* one that was never granted here, only given back */

        if (f->stage == NGX_HTTP_AICOST_OPENED && r.hash == 0) {
            continue;
        }

        break;
    }

    f->telling++;

    if (f->stage == NGX_HTTP_AICOST_SETTLED) {
        ngx_http_aicost_life_settlement(&r, now, &q);

        if (ngx_http_aicost_fleet_resend(f, &q, 1) == NGX_OK) {
            return NGX_OK;
        }

        f->telling--;

        return NGX_ERROR;
    }

    op = ngx_http_aicost_fleet_op(f, ngx_http_aicost_life_taken);

    if (op == NULL
        || aicost_redis_reassert(&ngx_http_aicost_fleet_cmd, &f->domain, &r,
                                 f->amcf->lease) != AICOST_OK
        || ngx_http_aicost_fleet_send(op, &ngx_http_aicost_fleet_cmd,
                                      NGX_HTTP_AICOST_LINK_FIRST)
           != NGX_OK)
    {
        f->telling--;
        return NGX_ERROR;
    }

    return NGX_OK;
}


void
ngx_http_aicost_life_settlement(const aicost_edge_record_t *r, int64_t now,
    aicost_settled_t *q)
{
    ngx_memzero(q, sizeof(aicost_settled_t));

    ngx_memcpy(q->rid, r->rid, AICOST_ID);
    q->op = r->op;
    q->now = now;
    q->actual[AICOST_UNIT_MONEY] = r->actual[AICOST_UNIT_MONEY];
    q->actual[AICOST_UNIT_TOKENS] = r->actual[AICOST_UNIT_TOKENS];
    q->nclaims = r->nclaims;
    q->claims = r->claims;
}


static void
ngx_http_aicost_life_taken(ngx_http_aicost_fleet_op_t *op,
    const aicost_redis_reply_t *reply)
{
    int                       rc;
    aicost_redis_seen_t       seen;
    ngx_http_aicost_fleet_t  *f;

    f = op->fleet;
    rc = AICOST_ERROR;

    if (reply && op->order) {
        rc = aicost_redis_controlled(reply, NULL, &seen);
        rc = (rc == AICOST_ERROR) ? AICOST_ERROR : AICOST_OK;

    } else if (reply) {
        rc = aicost_redis_restored(reply, &seen);
    }

    ngx_http_aicost_fleet_free(op);
    ngx_http_aicost_life_told(f, rc == AICOST_OK);
}


void
ngx_http_aicost_life_told(ngx_http_aicost_fleet_t *f, ngx_uint_t taken)
{
    if (f->telling == 0) {
        return;
    }

    f->telling--;

    if (!taken) {
        f->failed = 1;
    }

    ngx_http_aicost_life_tell(f);
}
