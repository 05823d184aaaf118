
/*
 * Copyright (C) aicost
 *
 * The content handler: what comes in, who asks, what is asked; then decide
 * and call.
 *
 *     handler -> body_ready -> parse (in slices) -> run -> decide -> call
 */


#include "ngx_http_aicost_module.h"


static ngx_int_t ngx_http_aicost_check(ngx_http_request_t *r,
    ngx_http_aicost_ctx_t *ctx);
static ngx_uint_t ngx_http_aicost_lists(ngx_http_aicost_ctx_t *ctx);
static ngx_uint_t ngx_http_aicost_counts(ngx_http_aicost_ctx_t *ctx);
static const aicost_api_t *ngx_http_aicost_spoken(ngx_http_request_t *r,
    aicost_endpoint_e endpoint);
static ngx_uint_t ngx_http_aicost_query(ngx_http_request_t *r,
    aicost_endpoint_e endpoint);
static ngx_int_t ngx_http_aicost_check_headers(ngx_http_request_t *r,
    ngx_http_aicost_ctx_t *ctx);
static ngx_uint_t ngx_http_aicost_json_type(ngx_str_t *type);
static ngx_int_t ngx_http_aicost_check_who(ngx_http_request_t *r,
    ngx_http_aicost_ctx_t *ctx);
static void ngx_http_aicost_explain_asked(ngx_http_request_t *r,
    ngx_http_aicost_ctx_t *ctx);
static void ngx_http_aicost_body_ready(ngx_http_request_t *r);
static ngx_int_t ngx_http_aicost_body(ngx_http_request_t *r,
    ngx_http_aicost_ctx_t *ctx);
static ngx_int_t ngx_http_aicost_one_piece(ngx_http_request_t *r,
    ngx_http_aicost_ctx_t *ctx);
static void ngx_http_aicost_head_back(ngx_http_request_t *r,
    ngx_http_aicost_ctx_t *ctx);
static ngx_int_t ngx_http_aicost_parse(ngx_http_request_t *r,
    ngx_http_aicost_ctx_t *ctx);
static ngx_int_t ngx_http_aicost_read(ngx_http_request_t *r,
    ngx_http_aicost_ctx_t *ctx);
static void ngx_http_aicost_parse_event(ngx_event_t *ev);


