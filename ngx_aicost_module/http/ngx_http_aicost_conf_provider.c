
/*
 * Copyright (C) aicost
 *
 * Setters of providers and tiers, and how provider names resolve.
 */


#include "ngx_http_aicost_module.h"
#include "ngx_http_aicost_hosts.h"


static ngx_int_t ngx_http_aicost_url(ngx_conf_t *cf,
    ngx_http_aicost_provider_t *p, ngx_str_t *url);
static char *ngx_http_aicost_provider_param(ngx_conf_t *cf,
    ngx_http_aicost_provider_t *p, ngx_str_t *word, ngx_str_t *trust);
static ngx_int_t ngx_http_aicost_provider_number(
    ngx_http_aicost_provider_t *p, ngx_str_t *word, ngx_str_t *v);
static ngx_int_t ngx_http_aicost_provider_conf(ngx_conf_t *cf,
    ngx_http_aicost_main_conf_t *amcf, ngx_http_aicost_provider_t *p,
    ngx_str_t *trust);
static ngx_int_t ngx_http_aicost_tier_param(aicost_tier_t *tier,
    aicost_model_t *m, ngx_str_t *word);
static ngx_int_t ngx_http_aicost_tier_model(ngx_conf_t *cf,
    ngx_http_aicost_main_conf_t *amcf, aicost_tier_t *tier, aicost_model_t *m,
    ngx_str_t *word);
static ngx_int_t ngx_http_aicost_find_provider(
    ngx_http_aicost_main_conf_t *amcf, ngx_str_t *name);


static ngx_str_t  ngx_http_aicost_no_hide[] = {
    ngx_null_string
};


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
    p->api = &aicost_api_openai;
    p->conf.connect_timeout = 5000;
    p->conf.read_timeout = 60000;

    ngx_str_null(&trust);

    if (ngx_array_init(&p->keys, cf->pool, 1, sizeof(ngx_http_aicost_key_t))
        != NGX_OK
        || ngx_array_init(&p->betas, cf->pool, 1, sizeof(ngx_str_t)) != NGX_OK)
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

    if (p->betas.nelts && p->api->beta_header == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "beta= of provider \"%V\" is for api=anthropic, "
                           "openai and responses", &p->name);
        return NGX_CONF_ERROR;
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
        p->port = u.port;
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
    ngx_str_t               v, *s;
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
        p->api = aicost_api(v.data, v.len);
        p->azure = (ngx_strcmp(v.data, "azure") == 0);

        if (p->api == NULL || p->api->write == NULL) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "unknown api \"%V\" of provider \"%V\", known "
                               "are openai, responses, azure, anthropic, "
                               "gemini, ollama and bedrock", &v, &p->name);
            return NGX_CONF_ERROR;
        }

        return NGX_CONF_OK;
    }

    if (ngx_strncmp(word->data, "version=", 8) == 0) {
        p->version = v;
        return NGX_CONF_OK;
    }

    if (ngx_strncmp(word->data, "beta=", 5) == 0) {
        s = ngx_array_push(&p->betas);
        if (s == NULL) {
            return NGX_CONF_ERROR;
        }

        *s = v;
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

    if (ngx_http_aicost_provider_number(p, word, &v) == NGX_OK) {
        return NGX_CONF_OK;
    }

invalid:

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "invalid parameter \"%V\" of provider \"%V\", known "
                       "are api= version= beta= key= timeout= "
                       "connect_timeout= max_conns= "
                       "extra=pass region= retention= weight= "
                       "trusted_certificate=", word, &p->name);
    return NGX_CONF_ERROR;
}


