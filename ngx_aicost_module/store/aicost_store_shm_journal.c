
/*
 * Copyright (C) aicost
 *
 * A record: length (2), type, version, CRC32C of these and of the body (4),
 * body.  All numbers little-endian.  A mark closes a set of records that
 * belong together: what follows the last mark is not applied.
 */


#include "aicost_store_shm_int.h"


#define AICOST_LOG_VERSION     1
#define AICOST_LOG_HEAD        8
#define AICOST_LOG_ACCOUNT     150     /* bodies */
#define AICOST_LOG_RID         72      /* and AICOST_LOG_REF for each account */
#define AICOST_LOG_REF         20
#define AICOST_LOG_LATCH       168
#define AICOST_LOG_MODE        20
#define AICOST_LOG_MARK        20
#define AICOST_LOG_ROOM        (AICOST_LOG_HEAD + AICOST_LOG_MARK)


typedef enum {
    AICOST_LOG_TYPE_ACCOUNT = 1,
    AICOST_LOG_TYPE_RID,
    AICOST_LOG_TYPE_LATCH,
    AICOST_LOG_TYPE_MODE,
    AICOST_LOG_TYPE_MARK
} aicost_log_type_e;


/* a body being written or read */

typedef struct {
    unsigned char        *start;
    unsigned char        *p;
} aicost_log_t;


static void aicost_log_seal(unsigned char *p, size_t len);
static void aicost_log_put(aicost_log_t *log, uint64_t n, unsigned bytes);
static void aicost_log_copy(aicost_log_t *log, const void *p, size_t len);
static uint64_t aicost_log_get(const unsigned char **p, unsigned bytes);
static void aicost_log_open(aicost_log_t *log, unsigned type);
static void aicost_log_close(aicost_log_t *log);
static void aicost_log_account(aicost_log_t *log,
    const aicost_shm_account_t *a);
static void aicost_log_rid(const aicost_shm_t *m, aicost_log_t *log,
    const aicost_shm_rid_t *r);
static void aicost_log_latch(aicost_log_t *log,
    const aicost_shm_latch_t *latch);
static void aicost_log_mode(const aicost_shm_t *m, aicost_log_t *log);
static void aicost_log_mark(const aicost_shm_t *m, aicost_log_t *log);
static void aicost_log_slot(aicost_shm_t *m, aicost_log_t *log,
    unsigned table, uint32_t i);
static uint32_t aicost_log_pop(aicost_shm_t *m, unsigned table);
static uint32_t aicost_log_at(const aicost_shm_t *m, uint32_t *cursor,
    unsigned *table);
static size_t aicost_log_length(const unsigned char *p, size_t len);
static void aicost_log_apply(aicost_shm_t *m, const unsigned char *p);
static void aicost_log_apply_account(aicost_shm_t *m, const unsigned char *p);
static void aicost_log_apply_rid(aicost_shm_t *m, const unsigned char *p);
static void aicost_log_apply_refs(aicost_shm_t *m, aicost_shm_rid_t *r,
    const unsigned char *p, unsigned n);
static void aicost_log_charge(aicost_shm_t *m, const aicost_shm_rid_t *r);
static void aicost_log_apply_latch(aicost_shm_t *m, const unsigned char *p);
static void aicost_log_sums(aicost_shm_t *m);


static const unsigned  aicost_log_tables[] = {
    AICOST_SHM_ACCOUNT, AICOST_SHM_RID, AICOST_SHM_LATCH
};


/* done when the lock is given back: it is most of the work */

static void
aicost_log_seal(unsigned char *p, size_t len)
{
    size_t        n;
    uint32_t      crc;
    aicost_log_t  log;

    while (len) {
        n = (size_t) p[0] | ((size_t) p[1] << 8);

        crc = aicost_shm_crc32c(0xffffffffU, p, 4);
        crc = ~aicost_shm_crc32c(crc, p + AICOST_LOG_HEAD, n - AICOST_LOG_HEAD);

        log.p = p + 4;
        aicost_log_put(&log, crc, 4);

        p += n;
        len -= n;
    }
}


