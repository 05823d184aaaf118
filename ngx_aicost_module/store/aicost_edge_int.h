
/*
 * Copyright (C) aicost
 *
 * One block: head, hash of accounts, accounts, hash of records, records.
 *
 * A worker may be killed at any point.  `busy` stands while a call changes the
 * tables; who finds it set makes hashes, lists and counts anew from the slots
 * that are whole: a slot's state is written last when it is made, first when it
 * goes.
 */


#ifndef _AICOST_EDGE_INT_H_INCLUDED_
#define _AICOST_EDGE_INT_H_INCLUDED_


#include "aicost_edge.h"


#define AICOST_EDGE_NONE        UINT32_MAX
#define AICOST_EDGE_LOOK        256      /* slots of one call */


typedef struct {
    uint32_t             state;          /* 1: whole */
    uint32_t             next;           /* of its hash */
    uint32_t             newer;          /* by use */
    uint32_t             older;
    uint32_t             refs;           /* records */
    uint32_t             pad;
    aicost_edge_account_t  a;
} aicost_edge_aslot_t;


typedef struct {
    uint32_t             state;          /* aicost_edge_state_e */
    uint32_t             next;
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
    uint32_t             refs[AICOST_MAX_CLAIMS];
} aicost_edge_rslot_t;


typedef struct {
    uint64_t             magic;
    uint32_t             busy;
    uint32_t             naccounts;
    uint32_t             nrecords;
    uint32_t             newest;         /* accounts by use */
    uint32_t             oldest;
    uint32_t             used;
    uint32_t             open;
    uint32_t             said;
    uint32_t             lent;
    uint32_t             hand;           /* records: where a slot is looked
                                            for */
    uint32_t             reap;           /* records: which is looked at next
                                            for accounts it holds */
    uint32_t             pad;
    uint64_t             forgotten;
    uint64_t             lost;
    aicost_edge_meta_t   meta;
} aicost_edge_head_t;


typedef struct {
    aicost_edge_head_t   *h;
    uint32_t             *ahash;
    aicost_edge_aslot_t  *accounts;
    uint32_t             *rhash;
    aicost_edge_rslot_t  *records;
} aicost_edge_map_t;


void aicost_edge_enter(aicost_edge_t *e, aicost_edge_map_t *m);
void aicost_edge_leave(aicost_edge_t *e, aicost_edge_map_t *m);
uint32_t aicost_edge_key(const unsigned char id[AICOST_ID], uint32_t n);
uint32_t aicost_edge_reap(aicost_edge_map_t *m, int64_t now);
uint32_t aicost_edge_find(const aicost_edge_map_t *m,
    const unsigned char id[AICOST_ID]);
uint32_t aicost_edge_make(aicost_edge_map_t *m, int64_t now,
    const aicost_claim_t *claim);


#endif /* _AICOST_EDGE_INT_H_INCLUDED_ */
