
/*
 * Copyright (C) aicost
 *
 * Consumers that were published to the fleet take the place of this edge's
 * file, until they are withdrawn.  The leader asks once a beat, reads a newer
 * text in parts, and a thread puts it in force; the state folder keeps it for
 * a start without the store.
 */


#include "ngx_http_aicost_fleet_int.h"


#define NGX_HTTP_AICOST_FOLLOW_FILE  "consumers"
#define NGX_HTTP_AICOST_FOLLOW_HEAD  "aicost consumers "
#define NGX_HTTP_AICOST_FOLLOW_HEAD_LEN  128


struct ngx_http_aicost_follow_s {
    ngx_http_aicost_fleet_t     *fleet;
    ngx_http_aicost_task_t       task;
    u_char                      *text;
    size_t                       size;
    size_t                       got;
    int64_t                      version;   /* of the text */
    int64_t                      known;     /* may not be taken: as before */
    ngx_int_t                    rc;
    aicost_file_error_t          error;
    ngx_err_t                    kept;      /* why it is not in the folder */
    unsigned                     busy:1;    /* asked, or in the thread */
    unsigned                     lost:1;    /* was said */
};


static void ngx_http_aicost_follow_ask(ngx_http_aicost_follow_t *w);
static void ngx_http_aicost_follow_part(ngx_http_aicost_fleet_op_t *op,
    const aicost_redis_reply_t *reply);
static ngx_int_t ngx_http_aicost_follow_begin(ngx_http_aicost_follow_t *w,
    int64_t version, size_t size);
static void ngx_http_aicost_follow_drop(ngx_http_aicost_follow_t *w);
static void ngx_http_aicost_follow_take(void *data);
static void ngx_http_aicost_follow_taken(void *data);
static void ngx_http_aicost_follow_keep(ngx_http_aicost_follow_t *w);
static size_t ngx_http_aicost_follow_head(ngx_http_aicost_main_conf_t *amcf,
    int64_t version, size_t len, u_char *buf);


ngx_int_t
ngx_http_aicost_follow_start(ngx_cycle_t *cycle, ngx_http_aicost_fleet_t *f)
{
    ngx_http_aicost_follow_t  *w;

    if (f->amcf->files[NGX_HTTP_AICOST_CONSUMERS].path.len == 0) {
        return NGX_OK;
    }

    w = ngx_pcalloc(cycle->pool, sizeof(ngx_http_aicost_follow_t));
    if (w == NULL) {
        return NGX_ERROR;
    }

    w->fleet = f;
    w->task.run = ngx_http_aicost_follow_take;
    w->task.done = ngx_http_aicost_follow_taken;
    w->task.data = w;

    f->follow = w;

    return NGX_OK;
}


void
ngx_http_aicost_follow(ngx_http_aicost_fleet_t *f)
{
    if (f->follow && !f->follow->busy) {
        ngx_http_aicost_follow_ask(f->follow);
    }
}


static void
ngx_http_aicost_follow_ask(ngx_http_aicost_follow_t *w)
{
    ngx_http_aicost_fleet_op_t  *op;

    op = ngx_http_aicost_fleet_op(w->fleet, ngx_http_aicost_follow_part);
    if (op == NULL) {
        return;
    }

    op->n = w->got;

    (void) aicost_redis_consumers(&ngx_http_aicost_fleet_cmd,
                                  &w->fleet->domain,
                                  ngx_max(w->fleet->shared->consumers,
                                          w->known),
                                  w->got);

    w->busy = ngx_http_aicost_fleet_send(op, &ngx_http_aicost_fleet_cmd, 0)
              == NGX_OK;
}


/* without an answer it is asked again at the next beat, from where it stands */

