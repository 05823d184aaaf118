
/*
 * Copyright (C) aicost
 *
 * Money that an edge was lent, spent in an outage: to the unit, never twice.
 * The embedded store is the room it is counted in.
 */


#include "edge_cases.h"


#define BLOCK  AICOST_EDGE_MIN


static void
test_room_open(edge_t *room, aicost_store_t *store, size_t size)
{
    edge_at(room, aligned_alloc(64, size), size);

    is_int(aicost_store_shm_init(store, &room->region, 1, 3), AICOST_OK,
           "a room of outages");
}


/* what one asks of an account with a tranche; the amount that was granted */

static int64_t
test_spend(edge_t *e, aicost_store_t *store, uint64_t rid, int64_t now,
    int64_t want, unsigned session)
{
    uint32_t                 covered, index;
    aicost_granted_t         g;
    static aicost_reserve_t  q, local;

    edge_ask(&q, rid, now, want);
    q.lease = AICOST_LEASE_MAX;
    q.nclaims = 1;
    edge_claim(&q.claims[0], 1, 1);
    q.claims[0].session = (uint8_t) session;
    q.claims[0].idle = 1000;
    q.claims[0].max = 5000;

    if (aicost_edge_outage(&e->edge, &q, &local, &covered, &index)
        != AICOST_OK)
    {
        return -1;
    }

    (void) store->ops->reserve(store, &local, &g, NULL, NULL);

    return (g.answer == AICOST_GRANTED) ? g.amount[0] : 0;
}


static int64_t
test_end(aicost_store_t *store, uint64_t rid, int64_t now, aicost_settle_e op,
    int64_t actual)
{
    int64_t           left;
    aicost_settled_t  s;

    memset(&s, 0, sizeof(s));
    edge_id(s.rid, EDGE_RID, rid);
    s.now = now;
    s.op = op;
    s.actual[0] = actual;

    (void) store->ops->settle(store, &s, &left, NULL, NULL);

    return op == AICOST_SETTLE ? actual : 0;
}


/* asked for, kept open, returned and settled in any order */

static void
test_tranche(uint64_t seed, unsigned session)
{
    char            name[64];
    edge_t          e, room;
    int64_t         now, got, out, spent, held[64];
    uint64_t        i, k, n, open[64];
    unsigned        over;
    aicost_store_t  store;

    edge_open(&e, BLOCK);
    test_room_open(&room, &store, 1 << 20);
    edge_opened(&e, 1, 1, EDGE_NOW);
    (void) edge_lend(&e, 1, 1, 1000);

    now = EDGE_NOW;
    spent = 0;
    out = 0;
    over = 0;
    n = 0;

    for (i = 0; i < 4000; i++) {
        now += (int64_t) edge_random(&seed, 20000);

        if (edge_random(&seed, 3) && n < 64) {
            got = test_spend(&e, &store, 1000 + i, now,
                             1 + (int64_t) edge_random(&seed, 40), session);

            if (got > 0) {
                open[n] = 1000 + i;
                held[n++] = got;
                out += got;
            }

            over += got < 0;

        } else if (n) {
            k = edge_random(&seed, n);
            spent += test_end(&store, open[k], now,
                              edge_random(&seed, 20) ? AICOST_RELEASE
                                                     : AICOST_SETTLE,
                              (int64_t) edge_random(&seed,
                                                    1 + (uint64_t) held[k]));
            out -= held[k];
            open[k] = open[--n];
            held[k] = held[n];
        }

        over += spent + out > 1000;
    }

    do {
        got = test_spend(&e, &store, 1000 + i++, now, 1, session);
        out += got;
    } while (got > 0);

    snprintf(name, sizeof(name), "never more than the tranche%s",
             session ? ", of a session" : "");
    is_int(over, 0, name);
    is_int(spent + out, 1000, "and it to the last unit");
    printf("# %lld of them settled\n", (long long) spent);

    edge_close(&e);
    edge_close(&room);
}


/* the room is full for a time: no spare account, no second spending */

