
/*
 * Copyright (C) aicost
 *
 * A domain that was emptied, case by case.
 */


#ifndef _AICOST_REDIS_LIFE_CASES_H_INCLUDED_
#define _AICOST_REDIS_LIFE_CASES_H_INCLUDED_


#include "redis_life.h"


/* --- emptied ------------------------------------------------------------- */


/* a call of each, the second one open; then all is gone */

static inline void
empty_begin(unsigned edges, unsigned flush)
{
    call_t           *call;
    unsigned          i;
    aicost_granted_t  out;

    world_begin(edges);

    for (i = 0; i < 2 * edges; i++) {
        call = &world.calls[world.ncalls++];
        memset(call, 0, sizeof(*call));
        call->node = i / 2;
        world_ask(&call->q);
        call->q.nclaims = 1;
        call->q.claims[0] = world.claims[i % 2 ? 0 : 6];
        (void) node_reserve(world.nodes[i / 2], &call->q, &out, 1);
        call->amount[0] = out.amount[0];

        if (i % 2 == 0) {
            world_end(call, 2);
        }
    }

    for (i = 0; i < edges; i++) {
        (void) node_beat(world.nodes[i]);
    }

    if (flush) {
        edge_do(world.nodes[0]->link, "FLUSHALL");
        world.now = 0;
    }
}


static inline void
test_emptied(void)
{
    node_t           *a, *b, *c;
    int64_t           left;
    uint32_t          k;
    uint64_t          bits[3];
    unsigned char     epoch[AICOST_ID];
    aicost_state_t    state;
    aicost_settled_t  end;

    empty_begin(2, 1);
    a = world.nodes[0];
    b = world.nodes[1];
    memcpy(epoch, a->life.epoch, AICOST_ID);

    is_int(node_beat(a), AICOST_ERROR, "emptied: a beat");
    is_int(a->link->seen.error, AICOST_REDIS_EPOCH, "hears that");
    is_int(edge_number(a->link, "DBSIZE"), 0, "and writes nothing");

    is_int(node_arrive(a), AICOST_OK, "one that knows arrives");
    is_int(a->life.phase, AICOST_REDIS_REBUILD, "it is rebuilt");
    is_int(a->life.told, 0, "this one has not told");
    is_int(a->life.wait, WAIT, "and waits");
    ok(memcmp(epoch, a->life.epoch, AICOST_ID) != 0, "another epoch");

    ok(world_closed(a), "no reserve");
    end = conform_end(&world.calls[1].q, AICOST_SETTLE, 1);
    is_int(edge_settle(&a->link->store, &end, &left, NULL, NULL),
           AICOST_ERROR, "no settle");
    is_int(a->link->seen.error, AICOST_REDIS_REBUILDING, "by its name");
    is_int(edge_renew(&a->link->store, 0, 1000,
                      (const unsigned char (*)[AICOST_ID]) &end.rid, NULL, 1,
                      &bits[0], &bits[1], &bits[2], NULL, NULL),
           AICOST_ERROR, "no renew");
    is_int(edge_sweep(&a->link->store, 0, 9, &k), AICOST_ERROR, "no sweep");
    is_int(edge_state(&a->link->store, 0, &state), AICOST_OK,
           "it can be read");

    /* the second one has not been heard yet */

    is_int(node_tell_all(a), AICOST_OK, "the first one tells");
    is_int(a->life.told, 1, "and has told");
    world_clock(SOONEST);
    (void) node_beat(a);
    is_int(a->life.phase, AICOST_REDIS_REBUILD, "it knew of another one");

    /* nor is it by one that knows nothing */

    c = world.nodes[2] = node_new();
    is_int(node_arrive(c), AICOST_OK, "one that knows nothing arrives");
    is_int(c->life.phase, AICOST_REDIS_REBUILD, "not open for it either");
    ok(world_closed(c), "no reserve");
    (void) node_tell_all(c);
    (void) node_beat(a);
    is_int(a->life.phase, AICOST_REDIS_REBUILD,
           "what it tells is not what is waited for");
    (void) node_tell(a);
    (void) node_tell(c);
    is_int(c->life.phase, AICOST_REDIS_REBUILD, "nor told twice");

    /* it knows another epoch: all are asked once more */

    is_int(node_arrive(b), AICOST_OK, "the other one arrives");
    is_int(b->life.phase, AICOST_REDIS_REBUILD, "still rebuilt");
    ok(memcmp(a->life.epoch, b->life.epoch, AICOST_ID) == 0, "one epoch");
    (void) node_tell_all(b);
    (void) node_beat(a);
    is_int(a->life.told, 0, "the first one is asked again");
    (void) node_tell_all(a);
    (void) node_tell_all(c);
    is_int(c->life.phase, AICOST_REDIS_REBUILD, "not before it was heard of");
    world_clock(SOONEST - 1);
    (void) node_beat(b);
    is_int(b->life.phase, AICOST_REDIS_REBUILD, "nor a moment before");
    world_clock(1);
    (void) node_beat(c);
    is_int(c->life.phase, AICOST_REDIS_OPEN, "then it is open");
    ok(world_open(a) && world_open(b) && world_open(c), "to all");
    ok(world_same(), "with what was spent and what is held");

    node_free(c);
    world.nodes[2] = NULL;
}


