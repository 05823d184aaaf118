
/*
 * Copyright (C) aicost
 *
 * One interface, two rooms behind it.  shm answers at once; a store that has
 * to wait returns AICOST_AGAIN and calls done later.
 */


#ifndef _AICOST_STORE_H_INCLUDED_
#define _AICOST_STORE_H_INCLUDED_


#include "../core/aicost_ledger.h"


#define AICOST_RENEW_MAX           64    /* rids of one renew call */


typedef struct aicost_store_s  aicost_store_t;

typedef void (*aicost_store_done_pt)(void *data, int rc);


typedef enum {
    AICOST_MODE_NORMAL = 0,
    AICOST_MODE_DOWNGRADE
} aicost_mode_e;


/* what every reserve and renew reads beside the accounts */

typedef struct {
    aicost_mode_e        mode;
    int64_t              share_ppm;      /* of the non-critical sessions */
    int64_t              changed;        /* ms */
    uint32_t             killed;         /* number of latches that are on */
    uint32_t             kill_all;       /* the global one is on */
} aicost_state_t;


/* what an account stands at */

typedef struct {
    unsigned char        id[AICOST_ID];
    int64_t              settled;
    int64_t              reserved;
    int64_t              bound;          /* as in aicost_balance_t */
    int64_t              serial;         /* another one: it began anew */
} aicost_total_t;


/* one kill latch */

typedef struct {
    unsigned char        latch[AICOST_ID];   /* all zero: everything */
    char                 label[64];      /* "budget:key" or "all", no secrets */
    char                 why[64];        /* a reason word or the operator's */
    int64_t              at;             /* ms */
    int64_t              until;          /* ms, INT64_MAX: by an operator */
    uint64_t             gen;
} aicost_latch_t;


/*
 * All calls: AICOST_OK (the answer is in *out), AICOST_AGAIN (done will be
 * called), AICOST_ERROR (the store is unavailable, nothing was changed as far
 * as it knows).  All are idempotent: repeated, delayed or reordered calls of
 * the same rid charge exactly once.
 */

typedef struct {
    const char          *name;           /* "shm", "redis" */

    int  (*reserve)(aicost_store_t *s, const aicost_reserve_t *q,
                    aicost_granted_t *out, aicost_store_done_pt done,
                    void *data);

    /* *left: smallest money room after it, -1 without a money account */
    int  (*settle)(aicost_store_t *s, const aicost_settled_t *q,
                   int64_t *left, aicost_store_done_pt done, void *data);

    /*
     * Extends leases to now + lease.  Bit i of *gone: rid i is not open any
     * more; bit i of *spent: an account of rid i has S + R - r_i + used_i above
     * its limit for a session account, where used_i is what the stream has
     * cost so far (NULL: not asked).  Bit i of *killed: a latch holds it.
     */
    int  (*renew)(aicost_store_t *s, int64_t now, int64_t lease,
                  const unsigned char (*rids)[AICOST_ID], const int64_t *used,
                  uint32_t n, uint64_t *gone, uint64_t *spent,
                  uint64_t *killed, aicost_store_done_pt done, void *data);

    /* expires at most max leases; *n says how many */
    int  (*sweep)(aicost_store_t *s, int64_t now, uint32_t max, uint32_t *n);

    /* latch on (off by gen: 0 any); AICOST_DECLINED when nothing changed */
    int  (*kill)(aicost_store_t *s, const aicost_latch_t *latch);
    int  (*resume)(aicost_store_t *s, const unsigned char latch[AICOST_ID],
                   uint64_t gen);
    int  (*latches)(aicost_store_t *s, int64_t now, aicost_latch_t *out,
                    uint32_t max, uint32_t *n);

    int  (*set_mode)(aicost_store_t *s, aicost_mode_e mode, int64_t share_ppm,
                     int64_t now);
    int  (*state)(aicost_store_t *s, int64_t now, aicost_state_t *out);

    /* the numbers of one account: AICOST_DECLINED when there is none */
    int  (*balance)(aicost_store_t *s, const unsigned char id[AICOST_ID],
                    aicost_balance_t *out);

    /* walks all accounts: *cursor 0 starts, 0 again ends; a few a call */
    int  (*walk)(aicost_store_t *s, uint32_t *cursor, aicost_balance_t *out,
                 uint32_t max, uint32_t *n);
} aicost_store_ops_t;


struct aicost_store_s {
    const aicost_store_ops_t  *ops;
    void                      *ctx;
};


#endif /* _AICOST_STORE_H_INCLUDED_ */
