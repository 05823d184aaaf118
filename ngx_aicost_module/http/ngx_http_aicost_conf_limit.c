
/*
 * Copyright (C) aicost
 *
 * Setters of rates and budgets.
 */


#include "ngx_http_aicost_module.h"


static char *ngx_http_aicost_budget_limit(ngx_conf_t *cf,
    ngx_http_aicost_main_conf_t *amcf, ngx_http_aicost_budget_t *b,
    ngx_str_t *value);
static char *ngx_http_aicost_budget_param(ngx_conf_t *cf,
    ngx_http_aicost_budget_t *b, ngx_str_t *word);
static ngx_int_t ngx_http_aicost_rate_period(ngx_http_aicost_rate_t *r,
    ngx_str_t *word);
static char *ngx_http_aicost_list(ngx_conf_t *cf, ngx_array_t **list,
    void *item);
static ngx_int_t ngx_http_aicost_budget_word(ngx_http_aicost_budget_t *b,
    ngx_str_t *word);
static char *ngx_http_aicost_budget_session(ngx_conf_t *cf,
    ngx_http_aicost_budget_t *b, ngx_str_t *word, ngx_str_t *v);
static ngx_int_t ngx_http_aicost_budget_mark(ngx_http_aicost_budget_t *b,
    ngx_str_t *word, ngx_str_t *v);
static void *ngx_http_aicost_same(ngx_array_t *all, ngx_str_t *name,
    ngx_str_t *key);


/* *variable is the index of the one that the value is, -1 when it is more or
   less than that */

char *
ngx_http_aicost_compile(ngx_conf_t *cf, ngx_str_t *value,
    ngx_http_complex_value_t *cv, ngx_int_t *variable)
{
    u_char                            *p, *last;
    ngx_http_compile_complex_value_t   ccv;

    ngx_memzero(&ccv, sizeof(ngx_http_compile_complex_value_t));

    ccv.cf = cf;
    ccv.value = value;
    ccv.complex_value = cv;

    if (ngx_http_compile_complex_value(&ccv) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    *variable = -1;

    if (cv->flushes == NULL || value->data[0] != '$') {
        return NGX_CONF_OK;
    }

    last = value->data + value->len;

    for (p = value->data + 1; p < last; p++) {
        if (!((*p | 0x20) >= 'a' && (*p | 0x20) <= 'z')
            && !(*p >= '0' && *p <= '9') && *p != '_')
        {
            return NGX_CONF_OK;
        }
    }

    *variable = (ngx_int_t) cv->flushes[0];

    return NGX_CONF_OK;
}


/* a rate or budget declared before under the same name and key; both kinds
   begin with the name and the key */

static void *
ngx_http_aicost_same(ngx_array_t *all, ngx_str_t *name, ngx_str_t *key)
{
    ngx_uint_t                i;
    ngx_http_aicost_rate_t  **r;

    r = all->elts;

    for (i = 0; i < all->nelts; i++) {
        if (r[i]->name.len == name->len
            && ngx_memcmp(r[i]->name.data, name->data, name->len) == 0
            && r[i]->key.value.len == key->len
            && ngx_memcmp(r[i]->key.value.data, key->data, key->len) == 0)
        {
            return r[i];
        }
    }

    return NULL;
}


/* aicost_rate NAME KEY 60r/m [burst=N] | off */

char *
ngx_http_aicost_rate(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_aicost_loc_conf_t  *alcf = conf;

    ngx_int_t                     burst;
    ngx_str_t                    *value;
    ngx_http_aicost_rate_t       *r, *same, **rp;
    ngx_http_aicost_main_conf_t  *amcf;

    value = cf->args->elts;

    if (cf->args->nelts == 2) {
        if (ngx_strcmp(value[1].data, "off") != 0) {
            return "has too few arguments: expected NAME KEY RATE, or off";
        }

        alcf->off_rates = 1;
        return NGX_CONF_OK;
    }

    if (cf->args->nelts < 4) {
        return "has too few arguments: expected NAME KEY RATE, for example "
               "\"ip $aicost_net 60r/m\"";
    }

    r = ngx_pcalloc(cf->pool, sizeof(ngx_http_aicost_rate_t));
    if (r == NULL) {
        return NGX_CONF_ERROR;
    }

    r->name = value[1];
    r->constant = (ngx_http_script_variables_count(&value[2]) == 0);

    if (ngx_http_aicost_compile(cf, &value[2], &r->key, &r->variable)
        != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    if (ngx_http_aicost_rate_period(r, &value[3]) != NGX_OK) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid rate \"%V\", expected for example 10r/s, "
                           "60r/m or 1000r/h", &value[3]);
        return NGX_CONF_ERROR;
    }

    burst = 0;

    if (cf->args->nelts == 5) {

        if (ngx_strncmp(value[4].data, "burst=", 6) != 0) {
            goto burst;
        }

        burst = ngx_atoi(value[4].data + 6, value[4].len - 6);

        if (burst < 0 || burst > 1000000) {
            goto burst;
        }
    }

    r->tau = r->period * burst;

    amcf = ngx_http_conf_get_module_main_conf(cf, ngx_aicost_module);

    same = ngx_http_aicost_same(&amcf->rates, &r->name, &r->key.value);

    if (same) {
        if (same->period != r->period || same->tau != r->tau) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "rate \"%V\" with this key says another limit "
                               "elsewhere: one account has one limit",
                               &r->name);
            return NGX_CONF_ERROR;
        }

        r = same;

    } else {
        rp = ngx_array_push(&amcf->rates);
        if (rp == NULL) {
            return NGX_CONF_ERROR;
        }

        r->index = amcf->rates.nelts - 1;
        *rp = r;
    }

    return ngx_http_aicost_list(cf, &alcf->rates, r);

