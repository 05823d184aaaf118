
/*
 * Copyright (C) aicost
 *
 * What this edge does as long as it lives.  One worker leads: it beats once a
 * second, sends again what was not acknowledged, lends and returns the outage
 * allowance, and probes while the store is down.
 */


#include "ngx_http_aicost_fleet_int.h"


#define NGX_HTTP_AICOST_BEAT        1000    /* ms */
#define NGX_HTTP_AICOST_WAIT        100     /* ms, while others are told */


static void ngx_http_aicost_life_listed(ngx_http_aicost_fleet_op_t *op,
    const aicost_redis_reply_t *reply);
static void ngx_http_aicost_life_resend(ngx_http_aicost_fleet_t *f);


void
ngx_http_aicost_life_beat(ngx_http_aicost_fleet_t *f)
{
    ngx_http_aicost_fleet_op_t  *op;

    if (f->beating) {
        return;
    }

    op = ngx_http_aicost_fleet_op(f, ngx_http_aicost_life_lived);
    if (op == NULL) {
        return;
    }

    op->first = f->waiting;

    (void) aicost_redis_beat(&ngx_http_aicost_fleet_cmd, &f->domain, f->id);

    if (ngx_http_aicost_fleet_send(op, &ngx_http_aicost_fleet_cmd, f->waiting)
        == NGX_OK)
    {
        f->beating = 1;
    }
}


/* which latches are on: for an outage, and for a server that forgets them */

void
ngx_http_aicost_life_latches(ngx_http_aicost_fleet_t *f)
{
    ngx_http_aicost_fleet_op_t  *op;

    op = ngx_http_aicost_fleet_op(f, ngx_http_aicost_life_listed);

    if (op == NULL) {
        return;
    }

    if (aicost_redis_latches(&ngx_http_aicost_fleet_cmd, &f->domain,
                             ngx_http_aicost_now(), NGX_HTTP_AICOST_LATCHES)
        != AICOST_OK)
    {
        ngx_http_aicost_fleet_free(op);
        return;
    }

    (void) ngx_http_aicost_fleet_send(op, &ngx_http_aicost_fleet_cmd, 0);
}


static void
ngx_http_aicost_life_listed(ngx_http_aicost_fleet_op_t *op,
    const aicost_redis_reply_t *reply)
{
    uint32_t                  n;
    aicost_redis_seen_t       seen;
    ngx_http_aicost_fleet_t  *f;

    static aicost_latch_t     latches[NGX_HTTP_AICOST_LATCHES];

    f = op->fleet;

    if (reply == NULL) {
        ngx_http_aicost_fleet_silent(f);

    } else if (aicost_redis_listed(reply, latches, NGX_HTTP_AICOST_LATCHES,
                                   &n, &seen) == AICOST_OK)
    {
        n = ngx_min(n, NGX_HTTP_AICOST_LATCHES);

        ngx_shmtx_lock(&f->amcf->shpool->mutex);
        ngx_memcpy(f->shared->latches, latches, n * sizeof(aicost_latch_t));
        f->shared->nlatches = n;
        ngx_shmtx_unlock(&f->amcf->shpool->mutex);
    }

    ngx_http_aicost_fleet_free(op);
}


void
ngx_http_aicost_life_tick(ngx_event_t *ev)
{
    ngx_msec_t                next;
    ngx_uint_t                ready;
    ngx_http_aicost_fleet_t  *f;

    f = ev->data;

    if (ngx_exiting || ngx_terminate) {

        /* another worker leads, if one is left */

        if (f->shared->leader == (ngx_atomic_uint_t) ngx_pid) {
            f->shared->leader = 0;
        }

        f->leads = 0;

        if (!ngx_queue_empty(&f->amcf->live)) {
            ngx_add_timer(ev, NGX_HTTP_AICOST_BEAT);
        }

        return;
    }

    f->leads = ngx_http_aicost_life_token(f, &f->shared->leader,
                                          &f->shared->led);

    ready = ngx_http_aicost_fleet_ready(f);
    next = NGX_HTTP_AICOST_BEAT;

    if (f->waiting) {

        /* another worker heard that it is open: so do we, before a request of
           ours has waited for long */

        next = NGX_HTTP_AICOST_HEAR;

        if (f->shared->open
            || ngx_current_msec - f->asked >= NGX_HTTP_AICOST_WAIT)
        {
            f->asked = ngx_current_msec;
            ngx_http_aicost_life_beat(f);
        }

    } else if (f->arriving) {
        next = NGX_HTTP_AICOST_HEAR;
        ngx_http_aicost_life_arrive(f);

    } else if (!ready) {

        /* the leader tries once a beat for all, they follow at once */

        if (!f->shared->down || f->leads) {
            ngx_http_aicost_link_start(f->link);
        }

        if (!f->shared->down || !f->leads) {
            next = NGX_HTTP_AICOST_WAIT;
        }

    } else if (f->leads) {
        ngx_http_aicost_life_beat(f);

        if (!f->shared->down) {
            ngx_http_aicost_life_resend(f);
            ngx_http_aicost_follow(f);

            if (ngx_http_aicost_lend(f)) {
                next = NGX_HTTP_AICOST_WAIT;
            }
        }
    }

    ngx_add_timer(ev, next - next / 8
                      + (ngx_msec_t) ngx_random() % (next / 4));
}


void
ngx_http_aicost_life_soon(ngx_http_aicost_fleet_t *f)
{
    if (f->leads && f->tick.timer_set && !ngx_exiting && !ngx_terminate) {
        ngx_del_timer(&f->tick);
        ngx_add_timer(&f->tick, 1);
    }
}


/* what the store has not acknowledged */

static void
ngx_http_aicost_life_resend(ngx_http_aicost_fleet_t *f)
{
    int                   rc;
    int64_t               now, before;
    ngx_uint_t            n, looks;
    aicost_settled_t      q;
    aicost_edge_record_t  r;

    now = ngx_http_aicost_now();
    before = now - ngx_max(2 * (int64_t) f->redis->link.timeout, 500);

    n = 0;

    for (looks = 0; looks < 1024 && n < NGX_HTTP_AICOST_RESEND; looks++) {

        rc = aicost_edge_next(&f->edge, now, before, 1u << AICOST_EDGE_SAID,
                              &f->said, &r);

        if (rc == AICOST_DECLINED) {
            return;
        }

        if (rc == AICOST_AGAIN) {
            continue;
        }

        ngx_http_aicost_life_settlement(&r, now, &q);

        if (ngx_http_aicost_fleet_resend(f, &q, 0) != NGX_OK) {
            return;
        }

        n++;
    }
}


/* the worker exits: what the last one leads is handed back */

void
ngx_http_aicost_life_leave(ngx_http_aicost_fleet_t *f)
{
    if (ngx_http_aicost_life_token(f, &f->shared->leader, &f->shared->led)) {

        if (!f->shared->down && ngx_http_aicost_link_ready(f->link)) {
            ngx_http_aicost_life_resend(f);
            ngx_http_aicost_lend_return(f);
        }

        f->shared->leader = 0;
    }

    if (f->shared->teller == (ngx_atomic_uint_t) ngx_pid) {
        f->shared->teller = 0;
    }
}
