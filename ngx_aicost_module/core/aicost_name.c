
/*
 * Copyright (C) aicost
 */


#include "aicost_name.h"


size_t
aicost_name_text(unsigned char *buf, unsigned char kind,
    const unsigned char *name, size_t name_len, const unsigned char *key,
    size_t key_len)
{
    size_t  n;

    n = 0;
    buf[n++] = kind;

    if (name_len > AICOST_MAX_IDENT - 2) {
        name_len = AICOST_MAX_IDENT - 2;
    }

    if (name_len) {
        memcpy(buf + n, name, name_len);
        n += name_len;
    }

    buf[n++] = '\0';

    if (key_len > AICOST_NAME_KEY) {
        key_len = AICOST_NAME_KEY;
    }

    if (key_len) {
        memcpy(buf + n, key, key_len);
        n += key_len;
    }

    return n;
}


/* mixed byte by byte, so that machines of any order agree on it; written out,
   it is one word for the compiler */

void
aicost_name_ids(const unsigned char digest[2 * AICOST_ID], int64_t t0,
    unsigned char id[AICOST_ID], unsigned char latch[AICOST_ID])
{
    uint64_t              mix;
    const unsigned char  *d;

    d = digest + AICOST_ID;

    mix = (uint64_t) t0 ^ ((uint64_t) d[0] | (uint64_t) d[1] << 8
                           | (uint64_t) d[2] << 16 | (uint64_t) d[3] << 24
                           | (uint64_t) d[4] << 32 | (uint64_t) d[5] << 40
                           | (uint64_t) d[6] << 48 | (uint64_t) d[7] << 56);

    memcpy(latch, digest, AICOST_ID);
    memcpy(id, d, AICOST_ID);

    id[0] = (unsigned char) mix;
    id[1] = (unsigned char) (mix >> 8);
    id[2] = (unsigned char) (mix >> 16);
    id[3] = (unsigned char) (mix >> 24);
    id[4] = (unsigned char) (mix >> 32);
    id[5] = (unsigned char) (mix >> 40);
    id[6] = (unsigned char) (mix >> 48);
    id[7] = (unsigned char) (mix >> 56);
}
