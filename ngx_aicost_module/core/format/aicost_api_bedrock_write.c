
/*
 * Copyright (C) aicost
 *
 * A Converse request, written from the form: all but its messages.
 */


#include "aicost_api_bedrock_int.h"


static int aicost_bedrock_misses(aicost_form_t *f,
    const aicost_form_target_t *t);
static void aicost_bedrock_write_format(const aicost_form_t *f,
    aicost_out_t *o);
static int aicost_bedrock_write_config(aicost_form_t *f,
    const aicost_form_target_t *t, aicost_out_t *o, aicost_piece_t *top_k);
static int aicost_bedrock_write_tools(aicost_form_t *f,
    const aicost_form_target_t *t, aicost_out_t *o);
static void aicost_bedrock_write_choice(const aicost_form_t *f,
    aicost_out_t *o);
static int aicost_bedrock_write_more(aicost_form_t *f,
    const aicost_form_target_t *t, aicost_out_t *o,
    const aicost_piece_t *top_k);


const char *const  aicost_bedrock_services[] = {
    NULL, "{\"type\":\"default\"}", "{\"type\":\"flex\"}",
    "{\"type\":\"priority\"}", NULL, NULL
};


int
aicost_bedrock_write(aicost_form_t *f, const aicost_form_target_t *t,
    aicost_out_t *o)
{
    aicost_piece_t  top_k;

    if (aicost_shape_misses(f, t) != AICOST_OK
        || aicost_bedrock_misses(f, t) != AICOST_OK)
    {
        return AICOST_ERROR;
    }

    aicost_form_losses(f, AICOST_LOSES_KEY | AICOST_LOSES_USER
                          | AICOST_LOSES_CALLS | AICOST_LOSES_STRICT
                          | AICOST_LOSES_RESULTS);

    aicost_out(o, "{", 1);

    if (aicost_bedrock_write_turns(f, t, o) != AICOST_OK
        || aicost_bedrock_write_config(f, t, o, &top_k) != AICOST_OK
        || aicost_bedrock_write_tools(f, t, o) != AICOST_OK
        || aicost_bedrock_write_more(f, t, o, &top_k) != AICOST_OK)
    {
        return AICOST_ERROR;
    }

    aicost_bedrock_write_format(f, o);

    if (aicost_form_service_out(f, t, o, "serviceTier",
                                aicost_bedrock_services) != AICOST_OK)
    {
        return AICOST_ERROR;
    }

    aicost_shape_member(o, "requestMetadata", &f->metadata);
    aicost_out(o, "}", 1);

    return AICOST_OK;
}


unsigned
aicost_bedrock_is(const aicost_form_target_t *t, const char *vendor)
{
    size_t  i, len;

    len = strlen(vendor);

    for (i = 0; i + len <= t->model.len; i++) {
        if (memcmp(t->model.data + i, vendor, len) == 0) {
            return 1;
        }
    }

    return 0;
}


static int
aicost_bedrock_misses(aicost_form_t *f, const aicost_form_target_t *t)
{
    size_t  i;

    const struct {
        const char  *name;
        unsigned     said;
    } members[] = {
        { "seed", f->seed.kind != AICOST_PIECE_NONE },
        { "presence_penalty", f->presence_penalty.kind != AICOST_PIECE_NONE },
        { "frequency_penalty",
          f->frequency_penalty.kind != AICOST_PIECE_NONE },
        { "response_format", f->answer == AICOST_ANSWER_JSON
                             || (f->answer == AICOST_ANSWER_SCHEMA
                                 && f->schema.kind == AICOST_PIECE_NONE) }
    };

    for (i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        if (members[i].said
            && aicost_form_miss(f, t, members[i].name) != AICOST_OK)
        {
            return AICOST_ERROR;
        }
    }

    return AICOST_OK;
}


/* the schema is a string there */

static void
aicost_bedrock_write_format(const aicost_form_t *f, aicost_out_t *o)
{
    if (f->answer != AICOST_ANSWER_SCHEMA
        || f->schema.kind == AICOST_PIECE_NONE)
    {
        return;
    }

    aicost_out_name(o, "outputConfig");
    aicost_out_text(o, "{\"textFormat\":{\"type\":\"json_schema\","
                       "\"structure\":{\"jsonSchema\":{\"schema\":");
    aicost_out_schema_string(o, &f->schema);

    aicost_shape_member(o, "name", &f->schema_name);
    aicost_shape_member(o, "description", &f->schema_text);
    aicost_out_text(o, "}}}}");
}


static int
aicost_bedrock_write_config(aicost_form_t *f, const aicost_form_target_t *t,
    aicost_out_t *o, aicost_piece_t *top_k)
{
    int64_t         cap;
    aicost_piece_t  temperature, top_p;

    if (aicost_shape_sampling(f, t, &temperature, &top_p, top_k) != AICOST_OK)
    {
        return AICOST_ERROR;
    }

    cap = t->cap >= 0 ? t->cap : f->cap;

    if (cap < 0 && f->nstops == 0 && temperature.kind == AICOST_PIECE_NONE
        && top_p.kind == AICOST_PIECE_NONE)
    {
        return AICOST_OK;
    }

    aicost_out_name(o, "inferenceConfig");
    aicost_out(o, "{", 1);

    if (cap >= 0) {
        aicost_out_name(o, "maxTokens");
        aicost_out_int(o, cap);
    }

    if (aicost_form_above_one(&temperature)) {

        if (aicost_form_miss(f, t, "temperature") != AICOST_OK) {
            return AICOST_ERROR;
        }

        temperature = aicost_piece_word("1");
        temperature.kind = AICOST_PIECE_JSON;
    }

    aicost_shape_member(o, "temperature", &temperature);
    aicost_shape_member(o, "topP", &top_p);

    aicost_shape_stops_out(o, f, "stopSequences", f->nstops);
    aicost_out(o, "}", 1);

    return AICOST_OK;
}


