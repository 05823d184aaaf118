
/*
 * Copyright (C) aicost
 *
 * Anthropic's Messages: a client's request but for what it says: its tools and
 * settings.
 */


#include "aicost_api_anthropic_int.h"


/* the body is not all of the prompt, or not all of the bill */

static const char *const  aicost_anthropic_hiding[] = {
    "container", "thread", "mcp_servers", NULL
};


int
aicost_anthropic_typed(aicost_form_t *f, const aicost_json_t *j,
    uint32_t object, const char *name, uint8_t type, aicost_piece_t *p)
{
    uint32_t  node;

    node = aicost_shape_get(j, object, name);
    *p = aicost_piece(j, node);

    if (node && j->nodes[node].type != type) {
        return aicost_shape_invalid(f, name);
    }

    return AICOST_OK;
}


int
aicost_anthropic_string(aicost_form_t *f, const aicost_json_t *j,
    uint32_t object, const char *name, aicost_piece_t *p)
{
    return aicost_anthropic_typed(f, j, object, name, AICOST_JSON_STRING, p);
}


int
aicost_anthropic_needed(aicost_form_t *f, const aicost_json_t *j,
    uint32_t object, const char *name, uint8_t type, aicost_piece_t *p)
{
    if (aicost_anthropic_typed(f, j, object, name, type, p) != AICOST_OK) {
        return AICOST_ERROR;
    }

    if (p->kind == AICOST_PIECE_NONE) {
        return aicost_form_fail(f, AICOST_R_MISSING_PARAMETER, name);
    }

    return AICOST_OK;
}


int
aicost_anthropic_flag(aicost_form_t *f, const aicost_json_t *j,
    uint32_t object, const char *name, uint8_t *flag)
{
    *flag = AICOST_UNSAID;

    return aicost_shape_flag(f, j, object, name, flag);
}


int
aicost_anthropic_cache(aicost_form_t *f, const aicost_json_t *j,
    uint32_t object, uint8_t *flags)
{
    uint32_t  node, type, ttl;

    node = aicost_shape_get(j, object, "cache_control");

    if (node == 0) {
        return AICOST_OK;
    }

    type = aicost_shape_get(j, node, "type");
    ttl = aicost_shape_get(j, node, "ttl");

    if (type == 0 || !aicost_json_is(j, type, "ephemeral")) {
        return aicost_shape_invalid(f, "cache_control");
    }

    *flags |= AICOST_PART_CACHE;

    if (ttl == 0 || aicost_json_is(j, ttl, "5m")) {
        return AICOST_OK;
    }

    if (aicost_json_is(j, ttl, "1h")) {
        *flags |= AICOST_PART_HOUR;
        return AICOST_OK;
    }

    return aicost_shape_invalid(f, "ttl");
}


static int
aicost_anthropic_tool(aicost_form_t *f, const aicost_json_t *j, uint32_t node)
{
    uint32_t        type;
    aicost_tool_t  *t;

    if (j->nodes[node].type != AICOST_JSON_OBJECT) {
        return aicost_shape_invalid(f, "tools");
    }

    type = aicost_shape_get(j, node, "type");

    if (type && j->nodes[type].type != AICOST_JSON_STRING) {
        return aicost_shape_invalid(f, "type");
    }

    if (type && !aicost_json_is(j, type, "custom")) {
        return aicost_shape_refused(f, "type");
    }

    t = aicost_form_tool(f);

    if (t == NULL
        || aicost_anthropic_needed(f, j, node, "name", AICOST_JSON_STRING,
                                   &t->name) != AICOST_OK
        || aicost_anthropic_string(f, j, node, "description",
                                   &t->description) != AICOST_OK
        || aicost_anthropic_needed(f, j, node, "input_schema",
                                   AICOST_JSON_OBJECT, &t->schema)
           != AICOST_OK
        || aicost_anthropic_flag(f, j, node, "strict", &t->strict)
           != AICOST_OK)
    {
        return AICOST_ERROR;
    }

    return aicost_anthropic_cache(f, j, node, &t->flags);
}


