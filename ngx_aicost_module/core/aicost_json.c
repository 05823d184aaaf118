
/*
 * Copyright (C) aicost
 */


#include "aicost_json_text.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif


/* what comes next */

#define AICOST_JSON_VALUE      0
#define AICOST_JSON_ELEMENT    1     /* a value, or the end of an array */
#define AICOST_JSON_MEMBER     2     /* a key, or the end of an object */
#define AICOST_JSON_NAME       3     /* a key */
#define AICOST_JSON_COLON      4
#define AICOST_JSON_COMMA      5     /* a comma, or the end of the parent */
#define AICOST_JSON_TEXT       6     /* more of a string */
#define AICOST_JSON_KEY_TEXT   7     /* more of a key */
#define AICOST_JSON_END        8     /* nothing but white space */
#define AICOST_JSON_DONE       9
#define AICOST_JSON_FAILED     10

#define AICOST_JSON_STATE      0x0f
#define AICOST_JSON_RUN        0x10  /* the last element was a number */


static int
aicost_json_fail(aicost_json_t *j, const unsigned char *p,
    aicost_reason_e reason)
{
    j->pos = (uint32_t) (p - j->data);
    j->reason = reason;
    j->state = AICOST_JSON_FAILED;

    return AICOST_ERROR;
}


static inline const unsigned char *
aicost_json_space(const unsigned char *p, const unsigned char *end)
{
#ifdef __SSE2__
    __m128i   v, space;
    unsigned  mask;
#endif

    if (p == end || *p > ' ') {
        return p;
    }

#ifdef __SSE2__
    if (*p == ' ' && end - p > 1 && p[1] > ' ') {
        return p + 1;
    }

    while (end - p >= 16) {
        v = _mm_loadu_si128((const __m128i *) (const void *) p);
        space = _mm_or_si128(
                    _mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8(' ')),
                                 _mm_cmpeq_epi8(v, _mm_set1_epi8('\n'))),
                    _mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8('\r')),
                                 _mm_cmpeq_epi8(v, _mm_set1_epi8('\t'))));
        mask = (unsigned) _mm_movemask_epi8(space);

        if (mask != 0xffff) {
            return p + __builtin_ctz(~mask);
        }

        p += 16;
    }
