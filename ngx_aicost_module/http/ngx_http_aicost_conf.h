
/*
 * Copyright (C) aicost
 *
 * Shared memory and configuration: what outlives a request.
 */


#ifndef _NGX_HTTP_AICOST_CONF_H_INCLUDED_
#define _NGX_HTTP_AICOST_CONF_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#if !(NGX_HTTP_SSL)
#error the aicost module needs --with-http_ssl_module
#endif

#include "aicost.h"
#include "aicost_answer.h"
#include "aicost_consumer.h"
#include "aicost_ledger.h"
#include "aicost_money.h"
#include "aicost_price.h"
#include "aicost_request.h"
#include "aicost_route.h"
#include "aicost_sse.h"
#include "aicost_usage.h"
#include "aicost_window.h"
#include "format/aicost_form.h"
#include "format/aicost_frames.h"
#include "aicost_store.h"
#include "aicost_store_shm.h"
#include "aicost_file.h"

#include "ngx_http_aicost_compat.h"
#include "ngx_http_aicost_fleet.h"
#include "ngx_http_aicost_record.h"


#define NGX_HTTP_AICOST_SLOTS         128    /* worker processes told apart */
#define NGX_HTTP_AICOST_HEALTH        1024   /* health records of a zone */
#define NGX_HTTP_AICOST_SERIES        2048   /* metric rows of a zone; more
                                                labels share one row, "other" */
#define NGX_HTTP_AICOST_LABEL         64     /* bytes of a metric label */
#define NGX_HTTP_AICOST_ADDRS         16     /* addresses kept of one name */
#define NGX_HTTP_AICOST_IDLE          32     /* idle connections a provider and
                                                worker */
#define NGX_HTTP_AICOST_BUDGETS       64     /* budgets of a configuration */
#define NGX_HTTP_AICOST_NODES         512    /* of one event of a stream */


typedef struct ngx_http_aicost_ctx_s  ngx_http_aicost_ctx_t;
typedef struct ngx_http_aicost_subcall_s  ngx_http_aicost_subcall_t;
typedef struct ngx_http_aicost_flight_s  ngx_http_aicost_flight_t;
typedef struct ngx_http_aicost_decision_s  ngx_http_aicost_decision_t;
typedef struct ngx_http_aicost_talk_s  ngx_http_aicost_talk_t;


/*
 * Seams.  A module beside this one may set them when the configuration is
 * read; NULL costs nothing.  Both see the client's own request only, once, and
 * NGX_AGAIN makes it wait until the call named there goes on with it.
 *
 *     before_hook   what is asked is known, nothing is decided;
 *                   NGX_OK goes on, NGX_AGAIN: ngx_http_aicost_run_again(),
 *                   anything else is the answer to the client
 *     hold_hook     the call is paid for, its JSON answer is held;
 *                   NGX_OK sends it, NGX_AGAIN: ngx_http_aicost_release_held()
 */

typedef ngx_int_t (*ngx_http_aicost_hook_pt)(ngx_http_request_t *r,
    ngx_http_aicost_ctx_t *ctx);
typedef void (*ngx_http_aicost_subcall_pt)(ngx_http_aicost_subcall_t *call,
    ngx_int_t rc);


/* --- shared memory ------------------------------------------------------- */

/* health of a provider or of one of its models; updates may race, each is one
   word and wrong by at most one event */

typedef struct {
    uint64_t                      key;         /* hash of the name, 0 free */
    ngx_atomic_t                  failures;    /* in a row */
    int64_t                       open_until;  /* ms, 0 closed */
    uint32_t                      reason;      /* why it opened */
    uint32_t                      latency;     /* ms to the first byte, EWMA */
    ngx_atomic_t                  attempts;
    ngx_atomic_t                  conns[NGX_HTTP_AICOST_SLOTS];
} ngx_http_aicost_health_t;


typedef struct {
    uint64_t                      key;         /* 0 free */
    uint32_t                      kind;        /* NGX_HTTP_AICOST_ROW_* */
    char                          tier[NGX_HTTP_AICOST_LABEL];
    char                          model[NGX_HTTP_AICOST_LABEL * 2];
    char                          consumer[NGX_HTTP_AICOST_LABEL];
    char                          use_case[NGX_HTTP_AICOST_LABEL];
    char                          reason[NGX_HTTP_AICOST_LABEL];
    ngx_atomic_t                  requests;
    ngx_atomic_t                  attempts;
    ngx_atomic_t                  cost;        /* nano */
    ngx_atomic_t                  saved;       /* nano */
    ngx_atomic_t                  tokens_in;
    ngx_atomic_t                  tokens_cached;
    ngx_atomic_t                  tokens_out;
    ngx_atomic_t                  estimated;   /* input tokens, where the
                                                  usage was read */
    ngx_atomic_t                  measured;
    ngx_atomic_t                  duration;    /* ms, summed */
    ngx_atomic_t                  ttft;        /* ms, summed */
    ngx_atomic_t                  ttft_n;
} ngx_http_aicost_row_t;

