
/*
 * Copyright (C) aicost
 *
 * Anthropic's Messages: what a provider answers, whole or in events.
 */


#include "aicost_api_anthropic_int.h"


/* in blocks[]: the call has arguments */

#define AICOST_ANTHROPIC_HAS       0x80000000u
#define AICOST_ANTHROPIC_BLOCK     0x7fffffff


/* the string of a member, NONE when it is none */

static aicost_piece_t
aicost_anthropic_word(const aicost_json_t *j, uint32_t object,
    const char *name)
{
    uint32_t  node;

    node = aicost_json_get(j, object, name);

    if (node && j->nodes[node].type != AICOST_JSON_STRING) {
        node = 0;
    }

    return aicost_piece(j, node);
}


/* --- usage ---------------------------------------------------------------- */


/* writes for five minutes and for an hour; without the split what is over is
   for five minutes */

static int
aicost_anthropic_cached(const aicost_json_t *j, uint32_t usage,
    aicost_usage_t *u)
{
    int64_t   all, known;
    uint32_t  split;

    split = aicost_shape_get(j, usage, "cache_creation");

    if (split
        && (aicost_shape_count(j, split, "ephemeral_5m_input_tokens",
                               &u->cache_write) == AICOST_ERROR
            || aicost_shape_count(j, split, "ephemeral_1h_input_tokens",
                                  &u->cache_write_1h) == AICOST_ERROR))
    {
        return AICOST_ERROR;
    }

    known = u->cache_write + u->cache_write_1h;
    all = known;

    if (aicost_shape_count(j, usage, "cache_creation_input_tokens", &all)
        == AICOST_ERROR)
    {
        return AICOST_ERROR;
    }

    if (all > known) {
        u->cache_write += all - known;

    } else if (all < known && split == 0) {
        u->cache_write = all;
        u->cache_write_1h = 0;
    }

    return AICOST_OK;
}


/* AUTO: it says nothing.  Fast is dearer than any tier it is beside */

static aicost_service_e
aicost_anthropic_service(const aicost_json_t *j, uint32_t usage)
{
    uint32_t  speed;

    speed = aicost_shape_get(j, usage, "speed");

    if (speed && aicost_service_read(j, speed) == AICOST_SERVICE_FAST) {
        return AICOST_SERVICE_FAST;
    }

    return aicost_service_member(j, usage);
}


/* READ: what is there replaces; NONE and BAD leave u as it was */

static aicost_usage_e
aicost_anthropic_usage(const aicost_json_t *j, uint32_t object,
    aicost_usage_t *u)
{
    uint32_t          usage, details;
    aicost_usage_t    v;
    aicost_service_e  service;

    usage = aicost_shape_get(j, object, "usage");

    if (usage == 0) {
        return AICOST_USAGE_NONE;
    }

    if (j->nodes[usage].type != AICOST_JSON_OBJECT) {
        return AICOST_USAGE_BAD;
    }

    v = *u;
    details = aicost_shape_get(j, usage, "output_tokens_details");

    if (aicost_shape_count(j, usage, "input_tokens", &v.input) == AICOST_ERROR
        || aicost_shape_count(j, usage, "cache_read_input_tokens", &v.cached)
           == AICOST_ERROR
        || aicost_anthropic_cached(j, usage, &v) != AICOST_OK
        || aicost_shape_count(j, usage, "output_tokens", &v.output)
           == AICOST_ERROR
        || (details
            && aicost_shape_count(j, details, "thinking_tokens", &v.reasoning)
               == AICOST_ERROR))
    {
        return AICOST_USAGE_BAD;
    }

    if (v.reasoning > v.output) {
        v.reasoning = v.output;
    }

    service = aicost_anthropic_service(j, usage);

    if (service != AICOST_SERVICE_AUTO) {
        v.service = service;
    }

    *u = v;

    return AICOST_USAGE_READ;
}


/* --- ends ----------------------------------------------------------------- */


