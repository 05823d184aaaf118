
/*
 * Copyright (C) aicost
 *
 * A provider's GenerateContentResponse, whole or as the events of a stream.
 *
 * Some models say finishReason in every event, so that FINISH is kept until
 * the end.
 */


#include "aicost_api_gemini_int.h"


/* places in aicost_hear_t.blocks */

#define AICOST_GEMINI_CALLED   0         /* calls of each choice */
#define AICOST_GEMINI_ENDED    AICOST_MAX_CHOICES  /* its aicost_finish_e */
#define AICOST_GEMINI_USAGE    (2 * AICOST_MAX_CHOICES)  /* it is known */



static const struct {
    const char          *word;
    aicost_finish_e      finish;
} aicost_gemini_finishes[] = {
    { "STOP", AICOST_FINISH_STOP },
    { "MAX_TOKENS", AICOST_FINISH_LENGTH },
    { "SAFETY", AICOST_FINISH_FILTER },
    { "RECITATION", AICOST_FINISH_FILTER },
    { "LANGUAGE", AICOST_FINISH_FILTER },
    { "OTHER", AICOST_FINISH_FILTER },
    { "BLOCKLIST", AICOST_FINISH_FILTER },
    { "PROHIBITED_CONTENT", AICOST_FINISH_FILTER },
    { "SPII", AICOST_FINISH_FILTER },
    { "IMAGE_SAFETY", AICOST_FINISH_FILTER },
    { "IMAGE_PROHIBITED_CONTENT", AICOST_FINISH_FILTER },
    { "IMAGE_RECITATION", AICOST_FINISH_FILTER },
    { "IMAGE_OTHER", AICOST_FINISH_FILTER },
    { NULL, AICOST_FINISH_OTHER }
};


static aicost_says_t *
aicost_gemini_say(aicost_shape_hear_t *e, aicost_says_e kind,
    uint32_t choice)
{
    aicost_says_t  *s;

    s = aicost_shape_say(e, kind);
    s->choice = choice;

    return s;
}


static void
aicost_gemini_say_text(aicost_shape_hear_t *e, aicost_says_e kind,
    uint32_t choice, const aicost_piece_t *text)
{
    aicost_gemini_say(e, kind, choice)->text = *text;
}


static uint32_t
aicost_gemini_member(const aicost_json_t *j, uint32_t object,
    const char *name, unsigned type)
{
    unsigned  twice;
    uint32_t  node;

    node = aicost_gemini_get(j, object, name, &twice);

    return node && j->nodes[node].type == type ? node : 0;
}


static aicost_piece_t
aicost_gemini_string(const aicost_json_t *j, uint32_t object,
    const char *name)
{
    return aicost_piece(j, aicost_gemini_member(j, object, name,
                                                AICOST_JSON_STRING));
}


/* --- usage ---------------------------------------------------------------- */


/* -1: not said; AICOST_ERROR: absurd */

static int
aicost_gemini_count(const aicost_json_t *j, uint32_t usage, const char *name,
    int64_t *n)
{
    unsigned  twice;
    uint32_t  node;

    *n = -1;
    node = aicost_gemini_get(j, usage, name, &twice);

    if (node == 0) {
        return AICOST_OK;
    }

    return aicost_json_int(j, node, 0, AICOST_USAGE_MAX, 1, n) == AICOST_OK
           ? AICOST_OK : AICOST_ERROR;
}


static int64_t
aicost_gemini_least(int64_t n)
{
    return n < 0 ? 0 : n;
}


/* Vertex says it, by the way the tokens were paid for */

static aicost_service_e
aicost_gemini_service(const aicost_json_t *j, uint32_t node)
{
    uint32_t  value;

    value = aicost_gemini_member(j, node, "serviceTier", AICOST_JSON_STRING);

    if (value == 0) {
        value = aicost_gemini_member(j, node, "trafficType",
                                     AICOST_JSON_STRING);
    }

    return value ? aicost_service_read(j, value) : AICOST_SERVICE_AUTO;
}


