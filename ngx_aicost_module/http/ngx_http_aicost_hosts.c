
/*
 * Copyright (C) aicost
 */


#include "ngx_http_aicost_hosts.h"


static ngx_uint_t ngx_http_aicost_hosts_word(u_char **p, u_char *end,
    ngx_str_t *word);
static socklen_t ngx_http_aicost_hosts_addr(const ngx_str_t *word,
    struct sockaddr_storage *addr);


ngx_uint_t
ngx_http_aicost_hosts(const ngx_str_t *text, const ngx_str_t *name,
    in_port_t port, struct sockaddr_storage *addrs, socklen_t *lens,
    ngx_uint_t max)
{
    u_char      *p, *end, *last;
    ngx_str_t    address, word;
    ngx_uint_t   n;

    n = 0;
    last = text->data + text->len;

    for (p = text->data; p < last && n < max; p = end + 1) {
        end = ngx_strlchr(p, last, LF);
        end = end ? end : last;

        if (!ngx_http_aicost_hosts_word(&p, end, &address)) {
            continue;
        }

        while (ngx_http_aicost_hosts_word(&p, end, &word)) {
            if (word.len != name->len
                || ngx_strncasecmp(word.data, name->data, name->len) != 0)
            {
                continue;
            }

            lens[n] = ngx_http_aicost_hosts_addr(&address, &addrs[n]);

            if (lens[n]) {
                ngx_inet_set_port((struct sockaddr *) &addrs[n], port);
                n++;
            }

            break;
        }
    }

    return n;
}


/* 0: the line has no more of them */

static ngx_uint_t
ngx_http_aicost_hosts_word(u_char **p, u_char *end, ngx_str_t *word)
{
    u_char  *s;

    for (s = *p; s < end && *s <= ' '; s++) {
        /* void */
    }

    word->data = s;

    while (s < end && *s > ' ' && *s != '#') {
        s++;
    }

    word->len = s - word->data;
    *p = s;

    return word->len;
}


/* 0: it is none */

static socklen_t
ngx_http_aicost_hosts_addr(const ngx_str_t *word,
    struct sockaddr_storage *addr)
{
    in_addr_t             in;
    struct sockaddr_in   *sin;
#if (NGX_HAVE_INET6)
    struct in6_addr       in6;
    struct sockaddr_in6  *sin6;
#endif

    ngx_memzero(addr, sizeof(struct sockaddr_storage));

    in = ngx_inet_addr(word->data, word->len);

    if (in != INADDR_NONE) {
        sin = (struct sockaddr_in *) addr;
        sin->sin_family = AF_INET;
        sin->sin_addr.s_addr = in;

        return sizeof(struct sockaddr_in);
    }

#if (NGX_HAVE_INET6)

    if (ngx_inet6_addr(word->data, word->len, in6.s6_addr) == NGX_OK) {
        sin6 = (struct sockaddr_in6 *) addr;
        sin6->sin6_family = AF_INET6;
        ngx_memcpy(sin6->sin6_addr.s6_addr, in6.s6_addr, 16);

        return sizeof(struct sockaddr_in6);
    }

#endif

    return 0;
}
