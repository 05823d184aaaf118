
/*
 * Copyright (C) aicost
 *
 * Who asks: credential, consumer, user, network, session.
 */


#include "ngx_http_aicost_module.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>


/* the key that a connection sent last */

typedef struct {
    size_t               len;
    u_char               key[AICOST_MAX_IDENT];
    u_char               digest[AICOST_DIGEST];
} ngx_http_aicost_shown_t;


static aicost_reason_e ngx_http_aicost_credential(ngx_http_request_t *r,
    ngx_str_t *key);
static void ngx_http_aicost_key_digest(ngx_connection_t *c, ngx_str_t *key,
    u_char digest[AICOST_DIGEST]);
static void ngx_http_aicost_forget_key(void *data);
static ngx_int_t ngx_http_aicost_copy_consumer(ngx_http_request_t *r,
    ngx_http_aicost_ctx_t *ctx, const aicost_consumer_t *found);
static void ngx_http_aicost_names(ngx_http_request_t *r,
    ngx_http_aicost_ctx_t *ctx);
static void ngx_http_aicost_network(ngx_http_request_t *r,
    ngx_http_aicost_ctx_t *ctx);
static void ngx_http_aicost_session(ngx_http_request_t *r,
    ngx_http_aicost_ctx_t *ctx, ngx_str_t *name);


/* one context for the process: a digest costs no allocation */

void
ngx_http_aicost_digest(const void *data, size_t len,
    u_char digest[AICOST_DIGEST])
{
    unsigned int          n;
    static EVP_MD_CTX    *ctx;
    static const EVP_MD  *md;

    if (ctx == NULL) {
        ctx = EVP_MD_CTX_new();
#if OPENSSL_VERSION_NUMBER >= 0x30000000L
        md = EVP_MD_fetch(NULL, "SHA256", NULL);
#else
        md = EVP_sha256();
#endif
    }

    if (ctx == NULL || md == NULL
        || EVP_DigestInit_ex(ctx, md, NULL) != 1
        || EVP_DigestUpdate(ctx, data, len) != 1
        || EVP_DigestFinal_ex(ctx, digest, &n) != 1)
    {
        /* no digest matches this: a key is denied, an account is shared */
        ngx_memset(digest, 0xff, AICOST_DIGEST);
    }
}


/* name is in small letters; the first of *n */

ngx_table_elt_t *
ngx_http_aicost_header(ngx_http_request_t *r, const char *name, size_t len,
    ngx_uint_t *n)
{
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h, *found;

    found = NULL;
    *n = 0;

    part = &r->headers_in.headers.part;
    h = part->elts;

    for (i = 0; /* void */ ; i++) {

        if (i >= part->nelts) {
            if (part->next == NULL) {
                break;
            }

            part = part->next;
            h = part->elts;
            i = 0;
        }

        if (h[i].key.len == len
            && ngx_memcmp(h[i].lowcase_key, name, len) == 0)
        {
            (*n)++;

            if (found == NULL) {
                found = &h[i];
            }
        }
    }

    return found;
}


/* fills in what headers tell; once a request */

void
ngx_http_aicost_who(ngx_http_request_t *r, ngx_http_aicost_ctx_t *ctx)
{
    int                          rc;
    u_char                       digest[AICOST_DIGEST];
    ngx_str_t                    key, name;
    aicost_consumer_t            c;
    aicost_consumers_t          *all;
    ngx_http_aicost_loc_conf_t  *alcf;

    if (ctx->known) {
        return;
    }

    ctx->known = 1;
    ctx->who = NULL;
    ctx->critical = 0;
    ctx->named_session = 0;
    ngx_str_null(&ctx->consumer);
    ngx_str_null(&ctx->use_case);
    ngx_str_null(&ctx->user);
    ngx_str_null(&ctx->session);

    alcf = ctx->alcf;
    all = ngx_http_aicost_block(ctx->amcf, NGX_HTTP_AICOST_CONSUMERS);

    ngx_http_aicost_network(r, ctx);

    ngx_str_null(&key);
    ctx->denied = ngx_http_aicost_credential(r, &key);

    if (ctx->denied == AICOST_R_OK) {

        ngx_http_aicost_key_digest(r->connection, &key, digest);

        rc = all ? aicost_consumers_find(all, digest, ngx_http_aicost_now(),
                                         &c)
                 : AICOST_DECLINED;

        if (rc == AICOST_OK) {
            if (ngx_http_aicost_copy_consumer(r, ctx, &c) != NGX_OK) {
                ctx->denied = AICOST_R_INTERNAL;
            }

        } else {
            ctx->denied = (rc == AICOST_ERROR) ? AICOST_R_EXPIRED_API_KEY
                                               : AICOST_R_INVALID_API_KEY;
        }

    } else if (ctx->denied == AICOST_R_MISSING_API_KEY
               && alcf->anonymous.len)
    {
        ctx->denied = AICOST_R_OK;
        name = alcf->anonymous;

        if (all && aicost_consumers_named(all, name.data, name.len, &c)
                   == AICOST_OK)
        {
            if (ngx_http_aicost_copy_consumer(r, ctx, &c) != NGX_OK) {
                ctx->denied = AICOST_R_INTERNAL;
            }

        } else if (ctx->amcf->files[NGX_HTTP_AICOST_CONSUMERS].path.len) {
            /* the file lost the consumer since the start */
            ctx->denied = AICOST_R_INVALID_API_KEY;

        } else {
            ctx->consumer = name;
        }
    }

    ngx_http_aicost_names(r, ctx);
}


