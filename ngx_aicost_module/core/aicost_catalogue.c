
/*
 * Copyright (C) aicost
 */


#include "aicost_price.h"


#define AICOST_CATALOGUE_MAGIC     0x61696331  /* layout of the block */
#define AICOST_CATALOGUE_MAX       0x20000000  /* bytes of the block */


/* offsets are bytes from the start of the block */

typedef struct {
    uint32_t             name;
    uint32_t             len;
    uint32_t             bare;            /* of name: where NAME begins */
    uint32_t             hash;
    uint32_t             first;           /* row */
    uint32_t             n;
} aicost_model_t;


/*
 * The block: this header, the rows, the models in order of names, two hash
 * indexes of model numbers + 1 (whole names, bare names), the text.
 */

struct aicost_catalogue_s {
    uint32_t             magic;
    uint32_t             size;
    uint32_t             nmodels;
    uint32_t             nrows;
    uint32_t             mask;
    uint32_t             rows;
    uint32_t             models;
    uint32_t             full;
    uint32_t             bare;
    uint32_t             text;
};


struct aicost_catalogue_builder_s {
    aicost_alloc_pt      alloc;
    void                *ctx;

    aicost_price_t      *rows;
    uint32_t             nrows;
    uint32_t             max_rows;

    aicost_model_t      *models;
    uint32_t             nmodels;
    uint32_t             max_models;

    unsigned char       *text;
    uint32_t             ntext;
    uint32_t             max_text;

    uint32_t            *index;
    uint32_t             mask;
};


static uint32_t aicost_catalogue_hash(const unsigned char *data, size_t len);
static void *aicost_catalogue_room(aicost_catalogue_builder_t *b, void *p,
    uint32_t n, uint32_t more, uint32_t *max, size_t size);
static int aicost_catalogue_reindex(aicost_catalogue_builder_t *b);
static int aicost_catalogue_model(aicost_catalogue_builder_t *b,
    const aicost_str_t *name);
static int aicost_catalogue_text(aicost_catalogue_builder_t *b,
    const unsigned char *data, size_t len, uint32_t *off);
static int aicost_catalogue_seen(const aicost_catalogue_builder_t *b,
    const aicost_str_t *name, uint32_t hash);
static void aicost_catalogue_sort(const unsigned char *text,
    aicost_model_t *m, uint32_t n);
static int aicost_catalogue_cmp(const unsigned char *text,
    const aicost_model_t *a, const aicost_model_t *b);
static void aicost_catalogue_index(uint32_t *index, uint32_t mask,
    uint32_t hash, uint32_t model);
static const aicost_model_t *aicost_catalogue_lookup(
    const aicost_catalogue_t *c, const unsigned char *name, size_t len);
static const void *aicost_catalogue_at(const aicost_catalogue_t *c,
    uint32_t off);


aicost_catalogue_builder_t *
aicost_catalogue_start(aicost_alloc_pt alloc, void *ctx)
{
    aicost_catalogue_builder_t  *b;

    b = alloc(ctx, NULL, sizeof(aicost_catalogue_builder_t));
    if (b == NULL) {
        return NULL;
    }

    memset(b, 0, sizeof(aicost_catalogue_builder_t));

    b->alloc = alloc;
    b->ctx = ctx;

    return b;
}


int
aicost_catalogue_add(aicost_catalogue_builder_t *b, const aicost_str_t *name,
    const aicost_price_t *row, const aicost_str_t *source)
{
    int              rc;
    uint32_t         off;
    aicost_price_t  *rows;
    aicost_model_t  *m;

    if (name->len == 0 || name->len > AICOST_MAX_IDENT) {
        return AICOST_DECLINED;
    }

    rows = aicost_catalogue_room(b, b->rows, b->nrows, 1, &b->max_rows,
                                 sizeof(aicost_price_t));
    if (rows == NULL) {
        return AICOST_ERROR;
    }

    b->rows = rows;

    rc = aicost_catalogue_model(b, name);
    if (rc != AICOST_OK) {
        return rc;
    }

    m = &b->models[b->nmodels - 1];

    if (m->n && row->valid_from <= rows[b->nrows - 1].valid_from) {
        return AICOST_DECLINED;
    }

    off = 0;

    if (source != NULL && source->len) {
        rc = aicost_catalogue_text(b, source->data, source->len, &off);
        if (rc != AICOST_OK) {
            return rc;
        }

        off++;
    }

    rows[b->nrows] = *row;
    rows[b->nrows].source = off;
    b->nrows++;
    m->n++;

    return AICOST_OK;
}


