
/*
 * Copyright (C) aicost
 *
 * Header and body filters: our headers, our errors in place of nginx's pages,
 * held answers, clients that leave.
 */


#include "ngx_http_aicost_translate.h"


static ngx_int_t ngx_http_aicost_header_filter(ngx_http_request_t *r);
static ngx_int_t ngx_http_aicost_body_filter(ngx_http_request_t *r,
    ngx_chain_t *in);
static ngx_http_aicost_ctx_t *ngx_http_aicost_foreign(ngx_http_request_t *r);
static ngx_int_t ngx_http_aicost_send_error(ngx_http_request_t *r,
    ngx_http_aicost_ctx_t *ctx);
static ngx_int_t ngx_http_aicost_send_held(ngx_http_request_t *r,
    ngx_http_aicost_ctx_t *ctx);
static ngx_int_t ngx_http_aicost_send_failure(ngx_http_request_t *r,
    ngx_http_aicost_ctx_t *ctx, ngx_chain_t *in);
static ngx_uint_t ngx_http_aicost_consume(ngx_http_request_t *r,
    ngx_chain_t *in);
static ngx_uint_t ngx_http_aicost_leaks(ngx_http_aicost_ctx_t *ctx);
static void ngx_http_aicost_end(ngx_http_request_t *r);
static ngx_int_t ngx_http_aicost_left(ngx_http_request_t *r,
    ngx_http_aicost_ctx_t *ctx);
static void ngx_http_aicost_drain_over(ngx_event_t *ev);


static ngx_http_output_header_filter_pt  ngx_http_next_header_filter;
static ngx_http_output_body_filter_pt    ngx_http_next_body_filter;


ngx_int_t
ngx_http_aicost_install_filters(ngx_conf_t *cf)
{
    ngx_http_next_header_filter = ngx_http_top_header_filter;
    ngx_http_top_header_filter = ngx_http_aicost_header_filter;

    ngx_http_next_body_filter = ngx_http_top_body_filter;
    ngx_http_top_body_filter = ngx_http_aicost_body_filter;

    return NGX_OK;
}


static ngx_int_t
ngx_http_aicost_header_filter(ngx_http_request_t *r)
{
    ngx_http_aicost_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_aicost_module);

    if (r != r->main) {

        if (ctx == NULL || ctx->sub == NULL) {
            return ngx_http_next_header_filter(r);
        }

        /* nothing of such a call goes to the client */

        ctx->hold = (!ctx->stream && r->headers_out.content_length_n
                                     <= (off_t) ctx->alcf->answer_buffer);
        ctx->overflow = !ctx->hold;
        ctx->header_held = 1;

        return NGX_OK;
    }

    if (r->headers_out.status >= NGX_HTTP_BAD_REQUEST
        && (ctx == NULL || (!ctx->answered && !ctx->error)))
    {
        ctx = ngx_http_aicost_foreign(r);
    }

    if (ctx == NULL || ctx->alcf->pass == NULL) {
        return ngx_http_next_header_filter(r);
    }

    if (ctx->gone) {
        return NGX_OK;
    }

    if (ctx->error && !ctx->answered) {
        if (ngx_http_aicost_error_header(r, ctx) != NGX_OK) {
            return NGX_ERROR;
        }

        return ngx_http_next_header_filter(r);
    }

    if (!ctx->answered) {
        return ngx_http_next_header_filter(r);
    }

    if (!ctx->stream) {
        ctx->hold = (r->headers_out.content_length_n
                     <= (off_t) ctx->alcf->answer_buffer
                     || (ctx->talk && !ctx->talk->same));

        if (ctx->hold) {
            /* goes with the body, when the cost is known */
            ctx->header_held = 1;
            return NGX_OK;
        }

        ctx->overflow = 1;

    } else {
        /* an event may be taken out, a comment put in */
        ngx_http_clear_content_length(r);
    }

    if (ngx_http_aicost_response_headers(r, ctx) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_http_next_header_filter(r);
}


/* nginx's own refusals in a location of ours: 413 before the handler, 400, an
   allocation that failed */

