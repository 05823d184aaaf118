
/*
 * Copyright (C) aicost
 */


#include "aicost_store_redis_int.h"


#define AICOST_REDIS_NO_MARK   (AICOST_MONEY_MAX + 1)


static unsigned char *aicost_redis_big(unsigned char *p, unsigned head,
    uint64_t n, unsigned bytes);
static unsigned char *aicost_redis_claim(unsigned char *p,
    const aicost_redis_domain_t *d, const aicost_claim_t *claim);
static unsigned char *aicost_redis_terms(unsigned char *p,
    const aicost_claim_t *claim);
static int64_t aicost_redis_near(const aicost_claim_t *claim);
static int64_t aicost_redis_mark(int64_t mark);
static unsigned aicost_redis_zero(const unsigned char *id);


int
aicost_redis_domain(aicost_redis_domain_t *d, const char *prefix,
    const char *name)
{
    size_t  plen, nlen;

    plen = strlen(prefix);
    nlen = strlen(name);

    if (nlen == 0 || plen > AICOST_REDIS_HEAD || nlen > AICOST_REDIS_HEAD
        || plen + nlen + sizeof("{aic:}:") - 1 > AICOST_REDIS_HEAD
        || memchr(prefix, '{', plen) || memchr(prefix, '}', plen)
        || memchr(name, '{', nlen) || memchr(name, '}', nlen))
    {
        return AICOST_ERROR;
    }

    memset(d, 0, sizeof(aicost_redis_domain_t));

    memcpy(d->head, prefix, plen);
    memcpy(d->head + plen, "{aic:", 5);
    memcpy(d->head + plen + 5, name, nlen);
    memcpy(d->head + plen + 5 + nlen, "}:", 2);

    d->len = plen + nlen + 7;

    aicost_redis_frame(d);

    d->keep = 3600000;
    d->accounts = 100000;

    return AICOST_OK;
}


/* CRC-16/XMODEM of what is between the braces */

uint32_t
aicost_redis_slot(const aicost_redis_domain_t *d)
{
    size_t    i;
    uint32_t  crc;
    unsigned  bit;

    crc = 0;

    for (i = 0; i < d->len && d->head[i] != '{'; i++) { /* void */ }

    for (i++; i < d->len && d->head[i] != '}'; i++) {
        crc ^= (uint32_t) d->head[i] << 8;

        for (bit = 0; bit < 8; bit++) {
            crc = (crc & 0x8000) ? (crc << 1) ^ 0x1021 : crc << 1;
        }

        crc &= 0xffff;
    }

    return crc & 16383;
}


/* --- MessagePack -------------------------------------------------------- */

static unsigned char *
aicost_redis_big(unsigned char *p, unsigned head, uint64_t n, unsigned bytes)
{
    /* all eight are written, at once; what is behind the number comes later */

    *p++ = (unsigned char) head;

    n = aicost_redis_order(n << (64 - 8 * bytes));
    memcpy(p, &n, sizeof(n));

    return p + bytes;
}


/* what is not one byte: below 0, or above 127 */

unsigned char *
aicost_redis_wide(unsigned char *p, int64_t n)
{
    if (n < 0) {
        return aicost_redis_big(p, 0xd3, (uint64_t) n, 8);
    }

    if (n < 65536) {
        return aicost_redis_big(p, 0xcd, (uint64_t) n, 2);
    }

    if (n <= (int64_t) UINT32_MAX) {
        return aicost_redis_big(p, 0xce, (uint64_t) n, 4);
    }

    return aicost_redis_big(p, 0xcf, (uint64_t) n, 8);
}


unsigned char *
aicost_redis_str(unsigned char *p, const void *data, size_t len)
{
    if (len < 32) {
        *p++ = (unsigned char) (0xa0 | len);

    } else {
        p = aicost_redis_big(p, 0xda, len, 2);
    }

    memcpy(p, data, len);

    return p + len;
}


unsigned char *
aicost_redis_id(unsigned char *p, const unsigned char *id)
{
    return aicost_redis_str(p, id, AICOST_ID);
}


unsigned char *
aicost_redis_text(unsigned char *p, const char *s, size_t most)
{
    const char  *end;

    end = memchr(s, '\0', most - 1);

    return aicost_redis_str(p, s, end ? (size_t) (end - s) : most - 1);
}


/* --- what several commands have ----------------------------------------- */

unsigned char *
aicost_redis_common(unsigned char *p, const aicost_redis_domain_t *d,
    int64_t now)
{
    p = aicost_redis_int(p, AICOST_REDIS_LAYOUT_NOW);
    p = aicost_redis_id(p, d->epoch);
    p = aicost_redis_int(p, now);

    return aicost_redis_int(p, d->own_clock);
}