/* nobody else comes: the wait has an end, with or without a beat */

static inline void
test_bounded(void)
{
    node_t  *a;

    empty_begin(2, 1);
    a = world.nodes[0];

    (void) node_arrive(a);
    (void) node_tell_all(a);
    world_clock(WAIT - 1);
    (void) node_beat(a);
    is_int(a->life.phase, AICOST_REDIS_REBUILD, "10 s, less one ms: waits");
    is_int(a->life.wait, 1, "as it says");
    world_clock(1);
    ok(world_open(a), "10 s: open");
    (void) node_beat(a);
    is_int(a->life.phase, AICOST_REDIS_OPEN, "a beat hears of it");

    /* the one that comes later has another epoch */

    (void) node_arrive(world.nodes[1]);
    is_int(world.nodes[1]->life.phase, AICOST_REDIS_REBUILD,
           "one that comes later is told from");
    ok(world_closed(a), "all wait for it");
    (void) node_tell_all(world.nodes[1]);
    (void) node_beat(a);
    (void) node_tell_all(a);
    world_clock(SOONEST);
    (void) node_beat(a);
    is_int(a->life.phase, AICOST_REDIS_OPEN, "and go on");
    ok(world_same(), "with all that was spent");
}


/* how many there are is what the one that knows most of them says */

static inline void
test_expected(void)
{
    node_t              *a, *b;
    aicost_edge_meta_t   meta;

    empty_begin(3, 1);
    a = world.nodes[0];
    b = world.nodes[1];

    aicost_edge_get(&b->mem, &meta);
    is_int(meta.edges, 3, "it knew of three");
    meta.edges = 2;
    aicost_edge_set(&b->mem, &meta, AICOST_EDGE_META);

    (void) node_arrive(a);
    (void) node_arrive(b);
    (void) node_tell_all(a);
    (void) node_tell_all(b);
    world_clock(SOONEST);
    (void) node_beat(a);
    is_int(a->life.phase, AICOST_REDIS_REBUILD,
           "rebuild: one knew of two, the other of three");

    /* of a replay the first one knows least */

    world_begin(3);
    world_steps(20);
    edge_do(world.nodes[0]->link, "DEL {aic:shop}:e");
    a = world.nodes[0];
    b = world.nodes[1];
    (void) node_beat(b);
    aicost_edge_get(&a->mem, &meta);
    meta.edges = 1;
    aicost_edge_set(&a->mem, &meta, AICOST_EDGE_META);
    edge_do(a->link, "DEL {aic:shop}:e");
    edge_do(a->link, "SAVE");
    aicost_edge_get(&b->mem, &meta);
    meta.edges = 3;
    aicost_edge_set(&b->mem, &meta, AICOST_EDGE_META);

    world_restart(1);
    (void) node_arrive(a);
    is_int(a->life.phase, AICOST_REDIS_REPLAY, "replay");
    (void) node_arrive(b);
    (void) node_tell_all(a);
    (void) node_tell_all(b);
    is_int(b->life.phase, AICOST_REDIS_REPLAY, "the second knew of three");
    (void) node_arrive(world.nodes[2]);
    (void) node_tell_all(world.nodes[2]);
    is_int(world.nodes[2]->life.phase, AICOST_REDIS_OPEN, "all three: open");
}


/* one without a call of its own still knows that there was a domain */