static void
aicost_log_put(aicost_log_t *log, uint64_t n, unsigned bytes)
{
    while (bytes--) {
        *log->p++ = (unsigned char) (n & 0xff);
        n >>= 8;
    }
}


static void
aicost_log_copy(aicost_log_t *log, const void *p, size_t len)
{
    memcpy(log->p, p, len);
    log->p += len;
}


static uint64_t
aicost_log_get(const unsigned char **p, unsigned bytes)
{
    uint64_t  n;
    unsigned  i;

    n = 0;

    for (i = 0; i < bytes; i++) {
        n |= (uint64_t) (*p)[i] << (8 * i);
    }

    *p += bytes;

    return n;
}


static void
aicost_log_open(aicost_log_t *log, unsigned type)
{
    log->start = log->p;

    aicost_log_put(log, 0, 2);
    aicost_log_put(log, type, 1);
    aicost_log_put(log, AICOST_LOG_VERSION, 1);
    aicost_log_put(log, 0, 4);
}


static void
aicost_log_close(aicost_log_t *log)
{
    size_t  len;

    len = (size_t) (log->p - log->start);

    log->start[0] = (unsigned char) (len & 0xff);
    log->start[1] = (unsigned char) (len >> 8);
}


/* what is reserved is not written: it is the sum over the open ones */

static void
aicost_log_account(aicost_log_t *log, const aicost_shm_account_t *a)
{
    aicost_log_open(log, AICOST_LOG_TYPE_ACCOUNT);

    aicost_log_copy(log, a->slot.id, AICOST_ID);
    aicost_log_copy(log, a->latch, AICOST_ID);
    aicost_log_put(log, a->budget, 4);
    aicost_log_put(log, a->slot.serial, 4);
    aicost_log_put(log, a->slot.list, 1);
    aicost_log_put(log, a->unit, 1);
    aicost_log_put(log, a->soft, 1);
    aicost_log_put(log, a->session, 1);
    aicost_log_put(log, a->clear, 1);
    aicost_log_put(log, a->warned, 1);
    aicost_log_put(log, (uint64_t) a->limit, 8);
    aicost_log_put(log, (uint64_t) a->settled, 8);
    aicost_log_put(log, (uint64_t) a->unverified, 8);
    aicost_log_put(log, (uint64_t) a->over, 8);
    aicost_log_put(log, (uint64_t) a->lost, 8);
    aicost_log_put(log, (uint64_t) a->kill, 8);
    aicost_log_put(log, (uint64_t) a->t0, 8);
    aicost_log_put(log, (uint64_t) a->t1, 8);
    aicost_log_put(log, (uint64_t) a->idle, 8);
    aicost_log_put(log, (uint64_t) a->max, 8);
    aicost_log_put(log, (uint64_t) a->grace, 8);
    aicost_log_put(log, 0, 16);

    aicost_log_close(log);
}


static void
aicost_log_rid(const aicost_shm_t *m, aicost_log_t *log,
    const aicost_shm_rid_t *r)
{
    unsigned                     i;
    const aicost_shm_account_t  *a;

    aicost_log_open(log, AICOST_LOG_TYPE_RID);

    aicost_log_copy(log, r->slot.id, AICOST_ID);
    aicost_log_put(log, r->state, 1);
    aicost_log_put(log, r->step, 1);
    aicost_log_put(log, (unsigned) r->bounds | (unsigned) r->marked << 2
                        | (unsigned) r->dry << 3, 1);
    aicost_log_put(log, 0, 1);
    aicost_log_put(log, r->warned, 4);
    aicost_log_put(log, r->hash, 8);
    aicost_log_put(log, (uint64_t) r->expires, 8);

    /* two units: a third is another version of the record */

    aicost_log_put(log, (uint64_t) r->amount[0], 8);
    aicost_log_put(log, (uint64_t) r->amount[1], 8);
    aicost_log_put(log, (uint64_t) r->gap[0], 8);
    aicost_log_put(log, (uint64_t) r->gap[1], 8);

    for (i = 0; i < r->nrefs; i++) {
        a = aicost_shm_ref(m, &r->refs[i]);

        if (a) {
            aicost_log_copy(log, a->slot.id, AICOST_ID);
            aicost_log_put(log, a->slot.serial, 4);
        }
    }

    aicost_log_close(log);
}


