
/*
 * Copyright (C) aicost
 *
 * What an operator orders: all edges obey.
 */


#include "ngx_http_aicost_fleet_int.h"


static void ngx_http_aicost_fleet_ordered(ngx_http_aicost_fleet_op_t *op,
    const aicost_redis_reply_t *reply);
static void ngx_http_aicost_fleet_obey(ngx_http_aicost_fleet_t *f,
    ngx_http_aicost_order_t *order);


ngx_int_t
ngx_http_aicost_fleet_order(ngx_http_aicost_main_conf_t *amcf,
    ngx_http_aicost_order_t *order)
{
    int                          rc;
    int64_t                      now;
    aicost_store_t              *store;
    aicost_redis_cmd_t          *cmd;
    ngx_http_aicost_fleet_t     *f;
    ngx_http_aicost_fleet_op_t  *op;

    f = amcf->fleet;
    now = ngx_http_aicost_now();
    order->nlatches = 0;

    if (f == NULL) {
        store = &amcf->store;

        switch (order->kind) {

        case NGX_HTTP_AICOST_ORDER_KILL:
            order->rc = store->ops->kill(store, &order->latch);
            break;

        case NGX_HTTP_AICOST_ORDER_RESUME:
            order->rc = store->ops->resume(store, order->latch.latch,
                                           order->gen);
            break;

        case NGX_HTTP_AICOST_ORDER_MODE:
            order->rc = store->ops->set_mode(store, order->mode,
                                             order->share_ppm, now);
            break;

        default: /* NGX_HTTP_AICOST_ORDER_LATCHES */
            order->rc = store->ops->latches(store, now, order->latches,
                                            NGX_HTTP_AICOST_LATCHES,
                                            &order->nlatches);
        }

        return NGX_OK;
    }

    cmd = &ngx_http_aicost_fleet_cmd;
    order->rc = AICOST_ERROR;

    if (!ngx_http_aicost_fleet_ready(f)) {
        return NGX_OK;
    }

    switch (order->kind) {

    case NGX_HTTP_AICOST_ORDER_KILL:
        rc = aicost_redis_kill(cmd, &f->domain, &order->latch);
        break;

    case NGX_HTTP_AICOST_ORDER_RESUME:
        rc = aicost_redis_resume(cmd, &f->domain, order->latch.latch,
                                 order->gen);
        break;

    case NGX_HTTP_AICOST_ORDER_MODE:
        rc = aicost_redis_set_mode(cmd, &f->domain, order->mode,
                                   order->share_ppm, now);
        break;

    default: /* NGX_HTTP_AICOST_ORDER_LATCHES */
        rc = aicost_redis_latches(cmd, &f->domain, now,
                                  NGX_HTTP_AICOST_LATCHES);
    }

    if (rc != AICOST_OK) {
        return NGX_OK;
    }

    op = ngx_http_aicost_fleet_op(f, ngx_http_aicost_fleet_ordered);
    if (op == NULL) {
        return NGX_OK;
    }

    op->data = order;

    return ngx_http_aicost_fleet_send(op, cmd, 0) == NGX_OK ? NGX_AGAIN
                                                            : NGX_OK;
}


static void
ngx_http_aicost_fleet_ordered(ngx_http_aicost_fleet_op_t *op,
    const aicost_redis_reply_t *reply)
{
    int                       rc;
    aicost_redis_seen_t       seen;
    ngx_http_aicost_order_t  *order;
    ngx_http_aicost_fleet_t  *f;

    f = op->fleet;
    order = op->data;
    rc = AICOST_ERROR;

    if (reply == NULL) {
        ngx_http_aicost_fleet_silent(f);

    } else if (order && order->kind == NGX_HTTP_AICOST_ORDER_LATCHES) {
        rc = aicost_redis_listed(reply, order->latches,
                                 NGX_HTTP_AICOST_LATCHES, &order->nlatches,
                                 &seen);
        (void) ngx_http_aicost_fleet_heard(f, &seen);

    } else if (order) {
        rc = aicost_redis_controlled(reply, NULL, &seen);
        (void) ngx_http_aicost_fleet_heard(f, &seen);
    }

    /* known here before the operator hears of it */

    if (order && rc != AICOST_ERROR) {
        ngx_http_aicost_fleet_obey(f, order);
    }

    ngx_http_aicost_life_beat(f);

    if (order) {
        order->rc = rc;
        order->handler(order);
    }

    ngx_http_aicost_fleet_free(op);
}


/* what is remembered for an outage follows the order at once */

static void
ngx_http_aicost_fleet_obey(ngx_http_aicost_fleet_t *f,
    ngx_http_aicost_order_t *order)
{
    uint32_t                         i;
    ngx_http_aicost_fleet_shared_t  *sh;

    static const u_char  all[AICOST_ID];

    sh = f->shared;

    if (order->kind != NGX_HTTP_AICOST_ORDER_KILL
        && order->kind != NGX_HTTP_AICOST_ORDER_RESUME)
    {
        return;
    }

    ngx_shmtx_lock(&f->amcf->shpool->mutex);

    for (i = 0; i < sh->nlatches; i++) {
        if (ngx_memcmp(sh->latches[i].latch, order->latch.latch, AICOST_ID)
            == 0)
        {
            sh->latches[i] = sh->latches[--sh->nlatches];
            break;
        }
    }

    if (order->kind == NGX_HTTP_AICOST_ORDER_KILL
        && sh->nlatches < NGX_HTTP_AICOST_LATCHES)
    {
        sh->latches[sh->nlatches++] = order->latch;
    }

    if (ngx_memcmp(order->latch.latch, all, AICOST_ID) == 0) {
        sh->state.kill_all = (order->kind == NGX_HTTP_AICOST_ORDER_KILL);
    }

    sh->changes++;

    ngx_shmtx_unlock(&f->amcf->shpool->mutex);
}


/* a latch that a budget set by itself has no label: budgets without a key are
   known by their id, of the others only the id can be shown */

void
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
