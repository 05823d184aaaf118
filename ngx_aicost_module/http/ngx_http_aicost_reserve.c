
/*
 * Copyright (C) aicost
 *
 * Route and reserve; settle exactly once.  What is asked and what it may cost
 * is core's: this file only brings the pieces together.
 */


#include "ngx_http_aicost_module.h"


static ngx_int_t ngx_http_aicost_route(ngx_http_request_t *r,
    ngx_http_aicost_ctx_t *ctx, aicost_ladder_t *ladder);
static uint32_t ngx_http_aicost_policy(ngx_http_request_t *r,
    ngx_http_aicost_ctx_t *ctx);
static ngx_uint_t ngx_http_aicost_in_mode(ngx_http_aicost_ctx_t *ctx);
static ngx_int_t ngx_http_aicost_route_error(ngx_http_request_t *r,
    ngx_http_aicost_ctx_t *ctx, aicost_ladder_t *ladder);
static void ngx_http_aicost_asks(ngx_http_aicost_ctx_t *ctx,
    aicost_ladder_t *ladder);
static ngx_int_t ngx_http_aicost_clipped(ngx_http_request_t *r,
    ngx_http_aicost_ctx_t *ctx, ngx_http_aicost_budget_t *b);
static ngx_int_t ngx_http_aicost_clip(ngx_http_request_t *r,
    ngx_http_aicost_ctx_t *ctx, aicost_ladder_t *ladder);
static ngx_int_t ngx_http_aicost_claims(ngx_http_request_t *r,
    ngx_http_aicost_ctx_t *ctx, aicost_ladder_t *ladder);
static ngx_int_t ngx_http_aicost_claim(ngx_http_aicost_ctx_t *ctx,
    aicost_ladder_t *ladder, ngx_http_aicost_budget_t *b, ngx_str_t *key,
    ngx_uint_t share);
static int64_t ngx_http_aicost_limit(ngx_http_aicost_ctx_t *ctx,
    ngx_http_aicost_budget_t *b);
static ngx_int_t ngx_http_aicost_rates(ngx_http_request_t *r,
    ngx_http_aicost_ctx_t *ctx);
static void ngx_http_aicost_ids(u_char kind, ngx_str_t *name, ngx_str_t *key,
    int64_t t0, u_char id[AICOST_ID], u_char latch[AICOST_ID]);
static ngx_int_t ngx_http_aicost_refused(ngx_http_request_t *r,
    ngx_http_aicost_ctx_t *ctx);
static void ngx_http_aicost_granted(ngx_http_request_t *r,
    ngx_http_aicost_ctx_t *ctx, aicost_ladder_t *ladder);


/* NGX_OK: money is reserved, the chain is in ctx->calls; anything else is the
   answer to the client */

