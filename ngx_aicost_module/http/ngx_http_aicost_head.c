
/*
 * Copyright (C) aicost
 *
 * The head of a provider's answer: status, headers, the class of an error.
 */


#include "ngx_http_aicost_translate.h"


static ngx_int_t ngx_http_aicost_headers(ngx_http_request_t *r);
static ngx_int_t ngx_http_aicost_header_in(ngx_http_request_t *r,
    ngx_http_aicost_ctx_t *ctx);
static ngx_int_t ngx_http_aicost_header_pass(ngx_http_request_t *r,
    ngx_str_t *name, ngx_str_t *value);
static ngx_int_t ngx_http_aicost_headers_done(ngx_http_request_t *r,
    ngx_http_aicost_ctx_t *ctx);
static ngx_int_t ngx_http_aicost_error_answer(ngx_http_request_t *r,
    ngx_http_aicost_ctx_t *ctx);
static size_t ngx_http_aicost_dechunk(ngx_http_request_t *r, u_char *pos,
    u_char *last, u_char *out, ngx_uint_t *whole);


/* --- the answer's head --------------------------------------------------- */

ngx_int_t
ngx_http_aicost_status_line(ngx_http_request_t *r)
{
    ngx_int_t               rc;
    ngx_http_upstream_t    *u;
    ngx_http_aicost_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_aicost_module);
    u = r->upstream;

    rc = ngx_http_parse_status_line(r, &u->buffer, &ctx->status);

    if (rc == NGX_AGAIN) {
        return rc;
    }

    if (rc == NGX_ERROR) {
        ctx->why = AICOST_R_BAD_ANSWER;
        return NGX_HTTP_UPSTREAM_INVALID_HEADER;
    }

    u->state->status = ctx->status.code;
    u->headers_in.status_n = ctx->status.code;

    if (ctx->status.http_version < NGX_HTTP_VERSION_11) {
        u->headers_in.connection_close = 1;
    }

    u->process_header = ngx_http_aicost_headers;

    return ngx_http_aicost_headers(r);
}


static ngx_int_t
ngx_http_aicost_headers(ngx_http_request_t *r)
{
    ngx_int_t               rc;
    ngx_http_upstream_t    *u;
    ngx_http_aicost_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_aicost_module);
    u = r->upstream;

    while (!ctx->headers) {

        rc = ngx_http_parse_header_line(r, &u->buffer, 1);

        if (rc == NGX_OK) {
            rc = ngx_http_aicost_header_in(r, ctx);

            if (rc == NGX_ERROR) {
                return NGX_ERROR;
            }

            if (rc == NGX_DECLINED) {
                ctx->why = AICOST_R_BAD_ANSWER;
                return NGX_HTTP_UPSTREAM_INVALID_HEADER;
            }

            continue;
        }

        if (rc == NGX_AGAIN) {
            return NGX_AGAIN;
        }

        if (rc != NGX_HTTP_PARSE_HEADER_DONE) {
            ctx->why = AICOST_R_BAD_ANSWER;
            return NGX_HTTP_UPSTREAM_INVALID_HEADER;
        }

        if (ctx->status.code < 200) {
            /* 100, 103: the answer follows */
            ngx_memzero(&ctx->status, sizeof(ngx_http_status_t));
            r->state = 0;
            u->process_header = ngx_http_aicost_status_line;
            return ngx_http_aicost_status_line(r);
        }

        ctx->headers = 1;
    }

    return ngx_http_aicost_headers_done(r, ctx);
}


static ngx_uint_t
ngx_http_aicost_is(ngx_http_request_t *r, const char *name, size_t len)
{
    return r->lowcase_index == len
           && ngx_memcmp(r->lowcase_header, name, len) == 0;
}

#define ngx_http_aicost_is(r, s)  ngx_http_aicost_is(r, s, sizeof(s) - 1)


/* NGX_DECLINED: the answer cannot be trusted */

