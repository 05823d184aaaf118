
/*
 * Copyright (C) aicost
 *
 * The life of a Redis domain: it begins, and the server forgets its last writes
 * or all of them.  Who may open it again, when, and with what sums.
 */


#include "redis_life_cases.h"


#define REPLAYS   24
#define REBUILDS  40
#define STEPS     60


/* --- how a domain begins ------------------------------------------------- */

static void
test_first(void)
{
    node_t         *a, *b;
    unsigned char   epoch[AICOST_ID];

    world_begin(2);
    a = world.nodes[0];
    b = world.nodes[1];
    edge_do(a->link, "FLUSHALL");

    /* both know nothing */

    node_free(a);
    node_free(b);
    a = world.nodes[0] = node_new();
    b = world.nodes[1] = node_new();

    is_int(node_arrive(a), AICOST_OK, "the first one arrives");
    is_int(a->life.phase, AICOST_REDIS_REBUILD, "another may know more");
    is_int(a->life.edges, 1, "one edge");
    (void) node_tell(a);
    is_int(a->life.phase, AICOST_REDIS_REBUILD, "it is waited for");
    world_clock(2500);
    (void) node_beat(a);
    is_int(a->life.phase, AICOST_REDIS_OPEN, "the domain is open");
    memcpy(epoch, a->life.epoch, AICOST_ID);

    is_int(node_arrive(b), AICOST_OK, "the second one");
    is_int(b->life.phase, AICOST_REDIS_OPEN, "still open");
    is_int(b->life.edges, 2, "two edges");
    ok(memcmp(epoch, b->life.epoch, AICOST_ID) == 0, "of one epoch");

    (void) node_arrive(b);
    is_int(b->life.edges, 2, "another worker of it is no other edge");
    ok(world_open(a) && world_open(b), "both are served");

    (void) node_tell(a);
    is_int(a->life.told, 1, "it has told");

    world_clock(58000);
    (void) node_beat(a);
    is_int(a->life.edges, 2, "both are alive for a minute");
    world_clock(2000);
    (void) node_beat(a);
    is_int(a->life.edges, 1, "then one that does not beat is gone");
    (void) node_beat(b);
    is_int(b->life.edges, 2, "and here when it does again");
}


/* --- another server, an older state -------------------------------------- */

static void
test_replay(void)
{
    node_t  *a, *b, *c;

    world_begin(2);
    a = world.nodes[0];
    b = world.nodes[1];

    (void) node_beat(b);
    edge_do(a->link, "SAVE");
    world_restart(1);

    (void) node_arrive(a);
    is_int(a->life.phase, AICOST_REDIS_REPLAY, "another run id: replay");
    ok(world_closed(a), "no reserve");
    (void) node_tell_all(a);
    is_int(a->life.phase, AICOST_REDIS_REPLAY, "the other one is waited for");
    (void) node_arrive(b);
    is_int(b->life.phase, AICOST_REDIS_REPLAY, "it hears of it");
    is_int(b->life.edges, 2, "two edges");
    (void) node_tell_all(b);
    is_int(b->life.phase, AICOST_REDIS_OPEN, "open when both told, at once");
    (void) node_beat(a);
    is_int(a->life.phase, AICOST_REDIS_OPEN, "for both");

    (void) node_arrive(a);
    is_int(a->life.phase, AICOST_REDIS_OPEN, "the same server: no replay");

    /* it is that server's own again: who knew another one is told from */

    snprintf(b->run, sizeof(b->run), "elsewhere");
    (void) node_beat(b);
    node_connect(b);
    (void) node_arrive(b);
    is_int(b->life.phase, AICOST_REDIS_REPLAY, "it knew another server");
    (void) node_tell_all(b);
    (void) node_beat(a);
    (void) node_tell_all(a);
    is_int(a->life.phase, AICOST_REDIS_OPEN, "told again");

    /* a snapshot older than a minute: no edge of it is alive by its time, and
       the first one to come has never been here */

    edge_do(a->link, "SAVE");
    world_restart(1);
    world_clock(90000);
    c = world.nodes[2] = node_new();
    (void) node_arrive(c);
    is_int(c->life.phase, AICOST_REDIS_REPLAY, "replay for a new one");
    (void) node_tell_all(c);
    is_int(c->life.phase, AICOST_REDIS_REPLAY,
           "which does not open it before others can be there");
    (void) node_arrive(a);
    (void) node_tell_all(a);
    (void) node_arrive(b);
    (void) node_tell_all(b);
    world_clock(SOONEST);
    (void) node_beat(b);
    is_int(b->life.phase, AICOST_REDIS_OPEN, "then it is open");

    node_free(c);
    world.nodes[2] = NULL;
}


/* one that nobody had heard of, but that is there */

