
/*
 * Copyright (C) aicost
 *
 * Requests, answers, streams and errors from one shape to another: what is
 * read is written as strict JSON, or refused.
 *
 * The first three bytes choose both shapes, what it is, and how it is written;
 * of a stream each line is an event, its name before the first space.
 */


#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "format/aicost_form.h"
#include "format/aicost_frames.h"


#define NODES   8192
#define TOOLS   256
#define SAYS    4096
#define KEEP    65536
#define ROOM    (1 << 20)
#define SHAPES  5


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void request(const aicost_api_t *a, const aicost_api_t *b, uint8_t how,
    const uint8_t *data, size_t size);
static int read_form(const aicost_api_t *api, aicost_form_t *f, int i,
    const uint8_t *data, size_t size);
static size_t write_form(const aicost_api_t *api, aicost_form_t *f, int i,
    uint8_t how);
static void answer(const aicost_api_t *a, const aicost_api_t *b,
    const uint8_t *data, size_t size);
static void stream(const aicost_api_t *a, const aicost_api_t *b, uint8_t how,
    const uint8_t *data, size_t size);
static void events(const aicost_api_t *api, const uint8_t *data, size_t size);
static void fault(const aicost_api_t *api, uint8_t how, uint8_t *data,
    size_t size);
static int parse(aicost_json_t *j, const uint8_t *data, size_t size,
    aicost_json_node_t *n);
static void strict(const uint8_t *data, size_t size);
static void tell_init(aicost_tell_t *t);
static void out_init(aicost_out_t *o, int i);
static uint8_t *heap(const uint8_t *data, size_t size);


static aicost_json_node_t  nodes[2][NODES], scratch[NODES], judge[NODES * 8];
static aicost_part_t       parts[2][NODES];
static aicost_tool_t       tools[2][TOOLS];
static aicost_says_t       says[SAYS];
static unsigned char       room[2][ROOM], keep[KEEP];


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t             *p;
    const aicost_api_t  *a, *b;

    static const aicost_api_t *const  apis[SHAPES] = {
        &aicost_api_openai, &aicost_api_anthropic, &aicost_api_gemini,
        &aicost_api_ollama, &aicost_api_bedrock
    };

    if (size < 3) {
        return 0;
    }

    a = apis[data[0] % SHAPES];
    b = apis[data[1] % SHAPES];
    p = heap(data + 3, size - 3);

    switch (data[0] / SHAPES % 4) {

    case 0:
        request(a, b, data[2], p, size - 3);
        break;

    case 1:
        answer(a, b, p, size - 3);
        break;

    case 2:
        stream(a, b, data[2], p, size - 3);
        break;

    default:
        fault(b, data[2], p, size - 3);
    }

    free(p);

    return 0;
}


/* a to b, and what b reads of it back to a */

static void
request(const aicost_api_t *a, const aicost_api_t *b, uint8_t how,
    const uint8_t *data, size_t size)
{
    size_t         len;
    uint8_t       *p;
    aicost_form_t  f, g;

    if (read_form(a, &f, 0, data, size) != AICOST_OK) {
        return;
    }

    len = write_form(b, &f, 0, how);

    if (len == 0) {
        return;
    }

    p = heap(room[0], len);
    g.stream = f.stream;

    if (read_form(b, &g, 1, p, len) == AICOST_OK) {
        (void) write_form(a, &g, 1, how);
    }

    free(p);
}


static int
read_form(const aicost_api_t *api, aicost_form_t *f, int i,
    const uint8_t *data, size_t size)
{
    uint32_t       k;
    aicost_json_t  j;

    memset(f, 0, sizeof(aicost_form_t));
    f->parts = parts[i];
    f->max_parts = NODES;
    f->tools = tools[i];
    f->max_tools = TOOLS;

    if (parse(&j, data, size, nodes[i]) != AICOST_OK) {
        return AICOST_ERROR;
    }

    if (api->read(f, &j) != AICOST_OK) {

        if (f->reason == 0) {
            abort();
        }

        return AICOST_ERROR;
    }

    for (k = 0; k < f->nparts; k++) {
        if (parts[i][k].kind == 0 || parts[i][k].kind > AICOST_PART_RESULT
            || parts[i][k].role > AICOST_ROLE_TOOL)
        {
            abort();
        }
    }

    return AICOST_OK;
}


static size_t
write_form(const aicost_api_t *api, aicost_form_t *f, int i, uint8_t how)
{
    size_t                len;
    aicost_out_t          o;
    aicost_form_target_t  t;

    memset(&t, 0, sizeof(aicost_form_target_t));
    t.model.data = (unsigned char *) (uintptr_t) "a-model";
    t.model.len = 7;
    t.cap = (how & 8) ? f->cap : 4096;
    t.lenient = (how & 1) != 0;
    t.legacy_cap = (how & 2) != 0;
    t.no_sampling = (how & 4) != 0;

    out_init(&o, i);

    if (api->write(f, &t, &o) != AICOST_OK) {

        if (f->reason == 0) {
            abort();
        }

        return 0;
    }

    if (o.failed) {
        return 0;
    }

    strict(o.data, o.len);
    len = o.len;

    /* what is measured is enough */

    memset(&o, 0, sizeof(aicost_out_t));

    if (api->write(f, &t, &o) != AICOST_OK || o.len < len) {
        abort();
    }

    return len;
}


