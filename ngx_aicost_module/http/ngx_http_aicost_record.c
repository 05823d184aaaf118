
/*
 * Copyright (C) aicost
 *
 * Calls of clients as lines of a file.  The event loop copies what a client
 * sent; parsing, redaction and the disk are a thread's, one at a time a
 * worker.  nginx opens the file and reopens it as it does with logs; a thread
 * opens it for each line, so that its lock is its own.
 */


#include "ngx_http_aicost_module.h"

#include "aicost_record.h"

#include <sys/file.h>


#define NGX_HTTP_AICOST_RECORD_BYTES  16777216 /* that wait, a worker */
#define NGX_HTTP_AICOST_RECORD_CALLS  1024     /* likewise */
#define NGX_HTTP_AICOST_RECORD_NODES  8192     /* of arguments in a string:
                                                  longer ones become text */
#define NGX_HTTP_AICOST_RECORD_MAX    67108864 /* bytes of a file */


typedef struct ngx_http_aicost_recorded_s  ngx_http_aicost_recorded_t;

struct ngx_http_aicost_recorded_s {
    ngx_http_aicost_recorded_t   *next;
    aicost_record_t               record;
    off_t                         max;
    u_char                       *path;
    size_t                        size;        /* of this block */
    uint32_t                      nnodes;
};


typedef struct {
    ngx_http_aicost_shared_t     *shared;
    ngx_http_aicost_task_t        task;
    ngx_http_aicost_recorded_t   *waiting;
    ngx_http_aicost_recorded_t  **last;
    ngx_http_aicost_recorded_t   *running;     /* the thread's */
    size_t                        bytes;       /* of both */
    ngx_uint_t                    calls;
    ngx_err_t                     err;
    ngx_uint_t                    result;      /* of the last one written */
    ngx_uint_t                    said;        /* in the log */
    unsigned                      busy:1;
} ngx_http_aicost_recorder_t;


static ngx_http_aicost_recorded_t *ngx_http_aicost_record_copy(
    ngx_http_aicost_ctx_t *ctx, ngx_str_t *tier, ngx_str_t *model);
static void ngx_http_aicost_record_post(ngx_http_aicost_recorder_t *rec);
static void ngx_http_aicost_record_run(void *data);
static void ngx_http_aicost_record_done(void *data);
static void ngx_http_aicost_record_say(ngx_http_aicost_recorder_t *rec,
    ngx_http_aicost_recorded_t *r);
static ngx_uint_t ngx_http_aicost_record_write(ngx_http_aicost_recorder_t *rec,
    ngx_http_aicost_recorded_t *r, ngx_log_t *log);
static ngx_int_t ngx_http_aicost_record_line(ngx_http_aicost_recorded_t *r,
    ngx_log_t *log, ngx_str_t *line);
static ngx_uint_t ngx_http_aicost_record_append(
    ngx_http_aicost_recorder_t *rec, ngx_http_aicost_recorded_t *r,
    ngx_str_t *line);


static ngx_http_aicost_recorder_t  ngx_http_aicost_recorder;


/* --- configuration -------------------------------------------------------- */


char *
ngx_http_aicost_record(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_aicost_loc_conf_t  *alcf = conf;

    ngx_str_t                   *value, s;
    ngx_uint_t                   i;
    ngx_open_file_t             *file;
    ngx_http_aicost_record_t    *rec;

    if (alcf->record != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (ngx_strcmp(value[1].data, "off") == 0) {

        if (cf->args->nelts > 2) {
            return "off takes no parameter";
        }

        alcf->record = NULL;
        return NGX_CONF_OK;
    }

    if (value[1].len == 0) {
        return "has an empty path";
    }

    rec = ngx_pcalloc(cf->pool, sizeof(ngx_http_aicost_record_t));
    if (rec == NULL) {
        return NGX_CONF_ERROR;
    }

    rec->sample = 1000000;
    rec->max = NGX_HTTP_AICOST_RECORD_MAX;
    rec->redact = 1;

    for (i = 2; i < cf->args->nelts; i++) {

        if (ngx_strncmp(value[i].data, "sample=", 7) == 0) {
            if (aicost_percent_parse(value[i].data + 7, value[i].len - 7,
                                     &rec->sample) != AICOST_OK
                || rec->sample == 0 || rec->sample > 1000000)
            {
                goto invalid;
            }

        } else if (ngx_strncmp(value[i].data, "max=", 4) == 0) {
            s.data = value[i].data + 4;
            s.len = value[i].len - 4;
            rec->max = ngx_parse_offset(&s);

            if (rec->max <= 0) {
                goto invalid;
            }

        } else if (ngx_strcmp(value[i].data, "redact=off") == 0) {
            rec->redact = 0;

        } else if (ngx_strcmp(value[i].data, "redact=on") != 0) {
            goto invalid;
        }
    }

    file = ngx_conf_open_file(cf->cycle, &value[1]);
    if (file == NULL) {
        return NGX_CONF_ERROR;
    }

    if (file->flush || (file->data && file->data != &ngx_http_aicost_recorder))
    {
        return "is a path that a log has";
    }

    file->data = &ngx_http_aicost_recorder;
    rec->path = file->name;

    if (!rec->redact) {
        ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                           "\"%V\" will hold what clients write: redact=off",
                           &rec->path);
    }

    alcf->record = rec;

    return NGX_CONF_OK;

invalid:

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "invalid parameter \"%V\", expected sample=SHARE up to "
                       "100%%, max=SIZE or redact=on|off", &value[i]);
    return NGX_CONF_ERROR;
}


