
/*
 * Copyright (C) aicost
 *
 * What Bedrock answers, whole and in frames.
 */


#include "aicost_api_bedrock_int.h"


static unsigned aicost_bedrock_fault(const aicost_json_t *j);
static void aicost_bedrock_hear_fault(aicost_shape_hear_t *c);
static void aicost_bedrock_hear_error(aicost_shape_hear_t *c,
    const aicost_piece_t *type);
static void aicost_bedrock_hear_start(aicost_shape_hear_t *c);
static void aicost_bedrock_hear_block(aicost_shape_hear_t *c, uint32_t node);
static void aicost_bedrock_hear_begin(aicost_shape_hear_t *c);
static void aicost_bedrock_hear_delta(aicost_shape_hear_t *c);
static void aicost_bedrock_hear_reasoning(aicost_shape_hear_t *c,
    uint32_t node);
static void aicost_bedrock_hear_call(aicost_shape_hear_t *c, uint32_t node,
    uint32_t block);
static int64_t aicost_bedrock_block(const aicost_json_t *j);
static void aicost_bedrock_hear_finish(aicost_shape_hear_t *c);
static void aicost_bedrock_hear_usage(aicost_shape_hear_t *c);
static int aicost_bedrock_hear_writes(const aicost_json_t *j, uint32_t usage,
    aicost_usage_t *u);


static const struct {
    const char          *word;
    aicost_finish_e      finish;
} aicost_bedrock_finishes[] = {
    { "end_turn", AICOST_FINISH_STOP },
    { "stop_sequence", AICOST_FINISH_SEQUENCE },
    { "max_tokens", AICOST_FINISH_LENGTH },
    { "model_context_window_exceeded", AICOST_FINISH_LENGTH },
    { "tool_use", AICOST_FINISH_CALLS },
    { "guardrail_intervened", AICOST_FINISH_FILTER },
    { "content_filtered", AICOST_FINISH_FILTER }
};

#define AICOST_BEDROCK_FINISHES                                               \
    (sizeof(aicost_bedrock_finishes) / sizeof(aicost_bedrock_finishes[0]))


int
aicost_bedrock_hear(aicost_hear_t *h, const aicost_json_t *j,
    aicost_says_t *says, uint32_t max, uint32_t *n)
{
    uint32_t             i, message, content;
    aicost_hear_t        heard;
    aicost_shape_hear_t  c;

    *n = 0;
    content = 0;
    message = aicost_json_get(j, 0, "output");

    if (message) {
        message = aicost_json_get(j, message, "message");
    }

    if (message) {
        content = aicost_json_get(j, message, "content");
    }

    if ((content == 0 || j->nodes[content].type != AICOST_JSON_ARRAY)
        && !aicost_bedrock_fault(j))
    {
        return AICOST_ERROR;
    }

    heard = *h;
    aicost_shape_hear(&c, &heard, j, says, max);

    if (content == 0 || j->nodes[content].type != AICOST_JSON_ARRAY) {
        aicost_bedrock_hear_fault(&c);

    } else {
        aicost_bedrock_hear_start(&c);

        for (i = content + 1; i < j->nodes[content].next;
             i = j->nodes[i].next)
        {
            aicost_bedrock_hear_block(&c, i);
        }

        aicost_bedrock_hear_finish(&c);
        aicost_bedrock_hear_usage(&c);

        heard.done = 1;
        (void) aicost_shape_say(&c, AICOST_SAYS_DONE);
    }

    return aicost_shape_heard(&c, h, n);
}


int
aicost_bedrock_hear_event(aicost_hear_t *h, const aicost_str_t *name,
    const unsigned char *data, size_t len, aicost_json_node_t *nodes,
    uint32_t max_nodes, aicost_says_t *says, uint32_t *n)
{
    size_t               i;
    unsigned             fault;
    aicost_json_t        j;
    aicost_piece_t       type;
    aicost_shape_hear_t  c;

    static const struct {
        const char  *name;
        void       (*hear)(aicost_shape_hear_t *c);
    } events[] = {
        { "messageStart", aicost_bedrock_hear_start },
        { "contentBlockStart", aicost_bedrock_hear_begin },
        { "contentBlockDelta", aicost_bedrock_hear_delta },
        { "messageStop", aicost_bedrock_hear_finish },
        { "metadata", aicost_bedrock_hear_usage }
    };

    *n = 0;

    if (h->done) {
        return AICOST_OK;
    }

    if (data == NULL) {
        *n = aicost_shape_last(h, says);
        return AICOST_OK;
    }

    fault = (name->len >= 9 && memcmp(name->data, "exception", 9) == 0);

    for (i = 0; !fault && i < sizeof(events) / sizeof(events[0]); i++) {
        if (name->len == strlen(events[i].name)
            && memcmp(name->data, events[i].name, name->len) == 0)
        {
            break;
        }
    }

    if (i == sizeof(events) / sizeof(events[0])) {
        return AICOST_OK;
    }

    /* an exception may have no payload, or one that is no JSON */

    if (aicost_shape_tape(&j, data, len, nodes, max_nodes) != AICOST_OK) {
        if (!fault) {
            return AICOST_ERROR;
        }

        aicost_json_init(&j, data, 0, nodes, 0);
    }

    aicost_shape_hear(&c, h, &j, says, AICOST_SAYS_MAX);

    if (fault) {
        memset(&type, 0, sizeof(aicost_piece_t));

        if (name->len > 10) {
            type.data = name->data + 10;
            type.len = (uint32_t) name->len - 10;
            type.kind = AICOST_PIECE_STRING;
        }

        aicost_bedrock_hear_error(&c, &type);

    } else {
        events[i].hear(&c);
    }

    return aicost_shape_heard_event(&c, n);
}


