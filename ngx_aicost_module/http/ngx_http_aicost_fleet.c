
/*
 * Copyright (C) aicost
 *
 * The store of many edges: a worker's part of it, its commands, and a breaker
 * that all workers of this edge share.
 */


#include "ngx_http_aicost_fleet_int.h"


#define NGX_HTTP_AICOST_OPS         1024    /* kept for reuse */


static void ngx_http_aicost_fleet_healed(ngx_http_aicost_fleet_t *f);
static void ngx_http_aicost_fleet_full(ngx_http_aicost_fleet_t *f);
static void ngx_http_aicost_fleet_lost(void *data, const char *why);
static ngx_uint_t ngx_http_aicost_fleet_may(void *data);
static void ngx_http_aicost_fleet_lock(void *data);
static void ngx_http_aicost_fleet_unlock(void *data);


/* a command is written into it and sent at once */

aicost_redis_cmd_t  ngx_http_aicost_fleet_cmd;

static aicost_redis_terms_t  ngx_http_aicost_fleet_terms[AICOST_REDIS_TERMS];


/* --- life of a worker ---------------------------------------------------- */

static void
ngx_http_aicost_fleet_lock(void *data)
{
    ngx_slab_pool_t  *shpool = data;

    ngx_shmtx_lock(&shpool->mutex);
}


static void
ngx_http_aicost_fleet_unlock(void *data)
{
    ngx_slab_pool_t  *shpool = data;

    ngx_shmtx_unlock(&shpool->mutex);
}


/* an eighth of the zone remembers the store */

ngx_int_t
ngx_http_aicost_fleet_zone(ngx_http_aicost_main_conf_t *amcf)
{
    uint64_t                         seed;
    aicost_edge_t                    edge;
    aicost_edge_meta_t               meta;
    aicost_shm_region_t              region;
    ngx_http_aicost_fleet_shared_t  *sh;

    sh = &amcf->shared->fleet;

    if (amcf->redis == NULL) {
        sh->consumers = 0;
        sh->published = 0;
        return NGX_OK;
    }

    region.lock = ngx_http_aicost_fleet_lock;
    region.unlock = ngx_http_aicost_fleet_unlock;
    region.data = amcf->shpool;

    if (sh->edge == NULL) {
        sh->edge_size = (amcf->zone->shm.size / 8) & ~((size_t) 4095);

        region.base = ngx_slab_alloc(amcf->shpool, sh->edge_size);
        if (region.base == NULL) {
            return NGX_ERROR;
        }

        region.size = sh->edge_size;

        if (RAND_bytes((u_char *) &seed, sizeof(uint64_t)) != 1) {
            return NGX_ERROR;
        }

        if (aicost_edge_init(&edge, &region, 1, seed) != AICOST_OK) {
            return NGX_ERROR;
        }

        sh->edge = region.base;

    } else {
        region.base = sh->edge;
        region.size = sh->edge_size;

        if (aicost_edge_init(&edge, &region, 0, 0) != AICOST_OK) {
            return NGX_DECLINED;
        }
    }

    aicost_edge_get(&edge, &meta);

    if (ngx_memcmp(meta.domain, amcf->redis->place, AICOST_ID) != 0) {
        sh->consumers = 0;
        sh->published = 0;

        aicost_edge_forget(&edge);
        aicost_edge_get(&edge, &meta);

        ngx_memcpy(meta.domain, amcf->redis->place, AICOST_ID);
        ngx_memzero(meta.epoch, AICOST_ID);
        meta.known = 0;
        meta.edges = 1;

        aicost_edge_set(&edge, &meta, AICOST_EDGE_META);
    }

    return NGX_OK;
}


