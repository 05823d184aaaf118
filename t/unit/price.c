
/*
 * Copyright (C) aicost
 */


#include <stdlib.h>

#include "aicost_price.h"
#include "given.h"
#include "tap.h"


#define SEED     0x2545f4914f6cdd1dULL
#define PPM      920000                /* 0.92 EUR per USD */
#define USD      1000000               /* pico-USD a token of 1 USD per 1M */


static uint64_t  state = SEED;


static int64_t
rnd(int64_t n)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;

    return (int64_t) (state % (uint64_t) n);
}


static aicost_rates_t
rates(int64_t in, int64_t out, int64_t cached, int64_t w, int64_t w1h)
{
    aicost_rates_t  r;

    r.input = in;
    r.output = out;
    r.cached = cached;
    r.cache_write = w;
    r.cache_write_1h = w1h;

    return r;
}


static aicost_price_t
luna(void)
{
    aicost_price_t  p;

    memset(&p, 0, sizeof(aicost_price_t));

    p.base = rates(USD / 10, USD / 2, USD / 100, USD / 8, -1);
    p.above[0].tokens = 272000;
    p.above[0].rates = rates(USD / 5, USD * 3 / 4, -1, -1, -1);
    p.image = 300000000;

    return p;
}


static void
costs(void)
{
    aicost_price_t  p;
    aicost_usage_t  u;

    p = luna();
    memset(&u, 0, sizeof(aicost_usage_t));

    is_int(aicost_cost(&p, &u, PPM), 0, "nothing costs nothing");

    u.input = 1;
    is_int(aicost_cost(&p, &u, PPM), 92, "one token: 100000 * 0.92 / 1000");

    u.input = 1000;
    u.cached = 2000;
    u.cache_write = 100;
    u.cache_write_1h = 10;
    u.output = 500;
    u.reasoning = 400;
    u.images = 2;

    /* 1000*100000 + 2000*10000 + 110*125000 + 500*500000 + 2*300000000 */
    is_int(aicost_cost(&p, &u, 1000000), 983750, "all of it, in USD");
    is_int(aicost_cost(&p, &u, PPM), 905050, "all of it, in EUR");

    memset(&u, 0, sizeof(aicost_usage_t));
    u.input = 272000;
    is_int(aicost_cost(&p, &u, 1000000), 27200000, "at the step: the base");
    u.cached = 1;
    u.output = 10;
    is_int(aicost_cost(&p, &u, 1000000), 54400000 + 10 + 7500,
           "one cached token above it: all dearer, output too, cached as base");

    p.base = rates(1, 1, 1, 1, 1);
    p.above[0].tokens = 0;
    memset(&u, 0, sizeof(aicost_usage_t));
    u.input = 1;
    is_int(aicost_cost(&p, &u, 1), 1, "rounds up once");

    p.base = rates(USD, -1, -1, -1, -1);
    u.cached = 1;
    u.cache_write = 1;
    u.cache_write_1h = 1;
    is_int(aicost_cost(&p, &u, 1000000), 4000, "unknown rates: as input");
    u.output = 1;
    is_int(aicost_cost(&p, &u, 1000000), 5000, "no output price: as input");
    is_int(aicost_cost_upper(&p, 4, 0, 1, 1000000), AICOST_MONEY_MAX,
           "and no bound");
    is_int(aicost_cost_fit(&p, 4, 0, 4000, 1000000), 0, "so none fits");

    is_int(aicost_cost(&p, &u, 0), AICOST_MONEY_MAX, "no rate: unknown");

    u.input = INT64_MAX;
    u.output = INT64_MAX;
    p.base = rates(INT64_MAX, INT64_MAX, -1, -1, -1);
    is_int(aicost_cost(&p, &u, INT64_MAX), AICOST_MONEY_MAX, "never wraps");

    memset(&p, 0, sizeof(aicost_price_t));
    p.free = 1;
    is_int(aicost_cost(&p, &u, PPM), 0, "free is free");
    is_int(aicost_cost_fit(&p, 1000, 0, 0, PPM), 80000000,
           "free output fits always");

    p = luna();
    is_int(aicost_cost_expected(&p, 1000, 1, 100, 1000000), 450000,
           "expected: full input rate");
    is_int(aicost_cost_upper(&p, 1000, 1, 100, 1000000), 475000,
           "upper: cache write rate");
    is_int(aicost_cost_expected(&p, 272001, 0, 0, 1000000), 54400200,
           "expected above the step");

    p.base.cached = USD;
    is_int(aicost_cost_upper(&p, 1000, 0, 0, 1000000), 1000000,
           "upper: a cached rate above input");
}


