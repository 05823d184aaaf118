
/*
 * Copyright (C) aicost
 *
 * Connections: accept, TLS, read a request, write its answer, timers.
 */


#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sim.h"


#define SIM_IN_FIRST            16384
#define SIM_IN_KEPT             262144    /* a larger buffer is given back */


static char  sim_sink[262144];            /* --canned: bodies end here */


static void
sim_conn_watch(sim_conn_t *c, unsigned reading, unsigned writing)
{
    struct epoll_event  ev;

    if (c->reading == reading && c->writing == writing) {
        return;
    }

    c->reading = reading & 1;
    c->writing = writing & 1;

    ev.events = EPOLLRDHUP | (reading ? EPOLLIN : 0u)
                | (writing ? EPOLLOUT : 0u);
    ev.data.ptr = c;
    (void) epoll_ctl(c->sim->epoll, EPOLL_CTL_MOD, c->fd, &ev);
}


static void
sim_timer_del(sim_conn_t *c)
{
    if (!c->timed) {
        return;
    }

    *(c->sooner ? &c->sooner->later : &c->sim->first_due) = c->later;
    *(c->later ? &c->later->sooner : &c->sim->last_due) = c->sooner;
    c->timed = 0;
}


/* from the end: equal waits, the usual case, find their place at once */

static void
sim_timer_add(sim_conn_t *c, int64_t ms)
{
    sim_t       *sim;
    sim_conn_t  *at;

    sim = c->sim;
    c->due = sim->now + ms;
    c->timed = 1;

    for (at = sim->last_due; at && at->due > c->due; at = at->sooner) {
        /* void */
    }

    c->sooner = at;
    c->later = at ? at->later : sim->first_due;
    *(at ? &at->later : &sim->first_due) = c;
    *(c->later ? &c->later->sooner : &sim->last_due) = c;
}


/* the memory goes after the batch: later events of it may still name c */

static void
sim_conn_close(sim_conn_t *c, unsigned reset)
{
    struct linger  l;

    if (c->state == SIM_CLOSED) {
        return;
    }

    if (c->state != SIM_READING && c->state != SIM_DRAINING) {
        sim_log_end(c, 0, 1);
    }

    sim_timer_del(c);
    c->state = SIM_CLOSED;

    if (reset) {
        l.l_onoff = 1;
        l.l_linger = 0;
        (void) setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &l, sizeof(l));

    } else if (c->ssl && !c->handshake) {
        (void) SSL_shutdown(c->ssl);
    }

    if (c->ssl) {
        SSL_free(c->ssl);
        ERR_clear_error();
    }

    close(c->fd);
    free(c->in);
    free(c->out.data);
    free(c->keep);
    free(c->prefix.data);
    free(c->event.data);

    *(c->newer ? &c->newer->older : &c->sim->newest) = c->older;

    if (c->older) {
        c->older->newer = c->newer;
    }

    c->sim->open--;
    c->later = c->sim->dead;
    c->sim->dead = c;
}


void
sim_conn_bury(sim_t *sim)
{
    sim_conn_t  *c;

    while ((c = sim->dead) != NULL) {
        sim->dead = c->later;
        free(c);
    }
}


void
sim_conn_end(sim_t *sim)
{
    while (sim->newest) {
        sim_conn_close(sim->newest, 0);
    }

    sim_conn_bury(sim);
}


/* bytes, 0 at the end, -1 failed, -2 would block */

static ssize_t
sim_conn_recv(sim_conn_t *c, char *data, size_t len)
{
    int      n, err;
    ssize_t  r;

    if (c->ssl == NULL) {
        r = recv(c->fd, data, len, 0);

        if (r == -1 && (errno == EAGAIN || errno == EINTR)) {
            return -2;
        }

        return r;
    }

    n = SSL_read(c->ssl, data, len > 1048576 ? 1048576 : (int) len);

    if (n > 0) {
        return n;
    }

    err = SSL_get_error(c->ssl, n);
    ERR_clear_error();

    return err == SSL_ERROR_WANT_READ || err == SSL_ERROR_WANT_WRITE ? -2
           : err == SSL_ERROR_ZERO_RETURN ? 0 : -1;
}


static ssize_t
sim_conn_send(sim_conn_t *c, const char *data, size_t len)
{
    int      n, err;
    ssize_t  r;

    if (c->ssl == NULL) {
        r = send(c->fd, data, len, MSG_NOSIGNAL);

        return r == -1 && (errno == EAGAIN || errno == EINTR) ? -2 : r;
    }

    n = SSL_write(c->ssl, data, len > 1048576 ? 1048576 : (int) len);

    if (n > 0) {
        return n;
    }

    err = SSL_get_error(c->ssl, n);
    ERR_clear_error();

    return err == SSL_ERROR_WANT_READ || err == SSL_ERROR_WANT_WRITE ? -2
           : -1;
}


/* what is in `out`; AICOST_AGAIN when the socket is full */

