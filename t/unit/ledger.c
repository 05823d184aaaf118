
/*
 * Copyright (C) aicost
 *
 * The pure parts: GCRA against its bound, fit against the rule written out
 * again, and the ranges of an ask.
 */


#include <stdlib.h>

#include "aicost_name.h"
#include "tap.h"


static uint64_t  seed = 88172645463325252ULL;


static int64_t
below(int64_t n)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;

    return (int64_t) (seed % (uint64_t) n);
}


static void
test_gcra(void)
{
    int64_t  tat, next, retry;

    is_int(aicost_gcra(0, 5000, 1000, 0, &next, &retry), AICOST_OK, "first");
    is_int(next, 6000, "a period ahead");
    is_int(aicost_gcra(next, 5000, 1000, 0, &tat, &retry), AICOST_DECLINED,
           "no burst: no second");
    is_int(retry, 1000, "a period to wait");
    is_int(tat, next, "a refusal leaves the time");
    is_int(aicost_gcra(next, 6000, 1000, 0, &tat, &retry), AICOST_OK,
           "exactly then");
    is_int(aicost_gcra(next, 5000, 1000, 1000, &tat, &retry), AICOST_OK,
           "burst of one");
    is_int(aicost_gcra(INT64_MAX - 5, INT64_MAX - 9, 1000, INT64_MAX, &tat,
                       &retry), AICOST_OK, "far ahead");
    is_int(tat, INT64_MAX, "saturates");
}


/* P9: in any interval t no more than (tau + t) / T + 1 are admitted */

static void
test_gcra_bound(void)
{
    int64_t   now, tat, next, retry, period, tau, *at;
    unsigned  i, k, n, rounds, good;

    at = malloc(4000 * sizeof(int64_t));
    good = 0;

    for (rounds = 0; rounds < 20; rounds++) {
        period = 1 + below(5000);
        tau = period * below(6);
        now = 1000000;
        tat = 0;
        n = 0;

        for (i = 0; i < 4000; i++) {
            now += below(2) ? 0 : below(period);

            if (aicost_gcra(tat, now, period, tau, &next, &retry)
                == AICOST_OK)
            {
                at[n++] = now;
            }

            tat = next;
        }

        for (i = 0; i < n; i++) {
            for (k = i; k < n && k < i + 100; k++) {
                if (k - i + 1 > (tau + at[k] - at[i]) / period + 1) {
                    break;
                }
            }

            if (k < n && k < i + 100) {
                break;
            }
        }

        good += i == n && n > 100;
    }

    is_int(good, 20, "admitted in any interval");
    free(at);
}


/* the rule once more, for one claim: room, near, what is granted */

static int
fit_one(const aicost_ask_t *ask, int64_t limit, int64_t used, unsigned upper,
    int64_t *amount, unsigned *bounded)
{
    int64_t  room;

    room = limit > used ? limit - used : 0;

    if (!upper && ask->want <= room && limit - used >= limit / 20) {
        *amount = ask->want;
        *bounded = 0;
        return AICOST_OK;
    }

    *amount = room < ask->upper ? room : ask->upper;
    *bounded = 1;

    return *amount >= ask->least ? AICOST_OK : AICOST_DECLINED;
}