#define NGX_HTTP_AICOST_ROW_CALL      1
#define NGX_HTTP_AICOST_ROW_REFUSED   2
#define NGX_HTTP_AICOST_ROW_ATTEMPT   3


typedef struct {
    ngx_atomic_t                  generation;
    void                         *block;
    size_t                        size;
    int64_t                       loaded;      /* ms */
    ngx_uint_t                    failures;    /* reloads refused since */
} ngx_http_aicost_block_t;

#define NGX_HTTP_AICOST_PRICES        0
#define NGX_HTTP_AICOST_CONSUMERS     1
#define NGX_HTTP_AICOST_FILES         2


typedef struct {
    void                         *store;
    size_t                        store_size;

    ngx_http_aicost_block_t       files[NGX_HTTP_AICOST_FILES];

    /* generation each worker may still be reading; the old blocks are freed
       when no worker is left behind */
    ngx_atomic_t                  seen[NGX_HTTP_AICOST_SLOTS]
                                      [NGX_HTTP_AICOST_FILES];
    ngx_pid_t                     pids[NGX_HTTP_AICOST_SLOTS];
    struct {
        void                     *block;
        ngx_atomic_uint_t         generation;
    } old[4];

    ngx_atomic_t                  journal_lost;   /* bytes not written */
    ngx_atomic_t                  journal_failed; /* 1 while writing fails */
    off_t                         torn_at;        /* whole records end there */
    off_t                         torn_size;      /* with the tail, 0 none */
    ngx_atomic_t                  settle_unread;  /* charged as reserved */
    ngx_atomic_t                  requests;       /* ids */
    ngx_atomic_t                  records[NGX_HTTP_AICOST_RECORDS];

    ngx_http_aicost_fleet_shared_t  fleet;

    ngx_http_aicost_health_t      health[NGX_HTTP_AICOST_HEALTH];
    ngx_http_aicost_row_t         rows[NGX_HTTP_AICOST_SERIES];
} ngx_http_aicost_shared_t;


/* --- configuration ------------------------------------------------------- */

/* where a directive stands, for errors that only the whole shows */

typedef struct {
    u_char                       *file;
    ngx_uint_t                    line;
} ngx_http_aicost_place_t;


typedef struct {
    ngx_str_t                     name;        /* "env:X", "file:PATH" */
    ngx_str_t                     value;       /* the secret */
} ngx_http_aicost_key_t;


typedef struct {
    struct sockaddr_storage       sockaddr;
    socklen_t                     socklen;
    ngx_str_t                     name;
    u_char                        text[NGX_SOCKADDR_STRLEN];
} ngx_http_aicost_addr_t;


typedef struct {
    ngx_str_t                     name;
    ngx_str_t                     host;        /* without port, for TLS */
    ngx_str_t                     host_header;
    ngx_str_t                     path;        /* of the base URL, no final / */
    in_port_t                     port;
    ngx_array_t                   keys;        /* ngx_http_aicost_key_t */
    const aicost_api_t           *api;         /* its shape */
    ngx_str_t                     version;     /* of the API, empty: its own */
    ngx_array_t                   betas;       /* ngx_str_t that pass too */
    ngx_str_t                     region;
    ngx_str_t                     retention;
    ngx_uint_t                    max_conns;   /* 0 none */
    ngx_uint_t                    weight;
    unsigned                      ssl:1;
    unsigned                      extra:1;
    unsigned                      literal:1;   /* host is an address */
    unsigned                      azure:1;

    ngx_http_upstream_conf_t      conf;
    uint32_t                      health;
    ngx_uint_t                    index;

    /* this worker's: addresses, idle connections */
    ngx_uint_t                    naddrs;
    ngx_uint_t                    next;
    ngx_http_aicost_addr_t        addrs[NGX_HTTP_AICOST_ADDRS];
    ngx_resolver_t               *resolver;
    ngx_msec_t                    resolver_timeout;
    ngx_resolver_ctx_t           *resolving;
    ngx_ssl_session_t            *session;
    ngx_event_t                   resolve;
    ngx_queue_t                   idle;
    ngx_queue_t                   free;
    ngx_uint_t                    unresolved;  /* failures in a row */
    ngx_uint_t                    key;         /* of keys: the next one */
} ngx_http_aicost_provider_t;


