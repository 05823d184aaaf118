
/*
 * Copyright (C) aicost
 *
 * The transport: commands out, replies in, in the same order.  A caller whose
 * command takes too long is answered without a reply; the command stays in the
 * queue, so that its late reply meets nobody else.
 */


#include "ngx_http_aicost_link_int.h"

#include <poll.h>


#define NGX_HTTP_AICOST_LINK_MIN      50      /* ms between two attempts */
#define NGX_HTTP_AICOST_LINK_MAX      5000
#define NGX_HTTP_AICOST_LINK_STEADY   1000    /* ms open: backoff begins anew */
#define NGX_HTTP_AICOST_LINK_READ     16384


static void ngx_http_aicost_link_retry(ngx_event_t *ev);
static void ngx_http_aicost_link_drop(ngx_http_aicost_link_t *link);
static void ngx_http_aicost_link_late(ngx_event_t *ev);
static void ngx_http_aicost_link_read(ngx_event_t *ev);
static ngx_int_t ngx_http_aicost_link_replies(ngx_http_aicost_link_t *link);
static void ngx_http_aicost_link_reply(ngx_http_aicost_link_t *link,
    redisReply *reply);
static void ngx_http_aicost_link_value(const redisReply *r,
    aicost_redis_value_t *v);
static void ngx_http_aicost_link_at(const aicost_redis_value_t *array,
    size_t i, aicost_redis_value_t *out);
static void ngx_http_aicost_link_loaded(void *data,
    const aicost_redis_reply_t *reply);


ngx_http_aicost_link_t *
ngx_http_aicost_link_create(ngx_cycle_t *cycle,
    ngx_http_aicost_link_conf_t *conf, ngx_http_aicost_link_owner_t *owner)
{
    ngx_http_aicost_link_t  *link;

    link = ngx_pcalloc(cycle->pool, sizeof(ngx_http_aicost_link_t));
    if (link == NULL) {
        return NULL;
    }

    link->conf = conf;
    link->owner = *owner;
    link->log = cycle->log;
    link->wait = NGX_HTTP_AICOST_LINK_MIN;
    link->server.appendonly = -1;

    ngx_queue_init(&link->ops);
    ngx_queue_init(&link->later_ops);
    ngx_queue_init(&link->free);

    link->retry.handler = ngx_http_aicost_link_retry;
    link->retry.data = link;
    link->retry.log = cycle->log;
    link->retry.cancelable = 1;

    link->late.handler = ngx_http_aicost_link_late;
    link->late.data = link;
    link->late.log = cycle->log;

    link->flush.handler = ngx_http_aicost_link_flush;
    link->flush.data = link;
    link->flush.log = cycle->log;

    link->linger.handler = ngx_http_aicost_link_linger;
    link->linger.data = link;
    link->linger.log = cycle->log;
    link->linger.cancelable = 1;

    return link;
}


void
ngx_http_aicost_link_start(ngx_http_aicost_link_t *link)
{
    if (link->state != NGX_HTTP_AICOST_LINK_IDLE || link->busy) {
        return;
    }

    if (link->retry.timer_set) {
        ngx_del_timer(&link->retry);
    }

    ngx_http_aicost_link_retry(&link->retry);
}


static void
ngx_http_aicost_link_retry(ngx_event_t *ev)
{
    ngx_msec_t               wait;
    ngx_http_aicost_link_t  *link;

    link = ev->data;

    if (link->owner.may == NULL || link->owner.may(link->owner.data)) {
        ngx_http_aicost_link_dial(link);
        return;
    }

    wait = link->wait;

    ngx_add_timer(ev, wait - wait / 4 + (ngx_msec_t) ngx_random()
                                        % (wait / 2 + 1));
}


ngx_uint_t
ngx_http_aicost_link_ready(ngx_http_aicost_link_t *link)
{
    return link->state == NGX_HTTP_AICOST_LINK_OPEN && !link->leaves;
}


