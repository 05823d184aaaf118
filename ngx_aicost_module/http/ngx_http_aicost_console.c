
/*
 * Copyright (C) aicost
 *
 * The console's JSON API.  Every call needs the operator's token; writing
 * needs write=on beside it.
 */


#include "ngx_http_aicost_module.h"


#define NGX_HTTP_AICOST_CONSOLE_BODY  4096
#define NGX_HTTP_AICOST_CONSOLE_TRIES 20     /* while a worker's link is coming
                                                up */
#define NGX_HTTP_AICOST_CONSOLE_WAIT  100    /* ms between them */


typedef struct ngx_http_aicost_work_s  ngx_http_aicost_work_t;

typedef ngx_int_t (*ngx_http_aicost_work_pt)(ngx_http_aicost_work_t *w);

struct ngx_http_aicost_work_s {
    ngx_http_aicost_order_t     order;
    ngx_http_request_t         *request;
    ngx_http_aicost_work_pt     next;        /* the order's answer is there */
    ngx_http_aicost_budget_t   *own;         /* its account is resumed too */
    ngx_str_t                   name;        /* mode, budget */
    ngx_str_t                   key;         /* share, key */
    ngx_str_t                   why;
    ngx_uint_t                  tries;
    ngx_event_t                 retry;
    unsigned                    changed:1;
    unsigned                    waits:1;
};


typedef struct {
    int64_t                     cost;        /* nano */
    int64_t                     saved;
    uint64_t                    requests;
    uint64_t                    refused;
} ngx_http_aicost_totals_t;


static ngx_int_t ngx_http_aicost_console_auth(ngx_http_request_t *r,
    ngx_http_aicost_loc_conf_t *alcf);
static ngx_int_t ngx_http_aicost_console_error(ngx_http_request_t *r,
    ngx_uint_t status, const char *code);
static ngx_uint_t ngx_http_aicost_console_is(ngx_http_request_t *r,
    const char *path);
static ngx_int_t ngx_http_aicost_console_order(ngx_http_aicost_work_t *w);
static void ngx_http_aicost_console_retry(ngx_event_t *ev);
static void ngx_http_aicost_console_ordered(ngx_http_aicost_order_t *order);
static void ngx_http_aicost_console_gone(void *data);
static ngx_http_aicost_work_t *ngx_http_aicost_console_work(
    ngx_http_request_t *r, ngx_http_aicost_order_e kind,
    ngx_http_aicost_work_pt next);
static ngx_int_t ngx_http_aicost_status(ngx_http_request_t *r);
static void ngx_http_aicost_totals(ngx_http_aicost_main_conf_t *amcf,
    ngx_http_aicost_totals_t *t);
static ngx_int_t ngx_http_aicost_status_known(ngx_http_aicost_work_t *w);
static ngx_int_t ngx_http_aicost_spend(ngx_http_request_t *r,
    ngx_http_aicost_main_conf_t *amcf);
static void ngx_http_aicost_console_body(ngx_http_request_t *r);
static ngx_int_t ngx_http_aicost_console_write(ngx_http_request_t *r);
static ngx_int_t ngx_http_aicost_set_mode(ngx_http_request_t *r,
    aicost_json_t *j);
static ngx_int_t ngx_http_aicost_mode_set(ngx_http_aicost_work_t *w);
static ngx_int_t ngx_http_aicost_set_kill(ngx_http_request_t *r,
    ngx_http_aicost_main_conf_t *amcf, aicost_json_t *j, ngx_uint_t on);
static ngx_int_t ngx_http_aicost_kill_set(ngx_http_aicost_work_t *w);


