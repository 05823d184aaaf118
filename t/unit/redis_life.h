
/*
 * Copyright (C) aicost
 *
 * Edges as the gateway has them, with what they remember, on a Redis of one's
 * own, and a list of what was asked: its sums are those that must be there.
 * For tests only.
 */


#ifndef _AICOST_REDIS_LIFE_TEST_H_INCLUDED_
#define _AICOST_REDIS_LIFE_TEST_H_INCLUDED_


#include "store_cases.h"
#include "store_redis.h"


#define EDGES     3
#define ACCOUNTS  8
#define CALLS     512
#define ITEMS     2048
#define WAIT      10000
#define SOONEST   2500
#define LATEST    ((int64_t) 1000000000000LL)


/* an edge: its link, and what it remembers */

typedef struct {
    edge_t                *link;
    aicost_edge_t          mem;
    aicost_shm_region_t    region;
    unsigned char          id[AICOST_ID];
    char                   run[48];
    aicost_redis_life_t    life;
} node_t;


typedef enum {
    CALL_OPEN = 0,
    CALL_ENDED,              /* its actual is charged, 0 of a release */
    CALL_VOID                /* nobody saw the answer: it was given back */
} call_e;


typedef struct {
    aicost_reserve_t       q;
    call_e                 state;
    unsigned               node;
    int64_t                amount[AICOST_UNITS];
    int64_t                actual[AICOST_UNITS];
} call_t;


typedef struct {
    server_t               server;
    const char            *program;
    uint64_t               seed;
    int64_t                now;
    unsigned               nrid;
    unsigned               ncalls;
    unsigned               lossy;    /* replies may be lost */
    node_t                *nodes[EDGES];
    aicost_claim_t         claims[ACCOUNTS];
    call_t                 calls[CALLS];
} world_t;


/* one thing that an edge tells */

typedef enum {
    ITEM_ACCOUNT = 0,
    ITEM_OPEN,
    ITEM_SETTLED
} item_e;


typedef struct {
    node_t                *node;
    item_e                 kind;
    aicost_edge_account_t  account;
    aicost_edge_record_t   record;
} item_t;


static world_t  world;
static item_t   items[ITEMS];


/* --- an edge ------------------------------------------------------------- */

static inline void
node_lock(void *data)
{
    (void) data;
}


static inline void
node_connect(node_t *n)
{
    char        *p;
    redisReply  *r;

    if (n->link->c) {
        redisFree(n->link->c);
    }

    n->link->c = server_connect(&world.server);
    n->run[0] = '\0';

    if (n->link->c == NULL) {
        return;
    }

    do {
        r = redisCommand(n->link->c, "PING");
        p = r && r->type == REDIS_REPLY_ERROR ? strstr(r->str, "LOADING")
                                              : NULL;
        freeReplyObject(r);
    } while (p);

    r = redisCommand(n->link->c, "INFO server");
    p = r && r->str ? strstr(r->str, "run_id:") : NULL;

    if (p) {
        snprintf(n->run, 41, "%s", p + 7);
    }

    freeReplyObject(r);
}


static inline node_t *
node_new(void)
{
    node_t              *n;
    aicost_edge_meta_t   meta;

    n = calloc(1, sizeof(*n));

    n->link = edge_new(&world.server, "shop");
    n->region.size = AICOST_EDGE_MIN;
    n->region.base = aligned_alloc(64, AICOST_EDGE_MIN);
    n->region.lock = node_lock;
    n->region.unlock = node_lock;

    (void) aicost_edge_init(&n->mem, &n->region, 1,
                            conform_random(&world.seed));
    aicost_edge_get(&n->mem, &meta);
    memcpy(n->id, meta.edge, AICOST_ID);
    node_connect(n);

    return n;
}


static inline void
node_free(node_t *n)
{
    if (n) {
        edge_free(n->link);
        free(n->region.base);
        free(n);
    }
}


/* of arrive, tell and beat: what the gateway makes of it */

