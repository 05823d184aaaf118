
/*
 * Copyright (C) aicost
 *
 * Addresses of the providers, resolved at run time by TTL, and their idle
 * connections.  A cache of its own for each provider: a connection is never
 * shared between two names or TLS identities.
 */


#include "ngx_http_aicost_peer.h"
#include "ngx_http_aicost_hosts.h"


#define NGX_HTTP_AICOST_RETRY_MIN   1000      /* ms between failed resolves */
#define NGX_HTTP_AICOST_RETRY_MAX   30000
#define NGX_HTTP_AICOST_TTL_MIN     1000
#define NGX_HTTP_AICOST_TTL_MAX     300000
#define NGX_HTTP_AICOST_IDLE_TIME   55000     /* ms, less than servers keep */


typedef struct {
    ngx_queue_t                   queue;
    ngx_connection_t             *connection;
    ngx_http_aicost_provider_t   *provider;
    socklen_t                     socklen;
    struct sockaddr_storage       sockaddr;
} ngx_http_aicost_idle_t;


static ngx_uint_t ngx_http_aicost_known(ngx_http_aicost_provider_t *p,
    const ngx_str_t *hosts);
static void ngx_http_aicost_add_addr(ngx_http_aicost_provider_t *p,
    ngx_uint_t n, struct sockaddr *sockaddr, socklen_t socklen);
static void ngx_http_aicost_resolve(ngx_event_t *ev);
static void ngx_http_aicost_resolved(ngx_resolver_ctx_t *rctx);
static void ngx_http_aicost_idle_close(ngx_http_aicost_idle_t *item);
static void ngx_http_aicost_idle_event(ngx_event_t *ev);
static void ngx_http_aicost_idle_dummy(ngx_event_t *ev);


ngx_int_t
ngx_http_aicost_peers_start(ngx_cycle_t *cycle,
    ngx_http_aicost_main_conf_t *amcf)
{
    ngx_uint_t                    i, n;
    ngx_http_aicost_idle_t       *items;
    ngx_http_aicost_provider_t   *p, **pp;

    pp = amcf->providers.elts;

    for (i = 0; i < amcf->providers.nelts; i++) {
        p = pp[i];

        ngx_queue_init(&p->idle);
        ngx_queue_init(&p->free);

        items = ngx_pcalloc(cycle->pool, NGX_HTTP_AICOST_IDLE
                                         * sizeof(ngx_http_aicost_idle_t));
        if (items == NULL) {
            return NGX_ERROR;
        }

        for (n = 0; n < NGX_HTTP_AICOST_IDLE; n++) {
            items[n].provider = p;
            ngx_queue_insert_tail(&p->free, &items[n].queue);
        }

        if (p->literal) {
            ngx_http_aicost_add_addr(p, 0,
                                     (struct sockaddr *) &p->addrs[0].sockaddr,
                                     p->addrs[0].socklen);
            p->naddrs = 1;
            continue;
        }

        p->resolve.handler = ngx_http_aicost_resolve;
        p->resolve.data = p;
        p->resolve.log = cycle->log;
        p->resolve.cancelable = 1;

        p->resolver = amcf->resolver;
        p->resolver_timeout = amcf->resolver_timeout;

        if (ngx_http_aicost_known(p, &amcf->hosts)) {
            continue;
        }

        ngx_add_timer(&p->resolve, 1);
    }

    return NGX_OK;
}


void
ngx_http_aicost_peers_stop(ngx_http_aicost_main_conf_t *amcf)
{
    ngx_uint_t                    i;
    ngx_queue_t                  *q;
    ngx_http_aicost_provider_t   *p, **pp;

    pp = amcf->providers.elts;

    for (i = 0; i < amcf->providers.nelts; i++) {
        p = pp[i];

        while (!ngx_queue_empty(&p->idle)) {
            q = ngx_queue_head(&p->idle);
            ngx_http_aicost_idle_close(ngx_queue_data(q,
                                              ngx_http_aicost_idle_t, queue));
        }
    }
}


