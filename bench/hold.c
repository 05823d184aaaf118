
/*
 * Copyright (C) aicost
 *
 * How long one body holds a worker: tape and facts of each file given, slice
 * by slice as the worker takes them.  Prints the longest slice in us, best of
 * several runs, one line a file; hostile bodies of 1 MB beside them.
 */


#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "aicost_request.h"


#define BENCH_SLICE   262144      /* as NGX_HTTP_AICOST_SLICE */
#define BENCH_RUNS    15
#define BENCH_SIZE    1048576     /* of a hostile body */


static double bench_now(void);
static double bench_body(const unsigned char *data, size_t len);
static void bench_hostile(const char *name, const char *unit);


static aicost_json_t        tape;
static aicost_request_t     request;
static aicost_json_node_t  *nodes;


static double
bench_now(void)
{
    struct timespec  ts;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);

    return (double) ts.tv_sec * 1e6 + (double) ts.tv_nsec / 1e3;
}


static double
bench_body(const unsigned char *data, size_t len)
{
    int     i, rc;
    double  start, took, longest, best;

    best = 0;

    for (i = 0; i < BENCH_RUNS; i++) {
        longest = 0;
        aicost_json_init(&tape, data, len, nodes, AICOST_MAX_NODES);

        do {
            start = bench_now();
            rc = aicost_json_run(&tape, BENCH_SLICE);

            if (rc == AICOST_OK) {
                (void) aicost_request_read(&request, AICOST_EP_CHAT, &tape,
                                           NULL);
            }

            took = bench_now() - start;
            longest = took > longest ? took : longest;

        } while (rc == AICOST_AGAIN);

        best = (i == 0 || longest < best) ? longest : best;
    }

    return best;
}


static void
bench_hostile(const char *name, const char *unit)
{
    size_t          len, n;
    unsigned char  *data;

    data = malloc(BENCH_SIZE + 64);

    if (data == NULL) {
        exit(1);
    }

    n = strlen(unit);
    data[0] = '[';

    for (len = 1; len + n < BENCH_SIZE; len += n) {
        memcpy(data + len, unit, n);
    }

    data[len - 1] = ']';

    printf("%-28s %8zu bytes %10.1f us\n", name, len, bench_body(data, len));
    free(data);
}


int
main(int argc, char **argv)
{
    int             i;
    FILE           *f;
    size_t          len;
    unsigned char  *data;

    nodes = malloc(AICOST_MAX_NODES * sizeof(aicost_json_node_t));
    data = malloc(16 * BENCH_SIZE);

    if (nodes == NULL || data == NULL) {
        return 1;
    }

    for (i = 1; i < argc; i++) {
        f = fopen(argv[i], "rb");

        if (f == NULL) {
            perror(argv[i]);
            return 1;
        }

        len = fread(data, 1, 16 * BENCH_SIZE, f);
        fclose(f);

        printf("%-28s %8zu bytes %10.1f us\n",
               strrchr(argv[i], '/') ? strrchr(argv[i], '/') + 1 : argv[i],
               len, bench_body(data, len));
    }

    bench_hostile("hostile, empty arrays", "[],");
    bench_hostile("hostile, small objects", "{\"a\":1},");
    bench_hostile("hostile, empty strings", "\"\",");
    bench_hostile("hostile, numbers", "1,");

    return 0;
}
