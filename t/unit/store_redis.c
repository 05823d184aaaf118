
/*
 * Copyright (C) aicost
 *
 * The Redis store against the model, on a server of its own, and what only it
 * has: scripts that go, commands that come twice or late, keys that are
 * something else, a store that was emptied.
 */


#include "store_cases.h"
#include "store_large.h"
#include "store_redis.h"


#define TRACES  40
#define STEPS   1500
#define MEASURE 10000


static void
test_traces(edge_t *e)
{
    char       name[64];
    unsigned   i, good, answers[16];
    conform_t  c;

    memset(answers, 0, sizeof(answers));
    memset(&c, 0, sizeof(c));
    c.store = &e->store;
    good = 0;

    for (i = 0; i < TRACES; i++) {
        edge_fresh(e, i + 1);
        good += (unsigned) conform_trace(&c, 1000 + i, STEPS, answers);
    }

    snprintf(name, sizeof(name), "%d steps as the model", TRACES * STEPS);
    is_int(good, TRACES, name);

    for (i = 1; i <= 12; i++) {
        printf("# answer %d: %u times\n", (int) i - 10, answers[i]);

        if (i != 1 && i != 6 && i != 10) {
            ok(answers[i] > 0, "this answer was among them");
        }
    }
}


static void
test_cases(edge_t *e)
{
    conform_t  c;

    memset(&c, 0, sizeof(c));
    c.store = &e->store;

    edge_fresh(e, 1);
    conform_answers(&c);
    edge_fresh(e, 1);
    conform_endings(&c);

    edge_fresh(e, 1);
    ok(conform_overshoot(&c, 3, 1), "upper mode: never above the limit");
    ok(conform_overshoot(&c, 4, 0), "estimate mode: not beyond the bound");
}


static void
test_large(edge_t *e)
{
    unsigned   i, answers[16];
    conform_t  c;

    memset(answers, 0, sizeof(answers));
    memset(&c, 0, sizeof(c));
    c.store = &e->store;
    edge_fresh(e, 1);

    ok(conform_large_trace(&c, 20261125, 3000, answers),
       "3000 reserves of large numbers as the model");

    for (i = 1; i <= 12; i++) {
        printf("# answer %d: %u times\n", (int) i - 10, answers[i]);
    }
}


/* each key but the domain and its latches goes away by itself */

static void
test_ttls(edge_t *e)
{
    size_t       i, n, kept;
    unsigned     answers[16];
    conform_t    c;
    redisReply  *keys, *ttl;

    memset(answers, 0, sizeof(answers));
    memset(&c, 0, sizeof(c));
    c.store = &e->store;

    edge_fresh(e, 1);
    ok(conform_trace(&c, 77, 400, answers), "a trace, for its keys");

    keys = redisCommand(e->c, "KEYS *");
    n = keys->elements;
    kept = 0;

    for (i = 0; i < n; i++) {
        ttl = redisCommand(e->c, "PTTL %b", keys->element[i]->str,
                           (size_t) keys->element[i]->len);

        if (ttl->integer <= 0) {
            kept++;
            ok(strcmp(keys->element[i]->str, "{aic:shop}:m") == 0
               || strcmp(keys->element[i]->str, "{aic:shop}:k") == 0,
               "no TTL: the domain or its latches");
        }

        freeReplyObject(ttl);
    }

    ok(n > 100 && kept <= 2, "all others have one");
    freeReplyObject(keys);
}


/* the time of Redis, whatever an edge believes */