/* one of /etc/hosts, which a resolver does not know */

static ngx_uint_t
ngx_http_aicost_known(ngx_http_aicost_provider_t *p, const ngx_str_t *hosts)
{
    socklen_t                lens[NGX_HTTP_AICOST_ADDRS];
    ngx_uint_t               i;
    struct sockaddr_storage  addrs[NGX_HTTP_AICOST_ADDRS];

    p->naddrs = ngx_http_aicost_hosts(hosts, &p->host, p->port, addrs, lens,
                                      NGX_HTTP_AICOST_ADDRS);

    for (i = 0; i < p->naddrs; i++) {
        ngx_http_aicost_add_addr(p, i, (struct sockaddr *) &addrs[i], lens[i]);
    }

    return p->naddrs != 0;
}


static void
ngx_http_aicost_add_addr(ngx_http_aicost_provider_t *p, ngx_uint_t n,
    struct sockaddr *sockaddr, socklen_t socklen)
{
    ngx_http_aicost_addr_t  *a;

    a = &p->addrs[n];

    if ((struct sockaddr *) &a->sockaddr != sockaddr) {
        ngx_memcpy(&a->sockaddr, sockaddr, socklen);
    }

    a->socklen = socklen;

    ngx_inet_set_port((struct sockaddr *) &a->sockaddr, p->port);

    a->name.data = a->text;
    a->name.len = ngx_sock_ntop((struct sockaddr *) &a->sockaddr, socklen,
                                a->text, NGX_SOCKADDR_STRLEN, 1);
}


static void
ngx_http_aicost_resolve(ngx_event_t *ev)
{
    ngx_resolver_ctx_t           *rctx, temp;
    ngx_http_aicost_provider_t   *p;

    p = ev->data;

    if (ngx_exiting || p->resolving) {
        return;
    }

    if (p->resolver == NULL) {
        return;
    }

    ngx_memzero(&temp, sizeof(ngx_resolver_ctx_t));
    temp.name = p->host;

    rctx = ngx_resolve_start(p->resolver, &temp);

    if (rctx == NULL || rctx == NGX_NO_RESOLVER) {
        ngx_add_timer(ev, NGX_HTTP_AICOST_RETRY_MAX);
        return;
    }

    rctx->name = p->host;
    rctx->handler = ngx_http_aicost_resolved;
    rctx->data = p;
    rctx->timeout = p->resolver_timeout;
    rctx->cancelable = 1;

    p->resolving = rctx;

    if (ngx_resolve_name(rctx) != NGX_OK) {
        p->resolving = NULL;
        ngx_add_timer(ev, NGX_HTTP_AICOST_RETRY_MAX);
    }
}


static void
ngx_http_aicost_resolved(ngx_resolver_ctx_t *rctx)
{
    time_t                        valid;
    ngx_uint_t                    i, n;
    ngx_msec_t                    wait;
    ngx_http_aicost_provider_t   *p;

    p = rctx->data;
    p->resolving = NULL;

    if (rctx->state) {

        /* the old addresses stay in use; the first failure is told */

        if (p->unresolved++ == 0) {
            ngx_log_error(NGX_LOG_WARN, ngx_cycle->log, 0,
                          "provider \"%V\": name \"%V\" does not resolve "
                          "(%i: %s), %s", &p->name, &p->host, rctx->state,
                          ngx_resolver_strerror(rctx->state),
                          p->naddrs ? "the last addresses stay in use"
                                    : "it is left out until it does");
        }

        wait = NGX_HTTP_AICOST_RETRY_MIN << ngx_min(p->unresolved, 5);

        ngx_resolve_name_done(rctx);
        ngx_add_timer(&p->resolve, ngx_min(wait, NGX_HTTP_AICOST_RETRY_MAX));
        return;
    }

    n = ngx_min(rctx->naddrs, NGX_HTTP_AICOST_ADDRS);

    for (i = 0; i < n; i++) {
        ngx_http_aicost_add_addr(p, i, rctx->addrs[i].sockaddr,
                                 rctx->addrs[i].socklen);
    }

    if (p->unresolved || p->naddrs == 0) {
        ngx_log_error(NGX_LOG_NOTICE, ngx_cycle->log, 0,
                      "provider \"%V\": name \"%V\" resolved to %ui addresses",
                      &p->name, &p->host, n);
    }

    p->naddrs = n;
    p->unresolved = 0;

    valid = rctx->valid - ngx_time();

    wait = (valid > 0) ? (ngx_msec_t) valid * 1000 : NGX_HTTP_AICOST_TTL_MIN;
    wait = ngx_min(ngx_max(wait, NGX_HTTP_AICOST_TTL_MIN),
                   NGX_HTTP_AICOST_TTL_MAX);

    ngx_resolve_name_done(rctx);
    ngx_add_timer(&p->resolve, wait);
}


