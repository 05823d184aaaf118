
/*
 * Copyright (C) aicost
 */


#include "ngx_http_aicost_module.h"
#include "ngx_http_aicost_peer.h"


static ngx_int_t ngx_http_aicost_add_vars(ngx_conf_t *cf);
static ngx_int_t ngx_http_aicost_init(ngx_conf_t *cf);
static void *ngx_http_aicost_create_main_conf(ngx_conf_t *cf);
static char *ngx_http_aicost_init_main_conf(ngx_conf_t *cf, void *conf);
static void *ngx_http_aicost_create_loc_conf(ngx_conf_t *cf);
static char *ngx_http_aicost_merge_loc_conf(ngx_conf_t *cf, void *parent,
    void *child);
static ngx_int_t ngx_http_aicost_merge_list(ngx_conf_t *cf,
    ngx_array_t **conf, ngx_array_t *prev, ngx_uint_t off);
static ngx_int_t ngx_http_aicost_init_module(ngx_cycle_t *cycle);
static ngx_int_t ngx_http_aicost_init_process(ngx_cycle_t *cycle);
static void ngx_http_aicost_exit_process(ngx_cycle_t *cycle);
static void ngx_http_aicost_exit_master(ngx_cycle_t *cycle);


static ngx_conf_enum_t  ngx_http_aicost_log_levels[] = {
    { ngx_string("info"), NGX_LOG_INFO },
    { ngx_string("notice"), NGX_LOG_NOTICE },
    { ngx_string("warn"), NGX_LOG_WARN },
    { ngx_string("error"), NGX_LOG_ERR },
    { ngx_null_string, 0 }
};


#define NGX_HTTP_AICOST_ANY  NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF             \
                             |NGX_HTTP_LOC_CONF


static ngx_conf_enum_t  ngx_http_aicost_translations[] = {
    { ngx_string("strict"), 0 },
    { ngx_string("lenient"), 1 },
    { ngx_null_string, 0 }
};


static ngx_conf_enum_t  ngx_http_aicost_references[] = {
    { ngx_string("refuse"), 0 },
    { ngx_string("full"), 1 },
    { ngx_null_string, 0 }
};


