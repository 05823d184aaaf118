
/*
 * Copyright (C) aicost
 */


#include "aicost_consumer.h"


#define AICOST_CONSUMERS_MAGIC     0x61696b31  /* layout of the block */
#define AICOST_CONSUMERS_MAX       0x40000000  /* bytes of the block */


/* offsets are bytes from the start of the text; len 0 is an empty string */

typedef struct {
    uint32_t             off;
    uint32_t             len;
} aicost_text_at_t;


/* the strings of one consumer, in this order: name, use_case, max_tier, value,
   tiers, models, name and limit of each budget, name and value of each tag */

typedef struct {
    int64_t              max_output;
    uint32_t             strings;         /* first of them */
    uint32_t             keys;            /* first of them */
    uint32_t             nkeys;
    uint32_t             hash;            /* of the name */
    uint16_t             ntiers;
    uint16_t             nmodels;
    uint8_t              nbudgets;
    uint8_t              ntags;
    uint8_t              flags;
    uint8_t              unused;
} aicost_record_t;

#define AICOST_RECORD_CRITICAL     0x01
#define AICOST_RECORD_ALL_TIERS    0x02
#define AICOST_RECORD_ALL_MODELS   0x04
#define AICOST_RECORD_FIXED        4      /* name, use_case, max_tier, value */


typedef struct {
    aicost_key_t         key;
    uint32_t             record;
    uint32_t             unused;
} aicost_owned_key_t;


/* tables that grow; in the block their rooms follow each other in this order */

enum {
    AICOST_ROOM_RECORDS = 0,
    AICOST_ROOM_KEYS,
    AICOST_ROOM_STRINGS,
    AICOST_ROOM_DIGESTS,                  /* hash indexes: number + 1 */
    AICOST_ROOM_NAMES,
    AICOST_ROOM_TEXT,
    AICOST_ROOMS
};


struct aicost_consumers_s {
    uint32_t             magic;
    uint32_t             size;
    uint32_t             n[AICOST_ROOMS]; /* elements */
    uint32_t             at[AICOST_ROOMS];
};


struct aicost_consumers_builder_s {
    aicost_alloc_pt      alloc;
    void                *ctx;
    void                *room[AICOST_ROOMS];
    uint32_t             n[AICOST_ROOMS];
    uint32_t             max[AICOST_ROOMS];
};


static const uint32_t  aicost_room_size[AICOST_ROOMS] = {
    sizeof(aicost_record_t),
    sizeof(aicost_owned_key_t),
    sizeof(aicost_text_at_t),
    sizeof(uint32_t),
    sizeof(uint32_t),
    1
};


static uint32_t aicost_name_hash(const unsigned char *data, size_t len);
static uint32_t aicost_digest_hash(const unsigned char *digest);
static void aicost_index_put(uint32_t *index, uint32_t n, uint32_t hash,
    uint32_t number);
static int aicost_consumers_grow(aicost_consumers_builder_t *b, unsigned room,
    uint64_t more);
static int aicost_consumers_index(aicost_consumers_builder_t *b, unsigned room,
    uint64_t n);
static int aicost_consumers_seen(const aicost_consumers_builder_t *b,
    const aicost_str_t *name, uint32_t hash, const aicost_key_t *keys,
    uint32_t nkeys);
static const aicost_owned_key_t *aicost_consumers_digest(
    const uint32_t *index, uint32_t n, const aicost_owned_key_t *keys,
    const unsigned char *digest);
static uint64_t aicost_consumers_text(const aicost_consumer_t *c);
static void aicost_consumers_put(aicost_consumers_builder_t *b,
    const aicost_str_t *s);
static void aicost_consumers_put_all(aicost_consumers_builder_t *b,
    const aicost_consumer_t *c);
static const aicost_text_at_t *aicost_consumers_str(
    const aicost_consumers_t *c, const aicost_text_at_t *at, aicost_str_t *s);
static const void *aicost_consumers_room(const aicost_consumers_t *c,
    unsigned room);


