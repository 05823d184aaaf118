
/*
 * Copyright (C) aicost
 *
 * Windows over clock changes.  The table was made with another implementation
 * of the same zone files; a zone that is not installed is skipped.
 */


#include <stdlib.h>

#include "aicost_window.h"
#include "tap.h"


#define ZONES  "/usr/share/zoneinfo/"


typedef struct {
    const char          *zone;
    const char          *name;
    long long            now;        /* s */
    long long            t0;
    long long            t1;
} test_day_t;


static aicost_tz_t    tz;
static unsigned char  file[65536];


static const test_day_t  test_days[] = {
    { "Europe/Amsterdam", "23 hours", 1774778400, 1774738800, 1774821600 },
    { "Europe/Amsterdam", "25 hours", 1792926000, 1792879200, 1792969200 },
    { "Europe/Amsterdam", "by the rule, 2077", 3384151200, 3384111600,
      3384194400 },
    { "America/New_York", "by the rule, 2050", 2551366800, 2551320000,
      2551410000 },
    { "America/Havana", "no 00:00", 1772985600, 1772946000, 1773028800 },
    { "Africa/Cairo", "no 00:00", 1777021200, 1776981600, 1777064400 },
    { "Asia/Beirut", "no 00:00", 1774774800, 1774735200, 1774818000 },
    { "America/Santiago", "no 00:00", 1788706800, 1788667200, 1788750000 },
    { "America/Nuuk", "25 hours, negative rule", 1792846800, 1792803600,
      1792893600 },
    { "America/Scoresbysund", "25 hours", 1792846800, 1792803600,
      1792893600 },
    { "Pacific/Apia", "before the day that was not", 1325196000, 1325152800,
      1325239200 },
    { "Pacific/Apia", "after it", 1325282400, 1325239200, 1325325600 },
};


static size_t
test_read(const char *zone)
{
    FILE    *f;
    char     path[128];
    size_t   n;

    snprintf(path, sizeof(path), "%s%s", ZONES, zone);

    f = fopen(path, "rb");

    if (f == NULL) {
        return 0;
    }

    n = fread(file, 1, sizeof(file), f);
    fclose(f);

    return n;
}


static void
test_zones(void)
{
    char               name[96];
    size_t             len;
    int64_t            t0, t1, next, unused;
    unsigned           i;
    const test_day_t  *day;

    for (i = 0; i < sizeof(test_days) / sizeof(test_days[0]); i++) {
        day = &test_days[i];
        len = test_read(day->zone);

        if (len == 0) {
            snprintf(name, sizeof(name), "%s # SKIP no %s (package tzdata)",
                     day->zone, ZONES);
            ok(1, name);
            continue;
        }

        ok(aicost_tz_parse(&tz, file, len) == AICOST_OK, day->zone);

        aicost_window(&tz, AICOST_PERIOD_DAY, day->now * 1000, &t0, &t1);
        is_int(t0, day->t0 * 1000, day->name);
        is_int(t1, day->t1 * 1000, day->name);

        aicost_window(&tz, AICOST_PERIOD_DAY, t1, &next, &unused);
        is_int(next, t1, "the next day begins where this one ends");
        aicost_window(&tz, AICOST_PERIOD_DAY, t1 - 1, &next, &unused);
        is_int(next, t0, "and its last ms is in it");
    }
}


/* one transition at 0, then the rule */

static size_t
test_file(const char *rule, unsigned version)
{
    unsigned char  *p;

    static const unsigned char  counts[24] = {
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 4
    };

    memset(file, 0, sizeof(file));
    p = file;

    memcpy(p, "TZif", 4);
    p[4] = (unsigned char) version;
    memcpy(p + 20, counts, 24);
    memcpy(p + 44 + 4 + 1 + 6, "UTC", 4);
    p += 44 + 4 + 1 + 6 + 4;

    if (version == 0) {
        return (size_t) (p - file);
    }

    memcpy(p, "TZif", 4);
    p[4] = (unsigned char) version;
    memcpy(p + 20, counts, 24);
    p += 44 + 8 + 1 + 6 + 4;

    p += snprintf((char *) p, 128, "\n%s\n", rule);

    return (size_t) (p - file);
}


