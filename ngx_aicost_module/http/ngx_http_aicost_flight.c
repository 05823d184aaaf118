
/*
 * Copyright (C) aicost
 *
 * Single flight: requests of one worker that ask the same wait for one call.
 * The first one's request runs it and pays; the others get a copy.
 */


#include "ngx_http_aicost_module.h"


typedef struct {
    ngx_queue_t                   queue;       /* of the flight's waiters */
    ngx_http_request_t           *request;
    ngx_http_aicost_flight_t     *flight;      /* NULL: answered */
    ngx_http_aicost_subcall_t    *call;
    ngx_event_t                   event;
} ngx_http_aicost_waiter_t;


struct ngx_http_aicost_flight_s {
    ngx_queue_t                   queue;       /* of amcf->flights */
    u_char                        key[AICOST_ID];
    ngx_queue_t                   waiters;
    ngx_uint_t                    n;
    ngx_http_aicost_main_conf_t  *amcf;
    ngx_http_aicost_subcall_t     call;
};


static ngx_http_aicost_flight_t *ngx_http_aicost_flight_find(
    ngx_http_aicost_main_conf_t *amcf, const u_char key[AICOST_ID]);
static ngx_http_aicost_flight_t *ngx_http_aicost_flight_start(
    ngx_http_request_t *r, ngx_http_aicost_ctx_t *ctx,
    const u_char key[AICOST_ID], ngx_http_aicost_subcall_t *call);
static void ngx_http_aicost_flight_give(ngx_http_aicost_waiter_t *w,
    ngx_http_aicost_subcall_t *from);
static void ngx_http_aicost_flight_event(ngx_event_t *ev);
static void ngx_http_aicost_flight_cleanup(void *data);


/*
 * From before_hook, which then returns NGX_AGAIN.  NGX_OK: the handler gets
 * the answer of the one call, cost 0 where another request paid.
 * NGX_DECLINED: as many wait, or run, as may; the caller makes its own call.
 */

ngx_int_t
ngx_http_aicost_flight(ngx_http_request_t *r, const u_char key[AICOST_ID],
    ngx_http_aicost_subcall_t *call)
{
    ngx_pool_cleanup_t        *cln;
    ngx_http_aicost_ctx_t     *ctx;
    ngx_http_aicost_flight_t  *f;
    ngx_http_aicost_waiter_t  *w;

    ctx = ngx_http_get_module_ctx(r, ngx_aicost_module);

    f = ngx_http_aicost_flight_find(ctx->amcf, key);

    if (f ? f->n >= NGX_HTTP_AICOST_WAITERS
          : ctx->amcf->nflights >= NGX_HTTP_AICOST_FLIGHTS)
    {
        return NGX_DECLINED;
    }

    w = ngx_pcalloc(r->pool, sizeof(ngx_http_aicost_waiter_t));
    cln = ngx_pool_cleanup_add(r->pool, 0);

    if (w == NULL || cln == NULL) {
        return NGX_ERROR;
    }

    if (f == NULL) {
        f = ngx_http_aicost_flight_start(r, ctx, key, call);
        if (f == NULL) {
            return NGX_ERROR;
        }
    }

    call->request = r;

    w->request = r;
    w->flight = f;
    w->call = call;

    ngx_queue_insert_tail(&f->waiters, &w->queue);
    f->n++;

    cln->handler = ngx_http_aicost_flight_cleanup;
    cln->data = w;

    return NGX_OK;
}


static ngx_http_aicost_flight_t *
ngx_http_aicost_flight_find(ngx_http_aicost_main_conf_t *amcf,
    const u_char key[AICOST_ID])
{
    ngx_queue_t               *q;
    ngx_http_aicost_flight_t  *f;

    for (q = ngx_queue_head(&amcf->flights);
         q != ngx_queue_sentinel(&amcf->flights);
         q = ngx_queue_next(q))
    {
        f = ngx_queue_data(q, ngx_http_aicost_flight_t, queue);

        if (ngx_memcmp(f->key, key, AICOST_ID) == 0) {
            return f;
        }
    }

    return NULL;
}


static ngx_http_aicost_flight_t *
ngx_http_aicost_flight_start(ngx_http_request_t *r,
    ngx_http_aicost_ctx_t *ctx, const u_char key[AICOST_ID],
    ngx_http_aicost_subcall_t *call)
{
    ngx_http_aicost_flight_t  *f;

    f = ngx_pcalloc(r->pool, sizeof(ngx_http_aicost_flight_t));
    if (f == NULL) {
        return NULL;
    }

    ngx_memcpy(f->key, key, AICOST_ID);
    ngx_queue_init(&f->waiters);

    f->amcf = ctx->amcf;
    f->call.endpoint = call->endpoint;
    f->call.body = call->body;
    f->call.body_len = call->body_len;
    f->call.flight = f;

    if (ngx_http_aicost_subcall(r, &f->call) != NGX_OK) {
        return NULL;
    }

    ngx_queue_insert_tail(&ctx->amcf->flights, &f->queue);
    ctx->amcf->nflights++;

    /* its client may leave: the call is no longer its alone */
    ctx->leads = 1;

    return f;
}


/* in the leader's subrequest, or when the leader's pool goes: all that is the
   leader's must be copied now */

void
ngx_http_aicost_flight_done(ngx_http_aicost_subcall_t *call)
{
    ngx_queue_t               *q;
    ngx_http_aicost_flight_t  *f;

    f = call->flight;

    ngx_queue_remove(&f->queue);
    f->amcf->nflights--;

    while (!ngx_queue_empty(&f->waiters)) {
        q = ngx_queue_head(&f->waiters);
        ngx_queue_remove(q);

        ngx_http_aicost_flight_give(ngx_queue_data(q, ngx_http_aicost_waiter_t,
                                                   queue), call);
    }

    f->n = 0;
}


static void
ngx_http_aicost_flight_give(ngx_http_aicost_waiter_t *w,
    ngx_http_aicost_subcall_t *from)
{
    ngx_http_aicost_subcall_t  *to;

    to = w->call;

    w->flight = NULL;

    to->rc = from->rc;
    to->status = from->status;
    to->reason = from->reason;
    to->data = from->data;
    to->len = from->len;
    to->cost = from->cost;
    to->shared = (w->request != from->request);

    if (to->shared) {
        to->cost = 0;
        to->data = NULL;

        if (from->data) {
            to->data = ngx_pnalloc(w->request->pool, from->len + 1);

            if (to->data) {
                ngx_memcpy(to->data, from->data, from->len);

            } else {
                to->rc = NGX_ERROR;
            }
        }
    }

    w->event.handler = ngx_http_aicost_flight_event;
    w->event.data = w;
    w->event.log = w->request->connection->log;

    ngx_post_event(&w->event, &ngx_posted_events);
}


static void
ngx_http_aicost_flight_event(ngx_event_t *ev)
{
    ngx_connection_t          *c;
    ngx_http_aicost_waiter_t  *w;

    w = ev->data;
    c = w->request->connection;

    ngx_http_set_log_request(c->log, w->request);

    w->call->handler(w->call, w->call->rc);

    ngx_http_run_posted_requests(c);
}


static void
ngx_http_aicost_flight_cleanup(void *data)
{
    ngx_http_aicost_waiter_t *w = data;

    if (w->event.posted) {
        ngx_delete_posted_event(&w->event);
    }

    if (w->flight) {
        ngx_queue_remove(&w->queue);
        w->flight->n--;
    }
}