ngx_int_t
ngx_http_aicost_fleet_start(ngx_cycle_t *cycle,
    ngx_http_aicost_main_conf_t *amcf)
{
    aicost_edge_meta_t             meta;
    ngx_http_aicost_fleet_t       *f;
    ngx_http_aicost_link_owner_t   owner;

    if (amcf->redis == NULL) {
        return NGX_OK;
    }

    f = ngx_pcalloc(cycle->pool, sizeof(ngx_http_aicost_fleet_t));
    if (f == NULL) {
        return NGX_ERROR;
    }

    f->amcf = amcf;
    f->redis = amcf->redis;
    f->shared = &amcf->shared->fleet;
    f->log = cycle->log;
    f->domain = amcf->redis->domain;
    f->domain.terms = ngx_http_aicost_fleet_terms;

    f->region.base = f->shared->edge;
    f->region.size = f->shared->edge_size;
    f->region.lock = ngx_http_aicost_fleet_lock;
    f->region.unlock = ngx_http_aicost_fleet_unlock;
    f->region.data = amcf->shpool;

    if (aicost_edge_init(&f->edge, &f->region, 0, 0) != AICOST_OK) {
        return NGX_ERROR;
    }

    aicost_edge_get(&f->edge, &meta);
    ngx_memcpy(f->id, meta.edge, AICOST_ID);

    ngx_queue_init(&f->ops);
    ngx_queue_init(&f->pending);
    ngx_queue_init(&f->free);

    owner.up = ngx_http_aicost_life_arrive;
    owner.down = ngx_http_aicost_fleet_lost;
    owner.may = ngx_http_aicost_fleet_may;
    owner.data = f;

    f->link = ngx_http_aicost_link_create(cycle, &amcf->redis->link, &owner);
    if (f->link == NULL) {
        return NGX_ERROR;
    }

    f->late.handler = ngx_http_aicost_fleet_late;
    f->late.data = f;
    f->late.log = cycle->log;

    f->tick.handler = ngx_http_aicost_life_tick;
    f->tick.data = f;
    f->tick.log = cycle->log;
    f->tick.cancelable = 1;

    if (ngx_http_aicost_follow_start(cycle, f) != NGX_OK
        || ngx_http_aicost_aside_start(cycle, f) != NGX_OK)
    {
        return NGX_ERROR;
    }

    amcf->fleet = f;
    amcf->store.ops = &ngx_http_aicost_fleet_ops;
    amcf->store.ctx = f;

    ngx_add_timer(&f->tick, 100 + (ngx_msec_t) ngx_random() % 100);

    ngx_http_aicost_link_start(f->link);

    return NGX_OK;
}


void
ngx_http_aicost_fleet_stop(ngx_http_aicost_main_conf_t *amcf)
{
    ngx_http_aicost_fleet_t  *f;

    f = amcf->fleet;

    if (f == NULL) {
        return;
    }

    if (f->late.timer_set) {
        ngx_del_timer(&f->late);
    }

    if (f->tick.timer_set) {
        ngx_del_timer(&f->tick);
    }

    ngx_http_aicost_life_leave(f);

    ngx_http_aicost_link_stop(f->link, 1000);
    ngx_http_aicost_aside_stop(f);
}


/* --- commands ------------------------------------------------------------ */

void
ngx_http_aicost_fleet_reply(void *data, const aicost_redis_reply_t *reply)
{
    ngx_http_aicost_fleet_op_t  *op = data;

    ngx_http_aicost_fleet_t     *f;

    f = op->fleet;

    if (f->full && reply
        && ngx_http_aicost_link_waiting(f->link)
           < NGX_HTTP_AICOST_LINK_QUEUE / 2)
    {
        ngx_log_error(NGX_LOG_NOTICE, f->log, 0,
                      "aicost redis \"%V\": the queue has room again after "
                      "%L ms", &f->redis->url,
                      ngx_http_aicost_now() - f->full);
        f->full = 0;
    }

    op->handler(op, reply);
}


ngx_http_aicost_fleet_op_t *
ngx_http_aicost_fleet_op(ngx_http_aicost_fleet_t *f,
    ngx_http_aicost_fleet_pt handler)
{
    ngx_queue_t                 *q;
    ngx_http_aicost_fleet_op_t  *op;

    if (ngx_queue_empty(&f->free)) {
        op = ngx_alloc(sizeof(ngx_http_aicost_fleet_op_t), f->log);
        if (op == NULL) {
            return NULL;
        }

    } else {
        q = ngx_queue_head(&f->free);
        ngx_queue_remove(q);
        f->nfree--;
        op = ngx_queue_data(q, ngx_http_aicost_fleet_op_t, queue);
    }

    ngx_memzero(op, sizeof(ngx_http_aicost_fleet_op_t));

    op->fleet = f;
    op->handler = handler;
    op->since = ngx_current_msec;

    ngx_queue_insert_tail(&f->ops, &op->queue);

    return op;
}


void
ngx_http_aicost_fleet_free(ngx_http_aicost_fleet_op_t *op)
{
    ngx_http_aicost_fleet_t  *f;

    f = op->fleet;

    ngx_queue_remove(&op->queue);

    if (f->nfree == NGX_HTTP_AICOST_OPS) {
        ngx_free(op);
        return;
    }

    ngx_queue_insert_head(&f->free, &op->queue);
    f->nfree++;
}