unsigned char *
aicost_redis_claims(unsigned char *p, const aicost_redis_domain_t *d,
    const aicost_claim_t *claims, uint32_t n)
{
    uint32_t  i;

    for (i = 0; i < n; i++) {
        p = aicost_redis_claim(p, d, &claims[i]);
    }

    return p;
}


static unsigned char *
aicost_redis_claim(unsigned char *p, const aicost_redis_domain_t *d,
    const aicost_claim_t *claim)
{
    aicost_redis_terms_t  *t;

    p = aicost_redis_id(p, claim->id);
    p = aicost_redis_id(p, claim->latch);

    if (d->terms == NULL) {
        return aicost_redis_terms(p, claim);
    }

    t = &d->terms[(2 * claim->budget + (claim->share_step != 0))
                  % AICOST_REDIS_TERMS];

    if (t->len == 0
        || memcmp(t->claim.spare, claim->spare,
                  sizeof(aicost_claim_t) - offsetof(aicost_claim_t, spare)))
    {
        t->claim = *claim;
        t->len = (size_t) (aicost_redis_terms(t->packed, claim) - t->packed);
    }

    memcpy(p, t->packed, t->len);

    return p + t->len;
}


static unsigned char *
aicost_redis_terms(unsigned char *p, const aicost_claim_t *claim)
{
    int64_t  limit;

    /* a claim that cannot be charged: the script refuses a limit of 0 */

    limit = claim->unit < AICOST_UNITS && claim->limit > 0 ? claim->limit : 0;

    p = aicost_redis_str(p, claim->whole,
                         aicost_redis_zero(claim->whole) ? 0 : AICOST_ID);
    p = aicost_redis_str(p, claim->spare,
                         aicost_redis_zero(claim->spare) ? 0 : AICOST_ID);
    p = aicost_redis_int(p, claim->budget);
    p = aicost_redis_int(p, claim->unit);
    p = aicost_redis_int(p, claim->soft != 0);
    p = aicost_redis_int(p, claim->session != 0);
    p = aicost_redis_int(p, claim->clear != 0);
    p = aicost_redis_int(p, claim->share_step
                            ? claim->share_step & 15 : 15);
    p = aicost_redis_int(p, limit);
    p = aicost_redis_int(p, aicost_redis_near(claim));
    p = aicost_redis_int(p, claim->session ? 0 : claim->t0);
    p = aicost_redis_int(p, claim->session ? 0 : claim->t1);
    p = aicost_redis_int(p, claim->session ? claim->idle : 0);
    p = aicost_redis_int(p, claim->session ? claim->max : 0);
    p = aicost_redis_int(p, claim->grace);
    p = aicost_redis_int(p, aicost_redis_mark(claim->warn));
    p = aicost_redis_int(p, aicost_redis_mark(claim->downgrade));
    p = aicost_redis_int(p, claim->downgrade_step);

    return aicost_redis_int(p, aicost_redis_mark(claim->kill));
}


/* upper mode when what is left is not above this: is below that share */

static int64_t
aicost_redis_near(const aicost_claim_t *claim)
{
    int64_t  near;

    if (claim->upper || claim->limit <= 0) {
        return claim->limit > 0 ? claim->limit : 0;
    }

    near = claim->limit / 1000000 * AICOST_NEAR_PPM;
    near += (claim->limit % 1000000 * AICOST_NEAR_PPM + 999999) / 1000000;

    return near - 1;
}


static int64_t
aicost_redis_mark(int64_t mark)
{
    return mark < 0 ? 0
           : mark < AICOST_REDIS_NO_MARK ? mark : AICOST_REDIS_NO_MARK;
}


static unsigned
aicost_redis_zero(const unsigned char *id)
{
    static const unsigned char  zero[AICOST_ID];

    return memcmp(id, zero, AICOST_ID) == 0;
}


/*
 * All accounts that a script may touch are named as its keys: a cluster that
 * moves the slot then refuses it as a whole.  Those of the claims come first,
 * in their order; the scripts read them in one go.
 */

void
aicost_redis_account_keys(aicost_redis_cmd_t *cmd,
    const aicost_redis_domain_t *d, const aicost_claim_t *claims, uint32_t n)
{
    uint32_t  i;

    for (i = 0; i < n; i++) {
        aicost_redis_key(cmd, d, "b:", claims[i].id);
    }
}


