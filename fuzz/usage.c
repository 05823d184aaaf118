
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
static void again(const uint8_t *data, size_t size);
static int same(const aicost_str_t *a, const aicost_str_t *b);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int64_t             ms;
    aicost_usage_t      u;
    aicost_event_t      e;
    aicost_json_node_t  nodes[NODES];

    check(aicost_usage_answer(data, size, nodes, NODES, &u), &u);
    check(aicost_usage_tail(data, size, &u), &u);

    if (aicost_event_read(NULL, data, size, nodes, NODES, &e) == AICOST_OK) {
        check(e.usage_state, &e.usage);

        if (e.text > size || e.id.len > size || e.model.len > size) {
            abort();
        }
    }

    compare(data, size);
    again(data, size);

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

    rc = aicost_event_read(NULL, copy, size + 1, nodes, NODES, &strict);

    if (rc == AICOST_OK && strict.text <= size && !strict.done) {

        if (aicost_event_read(NULL, data, size, nodes, NODES, &e)
            != AICOST_OK)
        {
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


/* lines are the events of a stream: what one was like changes nothing of the
   next one */

static void
again(const uint8_t *data, size_t size)
{
    int                   rc;
    size_t                len;
    const uint8_t        *last, *end;
    aicost_event_t        e, alone;
    aicost_json_node_t    nodes[NODES];
    aicost_event_form_t   form;

    form.head = 0;
    last = data + size;

    for ( /* void */ ; data < last; data = end + 1) {
        end = memchr(data, '\n', (size_t) (last - data));

        if (end == NULL) {
            end = last;
        }

        len = (size_t) (end - data);
        rc = aicost_event_read(NULL, data, len, nodes, NODES, &alone);

        if (aicost_event_read(&form, data, len, nodes, NODES, &e) != rc) {
            abort();
        }

        if (rc == AICOST_OK
            && (e.done != alone.done
                || e.usage_state != alone.usage_state
                || e.usage.output != alone.usage.output
                || e.error != alone.error
                || e.usage_only != alone.usage_only
                || e.finished != alone.finished
                || e.text != alone.text
                || e.created != alone.created
                || !same(&e.id, &alone.id)
                || !same(&e.model, &alone.model)))
        {
            abort();
        }
    }
}


static int
same(const aicost_str_t *a, const aicost_str_t *b)
{
    return a->len == b->len
           && (a->len == 0 || memcmp(a->data, b->data, a->len) == 0);
}