static void
aicost_log_latch(aicost_log_t *log, const aicost_shm_latch_t *latch)
{
    aicost_log_open(log, AICOST_LOG_TYPE_LATCH);

    aicost_log_copy(log, latch->slot.id, AICOST_ID);
    aicost_log_copy(log, latch->label, sizeof(latch->label));
    aicost_log_copy(log, latch->why, sizeof(latch->why));
    aicost_log_put(log, (uint64_t) latch->at, 8);
    aicost_log_put(log, (uint64_t) latch->until, 8);
    aicost_log_put(log, latch->gen, 8);

    aicost_log_close(log);
}


static void
aicost_log_mode(const aicost_shm_t *m, aicost_log_t *log)
{
    aicost_log_open(log, AICOST_LOG_TYPE_MODE);

    aicost_log_put(log, m->state->mode, 4);
    aicost_log_put(log, (uint64_t) m->state->share_ppm, 8);
    aicost_log_put(log, (uint64_t) m->state->changed, 8);

    aicost_log_close(log);
}


static void
aicost_log_mark(const aicost_shm_t *m, aicost_log_t *log)
{
    aicost_log_open(log, AICOST_LOG_TYPE_MARK);

    aicost_log_put(log, (uint64_t) m->head->now, 8);
    aicost_log_put(log, m->state->gen, 8);
    aicost_log_put(log, m->state->serial, 4);

    aicost_log_close(log);
}


static void
aicost_log_slot(aicost_shm_t *m, aicost_log_t *log, unsigned table, uint32_t i)
{
    aicost_shm_rid_t  *r;

    switch (table) {

    case AICOST_SHM_ACCOUNT:
        aicost_log_account(log, aicost_shm_account(m, i));
        return;

    case AICOST_SHM_LATCH:
        aicost_log_latch(log, aicost_shm_slot(m, AICOST_SHM_LATCH, i));
        return;
    }

    r = aicost_shm_rid(m, i);

    if (r->state == AICOST_SHM_RID_OPEN) {
        aicost_shm_save(m, &r->logged, sizeof(r->logged));
        r->logged = 1;

    } else if (!r->logged) {

        /* nobody knows it was open, and its sums are in its accounts */

        return;
    }

    aicost_log_rid(m, log, r);

    if (r->slot.list == AICOST_SHM_UNTOLD) {
        aicost_shm_save(m, &r->logged, sizeof(r->logged));
        r->logged = 0;
        aicost_shm_rid_list(m, i);
    }
}


static uint32_t
aicost_log_pop(aicost_shm_t *m, unsigned table)
{
    uint32_t            i, next;
    aicost_shm_ends_t  *ends;
    aicost_shm_slot_t  *slot;

    ends = &m->state->dirty[table];
    i = ends->head;

    slot = aicost_shm_slot(m, table, i);
    next = slot->dirty == AICOST_SHM_END ? 0 : slot->dirty;

    aicost_shm_save(m, &slot->dirty, sizeof(uint32_t));
    slot->dirty = 0;
    ends->head = next;

    if (next == 0) {
        ends->tail = 0;
    }

    AICOST_SHM_FAULT();

    return slot->list == AICOST_SHM_FREE ? 0 : i;
}


