
/*
 * Copyright (C) aicost
 *
 * The estimate of ASCII text, 64 bytes at a time: what the automaton adds for a
 * byte is looked up by the classes of the byte and of the one before it, 32 at
 * once; letters that cost by their place in a word are counted in masks.
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

/* a bit a byte, of 32 and 32 */

#define aicost_tokens_mask(low, high)                                         \
    ((uint64_t) (uint32_t) _mm256_movemask_epi8(low)                          \
     | (uint64_t) (uint32_t) _mm256_movemask_epi8(high) << 32)


/* classes: two of a kind, told apart by OTHER */

#define AICOST_TOKENS_OTHER      4

#define AICOST_TOKENS_A_SMALL    0
#define AICOST_TOKENS_A_SPACE    1
#define AICOST_TOKENS_A_SIGN     2
#define AICOST_TOKENS_A_NONE     3        /* no neighbour */
#define AICOST_TOKENS_A_LARGE    (AICOST_TOKENS_A_SMALL | AICOST_TOKENS_OTHER)
#define AICOST_TOKENS_A_LINE     (AICOST_TOKENS_A_SPACE | AICOST_TOKENS_OTHER)
#define AICOST_TOKENS_A_DIGIT    (AICOST_TOKENS_A_SIGN | AICOST_TOKENS_OTHER)

/*
 * What a byte of a kind costs, its lower or upper eight bits: the first of the
 * kind behind each of the eight classes, then the other one.
 */

#define aicost_tokens_table(...)                                              \
    _mm256_broadcastsi128_si256(_mm_setr_epi8(__VA_ARGS__))

#define aicost_tokens_cost(state, class, shift)                               \
    (char) (aicost_tokens_milli(state, class) >> (shift))

#define aicost_tokens_row(class, none, shift)                                 \
    aicost_tokens_cost(AICOST_TOKENS_SMALL + 1, class, shift),                \
    aicost_tokens_cost(AICOST_TOKENS_SPACE, class, shift),                    \
    aicost_tokens_cost(AICOST_TOKENS_SIGN, class, shift),                     \
    none,                                                                     \
    aicost_tokens_cost(AICOST_TOKENS_LARGE + 1, class, shift),                \
    aicost_tokens_cost(AICOST_TOKENS_LINE, class, shift),                     \
    aicost_tokens_cost(AICOST_TOKENS_DIGIT, class, shift),                    \
    0

#define aicost_tokens_begins(class, shift)                                    \
    aicost_tokens_cost(AICOST_TOKENS_START, class, shift)

/* a letter or sign without a neighbour: aicost_tokens_first() */

#define aicost_tokens_letters(shift)                                          \
    aicost_tokens_table(aicost_tokens_row(0, 0, shift),                       \
                        aicost_tokens_row(1, 0, shift))

#define aicost_tokens_spaces(shift)                                           \
    aicost_tokens_table(                                                      \
        aicost_tokens_row(3, aicost_tokens_begins(3, shift), shift),          \
        aicost_tokens_row(4, aicost_tokens_begins(4, shift), shift))

#define aicost_tokens_signs(shift)                                            \
    aicost_tokens_table(                                                      \
        aicost_tokens_row(5, 0, shift),                                       \
        aicost_tokens_row(2, aicost_tokens_begins(2, shift), shift))


/* of 32 bytes, a byte each */

typedef struct {
    __m256i   letter;
    __m256i   space;      /* and newline */
    __m256i   digit;
    __m256i   class;
} aicost_tokens_half_t;


typedef struct {
    uint64_t  digit;
    uint64_t  word[3];    /* ends of 1, 2, 4 letters in a row, at least */
} aicost_tokens_block_t;


/* thousandths of a token: lower and upper eight bits of bytes, summed apart */

typedef struct {
    __m256i   low;
    __m256i   high;
    uint64_t  more;
} aicost_tokens_sum_t;


#define AICOST_TOKENS_TARGET  __attribute__((target("avx2,popcnt")))

static inline void aicost_tokens_half(__m256i x, aicost_tokens_half_t *h)
    AICOST_TOKENS_TARGET;
static inline __m256i aicost_tokens_pick(const aicost_tokens_half_t *h,
    __m256i sign, __m256i space, __m256i letter)
    AICOST_TOKENS_TARGET;
