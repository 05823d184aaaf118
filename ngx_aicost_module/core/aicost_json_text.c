
/*
 * Copyright (C) aicost
 *
 * Strings of a checked tape, character by character; and its readers.
 */


#include "aicost_json_text.h"


#define AICOST_JSON_ONES       0x0101010101010101u

/* objects up to this size are compared pair by pair */
#define AICOST_JSON_PAIRS      8

#define AICOST_JSON_QUICK      0
#define AICOST_JSON_FOLDED     1
#define AICOST_JSON_EXACT      2


int
aicost_json_hex4(const unsigned char *p, uint32_t *value)
{
    uint32_t       v;
    unsigned char  c, i;

    v = 0;

    for (i = 0; i < 4; i++) {
        c = p[i];

        if (c >= '0' && c <= '9') {
            c = (unsigned char) (c - '0');

        } else {
            c = (unsigned char) ((c | 0x20) - 'a');

            if (c > 5) {
                return AICOST_ERROR;
            }

            c = (unsigned char) (c + 10);
        }

        v = v << 4 | c;
    }

    *value = v;

    return AICOST_OK;
}


uint32_t
aicost_json_char(const unsigned char **pp)
{
    uint32_t              c, low;
    const unsigned char  *p;

    p = *pp;
    c = *p;

    if (c == '\\') {
        *pp = p + 2;

        switch (p[1]) {

        case 'b':
            return '\b';

        case 'f':
            return '\f';

        case 'n':
            return '\n';

        case 'r':
            return '\r';

        case 't':
            return '\t';

        case 'u':
            break;

        default:
            return p[1];
        }

        c = low = 0;
        (void) aicost_json_hex4(p + 2, &c);
        *pp = p + 6;

        if (c >= 0xd800 && c <= 0xdbff) {
            (void) aicost_json_hex4(p + 8, &low);
            c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
            *pp = p + 12;
        }

        return c;
    }

    if (c < 0x80) {
        *pp = p + 1;
        return c;
    }

    if (c < 0xe0) {
        *pp = p + 2;
        return (c & 0x1f) << 6 | (p[1] & 0x3fu);
    }

    if (c < 0xf0) {
        *pp = p + 3;
        return (c & 0x0f) << 12 | (p[1] & 0x3fu) << 6 | (p[2] & 0x3fu);
    }

    *pp = p + 4;

    return (c & 0x07) << 18 | (p[1] & 0x3fu) << 12 | (p[2] & 0x3fu) << 6
           | (p[3] & 0x3fu);
}


static unsigned char *
aicost_json_utf8(unsigned char *p, uint32_t c)
{
    if (c < 0x80) {
        *p++ = (unsigned char) c;
        return p;
    }

    if (c < 0x800) {
        *p++ = (unsigned char) (0xc0 | c >> 6);
        *p++ = (unsigned char) (0x80 | (c & 0x3f));
        return p;
    }

    if (c < 0x10000) {
        *p++ = (unsigned char) (0xe0 | c >> 12);

    } else {
        *p++ = (unsigned char) (0xf0 | c >> 18);
        *p++ = (unsigned char) (0x80 | (c >> 12 & 0x3f));
    }

    *p++ = (unsigned char) (0x80 | (c >> 6 & 0x3f));
    *p++ = (unsigned char) (0x80 | (c & 0x3f));

    return p;
}


static uint32_t
aicost_json_fold(uint32_t c)
{
    if (c >= 'A' && c <= 'Z') {
        return c | 0x20;
    }

    if (c == 0x212a) {
        return 'k';
    }

    return (c == 0x17f) ? 's' : c;
}


static uint64_t
aicost_json_mix(uint64_t hash, uint64_t word)
{
    return aicost_json_multiply(hash ^ word, AICOST_JSON_MIX);
}


/* bytes as one little word, zeros behind them; room: bytes that may be read */

