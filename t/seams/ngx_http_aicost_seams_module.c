
/*
 * Copyright (C) aicost
 *
 * For t/seams.t only: sets the seams of the aicost module, one way a location.
 *
 *     aicost_seam  before | after | shadow | flight
 */


#include "ngx_http_aicost_module.h"


#define NGX_HTTP_AICOST_SEAM_OFF     0
#define NGX_HTTP_AICOST_SEAM_BEFORE  1
#define NGX_HTTP_AICOST_SEAM_AFTER   2
#define NGX_HTTP_AICOST_SEAM_SHADOW  3
#define NGX_HTTP_AICOST_SEAM_FLIGHT  4


typedef struct {
    ngx_uint_t  seam;
} ngx_http_aicost_seams_conf_t;


static ngx_int_t ngx_http_aicost_seams_before(ngx_http_request_t *r,
    ngx_http_aicost_ctx_t *ctx);
static ngx_int_t ngx_http_aicost_seams_hold(ngx_http_request_t *r,
    ngx_http_aicost_ctx_t *ctx);
static ngx_int_t ngx_http_aicost_seams_flight(ngx_http_request_t *r,
    ngx_http_aicost_ctx_t *ctx);
static void ngx_http_aicost_seams_before_done(ngx_http_aicost_subcall_t *call,
    ngx_int_t rc);
static void ngx_http_aicost_seams_after_done(ngx_http_aicost_subcall_t *call,
    ngx_int_t rc);
static void ngx_http_aicost_seams_shadow_done(ngx_http_aicost_subcall_t *call,
    ngx_int_t rc);
static void ngx_http_aicost_seams_flight_done(ngx_http_aicost_subcall_t *call,
    ngx_int_t rc);
static ngx_int_t ngx_http_aicost_seams_init(ngx_conf_t *cf);
static void *ngx_http_aicost_seams_create_conf(ngx_conf_t *cf);
static char *ngx_http_aicost_seams_merge_conf(ngx_conf_t *cf, void *parent,
    void *child);


static ngx_conf_enum_t  ngx_http_aicost_seams[] = {
    { ngx_string("before"), NGX_HTTP_AICOST_SEAM_BEFORE },
    { ngx_string("after"), NGX_HTTP_AICOST_SEAM_AFTER },
    { ngx_string("shadow"), NGX_HTTP_AICOST_SEAM_SHADOW },
    { ngx_string("flight"), NGX_HTTP_AICOST_SEAM_FLIGHT },
    { ngx_null_string, 0 }
};


static ngx_command_t  ngx_http_aicost_seams_commands[] = {

    { ngx_string("aicost_seam"),
      NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_enum_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_aicost_seams_conf_t, seam),
      &ngx_http_aicost_seams },

      ngx_null_command
};


static ngx_http_module_t  ngx_http_aicost_seams_module_ctx = {
    NULL,                                  /* preconfiguration */
    ngx_http_aicost_seams_init,            /* postconfiguration */

    NULL,                                  /* create main configuration */
    NULL,                                  /* init main configuration */

    NULL,                                  /* create server configuration */
    NULL,                                  /* merge server configuration */

    ngx_http_aicost_seams_create_conf,     /* create location configuration */
    ngx_http_aicost_seams_merge_conf       /* merge location configuration */
};


ngx_module_t  ngx_http_aicost_seams_module = {
    NGX_MODULE_V1,
    &ngx_http_aicost_seams_module_ctx,     /* module context */
    ngx_http_aicost_seams_commands,        /* module directives */
    NGX_HTTP_MODULE,                       /* module type */
    NULL,                                  /* init master */
    NULL,                                  /* init module */
    NULL,                                  /* init process */
    NULL,                                  /* init thread */
    NULL,                                  /* exit thread */
    NULL,                                  /* exit process */
    NULL,                                  /* exit master */
    NGX_MODULE_V1_PADDING
};


