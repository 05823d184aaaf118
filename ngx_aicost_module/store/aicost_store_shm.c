
/*
 * Copyright (C) aicost
 */


#include "aicost_store_shm_int.h"


static int aicost_shm_format(aicost_shm_head_t *head, size_t size,
    uint64_t seed);
static size_t aicost_shm_place(aicost_shm_table_t *t, size_t at, size_t room,
    uint32_t size, size_t most, unsigned quarters);
static unsigned aicost_shm_valid(const aicost_shm_region_t *region);
static uint32_t aicost_shm_latch_make(aicost_shm_t *m, const unsigned char *id,
    int64_t now);
static void aicost_shm_latch_off(aicost_shm_t *m, uint32_t i, int64_t now);

static int aicost_shm_kill(aicost_store_t *s, const aicost_latch_t *latch);
static int aicost_shm_resume(aicost_store_t *s,
    const unsigned char id[AICOST_ID], uint64_t gen);
static int aicost_shm_latches(aicost_store_t *s, int64_t now,
    aicost_latch_t *out, uint32_t max, uint32_t *n);
static int aicost_shm_set_mode(aicost_store_t *s, aicost_mode_e mode,
    int64_t share_ppm, int64_t now);
static int aicost_shm_state(aicost_store_t *s, int64_t now,
    aicost_state_t *out);
static int aicost_shm_balance(aicost_store_t *s,
    const unsigned char id[AICOST_ID], aicost_balance_t *out);
static int aicost_shm_walk(aicost_store_t *s, uint32_t *cursor,
    aicost_balance_t *out, uint32_t max, uint32_t *n);


static const aicost_store_ops_t  aicost_shm_ops = {
    "shm",
    aicost_shm_reserve,
    aicost_shm_settle,
    aicost_shm_renew,
    aicost_shm_sweep,
    aicost_shm_kill,
    aicost_shm_resume,
    aicost_shm_latches,
    aicost_shm_set_mode,
    aicost_shm_state,
    aicost_shm_balance,
    aicost_shm_walk
};


const unsigned char  aicost_shm_all[AICOST_ID];


int
aicost_store_shm_init(aicost_store_t *s, aicost_shm_region_t *region,
    unsigned fresh, uint64_t seed)
{
    if (region->base == NULL || region->size < AICOST_SHM_MIN
        || ((uintptr_t) region->base & 63))
    {
        return AICOST_ERROR;
    }

    if (fresh) {
        if (aicost_shm_format(region->base, region->size, seed) != AICOST_OK) {
            return AICOST_ERROR;
        }

    } else if (!aicost_shm_valid(region)) {
        return AICOST_ERROR;
    }

    s->ops = &aicost_shm_ops;
    s->ctx = region;

    return AICOST_OK;
}


/* 1/2 accounts, 3/8 reservations, 1/16 rates, the rest latches */

static int
aicost_shm_format(aicost_shm_head_t *head, size_t size, uint64_t seed)
{
    size_t  at, room;

    if (size > AICOST_SHM_MAX) {
        size = AICOST_SHM_MAX;
    }

    memset(head, 0, size);

    at = (sizeof(aicost_shm_head_t) + 63) & ~(size_t) 63;
    room = size - at;

    at = aicost_shm_place(&head->tables[AICOST_SHM_ACCOUNT], at, room / 2,
                          sizeof(aicost_shm_account_t), SIZE_MAX, 16);
    at = aicost_shm_place(&head->tables[AICOST_SHM_RID], at, room / 8 * 3,
                          sizeof(aicost_shm_rid_t), SIZE_MAX, 1);
    at = aicost_shm_place(&head->tables[AICOST_SHM_RATE], at, room / 16,
                          sizeof(aicost_shm_rate_t), SIZE_MAX, 16);
    at = aicost_shm_place(&head->tables[AICOST_SHM_LATCH], at, size - at,
                          sizeof(aicost_shm_latch_t), AICOST_SHM_LATCHES,
                          16);
    if (at > size) {
        return AICOST_ERROR;
    }

    head->version = AICOST_SHM_VERSION;
    head->size = (uint32_t) size;
    head->epoch = seed;
    head->state.ends = INT64_MAX;

    /* the last write: a block without it is not one */

    __atomic_store_n(&head->magic, AICOST_SHM_MAGIC, __ATOMIC_RELEASE);

    return AICOST_OK;
}