static void
test_clock(edge_t *e)
{
    int64_t           now;
    redisReply       *r;
    aicost_reserve_t  q;
    aicost_granted_t  out;

    edge_fresh(e, 1);
    e->domain.own_clock = 0;

    r = redisCommand(e->c, "TIME");
    now = strtoll(r->element[0]->str, NULL, 10) * 1000;
    freeReplyObject(r);

    conform_plain(&q, 1, 10);
    q.now = now - 3600000;
    q.claims[0].t0 = now - 1000;
    q.claims[0].t1 = now + 3600000;
    e->store.ops->reserve(&e->store, &q, &out, NULL, NULL);
    is_int(out.answer, AICOST_GRANTED, "an edge an hour behind");
    ok(e->seen.stated && e->seen.now >= now, "learns the time");

    conform_plain(&q, 2, 10);
    q.now = now + 3600000;
    q.claims[0].t0 = now + 3600000 - 1000;
    q.claims[0].t1 = now + 7200000;
    e->store.ops->reserve(&e->store, &q, &out, NULL, NULL);
    is_int(out.answer, AICOST_WRONG_WINDOW, "an hour ahead: wrong window");
    is_int(out.retry, e->seen.now - q.now, "and how far");

    e->domain.own_clock = 1;
}


static void
test_scripts(edge_t *e)
{
    int64_t           left;
    unsigned          loads;
    conform_t         c;
    aicost_reserve_t  q;
    aicost_granted_t  out;
    aicost_settled_t  end;

    memset(&c, 0, sizeof(c));
    c.store = &e->store;
    edge_fresh(e, 1);

    conform_plain(&q, 1, 100);
    conform_reserve(&c, &q, &out);
    loads = e->loads;
    edge_do(e, "SCRIPT FLUSH");
    conform_reserve(&c, &q, &out);
    is_int(out.answer, AICOST_GRANTED_AGAIN, "loaded again, the same answer");
    is_int(e->loads, loads + 1, "once");

    end = conform_end(&q, AICOST_SETTLE, 70);
    is_int(conform_settle(&c, &end, &left), AICOST_OK, "settle as well");
    conform_sums(&c, q.claims[0].id, 70, 0, 0, 0, "settled");
}


/* each command up to three times, in any order, on two connections */

static void
test_order(edge_t *e, edge_t *other)
{
    int64_t           left, total, actual;
    uint64_t          seed;
    unsigned          i, k, t, order[1200], ended[400];
    conform_t         c[2];
    aicost_balance_t  b;
    aicost_reserve_t  q;
    aicost_granted_t  out;
    aicost_settled_t  end;

    memset(c, 0, sizeof(c));
    c[0].store = &e->store;
    c[1].store = &other->store;
    memset(ended, 0, sizeof(ended));

    edge_fresh(e, 1);
    memcpy(other->domain.epoch, e->domain.epoch, AICOST_ID);

    seed = 4711;
    total = 0;
    printf("# seed %llu\n", (unsigned long long) seed);

    for (i = 0; i < 1200; i++) {
        order[i] = i;
    }

    for (i = 1199; i > 0; i--) {
        k = (unsigned) conform_below(&seed, i + 1);
        t = order[i];
        order[i] = order[k];
        order[k] = t;
    }

    /* of each rid: 0 reserves, 1 ends it, 2 does one of them once more */

    for (i = 0; i < 1200; i++) {
        k = order[i] / 3;
        t = order[i] % 3;
        t = t == 2 ? (unsigned) conform_below(&seed, 2) : t;
        actual = 5 + (int64_t) k % 7;

        conform_plain(&q, k, 10);
        q.claims[0].limit = AICOST_MONEY_MAX;

        if (t == 0) {
            conform_reserve(&c[i % 2], &q, &out);
            continue;
        }

        end = conform_end(&q, k % 3 ? AICOST_SETTLE : AICOST_RELEASE, actual);
        conform_settle(&c[i % 2], &end, &left);

        if (!ended[k]) {
            ended[k] = 1;
            total += k % 3 ? actual : 0;
        }
    }

    e->valid = 0;
    e->store.ops->balance(&e->store, q.claims[0].id, &b);
    is_int(b.settled, total, "each charged once");
    is_int(b.reserved, 0, "nothing reserved");
    is_int(b.open, 0, "nothing open");
    is_int(edge_number(e, "ZCARD {aic:shop}:lz"), 0, "no lease");
}


