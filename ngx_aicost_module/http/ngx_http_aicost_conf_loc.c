
/*
 * Copyright (C) aicost
 *
 * Setters of the directives of locations.
 */


#include "ngx_http_aicost_module.h"


char *
ngx_http_aicost_pass(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_aicost_loc_conf_t  *alcf = conf;

    ngx_str_t                    *value;
    ngx_http_core_loc_conf_t     *clcf;
    ngx_http_aicost_main_conf_t  *amcf;

    if (alcf->pass) {
        return "is duplicate";
    }

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);
    clcf->handler = ngx_http_aicost_handler;

    value = cf->args->elts;

    alcf->place = ngx_http_aicost_place(cf);
    alcf->pass = ngx_pcalloc(cf->pool, sizeof(ngx_http_complex_value_t));
    if (alcf->pass == NULL) {
        return NGX_CONF_ERROR;
    }

    if (ngx_http_aicost_compile(cf, &value[1], alcf->pass,
                                &alcf->pass_variable)
        != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    amcf = ngx_http_conf_get_module_main_conf(cf, ngx_aicost_module);
    amcf->enabled = 1;

    return NGX_CONF_OK;
}


/* origins as browsers send them: "https://host", "https://host:8443", or "*" */

char *
ngx_http_aicost_origins(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_aicost_loc_conf_t  *alcf = conf;

    u_char      *p, *last;
    ngx_str_t   *value, *origin;
    ngx_uint_t   i;

    if (alcf->cors != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    value = cf->args->elts;

    alcf->cors = ngx_array_create(cf->pool, cf->args->nelts - 1,
                                  sizeof(ngx_str_t));
    if (alcf->cors == NULL) {
        return NGX_CONF_ERROR;
    }

    for (i = 1; i < cf->args->nelts; i++) {

        last = value[i].data + value[i].len;
        p = ngx_strlcasestrn(value[i].data, last, (u_char *) "://", 3 - 1);

        if (!(value[i].len == 1 && value[i].data[0] == '*')
            && (p == NULL || p == value[i].data || p + 3 == last
                || ngx_strlchr(p + 3, last, '/')))
        {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid origin \"%V\", expected SCHEME://HOST "
                               "without a path, or *", &value[i]);
            return NGX_CONF_ERROR;
        }

        origin = ngx_array_push(alcf->cors);
        if (origin == NULL) {
            return NGX_CONF_ERROR;
        }

        *origin = value[i];
    }

    return NGX_CONF_OK;
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
