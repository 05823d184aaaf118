
/*
 * Copyright (C) aicost
 *
 * The estimate by blocks is what the automaton sums byte by byte, from any
 * state, for any text.
 */


#include <stdlib.h>

#include "tap.h"
#include "aicost_tokens_table.h"


#define TEXTS   200000
#define LONGEST 700


static uint64_t  seed = 20261129;


static unsigned
below(unsigned n)
{
    seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;

    return (unsigned) ((seed >> 33) % n);
}


/* runs of one class, as long as words are, and longer */

static size_t
text_make(unsigned char *p, unsigned high)
{
    size_t    len, i;
    unsigned  run, class, most;

    static const char  *classes[] = {
        "abcxyz", "ABCXYZ", "0123456789", " \t", "\n\r", "`{@[/:!\"\\~\x7f\x01"
    };

    static const unsigned char  beyond[] = {
        0xc3, 0xa9, 0xd0, 0xe2, 0x80, 0xf0, 0x9f, 0xff
    };

    len = below(LONGEST);
    most = below(4) ? 12 : 90;

    for (i = 0; i < len; /* void */ ) {
        class = below(8);
        class = class > 5 ? 0 : class;

        for (run = 1 + below(class == 2 ? 5 : most); run && i < len; run--) {
            p[i++] = (unsigned char) classes[class]
                                     [below((unsigned) strlen(classes[class]))];
        }

        if (high && i < len && below(high) == 0) {
            p[i++] = beyond[below(sizeof(beyond))];
        }
    }

    return len;
}


static void
test_same(unsigned high, const char *name)
{
    size_t         len, done, all, most;
    unsigned       i, state, end;
    uint32_t       at;
    uint64_t       wide, each, rest;
    unsigned char  text[LONGEST];

    all = 0;
    most = 0;

    for (i = 0; i < TEXTS; i++) {
        len = text_make(text, high);
        state = below(AICOST_TOKENS_LARGE + 15);
        end = state;

        wide = 0;
        done = aicost_tokens_wide(text, len, &end, &wide);

        each = 0;
        at = aicost_tokens_each(text, text + done,
                                AICOST_TOKENS_TO(state, 0), &each);

        all += done;
        most += len;

        if (wide != each
            || (done && (at >> AICOST_TOKENS_BITS)
                        != end * AICOST_TOKENS_STRIDE))
        {
            printf("# text %u of %zu bytes, %zu done, from state %u: %llu,"
                   " %llu byte by byte; ends in %u, %u\n", i, len, done, state,
                   (unsigned long long) wide, (unsigned long long) each, end,
                   (at >> AICOST_TOKENS_BITS) / AICOST_TOKENS_STRIDE);
            break;
        }
    }

    rest = most - all;
    printf("# %zu bytes by blocks, %llu left\n", all,
           (unsigned long long) rest);

    if (all == 0) {
        printf("ok # SKIP this processor has no AVX2\n");
        return;
    }

    is_int(i, TEXTS, name);
}


int
main(void)
{
    test_same(0, "ASCII");
    test_same(30, "with some that is not");
    test_same(3, "with much that is not");

    return done_testing();
}