static void
ngx_http_aicost_follow_part(ngx_http_aicost_fleet_op_t *op,
    const aicost_redis_reply_t *reply)
{
    int                        rc;
    size_t                     size, at;
    int64_t                    version;
    aicost_str_t               part;
    aicost_redis_seen_t        seen;
    ngx_http_aicost_fleet_t   *f;
    ngx_http_aicost_follow_t  *w;

    f = op->fleet;
    w = f->follow;
    w->busy = 0;
    at = op->n;

    ngx_http_aicost_fleet_free(op);

    if (reply == NULL) {
        return;
    }

    rc = aicost_redis_consumed(reply, ngx_max(f->shared->consumers, w->known),
                               &version, &size, &part, &seen);

    if (rc == AICOST_ERROR) {
        (void) ngx_http_aicost_fleet_heard(f, &seen);
        return;
    }

    if (rc == AICOST_DECLINED) {

        if (version < f->shared->consumers && !w->lost) {
            ngx_log_error(NGX_LOG_WARN, f->log, 0,
                          "aicost redis \"%V\" lost the published consumers, "
                          "this edge keeps them: publish them again",
                          &f->redis->url);
        }

        w->lost = version < f->shared->consumers;
        ngx_http_aicost_follow_drop(w);
        return;
    }

    if (version != w->version) {

        /* others than those that were begun: from the start */

        if (ngx_http_aicost_follow_begin(w, version, size) != NGX_OK) {
            return;
        }

        if (at) {
            ngx_http_aicost_follow_ask(w);
            return;
        }
    }

    if (size != w->size || part.len > w->size - w->got
        || (part.len == 0 && w->got < w->size))
    {
        ngx_http_aicost_follow_drop(w);
        return;
    }

    ngx_memcpy(w->text + w->got, part.data, part.len);
    w->got += part.len;

    if (w->got < w->size) {
        ngx_http_aicost_follow_ask(w);
        return;
    }

    w->busy = 1;

    ngx_http_aicost_thread_or_here(&w->task);
}


static ngx_int_t
ngx_http_aicost_follow_begin(ngx_http_aicost_follow_t *w, int64_t version,
    size_t size)
{
    ngx_http_aicost_follow_drop(w);

    if (size > AICOST_REDIS_CONSUMERS) {
        ngx_log_error(NGX_LOG_ERR, w->fleet->log, 0,
                      "aicost keeps the old consumers: the published ones "
                      "have %uz bytes, at most %d are taken",
                      size, AICOST_REDIS_CONSUMERS);
        w->known = version;
        return NGX_ERROR;
    }

    w->text = ngx_alloc(size + 1, w->fleet->log);
    if (w->text == NULL) {
        return NGX_ERROR;
    }

    w->size = size;
    w->version = version;

    return NGX_OK;
}


static void
ngx_http_aicost_follow_drop(ngx_http_aicost_follow_t *w)
{
    if (w->text) {
        ngx_free(w->text);
        w->text = NULL;
    }

    w->size = 0;
    w->got = 0;
    w->version = 0;
}


/* --- in force ------------------------------------------------------------ */

static void
ngx_http_aicost_follow_take(void *data)
{
    ngx_http_aicost_follow_t  *w = data;

    ngx_http_aicost_main_conf_t  *amcf;

    amcf = w->fleet->amcf;

    if (w->size) {
        w->rc = ngx_http_aicost_take_text(amcf, NGX_HTTP_AICOST_CONSUMERS,
                                          (char *) w->text, w->size,
                                          &w->error);

    } else {
        w->rc = ngx_http_aicost_take_file(amcf, NGX_HTTP_AICOST_CONSUMERS,
                                          &w->error, w->fleet->log);
    }

    w->kept = 0;

    if (w->rc == NGX_OK && amcf->state.len) {
        ngx_http_aicost_follow_keep(w);
    }
}


static void
ngx_http_aicost_follow_taken(void *data)
{
    ngx_http_aicost_follow_t  *w = data;

    ngx_http_aicost_fleet_t       *f;
    ngx_http_aicost_main_conf_t   *amcf;

    f = w->fleet;
    amcf = f->amcf;

    w->busy = 0;

    if (w->rc == NGX_OK) {
        amcf->shared->files[NGX_HTTP_AICOST_CONSUMERS].failures = 0;
        f->shared->consumers = w->version;
        f->shared->published = (w->size != 0);

        ngx_log_error(NGX_LOG_NOTICE, f->log, 0, w->size
                      ? "aicost consumers published to the fleet are in force"
                      : "aicost consumers of the fleet were withdrawn, those "
                        "of this edge's file are in force");

    } else {
        amcf->shared->files[NGX_HTTP_AICOST_CONSUMERS].failures++;
        w->known = w->version;

        ngx_log_error(NGX_LOG_ERR, f->log, 0,
                      "aicost keeps the old consumers, not the %s ones: %s, "
                      "line %d column %d", w->size ? "published" : "file's",
                      w->error.text, w->error.line, w->error.column);
    }

    if (w->kept) {
        ngx_log_error(NGX_LOG_ERR, f->log, w->kept,
                      "aicost could not keep the published consumers in "
                      "\"%V\": a restart without the store begins with the "
                      "file's", &amcf->state);
    }

    ngx_http_aicost_follow_drop(w);
}


/* --- over a restart ------------------------------------------------------ */


/* a line of version, bytes of the text, and place; then the text */