static ngx_command_t  ngx_http_aicost_commands[] = {

    { ngx_string("aicost_zone"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_1MORE,
      ngx_http_aicost_zone,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("aicost_redis"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_1MORE,
      ngx_http_aicost_redis,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("aicost_outage_allowance"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_http_aicost_allowance,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("aicost_currency"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE12,
      ngx_http_aicost_currency,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("aicost_timezone"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_http_aicost_timezone,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("aicost_prices"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_http_aicost_file,
      NGX_HTTP_MAIN_CONF_OFFSET,
      NGX_HTTP_AICOST_PRICES,
      NULL },

    { ngx_string("aicost_consumers"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_http_aicost_file,
      NGX_HTTP_MAIN_CONF_OFFSET,
      NGX_HTTP_AICOST_CONSUMERS,
      NULL },

    { ngx_string("aicost_provider"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_2MORE,
      ngx_http_aicost_provider,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("aicost_tier"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_2MORE,
      ngx_http_aicost_tier,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("aicost_pass"),
      NGX_HTTP_LOC_CONF|NGX_HTTP_LIF_CONF|NGX_CONF_TAKE1,
      ngx_http_aicost_pass,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("aicost_anonymous"),
      NGX_HTTP_AICOST_ANY|NGX_CONF_TAKE1,
      ngx_conf_set_str_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_aicost_loc_conf_t, anonymous),
      NULL },

    { ngx_string("aicost_user"),
      NGX_HTTP_AICOST_ANY|NGX_CONF_TAKE1,
      ngx_http_set_complex_value_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_aicost_loc_conf_t, user),
      NULL },

    { ngx_string("aicost_session"),
      NGX_HTTP_AICOST_ANY|NGX_CONF_TAKE1,
      ngx_http_set_complex_value_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_aicost_loc_conf_t, session),
      NULL },

    { ngx_string("aicost_use_case"),
      NGX_HTTP_AICOST_ANY|NGX_CONF_TAKE1,
      ngx_http_set_complex_value_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_aicost_loc_conf_t, use_case),
      NULL },

    { ngx_string("aicost_require"),
      NGX_HTTP_AICOST_ANY|NGX_CONF_1MORE,
      ngx_http_aicost_require,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("aicost_rate"),
      NGX_HTTP_AICOST_ANY|NGX_CONF_TAKE1234,
      ngx_http_aicost_rate,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("aicost_budget"),
      NGX_HTTP_AICOST_ANY|NGX_CONF_1MORE,
      ngx_http_aicost_budget,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("aicost_output"),
      NGX_HTTP_AICOST_ANY|NGX_CONF_TAKE12,
      ngx_http_aicost_output,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("aicost_body_max"),
      NGX_HTTP_AICOST_ANY|NGX_CONF_TAKE1,
      ngx_conf_set_size_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_aicost_loc_conf_t, body_max),
      NULL },

    { ngx_string("aicost_answer_buffer"),
      NGX_HTTP_AICOST_ANY|NGX_CONF_TAKE1,
      ngx_conf_set_size_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_aicost_loc_conf_t, answer_buffer),
      NULL },

    { ngx_string("aicost_failover"),
      NGX_HTTP_AICOST_ANY|NGX_CONF_TAKE12,
      ngx_http_aicost_failover,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("aicost_translate"),
      NGX_HTTP_AICOST_ANY|NGX_CONF_TAKE1,
      ngx_conf_set_enum_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_aicost_loc_conf_t, lenient),
      &ngx_http_aicost_translations },

    { ngx_string("aicost_references"),
      NGX_HTTP_AICOST_ANY|NGX_CONF_TAKE1,
      ngx_conf_set_enum_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_aicost_loc_conf_t, references),
      &ngx_http_aicost_references },

    { ngx_string("aicost_drain"),
      NGX_HTTP_AICOST_ANY|NGX_CONF_TAKE123,
      ngx_http_aicost_drain,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("aicost_cors"),
      NGX_HTTP_AICOST_ANY|NGX_CONF_1MORE,
      ngx_http_aicost_origins,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("aicost_dry_run"),
      NGX_HTTP_AICOST_ANY|NGX_CONF_FLAG,
      ngx_conf_set_flag_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_aicost_loc_conf_t, dry_run),
      NULL },

    { ngx_string("aicost_log_level"),
      NGX_HTTP_AICOST_ANY|NGX_CONF_TAKE1,
      ngx_conf_set_enum_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_aicost_loc_conf_t, log_level),
      &ngx_http_aicost_log_levels },

    { ngx_string("aicost_record"),
      NGX_HTTP_AICOST_ANY|NGX_CONF_1MORE,
      ngx_http_aicost_record,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("aicost_console"),
      NGX_HTTP_LOC_CONF|NGX_CONF_NOARGS|NGX_CONF_TAKE12,
      ngx_http_aicost_console,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("aicost_metrics"),
      NGX_HTTP_LOC_CONF|NGX_CONF_NOARGS,
      ngx_http_aicost_metrics,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

      ngx_null_command
};


static ngx_http_module_t  ngx_aicost_module_ctx = {
    ngx_http_aicost_add_vars,              /* preconfiguration */
    ngx_http_aicost_init,                  /* postconfiguration */

    ngx_http_aicost_create_main_conf,      /* create main configuration */
    ngx_http_aicost_init_main_conf,        /* init main configuration */

    NULL,                                  /* create server configuration */
    NULL,                                  /* merge server configuration */

    ngx_http_aicost_create_loc_conf,       /* create location configuration */
    ngx_http_aicost_merge_loc_conf         /* merge location configuration */
};