size_t
aicost_store_shm_drain(aicost_store_t *s, unsigned char *buf, size_t size,
    unsigned *more)
{
    uint32_t        i;
    unsigned        k, table;
    aicost_log_t    log;
    aicost_shm_t    m;
    unsigned char  *end, *before;

    *more = 0;
    log.p = buf;
    end = buf + size;

    (void) aicost_shm_enter(&m, s, -1);

    for (k = 0; k < 3 && !*more; k++) {
        table = aicost_log_tables[k];

        while (m.state->dirty[table].head) {

            if ((size_t) (end - log.p) < AICOST_SHM_RECORD) {
                *more = 1;
                break;
            }

            aicost_shm_begin(&m);

            before = log.p;
            i = aicost_log_pop(&m, table);

            if (i) {
                aicost_log_slot(&m, &log, table, i);
            }

            m.state->uncommitted |= log.p != before;
            aicost_shm_commit(&m);
        }
    }

    if ((size_t) (end - log.p) < AICOST_SHM_RECORD) {
        *more |= m.state->mode_dirty || m.state->uncommitted;

    } else if (!*more && (m.state->mode_dirty || m.state->uncommitted)) {

        aicost_log_mode(&m, &log);
        aicost_log_mark(&m, &log);

        aicost_shm_begin(&m);
        m.state->mode_dirty = 0;
        m.state->uncommitted = 0;
        aicost_shm_commit(&m);
    }

    aicost_shm_leave(&m);

    aicost_log_seal(buf, (size_t) (log.p - buf));

    return (size_t) (log.p - buf);
}


/*
 * The slot a cursor stands at: it counts through accounts, reservations and
 * latches, and steps over slots never used.  0: behind the last.
 */

static uint32_t
aicost_log_at(const aicost_shm_t *m, uint32_t *cursor, unsigned *table)
{
    uint32_t  base, n;
    unsigned  k;

    base = 0;

    for (k = 0; k < 3; k++) {
        *table = aicost_log_tables[k];
        n = m->head->tables[*table].n;

        if (*cursor < base + n) {

            if (*cursor < base + m->state->counts[*table].fresh) {
                return *cursor - base + 1;
            }

            *cursor = base + n;
        }

        base += n;
    }

    return 0;
}


size_t
aicost_store_shm_dump(aicost_store_t *s, uint32_t *cursor, unsigned char *buf,
    size_t size)
{
    uint32_t            i, seen;
    unsigned            table;
    aicost_log_t        log;
    aicost_shm_t        m;
    aicost_shm_slot_t  *slot;

    log.p = buf;

    if (size < 2 * AICOST_SHM_RECORD) {
        *cursor = 0;
        return 0;
    }

    (void) aicost_shm_enter(&m, s, -1);

    i = aicost_log_at(&m, cursor, &table);

    for (seen = 0; i && seen < AICOST_SHM_WALK; seen++) {

        if (size - (size_t) (log.p - buf) < 2 * AICOST_SHM_RECORD) {
            break;
        }

        slot = aicost_shm_slot(&m, table, i);

        if (slot->list != AICOST_SHM_FREE
            && (slot->list < AICOST_SHM_DONE
                || slot->list > AICOST_SHM_EXPIRED))
        {
            aicost_shm_begin(&m);
            aicost_log_slot(&m, &log, table, i);
            aicost_shm_commit(&m);
        }

        (*cursor)++;
        i = aicost_log_at(&m, cursor, &table);
    }

    if (i == 0) {
        *cursor = 0;
        aicost_log_mode(&m, &log);
    }

    aicost_log_mark(&m, &log);
    aicost_shm_leave(&m);

    aicost_log_seal(buf, (size_t) (log.p - buf));

    return (size_t) (log.p - buf);
}


/* replay.  The length of the record at p; 0: torn, or not one of these */

