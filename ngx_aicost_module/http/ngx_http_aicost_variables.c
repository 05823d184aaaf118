
/*
 * Copyright (C) aicost
 *
 * Variables, and the log phase that closes a request's account.
 */


#include "ngx_http_aicost_module.h"


typedef struct {
    ngx_str_t                     name;
    ngx_http_get_variable_pt      get;
    uintptr_t                     data;
} ngx_http_aicost_variable_t;


enum {
    NGX_HTTP_AICOST_V_CONSUMER = 0,
    NGX_HTTP_AICOST_V_USE_CASE,
    NGX_HTTP_AICOST_V_USER,
    NGX_HTTP_AICOST_V_SESSION,
    NGX_HTTP_AICOST_V_CRITICAL,
    NGX_HTTP_AICOST_V_NET,
    NGX_HTTP_AICOST_V_REQUEST_ID,

    NGX_HTTP_AICOST_V_BODY,      /* known once the body is read */
    NGX_HTTP_AICOST_V_REQUESTED_MODEL = NGX_HTTP_AICOST_V_BODY,
    NGX_HTTP_AICOST_V_TOKENS_ESTIMATED,
    NGX_HTTP_AICOST_V_STREAM,
    NGX_HTTP_AICOST_V_TOOLS,
    NGX_HTTP_AICOST_V_IMAGES,

    NGX_HTTP_AICOST_V_AFTER,     /* known after the decision */
    NGX_HTTP_AICOST_V_TIER = NGX_HTTP_AICOST_V_AFTER,
    NGX_HTTP_AICOST_V_MODEL,
    NGX_HTTP_AICOST_V_PROVIDER,
    NGX_HTTP_AICOST_V_SERVICE_TIER,
    NGX_HTTP_AICOST_V_ATTEMPTS,
    NGX_HTTP_AICOST_V_TOKENS_IN,
    NGX_HTTP_AICOST_V_TOKENS_CACHED,
    NGX_HTTP_AICOST_V_TOKENS_OUT,
    NGX_HTTP_AICOST_V_COST,
    NGX_HTTP_AICOST_V_COST_RESERVED,
    NGX_HTTP_AICOST_V_SAVED,
    NGX_HTTP_AICOST_V_BUDGET_LEFT,
    NGX_HTTP_AICOST_V_TTFT,
    NGX_HTTP_AICOST_V_REASON,
    NGX_HTTP_AICOST_V_SETTLED
};


static ngx_int_t ngx_http_aicost_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static void ngx_http_aicost_from_headers(ngx_http_aicost_ctx_t *ctx,
    uintptr_t data, ngx_str_t *s);
static ngx_int_t ngx_http_aicost_from_body(ngx_http_request_t *r,
    ngx_http_aicost_ctx_t *ctx, uintptr_t data, ngx_str_t *s);
static ngx_int_t ngx_http_aicost_after(ngx_http_request_t *r,
    ngx_http_aicost_ctx_t *ctx, uintptr_t data, ngx_str_t *s);
static ngx_int_t ngx_http_aicost_attempts(ngx_http_request_t *r,
    ngx_http_aicost_ctx_t *ctx, ngx_str_t *s);
static ngx_int_t ngx_http_aicost_tag(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);


