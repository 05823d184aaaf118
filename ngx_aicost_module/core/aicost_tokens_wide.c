
/*
 * Copyright (C) aicost
 *
 * The estimate of ASCII text, 64 bytes at a time: a mask for each class, and
 * what the automaton would sum by counting pairs of neighbours in them.
 */


#include "aicost_tokens_table.h"

#if defined(__x86_64__) && defined(__GNUC__)

#include <immintrin.h>


#define AICOST_TOKENS_BLOCK      64       /* a byte a bit */

#define aicost_tokens_milli(state, class)                                     \
    (uint64_t) (aicost_tokens_next[state][class] & AICOST_TOKENS_MILLI)

#define aicost_tokens_count(mask)  (uint64_t) __builtin_popcountll(mask)

/* a mask one byte further, or more: what the block before had comes in */

#define aicost_tokens_past(mask, before, n)                                   \
    ((mask) << (n) | (before) >> (AICOST_TOKENS_BLOCK - (n)))


typedef struct {
    uint64_t  small;
    uint64_t  large;
    uint64_t  digit;
    uint64_t  space;
    uint64_t  line;
    uint64_t  sign;
    uint64_t  word[3];    /* ends of 1, 2, 4 letters in a row, at least */
} aicost_tokens_block_t;


/* the masks of 32 bytes; beyond: not ASCII */

typedef struct {
    uint32_t  small;
    uint32_t  large;
    uint32_t  digit;
    uint32_t  space;
    uint32_t  line;
    uint32_t  beyond;
} aicost_tokens_half_t;

#define aicost_tokens_both(mask)  (low.mask | (uint64_t) high.mask << 32)


#define AICOST_TOKENS_TARGET  __attribute__((target("avx2,popcnt")))

static inline void aicost_tokens_half(const unsigned char *p,
    aicost_tokens_half_t *h)
    AICOST_TOKENS_TARGET;
static inline uint64_t aicost_tokens_long(const aicost_tokens_block_t *b,
    const aicost_tokens_block_t *a)
    AICOST_TOKENS_TARGET;
static inline uint64_t aicost_tokens_pairs(const aicost_tokens_block_t *b,
    const aicost_tokens_block_t *a)
    AICOST_TOKENS_TARGET;
static inline unsigned aicost_tokens_block(const unsigned char *p, unsigned n,
    aicost_tokens_block_t *b, const aicost_tokens_block_t *before,
    uint64_t *milli)
    AICOST_TOKENS_TARGET;
static size_t aicost_tokens_blocks(const unsigned char *p, size_t len,
    unsigned *state, uint64_t *milli)
    AICOST_TOKENS_TARGET;


/* of 32 bytes */

static inline void
aicost_tokens_half(const unsigned char *p, aicost_tokens_half_t *h)
{
    __m256i   x, y;
    uint32_t  letter, small;

    x = _mm256_loadu_si256((const __m256i *) (const void *) p);

    /* bit 5 tells a small letter from a large one */

    small = (uint32_t) _mm256_movemask_epi8(_mm256_slli_epi16(x, 2));

    y = _mm256_sub_epi8(_mm256_or_si256(x, _mm256_set1_epi8(0x20)),
                        _mm256_set1_epi8('a'));
    y = _mm256_cmpeq_epi8(_mm256_min_epu8(y, _mm256_set1_epi8(25)), y);
    letter = (uint32_t) _mm256_movemask_epi8(y);

    h->small = letter & small;
    h->large = letter & ~small;

    y = _mm256_sub_epi8(x, _mm256_set1_epi8('0'));
    y = _mm256_cmpeq_epi8(_mm256_min_epu8(y, _mm256_set1_epi8(9)), y);
    h->digit = (uint32_t) _mm256_movemask_epi8(y);

    y = _mm256_or_si256(_mm256_cmpeq_epi8(x, _mm256_set1_epi8(' ')),
                        _mm256_cmpeq_epi8(x, _mm256_set1_epi8('\t')));
    h->space = (uint32_t) _mm256_movemask_epi8(y);

    y = _mm256_or_si256(_mm256_cmpeq_epi8(x, _mm256_set1_epi8('\n')),
                        _mm256_cmpeq_epi8(x, _mm256_set1_epi8('\r')));
    h->line = (uint32_t) _mm256_movemask_epi8(y);
    h->beyond = (uint32_t) _mm256_movemask_epi8(x);
}