burst:

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "invalid parameter \"%V\", expected burst=N",
                       &value[4]);
    return NGX_CONF_ERROR;
}


/* "60r/m": period in us, rounded up, so that no more pass than are written */

static ngx_int_t
ngx_http_aicost_rate_period(ngx_http_aicost_rate_t *r, ngx_str_t *word)
{
    u_char     *unit;
    int64_t     period;
    ngx_int_t   n;

    if (word->len < 4) {
        return NGX_ERROR;
    }

    unit = word->data + word->len - 3;

    if (ngx_strncmp(unit, "r/s", 3) == 0) {
        period = 1000000;

    } else if (ngx_strncmp(unit, "r/m", 3) == 0) {
        period = 60000000;

    } else if (ngx_strncmp(unit, "r/h", 3) == 0) {
        period = (int64_t) 3600 * 1000000;

    } else {
        return NGX_ERROR;
    }

    n = ngx_atoi(word->data, word->len - 3);

    if (n <= 0 || n > 60000000 || period / n == 0) {
        return NGX_ERROR;
    }

    r->limit = n;
    r->period = (period + n - 1) / n;

    return NGX_OK;
}


static char *
ngx_http_aicost_list(ngx_conf_t *cf, ngx_array_t **list, void *item)
{
    void  **p;

    if (*list == NULL) {
        *list = ngx_array_create(cf->pool, 4, sizeof(void *));

        if (*list == NULL) {
            return NGX_CONF_ERROR;
        }
    }

    p = ngx_array_push(*list);
    if (p == NULL) {
        return NGX_CONF_ERROR;
    }

    *p = item;

    return NGX_CONF_OK;
}


/* aicost_budget NAME KEY LIMIT/PERIOD [parameters] | off */

