
/*
 * Copyright (C) aicost
 *
 * From a name to a primary that knows us: resolve, connect, TLS, log in.  A
 * sentinel, or a node of a cluster, is asked for the primary first.
 */


#include "ngx_http_aicost_link_int.h"
#include "ngx_http_aicost_hosts.h"


#define NGX_HTTP_AICOST_LINK_CONNECT  1000    /* ms at least, TLS included */


#define NGX_HTTP_AICOST_LINK_AUTH     1
#define NGX_HTTP_AICOST_LINK_SELECT   2
#define NGX_HTTP_AICOST_LINK_NAME     3
#define NGX_HTTP_AICOST_LINK_ROLE     4
#define NGX_HTTP_AICOST_LINK_SERVER   5
#define NGX_HTTP_AICOST_LINK_MEMORY   6
#define NGX_HTTP_AICOST_LINK_PERSIST  7
#define NGX_HTTP_AICOST_LINK_LOAD     8
#define NGX_HTTP_AICOST_LINK_PRIMARY  9
#define NGX_HTTP_AICOST_LINK_SLOTS    10


static ngx_int_t ngx_http_aicost_link_literal(ngx_http_aicost_link_t *link);
static void ngx_http_aicost_link_resolved(ngx_resolver_ctx_t *rctx);
static void ngx_http_aicost_link_connect(ngx_http_aicost_link_t *link);
static void ngx_http_aicost_link_next(ngx_http_aicost_link_t *link,
    const char *why);
static void ngx_http_aicost_link_connecting(ngx_event_t *ev);
static void ngx_http_aicost_link_connected(ngx_http_aicost_link_t *link);
static void ngx_http_aicost_link_shake(ngx_http_aicost_link_t *link);
static void ngx_http_aicost_link_shaken(ngx_connection_t *c);
static void ngx_http_aicost_link_login(ngx_http_aicost_link_t *link);
static void ngx_http_aicost_link_ask(ngx_http_aicost_link_t *link);
static void ngx_http_aicost_link_say(ngx_http_aicost_link_t *link,
    ngx_uint_t kind, ngx_uint_t n, ngx_str_t *args);
static void ngx_http_aicost_link_go(ngx_http_aicost_link_t *link,
    const char *host, size_t len, ngx_int_t port);
static void ngx_http_aicost_link_owner_of(ngx_http_aicost_link_t *link,
    const redisReply *reply);
static void ngx_http_aicost_link_about(const redisReply *reply,
    const char *name, u_char *value, size_t size);


void
ngx_http_aicost_link_dial(ngx_http_aicost_link_t *link)
{
    ngx_resolver_ctx_t           *rctx, temp;
    ngx_http_aicost_link_host_t  *host;

    if (!link->moved) {
        host = &link->conf->hosts[link->host];
        link->name = host->name;
        link->port = host->port;
        link->asks = link->conf->cluster || link->conf->sentinel.len;
        link->host = (link->host + 1) % link->conf->nhosts;
    }

    link->moved = 0;
    link->tried = 0;
    link->heard = ngx_current_msec;
    link->state = NGX_HTTP_AICOST_LINK_RESOLVE;

    if (ngx_http_aicost_link_literal(link) == NGX_OK) {
        ngx_http_aicost_link_connect(link);
        return;
    }

    link->naddrs = ngx_http_aicost_hosts(&link->conf->known, &link->name,
                                         link->port, link->addrs, link->lens,
                                         NGX_HTTP_AICOST_LINK_ADDRS);

    if (link->naddrs) {
        ngx_http_aicost_link_connect(link);
        return;
    }

    if (link->conf->resolver == NULL) {
        ngx_http_aicost_link_close(link, "no resolver for its name");
        return;
    }

    ngx_memzero(&temp, sizeof(ngx_resolver_ctx_t));
    temp.name = link->name;

    rctx = ngx_resolve_start(link->conf->resolver, &temp);

    if (rctx == NULL || rctx == NGX_NO_RESOLVER) {
        ngx_http_aicost_link_close(link, "no resolver for its name");
        return;
    }

    rctx->name = link->name;
    rctx->handler = ngx_http_aicost_link_resolved;
    rctx->data = link;
    rctx->timeout = link->conf->resolver_timeout;
    rctx->cancelable = 1;

    link->resolving = rctx;

    if (ngx_resolve_name(rctx) != NGX_OK) {
        link->resolving = NULL;
        ngx_http_aicost_link_close(link, "its name does not resolve");
    }
}


