
/*
 * Copyright (C) aicost
 *
 * The bill: what a call costs and how that is known.
 */


#include "ngx_http_aicost_module.h"


/* --- the bill ------------------------------------------------------------ */

static void
ngx_http_aicost_read_usage(ngx_http_aicost_ctx_t *ctx)
{
    size_t              n;
    aicost_json_node_t  nodes[256];

    if (ctx->stream || ctx->usage_state != AICOST_USAGE_NONE || ctx->encoded) {
        return;
    }

    if (ctx->hold && ctx->held_len) {

        /* usage stands at the end; elsewhere the whole answer is read */

        n = ngx_min(ctx->held_len, NGX_HTTP_AICOST_TAIL);
        ctx->usage_state = aicost_usage_tail(ctx->held + ctx->held_len - n, n,
                                             &ctx->usage);

        /* what stands before it may say which service tier it was */

        if (ctx->usage_state != AICOST_USAGE_NONE
            && (ctx->ask.service <= AICOST_SERVICE_STANDARD
                || ctx->usage.service != AICOST_SERVICE_AUTO))
        {
            return;
        }

        ctx->usage_state = aicost_usage_answer(ctx->held, ctx->held_len, nodes,
                                               256, &ctx->usage);

    } else if (ctx->tail) {
        ctx->usage_state = aicost_usage_tail(ctx->tail, ctx->tail_len,
                                             &ctx->usage);
    }
}


/* of the whole request, and peak when any of it was: which moment counts is the
   provider's secret.  The service tier is that of the answer */

static int64_t
ngx_http_aicost_rate_at(ngx_http_aicost_ctx_t *ctx, const aicost_price_t *p)
{
    ngx_http_request_t  *r;

    r = ctx->request;

    return aicost_price_rate(p,
                             aicost_price_service(p, ctx->amcf->rate_ppm,
                                                  ctx->ask.service,
                                                  ctx->usage.service),
                             (int64_t) r->start_sec * 1000 + r->start_msec,
                             ngx_http_aicost_now());
}


/* a count no honest provider can report for this request */

static ngx_uint_t
ngx_http_aicost_absurd(ngx_http_aicost_ctx_t *ctx)
{
    int64_t          in;
    aicost_price_t  *p;

    p = &ctx->calls[ctx->current].price;

    in = ctx->usage.input + ctx->usage.cached + ctx->usage.cache_write
         + ctx->usage.cache_write_1h;

    if (in == 0 && ctx->usage.output == 0) {
        return 1;
    }

    if (ctx->usage.output == 0 && ctx->delivered) {
        return 1;
    }

    return in > 4 * ctx->tokens_upper + 100000
           || (p->max_output
               && ctx->usage.output / 8 > p->max_output
                                          * (int64_t) ctx->ask.choices);
}


/*
 * What the call costs, and why; settles it.  Billed work is never free, and
 * what cannot be read is charged as reserved.
 */

void
ngx_http_aicost_charge(ngx_http_aicost_ctx_t *ctx, ngx_int_t rc)
{
    int64_t                  reserved, saved, output;
    ngx_uint_t               sent;
    ngx_http_upstream_t     *u;
    ngx_http_aicost_call_t  *call;

    if (!ctx->reserved || ctx->done) {
        return;
    }

    u = ctx->request->upstream;
    call = &ctx->calls[ngx_min(ctx->current, ctx->ncalls - 1)];

    reserved = call->price.free
               ? 0 : ctx->granted.amount[AICOST_UNIT_MONEY]
                     / (1 + (int64_t) ctx->alcf->after_send);

    sent = (u && u->request_sent && ctx->why == AICOST_R_OK && !ctx->advance);

    ngx_http_aicost_read_usage(ctx);

    if (ctx->usage_state == AICOST_USAGE_READ && ngx_http_aicost_absurd(ctx)) {
        ctx->usage_state = AICOST_USAGE_BAD;
    }

    if (ctx->answered && ctx->status.code < 300
        && ctx->usage_state == AICOST_USAGE_READ)
    {
        ctx->usage.images = ctx->ask.text.images;
        ctx->cost = aicost_cost(&call->price, &ctx->usage,
                                ngx_http_aicost_rate_at(ctx, &call->price));
        ctx->settled = AICOST_R_USAGE;
        goto settle;
    }

    ngx_memzero(&ctx->usage, sizeof(aicost_usage_t));
    ctx->cost = 0;

    if (!(ctx->answered ? ctx->status.code < 300 : sent)) {
        /* refused before anything could be billed, but for the attempts that
           are counted below */
        ctx->settled = ctx->billed ? AICOST_R_USAGE_UNREADABLE
                                   : AICOST_R_NOT_BILLED;
        goto settle;
    }

    ctx->usage.images = ctx->ask.text.images;
    ctx->usage.input = ctx->tokens;

    if (ctx->answered && ctx->stream
        && (ctx->cut || ctx->gone || !ctx->ended || rc == NGX_ERROR))
    {
        /* what was delivered, counted */

        ctx->usage.output = aicost_tokens_delivered(ctx->delivered);
        ctx->cost = aicost_cost_expected(&call->price, ctx->tokens,
                                         ctx->ask.text.images,
                                         ctx->usage.output,
                                         ngx_http_aicost_rate_at(ctx,
                                                              &call->price));
        ctx->settled = ctx->cut ? AICOST_R_SESSION_SPENT
                                : (ctx->gone || rc == NGX_ERROR
                                   || rc == NGX_DONE)
                                  ? AICOST_R_ABORTED : AICOST_R_CUT;
        goto settle;
    }

    /* nothing tells how much: all that was reserved */

    output = ctx->granted.amount[AICOST_UNIT_TOKENS]
             / (1 + (int64_t) ctx->alcf->after_send) - ctx->tokens;

    ctx->usage.output = ngx_max(output, 0);
    ctx->cost = reserved;
    ctx->settled = (ctx->gone || !ctx->answered) ? AICOST_R_ABORTED
                                                 : AICOST_R_USAGE_UNREADABLE;

settle:

    saved = 0;

    if (ctx->base && ctx->settled != AICOST_R_NOT_BILLED
        && !(ctx->base == &call->price && ctx->settled == AICOST_R_USAGE))
    {
        saved = aicost_cost(ctx->base, &ctx->usage,
                            ngx_http_aicost_rate_at(ctx, ctx->base))
                - ctx->cost;
    }

    ctx->saved = ngx_max(saved, 0);
    ctx->cost = aicost_add(ctx->cost, ctx->billed);

    ngx_http_aicost_settle(ctx);
}