static int
aicost_anthropic_choice(aicost_form_t *f, const aicost_json_t *j)
{
    uint8_t   single;
    uint32_t  node, type;

    node = aicost_shape_get(j, 0, "tool_choice");

    if (node == 0) {
        return AICOST_OK;
    }

    type = aicost_shape_get(j, node, "type");

    if (type == 0) {
        return aicost_shape_invalid(f, "tool_choice");
    }

    if (aicost_json_is(j, type, "auto")) {
        f->choice = AICOST_CHOICE_AUTO;

    } else if (aicost_json_is(j, type, "none")) {
        f->choice = AICOST_CHOICE_NONE;

    } else if (aicost_json_is(j, type, "any")) {
        f->choice = AICOST_CHOICE_ANY;

    } else if (aicost_json_is(j, type, "tool")) {
        f->choice = AICOST_CHOICE_TOOL;

        if (aicost_anthropic_needed(f, j, node, "name", AICOST_JSON_STRING,
                                    &f->choice_name) != AICOST_OK)
        {
            return AICOST_ERROR;
        }

    } else {
        return aicost_shape_invalid(f, "tool_choice");
    }

    if (aicost_anthropic_flag(f, j, node, "disable_parallel_tool_use",
                              &single)
        != AICOST_OK)
    {
        return AICOST_ERROR;
    }

    if (single != AICOST_UNSAID) {
        f->parallel = single == AICOST_YES ? AICOST_NO : AICOST_YES;
    }

    return AICOST_OK;
}


static int
aicost_anthropic_tools(aicost_form_t *f, const aicost_json_t *j)
{
    uint32_t                   i, node;
    const aicost_json_node_t  *nodes;

    nodes = j->nodes;
    node = aicost_shape_get(j, 0, "tools");

    if (node && nodes[node].type != AICOST_JSON_ARRAY) {
        return aicost_shape_invalid(f, "tools");
    }

    for (i = node + 1; node && i < nodes[node].next; i = nodes[i].next) {
        if (aicost_anthropic_tool(f, j, i) != AICOST_OK) {
            return AICOST_ERROR;
        }
    }

    return aicost_anthropic_choice(f, j);
}


static int
aicost_anthropic_thinking(aicost_form_t *f, const aicost_json_t *j)
{
    uint32_t  node, type, display, budget;

    node = aicost_shape_get(j, 0, "thinking");

    if (node == 0) {
        return AICOST_OK;
    }

    type = aicost_shape_get(j, node, "type");
    display = aicost_shape_get(j, node, "display");
    budget = aicost_shape_get(j, node, "budget_tokens");

    if (type == 0) {
        return aicost_shape_invalid(f, "thinking");
    }

    if (aicost_json_is(j, type, "disabled")) {
        f->thinking = AICOST_THINKING_OFF;
        return AICOST_OK;
    }

    if (aicost_json_is(j, type, "between_tools")) {
        return aicost_shape_refused(f, "thinking");
    }

    if (aicost_json_is(j, type, "adaptive")) {
        f->thinking = AICOST_THINKING_ADAPTIVE;

    } else if (aicost_json_is(j, type, "enabled")) {
        f->thinking = AICOST_THINKING_BUDGET;

        if (budget == 0
            || aicost_json_int(j, budget, AICOST_ANTHROPIC_THINKING,
                               AICOST_MAX_CAP, 0, &f->thinking_budget)
               != AICOST_OK)
        {
            return aicost_shape_invalid(f, "budget_tokens");
        }

    } else {
        return aicost_shape_invalid(f, "thinking");
    }

    if (display == 0) {
        return AICOST_OK;
    }

    if (aicost_json_is(j, display, "summarized")) {
        f->summary = AICOST_YES;

    } else if (aicost_json_is(j, display, "omitted")) {
        f->summary = AICOST_NO;

    } else {
        return aicost_shape_invalid(f, "display");
    }

    return AICOST_OK;
}


/* {"type":"json_schema","schema":{..}} */

static int
aicost_anthropic_format(aicost_form_t *f, const aicost_json_t *j,
    uint32_t object, const char *name)
{
    uint32_t  node, type;

    node = aicost_shape_get(j, object, name);

    if (node == 0) {
        return AICOST_OK;
    }

    type = aicost_shape_get(j, node, "type");

    if (type == 0 || !aicost_json_is(j, type, "json_schema")) {
        return aicost_shape_invalid(f, name);
    }

    f->answer = AICOST_ANSWER_SCHEMA;

    return aicost_anthropic_needed(f, j, node, "schema", AICOST_JSON_OBJECT,
                                   &f->schema);
}


static int
aicost_anthropic_output(aicost_form_t *f, const aicost_json_t *j)
{
    uint32_t        node;
    aicost_piece_t  effort;

    if (aicost_anthropic_thinking(f, j) != AICOST_OK
        || aicost_anthropic_format(f, j, 0, "output_format") != AICOST_OK)
    {
        return AICOST_ERROR;
    }

    node = aicost_shape_get(j, 0, "output_config");

    if (node == 0) {
        return AICOST_OK;
    }

    if (j->nodes[node].type != AICOST_JSON_OBJECT) {
        return aicost_shape_invalid(f, "output_config");
    }

    if (aicost_anthropic_string(f, j, node, "effort", &effort) != AICOST_OK) {
        return AICOST_ERROR;
    }

    if (effort.kind != AICOST_PIECE_NONE) {
        f->effort = (uint8_t) aicost_form_effort(&effort);

        if (f->effort < AICOST_EFFORT_LOW) {
            return aicost_shape_invalid(f, "effort");
        }
    }

    return aicost_anthropic_format(f, j, node, "format");
}