aicost_consumers_builder_t *
aicost_consumers_start(aicost_alloc_pt alloc, void *ctx)
{
    aicost_consumers_builder_t  *b;

    b = alloc(ctx, NULL, sizeof(aicost_consumers_builder_t));
    if (b == NULL) {
        return NULL;
    }

    memset(b, 0, sizeof(aicost_consumers_builder_t));

    b->alloc = alloc;
    b->ctx = ctx;

    return b;
}


int
aicost_consumers_add(aicost_consumers_builder_t *b,
    const aicost_consumer_t *c, const aicost_key_t *keys, uint32_t nkeys)
{
    uint32_t             i, n, hash, strings;
    aicost_record_t     *r;
    aicost_owned_key_t  *k;

    if (c->ntiers > AICOST_CONSUMER_NAMES
        || c->nmodels > AICOST_CONSUMER_NAMES
        || c->nbudgets > AICOST_CONSUMER_BUDGETS
        || c->ntags > AICOST_CONSUMER_TAGS
        || nkeys > AICOST_CONSUMER_KEYS
        || c->name.len == 0
        || c->name.len > AICOST_MAX_IDENT)
    {
        return AICOST_ERROR;
    }

    hash = aicost_name_hash(c->name.data, c->name.len);

    if (aicost_consumers_seen(b, &c->name, hash, keys, nkeys)) {
        return AICOST_DECLINED;
    }

    strings = AICOST_RECORD_FIXED + c->ntiers + c->nmodels
              + 2 * (c->nbudgets + c->ntags);

    if (aicost_consumers_grow(b, AICOST_ROOM_RECORDS, 1) != AICOST_OK
        || aicost_consumers_grow(b, AICOST_ROOM_KEYS, nkeys) != AICOST_OK
        || aicost_consumers_grow(b, AICOST_ROOM_STRINGS, strings) != AICOST_OK
        || aicost_consumers_grow(b, AICOST_ROOM_TEXT, aicost_consumers_text(c))
           != AICOST_OK
        || aicost_consumers_index(b, AICOST_ROOM_NAMES,
                                  (uint64_t) b->n[AICOST_ROOM_RECORDS] + 1)
           != AICOST_OK
        || aicost_consumers_index(b, AICOST_ROOM_DIGESTS,
                                  (uint64_t) b->n[AICOST_ROOM_KEYS] + nkeys)
           != AICOST_OK)
    {
        return AICOST_ERROR;
    }

    n = b->n[AICOST_ROOM_RECORDS]++;

    r = (aicost_record_t *) b->room[AICOST_ROOM_RECORDS] + n;
    memset(r, 0, sizeof(aicost_record_t));

    r->max_output = c->max_output;
    r->strings = b->n[AICOST_ROOM_STRINGS];
    r->keys = b->n[AICOST_ROOM_KEYS];
    r->nkeys = nkeys;
    r->hash = hash;
    r->ntiers = (uint16_t) c->ntiers;
    r->nmodels = (uint16_t) c->nmodels;
    r->nbudgets = (uint8_t) c->nbudgets;
    r->ntags = (uint8_t) c->ntags;

    r->flags = (uint8_t) ((c->critical ? AICOST_RECORD_CRITICAL : 0)
                          | (c->all_tiers ? AICOST_RECORD_ALL_TIERS : 0)
                          | (c->all_models ? AICOST_RECORD_ALL_MODELS : 0));

    aicost_consumers_put_all(b, c);

    aicost_index_put(b->room[AICOST_ROOM_NAMES], b->n[AICOST_ROOM_NAMES], hash,
                     n);

    for (i = 0; i < nkeys; i++) {
        k = (aicost_owned_key_t *) b->room[AICOST_ROOM_KEYS]
            + b->n[AICOST_ROOM_KEYS];

        k->key = keys[i];
        k->record = n;
        k->unused = 0;

        aicost_index_put(b->room[AICOST_ROOM_DIGESTS],
                         b->n[AICOST_ROOM_DIGESTS],
                         aicost_digest_hash(keys[i].digest),
                         b->n[AICOST_ROOM_KEYS]++);
    }

    return AICOST_OK;
}


