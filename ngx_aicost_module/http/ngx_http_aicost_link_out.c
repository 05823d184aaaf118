
/*
 * Copyright (C) aicost
 *
 * Commands on their way: those of one turn of the event loop in one write.
 * While the store works for somebody, what nobody waits for has a buffer of
 * its own, until that is answered or a moment is over: the store says nothing
 * before it has worked on all that it read at once.
 */


#include "ngx_http_aicost_link_int.h"


#define NGX_HTTP_AICOST_LINK_OPS      1024    /* kept for reuse */
#define NGX_HTTP_AICOST_LINK_OUT_MIN  65536

/* what nobody waits for waits that long, in ms, where commands have the time */

#define NGX_HTTP_AICOST_LINK_LINGER   1
#define NGX_HTTP_AICOST_LINK_PATIENT  20


static ngx_int_t ngx_http_aicost_link_room(ngx_http_aicost_link_t *link,
    ngx_http_aicost_link_out_t *out, size_t n);
static ngx_http_aicost_link_op_t *ngx_http_aicost_link_op(
    ngx_http_aicost_link_t *link);


ngx_int_t
ngx_http_aicost_link_send(ngx_http_aicost_link_t *link,
    const aicost_redis_cmd_t *cmd, ngx_uint_t how,
    ngx_http_aicost_link_pt handler, void *data)
{
    ngx_int_t  rc;

    if (!ngx_http_aicost_link_ready(link)
        && !((how & NGX_HTTP_AICOST_LINK_FIRST)
             && link->state == NGX_HTTP_AICOST_LINK_UP && !link->leaves))
    {
        return NGX_DECLINED;
    }

    link->lingers = (how & NGX_HTTP_AICOST_LINK_LATER)
                    && !ngx_queue_empty(&link->ops)
                    && link->conf->timeout >= NGX_HTTP_AICOST_LINK_PATIENT;

    rc = ngx_http_aicost_link_put(link, cmd, handler, data, 0);
    link->lingers = 0;

    return rc;
}