static void
test_full(edge_t *e)
{
    int64_t           left;
    uint32_t          n;
    conform_t         c;
    aicost_state_t    state;
    aicost_reserve_t  q, r;
    aicost_granted_t  out;
    aicost_settled_t  end;

    memset(&c, 0, sizeof(c));
    c.store = &e->store;
    edge_fresh(e, 1);

    conform_plain(&q, 1, 100);
    conform_reserve(&c, &q, &out);
    conform_plain(&r, 2, 100);
    conform_reserve(&c, &r, &out);
    edge_do(e, "CONFIG SET maxmemory 1");

    conform_plain(&r, 3, 50);
    is_int(conform_reserve(&c, &r, &out), AICOST_ERROR, "maxmemory: refused");
    is_int(e->seen.error, AICOST_REDIS_OOM, "by its name");

    end = conform_end(&q, AICOST_SETTLE, 70);
    is_int(conform_settle(&c, &end, &left), AICOST_OK, "settle goes through");
    conform_sums(&c, q.claims[0].id, 70, 100, 0, 0, "settled");
    is_int(e->store.ops->sweep(&e->store, q.now + 90000, 9, &n), AICOST_OK,
           "so does the sweep");
    conform_sums(&c, q.claims[0].id, 170, 0, 100, 0, "swept");
    is_int(e->store.ops->state(&e->store, q.now, &state), AICOST_OK, "state");

    edge_do(e, "CONFIG SET maxmemory 0");
    is_int(conform_reserve(&c, &r, &out), AICOST_OK, "it heals");
    conform_sums(&c, q.claims[0].id, 170, 50, 100, 0, "with what was there");
}


/* a key of ours holds something else */

static void
test_types(edge_t *e)
{
    int64_t           left;
    uint32_t          n;
    conform_t         c;
    aicost_balance_t  b;
    aicost_reserve_t  q, r;
    aicost_granted_t  out;
    aicost_settled_t  end;

    memset(&c, 0, sizeof(c));
    c.store = &e->store;
    edge_fresh(e, 1);

    /* two of the one account and another, one of the other only */

    conform_plain(&q, 1, 100);
    q.nclaims = 2;
    q.claims[1] = q.claims[0];
    conform_id(q.claims[1].id, 1, 1);
    conform_reserve(&c, &q, &out);
    conform_id(q.rid, 1, 2);
    conform_reserve(&c, &q, &out);

    freeReplyObject(redisCommand(e->c, "DEL {aic:shop}:b:%b",
                                 q.claims[1].id, (size_t) AICOST_ID));
    freeReplyObject(redisCommand(e->c, "RPUSH {aic:shop}:b:%b x",
                                 q.claims[1].id, (size_t) AICOST_ID));

    r = q;
    conform_id(r.rid, 1, 3);
    is_int(conform_reserve(&c, &r, &out), AICOST_ERROR, "a list: refused");
    is_int(e->seen.error, AICOST_REDIS_WRONGTYPE, "by its name");
    is_int(out.index, 1, "this claim");
    is_int(e->store.ops->balance(&e->store, q.claims[1].id, &b),
           AICOST_ERROR, "it has no balance");

    end = conform_end(&q, AICOST_SETTLE, 60);
    is_int(conform_settle(&c, &end, &left), AICOST_OK, "settled without it");
    ok(e->seen.skipped != 0, "and says so");
    conform_sums(&c, q.claims[0].id, 60, 100, 0, 0, "the other is charged");

    is_int(e->store.ops->sweep(&e->store, q.now + 90000, 9, &n), AICOST_OK,
           "the sweep goes on");
    is_int(n, 1, "with the other lease");
    conform_sums(&c, q.claims[0].id, 160, 0, 100, 0, "charged");

    conform_plain(&r, 4, 10);
    is_int(conform_reserve(&c, &r, &out), AICOST_OK, "others go on");
    is_int(out.answer, AICOST_GRANTED, "granted");

    /* bytes that are no account, a lease that is no record */

    freeReplyObject(redisCommand(e->c, "SET {aic:shop}:b:%b \xdc",
                                 q.claims[1].id, (size_t) AICOST_ID));
    edge_do(e, "ZADD {aic:shop}:lz 1 0123456789012345");
    edge_do(e, "SET {aic:shop}:r:0123456789012345 x");

    r = q;
    conform_id(r.rid, 1, 5);
    is_int(conform_reserve(&c, &r, &out), AICOST_ERROR, "bytes: refused");
    is_int(e->store.ops->sweep(&e->store, q.now + 200000, 9, &n), AICOST_OK,
           "a broken record does not stop the sweep");
    is_int(n, 1, "of the one that is there");

    conform_plain(&r, 6, 10);
    r.nrates = 1;
    r.rates[0].period = 1000;
    freeReplyObject(redisCommand(e->c, "SET {aic:shop}:g:%b x", r.rates[0].id,
                                 (size_t) AICOST_ID));
    is_int(conform_reserve(&c, &r, &out), AICOST_ERROR, "a rate: refused");
    is_int(out.index, 1, "nclaims + the rate");

    edge_do(e, "DEL {aic:shop}:lz");
    edge_do(e, "SET {aic:shop}:lz x");
    conform_plain(&r, 7, 10);
    conform_id(r.claims[0].id, 3, 3);
    is_int(conform_reserve(&c, &r, &out), AICOST_ERROR, "the leases: refused");
    is_int(e->store.ops->balance(&e->store, r.claims[0].id, &b),
           AICOST_DECLINED, "and nothing was written");
}


