
/*
 * Copyright (C) aicost
 *
 * The suite with numbers as large as they come: where doubles or 64 bits are
 * not enough, a store says something else than the model.
 */


#ifndef _AICOST_STORE_LARGE_H_INCLUDED_
#define _AICOST_STORE_LARGE_H_INCLUDED_


#include "store_cases.h"


#define CONFORM_SCALE  ((int64_t) 64000000007LL)


/* limits just below AICOST_MONEY_MAX, and a unit that is another one now and
   then */

static inline void
conform_scale(conform_world_t *w, aicost_reserve_t *q)
{
    unsigned         i, unit;
    aicost_ask_t    *ask;
    aicost_claim_t  *claim;

    for (i = 0; i < q->nsteps; i++) {
        for (unit = 0; unit < AICOST_UNITS; unit++) {
            ask = &q->ask[i][unit];
            ask->least = ask->least * CONFORM_SCALE
                         + conform_below(&w->seed, 3);
            ask->want = ask->want * CONFORM_SCALE
                        + conform_below(&w->seed, 3);
            ask->upper = ask->upper * CONFORM_SCALE + 2
                         + conform_below(&w->seed, 3);
            ask->upper = ask->upper > ask->least ? ask->upper : ask->least;
        }
    }

    for (i = 0; i < q->nclaims; i++) {
        claim = &q->claims[i];
        claim->limit = claim->limit * CONFORM_SCALE - 1;
        claim->warn *= CONFORM_SCALE;
        claim->downgrade *= CONFORM_SCALE;
        claim->kill *= CONFORM_SCALE;

        if (conform_below(&w->seed, 200) == 0) {
            claim->unit = !claim->unit;
        }
    }
}


static inline int
conform_large(conform_world_t *w, unsigned i)
{
    int                  good;
    int64_t              left[2];
    aicost_granted_t     a, b;
    aicost_reserve_t     q;
    aicost_settled_t     end;

    conform_clock(w);
    conform_ask(w, &q);
    conform_scale(w, &q);

    w->step = i;
    w->model.ops->reserve(&w->model, &q, &a, NULL, NULL);
    conform_reserve(w->c, &q, &b);
    good = conform_granted(w, &a, &b);

    if (conform_below(&w->seed, 3)) {
        end = conform_end(&q, conform_below(&w->seed, 9)
                              ? AICOST_SETTLE : AICOST_RELEASE,
                          conform_below(&w->seed, 3000 * CONFORM_SCALE));
        end.actual[1] = conform_below(&w->seed, 3000 * CONFORM_SCALE);
        end.now = w->now;

        if (a.answer == AICOST_BAD_ASK) {
            end.nclaims = 0;
        }

        w->model.ops->settle(&w->model, &end, &left[0], NULL, NULL);
        conform_settle(w->c, &end, &left[1]);

        if (left[0] != left[1]) {
            snprintf(w->why, sizeof(w->why), "step %u: left: model %lld, "
                     "store %lld", i, (long long) left[0],
                     (long long) left[1]);
            good = 0;
        }
    }

    return good && conform_balances(w) && conform_latches(w);
}


/* on a store that is empty; returns 1 when it did as the model */

static inline int
conform_large_trace(conform_t *c, uint64_t seed, unsigned steps,
    unsigned answers[16])
{
    int               good;
    unsigned          i;
    conform_world_t  *w;

    w = calloc(1, sizeof(*w));

    if (w == NULL || model_init(&w->model) != AICOST_OK) {
        return 0;
    }

    w->seed = seed;
    w->now = CONFORM_EPOCH;
    w->c = c;
    good = 1;

    for (i = 0; i < steps && good; i++) {
        good = conform_large(w, i);
    }

    if (!good) {
        printf("# seed %llu: %s\n", (unsigned long long) seed, w->why);
    }

    for (i = 0; i < 16; i++) {
        answers[i] += w->answers[i];
    }

    free(w->model.ctx);
    free(w);

    return good;
}


#endif /* _AICOST_STORE_LARGE_H_INCLUDED_ */
