
/*
 * Copyright (C) aicost
 *
 * What a provider answers in OpenAI's Responses, whole and streamed.
 */


#include "aicost_api_responses_int.h"


/* a begun call: the index of its item in the output, and whether its arguments
   have been said */

#define AICOST_RESPONSES_ARGS    0x80000000u


static unsigned aicost_responses_is_answer(const aicost_json_t *j,
    uint32_t node);
static void aicost_responses_hear_data(aicost_shape_hear_t *c,
    const aicost_str_t *name);
static unsigned aicost_responses_hear_delta(aicost_shape_hear_t *c,
    uint32_t type);
static unsigned aicost_responses_named(const aicost_json_t *j, uint32_t type,
    const aicost_str_t *name, const char *word);
static void aicost_responses_hear_added(aicost_shape_hear_t *c);
static void aicost_responses_hear_over(aicost_shape_hear_t *c);
static void aicost_responses_hear_item(aicost_shape_hear_t *c,
    uint32_t item, uint32_t at);
static void aicost_responses_hear_message(aicost_shape_hear_t *c,
    uint32_t item);
static uint32_t aicost_responses_hear_texts(aicost_shape_hear_t *c,
    uint32_t array);
static void aicost_responses_hear_seal(aicost_shape_hear_t *c,
    uint32_t item, unsigned shown);
static void aicost_responses_hear_call(aicost_shape_hear_t *c,
    uint32_t item, uint32_t at);
static uint32_t aicost_responses_begun(const aicost_hear_t *h, uint32_t at);
static void aicost_responses_hear_args(aicost_shape_hear_t *c,
    uint32_t node, unsigned whole);
static uint32_t aicost_responses_at(const aicost_json_t *j);
static void aicost_responses_hear_end(aicost_shape_hear_t *c,
    uint32_t answer, const aicost_usage_t *u);
static void aicost_responses_hear_error(aicost_shape_hear_t *c,
    uint32_t error);
static aicost_usage_e aicost_responses_usage(const aicost_json_t *j,
    uint32_t answer, aicost_usage_t *u);
static void aicost_responses_say_some(aicost_shape_hear_t *c,
    aicost_says_e kind, uint32_t node);
static void aicost_responses_say_gap(aicost_shape_hear_t *c);


int
aicost_responses_hear(aicost_hear_t *h, const aicost_json_t *j,
    aicost_says_t *says, uint32_t max, uint32_t *n)
{
    uint32_t             i, at, output, error;
    aicost_hear_t        heard;
    aicost_usage_e       rc;
    aicost_usage_t       u;
    aicost_shape_hear_t  c;

    *n = 0;
    error = aicost_json_get(j, 0, "error");

    if (!aicost_responses_is_answer(j, 0) && aicost_chat_is_null(j, error)) {

        /* some servers have it without an object around */

        if (!aicost_chat_is_string(j, aicost_json_get(j, 0, "message"))) {
            return AICOST_ERROR;
        }
    }

    heard = *h;
    aicost_shape_hear(&c, &heard, j, says, max);

    if (aicost_responses_is_answer(j, 0)) {

        rc = aicost_responses_usage(j, 0, &u);
        aicost_chat_start(&c, 0, "created_at",
                          rc == AICOST_USAGE_READ ? &u : NULL);
        output = aicost_json_get(j, 0, "output");
        at = 0;

        if (output && j->nodes[output].type == AICOST_JSON_ARRAY) {
            for (i = output + 1; i < j->nodes[output].next;
                 i = j->nodes[i].next)
            {
                aicost_responses_hear_item(&c, i, at++);
            }
        }

        aicost_responses_hear_end(&c, 0, rc == AICOST_USAGE_READ ? &u : NULL);

    } else {
        aicost_responses_hear_error(&c, aicost_chat_is_null(j, error)
                                        ? 0 : error);
    }

    return aicost_shape_heard(&c, h, n);
}


static unsigned
aicost_responses_is_answer(const aicost_json_t *j, uint32_t node)
{
    uint32_t  output;

    output = aicost_json_get(j, node, "output");

    return (output && j->nodes[output].type == AICOST_JSON_ARRAY)
           || aicost_json_is(j, aicost_json_get(j, node, "object"),
                             "response");
}


