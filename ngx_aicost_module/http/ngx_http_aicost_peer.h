
/*
 * Copyright (C) aicost
 *
 * Peers: addresses of providers, idle connections.
 */


#ifndef _NGX_HTTP_AICOST_PEER_H_INCLUDED_
#define _NGX_HTTP_AICOST_PEER_H_INCLUDED_


#include "ngx_http_aicost_module.h"


ngx_int_t ngx_http_aicost_peers_start(ngx_cycle_t *cycle,
    ngx_http_aicost_main_conf_t *amcf);
void ngx_http_aicost_peers_stop(ngx_http_aicost_main_conf_t *amcf);
ngx_int_t ngx_http_aicost_peer_get(ngx_peer_connection_t *pc, void *data);
void ngx_http_aicost_peer_free(ngx_peer_connection_t *pc, void *data,
    ngx_uint_t state);
ngx_int_t ngx_http_aicost_address(ngx_http_aicost_provider_t *p,
    ngx_peer_connection_t *pc, ngx_http_aicost_ctx_t *ctx);
ngx_int_t ngx_http_aicost_set_session(ngx_peer_connection_t *pc, void *data);
void ngx_http_aicost_save_session(ngx_peer_connection_t *pc, void *data);
ngx_int_t ngx_http_aicost_idle_get(ngx_http_aicost_provider_t *p,
    ngx_peer_connection_t *pc);
ngx_uint_t ngx_http_aicost_idle_put(ngx_http_aicost_provider_t *p,
    ngx_peer_connection_t *pc, ngx_http_aicost_ctx_t *ctx);


#endif /* _NGX_HTTP_AICOST_PEER_H_INCLUDED_ */