/* nginx made the file as it makes a log, for all to read: the workers' user
   alone may */

void
ngx_http_aicost_record_prepare(ngx_cycle_t *cycle)
{
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_core_conf_t  *ccf;
    ngx_file_info_t   fi;
    ngx_open_file_t  *file;

    ccf = (ngx_core_conf_t *) ngx_get_conf(cycle->conf_ctx, ngx_core_module);

    part = &cycle->open_files.part;
    file = part->elts;

    for (i = 0; /* void */ ; i++) {

        if (i >= part->nelts) {
            if (part->next == NULL) {
                break;
            }

            part = part->next;
            file = part->elts;
            i = 0;
        }

        if (file[i].data != &ngx_http_aicost_recorder
            || ngx_fd_info(file[i].fd, &fi) == NGX_FILE_ERROR
            || !ngx_is_file(&fi))
        {
            continue;
        }

        if (fchmod(file[i].fd, 0600) == -1
            || (geteuid() == 0 && fchown(file[i].fd, ccf->user, -1) == -1))
        {
            ngx_log_error(NGX_LOG_ALERT, cycle->log, ngx_errno,
                          "aicost_record: the mode or owner of \"%V\" cannot "
                          "be set", &file[i].name);
        }
    }
}


/* --- the event loop ------------------------------------------------------- */


/* a call that was admitted; its account is closed */

void
ngx_http_aicost_record_call(ngx_http_aicost_ctx_t *ctx, ngx_str_t *tier,
    ngx_str_t *model, ngx_msec_int_t ms)
{
    uint64_t                     n;
    ngx_http_aicost_recorded_t  *r;
    ngx_http_aicost_recorder_t  *rec;

    if (ctx->alcf->record == NULL || ctx->sub || ctx->nattempts == 0
        || aicost_record_endpoint(ctx->endpoint)[0] == '\0')
    {
        return;
    }

    ngx_memcpy(&n, ctx->rid, sizeof(uint64_t));

    if ((int64_t) (n % 1000000) >= ctx->alcf->record->sample) {
        return;
    }

    rec = &ngx_http_aicost_recorder;

    rec->shared = ctx->amcf->shared;

    if (rec->last == NULL) {
        rec->last = &rec->waiting;
        rec->task.run = ngx_http_aicost_record_run;
        rec->task.done = ngx_http_aicost_record_done;
        rec->task.data = rec;
    }

    r = NULL;

    if (rec->calls < NGX_HTTP_AICOST_RECORD_CALLS
        && rec->bytes + ctx->body_len <= NGX_HTTP_AICOST_RECORD_BYTES)
    {
        r = ngx_http_aicost_record_copy(ctx, tier, model);
    }

    if (r == NULL) {
        (void) ngx_atomic_fetch_add(
                   &rec->shared->records[NGX_HTTP_AICOST_BUSY], 1);
        return;
    }

    r->record.latency = ms;

    *rec->last = r;
    rec->last = &r->next;
    rec->bytes += r->size;
    rec->calls++;

    ngx_http_aicost_record_post(rec);
}


/* one block: nothing of it is the request's, which ends now */