static inline int
node_lived(node_t *n)
{
    int                    rc;
    redisReply            *r;
    aicost_edge_meta_t     meta;
    aicost_redis_reply_t   reply;

    r = edge_call(n->link, &reply);
    rc = aicost_redis_lived(&reply, &n->life, &n->link->seen);
    freeReplyObject(r);

    if (rc != AICOST_OK) {
        return rc;
    }

    aicost_edge_get(&n->mem, &meta);

    meta.known = 1;
    memcpy(meta.epoch, n->life.epoch, AICOST_ID);

    if (n->life.phase == AICOST_REDIS_OPEN) {
        meta.edges = n->life.edges;
        memcpy(meta.run, n->run, sizeof(meta.run));
    }

    aicost_edge_set(&n->mem, &meta, AICOST_EDGE_META);
    memcpy(n->link->domain.epoch, n->life.epoch, AICOST_ID);

    return AICOST_OK;
}


static inline int
node_arrive(node_t *n)
{
    uint64_t            fresh[2];
    aicost_edge_meta_t  meta;
    aicost_edge_stat_t  stat;

    aicost_edge_get(&n->mem, &meta);
    aicost_edge_stat(&n->mem, &stat);

    fresh[0] = conform_random(&world.seed);
    fresh[1] = conform_random(&world.seed);

    memset(n->link->domain.epoch, 0, AICOST_ID);

    if (meta.known) {
        memcpy(n->link->domain.epoch, meta.epoch, AICOST_ID);
    }

    if (aicost_redis_arrive(&n->link->cmd, &n->link->domain, n->id, n->run,
                            (unsigned char *) fresh,
                            meta.known && (stat.used_accounts || stat.open
                                           || stat.said),
                            meta.run[0] && strcmp(meta.run, n->run) != 0,
                            meta.edges, WAIT)
        != AICOST_OK)
    {
        return AICOST_ERROR;
    }

    return node_lived(n);
}


static inline int
node_tell(node_t *n)
{
    aicost_redis_tell(&n->link->cmd, &n->link->domain, n->id);

    return node_lived(n);
}


static inline int
node_beat(node_t *n)
{
    aicost_redis_beat(&n->link->cmd, &n->link->domain, n->id);

    return node_lived(n);
}


static inline int
node_restore(node_t *n, const aicost_edge_account_t *accounts, uint32_t many)
{
    int                    rc;
    redisReply            *r;
    aicost_redis_reply_t   reply;

    if (aicost_redis_restore(&n->link->cmd, &n->link->domain, accounts, many)
        != AICOST_OK)
    {
        return AICOST_ERROR;
    }

    n->link->valid = 0;
    r = edge_call(n->link, &reply);
    rc = aicost_redis_restored(&reply, &n->link->seen);
    freeReplyObject(r);

    return rc;
}


static inline int
node_reassert(node_t *n, const aicost_edge_record_t *record)
{
    int                    rc;
    redisReply            *r;
    aicost_redis_reply_t   reply;

    if (aicost_redis_reassert(&n->link->cmd, &n->link->domain, record,
                              CONFORM_LEASE)
        != AICOST_OK)
    {
        return AICOST_ERROR;
    }

    n->link->valid = 0;
    r = edge_call(n->link, &reply);
    rc = aicost_redis_restored(&reply, &n->link->seen);
    freeReplyObject(r);

    return rc;
}


/* the rest of a settlement that the edge has remembered */

static inline int
node_resettle(node_t *n, const aicost_edge_record_t *r)
{
    int               rc;
    int64_t           left;
    aicost_settled_t  q;

    memset(&q, 0, sizeof(q));
    memcpy(q.rid, r->rid, AICOST_ID);
    q.op = r->op;
    q.now = world.now;
    q.actual[0] = r->actual[0];
    q.actual[1] = r->actual[1];
    q.nclaims = r->nclaims;
    q.claims = r->claims;

    rc = edge_settle(&n->link->store, &q, &left, NULL, NULL);

    if (rc == AICOST_OK) {
        aicost_edge_settled(&n->mem, world.now, r->rid,
                            n->link->seen.totals, n->link->seen.ntotals);
    }

    return rc;
}


/* what it would tell, as the gateway picks it */