static void
test_unknown(void)
{
    unsigned             i;
    aicost_edge_meta_t   meta;

    world_begin(EDGES);
    world_steps(20);

    for (i = 0; i < EDGES; i++) {
        aicost_edge_get(&world.nodes[i]->mem, &meta);
        meta.edges = 1;
        aicost_edge_set(&world.nodes[i]->mem, &meta, AICOST_EDGE_META);
    }

    edge_do(world.nodes[0]->link, "DEL {aic:shop}:e");
    edge_do(world.nodes[0]->link, "SAVE");
    world_restart(1);
    world_clock(0);

    for (i = 0; i < EDGES; i++) {
        (void) node_arrive(world.nodes[i]);
    }

    for (i = 0; i < EDGES; i++) {
        (void) node_tell_all(world.nodes[i]);
        is_int(world.nodes[i]->life.phase,
               i < EDGES - 1 ? AICOST_REDIS_REPLAY : AICOST_REDIS_OPEN,
               "each one that arrived is waited for");
    }
}


/* the edge that held it is gone: what it told ends with its lease */

static void
test_lease(void)
{
    node_t            *a;
    uint32_t           n;
    aicost_balance_t   b;

    empty_begin(1, 1);
    a = world.nodes[0];
    (void) node_arrive(a);
    (void) node_tell_all(a);
    world_clock(SOONEST);
    (void) node_beat(a);
    is_int(a->life.phase, AICOST_REDIS_OPEN, "rebuilt");

    world_clock(CONFORM_LEASE - SOONEST - 1);
    (void) edge_sweep(&a->link->store, world.now, 9, &n);
    is_int(n, 0, "its lease is a whole one");
    ok(world_same(), "held until then");

    world_clock(1001 + SOONEST);
    (void) edge_sweep(&a->link->store, world.now, 9, &n);
    is_int(n, 1, "then it is over");
    (void) edge_read(a->link, world.calls[1].q.claims[0].id, &b);
    is_int(b.unverified, world.calls[1].amount[0], "charged in full");
    is_int(b.settled, world.calls[1].amount[0], "once");
    is_int(b.reserved, 0, "and held no more");
}


/* a lease that ended after the snapshot and was charged, then settled */

static void
test_expired(void)
{
    node_t            *a;
    call_t            *call;
    uint32_t           n;
    aicost_balance_t   b;
    aicost_granted_t   g;
    aicost_settled_t   end;

    world_begin(1);
    a = world.nodes[0];
    call = &world.calls[world.ncalls++];
    memset(call, 0, sizeof(*call));
    world_ask(&call->q);
    (void) node_reserve(a, &call->q, &g, 1);
    call->amount[0] = g.amount[0];
    call->amount[1] = g.amount[1];
    edge_do(a->link, "SAVE");

    world_clock(CONFORM_LEASE + 1);
    (void) node_beat(a);
    is_int(edge_sweep(&a->link->store, world.now, 9, &n), AICOST_OK, "sweep");
    is_int(n, 1, "its lease is over");
    end = conform_end(&call->q, AICOST_SETTLE, 77);
    call->state = CALL_ENDED;
    call->actual[0] = 77;
    node_settle(a, &end, 2);
    ok(world_same(), "settled late: its charge is corrected");

    world_restart(1);
    world_clock(0);
    (void) node_arrive(a);
    (void) node_tell_all(a);
    is_int(a->life.phase, AICOST_REDIS_OPEN, "the one edge told");
    ok(world_same(), "from a snapshot: settled once");
    (void) edge_sweep(&a->link->store, world.now, 9, &n);
    ok(world_same(), "and not expired after");
    (void) edge_read(a->link, call->q.claims[0].id, &b);
    is_int(b.unverified, 0, "nothing unverified");
}


static void
test_replays(void)
{
    int       closed, waits, told, opens, same, late;
    char      name[96];
    unsigned  i, k;

    closed = 0;
    waits = 0;
    told = 0;
    opens = 0;
    same = 0;
    late = 0;

    for (i = 0; i < REPLAYS; i++) {
        world_begin(EDGES);
        world.lossy = 1;
        world_steps(STEPS);
        edge_do(world.nodes[0]->link, "SAVE");
        world_steps(STEPS);
        world_restart(1);
        world_clock(0);

        for (k = 0; k < EDGES; k++) {
            (void) node_arrive(world.nodes[(i + k) % EDGES]);
            closed += world_closed(world.nodes[(i + k) % EDGES]);
        }

        told += world_tell(0);

        /* once more: the server goes again while it is told */

        if (i % 3 == 0) {
            world_restart(1);
            world_clock(0);

            for (k = 0; k < EDGES; k++) {
                (void) node_arrive(world.nodes[k]);
            }

            told += world_tell(0) - 1;
        }

        for (k = 0; k < EDGES; k++) {
            waits += world_closed(world.nodes[k]);
            (void) node_tell(world.nodes[k]);
        }

        opens += world.nodes[EDGES - 1]->life.phase == AICOST_REDIS_OPEN;
        same += world_same();

        /* late ones: all of it again, in another order */

        (void) world_tell(0);
        same += world_same();

        world_steps(STEPS / 2);
        world_resend();
        late += world_same();

        for (k = 0; k < world.ncalls; k++) {
            if (world.calls[k].state == CALL_OPEN) {
                world_end(&world.calls[k], 2);
            }
        }

        late += world_same()
                && edge_number(world.nodes[0]->link,
                               "ZCARD {aic:shop}:lz") == 0;
    }

    is_int(closed, REPLAYS * EDGES, "replays: closed to each that arrives");
    is_int(told, REPLAYS, "all is taken, in any order, some of it twice");
    is_int(waits, REPLAYS * EDGES, "closed until the last one has told");
    is_int(opens, REPLAYS, "then open");
    snprintf(name, sizeof(name), "%d times the sums of what was asked",
             2 * REPLAYS);
    is_int(same, 2 * REPLAYS, name);
    is_int(late, 2 * REPLAYS, "also after more, and at the end");
}


