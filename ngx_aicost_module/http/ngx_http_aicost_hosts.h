
/*
 * Copyright (C) aicost
 *
 * Names of /etc/hosts, which a resolver does not know.  Its text is read with
 * the configuration, and again at each reload.
 */


#ifndef _NGX_HTTP_AICOST_HOSTS_H_INCLUDED_
#define _NGX_HTTP_AICOST_HOSTS_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>


#define NGX_HTTP_AICOST_HOSTS_MAX  1048576     /* bytes; more is not read */


/* the addresses of a name in the order of the text, at most max; their number,
   0: it is not there */
ngx_uint_t ngx_http_aicost_hosts(const ngx_str_t *text, const ngx_str_t *name,
    in_port_t port, struct sockaddr_storage *addrs, socklen_t *lens,
    ngx_uint_t max);


#endif /* _NGX_HTTP_AICOST_HOSTS_H_INCLUDED_ */
