
/*
 * Copyright (C) aicost
 *
 * What happens beside the requests, in one elected worker or in a thread: the
 * journal and its snapshots, leases that ran out.
 *
 * The folder holds "snapshot", "journal" and, while a snapshot is being made,
 * "journal.old".  Replayed in this order: snapshot, journal.old, journal; each
 * record is the whole state of one thing, so replaying one twice is harmless.
 */


#include "ngx_http_aicost_module.h"

#include <sys/file.h>


#define NGX_HTTP_AICOST_TICK          1000     /* ms */
#define NGX_HTTP_AICOST_JOURNAL_BUF   1048576
#define NGX_HTTP_AICOST_JOURNAL_MAX   67108864 /* bytes before a snapshot */
#define NGX_HTTP_AICOST_SWEEP         256      /* leases a tick */


typedef struct {
    ngx_http_aicost_main_conf_t  *amcf;
    ngx_cycle_t                  *cycle;
    ngx_event_t                   tick;        /* elected worker */
    ngx_event_t                   renew;       /* every worker */

    ngx_fd_t                      journal;
    ngx_fd_t                      snapshot;
    off_t                         journal_size;
    uint32_t                      cursor;      /* of the running snapshot */
    u_char                       *buf;
    size_t                        len;
    ngx_err_t                     err;
    ngx_http_aicost_task_t        task;        /* writes, one at a time */

    unsigned                      busy:1;
    unsigned                      snapshotting:1;
    unsigned                      failing:1;
    unsigned                      to_journal:1;
    unsigned                      whole:1;     /* a snapshot is due */
} ngx_http_aicost_state_t;


static ngx_int_t ngx_http_aicost_replay(ngx_http_aicost_main_conf_t *amcf,
    const char *name, ngx_log_t *log);
static void ngx_http_aicost_tick(ngx_event_t *ev);
static void ngx_http_aicost_renew(ngx_event_t *ev);
static ngx_int_t ngx_http_aicost_lock_state(ngx_http_aicost_state_t *st);
static ngx_int_t ngx_http_aicost_cut_tail(ngx_http_aicost_state_t *st);
static void ngx_http_aicost_write_state(ngx_http_aicost_state_t *st);
static void ngx_http_aicost_write(void *data);
static void ngx_http_aicost_written(void *data);
static void ngx_http_aicost_write_failed(ngx_http_aicost_state_t *st);
static void ngx_http_aicost_begin_snapshot(ngx_http_aicost_state_t *st);
static void ngx_http_aicost_end_snapshot(ngx_http_aicost_state_t *st);


static ngx_http_aicost_state_t  ngx_http_aicost_state;


/* of a file of the state folder; NGX_ERROR: too long */

ngx_int_t
ngx_http_aicost_path(ngx_http_aicost_main_conf_t *amcf, const char *name,
    u_char *path, size_t size)
{
    u_char  *p;

    p = ngx_snprintf(path, size - 1, "%V/%s", &amcf->state, name);

    if (p == path + size - 1) {
        return NGX_ERROR;
    }

    *p = '\0';

    return NGX_OK;
}


/* the master makes the folder and gives it to the workers' user */

ngx_int_t
ngx_http_aicost_state_prepare(ngx_cycle_t *cycle,
    ngx_http_aicost_main_conf_t *amcf)
{
    u_char           *name;
    ngx_core_conf_t  *ccf;
    ngx_file_info_t   fi;

    if (amcf->state.len == 0) {

        if (amcf->redis == NULL) {
            ngx_log_error(NGX_LOG_NOTICE, cycle->log, 0,
                          "aicost_zone has no state=, counters do not survive "
                          "a restart; they are this host's alone");
        }

        return NGX_OK;
    }

    name = amcf->state.data;

    if (ngx_create_dir(name, 0700) == NGX_FILE_ERROR
        && ngx_errno != NGX_EEXIST)
    {
        ngx_log_error(NGX_LOG_EMERG, cycle->log, ngx_errno,
                      ngx_create_dir_n " \"%s\" failed", name);
        return NGX_ERROR;
    }

    ccf = (ngx_core_conf_t *) ngx_get_conf(cycle->conf_ctx, ngx_core_module);

    /* an error here would end the master at a reload: the journal tells */

    if (geteuid() == 0
        && ngx_file_info(name, &fi) != NGX_FILE_ERROR
        && fi.st_uid != ccf->user
        && chown((char *) name, ccf->user, ccf->group) == -1)
    {
        ngx_log_error(NGX_LOG_ALERT, cycle->log, ngx_errno,
                      "chown(\"%s\") failed", name);
    }

    return NGX_OK;
}