ngx_int_t
ngx_http_aicost_handler(ngx_http_request_t *r)
{
    ngx_int_t               rc;
    ngx_http_aicost_ctx_t  *ctx;

    ctx = ngx_http_aicost_get_ctx(r);
    if (ctx == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (r->method == NGX_HTTP_OPTIONS && ctx->alcf->cors) {
        return ngx_http_aicost_preflight(r, ctx->alcf);
    }

    rc = ngx_http_aicost_check(r, ctx);

    if (rc != NGX_OK) {
        return rc;
    }

    if (ngx_http_aicost_lists(ctx)) {
        rc = ngx_http_discard_request_body(r);

        if (rc != NGX_OK) {
            return rc;
        }

        return ngx_http_aicost_models(r, ctx);
    }

    if (ngx_http_aicost_one_piece(r, ctx) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    rc = ngx_http_read_client_request_body(r, ngx_http_aicost_body_ready);

    if (rc >= NGX_HTTP_SPECIAL_RESPONSE) {
        ngx_http_aicost_head_back(r, ctx);
        return rc;
    }

    return NGX_DONE;
}


/*
 * nginx leaves a body that fits there in the buffer of the head.  So it gets
 * one that all of the body fits into, with what came with the head at its
 * front: nothing more has to be moved for it to be one piece of memory.
 */

static ngx_int_t
ngx_http_aicost_one_piece(ngx_http_request_t *r, ngx_http_aicost_ctx_t *ctx)
{
    off_t                      all, came;
    ngx_buf_t                 *b, *head;
    ngx_http_core_loc_conf_t  *clcf;

    clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);
    head = r->header_in;
    came = head->last - head->pos;
    all = r->headers_in.content_length_n;

    if (ngx_http_aicost_framed(r) || r->headers_in.chunked
        || r->request_body || r->request_body_in_file_only
        || came == 0 || came >= all || all - came <= head->end - head->last
        || all > (off_t) clcf->client_body_buffer_size)
    {
        return NGX_OK;
    }

    b = ngx_create_temp_buf(r->pool, (size_t) all);
    if (b == NULL) {
        return NGX_ERROR;
    }

    b->last = ngx_cpymem(b->last, head->pos, (size_t) came);
    head->pos = head->last;

    ctx->head = head;
    r->header_in = b;

    return NGX_OK;
}


/* a request that follows on the connection is looked for in nginx's own */

static void
ngx_http_aicost_head_back(ngx_http_request_t *r, ngx_http_aicost_ctx_t *ctx)
{
    if (ctx->head) {
        r->header_in = ctx->head;
        ctx->head = NULL;
    }
}


/* what the request line and headers show */

static ngx_int_t
ngx_http_aicost_check(ngx_http_request_t *r, ngx_http_aicost_ctx_t *ctx)
{
    const char                *allow;
    ngx_http_core_loc_conf_t  *clcf;

    clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);

    ctx->endpoint = aicost_endpoint(r->uri.data, r->uri.len,
                                    clcf->noname ? 0 : clcf->name.len, &allow,
                                    &ctx->path_model);

    ctx->api = ngx_http_aicost_spoken(r, ctx->endpoint);

    if (ctx->endpoint == AICOST_EP_NONE || ctx->endpoint == AICOST_EP_OUTCOME)
    {
        return ngx_http_aicost_refuse(r, ctx, AICOST_R_NOT_FOUND, NULL,
                                      "There is no endpoint at this path.");
    }

    if (r->method_name.len != ngx_strlen(allow)
        || ngx_strncmp(r->method_name.data, allow, r->method_name.len) != 0)
    {
        ctx->allow.data = (u_char *) allow;
        ctx->allow.len = ngx_strlen(allow);

        return ngx_http_aicost_refuse(r, ctx, AICOST_R_METHOD_NOT_ALLOWED,
                                      NULL, "This endpoint takes %s only.",
                                      allow);
    }

    if (!ngx_http_aicost_query(r, ctx->endpoint)) {
        return ngx_http_aicost_refuse(r, ctx, AICOST_R_QUERY_NOT_ALLOWED, NULL,
                                      "This endpoint takes no query.");
    }

    if (!ngx_http_aicost_lists(ctx)
        && ngx_http_aicost_check_headers(r, ctx) != NGX_OK)
    {
        return aicost_reason_status(ctx->error);
    }

    if (ngx_http_aicost_check_who(r, ctx) != NGX_OK) {
        return aicost_reason_status(ctx->error);
    }

    return NGX_OK;
}


/* models: there is no body */

static ngx_uint_t
ngx_http_aicost_lists(ngx_http_aicost_ctx_t *ctx)
{
    return ctx->endpoint == AICOST_EP_MODELS
           || ctx->endpoint == AICOST_EP_GENERATE_MODELS;
}


/* the answer is a number of tokens */

static ngx_uint_t
ngx_http_aicost_counts(ngx_http_aicost_ctx_t *ctx)
{
    return ctx->endpoint == AICOST_EP_COUNT_TOKENS
           || ctx->endpoint == AICOST_EP_GENERATE_COUNT;
}


/* the shape of an endpoint; NULL: one that is not translated */

static const aicost_api_t *
ngx_http_aicost_spoken(ngx_http_request_t *r, aicost_endpoint_e endpoint)
{
    ngx_uint_t  n;

    switch (endpoint) {

    case AICOST_EP_CHAT:
        return &aicost_api_openai;

    case AICOST_EP_RESPONSES:
        return &aicost_api_responses;

    case AICOST_EP_MESSAGES:
    case AICOST_EP_COUNT_TOKENS:
        return &aicost_api_anthropic;

    case AICOST_EP_GENERATE:
    case AICOST_EP_GENERATE_STREAM:
    case AICOST_EP_GENERATE_COUNT:
    case AICOST_EP_GENERATE_MODELS:
        return &aicost_api_gemini;

    case AICOST_EP_MODELS:
        if (ngx_http_aicost_header(r, "anthropic-version",
                                   sizeof("anthropic-version") - 1, &n))
        {
            return &aicost_api_anthropic;
        }

        return ngx_http_aicost_header(r, "x-goog-api-key",
                                      sizeof("x-goog-api-key") - 1, &n)
               ? &aicost_api_gemini : NULL;

    default:
        return NULL;
    }
}