aicost_catalogue_t *
aicost_catalogue_seal(aicost_catalogue_builder_t *b)
{
    uint32_t             i, slots, hash;
    uint64_t             size;
    aicost_price_t      *rows;
    aicost_model_t      *m;
    aicost_catalogue_t   h, *c;

    for (slots = 8; slots < b->nmodels * 2; slots *= 2) { /* void */ }

    memset(&h, 0, sizeof(aicost_catalogue_t));

    size = (sizeof(aicost_catalogue_t) + 63) & ~(uint64_t) 63;
    h.rows = (uint32_t) size;
    size += (uint64_t) b->nrows * sizeof(aicost_price_t);
    h.models = (uint32_t) size;
    size += (uint64_t) b->nmodels * sizeof(aicost_model_t);
    h.full = (uint32_t) size;
    size += (uint64_t) slots * sizeof(uint32_t);
    h.bare = (uint32_t) size;
    size += (uint64_t) slots * sizeof(uint32_t);
    h.text = (uint32_t) size;
    size += (uint64_t) b->ntext + 1;

    if (size > AICOST_CATALOGUE_MAX) {
        return NULL;
    }

    h.magic = AICOST_CATALOGUE_MAGIC;
    h.size = (uint32_t) size;
    h.nmodels = b->nmodels;
    h.nrows = b->nrows;
    h.mask = slots - 1;

    c = b->alloc(b->ctx, NULL, (size_t) size);
    if (c == NULL) {
        return NULL;
    }

    memset(c, 0, (size_t) size);
    *c = h;

    rows = (aicost_price_t *) (void *) ((unsigned char *) c + h.rows);
    m = (aicost_model_t *) (void *) ((unsigned char *) c + h.models);

    if (b->nmodels) {
        memcpy(rows, b->rows, b->nrows * sizeof(aicost_price_t));
        memcpy(m, b->models, b->nmodels * sizeof(aicost_model_t));
        memcpy((unsigned char *) c + h.text, b->text, b->ntext);

        aicost_catalogue_sort(b->text, m, b->nmodels);
    }

    for (i = 0; i < h.nrows; i++) {
        if (rows[i].source) {
            rows[i].source += h.text - 1;
        }
    }

    for (i = 0; i < h.nmodels; i++) {
        aicost_catalogue_index((uint32_t *) (void *)
                               ((unsigned char *) c + h.full),
                               h.mask, m[i].hash, i);

        m[i].name += h.text;

        hash = aicost_catalogue_hash((unsigned char *) c + m[i].name
                                     + m[i].bare, m[i].len - m[i].bare);

        aicost_catalogue_index((uint32_t *) (void *)
                               ((unsigned char *) c + h.bare),
                               h.mask, hash, i);
    }

    return c;
}


void
aicost_catalogue_drop(aicost_catalogue_builder_t *b)
{
    if (b == NULL) {
        return;
    }

    if (b->rows) {
        (void) b->alloc(b->ctx, b->rows, 0);
    }

    if (b->models) {
        (void) b->alloc(b->ctx, b->models, 0);
    }

    if (b->text) {
        (void) b->alloc(b->ctx, b->text, 0);
    }

    if (b->index) {
        (void) b->alloc(b->ctx, b->index, 0);
    }

    (void) b->alloc(b->ctx, b, 0);
}


size_t
aicost_catalogue_size(const aicost_catalogue_t *c)
{
    return c->size;
}


uint32_t
aicost_catalogue_models(const aicost_catalogue_t *c)
{
    return c->nmodels;
}


void
aicost_catalogue_name(const aicost_catalogue_t *c, uint32_t i,
    aicost_str_t *name)
{
    const aicost_model_t  *m;

    if (i >= c->nmodels) {
        name->len = 0;
        name->data = NULL;
        return;
    }

    m = aicost_catalogue_at(c, c->models);

    name->len = m[i].len;
    name->data = (unsigned char *) c + m[i].name;
}


const aicost_price_t *
aicost_catalogue_find(const aicost_catalogue_t *c, const unsigned char *name,
    size_t len, int64_t now)
{
    uint32_t               i;
    const aicost_price_t  *rows;
    const aicost_model_t  *m;

    m = aicost_catalogue_lookup(c, name, len);
    if (m == NULL) {
        return NULL;
    }

    rows = aicost_catalogue_at(c, c->rows);

    for (i = m->n; i > 0; i--) {
        if (rows[m->first + i - 1].valid_from <= now) {
            return &rows[m->first + i - 1];
        }
    }

    return NULL;
}


