
/*
 * Copyright (C) aicost
 *
 * Setters of the shared store: aicost_redis and its allowance.
 */


#include "ngx_http_aicost_module.h"


/* parameters as they are written */

typedef struct {
    ngx_str_t                     user;
    ngx_str_t                     password;
    ngx_str_t                     prefix;
    ngx_str_t                     domain;
    ngx_str_t                     sentinel;
    ngx_str_t                     sentinel_user;
    ngx_str_t                     sentinel_password;
    ngx_str_t                     trust;
} ngx_http_aicost_redis_words_t;


static ngx_int_t ngx_http_aicost_redis_word(
    ngx_http_aicost_redis_words_t *words, ngx_str_t *value);
static ngx_int_t ngx_http_aicost_redis_option(ngx_http_aicost_redis_t *rd,
    ngx_str_t *value);
static ngx_int_t ngx_http_aicost_redis_check(ngx_conf_t *cf,
    ngx_http_aicost_redis_t *rd, ngx_http_aicost_redis_words_t *words);
static ngx_int_t ngx_http_aicost_redis_url(ngx_conf_t *cf,
    ngx_http_aicost_redis_t *rd, ngx_str_t *url);
static ngx_int_t ngx_http_aicost_redis_unix(ngx_conf_t *cf,
    ngx_http_aicost_redis_t *rd, u_char *p, u_char *last);
static ngx_int_t ngx_http_aicost_redis_hosts(ngx_http_aicost_redis_t *rd,
    u_char *p, u_char *last);
static ngx_int_t ngx_http_aicost_redis_host(ngx_http_aicost_redis_t *rd,
    u_char *p, u_char *last);
static ngx_int_t ngx_http_aicost_redis_ssl(ngx_conf_t *cf,
    ngx_http_aicost_redis_t *rd, ngx_str_t *trust);
static void ngx_http_aicost_redis_place(ngx_http_aicost_redis_t *rd,
    ngx_str_t *domain, ngx_str_t *prefix);


static ngx_conf_enum_t  ngx_http_aicost_on_error[] = {
    { ngx_string("closed"), NGX_HTTP_AICOST_CLOSED },
    { ngx_string("local"), NGX_HTTP_AICOST_LOCAL },
    { ngx_string("degrade"), NGX_HTTP_AICOST_DEGRADE },
    { ngx_string("open"), NGX_HTTP_AICOST_OPEN },
    { ngx_null_string, 0 }
};


char *
ngx_http_aicost_redis(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_aicost_main_conf_t  *amcf = conf;

    ngx_str_t                      *value;
    ngx_uint_t                      i;
    ngx_http_aicost_redis_t        *rd;
    ngx_http_aicost_redis_words_t   words;

    if (amcf->redis) {
        return "is duplicate";
    }

    value = cf->args->elts;

    rd = ngx_pcalloc(cf->pool, sizeof(ngx_http_aicost_redis_t));
    if (rd == NULL) {
        return NGX_CONF_ERROR;
    }

    rd->on_error = NGX_HTTP_AICOST_LOCAL;
    rd->link.timeout = 50;
    rd->link.verify = 1;

    ngx_memzero(&words, sizeof(ngx_http_aicost_redis_words_t));
    ngx_str_set(&words.prefix, "");
    ngx_str_set(&words.domain, "default");

    if (ngx_http_aicost_redis_url(cf, rd, &value[1]) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    for (i = 2; i < cf->args->nelts; i++) {
        if (ngx_http_aicost_redis_word(&words, &value[i]) != NGX_OK
            && ngx_http_aicost_redis_option(rd, &value[i]) != NGX_OK)
        {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid parameter \"%V\", expected "
                               "on_error=closed|local|degrade|open, "
                               "timeout=TIME (1ms to 60s: so long a request "
                               "waits for the store), user=, "
                               "password=env:NAME, prefix=, domain=, "
                               "sentinel=, sentinel_user=, "
                               "sentinel_password=, cluster=on, "
                               "trusted_certificate= or verify=off",
                               &value[i]);
            return NGX_CONF_ERROR;
        }
    }

    if (ngx_http_aicost_redis_check(cf, rd, &words) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    if (aicost_redis_domain(&rd->domain, (char *) words.prefix.data,
                            (char *) words.domain.data) != AICOST_OK)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "prefix=\"%V\" and domain=\"%V\" must be short and "
                           "hold no brace", &words.prefix, &words.domain);
        return NGX_CONF_ERROR;
    }

    if (rd->tls && ngx_http_aicost_redis_ssl(cf, rd, &words.trust) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    ngx_http_aicost_redis_place(rd, &words.domain, &words.prefix);

    amcf->redis = rd;

    return NGX_CONF_OK;
}