int
aicost_responses_hear_event(aicost_hear_t *h, const aicost_str_t *name,
    const unsigned char *data, size_t len, aicost_json_node_t *nodes,
    uint32_t max_nodes, aicost_says_t *says, uint32_t *n)
{
    aicost_json_t        j;
    aicost_shape_hear_t  c;

    *n = 0;

    if (h->done) {
        return AICOST_OK;
    }

    /* "[DONE]" is no word of this shape, but some servers end with it */

    if (data == NULL || (len >= 6 && memcmp(data, "[DONE]", 6) == 0)) {
        *n = aicost_shape_last(h, says);
        return AICOST_OK;
    }

    if (aicost_shape_tape(&j, data, len, nodes, max_nodes) != AICOST_OK) {
        return AICOST_ERROR;
    }

    aicost_shape_hear(&c, h, &j, says, AICOST_SAYS_MAX);
    aicost_responses_hear_data(&c, name);

    return aicost_shape_heard_event(&c, n);
}


static void
aicost_responses_hear_data(aicost_shape_hear_t *c,
    const aicost_str_t *name)
{
    size_t          i;
    uint32_t        type, answer;
    aicost_usage_e  rc;
    aicost_usage_t  u;

    static const char *const  ends[] = {
        "response.completed", "response.incomplete", "response.failed",
        "response.cancelled"
    };

    type = aicost_json_get(c->j, 0, "type");
    answer = aicost_json_get(c->j, 0, "response");

    if (aicost_responses_named(c->j, type, name, "error")
        || (type == 0
            && !aicost_chat_is_null(c->j, aicost_json_get(c->j, 0, "error"))))
    {
        type = aicost_json_get(c->j, 0, "error");
        aicost_responses_hear_error(c, aicost_chat_is_null(c->j, type)
                                       ? 0 : type);
        return;
    }

    if (answer && c->j->nodes[answer].type == AICOST_JSON_OBJECT) {

        rc = aicost_responses_usage(c->j, answer, &u);
        aicost_chat_start(c, answer, "created_at",
                          rc == AICOST_USAGE_READ ? &u : NULL);

        for (i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
            if (aicost_responses_named(c->j, type, name, ends[i])) {
                aicost_responses_hear_end(c, answer,
                                          rc == AICOST_USAGE_READ ? &u : NULL);
                return;
            }
        }

        return;
    }

    if (aicost_responses_hear_delta(c, type)) {
        return;
    }

    if (aicost_json_is(c->j, type, "response.output_item.added")) {
        aicost_responses_hear_added(c);

    } else if (aicost_json_is(c->j, type, "response.output_item.done")) {
        aicost_responses_hear_over(c);

    } else if (aicost_json_is(c->j, type,
                              "response.function_call_arguments.delta"))
    {
        aicost_responses_hear_args(c, aicost_json_get(c->j, 0, "delta"), 0);

    } else if (aicost_json_is(c->j, type,
                              "response.function_call_arguments.done"))
    {
        aicost_responses_hear_args(c, aicost_json_get(c->j, 0, "arguments"),
                                   1);
    }
}


/* 1 when it was one */

static unsigned
aicost_responses_hear_delta(aicost_shape_hear_t *c, uint32_t type)
{
    size_t    i;
    int64_t   index;
    uint32_t  node;

    static const struct {
        const char     *type;
        aicost_says_e   kind;
    } deltas[] = {
        { "response.output_text.delta", AICOST_SAYS_TEXT },
        { "response.refusal.delta", AICOST_SAYS_REFUSAL },
        { "response.reasoning_summary_text.delta", AICOST_SAYS_THINKING },
        { "response.reasoning_text.delta", AICOST_SAYS_THINKING }
    };

    for (i = 0; i < sizeof(deltas) / sizeof(deltas[0]); i++) {
        if (aicost_json_is(c->j, type, deltas[i].type)) {
            aicost_responses_say_some(c, deltas[i].kind,
                                      aicost_json_get(c->j, 0, "delta"));
            return 1;
        }
    }

    if (!aicost_json_is(c->j, type, "response.reasoning_summary_part.added")) {
        return 0;
    }

    node = aicost_json_get(c->j, 0, "summary_index");

    if (node
        && aicost_json_int(c->j, node, 1, AICOST_USAGE_MAX, 0, &index)
           == AICOST_OK)
    {
        aicost_responses_say_gap(c);
    }

    return 1;
}