/* at start, before any worker: nothing else uses the zone yet */

void
ngx_http_aicost_state_restore(ngx_http_aicost_main_conf_t *amcf,
    ngx_log_t *log)
{
    if (amcf->state.len == 0) {
        return;
    }

    (void) ngx_http_aicost_replay(amcf, "snapshot", log);
    (void) ngx_http_aicost_replay(amcf, "journal.old", log);
    (void) ngx_http_aicost_replay(amcf, "journal", log);
}


static ngx_int_t
ngx_http_aicost_replay(ngx_http_aicost_main_conf_t *amcf, const char *name,
    ngx_log_t *log)
{
    size_t            size, used;
    u_char           *data, path[NGX_MAX_PATH];
    ssize_t           n;
    ngx_fd_t          fd;
    uint32_t          records;
    ngx_file_info_t   fi;

    if (ngx_http_aicost_path(amcf, name, path, sizeof(path)) != NGX_OK) {
        return NGX_ERROR;
    }

    fd = ngx_open_file(path, NGX_FILE_RDONLY, NGX_FILE_OPEN, 0);

    if (fd == NGX_INVALID_FILE) {

        if (ngx_errno != NGX_ENOENT) {
            ngx_log_error(NGX_LOG_ALERT, log, ngx_errno,
                          "aicost state \"%s\" cannot be read", path);
        }

        return NGX_DECLINED;
    }

    data = NULL;
    n = NGX_ERROR;

    if (ngx_fd_info(fd, &fi) != NGX_FILE_ERROR) {
        size = (size_t) ngx_file_size(&fi);
        data = ngx_alloc(size + 1, log);

        if (data) {
            n = read(fd, data, size);
        }
    }

    ngx_close_file(fd);

    if (n < 0) {
        ngx_log_error(NGX_LOG_ALERT, log, ngx_errno,
                      "aicost state \"%s\" cannot be read", path);
        ngx_free(data);
        return NGX_ERROR;
    }

    records = aicost_store_shm_load(&amcf->room, data, (size_t) n, &used);

    ngx_free(data);

    ngx_log_error(NGX_LOG_NOTICE, log, 0,
                  "aicost state \"%s\": %uD records", path, records);

    if (used < (size_t) n) {
        ngx_log_error(NGX_LOG_WARN, log, 0,
                      "aicost state \"%s\": torn tail of %uz bytes is left out",
                      path, (size_t) n - used);

        /* cut when the journal is locked, unless a writer that is still at
           work completes it */

        if (ngx_strcmp(name, "journal") == 0) {
            amcf->shared->torn_at = (off_t) used;
            amcf->shared->torn_size = (off_t) n;
        }
    }

    return NGX_OK;
}


ngx_int_t
ngx_http_aicost_state_start(ngx_cycle_t *cycle,
    ngx_http_aicost_main_conf_t *amcf)
{
    ngx_http_aicost_state_t  *st;

    st = &ngx_http_aicost_state;

    ngx_memzero(st, sizeof(ngx_http_aicost_state_t));

    st->amcf = amcf;
    st->cycle = cycle;
    st->journal = NGX_INVALID_FILE;
    st->snapshot = NGX_INVALID_FILE;

    st->renew.handler = ngx_http_aicost_renew;
    st->renew.data = st;
    st->renew.log = cycle->log;
    st->renew.cancelable = 1;

    ngx_add_timer(&st->renew, amcf->lease / 3);

    if (ngx_process == NGX_PROCESS_WORKER && ngx_worker != 0) {
        return NGX_OK;
    }

    st->tick.handler = ngx_http_aicost_tick;
    st->tick.data = st;
    st->tick.log = cycle->log;
    st->tick.cancelable = 1;

    st->buf = ngx_palloc(cycle->pool, NGX_HTTP_AICOST_JOURNAL_BUF);

    if (st->buf == NULL) {
        return NGX_ERROR;
    }

    st->task.run = ngx_http_aicost_write;
    st->task.done = ngx_http_aicost_written;
    st->task.data = st;

    ngx_http_aicost_reread_start(cycle, amcf);

    ngx_add_timer(&st->tick, NGX_HTTP_AICOST_TICK);

    return NGX_OK;
}


/* at exit: what changed since the last tick, written and synced here */

