
/*
 * Copyright (C) aicost
 *
 * OpenAI's chat completions, legacy completions and embeddings: the published
 * members of each level and their readers.
 */


#include "aicost_format.h"


#define AICOST_M_MESSAGES      (AICOST_M_SHAPE + 0)
#define AICOST_M_TOOLS         (AICOST_M_SHAPE + 1)
#define AICOST_M_FUNCTIONS     (AICOST_M_SHAPE + 2)
#define AICOST_M_FORMAT        (AICOST_M_SHAPE + 3)
#define AICOST_M_MODALITIES    (AICOST_M_SHAPE + 4)
#define AICOST_M_INPUT         (AICOST_M_SHAPE + 5)
#define AICOST_M_TEXT          (AICOST_M_SHAPE + 6)
#define AICOST_M_WORD          (AICOST_M_SHAPE + 7)   /* a string */
#define AICOST_M_CONTENT       (AICOST_M_SHAPE + 8)
#define AICOST_M_CALLS         (AICOST_M_SHAPE + 9)
#define AICOST_M_CALL          (AICOST_M_SHAPE + 10)
#define AICOST_M_PART_TYPE     (AICOST_M_SHAPE + 11)
#define AICOST_M_IMAGE         (AICOST_M_SHAPE + 12)
#define AICOST_M_URL           (AICOST_M_SHAPE + 13)
#define AICOST_M_TOOL_TYPE     (AICOST_M_SHAPE + 14)
#define AICOST_M_FUNCTION      (AICOST_M_SHAPE + 15)
#define AICOST_M_FORMAT_TYPE   (AICOST_M_SHAPE + 16)
#define AICOST_M_SCHEMA        (AICOST_M_SHAPE + 17)
#define AICOST_M_FILE          (AICOST_M_SHAPE + 18)
#define AICOST_M_ROLE          (AICOST_M_SHAPE + 19)


static int aicost_openai_read(aicost_reader_t *r, const aicost_member_t *m,
    uint32_t value);


/* what most requests have is first */

static const aicost_member_t  aicost_openai_chat[] = {
    aicost_member("model", AICOST_M_MODEL),
    aicost_member("messages", AICOST_M_MESSAGES),
    aicost_member("stream", AICOST_M_STREAM),
    aicost_member("temperature", AICOST_M_PASS),
    aicost_member("max_completion_tokens", AICOST_M_CAP),
    aicost_member("max_tokens", AICOST_M_CAP),
    aicost_member("audio", AICOST_M_REFUSED),
    aicost_member("frequency_penalty", AICOST_M_PASS),
    aicost_member("function_call", AICOST_M_PASS),
    aicost_member("functions", AICOST_M_FUNCTIONS),
    aicost_member("logit_bias", AICOST_M_PASS),
    aicost_member("logprobs", AICOST_M_PASS),
    aicost_member("metadata", AICOST_M_PASS),
    aicost_member("modalities", AICOST_M_MODALITIES),
    aicost_member("n", AICOST_M_CHOICES),
    aicost_member("parallel_tool_calls", AICOST_M_PASS),
    aicost_member("prediction", AICOST_M_REFUSED),
    aicost_member("presence_penalty", AICOST_M_PASS),
    aicost_member("prompt_cache_key", AICOST_M_PASS),
    aicost_member("prompt_cache_options", AICOST_M_PASS),
    aicost_member("prompt_cache_retention", AICOST_M_PASS),
    aicost_member("reasoning_effort", AICOST_M_PASS),
    aicost_member("response_format", AICOST_M_FORMAT),
    aicost_member("safety_identifier", AICOST_M_PASS),
    aicost_member("seed", AICOST_M_PASS),
    aicost_member("service_tier", AICOST_M_SERVICE),
    aicost_member("stop", AICOST_M_PASS),
    aicost_member("store", AICOST_M_PASS),
    aicost_member("stream_options", AICOST_M_OPTIONS),
    aicost_member("tool_choice", AICOST_M_PASS),
    aicost_member("tools", AICOST_M_TOOLS),
    aicost_member("top_logprobs", AICOST_M_PASS),
    aicost_member("top_p", AICOST_M_PASS),
    aicost_member("user", AICOST_M_PASS),
    aicost_member("verbosity", AICOST_M_PASS),
    aicost_member("web_search_options", AICOST_M_REFUSED),
    aicost_member_null
};


