
/*
 * Copyright (C) aicost
 *
 * A request of OpenAI's Responses, read into the form.
 */


#include "aicost_api_responses_int.h"


#define aicost_responses_piece(name)   offsetof(aicost_form_t, name)


static int aicost_responses_background(aicost_form_t *f,
    const aicost_json_t *j, uint32_t node);
static int aicost_responses_store(aicost_form_t *f, const aicost_json_t *j,
    uint32_t node);
static int aicost_responses_tier(aicost_form_t *f, const aicost_json_t *j,
    uint32_t node);
static int aicost_responses_cap(aicost_form_t *f, const aicost_json_t *j,
    uint32_t node);
static int aicost_responses_effort(aicost_form_t *f, const aicost_json_t *j,
    uint32_t node);
static int aicost_responses_text(aicost_form_t *f, const aicost_json_t *j,
    uint32_t node);
static int aicost_responses_format(aicost_form_t *f, const aicost_json_t *j,
    uint32_t node);
static int aicost_responses_tools(aicost_form_t *f, const aicost_json_t *j,
    uint32_t node);
static int aicost_responses_choice(aicost_form_t *f, const aicost_json_t *j,
    uint32_t node);
static int aicost_responses_instructions(aicost_form_t *f,
    const aicost_json_t *j, uint32_t node);


const aicost_chat_member_t  aicost_responses_members[] = {
    { "model", aicost_responses_piece(model), AICOST_CHAT_STRING,
      AICOST_CHAT_SAID, 0, 0, 1 },
    { "temperature", aicost_responses_piece(temperature), AICOST_CHAT_NUMBER,
      AICOST_CHAT_SAID, 1, 0, 0 },
    { "top_p", aicost_responses_piece(top_p), AICOST_CHAT_NUMBER,
      AICOST_CHAT_SAID, 1, 0, 0 },
    { "top_logprobs", aicost_responses_piece(top_logprobs),
      AICOST_CHAT_INTEGER, AICOST_CHAT_ZERO, 0, 0, 0 },
    { "metadata", aicost_responses_piece(metadata), AICOST_CHAT_OBJECT,
      AICOST_CHAT_EMPTY, 0, 0, 0 },
    { "prompt_cache_key", aicost_responses_piece(cache_key),
      AICOST_CHAT_STRING, AICOST_CHAT_SAID, 0, 0, 0 },
    { "user", aicost_responses_piece(user), AICOST_CHAT_STRING,
      AICOST_CHAT_SAID, 0, 0, 1 },
    { "safety_identifier", aicost_responses_piece(user), AICOST_CHAT_STRING,
      AICOST_CHAT_SAID, 0, 0, 0 },
    { NULL, 0, 0, 0, 0, 0, 0 }
};


/* what hides the prompt */

static const char *const  aicost_responses_refused[] = {
    "previous_response_id", "conversation", "prompt", "context_management",
    "container", "thread", NULL
};


/* the first one where the client calls the user so */

static const aicost_form_name_t  aicost_responses_names[] = {
    { "user", "safety_identifier" },
    { "messages", "input" },
    { "max_tokens", "max_output_tokens" },
    { "response_format", "text.format" },
    { "verbosity", "text.verbosity" },
    { "reasoning_effort", "reasoning.effort" },
    { "thinking", "reasoning.effort" },
    { "reasoning_content", "encrypted_content" },
    { "signature", "encrypted_content" },
    { "thoughts", "reasoning" },
    { "logprobs", "include" },
    { "file", "input_file" },
    { "tool_call_id", "call_id" },
    { NULL, NULL }
};


