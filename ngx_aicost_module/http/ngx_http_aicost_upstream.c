
/*
 * Copyright (C) aicost
 *
 * The attempt chain over ngx_http_upstream: one upstream request whose peer is
 * ours, so that each attempt has its own conf, address, TLS name, path, key
 * and body.  nginx calls get() before it looks at u->conf, u->ssl and
 * u->request_bufs: that is where an attempt is put in place.
 */


#include "ngx_http_aicost_peer.h"
#include "ngx_http_aicost_translate.h"


#define NGX_HTTP_AICOST_BREAKER_FAILURES  5
#define NGX_HTTP_AICOST_BREAKER_OPEN      10000    /* ms */
#define NGX_HTTP_AICOST_BREAKER_BROKE     300000   /* ms, out of money */


static ngx_int_t ngx_http_aicost_watch_client(ngx_http_request_t *r);
static ngx_int_t ngx_http_aicost_create_request(ngx_http_request_t *r);
static ngx_int_t ngx_http_aicost_reinit_request(ngx_http_request_t *r);
static void ngx_http_aicost_abort_request(ngx_http_request_t *r);
static void ngx_http_aicost_true_status(ngx_http_request_t *r,
    ngx_http_aicost_ctx_t *ctx, ngx_uint_t back);
static ngx_uint_t ngx_http_aicost_full(ngx_http_aicost_ctx_t *ctx,
    ngx_http_aicost_provider_t *p);
static void ngx_http_aicost_count(ngx_http_aicost_ctx_t *ctx, ngx_int_t n);
static aicost_reason_e ngx_http_aicost_why(ngx_peer_connection_t *pc,
    ngx_http_aicost_ctx_t *ctx);
static ngx_uint_t ngx_http_aicost_never_translated(ngx_http_aicost_ctx_t *ctx);
static ngx_uint_t ngx_http_aicost_may_go_on(ngx_http_aicost_ctx_t *ctx,
    aicost_reason_e why);


/* starts the first attempt: NGX_DONE, the answer comes by itself */