static int64_t
random_rate(unsigned unknown)
{
    if (unknown && rnd(3) == 0) {
        return AICOST_PRICE_UNKNOWN;
    }

    return rnd(2) ? rnd(100) : rnd(700000000);
}


static void
random_price(aicost_price_t *p)
{
    int64_t   tokens;
    unsigned  i, n;

    memset(p, 0, sizeof(aicost_price_t));

    p->base.input = random_rate(0);
    p->base.output = random_rate(0);
    p->base.cached = random_rate(1);
    p->base.cache_write = random_rate(1);
    p->base.cache_write_1h = random_rate(1);
    p->image = rnd(2) ? rnd(1000000000) : 0;

    n = (unsigned) rnd(AICOST_PRICE_STEPS + 1);
    tokens = 0;

    for (i = 0; i < n; i++) {
        tokens += 1 + rnd(1000);
        p->above[i].tokens = tokens;
        p->above[i].rates.input = random_rate(1);
        p->above[i].rates.output = random_rate(1);
        p->above[i].rates.cached = random_rate(1);
        p->above[i].rates.cache_write = random_rate(1);
        p->above[i].rates.cache_write_1h = random_rate(1);
    }
}


static void
properties(void)
{
    int             i, covers, monotone, fits, expected;
    int64_t         in, out, images, ppm, upper, fit, amount;
    aicost_price_t  p;
    aicost_usage_t  u;

    printf("# seed %llx\n", SEED);

    covers = 1;
    monotone = 1;
    fits = 1;
    expected = 1;

    for (i = 0; i < 200000; i++) {
        random_price(&p);

        in = rnd(5000);
        out = rnd(5000);
        images = rnd(5);
        ppm = 1 + rnd(3000000);
        upper = aicost_cost_upper(&p, in, images, out, ppm);

        memset(&u, 0, sizeof(aicost_usage_t));
        u.input = rnd(in + 1);
        u.cached = rnd(in - u.input + 1);
        u.cache_write = rnd(in - u.input - u.cached + 1);
        u.cache_write_1h = in - u.input - u.cached - u.cache_write;
        u.cache_write_1h -= rnd(2) ? rnd(u.cache_write_1h + 1) : 0;
        u.output = rnd(out + 1);
        u.images = rnd(images + 1);

        covers &= aicost_cost(&p, &u, ppm) <= upper;
        expected &= aicost_cost_expected(&p, in, images, out, ppm) <= upper;

        monotone &= aicost_cost_upper(&p, in + rnd(1000), images, out, ppm)
                    >= upper;
        monotone &= aicost_cost_upper(&p, in, images + 1, out, ppm) >= upper;
        monotone &= aicost_cost_upper(&p, in, images, out + 1, ppm) >= upper;

        amount = rnd(2) ? upper : rnd(upper + 2);
        fit = aicost_cost_fit(&p, in, images, amount, ppm);

        if (fit < 0) {
            fits &= aicost_cost_upper(&p, in, images, 0, ppm) > amount;
            continue;
        }

        fits &= aicost_cost_upper(&p, in, images, fit, ppm) <= amount;

        if (fit < (int64_t) AICOST_MAX_CAP * AICOST_MAX_CHOICES) {
            fits &= aicost_cost_upper(&p, in, images, fit + 1, ppm) > amount;
        }
    }

    ok(covers, "upper covers every split");
    ok(expected, "upper covers the expected cost");
    ok(monotone, "upper is monotone");
    ok(fits, "fit is the largest output that fits");
}


