
/*
 * Copyright (C) aicost
 *
 * The Redis store against the model, on a server of its own, and what only it
 * has: scripts that go, commands that come twice or late, keys that are
 * something else, a store that was emptied.
 */


#include "store_cases.h"
#include "store_redis.h"


#define TRACES  40
#define STEPS   1500


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


int
main(void)
{
    edge_t    *e;
    server_t   server;

    if (server_start(&server, "redis-server") != 0) {
        return 1;
    }

    e = edge_new(&server, "shop");

    test_cases(e);
    test_traces(e);

    edge_free(e);
    server_stop(&server);

    return done_testing();
}
