
/*
 * Copyright (C) aicost
 */


#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "aicost.h"
#include "fleet_wire.h"


#define WIRE_TIMEOUT   2000          /* ms without a byte, either way */
#define WIRE_REPLY     67108864      /* bytes of a reply; more is refused */


struct fleet_wire_s {
    int           fd;
    SSL_CTX      *ctx;
    SSL          *ssl;
    redisReader  *reader;
    char          host[256];
};


/* 0: it is so far, -1 was not so in time */

static int
wire_wait(const fleet_wire_t *w, short events)
{
    int            n;
    struct pollfd  p;

    p.fd = w->fd;
    p.events = events;

    do {
        n = poll(&p, 1, WIRE_TIMEOUT);
    } while (n == -1 && errno == EINTR);

    return n > 0 ? 0 : -1;
}


static void
wire_say(const fleet_wire_t *w, const char *why)
{
    aicost_say("%s: %s", w->host, why);
}


/* --- connect ------------------------------------------------------------- */

static int
wire_dial(fleet_wire_t *w, const struct sockaddr *addr, socklen_t len)
{
    int        flags, error;
    socklen_t  size;

    w->fd = socket(addr->sa_family, SOCK_STREAM, 0);

    if (w->fd == -1) {
        return errno;
    }

    flags = fcntl(w->fd, F_GETFL);
    (void) fcntl(w->fd, F_SETFL, flags | O_NONBLOCK);
    (void) fcntl(w->fd, F_SETFD, FD_CLOEXEC);

    error = 0;

    if (connect(w->fd, addr, len) == -1) {
        error = errno;
    }

    if (error == EINPROGRESS) {
        error = ETIMEDOUT;
        size = sizeof(error);

        if (wire_wait(w, POLLOUT) == 0) {
            (void) getsockopt(w->fd, SOL_SOCKET, SO_ERROR, &error, &size);
        }
    }

    if (error) {
        (void) close(w->fd);
        w->fd = -1;
    }

    return error;
}


static int
wire_unix(fleet_wire_t *w, const char *path)
{
    int                 error;
    struct sockaddr_un  un;

    memset(&un, 0, sizeof(un));
    un.sun_family = AF_UNIX;

    if (strlen(path) >= sizeof(un.sun_path)) {
        wire_say(w, "the path is too long");
        return AICOST_ERROR;
    }

    memcpy(un.sun_path, path, strlen(path));

    error = wire_dial(w, (struct sockaddr *) &un, sizeof(un));

    if (error) {
        wire_say(w, strerror(error));
        return AICOST_ERROR;
    }

    return AICOST_OK;
}


static int
wire_tcp(fleet_wire_t *w, const char *host, int port)
{
    int               rc, error;
    char              service[8];
    struct addrinfo   hints, *all, *a;

    memset(&hints, 0, sizeof(hints));
    hints.ai_socktype = SOCK_STREAM;
    (void) snprintf(service, sizeof(service), "%d", port);

    rc = getaddrinfo(host, service, &hints, &all);

    if (rc) {
        wire_say(w, gai_strerror(rc));
        return AICOST_ERROR;
    }

    error = ECONNREFUSED;

    for (a = all; a; a = a->ai_next) {
        error = wire_dial(w, a->ai_addr, a->ai_addrlen);

        if (error == 0) {
            break;
        }
    }

    freeaddrinfo(all);

    if (error) {
        wire_say(w, strerror(error));
        return AICOST_ERROR;
    }

    return AICOST_OK;
}


/* --- TLS ----------------------------------------------------------------- */


/* after a call of OpenSSL: 1 again, 0 it cannot go on */

static unsigned
wire_again(const fleet_wire_t *w, int rc)
{
    switch (SSL_get_error(w->ssl, rc)) {

    case SSL_ERROR_WANT_READ:
        return wire_wait(w, POLLIN) == 0;

    case SSL_ERROR_WANT_WRITE:
        return wire_wait(w, POLLOUT) == 0;

    default:
        return 0;
    }
}


static int
wire_trust(fleet_wire_t *w, const fleet_tls_t *tls)
{
    if (!tls->verify) {
        return AICOST_OK;
    }

    if (tls->trust
        ? SSL_CTX_load_verify_locations(w->ctx, tls->trust, NULL) != 1
        : SSL_CTX_set_default_verify_paths(w->ctx) != 1)
    {
        aicost_say("%s: no authorities can be read from it",
                   tls->trust ? tls->trust : "the system");
        return AICOST_ERROR;
    }

    SSL_CTX_set_verify(w->ctx, SSL_VERIFY_PEER, NULL);

    return AICOST_OK;
}


/* an address is not asked for by name, and stands elsewhere in a certificate */

static int
wire_name(fleet_wire_t *w, const char *host)
{
    X509_VERIFY_PARAM  *param;

    param = SSL_get0_param(w->ssl);

    if (X509_VERIFY_PARAM_set1_ip_asc(param, host) == 1) {
        return AICOST_OK;
    }

    return SSL_set_tlsext_host_name(w->ssl, host) == 1
           && X509_VERIFY_PARAM_set1_host(param, host, 0) == 1
           ? AICOST_OK : AICOST_ERROR;
}


