
/*
 * Copyright (C) aicost
 *
 * A Redis of one's own and a store on it: the codec over hiredis, one call at
 * a time.  For tests only.
 */


#ifndef _AICOST_STORE_REDIS_TEST_H_INCLUDED_
#define _AICOST_STORE_REDIS_TEST_H_INCLUDED_


#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <hiredis/hiredis.h>

#include "aicost_store_redis.h"
#include "tap.h"


#define SERVER_KNOWN  4096               /* a power of two */
#define SERVER_IDS    2048


typedef struct {
    char                 dir[64];
    char                 path[96];
    pid_t                pid;
} server_t;


/* what balances are read before: all of those asked for in one go */

typedef struct {
    unsigned char        id[AICOST_ID];
    unsigned             used;
    int                  rc;
    aicost_balance_t     b;
} known_t;


typedef struct {
    aicost_store_t         store;
    aicost_redis_domain_t  domain;
    aicost_redis_cmd_t     cmd;
    aicost_redis_seen_t    seen;
    redisContext          *c;
    unsigned               loads;      /* scripts loaded for a NOSCRIPT */
    unsigned               alone;      /* m alone is named as a key */
    unsigned               valid;      /* the known ones are as they are */
    unsigned               turn;
    unsigned               nknown;
    uint32_t               index[SERVER_KNOWN];
    known_t                known[SERVER_IDS];
    unsigned char          text[AICOST_REDIS_TEXT];
} edge_t;


static inline void
server_value(const redisReply *r, aicost_redis_value_t *v)
{
    memset(v, 0, sizeof(*v));

    v->node = r;

    switch (r == NULL ? REDIS_REPLY_NIL : r->type) {

    case REDIS_REPLY_STATUS:
    case REDIS_REPLY_STRING:
        v->type = AICOST_REDIS_STRING;
        break;

    case REDIS_REPLY_ERROR:
        v->type = AICOST_REDIS_FAULT;
        break;

    case REDIS_REPLY_INTEGER:
        v->type = AICOST_REDIS_INTEGER;
        v->integer = r->integer;
        return;

    case REDIS_REPLY_ARRAY:
        v->type = AICOST_REDIS_ARRAY;
        v->len = r->elements;
        return;

    default:
        v->type = AICOST_REDIS_NIL;
        return;
    }

    v->str = (const unsigned char *) r->str;
    v->len = (size_t) r->len;
}


static inline void
server_at(const aicost_redis_value_t *array, size_t i,
    aicost_redis_value_t *out)
{
    const redisReply  *r = array->node;

    server_value(r->element[i], out);
}


static inline redisContext *
server_connect(const server_t *s)
{
    unsigned         i;
    redisContext    *c;
    struct timespec  ts;

    ts.tv_sec = 0;
    ts.tv_nsec = 10000000;

    for (i = 0; i < 1000; i++) {
        c = redisConnectUnix(s->path);

        if (c && c->err == 0) {
            return c;
        }

        if (c) {
            redisFree(c);
        }

        nanosleep(&ts, NULL);
    }

    return NULL;
}


static inline int
server_installed(const char *program)
{
    int    found;
    char   path[512];
    char  *list, *dir, *p;

    list = strdup(getenv("PATH") ? getenv("PATH") : "/usr/bin");
    found = 0;

    for (dir = strtok_r(list, ":", &p); dir; dir = strtok_r(NULL, ":", &p)) {
        snprintf(path, sizeof(path), "%s/%s", dir, program);
        found |= access(path, X_OK) == 0;
    }

    free(list);

    return found;
}


/* the one of TEST_REDIS_SERVER, or what is installed; NULL: none */

static inline const char *
server_program(void)
{
    const char  *program;

    program = getenv("TEST_REDIS_SERVER");

    if (program && *program) {
        return program;
    }

    return server_installed("redis-server") ? "redis-server"
           : server_installed("valkey-server") ? "valkey-server" : NULL;
}


/* no TCP, nothing is saved unasked; it dies with the test */