static void
test_rebuilds(void)
{
    int       closed, told, opens, same, late;
    unsigned  i, k;

    closed = 0;
    told = 0;
    opens = 0;
    same = 0;
    late = 0;

    for (i = 0; i < REBUILDS; i++) {
        world_begin(EDGES);
        world_steps(STEPS);

        if (i % 8 == 0) {
            world_restart(0);

        } else {
            edge_do(world.nodes[0]->link, "FLUSHALL");
        }

        world.now = 0;

        for (k = 0; k < EDGES; k++) {
            (void) node_arrive(world.nodes[(i + k) % EDGES]);
        }

        told += world_tell(1);

        for (k = 0; k < EDGES; k++) {
            closed += world_closed(world.nodes[k]);
            (void) node_tell(world.nodes[k]);
        }

        world_clock(SOONEST);
        (void) node_beat(world.nodes[i % EDGES]);
        opens += world.nodes[i % EDGES]->life.phase == AICOST_REDIS_OPEN;

        world_resend();
        same += world_same();

        world_steps(STEPS / 2);
        world_resend();

        for (k = 0; k < world.ncalls; k++) {
            if (world.calls[k].state == CALL_OPEN) {
                world_end(&world.calls[k], 2);
            }
        }

        late += world_same();
    }

    is_int(told, REBUILDS, "rebuilds: all is taken, in any order");
    is_int(closed, REBUILDS * EDGES, "closed until it is over");
    is_int(opens, REBUILDS, "then open");
    is_int(same, REBUILDS, "with the sums of what was asked");
    is_int(late, REBUILDS, "also at the end");
}


/* arguments out of range */

static void
test_arguments(void)
{
    node_t                *a;
    aicost_edge_record_t   r;
    aicost_edge_account_t  accounts[AICOST_MAX_CLAIMS + 1];

    world_begin(1);
    a = world.nodes[0];

    is_int(aicost_redis_arrive(&a->link->cmd, &a->link->domain, a->id, "x",
                               a->id, 1, 0, 1, -1), AICOST_ERROR,
           "no such wait");
    is_int(aicost_redis_arrive(&a->link->cmd, &a->link->domain, a->id, "x",
                               a->id, 1, 0, 1, AICOST_LEASE_MAX + 1),
           AICOST_ERROR, "nor so long a one");

    memset(accounts, 0, sizeof(accounts));
    is_int(node_restore(a, accounts, AICOST_MAX_CLAIMS + 1), AICOST_ERROR,
           "too many accounts");
    is_int(node_restore(a, accounts, 0), AICOST_OK, "none");
    is_int(node_restore(a, accounts, 1), AICOST_OK, "one without a limit");
    is_int(edge_number(a->link, "ZCARD {aic:shop}:ai"), 0, "is not made");

    memset(&r, 0, sizeof(r));
    r.amount[0] = -1;
    is_int(node_reassert(a, &r), AICOST_ERROR, "less than nothing");
    r.amount[0] = AICOST_MONEY_MAX + 1;
    is_int(node_reassert(a, &r), AICOST_ERROR, "more than there is");
    r.amount[0] = 0;
    r.nclaims = AICOST_MAX_CLAIMS + 1;
    is_int(node_reassert(a, &r), AICOST_ERROR, "of too many");
    r.nclaims = 0;
    r.expires = -1;
    is_int(node_reassert(a, &r), AICOST_ERROR, "before all time");
}


int
main(void)
{
    unsigned  i;

    world.program = server_program();

    if (world.program == NULL) {
        printf("# skipped: neither redis-server nor valkey-server is here\n");
        ok(1, "the life of a domain # SKIP no server");
        return done_testing();
    }

    world.seed = 20261125;
    printf("# %s, seed %llu\n", world.program,
           (unsigned long long) world.seed);

    if (server_start(&world.server, world.program) != 0) {
        ok(0, "a server");
        return done_testing();
    }

    test_first();
    test_emptied();
    test_bounded();
    test_expected();
    test_idle();
    test_again();
    test_half();
    test_late();
    test_twice();
    test_session();
    test_spare();
    test_orders();
    test_replay();
    test_unknown();
    test_lease();
    test_expired();
    test_arguments();
    test_replays();
    test_rebuilds();

    for (i = 0; i < EDGES; i++) {
        node_free(world.nodes[i]);
    }

    server_stop(&world.server);

    return done_testing();
}
