
/*
 * Copyright (C) aicost
 *
 * Route and reserve; settle exactly once.  What is asked and what it may cost
 * is core's: this file only brings the pieces together.
 */


#include "ngx_http_aicost_module.h"


static ngx_int_t ngx_http_aicost_prepare(ngx_http_request_t *r,
    ngx_http_aicost_ctx_t *ctx, aicost_ladder_t *ladder);
static void ngx_http_aicost_asks(ngx_http_aicost_ctx_t *ctx,
    aicost_ladder_t *ladder);
static ngx_int_t ngx_http_aicost_clipped(ngx_http_request_t *r,
    ngx_http_aicost_ctx_t *ctx, ngx_http_aicost_budget_t *b);
static ngx_int_t ngx_http_aicost_clip(ngx_http_request_t *r,
    ngx_http_aicost_ctx_t *ctx, aicost_ladder_t *ladder);
static ngx_int_t ngx_http_aicost_refused(ngx_http_request_t *r,
    ngx_http_aicost_ctx_t *ctx);
static ngx_int_t ngx_http_aicost_granted(ngx_http_request_t *r,
    ngx_http_aicost_ctx_t *ctx, aicost_ladder_t *ladder);


/* NGX_OK: money is reserved, the chain is in ctx->calls; NGX_AGAIN: the store
   is waited for, the request goes on by itself; anything else is the answer to
   the client */