static inline int
server_run(server_t *s, const char *program)
{
    int  fd;

    s->pid = fork();

    if (s->pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        fd = open("/dev/null", O_RDWR);
        dup2(fd, 1);
        dup2(fd, 2);
        execlp(program, program, "--port", "0", "--unixsocket", s->path,
               "--dir", s->dir, "--save", "", "--appendonly", "no",
               "--maxmemory-policy", "noeviction", (char *) NULL);
        _exit(127);
    }

    return s->pid > 0 ? 0 : -1;
}


static inline int
server_start(server_t *s, const char *program)
{
    memset(s, 0, sizeof(*s));
    snprintf(s->dir, sizeof(s->dir), "/tmp/aicost-redis-XXXXXX");

    if (mkdtemp(s->dir) == NULL) {
        return -1;
    }

    snprintf(s->path, sizeof(s->path), "%s/sock", s->dir);

    return server_run(s, program);
}


static inline void
server_kill(server_t *s)
{
    kill(s->pid, SIGKILL);
    waitpid(s->pid, NULL, 0);
    unlink(s->path);
}


static inline void
server_forget(const server_t *s)
{
    char  dump[128];

    snprintf(dump, sizeof(dump), "%s/dump.rdb", s->dir);
    unlink(dump);
}


/* another process: with what SAVE has kept, or with nothing */

static inline int
server_restart(server_t *s, const char *program, unsigned keep)
{
    server_kill(s);

    if (!keep) {
        server_forget(s);
    }

    return server_run(s, program);
}


static inline void
server_stop(server_t *s)
{
    server_kill(s);
    server_forget(s);
    rmdir(s->dir);
}


/* --- one call ----------------------------------------------------------- */

static inline redisReply *
edge_send(edge_t *e, const aicost_redis_cmd_t *cmd)
{
    void           *r;
    size_t          len;
    unsigned char  *text;

    len = aicost_redis_size(cmd);
    text = malloc(len);
    aicost_redis_put(text, cmd);

    redisAppendFormattedCommand(e->c, (char *) text, len);
    free(text);

    if (redisGetReply(e->c, &r) != REDIS_OK) {
        r = NULL;
    }

    if (r == NULL) {
        printf("# connection lost: %s\n", e->c->errstr);
    }

    return r;
}


/* what is in e->cmd; a script that is not there is loaded and sent again */

static inline redisReply *
edge_call(edge_t *e, aicost_redis_reply_t *reply)
{
    redisReply          *r;
    aicost_redis_cmd_t   load;

    if (e->alone && e->cmd.script != AICOST_REDIS_SCRIPTS) {
        aicost_redis_one_key(&e->cmd, &e->domain);
    }

    r = edge_send(e, &e->cmd);

    if (r && r->type == REDIS_REPLY_ERROR
        && aicost_redis_error((const unsigned char *) r->str, r->len)
           == AICOST_REDIS_NOSCRIPT)
    {
        freeReplyObject(r);
        e->loads++;

        aicost_redis_load(&load, e->cmd.script, e->text);
        r = edge_send(e, &load);

        if (r && (r->type != REDIS_REPLY_STRING
                  || strcmp(r->str, aicost_redis_scripts[e->cmd.script].sha)
                     != 0))
        {
            printf("# load: %s\n", r->str ? r->str : "no text");
        }

        freeReplyObject(r);
        r = edge_send(e, &e->cmd);
    }

    server_value(r, &reply->value);
    reply->at = server_at;

    if (r && r->type == REDIS_REPLY_ERROR && getenv("REDIS_SAY")) {
        printf("# %s\n", r->str);
    }

    return r;
}


static inline int
edge_reserve(aicost_store_t *s, const aicost_reserve_t *q,
    aicost_granted_t *out, aicost_store_done_pt done, void *data)
{
    int                    rc;
    edge_t                *e = s->ctx;
    redisReply            *r;
    aicost_redis_reply_t   reply;

    (void) done;
    (void) data;

    if (aicost_redis_reserve(&e->cmd, &e->domain, q, out) != AICOST_OK) {
        return AICOST_OK;
    }

    e->valid = 0;
    r = edge_call(e, &reply);
    rc = aicost_redis_granted(&reply, out, &e->seen);
    freeReplyObject(r);

    return rc;
}


