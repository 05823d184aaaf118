
/*
 * Copyright (C) aicost
 */


#include "aicost_window.h"


#define AICOST_TZ_HEADER       44
#define AICOST_TZ_OFFSET_MAX   93600      /* s: 26 hours, either way */
#define AICOST_TZ_COUNT_MAX    65536      /* of anything in a file */
#define AICOST_DAY             86400


/* the six counts of a block, in the order of the file */

typedef struct {
    uint32_t             isut;
    uint32_t             isstd;
    uint32_t             leap;
    uint32_t             time;
    uint32_t             type;
    uint32_t             chars;
} aicost_tz_counts_t;


typedef struct {
    char                 form;         /* 'M', 'J' or '0', the bare number */
    int32_t              month;
    int32_t              week;
    int32_t              day;
    int32_t              time;         /* s after 00:00, may be negative */
} aicost_tz_date_t;


typedef struct {
    int32_t              standard;     /* s east of UTC */
    int32_t              summer;
    unsigned             two;          /* there is a summer time */
    aicost_tz_date_t     start;
    aicost_tz_date_t     end;
} aicost_tz_rule_t;


typedef struct {
    int64_t              at;
    int32_t              offset;
} aicost_tz_event_t;


static int64_t aicost_tz_number(const unsigned char *p, unsigned bytes);
static int aicost_tz_counts(aicost_tz_counts_t *c, const unsigned char *data,
    size_t len, unsigned width, size_t *size);
static int aicost_tz_block(aicost_tz_t *tz, const aicost_tz_counts_t *c,
    const unsigned char *p, unsigned width);
static int aicost_tz_footer(aicost_tz_t *tz, const unsigned char *p,
    size_t len);
static int aicost_tz_rule(aicost_tz_rule_t *rule, const char *p);
static const char *aicost_tz_rule_name(const char *p);
static const char *aicost_tz_rule_digits(const char *p, int32_t max,
    int32_t *value);
static const char *aicost_tz_rule_time(const char *p, int32_t max,
    int32_t *value);
static const char *aicost_tz_rule_date(const char *p, aicost_tz_date_t *date);
static int64_t aicost_tz_date(const aicost_tz_date_t *date, int64_t year);
static unsigned aicost_tz_events(const aicost_tz_rule_t *rule, int64_t t,
    aicost_tz_event_t *events);
static int32_t aicost_tz_rule_offset(const aicost_tz_rule_t *rule, int64_t t);
static uint32_t aicost_tz_index(const aicost_tz_t *tz, int64_t t);
static int64_t aicost_tz_next(const aicost_tz_t *tz, int64_t t);
static int64_t aicost_tz_day(const aicost_tz_t *tz, int64_t day);
static int64_t aicost_floor(int64_t a, int64_t b);
static unsigned aicost_leap(int64_t year);
static int64_t aicost_days(int64_t year, int32_t month, int32_t day);
static void aicost_civil(int64_t day, int64_t *year, int32_t *month);


static const char *const  aicost_period_words[] = {
    "minute", "hour", "day", "week", "month", "session"
};


aicost_period_e
aicost_period_parse(const unsigned char *data, size_t len)
{
    unsigned  i;

    for (i = 0; i < AICOST_PERIODS; i++) {
        if (len == strlen(aicost_period_words[i])
            && memcmp(data, aicost_period_words[i], len) == 0)
        {
            break;
        }
    }

    return (aicost_period_e) i;
}


const char *
aicost_period_word(aicost_period_e period)
{
    return (unsigned) period < AICOST_PERIODS
           ? aicost_period_words[period] : "";
}


void
aicost_tz_utc(aicost_tz_t *tz)
{
    tz->n = 0;
    tz->first_offset = 0;
    tz->rule[0] = '\0';
}


/* --- the file ---------------------------------------------------------- */

