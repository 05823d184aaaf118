
/*
 * Copyright (C) aicost
 *
 * What one edge remembers of the store it shares with others, in one block of
 * shared memory of its workers: the accounts it has seen with their last known
 * totals, what it holds open, what it settled and whether the store has said
 * so.  With it a store that lost writes is told again, one that was emptied is
 * filled again, and an outage is bridged with money leased in advance.
 *
 * No nginx, no I/O, no clock: block, lock and time come from the caller.  Each
 * call takes the lock; none is long: it looks at a bounded number of slots.
 * Only the one that finds what a dead worker left looks at all of them, once.
 */


#ifndef _AICOST_EDGE_H_INCLUDED_
#define _AICOST_EDGE_H_INCLUDED_


#include "aicost_store.h"
#include "aicost_store_shm.h"


#define AICOST_EDGE_MIN         1048576            /* bytes of a block */
#define AICOST_EDGE_RECENT      ((int64_t) 120000) /* ms a settlement that was
                                                      acknowledged is kept */
#define AICOST_EDGE_USED        ((int64_t) 600000) /* ms since its last use: an
                                                      account is lent money */
#define AICOST_EDGE_LENT        4096               /* tranches at once */
#define AICOST_EDGE_SESSION     ((int64_t) 86400000)   /* ms since its first
                                                      use: a session's tranche
                                                      is spent */


typedef struct {
    aicost_shm_region_t *region;
} aicost_edge_t;


/* one number or name each; written with aicost_edge_set(), which takes only
   what is named: workers learn different things at once */

#define AICOST_EDGE_EPOCH       1        /* epoch, known */
#define AICOST_EDGE_RUN         2
#define AICOST_EDGE_EDGES       4
#define AICOST_EDGE_DOMAIN      8
#define AICOST_EDGE_META        15       /* all of these, and state */

typedef struct {
    unsigned char        edge[AICOST_ID];    /* its own id */
    unsigned char        epoch[AICOST_ID];   /* of the domain, as last known */
    unsigned char        domain[AICOST_ID];  /* digest of the store's place:
                                                another one, all is forgotten */
    char                 run[48];            /* run id of the server whose
                                                writes are all here */
    uint32_t             known;              /* epoch is */
    uint32_t             edges;              /* alive, at last count, >= 1 */
    aicost_state_t       state;              /* last known */
} aicost_edge_meta_t;


typedef enum {
    AICOST_EDGE_FREE = 0,
    AICOST_EDGE_OPEN,            /* reserved */
    AICOST_EDGE_SAID,            /* settled here, the store has not said so */
    AICOST_EDGE_DONE             /* the store knows */
} aicost_edge_state_e;


/* a reservation, as the caller gets it */

typedef struct {
    unsigned char        rid[AICOST_ID];
    aicost_edge_state_e  state;
    int64_t              expires;            /* ms, of an open one */
    int64_t              at;                 /* ms, settled or acknowledged */
    int64_t              sent;               /* ms, last time it was sent */
    uint64_t             hash;               /* aicost_reserve_hash() */
    aicost_settle_e      op;
    uint8_t              step;
    uint8_t              bounds;
    uint8_t              dry;
    int64_t              amount[AICOST_UNITS];   /* reserved */
    int64_t              gap[AICOST_UNITS];      /* upper - amount */
    int64_t              actual[AICOST_UNITS];
    uint32_t             nclaims;
    aicost_claim_t       claims[AICOST_MAX_CLAIMS];
} aicost_edge_record_t;


/* money of an account that is reserved for outages */

typedef struct {
    unsigned char        rid[AICOST_ID];     /* of its reservation, and the id
                                                of its account in the room of
                                                outages */
    int64_t              amount;             /* 0: none */
    uint8_t              used;               /* in an outage */
    int64_t              since;              /* ms, its first use there; the
                                                caller of lend leaves it 0 */
} aicost_edge_tranche_t;


typedef struct {
    aicost_claim_t       claim;              /* as last seen; share_step 0 */
    int64_t              settled;            /* last known totals */
    int64_t              reserved;
    int64_t              bound;
    int64_t              used;               /* ms, last use */
    int64_t              serial;             /* of these totals; 0: not known */
    uint32_t             anew;               /* serial holds if it is the
                                                block's */
    aicost_edge_tranche_t  tranche;
} aicost_edge_account_t;


typedef struct {
    uint32_t             accounts;           /* capacity, then used */
    uint32_t             used_accounts;
    uint32_t             records;
    uint32_t             open;
    uint32_t             said;               /* not acknowledged */
    uint32_t             lent;
    uint64_t             forgotten;          /* acknowledged ones overwritten
                                                before their time */
    uint64_t             lost;               /* settlements that found no slot:
                                                the lease charges them; or not
                                                one for each of their accounts:
                                                the others are charged */
} aicost_edge_stat_t;


/* fresh: formats the block, edge id from seed; otherwise takes it over.
   AICOST_ERROR: too small, not aligned to 64 bytes, or not a block of this
   size and version: nothing was touched */