ngx_module_t  ngx_aicost_module = {
    NGX_MODULE_V1,
    &ngx_aicost_module_ctx,                /* module context */
    ngx_http_aicost_commands,              /* module directives */
    NGX_HTTP_MODULE,                       /* module type */
    NULL,                                  /* init master */
    ngx_http_aicost_init_module,           /* init module */
    ngx_http_aicost_init_process,          /* init process */
    NULL,                                  /* init thread */
    NULL,                                  /* exit thread */
    ngx_http_aicost_exit_process,          /* exit process */
    ngx_http_aicost_exit_master,           /* exit master */
    NGX_MODULE_V1_PADDING
};


int64_t
ngx_http_aicost_now(void)
{
    ngx_time_t  *tp;

    tp = ngx_timeofday();

    return (int64_t) tp->sec * 1000 + tp->msec;
}


/* the request's context, made on first use in any phase; NULL without memory
   or where aicost is not configured */

ngx_http_aicost_ctx_t *
ngx_http_aicost_get_ctx(ngx_http_request_t *r)
{
    ngx_http_aicost_ctx_t        *ctx;
    ngx_http_aicost_loc_conf_t   *alcf;
    ngx_http_aicost_main_conf_t  *amcf;

    alcf = ngx_http_get_module_loc_conf(r, ngx_aicost_module);

    ctx = ngx_http_get_module_ctx(r, ngx_aicost_module);

    if (ctx) {

        if (ctx->alcf != alcf && !ctx->asked && ctx->error == AICOST_R_OK) {
            /* first read before the location was found, or an `if` chose
               another: who asks is read again under its directives */
            ctx->alcf = alcf;
            ctx->known = 0;
        }

        return ctx;
    }

    amcf = ngx_http_get_module_main_conf(r, ngx_aicost_module);

    if (amcf->zone == NULL) {
        return NULL;
    }

    ctx = ngx_palloc(r->pool, sizeof(ngx_http_aicost_ctx_t));
    if (ctx == NULL) {
        return NULL;
    }

    ngx_memzero(ctx, offsetof(ngx_http_aicost_ctx_t, claims));

    ctx->request = r;
    ctx->amcf = amcf;
    ctx->alcf = alcf;
    ctx->cap = -1;
    ctx->left = -1;
    ctx->retry = -1;
    ctx->tier = AICOST_NO_TIER;

    ngx_http_aicost_new_rid(ctx);
    ngx_hex_dump(ctx->id, ctx->rid, AICOST_ID);

    ngx_http_set_ctx(r, ctx, ngx_aicost_module);

    return ctx;
}


/* unique: random, process, a counter all workers share */

void
ngx_http_aicost_new_rid(ngx_http_aicost_ctx_t *ctx)
{
    uint64_t  a, b;

    a = ((uint64_t) (uint32_t) ngx_random() << 32) | (uint32_t) ngx_random();
    b = ((uint64_t) (uint32_t) ngx_pid << 32)
        | (uint32_t) ngx_atomic_fetch_add(&ctx->amcf->shared->requests, 1);
    b ^= (uint64_t) ngx_http_aicost_now() << 20;

    ngx_memcpy(ctx->rid, &a, 8);
    ngx_memcpy(ctx->rid + 8, &b, 8);
}


static ngx_int_t
ngx_http_aicost_add_vars(ngx_conf_t *cf)
{
    return ngx_http_aicost_add_variables(cf);
}


static ngx_int_t
ngx_http_aicost_init(ngx_conf_t *cf)
{
    ngx_http_handler_pt          *h;
    ngx_http_core_main_conf_t    *cmcf;
    ngx_http_aicost_main_conf_t  *amcf;

    amcf = ngx_http_conf_get_module_main_conf(cf, ngx_aicost_module);

    if (amcf->zone == NULL) {
        return NGX_OK;
    }

    if (ngx_http_aicost_install_filters(cf) != NGX_OK
        || ngx_http_aicost_probe_maps(cf) != NGX_OK)
    {
        return NGX_ERROR;
    }

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);

    h = ngx_array_push(&cmcf->phases[NGX_HTTP_LOG_PHASE].handlers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    *h = ngx_http_aicost_log_handler;

    return NGX_OK;
}