/* a path, or an address */

static ngx_int_t
ngx_http_aicost_link_literal(ngx_http_aicost_link_t *link)
{
    ngx_addr_t           addr;
    ngx_pool_t          *pool;
    struct sockaddr_un  *un;

    link->naddrs = 0;

    if (link->port == 0) {
        un = (struct sockaddr_un *) &link->addrs[0];

        if (link->name.len >= sizeof(un->sun_path)) {
            return NGX_DECLINED;
        }

        ngx_memzero(un, sizeof(struct sockaddr_un));
        un->sun_family = AF_UNIX;
        ngx_memcpy(un->sun_path, link->name.data, link->name.len);

        link->lens[0] = sizeof(struct sockaddr_un);
        link->naddrs = 1;

        return NGX_OK;
    }

    pool = ngx_create_pool(NGX_MIN_POOL_SIZE, link->log);
    if (pool == NULL) {
        return NGX_DECLINED;
    }

    if (ngx_parse_addr(pool, &addr, link->name.data, link->name.len)
        == NGX_OK)
    {
        ngx_inet_set_port(addr.sockaddr, link->port);
        ngx_memcpy(&link->addrs[0], addr.sockaddr, addr.socklen);
        link->lens[0] = addr.socklen;
        link->naddrs = 1;
    }

    ngx_destroy_pool(pool);

    return link->naddrs ? NGX_OK : NGX_DECLINED;
}


static void
ngx_http_aicost_link_resolved(ngx_resolver_ctx_t *rctx)
{
    ngx_uint_t               i;
    ngx_http_aicost_link_t  *link;

    link = rctx->data;
    link->resolving = NULL;

    if (rctx->state) {
        ngx_resolve_name_done(rctx);
        ngx_http_aicost_link_close(link, "its name does not resolve");
        return;
    }

    link->naddrs = ngx_min(rctx->naddrs, NGX_HTTP_AICOST_LINK_ADDRS);

    for (i = 0; i < link->naddrs; i++) {
        ngx_memcpy(&link->addrs[i], rctx->addrs[i].sockaddr,
                   rctx->addrs[i].socklen);
        ngx_inet_set_port((struct sockaddr *) &link->addrs[i], link->port);
        link->lens[i] = rctx->addrs[i].socklen;
    }

    ngx_resolve_name_done(rctx);

    ngx_http_aicost_link_connect(link);
}


static void
ngx_http_aicost_link_connect(ngx_http_aicost_link_t *link)
{
    ngx_int_t               rc;
    ngx_uint_t              i;
    ngx_connection_t       *c;
    ngx_peer_connection_t  *pc;

    static ngx_log_t        quiet;

    i = link->addr % link->naddrs;

    /* each attempt would be a line, an outage is one */

    quiet = *link->log;
    quiet.log_level = NGX_LOG_ALERT;

    pc = &link->peer;
    ngx_memzero(pc, sizeof(ngx_peer_connection_t));

    pc->sockaddr = (struct sockaddr *) &link->addrs[i];
    pc->socklen = link->lens[i];
    pc->name = &link->name;
    pc->get = ngx_event_get_peer;
    pc->log = &quiet;
    pc->log_error = NGX_ERROR_INFO;

    link->state = NGX_HTTP_AICOST_LINK_DIAL;

    rc = ngx_event_connect_peer(pc);

    if (rc == NGX_ERROR || rc == NGX_BUSY || rc == NGX_DECLINED) {
        ngx_http_aicost_link_next(link, ngx_socket_errno == NGX_EACCES
                                        ? "no permission for its socket"
                                        : ngx_socket_errno == NGX_ENOENT
                                        ? "no such socket"
                                        : "connection refused");
        return;
    }

    c = pc->connection;
    c->data = link;
    c->log = link->log;
    c->read->log = link->log;
    c->write->log = link->log;
    c->read->handler = ngx_http_aicost_link_connecting;
    c->write->handler = ngx_http_aicost_link_connecting;
    c->write->cancelable = 1;

    ngx_add_timer(c->write, ngx_max(link->conf->timeout,
                                    NGX_HTTP_AICOST_LINK_CONNECT));

    if (rc == NGX_OK) {
        ngx_http_aicost_link_connected(link);
    }
}


