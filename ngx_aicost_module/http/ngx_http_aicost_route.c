
/*
 * Copyright (C) aicost
 *
 * Policy, mode and health -> core's route; its refusals in words.
 */


#include "ngx_http_aicost_module.h"


static void ngx_http_aicost_route_health(void *data, uint32_t number,
    aicost_health_t *health);
static uint32_t ngx_http_aicost_policy(ngx_http_request_t *r,
    ngx_http_aicost_ctx_t *ctx);
static ngx_int_t ngx_http_aicost_route_error(ngx_http_request_t *r,
    ngx_http_aicost_ctx_t *ctx, aicost_ladder_t *ladder);


ngx_int_t
ngx_http_aicost_route(ngx_http_request_t *r, ngx_http_aicost_ctx_t *ctx,
    aicost_ladder_t *ladder)
{
    int64_t                        now;
    uint64_t                       random;
    ngx_uint_t                     i;
    aicost_tier_t                 *tiers;
    aicost_route_in_t              in;
    const aicost_model_t          *m;
    ngx_http_aicost_budget_t     **b;
    ngx_http_aicost_loc_conf_t    *alcf;
    ngx_http_aicost_main_conf_t   *amcf;

    amcf = ctx->amcf;
    alcf = ctx->alcf;
    now = ngx_http_aicost_now();
    tiers = amcf->tiers.elts;

    in.request = &ctx->ask;
    in.consumer = ctx->who;
    in.tiers = tiers;
    in.ntiers = (uint32_t) amcf->tiers.nelts;
    in.providers = alcf->providers;
    in.nproviders = (uint32_t) amcf->providers.nelts;
    in.health = ngx_http_aicost_route_health;
    in.health_data = amcf;
    in.catalogue = ngx_http_aicost_block(amcf, NGX_HTTP_AICOST_PRICES);
    in.now = now;
    in.policy = ngx_http_aicost_policy(r, ctx);
    in.ndowngrade = 0;
    in.mode_downgrade = (uint8_t) ngx_http_aicost_in_mode(ctx);
    ctx->in_mode = in.mode_downgrade;

    /* this half of the id is random, and needed for nothing else */

    ngx_memcpy(&random, ctx->rid, sizeof(uint64_t));
    in.random = random >> 16 ^ (uint32_t) random;

    if (alcf->budgets && !ctx->critical) {
        b = alcf->budgets->elts;

        for (i = 0; i < alcf->budgets->nelts; i++) {
            if (b[i]->downgrade && in.ndowngrade < AICOST_MAX_STEPS) {
                in.downgrade[in.ndowngrade++] = b[i]->downgrade_index;
            }
        }
    }

    if (aicost_route(&in, ladder) != AICOST_OK) {
        return ngx_http_aicost_route_error(r, ctx, ladder);
    }

    /* what the policy alone would have taken: the measure of "saved" */

    ctx->base = NULL;

    if (in.policy != AICOST_NO_TIER) {
        m = &tiers[in.policy].models[0];

        ctx->base = (ladder->steps[0].chain[0].model == m)
                    ? ladder->steps[0].chain[0].price
                    : aicost_catalogue_find(in.catalogue, m->name.data,
                                            m->name.len, now);
    }

    return NGX_OK;
}


static void
ngx_http_aicost_route_health(void *data, uint32_t number,
    aicost_health_t *health)
{
    ngx_http_aicost_main_conf_t  *amcf = data;

    ngx_http_aicost_health_t  *h;

    h = ngx_http_aicost_health(amcf, number);

    health->open = (h->open_until > ngx_http_aicost_now());
    health->latency = h->latency;
}


static uint32_t
ngx_http_aicost_policy(ngx_http_request_t *r, ngx_http_aicost_ctx_t *ctx)
{
    uint32_t                      tier;
    ngx_str_t                     name;
    ngx_http_aicost_main_conf_t  *amcf;

    amcf = ctx->amcf;

    if (ngx_http_aicost_value(r, ctx->alcf->pass, ctx->alcf->pass_variable,
                              &name)
        != NGX_OK)
    {
        return AICOST_NO_TIER;
    }

    tier = aicost_route_tier(amcf->tiers.elts, (uint32_t) amcf->tiers.nelts,
                             name.data, name.len);

    if (tier == AICOST_NO_TIER) {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "aicost_pass yields the unknown tier \"%V\"", &name);
    }

    return tier;
}