static ngx_http_aicost_recorded_t *
ngx_http_aicost_record_copy(ngx_http_aicost_ctx_t *ctx, ngx_str_t *tier,
    ngx_str_t *model)
{
    size_t                       size;
    u_char                      *p;
    aicost_record_t             *record;
    ngx_http_aicost_record_t    *conf;
    ngx_http_aicost_recorded_t  *r;

    conf = ctx->alcf->record;

    size = sizeof(ngx_http_aicost_recorded_t) + conf->path.len + 1 + tier->len
           + model->len + sizeof(ctx->amcf->currency) + ctx->body_len;

    r = ngx_alloc(size, ctx->request->connection->log);
    if (r == NULL) {
        return NULL;
    }

    ngx_memzero(r, sizeof(ngx_http_aicost_recorded_t));
    r->size = size;
    r->max = conf->max;
    r->nnodes = ctx->nnodes;

    p = (u_char *) (r + 1);
    r->path = p;
    p = ngx_cpymem(p, conf->path.data, conf->path.len);
    *p++ = '\0';

    record = &r->record;
    record->time = ngx_http_aicost_now();
    record->endpoint = ctx->endpoint;
    record->stream = ctx->ask.stream;
    record->redacted = conf->redact;
    record->status = ctx->answered ? (int64_t) ctx->status.code : 0;
    record->tokens_in = ctx->usage.input + ctx->usage.cached
                        + ctx->usage.cache_write + ctx->usage.cache_write_1h;
    record->tokens_cached = ctx->usage.cached;
    record->tokens_out = ctx->usage.output;
    record->cost = ctx->cost;
    record->ttft = ctx->answered ? (int64_t) ctx->first : -1;

    record->settled.data = (u_char *) aicost_reason_word(ctx->settled);
    record->settled.len = ngx_strlen(record->settled.data);

    record->tier.data = p;
    record->tier.len = tier->len;
    p = ngx_cpymem(p, tier->data, tier->len);

    record->model.data = p;
    record->model.len = model->len;
    p = ngx_cpymem(p, model->data, model->len);

    record->currency.data = p;
    record->currency.len = ngx_strlen(ctx->amcf->currency);
    p = ngx_cpymem(p, ctx->amcf->currency, record->currency.len);

    record->request.data = p;
    record->request.len = ctx->body_len;
    ngx_memcpy(p, ctx->body, ctx->body_len);

    return r;
}


static void
ngx_http_aicost_record_post(ngx_http_aicost_recorder_t *rec)
{
    ngx_http_aicost_recorded_t  *r;

    if (rec->busy || rec->waiting == NULL) {
        return;
    }

    rec->running = rec->waiting;
    rec->waiting = NULL;
    rec->last = &rec->waiting;

    if (ngx_http_aicost_thread(&rec->task) == NGX_OK) {
        rec->busy = 1;
        return;
    }

    for (r = rec->running; r; r = r->next) {
        (void) ngx_atomic_fetch_add(
                   &rec->shared->records[NGX_HTTP_AICOST_BUSY], 1);
    }

    ngx_http_aicost_record_done(rec);
}


static void
ngx_http_aicost_record_done(void *data)
{
    ngx_http_aicost_recorder_t  *rec = data;

    ngx_http_aicost_recorded_t  *r;

    rec->busy = 0;

    while (rec->running) {
        r = rec->running;
        rec->running = r->next;
        rec->bytes -= r->size;
        rec->calls--;

        if (r->next == NULL && rec->result != rec->said) {
            ngx_http_aicost_record_say(rec, r);
        }

        ngx_free(r);
    }

    ngx_http_aicost_record_post(rec);
}


/* once when it begins, once when it ends */

static void
ngx_http_aicost_record_say(ngx_http_aicost_recorder_t *rec,
    ngx_http_aicost_recorded_t *r)
{
    rec->said = rec->result;

    switch (rec->result) {

    case NGX_HTTP_AICOST_WRITTEN:
        ngx_log_error(NGX_LOG_NOTICE, ngx_cycle->log, 0,
                      "aicost records in \"%s\" again", r->path);
        break;

    case NGX_HTTP_AICOST_FULL:
        ngx_log_error(NGX_LOG_WARN, ngx_cycle->log, 0,
                      "aicost records no more in \"%s\": it has its max=",
                      r->path);
        break;

    default:
        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, rec->err,
                      "aicost cannot record in \"%s\"", r->path);
    }
}


/* --- the thread ----------------------------------------------------------- */


