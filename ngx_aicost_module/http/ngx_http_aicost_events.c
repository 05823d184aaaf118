
/*
 * Copyright (C) aicost
 *
 * The events of a stream: watched, passed as they came, or told to a client
 * of another shape.
 */


#include "ngx_http_aicost_translate.h"


#define NGX_HTTP_AICOST_UNHEARD  2


static ngx_int_t ngx_http_aicost_raw(ngx_http_aicost_ctx_t *ctx,
    u_char *pos, u_char *last);
static ngx_int_t ngx_http_aicost_held(ngx_http_aicost_ctx_t *ctx);
static ngx_int_t ngx_http_aicost_unfinished(ngx_http_aicost_ctx_t *ctx,
    u_char *start, u_char *last);
static ngx_int_t ngx_http_aicost_next_event(ngx_http_aicost_ctx_t *ctx,
    const unsigned char **p, u_char *last);
static ngx_int_t ngx_http_aicost_done(ngx_http_aicost_ctx_t *ctx,
    aicost_event_t *e);
static ngx_int_t ngx_http_aicost_events_over(ngx_http_aicost_ctx_t *ctx);
static ngx_int_t ngx_http_aicost_told(ngx_http_aicost_ctx_t *ctx);
static ngx_int_t ngx_http_aicost_sse_start(ngx_http_aicost_ctx_t *ctx);
static ngx_int_t ngx_http_aicost_sse_grow(ngx_http_aicost_ctx_t *ctx);
static ngx_uint_t ngx_http_aicost_event(ngx_http_aicost_ctx_t *ctx,
    aicost_event_t *e);
static void ngx_http_aicost_watch(ngx_http_aicost_ctx_t *ctx,
    aicost_event_t *e);
static void ngx_http_aicost_first(ngx_http_aicost_ctx_t *ctx,
    aicost_event_t *e);


/*
 * Whole events go on at once, in the bytes they came in; the start of an event
 * waits for its end, because it may be the usage chunk the client did not ask
 * for, or the [DONE] that our comment precedes.
 */