/*
 * The prompt holds what was cached, not what tools were asked with; the
 * candidates do not hold the thoughts.
 */

static aicost_usage_e
aicost_gemini_usage(const aicost_json_t *j, uint32_t node, aicost_usage_t *u)
{
    int64_t  prompt, cached, tool, output, thoughts, total;

    if (aicost_gemini_count(j, node, "promptTokenCount", &prompt)
        != AICOST_OK
        || aicost_gemini_count(j, node, "cachedContentTokenCount", &cached)
           != AICOST_OK
        || aicost_gemini_count(j, node, "toolUsePromptTokenCount", &tool)
           != AICOST_OK
        || aicost_gemini_count(j, node, "candidatesTokenCount", &output)
           != AICOST_OK
        || aicost_gemini_count(j, node, "thoughtsTokenCount", &thoughts)
           != AICOST_OK)
    {
        return AICOST_USAGE_BAD;
    }

    /* of a sum that is out of range the parts need not be */

    if (aicost_gemini_count(j, node, "totalTokenCount", &total) != AICOST_OK)
    {
        if (prompt < 0) {
            return AICOST_USAGE_BAD;
        }

        total = -1;
    }

    cached = aicost_gemini_least(cached);
    tool = aicost_gemini_least(tool);
    thoughts = aicost_gemini_least(thoughts);

    /* one that is missing is what the others leave of the total */

    if (prompt < 0) {

        if (total < 0) {
            return AICOST_USAGE_NONE;
        }

        if (total - tool - thoughts - aicost_gemini_least(output) < 0) {
            return AICOST_USAGE_BAD;
        }

        prompt = total - tool - thoughts - aicost_gemini_least(output);

    } else if (output < 0 && total > prompt + tool + thoughts) {
        output = total - prompt - tool - thoughts;
    }

    output = aicost_gemini_least(output);

    if (cached > prompt) {
        cached = prompt;
    }

    memset(u, 0, sizeof(aicost_usage_t));

    u->input = prompt - cached + tool;
    u->cached = cached;
    u->output = output + thoughts;
    u->reasoning = thoughts;
    u->service = aicost_gemini_service(j, node);

    if (u->input > AICOST_USAGE_MAX || u->output > AICOST_USAGE_MAX) {
        return AICOST_USAGE_BAD;
    }

    return AICOST_USAGE_READ;
}


static void
aicost_gemini_hear_usage(aicost_shape_hear_t *e, uint32_t root)
{
    uint32_t        node;
    aicost_usage_t  u;

    node = aicost_gemini_member(e->j, root, "usageMetadata",
                                AICOST_JSON_OBJECT);

    if (node == 0) {
        return;
    }

    switch (aicost_gemini_usage(e->j, node, &u)) {

    case AICOST_USAGE_READ:
        e->h->usage = u;
        e->h->blocks[AICOST_GEMINI_USAGE] = 1;
        break;

    case AICOST_USAGE_BAD:
        memset(&e->h->usage, 0, sizeof(aicost_usage_t));
        e->h->blocks[AICOST_GEMINI_USAGE] = 0;
        break;

    default:
        break;
    }
}


/* --- candidates ----------------------------------------------------------- */