ngx_int_t
ngx_http_aicost_call(ngx_http_request_t *r, ngx_http_aicost_ctx_t *ctx)
{
    ngx_http_upstream_t          *u;
    ngx_http_aicost_provider_t  **pp;

    if (ngx_http_upstream_create(r) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    u = r->upstream;
    pp = ctx->amcf->providers.elts;

    u->conf = &pp[ctx->calls[0].model->provider]->conf;
    u->output.tag = (ngx_buf_tag_t) &ngx_aicost_module;
    u->create_request = ngx_http_aicost_create_request;
    u->reinit_request = ngx_http_aicost_reinit_request;
    u->process_header = ngx_http_aicost_status_line;
    u->abort_request = ngx_http_aicost_abort_request;
    u->finalize_request = ngx_http_aicost_finalize;
    u->input_filter_init = ngx_http_aicost_filter_init;
    u->input_filter = ngx_http_aicost_filter;
    u->input_filter_ctx = r;
    u->buffering = 0;

    ngx_str_set(&u->schema, "aicost://");
    u->uri = r->uri;

    ctx->sent = ngx_current_msec;

    r->state = 0;

    if (ctx->sub) {
        /* the client's connection is the parent's business */
        ngx_http_upstream_init(r);
        return NGX_DONE;
    }

    if (ngx_http_aicost_watch_client(r) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_http_upstream_init(r);

    return NGX_DONE;
}


/* a client that has left already must not go unseen */

static ngx_int_t
ngx_http_aicost_watch_client(ngx_http_request_t *r)
{
    ngx_event_t  *rev;

    r->read_event_handler = ngx_http_aicost_client_gone;

    rev = r->connection->read;

    if (ngx_http_aicost_framed(r)) {

        /* who wants no answer any more is told of by the write event */

        r->write_event_handler = ngx_http_aicost_client_gone;

        if (r->connection->write->error) {
            ngx_post_event(rev, &ngx_posted_events);
        }

        return NGX_OK;
    }

    if (rev->ready) {
        ngx_post_event(rev, &ngx_posted_events);
        return NGX_OK;
    }

    return ngx_handle_read_event(rev, 0);
}


static ngx_int_t
ngx_http_aicost_create_request(ngx_http_request_t *r)
{
    /* bufs are made when an attempt is put in place */

    r->upstream->request_bufs = NULL;

    return NGX_OK;
}


static ngx_int_t
ngx_http_aicost_reinit_request(ngx_http_request_t *r)
{
    r->upstream->process_header = ngx_http_aicost_status_line;
    r->state = 0;

    return NGX_OK;
}


static void
ngx_http_aicost_abort_request(ngx_http_request_t *r)
{
    return;
}


ngx_int_t
ngx_http_aicost_peer_init(ngx_http_request_t *r,
    ngx_http_upstream_srv_conf_t *us)
{
    ngx_http_upstream_t    *u;
    ngx_http_aicost_ctx_t  *ctx;

    u = r->upstream;
    ctx = ngx_http_get_module_ctx(r, ngx_aicost_module);

    u->peer.data = ctx;
    u->peer.get = ngx_http_aicost_peer_get;
    u->peer.free = ngx_http_aicost_peer_free;
    u->peer.tries = 1;

    return NGX_OK;
}


ngx_int_t
ngx_http_aicost_peer_get(ngx_peer_connection_t *pc, void *data)
{
    ngx_http_aicost_ctx_t  *ctx = data;

    ngx_int_t                     rc;
    ngx_http_request_t           *r;
    ngx_http_aicost_health_t     *h;
    ngx_http_aicost_provider_t   *p;

    r = ctx->request;

    ngx_http_aicost_true_status(r, ctx, 2);

    for ( ;; ) {

        if (ctx->advance) {
            ctx->advance = 0;
            ctx->current++;
            ctx->refused = 0;
        }

        if (ctx->current >= ctx->ncalls) {
            pc->tries = 0;
            pc->sockaddr = NULL;
            return NGX_BUSY;
        }

        rc = ngx_http_aicost_select(r, ctx);

        if (rc == NGX_DECLINED) {
            ngx_http_aicost_attempt(ctx, AICOST_R_NOT_TRANSLATED);
            ctx->advance = 1;
            continue;
        }

        if (rc != NGX_OK) {
            return NGX_ERROR;
        }

        p = ctx->provider;
        h = ngx_http_aicost_health(ctx->amcf,
                                   ctx->calls[ctx->current].model->health);

        ctx->advance = 1;

        if (h->open_until > ngx_http_aicost_now()
            && ctx->current + 1 < ctx->ncalls)
        {
            ngx_http_aicost_attempt(ctx, AICOST_R_BREAKER_OPEN);
            continue;
        }

        if (p->max_conns && ngx_http_aicost_full(ctx, p)) {
            ngx_http_aicost_attempt(ctx, AICOST_R_MAX_CONNS);
            continue;
        }

        if (ngx_http_aicost_address(p, pc, ctx) != NGX_OK) {
            ngx_http_aicost_attempt(ctx, AICOST_R_UNRESOLVED);
            continue;
        }

        break;
    }

    ctx->advance = 0;

    ngx_http_aicost_count(ctx, 1);

    pc->cached = 0;
    pc->connection = NULL;

    if (!ctx->fresh) {
        rc = ngx_http_aicost_idle_get(p, pc);

        if (rc == NGX_DONE) {
            return NGX_DONE;
        }
    }

    ctx->fresh = 0;

    return NGX_OK;
}


/* nginx notes 502 for an answer that was not taken: $upstream_status tells what
   the provider said */

static void
ngx_http_aicost_true_status(ngx_http_request_t *r, ngx_http_aicost_ctx_t *ctx,
    ngx_uint_t back)
{
    ngx_array_t                *states;
    ngx_http_upstream_state_t  *state;

    states = r->upstream_states;

    if (ctx->status.code == 0 || states == NULL || states->nelts < back) {
        return;
    }

    state = states->elts;
    state[states->nelts - back].status = ctx->status.code;
}


static ngx_uint_t
ngx_http_aicost_full(ngx_http_aicost_ctx_t *ctx,
    ngx_http_aicost_provider_t *p)
{
    ngx_uint_t                 i, n;
    ngx_http_aicost_health_t  *h;

    h = ngx_http_aicost_health(ctx->amcf, p->health);
    n = 0;

    for (i = 0; i < NGX_HTTP_AICOST_SLOTS; i++) {
        n += h->conns[i];
    }

    if (n < p->max_conns) {
        return 0;
    }

    /* an old worker that was killed after a reload has no successor in its
       slot that would clear it */

    for (i = 0; i < NGX_HTTP_AICOST_SLOTS; i++) {

        if (h->conns[i] && kill(ctx->amcf->shared->pids[i], 0) == -1
            && ngx_errno == ESRCH)
        {
            n -= h->conns[i];
            h->conns[i] = 0;
        }
    }

    return n >= p->max_conns;
}


static void
ngx_http_aicost_count(ngx_http_aicost_ctx_t *ctx, ngx_int_t n)
{
    ngx_http_aicost_health_t  *h;

    if (ctx->provider->max_conns == 0) {
        return;
    }

    h = ngx_http_aicost_health(ctx->amcf, ctx->provider->health);

    (void) ngx_atomic_fetch_add(&h->conns[ngx_http_aicost_slot()], n);

    ctx->counted = (n > 0);
}


/* notes what became of the attempt; a full list keeps the first ones */

void
ngx_http_aicost_attempt(ngx_http_aicost_ctx_t *ctx, aicost_reason_e reason)
{
    ngx_str_t                   none;
    ngx_http_aicost_row_t      *row;
    ngx_http_aicost_attempt_t  *a;

    if (ctx->nattempts == NGX_HTTP_AICOST_ATTEMPTS) {
        return;
    }

    a = &ctx->attempts[ctx->nattempts++];

    a->model.len = ctx->calls[ctx->current].model->name.len;
    a->model.data = ctx->calls[ctx->current].model->name.data;
    a->provider = ctx->calls[ctx->current].model->provider;
    a->reason = reason;
    a->status = ctx->status.code;
    a->cost = 0;

    ngx_str_null(&none);

    row = ngx_http_aicost_row(ctx->amcf, NGX_HTTP_AICOST_ROW_ATTEMPT, &none,
                              &a->model, &none, &none,
                              aicost_reason_word(reason));

    (void) ngx_atomic_fetch_add(&row->attempts, 1);
}


void
ngx_http_aicost_peer_free(ngx_peer_connection_t *pc, void *data,
    ngx_uint_t state)
{
    ngx_http_aicost_ctx_t  *ctx = data;

    aicost_reason_e  why;

    if (ctx->counted) {
        ngx_http_aicost_count(ctx, -1);
    }

    if (state == 0) {
        /* the request ends: keep a connection that is clean */

        pc->tries = 0;

        if (pc->connection
            && ngx_http_aicost_idle_put(ctx->provider, pc, ctx))
        {
            pc->connection = NULL;
        }

        return;
    }

    if (pc->cached && ctx->why == AICOST_R_OK && ctx->status.code == 0
        && ctx->request->upstream->state->bytes_received == 0
        && !(pc->connection && pc->connection->read->timedout)
        && !(pc->connection && pc->connection->write->timedout))
    {
        /* an idle connection the provider had closed: nginx counts this try
           back, the same provider is asked again on a new connection */

        ctx->fresh = 1;
        pc->tries = 0;
        return;
    }

    why = ctx->why;

    if (why == AICOST_R_OK) {
        why = ngx_http_aicost_why(pc, ctx);
        ctx->why = why;    /* what it may have cost is counted here, once */
    }

    if (why == AICOST_R_REFUSED && ++ctx->refused < ctx->provider->naddrs) {
        /* another address of the same name, as of localhost */
        pc->cached = 0;
        pc->tries = 1;
        return;
    }

    ngx_http_aicost_attempt(ctx, why);
    ngx_http_aicost_breaker(ctx, why);

    pc->cached = 0;
    pc->tries = 0;

    if (ngx_http_aicost_may_go_on(ctx, why)) {
        ctx->advance = 1;
        pc->tries = 1;
    }

    /* a refusal read to its end leaves a connection that can serve again */

    if (pc->connection && ctx->headers
        && ngx_http_aicost_idle_put(ctx->provider, pc, ctx))
    {
        pc->connection = NULL;
    }
}


/* the transport's own failures; no status was read */

static aicost_reason_e
ngx_http_aicost_why(ngx_peer_connection_t *pc, ngx_http_aicost_ctx_t *ctx)
{
    ngx_connection_t     *c;
    ngx_http_upstream_t  *u;

    c = pc->connection;
    u = ctx->request->upstream;

    if (c == NULL) {
        return AICOST_R_REFUSED;
    }

    if (u->request_sent) {
        if (c->read->timedout || c->write->timedout) {
            return AICOST_R_TIMEOUT;
        }

        return ctx->status.code ? AICOST_R_BAD_ANSWER : AICOST_R_CLOSED;
    }

    if (c->read->timedout || c->write->timedout) {
        return AICOST_R_CONNECT_TIMEOUT;
    }

    return c->ssl ? AICOST_R_TLS_FAILED : AICOST_R_REFUSED;
}


/* only when nothing can have been billed; after_send=K allows K more */

static ngx_uint_t
ngx_http_aicost_may_go_on(ngx_http_aicost_ctx_t *ctx, aicost_reason_e why)
{
    int64_t                  cost;
    ngx_http_aicost_call_t  *call;

    switch (why) {

    case AICOST_R_TIMEOUT:
    case AICOST_R_CLOSED:
    case AICOST_R_BAD_ANSWER:

        /* it may have been billed: it is paid for, go on or not */

        call = &ctx->calls[ctx->current];

        cost = aicost_cost_upper(&call->price, ctx->tokens_upper,
                                 ctx->ask.text.images, 0,
                                 ngx_http_aicost_rate_upper(ctx, &call->price));
        cost = ngx_max(cost, ctx->granted.amount[AICOST_UNIT_MONEY]
                             / (1 + (int64_t) ctx->alcf->after_send));

        if (call->price.free) {
            cost = 0;
        }

        ctx->billed = aicost_add(ctx->billed, cost);
        ctx->billed_tokens += ctx->granted.amount[AICOST_UNIT_TOKENS]
                              / (1 + (int64_t) ctx->alcf->after_send);

        ctx->attempts[ctx->nattempts - 1].cost = cost;

        if (ctx->retries_after_send >= ctx->alcf->after_send) {
            return 0;
        }

        ctx->retries_after_send++;
        break;

    default:
        break;
    }

    return ctx->current + 1 < ctx->ncalls;
}


void
ngx_http_aicost_breaker(ngx_http_aicost_ctx_t *ctx, aicost_reason_e why)
{
    int64_t                    open;
    ngx_http_aicost_health_t  *h;

    h = ngx_http_aicost_health(ctx->amcf,
                               ctx->calls[ctx->current].model->health);

    open = 0;

    switch (why) {

    case AICOST_R_OK:
    case AICOST_R_BAD_REQUEST:
        h->failures = 0;
        h->open_until = 0;
        return;

    case AICOST_R_NO_MONEY:
        open = NGX_HTTP_AICOST_BREAKER_BROKE;

        ngx_log_error(NGX_LOG_CRIT, ctx->request->connection->log, 0,
                      "provider \"%V\" says it is out of money, it is not "
                      "asked for %d s", &ctx->provider->name,
                      NGX_HTTP_AICOST_BREAKER_BROKE / 1000);
        break;

    case AICOST_R_RATE_LIMITED:
        open = (ctx->retry_after >= 0) ? ctx->retry_after : 1000;
        break;

    default:
        if (ngx_atomic_fetch_add(&h->failures, 1) + 1
            >= NGX_HTTP_AICOST_BREAKER_FAILURES)
        {
            open = NGX_HTTP_AICOST_BREAKER_OPEN;
        }

        if (ctx->retry_after > open) {
            open = ctx->retry_after;
        }
    }

    if (open) {
        h->reason = why;
        h->open_until = ngx_http_aicost_now() + open;
    }
}


/* no attempt was made but for what the request says */

static ngx_uint_t
ngx_http_aicost_never_translated(ngx_http_aicost_ctx_t *ctx)
{
    uint32_t  i;

    for (i = 0; i < ctx->nattempts; i++) {
        if (ctx->attempts[i].reason != AICOST_R_NOT_TRANSLATED) {
            return 0;
        }
    }

    return ctx->nattempts != 0;
}


/* nginx is done with the upstream, one way or another: the money is settled
   here */

void
ngx_http_aicost_finalize(ngx_http_request_t *r, ngx_int_t rc)
{
    u_char                      *p, *last, *list;
    uint32_t                     i;
    ngx_str_t                    s;
    aicost_reason_e              reason;
    ngx_http_aicost_ctx_t       *ctx;
    ngx_http_aicost_attempt_t   *a;

    ctx = ngx_http_get_module_ctx(r, ngx_aicost_module);

    if (ctx->timer.timer_set) {
        ngx_del_timer(&ctx->timer);
    }

    if (ctx->drain) {
        ctx->drain = 0;
        ctx->amcf->draining--;
    }

    ngx_http_aicost_true_status(r, ctx, 1);

    if (ctx->talk && ctx->answered && !ctx->stream && ctx->ended
        && ngx_http_aicost_talk_answer(ctx) != NGX_OK)
    {
        (void) ngx_http_aicost_refuse(r, ctx, AICOST_R_ALL_PROVIDERS_FAILED,
                                      NULL, "The provider's answer cannot be "
                                      "read.");
    }

    ngx_http_aicost_charge(ctx, rc);

    if (ctx->answered && rc >= NGX_HTTP_SPECIAL_RESPONSE && !ctx->gone) {

        if (ctx->stream) {
            ctx->broken = !ctx->ended;

        } else if (ctx->header_held) {
            (void) ngx_http_aicost_refuse(r, ctx,
                                          AICOST_R_ALL_PROVIDERS_FAILED, NULL,
                                          "The provider broke off its answer.");
        }
    }

    if (ctx->answered || ctx->gone || ctx->error
        || rc == NGX_HTTP_CLIENT_CLOSED_REQUEST || rc == NGX_DONE)
    {
        return;
    }

    if (ngx_http_aicost_never_translated(ctx) && ctx->ask.text.hidden) {
        (void) ngx_http_aicost_refuse(r, ctx, ctx->miss, &ctx->miss_param,
                                      "Member \"%V\" hides how long the prompt "
                                      "is: no model of this tier that "
                                      "understands it has a known context.",
                                      &ctx->miss_param);
        return;
    }

    if (ngx_http_aicost_never_translated(ctx)) {
        (void) ngx_http_aicost_refuse(r, ctx, ctx->miss, &ctx->miss_param,
                                      "Member \"%V\": no provider of this tier "
                                      "has a counterpart for it.",
                                      &ctx->miss_param);
        return;
    }

    reason = AICOST_R_ALL_PROVIDERS_FAILED;

    list = ngx_pnalloc(r->pool, 2048);
    if (list == NULL) {
        return;
    }

    p = list;
    last = list + 2048;

    for (i = 0; i < ctx->nattempts; i++) {
        a = &ctx->attempts[i];

        p = ngx_slprintf(p, last, "%s%V %s", i ? ", " : "", &a->model,
                         aicost_reason_word(a->reason));

        if (a->status) {
            p = ngx_slprintf(p, last, " (%ui)", a->status);
        }

        if (a->reason == AICOST_R_TIMEOUT && i + 1 == ctx->nattempts) {
            reason = AICOST_R_UPSTREAM_TIMEOUT;
        }
    }

    s.data = list;
    s.len = p - list;

    (void) ngx_http_aicost_refuse(r, ctx, reason, NULL,
                                  "No provider answered: %V.", &s);
}
