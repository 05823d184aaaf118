
/*
 * Copyright (C) aicost
 *
 * Budgets and rates of a location -> the accounts one request claims.
 */


#include "ngx_http_aicost_module.h"
#include "../core/aicost_name.h"


#define NGX_HTTP_AICOST_KNOWN       512
#define NGX_HTTP_AICOST_KNOWN_TEXT  96     /* bytes; longer names are digested
                                              each time */


static const u_char *ngx_http_aicost_name(u_char kind, ngx_str_t *name,
    ngx_str_t *key);
static const u_char *ngx_http_aicost_known(const u_char *text, size_t len);
static ngx_int_t ngx_http_aicost_claim(ngx_http_aicost_ctx_t *ctx,
    aicost_ladder_t *ladder, ngx_http_aicost_budget_t *b, ngx_str_t *key,
    ngx_uint_t share);
static void ngx_http_aicost_marks(ngx_http_aicost_ctx_t *ctx,
    aicost_ladder_t *ladder, ngx_http_aicost_budget_t *b, aicost_claim_t *c);


ngx_int_t
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

        if (b->period == AICOST_PERIOD_SESSION && !ctx->named_session
            && !b->constant)
        {
            /* ctx->clip holds for this request alone */
            continue;
        }

        ngx_str_null(&key);

        if (b->key.value.len
            && ngx_http_aicost_value(r, &b->key, b->variable, &key)
               != NGX_OK)
        {
            return NGX_ERROR;
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


/* what one variable says is not copied: it holds while a request is decided */

ngx_int_t
ngx_http_aicost_value(ngx_http_request_t *r, ngx_http_complex_value_t *cv,
    ngx_int_t variable, ngx_str_t *s)
{
    ngx_http_variable_value_t  *v;

    if (variable < 0) {
        return ngx_http_complex_value(r, cv, s);
    }

    v = ngx_http_get_flushed_variable(r, (ngx_uint_t) variable);

    if (v == NULL || v->not_found) {
        ngx_str_null(s);
        return NGX_OK;
    }

    s->len = v->len;
    s->data = v->data;

    return NGX_OK;
}


static ngx_int_t
ngx_http_aicost_claim(ngx_http_aicost_ctx_t *ctx, aicost_ladder_t *ladder,
    ngx_http_aicost_budget_t *b, ngx_str_t *key, ngx_uint_t share)
{
    u_char                    *p;
    u_char                     latch[AICOST_ID], buf[AICOST_MAX_IDENT
                                   + NGX_HTTP_AICOST_LABEL + 4];
    int64_t                    now;
    uint32_t                   i;
    ngx_str_t                  scoped;
    const u_char              *digest;
    aicost_claim_t            *c;
    ngx_http_aicost_window_t  *w;

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
        w = &ctx->amcf->windows[b->period];

        if (now < w->t0 || now >= w->t1) {
            aicost_window(ctx->amcf->tz, b->period, now, &w->t0, &w->t1);
        }

        c->t0 = w->t0;
        c->t1 = w->t1;
        c->grace = (b->period == AICOST_PERIOD_MONTH)
                   ? (int64_t) 7 * 86400 * 1000 : (int64_t) 2 * 86400 * 1000;
    }

    digest = (b->constant && !share)
             ? b->own
             : ngx_http_aicost_name(AICOST_NAME_BUDGET, &b->name, &scoped);

    aicost_name_ids(digest, c->t0, c->id, c->latch);

    for (i = 0; i < ctx->reserve->nclaims; i++) {
        if (ngx_memcmp(ctx->reserve->claims[i].id, c->id, AICOST_ID) == 0) {
            /* declared on two levels: one account, counted once */
            return NGX_OK;
        }
    }

    aicost_name_ids(b->spare, c->t0, c->spare, latch);

    if (!share) {
        ngx_http_aicost_marks(ctx, ladder, b, c);
    }

    ctx->claims[ctx->reserve->nclaims++] = b;

    return NGX_OK;
}


/* the shares of the limit at which something happens */