static aicost_finish_e
aicost_anthropic_finish(const aicost_piece_t *reason)
{
    size_t  i;

    static const struct {
        const char       *word;
        aicost_finish_e   finish;
    } words[] = {
        { "end_turn", AICOST_FINISH_STOP },
        { "tool_use", AICOST_FINISH_CALLS },
        { "max_tokens", AICOST_FINISH_LENGTH },
        { "stop_sequence", AICOST_FINISH_SEQUENCE },
        { "refusal", AICOST_FINISH_FILTER },
        { "pause_turn", AICOST_FINISH_STOP },
        { "model_context_window_exceeded", AICOST_FINISH_LENGTH },
        { "compaction", AICOST_FINISH_LENGTH }
    };

    for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (aicost_piece_is(reason, words[i].word)) {
            return words[i].finish;
        }
    }

    return AICOST_FINISH_OTHER;
}


static void
aicost_anthropic_say_finish(aicost_shape_hear_t *s, const aicost_json_t *j,
    uint32_t object)
{
    aicost_says_t   *e;
    aicost_piece_t   reason;

    reason = aicost_anthropic_word(j, object, "stop_reason");

    e = aicost_shape_say(s, AICOST_SAYS_FINISH);
    e->finish = (uint8_t) aicost_anthropic_finish(&reason);

    if (e->finish == AICOST_FINISH_SEQUENCE) {
        e->text = aicost_anthropic_word(j, object, "stop_sequence");
    }
}


static void
aicost_anthropic_say_error(aicost_shape_hear_t *s, const aicost_json_t *j)
{
    uint32_t         error, details;
    aicost_says_t   *e;
    aicost_piece_t   type;

    e = aicost_shape_say(s, AICOST_SAYS_ERROR);
    e->reason = aicost_error_said(200, j->data, j->len);

    error = aicost_json_get(j, 0, "error");

    if (error == 0) {
        return;
    }

    if (j->nodes[error].type == AICOST_JSON_STRING) {
        e->text = aicost_piece(j, error);
        return;
    }

    e->text = aicost_anthropic_word(j, error, "message");
    type = aicost_anthropic_word(j, error, "type");
    e->id = type;

    details = aicost_shape_get(j, error, "details");

    if (details) {
        type = aicost_anthropic_word(j, details, "error_code");

        if (type.kind != AICOST_PIECE_NONE) {
            e->id = type;
        }
    }
}


static unsigned
aicost_anthropic_is_error(const aicost_json_t *j)
{
    uint32_t  type;

    type = aicost_json_get(j, 0, "type");

    if (type) {
        return aicost_json_is(j, type, "error") & 1;
    }

    return aicost_shape_get(j, 0, "error") != 0;
}


/* --- a whole answer ------------------------------------------------------- */


static int
aicost_anthropic_hear_block(aicost_shape_hear_t *s, const aicost_json_t *j,
    uint32_t block, uint32_t *calls)
{
    uint32_t        type, input;
    aicost_says_t  *e;

    type = aicost_json_get(j, block, "type");

    if (type == 0) {
        return AICOST_OK;
    }

    if (aicost_json_is(j, type, "text")) {
        aicost_shape_said(s, AICOST_SAYS_TEXT, block, "text");

    } else if (aicost_json_is(j, type, "thinking")) {
        aicost_shape_said(s, AICOST_SAYS_THINKING, block, "thinking");
        aicost_shape_said(s, AICOST_SAYS_SIGNATURE, block, "signature");

    } else if (aicost_json_is(j, type, "redacted_thinking")) {
        aicost_shape_said(s, AICOST_SAYS_REDACTED, block, "data");

    } else if (aicost_json_is(j, type, "tool_use")) {

        if (*calls == AICOST_FORM_CALLS) {
            return AICOST_ERROR;
        }

        e = aicost_shape_say(s, AICOST_SAYS_CALL);
        e->index = *calls;
        e->id = aicost_anthropic_word(j, block, "id");
        e->name = aicost_anthropic_word(j, block, "name");

        e = aicost_shape_say(s, AICOST_SAYS_ARGUMENTS);
        e->index = (*calls)++;

        input = aicost_json_get(j, block, "input");

        if (input && j->nodes[input].type == AICOST_JSON_OBJECT) {
            e->text = aicost_piece(j, input);

        } else {
            e->text = aicost_piece_word("{}");
            e->text.kind = AICOST_PIECE_JSON;
        }
    }

    return AICOST_OK;
}


