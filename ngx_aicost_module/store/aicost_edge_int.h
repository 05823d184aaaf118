
/*
 * Copyright (C) aicost
 *
 * One block: head, index of accounts, accounts, index of records, records.
 *
 * A worker may be killed at any point.  `busy` stands while a call changes the
 * tables; who finds it set makes indexes, lists and counts anew from the slots
 * that are whole: a slot's state is written last when it is made, first when it
 * goes.  What is overwritten in place is kept in the head before, and put back
 * when that was not finished.
 *
 * Each of these words is stored after what was written before it and before
 * what is written after it: a process that is killed has done its stores in
 * this order.
 */


#ifndef _AICOST_EDGE_INT_H_INCLUDED_
#define _AICOST_EDGE_INT_H_INCLUDED_


#include "aicost_edge.h"


#define AICOST_EDGE_NONE        UINT32_MAX
#define AICOST_EDGE_LOOK        256      /* slots of one call */
#define AICOST_EDGE_FEW         4        /* slots looked at for a better one */
#define AICOST_EDGE_TRIES       64       /* accounts, and records, looked at for
                                            an account to forget */
#define AICOST_EDGE_CELLS       2        /* of an index, by slot */
#define AICOST_EDGE_VERSION     5        /* of the layout */


/* a slot, or a cell of an index, of another life than the block's is empty */

typedef struct {
    uint32_t             life;
    uint32_t             hash;           /* of the id, from it the place: the
                                            cell is there or behind it, with no
                                            empty one between */
    uint32_t             slot;
} aicost_edge_cell_t;


typedef struct {
    aicost_edge_cell_t   *cells;
    const unsigned char  *ids;           /* that of the first slot */
    size_t                slot_size;
    uint32_t              ncells;
    const uint32_t       *life;
} aicost_edge_index_t;


typedef struct {
    uint32_t             state;          /* 1: whole */
    uint32_t             life;
    uint32_t             next;           /* of the free ones */
    uint32_t             newer;          /* by use */
    uint32_t             older;
    uint32_t             refs;           /* records */
    aicost_edge_account_t  a;
} aicost_edge_aslot_t;


/* a line of the cache says which one it is and in what lists, the next one what
   it reserved */

typedef struct {
    uint32_t             state;          /* aicost_edge_state_e */
    uint32_t             life;
    uint32_t             next;           /* of the free ones */
    uint32_t             newer;          /* DONE ones, by their end */
    uint32_t             older;
    uint32_t             dones;          /* DONE: not the block's, it was
                                            dropped */
    unsigned char        rid[AICOST_ID];
    int64_t              expires;
    int64_t              at;
    int64_t              sent;
    uint64_t             hash;
    int64_t              amount[AICOST_UNITS];
    int64_t              gap[AICOST_UNITS];
    int64_t              actual[AICOST_UNITS];
    uint8_t              op;
    uint8_t              step;
    uint8_t              bounds;
    uint8_t              dry;
    uint32_t             nrefs;
    uint32_t             refs[AICOST_MAX_CLAIMS];    /* the last */
} aicost_edge_rslot_t;


/* what is overwritten in place now */

typedef struct {
    uint32_t             len;            /* 0: nothing */
    uint32_t             pad;
    uint64_t             at;             /* offset in the block */
    union {
        aicost_edge_meta_t     meta;
        aicost_edge_rslot_t    record;
        aicost_edge_account_t  account;
    } old;
} aicost_edge_undo_t;


typedef struct {
    uint64_t             magic;
    uint32_t             version;
    uint32_t             head_size;      /* bytes of one, as below */
    uint64_t             size;           /* of the block */
    uint32_t             aslot_size;
    uint32_t             rslot_size;
    uint32_t             naccounts;
    uint32_t             nrecords;
    uint32_t             busy;
    uint32_t             life;
    uint32_t             dones;
    uint32_t             anew;           /* serials before it do not hold */
    uint32_t             newest;         /* accounts by use */
    uint32_t             oldest;
    uint32_t             used;
    uint32_t             open;
    uint32_t             said;
    uint32_t             lent;
    uint32_t             afree;          /* accounts that were used */
    uint32_t             afresh;         /* accounts from here never were, in
                                            this life */
    uint32_t             rfree;
    uint32_t             rfresh;
    uint32_t             done_newest;    /* records */
    uint32_t             done_oldest;
    uint32_t             hand;           /* records: where one that is nobody's
                                            is looked for */
    uint64_t             forgotten;
    uint64_t             lost;
    aicost_edge_meta_t   meta;
    aicost_edge_undo_t   undo;
} aicost_edge_head_t;


typedef struct {
    aicost_edge_head_t   *h;
    unsigned char        *base;
    aicost_edge_aslot_t  *accounts;
    aicost_edge_rslot_t  *records;
    aicost_edge_index_t   by_id;         /* accounts */
    aicost_edge_index_t   by_rid;        /* records */
} aicost_edge_map_t;


void aicost_edge_layout(const aicost_edge_t *e, aicost_edge_map_t *m);
void aicost_edge_enter(aicost_edge_t *e, aicost_edge_map_t *m);
void aicost_edge_leave(aicost_edge_t *e, aicost_edge_map_t *m);

/* a word that says that other bytes hold */
void aicost_edge_publish(uint32_t *word, uint32_t value);

/* from here to aicost_edge_kept() len bytes at p are put back if the call does
   not come to its end; one piece at a time, at most that of undo.old */
void aicost_edge_keep(aicost_edge_map_t *m, const void *p, size_t len);
void aicost_edge_kept(aicost_edge_map_t *m);

uint32_t aicost_edge_make(aicost_edge_map_t *m, int64_t now,
    const aicost_claim_t *claim);

/* r: the record they are of, or NULL */
void aicost_edge_learn(aicost_edge_map_t *m, const aicost_edge_rslot_t *r,
    const aicost_total_t *totals, uint32_t n);
void aicost_edge_spares(aicost_edge_map_t *m, int64_t now,
    const aicost_reserve_t *q, const aicost_total_t *totals, uint32_t n);

/* indexes, see aicost_edge_index.c */

/* the slot; AICOST_EDGE_NONE: there is none of this id */
uint32_t aicost_edge_find(const aicost_edge_index_t *x,
    const unsigned char id[AICOST_ID]);
/* an id that is not there; one that is */
void aicost_edge_add(const aicost_edge_index_t *x, uint32_t slot);
void aicost_edge_remove(const aicost_edge_index_t *x, uint32_t slot);
void aicost_edge_clear(const aicost_edge_index_t *x);
/* where it is looked for first */
const aicost_edge_cell_t *aicost_edge_home(const aicost_edge_index_t *x,
    const unsigned char id[AICOST_ID]);

/* records, see aicost_edge_record.c */

unsigned aicost_edge_holds(const aicost_edge_map_t *m,
    const aicost_edge_rslot_t *r);
void aicost_edge_reap(aicost_edge_map_t *m, int64_t now);
void aicost_edge_mend_records(aicost_edge_map_t *m);
void aicost_edge_no_records(aicost_edge_map_t *m);


#endif /* _AICOST_EDGE_INT_H_INCLUDED_ */