/* NAME=TEXT; NGX_DECLINED: another one */

static ngx_int_t
ngx_http_aicost_redis_word(ngx_http_aicost_redis_words_t *words,
    ngx_str_t *value)
{
    size_t      len;
    ngx_str_t  *word;
    ngx_uint_t  i;

    static struct {
        const char  *name;
        size_t       offset;
    } names[] = {
        { "user=", offsetof(ngx_http_aicost_redis_words_t, user) },
        { "password=", offsetof(ngx_http_aicost_redis_words_t, password) },
        { "prefix=", offsetof(ngx_http_aicost_redis_words_t, prefix) },
        { "domain=", offsetof(ngx_http_aicost_redis_words_t, domain) },
        { "sentinel=", offsetof(ngx_http_aicost_redis_words_t, sentinel) },
        { "sentinel_user=",
          offsetof(ngx_http_aicost_redis_words_t, sentinel_user) },
        { "sentinel_password=",
          offsetof(ngx_http_aicost_redis_words_t, sentinel_password) },
        { "trusted_certificate=",
          offsetof(ngx_http_aicost_redis_words_t, trust) }
    };

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        len = ngx_strlen(names[i].name);

        if (value->len > len
            && ngx_strncmp(value->data, names[i].name, len) == 0)
        {
            word = (ngx_str_t *) ((u_char *) words + names[i].offset);
            word->data = value->data + len;
            word->len = value->len - len;

            return NGX_OK;
        }
    }

    return NGX_DECLINED;
}


static ngx_int_t
ngx_http_aicost_redis_option(ngx_http_aicost_redis_t *rd, ngx_str_t *value)
{
    ngx_str_t   s;
    ngx_uint_t  k;

    if (ngx_strncmp(value->data, "on_error=", 9) == 0) {

        for (k = 0; ngx_http_aicost_on_error[k].name.len; k++) {
            if (ngx_strcmp(value->data + 9,
                           ngx_http_aicost_on_error[k].name.data) == 0)
            {
                rd->on_error = ngx_http_aicost_on_error[k].value;
                return NGX_OK;
            }
        }

        return NGX_ERROR;
    }

    if (ngx_strncmp(value->data, "timeout=", 8) == 0) {
        s.data = value->data + 8;
        s.len = value->len - 8;

        rd->link.timeout = ngx_parse_time(&s, 0);

        return (rd->link.timeout == (ngx_msec_t) NGX_ERROR
                || rd->link.timeout < 1 || rd->link.timeout > 60000)
               ? NGX_ERROR : NGX_OK;
    }

    if (ngx_strcmp(value->data, "cluster=on") == 0) {
        rd->link.cluster = 1;
        return NGX_OK;
    }

    if (ngx_strcmp(value->data, "verify=off") == 0) {
        rd->link.verify = 0;
        return NGX_OK;
    }

    return (ngx_strcmp(value->data, "cluster=off") == 0
            || ngx_strcmp(value->data, "verify=on") == 0)
           ? NGX_OK : NGX_ERROR;
}


/* what does not go together; secrets are read */