ngx_int_t
ngx_http_aicost_console_handler(ngx_http_request_t *r)
{
    ngx_int_t                     rc;
    ngx_http_aicost_loc_conf_t   *alcf;
    ngx_http_aicost_main_conf_t  *amcf;

    alcf = ngx_http_get_module_loc_conf(r, ngx_aicost_module);
    amcf = ngx_http_get_module_main_conf(r, ngx_aicost_module);

    if (ngx_http_aicost_console_auth(r, alcf) != NGX_OK) {
        rc = ngx_http_discard_request_body(r);

        return rc == NGX_OK
               ? ngx_http_aicost_console_error(r, NGX_HTTP_UNAUTHORIZED,
                                               "invalid_token") : rc;
    }

    if (r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD)) {

        rc = ngx_http_discard_request_body(r);

        if (rc != NGX_OK) {
            return rc;
        }

        if (ngx_http_aicost_console_is(r, "api/status")) {
            return ngx_http_aicost_status(r);
        }

        if (ngx_http_aicost_console_is(r, "api/spend")) {
            return ngx_http_aicost_spend(r, amcf);
        }

        return ngx_http_aicost_console_error(r, NGX_HTTP_NOT_FOUND,
                                             "not_found");
    }

    if (r->method != NGX_HTTP_POST) {
        return NGX_HTTP_NOT_ALLOWED;
    }

    if (!alcf->console_write) {
        rc = ngx_http_discard_request_body(r);

        return rc == NGX_OK
               ? ngx_http_aicost_console_error(r, NGX_HTTP_FORBIDDEN,
                                               "read_only") : rc;
    }

    if (r->headers_in.content_length_n > NGX_HTTP_AICOST_CONSOLE_BODY) {
        return NGX_HTTP_REQUEST_ENTITY_TOO_LARGE;
    }

    r->request_body_in_single_buf = 1;

    rc = ngx_http_read_client_request_body(r, ngx_http_aicost_console_body);

    return rc >= NGX_HTTP_SPECIAL_RESPONSE ? rc : NGX_DONE;
}


static ngx_int_t
ngx_http_aicost_console_auth(ngx_http_request_t *r,
    ngx_http_aicost_loc_conf_t *alcf)
{
    u_char            digest[AICOST_DIGEST];
    ngx_str_t         value;
    ngx_uint_t        n;
    ngx_table_elt_t  *h;

    h = ngx_http_aicost_header(r, "authorization", 13, &n);

    if (h == NULL || n != 1 || h->value.len < 8
        || ngx_strncasecmp(h->value.data, (u_char *) "Bearer ", 7) != 0)
    {
        return NGX_DECLINED;
    }

    value.data = h->value.data + 7;
    value.len = h->value.len - 7;

    ngx_http_aicost_digest(value.data, value.len, digest);

    return aicost_digest_equal(digest, alcf->console_token) ? NGX_OK
                                                            : NGX_DECLINED;
}


static ngx_int_t
ngx_http_aicost_console_error(ngx_http_request_t *r, ngx_uint_t status,
    const char *code)
{
    u_char     *p;
    ngx_int_t   rc;

    p = ngx_pnalloc(r->pool, 128);
    if (p == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    rc = ngx_sprintf(p, "{\"error\":{\"code\":\"%s\"}}", code) - p;

    return ngx_http_aicost_send_json(r, status, p, rc);
}


static ngx_uint_t
ngx_http_aicost_console_is(ngx_http_request_t *r, const char *path)
{
    size_t                     len, skip;
    ngx_http_core_loc_conf_t  *clcf;

    clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);

    len = ngx_strlen(path);
    skip = ngx_min(clcf->name.len, r->uri.len);

    while (skip < r->uri.len && r->uri.data[skip] == '/') {
        skip++;
    }

    return r->uri.len - skip == len
           && ngx_memcmp(r->uri.data + skip, path, len) == 0;
}


static u_char *
ngx_http_aicost_put_money(u_char *p, u_char *last, const char *name,
    int64_t nano)
{
    u_char     number[40];
    ngx_str_t  s;

    s.data = number;
    s.len = ngx_http_aicost_money(number, nano) - number;

    return ngx_slprintf(p, last, "\"%s\":%V", name, &s);
}


/* --- an order, or a question, that the store may have to be waited for ---- */

