
/*
 * Copyright (C) aicost
 *
 * A stream in pieces as the first byte says gives what the whole gives.
 */


#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "aicost_sse.h"


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint64_t digest(const uint8_t *data, size_t size, size_t piece);
static uint64_t mix(uint64_t h, const unsigned char *p, size_t len);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t  piece;

    if (size == 0) {
        return 0;
    }

    piece = (size_t) (data[0] % 16) + 1;

    if (digest(data + 1, size - 1, piece)
        != digest(data + 1, size - 1, size))
    {
        abort();
    }

    return 0;
}


static uint64_t
digest(const uint8_t *data, size_t size, size_t piece)
{
    int                   rc;
    size_t                n;
    uint64_t              h;
    uint32_t              room;
    unsigned char        *buf, *part;
    aicost_sse_t          s;
    const unsigned char  *p;

    h = 0;
    room = 16;
    buf = malloc(room);

    aicost_sse_init(&s, buf, room);

    while (size) {
        n = size < piece ? size : piece;
        part = malloc(n);
        memcpy(part, data, n);
        p = part;

        for ( ;; ) {
            rc = aicost_sse_next(&s, &p, part + n);

            if (rc == AICOST_AGAIN) {
                break;
            }

            if (rc == AICOST_DECLINED) {
                room *= 2;
                buf = realloc(buf, room);
                aicost_sse_room(&s, buf, room);
                continue;
            }

            h = mix(h, s.buf, s.len);
            h = mix(h, s.name.data, s.name.len);
            h = h * 31 + s.has_data * 2 + s.comment_only;
        }

        if (p != part + n) {
            abort();
        }

        free(part);
        data += n;
        size -= n;
    }

    h = h * 31 + (aicost_sse_end(&s) == AICOST_OK);
    free(buf);

    return h;
}


static uint64_t
mix(uint64_t h, const unsigned char *p, size_t len)
{
    size_t  i;

    for (i = 0; i < len; i++) {
        h = (h ^ p[i]) * 1099511628211U;
    }

    return h * 1099511628211U + len;
}