aicost_consumers_t *
aicost_consumers_seal(aicost_consumers_builder_t *b)
{
    uint64_t             size;
    unsigned             i;
    aicost_consumers_t   h, *c;

    if (aicost_consumers_index(b, AICOST_ROOM_NAMES, 1) != AICOST_OK
        || aicost_consumers_index(b, AICOST_ROOM_DIGESTS, 1) != AICOST_OK)
    {
        return NULL;
    }

    memset(&h, 0, sizeof(aicost_consumers_t));

    size = (sizeof(aicost_consumers_t) + 63) & ~(uint64_t) 63;

    for (i = 0; i < AICOST_ROOMS; i++) {
        h.n[i] = b->n[i];
        h.at[i] = (uint32_t) size;
        size += (uint64_t) b->n[i] * aicost_room_size[i];

        if (size > AICOST_CONSUMERS_MAX) {
            return NULL;
        }
    }

    h.magic = AICOST_CONSUMERS_MAGIC;
    h.size = (uint32_t) size;

    c = b->alloc(b->ctx, NULL, (size_t) size);
    if (c == NULL) {
        return NULL;
    }

    memset(c, 0, h.at[0]);
    *c = h;

    for (i = 0; i < AICOST_ROOMS; i++) {
        if (h.n[i]) {
            memcpy((unsigned char *) c + h.at[i], b->room[i],
                   (size_t) h.n[i] * aicost_room_size[i]);
        }
    }

    return c;
}


void
aicost_consumers_drop(aicost_consumers_builder_t *b)
{
    unsigned  i;

    if (b == NULL) {
        return;
    }

    for (i = 0; i < AICOST_ROOMS; i++) {
        if (b->room[i]) {
            (void) b->alloc(b->ctx, b->room[i], 0);
        }
    }

    (void) b->alloc(b->ctx, b, 0);
}


size_t
aicost_consumers_size(const aicost_consumers_t *c)
{
    return c->size;
}


uint32_t
aicost_consumers_count(const aicost_consumers_t *c)
{
    return c->n[AICOST_ROOM_RECORDS];
}


int
aicost_consumers_find(const aicost_consumers_t *c,
    const unsigned char digest[AICOST_DIGEST], int64_t now,
    aicost_consumer_t *found)
{
    const aicost_owned_key_t  *k;

    k = aicost_consumers_digest(aicost_consumers_room(c, AICOST_ROOM_DIGESTS),
                                c->n[AICOST_ROOM_DIGESTS],
                                aicost_consumers_room(c, AICOST_ROOM_KEYS),
                                digest);

    if (k == NULL) {
        return AICOST_DECLINED;
    }

    aicost_consumers_at(c, k->record, found);

    return k->key.expires <= now ? AICOST_ERROR : AICOST_OK;
}


int
aicost_consumers_named(const aicost_consumers_t *c,
    const unsigned char *name, size_t len, aicost_consumer_t *found)
{
    uint32_t                slot, mask, hash;
    aicost_str_t            s;
    const uint32_t         *index;
    const aicost_record_t  *records, *r;

    records = aicost_consumers_room(c, AICOST_ROOM_RECORDS);
    index = aicost_consumers_room(c, AICOST_ROOM_NAMES);
    mask = c->n[AICOST_ROOM_NAMES] - 1;
    hash = aicost_name_hash(name, len);

    for (slot = hash & mask; index[slot]; slot = (slot + 1) & mask) {
        r = &records[index[slot] - 1];

        if (r->hash != hash) {
            continue;
        }

        (void) aicost_consumers_str(c, (const aicost_text_at_t *)
                            aicost_consumers_room(c, AICOST_ROOM_STRINGS)
                            + r->strings, &s);

        if (s.len == len && memcmp(s.data, name, len) == 0) {
            aicost_consumers_at(c, index[slot] - 1, found);
            return AICOST_OK;
        }
    }

    return AICOST_DECLINED;
}