/* nobody there: the name's other addresses come at once, then the backoff */

static void
ngx_http_aicost_link_next(ngx_http_aicost_link_t *link, const char *why)
{
    if (++link->tried >= link->naddrs) {
        ngx_http_aicost_link_close(link, why);
        return;
    }

    link->addr++;

    ngx_http_aicost_link_hang_up(link);
    ngx_http_aicost_link_connect(link);
}


static void
ngx_http_aicost_link_connecting(ngx_event_t *ev)
{
    int                      err;
    socklen_t                len;
    ngx_connection_t        *c;
    ngx_http_aicost_link_t  *link;

    c = ev->data;
    link = c->data;

    if (ev->timedout) {
        ngx_http_aicost_link_next(link, "connect timed out");
        return;
    }

    err = 0;
    len = sizeof(int);

    if (getsockopt(c->fd, SOL_SOCKET, SO_ERROR, (void *) &err, &len) == -1) {
        err = ngx_socket_errno;
    }

    if (err) {
        ngx_http_aicost_link_next(link, err == NGX_ECONNREFUSED
                                        ? "connection refused"
                                        : "connect failed");
        return;
    }

    ngx_http_aicost_link_connected(link);
}


static void
ngx_http_aicost_link_connected(ngx_http_aicost_link_t *link)
{
    if (link->conf->ssl) {
        ngx_http_aicost_link_shake(link);
        return;
    }

    ngx_http_aicost_link_login(link);
}


/* --- TLS ----------------------------------------------------------------- */

static void
ngx_http_aicost_link_shake(ngx_http_aicost_link_t *link)
{
    u_char              name[256];
    ngx_int_t           rc;
    ngx_connection_t   *c;
    X509_VERIFY_PARAM  *param;

    c = link->peer.connection;

    c->pool = ngx_create_pool(512, link->log);

    if (c->pool == NULL
        || ngx_ssl_create_connection(link->conf->ssl, c,
                                     NGX_SSL_BUFFER|NGX_SSL_CLIENT) != NGX_OK)
    {
        ngx_http_aicost_link_close(link, "no memory for TLS");
        return;
    }

    /* an address is not asked for by name, and stands elsewhere in it */

    param = SSL_get0_param(c->ssl->connection);
    ngx_cpystrn(name, link->name.data,
                ngx_min(link->name.len + 1, sizeof(name)));

    if (X509_VERIFY_PARAM_set1_ip_asc(param, (char *) name) != 1) {
        (void) SSL_set_tlsext_host_name(c->ssl->connection, (char *) name);

        if (X509_VERIFY_PARAM_set1_host(param, (char *) link->name.data,
                                        link->name.len) != 1)
        {
            ngx_http_aicost_link_close(link, "no memory for TLS");
            return;
        }
    }

    rc = ngx_ssl_handshake(c);

    if (rc == NGX_AGAIN) {
        c->ssl->handler = ngx_http_aicost_link_shaken;
        return;
    }

    ngx_http_aicost_link_shaken(c);
}


static void
ngx_http_aicost_link_shaken(ngx_connection_t *c)
{
    long                     rc;
    ngx_http_aicost_link_t  *link;

    link = c->data;

    if (!c->ssl->handshaked) {
        ngx_http_aicost_link_close(link, "TLS handshake failed");
        return;
    }

    if (link->conf->verify) {
        rc = SSL_get_verify_result(c->ssl->connection);

        if (rc != X509_V_OK) {
            ngx_http_aicost_link_close(link, X509_verify_cert_error_string(rc));
            return;
        }
    }

    ngx_http_aicost_link_login(link);
}


