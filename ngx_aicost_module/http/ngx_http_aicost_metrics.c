
/*
 * Copyright (C) aicost
 *
 * The metrics page, in the text format Prometheus reads.
 */


#include "ngx_http_aicost_module.h"


typedef struct {
    ngx_pool_t                   *pool;
    ngx_chain_t                  *out;
    ngx_chain_t                 **last;
    ngx_buf_t                    *buf;
    off_t                         len;
    unsigned                      failed:1;
} ngx_http_aicost_page_t;


typedef struct {
    const char                   *name;
    const char                   *help;
    const char                   *type;
    const char                   *extra;       /* one more label, "" none */
    ngx_uint_t                    kind;
    size_t                        offset;      /* of the counter in a row */
    ngx_uint_t                    scale;       /* digits after the point */
} ngx_http_aicost_metric_t;


#define NGX_HTTP_AICOST_PAGE  16384            /* bytes of one buffer */


static void ngx_http_aicost_print(ngx_http_aicost_page_t *page,
    const char *fmt, ...);
static void ngx_http_aicost_rows(ngx_http_aicost_page_t *page,
    ngx_http_aicost_main_conf_t *amcf, ngx_http_aicost_metric_t *m);
static void ngx_http_aicost_labels(ngx_http_aicost_row_t *row, u_char *buf,
    size_t size, const char *extra, u_char *currency);
static void ngx_http_aicost_accounts(ngx_http_aicost_page_t *page,
    ngx_http_aicost_main_conf_t *amcf);
static void ngx_http_aicost_store_page(ngx_http_aicost_page_t *page,
    ngx_http_aicost_main_conf_t *amcf);
static void ngx_http_aicost_fleet_page(ngx_http_aicost_page_t *page,
    ngx_http_aicost_main_conf_t *amcf);
static void ngx_http_aicost_providers(ngx_http_aicost_page_t *page,
    ngx_http_aicost_main_conf_t *amcf);
static void ngx_http_aicost_records_page(ngx_http_aicost_page_t *page,
    ngx_http_aicost_main_conf_t *amcf);


#define NGX_HTTP_AICOST_COUNTER(name, help, extra, kind, field, scale)        \
    { name, help, "counter", extra, kind,                                     \
      offsetof(ngx_http_aicost_row_t, field), scale }


static ngx_http_aicost_metric_t  ngx_http_aicost_counters[] = {

    NGX_HTTP_AICOST_COUNTER("aicost_requests_total",
                            "Requests that were given a tier.", "",
                            NGX_HTTP_AICOST_ROW_CALL, requests, 0),

    NGX_HTTP_AICOST_COUNTER("aicost_refused_total",
                            "Requests refused, by reason.", "",
                            NGX_HTTP_AICOST_ROW_REFUSED, requests, 0),

    NGX_HTTP_AICOST_COUNTER("aicost_attempts_total",
                            "Attempts at providers, by outcome.", "",
                            NGX_HTTP_AICOST_ROW_ATTEMPT, attempts, 0),

    NGX_HTTP_AICOST_COUNTER("aicost_cost_total",
                            "Money charged.", "currency",
                            NGX_HTTP_AICOST_ROW_CALL, cost, 9),

    NGX_HTTP_AICOST_COUNTER("aicost_saved_total",
                            "Money saved against the policy's own tier.",
                            "currency", NGX_HTTP_AICOST_ROW_CALL, saved, 9),

    NGX_HTTP_AICOST_COUNTER("aicost_tokens_total",
                            "Tokens, cached ones included in input.",
                            "input", NGX_HTTP_AICOST_ROW_CALL, tokens_in, 0),

    NGX_HTTP_AICOST_COUNTER("aicost_tokens_total", NULL, "cached",
                            NGX_HTTP_AICOST_ROW_CALL, tokens_cached, 0),

    NGX_HTTP_AICOST_COUNTER("aicost_tokens_total", NULL, "output",
                            NGX_HTTP_AICOST_ROW_CALL, tokens_out, 0),

    NGX_HTTP_AICOST_COUNTER("aicost_request_duration_seconds_sum",
                            "Time from request to answer, summed.", "",
                            NGX_HTTP_AICOST_ROW_CALL, duration, 3),

    NGX_HTTP_AICOST_COUNTER("aicost_request_duration_seconds_count", NULL, "",
                            NGX_HTTP_AICOST_ROW_CALL, requests, 0),

    NGX_HTTP_AICOST_COUNTER("aicost_time_to_first_token_seconds_sum",
                            "Time to the provider's first byte, summed.", "",
                            NGX_HTTP_AICOST_ROW_CALL, ttft, 3),

    NGX_HTTP_AICOST_COUNTER("aicost_time_to_first_token_seconds_count", NULL,
                            "", NGX_HTTP_AICOST_ROW_CALL, ttft_n, 0),

    { NULL, NULL, NULL, NULL, 0, 0, 0 }
};