static size_t
aicost_log_length(const unsigned char *p, size_t len)
{
    size_t                n, body;
    uint32_t              crc;
    unsigned              good;
    const unsigned char  *sum;

    if (len < AICOST_LOG_HEAD) {
        return 0;
    }

    n = (size_t) p[0] | ((size_t) p[1] << 8);

    if (n < AICOST_LOG_HEAD || n > len || p[3] != AICOST_LOG_VERSION) {
        return 0;
    }

    body = n - AICOST_LOG_HEAD;

    switch (p[2]) {

    case AICOST_LOG_TYPE_ACCOUNT:
        good = body == AICOST_LOG_ACCOUNT;
        break;

    case AICOST_LOG_TYPE_RID:
        good = body >= AICOST_LOG_RID
               && (body - AICOST_LOG_RID) % AICOST_LOG_REF == 0
               && (body - AICOST_LOG_RID) / AICOST_LOG_REF
                  <= AICOST_MAX_CLAIMS;
        break;

    case AICOST_LOG_TYPE_LATCH:
        good = body == AICOST_LOG_LATCH;
        break;

    case AICOST_LOG_TYPE_MODE:
        good = body == AICOST_LOG_MODE;
        break;

    case AICOST_LOG_TYPE_MARK:
        good = body == AICOST_LOG_MARK;
        break;

    default:
        good = 0;
    }

    if (!good) {
        return 0;
    }

    sum = p + 4;
    crc = aicost_shm_crc32c(0xffffffffU, p, 4);
    crc = ~aicost_shm_crc32c(crc, p + AICOST_LOG_HEAD, body);

    return crc == aicost_log_get(&sum, 4) ? n : 0;
}


/*
 * The block is not shared yet: what is half loaded when a process dies is
 * loaded again from the start.
 */

uint32_t
aicost_store_shm_load(aicost_store_t *s, const unsigned char *data, size_t len,
    size_t *used)
{
    size_t        at, n;
    uint32_t      applied;
    aicost_shm_t  m;

    *used = 0;

    for (at = 0; (n = aicost_log_length(data + at, len - at)) != 0; at += n) {
        if (data[at + 2] == AICOST_LOG_TYPE_MARK) {
            *used = at + n;
        }
    }

    (void) aicost_shm_enter(&m, s, -1);

    applied = 0;

    for (at = 0; at < *used; at += n) {
        n = (size_t) data[at] | ((size_t) data[at + 1] << 8);

        aicost_shm_begin(&m);
        aicost_log_apply(&m, data + at);
        aicost_shm_commit(&m);

        applied++;
    }

    aicost_log_sums(&m);
    aicost_shm_leave(&m);

    return applied;
}


static void
aicost_log_apply(aicost_shm_t *m, const unsigned char *p)
{
    int64_t               now;
    uint64_t              gen, serial;
    const unsigned char  *body;

    body = p + AICOST_LOG_HEAD;

    switch (p[2]) {

    case AICOST_LOG_TYPE_ACCOUNT:
        aicost_log_apply_account(m, body);
        return;

    case AICOST_LOG_TYPE_RID:
        aicost_log_apply_rid(m, p);
        return;

    case AICOST_LOG_TYPE_LATCH:
        aicost_log_apply_latch(m, body);
        return;

    case AICOST_LOG_TYPE_MODE:
        m->state->mode = (uint32_t) aicost_log_get(&body, 4);
        m->state->share_ppm = (int64_t) aicost_log_get(&body, 8);
        m->state->changed = (int64_t) aicost_log_get(&body, 8);
        return;
    }

    now = (int64_t) aicost_log_get(&body, 8);
    gen = aicost_log_get(&body, 8);
    serial = aicost_log_get(&body, 4);

    if (now > m->head->now && now <= AICOST_MS_MAX) {
        m->head->now = now;
    }

    m->state->gen = gen > m->state->gen ? gen : m->state->gen;
    m->state->serial = (uint32_t) (serial > m->state->serial
                                   ? serial : m->state->serial);
}