/* ids without end: as many accounts as are allowed, then the spare one */

static void
test_cap(edge_t *e)
{
    int64_t           left;
    unsigned          i, n;
    conform_t         c;
    aicost_balance_t  b;
    aicost_reserve_t  q;
    aicost_granted_t  out;
    aicost_settled_t  end;

    memset(&c, 0, sizeof(c));
    c.store = &e->store;
    edge_fresh(e, 1);
    e->domain.accounts = 20;

    for (i = 0; i < 50; i++) {
        conform_plain(&q, i, 20);
        conform_id(q.claims[0].id, 4444, i);
        conform_reserve(&c, &q, &out);
        end = conform_end(&q, AICOST_SETTLE, 20);
        conform_settle(&c, &end, &left);
    }

    is_int(out.answer, AICOST_GRANTED, "new ids are served when it is full");
    is_int(edge_number(e, "ZCARD {aic:shop}:ai"), 21, "accounts and a spare");
    conform_sums(&c, q.claims[0].spare, 600, 0, 0, 0, "which was charged");

    /* a settlement of a rid that nobody knows goes there too */

    conform_plain(&q, 99, 20);
    conform_id(q.claims[0].id, 4444, 99);
    end = conform_end(&q, AICOST_SETTLE, 20);
    conform_settle(&c, &end, &left);
    conform_sums(&c, q.claims[0].spare, 620, 0, 0, 20, "lost, in the spare");

    /* the next window: those that have ended make room */

    n = 0;

    for (i = 0; i < 19; i++) {
        conform_plain(&q, 1000 + i, 20);
        q.now = CONFORM_EPOCH + 3600000 * 3;
        q.claims[0].t0 = q.now;
        q.claims[0].t1 = q.now + 3600000;
        conform_id(q.claims[0].id, 3333, i);
        conform_reserve(&c, &q, &out);
        n += e->store.ops->balance(&e->store, q.claims[0].id, &b)
             == AICOST_OK;
    }

    is_int(n, 19, "ended accounts make room");
    ok(edge_number(e, "ZCARD {aic:shop}:ai") <= 21, "no more than before");

    conform_id(q.claims[0].id, 3333, 1000);
    conform_id(q.rid, 3333, 1000);
    e->domain.accounts = 1;
    memset(q.claims[0].spare, 0, AICOST_ID);
    conform_reserve(&c, &q, &out);
    is_int(out.answer, AICOST_NO_ROOM, "full, and no spare one: refused");
    end = conform_end(&q, AICOST_SETTLE, 20);
    conform_id(end.rid, 3333, 1001);
    conform_settle(&c, &end, &left);
    conform_sums(&c, q.claims[0].id, 20, 0, 0, 20, "but spend is charged");

    e->domain.accounts = 100000;
}


