
/*
 * Copyright (C) aicost
 *
 * What differs between the versions of nginx, here and nowhere else.
 */


#ifndef _NGX_HTTP_AICOST_COMPAT_H_INCLUDED_
#define _NGX_HTTP_AICOST_COMPAT_H_INCLUDED_


#if (nginx_version >= 1027002)
#define ngx_http_aicost_parse_chunked(r, b, ctx)                              \
    ngx_http_parse_chunked(r, b, ctx, 0)
#else
#define ngx_http_aicost_parse_chunked(r, b, ctx)                              \
    ngx_http_parse_chunked(r, b, ctx)
#endif


/*
 * A stream of HTTP/2 or 3: its connection is not a socket.  Not by NGX_HTTP_V2
 * and NGX_HTTP_V3: a module is built --with-compat for an nginx that has them.
 */

#define ngx_http_aicost_framed(r)                                             \
    ((r)->http_version >= NGX_HTTP_VERSION_20)


#endif /* _NGX_HTTP_AICOST_COMPAT_H_INCLUDED_ */