static void
test_fit_random(void)
{
    int             rc, wanted;
    int64_t         amount, room, expected, used[3];
    uint8_t         bounded;
    uint32_t        tightest;
    unsigned        i, bound, good;
    aicost_ask_t    ask;
    aicost_claim_t  claims[3];

    good = 0;

    for (i = 0; i < 20000; i++) {
        memset(claims, 0, sizeof(claims));

        ask.least = below(100);
        ask.want = 1 + ask.least + below(1000);
        ask.upper = ask.want + below(1000);

        /* others that do not bind: soft, of another unit, of another step */

        claims[0].limit = 20 * (1 + below(1000));
        claims[0].upper = below(4) == 0;
        claims[1].limit = 1;
        claims[1].unit = AICOST_UNIT_TOKENS;
        claims[2].limit = 1;
        claims[2].soft = i & 1;
        claims[2].share_step = i & 1 ? 0 : 4;

        used[0] = below(claims[0].limit * 5 / 4);
        used[1] = 1;
        used[2] = 1;

        wanted = fit_one(&ask, claims[0].limit, used[0], claims[0].upper,
                         &expected, &bound);
        rc = aicost_fit(&ask, claims, used, 3, AICOST_UNIT_MONEY, 1, &amount,
                        &bounded, &tightest, &room);

        good += rc == wanted
                && (rc == AICOST_OK
                    ? amount == expected && bounded == bound
                    : tightest == 0 && room == expected);
    }

    is_int(good, 20000, "fit as the rule says");
}


static void
test_fit(void)
{
    int64_t         amount, room, used[2];
    uint8_t         bounded;
    uint32_t        tightest;
    aicost_ask_t    ask;
    aicost_claim_t  claims[2];

    memset(claims, 0, sizeof(claims));
    memset(used, 0, sizeof(used));

    ask.least = 10;
    ask.want = 100;
    ask.upper = 150;

    is_int(aicost_fit(&ask, claims, used, 0, 0, 0, &amount, &bounded,
                      &tightest, &room), AICOST_OK, "no claim");
    is_int(amount, 100, "what is wanted");
    is_int(bounded, 0, "without a cap");

    claims[0].limit = AICOST_MONEY_MAX;
    claims[1].limit = 1000;
    used[1] = 850;

    aicost_fit(&ask, claims, used, 2, 0, 0, &amount, &bounded, &tightest,
               &room);
    is_int(amount, 100, "room enough");

    used[1] = 920;
    aicost_fit(&ask, claims, used, 2, 0, 0, &amount, &bounded, &tightest,
               &room);
    is_int(amount, 80, "less than wanted: all that is left");
    is_int(bounded, 1, "with its cap");

    used[1] = 995;
    is_int(aicost_fit(&ask, claims, used, 2, 0, 0, &amount, &bounded,
                      &tightest, &room), AICOST_DECLINED, "below the least");
    is_int(tightest, 1, "the tightest");
    is_int(room, 5, "its room");

    claims[1].share_step = 2;
    is_int(aicost_fit(&ask, claims, used, 2, 0, 0, &amount, &bounded,
                      &tightest, &room), AICOST_OK, "a share of another step");
    is_int(aicost_fit(&ask, claims, used, 2, 0, 1, &amount, &bounded,
                      &tightest, &room), AICOST_DECLINED, "and of this one");

    memset(&ask, 0, sizeof(ask));
    used[1] = AICOST_MONEY_MAX;
    is_int(aicost_fit(&ask, claims, used, 2, 0, 1, &amount, &bounded,
                      &tightest, &room), AICOST_OK, "free always fits");
    is_int(bounded, 0, "without a cap");

    ask.want = ask.upper = 5;
    used[1] = 1000;
    is_int(aicost_fit(&ask, claims, used, 2, 0, 1, &amount, &bounded,
                      &tightest, &room), AICOST_OK, "least 0, no room");
    is_int(amount, 0, "nothing");
    is_int(bounded, 1, "and the cap says so");
}


static void
plain(aicost_reserve_t *q)
{
    memset(q, 0, sizeof(*q));

    q->lease = 1;
    q->nsteps = 1;
    q->nclaims = 2;
    q->nrates = 2;
    q->claims[0].limit = 1;
    q->claims[0].t1 = 1;
    q->claims[1] = q->claims[0];
    q->claims[1].id[15] = 1;
    q->claims[1].session = 1;
    q->claims[1].idle = 1;
    q->claims[1].max = 1;
    q->rates[0].period = 1;
    q->rates[1].period = 1;
    q->rates[1].id[15] = 1;
}