static const aicost_member_t  aicost_openai_completions[] = {
    aicost_member("model", AICOST_M_MODEL),
    aicost_member("prompt", AICOST_M_INPUT),
    aicost_member("best_of", AICOST_M_CHOICES),
    aicost_member("echo", AICOST_M_PASS),
    aicost_member("frequency_penalty", AICOST_M_PASS),
    aicost_member("logit_bias", AICOST_M_PASS),
    aicost_member("logprobs", AICOST_M_PASS),
    aicost_member("max_tokens", AICOST_M_CAP),
    aicost_member("n", AICOST_M_CHOICES),
    aicost_member("presence_penalty", AICOST_M_PASS),
    aicost_member("seed", AICOST_M_PASS),
    aicost_member("service_tier", AICOST_M_SERVICE),
    aicost_member("stop", AICOST_M_PASS),
    aicost_member("stream", AICOST_M_STREAM),
    aicost_member("stream_options", AICOST_M_OPTIONS),
    aicost_member("suffix", AICOST_M_TEXT),
    aicost_member("temperature", AICOST_M_PASS),
    aicost_member("top_p", AICOST_M_PASS),
    aicost_member("user", AICOST_M_PASS),
    aicost_member_null
};


static const aicost_member_t  aicost_openai_embeddings[] = {
    aicost_member("model", AICOST_M_MODEL),
    aicost_member("input", AICOST_M_INPUT),
    aicost_member("dimensions", AICOST_M_PASS),
    aicost_member("encoding_format", AICOST_M_PASS),
    aicost_member("service_tier", AICOST_M_SERVICE),
    aicost_member("user", AICOST_M_PASS),
    aicost_member_null
};


static const aicost_member_t  aicost_openai_message[] = {
    aicost_member("role", AICOST_M_ROLE),
    aicost_member("content", AICOST_M_CONTENT),
    aicost_member("audio", AICOST_M_REFUSED),
    aicost_member("function_call", AICOST_M_CALL),
    aicost_member("name", AICOST_M_TEXT),
    aicost_member("refusal", AICOST_M_TEXT),
    aicost_member("tool_call_id", AICOST_M_WORD),
    aicost_member("tool_calls", AICOST_M_CALLS),
    aicost_member_null
};


/* a part's other kinds hide how long the prompt is */

static const aicost_member_t  aicost_openai_part[] = {
    aicost_member("type", AICOST_M_PART_TYPE),
    aicost_member("text", AICOST_M_TEXT),
    aicost_member("refusal", AICOST_M_TEXT),
    aicost_member("image_url", AICOST_M_IMAGE),
    aicost_member("file", AICOST_M_FILE),
    aicost_member("file_id", AICOST_M_REFERENCE),
    aicost_member("input_audio", AICOST_M_REFUSED),
    aicost_member("prompt_cache_breakpoint", AICOST_M_PASS),
    aicost_member("video_url", AICOST_M_REFUSED),
    aicost_member_null
};


static const aicost_member_t  aicost_openai_file[] = {
    aicost_member("filename", AICOST_M_WORD),
    aicost_member("file_data", AICOST_M_WORD),
    aicost_member("file_id", AICOST_M_REFERENCE),
    aicost_member_null
};


static const aicost_member_t  aicost_openai_image[] = {
    aicost_member("url", AICOST_M_URL),
    aicost_member("detail", AICOST_M_WORD),
    aicost_member("file_id", AICOST_M_REFERENCE),
    aicost_member_null
};


static const aicost_member_t  aicost_openai_call[] = {
    aicost_member("id", AICOST_M_WORD),
    aicost_member("type", AICOST_M_WORD),
    aicost_member("function", AICOST_M_CALL),
    aicost_member("custom", AICOST_M_CALL),
    aicost_member_null
};


static const aicost_member_t  aicost_openai_called[] = {
    aicost_member("name", AICOST_M_TEXT),
    aicost_member("arguments", AICOST_M_TEXT),
    aicost_member("input", AICOST_M_TEXT),
    aicost_member_null
};


