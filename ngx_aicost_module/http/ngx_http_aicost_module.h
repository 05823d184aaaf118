
/*
 * Copyright (C) aicost
 */


#ifndef _NGX_HTTP_AICOST_MODULE_H_INCLUDED_
#define _NGX_HTTP_AICOST_MODULE_H_INCLUDED_


#include "ngx_http_aicost_conf.h"


#define NGX_HTTP_AICOST_ATTEMPTS      (2 * AICOST_MAX_CHAIN)
#define NGX_HTTP_AICOST_ERROR_BODY    8192   /* bytes read of an error answer
                                                that decides a failover */
#define NGX_HTTP_AICOST_SLICE         262144   /* body bytes parsed in one go:
                                                hostile ones take 1 ms */
#define NGX_HTTP_AICOST_TAPE          4096     /* nodes of a worker's tape */
#define NGX_HTTP_AICOST_TAIL          4096   /* last bytes kept of an answer
                                                that is too long to hold */
#define NGX_HTTP_AICOST_FLIGHTS       256    /* shared calls of a worker */
#define NGX_HTTP_AICOST_WAITERS       64     /* requests that share one */
#define NGX_HTTP_AICOST_TALK_ID       24     /* bytes of our id of an answer */
#define NGX_HTTP_AICOST_DECISIONS     256    /* kept for reuse by a worker */


/* --- one request --------------------------------------------------------- */

typedef struct {
    ngx_str_t                     model;       /* "openai/gpt-6-luna" */
    uint32_t                      provider;
    aicost_reason_e               reason;
    ngx_uint_t                    status;      /* the provider's, 0 none */
    int64_t                       cost;        /* may have been billed */
} ngx_http_aicost_attempt_t;


typedef struct {
    const aicost_model_t         *model;
    aicost_price_t                price;       /* a copy: the catalogue may be
                                                  swapped meanwhile */
} ngx_http_aicost_call_t;


struct ngx_http_aicost_ctx_s {
    ngx_http_request_t           *request;
    ngx_http_aicost_main_conf_t  *amcf;
    ngx_http_aicost_loc_conf_t   *alcf;
    ngx_queue_t                   queue;       /* of amcf->live */
    ngx_http_aicost_subcall_t    *sub;         /* this is not the client's own
                                                  call, NULL it is */

    /* who (from headers, any phase) */
    u_char                        id[32];      /* request id, 32 hex */
    u_char                        rid[AICOST_ID];
    ngx_str_t                     consumer;
    ngx_str_t                     use_case;
    ngx_str_t                     user;
    ngx_str_t                     net;
    ngx_str_t                     session;     /* 32 hex of the hash */
    aicost_consumer_t            *who;         /* strings in r->pool */
    aicost_reason_e               denied;      /* credential's verdict */

    /* what */
    aicost_endpoint_e             endpoint;
    aicost_str_t                  path_model;  /* empty: the body names it */
    const aicost_api_t           *api;         /* the client's shape; NULL: one
                                                  that is not translated */
    aicost_json_t                *json;
    uint32_t                      nnodes;      /* of the body's tape */
    aicost_request_t              ask;
    ngx_buf_t                    *head;        /* the request's own buffer while
                                                  another one takes the body */
    u_char                       *body;
    size_t                        body_len;
    int64_t                       tokens;      /* estimated input */
    int64_t                       tokens_upper;
    int64_t                       cap;         /* output a choice, wanted */

    /* decided */
    aicost_reason_e               reason;      /* of the step */
    aicost_reason_e               would;       /* dry run: the refusal */
    uint32_t                      tier;
    uint32_t                      step;
    uint32_t                      ncalls;
    ngx_http_aicost_call_t       *calls;
    aicost_reserve_t             *reserve;     /* while it is decided */
    ngx_http_aicost_decision_t   *decision;    /* while the store is waited for
                                                */
    int64_t                       shift;       /* ms, the store's clock ahead of
                                                  ours */
    uint32_t                      nkept;
    aicost_claim_t               *kept;        /* the claims, until settled */
    aicost_granted_t              granted;
    int64_t                       clip;        /* nano: a session budget that
                                                  holds for this request alone,
                                                  0 none */
    const aicost_price_t         *base;        /* of the policy's own tier: what
                                                  saved compares with */

