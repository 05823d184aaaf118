
/*
 * Copyright (C) aicost
 */


#include "aicost_price.h"


__extension__ typedef unsigned __int128  aicost_u128;


#define AICOST_COST_SCALE          1000000000   /* pico * ppm -> nano */
#define AICOST_PRICE_WHOLE         1000000    /* ppm */
#define AICOST_PRICE_DAY           1440         /* minutes */
#define AICOST_FIT_MAX             ((int64_t) AICOST_MAX_CAP                  \
                                    * AICOST_MAX_CHOICES)


/* the rates of one step, nothing unknown left but input and output */

typedef struct {
    int64_t              input;
    int64_t              output;
    int64_t              cached;
    int64_t              cache_write;
    int64_t              cache_write_1h;
} aicost_step_t;


static void aicost_price_step(aicost_step_t *s, const aicost_price_t *p,
    int64_t prompt);
static void aicost_price_resolve(aicost_step_t *s, const aicost_rates_t *base,
    const aicost_rates_t *r);
static void aicost_price_dearest(aicost_step_t *s, const aicost_price_t *p,
    int64_t prompt);
static uint32_t aicost_price_share(const aicost_price_t *p,
    aicost_service_e service);
static unsigned aicost_price_peak(const aicost_peak_t *peak, int64_t minute);
static int64_t aicost_price_first(int64_t a, int64_t b, int64_t c);
static int64_t aicost_price_max(int64_t a, int64_t b);
static aicost_u128 aicost_price_mul(int64_t tokens, int64_t rate);
static int64_t aicost_price_convert(aicost_u128 pico, int64_t rate_ppm);


int64_t
aicost_cost(const aicost_price_t *p, const aicost_usage_t *u,
    int64_t rate_ppm)
{
    int64_t        prompt, output;
    aicost_u128    sum;
    aicost_step_t  s;

    prompt = aicost_add(aicost_add(u->input, u->cached),
                        aicost_add(u->cache_write, u->cache_write_1h));

    aicost_price_step(&s, p, prompt);

    /* an embedding has no output price; output it reports all the same is
       charged as input, unknown is never zero */

    output = s.output == AICOST_PRICE_UNKNOWN ? s.input : s.output;

    sum = aicost_price_mul(u->input, s.input);
    sum += aicost_price_mul(u->cached, s.cached);
    sum += aicost_price_mul(u->cache_write, s.cache_write);
    sum += aicost_price_mul(u->cache_write_1h, s.cache_write_1h);
    sum += aicost_price_mul(u->output, output);
    sum += aicost_price_mul(u->images, p->image);

    return aicost_price_convert(sum, rate_ppm);
}


int64_t
aicost_cost_upper(const aicost_price_t *p, int64_t input, int64_t images,
    int64_t output, int64_t rate_ppm)
{
    aicost_u128    sum;
    aicost_step_t  s;

    aicost_price_dearest(&s, p, input);

    sum = aicost_price_mul(input, s.input);
    sum += aicost_price_mul(images, p->image);
    sum += aicost_price_mul(output, s.output);

    return aicost_price_convert(sum, rate_ppm);
}


int64_t
aicost_cost_expected(const aicost_price_t *p, int64_t input, int64_t images,
    int64_t output, int64_t rate_ppm)
{
    aicost_u128    sum;
    aicost_step_t  s;

    aicost_price_step(&s, p, input);

    sum = aicost_price_mul(input, s.input);
    sum += aicost_price_mul(images, p->image);
    sum += aicost_price_mul(output, s.output);

    return aicost_price_convert(sum, rate_ppm);
}