static int64_t
aicost_tz_number(const unsigned char *p, unsigned bytes)
{
    uint64_t  n;
    unsigned  i;

    n = p[0] & 0x80 ? UINT64_MAX : 0;

    for (i = 0; i < bytes; i++) {
        n = (n << 8) | p[i];
    }

    return (int64_t) n;
}


/* *size: of the block behind the header, whose times have width bytes */

static int
aicost_tz_counts(aicost_tz_counts_t *c, const unsigned char *data, size_t len,
    unsigned width, size_t *size)
{
    unsigned  i;
    uint32_t  n[6];

    if (len < AICOST_TZ_HEADER || memcmp(data, "TZif", 4) != 0) {
        return AICOST_ERROR;
    }

    for (i = 0; i < 6; i++) {
        n[i] = (uint32_t) aicost_tz_number(data + 20 + 4 * i, 4);

        if (n[i] > AICOST_TZ_COUNT_MAX) {
            return AICOST_ERROR;
        }
    }

    c->isut = n[0];
    c->isstd = n[1];
    c->leap = n[2];
    c->time = n[3];
    c->type = n[4];
    c->chars = n[5];

    *size = (size_t) c->time * (width + 1) + (size_t) c->type * 6 + c->chars
            + (size_t) c->leap * (width + 4) + c->isstd + c->isut;

    return len - AICOST_TZ_HEADER >= *size ? AICOST_OK : AICOST_ERROR;
}


int
aicost_tz_parse(aicost_tz_t *tz, const unsigned char *data, size_t len)
{
    size_t              size;
    unsigned char       version;
    aicost_tz_counts_t  counts;

    aicost_tz_utc(tz);

    if (aicost_tz_counts(&counts, data, len, 4, &size) != AICOST_OK) {
        return AICOST_ERROR;
    }

    version = data[4];

    if (version == 0) {
        return aicost_tz_block(tz, &counts, data + AICOST_TZ_HEADER, 4);
    }

    if (version < '2' || version > '4') {
        return AICOST_ERROR;
    }

    data += AICOST_TZ_HEADER + size;
    len -= AICOST_TZ_HEADER + size;

    if (aicost_tz_counts(&counts, data, len, 8, &size) != AICOST_OK
        || aicost_tz_block(tz, &counts, data + AICOST_TZ_HEADER, 8)
           != AICOST_OK)
    {
        return AICOST_ERROR;
    }

    return aicost_tz_footer(tz, data + AICOST_TZ_HEADER + size,
                            len - AICOST_TZ_HEADER - size);
}


static int
aicost_tz_block(aicost_tz_t *tz, const aicost_tz_counts_t *c,
    const unsigned char *p, unsigned width)
{
    int64_t               at, last, offset;
    uint32_t              i, dropped;
    const unsigned char  *index, *type;

    /* times that count leap seconds are not of this clock */

    if (c->type == 0 || c->leap) {
        return AICOST_ERROR;
    }

    index = p + (size_t) c->time * width;
    type = index + c->time;

    for (i = 0; i < c->type; i++) {
        offset = aicost_tz_number(type + 6 * i, 4);

        if (offset < -AICOST_TZ_OFFSET_MAX || offset > AICOST_TZ_OFFSET_MAX) {
            return AICOST_ERROR;
        }
    }

    tz->first_offset = (int32_t) aicost_tz_number(type, 4);
    dropped = c->time > AICOST_TZ_MAX ? c->time - AICOST_TZ_MAX : 0;
    last = INT64_MIN;

    for (i = 0; i < c->time; i++) {
        at = aicost_tz_number(p + (size_t) i * width, width);

        if (index[i] >= c->type || (i && at <= last)) {
            return AICOST_ERROR;
        }

        last = at;
        offset = aicost_tz_number(type + 6 * index[i], 4);

        if (i < dropped) {
            tz->first_offset = (int32_t) offset;
            continue;
        }

        tz->transitions[tz->n].at = at;
        tz->transitions[tz->n++].offset = (int32_t) offset;
    }

    return AICOST_OK;
}


