
/*
 * Copyright (C) aicost
 */


#include "aicost_store_shm_int.h"


static uint32_t *aicost_shm_bucket(const aicost_shm_t *m, unsigned table,
    const unsigned char *id);
static aicost_shm_slot_t *aicost_shm_link(const aicost_shm_t *m,
    unsigned table, uint32_t i);
static uint32_t aicost_shm_account_closed(const aicost_shm_t *m, int64_t now);
static unsigned aicost_shm_account_list(const aicost_claim_t *claim);
static void aicost_shm_rid_drop(aicost_shm_t *m, unsigned list);


int64_t
aicost_shm_enter(aicost_shm_t *m, aicost_store_t *s, int64_t now)
{
    m->region = s->ctx;
    m->region->lock(m->region->data);

    m->base = m->region->base;
    m->head = (aicost_shm_head_t *) m->region->base;
    m->state = &m->head->state;

    if (m->head->undo.used) {
        aicost_shm_rollback(m);
        m->head->rollbacks++;
    }

    if (now > m->head->now) {
        m->head->now = now;
    }

    if (m->head->now >= m->state->ends) {
        aicost_shm_begin(m);
        aicost_shm_latch_count(m, m->head->now);
        aicost_shm_commit(m);
    }

    return m->head->now;
}


void
aicost_shm_leave(aicost_shm_t *m)
{
    m->region->unlock(m->region->data);
}


void
aicost_shm_begin(aicost_shm_t *m)
{
    aicost_shm_save(m, m->state, sizeof(aicost_shm_state_t));
}


void
aicost_shm_commit(aicost_shm_t *m)
{
    AICOST_SHM_FAULT();

    __atomic_store_n(&m->head->undo.used, 0, __ATOMIC_RELEASE);
    __atomic_signal_fence(__ATOMIC_SEQ_CST);

    AICOST_SHM_FAULT();
}


/*
 * A process may die here as well: "used" stays until all is back, and the next
 * one begins from the end again.
 */

void
aicost_shm_rollback(aicost_shm_t *m)
{
    uint32_t            piece[2];
    uint64_t            used;
    aicost_shm_undo_t  *undo;

    undo = &m->head->undo;
    used = undo->used;

    while (used) {
        used -= sizeof(piece);
        memcpy(piece, undo->bytes + used, sizeof(piece));

        used -= ((uint64_t) piece[1] + 7) & ~(uint64_t) 7;
        memcpy(m->base + piece[0], undo->bytes + used, piece[1]);

        AICOST_SHM_FAULT();
    }

    aicost_shm_commit(m);
}


/* aicost_shm_save() of a few bytes: inline, their copy is no call */

static inline void
aicost_shm_keep(aicost_shm_t *m, const void *p, size_t len)
{
    size_t              padded;
    uint32_t            piece[2];
    uint64_t            used;
    aicost_shm_undo_t  *undo;

    AICOST_SHM_FAULT();

    undo = &m->head->undo;
    used = undo->used;
    padded = (len + 7) & ~(size_t) 7;

    piece[0] = (uint32_t) ((const unsigned char *) p - m->base);
    piece[1] = (uint32_t) len;

    memcpy(undo->bytes + used, p, len);
    memcpy(undo->bytes + used + padded, piece, sizeof(piece));

    used += padded + sizeof(piece);

    if (used > undo->most) {
        undo->most = used;
    }

    /*
     * The piece is there before it is counted, and counted before the bytes
     * change: a process that is killed has done its stores in this order.
     */

    __atomic_store_n(&undo->used, used, __ATOMIC_RELEASE);
    __atomic_signal_fence(__ATOMIC_SEQ_CST);

    AICOST_SHM_FAULT();
}


void
aicost_shm_save(aicost_shm_t *m, const void *p, size_t len)
{
    aicost_shm_keep(m, p, len);
}


static aicost_shm_slot_t *
aicost_shm_link(const aicost_shm_t *m, unsigned table, uint32_t i)
{
    return aicost_shm_slot(m, table, i);
}