void
ngx_http_aicost_link_hang_up(ngx_http_aicost_link_t *link)
{
    ngx_pool_t        *pool;
    ngx_connection_t  *c;

    if (link->resolving) {
        ngx_resolve_name_done(link->resolving);
        link->resolving = NULL;
    }

    c = link->peer.connection;

    if (c == NULL) {
        return;
    }

    pool = c->pool;

    if (c->ssl) {
        c->ssl->no_wait_shutdown = 1;
        c->ssl->no_send_shutdown = 1;
        (void) ngx_ssl_shutdown(c);
    }

    ngx_close_connection(c);
    link->peer.connection = NULL;

    if (pool) {
        ngx_destroy_pool(pool);
    }
}


/* --- login --------------------------------------------------------------- */

static void
ngx_http_aicost_link_login(ngx_http_aicost_link_t *link)
{
    ngx_str_t          args[3], *user, *password;
    ngx_connection_t  *c;

    c = link->peer.connection;

    if (c->write->timer_set) {
        ngx_del_timer(c->write);
    }

    c->write->cancelable = 0;

    link->reader = ngx_http_aicost_link_reader(link);

    if (link->reader == NULL) {
        ngx_http_aicost_link_close(link, "no memory");
        return;
    }

    link->state = NGX_HTTP_AICOST_LINK_LOGIN;
    link->logins = 0;

    user = &link->conf->user;
    password = &link->conf->password;

    if (link->asks && link->conf->sentinel.len) {
        user = &link->conf->sentinel_user;
        password = &link->conf->sentinel_password;
    }

    /* nothing before the answer to it: a server that does not know us yet
       closes at a long command */

    if (password->len) {
        ngx_str_set(&args[0], "AUTH");
        args[1] = *user;
        args[2] = *password;

        if (user->len) {
            ngx_http_aicost_link_say(link, NGX_HTTP_AICOST_LINK_AUTH, 3, args);

        } else {
            args[1] = *password;
            ngx_http_aicost_link_say(link, NGX_HTTP_AICOST_LINK_AUTH, 2, args);
        }

    } else {
        ngx_http_aicost_link_ask(link);
    }

    if (link->state == NGX_HTTP_AICOST_LINK_LOGIN) {
        ngx_http_aicost_link_work(link);
    }
}


/* who is the primary; or, at the primary, all there is to know */

static void
ngx_http_aicost_link_ask(ngx_http_aicost_link_t *link)
{
    u_char                     number[NGX_INT_T_LEN];
    ngx_str_t                  args[3];
    ngx_uint_t                 i;

    static u_char              text[AICOST_REDIS_TEXT];
    static aicost_redis_cmd_t  cmd;

    if (link->asks && link->conf->sentinel.len) {
        ngx_str_set(&args[0], "SENTINEL");
        ngx_str_set(&args[1], "GET-MASTER-ADDR-BY-NAME");
        args[2] = link->conf->sentinel;
        ngx_http_aicost_link_say(link, NGX_HTTP_AICOST_LINK_PRIMARY, 3, args);
        return;
    }

    if (link->asks) {
        ngx_str_set(&args[0], "CLUSTER");
        ngx_str_set(&args[1], "SLOTS");
        ngx_http_aicost_link_say(link, NGX_HTTP_AICOST_LINK_SLOTS, 2, args);
        return;
    }

    if (link->conf->db) {
        ngx_str_set(&args[0], "SELECT");
        args[1].data = number;
        args[1].len = ngx_sprintf(number, "%ui", link->conf->db) - number;
        ngx_http_aicost_link_say(link, NGX_HTTP_AICOST_LINK_SELECT, 2, args);
    }

    ngx_str_set(&args[0], "CLIENT");
    ngx_str_set(&args[1], "SETNAME");
    ngx_str_set(&args[2], "aicost");
    ngx_http_aicost_link_say(link, NGX_HTTP_AICOST_LINK_NAME, 3, args);

    ngx_str_set(&args[0], "ROLE");
    ngx_http_aicost_link_say(link, NGX_HTTP_AICOST_LINK_ROLE, 1, args);

    ngx_str_set(&args[0], "INFO");
    ngx_str_set(&args[1], "server");
    ngx_http_aicost_link_say(link, NGX_HTTP_AICOST_LINK_SERVER, 2, args);
    ngx_str_set(&args[1], "memory");
    ngx_http_aicost_link_say(link, NGX_HTTP_AICOST_LINK_MEMORY, 2, args);
    ngx_str_set(&args[1], "persistence");
    ngx_http_aicost_link_say(link, NGX_HTTP_AICOST_LINK_PERSIST, 2, args);

    for (i = 0; i < AICOST_REDIS_SCRIPTS; i++) {
        if (aicost_redis_load(&cmd, i, text) != AICOST_OK
            || ngx_http_aicost_link_put(link, &cmd, NULL, NULL,
                                        NGX_HTTP_AICOST_LINK_LOAD)
               != NGX_OK)
        {
            ngx_http_aicost_link_close(link, "no memory for the scripts");
            return;
        }

        link->logins++;
    }
}