static ngx_http_aicost_subcall_t *
ngx_http_aicost_seams_call(ngx_http_request_t *r, aicost_endpoint_e endpoint,
    const char *body, ngx_http_aicost_subcall_pt handler)
{
    ngx_http_aicost_subcall_t  *call;

    call = ngx_pcalloc(r->pool, sizeof(ngx_http_aicost_subcall_t));
    if (call == NULL) {
        return NULL;
    }

    call->endpoint = endpoint;
    call->body = (u_char *) body;
    call->body_len = ngx_strlen(body);
    call->handler = handler;

    return call;
}


static ngx_int_t
ngx_http_aicost_seams_before(ngx_http_request_t *r, ngx_http_aicost_ctx_t *ctx)
{
    ngx_http_aicost_subcall_t     *call;
    ngx_http_aicost_seams_conf_t  *conf;

    conf = ngx_http_get_module_loc_conf(r, ngx_http_aicost_seams_module);

    switch (conf->seam) {

    case NGX_HTTP_AICOST_SEAM_BEFORE:
        call = ngx_http_aicost_seams_call(r, AICOST_EP_EMBEDDINGS,
                                          "{\"model\":\"sim/embed\","
                                          "\"input\":\"nearest neighbours\"}",
                                          ngx_http_aicost_seams_before_done);

        if (call == NULL || ngx_http_aicost_subcall(r, call) != NGX_OK) {
            return NGX_ERROR;
        }

        return NGX_AGAIN;

    case NGX_HTTP_AICOST_SEAM_SHADOW:
        call = ngx_http_aicost_seams_call(r, AICOST_EP_CHAT,
                                          "{\"model\":\"sim/shadow+delay=300\","
                                          "\"max_tokens\":7,\"messages\":[{"
                                          "\"role\":\"user\",\"content\":"
                                          "\"shadow\"}]}",
                                          ngx_http_aicost_seams_shadow_done);

        if (call == NULL || ngx_http_aicost_subcall(r, call) != NGX_OK) {
            return NGX_ERROR;
        }

        return NGX_OK;

    case NGX_HTTP_AICOST_SEAM_FLIGHT:
        return ngx_http_aicost_seams_flight(r, ctx);

    default:
        return NGX_OK;
    }
}


static ngx_int_t
ngx_http_aicost_seams_flight(ngx_http_request_t *r, ngx_http_aicost_ctx_t *ctx)
{
    u_char                      key[AICOST_DIGEST];
    ngx_int_t                   rc;
    ngx_http_aicost_subcall_t  *call;

    call = ngx_http_aicost_seams_call(r, ctx->endpoint, "",
                                      ngx_http_aicost_seams_flight_done);
    if (call == NULL) {
        return NGX_ERROR;
    }

    call->body = ctx->body;
    call->body_len = ctx->body_len;

    ngx_http_aicost_digest(ctx->body, ctx->body_len, key);

    rc = ngx_http_aicost_flight(r, key, call);

    if (rc == NGX_DECLINED) {
        return NGX_OK;
    }

    return rc == NGX_OK ? NGX_AGAIN : NGX_ERROR;
}


static ngx_int_t
ngx_http_aicost_seams_hold(ngx_http_request_t *r, ngx_http_aicost_ctx_t *ctx)
{
    ngx_http_aicost_subcall_t     *call;
    ngx_http_aicost_seams_conf_t  *conf;

    conf = ngx_http_get_module_loc_conf(r, ngx_http_aicost_seams_module);

    if (conf->seam != NGX_HTTP_AICOST_SEAM_AFTER) {
        return NGX_OK;
    }

    call = ngx_http_aicost_seams_call(r, AICOST_EP_CHAT,
                                      "{\"model\":\"sim/big\","
                                      "\"max_tokens\":9,\"messages\":[{"
                                      "\"role\":\"user\",\"content\":"
                                      "\"once more, better\"}]}",
                                      ngx_http_aicost_seams_after_done);

    if (call == NULL || ngx_http_aicost_subcall(r, call) != NGX_OK) {
        return NGX_ERROR;
    }

    return NGX_AGAIN;
}