static inline int
edge_settle(aicost_store_t *s, const aicost_settled_t *q, int64_t *left,
    aicost_store_done_pt done, void *data)
{
    int                    rc;
    edge_t                *e = s->ctx;
    redisReply            *r;
    aicost_redis_reply_t   reply;

    (void) done;
    (void) data;

    *left = -1;

    if (aicost_redis_settle(&e->cmd, &e->domain, q) != AICOST_OK) {
        return AICOST_ERROR;
    }

    e->valid = 0;
    r = edge_call(e, &reply);
    rc = aicost_redis_settled(&reply, left, &e->seen);
    freeReplyObject(r);

    return rc;
}


static inline int
edge_renew(aicost_store_t *s, int64_t now, int64_t lease,
    const unsigned char (*rids)[AICOST_ID], const int64_t *used, uint32_t n,
    uint64_t *gone, uint64_t *spent, uint64_t *killed,
    aicost_store_done_pt done, void *data)
{
    int                    rc;
    edge_t                *e = s->ctx;
    redisReply            *r;
    aicost_redis_reply_t   reply;

    (void) done;
    (void) data;

    if (aicost_redis_renew(&e->cmd, &e->domain, now, lease, rids, used, n)
        != AICOST_OK)
    {
        return AICOST_ERROR;
    }

    e->valid = 0;
    r = edge_call(e, &reply);
    rc = aicost_redis_renewed(&reply, n, gone, spent, killed, &e->seen);
    freeReplyObject(r);

    return rc;
}


static inline int
edge_sweep(aicost_store_t *s, int64_t now, uint32_t max, uint32_t *n)
{
    int                    rc;
    edge_t                *e = s->ctx;
    uint32_t               k;
    unsigned               more;
    redisReply            *r;
    aicost_redis_reply_t   reply;

    *n = 0;
    e->valid = 0;

    do {
        if (aicost_redis_sweep(&e->cmd, &e->domain, now, max - *n)
            != AICOST_OK)
        {
            return AICOST_ERROR;
        }

        r = edge_call(e, &reply);
        rc = aicost_redis_swept(&reply, max - *n, &k, &more, &e->seen);
        freeReplyObject(r);

        *n += k;

    } while (rc == AICOST_OK && more && *n < max);

    return rc;
}


/* e->cmd is one of control.lua */

static inline int
edge_control(edge_t *e, unsigned char *epoch)
{
    int                    rc;
    redisReply            *r;
    aicost_redis_reply_t   reply;

    r = edge_call(e, &reply);
    rc = aicost_redis_controlled(&reply, epoch, &e->seen);
    freeReplyObject(r);

    return rc;
}


static inline int
edge_kill(aicost_store_t *s, const aicost_latch_t *latch)
{
    edge_t  *e = s->ctx;

    if (aicost_redis_kill(&e->cmd, &e->domain, latch) != AICOST_OK) {
        return AICOST_ERROR;
    }

    return edge_control(e, NULL);
}


static inline int
edge_resume(aicost_store_t *s, const unsigned char id[AICOST_ID],
    uint64_t gen)
{
    edge_t  *e = s->ctx;

    aicost_redis_resume(&e->cmd, &e->domain, id, gen);

    return edge_control(e, NULL);
}


static inline int
edge_set_mode(aicost_store_t *s, aicost_mode_e mode, int64_t share_ppm,
    int64_t now)
{
    edge_t  *e = s->ctx;

    if (aicost_redis_set_mode(&e->cmd, &e->domain, mode, share_ppm, now)
        != AICOST_OK)
    {
        return AICOST_ERROR;
    }

    return edge_control(e, NULL);
}


/* a read does not write the time that it saw, so that is said before */

