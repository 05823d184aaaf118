
/*
 * Copyright (C) aicost
 *
 * What a provider answers in OpenAI's chat completions, whole and streamed.
 */


#include "aicost_api_openai_int.h"


/* a begun call by the provider's own count: its choice, the index it says, and
   bits of a hash of its id */

#define AICOST_CHAT_INDEX_BITS 8
#define AICOST_CHAT_HASH_BITS  20

#define aicost_chat_block(choice, index)                                      \
    ((choice) << AICOST_CHAT_INDEX_BITS | (index))


static void aicost_chat_hear_root(aicost_shape_hear_t *c);
static unsigned aicost_chat_fault(const aicost_json_t *j, unsigned whole);
static void aicost_chat_hear_choice(aicost_shape_hear_t *c, uint32_t node);
static void aicost_chat_hear_message(aicost_shape_hear_t *c, uint32_t node,
    uint32_t choice);
static void aicost_chat_hear_content(aicost_shape_hear_t *c, uint32_t node,
    uint32_t choice);
static void aicost_chat_hear_text(aicost_shape_hear_t *c, uint32_t node,
    uint32_t choice, aicost_says_e kind);
static void aicost_chat_hear_call(aicost_shape_hear_t *c, uint32_t node,
    uint32_t choice, unsigned legacy);
static uint32_t aicost_chat_hear_index(aicost_shape_hear_t *c, uint32_t node,
    uint32_t choice, unsigned named, unsigned *begun);
static uint32_t aicost_chat_hash(const aicost_piece_t *p);
static void aicost_chat_hear_finish(aicost_shape_hear_t *c, uint32_t node,
    uint32_t choice);
static unsigned aicost_chat_has_calls(const aicost_hear_t *h,
    uint32_t choice);
static void aicost_chat_hear_end(aicost_shape_hear_t *c,
    const aicost_usage_t *u);
static uint32_t aicost_chat_last(aicost_hear_t *h, aicost_says_t *says);
static aicost_says_t *aicost_chat_say(aicost_shape_hear_t *c,
    aicost_says_e kind, uint32_t choice);


/* the reasons why an attempt failed: a gateway of our own says them by their
   words */

static const aicost_reason_e  aicost_chat_reasons[] = {
    AICOST_R_RATE_LIMITED, AICOST_R_OVERLOADED, AICOST_R_SERVER_ERROR,
    AICOST_R_NO_MONEY, AICOST_R_AUTH_FAILED, AICOST_R_BAD_REQUEST,
    AICOST_R_TIMEOUT, AICOST_R_CLOSED, AICOST_R_NOT_FOUND,
    AICOST_R_REQUEST_TOO_LARGE
};


static const struct {
    const char          *word;
    aicost_finish_e      finish;
} aicost_chat_finishes[] = {
    { "stop", AICOST_FINISH_STOP },
    { "eos", AICOST_FINISH_STOP },
    { "eos_token", AICOST_FINISH_STOP },
    { "end_turn", AICOST_FINISH_STOP },
    { "stop_sequence", AICOST_FINISH_SEQUENCE },
    { "length", AICOST_FINISH_LENGTH },
    { "model_length", AICOST_FINISH_LENGTH },
    { "max_tokens", AICOST_FINISH_LENGTH },
    { "tool_calls", AICOST_FINISH_CALLS },
    { "function_call", AICOST_FINISH_CALLS },
    { "tool_use", AICOST_FINISH_CALLS },
    { "content_filter", AICOST_FINISH_FILTER },
    { "safety", AICOST_FINISH_FILTER }
};

#define AICOST_CHAT_FINISHES                                                  \
    (sizeof(aicost_chat_finishes) / sizeof(aicost_chat_finishes[0]))


int
aicost_chat_hear(aicost_hear_t *h, const aicost_json_t *j,
    aicost_says_t *says, uint32_t max, uint32_t *n)
{
    uint32_t             choices;
    aicost_hear_t        heard;
    aicost_shape_hear_t  c;

    *n = 0;

    choices = aicost_json_get(j, 0, "choices");

    if ((choices == 0 || j->nodes[choices].type != AICOST_JSON_ARRAY)
        && !aicost_chat_fault(j, 1))
    {
        return AICOST_ERROR;
    }

    heard = *h;
    aicost_shape_hear(&c, &heard, j, says, max);
    c.whole = 1;

    aicost_chat_hear_root(&c);

    return aicost_shape_heard(&c, h, n);
}