    /* attempts */
    uint32_t                      current;     /* of calls */
    uint32_t                      nattempts;
    ngx_http_aicost_provider_t   *provider;
    ngx_http_aicost_addr_t       *addr;
    ngx_uint_t                    refused;     /* addresses of this provider */
    ngx_http_status_t             status;
    int64_t                       retry_after; /* ms, -1: the provider says
                                                  nothing */
    ngx_http_chunked_t            chunked;
    aicost_reason_e               why;         /* this attempt failed */
    aicost_reason_e               miss;        /* of the first one that could
                                                  not be translated */
    ngx_str_t                     miss_param;
    ngx_str_t                     dropped_members;
    ngx_uint_t                    retries_after_send;
    int64_t                       billed;      /* of failed attempts, nano */
    int64_t                       billed_tokens;
    ngx_msec_t                    sent;
    ngx_msec_t                    first;       /* ms to the first byte */

    /* the answer */
    ngx_http_aicost_talk_t       *talk;        /* NULL: its bytes pass */
    aicost_sse_t                 *sse;
    aicost_event_form_t          *form;        /* of its chunks of text */
    aicost_event_t                first_event;
    aicost_usage_e                usage_state;
    aicost_usage_t                usage;
    uint64_t                      delivered;   /* bytes of output text */
    u_char                       *held;        /* JSON answer, or the start of
                                                  an event */
    size_t                        held_len;
    size_t                        held_size;
    u_char                       *tail;
    size_t                        tail_len;
    size_t                        drained;
    ngx_event_t                   timer;       /* drain limit, lease renewal */

    /* the end */
    aicost_reason_e               settled;     /* how */
    int64_t                       cost;
    int64_t                       saved;
    int64_t                       left;
    uint64_t                      within;      /* fewer delivered bytes cannot
                                                  cost more than is reserved */
    int64_t                       asked_at;    /* nano: a stream beyond it asks
                                                  the store for room */
    uint64_t                      spent;       /* bit 0: there is none */
    int64_t                       retry;       /* ms, of a refusal */
    aicost_reason_e               error;       /* the refusal, 0 none */
    ngx_str_t                     message;
    ngx_str_t                     param;
    ngx_str_t                     allow;

    unsigned                      known:1;     /* who is filled in */
    unsigned                      asked:1;     /* what is filled in */
    unsigned                      reserved:1;  /* money is held: settle */
    unsigned                      done:1;      /* settled, exactly once */
    unsigned                      logged:1;
    unsigned                      capped:1;
    unsigned                      named_session:1;
    unsigned                      critical:1;
    unsigned                      advance:1;
    unsigned                      selected:1;
    unsigned                      headers:1;   /* this attempt's are read */
    unsigned                      fresh:1;     /* no idle connection again */
    unsigned                      counted:1;   /* in the provider's conns */
    unsigned                      answered:1;  /* header of the final attempt */
    unsigned                      stream:1;    /* the answer is SSE */
    unsigned                      hold:1;      /* JSON held until usage */
    unsigned                      header_held:1;
    unsigned                      overflow:1;  /* too long: passed on */
    unsigned                      encoded:1;   /* Content-Encoding came */
    unsigned                      ended:1;     /* [DONE] or length reached */
    unsigned                      failed_stream:1;  /* an error event came */
    unsigned                      begun:1;     /* the start of this event has
                                                  gone to the client */
    unsigned                      dropped:1;   /* the last event was not for
                                                  the client */
    unsigned                      broken:1;    /* the stream broke off */
    unsigned                      cut:1;       /* we end the stream */
    unsigned                      gone:1;      /* the client left */
    unsigned                      drain:1;
    unsigned                      rendered:1;  /* error body was sent */
    unsigned                      explain:1;
    unsigned                      dry:1;
    unsigned                      comment_sent:1;
    unsigned                      before_asked:1;
    unsigned                      hold_asked:1;
    unsigned                      leads:1;     /* others wait for its call */
    unsigned                      in_mode:1;   /* in the share of the mode */
    unsigned                      again:1;     /* decided a second time */
    unsigned                      asking:1;    /* the store, whether a stream
                                                  may go on */