ngx_int_t
ngx_http_aicost_metrics_handler(ngx_http_request_t *r)
{
    ngx_int_t                     rc;
    ngx_http_aicost_page_t        page;
    ngx_http_aicost_metric_t     *m;
    ngx_http_aicost_main_conf_t  *amcf;

    if (!(r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD))) {
        return NGX_HTTP_NOT_ALLOWED;
    }

    rc = ngx_http_discard_request_body(r);

    if (rc != NGX_OK) {
        return rc;
    }

    amcf = ngx_http_get_module_main_conf(r, ngx_aicost_module);

    ngx_memzero(&page, sizeof(ngx_http_aicost_page_t));
    page.pool = r->pool;
    page.last = &page.out;

    for (m = ngx_http_aicost_counters; m->name; m++) {
        ngx_http_aicost_rows(&page, amcf, m);
    }

    ngx_http_aicost_accounts(&page, amcf);
    ngx_http_aicost_providers(&page, amcf);
    ngx_http_aicost_records_page(&page, amcf);

    if (page.failed || page.buf == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    page.buf->last_buf = (r == r->main);
    page.buf->last_in_chain = 1;
    *page.last = NULL;

    r->headers_out.status = NGX_HTTP_OK;
    r->headers_out.content_length_n = page.len;

    ngx_str_set(&r->headers_out.content_type,
                "text/plain; version=0.0.4; charset=utf-8");
    r->headers_out.content_type_len = r->headers_out.content_type.len;
    r->headers_out.content_type_lowcase = NULL;

    rc = ngx_http_send_header(r);

    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        return rc;
    }

    return ngx_http_output_filter(r, page.out);
}


static void
ngx_http_aicost_print(ngx_http_aicost_page_t *page, const char *fmt, ...)
{
    u_char       *p;
    va_list       args;
    ngx_chain_t  *cl;

    if (page->failed) {
        return;
    }

    /* no line is longer than 1 KB */

    if (page->buf == NULL || page->buf->end - page->buf->last < 1024) {

        page->buf = ngx_create_temp_buf(page->pool, NGX_HTTP_AICOST_PAGE);
        cl = ngx_alloc_chain_link(page->pool);

        if (page->buf == NULL || cl == NULL) {
            page->failed = 1;
            return;
        }

        cl->buf = page->buf;
        cl->next = NULL;
        *page->last = cl;
        page->last = &cl->next;
    }

    p = page->buf->last;

    va_start(args, fmt);
    page->buf->last = ngx_vslprintf(p, page->buf->end, fmt, args);
    va_end(args);

    page->len += page->buf->last - p;
}


static u_char *
ngx_http_aicost_label_value(u_char *p, u_char *last, const char *name,
    const char *value)
{
    if (*value == '\0') {
        return p;
    }

    p = ngx_slprintf(p, last, "%s=\"", name);

    for ( /* void */ ; *value && p < last - 3; value++) {
        if (*value == '"' || *value == '\\') {
            *p++ = '\\';
            *p++ = *value;

        } else if ((u_char) *value < 0x20) {
            *p++ = '?';

        } else {
            *p++ = *value;
        }
    }

    return ngx_slprintf(p, last, "\",");
}