static void
ngx_http_aicost_link_say(ngx_http_aicost_link_t *link, ngx_uint_t kind,
    ngx_uint_t n, ngx_str_t *args)
{
    static aicost_redis_cmd_t  cmd;

    if (aicost_redis_plain(&cmd, (aicost_str_t *) args, (uint32_t) n)
        == AICOST_OK
        && ngx_http_aicost_link_put(link, &cmd, NULL, NULL, kind) == NGX_OK)
    {
        link->logins++;
    }
}


void
ngx_http_aicost_link_logged(ngx_http_aicost_link_t *link,
    ngx_http_aicost_link_op_t *op, const redisReply *reply)
{
    u_char                value[8];
    aicost_redis_error_e  error;

    link->logins--;

    if (reply->type == REDIS_REPLY_ERROR
        && op->kind != NGX_HTTP_AICOST_LINK_NAME
        && op->kind != NGX_HTTP_AICOST_LINK_MEMORY
        && op->kind != NGX_HTTP_AICOST_LINK_PERSIST)
    {
        error = aicost_redis_error((const unsigned char *) reply->str,
                                   reply->len);
        ngx_http_aicost_link_close(link, aicost_redis_word(error));
        return;
    }

    switch (op->kind) {

    case NGX_HTTP_AICOST_LINK_AUTH:
        ngx_http_aicost_link_ask(link);
        return;

    case NGX_HTTP_AICOST_LINK_PRIMARY:
        if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 2
            || reply->element[0]->type != REDIS_REPLY_STRING
            || reply->element[1]->type != REDIS_REPLY_STRING)
        {
            ngx_http_aicost_link_close(link, "the sentinel knows no such "
                                             "primary");
            return;
        }

        ngx_http_aicost_link_go(link, reply->element[0]->str,
                                reply->element[0]->len,
                                ngx_atoi((u_char *) reply->element[1]->str,
                                         reply->element[1]->len));
        return;

    case NGX_HTTP_AICOST_LINK_SLOTS:
        ngx_http_aicost_link_owner_of(link, reply);
        return;

    case NGX_HTTP_AICOST_LINK_ROLE:
        if (reply->type != REDIS_REPLY_ARRAY || reply->elements == 0
            || reply->element[0]->type != REDIS_REPLY_STRING
            || ngx_strcmp(reply->element[0]->str, "master") != 0)
        {
            ngx_http_aicost_link_close(link, "it is no primary");
            return;
        }

        break;

    case NGX_HTTP_AICOST_LINK_SERVER:
        ngx_http_aicost_link_about(reply, "run_id:", link->server.run_id,
                                   sizeof(link->server.run_id));
        ngx_http_aicost_link_about(reply, "redis_version:",
                                   link->server.version,
                                   sizeof(link->server.version));
        break;

    case NGX_HTTP_AICOST_LINK_MEMORY:
        ngx_http_aicost_link_about(reply, "maxmemory_policy:",
                                   link->server.policy,
                                   sizeof(link->server.policy));
        break;

    case NGX_HTTP_AICOST_LINK_PERSIST:
        ngx_http_aicost_link_about(reply, "aof_enabled:", value,
                                   sizeof(value));
        link->server.appendonly = value[0] ? value[0] == '1' : -1;
        break;

    default:
        break;
    }

    if (link->logins == 0 && link->state == NGX_HTTP_AICOST_LINK_LOGIN) {
        link->state = NGX_HTTP_AICOST_LINK_UP;
        link->owner.up(link->owner.data);
    }
}