/* the next address, copied: the list may change while the request runs */

ngx_int_t
ngx_http_aicost_address(ngx_http_aicost_provider_t *p,
    ngx_peer_connection_t *pc, ngx_http_aicost_ctx_t *ctx)
{
    ngx_http_aicost_addr_t  *a;

    if (p->naddrs == 0) {
        return NGX_DECLINED;
    }

    if (ctx->addr == NULL) {
        ctx->addr = ngx_palloc(ctx->request->pool,
                               sizeof(ngx_http_aicost_addr_t));
        if (ctx->addr == NULL) {
            return NGX_DECLINED;
        }
    }

    a = ctx->addr;

    *a = p->addrs[p->next++ % p->naddrs];

    /* names of earlier attempts stay in $upstream_addr */

    a->name.data = ngx_pstrdup(ctx->request->pool, &a->name);
    if (a->name.data == NULL) {
        return NGX_DECLINED;
    }

    pc->sockaddr = (struct sockaddr *) &a->sockaddr;
    pc->socklen = a->socklen;
    pc->name = ngx_palloc(ctx->request->pool, sizeof(ngx_str_t));
    if (pc->name == NULL) {
        return NGX_DECLINED;
    }

    *pc->name = a->name;

#if (NGX_HTTP_SSL)
    pc->set_session = ngx_http_aicost_set_session;
    pc->save_session = ngx_http_aicost_save_session;
#endif

    return NGX_OK;
}


/* TLS sessions resume within a provider */

ngx_int_t
ngx_http_aicost_set_session(ngx_peer_connection_t *pc, void *data)
{
    ngx_http_aicost_ctx_t  *ctx = data;

    if (ctx->provider->session == NULL) {
        return NGX_OK;
    }

    return ngx_ssl_set_session(pc->connection, ctx->provider->session);
}


void
ngx_http_aicost_save_session(ngx_peer_connection_t *pc, void *data)
{
    ngx_http_aicost_ctx_t  *ctx = data;

    ngx_ssl_session_t  *session;

    session = ngx_ssl_get_session(pc->connection);

    if (session == NULL) {
        return;
    }

    if (ctx->provider->session) {
        ngx_ssl_free_session(ctx->provider->session);
    }

    ctx->provider->session = session;
}


/* --- idle connections ---------------------------------------------------- */

ngx_int_t
ngx_http_aicost_idle_get(ngx_http_aicost_provider_t *p,
    ngx_peer_connection_t *pc)
{
    ngx_queue_t             *q;
    ngx_connection_t        *c;
    ngx_http_aicost_idle_t  *item;

    for (q = ngx_queue_head(&p->idle);
         q != ngx_queue_sentinel(&p->idle);
         q = ngx_queue_next(q))
    {
        item = ngx_queue_data(q, ngx_http_aicost_idle_t, queue);

        if (item->socklen != pc->socklen
            || ngx_cmp_sockaddr((struct sockaddr *) &item->sockaddr,
                                item->socklen, pc->sockaddr, pc->socklen, 1)
               != NGX_OK)
        {
            continue;
        }

        ngx_queue_remove(q);
        ngx_queue_insert_head(&p->free, q);

        c = item->connection;

        c->idle = 0;
        c->sent = 0;
        c->data = NULL;
        c->log = pc->log;
        c->read->log = pc->log;
        c->write->log = pc->log;

        if (c->pool) {
            c->pool->log = pc->log;
        }

        if (c->read->timer_set) {
            ngx_del_timer(c->read);
        }

        pc->connection = c;
        pc->cached = 1;

        return NGX_DONE;
    }

    return NGX_OK;
}


