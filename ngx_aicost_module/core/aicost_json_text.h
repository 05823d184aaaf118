
/*
 * Copyright (C) aicost
 *
 * Strings of a tape: between aicost_json.c and aicost_json_text.c only.
 */


#ifndef _AICOST_JSON_TEXT_H_INCLUDED_
#define _AICOST_JSON_TEXT_H_INCLUDED_


#include "aicost_json.h"


/* four hexadecimal digits, AICOST_ERROR when they are none */
int aicost_json_hex4(const unsigned char *p, uint32_t *value);

/* the next character of a checked string, unescaped; steps over it */
uint32_t aicost_json_char(const unsigned char **pp);

/* of the unescaped key, folded or not */
uint64_t aicost_json_hash(const aicost_json_t *j, const aicost_json_node_t *n,
    uint64_t seed, unsigned fold);

/* a key that the object has twice, 0 none; sets AICOST_JSON_TWIN */
uint32_t aicost_json_unique(aicost_json_t *j, uint32_t object, uint32_t count);

/* two strings: 2 the same after unescaping, 1 after folding, 0 different */
int aicost_json_same(const unsigned char *a, size_t alen,
    const unsigned char *b, size_t blen);

/* 1 when the processor has AVX2 */
unsigned aicost_json_has_wide(void);

/*
 * The next byte of a string that is neither plain text nor a simple escape, or
 * end; stops early, at a byte that begins a character, past limit.  flags gets
 * AICOST_JSON_ESCAPED for the escapes passed.
 */
const unsigned char *aicost_json_plain(const unsigned char *p,
    const unsigned char *end, const unsigned char *limit, unsigned wide,
    unsigned *flags);


#endif /* _AICOST_JSON_TEXT_H_INCLUDED_ */
