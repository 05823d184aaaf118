
/*
 * Copyright (C) aicost
 *
 * The embedded store against the model, and what only it has: tables that are
 * full, overflow accounts, a block that is taken over.
 */


#include <time.h>

#include "aicost_store_shm_int.h"
#include "store_cases.h"


#define TRACES  40
#define STEPS   1500
#define BLOCK   (8 << 20)


typedef struct {
    aicost_store_t       store;
    aicost_shm_region_t  region;
    unsigned             depth;
    unsigned             wrong;
} room_t;


static void
room_lock(void *data)
{
    room_t  *room = data;

    room->wrong += room->depth != 0;
    room->depth++;
}


static void
room_unlock(void *data)
{
    room_t  *room = data;

    room->depth--;
}


static int
room_open(room_t *room, size_t size)
{
    memset(room, 0, sizeof(*room));

    room->region.base = aligned_alloc(64, size);
    room->region.size = size;
    room->region.lock = room_lock;
    room->region.unlock = room_unlock;
    room->region.data = room;

    memset(room->region.base, 0xa5, size);

    return aicost_store_shm_init(&room->store, &room->region, 1, 42);
}


static void
room_close(room_t *room)
{
    free(room->region.base);
}


static void
test_traces(void)
{
    char         name[64];
    room_t       room;
    unsigned     i, good, answers[16];
    uint64_t     most;
    conform_t    c;

    memset(answers, 0, sizeof(answers));
    good = 0;
    most = 0;

    for (i = 0; i < TRACES; i++) {
        room_open(&room, BLOCK);
        memset(&c, 0, sizeof(c));
        c.store = &room.store;

        good += (unsigned) conform_trace(&c, 1000 + i, STEPS, answers);

        if (((aicost_shm_head_t *) room.region.base)->undo.most > most) {
            most = ((aicost_shm_head_t *) room.region.base)->undo.most;
        }

        if (room.wrong || room.depth) {
            ok(0, "the lock is taken once and given back");
        }

        room_close(&room);
    }

    snprintf(name, sizeof(name), "%d steps as the model", TRACES * STEPS);
    is_int(good, TRACES, name);

    for (i = 1; i <= 12; i++) {
        printf("# answer %d: %u times\n", (int) i - 10, answers[i]);

        /* a lost epoch and a full table are not in a trace */

        if (i != 1 && i != 6 && i != 10) {
            ok(answers[i] > 0, "this answer was among them");
        }
    }

    printf("# undo record: %llu of %u bytes\n", (unsigned long long) most,
           (unsigned) AICOST_SHM_UNDO);
}


static void
test_cases(void)
{
    room_t     room;
    conform_t  c;

    memset(&c, 0, sizeof(c));
    c.store = &room.store;

    room_open(&room, BLOCK);
    conform_answers(&c);
    room_close(&room);

    room_open(&room, BLOCK);
    conform_endings(&c);
    room_close(&room);

    room_open(&room, BLOCK);
    ok(conform_overshoot(&c, 3, 1), "upper mode: never above the limit");
    ok(conform_overshoot(&c, 4, 0), "estimate mode: not beyond the bound");
    room_close(&room);
}


static void
test_blocks(void)
{
    room_t             room;
    aicost_store_t     other;
    aicost_balance_t   b;
    aicost_reserve_t   q;
    aicost_granted_t   out;
    aicost_shm_stat_t  stat;

    is_int(room_open(&room, AICOST_SHM_MIN - 64), AICOST_ERROR, "too small");
    is_int(aicost_store_shm_init(&room.store, &room.region, 0, 0),
           AICOST_ERROR, "not a block");
    room_close(&room);

    is_int(room_open(&room, AICOST_SHM_MIN), AICOST_OK, "the smallest");
    aicost_store_shm_stat(&room.store, &stat);
    ok(stat.accounts > 32 && stat.reservations > 16 && stat.rates > 8,
       "and what it holds");
    printf("# 64 KB: %u accounts, %u reservations, %u rates\n", stat.accounts,
           stat.reservations, stat.rates);

    conform_plain(&q, 1, 10);
    room.store.ops->reserve(&room.store, &q, &out, NULL, NULL);
    is_int(aicost_store_shm_init(&other, &room.region, 0, 0), AICOST_OK,
           "taken over");
    other.ops->balance(&other, q.claims[0].id, &b);
    is_int(b.reserved, 10, "with what was in it");
    room_close(&room);

    room_open(&room, 64 << 20);
    aicost_store_shm_stat(&room.store, &stat);
    printf("# 64 MB: %u accounts, %u reservations, %u rates\n", stat.accounts,
           stat.reservations, stat.rates);
    room_close(&room);
}