/* by the data, or by the event's name where the data does not say */

static unsigned
aicost_responses_named(const aicost_json_t *j, uint32_t type,
    const aicost_str_t *name, const char *word)
{
    if (aicost_chat_is_string(j, type)) {
        return aicost_json_is(j, type, word) ? 1 : 0;
    }

    return name->len == strlen(word)
           && memcmp(name->data, word, name->len) == 0;
}


static void
aicost_responses_hear_added(aicost_shape_hear_t *c)
{
    uint32_t  item;

    item = aicost_json_get(c->j, 0, "item");

    if (item && aicost_json_is(c->j, aicost_json_get(c->j, item, "type"),
                               "function_call"))
    {
        aicost_responses_hear_call(c, item, aicost_responses_at(c->j));
    }
}


/* a whole item: what its deltas did not say */

static void
aicost_responses_hear_over(aicost_shape_hear_t *c)
{
    uint32_t                   item, type, node, at, call;
    const aicost_json_node_t  *n;

    item = aicost_json_get(c->j, 0, "item");
    type = item ? aicost_json_get(c->j, item, "type") : 0;

    if (aicost_json_is(c->j, type, "reasoning")) {
        node = aicost_json_get(c->j, item, "summary");
        n = &c->j->nodes[node];

        if (node == 0 || n->type != AICOST_JSON_ARRAY || n->count == 0) {
            node = aicost_json_get(c->j, item, "content");
            n = &c->j->nodes[node];
        }

        aicost_responses_hear_seal(c, item, node
                                            && n->type == AICOST_JSON_ARRAY
                                            && n->count);
        return;
    }

    if (!aicost_json_is(c->j, type, "function_call")) {
        return;
    }

    at = aicost_responses_at(c->j);
    call = aicost_responses_begun(c->h, at);

    if (call == c->h->calls) {
        aicost_responses_hear_call(c, item, at);
        call = aicost_responses_begun(c->h, at);
    }

    if (call < c->h->calls) {
        aicost_responses_hear_args(c, aicost_json_get(c->j, item,
                                                      "arguments"), 1);
    }
}


static void
aicost_responses_hear_item(aicost_shape_hear_t *c, uint32_t item,
    uint32_t at)
{
    uint32_t        type, shown, args;
    aicost_says_t  *s;

    type = aicost_json_get(c->j, item, "type");

    if (aicost_json_is(c->j, type, "message")) {
        aicost_responses_hear_message(c, item);

    } else if (aicost_json_is(c->j, type, "reasoning")) {
        shown = aicost_responses_hear_texts(c, aicost_json_get(c->j, item,
                                                               "summary"));

        if (shown == 0) {
            shown = aicost_responses_hear_texts(c, aicost_json_get(c->j, item,
                                                                   "content"));
        }

        aicost_responses_hear_seal(c, item, shown != 0);

    } else if (aicost_json_is(c->j, type, "function_call")) {
        aicost_responses_hear_call(c, item, at);
        args = aicost_json_get(c->j, item, "arguments");

        if (!c->failed && aicost_chat_is_string(c->j, args)
            && c->j->nodes[args].len && c->h->calls)
        {
            s = aicost_shape_say(c, AICOST_SAYS_ARGUMENTS);
            s->index = c->h->calls - 1;
            s->text = aicost_piece(c->j, args);
        }
    }
}


static void
aicost_responses_hear_message(aicost_shape_hear_t *c, uint32_t item)
{
    uint32_t                   i, content;
    const aicost_json_node_t  *nodes;

    nodes = c->j->nodes;
    content = aicost_json_get(c->j, item, "content");

    if (content == 0 || nodes[content].type != AICOST_JSON_ARRAY) {
        aicost_responses_say_some(c, AICOST_SAYS_TEXT, content);
        return;
    }

    for (i = content + 1; i < nodes[content].next; i = nodes[i].next) {
        aicost_responses_say_some(c, AICOST_SAYS_TEXT,
                                  aicost_json_get(c->j, i, "text"));
        aicost_responses_say_some(c, AICOST_SAYS_REFUSAL,
                                  aicost_json_get(c->j, i, "refusal"));
    }
}


/* the parts of a summary, also empty ones; returns their number */