static inline void
edge_clock(edge_t *e, int64_t now)
{
    if (e->domain.own_clock
        && aicost_redis_clock(&e->cmd, &e->domain, now) == AICOST_OK)
    {
        (void) edge_control(e, NULL);
    }
}


static inline int
edge_state(aicost_store_t *s, int64_t now, aicost_state_t *out)
{
    int                    rc;
    edge_t                *e = s->ctx;
    redisReply            *r;
    aicost_redis_reply_t   reply;

    edge_clock(e, now);
    aicost_redis_state(&e->cmd, &e->domain, now);

    r = edge_call(e, &reply);
    rc = aicost_redis_stated(&reply, out, &e->seen);
    freeReplyObject(r);

    return rc;
}


static inline int
edge_latches(aicost_store_t *s, int64_t now, aicost_latch_t *out,
    uint32_t max, uint32_t *n)
{
    int                    rc;
    edge_t                *e = s->ctx;
    redisReply            *r;
    aicost_redis_reply_t   reply;

    edge_clock(e, now);
    aicost_redis_latches(&e->cmd, &e->domain, now, max);

    r = edge_call(e, &reply);
    rc = aicost_redis_listed(&reply, out, max, n, &e->seen);
    freeReplyObject(r);

    return rc;
}


static inline int
edge_walk(aicost_store_t *s, uint32_t *cursor, aicost_balance_t *out,
    uint32_t max, uint32_t *n)
{
    int                    rc;
    edge_t                *e = s->ctx;
    redisReply            *r;
    aicost_redis_reply_t   reply;

    aicost_redis_walk(&e->cmd, &e->domain, *cursor, max);

    r = edge_call(e, &reply);
    rc = aicost_redis_walked(&reply, cursor, out, max, n, &e->seen);
    freeReplyObject(r);

    return rc;
}


static inline int
edge_read(edge_t *e, const unsigned char *id, aicost_balance_t *out)
{
    int                    rc;
    redisReply            *r;
    aicost_redis_reply_t   reply;

    aicost_redis_balance(&e->cmd, &e->domain, id);

    r = edge_call(e, &reply);
    rc = aicost_redis_balanced(&reply, id, out, &e->seen);
    freeReplyObject(r);

    return rc;
}


/* --- balances: the suite asks for hundreds after each step --------------- */

static inline void
edge_refresh(edge_t *e)
{
    int                    argc;
    size_t                 i;
    unsigned               k;
    redisReply            *r;
    aicost_redis_reply_t   reply;

    static size_t       lens[SERVER_IDS + 1];
    static unsigned     which[SERVER_IDS + 1];
    static const char  *argv[SERVER_IDS + 1];
    static char         keys[SERVER_IDS][AICOST_REDIS_HEAD + 2 + AICOST_ID];

    e->turn++;
    e->valid = 1;

    argv[0] = "MGET";
    lens[0] = 4;
    argc = 1;

    for (k = 0; k < e->nknown; k++) {
        if (e->known[k].used + 2 < e->turn) {
            continue;
        }

        memcpy(keys[k], e->domain.head, e->domain.len);
        memcpy(keys[k] + e->domain.len, "b:", 2);
        memcpy(keys[k] + e->domain.len + 2, e->known[k].id, AICOST_ID);

        which[argc] = k;
        argv[argc] = keys[k];
        lens[argc++] = e->domain.len + 2 + AICOST_ID;
    }

    if (argc == 1) {
        return;
    }

    r = redisCommandArgv(e->c, argc, argv, lens);

    for (i = 0; r && i < r->elements; i++) {
        k = which[i + 1];

        server_value(r->element[i], &reply.value);
        reply.at = server_at;

        e->known[k].rc = aicost_redis_balanced(&reply, e->known[k].id,
                                               &e->known[k].b, &e->seen);
    }

    freeReplyObject(r);
}


