
/*
 * Copyright (C) aicost
 *
 * Setters of the directives of locations: rates, budgets, policies.
 */


#include "ngx_http_aicost_module.h"


static char *ngx_http_aicost_key(ngx_conf_t *cf, ngx_str_t *value,
    ngx_http_complex_value_t *key);
static char *ngx_http_aicost_budget_limit(ngx_conf_t *cf,
    ngx_http_aicost_main_conf_t *amcf, ngx_http_aicost_budget_t *b,
    ngx_str_t *value);
static char *ngx_http_aicost_budget_param(ngx_conf_t *cf,
    ngx_http_aicost_budget_t *b, ngx_str_t *word);
static void *ngx_http_aicost_same(ngx_array_t *all, ngx_str_t *name,
    ngx_str_t *key);


char *
ngx_http_aicost_pass(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_aicost_loc_conf_t  *alcf = conf;

    ngx_str_t                         *value;
    ngx_http_core_loc_conf_t          *clcf;
    ngx_http_aicost_main_conf_t       *amcf;
    ngx_http_compile_complex_value_t   ccv;

    if (alcf->pass) {
        return "is duplicate";
    }

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);
    clcf->handler = ngx_http_aicost_handler;

    value = cf->args->elts;

    alcf->pass = ngx_pcalloc(cf->pool, sizeof(ngx_http_complex_value_t));
    if (alcf->pass == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_memzero(&ccv, sizeof(ngx_http_compile_complex_value_t));

    ccv.cf = cf;
    ccv.value = &value[1];
    ccv.complex_value = alcf->pass;

    if (ngx_http_compile_complex_value(&ccv) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    amcf = ngx_http_conf_get_module_main_conf(cf, ngx_aicost_module);
    amcf->enabled = 1;

    return NGX_CONF_OK;
}


static char *
ngx_http_aicost_key(ngx_conf_t *cf, ngx_str_t *value,
    ngx_http_complex_value_t *key)
{
    ngx_http_compile_complex_value_t  ccv;

    ngx_memzero(&ccv, sizeof(ngx_http_compile_complex_value_t));

    ccv.cf = cf;
    ccv.value = value;
    ccv.complex_value = key;

    return ngx_http_compile_complex_value(&ccv) == NGX_OK ? NGX_CONF_OK
                                                          : NGX_CONF_ERROR;
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

    size_t                         len;
    ngx_int_t                      n, burst;
    ngx_str_t                     *value;
    ngx_http_aicost_rate_t        *r, *same, **rp;
    ngx_http_aicost_main_conf_t   *amcf;

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

    if (ngx_http_aicost_key(cf, &value[2], &r->key) != NGX_CONF_OK) {
        return NGX_CONF_ERROR;
    }

    len = value[3].len;

    if (len > 3 && ngx_strncmp(value[3].data + len - 3, "r/s", 3) == 0) {
        r->period = 1000000;

    } else if (len > 3 && ngx_strncmp(value[3].data + len - 3, "r/m", 3) == 0)
    {
        r->period = 60000000;

    } else if (len > 3 && ngx_strncmp(value[3].data + len - 3, "r/h", 3) == 0)
    {
        r->period = (int64_t) 3600 * 1000000;

    } else {
        goto invalid;
    }

    n = ngx_atoi(value[3].data, len - 3);

    if (n <= 0 || n > 60000000 || r->period / n == 0) {
        goto invalid;
    }

    r->limit = n;
    r->period = (r->period + n - 1) / n;

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

    if (alcf->rates == NULL) {
        alcf->rates = ngx_array_create(cf->pool, 2, sizeof(void *));
        if (alcf->rates == NULL) {
            return NGX_CONF_ERROR;
        }
    }

    rp = ngx_array_push(alcf->rates);
    if (rp == NULL) {
        return NGX_CONF_ERROR;
    }

    *rp = r;

    return NGX_CONF_OK;

invalid:

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "invalid rate \"%V\", expected for example 10r/s, "
                       "60r/m or 1000r/h", &value[3]);
    return NGX_CONF_ERROR;

burst:

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "invalid parameter \"%V\", expected burst=N",
                       &value[4]);
    return NGX_CONF_ERROR;
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
    b->idle = 30 * 60 * 1000;
    b->max = 24 * 3600 * 1000;

    key = value[2];

    if (ngx_strcmp(key.data, "all") == 0) {
        ngx_str_set(&key, "");
    }

    b->constant = (ngx_http_script_variables_count(&key) == 0);
    b->by_consumer = (ngx_strstr(key.data, "$aicost_consumer") != NULL
                      || ngx_strstr(key.data, "${aicost_consumer}") != NULL);

    if (key.len && ngx_http_aicost_key(cf, &key, &b->key) != NGX_CONF_OK) {
        return NGX_CONF_ERROR;
    }

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

    if (alcf->budgets == NULL) {
        alcf->budgets = ngx_array_create(cf->pool, 4, sizeof(void *));
        if (alcf->budgets == NULL) {
            return NGX_CONF_ERROR;
        }
    }

    bp = ngx_array_push(alcf->budgets);
    if (bp == NULL) {
        return NGX_CONF_ERROR;
    }

    *bp = b;

    return NGX_CONF_OK;
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
    u_char      *colon;
    int64_t     *ppm;
    ngx_str_t    v, tail;
    ngx_msec_t   ms;

    v.data = ngx_strlchr(word->data, word->data + word->len, '=');

    if (v.data == NULL) {
        goto invalid;
    }

    v.data++;
    v.len = word->data + word->len - v.data;

    if (ngx_strcmp(word->data, "mode=upper") == 0) {
        b->upper = 1;
        return NGX_CONF_OK;
    }

    if (ngx_strcmp(word->data, "limit=soft") == 0) {
        b->soft = 1;
        return NGX_CONF_OK;
    }

    if (ngx_strcmp(word->data, "mode=estimate") == 0
        || ngx_strcmp(word->data, "limit=hard") == 0)
    {
        return NGX_CONF_OK;
    }

    if (ngx_strncmp(word->data, "idle=", 5) == 0
        || ngx_strncmp(word->data, "max=", 4) == 0)
    {
        if (b->period != AICOST_PERIOD_SESSION) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "\"%V\" belongs to a budget per session",
                               word);
            return NGX_CONF_ERROR;
        }

        ms = ngx_parse_time(&v, 0);

        if (ms == (ngx_msec_t) NGX_ERROR || ms < 1000) {
            goto invalid;
        }

        if (word->data[0] == 'i') {
            b->idle = ms;

        } else {
            b->max = ms;
        }

        return NGX_CONF_OK;
    }

    ngx_str_null(&tail);

    if (ngx_strncmp(word->data, "share=", 6) == 0) {

        colon = ngx_strlchr(v.data, v.data + v.len, ':');

        if (colon == NULL || colon == v.data) {
            goto invalid;
        }

        b->share_tier.data = v.data;
        b->share_tier.len = colon - v.data;
        v.data = colon + 1;
        v.len = word->data + word->len - v.data;

        if (aicost_percent_parse(v.data, v.len, &b->share) != AICOST_OK
            || b->share <= 0 || b->share > 1000000)
        {
            goto invalid;
        }

        return NGX_CONF_OK;
    }

    colon = ngx_strlchr(v.data, v.data + v.len, ':');

    if (colon) {
        tail.data = colon + 1;
        tail.len = v.data + v.len - tail.data;
        v.len = colon - v.data;
    }

    if (ngx_strncmp(word->data, "warn=", 5) == 0 && tail.len == 0) {
        ppm = &b->warn;

    } else if (ngx_strncmp(word->data, "downgrade=", 10) == 0) {
        b->downgrade_tier = tail;
        ppm = &b->downgrade;

    } else if (ngx_strncmp(word->data, "kill=", 5) == 0
               && (tail.len == 0
                   || (tail.len == 6
                       && ngx_strncmp(tail.data, "window", 6) == 0)))
    {
        b->clear = (tail.len != 0);
        ppm = &b->kill;

    } else {
        goto invalid;
    }

    if (aicost_percent_parse(v.data, v.len, ppm) != AICOST_OK || *ppm <= 0) {
        goto invalid;
    }

    return NGX_CONF_OK;