typedef struct {
    ngx_str_t                     name;
    ngx_http_complex_value_t      key;
    ngx_int_t                     variable;    /* that the key is, or -1 */
    unsigned                      constant:1;  /* no key: one for all */
    int64_t                       limit;       /* requests a period */
    int64_t                       period;      /* us between two requests */
    int64_t                       tau;         /* us */
    ngx_uint_t                    index;
} ngx_http_aicost_rate_t;


typedef struct {
    ngx_str_t                     name;
    ngx_http_complex_value_t      key;
    ngx_int_t                     variable;    /* that the key is, or -1 */
    unsigned                      constant:1;
    unsigned                      by_consumer:1;
    unsigned                      soft:1;
    unsigned                      upper:1;
    unsigned                      clear:1;     /* kill=P:window */
    aicost_unit_e                 unit;
    aicost_period_e               period;
    int64_t                       limit;       /* nano or tokens */
    int64_t                       warn;        /* ppm, 0 none */
    int64_t                       downgrade;
    int64_t                       kill;
    int64_t                       share;
    u_char                        whole[AICOST_ID];   /* latch of all keys */
    u_char                        own[AICOST_DIGEST]; /* name of the account of
                                                         a constant key */
    u_char                        spare[AICOST_DIGEST];
    int64_t                       idle;        /* ms */
    int64_t                       max;
    ngx_str_t                     downgrade_tier;
    ngx_str_t                     share_tier;
    uint32_t                      downgrade_index;  /* AICOST_NO_TIER: next
                                                       lower */
    uint32_t                      share_index;
    ngx_uint_t                    index;
    ngx_http_aicost_place_t       place;
} ngx_http_aicost_budget_t;


typedef struct {
    ngx_str_t                     path;        /* empty: none */
    void                         *block;       /* as read at start */
    time_t                        mtime;
    off_t                         size;
    ngx_file_uniq_t               uniq;
    unsigned                      changed:1;
} ngx_http_aicost_file_t;


typedef struct {
    int64_t                       t0;          /* ms */
    int64_t                       t1;
} ngx_http_aicost_window_t;


/* what a thread does */

typedef struct ngx_http_aicost_task_s  ngx_http_aicost_task_t;

struct ngx_http_aicost_task_s {
    void                        (*run)(void *data);     /* in the thread */
    void                        (*done)(void *data);    /* in the event loop */
    void                         *data;
    ngx_http_aicost_task_t       *next;
};


/* memory that a worker uses for one body after another */

typedef struct {
    aicost_json_t                *json;
    aicost_json_node_t           *nodes;
    ngx_http_aicost_ctx_t        *user;        /* of the tape, NULL: free */
    aicost_ladder_t               ladder;      /* these two: while one request
                                                  is decided, at once */
    aicost_reserve_t              reserve;
} ngx_http_aicost_tape_t;


/* what a worker reads one event of a stream with, and what it says then: both
   until the next one */

typedef struct {
    aicost_json_node_t            nodes[NGX_HTTP_AICOST_NODES];
    u_char                       *out;
    size_t                        len;
    size_t                        size;
} ngx_http_aicost_event_t;


/* what a request is decided by while it waits for the store */

struct ngx_http_aicost_decision_s {
    ngx_queue_t                   queue;
    ngx_http_aicost_main_conf_t  *amcf;
    ngx_http_aicost_ctx_t        *ctx;         /* NULL: gone meanwhile */
    ngx_atomic_uint_t             generation;  /* of the prices it reads */
    ngx_atomic_uint_t             changes;     /* of the state, at its route */
    aicost_granted_t              granted;
    aicost_ladder_t               ladder;
    aicost_reserve_t              reserve;
};


struct ngx_http_aicost_main_conf_s {
    ngx_shm_zone_t               *zone;
    ngx_http_aicost_shared_t     *shared;
    ngx_slab_pool_t              *shpool;
    ngx_str_t                     state;       /* folder, empty: none */
    ngx_msec_t                    lease;

    u_char                        currency[4];
    int64_t                       rate_ppm;    /* account currency per USD */
    aicost_tz_t                  *tz;
    ngx_str_t                     timezone;

    ngx_http_aicost_file_t        files[NGX_HTTP_AICOST_FILES];

