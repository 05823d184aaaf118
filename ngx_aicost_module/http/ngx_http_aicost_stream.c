
/*
 * Copyright (C) aicost
 *
 * The answer as it passes: bytes untouched, events watched, usage read, a
 * JSON answer held until its cost is known.
 */


#include "ngx_http_aicost_translate.h"


#define NGX_HTTP_AICOST_COPY  4096    /* bytes of a buffer at least */


static ngx_int_t ngx_http_aicost_chunks(ngx_http_request_t *r,
    ngx_http_aicost_ctx_t *ctx, ssize_t bytes);
static ngx_int_t ngx_http_aicost_over(ngx_http_aicost_ctx_t *ctx);
static ngx_int_t ngx_http_aicost_end_failed(ngx_http_aicost_ctx_t *ctx);
static ngx_int_t ngx_http_aicost_feed(ngx_http_aicost_ctx_t *ctx, u_char *pos,
    u_char *last);
static void ngx_http_aicost_tail(ngx_http_aicost_ctx_t *ctx, u_char *pos,
    u_char *last);
static void ngx_http_aicost_spent_known(void *data, int rc);
static void ngx_http_aicost_spent_gone(void *data);


ngx_int_t
ngx_http_aicost_filter_init(void *data)
{
    ngx_http_request_t  *r = data;

    ngx_http_upstream_t    *u;
    ngx_http_aicost_ctx_t  *ctx;

    u = r->upstream;
    ctx = ngx_http_get_module_ctx(r, ngx_aicost_module);

    if (u->headers_in.chunked) {
        /* not known; 1 keeps nginx from taking an early close for the end */
        u->length = 1;

    } else if (u->headers_in.content_length_n >= 0) {
        u->length = u->headers_in.content_length_n;

    } else {
        u->length = -1;
        u->keepalive = 0;
    }

    if (u->length != 0) {
        /* the connection is clean only when the end was seen */
        u->keepalive = 0;

    } else {
        ctx->ended = 1;
    }

    return NGX_OK;
}


ngx_int_t
ngx_http_aicost_filter(void *data, ssize_t bytes)
{
    ngx_http_request_t  *r = data;

    u_char                 *pos, *last;
    ngx_buf_t              *b;
    ngx_http_upstream_t    *u;
    ngx_http_aicost_ctx_t  *ctx;

    u = r->upstream;
    ctx = ngx_http_get_module_ctx(r, ngx_aicost_module);

    if (ctx->cut) {
        /* what still comes is nobody's */
        u->buffer.last += bytes;
        u->length = 0;
        return NGX_OK;
    }

    if (ctx->gone) {
        ctx->drained += bytes;

        if (ctx->drained > ctx->alcf->drain_size) {
            u->length = 0;
            u->keepalive = 0;
            u->buffer.last += bytes;
            return NGX_OK;
        }
    }

    if (u->headers_in.chunked) {
        return ngx_http_aicost_chunks(r, ctx, bytes);
    }

    b = &u->buffer;

    pos = b->last;
    b->last += bytes;
    last = b->last;

    if (u->length != -1) {

        if (bytes > u->length) {
            ngx_log_error(NGX_LOG_WARN, r->connection->log, 0,
                          "provider sent more data than it announced");
            last = pos + u->length;
        }

        u->length -= last - pos;

        if (u->length == 0) {
            u->keepalive = (last == b->last)
                           && !u->headers_in.connection_close;
            ctx->ended = 1;
        }
    }

    if (ngx_http_aicost_feed(ctx, pos, last) != NGX_OK) {
        return NGX_ERROR;
    }

    return u->length == 0 ? ngx_http_aicost_over(ctx) : NGX_OK;
}


static ngx_int_t
ngx_http_aicost_over(ngx_http_aicost_ctx_t *ctx)
{
    return ngx_http_aicost_events_end(ctx) == NGX_OK
           ? NGX_OK : ngx_http_aicost_end_failed(ctx);
}