static ngx_int_t
ngx_http_aicost_redis_check(ngx_conf_t *cf, ngx_http_aicost_redis_t *rd,
    ngx_http_aicost_redis_words_t *words)
{
    rd->link.user = words->user;
    rd->link.sentinel = words->sentinel;
    rd->link.sentinel_user = words->sentinel_user;

    if (rd->link.cluster && (words->sentinel.len || rd->link.db)) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "cluster=on goes neither with sentinel= nor with a "
                           "database number");
        return NGX_ERROR;
    }

    if (rd->link.nhosts > 1 && !rd->link.cluster && words->sentinel.len == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "several hosts need sentinel=NAME (they are the "
                           "sentinels) or cluster=on (they are its nodes)");
        return NGX_ERROR;
    }

    if (words->user.len && words->password.len == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "user=%V needs password=env:NAME or "
                           "password=file:PATH", &words->user);
        return NGX_ERROR;
    }

    if (!rd->tls && words->trust.len) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "trusted_certificate= is for rediss:// (TLS)");
        return NGX_ERROR;
    }

    if (words->password.len
        && ngx_http_aicost_secret(cf, &words->password, &rd->link.password)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (words->sentinel_password.len
        && ngx_http_aicost_secret(cf, &words->sentinel_password,
                                  &rd->link.sentinel_password) != NGX_OK)
    {
        return NGX_ERROR;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_aicost_redis_url(ngx_conf_t *cf, ngx_http_aicost_redis_t *rd,
    ngx_str_t *url)
{
    u_char     *p, *last;
    ngx_int_t   rc;

    p = url->data;
    last = p + url->len;

    if (ngx_strlchr(p, last, '@')) {
        /* not repeated in the error: it holds a password */
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "no user and password in the URL: write user=NAME "
                           "password=env:NAME or password=file:PATH");
        return NGX_ERROR;
    }

    rd->url = *url;

    if (url->len > 5 && ngx_strncmp(p, "unix:", 5) == 0) {
        rc = ngx_http_aicost_redis_unix(cf, rd, p + 5, last);

    } else if (url->len > 8 && ngx_strncmp(p, "redis://", 8) == 0) {
        rc = ngx_http_aicost_redis_hosts(rd, p + 8, last);

    } else if (url->len > 9 && ngx_strncmp(p, "rediss://", 9) == 0) {
        rd->tls = 1;
        rc = ngx_http_aicost_redis_hosts(rd, p + 9, last);

    } else {
        rc = NGX_ERROR;
    }

    if (rc != NGX_OK) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid URL \"%V\", expected "
                           "redis://HOST[:PORT][/DB], rediss:// (TLS), several "
                           "HOST:PORT with commas, or unix:/PATH[?db=N]", url);
    }

    return rc;
}


static ngx_int_t
ngx_http_aicost_redis_unix(ngx_conf_t *cf, ngx_http_aicost_redis_t *rd,
    u_char *p, u_char *last)
{
    u_char                       *end;
    ngx_int_t                     db;
    ngx_http_aicost_link_host_t  *host;

    end = ngx_strlchr(p, last, '?');

    if (end == NULL) {
        end = last;

    } else {
        if (last - end < 5 || ngx_strncmp(end, "?db=", 4) != 0) {
            return NGX_ERROR;
        }

        db = ngx_atoi(end + 4, last - end - 4);

        if (db < 0 || db > 1000000) {
            return NGX_ERROR;
        }

        rd->link.db = db;
    }

    if (p == end || *p != '/') {
        return NGX_ERROR;
    }

    host = &rd->link.hosts[rd->link.nhosts++];

    host->name.len = end - p;
    host->name.data = ngx_pnalloc(cf->pool, host->name.len + 1);
    if (host->name.data == NULL) {
        return NGX_ERROR;
    }

    ngx_cpystrn(host->name.data, p, host->name.len + 1);

    return NGX_OK;
}


static ngx_int_t
ngx_http_aicost_redis_hosts(ngx_http_aicost_redis_t *rd, u_char *p,
    u_char *last)
{
    u_char     *end, *slash;
    ngx_int_t   db;

    slash = ngx_strlchr(p, last, '/');

    if (slash) {
        db = (slash + 1 == last) ? 0 : ngx_atoi(slash + 1, last - slash - 1);

        if (db < 0 || db > 1000000) {
            return NGX_ERROR;
        }

        rd->link.db = db;
        last = slash;
    }

    while (p < last) {
        end = ngx_strlchr(p, last, ',');

        if (end == NULL) {
            end = last;
        }

        if (ngx_http_aicost_redis_host(rd, p, end) != NGX_OK) {
            return NGX_ERROR;
        }

        p = end + 1;
    }

    return rd->link.nhosts ? NGX_OK : NGX_ERROR;
}