/* a line "name:value" of INFO; empty when it is not there */

static void
ngx_http_aicost_link_about(const redisReply *reply, const char *name,
    u_char *value, size_t size)
{
    size_t   len;
    u_char  *p, *end;

    value[0] = '\0';

    if (reply->type != REDIS_REPLY_STRING) {
        return;
    }

    p = ngx_strnstr((u_char *) reply->str, (char *) name, reply->len);

    if (p == NULL) {
        return;
    }

    p += ngx_strlen(name);
    end = (u_char *) reply->str + reply->len;

    for (len = 0; p + len < end && p[len] > ' ' && len < size - 1; len++) {
        value[len] = p[len];
    }

    value[len] = '\0';
}


/* --- who is the primary -------------------------------------------------- */

static void
ngx_http_aicost_link_go(ngx_http_aicost_link_t *link, const char *host,
    size_t len, ngx_int_t port)
{
    if (len == 0 || len >= sizeof(link->target) || port < 1 || port > 65535) {
        ngx_http_aicost_link_close(link, "no primary was named");
        return;
    }

    ngx_http_aicost_link_aim(link, host, len, port);

    /* this connection has done its work: the next turn dials the primary */

    ngx_http_aicost_link_again(link);
}


/* where the next connection goes */

void
ngx_http_aicost_link_aim(ngx_http_aicost_link_t *link, const char *host,
    size_t len, ngx_uint_t port)
{
    ngx_memmove(link->target, host, len);

    link->name.data = link->target;
    link->name.len = len;
    link->port = (in_port_t) port;
    link->asks = 0;
    link->moved = 1;
}


void
ngx_http_aicost_link_anew(ngx_http_aicost_link_t *link)
{
    if (link->state < NGX_HTTP_AICOST_LINK_UP || link->leaves) {
        return;
    }

    if (link->name.len >= sizeof(link->target)) {
        ngx_http_aicost_link_close(link, "its name is too long");
        return;
    }

    ngx_http_aicost_link_aim(link, (char *) link->name.data, link->name.len,
                             link->port);
    link->leaves = 1;
}


/* [from, to, [host, port, ...], ...] ... */

static void
ngx_http_aicost_link_owner_of(ngx_http_aicost_link_t *link,
    const redisReply *reply)
{
    size_t             i;
    uint32_t           slot;
    const redisReply  *r, *node;

    slot = aicost_redis_slot(link->conf->domain);

    for (i = 0; reply->type == REDIS_REPLY_ARRAY && i < reply->elements; i++) {
        r = reply->element[i];

        if (r->type != REDIS_REPLY_ARRAY || r->elements < 3
            || r->element[0]->type != REDIS_REPLY_INTEGER
            || r->element[1]->type != REDIS_REPLY_INTEGER
            || r->element[2]->type != REDIS_REPLY_ARRAY
            || r->element[0]->integer > slot || r->element[1]->integer < slot)
        {
            continue;
        }

        node = r->element[2];

        if (node->elements < 2 || node->element[1]->type != REDIS_REPLY_INTEGER)
        {
            continue;
        }

        if (node->element[0]->type != REDIS_REPLY_STRING
            || node->element[0]->len == 0)
        {
            /* the address we came by */
            ngx_http_aicost_link_go(link, (char *) link->name.data,
                                    link->name.len, node->element[1]->integer);
            return;
        }

        ngx_http_aicost_link_go(link, node->element[0]->str,
                                node->element[0]->len,
                                node->element[1]->integer);
        return;
    }

    ngx_http_aicost_link_close(link, "no node owns the slot");
}