static ngx_int_t
ngx_http_aicost_provider_number(ngx_http_aicost_provider_t *p,
    ngx_str_t *word, ngx_str_t *v)
{
    ngx_int_t   n;
    ngx_msec_t  ms;

    if (ngx_strncmp(word->data, "max_conns=", 10) == 0
        || ngx_strncmp(word->data, "weight=", 7) == 0)
    {
        n = ngx_atoi(v->data, v->len);

        if (n < 1 || n > 1000000) {
            return NGX_ERROR;
        }

        if (word->data[0] == 'm') {
            p->max_conns = n;

        } else {
            p->weight = n;
        }

        return NGX_OK;
    }

    if (ngx_strncmp(word->data, "timeout=", 8) == 0
        || ngx_strncmp(word->data, "connect_timeout=", 16) == 0)
    {
        ms = ngx_parse_time(v, 0);

        if (ms == (ngx_msec_t) NGX_ERROR || ms == 0) {
            return NGX_ERROR;
        }

        if (word->data[0] == 't') {
            p->conf.read_timeout = ms;

        } else {
            p->conf.connect_timeout = ms;
        }

        return NGX_OK;
    }

    return NGX_DECLINED;
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

    if (ngx_http_aicost_trust(cf, u->ssl, trust) != NGX_OK) {
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

    ngx_int_t        rc;
    ngx_str_t       *value;
    ngx_uint_t       i;
    aicost_tier_t   *tier;
    aicost_model_t  *m;
    ngx_http_aicost_place_t  *place;

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
    place = ngx_array_push(&amcf->places);

    if (tier == NULL || place == NULL) {
        return NGX_CONF_ERROR;
    }

    *place = ngx_http_aicost_place(cf);

    ngx_memzero(tier, sizeof(aicost_tier_t));

    tier->name.len = value[1].len;
    tier->name.data = value[1].data;

    m = ngx_pcalloc(cf->pool, AICOST_MAX_CHAIN * sizeof(aicost_model_t));
    if (m == NULL) {
        return NGX_CONF_ERROR;
    }

    tier->models = m;

    for (i = 2; i < cf->args->nelts; i++) {

        rc = ngx_http_aicost_tier_param(tier, m, &value[i]);

        if (rc == NGX_DECLINED) {
            rc = ngx_http_aicost_tier_model(cf, amcf, tier, m, &value[i]);
        }

        if (rc == NGX_ABORT) {
            return NGX_CONF_ERROR;
        }

        if (rc != NGX_OK) {
            goto invalid;
        }
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


/* NGX_DECLINED: it is no parameter but a model */

static ngx_int_t
ngx_http_aicost_tier_param(aicost_tier_t *tier, aicost_model_t *m,
    ngx_str_t *word)
{
    ngx_int_t  n;

    if (ngx_strncmp(word->data, "order=", 6) == 0) {

        if (ngx_strcmp(word->data + 6, "listed") == 0) {
            tier->order = AICOST_ORDER_LISTED;

        } else if (ngx_strcmp(word->data + 6, "price") == 0) {
            tier->order = AICOST_ORDER_PRICE;

        } else if (ngx_strcmp(word->data + 6, "latency") == 0) {
            tier->order = AICOST_ORDER_LATENCY;

        } else {
            return NGX_ERROR;
        }

        return NGX_OK;
    }

    if (ngx_strncmp(word->data, "weight=", 7) == 0) {
        n = ngx_atoi(word->data + 7, word->len - 7);

        if (n < 1 || n > 1000000 || tier->nmodels == 0) {
            return NGX_ERROR;
        }

        m[tier->nmodels - 1].weight = (uint32_t) n;

        return NGX_OK;
    }

    return NGX_DECLINED;
}


/* NGX_ERROR: not of the form PROVIDER/MODEL; NGX_ABORT: said what is wrong */

static ngx_int_t
ngx_http_aicost_tier_model(ngx_conf_t *cf, ngx_http_aicost_main_conf_t *amcf,
    aicost_tier_t *tier, aicost_model_t *m, ngx_str_t *word)
{
    u_char     *slash;
    ngx_int_t   n;
    ngx_str_t   name;

    slash = ngx_strlchr(word->data, word->data + word->len, '/');

    if (slash == NULL || slash == word->data
        || slash == word->data + word->len - 1
        || word->len > AICOST_MAX_IDENT)
    {
        return NGX_ERROR;
    }

    name = ngx_http_aicost_str(&tier->name);

    if (tier->nmodels == AICOST_MAX_CHAIN) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "too many models in tier \"%V\", %d is the most",
                           &name, AICOST_MAX_CHAIN);
        return NGX_ABORT;
    }

    name.data = word->data;
    name.len = slash - word->data;

    n = ngx_http_aicost_find_provider(amcf, &name);

    if (n == NGX_DECLINED) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "unknown provider \"%V\" in \"%V\", declare it "
                           "above with aicost_provider", &name, word);
        return NGX_ABORT;
    }

    m = &m[tier->nmodels++];

    m->name.data = word->data;
    m->name.len = word->len;
    m->model.data = slash + 1;
    m->model.len = word->len - name.len - 1;
    m->provider = (uint32_t) n;
    m->weight = 1;
    m->health = ngx_http_aicost_health_number(amcf, word);

    return NGX_OK;
}


/* /etc/hosts; the http block's own resolver, or the system's name servers */

ngx_int_t
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

    for (i = 0; amcf->redis && i < amcf->redis->link.nhosts; i++) {
        named |= (amcf->redis->link.hosts[i].port != 0);
    }

    if (!named) {
        return NGX_OK;
    }

    ngx_str_set(&path, "/etc/hosts");

    if (ngx_http_aicost_read_file(cf, &path, NGX_HTTP_AICOST_HOSTS_MAX,
                                  &amcf->hosts) != NGX_OK)
    {
        amcf->hosts.len = 0;
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