static ngx_int_t
ngx_http_aicost_redis_host(ngx_http_aicost_redis_t *rd, u_char *p,
    u_char *last)
{
    u_char                       *colon;
    ngx_int_t                     port;
    ngx_http_aicost_link_host_t  *host;

    if (rd->link.nhosts == NGX_HTTP_AICOST_LINK_HOSTS) {
        return NGX_ERROR;
    }

    host = &rd->link.hosts[rd->link.nhosts++];
    port = 6379;

    if (p < last && *p == '[') {
        colon = ngx_strlchr(p, last, ']');

        if (colon == NULL) {
            return NGX_ERROR;
        }

        host->name.data = p + 1;
        host->name.len = colon - p - 1;
        colon++;

    } else {
        colon = ngx_strlchr(p, last, ':');

        if (colon == NULL) {
            colon = last;
        }

        host->name.data = p;
        host->name.len = colon - p;
    }

    if (colon < last) {
        if (*colon != ':') {
            return NGX_ERROR;
        }

        port = ngx_atoi(colon + 1, last - colon - 1);
    }

    if (host->name.len == 0 || port < 1 || port > 65535) {
        return NGX_ERROR;
    }

    host->port = (in_port_t) port;

    return NGX_OK;
}


static ngx_int_t
ngx_http_aicost_redis_ssl(ngx_conf_t *cf, ngx_http_aicost_redis_t *rd,
    ngx_str_t *trust)
{
    ngx_pool_cleanup_t  *cln;

    rd->link.ssl = ngx_pcalloc(cf->pool, sizeof(ngx_ssl_t));
    cln = ngx_pool_cleanup_add(cf->pool, 0);

    if (rd->link.ssl == NULL || cln == NULL) {
        return NGX_ERROR;
    }

    rd->link.ssl->log = cf->log;

    if (ngx_ssl_create(rd->link.ssl, NGX_SSL_TLSv1_2|NGX_SSL_TLSv1_3, NULL)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    cln->handler = ngx_ssl_cleanup_ctx;
    cln->data = rd->link.ssl;

    /* what waits to be written grows, and moves as it does */

    (void) SSL_CTX_set_mode(rd->link.ssl->ctx,
                            SSL_MODE_ENABLE_PARTIAL_WRITE
                            |SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);

    if (!rd->link.verify) {
        ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                           "verify=off: anyone between may be the store");
        return NGX_OK;
    }

    return ngx_http_aicost_trust(cf, rd->link.ssl, trust);
}


/* what this edge remembers is of one place only */

static void
ngx_http_aicost_redis_place(ngx_http_aicost_redis_t *rd, ngx_str_t *domain,
    ngx_str_t *prefix)
{
    u_char      buf[1024], digest[AICOST_DIGEST];
    u_char     *p, *last;
    ngx_uint_t  i;

    last = buf + sizeof(buf);
    p = ngx_slprintf(buf, last, "%V|%V|%V|%ui|%d", domain, prefix,
                     &rd->link.sentinel, rd->link.db, (int) rd->link.cluster);

    /* the hosts of a cluster and sentinels come and go */

    if (!rd->link.cluster && rd->link.sentinel.len == 0) {
        for (i = 0; i < rd->link.nhosts; i++) {
            p = ngx_slprintf(p, last, "|%V:%d", &rd->link.hosts[i].name,
                             (int) rd->link.hosts[i].port);
        }
    }

    ngx_http_aicost_digest(buf, p - buf, digest);
    ngx_memcpy(rd->place, digest, AICOST_ID);
}


char *
ngx_http_aicost_allowance(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_aicost_main_conf_t  *amcf = conf;

    ngx_str_t  *value;

    if (amcf->allowance_ppm != NGX_CONF_UNSET) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (aicost_percent_parse(value[1].data, value[1].len,
                             &amcf->allowance_ppm) != AICOST_OK
        || amcf->allowance_ppm > 500000)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid share \"%V\", expected a percentage up to "
                           "50%%: of each limit, for all edges together",
                           &value[1]);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


/* names need the resolver; it may stand behind this directive */

ngx_int_t
ngx_http_aicost_check_redis(ngx_conf_t *cf, ngx_http_aicost_main_conf_t *amcf)
{
    if (amcf->redis == NULL) {

        if (amcf->allowance_ppm != NGX_CONF_UNSET) {
            ngx_log_error(NGX_LOG_WARN, cf->log, 0,
                          "aicost_outage_allowance has no use without "
                          "aicost_redis");
        }

        return NGX_OK;
    }

    if (amcf->allowance_ppm == NGX_CONF_UNSET) {
        amcf->allowance_ppm = 10000;
    }

    amcf->redis->link.domain = &amcf->redis->domain;
    amcf->redis->link.known = amcf->hosts;
    amcf->redis->link.resolver = amcf->resolver;
    amcf->redis->link.resolver_timeout = amcf->resolver_timeout;

    return NGX_OK;
}
