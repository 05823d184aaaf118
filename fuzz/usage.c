
/*
 * Copyright (C) aicost
 *
 * Answers, events, errors and Retry-After: whatever comes, counts stay in
 * their bounds.
 */


#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "aicost_usage.h"


#define NODES  64


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(aicost_usage_e state, const aicost_usage_t *u);
static void compare(const uint8_t *data, size_t size);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int64_t             ms;
    aicost_usage_t      u;
    aicost_event_t      e;
    aicost_json_node_t  nodes[NODES];

    check(aicost_usage_answer(data, size, nodes, NODES, &u), &u);
    check(aicost_usage_tail(data, size, &u), &u);

    if (aicost_event_read(data, size, nodes, NODES, &e) == AICOST_OK) {
        check(e.usage_state, &e.usage);

        if (e.text > size || e.id.len > size || e.model.len > size) {
            abort();
        }
    }

    compare(data, size);

    (void) aicost_error_class(size ? data[0] * 4 : 0, data, size);

    ms = aicost_retry_after(data, size, 0);

    if (ms < -1 || ms > 600000) {
        abort();
    }

    ms = aicost_retry_after_ms(data, size);

    if (ms < -1 || ms > 600000) {
        abort();
    }

    return 0;
}


static void
check(aicost_usage_e state, const aicost_usage_t *u)
{
    int64_t  input;

    if (state != AICOST_USAGE_READ) {
        return;
    }

    input = u->input + u->cached + u->cache_write + u->cache_write_1h;

    if (u->input < 0 || u->cached < 0 || u->cache_write < 0
        || u->cache_write_1h != 0 || u->output < 0 || u->reasoning < 0
        || u->reasoning > u->output || input > AICOST_USAGE_MAX
        || u->output > AICOST_USAGE_MAX)
    {
        abort();
    }
}


/* a leading line feed keeps an event from the quick walk: when the strict
   reader likes it, both must see the same */

static void
compare(const uint8_t *data, size_t size)
{
    int                  rc;
    uint8_t             *copy;
    aicost_event_t       e, strict;
    aicost_json_node_t   nodes[NODES];

    copy = malloc(size + 1);
    copy[0] = '\n';

    if (size) {
        memcpy(copy + 1, data, size);
    }

    rc = aicost_event_read(copy, size + 1, nodes, NODES, &strict);

    if (rc == AICOST_OK && strict.text <= size && !strict.done) {

        if (aicost_event_read(data, size, nodes, NODES, &e) != AICOST_OK) {
            abort();
        }

        if (!e.done
            && (e.usage_state != strict.usage_state
                || e.usage.output != strict.usage.output
                || e.error != strict.error
                || e.usage_only != strict.usage_only
                || e.finished != strict.finished
                || e.text != strict.text
                || e.id.len != strict.id.len
                || e.model.len != strict.model.len
                || e.created != strict.created))
        {
            abort();
        }
    }

    free(copy);
}