static void
test_tranche_full(void)
{
    edge_t                   e, room;
    int64_t                  now, left, granted;
    uint32_t                 covered, index;
    uint64_t                 i;
    aicost_store_t           store;
    aicost_granted_t         g;
    aicost_settled_t         s;
    aicost_shm_stat_t        stat;
    static aicost_reserve_t  q, local;

    edge_open(&e, BLOCK);
    test_room_open(&room, &store, 65536);

    now = EDGE_NOW;
    granted = 0;
    aicost_store_shm_stat(&store, &stat);

    for (i = 0; i < stat.accounts; i++) {
        edge_ask(&q, 100000 + i, now, 10);
        q.nclaims = 1;
        edge_claim(&q.claims[0], 5000 + i, 0);
        q.claims[0].t1 = EDGE_NOW + 1000;
        memcpy(q.claims[0].spare, q.claims[0].id, AICOST_ID);
        (void) store.ops->reserve(&store, &q, &g, NULL, NULL);

        memset(&s, 0, sizeof(s));
        memcpy(s.rid, q.rid, AICOST_ID);
        s.now = now;
        s.op = AICOST_RELEASE;
        (void) store.ops->settle(&store, &s, &left, NULL, NULL);

        aicost_store_shm_stat(&store, &stat);

        if (stat.used_accounts >= stat.accounts - stat.accounts / 64 - 1) {
            break;
        }
    }

    edge_opened(&e, 1, 1, now);
    (void) edge_lend(&e, 1, 1, 100);

    for (i = 0; i < 60; i++) {
        edge_ask(&q, 500 + i, now, 10);
        q.nclaims = 1;
        edge_claim(&q.claims[0], 1, 1);

        if (aicost_edge_outage(&e.edge, &q, &local, &covered, &index)
            == AICOST_OK)
        {
            (void) store.ops->reserve(&store, &local, &g, NULL, NULL);
            granted += (g.answer == AICOST_GRANTED) ? g.amount[0] : 0;
        }

        now += (i == 30) ? 5000 : 0;
    }

    is_int(granted, 100, "a tranche is not spent twice when the room was full");

    edge_close(&e);
    edge_close(&room);
}


/* sessions that were spent on in one outage leave the room again */

static void
test_session_ends(void)
{
    edge_t                   e, room;
    int64_t                  left, now;
    uint32_t                 covered, index;
    uint64_t                 i;
    unsigned                 refused;
    aicost_store_t           store;
    aicost_granted_t         g;
    aicost_settled_t         s;
    aicost_balance_t         b;
    aicost_shm_stat_t        stat;
    static aicost_reserve_t  q, local;

    edge_open(&e, BLOCK);
    test_room_open(&room, &store, 65536);
    aicost_store_shm_stat(&store, &stat);

    refused = 0;

    for (i = 0; i < 4 * stat.accounts; i++) {
        now = EDGE_NOW + (int64_t) (i / (stat.accounts / 2))
                         * 3 * AICOST_EDGE_SESSION;

        edge_ask(&q, i, now, 10);
        q.nclaims = 1;
        edge_claim(&q.claims[0], i, 1);
        q.claims[0].session = 1;
        q.claims[0].idle = 1000;
        q.claims[0].max = 5000;
        edge_granted(&g, 10);

        aicost_edge_granted(&e.edge, now, &q, &g, NULL, 0);
        (void) edge_settling(&e, i, now, NULL, 0);
        (void) edge_lend(&e, i, i, 100);

        edge_id(q.rid, EDGE_RID, 100000 + i);
        refused += aicost_edge_outage(&e.edge, &q, &local, &covered, &index)
                   != AICOST_OK;

        (void) store.ops->reserve(&store, &local, &g, NULL, NULL);
        refused += g.answer != AICOST_GRANTED;

        memset(&s, 0, sizeof(s));
        memcpy(s.rid, local.rid, AICOST_ID);
        s.now = now;
        s.actual[0] = 10;
        (void) store.ops->settle(&store, &s, &left, NULL, NULL);

        refused += store.ops->balance(&store, local.claims[0].id, &b)
                   != AICOST_OK || b.settled != 10;

        (void) edge_lend(&e, i, 0, 0);
        edge_settled(&e, i, now);
    }

    is_int(refused, 0, "a room is not filled by sessions of past outages");

    edge_opened(&e, 1, 1, EDGE_NOW);
    (void) edge_lend(&e, 1, 900000, 100);

    edge_ask(&q, 900000, EDGE_NOW, 10);
    q.nclaims = 1;
    edge_claim(&q.claims[0], 1, 1);
    q.claims[0].session = 1;
    edge_granted(&g, 10);
    aicost_edge_granted(&e.edge, EDGE_NOW, &q, &g, NULL, 0);
    (void) edge_lend(&e, 1, 900000, 100);

    q.now = EDGE_NOW + 1000;
    (void) aicost_edge_outage(&e.edge, &q, &local, &covered, &index);
    q.now = EDGE_NOW + 1000 + AICOST_EDGE_SESSION - 1;
    is_int(aicost_edge_outage(&e.edge, &q, &local, &covered, &index),
           AICOST_OK, "a session's tranche is spent for a day");
    ok(local.claims[0].t0 == EDGE_NOW + 1000 && local.claims[0].t1 > q.now
       && !local.claims[0].session, "in one window of the room");
    q.now++;
    is_int(aicost_edge_outage(&e.edge, &q, &local, &covered, &index),
           AICOST_DECLINED, "and no longer");

    edge_close(&e);
    edge_close(&room);
}


