
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


void
aicost_name_ids(const unsigned char digest[2 * AICOST_ID], int64_t t0,
    unsigned char id[AICOST_ID], unsigned char latch[AICOST_ID])
{
    unsigned  i;
    uint64_t  mix;

    memcpy(latch, digest, AICOST_ID);
    memcpy(id, digest + AICOST_ID, AICOST_ID);

    mix = (uint64_t) t0;

    for (i = 0; i < 8; i++) {
        id[i] ^= (unsigned char) (mix >> (8 * i));
    }
}