static const aicost_member_t  aicost_openai_tool[] = {
    aicost_member("type", AICOST_M_TOOL_TYPE),
    aicost_member("function", AICOST_M_FUNCTION),
    aicost_member("custom", AICOST_M_FUNCTION),
    aicost_member_null
};


static const aicost_member_t  aicost_openai_function[] = {
    aicost_member("name", AICOST_M_WORD),
    aicost_member("description", AICOST_M_WORD),
    aicost_member("format", AICOST_M_PASS),
    aicost_member("parameters", AICOST_M_PASS),
    aicost_member("strict", AICOST_M_PASS),
    aicost_member_null
};


static const aicost_member_t  aicost_openai_format[] = {
    aicost_member("type", AICOST_M_FORMAT_TYPE),
    aicost_member("json_schema", AICOST_M_SCHEMA),
    aicost_member("schema", AICOST_M_SCHEMA),
    aicost_member_null
};


const aicost_shape_t  aicost_shape_chat = {
    aicost_openai_chat, aicost_openai_read, "messages", 1
};

const aicost_shape_t  aicost_shape_completions = {
    aicost_openai_completions, aicost_openai_read, "prompt", 1
};

const aicost_shape_t  aicost_shape_embeddings = {
    aicost_openai_embeddings, aicost_openai_read, "input", 0
};


static int
aicost_openai_messages(aicost_reader_t *r, const char *name, uint32_t value)
{
    int                        rc;
    uint32_t                   i;
    const aicost_json_node_t  *nodes;

    nodes = r->j->nodes;
    rc = aicost_reader_messages(r, name, value);

    if (rc != AICOST_OK) {
        return rc == AICOST_DECLINED ? AICOST_OK : AICOST_ERROR;
    }

    for (i = value + 1; i < nodes[value].next; i = nodes[i].next) {
        if (aicost_reader_object(r, i, name, aicost_openai_message,
                                 aicost_openai_read)
            != AICOST_OK)
        {
            return AICOST_ERROR;
        }

        aicost_reader_turn(r);
    }

    return AICOST_OK;
}


static int
aicost_openai_content(aicost_reader_t *r, const char *name, uint32_t value)
{
    uint32_t                   i;
    const aicost_json_node_t  *nodes;

    nodes = r->j->nodes;

    if (nodes[value].type != AICOST_JSON_ARRAY) {
        return aicost_reader_text(r, value, name);
    }

    for (i = value + 1; i < nodes[value].next; i = nodes[i].next) {
        if (aicost_reader_object(r, i, name, aicost_openai_part,
                                 aicost_openai_read)
            != AICOST_OK)
        {
            return AICOST_ERROR;
        }

        if (aicost_json_get(r->j, i, "type") == 0) {
            return aicost_reader_invalid(r, "type");
        }
    }

    return AICOST_OK;
}


/* a text, texts, token ids, or arrays of token ids */

static int
aicost_openai_tokens(aicost_reader_t *r, uint32_t array)
{
    uint32_t                   i;
    const aicost_json_node_t  *n;

    if (aicost_json_first(r->j, array) == 0) {
        return AICOST_ERROR;
    }

    for (i = array + 1; i < r->j->nodes[array].next; i = n->next) {
        n = &r->j->nodes[i];

        if ((n->type != AICOST_JSON_NUMBER && n->type != AICOST_JSON_NUMBERS)
            || (n->flags & AICOST_JSON_INTEGER) == 0)
        {
            return AICOST_ERROR;
        }

        r->q->text.numbers += aicost_json_numbers(r->j, i);
        r->uncounted += n->len;
    }

    return AICOST_OK;
}


