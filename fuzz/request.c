
/*
 * Copyright (C) aicost
 *
 * A request that is accepted is, after its edits, a request that asks the same
 * of another model, under the cap that was set.
 */


#include <stdlib.h>

#include "aicost_request.h"


#define NODES  4096


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


static aicost_json_t       before, after;
static aicost_json_node_t  one[NODES], two[NODES];
static unsigned char       scratch[AICOST_EDIT_SCRATCH];


static size_t
apply(const uint8_t *data, size_t size, const aicost_edit_t *edits, uint32_t n,
    unsigned char *out)
{
    size_t          from;
    uint32_t        i;
    unsigned char  *p;

    p = out;
    from = 0;

    for (i = 0; i < n; i++) {
        if (edits[i].off < from || edits[i].off + edits[i].len > size) {
            abort();
        }

        memcpy(p, data + from, edits[i].off - from);
        p += edits[i].off - from;
        memcpy(p, edits[i].text.data, edits[i].text.len);
        p += edits[i].text.len;
        from = edits[i].off + edits[i].len;
    }

    memcpy(p, data + from, size - from);

    return (size_t) (p - out) + size - from;
}


static void
compare(const aicost_request_t *q, const aicost_request_t *r,
    const aicost_target_t *t)
{
    if (q->model_at.len == 0) {

        /* the path names it */

        if (r->model.len != q->model.len || r->model_at.len) {
            abort();
        }

    } else if (r->model.len != t->model.len
        || memcmp(r->model.data, t->model.data, t->model.len) != 0)
    {
        abort();
    }

    if (t->cap > 0 && q->endpoint != AICOST_EP_EMBEDDINGS
        && r->cap != t->cap)
    {
        abort();
    }

    if (q->stream && t->include_usage && !r->include_usage
        && q->endpoint <= AICOST_EP_COMPLETIONS)
    {
        abort();
    }

    if (q->stream != r->stream || q->choices != r->choices
        || q->needs != r->needs || q->prefix != r->prefix
        || q->text.messages != r->text.messages
        || q->text.numbers != r->text.numbers
        || q->text.hidden != r->text.hidden
        || q->reference.len != r->reference.len
        || q->text.images != r->text.images)
    {
        abort();
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t             len;
    uint32_t           n;
    unsigned char     *out;
    aicost_str_t       path, *model;
    aicost_edit_t      edits[AICOST_MAX_EDITS];
    aicost_target_t    t;
    aicost_request_t   q, r;
    aicost_endpoint_e  ep;

    int (*read)(aicost_request_t *q, aicost_endpoint_e ep,
        const aicost_json_t *j, const aicost_str_t *m);

    if (size < 1) {
        return 0;
    }

    ep = (aicost_endpoint_e) (AICOST_EP_CHAT + (data[0] & 3));
    path.data = (unsigned char *) (uintptr_t) "model";
    path.len = 5;
    model = NULL;

    if (data[0] & 32) {
        ep = (data[0] & 1) ? AICOST_EP_GENERATE : AICOST_EP_GENERATE_COUNT;
        model = &path;
    }

    read = (data[0] & 64) ? aicost_request_read_references
                          : aicost_request_read;
    memset(&t, 0, sizeof(t));
    t.cap = (data[0] & 4) ? 77 : -1;
    t.include_usage = (data[0] & 8) != 0;
    t.legacy_cap = (data[0] & 16) != 0;
    t.model.data = (unsigned char *) (uintptr_t) "provider/model";
    t.model.len = 14;
    data++;
    size--;

    if (ep == AICOST_EP_GENERATE_COUNT) {

        /* is never sent */

        t.cap = -1;
        t.legacy_cap = 0;
    }

    aicost_json_init(&before, data, size, one, NODES);

    if (aicost_json_run(&before, (size_t) -1) != AICOST_OK
        || read(&q, ep, &before, model) != AICOST_OK)
    {
        return 0;
    }

    if (q.text.bytes > size || q.choices < 1 || q.choices > AICOST_MAX_CHOICES
        || q.model.len == 0)
    {
        abort();
    }

    n = aicost_request_edits(&q, &t, edits, scratch);
    out = malloc(size + AICOST_EDIT_SCRATCH);

    if (n > AICOST_MAX_EDITS || out == NULL) {
        abort();
    }

    len = apply(data, size, edits, n, out);
    aicost_json_init(&after, out, len, two, NODES);

    if (aicost_json_run(&after, (size_t) -1) != AICOST_OK
        || read(&r, ep, &after, model) != AICOST_OK)
    {
        abort();
    }

    compare(&q, &r, &t);
    free(out);

    return 0;
}