int64_t
aicost_cost_fit(const aicost_price_t *p, int64_t input, int64_t images,
    int64_t amount, int64_t rate_ppm)
{
    aicost_u128    fixed, room, rate, n;
    aicost_step_t  s;

    if (amount >= AICOST_MONEY_MAX) {
        return AICOST_FIT_MAX;
    }

    if (amount < 0
        || aicost_cost_upper(p, input, images, 0, rate_ppm) > amount)
    {
        return -1;
    }

    aicost_price_dearest(&s, p, input);

    if (s.output == 0) {
        return AICOST_FIT_MAX;
    }

    if (s.output < 0 || rate_ppm <= 0) {
        return 0;
    }

    fixed = aicost_price_mul(input, s.input)
            + aicost_price_mul(images, p->image);

    /* ceil(x * ppm / scale) <= amount iff x <= floor(amount * scale / ppm) */

    room = (aicost_u128) amount * AICOST_COST_SCALE / (aicost_u128) rate_ppm;
    rate = aicost_price_mul(1, s.output);
    n = (room - fixed) / rate;

    return n > (aicost_u128) AICOST_FIT_MAX ? AICOST_FIT_MAX : (int64_t) n;
}


int64_t
aicost_price_rate(const aicost_price_t *p, int64_t rate_ppm, int64_t from,
    int64_t to)
{
    int64_t  minute;

    if (p->peak.otherwise == 0 || rate_ppm <= 0 || from < 0 || to < from
        || (to - from) / 60000 >= AICOST_PRICE_DAY)
    {
        return rate_ppm;
    }

    for (minute = from / 60000; minute <= to / 60000; minute++) {
        if (aicost_price_peak(&p->peak, minute)) {
            return rate_ppm;
        }
    }

    return aicost_muldiv_up(rate_ppm, p->peak.otherwise, AICOST_PRICE_WHOLE);
}


int64_t
aicost_price_service(const aicost_price_t *p, int64_t rate_ppm,
    aicost_service_e asked, aicost_service_e told)
{
    uint32_t          share;
    unsigned          i;
    aicost_service_e  service;

    service = told == AICOST_SERVICE_AUTO ? asked : told;
    share = aicost_price_share(p, service);

    if (share == 0) {
        share = AICOST_PRICE_WHOLE;

        for (i = 0; i < AICOST_SERVICES; i++) {
            if (p->service[i] > share) {
                share = p->service[i];
            }
        }
    }

    if (share == AICOST_PRICE_WHOLE || rate_ppm <= 0) {
        return rate_ppm;
    }

    return aicost_muldiv_up(rate_ppm, share, AICOST_PRICE_WHOLE);
}


int64_t
aicost_price_service_upper(const aicost_price_t *p, int64_t rate_ppm,
    aicost_service_e asked)
{
    int64_t  rate;

    rate = aicost_price_service(p, rate_ppm, asked, asked);

    return rate > rate_ppm ? rate : rate_ppm;
}


unsigned
aicost_price_serves(const aicost_price_t *p, aicost_service_e asked)
{
    return p->free || aicost_price_share(p, asked) > 0;
}


/* ppm; 0: no price */

static uint32_t
aicost_price_share(const aicost_price_t *p, aicost_service_e service)
{
    if (service >= AICOST_SERVICES) {
        return 0;
    }

    if (p->service[service] == 0 && service <= AICOST_SERVICE_STANDARD) {
        return AICOST_PRICE_WHOLE;
    }

    return p->service[service];
}


/* a minute since 1970 UTC, a Thursday */

static unsigned
aicost_price_peak(const aicost_peak_t *peak, int64_t minute)
{
    int64_t   at, day;
    uint32_t  i;

    day = (minute + peak->offset) / AICOST_PRICE_DAY;

    if (peak->workdays && (day + 3) % 7 >= 5) {
        return 0;
    }

    at = minute % AICOST_PRICE_DAY;

    for (i = 0; i < peak->hours; i++) {
        if (peak->hour[i].from < peak->hour[i].to
            ? at >= peak->hour[i].from && at < peak->hour[i].to
            : at >= peak->hour[i].from || at < peak->hour[i].to)
        {
            return 1;
        }
    }

    return 0;
}


/* the step a prompt reaches: the last one it is longer than */