static size_t
aicost_shm_place(aicost_shm_table_t *t, size_t at, size_t room, uint32_t size,
    size_t most, unsigned quarters)
{
    size_t  n, buckets;

    /* a power of two of buckets: where the table fills, two to four a slot,
       since a slot that is looked at in vain is cold memory; few where it
       seldom does, since each new id takes another one */

    n = (room - 64) / (size + 4 * sizeof(uint32_t));
    n = n < most ? n : most;

    for (buckets = 1; buckets * 8 <= n * quarters; buckets *= 2) { /* void */ }

    t->n = (uint32_t) n;
    t->mask = (uint32_t) buckets - 1;
    t->buckets = (uint32_t) at;
    t->slots = (uint32_t) ((at + buckets * sizeof(uint32_t) + 7)
                           & ~(size_t) 7);
    t->size = size;

    return (t->slots + n * size + 7) & ~(size_t) 7;
}


static unsigned
aicost_shm_valid(const aicost_shm_region_t *region)
{
    const aicost_shm_head_t  *head;

    head = (const aicost_shm_head_t *) region->base;

    return head->magic == AICOST_SHM_MAGIC
           && head->version == AICOST_SHM_VERSION
           && head->size <= region->size
           && head->tables[AICOST_SHM_ACCOUNT].size
              == sizeof(aicost_shm_account_t)
           && head->tables[AICOST_SHM_RID].size == sizeof(aicost_shm_rid_t)
           && head->tables[AICOST_SHM_RATE].size == sizeof(aicost_shm_rate_t)
           && head->tables[AICOST_SHM_LATCH].size
              == sizeof(aicost_shm_latch_t);
}


void
aicost_store_shm_stat(aicost_store_t *s, aicost_shm_stat_t *stat)
{
    aicost_shm_t  m;

    (void) aicost_shm_enter(&m, s, -1);

    stat->accounts = m.head->tables[AICOST_SHM_ACCOUNT].n;
    stat->reservations = m.head->tables[AICOST_SHM_RID].n;
    stat->rates = m.head->tables[AICOST_SHM_RATE].n;
    stat->used_accounts = m.state->counts[AICOST_SHM_ACCOUNT].used;
    stat->open_reservations = m.state->open;
    stat->overflows = m.state->overflows;
    stat->rollbacks = m.head->rollbacks;

    aicost_shm_leave(&m);
}


/* --- latches ---------------------------------------------------------- */

aicost_shm_latch_t *
aicost_shm_latched(aicost_shm_t *m, const unsigned char *id, int64_t now)
{
    uint32_t             i;
    aicost_shm_latch_t  *latch;

    if (m->state->killed == 0) {
        return NULL;
    }

    i = aicost_shm_find(m, AICOST_SHM_LATCH, id);

    if (i == 0) {
        return NULL;
    }

    latch = aicost_shm_slot(m, AICOST_SHM_LATCH, i);

    return latch->until > now ? latch : NULL;
}


void
aicost_shm_latch_count(aicost_shm_t *m, int64_t now)
{
    int64_t                    ends;
    uint32_t                   i, killed;
    const aicost_shm_latch_t  *latch;

    killed = 0;
    ends = INT64_MAX;

    for (i = m->state->lists[AICOST_SHM_LATCHED].head; i; i = latch->slot.next)
    {
        latch = aicost_shm_slot(m, AICOST_SHM_LATCH, i);

        if (latch->until > now) {
            killed++;
            ends = latch->until < ends ? latch->until : ends;
        }
    }

    m->state->killed = killed;
    m->state->ends = ends;
}


/*
 * With all slots taken, one that is off goes, else the one that ends first;
 * one of an operator never does.
 */

