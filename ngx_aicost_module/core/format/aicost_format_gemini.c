
/*
 * Copyright (C) aicost
 *
 * Gemini's generateContent: the published members of each level, in camelCase
 * and in snake_case, and their readers.  The model and the stream are in the
 * URL.
 */


#include "aicost_format.h"


#define AICOST_M_CONTENTS      (AICOST_M_SHAPE + 0)
#define AICOST_M_SYSTEM        (AICOST_M_SHAPE + 1)
#define AICOST_M_TOOLS         (AICOST_M_SHAPE + 2)
#define AICOST_M_CONFIG        (AICOST_M_SHAPE + 3)
#define AICOST_M_TIER          (AICOST_M_SHAPE + 4)
#define AICOST_M_PARTS         (AICOST_M_SHAPE + 5)
#define AICOST_M_WORD          (AICOST_M_SHAPE + 6)   /* a string */
#define AICOST_M_TEXT          (AICOST_M_SHAPE + 7)
#define AICOST_M_BLOB          (AICOST_M_SHAPE + 8)
#define AICOST_M_FILE          (AICOST_M_SHAPE + 9)
#define AICOST_M_CALL          (AICOST_M_SHAPE + 10)
#define AICOST_M_RESULT        (AICOST_M_SHAPE + 11)
#define AICOST_M_JSON          (AICOST_M_SHAPE + 12)  /* an object */
#define AICOST_M_IMAGES        (AICOST_M_SHAPE + 13)  /* of a result */
#define AICOST_M_MODALITIES    (AICOST_M_SHAPE + 14)
#define AICOST_M_SCHEMA        (AICOST_M_SHAPE + 15)
#define AICOST_M_TYPE          (AICOST_M_SHAPE + 16)
#define AICOST_M_DATA          (AICOST_M_SHAPE + 17)
#define AICOST_M_URI           (AICOST_M_SHAPE + 18)
#define AICOST_M_COUNTED       (AICOST_M_SHAPE + 19)  /* of a count alone */


#define aicost_members(camel, snake, what)                                    \
    aicost_member(camel, what), aicost_member(snake, what)


static int aicost_generate_read(aicost_reader_t *r, const aicost_member_t *m,
    uint32_t value);
static int aicost_generate_counted(aicost_reader_t *r, const char *name,
    uint32_t value);


/* the second name of a pair stands after the first: see
   aicost_generate_object() */

static const aicost_member_t  aicost_generate_members[] = {
    aicost_member("contents", AICOST_M_CONTENTS),
    aicost_member("model", AICOST_M_COUNTED),
    aicost_members("cachedContent", "cached_content", AICOST_M_REFERENCE),
    aicost_members("generateContentRequest", "generate_content_request",
                   AICOST_M_COUNTED),
    aicost_members("generationConfig", "generation_config", AICOST_M_CONFIG),
    aicost_member("labels", AICOST_M_PASS),
    aicost_members("modelArmorConfig", "model_armor_config",
                   AICOST_M_REFUSED),
    aicost_members("safetySettings", "safety_settings", AICOST_M_PASS),
    aicost_members("serviceTier", "service_tier", AICOST_M_TIER),
    aicost_member("store", AICOST_M_PASS),
    aicost_members("systemInstruction", "system_instruction",
                   AICOST_M_SYSTEM),
    aicost_members("toolConfig", "tool_config", AICOST_M_PASS),
    aicost_member("tools", AICOST_M_TOOLS),
    aicost_member_null
};


static const aicost_member_t  aicost_generate_content[] = {
    aicost_member("parts", AICOST_M_PARTS),
    aicost_member("role", AICOST_M_WORD),
    aicost_member_null
};


/* a part's other kinds hide how long the prompt is */