static void
catalogue(void)
{
    size_t                       size;
    aicost_str_t                 a, b, c, note, name;
    aicost_price_t               p;
    aicost_catalogue_t          *k, *copy;
    const aicost_price_t        *row, *next;
    aicost_catalogue_builder_t  *build;

    a = str("openai/gpt-6-luna");
    b = str("groq/openai/gpt-oss-20b");
    c = str("local/gpt-6-luna");
    note = str("vendor page");

    build = aicost_catalogue_start(grow, NULL);
    p = luna();

    p.valid_from = INT64_MIN;
    is_int(aicost_catalogue_add(build, &a, &p, &note), AICOST_OK, "a row");
    p.valid_from = 1000;
    p.base.input = 7;
    is_int(aicost_catalogue_add(build, &a, &p, NULL), AICOST_OK, "a later one");
    is_int(aicost_catalogue_add(build, &a, &p, NULL), AICOST_DECLINED,
           "not at the same time");
    p.valid_from = 500;
    is_int(aicost_catalogue_add(build, &b, &p, NULL), AICOST_OK, "a model");
    is_int(aicost_catalogue_add(build, &a, &p, NULL), AICOST_DECLINED,
           "no second list");

    k = aicost_catalogue_seal(build);
    aicost_catalogue_drop(build);

    /* anywhere else, as in shared memory */

    size = aicost_catalogue_size(k);
    copy = malloc(size);
    memcpy(copy, k, size);
    memset(k, 0xff, size);
    free(k);
    k = copy;

    is_int(aicost_catalogue_models(k), 2, "two models");
    aicost_catalogue_name(k, 0, &name);
    is_mem(name.data, name.len, "groq/openai/gpt-oss-20b", "sorted");

    row = aicost_catalogue_find(k, a.data, a.len, 999);
    is_int(row ? row->base.input : -1, USD / 10, "before the change");
    is_str(row ? aicost_catalogue_source(k, row) : NULL, "vendor page",
           "its source");
    row = aicost_catalogue_find(k, a.data, a.len, 1000);
    is_int(row ? row->base.input : -1, 7, "from the change on");
    is_str(row ? aicost_catalogue_source(k, row) : NULL, "", "no source");
    ok(aicost_catalogue_find(k, b.data, b.len, 499) == NULL, "not yet valid");
    ok(aicost_catalogue_find(k, a.data, a.len - 1, 999) == NULL, "unknown");
    ok(aicost_catalogue_find(k, a.data, 0, 999) == NULL, "empty");

    row = aicost_catalogue_row(k, 1, 0, &next);
    ok(row && next && next->valid_from == 1000, "the row after this one");
    row = aicost_catalogue_row(k, 0, 0, &next);
    ok(row == NULL && next && next->valid_from == 500, "only a row to come");

    is_int(aicost_catalogue_bare(k, a.data + 7, a.len - 7, &name), AICOST_OK,
           "a bare name");
    is_mem(name.data, name.len, "openai/gpt-6-luna", "and its model");
    is_int(aicost_catalogue_bare(k, b.data + 5, b.len - 5, &name), AICOST_OK,
           "a bare name with a slash");
    is_int(aicost_catalogue_bare(k, a.data, a.len, &name), AICOST_DECLINED,
           "a whole name is not bare");

    free(k);

    build = aicost_catalogue_start(grow, NULL);
    (void) aicost_catalogue_add(build, &a, &p, NULL);
    (void) aicost_catalogue_add(build, &c, &p, NULL);
    k = aicost_catalogue_seal(build);
    aicost_catalogue_drop(build);
    is_int(aicost_catalogue_bare(k, a.data + 7, a.len - 7, &name),
           AICOST_ERROR, "two of that name");
    free(k);

    build = aicost_catalogue_start(grow, NULL);
    k = aicost_catalogue_seal(build);
    aicost_catalogue_drop(build);
    ok(k && aicost_catalogue_models(k) == 0
       && aicost_catalogue_find(k, a.data, a.len, 0) == NULL, "empty");
    free(k);
}


