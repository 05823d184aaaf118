
/*
 * Copyright (C) aicost
 *
 * What Ollama answers, whole and in lines.
 */


#include "aicost_api_ollama_int.h"


static void aicost_ollama_hear_root(aicost_shape_hear_t *c);
static void aicost_ollama_hear_error(aicost_shape_hear_t *c, uint32_t error);
static void aicost_ollama_hear_start(aicost_shape_hear_t *c);
static void aicost_ollama_hear_message(aicost_shape_hear_t *c, uint32_t node);
static void aicost_ollama_hear_call(aicost_shape_hear_t *c, uint32_t node);
static void aicost_ollama_hear_done(aicost_shape_hear_t *c);


int
aicost_ollama_hear(aicost_hear_t *h, const aicost_json_t *j,
    aicost_says_t *says, uint32_t max, uint32_t *n)
{
    uint32_t             message;
    aicost_hear_t        heard;
    aicost_shape_hear_t  c;

    *n = 0;

    message = aicost_json_get(j, 0, "message");

    if ((message == 0 || j->nodes[message].type != AICOST_JSON_OBJECT)
        && aicost_shape_get(j, 0, "error") == 0)
    {
        return AICOST_ERROR;
    }

    heard = *h;
    aicost_shape_hear(&c, &heard, j, says, max);
    c.whole = 1;

    aicost_ollama_hear_root(&c);

    return aicost_shape_heard(&c, h, n);
}


int
aicost_ollama_hear_event(aicost_hear_t *h, const aicost_str_t *name,
    const unsigned char *data, size_t len, aicost_json_node_t *nodes,
    uint32_t max_nodes, aicost_says_t *says, uint32_t *n)
{
    aicost_json_t        j;
    aicost_shape_hear_t  c;

    (void) name;

    *n = 0;

    if (h->done) {
        return AICOST_OK;
    }

    if (data == NULL) {
        *n = aicost_shape_last(h, says);
        return AICOST_OK;
    }

    if (aicost_shape_tape(&j, data, len, nodes, max_nodes) != AICOST_OK) {
        return AICOST_ERROR;
    }

    aicost_shape_hear(&c, h, &j, says, AICOST_SAYS_MAX);
    aicost_ollama_hear_root(&c);

    return aicost_shape_heard_event(&c, n);
}


/* a whole answer, or one line of it */

static void
aicost_ollama_hear_root(aicost_shape_hear_t *c)
{
    uint32_t  node;

    node = aicost_shape_get(c->j, 0, "error");

    if (node) {
        aicost_ollama_hear_error(c, node);
        return;
    }

    node = aicost_json_get(c->j, 0, "message");

    if (node && c->j->nodes[node].type == AICOST_JSON_OBJECT) {
        aicost_ollama_hear_start(c);
        aicost_ollama_hear_message(c, node);
    }

    node = aicost_json_get(c->j, 0, "done");

    if (c->whole || (node && c->j->nodes[node].type == AICOST_JSON_TRUE)) {
        aicost_ollama_hear_start(c);
        aicost_ollama_hear_done(c);
    }
}


static void
aicost_ollama_hear_error(aicost_shape_hear_t *c, uint32_t error)
{
    aicost_says_t  *s;

    s = aicost_shape_say(c, AICOST_SAYS_ERROR);
    s->reason = aicost_error_said(200, c->j->data, c->j->len);

    if (c->j->nodes[error].type == AICOST_JSON_OBJECT) {
        s->text = aicost_shape_some(c->j, error, "message");
        s->id = aicost_shape_some(c->j, error, "code");

    } else {
        s->text = aicost_piece(c->j, error);
    }

    c->h->done = 1;
    (void) aicost_shape_say(c, AICOST_SAYS_DONE);
}


static void
aicost_ollama_hear_start(aicost_shape_hear_t *c)
{
    aicost_says_t   *s;
    aicost_piece_t   created;

    if (c->h->started) {
        return;
    }

    c->h->started = 1;
    created = aicost_shape_some(c->j, 0, "created_at");

    s = aicost_shape_say(c, AICOST_SAYS_START);
    s->name = aicost_shape_some(c->j, 0, "model");
    s->created = aicost_ollama_time(&created);
}


static void
aicost_ollama_hear_message(aicost_shape_hear_t *c, uint32_t node)
{
    uint32_t                   i, calls;
    const aicost_json_node_t  *nodes;

    nodes = c->j->nodes;

    aicost_shape_said(c, AICOST_SAYS_THINKING, node, "thinking");
    aicost_shape_said(c, AICOST_SAYS_TEXT, node, "content");

    calls = aicost_json_get(c->j, node, "tool_calls");

    if (calls == 0 || nodes[calls].type != AICOST_JSON_ARRAY) {
        return;
    }

    for (i = calls + 1; i < nodes[calls].next; i = nodes[i].next) {
        aicost_ollama_hear_call(c, i);
    }
}


/* a call comes whole */

static void
aicost_ollama_hear_call(aicost_shape_hear_t *c, uint32_t node)
{
    uint32_t         function, args, index;
    aicost_says_t   *s;
    aicost_piece_t   name;

    function = aicost_json_get(c->j, node, "function");

    if (function == 0) {
        return;
    }

    name = aicost_shape_some(c->j, function, "name");

    if (name.kind == AICOST_PIECE_NONE) {
        return;
    }

    if (c->h->calls == AICOST_FORM_CALLS) {
        c->failed = 1;
        return;
    }

    index = c->h->calls++;
    c->h->called = 1;

    s = aicost_shape_say(c, AICOST_SAYS_CALL);
    s->index = index;
    s->name = name;
    s->id = aicost_shape_some(c->j, node, "id");

    args = aicost_json_get(c->j, function, "arguments");

    /* older models were seen to give them as a string */

    if (args && (c->j->nodes[args].type == AICOST_JSON_OBJECT
                 || (c->j->nodes[args].type == AICOST_JSON_STRING
                     && c->j->nodes[args].len)))
    {
        s = aicost_shape_say(c, AICOST_SAYS_ARGUMENTS);
        s->index = index;
        s->text = aicost_piece(c->j, args);
    }
}


static void
aicost_ollama_hear_done(aicost_shape_hear_t *c)
{
    uint32_t         reason;
    aicost_says_t   *s;
    aicost_usage_t   u;

    reason = aicost_json_get(c->j, 0, "done_reason");
    s = aicost_shape_say(c, AICOST_SAYS_FINISH);

    if (reason && aicost_json_is(c->j, reason, "length")) {
        s->finish = AICOST_FINISH_LENGTH;

    } else if (c->h->called) {
        s->finish = AICOST_FINISH_CALLS;

    } else if (reason == 0 || aicost_json_is(c->j, reason, "stop")) {
        s->finish = AICOST_FINISH_STOP;

    } else {
        s->finish = AICOST_FINISH_OTHER;
    }

    c->h->finished = 1;

    /* one count alone is no usage: what is not known is not zero */

    memset(&u, 0, sizeof(aicost_usage_t));

    if (aicost_shape_count(c->j, 0, "prompt_eval_count", &u.input) == AICOST_OK
        && aicost_shape_count(c->j, 0, "eval_count", &u.output) == AICOST_OK)
    {
        c->h->usage = u;
        aicost_shape_say(c, AICOST_SAYS_USAGE)->usage = u;
    }

    c->h->done = 1;
    (void) aicost_shape_say(c, AICOST_SAYS_DONE);
}