static ngx_http_aicost_variable_t  ngx_http_aicost_vars[] = {

    { ngx_string("aicost_consumer"), ngx_http_aicost_variable,
      NGX_HTTP_AICOST_V_CONSUMER },

    { ngx_string("aicost_use_case"), ngx_http_aicost_variable,
      NGX_HTTP_AICOST_V_USE_CASE },

    { ngx_string("aicost_user"), ngx_http_aicost_variable,
      NGX_HTTP_AICOST_V_USER },

    { ngx_string("aicost_session"), ngx_http_aicost_variable,
      NGX_HTTP_AICOST_V_SESSION },

    { ngx_string("aicost_critical"), ngx_http_aicost_variable,
      NGX_HTTP_AICOST_V_CRITICAL },

    { ngx_string("aicost_net"), ngx_http_aicost_variable,
      NGX_HTTP_AICOST_V_NET },

    { ngx_string("aicost_request_id"), ngx_http_aicost_variable,
      NGX_HTTP_AICOST_V_REQUEST_ID },

    { ngx_string("aicost_requested_model"), ngx_http_aicost_variable,
      NGX_HTTP_AICOST_V_REQUESTED_MODEL },

    { ngx_string("aicost_tokens_estimated"), ngx_http_aicost_variable,
      NGX_HTTP_AICOST_V_TOKENS_ESTIMATED },

    { ngx_string("aicost_stream"), ngx_http_aicost_variable,
      NGX_HTTP_AICOST_V_STREAM },

    { ngx_string("aicost_tools"), ngx_http_aicost_variable,
      NGX_HTTP_AICOST_V_TOOLS },

    { ngx_string("aicost_images"), ngx_http_aicost_variable,
      NGX_HTTP_AICOST_V_IMAGES },

    { ngx_string("aicost_tier"), ngx_http_aicost_variable,
      NGX_HTTP_AICOST_V_TIER },

    { ngx_string("aicost_model"), ngx_http_aicost_variable,
      NGX_HTTP_AICOST_V_MODEL },

    { ngx_string("aicost_provider"), ngx_http_aicost_variable,
      NGX_HTTP_AICOST_V_PROVIDER },

    { ngx_string("aicost_service_tier"), ngx_http_aicost_variable,
      NGX_HTTP_AICOST_V_SERVICE_TIER },

    { ngx_string("aicost_attempts"), ngx_http_aicost_variable,
      NGX_HTTP_AICOST_V_ATTEMPTS },

    { ngx_string("aicost_tokens_in"), ngx_http_aicost_variable,
      NGX_HTTP_AICOST_V_TOKENS_IN },

    { ngx_string("aicost_tokens_cached"), ngx_http_aicost_variable,
      NGX_HTTP_AICOST_V_TOKENS_CACHED },

    { ngx_string("aicost_tokens_out"), ngx_http_aicost_variable,
      NGX_HTTP_AICOST_V_TOKENS_OUT },

    { ngx_string("aicost_cost"), ngx_http_aicost_variable,
      NGX_HTTP_AICOST_V_COST },

    { ngx_string("aicost_cost_reserved"), ngx_http_aicost_variable,
      NGX_HTTP_AICOST_V_COST_RESERVED },

    { ngx_string("aicost_saved"), ngx_http_aicost_variable,
      NGX_HTTP_AICOST_V_SAVED },

    { ngx_string("aicost_budget_left"), ngx_http_aicost_variable,
      NGX_HTTP_AICOST_V_BUDGET_LEFT },

    { ngx_string("aicost_ttft"), ngx_http_aicost_variable,
      NGX_HTTP_AICOST_V_TTFT },

    { ngx_string("aicost_reason"), ngx_http_aicost_variable,
      NGX_HTTP_AICOST_V_REASON },

    { ngx_string("aicost_settled"), ngx_http_aicost_variable,
      NGX_HTTP_AICOST_V_SETTLED },

    { ngx_string("aicost_tag_"), ngx_http_aicost_tag, 0 },

    { ngx_null_string, NULL, 0 }
};


