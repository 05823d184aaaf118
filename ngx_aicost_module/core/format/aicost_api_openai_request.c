
/*
 * Copyright (C) aicost
 *
 * A request of OpenAI's chat completions, read into the form.
 */


#include "aicost_api_openai_int.h"


#define aicost_chat_piece(name)        offsetof(aicost_form_t, name)


static unsigned aicost_chat_is_default(const aicost_chat_member_t *m,
    const aicost_json_t *j, uint32_t node);
static int aicost_chat_caps(aicost_form_t *f, const aicost_json_t *j);
static int aicost_chat_flags(aicost_form_t *f, const aicost_json_t *j);
static int aicost_chat_tier(aicost_form_t *f, const aicost_json_t *j,
    uint32_t node);
static int aicost_chat_modalities(aicost_form_t *f, const aicost_json_t *j,
    uint32_t node);
static int aicost_chat_effort(aicost_form_t *f, const aicost_json_t *j,
    uint32_t node);
static int aicost_chat_stop(aicost_form_t *f, const aicost_json_t *j,
    uint32_t node);
static int aicost_chat_choice(aicost_form_t *f, const aicost_json_t *j,
    uint32_t node);
static int aicost_chat_format(aicost_form_t *f, const aicost_json_t *j,
    uint32_t node);
static int aicost_chat_tools(aicost_form_t *f, const aicost_json_t *j,
    uint32_t node);
static int aicost_chat_tool(aicost_form_t *f, const aicost_json_t *j,
    uint32_t node);


const aicost_chat_member_t  aicost_chat_members[] = {
    { "temperature", aicost_chat_piece(temperature), AICOST_CHAT_NUMBER,
      AICOST_CHAT_SAID, 1, 0, 0 },
    { "top_p", aicost_chat_piece(top_p), AICOST_CHAT_NUMBER,
      AICOST_CHAT_SAID, 1, 0, 0 },
    { "top_k", aicost_chat_piece(top_k), AICOST_CHAT_NUMBER,
      AICOST_CHAT_SAID, 1, 1, 0 },
    { "seed", aicost_chat_piece(seed), AICOST_CHAT_INTEGER,
      AICOST_CHAT_SAID, 0, 0, 0 },
    { "presence_penalty", aicost_chat_piece(presence_penalty),
      AICOST_CHAT_NUMBER, AICOST_CHAT_ZERO, 0, 0, 0 },
    { "frequency_penalty", aicost_chat_piece(frequency_penalty),
      AICOST_CHAT_NUMBER, AICOST_CHAT_ZERO, 0, 0, 0 },
    { "n", aicost_chat_piece(choices), AICOST_CHAT_INTEGER,
      AICOST_CHAT_ONE, 0, 0, 0 },
    { "top_logprobs", aicost_chat_piece(top_logprobs), AICOST_CHAT_INTEGER,
      AICOST_CHAT_SAID, 0, 0, 0 },
    { "logit_bias", aicost_chat_piece(logit_bias), AICOST_CHAT_OBJECT,
      AICOST_CHAT_EMPTY, 0, 0, 0 },
    { "verbosity", aicost_chat_piece(verbosity), AICOST_CHAT_STRING,
      AICOST_CHAT_SAID, 0, 0, 0 },
    { "metadata", aicost_chat_piece(metadata), AICOST_CHAT_OBJECT,
      AICOST_CHAT_EMPTY, 0, 0, 0 },
    { "prompt_cache_key", aicost_chat_piece(cache_key), AICOST_CHAT_STRING,
      AICOST_CHAT_SAID, 0, 0, 0 },
    { "model", aicost_chat_piece(model), AICOST_CHAT_STRING,
      AICOST_CHAT_SAID, 0, 0, 1 },
    { "user", aicost_chat_piece(user), AICOST_CHAT_STRING,
      AICOST_CHAT_SAID, 0, 0, 1 },

    /* the newer name of the two is believed */

    { "safety_identifier", aicost_chat_piece(user), AICOST_CHAT_STRING,
      AICOST_CHAT_SAID, 0, 0, 1 },
    { NULL, 0, 0, 0, 0, 0, 0 }
};


/* what costs more than its tokens, hides the prompt, or is answered in a way
   that the form does not have */

static const char *const  aicost_chat_refused[] = {
    "audio", "prediction", "web_search_options", "functions", "function_call",
    "previous_response_id", "conversation", "container", "thread", NULL
};


/* the first one where the client calls the user so */