static void
ngx_http_aicost_record_run(void *data)
{
    ngx_http_aicost_recorder_t  *rec = data;

    ngx_http_aicost_recorded_t  *r;

    for (r = rec->running; r; r = r->next) {
        rec->result = ngx_http_aicost_record_write(rec, r, ngx_cycle->log);

        (void) ngx_atomic_fetch_add(
                   &rec->shared->records[rec->result], 1);
    }
}


static ngx_uint_t
ngx_http_aicost_record_write(ngx_http_aicost_recorder_t *rec,
    ngx_http_aicost_recorded_t *r, ngx_log_t *log)
{
    ngx_str_t   line;
    ngx_uint_t  result;

    rec->err = 0;

    if (ngx_http_aicost_record_line(r, log, &line) != NGX_OK) {
        return NGX_HTTP_AICOST_FAILED;
    }

    result = ngx_http_aicost_record_append(rec, r, &line);

    ngx_free(line.data);

    return result;
}


static ngx_int_t
ngx_http_aicost_record_line(ngx_http_aicost_recorded_t *r, ngx_log_t *log,
    ngx_str_t *line)
{
    int                  rc;
    size_t               size;
    u_char              *text;
    ngx_uint_t           pass;
    aicost_out_t         o;
    aicost_json_t        j;
    aicost_json_node_t  *nodes;

    size = (r->nnodes + NGX_HTTP_AICOST_RECORD_NODES)
           * sizeof(aicost_json_node_t);

    nodes = ngx_alloc(size + r->record.request.len, log);
    if (nodes == NULL) {
        return NGX_ERROR;
    }

    text = (u_char *) nodes + size;

    aicost_json_init(&j, r->record.request.data, r->record.request.len, nodes,
                     r->nnodes);

    do {
        rc = aicost_json_run(&j, r->record.request.len);
    } while (rc == AICOST_AGAIN);

    ngx_memzero(&o, sizeof(aicost_out_t));
    o.nodes = nodes + r->nnodes;
    o.max = NGX_HTTP_AICOST_RECORD_NODES;

    /* measured, then written */

    for (pass = 0; rc == AICOST_OK && pass < 2; pass++) {

        if (pass) {
            o.size = o.len;
            o.len = 0;
            o.data = ngx_alloc(o.size, log);

            if (o.data == NULL) {
                break;
            }
        }

        aicost_record_write(&r->record, &j, text, &o);
    }

    ngx_free(nodes);

    if (o.data == NULL) {
        return NGX_ERROR;
    }

    line->data = o.data;
    line->len = o.len;

    return NGX_OK;
}


/* one writer at a time, of all workers: the size is exact, and a line that
   does not fit on the disk is taken away again */

static ngx_uint_t
ngx_http_aicost_record_append(ngx_http_aicost_recorder_t *rec,
    ngx_http_aicost_recorded_t *r, ngx_str_t *line)
{
    off_t            size;
    ssize_t          n;
    ngx_fd_t         fd;
    ngx_uint_t       result;
    ngx_file_info_t  fi;

    fd = open((char *) r->path, O_WRONLY|O_APPEND|O_CREAT|O_CLOEXEC|O_NONBLOCK,
              0600);

    if (fd == -1) {
        rec->err = ngx_errno;
        return NGX_HTTP_AICOST_FAILED;
    }

    result = NGX_HTTP_AICOST_FAILED;

    if (flock(fd, LOCK_EX) == -1 || ngx_fd_info(fd, &fi) == NGX_FILE_ERROR) {
        rec->err = ngx_errno;
        goto done;
    }

    /* what clients wrote is for nobody else's eyes: not before it is so */

    if (!ngx_is_file(&fi)
        || ((fi.st_mode & 077) && fchmod(fd, 0600) == -1))
    {
        rec->err = ngx_is_file(&fi) ? ngx_errno : EINVAL;
        goto done;
    }

    size = ngx_file_size(&fi);

    if (size > r->max || (off_t) line->len > r->max - size) {
        result = NGX_HTTP_AICOST_FULL;
        goto done;
    }

    n = write(fd, line->data, line->len);

    if (n == (ssize_t) line->len) {
        result = NGX_HTTP_AICOST_WRITTEN;
        goto done;
    }

    rec->err = n == -1 ? ngx_errno : NGX_ENOSPC;

    if (n > 0 && ftruncate(fd, size) == -1) {
        rec->err = ngx_errno;
    }

done:

    (void) close(fd);

    return result;
}