static void
aicost_log_apply_account(aicost_shm_t *m, const unsigned char *p)
{
    uint32_t               i, serial;
    unsigned               list;
    aicost_claim_t         claim;
    const unsigned char   *id;
    aicost_shm_account_t  *a;

    memset(&claim, 0, sizeof(aicost_claim_t));

    id = p;
    memcpy(claim.latch, p + AICOST_ID, AICOST_ID);
    p += 2 * AICOST_ID;

    claim.budget = (uint32_t) aicost_log_get(&p, 4);
    serial = (uint32_t) aicost_log_get(&p, 4);
    list = (unsigned) aicost_log_get(&p, 1);
    claim.unit = (uint8_t) aicost_log_get(&p, 1);
    claim.soft = (uint8_t) aicost_log_get(&p, 1);
    claim.session = (uint8_t) aicost_log_get(&p, 1);

    if (claim.unit >= AICOST_UNITS || list < AICOST_SHM_MINUTES
        || list > AICOST_SHM_SESSIONS)
    {
        return;
    }

    i = aicost_shm_find(m, AICOST_SHM_ACCOUNT, id);

    if (i == 0) {
        i = aicost_shm_account_make(m, &claim, id, 1, m->head->now);

        if (i == 0) {
            return;
        }
    }

    a = aicost_shm_account(m, i);
    aicost_shm_save(m, a, sizeof(aicost_shm_account_t));

    claim.clear = (uint8_t) aicost_log_get(&p, 1);
    a->warned = (uint8_t) aicost_log_get(&p, 1);
    claim.limit = (int64_t) aicost_log_get(&p, 8);
    a->settled = (int64_t) aicost_log_get(&p, 8);
    a->unverified = (int64_t) aicost_log_get(&p, 8);
    a->over = (int64_t) aicost_log_get(&p, 8);
    a->lost = (int64_t) aicost_log_get(&p, 8);
    claim.kill = (int64_t) aicost_log_get(&p, 8);
    a->t0 = (int64_t) aicost_log_get(&p, 8);
    a->t1 = (int64_t) aicost_log_get(&p, 8);
    claim.idle = (int64_t) aicost_log_get(&p, 8);
    claim.max = (int64_t) aicost_log_get(&p, 8);
    claim.grace = (int64_t) aicost_log_get(&p, 8);

    a->slot.serial = serial;
    a->unit = claim.unit;
    a->session = claim.session;
    aicost_shm_account_terms(a, &claim);

    aicost_shm_unlink(m, AICOST_SHM_ACCOUNT, i);
    aicost_shm_append(m, AICOST_SHM_ACCOUNT, list, i);
}


static void
aicost_log_apply_rid(aicost_shm_t *m, const unsigned char *p)
{
    int64_t               expires;
    uint32_t              i, flags;
    unsigned              n, state;
    aicost_shm_rid_t      spare, *r;
    const unsigned char  *id;

    n = (unsigned) (((size_t) p[0] | ((size_t) p[1] << 8)) - AICOST_LOG_HEAD
                    - AICOST_LOG_RID) / AICOST_LOG_REF;
    p += AICOST_LOG_HEAD;
    id = p;
    p += AICOST_ID;

    i = aicost_shm_find(m, AICOST_SHM_RID, id);
    i = i ? i : aicost_shm_rid_make(m, id);
    r = i ? aicost_shm_rid(m, i) : &spare;

    if (i) {
        aicost_shm_save(m, r, sizeof(aicost_shm_rid_t));
        m->state->done -= (r->slot.list == AICOST_SHM_DONE);
        aicost_shm_unlink(m, AICOST_SHM_RID, i);
    }

    state = (unsigned) aicost_log_get(&p, 1);
    r->step = (uint8_t) aicost_log_get(&p, 1);
    flags = (uint32_t) aicost_log_get(&p, 2);
    r->bounds = flags & 3;
    r->marked = (flags >> 2) & 1;
    r->dry = (flags >> 3) & 1;
    r->warned = (uint32_t) aicost_log_get(&p, 4);
    r->hash = aicost_log_get(&p, 8);
    expires = (int64_t) aicost_log_get(&p, 8);
    r->amount[0] = (int64_t) aicost_log_get(&p, 8);
    r->amount[1] = (int64_t) aicost_log_get(&p, 8);
    r->gap[0] = (int64_t) aicost_log_get(&p, 8);
    r->gap[1] = (int64_t) aicost_log_get(&p, 8);

    aicost_log_apply_refs(m, r, p, n);

    if (i == 0) {
        if (state == AICOST_SHM_RID_OPEN) {
            aicost_log_charge(m, r);
        }

        return;
    }

    r->logged = state == AICOST_SHM_RID_OPEN
                || state == AICOST_SHM_RID_EXPIRED;
    r->state = (uint8_t) state;

    if (state == AICOST_SHM_RID_OPEN) {
        aicost_shm_rid_lease(m, i, expires);

    } else {
        aicost_shm_rid_list(m, i);
        r->expires = expires;
    }
}