static const aicost_form_name_t  aicost_chat_names[] = {
    { "user", "safety_identifier" },
    { "thinking", "reasoning_effort" },
    { "thoughts", "reasoning_content" },
    { NULL, NULL }
};


int
aicost_chat_read(aicost_form_t *f, const aicost_json_t *j)
{
    size_t    i;
    uint32_t  node;

    static const struct {
        const char           *name;
        aicost_chat_read_pt   read;
    } members[] = {
        { "service_tier", aicost_chat_tier },
        { "modalities", aicost_chat_modalities },
        { "reasoning_effort", aicost_chat_effort },
        { "stop", aicost_chat_stop },
        { "tools", aicost_chat_tools },
        { "tool_choice", aicost_chat_choice },
        { "response_format", aicost_chat_format },
        { "messages", aicost_chat_messages }
    };

    node = aicost_json_get(j, 0, "safety_identifier");

    f->names = aicost_chat_names + (aicost_chat_is_null(j, node) ? 1 : 0);
    f->cap = -1;
    f->nparts = 0;
    f->ntools = 0;
    f->nstops = 0;

    if (j->nodes[0].type != AICOST_JSON_OBJECT) {
        return aicost_form_fail(f, AICOST_R_INVALID_JSON, "");
    }

    if (aicost_shape_refuse(f, j, 0, aicost_chat_refused) != AICOST_OK
        || aicost_chat_values(f, j, aicost_chat_members) != AICOST_OK
        || aicost_chat_caps(f, j) != AICOST_OK
        || aicost_chat_flags(f, j) != AICOST_OK)
    {
        return AICOST_ERROR;
    }

    for (i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        node = aicost_json_get(j, 0, members[i].name);

        if (!aicost_chat_is_null(j, node)
            && members[i].read(f, j, node) != AICOST_OK)
        {
            return AICOST_ERROR;
        }
    }

    if (f->nparts == 0) {
        return aicost_form_fail(f, AICOST_R_MISSING_PARAMETER, "messages");
    }

    return AICOST_OK;
}


int
aicost_chat_values(aicost_form_t *f, const aicost_json_t *j,
    const aicost_chat_member_t *m)
{
    uint32_t                   node;
    unsigned                   fits;
    const aicost_json_node_t  *n;

    for ( /* void */ ; m->name; m++) {
        node = aicost_json_get(j, 0, m->name);

        if (aicost_chat_is_null(j, node)) {
            continue;
        }

        n = &j->nodes[node];

        switch (m->type) {

        case AICOST_CHAT_STRING:
            fits = (n->type == AICOST_JSON_STRING);
            break;

        case AICOST_CHAT_NUMBER:
            fits = (n->type == AICOST_JSON_NUMBER);
            break;

        case AICOST_CHAT_INTEGER:
            fits = (n->type == AICOST_JSON_NUMBER
                    && (n->flags & AICOST_JSON_INTEGER));
            break;

        default:
            fits = (n->type == AICOST_JSON_OBJECT);
        }

        if (!fits) {
            return aicost_form_fail(f, AICOST_R_INVALID_PARAMETER, m->name);
        }

        if (!aicost_chat_is_default(m, j, node)) {
            *(aicost_piece_t *) (void *) ((char *) f + m->at) =
                                                       aicost_piece(j, node);
        }
    }

    return AICOST_OK;
}


/* what is the same everywhere when nothing is said need not be said: many
   clients do, and other shapes have no such member */

static unsigned
aicost_chat_is_default(const aicost_chat_member_t *m, const aicost_json_t *j,
    uint32_t node)
{
    uint32_t                   i;
    const unsigned char       *p;
    const aicost_json_node_t  *n;

    n = &j->nodes[node];
    p = j->data + n->off;

    switch (m->unsaid) {

    case AICOST_CHAT_ONE:
        return n->len == 1 && *p == '1';

    case AICOST_CHAT_ZERO:
        for (i = 0; i < n->len; i++) {
            if (p[i] != '0' && p[i] != '.' && p[i] != '-') {
                return 0;
            }
        }

        return 1;

    case AICOST_CHAT_EMPTY:
        return n->count == 0;

    default:
        return 0;
    }
}