static void
aicost_price_step(aicost_step_t *s, const aicost_price_t *p, int64_t prompt)
{
    unsigned               i;
    const aicost_rates_t  *r;

    r = &p->base;

    for (i = 0; i < AICOST_PRICE_STEPS && p->above[i].tokens > 0; i++) {
        if (prompt > p->above[i].tokens) {
            r = &p->above[i].rates;
        }
    }

    aicost_price_resolve(s, &p->base, r);
}


static void
aicost_price_resolve(aicost_step_t *s, const aicost_rates_t *base,
    const aicost_rates_t *r)
{
    s->input = aicost_price_first(r->input, base->input, AICOST_PRICE_UNKNOWN);
    s->output = aicost_price_first(r->output, base->output,
                                   AICOST_PRICE_UNKNOWN);
    s->cached = aicost_price_first(r->cached, base->cached, s->input);
    s->cache_write = aicost_price_first(r->cache_write, base->cache_write,
                                        s->input);
    s->cache_write_1h = aicost_price_first(r->cache_write_1h,
                                           base->cache_write_1h,
                                           s->cache_write);
}


/*
 * In s->input and s->output the dearest rates of all steps a prompt of at most
 * `prompt` tokens can reach: the split between full, cached and written input
 * is not known before the answer.
 */

static void
aicost_price_dearest(aicost_step_t *s, const aicost_price_t *p, int64_t prompt)
{
    unsigned       i;
    aicost_step_t  step;

    aicost_price_resolve(s, &p->base, &p->base);

    s->input = aicost_price_max(aicost_price_max(s->input, s->cached),
                                aicost_price_max(s->cache_write,
                                                 s->cache_write_1h));

    for (i = 0; i < AICOST_PRICE_STEPS && p->above[i].tokens > 0; i++) {
        if (prompt <= p->above[i].tokens) {
            continue;
        }

        aicost_price_resolve(&step, &p->base, &p->above[i].rates);

        s->input = aicost_price_max(s->input, step.input);
        s->input = aicost_price_max(s->input, step.cached);
        s->input = aicost_price_max(s->input, step.cache_write);
        s->input = aicost_price_max(s->input, step.cache_write_1h);
        s->output = aicost_price_max(s->output, step.output);
    }
}


static int64_t
aicost_price_first(int64_t a, int64_t b, int64_t c)
{
    if (a >= 0) {
        return a;
    }

    return b >= 0 ? b : c;
}


/* unknown is dearer than any price */

static int64_t
aicost_price_max(int64_t a, int64_t b)
{
    if (a < 0 || b < 0) {
        return AICOST_PRICE_UNKNOWN;
    }

    return a > b ? a : b;
}


/* at most 2^106, six never wrap; an unknown rate is the most there is */

static aicost_u128
aicost_price_mul(int64_t tokens, int64_t rate)
{
    if (tokens <= 0) {
        return 0;
    }

    if (tokens > AICOST_MONEY_MAX) {
        tokens = AICOST_MONEY_MAX;
    }

    if (rate < 0) {
        return (aicost_u128) AICOST_MONEY_MAX * AICOST_MONEY_MAX;
    }

    if (rate > AICOST_MONEY_MAX) {
        rate = AICOST_MONEY_MAX;
    }

    return (aicost_u128) tokens * (aicost_u128) rate;
}


static int64_t
aicost_price_convert(aicost_u128 pico, int64_t rate_ppm)
{
    aicost_u128  n, q, rate;

    if (pico == 0) {
        return 0;
    }

    /* without an exchange rate the price is not known */

    if (rate_ppm <= 0) {
        return AICOST_MONEY_MAX;
    }

    rate = (aicost_u128) rate_ppm;

    if (pico > ~(aicost_u128) 0 / rate) {
        return AICOST_MONEY_MAX;
    }

    n = pico * rate;
    q = (n >> 64) ? n / AICOST_COST_SCALE : (uint64_t) n / AICOST_COST_SCALE;
    q += q * AICOST_COST_SCALE != n;

    return q > (aicost_u128) AICOST_MONEY_MAX ? AICOST_MONEY_MAX : (int64_t) q;
}