ngx_int_t
ngx_http_aicost_fleet_send(ngx_http_aicost_fleet_op_t *op,
    const aicost_redis_cmd_t *cmd, ngx_uint_t how)
{
    if (ngx_http_aicost_fleet_put(op, cmd, how) == NGX_OK) {
        return NGX_OK;
    }

    ngx_http_aicost_fleet_free(op);

    return NGX_DECLINED;
}


ngx_int_t
ngx_http_aicost_fleet_put(ngx_http_aicost_fleet_op_t *op,
    const aicost_redis_cmd_t *cmd, ngx_uint_t how)
{
    ngx_int_t  rc;

    rc = ngx_http_aicost_link_send(op->fleet->link, cmd, how,
                                   ngx_http_aicost_fleet_reply, op);

    if (rc == NGX_BUSY) {
        ngx_http_aicost_fleet_full(op->fleet);
    }

    return rc;
}


/* the server takes commands and answers none: said once, and once a minute */

static void
ngx_http_aicost_fleet_full(ngx_http_aicost_fleet_t *f)
{
    int64_t  now;

    (void) ngx_atomic_fetch_add(&f->shared->full, 1);

    now = ngx_http_aicost_now();

    if (f->full == 0) {
        f->full = now;
    }

    if (now - f->full_said > 60000) {
        f->full_said = now;

        ngx_log_error(NGX_LOG_ERR, f->log, 0,
                      "aicost redis \"%V\": %ui commands have no answer, the "
                      "queue is full, on_error answers", &f->redis->url,
                      ngx_http_aicost_link_waiting(f->link));
    }
}


/* nobody waits any more: the answer is only counted */

void
ngx_http_aicost_fleet_cancel(ngx_http_aicost_main_conf_t *amcf, void *data)
{
    ngx_queue_t                 *q;
    ngx_http_aicost_fleet_op_t  *op;

    for (q = ngx_queue_head(&amcf->fleet->ops);
         q != ngx_queue_sentinel(&amcf->fleet->ops);
         q = ngx_queue_next(q))
    {
        op = ngx_queue_data(q, ngx_http_aicost_fleet_op_t, queue);

        if (op->data == data) {
            op->done = NULL;
            op->data = NULL;
        }
    }
}


/* --- health -------------------------------------------------------------- */

ngx_uint_t
ngx_http_aicost_fleet_heard(ngx_http_aicost_fleet_t *f,
    const aicost_redis_seen_t *seen)
{
    aicost_state_t  state;

    if (seen->stated) {
        state = f->shared->state;
        state.mode = seen->mode;
        state.share_ppm = seen->share_ppm;
        state.changed = seen->changed;

        if (!seen->held) {
            state.killed = 0;
            state.kill_all = 0;
        }

        /* answers of several links: an older one says nothing new */

        if (state.changed >= f->shared->state.changed) {
            ngx_http_aicost_fleet_state(f, &state);
        }
    }

    switch (seen->error) {

    case AICOST_REDIS_FINE:
        ngx_http_aicost_fleet_up(f);

        /* a full one takes all but reserves: these say when it is over */

        if (f->shared->ill && f->shared->refusing == 0) {
            ngx_http_aicost_fleet_healed(f);
        }

        return NGX_HTTP_AICOST_FINE;

    case AICOST_REDIS_NOSCRIPT:
        ngx_http_aicost_link_load(f->link);
        return NGX_HTTP_AICOST_LOAD;

    case AICOST_REDIS_MOVED:
        ngx_http_aicost_link_move(f->link, &seen->redirect.host,
                                  seen->redirect.port);
        return NGX_HTTP_AICOST_ELSEWHERE;

    case AICOST_REDIS_REBUILDING:

        /* another edge came, or came back: so do we, and are told from */

        ngx_http_aicost_link_anew(f->link);
        return NGX_HTTP_AICOST_ANEW;

    case AICOST_REDIS_EPOCH:

        if (ngx_http_aicost_life_adopt(f)) {
            return NGX_HTTP_AICOST_LOAD;
        }

        /* fall through */

    case AICOST_REDIS_READONLY:
    case AICOST_REDIS_MASTERDOWN:
    case AICOST_REDIS_NOAUTH:
    case AICOST_REDIS_WRONGPASS:
    case AICOST_REDIS_LAYOUT:
    case AICOST_REDIS_PROTOCOL:
        ngx_http_aicost_link_close(f->link,
                                   aicost_redis_word(seen->error));
        return NGX_HTTP_AICOST_ANEW;

    case AICOST_REDIS_ASK:
    case AICOST_REDIS_TRYAGAIN:
        return NGX_HTTP_AICOST_ELSEWHERE;

    default:

        /* the server answers, and says no: oom, misconf, noperm, busy, ... */

        ngx_http_aicost_fleet_refused(f, seen->error);

        return NGX_HTTP_AICOST_REFUSED;
    }
}