/* 1 when the connection was taken over */

ngx_uint_t
ngx_http_aicost_idle_put(ngx_http_aicost_provider_t *p,
    ngx_peer_connection_t *pc, ngx_http_aicost_ctx_t *ctx)
{
    ngx_queue_t             *q;
    ngx_connection_t        *c;
    ngx_http_upstream_t     *u;
    ngx_http_aicost_idle_t  *item;

    u = ctx->request->upstream;
    c = pc->connection;

    if (!u->keepalive || !u->request_body_sent || c->read->eof
        || c->read->error || c->read->timedout || c->write->error
        || c->write->timedout || ngx_exiting || ngx_terminate
        || c->requests >= 1000)
    {
        return 0;
    }

    if (ngx_handle_read_event(c->read, 0) != NGX_OK) {
        return 0;
    }

    if (ngx_queue_empty(&p->free)) {
        q = ngx_queue_last(&p->idle);
        ngx_http_aicost_idle_close(ngx_queue_data(q, ngx_http_aicost_idle_t,
                                                  queue));
    }

    q = ngx_queue_head(&p->free);
    ngx_queue_remove(q);
    ngx_queue_insert_head(&p->idle, q);

    item = ngx_queue_data(q, ngx_http_aicost_idle_t, queue);

    item->connection = c;
    item->socklen = pc->socklen;
    ngx_memcpy(&item->sockaddr, pc->sockaddr, pc->socklen);

    if (c->read->timer_set) {
        ngx_del_timer(c->read);
    }

    if (c->write->timer_set) {
        ngx_del_timer(c->write);
    }

    c->read->delayed = 0;
    c->write->handler = ngx_http_aicost_idle_dummy;
    c->read->handler = ngx_http_aicost_idle_event;
    c->data = item;
    c->idle = 1;
    c->log = ngx_cycle->log;
    c->read->log = ngx_cycle->log;
    c->write->log = ngx_cycle->log;

    if (c->pool) {
        c->pool->log = ngx_cycle->log;
    }

    ngx_add_timer(c->read, NGX_HTTP_AICOST_IDLE_TIME);

    if (c->read->ready) {
        ngx_http_aicost_idle_event(c->read);
    }

    return 1;
}


static void
ngx_http_aicost_idle_close(ngx_http_aicost_idle_t *item)
{
    ngx_connection_t  *c;

    c = item->connection;

    ngx_queue_remove(&item->queue);
    ngx_queue_insert_head(&item->provider->free, &item->queue);

    if (c->ssl) {
        c->ssl->no_wait_shutdown = 1;
        c->ssl->no_send_shutdown = 1;

        if (ngx_ssl_shutdown(c) == NGX_AGAIN) {
            c->ssl->handler = NULL;
        }
    }

    if (c->pool) {
        ngx_destroy_pool(c->pool);
    }

    ngx_close_connection(c);
}


/* the provider closed it, sent what nobody asked for, or its time is over */

static void
ngx_http_aicost_idle_event(ngx_event_t *ev)
{
    int                n;
    char               buf[1];
    ngx_connection_t  *c;

    c = ev->data;

    if (c->close || c->read->timedout) {
        goto close;
    }

    n = recv(c->fd, buf, 1, MSG_PEEK);

    if (n == -1 && ngx_socket_errno == NGX_EAGAIN) {
        ev->ready = 0;

        if (ngx_handle_read_event(c->read, 0) == NGX_OK) {
            return;
        }
    }

close:

    ngx_http_aicost_idle_close(c->data);
}


static void
ngx_http_aicost_idle_dummy(ngx_event_t *ev)
{
    return;
}