    /* not cleared: as long as their counts say */
    ngx_http_aicost_budget_t     *claims[AICOST_MAX_CLAIMS];
    ngx_http_aicost_attempt_t     attempts[NGX_HTTP_AICOST_ATTEMPTS];
};


/*
 * A metered call beside or after the client's own: own id, reservation over
 * the location's budgets, attempts and settlement, in the parent's name.  It
 * lives as long as the parent's request and ends with it.  Rates count what
 * clients send: it takes none.
 */

struct ngx_http_aicost_subcall_s {
    /* given */
    aicost_endpoint_e             endpoint;
    u_char                       *body;        /* of the parent's pool */
    size_t                        body_len;
    ngx_http_aicost_subcall_pt    handler;     /* may be NULL; not called when
                                                  the parent is gone */
    void                         *context;     /* the handler's own */

    /* taken: rc is NGX_OK when a provider answered and all of it was held */
    ngx_http_request_t           *request;     /* the parent */
    ngx_uint_t                    status;
    u_char                       *data;        /* a stream is not kept */
    size_t                        len;
    int64_t                       cost;        /* nano */
    aicost_reason_e               reason;      /* of a failure, or how the
                                                  cost came about */
    unsigned                      shared:1;    /* another request paid */

    /* ours */
    ngx_int_t                     rc;
    ngx_http_aicost_ctx_t        *ctx;
    ngx_http_aicost_flight_t     *flight;
    ngx_event_t                   event;
    unsigned                      done:1;
};


static ngx_inline ngx_str_t
ngx_http_aicost_str(const aicost_str_t *s)
{
    ngx_str_t  v;

    v.len = s->len;
    v.data = s->data;

    return v;
}


/* whatever its letters' case; text is as it is mostly written */

#define ngx_http_aicost_spelled(data, text)                                   \
    (ngx_memcmp(data, text, sizeof(text) - 1) == 0                            \
     || ngx_strncasecmp(data, (u_char *) text, sizeof(text) - 1) == 0)


/* --- module -------------------------------------------------------------- */

extern ngx_module_t  ngx_aicost_module;

ngx_http_aicost_ctx_t *ngx_http_aicost_get_ctx(ngx_http_request_t *r);
void ngx_http_aicost_new_rid(ngx_http_aicost_ctx_t *ctx);
int64_t ngx_http_aicost_now(void);

/* consumer */
void ngx_http_aicost_digest(const void *data, size_t len,
    u_char digest[AICOST_DIGEST]);
void ngx_http_aicost_who(ngx_http_request_t *r, ngx_http_aicost_ctx_t *ctx);
void ngx_http_aicost_derive_session(ngx_http_request_t *r,
    ngx_http_aicost_ctx_t *ctx);
ngx_table_elt_t *ngx_http_aicost_header(ngx_http_request_t *r,
    const char *name, size_t len, ngx_uint_t *n);

/* request */
ngx_int_t ngx_http_aicost_handler(ngx_http_request_t *r);
void ngx_http_aicost_enter(ngx_http_request_t *r,
    ngx_http_aicost_ctx_t *ctx);
ngx_int_t ngx_http_aicost_run(ngx_http_request_t *r,
    ngx_http_aicost_ctx_t *ctx);
void ngx_http_aicost_continue(ngx_http_request_t *r,
    ngx_http_aicost_ctx_t *ctx);
void ngx_http_aicost_run_again(ngx_http_request_t *r);

/* calls beside the client's own */
ngx_int_t ngx_http_aicost_subcall(ngx_http_request_t *r,
    ngx_http_aicost_subcall_t *call);
ngx_int_t ngx_http_aicost_pause(ngx_http_request_t *r,
    ngx_http_aicost_ctx_t *ctx);
ngx_int_t ngx_http_aicost_flight(ngx_http_request_t *r,
    const u_char key[AICOST_ID], ngx_http_aicost_subcall_t *call);
void ngx_http_aicost_flight_done(ngx_http_aicost_subcall_t *call);

/* route, claims */
ngx_int_t ngx_http_aicost_route(ngx_http_request_t *r,
    ngx_http_aicost_ctx_t *ctx, aicost_ladder_t *ladder);
