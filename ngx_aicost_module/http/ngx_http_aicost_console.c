
/*
 * Copyright (C) aicost
 *
 * The console's JSON API.  Every call needs the operator's token; writing
 * needs write=on beside it.
 */


#include "ngx_http_aicost_module.h"


#define NGX_HTTP_AICOST_CONSOLE_BODY  4096


static ngx_int_t ngx_http_aicost_console_auth(ngx_http_request_t *r,
    ngx_http_aicost_loc_conf_t *alcf);
static ngx_int_t ngx_http_aicost_console_error(ngx_http_request_t *r,
    ngx_uint_t status, const char *code);
static ngx_uint_t ngx_http_aicost_console_is(ngx_http_request_t *r,
    const char *path);
static ngx_int_t ngx_http_aicost_status(ngx_http_request_t *r,
    ngx_http_aicost_main_conf_t *amcf);
static ngx_int_t ngx_http_aicost_spend(ngx_http_request_t *r,
    ngx_http_aicost_main_conf_t *amcf);
static void ngx_http_aicost_console_body(ngx_http_request_t *r);
static ngx_int_t ngx_http_aicost_console_write(ngx_http_request_t *r);
static ngx_int_t ngx_http_aicost_set_mode(ngx_http_request_t *r,
    ngx_http_aicost_main_conf_t *amcf, aicost_json_t *j);
static ngx_int_t ngx_http_aicost_set_kill(ngx_http_request_t *r,
    ngx_http_aicost_main_conf_t *amcf, aicost_json_t *j, ngx_uint_t on);


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
            return ngx_http_aicost_status(r, amcf);
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

    h = ngx_http_aicost_header(r, "Authorization", 13, &n);

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


/* a latch that a budget set by itself has no label: budgets without a key are
   known by their id, of the others only the id can be shown */

static void
ngx_http_aicost_latch_label(ngx_http_aicost_main_conf_t *amcf,
    aicost_latch_t *latch)
{
    u_char                      id[AICOST_ID];
    ngx_uint_t                  i;
    ngx_http_aicost_budget_t  **b;

    if (latch->label[0]) {
        return;
    }

    b = amcf->budgets.elts;

    for (i = 0; i < amcf->budgets.nelts; i++) {

        if (!b[i]->constant) {
            continue;
        }

        ngx_http_aicost_latch_id(&b[i]->name, &b[i]->key.value, id);

        if (ngx_memcmp(id, latch->latch, AICOST_ID) == 0) {
            ngx_snprintf((u_char *) latch->label, sizeof(latch->label) - 1,
                         "%V", &b[i]->name);
            return;
        }
    }

    ngx_hex_dump((u_char *) latch->label, latch->latch, AICOST_ID);
}


