
/*
 * Copyright (C) aicost
 *
 * The journal and the snapshot: what is replayed is the state that was, at
 * every mark and for a cut at every byte.
 */


#include "aicost_store_shm_int.h"
#include "store_cases.h"


#define BLOCK    (1 << 20)
#define JOURNAL  (4 << 20)


typedef struct {
    aicost_store_t       store;
    aicost_shm_region_t  region;
} room_t;


/* the state as one sees it, in the order of ids */

typedef struct {
    unsigned             n;
    aicost_balance_t     balances[1024];
    aicost_state_t       state;
    uint32_t             nlatches;
    aicost_latch_t       latches[64];
    uint32_t             open;
} view_t;


static void
room_nothing(void *data)
{
    (void) data;
}


static void
room_open(room_t *room, size_t size)
{
    memset(room, 0, sizeof(*room));

    room->region.base = aligned_alloc(64, size);
    room->region.size = size;
    room->region.lock = room_nothing;
    room->region.unlock = room_nothing;

    aicost_store_shm_init(&room->store, &room->region, 1, 77);
}


static void
room_close(room_t *room)
{
    free(room->region.base);
}


static int
order_balances(const void *one, const void *two)
{
    return memcmp(((const aicost_balance_t *) one)->id,
                  ((const aicost_balance_t *) two)->id, AICOST_ID);
}


static void
view_take(view_t *view, room_t *room)
{
    uint32_t           cursor, n;
    aicost_store_t    *s;
    aicost_shm_stat_t  stat;

    s = &room->store;
    memset(view, 0, sizeof(*view));
    cursor = 0;

    do {
        s->ops->walk(s, &cursor, view->balances + view->n, 7, &n);
        view->n += n;
    } while (cursor);

    qsort(view->balances, view->n, sizeof(aicost_balance_t), order_balances);

    s->ops->state(s, 0, &view->state);
    s->ops->latches(s, 0, view->latches, 64, &view->nlatches);
    qsort(view->latches, view->nlatches, sizeof(aicost_latch_t),
          conform_latch_order);

    aicost_store_shm_stat(s, &stat);
    view->open = stat.open_reservations;
}


static int
view_same(const view_t *a, const view_t *b)
{
    unsigned  i;

    if (memcmp(a, b, sizeof(*a)) == 0) {
        return 1;
    }

    printf("# accounts %u %u, latches %u %u, open %u %u\n", a->n, b->n,
           a->nlatches, b->nlatches, a->open, b->open);

    for (i = 0; i < a->n && i < b->n; i++) {
        if (memcmp(&a->balances[i], &b->balances[i], sizeof(aicost_balance_t)))
        {
            printf("# account %u: settled %lld %lld, reserved %lld %lld\n", i,
                   (long long) a->balances[i].settled,
                   (long long) b->balances[i].settled,
                   (long long) a->balances[i].reserved,
                   (long long) b->balances[i].reserved);
        }
    }

    return 0;
}


/* a random life with a drain now and then */

static size_t
live(room_t *room, unsigned char *journal, uint64_t seed, unsigned steps,
    view_t *last)
{
    size_t            size, marked;
    unsigned          more;
    conform_t         c;
    conform_world_t  *w;

    w = calloc(1, sizeof(*w));
    memset(&c, 0, sizeof(c));
    model_init(&w->model);

    c.store = &room->store;
    w->seed = seed;
    w->now = CONFORM_EPOCH;
    w->c = &c;
    size = 0;
    marked = 0;

    for (w->step = 0; w->step < steps; w->step++) {
        if (!conform_step(w)) {
            printf("# %s\n", w->why);
        }

        if (w->step % 37 == 36) {
            size += aicost_store_shm_drain(&room->store, journal + size,
                                           w->step % 3 ? 65536 : 1500, &more);
            if (!more) {
                marked = size;

                if (last) {
                    view_take(last, room);
                }
            }
        }
    }

    free(w->model.ctx);
    free(w);

    return last ? size : marked;
}