/* --- errors --------------------------------------------------------------- */


/* a body without an answer is one */

static unsigned
aicost_bedrock_fault(const aicost_json_t *j)
{
    return aicost_shape_get(j, 0, "message")
           || aicost_shape_get(j, 0, "Message")
           || aicost_shape_get(j, 0, "__type");
}


static void
aicost_bedrock_hear_fault(aicost_shape_hear_t *c)
{
    aicost_piece_t  type;

    type = aicost_shape_some(c->j, 0, "__type");
    aicost_bedrock_hear_error(c, &type);
}


/* the type is what the frame says, or the body where it does not */

static void
aicost_bedrock_hear_error(aicost_shape_hear_t *c, const aicost_piece_t *type)
{
    aicost_says_t  *s;

    s = aicost_shape_say(c, AICOST_SAYS_ERROR);
    s->id = type->kind == AICOST_PIECE_NONE
            ? aicost_shape_some(c->j, 0, "__type") : *type;
    s->text = aicost_shape_some(c->j, 0, "message");

    if (s->text.kind == AICOST_PIECE_NONE) {
        s->text = aicost_shape_some(c->j, 0, "Message");
    }

    s->reason = aicost_bedrock_reason(&s->id);

    if (s->reason == AICOST_R_OK) {
        s->reason = aicost_error_said(200, c->j->data, c->j->len);
    }

    c->h->done = 1;
    (void) aicost_shape_say(c, AICOST_SAYS_DONE);
}


/* --- content -------------------------------------------------------------- */

static void
aicost_bedrock_hear_start(aicost_shape_hear_t *c)
{
    if (!c->h->started) {
        c->h->started = 1;
        (void) aicost_shape_say(c, AICOST_SAYS_START);
    }
}


/* a block of a whole answer; a number that no delta will say */

static void
aicost_bedrock_hear_block(aicost_shape_hear_t *c, uint32_t node)
{
    uint32_t         value, input;
    aicost_says_t   *s;

    aicost_shape_said(c, AICOST_SAYS_TEXT, node, "text");

    value = aicost_json_get(c->j, node, "reasoningContent");

    if (value) {
        aicost_bedrock_hear_reasoning(c, value);
    }

    value = aicost_json_get(c->j, node, "toolUse");

    if (value == 0) {
        return;
    }

    aicost_bedrock_hear_call(c, value, UINT32_MAX);

    input = aicost_json_get(c->j, value, "input");

    if (!c->failed && input && c->j->nodes[input].type == AICOST_JSON_OBJECT
        && c->h->called)
    {
        s = aicost_shape_say(c, AICOST_SAYS_ARGUMENTS);
        s->index = c->h->calls - 1;
        s->text = aicost_piece(c->j, input);
    }
}


static void
aicost_bedrock_hear_begin(aicost_shape_hear_t *c)
{
    int64_t   block;
    uint32_t  node;

    block = aicost_bedrock_block(c->j);
    node = aicost_json_get(c->j, 0, "start");
    node = node ? aicost_json_get(c->j, node, "toolUse") : 0;

    if (node && block >= 0) {
        aicost_bedrock_hear_start(c);
        aicost_bedrock_hear_call(c, node, (uint32_t) block);
    }
}


static void
aicost_bedrock_hear_delta(aicost_shape_hear_t *c)
{
    int64_t          block;
    uint32_t         i, delta, node;
    aicost_says_t   *s;
    aicost_piece_t   text;

    delta = aicost_json_get(c->j, 0, "delta");

    if (delta == 0) {
        return;
    }

    aicost_bedrock_hear_start(c);
    aicost_shape_said(c, AICOST_SAYS_TEXT, delta, "text");

    node = aicost_json_get(c->j, delta, "reasoningContent");

    if (node) {
        aicost_bedrock_hear_reasoning(c, node);
    }

    node = aicost_json_get(c->j, delta, "toolUse");
    block = aicost_bedrock_block(c->j);

    if (node == 0 || block < 0) {
        return;
    }

    text = aicost_shape_some(c->j, node, "input");

    for (i = c->h->calls; i && text.kind != AICOST_PIECE_NONE; i--) {
        if (c->h->blocks[i - 1] == (uint32_t) block) {
            s = aicost_shape_say(c, AICOST_SAYS_ARGUMENTS);
            s->index = i - 1;
            s->text = text;
            break;
        }
    }
}