/* none, or what the shape itself defines */

static ngx_uint_t
ngx_http_aicost_query(ngx_http_request_t *r, aicost_endpoint_e endpoint)
{
    ngx_str_t  *args;

    args = &r->args;

    switch (endpoint) {

    case AICOST_EP_GENERATE_STREAM:
        return args->len == 0
               || (args->len == 7
                   && ngx_strncmp(args->data, "alt=sse", 7) == 0);

    case AICOST_EP_MESSAGES:
    case AICOST_EP_COUNT_TOKENS:
        return args->len == 0
               || (args->len == 9
                   && ngx_strncmp(args->data, "beta=true", 9) == 0);

    case AICOST_EP_GENERATE_MODELS:
        return args->len == 0
               || (args->len > 9 && args->len < 15
                   && ngx_strncmp(args->data, "pageSize=", 9) == 0
                   && ngx_atoi(args->data + 9, args->len - 9) > 0);

    default:
        return args->len == 0;
    }
}


static ngx_int_t
ngx_http_aicost_check_headers(ngx_http_request_t *r,
    ngx_http_aicost_ctx_t *ctx)
{
    ngx_uint_t        n;
    ngx_table_elt_t  *h;

    h = ngx_http_aicost_header(r, "content-type", sizeof("content-type") - 1,
                               &n);

    if (h == NULL || n > 1 || !ngx_http_aicost_json_type(&h->value)) {
        return ngx_http_aicost_refuse(r, ctx, AICOST_R_UNSUPPORTED_MEDIA_TYPE,
                                      NULL, "The body must be JSON: send one "
                                      "Content-Type, application/json.");
    }

    h = ngx_http_aicost_header(r, "content-encoding",
                               sizeof("Content-Encoding") - 1, &n);

    if (h) {
        return ngx_http_aicost_refuse(r, ctx, AICOST_R_UNSUPPORTED_ENCODING,
                                      NULL, "The body must not be encoded: "
                                      "send it without Content-Encoding.");
    }

    if (r->headers_in.content_length_n == 0) {
        return ngx_http_aicost_refuse(r, ctx, AICOST_R_EMPTY_BODY, NULL,
                                      "The body is empty.");
    }

    if (r->headers_in.content_length_n == -1 && !r->headers_in.chunked) {
        return ngx_http_aicost_refuse(r, ctx, AICOST_R_EMPTY_BODY, NULL,
                                      "There is no body.");
    }

    if (r->headers_in.content_length_n > (off_t) ctx->alcf->body_max) {
        return ngx_http_aicost_refuse(r, ctx, AICOST_R_REQUEST_TOO_LARGE, NULL,
                                      "The body is over %uz bytes.",
                                      ctx->alcf->body_max);
    }

    return NGX_OK;
}


/* application/json, perhaps with charset=utf-8 */

static ngx_uint_t
ngx_http_aicost_json_type(ngx_str_t *type)
{
    u_char  *p, *last;

    p = type->data;
    last = p + type->len;

    if (type->len < 16 || !ngx_http_aicost_spelled(p, "application/json")) {
        return 0;
    }

    p += 16;

    while (p < last && (*p == ' ' || *p == ';')) {
        p++;
    }

    if (p == last) {
        return 1;
    }

    return (last - p == 13 && ngx_http_aicost_spelled(p, "charset=utf-8"))
           || (last - p == 15
               && ngx_http_aicost_spelled(p, "charset=\"utf-8\""));
}