static void
ngx_http_aicost_labels(ngx_http_aicost_row_t *row, u_char *buf, size_t size,
    const char *extra, u_char *currency)
{
    char    *slash, provider[NGX_HTTP_AICOST_LABEL];
    u_char  *p, *last;
    size_t   n;

    p = buf;
    last = buf + size - 1;

    provider[0] = '\0';
    slash = strchr(row->model, '/');

    if (slash) {
        n = ngx_min((size_t) (slash - row->model), sizeof(provider) - 1);
        ngx_memcpy(provider, row->model, n);
        provider[n] = '\0';
    }

    p = ngx_http_aicost_label_value(p, last, "tier", row->tier);
    p = ngx_http_aicost_label_value(p, last, "provider", provider);
    p = ngx_http_aicost_label_value(p, last, "model", row->model);
    p = ngx_http_aicost_label_value(p, last, "consumer", row->consumer);
    p = ngx_http_aicost_label_value(p, last, "use_case", row->use_case);
    p = ngx_http_aicost_label_value(p, last, "reason", row->reason);

    if (ngx_strcmp(extra, "currency") == 0) {
        p = ngx_http_aicost_label_value(p, last, "currency",
                                        (char *) currency);

    } else {
        p = ngx_http_aicost_label_value(p, last, "type", extra);
    }

    if (p > buf) {
        p--;        /* the last comma */
    }

    *p = '\0';
}


static void
ngx_http_aicost_rows(ngx_http_aicost_page_t *page,
    ngx_http_aicost_main_conf_t *amcf, ngx_http_aicost_metric_t *m)
{
    u_char                    labels[800], number[40], *p;
    ngx_uint_t                i;
    ngx_atomic_uint_t         n;
    ngx_http_aicost_row_t    *row;

    if (m->help) {
        ngx_http_aicost_print(page, "# HELP %s %s\n# TYPE %s %s\n", m->name,
                              m->help, m->name, m->type);
    }

    for (i = 0; i < NGX_HTTP_AICOST_SERIES; i++) {
        row = &amcf->shared->rows[i];

        if (row->key == 0 || row->kind != m->kind) {
            continue;
        }

        n = *(ngx_atomic_t *) ((u_char *) row + m->offset);

        ngx_http_aicost_labels(row, labels, sizeof(labels), m->extra,
                               amcf->currency);

        p = aicost_decimal_format(number, (int64_t) n, m->scale, 0);
        *p = '\0';

        ngx_http_aicost_print(page, "%s{%s} %s\n", m->name, labels, number);
    }
}


/* sums over the accounts of each budget that are in their window */

