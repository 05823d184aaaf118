
/*
 * Copyright (C) aicost
 *
 * Inside of the embedded store.  The block is: head, undo record, then per
 * table its hash buckets and its slots.  Slots are named by index from 1; 0 is
 * none.  Every byte that an operation changes goes through aicost_shm_save()
 * first, so an operation is undone as a whole, whoever undoes it.
 */


#ifndef _AICOST_STORE_SHM_INT_H_INCLUDED_
#define _AICOST_STORE_SHM_INT_H_INCLUDED_


#include "aicost_store_shm.h"


/* a test defines it, to die at the n-th write; see t/unit/store_crash.c */

#ifndef AICOST_SHM_FAULT
#define AICOST_SHM_FAULT()
#endif


#define AICOST_SHM_MAGIC           0x316d687374736f63ULL
#define AICOST_SHM_VERSION         2
#define AICOST_SHM_MIN             65536
#define AICOST_SHM_MAX             ((size_t) 0xffffffc0)

#define AICOST_SHM_SPARE           64    /* 1/64 of accounts are for spares */
#define AICOST_SHM_TRIES           8     /* slots looked at to recycle one */
#define AICOST_SHM_LATCHES         1024  /* at most */
#define AICOST_SHM_WALK            1024  /* slots looked at by one call */
#define AICOST_SHM_END             0xffffffffU   /* last of a dirty list */

/* done reservations that are remembered: as many as stay warm in a cache, since
   each new one takes the slot of the oldest; t/unit/store_crash.c has fewer */

#ifndef AICOST_SHM_DONES
#define AICOST_SHM_DONES           128
#endif


typedef enum {
    AICOST_SHM_ACCOUNT = 0,
    AICOST_SHM_RID,
    AICOST_SHM_RATE,
    AICOST_SHM_LATCH,
    AICOST_SHM_TABLES
} aicost_shm_table_e;


/*
 * Accounts: a list per length of window, each in the order of its ends, so
 * the closed ones are at the heads.  Reservations: the open ones by end of
 * lease; the closed ones by age, apart those whose end the journal has still
 * to be told, or they would come back as open, and those whose lease ran out,
 * which a late settlement corrects.  Rates: the least recently used first.
 */

typedef enum {
    AICOST_SHM_FREE = 0,
    AICOST_SHM_MINUTES,
    AICOST_SHM_HOURS,
    AICOST_SHM_DAYS,
    AICOST_SHM_WEEKS,
    AICOST_SHM_MONTHS,
    AICOST_SHM_SESSIONS,
    AICOST_SHM_OPEN,
    AICOST_SHM_DONE,
    AICOST_SHM_UNTOLD,
    AICOST_SHM_EXPIRED,
    AICOST_SHM_RATES,
    AICOST_SHM_LATCHED,
    AICOST_SHM_LISTS
} aicost_shm_list_e;


typedef struct {
    unsigned char        id[AICOST_ID];
    uint32_t             chain;      /* next of the bucket */
    uint32_t             prev;
    uint32_t             next;       /* of the list, or of the free slots */
    uint32_t             list;
    uint32_t             dirty;      /* next changed one, 0: not changed */
    uint32_t             serial;     /* of an account: another one each time
                                        it starts anew */
} aicost_shm_slot_t;


typedef struct {
    aicost_shm_slot_t    slot;
    unsigned char        latch[AICOST_ID];
    uint32_t             budget;
    uint32_t             open;
    uint8_t              unit;
    uint8_t              soft;
    uint8_t              session;
    uint8_t              clear;
    uint8_t              warned;
    int64_t              limit;
    int64_t              settled;
    int64_t              reserved;
    int64_t              bound;
    int64_t              unverified;
    int64_t              over;
    int64_t              lost;
    int64_t              kill;
    int64_t              t0;         /* session: its first use */
    int64_t              t1;         /* session: when idle or max run out */
    int64_t              idle;
    int64_t              max;
    int64_t              grace;
} aicost_shm_account_t;


typedef enum {
    AICOST_SHM_RID_OPEN = 1,
    AICOST_SHM_RID_SETTLED,
    AICOST_SHM_RID_RELEASED,
    AICOST_SHM_RID_EXPIRED
} aicost_shm_rid_e;


typedef struct {
    uint32_t             index;
    uint32_t             serial;
} aicost_shm_ref_t;


typedef struct {
    aicost_shm_slot_t    slot;
    uint8_t              state;
    uint8_t              step;
    uint8_t              bounds;
    uint8_t              marked;
    uint8_t              dry;
    uint8_t              nrefs;
    uint8_t              logged;     /* the journal has it as open, or as one
                                        whose lease ran out */
    uint32_t             warned;
    uint64_t             hash;
    int64_t              expires;
    int64_t              amount[AICOST_UNITS];
    int64_t              gap[AICOST_UNITS];  /* upper - amount */
    aicost_shm_ref_t     refs[AICOST_MAX_CLAIMS];
} aicost_shm_rid_t;