/* a smaller block: a reservation it cannot hold is charged now */

static void
aicost_log_charge(aicost_shm_t *m, const aicost_shm_rid_t *r)
{
    uint32_t               i;
    aicost_shm_account_t  *a;

    for (i = 0; i < r->nrefs; i++) {
        a = aicost_shm_account(m, r->refs[i].index);
        aicost_shm_save(m, a, sizeof(aicost_shm_account_t));

        a->settled = aicost_sum(a->settled, r->amount[a->unit]);
        a->unverified = aicost_sum(a->unverified, r->amount[a->unit]);
    }
}


static void
aicost_log_apply_refs(aicost_shm_t *m, aicost_shm_rid_t *r,
    const unsigned char *p, unsigned n)
{
    uint32_t              k, serial;
    const unsigned char  *id;

    for (r->nrefs = 0; n; n--) {
        id = p;
        p += AICOST_ID;
        serial = (uint32_t) aicost_log_get(&p, 4);
        k = aicost_shm_find(m, AICOST_SHM_ACCOUNT, id);

        if (k && aicost_shm_account(m, k)->slot.serial == serial) {
            r->refs[r->nrefs].index = k;
            r->refs[r->nrefs++].serial = serial;
        }
    }
}


static void
aicost_log_apply_latch(aicost_shm_t *m, const unsigned char *p)
{
    uint32_t             i;
    uint64_t             gen;
    aicost_latch_t       q;
    aicost_shm_latch_t  *latch;

    memset(&q, 0, sizeof(aicost_latch_t));

    memcpy(q.latch, p, AICOST_ID);
    p += AICOST_ID;
    memcpy(q.label, p, sizeof(q.label));
    p += sizeof(q.label);
    memcpy(q.why, p, sizeof(q.why));
    p += sizeof(q.why);

    q.at = (int64_t) aicost_log_get(&p, 8);
    q.until = (int64_t) aicost_log_get(&p, 8);
    q.gen = aicost_log_get(&p, 8);

    /* off first, so that what the record says holds in any case */

    i = aicost_shm_find(m, AICOST_SHM_LATCH, q.latch);

    if (i) {
        latch = aicost_shm_slot(m, AICOST_SHM_LATCH, i);
        aicost_shm_save(m, latch, sizeof(aicost_shm_latch_t));
        latch->until = 0;
        aicost_shm_latch_count(m, 0);
    }

    gen = m->state->gen;

    if (aicost_shm_latch(m, &q, 0) != AICOST_OK) {
        return;
    }

    i = aicost_shm_find(m, AICOST_SHM_LATCH, q.latch);
    latch = aicost_shm_slot(m, AICOST_SHM_LATCH, i);
    latch->at = q.at;
    latch->gen = q.gen;
    m->state->gen = gen > q.gen ? gen : q.gen;
}


/* R of each account anew, from the reservations that are open */

static void
aicost_log_sums(aicost_shm_t *m)
{
    uint32_t               i, k;
    aicost_shm_rid_t      *r;
    aicost_shm_account_t  *a;

    for (i = 1; i <= m->state->counts[AICOST_SHM_ACCOUNT].fresh; i++) {
        a = aicost_shm_account(m, i);
        a->reserved = 0;
        a->bound = 0;
        a->open = 0;
    }

    m->state->open = 0;

    for (i = m->state->lists[AICOST_SHM_OPEN].head; i; i = r->slot.next) {
        r = aicost_shm_rid(m, i);
        m->state->open++;

        for (k = 0; k < r->nrefs; k++) {
            a = aicost_shm_ref(m, &r->refs[k]);

            if (a) {
                a->reserved = aicost_sum(a->reserved, r->amount[a->unit]);
                a->bound = aicost_sum(a->bound, r->gap[a->unit]);
                a->open++;
            }
        }
    }

    aicost_shm_latch_count(m, m->head->now);
}
