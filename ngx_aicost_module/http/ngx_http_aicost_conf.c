
/*
 * Copyright (C) aicost
 *
 * Setters of the http-level directives and the cross-checks of nginx -t.
 */


#include "ngx_http_aicost_module.h"


static ngx_int_t ngx_http_aicost_read_file(ngx_conf_t *cf, ngx_str_t *path,
    size_t max, ngx_str_t *text);
static ngx_int_t ngx_http_aicost_url(ngx_conf_t *cf,
    ngx_http_aicost_provider_t *p, ngx_str_t *url);
static char *ngx_http_aicost_provider_param(ngx_conf_t *cf,
    ngx_http_aicost_provider_t *p, ngx_str_t *word, ngx_str_t *trust);
static ngx_int_t ngx_http_aicost_provider_conf(ngx_conf_t *cf,
    ngx_http_aicost_main_conf_t *amcf, ngx_http_aicost_provider_t *p,
    ngx_str_t *trust);
static ngx_int_t ngx_http_aicost_find_provider(
    ngx_http_aicost_main_conf_t *amcf, ngx_str_t *name);
static char *ngx_http_aicost_check_tiers(ngx_conf_t *cf,
    ngx_http_aicost_main_conf_t *amcf);
static char *ngx_http_aicost_check_budgets(ngx_conf_t *cf,
    ngx_http_aicost_main_conf_t *amcf);
static char *ngx_http_aicost_load(ngx_conf_t *cf,
    ngx_http_aicost_main_conf_t *amcf, ngx_uint_t file);
static ngx_int_t ngx_http_aicost_resolver_conf(ngx_conf_t *cf,
    ngx_http_aicost_main_conf_t *amcf);


static ngx_str_t  ngx_http_aicost_no_hide[] = {
    ngx_null_string
};


char *
ngx_http_aicost_zone(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_aicost_main_conf_t  *amcf = conf;

    ssize_t      size;
    ngx_str_t   *value, s, name;
    ngx_uint_t   i;

    if (amcf->zone) {
        return "is duplicate";
    }

    value = cf->args->elts;

    size = ngx_parse_size(&value[1]);

    if (size == NGX_ERROR) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid zone size \"%V\", write for example 64m",
                           &value[1]);
        return NGX_CONF_ERROR;
    }

    if (size < (ssize_t) (8 * 1024 * 1024)) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "zone size \"%V\" is too small, 8m is the least",
                           &value[1]);
        return NGX_CONF_ERROR;
    }

    for (i = 2; i < cf->args->nelts; i++) {

        if (ngx_strncmp(value[i].data, "state=", 6) == 0) {
            amcf->state.data = value[i].data + 6;
            amcf->state.len = value[i].len - 6;

            if (amcf->state.len == 0) {
                goto invalid;
            }

            if (ngx_conf_full_name(cf->cycle, &amcf->state, 0) != NGX_OK) {
                return NGX_CONF_ERROR;
            }

            continue;
        }

        if (ngx_strncmp(value[i].data, "lease=", 6) == 0) {
            s.data = value[i].data + 6;
            s.len = value[i].len - 6;

            amcf->lease = ngx_parse_time(&s, 0);

            if (amcf->lease == (ngx_msec_t) NGX_ERROR || amcf->lease < 1000) {
                goto invalid;
            }

            continue;
        }

        goto invalid;
    }

    ngx_str_set(&name, "aicost");

    amcf->zone = ngx_shared_memory_add(cf, &name, size, &ngx_aicost_module);
    if (amcf->zone == NULL) {
        return NGX_CONF_ERROR;
    }

    /* the pool that writes the journal and parses files */

    if (ngx_thread_pool_add(cf, NULL) == NULL) {
        return NGX_CONF_ERROR;
    }

    amcf->zone->init = ngx_http_aicost_init_zone;
    amcf->zone->data = amcf;

    return NGX_CONF_OK;

invalid:

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "invalid parameter \"%V\", expected state=DIRECTORY "
                       "or lease=TIME of 1s at least", &value[i]);
    return NGX_CONF_ERROR;
}