static void
answer(const aicost_api_t *a, const aicost_api_t *b, const uint8_t *data,
    size_t size)
{
    uint32_t       n;
    aicost_out_t   o;
    aicost_hear_t  h;
    aicost_json_t  j;
    aicost_tell_t  t;

    memset(&h, 0, sizeof(aicost_hear_t));

    if (parse(&j, data, size, nodes[0]) != AICOST_OK
        || a->hear(&h, &j, says, SAYS, &n) != AICOST_OK)
    {
        return;
    }

    if (n == 0 || n > SAYS || says[n - 1].kind != AICOST_SAYS_DONE) {
        abort();
    }

    tell_init(&t);
    out_init(&o, 0);
    b->tell(&t, says, n, &o);

    if (!o.failed) {
        strict(o.data, o.len);
    }
}


static void
stream(const aicost_api_t *a, const aicost_api_t *b, uint8_t how,
    const uint8_t *data, size_t size)
{
    size_t          at, len;
    uint8_t        *p, *end;
    uint32_t        i, n;
    aicost_str_t    name;
    aicost_out_t    o;
    aicost_hear_t   h;
    aicost_tell_t   t;

    memset(&h, 0, sizeof(aicost_hear_t));
    tell_init(&t);
    t.include_usage = how & 1;
    out_init(&o, 0);

    for ( ;; ) {
        memset(&name, 0, sizeof(aicost_str_t));
        end = size ? memchr(data, '\n', size) : NULL;
        len = end ? (size_t) (end - data) : size;
        at = 0;

        if (len && (end = memchr(data, ' ', len)) != NULL
            && end - data < 40)
        {
            at = (size_t) (end - data) + 1;
            name.data = (unsigned char *) (uintptr_t) data;
            name.len = at - 1;
        }

        p = size ? heap(data + at, len - at) : NULL;
        n = 0;

        if (a->hear_event(&h, &name, p, len - at, nodes[0], NODES, says, &n)
            != AICOST_OK)
        {
            free(p);
            break;
        }

        if (n > AICOST_SAYS_MAX) {
            abort();
        }

        for (i = 0; i < n; i++) {
            b->tell_event(&t, &says[i], &o);
        }

        free(p);

        if (size == 0 || o.failed) {
            break;
        }

        len += (len < size);
        data += len;
        size -= len;
    }

    if (!o.failed) {
        events(b, o.data, o.len);
    }
}


/* whole events, and strict JSON in each */

static void
events(const aicost_api_t *api, const uint8_t *data, size_t size)
{
    int                   rc;
    aicost_sse_t          s;
    const unsigned char  *p;

    static unsigned char  buf[AICOST_SSE_MAX_EVENT];

    aicost_sse_init(&s, buf, sizeof(buf));
    p = data;

    for ( ;; ) {
        rc = aicost_frames_next(&s, api->frames, &p, data + size);

        if (rc != AICOST_OK) {
            break;
        }

        if (s.has_data && !s.long_event
            && !(s.len == 6 && memcmp(s.buf, "[DONE]", 6) == 0))
        {
            strict(s.buf, s.len);
        }
    }

    if (rc != AICOST_AGAIN
        || aicost_frames_end(&s, api->frames) == AICOST_OK)
    {
        abort();
    }
}


/* \u0000 is JSON, but not for our own reader */

static void
fault(const aicost_api_t *api, uint8_t how, uint8_t *data, size_t size)
{
    size_t        i;
    aicost_out_t  o;
    aicost_str_t  message, param;

    for (i = 0; i < size; i++) {
        if (data[i] == '\0') {
            data[i] = ' ';
        }
    }

    message.data = data;
    message.len = size;
    param.data = (unsigned char *) (uintptr_t) "messages";
    param.len = 8;

    out_init(&o, 0);
    api->tell_error((aicost_reason_e) (how % AICOST_R_MAX), &message, &param,
                    &o);

    if (o.failed) {
        abort();
    }

    strict(o.data, o.len);
}


static int
parse(aicost_json_t *j, const uint8_t *data, size_t size,
    aicost_json_node_t *n)
{
    int  rc;

    aicost_json_init(j, data, size, n, NODES);

    do {
        rc = aicost_json_run(j, (size_t) 1 << 20);
    } while (rc == AICOST_AGAIN);

    return rc;
}


static void
strict(const uint8_t *data, size_t size)
{
    int            rc;
    aicost_json_t  j;

    aicost_json_init(&j, data, size, judge, NODES * 8);

    do {
        rc = aicost_json_run(&j, (size_t) 1 << 20);
    } while (rc == AICOST_AGAIN);

    if (rc != AICOST_OK) {
        abort();
    }
}


static void
tell_init(aicost_tell_t *t)
{
    memset(t, 0, sizeof(aicost_tell_t));
    t->id.data = (unsigned char *) (uintptr_t) "abcdefghijklmnopqrstuvwx";
    t->id.len = 24;
    t->model.data = (unsigned char *) (uintptr_t) "m";
    t->model.len = 1;
    t->now = 1700000000;
    t->keep = keep;
    t->size = KEEP;
}


static void
out_init(aicost_out_t *o, int i)
{
    memset(o, 0, sizeof(aicost_out_t));
    o->data = room[i];
    o->size = ROOM;
    o->nodes = scratch;
    o->max = NODES;
}


/* of just its size: reads beyond it are seen */

static uint8_t *
heap(const uint8_t *data, size_t size)
{
    uint8_t  *p;

    p = malloc(size ? size : 1);

    if (p == NULL) {
        abort();
    }

    if (size) {
        memcpy(p, data, size);
    }

    return p;
}