ngx_int_t
ngx_http_aicost_decide(ngx_http_request_t *r, ngx_http_aicost_ctx_t *ctx)
{
    int               rc;
    ngx_int_t         code;
    aicost_ladder_t  *ladder;

    ladder = ngx_palloc(r->pool, sizeof(aicost_ladder_t));
    ctx->reserve = ngx_palloc(r->pool, sizeof(aicost_reserve_t));

    if (ladder == NULL || ctx->reserve == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    code = ngx_http_aicost_route(r, ctx, ladder);
    if (code != NGX_OK) {
        return code;
    }

    /* the tables are filled, not cleared: only the counts matter */

    ctx->reserve->nsteps = ladder->n;
    ctx->reserve->nclaims = 0;
    ctx->reserve->nrates = 0;
    ctx->reserve->first_step = 0;
    ctx->reserve->dry_run = (uint8_t) ctx->alcf->dry_run;
    ctx->reserve->probe = ctx->explain;
    ctx->reserve->now = ngx_http_aicost_now();
    ctx->reserve->lease = ctx->amcf->lease;
    ngx_memcpy(ctx->reserve->rid, ctx->rid, AICOST_ID);

    ngx_http_aicost_asks(ctx, ladder);

    code = ngx_http_aicost_clip(r, ctx, ladder);
    if (code != NGX_OK) {
        return code;
    }

    if (ngx_http_aicost_claims(r, ctx, ladder) != NGX_OK
        || ngx_http_aicost_rates(r, ctx) != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    rc = ctx->amcf->store.ops->reserve(&ctx->amcf->store, ctx->reserve,
                                       &ctx->granted, NULL, NULL);

    if (rc != AICOST_OK) {
        ctx->granted.answer = AICOST_NO_ROOM;
    }

    if (ctx->explain) {
        /* that is the answer: no call follows */
        ngx_http_finalize_request(r, ngx_http_aicost_explain(r, ctx, ladder));
        return NGX_DONE;
    }

    if (rc == AICOST_OK
        && (ctx->granted.answer > 0 || ctx->granted.dry))
    {
        ngx_http_aicost_granted(r, ctx, ladder);
    }

    if (ctx->granted.answer > 0) {
        return NGX_OK;
    }

    code = ngx_http_aicost_refused(r, ctx);

    if (rc == AICOST_OK && ctx->granted.dry) {
        /* said and counted, not done */
        ctx->dry = 1;
        ctx->would = ctx->error;
        ctx->error = AICOST_R_OK;
        return NGX_OK;
    }

    return code;
}


static ngx_int_t
ngx_http_aicost_route(ngx_http_request_t *r, ngx_http_aicost_ctx_t *ctx,
    aicost_ladder_t *ladder)
{
    int64_t                       now;
    ngx_str_t                     first;
    ngx_uint_t                    i, n;
    aicost_tier_t                *tiers;
    aicost_health_t               health[NGX_HTTP_AICOST_HEALTH];
    aicost_route_in_t             in;
    const aicost_price_t         *price;
    ngx_http_aicost_health_t     *h;
    ngx_http_aicost_budget_t    **b;
    ngx_http_aicost_provider_t  **pp;
    aicost_route_provider_t       providers[AICOST_MAX_PROVIDERS];
    ngx_http_aicost_loc_conf_t   *alcf;
    ngx_http_aicost_main_conf_t  *amcf;

    amcf = ctx->amcf;
    alcf = ctx->alcf;
    now = ngx_http_aicost_now();
    tiers = amcf->tiers.elts;

    in.request = &ctx->ask;
    in.consumer = ctx->who;
    in.tiers = tiers;
    in.ntiers = (uint32_t) amcf->tiers.nelts;
    in.providers = providers;
    in.nproviders = (uint32_t) amcf->providers.nelts;
    in.health = health;
    in.catalogue = ngx_http_aicost_block(amcf, NGX_HTTP_AICOST_PRICES);
    in.now = now;
    in.policy = ngx_http_aicost_policy(r, ctx);
    in.ndowngrade = 0;
    in.mode_downgrade = (uint8_t) ngx_http_aicost_in_mode(ctx);
    in.random = ((uint64_t) (uint32_t) ngx_random() << 16)
                ^ (uint32_t) ngx_random();

    pp = amcf->providers.elts;

    for (i = 0; i < amcf->providers.nelts; i++) {
        providers[i].name.len = pp[i]->name.len;
        providers[i].name.data = pp[i]->name.data;
        providers[i].health = pp[i]->health;
        providers[i].extra = pp[i]->extra;
        providers[i].fits = (alcf->region.len == 0
                             || (alcf->region.len == pp[i]->region.len
                                 && ngx_memcmp(alcf->region.data,
                                               pp[i]->region.data,
                                               alcf->region.len) == 0))
                            && (alcf->retention.len == 0
                                || (alcf->retention.len
                                    == pp[i]->retention.len
                                    && ngx_memcmp(alcf->retention.data,
                                                  pp[i]->retention.data,
                                                  alcf->retention.len) == 0));
    }

    n = ngx_min(amcf->health.nelts, NGX_HTTP_AICOST_HEALTH);

    for (i = 0; i < n; i++) {
        h = ngx_http_aicost_health(amcf, (uint32_t) i);
        health[i].open = (h->open_until > now);
        health[i].latency = h->latency;
    }

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

    if (in.policy != AICOST_NO_TIER) {
        first.data = tiers[in.policy].models[0].name.data;
        first.len = tiers[in.policy].models[0].name.len;

        price = aicost_catalogue_find(in.catalogue, first.data, first.len,
                                      now);
        if (price) {
            ctx->base = *price;
            ctx->based = 1;
        }
    }

    return NGX_OK;
}


static uint32_t
ngx_http_aicost_policy(ngx_http_request_t *r, ngx_http_aicost_ctx_t *ctx)
{
    uint32_t                      tier;
    ngx_str_t                     name;
    ngx_http_aicost_main_conf_t  *amcf;

    amcf = ctx->amcf;

    if (ngx_http_complex_value(r, ctx->alcf->pass, &name) != NGX_OK) {
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

static ngx_uint_t
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
    ngx_str_t       name;
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

        return ngx_http_aicost_refuse(r, ctx, ladder->reason, &name,
                                      "No model of \"%V\" can do what this "
                                      "request needs (tools, images or a JSON "
                                      "schema).", &name);

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


/* the wanted output of a choice on one model; sets ctx->capped when lower
   than what the client asked */

static int64_t
ngx_http_aicost_wanted(ngx_http_aicost_ctx_t *ctx, const aicost_price_t *p,
    int64_t ceiling, ngx_uint_t *capped)
{
    int64_t  out;

    *capped = 0;

    if (ctx->ask.endpoint == AICOST_EP_EMBEDDINGS) {
        return 0;
    }

    out = (ctx->ask.cap >= 0) ? ctx->ask.cap
                              : (int64_t) ctx->alcf->output_default;

    if (p->max_output && out > p->max_output) {
        out = p->max_output;
        *capped = (ctx->ask.cap >= 0);
    }

    if (ceiling && out > ceiling) {
        out = ceiling;
        *capped = (ctx->ask.cap >= 0);
    }

    return out;
}


static void
ngx_http_aicost_token_model(const aicost_price_t *p, aicost_token_model_t *m)
{
    ngx_memzero(m, sizeof(aicost_token_model_t));

    m->context = p->context;
    m->image_upper = p->image_tokens;
}


/* what each step may cost: the dearest candidate at the dearest rate, times
   the attempts that may be billed */

static void
ngx_http_aicost_asks(ngx_http_aicost_ctx_t *ctx, aicost_ladder_t *ladder)
{
    int64_t                least, n, times, in, in_upper, out, images, rate;
    uint32_t               i, k;
    ngx_uint_t             capped;
    aicost_ask_t          *money, *tokens, *ask;
    aicost_step_t         *step;
    const aicost_price_t  *p;
    aicost_token_model_t   tm;

    rate = ctx->amcf->rate_ppm;
    n = ctx->ask.choices;
    images = ctx->ask.text.images;
    times = 1 + (int64_t) ctx->alcf->after_send;

    for (i = 0; i < ladder->n; i++) {
        step = &ladder->steps[i];
        ask = ctx->reserve->ask[i];
        money = &ask[AICOST_UNIT_MONEY];
        tokens = &ask[AICOST_UNIT_TOKENS];

        ngx_memzero(ask, AICOST_UNITS * sizeof(aicost_ask_t));

        for (k = 0; k < step->n; k++) {
            p = step->chain[k].price;

            ngx_http_aicost_token_model(p, &tm);

            in = aicost_tokens_estimate(&ctx->ask.text, &tm);
            in_upper = aicost_tokens_upper(&ctx->ask.text, &tm);

            out = ngx_http_aicost_wanted(ctx, p, ladder->max_output, &capped);
            least = ngx_min(out, (int64_t) ctx->alcf->output_min);

            money->want = ngx_max(money->want,
                        aicost_mul(times,
                                   aicost_cost_expected(p, in, images,
                                                        out * n, rate)));
            money->upper = ngx_max(money->upper,
                        aicost_mul(times,
                                   aicost_cost_upper(p, in_upper, images,
                                                     out * n, rate)));
            money->least = ngx_max(money->least,
                        aicost_mul(times,
                                   aicost_cost_upper(p, in_upper, images,
                                                     least * n, rate)));

            tokens->want = ngx_max(tokens->want, times * (in + out * n));
            tokens->upper = ngx_max(tokens->upper,
                                    times * (in_upper + out * n));
            tokens->least = ngx_max(tokens->least,
                                    times * (in_upper + least * n));

            if (i == 0 && k == 0) {
                ctx->tokens = in;
                ctx->tokens_upper = in_upper;
            }
        }

        money->want = ngx_min(money->want, money->upper);
        tokens->want = ngx_min(tokens->want, tokens->upper);
    }

    ctx->cap = ladder->max_output;
}


static ngx_int_t
ngx_http_aicost_clipped(ngx_http_request_t *r, ngx_http_aicost_ctx_t *ctx,
    ngx_http_aicost_budget_t *b)
{
    u_char     room[32];
    ngx_int_t  code;
    ngx_str_t  s;

    s.data = room;
    s.len = ngx_http_aicost_money(room, ctx->clip) - room;

    code = ngx_http_aicost_refuse(r, ctx, AICOST_R_BUDGET_EXCEEDED, NULL,
                                  "Budget \"%V\" has %V %s for a request that "
                                  "names no session, too little for this one.",
                                  &b->name, &s, ctx->amcf->currency);

    if (!ctx->alcf->dry_run) {
        return code;
    }

    ctx->dry = 1;
    ctx->would = ctx->error;
    ctx->error = AICOST_R_OK;
    ctx->clip = 0;

    return NGX_OK;
}


/* no session was named: its money budget holds for this request alone.  The
   steps of the ladder that cannot fit are left out */

static ngx_int_t
ngx_http_aicost_clip(ngx_http_request_t *r, ngx_http_aicost_ctx_t *ctx,
    aicost_ladder_t *ladder)
{
    int64_t                    limit;
    uint32_t                   i, n;
    aicost_ask_t              *ask;
    ngx_http_aicost_budget_t  *b, *tight, **list;

    if (ctx->named_session || ctx->alcf->budgets == NULL) {
        return NGX_OK;
    }

    list = ctx->alcf->budgets->elts;
    tight = NULL;

    for (i = 0; i < ctx->alcf->budgets->nelts; i++) {
        b = list[i];

        if (b->period != AICOST_PERIOD_SESSION || b->constant || b->soft
            || b->unit != AICOST_UNIT_MONEY)
        {
            continue;
        }

        limit = ngx_http_aicost_limit(ctx, b);

        if (tight == NULL || limit < ctx->clip) {
            ctx->clip = limit;
            tight = b;
        }
    }

    if (tight == NULL) {
        return NGX_OK;
    }

    for (i = 0, n = 0; i < ladder->n; i++) {
        ask = ctx->reserve->ask[i];

        if (ask[AICOST_UNIT_MONEY].least > ctx->clip) {
            continue;
        }

        ask[AICOST_UNIT_MONEY].want = ngx_min(ask[AICOST_UNIT_MONEY].want,
                                              ctx->clip);
        ask[AICOST_UNIT_MONEY].upper = ngx_min(ask[AICOST_UNIT_MONEY].upper,
                                               ctx->clip);
        if (n < i) {
            ladder->steps[n] = ladder->steps[i];
            ngx_memcpy(ctx->reserve->ask[n], ask, sizeof(ctx->reserve->ask[n]));
        }

        n++;
    }

    if (n) {
        ladder->n = n;
        ctx->reserve->nsteps = n;
        return NGX_OK;
    }

    return ngx_http_aicost_clipped(r, ctx, tight);
}


static ngx_int_t
ngx_http_aicost_claims(ngx_http_request_t *r, ngx_http_aicost_ctx_t *ctx,
    aicost_ladder_t *ladder)
{
    uint32_t                   i;
    ngx_str_t                  key;
    ngx_http_aicost_budget_t  *b, **list;

    if (ctx->alcf->budgets == NULL) {
        return NGX_OK;
    }

    list = ctx->alcf->budgets->elts;

    for (i = 0; i < ctx->alcf->budgets->nelts; i++) {
        b = list[i];

        ngx_str_null(&key);

        if (b->key.value.len
            && ngx_http_complex_value(r, &b->key, &key) != NGX_OK)
        {
            return NGX_ERROR;
        }

        if (b->period == AICOST_PERIOD_SESSION && !ctx->named_session
            && !b->constant)
        {
            /* ctx->clip holds for this request alone */
            continue;
        }

        if (ngx_http_aicost_claim(ctx, ladder, b, &key, 0) != NGX_OK
            || (b->share
                && ngx_http_aicost_claim(ctx, ladder, b, &key, 1) != NGX_OK))
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_aicost_claim(ngx_http_aicost_ctx_t *ctx, aicost_ladder_t *ladder,
    ngx_http_aicost_budget_t *b, ngx_str_t *key, ngx_uint_t share)
{
    int64_t          now;
    uint32_t         i, tier;
    ngx_str_t        scoped, name;
    aicost_claim_t  *c;
    u_char           buf[AICOST_MAX_IDENT + NGX_HTTP_AICOST_LABEL + 4], *p;
    struct {
        int64_t      t0;
        int64_t      t1;
    }               *w;

    if (ctx->reserve->nclaims == AICOST_MAX_CLAIMS) {
        return NGX_ERROR;
    }

    now = ctx->reserve->now;
    c = &ctx->reserve->claims[ctx->reserve->nclaims];

    ngx_memzero(c, sizeof(aicost_claim_t));

    c->limit = ngx_http_aicost_limit(ctx, b);
    c->budget = (uint32_t) b->index;
    c->unit = (uint8_t) b->unit;
    ngx_memcpy(c->whole, b->whole, AICOST_ID);
    c->soft = b->soft;
    c->upper = b->upper;
    c->clear = b->clear;

    scoped = *key;

    if (share) {
        p = ngx_cpymem(buf, key->data, ngx_min(key->len, AICOST_MAX_IDENT));
        *p++ = '\0';
        p = ngx_cpymem(p, b->share_tier.data,
                       ngx_min(b->share_tier.len, NGX_HTTP_AICOST_LABEL));
        scoped.data = buf;
        scoped.len = p - buf;

        c->limit = aicost_muldiv_down(c->limit, b->share, 1000000);

        for (i = 0; i < ladder->n; i++) {
            if (ladder->steps[i].tier == b->share_index) {
                c->share_step |= (uint8_t) (1 << i);
            }
        }

        if (c->share_step == 0 || c->limit <= 0) {
            return NGX_OK;
        }
    }

    if (b->period == AICOST_PERIOD_SESSION) {
        c->session = 1;
        c->idle = b->idle;
        c->max = b->max;

    } else {
        w = (void *) &ctx->amcf->windows[b->period];

        if (now < w->t0 || now >= w->t1) {
            aicost_window(ctx->amcf->tz, b->period, now, &w->t0, &w->t1);
        }

        c->t0 = w->t0;
        c->t1 = w->t1;
        c->grace = (b->period == AICOST_PERIOD_MONTH)
                   ? (int64_t) 7 * 86400 * 1000 : (int64_t) 2 * 86400 * 1000;
    }

    ngx_http_aicost_ids('b', &b->name, &scoped, c->t0, c->id, c->latch);

    for (i = 0; i < ctx->reserve->nclaims; i++) {
        if (ngx_memcmp(ctx->reserve->claims[i].id, c->id, AICOST_ID) == 0) {
            /* declared on two levels: one account, counted once */
            return NGX_OK;
        }
    }

    ngx_str_set(&name, "\0overflow");
    ngx_http_aicost_ids('o', &b->name, &name, c->t0, c->spare, buf);

    if (!share) {
        if (b->warn) {
            c->warn = aicost_muldiv_up(c->limit, b->warn, 1000000);
        }

        if (b->kill) {
            c->kill = aicost_muldiv_up(c->limit, b->kill, 1000000);
        }

        if (b->downgrade && !ctx->critical) {
            c->downgrade = aicost_muldiv_up(c->limit, b->downgrade, 1000000);
            tier = b->downgrade_index;
            c->downgrade_step = (uint8_t) ladder->n;

            for (i = 1; i < ladder->n; i++) {
                if (ladder->steps[i].tier == tier
                    || (tier == AICOST_NO_TIER
                        && ladder->steps[i].tier < ladder->steps[0].tier))
                {
                    c->downgrade_step = (uint8_t) i;
                    break;
                }
            }
        }
    }

    ctx->claims[ctx->reserve->nclaims++] = b;

    return NGX_OK;
}


/* the consumer's own limit where its record names the budget */

static int64_t
ngx_http_aicost_limit(ngx_http_aicost_ctx_t *ctx, ngx_http_aicost_budget_t *b)
{
    int                rc;
    u_char             currency[3];
    int64_t            limit;
    uint32_t           i;
    aicost_str_t      *s;
    aicost_consumer_t *c;

    c = ctx->who;

    if (c == NULL || !b->by_consumer) {
        return b->limit;
    }

    for (i = 0; i < c->nbudgets; i++) {

        if (c->budgets[i].name.len != b->name.len
            || ngx_memcmp(c->budgets[i].name.data, b->name.data, b->name.len)
               != 0)
        {
            continue;
        }

        s = &c->budgets[i].limit;

        if (b->unit == AICOST_UNIT_TOKENS) {
            rc = aicost_tokens_parse(s->data, s->len, &limit);

        } else {
            rc = aicost_money_parse(s->data, s->len, currency, &limit);

            if (rc == AICOST_OK
                && ngx_memcmp(currency, ctx->amcf->currency, 3) != 0)
            {
                rc = AICOST_ERROR;
            }
        }

        if (rc == AICOST_OK && limit > 0 && limit <= AICOST_MONEY_MAX) {
            return limit;
        }

        ngx_log_error(NGX_LOG_ERR, ctx->request->connection->log, 0,
                      "consumer \"%V\" has an unreadable limit for budget "
                      "\"%V\", the budget's own holds", &ctx->consumer,
                      &b->name);
    }

    return b->limit;
}


static ngx_int_t
ngx_http_aicost_rates(ngx_http_request_t *r, ngx_http_aicost_ctx_t *ctx)
{
    u_char                   latch[AICOST_ID];
    uint32_t                 k;
    ngx_str_t                key;
    ngx_uint_t               i;
    aicost_rate_t           *c;
    ngx_http_aicost_rate_t  *rate, **list;

    if (ctx->alcf->rates == NULL || ctx->sub) {
        return NGX_OK;
    }

    list = ctx->alcf->rates->elts;

    for (i = 0; i < ctx->alcf->rates->nelts; i++) {
        rate = list[i];

        if (ngx_http_complex_value(r, &rate->key, &key) != NGX_OK) {
            return NGX_ERROR;
        }

        if (key.len == 0) {
            continue;
        }

        c = &ctx->reserve->rates[ctx->reserve->nrates];

        ngx_http_aicost_ids('r', &rate->name, &key, 0, c->id, latch);

        for (k = 0; k < ctx->reserve->nrates; k++) {
            if (ngx_memcmp(ctx->reserve->rates[k].id, c->id, AICOST_ID) == 0) {
                break;
            }
        }

        if (k < ctx->reserve->nrates) {
            continue;
        }

        ctx->reserve->nrates++;

        c->rate = (uint32_t) rate->index;
        c->period = rate->period;
        c->tau = rate->tau;
    }

    return NGX_OK;
}


/*
 * D = SHA-256(kind, name, 0, key): its first half names the latch, its second
 * half, mixed with the window's start, the account.
 */

static void
ngx_http_aicost_ids(u_char kind, ngx_str_t *name, ngx_str_t *key, int64_t t0,
    u_char id[AICOST_ID], u_char latch[AICOST_ID])
{
    u_char      *p, digest[AICOST_DIGEST];
    uint64_t     mix;
    u_char       buf[2 * AICOST_MAX_IDENT];
    ngx_uint_t   i;

    p = buf;
    *p++ = kind;
    p = ngx_cpymem(p, name->data, ngx_min(name->len, AICOST_MAX_IDENT - 2));
    *p++ = '\0';

    if (key->len > AICOST_MAX_IDENT - 1) {
        ngx_http_aicost_digest(key->data, key->len, digest);
        p = ngx_cpymem(p, digest, AICOST_DIGEST);

    } else {
        p = ngx_cpymem(p, key->data, key->len);
    }

    ngx_http_aicost_digest(buf, p - buf, digest);

    ngx_memcpy(latch, digest, AICOST_ID);
    ngx_memcpy(id, digest + AICOST_ID, AICOST_ID);

    mix = (uint64_t) t0;

    for (i = 0; i < 8; i++) {
        id[i] ^= (u_char) (mix >> (8 * i));
    }
}


/* "aicost kill NAME": all accounts of a budget, whatever their keys */

void
ngx_http_aicost_whole_id(ngx_str_t *name, u_char latch[AICOST_ID])
{
    u_char     id[AICOST_ID];
    ngx_str_t  key;

    ngx_str_null(&key);

    ngx_http_aicost_ids('k', name, &key, 0, id, latch);
}


void
ngx_http_aicost_latch_id(ngx_str_t *name, ngx_str_t *key,
    u_char latch[AICOST_ID])
{
    u_char  id[AICOST_ID];

    ngx_http_aicost_ids('b', name, key, 0, id, latch);
}


/* copies the granted step: the catalogue may be swapped while it runs */

static void
ngx_http_aicost_granted(ngx_http_request_t *r, ngx_http_aicost_ctx_t *ctx,
    aicost_ladder_t *ladder)
{
    uint32_t             i;
    ngx_uint_t           capped;
    aicost_step_t       *step;
    aicost_model_t      *m;
    ngx_pool_cleanup_t  *cln;

    ctx->step = ctx->granted.step;
    step = &ladder->steps[ctx->step];

    ctx->tier = step->tier;
    ctx->reason = ctx->granted.marked ? AICOST_R_DOWNGRADE_MARK : step->reason;
    ctx->ncalls = step->n;
    ctx->left = ctx->granted.left;

    for (i = 0; i < step->n; i++) {
        ctx->calls[i].model = step->chain[i].model;
        ctx->calls[i].price = *step->chain[i].price;

        if (step->chain[i].model == &ladder->named) {
            m = ngx_palloc(r->pool, sizeof(aicost_model_t));

            if (m) {
                *m = ladder->named;
                ctx->calls[i].model = m;
            }
        }

        (void) ngx_http_aicost_wanted(ctx, step->chain[i].price,
                                      ladder->max_output, &capped);

        if (i == 0 && capped) {
            ctx->capped = 1;
        }
    }

    ctx->reserved = 1;
    ngx_queue_insert_tail(&ctx->amcf->live, &ctx->queue);

    cln = ngx_pool_cleanup_add(r->pool, 0);

    if (cln) {
        cln->handler = ngx_http_aicost_abandon;
        cln->data = ctx;
    }

    /* without a cleanup the lease still charges what nobody settles */

    for (i = 0; i < ctx->reserve->nclaims; i++) {
        if (ctx->granted.warned & (1u << i)) {
            ngx_log_error(NGX_LOG_WARN, r->connection->log, 0,
                          "budget \"%V\" passed its warning mark",
                          &ctx->claims[i]->name);
        }
    }
}


/* the output cap to send to calls[n]: -1 leaves the client's own */

int64_t
ngx_http_aicost_send_cap(ngx_http_aicost_ctx_t *ctx, uint32_t n)
{
    int64_t                in_upper, out, fit, amount, choices;
    ngx_uint_t             capped, money;
    const aicost_price_t  *p;
    aicost_token_model_t   tm;

    if (ctx->ask.endpoint == AICOST_EP_EMBEDDINGS) {
        return -1;
    }

    p = &ctx->calls[n].price;
    choices = ctx->ask.choices;

    out = ngx_http_aicost_wanted(ctx, p, ctx->cap, &capped);

    if (!ctx->granted.bounded && ctx->clip == 0) {
        return (ctx->ask.cap >= 0 && !capped) ? -1 : out;
    }

    ngx_http_aicost_token_model(p, &tm);

    in_upper = aicost_tokens_upper(&ctx->ask.text, &tm);

    amount = ctx->granted.amount[AICOST_UNIT_MONEY];

    money = (ctx->granted.bounds >> AICOST_UNIT_MONEY) & 1;

    if (ctx->clip && !money) {
        amount = ctx->clip;
    }

    amount /= 1 + (int64_t) ctx->alcf->after_send;

    if (!p->free && (ctx->clip || money)) {
        fit = aicost_cost_fit(p, in_upper, ctx->ask.text.images, amount,
                              ctx->amcf->rate_ppm) / choices;
        out = ngx_min(out, fit);
    }

    if ((ctx->granted.bounds >> AICOST_UNIT_TOKENS) & 1) {
        amount = ctx->granted.amount[AICOST_UNIT_TOKENS]
                 / (1 + (int64_t) ctx->alcf->after_send);
        out = ngx_min(out, (amount - in_upper) / choices);
    }

    out = ngx_max(out, 1);

    if (ctx->ask.cap >= 0 && out < ctx->ask.cap) {
        ctx->capped = 1;
    }

    return out;
}


static ngx_int_t
ngx_http_aicost_refused(ngx_http_request_t *r, ngx_http_aicost_ctx_t *ctx)
{
    u_char                     room[32], limit[32];
    ngx_str_t                  s, l, *name;
    aicost_claim_t            *c;
    aicost_granted_t          *g;
    ngx_http_aicost_rate_t   **rates;

    g = &ctx->granted;

    ctx->retry = g->retry;

    switch (g->answer) {

    case AICOST_NO_BUDGET:
        c = &ctx->reserve->claims[g->index];
        name = &ctx->claims[g->index]->name;

        if (c->unit == AICOST_UNIT_TOKENS) {
            return ngx_http_aicost_refuse(r, ctx, AICOST_R_RATE_LIMIT_EXCEEDED,
                                          NULL,
                                          "Token budget \"%V\" has %L of %L "
                                          "tokens left, too little for this "
                                          "request.", name, g->room, c->limit);
        }

        s.data = room;
        s.len = ngx_http_aicost_money(room, g->room) - room;
        l.data = limit;
        l.len = ngx_http_aicost_money(limit, c->limit) - limit;

        if (g->retry >= 0) {
            return ngx_http_aicost_refuse(r, ctx, AICOST_R_BUDGET_EXCEEDED,
                                          NULL,
                                          "Budget \"%V\" has %V of %V %s left, "
                                          "too little for this request; it "
                                          "resets in %L s.", name, &s, &l,
                                          ctx->amcf->currency,
                                          (g->retry + 999) / 1000);
        }

        return ngx_http_aicost_refuse(r, ctx, AICOST_R_BUDGET_EXCEEDED, NULL,
                                      "Budget \"%V\" has %V of %V %s left, too "
                                      "little for this request.", name, &s, &l,
                                      ctx->amcf->currency);

    case AICOST_NO_RATE:
        rates = ctx->amcf->rates.elts;

        return ngx_http_aicost_refuse(r, ctx, AICOST_R_RATE_LIMIT_EXCEEDED,
                                      NULL, "Rate \"%V\" is exceeded.",
                         &rates[ctx->reserve->rates[g->index].rate]->name);

    case AICOST_KILLED:
        if (g->index < ctx->reserve->nclaims) {
            return ngx_http_aicost_refuse(r, ctx, AICOST_R_KILL_SWITCH, NULL,
                                          "Budget \"%V\" is stopped by the "
                                          "kill switch.",
                                          &ctx->claims[g->index]->name);
        }

        return ngx_http_aicost_refuse(r, ctx, AICOST_R_KILL_SWITCH, NULL,
                                      "All AI traffic is stopped by the kill "
                                      "switch.");

    case AICOST_NO_ROOM:
        ctx->retry = 1000;

        return ngx_http_aicost_refuse(r, ctx, AICOST_R_STORE_UNAVAILABLE, NULL,
                                      "The budget store cannot take this "
                                      "request now.");

    default:
        ngx_log_error(NGX_LOG_ALERT, r->connection->log, 0,
                      "aicost store answered %d", (int) g->answer);

        return ngx_http_aicost_refuse(r, ctx, AICOST_R_INTERNAL, NULL,
                                      "The request could not be accounted "
                                      "for.");
    }
}


/* charges ctx->cost once; ctx->settled says how it came about */

void
ngx_http_aicost_settle(ngx_http_aicost_ctx_t *ctx)
{
    int64_t            left;
    aicost_store_t    *store;
    aicost_settled_t   q;

    if (!ctx->reserved || ctx->done) {
        return;
    }

    ctx->done = 1;
    ngx_queue_remove(&ctx->queue);

    store = &ctx->amcf->store;

    ngx_memcpy(q.rid, ctx->rid, AICOST_ID);
    q.op = (ctx->settled == AICOST_R_NOT_BILLED && ctx->cost == 0)
           ? AICOST_RELEASE : AICOST_SETTLE;
    q.now = ngx_http_aicost_now();
    q.actual[AICOST_UNIT_MONEY] = ctx->cost;
    q.actual[AICOST_UNIT_TOKENS] = ctx->usage.input + ctx->usage.cached
                                   + ctx->usage.cache_write
                                   + ctx->usage.cache_write_1h
                                   + ctx->usage.output + ctx->billed_tokens;
    q.nclaims = ctx->reserve->nclaims;
    q.claims = ctx->reserve->claims;

    if (store->ops->settle(store, &q, &left, NULL, NULL) != AICOST_OK) {
        /* the lease charges the whole reservation */
        ngx_log_error(NGX_LOG_ERR, ctx->request->connection->log, 0,
                      "aicost settle failed, the lease will charge it");
        return;
    }

    if (left >= 0) {
        ctx->left = left;
    }

    if (ctx->settled == AICOST_R_USAGE_UNREADABLE) {
        (void) ngx_atomic_fetch_add(&ctx->amcf->shared->settle_unread, 1);
    }
}


/* the request ends without a verdict: its pool goes, or the worker exits */

void
ngx_http_aicost_abandon(void *data)
{
    ngx_http_aicost_ctx_t  *ctx = data;

    if (ctx->timer.timer_set) {
        ngx_del_timer(&ctx->timer);
    }

    if (ctx->reserved && !ctx->done) {
        ngx_http_aicost_charge(ctx, NGX_ERROR);
    }
}
