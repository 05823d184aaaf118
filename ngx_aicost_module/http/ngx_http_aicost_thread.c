
/*
 * Copyright (C) aicost
 *
 * Threads beside the event loop, for what waits for a disk or takes long.  They
 * are there while there is work and a moment longer: a process with threads
 * pays for them in each of its system calls, and a worker makes a hundred of
 * these for one stream.
 */


#include "ngx_http_aicost_module.h"

#include <ngx_channel.h>
#include <pthread.h>


#define NGX_HTTP_AICOST_THREADS  4     /* of a worker; more tasks wait */
#define NGX_HTTP_AICOST_LINGER   20    /* ms a thread waits for the next task */


typedef struct {
    pthread_t                 id;
    unsigned                  begun:1;     /* to be joined */
    unsigned                  ended:1;     /* at once */
} ngx_http_aicost_thread_t;


typedef struct {
    pthread_mutex_t           mutex;
    pthread_cond_t            work;        /* todo has one */
    pthread_cond_t            over;        /* done has one */
    ngx_http_aicost_task_t   *todo;
    ngx_http_aicost_task_t   *done;
    ngx_uint_t                tasks;       /* of both, and those that run */
    ngx_uint_t                waiting;     /* of todo */
    ngx_uint_t                running;     /* threads */
    ngx_uint_t                idle;        /* of them */
    ngx_http_aicost_thread_t  threads[NGX_HTTP_AICOST_THREADS];
    ngx_fd_t                  fds[2];      /* a byte wakes the event loop */
    unsigned                  opened:1;
    unsigned                  stopping:1;
} ngx_http_aicost_threads_t;


static ngx_int_t ngx_http_aicost_thread_open(ngx_http_aicost_threads_t *t);
static ngx_int_t ngx_http_aicost_thread_start(ngx_http_aicost_threads_t *t);
static void *ngx_http_aicost_thread_cycle(void *data);
static ngx_int_t ngx_http_aicost_thread_wait(ngx_http_aicost_threads_t *t);
static void ngx_http_aicost_thread_event(ngx_event_t *ev);
static ngx_uint_t ngx_http_aicost_thread_done(ngx_http_aicost_threads_t *t);
static void ngx_http_aicost_thread_put(ngx_http_aicost_task_t **list,
    ngx_http_aicost_task_t *task);


static ngx_http_aicost_threads_t  ngx_http_aicost_threads = {
    PTHREAD_MUTEX_INITIALIZER,
    PTHREAD_COND_INITIALIZER,
    PTHREAD_COND_INITIALIZER,
    NULL, NULL, 0, 0, 0, 0, { { 0, 0, 0 } }, { -1, -1 }, 0, 0
};


ngx_int_t
ngx_http_aicost_thread(ngx_http_aicost_task_t *task)
{
    ngx_int_t                   rc;
    ngx_http_aicost_threads_t  *t;

    t = &ngx_http_aicost_threads;

    if (t->stopping
        || (!t->opened && ngx_http_aicost_thread_open(t) != NGX_OK))
    {
        return NGX_ERROR;
    }

    rc = NGX_OK;

    (void) pthread_mutex_lock(&t->mutex);

    if (t->idle <= t->waiting && t->running < NGX_HTTP_AICOST_THREADS
        && ngx_http_aicost_thread_start(t) != NGX_OK && t->running == 0)
    {
        rc = NGX_ERROR;

    } else {
        ngx_http_aicost_thread_put(&t->todo, task);
        t->waiting++;
        t->tasks++;

        (void) pthread_cond_signal(&t->work);
    }

    (void) pthread_mutex_unlock(&t->mutex);

    return rc;
}


void
ngx_http_aicost_thread_or_here(ngx_http_aicost_task_t *task)
{
    if (ngx_http_aicost_thread(task) != NGX_OK) {
        task->run(task->data);
        task->done(task->data);
    }
}


/* at exit, when no event is heard of any more: also what the ends of tasks
   begin.  No thread may be left when the module is taken out of memory */

void
ngx_http_aicost_thread_stop(void)
{
    ngx_uint_t                  i, tasks;
    ngx_http_aicost_threads_t  *t;

    t = &ngx_http_aicost_threads;

    do {
        (void) pthread_mutex_lock(&t->mutex);

        while (t->tasks && t->done == NULL) {
            (void) pthread_cond_wait(&t->over, &t->mutex);
        }

        (void) pthread_mutex_unlock(&t->mutex);

        tasks = ngx_http_aicost_thread_done(t);

    } while (tasks);

    (void) pthread_mutex_lock(&t->mutex);

    t->stopping = 1;
    (void) pthread_cond_broadcast(&t->work);

    (void) pthread_mutex_unlock(&t->mutex);

    for (i = 0; i < NGX_HTTP_AICOST_THREADS; i++) {

        if (t->threads[i].begun) {
            (void) pthread_join(t->threads[i].id, NULL);
            t->threads[i].begun = 0;
        }
    }
}