void
aicost_redis_spare_keys(aicost_redis_cmd_t *cmd,
    const aicost_redis_domain_t *d, const aicost_claim_t *claims, uint32_t n)
{
    uint32_t  i;

    for (i = 0; i < n; i++) {
        if (!aicost_redis_zero(claims[i].spare)) {
            aicost_redis_key(cmd, d, "b:", claims[i].spare);
        }
    }
}


uint32_t
aicost_redis_spares(const aicost_claim_t *claims, uint32_t n)
{
    uint32_t  i, k;

    k = 0;

    for (i = 0; i < n; i++) {
        k += !aicost_redis_zero(claims[i].spare);
    }

    return k;
}


/* --- commands ----------------------------------------------------------- */

int
aicost_redis_reserve(aicost_redis_cmd_t *cmd, const aicost_redis_domain_t *d,
    const aicost_reserve_t *q, aicost_granted_t *out)
{
    uint32_t             i;
    uint64_t             hash;
    unsigned             unit;
    unsigned char       *p;
    const aicost_ask_t  *ask;

    if (aicost_reserve_check(q) != AICOST_OK) {
        memset(out, 0, sizeof(aicost_granted_t));
        out->answer = AICOST_BAD_ASK;
        out->left = -1;
        return AICOST_DECLINED;
    }

    aicost_redis_begin(cmd, AICOST_REDIS_RESERVE,
                       5 + q->nclaims + q->nrates
                       + aicost_redis_spares(q->claims, q->nclaims));

    aicost_redis_domain_keys(cmd, d, AICOST_REDIS_OWN);
    aicost_redis_key(cmd, d, "r:", q->rid);
    aicost_redis_account_keys(cmd, d, q->claims, q->nclaims);

    for (i = 0; i < q->nrates; i++) {
        aicost_redis_key(cmd, d, "g:", q->rates[i].id);
    }

    aicost_redis_spare_keys(cmd, d, q->claims, q->nclaims);

    p = aicost_redis_open_arg(cmd);
    p = aicost_redis_common(p, d, q->now);
    p = aicost_redis_int(p, q->lease);
    p = aicost_redis_int(p, d->accounts);
    p = aicost_redis_id(p, q->rid);

    hash = aicost_reserve_hash(q);
    p = aicost_redis_str(p, &hash, sizeof(hash));

    p = aicost_redis_int(p, q->nsteps);
    p = aicost_redis_int(p, q->first_step);
    p = aicost_redis_int(p, q->dry_run != 0);
    p = aicost_redis_int(p, q->nclaims);
    p = aicost_redis_int(p, q->nrates);
    p = aicost_redis_int(p, q->probe != 0);

    for (i = 0; i < q->nsteps; i++) {
        for (unit = 0; unit < AICOST_UNITS; unit++) {
            ask = &q->ask[i][unit];
            p = aicost_redis_int(p, ask->want);
            p = aicost_redis_int(p, ask->upper);
            p = aicost_redis_int(p, ask->least);
        }
    }

    for (i = 0; i < q->nrates; i++) {
        p = aicost_redis_id(p, q->rates[i].id);
        p = aicost_redis_int(p, q->rates[i].period);
        p = aicost_redis_int(p, q->rates[i].tau);
    }

    aicost_redis_close_arg(cmd, p);

    p = aicost_redis_open_arg(cmd);
    p = aicost_redis_claims(p, d, q->claims, q->nclaims);
    aicost_redis_close_arg(cmd, p);

    return AICOST_OK;
}


int
aicost_redis_settle(aicost_redis_cmd_t *cmd, const aicost_redis_domain_t *d,
    const aicost_settled_t *q)
{
    unsigned        unit;
    unsigned char  *p;

    if (q->now < 0 || q->now > AICOST_MS_MAX
        || (unsigned) q->op > AICOST_EXPIRE
        || q->nclaims > AICOST_MAX_CLAIMS
        || (q->op == AICOST_SETTLE
            && (q->actual[AICOST_UNIT_MONEY] < 0
                || q->actual[AICOST_UNIT_TOKENS] < 0)))
    {
        return AICOST_ERROR;
    }

    aicost_redis_begin(cmd, AICOST_REDIS_SETTLE,
                       5 + q->nclaims
                       + aicost_redis_spares(q->claims, q->nclaims));

    aicost_redis_domain_keys(cmd, d, AICOST_REDIS_OWN);
    aicost_redis_key(cmd, d, "r:", q->rid);
    aicost_redis_account_keys(cmd, d, q->claims, q->nclaims);
    aicost_redis_spare_keys(cmd, d, q->claims, q->nclaims);

    p = aicost_redis_open_arg(cmd);
    p = aicost_redis_common(p, d, q->now);
    p = aicost_redis_int(p, d->keep);
    p = aicost_redis_int(p, d->accounts);
    p = aicost_redis_id(p, q->rid);
    p = aicost_redis_int(p, q->op);

    for (unit = 0; unit < AICOST_UNITS; unit++) {
        p = aicost_redis_int(p, q->op != AICOST_SETTLE ? 0
                                : q->actual[unit] < AICOST_MONEY_MAX
                                ? q->actual[unit] : AICOST_MONEY_MAX);
    }

    p = aicost_redis_int(p, q->nclaims);
    aicost_redis_close_arg(cmd, p);

    p = aicost_redis_open_arg(cmd);
    p = aicost_redis_claims(p, d, q->claims, q->nclaims);
    aicost_redis_close_arg(cmd, p);

    return AICOST_OK;
}