invalid:

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "invalid parameter \"%V\" of budget \"%V\", known are "
                       "mode=estimate|upper limit=hard|soft warn=P "
                       "downgrade=P[:TIER] kill=P[:window] share=TIER:P "
                       "idle=TIME max=TIME", word, &b->name);
    return NGX_CONF_ERROR;
}


char *
ngx_http_aicost_output(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_aicost_loc_conf_t  *alcf = conf;

    ngx_int_t    n;
    ngx_str_t   *value;
    ngx_uint_t   i;

    value = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {

        if (ngx_strncmp(value[i].data, "default=", 8) == 0) {
            n = ngx_atoi(value[i].data + 8, value[i].len - 8);

        } else if (ngx_strncmp(value[i].data, "min=", 4) == 0) {
            n = ngx_atoi(value[i].data + 4, value[i].len - 4);

        } else {
            goto invalid;
        }

        if (n < 1 || n > AICOST_MAX_CAP) {
            goto invalid;
        }

        if (value[i].data[0] == 'd') {
            alcf->output_default = n;

        } else {
            alcf->output_min = n;
        }
    }

    return NGX_CONF_OK;

invalid:

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "invalid parameter \"%V\", expected default=TOKENS or "
                       "min=TOKENS from 1 to 10000000", &value[i]);
    return NGX_CONF_ERROR;
}