static int
aicost_tz_footer(aicost_tz_t *tz, const unsigned char *p, size_t len)
{
    size_t                n;
    aicost_tz_rule_t      rule;
    const unsigned char  *end;

    if (len < 2 || p[0] != '\n') {
        return AICOST_ERROR;
    }

    end = memchr(p + 1, '\n', len - 1);

    if (end == NULL) {
        return AICOST_ERROR;
    }

    n = (size_t) (end - p) - 1;

    if (n >= AICOST_TZ_RULE || memchr(p + 1, '\0', n) != NULL) {
        return AICOST_ERROR;
    }

    memcpy(tz->rule, p + 1, n);
    tz->rule[n] = '\0';

    return n == 0 ? AICOST_OK : aicost_tz_rule(&rule, tz->rule);
}


/* --- the rule behind the last transition ------------------------------- */

static int
aicost_tz_rule(aicost_tz_rule_t *rule, const char *p)
{
    memset(rule, 0, sizeof(aicost_tz_rule_t));

    /* written west of UTC */

    p = aicost_tz_rule_time(aicost_tz_rule_name(p), 24, &rule->standard);

    if (p == NULL) {
        return AICOST_ERROR;
    }

    rule->standard = -rule->standard;

    if (*p == '\0') {
        return AICOST_OK;
    }

    rule->two = 1;
    rule->summer = rule->standard + 3600;

    p = aicost_tz_rule_name(p);

    if (p && *p != ',' && *p != '\0') {
        p = aicost_tz_rule_time(p, 24, &rule->summer);
        rule->summer = -rule->summer;
    }

    if (p == NULL) {
        return AICOST_ERROR;
    }

    if (*p == '\0') {
        p = ",M3.2.0,M11.1.0";
    }

    p = aicost_tz_rule_date(p, &rule->start);
    p = p ? aicost_tz_rule_date(p, &rule->end) : NULL;

    return p && *p == '\0' ? AICOST_OK : AICOST_ERROR;
}


/* three letters or more, or anything within <> */

static const char *
aicost_tz_rule_name(const char *p)
{
    const char  *start;

    start = p;

    if (*p == '<') {
        while (*p && *p != '>') {
            p++;
        }

        return *p ? p + 1 : NULL;
    }

    while ((*p >= 'A' && *p <= 'Z') || (*p >= 'a' && *p <= 'z')) {
        p++;
    }

    return p - start >= 3 ? p : NULL;
}


static const char *
aicost_tz_rule_digits(const char *p, int32_t max, int32_t *value)
{
    const char  *start;

    start = p;
    *value = 0;

    while (p && *p >= '0' && *p <= '9') {
        *value = *value * 10 + (*p++ - '0');

        if (*value > max) {
            return NULL;
        }
    }

    return p != start ? p : NULL;
}


/* [+-]hh[:mm[:ss]] */

static const char *
aicost_tz_rule_time(const char *p, int32_t max, int32_t *value)
{
    int32_t   part, sign, unit;

    *value = 0;

    if (p == NULL) {
        return NULL;
    }

    sign = *p == '-' ? -1 : 1;

    if (*p == '-' || *p == '+') {
        p++;
    }

    p = aicost_tz_rule_digits(p, max, &part);
    *value = part * 3600;

    for (unit = 60; p && *p == ':' && unit; unit /= 60) {
        p = aicost_tz_rule_digits(p + 1, 59, &part);
        *value += part * unit;
    }

    *value *= sign;

    return p;
}


/* ,Mm.w.d or ,Jn or ,n; then /time, 02:00 unless given */