int
aicost_catalogue_bare(const aicost_catalogue_t *c, const unsigned char *name,
    size_t len, aicost_str_t *full)
{
    uint32_t               slot;
    const uint32_t        *index;
    const unsigned char   *p;
    const aicost_model_t  *models, *m, *found;

    models = aicost_catalogue_at(c, c->models);
    index = aicost_catalogue_at(c, c->bare);
    found = NULL;

    for (slot = aicost_catalogue_hash(name, len) & c->mask;
         index[slot];
         slot = (slot + 1) & c->mask)
    {
        m = &models[index[slot] - 1];
        p = aicost_catalogue_at(c, m->name);

        if (m->bare == 0
            || m->len - m->bare != len
            || memcmp(p + m->bare, name, len) != 0)
        {
            continue;
        }

        if (found) {
            return AICOST_ERROR;
        }

        found = m;
    }

    if (found == NULL) {
        return AICOST_DECLINED;
    }

    full->len = found->len;
    full->data = (unsigned char *) c + found->name;

    return AICOST_OK;
}


const aicost_price_t *
aicost_catalogue_row(const aicost_catalogue_t *c, uint32_t i, int64_t now,
    const aicost_price_t **next)
{
    uint32_t               k;
    const aicost_price_t  *rows;
    const aicost_model_t  *m;

    *next = NULL;

    if (i >= c->nmodels) {
        return NULL;
    }

    m = (const aicost_model_t *) aicost_catalogue_at(c, c->models) + i;
    rows = (const aicost_price_t *) aicost_catalogue_at(c, c->rows) + m->first;

    for (k = m->n; k > 0; k--) {
        if (rows[k - 1].valid_from <= now) {
            return &rows[k - 1];
        }

        *next = &rows[k - 1];
    }

    return NULL;
}


const char *
aicost_catalogue_source(const aicost_catalogue_t *c,
    const aicost_price_t *row)
{
    return row->source ? aicost_catalogue_at(c, row->source) : "";
}


/* FNV-1a; the names are the operator's, who has no reason to collide them */

static uint32_t
aicost_catalogue_hash(const unsigned char *data, size_t len)
{
    size_t    i;
    uint32_t  hash;

    hash = 2166136261U;

    for (i = 0; i < len; i++) {
        hash = (hash ^ data[i]) * 16777619U;
    }

    return hash ^ (hash >> 15);
}


static void *
aicost_catalogue_room(aicost_catalogue_builder_t *b, void *p, uint32_t n,
    uint32_t more, uint32_t *max, size_t size)
{
    uint64_t  want;

    if ((uint64_t) n + more <= *max) {
        return p;
    }

    want = (uint64_t) *max * 2;

    if (want < (uint64_t) n + more) {
        want = (uint64_t) n + more + 64;
    }

    if (want * size > AICOST_CATALOGUE_MAX) {
        return NULL;
    }

    p = b->alloc(b->ctx, p, (size_t) want * size);

    if (p != NULL) {
        *max = (uint32_t) want;
    }

    return p;
}


/* the last model is `name` afterwards; AICOST_DECLINED for a second list */

static int
aicost_catalogue_model(aicost_catalogue_builder_t *b, const aicost_str_t *name)
{
    int                   rc;
    uint32_t              hash, off;
    aicost_model_t       *m;
    const unsigned char  *slash;

    hash = aicost_catalogue_hash(name->data, name->len);

    if (b->nmodels) {
        m = &b->models[b->nmodels - 1];

        if (m->hash == hash && m->len == name->len
            && memcmp(b->text + m->name, name->data, name->len) == 0)
        {
            return AICOST_OK;
        }
    }

    if (aicost_catalogue_seen(b, name, hash)) {
        return AICOST_DECLINED;
    }

    m = aicost_catalogue_room(b, b->models, b->nmodels, 1, &b->max_models,
                              sizeof(aicost_model_t));
    if (m == NULL) {
        return AICOST_ERROR;
    }

    b->models = m;

    if (b->index == NULL || b->nmodels * 2 >= b->mask) {
        if (aicost_catalogue_reindex(b) != AICOST_OK) {
            return AICOST_ERROR;
        }
    }

    rc = aicost_catalogue_text(b, name->data, name->len, &off);
    if (rc != AICOST_OK) {
        return rc;
    }

    slash = memchr(name->data, '/', name->len);

    m = &b->models[b->nmodels];
    m->name = off;
    m->len = (uint32_t) name->len;
    m->bare = slash ? (uint32_t) (slash - name->data) + 1 : 0;
    m->hash = hash;
    m->first = b->nrows;
    m->n = 0;

    aicost_catalogue_index(b->index, b->mask, hash, b->nmodels);
    b->nmodels++;

    return AICOST_OK;
}