/* what came of the call, for the test to see: "200 shared=0" */

static void
ngx_http_aicost_seams_tell(ngx_http_aicost_subcall_t *call, ngx_int_t rc)
{
    u_char     *p, money[32];
    ngx_str_t   s, value;

    s.data = money;
    s.len = ngx_http_aicost_money(money, call->cost) - money;

    ngx_log_error(NGX_LOG_NOTICE, call->request->connection->log, 0,
                  "seam rc:%i status:%ui len:%uz cost:%V shared:%d reason:%s",
                  rc, call->status, call->len, &s, call->shared,
                  aicost_reason_word(call->reason));

    p = ngx_pnalloc(call->request->pool, 64);
    if (p == NULL) {
        return;
    }

    value.data = p;
    value.len = ngx_sprintf(p, "%ui shared=%d cost=%V", call->status,
                            call->shared, &s) - p;

    (void) ngx_http_aicost_set_header(call->request, "X-Seam", &value);
}


static void
ngx_http_aicost_seams_before_done(ngx_http_aicost_subcall_t *call,
    ngx_int_t rc)
{
    ngx_http_aicost_seams_tell(call, rc);
    ngx_http_aicost_run_again(call->request);
}


static void
ngx_http_aicost_seams_after_done(ngx_http_aicost_subcall_t *call, ngx_int_t rc)
{
    ngx_http_aicost_seams_tell(call, rc);

    if (rc == NGX_OK && call->status == NGX_HTTP_OK) {
        ngx_http_aicost_release_held(call->request, call->data, call->len);
        return;
    }

    ngx_http_aicost_release_held(call->request, NULL, 0);
}


static void
ngx_http_aicost_seams_shadow_done(ngx_http_aicost_subcall_t *call,
    ngx_int_t rc)
{
    ngx_log_error(NGX_LOG_NOTICE, call->request->connection->log, 0,
                  "shadow rc:%i status:%ui len:%uz", rc, call->status,
                  call->len);
}


static void
ngx_http_aicost_seams_flight_done(ngx_http_aicost_subcall_t *call,
    ngx_int_t rc)
{
    ngx_http_request_t  *r;

    r = call->request;

    ngx_http_aicost_seams_tell(call, rc);

    if (rc != NGX_OK) {
        ngx_http_aicost_run_again(r);
        return;
    }

    rc = ngx_http_aicost_send_json(r, call->status, call->data, call->len);

    ngx_http_finalize_request(r, rc);
}


static ngx_int_t
ngx_http_aicost_seams_init(ngx_conf_t *cf)
{
    ngx_http_aicost_main_conf_t  *amcf;

    amcf = ngx_http_conf_get_module_main_conf(cf, ngx_aicost_module);

    amcf->before_hook = ngx_http_aicost_seams_before;
    amcf->hold_hook = ngx_http_aicost_seams_hold;

    return NGX_OK;
}


static void *
ngx_http_aicost_seams_create_conf(ngx_conf_t *cf)
{
    ngx_http_aicost_seams_conf_t  *conf;

    conf = ngx_palloc(cf->pool, sizeof(ngx_http_aicost_seams_conf_t));
    if (conf == NULL) {
        return NULL;
    }

    conf->seam = NGX_CONF_UNSET_UINT;

    return conf;
}


static char *
ngx_http_aicost_seams_merge_conf(ngx_conf_t *cf, void *parent, void *child)
{
    ngx_http_aicost_seams_conf_t  *prev = parent;
    ngx_http_aicost_seams_conf_t  *conf = child;

    ngx_conf_merge_uint_value(conf->seam, prev->seam,
                              NGX_HTTP_AICOST_SEAM_OFF);

    return NGX_CONF_OK;
}