static void
ngx_http_aicost_marks(ngx_http_aicost_ctx_t *ctx, aicost_ladder_t *ladder,
    ngx_http_aicost_budget_t *b, aicost_claim_t *c)
{
    uint32_t  i, tier;

    if (b->warn) {
        c->warn = aicost_muldiv_up(c->limit, b->warn, 1000000);
    }

    if (b->kill) {
        c->kill = aicost_muldiv_up(c->limit, b->kill, 1000000);
    }

    if (b->downgrade == 0 || ctx->critical) {
        return;
    }

    c->downgrade = aicost_muldiv_up(c->limit, b->downgrade, 1000000);
    c->downgrade_step = (uint8_t) ladder->n;
    tier = b->downgrade_index;

    for (i = 1; i < ladder->n; i++) {
        if (ladder->steps[i].tier == tier
            || (tier == AICOST_NO_TIER
                && ladder->steps[i].tier < ladder->steps[0].tier))
        {
            c->downgrade_step = (uint8_t) i;
            return;
        }
    }
}


/* the consumer's own limit where its record names the budget */

int64_t
ngx_http_aicost_limit(ngx_http_aicost_ctx_t *ctx, ngx_http_aicost_budget_t *b)
{
    int                 rc;
    u_char              currency[3];
    int64_t             limit;
    uint32_t            i;
    aicost_str_t       *s;
    aicost_consumer_t  *c;

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


ngx_int_t
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

        if (ngx_http_aicost_value(r, &rate->key, rate->variable, &key)
            != NGX_OK)
        {
            return NGX_ERROR;
        }

        if (key.len == 0) {
            continue;
        }

        c = &ctx->reserve->rates[ctx->reserve->nrates];

        aicost_name_ids(ngx_http_aicost_name(AICOST_NAME_RATE, &rate->name,
                                             &key),
                        0, c->id, latch);

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
 * The digest of a name that may have been asked for before: names of budgets
 * with the keys of the moment.  A slot a hash, the last one stays.
 */

static const u_char *
ngx_http_aicost_known(const u_char *text, size_t len)
{
    static struct {
        size_t               len;
        u_char               text[NGX_HTTP_AICOST_KNOWN_TEXT];
        u_char               digest[AICOST_DIGEST];
    } known[NGX_HTTP_AICOST_KNOWN], *k;

    static u_char            digest[AICOST_DIGEST];

    if (len > NGX_HTTP_AICOST_KNOWN_TEXT) {
        ngx_http_aicost_digest(text, len, digest);
        return digest;
    }

    k = &known[ngx_murmur_hash2((u_char *) text, len) % NGX_HTTP_AICOST_KNOWN];

    if (k->len != len || ngx_memcmp(k->text, text, len) != 0) {
        ngx_http_aicost_digest(text, len, k->digest);
        ngx_memcpy(k->text, text, len);
        k->len = len;
    }

    return k->digest;
}


/*
 * D = SHA-256(kind, name, 0, key): its first half names the latch, its second
 * half, mixed with the window's start, the account.  Valid until the next one.
 */

static const u_char *
ngx_http_aicost_name(u_char kind, ngx_str_t *name, ngx_str_t *key)
{
    size_t     len;
    u_char     buf[AICOST_NAME_TEXT], key_digest[AICOST_DIGEST];
    ngx_str_t  text;

    text = *key;

    if (key->len > AICOST_NAME_KEY) {
        ngx_http_aicost_digest(key->data, key->len, key_digest);
        text.data = key_digest;
        text.len = AICOST_DIGEST;
    }

    len = aicost_name_text(buf, kind, name->data, name->len, text.data,
                           text.len);

    return ngx_http_aicost_known(buf, len);
}


/* what does not hang on a request: "aicost kill NAME" is for all accounts of a
   budget, whatever their keys */

void
ngx_http_aicost_budget_names(ngx_http_aicost_budget_t *b)
{
    u_char     id[AICOST_ID];
    ngx_str_t  key;

    ngx_str_null(&key);
    aicost_name_ids(ngx_http_aicost_name(AICOST_NAME_WHOLE, &b->name, &key), 0,
                    id, b->whole);

    ngx_str_set(&key, "\0overflow");
    ngx_memcpy(b->spare,
               ngx_http_aicost_name(AICOST_NAME_OVERFLOW, &b->name, &key),
               AICOST_DIGEST);

    ngx_memcpy(b->own,
               ngx_http_aicost_name(AICOST_NAME_BUDGET, &b->name,
                                    &b->key.value),
               AICOST_DIGEST);
}


void
ngx_http_aicost_latch_id(ngx_str_t *name, ngx_str_t *key,
    u_char latch[AICOST_ID])
{
    u_char  id[AICOST_ID];

    aicost_name_ids(ngx_http_aicost_name(AICOST_NAME_BUDGET, name, key), 0,
                    id, latch);
}
