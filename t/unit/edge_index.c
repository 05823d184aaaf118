
/*
 * Copyright (C) aicost
 *
 * The index of an edge's memory against a plain list: ids that come and go,
 * most of them at the same places, with the end of the cells between.
 */


#include "aicost_edge_int.h"
#include "edge_cases.h"


#define SLOTS   32
#define CELLS   (SLOTS * AICOST_EDGE_CELLS)
#define NAMES   96
#define TRACE   40000
#define LIFE    7


typedef struct {
    uint32_t             pad;
    unsigned char        id[AICOST_ID];
} slot_t;


static slot_t               slots[SLOTS];
static aicost_edge_cell_t   cells[CELLS];
static unsigned char        names[NAMES][AICOST_ID];
static uint32_t             at[NAMES];       /* AICOST_EDGE_NONE: not there */
static uint32_t             life = LIFE;
static aicost_edge_index_t  index_of;


/* two of three have one of three places around the end, one has the hash of
   the one before it */

static void
setup(void)
{
    uint32_t  i, place;
    uint64_t  n, word[2];

    index_of.cells = cells;
    index_of.ids = slots[0].id;
    index_of.slot_size = sizeof(slot_t);
    index_of.ncells = CELLS;
    index_of.life = &life;

    n = 0;

    for (i = 0; i < NAMES; i++) {
        at[i] = AICOST_EDGE_NONE;

        do {
            edge_id(names[i], EDGE_ACCOUNT, n++);
            place = (uint32_t) (aicost_edge_home(&index_of, names[i]) - cells);
        } while (i % 3 && place && place < CELLS - 2);

        if (i % 8 == 7) {
            memcpy(word, names[i - 1], AICOST_ID);
            word[0] ^= (word[1] << 17) ^ (word[1] >> 47);
            word[1] = n;
            word[0] ^= (word[1] << 17) ^ (word[1] >> 47);
            memcpy(names[i], word, AICOST_ID);
        }
    }
}


static const char *
step(uint64_t *seed, unsigned used[SLOTS], uint32_t *n)
{
    uint32_t  i, k;

    i = (uint32_t) edge_random(seed, NAMES);

    if (at[i] != AICOST_EDGE_NONE) {
        aicost_edge_remove(&index_of, at[i]);
        used[at[i]] = 0;
        at[i] = AICOST_EDGE_NONE;
        (*n)--;

    } else if (*n < SLOTS) {
        k = (uint32_t) edge_random(seed, SLOTS);

        while (used[k]) {
            k = (k + 1) % SLOTS;
        }

        memcpy(slots[k].id, names[i], AICOST_ID);
        aicost_edge_add(&index_of, k);
        used[k] = 1;
        at[i] = k;
        (*n)++;
    }

    for (i = 0; i < NAMES; i++) {
        if (aicost_edge_find(&index_of, names[i]) != at[i]) {
            return at[i] == AICOST_EDGE_NONE ? "one that went is there"
                                             : "one that is there is not found";
        }
    }

    return NULL;
}


static void
test_trace(void)
{
    uint32_t     i, n, full;
    uint64_t     seed;
    unsigned     used[SLOTS];
    const char  *why;

    memset(used, 0, sizeof(used));
    seed = 20261129;
    n = 0;
    full = 0;
    why = NULL;

    for (i = 0; i < TRACE && why == NULL; i++) {
        why = step(&seed, used, &n);
        full += (n == SLOTS);
    }

    is_str(why, NULL, "each id is found while it is there, and not after");
    ok(full > TRACE / 4, "often with every slot taken");
}


static void
test_lives(void)
{
    uint32_t  i, n;

    n = 0;
    life++;

    for (i = 0; i < NAMES; i++) {
        n += aicost_edge_find(&index_of, names[i]) != AICOST_EDGE_NONE;
    }

    is_int(n, 0, "in another life there is none");

    memcpy(slots[0].id, names[1], AICOST_ID);
    aicost_edge_add(&index_of, 0);
    is_int(aicost_edge_find(&index_of, names[1]), 0, "but for a new one");

    aicost_edge_clear(&index_of);
    ok(aicost_edge_find(&index_of, names[1]) == AICOST_EDGE_NONE,
       "and none when all are cleared");
}


int
main(void)
{
    setup();

    test_trace();
    test_lives();

    return done_testing();
}
