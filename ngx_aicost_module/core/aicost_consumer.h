
/*
 * Copyright (C) aicost
 *
 * Consumers and their key digests: one flat block without pointers, found by
 * SHA-256 digest in O(1).
 */


#ifndef _AICOST_CONSUMER_H_INCLUDED_
#define _AICOST_CONSUMER_H_INCLUDED_


#include "aicost.h"
#include "aicost_price.h"


#define AICOST_DIGEST              32
#define AICOST_CONSUMER_BUDGETS    8
#define AICOST_CONSUMER_TAGS       16
#define AICOST_CONSUMER_NAMES      64    /* tiers, models each */
#define AICOST_CONSUMER_KEYS       64


/* name and text fields point into the block it was found in */

typedef struct {
    aicost_str_t         name;
    aicost_str_t         use_case;        /* may be empty */
    aicost_str_t         max_tier;        /* may be empty */
    aicost_str_t         value;           /* "0.80EUR" or empty */
    unsigned             critical:1;
    unsigned             all_tiers:1;     /* "tiers" was absent */
    unsigned             all_models:1;    /* "models" was absent: those of the
                                             allowed tiers */
    int64_t              max_output;      /* tokens, 0 none */

    uint32_t             ntiers;
    uint32_t             nmodels;
    uint32_t             nbudgets;
    uint32_t             ntags;
    struct {
        aicost_str_t     name;            /* the aicost_budget's NAME */
        aicost_str_t     limit;           /* "10EUR", "200kt" */
    } budgets[AICOST_CONSUMER_BUDGETS];
    struct {
        aicost_str_t     name;
        aicost_str_t     value;
    } tags[AICOST_CONSUMER_TAGS];
    aicost_str_t         tiers[AICOST_CONSUMER_NAMES];
    aicost_str_t         models[AICOST_CONSUMER_NAMES];
} aicost_consumer_t;


typedef struct {
    unsigned char        digest[AICOST_DIGEST];
    int64_t              expires;         /* ms since 1970 UTC, INT64_MAX
                                             never */
} aicost_key_t;


typedef struct aicost_consumers_s  aicost_consumers_t;   /* flat */
typedef struct aicost_consumers_builder_s  aicost_consumers_builder_t;


aicost_consumers_builder_t *aicost_consumers_start(aicost_alloc_pt alloc,
    void *ctx);
/* AICOST_DECLINED: the name or one of the digests is there already;
   AICOST_ERROR: no memory, or more of something than the caps above */
int aicost_consumers_add(aicost_consumers_builder_t *b,
    const aicost_consumer_t *c, const aicost_key_t *keys, uint32_t nkeys);
aicost_consumers_t *aicost_consumers_seal(aicost_consumers_builder_t *b);
void aicost_consumers_drop(aicost_consumers_builder_t *b);

size_t aicost_consumers_size(const aicost_consumers_t *c);
uint32_t aicost_consumers_count(const aicost_consumers_t *c);

/*
 * AICOST_OK; AICOST_DECLINED for an unknown digest; AICOST_ERROR when the key
 * expired at or before now (ms), found is set then too.  Digests are compared
 * in constant time.
 */
int aicost_consumers_find(const aicost_consumers_t *c,
    const unsigned char digest[AICOST_DIGEST], int64_t now,
    aicost_consumer_t *found);

/* bytes of it up to the last element of a list: what a copy must have */
size_t aicost_consumer_size(const aicost_consumer_t *c);

/* 1 when equal; takes the same time wherever the two differ */
unsigned aicost_digest_equal(const unsigned char a[AICOST_DIGEST],
    const unsigned char b[AICOST_DIGEST]);

/* by name: AICOST_OK or AICOST_DECLINED */
int aicost_consumers_named(const aicost_consumers_t *c,
    const unsigned char *name, size_t len, aicost_consumer_t *found);

/* i-th consumer in file order, and its keys one by one (AICOST_DECLINED at
   the end) */
void aicost_consumers_at(const aicost_consumers_t *c, uint32_t i,
    aicost_consumer_t *found);
int aicost_consumers_key(const aicost_consumers_t *c, uint32_t i, uint32_t k,
    aicost_key_t *key);


#endif /* _AICOST_CONSUMER_H_INCLUDED_ */