ngx_uint_t
ngx_http_aicost_link_deaf(ngx_http_aicost_link_t *link, ngx_msec_t since)
{
    ngx_uint_t                  before;
    ngx_http_aicost_link_op_t  *op;

    if (link->state == NGX_HTTP_AICOST_LINK_IDLE
        || link->state == NGX_HTTP_AICOST_LINK_UP
        || link->leaves)
    {
        return 0;
    }

    before = (ngx_msec_int_t) (link->heard - since) < 0;

    if (link->state < NGX_HTTP_AICOST_LINK_UP
        || ngx_queue_empty(&link->ops))
    {
        return before;
    }

    op = ngx_queue_data(ngx_queue_last(&link->ops), ngx_http_aicost_link_op_t,
                        queue);

    return link->silent && (before || op->handler == NULL);
}


void
ngx_http_aicost_link_redial(ngx_http_aicost_link_t *link)
{
    if (link->state == NGX_HTTP_AICOST_LINK_OPEN) {
        ngx_http_aicost_link_close(link, "nothing is heard on it");

    } else {
        ngx_http_aicost_link_end(link);
    }

    ngx_http_aicost_link_start(link);
}


ngx_uint_t
ngx_http_aicost_link_waiting(ngx_http_aicost_link_t *link)
{
    return link->waiting;
}


void
ngx_http_aicost_link_move(ngx_http_aicost_link_t *link,
    const aicost_str_t *host, ngx_uint_t port)
{
    if (link->state < NGX_HTTP_AICOST_LINK_UP || link->leaves) {
        return;
    }

    if (host->len >= sizeof(link->target) || port < 1 || port > 65535) {
        ngx_http_aicost_link_close(link, "it names no primary");
        return;
    }

    if (host->len) {
        ngx_http_aicost_link_aim(link, (char *) host->data, host->len, port);

    } else {
        ngx_http_aicost_link_aim(link, (char *) link->name.data,
                                 link->name.len, port);
    }

    link->leaves = 1;
}


void
ngx_http_aicost_link_end(ngx_http_aicost_link_t *link)
{
    if (link->retry.timer_set) {
        ngx_del_timer(&link->retry);
    }

    link->wait = NGX_HTTP_AICOST_LINK_MIN;
    link->moved = 0;

    ngx_http_aicost_link_drop(link);
}


const ngx_str_t *
ngx_http_aicost_link_name(ngx_http_aicost_link_t *link)
{
    return &link->name;
}


const ngx_http_aicost_link_server_t *
ngx_http_aicost_link_server(ngx_http_aicost_link_t *link)
{
    return &link->server;
}


void
ngx_http_aicost_link_open(ngx_http_aicost_link_t *link)
{
    if (link->state == NGX_HTTP_AICOST_LINK_UP) {
        link->state = NGX_HTTP_AICOST_LINK_OPEN;
        link->opened = ngx_current_msec;
    }
}


/* the connection goes, who waits is told, the next attempt comes */

void
ngx_http_aicost_link_close(ngx_http_aicost_link_t *link, const char *why)
{
    ngx_msec_t  wait;

    if (link->state == NGX_HTTP_AICOST_LINK_IDLE) {
        return;
    }

    if (link->state == NGX_HTTP_AICOST_LINK_OPEN
        && ngx_current_msec - link->opened >= NGX_HTTP_AICOST_LINK_STEADY)
    {
        link->wait = NGX_HTTP_AICOST_LINK_MIN;
    }

    if (link->state < NGX_HTTP_AICOST_LINK_UP) {

        /* not that one: the next attempt is at another address */

        link->addr++;
    }

    link->moved = 0;

    ngx_http_aicost_link_drop(link);

    link->owner.down(link->owner.data, why);

    if (ngx_exiting || ngx_terminate) {
        return;
    }

    wait = link->wait;
    link->wait = ngx_min(2 * wait, NGX_HTTP_AICOST_LINK_MAX);

    if (!link->retry.timer_set) {
        ngx_add_timer(&link->retry, wait - wait / 4
                                    + (ngx_msec_t) ngx_random()
                                      % (wait / 2 + 1));
    }
}