static ngx_http_aicost_ctx_t *
ngx_http_aicost_foreign(ngx_http_request_t *r)
{
    ngx_http_aicost_ctx_t       *ctx;
    ngx_http_aicost_loc_conf_t  *alcf;

    ctx = ngx_http_get_module_ctx(r, ngx_aicost_module);
    alcf = ngx_http_get_module_loc_conf(r, ngx_aicost_module);

    if (alcf->pass == NULL || r->header_sent) {
        return ctx;
    }

    if (ctx == NULL) {
        ctx = ngx_http_aicost_get_ctx(r);

        if (ctx == NULL) {
            return NULL;
        }
    }

    switch (r->headers_out.status) {

    case NGX_HTTP_REQUEST_ENTITY_TOO_LARGE:
        (void) ngx_http_aicost_refuse(r, ctx, AICOST_R_REQUEST_TOO_LARGE, NULL,
                                      "The body is over %uz bytes.",
                                      alcf->body_max);
        break;

    case NGX_HTTP_INTERNAL_SERVER_ERROR:
        (void) ngx_http_aicost_refuse(r, ctx, AICOST_R_INTERNAL, NULL,
                                      "The gateway could not serve this "
                                      "request.");
        break;

    case NGX_HTTP_BAD_GATEWAY:
    case NGX_HTTP_GATEWAY_TIME_OUT:
        (void) ngx_http_aicost_refuse(r, ctx, AICOST_R_ALL_PROVIDERS_FAILED,
                                      NULL, "No provider answered.");
        break;

    default:
        /* an access or limit module's answer is the operator's own */
        return ctx;
    }

    return ctx;
}


static ngx_int_t
ngx_http_aicost_body_filter(ngx_http_request_t *r, ngx_chain_t *in)
{
    ngx_int_t               rc;
    ngx_http_aicost_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_aicost_module);

    if (ctx == NULL || ctx->alcf->pass == NULL
        || (r != r->main && ctx->sub == NULL))
    {
        return ngx_http_next_body_filter(r, in);
    }

    if (ctx->gone || ctx->sub) {
        (void) ngx_http_aicost_consume(r, in);
        return NGX_OK;
    }

    if (ctx->error && (!ctx->answered || ctx->header_held)) {
        (void) ngx_http_aicost_consume(r, in);
        return ngx_http_aicost_send_error(r, ctx);
    }

    if (ctx->header_held && !ctx->overflow) {

        if (!ngx_http_aicost_consume(r, in)) {
            return NGX_OK;
        }

        return ngx_http_aicost_send_held(r, ctx);
    }

    if (ctx->header_held) {
        ctx->header_held = 0;

        if (ngx_http_aicost_response_headers(r, ctx) != NGX_OK) {
            return NGX_ERROR;
        }

        rc = ngx_http_next_header_filter(r);

        if (rc == NGX_ERROR || rc > NGX_OK) {
            return NGX_ERROR;
        }
    }

    if (ctx->broken && !ctx->rendered) {
        return ngx_http_aicost_send_failure(r, ctx, in);
    }

    rc = ngx_http_next_body_filter(r, in);

    if (rc == NGX_ERROR && ctx->answered) {
        return ngx_http_aicost_left(r, ctx);
    }

    return rc;
}


/* marks all as sent; 1 when the last buffer was among it */

static ngx_uint_t
ngx_http_aicost_consume(ngx_http_request_t *r, ngx_chain_t *in)
{
    ngx_uint_t    last;
    ngx_chain_t  *cl;

    last = 0;

    for (cl = in; cl; cl = cl->next) {
        cl->buf->pos = cl->buf->last;
        cl->buf->file_pos = cl->buf->file_last;
        last |= cl->buf->last_buf;
    }

    return last;
}


static ngx_int_t
ngx_http_aicost_send_error(ngx_http_request_t *r, ngx_http_aicost_ctx_t *ctx)
{
    ngx_int_t     rc;
    ngx_buf_t    *b;
    ngx_chain_t   out;

    if (ctx->rendered) {
        return NGX_OK;
    }

    ctx->rendered = 1;

    if (ctx->header_held) {
        ctx->header_held = 0;

        if (ngx_http_aicost_error_header(r, ctx) != NGX_OK) {
            return NGX_ERROR;
        }

        rc = ngx_http_next_header_filter(r);

        if (rc == NGX_ERROR || rc > NGX_OK) {
            return NGX_ERROR;
        }
    }

    b = ngx_http_aicost_error_body(r, ctx);
    if (b == NULL) {
        return NGX_ERROR;
    }

    out.buf = b;
    out.next = NULL;

    return ngx_http_next_body_filter(r, &out);
}