ngx_int_t
ngx_http_aicost_link_put(ngx_http_aicost_link_t *link,
    const aicost_redis_cmd_t *cmd, ngx_http_aicost_link_pt handler,
    void *data, ngx_uint_t kind)
{
    u_char                      *p;
    ngx_int_t                    rc;
    ngx_http_aicost_link_op_t   *op;
    ngx_http_aicost_link_out_t  *out;

    if (link->waiting >= NGX_HTTP_AICOST_LINK_QUEUE) {
        return NGX_BUSY;
    }

    out = link->lingers ? &link->later : &link->out;

    rc = ngx_http_aicost_link_room(link, out, aicost_redis_size(cmd));
    if (rc != NGX_OK) {
        return rc;
    }

    op = ngx_http_aicost_link_op(link);

    if (op == NULL) {
        return NGX_DECLINED;
    }

    p = aicost_redis_put(out->data + out->len, cmd);
    out->len = p - out->data;

    op->handler = handler;
    op->data = data;
    op->kind = kind;
    op->sent = ngx_current_msec;

    ngx_queue_insert_tail(link->lingers ? &link->later_ops : &link->ops,
                          &op->queue);
    link->waiting++;

    if (link->lingers) {

        if (!link->linger.timer_set) {
            ngx_add_timer(&link->linger, NGX_HTTP_AICOST_LINK_LINGER);
        }

        return NGX_OK;
    }

    if (!link->late.timer_set) {
        ngx_http_aicost_link_time(link);
    }

    if (!link->flush.posted) {
        ngx_post_event(&link->flush, &ngx_posted_events);
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_aicost_link_room(ngx_http_aicost_link_t *link,
    ngx_http_aicost_link_out_t *out, size_t n)
{
    size_t   size;
    u_char  *p;

    if (out->size - out->len >= n) {
        return NGX_OK;
    }

    size = ngx_max(out->size, NGX_HTTP_AICOST_LINK_OUT_MIN);

    while (size - out->len < n) {
        size *= 2;
    }

    if (size > NGX_HTTP_AICOST_LINK_OUT) {
        return NGX_BUSY;
    }

    p = ngx_alloc(size, link->log);

    if (p == NULL) {
        return NGX_DECLINED;
    }

    if (out->data) {
        ngx_memcpy(p, out->data, out->len);
        ngx_free(out->data);
    }

    out->data = p;
    out->size = size;

    return NGX_OK;
}


/* what lingers is put behind the rest; without room it lingers on */

void
ngx_http_aicost_link_join(ngx_http_aicost_link_t *link)
{
    ngx_http_aicost_link_out_t  out;

    if (ngx_queue_empty(&link->later_ops)) {
        return;
    }

    if (link->out.len == 0) {

        /* all was written: its buffer is for what lingers next */

        out = link->out;
        link->out = link->later;
        link->later = out;

    } else if (ngx_http_aicost_link_room(link, &link->out, link->later.len)
               == NGX_OK)
    {
        ngx_memcpy(link->out.data + link->out.len, link->later.data,
                   link->later.len);
        link->out.len += link->later.len;
        link->later.len = 0;

    } else {

        if (!link->linger.timer_set) {
            ngx_add_timer(&link->linger, NGX_HTTP_AICOST_LINK_LINGER);
        }

        return;
    }

    ngx_queue_add(&link->ops, &link->later_ops);
    ngx_queue_init(&link->later_ops);

    if (link->linger.timer_set) {
        ngx_del_timer(&link->linger);
    }

    if (!link->late.timer_set) {
        ngx_http_aicost_link_time(link);
    }

    if (!link->flush.posted) {
        ngx_post_event(&link->flush, &ngx_posted_events);
    }
}


void
ngx_http_aicost_link_linger(ngx_event_t *ev)
{
    ngx_http_aicost_link_join(ev->data);
}


static ngx_http_aicost_link_op_t *
ngx_http_aicost_link_op(ngx_http_aicost_link_t *link)
{
    ngx_queue_t  *q;

    if (ngx_queue_empty(&link->free)) {
        return ngx_alloc(sizeof(ngx_http_aicost_link_op_t), link->log);
    }

    q = ngx_queue_head(&link->free);
    ngx_queue_remove(q);
    link->nfree--;

    return ngx_queue_data(q, ngx_http_aicost_link_op_t, queue);
}


void
ngx_http_aicost_link_op_free(ngx_http_aicost_link_t *link,
    ngx_http_aicost_link_op_t *op)
{
    if (link->nfree == NGX_HTTP_AICOST_LINK_OPS) {
        ngx_free(op);
        return;
    }

    ngx_queue_insert_head(&link->free, &op->queue);
    link->nfree++;
}


void
ngx_http_aicost_link_flush(ngx_event_t *ev)
{
    ngx_http_aicost_link_t  *link;

    link = ev->data;

    if (link->peer.connection && link->peer.connection->write->ready) {
        ngx_http_aicost_link_write(link->peer.connection->write);
    }
}


void
ngx_http_aicost_link_write(ngx_event_t *ev)
{
    ssize_t                  n;
    ngx_connection_t        *c;
    ngx_http_aicost_link_t  *link;

    c = ev->data;
    link = c->data;

    while (link->out_sent < link->out.len) {
        n = c->send(c, link->out.data + link->out_sent,
                    link->out.len - link->out_sent);

        if (n == NGX_AGAIN) {
            break;
        }

        if (n <= 0) {
            ngx_http_aicost_link_close(link, "the connection broke");
            return;
        }

        link->out_sent += n;
    }

    if (link->out_sent == link->out.len) {
        link->out_sent = 0;
        link->out.len = 0;

    } else if (link->out_sent > link->out.size / 2) {
        ngx_memmove(link->out.data, link->out.data + link->out_sent,
                    link->out.len - link->out_sent);
        link->out.len -= link->out_sent;
        link->out_sent = 0;
    }

    if (ngx_handle_write_event(c->write, 0) != NGX_OK) {
        ngx_http_aicost_link_close(link, "the connection broke");
    }
}
