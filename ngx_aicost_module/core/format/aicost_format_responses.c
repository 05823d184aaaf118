
/*
 * Copyright (C) aicost
 *
 * OpenAI's Responses: the published members of each level and their readers.
 */


#include "aicost_format.h"


#define AICOST_M_INPUT         (AICOST_M_SHAPE + 0)
#define AICOST_M_TEXT          (AICOST_M_SHAPE + 1)   /* the model reads it */
#define AICOST_M_WORD          (AICOST_M_SHAPE + 2)   /* a string */
#define AICOST_M_CONTENT       (AICOST_M_SHAPE + 3)
#define AICOST_M_PART_TYPE     (AICOST_M_SHAPE + 4)
#define AICOST_M_URL           (AICOST_M_SHAPE + 5)
#define AICOST_M_ITEM_TYPE     (AICOST_M_SHAPE + 6)
#define AICOST_M_TOOLS         (AICOST_M_SHAPE + 7)
#define AICOST_M_TOOL_TYPE     (AICOST_M_SHAPE + 8)
#define AICOST_M_TEXTS         (AICOST_M_SHAPE + 9)   /* texts in objects */
#define AICOST_M_SETTINGS      (AICOST_M_SHAPE + 10)  /* text: {format} */
#define AICOST_M_FORMAT        (AICOST_M_SHAPE + 11)
#define AICOST_M_FORMAT_TYPE   (AICOST_M_SHAPE + 12)
#define AICOST_M_SCHEMA        (AICOST_M_SHAPE + 13)
#define AICOST_M_REASONING     (AICOST_M_SHAPE + 14)
#define AICOST_M_FALSE         (AICOST_M_SHAPE + 15)  /* may only be false */
#define AICOST_M_CHOICE        (AICOST_M_SHAPE + 16)
#define AICOST_M_CHOICE_TYPE   (AICOST_M_SHAPE + 17)
#define AICOST_M_ROLE          (AICOST_M_SHAPE + 18)
#define AICOST_M_OUTPUT        (AICOST_M_SHAPE + 19)


static int aicost_responses_fact(aicost_reader_t *r, const aicost_member_t *m,
    uint32_t value);


/* what costs more than its tokens is refused: a stored prompt brings tools of
   its own, an answer in the background comes by itself */

static const aicost_member_t  aicost_responses_root[] = {
    aicost_member("model", AICOST_M_MODEL),
    aicost_member("input", AICOST_M_INPUT),
    aicost_member("background", AICOST_M_FALSE),
    aicost_member("context_management", AICOST_M_REFUSED),
    aicost_member("conversation", AICOST_M_REFERENCE),
    aicost_member("include", AICOST_M_PASS),
    aicost_member("instructions", AICOST_M_TEXT),
    aicost_member("max_output_tokens", AICOST_M_CAP),
    aicost_member("max_tool_calls", AICOST_M_PASS),
    aicost_member("metadata", AICOST_M_PASS),
    aicost_member("parallel_tool_calls", AICOST_M_PASS),
    aicost_member("previous_response_id", AICOST_M_REFERENCE),
    aicost_member("prompt", AICOST_M_REFUSED),
    aicost_member("prompt_cache_key", AICOST_M_PASS),
    aicost_member("prompt_cache_options", AICOST_M_PASS),
    aicost_member("prompt_cache_retention", AICOST_M_PASS),
    aicost_member("reasoning", AICOST_M_REASONING),
    aicost_member("safety_identifier", AICOST_M_PASS),
    aicost_member("service_tier", AICOST_M_SERVICE),
    aicost_member("store", AICOST_M_PASS),
    aicost_member("stream", AICOST_M_STREAM),
    aicost_member("stream_options", AICOST_M_OPTIONS),
    aicost_member("temperature", AICOST_M_PASS),
    aicost_member("text", AICOST_M_SETTINGS),
    aicost_member("tool_choice", AICOST_M_CHOICE),
    aicost_member("tools", AICOST_M_TOOLS),
    aicost_member("top_logprobs", AICOST_M_PASS),
    aicost_member("top_p", AICOST_M_PASS),
    aicost_member("truncation", AICOST_M_PASS),
    aicost_member("user", AICOST_M_PASS),
    aicost_member_null
};


