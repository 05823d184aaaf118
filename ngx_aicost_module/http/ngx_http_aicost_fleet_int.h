
/*
 * Copyright (C) aicost
 *
 * What the files of the fleet's store share.
 */


#ifndef _NGX_HTTP_AICOST_FLEET_INT_H_INCLUDED_
#define _NGX_HTTP_AICOST_FLEET_INT_H_INCLUDED_


#include "ngx_http_aicost_module.h"


/* what a reply asks for, beside its answer */

#define NGX_HTTP_AICOST_FINE        0
#define NGX_HTTP_AICOST_LOAD        1       /* send again */
#define NGX_HTTP_AICOST_ANEW        2       /* the link was closed */
#define NGX_HTTP_AICOST_REFUSED     3       /* the store works, not for this */
#define NGX_HTTP_AICOST_ELSEWHERE   4       /* the slot moves: send again soon,
                                               or when the link is there */


typedef struct ngx_http_aicost_fleet_op_s  ngx_http_aicost_fleet_op_t;
typedef struct ngx_http_aicost_follow_s  ngx_http_aicost_follow_t;
typedef struct ngx_http_aicost_aside_s  ngx_http_aicost_aside_t;

typedef void (*ngx_http_aicost_fleet_pt)(ngx_http_aicost_fleet_op_t *op,
    const aicost_redis_reply_t *reply);


/* a command under way; the handler gets each one once */

struct ngx_http_aicost_fleet_op_s {
    ngx_queue_t                      queue;
    ngx_http_aicost_fleet_t         *fleet;
    ngx_http_aicost_fleet_pt         handler;
    aicost_store_done_pt             done;      /* NULL: nobody waits */
    void                            *data;
    const aicost_reserve_t          *q;
    aicost_granted_t                *granted;
    uint64_t                        *spent;
    u_char                           rid[AICOST_ID];
    ngx_msec_t                       since;
    ngx_uint_t                       n;
    unsigned                         again:1;   /* sent a second time */
    unsigned                         first:1;   /* of what a store is told */
    unsigned                         order:1;
    unsigned                         arrival:1;
    unsigned                         aside:1;   /* sent to the node that imports
                                                   the slot */
};


struct ngx_http_aicost_fleet_s {
    ngx_http_aicost_main_conf_t     *amcf;
    ngx_http_aicost_redis_t         *redis;
    ngx_http_aicost_fleet_shared_t  *shared;
    ngx_http_aicost_link_t          *link;
    ngx_log_t                       *log;
    aicost_edge_t                    edge;
    aicost_shm_region_t              region;
    u_char                           id[AICOST_ID];   /* of the edge */
    aicost_redis_domain_t            domain;    /* with the epoch that is known
                                                   to this worker */

    ngx_queue_t                      ops;       /* sent */
    ngx_queue_t                      pending;   /* reserves that wait for the
                                                   link */
    ngx_queue_t                      free;
    ngx_uint_t                       nfree;
    ngx_event_t                      late;      /* of the pending ones */
    ngx_msec_t                       stuck;     /* a slot that moved did not
                                                   arrive in time; 0: none */
    ngx_event_t                      tick;

    ngx_uint_t                       losses;    /* links in a row that did not
                                                   open */
    int64_t                          full;      /* ms, since the queue is; 0:
                                                   it has room */
    int64_t                          full_said; /* ms */

    /* the leader's */
    uint32_t                         said;      /* cursors */
    uint32_t                         lending;
    uint32_t                         renewing;
    int64_t                          renewed;   /* ms */
    ngx_uint_t                       telling;   /* commands without a reply */
    uint32_t                         told;      /* cursor */
    ngx_uint_t                       stage;     /* of what is told */
    ngx_uint_t                       beats;
    ngx_msec_t                       asked;     /* whether it is open */
    ngx_http_aicost_follow_t        *follow;
    ngx_http_aicost_aside_t         *aside;     /* NULL: no cluster */
    unsigned                         beating:1;
    unsigned                         waiting:1; /* the domain is not open */
    unsigned                         arriving:1;   /* its slot moves */
    unsigned                         tells:1;   /* what this edge knows */
    unsigned                         warned:1;
    unsigned                         leads:1;
    unsigned                         rebuild:1; /* all is told anew */
    unsigned                         failed:1;  /* some of it was not taken */
};


/* fleet: commands */
ngx_http_aicost_fleet_op_t *ngx_http_aicost_fleet_op(
    ngx_http_aicost_fleet_t *f, ngx_http_aicost_fleet_pt handler);
void ngx_http_aicost_fleet_free(ngx_http_aicost_fleet_op_t *op);

/* the link's handler of every op */
void ngx_http_aicost_fleet_reply(void *data,
    const aicost_redis_reply_t *reply);

/* how: as of ngx_http_aicost_link_send().  NGX_OK; otherwise the op is still
   the caller's */
ngx_int_t ngx_http_aicost_fleet_put(ngx_http_aicost_fleet_op_t *op,
    const aicost_redis_cmd_t *cmd, ngx_uint_t how);

/* NGX_OK, or NGX_DECLINED and the op is freed */
ngx_int_t ngx_http_aicost_fleet_send(ngx_http_aicost_fleet_op_t *op,
    const aicost_redis_cmd_t *cmd, ngx_uint_t how);