int
aicost_anthropic_hear(aicost_hear_t *h, const aicost_json_t *j,
    aicost_says_t *says, uint32_t max, uint32_t *n)
{
    uint32_t              i, content, calls;
    aicost_says_t        *e;
    aicost_usage_e        read;
    aicost_usage_t        usage;
    aicost_shape_hear_t   s;

    *n = 0;
    aicost_shape_hear(&s, h, j, says, max);

    if (j->nnodes == 0 || j->nodes[0].type != AICOST_JSON_OBJECT) {
        return AICOST_ERROR;
    }

    memset(&usage, 0, sizeof(aicost_usage_t));
    calls = 0;

    if (aicost_anthropic_is_error(j)) {
        aicost_anthropic_say_error(&s, j);

    } else {
        content = aicost_json_get(j, 0, "content");

        if (content == 0 || j->nodes[content].type != AICOST_JSON_ARRAY) {
            return AICOST_ERROR;
        }

        read = aicost_anthropic_usage(j, 0, &usage);

        e = aicost_shape_say(&s, AICOST_SAYS_START);
        e->id = aicost_anthropic_word(j, 0, "id");
        e->name = aicost_anthropic_word(j, 0, "model");
        e->usage = usage;

        for (i = content + 1; i < j->nodes[content].next;
             i = j->nodes[i].next)
        {
            if (aicost_anthropic_hear_block(&s, j, i, &calls) != AICOST_OK) {
                return AICOST_ERROR;
            }
        }

        aicost_anthropic_say_finish(&s, j, 0);

        if (read == AICOST_USAGE_READ) {
            aicost_shape_say(&s, AICOST_SAYS_USAGE)->usage = usage;
        }
    }

    (void) aicost_shape_say(&s, AICOST_SAYS_DONE);

    *n = s.n;

    if (s.n > max) {
        return AICOST_DECLINED;
    }

    h->usage = usage;
    h->calls = calls;
    h->called = (calls != 0);
    h->started = 1;
    h->finished = 1;
    h->done = 1;

    return AICOST_OK;
}


/* --- a stream ------------------------------------------------------------- */


static void
aicost_anthropic_hear_start(aicost_hear_t *h, aicost_shape_hear_t *s,
    const aicost_json_t *j)
{
    uint32_t        message;
    aicost_says_t  *e;

    if (h->started) {
        return;
    }

    h->started = 1;

    e = aicost_shape_say(s, AICOST_SAYS_START);
    message = j ? aicost_shape_get(j, 0, "message") : 0;

    if (message) {
        e->id = aicost_anthropic_word(j, message, "id");
        e->name = aicost_anthropic_word(j, message, "model");
        (void) aicost_anthropic_usage(j, message, &h->usage);
    }

    e->usage = h->usage;
}


/* the number of a block; AICOST_ERROR when it has none */

static int
aicost_anthropic_index(const aicost_json_t *j, uint32_t *index)
{
    int64_t   n;
    uint32_t  node;

    node = aicost_json_get(j, 0, "index");

    if (node == 0
        || aicost_json_int(j, node, 0, AICOST_ANTHROPIC_BLOCK, 1, &n)
           != AICOST_OK)
    {
        return AICOST_ERROR;
    }

    *index = (uint32_t) n;

    return AICOST_OK;
}


/* the call that a block is; AICOST_FORM_CALLS: none */

static uint32_t
aicost_anthropic_call(const aicost_hear_t *h, uint32_t index)
{
    uint32_t  i;

    for (i = h->calls; i > 0; i--) {
        if ((h->blocks[i - 1] & AICOST_ANTHROPIC_BLOCK) == index) {
            return i - 1;
        }
    }

    return AICOST_FORM_CALLS;
}