static inline void
test_idle(void)
{
    node_t  *a, *b;

    empty_begin(1, 0);
    a = world.nodes[0];
    b = world.nodes[1] = node_new();
    (void) node_arrive(b);
    is_int(b->life.phase, AICOST_REDIS_OPEN, "an idle one");
    (void) node_beat(a);

    edge_do(a->link, "FLUSHALL");
    world.now = 0;

    (void) node_arrive(b);
    is_int(b->life.phase, AICOST_REDIS_REBUILD, "does not open an emptied one");
    (void) node_tell_all(b);
    ok(world_closed(b), "no reserve");
    (void) node_arrive(a);
    (void) node_tell_all(a);
    (void) node_tell_all(b);
    world_clock(SOONEST);
    (void) node_beat(b);
    is_int(b->life.phase, AICOST_REDIS_OPEN, "open when the other one told");
    ok(world_same(), "with what was spent and what is held");
}


/* emptied again while it is told */

static inline void
test_again(void)
{
    node_t        *a, *b;
    unsigned       i;
    unsigned char  epoch[AICOST_ID];

    empty_begin(2, 1);
    a = world.nodes[0];
    b = world.nodes[1];

    (void) node_arrive(a);
    (void) node_arrive(b);
    (void) node_tell_all(a);
    memcpy(epoch, a->life.epoch, AICOST_ID);
    world_restart(0);
    world.now = 0;

    is_int(node_tell(b), AICOST_ERROR, "emptied again");
    (void) node_arrive(b);
    is_int(b->life.phase, AICOST_REDIS_REBUILD, "another rebuild");
    ok(memcmp(epoch, b->life.epoch, AICOST_ID) != 0, "another epoch");
    (void) node_arrive(a);

    for (i = 0; i < 2; i++) {
        (void) node_tell_all(a);
        (void) node_tell_all(b);
    }

    world_clock(SOONEST);
    (void) node_beat(a);
    is_int(a->life.phase, AICOST_REDIS_OPEN, "open");
    ok(world_same(), "with all that was spent");
}


/* a rebuild that was over is not remembered by the server: who had told then
   has settled since */

static inline void
test_half(void)
{
    node_t  *a, *b;

    empty_begin(2, 1);
    a = world.nodes[0];
    b = world.nodes[1];

    (void) node_arrive(a);
    (void) node_arrive(b);
    (void) node_tell_all(a);
    edge_do(a->link, "SAVE");
    (void) node_tell_all(b);
    world_clock(SOONEST);
    (void) node_beat(b);
    is_int(b->life.phase, AICOST_REDIS_OPEN, "rebuilt");
    world_end(&world.calls[1], 2);
    ok(world_same(), "and one more settled");

    world_restart(1);
    (void) node_arrive(a);
    ok(a->life.phase != AICOST_REDIS_OPEN, "half rebuilt: not open");
    is_int(a->life.told, 0, "who told before tells again");
    (void) node_tell_all(a);
    (void) node_arrive(b);
    (void) node_tell_all(b);

    if (a->life.phase == AICOST_REDIS_REBUILD) {
        world_clock(SOONEST);
    }

    (void) node_beat(b);
    is_int(b->life.phase, AICOST_REDIS_OPEN, "open");
}


/* what comes late from an older life */

static inline void
test_late(void)
{
    node_t                *a, *b;
    int64_t                left;
    unsigned char          old[AICOST_ID];
    aicost_settled_t       end;
    aicost_edge_record_t   record;
    aicost_edge_account_t  account;

    empty_begin(2, 1);
    a = world.nodes[0];
    b = world.nodes[1];
    memcpy(old, a->link->domain.epoch, AICOST_ID);

    (void) node_items(a, 1, items, ITEMS);
    account = items[0].account;
    account.settled = 777777;
    memset(&record, 0, sizeof(record));
    record = items[2].record;

    (void) node_arrive(a);
    (void) node_arrive(b);
    (void) node_tell_all(a);
    (void) node_tell_all(b);
    world_clock(SOONEST);
    (void) node_beat(a);
    is_int(a->life.phase, AICOST_REDIS_OPEN, "a new life");

    memcpy(b->link->domain.epoch, old, AICOST_ID);

    end = conform_end(&world.calls[1].q, AICOST_SETTLE, 5);
    is_int(edge_settle(&b->link->store, &end, &left, NULL, NULL),
           AICOST_ERROR, "a settle of the old one");
    is_int(b->link->seen.error, AICOST_REDIS_EPOCH, "by its name");
    is_int(node_restore(b, &account, 1), AICOST_ERROR, "a restore");
    is_int(node_reassert(b, &record), AICOST_ERROR, "a reassert");
    is_int(node_tell(b), AICOST_ERROR, "a tell");
    is_int(node_beat(b), AICOST_ERROR, "a beat");
    ok(world_same(), "none of it is charged");

    /* of this life, but told before: what came since stays */

    memcpy(b->link->domain.epoch, a->link->domain.epoch, AICOST_ID);
    account.settled = 1;
    is_int(node_restore(b, &account, 1), AICOST_OK, "a late restore");
    world_end(&world.calls[1], 2);
    is_int(node_reassert(a, &record), AICOST_OK, "a late reassert");
    ok(world_same(), "change nothing");
    (void) node_tell(b);
    is_int(b->life.phase, AICOST_REDIS_OPEN, "nor does a late tell");
}


