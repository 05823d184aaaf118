
/*
 * Copyright (C) aicost
 *
 * The life of a domain: edges arrive, beat, and tell a store what it lost.
 */


#include "aicost_store_redis_int.h"


static int aicost_redis_of_edge(aicost_redis_cmd_t *cmd,
    const aicost_redis_domain_t *d, const char *op,
    const unsigned char edge[AICOST_ID]);


int
aicost_redis_arrive(aicost_redis_cmd_t *cmd, const aicost_redis_domain_t *d,
    const unsigned char edge[AICOST_ID], const char *run,
    const unsigned char fresh[AICOST_ID], unsigned knows, unsigned moved,
    uint32_t edges, int64_t wait)
{
    unsigned char  *p;

    if (wait < 0 || wait > AICOST_LEASE_MAX) {
        return AICOST_ERROR;
    }

    p = aicost_redis_op(cmd, d, AICOST_REDIS_CONTROL, 0, "arrive");
    p = aicost_redis_id(p, edge);
    p = aicost_redis_text(p, run, 64);
    p = aicost_redis_id(p, fresh);
    p = aicost_redis_int(p, knows != 0);
    p = aicost_redis_int(p, edges);
    p = aicost_redis_int(p, wait);
    p = aicost_redis_int(p, moved != 0);
    aicost_redis_close_arg(cmd, p);

    return AICOST_OK;
}


int
aicost_redis_tell(aicost_redis_cmd_t *cmd, const aicost_redis_domain_t *d,
    const unsigned char edge[AICOST_ID])
{
    return aicost_redis_of_edge(cmd, d, "tell", edge);
}


int
aicost_redis_beat(aicost_redis_cmd_t *cmd, const aicost_redis_domain_t *d,
    const unsigned char edge[AICOST_ID])
{
    return aicost_redis_of_edge(cmd, d, "beat", edge);
}


static int
aicost_redis_of_edge(aicost_redis_cmd_t *cmd, const aicost_redis_domain_t *d,
    const char *op, const unsigned char edge[AICOST_ID])
{
    unsigned char  *p;

    p = aicost_redis_op(cmd, d, AICOST_REDIS_CONTROL, 0, op);
    p = aicost_redis_id(p, edge);
    aicost_redis_close_arg(cmd, p);

    return AICOST_OK;
}


int
aicost_redis_restore(aicost_redis_cmd_t *cmd, const aicost_redis_domain_t *d,
    const aicost_edge_account_t *accounts, uint32_t n)
{
    uint32_t         i;
    unsigned char   *p;
    aicost_claim_t   claims[AICOST_MAX_CLAIMS];

    if (n > AICOST_MAX_CLAIMS) {
        return AICOST_ERROR;
    }

    memset(claims, 0, sizeof(claims));

    for (i = 0; i < n; i++) {
        claims[i] = accounts[i].claim;
    }

    aicost_redis_begin(cmd, AICOST_REDIS_RESTORE,
                       4 + n + aicost_redis_spares(claims, n));

    aicost_redis_domain_keys(cmd, d, AICOST_REDIS_OWN);
    aicost_redis_account_keys(cmd, d, claims, n);
    aicost_redis_spare_keys(cmd, d, claims, n);

    p = aicost_redis_open_arg(cmd);
    p = aicost_redis_common(p, d, 0);
    p = aicost_redis_text(p, "accounts", 16);
    p = aicost_redis_int(p, d->accounts);
    p = aicost_redis_int(p, n);

    for (i = 0; i < n; i++) {
        p = aicost_redis_int(p, accounts[i].settled < 0 ? 0
                                : accounts[i].settled < AICOST_MONEY_MAX
                                ? accounts[i].settled : AICOST_MONEY_MAX);
    }

    aicost_redis_close_arg(cmd, p);

    p = aicost_redis_open_arg(cmd);
    p = aicost_redis_claims(p, d, claims, n);
    aicost_redis_close_arg(cmd, p);

    return AICOST_OK;
}


