
/*
 * Copyright (C) aicost
 *
 * MessagePack as the scripts write it: arrays of integers and strings.
 */


#include "aicost_store_redis_int.h"


static inline uint64_t aicost_redis_big(const unsigned char *p,
    const unsigned char *last, unsigned bytes);
static inline const unsigned char *aicost_redis_read(const unsigned char *p,
    const unsigned char *last, int64_t *n);
static const unsigned char *aicost_redis_read_any(const unsigned char *p,
    const unsigned char *last, int64_t *n);
static const unsigned char *aicost_redis_read_count(const unsigned char *p,
    const unsigned char *last, size_t *n);
static const unsigned char *aicost_redis_read_total(const unsigned char *p,
    const unsigned char *last, aicost_total_t *t);


/* the first so many bytes at p, which are there */

static inline uint64_t
aicost_redis_big(const unsigned char *p, const unsigned char *last,
    unsigned bytes)
{
    uint64_t  n;

    n = 0;

    if (last - p >= 8) {
        memcpy(&n, p, sizeof(n));

    } else {
        memcpy(&n, p, bytes);
    }

    return aicost_redis_order(n) >> (64 - 8 * bytes);
}


/* a number within what a double holds exactly, and where the next thing is, or
   NULL.  Most are not below zero and not the last ones */

static inline const unsigned char *
aicost_redis_read(const unsigned char *p, const unsigned char *last, int64_t *n)
{
    unsigned  bytes;
    uint64_t  v;

    if (last - p <= 8) {
        return aicost_redis_read_any(p, last, n);
    }

    if (*p < 128) {
        *n = (int64_t) *p;
        return p + 1;
    }

    if ((*p & 0xfc) != 0xcc) {
        return aicost_redis_read_any(p, last, n);
    }

    bytes = 1U << (*p & 3);
    v = aicost_redis_big(p + 1, last, bytes);
    *n = (int64_t) v;

    return v <= (uint64_t) AICOST_REDIS_NEVER ? p + 1 + bytes : NULL;
}


static const unsigned char *
aicost_redis_read_any(const unsigned char *p, const unsigned char *last,
    int64_t *n)
{
    unsigned  head, bytes;
    uint64_t  v, sign;

    if (p == last) {
        return NULL;
    }

    head = *p++;

    if (head < 128) {
        *n = (int64_t) head;
        return p;
    }

    if (head >= 0xe0) {
        *n = (int64_t) head - 256;
        return p;
    }

    if (head < 0xcc || head > 0xd3) {
        return NULL;
    }

    bytes = 1U << (head & 3);

    if ((size_t) (last - p) < bytes) {
        return NULL;
    }

    v = aicost_redis_big(p, last, bytes);
    sign = (uint64_t) 1 << (8 * bytes - 1);

    if (head >= 0xd0 && (v & sign)) {
        v = sign - (v & ~sign);
        *n = -(int64_t) v;

    } else {
        *n = (int64_t) v;
    }

    return v <= (uint64_t) AICOST_REDIS_NEVER ? p + bytes : NULL;
}


static const unsigned char *
aicost_redis_read_count(const unsigned char *p, const unsigned char *last,
    size_t *n)
{
    if (last - p >= 1 && (*p & 0xf0) == 0x90) {
        *n = (size_t) (*p & 15);
        return p + 1;
    }

    if (last - p < 3 || *p != 0xdc) {
        return NULL;
    }

    *n = (size_t) aicost_redis_big(p + 1, last, 2);

    return p + 3;
}


/*
 * A reply with all that was charged, in one string: see totals() of common.lua.
 * An array of its first `least` numbers, then the accounts.
 */

unsigned
aicost_redis_packed(const unsigned char *p, size_t len, int64_t *n,
    size_t least, aicost_redis_seen_t *seen)
{
    size_t                i, count;
    const unsigned char  *last;

    last = p + len;
    p = aicost_redis_read_count(p, last, &count);

    if (p == NULL || count < least || (count - least) % 5
        || count > least + 5 * AICOST_MAX_CLAIMS)
    {
        return 0;
    }

    for (i = 0; i < least; i++) {
        p = aicost_redis_read(p, last, &n[i]);

        if (p == NULL) {
            return 0;
        }
    }

    for ( /* void */ ; i < count; i += 5) {
        p = aicost_redis_read_total(p, last, &seen->totals[seen->ntotals]);

        if (p == NULL) {
            return 0;
        }

        seen->ntotals++;
    }

    return p == last;
}


/* id, settled, reserved, bound, serial */

static const unsigned char *
aicost_redis_read_total(const unsigned char *p, const unsigned char *last,
    aicost_total_t *t)
{
    if (last - p <= AICOST_ID || *p != (0xa0 | AICOST_ID)) {
        return NULL;
    }

    memcpy(t->id, p + 1, AICOST_ID);
    p += 1 + AICOST_ID;

    if ((p = aicost_redis_read(p, last, &t->settled)) == NULL
        || (p = aicost_redis_read(p, last, &t->reserved)) == NULL
        || (p = aicost_redis_read(p, last, &t->bound)) == NULL
        || (p = aicost_redis_read(p, last, &t->serial)) == NULL)
    {
        return NULL;
    }

    /* none is below zero */

    return (uint64_t) t->settled <= (uint64_t) AICOST_MONEY_MAX
           && (uint64_t) t->reserved <= (uint64_t) AICOST_MONEY_MAX
           && (uint64_t) t->bound <= (uint64_t) AICOST_MONEY_MAX
           && t->serial >= 0 ? p : NULL;
}


unsigned
aicost_redis_get_array(aicost_redis_unpack_t *u, size_t n)
{
    size_t  count;

    u->p = aicost_redis_read_count(u->p, u->last, &count);

    return u->p && count == n;
}


/* a sum is not negative */

unsigned
aicost_redis_get_int(aicost_redis_unpack_t *u, int64_t *n)
{
    u->p = aicost_redis_read(u->p, u->last, n);

    return u->p && *n >= 0;
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

        s->len = (size_t) aicost_redis_big(u->p, u->last, bytes);
        u->p += bytes;
    }

    if ((size_t) (u->last - u->p) < s->len) {
        return 0;
    }

    s->data = (unsigned char *) (uintptr_t) u->p;
    u->p += s->len;

    return 1;
}