static const aicost_member_t  aicost_generate_part[] = {
    aicost_member("text", AICOST_M_TEXT),
    aicost_members("codeExecutionResult", "code_execution_result",
                   AICOST_M_REFUSED),
    aicost_members("executableCode", "executable_code", AICOST_M_REFUSED),
    aicost_members("fileData", "file_data", AICOST_M_FILE),
    aicost_members("functionCall", "function_call", AICOST_M_CALL),
    aicost_members("functionResponse", "function_response",
                   AICOST_M_RESULT),
    aicost_members("inlineData", "inline_data", AICOST_M_BLOB),
    aicost_members("mediaResolution", "media_resolution", AICOST_M_REFUSED),
    aicost_member("thought", AICOST_M_PASS),
    aicost_members("thoughtSignature", "thought_signature", AICOST_M_WORD),
    aicost_members("toolCall", "tool_call", AICOST_M_REFUSED),
    aicost_members("toolResponse", "tool_response", AICOST_M_REFUSED),
    aicost_members("videoMetadata", "video_metadata", AICOST_M_REFUSED),
    aicost_member_null
};


static const aicost_member_t  aicost_generate_blob[] = {
    aicost_member("data", AICOST_M_DATA),
    aicost_members("displayName", "display_name", AICOST_M_WORD),
    aicost_members("mimeType", "mime_type", AICOST_M_TYPE),
    aicost_member_null
};


static const aicost_member_t  aicost_generate_file[] = {
    aicost_members("displayName", "display_name", AICOST_M_WORD),
    aicost_members("fileUri", "file_uri", AICOST_M_URI),
    aicost_members("mimeType", "mime_type", AICOST_M_TYPE),
    aicost_member_null
};


static const aicost_member_t  aicost_generate_call[] = {
    aicost_member("args", AICOST_M_JSON),
    aicost_member("id", AICOST_M_WORD),
    aicost_member("name", AICOST_M_TEXT),
    aicost_member_null
};


static const aicost_member_t  aicost_generate_result[] = {
    aicost_member("id", AICOST_M_WORD),
    aicost_member("name", AICOST_M_TEXT),
    aicost_member("parts", AICOST_M_IMAGES),
    aicost_member("response", AICOST_M_JSON),
    aicost_member("scheduling", AICOST_M_PASS),
    aicost_members("willContinue", "will_continue", AICOST_M_PASS),
    aicost_member_null
};


static const aicost_member_t  aicost_generate_image[] = {
    aicost_members("inlineData", "inline_data", AICOST_M_BLOB),
    aicost_members("fileData", "file_data", AICOST_M_REFERENCE),
    aicost_member_null
};


static const aicost_member_t  aicost_generate_config[] = {
    aicost_members("audioTimestamp", "audio_timestamp", AICOST_M_REFUSED),
    aicost_members("candidateCount", "candidate_count", AICOST_M_CHOICES),
    aicost_members("frequencyPenalty", "frequency_penalty", AICOST_M_PASS),
    aicost_members("imageConfig", "image_config", AICOST_M_REFUSED),
    aicost_member("logprobs", AICOST_M_PASS),
    aicost_members("maxOutputTokens", "max_output_tokens", AICOST_M_CAP),
    aicost_members("mediaResolution", "media_resolution", AICOST_M_REFUSED),
    aicost_members("presencePenalty", "presence_penalty", AICOST_M_PASS),
    aicost_members("responseJsonSchema", "response_json_schema",
                   AICOST_M_SCHEMA),
    aicost_members("_responseJsonSchema", "_response_json_schema",
                   AICOST_M_SCHEMA),
    aicost_members("responseLogprobs", "response_logprobs", AICOST_M_PASS),
    aicost_members("responseMimeType", "response_mime_type", AICOST_M_WORD),
    aicost_members("responseModalities", "response_modalities",
                   AICOST_M_MODALITIES),
    aicost_members("responseSchema", "response_schema", AICOST_M_SCHEMA),
    aicost_members("routingConfig", "routing_config", AICOST_M_REFUSED),
    aicost_member("seed", AICOST_M_PASS),
    aicost_members("speechConfig", "speech_config", AICOST_M_REFUSED),
    aicost_members("stopSequences", "stop_sequences", AICOST_M_PASS),
    aicost_member("temperature", AICOST_M_PASS),
    aicost_members("thinkingConfig", "thinking_config", AICOST_M_PASS),
    aicost_members("topK", "top_k", AICOST_M_PASS),
    aicost_members("topP", "top_p", AICOST_M_PASS),
    aicost_member_null
};


const aicost_shape_t  aicost_shape_generate = {
    aicost_generate_members, aicost_generate_read, "contents", 1
};