static void
ngx_http_aicost_link_drop(ngx_http_aicost_link_t *link)
{
    ngx_queue_t                *q;
    ngx_http_aicost_link_op_t  *op;

    link->state = NGX_HTTP_AICOST_LINK_IDLE;

    ngx_http_aicost_link_hang_up(link);

    link->later.len = 0;
    ngx_http_aicost_link_join(link);

    if (link->late.timer_set) {
        ngx_del_timer(&link->late);
    }

    if (link->flush.posted) {
        ngx_delete_posted_event(&link->flush);
    }

    /* in the reply loop the reader is freed when the loop ends */

    if (link->reader && !link->busy) {
        redisReaderFree(link->reader);
        link->reader = NULL;
    }

    link->out.len = 0;
    link->out_sent = 0;
    link->in = 0;
    link->silent = 0;
    link->loading = 0;
    link->logins = 0;
    link->leaves = 0;

    while (!ngx_queue_empty(&link->ops)) {
        q = ngx_queue_head(&link->ops);
        op = ngx_queue_data(q, ngx_http_aicost_link_op_t, queue);
        ngx_queue_remove(q);
        link->waiting--;

        if (op->handler) {
            op->handler(op->data, NULL);
        }

        ngx_http_aicost_link_op_free(link, op);
    }
}


void
ngx_http_aicost_link_again(ngx_http_aicost_link_t *link)
{
    ngx_http_aicost_link_drop(link);

    if (!link->retry.timer_set) {
        ngx_add_timer(&link->retry, 1);
    }
}


/* --- in ------------------------------------------------------------------ */


/* logged in or logging in: events go to the transport */

void
ngx_http_aicost_link_work(ngx_http_aicost_link_t *link)
{
    ngx_connection_t  *c;

    c = link->peer.connection;

    c->read->handler = ngx_http_aicost_link_read;
    c->write->handler = ngx_http_aicost_link_write;

    if (ngx_handle_read_event(c->read, 0) != NGX_OK) {
        ngx_http_aicost_link_close(link, "the connection broke");
        return;
    }

    if (c->read->ready) {
        ngx_post_event(c->read, &ngx_posted_events);
    }
}


static void
ngx_http_aicost_link_read(ngx_event_t *ev)
{
    ssize_t                  n;
    ngx_int_t                rc;
    ngx_connection_t        *c;
    ngx_http_aicost_link_t  *link;

    static u_char            buf[NGX_HTTP_AICOST_LINK_READ];

    c = ev->data;
    link = c->data;

    for ( ;; ) {
        n = c->recv(c, buf, NGX_HTTP_AICOST_LINK_READ);

        if (n == NGX_AGAIN) {
            break;
        }

        if (n <= 0) {
            ngx_http_aicost_link_close(link, "the connection was closed");
            return;
        }

        link->in += n;

        if (link->in > NGX_HTTP_AICOST_LINK_IN
            || redisReaderFeed(link->reader, (char *) buf, n) != REDIS_OK)
        {
            ngx_http_aicost_link_close(link, "a reply is not acceptable");
            return;
        }

        link->busy = 1;
        rc = ngx_http_aicost_link_replies(link);
        link->busy = 0;

        if (link->state == NGX_HTTP_AICOST_LINK_IDLE) {

            /* a handler closed it */

            if (link->reader) {
                redisReaderFree(link->reader);
                link->reader = NULL;
            }

            return;
        }

        if (rc != NGX_OK) {
            ngx_http_aicost_link_close(link, "a reply is not acceptable");
            return;
        }
    }

    ngx_http_aicost_link_time(link);

    if (ngx_handle_read_event(c->read, 0) != NGX_OK) {
        ngx_http_aicost_link_close(link, "the connection broke");
    }
}