static uint32_t
aicost_shm_latch_make(aicost_shm_t *m, const unsigned char *id, int64_t now)
{
    int64_t              until;
    uint32_t             i, victim;
    aicost_shm_latch_t  *latch;

    i = aicost_shm_take(m, AICOST_SHM_LATCH, id);

    if (i == 0) {
        victim = 0;
        until = INT64_MAX;

        for (i = m->state->lists[AICOST_SHM_LATCHED].head; i;
             i = latch->slot.next)
        {
            latch = aicost_shm_slot(m, AICOST_SHM_LATCH, i);

            if (latch->until < until) {
                until = latch->until;
                victim = i;
            }
        }

        if (victim == 0) {
            return 0;
        }

        if (until > now) {
            m->state->killed--;
        }

        latch = aicost_shm_slot(m, AICOST_SHM_LATCH, victim);
        aicost_shm_save(m, latch, sizeof(aicost_shm_latch_t));
        aicost_shm_drop(m, AICOST_SHM_LATCH, victim);
        i = aicost_shm_take(m, AICOST_SHM_LATCH, id);
    }

    latch = aicost_shm_slot(m, AICOST_SHM_LATCH, i);
    latch->until = 0;

    aicost_shm_append(m, AICOST_SHM_LATCH, AICOST_SHM_LATCHED, i);

    return i;
}


int
aicost_shm_latch(aicost_shm_t *m, const aicost_latch_t *q, int64_t now)
{
    uint32_t             i;
    aicost_shm_latch_t  *latch;

    if (q->until <= now) {
        return AICOST_DECLINED;
    }

    i = aicost_shm_find(m, AICOST_SHM_LATCH, q->latch);

    if (i) {
        latch = aicost_shm_slot(m, AICOST_SHM_LATCH, i);

        /* inside a window a latch only grows */

        if (latch->until > now && latch->until >= q->until) {
            return AICOST_DECLINED;
        }

    } else {
        i = aicost_shm_latch_make(m, q->latch, now);

        if (i == 0) {
            return AICOST_ERROR;
        }

        latch = aicost_shm_slot(m, AICOST_SHM_LATCH, i);
    }

    aicost_shm_save(m, latch, sizeof(aicost_shm_latch_t));

    if (latch->until <= now) {
        m->state->killed++;
    }

    memcpy(latch->label, q->label, sizeof(latch->label));
    memcpy(latch->why, q->why, sizeof(latch->why));

    latch->label[sizeof(latch->label) - 1] = '\0';
    latch->why[sizeof(latch->why) - 1] = '\0';
    latch->at = now;
    latch->until = q->until;
    latch->gen = ++m->state->gen;

    AICOST_SHM_FAULT();

    if (q->until < m->state->ends) {
        m->state->ends = q->until;
    }

    aicost_shm_dirty(m, AICOST_SHM_LATCH, i);

    return AICOST_OK;
}


static void
aicost_shm_latch_off(aicost_shm_t *m, uint32_t i, int64_t now)
{
    aicost_shm_latch_t  *latch;

    latch = aicost_shm_slot(m, AICOST_SHM_LATCH, i);

    aicost_shm_begin(m);
    aicost_shm_save(m, latch, sizeof(aicost_shm_latch_t));

    latch->until = 0;

    aicost_shm_latch_count(m, now);
    aicost_shm_dirty(m, AICOST_SHM_LATCH, i);
    aicost_shm_commit(m);
}


static int
aicost_shm_kill(aicost_store_t *s, const aicost_latch_t *latch)
{
    int           rc;
    int64_t       now;
    aicost_shm_t  m;

    if (latch->at < 0 || latch->at > AICOST_MS_MAX) {
        return AICOST_ERROR;
    }

    now = aicost_shm_enter(&m, s, latch->at);

    aicost_shm_begin(&m);
    rc = aicost_shm_latch(&m, latch, now);

    if (rc == AICOST_OK) {
        aicost_shm_commit(&m);

    } else {
        aicost_shm_rollback(&m);
    }

    aicost_shm_leave(&m);

    return rc;
}


static int
aicost_shm_resume(aicost_store_t *s, const unsigned char id[AICOST_ID],
    uint64_t gen)
{
    int                  rc;
    int64_t              now;
    uint32_t             i;
    aicost_shm_t         m;
    aicost_shm_latch_t  *latch;

    now = aicost_shm_enter(&m, s, -1);

    rc = AICOST_DECLINED;
    i = aicost_shm_find(&m, AICOST_SHM_LATCH, id);

    if (i) {
        latch = aicost_shm_slot(&m, AICOST_SHM_LATCH, i);

        if (latch->until > now && (gen == 0 || gen == latch->gen)) {
            aicost_shm_latch_off(&m, i, now);
            rc = AICOST_OK;
        }
    }

    aicost_shm_leave(&m);

    return rc;
}


