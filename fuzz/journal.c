
/*
 * Copyright (C) aicost
 *
 * A journal of any bytes, its checksums made good: it is replayed as far as it
 * can be read, and the store lives on.
 */


#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "aicost_store_shm_int.h"


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void nothing(void *data);
static void seal(unsigned char *p, size_t len);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t               used;
    uint32_t             n, cursor;
    unsigned             more;
    unsigned char       *block, *copy, buf[4096];
    aicost_store_t       store;
    aicost_balance_t     balances[8];
    aicost_shm_region_t  region;

    block = malloc(AICOST_SHM_MIN + 64);
    region.base = block + 64 - ((uintptr_t) block & 63);
    region.size = AICOST_SHM_MIN;
    region.lock = nothing;
    region.unlock = nothing;
    region.data = NULL;

    copy = malloc(size + 1);

    if (block == NULL || copy == NULL) {
        abort();
    }

    memcpy(copy, data, size);
    seal(copy, size);

    aicost_store_shm_init(&store, &region, 1, 1);
    aicost_store_shm_load(&store, copy, size, &used);

    if (used > size) {
        abort();
    }

    store.ops->sweep(&store, AICOST_MS_MAX, 1000, &n);
    cursor = 0;

    do {
        store.ops->walk(&store, &cursor, balances, 8, &n);
    } while (cursor);

    do {
        (void) aicost_store_shm_dump(&store, &cursor, buf, sizeof(buf));
    } while (cursor);

    do {
        (void) aicost_store_shm_drain(&store, buf, sizeof(buf), &more);
    } while (more);

    free(copy);
    free(block);

    return 0;
}


static void
nothing(void *data)
{
    (void) data;
}


static void
seal(unsigned char *p, size_t len)
{
    size_t    n;
    uint32_t  crc;

    while (len >= 8) {
        n = (size_t) p[0] | ((size_t) p[1] << 8);

        if (n < 8 || n > len) {
            return;
        }

        crc = aicost_shm_crc32c(0xffffffffU, p, 4);
        crc = ~aicost_shm_crc32c(crc, p + 8, n - 8);

        p[4] = (unsigned char) (crc & 0xff);
        p[5] = (unsigned char) ((crc >> 8) & 0xff);
        p[6] = (unsigned char) ((crc >> 16) & 0xff);
        p[7] = (unsigned char) (crc >> 24);

        p += n;
        len -= n;
    }
}