static void
test_walk(edge_t *e, unsigned n, unsigned max)
{
    char               name[64];
    int64_t            sum;
    uint32_t           cursor, k, got;
    unsigned           i, rounds;
    conform_t          c;
    aicost_reserve_t   q;
    aicost_granted_t   out;
    aicost_balance_t  *b;

    memset(&c, 0, sizeof(c));
    c.store = &e->store;
    edge_fresh(e, 1);
    sum = 0;

    for (i = 0; i < n; i++) {
        conform_plain(&q, i, 1 + i);
        q.claims[0].limit = 1000000;
        conform_id(q.claims[0].id, 6666, i);
        conform_reserve(&c, &q, &out);
        sum += 1 + i;
    }

    b = calloc(max, sizeof(*b));
    cursor = 0;
    rounds = 0;
    got = 0;

    do {
        if (e->store.ops->walk(&e->store, &cursor, b, max, &k) != AICOST_OK
            || k > max)
        {
            break;
        }

        for (i = 0; i < k; i++) {
            sum -= b[i].reserved;
        }

        got += k;

    } while (cursor && rounds++ < 10000);

    snprintf(name, sizeof(name), "walk of %u, %u at a time", n, max);
    is_int(got, n, name);
    is_int(sum, 0, "each once");
    free(b);
}


/* an emptied store answers so and writes nothing, until it begins anew */

static void
test_epoch(edge_t *e)
{
    int64_t           left;
    uint32_t          n;
    uint64_t          bits[3];
    conform_t         c;
    aicost_latch_t    latch;
    aicost_reserve_t  q;
    aicost_granted_t  out;
    aicost_settled_t  end;

    memset(&c, 0, sizeof(c));
    c.store = &e->store;
    edge_fresh(e, 1);

    conform_plain(&q, 1, 9000);
    conform_reserve(&c, &q, &out);
    is_int(out.answer, AICOST_GRANTED, "most of a budget");
    edge_do(e, "FLUSHALL");

    conform_plain(&q, 2, 9000);
    is_int(conform_reserve(&c, &q, &out), AICOST_OK, "after FLUSHALL");
    is_int(out.answer, AICOST_LOST_EPOCH, "the epoch is lost");

    end = conform_end(&q, AICOST_SETTLE, 1);
    is_int(conform_settle(&c, &end, &left), AICOST_ERROR, "no settle");
    is_int(e->seen.error, AICOST_REDIS_EPOCH, "by its name");
    is_int(conform_renew(&c, q.now, 1000,
                         (const unsigned char (*)[AICOST_ID]) &q.rid, NULL, 1,
                         bits), AICOST_ERROR, "no renew");
    is_int(e->store.ops->sweep(&e->store, q.now, 9, &n), AICOST_ERROR,
           "no sweep");

    memset(&latch, 0, sizeof(latch));
    latch.until = INT64_MAX;
    is_int(e->store.ops->kill(&e->store, &latch), AICOST_ERROR, "no kill");
    is_int(edge_number(e, "DBSIZE"), 0, "nothing was written");

    /* another edge begins it anew: the first one still has the old epoch */

    edge_epoch(e, 2);
    aicost_redis_open(&e->cmd, &e->domain);
    is_int(edge_control(e, NULL), AICOST_OK, "begun anew");
    edge_epoch(e, 1);
    conform_reserve(&c, &q, &out);
    is_int(out.answer, AICOST_LOST_EPOCH, "another epoch is lost, too");

    aicost_redis_open(&e->cmd, &e->domain);
    is_int(edge_control(e, e->domain.epoch), AICOST_DECLINED, "it is there");
    conform_reserve(&c, &q, &out);
    is_int(out.answer, AICOST_GRANTED, "with its epoch it goes on");
}


/* what the server says, live */