static unsigned
aicost_generate_snake(const aicost_member_t *m)
{
    return memchr(m->name + 1, '_', (size_t) m->len - 1) != NULL;
}


/* no member of the object is there under both of its names */

static int
aicost_generate_twice(aicost_reader_t *r, uint32_t object,
    const aicost_member_t *members)
{
    const aicost_member_t  *m;

    for (m = members; m->name; m++) {

        if (m[1].name && m[1].what == m->what
            && aicost_generate_snake(&m[1]) && !aicost_generate_snake(m)
            && aicost_json_get(r->j, object, m[1].name)
            && aicost_json_get(r->j, object, m->name))
        {
            return aicost_reader_fail(r, AICOST_R_AMBIGUOUS_MEMBER,
                                      m[1].name);
        }
    }

    return AICOST_OK;
}


static int
aicost_generate_object(aicost_reader_t *r, uint32_t object, const char *name,
    const aicost_member_t *members)
{
    if (aicost_generate_twice(r, object, members) != AICOST_OK) {
        return AICOST_ERROR;
    }

    return aicost_reader_object(r, object, name, members,
                                aicost_reader_common);
}


/* the first of an array's elements, an object counts as an array of it; 0: it
   is neither */

static uint32_t
aicost_generate_first(const aicost_reader_t *r, uint32_t array)
{
    switch (r->j->nodes[array].type) {

    case AICOST_JSON_ARRAY:
        return array + 1;

    case AICOST_JSON_OBJECT:
        return array;

    default:
        return 0;
    }
}


/* every element of an array is an object with these members; null: absent */

static int
aicost_generate_array(aicost_reader_t *r, uint32_t array, const char *name,
    const aicost_member_t *members)
{
    uint32_t                   i;
    const aicost_json_node_t  *nodes;

    nodes = r->j->nodes;

    if (nodes[array].type == AICOST_JSON_NULL) {
        return AICOST_OK;
    }

    i = aicost_generate_first(r, array);

    if (i == 0) {
        return aicost_reader_invalid(r, name);
    }

    for ( /* void */ ; i < nodes[array].next; i = nodes[i].next) {
        if (aicost_generate_object(r, i, name, members) != AICOST_OK) {
            return AICOST_ERROR;
        }
    }

    return AICOST_OK;
}


/* the conversation is known by its system text and its first user text */

static void
aicost_generate_prefix(aicost_reader_t *r, uint32_t content, unsigned system)
{
    uint32_t                   i, parts, role, text;
    const aicost_json_node_t  *nodes;

    nodes = r->j->nodes;
    role = aicost_json_get(r->j, content, "role");
    parts = aicost_json_get(r->j, content, "parts");

    i = aicost_generate_first(r, parts);

    if ((system ? r->system : r->user) || parts == 0 || i == 0
        || (!system && role && !aicost_json_is(r->j, role, "user")))
    {
        return;
    }

    for ( /* void */ ; i < nodes[parts].next; i = nodes[i].next) {
        text = aicost_json_get(r->j, i, "text");

        if (text && nodes[text].type == AICOST_JSON_STRING) {

            if (system) {
                r->system = 1;

            } else {
                r->user = 1;
            }

            aicost_reader_prefix(r, text);
            return;
        }
    }
}


static int
aicost_generate_contents(aicost_reader_t *r, const char *name,
    uint32_t value)
{
    uint32_t                   i, count;
    const aicost_json_node_t  *nodes;

    nodes = r->j->nodes;

    if (nodes[value].type == AICOST_JSON_NULL) {
        return AICOST_OK;
    }

    i = aicost_generate_first(r, value);

    if (i == 0 || i == nodes[value].next) {
        return aicost_reader_invalid(r, name);
    }

    count = i == value ? 1 : nodes[value].count;

    if (count > AICOST_MAX_MESSAGES) {
        return aicost_reader_fail(r, AICOST_R_TOO_MANY_MESSAGES, name);
    }

    /* the level above has been given to the generic reader as it is */

    if (aicost_generate_twice(r, 0, aicost_generate_members) != AICOST_OK) {
        return AICOST_ERROR;
    }

    r->found = 1;
    r->q->text.messages = count;

    for ( /* void */ ; i < nodes[value].next; i = nodes[i].next) {
        if (aicost_generate_object(r, i, name, aicost_generate_content)
            != AICOST_OK)
        {
            return AICOST_ERROR;
        }

        aicost_generate_prefix(r, i, 0);
    }

    return AICOST_OK;
}