static void
ngx_http_aicost_accounts(ngx_http_aicost_page_t *page,
    ngx_http_aicost_main_conf_t *amcf)
{
    u_char                      number[40], *p;
    int64_t                     now, share;
    uint32_t                    cursor, i, n;
    ngx_uint_t                  k, unit;
    aicost_store_t             *store;
    aicost_balance_t            b[64];
    ngx_http_aicost_budget_t  **budget;

    static struct {
        int64_t   reserved;
        int64_t   bound;
        int64_t   ratio;        /* of the fullest account, ppm */
        ngx_uint_t  accounts;
    } sums[NGX_HTTP_AICOST_BUDGETS];

    static const char *units[] = { "money", "tokens" };

    ngx_memzero(sums, sizeof(sums));

    store = &amcf->store;
    now = ngx_http_aicost_now();
    cursor = 0;

    do {
        if (store->ops->walk(store, &cursor, b, 64, &n) != AICOST_OK) {
            break;
        }

        for (i = 0; i < n; i++) {
            k = b[i].budget;

            if (k >= NGX_HTTP_AICOST_BUDGETS
                || (b[i].t1 && b[i].t1 <= now && b[i].open == 0))
            {
                continue;
            }

            sums[k].accounts++;
            sums[k].reserved = aicost_add(sums[k].reserved, b[i].reserved);
            sums[k].bound = aicost_add(sums[k].bound, b[i].bound);

            share = b[i].limit
                    ? aicost_muldiv_up(b[i].settled + b[i].reserved, 1000000,
                                       b[i].limit) : 0;
            sums[k].ratio = ngx_max(sums[k].ratio, share);
        }

    } while (cursor);

    budget = amcf->budgets.elts;

    for (unit = 0; unit < 3; unit++) {

        ngx_http_aicost_print(page, "# TYPE %s gauge\n",
                              unit == 0 ? "aicost_reserved"
                              : unit == 1 ? "aicost_overshoot_bound"
                                          : "aicost_budget_used_ratio");

        for (k = 0; k < amcf->budgets.nelts; k++) {

            if (budget[k]->index != k || sums[k].accounts == 0) {
                continue;
            }

            if (unit == 2) {
                p = aicost_decimal_format(number, sums[k].ratio, 6, 0);

            } else {
                p = aicost_decimal_format(number,
                                          unit == 0 ? sums[k].reserved
                                                    : sums[k].bound,
                                          budget[k]->unit == AICOST_UNIT_MONEY
                                          ? 9 : 0, 0);
            }

            *p = '\0';

            ngx_http_aicost_print(page,
                                  "%s{budget=\"%V\",unit=\"%s\","
                                  "currency=\"%s\"} %s\n",
                                  unit == 0 ? "aicost_reserved"
                                  : unit == 1 ? "aicost_overshoot_bound"
                                              : "aicost_budget_used_ratio",
                                  &budget[k]->name, units[budget[k]->unit],
                                  amcf->currency, number);
        }
    }

    ngx_http_aicost_store_page(page, amcf);
}


static void
ngx_http_aicost_store_page(ngx_http_aicost_page_t *page,
    ngx_http_aicost_main_conf_t *amcf)
{
    uint32_t         latches;
    ngx_uint_t       up;
    aicost_state_t   state;
    aicost_store_t  *store;

    store = &amcf->store;
    latches = 0;

    if (store->ops->state(store, ngx_http_aicost_now(), &state) == AICOST_OK)
    {
        latches = state.killed;
    }

    up = !amcf->shared->journal_failed
         && (amcf->fleet == NULL || ngx_http_aicost_fleet_serves(amcf));

    ngx_http_aicost_print(page, "# TYPE aicost_kill_latched gauge\n"
                          "aicost_kill_latched %uD\n"
                          "# TYPE aicost_store_up gauge\n"
                          "aicost_store_up %ui\n", latches, up);

    if (amcf->fleet) {
        ngx_http_aicost_fleet_page(page, amcf);
    }
}


/* the shared store, as this edge sees it */

