
/*
 * Copyright (C) aicost
 *
 * One pipelined connection of this worker to the primary of a Redis: commands
 * of one turn of the event loop leave in one write, replies come in order.
 * hiredis is the codec, the transport is nginx's own.  What is sent, and what
 * a reply means, is the owner's.
 */


#ifndef _NGX_HTTP_AICOST_LINK_H_INCLUDED_
#define _NGX_HTTP_AICOST_LINK_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event_connect.h>

#include "aicost_store_redis.h"


#define NGX_HTTP_AICOST_LINK_HOSTS     16
#define NGX_HTTP_AICOST_LINK_QUEUE     4096     /* commands without a reply;
                                                   more are declined */
#define NGX_HTTP_AICOST_LINK_OUT       4194304  /* bytes not yet written; more
                                                   are declined */
#define NGX_HTTP_AICOST_LINK_IN        1048576  /* bytes of one reply; more are
                                                   a protocol error */
#define NGX_HTTP_AICOST_LINK_TIMEOUTS  5        /* in a row: connect anew */


typedef struct ngx_http_aicost_link_s  ngx_http_aicost_link_t;


typedef struct {
    ngx_str_t                     name;      /* host, or the path */
    in_port_t                     port;      /* 0: a unix socket */
} ngx_http_aicost_link_host_t;


typedef struct {
    ngx_uint_t                    nhosts;
    ngx_http_aicost_link_host_t   hosts[NGX_HTTP_AICOST_LINK_HOSTS];
    ngx_str_t                     user;      /* empty: none */
    ngx_str_t                     password;
    ngx_str_t                     sentinel_user;
    ngx_str_t                     sentinel_password;
    ngx_str_t                     sentinel;  /* name of the primary: the hosts
                                                are sentinels */
    ngx_uint_t                    db;
    ngx_msec_t                    timeout;   /* of a command, a connect */
    aicost_redis_domain_t        *domain;    /* its slot, of a cluster */
    ngx_str_t                     known;     /* text of /etc/hosts */
    ngx_resolver_t               *resolver;  /* NULL: no other names */
    ngx_msec_t                    resolver_timeout;
    ngx_ssl_t                    *ssl;       /* NULL: plain */
    unsigned                      verify:1;  /* chain and name */
    unsigned                      cluster:1;
} ngx_http_aicost_link_conf_t;


/* reply NULL: no answer in time, or the connection is lost; whether the
   command was executed is not known then.  Called once a command, never from
   within ngx_http_aicost_link_send().  The reply is valid during the call */

typedef void (*ngx_http_aicost_link_pt)(void *data,
    const aicost_redis_reply_t *reply);

typedef struct {
    /* the connection is authenticated, to a primary, the scripts are loaded:
       commands with `first` may be sent; ngx_http_aicost_link_open() lets the
       others in, ngx_http_aicost_link_close() drops it (with backoff) */
    void                        (*up)(void *data);

    /* it is lost or could not be made; why is a short word or sentence without
       secrets.  Said once a connection, also when none was ever up */
    void                        (*down)(void *data, const char *why);

    /* before each attempt to connect: 0 waits for another backoff period (the
       worker that probes for all is another one).  NULL: always */
    ngx_uint_t                  (*may)(void *data);

    void                         *data;
} ngx_http_aicost_link_owner_t;


/* what the server said of itself when it came up */

typedef struct {
    u_char                        run_id[41];      /* text, ends with 0 */
    u_char                        policy[32];      /* maxmemory-policy, "" not
                                                      known */
    u_char                        version[32];
    ngx_int_t                     appendonly;      /* -1 not known */
} ngx_http_aicost_link_server_t;


/* of this worker; memory from the cycle's pool.  NULL: no memory */
ngx_http_aicost_link_t *ngx_http_aicost_link_create(ngx_cycle_t *cycle,
    ngx_http_aicost_link_conf_t *conf, ngx_http_aicost_link_owner_t *owner);

/* begins to connect, and does so again whenever it is lost: after 50 ms,
   doubled up to 5 s, with jitter */
void ngx_http_aicost_link_start(ngx_http_aicost_link_t *link);

void ngx_http_aicost_link_open(ngx_http_aicost_link_t *link);
void ngx_http_aicost_link_close(ngx_http_aicost_link_t *link,
    const char *why);

/* hung up until it is started again; the owner is not told */
void ngx_http_aicost_link_end(ngx_http_aicost_link_t *link);

/* the host it is connected to, or was last */
const ngx_str_t *ngx_http_aicost_link_name(ngx_http_aicost_link_t *link);

/* the keys are elsewhere, for good: takes no more commands, waits for the
   replies of the others and connects there.  Empty host: the same one */
void ngx_http_aicost_link_move(ngx_http_aicost_link_t *link,
    const aicost_str_t *host, ngx_uint_t port);

/* the same, to where it is: what was asked is answered before */
void ngx_http_aicost_link_anew(ngx_http_aicost_link_t *link);

/* commands are taken */
ngx_uint_t ngx_http_aicost_link_ready(ngx_http_aicost_link_t *link);

/* all that was asked is too late; or nothing was heard since then
   (ngx_current_msec), and it is logging in, was not asked, or some of what was
   asked is too late */
ngx_uint_t ngx_http_aicost_link_deaf(ngx_http_aicost_link_t *link,
    ngx_msec_t since);

/* a new connection, at once */
void ngx_http_aicost_link_redial(ngx_http_aicost_link_t *link);

/* how a command is sent */

#define NGX_HTTP_AICOST_LINK_FIRST   1    /* also before others are taken */
#define NGX_HTTP_AICOST_LINK_LATER   2    /* nobody waits for it: it may wait
                                             for others to be written with */

/* NGX_OK: the handler will be called; NGX_DECLINED: not connected, NGX_BUSY: a
   queue is full: it will not */
ngx_int_t ngx_http_aicost_link_send(ngx_http_aicost_link_t *link,
    const aicost_redis_cmd_t *cmd, ngx_uint_t how,
    ngx_http_aicost_link_pt handler, void *data);

/* commands without a reply */
ngx_uint_t ngx_http_aicost_link_waiting(ngx_http_aicost_link_t *link);

/* SCRIPT LOAD of all scripts, once while it is under way: after NOSCRIPT */
void ngx_http_aicost_link_load(ngx_http_aicost_link_t *link);

const ngx_http_aicost_link_server_t *ngx_http_aicost_link_server(
    ngx_http_aicost_link_t *link);

/* the worker exits: writes what is queued and waits for its replies, at most
   that long; blocks.  Then the connection is closed, handlers of what has no
   reply are called with NULL */
void ngx_http_aicost_link_stop(ngx_http_aicost_link_t *link, ngx_msec_t wait);


#endif /* _NGX_HTTP_AICOST_LINK_H_INCLUDED_ */
