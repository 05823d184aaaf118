
/*
 * Copyright (C) aicost
 *
 * The automaton of the estimate: classes of bytes, states, and what a byte of
 * a class costs in a state, in thousandths of a token.
 */


#ifndef _AICOST_TOKENS_TABLE_H_INCLUDED_
#define _AICOST_TOKENS_TABLE_H_INCLUDED_


#include "aicost.h"


/*
 * Classes of bytes: 0 a-z, 1 A-Z, 2 digit, 3 space, 4 newline, 5 other ASCII,
 * 6 continuation, from 7 leading bytes by script.
 */

static const uint8_t  aicost_tokens_class[256] = {
     5,  5,  5,  5,  5,  5,  5,  5,  5,  3,  4,  5,  5,  4,  5,  5,
     5,  5,  5,  5,  5,  5,  5,  5,  5,  5,  5,  5,  5,  5,  5,  5,
     3,  5,  5,  5,  5,  5,  5,  5,  5,  5,  5,  5,  5,  5,  5,  5,
     2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  5,  5,  5,  5,  5,  5,
     5,  1,  1,  1,  1,  1,  1,  1,  1,  1,  1,  1,  1,  1,  1,  1,
     1,  1,  1,  1,  1,  1,  1,  1,  1,  1,  1,  5,  5,  5,  5,  5,
     5,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,
     0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  5,  5,  5,  5,  5,
     6,  6,  6,  6,  6,  6,  6,  6,  6,  6,  6,  6,  6,  6,  6,  6,
     6,  6,  6,  6,  6,  6,  6,  6,  6,  6,  6,  6,  6,  6,  6,  6,
     6,  6,  6,  6,  6,  6,  6,  6,  6,  6,  6,  6,  6,  6,  6,  6,
     6,  6,  6,  6,  6,  6,  6,  6,  6,  6,  6,  6,  6,  6,  6,  6,
     6,  6,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,  8,  8,
     9,  9,  9,  9, 10, 10, 10, 10, 11, 11, 11, 11, 11, 11, 11, 11,
    12, 13, 13, 14, 15, 15, 15, 15, 15, 15, 16, 16, 16, 16, 17, 17,
    18, 18, 18, 18, 18,  6,  6,  6,  6,  6,  6,  6,  6,  6,  6,  6
};


/* the states */

#define AICOST_TOKENS_START      0
#define AICOST_TOKENS_SPACE      1
#define AICOST_TOKENS_SIGN       2
#define AICOST_TOKENS_LINE       3
#define AICOST_TOKENS_HIGH       4
#define AICOST_TOKENS_DIGIT      5        /* and 6, 7: tokens of three */
#define AICOST_TOKENS_SMALL      7        /* + length 1..14: a word, its last
                                             letter small */
#define AICOST_TOKENS_LARGE      21       /* + length 1..14: its last large */

#define AICOST_TOKENS_STRIDE     20

/*
 * An entry: the next state above, thousandths below.  Whole entries are added:
 * AICOST_TOKENS_SUM of them, at most 3003 each, leave the sum in the lower
 * bits.
 */

#define AICOST_TOKENS_SUM        1396

#define AICOST_TOKENS_BITS       22
#define AICOST_TOKENS_MILLI      ((1u << AICOST_TOKENS_BITS) - 1)

#define AICOST_TOKENS_TO(state, milli)                                        \
    ((uint32_t) (state) * AICOST_TOKENS_STRIDE << AICOST_TOKENS_BITS          \
     | (uint32_t) (milli))

#define AICOST_TOKENS_SCRIPT(milli)                                           \
    AICOST_TOKENS_TO(AICOST_TOKENS_HIGH, milli)

#define AICOST_TOKENS_SCRIPTS(milli)                                          \
    AICOST_TOKENS_SCRIPT(0),                                                  \
    AICOST_TOKENS_SCRIPT(1499 + milli),    /* Latin with marks */             \
    AICOST_TOKENS_SCRIPT(258 + milli),     /* Greek */                        \
    AICOST_TOKENS_SCRIPT(188 + milli),     /* Cyrillic */                     \
    AICOST_TOKENS_SCRIPT(413 + milli),     /* Hebrew */                       \
    AICOST_TOKENS_SCRIPT(333 + milli),     /* Arabic */                       \
    AICOST_TOKENS_SCRIPT(372 + milli),     /* Indic */                        \
    AICOST_TOKENS_SCRIPT(68 + milli),      /* Vietnamese, typography */       \
    AICOST_TOKENS_SCRIPT(627 + milli),     /* Kana */                         \
    AICOST_TOKENS_SCRIPT(908 + milli),     /* Han */                          \
    AICOST_TOKENS_SCRIPT(505 + milli),     /* Hangul */                       \
    AICOST_TOKENS_SCRIPT(812 + milli),                                        \
    AICOST_TOKENS_SCRIPT(481 + milli)      /* emoji */

#define AICOST_TOKENS_ROW(letter, digit, to, space, line, sign, script)       \
    { AICOST_TOKENS_TO(AICOST_TOKENS_SMALL + 1, letter),                      \
      AICOST_TOKENS_TO(AICOST_TOKENS_LARGE + 1, letter),                      \
      AICOST_TOKENS_TO(to, digit),                                            \
      AICOST_TOKENS_TO(AICOST_TOKENS_SPACE, space),                           \
      AICOST_TOKENS_TO(AICOST_TOKENS_LINE, line),                             \
      AICOST_TOKENS_TO(AICOST_TOKENS_SIGN, sign),                             \
      AICOST_TOKENS_SCRIPTS(script) }

