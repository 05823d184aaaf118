
/*
 * Copyright (C) aicost
 *
 * prices.json and consumers.json: a block or a sentence, and no leak.
 */


#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "aicost_file.h"


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint32_t              i;
    aicost_str_t          name;
    aicost_consumer_t     found;
    aicost_catalogue_t   *c;
    aicost_consumers_t   *k;
    aicost_file_error_t   err;

    c = aicost_file_prices((const char *) data, size, &err);

    if (c == NULL && err.text[0] == '\0') {
        abort();
    }

    for (i = 0; c != NULL && i < aicost_catalogue_models(c); i++) {
        aicost_catalogue_name(c, i, &name);

        if (aicost_catalogue_find(c, name.data, name.len, INT64_MAX) == NULL) {
            abort();
        }
    }

    free(c);

    k = aicost_file_consumers((const char *) data, size, &err);

    if (k == NULL && err.text[0] == '\0') {
        abort();
    }

    for (i = 0; k != NULL && i < aicost_consumers_count(k); i++) {
        aicost_consumers_at(k, i, &found);

        if (aicost_consumers_named(k, found.name.data, found.name.len, &found)
            != AICOST_OK)
        {
            abort();
        }
    }

    free(k);

    return 0;
}