static int
aicost_catalogue_reindex(aicost_catalogue_builder_t *b)
{
    uint32_t   i, slots, *index;

    slots = b->index ? (b->mask + 1) * 2 : 64;

    index = b->alloc(b->ctx, NULL, slots * sizeof(uint32_t));
    if (index == NULL) {
        return AICOST_ERROR;
    }

    memset(index, 0, slots * sizeof(uint32_t));

    for (i = 0; i < b->nmodels; i++) {
        aicost_catalogue_index(index, slots - 1, b->models[i].hash, i);
    }

    if (b->index) {
        (void) b->alloc(b->ctx, b->index, 0);
    }

    b->index = index;
    b->mask = slots - 1;

    return AICOST_OK;
}


static int
aicost_catalogue_seen(const aicost_catalogue_builder_t *b,
    const aicost_str_t *name, uint32_t hash)
{
    uint32_t               slot;
    const aicost_model_t  *m;

    if (b->index == NULL) {
        return 0;
    }

    for (slot = hash & b->mask; b->index[slot]; slot = (slot + 1) & b->mask) {
        m = &b->models[b->index[slot] - 1];

        if (m->hash == hash && m->len == name->len
            && memcmp(b->text + m->name, name->data, name->len) == 0)
        {
            return 1;
        }
    }

    return 0;
}


static int
aicost_catalogue_text(aicost_catalogue_builder_t *b, const unsigned char *data,
    size_t len, uint32_t *off)
{
    unsigned char  *text;

    if (len > AICOST_CATALOGUE_MAX) {
        return AICOST_ERROR;
    }

    text = aicost_catalogue_room(b, b->text, b->ntext, (uint32_t) len + 1,
                                 &b->max_text, 1);
    if (text == NULL) {
        return AICOST_ERROR;
    }

    b->text = text;
    *off = b->ntext;

    memcpy(text + b->ntext, data, len);
    text[b->ntext + len] = '\0';
    b->ntext += (uint32_t) len + 1;

    return AICOST_OK;
}


/* heap sort: no memory, no recursion, no bad case */

static void
aicost_catalogue_sort(const unsigned char *text, aicost_model_t *m, uint32_t n)
{
    uint32_t        start, end, i, child;
    aicost_model_t  t;

    start = n / 2;
    end = n;

    while (end > 1) {

        if (start > 0) {
            start--;

        } else {
            end--;
            t = m[end];
            m[end] = m[0];
            m[0] = t;
        }

        i = start;

        for (child = 2 * i + 1; child < end; child = 2 * i + 1) {

            if (child + 1 < end
                && aicost_catalogue_cmp(text, &m[child], &m[child + 1]) < 0)
            {
                child++;
            }

            if (aicost_catalogue_cmp(text, &m[i], &m[child]) >= 0) {
                break;
            }

            t = m[i];
            m[i] = m[child];
            m[child] = t;
            i = child;
        }
    }
}


static int
aicost_catalogue_cmp(const unsigned char *text, const aicost_model_t *a,
    const aicost_model_t *b)
{
    int  rc;

    rc = memcmp(text + a->name, text + b->name,
                a->len < b->len ? a->len : b->len);

    if (rc != 0) {
        return rc;
    }

    return a->len < b->len ? -1 : a->len > b->len;
}


static void
aicost_catalogue_index(uint32_t *index, uint32_t mask, uint32_t hash,
    uint32_t model)
{
    uint32_t  slot;

    for (slot = hash & mask; index[slot]; slot = (slot + 1) & mask) {
        /* void */
    }

    index[slot] = model + 1;
}


static const aicost_model_t *
aicost_catalogue_lookup(const aicost_catalogue_t *c, const unsigned char *name,
    size_t len)
{
    uint32_t               slot, hash;
    const uint32_t        *index;
    const aicost_model_t  *models, *m;

    models = aicost_catalogue_at(c, c->models);
    index = aicost_catalogue_at(c, c->full);
    hash = aicost_catalogue_hash(name, len);

    for (slot = hash & c->mask; index[slot]; slot = (slot + 1) & c->mask) {
        m = &models[index[slot] - 1];

        if (m->hash == hash && m->len == len
            && memcmp(aicost_catalogue_at(c, m->name), name, len) == 0)
        {
            return m;
        }
    }

    return NULL;
}


static const void *
aicost_catalogue_at(const aicost_catalogue_t *c, uint32_t off)
{
    return (const unsigned char *) c + off;
}