    ngx_array_t                   providers;   /* of pointers */
    ngx_array_t                   tiers;       /* aicost_tier_t */
    ngx_array_t                   places;      /* of the tiers */
    ngx_array_t                   budgets;     /* of pointers, all declared */
    ngx_array_t                   rates;       /* of pointers, all declared */
    ngx_array_t                   consoles;    /* SHA-256 of operator tokens */
    ngx_array_t                   health;      /* names by number */

    ngx_resolver_t               *resolver;
    ngx_msec_t                    resolver_timeout;
    ngx_str_t                     hosts;       /* text of /etc/hosts */
    ngx_http_upstream_srv_conf_t  upstream;    /* its peer.init is ours */
    ngx_http_get_variable_pt      maps[2];     /* getters of map's and
                                                  split_clients' variables */
    ngx_array_t                  *mapped;      /* indexes of those */

    ngx_http_aicost_redis_t      *redis;       /* NULL: the embedded store */
    int64_t                       allowance_ppm;

    /* this worker's */
    aicost_store_t                store;       /* all requests' */
    aicost_store_t                room;        /* the embedded one */
    aicost_shm_region_t           region;
    ngx_http_aicost_fleet_t      *fleet;
    ngx_queue_t                   deciding;    /* they wait, first ones first */
    ngx_queue_t                   decisions;   /* for reuse */
    ngx_uint_t                    ndecisions;
    ngx_http_aicost_tape_t        tape;
    ngx_http_aicost_event_t       event;
    void                         *blocks[NGX_HTTP_AICOST_FILES];
    ngx_atomic_uint_t             generations[NGX_HTTP_AICOST_FILES];
    uint32_t                     *health_slot; /* number -> slot in shared */
    ngx_http_aicost_window_t      windows[AICOST_PERIODS];
    ngx_queue_t                   live;        /* requests that hold money */
    ngx_uint_t                    draining;
    ngx_queue_t                   flights;     /* calls shared by requests */
    ngx_uint_t                    nflights;
    ngx_http_aicost_hook_pt       before_hook;
    ngx_http_aicost_hook_pt       hold_hook;
    unsigned                      enabled:1;   /* some aicost_pass is there */
};


typedef struct {
    ngx_http_complex_value_t     *pass;
    ngx_int_t                     pass_variable;    /* that it is, or -1 */
    ngx_http_aicost_place_t       place;       /* of aicost_pass */
    ngx_str_t                     anonymous;
    ngx_http_complex_value_t     *user;
    ngx_http_complex_value_t     *session;
    ngx_http_complex_value_t     *use_case;
    ngx_array_t                  *rates;       /* of pointers */
    ngx_array_t                  *budgets;
    ngx_array_t                  *cors;        /* ngx_str_t origins */
    ngx_http_aicost_record_t     *record;      /* NULL: nothing is */
    ngx_str_t                     region;
    ngx_str_t                     retention;
    aicost_route_provider_t      *providers;   /* as they fit the two above */
    ngx_uint_t                    output_default;
    ngx_uint_t                    output_min;
    size_t                        body_max;
    size_t                        answer_buffer;
    ngx_uint_t                    after_send;
    ngx_flag_t                    dry_run;
    ngx_uint_t                    log_level;
    size_t                        drain_size;
    ngx_msec_t                    drain_time;
    ngx_uint_t                    drain_max;
    ngx_uint_t                    lenient;     /* aicost_translate */
    ngx_uint_t                    references;  /* are allowed */
    unsigned                      off_rates:1;
    unsigned                      off_budgets:1;
    unsigned                      console:1;
    unsigned                      console_write:1;
    ngx_flag_t                    metrics;
    u_char                        console_token[AICOST_DIGEST];
} ngx_http_aicost_loc_conf_t;