static int
sim_conn_flush(sim_conn_t *c)
{
    size_t   n;
    ssize_t  r;

    while (c->out_pos < c->out.len) {
        n = c->fault.flags & SIM_ONEB ? 1 : c->out.len - c->out_pos;
        r = sim_conn_send(c, c->out.data + c->out_pos, n);

        if (r == -2) {
            sim_conn_watch(c, 0, 1);
            return AICOST_AGAIN;
        }

        if (r <= 0) {
            return AICOST_ERROR;
        }

        c->out_pos += (size_t) r;
    }

    c->out.len = 0;
    c->out_pos = 0;

    return AICOST_OK;
}


/* 1 when the connection reads its next request */

static unsigned
sim_conn_write(sim_conn_t *c)
{
    int         rc;
    sim_next_e  next;

    for ( ;; ) {
        rc = sim_conn_flush(c);

        if (rc == AICOST_AGAIN) {
            return 0;
        }

        if (rc != AICOST_OK) {
            sim_conn_close(c, 0);
            return 0;
        }

        if (c->pause) {
            c->pause = 0;
            c->state = SIM_WAITING;
            sim_conn_watch(c, 0, 0);
            sim_timer_add(c, c->wait);
            return 0;
        }

        next = c->next(c);

        switch (next) {

        case SIM_MORE:
            break;

        case SIM_WAIT:
            c->pause = 1;
            break;

        case SIM_END_HANG:
            c->state = SIM_HANGING;
            sim_conn_watch(c, 0, 0);
            return 0;

        case SIM_DONE:
            sim_log_end(c, 1, 0);
            c->state = SIM_READING;

            if (!c->close) {
                return 1;
            }

            /* fall through */

        case SIM_END_CLOSE:
        case SIM_END_RESET:
            sim_log_end(c, 0, 0);
            c->state = SIM_READING;
            sim_conn_close(c, next == SIM_END_RESET);
            return 0;
        }
    }
}


/* the body is not needed any more; what follows may be the next request */

static void
sim_conn_drop(sim_conn_t *c)
{
    size_t  left;

    left = c->in_len - c->used;

    if (left) {
        memmove(c->in, c->in + c->used, left);
    }

    c->in_len = left;
    c->head_len = 0;
    c->body_len = 0;

    if (c->in_size > SIM_IN_KEPT && left < SIM_IN_FIRST - 1) {
        c->in_size = SIM_IN_FIRST;
        c->in = aicost_realloc(c->in, c->in_size);
    }
}


static void
sim_conn_request(sim_conn_t *c)
{
    char    faults[256];
    size_t  left;

    sim_scan(&c->ask, c->in + c->head_len, c->body_len);

    left = c->ask.model_len < SIM_MODEL_MAX ? c->ask.model_len
                                            : SIM_MODEL_MAX;
    if (left) {
        memcpy(c->model, c->ask.model, left);
    }

    c->model[left] = '\0';
    c->request = 0;
    c->step = 0;
    sim_fault_init(&c->fault);

    if (c->ep != SIM_EP_CONTROL) {
        c->request = ++c->sim->requests;
        sim_shape_read(c);
        sim_fault_choose(c, faults, sizeof(faults));
        sim_openai_count(c);
        sim_log_begin(c, faults);
    }

    c->events = 0;
    c->wait = 0;
    c->state = SIM_WRITING;
    sim_answer(c);

    sim_conn_drop(c);

    if (c->wait) {
        c->state = SIM_WAITING;
        sim_conn_watch(c, 0, 0);
        sim_timer_add(c, c->wait);
    }
}


static void
sim_conn_drain(sim_conn_t *c)
{
    size_t   n;
    ssize_t  r;

    while (c->left) {
        n = c->left < sizeof(sim_sink) ? c->left : sizeof(sim_sink);
        r = sim_conn_recv(c, sim_sink, n);

        if (r == -2) {
            return;
        }

        if (r <= 0) {
            sim_conn_close(c, 0);
            return;
        }

        c->left -= (size_t) r;
    }

    c->used = c->head_len;
    sim_canned(c);
    sim_conn_drop(c);
}


/* 1 when an answer is to be written */

static unsigned
sim_conn_parse(sim_conn_t *c)
{
    int     rc;
    size_t  have;

    if (c->in_len == 0) {
        return 0;
    }

    rc = sim_http_read(c);

    if (rc == AICOST_AGAIN && c->head_len && c->sim->canned && !c->chunked) {
        have = c->in_len - c->head_len;
        c->left = c->body_len - have;
        c->in_len = c->head_len;
        c->state = SIM_DRAINING;
        sim_conn_drain(c);
        return c->state == SIM_WRITING;
    }

    if (rc == AICOST_AGAIN) {
        return 0;
    }

    if (rc != AICOST_OK) {
        sim_conn_close(c, 0);
        return 0;
    }

    if (c->sim->canned && c->ep != SIM_EP_CONTROL) {
        sim_canned(c);
        sim_conn_drop(c);
        return 1;
    }

    sim_conn_request(c);

    return 1;
}


