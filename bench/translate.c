
/*
 * Copyright (C) aicost
 *
 * What the translation of a request takes, in us: strict tape, form, and the
 * form written twice, as the worker does (once for its size).  The file is a
 * chat request; for the other clients it is written in their shape first.
 * Best of several runs; the last number is the longest of all pairs.
 */


#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "format/aicost_form.h"


#define BENCH_RUNS     15
#define BENCH_SIZE     4194304
#define BENCH_NODES    131072
#define BENCH_TOOLS    1024
#define BENCH_CLIENTS  4
#define BENCH_SHAPES   6


static double bench_now(void);
static int bench_read(const aicost_api_t *api, const unsigned char *data,
    size_t len);
static size_t bench_write(const aicost_api_t *api, unsigned char *to,
    size_t size);
static double bench_pair(const aicost_api_t *a, const aicost_api_t *b,
    const unsigned char *data, size_t len);


static const aicost_api_t *const  shapes[BENCH_SHAPES] = {
    &aicost_api_openai, &aicost_api_responses, &aicost_api_anthropic,
    &aicost_api_gemini, &aicost_api_ollama, &aicost_api_bedrock
};


static aicost_json_t        tape;
static aicost_form_t        form;
static aicost_part_t       *parts;
static aicost_tool_t       *tools;
static aicost_json_node_t  *nodes, *more;
static unsigned char       *room;


static double
bench_now(void)
{
    struct timespec  ts;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);

    return (double) ts.tv_sec * 1e6 + (double) ts.tv_nsec / 1e3;
}


static int
bench_read(const aicost_api_t *api, const unsigned char *data, size_t len)
{
    int  rc;

    aicost_json_init(&tape, data, len, nodes, BENCH_NODES);

    do {
        rc = aicost_json_run(&tape, len);
    } while (rc == AICOST_AGAIN);

    if (rc != AICOST_OK) {
        return AICOST_ERROR;
    }

    memset(&form, 0, sizeof(aicost_form_t));

    form.parts = parts;
    form.max_parts = BENCH_NODES;
    form.tools = tools;
    form.max_tools = BENCH_TOOLS;
    form.cap = -1;

    return api->read(&form, &tape);
}


/* 0: it cannot be written so */

static size_t
bench_write(const aicost_api_t *api, unsigned char *to, size_t size)
{
    aicost_out_t          o;
    aicost_form_target_t  target;

    memset(&o, 0, sizeof(aicost_out_t));
    memset(&target, 0, sizeof(aicost_form_target_t));

    o.nodes = more;
    o.max = BENCH_NODES;
    o.data = to;
    o.size = size;

    target.model.data = (unsigned char *) "model";
    target.model.len = 5;
    target.cap = 1000;
    target.lenient = 1;

    return api->write(&form, &target, &o) == AICOST_OK ? o.len : 0;
}


static double
bench_pair(const aicost_api_t *a, const aicost_api_t *b,
    const unsigned char *data, size_t len)
{
    int     i;
    size_t  size;
    double  start, took, best;

    best = 0;

    for (i = 0; i < BENCH_RUNS; i++) {
        start = bench_now();

        if (bench_read(a, data, len) != AICOST_OK
            || (size = bench_write(b, NULL, 0)) == 0
            || bench_write(b, room, size) == 0)
        {
            fprintf(stderr, "%s to %s: %s\n", a->name, b->name,
                    aicost_reason_word(form.reason));
            exit(1);
        }

        took = bench_now() - start;
        best = (i == 0 || took < best) ? took : best;
    }

    return best;
}


int
main(int argc, char **argv)
{
    int             a, b;
    FILE           *f;
    size_t          len, own;
    double          took, longest;
    unsigned char  *data, *body;

    nodes = malloc(BENCH_NODES * sizeof(aicost_json_node_t));
    more = malloc(BENCH_NODES * sizeof(aicost_json_node_t));
    parts = malloc(BENCH_NODES * sizeof(aicost_part_t));
    tools = malloc(BENCH_TOOLS * sizeof(aicost_tool_t));
    data = malloc(BENCH_SIZE);
    body = malloc(BENCH_SIZE);
    room = malloc(BENCH_SIZE);

    if (argc != 2 || nodes == NULL || more == NULL || parts == NULL
        || tools == NULL || data == NULL || body == NULL || room == NULL)
    {
        fprintf(stderr, "usage: translate FILE\n");
        return 1;
    }

    f = fopen(argv[1], "rb");

    if (f == NULL) {
        perror(argv[1]);
        return 1;
    }

    len = fread(data, 1, BENCH_SIZE, f);
    fclose(f);

    longest = 0;

    printf("%-10s", "us");

    for (b = 0; b < BENCH_SHAPES; b++) {
        printf(" %10s", shapes[b]->name);
    }

    printf("\n");

    for (a = 0; a < BENCH_CLIENTS; a++) {

        if (bench_read(&aicost_api_openai, data, len) != AICOST_OK
            || (own = bench_write(shapes[a], body, BENCH_SIZE)) == 0)
        {
            fprintf(stderr, "not a chat request: %s\n", argv[1]);
            return 1;
        }

        printf("%-10s", shapes[a]->name);

        for (b = 0; b < BENCH_SHAPES; b++) {

            if (a == b) {
                printf(" %10s", "=");
                continue;
            }

            took = bench_pair(shapes[a], shapes[b], body, own);
            longest = took > longest ? took : longest;
            printf(" %10.0f", took);
        }

        printf("\n");
    }

    printf("longest %.0f\n", longest);

    return 0;
}