void
ngx_http_aicost_fleet_refused(ngx_http_aicost_fleet_t *f,
    aicost_redis_error_e error)
{
    int64_t                          now;
    ngx_http_aicost_fleet_shared_t  *sh;

    sh = f->shared;
    now = ngx_http_aicost_now();

    (void) ngx_atomic_fetch_add(&sh->refused, 1);

    /* what is wrong with one account is no illness */

    if (error != AICOST_REDIS_WRONGTYPE
        && ngx_atomic_cmp_set(&sh->ill, 0, 1))
    {
        sh->ill_since = now;
        sh->ill_said = 0;
    }

    if (now - sh->complained > 60000) {
        sh->complained = now;
        sh->ill_said = 1;

        ngx_log_error(NGX_LOG_ERR, f->log, 0,
                      "aicost redis \"%V\" refuses a command: %s",
                      &f->redis->url, aicost_redis_word(error));
    }
}


static void
ngx_http_aicost_fleet_healed(ngx_http_aicost_fleet_t *f)
{
    if (!ngx_atomic_cmp_set(&f->shared->ill, 1, 0) || !f->shared->ill_said) {
        return;
    }

    ngx_log_error(NGX_LOG_NOTICE, f->log, 0,
                  "aicost redis \"%V\" takes commands again after %L ms",
                  &f->redis->url,
                  ngx_http_aicost_now() - f->shared->ill_since);
}


void
ngx_http_aicost_fleet_taken(ngx_http_aicost_fleet_t *f)
{
    if (f->shared->refusing) {
        f->shared->refusing = 0;
        ngx_http_aicost_fleet_healed(f);
    }
}


void
ngx_http_aicost_fleet_state(ngx_http_aicost_fleet_t *f,
    const aicost_state_t *state)
{
    aicost_state_t  *known;

    known = &f->shared->state;

    if (known->mode == state->mode
        && known->share_ppm == state->share_ppm
        && known->changed == state->changed
        && known->killed == state->killed
        && known->kill_all == state->kill_all)
    {
        return;
    }

    ngx_shmtx_lock(&f->amcf->shpool->mutex);
    *known = *state;
    f->shared->changes++;
    ngx_shmtx_unlock(&f->amcf->shpool->mutex);
}


/* the link takes commands.  One that fell silent, or heard nothing since an
   outage began that ended for another worker, may lead nowhere: it is made
   anew */

ngx_uint_t
ngx_http_aicost_fleet_ready(ngx_http_aicost_fleet_t *f)
{
    if (!f->shared->down && ngx_http_aicost_link_deaf(f->link, f->shared->went))
    {
        ngx_http_aicost_link_redial(f->link);
    }

    return ngx_http_aicost_link_ready(f->link);
}


/* no answer in time, or none at all */

void
ngx_http_aicost_fleet_silent(ngx_http_aicost_fleet_t *f)
{
    if (ngx_atomic_fetch_add(&f->shared->failures, 1) + 1
        >= NGX_HTTP_AICOST_FAILURES)
    {
        ngx_http_aicost_fleet_down(f, "no answer in time");
    }
}


void
ngx_http_aicost_fleet_down(ngx_http_aicost_fleet_t *f, const char *why)
{
    static const char  *policy[] = { "closed", "local", "degrade", "open" };

    if (f->shared->down || ngx_exiting || ngx_terminate
        || !ngx_atomic_cmp_set(&f->shared->down, 0, 1))
    {
        return;
    }

    f->shared->since = ngx_http_aicost_now();
    f->shared->went = ngx_current_msec;
    (void) ngx_atomic_fetch_add(&f->shared->outages, 1);

    ngx_log_error(NGX_LOG_ERR, f->log, 0,
                  "aicost redis \"%V\" is unavailable (%s), on_error=%s",
                  &f->redis->url, why, policy[f->redis->on_error]);
}