static inline unsigned
node_items(node_t *n, unsigned rebuild, item_t *list, unsigned max)
{
    int                    rc;
    uint32_t               cursor, k;
    unsigned               many;
    aicost_edge_record_t   r;
    aicost_edge_account_t  a;

    many = 0;
    cursor = 0;

    if (rebuild) {
        aicost_edge_drop_done(&n->mem);
    }

    do {
        aicost_edge_accounts(&n->mem, &cursor, &a, 1, &k);

        if (k && rebuild && many < max) {
            list[many].node = n;
            list[many].kind = ITEM_ACCOUNT;
            list[many++].account = a;
        }

    } while (cursor);

    cursor = 0;

    do {
        rc = aicost_edge_next(&n->mem, world.now, INT64_MAX, 0xe, &cursor, &r);

        if (rc != AICOST_OK || many == max
            || (rebuild && r.state != AICOST_EDGE_OPEN && r.hash == 0))
        {
            continue;
        }

        list[many].node = n;
        list[many].kind = rebuild || r.state == AICOST_EDGE_OPEN
                          ? ITEM_OPEN : ITEM_SETTLED;
        list[many++].record = r;

    } while (rc != AICOST_DECLINED);

    return many;
}


static inline int
item_tell(const item_t *item)
{
    return item->kind == ITEM_ACCOUNT
           ? node_restore(item->node, &item->account, 1)
           : item->kind == ITEM_OPEN
           ? node_reassert(item->node, &item->record)
           : node_resettle(item->node, &item->record);
}


/* all of one edge, in its order, and that it did */

static inline int
node_tell_all(node_t *n)
{
    unsigned  i, many;

    many = node_items(n, n->life.phase == AICOST_REDIS_REBUILD, items, ITEMS);
    aicost_edge_anew(&n->mem);

    for (i = 0; i < many; i++) {
        if (item_tell(&items[i]) != AICOST_OK) {
            return AICOST_ERROR;
        }
    }

    return node_tell(n);
}


/* --- the world ----------------------------------------------------------- */

static inline void
world_clock(int64_t ms)
{
    world.now += ms;
    edge_clock(world.nodes[0]->link, world.now);
}


/* an empty server and edges that know nothing; time begins */

static inline void
world_begin(unsigned edges)
{
    unsigned         i;
    aicost_claim_t  *c;

    for (i = 0; i < EDGES; i++) {
        node_free(world.nodes[i]);
        world.nodes[i] = NULL;
    }

    for (i = 0; i < edges; i++) {
        world.nodes[i] = node_new();
    }

    edge_do(world.nodes[0]->link, "FLUSHALL");

    world.now = 0;
    world.ncalls = 0;
    world.lossy = 0;

    for (i = 0; i < ACCOUNTS; i++) {
        c = &world.claims[i];
        memset(c, 0, sizeof(*c));
        conform_id(c->id, 50, i);
        conform_id(c->latch, 51, i);
        conform_id(c->spare, 52, i);

        c->budget = i;
        c->limit = AICOST_MONEY_MAX;
        c->t1 = LATEST;
        c->grace = 3600000;
    }

    world.claims[1].unit = 1;
    world.claims[2].session = 1;
    world.claims[2].idle = 600000;
    world.claims[2].max = 3600000;
    world.claims[3].limit = 12000;
    world.claims[4].soft = 1;
    world.claims[4].limit = 100;
    world.claims[5].kill = 15000;
    world.claims[5].limit = 1000000;

    for (i = 0; i < edges; i++) {
        (void) node_arrive(world.nodes[i]);
    }

    for (i = 0; i < edges; i++) {
        (void) node_tell(world.nodes[i]);
    }

    world_clock(2500);

    for (i = 0; i < edges; i++) {
        (void) node_beat(world.nodes[i]);
    }

    world_clock(1000);
}


/* three of the accounts, at random */