char *
ngx_http_aicost_failover(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_aicost_loc_conf_t  *alcf = conf;

    ngx_int_t    n;
    ngx_str_t   *value;
    ngx_uint_t   i;

    value = cf->args->elts;

    alcf->after_send = 0;

    for (i = 1; i < cf->args->nelts; i++) {

        if (ngx_strcmp(value[i].data, "safe") == 0) {
            continue;
        }

        if (ngx_strncmp(value[i].data, "after_send=", 11) == 0) {
            n = ngx_atoi(value[i].data + 11, value[i].len - 11);

            if (n >= 0 && n < AICOST_MAX_CHAIN) {
                alcf->after_send = n;
                continue;
            }
        }

        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid parameter \"%V\", expected safe or "
                           "after_send=N up to %d", &value[i],
                           AICOST_MAX_CHAIN - 1);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


char *
ngx_http_aicost_require(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_aicost_loc_conf_t  *alcf = conf;

    ngx_str_t   *value, *slot;
    ngx_uint_t   i;

    value = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {

        if (ngx_strncmp(value[i].data, "region=", 7) == 0) {
            slot = &alcf->region;
            slot->data = value[i].data + 7;

        } else if (ngx_strncmp(value[i].data, "retention=", 10) == 0) {
            slot = &alcf->retention;
            slot->data = value[i].data + 10;

        } else {
            goto invalid;
        }

        slot->len = value[i].data + value[i].len - slot->data;

        if (slot->len == 0) {
            goto invalid;
        }
    }

    return NGX_CONF_OK;

invalid:

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "invalid parameter \"%V\", expected region=NAME or "
                       "retention=NAME", &value[i]);
    return NGX_CONF_ERROR;
}