char *
ngx_http_aicost_currency(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_aicost_main_conf_t  *amcf = conf;

    ngx_str_t   *value;
    ngx_uint_t   i;

    if (amcf->rate_ppm) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (value[1].len != 3) {
        goto invalid;
    }

    for (i = 0; i < 3; i++) {
        if (value[1].data[i] < 'A' || value[1].data[i] > 'Z') {
            goto invalid;
        }

        amcf->currency[i] = value[1].data[i];
    }

    if (cf->args->nelts == 2) {

        if (ngx_strcmp(amcf->currency, "USD") != 0) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "currency %V needs usd=RATE, how many %V one "
                               "US dollar is, for example usd=0.92",
                               &value[1], &value[1]);
            return NGX_CONF_ERROR;
        }

        amcf->rate_ppm = 1000000;

        return NGX_CONF_OK;
    }

    if (value[2].len < 5 || ngx_strncmp(value[2].data, "usd=", 4) != 0
        || aicost_decimal_parse(value[2].data + 4, value[2].len - 4, 6,
                                &amcf->rate_ppm) != AICOST_OK
        || amcf->rate_ppm <= 0 || amcf->rate_ppm > (int64_t) 1000000000000LL)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid parameter \"%V\", expected usd=RATE, for "
                           "example usd=0.92", &value[2]);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;

invalid:

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "invalid currency \"%V\", expected three capitals, for "
                       "example EUR", &value[1]);
    return NGX_CONF_ERROR;
}


char *
ngx_http_aicost_timezone(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_aicost_main_conf_t  *amcf = conf;

    size_t      i;
    u_char     *p;
    ngx_str_t  *value, path, text;

    if (amcf->tz) {
        return "is duplicate";
    }

    value = cf->args->elts;

    amcf->timezone = value[1];

    amcf->tz = ngx_pcalloc(cf->pool, sizeof(aicost_tz_t));
    if (amcf->tz == NULL) {
        return NGX_CONF_ERROR;
    }

    if (ngx_strcmp(value[1].data, "UTC") == 0) {
        aicost_tz_utc(amcf->tz);
        return NGX_CONF_OK;
    }

    for (i = 0; i < value[1].len; i++) {
        if (value[1].data[i] == '.') {
            goto unknown;
        }
    }

    path.len = sizeof("/usr/share/zoneinfo/") - 1 + value[1].len;
    path.data = ngx_pnalloc(cf->pool, path.len + 1);
    if (path.data == NULL) {
        return NGX_CONF_ERROR;
    }

    p = ngx_sprintf(path.data, "/usr/share/zoneinfo/%V", &value[1]);
    *p = '\0';

    if (ngx_http_aicost_read_file(cf, &path, 1024 * 1024, &text) != NGX_OK) {
        goto unknown;
    }

    if (aicost_tz_parse(amcf->tz, text.data, text.len) != AICOST_OK) {
        goto unknown;
    }

    return NGX_CONF_OK;

unknown:

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "unknown time zone \"%V\", expected a name as "
                       "Europe/Amsterdam or UTC", &value[1]);
    return NGX_CONF_ERROR;
}