static int
aicost_anthropic_stops(aicost_form_t *f, const aicost_json_t *j)
{
    uint32_t  node;

    node = aicost_shape_get(j, 0, "stop_sequences");

    return node ? aicost_shape_stops(f, j, node, "stop_sequences") : AICOST_OK;
}


/* priority is only had as the provider's own choice */

static int
aicost_anthropic_serve(aicost_form_t *f, const aicost_json_t *j)
{
    size_t    i;
    uint32_t  node;

    static const char *const  names[] = {
        "service_tier", "speed", "inference_geo"
    };

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        node = aicost_shape_get(j, 0, names[i]);

        if (node
            && aicost_form_service(f, names[i],
                                   aicost_service_anthropic(j, names[i], node))
               != AICOST_OK)
        {
            return AICOST_ERROR;
        }
    }

    return AICOST_OK;
}


static int
aicost_anthropic_settings(aicost_form_t *f, const aicost_json_t *j)
{
    uint8_t             stream;
    uint32_t            node;
    const char *const  *name;

    for (name = aicost_anthropic_hiding; *name; name++) {
        if (aicost_shape_get(j, 0, *name)) {
            return aicost_shape_refused(f, *name);
        }
    }

    if (aicost_anthropic_serve(f, j) != AICOST_OK
        || aicost_anthropic_needed(f, j, 0, "model", AICOST_JSON_STRING,
                                   &f->model) != AICOST_OK
        || aicost_anthropic_flag(f, j, 0, "stream", &stream) != AICOST_OK
        || aicost_anthropic_typed(f, j, 0, "temperature", AICOST_JSON_NUMBER,
                                  &f->temperature) != AICOST_OK
        || aicost_anthropic_typed(f, j, 0, "top_p", AICOST_JSON_NUMBER,
                                  &f->top_p) != AICOST_OK
        || aicost_anthropic_typed(f, j, 0, "top_k", AICOST_JSON_NUMBER,
                                  &f->top_k) != AICOST_OK
        || aicost_anthropic_cache(f, j, 0, &f->flags) != AICOST_OK)
    {
        return AICOST_ERROR;
    }

    f->stream = (stream == AICOST_YES);
    node = aicost_shape_get(j, 0, "max_tokens");

    if (node
        && aicost_json_int(j, node, 1, AICOST_MAX_CAP, 0, &f->cap)
           != AICOST_OK)
    {
        return aicost_shape_invalid(f, "max_tokens");
    }

    node = aicost_shape_get(j, 0, "metadata");

    if (node == 0) {
        return AICOST_OK;
    }

    if (j->nodes[node].type != AICOST_JSON_OBJECT) {
        return aicost_shape_invalid(f, "metadata");
    }

    return aicost_anthropic_string(f, j, node, "user_id", &f->user);
}


static const aicost_form_name_t  aicost_anthropic_names[] = {
    { "stop", "stop_sequences" },
    { "parallel_tool_calls", "tool_choice.disable_parallel_tool_use" },
    { "response_format", "output_config.format" },
    { "reasoning_effort", "output_config.effort" },
    { "reasoning_content", "redacted_thinking" },
    { "thoughts", "thinking" },
    { "user", "metadata.user_id" },
    { "prompt_cache_breakpoint", "cache_control" },
    { "prompt_cache_options", "cache_control" },
    { "image_url", "source.url" },
    { "file", "document" },
    { "arguments", "input" },
    { "tool_call_id", "tool_use_id" },
    { NULL, NULL }
};


/* max_tokens is not asked for here: a count of tokens has none */

int
aicost_anthropic_read(aicost_form_t *f, const aicost_json_t *j)
{
    f->cap = -1;
    f->names = aicost_anthropic_names;

    if (j->nnodes == 0 || j->nodes[0].type != AICOST_JSON_OBJECT) {
        return aicost_form_fail(f, AICOST_R_INVALID_JSON, "");
    }

    if (aicost_anthropic_settings(f, j) != AICOST_OK
        || aicost_anthropic_stops(f, j) != AICOST_OK
        || aicost_anthropic_output(f, j) != AICOST_OK
        || aicost_anthropic_tools(f, j) != AICOST_OK)
    {
        return AICOST_ERROR;
    }

    return aicost_anthropic_messages(f, j);
}
