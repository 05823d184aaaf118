
/*
 * Copyright (C) aicost
 *
 * What the tests of the Gemini shape share: a document, read into a form,
 * written and read again.  ' stands for a quote in all of them.
 */


#ifndef _AICOST_API_GEMINI_H_INCLUDED_
#define _AICOST_API_GEMINI_H_INCLUDED_


#include <stdlib.h>

#include "format/aicost_format.h"
#include "format/aicost_form.h"
#include "tap.h"


#define NODES   32768
#define PARTS   2048
#define OUT     (1 << 20)
#define COUNT(a)  ((uint32_t) (sizeof(a) / sizeof((a)[0])))


typedef struct {
    unsigned char       *data;
    size_t               len;
    aicost_form_t        form;
    aicost_json_t        j;
    aicost_part_t        parts[PARTS];
    aicost_tool_t        tools[PARTS];
    aicost_json_node_t   nodes[NODES];
} doc_t;


static const aicost_api_t  *api = &aicost_api_gemini;

static doc_t                one, two;
static unsigned char        room[OUT + 1];
static aicost_json_node_t   scratch[NODES];


/* in a heap block of just its size: reads beyond it are seen */

static inline void
load(doc_t *d, const char *s, size_t len)
{
    free(d->data);

    d->data = malloc(len ? len : 1);
    d->len = len;
    memcpy(d->data, s, len);
}


static inline void
quotes(char *s)
{
    for ( /* void */ ; *s; s++) {
        if (*s == '\'') {
            *s = '"';
        }
    }
}


static inline char *
quoted(const char *s)
{
    char  *p;

    p = strdup(s);
    quotes(p);

    return p;
}


static inline void
load_quoted(doc_t *d, const char *s)
{
    char  *p;

    p = quoted(s);
    load(d, p, strlen(p));
    free(p);
}


static inline int
parse(doc_t *d)
{
    int  rc;

    aicost_json_init(&d->j, d->data, d->len, d->nodes, NODES);

    do {
        rc = aicost_json_run(&d->j, 1 << 20);
    } while (rc == AICOST_AGAIN);

    return rc;
}


static inline int
read_doc(doc_t *d)
{
    memset(&d->form, 0, sizeof(aicost_form_t));

    d->form.parts = d->parts;
    d->form.tools = d->tools;
    d->form.max_parts = PARTS;
    d->form.max_tools = PARTS;

    return api->read(&d->form, &d->j);
}


static inline aicost_out_t
out(void)
{
    aicost_out_t  o;

    memset(&o, 0, sizeof(aicost_out_t));

    o.data = room;
    o.size = OUT;
    o.nodes = scratch;
    o.max = NODES;

    return o;
}


static inline void
target(aicost_form_target_t *t, const char *model)
{
    memset(t, 0, sizeof(aicost_form_target_t));

    t->cap = -1;
    t->model.data = (unsigned char *) (uintptr_t) model;
    t->model.len = strlen(model);
}


/* writes what one holds into two, and reads it there */

static inline int
again(const char *model)
{
    size_t                measured;
    aicost_out_t          o;
    aicost_form_target_t  t;

    target(&t, model);
    memset(&o, 0, sizeof(aicost_out_t));

    if (api->write(&one.form, &t, &o) != AICOST_OK) {
        return 0;
    }

    measured = o.len;
    o = out();

    if (api->write(&one.form, &t, &o) != AICOST_OK || o.failed
        || o.len > measured)
    {
        return 0;
    }

    load(&two, (char *) room, o.len);

    return parse(&two) == AICOST_OK;
}


static inline void
same(const char *expected, const char *name)
{
    char  *p;

    p = quoted(expected);
    is_mem(two.data, two.len, p, name);
    free(p);
}


static inline aicost_piece_t
json(const char *s)
{
    aicost_piece_t  p;

    p = aicost_piece_word(s);
    p.kind = AICOST_PIECE_JSON;

    return p;
}


static inline aicost_piece_t
str(const char *s)
{
    aicost_piece_t  p;

    p = aicost_piece_word(s);
    p.kind = AICOST_PIECE_STRING;

    return p;
}


static uint32_t  seed = 1;


static inline uint32_t
chance(uint32_t n)
{
    seed = seed * 1664525 + 1013904223;

    return (seed >> 8) % n;
}


static inline unsigned
broken(const aicost_out_t *o)
{
    load(&two, (char *) room, o->len);

    return o->failed || parse(&two) != AICOST_OK;
}


/* some bytes of it become others, and it may be cut; *len: what is left */

static inline char *
mutated(const char *text, size_t *len)
{
    char               *p;
    uint32_t            k;

    static const char   odd[] = "{}[]\",:0123456789.eE-\\untrfals \n\x80\xff";

    p = quoted(text);
    *len = strlen(p);

    for (k = chance(3); k < 3; k++) {
        p[chance((uint32_t) *len)] = odd[chance(sizeof(odd) - 1)];
    }

    if (chance(10) == 0) {
        *len = chance((uint32_t) *len + 1);
        p[*len] = '\0';
    }

    return p;
}


#endif /* _AICOST_API_GEMINI_H_INCLUDED_ */