static const aicost_member_t  aicost_responses_item[] = {
    aicost_member("type", AICOST_M_ITEM_TYPE),
    aicost_member("role", AICOST_M_ROLE),
    aicost_member("content", AICOST_M_CONTENT),
    aicost_member("arguments", AICOST_M_TEXT),
    aicost_member("call_id", AICOST_M_WORD),
    aicost_member("encrypted_content", AICOST_M_TEXT),
    aicost_member("id", AICOST_M_WORD),
    aicost_member("input", AICOST_M_TEXT),
    aicost_member("name", AICOST_M_TEXT),
    aicost_member("output", AICOST_M_OUTPUT),
    aicost_member("status", AICOST_M_PASS),
    aicost_member("summary", AICOST_M_TEXTS),
    aicost_member_null
};


/* parts of other kinds hide how long the prompt is */

static const aicost_member_t  aicost_responses_part[] = {
    aicost_member("type", AICOST_M_PART_TYPE),
    aicost_member("text", AICOST_M_TEXT),
    aicost_member("refusal", AICOST_M_TEXT),
    aicost_member("annotations", AICOST_M_PASS),
    aicost_member("detail", AICOST_M_WORD),
    aicost_member("file_data", AICOST_M_HIDDEN),
    aicost_member("file_id", AICOST_M_REFERENCE),
    aicost_member("file_url", AICOST_M_REFERENCE),
    aicost_member("filename", AICOST_M_WORD),
    aicost_member("image_url", AICOST_M_URL),
    aicost_member("input_audio", AICOST_M_REFUSED),
    aicost_member("logprobs", AICOST_M_PASS),
    aicost_member("prompt_cache_breakpoint", AICOST_M_PASS),
    aicost_member_null
};


static const aicost_member_t  aicost_responses_tool[] = {
    aicost_member("type", AICOST_M_TOOL_TYPE),
    aicost_member("name", AICOST_M_WORD),
    aicost_member("description", AICOST_M_WORD),
    aicost_member("format", AICOST_M_PASS),
    aicost_member("parameters", AICOST_M_PASS),
    aicost_member("strict", AICOST_M_PASS),
    aicost_member_null
};


static const aicost_member_t  aicost_responses_choice[] = {
    aicost_member("type", AICOST_M_CHOICE_TYPE),
    aicost_member("name", AICOST_M_WORD),
    aicost_member("mode", AICOST_M_WORD),
    aicost_member("tools", AICOST_M_PASS),
    aicost_member_null
};


static const aicost_member_t  aicost_responses_text[] = {
    aicost_member("format", AICOST_M_FORMAT),
    aicost_member("verbosity", AICOST_M_WORD),
    aicost_member_null
};


static const aicost_member_t  aicost_responses_format[] = {
    aicost_member("type", AICOST_M_FORMAT_TYPE),
    aicost_member("description", AICOST_M_WORD),
    aicost_member("name", AICOST_M_WORD),
    aicost_member("schema", AICOST_M_SCHEMA),
    aicost_member("strict", AICOST_M_PASS),
    aicost_member_null
};


static const aicost_member_t  aicost_responses_reasoning[] = {
    aicost_member("effort", AICOST_M_WORD),
    aicost_member("generate_summary", AICOST_M_WORD),
    aicost_member("summary", AICOST_M_WORD),
    aicost_member("context", AICOST_M_WORD),
    aicost_member("mode", AICOST_M_WORD),
    aicost_member_null
};


const aicost_shape_t  aicost_shape_responses = {
    aicost_responses_root, aicost_responses_fact, "input", 1
};


static int
aicost_responses_input(aicost_reader_t *r, const char *name, uint32_t value)
{
    uint32_t                   i;
    const aicost_json_node_t  *n;

    n = &r->j->nodes[value];

    if (n->type == AICOST_JSON_NULL) {
        return AICOST_OK;
    }

    if (n->type == AICOST_JSON_STRING) {
        r->found = 1;
        r->q->text.messages++;
        aicost_reader_prefix(r, value);
        return aicost_reader_text(r, value, name);
    }

    if (aicost_reader_messages(r, name, value) != AICOST_OK) {
        return AICOST_ERROR;
    }

    for (i = value + 1; i < n->next; i = r->j->nodes[i].next) {
        if (aicost_reader_object(r, i, name, aicost_responses_item,
                                 aicost_responses_fact)
            != AICOST_OK)
        {
            return AICOST_ERROR;
        }

        if (r->role == 0 && aicost_json_get(r->j, i, "type") == 0) {
            return aicost_reader_invalid(r, name);
        }

        aicost_reader_turn(r);
    }

    return AICOST_OK;
}


/* the bytes of an image in the body are priced as an image, not as text */