static void
test_refusals(edge_t *e, const server_t *server)
{
    edge_t           *other;
    int64_t           left;
    conform_t         c;
    aicost_state_t    state;
    aicost_reserve_t  q;
    aicost_granted_t  out;
    aicost_settled_t  end;

    memset(&c, 0, sizeof(c));
    c.store = &e->store;
    edge_fresh(e, 1);

    conform_plain(&q, 1, 10);
    edge_do(e, "REPLICAOF 127.0.0.1 1");
    is_int(conform_reserve(&c, &q, &out), AICOST_ERROR, "a replica");
    is_int(e->seen.error, AICOST_REDIS_READONLY, "by its name");
    e->domain.own_clock = 0;
    is_int(e->store.ops->state(&e->store, 0, &state), AICOST_OK,
           "it can be read");
    e->domain.own_clock = 1;
    edge_do(e, "REPLICAOF NO ONE");

    /* one command of the scripts is not allowed: before its first write */

    other = edge_new(server, "shop");
    c.store = &other->store;
    memcpy(other->domain.epoch, e->domain.epoch, AICOST_ID);

    edge_do(e, "ACL SETUSER gate on >secret ~{aic:* +@all -zadd");
    edge_do(other, "AUTH gate secret");
    is_int(conform_reserve(&c, &q, &out), AICOST_ERROR, "a missing right");
    is_int(other->seen.error, AICOST_REDIS_NOPERM, "by its name");
    is_int(edge_number(e, "EXISTS {aic:shop}:lz"), 0, "nothing was written");

    edge_do(e, "ACL SETUSER gate +zadd -zrem");
    conform_reserve(&c, &q, &out);
    is_int(out.answer, AICOST_GRANTED, "granted with it");
    end = conform_end(&q, AICOST_SETTLE, 7);
    is_int(conform_settle(&c, &end, &left), AICOST_ERROR,
           "a right that settle lacks");
    c.store = &e->store;
    conform_settle(&c, &end, &left);
    conform_sums(&c, q.claims[0].id, 7, 0, 0, 0, "charged once all the same");

    edge_do(e, "ACL SETUSER gate -evalsha");
    c.store = &other->store;
    conform_reserve(&c, &q, &out);
    is_int(other->seen.error, AICOST_REDIS_NOPERM, "no EVALSHA");
    edge_free(other);

    edge_do(e, "CONFIG SET requirepass other");
    other = edge_new(server, "shop");
    c.store = &other->store;
    conform_reserve(&c, &q, &out);
    is_int(other->seen.error, AICOST_REDIS_NOAUTH, "no password");
    is_str(aicost_redis_word(other->seen.error), "NOAUTH", "its word");
    edge_free(other);

    edge_do(e, "CONFIG SET requirepass \"\"");
    edge_do(e, "ACL DELUSER gate");
}


/* redis/users.acl is enough, and no more than that */

static void
test_user(edge_t *e, const server_t *server)
{
    int          n;
    char         line[1024], *p;
    FILE        *f;
    edge_t      *other;
    unsigned     answers[16];
    conform_t    c;
    redisReply  *r;
    const char  *argv[128];

    f = fopen("redis/users.acl", "r");

    if (f == NULL) {
        printf("# no redis/users.acl from here: not tried\n");
        return;
    }

    n = 0;

    while (fgets(line, sizeof(line), f)) {
        if (strncmp(line, "user aicost ", 12) == 0) {
            n = 1;
            break;
        }
    }

    fclose(f);

    ok(n, "users.acl has the user");

    if (n == 0) {
        return;
    }

    (void) strtok_r(line, " \n", &p);
    argv[0] = "ACL";
    argv[1] = "SETUSER";

    for (n = 2; n < 128; n++) {
        argv[n] = strtok_r(NULL, " \n", &p);

        if (argv[n] == NULL) {
            break;
        }

        if (argv[n][0] == '#') {
            argv[n] = ">secret";
        }
    }

    r = redisCommandArgv(e->c, n, argv, NULL);
    ok(r && r->type != REDIS_REPLY_ERROR, "the server takes it");
    freeReplyObject(r);

    edge_fresh(e, 1);
    other = edge_new(server, "shop");
    memcpy(other->domain.epoch, e->domain.epoch, AICOST_ID);

    memset(answers, 0, sizeof(answers));
    memset(&c, 0, sizeof(c));
    c.store = &other->store;

    edge_do(other, "AUTH aicost secret");
    edge_do(other, "PING");
    edge_do(other, "INFO");
    edge_do(other, "SCRIPT LOAD return");
    ok(conform_trace(&c, 78, 600, answers), "a trace with its rights");

    r = redisCommand(other->c, "GET other");
    is_int(aicost_redis_error((unsigned char *) r->str, r->len),
           AICOST_REDIS_NOPERM, "no other keys");
    freeReplyObject(r);

    r = redisCommand(other->c, "FLUSHALL");
    is_int(aicost_redis_error((unsigned char *) r->str, r->len),
           AICOST_REDIS_NOPERM, "no FLUSHALL");
    freeReplyObject(r);

    edge_free(other);
    edge_do(e, "ACL DELUSER aicost");
}