static inline void
world_ask(aicost_reserve_t *q)
{
    unsigned  i, first;

    memset(q, 0, sizeof(*q));
    conform_id(q->rid, 7777, world.nrid++);

    q->now = world.now;
    q->lease = CONFORM_LEASE;
    q->nsteps = 1;
    q->nclaims = 1 + (uint32_t) conform_below(&world.seed, 3);
    first = (unsigned) conform_below(&world.seed, ACCOUNTS);

    for (i = 0; i < q->nclaims; i++) {
        q->claims[i] = world.claims[(first + i * 3) % ACCOUNTS];
    }

    for (i = 0; i < AICOST_UNITS; i++) {
        q->ask[0][i].want = 1 + conform_below(&world.seed, 1000);
        q->ask[0][i].upper = q->ask[0][i].want
                             + conform_below(&world.seed, 300);
        q->ask[0][i].least = 1;
    }
}


static inline int
node_reserve(node_t *n, const aicost_reserve_t *q, aicost_granted_t *out,
    unsigned heard)
{
    int  rc;

    rc = edge_reserve(&n->link->store, q, out, NULL, NULL);

    if (rc == AICOST_OK && heard) {
        aicost_edge_granted(&n->mem, q->now, q, out, n->link->seen.totals,
                            n->link->seen.ntotals);
    }

    return rc;
}


/* how: 0 it is not sent, 1 its reply is lost, else all is well */

static inline void
node_settle(node_t *n, const aicost_settled_t *q, unsigned how)
{
    int64_t  left;

    (void) aicost_edge_settling(&n->mem, world.now, q);

    if (how == 0) {
        return;
    }

    if (edge_settle(&n->link->store, q, &left, NULL, NULL) == AICOST_OK
        && how > 1)
    {
        aicost_edge_settled(&n->mem, world.now, q->rid,
                            n->link->seen.totals, n->link->seen.ntotals);
    }
}


static inline void
world_end(call_t *call, unsigned how)
{
    unsigned          i;
    aicost_settled_t  end;

    end = conform_end(&call->q, conform_below(&world.seed, 5)
                                ? AICOST_SETTLE : AICOST_RELEASE, 0);

    for (i = 0; i < AICOST_UNITS; i++) {
        end.actual[i] = conform_below(&world.seed, 1200);
        call->actual[i] = end.op == AICOST_SETTLE ? end.actual[i] : 0;
    }

    call->state = CALL_ENDED;
    node_settle(world.nodes[call->node], &end, how);
}


static inline void
world_step(void)
{
    call_t           *call;
    node_t           *n;
    unsigned          k, how;
    aicost_settled_t  end;
    aicost_granted_t  out;

    world_clock(conform_below(&world.seed, 300));

    k = world.ncalls ? (unsigned) conform_below(&world.seed, world.ncalls) : 0;
    call = &world.calls[k];
    how = (unsigned) conform_below(&world.seed, 16);

    if (how == 1 && !world.lossy) {
        how = 2;
    }

    if (world.ncalls && call->state == CALL_OPEN
        && conform_below(&world.seed, 2))
    {
        world_end(call, how);
        return;
    }

    if (world.ncalls == CALLS) {
        return;
    }

    call = &world.calls[world.ncalls];
    memset(call, 0, sizeof(*call));
    call->node = (unsigned) conform_below(&world.seed, EDGES);
    n = world.nodes[call->node];
    world_ask(&call->q);

    if (node_reserve(n, &call->q, &out, how != 1) != AICOST_OK
        || out.answer <= 0)
    {
        return;
    }

    world.ncalls++;
    call->amount[0] = out.amount[0];
    call->amount[1] = out.amount[1];

    if (how == 1) {
        call->state = CALL_VOID;

        memset(&end, 0, sizeof(end));
        memcpy(end.rid, call->q.rid, AICOST_ID);
        end.op = AICOST_RELEASE;
        node_settle(n, &end, (unsigned) conform_below(&world.seed, 3));
    }
}


static inline void
world_steps(unsigned n)
{
    while (n--) {
        world_step();
    }
}


static inline void
world_resend(void)
{
    int                   rc;
    uint32_t              cursor;
    unsigned              i;
    aicost_edge_record_t  r;

    for (i = 0; i < EDGES && world.nodes[i]; i++) {
        cursor = 0;

        do {
            rc = aicost_edge_next(&world.nodes[i]->mem, world.now, INT64_MAX,
                                  1u << AICOST_EDGE_SAID, &cursor, &r);

            if (rc == AICOST_OK) {
                (void) node_resettle(world.nodes[i], &r);
            }

        } while (rc != AICOST_DECLINED);
    }
}