static void
many(void)
{
    int                          i, left, rc, found, sorted;
    char                         text[32];
    aicost_str_t                 name, before;
    aicost_price_t               p;
    aicost_catalogue_t          *k;
    aicost_catalogue_builder_t  *build;

    build = aicost_catalogue_start(grow, NULL);
    memset(&p, 0, sizeof(aicost_price_t));

    for (i = 0; i < 3000; i++) {
        (void) snprintf(text, sizeof(text), "p/%d", i * 7919 % 3001);
        name = str(text);
        p.base.input = i;
        (void) aicost_catalogue_add(build, &name, &p, &name);
    }

    k = aicost_catalogue_seal(build);
    aicost_catalogue_drop(build);

    found = 0;

    for (i = 0; i < 3000; i++) {
        (void) snprintf(text, sizeof(text), "p/%d", i * 7919 % 3001);
        name = str(text);
        found += aicost_catalogue_find(k, name.data, name.len, 0)->base.input
                 == i;
    }

    is_int(found, 3000, "3000 models are found");

    sorted = 1;
    before = str("");

    for (i = 0; i < 3000; i++) {
        aicost_catalogue_name(k, (uint32_t) i, &name);
        rc = memcmp(before.data, name.data,
                    before.len < name.len ? before.len : name.len);
        sorted &= rc < 0 || (rc == 0 && before.len < name.len);
        before = name;
    }

    ok(sorted, "and sorted");
    free(k);

    /* every allocation fails in turn: an error, never a crash or a leak */

    for (i = 0, rc = AICOST_ERROR; i < 20; i++) {
        left = i;
        build = aicost_catalogue_start(grow, &left);

        if (build == NULL) {
            continue;
        }

        name = str("p/x");
        rc = aicost_catalogue_add(build, &name, &p, &name);
        k = rc == AICOST_OK ? aicost_catalogue_seal(build) : NULL;
        aicost_catalogue_drop(build);

        if (k) {
            free(k);
            break;
        }
    }

    ok(i > 3 && i < 20, "without memory it is an error");
}


/* 2026-11-23 is a Monday */

#define MONDAY   ((int64_t) 20780 * 1440)
#define AT(day, hour, min)  ((MONDAY + (day) * 1440 + (hour) * 60 + (min))    \
                             * 60000)


static void
peak(void)
{
    unsigned        i;
    aicost_price_t  p;

    static const struct {
        int64_t      from;
        int64_t      to;
        int64_t      rate;
        const char  *name;
    } calls[] = {
        { AT(0, 1, 0), AT(0, 1, 0), PPM, "the first minute is peak" },
        { AT(0, 3, 59) + 59999, AT(0, 3, 59) + 59999, PPM, "the last one" },
        { AT(0, 4, 0), AT(0, 4, 0), PPM / 2, "the next one is not" },
        { AT(0, 0, 59), AT(0, 0, 59) + 59999, PPM / 2, "before it" },
        { AT(0, 0, 59), AT(0, 1, 0), PPM, "a call that runs into it" },
        { AT(0, 3, 59), AT(0, 5, 0), PPM, "a call that began in it" },
        { AT(0, 0, 30), AT(0, 4, 30), PPM, "a call all around it" },
        { AT(0, 4, 1), AT(0, 21, 59), PPM / 2, "a long call between two" },
        { AT(0, 22, 0), AT(0, 22, 0), PPM, "over midnight: before" },
        { AT(1, 0, 0), AT(1, 0, 0), PPM, "and after" },
        { AT(1, 0, 30), AT(1, 0, 30), PPM / 2, "and no longer" },
        { AT(4, 15, 59), AT(4, 15, 59), PPM / 2, "Friday" },
        { AT(4, 22, 0), AT(4, 22, 0), PPM / 2, "Saturday eight hours east" },
        { AT(5, 2, 0), AT(5, 2, 0), PPM / 2, "Saturday" },
        { AT(6, 15, 59), AT(6, 15, 59), PPM / 2, "Sunday" },
        { AT(6, 22, 0), AT(6, 22, 0), PPM, "Monday eight hours east" },
        { AT(5, 2, 0), AT(6, 2, 0), PPM, "a day or more is peak" },
        { AT(5, 2, 0), AT(5, 1, 0), PPM, "so is a clock that went back" },
        { -1, AT(5, 2, 0), PPM, "and one before 1970" }
    };

    memset(&p, 0, sizeof(p));
    is_int(aicost_price_rate(&p, PPM, 0, 0), PPM, "no hours: always");

    p.peak.otherwise = 500000;
    p.peak.workdays = 1;
    p.peak.offset = 480;
    p.peak.hours = 2;
    p.peak.hour[0].from = 60;
    p.peak.hour[0].to = 240;
    p.peak.hour[1].from = 1320;
    p.peak.hour[1].to = 30;

    for (i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
        is_int(aicost_price_rate(&p, PPM, calls[i].from, calls[i].to),
               calls[i].rate, calls[i].name);
    }

    p.peak.otherwise = 333333;
    is_int(aicost_price_rate(&p, 10, AT(5, 2, 0), AT(5, 2, 0)), 4,
           "rounded up");
    is_int(aicost_price_rate(&p, 0, AT(5, 2, 0), AT(5, 2, 0)), 0,
           "an unknown rate stays so");
}