char *
ngx_http_aicost_file(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_aicost_main_conf_t  *amcf = conf;

    ngx_str_t               *value;
    ngx_http_aicost_file_t  *file;

    file = &amcf->files[cmd->offset];

    if (file->path.len) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (value[1].len == 0) {
        return "has an empty path";
    }

    file->path = value[1];

    if (ngx_conf_full_name(cf->cycle, &file->path, 1) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    return ngx_http_aicost_load(cf, amcf, cmd->offset);
}


/* reads and checks prices.json or consumers.json at configuration time */

static char *
ngx_http_aicost_load(ngx_conf_t *cf, ngx_http_aicost_main_conf_t *amcf,
    ngx_uint_t n)
{
    size_t                   size;
    ngx_str_t                text;
    ngx_file_info_t          fi;
    aicost_file_error_t      err;
    ngx_pool_cleanup_t      *cln;
    ngx_http_aicost_file_t  *file;

    file = &amcf->files[n];

    if (ngx_file_info(file->path.data, &fi) == NGX_FILE_ERROR) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                           ngx_file_info_n " \"%V\" failed", &file->path);
        return NGX_CONF_ERROR;
    }

    file->mtime = ngx_file_mtime(&fi);
    file->size = ngx_file_size(&fi);
    file->uniq = ngx_file_uniq(&fi);

    if (ngx_http_aicost_read_file(cf, &file->path, 256 * 1024 * 1024, &text)
        != NGX_OK)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                           "\"%V\" cannot be read", &file->path);
        return NGX_CONF_ERROR;
    }

    file->block = ngx_http_aicost_parse_file(n, (char *) text.data, text.len,
                                             &size, &err);

    ngx_pfree(cf->pool, text.data);

    if (file->block == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "%s, %V:%d:%d", err.text,
                           &file->path, err.line, err.column);
        return NGX_CONF_ERROR;
    }

    cln = ngx_pool_cleanup_add(cf->pool, 0);
    if (cln == NULL) {
        free(file->block);
        return NGX_CONF_ERROR;
    }

    cln->handler = (ngx_pool_cleanup_pt) free;
    cln->data = file->block;

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_http_aicost_read_file(ngx_conf_t *cf, ngx_str_t *path, size_t max,
    ngx_str_t *text)
{
    off_t            size;
    ssize_t          n;
    ngx_int_t        rc;
    ngx_file_t       file;
    ngx_file_info_t  fi;

    ngx_memzero(&file, sizeof(ngx_file_t));

    file.name = *path;
    file.log = cf->log;
    file.fd = ngx_open_file(path->data, NGX_FILE_RDONLY, NGX_FILE_OPEN, 0);

    if (file.fd == NGX_INVALID_FILE) {
        return NGX_ERROR;
    }

    rc = NGX_ERROR;

    if (ngx_fd_info(file.fd, &fi) == NGX_FILE_ERROR || !ngx_is_file(&fi)) {
        goto done;
    }

    size = ngx_file_size(&fi);

    if (size > (off_t) max) {
        goto done;
    }

    text->len = (size_t) size;
    text->data = ngx_palloc(cf->pool, text->len + 1);
    if (text->data == NULL) {
        goto done;
    }

    n = ngx_read_file(&file, text->data, text->len, 0);

    if (n < 0 || (size_t) n != text->len) {
        goto done;
    }

    text->data[text->len] = '\0';
    rc = NGX_OK;

done:

    ngx_close_file(file.fd);

    return rc;
}


/* "env:NAME" or "file:PATH"; an empty secret is an error, not a match */

ngx_int_t
ngx_http_aicost_secret(ngx_conf_t *cf, ngx_str_t *spec, ngx_str_t *value)
{
    char       *env;
    ngx_str_t   path;

    if (spec->len > 4 && ngx_strncmp(spec->data, "env:", 4) == 0) {

        env = getenv((char *) spec->data + 4);

        if (env == NULL || env[0] == '\0') {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "environment variable \"%s\" is not set or "
                               "empty", spec->data + 4);
            return NGX_ERROR;
        }

        value->len = ngx_strlen(env);
        value->data = ngx_pnalloc(cf->pool, value->len);
        if (value->data == NULL) {
            return NGX_ERROR;
        }

        ngx_memcpy(value->data, env, value->len);

    } else if (spec->len > 5 && ngx_strncmp(spec->data, "file:", 5) == 0) {

        path.data = spec->data + 5;
        path.len = spec->len - 5;

        if (ngx_conf_full_name(cf->cycle, &path, 1) != NGX_OK) {
            return NGX_ERROR;
        }

        if (ngx_http_aicost_read_file(cf, &path, 65536, value) != NGX_OK) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                               "secret file \"%V\" cannot be read", &path);
            return NGX_ERROR;
        }

        while (value->len && (value->data[value->len - 1] == LF
                              || value->data[value->len - 1] == CR
                              || value->data[value->len - 1] == ' '))
        {
            value->len--;
        }

    } else {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "a secret is written as env:NAME or file:PATH, "
                           "never in the configuration itself");
        return NGX_ERROR;
    }

    if (value->len == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "secret \"%V\" is empty",
                           spec);
        return NGX_ERROR;
    }

    if (ngx_strlchr(value->data, value->data + value->len, LF)
        || ngx_strlchr(value->data, value->data + value->len, CR))
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "secret \"%V\" is not one line", spec);
        return NGX_ERROR;
    }

    return NGX_OK;
}


