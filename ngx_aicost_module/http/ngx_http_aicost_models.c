
/*
 * Copyright (C) aicost
 *
 * What is answered without a provider: the models of a key, the tokens of a
 * request.
 */


#include "ngx_http_aicost_module.h"


static ngx_uint_t ngx_http_aicost_open(ngx_http_aicost_ctx_t *ctx,
    uint32_t tier);
static ngx_uint_t ngx_http_aicost_shown(ngx_http_aicost_ctx_t *ctx,
    uint32_t tier, uint32_t k);
static u_char *ngx_http_aicost_model(ngx_http_aicost_ctx_t *ctx, u_char *p,
    u_char *last, ngx_str_t *name, ngx_str_t *owner);


/* a tier with a model that this key may use */

static ngx_uint_t
ngx_http_aicost_open(ngx_http_aicost_ctx_t *ctx, uint32_t tier)
{
    uint32_t        k;
    aicost_tier_t  *tiers;

    tiers = ctx->amcf->tiers.elts;

    if (!aicost_route_may(ctx->who, tiers, (uint32_t) ctx->amcf->tiers.nelts,
                          tier))
    {
        return 0;
    }

    for (k = 0; k < tiers[tier].nmodels; k++) {
        if (ctx->who == NULL
            || aicost_route_model_may(ctx->who, &tiers[tier].models[k]))
        {
            return 1;
        }
    }

    return 0;
}


/* a model that this key may use and no tier before has shown */

static ngx_uint_t
ngx_http_aicost_shown(ngx_http_aicost_ctx_t *ctx, uint32_t tier, uint32_t k)
{
    uint32_t               i, n;
    aicost_tier_t         *tiers;
    const aicost_str_t    *name;
    const aicost_model_t  *m;

    tiers = ctx->amcf->tiers.elts;
    m = &tiers[tier].models[k];

    if (ctx->who && !aicost_route_model_may(ctx->who, m)) {
        return 0;
    }

    for (i = 0; i <= tier; i++) {

        if (!ngx_http_aicost_open(ctx, i)) {
            continue;
        }

        for (n = 0; n < (i == tier ? k : tiers[i].nmodels); n++) {
            name = &tiers[i].models[n].name;

            if (name->len == m->name.len
                && ngx_memcmp(name->data, m->name.data, name->len) == 0)
            {
                return 0;
            }
        }
    }

    return 1;
}


/* one entry in the shape that was asked for */

static u_char *
ngx_http_aicost_model(ngx_http_aicost_ctx_t *ctx, u_char *p, u_char *last,
    ngx_str_t *name, ngx_str_t *owner)
{
    if (ctx->api == &aicost_api_anthropic) {
        p = ngx_slprintf(p, last, "{\"type\":\"model\",\"id\":");
        p = ngx_http_aicost_quoted(p, last, name);
        p = ngx_slprintf(p, last, ",\"display_name\":");
        p = ngx_http_aicost_quoted(p, last, name);

        return ngx_slprintf(p, last,
                            ",\"created_at\":\"1970-01-01T00:00:00Z\","
                            "\"lifecycle\":\"active\"}");
    }

    if (ctx->api == &aicost_api_gemini) {
        p = ngx_slprintf(p, last, "{\"name\":\"models/");
        p = aicost_json_escape(p, last, name->data, name->len);
        p = ngx_slprintf(p, last, "\",\"version\":\"1\","
                         "\"displayName\":");
        p = ngx_http_aicost_quoted(p, last, name);

        return ngx_slprintf(p, last, ",\"supportedGenerationMethods\":["
                            "\"generateContent\",\"countTokens\"]}");
    }

    p = ngx_slprintf(p, last, "{\"id\":");
    p = ngx_http_aicost_quoted(p, last, name);
    p = ngx_slprintf(p, last, ",\"object\":\"model\",\"created\":0,"
                     "\"owned_by\":");
    p = ngx_http_aicost_quoted(p, last, owner);

    return ngx_slprintf(p, last, "}");
}


/* GET /v1/models, /v1beta/models: "auto", the tiers and models this key may
   use */

ngx_int_t
ngx_http_aicost_models(ngx_http_request_t *r, ngx_http_aicost_ctx_t *ctx)
{
    size_t          size;
    u_char         *p, *last, *start;
    uint32_t        i, k, n;
    ngx_str_t       first, name, own, owner;
    aicost_tier_t  *tiers;

    tiers = ctx->amcf->tiers.elts;
    n = (uint32_t) ctx->amcf->tiers.nelts;

    /* a name stands twice, and once more as the last one */

    size = 512;

    for (i = 0; i < n; i++) {
        size += 192 + 18 * tiers[i].name.len;

        for (k = 0; k < tiers[i].nmodels; k++) {
            size += 192 + 18 * tiers[i].models[k].name.len;
        }
    }

    start = ngx_pnalloc(r->pool, size);
    if (start == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    last = start + size;

    ngx_str_set(&own, "aicost");
    ngx_str_set(&first, "auto");
    name = first;

    p = ngx_slprintf(start, last, ctx->api == &aicost_api_anthropic
                                  ? "{\"data\":["
                                  : ctx->api == &aicost_api_gemini
                                    ? "{\"models\":["
                                    : "{\"object\":\"list\",\"data\":[");
    p = ngx_http_aicost_model(ctx, p, last, &name, &own);

    for (i = 0; i < n; i++) {

        if (!ngx_http_aicost_open(ctx, i)) {
            continue;
        }

        name = ngx_http_aicost_str(&tiers[i].name);

        p = ngx_slprintf(p, last, ",");
        p = ngx_http_aicost_model(ctx, p, last, &name, &own);

        for (k = 0; k < tiers[i].nmodels; k++) {

            if (!ngx_http_aicost_shown(ctx, i, k)) {
                continue;
            }

            name = ngx_http_aicost_str(&tiers[i].models[k].name);
            owner = name;
            owner.len = name.len - tiers[i].models[k].model.len - 1;

            p = ngx_slprintf(p, last, ",");
            p = ngx_http_aicost_model(ctx, p, last, &name, &owner);
        }
    }

    p = ngx_slprintf(p, last, "]");

    if (ctx->api == &aicost_api_anthropic) {
        p = ngx_slprintf(p, last, ",\"has_more\":false,\"first_id\":");
        p = ngx_http_aicost_quoted(p, last, &first);
        p = ngx_slprintf(p, last, ",\"last_id\":");
        p = ngx_http_aicost_quoted(p, last, &name);
    }

    p = ngx_slprintf(p, last, "}");

    if (ngx_http_aicost_cors(r, ctx->alcf) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_aicost_send_json(r, NGX_HTTP_OK, start, p - start);
}


/* POST /v1/messages/count_tokens, :countTokens: the gateway's own estimate */

ngx_int_t
ngx_http_aicost_counted(ngx_http_request_t *r, ngx_http_aicost_ctx_t *ctx)
{
    u_char      *p;
    ngx_str_t    id;
    const char  *name;

    name = (ctx->api == &aicost_api_gemini) ? "totalTokens" : "input_tokens";

    p = ngx_pnalloc(r->pool, sizeof("{\"input_tokens\":}") + NGX_INT64_LEN);
    if (p == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    id.data = ctx->id;
    id.len = sizeof(ctx->id);

    if (ngx_http_aicost_set_header(r, "X-AICost-Request-Id", &id) != NGX_OK
        || ngx_http_aicost_cors(r, ctx->alcf) != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_aicost_send_json(r, NGX_HTTP_OK, p,
                              ngx_sprintf(p, "{\"%s\":%L}", name,
                                          ctx->tokens) - p);
}
