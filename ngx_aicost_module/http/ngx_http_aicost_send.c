
/*
 * Copyright (C) aicost
 *
 * What an attempt sends: the client's bytes with a few edits, or a body in the
 * provider's own shape; a head that is built from nothing.
 */


#include "ngx_http_aicost_translate.h"


#define NGX_HTTP_AICOST_PATH              (3 * AICOST_MAX_IDENT + 256)
#define NGX_HTTP_AICOST_COPIED            4096   /* bytes of a body that follow
                                                    its head in one buffer: a
                                                    copy costs less than the
                                                    pieces of a chain */


static ngx_int_t ngx_http_aicost_request_anew(ngx_http_request_t *r,
    ngx_http_aicost_ctx_t *ctx, ngx_http_aicost_provider_t *p);
static ngx_int_t ngx_http_aicost_request_bufs(ngx_http_request_t *r,
    ngx_http_aicost_ctx_t *ctx, ngx_http_aicost_provider_t *p);
static void ngx_http_aicost_request_copied(ngx_http_aicost_ctx_t *ctx,
    const aicost_edit_t *edits, uint32_t n, ngx_buf_t *b);
static ngx_int_t ngx_http_aicost_request_pieces(ngx_http_request_t *r,
    ngx_http_aicost_ctx_t *ctx, const aicost_edit_t *edits, uint32_t n,
    ngx_chain_t *cl);
static ngx_chain_t **ngx_http_aicost_piece(ngx_http_request_t *r,
    ngx_chain_t **ll, u_char *data, size_t len);
static size_t ngx_http_aicost_request_path(ngx_http_aicost_ctx_t *ctx,
    ngx_http_aicost_provider_t *p, u_char *buf, size_t size);
static ngx_buf_t *ngx_http_aicost_request_head(ngx_http_request_t *r,
    ngx_http_aicost_ctx_t *ctx, ngx_http_aicost_provider_t *p, size_t len,
    size_t room);


/* puts calls[current] in place */

ngx_int_t
ngx_http_aicost_select(ngx_http_request_t *r, ngx_http_aicost_ctx_t *ctx)
{
    ngx_http_upstream_t          *u;
    ngx_http_aicost_provider_t   *p, **pp;

    u = r->upstream;
    pp = ctx->amcf->providers.elts;
    p = pp[ctx->calls[ctx->current].model->provider];

    ctx->provider = p;
    ctx->why = AICOST_R_OK;
    ctx->headers = 0;
    ctx->retry_after = -1;
    ngx_str_null(&ctx->dropped_members);
    ngx_memzero(&ctx->status, sizeof(ngx_http_status_t));
    ngx_memzero(&ctx->chunked, sizeof(ngx_http_chunked_t));

    u->conf = &p->conf;
    u->ssl = p->ssl;
    u->ssl_name = p->host;

    if (!ngx_http_aicost_refers(ctx, &ctx->calls[ctx->current].price, p)) {

        if (ctx->miss == AICOST_R_OK) {
            ctx->miss = AICOST_R_PARAMETER_NOT_ALLOWED;
            ctx->miss_param = ngx_http_aicost_str(&ctx->ask.hidden);
        }

        return NGX_DECLINED;
    }

    if (ngx_http_aicost_talk_begin(r, ctx, p) != NGX_OK) {
        return NGX_ERROR;
    }

    return p->api == (ctx->api ? ctx->api : &aicost_api_openai)
           ? ngx_http_aicost_request_bufs(r, ctx, p)
           : ngx_http_aicost_request_anew(r, ctx, p);
}


/* what a request hides can be as long as the context, what it refers to is
   known to a provider of its shape alone: 0 when it may not be sent there */

ngx_uint_t
ngx_http_aicost_refers(ngx_http_aicost_ctx_t *ctx, const aicost_price_t *price,
    const ngx_http_aicost_provider_t *p)
{
    if (!ctx->ask.text.hidden) {
        return 1;
    }

    return price->context > 0
           && (ctx->ask.reference.len == 0
               || p->api == (ctx->api ? ctx->api : &aicost_api_openai));
}


/* a body that is written for this provider */

static ngx_int_t
ngx_http_aicost_request_anew(ngx_http_request_t *r,
    ngx_http_aicost_ctx_t *ctx, ngx_http_aicost_provider_t *p)
{
    ngx_int_t     rc;
    ngx_str_t     body;
    ngx_chain_t  *cl, **ll;

    rc = ngx_http_aicost_translate(r, ctx, p, &body);

    if (rc != NGX_OK) {
        return rc;
    }

    cl = ngx_alloc_chain_link(r->pool);
    if (cl == NULL) {
        return NGX_ERROR;
    }

    cl->buf = ngx_http_aicost_request_head(r, ctx, p, body.len, 0);
    if (cl->buf == NULL) {
        return NGX_ERROR;
    }

    r->upstream->request_bufs = cl;

    ll = ngx_http_aicost_piece(r, &cl->next, body.data, body.len);
    if (ll == NULL) {
        return NGX_ERROR;
    }

    *ll = NULL;
    cl->next->buf->flush = 1;

    return NGX_OK;
}