int
aicost_chat_hear_event(aicost_hear_t *h, const aicost_str_t *name,
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

    if (len >= 6 && memcmp(data, "[DONE]", 6) == 0) {
        *n = aicost_chat_last(h, says);
        return AICOST_OK;
    }

    if (aicost_shape_tape(&j, data, len, nodes, max_nodes) != AICOST_OK) {
        return AICOST_ERROR;
    }

    aicost_shape_hear(&c, h, &j, says, AICOST_SAYS_MAX);
    aicost_chat_hear_root(&c);

    return aicost_shape_heard_event(&c, n);
}


/* a whole answer, or one chunk of it */

static void
aicost_chat_hear_root(aicost_shape_hear_t *c)
{
    uint32_t                   i, choices;
    aicost_usage_e             rc;
    aicost_usage_t             u;
    const aicost_json_node_t  *n;

    choices = aicost_json_get(c->j, 0, "choices");
    n = &c->j->nodes[choices];

    if (aicost_chat_fault(c->j, c->whole)) {
        c->error = aicost_json_get(c->j, 0, "error");
        c->reason = aicost_chat_reason(c->j, c->error);
    }

    rc = aicost_usage_root(c->j, &u);

    /* Azure's first chunk is about the prompt and has no choices */

    if (choices && n->type == AICOST_JSON_ARRAY
        && (n->count || (c->whole && c->reason == AICOST_R_OK)))
    {
        aicost_chat_start(c, 0, "created",
                          rc == AICOST_USAGE_READ && c->whole ? &u : NULL);

        for (i = choices + 1; i < n->next; i = c->j->nodes[i].next) {
            aicost_chat_hear_choice(c, i);
        }
    }

    aicost_chat_hear_end(c, rc == AICOST_USAGE_READ ? &u : NULL);
}


/* 1 when the answer is an error; Mistral has it without an object around */

static unsigned
aicost_chat_fault(const aicost_json_t *j, unsigned whole)
{
    uint32_t  node;

    node = aicost_json_get(j, 0, "error");

    if (!aicost_chat_is_null(j, node)) {
        return 1;
    }

    if (aicost_json_get(j, 0, "choices")) {
        return 0;
    }

    node = aicost_json_get(j, 0, "object");

    if (node && aicost_json_is(j, node, "error")) {
        return 1;
    }

    /* in a stream it may be something else */

    return whole
           && (!aicost_chat_is_null(j, aicost_json_get(j, 0, "detail"))
               || !aicost_chat_is_null(j, aicost_json_get(j, 0, "message")));
}


void
aicost_chat_start(aicost_shape_hear_t *c, uint32_t answer, const char *created,
    const aicost_usage_t *u)
{
    uint32_t        node;
    aicost_says_t  *s;

    if (c->h->started) {
        return;
    }

    c->h->started = 1;

    s = aicost_shape_say(c, AICOST_SAYS_START);
    s->id = aicost_shape_some(c->j, answer, "id");
    s->name = aicost_shape_some(c->j, answer, "model");

    node = aicost_json_get(c->j, answer, created);

    if (node
        && aicost_json_int(c->j, node, 0, AICOST_USAGE_MAX, 1, &s->created)
           != AICOST_OK)
    {
        s->created = 0;
    }

    if (u) {
        s->usage = *u;
    }
}


static void
aicost_chat_hear_choice(aicost_shape_hear_t *c, uint32_t node)
{
    int64_t   index;
    uint32_t  n, error;

    if (c->j->nodes[node].type != AICOST_JSON_OBJECT) {
        return;
    }

    index = 0;
    n = aicost_json_get(c->j, node, "index");

    if (n && aicost_json_int(c->j, n, 0, AICOST_MAX_CHOICES - 1, 1, &index)
             == AICOST_ERROR)
    {
        return;
    }

    n = aicost_json_get(c->j, node, c->whole ? "message" : "delta");

    if (aicost_chat_is_null(c->j, n)) {
        n = aicost_json_get(c->j, node, c->whole ? "delta" : "message");
    }

    if (n) {
        aicost_chat_hear_message(c, n, (uint32_t) index);
    }

    error = aicost_json_get(c->j, node, "error");

    if (!aicost_chat_is_null(c->j, error) && c->reason == AICOST_R_OK) {
        c->error = error;
        c->reason = aicost_chat_reason(c->j, error);
    }

    aicost_chat_hear_finish(c, node, (uint32_t) index);
}