static ngx_int_t
ngx_http_aicost_send_held(ngx_http_request_t *r, ngx_http_aicost_ctx_t *ctx)
{
    ngx_int_t     rc;
    ngx_buf_t    *b;
    ngx_chain_t   out;

    if (ctx->status.code >= 300 && ngx_http_aicost_leaks(ctx)) {
        (void) ngx_http_aicost_refuse(r, ctx, AICOST_R_ALL_PROVIDERS_FAILED,
                                      NULL, "The provider refused the request "
                                      "with an answer that cannot be shown.");

        return ngx_http_aicost_send_error(r, ctx);
    }

    if (ctx->amcf->hold_hook && ctx->status.code < 300 && !ctx->hold_asked) {

        ctx->hold_asked = 1;

        rc = ctx->amcf->hold_hook(r, ctx);

        if (rc == NGX_AGAIN) {
            /* nginx takes NGX_DONE for one holder less */
            r->main->count++;
            return ngx_http_aicost_pause(r, ctx);
        }

        if (rc != NGX_OK) {
            return NGX_ERROR;
        }
    }

    ctx->header_held = 0;

    if (ngx_http_aicost_response_headers(r, ctx) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_http_clear_content_length(r);
    r->headers_out.content_length_n = ctx->held_len;

    rc = ngx_http_next_header_filter(r);

    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        return rc;
    }

    b = ngx_calloc_buf(r->pool);
    if (b == NULL) {
        return NGX_ERROR;
    }

    b->start = ctx->held;
    b->pos = ctx->held;
    b->last = ctx->held + ctx->held_len;
    b->end = b->last;
    b->memory = (ctx->held_len != 0);
    b->last_buf = 1;
    b->last_in_chain = 1;

    out.buf = b;
    out.next = NULL;

    return ngx_http_next_body_filter(r, &out);
}


/* what hold_hook let wait goes: its own answer, or data in its place */

void
ngx_http_aicost_release_held(ngx_http_request_t *r, u_char *data, size_t len)
{
    ngx_http_aicost_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_aicost_module);

    if (data) {
        ctx->held = data;
        ctx->held_len = len;
    }

    r->read_event_handler = ngx_http_block_reading;

    ngx_http_finalize_request(r, ngx_http_aicost_send_held(r, ctx));
}


/* the provider's error text must not carry its key to the client */

static ngx_uint_t
ngx_http_aicost_leaks(ngx_http_aicost_ctx_t *ctx)
{
    size_t                  len;
    u_char                 *p, *last;
    ngx_uint_t              i;
    ngx_http_aicost_key_t  *key;

    key = ctx->provider->keys.elts;

    for (i = 0; i < ctx->provider->keys.nelts; i++) {

        len = key[i].value.len;
        p = ctx->held;
        last = p + ctx->held_len;

        while ((size_t) (last - p) >= len) {
            p = ngx_strlchr(p, last - len + 1, key[i].value.data[0]);

            if (p == NULL) {
                break;
            }

            if (ngx_memcmp(p, key[i].value.data, len) == 0) {
                return 1;
            }

            p++;
        }
    }

    return 0;
}


/* a stream broke off: an error event the client's SDK understands */

static ngx_int_t
ngx_http_aicost_send_failure(ngx_http_request_t *r,
    ngx_http_aicost_ctx_t *ctx, ngx_chain_t *in)
{
    size_t         len;
    u_char        *buf;
    ngx_buf_t     *b;
    ngx_chain_t    out;
    aicost_str_t   message = aicost_string("The provider broke off its "
                                           "answer.");

    ctx->rendered = 1;

    b = ngx_calloc_buf(r->pool);
    if (b == NULL) {
        return NGX_ERROR;
    }

    if (ctx->talk) {
        if (ngx_http_aicost_talk_end(ctx, (ngx_str_t *) &message) != NGX_OK) {
            return NGX_ERROR;
        }

        len = ctx->amcf->event.len;
        buf = ngx_pnalloc(r->pool, len);
        if (buf == NULL) {
            return NGX_ERROR;
        }

        ngx_memcpy(buf, ctx->amcf->event.out, len);

    } else {
        buf = ngx_palloc(r->pool, AICOST_ANSWER_MAX);
        if (buf == NULL) {
            return NGX_ERROR;
        }

        len = aicost_answer_stream_error(buf, AICOST_R_ALL_PROVIDERS_FAILED,
                                         &message);
    }

    b->pos = buf;
    b->last = buf + len;
    b->memory = 1;
    b->flush = 1;

    out.buf = b;
    out.next = in;

    return ngx_http_next_body_filter(r, &out);
}