static int
aicost_responses_url(aicost_reader_t *r, const char *name, uint32_t value)
{
    if (aicost_reader_null(r, value)) {
        return AICOST_OK;
    }

    r->q->text.images++;
    r->q->needs |= AICOST_CAN_VISION;

    return aicost_reader_image_url(r, name, value);
}


static int
aicost_responses_choose(aicost_reader_t *r, const aicost_member_t *m,
    uint32_t value)
{
    static const char *const  types[] = {
        "function", "custom", "allowed_tools", NULL
    };

    if (m->what == AICOST_M_CHOICE_TYPE) {
        return aicost_reader_word(r, m->name, value, types, "tool_choice");
    }

    if (r->j->nodes[value].type != AICOST_JSON_OBJECT) {
        return AICOST_OK;
    }

    return aicost_reader_object(r, value, m->name, aicost_responses_choice,
                                aicost_responses_fact);
}


/* objects inside a member; null counts as absent */

static int
aicost_responses_object(aicost_reader_t *r, const aicost_member_t *m,
    uint32_t value)
{
    const aicost_member_t  *members;

    if (aicost_reader_null(r, value)) {
        return AICOST_OK;
    }

    switch (m->what) {

    case AICOST_M_SETTINGS:
        members = aicost_responses_text;
        break;

    case AICOST_M_FORMAT:
        members = aicost_responses_format;
        break;

    default:
        members = aicost_responses_reasoning;
    }

    return aicost_reader_object(r, value, m->name, members,
                                aicost_responses_fact);
}


static int
aicost_responses_type(aicost_reader_t *r, const aicost_member_t *m,
    uint32_t value)
{
    static const char *const  items[] = {
        "message", "function_call", "function_call_output", "reasoning",
        "custom_tool_call", "custom_tool_call_output", NULL
    };
    static const char *const  parts[] = {
        "input_text", "output_text", "input_image", "input_file", "refusal",
        "reasoning_text", "summary_text", "text", NULL
    };
    static const char *const  tools[] = { "function", "custom", NULL };

    switch (m->what) {

    case AICOST_M_ITEM_TYPE:
        return aicost_reader_word(r, m->name, value, items, "input");

    case AICOST_M_PART_TYPE:
        return aicost_reader_word(r, m->name, value, parts, "content");

    default:
        return aicost_reader_word(r, m->name, value, tools, "tools");
    }
}


static int
aicost_responses_fact(aicost_reader_t *r, const aicost_member_t *m,
    uint32_t value)
{
    switch (m->what) {

    case AICOST_M_INPUT:
        return aicost_responses_input(r, m->name, value);

    case AICOST_M_TEXT:
        return aicost_reader_text(r, value, m->name);

    case AICOST_M_ROLE:
        r->role = value;

        /* fall through */

    case AICOST_M_WORD:
        return aicost_reader_null(r, value)
               ? AICOST_OK
               : aicost_reader_word(r, m->name, value, NULL, NULL);

    case AICOST_M_CONTENT:
        r->content = value;

        /* fall through */

    case AICOST_M_OUTPUT:
        if (r->j->nodes[value].type == AICOST_JSON_STRING) {
            return aicost_reader_text(r, value, m->name);
        }

        /* fall through */

    case AICOST_M_TEXTS:
        return aicost_reader_array(r, value, m->name, aicost_responses_part,
                                   aicost_responses_fact);

    case AICOST_M_ITEM_TYPE:
    case AICOST_M_PART_TYPE:
    case AICOST_M_TOOL_TYPE:
        return aicost_responses_type(r, m, value);

    case AICOST_M_URL:
        return aicost_responses_url(r, m->name, value);

    case AICOST_M_TOOLS:
        return aicost_reader_tools(r, value, m->name, aicost_responses_tool,
                                   aicost_responses_fact, 1);

    case AICOST_M_CHOICE:
    case AICOST_M_CHOICE_TYPE:
        return aicost_responses_choose(r, m, value);

    case AICOST_M_FORMAT_TYPE:
        return aicost_reader_format(r, m->name, value);

    case AICOST_M_SCHEMA:
        return aicost_reader_json(r, value);

    case AICOST_M_FALSE:
        if (r->j->nodes[value].type == AICOST_JSON_FALSE
            || aicost_reader_null(r, value))
        {
            return AICOST_OK;
        }

        return aicost_reader_refuse(r, m->name);
    }

    return aicost_responses_object(r, m, value);
}