static int
aicost_chat_caps(aicost_form_t *f, const aicost_json_t *j)
{
    size_t    i;
    uint32_t  node;

    static const char *const  names[] = {
        "max_tokens", "max_completion_tokens"
    };

    for (i = 0; i < 2; i++) {
        node = aicost_json_get(j, 0, names[i]);

        if (!aicost_chat_is_null(j, node)
            && aicost_json_int(j, node, 1, AICOST_MAX_CAP, 0, &f->cap)
               != AICOST_OK)
        {
            return aicost_form_fail(f, AICOST_R_INVALID_PARAMETER, names[i]);
        }
    }

    return AICOST_OK;
}


static int
aicost_chat_flags(aicost_form_t *f, const aicost_json_t *j)
{
    uint8_t  stream;

    stream = AICOST_UNSAID;

    if (aicost_shape_flag(f, j, 0, "stream", &stream) != AICOST_OK
        || aicost_shape_flag(f, j, 0, "logprobs", &f->logprobs) != AICOST_OK
        || aicost_shape_flag(f, j, 0, "parallel_tool_calls", &f->parallel)
           != AICOST_OK)
    {
        return AICOST_ERROR;
    }

    f->stream = (stream == AICOST_YES);

    if (f->logprobs == AICOST_NO) {
        f->logprobs = AICOST_UNSAID;
    }

    return AICOST_OK;
}


static int
aicost_chat_tier(aicost_form_t *f, const aicost_json_t *j, uint32_t node)
{
    if (!aicost_chat_is_string(j, node)) {
        return aicost_form_fail(f, AICOST_R_INVALID_PARAMETER, "service_tier");
    }

    return aicost_form_service(f, "service_tier",
                               aicost_service_openai(j, node));
}


static int
aicost_chat_modalities(aicost_form_t *f, const aicost_json_t *j, uint32_t node)
{
    uint32_t  i;

    if (j->nodes[node].type != AICOST_JSON_ARRAY) {
        return aicost_form_fail(f, AICOST_R_INVALID_PARAMETER, "modalities");
    }

    for (i = node + 1; i < j->nodes[node].next; i = j->nodes[i].next) {
        if (!aicost_json_is(j, i, "text")) {
            return aicost_form_fail(f, AICOST_R_PARAMETER_NOT_ALLOWED,
                                    "modalities");
        }
    }

    return AICOST_OK;
}


static int
aicost_chat_effort(aicost_form_t *f, const aicost_json_t *j, uint32_t node)
{
    aicost_piece_t  p;

    p = aicost_piece(j, node);

    if (!aicost_chat_is_string(j, node)) {
        return aicost_form_fail(f, AICOST_R_INVALID_PARAMETER,
                                "reasoning_effort");
    }

    /* Groq's word for not having said it */

    if (aicost_piece_is(&p, "default")) {
        return AICOST_OK;
    }

    f->effort = (uint8_t) aicost_form_effort(&p);

    return f->effort != AICOST_EFFORT_UNSAID
           ? AICOST_OK : aicost_form_fail(f, AICOST_R_INVALID_PARAMETER,
                                          "reasoning_effort");
}


static int
aicost_chat_stop(aicost_form_t *f, const aicost_json_t *j, uint32_t node)
{
    if (aicost_chat_is_string(j, node)) {
        f->stops[f->nstops++] = aicost_piece(j, node);
        return AICOST_OK;
    }

    return aicost_shape_stops(f, j, node, "stop");
}


static int
aicost_chat_choice(aicost_form_t *f, const aicost_json_t *j, uint32_t node)
{
    size_t    i;
    uint32_t  type;

    static const struct {
        const char       *word;
        aicost_choice_e   choice;
    } words[] = {
        { "auto", AICOST_CHOICE_AUTO },
        { "none", AICOST_CHOICE_NONE },
        { "required", AICOST_CHOICE_ANY },
        { "any", AICOST_CHOICE_ANY }
    };

    if (j->nodes[node].type == AICOST_JSON_OBJECT) {
        type = aicost_json_get(j, node, "type");

        if (!aicost_chat_is_null(j, type)
            && !aicost_json_is(j, type, "function"))
        {
            return aicost_form_fail(f, AICOST_R_PARAMETER_NOT_ALLOWED,
                                    "tool_choice");
        }

        node = aicost_json_get(j, node, "function");
        node = node ? aicost_json_get(j, node, "name") : 0;

        if (aicost_chat_is_string(j, node)) {
            f->choice = AICOST_CHOICE_TOOL;
            f->choice_name = aicost_piece(j, node);
            return AICOST_OK;
        }

        return aicost_form_fail(f, AICOST_R_INVALID_PARAMETER, "tool_choice");
    }

    for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (aicost_json_is(j, node, words[i].word)) {
            f->choice = (uint8_t) words[i].choice;
            return AICOST_OK;
        }
    }

    return aicost_form_fail(f, AICOST_R_INVALID_PARAMETER, "tool_choice");
}