static uint32_t *
aicost_shm_bucket(const aicost_shm_t *m, unsigned table,
    const unsigned char *id)
{
    uint64_t                   word;
    uint32_t                  *buckets;
    const aicost_shm_table_t  *t;

    t = &m->head->tables[table];
    memcpy(&word, id, sizeof(word));

    word = (word ^ m->head->epoch) * 0x9e3779b97f4a7c15ULL;
    buckets = (uint32_t *) (void *) (m->base + t->buckets);

    return &buckets[(uint32_t) (word >> 32) & t->mask];
}


uint32_t
aicost_shm_find(const aicost_shm_t *m, unsigned table,
    const unsigned char *id)
{
    uint32_t                  i;
    const aicost_shm_slot_t  *slot;

    i = *aicost_shm_bucket(m, table, id);

    while (i) {
        slot = aicost_shm_link(m, table, i);

        if (aicost_shm_same(slot->id, id)) {
            break;
        }

        i = slot->chain;
    }

    return i;
}


uint32_t
aicost_shm_take(aicost_shm_t *m, unsigned table, const unsigned char *id)
{
    uint32_t             i, *bucket;
    aicost_shm_slot_t   *slot;
    aicost_shm_count_t  *count;

    count = &m->state->counts[table];

    if (count->free) {
        i = count->free;
        slot = aicost_shm_link(m, table, i);
        aicost_shm_save(m, slot, sizeof(aicost_shm_slot_t));
        count->free = slot->next;

    } else if (count->fresh < m->head->tables[table].n) {
        i = ++count->fresh;
        slot = aicost_shm_link(m, table, i);
        aicost_shm_save(m, slot, sizeof(aicost_shm_slot_t));

    } else {
        return 0;
    }

    count->used++;

    bucket = aicost_shm_bucket(m, table, id);
    aicost_shm_keep(m, bucket, sizeof(uint32_t));

    memcpy(slot->id, id, AICOST_ID);
    slot->prev = 0;
    slot->next = 0;
    slot->list = AICOST_SHM_FREE;
    slot->chain = *bucket;
    *bucket = i;

    AICOST_SHM_FAULT();

    return i;
}


void
aicost_shm_drop(aicost_shm_t *m, unsigned table, uint32_t i)
{
    uint32_t             *p;
    aicost_shm_slot_t    *slot;
    aicost_shm_count_t   *count;

    slot = aicost_shm_link(m, table, i);
    aicost_shm_unlink(m, table, i);

    p = aicost_shm_bucket(m, table, slot->id);

    while (*p != i) {
        p = &aicost_shm_link(m, table, *p)->chain;
    }

    aicost_shm_keep(m, p, sizeof(uint32_t));
    *p = slot->chain;

    count = &m->state->counts[table];
    slot->next = count->free;
    count->free = i;
    count->used--;

    AICOST_SHM_FAULT();
}


void
aicost_shm_append(aicost_shm_t *m, unsigned table, unsigned list, uint32_t i)
{
    aicost_shm_insert(m, table, list, i, m->state->lists[list].tail);
}


void
aicost_shm_insert(aicost_shm_t *m, unsigned table, unsigned list, uint32_t i,
    uint32_t after)
{
    uint32_t           *before;
    aicost_shm_ends_t  *ends;
    aicost_shm_slot_t  *slot, *next;

    ends = &m->state->lists[list];
    slot = aicost_shm_link(m, table, i);

    aicost_shm_keep(m, &slot->prev, 3 * sizeof(uint32_t));

    if (after) {
        before = &aicost_shm_link(m, table, after)->next;
        aicost_shm_keep(m, before, sizeof(uint32_t));

    } else {
        before = &ends->head;
    }

    slot->prev = after;
    slot->next = *before;
    slot->list = list;
    *before = i;

    AICOST_SHM_FAULT();

    if (slot->next) {
        next = aicost_shm_link(m, table, slot->next);
        aicost_shm_keep(m, &next->prev, sizeof(uint32_t));
        next->prev = i;

    } else {
        ends->tail = i;
    }
}