static int
wire_tls(fleet_wire_t *w, const char *host, const fleet_tls_t *tls)
{
    int   rc;
    long  why;

    w->ctx = SSL_CTX_new(TLS_client_method());

    if (w->ctx == NULL
        || SSL_CTX_set_min_proto_version(w->ctx, TLS1_2_VERSION) != 1)
    {
        wire_say(w, "no TLS");
        return AICOST_ERROR;
    }

    if (wire_trust(w, tls) != AICOST_OK) {
        return AICOST_ERROR;
    }

    w->ssl = SSL_new(w->ctx);

    if (w->ssl == NULL || wire_name(w, host) != AICOST_OK
        || SSL_set_fd(w->ssl, w->fd) != 1)
    {
        wire_say(w, "no TLS");
        return AICOST_ERROR;
    }

    do {
        ERR_clear_error();
        rc = SSL_connect(w->ssl);
    } while (rc != 1 && wire_again(w, rc));

    if (rc == 1) {
        return AICOST_OK;
    }

    why = SSL_get_verify_result(w->ssl);

    if (why != X509_V_OK) {
        aicost_say("%s: its certificate is not trusted: %s", w->host,
                   X509_verify_cert_error_string(why));

    } else {
        wire_say(w, "the TLS handshake failed");
    }

    return AICOST_ERROR;
}


fleet_wire_t *
fleet_wire_open(const char *host, int port, const fleet_tls_t *tls)
{
    fleet_wire_t  *w;

    (void) signal(SIGPIPE, SIG_IGN);

    w = aicost_alloc(sizeof(*w));
    memset(w, 0, sizeof(*w));
    w->fd = -1;
    (void) snprintf(w->host, sizeof(w->host), "%s", host);

    w->reader = redisReaderCreate();

    if (w->reader == NULL) {
        wire_say(w, "out of memory");
        goto failed;
    }

    if ((port ? wire_tcp(w, host, port) : wire_unix(w, host)) == AICOST_OK
        && (!tls->on || wire_tls(w, host, tls) == AICOST_OK))
    {
        return w;
    }

failed:

    fleet_wire_close(w);

    return NULL;
}


void
fleet_wire_close(fleet_wire_t *w)
{
    if (w == NULL) {
        return;
    }

    SSL_free(w->ssl);
    SSL_CTX_free(w->ctx);

    if (w->reader) {
        redisReaderFree(w->reader);
    }

    if (w->fd != -1) {
        (void) close(w->fd);
    }

    free(w);
}


/* --- one command --------------------------------------------------------- */

static int
wire_write(fleet_wire_t *w, const char *p, size_t len)
{
    int      rc;
    ssize_t  n;

    while (len) {

        if (w->ssl) {
            ERR_clear_error();
            rc = SSL_write(w->ssl, p, len > 16384 ? 16384 : (int) len);

            if (rc <= 0 && !wire_again(w, rc)) {
                return AICOST_ERROR;
            }

            n = rc > 0 ? rc : 0;

        } else {
            n = send(w->fd, p, len, MSG_NOSIGNAL);

            if (n == -1) {
                if (errno != EAGAIN || wire_wait(w, POLLOUT) != 0) {
                    return AICOST_ERROR;
                }

                n = 0;
            }
        }

        p += n;
        len -= (size_t) n;
    }

    return AICOST_OK;
}


/* bytes; 0: none came in time, or no more will */

static size_t
wire_read(fleet_wire_t *w, char *buf, size_t size)
{
    int      rc;
    ssize_t  n;

    for ( ;; ) {

        if (w->ssl) {
            ERR_clear_error();
            rc = SSL_read(w->ssl, buf, (int) size);

            if (rc > 0) {
                return (size_t) rc;
            }

            if (!wire_again(w, rc)) {
                return 0;
            }

            continue;
        }

        n = recv(w->fd, buf, size, 0);

        if (n >= 0) {
            return (size_t) n;
        }

        if (errno != EAGAIN || wire_wait(w, POLLIN) != 0) {
            return 0;
        }
    }
}


redisReply *
fleet_wire_ask(fleet_wire_t *w, const aicost_redis_cmd_t *cmd)
{
    int      rc;
    char    *text, buf[16384];
    void    *reply;
    size_t   n, all, size;

    size = aicost_redis_size(cmd);
    text = malloc(size);

    if (text == NULL) {
        wire_say(w, "out of memory");
        return NULL;
    }

    (void) aicost_redis_put((unsigned char *) text, cmd);

    rc = wire_write(w, text, size);
    OPENSSL_cleanse(text, size);
    free(text);

    /* a server that refuses says why before it closes */

    for (all = 0; rc == AICOST_OK || all == 0; all += n) {
        n = wire_read(w, buf, sizeof(buf));

        if (n == 0) {
            break;
        }

        if (all + n > WIRE_REPLY
            || redisReaderFeed(w->reader, buf, n) != REDIS_OK
            || redisReaderGetReply(w->reader, &reply) != REDIS_OK)
        {
            wire_say(w, "a reply is not acceptable");
            return NULL;
        }

        if (reply) {
            return reply;
        }
    }

    wire_say(w, "no answer");

    return NULL;
}