char *
ngx_http_aicost_drain(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_aicost_loc_conf_t  *alcf = conf;

    ssize_t      size;
    ngx_int_t    n;
    ngx_str_t   *value, s;
    ngx_uint_t   i;

    value = cf->args->elts;

    if (cf->args->nelts == 2 && ngx_strcmp(value[1].data, "off") == 0) {
        alcf->drain_max = 0;
        return NGX_CONF_OK;
    }

    for (i = 1; i < cf->args->nelts; i++) {

        s.data = ngx_strlchr(value[i].data, value[i].data + value[i].len, '=');

        if (s.data == NULL) {
            goto invalid;
        }

        s.data++;
        s.len = value[i].data + value[i].len - s.data;

        if (ngx_strncmp(value[i].data, "size=", 5) == 0) {
            size = ngx_parse_size(&s);

            if (size == NGX_ERROR) {
                goto invalid;
            }

            alcf->drain_size = size;
            continue;
        }

        if (ngx_strncmp(value[i].data, "time=", 5) == 0) {
            alcf->drain_time = ngx_parse_time(&s, 0);

            if (alcf->drain_time == (ngx_msec_t) NGX_ERROR) {
                goto invalid;
            }

            continue;
        }

        if (ngx_strncmp(value[i].data, "max=", 4) == 0) {
            n = ngx_atoi(s.data, s.len);

            if (n < 0) {
                goto invalid;
            }

            alcf->drain_max = n;
            continue;
        }

        goto invalid;
    }

    return NGX_CONF_OK;

invalid:

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "invalid parameter \"%V\", expected size=SIZE, "
                       "time=TIME, max=N or off", &value[i]);
    return NGX_CONF_ERROR;
}


char *
ngx_http_aicost_console(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_aicost_loc_conf_t  *alcf = conf;

    u_char                       *digest;
    ngx_str_t                    *value, spec, token;
    ngx_uint_t                    i;
    ngx_http_core_loc_conf_t     *clcf;
    ngx_http_aicost_main_conf_t  *amcf;

    if (alcf->console) {
        return "is duplicate";
    }

    alcf->console = 1;

    value = cf->args->elts;
    amcf = ngx_http_conf_get_module_main_conf(cf, ngx_aicost_module);

    if (amcf->zone == NULL) {
        return "needs \"aicost_zone\" in the http block, above it";
    }

    ngx_str_null(&spec);

    for (i = 1; i < cf->args->nelts; i++) {

        if (ngx_strcmp(value[i].data, "write=on") == 0) {
            alcf->console_write = 1;
            continue;
        }

        if (ngx_strcmp(value[i].data, "write=off") == 0) {
            continue;
        }

        if (ngx_strncmp(value[i].data, "token=", 6) == 0) {
            spec.data = value[i].data + 6;
            spec.len = value[i].len - 6;
            continue;
        }

        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid parameter \"%V\", expected write=on|off "
                           "or token=file:PATH", &value[i]);
        return NGX_CONF_ERROR;
    }

    if (spec.len == 0) {
        return "needs token=file:PATH or token=env:NAME: there is no console "
               "without one";
    }

    if (ngx_http_aicost_secret(cf, &spec, &token) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    ngx_http_aicost_digest(token.data, token.len, alcf->console_token);

    digest = ngx_array_push(&amcf->consoles);
    if (digest == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_memcpy(digest, alcf->console_token, AICOST_DIGEST);
    ngx_explicit_memzero(token.data, token.len);

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);
    clcf->handler = ngx_http_aicost_console_handler;

    return NGX_CONF_OK;
}


char *
ngx_http_aicost_metrics(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_aicost_loc_conf_t  *alcf = conf;

    ngx_http_core_loc_conf_t     *clcf;
    ngx_http_aicost_main_conf_t  *amcf;

    if (alcf->metrics != NGX_CONF_UNSET) {
        return "is duplicate";
    }

    amcf = ngx_http_conf_get_module_main_conf(cf, ngx_aicost_module);

    if (amcf->zone == NULL) {
        return "needs \"aicost_zone\" in the http block, above it";
    }

    alcf->metrics = 1;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);
    clcf->handler = ngx_http_aicost_metrics_handler;

    return NGX_CONF_OK;
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