char *
ngx_http_aicost_budget(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_aicost_loc_conf_t  *alcf = conf;

    char                         *rv;
    ngx_str_t                    *value, key;
    ngx_uint_t                    i;
    ngx_http_aicost_budget_t     *b, *same, **bp;
    ngx_http_aicost_main_conf_t  *amcf;

    value = cf->args->elts;

    if (cf->args->nelts == 2 && ngx_strcmp(value[1].data, "off") == 0) {
        alcf->off_budgets = 1;
        return NGX_CONF_OK;
    }

    if (cf->args->nelts < 4) {
        return "has too few arguments: expected NAME KEY LIMIT/PERIOD, for "
               "example \"day $aicost_consumer 25EUR/day\"";
    }

    amcf = ngx_http_conf_get_module_main_conf(cf, ngx_aicost_module);

    b = ngx_pcalloc(cf->pool, sizeof(ngx_http_aicost_budget_t));
    if (b == NULL) {
        return NGX_CONF_ERROR;
    }

    b->name = value[1];
    b->place = ngx_http_aicost_place(cf);
    b->idle = 30 * 60 * 1000;
    b->max = 24 * 3600 * 1000;

    key = value[2];

    if (ngx_strcmp(key.data, "all") == 0) {
        ngx_str_set(&key, "");
    }

    b->constant = (ngx_http_script_variables_count(&key) == 0);
    b->by_consumer = (ngx_strstr(key.data, "$aicost_consumer") != NULL
                      || ngx_strstr(key.data, "${aicost_consumer}") != NULL);

    b->variable = -1;

    if (key.len
        && ngx_http_aicost_compile(cf, &key, &b->key, &b->variable)
           != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    ngx_http_aicost_budget_names(b);

    rv = ngx_http_aicost_budget_limit(cf, amcf, b, &value[3]);
    if (rv != NGX_CONF_OK) {
        return rv;
    }

    for (i = 4; i < cf->args->nelts; i++) {
        rv = ngx_http_aicost_budget_param(cf, b, &value[i]);
        if (rv != NGX_CONF_OK) {
            return rv;
        }
    }

    same = ngx_http_aicost_same(&amcf->budgets, &b->name, &b->key.value);

    if (same) {
        if (same->limit != b->limit || same->unit != b->unit
            || same->period != b->period)
        {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "budget \"%V\" with this key says another limit "
                               "elsewhere: one account has one limit",
                               &b->name);
            return NGX_CONF_ERROR;
        }

    }

    if (amcf->budgets.nelts >= NGX_HTTP_AICOST_BUDGETS) {
        return "is too much: 64 budgets are the most";
    }

    bp = ngx_array_push(&amcf->budgets);
    if (bp == NULL) {
        return NGX_CONF_ERROR;
    }

    b->index = same ? same->index : amcf->budgets.nelts - 1;
    *bp = b;

    return ngx_http_aicost_list(cf, &alcf->budgets, b);
}


static char *
ngx_http_aicost_budget_limit(ngx_conf_t *cf,
    ngx_http_aicost_main_conf_t *amcf, ngx_http_aicost_budget_t *b,
    ngx_str_t *value)
{
    size_t      len;
    u_char     *slash, currency[3];
    ngx_str_t   s;

    slash = ngx_strlchr(value->data, value->data + value->len, '/');

    if (slash == NULL) {
        goto invalid;
    }

    len = slash - value->data;

    b->period = aicost_period_parse(slash + 1, value->len - len - 1);

    if (b->period == AICOST_PERIODS) {
        goto invalid;
    }

    if (aicost_tokens_parse(value->data, len, &b->limit) == AICOST_OK) {
        b->unit = AICOST_UNIT_TOKENS;

    } else if (aicost_money_parse(value->data, len, currency, &b->limit)
               == AICOST_OK)
    {
        b->unit = AICOST_UNIT_MONEY;

        if (amcf->rate_ppm == 0) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "budget \"%V\" is in money but the currency is "
                               "not known: write aicost_currency in the http "
                               "block, above it", &b->name);
            return NGX_CONF_ERROR;
        }

        if (ngx_memcmp(currency, amcf->currency, 3) != 0) {
            s.data = currency;
            s.len = 3;

            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "budget \"%V\" is in %V, the currency of the "
                               "accounts is %s", &b->name, &s,
                               amcf->currency);
            return NGX_CONF_ERROR;
        }

    } else {
        goto invalid;
    }

    if (b->limit <= 0 || b->limit > AICOST_MONEY_MAX) {
        goto invalid;
    }

    return NGX_CONF_OK;

invalid:

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "invalid limit \"%V\" of budget \"%V\", expected for "
                       "example 25EUR/day or 200kt/hour; periods are minute, "
                       "hour, day, week, month and session, the most is "
                       "9 million", value, &b->name);
    return NGX_CONF_ERROR;
}