ngx_int_t
ngx_http_aicost_events(ngx_http_aicost_ctx_t *ctx, u_char *pos, u_char *last)
{
    u_char               *run, *start;
    ngx_int_t             rc;
    ngx_uint_t            drop;
    aicost_event_t        e;
    const unsigned char  *p;

    if (ctx->sse == NULL && ngx_http_aicost_sse_start(ctx) != NGX_OK) {
        return NGX_ERROR;
    }

    p = pos;
    run = pos;       /* first byte not sent yet */
    start = pos;     /* first byte of the current event in this piece */

    if (ctx->sse->cr && ctx->held_len == 0 && *pos == '\n') {

        /* the other half of a CRLF shares the fate of its event */

        start++;

        if (ctx->dropped) {
            run++;
        }
    }

    for ( ;; ) {

        rc = ngx_http_aicost_next_event(ctx, &p, last);

        if (rc == NGX_ERROR) {
            return NGX_ERROR;
        }

        if (rc == NGX_AGAIN) {
            break;
        }

        drop = ngx_http_aicost_event(ctx, &e);

        if (drop == NGX_HTTP_AICOST_UNHEARD) {
            return NGX_ERROR;
        }

        ctx->dropped = drop & 1;

        if (drop || e.done) {

            /* all before this event, and the rest of one that has begun: a
               comment stands between events */

            if (ctx->begun) {
                start = (u_char *) p;

                if (ngx_http_aicost_held(ctx) != NGX_OK) {
                    return NGX_ERROR;
                }
            }

            if (ngx_http_aicost_raw(ctx, run, start) != NGX_OK
                || ngx_http_aicost_done(ctx, &e) != NGX_OK)
            {
                return NGX_ERROR;
            }

            run = start;
        }

        ctx->begun = 0;

        if (drop) {
            ctx->held_len = 0;
            run = (u_char *) p;

            if (ngx_http_aicost_told(ctx) != NGX_OK) {
                return NGX_ERROR;
            }

        } else if (ngx_http_aicost_held(ctx) != NGX_OK) {
            return NGX_ERROR;
        }

        start = (u_char *) p;

        if (!e.done && ngx_http_aicost_spent(ctx)) {
            if (ngx_http_aicost_raw(ctx, run, start) != NGX_OK) {
                return NGX_ERROR;
            }

            return ngx_http_aicost_end_cut(ctx);
        }
    }

    if (ngx_http_aicost_raw(ctx, run, start) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_http_aicost_unfinished(ctx, start, last);
}


/* the provider's own bytes, which a client of another shape never gets */

static ngx_int_t
ngx_http_aicost_raw(ngx_http_aicost_ctx_t *ctx, u_char *pos, u_char *last)
{
    return (ctx->talk && !ctx->talk->same)
           ? NGX_OK : ngx_http_aicost_emit(ctx, pos, last, 0);
}


/* NGX_OK: an event ended at *p; NGX_AGAIN: it goes on */

static ngx_int_t
ngx_http_aicost_next_event(ngx_http_aicost_ctx_t *ctx,
    const unsigned char **p, u_char *last)
{
    int  rc;

    for ( ;; ) {

        rc = ctx->talk ? aicost_frames_next(ctx->sse,
                                            ctx->talk->provider->frames, p,
                                            last)
                       : aicost_sse_next(ctx->sse, p, last);

        if (rc == AICOST_ERROR) {
            ngx_log_error(NGX_LOG_ERR, ctx->request->connection->log, 0,
                          "provider sent an invalid stream");
            return NGX_ERROR;
        }

        if (rc != AICOST_DECLINED) {
            return rc;
        }

        if (ngx_http_aicost_sse_grow(ctx) != NGX_OK) {
            return NGX_ERROR;
        }
    }
}


/* the provider's last word: what it cost is known, and said */

static ngx_int_t
ngx_http_aicost_done(ngx_http_aicost_ctx_t *ctx, aicost_event_t *e)
{
    if (!e->done) {
        return NGX_OK;
    }

    ngx_http_aicost_charge(ctx, NGX_OK);

    return ngx_http_aicost_comment(ctx);
}


/* keeps the start of an event for its end */

static ngx_int_t
ngx_http_aicost_unfinished(ngx_http_aicost_ctx_t *ctx, u_char *start,
    u_char *last)
{
    if (start == last || (ctx->talk && !ctx->talk->same)) {
        return NGX_OK;
    }

    if (ctx->held_len + (last - start) > AICOST_SSE_MAX_EVENT) {

        /* longer than any event that has to wait */

        if (ngx_http_aicost_held(ctx) != NGX_OK) {
            return NGX_ERROR;
        }

        ctx->begun = 1;

        return ngx_http_aicost_emit(ctx, start, last, 0);
    }

    return ngx_http_aicost_keep(ctx, start, last, AICOST_SSE_MAX_EVENT);
}


/* the end of the body ends the last event too, and frees what waits */

ngx_int_t
ngx_http_aicost_events_end(ngx_http_aicost_ctx_t *ctx)
{
    int             rc;
    ngx_uint_t      drop;
    aicost_event_t  e;

    if (!ctx->stream || ctx->cut || ctx->sse == NULL) {
        return NGX_OK;
    }

    rc = ctx->talk ? aicost_frames_end(ctx->sse, ctx->talk->provider->frames)
                   : aicost_sse_end(ctx->sse);

    if (rc == AICOST_OK) {
        drop = ngx_http_aicost_event(ctx, &e);

        if (drop == NGX_HTTP_AICOST_UNHEARD) {
            return NGX_ERROR;
        }

        if (drop) {
            ctx->held_len = 0;
        }

        /* no comment stands in an event whose start has gone */

        if (!ctx->begun && ngx_http_aicost_done(ctx, &e) != NGX_OK) {
            return NGX_ERROR;
        }

        if (drop && ngx_http_aicost_told(ctx) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    if (ctx->talk && ngx_http_aicost_events_over(ctx) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_http_aicost_held(ctx);
}


/* what waits goes */

static ngx_int_t
ngx_http_aicost_held(ngx_http_aicost_ctx_t *ctx)
{
    size_t  len;

    len = ctx->held_len;
    ctx->held_len = 0;

    return ngx_http_aicost_emit(ctx, ctx->held, ctx->held + len, 1);
}


/* a provider that says no last word: its stream is over when the body is */

static ngx_int_t
ngx_http_aicost_events_over(ngx_http_aicost_ctx_t *ctx)
{
    aicost_event_t  e;

    if (ctx->talk->over) {
        return NGX_OK;
    }

    ctx->talk->over = 1;
    ngx_memzero(&e, sizeof(aicost_event_t));

    if (ngx_http_aicost_talk_event(ctx, NULL, 0, &e) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_http_aicost_watch(ctx, &e);

    if (ngx_http_aicost_done(ctx, &e) != NGX_OK) {
        return NGX_ERROR;
    }

    return ctx->talk->same ? NGX_OK : ngx_http_aicost_told(ctx);
}


/* what the client is told instead of the event that was dropped */

static ngx_int_t
ngx_http_aicost_told(ngx_http_aicost_ctx_t *ctx)
{
    ngx_http_aicost_talk_t  *t;

    t = ctx->talk;

    return (t && !t->same) ? ngx_http_aicost_talk_emit(ctx) : NGX_OK;
}


static ngx_int_t
ngx_http_aicost_sse_start(ngx_http_aicost_ctx_t *ctx)
{
    u_char      *buf;
    ngx_pool_t  *pool;

    pool = ctx->request->pool;

    ctx->sse = ngx_palloc(pool, sizeof(aicost_sse_t));
    buf = ngx_palloc(pool, 2048);

    if (ctx->sse == NULL || buf == NULL) {
        return NGX_ERROR;
    }

    aicost_sse_init(ctx->sse, buf, 2048);

    if (ctx->talk) {

        /* all of an event is told, or its end holds the usage */

        ctx->sse->max = (uint32_t) ngx_max(ctx->sse->max,
                                           ctx->alcf->answer_buffer);
        return NGX_OK;
    }

    ctx->form = ngx_palloc(pool, sizeof(aicost_event_form_t));
    if (ctx->form == NULL) {
        return NGX_ERROR;
    }

    ctx->form->head = 0;

    return NGX_OK;
}


static ngx_int_t
ngx_http_aicost_sse_grow(ngx_http_aicost_ctx_t *ctx)
{
    u_char    *buf;
    uint32_t   size;

    size = ngx_min(ctx->sse->size * 4, ctx->sse->max);

    buf = ngx_palloc(ctx->request->pool, size);
    if (buf == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(buf, ctx->sse->buf, ctx->sse->len);
    (void) ngx_pfree(ctx->request->pool, ctx->sse->buf);
    aicost_sse_room(ctx->sse, buf, size);

    return NGX_OK;
}


/* takes note of one event; 1 when the client must not see it,
   NGX_HTTP_AICOST_UNHEARD when nothing can be told of it */

static ngx_uint_t
ngx_http_aicost_event(ngx_http_aicost_ctx_t *ctx, aicost_event_t *e)
{
    ngx_uint_t  anew;

    ngx_memzero(e, sizeof(aicost_event_t));

    anew = (ctx->talk && !ctx->talk->same);

    if (ctx->talk) {
        ctx->amcf->event.len = 0;
    }

    if (!ctx->sse->has_data) {
        return anew;
    }

    if (ctx->sse->long_event) {
        /* not kept: all of it counts as text */
        ctx->delivered += ctx->sse->max;

        if (anew) {
            ngx_log_error(NGX_LOG_ERR, ctx->request->connection->log, 0,
                          "provider sent an event over aicost_answer_buffer, "
                          "which cannot be translated");
        }

        return anew ? NGX_HTTP_AICOST_UNHEARD : 0;
    }

    if (ctx->talk) {

        if (ngx_http_aicost_talk_event(ctx, ctx->sse->buf, ctx->sse->len, e)
            != NGX_OK)
        {
            return NGX_HTTP_AICOST_UNHEARD;
        }

        if (e->done) {
            ctx->talk->over = 1;
        }

        ngx_http_aicost_watch(ctx, e);

        return anew;
    }

    if (aicost_event_read(ctx->form, ctx->sse->buf, ctx->sse->len,
                          ctx->amcf->event.nodes, NGX_HTTP_AICOST_NODES, e)
        != AICOST_OK)
    {
        ngx_memzero(e, sizeof(aicost_event_t));
        ctx->delivered += ctx->sse->len;
        return 0;
    }

    ngx_http_aicost_watch(ctx, e);
    ngx_http_aicost_first(ctx, e);

    return e->usage_only && !ctx->ask.include_usage;
}


static void
ngx_http_aicost_watch(ngx_http_aicost_ctx_t *ctx, aicost_event_t *e)
{
    ctx->delivered += e->text;

    if (e->usage_state == AICOST_USAGE_READ) {
        /* cumulative: the last one counts */
        ctx->usage = e->usage;
        ctx->usage_state = AICOST_USAGE_READ;

    } else if (e->usage_state == AICOST_USAGE_BAD) {
        ctx->usage_state = AICOST_USAGE_BAD;
    }

    if (e->error) {
        ctx->failed_stream = 1;
    }

    if (e->done) {
        ctx->ended = 1;
    }
}


/* id and model of the first event: an end of our own says them again */

static void
ngx_http_aicost_first(ngx_http_aicost_ctx_t *ctx, aicost_event_t *e)
{
    u_char  *p;

    if (ctx->first_event.id.len || e->id.len == 0
        || e->id.len > AICOST_MAX_IDENT || e->model.len > AICOST_MAX_IDENT)
    {
        return;
    }

    p = ngx_pnalloc(ctx->request->pool, e->id.len + e->model.len + 1);
    if (p == NULL) {
        return;
    }

    ctx->first_event = *e;
    ctx->first_event.id.data = p;
    p = ngx_cpymem(p, e->id.data, e->id.len);
    ctx->first_event.model.data = p;
    ngx_memcpy(p, e->model.data, e->model.len);
}