int
aicost_redis_renew(aicost_redis_cmd_t *cmd, const aicost_redis_domain_t *d,
    int64_t now, int64_t lease, const unsigned char (*rids)[AICOST_ID],
    const int64_t *used, uint32_t n)
{
    int64_t         cost;
    uint32_t        i;
    unsigned char  *p;

    if (now < 0 || now > AICOST_MS_MAX || lease <= 0
        || lease > AICOST_LEASE_MAX || n > AICOST_RENEW_MAX)
    {
        return AICOST_ERROR;
    }

    aicost_redis_begin(cmd, AICOST_REDIS_RENEW, 3 + n);

    aicost_redis_domain_keys(cmd, d, 3);

    for (i = 0; i < n; i++) {
        aicost_redis_key(cmd, d, "r:", rids[i]);
    }

    p = aicost_redis_open_arg(cmd);
    p = aicost_redis_common(p, d, now);
    p = aicost_redis_int(p, lease);
    p = aicost_redis_int(p, used != NULL);

    for (i = 0; i < n; i++) {
        cost = used && used[i] > 0 ? used[i] : 0;

        p = aicost_redis_id(p, rids[i]);
        p = aicost_redis_int(p, cost < AICOST_MONEY_MAX
                                ? cost : AICOST_MONEY_MAX);
    }

    aicost_redis_close_arg(cmd, p);

    return AICOST_OK;
}


int
aicost_redis_sweep(aicost_redis_cmd_t *cmd, const aicost_redis_domain_t *d,
    int64_t now, uint32_t max)
{
    unsigned char  *p;

    if (now < 0 || now > AICOST_MS_MAX) {
        return AICOST_ERROR;
    }

    aicost_redis_begin(cmd, AICOST_REDIS_SWEEP, 4);

    aicost_redis_domain_keys(cmd, d, AICOST_REDIS_OWN);

    p = aicost_redis_open_arg(cmd);
    p = aicost_redis_common(p, d, now);
    p = aicost_redis_int(p, d->keep);
    p = aicost_redis_int(p, max < AICOST_REDIS_SWEEP_MAX
                            ? max : AICOST_REDIS_SWEEP_MAX);
    aicost_redis_close_arg(cmd, p);

    return AICOST_OK;
}


/* the beginning of what control.lua and read.lua are asked, more to come */

unsigned char *
aicost_redis_op(aicost_redis_cmd_t *cmd, const aicost_redis_domain_t *d,
    aicost_redis_script_e script, int64_t now, const char *op)
{
    unsigned char  *p;

    aicost_redis_begin(cmd, script, 4);

    aicost_redis_domain_keys(cmd, d, AICOST_REDIS_OWN);

    p = aicost_redis_open_arg(cmd);
    p = aicost_redis_common(p, d, now);

    return aicost_redis_text(p, op, 16);
}


int
aicost_redis_open(aicost_redis_cmd_t *cmd, const aicost_redis_domain_t *d)
{
    aicost_redis_close_arg(cmd, aicost_redis_op(cmd, d, AICOST_REDIS_CONTROL,
                                                0, "open"));
    return AICOST_OK;
}


int
aicost_redis_clock(aicost_redis_cmd_t *cmd, const aicost_redis_domain_t *d,
    int64_t now)
{
    if (now < 0 || now > AICOST_MS_MAX) {
        return AICOST_ERROR;
    }

    aicost_redis_close_arg(cmd, aicost_redis_op(cmd, d, AICOST_REDIS_CONTROL,
                                                now, "clock"));
    return AICOST_OK;
}


