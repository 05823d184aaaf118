
/*
 * Copyright (C) aicost
 *
 * The cross-checks of nginx -t.
 */


#include "ngx_http_aicost_module.h"


static char *ngx_http_aicost_check_tiers(ngx_conf_t *cf,
    ngx_http_aicost_main_conf_t *amcf);
static char *ngx_http_aicost_check_budgets(ngx_conf_t *cf,
    ngx_http_aicost_main_conf_t *amcf);
static ngx_uint_t ngx_http_aicost_meets(ngx_str_t *required,
    ngx_str_t *declared);


char *
ngx_http_aicost_check_conf(ngx_conf_t *cf, ngx_http_aicost_main_conf_t *amcf)
{
    if (amcf->tz == NULL) {
        amcf->tz = ngx_pcalloc(cf->pool, sizeof(aicost_tz_t));
        if (amcf->tz == NULL) {
            return NGX_CONF_ERROR;
        }

        aicost_tz_utc(amcf->tz);
        ngx_str_set(&amcf->timezone, "UTC");
    }

    if (amcf->rate_ppm == 0) {
        ngx_memcpy(amcf->currency, "USD", 4);
        amcf->rate_ppm = 1000000;
    }

    amcf->health_slot = ngx_pcalloc(cf->pool, (amcf->health.nelts + 1)
                                              * sizeof(uint32_t));
    if (amcf->health_slot == NULL) {
        return NGX_CONF_ERROR;
    }

    amcf->upstream.peer.init = ngx_http_aicost_peer_init;
    amcf->upstream.host = amcf->zone->shm.name;

    if (ngx_http_aicost_check_tiers(cf, amcf) != NGX_CONF_OK
        || ngx_http_aicost_check_budgets(cf, amcf) != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    return (ngx_http_aicost_resolver_conf(cf, amcf) == NGX_OK
            && ngx_http_aicost_check_redis(cf, amcf) == NGX_OK)
           ? NGX_CONF_OK : NGX_CONF_ERROR;
}


static char *
ngx_http_aicost_check_tiers(ngx_conf_t *cf, ngx_http_aicost_main_conf_t *amcf)
{
    ngx_str_t                 name, model;
    ngx_uint_t                i, k;
    aicost_tier_t            *tier;
    aicost_catalogue_t       *c;
    ngx_http_aicost_place_t  *place;

    tier = amcf->tiers.elts;
    place = amcf->places.elts;
    c = amcf->files[NGX_HTTP_AICOST_PRICES].block;

    for (i = 0; i < amcf->tiers.nelts; i++) {

        name.len = tier[i].name.len;
        name.data = tier[i].name.data;

        if (c == NULL) {
            ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                          "tier \"%V\" has no prices: write "
                          "\"aicost_prices FILE;\" in the http block in "
                          "%s:%ui", &name, place[i].file, place[i].line);
            return NGX_CONF_ERROR;
        }

        for (k = 0; k < tier[i].nmodels; k++) {

            if (aicost_catalogue_find(c, tier[i].models[k].name.data,
                                      tier[i].models[k].name.len,
                                      ngx_http_aicost_now()))
            {
                continue;
            }

            model.len = tier[i].models[k].name.len;
            model.data = tier[i].models[k].name.data;

            ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                          "model \"%V\" of tier \"%V\" has no price in force "
                          "in \"%V\", add a row (or {\"free\": true} if it "
                          "costs nothing) in %s:%ui", &model, &name,
                          &amcf->files[NGX_HTTP_AICOST_PRICES].path,
                          place[i].file, place[i].line);
            return NGX_CONF_ERROR;
        }
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_aicost_check_budgets(ngx_conf_t *cf,
    ngx_http_aicost_main_conf_t *amcf)
{
    ngx_str_t                  *name;
    ngx_uint_t                  i;
    ngx_http_aicost_budget_t  **b;

    b = amcf->budgets.elts;

    for (i = 0; i < amcf->budgets.nelts; i++) {

        b[i]->downgrade_index = AICOST_NO_TIER;
        b[i]->share_index = AICOST_NO_TIER;

        if (b[i]->downgrade_tier.len) {
            name = &b[i]->downgrade_tier;
            b[i]->downgrade_index = aicost_route_tier(amcf->tiers.elts,
                                                      amcf->tiers.nelts,
                                                      name->data, name->len);

            if (b[i]->downgrade_index == AICOST_NO_TIER) {
                goto unknown;
            }
        }

        if (b[i]->share_tier.len) {
            name = &b[i]->share_tier;
            b[i]->share_index = aicost_route_tier(amcf->tiers.elts,
                                                  amcf->tiers.nelts,
                                                  name->data, name->len);

            if (b[i]->share_index == AICOST_NO_TIER) {
                goto unknown;
            }
        }
    }

    return NGX_CONF_OK;

unknown:

    ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                  "unknown tier \"%V\" in budget \"%V\", declare it with "
                  "aicost_tier in %s:%ui", name, &b[i]->name,
                  b[i]->place.file, b[i]->place.line);
    return NGX_CONF_ERROR;
}


