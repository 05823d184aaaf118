
/*
 * Copyright (C) aicost
 *
 * The corpus of requests in t/data/forms: a line is a name and a request of
 * the shape that the file is named after.
 */


#ifndef _AICOST_FORMS_TEST_H_INCLUDED_
#define _AICOST_FORMS_TEST_H_INCLUDED_


#include "api_shape.h"


#define SHAPES    5
#define CLIENTS   3            /* the first of them are spoken by clients */
#define REQUESTS  512
#define CAP       32768        /* what the gateway says when the client did
                                  not */


typedef struct {
    const unsigned char  *name;
    size_t                name_len;
    const unsigned char  *data;
    size_t                len;
    int                   shape;
} corpus_t;


static const aicost_api_t *const  shapes[SHAPES] = {
    &aicost_api_openai,
    &aicost_api_anthropic,
    &aicost_api_gemini,
    &aicost_api_ollama,
    &aicost_api_bedrock
};

static corpus_t       corpus[REQUESTS];
static int            ncorpus;
static char           why[256];


static inline unsigned char *
file_read(const char *path, size_t *len)
{
    long            n;
    FILE           *fp;
    unsigned char  *p;

    *len = 0;
    fp = fopen(path, "rb");

    if (fp == NULL) {
        return NULL;
    }

    (void) fseek(fp, 0, SEEK_END);
    n = ftell(fp);
    rewind(fp);

    p = malloc((size_t) n + 1);
    *len = fread(p, 1, (size_t) n, fp);
    p[*len] = '\0';
    (void) fclose(fp);

    return p;
}


/* the number of requests, -1: a line that is none.  They live to the end */

static inline int
corpus_read(int shape)
{
    int             n;
    char            path[64];
    size_t          len, line;
    corpus_t       *c;
    uint32_t        name, request;
    aicost_json_t   j;
    unsigned char  *p, *end;

    (void) snprintf(path, sizeof(path), "t/data/forms/%s.jsonl",
                    shapes[shape]->name);
    p = file_read(path, &len);
    n = 0;

    while (p && len) {
        end = memchr(p, '\n', len);
        line = end ? (size_t) (end - p) : len;

        if (parse(&j, p, line, nodes[0]) != AICOST_OK || ncorpus == REQUESTS) {
            return -1;
        }

        name = aicost_json_get(&j, 0, "name");
        request = aicost_json_get(&j, 0, "request");

        if (name == 0 || request == 0) {
            return -1;
        }

        c = &corpus[ncorpus++];
        c->name = p + j.nodes[name].off;
        c->name_len = j.nodes[name].len;
        c->len = j.nodes[request].len;
        c->data = copy(p + j.nodes[request].off, c->len);
        c->shape = shape;
        n++;

        line += (line < len);
        p += line;
        len -= line;
    }

    return n;
}


/* a form of its own room: parts and tools are those of slot i */

static inline int
form_read(int shape, aicost_form_t *f, int i, const unsigned char *p,
    size_t len)
{
    unsigned       stream;
    aicost_json_t  j;

    stream = f->stream;
    form_init(f, i);

    /* it stands in the path of Gemini and Bedrock */
    f->stream = stream & 1;

    if (parse(&j, p, len, nodes[i]) != AICOST_OK) {
        (void) snprintf(why, sizeof(why), "%s: no JSON", shapes[shape]->name);
        return AICOST_ERROR;
    }

    if (shapes[shape]->read(f, &j) != AICOST_OK) {
        (void) snprintf(why, sizeof(why), "%s: not read: %.*s",
                        shapes[shape]->name, (int) f->param.len,
                        (const char *) f->param.data);
        return AICOST_ERROR;
    }

    if (f->cap < 0) {
        f->cap = CAP;
    }

    return AICOST_OK;
}


/* o->data NULL: it is measured */

static inline int
form_write(int shape, aicost_form_t *f, unsigned lenient, aicost_out_t *o)
{
    int  rc;

    target_init("a-model");
    target.lenient = lenient & 1;
    target.cap = f->cap;
    f->ndropped = 0;

    rc = shapes[shape]->write(f, &target, o);

    if (rc != AICOST_OK) {
        (void) snprintf(why, sizeof(why), "%s: not written: %.*s",
                        shapes[shape]->name, (int) f->param.len,
                        (const char *) f->param.data);
        return rc;
    }

    if (o->failed) {
        (void) snprintf(why, sizeof(why), "%s: no room", shapes[shape]->name);
        return AICOST_ERROR;
    }

    return AICOST_OK;
}


/* a form of shape a to shape b and back: NULL, what differs, or why not */

static inline const char *
there(int a, int b, aicost_form_t *f, unsigned lenient)
{
    size_t           len;
    const char      *differs;
    aicost_out_t     o;
    unsigned char   *p, *q;
    aicost_form_t    g;

    static char  text_of[128];

    out_init(&o, 0);
    (void) form_write(b, f, lenient, &o);
    len = o.len;

    memset(&o, 0, sizeof(aicost_out_t));
    (void) form_write(b, f, lenient, &o);

    if (o.len < len) {
        return "more than was measured";
    }

    p = copy(room[0], len);
    g.stream = f->stream;

    if (form_read(b, &g, 1, p, len) != AICOST_OK) {
        free(p);
        return why;
    }

    out_init(&o, 1);

    if (form_write(a, &g, lenient, &o) != AICOST_OK) {
        free(p);
        return why;
    }

    q = copy(room[1], o.len);
    free(p);

    g.stream = f->stream;

    if (form_read(a, &g, 1, q, o.len) != AICOST_OK) {
        free(q);
        return why;
    }

    differs = lenient ? NULL : aicost_form_differs(f, &g);

    if (differs) {
        (void) snprintf(text_of, sizeof(text_of), "%s", differs);
        differs = text_of;
    }

    free(q);

    return differs;
}


#endif /* _AICOST_FORMS_TEST_H_INCLUDED_ */