static void
aicost_chat_hear_message(aicost_shape_hear_t *c, uint32_t node,
    uint32_t choice)
{
    uint32_t                    i, calls, thoughts;
    const aicost_json_node_t   *nodes;

    nodes = c->j->nodes;

    /* some servers say it by both names */

    thoughts = aicost_json_get(c->j, node, "reasoning_content");

    if (aicost_chat_is_null(c->j, thoughts)) {
        thoughts = aicost_json_get(c->j, node, "reasoning");
    }

    aicost_chat_hear_text(c, thoughts, choice, AICOST_SAYS_THINKING);
    aicost_chat_hear_content(c, aicost_json_get(c->j, node, "content"),
                             choice);
    aicost_chat_hear_text(c, aicost_json_get(c->j, node, "refusal"), choice,
                          AICOST_SAYS_REFUSAL);

    calls = aicost_json_get(c->j, node, "tool_calls");

    if (calls && nodes[calls].type == AICOST_JSON_ARRAY) {
        for (i = calls + 1; i < nodes[calls].next; i = nodes[i].next) {
            aicost_chat_hear_call(c, i, choice, 0);
        }
    }

    calls = aicost_json_get(c->j, node, "function_call");

    if (calls) {
        aicost_chat_hear_call(c, calls, choice, 1);
    }
}


/* Mistral's content may be parts: text, and thinking that holds texts */

static void
aicost_chat_hear_content(aicost_shape_hear_t *c, uint32_t node,
    uint32_t choice)
{
    uint32_t                   i, k, text;
    const aicost_json_node_t  *nodes;

    nodes = c->j->nodes;

    if (node == 0 || nodes[node].type != AICOST_JSON_ARRAY) {
        aicost_chat_hear_text(c, node, choice, AICOST_SAYS_TEXT);
        return;
    }

    for (i = node + 1; i < nodes[node].next; i = nodes[i].next) {
        text = aicost_json_get(c->j, i, "thinking");

        if (text && nodes[text].type == AICOST_JSON_ARRAY) {
            for (k = text + 1; k < nodes[text].next; k = nodes[k].next) {
                aicost_chat_hear_text(c, aicost_json_get(c->j, k, "text"),
                                      choice, AICOST_SAYS_THINKING);
            }

            continue;
        }

        aicost_chat_hear_text(c, text, choice, AICOST_SAYS_THINKING);
        aicost_chat_hear_text(c, aicost_json_get(c->j, i, "text"), choice,
                              AICOST_SAYS_TEXT);
        aicost_chat_hear_text(c, aicost_json_get(c->j, i, "refusal"), choice,
                              AICOST_SAYS_REFUSAL);
    }
}


static void
aicost_chat_hear_text(aicost_shape_hear_t *c, uint32_t node, uint32_t choice,
    aicost_says_e kind)
{
    if (aicost_chat_is_string(c->j, node) && c->j->nodes[node].len) {
        aicost_chat_say(c, kind, choice)->text = aicost_piece(c->j, node);
    }
}


static void
aicost_chat_hear_call(aicost_shape_hear_t *c, uint32_t node, uint32_t choice,
    unsigned legacy)
{
    uint32_t         function, args, index;
    unsigned         begun;
    aicost_says_t   *s;
    aicost_piece_t   name;

    function = legacy ? node : aicost_json_get(c->j, node, "function");

    if (function == 0
        || c->j->nodes[function].type != AICOST_JSON_OBJECT)
    {
        return;
    }

    begun = 0;
    name = aicost_shape_some(c->j, function, "name");
    index = aicost_chat_hear_index(c, legacy ? 0 : node, choice,
                                   name.kind != AICOST_PIECE_NONE, &begun);

    if (c->failed) {
        return;
    }

    if (begun) {
        c->h->called = 1;

        s = aicost_chat_say(c, AICOST_SAYS_CALL, choice);
        s->index = index;
        s->name = name;

        if (!legacy) {
            s->id = aicost_shape_some(c->j, node, "id");
        }
    }

    args = aicost_json_get(c->j, function, "arguments");

    if (args
        && (c->j->nodes[args].type == AICOST_JSON_OBJECT
            || (c->j->nodes[args].type == AICOST_JSON_STRING
                && c->j->nodes[args].len)))
    {
        s = aicost_chat_say(c, AICOST_SAYS_ARGUMENTS, choice);
        s->index = index;
        s->text = aicost_piece(c->j, args);
    }
}