static ngx_int_t
ngx_http_aicost_thread_open(ngx_http_aicost_threads_t *t)
{
    if (pipe(t->fds) == -1) {
        ngx_log_error(NGX_LOG_ALERT, ngx_cycle->log, ngx_errno,
                      "pipe() failed");
        return NGX_ERROR;
    }

    /* a channel is no connection that a worker waits for when it leaves */

    if (ngx_nonblocking(t->fds[0]) == -1 || ngx_nonblocking(t->fds[1]) == -1
        || ngx_add_channel_event((ngx_cycle_t *) ngx_cycle, t->fds[0],
                                 NGX_READ_EVENT, ngx_http_aicost_thread_event)
           != NGX_OK)
    {
        ngx_log_error(NGX_LOG_ALERT, ngx_cycle->log, ngx_errno,
                      "aicost cannot listen to its threads");

        (void) close(t->fds[0]);
        (void) close(t->fds[1]);

        return NGX_ERROR;
    }

    t->opened = 1;

    return NGX_OK;
}


/* the mutex is held */

static ngx_int_t
ngx_http_aicost_thread_start(ngx_http_aicost_threads_t *t)
{
    int                        err;
    ngx_http_aicost_thread_t  *th;

    for (th = t->threads; th->begun && !th->ended; th++) { /* void */ }

    if (th->begun) {
        (void) pthread_join(th->id, NULL);
        th->begun = 0;
    }

    err = pthread_create(&th->id, NULL, ngx_http_aicost_thread_cycle, th);

    if (err) {
        ngx_log_error(NGX_LOG_ALERT, ngx_cycle->log, err,
                      "pthread_create() failed");
        return NGX_ERROR;
    }

    th->begun = 1;
    th->ended = 0;
    t->running++;

    return NGX_OK;
}


static void *
ngx_http_aicost_thread_cycle(void *data)
{
    ngx_http_aicost_thread_t *th = data;

    sigset_t                    set;
    ngx_http_aicost_task_t     *task;
    ngx_http_aicost_threads_t  *t;

    t = &ngx_http_aicost_threads;

    /* signals are the event loop's */

    (void) sigfillset(&set);
    (void) sigdelset(&set, SIGILL);
    (void) sigdelset(&set, SIGFPE);
    (void) sigdelset(&set, SIGSEGV);
    (void) sigdelset(&set, SIGBUS);
    (void) pthread_sigmask(SIG_BLOCK, &set, NULL);

    (void) pthread_mutex_lock(&t->mutex);

    while (ngx_http_aicost_thread_wait(t) == NGX_OK) {

        task = t->todo;
        t->todo = task->next;
        t->waiting--;

        (void) pthread_mutex_unlock(&t->mutex);

        task->run(task->data);

        (void) pthread_mutex_lock(&t->mutex);

        ngx_http_aicost_thread_put(&t->done, task);

        (void) pthread_cond_signal(&t->over);

        if (write(t->fds[1], "", 1) == -1) {
            /* full: the event loop has not yet heard of others */
        }
    }

    th->ended = 1;
    t->running--;

    (void) pthread_mutex_unlock(&t->mutex);

    return NULL;
}


/* NGX_OK: todo has a task; NGX_DONE: none came */

static ngx_int_t
ngx_http_aicost_thread_wait(ngx_http_aicost_threads_t *t)
{
    struct timespec  until;

    (void) clock_gettime(CLOCK_REALTIME, &until);

    until.tv_nsec += NGX_HTTP_AICOST_LINGER * 1000000;

    if (until.tv_nsec >= 1000000000) {
        until.tv_nsec -= 1000000000;
        until.tv_sec++;
    }

    while (t->todo == NULL) {

        if (t->stopping) {
            return NGX_DONE;
        }

        t->idle++;

        if (pthread_cond_timedwait(&t->work, &t->mutex, &until) != 0
            && t->todo == NULL)
        {
            t->idle--;
            return NGX_DONE;
        }

        t->idle--;
    }

    return NGX_OK;
}


static void
ngx_http_aicost_thread_event(ngx_event_t *ev)
{
    u_char             buf[64];
    ngx_connection_t  *c;

    c = ev->data;

    while (read(c->fd, buf, sizeof(buf)) == (ssize_t) sizeof(buf)) {
        /* void */
    }

    (void) ngx_http_aicost_thread_done(&ngx_http_aicost_threads);
}


/* hands out what is done; tells how many tasks there are still */

static ngx_uint_t
ngx_http_aicost_thread_done(ngx_http_aicost_threads_t *t)
{
    ngx_uint_t               tasks;
    ngx_http_aicost_task_t  *task, *next;

    (void) pthread_mutex_lock(&t->mutex);

    next = t->done;
    t->done = NULL;

    for (task = next; task; task = task->next) {
        t->tasks--;
    }

    (void) pthread_mutex_unlock(&t->mutex);

    while (next) {
        task = next;
        next = task->next;
        task->done(task->data);
    }

    (void) pthread_mutex_lock(&t->mutex);

    tasks = t->tasks;

    (void) pthread_mutex_unlock(&t->mutex);

    return tasks;
}


/* the first ones first */

static void
ngx_http_aicost_thread_put(ngx_http_aicost_task_t **list,
    ngx_http_aicost_task_t *task)
{
    while (*list) {
        list = &(*list)->next;
    }

    *list = task;
    task->next = NULL;
}