static ngx_int_t
ngx_http_aicost_request_bufs(ngx_http_request_t *r,
    ngx_http_aicost_ctx_t *ctx, ngx_http_aicost_provider_t *p)
{
    size_t            len, room;
    u_char            scratch[AICOST_EDIT_SCRATCH];
    uint32_t          i, n;
    ngx_chain_t      *cl;
    aicost_edit_t     edits[AICOST_MAX_EDITS];
    aicost_target_t   target;

    target.model = ctx->calls[ctx->current].model->model;
    target.cap = ngx_http_aicost_send_cap(ctx, ctx->current);
    target.include_usage = (p->api == &aicost_api_openai);
    target.legacy_cap = p->extra && p->api == &aicost_api_openai;

    n = aicost_request_edits(&ctx->ask, &target, edits, scratch);

    len = ctx->body_len;

    for (i = 0; i < n; i++) {
        len = len - edits[i].len + edits[i].text.len;
    }

    room = (len <= NGX_HTTP_AICOST_COPIED) ? len : 0;

    cl = ngx_alloc_chain_link(r->pool);
    if (cl == NULL) {
        return NGX_ERROR;
    }

    cl->buf = ngx_http_aicost_request_head(r, ctx, p, len, room);
    if (cl->buf == NULL) {
        return NGX_ERROR;
    }

    cl->next = NULL;
    r->upstream->request_bufs = cl;

    if (room == 0) {
        return ngx_http_aicost_request_pieces(r, ctx, edits, n, cl);
    }

    ngx_http_aicost_request_copied(ctx, edits, n, cl->buf);
    cl->buf->flush = 1;

    return NGX_OK;
}


static void
ngx_http_aicost_request_copied(ngx_http_aicost_ctx_t *ctx,
    const aicost_edit_t *edits, uint32_t n, ngx_buf_t *b)
{
    u_char    *p;
    uint32_t   i, pos;

    p = b->last;
    pos = 0;

    for (i = 0; i < n; i++) {
        p = ngx_cpymem(p, ctx->body + pos, edits[i].off - pos);
        p = ngx_cpymem(p, edits[i].text.data, edits[i].text.len);
        pos = edits[i].off + edits[i].len;
    }

    b->last = ngx_cpymem(p, ctx->body + pos, ctx->body_len - pos);
}


/* the body stays where it is: its parts and the edits between them follow cl */

static ngx_int_t
ngx_http_aicost_request_pieces(ngx_http_request_t *r,
    ngx_http_aicost_ctx_t *ctx, const aicost_edit_t *edits, uint32_t n,
    ngx_chain_t *cl)
{
    size_t         added;
    u_char        *text;
    uint32_t       i, pos;
    ngx_chain_t  **ll;

    added = 0;

    for (i = 0; i < n; i++) {
        added += edits[i].text.len;
    }

    text = ngx_pnalloc(r->pool, added + 1);
    if (text == NULL) {
        return NGX_ERROR;
    }

    ll = &cl->next;
    pos = 0;

    for (i = 0; i < n && ll; i++) {
        ll = ngx_http_aicost_piece(r, ll, ctx->body + pos,
                                   edits[i].off - pos);

        if (ll) {
            ngx_memcpy(text, edits[i].text.data, edits[i].text.len);
            ll = ngx_http_aicost_piece(r, ll, text, edits[i].text.len);
            text += edits[i].text.len;
        }

        pos = edits[i].off + edits[i].len;
    }

    if (ll) {
        ll = ngx_http_aicost_piece(r, ll, ctx->body + pos,
                                   ctx->body_len - pos);
    }

    if (ll == NULL) {
        return NGX_ERROR;
    }

    *ll = NULL;

    while (cl->next) {
        cl = cl->next;
    }

    cl->buf->flush = 1;

    return NGX_OK;
}


static ngx_chain_t **
ngx_http_aicost_piece(ngx_http_request_t *r, ngx_chain_t **ll, u_char *data,
    size_t len)
{
    ngx_buf_t    *b;
    ngx_chain_t  *cl;

    if (len == 0) {
        return ll;
    }

    b = ngx_calloc_buf(r->pool);
    cl = ngx_alloc_chain_link(r->pool);

    if (b == NULL || cl == NULL) {
        return NULL;
    }

    b->start = data;
    b->pos = data;
    b->last = data + len;
    b->end = b->last;
    b->memory = 1;

    cl->buf = b;
    *ll = cl;

    return &cl->next;
}


/* what follows the base URL */