static uint64_t
aicost_json_word(const unsigned char *p, size_t len, size_t room,
    unsigned fold)
{
    size_t    i;
    uint64_t  w, upper;

    w = 0;

    if (len >= 8) {
        memcpy(&w, p, 8);

#if (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)
    } else if (room >= 8) {
        memcpy(&w, p, 8);
        w &= ((uint64_t) 1 << 8 * len) - 1;
#endif

    } else {
        for (i = 0; i < len; i++) {
#if (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)
            w |= (uint64_t) p[i] << 8 * i;
#else
            w |= (uint64_t) p[i] << (56 - 8 * i);
#endif
        }
    }

    if (fold) {
        /* each byte < 0x80: the top bit of a sum tells >= 'A', > 'Z' */

        upper = (w + AICOST_JSON_ONES * (0x80 - 'A'))
                & ~(w + AICOST_JSON_ONES * (0x80 - 'Z' - 1))
                & AICOST_JSON_ONES * 0x80;
        w |= upper >> 2;
    }

    return w;
}


uint64_t
aicost_json_hash(const aicost_json_t *j, const aicost_json_node_t *n,
    uint64_t seed, unsigned fold)
{
    size_t                len, room;
    uint32_t              c;
    uint64_t              hash;
    unsigned char         buf[12], *last;
    const unsigned char  *p, *end;

    p = j->data + n->off;
    hash = seed;

    if ((n->flags & (AICOST_JSON_ESCAPED | AICOST_JSON_NONASCII)) == 0) {

        for (len = n->len; len > 8; len -= 8, p += 8) {
            hash = aicost_json_mix(hash, aicost_json_word(p, 8, 8, fold));
        }

        room = (size_t) (j->data + j->len - p);

        return aicost_json_mix(hash, aicost_json_word(p, len, room, fold))
               + len;
    }

    end = p + n->len;
    last = buf;
    memset(buf, 0, sizeof(buf));

    while (p < end) {
        c = aicost_json_char(&p);
        last = aicost_json_utf8(last, fold ? aicost_json_fold(c) : c);

        if (last > buf + 8) {
            hash = aicost_json_mix(hash, aicost_json_word(buf, 8, 8, 0));
            len = (size_t) (last - buf) - 8;
            memmove(buf, buf + 8, len);
            last = buf + len;
        }
    }

    len = (size_t) (last - buf);

    return aicost_json_mix(hash, aicost_json_word(buf, len, 8, 0)) + len;
}


int
aicost_json_same(const unsigned char *a, size_t alen, const unsigned char *b,
    size_t blen)
{
    int                   same;
    uint32_t              ca, cb;
    const unsigned char  *aend, *bend;

    if (alen == blen && memcmp(a, b, alen) == 0) {
        return 2;
    }

    aend = a + alen;
    bend = b + blen;
    same = 2;

    while (a < aend && b < bend) {
        ca = aicost_json_char(&a);
        cb = aicost_json_char(&b);

        if (ca != cb) {
            if (aicost_json_fold(ca) != aicost_json_fold(cb)) {
                return 0;
            }

            same = 1;
        }
    }

    return (a == aend && b == bend) ? same : 0;
}


static int
aicost_json_same_keys(const aicost_json_t *j, uint32_t a, uint32_t b)
{
    const aicost_json_node_t  *na, *nb;

    na = &j->nodes[a];
    nb = &j->nodes[b];

    if (na->count != nb->count) {
        return 0;
    }

    return aicost_json_same(j->data + na->off, na->len, j->data + nb->off,
                            nb->len);
}


/*
 * Every key of the object against the others, by a table.  First by the hashes
 * that are there; when too many meet, by hashes with an address in them, so
 * that keys which meet cannot be made beforehand.  Keys that only fold to one
 * another would all meet in one chain: so the first such pair ends the search
 * for pairs, and what follows is about the exact keys only.
 */

