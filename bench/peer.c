
/*
 * Copyright (C) aicost
 *
 * Both ends of a server under test, in one thread that never sleeps: clients
 * that ask again as soon as they have their answer, and the provider behind it.
 * A load generator that sleeps makes the worker pay for waking it, and the
 * more so the longer the worker takes: on a virtual machine that is more than
 * what is to be measured.
 *
 * usage: peer SERVER PROVIDER REQUEST ANSWER CLIENTS SECONDS [PACE [RATE
 *            [STORE COMMANDS RID]]]
 *
 *     SERVER, PROVIDER    ports of 127.0.0.1: asked, and listened on
 *     REQUEST, ANSWER     files with the whole of them, head and body
 *     PACE                us between the chunks of an answer, 0 all at once
 *     RATE                requests a second, 0 as many as it can
 *     STORE, COMMANDS     port of a Redis, and a file with two commands that
 *                         each client has it do between an answer and its next
 *                         request, by one connection: what a gateway with a
 *                         store makes of this core
 *     RID                 hex: the reservation in COMMANDS, another one each
 *                         time
 *
 * Prints how many answers came of how many the provider gave.  What is under
 * way at the end is waited for.
 */


#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>


#define PEER_CONNS   1024     /* of both ends */
#define PEER_HEAD    16384    /* bytes of a head */
#define PEER_CHUNKS  1024
#define PEER_LATE    20e6     /* us that the last answers may take */
#define PEER_RID     16
#define PEER_RIDS    8        /* places of one */


typedef enum {
    PEER_FREE, PEER_LISTEN, PEER_CLIENT, PEER_PROVIDER, PEER_STORE
} peer_e;


typedef struct {
    int                  fd;
    peer_e               what;
    const char          *out;        /* what is still to be sent */
    size_t               left;
    size_t               nhead;      /* bytes kept in head, without its NUL */
    long                 body;       /* bytes missing; PEER_ENDLESS: chunks */
    int                  whole;      /* the head was read */
    char                 tail[8];    /* the last bytes of a chunked body */
    unsigned             chunk;      /* the next one to send, 0 none */
    int                  idle;       /* a client without a request */
    double               due;
    char                 head[PEER_HEAD + 1];
} peer_conn_t;

#define PEER_ENDLESS  (-1L)


typedef struct {
    char                *data;
    size_t               len;
} peer_file_t;


/* commands go out once a turn of the loop, answers come in their order */

typedef struct {
    peer_conn_t         *conn;       /* NULL: there is no store */
    peer_file_t          commands;
    size_t               rids[PEER_RIDS];
    unsigned             nrids;
    unsigned long        serial;
    peer_file_t          later;      /* to be sent, and what is being sent */
    peer_file_t          now;
    peer_conn_t         *waiting[PEER_CONNS];
    unsigned             first, last;
    unsigned             replies;    /* of the first one that waits */
    size_t               skip;       /* bytes of a reply to come */
    char                 line[128];
    size_t               nline;
} peer_store_t;


static double peer_now(void);
static void peer_die(const char *what);
static peer_file_t peer_read(const char *name);
static void peer_chunks(void);
static peer_conn_t *peer_add(int fd, peer_e what);
static void peer_close(peer_conn_t *c);
static struct sockaddr_in peer_address(const char *port);
static void peer_listen(const char *port);
static peer_conn_t *peer_connect(const char *port, peer_e what);
static void peer_accept(int fd);
static void peer_send(peer_conn_t *c, const char *data, size_t len);
static void peer_ask(peer_conn_t *c);
static void peer_idle(void);
static void peer_answer(peer_conn_t *c);
static void peer_pace(void);
static int peer_ended(peer_conn_t *c, const char *p, size_t n);
static void peer_event(peer_conn_t *c);
static void peer_open(const char *port, const char *name, const char *rid,
    size_t clients);
static void peer_charge(peer_conn_t *c);
static void peer_flush(void);
static void peer_replies(const char *p, size_t n);
static void peer_replied(void);


static int            ep;
static unsigned       nconns, nchunks;
static unsigned long  answers, asked, served;
static double         pace, gap, due, until;
static peer_conn_t    conns[PEER_CONNS];
static peer_file_t    request, answer, chunks[PEER_CHUNKS];
static peer_store_t   store;