/*
 * The number of the call among those of its choice; a new one sets begun.
 * Servers that give no index, or the same one to several calls that come
 * whole, are understood: by the name, and by another id.  node 0: the single
 * call of the older shape.
 */

static uint32_t
aicost_chat_hear_index(aicost_shape_hear_t *c, uint32_t node, uint32_t choice,
    unsigned named, unsigned *begun)
{
    int64_t          said;
    uint32_t         i, n, at, key, hash, block, found, number;
    aicost_hear_t   *h;
    aicost_piece_t   id;

    h = c->h;
    said = 0;
    hash = 0;

    if (node) {
        id = aicost_shape_some(c->j, node, "id");
        hash = aicost_chat_hash(&id);
        n = aicost_json_get(c->j, node, "index");

        if (n == 0 || c->whole
            || aicost_json_int(c->j, n, 0, (1 << AICOST_CHAT_INDEX_BITS) - 1,
                               1, &said)
               != AICOST_OK)
        {
            said = -1;
        }
    }

    at = 0;
    number = 0;
    found = AICOST_FORM_CALLS;
    key = said < 0 ? 0 : (uint32_t) said;

    for (i = 0; i < h->calls; i++) {
        block = h->blocks[i] >> AICOST_CHAT_HASH_BITS;

        if (block >> AICOST_CHAT_INDEX_BITS != choice) {
            continue;
        }

        if (said < 0 || block == aicost_chat_block(choice, key)) {
            found = i;
            number = at;
        }

        at++;
    }

    if (found < AICOST_FORM_CALLS && !(said < 0 && (named || c->whole))) {
        block = h->blocks[found] & ((1 << AICOST_CHAT_HASH_BITS) - 1);

        if (!named || hash == 0 || block == hash) {
            return number;
        }
    }

    if (h->calls == AICOST_FORM_CALLS) {
        c->failed = 1;
        return 0;
    }

    h->blocks[h->calls++] = aicost_chat_block(choice, key)
                            << AICOST_CHAT_HASH_BITS | hash;
    *begun = 1;

    return at;
}


/* 0 without an id */

static uint32_t
aicost_chat_hash(const aicost_piece_t *p)
{
    uint32_t  i, hash;

    if (p->kind == AICOST_PIECE_NONE) {
        return 0;
    }

    hash = 2166136261U;

    for (i = 0; i < p->len; i++) {
        hash = (hash ^ p->data[i]) * 16777619U;
    }

    hash = (hash ^ hash >> AICOST_CHAT_HASH_BITS)
           & ((1 << AICOST_CHAT_HASH_BITS) - 1);

    return hash ? hash : 1;
}


static void
aicost_chat_hear_finish(aicost_shape_hear_t *c, uint32_t node, uint32_t choice)
{
    size_t           i;
    uint32_t         reason;
    aicost_says_t   *s;
    aicost_piece_t   sequence;

    reason = aicost_json_get(c->j, node, "finish_reason");

    if (!c->whole
        && (!aicost_chat_is_string(c->j, reason)
            || c->j->nodes[reason].len == 0))
    {
        return;
    }

    if (aicost_json_is(c->j, reason, "error")
        || aicost_json_is(c->j, reason, "insufficient_system_resource"))
    {
        /* Mistral, OpenRouter; DeepSeek */

        if (c->reason == AICOST_R_OK) {
            c->error = reason;
            c->reason = aicost_json_is(c->j, reason, "error")
                        ? AICOST_R_SERVER_ERROR : AICOST_R_OVERLOADED;
        }

        return;
    }

    /* some servers say it again beside the usage */

    if (c->h->ended & 1U << choice) {
        return;
    }

    c->h->ended |= 1U << choice;
    c->h->finished = 1;

    s = aicost_chat_say(c, AICOST_SAYS_FINISH, choice);
    s->finish = AICOST_FINISH_OTHER;

    for (i = 0; i < AICOST_CHAT_FINISHES; i++) {
        if (aicost_json_is(c->j, reason, aicost_chat_finishes[i].word)) {
            s->finish = (uint8_t) aicost_chat_finishes[i].finish;
        }
    }

    /* vLLM names the sequence */

    sequence = aicost_shape_some(c->j, node, "stop_reason");

    if (s->finish == AICOST_FINISH_STOP
        && sequence.kind == AICOST_PIECE_STRING)
    {
        s->finish = AICOST_FINISH_SEQUENCE;
        s->text = sequence;
    }

    if (aicost_chat_has_calls(c->h, choice)
        && (s->finish == AICOST_FINISH_STOP
            || s->finish == AICOST_FINISH_OTHER))
    {
        s->finish = AICOST_FINISH_CALLS;
    }
}


