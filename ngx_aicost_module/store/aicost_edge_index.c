
/*
 * Copyright (C) aicost
 *
 * Where what an id names is.  A cell tells others by the hash of their ids: no
 * slot but the right one is opened.
 */


#include "aicost_edge_int.h"


static uint32_t aicost_edge_hash(const unsigned char id[AICOST_ID]);
static uint32_t aicost_edge_place(const aicost_edge_index_t *x, uint32_t hash);
static uint32_t aicost_edge_after(const aicost_edge_index_t *x, uint32_t k);
static uint32_t aicost_edge_way(const aicost_edge_index_t *x, uint32_t from,
    uint32_t to);
static const unsigned char *aicost_edge_id(const aicost_edge_index_t *x,
    uint32_t slot);


/* ids and rids are random enough: bytes of a digest, or of a generator */

static uint32_t
aicost_edge_hash(const unsigned char id[AICOST_ID])
{
    uint64_t  a, b;

    memcpy(&a, id, 8);
    memcpy(&b, id + 8, 8);

    a = (a ^ (b << 17) ^ (b >> 47)) * 0x9e3779b97f4a7c15ULL;

    return (uint32_t) (a >> 32);
}


static uint32_t
aicost_edge_place(const aicost_edge_index_t *x, uint32_t hash)
{
    return (uint32_t) ((uint64_t) hash * x->ncells >> 32);
}


static uint32_t
aicost_edge_after(const aicost_edge_index_t *x, uint32_t k)
{
    return k + 1 < x->ncells ? k + 1 : 0;
}


/* cells from one to another, round the end */

static uint32_t
aicost_edge_way(const aicost_edge_index_t *x, uint32_t from, uint32_t to)
{
    return from <= to ? to - from : to + x->ncells - from;
}


static const unsigned char *
aicost_edge_id(const aicost_edge_index_t *x, uint32_t slot)
{
    return x->ids + (size_t) slot * x->slot_size;
}


const aicost_edge_cell_t *
aicost_edge_home(const aicost_edge_index_t *x,
    const unsigned char id[AICOST_ID])
{
    return &x->cells[aicost_edge_place(x, aicost_edge_hash(id))];
}


uint32_t
aicost_edge_find(const aicost_edge_index_t *x,
    const unsigned char id[AICOST_ID])
{
    uint32_t                   hash, k;
    const aicost_edge_cell_t  *c;

    hash = aicost_edge_hash(id);

    for (k = aicost_edge_place(x, hash); ; k = aicost_edge_after(x, k)) {
        c = &x->cells[k];

        if (c->life != *x->life) {
            return AICOST_EDGE_NONE;
        }

        if (c->hash == hash
            && memcmp(aicost_edge_id(x, c->slot), id, AICOST_ID) == 0)
        {
            return c->slot;
        }
    }
}


void
aicost_edge_add(const aicost_edge_index_t *x, uint32_t slot)
{
    uint32_t             hash, k;
    aicost_edge_cell_t  *c;

    hash = aicost_edge_hash(aicost_edge_id(x, slot));
    k = aicost_edge_place(x, hash);

    while (x->cells[k].life == *x->life) {
        k = aicost_edge_after(x, k);
    }

    c = &x->cells[k];
    c->life = *x->life;
    c->hash = hash;
    c->slot = slot;
}


/* those behind it move up, none of them before its place */

void
aicost_edge_remove(const aicost_edge_index_t *x, uint32_t slot)
{
    uint32_t             k, gap;
    aicost_edge_cell_t  *c;

    c = x->cells;
    gap = aicost_edge_place(x, aicost_edge_hash(aicost_edge_id(x, slot)));

    while (c[gap].slot != slot) {
        gap = aicost_edge_after(x, gap);
    }

    for (k = aicost_edge_after(x, gap);
         c[k].life == *x->life;
         k = aicost_edge_after(x, k))
    {
        if (aicost_edge_way(x, aicost_edge_place(x, c[k].hash), k)
            >= aicost_edge_way(x, gap, k))
        {
            c[gap] = c[k];
            gap = k;
        }
    }

    c[gap].life = 0;
}


void
aicost_edge_clear(const aicost_edge_index_t *x)
{
    memset(x->cells, 0, x->ncells * sizeof(aicost_edge_cell_t));
}