static void
service(void)
{
    unsigned        i;
    aicost_price_t  p;

    static const struct {
        aicost_service_e   asked;
        aicost_service_e   told;
        int64_t            rate;
        const char        *name;
    } calls[] = {
        { AICOST_SERVICE_AUTO, AICOST_SERVICE_AUTO, PPM, "nothing said" },
        { AICOST_SERVICE_AUTO, AICOST_SERVICE_STANDARD, PPM, "standard" },
        { AICOST_SERVICE_AUTO, AICOST_SERVICE_PRIORITY, 2 * PPM,
          "the provider's own choice" },
        { AICOST_SERVICE_FLEX, AICOST_SERVICE_AUTO, PPM / 2,
          "not told is as asked" },
        { AICOST_SERVICE_FLEX, AICOST_SERVICE_FLEX, PPM / 2, "flex" },
        { AICOST_SERVICE_PRIORITY, AICOST_SERVICE_STANDARD, PPM,
          "told counts, not asked" },
        { AICOST_SERVICE_AUTO, AICOST_SERVICE_SCALE, 2 * PPM,
          "without a price: the dearest" },
        { AICOST_SERVICE_FLEX, AICOST_SERVICE_OTHER, 2 * PPM,
          "a name nobody knows: the dearest" }
    };

    memset(&p, 0, sizeof(p));

    for (i = 0; i <= AICOST_SERVICE_OTHER; i++) {
        is_int(aicost_price_service(&p, PPM, AICOST_SERVICE_AUTO,
                                    (aicost_service_e) i), PPM,
               "a row without service tiers");
        is_int(aicost_price_serves(&p, (aicost_service_e) i),
               i <= AICOST_SERVICE_STANDARD, "which has no price for others");
    }

    p.service[AICOST_SERVICE_FLEX] = 500000;
    p.service[AICOST_SERVICE_PRIORITY] = 2000000;

    for (i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
        is_int(aicost_price_service(&p, PPM, calls[i].asked, calls[i].told),
               calls[i].rate, calls[i].name);
    }

    is_int(aicost_price_service_upper(&p, PPM, AICOST_SERVICE_FLEX), PPM,
           "flex may be served as standard");
    is_int(aicost_price_service_upper(&p, PPM, AICOST_SERVICE_PRIORITY),
           2 * PPM, "the most of priority");
    is_int(aicost_price_service_upper(&p, PPM, AICOST_SERVICE_AUTO), PPM,
           "the most of what says nothing");

    is_int(aicost_price_serves(&p, AICOST_SERVICE_FLEX), 1, "flex is priced");
    is_int(aicost_price_serves(&p, AICOST_SERVICE_FAST), 0, "fast is not");

    p.service[AICOST_SERVICE_AUTO] = 2000000;
    is_int(aicost_price_service_upper(&p, PPM, AICOST_SERVICE_AUTO), 2 * PPM,
           "what says nothing, where that is dearer");
    is_int(aicost_price_service(&p, PPM, AICOST_SERVICE_AUTO,
                                AICOST_SERVICE_STANDARD), PPM,
           "unless it is told to be standard");

    p.service[AICOST_SERVICE_FLEX] = 333333;
    is_int(aicost_price_service(&p, 10, AICOST_SERVICE_FLEX,
                                AICOST_SERVICE_FLEX), 4, "rounded up");
    is_int(aicost_price_service(&p, 0, AICOST_SERVICE_FLEX,
                                AICOST_SERVICE_FLEX), 0,
           "an unknown rate stays so");

    p.free = 1;
    is_int(aicost_price_serves(&p, AICOST_SERVICE_FAST), 1,
           "what is free is so in all of them");
}


int
main(void)
{
    costs();
    peak();
    service();
    properties();
    catalogue();
    many();

    return done_testing();
}