/* what only a whole location shows */

char *
ngx_http_aicost_check_loc(ngx_conf_t *cf, ngx_http_aicost_main_conf_t *amcf,
    ngx_http_aicost_loc_conf_t *alcf)
{
    ngx_str_t                  *tier, name;
    ngx_uint_t                  i, n, claims, session, paired;
    aicost_consumer_t           c;
    ngx_http_aicost_budget_t  **b;

    tier = &alcf->pass->value;

    if (amcf->tiers.nelts == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"aicost_pass\" needs at least one aicost_tier in "
                           "the http block, above the server");
        return NGX_CONF_ERROR;
    }

    if (alcf->pass->lengths == NULL
        && aicost_route_tier(amcf->tiers.elts, amcf->tiers.nelts, tier->data,
                             tier->len) == AICOST_NO_TIER)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "unknown tier \"%V\" in \"aicost_pass\", declare "
                           "it with aicost_tier", tier);
        return NGX_CONF_ERROR;
    }

    name = alcf->anonymous;

    if (name.len && amcf->files[NGX_HTTP_AICOST_CONSUMERS].block
        && aicost_consumers_named(
                            amcf->files[NGX_HTTP_AICOST_CONSUMERS].block,
                            name.data, name.len, &c) != AICOST_OK)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "unknown consumer \"%V\" in \"aicost_anonymous\"",
                           &name);
        return NGX_CONF_ERROR;
    }

    if (amcf->files[NGX_HTTP_AICOST_CONSUMERS].path.len == 0
        && name.len == 0)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "nobody can call this location: write "
                           "\"aicost_consumers FILE;\" in the http block, or "
                           "\"aicost_anonymous NAME;\" to serve requests "
                           "without a key");
        return NGX_CONF_ERROR;
    }

    if (alcf->rates && alcf->rates->nelts > AICOST_MAX_RATES) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "too many rates in one location, %d is the most",
                           AICOST_MAX_RATES);
        return NGX_CONF_ERROR;
    }

    if (alcf->budgets == NULL) {
        return NGX_CONF_OK;
    }

    b = alcf->budgets->elts;
    n = alcf->budgets->nelts;
    session = 0;
    paired = 0;
    claims = 0;

    for (i = 0; i < n; i++) {
        claims += b[i]->share ? 2 : 1;

        if (b[i]->period == AICOST_PERIOD_SESSION) {
            session = 1;

        } else if (!b[i]->soft) {
            paired = 1;
        }
    }

    if (claims > AICOST_MAX_CLAIMS) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "too many budgets in one location, %d is the most, "
                           "a share= counts twice", AICOST_MAX_CLAIMS);
        return NGX_CONF_ERROR;
    }

    if (session && !paired && alcf->rates == NULL) {
        ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                           "a budget per session alone is no limit: a new "
                           "session has a new budget; add one per consumer, "
                           "user or $aicost_net");
    }

    return NGX_CONF_OK;
}


/* who may serve a location, after aicost_require */

ngx_int_t
ngx_http_aicost_loc_providers(ngx_conf_t *cf,
    ngx_http_aicost_main_conf_t *amcf, ngx_http_aicost_loc_conf_t *alcf)
{
    ngx_uint_t                    i;
    aicost_route_provider_t      *rp;
    ngx_http_aicost_provider_t   *p, **pp;

    pp = amcf->providers.elts;

    rp = ngx_pcalloc(cf->pool, (amcf->providers.nelts + 1)
                               * sizeof(aicost_route_provider_t));
    if (rp == NULL) {
        return NGX_ERROR;
    }

    alcf->providers = rp;

    for (i = 0; i < amcf->providers.nelts; i++) {
        p = pp[i];

        rp[i].name.len = p->name.len;
        rp[i].name.data = p->name.data;
        rp[i].health = p->health;
        rp[i].extra = p->extra;
        rp[i].fits = ngx_http_aicost_meets(&alcf->region, &p->region)
                     && ngx_http_aicost_meets(&alcf->retention, &p->retention);
    }

    return NGX_OK;
}


static ngx_uint_t
ngx_http_aicost_meets(ngx_str_t *required, ngx_str_t *declared)
{
    return required->len == 0
           || (required->len == declared->len
               && ngx_memcmp(required->data, declared->data, required->len)
                  == 0);
}