static inline void aicost_tokens_add(aicost_tokens_sum_t *sum,
    const aicost_tokens_half_t *h, __m256i before, __m256i within)
    AICOST_TOKENS_TARGET;
static inline uint64_t aicost_tokens_total(const aicost_tokens_sum_t *sum)
    AICOST_TOKENS_TARGET;
static inline uint64_t aicost_tokens_long(const aicost_tokens_block_t *b,
    const aicost_tokens_block_t *a)
    AICOST_TOKENS_TARGET;
static inline unsigned aicost_tokens_block(const unsigned char *p, unsigned n,
    aicost_tokens_block_t *b, const aicost_tokens_block_t *before,
    __m256i *class, aicost_tokens_sum_t *sum)
    AICOST_TOKENS_TARGET;
static size_t aicost_tokens_blocks(const unsigned char *p, size_t len,
    unsigned *state, uint64_t *milli)
    AICOST_TOKENS_TARGET;


static inline void
aicost_tokens_half(__m256i x, aicost_tokens_half_t *h)
{
    __m256i  y;

    const __m256i  other = _mm256_set1_epi8(AICOST_TOKENS_OTHER);
    const __m256i  bit = _mm256_set1_epi8(0x20);

    y = _mm256_sub_epi8(_mm256_or_si256(x, bit), _mm256_set1_epi8('a'));
    h->letter = _mm256_cmpeq_epi8(_mm256_min_epu8(y, _mm256_set1_epi8(25)), y);

    y = _mm256_sub_epi8(x, _mm256_set1_epi8('0'));
    h->digit = _mm256_cmpeq_epi8(_mm256_min_epu8(y, _mm256_set1_epi8(9)), y);

    h->class = _mm256_or_si256(_mm256_and_si256(h->digit, other),
                               _mm256_set1_epi8(AICOST_TOKENS_A_SIGN));

    /* by its lower half a byte is one of these, or none */

    y = aicost_tokens_table(' ', 0, 0, 0, 0, 0, 0, 0,
                            0, '\t', '\n', 0, 0, '\r', 0, 0);
    h->space = _mm256_cmpeq_epi8(_mm256_shuffle_epi8(y, x), x);

    y = aicost_tokens_table(AICOST_TOKENS_A_SPACE, 0, 0, 0, 0, 0, 0, 0,
                            0, AICOST_TOKENS_A_SPACE, AICOST_TOKENS_A_LINE, 0,
                            0, AICOST_TOKENS_A_LINE, 0, 0);
    h->class = _mm256_blendv_epi8(h->class, _mm256_shuffle_epi8(y, x),
                                  h->space);

    /* a bit tells a small letter from a large one */

    y = _mm256_srli_epi16(_mm256_andnot_si256(x, bit), 3);
    h->class = _mm256_blendv_epi8(h->class, y, h->letter);
}


/* of what three tables say of a byte, that of its kind */

static inline __m256i
aicost_tokens_pick(const aicost_tokens_half_t *h, __m256i sign, __m256i space,
    __m256i letter)
{
    return _mm256_blendv_epi8(_mm256_blendv_epi8(sign, space, h->space),
                              letter, h->letter);
}


/* before: classes of the 32 bytes before; within: the bytes that count */

static inline void
aicost_tokens_add(aicost_tokens_sum_t *sum, const aicost_tokens_half_t *h,
    __m256i before, __m256i within)
{
    __m256i  at, low, high;

    at = _mm256_and_si256(h->class, _mm256_set1_epi8(AICOST_TOKENS_OTHER));
    at = _mm256_slli_epi16(at, 1);

    before = _mm256_permute2x128_si256(before, h->class, 0x21);
    at = _mm256_or_si256(at, _mm256_alignr_epi8(h->class, before, 15));

    low = aicost_tokens_pick(h, _mm256_shuffle_epi8(aicost_tokens_signs(0), at),
                             _mm256_shuffle_epi8(aicost_tokens_spaces(0), at),
                             _mm256_shuffle_epi8(aicost_tokens_letters(0), at));
    high = aicost_tokens_pick(h,
                             _mm256_shuffle_epi8(aicost_tokens_signs(8), at),
                             _mm256_shuffle_epi8(aicost_tokens_spaces(8), at),
                             _mm256_shuffle_epi8(aicost_tokens_letters(8), at));

    low = _mm256_sad_epu8(_mm256_and_si256(low, within),
                          _mm256_setzero_si256());
    high = _mm256_sad_epu8(_mm256_and_si256(high, within),
                           _mm256_setzero_si256());

    sum->low = _mm256_add_epi64(sum->low, low);
    sum->high = _mm256_add_epi64(sum->high, high);
}


