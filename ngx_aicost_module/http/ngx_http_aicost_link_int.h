
/*
 * Copyright (C) aicost
 *
 * What the files of the link share.
 */


#ifndef _NGX_HTTP_AICOST_LINK_INT_H_INCLUDED_
#define _NGX_HTTP_AICOST_LINK_INT_H_INCLUDED_


#include "ngx_http_aicost_link.h"

#include <hiredis/hiredis.h>


#define NGX_HTTP_AICOST_LINK_ADDRS    8


typedef enum {
    NGX_HTTP_AICOST_LINK_IDLE = 0,   /* waits for the next attempt */
    NGX_HTTP_AICOST_LINK_RESOLVE,
    NGX_HTTP_AICOST_LINK_DIAL,
    NGX_HTTP_AICOST_LINK_LOGIN,      /* handshake of Redis */
    NGX_HTTP_AICOST_LINK_UP,         /* the owner's first commands */
    NGX_HTTP_AICOST_LINK_OPEN
} ngx_http_aicost_link_state_e;


typedef struct ngx_http_aicost_link_op_s  ngx_http_aicost_link_op_t;
typedef struct ngx_http_aicost_link_block_s  ngx_http_aicost_link_block_t;

/* a command without a reply; the handler NULL: its caller was answered */

struct ngx_http_aicost_link_op_s {
    ngx_queue_t                       queue;
    ngx_http_aicost_link_pt           handler;
    void                             *data;
    ngx_msec_t                        sent;
    unsigned                          kind:4;    /* of a login */
};


typedef struct {
    u_char                           *data;
    size_t                            size;
    size_t                            len;
} ngx_http_aicost_link_out_t;


struct ngx_http_aicost_link_s {
    ngx_http_aicost_link_conf_t      *conf;
    ngx_http_aicost_link_owner_t      owner;
    ngx_http_aicost_link_state_e      state;
    ngx_http_aicost_link_server_t     server;
    ngx_log_t                        *log;

    ngx_peer_connection_t             peer;
    redisReader                      *reader;
    ngx_http_aicost_link_block_t     *blocks;    /* of one reply's objects */
    size_t                            in;        /* bytes of an unfinished
                                                    reply */

    ngx_http_aicost_link_out_t        out;
    ngx_http_aicost_link_out_t        later;     /* goes behind it */
    size_t                            out_sent;

    ngx_queue_t                       ops;       /* first ones first */
    ngx_queue_t                       later_ops;
    ngx_uint_t                        waiting;   /* of both */
    ngx_queue_t                       free;
    ngx_uint_t                        nfree;
    ngx_uint_t                        silent;    /* timeouts in a row */
    ngx_msec_t                        heard;     /* the last reply, or dialed */
    ngx_uint_t                        loading;   /* scripts on their way */
    ngx_uint_t                        logins;    /* replies of the login that
                                                    are still due */

    ngx_event_t                       retry;
    ngx_event_t                       late;      /* of the first op */
    ngx_event_t                       flush;     /* once a turn of the loop */
    ngx_event_t                       linger;

    ngx_msec_t                        wait;      /* next backoff */
    ngx_msec_t                        opened;

    ngx_uint_t                        host;      /* the next of conf->hosts */
    ngx_str_t                         name;      /* its name, for TLS */
    in_port_t                         port;
    ngx_uint_t                        naddrs;
    ngx_uint_t                        addr;      /* in use, or the next */
    ngx_uint_t                        tried;     /* of naddrs */
    struct sockaddr_storage           addrs[NGX_HTTP_AICOST_LINK_ADDRS];
    socklen_t                         lens[NGX_HTTP_AICOST_LINK_ADDRS];
    ngx_resolver_ctx_t               *resolving;
    u_char                            target[256];   /* host of a topology */

    unsigned                          asks:1;    /* a sentinel, or a node for
                                                    the owner of the slot */
    unsigned                          moved:1;   /* name and port are told */
    unsigned                          leaves:1;  /* once all is answered */
    unsigned                          busy:1;    /* in the reply loop */
    unsigned                          lingers:1; /* what is put now */
};


/* up: connects and logs in; ends in _UP or in ngx_http_aicost_link_close() */
void ngx_http_aicost_link_dial(ngx_http_aicost_link_t *link);
void ngx_http_aicost_link_hang_up(ngx_http_aicost_link_t *link);
void ngx_http_aicost_link_logged(ngx_http_aicost_link_t *link,
    ngx_http_aicost_link_op_t *op, const redisReply *reply);

/* the primary is known: this connection ends, the next one is to it */
void ngx_http_aicost_link_again(ngx_http_aicost_link_t *link);
void ngx_http_aicost_link_aim(ngx_http_aicost_link_t *link, const char *host,
    size_t len, ngx_uint_t port);

/* codec: replies stand in the link's blocks until emptied */
redisReader *ngx_http_aicost_link_reader(ngx_http_aicost_link_t *link);
void ngx_http_aicost_link_emptied(ngx_http_aicost_link_t *link);

/* out */
void ngx_http_aicost_link_join(ngx_http_aicost_link_t *link);
void ngx_http_aicost_link_linger(ngx_event_t *ev);
void ngx_http_aicost_link_flush(ngx_event_t *ev);
void ngx_http_aicost_link_write(ngx_event_t *ev);
void ngx_http_aicost_link_op_free(ngx_http_aicost_link_t *link,
    ngx_http_aicost_link_op_t *op);

/* transport */
void ngx_http_aicost_link_time(ngx_http_aicost_link_t *link);
ngx_int_t ngx_http_aicost_link_put(ngx_http_aicost_link_t *link,
    const aicost_redis_cmd_t *cmd, ngx_http_aicost_link_pt handler,
    void *data, ngx_uint_t kind);
void ngx_http_aicost_link_work(ngx_http_aicost_link_t *link);


#endif /* _NGX_HTTP_AICOST_LINK_INT_H_INCLUDED_ */
