
/*
 * Copyright (C) aicost
 *
 * Setters of the http level: zone, currency, time zone, files, secrets.
 */


#include "ngx_http_aicost_module.h"


static char *ngx_http_aicost_load(ngx_conf_t *cf,
    ngx_http_aicost_main_conf_t *amcf, ngx_uint_t file);


char *
ngx_http_aicost_zone(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_aicost_main_conf_t  *amcf = conf;

    ssize_t      size;
    ngx_fd_t     fd;
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

            if ((ngx_create_dir(amcf->state.data, 0700) == NGX_FILE_ERROR
                 && ngx_errno != NGX_EEXIST)
                || (fd = open((char *) amcf->state.data,
                              O_RDONLY|O_DIRECTORY)) == NGX_INVALID_FILE)
            {
                ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                                   "state folder \"%V\" cannot be used",
                                   &amcf->state);
                return NGX_CONF_ERROR;
            }

            ngx_close_file(fd);

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
    ngx_pool_cleanup_t      *cln;
    aicost_file_error_t      err;
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


ngx_int_t
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


ngx_http_aicost_place_t
ngx_http_aicost_place(ngx_conf_t *cf)
{
    ngx_http_aicost_place_t  place;

    place.file = cf->conf_file->file.name.data;
    place.line = cf->conf_file->line;

    return place;
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


/* the authorities of the file, or the system's; *path is what they are of */

ngx_int_t
ngx_http_aicost_trust(ngx_conf_t *cf, ngx_ssl_t *ssl, ngx_str_t *path)
{
    if (path->len == 0) {
        ngx_str_set(path, "/etc/ssl/certs/ca-certificates.crt");

        if (access((char *) path->data, R_OK) != 0) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                               "no certificate authorities in \"%V\", install "
                               "them or write trusted_certificate=FILE",
                               path);
            return NGX_ERROR;
        }
    }

    if (ngx_ssl_trusted_certificate(cf, ssl, path, 5) != NGX_OK) {

        /* nginx says why, in words of its version, but not where */

        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "cannot use the certificate authorities of \"%V\"",
                           path);
        return NGX_ERROR;
    }

    return NGX_OK;
}