static ngx_int_t
ngx_http_aicost_check_who(ngx_http_request_t *r, ngx_http_aicost_ctx_t *ctx)
{
    ngx_http_aicost_who(r, ctx);
    ngx_http_aicost_explain_asked(r, ctx);

    switch (ctx->denied) {

    case AICOST_R_OK:
        return NGX_OK;

    case AICOST_R_MISSING_API_KEY:
        return ngx_http_aicost_refuse(r, ctx, ctx->denied, NULL,
                                      "Send your key as Authorization: "
                                      "Bearer, x-api-key, api-key or "
                                      "x-goog-api-key.");

    case AICOST_R_AMBIGUOUS_CREDENTIAL:
        return ngx_http_aicost_refuse(r, ctx, ctx->denied, NULL,
                                      "The request carries more than one "
                                      "credential.");

    case AICOST_R_EXPIRED_API_KEY:
        return ngx_http_aicost_refuse(r, ctx, ctx->denied, NULL,
                                      "This key has expired.");

    case AICOST_R_INVALID_API_KEY:
        return ngx_http_aicost_refuse(r, ctx, ctx->denied, NULL,
                                      "This key is not known here.");

    default:
        return ngx_http_aicost_refuse(r, ctx, AICOST_R_INTERNAL, NULL,
                                      "The key could not be checked.");
    }
}


/* X-AICost-Explain with an operator's token: answer with the decision, send
   nothing */

static void
ngx_http_aicost_explain_asked(ngx_http_request_t *r,
    ngx_http_aicost_ctx_t *ctx)
{
    u_char           *known, digest[AICOST_DIGEST];
    ngx_uint_t        i, n;
    ngx_table_elt_t  *h;

    if (ctx->amcf->consoles.nelts == 0) {
        return;
    }

    h = ngx_http_aicost_header(r, "x-aicost-explain",
                               sizeof("X-AICost-Explain") - 1, &n);

    if (h == NULL || n != 1) {
        return;
    }

    ngx_http_aicost_digest(h->value.data, h->value.len, digest);

    known = ctx->amcf->consoles.elts;

    for (i = 0; i < ctx->amcf->consoles.nelts; i++) {
        if (aicost_digest_equal(known + i * AICOST_DIGEST, digest)) {
            ctx->explain = 1;
        }
    }
}


static void
ngx_http_aicost_body_ready(ngx_http_request_t *r)
{
    ngx_int_t               rc;
    ngx_http_aicost_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_aicost_module);

    ngx_http_aicost_head_back(r, ctx);

    rc = ngx_http_aicost_body(r, ctx);

    if (rc != NGX_OK) {
        ngx_http_finalize_request(r, rc);
        return;
    }

    ngx_http_aicost_enter(r, ctx);
}


/* with the endpoint and the body: here a call that is not the client's own
   begins */

void
ngx_http_aicost_enter(ngx_http_request_t *r, ngx_http_aicost_ctx_t *ctx)
{
    ngx_int_t  rc;

    rc = ngx_http_aicost_parse(r, ctx);

    if (rc == NGX_AGAIN) {
        return;
    }

    if (rc != NGX_OK) {
        ngx_http_finalize_request(r, rc);
        return;
    }

    ngx_http_aicost_continue(r, ctx);
}


/* the body as one piece of memory; a spooled one is read back */