void
ngx_http_aicost_state_stop(ngx_cycle_t *cycle,
    ngx_http_aicost_main_conf_t *amcf)
{
    size_t                    len;
    unsigned                  more;
    ngx_http_aicost_state_t  *st;

    st = &ngx_http_aicost_state;

    if (st->amcf != amcf || amcf->state.len == 0) {
        return;
    }

    /* any worker may be the last one to leave: all try, the lock decides */

    if (st->buf == NULL) {
        st->buf = ngx_alloc(NGX_HTTP_AICOST_JOURNAL_BUF, cycle->log);
        if (st->buf == NULL) {
            return;
        }
    }

    if (ngx_http_aicost_lock_state(st) != NGX_OK) {
        return;
    }

    /* what could not be written before comes first */

    len = st->to_journal ? st->len : 0;
    more = 1;

    while (more || len) {

        if (len == 0) {
            len = aicost_store_shm_drain(&amcf->room, st->buf,
                                         NGX_HTTP_AICOST_JOURNAL_BUF, &more);
        }

        if (len == 0) {
            break;
        }

        if (write(st->journal, st->buf, len) != (ssize_t) len) {
            amcf->shared->journal_failed = 1;
            ngx_log_error(NGX_LOG_ALERT, cycle->log, ngx_errno,
                          "aicost journal could not be written at exit");
            break;
        }

        len = 0;
    }

    (void) fsync(st->journal);
    ngx_close_file(st->journal);
    st->journal = NGX_INVALID_FILE;
}


/* the master, when the last worker is gone */

void
ngx_http_aicost_state_flush(ngx_cycle_t *cycle,
    ngx_http_aicost_main_conf_t *amcf)
{
    u_char                    path[NGX_MAX_PATH];
    ngx_core_conf_t          *ccf;
    ngx_http_aicost_state_t  *st;

    st = &ngx_http_aicost_state;

    if (st->amcf == NULL) {
        st->amcf = amcf;
        st->cycle = cycle;
        st->journal = NGX_INVALID_FILE;
        st->snapshot = NGX_INVALID_FILE;
    }

    ngx_http_aicost_state_stop(cycle, amcf);

    ccf = (ngx_core_conf_t *) ngx_get_conf(cycle->conf_ctx, ngx_core_module);

    if (geteuid() == 0 && amcf->state.len
        && ngx_http_aicost_path(amcf, "journal", path, sizeof(path)) == NGX_OK
        && chown((char *) path, ccf->user, ccf->group) == -1)
    {
        ngx_log_error(NGX_LOG_ALERT, cycle->log, ngx_errno,
                      "chown(\"%s\") failed", path);
    }
}


static void
ngx_http_aicost_tick(ngx_event_t *ev)
{
    uint32_t                      n;
    aicost_store_t               *store;
    ngx_http_aicost_state_t      *st;
    ngx_http_aicost_main_conf_t  *amcf;

    st = ev->data;
    amcf = st->amcf;
    store = &amcf->store;

    if (ngx_exiting || ngx_terminate) {

        /* the next generation's worker takes over the journal */

        if (st->busy) {
            ngx_add_timer(ev, 100);

        } else if (st->journal != NGX_INVALID_FILE) {
            ngx_close_file(st->journal);
            st->journal = NGX_INVALID_FILE;
        }

        return;
    }

    if (store->ops->sweep(store, ngx_http_aicost_now(), NGX_HTTP_AICOST_SWEEP,
                          &n) == AICOST_OK && n)
    {
        ngx_log_error(NGX_LOG_WARN, ev->log, 0,
                      "aicost: %uD leases ran out and were charged as "
                      "reserved", n);
    }

    ngx_http_aicost_forget(amcf);
    ngx_http_aicost_reread_tick();

    if (amcf->state.len && !st->busy
        && ngx_http_aicost_lock_state(st) == NGX_OK)
    {
        ngx_http_aicost_write_state(st);
    }

    ngx_add_timer(ev, NGX_HTTP_AICOST_TICK);
}


/* one writer at a time, also while an old worker is still leaving */