ngx_int_t
ngx_http_aicost_add_variables(ngx_conf_t *cf)
{
    ngx_uint_t                   flags;
    ngx_http_variable_t         *var;
    ngx_http_aicost_variable_t  *v;

    for (v = ngx_http_aicost_vars; v->name.len; v++) {

        flags = NGX_HTTP_VAR_NOCACHEABLE;

        if (v->get == ngx_http_aicost_tag) {
            flags |= NGX_HTTP_VAR_PREFIX;
        }

        var = ngx_http_add_variable(cf, &v->name, flags);
        if (var == NULL) {
            return NGX_ERROR;
        }

        var->get_handler = v->get;
        var->data = v->data;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_aicost_variable(ngx_http_request_t *r, ngx_http_variable_value_t *v,
    uintptr_t data)
{
    ngx_int_t               rc;
    ngx_str_t               s;
    ngx_http_aicost_ctx_t  *ctx;

    ctx = ngx_http_aicost_get_ctx(r);

    if (ctx == NULL) {
        v->not_found = 1;
        return NGX_OK;
    }

    ngx_str_null(&s);
    rc = NGX_OK;

    if (data < NGX_HTTP_AICOST_V_BODY) {
        ngx_http_aicost_from_headers(ctx, data, &s);

    } else if (data < NGX_HTTP_AICOST_V_AFTER) {
        rc = ngx_http_aicost_from_body(r, ctx, data, &s);

    } else {
        rc = ngx_http_aicost_after(r, ctx, data, &s);
    }

    if (rc != NGX_OK) {
        return NGX_ERROR;
    }

    v->valid = 1;
    v->no_cacheable = 1;
    v->not_found = 0;
    v->data = s.data;
    v->len = s.len;

    return NGX_OK;
}


static void
ngx_http_aicost_from_headers(ngx_http_aicost_ctx_t *ctx, uintptr_t data,
    ngx_str_t *s)
{
    if (data == NGX_HTTP_AICOST_V_REQUEST_ID) {
        s->data = ctx->id;
        s->len = sizeof(ctx->id);
        return;
    }

    ngx_http_aicost_who(ctx->request, ctx);

    switch (data) {

    case NGX_HTTP_AICOST_V_CONSUMER:
        *s = ctx->consumer;
        return;

    case NGX_HTTP_AICOST_V_USE_CASE:
        *s = ctx->use_case;
        return;

    case NGX_HTTP_AICOST_V_USER:
        *s = ctx->user;
        return;

    case NGX_HTTP_AICOST_V_SESSION:
        if (ctx->asked) {
            ngx_http_aicost_derive_session(ctx->request, ctx);
        }

        *s = ctx->session;
        return;

    case NGX_HTTP_AICOST_V_NET:
        *s = ctx->net;
        return;

    default: /* NGX_HTTP_AICOST_V_CRITICAL */
        s->data = (u_char *) (ctx->critical ? "1" : "0");
        s->len = 1;
    }
}


static ngx_int_t
ngx_http_aicost_number(ngx_http_request_t *r, ngx_str_t *s, int64_t n)
{
    s->data = ngx_pnalloc(r->pool, NGX_INT64_LEN);
    if (s->data == NULL) {
        return NGX_ERROR;
    }

    s->len = ngx_sprintf(s->data, "%L", n) - s->data;

    return NGX_OK;
}


static ngx_int_t
ngx_http_aicost_decimal(ngx_http_request_t *r, ngx_str_t *s, int64_t nano)
{
    s->data = ngx_pnalloc(r->pool, 32);
    if (s->data == NULL) {
        return NGX_ERROR;
    }

    s->len = ngx_http_aicost_money(s->data, nano) - s->data;

    return NGX_OK;
}


static ngx_int_t
ngx_http_aicost_from_body(ngx_http_request_t *r, ngx_http_aicost_ctx_t *ctx,
    uintptr_t data, ngx_str_t *s)
{
    if (!ctx->asked) {

        if (r->request_body == NULL && ctx->error == AICOST_R_OK
            && ctx->alcf->pass)
        {
            ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                          "a variable of the AI request is read before its "
                          "body: it is empty outside aicost directives");
        }

        if (data == NGX_HTTP_AICOST_V_REQUESTED_MODEL) {
            return NGX_OK;
        }

        ngx_str_set(s, "0");
        return NGX_OK;
    }

    switch (data) {

    case NGX_HTTP_AICOST_V_REQUESTED_MODEL:
        s->data = ctx->ask.model.data;
        s->len = ctx->ask.model.len;
        return NGX_OK;

    case NGX_HTTP_AICOST_V_TOKENS_ESTIMATED:
        if (ctx->tokens == 0) {
            aicost_token_model_t  tm;

            ngx_memzero(&tm, sizeof(aicost_token_model_t));
            ctx->tokens = aicost_tokens_estimate(&ctx->ask.text, &tm);
        }

        return ngx_http_aicost_number(r, s, ctx->tokens);

    case NGX_HTTP_AICOST_V_STREAM:
        s->data = (u_char *) (ctx->ask.stream ? "1" : "0");
        s->len = 1;
        return NGX_OK;

    case NGX_HTTP_AICOST_V_TOOLS:
        return ngx_http_aicost_number(r, s, ctx->ask.text.tools);

    default: /* NGX_HTTP_AICOST_V_IMAGES */
        return ngx_http_aicost_number(r, s, ctx->ask.text.images);
    }
}


static ngx_int_t
ngx_http_aicost_after(ngx_http_request_t *r, ngx_http_aicost_ctx_t *ctx,
    uintptr_t data, ngx_str_t *s)
{
    u_char          *p;
    aicost_model_t  *m;

    m = NULL;

    if (ctx->ncalls) {
        m = (aicost_model_t *)
             ctx->calls[ngx_min(ctx->current, ctx->ncalls - 1)].model;
    }

    switch (data) {

    case NGX_HTTP_AICOST_V_TIER:
        *s = *ngx_http_aicost_tier_name(ctx);
        return NGX_OK;

    case NGX_HTTP_AICOST_V_MODEL:
        if (m) {
            s->data = m->name.data;
            s->len = m->name.len;
        }

        return NGX_OK;

    case NGX_HTTP_AICOST_V_PROVIDER:
        if (m) {
            s->data = m->name.data;
            s->len = m->name.len - m->model.len - 1;
        }

        return NGX_OK;

    case NGX_HTTP_AICOST_V_SERVICE_TIER:
        s->data = (u_char *) aicost_service_name(ctx->usage.service
                                                 ? ctx->usage.service
                                                 : ctx->ask.service);
        s->len = ngx_strlen(s->data);
        return NGX_OK;

    case NGX_HTTP_AICOST_V_ATTEMPTS:
        return ngx_http_aicost_attempts(r, ctx, s);

    case NGX_HTTP_AICOST_V_TOKENS_IN:
        return ngx_http_aicost_number(r, s, ctx->usage.input
                                      + ctx->usage.cached
                                      + ctx->usage.cache_write
                                      + ctx->usage.cache_write_1h);

    case NGX_HTTP_AICOST_V_TOKENS_CACHED:
        return ngx_http_aicost_number(r, s, ctx->usage.cached);

    case NGX_HTTP_AICOST_V_TOKENS_OUT:
        return ngx_http_aicost_number(r, s, ctx->usage.output);

    case NGX_HTTP_AICOST_V_COST:
        return ngx_http_aicost_decimal(r, s, ctx->cost);

    case NGX_HTTP_AICOST_V_COST_RESERVED:
        return ngx_http_aicost_decimal(r, s, ctx->reserved
                            ? ctx->granted.amount[AICOST_UNIT_MONEY] : 0);

    case NGX_HTTP_AICOST_V_SAVED:
        return ngx_http_aicost_decimal(r, s, ctx->saved);

    case NGX_HTTP_AICOST_V_BUDGET_LEFT:
        return ngx_http_aicost_decimal(r, s, ngx_max(ctx->left, 0));

    case NGX_HTTP_AICOST_V_TTFT:
        s->data = ngx_pnalloc(r->pool, NGX_TIME_T_LEN + 4);
        if (s->data == NULL) {
            return NGX_ERROR;
        }

        s->len = ngx_sprintf(s->data, "%T.%03M", (time_t) ctx->first / 1000,
                             ctx->first % 1000) - s->data;
        return NGX_OK;

    case NGX_HTTP_AICOST_V_SETTLED:
        if (ctx->done) {
            s->data = (u_char *) aicost_reason_word(ctx->settled);
            s->len = ngx_strlen(s->data);
        }

        return NGX_OK;

    default: /* NGX_HTTP_AICOST_V_REASON */

        if (ctx->error == AICOST_R_OK && ctx->ncalls == 0) {
            return NGX_OK;
        }

        p = ngx_pnalloc(r->pool, 192);
        if (p == NULL) {
            return NGX_ERROR;
        }

        s->data = p;
        s->len = ngx_http_aicost_reason_text(ctx, p, p + 192) - p;
        return NGX_OK;
    }
}


/* "openai/gpt-6-luna rate_limited (429), anthropic/x ok (200)" */

static ngx_int_t
ngx_http_aicost_attempts(ngx_http_request_t *r, ngx_http_aicost_ctx_t *ctx,
    ngx_str_t *s)
{
    size_t                      size;
    u_char                     *p;
    uint32_t                    i;
    ngx_http_aicost_attempt_t  *a;

    size = 1;

    for (i = 0; i < ctx->nattempts; i++) {
        size += ctx->attempts[i].model.len + 64;
    }

    p = ngx_pnalloc(r->pool, size);
    if (p == NULL) {
        return NGX_ERROR;
    }

    s->data = p;

    for (i = 0; i < ctx->nattempts; i++) {
        a = &ctx->attempts[i];

        p = ngx_sprintf(p, "%s%V %s", i ? ", " : "", &a->model,
                        aicost_reason_word(a->reason));

        if (a->status) {
            p = ngx_sprintf(p, " (%ui)", a->status);
        }
    }

    s->len = p - s->data;

    return NGX_OK;
}


static ngx_int_t
ngx_http_aicost_tag(ngx_http_request_t *r, ngx_http_variable_value_t *v,
    uintptr_t data)
{
    ngx_str_t              *name = (ngx_str_t *) data;

    size_t                  len;
    u_char                 *p;
    uint32_t                i;
    ngx_http_aicost_ctx_t  *ctx;

    v->not_found = 1;

    ctx = ngx_http_aicost_get_ctx(r);

    if (ctx == NULL) {
        return NGX_OK;
    }

    ngx_http_aicost_who(r, ctx);

    if (ctx->who == NULL) {
        return NGX_OK;
    }

    p = name->data + sizeof("aicost_tag_") - 1;
    len = name->len - (sizeof("aicost_tag_") - 1);

    for (i = 0; i < ctx->who->ntags; i++) {
        if (ctx->who->tags[i].name.len == len
            && ngx_memcmp(ctx->who->tags[i].name.data, p, len) == 0)
        {
            v->valid = 1;
            v->no_cacheable = 0;
            v->not_found = 0;
            v->len = ctx->who->tags[i].value.len;
            v->data = ctx->who->tags[i].value.data;
            break;
        }
    }

    return NGX_OK;
}


/* --- the end ------------------------------------------------------------- */

ngx_int_t
ngx_http_aicost_log_handler(ngx_http_request_t *r)
{
    ngx_str_t                   none, *tier, model;
    ngx_time_t                 *tp;
    ngx_msec_int_t              ms;
    ngx_http_aicost_ctx_t      *ctx;
    ngx_http_aicost_row_t      *row;

    ctx = ngx_http_get_module_ctx(r, ngx_aicost_module);

    if (ctx == NULL || ctx->logged || ctx->alcf->pass == NULL
        || (ctx->ncalls == 0 && ctx->error == AICOST_R_OK))
    {
        return NGX_OK;
    }

    ctx->logged = 1;

    /* whoever left without an upstream: the account is closed before the
       access log is written */

    if (ctx->reserved && !ctx->done) {
        ngx_http_aicost_charge(ctx, NGX_ERROR);
    }

    ngx_str_null(&none);

    if (ctx->error || ctx->dry) {
        row = ngx_http_aicost_row(ctx->amcf, NGX_HTTP_AICOST_ROW_REFUSED,
                                  &none, &none, &ctx->consumer, &ctx->use_case,
                                  ctx->dry ? aicost_reason_word(ctx->would)
                                        : aicost_reason_word(ctx->error));
        (void) ngx_atomic_fetch_add(&row->requests, 1);

        if (ctx->ncalls == 0) {
            return NGX_OK;
        }
    }

    tp = ngx_timeofday();
    ms = (ngx_msec_int_t) ((tp->sec - r->start_sec) * 1000
                           + (tp->msec - r->start_msec));
    ms = ngx_max(ms, 0);

    tier = ngx_http_aicost_tier_name(ctx);

    ngx_str_null(&model);
    (void) ngx_http_aicost_after(r, ctx, NGX_HTTP_AICOST_V_MODEL, &model);

    row = ngx_http_aicost_row(ctx->amcf, NGX_HTTP_AICOST_ROW_CALL, tier, &model,
                              &ctx->consumer, &ctx->use_case,
                              aicost_reason_word(ctx->settled));

    (void) ngx_atomic_fetch_add(&row->requests, 1);
    (void) ngx_atomic_fetch_add(&row->cost, ctx->cost);
    (void) ngx_atomic_fetch_add(&row->saved, ctx->saved);
    (void) ngx_atomic_fetch_add(&row->tokens_in,
                                ctx->usage.input + ctx->usage.cached
                                + ctx->usage.cache_write
                                + ctx->usage.cache_write_1h);
    (void) ngx_atomic_fetch_add(&row->tokens_cached, ctx->usage.cached);
    (void) ngx_atomic_fetch_add(&row->tokens_out, ctx->usage.output);
    (void) ngx_atomic_fetch_add(&row->duration, ms);

    if (ctx->settled == AICOST_R_USAGE) {
        (void) ngx_atomic_fetch_add(&row->estimated, ctx->tokens);
        (void) ngx_atomic_fetch_add(&row->measured,
                                    ctx->usage.input + ctx->usage.cached
                                    + ctx->usage.cache_write
                                    + ctx->usage.cache_write_1h);
    }

    if (ctx->answered) {
        (void) ngx_atomic_fetch_add(&row->ttft, ctx->first);
        (void) ngx_atomic_fetch_add(&row->ttft_n, 1);
    }

    ngx_http_aicost_record_call(ctx, tier, &model, ms);

    return NGX_OK;
}