static uint32_t
aicost_responses_hear_texts(aicost_shape_hear_t *c, uint32_t array)
{
    uint32_t                   i, n, text;
    const aicost_json_node_t  *nodes;

    nodes = c->j->nodes;
    n = 0;

    if (array == 0 || nodes[array].type != AICOST_JSON_ARRAY) {
        return 0;
    }

    for (i = array + 1; i < nodes[array].next; i = nodes[i].next) {
        text = aicost_json_get(c->j, i, "text");

        if (!aicost_chat_is_string(c->j, text)) {
            continue;
        }

        if (n++) {
            aicost_responses_say_gap(c);
        }

        aicost_responses_say_some(c, AICOST_SAYS_THINKING, text);
    }

    return n;
}


static void
aicost_responses_hear_seal(aicost_shape_hear_t *c, uint32_t item,
    unsigned shown)
{
    aicost_responses_say_some(c, shown ? AICOST_SAYS_SIGNATURE
                                       : AICOST_SAYS_REDACTED,
                              aicost_json_get(c->j, item,
                                              "encrypted_content"));
}


static void
aicost_responses_hear_call(aicost_shape_hear_t *c, uint32_t item,
    uint32_t at)
{
    uint32_t        id, name;
    aicost_says_t  *s;

    if (aicost_responses_begun(c->h, at) < c->h->calls) {
        return;
    }

    name = aicost_json_get(c->j, item, "name");

    if (!aicost_chat_is_string(c->j, name)) {
        return;
    }

    if (c->h->calls == AICOST_FORM_CALLS) {
        c->failed = 1;
        return;
    }

    s = aicost_shape_say(c, AICOST_SAYS_CALL);
    s->index = c->h->calls;
    s->name = aicost_piece(c->j, name);

    id = aicost_json_get(c->j, item, "call_id");

    if (aicost_chat_is_string(c->j, id) && c->j->nodes[id].len) {
        s->id = aicost_piece(c->j, id);
    }

    c->h->called = 1;
    c->h->blocks[c->h->calls++] = at;
}


/* the call of an item; h->calls: none */

static uint32_t
aicost_responses_begun(const aicost_hear_t *h, uint32_t at)
{
    uint32_t  i;

    for (i = 0; i < h->calls; i++) {
        if ((h->blocks[i] & ~AICOST_RESPONSES_ARGS) == at) {
            break;
        }
    }

    return i;
}


/* all of them are only said where no part of them was */

static void
aicost_responses_hear_args(aicost_shape_hear_t *c, uint32_t node,
    unsigned whole)
{
    uint32_t        call;
    aicost_says_t  *s;

    call = aicost_responses_begun(c->h, aicost_responses_at(c->j));

    if (call == c->h->calls || !aicost_chat_is_string(c->j, node)
        || c->j->nodes[node].len == 0
        || (whole && (c->h->blocks[call] & AICOST_RESPONSES_ARGS)))
    {
        return;
    }

    c->h->blocks[call] |= AICOST_RESPONSES_ARGS;

    s = aicost_shape_say(c, AICOST_SAYS_ARGUMENTS);
    s->index = call;
    s->text = aicost_piece(c->j, node);
}


static uint32_t
aicost_responses_at(const aicost_json_t *j)
{
    int64_t   at;
    uint32_t  node;

    at = 0;
    node = aicost_json_get(j, 0, "output_index");

    if (node
        && aicost_json_int(j, node, 0, AICOST_RESPONSES_ARGS - 1, 0, &at)
           != AICOST_OK)
    {
        at = 0;
    }

    return (uint32_t) at;
}


