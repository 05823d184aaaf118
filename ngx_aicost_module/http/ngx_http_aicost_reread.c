
/*
 * Copyright (C) aicost
 *
 * prices.json and consumers.json read again when they change, off the event
 * loop, by one elected worker.  Any error keeps the old ones in force.
 */


#include "ngx_http_aicost_module.h"


#define NGX_HTTP_AICOST_FILE_MAX      268435456   /* bytes */


typedef struct {
    ngx_http_aicost_main_conf_t  *amcf;
    ngx_cycle_t                  *cycle;
    ngx_thread_task_t            *task;
    ngx_uint_t                    file;        /* being parsed */
    ngx_int_t                     rc;
    aicost_file_error_t           error;
    unsigned                      parsing:1;
} ngx_http_aicost_reread_t;


static void ngx_http_aicost_parse_thread(void *data, ngx_log_t *log);
static void ngx_http_aicost_parsed(ngx_event_t *ev);


static ngx_http_aicost_reread_t  ngx_http_aicost_reread;

static ngx_str_t  ngx_http_aicost_pool = ngx_string("default");


ngx_int_t
ngx_http_aicost_reread_start(ngx_cycle_t *cycle,
    ngx_http_aicost_main_conf_t *amcf)
{
    ngx_http_aicost_reread_t  *rr;

    rr = &ngx_http_aicost_reread;

    ngx_memzero(rr, sizeof(ngx_http_aicost_reread_t));

    rr->amcf = amcf;
    rr->cycle = cycle;
    rr->task = ngx_thread_task_alloc(cycle->pool, sizeof(void *));

    if (rr->task == NULL) {
        return NGX_ERROR;
    }

    *(void **) rr->task->ctx = rr;
    rr->task->handler = ngx_http_aicost_parse_thread;
    rr->task->event.handler = ngx_http_aicost_parsed;
    rr->task->event.data = rr;

    return NGX_OK;
}


void
ngx_http_aicost_reread_tick(void)
{
    ngx_uint_t                 i;
    ngx_file_info_t            fi;
    ngx_thread_pool_t         *tp;
    ngx_http_aicost_file_t    *file;
    ngx_http_aicost_reread_t  *rr;

    rr = &ngx_http_aicost_reread;

    if (rr->parsing) {
        return;
    }

    for (i = 0; i < NGX_HTTP_AICOST_FILES; i++) {

        file = &rr->amcf->files[i];

        if (file->path.len == 0
            || ngx_file_info(file->path.data, &fi) == NGX_FILE_ERROR)
        {
            continue;
        }

        if (file->mtime == ngx_file_mtime(&fi)
            && file->size == ngx_file_size(&fi)
            && file->uniq == ngx_file_uniq(&fi))
        {
            continue;
        }

        file->mtime = ngx_file_mtime(&fi);
        file->size = ngx_file_size(&fi);
        file->uniq = ngx_file_uniq(&fi);

        rr->file = i;
        rr->parsing = 1;

        tp = ngx_thread_pool_get(rr->cycle, &ngx_http_aicost_pool);

        if (tp == NULL || ngx_thread_task_post(tp, rr->task) != NGX_OK) {
            ngx_http_aicost_parse_thread(rr->task->ctx, rr->cycle->log);
            ngx_http_aicost_parsed(&rr->task->event);
        }

        return;
    }
}


/* a flat block from the text, malloc'ed; NULL with err */

void *
ngx_http_aicost_parse_file(ngx_uint_t file, const char *data, size_t len,
    size_t *size, aicost_file_error_t *err)
{
    void  *block;

    ngx_memzero(err, sizeof(aicost_file_error_t));

    if (file == NGX_HTTP_AICOST_PRICES) {
        block = aicost_file_prices(data, len, err);
        *size = block ? aicost_catalogue_size(block) : 0;

    } else {
        block = aicost_file_consumers(data, len, err);
        *size = block ? aicost_consumers_size(block) : 0;
    }

    return block;
}


/* off the event loop: reads, parses and puts the new block in force */

static void
ngx_http_aicost_parse_thread(void *data, ngx_log_t *log)
{
    ngx_http_aicost_reread_t  *rr = *(void **) data;

    void                    *block;
    char                    *text;
    size_t                   size;
    ssize_t                  n;
    ngx_fd_t                 fd;
    ngx_file_info_t          fi;
    ngx_http_aicost_file_t  *file;

    file = &rr->amcf->files[rr->file];
    text = NULL;
    n = -1;

    rr->rc = NGX_ERROR;
    ngx_memzero(&rr->error, sizeof(aicost_file_error_t));

    fd = ngx_open_file(file->path.data, NGX_FILE_RDONLY, NGX_FILE_OPEN, 0);

    if (fd != NGX_INVALID_FILE) {

        if (ngx_fd_info(fd, &fi) != NGX_FILE_ERROR
            && ngx_file_size(&fi) <= NGX_HTTP_AICOST_FILE_MAX)
        {
            size = (size_t) ngx_file_size(&fi);
            text = ngx_alloc(size + 1, log);

            if (text) {
                n = read(fd, text, size);
            }
        }

        ngx_close_file(fd);
    }

    if (n < 0) {
        ngx_cpystrn((u_char *) rr->error.text, (u_char *) "cannot be read",
                    sizeof(rr->error.text));
        ngx_free(text);
        return;
    }

    block = ngx_http_aicost_parse_file(rr->file, text, (size_t) n, &size,
                                       &rr->error);
    ngx_free(text);

    if (block == NULL) {
        return;
    }

    rr->rc = ngx_http_aicost_swap(rr->amcf, rr->file, block, size);

    if (rr->rc != NGX_OK) {
        ngx_cpystrn((u_char *) rr->error.text,
                    (u_char *) "there is no room for it in aicost_zone",
                    sizeof(rr->error.text));
    }

    ngx_free(block);
}


static void
ngx_http_aicost_parsed(ngx_event_t *ev)
{
    ngx_http_aicost_reread_t  *rr = ev->data;

    ngx_http_aicost_file_t   *file;
    ngx_http_aicost_block_t  *b;

    rr->parsing = 0;

    file = &rr->amcf->files[rr->file];
    b = &rr->amcf->shared->files[rr->file];

    if (rr->rc == NGX_OK) {
        b->failures = 0;
        ngx_log_error(NGX_LOG_NOTICE, rr->cycle->log, 0,
                      "aicost read \"%V\" again, it is in force",
                      &file->path);
        return;
    }

    b->failures++;

    ngx_log_error(NGX_LOG_ERR, rr->cycle->log, 0,
                  "aicost keeps the old \"%V\": %s, line %d column %d",
                  &file->path, rr->error.text, rr->error.line,
                  rr->error.column);
}
