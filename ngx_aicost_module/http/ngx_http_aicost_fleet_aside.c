
/*
 * Copyright (C) aicost
 *
 * A slot of a cluster moves, and its old node says ASK: none of the keys that
 * the command names is there any more, so what is not at the new node is
 * nowhere.  The new node refuses a command of several keys when one of them is
 * missing, so it is named one alone, over a link of its own that lives while
 * the slot moves.
 */


#include "ngx_http_aicost_fleet_int.h"


struct ngx_http_aicost_aside_s {
    ngx_http_aicost_link_t       *link;
    ngx_http_aicost_link_conf_t   conf;
    u_char                        host[256];
    unsigned                      began:1;
};


static void ngx_http_aicost_aside_up(void *data);
static void ngx_http_aicost_aside_lost(void *data, const char *why);
static ngx_uint_t ngx_http_aicost_aside_to(ngx_http_aicost_fleet_t *f,
    const aicost_redis_redirect_t *to);


/* only a cluster asks */

ngx_int_t
ngx_http_aicost_aside_start(ngx_cycle_t *cycle, ngx_http_aicost_fleet_t *f)
{
    ngx_http_aicost_aside_t       *a;
    ngx_http_aicost_link_owner_t   owner;

    if (!f->redis->link.cluster) {
        return NGX_OK;
    }

    a = ngx_pcalloc(cycle->pool, sizeof(ngx_http_aicost_aside_t));
    if (a == NULL) {
        return NGX_ERROR;
    }

    a->conf = f->redis->link;
    a->conf.cluster = 0;
    a->conf.nhosts = 1;

    owner.up = ngx_http_aicost_aside_up;
    owner.down = ngx_http_aicost_aside_lost;
    owner.may = NULL;
    owner.data = a;

    a->link = ngx_http_aicost_link_create(cycle, &a->conf, &owner);
    if (a->link == NULL) {
        return NGX_ERROR;
    }

    f->aside = a;

    return NGX_OK;
}


static void
ngx_http_aicost_aside_up(void *data)
{
    ngx_http_aicost_aside_t  *a = data;

    ngx_http_aicost_link_open(a->link);
}


/* whoever is told ASK next waits for its next attempt */

static void
ngx_http_aicost_aside_lost(void *data, const char *why)
{
    return;
}


/* the slot is where it belongs, or the worker exits */

void
ngx_http_aicost_aside_end(ngx_http_aicost_fleet_t *f)
{
    ngx_http_aicost_aside_t  *a;

    a = f->aside;

    if (a && a->began && ngx_http_aicost_link_waiting(a->link) == 0) {
        a->began = 0;
        ngx_http_aicost_link_end(a->link);
    }
}


void
ngx_http_aicost_aside_stop(ngx_http_aicost_fleet_t *f)
{
    if (f->aside) {
        ngx_http_aicost_link_stop(f->aside->link, 0);
    }
}


/* 1: the link to that node takes commands */

static ngx_uint_t
ngx_http_aicost_aside_to(ngx_http_aicost_fleet_t *f,
    const aicost_redis_redirect_t *to)
{
    ngx_str_t                     name;
    ngx_http_aicost_aside_t      *a;
    ngx_http_aicost_link_host_t  *host;

    a = f->aside;
    host = &a->conf.hosts[0];

    name.data = (u_char *) to->host.data;
    name.len = to->host.len;

    if (name.len == 0) {
        name = *ngx_http_aicost_link_name(f->link);
    }

    if (name.len >= sizeof(a->host) || to->port < 1 || to->port > 65535) {
        return 0;
    }

    if (a->began && (host->port != to->port || host->name.len != name.len
                     || ngx_memcmp(a->host, name.data, name.len) != 0))
    {
        a->began = 0;
        ngx_http_aicost_link_end(a->link);
    }

    if (!a->began) {
        ngx_memcpy(a->host, name.data, name.len);

        host->name.data = a->host;
        host->name.len = name.len;
        host->port = (in_port_t) to->port;

        a->began = 1;
        ngx_http_aicost_link_start(a->link);
    }

    return ngx_http_aicost_link_ready(a->link);
}


ngx_int_t
ngx_http_aicost_aside(ngx_http_aicost_fleet_op_t *op,
    const aicost_redis_redirect_t *to, aicost_redis_cmd_t *cmd)
{
    ngx_http_aicost_fleet_t    *f;

    static aicost_redis_cmd_t   asking;
    static const aicost_str_t   word = aicost_string("ASKING");

    f = op->fleet;

    if (f->aside == NULL || !ngx_http_aicost_aside_to(f, to)) {
        return NGX_DECLINED;
    }

    (void) aicost_redis_plain(&asking, &word, 1);

    aicost_redis_one_key(cmd, &f->domain);

    if (ngx_http_aicost_link_send(f->aside->link, &asking, 0, NULL, NULL)
        != NGX_OK
        || ngx_http_aicost_link_send(f->aside->link, cmd, 0,
                                     ngx_http_aicost_fleet_reply, op)
           != NGX_OK)
    {
        return NGX_DECLINED;
    }

    op->aside = 1;

    return NGX_OK;
}


/* what the new node says of itself is not the store's: the old one is asked
   again */

ngx_uint_t
ngx_http_aicost_aside_heard(ngx_http_aicost_fleet_t *f,
    const aicost_redis_seen_t *seen)
{
    switch (seen->error) {

    case AICOST_REDIS_NOSCRIPT:
        ngx_http_aicost_link_load(f->aside->link);
        return NGX_HTTP_AICOST_ELSEWHERE;

    case AICOST_REDIS_MOVED:
    case AICOST_REDIS_EPOCH:
    case AICOST_REDIS_REBUILDING:
    case AICOST_REDIS_READONLY:
    case AICOST_REDIS_MASTERDOWN:
    case AICOST_REDIS_NOAUTH:
    case AICOST_REDIS_WRONGPASS:
    case AICOST_REDIS_LAYOUT:
    case AICOST_REDIS_PROTOCOL:
        return NGX_HTTP_AICOST_ELSEWHERE;

    default:
        return ngx_http_aicost_fleet_heard(f, seen);
    }
}