ngx_int_t
ngx_http_aicost_decide(ngx_http_request_t *r, ngx_http_aicost_ctx_t *ctx)
{
    int                          rc;
    ngx_int_t                    code;
    aicost_store_t              *store;
    aicost_ladder_t             *ladder;
    ngx_http_aicost_decision_t  *d;

    store = &ctx->amcf->store;

    if (ctx->amcf->fleet == NULL) {

        /* the worker's own, in use until this function returns */

        ladder = &ctx->amcf->tape.ladder;
        ctx->reserve = &ctx->amcf->tape.reserve;

        code = ngx_http_aicost_prepare(r, ctx, ladder);
        if (code != NGX_OK) {
            return code;
        }

        rc = store->ops->reserve(store, ctx->reserve, &ctx->granted, NULL,
                                 NULL);

        return ngx_http_aicost_decided(r, ctx, ladder, rc);
    }

    d = ngx_http_aicost_decision(ctx);
    if (d == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    code = ngx_http_aicost_prepare(r, ctx, &d->ladder);

    if (code != NGX_OK) {
        ctx->decision = NULL;

    } else {
        d->changes = ctx->amcf->shared->fleet.changes;

        rc = store->ops->reserve(store, &d->reserve, &d->granted,
                                 ngx_http_aicost_answered, d);

        if (rc == AICOST_AGAIN) {
            return NGX_AGAIN;
        }

        /* from here on ctx may go with its request */

        ctx->decision = NULL;
        ctx->granted = d->granted;
        code = ngx_http_aicost_decided(r, ctx, &d->ladder, rc);
    }

    ngx_http_aicost_put_decision(d);

    return code;
}


/* route, price, claims and rates: what is asked of the store */

static ngx_int_t
ngx_http_aicost_prepare(ngx_http_request_t *r, ngx_http_aicost_ctx_t *ctx,
    aicost_ladder_t *ladder)
{
    ngx_int_t  code;

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
    ctx->reserve->now = ngx_http_aicost_now() + ctx->shift;
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

    return NGX_OK;
}


/* what this request would be counted as: nothing is reserved or sent */

ngx_int_t
ngx_http_aicost_count_tokens(ngx_http_request_t *r, ngx_http_aicost_ctx_t *ctx)
{
    ngx_int_t         code;
    aicost_ladder_t  *ladder;

    if (ngx_http_aicost_flush_maps(r) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ladder = &ctx->amcf->tape.ladder;
    ctx->reserve = &ctx->amcf->tape.reserve;

    code = ngx_http_aicost_route(r, ctx, ladder);
    if (code != NGX_OK) {
        return code;
    }

    ngx_http_aicost_asks(ctx, ladder);

    return ngx_http_aicost_counted(r, ctx);
}


/* the store's answer is in ctx->granted */

ngx_int_t
ngx_http_aicost_decided(ngx_http_request_t *r, ngx_http_aicost_ctx_t *ctx,
    aicost_ladder_t *ladder, int rc)
{
    ngx_int_t  code;

    if (rc != AICOST_OK) {
        ngx_memzero(&ctx->granted, sizeof(aicost_granted_t));
        ctx->granted.answer = AICOST_NO_ROOM;
    }

    if (ctx->explain) {
        /* that is the answer: no call follows */
        ngx_http_finalize_request(r, ngx_http_aicost_explain(r, ctx, ladder));
        return NGX_DONE;
    }

    if (rc == AICOST_OK
        && (ctx->granted.answer > 0 || ctx->granted.dry)
        && ngx_http_aicost_granted(r, ctx, ladder) != NGX_OK)
    {
        ngx_http_aicost_ungrant(ctx);
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
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
    int64_t                       least, n, times, in, in_upper, out, images,
                                  rate, most, cost;
    uint32_t                      i, k;
    ngx_uint_t                    capped;
    aicost_ask_t                 *money, *tokens, *ask;
    aicost_step_t                *step;
    const aicost_price_t         *p;
    aicost_token_model_t          tm;
    ngx_http_aicost_provider_t  **pp;

    pp = ctx->amcf->providers.elts;
    n = ctx->ask.choices;
    ctx->tokens_upper = 0;
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

            if (!ngx_http_aicost_refers(ctx, p,
                                     pp[step->chain[k].model->provider]))
            {
                continue;
            }

            ngx_http_aicost_token_model(p, &tm);

            in = aicost_tokens_estimate(&ctx->ask.text, &tm);
            in_upper = aicost_tokens_upper(&ctx->ask.text, &tm);

            out = ngx_http_aicost_wanted(ctx, p, ladder->max_output, &capped);
            least = ngx_min(out, (int64_t) ctx->alcf->output_min);

            if (!p->free) {
                rate = ngx_http_aicost_rate_asked(ctx, p);
                most = ngx_http_aicost_rate_upper(ctx, p);

                cost = aicost_cost_expected(p, in, images, out * n, rate);
                cost = aicost_mul(times, cost);
                money->want = ngx_max(money->want, cost);

                cost = aicost_cost_upper(p, in_upper, images, out * n, most);
                cost = aicost_mul(times, cost);
                money->upper = ngx_max(money->upper, cost);

                cost = aicost_cost_upper(p, in_upper, images, least * n, most);
                cost = aicost_mul(times, cost);
                money->least = ngx_max(money->least, cost);
            }

            tokens->want = ngx_max(tokens->want, times * (in + out * n));
            tokens->upper = ngx_max(tokens->upper,
                                    times * (in_upper + out * n));
            tokens->least = ngx_max(tokens->least,
                                    times * (in_upper + least * n));

            if (ctx->tokens_upper == 0) {
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


/* copies the granted step: the catalogue may be swapped while it runs */

static ngx_int_t
ngx_http_aicost_granted(ngx_http_request_t *r, ngx_http_aicost_ctx_t *ctx,
    aicost_ladder_t *ladder)
{
    uint32_t             i, covered;
    ngx_uint_t           capped;
    aicost_step_t       *step;
    aicost_model_t      *m;
    aicost_price_t      *base;
    ngx_pool_cleanup_t  *cln;

    ctx->step = ctx->granted.step;
    step = &ladder->steps[ctx->step];

    ctx->nkept = 0;
    ctx->kept = ngx_palloc(r->pool, ctx->reserve->nclaims
                                    * sizeof(aicost_claim_t) + 1);
    ctx->calls = ngx_palloc(r->pool, step->n * sizeof(ngx_http_aicost_call_t));
    m = ngx_palloc(r->pool, sizeof(aicost_model_t));
    cln = ngx_pool_cleanup_add(r->pool, 0);

    if (ctx->kept == NULL || ctx->calls == NULL || m == NULL || cln == NULL) {
        return NGX_ERROR;
    }

    if (ctx->base == step->chain[0].price) {
        ctx->base = &ctx->calls[0].price;

    } else if (ctx->base) {
        base = ngx_palloc(r->pool, sizeof(aicost_price_t));
        if (base == NULL) {
            return NGX_ERROR;
        }

        *base = *ctx->base;
        ctx->base = base;
    }

    covered = 0;

    for (i = 0; i < ctx->reserve->nclaims; i++) {

        if (!aicost_claim_counts(&ctx->reserve->claims[i], ctx->granted.step))
        {
            continue;
        }

        if (ctx->granted.covered & (1u << i)) {
            covered |= 1u << ctx->nkept;
        }

        ctx->kept[ctx->nkept++] = ctx->reserve->claims[i];
    }

    ctx->granted.covered = covered;

    ctx->tier = step->tier;
    ctx->reason = ctx->granted.marked ? AICOST_R_DOWNGRADE_MARK : step->reason;
    ctx->ncalls = step->n;
    ctx->left = ctx->granted.left;

    for (i = 0; i < step->n; i++) {
        ctx->calls[i].model = step->chain[i].model;
        ctx->calls[i].price = *step->chain[i].price;

        if (step->chain[i].model == &ladder->named) {
            *m = ladder->named;
            ctx->calls[i].model = m;
        }

        (void) ngx_http_aicost_wanted(ctx, step->chain[i].price,
                                      ladder->max_output, &capped);

        if (i == 0 && capped) {
            ctx->capped = 1;
        }
    }

    ctx->reserved = 1;
    ngx_queue_insert_tail(&ctx->amcf->live, &ctx->queue);

    cln->handler = ngx_http_aicost_abandon;
    cln->data = ctx;

    for (i = 0; i < ctx->reserve->nclaims; i++) {
        if (ctx->granted.warned & (1u << i)) {
            ngx_log_error(NGX_LOG_WARN, r->connection->log, 0,
                          "budget \"%V\" passed its warning mark",
                          &ctx->claims[i]->name);
        }
    }

    return NGX_OK;
}


/* what was granted, or may have been, is not used: nothing was sent, nothing is
   charged */

void
ngx_http_aicost_ungrant(ngx_http_aicost_ctx_t *ctx)
{
    ngx_http_aicost_give_back(ctx->amcf, ctx->rid, &ctx->granted);
}


void
ngx_http_aicost_give_back(ngx_http_aicost_main_conf_t *amcf,
    const u_char rid[AICOST_ID], const aicost_granted_t *granted)
{
    int64_t            left;
    aicost_store_t    *store;
    aicost_settled_t   q;

    ngx_memzero(&q, sizeof(aicost_settled_t));
    ngx_memcpy(q.rid, rid, AICOST_ID);
    q.op = AICOST_RELEASE;
    q.now = ngx_http_aicost_now();
    q.outage = granted->outage;
    q.covered = granted->covered;

    store = &amcf->store;
    (void) store->ops->settle(store, &q, &left, NULL, NULL);
}


/* the output cap to send to calls[n]: -1 leaves the client's own */

int64_t
ngx_http_aicost_send_cap(ngx_http_aicost_ctx_t *ctx, uint32_t n)
{
    int64_t                in_upper, out, fit, amount, choices, rate, images;
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
        rate = ngx_http_aicost_rate_upper(ctx, p);
        images = ctx->ask.text.images;

        if (aicost_cost_upper(p, in_upper, images, out * choices, rate)
            > amount)
        {
            fit = aicost_cost_fit(p, in_upper, images, amount, rate) / choices;
            out = ngx_min(out, fit);
        }
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
    q.nclaims = ctx->nkept;
    q.claims = ctx->kept;
    q.outage = ctx->granted.outage;
    q.covered = ctx->granted.covered;

    if (store->ops->settle(store, &q, &left, NULL, NULL) != AICOST_OK) {
        /* the lease charges the whole reservation */
        ngx_log_error(NGX_LOG_ERR, ctx->request->connection->log, 0,
                      "aicost settle failed, the lease will charge it");
        return;
    }

    if (left >= 0) {
        ctx->left = left;

    } else if (ctx->left >= 0) {
        /* not waited for: as it was granted, and what this call gave back */
        ctx->left += ctx->granted.amount[AICOST_UNIT_MONEY] - ctx->cost;
        ctx->left = ngx_max(ctx->left, 0);
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