ngx_uint_t ngx_http_aicost_in_mode(ngx_http_aicost_ctx_t *ctx);
ngx_int_t ngx_http_aicost_claims(ngx_http_request_t *r,
    ngx_http_aicost_ctx_t *ctx, aicost_ladder_t *ladder);
int64_t ngx_http_aicost_limit(ngx_http_aicost_ctx_t *ctx,
    ngx_http_aicost_budget_t *b);
ngx_int_t ngx_http_aicost_rates(ngx_http_request_t *r,
    ngx_http_aicost_ctx_t *ctx);
ngx_int_t ngx_http_aicost_value(ngx_http_request_t *r,
    ngx_http_complex_value_t *cv, ngx_int_t variable, ngx_str_t *s);

/* a decision that waits */
ngx_http_aicost_decision_t *ngx_http_aicost_decision(
    ngx_http_aicost_ctx_t *ctx);
void ngx_http_aicost_put_decision(ngx_http_aicost_decision_t *d);
void ngx_http_aicost_answered(void *data, int rc);

/* stream, events */
ngx_int_t ngx_http_aicost_emit(ngx_http_aicost_ctx_t *ctx, u_char *pos,
    u_char *last, ngx_uint_t copy);
ngx_int_t ngx_http_aicost_keep(ngx_http_aicost_ctx_t *ctx, u_char *pos,
    u_char *last, size_t max);
ngx_int_t ngx_http_aicost_comment(ngx_http_aicost_ctx_t *ctx);
ngx_uint_t ngx_http_aicost_spent(ngx_http_aicost_ctx_t *ctx);
ngx_int_t ngx_http_aicost_end_cut(ngx_http_aicost_ctx_t *ctx);
ngx_int_t ngx_http_aicost_events(ngx_http_aicost_ctx_t *ctx, u_char *pos,
    u_char *last);
ngx_int_t ngx_http_aicost_events_end(ngx_http_aicost_ctx_t *ctx);

/* reserve and settle */
ngx_int_t ngx_http_aicost_count_tokens(ngx_http_request_t *r,
    ngx_http_aicost_ctx_t *ctx);
ngx_int_t ngx_http_aicost_decide(ngx_http_request_t *r,
    ngx_http_aicost_ctx_t *ctx);
ngx_int_t ngx_http_aicost_decided(ngx_http_request_t *r,
    ngx_http_aicost_ctx_t *ctx, aicost_ladder_t *ladder, int rc);
void ngx_http_aicost_ungrant(ngx_http_aicost_ctx_t *ctx);
void ngx_http_aicost_give_back(ngx_http_aicost_main_conf_t *amcf,
    const u_char rid[AICOST_ID], const aicost_granted_t *granted);
void ngx_http_aicost_settle(ngx_http_aicost_ctx_t *ctx);
void ngx_http_aicost_abandon(void *data);
int64_t ngx_http_aicost_send_cap(ngx_http_aicost_ctx_t *ctx, uint32_t n);
void ngx_http_aicost_budget_names(ngx_http_aicost_budget_t *b);
void ngx_http_aicost_latch_id(ngx_str_t *name, ngx_str_t *key,
    u_char id[AICOST_ID]);

/* attempts */
ngx_int_t ngx_http_aicost_call(ngx_http_request_t *r,
    ngx_http_aicost_ctx_t *ctx);
ngx_int_t ngx_http_aicost_peer_init(ngx_http_request_t *r,
    ngx_http_upstream_srv_conf_t *us);
ngx_int_t ngx_http_aicost_features(ngx_http_request_t *r,
    ngx_http_aicost_ctx_t *ctx, ngx_http_aicost_provider_t *p,
    ngx_str_t *version, ngx_str_t *betas);
ngx_uint_t ngx_http_aicost_refers(ngx_http_aicost_ctx_t *ctx,
    const aicost_price_t *price, const ngx_http_aicost_provider_t *p);
ngx_int_t ngx_http_aicost_select(ngx_http_request_t *r,
    ngx_http_aicost_ctx_t *ctx);
ngx_int_t ngx_http_aicost_status_line(ngx_http_request_t *r);
void ngx_http_aicost_breaker(ngx_http_aicost_ctx_t *ctx,
    aicost_reason_e why);