/* functions are the client's to run; any other tool is the provider's */

static int
aicost_generate_tools(aicost_reader_t *r, const char *name, uint32_t value)
{
    uint32_t                   i, key, count;
    const aicost_json_node_t  *nodes;

    nodes = r->j->nodes;
    count = 0;

    if (nodes[value].type == AICOST_JSON_NULL) {
        return AICOST_OK;
    }

    i = aicost_generate_first(r, value);

    if (i == 0) {
        return aicost_reader_invalid(r, name);
    }

    for ( /* void */ ; i < nodes[value].next; i = nodes[i].next) {

        if (nodes[i].type != AICOST_JSON_OBJECT) {
            return aicost_reader_invalid(r, name);
        }

        for (key = i + 1; key < nodes[i].next; key = nodes[key].next) {

            if (nodes[key + 1].type == AICOST_JSON_NULL) {
                continue;
            }

            if (!aicost_json_is(r->j, key, "functionDeclarations")
                && !aicost_json_is(r->j, key, "function_declarations"))
            {
                return aicost_reader_refuse(r, name);
            }

            if (nodes[key + 1].type != AICOST_JSON_ARRAY) {
                return aicost_reader_invalid(r, "functionDeclarations");
            }

            count += nodes[key + 1].count;
        }
    }

    if (count) {
        r->q->text.tools += count;
        r->q->needs |= AICOST_CAN_TOOLS;
        (void) aicost_reader_json(r, value);
    }

    return AICOST_OK;
}


/* an image by its data or its URL is priced as an image; what else a part can
   hold, nobody knows how long it is */

static int
aicost_generate_image_part(aicost_reader_t *r, const aicost_member_t *m,
    uint32_t value)
{
    unsigned  blob;

    if (aicost_reader_null(r, value)) {
        return AICOST_OK;
    }

    blob = (m->what == AICOST_M_BLOB);

    if (aicost_generate_object(r, value, m->name,
                               blob ? aicost_generate_blob
                                    : aicost_generate_file)
        != AICOST_OK)
    {
        return AICOST_ERROR;
    }

    if (aicost_json_get(r->j, value, blob ? "data" : "fileUri") == 0
        && (blob || aicost_json_get(r->j, value, "file_uri") == 0))
    {
        return aicost_reader_invalid(r, m->name);
    }

    if (blob && aicost_json_get(r->j, value, "mimeType") == 0
        && aicost_json_get(r->j, value, "mime_type") == 0)
    {
        return aicost_reader_invalid(r, m->name);
    }

    r->q->text.images++;
    r->q->needs |= AICOST_CAN_VISION;

    return AICOST_OK;
}


static int
aicost_generate_type(aicost_reader_t *r, const char *name, uint32_t value)
{
    if (r->j->nodes[value].type != AICOST_JSON_STRING) {
        return aicost_reader_invalid(r, name);
    }

    /* some write a slash as \/ */

    if (aicost_reader_starts(r, value, "image/")
        || aicost_reader_starts(r, value, "image\\/"))
    {
        return AICOST_OK;
    }

    /* sound and films have prices of their own */

    if (aicost_reader_starts(r, value, "application/pdf")
        || aicost_reader_starts(r, value, "application\\/pdf")
        || aicost_reader_starts(r, value, "text/")
        || aicost_reader_starts(r, value, "text\\/"))
    {
        return aicost_reader_hidden(r, name, 0);
    }

    return aicost_reader_refuse(r, name);
}


static int
aicost_generate_uri(aicost_reader_t *r, const char *name, uint32_t value)
{
    if (r->j->nodes[value].type != AICOST_JSON_STRING) {
        return aicost_reader_invalid(r, name);
    }

    if (!aicost_reader_starts(r, value, "https:")
        && !aicost_reader_starts(r, value, "http:"))
    {
        return aicost_reader_refuse(r, name);
    }

    if (aicost_reader_starts(r, value, "https://generativelanguage.")) {
        return aicost_reader_hidden(r, name, 1);
    }

    return AICOST_OK;
}