/* the same from two: the larger is right, and once */

static inline void
test_twice(void)
{
    call_t                *call;
    node_t                *a, *b;
    unsigned               i;
    aicost_balance_t       bal;
    aicost_edge_account_t  account;

    empty_begin(2, 1);
    a = world.nodes[0];
    b = world.nodes[1];
    (void) node_arrive(a);
    (void) node_arrive(b);

    memset(&account, 0, sizeof(account));
    account.claim = world.claims[7];

    for (i = 0; i < 2; i++) {
        account.settled = i ? 300 : 500;
        (void) node_restore(i ? b : a, &account, 1);
        (void) edge_read(a->link, account.claim.id, &bal);
        is_int(bal.settled, 500, i ? "the smaller one after it"
                                   : "the larger one");
    }

    account.settled = AICOST_MONEY_MAX;
    (void) node_restore(b, &account, 1);
    (void) edge_read(a->link, account.claim.id, &bal);
    is_int(bal.settled, AICOST_MONEY_MAX, "as large as it can be");

    call = &world.calls[1];
    (void) node_items(a, 1, items, ITEMS);

    for (i = 0; items[i].kind != ITEM_OPEN; i++) { /* void */ }

    (void) node_reassert(a, &items[i].record);
    (void) node_reassert(b, &items[i].record);
    (void) edge_read(a->link, call->q.claims[0].id, &bal);
    is_int(bal.reserved, call->amount[0], "an open one from both: once");
    is_int(bal.open, 1, "open once");
}


/* a session that had ended, and began anew, before the store was emptied */

static inline void
test_session(void)
{
    node_t            *a;
    unsigned           i;
    aicost_balance_t   bal;
    aicost_reserve_t   q;
    aicost_granted_t   g;
    aicost_settled_t   end;

    static const int64_t  spent[] = { 500, 30 };

    world_begin(1);
    a = world.nodes[0];

    for (i = 0; i < 2; i++) {
        world_ask(&q);
        q.nclaims = 1;
        q.claims[0] = world.claims[2];
        (void) node_reserve(a, &q, &g, 1);
        end = conform_end(&q, AICOST_SETTLE, spent[i]);
        node_settle(a, &end, 2);
        (void) edge_read(a->link, q.claims[0].id, &bal);
        is_int(bal.settled, spent[i], i ? "a session after it"
                                        : "a session");

        if (i == 0) {
            world_clock(q.claims[0].idle + 1);
            (void) node_beat(a);
        }
    }

    edge_do(a->link, "FLUSHALL");
    world.now = 0;

    (void) node_arrive(a);
    (void) node_tell_all(a);
    world_clock(SOONEST);
    (void) node_beat(a);
    is_int(a->life.phase, AICOST_REDIS_OPEN, "emptied and open");
    (void) edge_read(a->link, q.claims[0].id, &bal);
    is_int(bal.settled, spent[1], "what the last one spent is told");
}


/* more accounts than there may be: one stands for those beyond */