/* conf */
char *ngx_http_aicost_zone(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_http_aicost_currency(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_aicost_timezone(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_aicost_file(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_http_aicost_provider(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_aicost_tier(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_http_aicost_rate(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_http_aicost_budget(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_http_aicost_pass(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_http_aicost_origins(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_aicost_output(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_http_aicost_failover(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_aicost_require(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_http_aicost_drain(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_http_aicost_console(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_http_aicost_metrics(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_http_aicost_check_conf(ngx_conf_t *cf,
    ngx_http_aicost_main_conf_t *amcf);
char *ngx_http_aicost_check_loc(ngx_conf_t *cf,
    ngx_http_aicost_main_conf_t *amcf, ngx_http_aicost_loc_conf_t *alcf);
ngx_int_t ngx_http_aicost_loc_providers(ngx_conf_t *cf,
    ngx_http_aicost_main_conf_t *amcf, ngx_http_aicost_loc_conf_t *alcf);
ngx_http_aicost_place_t ngx_http_aicost_place(ngx_conf_t *cf);
char *ngx_http_aicost_compile(ngx_conf_t *cf, ngx_str_t *value,
    ngx_http_complex_value_t *cv, ngx_int_t *variable);
ngx_int_t ngx_http_aicost_read_file(ngx_conf_t *cf, ngx_str_t *path,
    size_t max, ngx_str_t *text);
ngx_int_t ngx_http_aicost_secret(ngx_conf_t *cf, ngx_str_t *spec,
    ngx_str_t *value);
ngx_int_t ngx_http_aicost_trust(ngx_conf_t *cf, ngx_ssl_t *ssl,
    ngx_str_t *path);
ngx_int_t ngx_http_aicost_resolver_conf(ngx_conf_t *cf,
    ngx_http_aicost_main_conf_t *amcf);

/* zone */
ngx_int_t ngx_http_aicost_init_zone(ngx_shm_zone_t *zone, void *data);
ngx_uint_t ngx_http_aicost_slot(void);
ngx_int_t ngx_http_aicost_attach(ngx_http_aicost_main_conf_t *amcf);
void *ngx_http_aicost_block(ngx_http_aicost_main_conf_t *amcf,
    ngx_uint_t file);
ngx_int_t ngx_http_aicost_swap(ngx_http_aicost_main_conf_t *amcf,
    ngx_uint_t file, void *block, size_t size);
void ngx_http_aicost_forget(ngx_http_aicost_main_conf_t *amcf);
void ngx_http_aicost_pin(ngx_http_aicost_main_conf_t *amcf);
ngx_http_aicost_health_t *ngx_http_aicost_health(
    ngx_http_aicost_main_conf_t *amcf, uint32_t number);
uint32_t ngx_http_aicost_health_number(ngx_http_aicost_main_conf_t *amcf,
    ngx_str_t *name);
ngx_http_aicost_row_t *ngx_http_aicost_row(ngx_http_aicost_main_conf_t *amcf,
    ngx_uint_t kind, ngx_str_t *tier, ngx_str_t *model, ngx_str_t *consumer,
    ngx_str_t *use_case, const char *reason);

/* threads; NGX_ERROR: there can be none, nothing is done */
ngx_int_t ngx_http_aicost_thread(ngx_http_aicost_task_t *task);
void ngx_http_aicost_thread_or_here(ngx_http_aicost_task_t *task);
void ngx_http_aicost_thread_stop(void);

/* state: journal, files re-read, sweep */
ngx_int_t ngx_http_aicost_state_prepare(ngx_cycle_t *cycle,
    ngx_http_aicost_main_conf_t *amcf);
ngx_int_t ngx_http_aicost_path(ngx_http_aicost_main_conf_t *amcf,
    const char *name, u_char *path, size_t size);
void ngx_http_aicost_state_restore(ngx_http_aicost_main_conf_t *amcf,
    ngx_log_t *log);
ngx_int_t ngx_http_aicost_state_start(ngx_cycle_t *cycle,
    ngx_http_aicost_main_conf_t *amcf);
void ngx_http_aicost_state_stop(ngx_cycle_t *cycle,
    ngx_http_aicost_main_conf_t *amcf);
void ngx_http_aicost_state_flush(ngx_cycle_t *cycle,
    ngx_http_aicost_main_conf_t *amcf);
void ngx_http_aicost_reread_start(ngx_cycle_t *cycle,
    ngx_http_aicost_main_conf_t *amcf);
void ngx_http_aicost_reread_tick(void);
void *ngx_http_aicost_parse_file(ngx_uint_t file, const char *data,
    size_t len, size_t *size, aicost_file_error_t *err);
ngx_int_t ngx_http_aicost_take_text(ngx_http_aicost_main_conf_t *amcf,
    ngx_uint_t file, const char *text, size_t len, aicost_file_error_t *err);
ngx_int_t ngx_http_aicost_take_file(ngx_http_aicost_main_conf_t *amcf,
    ngx_uint_t file, aicost_file_error_t *err, ngx_log_t *log);
char *ngx_http_aicost_read_whole(u_char *path, size_t *len, ngx_log_t *log);


#endif /* _NGX_HTTP_AICOST_CONF_H_INCLUDED_ */