int
aicost_responses_read(aicost_form_t *f, const aicost_json_t *j)
{
    size_t    i;
    uint8_t   stream;
    uint32_t  node;

    static const struct {
        const char           *name;
        aicost_chat_read_pt   read;
    } members[] = {
        { "background", aicost_responses_background },
        { "store", aicost_responses_store },
        { "service_tier", aicost_responses_tier },
        { "max_output_tokens", aicost_responses_cap },
        { "reasoning", aicost_responses_effort },
        { "text", aicost_responses_text },
        { "tools", aicost_responses_tools },
        { "tool_choice", aicost_responses_choice },
        { "instructions", aicost_responses_instructions },
        { "input", aicost_responses_items }
    };

    node = aicost_json_get(j, 0, "safety_identifier");

    f->names = aicost_responses_names + (aicost_chat_is_null(j, node) ? 1 : 0);
    f->cap = -1;
    f->nparts = 0;
    f->ntools = 0;
    f->nstops = 0;
    stream = AICOST_UNSAID;

    if (j->nodes[0].type != AICOST_JSON_OBJECT) {
        return aicost_form_fail(f, AICOST_R_INVALID_JSON, "");
    }

    if (aicost_shape_refuse(f, j, 0, aicost_responses_refused) != AICOST_OK
        || aicost_chat_values(f, j, aicost_responses_members) != AICOST_OK
        || aicost_shape_flag(f, j, 0, "stream", &stream) != AICOST_OK
        || aicost_shape_flag(f, j, 0, "parallel_tool_calls", &f->parallel)
           != AICOST_OK)
    {
        return AICOST_ERROR;
    }

    f->stream = (stream == AICOST_YES);

    if (f->top_logprobs.kind != AICOST_PIECE_NONE) {
        f->logprobs = AICOST_YES;
    }

    for (i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        node = aicost_json_get(j, 0, members[i].name);

        if (!aicost_chat_is_null(j, node)
            && members[i].read(f, j, node) != AICOST_OK)
        {
            return AICOST_ERROR;
        }
    }

    if (aicost_chat_is_null(j, aicost_json_get(j, 0, "input"))) {
        return aicost_form_fail(f, AICOST_R_MISSING_PARAMETER, "input");
    }

    return AICOST_OK;
}


static int
aicost_responses_background(aicost_form_t *f, const aicost_json_t *j,
    uint32_t node)
{
    return j->nodes[node].type == AICOST_JSON_FALSE
           ? AICOST_OK
           : aicost_form_fail(f, AICOST_R_PARAMETER_NOT_ALLOWED, "background");
}


/* an answer that the client wants to ask for again is kept by nobody */

static int
aicost_responses_store(aicost_form_t *f, const aicost_json_t *j,
    uint32_t node)
{
    return j->nodes[node].type == AICOST_JSON_FALSE
           ? AICOST_OK
           : aicost_form_fail(f, AICOST_R_PARAMETER_NOT_ALLOWED, "store");
}


static int
aicost_responses_tier(aicost_form_t *f, const aicost_json_t *j, uint32_t node)
{
    return aicost_form_service(f, "service_tier",
                               aicost_service_openai(j, node));
}


static int
aicost_responses_cap(aicost_form_t *f, const aicost_json_t *j, uint32_t node)
{
    return aicost_json_int(j, node, 1, AICOST_MAX_CAP, 0, &f->cap) == AICOST_OK
           ? AICOST_OK
           : aicost_form_fail(f, AICOST_R_INVALID_PARAMETER,
                              "max_output_tokens");
}


static int
aicost_responses_effort(aicost_form_t *f, const aicost_json_t *j,
    uint32_t node)
{
    aicost_piece_t  effort, summary;

    memset(&effort, 0, sizeof(aicost_piece_t));
    memset(&summary, 0, sizeof(aicost_piece_t));

    if (j->nodes[node].type != AICOST_JSON_OBJECT) {
        return aicost_form_fail(f, AICOST_R_INVALID_PARAMETER, "reasoning");
    }

    if (aicost_shape_string(f, j, node, "effort", &effort) != AICOST_OK
        || aicost_shape_string(f, j, node, "generate_summary", &summary)
           != AICOST_OK
        || aicost_shape_string(f, j, node, "summary", &summary) != AICOST_OK)
    {
        return AICOST_ERROR;
    }

    if (summary.kind != AICOST_PIECE_NONE
        && !aicost_piece_is(&summary, "none"))
    {
        f->summary = AICOST_YES;
    }

    if (effort.kind == AICOST_PIECE_NONE) {
        return AICOST_OK;
    }

    f->effort = (uint8_t) aicost_form_effort(&effort);

    return f->effort != AICOST_EFFORT_UNSAID
           ? AICOST_OK
           : aicost_form_fail(f, AICOST_R_INVALID_PARAMETER, "effort");
}


static int
aicost_responses_text(aicost_form_t *f, const aicost_json_t *j, uint32_t node)
{
    uint32_t  format;

    if (j->nodes[node].type != AICOST_JSON_OBJECT) {
        return aicost_form_fail(f, AICOST_R_INVALID_PARAMETER, "text");
    }

    if (aicost_shape_string(f, j, node, "verbosity", &f->verbosity)
        != AICOST_OK)
    {
        return AICOST_ERROR;
    }

    format = aicost_json_get(j, node, "format");

    return aicost_chat_is_null(j, format)
           ? AICOST_OK : aicost_responses_format(f, j, format);
}