static char *
ngx_http_aicost_budget_param(ngx_conf_t *cf, ngx_http_aicost_budget_t *b,
    ngx_str_t *word)
{
    ngx_str_t  v;

    v.data = ngx_strlchr(word->data, word->data + word->len, '=');

    if (v.data == NULL) {
        goto invalid;
    }

    v.data++;
    v.len = word->data + word->len - v.data;

    if (ngx_http_aicost_budget_word(b, word) == NGX_OK) {
        return NGX_CONF_OK;
    }

    if (ngx_strncmp(word->data, "idle=", 5) == 0
        || ngx_strncmp(word->data, "max=", 4) == 0)
    {
        return ngx_http_aicost_budget_session(cf, b, word, &v);
    }

    if (ngx_http_aicost_budget_mark(b, word, &v) == NGX_OK) {
        return NGX_CONF_OK;
    }

invalid:

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "invalid parameter \"%V\" of budget \"%V\", known are "
                       "mode=estimate|upper limit=hard|soft warn=P "
                       "downgrade=P[:TIER] kill=P[:window] share=TIER:P "
                       "idle=TIME max=TIME", word, &b->name);
    return NGX_CONF_ERROR;
}


static ngx_int_t
ngx_http_aicost_budget_word(ngx_http_aicost_budget_t *b, ngx_str_t *word)
{
    if (ngx_strcmp(word->data, "mode=upper") == 0) {
        b->upper = 1;
        return NGX_OK;
    }

    if (ngx_strcmp(word->data, "limit=soft") == 0) {
        b->soft = 1;
        return NGX_OK;
    }

    if (ngx_strcmp(word->data, "mode=estimate") == 0
        || ngx_strcmp(word->data, "limit=hard") == 0)
    {
        return NGX_OK;
    }

    return NGX_DECLINED;
}


/* idle=, max= */

static char *
ngx_http_aicost_budget_session(ngx_conf_t *cf, ngx_http_aicost_budget_t *b,
    ngx_str_t *word, ngx_str_t *v)
{
    ngx_msec_t  ms;

    if (b->period != AICOST_PERIOD_SESSION) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" belongs to a budget per session", word);
        return NGX_CONF_ERROR;
    }

    ms = ngx_parse_time(v, 0);

    if (ms == (ngx_msec_t) NGX_ERROR || ms < 1000) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid time \"%V\", 1s is the least", word);
        return NGX_CONF_ERROR;
    }

    if (word->data[0] == 'i') {
        b->idle = ms;

    } else {
        b->max = ms;
    }

    return NGX_CONF_OK;
}


/* warn=P, downgrade=P[:TIER], kill=P[:window], share=TIER:P */

static ngx_int_t
ngx_http_aicost_budget_mark(ngx_http_aicost_budget_t *b, ngx_str_t *word,
    ngx_str_t *v)
{
    u_char     *colon;
    int64_t    *ppm;
    ngx_str_t   first, second;

    first = *v;
    ngx_str_null(&second);

    colon = ngx_strlchr(v->data, v->data + v->len, ':');

    if (colon) {
        second.data = colon + 1;
        second.len = v->data + v->len - second.data;
        first.len = colon - v->data;

        if (first.len == 0 || second.len == 0) {
            return NGX_ERROR;
        }
    }

    if (ngx_strncmp(word->data, "share=", 6) == 0) {

        if (colon == NULL
            || aicost_percent_parse(second.data, second.len, &b->share)
               != AICOST_OK
            || b->share <= 0 || b->share > 1000000)
        {
            return NGX_ERROR;
        }

        b->share_tier = first;

        return NGX_OK;
    }

    if (ngx_strncmp(word->data, "warn=", 5) == 0 && colon == NULL) {
        ppm = &b->warn;

    } else if (ngx_strncmp(word->data, "downgrade=", 10) == 0) {
        b->downgrade_tier = second;
        ppm = &b->downgrade;

    } else if (ngx_strncmp(word->data, "kill=", 5) == 0
               && (colon == NULL
                   || (second.len == 6
                       && ngx_strncmp(second.data, "window", 6) == 0)))
    {
        b->clear = (colon != NULL);
        ppm = &b->kill;

    } else {
        return NGX_ERROR;
    }

    if (aicost_percent_parse(first.data, first.len, ppm) != AICOST_OK
        || *ppm <= 0)
    {
        return NGX_ERROR;
    }

    return NGX_OK;
}