char *
ngx_http_aicost_provider(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_aicost_main_conf_t  *amcf = conf;

    char                         *rv;
    ngx_str_t                    *value, trust;
    ngx_uint_t                    i;
    ngx_http_aicost_provider_t   *p, **pp;

    value = cf->args->elts;

    if (value[1].len == 0 || value[1].len > NGX_HTTP_AICOST_LABEL - 1
        || ngx_strlchr(value[1].data, value[1].data + value[1].len, '/'))
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid provider name \"%V\", expected at most 63 "
                           "bytes without \"/\"", &value[1]);
        return NGX_CONF_ERROR;
    }

    if (ngx_http_aicost_find_provider(amcf, &value[1]) != NGX_DECLINED) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "duplicate provider \"%V\"", &value[1]);
        return NGX_CONF_ERROR;
    }

    if (amcf->providers.nelts >= AICOST_MAX_PROVIDERS) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "too many providers, %d is the most",
                           AICOST_MAX_PROVIDERS);
        return NGX_CONF_ERROR;
    }

    p = ngx_pcalloc(cf->pool, sizeof(ngx_http_aicost_provider_t));
    if (p == NULL) {
        return NGX_CONF_ERROR;
    }

    p->name = value[1];
    p->index = amcf->providers.nelts;
    p->weight = 1;
    p->file = cf->conf_file->file.name.data;
    p->line = cf->conf_file->line;
    p->conf.connect_timeout = 5000;
    p->conf.read_timeout = 60000;

    ngx_str_null(&trust);

    if (ngx_array_init(&p->keys, cf->pool, 1, sizeof(ngx_http_aicost_key_t))
        != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    if (ngx_http_aicost_url(cf, p, &value[2]) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    for (i = 3; i < cf->args->nelts; i++) {
        rv = ngx_http_aicost_provider_param(cf, p, &value[i], &trust);

        if (rv != NGX_CONF_OK) {
            return rv;
        }
    }

    if (ngx_http_aicost_provider_conf(cf, amcf, p, &trust) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    pp = ngx_array_push(&amcf->providers);
    if (pp == NULL) {
        return NGX_CONF_ERROR;
    }

    *pp = p;

    p->health = ngx_http_aicost_health_number(amcf, &p->name);

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_http_aicost_url(ngx_conf_t *cf, ngx_http_aicost_provider_t *p,
    ngx_str_t *url)
{
    u_char     *d, *last, *slash, *colon;
    ngx_int_t   port;
    ngx_url_t   u;
    ngx_str_t   authority;

    d = url->data;
    last = url->data + url->len;

    if (ngx_strncasecmp(d, (u_char *) "https://", 8) == 0) {
        p->ssl = 1;
        p->port = 443;
        d += 8;

    } else if (ngx_strncasecmp(d, (u_char *) "http://", 7) == 0) {
        p->port = 80;
        d += 7;

    } else {
        goto invalid;
    }

    slash = ngx_strlchr(d, last, '/');

    authority.data = d;
    authority.len = (slash ? slash : last) - d;

    if (slash) {
        p->path.data = slash;
        p->path.len = last - slash;

        while (p->path.len && p->path.data[p->path.len - 1] == '/') {
            p->path.len--;
        }
    }

    if (authority.len == 0
        || ngx_strlchr(d, last, '?') || ngx_strlchr(d, last, '#')
        || ngx_strlchr(d, last, '@'))
    {
        goto invalid;
    }

    p->host_header = authority;

    ngx_memzero(&u, sizeof(ngx_url_t));

    u.url = authority;
    u.default_port = p->port;
    u.no_resolve = 1;

    if (ngx_parse_url(cf->pool, &u) != NGX_OK) {
        goto invalid;
    }

    p->host = u.host;
    p->port = u.port;

    if (u.naddrs) {
        /* an address, not a name */
        p->literal = 1;
        p->naddrs = 1;
        p->addrs[0].socklen = u.addrs[0].socklen;
        ngx_memcpy(&p->addrs[0].sockaddr, u.addrs[0].sockaddr,
                   u.addrs[0].socklen);
        return NGX_OK;
    }

    /* ngx_parse_url() leaves a port in the text of a name with no_resolve */

    colon = ngx_strlchr(authority.data, authority.data + authority.len, ':');

    if (colon) {
        p->host.data = authority.data;
        p->host.len = colon - authority.data;

        port = ngx_atoi(colon + 1,
                        authority.data + authority.len - colon - 1);

        if (port < 1 || port > 65535) {
            goto invalid;
        }

        p->port = (in_port_t) port;
    }

    if (p->host.len == 0) {
        goto invalid;
    }

    return NGX_OK;

invalid:

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "invalid provider URL \"%V\", expected the base URL as "
                       "the provider's own SDK writes it, for example "
                       "https://api.openai.com/v1", url);
    return NGX_ERROR;
}


static char *
ngx_http_aicost_provider_param(ngx_conf_t *cf, ngx_http_aicost_provider_t *p,
    ngx_str_t *word, ngx_str_t *trust)
{
    ngx_int_t               n;
    ngx_str_t               v;
    ngx_msec_t              ms;
    ngx_http_aicost_key_t  *key;

    v.data = ngx_strlchr(word->data, word->data + word->len, '=');

    if (v.data == NULL) {
        goto invalid;
    }

    v.data++;
    v.len = word->data + word->len - v.data;

    if (v.len == 0) {
        goto invalid;
    }

    if (ngx_strncmp(word->data, "api=", 4) == 0) {
        if (ngx_strcmp(v.data, "openai") != 0) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "unknown api \"%V\" of provider \"%V\", known "
                               "is openai", &v, &p->name);
            return NGX_CONF_ERROR;
        }

        return NGX_CONF_OK;
    }

    if (ngx_strncmp(word->data, "key=", 4) == 0) {
        key = ngx_array_push(&p->keys);
        if (key == NULL) {
            return NGX_CONF_ERROR;
        }

        key->name = v;

        return ngx_http_aicost_secret(cf, &v, &key->value) == NGX_OK
               ? NGX_CONF_OK : NGX_CONF_ERROR;
    }

    if (ngx_strncmp(word->data, "region=", 7) == 0) {
        p->region = v;
        return NGX_CONF_OK;
    }

    if (ngx_strncmp(word->data, "retention=", 10) == 0) {
        p->retention = v;
        return NGX_CONF_OK;
    }

    if (ngx_strncmp(word->data, "trusted_certificate=", 20) == 0) {
        *trust = v;
        return NGX_CONF_OK;
    }

    if (ngx_strcmp(word->data, "extra=pass") == 0) {
        p->extra = 1;
        return NGX_CONF_OK;
    }

    if (ngx_strncmp(word->data, "max_conns=", 10) == 0
        || ngx_strncmp(word->data, "weight=", 7) == 0)
    {
        n = ngx_atoi(v.data, v.len);

        if (n < 1 || n > 1000000) {
            goto invalid;
        }

        if (word->data[0] == 'm') {
            p->max_conns = n;

        } else {
            p->weight = n;
        }

        return NGX_CONF_OK;
    }

    if (ngx_strncmp(word->data, "timeout=", 8) == 0
        || ngx_strncmp(word->data, "connect_timeout=", 16) == 0)
    {
        ms = ngx_parse_time(&v, 0);

        if (ms == (ngx_msec_t) NGX_ERROR || ms == 0) {
            goto invalid;
        }

        if (word->data[0] == 't') {
            p->conf.read_timeout = ms;

        } else {
            p->conf.connect_timeout = ms;
        }

        return NGX_CONF_OK;
    }

invalid:

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "invalid parameter \"%V\" of provider \"%V\", known "
                       "are api= key= timeout= connect_timeout= max_conns= "
                       "extra=pass region= retention= weight= "
                       "trusted_certificate=", word, &p->name);
    return NGX_CONF_ERROR;
}