static int
aicost_responses_format(aicost_form_t *f, const aicost_json_t *j,
    uint32_t node)
{
    uint32_t  type;

    type = aicost_json_get(j, node, "type");

    if (!aicost_chat_is_string(j, type)) {
        return aicost_form_fail(f, AICOST_R_INVALID_PARAMETER, "format");
    }

    if (aicost_json_is(j, type, "text")) {
        return AICOST_OK;
    }

    if (aicost_json_is(j, type, "json_object")) {
        f->answer = AICOST_ANSWER_JSON;
        return AICOST_OK;
    }

    if (!aicost_json_is(j, type, "json_schema")) {
        return aicost_form_fail(f, AICOST_R_INVALID_PARAMETER, "format");
    }

    return aicost_chat_schema(f, j, aicost_json_get(j, node, "schema"), node);
}


static int
aicost_responses_tools(aicost_form_t *f, const aicost_json_t *j, uint32_t node)
{
    uint32_t        i, type, schema;
    aicost_tool_t  *t;

    if (j->nodes[node].type != AICOST_JSON_ARRAY) {
        return aicost_form_fail(f, AICOST_R_INVALID_PARAMETER, "tools");
    }

    for (i = node + 1; i < j->nodes[node].next; i = j->nodes[i].next) {
        type = aicost_json_get(j, i, "type");

        if (!aicost_chat_is_string(j, type)) {
            return aicost_form_fail(f, AICOST_R_INVALID_PARAMETER, "tools");
        }

        if (!aicost_json_is(j, type, "function")) {
            return aicost_form_fail(f, AICOST_R_PARAMETER_NOT_ALLOWED,
                                    "tools");
        }

        t = aicost_form_tool(f);

        if (t == NULL
            || aicost_shape_string(f, j, i, "name", &t->name) != AICOST_OK
            || aicost_shape_string(f, j, i, "description", &t->description)
               != AICOST_OK
            || aicost_shape_flag(f, j, i, "strict", &t->strict)
               != AICOST_OK)
        {
            return AICOST_ERROR;
        }

        if (t->name.kind == AICOST_PIECE_NONE) {
            return aicost_form_fail(f, AICOST_R_INVALID_PARAMETER, "tools");
        }

        /* here it is the default, in no other shape */

        if (t->strict == AICOST_NO) {
            t->strict = AICOST_UNSAID;
        }

        schema = aicost_json_get(j, i, "parameters");

        if (aicost_chat_is_null(j, schema)) {
            continue;
        }

        if (j->nodes[schema].type != AICOST_JSON_OBJECT) {
            return aicost_form_fail(f, AICOST_R_INVALID_PARAMETER,
                                    "parameters");
        }

        t->schema = aicost_piece(j, schema);
    }

    return AICOST_OK;
}


static int
aicost_responses_choice(aicost_form_t *f, const aicost_json_t *j,
    uint32_t node)
{
    size_t    i;
    uint32_t  type;

    static const struct {
        const char       *word;
        aicost_choice_e   choice;
    } words[] = {
        { "auto", AICOST_CHOICE_AUTO },
        { "none", AICOST_CHOICE_NONE },
        { "required", AICOST_CHOICE_ANY }
    };

    if (j->nodes[node].type == AICOST_JSON_OBJECT) {
        type = aicost_json_get(j, node, "type");

        if (!aicost_json_is(j, type, "function")) {
            return aicost_form_fail(f, AICOST_R_PARAMETER_NOT_ALLOWED,
                                    "tool_choice");
        }

        node = aicost_json_get(j, node, "name");

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


/* a system message that stands before all */

static int
aicost_responses_instructions(aicost_form_t *f, const aicost_json_t *j,
    uint32_t node)
{
    aicost_part_t  *p;

    if (!aicost_chat_is_string(j, node)) {
        return aicost_form_fail(f, AICOST_R_INVALID_PARAMETER,
                                "instructions");
    }

    if (j->nodes[node].len == 0) {
        return AICOST_OK;
    }

    p = aicost_form_part(f, AICOST_ROLE_SYSTEM, AICOST_PART_TEXT);

    if (p == NULL) {
        return AICOST_ERROR;
    }

    p->text = aicost_piece(j, node);
    p->flags = AICOST_PART_FIRST;

    return AICOST_OK;
}