static void
test_replay(void)
{
    size_t          size, used, rest;
    view_t         *a, *b;
    room_t          one, two;
    unsigned        i, more, good;
    uint32_t        n;
    unsigned char  *journal;

    journal = malloc(JOURNAL);
    a = calloc(1, sizeof(*a));
    b = calloc(1, sizeof(*b));
    good = 0;

    for (i = 0; i < 10; i++) {
        room_open(&one, BLOCK);
        room_open(&two, BLOCK);

        size = live(&one, journal, 4000 + i, 1500, a);
        n = aicost_store_shm_load(&two.store, journal, size, &used);
        view_take(b, &two);

        if (n == 0 || !view_same(a, b)) {
            printf("# seed %u: %u records, %zu of %zu bytes\n", 4000 + i, n,
                   used, size);
            break;
        }

        /* the rest: all is drained, and the replay goes on where it was */

        rest = size;

        do {
            rest += aicost_store_shm_drain(&one.store, journal + rest, 2048,
                                           &more);
        } while (more);

        aicost_store_shm_load(&two.store, journal + used, rest - used, &size);
        view_take(a, &one);
        view_take(b, &two);

        good += (unsigned) (view_same(a, b) && used + size == rest
                            && a->open > 0);

        room_close(&one);
        room_close(&two);
    }

    is_int(good, 10, "replayed: the state at the last mark, then the end");

    free(journal);
    free(a);
    free(b);
}


static void
test_after_replay(void)
{
    size_t            size, used;
    room_t            one, two;
    int64_t           left;
    uint32_t          n;
    unsigned          more;
    conform_t         c;
    unsigned char     journal[4096];
    aicost_reserve_t  q;
    aicost_granted_t  out;
    aicost_settled_t  end;

    room_open(&one, BLOCK);
    room_open(&two, BLOCK);
    memset(&c, 0, sizeof(c));
    c.store = &one.store;

    conform_plain(&q, 1, 500);
    conform_reserve(&c, &q, &out);
    conform_plain(&q, 2, 300);
    conform_reserve(&c, &q, &out);
    size = aicost_store_shm_drain(&one.store, journal, 4096, &more);

    conform_plain(&q, 1, 500);
    end = conform_end(&q, AICOST_SETTLE, 450);
    conform_settle(&c, &end, &left);
    size += aicost_store_shm_drain(&one.store, journal + size, 4096 - size,
                                   &more);
    is_int((long long) aicost_store_shm_drain(&one.store, journal + size,
                                              4096 - size, &more), 0,
           "nothing changed, nothing is written");

    aicost_store_shm_load(&two.store, journal, size, &used);
    is_int((long long) used, (long long) size, "all of it was good");

    c.store = &two.store;
    conform_sums(&c, q.claims[0].id, 450, 300, 0, 0, "sums came back");

    conform_settle(&c, &end, &left);
    conform_sums(&c, q.claims[0].id, 450, 300, 0, 0,
                 "what was settled stays so");

    conform_plain(&q, 2, 300);
    conform_reserve(&c, &q, &out);
    is_int(out.answer, AICOST_GRANTED_AGAIN, "what was open is open");
    c.store->ops->sweep(c.store, q.now + CONFORM_LEASE, 10, &n);
    is_int(n, 1, "with its lease");
    conform_sums(&c, q.claims[0].id, 750, 0, 300, 0, "which is charged");

    room_close(&one);
    room_close(&two);
}


/* slots are taken again before they are cold, and nothing is forgotten by it:
   neither an end that was not written yet nor a lease that ran out */

static void
test_taken_again(void)
{
    size_t             size, used;
    room_t             one, two;
    int64_t            left;
    uint32_t           n;
    unsigned           i, more;
    conform_t          c;
    unsigned char     *journal;
    aicost_reserve_t   q, late;
    aicost_granted_t   out;
    aicost_settled_t   end;
    aicost_shm_stat_t  stat;

    journal = malloc(JOURNAL);
    room_open(&one, 4 * BLOCK);
    room_open(&two, 4 * BLOCK);
    memset(&c, 0, sizeof(c));
    c.store = &one.store;

    aicost_store_shm_stat(c.store, &stat);
    ok(stat.reservations > 2 * AICOST_SHM_DONES, "there is room for all");

    conform_plain(&late, 1, 50);
    conform_reserve(&c, &late, &out);
    c.store->ops->sweep(c.store, late.now + CONFORM_LEASE, 10, &n);
    is_int(n, 1, "a lease ran out");

    conform_plain(&q, 2, 40);
    conform_reserve(&c, &q, &out);
    size = aicost_store_shm_drain(&one.store, journal, JOURNAL, &more);
    end = conform_end(&q, AICOST_SETTLE, 40);
    conform_settle(&c, &end, &left);

    for (i = 3; i < AICOST_SHM_DONES + 100; i++) {
        conform_plain(&q, i, 1);
        conform_reserve(&c, &q, &out);
        end = conform_end(&q, AICOST_RELEASE, 0);
        conform_settle(&c, &end, &left);
    }

    is_int(((aicost_shm_head_t *) (void *) one.region.base)
           ->state.counts[AICOST_SHM_RID].used, AICOST_SHM_DONES + 2,
           "beside the last ones, that and the end that is to be written");

    size += aicost_store_shm_drain(&one.store, journal + size, JOURNAL - size,
                                   &more);
    aicost_store_shm_load(&two.store, journal, size, &used);

    conform_sums(&c, q.claims[0].id, 90, 0, 50, 0, "the sums");
    c.store = &two.store;
    conform_sums(&c, q.claims[0].id, 90, 0, 50, 0, "they come back");

    c.store = &one.store;

    for (n = 0; n < 100; n++, i++) {
        conform_plain(&q, i, 1);
        conform_reserve(&c, &q, &out);
        end = conform_end(&q, AICOST_RELEASE, 0);
        conform_settle(&c, &end, &left);
    }

    is_int(((aicost_shm_head_t *) (void *) one.region.base)
           ->state.counts[AICOST_SHM_RID].used, AICOST_SHM_DONES + 1,
           "and only that, once it is written");

    end = conform_end(&late, AICOST_SETTLE, 30);
    conform_settle(&c, &end, &left);
    conform_sums(&c, late.claims[0].id, 70, 0, 0, 0,
                 "the settlement of the lease that ran out corrects it");

    room_close(&one);
    room_close(&two);
    free(journal);
}