static void
test_rules(void)
{
    unsigned  i;

    static const struct {
        const char  *rule;
        long long    at;
        long long    offset;
    } good[] = {
        { "CET-1CEST,M3.5.0,M10.5.0/3", 1774745999, 3600 },
        { "CET-1CEST,M3.5.0,M10.5.0/3", 1774746000, 7200 },
        { "EST5EDT", 1772953199, -18000 },
        { "EST5EDT", 1772953200, -14400 },
        { "<+0330>-3:30", 1774746000, 12600 },
        { "<-02>2<-01>,M3.5.0/-1,M10.5.0/0", 1774745999, -7200 },
        { "<-02>2<-01>,M3.5.0/-1,M10.5.0/0", 1774746000, -3600 },
        { "IST-2IDT,M3.4.4/26,M10.5.0", 1774569599, 7200 },
        { "IST-2IDT,M3.4.4/26,M10.5.0", 1774569600, 10800 },
        { "WGT3EDT4,0/0,J365/23", 1774746000, -14400 },
        { "AAA0BBB,J60/0,J300/0", 1709251199, 0 },     /* 1 March 2024 */
        { "AAA0BBB,J60/0,J300/0", 1709251200, 3600 },
        { "AAA0BBB,59/0,299/0", 1709164800, 3600 },    /* 29 February */
        { "AAA0BBB,59/0,299/0", 1709164799, 0 },
        { "", 1774746000, 0 },
    };

    static const char *const  bad[] = {
        "C", "CET", "CET-25", "CET-1CEST,", "CET-1CEST,M3.5.0",
        "CET-1CEST,M13.5.0,M10.5.0", "CET-1CEST,M3.6.0,M10.5.0",
        "CET-1CEST,M3.5.7,M10.5.0", "CET-1CEST,J0,J3", "CET-1CEST,366,3",
        "CET-1CEST,M3.5.0/168,M10.5.0", "<CET-1", "CET-1CEST,M3.5.0,M10.5.0x",
    };

    for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        if (ok(aicost_tz_parse(&tz, file, test_file(good[i].rule, '3'))
               == AICOST_OK, good[i].rule))
        {
            is_int(aicost_tz_offset(&tz, good[i].at), good[i].offset,
                   "its offset");
        }
    }

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        ok(aicost_tz_parse(&tz, file, test_file(bad[i], '2')) == AICOST_ERROR,
           bad[i]);
    }

    ok(aicost_tz_parse(&tz, file, test_file("", 0)) == AICOST_OK, "version 1");
    ok(aicost_tz_parse(&tz, file, test_file("", '5')) == AICOST_ERROR,
       "version 5");
}


static void
test_cut(void)
{
    size_t          i, len, good;
    unsigned char  *exact;

    len = test_file("CET-1CEST,M3.5.0,M10.5.0/3", '2');
    good = 0;

    for (i = 0; i < len; i++) {
        exact = malloc(i + 1);
        memcpy(exact, file, i);
        good += aicost_tz_parse(&tz, exact, i) == AICOST_OK;
        free(exact);
    }

    is_int((long long) good, 0, "a file that is cut anywhere is refused");
}


static void
test_periods(void)
{
    int64_t          t0, t1;
    const char      *word;
    aicost_period_e  p;

    aicost_tz_utc(&tz);

    /* 2026-11-25 02:33:18.500 UTC, a Wednesday */

    aicost_window(&tz, AICOST_PERIOD_MINUTE, 1795573998500LL, &t0, &t1);
    is_int(t0, 1795573980000LL, "minute");
    is_int(t1 - t0, 60000, "its length");
    aicost_window(&tz, AICOST_PERIOD_HOUR, 1795573998500LL, &t0, &t1);
    is_int(t0, 1795572000000LL, "hour");
    aicost_window(&tz, AICOST_PERIOD_DAY, 1795573998500LL, &t0, &t1);
    is_int(t0, 1795564800000LL, "day");
    is_int(t1 - t0, 86400000, "its length");
    aicost_window(&tz, AICOST_PERIOD_WEEK, 1795573998500LL, &t0, &t1);
    is_int(t0, 1795392000000LL, "week, from Monday");
    is_int(t1 - t0, 7 * 86400000LL, "its length");
    aicost_window(&tz, AICOST_PERIOD_MONTH, 1795573998500LL, &t0, &t1);
    is_int(t0, 1793491200000LL, "month");
    is_int(t1 - t0, 30 * 86400000LL, "its length");
    aicost_window(&tz, AICOST_PERIOD_MONTH, -1, &t0, &t1);
    is_int(t0, -31 * 86400000LL, "a month before 1970");
    aicost_window(&tz, AICOST_PERIOD_SESSION, 5, &t0, &t1);
    ok(t0 <= 5 && t1 == INT64_MAX, "a session has no window");

    for (p = AICOST_PERIOD_MINUTE; p < AICOST_PERIODS; p++) {
        word = aicost_period_word(p);
        is_int(aicost_period_parse((const unsigned char *) word,
                                   strlen(word)), p, word);
    }

    is_int(aicost_period_parse((const unsigned char *) "days", 4),
           AICOST_PERIODS, "no period");
}


int
main(void)
{
    test_zones();
    test_rules();
    test_cut();
    test_periods();

    return done_testing();
}