static ngx_int_t
ngx_http_aicost_header_in(ngx_http_request_t *r, ngx_http_aicost_ctx_t *ctx)
{
    int64_t               ms;
    ngx_str_t             name, value;
    ngx_http_upstream_t  *u;

    u = r->upstream;

    name.data = r->header_name_start;
    name.len = r->header_name_end - r->header_name_start;
    value.data = r->header_start;
    value.len = r->header_end - r->header_start;

    if (name.len > NGX_HTTP_LC_HEADER_LEN) {
        return NGX_OK;
    }

    if (ngx_http_aicost_is(r, "content-length")) {

        if (u->headers_in.content_length_n != -1) {
            return NGX_DECLINED;
        }

        u->headers_in.content_length_n = ngx_atoof(value.data, value.len);

        return u->headers_in.content_length_n < 0 ? NGX_DECLINED : NGX_OK;
    }

    if (ngx_http_aicost_is(r, "transfer-encoding")) {

        if (value.len != 7
            || ngx_strncasecmp(value.data, (u_char *) "chunked", 7) != 0)
        {
            return NGX_DECLINED;
        }

        u->headers_in.chunked = 1;

        return NGX_OK;
    }

    if (ngx_http_aicost_is(r, "connection")) {
        if (ngx_strlcasestrn(value.data, value.data + value.len,
                             (u_char *) "close", 5 - 1))
        {
            u->headers_in.connection_close = 1;
        }

        return NGX_OK;
    }

    if (ngx_http_aicost_is(r, "retry-after")
        || ngx_http_aicost_is(r, "retry-after-ms"))
    {
        ms = aicost_retry_after(value.data, value.len, ngx_http_aicost_now());

        if (ms >= 0) {
            if (name.len > 11 && ms >= 1000) {
                ms = ms / 1000;
            }

            if (name.len > 11 || ctx->retry_after < 0) {
                ctx->retry_after = ms;
            }
        }
    }

    if (ngx_http_aicost_is(r, "content-encoding")) {

        if (!(value.len == 8
              && ngx_strncasecmp(value.data, (u_char *) "identity", 8) == 0))
        {
            ctx->encoded = 1;
            return ngx_http_aicost_header_pass(r, &name, &value);
        }

        return NGX_OK;
    }

    /* the allow-list: what tells a client about its answer, nothing of the
       account behind the key */

    if (ngx_http_aicost_is(r, "content-type")
        || ngx_http_aicost_is(r, "retry-after")
        || ngx_http_aicost_is(r, "retry-after-ms")
        || ngx_http_aicost_is(r, "x-should-retry")
        || ngx_http_aicost_is(r, "x-request-id")
        || ngx_http_aicost_is(r, "request-id")
        || ngx_http_aicost_is(r, "openai-processing-ms")
        || ngx_http_aicost_is(r, "openai-version"))
    {
        return ngx_http_aicost_header_pass(r, &name, &value);
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_aicost_header_pass(ngx_http_request_t *r, ngx_str_t *name,
    ngx_str_t *value)
{
    ngx_int_t                       rc;
    ngx_table_elt_t                *h;
    ngx_http_upstream_header_t     *hh;
    ngx_http_upstream_main_conf_t  *umcf;

    h = ngx_list_push(&r->upstream->headers_in.headers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    ngx_memzero(h, sizeof(ngx_table_elt_t));

    h->hash = r->header_hash;
    h->key.len = name->len;
    h->value.len = value->len;

    h->key.data = ngx_pnalloc(r->pool, 2 * name->len + value->len + 3);
    if (h->key.data == NULL) {
        h->hash = 0;
        return NGX_ERROR;
    }

    h->value.data = h->key.data + name->len + 1;
    h->lowcase_key = h->value.data + value->len + 1;

    ngx_memcpy(h->key.data, name->data, name->len);
    h->key.data[name->len] = '\0';
    ngx_memcpy(h->value.data, value->data, value->len);
    h->value.data[value->len] = '\0';
    ngx_memcpy(h->lowcase_key, r->lowcase_header, name->len);

    umcf = ngx_http_get_module_main_conf(r, ngx_http_upstream_module);

    hh = ngx_hash_find(&umcf->headers_in_hash, h->hash, h->lowcase_key,
                       h->key.len);

    if (hh) {
        rc = hh->handler(r, h, hh->offset);

        if (rc != NGX_OK) {
            return rc == NGX_ERROR ? NGX_ERROR : NGX_DECLINED;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_aicost_headers_done(ngx_http_request_t *r,
    ngx_http_aicost_ctx_t *ctx)
{
    size_t                     len;
    const char                *stream;
    ngx_table_elt_t           *type;
    ngx_http_upstream_t       *u;
    ngx_http_aicost_health_t  *h;

    u = r->upstream;

    if (u->headers_in.chunked) {
        u->headers_in.content_length_n = -1;
    }

    u->keepalive = !u->headers_in.connection_close;

    if (ctx->status.code >= 300) {
        return ngx_http_aicost_error_answer(r, ctx);
    }

    ngx_http_aicost_attempt(ctx, AICOST_R_OK);
    ngx_http_aicost_breaker(ctx, AICOST_R_OK);

    ctx->answered = 1;
    ctx->first = ngx_current_msec - ctx->sent;

    h = ngx_http_aicost_health(ctx->amcf,
                               ctx->calls[ctx->current].model->health);

    h->latency = h->latency
                 ? (uint32_t) ((h->latency * 7 + (ngx_current_msec
                                                  - u->start_time)) / 8)
                 : (uint32_t) (ngx_current_msec - u->start_time);

    type = u->headers_in.content_type;

    stream = ctx->provider->api->type;
    len = ngx_strlen(stream);

    ctx->stream = (ctx->ask.stream && type && !ctx->encoded
                   && type->value.len >= len
                   && ngx_strncasecmp(type->value.data, (u_char *) stream, len)
                      == 0);

    if (ctx->talk && !ctx->talk->same && type) {
        type->value.data = (u_char *) (ctx->stream ? ctx->talk->client->type
                                                   : "application/json");
        type->value.len = ngx_strlen(type->value.data);
    }

    return NGX_OK;
}


/*
 * Which class of failure it is may take the body to tell ("no money" or "slow
 * down").  NGX_AGAIN reads more of it, as long as the buffer has room.
 */

static ngx_int_t
ngx_http_aicost_error_answer(ngx_http_request_t *r,
    ngx_http_aicost_ctx_t *ctx)
{
    off_t                 cl;
    size_t                len;
    u_char               *body;
    ngx_buf_t            *b;
    ngx_uint_t            whole;
    ngx_http_upstream_t  *u;

    u = r->upstream;
    b = &u->buffer;
    cl = u->headers_in.content_length_n;

    body = b->pos;
    len = b->last - b->pos;
    whole = (cl >= 0 && (off_t) len >= cl);

    if (u->headers_in.chunked) {
        body = ngx_pnalloc(r->pool, len + 1);
        if (body == NULL) {
            return NGX_ERROR;
        }

        len = ngx_http_aicost_dechunk(r, b->pos, b->last, body, &whole);
    }

    ctx->why = aicost_error_class((int) ctx->status.code, body,
                                  ngx_min(len, NGX_HTTP_AICOST_ERROR_BODY));

    if (ctx->why == AICOST_R_TIMEOUT) {
        /* 408 and 504 were said, not waited for: an answer like other 5xx,
           before any byte of a body that could be billed */
        ctx->why = AICOST_R_SERVER_ERROR;
    }

    if (!whole && len < NGX_HTTP_AICOST_ERROR_BODY && b->last < b->end
        && (cl >= 0 || u->headers_in.chunked))
    {
        return NGX_AGAIN;
    }

    if (ctx->why != AICOST_R_BAD_REQUEST) {
        u->keepalive = u->keepalive && whole;
        return NGX_HTTP_UPSTREAM_INVALID_HEADER;
    }

    /* the request itself is at fault: another provider would say so too */

    ngx_http_aicost_attempt(ctx, ctx->why);
    ngx_http_aicost_breaker(ctx, ctx->why);

    ctx->answered = 1;

    return NGX_OK;
}


static size_t
ngx_http_aicost_dechunk(ngx_http_request_t *r, u_char *pos, u_char *last,
    u_char *out, ngx_uint_t *whole)
{
    size_t              n, len;
    ngx_buf_t           b;
    ngx_int_t           rc;
    ngx_http_chunked_t  chunked;

    ngx_memzero(&b, sizeof(ngx_buf_t));
    ngx_memzero(&chunked, sizeof(ngx_http_chunked_t));

    b.pos = pos;
    b.last = last;
    len = 0;
    *whole = 0;

    while (b.pos < b.last) {

        rc = ngx_http_aicost_parse_chunked(r, &b, &chunked);

        if (rc == NGX_OK) {
            n = ngx_min((off_t) (b.last - b.pos), chunked.size);
            ngx_memcpy(out + len, b.pos, n);
            len += n;
            b.pos += n;
            chunked.size -= n;
            continue;
        }

        *whole = (rc == NGX_DONE);
        break;
    }

    return len;
}