/* all that was settled by anyone was said to the store; 1: its sums are those
   of the calls */

static inline int
world_same(void)
{
    call_t           *call;
    edge_t           *e;
    int64_t           settled, reserved, bound, gap;
    unsigned          i, k, c, unit, open;
    aicost_balance_t  b;

    e = world.nodes[0]->link;

    for (i = 0; i < ACCOUNTS; i++) {
        settled = 0;
        reserved = 0;
        bound = 0;
        open = 0;
        unit = world.claims[i].unit;

        for (k = 0; k < world.ncalls; k++) {
            call = &world.calls[k];

            for (c = 0; c < call->q.nclaims; c++) {
                if (call->q.claims[c].budget != i) {
                    continue;
                }

                if (call->state == CALL_OPEN) {
                    gap = call->q.ask[0][unit].upper - call->amount[unit];
                    reserved += call->amount[unit];
                    bound += gap > 0 ? gap : 0;
                    open++;

                } else if (call->state == CALL_ENDED) {
                    settled += call->actual[unit];
                }
            }
        }

        memset(&b, 0, sizeof(b));
        (void) edge_read(e, world.claims[i].id, &b);

        if (b.settled != settled || b.reserved != reserved || b.bound != bound
            || b.open != open)
        {
            printf("# account %u: settled %lld of %lld, reserved %lld of %lld,"
                   " bound %lld of %lld, open %u of %u\n", i,
                   (long long) b.settled, (long long) settled,
                   (long long) b.reserved, (long long) reserved,
                   (long long) b.bound, (long long) bound, b.open, open);
            return 0;
        }
    }

    return 1;
}


/* nothing may begin now: refused as it should be, and nothing written */

static inline int
world_closed(node_t *n)
{
    aicost_reserve_t  q;
    aicost_granted_t  out;

    world_ask(&q);

    return edge_reserve(&n->link->store, &q, &out, NULL, NULL) == AICOST_ERROR
           && n->link->seen.error == AICOST_REDIS_REBUILDING;
}


static inline int
world_open(node_t *n)
{
    aicost_reserve_t  q;
    aicost_granted_t  out;

    world_ask(&q);
    q.nclaims = 1;
    q.claims[0] = world.claims[0];
    conform_id(q.claims[0].id, 60, 0);
    q.probe = 1;

    return edge_reserve(&n->link->store, &q, &out, NULL, NULL) == AICOST_OK
           && out.answer == AICOST_GRANTED;
}


static inline void
world_reconnect(void)
{
    unsigned  i;

    for (i = 0; i < EDGES && world.nodes[i]; i++) {
        node_connect(world.nodes[i]);
    }
}


static inline void
world_restart(unsigned keep)
{
    (void) server_restart(&world.server, world.program, keep);
    world_reconnect();
}


static inline void
world_shuffle(item_t *list, unsigned n)
{
    item_t    t;
    unsigned  i, k;

    for (i = n; i > 1; i--) {
        k = (unsigned) conform_below(&world.seed, i);
        t = list[i - 1];
        list[i - 1] = list[k];
        list[k] = t;
    }
}


/* everything that all know, in any order, some of it twice */

static inline int
world_tell(unsigned rebuild)
{
    unsigned  i, many, once, failed;

    many = 0;
    failed = 0;

    for (i = 0; i < EDGES; i++) {
        many += node_items(world.nodes[i], rebuild, items + many,
                           ITEMS / 2 - many);
    }

    once = many;

    for (i = 0; i < once; i++) {
        if (conform_below(&world.seed, 3) == 0) {
            items[many++] = items[i];
        }
    }

    world_shuffle(items, many);

    for (i = 0; i < many; i++) {
        failed += item_tell(&items[i]) != AICOST_OK;
    }

    return failed == 0;
}


#endif /* _AICOST_REDIS_LIFE_TEST_H_INCLUDED_ */