static inline uint64_t
aicost_tokens_total(const aicost_tokens_sum_t *sum)
{
    __m256i  x;
    __m128i  y;

    x = _mm256_add_epi64(sum->low, _mm256_slli_epi64(sum->high, 8));
    y = _mm_add_epi64(_mm256_castsi256_si128(x),
                      _mm256_extracti128_si256(x, 1));

    return (uint64_t) _mm_cvtsi128_si64(y) + (uint64_t) _mm_extract_epi64(y, 1)
           + sum->more;
}


/* a state as the block that ended in it, as far as the next one looks back;
   gives the class of its last byte */

static inline int
aicost_tokens_before(aicost_tokens_block_t *b, unsigned state)
{
    unsigned  len, large;

    memset(b, 0, sizeof(aicost_tokens_block_t));

    if (state > AICOST_TOKENS_SMALL) {
        large = (state > AICOST_TOKENS_LARGE);
        len = state - (large ? AICOST_TOKENS_LARGE : AICOST_TOKENS_SMALL);

        b->word[0] = ~(uint64_t) 0 << (AICOST_TOKENS_BLOCK - len);
        b->word[1] = b->word[0] & b->word[0] << 1;
        b->word[2] = b->word[1] & b->word[1] << 2;

        return large ? AICOST_TOKENS_A_LARGE : AICOST_TOKENS_A_SMALL;
    }

    if (state >= AICOST_TOKENS_DIGIT) {
        b->digit = (uint64_t) 1 << (AICOST_TOKENS_BLOCK - 1);
        return AICOST_TOKENS_A_DIGIT;
    }

    return (state == AICOST_TOKENS_SPACE) ? AICOST_TOKENS_A_SPACE
           : (state == AICOST_TOKENS_SIGN) ? AICOST_TOKENS_A_SIGN
           : (state == AICOST_TOKENS_LINE) ? AICOST_TOKENS_A_LINE
                                           : AICOST_TOKENS_A_NONE;
}


/* the state that n bytes of a block end in, and the words before them */

static inline unsigned
aicost_tokens_after(const aicost_tokens_block_t *b,
    const aicost_tokens_block_t *before, unsigned n, unsigned char last)
{
    unsigned  len, shift, class;
    uint64_t  others;

    class = aicost_tokens_class[last];
    shift = AICOST_TOKENS_BLOCK - n;

    if (class < 2) {
        others = ~b->word[0] << shift;
        len = others ? (unsigned) __builtin_clzll(others) : n;

        if (len == n) {
            others = ~before->word[0];
            len += others ? (unsigned) __builtin_clzll(others)
                          : AICOST_TOKENS_BLOCK;
        }

        len = len < 14 ? len : 14;

        return (class ? AICOST_TOKENS_LARGE : AICOST_TOKENS_SMALL) + len;
    }

    if (class == 2) {
        return AICOST_TOKENS_DIGIT - 1
               + (unsigned) __builtin_clzll(~(b->digit << shift));
    }

    return (class == 3) ? AICOST_TOKENS_SPACE
           : (class == 4) ? AICOST_TOKENS_LINE : AICOST_TOKENS_SIGN;
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
    milli += aicost_tokens_milli(AICOST_TOKENS_SMALL + 8, 0)
             * aicost_tokens_count(m9 & ~m10);

    m12 = m8 & aicost_tokens_past(m4, a->word[2], 8);

    if (m12 == 0) {
        return milli;
    }

    m13 = m12 & aicost_tokens_past(b->word[0], a->word[0], 12);
    m14 = m13 & aicost_tokens_past(b->word[0], a->word[0], 13);
    m15 = m14 & aicost_tokens_past(b->word[0], a->word[0], 14);

    return milli
           + aicost_tokens_milli(AICOST_TOKENS_SMALL + 11, 0)
             * aicost_tokens_count(m12 & ~m13)
           + aicost_tokens_milli(AICOST_TOKENS_SMALL + 13, 0)
             * aicost_tokens_count(m14 & ~m15)
           + aicost_tokens_milli(AICOST_TOKENS_SMALL + 14, 0)
             * aicost_tokens_count(m15);
}