static ngx_int_t
ngx_http_aicost_provider_conf(ngx_conf_t *cf,
    ngx_http_aicost_main_conf_t *amcf, ngx_http_aicost_provider_t *p,
    ngx_str_t *trust)
{
    ngx_hash_init_t            hash;
    ngx_pool_cleanup_t        *cln;
    ngx_http_upstream_conf_t  *u, none;

    u = &p->conf;

    u->upstream = &amcf->upstream;
    u->send_timeout = 60000;
    u->buffer_size = 16384;
    u->buffering = 0;
    u->ignore_client_abort = 1;
    u->intercept_errors = 0;
    u->pass_request_headers = 0;
    u->pass_request_body = 0;
    u->next_upstream = NGX_HTTP_UPSTREAM_FT_ERROR
                       |NGX_HTTP_UPSTREAM_FT_TIMEOUT
                       |NGX_HTTP_UPSTREAM_FT_INVALID_HEADER
                       |NGX_HTTP_UPSTREAM_FT_NON_IDEMPOTENT;
    u->next_upstream_tries = 0;
    u->next_upstream_timeout = 0;

    ngx_str_set(&u->module, "aicost");

    /* which of its headers pass is decided where they are read */

    u->hide_headers = NGX_CONF_UNSET_PTR;
    u->pass_headers = NGX_CONF_UNSET_PTR;

    ngx_memzero(&none, sizeof(ngx_http_upstream_conf_t));
    none.hide_headers = NGX_CONF_UNSET_PTR;
    none.pass_headers = NGX_CONF_UNSET_PTR;

    hash.max_size = 512;
    hash.bucket_size = 64;
    hash.name = "aicost_headers_hash";

    if (ngx_http_upstream_hide_headers_hash(cf, u, &none,
                                            ngx_http_aicost_no_hide, &hash)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (!p->ssl) {
        return NGX_OK;
    }

    u->ssl = ngx_pcalloc(cf->pool, sizeof(ngx_ssl_t));
    if (u->ssl == NULL) {
        return NGX_ERROR;
    }

    u->ssl->log = cf->log;
    u->ssl_session_reuse = 1;
    u->ssl_server_name = 1;
    u->ssl_verify = 1;

    if (ngx_ssl_create(u->ssl, NGX_SSL_TLSv1_2|NGX_SSL_TLSv1_3, NULL)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    cln = ngx_pool_cleanup_add(cf->pool, 0);
    if (cln == NULL) {
        ngx_ssl_cleanup_ctx(u->ssl);
        return NGX_ERROR;
    }

    cln->handler = ngx_ssl_cleanup_ctx;
    cln->data = u->ssl;

    if (trust->len == 0) {
        ngx_str_set(trust, "/etc/ssl/certs/ca-certificates.crt");

        if (access((char *) trust->data, R_OK) != 0) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                               "no certificate authorities in \"%V\", install "
                               "them or write trusted_certificate=FILE",
                               trust);
            return NGX_ERROR;
        }
    }

    if (ngx_ssl_trusted_certificate(cf, u->ssl, trust, 5) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_ssl_client_session_cache(cf, u->ssl, 1);
}


static ngx_int_t
ngx_http_aicost_find_provider(ngx_http_aicost_main_conf_t *amcf,
    ngx_str_t *name)
{
    ngx_uint_t                    i;
    ngx_http_aicost_provider_t  **pp;

    pp = amcf->providers.elts;

    for (i = 0; i < amcf->providers.nelts; i++) {
        if (pp[i]->name.len == name->len
            && ngx_memcmp(pp[i]->name.data, name->data, name->len) == 0)
        {
            return i;
        }
    }

    return NGX_DECLINED;
}


char *
ngx_http_aicost_tier(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_aicost_main_conf_t  *amcf = conf;

    u_char          *slash;
    ngx_int_t        n;
    ngx_str_t       *value, name;
    ngx_uint_t       i;
    aicost_tier_t   *tier;
    aicost_model_t  *m;

    value = cf->args->elts;

    if (value[1].len == 0 || value[1].len > NGX_HTTP_AICOST_LABEL - 1
        || ngx_strcmp(value[1].data, "auto") == 0
        || ngx_strlchr(value[1].data, value[1].data + value[1].len, '/'))
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid tier name \"%V\", expected at most 63 "
                           "bytes without \"/\", and not \"auto\"", &value[1]);
        return NGX_CONF_ERROR;
    }

    if (aicost_route_tier(amcf->tiers.elts, amcf->tiers.nelts, value[1].data,
                          value[1].len) != AICOST_NO_TIER)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "duplicate tier \"%V\"",
                           &value[1]);
        return NGX_CONF_ERROR;
    }

    if (amcf->tiers.nelts >= AICOST_MAX_TIERS) {
        return "is too much: 64 tiers are the most";
    }

    tier = ngx_array_push(&amcf->tiers);
    if (tier == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_memzero(tier, sizeof(aicost_tier_t));

    tier->name.len = value[1].len;
    tier->name.data = value[1].data;

    m = ngx_pcalloc(cf->pool, AICOST_MAX_CHAIN * sizeof(aicost_model_t));
    if (m == NULL) {
        return NGX_CONF_ERROR;
    }

    tier->models = m;

    for (i = 2; i < cf->args->nelts; i++) {

        if (ngx_strncmp(value[i].data, "order=", 6) == 0) {

            if (ngx_strcmp(value[i].data + 6, "listed") == 0) {
                tier->order = AICOST_ORDER_LISTED;

            } else if (ngx_strcmp(value[i].data + 6, "price") == 0) {
                tier->order = AICOST_ORDER_PRICE;

            } else if (ngx_strcmp(value[i].data + 6, "latency") == 0) {
                tier->order = AICOST_ORDER_LATENCY;

            } else {
                goto invalid;
            }

            continue;
        }

        if (ngx_strncmp(value[i].data, "weight=", 7) == 0) {
            n = ngx_atoi(value[i].data + 7, value[i].len - 7);

            if (n < 1 || n > 1000000 || tier->nmodels == 0) {
                goto invalid;
            }

            m[tier->nmodels - 1].weight = (uint32_t) n;
            continue;
        }

        slash = ngx_strlchr(value[i].data, value[i].data + value[i].len, '/');

        if (slash == NULL || slash == value[i].data
            || slash == value[i].data + value[i].len - 1
            || value[i].len > AICOST_MAX_IDENT)
        {
            goto invalid;
        }

        if (tier->nmodels == AICOST_MAX_CHAIN) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "too many models in tier \"%V\", %d is the "
                               "most", &value[1], AICOST_MAX_CHAIN);
            return NGX_CONF_ERROR;
        }

        name.data = value[i].data;
        name.len = slash - value[i].data;

        n = ngx_http_aicost_find_provider(amcf, &name);

        if (n == NGX_DECLINED) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "unknown provider \"%V\" in \"%V\", declare it "
                               "above with aicost_provider", &name, &value[i]);
            return NGX_CONF_ERROR;
        }

        m[tier->nmodels].name.data = value[i].data;
        m[tier->nmodels].name.len = value[i].len;
        m[tier->nmodels].model.data = slash + 1;
        m[tier->nmodels].model.len = value[i].len - name.len - 1;
        m[tier->nmodels].provider = (uint32_t) n;
        m[tier->nmodels].weight = 1;
        m[tier->nmodels].health = ngx_http_aicost_health_number(amcf,
                                                                &value[i]);
        tier->nmodels++;
    }

    if (tier->nmodels == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "tier \"%V\" has no models, write them as "
                           "PROVIDER/MODEL", &value[1]);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;

