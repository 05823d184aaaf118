
/*
 * Copyright (C) aicost
 *
 * HTTP/1.1 as nginx and the SDKs speak it; anything odd closes the connection.
 */


#include <sys/socket.h>

#include "sim.h"


const char *
sim_http_header(const char *head, size_t len, const char *name,
    size_t *value_len)
{
    size_t       n;
    const char  *p, *end, *eol;

    n = strlen(name);
    end = head + len;
    p = memchr(head, '\n', len);

    while (p && ++p < end) {
        eol = memchr(p, '\n', (size_t) (end - p));

        if (eol == NULL) {
            break;
        }

        if ((size_t) (eol - p) > n && p[n] == ':'
            && strncasecmp(p, name, n) == 0)
        {
            p += n + 1;

            while (p < eol && (*p == ' ' || *p == '\t')) {
                p++;
            }

            while (eol > p && (eol[-1] == '\r' || eol[-1] == ' ')) {
                eol--;
            }

            *value_len = (size_t) (eol - p);
            return p;
        }

        p = eol;
    }

    return NULL;
}


static unsigned
sim_http_ends(const char *path, size_t len, const char *tail)
{
    size_t  n;

    n = strlen(tail);

    return len >= n && memcmp(path + len - n, tail, n) == 0;
}


static sim_endpoint_e
sim_http_endpoint(const char *path, size_t len, unsigned get)
{
    const char  *query;

    query = memchr(path, '?', len);
    len = query ? (size_t) (query - path) : len;

    if (len >= 5 && memcmp(path, "/sim/", 5) == 0) {
        return SIM_EP_CONTROL;
    }

    if (get) {
        return sim_http_ends(path, len, "/models") ? SIM_EP_MODELS
                                                   : SIM_EP_NONE;
    }

    if (sim_http_ends(path, len, "/chat/completions")) {
        return SIM_EP_CHAT;
    }

    if (sim_http_ends(path, len, "/completions")) {
        return SIM_EP_COMPLETIONS;
    }

    return sim_http_ends(path, len, "/embeddings") ? SIM_EP_EMBEDDINGS
                                                   : SIM_EP_NONE;
}


static int
sim_http_line(sim_conn_t *c)
{
    char  *p, *end, *space, *version;

    p = c->in;
    end = memchr(p, '\r', c->head_len);
    space = end ? memchr(p, ' ', (size_t) (end - p)) : NULL;

    if (space == NULL || end - p < 14) {
        return AICOST_ERROR;
    }

    version = end - 9;

    if (memcmp(version, " HTTP/1.", 8) != 0 || version <= space) {
        return AICOST_ERROR;
    }

    c->method_get = space - p == 3 && memcmp(p, "GET", 3) == 0;
    c->http10 = version[8] == '0';
    c->close = c->http10;
    c->ep = sim_http_endpoint(space + 1, (size_t) (version - space) - 1,
                              c->method_get);
    c->api = NULL;

    if (c->ep == SIM_EP_NONE && !c->method_get) {
        c->ep = sim_shape_endpoint(c, space + 1,
                                   (size_t) (version - space) - 1);
    }

    return AICOST_OK;
}


static int
sim_http_head(sim_conn_t *c)
{
    char         digits[16];
    size_t       n;
    int64_t      length;
    const char  *value;

    if (sim_http_line(c) != AICOST_OK) {
        return AICOST_ERROR;
    }

    c->chunked = 0;
    c->body_len = 0;
    c->raw = c->head_len;

    value = sim_http_header(c->in, c->head_len, "content-length", &n);

    if (value) {
        if (n >= sizeof(digits)) {
            return AICOST_ERROR;
        }

        memcpy(digits, value, n);
        digits[n] = '\0';

        if (aicost_number(digits, 0, SIM_BODY_MAX, &length) != AICOST_OK) {
            return AICOST_ERROR;
        }

        c->body_len = (size_t) length;
    }

    value = sim_http_header(c->in, c->head_len, "transfer-encoding", &n);

    if (value) {
        c->chunked = 1;
        c->body_len = 0;
    }

    value = sim_http_header(c->in, c->head_len, "connection", &n);

    if (value && n == 5 && strncasecmp(value, "close", 5) == 0) {
        c->close = 1;
    }

    if (value && n == 10 && strncasecmp(value, "keep-alive", 10) == 0) {
        c->close = 0;
    }

    if (sim_http_header(c->in, c->head_len, "expect", &n)
        && c->in_len == c->head_len)
    {
        static const char  go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";

        if (c->ssl) {
            (void) SSL_write(c->ssl, go_on, (int) sizeof(go_on) - 1);

        } else {
            (void) send(c->fd, go_on, sizeof(go_on) - 1, MSG_NOSIGNAL);
        }
    }

    return AICOST_OK;
}


/* decodes in place: [head_len, head_len + body_len) is the body so far */

static int
sim_http_chunks(sim_conn_t *c)
{
    char                *p, *eol, *end;
    size_t               left;
    unsigned long long   size;

    for ( ;; ) {
        p = c->in + c->raw;
        left = c->in_len - c->raw;
        eol = memchr(p, '\n', left);

        if (eol == NULL) {
            return left > 64 ? AICOST_ERROR : AICOST_AGAIN;
        }

        size = strtoull(p, &end, 16);

        if (end == p || size > SIM_BODY_MAX
            || c->body_len + size > SIM_BODY_MAX)
        {
            return AICOST_ERROR;
        }

        eol++;
        left -= (size_t) (eol - p);

        if (left < size + 2) {
            return AICOST_AGAIN;
        }

        memmove(c->in + c->head_len + c->body_len, eol, (size_t) size);
        c->body_len += (size_t) size;
        c->raw = (size_t) (eol - c->in) + (size_t) size + 2;

        if (size == 0) {
            c->used = c->raw;
            return AICOST_OK;
        }
    }
}


int
sim_http_read(sim_conn_t *c)
{
    char    *end;
    size_t   skip;

    if (c->head_len == 0) {
        for (skip = 0; skip < c->in_len; skip++) {
            if (c->in[skip] != '\r' && c->in[skip] != '\n') {
                break;
            }
        }

        if (skip) {
            c->in_len -= skip;
            memmove(c->in, c->in + skip, c->in_len);
        }

        end = memmem(c->in, c->in_len, "\r\n\r\n", 4);

        if (end == NULL) {
            return c->in_len > SIM_HEAD_MAX ? AICOST_ERROR : AICOST_AGAIN;
        }

        c->head_len = (size_t) (end - c->in) + 4;

        if (sim_http_head(c) != AICOST_OK) {
            return AICOST_ERROR;
        }
    }

    if (c->chunked) {
        return sim_http_chunks(c);
    }

    c->used = c->head_len + c->body_len;

    return c->in_len >= c->used ? AICOST_OK : AICOST_AGAIN;
}