void
aicost_consumers_at(const aicost_consumers_t *c, uint32_t i,
    aicost_consumer_t *found)
{
    const aicost_record_t   *r;
    const aicost_text_at_t  *at;

    /* the lists are as long as their counts say */

    memset(found, 0, offsetof(aicost_consumer_t, budgets));

    if (i >= c->n[AICOST_ROOM_RECORDS]) {
        return;
    }

    r = (const aicost_record_t *) aicost_consumers_room(c, AICOST_ROOM_RECORDS)
        + i;

    found->critical = (r->flags & AICOST_RECORD_CRITICAL) != 0;
    found->all_tiers = (r->flags & AICOST_RECORD_ALL_TIERS) != 0;
    found->all_models = (r->flags & AICOST_RECORD_ALL_MODELS) != 0;
    found->max_output = r->max_output;
    found->ntiers = r->ntiers;
    found->nmodels = r->nmodels;
    found->nbudgets = r->nbudgets;
    found->ntags = r->ntags;

    at = (const aicost_text_at_t *)
         aicost_consumers_room(c, AICOST_ROOM_STRINGS) + r->strings;

    at = aicost_consumers_str(c, at, &found->name);
    at = aicost_consumers_str(c, at, &found->use_case);
    at = aicost_consumers_str(c, at, &found->max_tier);
    at = aicost_consumers_str(c, at, &found->value);

    for (i = 0; i < r->ntiers; i++) {
        at = aicost_consumers_str(c, at, &found->tiers[i]);
    }

    for (i = 0; i < r->nmodels; i++) {
        at = aicost_consumers_str(c, at, &found->models[i]);
    }

    for (i = 0; i < r->nbudgets; i++) {
        at = aicost_consumers_str(c, at, &found->budgets[i].name);
        at = aicost_consumers_str(c, at, &found->budgets[i].limit);
    }

    for (i = 0; i < r->ntags; i++) {
        at = aicost_consumers_str(c, at, &found->tags[i].name);
        at = aicost_consumers_str(c, at, &found->tags[i].value);
    }
}


size_t
aicost_consumer_size(const aicost_consumer_t *c)
{
    const void  *end;

    end = c->nmodels ? (const void *) &c->models[c->nmodels]
          : c->ntiers ? (const void *) &c->tiers[c->ntiers]
          : c->ntags ? (const void *) &c->tags[c->ntags]
          : (const void *) &c->budgets[c->nbudgets];

    return (size_t) ((const unsigned char *) end - (const unsigned char *) c);
}


int
aicost_consumers_key(const aicost_consumers_t *c, uint32_t i, uint32_t k,
    aicost_key_t *key)
{
    const aicost_record_t     *r;
    const aicost_owned_key_t  *keys;

    if (i >= c->n[AICOST_ROOM_RECORDS]) {
        return AICOST_DECLINED;
    }

    r = (const aicost_record_t *) aicost_consumers_room(c, AICOST_ROOM_RECORDS)
        + i;

    if (k >= r->nkeys) {
        return AICOST_DECLINED;
    }

    keys = aicost_consumers_room(c, AICOST_ROOM_KEYS);
    *key = keys[r->keys + k].key;

    return AICOST_OK;
}


/* FNV-1a; the names are the operator's, who has no reason to collide them */

static uint32_t
aicost_name_hash(const unsigned char *data, size_t len)
{
    size_t    i;
    uint32_t  hash;

    hash = 2166136261U;

    for (i = 0; i < len; i++) {
        hash = (hash ^ data[i]) * 16777619U;
    }

    return hash ^ (hash >> 15);
}


/* a digest is its own hash */

static uint32_t
aicost_digest_hash(const unsigned char *digest)
{
    uint32_t  hash;

    memcpy(&hash, digest, sizeof(uint32_t));

    return hash;
}


unsigned
aicost_digest_equal(const unsigned char a[AICOST_DIGEST],
    const unsigned char b[AICOST_DIGEST])
{
    unsigned           i;
    uint64_t           x, y;
    volatile uint64_t  differ;

    differ = 0;

    for (i = 0; i < AICOST_DIGEST; i += sizeof(uint64_t)) {
        memcpy(&x, a + i, sizeof(uint64_t));
        memcpy(&y, b + i, sizeof(uint64_t));
        differ |= x ^ y;
    }

    return differ == 0;
}


