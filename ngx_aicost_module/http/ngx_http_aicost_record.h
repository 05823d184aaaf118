
/*
 * Copyright (C) aicost
 *
 * aicost_record: calls of clients, kept in a file when the operator asks.
 */


#ifndef _NGX_HTTP_AICOST_RECORD_H_INCLUDED_
#define _NGX_HTTP_AICOST_RECORD_H_INCLUDED_


typedef struct {
    ngx_str_t                     path;
    int64_t                       sample;      /* ppm of the calls */
    off_t                         max;         /* bytes of the file */
    unsigned                      redact:1;
} ngx_http_aicost_record_t;


/* what became of a call that was to be recorded: aicost_records_total */

#define NGX_HTTP_AICOST_WRITTEN       0
#define NGX_HTTP_AICOST_FULL          1        /* the file would pass its max */
#define NGX_HTTP_AICOST_BUSY          2        /* too many wait for the disk */
#define NGX_HTTP_AICOST_FAILED        3        /* the file takes nothing */
#define NGX_HTTP_AICOST_RECORDS       4


struct ngx_http_aicost_ctx_s;

char *ngx_http_aicost_record(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
void ngx_http_aicost_record_prepare(ngx_cycle_t *cycle);
void ngx_http_aicost_record_call(struct ngx_http_aicost_ctx_s *ctx,
    ngx_str_t *tier, ngx_str_t *model, ngx_msec_int_t ms);


#endif /* _NGX_HTTP_AICOST_RECORD_H_INCLUDED_ */