/* use case, user and session, where directives or a header name them */

static void
ngx_http_aicost_names(ngx_http_request_t *r, ngx_http_aicost_ctx_t *ctx)
{
    ngx_str_t                    name;
    ngx_uint_t                   n;
    ngx_table_elt_t             *h;
    ngx_http_aicost_loc_conf_t  *alcf;

    alcf = ctx->alcf;

    if (alcf->use_case
        && ngx_http_complex_value(r, alcf->use_case, &name) == NGX_OK
        && name.len && name.len <= AICOST_MAX_IDENT)
    {
        ctx->use_case = name;
    }

    if (alcf->user
        && ngx_http_complex_value(r, alcf->user, &name) == NGX_OK
        && name.len <= AICOST_MAX_IDENT)
    {
        ctx->user = name;
    }

    ngx_str_null(&name);

    if (alcf->session) {
        if (ngx_http_complex_value(r, alcf->session, &name) != NGX_OK) {
            ngx_str_null(&name);
        }

    } else {
        h = ngx_http_aicost_header(r, "x-aicost-session",
                                   sizeof("X-AICost-Session") - 1, &n);
        if (h && n == 1) {
            name = h->value;
        }
    }

    if (name.len && name.len <= AICOST_MAX_IDENT) {
        ctx->named_session = 1;
        ngx_http_aicost_session(r, ctx, &name);
    }
}


/* the one credential of a request; two different ones are ambiguous */

static aicost_reason_e
ngx_http_aicost_credential(ngx_http_request_t *r, ngx_str_t *key)
{
    ngx_str_t         value;
    ngx_uint_t        i, n, found;
    ngx_table_elt_t  *h;

    static const struct {
        const char   *name;
        size_t        len;
    } headers[] = {
        { "authorization", 13 },
        { "x-api-key", 9 },
        { "api-key", 7 },
        { "x-goog-api-key", 14 }
    };

    found = 0;

    for (i = 0; i < 4; i++) {

        h = ngx_http_aicost_header(r, headers[i].name, headers[i].len, &n);

        if (h == NULL) {
            continue;
        }

        if (n > 1) {
            return AICOST_R_AMBIGUOUS_CREDENTIAL;
        }

        value = h->value;

        if (i == 0) {
            if (value.len < 7
                || !ngx_http_aicost_spelled(value.data, "Bearer "))
            {
                return AICOST_R_INVALID_API_KEY;
            }

            value.data += 7;
            value.len -= 7;

            while (value.len && value.data[0] == ' ') {
                value.data++;
                value.len--;
            }
        }

        if (value.len == 0) {
            continue;
        }

        if (value.len > AICOST_MAX_IDENT) {
            return AICOST_R_INVALID_API_KEY;
        }

        if (found && (value.len != key->len
                      || ngx_memcmp(value.data, key->data, key->len) != 0))
        {
            return AICOST_R_AMBIGUOUS_CREDENTIAL;
        }

        *key = value;
        found = 1;
    }

    return found ? AICOST_R_OK : AICOST_R_MISSING_API_KEY;
}


/*
 * A connection that is kept sends its key again: the digest is made once.
 * Equal or not takes the same time wherever two keys differ, since several
 * clients may share a connection of a proxy's.
 */

static void
ngx_http_aicost_key_digest(ngx_connection_t *c, ngx_str_t *key,
    u_char digest[AICOST_DIGEST])
{
    ngx_pool_cleanup_t       *cln;
    ngx_http_aicost_shown_t  *shown;

    for (cln = c->pool->cleanup; cln; cln = cln->next) {

        if (cln->handler == ngx_http_aicost_forget_key) {
            break;
        }
    }

    if (cln) {
        shown = cln->data;

        if (shown->len == key->len
            && CRYPTO_memcmp(shown->key, key->data, key->len) == 0)
        {
            ngx_memcpy(digest, shown->digest, AICOST_DIGEST);
            return;
        }
    }

    ngx_http_aicost_digest(key->data, key->len, digest);

    if (cln == NULL && c->requests > 1) {
        cln = ngx_pool_cleanup_add(c->pool, sizeof(ngx_http_aicost_shown_t));

        if (cln) {
            cln->handler = ngx_http_aicost_forget_key;
        }
    }

    if (cln) {
        shown = cln->data;
        shown->len = key->len;
        ngx_memcpy(shown->key, key->data, key->len);
        ngx_memcpy(shown->digest, digest, AICOST_DIGEST);
    }
}


static void
ngx_http_aicost_forget_key(void *data)
{
    ngx_explicit_memzero(data, sizeof(ngx_http_aicost_shown_t));
}


