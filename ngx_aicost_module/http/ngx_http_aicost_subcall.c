
/*
 * Copyright (C) aicost
 *
 * A metered call that is not the client's own: before it (an embedding), after
 * an answer that was held back (an escalation), or for nobody (a shadow).
 *
 * Always a background subrequest: the client's connection stays the parent's,
 * who leaves is seen there, and nothing waits its turn to be sent.  What comes
 * back is taken by our filters, none of it goes to the client.
 */


#include "ngx_http_aicost_module.h"


static ngx_int_t ngx_http_aicost_subcall_request(ngx_http_request_t *r,
    ngx_http_aicost_subcall_t *call, ngx_http_request_t **psr);
static void ngx_http_aicost_subcall_who(ngx_http_aicost_ctx_t *ctx,
    ngx_http_aicost_ctx_t *parent);
static void ngx_http_aicost_subcall_start(ngx_http_request_t *r);
static ngx_int_t ngx_http_aicost_subcall_done(ngx_http_request_t *r,
    void *data, ngx_int_t rc);
static void ngx_http_aicost_subcall_event(ngx_event_t *ev);
static void ngx_http_aicost_subcall_cleanup(void *data);


/* NGX_OK: it runs, the handler hears of it.  Nothing is started otherwise */

ngx_int_t
ngx_http_aicost_subcall(ngx_http_request_t *r, ngx_http_aicost_subcall_t *call)
{
    ngx_http_request_t     *sr;
    ngx_pool_cleanup_t     *cln;
    ngx_http_aicost_ctx_t  *ctx, *parent;

    parent = ngx_http_get_module_ctx(r, ngx_aicost_module);

    if (parent == NULL || r != r->main || parent->alcf->pass == NULL) {
        return NGX_ERROR;
    }

    call->request = r;
    call->ctx = NULL;
    call->done = 0;

    ngx_memzero(&call->event, sizeof(ngx_event_t));

    cln = ngx_pool_cleanup_add(r->pool, 0);
    if (cln == NULL) {
        return NGX_ERROR;
    }

    if (ngx_http_aicost_subcall_request(r, call, &sr) != NGX_OK) {
        return NGX_ERROR;
    }

    cln->handler = ngx_http_aicost_subcall_cleanup;
    cln->data = call;

    /* the subrequest is queued: from here on it ends by itself */

    ctx = ngx_http_aicost_get_ctx(sr);

    if (ctx) {
        ctx->sub = call;
        ctx->endpoint = call->endpoint;
        ctx->body = call->body;
        ctx->body_len = call->body_len;

        ngx_http_aicost_subcall_who(ctx, parent);

        call->ctx = ctx;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_aicost_subcall_request(ngx_http_request_t *r,
    ngx_http_aicost_subcall_t *call, ngx_http_request_t **psr)
{
    size_t                       size;
    ngx_http_request_t          *sr;
    ngx_http_core_main_conf_t   *cmcf;
    ngx_http_variable_value_t   *values;
    ngx_http_post_subrequest_t  *ps;

    cmcf = ngx_http_get_module_main_conf(r, ngx_http_core_module);

    size = cmcf->variables.nelts * sizeof(ngx_http_variable_value_t);

    ps = ngx_palloc(r->pool, sizeof(ngx_http_post_subrequest_t));
    values = ngx_palloc(r->pool, size);

    if (ps == NULL || values == NULL) {
        return NGX_ERROR;
    }

    ps->handler = ngx_http_aicost_subcall_done;
    ps->data = call;

    if (ngx_http_subrequest(r, &r->uri, NULL, &sr, ps,
                            NGX_HTTP_SUBREQUEST_CLONE
                            |NGX_HTTP_SUBREQUEST_BACKGROUND)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    /* a map over what is asked has its own value here */

    ngx_memcpy(values, r->variables, size);

    sr->variables = values;
    sr->request_body = NULL;
    sr->write_event_handler = ngx_http_aicost_subcall_start;

    *psr = sr;

    return NGX_OK;
}


static void
ngx_http_aicost_subcall_who(ngx_http_aicost_ctx_t *ctx,
    ngx_http_aicost_ctx_t *parent)
{
    ctx->who = parent->who;
    ctx->consumer = parent->consumer;
    ctx->use_case = parent->use_case;
    ctx->user = parent->user;
    ctx->net = parent->net;
    ctx->session = parent->session;
    ctx->denied = parent->denied;
    ctx->critical = parent->critical;
    ctx->named_session = parent->named_session;
    ctx->known = 1;
}


static void
ngx_http_aicost_subcall_start(ngx_http_request_t *r)
{
    ngx_http_aicost_ctx_t  *ctx;

    r->write_event_handler = ngx_http_request_empty_handler;

    ctx = ngx_http_get_module_ctx(r, ngx_aicost_module);

    if (ctx == NULL || ctx->sub == NULL) {
        ngx_http_finalize_request(r, NGX_ERROR);
        return;
    }

    ngx_http_aicost_enter(r, ctx);
}


/* the money is settled; nginx closes the subrequest after this */

static ngx_int_t
ngx_http_aicost_subcall_done(ngx_http_request_t *r, void *data, ngx_int_t rc)
{
    ngx_http_aicost_subcall_t *call = data;

    ngx_http_aicost_ctx_t  *ctx;

    if (call->done) {
        return NGX_OK;
    }

    call->done = 1;
    call->rc = NGX_ERROR;
    call->reason = AICOST_R_INTERNAL;

    ctx = call->ctx;

    if (ctx) {
        (void) ngx_http_aicost_log_handler(r);

        call->cost = ctx->cost;
        call->reason = ctx->error ? ctx->error : ctx->settled;
        call->status = ctx->error ? (ngx_uint_t) aicost_reason_status(
                                                                   ctx->error)
                                  : ctx->status.code;

        if (rc == NGX_OK && !ctx->error && ctx->answered
            && (ctx->hold || (ctx->stream && ctx->ended)))
        {
            call->rc = NGX_OK;
        }

        if (call->rc == NGX_OK && ctx->hold) {
            call->data = ctx->held;
            call->len = ctx->held_len;
        }
    }

    if (call->flight) {
        ngx_http_aicost_flight_done(call);
        return NGX_OK;
    }

    if (call->handler == NULL) {
        return NGX_OK;
    }

    /* the handler may end the parent, so it runs outside of this one; the
       parent is held meanwhile, it may have nothing else to wait for */

    call->request->main->count++;

    call->event.handler = ngx_http_aicost_subcall_event;
    call->event.data = call;
    call->event.log = r->connection->log;

    ngx_post_event(&call->event, &ngx_posted_events);

    /* never an error: what fails here is not the client's answer */

    return NGX_OK;
}


static void
ngx_http_aicost_subcall_event(ngx_event_t *ev)
{
    ngx_connection_t           *c;
    ngx_http_request_t         *r;
    ngx_http_aicost_subcall_t  *call;

    call = ev->data;
    r = call->request;
    c = r->connection;

    ngx_http_set_log_request(c->log, r);

    call->handler(call, call->rc);

    ngx_http_finalize_request(r, NGX_DONE);

    ngx_http_run_posted_requests(c);
}


/* the parent goes, perhaps before the call is done */

static void
ngx_http_aicost_subcall_cleanup(void *data)
{
    ngx_http_aicost_subcall_t *call = data;

    if (call->event.posted) {
        ngx_delete_posted_event(&call->event);
    }

    if (call->ctx) {

        if (call->ctx->timer.posted) {
            ngx_delete_posted_event(&call->ctx->timer);
        }

        if (call->ctx->amcf->tape.user == call->ctx) {
            /* in the middle of its body */
            call->ctx->amcf->tape.user = NULL;
        }

        (void) ngx_http_aicost_log_handler(call->ctx->request);
    }

    if (!call->done) {
        call->done = 1;
        call->rc = NGX_ERROR;
        call->status = 0;
        call->reason = AICOST_R_ABORTED;

        if (call->flight) {
            ngx_http_aicost_flight_done(call);
        }
    }
}


/*
 * The client's own request waits: NGX_DONE, who leaves ends it and the call it
 * waits for.  A call others wait for too goes on.
 */

ngx_int_t
ngx_http_aicost_pause(ngx_http_request_t *r, ngx_http_aicost_ctx_t *ctx)
{
    ngx_event_t  *rev;

    r->write_event_handler = ngx_http_request_empty_handler;

    if (ctx->leads) {
        r->read_event_handler = ngx_http_block_reading;
        return NGX_DONE;
    }

    r->read_event_handler = ngx_http_test_reading;

    if (ngx_http_aicost_framed(r)) {
        return NGX_DONE;
    }

    rev = r->connection->read;

    if (rev->ready) {
        ngx_post_event(rev, &ngx_posted_events);

    } else if (ngx_handle_read_event(rev, 0) != NGX_OK) {
        return NGX_ERROR;
    }

    return NGX_DONE;
}
