
/*
 * Copyright (C) aicost
 *
 * What the tests of the API shapes share: memory, words and garbage.
 */


#ifndef _AICOST_API_BASE_TEST_H_INCLUDED_
#define _AICOST_API_BASE_TEST_H_INCLUDED_


#include <stdarg.h>
#include <stdlib.h>

#include "format/aicost_form.h"
#include "tap.h"


#define NODES     65536
#define ROOM      (4 << 20)
#define MUTATIONS 10000

#define COUNT(a)  (sizeof(a) / sizeof((a)[0]))


static aicost_json_node_t  nodes[2][NODES], scratch[NODES];
static unsigned char       room[2][ROOM];

static char                text[262144];
static size_t              used;


static inline void add(const char *fmt, ...)
    __attribute__((format(printf, 1, 2)));


static inline void
add(const char *fmt, ...)
{
    int      n;
    va_list  args;

    va_start(args, fmt);
    n = vsnprintf(text + used, sizeof(text) - used, fmt, args);
    va_end(args);

    used += (size_t) n;

    if (used >= sizeof(text)) {
        used = sizeof(text) - 1;
    }
}


/* in a heap block of just its size: reads beyond it are seen */

static inline unsigned char *
copy(const void *s, size_t len)
{
    unsigned char  *p;

    p = malloc(len ? len : 1);
    memcpy(p, s, len);

    return p;
}


static inline int
parse(aicost_json_t *j, const unsigned char *data, size_t len,
    aicost_json_node_t *n)
{
    int  rc;

    aicost_json_init(j, data, len, n, NODES);

    do {
        rc = aicost_json_run(j, (size_t) 1 << 30);
    } while (rc == AICOST_AGAIN);

    return rc;
}


static inline void
out_init(aicost_out_t *o, int i)
{
    memset(o, 0, sizeof(aicost_out_t));
    o->data = room[i];
    o->size = ROOM;
    o->nodes = scratch;
    o->max = NODES;
}


static inline void
some(const char *before, const aicost_piece_t *p)
{
    if (p->kind != AICOST_PIECE_NONE) {
        add("%s%.*s", before, (int) p->len, (const char *) p->data);
    }
}


static uint32_t  seed = 20261125;


static inline uint32_t
dice(uint32_t n)
{
    seed = seed * 1664525 + 1013904223;

    return (seed >> 8) % n;
}


static inline void
mutate(unsigned char *p, size_t len)
{
    uint32_t  i, n;

    static const char  bytes[] = "\"\\{}[]:,0123456789-.eEtrufalsn ab\n\xc3";

    n = 1 + dice(3);

    for (i = 0; i < n; i++) {
        p[dice((uint32_t) len)] = (unsigned char) (dice(4) == 0 ? dice(256)
                                  : (unsigned char) bytes[dice(sizeof(bytes))]);
    }
}


#endif /* _AICOST_API_BASE_TEST_H_INCLUDED_ */
