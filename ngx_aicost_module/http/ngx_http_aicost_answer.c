
/*
 * Copyright (C) aicost
 *
 * What the gateway itself says: errors, an explanation, CORS, response
 * headers.
 */


#include "ngx_http_aicost_module.h"


static void ngx_http_aicost_log_refusal(ngx_http_request_t *r,
    ngx_http_aicost_ctx_t *ctx);
static ngx_int_t ngx_http_aicost_error_headers(ngx_http_request_t *r,
    ngx_http_aicost_ctx_t *ctx);
static aicost_reason_e ngx_http_aicost_explain_refusal(
    ngx_http_aicost_ctx_t *ctx);
static u_char *ngx_http_aicost_explain_steps(ngx_http_aicost_ctx_t *ctx,
    aicost_ladder_t *ladder, u_char *p, u_char *last);
static u_char *ngx_http_aicost_explain_budgets(ngx_http_aicost_ctx_t *ctx,
    u_char *p, u_char *last);


/*
 * The one way to refuse: notes reason and sentence, returns the status.  The
 * filters render it.
 */

ngx_int_t
ngx_http_aicost_refuse(ngx_http_request_t *r, ngx_http_aicost_ctx_t *ctx,
    aicost_reason_e reason, ngx_str_t *param, const char *fmt, ...)
{
    u_char   *p;
    va_list   args;

    ctx->error = reason;

    ngx_str_null(&ctx->message);
    ngx_str_null(&ctx->param);

    p = ngx_pnalloc(r->pool, 2048);

    if (p) {
        ctx->message.data = p;

        va_start(args, fmt);
        p = ngx_vslprintf(p, p + 2048, fmt, args);
        va_end(args);

        ctx->message.len = p - ctx->message.data;
    }

    if (param) {
        ctx->param = *param;
    }

    ngx_http_aicost_log_refusal(r, ctx);

    /* an SDK reads the error object: no error_page of an outer level instead */

    r->error_page = 1;

    return aicost_reason_status(reason);
}


static void
ngx_http_aicost_log_refusal(ngx_http_request_t *r, ngx_http_aicost_ctx_t *ctx)
{
    ngx_uint_t  level;

    switch (ctx->error) {

    case AICOST_R_UNKNOWN_TIER:
    case AICOST_R_INTERNAL:
    case AICOST_R_STORE_UNAVAILABLE:
    case AICOST_R_ALL_PROVIDERS_FAILED:
    case AICOST_R_UPSTREAM_TIMEOUT:
        level = NGX_LOG_ERR;
        break;

    case AICOST_R_BUDGET_EXCEEDED:
    case AICOST_R_RATE_LIMIT_EXCEEDED:
    case AICOST_R_KILL_SWITCH:
        level = ctx->alcf->log_level;
        break;

    default:
        level = NGX_LOG_INFO;
    }

    /* the sentence may hold a member's name, never its value */

    ngx_log_error(level, r->connection->log, 0,
                  "aicost refused %s, consumer \"%V\": %V",
                  aicost_reason_word(ctx->error), &ctx->consumer,
                  &ctx->message);
}