static inline int
edge_balance(aicost_store_t *s, const unsigned char id[AICOST_ID],
    aicost_balance_t *out)
{
    edge_t    *e = s->ctx;
    known_t   *known;
    uint64_t   word[2];
    unsigned   at;

    if (!e->valid) {
        edge_refresh(e);
    }

    memcpy(word, id, AICOST_ID);
    at = (unsigned) ((word[0] * 0x9e3779b97f4a7c15ULL ^ word[1]) >> 20);

    for (at %= SERVER_KNOWN; e->index[at]; at = (at + 1) % SERVER_KNOWN) {
        if (memcmp(e->known[e->index[at] - 1].id, id, AICOST_ID) == 0) {
            break;
        }
    }

    if (e->index[at] == 0) {
        if (e->nknown == SERVER_IDS) {
            return edge_read(e, id, out);
        }

        e->index[at] = ++e->nknown;
        memcpy(e->known[e->nknown - 1].id, id, AICOST_ID);
        e->known[e->nknown - 1].used = 0;
    }

    known = &e->known[e->index[at] - 1];

    /* one that was not in the last refresh */

    if (known->used + 2 < e->turn || known->used == 0) {
        known->rc = edge_read(e, id, &known->b);
    }

    known->used = e->turn;

    if (known->rc == AICOST_OK) {
        *out = known->b;
    }

    return known->rc;
}


static const aicost_store_ops_t  edge_ops = {
    "redis", edge_reserve, edge_settle, edge_renew, edge_sweep, edge_kill,
    edge_resume, edge_latches, edge_set_mode, edge_state, edge_balance,
    edge_walk
};


/* --- edges -------------------------------------------------------------- */

static inline void
edge_epoch(edge_t *e, unsigned n)
{
    memset(e->domain.epoch, 0x5a, AICOST_ID);
    memcpy(e->domain.epoch, &n, sizeof(n));
}


static inline edge_t *
edge_new(const server_t *s, const char *domain)
{
    edge_t  *e;

    e = calloc(1, sizeof(*e));

    e->c = server_connect(s);
    e->store.ops = &edge_ops;
    e->store.ctx = e;

    aicost_redis_domain(&e->domain, "", domain);
    e->domain.own_clock = 1;
    edge_epoch(e, 1);

    return e;
}


static inline void
edge_free(edge_t *e)
{
    if (e->c) {
        redisFree(e->c);
    }

    free(e);
}


static inline void
edges_stop(server_t *s, edge_t *e, edge_t *other)
{
    edge_free(other);
    edge_free(e);
    server_stop(s);
}


/* a server and two edges of one domain; NULL, and a check that failed */

static inline edge_t *
edges_start(server_t *s, const char *program, edge_t **other)
{
    edge_t  *e;

    if (server_start(s, program) != 0) {
        ok(0, "a server");
        return NULL;
    }

    e = edge_new(s, "shop");
    *other = edge_new(s, "shop");

    if (e->c && (*other)->c) {
        return e;
    }

    ok(0, "it answers");
    edges_stop(s, e, *other);

    return NULL;
}


/* any command, its words by blanks; whether it went well */

static inline int
edge_do(edge_t *e, const char *line)
{
    int          good;
    redisReply  *r;

    r = redisCommand(e->c, line);
    good = r && r->type != REDIS_REPLY_ERROR;

    if (!good) {
        printf("# %s: %s\n", line, r ? r->str : e->c->errstr);
    }

    freeReplyObject(r);

    return good;
}


/* an empty store with a domain in it */

static inline void
edge_fresh(edge_t *e, unsigned epoch)
{
    edge_do(e, "FLUSHALL");
    edge_epoch(e, epoch);
    aicost_redis_open(&e->cmd, &e->domain);
    (void) edge_control(e, e->domain.epoch);

    e->valid = 0;
    e->nknown = 0;
    memset(e->index, 0, sizeof(e->index));
}


static inline long long
edge_number(edge_t *e, const char *line)
{
    long long    n;
    redisReply  *r;

    r = redisCommand(e->c, line);
    n = r && r->type == REDIS_REPLY_INTEGER ? r->integer : -1;
    freeReplyObject(r);

    return n;
}


#endif /* _AICOST_STORE_REDIS_TEST_H_INCLUDED_ */