static inline void
test_spare(void)
{
    node_t            *a;
    unsigned           i;
    aicost_balance_t   bal;
    aicost_reserve_t   q;
    aicost_granted_t   g;
    aicost_settled_t   end;

    world_begin(1);
    a = world.nodes[0];
    a->link->domain.accounts = 1;

    for (i = 0; i < 3; i++) {
        world_ask(&q);
        q.nclaims = 1;
        q.claims[0] = world.claims[i ? 6 : 0];
        conform_id(q.claims[0].id, 60, i);
        (void) node_reserve(a, &q, &g, 1);
        end = conform_end(&q, AICOST_SETTLE, 500);
        node_settle(a, &end, 2);
    }

    (void) edge_read(a->link, q.claims[0].spare, &bal);
    is_int(bal.settled, 1000, "two share a spare account");

    edge_do(a->link, "FLUSHALL");
    world.now = 0;

    (void) node_arrive(a);
    (void) node_tell_all(a);
    world_clock(SOONEST);
    (void) node_beat(a);
    is_int(a->life.phase, AICOST_REDIS_OPEN, "emptied and open");
    (void) edge_read(a->link, q.claims[0].spare, &bal);
    is_int(bal.settled, 1000, "what it spent is told");
    is_int(bal.limit, q.claims[0].limit, "with its limit");
}


/* a stop does not end with the server's memory, nor by its mark */

static inline void
test_orders(void)
{
    node_t            *a, *b;
    uint32_t           n;
    unsigned           i;
    aicost_latch_t     latch, out[4];
    aicost_state_t     state;
    aicost_reserve_t   q;
    aicost_granted_t   g;

    for (i = 0; i < 2; i++) {
        world_begin(2);
        a = world.nodes[0];
        b = world.nodes[1];

        world_ask(&q);
        q.nclaims = 1;
        q.claims[0] = world.claims[5];
        q.ask[0][0].want = 16000;
        q.ask[0][0].upper = 16000;
        (void) node_reserve(a, &q, &g, 1);

        if (i) {
            edge_do(a->link, "SAVE");
        }

        world.calls[0].q = q;
        world.calls[0].node = 0;
        world.calls[0].state = CALL_ENDED;
        world.calls[0].actual[0] = 15500;
        world.ncalls = 1;

        {
            aicost_settled_t  end = conform_end(&q, AICOST_SETTLE, 15500);

            node_settle(a, &end, 2);
        }

        if (i) {
            world_restart(1);

        } else {
            edge_do(a->link, "FLUSHALL");
            world.now = 0;
        }

        (void) node_arrive(a);
        (void) node_arrive(b);

        memset(&latch, 0, sizeof(latch));
        snprintf(latch.label, sizeof(latch.label), "all");
        snprintf(latch.why, sizeof(latch.why), "operator");
        latch.until = INT64_MAX;
        latch.latch[0] = 9;

        is_int(edge_kill(&a->link->store, &latch), AICOST_OK,
               i ? "replay: a latch is told" : "rebuild: a latch is told");
        is_int(edge_kill(&b->link->store, &latch), AICOST_DECLINED,
               "by both: it is on");
        is_int(edge_set_mode(&b->link->store, AICOST_MODE_DOWNGRADE, 500000,
                             0), AICOST_OK, "the mode too");

        (void) node_tell_all(a);
        (void) node_tell_all(b);
        world_clock(SOONEST);
        (void) node_beat(a);
        is_int(a->life.phase, AICOST_REDIS_OPEN, "open");
        is_int(a->life.state.mode, AICOST_MODE_DOWNGRADE, "in its mode");
        is_int(a->life.state.share_ppm, 500000, "with its share");
        is_int(a->life.state.killed, 2, "stopped by order, and by its mark");
        (void) edge_state(&a->link->store, world.now, &state);
        is_int(state.killed, 2, "read as well");
        (void) edge_latches(&a->link->store, world.now, out, 4, &n);
        is_int(n, 2, "both of them");

        world_ask(&q);
        q.nclaims = 1;
        q.claims[0] = world.claims[5];
        (void) edge_reserve(&b->link->store, &q, &g, NULL, NULL);
        is_int(g.answer, AICOST_KILLED, "by its mark");
        q.claims[0] = world.claims[6];
        memcpy(q.claims[0].whole, latch.latch, AICOST_ID);
        (void) edge_reserve(&b->link->store, &q, &g, NULL, NULL);
        is_int(g.answer, AICOST_KILLED, "by order");
        ok(world_same(), "and nothing charged twice");
    }
}


#endif /* _AICOST_REDIS_LIFE_CASES_H_INCLUDED_ */