static void
ngx_http_aicost_fleet_page(ngx_http_aicost_page_t *page,
    ngx_http_aicost_main_conf_t *amcf)
{
    ngx_http_aicost_fleet_stat_t  stat;

    ngx_http_aicost_fleet_stat(amcf, &stat);

    ngx_http_aicost_print(page, "# HELP aicost_edges Edges the store heard of "
                          "in the last minute.\n"
                          "# TYPE aicost_edges gauge\n"
                          "aicost_edges %ui\n", stat.edges);

    ngx_http_aicost_print(page, "# TYPE aicost_store_outages_total counter\n"
                          "aicost_store_outages_total %ui\n"
                          "# HELP aicost_store_refused_total Calls the store "
                          "answered with an error.\n"
                          "# TYPE aicost_store_refused_total counter\n"
                          "aicost_store_refused_total %ui\n"
                          "# HELP aicost_store_refuses 1: it answers, and "
                          "refuses what it is told.\n"
                          "# TYPE aicost_store_refuses gauge\n"
                          "aicost_store_refuses %ui\n"
                          "# HELP aicost_store_queue_full_total Commands its "
                          "queue had no room for.\n"
                          "# TYPE aicost_store_queue_full_total counter\n"
                          "aicost_store_queue_full_total %ui\n"
                          "# HELP aicost_store_evicts 1: the server may forget "
                          "budgets (maxmemory-policy).\n"
                          "# TYPE aicost_store_evicts gauge\n"
                          "aicost_store_evicts %ui\n"
                          "# HELP aicost_store_persists 1: the server keeps an "
                          "append-only file, -1: it does not say.\n"
                          "# TYPE aicost_store_persists gauge\n"
                          "aicost_store_persists %i\n", stat.outages,
                          stat.refused, stat.refuses, stat.full, stat.evicts,
                          stat.persists);

    ngx_http_aicost_print(page, "# HELP aicost_store_unacknowledged "
                          "Settlements the store has not said yes to.\n"
                          "# TYPE aicost_store_unacknowledged gauge\n"
                          "aicost_store_unacknowledged %uD\n"
                          "# HELP aicost_store_lost_total Settlements without "
                          "a slot: their leases charge them.\n"
                          "# TYPE aicost_store_lost_total counter\n"
                          "aicost_store_lost_total %uL\n"
                          "# HELP aicost_store_lent Accounts with money leased "
                          "for an outage.\n"
                          "# TYPE aicost_store_lent gauge\n"
                          "aicost_store_lent %uD\n", stat.edge.said,
                          stat.edge.lost, stat.edge.lent);
}


static void
ngx_http_aicost_providers(ngx_http_aicost_page_t *page,
    ngx_http_aicost_main_conf_t *amcf)
{
    u_char                     number[40], *p;
    int64_t                    now;
    ngx_str_t                 *name;
    ngx_uint_t                 i, in, est;
    ngx_http_aicost_row_t     *row;
    ngx_http_aicost_health_t  *h;

    now = ngx_http_aicost_now();
    name = amcf->health.elts;

    ngx_http_aicost_print(page, "# HELP aicost_provider_up 0 while the breaker "
                          "of a model is open.\n"
                          "# TYPE aicost_provider_up gauge\n");

    for (i = 0; i < amcf->health.nelts; i++) {

        if (ngx_strlchr(name[i].data, name[i].data + name[i].len, '/')
            == NULL)
        {
            continue;
        }

        h = ngx_http_aicost_health(amcf, (uint32_t) i);

        ngx_http_aicost_print(page, "aicost_provider_up{model=\"%V\"} %d\n",
                              &name[i], h->open_until > now ? 0 : 1);
    }

    in = 0;
    est = 0;

    for (i = 0; i < NGX_HTTP_AICOST_SERIES; i++) {
        row = &amcf->shared->rows[i];

        if (row->key) {
            in += row->measured;
            est += row->estimated;
        }
    }

    p = aicost_decimal_format(number,
                              in ? aicost_muldiv_up((int64_t) est, 1000000,
                                                    (int64_t) in)
                                 : 1000000, 6, 0);
    *p = '\0';

    ngx_http_aicost_print(page, "# HELP aicost_estimate_error_ratio Input "
                          "tokens estimated over input tokens billed.\n"
                          "# TYPE aicost_estimate_error_ratio gauge\n"
                          "aicost_estimate_error_ratio %s\n", number);
}


/* aicost_record */

static void
ngx_http_aicost_records_page(ngx_http_aicost_page_t *page,
    ngx_http_aicost_main_conf_t *amcf)
{
    ngx_uint_t  i;

    static const char *results[NGX_HTTP_AICOST_RECORDS] = {
        "written", "full", "busy", "failed"
    };

    ngx_http_aicost_print(page, "# HELP aicost_records_total Calls that were "
                          "to be recorded, by what became of it.\n"
                          "# TYPE aicost_records_total counter\n");

    for (i = 0; i < NGX_HTTP_AICOST_RECORDS; i++) {
        ngx_http_aicost_print(page, "aicost_records_total{result=\"%s\"} "
                              "%uA\n", results[i],
                              amcf->shared->records[i]);
    }
}
