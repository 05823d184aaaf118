
/*
 * Copyright (C) aicost
 *
 * A request without what it says: strict JSON of the same structure, the same
 * when it is redacted again, and the same whatever letters stood where it was
 * changed.  Its record is one line, and is read as it was written.
 */


#include <stdlib.h>

#include "aicost_record.h"


#define NODES  4096
#define ROOM   (1 << 20)


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


static aicost_json_node_t  before[NODES], after[NODES], scratch[NODES];
static aicost_json_node_t  line[NODES];
static unsigned char       text[ROOM], once[ROOM], twice[ROOM], other[ROOM];


static int
parse(aicost_json_t *j, const uint8_t *data, size_t size,
    aicost_json_node_t *nodes)
{
    int  rc;

    aicost_json_init(j, data, size, nodes, NODES);

    do {
        rc = aicost_json_run(j, (size_t) 1 << 20);
    } while (rc == AICOST_AGAIN);

    return rc;
}


static size_t
redact(const aicost_json_t *j, unsigned char *to)
{
    size_t        len;
    aicost_out_t  o;

    memset(&o, 0, sizeof(aicost_out_t));
    o.nodes = scratch;
    o.max = NODES;

    aicost_redact(j, text, &o);
    len = o.len;

    o.data = to;
    o.size = ROOM;
    o.len = 0;

    aicost_redact(j, text, &o);

    if (o.failed || o.len != len) {
        abort();
    }

    return len;
}


/* the letters of what was changed, each by the next one */

static void
change(const aicost_json_t *j, const aicost_json_t *was)
{
    uint32_t                   i, k;
    unsigned char             *p;
    const unsigned char       *q;
    const aicost_json_node_t  *n, *m;

    for (i = 0; i < j->nnodes; i++) {
        n = &j->nodes[i];
        m = &was->nodes[i];
        p = other + n->off;
        q = was->data + m->off;

        /* what is read again, or numbered, depends on letters */

        if (n->type != AICOST_JSON_STRING || (n->flags & AICOST_JSON_ESCAPED)
            || memchr(q, '_', m->len) || memchr(q, '-', m->len)
            || memchr(q, '{', m->len) || memchr(q, ':', m->len)
            || (n->len == m->len && memcmp(p, q, n->len) == 0))
        {
            continue;
        }

        for (k = 0; k < n->len; k++) {
            if ((p[k] | 0x20) >= 'a' && (p[k] | 0x20) <= 'z') {
                p[k] = (unsigned char) ((p[k] | 0x20) == 'z' ? p[k] - 25
                                                             : p[k] + 1);
            }
        }
    }
}


static void
record(const aicost_json_t *body, const unsigned char *redacted, size_t len)
{
    aicost_out_t     o;
    aicost_json_t    j;
    aicost_record_t  r, b;

    static const char  word[] = "a/\x01\xff\"b";

    if (aicost_record_read(&r, body) != AICOST_OK) {
        memset(&r, 0, sizeof(aicost_record_t));
        r.endpoint = AICOST_EP_CHAT;
        r.model.data = (unsigned char *) (uintptr_t) word;
        r.model.len = sizeof(word) - 1;
    }

    r.redacted = 1;

    memset(&o, 0, sizeof(aicost_out_t));
    o.data = twice;
    o.size = ROOM;
    o.nodes = scratch;
    o.max = NODES;

    aicost_record_write(&r, body, text, &o);

    if (o.failed || memchr(twice, '\n', o.len) != twice + o.len - 1) {
        abort();
    }

    if (parse(&j, twice, o.len, line) == AICOST_OK
        && (aicost_record_read(&b, &j) != AICOST_OK
            || b.endpoint != r.endpoint || b.cost != r.cost
            || b.request.len != len
            || memcmp(b.request.data, redacted, len) != 0))
    {
        abort();
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t         len, n;
    uint32_t       i;
    aicost_json_t  j, k, again;

    if (size > 65536 || parse(&j, data, size, before) != AICOST_OK
        || j.nodes[0].type != AICOST_JSON_OBJECT)
    {
        return 0;
    }

    len = redact(&j, once);

    if (memchr(once, '\n', len) || parse(&k, once, len, after) != AICOST_OK
        || k.nnodes != j.nnodes)
    {
        abort();
    }

    for (i = 0; i < j.nnodes; i++) {
        if (before[i].type != after[i].type
            || before[i].next != after[i].next
            || before[i].count != (before[i].type == AICOST_JSON_KEY
                                   ? before[i].count : after[i].count))
        {
            abort();
        }
    }

    n = redact(&k, twice);

    if (n != len || memcmp(once, twice, len) != 0) {
        abort();
    }

    record(&j, once, len);

    /* the tape of the changed text is that of the text */

    memcpy(other, data, size);
    change(&j, &k);
    j.data = other;

    if (parse(&again, other, size, after) != AICOST_OK) {
        return 0;
    }

    n = redact(&again, twice);

    if (n != len || memcmp(once, twice, len) != 0) {
        abort();
    }

    return 0;
}