static ngx_int_t
ngx_http_aicost_link_replies(ngx_http_aicost_link_t *link)
{
    void  *reply;

    for ( ;; ) {

        if (redisReaderGetReply(link->reader, &reply) != REDIS_OK) {
            return NGX_ERROR;
        }

        if (reply == NULL) {

            if (ngx_queue_empty(&link->ops)) {
                ngx_http_aicost_link_join(link);
            }

            return NGX_OK;
        }

        link->in = 0;
        link->silent = 0;
        link->heard = ngx_current_msec;

        if (ngx_queue_empty(&link->ops)) {
            /* to nothing that was asked */
            return NGX_ERROR;
        }

        ngx_http_aicost_link_reply(link, reply);
        ngx_http_aicost_link_emptied(link);

        if (link->leaves && ngx_queue_empty(&link->ops)) {
            ngx_http_aicost_link_again(link);
        }

        if (link->state == NGX_HTTP_AICOST_LINK_IDLE) {
            return NGX_OK;
        }
    }
}


static void
ngx_http_aicost_link_reply(ngx_http_aicost_link_t *link, redisReply *reply)
{
    ngx_queue_t                *q;
    aicost_redis_reply_t        r;
    ngx_http_aicost_link_op_t   op;

    q = ngx_queue_head(&link->ops);
    ngx_queue_remove(q);
    link->waiting--;

    op = *ngx_queue_data(q, ngx_http_aicost_link_op_t, queue);
    ngx_http_aicost_link_op_free(link,
                                 ngx_queue_data(q, ngx_http_aicost_link_op_t,
                                                queue));

    if (op.kind) {
        ngx_http_aicost_link_logged(link, &op, reply);
        return;
    }

    if (op.handler) {
        ngx_http_aicost_link_value(reply, &r.value);
        r.at = ngx_http_aicost_link_at;
        op.handler(op.data, &r);
    }
}


static void
ngx_http_aicost_link_value(const redisReply *r, aicost_redis_value_t *v)
{
    ngx_memzero(v, sizeof(aicost_redis_value_t));

    v->node = r;

    switch (r->type) {

    case REDIS_REPLY_STRING:
    case REDIS_REPLY_STATUS:
    case REDIS_REPLY_ERROR:
        v->type = (r->type == REDIS_REPLY_ERROR) ? AICOST_REDIS_FAULT
                                                 : AICOST_REDIS_STRING;
        v->str = (const unsigned char *) r->str;
        v->len = (size_t) r->len;
        break;

    case REDIS_REPLY_INTEGER:
        v->type = AICOST_REDIS_INTEGER;
        v->integer = r->integer;
        break;

    case REDIS_REPLY_ARRAY:
        v->type = AICOST_REDIS_ARRAY;
        v->len = r->elements;
        break;

    default:
        v->type = AICOST_REDIS_NIL;
    }
}


static void
ngx_http_aicost_link_at(const aicost_redis_value_t *array, size_t i,
    aicost_redis_value_t *out)
{
    const redisReply  *r;

    r = array->node;

    ngx_http_aicost_link_value(r->element[i], out);
}


/* --- time ---------------------------------------------------------------- */


/* the timer is that of the first caller who still waits, or of the first
   command, whose silence counts */

void
ngx_http_aicost_link_time(ngx_http_aicost_link_t *link)
{
    ngx_queue_t                *q;
    ngx_msec_int_t              left;
    ngx_http_aicost_link_op_t  *op;

    for (q = ngx_queue_head(&link->ops);
         q != ngx_queue_sentinel(&link->ops);
         q = ngx_queue_next(q))
    {
        op = ngx_queue_data(q, ngx_http_aicost_link_op_t, queue);

        if (op->handler == NULL && op->kind == 0) {
            continue;
        }

        left = (ngx_msec_int_t) (op->sent + link->conf->timeout
                                 - ngx_current_msec);

        if (op->kind) {
            left += 1000;
        }

        /* nearly the same time is left as it is: it then looks again */

        ngx_add_timer(&link->late, (ngx_msec_t) ngx_max(left, 1));

        return;
    }

    if (link->late.timer_set) {
        ngx_del_timer(&link->late);
    }
}