int
aicost_redis_kill(aicost_redis_cmd_t *cmd, const aicost_redis_domain_t *d,
    const aicost_latch_t *latch)
{
    unsigned char  *p;

    if (latch->at < 0 || latch->at > AICOST_MS_MAX) {
        return AICOST_ERROR;
    }

    p = aicost_redis_op(cmd, d, AICOST_REDIS_CONTROL, latch->at, "kill");
    p = aicost_redis_id(p, latch->latch);
    p = aicost_redis_text(p, latch->label, sizeof(latch->label));
    p = aicost_redis_text(p, latch->why, sizeof(latch->why));
    p = aicost_redis_int(p, latch->until < 0 ? 0
                            : latch->until < AICOST_REDIS_NEVER
                            ? latch->until : AICOST_REDIS_NEVER);
    aicost_redis_close_arg(cmd, p);

    return AICOST_OK;
}


int
aicost_redis_resume(aicost_redis_cmd_t *cmd, const aicost_redis_domain_t *d,
    const unsigned char latch[AICOST_ID], uint64_t gen)
{
    unsigned char  *p;

    p = aicost_redis_op(cmd, d, AICOST_REDIS_CONTROL, 0, "resume");
    p = aicost_redis_id(p, latch);
    p = aicost_redis_int(p, gen < (uint64_t) AICOST_REDIS_NEVER
                            ? (int64_t) gen : AICOST_REDIS_NEVER);
    aicost_redis_close_arg(cmd, p);

    return AICOST_OK;
}


int
aicost_redis_set_mode(aicost_redis_cmd_t *cmd, const aicost_redis_domain_t *d,
    aicost_mode_e mode, int64_t share_ppm, int64_t now)
{
    unsigned char  *p;

    if ((mode != AICOST_MODE_NORMAL && mode != AICOST_MODE_DOWNGRADE)
        || share_ppm < 0 || share_ppm > 1000000
        || now < 0 || now > AICOST_MS_MAX)
    {
        return AICOST_ERROR;
    }

    p = aicost_redis_op(cmd, d, AICOST_REDIS_CONTROL, now, "mode");
    p = aicost_redis_int(p, mode);
    p = aicost_redis_int(p, share_ppm);
    aicost_redis_close_arg(cmd, p);

    return AICOST_OK;
}


int
aicost_redis_state(aicost_redis_cmd_t *cmd, const aicost_redis_domain_t *d,
    int64_t now)
{
    aicost_redis_close_arg(cmd, aicost_redis_op(cmd, d, AICOST_REDIS_READ,
                                                now, "state"));
    return AICOST_OK;
}


int
aicost_redis_latches(aicost_redis_cmd_t *cmd, const aicost_redis_domain_t *d,
    int64_t now, uint32_t max)
{
    unsigned char  *p;

    p = aicost_redis_op(cmd, d, AICOST_REDIS_READ, now, "latches");
    p = aicost_redis_int(p, max);
    aicost_redis_close_arg(cmd, p);

    return AICOST_OK;
}


int
aicost_redis_balance(aicost_redis_cmd_t *cmd, const aicost_redis_domain_t *d,
    const unsigned char id[AICOST_ID])
{
    aicost_redis_verb(cmd, "GET", 2);
    aicost_redis_key(cmd, d, "b:", id);

    return AICOST_OK;
}


int
aicost_redis_walk(aicost_redis_cmd_t *cmd, const aicost_redis_domain_t *d,
    uint32_t cursor, uint32_t max)
{
    unsigned char  *p;

    p = aicost_redis_op(cmd, d, AICOST_REDIS_READ, 0, "walk");
    p = aicost_redis_int(p, cursor);
    p = aicost_redis_int(p, max < AICOST_REDIS_WALK_MAX
                            ? max : AICOST_REDIS_WALK_MAX);
    aicost_redis_close_arg(cmd, p);

    return AICOST_OK;
}


int
aicost_redis_load(aicost_redis_cmd_t *cmd, aicost_redis_script_e script,
    unsigned char *text)
{
    size_t                    len, used;
    aicost_str_t              words[3];
    const char *const        *line;
    const char *const *const *part;

    used = 0;
    part = aicost_redis_scripts[script].parts;

    for ( /* void */ ; *part; part++) {
        for (line = *part; *line; line++) {
            len = strlen(*line);

            if (len > AICOST_REDIS_TEXT - used) {
                return AICOST_ERROR;
            }

            memcpy(text + used, *line, len);
            used += len;
        }
    }

    words[0] = (aicost_str_t) aicost_string("SCRIPT");
    words[1] = (aicost_str_t) aicost_string("LOAD");
    words[2].data = text;
    words[2].len = used;

    return aicost_redis_plain(cmd, words, 3);
}