int
main(int argc, char **argv)
{
    int                 i, n, clients;
    struct epoll_event  events[256];

    if (argc < 7 || argc == 10 || argc == 11 || argc > 12) {
        peer_die("usage: peer SERVER PROVIDER REQUEST ANSWER CLIENTS SECONDS"
                 " [PACE [RATE [STORE COMMANDS RID]]]");
    }

    request = peer_read(argv[3]);
    answer = peer_read(argv[4]);
    clients = (int) strtol(argv[5], NULL, 10);
    pace = argc > 7 ? strtod(argv[7], NULL) : 0;
    gap = argc > 8 && strtod(argv[8], NULL) > 0
          ? 1e6 / strtod(argv[8], NULL) : 0;
    peer_chunks();

    ep = epoll_create1(0);
    peer_listen(argv[2]);

    for (i = 0; i < clients; i++) {
        peer_connect(argv[1], PEER_CLIENT);
    }

    if (argc == 12) {
        peer_open(argv[9], argv[10], argv[11], (size_t) clients);
    }

    due = peer_now();
    until = due + strtod(argv[6], NULL) * 1e6;
    peer_idle();

    while (answers < asked || store.first != store.last
           || (gap > 0 && peer_now() < until))
    {
        n = epoll_wait(ep, events, 256, 0);

        for (i = 0; i < n; i++) {
            peer_event(events[i].data.ptr);
        }

        if (pace > 0) {
            peer_pace();
        }

        if (gap > 0) {
            peer_idle();
        }

        if (store.later.len) {
            peer_flush();
        }

        if (n == 0) {
            sched_yield();      /* a store may live on this core as well */

            if (peer_now() > until + PEER_LATE) {
                peer_die("an answer did not come");
            }
        }
    }

    printf("%lu of %lu\n", answers, served);

    return 0;
}


static double
peer_now(void)
{
    struct timespec  ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);

    return (double) ts.tv_sec * 1e6 + (double) ts.tv_nsec / 1e3;
}


static void
peer_die(const char *what)
{
    fprintf(stderr, "bench/peer.c: %s\n", what);
    exit(1);
}


static peer_file_t
peer_read(const char *name)
{
    long         len;
    FILE        *f;
    peer_file_t  file;

    f = fopen(name, "rb");

    if (f == NULL || fseek(f, 0, SEEK_END) || (len = ftell(f)) < 0
        || fseek(f, 0, SEEK_SET) || (file.data = malloc((size_t) len + 1))
           == NULL
        || fread(file.data, 1, (size_t) len, f) != (size_t) len)
    {
        peer_die(name);
    }

    file.len = (size_t) len;
    file.data[len] = '\0';
    fclose(f);

    return file;
}


/* the head of the answer, then each chunk */

static void
peer_chunks(void)
{
    char  *p, *next, *end;

    end = answer.data + answer.len;
    p = strstr(answer.data, "\r\n\r\n");

    if (p == NULL) {
        peer_die("the answer has no head");
    }

    p += 4;
    chunks[nchunks++] = (peer_file_t) { answer.data,
                                        (size_t) (p - answer.data) };

    while (pace > 0 && p < end && nchunks < PEER_CHUNKS) {
        next = strstr(p, "\r\n");

        if (next == NULL) {
            peer_die("the answer has no chunks");
        }

        next += 2 + strtoul(p, NULL, 16) + 2;
        chunks[nchunks++] = (peer_file_t) { p, (size_t) (next - p) };
        p = next;
    }
}


static peer_conn_t *
peer_add(int fd, peer_e what)
{
    int                 one;
    unsigned            i;
    peer_conn_t        *c;
    struct epoll_event  ev;

    for (i = 0; i < nconns && conns[i].what != PEER_FREE; i++) { /* void */ }

    if (fd < 0 || i == PEER_CONNS) {
        peer_die("no connection");
    }

    nconns += (i == nconns);
    c = &conns[i];
    memset(c, 0, sizeof(*c));

    c->fd = fd;
    c->what = what;
    c->idle = 1;

    one = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);

    ev.events = EPOLLIN | EPOLLRDHUP;
    ev.data.ptr = c;
    epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev);

    return c;
}


/* a server may be tired of a client that has all its answers */

static void
peer_close(peer_conn_t *c)
{
    if (c->what == PEER_CLIENT && (!c->idle || peer_now() < until)) {
        peer_die("the server closed a client's connection");
    }

    close(c->fd);
    c->what = PEER_FREE;
}


static struct sockaddr_in
peer_address(const char *port)
{
    struct sockaddr_in  sin;

    memset(&sin, 0, sizeof(sin));
    sin.sin_family = AF_INET;
    sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    sin.sin_port = htons((unsigned short) strtoul(port, NULL, 10));

    return sin;
}