#define AICOST_TOKENS_WORD(len, small, large)                                 \
    { AICOST_TOKENS_TO(AICOST_TOKENS_SMALL + len, small),                     \
      AICOST_TOKENS_TO(AICOST_TOKENS_LARGE + len, large),                     \
      AICOST_TOKENS_TO(AICOST_TOKENS_DIGIT, 841),                             \
      AICOST_TOKENS_TO(AICOST_TOKENS_SPACE, 836),                             \
      AICOST_TOKENS_TO(AICOST_TOKENS_LINE, 669),                              \
      AICOST_TOKENS_TO(AICOST_TOKENS_SIGN, 389),                              \
      AICOST_TOKENS_SCRIPTS(0) }

#define AICOST_TOKENS_LOWER(len, milli)                                       \
    AICOST_TOKENS_WORD(len, milli, milli + 551)

#define AICOST_TOKENS_UPPER(len, milli)                                       \
    AICOST_TOKENS_WORD(len, milli, milli + 34)


static const uint32_t  aicost_tokens_next[][AICOST_TOKENS_STRIDE] = {
    AICOST_TOKENS_ROW(900, 841, AICOST_TOKENS_DIGIT, 836, 669, 900, 500),
    AICOST_TOKENS_ROW(213, 1361, AICOST_TOKENS_DIGIT, 58, 669, 441, 0),
    AICOST_TOKENS_ROW(1011, 841, AICOST_TOKENS_DIGIT, 836, 669, 113, 1504),
    AICOST_TOKENS_ROW(1264, 841, AICOST_TOKENS_DIGIT, 836, 0, 1013, 0),
    AICOST_TOKENS_ROW(0, 841, AICOST_TOKENS_DIGIT, 836, 669, 1001, 0),
    AICOST_TOKENS_ROW(1626, 0, AICOST_TOKENS_DIGIT + 1, 836, 669, 1289, 0),
    AICOST_TOKENS_ROW(1626, 0, AICOST_TOKENS_DIGIT + 2, 836, 669, 1289, 0),
    AICOST_TOKENS_ROW(1626, 800, AICOST_TOKENS_DIGIT, 836, 669, 1289, 0),
    AICOST_TOKENS_LOWER(2, 0),
    AICOST_TOKENS_LOWER(3, 0),
    AICOST_TOKENS_LOWER(4, 0),
    AICOST_TOKENS_LOWER(5, 80),
    AICOST_TOKENS_LOWER(6, 0),
    AICOST_TOKENS_LOWER(7, 0),
    AICOST_TOKENS_LOWER(8, 0),
    AICOST_TOKENS_LOWER(9, 921),
    AICOST_TOKENS_LOWER(10, 0),
    AICOST_TOKENS_LOWER(11, 0),
    AICOST_TOKENS_LOWER(12, 847),
    AICOST_TOKENS_LOWER(13, 0),
    AICOST_TOKENS_LOWER(14, 204),
    AICOST_TOKENS_LOWER(14, 352),
    AICOST_TOKENS_UPPER(2, 0),
    AICOST_TOKENS_UPPER(3, 0),
    AICOST_TOKENS_UPPER(4, 0),
    AICOST_TOKENS_UPPER(5, 80),
    AICOST_TOKENS_UPPER(6, 0),
    AICOST_TOKENS_UPPER(7, 0),
    AICOST_TOKENS_UPPER(8, 0),
    AICOST_TOKENS_UPPER(9, 921),
    AICOST_TOKENS_UPPER(10, 0),
    AICOST_TOKENS_UPPER(11, 0),
    AICOST_TOKENS_UPPER(12, 847),
    AICOST_TOKENS_UPPER(13, 0),
    AICOST_TOKENS_UPPER(14, 204),
    AICOST_TOKENS_UPPER(14, 352)
};


#define aicost_tokens_step(sum, at, p)                                        \
    at = table[(at >> AICOST_TOKENS_BITS) + aicost_tokens_class[*(p)]];       \
    sum += at


/* AICOST_TOKENS_SUM bytes at most; returns the last entry, at is the one before
   them */

static inline uint32_t
aicost_tokens_each(const unsigned char *p, const unsigned char *end,
    uint32_t at, uint64_t *milli)
{
    uint32_t         sum;
    const uint32_t  *table;

    table = &aicost_tokens_next[0][0];
    sum = 0;

    while (p < end) {
        aicost_tokens_step(sum, at, p);
        p++;
    }

    *milli += sum & AICOST_TOKENS_MILLI;

    return at;
}


/*
 * The same sum, a block at a time: from *state, which is left where it ends.
 * Text that is largely beyond ASCII ends it, and a processor that cannot does
 * nothing: returns how many bytes were summed.
 */
size_t aicost_tokens_wide(const unsigned char *p, size_t len, unsigned *state,
    uint64_t *milli);


#endif /* _AICOST_TOKENS_TABLE_H_INCLUDED_ */