/* in a stream text and signature stand in it, else one level below */

static void
aicost_bedrock_hear_reasoning(aicost_shape_hear_t *c, uint32_t node)
{
    uint32_t  text;

    text = aicost_json_get(c->j, node, "reasoningText");

    aicost_shape_said(c, AICOST_SAYS_THINKING, text ? text : node, "text");
    aicost_shape_said(c, AICOST_SAYS_SIGNATURE, text ? text : node,
                      "signature");
    aicost_shape_said(c, AICOST_SAYS_REDACTED, node, "redactedContent");
}


static void
aicost_bedrock_hear_call(aicost_shape_hear_t *c, uint32_t node,
    uint32_t block)
{
    aicost_says_t  *s;

    if (c->h->calls == AICOST_FORM_CALLS) {
        c->failed = 1;
        return;
    }

    c->h->called = 1;
    c->h->blocks[c->h->calls] = block;

    s = aicost_shape_say(c, AICOST_SAYS_CALL);
    s->index = c->h->calls++;
    s->id = aicost_shape_some(c->j, node, "toolUseId");
    s->name = aicost_shape_some(c->j, node, "name");
}


/* -1: none is said */

static int64_t
aicost_bedrock_block(const aicost_json_t *j)
{
    int64_t   block;
    uint32_t  node;

    node = aicost_json_get(j, 0, "contentBlockIndex");

    if (node == 0
        || aicost_json_int(j, node, 0, INT32_MAX, 1, &block) != AICOST_OK)
    {
        return -1;
    }

    return block;
}


static void
aicost_bedrock_hear_finish(aicost_shape_hear_t *c)
{
    size_t          i;
    uint32_t        reason;
    aicost_says_t  *s;

    if (c->h->finished) {
        return;
    }

    aicost_bedrock_hear_start(c);
    c->h->finished = 1;
    reason = aicost_json_get(c->j, 0, "stopReason");

    s = aicost_shape_say(c, AICOST_SAYS_FINISH);
    s->finish = AICOST_FINISH_OTHER;

    for (i = 0; reason && i < AICOST_BEDROCK_FINISHES; i++) {
        if (aicost_json_is(c->j, reason, aicost_bedrock_finishes[i].word)) {
            s->finish = (uint8_t) aicost_bedrock_finishes[i].finish;
        }
    }

    if (c->h->called && s->finish == AICOST_FINISH_STOP) {
        s->finish = AICOST_FINISH_CALLS;
    }
}


/* --- usage ---------------------------------------------------------------- */

static void
aicost_bedrock_hear_usage(aicost_shape_hear_t *c)
{
    uint32_t        usage, tier, type;
    aicost_usage_t  u;

    memset(&u, 0, sizeof(aicost_usage_t));
    usage = aicost_json_get(c->j, 0, "usage");

    if (usage == 0
        || aicost_shape_count(c->j, usage, "inputTokens", &u.input)
           != AICOST_OK
        || aicost_shape_count(c->j, usage, "outputTokens", &u.output)
           != AICOST_OK
        || aicost_shape_count(c->j, usage, "cacheReadInputTokens", &u.cached)
           == AICOST_ERROR
        || aicost_bedrock_hear_writes(c->j, usage, &u) != AICOST_OK)
    {
        return;
    }

    tier = aicost_json_get(c->j, 0, "serviceTier");
    type = tier ? aicost_json_get(c->j, tier, "type") : 0;

    if (type) {
        u.service = aicost_service_read(c->j, type);
    }

    c->h->usage = u;
    aicost_shape_say(c, AICOST_SAYS_USAGE)->usage = u;
}


/* for five minutes, but what the details say is for an hour */

static int
aicost_bedrock_hear_writes(const aicost_json_t *j, uint32_t usage,
    aicost_usage_t *u)
{
    int64_t   all, some, hour, minutes;
    uint32_t  i, details, ttl;

    all = -1;
    hour = 0;
    minutes = 0;

    if (aicost_shape_count(j, usage, "cacheWriteInputTokens", &all)
        == AICOST_ERROR)
    {
        return AICOST_ERROR;
    }

    details = aicost_json_get(j, usage, "cacheDetails");

    if (details && j->nodes[details].type == AICOST_JSON_ARRAY) {
        for (i = details + 1; i < j->nodes[details].next;
             i = j->nodes[i].next)
        {
            if (aicost_shape_count(j, i, "inputTokens", &some) != AICOST_OK) {
                continue;
            }

            ttl = aicost_json_get(j, i, "ttl");

            if (ttl && aicost_json_is(j, ttl, "1h")) {
                hour += some;

            } else {
                minutes += some;
            }

            if (hour > AICOST_USAGE_MAX || minutes > AICOST_USAGE_MAX) {
                return AICOST_ERROR;
            }
        }
    }

    if (all < 0) {
        all = hour + minutes;
    }

    u->cache_write_1h = hour < all ? hour : all;
    u->cache_write = all - u->cache_write_1h;

    return AICOST_OK;
}