static unsigned
aicost_chat_has_calls(const aicost_hear_t *h, uint32_t choice)
{
    uint32_t  i;

    for (i = 0; i < h->calls; i++) {
        if (h->blocks[i] >> (AICOST_CHAT_HASH_BITS + AICOST_CHAT_INDEX_BITS)
            == choice)
        {
            return 1;
        }
    }

    return 0;
}


/* usage, an error, and that nothing follows */

static void
aicost_chat_hear_end(aicost_shape_hear_t *c, const aicost_usage_t *u)
{
    aicost_says_t   *s;
    aicost_piece_t   text;

    if (u) {
        c->h->usage = *u;
        aicost_chat_say(c, AICOST_SAYS_USAGE, 0)->usage = *u;
    }

    if (c->reason == AICOST_R_OK) {

        if (c->whole) {
            c->h->done = 1;
            (void) aicost_chat_say(c, AICOST_SAYS_DONE, 0);
        }

        return;
    }

    s = aicost_chat_say(c, AICOST_SAYS_ERROR, 0);
    s->reason = c->reason;

    if (c->error == 0 || c->j->nodes[c->error].type == AICOST_JSON_OBJECT) {
        text = aicost_piece(c->j, aicost_json_get(c->j, c->error, "message"));

        if (text.kind == AICOST_PIECE_NONE) {
            text = aicost_piece(c->j, aicost_json_get(c->j, c->error,
                                                      "detail"));
        }

        s->text = text;
        s->id = aicost_piece(c->j, aicost_json_get(c->j, c->error, "code"));

    } else {
        s->text = aicost_piece(c->j, c->error);
    }

    c->h->done = 1;
    (void) aicost_chat_say(c, AICOST_SAYS_DONE, 0);
}


aicost_reason_e
aicost_chat_reason(const aicost_json_t *j, uint32_t error)
{
    size_t                     i;
    uint32_t                   code;
    const aicost_json_node_t  *n;

    n = &j->nodes[error];
    code = aicost_json_get(j, error, "code");

    if (aicost_chat_is_string(j, code)) {
        for (i = 0; i < sizeof(aicost_chat_reasons) / sizeof(aicost_reason_e);
             i++)
        {
            if (aicost_json_is(j, code,
                               aicost_reason_word(aicost_chat_reasons[i])))
            {
                return aicost_chat_reasons[i];
            }
        }
    }

    return aicost_error_said(200, j->data + n->off, n->len);
}


/* [DONE], or the end of the body; a reason: it came too early */

static uint32_t
aicost_chat_last(aicost_hear_t *h, aicost_says_t *says)
{
    uint32_t  n;

    n = 0;
    memset(says, 0, 2 * sizeof(aicost_says_t));

    if (!h->finished) {
        says[n].kind = AICOST_SAYS_FINISH;
        says[n++].finish = h->called ? AICOST_FINISH_CALLS
                                     : AICOST_FINISH_OTHER;
    }

    h->finished = 1;
    h->done = 1;

    says[n++].kind = AICOST_SAYS_DONE;

    return n;
}


static aicost_says_t *
aicost_chat_say(aicost_shape_hear_t *c, aicost_says_e kind, uint32_t choice)
{
    aicost_says_t  *s;

    s = aicost_shape_say(c, kind);
    s->choice = choice;

    return s;
}