static int
aicost_anthropic_block_start(aicost_hear_t *h, aicost_shape_hear_t *s,
    const aicost_json_t *j)
{
    uint32_t        block, type, index, input;
    aicost_says_t  *e;

    block = aicost_shape_get(j, 0, "content_block");
    type = block ? aicost_shape_get(j, block, "type") : 0;

    if (type == 0) {
        return AICOST_OK;
    }

    if (!aicost_json_is(j, type, "tool_use")) {
        index = 0;
        return aicost_anthropic_hear_block(s, j, block, &index);
    }

    if (h->calls == AICOST_FORM_CALLS
        || aicost_anthropic_index(j, &index) != AICOST_OK)
    {
        return AICOST_ERROR;
    }

    e = aicost_shape_say(s, AICOST_SAYS_CALL);
    e->index = h->calls;
    e->id = aicost_anthropic_word(j, block, "id");
    e->name = aicost_anthropic_word(j, block, "name");

    input = aicost_json_get(j, block, "input");

    if (input && j->nodes[input].type == AICOST_JSON_OBJECT
        && j->nodes[input].count)
    {
        e = aicost_shape_say(s, AICOST_SAYS_ARGUMENTS);
        e->index = h->calls;
        e->text = aicost_piece(j, input);
        index |= AICOST_ANTHROPIC_HAS;
    }

    h->blocks[h->calls++] = index;
    h->called = 1;

    return AICOST_OK;
}


static void
aicost_anthropic_block_delta(aicost_hear_t *h, aicost_shape_hear_t *s,
    const aicost_json_t *j)
{
    uint32_t         delta, type, index, call;
    aicost_says_t   *e;
    aicost_piece_t   text;

    delta = aicost_shape_get(j, 0, "delta");
    type = delta ? aicost_shape_get(j, delta, "type") : 0;

    if (type == 0) {
        return;
    }

    if (aicost_json_is(j, type, "text_delta")) {
        aicost_shape_said(s, AICOST_SAYS_TEXT, delta, "text");

    } else if (aicost_json_is(j, type, "thinking_delta")) {
        aicost_shape_said(s, AICOST_SAYS_THINKING, delta, "thinking");

    } else if (aicost_json_is(j, type, "signature_delta")) {
        aicost_shape_said(s, AICOST_SAYS_SIGNATURE, delta, "signature");

    } else if (aicost_json_is(j, type, "input_json_delta")) {
        text = aicost_anthropic_word(j, delta, "partial_json");

        if (text.len == 0 || aicost_anthropic_index(j, &index) != AICOST_OK) {
            return;
        }

        call = aicost_anthropic_call(h, index);

        if (call == AICOST_FORM_CALLS) {
            return;
        }

        h->blocks[call] |= AICOST_ANTHROPIC_HAS;

        e = aicost_shape_say(s, AICOST_SAYS_ARGUMENTS);
        e->index = call;
        e->text = text;
    }
}


/* arguments that were never said are {} */

static void
aicost_anthropic_block_stop(aicost_hear_t *h, aicost_shape_hear_t *s,
    const aicost_json_t *j)
{
    uint32_t        index, call;
    aicost_says_t  *e;

    if (aicost_anthropic_index(j, &index) != AICOST_OK) {
        return;
    }

    call = aicost_anthropic_call(h, index);

    if (call == AICOST_FORM_CALLS
        || (h->blocks[call] & AICOST_ANTHROPIC_HAS))
    {
        return;
    }

    h->blocks[call] |= AICOST_ANTHROPIC_HAS;

    e = aicost_shape_say(s, AICOST_SAYS_ARGUMENTS);
    e->index = call;
    e->text = aicost_piece_word("{}");
    e->text.kind = AICOST_PIECE_STRING;
}