/* a state as the block that ended in it, as far as the next one looks back */

static inline void
aicost_tokens_before(aicost_tokens_block_t *b, unsigned state)
{
    unsigned  len;
    uint64_t  last;

    memset(b, 0, sizeof(aicost_tokens_block_t));
    last = (uint64_t) 1 << (AICOST_TOKENS_BLOCK - 1);

    b->space = (state == AICOST_TOKENS_SPACE) ? last : 0;
    b->sign = (state == AICOST_TOKENS_SIGN) ? last : 0;
    b->line = (state == AICOST_TOKENS_LINE) ? last : 0;
    b->digit = (state >= AICOST_TOKENS_DIGIT && state <= AICOST_TOKENS_SMALL)
               ? last : 0;

    if (state <= AICOST_TOKENS_SMALL) {
        return;
    }

    len = state - AICOST_TOKENS_SMALL;
    b->small = last;

    if (state > AICOST_TOKENS_LARGE) {
        len = state - AICOST_TOKENS_LARGE;
        b->small = 0;
        b->large = last;
    }

    b->word[0] = ~(uint64_t) 0 << (AICOST_TOKENS_BLOCK - len);
    b->word[1] = b->word[0] & b->word[0] << 1;
    b->word[2] = b->word[1] & b->word[1] << 2;
}


/* the state that n bytes of a block end in, and the words before them */

static inline unsigned
aicost_tokens_after(const aicost_tokens_block_t *b,
    const aicost_tokens_block_t *before, unsigned n)
{
    unsigned  len, shift;
    uint64_t  last, others;

    last = (uint64_t) 1 << (n - 1);
    shift = AICOST_TOKENS_BLOCK - n;

    if (b->word[0] & last) {
        others = ~b->word[0] << shift;
        len = others ? (unsigned) __builtin_clzll(others) : n;

        if (len == n) {
            others = ~before->word[0];
            len += others ? (unsigned) __builtin_clzll(others)
                          : AICOST_TOKENS_BLOCK;
        }

        len = len < 14 ? len : 14;

        return (b->small & last ? AICOST_TOKENS_SMALL : AICOST_TOKENS_LARGE)
               + len;
    }

    if (b->digit & last) {
        return AICOST_TOKENS_DIGIT - 1
               + (unsigned) __builtin_clzll(~(b->digit << shift));
    }

    return (b->space & last) ? AICOST_TOKENS_SPACE
           : (b->line & last) ? AICOST_TOKENS_LINE : AICOST_TOKENS_SIGN;
}


/* letters that are dearer by their place in a word: the fifth, ninth, ... */

static inline uint64_t
aicost_tokens_long(const aicost_tokens_block_t *b,
    const aicost_tokens_block_t *a)
{
    uint64_t  m4, m5, m6, m8, m9, m10, m12, m13, m14, m15, milli;

    m4 = b->word[2];
    m5 = m4 & aicost_tokens_past(b->word[0], a->word[0], 4);

    if (m5 == 0) {
        return 0;
    }

    m6 = m5 & aicost_tokens_past(b->word[0], a->word[0], 5);
    m8 = m4 & aicost_tokens_past(m4, a->word[2], 4);
    milli = aicost_tokens_milli(AICOST_TOKENS_SMALL + 4, 0)
            * aicost_tokens_count(m5 & ~m6);

    if (m8 == 0) {
        return milli;
    }

    m9 = m8 & aicost_tokens_past(b->word[0], a->word[0], 8);
    m10 = m9 & aicost_tokens_past(b->word[0], a->word[0], 9);
    m12 = m8 & aicost_tokens_past(m4, a->word[2], 8);
    m13 = m12 & aicost_tokens_past(b->word[0], a->word[0], 12);
    m14 = m13 & aicost_tokens_past(b->word[0], a->word[0], 13);
    m15 = m14 & aicost_tokens_past(b->word[0], a->word[0], 14);

    return milli
           + aicost_tokens_milli(AICOST_TOKENS_SMALL + 8, 0)
             * aicost_tokens_count(m9 & ~m10)
           + aicost_tokens_milli(AICOST_TOKENS_SMALL + 11, 0)
             * aicost_tokens_count(m12 & ~m13)
           + aicost_tokens_milli(AICOST_TOKENS_SMALL + 13, 0)
             * aicost_tokens_count(m14 & ~m15)
           + aicost_tokens_milli(AICOST_TOKENS_SMALL + 14, 0)
             * aicost_tokens_count(m15);
}