/* austerity: a stable share of the sessions that are not critical */

ngx_uint_t
ngx_http_aicost_in_mode(ngx_http_aicost_ctx_t *ctx)
{
    uint32_t         h;
    aicost_state_t   state;
    aicost_store_t  *store;

    store = &ctx->amcf->store;

    if (store->ops->state(store, ngx_http_aicost_now(), &state) != AICOST_OK
        || state.mode != AICOST_MODE_DOWNGRADE || ctx->critical)
    {
        return 0;
    }

    ngx_http_aicost_derive_session(ctx->request, ctx);

    h = ngx_murmur_hash2(ctx->session.data, ctx->session.len);

    return (int64_t) (h % 1000000) < state.share_ppm;
}


static ngx_int_t
ngx_http_aicost_route_error(ngx_http_request_t *r, ngx_http_aicost_ctx_t *ctx,
    aicost_ladder_t *ladder)
{
    u_char         *p, *last, *list;
    uint32_t        i;
    ngx_str_t       name, member;
    const char     *service;
    aicost_tier_t  *tiers;

    name.len = ladder->param.len;
    name.data = ladder->param.data;

    switch (ladder->reason) {

    case AICOST_R_UNKNOWN_TIER:
        return ngx_http_aicost_refuse(r, ctx, ladder->reason, NULL,
                                      "The policy of this location names a "
                                      "tier that does not exist.");

    case AICOST_R_MODEL_NOT_PRICED:
        return ngx_http_aicost_refuse(r, ctx, ladder->reason, &name,
                                      "\"%V\" has no price in force, so its "
                                      "cost cannot be bounded.", &name);

    case AICOST_R_PARAMETER_NOT_ALLOWED:
        if (ctx->ask.extra.len) {
            name.len = ctx->ask.extra.len;
            name.data = ctx->ask.extra.data;

            return ngx_http_aicost_refuse(r, ctx, ladder->reason, &name,
                                          "Member \"%V\" is not known to this "
                                          "API and no provider here takes "
                                          "extra members.", &name);
        }

        if (ctx->ask.service > AICOST_SERVICE_STANDARD
            && (ctx->ask.needs & 0x7) == 0)
        {
            ngx_str_set(&member, "service_tier");
            service = aicost_service_name(ctx->ask.service);

            return ngx_http_aicost_refuse(r, ctx, ladder->reason, &member,
                                          "No model of \"%V\" has a price for "
                                          "service tier \"%s\".", &name,
                                          service);
        }

        return ngx_http_aicost_refuse(r, ctx, ladder->reason, &name,
                                      "No model of \"%V\" can do what this "
                                      "request needs (tools, images, a JSON "
                                      "schema or a service tier).", &name);

    case AICOST_R_TIER_NOT_ALLOWED:
        return ngx_http_aicost_refuse(r, ctx, ladder->reason, &name,
                                      "Tier \"%V\" is not allowed for this "
                                      "key.", &name);

    case AICOST_R_MODEL_NOT_ALLOWED:
        return ngx_http_aicost_refuse(r, ctx, ladder->reason, &name,
                                      "\"%V\" is not allowed for this key or "
                                      "in this location.", &name);

    default:
        break;
    }

    /* model_not_found names what is allowed, as far as it fits */

    list = ngx_pnalloc(r->pool, 1024);
    if (list == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    p = list;
    last = list + 1024;
    tiers = ctx->amcf->tiers.elts;

    for (i = 0; i < ctx->amcf->tiers.nelts; i++) {
        if (aicost_route_may(ctx->who, tiers,
                             (uint32_t) ctx->amcf->tiers.nelts, i))
        {
            name.len = tiers[i].name.len;
            name.data = tiers[i].name.data;
            p = ngx_slprintf(p, last, ", \"%V\"", &name);
        }
    }

    name.len = p - list;
    name.data = list;

    return ngx_http_aicost_refuse(r, ctx, ladder->reason,
                                  (ngx_str_t *) &ladder->param,
                                  "There is no model \"%V\" here. Allowed: "
                                  "\"auto\"%V.",
                                  (ngx_str_t *) &ladder->param, &name);
}