static void
aicost_responses_hear_end(aicost_shape_hear_t *c, uint32_t answer,
    const aicost_usage_t *u)
{
    uint32_t        status, why, error;
    aicost_says_t  *s;

    status = aicost_json_get(c->j, answer, "status");
    error = aicost_json_get(c->j, answer, "error");

    if (u) {
        c->h->usage = *u;
    }

    if (!aicost_chat_is_null(c->j, error)
        || aicost_json_is(c->j, status, "failed"))
    {
        if (u) {
            aicost_shape_say(c, AICOST_SAYS_USAGE)->usage = *u;
        }

        aicost_responses_hear_error(c, aicost_chat_is_null(c->j, error)
                                       ? answer : error);
        return;
    }

    s = aicost_shape_say(c, AICOST_SAYS_FINISH);
    s->finish = AICOST_FINISH_OTHER;

    if (aicost_json_is(c->j, status, "completed")) {
        s->finish = c->h->called ? AICOST_FINISH_CALLS : AICOST_FINISH_STOP;

    } else if (aicost_json_is(c->j, status, "incomplete")) {
        why = aicost_json_get(c->j, answer, "incomplete_details");
        why = why ? aicost_json_get(c->j, why, "reason") : 0;

        /* for any other reason, or none, it is no whole answer either */

        s->finish = aicost_json_is(c->j, why, "content_filter")
                    ? AICOST_FINISH_FILTER : AICOST_FINISH_LENGTH;
    }

    c->h->finished = 1;

    if (u) {
        aicost_shape_say(c, AICOST_SAYS_USAGE)->usage = *u;
    }

    c->h->done = 1;
    (void) aicost_shape_say(c, AICOST_SAYS_DONE);
}


/* error is an object with a message, or a string */

static void
aicost_responses_hear_error(aicost_shape_hear_t *c, uint32_t error)
{
    uint32_t                   node;
    aicost_says_t             *s;
    const aicost_json_node_t  *n;

    n = &c->j->nodes[error];
    s = aicost_shape_say(c, AICOST_SAYS_ERROR);

    if (n->type == AICOST_JSON_STRING) {
        s->text = aicost_piece(c->j, error);

    } else {
        node = aicost_json_get(c->j, error, "message");

        if (aicost_chat_is_string(c->j, node)) {
            s->text = aicost_piece(c->j, node);
        }

        s->id = aicost_piece(c->j, aicost_json_get(c->j, error, "code"));
    }

    s->reason = aicost_chat_reason(c->j, error);

    c->h->done = 1;
    (void) aicost_shape_say(c, AICOST_SAYS_DONE);
}


/* input and output include their subsets, which never exceed them */

static aicost_usage_e
aicost_responses_usage(const aicost_json_t *j, uint32_t answer,
    aicost_usage_t *u)
{
    int64_t   input, output, cached, write, reasoning;
    uint32_t  node, in, out;

    memset(u, 0, sizeof(aicost_usage_t));
    node = aicost_json_get(j, answer, "usage");

    if (aicost_chat_is_null(j, node)) {
        return AICOST_USAGE_NONE;
    }

    in = aicost_json_get(j, node, "input_tokens_details");
    out = aicost_json_get(j, node, "output_tokens_details");

    input = 0;
    output = 0;
    cached = 0;
    write = 0;
    reasoning = 0;

    if (aicost_shape_count(j, node, "input_tokens", &input) != AICOST_OK
        || aicost_shape_count(j, node, "output_tokens", &output)
           != AICOST_OK
        || (in && aicost_shape_count(j, in, "cached_tokens", &cached)
                  == AICOST_ERROR)
        || (in && aicost_shape_count(j, in, "cache_write_tokens", &write)
                  == AICOST_ERROR)
        || (out && aicost_shape_count(j, out, "reasoning_tokens",
                                      &reasoning)
                   == AICOST_ERROR))
    {
        return AICOST_USAGE_BAD;
    }

    if (write > input) {
        write = input;
    }

    if (cached > input - write) {
        cached = input - write;
    }

    u->input = input - write - cached;
    u->cached = cached;
    u->cache_write = write;
    u->output = output;
    u->reasoning = reasoning > output ? output : reasoning;
    u->service = aicost_service_member(j, answer);

    return AICOST_USAGE_READ;
}


/* a string that says something */

static void
aicost_responses_say_some(aicost_shape_hear_t *c, aicost_says_e kind,
    uint32_t node)
{
    if (aicost_chat_is_string(c->j, node) && c->j->nodes[node].len) {
        aicost_shape_say(c, kind)->text = aicost_piece(c->j, node);
    }
}


/* between the parts of a summary, which elsewhere is one text */

static void
aicost_responses_say_gap(aicost_shape_hear_t *c)
{
    aicost_says_t  *s;

    s = aicost_shape_say(c, AICOST_SAYS_THINKING);
    s->text = aicost_piece_word("\\n\\n");
    s->text.kind = AICOST_PIECE_STRING;
}
