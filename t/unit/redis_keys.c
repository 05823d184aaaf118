
/*
 * Copyright (C) aicost
 *
 * What the scripts read and write of their keys: in one go, one for itself, or
 * not at all; how long a key stays, and what is not ours.
 */


#include "store_cases.h"
#include "store_redis.h"


static long long
pttl(edge_t *e, const unsigned char *id)
{
    long long    n;
    redisReply  *r;

    r = redisCommand(e->c, "PTTL {aic:shop}:b:%b", id, (size_t) AICOST_ID);
    n = r && r->type == REDIS_REPLY_INTEGER ? r->integer : -3;
    freeReplyObject(r);

    return n;
}


static void
grant(edge_t *e, aicost_reserve_t *q, unsigned rid, const char *name)
{
    aicost_granted_t  out;

    conform_id(q->rid, 7777, rid);
    e->store.ops->reserve(&e->store, q, &out, NULL, NULL);
    is_int(out.answer, AICOST_GRANTED, name);
}


/* after ASKING m alone is named: the same answers, each key read for itself */

static void
test_alone(edge_t *e)
{
    unsigned   i, good, answers[16];
    conform_t  c;

    memset(answers, 0, sizeof(answers));
    memset(&c, 0, sizeof(c));
    c.store = &e->store;
    good = 0;
    e->alone = 1;

    for (i = 0; i < 6; i++) {
        edge_fresh(e, i + 1);
        good += (unsigned) conform_trace(&c, 5000 + i, 1500, answers);
    }

    is_int(good, 6, "9000 steps as the model, one key named");
    edge_fresh(e, 1);
    conform_endings(&c);

    e->alone = 0;
}


/* an account keeps the time it has; it gets more when it needs more */

static void
test_life(edge_t *e)
{
    long long         ms;
    unsigned char    *id;
    aicost_reserve_t  q;

    edge_fresh(e, 1);
    conform_plain(&q, 1, 10);
    q.claims[0].t1 = q.now + 60000;
    q.claims[0].grace = 3600000;
    q.lease = 60000;
    id = q.claims[0].id;

    grant(e, &q, 1, "a window of a minute");
    ms = pttl(e, id);
    ok(ms > 3650000 && ms <= 3660000, "its end and the grace");

    q.now += 1000;
    grant(e, &q, 2, "again in that window");
    ms = pttl(e, id);
    ok(ms > 3600000 && ms <= 3660000, "no less");

    q.lease = 4000000;
    grant(e, &q, 3, "with a long lease");
    ms = pttl(e, id);
    ok(ms > 4590000 && ms <= 4600000, "10 minutes after its lease");

    q.lease = 60000;
    q.claims[0].grace = 9000000;
    grant(e, &q, 4, "with more grace");
    ms = pttl(e, id);
    ok(ms > 9050000 && ms <= 9059000, "its end and that grace");
}


/* a beat renews the indexes; a reserve does so when it makes an account */

static void
test_indexes(edge_t *e)
{
    redisReply            *r;
    unsigned char          edge[AICOST_ID];
    aicost_reserve_t       q;
    aicost_redis_life_t    life;
    aicost_redis_reply_t   reply;

    edge_fresh(e, 1);
    conform_plain(&q, 1, 10);
    grant(e, &q, 1, "a new account");
    ok(edge_number(e, "PTTL {aic:shop}:lz") > 5000000000LL, "60 days: lz");
    ok(edge_number(e, "PTTL {aic:shop}:ai") > 5000000000LL, "60 days: ai");

    edge_do(e, "PEXPIRE {aic:shop}:lz 600000");
    edge_do(e, "PERSIST {aic:shop}:ai");
    memset(edge, 'e', AICOST_ID);
    aicost_redis_beat(&e->cmd, &e->domain, edge);
    r = edge_call(e, &reply);
    is_int(aicost_redis_lived(&reply, &life, &e->seen), AICOST_OK, "a beat");
    freeReplyObject(r);

    ok(edge_number(e, "PTTL {aic:shop}:lz") > 5000000000LL, "renewed: lz");
    ok(edge_number(e, "PTTL {aic:shop}:ai") > 5000000000LL, "renewed: ai");
}


/* whether m was written since WATCH */