void
aicost_shm_unlink(aicost_shm_t *m, unsigned table, uint32_t i)
{
    aicost_shm_ends_t  *ends;
    aicost_shm_slot_t  *slot, *other;

    slot = aicost_shm_link(m, table, i);

    if (slot->list == AICOST_SHM_FREE) {
        return;
    }

    ends = &m->state->lists[slot->list];
    aicost_shm_keep(m, &slot->prev, 3 * sizeof(uint32_t));

    if (slot->prev) {
        other = aicost_shm_link(m, table, slot->prev);
        aicost_shm_keep(m, &other->next, sizeof(uint32_t));
        other->next = slot->next;

    } else {
        ends->head = slot->next;
    }

    AICOST_SHM_FAULT();

    if (slot->next) {
        other = aicost_shm_link(m, table, slot->next);
        aicost_shm_keep(m, &other->prev, sizeof(uint32_t));
        other->prev = slot->prev;

    } else {
        ends->tail = slot->prev;
    }

    slot->prev = 0;
    slot->next = 0;
    slot->list = AICOST_SHM_FREE;
}


/* a slot stays in its dirty list when it is dropped and taken again */

void
aicost_shm_dirty(aicost_shm_t *m, unsigned table, uint32_t i)
{
    aicost_shm_ends_t  *ends;
    aicost_shm_slot_t  *slot, *last;

    slot = aicost_shm_link(m, table, i);

    if (slot->dirty) {
        return;
    }

    ends = &m->state->dirty[table];

    aicost_shm_keep(m, &slot->dirty, sizeof(uint32_t));
    slot->dirty = AICOST_SHM_END;

    if (ends->tail) {
        last = aicost_shm_link(m, table, ends->tail);
        aicost_shm_keep(m, &last->dirty, sizeof(uint32_t));
        last->dirty = i;

    } else {
        ends->head = i;
    }

    ends->tail = i;

    AICOST_SHM_FAULT();
}


unsigned
aicost_shm_account_ended(const aicost_shm_account_t *a, int64_t now)
{
    if (a->open) {
        return 0;
    }

    return a->session ? now >= a->t1 : now - a->grace >= a->t1;
}


void
aicost_shm_account_anew(aicost_shm_t *m, aicost_shm_account_t *a, int64_t now)
{
    aicost_shm_save(m, a, sizeof(aicost_shm_account_t));

    a->slot.serial = ++m->state->serial;
    a->warned = 0;
    a->settled = 0;
    a->reserved = 0;
    a->bound = 0;
    a->unverified = 0;
    a->over = 0;
    a->lost = 0;
    a->t0 = now;
    a->t1 = now;

    AICOST_SHM_FAULT();
}


static unsigned
aicost_shm_account_list(const aicost_claim_t *claim)
{
    unsigned  i;

    static const int64_t  longest[] = {       /* ms; DST makes days longer */
        120000, 7200000, 97200000, 648000000
    };

    if (claim->session) {
        return AICOST_SHM_SESSIONS;
    }

    for (i = 0; i < sizeof(longest) / sizeof(longest[0]); i++) {
        if (claim->t1 - claim->t0 <= longest[i]) {
            break;
        }
    }

    return AICOST_SHM_MINUTES + i;
}


/* of the closed accounts at the heads of the lists, the one that ended first */

static uint32_t
aicost_shm_account_closed(const aicost_shm_t *m, int64_t now)
{
    int64_t                      end;
    uint32_t                     i, best;
    unsigned                     list, tries;
    const aicost_shm_account_t  *a;

    best = 0;
    end = 0;

    for (list = AICOST_SHM_MINUTES; list <= AICOST_SHM_SESSIONS; list++) {

        i = m->state->lists[list].head;

        for (tries = 0; i && tries < AICOST_SHM_TRIES; tries++) {
            a = aicost_shm_account(m, i);

            if (aicost_shm_account_ended(a, now) && (!best || a->t1 < end)) {
                best = i;
                end = a->t1;
            }

            i = a->slot.next;
        }
    }

    return best;
}


/* whether n new accounts fit without a recycled or a spare one */

unsigned
aicost_shm_account_spare(const aicost_shm_t *m, uint32_t n)
{
    uint32_t  all;

    all = m->head->tables[AICOST_SHM_ACCOUNT].n;

    return m->state->counts[AICOST_SHM_ACCOUNT].used + n
           <= all - all / AICOST_SHM_SPARE - 1;
}