/*
 * One block of n bytes; 64 may be read.  class: of the last 32 bytes before it,
 * then of its own.  0 when it is not of this kind: beyond ASCII, or with more
 * than three digits in a row.
 */

static inline unsigned
aicost_tokens_block(const unsigned char *p, unsigned n,
    aicost_tokens_block_t *b, const aicost_tokens_block_t *before,
    __m256i *class, aicost_tokens_sum_t *sum)
{
    __m256i               x, y, len;
    uint64_t              two;
    aicost_tokens_half_t  low, high;

    const __m256i         at = _mm256_setr_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9,
                                                10, 11, 12, 13, 14, 15, 16, 17,
                                                18, 19, 20, 21, 22, 23, 24, 25,
                                                26, 27, 28, 29, 30, 31);

    x = _mm256_loadu_si256((const __m256i *) (const void *) p);
    y = _mm256_loadu_si256((const __m256i *) (const void *) (p + 32));

    if (_mm256_movemask_epi8(_mm256_or_si256(x, y))) {
        return 0;
    }

    aicost_tokens_half(x, &low);
    aicost_tokens_half(y, &high);

    b->digit = aicost_tokens_mask(low.digit, high.digit);
    two = b->digit & b->digit << 1;

    if ((two & two << 2) || (b->digit & before->digit >> 63)) {
        return 0;
    }

    b->word[0] = aicost_tokens_mask(low.letter, high.letter);
    b->word[1] = b->word[0]
                 & aicost_tokens_past(b->word[0], before->word[0], 1);
    b->word[2] = b->word[1]
                 & aicost_tokens_past(b->word[1], before->word[1], 2);

    len = _mm256_set1_epi8((char) n);
    aicost_tokens_add(sum, &low, *class, _mm256_cmpgt_epi8(len, at));

    len = _mm256_set1_epi8((char) (n - 32));
    aicost_tokens_add(sum, &high, low.class, _mm256_cmpgt_epi8(len, at));

    sum->more += aicost_tokens_long(b, before);
    *class = high.class;

    return 1;
}


/* the first byte, where no neighbour is before it: for most classes the same */

static inline uint64_t
aicost_tokens_first(unsigned char c, unsigned state)
{
    unsigned  class;

    if (state != AICOST_TOKENS_START && state != AICOST_TOKENS_HIGH) {
        return 0;
    }

    class = aicost_tokens_class[c];

    return (class < 2 || class == 5) ? aicost_tokens_milli(state, class) : 0;
}


static size_t
aicost_tokens_blocks(const unsigned char *p, size_t len, unsigned *state,
    uint64_t *milli)
{
    size_t                  done;
    __m256i                 class;
    unsigned                n, last, first, others;
    uint32_t                at;
    const unsigned char    *block;
    unsigned char           tail[AICOST_TOKENS_BLOCK];
    aicost_tokens_sum_t     sum;
    aicost_tokens_block_t   blocks[3], *b, *before, *older, *next;

    b = &blocks[0];
    before = &blocks[1];
    older = &blocks[2];
    class = _mm256_set1_epi8((char) aicost_tokens_before(before, *state));
    memset(&sum, 0, sizeof(sum));

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

        if (aicost_tokens_block(block, n, b, before, &class, &sum)) {

            sum.more += first ? aicost_tokens_first(*block, *state) : 0;

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
            *state = aicost_tokens_after(before, older, last, p[done - 1]);
            last = 0;
        }

        if (++others > 2 + done / (4 * AICOST_TOKENS_BLOCK)) {
            break;
        }

        at = aicost_tokens_each(block, block + n,
                                AICOST_TOKENS_TO(*state, 0), &sum.more);
        *state = (at >> AICOST_TOKENS_BITS) / AICOST_TOKENS_STRIDE;
        class = _mm256_set1_epi8((char) aicost_tokens_before(before, *state));
        first = 1;
    }

    if (last) {
        *state = aicost_tokens_after(before, older, last, p[done - 1]);
    }

    *milli += aicost_tokens_total(&sum);

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