static int
aicost_gemini_hear_call(aicost_shape_hear_t *e, uint32_t choice,
    uint32_t call, const aicost_piece_t *signature)
{
    uint32_t         index;
    aicost_says_t   *s;
    aicost_piece_t   name, args;

    name = aicost_gemini_string(e->j, call, "name");

    if (name.kind == AICOST_PIECE_NONE) {
        return AICOST_OK;
    }

    if (e->h->calls == AICOST_FORM_CALLS) {
        return AICOST_ERROR;
    }

    index = e->h->blocks[AICOST_GEMINI_CALLED + choice]++;
    e->h->calls++;
    e->h->called = 1;

    args = aicost_piece(e->j, aicost_gemini_member(e->j, call, "args",
                                                   AICOST_JSON_OBJECT));

    if (args.kind == AICOST_PIECE_NONE) {
        args = aicost_piece_word("{}");
        args.kind = AICOST_PIECE_JSON;
    }

    s = aicost_gemini_say(e, AICOST_SAYS_CALL, choice);
    s->index = index;
    s->id = aicost_gemini_string(e->j, call, "id");
    s->name = name;
    s->text = *signature;

    if (s->id.len == 0) {
        memset(&s->id, 0, sizeof(aicost_piece_t));
    }

    s = aicost_gemini_say(e, AICOST_SAYS_ARGUMENTS, choice);
    s->index = index;
    s->text = args;

    return AICOST_OK;
}


/* a part of a kind that is not known says nothing */

static int
aicost_gemini_hear_part(aicost_shape_hear_t *e, uint32_t choice,
    uint32_t part)
{
    uint32_t        call;
    aicost_piece_t  text, signature;

    signature = aicost_gemini_string(e->j, part, "thoughtSignature");
    call = aicost_gemini_member(e->j, part, "functionCall",
                                AICOST_JSON_OBJECT);

    if (call) {
        return aicost_gemini_hear_call(e, choice, call, &signature);
    }

    text = aicost_gemini_string(e->j, part, "text");

    if (aicost_gemini_member(e->j, part, "thought", AICOST_JSON_TRUE)) {

        if (text.len) {
            aicost_gemini_say_text(e, AICOST_SAYS_THINKING, choice, &text);
        }

        if (signature.len) {
            aicost_gemini_say_text(e, AICOST_SAYS_SIGNATURE, choice,
                                   &signature);
        }

    } else if (text.len) {
        aicost_gemini_say_text(e, AICOST_SAYS_TEXT, choice, &text);
    }

    return AICOST_OK;
}


static void
aicost_gemini_hear_finish(aicost_shape_hear_t *e, uint32_t choice,
    uint32_t candidate)
{
    size_t          i;
    aicost_piece_t  reason;

    reason = aicost_gemini_string(e->j, candidate, "finishReason");

    if (reason.len == 0
        || aicost_piece_is(&reason, "FINISH_REASON_UNSPECIFIED"))
    {
        return;
    }

    for (i = 0; aicost_gemini_finishes[i].word; i++) {
        if (aicost_piece_is(&reason, aicost_gemini_finishes[i].word)) {
            break;
        }
    }

    e->h->blocks[AICOST_GEMINI_ENDED + choice] =
        (uint32_t) aicost_gemini_finishes[i].finish;
    e->h->finished = 1;
}


static int
aicost_gemini_hear_candidate(aicost_shape_hear_t *e, uint32_t choice,
    uint32_t candidate)
{
    int64_t   index;
    uint32_t  node, content, parts, i, next;

    node = aicost_gemini_member(e->j, candidate, "index",
                                AICOST_JSON_NUMBER);

    if (node
        && aicost_json_int(e->j, node, 0, AICOST_MAX_CHOICES - 1, 1, &index)
           == AICOST_OK)
    {
        choice = (uint32_t) index;
    }

    if (choice >= AICOST_MAX_CHOICES) {
        return AICOST_OK;
    }

    content = aicost_gemini_member(e->j, candidate, "content",
                                   AICOST_JSON_OBJECT);
    parts = content ? aicost_gemini_member(e->j, content, "parts",
                                           AICOST_JSON_ARRAY)
                    : 0;
    next = parts ? e->j->nodes[parts].next : 0;

    for (i = parts + 1; i < next; i = e->j->nodes[i].next) {
        if (aicost_gemini_hear_part(e, choice, i) != AICOST_OK) {
            return AICOST_ERROR;
        }
    }

    aicost_gemini_hear_finish(e, choice, candidate);

    return AICOST_OK;
}