static void
peer_listen(const char *port)
{
    int                 fd, one;
    struct sockaddr_in  sin;

    fd = socket(AF_INET, SOCK_STREAM, 0);
    one = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
    sin = peer_address(port);

    if (bind(fd, (struct sockaddr *) &sin, sizeof(sin)) || listen(fd, 1024)) {
        peer_die("the provider's port is taken");
    }

    peer_add(fd, PEER_LISTEN);
}


static peer_conn_t *
peer_connect(const char *port, peer_e what)
{
    int                 fd;
    struct sockaddr_in  sin;

    fd = socket(AF_INET, SOCK_STREAM, 0);
    sin = peer_address(port);

    if (connect(fd, (struct sockaddr *) &sin, sizeof(sin))) {
        peer_die("the server does not listen");
    }

    return peer_add(fd, what);
}


static void
peer_accept(int fd)
{
    int  s;

    for ( ;; ) {
        s = accept(fd, NULL, NULL);

        if (s < 0) {
            return;
        }

        peer_add(s, PEER_PROVIDER);
    }
}


/* a large request may find the socket full: the rest goes when it may */

static void
peer_send(peer_conn_t *c, const char *data, size_t len)
{
    ssize_t             n;
    struct epoll_event  ev;

    n = send(c->fd, data, len, MSG_NOSIGNAL);

    if (n < 0 && errno != EAGAIN) {
        peer_close(c);
        return;
    }

    n = n < 0 ? 0 : n;

    if (c->left || (size_t) n < len) {
        ev.events = EPOLLIN | EPOLLRDHUP | ((size_t) n < len ? EPOLLOUT : 0);
        ev.data.ptr = c;
        epoll_ctl(ep, EPOLL_CTL_MOD, c->fd, &ev);
    }

    c->out = data + n;
    c->left = len - (size_t) n;
}


static void
peer_ask(peer_conn_t *c)
{
    double  now;

    now = peer_now();
    c->idle = 1;

    if (now < until && now >= due) {
        c->idle = 0;
        due += gap;
        asked++;
        peer_send(c, request.data, request.len);
    }
}


/* the clients that wait for their turn; without a rate, all at the start */

static void
peer_idle(void)
{
    unsigned  i;

    for (i = 0; i < nconns; i++) {
        if (conns[i].what == PEER_CLIENT && conns[i].idle) {
            peer_ask(&conns[i]);
        }
    }
}


static void
peer_answer(peer_conn_t *c)
{
    served++;

    if (pace > 0) {
        peer_send(c, chunks[0].data, chunks[0].len);
        c->chunk = 1;
        c->due = peer_now() + pace;
        return;
    }

    peer_send(c, answer.data, answer.len);
}


static void
peer_pace(void)
{
    double        now;
    unsigned      i, chunk;
    peer_conn_t  *c;

    now = peer_now();

    for (i = 0; i < nconns; i++) {
        c = &conns[i];

        if (c->what != PEER_PROVIDER || c->chunk == 0 || now < c->due
            || c->left)
        {
            continue;
        }

        chunk = c->chunk;
        c->chunk = chunk + 1 < nchunks ? chunk + 1 : 0;
        c->due += pace;
        peer_send(c, chunks[chunk].data, chunks[chunk].len);
    }
}


/* bytes that came: whether a message is whole by them */

static int
peer_ended(peer_conn_t *c, const char *p, size_t n)
{
    char    *end, *h;
    size_t   keep;

    if (!c->whole) {
        keep = n < PEER_HEAD - c->nhead ? n : PEER_HEAD - c->nhead;
        memcpy(c->head + c->nhead, p, keep);
        c->head[c->nhead + keep] = '\0';
        end = strstr(c->head, "\r\n\r\n");

        if (end == NULL) {
            c->nhead += keep;

            if (c->nhead == PEER_HEAD) {
                peer_die("a head is too long");
            }

            return 0;
        }

        end += 4;
        p += (size_t) (end - c->head) - c->nhead;
        n -= (size_t) (end - c->head) - c->nhead;
        *end = '\0';

        if (c->what == PEER_CLIENT
            && strncmp(c->head, "HTTP/1.1 200 ", 13) != 0)
        {
            peer_die(c->head);
        }

        h = strcasestr(c->head, "\r\nContent-Length:");
        c->body = h ? strtol(h + sizeof("\r\nContent-Length:") - 1, NULL, 10)
                    : PEER_ENDLESS;
        c->whole = 1;
    }

    if (c->body != PEER_ENDLESS) {
        c->body -= (long) n;

    } else if (n >= 7) {
        memcpy(c->tail, p + n - 7, 7);

    } else {
        memmove(c->tail, c->tail + n, 7 - n);
        memcpy(c->tail + 7 - n, p, n);
    }

    if (c->body == PEER_ENDLESS ? memcmp(c->tail, "\r\n0\r\n\r\n", 7) != 0
                                : c->body > 0)
    {
        return 0;
    }

    c->whole = 0;
    c->nhead = 0;
    memset(c->tail, 0, sizeof(c->tail));

    return 1;
}


