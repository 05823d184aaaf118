
/*
 * Copyright (C) aicost
 *
 * A Converse request, read into the form: all but its messages.  The model and
 * whether it is to be a stream stand in the path.
 */


#include "aicost_api_bedrock_int.h"


static int aicost_bedrock_read_harmless(aicost_form_t *f,
    const aicost_json_t *j);
static int aicost_bedrock_read_config(aicost_form_t *f,
    const aicost_json_t *j);
static int aicost_bedrock_read_format(aicost_form_t *f,
    const aicost_json_t *j);
static int aicost_bedrock_read_more(aicost_form_t *f, const aicost_json_t *j);
static int aicost_bedrock_read_thinking(aicost_form_t *f,
    const aicost_json_t *j, uint32_t node);
static int aicost_bedrock_read_tools(aicost_form_t *f,
    const aicost_json_t *j);
static int aicost_bedrock_read_tool(aicost_form_t *f, const aicost_json_t *j,
    uint32_t node);
static int aicost_bedrock_read_choice(aicost_form_t *f,
    const aicost_json_t *j, uint32_t config);


/* they change or hide the prompt or the answer, and no other shape has them */

static const char *const  aicost_bedrock_refused[] = {
    "guardrailConfig", "promptVariables", "additionalModelResponseFieldPaths",
    NULL
};


int
aicost_bedrock_read(aicost_form_t *f, const aicost_json_t *j)
{
    f->cap = -1;
    f->nparts = 0;
    f->ntools = 0;
    f->nstops = 0;

    if (j->nodes[0].type != AICOST_JSON_OBJECT) {
        return aicost_form_fail(f, AICOST_R_INVALID_JSON, "");
    }

    if (aicost_shape_refuse(f, j, 0, aicost_bedrock_refused) != AICOST_OK
        || aicost_bedrock_read_harmless(f, j) != AICOST_OK
        || aicost_shape_take(f, j, 0, "requestMetadata", AICOST_JSON_OBJECT,
                             &f->metadata) != AICOST_OK
        || aicost_bedrock_read_config(f, j) != AICOST_OK
        || aicost_bedrock_read_format(f, j) != AICOST_OK
        || aicost_bedrock_read_more(f, j) != AICOST_OK
        || aicost_bedrock_read_tools(f, j) != AICOST_OK)
    {
        return AICOST_ERROR;
    }

    return aicost_bedrock_read_turns(f, j);
}


/* a service tier, and what costs nothing */

static int
aicost_bedrock_read_harmless(aicost_form_t *f, const aicost_json_t *j)
{
    size_t    i;
    uint32_t  node, value;

    static const struct {
        const char  *name;
        const char  *member;
        const char  *word;
    } members[] = {
        { "serviceTier", "type", NULL },
        { "performanceConfig", "latency", "standard" }
    };

    for (i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        if (aicost_shape_node(f, j, 0, members[i].name, AICOST_JSON_OBJECT,
                              &node) != AICOST_OK)
        {
            return AICOST_ERROR;
        }

        value = node ? aicost_shape_get(j, node, members[i].member) : 0;

        if (value == 0) {
            continue;
        }

        if (members[i].word == NULL) {

            if (aicost_form_service(f, members[i].name,
                                    aicost_service_read(j, value))
                != AICOST_OK)
            {
                return AICOST_ERROR;
            }

        } else if (!aicost_json_is(j, value, members[i].word)) {
            return aicost_shape_refused(f, members[i].name);
        }
    }

    return AICOST_OK;
}


/* {"textFormat":{"type":"json_schema","structure":{"jsonSchema":{..}}}} */

static int
aicost_bedrock_read_format(aicost_form_t *f, const aicost_json_t *j)
{
    uint32_t                  node, type, at;
    const char *const        *name;

    static const char *const  path[] = {
        "textFormat", "structure", "jsonSchema", NULL
    };

    if (aicost_shape_node(f, j, 0, "outputConfig", AICOST_JSON_OBJECT, &node)
        != AICOST_OK)
    {
        return AICOST_ERROR;
    }

    if (node == 0) {
        return AICOST_OK;
    }

    if (aicost_shape_get(j, node, "effort")) {
        return aicost_shape_refused(f, "outputConfig.effort");
    }

    for (name = path; *name; name++) {

        if (aicost_shape_node(f, j, node, *name, AICOST_JSON_OBJECT, &at)
            != AICOST_OK)
        {
            return AICOST_ERROR;
        }

        if (at == 0) {
            return aicost_shape_invalid(f, *name);
        }

        node = at;

        if (name == path) {
            type = aicost_shape_get(j, node, "type");

            if (type == 0 || !aicost_json_is(j, type, "json_schema")) {
                return aicost_shape_invalid(f, "textFormat");
            }
        }
    }

    if (aicost_shape_take(f, j, node, "schema", AICOST_JSON_STRING, &f->schema)
        != AICOST_OK
        || aicost_shape_take(f, j, node, "name", AICOST_JSON_STRING,
                             &f->schema_name) != AICOST_OK
        || aicost_shape_take(f, j, node, "description", AICOST_JSON_STRING,
                             &f->schema_text) != AICOST_OK)
    {
        return AICOST_ERROR;
    }

    if (f->schema.kind == AICOST_PIECE_NONE) {
        return aicost_shape_invalid(f, "schema");
    }

    f->schema.kind = AICOST_PIECE_QUOTED;
    f->answer = AICOST_ANSWER_SCHEMA;

    return AICOST_OK;
}