int
aicost_redis_reassert(aicost_redis_cmd_t *cmd, const aicost_redis_domain_t *d,
    const aicost_edge_record_t *r, int64_t lease)
{
    unsigned        unit;
    unsigned char  *p;

    if (r->nclaims > AICOST_MAX_CLAIMS || lease <= 0
        || lease > AICOST_LEASE_MAX || r->expires < 0
        || r->expires > AICOST_MS_MAX + AICOST_LEASE_MAX)
    {
        return AICOST_ERROR;
    }

    for (unit = 0; unit < AICOST_UNITS; unit++) {
        if (r->amount[unit] < 0 || r->amount[unit] > AICOST_MONEY_MAX
            || r->gap[unit] < 0 || r->gap[unit] > AICOST_MONEY_MAX)
        {
            return AICOST_ERROR;
        }
    }

    aicost_redis_begin(cmd, AICOST_REDIS_RESTORE,
                       5 + r->nclaims
                       + aicost_redis_spares(r->claims, r->nclaims));

    aicost_redis_domain_keys(cmd, d, AICOST_REDIS_OWN);
    aicost_redis_key(cmd, d, "r:", r->rid);
    aicost_redis_account_keys(cmd, d, r->claims, r->nclaims);
    aicost_redis_spare_keys(cmd, d, r->claims, r->nclaims);

    p = aicost_redis_open_arg(cmd);
    p = aicost_redis_common(p, d, 0);
    p = aicost_redis_text(p, "open", 16);
    p = aicost_redis_int(p, d->accounts);
    p = aicost_redis_id(p, r->rid);
    p = aicost_redis_str(p, &r->hash, sizeof(r->hash));
    p = aicost_redis_int(p, r->expires);
    p = aicost_redis_int(p, lease);
    p = aicost_redis_int(p, r->step);
    p = aicost_redis_int(p, r->bounds);
    p = aicost_redis_int(p, r->dry != 0);

    for (unit = 0; unit < AICOST_UNITS; unit++) {
        p = aicost_redis_int(p, r->amount[unit]);
    }

    for (unit = 0; unit < AICOST_UNITS; unit++) {
        p = aicost_redis_int(p, r->gap[unit]);
    }

    p = aicost_redis_int(p, r->nclaims);
    aicost_redis_close_arg(cmd, p);

    p = aicost_redis_open_arg(cmd);
    p = aicost_redis_claims(p, d, r->claims, r->nclaims);
    aicost_redis_close_arg(cmd, p);

    return AICOST_OK;
}


/* --- replies ------------------------------------------------------------- */

int
aicost_redis_lived(const aicost_redis_reply_t *reply,
    aicost_redis_life_t *out, aicost_redis_seen_t *seen)
{
    int64_t               answer, phase, edges, killed;
    aicost_redis_value_t  v;

    memset(out, 0, sizeof(aicost_redis_life_t));

    if (aicost_redis_answer(reply, 12, &answer, seen) != AICOST_OK) {
        return AICOST_ERROR;
    }

    memset(&v, 0, sizeof(aicost_redis_value_t));
    reply->at(&reply->value, 1, &v);

    phase = aicost_redis_number(reply, 2, seen);
    out->told = aicost_redis_number(reply, 3, seen) != 0;
    edges = aicost_redis_number(reply, 4, seen);
    out->wait = aicost_redis_number(reply, 5, seen);
    out->state.mode = aicost_redis_number(reply, 6, seen)
                      == AICOST_MODE_DOWNGRADE
                      ? AICOST_MODE_DOWNGRADE : AICOST_MODE_NORMAL;
    out->state.share_ppm = aicost_redis_number(reply, 7, seen);
    out->state.changed = aicost_redis_number(reply, 8, seen);
    killed = aicost_redis_number(reply, 9, seen);
    out->state.kill_all = aicost_redis_number(reply, 10, seen) != 0;
    seen->now = aicost_redis_number(reply, 11, seen);

    if (seen->error || answer != 1 || v.type != AICOST_REDIS_STRING
        || v.len != AICOST_ID || phase < AICOST_REDIS_OPEN
        || phase > AICOST_REDIS_REBUILD || edges < 0 || edges > 1000000
        || killed < 0 || killed > 1000000 || out->wait < 0
        || out->wait > AICOST_LEASE_MAX || out->state.share_ppm < 0
        || out->state.share_ppm > 1000000)
    {
        return aicost_redis_wrong(seen);
    }

    memcpy(out->epoch, v.str, AICOST_ID);
    out->phase = (aicost_redis_phase_e) phase;
    out->edges = (uint32_t) edges;
    out->state.killed = (uint32_t) killed;

    return AICOST_OK;
}


int
aicost_redis_restored(const aicost_redis_reply_t *reply,
    aicost_redis_seen_t *seen)
{
    int64_t  answer;

    if (aicost_redis_answer(reply, 3, &answer, seen) != AICOST_OK) {
        return AICOST_ERROR;
    }

    seen->skipped = aicost_redis_number(reply, 1, seen) != 0;
    seen->now = aicost_redis_number(reply, 2, seen);

    if (seen->error || answer != 1) {
        return aicost_redis_wrong(seen);
    }

    return AICOST_OK;
}