static void
aicost_gemini_start(aicost_shape_hear_t *e, uint32_t root)
{
    aicost_says_t  *s;

    if (e->h->started) {
        return;
    }

    e->h->started = 1;
    s = aicost_gemini_say(e, AICOST_SAYS_START, 0);
    s->id = aicost_gemini_string(e->j, root, "responseId");
    s->name = aicost_gemini_string(e->j, root, "modelVersion");
    s->usage = e->h->usage;
}


/* a prompt that was blocked has no candidates */

static void
aicost_gemini_blocked(aicost_shape_hear_t *e, uint32_t root)
{
    uint32_t        feedback;
    aicost_piece_t  reason;

    feedback = aicost_gemini_member(e->j, root, "promptFeedback",
                                    AICOST_JSON_OBJECT);

    if (feedback == 0) {
        return;
    }

    reason = aicost_gemini_string(e->j, feedback, "blockReason");

    if (reason.len
        && !aicost_piece_is(&reason, "BLOCK_REASON_UNSPECIFIED")
        && e->h->blocks[AICOST_GEMINI_ENDED] == 0)
    {
        e->h->blocks[AICOST_GEMINI_ENDED] = AICOST_FINISH_FILTER;
        e->h->finished = 1;
    }
}


static void
aicost_gemini_done(aicost_shape_hear_t *e)
{
    (void) aicost_gemini_say(e, AICOST_SAYS_DONE, 0);
    e->h->done = 1;
}


/* the class is that of the object as it stands, with the code as its status */

static void
aicost_gemini_hear_error(aicost_shape_hear_t *e, uint32_t root,
    uint32_t error)
{
    int                        status;
    int64_t                    code;
    uint32_t                   node;
    aicost_says_t             *s;
    const aicost_json_node_t  *n;

    s = aicost_gemini_say(e, AICOST_SAYS_ERROR, 0);
    n = &e->j->nodes[root];
    status = 200;
    node = aicost_gemini_member(e->j, error, "code", AICOST_JSON_NUMBER);

    if (node && aicost_json_int(e->j, node, 400, 599, 1, &code) == AICOST_OK)
    {
        status = (int) code;
    }

    s->reason = aicost_error_said(status, e->j->data + n->off, n->len);

    if (e->j->nodes[error].type == AICOST_JSON_STRING) {
        s->text = aicost_piece(e->j, error);

    } else {
        s->text = aicost_gemini_string(e->j, error, "message");
        s->id = aicost_gemini_string(e->j, error, "status");

        if (s->id.kind == AICOST_PIECE_NONE) {
            s->id = aicost_piece(e->j, node);
        }
    }

    aicost_gemini_done(e);
}


/* one GenerateContentResponse; AICOST_DECLINED: it is none */

static int
aicost_gemini_hear_chunk(aicost_shape_hear_t *e, uint32_t root)
{
    unsigned  twice;
    uint32_t  error, candidates, i, next, choice;

    if (e->j->nodes[root].type != AICOST_JSON_OBJECT) {
        return AICOST_ERROR;
    }

    error = aicost_gemini_get(e->j, root, "error", &twice);

    if (error) {
        aicost_gemini_hear_error(e, root, error);
        return AICOST_OK;
    }

    candidates = aicost_gemini_member(e->j, root, "candidates",
                                      AICOST_JSON_ARRAY);

    if (candidates == 0
        && aicost_gemini_get(e->j, root, "promptFeedback", &twice) == 0
        && aicost_gemini_get(e->j, root, "usageMetadata", &twice) == 0)
    {
        return AICOST_DECLINED;
    }

    aicost_gemini_hear_usage(e, root);
    aicost_gemini_start(e, root);

    next = candidates ? e->j->nodes[candidates].next : 0;
    choice = 0;

    for (i = candidates + 1; i < next; i = e->j->nodes[i].next) {
        if (aicost_gemini_hear_candidate(e, choice++, i) != AICOST_OK) {
            return AICOST_ERROR;
        }
    }

    if (choice == 0) {
        aicost_gemini_blocked(e, root);
    }

    return AICOST_OK;
}


