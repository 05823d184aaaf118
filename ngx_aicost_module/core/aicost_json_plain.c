
/*
 * Copyright (C) aicost
 *
 * Plain text of JSON strings, a block of bytes at a time.
 */


#include "aicost_json_text.h"

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>
#define AICOST_JSON_AVX2       1
#define AICOST_JSON_WIDE       64    /* bytes of a wide block */
#elif defined(__SSE2__)
#include <emmintrin.h>
#endif


#ifdef AICOST_JSON_AVX2

static const unsigned char *aicost_json_wide(const unsigned char *p,
    const unsigned char *end, const unsigned char *limit, unsigned *flags)
    __attribute__((target("avx2")));

#endif


/* what may follow a backslash and stands for one byte */

static const unsigned char  aicost_json_simple[256] = {
    ['"'] = 1, ['\\'] = 1, ['/'] = 1, ['b'] = 1, ['f'] = 1, ['n'] = 1,
    ['r'] = 1, ['t'] = 1
};


/*
 * What one block of a string holds, a bit a byte: stops (quote, control, beyond
 * ASCII), backslashes, and the letters that usually follow those.
 */

typedef struct {
    uint32_t  stop;
    uint32_t  slash;
    uint32_t  letter;
} aicost_json_block_t;


/*
 * Bytes from p that are plain text and simple escapes, whole: less than width
 * when a stop is among them, one less when the last one begins an escape, one
 * more when an escape ends beyond the block.
 *
 * A run of backslashes of odd length escapes the byte behind it; adding the
 * run's first bit carries to that byte, at an even or odd place by its length
 * (Langdale and Lemire, "Parsing gigabytes of JSON per second", 2019).
 */

static inline unsigned
aicost_json_block(const aicost_json_block_t *b, unsigned width,
    const unsigned char *p, unsigned *flags)
{
    unsigned  i, n, most;
    uint32_t  stop;
    uint64_t  run, first, escaped;

    run = b->slash;
    first = run & ~(run << 1);

    escaped = ((run + (first & 0x5555555555555555ULL)) & ~run
               & 0xaaaaaaaaaaaaaaaaULL)
              | ((run + (first & 0xaaaaaaaaaaaaaaaaULL)) & ~run
                 & 0x5555555555555555ULL);

    most = width - (unsigned) (escaped >> width & 1);
    escaped &= ((uint64_t) 1 << width) - 1;

    if ((escaped & ~(uint64_t) b->letter) == 0) {

        stop = b->stop & ~(uint32_t) escaped;
        n = stop ? (unsigned) __builtin_ctz(stop) : most;

        if ((unsigned) __builtin_ctz(b->slash) < n) {
            *flags |= AICOST_JSON_ESCAPED;
        }

        return n;
    }

    /* an unusual letter: one escape after the other */

    stop = b->stop | b->slash;

    while (stop) {
        i = (unsigned) __builtin_ctz(stop);

        if (p[i] != '\\' || !aicost_json_simple[p[i + 1]]) {
            return i;
        }

        *flags |= AICOST_JSON_ESCAPED;

        if (i == width - 1) {
            return width + 1;
        }

        stop &= ~((uint32_t) 3 << i);
    }

    return width;
}


#ifdef AICOST_JSON_AVX2

/* a bit a byte of 64: v, as 32 and 32 */

#define aicost_json_mask(lo, hi)                                              \
    ((uint64_t) (uint32_t) _mm256_movemask_epi8(lo)                           \
     | (uint64_t) (uint32_t) _mm256_movemask_epi8(hi) << 32)


/*
 * As aicost_json_block(), for 64 bytes.  Blocks do not wait for each other but
 * by the one bit that says whether the first byte of the next is escaped: its
 * backslash is then the last byte of this one.
 */

