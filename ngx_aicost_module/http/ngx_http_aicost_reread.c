
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
    ngx_http_aicost_task_t        task;
    ngx_uint_t                    file;        /* being parsed */
    ngx_int_t                     rc;
    aicost_file_error_t           error;
    unsigned                      parsing:1;
} ngx_http_aicost_reread_t;


static void ngx_http_aicost_reread_run(void *data);
static void ngx_http_aicost_parsed(void *data);


static ngx_http_aicost_reread_t  ngx_http_aicost_reread;


void
ngx_http_aicost_reread_start(ngx_cycle_t *cycle,
    ngx_http_aicost_main_conf_t *amcf)
{
    ngx_http_aicost_reread_t  *rr;

    rr = &ngx_http_aicost_reread;

    ngx_memzero(rr, sizeof(ngx_http_aicost_reread_t));

    rr->amcf = amcf;
    rr->cycle = cycle;
    rr->task.run = ngx_http_aicost_reread_run;
    rr->task.done = ngx_http_aicost_parsed;
    rr->task.data = rr;
}


void
ngx_http_aicost_reread_tick(void)
{
    ngx_uint_t                 i;
    ngx_file_info_t            fi;
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

        if (i == NGX_HTTP_AICOST_CONSUMERS
            && rr->amcf->shared->fleet.published)
        {
            ngx_log_error(NGX_LOG_WARN, rr->cycle->log, 0,
                          "aicost does not read \"%V\" again: consumers are "
                          "published to the fleet, aicost key publish",
                          &file->path);
            continue;
        }

        rr->file = i;
        rr->parsing = 1;

        ngx_http_aicost_thread_or_here(&rr->task);

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


/* parses it and puts it in force; NGX_ERROR with err.  Off the event loop */

ngx_int_t
ngx_http_aicost_take_text(ngx_http_aicost_main_conf_t *amcf, ngx_uint_t file,
    const char *text, size_t len, aicost_file_error_t *err)
{
    void       *block;
    size_t      size;
    ngx_int_t   rc;

    block = ngx_http_aicost_parse_file(file, text, len, &size, err);

    if (block == NULL) {
        return NGX_ERROR;
    }

    rc = ngx_http_aicost_swap(amcf, file, block, size);

    if (rc != NGX_OK) {
        ngx_cpystrn((u_char *) err->text,
                    (u_char *) "there is no room for it in aicost_zone",
                    sizeof(err->text));
    }

    ngx_free(block);

    return rc;
}


/* a text that is the caller's to free; NULL: it cannot be read */

char *
ngx_http_aicost_read_whole(u_char *path, size_t *len, ngx_log_t *log)
{
    char             *text;
    ssize_t           n;
    ngx_fd_t          fd;
    ngx_file_info_t   fi;

    text = NULL;
    n = -1;

    fd = ngx_open_file(path, NGX_FILE_RDONLY, NGX_FILE_OPEN, 0);

    if (fd == NGX_INVALID_FILE) {
        return NULL;
    }

    if (ngx_fd_info(fd, &fi) != NGX_FILE_ERROR
        && ngx_file_size(&fi) <= NGX_HTTP_AICOST_FILE_MAX)
    {
        text = ngx_alloc((size_t) ngx_file_size(&fi) + 1, log);

        if (text) {
            n = read(fd, text, (size_t) ngx_file_size(&fi));
        }
    }

    ngx_close_file(fd);

    if (n < 0) {
        ngx_free(text);
        return NULL;
    }

    *len = (size_t) n;

    return text;
}


ngx_int_t
ngx_http_aicost_take_file(ngx_http_aicost_main_conf_t *amcf, ngx_uint_t file,
    aicost_file_error_t *err, ngx_log_t *log)
{
    char       *text;
    size_t      len;
    ngx_int_t   rc;

    text = ngx_http_aicost_read_whole(amcf->files[file].path.data, &len, log);

    if (text == NULL) {
        ngx_memzero(err, sizeof(aicost_file_error_t));
        ngx_cpystrn((u_char *) err->text, (u_char *) "cannot be read",
                    sizeof(err->text));
        return NGX_ERROR;
    }

    rc = ngx_http_aicost_take_text(amcf, file, text, len, err);

    ngx_free(text);

    return rc;
}


static void
ngx_http_aicost_reread_run(void *data)
{
    ngx_http_aicost_reread_t  *rr = data;

    rr->rc = ngx_http_aicost_take_file(rr->amcf, rr->file, &rr->error,
                                       rr->cycle->log);
}


static void
ngx_http_aicost_parsed(void *data)
{
    ngx_http_aicost_reread_t  *rr = data;

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