static ngx_int_t
ngx_http_aicost_body(ngx_http_request_t *r, ngx_http_aicost_ctx_t *ctx)
{
    off_t         size;
    size_t        len;
    u_char       *p;
    ssize_t       n;
    ngx_buf_t    *b;
    ngx_uint_t    whole;
    ngx_chain_t  *cl;

    if (r->request_body == NULL || r->request_body->bufs == NULL) {
        return ngx_http_aicost_refuse(r, ctx, AICOST_R_EMPTY_BODY, NULL,
                                      "The body is empty.");
    }

    size = 0;
    whole = 1;

    for (cl = r->request_body->bufs; cl; cl = cl->next) {
        size += ngx_buf_size(cl->buf);
        whole &= !cl->buf->in_file
                 && (cl->next == NULL || cl->next->buf->pos == cl->buf->last);
    }

    if (size > (off_t) ctx->alcf->body_max) {
        return ngx_http_aicost_refuse(r, ctx, AICOST_R_REQUEST_TOO_LARGE, NULL,
                                      "The body is over %uz bytes.",
                                      ctx->alcf->body_max);
    }

    if (size == 0) {
        return ngx_http_aicost_refuse(r, ctx, AICOST_R_EMPTY_BODY, NULL,
                                      "The body is empty.");
    }

    ctx->body_len = (size_t) size;

    b = r->request_body->bufs->buf;

    if (whole) {
        ctx->body = b->pos;
        return NGX_OK;
    }

    p = ngx_palloc(r->pool, ctx->body_len);
    if (p == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ctx->body = p;

    for (cl = r->request_body->bufs; cl; cl = cl->next) {
        b = cl->buf;

        if (!b->in_file) {
            p = ngx_cpymem(p, b->pos, b->last - b->pos);
            continue;
        }

        len = (size_t) (b->file_last - b->file_pos);

        n = ngx_read_file(b->file, p, len, b->file_pos);

        if (n < 0 || (size_t) n != len) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        p += len;
    }

    /* the attempts send from memory only */

    r->request_body->temp_file = NULL;

    return NGX_OK;
}


/* strict tape in slices, so that no body holds the event loop.  The worker's
   own tape serves every body that is parsed in one go */

static ngx_int_t
ngx_http_aicost_parse(ngx_http_request_t *r, ngx_http_aicost_ctx_t *ctx)
{
    int                      rc;
    uint32_t                 max;
    ngx_int_t                code;
    ngx_event_t             *ev;
    aicost_json_node_t      *nodes;
    ngx_http_aicost_tape_t  *tape;

    tape = &ctx->amcf->tape;

    if (ctx->json == NULL) {

        if (tape->user == NULL) {
            tape->user = ctx;
            ctx->json = tape->json;
            nodes = tape->nodes;
            max = NGX_HTTP_AICOST_TAPE;

        } else {
            ctx->json = ngx_palloc(r->pool, sizeof(aicost_json_t));

            max = (uint32_t) ngx_min(64 + ctx->body_len / 64,
                                     NGX_HTTP_AICOST_TAPE);
            nodes = ngx_palloc(r->pool, max * sizeof(aicost_json_node_t));

            if (ctx->json == NULL || nodes == NULL) {
                return NGX_HTTP_INTERNAL_SERVER_ERROR;
            }
        }

        aicost_json_init(ctx->json, ctx->body, ctx->body_len, nodes, max);
    }

    for ( ;; ) {
        rc = aicost_json_run(ctx->json, NGX_HTTP_AICOST_SLICE);

        if (rc != AICOST_DECLINED) {
            break;
        }

        max = ngx_min(ctx->json->max * 4, AICOST_MAX_NODES);

        nodes = ngx_palloc(r->pool, max * sizeof(aicost_json_node_t));
        if (nodes == NULL) {
            code = NGX_HTTP_INTERNAL_SERVER_ERROR;
            goto done;
        }

        ngx_memcpy(nodes, ctx->json->nodes,
                   ctx->json->nnodes * sizeof(aicost_json_node_t));

        if (ctx->json->nodes != tape->nodes) {
            ngx_pfree(r->pool, ctx->json->nodes);
        }

        aicost_json_grow(ctx->json, nodes, max);
    }

    if (rc == AICOST_AGAIN) {
        ev = &ctx->timer;

        ev->handler = ngx_http_aicost_parse_event;
        ev->data = ctx;
        ev->log = r->connection->log;

        /* the request waits for this: nothing ends it meanwhile, a client that
           leaves is noticed when the first attempt begins */

        ngx_post_event(ev, &ngx_posted_next_events);

        return NGX_AGAIN;
    }

    if (rc == AICOST_OK) {
        ctx->nnodes = ctx->json->nnodes;
        code = ngx_http_aicost_read(r, ctx);

    } else {
        code = ngx_http_aicost_refuse(r, ctx, ctx->json->reason, NULL,
                                      "The body is not acceptable JSON "
                                      "(byte %uD).", ctx->json->pos);
    }

done:

    if (tape->user == ctx) {
        tape->user = NULL;
    }

    ctx->json = NULL;

    return code;
}


/* tape -> facts */

static ngx_int_t
ngx_http_aicost_read(ngx_http_request_t *r, ngx_http_aicost_ctx_t *ctx)
{
    int            rc;
    aicost_str_t  *model;

    model = ctx->path_model.len ? &ctx->path_model : NULL;

    /* no count would be that of what a reference hides */

    if (ctx->alcf->references && !ngx_http_aicost_counts(ctx)) {
        rc = aicost_request_read_references(&ctx->ask, ctx->endpoint,
                                            ctx->json, model);

    } else {
        rc = aicost_request_read(&ctx->ask, ctx->endpoint, ctx->json, model);
    }

    if (rc != AICOST_OK) {
        if (ctx->ask.param.len) {
            return ngx_http_aicost_refuse(r, ctx, ctx->ask.reason,
                                          (ngx_str_t *) &ctx->ask.param,
                                          "Member \"%V\": %s.",
                                          (ngx_str_t *) &ctx->ask.param,
                                          aicost_reason_word(ctx->ask.reason));
        }

        return ngx_http_aicost_refuse(r, ctx, ctx->ask.reason, NULL,
                                      "The request is not acceptable: %s.",
                                      aicost_reason_word(ctx->ask.reason));
    }

    ctx->asked = 1;

    return NGX_OK;
}


static void
ngx_http_aicost_parse_event(ngx_event_t *ev)
{
    ngx_int_t               rc;
    ngx_connection_t       *c;
    ngx_http_request_t     *r;
    ngx_http_aicost_ctx_t  *ctx;

    ctx = ev->data;
    r = ctx->request;
    c = r->connection;

    ngx_http_set_log_request(c->log, r);

    rc = ngx_http_aicost_parse(r, ctx);

    if (rc == NGX_AGAIN) {
        return;
    }

    if (rc != NGX_OK) {
        ngx_http_finalize_request(r, rc);

    } else {
        ngx_http_aicost_continue(r, ctx);
    }

    ngx_http_run_posted_requests(c);
}


void
ngx_http_aicost_continue(ngx_http_request_t *r, ngx_http_aicost_ctx_t *ctx)
{
    ngx_int_t  rc;

    rc = ngx_http_aicost_run(r, ctx);

    if (rc != NGX_DONE) {
        ngx_http_finalize_request(r, rc);
    }
}


/* from facts to the first attempt */

ngx_int_t
ngx_http_aicost_run(ngx_http_request_t *r, ngx_http_aicost_ctx_t *ctx)
{
    ngx_int_t  rc;

    if (ngx_http_aicost_counts(ctx)) {
        return ngx_http_aicost_count_tokens(r, ctx);
    }

    if (ctx->amcf->before_hook && ctx->sub == NULL && !ctx->before_asked) {

        ctx->before_asked = 1;

        rc = ctx->amcf->before_hook(r, ctx);

        if (rc == NGX_AGAIN) {
            return ngx_http_aicost_pause(r, ctx);
        }

        if (rc != NGX_OK) {
            return rc;
        }
    }

    if (ngx_http_aicost_flush_maps(r) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    rc = ngx_http_aicost_decide(r, ctx);

    if (rc == NGX_AGAIN) {
        return ngx_http_aicost_pause(r, ctx);
    }

    if (rc != NGX_OK) {
        return rc;
    }

    return ngx_http_aicost_call(r, ctx);
}


/* what before_hook let wait goes on */

void
ngx_http_aicost_run_again(ngx_http_request_t *r)
{
    ngx_http_aicost_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_aicost_module);

    ctx->leads = 0;
    r->read_event_handler = ngx_http_block_reading;

    ngx_http_aicost_continue(r, ctx);
}