/* FINISH of each choice, USAGE, DONE */

static void
aicost_gemini_end(aicost_shape_hear_t *e)
{
    uint32_t        i, *ended, *called;
    aicost_says_t  *s;

    ended = &e->h->blocks[AICOST_GEMINI_ENDED];
    called = &e->h->blocks[AICOST_GEMINI_CALLED];

    if (!e->h->finished && e->h->started) {
        ended[0] = AICOST_FINISH_OTHER;
    }

    for (i = 0; i < AICOST_MAX_CHOICES; i++) {

        if (ended[i] == 0) {
            continue;
        }

        /* a call ends with STOP */

        if (called[i]
            && (ended[i] == AICOST_FINISH_STOP
                || (ended[i] == AICOST_FINISH_OTHER && !e->h->finished)))
        {
            ended[i] = AICOST_FINISH_CALLS;
        }

        s = aicost_gemini_say(e, AICOST_SAYS_FINISH, i);
        s->finish = (uint8_t) ended[i];
    }

    e->h->finished = 1;

    if (e->h->blocks[AICOST_GEMINI_USAGE]) {
        aicost_gemini_say(e, AICOST_SAYS_USAGE, 0)->usage = e->h->usage;
    }

    aicost_gemini_done(e);
}


/* without alt=sse a stream is an array of what its events would be */

int
aicost_gemini_hear(aicost_hear_t *h, const aicost_json_t *j,
    aicost_says_t *says, uint32_t max, uint32_t *n)
{
    int                  rc;
    uint32_t             i, next;
    aicost_hear_t        before;
    aicost_shape_hear_t  e;

    aicost_shape_hear(&e, h, j, says, max);

    *n = 0;
    before = *h;

    if (j->nnodes == 0) {
        return AICOST_ERROR;
    }

    if (j->nodes[0].type == AICOST_JSON_ARRAY) {
        rc = AICOST_DECLINED;
        next = j->nodes[0].next;

        for (i = 1; i < next && !h->done; i = j->nodes[i].next) {
            rc = aicost_gemini_hear_chunk(&e, i);

            if (rc != AICOST_OK) {
                break;
            }
        }

    } else {
        rc = aicost_gemini_hear_chunk(&e, 0);
    }

    if (rc != AICOST_OK) {
        *h = before;
        return AICOST_ERROR;
    }

    if (!h->done) {
        aicost_gemini_end(&e);
    }

    *n = e.n;

    if (e.n > max) {
        *h = before;
        return AICOST_DECLINED;
    }

    return AICOST_OK;
}


int
aicost_gemini_hear_event(aicost_hear_t *h, const aicost_str_t *name,
    const unsigned char *data, size_t len, aicost_json_node_t *nodes,
    uint32_t max_nodes, aicost_says_t *says, uint32_t *n)
{
    aicost_json_t        j;
    aicost_hear_t        before;
    aicost_shape_hear_t  e;

    (void) name;

    *n = 0;
    before = *h;

    if (h->done) {
        return AICOST_OK;
    }

    if (data == NULL) {
        aicost_shape_hear(&e, h, NULL, says, AICOST_SAYS_MAX);
        aicost_gemini_end(&e);
        *n = e.n;
        return AICOST_OK;
    }

    if (aicost_shape_tape(&j, data, len, nodes, max_nodes) != AICOST_OK) {
        return AICOST_ERROR;
    }

    aicost_shape_hear(&e, h, &j, says, AICOST_SAYS_MAX);

    if (aicost_gemini_hear_chunk(&e, 0) == AICOST_ERROR
        || e.n > AICOST_SAYS_MAX)
    {
        *h = before;
        return AICOST_ERROR;
    }

    *n = e.n;

    return AICOST_OK;
}