/* accounts of ever new keys; the one window, so none is closed */

static void
test_full_accounts(void)
{
    room_t             room;
    int64_t            left;
    unsigned           i, n, spare;
    conform_t          c;
    aicost_balance_t   b;
    aicost_reserve_t   q;
    aicost_granted_t   out;
    aicost_settled_t   end;
    aicost_shm_stat_t  stat;

    room_open(&room, AICOST_SHM_MIN);
    memset(&c, 0, sizeof(c));
    c.store = &room.store;

    aicost_store_shm_stat(&room.store, &stat);
    spare = 0;

    for (i = 0; i < stat.accounts + 20; i++) {
        conform_plain(&q, i, 20);
        conform_id(q.claims[0].id, 4444, i);
        conform_id(q.claims[0].spare, 4444, 999999);
        conform_reserve(&c, &q, &out);

        if (out.answer != AICOST_GRANTED) {
            break;
        }

        spare += c.store->ops->balance(c.store, q.claims[0].id, &b)
                 != AICOST_OK;
        end = conform_end(&q, AICOST_SETTLE, 20);
        conform_settle(&c, &end, &left);
    }

    is_int(i, stat.accounts + 20, "new keys are served when all is full");
    ok(spare >= 20, "by the overflow account");
    c.store->ops->balance(c.store, q.claims[0].spare, &b);
    is_int(b.settled, 20 * spare, "which was charged");
    is_int(b.limit, 10000, "and has the same limit");

    aicost_store_shm_stat(&room.store, &stat);
    is_int(stat.overflows, spare, "counted");

    /* the next window: the closed ones are recycled, the oldest first */

    n = 0;

    for (i = 0; i < stat.accounts - 8; i++) {
        conform_plain(&q, 10000 + i, 20);
        q.now = CONFORM_EPOCH + 3600000 * 3;
        q.claims[0].t0 = CONFORM_EPOCH + 3600000 * 3;
        q.claims[0].t1 = CONFORM_EPOCH + 3600000 * 4;
        conform_id(q.claims[0].id, 3333, i);
        conform_reserve(&c, &q, &out);
        n += out.answer == AICOST_GRANTED
             && c.store->ops->balance(c.store, q.claims[0].id, &b)
                == AICOST_OK;
        end = conform_end(&q, AICOST_RELEASE, 0);
        conform_settle(&c, &end, &left);
    }

    is_int(n, stat.accounts - 8, "closed accounts make room");
    room_close(&room);
}


static void
test_full_rids(void)
{
    room_t             room;
    int64_t            left;
    uint32_t           i;
    conform_t          c;
    aicost_balance_t   a, b;
    aicost_reserve_t   q;
    aicost_granted_t   out;
    aicost_settled_t   end;
    aicost_shm_stat_t  stat;

    room_open(&room, AICOST_SHM_MIN);
    memset(&c, 0, sizeof(c));
    c.store = &room.store;
    aicost_store_shm_stat(&room.store, &stat);

    for (i = 0; i < stat.reservations; i++) {
        conform_plain(&q, i, 1);
        conform_reserve(&c, &q, &out);
    }

    is_int(out.answer, AICOST_GRANTED, "as many as there are");
    memset(&a, 0, sizeof(a));
    memset(&b, 0, sizeof(b));
    c.store->ops->balance(c.store, q.claims[0].id, &a);

    conform_plain(&q, i, 1);
    conform_id(q.claims[0].id, 2222, 1);
    conform_reserve(&c, &q, &out);
    is_int(out.answer, AICOST_NO_ROOM, "no room for one more");
    is_int(c.store->ops->balance(c.store, q.claims[0].id, &b),
           AICOST_DECLINED, "its account was not made");

    conform_plain(&q, 0, 1);
    c.store->ops->balance(c.store, q.claims[0].id, &b);
    ok(memcmp(&a, &b, sizeof(a)) == 0, "and nothing was changed");

    end = conform_end(&q, AICOST_SETTLE, 1);
    conform_settle(&c, &end, &left);
    conform_plain(&q, i, 1);
    conform_reserve(&c, &q, &out);
    is_int(out.answer, AICOST_GRANTED, "a done one makes room");

    end = conform_end(&q, AICOST_SETTLE, 7);
    memset(end.rid, 1, AICOST_ID);
    is_int(conform_settle(&c, &end, &left), AICOST_OK,
           "no room for a record: charged all the same");
    c.store->ops->balance(c.store, q.claims[0].id, &b);
    is_int(b.lost, 7, "as lost");

    room_close(&room);
}


