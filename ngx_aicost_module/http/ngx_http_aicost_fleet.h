
/*
 * Copyright (C) aicost
 *
 * The store of many edges: Redis over one link a worker, this edge's memory of
 * it, and the embedded store as the room of outages.
 */


#ifndef _NGX_HTTP_AICOST_FLEET_H_INCLUDED_
#define _NGX_HTTP_AICOST_FLEET_H_INCLUDED_


#include "ngx_http_aicost_link.h"
#include "aicost_edge.h"


#define NGX_HTTP_AICOST_FAILURES       5       /* in a row: the breaker opens */
#define NGX_HTTP_AICOST_REBUILD        10000   /* ms edges are waited for */
#define NGX_HTTP_AICOST_LEND           64      /* tranches a tick */
#define NGX_HTTP_AICOST_TELL           64      /* records told at once */
#define NGX_HTTP_AICOST_RESEND         256     /* settlements a tick */
#define NGX_HTTP_AICOST_LATCHES        32      /* shown, and remembered for an
                                                  outage: the first ones */


typedef struct ngx_http_aicost_main_conf_s  ngx_http_aicost_main_conf_t;
typedef struct ngx_http_aicost_fleet_s  ngx_http_aicost_fleet_t;
typedef struct ngx_http_aicost_order_s  ngx_http_aicost_order_t;

typedef void (*ngx_http_aicost_order_pt)(ngx_http_aicost_order_t *order);


typedef enum {
    NGX_HTTP_AICOST_CLOSED = 0,
    NGX_HTTP_AICOST_LOCAL,
    NGX_HTTP_AICOST_DEGRADE,
    NGX_HTTP_AICOST_OPEN
} ngx_http_aicost_on_error_e;


/* aicost_redis */

typedef struct {
    ngx_http_aicost_link_conf_t   link;
    aicost_redis_domain_t         domain;
    ngx_http_aicost_on_error_e    on_error;
    ngx_str_t                     url;         /* for logs: no secret in it */
    u_char                        place[AICOST_ID];   /* digest of server,
                                                         database, domain */
    unsigned                      tls:1;
} ngx_http_aicost_redis_t;


/* of all workers of this edge, in the zone */

typedef struct {
    void                         *edge;
    size_t                        edge_size;

    ngx_atomic_t                  down;        /* the breaker is open */
    ngx_atomic_t                  failures;    /* in a row */
    int64_t                       since;       /* ms, of the outage */
    ngx_msec_t                    went;        /* the same, ngx_current_msec */
    ngx_atomic_t                  outages;

    ngx_atomic_t                  leader;      /* pid: probes, beats, tells */
    int64_t                       led;         /* ms, its last sign of life */
    ngx_atomic_t                  teller;      /* pid: tells a store that lost
                                                  something */
    int64_t                       teller_at;
    int64_t                       refusing;    /* ms, of the last reserve it
                                                  refused; 0: it takes them */
    ngx_uint_t                    evicts;      /* the server may forget */
    ngx_int_t                     persists;    /* -1 not known */

    ngx_atomic_t                  open;        /* the domain, as last heard */
    ngx_atomic_t                  edges;
    ngx_atomic_t                  changes;     /* of state, counted */
    aicost_state_t                state;       /* as the store said it last */
    ngx_atomic_t                  ill;         /* it answers, and refuses */
    int64_t                       ill_since;   /* ms */
    ngx_uint_t                    ill_said;    /* this was logged */
    int64_t                       complained;  /* ms: a refusal was logged */
    uint32_t                      nlatches;    /* as they were last heard of */
    aicost_latch_t                latches[NGX_HTTP_AICOST_LATCHES];
    ngx_atomic_t                  refused;     /* reserves the store refused */
    ngx_atomic_t                  full;        /* commands no queue had room
                                                  for */
    int64_t                       consumers;   /* version of the published ones
                                                  that is known; 0: none */
    ngx_uint_t                    published;   /* they are in force, not the
                                                  file */
} ngx_http_aicost_fleet_shared_t;


/* what an operator orders or asks; the embedded store answers at once */

typedef enum {
    NGX_HTTP_AICOST_ORDER_KILL = 0,
    NGX_HTTP_AICOST_ORDER_RESUME,
    NGX_HTTP_AICOST_ORDER_MODE,
    NGX_HTTP_AICOST_ORDER_LATCHES
} ngx_http_aicost_order_e;


struct ngx_http_aicost_order_s {
    /* given */
    ngx_http_aicost_order_e       kind;
    aicost_latch_t                latch;       /* kill, resume */
    uint64_t                      gen;
    aicost_mode_e                 mode;
    int64_t                       share_ppm;
    ngx_http_aicost_order_pt      handler;     /* called only after NGX_AGAIN */
    void                         *data;

    /* taken */
    int                           rc;
    uint32_t                      nlatches;
    aicost_latch_t                latches[NGX_HTTP_AICOST_LATCHES];
};


/* conf */
char *ngx_http_aicost_redis(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_http_aicost_allowance(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
ngx_int_t ngx_http_aicost_check_redis(ngx_conf_t *cf,
    ngx_http_aicost_main_conf_t *amcf);

/* the zone's part; called where the zone is made or taken over.  NGX_DECLINED:
   another version of the module made it */
ngx_int_t ngx_http_aicost_fleet_zone(ngx_http_aicost_main_conf_t *amcf);

/* consumers of the fleet as they were in force when this edge ended */
void ngx_http_aicost_follow_restore(ngx_http_aicost_main_conf_t *amcf,
    ngx_log_t *log);

/* a worker begins, ends */
ngx_int_t ngx_http_aicost_fleet_start(ngx_cycle_t *cycle,
    ngx_http_aicost_main_conf_t *amcf);
void ngx_http_aicost_fleet_stop(ngx_http_aicost_main_conf_t *amcf);

/* of the metrics and the status page */

typedef struct {
    ngx_uint_t                    up;
    ngx_uint_t                    edges;
    ngx_uint_t                    outages;
    ngx_uint_t                    refused;
    ngx_uint_t                    refuses;     /* now */
    ngx_uint_t                    full;
    ngx_uint_t                    evicts;
    ngx_int_t                     persists;
    int64_t                       down_for;    /* ms */
    aicost_edge_stat_t            edge;
} ngx_http_aicost_fleet_stat_t;

/* it is there, and its domain is open */
ngx_uint_t ngx_http_aicost_fleet_serves(ngx_http_aicost_main_conf_t *amcf);

void ngx_http_aicost_fleet_stat(ngx_http_aicost_main_conf_t *amcf,
    ngx_http_aicost_fleet_stat_t *stat);
u_char *ngx_http_aicost_fleet_json(ngx_http_aicost_main_conf_t *amcf,
    u_char *p, u_char *last);

/* nobody waits for the answer any more */
void ngx_http_aicost_fleet_cancel(ngx_http_aicost_main_conf_t *amcf,
    void *data);

/* NGX_OK: order->rc says it; NGX_AGAIN: the handler will be called */
ngx_int_t ngx_http_aicost_fleet_order(ngx_http_aicost_main_conf_t *amcf,
    ngx_http_aicost_order_t *order);


#endif /* _NGX_HTTP_AICOST_FLEET_H_INCLUDED_ */
