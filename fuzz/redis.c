
/*
 * Copyright (C) aicost
 *
 * What a Redis may answer: error lines, redirects, packed accounts and
 * latches, and trees that no script gives.
 */


#include "aicost_store_redis.h"


#define FUZZ_NODES  64


typedef struct {
    const unsigned char  *p;
    const unsigned char  *last;
    unsigned              used;
    aicost_redis_value_t  nodes[FUZZ_NODES];
} fuzz_t;


int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);


static unsigned
fuzz_byte(fuzz_t *f)
{
    return f->p < f->last ? *f->p++ : 0;
}


static void
fuzz_at(const aicost_redis_value_t *array, size_t i,
    aicost_redis_value_t *out)
{
    const aicost_redis_value_t  *list = array->node;

    if (i >= array->len) {
        __builtin_trap();
    }

    *out = list[i];
}


/* arrays of one level in an array: as deep as the scripts answer */

static void
fuzz_value(fuzz_t *f, aicost_redis_value_t *v, unsigned depth)
{
    size_t    i, n;
    unsigned  k;

    memset(v, 0, sizeof(aicost_redis_value_t));

    v->type = (aicost_redis_type_e) (fuzz_byte(f) % 5);

    switch (v->type) {

    case AICOST_REDIS_INTEGER:
        n = fuzz_byte(f) % 9;

        for (i = 0; i < n; i++) {
            v->integer = (int64_t) (((uint64_t) v->integer << 8)
                                    | fuzz_byte(f));
        }

        break;

    case AICOST_REDIS_STRING:
    case AICOST_REDIS_FAULT:
        n = fuzz_byte(f);
        n = n < (size_t) (f->last - f->p) ? n : (size_t) (f->last - f->p);
        v->str = f->p;
        v->len = n;
        f->p += n;
        break;

    case AICOST_REDIS_ARRAY:
        n = depth < 2 ? fuzz_byte(f) % 20 : 0;

        if (n > FUZZ_NODES - f->used) {
            n = FUZZ_NODES - f->used;
        }

        k = f->used;
        f->used += (unsigned) n;
        v->node = &f->nodes[k];
        v->len = n;

        for (i = 0; i < n; i++) {
            fuzz_value(f, &f->nodes[k + i], depth + 1);
        }

        break;

    default:
        break;
    }
}


/* an answer of control.lua or restore.lua with numbers of any size in it */

static void
fuzz_whole(fuzz_t *f, aicost_redis_value_t *v)
{
    size_t    i, n;
    unsigned  k;

    memset(v, 0, sizeof(aicost_redis_value_t));

    v->type = AICOST_REDIS_ARRAY;
    v->node = f->nodes;
    v->len = fuzz_byte(f) % 20;

    for (i = 0; i < v->len; i++) {
        memset(&f->nodes[i], 0, sizeof(aicost_redis_value_t));
        f->nodes[i].type = AICOST_REDIS_INTEGER;
        n = fuzz_byte(f) % 9;

        for (k = 0; k < n; k++) {
            f->nodes[i].integer = (int64_t) (((uint64_t) f->nodes[i].integer
                                              << 8) | fuzz_byte(f));
        }
    }

    if (f->last - f->p >= AICOST_ID) {
        f->nodes[1].type = AICOST_REDIS_STRING;
        f->nodes[1].str = f->p;
        f->nodes[1].len = fuzz_byte(f) % 64 ? AICOST_ID : 0;
    }
}


/* the answer of reserve.lua, or of settle.lua */

static void
fuzz_charged(const aicost_redis_reply_t *reply)
{
    int64_t              left;
    aicost_granted_t     out;
    aicost_redis_seen_t  seen;

    if (aicost_redis_granted(reply, &out, &seen) == AICOST_OK
        && (out.answer > AICOST_GRANTED_AGAIN || out.answer < AICOST_NO_ROOM
            || out.amount[0] < 0 || out.amount[0] > AICOST_MONEY_MAX
            || seen.ntotals > AICOST_MAX_CLAIMS))
    {
        __builtin_trap();
    }

    (void) aicost_redis_settled(reply, &left, &seen);
}


static void
fuzz_life(const aicost_redis_reply_t *reply)
{
    aicost_redis_life_t  life;
    aicost_redis_seen_t  seen;

    if (aicost_redis_lived(reply, &life, &seen) == AICOST_OK) {

        if (life.phase > AICOST_REDIS_REBUILD || life.told > 1
            || life.edges > 1000000 || life.wait < 0
            || life.wait > AICOST_LEASE_MAX || life.state.kill_all > 1
            || life.state.killed > 1000000 || life.state.share_ppm < 0
            || life.state.share_ppm > 1000000 || seen.error)
        {
            __builtin_trap();
        }

    } else if (!seen.error) {
        __builtin_trap();
    }

    if ((aicost_redis_restored(reply, &seen) == AICOST_OK)
        != (seen.error == AICOST_REDIS_FINE))
    {
        __builtin_trap();
    }
}


static void
fuzz_bytes(const unsigned char *data, size_t size)
{
    aicost_redis_redirect_t  to;

    (void) aicost_redis_word(aicost_redis_error(data, size));

    if (aicost_redis_redirect(data, size, &to) == AICOST_OK
        && (to.slot > 16383 || to.port > 65535
            || to.host.data < data
            || to.host.data + to.host.len > data + size))
    {
        __builtin_trap();
    }
}


int
LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    fuzz_t                f;
    uint32_t              n, cursor;
    uint64_t              bits[3];
    unsigned              more;
    unsigned char         epoch[AICOST_ID];
    aicost_state_t        state;
    aicost_latch_t        latches[4];
    aicost_balance_t      b[4];
    aicost_redis_seen_t   seen;
    aicost_redis_reply_t  reply;

    fuzz_bytes(data, size);

    memset(&f, 0, sizeof(fuzz_t));
    f.p = data;
    f.last = data + size;

    reply.at = fuzz_at;
    fuzz_value(&f, &reply.value, 0);

    fuzz_charged(&reply);
    fuzz_life(&reply);

    (void) aicost_redis_renewed(&reply, (uint32_t) (size % 65), &bits[0],
                                &bits[1], &bits[2], &seen);
    (void) aicost_redis_swept(&reply, 10, &n, &more, &seen);
    (void) aicost_redis_controlled(&reply, epoch, &seen);
    (void) aicost_redis_stated(&reply, &state, &seen);
    (void) aicost_redis_listed(&reply, latches, 4, &n, &seen);
    (void) aicost_redis_walked(&reply, &cursor, b, 4, &n, &seen);

    f.p = data;
    f.used = 0;
    fuzz_whole(&f, &reply.value);
    fuzz_life(&reply);

    if (size >= AICOST_ID) {
        reply.value.type = AICOST_REDIS_STRING;
        reply.value.str = data;
        reply.value.len = size;
        fuzz_charged(&reply);
        (void) aicost_redis_balanced(&reply, data, b, &seen);
    }

    return 0;
}