static void
test_full_rates(void)
{
    room_t             room;
    int64_t            left;
    uint32_t           i;
    conform_t          c;
    aicost_reserve_t   q;
    aicost_granted_t   out;
    aicost_settled_t   end;
    aicost_shm_stat_t  stat;

    room_open(&room, AICOST_SHM_MIN);
    memset(&c, 0, sizeof(c));
    c.store = &room.store;
    aicost_store_shm_stat(&room.store, &stat);

    for (i = 0; i <= stat.rates; i++) {
        conform_plain(&q, i, 1);
        q.nclaims = 0;
        q.nrates = 1;
        q.rates[0].period = 1000000;
        conform_id(q.rates[0].id, 1111, i);
        conform_reserve(&c, &q, &out);
        end = conform_end(&q, AICOST_RELEASE, 0);

        if (out.answer != AICOST_GRANTED) {
            break;
        }

        conform_settle(&c, &end, &left);
    }

    is_int(i, stat.rates, "as many rates as there are");
    is_int(out.answer, AICOST_NO_ROOM, "no room for one more");

    q.now += 1000;
    conform_reserve(&c, &q, &out);
    is_int(out.answer, AICOST_GRANTED, "one that is idle makes room");

    room_close(&room);
}


static void
test_latches(void)
{
    room_t          room;
    uint32_t        n, i;
    aicost_latch_t  latch, *all;

    room_open(&room, AICOST_SHM_MIN);
    all = calloc(2000, sizeof(*all));
    memset(&latch, 0, sizeof(latch));

    for (i = 0; i < 100; i++) {
        conform_id(latch.latch, 1234, i);
        latch.at = 1000;
        latch.until = 2000 + i;
        room.store.ops->kill(&room.store, &latch);
    }

    room.store.ops->latches(&room.store, 1000, all, 2000, &n);
    ok(n >= 16 && n < 100, "latches are as many as the block holds");
    is_int(all[n - 1].until, 2099, "the last is there");

    conform_id(latch.latch, 1234, 1000);
    latch.until = INT64_MAX;

    for (i = 0; i <= n; i++) {
        conform_id(latch.latch, 1235, i);
        if (room.store.ops->kill(&room.store, &latch) != AICOST_OK) {
            break;
        }
    }

    is_int(i, n, "an operator's latch is not pushed out");
    free(all);
    room_close(&room);
}


static int64_t
nanoseconds(void)
{
    struct timespec  ts;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);

    return (int64_t) ts.tv_sec * 1000000000 + ts.tv_nsec;
}


/* printed, never judged */

static void
measure(void)
{
    room_t            room;
    int64_t           start, left;
    uint32_t          i;
    aicost_reserve_t  q;
    aicost_granted_t  out;
    aicost_settled_t  end;

    room_open(&room, 32 << 20);
    conform_measured(&q);

    start = nanoseconds();

    for (i = 0; i < 200000; i++) {
        conform_id(q.rid, 44, i);
        q.now = CONFORM_EPOCH + i / 8;
        room.store.ops->reserve(&room.store, &q, &out, NULL, NULL);

        end = conform_end(&q, AICOST_SETTLE, 8);
        room.store.ops->settle(&room.store, &end, &left, NULL, NULL);
    }

    printf("# reserve + settle, 4 claims, 2 rates: %lld ns, answer %d\n",
           (long long) ((nanoseconds() - start) / 200000), out.answer);

    room_close(&room);
}


int
main(void)
{
    test_traces();
    test_cases();
    test_blocks();
    test_full_accounts();
    test_full_rids();
    test_full_rates();
    test_latches();
    measure();

    return done_testing();
}