/* values without members that are known */

static int
aicost_generate_value(aicost_reader_t *r, const aicost_member_t *m,
    uint32_t value)
{
    uint8_t  type;

    type = r->j->nodes[value].type;

    if (type == AICOST_JSON_NULL) {
        return AICOST_OK;
    }

    switch (m->what) {

    case AICOST_M_JSON:
    case AICOST_M_SCHEMA:
        if (type != AICOST_JSON_OBJECT) {
            return aicost_reader_invalid(r, m->name);
        }

        if (m->what == AICOST_M_SCHEMA) {
            r->q->needs |= AICOST_CAN_JSON_SCHEMA;
        }

        return aicost_reader_json(r, value);

    case AICOST_M_DATA:
        if (type != AICOST_JSON_STRING) {
            return aicost_reader_invalid(r, m->name);
        }

        r->uncounted += r->j->nodes[value].len;

        return AICOST_OK;

    default:
        return type == AICOST_JSON_STRING
               ? AICOST_OK : aicost_reader_invalid(r, m->name);
    }
}


/* objects inside a member; null counts as absent */

static int
aicost_generate_inner(aicost_reader_t *r, const aicost_member_t *m,
    uint32_t value)
{
    const aicost_member_t  *members;

    if (m->what == AICOST_M_CONFIG) {
        r->q->config = aicost_reader_options_of(r, value) & 3;
        r->q->config_at = aicost_reader_span(r, value);
    }

    if (aicost_reader_null(r, value)) {
        return AICOST_OK;
    }

    switch (m->what) {

    case AICOST_M_CONFIG:
        members = aicost_generate_config;
        break;

    case AICOST_M_CALL:
        members = aicost_generate_call;
        break;

    case AICOST_M_RESULT:
        members = aicost_generate_result;
        break;

    default:
        members = aicost_generate_content;
        aicost_generate_prefix(r, value, 1);
    }

    return aicost_generate_object(r, value, m->name, members);
}


/* a count may have a whole request inside, which names its model again */

static int
aicost_generate_counted(aicost_reader_t *r, const char *name, uint32_t value)
{
    if (aicost_reader_null(r, value)) {
        return AICOST_OK;
    }

    if (r->q->endpoint != AICOST_EP_GENERATE_COUNT) {
        return aicost_reader_refuse(r, name);
    }

    if (name[0] == 'm') {
        return r->j->nodes[value].type == AICOST_JSON_STRING
               ? AICOST_OK : aicost_reader_invalid(r, name);
    }

    if (r->nested) {
        return aicost_reader_refuse(r, name);
    }

    r->nested = 1;

    return aicost_generate_object(r, value, name, aicost_generate_members);
}


static int
aicost_generate_read(aicost_reader_t *r, const aicost_member_t *m,
    uint32_t value)
{
    switch (m->what) {

    case AICOST_M_COUNTED:
        return aicost_generate_counted(r, m->name, value);

    case AICOST_M_CONTENTS:
        return aicost_generate_contents(r, m->name, value);

    case AICOST_M_TOOLS:
        return aicost_generate_tools(r, m->name, value);

    case AICOST_M_TIER:
        return aicost_reader_service(r, m->name,
                                     aicost_service_read(r->j, value));

    case AICOST_M_PARTS:
        return aicost_generate_array(r, value, m->name,
                                     aicost_generate_part);

    case AICOST_M_IMAGES:
        return aicost_generate_array(r, value, m->name,
                                     aicost_generate_image);

    case AICOST_M_TEXT:
        return aicost_reader_text(r, value, m->name);

    case AICOST_M_BLOB:
    case AICOST_M_FILE:
        return aicost_generate_image_part(r, m, value);

    case AICOST_M_TYPE:
        return aicost_generate_type(r, m->name, value);

    case AICOST_M_URI:
        return aicost_generate_uri(r, m->name, value);

    case AICOST_M_MODALITIES:
        return aicost_reader_modalities(r, m->name, value, "TEXT");

    case AICOST_M_SYSTEM:
    case AICOST_M_CONFIG:
    case AICOST_M_CALL:
    case AICOST_M_RESULT:
        return aicost_generate_inner(r, m, value);
    }

    return aicost_generate_value(r, m, value);
}