static size_t
ngx_http_aicost_request_path(ngx_http_aicost_ctx_t *ctx,
    ngx_http_aicost_provider_t *p, u_char *buf, size_t size)
{
    ngx_uint_t     own;
    aicost_out_t   o;
    aicost_str_t  *model;

    ngx_memzero(&o, sizeof(aicost_out_t));
    o.data = buf;
    o.size = size;

    model = (aicost_str_t *) &ctx->calls[ctx->current].model->model;

    /* a client's own path, or that of the request written instead */

    own = (ctx->api == NULL || ctx->api == p->api);

    if (p->azure && p->version.len) {

        /* the API with dates: the deployment stands in the path */

        aicost_out_text(&o, "/deployments/");
        aicost_out_percent(&o, model);
    }

    if (own && p->api == &aicost_api_openai) {
        aicost_out_text(&o, aicost_endpoint_path(ctx->endpoint));

    } else {
        p->api->path(model, ctx->ask.stream, &o);
    }

    if (p->azure && p->version.len) {
        aicost_out_text(&o, "?api-version=");
        aicost_out(&o, p->version.data, p->version.len);
    }

    return o.failed ? 0 : o.len;
}


/* built from nothing: fixed method, canonical path, own headers; the buffer has
   room for a body of that many bytes */

static ngx_buf_t *
ngx_http_aicost_request_head(ngx_http_request_t *r,
    ngx_http_aicost_ctx_t *ctx, ngx_http_aicost_provider_t *p, size_t len,
    size_t room)
{
    size_t                  size, n;
    u_char                  path[NGX_HTTP_AICOST_PATH];
    ngx_buf_t              *b;
    ngx_str_t               client, betas;
    const char             *name, *version;
    ngx_http_aicost_key_t  *key;

    static const char  tail[] = CRLF "Content-Type: application/json" CRLF
                                "Accept: application/json, text/event-stream"
                                CRLF
                                "Accept-Encoding: identity" CRLF
                                "User-Agent: aicost/" AICOST_VERSION CRLF
                                "Content-Length: ";

    n = ngx_http_aicost_request_path(ctx, p, path, sizeof(path));
    if (n == 0
        || ngx_http_aicost_features(r, ctx, p, &client, &betas) != NGX_OK)
    {
        return NULL;
    }

    key = NULL;

    if (p->keys.nelts) {
        key = p->keys.elts;
        key = &key[p->key++ % p->keys.nelts];
    }

    name = p->azure ? "api-key" : p->api->key_header;
    version = p->api->version_header;

    size = sizeof("POST  HTTP/1.1" CRLF "Host: " CRLF) + p->path.len
           + n + p->host_header.len
           + sizeof("Authorization: Bearer " CRLF)
           + (key ? key->value.len + (name ? ngx_strlen(name) : 0) : 0)
           + (version ? ngx_strlen(version) + ngx_strlen(p->api->version)
                        + p->version.len + client.len + 6 : 0)
           + (betas.len ? ngx_strlen(p->api->beta_header) + betas.len + 4 : 0)
           + sizeof(tail) + NGX_OFF_T_LEN + 4 + room;

    b = ngx_create_temp_buf(r->pool, size);
    if (b == NULL) {
        return NULL;
    }

    b->last = ngx_cpymem(b->last, "POST ", sizeof("POST ") - 1);
    b->last = ngx_cpymem(b->last, p->path.data, p->path.len);
    b->last = ngx_cpymem(b->last, path, n);
    b->last = ngx_cpymem(b->last, " HTTP/1.1" CRLF "Host: ",
                         sizeof(" HTTP/1.1" CRLF "Host: ") - 1);
    b->last = ngx_cpymem(b->last, p->host_header.data, p->host_header.len);

    if (key && name) {
        b->last = ngx_sprintf(b->last, CRLF "%s: ", name);
        b->last = ngx_cpymem(b->last, key->value.data, key->value.len);

    } else if (key) {
        b->last = ngx_cpymem(b->last, CRLF "Authorization: Bearer ",
                             sizeof(CRLF "Authorization: Bearer ") - 1);
        b->last = ngx_cpymem(b->last, key->value.data, key->value.len);
    }

    if (version && p->version.len) {
        b->last = ngx_sprintf(b->last, CRLF "%s: %V", version, &p->version);

    } else if (version && client.len) {
        b->last = ngx_sprintf(b->last, CRLF "%s: %V", version, &client);

    } else if (version) {
        b->last = ngx_sprintf(b->last, CRLF "%s: %s", version,
                              p->api->version);
    }

    if (betas.len) {
        b->last = ngx_sprintf(b->last, CRLF "%s: %V", p->api->beta_header,
                              &betas);
    }

    b->last = ngx_cpymem(b->last, tail, sizeof(tail) - 1);
    b->last = aicost_decimal_format(b->last, (int64_t) len, 0, 0);
    b->last = ngx_cpymem(b->last, CRLF CRLF, sizeof(CRLF CRLF) - 1);

    return b;
}
