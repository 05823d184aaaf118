
/*
 * Copyright (C) aicost
 *
 * What the tests of Anthropic's shape share.
 */


#ifndef _AICOST_API_ANTHROPIC_HELP_H_INCLUDED_
#define _AICOST_API_ANTHROPIC_HELP_H_INCLUDED_


#include <stdarg.h>
#include <stdlib.h>

#include "format/aicost_form.h"
#include "tap.h"


#define NODES  4096
#define PARTS  512
#define ROOM   (1 << 20)

#define COUNT(a)  (sizeof(a) / sizeof((a)[0]))


/* a form with its room and the bytes it was read from */

typedef struct {
    unsigned char       *data;
    aicost_form_t        form;
    aicost_json_t        tape;
    aicost_part_t        parts[PARTS];
    aicost_tool_t        tools[PARTS];
    aicost_json_node_t   nodes[NODES];
} form_t;


static const aicost_api_t     *api = &aicost_api_anthropic;

static form_t                  one;
static aicost_json_node_t      scratch[NODES];
static unsigned char           room[ROOM];
static char                    text[ROOM];
static size_t                  ntext;


static inline void add(const char *fmt, ...)
    __attribute__((format(printf, 1, 2)));


static inline void
add(const char *fmt, ...)
{
    va_list  args;

    va_start(args, fmt);
    ntext += (size_t) vsnprintf(text + ntext, sizeof(text) - ntext, fmt, args);
    va_end(args);
}


static inline int
parse(aicost_json_t *j, const unsigned char *data, size_t len,
    aicost_json_node_t *nodes)
{
    int  rc;

    aicost_json_init(j, data, len, nodes, NODES);

    do {
        rc = aicost_json_run(j, len + 1);
    } while (rc == AICOST_AGAIN);

    return rc;
}


static inline aicost_out_t
output(void)
{
    aicost_out_t  o;

    memset(&o, 0, sizeof(aicost_out_t));
    o.data = room;
    o.size = ROOM;
    o.nodes = scratch;
    o.max = NODES;

    return o;
}


static inline int
valid(const aicost_out_t *o)
{
    aicost_json_t  j;

    return !o->failed && parse(&j, o->data, o->len, scratch) == AICOST_OK;
}


static inline void
add_piece(const char *before, const aicost_piece_t *p)
{
    add("%s%.*s", before, p->kind ? (int) p->len : 1,
        p->kind ? (const char *) p->data : "-");
}


static inline aicost_piece_t
string(const char *s)
{
    aicost_piece_t  p;

    p = aicost_piece_word(s);
    p.kind = AICOST_PIECE_STRING;

    return p;
}


static inline aicost_piece_t
json(const char *s)
{
    aicost_piece_t  p;

    p = aicost_piece_word(s);
    p.kind = AICOST_PIECE_JSON;

    return p;
}


static uint64_t  seed = 88172645463325252u;


static inline uint32_t
chance(uint32_t n)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;

    return (uint32_t) (seed >> 20) % n;
}


/* one to three bytes of it are others, or gone, or there twice */

static inline size_t
mutate(unsigned char *p, const char *s)
{
    size_t    len, at;
    uint32_t  n;

    static const char  bytes[] = "{}[]\",:\\0129eE.-tfn u\n";

    len = strlen(s);
    memcpy(p, s, len);

    for (n = 1 + chance(3); n; n--) {
        at = chance((uint32_t) len);

        switch (chance(4)) {

        case 0:
            p[at] = (unsigned char) chance(256);
            break;

        case 1:
            memmove(p + at, p + at + 1, len - at - 1);
            len--;
            break;

        case 2:
            memmove(p + at + 1, p + at, len - at);
            len++;
            break;

        default:
            p[at] = (unsigned char) bytes[chance(sizeof(bytes) - 1)];
        }
    }

    return len;
}


#endif /* _AICOST_API_ANTHROPIC_HELP_H_INCLUDED_ */
