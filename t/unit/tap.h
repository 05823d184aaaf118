
/*
 * Copyright (C) aicost
 *
 * The few words of TAP that a unit test in C needs.
 */


#ifndef _AICOST_TAP_H_INCLUDED_
#define _AICOST_TAP_H_INCLUDED_


#include <stdio.h>
#include <string.h>


static int  tap_run;
static int  tap_failed;
static int  tap_planned;


/* before the first check, when their number is known */

static inline void
plan(int n)
{
    tap_planned = n;
    printf("1..%d\n", n);
}


static inline int
ok(int pass, const char *name)
{
    tap_run++;

    if (!pass) {
        tap_failed++;
    }

    printf("%sok %d - %s\n", pass ? "" : "not ", tap_run, name);
    fflush(stdout);

    return pass;
}


static inline int
is_int(long long got, long long expected, const char *name)
{
    int  pass;

    pass = ok(got == expected, name);

    if (!pass) {
        printf("#   got %lld, expected %lld\n", got, expected);
    }

    return pass;
}


static inline int
is_str(const char *got, const char *expected, const char *name)
{
    int  pass;

    pass = (got == NULL || expected == NULL)
           ? ok(got == expected, name)
           : ok(strcmp(got, expected) == 0, name);

    if (!pass) {
        printf("#   got \"%s\", expected \"%s\"\n", got ? got : "(null)",
               expected ? expected : "(null)");
    }

    return pass;
}


/* for strings that are not terminated */

static inline int
is_mem(const void *got, size_t len, const char *expected, const char *name)
{
    int  pass;

    pass = ok(len == strlen(expected) && memcmp(got, expected, len) == 0,
              name);

    if (!pass) {
        printf("#   got \"%.*s\", expected \"%s\"\n", (int) len,
               (const char *) got, expected);
    }

    return pass;
}


/* return it from main() */

static inline int
done_testing(void)
{
    if (tap_planned == 0) {
        printf("1..%d\n", tap_run);
    }

    return tap_failed != 0 || (tap_planned != 0 && tap_planned != tap_run);
}


#endif /* _AICOST_TAP_H_INCLUDED_ */