/* --- clients that leave -------------------------------------------------- */

void
ngx_http_aicost_client_gone(ngx_http_request_t *r)
{
    int                     n;
    char                    buf[1];
    ngx_err_t               err;
    ngx_event_t            *rev;
    ngx_connection_t       *c;
    ngx_http_aicost_ctx_t  *ctx;

    c = r->connection;
    rev = c->read;
    ctx = ngx_http_get_module_ctx(r, ngx_aicost_module);

    if (ctx->gone) {
        return;
    }

    if (ngx_http_aicost_framed(r)) {
        if (c->error || rev->error || c->write->error) {
            goto gone;
        }

        return;
    }

#if (NGX_HAVE_EPOLLRDHUP)
    if ((ngx_event_flags & NGX_USE_EPOLL_EVENT) && ngx_use_epoll_rdhup) {
        socklen_t  len;

        if (!rev->pending_eof) {
            return;
        }

        rev->eof = 1;

        err = 0;
        len = sizeof(ngx_err_t);

        (void) getsockopt(c->fd, SOL_SOCKET, SO_ERROR, (void *) &err, &len);

        goto gone;
    }
#endif

    n = recv(c->fd, buf, 1, MSG_PEEK);
    err = ngx_socket_errno;

    if ((ngx_event_flags & NGX_USE_LEVEL_EVENT) && rev->active) {
        if (ngx_del_event(rev, NGX_READ_EVENT, 0) != NGX_OK) {
            ngx_http_finalize_request(r, NGX_HTTP_INTERNAL_SERVER_ERROR);
        }
    }

    if (n > 0 || (n == -1 && err == NGX_EAGAIN)) {
        return;
    }

    rev->eof = 1;

gone:

    ngx_log_error(NGX_LOG_INFO, c->log, 0, "client closed its connection");

    (void) ngx_http_aicost_left(r, ctx);

    if (!ctx->drain) {
        c->error = 1;
        ngx_http_aicost_end(r);
    }
}


/*
 * Ends a request whose provider may still be read.  The upstream's cleanup
 * gives a reference back, and were it the last one, the request would be freed
 * under the hands of who runs the cleanups.
 */

static void
ngx_http_aicost_end(ngx_http_request_t *r)
{
    if (r->upstream && r->upstream->cleanup) {
        r->main->count++;
    }

    ngx_http_finalize_request(r, NGX_HTTP_CLIENT_CLOSED_REQUEST);
}


/*
 * Goes on reading the provider to its usage, within the limits of
 * aicost_drain: NGX_OK.  NGX_ERROR when the request should end now.
 */

static ngx_int_t
ngx_http_aicost_left(ngx_http_request_t *r, ngx_http_aicost_ctx_t *ctx)
{
    ngx_chain_t          *cl;
    ngx_connection_t     *c;
    ngx_http_upstream_t  *u;

    if (ctx->gone) {
        return NGX_OK;
    }

    c = r->connection;
    u = r->upstream;

    ctx->gone = 1;

    if (u == NULL || !u->request_sent || u->cleanup == NULL || ctx->done
        || ctx->alcf->drain_max == 0
        || ctx->amcf->draining >= ctx->alcf->drain_max
        || ngx_exiting || ngx_terminate)
    {
        return NGX_ERROR;
    }

    ctx->drain = 1;
    ctx->amcf->draining++;

    c->error = 1;
    c->buffered = 0;
    r->out = NULL;

    if (c->write->timer_set) {
        ngx_del_timer(c->write);
    }

    c->write->ready = 1;

    for (cl = u->busy_bufs; cl; cl = cl->next) {
        cl->buf->pos = cl->buf->last;
    }

    for (cl = u->out_bufs; cl; cl = cl->next) {
        cl->buf->pos = cl->buf->last;
    }

    ctx->timer.handler = ngx_http_aicost_drain_over;
    ctx->timer.data = ctx;
    ctx->timer.log = c->log;

    ngx_add_timer(&ctx->timer, ctx->alcf->drain_time);

    return NGX_OK;
}


static void
ngx_http_aicost_drain_over(ngx_event_t *ev)
{
    ngx_connection_t       *c;
    ngx_http_request_t     *r;
    ngx_http_aicost_ctx_t  *ctx;

    ctx = ev->data;
    r = ctx->request;
    c = r->connection;

    ngx_http_set_log_request(c->log, r);

    ngx_http_aicost_end(r);

    ngx_http_run_posted_requests(c);
}
