
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


static uint32_t aicost_crc32c(uint32_t crc, const unsigned char *p,
    size_t len);
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


static const uint32_t  aicost_crc32c_table[256] = {
    0x00000000, 0xf26b8303, 0xe13b70f7, 0x1350f3f4, 0xc79a971f,
    0x35f1141c, 0x26a1e7e8, 0xd4ca64eb, 0x8ad958cf, 0x78b2dbcc,
    0x6be22838, 0x9989ab3b, 0x4d43cfd0, 0xbf284cd3, 0xac78bf27,
    0x5e133c24, 0x105ec76f, 0xe235446c, 0xf165b798, 0x030e349b,
    0xd7c45070, 0x25afd373, 0x36ff2087, 0xc494a384, 0x9a879fa0,
    0x68ec1ca3, 0x7bbcef57, 0x89d76c54, 0x5d1d08bf, 0xaf768bbc,
    0xbc267848, 0x4e4dfb4b, 0x20bd8ede, 0xd2d60ddd, 0xc186fe29,
    0x33ed7d2a, 0xe72719c1, 0x154c9ac2, 0x061c6936, 0xf477ea35,
    0xaa64d611, 0x580f5512, 0x4b5fa6e6, 0xb93425e5, 0x6dfe410e,
    0x9f95c20d, 0x8cc531f9, 0x7eaeb2fa, 0x30e349b1, 0xc288cab2,
    0xd1d83946, 0x23b3ba45, 0xf779deae, 0x05125dad, 0x1642ae59,
    0xe4292d5a, 0xba3a117e, 0x4851927d, 0x5b016189, 0xa96ae28a,
    0x7da08661, 0x8fcb0562, 0x9c9bf696, 0x6ef07595, 0x417b1dbc,
    0xb3109ebf, 0xa0406d4b, 0x522bee48, 0x86e18aa3, 0x748a09a0,
    0x67dafa54, 0x95b17957, 0xcba24573, 0x39c9c670, 0x2a993584,
    0xd8f2b687, 0x0c38d26c, 0xfe53516f, 0xed03a29b, 0x1f682198,
    0x5125dad3, 0xa34e59d0, 0xb01eaa24, 0x42752927, 0x96bf4dcc,
    0x64d4cecf, 0x77843d3b, 0x85efbe38, 0xdbfc821c, 0x2997011f,
    0x3ac7f2eb, 0xc8ac71e8, 0x1c661503, 0xee0d9600, 0xfd5d65f4,
    0x0f36e6f7, 0x61c69362, 0x93ad1061, 0x80fde395, 0x72966096,
    0xa65c047d, 0x5437877e, 0x4767748a, 0xb50cf789, 0xeb1fcbad,
    0x197448ae, 0x0a24bb5a, 0xf84f3859, 0x2c855cb2, 0xdeeedfb1,
    0xcdbe2c45, 0x3fd5af46, 0x7198540d, 0x83f3d70e, 0x90a324fa,
    0x62c8a7f9, 0xb602c312, 0x44694011, 0x5739b3e5, 0xa55230e6,
    0xfb410cc2, 0x092a8fc1, 0x1a7a7c35, 0xe811ff36, 0x3cdb9bdd,
    0xceb018de, 0xdde0eb2a, 0x2f8b6829, 0x82f63b78, 0x709db87b,
    0x63cd4b8f, 0x91a6c88c, 0x456cac67, 0xb7072f64, 0xa457dc90,
    0x563c5f93, 0x082f63b7, 0xfa44e0b4, 0xe9141340, 0x1b7f9043,
    0xcfb5f4a8, 0x3dde77ab, 0x2e8e845f, 0xdce5075c, 0x92a8fc17,
    0x60c37f14, 0x73938ce0, 0x81f80fe3, 0x55326b08, 0xa759e80b,
    0xb4091bff, 0x466298fc, 0x1871a4d8, 0xea1a27db, 0xf94ad42f,
    0x0b21572c, 0xdfeb33c7, 0x2d80b0c4, 0x3ed04330, 0xccbbc033,
    0xa24bb5a6, 0x502036a5, 0x4370c551, 0xb11b4652, 0x65d122b9,
    0x97baa1ba, 0x84ea524e, 0x7681d14d, 0x2892ed69, 0xdaf96e6a,
    0xc9a99d9e, 0x3bc21e9d, 0xef087a76, 0x1d63f975, 0x0e330a81,
    0xfc588982, 0xb21572c9, 0x407ef1ca, 0x532e023e, 0xa145813d,
    0x758fe5d6, 0x87e466d5, 0x94b49521, 0x66df1622, 0x38cc2a06,
    0xcaa7a905, 0xd9f75af1, 0x2b9cd9f2, 0xff56bd19, 0x0d3d3e1a,
    0x1e6dcdee, 0xec064eed, 0xc38d26c4, 0x31e6a5c7, 0x22b65633,
    0xd0ddd530, 0x0417b1db, 0xf67c32d8, 0xe52cc12c, 0x1747422f,
    0x49547e0b, 0xbb3ffd08, 0xa86f0efc, 0x5a048dff, 0x8ecee914,
    0x7ca56a17, 0x6ff599e3, 0x9d9e1ae0, 0xd3d3e1ab, 0x21b862a8,
    0x32e8915c, 0xc083125f, 0x144976b4, 0xe622f5b7, 0xf5720643,
    0x07198540, 0x590ab964, 0xab613a67, 0xb831c993, 0x4a5a4a90,
    0x9e902e7b, 0x6cfbad78, 0x7fab5e8c, 0x8dc0dd8f, 0xe330a81a,
    0x115b2b19, 0x020bd8ed, 0xf0605bee, 0x24aa3f05, 0xd6c1bc06,
    0xc5914ff2, 0x37faccf1, 0x69e9f0d5, 0x9b8273d6, 0x88d28022,
    0x7ab90321, 0xae7367ca, 0x5c18e4c9, 0x4f48173d, 0xbd23943e,
    0xf36e6f75, 0x0105ec76, 0x12551f82, 0xe03e9c81, 0x34f4f86a,
    0xc69f7b69, 0xd5cf889d, 0x27a40b9e, 0x79b737ba, 0x8bdcb4b9,
    0x988c474d, 0x6ae7c44e, 0xbe2da0a5, 0x4c4623a6, 0x5f16d052,
    0xad7d5351
};