/* microseconds of processor that the server has used */

static long long
measure_us(const server_t *server)
{
    char       path[64];
    FILE      *f;
    long long  ns;

    snprintf(path, sizeof(path), "/proc/%d/schedstat", (int) server->pid);
    f = fopen(path, "r");
    ns = 0;

    if (f) {
        if (fgets(path, sizeof(path), f)) {
            ns = strtoll(path, NULL, 10);
        }

        fclose(f);
    }

    return ns / 1000;
}


static void
measure_bytes(edge_t *e, const char *what, const char *kind,
    const unsigned char *id)
{
    redisReply  *r;

    r = redisCommand(e->c, "MEMORY USAGE {aic:shop}:%s:%b", kind, id,
                     (size_t) AICOST_ID);

    if (r && r->type == REDIS_REPLY_INTEGER) {
        printf("# %s: %lld bytes\n", what, r->integer);
    }

    freeReplyObject(r);
}


/* printed, never judged */

static void
measure(edge_t *e, const server_t *server)
{
    int64_t           left;
    unsigned          i;
    long long         us[3];
    aicost_reserve_t  q;
    aicost_granted_t  out;
    aicost_settled_t  end;

    edge_fresh(e, 1);
    conform_measured(&q);

    us[0] = measure_us(server);

    for (i = 0; i < MEASURE; i++) {
        conform_id(q.rid, 44, i);
        q.now = CONFORM_EPOCH + i / 8;
        e->store.ops->reserve(&e->store, &q, &out, NULL, NULL);
    }

    measure_bytes(e, "an account", "b", q.claims[0].id);
    measure_bytes(e, "an open reservation", "r", q.rid);
    us[1] = measure_us(server);

    for (i = 0; i < MEASURE; i++) {
        conform_id(q.rid, 44, i);
        end = conform_end(&q, AICOST_SETTLE, 8);
        e->store.ops->settle(&e->store, &end, &left, NULL, NULL);
    }

    us[2] = measure_us(server);
    measure_bytes(e, "a settled reservation", "r", q.rid);

    printf("# 4 claims, 2 rates: reserve %lld us of Redis's processor, "
           "settle %lld, answer %d\n", (us[1] - us[0]) / MEASURE,
           (us[2] - us[1]) / MEASURE, out.answer);
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

    printf("# %s\n", program);
    test_cases(e);
    test_large(e);
    test_ttls(e);
    test_clock(e);
    test_scripts(e);
    test_order(e, other);
    test_full(e);
    test_types(e);
    test_cap(e);
    test_walk(e, 40, 7);
    test_walk(e, 700, 64);
    test_epoch(e);
    test_refusals(e, &server);
    test_user(e, &server);
    test_traces(e);
    measure(e, &server);

    edges_stop(&server, e, other);
}


int
main(void)
{
    unsigned  i, n;

    static const char  *programs[] = { "redis-server", "valkey-server" };

    n = 0;

    for (i = 0; i < 2; i++) {
        if (server_installed(programs[i])) {
            test_server(programs[i]);
            n++;
        }
    }

    if (n == 0) {
        printf("# skipped: neither redis-server nor valkey-server is here\n");
        ok(1, "the store on a server # SKIP no server");
    }

    return done_testing();
}
