
/*
 * Copyright (C) aicost
 */


#include "aicost_ledger.h"


__extension__ typedef __int128  aicost_i128;


static unsigned aicost_fit_near(const aicost_claim_t *claim, int64_t used);
static int aicost_ask_check(const aicost_reserve_t *q);
static int aicost_claim_check(const aicost_claim_t *claim);
static unsigned aicost_ids_repeat(const unsigned char *first, size_t stride,
    uint32_t n);
static uint64_t aicost_hash_step(uint64_t hash, uint64_t word);
static uint64_t aicost_hash_id(uint64_t hash, const unsigned char *id);


int64_t
aicost_sum(int64_t a, int64_t b)
{
    if (a >= AICOST_MONEY_MAX || b >= AICOST_MONEY_MAX - a) {
        return AICOST_MONEY_MAX;
    }

    return a + b;
}


int
aicost_gcra(int64_t tat, int64_t now_us, int64_t period, int64_t tau,
    int64_t *next, int64_t *retry_us)
{
    int64_t  base;

    base = tat > now_us ? tat : now_us;

    if (base - now_us > tau) {
        *next = tat;
        *retry_us = base - now_us - tau;
        return AICOST_DECLINED;
    }

    *next = base > INT64_MAX - period ? INT64_MAX : base + period;
    *retry_us = 0;

    return AICOST_OK;
}


unsigned
aicost_claim_counts(const aicost_claim_t *claim, uint32_t step)
{
    return claim->share_step == 0 || ((claim->share_step >> step) & 1);
}


static unsigned
aicost_fit_near(const aicost_claim_t *claim, int64_t used)
{
    aicost_i128  left;

    if (claim->upper) {
        return 1;
    }

    left = (aicost_i128) claim->limit - used;

    return left * 1000000 < (aicost_i128) claim->limit * AICOST_NEAR_PPM;
}


int
aicost_fit(const aicost_ask_t *ask, const aicost_claim_t *claims,
    const int64_t *used, uint32_t n, unsigned unit, uint32_t step,
    int64_t *amount, uint8_t *bounded, uint32_t *tightest, int64_t *room)
{
    int64_t   left, least;
    uint32_t  i;
    unsigned  near, bound;

    near = 0;
    bound = 0;
    least = 0;

    *amount = ask->want;
    *bounded = 0;

    for (i = 0; i < n; i++) {

        if (claims[i].unit != unit || claims[i].soft
            || !aicost_claim_counts(&claims[i], step))
        {
            continue;
        }

        left = used[i] < claims[i].limit ? claims[i].limit - used[i] : 0;

        if (!bound || left < least) {
            least = left;
            *tightest = i;
            *room = left;
        }

        bound = 1;
        near |= aicost_fit_near(&claims[i], used[i]);
    }

    /* what costs nothing has nothing to bound */

    if (!bound || (ask->upper == 0 && ask->want == 0)) {
        return AICOST_OK;
    }

    if (!near && ask->want <= least) {
        return AICOST_OK;
    }

    *amount = ask->upper < least ? ask->upper : least;
    *bounded = 1;

    return *amount >= ask->least ? AICOST_OK : AICOST_DECLINED;
}


int
aicost_reserve_check(const aicost_reserve_t *q)
{
    uint32_t  i;

    if (q->now < 0 || q->now > AICOST_MS_MAX
        || q->lease <= 0 || q->lease > AICOST_LEASE_MAX
        || q->nsteps == 0 || q->nsteps > AICOST_MAX_STEPS
        || q->nclaims > AICOST_MAX_CLAIMS
        || q->nrates > AICOST_MAX_RATES
        || q->first_step >= q->nsteps)
    {
        return AICOST_ERROR;
    }

    if (aicost_ask_check(q) != AICOST_OK) {
        return AICOST_ERROR;
    }

    for (i = 0; i < q->nclaims; i++) {
        if (aicost_claim_check(&q->claims[i]) != AICOST_OK) {
            return AICOST_ERROR;
        }
    }

    for (i = 0; i < q->nrates; i++) {
        if (q->rates[i].period <= 0
            || q->rates[i].period > AICOST_RATE_US_MAX
            || q->rates[i].tau < 0
            || q->rates[i].tau > AICOST_RATE_US_MAX)
        {
            return AICOST_ERROR;
        }
    }

    if (aicost_ids_repeat(q->claims[0].id, sizeof(aicost_claim_t), q->nclaims)
        || aicost_ids_repeat(q->rates[0].id, sizeof(aicost_rate_t), q->nrates))
    {
        return AICOST_ERROR;
    }

    return AICOST_OK;
}