typedef struct {
    aicost_shm_slot_t    slot;
    int64_t              tat;        /* us */
} aicost_shm_rate_t;


typedef struct {
    aicost_shm_slot_t    slot;
    char                 label[64];
    char                 why[64];
    int64_t              at;
    int64_t              until;      /* 0: off */
    uint64_t             gen;
} aicost_shm_latch_t;


/* where a table is: never changes after the format */

typedef struct {
    uint32_t             n;
    uint32_t             mask;       /* buckets - 1 */
    uint32_t             buckets;    /* offset */
    uint32_t             slots;      /* offset */
    uint32_t             size;       /* of a slot */
} aicost_shm_table_t;


typedef struct {
    uint32_t             head;
    uint32_t             tail;
} aicost_shm_ends_t;


typedef struct {
    uint32_t             free;       /* first free slot */
    uint32_t             fresh;      /* slots ever used */
    uint32_t             used;
} aicost_shm_count_t;


/* all that changes in the head; saved once an operation */

typedef struct {
    aicost_shm_ends_t    lists[AICOST_SHM_LISTS];
    aicost_shm_ends_t    dirty[AICOST_SHM_TABLES];
    aicost_shm_count_t   counts[AICOST_SHM_TABLES];
    uint32_t             serial;
    uint32_t             overflows;
    uint32_t             open;       /* reservations */
    uint32_t             killed;     /* latches that are on before ends */
    int64_t              ends;       /* the first of them that ends */
    uint64_t             gen;        /* of latches */
    int64_t              share_ppm;
    int64_t              changed;
    uint32_t             mode;
    uint32_t             mode_dirty;
    uint32_t             uncommitted;    /* records since the last mark */
    uint32_t             done;       /* reservations in that list */
} aicost_shm_state_t;


/*
 * The old bytes of what an operation changes, each piece with its offset and
 * length behind it.  The longest operation is a reserve that recycles a slot
 * for each account and rate, or a settle that latches each account:
 *
 *   a slot taken: the slot twice, four neighbours and two buckets as links
 *   claims * (account * 2 + latch * 2 + 8 links) + rates * (rate * 2 + 8 links)
 *   + reservation * 3 + 24 links + the state of the head
 */

#define AICOST_SHM_LINK            32    /* piece of a link, at most */

#define AICOST_SHM_UNDO                                                       \
    (AICOST_MAX_CLAIMS * (2 * (sizeof(aicost_shm_account_t) + 16)             \
                          + 2 * (sizeof(aicost_shm_latch_t) + 16)             \
                          + 16 * AICOST_SHM_LINK)                             \
     + AICOST_MAX_RATES * (2 * (sizeof(aicost_shm_rate_t) + 16)               \
                           + 8 * AICOST_SHM_LINK)                             \
     + 3 * (sizeof(aicost_shm_rid_t) + 16) + 24 * AICOST_SHM_LINK             \
     + sizeof(aicost_shm_state_t) + 16)


typedef struct {
    uint64_t             used;
    uint64_t             most;       /* ever used, for the test of the cap */
    unsigned char        bytes[AICOST_SHM_UNDO];
} aicost_shm_undo_t;


typedef struct {
    uint64_t             magic;
    uint32_t             version;
    uint32_t             size;
    uint64_t             epoch;
    aicost_shm_table_t   tables[AICOST_SHM_TABLES];
    int64_t              now;        /* last seen, ms: only grows */
    uint64_t             rollbacks;
    aicost_shm_state_t   state;
    aicost_shm_undo_t    undo;
} aicost_shm_head_t;


/* of one call */

typedef struct {
    aicost_shm_region_t  *region;
    aicost_shm_head_t    *head;
    aicost_shm_state_t   *state;
    unsigned char        *base;
} aicost_shm_t;


static inline void *
aicost_shm_slot(const aicost_shm_t *m, unsigned table, uint32_t i)
{
    const aicost_shm_table_t  *t;

    t = &m->head->tables[table];

    return m->base + t->slots + (size_t) (i - 1) * t->size;
}


static inline aicost_shm_account_t *
aicost_shm_account(const aicost_shm_t *m, uint32_t i)
{
    return aicost_shm_slot(m, AICOST_SHM_ACCOUNT, i);
}


static inline aicost_shm_rid_t *
aicost_shm_rid(const aicost_shm_t *m, uint32_t i)
{
    return aicost_shm_slot(m, AICOST_SHM_RID, i);
}