static uint32_t
aicost_crc32c(uint32_t crc, const unsigned char *p, size_t len)
{
    size_t  i;

    for (i = 0; i < len; i++) {
        crc = (crc >> 8) ^ aicost_crc32c_table[(crc ^ p[i]) & 0xff];
    }

    return crc;
}


/* done when the lock is given back: it is most of the work */

static void
aicost_log_seal(unsigned char *p, size_t len)
{
    size_t        n;
    uint32_t      crc;
    aicost_log_t  log;

    while (len) {
        n = (size_t) p[0] | ((size_t) p[1] << 8);

        crc = aicost_crc32c(0xffffffffU, p, 4);
        crc = ~aicost_crc32c(crc, p + AICOST_LOG_HEAD, n - AICOST_LOG_HEAD);

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
    aicost_log_put(log, (unsigned) r->bounded | (unsigned) r->marked << 1
                        | (unsigned) r->dry << 2, 1);
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
    uint32_t       i;
    unsigned       k, table;
    aicost_shm_t   m;
    aicost_log_t   log;
    unsigned char *end, *before;

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

        if (slot->list != AICOST_SHM_FREE && slot->list != AICOST_SHM_DONE) {
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


/* --- replay ------------------------------------------------------------ */

/* of the record at p; 0: torn, or not one of these */

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
    crc = aicost_crc32c(0xffffffffU, p, 4);
    crc = ~aicost_crc32c(crc, p + AICOST_LOG_HEAD, body);

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
        aicost_shm_unlink(m, AICOST_SHM_RID, i);
    }

    state = (unsigned) aicost_log_get(&p, 1);
    r->step = (uint8_t) aicost_log_get(&p, 1);
    flags = (uint32_t) aicost_log_get(&p, 2);
    r->bounded = flags & 1;
    r->marked = (flags >> 1) & 1;
    r->dry = (flags >> 2) & 1;
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

    r->logged = 1;
    r->state = (uint8_t) state;

    if (state == AICOST_SHM_RID_OPEN) {
        aicost_shm_rid_lease(m, i, expires);

    } else {
        aicost_shm_append(m, AICOST_SHM_RID, AICOST_SHM_DONE, i);
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
