
/*
 * Copyright (C) aicost
 *
 * A request and its answer between two shapes.
 */


#ifndef _NGX_HTTP_AICOST_TRANSLATE_H_INCLUDED_
#define _NGX_HTTP_AICOST_TRANSLATE_H_INCLUDED_


#include "ngx_http_aicost_module.h"


/* an answer between two shapes, of one attempt */

struct ngx_http_aicost_talk_s {
    const aicost_api_t           *client;
    const aicost_api_t           *provider;
    aicost_hear_t                 hear;
    aicost_tell_t                 tell;
    unsigned                      same:1;      /* bytes pass, only heard */
    unsigned                      told:1;      /* the whole answer */
    unsigned                      over:1;      /* the provider said its last
                                                  word */
};


ngx_int_t ngx_http_aicost_translate(ngx_http_request_t *r,
    ngx_http_aicost_ctx_t *ctx, ngx_http_aicost_provider_t *p,
    ngx_str_t *body);
ngx_int_t ngx_http_aicost_talk_begin(ngx_http_request_t *r,
    ngx_http_aicost_ctx_t *ctx, ngx_http_aicost_provider_t *p);
ngx_int_t ngx_http_aicost_talk_event(ngx_http_aicost_ctx_t *ctx,
    u_char *data, size_t len, aicost_event_t *e);
ngx_int_t ngx_http_aicost_talk_emit(ngx_http_aicost_ctx_t *ctx);
ngx_int_t ngx_http_aicost_talk_end(ngx_http_aicost_ctx_t *ctx,
    ngx_str_t *error);
ngx_int_t ngx_http_aicost_talk_answer(ngx_http_aicost_ctx_t *ctx);


#endif /* _NGX_HTTP_AICOST_TRANSLATE_H_INCLUDED_ */