#endif

    while (p < end
           && (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t'))
    {
        p++;
    }

    return p;
}


/* past the escape at p; NULL when it is none, a lone surrogate or U+0000 */

static const unsigned char *
aicost_json_skip_escape(const unsigned char *p, const unsigned char *end)
{
    uint32_t  high, low;

    if (end - p < 2) {
        return NULL;
    }

    switch (p[1]) {

    case '"':
    case '\\':
    case '/':
    case 'b':
    case 'f':
    case 'n':
    case 'r':
    case 't':
        return p + 2;

    case 'u':
        break;

    default:
        return NULL;
    }

    if (end - p < 6 || aicost_json_hex4(p + 2, &high) != AICOST_OK
        || high == 0 || (high >= 0xdc00 && high <= 0xdfff))
    {
        return NULL;
    }

    if (high < 0xd800 || high > 0xdbff) {
        return p + 6;
    }

    if (end - p < 12 || p[6] != '\\' || p[7] != 'u'
        || aicost_json_hex4(p + 8, &low) != AICOST_OK
        || low < 0xdc00 || low > 0xdfff)
    {
        return NULL;
    }

    return p + 12;
}


/* past a run of characters beyond ASCII, for about as far as limit */

static const unsigned char *
aicost_json_skip_utf8(const unsigned char *p, const unsigned char *end,
    const unsigned char *limit)
{
    unsigned char  c;

    while (p < limit && *p >= 0x80) {

        c = *p;

        if (c < 0xe0) {
            if (c < 0xc2 || end - p < 2 || (p[1] & 0xc0) != 0x80) {
                return NULL;
            }

            p += 2;

        } else if (c < 0xf0) {
            if (end - p < 3
                || (p[1] & 0xc0) != 0x80 || (p[2] & 0xc0) != 0x80
                || (c == 0xe0 && p[1] < 0xa0)
                || (c == 0xed && p[1] > 0x9f))
            {
                return NULL;
            }

            p += 3;

        } else {
            if (c > 0xf4 || end - p < 4
                || (p[1] & 0xc0) != 0x80 || (p[2] & 0xc0) != 0x80
                || (p[3] & 0xc0) != 0x80
                || (c == 0xf0 && p[1] < 0x90)
                || (c == 0xf4 && p[1] > 0x8f))
            {
                return NULL;
            }

            p += 4;
        }
    }

    return p;
}


/*
 * Reads on in the string of the last node.  AICOST_OK: *pp is past its closing
 * quote; AICOST_AGAIN: the slice is used up; AICOST_ERROR.
 */

static inline int
aicost_json_text(aicost_json_t *j, const unsigned char **pp,
    const unsigned char *end, const unsigned char *limit)
{
    unsigned              flags;
    aicost_json_node_t   *n;
    const unsigned char  *p, *next;

    n = &j->nodes[j->nnodes - 1];
    flags = n->flags;
    p = *pp;

    for ( ;; ) {
        p = aicost_json_plain(p, end, limit, j->wide, &flags);

        if (p == end) {
            return aicost_json_fail(j, p, AICOST_R_INVALID_JSON);
        }

        if (*p == '"') {
            n->flags = (uint8_t) flags;
            n->len = (uint32_t) (p - j->data) - n->off;
            *pp = p + 1;
            return AICOST_OK;
        }

        if (p >= limit) {
            n->flags = (uint8_t) flags;
            *pp = p;
            return AICOST_AGAIN;
        }

        if (*p == '\\') {
            flags |= AICOST_JSON_ESCAPED;
            next = aicost_json_skip_escape(p, end);

        } else if (*p >= 0x80) {
            flags |= AICOST_JSON_NONASCII;
            next = aicost_json_skip_utf8(p, end, limit);

        } else {
            next = NULL;
        }

        if (next == NULL) {
            return aicost_json_fail(j, p, AICOST_R_INVALID_JSON);
        }

        p = next;
    }
}


/* past the number at p, NULL when it is none */

static const unsigned char *
aicost_json_number(const unsigned char *p, const unsigned char *end,
    unsigned *whole)
{
    const unsigned char  *start;

#define aicost_json_digit(p)  ((p) < end && (unsigned char) (*(p) - '0') < 10)

    *whole = AICOST_JSON_INTEGER;

    if (p < end && *p == '-') {
        p++;
    }

    if (!aicost_json_digit(p)) {
        return NULL;
    }

    if (*p++ != '0') {
        while (aicost_json_digit(p)) {
            p++;
        }
    }

    if (p < end && *p == '.') {
        *whole = 0;
        start = ++p;

        while (aicost_json_digit(p)) {
            p++;
        }

        if (p == start) {
            return NULL;
        }
    }

    if (p < end && (*p | 0x20) == 'e') {
        *whole = 0;
        p++;

        if (p < end && (*p == '+' || *p == '-')) {
            p++;
        }

        start = p;

        while (aicost_json_digit(p)) {
            p++;
        }

        if (p == start) {
            return NULL;
        }
    }

#undef aicost_json_digit

    return p;
}


/* a new node; NULL when the tape is full */

static inline aicost_json_node_t *
aicost_json_push(aicost_json_t *j, const unsigned char *p,
    aicost_json_type_e type)
{
    aicost_json_node_t  *n;

    if (j->nnodes == j->max) {
        return NULL;
    }

    n = &j->nodes[j->nnodes++];
    n->off = (uint32_t) (p - j->data);
    n->len = 0;
    n->next = j->nnodes;
    n->type = (uint8_t) type;
    n->flags = 0;
    n->count = 0;

    return n;
}


/* with a full tape the state is as before the token at p */

static int
aicost_json_full(aicost_json_t *j, const unsigned char *p)
{
    if (j->max >= AICOST_MAX_NODES) {
        return aicost_json_fail(j, p, AICOST_R_TOO_MANY_MEMBERS);
    }

    j->pos = (uint32_t) (p - j->data);

    return AICOST_DECLINED;
}


static inline void
aicost_json_after(aicost_json_t *j)
{
    j->state = j->depth ? AICOST_JSON_COMMA : AICOST_JSON_END;
}


static int
aicost_json_open(aicost_json_t *j, const unsigned char *p)
{
    unsigned  object;

    if (j->depth == AICOST_MAX_DEPTH) {
        return aicost_json_fail(j, p, AICOST_R_JSON_TOO_DEEP);
    }

    object = (*p == '{');

    if (aicost_json_push(j, p, object ? AICOST_JSON_OBJECT
                                      : AICOST_JSON_ARRAY)
        == NULL)
    {
        return aicost_json_full(j, p);
    }

    j->stack[j->depth] = j->nnodes - 1;
    j->members[j->depth] = 0;
    j->depth++;
    j->state = object ? AICOST_JSON_MEMBER : AICOST_JSON_ELEMENT;

    return AICOST_OK;
}


/* the bracket at p; while an object is open its len is the last key's node */

static inline int
aicost_json_close(aicost_json_t *j, const unsigned char *p)
{
    uint32_t             node, n, twice;
    aicost_json_node_t  *parent;

    node = j->stack[j->depth - 1];
    n = j->members[j->depth - 1];
    parent = &j->nodes[node];

    if (*p != (parent->type == AICOST_JSON_OBJECT ? '}' : ']')) {
        return aicost_json_fail(j, p, AICOST_R_INVALID_JSON);
    }

    if (parent->type == AICOST_JSON_OBJECT && n) {
        j->nodes[parent->len].next = j->nnodes;

        twice = (n > 1) ? aicost_json_unique(j, node, n) : 0;

        if (twice) {
            return aicost_json_fail(j, j->data + j->nodes[twice].off,
                                    AICOST_R_DUPLICATE_MEMBER);
        }
    }

    parent->len = (uint32_t) (p - j->data) + 1 - parent->off;
    parent->next = j->nnodes;
    parent->count = (uint16_t) (n < 65535 ? n : 65535);

    j->depth--;
    aicost_json_after(j);

    return AICOST_OK;
}


static int
aicost_json_word_value(aicost_json_t *j, const unsigned char **pp,
    const unsigned char *end)
{
    size_t                len;
    const char           *word;
    aicost_json_node_t   *n;
    aicost_json_type_e    type;
    const unsigned char  *p;

    p = *pp;

    switch (*p) {

    case 't':
        word = "true";
        type = AICOST_JSON_TRUE;
        break;

    case 'f':
        word = "false";
        type = AICOST_JSON_FALSE;
        break;

    case 'n':
        word = "null";
        type = AICOST_JSON_NULL;
        break;

    default:
        return aicost_json_fail(j, p, AICOST_R_INVALID_JSON);
    }

    len = (type == AICOST_JSON_FALSE) ? 5 : 4;

    if ((size_t) (end - p) < len || memcmp(p, word, len) != 0) {
        return aicost_json_fail(j, p, AICOST_R_INVALID_JSON);
    }

    n = aicost_json_push(j, p, type);

    if (n == NULL) {
        return aicost_json_full(j, p);
    }

    n->len = (uint32_t) len;
    *pp = p + len;
    aicost_json_after(j);

    return AICOST_OK;
}


/* a number, and in an array those that follow it */

static int
aicost_json_numeric(aicost_json_t *j, const unsigned char **pp,
    const unsigned char *end, const unsigned char *limit, unsigned run)
{
    unsigned              whole, array;
    aicost_json_node_t   *n;
    const unsigned char  *p, *last;

    p = *pp;
    last = aicost_json_number(p, end, &whole);

    if (last == NULL) {
        return aicost_json_fail(j, p, AICOST_R_INVALID_JSON);
    }

    array = (j->depth && j->nodes[j->stack[j->depth - 1]].type
                         == AICOST_JSON_ARRAY);

    if (run) {
        n = &j->nodes[j->nnodes - 1];
        n->type = AICOST_JSON_NUMBERS;
        n->flags &= (uint8_t) whole;

    } else {
        n = aicost_json_push(j, p, AICOST_JSON_NUMBER);

        if (n == NULL) {
            return aicost_json_full(j, p);
        }

        n->flags = (uint8_t) whole;
    }

    for ( ;; ) {
        n->count = (uint16_t) (n->count + (n->count < 65535));
        n->len = (uint32_t) (last - j->data) - n->off;

        /* the common form of a run; anything else goes the general way */

        if (!array || end - last < 2 || *last != ',' || last >= limit
            || (unsigned char) (last[1] - '0') > 9)
        {
            break;
        }

        p = last + 1;
        last = aicost_json_number(p, end, &whole);

        if (last == NULL) {
            return aicost_json_fail(j, p, AICOST_R_INVALID_JSON);
        }

        n->type = AICOST_JSON_NUMBERS;
        n->flags &= (uint8_t) whole;
        j->members[j->depth - 1]++;
    }

    *pp = last;
    aicost_json_after(j);

    if (array) {
        j->state |= AICOST_JSON_RUN;
    }

    return AICOST_OK;
}


static inline int
aicost_json_more_text(aicost_json_t *j, const unsigned char **pp,
    const unsigned char *end, const unsigned char *limit)
{
    int                  rc;
    aicost_json_node_t  *n;

    rc = aicost_json_text(j, pp, end, limit);

    if (rc == AICOST_AGAIN) {
        j->pos = (uint32_t) (*pp - j->data);
    }

    if (rc != AICOST_OK) {
        return rc;
    }

    if (j->state == AICOST_JSON_TEXT) {
        aicost_json_after(j);
        return AICOST_OK;
    }

    n = &j->nodes[j->nnodes - 1];
    n->count = (uint16_t) aicost_json_hash(j, n, AICOST_JSON_SEED, 1);

    if (n->flags & AICOST_JSON_ESCAPED) {
        j->nodes[j->stack[j->depth - 1]].flags |= AICOST_JSON_ODD_KEY;
    }

    j->state = AICOST_JSON_COLON;

    if (*pp < end && **pp == ':') {
        (*pp)++;
        j->state = AICOST_JSON_VALUE;
    }

    return AICOST_OK;
}


static int
aicost_json_value(aicost_json_t *j, const unsigned char **pp,
    const unsigned char *end, const unsigned char *limit)
{
    int                   rc;
    unsigned              run;
    const unsigned char  *p;

    p = *pp;
    run = j->state & AICOST_JSON_RUN;

    if (*p == '"') {

        if (aicost_json_push(j, p + 1, AICOST_JSON_STRING) == NULL) {
            return aicost_json_full(j, p);
        }

        j->members[j->depth ? j->depth - 1 : 0]++;
        j->state = AICOST_JSON_TEXT;
        *pp = p + 1;

        return aicost_json_more_text(j, pp, end, limit);

    } else if (*p == '{' || *p == '[') {
        rc = aicost_json_open(j, p);
        *pp = p + 1;

        if (rc == AICOST_OK && j->depth > 1) {
            j->members[j->depth - 2]++;
        }

        return rc;

    } else if (*p == '-' || (*p >= '0' && *p <= '9')) {
        rc = aicost_json_numeric(j, pp, end, limit, run);

    } else {
        rc = aicost_json_word_value(j, pp, end);
    }

    if (rc == AICOST_OK && j->depth) {
        j->members[j->depth - 1]++;
    }

    return rc;
}


static int
aicost_json_name(aicost_json_t *j, const unsigned char **pp,
    const unsigned char *end, const unsigned char *limit)
{
    uint32_t              node, object;
    aicost_json_node_t   *n;
    const unsigned char  *p;

    p = *pp;

    if (*p != '"') {
        return aicost_json_fail(j, p, AICOST_R_INVALID_JSON);
    }

    if (j->members[j->depth - 1] == AICOST_MAX_MEMBERS) {
        return aicost_json_fail(j, p, AICOST_R_TOO_MANY_MEMBERS);
    }

    n = aicost_json_push(j, p + 1, AICOST_JSON_KEY);

    if (n == NULL) {
        return aicost_json_full(j, p);
    }

    node = j->nnodes - 1;
    object = j->stack[j->depth - 1];

    if (j->nodes[object].len) {
        j->nodes[j->nodes[object].len].next = node;
    }

    j->nodes[object].len = node;
    j->state = AICOST_JSON_KEY_TEXT;
    *pp = p + 1;

    return aicost_json_more_text(j, pp, end, limit);
}


/* a comma or a bracket after an element or a member's value */

static int
aicost_json_comma(aicost_json_t *j, const unsigned char **pp)
{
    const unsigned char  *p;

    p = *pp;

    if (*p == ',') {
        if (j->nodes[j->stack[j->depth - 1]].type == AICOST_JSON_OBJECT) {
            j->state = AICOST_JSON_NAME;

        } else {
            j->state = AICOST_JSON_VALUE | (j->state & AICOST_JSON_RUN);
        }

        *pp = p + 1;

        return AICOST_OK;
    }

    if (*p != '}' && *p != ']') {
        return aicost_json_fail(j, p, AICOST_R_INVALID_JSON);
    }

    *pp = p + 1;

    return aicost_json_close(j, p);
}


static int
aicost_json_step(aicost_json_t *j, const unsigned char **pp,
    const unsigned char *end, const unsigned char *limit)
{
    const unsigned char  *p;

    p = *pp;

    switch (j->state & AICOST_JSON_STATE) {

    case AICOST_JSON_ELEMENT:
        if (*p == ']') {
            *pp = p + 1;
            return aicost_json_close(j, p);
        }

        /* fall through */

    case AICOST_JSON_VALUE:
        return aicost_json_value(j, pp, end, limit);

    case AICOST_JSON_MEMBER:
        if (*p == '}') {
            *pp = p + 1;
            return aicost_json_close(j, p);
        }

        /* fall through */

    case AICOST_JSON_NAME:
        return aicost_json_name(j, pp, end, limit);

    case AICOST_JSON_COLON:
        if (*p == ':') {
            *pp = p + 1;
            j->state = AICOST_JSON_VALUE;
            return AICOST_OK;
        }

        break;

    case AICOST_JSON_COMMA:
        return aicost_json_comma(j, pp);

    case AICOST_JSON_TEXT:
    case AICOST_JSON_KEY_TEXT:
        return aicost_json_more_text(j, pp, end, limit);
    }

    return aicost_json_fail(j, p, AICOST_R_INVALID_JSON);
}


void
aicost_json_init(aicost_json_t *j, const unsigned char *data, size_t len,
    aicost_json_node_t *nodes, uint32_t max)
{
    j->data = data;
    j->len = (uint32_t) len;
    j->pos = 0;
    j->nodes = nodes;
    j->nnodes = 0;
    j->max = (max < AICOST_MAX_NODES) ? max : AICOST_MAX_NODES;
    j->reason = AICOST_R_OK;
    j->depth = 0;
    j->state = AICOST_JSON_VALUE;
    j->wide = aicost_json_has_wide();

    if (len > INT32_MAX) {
        j->len = 0;
        (void) aicost_json_fail(j, data, AICOST_R_REQUEST_TOO_LARGE);
    }
}


void
aicost_json_grow(aicost_json_t *j, aicost_json_node_t *nodes, uint32_t max)
{
    j->nodes = nodes;
    j->max = (max < AICOST_MAX_NODES) ? max : AICOST_MAX_NODES;
}


int
aicost_json_run(aicost_json_t *j, size_t slice)
{
    int                   rc;
    const unsigned char  *p, *end, *limit;

    if (j->state == AICOST_JSON_FAILED) {
        return AICOST_ERROR;
    }

    if (j->state == AICOST_JSON_DONE) {
        return AICOST_OK;
    }

    p = j->data + j->pos;
    end = j->data + j->len;
    limit = (slice < (size_t) (end - p)) ? p + (slice ? slice : 1) : end;

    for ( ;; ) {

        if (j->state != AICOST_JSON_TEXT && j->state != AICOST_JSON_KEY_TEXT) {
            p = aicost_json_space(p, end);
        }

        if (p == end) {
            break;
        }

        if (p >= limit) {
            j->pos = (uint32_t) (p - j->data);
            return AICOST_AGAIN;
        }

        rc = aicost_json_step(j, &p, end, limit);

        if (rc != AICOST_OK) {
            return rc;
        }
    }

    if (j->state == AICOST_JSON_END) {
        j->pos = j->len;
        j->state = AICOST_JSON_DONE;
        return AICOST_OK;
    }

    return aicost_json_fail(j, p, j->nnodes ? AICOST_R_INVALID_JSON
                                            : AICOST_R_EMPTY_BODY);
}