/* all of the table that is of ASCII, by counting pairs of neighbours */

static inline uint64_t
aicost_tokens_pairs(const aicost_tokens_block_t *b,
    const aicost_tokens_block_t *a)
{
    uint64_t  small, large, digit, space, line, sign, letter, word, number;

    small = aicost_tokens_past(b->small, a->small, 1);
    large = aicost_tokens_past(b->large, a->large, 1);
    digit = aicost_tokens_past(b->digit, a->digit, 1);
    space = aicost_tokens_past(b->space, a->space, 1);
    line = aicost_tokens_past(b->line, a->line, 1);
    sign = aicost_tokens_past(b->sign, a->sign, 1);

    letter = small | large;
    word = b->word[0] & ~letter;
    number = b->digit & ~digit;

    return aicost_tokens_milli(AICOST_TOKENS_SPACE, 0)
           * aicost_tokens_count(word & space)
           + aicost_tokens_milli(AICOST_TOKENS_SIGN, 0)
             * aicost_tokens_count(word & sign)
           + aicost_tokens_milli(AICOST_TOKENS_LINE, 0)
             * aicost_tokens_count(word & line)
           + aicost_tokens_milli(AICOST_TOKENS_DIGIT, 0)
             * aicost_tokens_count(word & digit)
           + aicost_tokens_milli(AICOST_TOKENS_SMALL + 1, 1)
             * aicost_tokens_count(b->large & small)
           + aicost_tokens_milli(AICOST_TOKENS_LARGE + 1, 1)
             * aicost_tokens_count(b->large & large)
           + aicost_tokens_milli(AICOST_TOKENS_SPACE, 2)
             * aicost_tokens_count(number & space)
           + aicost_tokens_milli(AICOST_TOKENS_SIGN, 2)
             * aicost_tokens_count(number & ~space)
           + aicost_tokens_milli(AICOST_TOKENS_SPACE, 3)
             * aicost_tokens_count(b->space & space)
           + aicost_tokens_milli(AICOST_TOKENS_SIGN, 3)
             * aicost_tokens_count(b->space & ~space)
           + aicost_tokens_milli(AICOST_TOKENS_SIGN, 4)
             * aicost_tokens_count(b->line & ~line)
           + aicost_tokens_milli(AICOST_TOKENS_SPACE, 5)
             * aicost_tokens_count(b->sign & space)
           + aicost_tokens_milli(AICOST_TOKENS_SIGN, 5)
             * aicost_tokens_count(b->sign & sign)
           + aicost_tokens_milli(AICOST_TOKENS_LINE, 5)
             * aicost_tokens_count(b->sign & line)
           + aicost_tokens_milli(AICOST_TOKENS_DIGIT, 5)
             * aicost_tokens_count(b->sign & digit)
           + aicost_tokens_milli(AICOST_TOKENS_SMALL + 1, 5)
             * aicost_tokens_count(b->sign & letter);
}


/*
 * One block of n bytes; 64 may be read, zeros behind them.  0 when it is not of
 * this kind: beyond ASCII, or with more than three digits in a row.
 */

