
/*
 * Copyright (C) aicost
 *
 * A decision that waits for the store: what it reads stays until it is made,
 * also when who asked is gone.
 */


#include "ngx_http_aicost_module.h"


static void ngx_http_aicost_decision_gone(void *data);
static ngx_uint_t ngx_http_aicost_stale(ngx_http_aicost_ctx_t *ctx,
    ngx_http_aicost_decision_t *d);


ngx_http_aicost_decision_t *
ngx_http_aicost_decision(ngx_http_aicost_ctx_t *ctx)
{
    ngx_queue_t                  *q;
    ngx_pool_cleanup_t           *cln;
    ngx_http_aicost_decision_t   *d;
    ngx_http_aicost_main_conf_t  *amcf;

    amcf = ctx->amcf;

    cln = ngx_pool_cleanup_add(ctx->request->pool, 0);
    if (cln == NULL) {
        return NULL;
    }

    if (ngx_queue_empty(&amcf->decisions)) {
        d = ngx_alloc(sizeof(ngx_http_aicost_decision_t), ngx_cycle->log);
        if (d == NULL) {
            return NULL;
        }

    } else {
        q = ngx_queue_head(&amcf->decisions);
        ngx_queue_remove(q);
        amcf->ndecisions--;
        d = ngx_queue_data(q, ngx_http_aicost_decision_t, queue);
    }

    d->ctx = ctx;
    d->amcf = amcf;

    /* the newest generation from here on: taken before the queue holds it */

    (void) ngx_http_aicost_block(amcf, NGX_HTTP_AICOST_PRICES);
    d->generation = amcf->generations[NGX_HTTP_AICOST_PRICES];
    ngx_queue_insert_tail(&amcf->deciding, &d->queue);

    ctx->decision = d;
    ctx->reserve = &d->reserve;

    cln->handler = ngx_http_aicost_decision_gone;
    cln->data = ctx;

    return d;
}


void
ngx_http_aicost_put_decision(ngx_http_aicost_decision_t *d)
{
    ngx_http_aicost_main_conf_t  *amcf;

    amcf = d->amcf;

    ngx_queue_remove(&d->queue);
    ngx_http_aicost_pin(amcf);

    if (amcf->ndecisions == NGX_HTTP_AICOST_DECISIONS) {
        ngx_free(d);
        return;
    }

    ngx_queue_insert_head(&amcf->decisions, &d->queue);
    amcf->ndecisions++;
}


/* who waited is gone: what may have been granted is given back.  The decision
   stays until the store has answered it */

static void
ngx_http_aicost_decision_gone(void *data)
{
    ngx_http_aicost_ctx_t  *ctx = data;

    if (ctx->decision == NULL) {
        return;
    }

    ctx->decision->ctx = NULL;
    ctx->decision = NULL;

    ngx_memzero(&ctx->granted, sizeof(aicost_granted_t));
    ngx_http_aicost_ungrant(ctx);
}


void
ngx_http_aicost_answered(void *data, int rc)
{
    ngx_http_aicost_decision_t *d = data;

    ngx_int_t               code;
    ngx_connection_t       *c;
    ngx_http_request_t     *r;
    ngx_http_aicost_ctx_t  *ctx;

    ctx = d->ctx;

    /* in the exit of a worker a call would be made, and never charged */

    if (ctx == NULL || ngx_terminate) {

        if (rc == AICOST_OK && (d->granted.outage || ctx)) {
            ngx_http_aicost_give_back(d->amcf, d->reserve.rid, &d->granted);
        }

        if (ctx) {
            ctx->decision = NULL;
        }

        ngx_http_aicost_put_decision(d);
        return;
    }

    r = ctx->request;
    c = r->connection;

    ngx_http_set_log_request(c->log, r);

    ctx->decision = NULL;
    ctx->granted = d->granted;
    r->read_event_handler = ngx_http_block_reading;

    if (rc == AICOST_OK && ngx_http_aicost_stale(ctx, d)) {
        ngx_http_aicost_put_decision(d);
        ngx_http_aicost_continue(r, ctx);

    } else {
        code = ngx_http_aicost_decided(r, ctx, &d->ladder, rc);
        ngx_http_aicost_put_decision(d);

        if (code == NGX_OK) {
            code = ngx_http_aicost_call(r, ctx);
        }

        if (code != NGX_DONE) {
            ngx_http_finalize_request(r, code);
        }
    }

    ngx_http_run_posted_requests(c);
}


/* the answer says what the decision did not know: another day by the store's
   clock, or a mode that was set since.  Decided again, once */

static ngx_uint_t
ngx_http_aicost_stale(ngx_http_aicost_ctx_t *ctx,
    ngx_http_aicost_decision_t *d)
{
    ngx_uint_t  was;

    if (ctx->again) {
        return 0;
    }

    if (ctx->granted.answer == AICOST_WRONG_WINDOW) {
        ctx->shift = ctx->granted.retry;
        ctx->again = 1;
        return 1;
    }

    if (ctx->granted.outage || d->changes == ctx->amcf->shared->fleet.changes) {
        return 0;
    }

    was = ctx->in_mode;

    if (ngx_http_aicost_in_mode(ctx) == was) {
        return 0;
    }

    ctx->again = 1;

    if (ctx->granted.answer > 0 || ctx->granted.dry) {

        /* this rid is used up */

        ngx_http_aicost_ungrant(ctx);
        ngx_http_aicost_new_rid(ctx);
    }

    return 1;
}