static uint32_t
aicost_json_table(aicost_json_t *j, uint32_t object, uint32_t count,
    unsigned how)
{
    int       same;
    uint32_t  i, key, slot, size, mask, steps;
    uint64_t  seed;

    for (size = 32; size < count * 2; size *= 2) { /* void */ }

    mask = size - 1;
    seed = (uint64_t) (uintptr_t) j->data * AICOST_JSON_SEED;
    memset(j->table, 0, size * sizeof(uint32_t));

    key = object + 1;
    steps = 0;

    for (i = 0; i < count; i++) {

        slot = j->nodes[key].count;

        if (how != AICOST_JSON_QUICK) {
            slot = (uint32_t) (aicost_json_hash(j, &j->nodes[key], seed,
                                                how == AICOST_JSON_FOLDED)
                               >> 40);
        }

        for (slot &= mask; j->table[slot]; slot = (slot + 1) & mask) {
            same = aicost_json_same_keys(j, key, j->table[slot]);

            if (same == 2) {
                return key;
            }

            if (same == 1 && how != AICOST_JSON_EXACT) {
                j->nodes[object].flags |= AICOST_JSON_TWIN;
                return aicost_json_table(j, object, count, AICOST_JSON_EXACT);
            }

            if (++steps > count * 2 && how == AICOST_JSON_QUICK) {
                return aicost_json_table(j, object, count, AICOST_JSON_FOLDED);
            }
        }

        j->table[slot] = key;
        key = j->nodes[key].next;
    }

    return 0;
}


uint32_t
aicost_json_unique(aicost_json_t *j, uint32_t object, uint32_t count)
{
    int       same;
    uint32_t  i, k, key, keys[AICOST_JSON_PAIRS];

    if (count > AICOST_JSON_PAIRS) {
        return aicost_json_table(j, object, count, AICOST_JSON_QUICK);
    }

    key = object + 1;

    for (i = 0; i < count; i++) {

        for (k = 0; k < i; k++) {
            same = aicost_json_same_keys(j, key, keys[k]);

            if (same == 2) {
                return key;
            }

            if (same == 1) {
                j->nodes[object].flags |= AICOST_JSON_TWIN;
                return aicost_json_table(j, object, count, AICOST_JSON_EXACT);
            }
        }

        keys[i] = key;
        key = j->nodes[key].next;
    }

    return 0;
}


uint32_t
aicost_json_first(const aicost_json_t *j, uint32_t parent)
{
    return (j->nodes[parent].next > parent + 1) ? parent + 1 : 0;
}


int
aicost_json_equal(const aicost_json_t *j, uint32_t node, const char *word,
    size_t len)
{
    const aicost_json_node_t  *n;

    n = &j->nodes[node];

    if (n->type != AICOST_JSON_STRING && n->type != AICOST_JSON_KEY) {
        return 0;
    }

    if (n->flags & AICOST_JSON_ESCAPED) {
        return aicost_json_same(j->data + n->off, n->len,
                                (const unsigned char *) word, len)
               == 2;
    }

    return n->len == len && memcmp(j->data + n->off, word, len) == 0;
}


int
aicost_json_folds(const aicost_json_t *j, uint32_t node, const char *word)
{
    const aicost_json_node_t  *n;

    n = &j->nodes[node];

    if (n->type != AICOST_JSON_STRING && n->type != AICOST_JSON_KEY) {
        return 0;
    }

    return aicost_json_same(j->data + n->off, n->len,
                            (const unsigned char *) word, strlen(word))
           != 0;
}


uint32_t
aicost_json_member(const aicost_json_t *j, uint32_t object, const char *name,
    size_t len)
{
    uint32_t  key;

    if (object >= j->nnodes || j->nodes[object].type != AICOST_JSON_OBJECT) {
        return 0;
    }

    for (key = object + 1; key < j->nodes[object].next;
         key = j->nodes[key].next)
    {
        if (aicost_json_equal(j, key, name, len)) {
            return key + 1;
        }
    }

    return 0;
}


uint32_t
aicost_json_numbers(const aicost_json_t *j, uint32_t node)
{
    uint32_t                   count;
    const unsigned char       *p, *end;
    const aicost_json_node_t  *n;

    n = &j->nodes[node];

    if (n->type != AICOST_JSON_NUMBER && n->type != AICOST_JSON_NUMBERS) {
        return 0;
    }

    if (n->count < 65535) {
        return n->count;
    }

    end = j->data + n->off + n->len;
    count = 1;

    for (p = j->data + n->off; p < end; p++) {
        count += (*p == ',');
    }

    return count;
}


/* digits of a checked number times ten to `power`; AICOST_ERROR when not whole
   or beyond 64 bits */