uint32_t
aicost_shm_account_make(aicost_shm_t *m, const aicost_claim_t *claim,
    const unsigned char *id, unsigned spare, int64_t now)
{
    uint32_t               i;
    aicost_shm_account_t  *a;

    i = 0;

    if (spare || aicost_shm_account_spare(m, 1)) {
        i = aicost_shm_take(m, AICOST_SHM_ACCOUNT, id);
    }

    if (i == 0) {
        i = aicost_shm_account_closed(m, now);

        if (i == 0) {
            return 0;
        }

        a = aicost_shm_account(m, i);
        aicost_shm_save(m, a, sizeof(aicost_shm_account_t));
        aicost_shm_drop(m, AICOST_SHM_ACCOUNT, i);
        i = aicost_shm_take(m, AICOST_SHM_ACCOUNT, id);
    }

    a = aicost_shm_account(m, i);
    memset((unsigned char *) a + sizeof(aicost_shm_slot_t), 0,
           sizeof(aicost_shm_account_t) - sizeof(aicost_shm_slot_t));

    a->slot.serial = ++m->state->serial;
    a->budget = claim->budget;
    a->unit = claim->unit;
    a->session = claim->session;
    a->t0 = claim->session ? now : claim->t0;
    a->t1 = claim->session ? now : claim->t1;

    aicost_shm_append(m, AICOST_SHM_ACCOUNT, aicost_shm_account_list(claim),
                      i);
    return i;
}


/* the newest word on the limit and the marks holds; the window stays */

void
aicost_shm_account_terms(aicost_shm_account_t *a, const aicost_claim_t *claim)
{
    memcpy(a->latch, claim->latch, AICOST_ID);

    a->budget = claim->budget;
    a->soft = claim->soft;
    a->clear = claim->clear;
    a->limit = claim->limit;
    a->kill = claim->kill;
    a->idle = claim->idle;
    a->max = claim->max;
    a->grace = claim->grace;
}


void
aicost_shm_account_touch(aicost_shm_t *m, aicost_shm_account_t *a, uint32_t i,
    int64_t now)
{
    if (!a->session) {
        return;
    }

    a->t1 = now + a->idle < a->t0 + a->max ? now + a->idle : a->t0 + a->max;

    if (m->state->lists[AICOST_SHM_SESSIONS].tail != i) {
        aicost_shm_unlink(m, AICOST_SHM_ACCOUNT, i);
        aicost_shm_append(m, AICOST_SHM_ACCOUNT, AICOST_SHM_SESSIONS, i);
    }
}


void
aicost_shm_account_balance(const aicost_shm_account_t *a,
    aicost_balance_t *out)
{
    memcpy(out->id, a->slot.id, AICOST_ID);

    out->budget = a->budget;
    out->unit = a->unit;
    out->limit = a->limit;
    out->settled = a->settled;
    out->reserved = a->reserved;
    out->bound = a->bound;
    out->unverified = a->unverified;
    out->over = a->over;
    out->lost = a->lost;
    out->open = a->open;
    out->t0 = a->t0;
    out->t1 = a->t1;
}


static void
aicost_shm_rid_drop(aicost_shm_t *m, unsigned list)
{
    uint32_t  i;

    i = m->state->lists[list].head;
    m->state->done -= (list == AICOST_SHM_DONE);

    aicost_shm_save(m, aicost_shm_rid(m, i), sizeof(aicost_shm_rid_t));
    aicost_shm_drop(m, AICOST_SHM_RID, i);
}


/* the slot that was dropped last is taken first: it is warm */

uint32_t
aicost_shm_rid_make(aicost_shm_t *m, const unsigned char *id)
{
    uint32_t           i;
    unsigned           n, list;
    aicost_shm_rid_t  *r;

    for (n = 0; n < 2 && m->state->done >= AICOST_SHM_DONES; n++) {
        aicost_shm_rid_drop(m, AICOST_SHM_DONE);
    }

    i = aicost_shm_take(m, AICOST_SHM_RID, id);

    for (list = AICOST_SHM_DONE; i == 0 && list <= AICOST_SHM_EXPIRED; list++)
    {
        if (m->state->lists[list].head) {
            aicost_shm_rid_drop(m, list);
            i = aicost_shm_take(m, AICOST_SHM_RID, id);
        }
    }

    if (i == 0) {
        return 0;
    }

    r = aicost_shm_rid(m, i);
    memset((unsigned char *) r + sizeof(aicost_shm_slot_t), 0,
           sizeof(aicost_shm_rid_t) - sizeof(aicost_shm_slot_t));

    return i;
}


/* in the order of ends: leases of one length are appended */