static const unsigned char *
aicost_json_wide(const unsigned char *p, const unsigned char *end,
    const unsigned char *limit, unsigned *flags)
{
    __m256i               a, b, qa, qb, ba, bb, sa, sb;
    unsigned              i;
    uint64_t              stop, slash, run, first, follows, escaped, carry;
    const unsigned char  *last;

    const __m256i   control = _mm256_set1_epi8(0x1f);
    const __m256i   quote = _mm256_set1_epi8('"');
    const __m256i   back = _mm256_set1_epi8('\\');
    const __m256i   n = _mm256_set1_epi8('n');
    const __m256i   t = _mm256_set1_epi8('t');
    const uint64_t  even = 0x5555555555555555ULL;

    carry = 0;
    last = (end - p > AICOST_JSON_WIDE) ? end - AICOST_JSON_WIDE : p;

    if (last > limit) {
        last = limit;
    }

    for ( /* void */ ; p < last; p += AICOST_JSON_WIDE) {

        a = _mm256_loadu_si256((const __m256i *) (const void *) p);
        b = _mm256_loadu_si256((const __m256i *) (const void *) (p + 32));

        qa = _mm256_cmpeq_epi8(a, quote);
        qb = _mm256_cmpeq_epi8(b, quote);
        ba = _mm256_cmpeq_epi8(a, back);
        bb = _mm256_cmpeq_epi8(b, back);

        /* of signed bytes those beyond ASCII are below the controls */

        sa = _mm256_andnot_si256(qa, _mm256_cmpgt_epi8(a, control));
        sb = _mm256_andnot_si256(qb, _mm256_cmpgt_epi8(b, control));

        if (carry == 0
            && _mm256_movemask_epi8(_mm256_andnot_si256(
                                       _mm256_or_si256(ba, bb),
                                       _mm256_and_si256(sa, sb)))
               == -1)
        {
            continue;
        }

        stop = ~aicost_json_mask(sa, sb);
        slash = aicost_json_mask(ba, bb);

        if ((slash | carry) == 0) {
            return p + __builtin_ctzll(stop);
        }

        /* runs of backslashes; one that is escaped itself begins none */

        run = slash & ~carry;
        follows = run << 1 | carry;
        first = run & ~even & ~follows;
        carry = (first + run < run);
        escaped = (even ^ (first + run) << 1) & follows;

        stop &= ~escaped;

        if (stop) {
            i = (unsigned) __builtin_ctzll(stop);
            escaped &= ((uint64_t) 1 << i) - 1;
            slash &= ((uint64_t) 1 << i) - 1;
        }

        if (slash) {
            *flags |= AICOST_JSON_ESCAPED;
        }

        qa = _mm256_or_si256(_mm256_or_si256(qa, ba),
                             _mm256_or_si256(_mm256_cmpeq_epi8(a, n),
                                             _mm256_cmpeq_epi8(a, t)));
        qb = _mm256_or_si256(_mm256_or_si256(qb, bb),
                             _mm256_or_si256(_mm256_cmpeq_epi8(b, n),
                                             _mm256_cmpeq_epi8(b, t)));

        for (escaped &= ~aicost_json_mask(qa, qb);
             escaped;
             escaped &= escaped - 1)
        {
            i = (unsigned) __builtin_ctzll(escaped);

            if (!aicost_json_simple[p[i]]) {
                return p + i - 1;
            }
        }

        if (stop) {
            return p + __builtin_ctzll(stop);
        }
    }

    return p - carry;
}

#endif


unsigned
aicost_json_has_wide(void)
{
#ifdef AICOST_JSON_AVX2
    return __builtin_cpu_supports("avx2") != 0;
#else
    return 0;
#endif
}


const unsigned char *
aicost_json_plain(const unsigned char *p, const unsigned char *end,
    const unsigned char *limit, unsigned wide, unsigned *flags)
{
#ifdef __SSE2__
    __m128i              v, plain, letter;
    unsigned             n;
    aicost_json_block_t  b;

    while (end - p > 16 && p < limit) {

        v = _mm_loadu_si128((const __m128i *) (const void *) p);

        /* of signed bytes those beyond ASCII are below the controls */

        letter = _mm_cmpeq_epi8(v, _mm_set1_epi8('"'));
        plain = _mm_andnot_si128(letter,
                                 _mm_cmpgt_epi8(v, _mm_set1_epi8(0x1f)));

        b.stop = (uint32_t) _mm_movemask_epi8(plain) ^ 0xffff;
        b.slash = (uint32_t) _mm_movemask_epi8(
                                   _mm_cmpeq_epi8(v, _mm_set1_epi8('\\')));

        if (b.slash == 0) {

            if (b.stop) {
                return p + __builtin_ctz(b.stop);
            }

            p += 16;

#ifdef AICOST_JSON_AVX2
            /* most strings are short: wide blocks begin where one is not */

            if (wide) {
                p = aicost_json_wide(p, end, limit, flags);
                wide = 0;

                if (end - p > AICOST_JSON_WIDE) {
                    return p;
                }
            }
#endif

            continue;
        }

        letter = _mm_or_si128(letter, _mm_or_si128(
                                 _mm_cmpeq_epi8(v, _mm_set1_epi8('n')),
                                 _mm_cmpeq_epi8(v, _mm_set1_epi8('t'))));
        b.letter = (uint32_t) _mm_movemask_epi8(letter);

        n = aicost_json_block(&b, 16, p, flags);
        p += n;

        if (n < 15) {
            break;
        }
    }
#endif

    while (p < end && p < limit) {

        if (*p == '"' || *p < 0x20 || *p >= 0x80) {
            break;
        }

        if (*p == '\\') {

            if (end - p < 2 || !aicost_json_simple[p[1]]) {
                break;
            }

            *flags |= AICOST_JSON_ESCAPED;
            p++;
        }

        p++;
    }

    return p;
}