static int
aicost_openai_input(aicost_reader_t *r, const char *name, uint32_t value)
{
    uint32_t                   i, first;
    const aicost_json_node_t  *nodes;

    nodes = r->j->nodes;

    if (nodes[value].type == AICOST_JSON_NULL) {
        return AICOST_OK;
    }

    r->found = 1;

    if (nodes[value].type == AICOST_JSON_STRING) {
        r->inputs = 1;
        aicost_reader_prefix(r, value);
        return aicost_reader_text(r, value, name);
    }

    if (nodes[value].type != AICOST_JSON_ARRAY || nodes[value].count == 0) {
        return aicost_reader_invalid(r, name);
    }

    first = value + 1;

    if (nodes[first].type == AICOST_JSON_NUMBER
        || nodes[first].type == AICOST_JSON_NUMBERS)
    {
        r->inputs = 1;

        return (aicost_openai_tokens(r, value) == AICOST_OK)
               ? AICOST_OK : aicost_reader_invalid(r, name);
    }

    for (i = first; i < nodes[value].next; i = nodes[i].next) {
        r->inputs++;

        if (nodes[i].type != nodes[first].type
            || (nodes[i].type != AICOST_JSON_STRING
                && (nodes[i].type != AICOST_JSON_ARRAY
                    || aicost_openai_tokens(r, i) != AICOST_OK)))
        {
            return aicost_reader_invalid(r, name);
        }

        if (nodes[i].type == AICOST_JSON_STRING) {
            (void) aicost_reader_text(r, i, name);
        }
    }

    if (nodes[first].type == AICOST_JSON_STRING) {
        aicost_reader_prefix(r, first);
    }

    return AICOST_OK;
}


/* objects inside a member; null counts as absent */

static int
aicost_openai_object(aicost_reader_t *r, const aicost_member_t *m,
    uint32_t value)
{
    const aicost_member_t  *members;

    if (aicost_reader_null(r, value)) {
        return AICOST_OK;
    }

    switch (m->what) {

    case AICOST_M_FORMAT:
        members = aicost_openai_format;
        break;

    case AICOST_M_CALL:
        members = aicost_openai_called;
        break;

    case AICOST_M_IMAGE:
        r->q->text.images++;
        r->q->needs |= AICOST_CAN_VISION;
        members = aicost_openai_image;
        break;

    case AICOST_M_FILE:
        if (aicost_reader_hidden(r, m->name, 0) != AICOST_OK) {
            return AICOST_ERROR;
        }

        members = aicost_openai_file;
        break;

    default:
        members = aicost_openai_function;
    }

    return aicost_reader_object(r, value, m->name, members,
                                aicost_openai_read);
}


static int
aicost_openai_read(aicost_reader_t *r, const aicost_member_t *m,
    uint32_t value)
{
    static const char *const  parts[] = {
        "text", "image_url", "refusal", "file", NULL
    };
    static const char *const  tools[] = { "function", "custom", NULL };

    switch (m->what) {

    case AICOST_M_MESSAGES:
        return aicost_openai_messages(r, m->name, value);

    case AICOST_M_TOOLS:
        return aicost_reader_tools(r, value, m->name, aicost_openai_tool,
                                   aicost_openai_read, 1);

    case AICOST_M_FUNCTIONS:
        return aicost_reader_tools(r, value, m->name, aicost_openai_function,
                                   aicost_openai_read, 0);

    case AICOST_M_MODALITIES:
        return aicost_reader_modalities(r, m->name, value, "text");

    case AICOST_M_INPUT:
        return aicost_openai_input(r, m->name, value);

    case AICOST_M_TEXT:
        return aicost_reader_text(r, value, m->name);

    case AICOST_M_ROLE:
        r->role = value;

        /* fall through */

    case AICOST_M_WORD:
        return aicost_reader_null(r, value)
               ? AICOST_OK : aicost_reader_word(r, m->name, value, NULL, NULL);

    case AICOST_M_CONTENT:
        r->content = value;
        return aicost_openai_content(r, m->name, value);

    case AICOST_M_CALLS:
        return aicost_reader_array(r, value, m->name, aicost_openai_call,
                                   aicost_openai_read);

    case AICOST_M_PART_TYPE:
        return aicost_reader_word(r, m->name, value, parts, m->name);

    case AICOST_M_TOOL_TYPE:
        return aicost_reader_word(r, m->name, value, tools, m->name);

    case AICOST_M_URL:
        return aicost_reader_image_url(r, m->name, value);

    case AICOST_M_FORMAT_TYPE:
        return aicost_reader_format(r, m->name, value);

    case AICOST_M_SCHEMA:
        return aicost_reader_json(r, value);
    }

    return aicost_openai_object(r, m, value);
}