/* no calls are had by leaving the tools out, which only an answer without any
   call before it may do */

static int
aicost_bedrock_write_tools(aicost_form_t *f, const aicost_form_target_t *t,
    aicost_out_t *o)
{
    uint32_t              i;
    const aicost_tool_t  *tool;

    if (f->ntools == 0) {
        return AICOST_OK;
    }

    for (i = 0; i < f->nparts && f->choice == AICOST_CHOICE_NONE; i++) {
        if (f->parts[i].kind == AICOST_PART_CALL
            || f->parts[i].kind == AICOST_PART_RESULT)
        {
            break;
        }
    }

    if (f->choice == AICOST_CHOICE_NONE) {

        if (i == f->nparts) {
            return AICOST_OK;
        }

        if (aicost_form_miss(f, t, "tool_choice") != AICOST_OK) {
            return AICOST_ERROR;
        }
    }

    aicost_out_name(o, "toolConfig");
    aicost_out_text(o, "{\"tools\":[");

    for (i = 0; i < f->ntools; i++) {
        tool = &f->tools[i];

        aicost_out_next(o);
        aicost_out_text(o, "{\"toolSpec\":{\"name\":");
        aicost_out_string(o, &tool->name);

        if (tool->description.len) {
            aicost_shape_member(o, "description", &tool->description);
        }

        aicost_out_text(o, ",\"inputSchema\":{\"json\":");

        if (tool->schema.kind != AICOST_PIECE_NONE) {
            aicost_out_value(o, &tool->schema);

        } else {
            aicost_out_text(o, "{\"type\":\"object\",\"properties\":{}}");
        }

        aicost_out(o, "}}}", 3);
        aicost_bedrock_write_cache(o, tool->flags);
    }

    aicost_out(o, "]", 1);
    aicost_bedrock_write_choice(f, o);
    aicost_out(o, "}", 1);

    return AICOST_OK;
}


static void
aicost_bedrock_write_choice(const aicost_form_t *f, aicost_out_t *o)
{
    switch (f->choice) {

    case AICOST_CHOICE_AUTO:
        aicost_out_text(o, ",\"toolChoice\":{\"auto\":{}}");
        break;

    case AICOST_CHOICE_ANY:
        aicost_out_text(o, ",\"toolChoice\":{\"any\":{}}");
        break;

    case AICOST_CHOICE_TOOL:
        aicost_out_text(o, ",\"toolChoice\":{\"tool\":{\"name\":");
        aicost_out_string(o, &f->choice_name);
        aicost_out(o, "}}", 2);
        break;

    default:
        break;
    }
}


/* Anthropic's models have a budget of thoughts and top_k, OpenAI's an effort;
   thinking is off where nothing is said */

static int
aicost_bedrock_write_more(aicost_form_t *f, const aicost_form_target_t *t,
    aicost_out_t *o, const aicost_piece_t *top_k)
{
    unsigned  claude, effort, thinking;

    claude = aicost_bedrock_is(t, "anthropic.");
    thinking = (f->thinking != AICOST_THINKING_UNSAID);
    effort = (f->effort != AICOST_EFFORT_UNSAID);

    if (!claude && f->thinking == AICOST_THINKING_OFF) {
        thinking = 0;
    }

    if (f->effort == AICOST_EFFORT_NONE && !aicost_bedrock_is(t, "openai.")) {
        effort = 0;
    }

    if ((top_k->kind != AICOST_PIECE_NONE && !claude
         && aicost_form_miss(f, t, "top_k") != AICOST_OK)
        || (((thinking && !claude)
             || (effort && !aicost_bedrock_is(t, "openai.")))
            && aicost_form_miss(f, t, aicost_form_effort_name(f))
               != AICOST_OK))
    {
        return AICOST_ERROR;
    }

    effort &= aicost_bedrock_is(t, "openai.");
    thinking &= claude;

    if (!effort && !thinking
        && !(claude && top_k->kind != AICOST_PIECE_NONE))
    {
        return AICOST_OK;
    }

    aicost_out_name(o, "additionalModelRequestFields");
    aicost_out(o, "{", 1);

    if (claude) {
        aicost_shape_member(o, "top_k", top_k);
    }

    if (effort) {
        aicost_out_name(o, "reasoning_effort");
        aicost_out(o, "\"", 1);
        aicost_out_text(o, aicost_form_effort_word((aicost_effort_e)
                                                   f->effort));
        aicost_out(o, "\"", 1);
    }

    if (thinking) {
        aicost_out_name(o, "thinking");

        if (f->thinking == AICOST_THINKING_BUDGET) {
            aicost_out_text(o, "{\"type\":\"enabled\",\"budget_tokens\":");
            aicost_out_int(o, f->thinking_budget);
            aicost_out(o, "}", 1);

        } else {
            aicost_out_text(o, f->thinking == AICOST_THINKING_OFF
                               ? "{\"type\":\"disabled\"}"
                               : "{\"type\":\"adaptive\"}");
        }
    }

    aicost_out(o, "}", 1);

    return AICOST_OK;
}


void
aicost_bedrock_write_cache(aicost_out_t *o, uint8_t flags)
{
    if (flags & AICOST_PART_CACHE) {
        aicost_out_next(o);
        aicost_out_text(o, (flags & AICOST_PART_HOUR)
                           ? "{\"cachePoint\":{\"type\":\"default\","
                             "\"ttl\":\"1h\"}}"
                           : "{\"cachePoint\":{\"type\":\"default\"}}");
    }
}