static const char *
aicost_tz_rule_date(const char *p, aicost_tz_date_t *date)
{
    if (*p++ != ',') {
        return NULL;
    }

    date->form = *p == 'M' || *p == 'J' ? *p++ : '0';

    if (date->form == 'M') {
        p = aicost_tz_rule_digits(p, 12, &date->month);

        if (p == NULL || *p != '.' || date->month < 1) {
            return NULL;
        }

        p = aicost_tz_rule_digits(p + 1, 5, &date->week);

        if (p == NULL || *p != '.' || date->week < 1) {
            return NULL;
        }

        p = aicost_tz_rule_digits(p + 1, 6, &date->day);

    } else {
        p = aicost_tz_rule_digits(p, 365, &date->day);

        if (date->form == 'J' && date->day < 1) {
            return NULL;
        }
    }

    date->time = 7200;

    if (p && *p == '/') {
        p = aicost_tz_rule_time(p + 1, 167, &date->time);
    }

    return p;
}


/* s since 1970 as a clock on the wall shows them */

static int64_t
aicost_tz_date(const aicost_tz_date_t *date, int64_t year)
{
    int64_t  day, first, next;

    if (date->form == 'M') {
        first = aicost_days(year, date->month, 1);
        next = date->month == 12 ? aicost_days(year + 1, 1, 1)
                                 : aicost_days(year, date->month + 1, 1);

        /* 1970-01-01 was a Thursday; Sunday is 0 */

        day = first + (date->day + 10 - (first + 7 * 4000000) % 7) % 7
              + (date->week - 1) * 7;

        while (day >= next) {
            day -= 7;
        }

    } else {
        day = aicost_days(year, 1, 1) + date->day;

        /* Jn never counts 29 February */

        if (date->form == 'J' && (date->day < 60 || !aicost_leap(year))) {
            day--;
        }
    }

    return day * AICOST_DAY + date->time;
}


/* the changes of the years around t: dates may reach over their own year.
   When two fall together, summer begins */

static unsigned
aicost_tz_events(const aicost_tz_rule_t *rule, int64_t t,
    aicost_tz_event_t *events)
{
    int32_t   month;
    int64_t   year, y;
    unsigned  n;

    n = 0;
    aicost_civil(aicost_floor(t, AICOST_DAY), &year, &month);

    for (y = year - 1; y <= year + 1; y++) {
        events[n].at = aicost_tz_date(&rule->end, y) - rule->summer;
        events[n++].offset = rule->standard;
        events[n].at = aicost_tz_date(&rule->start, y) - rule->standard;
        events[n++].offset = rule->summer;
    }

    return n;
}


static int32_t
aicost_tz_rule_offset(const aicost_tz_rule_t *rule, int64_t t)
{
    int64_t            last;
    int32_t            offset;
    unsigned           i, n;
    aicost_tz_event_t  events[6];

    if (!rule->two) {
        return rule->standard;
    }

    n = aicost_tz_events(rule, t, events);
    offset = rule->standard;
    last = INT64_MIN;

    for (i = 0; i < n; i++) {
        if (events[i].at <= t
            && (events[i].at > last
                || (events[i].at == last && events[i].offset == rule->summer)))
        {
            last = events[i].at;
            offset = events[i].offset;
        }
    }

    return offset;
}


/* local time: transitions that are not after t */

static uint32_t
aicost_tz_index(const aicost_tz_t *tz, int64_t t)
{
    uint32_t  low, high, middle;

    low = 0;
    high = tz->n;

    while (low < high) {
        middle = low + (high - low) / 2;

        if (tz->transitions[middle].at <= t) {
            low = middle + 1;

        } else {
            high = middle;
        }
    }

    return low;
}


int32_t
aicost_tz_offset(const aicost_tz_t *tz, int64_t t)
{
    uint32_t          i;
    aicost_tz_rule_t  rule;

    i = aicost_tz_index(tz, t);

    if (i == tz->n && tz->rule[0]
        && aicost_tz_rule(&rule, tz->rule) == AICOST_OK)
    {
        return aicost_tz_rule_offset(&rule, t);
    }

    return i ? tz->transitions[i - 1].offset : tz->first_offset;
}


/* the first moment after t at which the offset may change */