ngx_int_t
ngx_http_aicost_set_header(ngx_http_request_t *r, const char *name,
    ngx_str_t *value)
{
    ngx_table_elt_t  *h;

    h = ngx_list_push(&r->headers_out.headers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    ngx_memzero(h, sizeof(ngx_table_elt_t));

    h->hash = 1;
    h->key.data = (u_char *) name;
    h->key.len = ngx_strlen(name);
    h->value = *value;

    return NGX_OK;
}


static ngx_int_t
ngx_http_aicost_set_text(ngx_http_request_t *r, const char *name,
    const char *text)
{
    ngx_str_t  s;

    s.data = (u_char *) text;
    s.len = ngx_strlen(text);

    return ngx_http_aicost_set_header(r, name, &s);
}


/* replaces nginx's page: status, type, length, our headers */

ngx_int_t
ngx_http_aicost_error_header(ngx_http_request_t *r,
    ngx_http_aicost_ctx_t *ctx)
{
    aicost_out_t  o;
    aicost_str_t  message, param;

    ctx->held = ngx_palloc(r->pool, AICOST_ANSWER_MAX);
    if (ctx->held == NULL) {
        return NGX_ERROR;
    }

    message.data = ctx->message.data;
    message.len = ctx->message.len;
    param.data = ctx->param.data;
    param.len = ctx->param.len;

    if (ctx->api && ctx->api != &aicost_api_openai) {
        ngx_memzero(&o, sizeof(aicost_out_t));
        o.data = ctx->held;
        o.size = AICOST_ANSWER_MAX;

        ctx->api->tell_error(ctx->error, &message, &param, &o);
        ctx->held_len = o.len;

    } else {
        ctx->held_len = aicost_answer_error(ctx->held, ctx->error, &message,
                                            &param);
    }

    ngx_http_clear_content_length(r);
    ngx_http_clear_accept_ranges(r);
    ngx_http_clear_last_modified(r);
    ngx_http_clear_etag(r);

    r->headers_out.status = aicost_reason_status(ctx->error);
    r->headers_out.status_line.len = 0;
    r->headers_out.content_length_n = ctx->held_len;

    ngx_str_set(&r->headers_out.content_type, "application/json");
    r->headers_out.content_type_len = r->headers_out.content_type.len;
    r->headers_out.content_type_lowcase = NULL;
    ngx_str_null(&r->headers_out.charset);

    return ngx_http_aicost_error_headers(r, ctx);
}


static ngx_int_t
ngx_http_aicost_error_headers(ngx_http_request_t *r,
    ngx_http_aicost_ctx_t *ctx)
{
    u_char     *p;
    int64_t     s;
    ngx_str_t   value, id;

    id.data = ctx->id;
    id.len = sizeof(ctx->id);

    if (ngx_http_aicost_set_header(r, "X-AICost-Request-Id", &id) != NGX_OK
        || ngx_http_aicost_set_text(r, "X-AICost-Reason",
                                    aicost_reason_word(ctx->error)) != NGX_OK
        || ngx_http_aicost_cors(r, ctx->alcf) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (ctx->allow.len
        && ngx_http_aicost_set_header(r, "Allow", &ctx->allow) != NGX_OK)
    {
        return NGX_ERROR;
    }

    switch (ctx->error) {

    case AICOST_R_BUDGET_EXCEEDED:
        return ngx_http_aicost_set_text(r, "x-should-retry", "false");

    case AICOST_R_RATE_LIMIT_EXCEEDED:
    case AICOST_R_STORE_UNAVAILABLE:

        if (ctx->retry < 0) {
            return ngx_http_aicost_set_text(r, "x-should-retry", "false");
        }

        s = (ctx->retry + 999) / 1000;
        s = ngx_max(s, 1);

        p = ngx_pnalloc(r->pool, NGX_INT64_LEN);
        if (p == NULL) {
            return NGX_ERROR;
        }

        value.data = p;
        value.len = ngx_sprintf(p, "%L", s) - p;

        if (ngx_http_aicost_set_header(r, "Retry-After", &value) != NGX_OK) {
            return NGX_ERROR;
        }

        if (s > 60) {
            return ngx_http_aicost_set_text(r, "x-should-retry", "false");
        }

        return NGX_OK;

    default:
        return NGX_OK;
    }
}


ngx_buf_t *
ngx_http_aicost_error_body(ngx_http_request_t *r, ngx_http_aicost_ctx_t *ctx)
{
    ngx_buf_t  *b;

    b = ngx_calloc_buf(r->pool);
    if (b == NULL) {
        return NULL;
    }

    b->pos = ctx->held;
    b->last = ctx->held + ctx->held_len;
    b->memory = 1;
    b->last_buf = 1;
    b->last_in_chain = 1;

    return b;
}


ngx_str_t *
ngx_http_aicost_tier_name(ngx_http_aicost_ctx_t *ctx)
{
    aicost_tier_t     *tiers;
    static ngx_str_t   none = ngx_null_string;

    if (ctx->tier == AICOST_NO_TIER) {
        return &none;
    }

    tiers = ctx->amcf->tiers.elts;

    return (ngx_str_t *) &tiers[ctx->tier].name;
}


/* "0.000123 EUR" */

static u_char *
ngx_http_aicost_amount(ngx_http_aicost_ctx_t *ctx, u_char *p, int64_t nano)
{
    p = ngx_http_aicost_money(p, nano);
    *p++ = ' ';

    return ngx_cpymem(p, ctx->amcf->currency, 3);
}


/* the headers of an answer that passes */

ngx_int_t
ngx_http_aicost_response_headers(ngx_http_request_t *r,
    ngx_http_aicost_ctx_t *ctx)
{
    u_char     *p;
    ngx_str_t   s, *tier;

    s.data = ctx->id;
    s.len = sizeof(ctx->id);

    if (ngx_http_aicost_set_header(r, "X-AICost-Request-Id", &s) != NGX_OK) {
        return NGX_ERROR;
    }

    tier = ngx_http_aicost_tier_name(ctx);

    if (tier->len
        && ngx_http_aicost_set_header(r, "X-AICost-Tier", tier) != NGX_OK)
    {
        return NGX_ERROR;
    }

    s.data = ctx->calls[ctx->current].model->name.data;
    s.len = ctx->calls[ctx->current].model->name.len;

    if (ngx_http_aicost_set_header(r, "X-AICost-Model", &s) != NGX_OK) {
        return NGX_ERROR;
    }

    if (ctx->dropped_members.len
        && ngx_http_aicost_set_header(r, "X-AICost-Dropped",
                                      &ctx->dropped_members) != NGX_OK)
    {
        return NGX_ERROR;
    }

    p = ngx_pnalloc(r->pool, 192);
    if (p == NULL) {
        return NGX_ERROR;
    }

    s.data = p;
    p = ngx_http_aicost_reason_text(ctx, p, p + 192);
    s.len = p - s.data;

    if (ngx_http_aicost_set_header(r, "X-AICost-Reason", &s) != NGX_OK) {
        return NGX_ERROR;
    }

    if (ctx->left >= 0) {
        p = ngx_pnalloc(r->pool, 40);
        if (p == NULL) {
            return NGX_ERROR;
        }

        s.data = p;
        s.len = ngx_http_aicost_amount(ctx, p, ctx->left) - p;

        if (ngx_http_aicost_set_header(r, "X-AICost-Budget-Left", &s)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    if (ctx->done && !ctx->stream) {
        p = ngx_pnalloc(r->pool, 40);
        if (p == NULL) {
            return NGX_ERROR;
        }

        s.data = p;
        s.len = ngx_http_aicost_amount(ctx, p, ctx->cost) - p;

        if (ngx_http_aicost_set_header(r, "X-AICost-Cost", &s) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return ngx_http_aicost_cors(r, ctx->alcf);
}


/* "policy", "downgrade_mark, capped, failover", "budget_exceeded_dry_run" */

u_char *
ngx_http_aicost_reason_text(ngx_http_aicost_ctx_t *ctx, u_char *p,
    u_char *last)
{
    size_t       len;
    const char  *word;

    word = aicost_reason_word(ctx->error ? ctx->error : ctx->reason);
    len = ngx_strlen(word);
    p = ngx_cpymem(p, word, ngx_min(len, (size_t) (last - p)));

    if (ctx->error) {
        return p;
    }

    if (ctx->capped) {
        p = ngx_slprintf(p, last, ", %s", aicost_reason_word(AICOST_R_CAPPED));
    }

    if (ctx->current && ctx->answered) {
        p = ngx_slprintf(p, last, ", %s",
                         aicost_reason_word(AICOST_R_FAILOVER));
    }

    if (ctx->dry) {
        p = ngx_slprintf(p, last, ", %s_dry_run",
                         aicost_reason_word(ctx->would));
    }

    return p;
}


u_char *
ngx_http_aicost_money(u_char *p, int64_t nano)
{
    return aicost_decimal_format(p, nano, 9, 2);
}


/* --- CORS ---------------------------------------------------------------- */

static ngx_str_t *
ngx_http_aicost_origin(ngx_http_request_t *r,
    ngx_http_aicost_loc_conf_t *alcf)
{
    ngx_str_t        *origin;
    ngx_uint_t        i, n;
    ngx_table_elt_t  *h;

    if (alcf->cors == NULL) {
        return NULL;
    }

    h = ngx_http_aicost_header(r, "origin", sizeof("Origin") - 1, &n);

    if (h == NULL || n != 1) {
        return NULL;
    }

    origin = alcf->cors->elts;

    for (i = 0; i < alcf->cors->nelts; i++) {
        if (origin[i].len == 1 && origin[i].data[0] == '*') {
            return &origin[i];
        }

        if (origin[i].len == h->value.len
            && ngx_strncasecmp(origin[i].data, h->value.data, h->value.len)
               == 0)
        {
            return &h->value;
        }
    }

    return NULL;
}


ngx_int_t
ngx_http_aicost_cors(ngx_http_request_t *r, ngx_http_aicost_loc_conf_t *alcf)
{
    ngx_str_t  *origin;

    if (alcf->cors == NULL) {
        return NGX_OK;
    }

    if (ngx_http_aicost_set_text(r, "Vary", "Origin") != NGX_OK) {
        return NGX_ERROR;
    }

    origin = ngx_http_aicost_origin(r, alcf);

    if (origin == NULL) {
        return NGX_OK;
    }

    if (ngx_http_aicost_set_header(r, "Access-Control-Allow-Origin", origin)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_http_aicost_set_text(r, "Access-Control-Expose-Headers",
                                    "X-AICost-Request-Id, X-AICost-Tier, "
                                    "X-AICost-Model, X-AICost-Reason, "
                                    "X-AICost-Budget-Left, X-AICost-Cost, "
                                    "X-AICost-Dropped, "
                                    "Retry-After");
}


ngx_int_t
ngx_http_aicost_preflight(ngx_http_request_t *r,
    ngx_http_aicost_loc_conf_t *alcf)
{
    ngx_int_t  rc;

    rc = ngx_http_discard_request_body(r);

    if (rc != NGX_OK) {
        return rc;
    }

    if (ngx_http_aicost_cors(r, alcf) != NGX_OK
        || ngx_http_aicost_set_text(r, "Access-Control-Allow-Methods",
                                    "GET, POST, OPTIONS") != NGX_OK
        || ngx_http_aicost_set_text(r, "Access-Control-Allow-Headers",
                                    "Authorization, Content-Type, x-api-key, "
                                    "api-key, x-goog-api-key, "
                                    "x-goog-api-client, anthropic-version, "
                                    "anthropic-beta, OpenAI-Beta, "
                                    "anthropic-dangerous-direct-browser-"
                                    "access, X-AICost-Session, "
                                    "X-Stainless-Arch, X-Stainless-Lang, "
                                    "X-Stainless-OS, "
                                    "X-Stainless-Package-Version, "
                                    "X-Stainless-Retry-Count, "
                                    "X-Stainless-Runtime, "
                                    "X-Stainless-Runtime-Version, "
                                    "X-Stainless-Timeout") != NGX_OK
        || ngx_http_aicost_set_text(r, "Access-Control-Max-Age", "86400")
           != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    r->headers_out.status = NGX_HTTP_NO_CONTENT;
    r->header_only = 1;

    return ngx_http_send_header(r);
}


/* --- JSON answers -------------------------------------------------------- */

u_char *
ngx_http_aicost_quoted(u_char *p, u_char *last, ngx_str_t *s)
{
    if (p >= last - 2) {
        return p;
    }

    *p++ = '"';
    p = aicost_json_escape(p, last - 1, s->data, s->len);
    *p++ = '"';

    return p;
}


ngx_int_t
ngx_http_aicost_send_json(ngx_http_request_t *r, ngx_uint_t status,
    u_char *data, size_t len)
{
    ngx_int_t     rc;
    ngx_buf_t    *b;
    ngx_chain_t   out;

    r->headers_out.status = status;
    r->headers_out.content_length_n = len;

    ngx_str_set(&r->headers_out.content_type, "application/json");
    r->headers_out.content_type_len = r->headers_out.content_type.len;
    r->headers_out.content_type_lowcase = NULL;

    rc = ngx_http_send_header(r);

    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        return rc;
    }

    b = ngx_calloc_buf(r->pool);
    if (b == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    b->pos = data;
    b->last = data + len;
    b->memory = 1;
    b->last_buf = 1;
    b->last_in_chain = 1;

    out.buf = b;
    out.next = NULL;

    return ngx_http_output_filter(r, &out);
}


/* the decision as the worker would take it; nothing is sent or reserved */

ngx_int_t
ngx_http_aicost_explain(ngx_http_request_t *r, ngx_http_aicost_ctx_t *ctx,
    aicost_ladder_t *ladder)
{
    u_char           *p, *last, *start, money[32];
    int64_t           want;
    uint32_t          step;
    ngx_str_t         s, *tier, *model;
    aicost_ask_t     *ask;
    aicost_reason_e   reason;

    start = ngx_pnalloc(r->pool, 32768);
    if (start == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    last = start + 32768;

    step = ctx->granted.step;
    ask = ctx->reserve->ask[step];
    want = ask[AICOST_UNIT_MONEY].want;
    reason = ngx_http_aicost_explain_refusal(ctx);

    if (ctx->granted.answer > 0) {
        want = ctx->granted.amount[AICOST_UNIT_MONEY];
        reason = ctx->granted.marked ? AICOST_R_DOWNGRADE_MARK
                                     : ladder->steps[step].reason;
    }

    ctx->tier = ladder->steps[step].tier;
    tier = ngx_http_aicost_tier_name(ctx);
    model = (ngx_str_t *) &ladder->steps[step].chain[0].model->name;

    p = ngx_slprintf(start, last, "{\"tier\":");
    p = ngx_http_aicost_quoted(p, last, tier);
    p = ngx_slprintf(p, last, ",\"model\":");
    p = ngx_http_aicost_quoted(p, last, model);

    s.data = model->data;
    s.len = model->len - ladder->steps[step].chain[0].model->model.len - 1;

    p = ngx_slprintf(p, last, ",\"provider\":");
    p = ngx_http_aicost_quoted(p, last, &s);

    s.data = money;
    s.len = ngx_http_aicost_money(money, want) - money;

    p = ngx_slprintf(p, last, ",\"allowed\":%s,\"reason\":\"%s\","
                     "\"tokens_estimated\":%L,"
                     "\"tokens_upper\":%L,\"cost_reserved\":%V,",
                     ctx->granted.answer > 0 || ctx->alcf->dry_run
                     ? "true" : "false", aicost_reason_word(reason),
                     ctx->tokens,
                     ctx->tokens_upper, &s);

    s.len = ngx_http_aicost_money(money, ask[AICOST_UNIT_MONEY].upper) - money;

    p = ngx_slprintf(p, last, "\"cost_upper\":%V,\"currency\":\"%s\",",
                     &s, ctx->amcf->currency);

    p = ngx_http_aicost_explain_steps(ctx, ladder, p, last);
    p = ngx_http_aicost_explain_budgets(ctx, p, last);
    p = ngx_slprintf(p, last, "}");

    return ngx_http_aicost_send_json(r, NGX_HTTP_OK, start, p - start);
}


static aicost_reason_e
ngx_http_aicost_explain_refusal(ngx_http_aicost_ctx_t *ctx)
{
    switch (ctx->granted.answer) {

    case AICOST_NO_BUDGET:
        return ctx->reserve->claims[ctx->granted.index].unit
               == AICOST_UNIT_TOKENS ? AICOST_R_RATE_LIMIT_EXCEEDED
                                     : AICOST_R_BUDGET_EXCEEDED;

    case AICOST_NO_RATE:
        return AICOST_R_RATE_LIMIT_EXCEEDED;

    case AICOST_KILLED:
        return AICOST_R_KILL_SWITCH;

    default:
        return AICOST_R_STORE_UNAVAILABLE;
    }
}


static u_char *
ngx_http_aicost_explain_steps(ngx_http_aicost_ctx_t *ctx,
    aicost_ladder_t *ladder, u_char *p, u_char *last)
{
    uint32_t        i, k;
    aicost_step_t  *step;

    p = ngx_slprintf(p, last, "\"steps\":[");

    for (i = 0; i < ladder->n; i++) {
        step = &ladder->steps[i];
        ctx->tier = step->tier;

        p = ngx_slprintf(p, last, "%s{\"tier\":", i ? "," : "");
        p = ngx_http_aicost_quoted(p, last, ngx_http_aicost_tier_name(ctx));
        p = ngx_slprintf(p, last, ",\"reason\":\"%s\",\"candidates\":[",
                         aicost_reason_word(step->reason));

        for (k = 0; k < step->n; k++) {
            p = ngx_slprintf(p, last, "%s", k ? "," : "");
            p = ngx_http_aicost_quoted(p, last,
                               (ngx_str_t *) &step->chain[k].model->name);
        }

        p = ngx_slprintf(p, last, "]}");
    }

    return ngx_slprintf(p, last, "],");
}


static u_char *
ngx_http_aicost_explain_budgets(ngx_http_aicost_ctx_t *ctx, u_char *p,
    u_char *last)
{
    u_char             money[32];
    int64_t            used;
    uint32_t           i;
    ngx_str_t          s;
    aicost_claim_t    *c;
    aicost_store_t    *store;
    aicost_balance_t   b;

    store = &ctx->amcf->store;

    p = ngx_slprintf(p, last, "\"budgets\":[");

    for (i = 0; i < ctx->reserve->nclaims; i++) {
        c = &ctx->reserve->claims[i];
        used = 0;

        if (store->ops->balance(store, c->id, &b) == AICOST_OK) {
            used = b.settled + b.reserved;
        }

        p = ngx_slprintf(p, last, "%s{\"name\":", i ? "," : "");
        p = ngx_http_aicost_quoted(p, last, &ctx->claims[i]->name);

        if (c->unit == AICOST_UNIT_TOKENS) {
            p = ngx_slprintf(p, last, ",\"unit\":\"tokens\",\"limit\":%L,"
                             "\"used\":%L,\"left\":%L}", c->limit, used,
                             ngx_max(c->limit - used, 0));
            continue;
        }

        s.data = money;
        s.len = ngx_http_aicost_money(money, c->limit) - money;
        p = ngx_slprintf(p, last, ",\"unit\":\"%s\",\"limit\":%V,",
                         ctx->amcf->currency, &s);

        s.len = ngx_http_aicost_money(money, used) - money;
        p = ngx_slprintf(p, last, "\"used\":%V,", &s);

        s.len = ngx_http_aicost_money(money, ngx_max(c->limit - used, 0))
                - money;
        p = ngx_slprintf(p, last, "\"left\":%V}", &s);
    }

    return ngx_slprintf(p, last, "]");
}