static int
aicost_bedrock_read_config(aicost_form_t *f, const aicost_json_t *j)
{
    uint32_t  config, node;

    if (aicost_shape_node(f, j, 0, "inferenceConfig", AICOST_JSON_OBJECT,
                          &config) != AICOST_OK)
    {
        return AICOST_ERROR;
    }

    if (config == 0) {
        return AICOST_OK;
    }

    if (aicost_shape_take(f, j, config, "temperature", AICOST_JSON_NUMBER,
                          &f->temperature) != AICOST_OK
        || aicost_shape_take(f, j, config, "topP", AICOST_JSON_NUMBER,
                             &f->top_p) != AICOST_OK)
    {
        return AICOST_ERROR;
    }

    node = aicost_shape_get(j, config, "maxTokens");

    if (node && aicost_json_int(j, node, 1, AICOST_MAX_CAP, 0, &f->cap)
                != AICOST_OK)
    {
        return aicost_shape_invalid(f, "maxTokens");
    }

    node = aicost_shape_get(j, config, "stopSequences");

    return node ? aicost_shape_stops(f, j, node, "stopSequences") : AICOST_OK;
}


/* the vendors' own: what the form has a place for */

static int
aicost_bedrock_read_more(aicost_form_t *f, const aicost_json_t *j)
{
    uint32_t        more, key, value;
    aicost_piece_t  p;

    if (aicost_shape_node(f, j, 0, "additionalModelRequestFields",
                          AICOST_JSON_OBJECT, &more) != AICOST_OK)
    {
        return AICOST_ERROR;
    }

    for (key = more + 1; more && key < j->nodes[more].next;
         key = j->nodes[key].next)
    {
        value = key + 1;
        p = aicost_piece(j, value);

        if (p.kind == AICOST_PIECE_NONE) {
            continue;
        }

        if (aicost_json_is(j, key, "top_k")) {

            if (j->nodes[value].type != AICOST_JSON_NUMBER) {
                return aicost_shape_invalid(f, "top_k");
            }

            f->top_k = p;

        } else if (aicost_json_is(j, key, "reasoning_effort")) {
            f->effort = (uint8_t) aicost_form_effort(&p);

            if (j->nodes[value].type != AICOST_JSON_STRING
                || f->effort == AICOST_EFFORT_UNSAID)
            {
                return aicost_shape_invalid(f, "reasoning_effort");
            }

        } else if (aicost_json_is(j, key, "thinking")
                   || aicost_json_is(j, key, "reasoning_config"))
        {
            if (aicost_bedrock_read_thinking(f, j, value) != AICOST_OK) {
                return AICOST_ERROR;
            }

        } else {
            return aicost_shape_refused(f, "additionalModelRequestFields");
        }
    }

    return AICOST_OK;
}


static int
aicost_bedrock_read_thinking(aicost_form_t *f, const aicost_json_t *j,
    uint32_t node)
{
    uint32_t  type, budget;

    type = aicost_shape_get(j, node, "type");

    if (type && aicost_json_is(j, type, "disabled")) {
        f->thinking = AICOST_THINKING_OFF;
        return AICOST_OK;
    }

    if (type && aicost_json_is(j, type, "adaptive")) {
        f->thinking = AICOST_THINKING_ADAPTIVE;
        return AICOST_OK;
    }

    budget = aicost_shape_get(j, node, "budget_tokens");

    if (type == 0 || !aicost_json_is(j, type, "enabled") || budget == 0
        || aicost_json_int(j, budget, 1, AICOST_MAX_CAP, 0,
                           &f->thinking_budget) != AICOST_OK)
    {
        return aicost_shape_invalid(f, "thinking");
    }

    f->thinking = AICOST_THINKING_BUDGET;

    return AICOST_OK;
}