static inline unsigned
aicost_shm_same(const unsigned char a[AICOST_ID],
    const unsigned char b[AICOST_ID])
{
    uint64_t  x[2], y[2];

    memcpy(x, a, AICOST_ID);
    memcpy(y, b, AICOST_ID);

    return x[0] == y[0] && x[1] == y[1];
}


/* the id of the latch that holds everything */
extern const unsigned char  aicost_shm_all[AICOST_ID];


/* lock, undo what a dead process left, and clamp the clock; now < 0: as it
   was last seen */
int64_t aicost_shm_enter(aicost_shm_t *m, aicost_store_t *s, int64_t now);
void aicost_shm_leave(aicost_shm_t *m);

/* between begin and commit, or rollback, every change is saved first */
void aicost_shm_begin(aicost_shm_t *m);
void aicost_shm_commit(aicost_shm_t *m);
void aicost_shm_rollback(aicost_shm_t *m);
void aicost_shm_save(aicost_shm_t *m, const void *p, size_t len);

uint32_t aicost_shm_find(const aicost_shm_t *m, unsigned table,
    const unsigned char *id);
uint32_t aicost_shm_take(aicost_shm_t *m, unsigned table,
    const unsigned char *id);
void aicost_shm_drop(aicost_shm_t *m, unsigned table, uint32_t i);
void aicost_shm_append(aicost_shm_t *m, unsigned table, unsigned list,
    uint32_t i);
void aicost_shm_insert(aicost_shm_t *m, unsigned table, unsigned list,
    uint32_t i, uint32_t after);
void aicost_shm_unlink(aicost_shm_t *m, unsigned table, uint32_t i);
void aicost_shm_dirty(aicost_shm_t *m, unsigned table, uint32_t i);

/* accounts */

unsigned aicost_shm_account_ended(const aicost_shm_account_t *a, int64_t now);
void aicost_shm_account_anew(aicost_shm_t *m, aicost_shm_account_t *a,
    int64_t now);
uint32_t aicost_shm_account_make(aicost_shm_t *m, const aicost_claim_t *claim,
    const unsigned char *id, unsigned spare, int64_t now);
void aicost_shm_account_terms(aicost_shm_account_t *a,
    const aicost_claim_t *claim);
void aicost_shm_account_touch(aicost_shm_t *m, aicost_shm_account_t *a,
    uint32_t i, int64_t now);
unsigned aicost_shm_account_spare(const aicost_shm_t *m, uint32_t n);
void aicost_shm_account_balance(const aicost_shm_account_t *a,
    aicost_balance_t *out);

/* reservations and rates; 0 when there is no slot */

uint32_t aicost_shm_rid_make(aicost_shm_t *m, const unsigned char *id);
void aicost_shm_rid_lease(aicost_shm_t *m, uint32_t i, int64_t expires);
void aicost_shm_rid_done(aicost_shm_t *m, uint32_t i, unsigned state);
void aicost_shm_rid_list(aicost_shm_t *m, uint32_t i);
aicost_shm_account_t *aicost_shm_ref(const aicost_shm_t *m,
    const aicost_shm_ref_t *ref);
int64_t aicost_shm_rid_left(const aicost_shm_t *m, const aicost_shm_rid_t *r);
uint32_t aicost_shm_rate_make(aicost_shm_t *m, const unsigned char *id,
    int64_t now_us);

/* latches: NULL when it is off */

aicost_shm_latch_t *aicost_shm_latched(aicost_shm_t *m,
    const unsigned char *id, int64_t now);
int aicost_shm_latch(aicost_shm_t *m, const aicost_latch_t *latch,
    int64_t now);
void aicost_shm_latch_count(aicost_shm_t *m, int64_t now);

/* of the journal: start with 0xffffffff, invert the end */
uint32_t aicost_shm_crc32c(uint32_t crc, const unsigned char *p, size_t len);

/* the operations */

int aicost_shm_reserve(aicost_store_t *s, const aicost_reserve_t *q,
    aicost_granted_t *out, aicost_store_done_pt done, void *data);
int aicost_shm_settle(aicost_store_t *s, const aicost_settled_t *q,
    int64_t *left, aicost_store_done_pt done, void *data);
int aicost_shm_renew(aicost_store_t *s, int64_t now, int64_t lease,
    const unsigned char (*rids)[AICOST_ID], const int64_t *used, uint32_t n,
    uint64_t *gone, uint64_t *spent, uint64_t *killed,
    aicost_store_done_pt done, void *data);
int aicost_shm_sweep(aicost_store_t *s, int64_t now, uint32_t max,
    uint32_t *n);


#endif /* _AICOST_STORE_SHM_INT_H_INCLUDED_ */
