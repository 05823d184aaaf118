
/*
 * Copyright (C) aicost
 *
 * MessagePack as the scripts write it: arrays of integers and strings.
 */


#include "aicost_store_redis_int.h"


static uint64_t aicost_redis_get_big(aicost_redis_unpack_t *u,
    unsigned bytes);
static unsigned aicost_redis_get_count(aicost_redis_unpack_t *u, size_t *n);
static unsigned aicost_redis_get_value(aicost_redis_unpack_t *u,
    aicost_redis_value_t *v);
static void aicost_redis_packed_at(const aicost_redis_value_t *array, size_t i,
    aicost_redis_value_t *out);


/* one string is read as the array that is packed in it; what is not such a
   string becomes nil; any other reply stays what it is */

const aicost_redis_reply_t *
aicost_redis_unpacked(const aicost_redis_reply_t *reply,
    aicost_redis_packed_t *room)
{
    size_t                 i;
    aicost_redis_unpack_t  u;

    if (reply->value.type != AICOST_REDIS_STRING) {
        return reply;
    }

    memset(&room->reply, 0, sizeof(aicost_redis_reply_t));
    room->reply.at = aicost_redis_packed_at;
    room->reply.value.node = room->items;

    u.p = reply->value.str;
    u.last = u.p + reply->value.len;

    if (!aicost_redis_get_count(&u, &room->reply.value.len)
        || room->reply.value.len > AICOST_REDIS_PACKED)
    {
        return &room->reply;
    }

    for (i = 0; i < room->reply.value.len; i++) {
        if (!aicost_redis_get_value(&u, &room->items[i])) {
            return &room->reply;
        }
    }

    if (u.p == u.last) {
        room->reply.value.type = AICOST_REDIS_ARRAY;
    }

    return &room->reply;
}


static void
aicost_redis_packed_at(const aicost_redis_value_t *array, size_t i,
    aicost_redis_value_t *out)
{
    *out = ((const aicost_redis_value_t *) array->node)[i];
}


static unsigned
aicost_redis_get_value(aicost_redis_unpack_t *u, aicost_redis_value_t *v)
{
    aicost_str_t  s;

    if (u->p < u->last && (*u->p & 0xe0) == 0xa0) {
        v->type = AICOST_REDIS_STRING;

        if (!aicost_redis_get_str(u, &s)) {
            return 0;
        }

        v->str = s.data;
        v->len = s.len;

        return 1;
    }

    v->type = AICOST_REDIS_INTEGER;

    return aicost_redis_get_signed(u, &v->integer);
}


static uint64_t
aicost_redis_get_big(aicost_redis_unpack_t *u, unsigned bytes)
{
    uint64_t              n;
    const unsigned char  *p;

    p = u->p;
    u->p += bytes;

    if (bytes == 8) {
        return (uint64_t) p[0] << 56 | (uint64_t) p[1] << 48
               | (uint64_t) p[2] << 40 | (uint64_t) p[3] << 32
               | (uint64_t) p[4] << 24 | (uint64_t) p[5] << 16
               | (uint64_t) p[6] << 8 | p[7];
    }

    for (n = 0; p < u->p; p++) {
        n = n << 8 | *p;
    }

    return n;
}


static unsigned
aicost_redis_get_count(aicost_redis_unpack_t *u, size_t *n)
{
    if (u->last - u->p >= 1 && (*u->p & 0xf0) == 0x90) {
        *n = (size_t) (*u->p++ & 15);
        return 1;
    }

    if (u->last - u->p < 3 || *u->p != 0xdc) {
        return 0;
    }

    u->p++;
    *n = (size_t) aicost_redis_get_big(u, 2);

    return 1;
}


unsigned
aicost_redis_get_array(aicost_redis_unpack_t *u, size_t n)
{
    size_t  count;

    return aicost_redis_get_count(u, &count) && count == n;
}


/* within what a double holds exactly */

unsigned
aicost_redis_get_signed(aicost_redis_unpack_t *u, int64_t *n)
{
    unsigned  head, bytes;
    uint64_t  v, sign;

    if (u->p == u->last) {
        return 0;
    }

    head = *u->p++;

    if (head < 128) {
        *n = (int64_t) head;
        return 1;
    }

    if (head >= 0xe0) {
        *n = (int64_t) head - 256;
        return 1;
    }

    if (head < 0xcc || head > 0xd3) {
        return 0;
    }

    bytes = 1U << (head & 3);

    if ((size_t) (u->last - u->p) < bytes) {
        return 0;
    }

    v = aicost_redis_get_big(u, bytes);

    if (head >= 0xd0) {
        sign = (uint64_t) 1 << (8 * bytes - 1);

        if (v & sign) {
            v = sign - (v & ~sign);

            if (v > (uint64_t) AICOST_REDIS_NEVER) {
                return 0;
            }

            *n = -(int64_t) v;

            return 1;
        }
    }

    *n = (int64_t) v;

    return v <= (uint64_t) AICOST_REDIS_NEVER;
}


/* a sum is not negative */

unsigned
aicost_redis_get_int(aicost_redis_unpack_t *u, int64_t *n)
{
    return aicost_redis_get_signed(u, n) && *n >= 0;
}


unsigned
aicost_redis_get_str(aicost_redis_unpack_t *u, aicost_str_t *s)
{
    unsigned  head, bytes;

    if (u->p == u->last) {
        return 0;
    }

    head = *u->p++;

    if ((head & 0xe0) == 0xa0) {
        s->len = head & 31;

    } else {
        bytes = head == 0xd9 ? 1 : head == 0xda ? 2 : 0;

        if (bytes == 0 || (size_t) (u->last - u->p) < bytes) {
            return 0;
        }

        s->len = (size_t) aicost_redis_get_big(u, bytes);
    }

    if ((size_t) (u->last - u->p) < s->len) {
        return 0;
    }

    s->data = (unsigned char *) (uintptr_t) u->p;
    u->p += s->len;

    return 1;
}
