
/*
 * Copyright (C) aicost
 *
 * Budget windows in a time zone, DST included.  All times in ms since 1970
 * UTC.  A window is in the account's name: no reset job exists.
 */


#ifndef _AICOST_WINDOW_H_INCLUDED_
#define _AICOST_WINDOW_H_INCLUDED_


#include "aicost.h"


#define AICOST_TZ_MAX          2048    /* transitions kept */
#define AICOST_TZ_RULE         64      /* bytes of the POSIX rule at the end */


typedef struct {
    uint32_t             n;
    struct {
        int64_t          at;           /* s since 1970 UTC */
        int32_t          offset;       /* s east of UTC from then on */
    } transitions[AICOST_TZ_MAX];
    int32_t              first_offset; /* before the first transition */
    char                 rule[AICOST_TZ_RULE];   /* after the last, may be "" */
} aicost_tz_t;


typedef enum {
    AICOST_PERIOD_MINUTE = 0,
    AICOST_PERIOD_HOUR,
    AICOST_PERIOD_DAY,
    AICOST_PERIOD_WEEK,                /* from Monday */
    AICOST_PERIOD_MONTH,
    AICOST_PERIOD_SESSION,
    AICOST_PERIODS
} aicost_period_e;


/* "minute" ... "session"; AICOST_PERIODS when it is none of them */
aicost_period_e aicost_period_parse(const unsigned char *data, size_t len);
const char *aicost_period_word(aicost_period_e period);

/* a TZif file's bytes (version 1 to 4); AICOST_ERROR when it is none.  Beyond
   AICOST_TZ_MAX transitions the oldest are dropped */
int aicost_tz_parse(aicost_tz_t *tz, const unsigned char *data, size_t len);
void aicost_tz_utc(aicost_tz_t *tz);

/* seconds east of UTC at t (s) */
int32_t aicost_tz_offset(const aicost_tz_t *tz, int64_t t);

/*
 * [*t0, *t1) of the window that now lies in: minutes and hours are UTC-aligned
 * (an hour stays an hour over DST), days, weeks and months begin at the first
 * moment of the local day, also where that day has no 00:00.
 */
void aicost_window(const aicost_tz_t *tz, aicost_period_e period, int64_t now,
    int64_t *t0, int64_t *t1);


#endif /* _AICOST_WINDOW_H_INCLUDED_ */