static int
written(edge_t *e)
{
    int          seen;
    redisReply  *r;

    edge_do(e, "MULTI");
    edge_do(e, "PING");
    r = redisCommand(e->c, "EXEC");
    seen = r && r->type == REDIS_REPLY_NIL;
    freeReplyObject(r);
    edge_do(e, "WATCH {aic:shop}:m");

    return seen;
}


/* the domain is written when it changed: the time, a serial */

static void
test_domain(edge_t *e, edge_t *other)
{
    int64_t           left;
    conform_t         c;
    aicost_reserve_t  q, later;
    aicost_settled_t  end;

    edge_fresh(e, 1);
    memcpy(other->domain.epoch, e->domain.epoch, AICOST_ID);
    memset(&c, 0, sizeof(c));
    c.store = &other->store;
    edge_do(e, "WATCH {aic:shop}:m");

    conform_plain(&q, 1, 10);
    grant(other, &q, 1, "a new account");
    ok(written(e), "its serial and the time are written");

    later = q;
    grant(other, &later, 2, "in the same millisecond");
    ok(!written(e), "nothing to write");

    end = conform_end(&q, AICOST_SETTLE, 5);
    conform_id(end.rid, 7777, 1);
    conform_settle(&c, &end, &left);
    ok(!written(e), "nor has a settlement");

    later.now++;
    grant(other, &later, 3, "a millisecond later");
    ok(written(e), "the time is written");

    conform_id(later.claims[0].id, 7777, 99);
    grant(other, &later, 4, "a second account");
    ok(written(e), "the serial is written");

    edge_do(e, "UNWATCH");
}


/* MGET says nil of another type: it is looked at for itself */

static void
test_lists(edge_t *e)
{
    int64_t           left;
    conform_t         c;
    aicost_reserve_t  q;
    aicost_granted_t  out;
    aicost_settled_t  end;

    edge_fresh(e, 1);
    memset(&c, 0, sizeof(c));
    c.store = &e->store;

    conform_plain(&q, 1, 10);
    q.nrates = 2;
    conform_id(q.rates[0].id, 7777, 50);
    conform_id(q.rates[1].id, 7777, 51);
    q.rates[0].period = q.rates[1].period = 1000;
    q.rates[0].tau = q.rates[1].tau = 1000000;
    grant(e, &q, 1, "all is there");

    freeReplyObject(redisCommand(e->c, "DEL {aic:shop}:g:%b", q.rates[1].id,
                                 (size_t) AICOST_ID));
    freeReplyObject(redisCommand(e->c, "RPUSH {aic:shop}:g:%b x",
                                 q.rates[1].id, (size_t) AICOST_ID));
    conform_id(q.rid, 7777, 2);
    is_int(conform_reserve(&c, &q, &out), AICOST_ERROR, "a rate, a list");
    is_int(e->seen.error, AICOST_REDIS_WRONGTYPE, "by its name");
    is_int(out.index, 2, "the claims and the rate");

    q.nrates = 0;
    freeReplyObject(redisCommand(e->c, "RPUSH {aic:shop}:r:%b x", q.rid,
                                 (size_t) AICOST_ID));
    is_int(conform_reserve(&c, &q, &out), AICOST_ERROR, "a rid, a list");
    is_int(e->seen.error, AICOST_REDIS_WRONGTYPE, "by its name");

    end = conform_end(&q, AICOST_SETTLE, 5);
    is_int(conform_settle(&c, &end, &left), AICOST_ERROR, "its settlement");
    is_int(e->seen.error, AICOST_REDIS_WRONGTYPE, "by its name");

    edge_do(e, "DEL {aic:shop}:m");
    edge_do(e, "RPUSH {aic:shop}:m x");
    conform_id(q.rid, 7777, 3);
    is_int(conform_reserve(&c, &q, &out), AICOST_ERROR, "the domain, a list");
    is_int(e->seen.error, AICOST_REDIS_WRONGTYPE, "by its name");
}


static void
test_server(const char *program)
{
    edge_t    *e, *other;
    server_t   server;

    e = edges_start(&server, program, &other);
    if (e == NULL) {
        return;
    }

    test_life(e);
    test_indexes(e);
    test_domain(e, other);
    test_lists(e);
    test_alone(e);

    edges_stop(&server, e, other);
}


int
main(void)
{
    const char  *program;

    program = server_program();

    if (program) {
        printf("# %s\n", program);
        test_server(program);

    } else {
        ok(1, "the keys of a store # SKIP no server");
    }

    return done_testing();
}