static ngx_int_t
ngx_http_aicost_lock_state(ngx_http_aicost_state_t *st)
{
    u_char           path[NGX_MAX_PATH];
    ngx_file_info_t  fi, now;

    if (ngx_http_aicost_path(st->amcf, "journal", path, sizeof(path))
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (st->journal != NGX_INVALID_FILE) {

        /* another writer may have begun a new journal since */

        if (ngx_file_info(path, &now) == NGX_FILE_ERROR) {
            st->err = ngx_errno;
            ngx_http_aicost_write_failed(st);
            ngx_memzero(&now, sizeof(ngx_file_info_t));
        }

        if (ngx_fd_info(st->journal, &fi) == NGX_FILE_ERROR
            || ngx_file_uniq(&fi) != ngx_file_uniq(&now))
        {
            ngx_close_file(st->journal);
            st->journal = NGX_INVALID_FILE;
        }
    }

    if (st->journal == NGX_INVALID_FILE) {
        st->journal = ngx_open_file(path, NGX_FILE_APPEND,
                                    NGX_FILE_CREATE_OR_OPEN, 0600);

        if (st->journal == NGX_INVALID_FILE) {
            st->err = ngx_errno;
            ngx_http_aicost_write_failed(st);
            return NGX_ERROR;
        }

        if (flock(st->journal, LOCK_EX|LOCK_NB) == -1) {
            ngx_close_file(st->journal);
            st->journal = NGX_INVALID_FILE;
            return NGX_DECLINED;
        }

        /* what was not written is not in this journal: a snapshot has it */

        if (st->amcf->shared->journal_failed) {
            st->failing = 1;
            st->whole = 1;
        }

        st->journal_size = 0;

        if (ngx_fd_info(st->journal, &fi) != NGX_FILE_ERROR) {
            st->journal_size = ngx_file_size(&fi);
        }

        return ngx_http_aicost_cut_tail(st);
    }

    return NGX_OK;
}


/* what is written behind a torn record would never be read again */

static ngx_int_t
ngx_http_aicost_cut_tail(ngx_http_aicost_state_t *st)
{
    ngx_http_aicost_shared_t  *sh;

    sh = st->amcf->shared;

    if (sh->torn_size && sh->torn_size == st->journal_size) {

        if (ftruncate(st->journal, sh->torn_at) == -1) {
            st->err = ngx_errno;
            ngx_close_file(st->journal);
            st->journal = NGX_INVALID_FILE;
            ngx_http_aicost_write_failed(st);
            return NGX_ERROR;
        }

        st->journal_size = sh->torn_at;
    }

    sh->torn_size = 0;

    return NGX_OK;
}


static void
ngx_http_aicost_write_state(ngx_http_aicost_state_t *st)
{
    unsigned  more;

    if (st->len == 0) {

        if (st->snapshotting) {
            st->len = aicost_store_shm_dump(&st->amcf->room, &st->cursor,
                                            st->buf,
                                            NGX_HTTP_AICOST_JOURNAL_BUF);

            if (st->len == 0 && st->cursor == 0) {
                ngx_http_aicost_end_snapshot(st);
            }

        } else if (st->whole
                   || st->journal_size > NGX_HTTP_AICOST_JOURNAL_MAX)
        {
            ngx_http_aicost_begin_snapshot(st);
        }

        if (st->len == 0) {
            st->len = aicost_store_shm_drain(&st->amcf->room, st->buf,
                                             NGX_HTTP_AICOST_JOURNAL_BUF,
                                             &more);
            st->to_journal = 1;

        } else {
            st->to_journal = 0;
        }
    }

    if (st->len == 0) {
        return;
    }

    st->busy = 1;

    ngx_http_aicost_thread_or_here(&st->task);
}


static void
ngx_http_aicost_write(void *data)
{
    ngx_http_aicost_state_t  *st = data;

    u_char    *p;
    size_t     left;
    ssize_t    n;
    ngx_fd_t   fd;

    fd = st->to_journal ? st->journal : st->snapshot;
    p = st->buf;
    left = st->len;
    st->err = 0;

    while (left) {
        n = write(fd, p, left);

        if (n <= 0) {
            st->err = n ? ngx_errno : NGX_ENOSPC;
            break;
        }

        p += n;
        left -= n;
    }

    if (st->err == 0 && fsync(fd) == -1) {
        st->err = ngx_errno;
    }

    if (st->err && left < st->len) {
        /* a torn record must not stand before whole ones */
        if (ftruncate(fd, lseek(fd, 0, SEEK_END) - (off_t) (st->len - left))
            == -1)
        {
            /* replay stops there: the next snapshot mends it */
            st->err = ngx_errno;
        }
    }
}


static void
ngx_http_aicost_written(void *data)
{
    ngx_http_aicost_state_t  *st = data;

    st->busy = 0;

    if (st->err) {
        /* the buffer is kept and written again at the next tick */
        ngx_http_aicost_write_failed(st);
        return;
    }

    if (st->to_journal) {
        st->journal_size += st->len;
    }

    st->len = 0;

    if (st->snapshotting && !ngx_exiting && st->cursor == 0) {
        ngx_http_aicost_end_snapshot(st);
    }

    if (st->failing && !st->snapshotting && st->err == 0) {
        st->failing = 0;
        st->amcf->shared->journal_failed = 0;

        ngx_log_error(NGX_LOG_NOTICE, st->cycle->log, 0,
                      "aicost journal is written again");
    }
}


static void
ngx_http_aicost_write_failed(ngx_http_aicost_state_t *st)
{
    st->amcf->shared->journal_failed = 1;

    if (st->failing) {
        return;
    }

    st->failing = 1;

    ngx_log_error(NGX_LOG_ALERT, st->cycle->log, st->err,
                  "aicost journal cannot be written in \"%V\": a restart "
                  "would lose what is counted from now on", &st->amcf->state);
}


static void
ngx_http_aicost_begin_snapshot(ngx_http_aicost_state_t *st)
{
    u_char    path[NGX_MAX_PATH], old[NGX_MAX_PATH];
    ngx_fd_t  fd;

    if (ngx_http_aicost_path(st->amcf, "snapshot.new", path, sizeof(path))
        != NGX_OK)
    {
        return;
    }

    fd = ngx_open_file(path, NGX_FILE_WRONLY, NGX_FILE_TRUNCATE, 0600);

    if (fd == NGX_INVALID_FILE) {
        st->err = ngx_errno;
        ngx_http_aicost_write_failed(st);
        return;
    }

    /* from now on a new journal: the snapshot covers the old one */

    (void) ngx_http_aicost_path(st->amcf, "journal", path, sizeof(path));
    (void) ngx_http_aicost_path(st->amcf, "journal.old", old, sizeof(old));

    /* one that a crash left behind is still needed until the snapshot is
       whole: then the journal simply goes on */

    if (access((char *) old, F_OK) != 0) {

        if (ngx_rename_file(path, old) == NGX_FILE_ERROR) {
            ngx_close_file(fd);
            return;
        }

        ngx_close_file(st->journal);
        st->journal = NGX_INVALID_FILE;
    }

    st->snapshot = fd;
    st->snapshotting = 1;
    st->cursor = 0;

    if (ngx_http_aicost_lock_state(st) != NGX_OK) {
        return;
    }

    st->whole = 0;
    st->len = aicost_store_shm_dump(&st->amcf->room, &st->cursor, st->buf,
                                    NGX_HTTP_AICOST_JOURNAL_BUF);
}


static void
ngx_http_aicost_end_snapshot(ngx_http_aicost_state_t *st)
{
    u_char  path[NGX_MAX_PATH], to[NGX_MAX_PATH];

    st->snapshotting = 0;

    ngx_close_file(st->snapshot);
    st->snapshot = NGX_INVALID_FILE;

    (void) ngx_http_aicost_path(st->amcf, "snapshot.new", path, sizeof(path));
    (void) ngx_http_aicost_path(st->amcf, "snapshot", to, sizeof(to));

    if (ngx_rename_file(path, to) == NGX_FILE_ERROR) {
        st->err = ngx_errno;
        ngx_http_aicost_write_failed(st);
        return;
    }

    (void) ngx_http_aicost_path(st->amcf, "journal.old", path, sizeof(path));
    (void) ngx_delete_file(path);
}


/* this worker's open requests: their leases go on.  One that ran out all the
   same (the worker was stopped) was charged, its settle corrects that; a kill
   latch lets open requests finish, they are inside what is reserved */

static void
ngx_http_aicost_renew(ngx_event_t *ev)
{
    int64_t                       now;
    uint64_t                      gone, spent, killed;
    uint32_t                      n;
    ngx_queue_t                  *q;
    unsigned char                 rids[AICOST_RENEW_MAX][AICOST_ID];
    aicost_store_t               *store;
    ngx_http_aicost_ctx_t        *ctx;
    ngx_http_aicost_state_t      *st;
    ngx_http_aicost_main_conf_t  *amcf;

    st = ev->data;
    amcf = st->amcf;
    store = &amcf->store;
    now = ngx_http_aicost_now();

    q = ngx_queue_head(&amcf->live);

    while (q != ngx_queue_sentinel(&amcf->live)) {

        for (n = 0;
             n < AICOST_RENEW_MAX && q != ngx_queue_sentinel(&amcf->live);
             n++)
        {
            ctx = ngx_queue_data(q, ngx_http_aicost_ctx_t, queue);
            ngx_memcpy(rids[n], ctx->rid, AICOST_ID);
            q = ngx_queue_next(q);
        }

        if (store->ops->renew(store, now, amcf->lease,
                              (const unsigned char (*)[AICOST_ID]) rids, NULL,
                              n, &gone, &spent, &killed, NULL, NULL)
            == AICOST_ERROR)
        {
            break;
        }
    }

    /* a worker that leaves waits for its requests, by their own timers, and
       not for the next lease */

    if (!ngx_terminate) {
        ngx_add_timer(ev, amcf->lease / 3);
    }
}