static size_t
ngx_http_aicost_follow_head(ngx_http_aicost_main_conf_t *amcf,
    int64_t version, size_t len, u_char *buf)
{
    u_char  *p;

    p = ngx_sprintf(buf, NGX_HTTP_AICOST_FOLLOW_HEAD "%L %uz ", version, len);
    p = ngx_hex_dump(p, amcf->redis->place, AICOST_ID);
    *p++ = LF;

    return p - buf;
}


static void
ngx_http_aicost_follow_keep(ngx_http_aicost_follow_t *w)
{
    size_t                        len;
    u_char                        path[NGX_MAX_PATH], temp[NGX_MAX_PATH];
    u_char                        head[NGX_HTTP_AICOST_FOLLOW_HEAD_LEN];
    ngx_fd_t                      fd;
    ngx_http_aicost_main_conf_t  *amcf;

    amcf = w->fleet->amcf;

    if (ngx_http_aicost_path(amcf, NGX_HTTP_AICOST_FOLLOW_FILE, path,
                             sizeof(path)) != NGX_OK
        || ngx_http_aicost_path(amcf, NGX_HTTP_AICOST_FOLLOW_FILE ".new", temp,
                                sizeof(temp)) != NGX_OK)
    {
        w->kept = ENAMETOOLONG;
        return;
    }

    if (w->size == 0) {

        if (ngx_delete_file(path) == NGX_FILE_ERROR
            && ngx_errno != NGX_ENOENT)
        {
            w->kept = ngx_errno;
        }

        return;
    }

    fd = ngx_open_file(temp, NGX_FILE_WRONLY, NGX_FILE_TRUNCATE, 0600);

    if (fd == NGX_INVALID_FILE) {
        w->kept = ngx_errno;
        return;
    }

    len = ngx_http_aicost_follow_head(amcf, w->version, w->size, head);

    ngx_set_errno(0);

    if (write(fd, head, len) != (ssize_t) len
        || write(fd, w->text, w->size) != (ssize_t) w->size
        || fsync(fd) == -1)
    {
        w->kept = ngx_errno ? ngx_errno : NGX_ENOSPC;
    }

    ngx_close_file(fd);

    if (w->kept == 0 && ngx_rename_file(temp, path) == NGX_FILE_ERROR) {
        w->kept = ngx_errno;
    }
}


void
ngx_http_aicost_follow_restore(ngx_http_aicost_main_conf_t *amcf,
    ngx_log_t *log)
{
    char                            *text;
    size_t                           size, len;
    u_char                          *p, *last, path[NGX_MAX_PATH];
    u_char                           head[NGX_HTTP_AICOST_FOLLOW_HEAD_LEN];
    int64_t                          version;
    aicost_file_error_t              err;
    ngx_http_aicost_fleet_shared_t  *sh;

    if (amcf->redis == NULL || amcf->state.len == 0
        || amcf->files[NGX_HTTP_AICOST_CONSUMERS].path.len == 0
        || ngx_http_aicost_path(amcf, NGX_HTTP_AICOST_FOLLOW_FILE, path,
                                sizeof(path)) != NGX_OK)
    {
        return;
    }

    text = ngx_http_aicost_read_whole(path, &size, log);

    if (text == NULL) {
        return;
    }

    /* the first line is the one that would be written, of this domain */

    len = sizeof(NGX_HTTP_AICOST_FOLLOW_HEAD) - 1;
    last = (u_char *) text + size;
    p = ngx_strlchr((u_char *) text + ngx_min(len, size), last, ' ');
    version = p ? ngx_atoof((u_char *) text + len, p - (u_char *) text - len)
                : NGX_ERROR;
    p = ngx_strlchr((u_char *) text, last, LF);

    if (version <= 0 || p == NULL) {
        goto torn;
    }

    p++;
    len = ngx_http_aicost_follow_head(amcf, version, last - p, head);

    if (len != (size_t) (p - (u_char *) text)
        || ngx_memcmp(text, head, len) != 0)
    {
        goto torn;
    }

    if (ngx_http_aicost_take_text(amcf, NGX_HTTP_AICOST_CONSUMERS, (char *) p,
                                  last - p, &err) == NGX_OK)
    {
        sh = &amcf->shared->fleet;
        sh->consumers = version;
        sh->published = 1;

        ngx_free(text);
        return;
    }

torn:

    ngx_log_error(NGX_LOG_WARN, log, 0,
                  "aicost does not take the consumers in \"%s\": of another "
                  "domain, or torn", path);

    ngx_free(text);
}