static int
aicost_bedrock_read_tools(aicost_form_t *f, const aicost_json_t *j)
{
    uint32_t  i, config, tools, point;

    if (aicost_shape_node(f, j, 0, "toolConfig", AICOST_JSON_OBJECT, &config)
        != AICOST_OK)
    {
        return AICOST_ERROR;
    }

    if (config == 0) {
        return AICOST_OK;
    }

    if (aicost_shape_node(f, j, config, "tools", AICOST_JSON_ARRAY, &tools)
        != AICOST_OK)
    {
        return AICOST_ERROR;
    }

    for (i = tools + 1; tools && i < j->nodes[tools].next;
         i = j->nodes[i].next)
    {
        point = aicost_shape_get(j, i, "cachePoint");

        if (point == 0) {
            if (aicost_bedrock_read_tool(f, j, i) != AICOST_OK) {
                return AICOST_ERROR;
            }

            continue;
        }

        if (f->ntools == 0) {
            return aicost_shape_invalid(f, "cachePoint");
        }

        if (aicost_bedrock_read_cache(f, j, point,
                                      &f->tools[f->ntools - 1].flags)
            != AICOST_OK)
        {
            return AICOST_ERROR;
        }
    }

    return aicost_bedrock_read_choice(f, j, config);
}


static int
aicost_bedrock_read_tool(aicost_form_t *f, const aicost_json_t *j,
    uint32_t node)
{
    uint32_t        spec, schema;
    aicost_tool_t  *t;

    spec = aicost_shape_get(j, node, "toolSpec");

    if (spec == 0) {
        return aicost_shape_refused(f, "tools");
    }

    if (aicost_shape_node(f, j, spec, "inputSchema", AICOST_JSON_OBJECT,
                          &schema) != AICOST_OK)
    {
        return AICOST_ERROR;
    }

    t = aicost_form_tool(f);

    if (t == NULL
        || aicost_shape_take(f, j, spec, "name", AICOST_JSON_STRING, &t->name)
           != AICOST_OK
        || aicost_shape_take(f, j, spec, "description", AICOST_JSON_STRING,
                             &t->description) != AICOST_OK
        || (schema && aicost_shape_take(f, j, schema, "json",
                                        AICOST_JSON_OBJECT, &t->schema)
                      != AICOST_OK))
    {
        return AICOST_ERROR;
    }

    return t->name.kind == AICOST_PIECE_NONE
           || t->schema.kind == AICOST_PIECE_NONE
           ? aicost_shape_invalid(f, "toolSpec") : AICOST_OK;
}


static int
aicost_bedrock_read_choice(aicost_form_t *f, const aicost_json_t *j,
    uint32_t config)
{
    uint32_t  choice, tool;

    if (aicost_shape_node(f, j, config, "toolChoice", AICOST_JSON_OBJECT,
                          &choice) != AICOST_OK)
    {
        return AICOST_ERROR;
    }

    if (choice == 0) {
        return AICOST_OK;
    }

    if (aicost_shape_get(j, choice, "auto")) {
        f->choice = AICOST_CHOICE_AUTO;
        return AICOST_OK;
    }

    if (aicost_shape_get(j, choice, "any")) {
        f->choice = AICOST_CHOICE_ANY;
        return AICOST_OK;
    }

    tool = aicost_shape_get(j, choice, "tool");

    if (tool == 0
        || aicost_shape_take(f, j, tool, "name", AICOST_JSON_STRING,
                             &f->choice_name) != AICOST_OK
        || f->choice_name.kind == AICOST_PIECE_NONE)
    {
        return aicost_shape_invalid(f, "toolChoice");
    }

    f->choice = AICOST_CHOICE_TOOL;

    return AICOST_OK;
}


int
aicost_bedrock_read_cache(aicost_form_t *f, const aicost_json_t *j,
    uint32_t node, uint8_t *flags)
{
    uint32_t  ttl;

    ttl = aicost_shape_get(j, node, "ttl");

    if (j->nodes[node].type != AICOST_JSON_OBJECT
        || (ttl && !aicost_json_is(j, ttl, "5m")
            && !aicost_json_is(j, ttl, "1h")))
    {
        return aicost_shape_invalid(f, "cachePoint");
    }

    *flags |= AICOST_PART_CACHE;

    if (ttl && aicost_json_is(j, ttl, "1h")) {
        *flags |= AICOST_PART_HOUR;
    }

    return AICOST_OK;
}