void
ngx_http_aicost_fleet_up(ngx_http_aicost_fleet_t *f)
{
    if (f->shared->failures) {
        f->shared->failures = 0;
    }

    if (f->shared->down == 0 || !ngx_atomic_cmp_set(&f->shared->down, 1, 0)) {
        return;
    }

    ngx_log_error(NGX_LOG_NOTICE, f->log, 0,
                  "aicost redis \"%V\" is available again after %L ms",
                  &f->redis->url,
                  ngx_http_aicost_now() - f->shared->since);

    ngx_http_aicost_life_soon(f);
}


static void
ngx_http_aicost_fleet_lost(void *data, const char *why)
{
    ngx_http_aicost_fleet_t  *f = data;

    f->beating = 0;
    f->telling = 0;
    f->arriving = 0;
    f->full = 0;

    /* one that was open is connected anew before anything is said */

    if (++f->losses > 1) {
        ngx_http_aicost_fleet_down(f, why);
    }
}


/* while it is down one worker tries for all */

static ngx_uint_t
ngx_http_aicost_fleet_may(void *data)
{
    ngx_http_aicost_fleet_t  *f = data;

    return !f->shared->down || f->leads;
}


/* what the server was configured to do to money */

void
ngx_http_aicost_fleet_warn(ngx_http_aicost_fleet_t *f)
{
    const ngx_http_aicost_link_server_t  *server;

    server = ngx_http_aicost_link_server(f->link);

    if (f->warned || ngx_worker != 0) {
        return;
    }

    f->warned = 1;

    if (server->policy[0]
        && ngx_strcmp(server->policy, "noeviction") != 0)
    {
        ngx_log_error(NGX_LOG_WARN, f->log, 0,
                      "aicost redis \"%V\" evicts keys (maxmemory-policy %s): "
                      "budgets may be forgotten, set noeviction",
                      &f->redis->url, server->policy);
        f->shared->evicts = 1;

    } else {
        f->shared->evicts = 0;
    }

    if (server->appendonly == 0) {
        ngx_log_error(NGX_LOG_WARN, f->log, 0,
                      "aicost redis \"%V\" has no append-only file: what it "
                      "forgets in a restart only its edges know",
                      &f->redis->url);
    }

    f->shared->persists = server->appendonly;
}


/* --- numbers ------------------------------------------------------------- */

ngx_uint_t
ngx_http_aicost_fleet_serves(ngx_http_aicost_main_conf_t *amcf)
{
    return !amcf->shared->fleet.down && amcf->shared->fleet.open;
}


void
ngx_http_aicost_fleet_stat(ngx_http_aicost_main_conf_t *amcf,
    ngx_http_aicost_fleet_stat_t *stat)
{
    ngx_http_aicost_fleet_shared_t  *sh;

    sh = &amcf->shared->fleet;

    stat->up = ngx_http_aicost_fleet_serves(amcf);
    stat->edges = ngx_max(sh->edges, 1);
    stat->outages = sh->outages;
    stat->refused = sh->refused;
    stat->refuses = sh->ill;
    stat->full = sh->full;
    stat->evicts = sh->evicts;
    stat->persists = sh->persists;
    stat->down_for = sh->down ? ngx_http_aicost_now() - sh->since : 0;

    aicost_edge_stat(&amcf->fleet->edge, &stat->edge);
}


u_char *
ngx_http_aicost_fleet_json(ngx_http_aicost_main_conf_t *amcf, u_char *p,
    u_char *last)
{
    static const char             *policy[] = { "closed", "local", "degrade",
                                                "open" };

    ngx_http_aicost_fleet_stat_t   stat;

    ngx_http_aicost_fleet_stat(amcf, &stat);

    return ngx_slprintf(p, last,
                        ",\"fleet\":{\"url\":\"%V\",\"up\":%s,"
                        "\"down_ms\":%L,\"on_error\":\"%s\","
                        "\"edges\":%ui,\"outages\":%ui,"
                        "\"refused\":%ui,\"refuses\":%s,"
                        "\"queue_full\":%ui,\"evicts\":%s,"
                        "\"accounts\":%uD,\"open\":%uD,"
                        "\"unacknowledged\":%uD,\"lent\":%uD,"
                        "\"lost\":%uL,\"consumers\":%s}",
                        &amcf->redis->url, stat.up ? "true" : "false",
                        stat.down_for, policy[amcf->redis->on_error],
                        stat.edges, stat.outages, stat.refused,
                        stat.refuses ? "true" : "false", stat.full,
                        stat.evicts ? "true" : "false",
                        stat.edge.used_accounts, stat.edge.open,
                        stat.edge.said, stat.edge.lent, stat.edge.lost,
                        amcf->shared->fleet.published ? "\"published\""
                                                      : "\"file\"");
}