/* the record points into shared memory that may be replaced: copy its text */

static ngx_int_t
ngx_http_aicost_copy_consumer(ngx_http_request_t *r,
    ngx_http_aicost_ctx_t *ctx, const aicost_consumer_t *found)
{
    size_t              len;
    u_char             *p;
    uint32_t            i, n;
    aicost_str_t       *s[4 + 2 * AICOST_CONSUMER_NAMES
                       + 2 * AICOST_CONSUMER_BUDGETS
                       + 2 * AICOST_CONSUMER_TAGS];
    aicost_consumer_t  *c;

    len = aicost_consumer_size(found);

    c = ngx_palloc(r->pool, len);
    if (c == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(c, found, len);

    n = 0;
    s[n++] = &c->name;
    s[n++] = &c->use_case;
    s[n++] = &c->max_tier;
    s[n++] = &c->value;

    for (i = 0; i < c->ntiers; i++) {
        s[n++] = &c->tiers[i];
    }

    for (i = 0; i < c->nmodels; i++) {
        s[n++] = &c->models[i];
    }

    for (i = 0; i < c->nbudgets; i++) {
        s[n++] = &c->budgets[i].name;
        s[n++] = &c->budgets[i].limit;
    }

    for (i = 0; i < c->ntags; i++) {
        s[n++] = &c->tags[i].name;
        s[n++] = &c->tags[i].value;
    }

    len = 0;

    for (i = 0; i < n; i++) {
        len += s[i]->len;
    }

    p = ngx_pnalloc(r->pool, len + 1);
    if (p == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < n; i++) {
        ngx_memcpy(p, s[i]->data, s[i]->len);
        s[i]->data = p;
        p += s[i]->len;
    }

    ctx->who = c;
    ctx->critical = c->critical;
    ctx->consumer.len = c->name.len;
    ctx->consumer.data = c->name.data;
    ctx->use_case.len = c->use_case.len;
    ctx->use_case.data = c->use_case.data;

    return NGX_OK;
}


/* the client's address, IPv6 by /64 */

static void
ngx_http_aicost_network(ngx_http_request_t *r, ngx_http_aicost_ctx_t *ctx)
{
#if (NGX_HAVE_INET6)
    u_char               *p;
    struct sockaddr_in6  *sin6;

    if (r->connection->sockaddr->sa_family == AF_INET6) {

        sin6 = (struct sockaddr_in6 *) r->connection->sockaddr;

        p = ngx_pnalloc(r->pool, NGX_INET6_ADDRSTRLEN + 4);
        if (p == NULL) {
            return;
        }

        ctx->net.data = p;

        if (IN6_IS_ADDR_V4MAPPED(&sin6->sin6_addr)) {
            ctx->net.len = ngx_inet_ntop(AF_INET,
                                         &sin6->sin6_addr.s6_addr[12], p,
                                         NGX_INET_ADDRSTRLEN);
            return;
        }

        {
            struct in6_addr  net;

            net = sin6->sin6_addr;
            ngx_memzero(&net.s6_addr[8], 8);

            ctx->net.len = ngx_inet_ntop(AF_INET6, &net, p,
                                         NGX_INET6_ADDRSTRLEN);
        }

        p = ngx_cpymem(p + ctx->net.len, "/64", 3);
        ctx->net.len += 3;

        return;
    }
#endif

    ctx->net = r->connection->addr_text;
}


/* H(consumer, user or network, name): nobody can spend another's session */

static void
ngx_http_aicost_session(ngx_http_request_t *r, ngx_http_aicost_ctx_t *ctx,
    ngx_str_t *name)
{
    u_char     *p, *buf, digest[AICOST_DIGEST];
    ngx_str_t  *scope;

    scope = ctx->user.len ? &ctx->user : &ctx->net;

    buf = ngx_pnalloc(r->pool, ctx->consumer.len + scope->len + name->len + 4);
    if (buf == NULL) {
        return;
    }

    p = ngx_cpymem(buf, ctx->consumer.data, ctx->consumer.len);
    *p++ = '\0';
    *p++ = ctx->user.len ? 'u' : 'n';
    p = ngx_cpymem(p, scope->data, scope->len);
    *p++ = '\0';
    p = ngx_cpymem(p, name->data, name->len);

    ngx_http_aicost_digest(buf, p - buf, digest);

    p = ngx_pnalloc(r->pool, 32);
    if (p == NULL) {
        return;
    }

    ngx_hex_dump(p, digest, 16);

    ctx->session.data = p;
    ctx->session.len = 32;
}


/* without a header: the conversation's beginning names the session, for
   stickiness and reports */

void
ngx_http_aicost_derive_session(ngx_http_request_t *r,
    ngx_http_aicost_ctx_t *ctx)
{
    u_char     buf[9];
    ngx_str_t  name;

    if (ctx->session.len) {
        return;
    }

    buf[0] = 'd';
    ngx_memcpy(buf + 1, &ctx->ask.prefix, 8);

    name.data = buf;
    name.len = 9;

    ngx_http_aicost_session(r, ctx, &name);
}