static int
aicost_ask_check(const aicost_reserve_t *q)
{
    uint32_t             i;
    unsigned             unit;
    const aicost_ask_t  *ask;

    for (i = 0; i < q->nsteps; i++) {
        for (unit = 0; unit < AICOST_UNITS; unit++) {
            ask = &q->ask[i][unit];

            if (ask->least < 0 || ask->want < 0
                || ask->upper < ask->least || ask->want > AICOST_MONEY_MAX
                || ask->upper > AICOST_MONEY_MAX)
            {
                return AICOST_ERROR;
            }
        }
    }

    return AICOST_OK;
}


static int
aicost_claim_check(const aicost_claim_t *claim)
{
    if (claim->unit >= AICOST_UNITS
        || claim->limit <= 0 || claim->limit > AICOST_MONEY_MAX
        || claim->warn < 0 || claim->downgrade < 0 || claim->kill < 0
        || claim->grace < 0 || claim->grace > AICOST_MS_MAX)
    {
        return AICOST_ERROR;
    }

    if (claim->session) {
        return claim->idle > 0 && claim->idle <= AICOST_MS_MAX
               && claim->max > 0 && claim->max <= AICOST_MS_MAX
               ? AICOST_OK : AICOST_ERROR;
    }

    return claim->t0 >= 0 && claim->t0 < claim->t1
           && claim->t1 <= AICOST_MS_MAX
           ? AICOST_OK : AICOST_ERROR;
}


static unsigned
aicost_ids_repeat(const unsigned char *first, size_t stride, uint32_t n)
{
    uint32_t  i, k;
    uint64_t  head[AICOST_MAX_CLAIMS];

    for (i = 0; i < n; i++) {
        memcpy(&head[i], first + i * stride, sizeof(uint64_t));

        for (k = 0; k < i; k++) {
            if (head[k] == head[i]
                && memcmp(first + i * stride, first + k * stride, AICOST_ID)
                   == 0)
            {
                return 1;
            }
        }
    }

    return 0;
}


uint64_t
aicost_reserve_hash(const aicost_reserve_t *q)
{
    uint32_t  i;
    uint64_t  hash;
    unsigned  unit;

    hash = ((uint64_t) q->nsteps << 32) | (q->nclaims << 8) | q->nrates;

    for (i = 0; i < q->nsteps; i++) {
        for (unit = 0; unit < AICOST_UNITS; unit++) {
            hash = aicost_hash_step(hash, (uint64_t) q->ask[i][unit].want);
            hash = aicost_hash_step(hash, (uint64_t) q->ask[i][unit].upper);
            hash = aicost_hash_step(hash, (uint64_t) q->ask[i][unit].least);
        }
    }

    for (i = 0; i < q->nclaims; i++) {
        hash = aicost_hash_id(hash, q->claims[i].id);
    }

    for (i = 0; i < q->nrates; i++) {
        hash = aicost_hash_id(hash, q->rates[i].id);
    }

    return hash;
}


static uint64_t
aicost_hash_step(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * 0x9e3779b97f4a7c15ULL;

    return hash ^ (hash >> 29);
}


static uint64_t
aicost_hash_id(uint64_t hash, const unsigned char *id)
{
    uint64_t  word[2];

    memcpy(word, id, sizeof(word));

    return aicost_hash_step(aicost_hash_step(hash, word[0]), word[1]);
}
