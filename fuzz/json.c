
/*
 * Copyright (C) aicost
 *
 * A strict tape: spans and links in range, and the same tape when it is read
 * byte by byte with as little room as possible.
 */


#include <stdlib.h>

#include "aicost_json.h"


#define NODES  4096


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


static aicost_json_t       whole, sliced;
static aicost_json_node_t  one[NODES], two[NODES];


static void
check(const aicost_json_t *j)
{
    uint32_t                   i, k, key, count;
    const aicost_json_node_t  *n;

    for (i = 0; i < j->nnodes; i++) {
        n = &j->nodes[i];

        if (n->off > j->len || n->len > j->len - n->off
            || n->next <= i || n->next > j->nnodes)
        {
            abort();
        }

        if (n->type == AICOST_JSON_KEY && n->next <= i + 1) {
            abort();
        }

        if (n->type != AICOST_JSON_OBJECT) {
            continue;
        }

        count = 0;

        for (key = aicost_json_first(j, i); key && key < n->next;
             key = j->nodes[key].next)
        {
            count++;

            if (j->nodes[key].type != AICOST_JSON_KEY) {
                abort();
            }

            /* what the hashes say is what comparing says */

            for (k = j->nodes[key].next; k < n->next && count < 64;
                 k = j->nodes[k].next)
            {
                if (j->nodes[k].len == j->nodes[key].len
                    && memcmp(j->data + j->nodes[k].off,
                              j->data + j->nodes[key].off,
                              j->nodes[key].len)
                       == 0)
                {
                    abort();
                }
            }
        }

        if (count != n->count) {
            abort();
        }
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int             rc, other;
    size_t          len;
    int64_t         v;
    uint32_t        i;
    unsigned char  *buf, *esc, *last;

    aicost_json_init(&whole, data, size, one, NODES);
    rc = aicost_json_run(&whole, (size_t) -1);

    aicost_json_init(&sliced, data, size, two, 0);

    for ( ;; ) {
        other = aicost_json_run(&sliced, 1);

        if (other == AICOST_DECLINED && sliced.max < NODES) {
            aicost_json_grow(&sliced, two, sliced.max + 1);

        } else if (other != AICOST_AGAIN) {
            break;
        }
    }

    if (rc != other) {
        abort();
    }

    if (rc == AICOST_ERROR
        && (whole.reason != sliced.reason || whole.pos > size))
    {
        abort();
    }

    if (rc != AICOST_OK) {
        return 0;
    }

    if (whole.nnodes != sliced.nnodes
        || memcmp(one, two, whole.nnodes * sizeof(aicost_json_node_t)) != 0)
    {
        abort();
    }

    check(&whole);

    for (i = 0; i < whole.nnodes; i++) {
        (void) aicost_json_int(&whole, i, INT64_MIN, INT64_MAX, 1, &v);

        if (one[i].type != AICOST_JSON_STRING) {
            continue;
        }

        /* unescaped and escaped again it is the same string */

        buf = malloc((size_t) one[i].len + 1);
        esc = malloc((size_t) one[i].len * 6 + 3);

        if (buf && esc) {
            len = aicost_json_unescape(&whole, i, buf);

            if (len > one[i].len) {
                abort();
            }

            esc[0] = '"';
            last = aicost_json_escape(esc + 1, esc + 1 + len * 6, buf, len);
            *last++ = '"';
            aicost_json_init(&sliced, esc, (size_t) (last - esc), two, 1);

            if (aicost_json_run(&sliced, (size_t) -1) != AICOST_OK) {
                abort();
            }
        }

        free(buf);
        free(esc);
    }

    return 0;
}