static void *
ngx_http_aicost_create_main_conf(ngx_conf_t *cf)
{
    ngx_http_aicost_main_conf_t  *amcf;

    amcf = ngx_pcalloc(cf->pool, sizeof(ngx_http_aicost_main_conf_t));
    if (amcf == NULL) {
        return NULL;
    }

    amcf->lease = NGX_CONF_UNSET_MSEC;

    if (ngx_array_init(&amcf->providers, cf->pool, 4, sizeof(void *)) != NGX_OK
        || ngx_array_init(&amcf->tiers, cf->pool, 4, sizeof(aicost_tier_t))
           != NGX_OK
        || ngx_array_init(&amcf->places, cf->pool, 4,
                          sizeof(ngx_http_aicost_place_t)) != NGX_OK
        || ngx_array_init(&amcf->budgets, cf->pool, 4, sizeof(void *))
           != NGX_OK
        || ngx_array_init(&amcf->rates, cf->pool, 4, sizeof(void *)) != NGX_OK
        || ngx_array_init(&amcf->consoles, cf->pool, 2, AICOST_DIGEST)
           != NGX_OK
        || ngx_array_init(&amcf->health, cf->pool, 8, sizeof(ngx_str_t))
           != NGX_OK)
    {
        return NULL;
    }

    amcf->allowance_ppm = NGX_CONF_UNSET;

    ngx_queue_init(&amcf->live);
    ngx_queue_init(&amcf->deciding);
    ngx_queue_init(&amcf->decisions);
    ngx_queue_init(&amcf->flights);

    return amcf;
}


static char *
ngx_http_aicost_init_main_conf(ngx_conf_t *cf, void *conf)
{
    ngx_http_aicost_main_conf_t  *amcf = conf;

    if (amcf->zone == NULL) {
        return NGX_CONF_OK;
    }

    ngx_conf_init_msec_value(amcf->lease, 60000);

    return ngx_http_aicost_check_conf(cf, amcf);
}


static void *
ngx_http_aicost_create_loc_conf(ngx_conf_t *cf)
{
    ngx_http_aicost_loc_conf_t  *alcf;

    alcf = ngx_pcalloc(cf->pool, sizeof(ngx_http_aicost_loc_conf_t));
    if (alcf == NULL) {
        return NULL;
    }

    /*
     * set by ngx_pcalloc():
     *
     *     alcf->anonymous = { 0, NULL };
     *     alcf->region = { 0, NULL };
     *     alcf->off_rates = 0;
     *     alcf->console = 0;
     */

    alcf->pass = NULL;
    alcf->user = NGX_CONF_UNSET_PTR;
    alcf->session = NGX_CONF_UNSET_PTR;
    alcf->use_case = NGX_CONF_UNSET_PTR;
    alcf->cors = NGX_CONF_UNSET_PTR;
    alcf->record = NGX_CONF_UNSET_PTR;
    alcf->output_default = NGX_CONF_UNSET_UINT;
    alcf->output_min = NGX_CONF_UNSET_UINT;
    alcf->body_max = NGX_CONF_UNSET_SIZE;
    alcf->answer_buffer = NGX_CONF_UNSET_SIZE;
    alcf->after_send = NGX_CONF_UNSET_UINT;
    alcf->lenient = NGX_CONF_UNSET_UINT;
    alcf->references = NGX_CONF_UNSET_UINT;
    alcf->dry_run = NGX_CONF_UNSET;
    alcf->log_level = NGX_CONF_UNSET_UINT;
    alcf->drain_size = NGX_CONF_UNSET_SIZE;
    alcf->drain_time = NGX_CONF_UNSET_MSEC;
    alcf->drain_max = NGX_CONF_UNSET_UINT;
    alcf->metrics = NGX_CONF_UNSET;

    return alcf;
}


