
/*
 * Copyright (C) aicost
 *
 * The embedded store: fixed tables in one block of shared memory, one lock,
 * an undo record so that a worker killed at any point, holding the lock
 * included, leaves nothing half written.  No nginx, no I/O, no clock: block,
 * lock and time come from the caller.  Synchronous: done is never called.
 */


#ifndef _AICOST_STORE_SHM_H_INCLUDED_
#define _AICOST_STORE_SHM_H_INCLUDED_


#include "aicost_store.h"


typedef struct {
    void                *base;        /* the block, aligned to 64 bytes */
    size_t               size;
    void               (*lock)(void *data);
    void               (*unlock)(void *data);
    void                *data;
} aicost_shm_region_t;


/* per process: ops and the region.  fresh: format the block (accounts empty,
   new epoch from seed); otherwise take it over as it is.
   AICOST_ERROR: too small (under 64 KB), or not a block of this version */
int aicost_store_shm_init(aicost_store_t *s, aicost_shm_region_t *region,
    unsigned fresh, uint64_t seed);

/* capacity of the formatted block */
typedef struct {
    uint32_t             accounts;
    uint32_t             reservations;
    uint32_t             rates;
    uint32_t             used_accounts;
    uint32_t             open_reservations;
    uint32_t             overflows;      /* accounts refused a slot so far */
    uint64_t             rollbacks;      /* half-done operations undone */
} aicost_shm_stat_t;

void aicost_store_shm_stat(aicost_store_t *s, aicost_shm_stat_t *stat);


/*
 * Durability.  The journal is a stream of records, each the whole state of one
 * thing (account, open reservation, latch, mode) with CRC32C, and of marks:
 * when a drain has written all that changed, it sets one.  What follows the
 * last mark is not replayed, so a journal cut anywhere gives a state that was.
 * A snapshot is the same records of everything, to be read before the journal
 * that was begun before it.  The caller owns the files; when bytes that were
 * drained are lost (a failed write), the next snapshot makes it whole.
 */

#define AICOST_SHM_RECORD          512   /* bytes: no record is longer; buffers
                                            hold twice that at least */

/* records of what changed since the last call, into buf; *more is set when
   buf was too small for all (call again).  Returns bytes */
size_t aicost_store_shm_drain(aicost_store_t *s, unsigned char *buf,
    size_t size, unsigned *more);

/* the same of everything, resumable by *cursor (0 starts, 0 again ends).  A
   call may return only a mark: it looks at a bounded number of slots */
size_t aicost_store_shm_dump(aicost_store_t *s, uint32_t *cursor,
    unsigned char *buf, size_t size);

/*
 * Replays records into a fresh block that is not shared yet: all up to the
 * last mark before the first torn or foreign record.  *used is set to the
 * bytes replayed; go on from there.  Returns the records applied.
 * Reservations come back open, with their leases: expiry charges them.
 */
uint32_t aicost_store_shm_load(aicost_store_t *s, const unsigned char *data,
    size_t len, size_t *used);


#endif /* _AICOST_STORE_SHM_H_INCLUDED_ */