static int64_t
aicost_tz_next(const aicost_tz_t *tz, int64_t t)
{
    int64_t            next;
    uint32_t           i;
    unsigned           k, n;
    aicost_tz_rule_t   rule;
    aicost_tz_event_t  events[6];

    i = aicost_tz_index(tz, t);

    if (i < tz->n) {
        return tz->transitions[i].at;
    }

    next = INT64_MAX;

    if (tz->rule[0] && aicost_tz_rule(&rule, tz->rule) == AICOST_OK
        && rule.two)
    {
        n = aicost_tz_events(&rule, t, events);

        for (k = 0; k < n; k++) {
            if (events[k].at > t && events[k].at < next) {
                next = events[k].at;
            }
        }
    }

    return next;
}


/*
 * The first moment (s) whose local time is not before 00:00 of that day: where
 * 00:00 is skipped it is the one after, where the whole day is, the next
 * day's.
 */

static int64_t
aicost_tz_day(const aicost_tz_t *tz, int64_t day)
{
    int64_t  t, local, crossing, next;

    local = day * AICOST_DAY;
    t = local - AICOST_TZ_OFFSET_MAX - 1;

    for ( ;; ) {
        crossing = local - aicost_tz_offset(tz, t);

        if (crossing <= t) {
            return t;
        }

        next = aicost_tz_next(tz, t);

        if (crossing < next) {
            return crossing;
        }

        t = next;
    }
}


void
aicost_window(const aicost_tz_t *tz, aicost_period_e period, int64_t now,
    int64_t *t0, int64_t *t1)
{
    int32_t  month;
    int64_t  t, day, first, next, length, year;

    if (period == AICOST_PERIOD_MINUTE || period == AICOST_PERIOD_HOUR) {
        length = period == AICOST_PERIOD_MINUTE ? 60000 : 3600000;
        *t0 = aicost_floor(now, length) * length;
        *t1 = *t0 + length;
        return;
    }

    if ((unsigned) period >= AICOST_PERIOD_SESSION) {
        *t0 = 0;
        *t1 = INT64_MAX;
        return;
    }

    t = aicost_floor(now, 1000);
    day = aicost_floor(t + aicost_tz_offset(tz, t), AICOST_DAY);

    /* a clock set back over 00:00 does not go back to the day before */

    while (aicost_tz_day(tz, day + 1) <= t) {
        day++;
    }

    first = day;
    next = day + 1;

    if (period == AICOST_PERIOD_WEEK) {
        first = day - (day + 3 + 7 * (int64_t) 4000000) % 7;
        next = first + 7;

    } else if (period == AICOST_PERIOD_MONTH) {
        aicost_civil(day, &year, &month);
        first = aicost_days(year, month, 1);
        next = month == 12 ? aicost_days(year + 1, 1, 1)
                           : aicost_days(year, month + 1, 1);
    }

    *t0 = aicost_tz_day(tz, first) * 1000;
    *t1 = aicost_tz_day(tz, next) * 1000;
}


/* --- the calendar ------------------------------------------------------ */

static int64_t
aicost_floor(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}


static unsigned
aicost_leap(int64_t year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}


/* days since 1970; years are counted from March, so that a leap day is last */

static int64_t
aicost_days(int64_t year, int32_t month, int32_t day)
{
    int64_t  era, of_era, of_year;

    year -= month <= 2;
    era = aicost_floor(year, 400);
    of_era = year - era * 400;
    of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;

    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year
           - 719468;
}


static void
aicost_civil(int64_t day, int64_t *year, int32_t *month)
{
    int64_t  era, of_era, years, of_year, m;

    day += 719468;
    era = aicost_floor(day, 146097);
    of_era = day - era * 146097;
    years = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    of_year = of_era - (365 * years + years / 4 - years / 100);
    m = (5 * of_year + 2) / 153;

    *month = (int32_t) (m < 10 ? m + 3 : m - 9);
    *year = years + era * 400 + (*month <= 2);
}