static ngx_int_t
ngx_http_aicost_chunks(ngx_http_request_t *r, ngx_http_aicost_ctx_t *ctx,
    ssize_t bytes)
{
    off_t                 n;
    u_char               *pos;
    ngx_int_t             rc;
    ngx_buf_t            *b;
    ngx_http_upstream_t  *u;

    u = r->upstream;
    b = &u->buffer;

    b->pos = b->last;
    b->last += bytes;

    for ( ;; ) {

        rc = ngx_http_aicost_parse_chunked(r, b, &ctx->chunked);

        if (rc == NGX_OK) {
            pos = b->pos;
            n = ngx_min((off_t) (b->last - pos), ctx->chunked.size);

            b->pos += n;
            ctx->chunked.size -= n;

            if (ngx_http_aicost_feed(ctx, pos, b->pos) != NGX_OK) {
                return NGX_ERROR;
            }

            if (u->length == 0) {
                break;
            }

            continue;
        }

        if (rc == NGX_DONE) {
            u->keepalive = !u->headers_in.connection_close
                           && b->pos == b->last;
            u->length = 0;
            ctx->ended = 1;

            return ngx_http_aicost_over(ctx);
        }

        if (rc == NGX_AGAIN) {
            break;
        }

        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "provider sent an invalid chunked answer");

        return NGX_ERROR;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_aicost_feed(ngx_http_aicost_ctx_t *ctx, u_char *pos, u_char *last)
{
    if (pos == last) {
        return NGX_OK;
    }

    if (ctx->stream) {
        return ngx_http_aicost_events(ctx, pos, last) == NGX_OK
               ? NGX_OK : ngx_http_aicost_end_failed(ctx);
    }

    if (ctx->hold) {

        if (ctx->held_len + (last - pos) <= ctx->alcf->answer_buffer) {
            return ngx_http_aicost_keep(ctx, pos, last,
                                        ctx->alcf->answer_buffer);
        }

        if (ctx->talk && !ctx->talk->same) {
            ngx_log_error(NGX_LOG_ERR, ctx->request->connection->log, 0,
                          "provider sent an answer over aicost_answer_buffer, "
                          "which cannot be translated");
            return NGX_ERROR;
        }

        /* too long to hold: what is there goes, the rest follows */

        ctx->hold = 0;
        ctx->overflow = 1;

        if (ctx->held_len) {
            ngx_http_aicost_tail(ctx, ctx->held, ctx->held + ctx->held_len);

            if (ngx_http_aicost_emit(ctx, ctx->held,
                                     ctx->held + ctx->held_len, 0) != NGX_OK)
            {
                return NGX_ERROR;
            }

            ctx->held = NULL;
            ctx->held_len = 0;
            ctx->held_size = 0;
        }
    }

    ngx_http_aicost_tail(ctx, pos, last);

    return ngx_http_aicost_emit(ctx, pos, last, 0);
}


ngx_int_t
ngx_http_aicost_emit(ngx_http_aicost_ctx_t *ctx, u_char *pos, u_char *last,
    ngx_uint_t copy)
{
    size_t                size;
    ngx_buf_t            *b;
    ngx_chain_t          *cl, **ll;
    ngx_http_request_t   *r;
    ngx_http_upstream_t  *u;

    r = ctx->request;
    u = r->upstream;

    if (pos == last || ctx->gone || ctx->sub) {
        return NGX_OK;
    }

    b = NULL;
    size = last - pos;

    for (cl = u->out_bufs, ll = &u->out_bufs; cl; cl = cl->next) {
        ll = &cl->next;
        b = cl->buf;
    }

    /* events of one read share a buffer: a copy, which has room after it */

    if (copy && b && b->pos == b->start && (size_t) (b->end - b->last) >= size)
    {
        b->last = ngx_cpymem(b->last, pos, size);
        return NGX_OK;
    }

    cl = ngx_chain_get_free_buf(r->pool, &u->free_bufs);
    if (cl == NULL) {
        return NGX_ERROR;
    }

    *ll = cl;
    b = cl->buf;

    if (copy) {

        if ((size_t) (b->end - b->start) < size) {

            /* the memory comes back with its buffer when it is sent */

            size = ngx_max(size, NGX_HTTP_AICOST_COPY);

            if (b->start) {
                (void) ngx_pfree(r->pool, b->start);
            }

            b->start = ngx_palloc(r->pool, size);
            if (b->start == NULL) {
                return NGX_ERROR;
            }

            b->end = b->start + size;
        }

        last = ngx_cpymem(b->start, pos, last - pos);
        pos = b->start;
    }

    b->flush = 1;
    b->memory = 1;
    b->tag = u->output.tag;
    b->pos = pos;
    b->last = last;

    return NGX_OK;
}


ngx_int_t
ngx_http_aicost_keep(ngx_http_aicost_ctx_t *ctx, u_char *pos, u_char *last,
    size_t max)
{
    off_t    cl;
    size_t   size, len;
    u_char  *p;

    len = last - pos;

    if (ctx->held_len + len > ctx->held_size) {

        cl = ctx->request->upstream->headers_in.content_length_n;

        size = ngx_max(ctx->held_size * 2, ctx->held_len + len);
        size = ngx_max(size, 1024);

        if (cl > (off_t) size && !ctx->stream) {
            size = (size_t) cl;
        }

        size = ngx_max(ngx_min(size, max), ctx->held_len + len);

        p = ngx_palloc(ctx->request->pool, size);
        if (p == NULL) {
            return NGX_ERROR;
        }

        if (ctx->held_len) {
            ngx_memcpy(p, ctx->held, ctx->held_len);
            ngx_pfree(ctx->request->pool, ctx->held);
        }

        ctx->held = p;
        ctx->held_size = size;
    }

    ngx_memcpy(ctx->held + ctx->held_len, pos, len);
    ctx->held_len += len;

    return NGX_OK;
}


/* the last bytes of an answer that passes unheld: usage stands at its end */

static void
ngx_http_aicost_tail(ngx_http_aicost_ctx_t *ctx, u_char *pos, u_char *last)
{
    size_t  n, keep;

    if (ctx->tail == NULL) {
        ctx->tail = ngx_palloc(ctx->request->pool, NGX_HTTP_AICOST_TAIL);

        if (ctx->tail == NULL) {
            return;
        }
    }

    n = last - pos;

    if (n >= NGX_HTTP_AICOST_TAIL) {
        ngx_memcpy(ctx->tail, last - NGX_HTTP_AICOST_TAIL,
                   NGX_HTTP_AICOST_TAIL);
        ctx->tail_len = NGX_HTTP_AICOST_TAIL;
        return;
    }

    keep = ngx_min(ctx->tail_len, NGX_HTTP_AICOST_TAIL - n);

    ngx_memmove(ctx->tail, ctx->tail + ctx->tail_len - keep, keep);
    ngx_memcpy(ctx->tail + keep, pos, n);
    ctx->tail_len = keep + n;
}


ngx_int_t
ngx_http_aicost_comment(ngx_http_aicost_ctx_t *ctx)
{
    u_char     buf[256], cost[32], *p;
    ngx_str_t  s;

    /* Google's SDK for Python takes a comment for JSON, and fails */

    if (ctx->comment_sent || ctx->api == &aicost_api_gemini) {
        return NGX_OK;
    }

    ctx->comment_sent = 1;

    s.data = cost;
    s.len = ngx_http_aicost_money(cost, ctx->cost) - cost;

    p = ngx_snprintf(buf, sizeof(buf), ": aicost cost=%V currency=%s "
                     "tokens_in=%L tokens_out=%L\n\n", &s,
                     ctx->amcf->currency,
                     ctx->usage.input + ctx->usage.cached
                     + ctx->usage.cache_write + ctx->usage.cache_write_1h,
                     ctx->usage.output);

    return ngx_http_aicost_emit(ctx, buf, p, 1);
}


/* the stream has cost more than was reserved for it: is there room left?  A
   store that has to be waited for is heard of at a later event */

ngx_uint_t
ngx_http_aicost_spent(ngx_http_aicost_ctx_t *ctx)
{
    int                      rc;
    int64_t                  used;
    uint64_t                 gone, killed;
    aicost_store_t          *store;
    ngx_pool_cleanup_t      *cln;
    ngx_http_aicost_call_t  *call;

    if (ctx->cut || (ctx->spent & 1)) {
        return 1;
    }

    if (ctx->done || !ctx->reserved || ctx->dry || ctx->asking
        || ctx->delivered < ctx->within)
    {
        return 0;
    }

    call = &ctx->calls[ctx->current];

    used = aicost_cost_expected(&call->price, ctx->tokens,
                                ctx->ask.text.images,
                                aicost_tokens_delivered(ctx->delivered),
                                ngx_http_aicost_rate_asked(ctx, &call->price));
    used = aicost_add(used, ctx->billed);

    if (used <= ctx->granted.amount[AICOST_UNIT_MONEY]
        || used < ctx->asked_at)
    {
        /* twice the text costs twice as much at most */

        if (used <= ctx->granted.amount[AICOST_UNIT_MONEY] / 2) {
            ctx->within = 2 * ctx->delivered;
        }

        return 0;
    }

    /* asked again only when another 3 % are gone */

    ctx->asked_at = aicost_add(used, used / 32);

    if (ctx->clip && used > ctx->clip) {
        return 1;
    }

    store = &ctx->amcf->store;

    rc = store->ops->renew(store, ngx_http_aicost_now(), ctx->amcf->lease,
                           (const unsigned char (*)[AICOST_ID]) &ctx->rid,
                           &used, 1, &gone, &ctx->spent, &killed,
                           ngx_http_aicost_spent_known, ctx);

    if (rc == AICOST_AGAIN) {
        ctx->asking = 1;
        ctx->spent = 0;

        cln = ngx_pool_cleanup_add(ctx->request->pool, 0);

        if (cln == NULL) {
            ngx_http_aicost_spent_gone(ctx);
            return 0;
        }

        cln->handler = ngx_http_aicost_spent_gone;
        cln->data = ctx;

        return 0;
    }

    if (rc != AICOST_OK) {
        ctx->spent = 0;
    }

    return ctx->spent & 1;
}


static void
ngx_http_aicost_spent_known(void *data, int rc)
{
    ngx_http_aicost_ctx_t  *ctx = data;

    ctx->asking = 0;

    if (rc != AICOST_OK) {
        ctx->spent = 0;
    }
}


static void
ngx_http_aicost_spent_gone(void *data)
{
    ngx_http_aicost_ctx_t  *ctx = data;

    if (ctx->asking) {
        ctx->asking = 0;
        ngx_http_aicost_fleet_cancel(ctx->amcf, ctx);
    }
}


/* a valid end in the client's format: finish_reason "length", then [DONE] */

ngx_int_t
ngx_http_aicost_end_cut(ngx_http_aicost_ctx_t *ctx)
{
    size_t                len;
    u_char                buf[AICOST_ANSWER_MAX];
    u_char               *done;
    ngx_http_upstream_t  *u;

    u = ctx->request->upstream;

    ctx->cut = 1;
    ctx->held_len = 0;
    u->length = 0;
    u->keepalive = 0;

    ngx_log_error(NGX_LOG_INFO, ctx->request->connection->log, 0,
                  "aicost ends a stream: its session budget is spent");

    ngx_http_aicost_charge(ctx, NGX_OK);

    if (ctx->talk) {
        if (ngx_http_aicost_comment(ctx) != NGX_OK
            || ngx_http_aicost_talk_end(ctx, NULL) != NGX_OK)
        {
            return NGX_ERROR;
        }

        return ngx_http_aicost_talk_emit(ctx);
    }

    len = aicost_answer_cut(buf, ctx->endpoint, &ctx->first_event);

    done = ngx_strnstr(buf, "data: [DONE]", len);

    if (done == NULL) {
        return ngx_http_aicost_emit(ctx, buf, buf + len, 1);
    }

    if (ngx_http_aicost_emit(ctx, buf, done, 1) != NGX_OK
        || ngx_http_aicost_comment(ctx) != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_http_aicost_emit(ctx, done, buf + len, 1);
}


/* what cannot be told ends a translated stream with an error of its shape */

static ngx_int_t
ngx_http_aicost_end_failed(ngx_http_aicost_ctx_t *ctx)
{
    ngx_str_t             message = ngx_string("The provider's answer cannot "
                                               "be told.");
    ngx_http_upstream_t  *u;

    u = ctx->request->upstream;

    if (ctx->talk == NULL || ctx->talk->same || ctx->cut) {
        return NGX_ERROR;
    }

    ctx->ended = 0;
    ctx->failed_stream = 1;

    ngx_http_aicost_charge(ctx, NGX_OK);

    ctx->cut = 1;
    u->length = 0;
    u->keepalive = 0;

    if (ngx_http_aicost_comment(ctx) != NGX_OK
        || ngx_http_aicost_talk_end(ctx, &message) != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_http_aicost_talk_emit(ctx);
}