static void
aicost_anthropic_message_delta(aicost_hear_t *h, aicost_shape_hear_t *s,
    const aicost_json_t *j)
{
    uint32_t  delta;

    delta = aicost_shape_get(j, 0, "delta");

    if (delta && !h->finished
        && aicost_shape_get(j, delta, "stop_reason"))
    {
        h->finished = 1;
        aicost_anthropic_say_finish(s, j, delta);
    }

    if (aicost_anthropic_usage(j, 0, &h->usage) == AICOST_USAGE_READ) {
        aicost_shape_say(s, AICOST_SAYS_USAGE)->usage = h->usage;
    }
}


/* the end of the stream; one that was cut says so */

static void
aicost_anthropic_hear_end(aicost_hear_t *h, aicost_shape_hear_t *s,
    unsigned cut)
{
    aicost_says_t  *e;

    if (cut && !h->finished) {
        e = aicost_shape_say(s, AICOST_SAYS_ERROR);
        e->reason = AICOST_R_SERVER_ERROR;
        e->text = aicost_piece_word("the provider's stream ended early");

    } else if (!h->finished) {
        aicost_anthropic_hear_start(h, s, NULL);
        e = aicost_shape_say(s, AICOST_SAYS_FINISH);
        e->finish = AICOST_FINISH_OTHER;
    }

    (void) aicost_shape_say(s, AICOST_SAYS_DONE);

    h->finished = 1;
    h->done = 1;
}


static int
aicost_anthropic_event(aicost_hear_t *h, aicost_shape_hear_t *s,
    const aicost_json_t *j)
{
    uint32_t  type;

    if (aicost_anthropic_is_error(j)) {
        aicost_anthropic_say_error(s, j);
        (void) aicost_shape_say(s, AICOST_SAYS_DONE);
        h->finished = 1;
        h->done = 1;
        return AICOST_OK;
    }

    type = aicost_json_get(j, 0, "type");

    if (type == 0) {
        return AICOST_OK;
    }

    if (aicost_json_is(j, type, "message_start")) {
        aicost_anthropic_hear_start(h, s, j);

    } else if (aicost_json_is(j, type, "content_block_start")) {
        aicost_anthropic_hear_start(h, s, NULL);
        return aicost_anthropic_block_start(h, s, j);

    } else if (aicost_json_is(j, type, "content_block_delta")) {
        aicost_anthropic_hear_start(h, s, NULL);
        aicost_anthropic_block_delta(h, s, j);

    } else if (aicost_json_is(j, type, "content_block_stop")) {
        aicost_anthropic_block_stop(h, s, j);

    } else if (aicost_json_is(j, type, "message_delta")) {
        aicost_anthropic_hear_start(h, s, NULL);
        aicost_anthropic_message_delta(h, s, j);

    } else if (aicost_json_is(j, type, "message_stop")) {
        aicost_anthropic_hear_end(h, s, 0);
    }

    return AICOST_OK;
}


int
aicost_anthropic_hear_event(aicost_hear_t *h, const aicost_str_t *name,
    const unsigned char *data, size_t len, aicost_json_node_t *nodes,
    uint32_t max_nodes, aicost_says_t *says, uint32_t *n)
{
    int                  rc;
    aicost_json_t        j;
    aicost_shape_hear_t  s;

    (void) name;

    *n = 0;

    if (h->done) {
        return AICOST_OK;
    }

    if (data == NULL) {
        aicost_shape_hear(&s, h, NULL, says, AICOST_SAYS_MAX);
        aicost_anthropic_hear_end(h, &s, 1);
        *n = s.n;
        return AICOST_OK;
    }

    if (len == 0) {
        return AICOST_OK;
    }

    if (aicost_shape_tape(&j, data, len, nodes, max_nodes) != AICOST_OK) {
        return AICOST_ERROR;
    }

    aicost_shape_hear(&s, h, &j, says, AICOST_SAYS_MAX);
    rc = aicost_anthropic_event(h, &s, &j);
    *n = rc == AICOST_OK ? s.n : 0;

    return rc;
}