static int
aicost_shm_latches(aicost_store_t *s, int64_t now, aicost_latch_t *out,
    uint32_t max, uint32_t *n)
{
    uint32_t                   i;
    aicost_shm_t               m;
    const aicost_shm_latch_t  *latch;

    now = aicost_shm_enter(&m, s, now);
    *n = 0;

    for (i = m.state->lists[AICOST_SHM_LATCHED].head; i && *n < max;
         i = latch->slot.next)
    {
        latch = aicost_shm_slot(&m, AICOST_SHM_LATCH, i);

        if (latch->until <= now) {
            continue;
        }

        memcpy(out->latch, latch->slot.id, AICOST_ID);
        memcpy(out->label, latch->label, sizeof(out->label));
        memcpy(out->why, latch->why, sizeof(out->why));

        out->at = latch->at;
        out->until = latch->until;
        out->gen = latch->gen;

        out++;
        (*n)++;
    }

    aicost_shm_leave(&m);

    return AICOST_OK;
}


/* --- mode and reports ------------------------------------------------- */

static int
aicost_shm_set_mode(aicost_store_t *s, aicost_mode_e mode, int64_t share_ppm,
    int64_t now)
{
    aicost_shm_t  m;

    if ((mode != AICOST_MODE_NORMAL && mode != AICOST_MODE_DOWNGRADE)
        || share_ppm < 0 || share_ppm > 1000000
        || now < 0 || now > AICOST_MS_MAX)
    {
        return AICOST_ERROR;
    }

    now = aicost_shm_enter(&m, s, now);
    aicost_shm_begin(&m);

    m.state->mode = (uint32_t) mode;
    m.state->share_ppm = share_ppm;
    m.state->changed = now;
    m.state->mode_dirty = 1;

    aicost_shm_commit(&m);
    aicost_shm_leave(&m);

    return AICOST_OK;
}


static int
aicost_shm_state(aicost_store_t *s, int64_t now, aicost_state_t *out)
{
    aicost_shm_t  m;

    now = aicost_shm_enter(&m, s, now);

    out->mode = (aicost_mode_e) m.state->mode;
    out->share_ppm = m.state->share_ppm;
    out->changed = m.state->changed;
    out->killed = m.state->killed;
    out->kill_all = aicost_shm_latched(&m, aicost_shm_all, now) != NULL;

    aicost_shm_leave(&m);

    return AICOST_OK;
}


static int
aicost_shm_balance(aicost_store_t *s, const unsigned char id[AICOST_ID],
    aicost_balance_t *out)
{
    uint32_t      i;
    aicost_shm_t  m;

    (void) aicost_shm_enter(&m, s, -1);

    i = aicost_shm_find(&m, AICOST_SHM_ACCOUNT, id);

    if (i) {
        aicost_shm_account_balance(aicost_shm_account(&m, i), out);
    }

    aicost_shm_leave(&m);

    return i ? AICOST_OK : AICOST_DECLINED;
}


static int
aicost_shm_walk(aicost_store_t *s, uint32_t *cursor, aicost_balance_t *out,
    uint32_t max, uint32_t *n)
{
    uint32_t               i, seen, all;
    aicost_shm_t           m;
    aicost_shm_account_t  *a;

    (void) aicost_shm_enter(&m, s, -1);

    all = m.state->counts[AICOST_SHM_ACCOUNT].fresh;
    i = *cursor;
    *n = 0;

    for (seen = 0; i < all && *n < max && seen < AICOST_SHM_WALK; seen++) {
        a = aicost_shm_account(&m, ++i);

        if (a->slot.list != AICOST_SHM_FREE) {
            aicost_shm_account_balance(a, &out[(*n)++]);
        }
    }

    *cursor = i < all ? i : 0;

    aicost_shm_leave(&m);

    return AICOST_OK;
}