static void
test_mapping(void)
{
    edge_t                   e;
    uint32_t                 covered, index, i;
    unsigned char            id[AICOST_ID], zero[AICOST_ID];
    aicost_claim_t          *c;
    aicost_edge_meta_t       meta;
    aicost_edge_account_t    a;
    static aicost_reserve_t  q, local;

    edge_open(&e, BLOCK);
    memset(zero, 0, AICOST_ID);

    aicost_edge_get(&e.edge, &meta);
    meta.edges = 3;
    aicost_edge_set(&e.edge, &meta, AICOST_EDGE_META);

    edge_ask(&q, 1, EDGE_NOW, 10);
    q.nclaims = 4;

    for (i = 0; i < 4; i++) {
        edge_claim(&q.claims[i], i, 1);
        edge_id(q.claims[i].whole, 4, 1);
        edge_opened(&e, 100 + i, i, EDGE_NOW);
    }

    q.claims[0].soft = 1;
    q.claims[2].share_step = 2;      /* of a step that is not offered */
    q.nrates = 2;
    q.rates[0].period = 1000;
    q.rates[0].tau = 5000;
    q.rates[1].period = AICOST_RATE_US_MAX - 1;

    (void) edge_lend(&e, 1, 1, 50);

    is_int(aicost_edge_outage(&e.edge, &q, &local, &covered, &index),
           AICOST_DECLINED, "a hard claim without a tranche");
    is_int(index, 3, "which one");

    edge_id(id, EDGE_ACCOUNT, 1);
    (void) aicost_edge_account(&e.edge, id, &a);
    is_int(a.tranche.used, 0, "then none is used");

    (void) edge_lend(&e, 3, 3, 70);

    is_int(aicost_edge_outage(&e.edge, &q, &local, &covered, &index),
           AICOST_OK, "each hard claim has one");
    is_int(covered, 1u << 1 | 1u << 3, "they stand on it");
    is_int(local.nclaims, 2, "soft ones and other steps' are left out");

    c = &local.claims[1];
    edge_id(id, EDGE_TRANCHE, 3);
    ok(memcmp(c->id, id, AICOST_ID) == 0 && memcmp(c->spare, id, AICOST_ID) == 0
       && memcmp(c->latch, id, AICOST_ID) == 0
       && memcmp(c->whole, zero, AICOST_ID) == 0, "an account of its own");
    ok(c->limit == 70 && c->warn == 0 && c->downgrade == 0 && c->kill == 0,
       "of its amount, without marks");
    ok(local.rates[0].period == 3000 && local.rates[0].tau == 5000
       && local.rates[1].period == AICOST_RATE_US_MAX,
       "a third of the rates, saturated");

    edge_id(id, EDGE_ACCOUNT, 3);
    (void) aicost_edge_account(&e.edge, id, &a);
    is_int(a.tranche.used, 1, "they are used now");

    edge_close(&e);
}


static void
test_allowance(void)
{
    aicost_edge_account_t  a;

    memset(&a, 0, sizeof(a));
    edge_claim(&a.claim, 1, 0);
    a.claim.limit = 1000000;
    a.claim.t1 = EDGE_NOW + 10000000;
    a.used = EDGE_NOW;

    is_int(aicost_edge_allowance(&a, EDGE_NOW, 20000, 4), 5000,
           "a share of the limit by edge");
    is_int(aicost_edge_allowance(&a, EDGE_NOW, 20000, 0), 20000,
           "of one when their number is not known");
    is_int(aicost_edge_allowance(&a, EDGE_NOW, 1, 1000), 1, "at least 1");
    is_int(aicost_edge_allowance(&a, EDGE_NOW, 0, 1), 0, "or none at all");
    is_int(aicost_edge_allowance(&a, EDGE_NOW + AICOST_EDGE_USED, 20000, 4),
           5000, "while it is used");
    is_int(aicost_edge_allowance(&a, EDGE_NOW + AICOST_EDGE_USED + 1, 20000,
                                 4), 0, "not afterwards");

    a.claim.t1 = EDGE_NOW;
    is_int(aicost_edge_allowance(&a, EDGE_NOW, 20000, 4), 0,
           "nor when the window is over");

    a.claim.session = 1;
    is_int(aicost_edge_allowance(&a, EDGE_NOW, 20000, 4), 5000,
           "which a session has not");

    a.claim.soft = 1;
    is_int(aicost_edge_allowance(&a, EDGE_NOW, 20000, 4), 0,
           "a soft one needs none");

    a.claim.soft = 0;
    a.claim.limit = AICOST_MONEY_MAX;
    is_int(aicost_edge_allowance(&a, EDGE_NOW, 1000000, 1), AICOST_MONEY_MAX,
           "the largest does not wrap");
}


int
main(void)
{
    test_allowance();
    test_mapping();
    test_tranche(20261125, 0);
    test_tranche(20261126, 1);
    test_tranche_full();
    test_session_ends();

    return done_testing();
}