static int
aicost_chat_format(aicost_form_t *f, const aicost_json_t *j, uint32_t node)
{
    uint32_t  type, schema;

    type = aicost_json_get(j, node, "type");

    if (!aicost_chat_is_string(j, type)) {
        return aicost_form_fail(f, AICOST_R_INVALID_PARAMETER,
                                "response_format");
    }

    if (aicost_json_is(j, type, "text")) {
        return AICOST_OK;
    }

    if (aicost_json_is(j, type, "json_object")) {

        /* llama.cpp has a schema here */

        schema = aicost_json_get(j, node, "schema");
        f->answer = AICOST_ANSWER_JSON;

        return aicost_chat_is_null(j, schema)
               ? AICOST_OK : aicost_chat_schema(f, j, schema, 0);
    }

    node = aicost_json_get(j, node, "json_schema");

    if (aicost_json_is(j, type, "json_schema") && node
        && j->nodes[node].type == AICOST_JSON_OBJECT)
    {
        return aicost_chat_schema(f, j, aicost_json_get(j, node, "schema"),
                                  node);
    }

    return aicost_form_fail(f, AICOST_R_INVALID_PARAMETER, "response_format");
}


int
aicost_chat_schema(aicost_form_t *f, const aicost_json_t *j, uint32_t schema,
    uint32_t node)
{
    f->answer = AICOST_ANSWER_SCHEMA;
    f->schema_name = aicost_piece_word(AICOST_CHAT_SCHEMA);

    if (!aicost_chat_is_null(j, schema)) {
        if (j->nodes[schema].type != AICOST_JSON_OBJECT) {
            return aicost_form_fail(f, AICOST_R_INVALID_PARAMETER, "schema");
        }

        f->schema = aicost_piece(j, schema);
    }

    if (node == 0) {
        return AICOST_OK;
    }

    if (aicost_shape_string(f, j, node, "name", &f->schema_name) != AICOST_OK
        || aicost_shape_string(f, j, node, "description", &f->schema_text)
           != AICOST_OK)
    {
        return AICOST_ERROR;
    }

    return aicost_shape_flag(f, j, node, "strict", &f->strict);
}


static int
aicost_chat_tools(aicost_form_t *f, const aicost_json_t *j, uint32_t node)
{
    uint32_t  i;

    if (j->nodes[node].type != AICOST_JSON_ARRAY) {
        return aicost_form_fail(f, AICOST_R_INVALID_PARAMETER, "tools");
    }

    for (i = node + 1; i < j->nodes[node].next; i = j->nodes[i].next) {
        if (aicost_chat_tool(f, j, i) != AICOST_OK) {
            return AICOST_ERROR;
        }
    }

    return AICOST_OK;
}


static int
aicost_chat_tool(aicost_form_t *f, const aicost_json_t *j, uint32_t node)
{
    uint32_t        type, schema;
    aicost_tool_t  *t;

    type = aicost_json_get(j, node, "type");

    if (!aicost_chat_is_string(j, type)) {
        return aicost_form_fail(f, AICOST_R_INVALID_PARAMETER, "tools");
    }

    if (!aicost_json_is(j, type, "function")) {
        return aicost_form_fail(f, AICOST_R_PARAMETER_NOT_ALLOWED, "tools");
    }

    node = aicost_json_get(j, node, "function");

    if (node == 0
        || !aicost_chat_is_string(j, aicost_json_get(j, node, "name")))
    {
        return aicost_form_fail(f, AICOST_R_INVALID_PARAMETER, "tools");
    }

    t = aicost_form_tool(f);

    if (t == NULL
        || aicost_shape_string(f, j, node, "name", &t->name) != AICOST_OK
        || aicost_shape_string(f, j, node, "description", &t->description)
           != AICOST_OK)
    {
        return AICOST_ERROR;
    }

    schema = aicost_json_get(j, node, "parameters");

    if (!aicost_chat_is_null(j, schema)) {
        if (j->nodes[schema].type != AICOST_JSON_OBJECT) {
            return aicost_form_fail(f, AICOST_R_INVALID_PARAMETER,
                                    "parameters");
        }

        t->schema = aicost_piece(j, schema);
    }

    return aicost_shape_flag(f, j, node, "strict", &t->strict);
}