invalid:

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "invalid parameter \"%V\" of tier \"%V\", expected "
                       "PROVIDER/MODEL, weight=N after a model, or "
                       "order=listed|price|latency", &value[i], &value[1]);
    return NGX_CONF_ERROR;
}


/* --- cross-checks -------------------------------------------------------- */

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

    return ngx_http_aicost_resolver_conf(cf, amcf) == NGX_OK
           ? NGX_CONF_OK : NGX_CONF_ERROR;
}


static char *
ngx_http_aicost_check_tiers(ngx_conf_t *cf, ngx_http_aicost_main_conf_t *amcf)
{
    ngx_str_t            name, model;
    ngx_uint_t           i, k;
    aicost_tier_t       *tier;
    aicost_catalogue_t  *c;

    tier = amcf->tiers.elts;
    c = amcf->files[NGX_HTTP_AICOST_PRICES].block;

    for (i = 0; i < amcf->tiers.nelts; i++) {

        name.len = tier[i].name.len;
        name.data = tier[i].name.data;

        if (c == NULL) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "tier \"%V\" has no prices: write "
                               "\"aicost_prices FILE;\" in the http block",
                               &name);
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

            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "model \"%V\" of tier \"%V\" has no price in "
                               "force in \"%V\", add a row (or "
                               "{\"free\": true} if it costs nothing)",
                               &model, &name,
                               &amcf->files[NGX_HTTP_AICOST_PRICES].path);
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

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "unknown tier \"%V\" in budget \"%V\", declare it with "
                       "aicost_tier", name, &b[i]->name);
    return NGX_CONF_ERROR;
}


