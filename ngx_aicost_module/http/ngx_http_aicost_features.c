
/*
 * Copyright (C) aicost
 *
 * The headers of a client that name a version or features of its API: they
 * pass to a provider of the same shape, what is not listed does not.
 */


#include "ngx_http_aicost_module.h"


#define NGX_HTTP_AICOST_BETAS    1024    /* bytes of all features; what does not
                                            fit is left out */


static ngx_uint_t ngx_http_aicost_is_version(ngx_str_t *s);
static ngx_int_t ngx_http_aicost_lists(ngx_http_request_t *r,
    ngx_http_aicost_ctx_t *ctx, const char *name);


/* version stays empty where the client said none, or the provider has its
   own */

ngx_int_t
ngx_http_aicost_features(ngx_http_request_t *r, ngx_http_aicost_ctx_t *ctx,
    ngx_http_aicost_provider_t *p, ngx_str_t *version, ngx_str_t *betas)
{
    u_char              *data;
    ngx_str_t           *s;
    ngx_uint_t           n, same, dropped;
    aicost_out_t         o;
    ngx_table_elt_t     *h;
    const aicost_api_t  *api;

    ngx_str_null(version);
    ngx_str_null(betas);

    api = ctx->api ? ctx->api : &aicost_api_openai;
    same = (api == p->api);

    if (same && api->version_header && p->version.len == 0) {
        h = ngx_http_aicost_header(r, api->version_header,
                                   ngx_strlen(api->version_header), &n);

        if (h && n == 1 && ngx_http_aicost_is_version(&h->value)) {
            *version = h->value;
        }
    }

    if (api->beta_header == NULL) {
        return NGX_OK;
    }

    h = ngx_http_aicost_header(r, api->beta_header,
                               ngx_strlen(api->beta_header), &n);
    if (h == NULL) {
        return NGX_OK;
    }

    dropped = (n > 1);
    s = &h->value;

    if (same) {
        data = ngx_pnalloc(r->pool, NGX_HTTP_AICOST_BETAS);
        if (data == NULL) {
            return NGX_ERROR;
        }

        ngx_memzero(&o, sizeof(aicost_out_t));
        o.data = data;
        o.size = NGX_HTTP_AICOST_BETAS;

        dropped |= aicost_api_betas(api, p->betas.elts,
                                    (uint32_t) p->betas.nelts,
                                    (aicost_str_t *) s, &o);
        if (!o.failed) {
            betas->data = o.data;
            betas->len = o.len;
        }

        dropped |= o.failed;

    } else {
        dropped |= (s->len != 0);
    }

    return dropped ? ngx_http_aicost_lists(r, ctx, api->beta_header) : NGX_OK;
}


/* "2023-06-01" */

static ngx_uint_t
ngx_http_aicost_is_version(ngx_str_t *s)
{
    size_t  i;

    if (s->len != 10) {
        return 0;
    }

    for (i = 0; i < 10; i++) {
        if ((i == 4 || i == 7) ? s->data[i] != '-'
                               : (s->data[i] < '0' || s->data[i] > '9'))
        {
            return 0;
        }
    }

    return 1;
}


/* one more of what was left out */

static ngx_int_t
ngx_http_aicost_lists(ngx_http_request_t *r, ngx_http_aicost_ctx_t *ctx,
    const char *name)
{
    u_char     *p;
    ngx_str_t  *s;

    s = &ctx->dropped_members;

    p = ngx_pnalloc(r->pool, s->len + 2 + ngx_strlen(name));
    if (p == NULL) {
        return NGX_ERROR;
    }

    s->len = ngx_sprintf(p, "%V%s%s", s, s->len ? ", " : "", name) - p;
    s->data = p;

    return NGX_OK;
}