static ngx_int_t
ngx_http_aicost_status(ngx_http_request_t *r,
    ngx_http_aicost_main_conf_t *amcf)
{
    u_char                    *p, *last, *start;
    int64_t                    now, cost, saved;
    uint32_t                   i, n;
    uint64_t                   requests, refused;
    aicost_store_t            *store;
    aicost_state_t             state;
    aicost_latch_t             latches[32];
    aicost_shm_stat_t          stat;
    ngx_http_aicost_row_t     *row;

    start = ngx_pnalloc(r->pool, 16384);
    if (start == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    last = start + 16384;
    store = &amcf->store;
    now = ngx_http_aicost_now();

    cost = 0;
    saved = 0;
    requests = 0;
    refused = 0;

    for (i = 0; i < NGX_HTTP_AICOST_SERIES; i++) {
        row = &amcf->shared->rows[i];

        if (row->key == 0) {
            continue;
        }

        if (row->kind == NGX_HTTP_AICOST_ROW_CALL) {
            cost = aicost_add(cost, (int64_t) row->cost);
            saved = aicost_add(saved, (int64_t) row->saved);
            requests += row->requests;

        } else if (row->kind == NGX_HTTP_AICOST_ROW_REFUSED) {
            refused += row->requests;
        }
    }

    if (store->ops->state(store, now, &state) != AICOST_OK
        || store->ops->latches(store, now, latches, 32, &n) != AICOST_OK)
    {
        return ngx_http_aicost_console_error(r,
                                             NGX_HTTP_SERVICE_UNAVAILABLE,
                                             "budget_store_unavailable");
    }

    aicost_store_shm_stat(store, &stat);

    p = ngx_slprintf(start, last, "{\"version\":1,\"aicost\":\"%s\","
                     "\"store\":\"%s\",\"journal\":\"%s\",\"currency\":\"%s\","
                     "\"mode\":\"%s\",\"share_ppm\":%L,\"requests\":%uL,"
                     "\"refused\":%uL,", AICOST_VERSION, store->ops->name,
                     amcf->state.len == 0 ? "off"
                     : amcf->shared->journal_failed ? "failing" : "ok",
                     amcf->currency,
                     state.mode == AICOST_MODE_DOWNGRADE ? "downgrade"
                                                         : "normal",
                     state.share_ppm, requests, refused);

    p = ngx_http_aicost_put_money(p, last, "cost", cost);
    p = ngx_slprintf(p, last, ",");
    p = ngx_http_aicost_put_money(p, last, "saved", saved);

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

    p = ngx_slprintf(p, last, "]}");

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
        return ngx_http_aicost_set_mode(r, amcf, j);
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
ngx_http_aicost_set_mode(ngx_http_request_t *r,
    ngx_http_aicost_main_conf_t *amcf, aicost_json_t *j)
{
    u_char          *p;
    int64_t          ppm;
    ngx_str_t        mode, share, why;
    aicost_mode_e    m;
    aicost_store_t  *store;

    store = &amcf->store;
    ppm = 0;

    if (ngx_http_aicost_member(r, j, "mode", &mode) != NGX_OK
        || ngx_http_aicost_member(r, j, "share", &share) == NGX_ERROR
        || ngx_http_aicost_member(r, j, "why", &why) == NGX_ERROR)
    {
        goto invalid;
    }

    if (ngx_strcmp(mode.data, "normal") == 0) {
        m = AICOST_MODE_NORMAL;

    } else if (ngx_strcmp(mode.data, "downgrade") == 0) {
        m = AICOST_MODE_DOWNGRADE;
        ppm = 1000000;

        if (share.len
            && (aicost_percent_parse(share.data, share.len, &ppm) != AICOST_OK
                || ppm > 1000000))
        {
            goto invalid;
        }

    } else {
        goto invalid;
    }

    if (store->ops->set_mode(store, m, ppm, ngx_http_aicost_now())
        == AICOST_ERROR)
    {
        return ngx_http_aicost_console_error(r,
                                             NGX_HTTP_SERVICE_UNAVAILABLE,
                                             "budget_store_unavailable");
    }

    /* the audit line */

    ngx_log_error(NGX_LOG_NOTICE, r->connection->log, 0,
                  "aicost audit: mode %V %V, why \"%V\"", &mode, &share, &why);

    p = ngx_pnalloc(r->pool, 128);
    if (p == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_aicost_send_json(r, NGX_HTTP_OK, p,
                     ngx_sprintf(p, "{\"mode\":\"%V\",\"share_ppm\":%L}",
                                 &mode, ppm) - p);

invalid:

    return ngx_http_aicost_console_error(r, NGX_HTTP_BAD_REQUEST,
                                         "invalid_parameter");
}


static ngx_int_t
ngx_http_aicost_set_kill(ngx_http_request_t *r,
    ngx_http_aicost_main_conf_t *amcf, aicost_json_t *j, ngx_uint_t on)
{
    int                         rc;
    u_char                     *p;
    ngx_int_t                   whole;
    ngx_str_t                   name, key, why;
    ngx_uint_t                  i;
    aicost_latch_t              latch;
    aicost_store_t             *store;
    ngx_http_aicost_budget_t   *own, **b;

    store = &amcf->store;

    whole = ngx_http_aicost_member(r, j, "key", &key);

    if (whole == NGX_ERROR
        || ngx_http_aicost_member(r, j, "budget", &name) == NGX_ERROR
        || ngx_http_aicost_member(r, j, "why", &why) == NGX_ERROR)
    {
        return ngx_http_aicost_console_error(r, NGX_HTTP_BAD_REQUEST,
                                             "invalid_parameter");
    }

    ngx_memzero(&latch, sizeof(aicost_latch_t));
    own = NULL;

    if (name.len) {
        b = amcf->budgets.elts;

        for (i = 0; i < amcf->budgets.nelts; i++) {
            if (b[i]->name.len == name.len
                && ngx_memcmp(b[i]->name.data, name.data, name.len) == 0)
            {
                break;
            }
        }

        if (i == amcf->budgets.nelts) {
            return ngx_http_aicost_console_error(r, NGX_HTTP_NOT_FOUND,
                                                 "unknown_budget");
        }

        own = b[i];

        if (whole == NGX_DECLINED) {
            ngx_memcpy(latch.latch, own->whole, AICOST_ID);

        } else {
            ngx_http_aicost_latch_id(&name, &key, latch.latch);
        }

        /* a key may be an address or a user: only the budget is shown */

        ngx_snprintf((u_char *) latch.label, sizeof(latch.label) - 1, "%V%s",
                     &name, key.len ? ":*" : "");

    } else {
        ngx_snprintf((u_char *) latch.label, sizeof(latch.label) - 1, "all");
    }

    ngx_snprintf((u_char *) latch.why, sizeof(latch.why) - 1, "%V", &why);
    latch.at = ngx_http_aicost_now();
    latch.until = INT64_MAX;

    rc = on ? store->ops->kill(store, &latch)
            : store->ops->resume(store, latch.latch, 0);

    if (!on && own && own->constant && whole == NGX_DECLINED
        && rc != AICOST_ERROR)
    {
        /* the one account there is may have passed its kill= mark */

        ngx_http_aicost_latch_id(&name, &own->key.value, latch.latch);

        if (store->ops->resume(store, latch.latch, 0) == AICOST_OK) {
            rc = AICOST_OK;
        }
    }

    if (rc == AICOST_ERROR) {
        return ngx_http_aicost_console_error(r,
                                             NGX_HTTP_SERVICE_UNAVAILABLE,
                                             "budget_store_unavailable");
    }

    ngx_log_error(NGX_LOG_NOTICE, r->connection->log, 0,
                  "aicost audit: %s \"%s\"%s, why \"%V\"",
                  on ? "kill" : "resume", latch.label,
                  rc == AICOST_DECLINED ? " (nothing changed)" : "", &why);

    p = ngx_pnalloc(r->pool, 128);
    if (p == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_aicost_send_json(r, NGX_HTTP_OK, p,
                     ngx_sprintf(p, "{\"killed\":%s,\"changed\":%s,"
                                 "\"label\":\"%s\"}",
                                 on ? "true" : "false",
                                 rc == AICOST_DECLINED ? "false" : "true",
                                 name.len ? "budget" : "all") - p);
}