static void
ngx_http_aicost_link_late(ngx_event_t *ev)
{
    void                       *data;
    ngx_queue_t                *q;
    ngx_msec_int_t              left;
    ngx_http_aicost_link_t     *link;
    ngx_http_aicost_link_pt     handler;
    ngx_http_aicost_link_op_t  *op;

    link = ev->data;

    for ( ;; ) {

        for (q = ngx_queue_head(&link->ops);
             q != ngx_queue_sentinel(&link->ops);
             q = ngx_queue_next(q))
        {
            op = ngx_queue_data(q, ngx_http_aicost_link_op_t, queue);

            if (op->handler || op->kind) {
                break;
            }
        }

        if (q == ngx_queue_sentinel(&link->ops)) {
            return;
        }

        op = ngx_queue_data(q, ngx_http_aicost_link_op_t, queue);

        left = (ngx_msec_int_t) (op->sent + link->conf->timeout
                                 - ngx_current_msec);

        if (op->kind) {
            left += 1000;
        }

        if (left > 0) {
            ngx_http_aicost_link_time(link);
            return;
        }

        if (op->kind) {
            ngx_http_aicost_link_close(link, "no answer to the login");
            return;
        }

        handler = op->handler;
        data = op->data;
        op->handler = NULL;
        op->data = NULL;

        link->silent++;

        handler(data, NULL);

        if (link->state == NGX_HTTP_AICOST_LINK_IDLE) {
            return;
        }

        if (link->silent >= NGX_HTTP_AICOST_LINK_TIMEOUTS) {
            ngx_http_aicost_link_close(link, "no answer in time");
            return;
        }
    }
}


/* --- scripts ------------------------------------------------------------- */

void
ngx_http_aicost_link_load(ngx_http_aicost_link_t *link)
{
    ngx_uint_t                  i;

    static u_char               text[AICOST_REDIS_TEXT];
    static aicost_redis_cmd_t   cmd;

    if (link->loading || link->state < NGX_HTTP_AICOST_LINK_LOGIN) {
        return;
    }

    for (i = 0; i < AICOST_REDIS_SCRIPTS; i++) {
        if (aicost_redis_load(&cmd, i, text) != AICOST_OK
            || ngx_http_aicost_link_put(link, &cmd,
                                        ngx_http_aicost_link_loaded, link, 0)
               != NGX_OK)
        {
            return;
        }
    }

    link->loading = AICOST_REDIS_SCRIPTS;
}


static void
ngx_http_aicost_link_loaded(void *data, const aicost_redis_reply_t *reply)
{
    ngx_http_aicost_link_t  *link = data;

    if (link->loading) {
        link->loading--;
    }
}


/* --- the end ------------------------------------------------------------- */

void
ngx_http_aicost_link_stop(ngx_http_aicost_link_t *link, ngx_msec_t wait)
{
    int                n;
    ngx_msec_t         until, now;
    struct pollfd      fd;
    struct timeval     tv;
    ngx_connection_t  *c;

    ngx_gettimeofday(&tv);
    until = (ngx_msec_t) tv.tv_sec * 1000 + tv.tv_usec / 1000 + wait;

    ngx_http_aicost_link_join(link);

    while (link->state >= NGX_HTTP_AICOST_LINK_UP
           && !ngx_queue_empty(&link->ops))
    {
        c = link->peer.connection;

        ngx_gettimeofday(&tv);
        now = (ngx_msec_t) tv.tv_sec * 1000 + tv.tv_usec / 1000;

        if ((ngx_msec_int_t) (until - now) <= 0) {
            break;
        }

        fd.fd = c->fd;
        fd.events = POLLIN;

        if (link->out.len) {
            fd.events |= POLLOUT;
        }

        n = poll(&fd, 1, (int) (until - now));

        if (n <= 0) {
            break;
        }

        if (fd.revents & POLLOUT) {
            c->write->ready = 1;
            ngx_http_aicost_link_write(c->write);
        }

        if (link->state >= NGX_HTTP_AICOST_LINK_UP
            && (fd.revents & (POLLIN|POLLHUP|POLLERR)))
        {
            c->read->ready = 1;
            ngx_http_aicost_link_read(c->read);
        }
    }

    ngx_http_aicost_link_close(link, "the worker exits");
}