int aicost_edge_init(aicost_edge_t *e, aicost_shm_region_t *region,
    unsigned fresh, uint64_t seed);

void aicost_edge_get(aicost_edge_t *e, aicost_edge_meta_t *meta);
void aicost_edge_set(aicost_edge_t *e, const aicost_edge_meta_t *meta,
    unsigned what);
void aicost_edge_stat(aicost_edge_t *e, aicost_edge_stat_t *stat);

/* all accounts and records go, the id stays */
void aicost_edge_forget(aicost_edge_t *e);


/* --- accounts ------------------------------------------------------------ */

/* they are remembered with the reservations below.  A full table forgets the
   one that was used first and is referred to by no record and no tranche; when
   none of those used first is such, a new account is not remembered, and others
   are looked at for the next one */

/* a store that lost something counts serials from before: none holds */
void aicost_edge_anew(aicost_edge_t *e);

/* AICOST_DECLINED: not known */
int aicost_edge_account(aicost_edge_t *e, const unsigned char id[AICOST_ID],
    aicost_edge_account_t *out);

/* all of them, a bounded number of slots a call: *cursor 0 starts, 0 again
   ends; *n may be 0 */
void aicost_edge_accounts(aicost_edge_t *e, uint32_t *cursor,
    aicost_edge_account_t *out, uint32_t max, uint32_t *n);


/* --- reservations -------------------------------------------------------- */

/*
 * The store said yes or no: of a grant the claims that count at the granted
 * step are kept, and their accounts seen.
 *
 * totals: as the store said them, of accounts that are remembered; the spare
 * account of a claim that the store charged in its place is remembered first,
 * and is lent nothing.  A settled one below what is known is that of an older
 * reply and is left out, unless the account began anew; reserved is taken as it
 * comes.
 */
void aicost_edge_granted(aicost_edge_t *e, int64_t now,
    const aicost_reserve_t *q, const aicost_granted_t *g,
    const aicost_total_t *totals, uint32_t n);

/*
 * Before it is sent.  Unknown rid: a new record with q's claims.
 * AICOST_DECLINED: no slot, or none of its accounts is remembered; counted as
 * lost, as is an account of it that is not.
 *
 * A slot is, in this order: a free one; that of an acknowledged one that is no
 * more recent; that of an open one whose lease ended long ago, looked for in a
 * few slots; that of the oldest acknowledged one, counted as forgotten.  What
 * the store does not know is never given up.
 */
int aicost_edge_settling(aicost_edge_t *e, int64_t now,
    const aicost_settled_t *q);

/* the store said so, and totals as above */
void aicost_edge_settled(aicost_edge_t *e, int64_t now,
    const unsigned char rid[AICOST_ID], const aicost_total_t *totals,
    uint32_t n);

/* AICOST_DECLINED: not known */
int aicost_edge_record(aicost_edge_t *e, const unsigned char rid[AICOST_ID],
    aicost_edge_record_t *out);

/* all that the store has said yes to: another one begins with their totals */
void aicost_edge_drop_done(aicost_edge_t *e);

/* leases of open ones were extended */
void aicost_edge_renewed(aicost_edge_t *e, int64_t expires,
    const unsigned char (*rids)[AICOST_ID], uint32_t n);

/*
 * The next record in a state of the mask (1 << state) whose `sent` is at or
 * before `before`; its `sent` becomes now.  AICOST_OK and *out,
 * AICOST_AGAIN: looked at enough slots for one call, AICOST_DECLINED: the end,
 * *cursor is 0 again.
 */
int aicost_edge_next(aicost_edge_t *e, int64_t now, int64_t before,
    unsigned mask, uint32_t *cursor, aicost_edge_record_t *out);


/* --- outage allowance ---------------------------------------------------- */

/* what a tranche of the account should be: ppm of its limit by edge, at least
   1; 0: it needs none (soft, over, or not used for long) */
int64_t aicost_edge_allowance(const aicost_edge_account_t *a, int64_t now,
    int64_t ppm, uint32_t edges);

/* the account's tranche; amount 0: none any more.  AICOST_DECLINED: account
   not known, or AICOST_EDGE_LENT are out */
int aicost_edge_lend(aicost_edge_t *e, const unsigned char id[AICOST_ID],
    const aicost_edge_tranche_t *t);

/*
 * The request as the room of outages sees it: each hard claim on its tranche
 * (id and spare: the tranche's rid; limit: its amount; no marks, no kill), soft
 * ones left out, rates a share of the edges.  covered: bit i, claim i of q
 * stands on a tranche.  AICOST_DECLINED and *index: hard claim *index has
 * none.  Sets `used` of the tranches.
 */
int aicost_edge_outage(aicost_edge_t *e, const aicost_reserve_t *q,
    aicost_reserve_t *out, uint32_t *covered, uint32_t *index);


#endif /* _AICOST_EDGE_H_INCLUDED_ */