/* a tail cut at every byte: as a cut behind the last mark that is whole */

static void
test_cuts(void)
{
    size_t          size, cut, used, last;
    room_t          one, two;
    view_t         *a, *b;
    unsigned        good;
    unsigned char  *journal, *exact;

    journal = malloc(JOURNAL);
    a = calloc(1, sizeof(*a));
    b = calloc(1, sizeof(*b));

    room_open(&one, BLOCK);
    size = live(&one, journal, 99, 150, NULL);
    room_close(&one);

    last = 0;
    good = 0;

    for (cut = 0; cut <= size; cut++) {
        room_open(&two, AICOST_SHM_MIN);
        exact = malloc(cut + 1);
        memcpy(exact, journal, cut);

        aicost_store_shm_load(&two.store, exact, cut, &used);

        if (used != last) {
            view_take(a, &two);
            last = used;
        }

        if (last) {
            view_take(b, &two);
        }

        good += used <= cut && (last == 0 || memcmp(a, b, sizeof(*a)) == 0);

        free(exact);
        room_close(&two);
    }

    ok(size > 4096, "a journal of some length");
    is_int(good, (long long) size + 1, "a tail cut at any byte");
    is_int((long long) last, (long long) size, "and whole");

    /* one byte is wrong somewhere */

    good = 0;

    for (cut = 0; cut < size; cut += 7) {
        room_open(&two, AICOST_SHM_MIN);
        journal[cut] ^= 0x10;
        aicost_store_shm_load(&two.store, journal, size, &used);
        good += used <= cut;
        journal[cut] ^= 0x10;
        room_close(&two);
    }

    is_int(good, (long long) ((size + 6) / 7), "a wrong byte stops the replay");

    free(journal);
    free(a);
    free(b);
}


static void
test_dump(void)
{
    size_t          size, used;
    room_t          one, two, three;
    view_t         *a, *b;
    uint32_t        cursor;
    unsigned        calls;
    unsigned char  *journal;

    journal = malloc(JOURNAL);
    a = calloc(1, sizeof(*a));
    b = calloc(1, sizeof(*b));

    room_open(&one, BLOCK);
    live(&one, journal, 123, 2000, NULL);

    size = 0;
    cursor = 0;
    calls = 0;

    do {
        size += aicost_store_shm_dump(&one.store, &cursor, journal + size,
                                      2048);
        calls++;
    } while (cursor);

    room_open(&two, BLOCK);
    aicost_store_shm_load(&two.store, journal, size, &used);

    view_take(a, &one);
    view_take(b, &two);
    ok(view_same(a, b), "a snapshot is the whole state");
    ok(calls > 2 && used == size, "written in pieces");

    /* into the smallest block: what is open may not fit; it is charged */

    room_open(&three, AICOST_SHM_MIN);
    aicost_store_shm_load(&three.store, journal, size, &used);
    is_int((long long) used, (long long) size, "and into a smaller block");

    room_close(&one);
    room_close(&two);
    room_close(&three);
    free(journal);
    free(a);
    free(b);
}


int
main(void)
{
    test_replay();
    test_after_replay();
    test_taken_again();
    test_cuts();
    test_dump();

    return done_testing();
}