static inline unsigned
aicost_tokens_block(const unsigned char *p, unsigned n,
    aicost_tokens_block_t *b, const aicost_tokens_block_t *before,
    uint64_t *milli)
{
    uint64_t              two;
    aicost_tokens_half_t  low, high;

    aicost_tokens_half(p, &low);
    aicost_tokens_half(p + 32, &high);

    if (low.beyond | high.beyond) {
        return 0;
    }

    b->small = aicost_tokens_both(small);
    b->large = aicost_tokens_both(large);
    b->digit = aicost_tokens_both(digit);
    b->space = aicost_tokens_both(space);
    b->line = aicost_tokens_both(line);

    two = b->digit & b->digit << 1;

    if ((two & two << 2) || (b->digit & before->digit >> 63)) {
        return 0;
    }

    b->word[0] = b->small | b->large;
    b->word[1] = b->word[0]
                 & aicost_tokens_past(b->word[0], before->word[0], 1);
    b->word[2] = b->word[1]
                 & aicost_tokens_past(b->word[1], before->word[1], 2);

    b->sign = ~(b->word[0] | b->digit | b->space | b->line)
              & ~(uint64_t) 0 >> (AICOST_TOKENS_BLOCK - n);

    *milli += aicost_tokens_pairs(b, before) + aicost_tokens_long(b, before);

    return 1;
}


/* the first byte, where no neighbour is before it: for most classes the same */

static inline uint64_t
aicost_tokens_first(const aicost_tokens_block_t *b, unsigned state)
{
    if (state != AICOST_TOKENS_START && state != AICOST_TOKENS_HIGH) {
        return 0;
    }

    return (b->word[0] & 1) ? aicost_tokens_milli(state, 0)
           : (b->sign & 1) ? aicost_tokens_milli(state, 5) : 0;
}


static size_t
aicost_tokens_blocks(const unsigned char *p, size_t len, unsigned *state,
    uint64_t *milli)
{
    size_t                  done;
    unsigned                n, last, first, others;
    uint32_t                at;
    const unsigned char    *block;
    unsigned char           tail[AICOST_TOKENS_BLOCK];
    aicost_tokens_block_t   blocks[3], *b, *before, *older, *next;

    b = &blocks[0];
    before = &blocks[1];
    older = &blocks[2];
    aicost_tokens_before(before, *state);

    first = 1;
    others = 0;
    last = 0;

    for (done = 0; done < len; done += n) {

        n = AICOST_TOKENS_BLOCK;
        block = p + done;

        if (len - done < n) {
            n = (unsigned) (len - done);
            memset(tail, 0, sizeof(tail));
            memcpy(tail, block, n);
            block = tail;
        }

        if (aicost_tokens_block(block, n, b, before, milli)) {

            *milli += first ? aicost_tokens_first(b, *state) : 0;

            /* what state it ends in is asked only of the last one */

            first = 0;
            last = n;
            next = older;
            older = before;
            before = b;
            b = next;
            continue;
        }

        if (last) {
            *state = aicost_tokens_after(before, older, last);
            last = 0;
        }

        if (++others > 2 + done / (4 * AICOST_TOKENS_BLOCK)) {
            break;
        }

        at = aicost_tokens_each(block, block + n,
                                AICOST_TOKENS_TO(*state, 0), milli);
        *state = (at >> AICOST_TOKENS_BITS) / AICOST_TOKENS_STRIDE;
        aicost_tokens_before(before, *state);
        first = 1;
    }

    if (last) {
        *state = aicost_tokens_after(before, older, last);
    }

    return done;
}


size_t
aicost_tokens_wide(const unsigned char *p, size_t len, unsigned *state,
    uint64_t *milli)
{
    if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("popcnt")) {
        return 0;
    }

    return aicost_tokens_blocks(p, len, state, milli);
}

#else


size_t
aicost_tokens_wide(const unsigned char *p, size_t len, unsigned *state,
    uint64_t *milli)
{
    (void) p;
    (void) len;
    (void) state;
    (void) milli;

    return 0;
}

#endif