void ngx_http_aicost_attempt(ngx_http_aicost_ctx_t *ctx,
    aicost_reason_e reason);
void ngx_http_aicost_finalize(ngx_http_request_t *r, ngx_int_t rc);

/* the answer */
ngx_int_t ngx_http_aicost_filter_init(void *data);
ngx_int_t ngx_http_aicost_filter(void *data, ssize_t bytes);
void ngx_http_aicost_client_gone(ngx_http_request_t *r);
void ngx_http_aicost_release_held(ngx_http_request_t *r, u_char *data,
    size_t len);
ngx_int_t ngx_http_aicost_install_filters(ngx_conf_t *cf);
void ngx_http_aicost_charge(ngx_http_aicost_ctx_t *ctx, ngx_int_t rc);

/* what the service tier that is asked for costs, and may cost */
#define ngx_http_aicost_rate_asked(ctx, p)                                    \
    aicost_price_service(p, (ctx)->amcf->rate_ppm, (ctx)->ask.service,        \
                         AICOST_SERVICE_AUTO)
#define ngx_http_aicost_rate_upper(ctx, p)                                    \
    aicost_price_service_upper(p, (ctx)->amcf->rate_ppm, (ctx)->ask.service)

/* errors, models, explain */
ngx_int_t ngx_http_aicost_refuse(ngx_http_request_t *r,
    ngx_http_aicost_ctx_t *ctx, aicost_reason_e reason, ngx_str_t *param,
    const char *fmt, ...);
ngx_int_t ngx_http_aicost_send_json(ngx_http_request_t *r, ngx_uint_t status,
    u_char *data, size_t len);
u_char *ngx_http_aicost_reason_text(ngx_http_aicost_ctx_t *ctx, u_char *p,
    u_char *last);
ngx_int_t ngx_http_aicost_cors(ngx_http_request_t *r,
    ngx_http_aicost_loc_conf_t *alcf);
u_char *ngx_http_aicost_quoted(u_char *p, u_char *last, ngx_str_t *s);
ngx_int_t ngx_http_aicost_models(ngx_http_request_t *r,
    ngx_http_aicost_ctx_t *ctx);
ngx_int_t ngx_http_aicost_counted(ngx_http_request_t *r,
    ngx_http_aicost_ctx_t *ctx);
ngx_int_t ngx_http_aicost_explain(ngx_http_request_t *r,
    ngx_http_aicost_ctx_t *ctx, aicost_ladder_t *ladder);
ngx_int_t ngx_http_aicost_preflight(ngx_http_request_t *r,
    ngx_http_aicost_loc_conf_t *alcf);
ngx_int_t ngx_http_aicost_response_headers(ngx_http_request_t *r,
    ngx_http_aicost_ctx_t *ctx);
ngx_int_t ngx_http_aicost_error_header(ngx_http_request_t *r,
    ngx_http_aicost_ctx_t *ctx);
ngx_buf_t *ngx_http_aicost_error_body(ngx_http_request_t *r,
    ngx_http_aicost_ctx_t *ctx);
ngx_int_t ngx_http_aicost_set_header(ngx_http_request_t *r, const char *name,
    ngx_str_t *value);
ngx_str_t *ngx_http_aicost_tier_name(ngx_http_aicost_ctx_t *ctx);

/* variables, metrics, console, log */
ngx_int_t ngx_http_aicost_add_variables(ngx_conf_t *cf);
ngx_int_t ngx_http_aicost_probe_maps(ngx_conf_t *cf);
ngx_int_t ngx_http_aicost_flush_maps(ngx_http_request_t *r);
ngx_int_t ngx_http_aicost_log_handler(ngx_http_request_t *r);
ngx_int_t ngx_http_aicost_metrics_handler(ngx_http_request_t *r);
ngx_int_t ngx_http_aicost_console_handler(ngx_http_request_t *r);
void ngx_http_aicost_latch_label(ngx_http_aicost_main_conf_t *amcf,
    aicost_latch_t *latch);
u_char *ngx_http_aicost_money(u_char *p, int64_t nano);


#endif /* _NGX_HTTP_AICOST_MODULE_H_INCLUDED_ */
