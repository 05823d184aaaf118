
/*
 * Copyright (C) aicost
 *
 * One-pass strict JSON tape: spans into the caller's bytes, nothing copied.
 *
 * RFC 8259 and more: UTF-8 checked, no lone surrogates, no \u0000, no BOM, no
 * trailing bytes, depth <= AICOST_MAX_DEPTH, <= AICOST_MAX_MEMBERS members an
 * object, <= AICOST_MAX_NODES nodes; a member named twice in one object (after
 * unescaping) is an error.  A run of numbers in an array is one node, so that
 * arrays of token ids cost no memory.
 *
 * The parser is resumable: it stops after a slice of bytes, or when the tape
 * is full, and goes on where it stopped.
 */


#ifndef _AICOST_JSON_H_INCLUDED_
#define _AICOST_JSON_H_INCLUDED_


#include "aicost.h"


#define AICOST_JSON_SEED       0x9e3779b97f4a7c15u   /* of hashes */
#define AICOST_JSON_MIX        0xa0761d6478bd642fu


typedef enum {
    AICOST_JSON_NULL = 0,
    AICOST_JSON_FALSE,
    AICOST_JSON_TRUE,
    AICOST_JSON_NUMBER,
    AICOST_JSON_NUMBERS,       /* a run of two and more in an array: span from
                                  first to last, count of them saturating */
    AICOST_JSON_STRING,        /* span without the quotes */
    AICOST_JSON_KEY,           /* span without the quotes; value is node + 1 */
    AICOST_JSON_ARRAY,         /* span with the brackets */
    AICOST_JSON_OBJECT         /* span with the braces */
} aicost_json_type_e;


#define AICOST_JSON_ESCAPED    0x01  /* a string or key holds a backslash */
#define AICOST_JSON_TWIN       0x02  /* object: two of its keys differ only by
                                        case folding (ASCII, U+212A as k,
                                        U+017F as s) */
#define AICOST_JSON_INTEGER    0x04  /* a number, or a whole run of numbers,
                                        without fraction or exponent */
#define AICOST_JSON_ODD_KEY    0x08  /* object: one of its keys is written with
                                        an escape */
#define AICOST_JSON_NONASCII   0x10  /* a string or key holds a byte >= 0x80 */


typedef struct {
    uint32_t             off;    /* bytes from the start of the document */
    uint32_t             len;
    uint32_t             next;   /* node after this one and all below it;
                                    of a KEY: the next key of the object or
                                    the object's own next */
    uint8_t              type;
    uint8_t              flags;
    uint16_t             count;  /* children: members or elements, saturating;
                                    of a KEY: 16 bits of its folded hash */
} aicost_json_node_t;


typedef struct {
    const unsigned char *data;
    uint32_t             len;    /* documents of 2^31 bytes and more are
                                    refused */
    uint32_t             pos;

    aicost_json_node_t  *nodes;
    uint32_t             nnodes;
    uint32_t             max;

    aicost_reason_e      reason; /* set with AICOST_ERROR */

    /* the parser's own */
    uint32_t             wide;   /* the processor has AVX2 */
    uint32_t             depth;
    uint32_t             state;
    uint32_t             stack[AICOST_MAX_DEPTH];
    uint32_t             members[AICOST_MAX_DEPTH];
    uint32_t             table[AICOST_MAX_MEMBERS * 2];  /* keys of one object
                                                            by their hash */
} aicost_json_t;


/* nodes holds room for max nodes, owned by the caller */
void aicost_json_init(aicost_json_t *j, const unsigned char *data, size_t len,
    aicost_json_node_t *nodes, uint32_t max);

/* gives a full tape more room: nodes holds a copy of the old ones */
void aicost_json_grow(aicost_json_t *j, aicost_json_node_t *nodes,
    uint32_t max);

/*
 * Parses on for about `slice` bytes.
 *
 * AICOST_OK        the document is whole and strict
 * AICOST_AGAIN     the slice is used up: call again
 * AICOST_DECLINED  the tape is full below AICOST_MAX_NODES: grow, call again
 * AICOST_ERROR     reason and pos say what and where
 */
int aicost_json_run(aicost_json_t *j, size_t slice);

/* the value node of a member, 0 when absent (node 0 is the root) */
#define aicost_json_get(j, object, name)                                      \
    aicost_json_member(j, object, name, strlen(name))
uint32_t aicost_json_member(const aicost_json_t *j, uint32_t object,
    const char *name, size_t len);

/* first child of an array or object; 0 when empty.  Step with nodes[i].next
   until it reaches nodes[parent].next */
uint32_t aicost_json_first(const aicost_json_t *j, uint32_t parent);

/* 1 when the node is a string (or key) spelled exactly so, unescaped */
#define aicost_json_is(j, node, word)                                         \
    aicost_json_equal(j, node, word, strlen(word))
int aicost_json_equal(const aicost_json_t *j, uint32_t node, const char *word,
    size_t len);

/* 1 when it is the word, in ASCII lower case, after unescaping and folding */
int aicost_json_folds(const aicost_json_t *j, uint32_t node,
    const char *word);

/* the numbers of a NUMBER or NUMBERS node, exactly */
uint32_t aicost_json_numbers(const aicost_json_t *j, uint32_t node);

/*
 * An integer in [min, max].  AICOST_DECLINED when the node is no number,
 * AICOST_ERROR when it is out of range or not whole.  Accepts 12.0 and 1e3
 * only with `real` (usage of providers), never in requests.
 */
int aicost_json_int(const aicost_json_t *j, uint32_t node, int64_t min,
    int64_t max, unsigned real, int64_t *value);

/* unescapes a string node into dst (nodes[node].len bytes always suffice);
   returns the length */
size_t aicost_json_unescape(const aicost_json_t *j, uint32_t node,
    unsigned char *dst);

/* writes a string with the escapes JSON needs; stops before last; returns the
   end.  6 * len bytes always suffice */
unsigned char *aicost_json_escape(unsigned char *p, unsigned char *last,
    const unsigned char *src, size_t len);


/* a step of a hash: each bit of a and b reaches all of it */

static inline uint64_t
aicost_json_multiply(uint64_t a, uint64_t b)
{
    __extension__ unsigned __int128  m;

    m = a;
    m *= b;

    return (uint64_t) m ^ (uint64_t) (m >> 64);
}


#endif /* _AICOST_JSON_H_INCLUDED_ */