static void
peer_event(peer_conn_t *c)
{
    ssize_t      n;
    static char  in[262144];

    if (c->what == PEER_LISTEN) {
        peer_accept(c->fd);
        return;
    }

    if (c->what == PEER_FREE) {
        return;
    }

    if (c->left) {
        peer_send(c, c->out, c->left);
    }

    n = recv(c->fd, in, sizeof(in), 0);

    if (n == 0 || (n < 0 && errno != EAGAIN)) {
        peer_close(c);
        return;
    }

    if (n < 0) {
        return;
    }

    if (c->what == PEER_STORE) {
        peer_replies(in, (size_t) n);
        return;
    }

    if (!peer_ended(c, in, (size_t) n)) {
        return;
    }

    if (c->what == PEER_PROVIDER) {
        peer_answer(c);
        return;
    }

    answers++;

    if (store.conn) {
        peer_charge(c);
        return;
    }

    peer_ask(c);
}


static void
peer_open(const char *port, const char *name, const char *rid, size_t clients)
{
    char           hex[3], id[PEER_RID];
    size_t         i;
    peer_store_t  *s;

    s = &store;
    s->commands = peer_read(name);

    if (strlen(rid) != 2 * PEER_RID) {
        peer_die("RID is not 32 digits");
    }

    hex[2] = '\0';

    for (i = 0; i < PEER_RID; i++) {
        memcpy(hex, rid + 2 * i, 2);
        id[i] = (char) strtoul(hex, NULL, 16);
    }

    for (i = 0; i + PEER_RID <= s->commands.len; i++) {

        if (memcmp(s->commands.data + i, id, PEER_RID) == 0) {
            if (s->nrids == PEER_RIDS) {
                peer_die("RID stands in too many places");
            }

            s->rids[s->nrids++] = i;
        }
    }

    s->later.data = malloc(clients * s->commands.len);
    s->now.data = malloc(clients * s->commands.len);
    s->serial = (unsigned long) (peer_now() * 1e3);

    if (s->nrids == 0 || s->later.data == NULL || s->now.data == NULL) {
        peer_die(name);
    }

    s->conn = peer_connect(port, PEER_STORE);
}


static void
peer_charge(peer_conn_t *c)
{
    char          *p;
    unsigned       i;
    peer_store_t  *s;

    s = &store;
    p = s->later.data + s->later.len;

    memcpy(p, s->commands.data, s->commands.len);
    s->later.len += s->commands.len;
    s->serial++;

    for (i = 0; i < s->nrids; i++) {
        memcpy(p + s->rids[i], &s->serial, sizeof(s->serial));
    }

    s->waiting[s->last++ % PEER_CONNS] = c;
}


static void
peer_flush(void)
{
    peer_file_t    sent;
    peer_store_t  *s;

    s = &store;

    if (s->conn->left == 0) {
        sent = s->now;
        s->now = s->later;
        s->later = sent;
        s->later.len = 0;

        peer_send(s->conn, s->now.data, s->now.len);
    }
}


static void
peer_replies(const char *p, size_t n)
{
    size_t         take;
    peer_store_t  *s;

    s = &store;

    while (n) {

        if (s->skip) {
            take = n < s->skip ? n : s->skip;
            s->skip -= take;
            p += take;
            n -= take;

            if (s->skip == 0) {
                peer_replied();
            }

            continue;
        }

        if (s->nline == sizeof(s->line) - 1) {
            peer_die("a line of the store is too long");
        }

        s->line[s->nline++] = *p++;
        n--;

        if (s->line[s->nline - 1] != '\n') {
            continue;
        }

        s->line[s->nline] = '\0';
        s->nline = 0;

        if (s->line[0] != '$') {
            peer_die(s->line);
        }

        s->skip = strtoul(s->line + 1, NULL, 10) + 2;
    }
}


static void
peer_replied(void)
{
    peer_store_t  *s;

    s = &store;

    if (++s->replies == 2) {
        s->replies = 0;
        peer_ask(s->waiting[s->first++ % PEER_CONNS]);
    }
}