#define refused(change, name)                                                 \
    plain(&q);                                                                \
    change;                                                                   \
    is_int(aicost_reserve_check(&q), AICOST_ERROR, name)


static void
test_check(void)
{
    uint64_t          hash;
    aicost_reserve_t  q;

    plain(&q);
    is_int(aicost_reserve_check(&q), AICOST_OK, "the plainest ask");

    refused(q.now = -1, "now");
    refused(q.now = AICOST_MS_MAX + 1, "now, too late");
    refused(q.lease = 0, "lease");
    refused(q.lease = AICOST_LEASE_MAX + 1, "lease, too long");
    refused(q.nsteps = 0, "steps");
    refused(q.nsteps = AICOST_MAX_STEPS + 1, "steps, too many");
    refused(q.nclaims = AICOST_MAX_CLAIMS + 1, "claims, too many");
    refused(q.nrates = AICOST_MAX_RATES + 1, "rates, too many");
    refused(q.first_step = 1, "first step");
    refused(q.ask[0][0].least = -1, "least");
    refused(q.ask[0][1].least = q.ask[0][1].upper + 1, "least above upper");
    refused(q.ask[0][0].want = AICOST_MONEY_MAX + 1, "want");
    refused(q.ask[0][0].upper = AICOST_MONEY_MAX + 1, "upper");
    refused(q.claims[0].unit = AICOST_UNITS, "unit");
    refused(q.claims[0].limit = 0, "limit");
    refused(q.claims[0].limit = AICOST_MONEY_MAX + 1, "limit, too high");
    refused(q.claims[0].t1 = 0, "a window of no length");
    refused(q.claims[0].t0 = -1, "a window before 1970");
    refused(q.claims[0].kill = -1, "kill");
    refused(q.claims[0].warn = -1, "warn");
    refused(q.claims[0].downgrade = -1, "downgrade");
    refused(q.claims[0].grace = -1, "grace");
    refused(q.claims[1].idle = 0, "idle");
    refused(q.claims[1].max = 0, "max");
    refused(q.claims[1].id[15] = 0, "one account twice");
    refused(q.rates[0].period = 0, "period");
    refused(q.rates[0].tau = -1, "tau");
    refused(q.rates[1].id[15] = 0, "one rate twice");

    plain(&q);
    hash = aicost_reserve_hash(&q);
    q.now = 5;
    q.lease = 7;
    ok(hash == aicost_reserve_hash(&q), "a retry has the same hash");
    q.ask[0][1].upper = 1;
    ok(hash != aicost_reserve_hash(&q), "another ask has not");
    plain(&q);
    q.claims[1].id[15] = 2;
    ok(hash != aicost_reserve_hash(&q), "nor another account");

    is_int(aicost_sum(AICOST_MONEY_MAX - 1, 1), AICOST_MONEY_MAX, "a sum");
    is_int(aicost_sum(AICOST_MONEY_MAX, INT64_MAX), AICOST_MONEY_MAX,
           "saturates");
}


/* the order of the bytes is the same on every machine: edges share accounts */

static void
test_names(void)
{
    int            right;
    unsigned       i;
    unsigned char  digest[2 * AICOST_ID], id[AICOST_ID], latch[AICOST_ID];

    for (i = 0; i < sizeof(digest); i++) {
        digest[i] = (unsigned char) i;
    }

    aicost_name_ids(digest, 0x0102030405060708LL, id, latch);

    right = 1;

    for (i = 0; i < AICOST_ID; i++) {
        right &= (id[i] == ((AICOST_ID + i) ^ (i < 8 ? 8 - i : 0)));
    }

    ok(right, "an account is the second half, mixed with its window");
    ok(memcmp(latch, digest, AICOST_ID) == 0, "its latch the first half");
}


int
main(void)
{
    printf("# seed %llu\n", (unsigned long long) seed);

    test_gcra();
    test_gcra_bound();
    test_fit();
    test_fit_random();
    test_check();
    test_names();

    return done_testing();
}