/* the http block's own resolver, or the system's name servers */

static ngx_int_t
ngx_http_aicost_resolver_conf(ngx_conf_t *cf,
    ngx_http_aicost_main_conf_t *amcf)
{
    u_char                       *p, *last, *end;
    ngx_str_t                     path, text, names[3];
    ngx_uint_t                    i, n, named;
    ngx_http_core_loc_conf_t     *clcf;
    ngx_http_aicost_provider_t  **pp;

    amcf->resolver_timeout = 10000;

    named = 0;
    pp = amcf->providers.elts;

    for (i = 0; i < amcf->providers.nelts; i++) {
        named |= !pp[i]->literal;
    }

    if (!named) {
        return NGX_OK;
    }

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    if (clcf->resolver) {
        amcf->resolver = clcf->resolver;

        if (clcf->resolver_timeout != NGX_CONF_UNSET_MSEC) {
            amcf->resolver_timeout = clcf->resolver_timeout;
        }

        return NGX_OK;
    }

    ngx_str_set(&path, "/etc/resolv.conf");

    n = 0;

    if (ngx_http_aicost_read_file(cf, &path, 65536, &text) == NGX_OK) {
        p = text.data;
        last = text.data + text.len;

        while (p < last && n < 3) {
            end = ngx_strlchr(p, last, LF);
            end = end ? end : last;

            if (ngx_strncmp(p, "nameserver", 10) == 0) {
                p += 10;

                while (p < end && (*p == ' ' || *p == '\t')) {
                    p++;
                }

                names[n].data = p;

                while (p < end && *p > ' ' && *p != '%') {
                    p++;
                }

                names[n].len = p - names[n].data;

                if (ngx_strlchr(names[n].data, p, ':') == NULL) {
                    n++;
                }
            }

            p = end + 1;
        }
    }

    if (n == 0) {
        ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                           "no \"resolver\" and no name server in "
                           "/etc/resolv.conf: provider names will not resolve");
        return NGX_OK;
    }

    amcf->resolver = ngx_resolver_create(cf, names, n);

    return amcf->resolver ? NGX_OK : NGX_ERROR;
}