static void
aicost_index_put(uint32_t *index, uint32_t n, uint32_t hash, uint32_t number)
{
    uint32_t  slot;

    for (slot = hash & (n - 1); index[slot]; slot = (slot + 1) & (n - 1)) {
        /* void */
    }

    index[slot] = number + 1;
}


static int
aicost_consumers_grow(aicost_consumers_builder_t *b, unsigned room,
    uint64_t more)
{
    void      *p;
    uint64_t   want;

    if (b->n[room] + more <= b->max[room]) {
        return AICOST_OK;
    }

    want = (b->n[room] + more) * 2 + 16;

    if (want * aicost_room_size[room] > AICOST_CONSUMERS_MAX) {
        return AICOST_ERROR;
    }

    p = b->alloc(b->ctx, b->room[room],
                 (size_t) want * aicost_room_size[room]);
    if (p == NULL) {
        return AICOST_ERROR;
    }

    b->room[room] = p;
    b->max[room] = (uint32_t) want;

    return AICOST_OK;
}


/* keeps a hash index at most half full of n numbers */

static int
aicost_consumers_index(aicost_consumers_builder_t *b, unsigned room,
    uint64_t n)
{
    uint32_t                   i, *index;
    uint64_t                   slots;
    const aicost_record_t     *records;
    const aicost_owned_key_t  *keys;

    if (b->n[room] && n * 2 <= b->n[room]) {
        return AICOST_OK;
    }

    for (slots = 64; slots < n * 4; slots *= 2) { /* void */ }

    if (slots * sizeof(uint32_t) > AICOST_CONSUMERS_MAX) {
        return AICOST_ERROR;
    }

    index = b->alloc(b->ctx, NULL, (size_t) slots * sizeof(uint32_t));
    if (index == NULL) {
        return AICOST_ERROR;
    }

    memset(index, 0, (size_t) slots * sizeof(uint32_t));

    if (room == AICOST_ROOM_NAMES) {
        records = b->room[AICOST_ROOM_RECORDS];

        for (i = 0; i < b->n[AICOST_ROOM_RECORDS]; i++) {
            aicost_index_put(index, (uint32_t) slots, records[i].hash, i);
        }

    } else {
        keys = b->room[AICOST_ROOM_KEYS];

        for (i = 0; i < b->n[AICOST_ROOM_KEYS]; i++) {
            aicost_index_put(index, (uint32_t) slots,
                             aicost_digest_hash(keys[i].key.digest), i);
        }
    }

    if (b->room[room]) {
        (void) b->alloc(b->ctx, b->room[room], 0);
    }

    b->room[room] = index;
    b->n[room] = (uint32_t) slots;

    return AICOST_OK;
}


static int
aicost_consumers_seen(const aicost_consumers_builder_t *b,
    const aicost_str_t *name, uint32_t hash, const aicost_key_t *keys,
    uint32_t nkeys)
{
    uint32_t                 i, k, n, slot;
    const uint32_t          *index;
    const unsigned char     *text;
    const aicost_record_t   *r;
    const aicost_text_at_t  *at;

    for (i = 1; i < nkeys; i++) {
        for (k = 0; k < i; k++) {
            if (aicost_digest_equal(keys[i].digest, keys[k].digest)) {
                return 1;
            }
        }
    }

    if (b->n[AICOST_ROOM_RECORDS] == 0) {
        return 0;
    }

    index = b->room[AICOST_ROOM_NAMES];
    n = b->n[AICOST_ROOM_NAMES];
    text = b->room[AICOST_ROOM_TEXT];

    for (slot = hash & (n - 1); index[slot]; slot = (slot + 1) & (n - 1)) {
        r = (const aicost_record_t *) b->room[AICOST_ROOM_RECORDS]
            + (index[slot] - 1);
        at = (const aicost_text_at_t *) b->room[AICOST_ROOM_STRINGS]
             + r->strings;

        if (r->hash == hash && at->len == name->len
            && memcmp(text + at->off, name->data, name->len) == 0)
        {
            return 1;
        }
    }

    for (i = 0; i < nkeys; i++) {
        if (aicost_consumers_digest(b->room[AICOST_ROOM_DIGESTS],
                                    b->n[AICOST_ROOM_DIGESTS],
                                    b->room[AICOST_ROOM_KEYS], keys[i].digest))
        {
            return 1;
        }
    }

    return 0;
}