/* what every reply says: state, health; returns what is to be done */
ngx_uint_t ngx_http_aicost_fleet_heard(ngx_http_aicost_fleet_t *f,
    const aicost_redis_seen_t *seen);
void ngx_http_aicost_fleet_state(ngx_http_aicost_fleet_t *f,
    const aicost_state_t *state);
ngx_uint_t ngx_http_aicost_fleet_ready(ngx_http_aicost_fleet_t *f);
void ngx_http_aicost_fleet_silent(ngx_http_aicost_fleet_t *f);
void ngx_http_aicost_fleet_down(ngx_http_aicost_fleet_t *f, const char *why);
void ngx_http_aicost_fleet_up(ngx_http_aicost_fleet_t *f);

void ngx_http_aicost_fleet_refused(ngx_http_aicost_fleet_t *f,
    aicost_redis_error_e error);

/* a reserve was taken: a store that refused them heals */
void ngx_http_aicost_fleet_taken(ngx_http_aicost_fleet_t *f);

void ngx_http_aicost_fleet_warn(ngx_http_aicost_fleet_t *f);
void ngx_http_aicost_fleet_resume(ngx_http_aicost_fleet_t *f);
ngx_int_t ngx_http_aicost_fleet_settle_now(ngx_http_aicost_fleet_t *f,
    const aicost_settled_t *q, ngx_uint_t first);
ngx_int_t ngx_http_aicost_fleet_resend(ngx_http_aicost_fleet_t *f,
    const aicost_settled_t *q, ngx_uint_t first);

/* outage: the policy */
int ngx_http_aicost_outage(ngx_http_aicost_fleet_t *f,
    const aicost_reserve_t *q, aicost_granted_t *out);
void ngx_http_aicost_outage_settle(ngx_http_aicost_fleet_t *f,
    const aicost_settled_t *q);

#define NGX_HTTP_AICOST_HEAR        20      /* ms, for the other workers */


/* life: arrive, tell */
void ngx_http_aicost_life_arrive(void *data);
void ngx_http_aicost_life_told(ngx_http_aicost_fleet_t *f, ngx_uint_t taken);

/* the handler of arrive, tell and beat */
void ngx_http_aicost_life_lived(ngx_http_aicost_fleet_op_t *op,
    const aicost_redis_reply_t *reply);

/* 1: this worker has it; one that died or stands still loses it */
ngx_uint_t ngx_http_aicost_life_token(ngx_http_aicost_fleet_t *f,
    ngx_atomic_t *pid, int64_t *at);

/* 1: another worker arrived in a new life of the domain, this one follows */
ngx_uint_t ngx_http_aicost_life_adopt(ngx_http_aicost_fleet_t *f);

/* beat: as long as it lives */
void ngx_http_aicost_life_beat(ngx_http_aicost_fleet_t *f);
void ngx_http_aicost_life_latches(ngx_http_aicost_fleet_t *f);
void ngx_http_aicost_life_tick(ngx_event_t *ev);

/* the store is back: what waits for it is told at once */
void ngx_http_aicost_life_soon(ngx_http_aicost_fleet_t *f);
void ngx_http_aicost_life_leave(ngx_http_aicost_fleet_t *f);
void ngx_http_aicost_life_settlement(const aicost_edge_record_t *r,
    int64_t now, aicost_settled_t *q);

/* follow: consumers that were published to the fleet */
ngx_int_t ngx_http_aicost_follow_start(ngx_cycle_t *cycle,
    ngx_http_aicost_fleet_t *f);
void ngx_http_aicost_follow(ngx_http_aicost_fleet_t *f);

/* aside: a slot that moves; cmd is what was told ASK.  NGX_OK: sent, the op's
   handler is called; NGX_DECLINED: not yet */
ngx_int_t ngx_http_aicost_aside_start(ngx_cycle_t *cycle,
    ngx_http_aicost_fleet_t *f);
ngx_int_t ngx_http_aicost_aside(ngx_http_aicost_fleet_op_t *op,
    const aicost_redis_redirect_t *to, aicost_redis_cmd_t *cmd);
ngx_uint_t ngx_http_aicost_aside_heard(ngx_http_aicost_fleet_t *f,
    const aicost_redis_seen_t *seen);
void ngx_http_aicost_aside_end(ngx_http_aicost_fleet_t *f);
void ngx_http_aicost_aside_stop(ngx_http_aicost_fleet_t *f);

/* lend: the outage allowance */
ngx_uint_t ngx_http_aicost_lend(ngx_http_aicost_fleet_t *f);
void ngx_http_aicost_lend_drop(ngx_http_aicost_fleet_t *f);
void ngx_http_aicost_lend_return(ngx_http_aicost_fleet_t *f);


void ngx_http_aicost_fleet_late(ngx_event_t *ev);


extern aicost_redis_cmd_t  ngx_http_aicost_fleet_cmd;
extern const aicost_store_ops_t  ngx_http_aicost_fleet_ops;


#endif /* _NGX_HTTP_AICOST_FLEET_INT_H_INCLUDED_ */