static char *
ngx_http_aicost_merge_loc_conf(ngx_conf_t *cf, void *parent, void *child)
{
    ngx_http_aicost_loc_conf_t  *prev = parent;
    ngx_http_aicost_loc_conf_t  *conf = child;

    char                         *rv;
    ngx_conf_file_t               at, *file;
    ngx_http_core_loc_conf_t     *clcf;
    ngx_http_aicost_main_conf_t  *amcf;

    ngx_conf_merge_str_value(conf->anonymous, prev->anonymous, "");
    ngx_conf_merge_ptr_value(conf->user, prev->user, NULL);
    ngx_conf_merge_ptr_value(conf->session, prev->session, NULL);
    ngx_conf_merge_ptr_value(conf->use_case, prev->use_case, NULL);
    ngx_conf_merge_ptr_value(conf->cors, prev->cors, NULL);
    ngx_conf_merge_ptr_value(conf->record, prev->record, NULL);
    ngx_conf_merge_str_value(conf->region, prev->region, "");
    ngx_conf_merge_str_value(conf->retention, prev->retention, "");
    ngx_conf_merge_uint_value(conf->output_default, prev->output_default,
                              4096);
    ngx_conf_merge_uint_value(conf->output_min, prev->output_min, 64);
    ngx_conf_merge_size_value(conf->body_max, prev->body_max,
                              8 * 1024 * 1024);
    ngx_conf_merge_size_value(conf->answer_buffer, prev->answer_buffer,
                              1024 * 1024);
    ngx_conf_merge_uint_value(conf->after_send, prev->after_send, 0);
    ngx_conf_merge_uint_value(conf->lenient, prev->lenient, 0);
    ngx_conf_merge_uint_value(conf->references, prev->references, 0);
    ngx_conf_merge_value(conf->dry_run, prev->dry_run, 0);
    ngx_conf_merge_uint_value(conf->log_level, prev->log_level, NGX_LOG_WARN);
    ngx_conf_merge_size_value(conf->drain_size, prev->drain_size,
                              1024 * 1024);
    ngx_conf_merge_msec_value(conf->drain_time, prev->drain_time, 30000);
    ngx_conf_merge_uint_value(conf->drain_max, prev->drain_max, 64);

    if (ngx_http_aicost_merge_list(cf, &conf->rates, prev->rates,
                                   conf->off_rates) != NGX_OK
        || ngx_http_aicost_merge_list(cf, &conf->budgets, prev->budgets,
                                      conf->off_budgets) != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    if (conf->pass == NULL && prev->pass && clcf->noname) {
        /* an `if` block inside the location */
        conf->pass = prev->pass;
        conf->pass_variable = prev->pass_variable;
        conf->place = prev->place;
        clcf->handler = ngx_http_aicost_handler;
    }

    if (conf->pass == NULL) {
        return NGX_CONF_OK;
    }

    /* the body is read whole: nginx's defaults (16k in memory, 1m at most)
       would send it through a temporary file, or refuse it without our error */

    if (clcf->client_body_buffer_size <= 4 * (size_t) ngx_pagesize) {
        clcf->client_body_buffer_size = 1024 * 1024;
    }

    clcf->client_max_body_size = conf->body_max;

    amcf = ngx_http_conf_get_module_main_conf(cf, ngx_aicost_module);

    if (amcf->zone == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"aicost_pass\" needs \"aicost_zone\" in the "
                           "http block, for example \"aicost_zone 64m;\"");
        return NGX_CONF_ERROR;
    }

    if (ngx_http_aicost_loc_providers(cf, amcf, conf) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    /* what is wrong with the location is said where its aicost_pass stands */

    file = cf->conf_file;

    at = *file;
    at.file.name.data = conf->place.file;
    at.line = conf->place.line;

    cf->conf_file = &at;
    rv = ngx_http_aicost_check_loc(cf, amcf, conf);
    cf->conf_file = file;

    return rv;
}


/* rates and budgets of outer levels add up; "off" clears them */

static ngx_int_t
ngx_http_aicost_merge_list(ngx_conf_t *cf, ngx_array_t **conf,
    ngx_array_t *prev, ngx_uint_t off)
{
    void         **own, **all;
    ngx_uint_t     i;
    ngx_array_t   *list;

    if (off || prev == NULL) {
        return NGX_OK;
    }

    if (*conf == NULL) {
        *conf = prev;
        return NGX_OK;
    }

    list = ngx_array_create(cf->pool, prev->nelts + (*conf)->nelts,
                            sizeof(void *));
    if (list == NULL) {
        return NGX_ERROR;
    }

    all = ngx_array_push_n(list, prev->nelts + (*conf)->nelts);
    if (all == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(all, prev->elts, prev->nelts * sizeof(void *));

    own = (*conf)->elts;

    for (i = 0; i < (*conf)->nelts; i++) {
        all[prev->nelts + i] = own[i];
    }

    *conf = list;

    return NGX_OK;
}


static ngx_http_aicost_main_conf_t *
ngx_http_aicost_cycle_conf(ngx_cycle_t *cycle)
{
    ngx_http_aicost_main_conf_t  *amcf;

    if (ngx_get_conf(cycle->conf_ctx, ngx_http_module) == NULL) {
        return NULL;
    }

    amcf = ngx_http_cycle_get_module_main_conf(cycle, ngx_aicost_module);

    return (amcf && amcf->zone) ? amcf : NULL;
}


static ngx_int_t
ngx_http_aicost_init_module(ngx_cycle_t *cycle)
{
    ngx_http_aicost_main_conf_t  *amcf;

    amcf = ngx_http_aicost_cycle_conf(cycle);

    if (amcf == NULL || ngx_test_config) {
        return NGX_OK;
    }

    ngx_http_aicost_record_prepare(cycle);

    return ngx_http_aicost_state_prepare(cycle, amcf);
}


static ngx_int_t
ngx_http_aicost_init_process(ngx_cycle_t *cycle)
{
    ngx_http_aicost_main_conf_t  *amcf;

    amcf = ngx_http_aicost_cycle_conf(cycle);

    if (amcf == NULL
        || (ngx_process != NGX_PROCESS_WORKER
            && ngx_process != NGX_PROCESS_SINGLE))
    {
        return NGX_OK;
    }

    amcf->tape.json = ngx_palloc(cycle->pool, sizeof(aicost_json_t));
    amcf->tape.nodes = ngx_palloc(cycle->pool, NGX_HTTP_AICOST_TAPE
                                               * sizeof(aicost_json_node_t));

    if (amcf->tape.json == NULL || amcf->tape.nodes == NULL) {
        return NGX_ERROR;
    }

    if (ngx_http_aicost_attach(amcf) != NGX_OK
        || ngx_http_aicost_peers_start(cycle, amcf) != NGX_OK
        || ngx_http_aicost_fleet_start(cycle, amcf) != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_http_aicost_state_start(cycle, amcf);
}


static void
ngx_http_aicost_exit_process(ngx_cycle_t *cycle)
{
    ngx_queue_t                  *q;
    ngx_http_aicost_ctx_t        *ctx;
    ngx_http_aicost_main_conf_t  *amcf;

    amcf = ngx_http_aicost_cycle_conf(cycle);

    if (amcf == NULL
        || (ngx_process != NGX_PROCESS_WORKER
            && ngx_process != NGX_PROCESS_SINGLE))
    {
        return;
    }

    /* a fast shutdown runs no pool cleanups: settle what still holds money */

    while (!ngx_queue_empty(&amcf->live)) {
        q = ngx_queue_head(&amcf->live);
        ctx = ngx_queue_data(q, ngx_http_aicost_ctx_t, queue);
        ngx_http_aicost_abandon(ctx);
    }

    ngx_http_aicost_thread_stop();
    ngx_http_aicost_fleet_stop(amcf);
    ngx_http_aicost_peers_stop(amcf);
    ngx_http_aicost_state_stop(cycle, amcf);
}


/* a worker that settled while another one had the journal left it to us */

static void
ngx_http_aicost_exit_master(ngx_cycle_t *cycle)
{
    ngx_http_aicost_main_conf_t  *amcf;

    amcf = ngx_http_aicost_cycle_conf(cycle);

    if (amcf && amcf->shared) {
        ngx_http_aicost_state_flush(cycle, amcf);
    }
}