static ngx_int_t
ngx_http_aicost_console_order(ngx_http_aicost_work_t *w)
{
    ngx_int_t                     rc;
    ngx_pool_cleanup_t           *cln;
    ngx_http_request_t           *r;
    ngx_http_aicost_main_conf_t  *amcf;

    r = w->request;
    amcf = ngx_http_get_module_main_conf(r, ngx_aicost_module);

    w->order.handler = ngx_http_aicost_console_ordered;
    w->order.data = w;

    cln = ngx_pool_cleanup_add(r->pool, 0);
    if (cln == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    rc = ngx_http_aicost_fleet_order(amcf, &w->order);

    if (rc == NGX_OK) {

        if (w->order.rc != AICOST_ERROR || amcf->fleet == NULL
            || amcf->shared->fleet.down
            || w->tries++ == NGX_HTTP_AICOST_CONSOLE_TRIES)
        {
            return w->next(w);
        }

        /* the store is there, this worker is about to reach it */

        w->retry.handler = ngx_http_aicost_console_retry;
        w->retry.data = w;
        w->retry.log = r->connection->log;

        ngx_add_timer(&w->retry, NGX_HTTP_AICOST_CONSOLE_WAIT);

    } else {
        w->waits = 1;
    }

    r->main->count++;

    cln->handler = ngx_http_aicost_console_gone;
    cln->data = w;

    return NGX_DONE;
}


static void
ngx_http_aicost_console_retry(ngx_event_t *ev)
{
    ngx_connection_t        *c;
    ngx_http_request_t      *r;
    ngx_http_aicost_work_t  *w;

    w = ev->data;
    r = w->request;
    c = r->connection;

    ngx_http_set_log_request(c->log, r);
    ngx_http_finalize_request(r, ngx_http_aicost_console_order(w));
    ngx_http_run_posted_requests(c);
}


static void
ngx_http_aicost_console_ordered(ngx_http_aicost_order_t *order)
{
    ngx_connection_t        *c;
    ngx_http_request_t      *r;
    ngx_http_aicost_work_t  *w;

    w = order->data;
    r = w->request;
    c = r->connection;

    w->waits = 0;

    ngx_http_set_log_request(c->log, r);
    ngx_http_finalize_request(r, w->next(w));
    ngx_http_run_posted_requests(c);
}


static void
ngx_http_aicost_console_gone(void *data)
{
    ngx_http_aicost_work_t  *w = data;

    if (w->retry.timer_set) {
        ngx_del_timer(&w->retry);
    }

    if (w->waits) {
        ngx_http_aicost_fleet_cancel(
            ngx_http_get_module_main_conf(w->request, ngx_aicost_module),
            &w->order);
    }
}


static ngx_http_aicost_work_t *
ngx_http_aicost_console_work(ngx_http_request_t *r,
    ngx_http_aicost_order_e kind, ngx_http_aicost_work_pt next)
{
    ngx_http_aicost_work_t  *w;

    w = ngx_pcalloc(r->pool, sizeof(ngx_http_aicost_work_t));

    if (w) {
        w->request = r;
        w->next = next;
        w->order.kind = kind;
    }

    return w;
}


static ngx_int_t
ngx_http_aicost_status(ngx_http_request_t *r)
{
    ngx_http_aicost_work_t  *w;

    w = ngx_http_aicost_console_work(r, NGX_HTTP_AICOST_ORDER_LATCHES,
                                     ngx_http_aicost_status_known);

    return w ? ngx_http_aicost_console_order(w)
             : NGX_HTTP_INTERNAL_SERVER_ERROR;
}


/* since the zone was made */

static void
ngx_http_aicost_totals(ngx_http_aicost_main_conf_t *amcf,
    ngx_http_aicost_totals_t *t)
{
    ngx_uint_t              i;
    ngx_http_aicost_row_t  *row;

    ngx_memzero(t, sizeof(ngx_http_aicost_totals_t));

    for (i = 0; i < NGX_HTTP_AICOST_SERIES; i++) {
        row = &amcf->shared->rows[i];

        if (row->key == 0) {
            continue;
        }

        if (row->kind == NGX_HTTP_AICOST_ROW_CALL) {
            t->cost = aicost_add(t->cost, (int64_t) row->cost);
            t->saved = aicost_add(t->saved, (int64_t) row->saved);
            t->requests += row->requests;

        } else if (row->kind == NGX_HTTP_AICOST_ROW_REFUSED) {
            t->refused += row->requests;
        }
    }
}


/* a shared store that does not answer is a state too, not an error: that is
   when an operator looks */

static ngx_int_t
ngx_http_aicost_status_known(ngx_http_aicost_work_t *w)
{
    u_char                       *p, *last, *start;
    int64_t                       now;
    uint32_t                      i, n;
    aicost_latch_t               *latches;
    aicost_store_t               *store;
    aicost_state_t                state;
    aicost_shm_stat_t             stat;
    ngx_http_request_t           *r;
    ngx_http_aicost_totals_t      t;
    ngx_http_aicost_main_conf_t  *amcf;

    r = w->request;
    amcf = ngx_http_get_module_main_conf(r, ngx_aicost_module);
    latches = w->order.latches;
    n = w->order.nlatches;

    start = ngx_pnalloc(r->pool, 16384);
    if (start == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    last = start + 16384;
    store = &amcf->store;
    now = ngx_http_aicost_now();

    ngx_http_aicost_totals(amcf, &t);

    if (store->ops->state(store, now, &state) != AICOST_OK
        || (w->order.rc != AICOST_OK && amcf->fleet == NULL))
    {
        return ngx_http_aicost_console_error(r,
                                             NGX_HTTP_SERVICE_UNAVAILABLE,
                                             "budget_store_unavailable");
    }

    aicost_store_shm_stat(&amcf->room, &stat);

    p = ngx_slprintf(start, last, "{\"version\":1,\"aicost\":\"%s\","
                     "\"store\":\"%s\",\"journal\":\"%s\",\"currency\":\"%s\","
                     "\"mode\":\"%s\",\"share_ppm\":%L,\"requests\":%uL,"
                     "\"refused\":%uL,", AICOST_VERSION, store->ops->name,
                     amcf->state.len == 0 ? "off"
                     : amcf->shared->journal_failed ? "failing" : "ok",
                     amcf->currency,
                     state.mode == AICOST_MODE_DOWNGRADE ? "downgrade"
                                                         : "normal",
                     state.share_ppm, t.requests, t.refused);

    p = ngx_http_aicost_put_money(p, last, "cost", t.cost);
    p = ngx_slprintf(p, last, ",");
    p = ngx_http_aicost_put_money(p, last, "saved", t.saved);

    p = ngx_slprintf(p, last, ",\"accounts\":%uD,\"accounts_max\":%uD,"
                     "\"open\":%uD,\"open_max\":%uD,\"rollbacks\":%uL,"
                     "\"usage_unreadable\":%uA,"
                     "\"prices_loaded\":%L,\"consumers_loaded\":%L,"
                     "\"kill_all\":%s,\"kills\":[",
                     stat.used_accounts, stat.accounts,
                     stat.open_reservations, stat.reservations,
                     stat.rollbacks, amcf->shared->settle_unread,
                     amcf->shared->files[NGX_HTTP_AICOST_PRICES].loaded,
                     amcf->shared->files[NGX_HTTP_AICOST_CONSUMERS].loaded,
                     state.kill_all ? "true" : "false");

    for (i = 0; i < n; i++) {
        ngx_http_aicost_latch_label(amcf, &latches[i]);

        p = ngx_slprintf(p, last, "%s{\"label\":\"", i ? "," : "");
        p = aicost_json_escape(p, last, (u_char *) latches[i].label,
                               ngx_strnlen((u_char *) latches[i].label, 64));
        p = ngx_slprintf(p, last, "\",\"why\":\"");
        p = aicost_json_escape(p, last, (u_char *) latches[i].why,
                               ngx_strnlen((u_char *) latches[i].why, 64));
        p = ngx_slprintf(p, last, "\",\"at\":%L,\"gen\":%uL}", latches[i].at,
                         latches[i].gen);
    }

    p = ngx_slprintf(p, last, "]");

    if (amcf->fleet) {
        p = ngx_http_aicost_fleet_json(amcf, p, last);
    }

    p = ngx_slprintf(p, last, "}");

    return ngx_http_aicost_send_json(r, NGX_HTTP_OK, start, p - start);
}


/* sums since the zone was made, by tier, model, consumer or use_case */

static ngx_int_t
ngx_http_aicost_spend(ngx_http_request_t *r,
    ngx_http_aicost_main_conf_t *amcf)
{
    char                   *label;
    u_char                 *p, *last, *start;
    size_t                  offset;
    ngx_str_t               by;
    ngx_uint_t              i, k, n;
    ngx_http_aicost_row_t  *row;
    struct {
        char               *label;
        int64_t             cost;
        int64_t             saved;
        uint64_t            requests;
        uint64_t            in;
        uint64_t            out;
    }                      *sums;

    if (ngx_http_arg(r, (u_char *) "by", 2, &by) != NGX_OK) {
        ngx_str_set(&by, "consumer");
    }

    if (by.len == 4 && ngx_strncmp(by.data, "tier", 4) == 0) {
        offset = offsetof(ngx_http_aicost_row_t, tier);

    } else if (by.len == 5 && ngx_strncmp(by.data, "model", 5) == 0) {
        offset = offsetof(ngx_http_aicost_row_t, model);

    } else if (by.len == 8 && ngx_strncmp(by.data, "consumer", 8) == 0) {
        offset = offsetof(ngx_http_aicost_row_t, consumer);

    } else if (by.len == 8 && ngx_strncmp(by.data, "use_case", 8) == 0) {
        offset = offsetof(ngx_http_aicost_row_t, use_case);

    } else {
        return ngx_http_aicost_console_error(r, NGX_HTTP_BAD_REQUEST,
                                             "invalid_parameter");
    }

    sums = ngx_pcalloc(r->pool, NGX_HTTP_AICOST_SERIES * sizeof(*sums));
    if (sums == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    n = 0;

    for (i = 0; i < NGX_HTTP_AICOST_SERIES; i++) {
        row = &amcf->shared->rows[i];

        if (row->key == 0 || row->kind != NGX_HTTP_AICOST_ROW_CALL) {
            continue;
        }

        label = (char *) row + offset;

        for (k = 0; k < n; k++) {
            if (ngx_strcmp(sums[k].label, label) == 0) {
                break;
            }
        }

        if (k == n) {
            sums[n++].label = label;
        }

        sums[k].cost = aicost_add(sums[k].cost, (int64_t) row->cost);
        sums[k].saved = aicost_add(sums[k].saved, (int64_t) row->saved);
        sums[k].requests += row->requests;
        sums[k].in += row->tokens_in;
        sums[k].out += row->tokens_out;
    }

    start = ngx_pnalloc(r->pool, 256 + n * 1024);
    if (start == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    last = start + 256 + n * 1024;

    p = ngx_slprintf(start, last, "{\"by\":\"%V\",\"currency\":\"%s\","
                     "\"rows\":[", &by, amcf->currency);

    for (k = 0; k < n; k++) {
        p = ngx_slprintf(p, last, "%s{\"name\":\"", k ? "," : "");
        p = aicost_json_escape(p, last, (u_char *) sums[k].label,
                               ngx_strlen(sums[k].label));
        p = ngx_slprintf(p, last, "\",\"requests\":%uL,", sums[k].requests);
        p = ngx_http_aicost_put_money(p, last, "cost", sums[k].cost);
        p = ngx_slprintf(p, last, ",");
        p = ngx_http_aicost_put_money(p, last, "saved", sums[k].saved);
        p = ngx_slprintf(p, last, ",\"tokens_in\":%uL,\"tokens_out\":%uL}",
                         sums[k].in, sums[k].out);
    }

    p = ngx_slprintf(p, last, "]}");

    return ngx_http_aicost_send_json(r, NGX_HTTP_OK, start, p - start);
}


/* --- writing ------------------------------------------------------------- */

static void
ngx_http_aicost_console_body(ngx_http_request_t *r)
{
    ngx_http_finalize_request(r, ngx_http_aicost_console_write(r));
}


static ngx_int_t
ngx_http_aicost_console_write(ngx_http_request_t *r)
{
    ngx_buf_t                    *b;
    aicost_json_t                *j;
    aicost_json_node_t           *nodes;
    ngx_http_aicost_main_conf_t  *amcf;

    amcf = ngx_http_get_module_main_conf(r, ngx_aicost_module);

    if (r->request_body == NULL || r->request_body->bufs == NULL
        || r->request_body->bufs->next
        || r->request_body->bufs->buf->in_file)
    {
        return ngx_http_aicost_console_error(r, NGX_HTTP_BAD_REQUEST,
                                             "empty_body");
    }

    b = r->request_body->bufs->buf;

    j = ngx_palloc(r->pool, sizeof(aicost_json_t));
    nodes = ngx_palloc(r->pool, 64 * sizeof(aicost_json_node_t));

    if (j == NULL || nodes == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    aicost_json_init(j, b->pos, b->last - b->pos, nodes, 64);

    if (aicost_json_run(j, NGX_HTTP_AICOST_SLICE) != AICOST_OK
        || nodes[0].type != AICOST_JSON_OBJECT)
    {
        return ngx_http_aicost_console_error(r, NGX_HTTP_BAD_REQUEST,
                                             "invalid_json");
    }

    if (ngx_http_aicost_console_is(r, "api/mode")) {
        return ngx_http_aicost_set_mode(r, j);
    }

    if (ngx_http_aicost_console_is(r, "api/kill")) {
        return ngx_http_aicost_set_kill(r, amcf, j, 1);
    }

    if (ngx_http_aicost_console_is(r, "api/resume")) {
        return ngx_http_aicost_set_kill(r, amcf, j, 0);
    }

    return ngx_http_aicost_console_error(r, NGX_HTTP_NOT_FOUND, "not_found");
}


/* a string member, unescaped; NGX_DECLINED when absent or null */

static ngx_int_t
ngx_http_aicost_member(ngx_http_request_t *r, aicost_json_t *j,
    const char *name, ngx_str_t *value)
{
    uint32_t  n;

    ngx_str_null(value);

    n = aicost_json_get(j, 0, name);

    if (n == 0 || j->nodes[n].type == AICOST_JSON_NULL) {
        return NGX_DECLINED;
    }

    if (j->nodes[n].type != AICOST_JSON_STRING
        || j->nodes[n].len > AICOST_MAX_IDENT)
    {
        return NGX_ERROR;
    }

    value->data = ngx_pnalloc(r->pool, j->nodes[n].len + 1);
    if (value->data == NULL) {
        return NGX_ERROR;
    }

    value->len = aicost_json_unescape(j, n, value->data);
    value->data[value->len] = '\0';

    return NGX_OK;
}


static ngx_int_t
ngx_http_aicost_set_mode(ngx_http_request_t *r, aicost_json_t *j)
{
    ngx_http_aicost_work_t  *w;

    w = ngx_http_aicost_console_work(r, NGX_HTTP_AICOST_ORDER_MODE,
                                     ngx_http_aicost_mode_set);
    if (w == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (ngx_http_aicost_member(r, j, "mode", &w->name) != NGX_OK
        || ngx_http_aicost_member(r, j, "share", &w->key) == NGX_ERROR
        || ngx_http_aicost_member(r, j, "why", &w->why) == NGX_ERROR)
    {
        goto invalid;
    }

    if (ngx_strcmp(w->name.data, "normal") == 0) {
        w->order.mode = AICOST_MODE_NORMAL;

    } else if (ngx_strcmp(w->name.data, "downgrade") == 0) {
        w->order.mode = AICOST_MODE_DOWNGRADE;
        w->order.share_ppm = 1000000;

        if (w->key.len
            && (aicost_percent_parse(w->key.data, w->key.len,
                                     &w->order.share_ppm) != AICOST_OK
                || w->order.share_ppm > 1000000))
        {
            goto invalid;
        }

    } else {
        goto invalid;
    }

    return ngx_http_aicost_console_order(w);

invalid:

    return ngx_http_aicost_console_error(r, NGX_HTTP_BAD_REQUEST,
                                         "invalid_parameter");
}


static ngx_int_t
ngx_http_aicost_mode_set(ngx_http_aicost_work_t *w)
{
    u_char              *p;
    ngx_http_request_t  *r;

    r = w->request;

    if (w->order.rc == AICOST_ERROR) {
        return ngx_http_aicost_console_error(r,
                                             NGX_HTTP_SERVICE_UNAVAILABLE,
                                             "budget_store_unavailable");
    }

    /* the audit line */

    ngx_log_error(NGX_LOG_NOTICE, r->connection->log, 0,
                  "aicost audit: mode %V %V, why \"%V\"", &w->name, &w->key,
                  &w->why);

    p = ngx_pnalloc(r->pool, 128);
    if (p == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_aicost_send_json(r, NGX_HTTP_OK, p,
                     ngx_sprintf(p, "{\"mode\":\"%V\",\"share_ppm\":%L}",
                                 &w->name, w->order.share_ppm) - p);
}


static ngx_int_t
ngx_http_aicost_set_kill(ngx_http_request_t *r,
    ngx_http_aicost_main_conf_t *amcf, aicost_json_t *j, ngx_uint_t on)
{
    ngx_int_t                   whole;
    ngx_uint_t                  i;
    aicost_latch_t             *latch;
    ngx_http_aicost_work_t     *w;
    ngx_http_aicost_budget_t  **b;

    w = ngx_http_aicost_console_work(r, on ? NGX_HTTP_AICOST_ORDER_KILL
                                           : NGX_HTTP_AICOST_ORDER_RESUME,
                                     ngx_http_aicost_kill_set);
    if (w == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    whole = ngx_http_aicost_member(r, j, "key", &w->key);

    if (whole == NGX_ERROR
        || ngx_http_aicost_member(r, j, "budget", &w->name) == NGX_ERROR
        || ngx_http_aicost_member(r, j, "why", &w->why) == NGX_ERROR)
    {
        return ngx_http_aicost_console_error(r, NGX_HTTP_BAD_REQUEST,
                                             "invalid_parameter");
    }

    latch = &w->order.latch;

    if (w->name.len) {
        b = amcf->budgets.elts;

        for (i = 0; i < amcf->budgets.nelts; i++) {
            if (b[i]->name.len == w->name.len
                && ngx_memcmp(b[i]->name.data, w->name.data, w->name.len) == 0)
            {
                break;
            }
        }

        if (i == amcf->budgets.nelts) {
            return ngx_http_aicost_console_error(r, NGX_HTTP_NOT_FOUND,
                                                 "unknown_budget");
        }

        if (whole == NGX_DECLINED) {
            ngx_memcpy(latch->latch, b[i]->whole, AICOST_ID);

            if (!on && b[i]->constant) {
                w->own = b[i];
            }

        } else {
            ngx_http_aicost_latch_id(&w->name, &w->key, latch->latch);
        }

        /* a key may be an address or a user: only the budget is shown */

        ngx_snprintf((u_char *) latch->label, sizeof(latch->label) - 1, "%V%s",
                     &w->name, w->key.len ? ":*" : "");

    } else {
        ngx_snprintf((u_char *) latch->label, sizeof(latch->label) - 1, "all");
    }

    ngx_snprintf((u_char *) latch->why, sizeof(latch->why) - 1, "%V", &w->why);
    latch->at = ngx_http_aicost_now();
    latch->until = INT64_MAX;

    return ngx_http_aicost_console_order(w);
}


static ngx_int_t
ngx_http_aicost_kill_set(ngx_http_aicost_work_t *w)
{
    u_char              *p;
    ngx_uint_t           on;
    ngx_http_request_t  *r;

    r = w->request;
    on = (w->order.kind == NGX_HTTP_AICOST_ORDER_KILL);

    if (w->order.rc == AICOST_OK) {
        w->changed = 1;
    }

    if (w->order.rc != AICOST_ERROR && w->own) {

        /* the one account there is may have passed its kill= mark */

        ngx_http_aicost_latch_id(&w->name, &w->own->key.value,
                                 w->order.latch.latch);
        w->own = NULL;

        return ngx_http_aicost_console_order(w);
    }

    if (w->order.rc == AICOST_ERROR) {
        return ngx_http_aicost_console_error(r,
                                             NGX_HTTP_SERVICE_UNAVAILABLE,
                                             "budget_store_unavailable");
    }

    ngx_log_error(NGX_LOG_NOTICE, r->connection->log, 0,
                  "aicost audit: %s \"%s\"%s, why \"%V\"",
                  on ? "kill" : "resume", w->order.latch.label,
                  w->changed ? "" : " (nothing changed)", &w->why);

    p = ngx_pnalloc(r->pool, 128);
    if (p == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_aicost_send_json(r, NGX_HTTP_OK, p,
                     ngx_sprintf(p, "{\"killed\":%s,\"changed\":%s,"
                                 "\"label\":\"%s\"}",
                                 on ? "true" : "false",
                                 w->changed ? "true" : "false",
                                 w->name.len ? "budget" : "all") - p);
}