void
aicost_shm_rid_lease(aicost_shm_t *m, uint32_t i, int64_t expires)
{
    uint32_t           after;
    aicost_shm_rid_t  *r;

    aicost_shm_unlink(m, AICOST_SHM_RID, i);

    after = m->state->lists[AICOST_SHM_OPEN].tail;

    while (after && aicost_shm_rid(m, after)->expires > expires) {
        after = aicost_shm_rid(m, after)->slot.prev;
    }

    aicost_shm_insert(m, AICOST_SHM_RID, AICOST_SHM_OPEN, i, after);

    r = aicost_shm_rid(m, i);
    aicost_shm_keep(m, &r->expires, sizeof(r->expires));
    r->expires = expires;
}


void
aicost_shm_rid_done(aicost_shm_t *m, uint32_t i, unsigned state)
{
    aicost_shm_rid_t  *r;

    r = aicost_shm_rid(m, i);

    if (r->state == AICOST_SHM_RID_OPEN) {
        m->state->open--;
    }

    aicost_shm_keep(m, &r->state, sizeof(r->state));
    r->state = (uint8_t) state;

    AICOST_SHM_FAULT();

    aicost_shm_rid_list(m, i);
    aicost_shm_dirty(m, AICOST_SHM_RID, i);
}


/* the list a closed one belongs to */

void
aicost_shm_rid_list(aicost_shm_t *m, uint32_t i)
{
    unsigned           list;
    aicost_shm_rid_t  *r;

    r = aicost_shm_rid(m, i);
    list = (r->state == AICOST_SHM_RID_EXPIRED) ? AICOST_SHM_EXPIRED
           : r->logged ? AICOST_SHM_UNTOLD : AICOST_SHM_DONE;

    if (r->slot.list != list) {
        m->state->done += (list == AICOST_SHM_DONE);
        m->state->done -= (r->slot.list == AICOST_SHM_DONE);

        aicost_shm_unlink(m, AICOST_SHM_RID, i);
        aicost_shm_append(m, AICOST_SHM_RID, list, i);
    }
}


/* NULL when the account went, or began anew, since */

aicost_shm_account_t *
aicost_shm_ref(const aicost_shm_t *m, const aicost_shm_ref_t *ref)
{
    aicost_shm_account_t  *a;

    a = aicost_shm_account(m, ref->index);

    return a->slot.serial == ref->serial ? a : NULL;
}


int64_t
aicost_shm_rid_left(const aicost_shm_t *m, const aicost_shm_rid_t *r)
{
    int64_t                      room, left;
    uint32_t                     i;
    const aicost_shm_account_t  *a;

    left = -1;

    for (i = 0; i < r->nrefs; i++) {
        a = aicost_shm_ref(m, &r->refs[i]);

        if (a == NULL || a->soft || a->unit != AICOST_UNIT_MONEY) {
            continue;
        }

        room = a->limit - aicost_sum(a->settled, a->reserved);
        room = room > 0 ? room : 0;

        if (left < 0 || room < left) {
            left = room;
        }
    }

    return left;
}


uint32_t
aicost_shm_rate_make(aicost_shm_t *m, const unsigned char *id, int64_t now_us)
{
    uint32_t            i;
    unsigned            tries;
    aicost_shm_rate_t  *rate;

    i = aicost_shm_take(m, AICOST_SHM_RATE, id);

    if (i == 0) {
        i = m->state->lists[AICOST_SHM_RATES].head;

        for (tries = 0; i; tries++) {
            rate = aicost_shm_slot(m, AICOST_SHM_RATE, i);

            if (rate->tat <= now_us) {
                break;
            }

            i = tries < AICOST_SHM_TRIES ? rate->slot.next : 0;
        }

        if (i == 0) {
            return 0;
        }

        rate = aicost_shm_slot(m, AICOST_SHM_RATE, i);
        aicost_shm_save(m, rate, sizeof(aicost_shm_rate_t));
        aicost_shm_drop(m, AICOST_SHM_RATE, i);
        i = aicost_shm_take(m, AICOST_SHM_RATE, id);
    }

    aicost_shm_append(m, AICOST_SHM_RATE, AICOST_SHM_RATES, i);

    rate = aicost_shm_slot(m, AICOST_SHM_RATE, i);
    rate->tat = 0;

    return i;
}