static int
aicost_json_scale(const unsigned char *p, const unsigned char *end,
    int64_t power, uint64_t *value)
{
    uint64_t              v;
    const unsigned char  *q;

    while (end > p && (end[-1] == '0' || end[-1] == '.')) {
        power += (end[-1] == '0');
        end--;
    }

    v = 0;

    for (q = p; q < end; q++) {
        if (*q == '.') {
            continue;
        }

        if (v > (UINT64_MAX - 9) / 10) {
            return AICOST_ERROR;
        }

        v = v * 10 + (uint64_t) (*q - '0');
    }

    if (v == 0) {
        power = 0;
    }

    for ( /* void */ ; power > 0; power--) {
        if (v > UINT64_MAX / 10) {
            return AICOST_ERROR;
        }

        v *= 10;
    }

    *value = v;

    return (power < 0) ? AICOST_ERROR : AICOST_OK;
}


int
aicost_json_int(const aicost_json_t *j, uint32_t node, int64_t min,
    int64_t max, unsigned real, int64_t *value)
{
    int                        negative, minus;
    int64_t                    v, power, exponent;
    uint64_t                   u;
    const unsigned char       *p, *q, *end, *last;
    const aicost_json_node_t  *n;

    n = &j->nodes[node];

    if (n->type != AICOST_JSON_NUMBER) {
        return AICOST_DECLINED;
    }

    if (!real && (n->flags & AICOST_JSON_INTEGER) == 0) {
        return AICOST_ERROR;
    }

    p = j->data + n->off;
    end = p + n->len;
    negative = (*p == '-');
    p += negative;
    power = 0;
    exponent = 0;
    last = p;

    while (last < end && (*last | 0x20) != 'e') {
        last++;
    }

    if (last < end) {
        q = last + 1;
        minus = (*q == '-');
        q += (*q == '-' || *q == '+');

        for ( /* void */ ; q < end; q++) {
            if (exponent < INT32_MAX) {
                exponent = exponent * 10 + (*q - '0');
            }
        }

        power = minus ? -exponent : exponent;
    }

    /* digits after the point, of a length that a document can have */

    for (q = p; q < last && *q != '.'; q++) { /* void */ }

    if (q < last) {
        power -= last - q - 1;
    }

    if (aicost_json_scale(p, last, power, &u) != AICOST_OK
        || u > INT64_MAX)
    {
        return AICOST_ERROR;
    }

    v = negative ? -(int64_t) u : (int64_t) u;

    if (v < min || v > max) {
        return AICOST_ERROR;
    }

    *value = v;

    return AICOST_OK;
}


size_t
aicost_json_unescape(const aicost_json_t *j, uint32_t node, unsigned char *dst)
{
    unsigned char             *last;
    const unsigned char       *p, *end;
    const aicost_json_node_t  *n;

    n = &j->nodes[node];
    p = j->data + n->off;

    if ((n->flags & AICOST_JSON_ESCAPED) == 0) {
        memcpy(dst, p, n->len);
        return n->len;
    }

    end = p + n->len;
    last = dst;

    while (p < end) {
        if (*p == '\\') {
            last = aicost_json_utf8(last, aicost_json_char(&p));

        } else {
            *last++ = *p++;
        }
    }

    return (size_t) (last - dst);
}


unsigned char *
aicost_json_escape(unsigned char *p, unsigned char *last,
    const unsigned char *src, size_t len)
{
    size_t                i, n;
    unsigned char         c, esc[6];
    static const char     hex[] = "0123456789abcdef";

    for (i = 0; i < len; i++) {
        c = src[i];
        esc[0] = '\\';
        n = 2;

        switch (c) {

        case '"':
        case '\\':
            esc[1] = c;
            break;

        case '\b':
            esc[1] = 'b';
            break;

        case '\f':
            esc[1] = 'f';
            break;

        case '\n':
            esc[1] = 'n';
            break;

        case '\r':
            esc[1] = 'r';
            break;

        case '\t':
            esc[1] = 't';
            break;

        default:
            if (c >= 0x20) {
                esc[0] = c;
                n = 1;
                break;
            }

            memcpy(esc + 1, "u00", 3);
            esc[4] = (unsigned char) hex[c >> 4];
            esc[5] = (unsigned char) hex[c & 15];
            n = 6;
        }

        if ((size_t) (last - p) < n) {
            break;
        }

        memcpy(p, esc, n);
        p += n;
    }

    return p;
}