static const aicost_owned_key_t *
aicost_consumers_digest(const uint32_t *index, uint32_t n,
    const aicost_owned_key_t *keys, const unsigned char *digest)
{
    uint32_t  slot;

    for (slot = aicost_digest_hash(digest) & (n - 1);
         index[slot];
         slot = (slot + 1) & (n - 1))
    {
        if (aicost_digest_equal(keys[index[slot] - 1].key.digest, digest)) {
            return &keys[index[slot] - 1];
        }
    }

    return NULL;
}


/* bytes of all strings */

static uint64_t
aicost_consumers_text(const aicost_consumer_t *c)
{
    uint32_t  i;
    uint64_t  n;

    n = (uint64_t) c->name.len + c->use_case.len + c->max_tier.len
        + c->value.len;

    for (i = 0; i < c->ntiers; i++) {
        n += c->tiers[i].len;
    }

    for (i = 0; i < c->nmodels; i++) {
        n += c->models[i].len;
    }

    for (i = 0; i < c->nbudgets; i++) {
        n += (uint64_t) c->budgets[i].name.len + c->budgets[i].limit.len;
    }

    for (i = 0; i < c->ntags; i++) {
        n += (uint64_t) c->tags[i].name.len + c->tags[i].value.len;
    }

    return n;
}


/* there is room already */

static void
aicost_consumers_put(aicost_consumers_builder_t *b, const aicost_str_t *s)
{
    unsigned char     *text;
    aicost_text_at_t  *at;

    at = (aicost_text_at_t *) b->room[AICOST_ROOM_STRINGS]
         + b->n[AICOST_ROOM_STRINGS];

    at->off = b->n[AICOST_ROOM_TEXT];
    at->len = (uint32_t) s->len;

    if (s->len) {
        text = b->room[AICOST_ROOM_TEXT];
        memcpy(text + at->off, s->data, s->len);
    }

    b->n[AICOST_ROOM_STRINGS]++;
    b->n[AICOST_ROOM_TEXT] += (uint32_t) s->len;
}


static void
aicost_consumers_put_all(aicost_consumers_builder_t *b,
    const aicost_consumer_t *c)
{
    uint32_t  i;

    aicost_consumers_put(b, &c->name);
    aicost_consumers_put(b, &c->use_case);
    aicost_consumers_put(b, &c->max_tier);
    aicost_consumers_put(b, &c->value);

    for (i = 0; i < c->ntiers; i++) {
        aicost_consumers_put(b, &c->tiers[i]);
    }

    for (i = 0; i < c->nmodels; i++) {
        aicost_consumers_put(b, &c->models[i]);
    }

    for (i = 0; i < c->nbudgets; i++) {
        aicost_consumers_put(b, &c->budgets[i].name);
        aicost_consumers_put(b, &c->budgets[i].limit);
    }

    for (i = 0; i < c->ntags; i++) {
        aicost_consumers_put(b, &c->tags[i].name);
        aicost_consumers_put(b, &c->tags[i].value);
    }
}


/* returns the next string */

static const aicost_text_at_t *
aicost_consumers_str(const aicost_consumers_t *c, const aicost_text_at_t *at,
    aicost_str_t *s)
{
    s->len = at->len;
    s->data = (unsigned char *) c + c->at[AICOST_ROOM_TEXT] + at->off;

    return at + 1;
}


static const void *
aicost_consumers_room(const aicost_consumers_t *c, unsigned room)
{
    return (const unsigned char *) c + c->at[room];
}