static void
sim_conn_room(sim_conn_t *c)
{
    size_t  want;

    want = c->in_len + SIM_IN_FIRST / 2;

    if (c->head_len && !c->chunked && c->used > want) {
        want = c->used;
    }

    if (c->in_size < want + 1) {
        c->in_size = want + 1 > SIM_IN_FIRST ? want + 1 : SIM_IN_FIRST;
        c->in_size = c->chunked ? c->in_size * 2 : c->in_size;
        c->in = aicost_realloc(c->in, c->in_size);
    }
}


/* reads until a request is whole or the socket is empty */

static void
sim_conn_read(sim_conn_t *c)
{
    size_t   room;
    ssize_t  r;

    for ( ;; ) {
        if (c->state == SIM_DRAINING) {
            sim_conn_drain(c);

        } else if (c->state == SIM_READING && !sim_conn_parse(c)
                   && c->state == SIM_READING)
        {
            sim_conn_room(c);
            room = c->in_size - c->in_len - 1;
            r = sim_conn_recv(c, c->in + c->in_len, room);

            if (r == -2) {
                sim_conn_watch(c, 1, 0);
                return;
            }

            if (r <= 0) {
                sim_conn_close(c, 0);
                return;
            }

            c->in_len += (size_t) r;
            c->in[c->in_len] = '\0';
            continue;
        }

        if (c->state == SIM_DRAINING) {
            sim_conn_watch(c, 1, 0);
            return;
        }

        if (c->state != SIM_WRITING || !sim_conn_write(c)) {
            return;
        }

        if (c->in_len == 0 && c->ssl == NULL) {
            sim_conn_watch(c, 1, 0);
            return;
        }
    }
}


static void
sim_conn_handshake(sim_conn_t *c)
{
    int  n, err;

    n = SSL_accept(c->ssl);

    if (n == 1) {
        c->handshake = 0;
        sim_conn_watch(c, 1, 0);
        sim_conn_read(c);
        return;
    }

    err = SSL_get_error(c->ssl, n);
    ERR_clear_error();

    if (err == SSL_ERROR_WANT_READ) {
        sim_conn_watch(c, 1, 0);

    } else if (err == SSL_ERROR_WANT_WRITE) {
        sim_conn_watch(c, 0, 1);

    } else {
        sim_conn_close(c, 0);
    }
}


void
sim_conn_event(sim_conn_t *c, uint32_t events)
{
    if (c->state == SIM_CLOSED) {
        return;
    }

    if (c->handshake) {
        sim_conn_handshake(c);
        return;
    }

    if (c->state == SIM_READING || c->state == SIM_DRAINING) {
        sim_conn_read(c);
        return;
    }

    if (events & (EPOLLERR | EPOLLHUP | EPOLLRDHUP)) {
        sim_conn_close(c, 0);
        return;
    }

    if (c->state == SIM_WRITING && (events & EPOLLOUT)
        && sim_conn_write(c))
    {
        sim_conn_read(c);
    }
}


void
sim_conn_due(sim_t *sim)
{
    sim_conn_t  *c;

    while ((c = sim->first_due) != NULL && c->due <= sim->now) {
        sim_timer_del(c);
        c->state = SIM_WRITING;

        if (sim_conn_write(c)) {
            sim_conn_read(c);
        }
    }
}


void
sim_accept(sim_t *sim, sim_listen_t *l)
{
    int                  fd, on;
    sim_conn_t          *c;
    struct epoll_event   ev;

    for ( ;; ) {
        fd = accept4(l->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

        if (fd == -1) {
            return;
        }

        on = 1;
        (void) setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));

        c = aicost_alloc(sizeof(sim_conn_t));
        memset(c, 0, sizeof(sim_conn_t));
        c->kind = SIM_KIND_CONN;
        c->fd = fd;
        c->sim = sim;
        c->number = ++sim->connections;
        c->reading = 1;
        sim->open++;

        c->older = sim->newest;
        sim->newest = c;

        if (c->older) {
            c->older->newer = c;
        }

        if (l->kind == SIM_KIND_LISTEN_TLS) {
            c->ssl = SSL_new(sim->tls);

            if (c->ssl == NULL || SSL_set_fd(c->ssl, fd) != 1) {
                sim_conn_close(c, 0);
                continue;
            }

            SSL_set_accept_state(c->ssl);
            c->handshake = 1;
        }

        ev.events = EPOLLIN | EPOLLRDHUP;
        ev.data.ptr = c;

        if (epoll_ctl(sim->epoll, EPOLL_CTL_ADD, fd, &ev) == -1) {
            sim_conn_close(c, 0);
            continue;
        }

        if (!c->handshake) {
            sim_conn_read(c);
        }
    }
}
