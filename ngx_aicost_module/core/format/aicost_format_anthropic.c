
/*
 * Copyright (C) aicost
 *
 * Anthropic's Messages and the count of their tokens: the published members of
 * each level and their readers.
 */


#include "aicost_format.h"


#define AICOST_M_MESSAGES      (AICOST_M_SHAPE + 0)
#define AICOST_M_SYSTEM        (AICOST_M_SHAPE + 1)
#define AICOST_M_TOOLS         (AICOST_M_SHAPE + 2)
#define AICOST_M_OUTPUT        (AICOST_M_SHAPE + 3)
#define AICOST_M_FORMAT        (AICOST_M_SHAPE + 4)
#define AICOST_M_FORMAT_TYPE   (AICOST_M_SHAPE + 5)
#define AICOST_M_STANDARD      (AICOST_M_SHAPE + 6)   /* costs no more */
#define AICOST_M_TEXT          (AICOST_M_SHAPE + 7)
#define AICOST_M_WORD          (AICOST_M_SHAPE + 8)   /* a string */
#define AICOST_M_JSON          (AICOST_M_SHAPE + 9)   /* an object */
#define AICOST_M_CONTENT       (AICOST_M_SHAPE + 10)
#define AICOST_M_RESULT        (AICOST_M_SHAPE + 11)  /* content of one */
#define AICOST_M_IMAGE         (AICOST_M_SHAPE + 12)  /* its source */
#define AICOST_M_DOCUMENT      (AICOST_M_SHAPE + 13)  /* likewise */
#define AICOST_M_INNER         (AICOST_M_SHAPE + 14)  /* content of one */
#define AICOST_M_SOURCE_TYPE   (AICOST_M_SHAPE + 15)
#define AICOST_M_DATA          (AICOST_M_SHAPE + 16)  /* of an image */
#define AICOST_M_URL           (AICOST_M_SHAPE + 17)
#define AICOST_M_TOOL_TYPE     (AICOST_M_SHAPE + 18)
#define AICOST_M_PICTURE       (AICOST_M_SHAPE + 19)  /* its media type */
#define AICOST_M_PICTURE_TYPE  (AICOST_M_SHAPE + 20)


static int aicost_messages_read(aicost_reader_t *r, const aicost_member_t *m,
    uint32_t value);


static const aicost_member_t  aicost_messages_top[] = {
    aicost_member("model", AICOST_M_MODEL),
    aicost_member("messages", AICOST_M_MESSAGES),
    aicost_member("cache_control", AICOST_M_PASS),
    aicost_member("container", AICOST_M_REFUSED),
    aicost_member("inference_geo", AICOST_M_STANDARD),
    aicost_member("max_tokens", AICOST_M_CAP),
    aicost_member("mcp_servers", AICOST_M_REFUSED),
    aicost_member("metadata", AICOST_M_PASS),
    aicost_member("output_config", AICOST_M_OUTPUT),
    aicost_member("output_format", AICOST_M_FORMAT),
    aicost_member("service_tier", AICOST_M_STANDARD),
    aicost_member("speed", AICOST_M_STANDARD),
    aicost_member("stop_sequences", AICOST_M_PASS),
    aicost_member("stream", AICOST_M_STREAM),
    aicost_member("system", AICOST_M_SYSTEM),
    aicost_member("temperature", AICOST_M_PASS),
    aicost_member("thinking", AICOST_M_PASS),
    aicost_member("thread", AICOST_M_REFERENCE),
    aicost_member("tool_choice", AICOST_M_PASS),
    aicost_member("tools", AICOST_M_TOOLS),
    aicost_member("top_k", AICOST_M_PASS),
    aicost_member("top_p", AICOST_M_PASS),
    aicost_member_null
};


static const aicost_member_t  aicost_messages_message[] = {
    aicost_member("role", AICOST_M_WORD),
    aicost_member("content", AICOST_M_CONTENT),
    aicost_member_null
};


/* blocks, by their type */

static const aicost_member_t  aicost_messages_text[] = {
    aicost_member("type", AICOST_M_WORD),
    aicost_member("text", AICOST_M_TEXT),
    aicost_member("cache_control", AICOST_M_PASS),
    aicost_member("citations", AICOST_M_PASS),
    aicost_member_null
};


static const aicost_member_t  aicost_messages_image[] = {
    aicost_member("type", AICOST_M_WORD),
    aicost_member("source", AICOST_M_IMAGE),
    aicost_member("cache_control", AICOST_M_PASS),
    aicost_member_null
};


static const aicost_member_t  aicost_messages_document[] = {
    aicost_member("type", AICOST_M_WORD),
    aicost_member("source", AICOST_M_DOCUMENT),
    aicost_member("title", AICOST_M_TEXT),
    aicost_member("context", AICOST_M_TEXT),
    aicost_member("cache_control", AICOST_M_PASS),
    aicost_member("citations", AICOST_M_PASS),
    aicost_member_null
};


static const aicost_member_t  aicost_messages_call[] = {
    aicost_member("type", AICOST_M_WORD),
    aicost_member("id", AICOST_M_WORD),
    aicost_member("name", AICOST_M_TEXT),
    aicost_member("input", AICOST_M_JSON),
    aicost_member("cache_control", AICOST_M_PASS),
    aicost_member_null
};


static const aicost_member_t  aicost_messages_result[] = {
    aicost_member("type", AICOST_M_WORD),
    aicost_member("tool_use_id", AICOST_M_WORD),
    aicost_member("content", AICOST_M_RESULT),
    aicost_member("is_error", AICOST_M_PASS),
    aicost_member("cache_control", AICOST_M_PASS),
    aicost_member_null
};


static const aicost_member_t  aicost_messages_thinking[] = {
    aicost_member("type", AICOST_M_WORD),
    aicost_member("thinking", AICOST_M_TEXT),
    aicost_member("signature", AICOST_M_WORD),
    aicost_member_null
};


static const aicost_member_t  aicost_messages_redacted[] = {
    aicost_member("type", AICOST_M_WORD),
    aicost_member("data", AICOST_M_TEXT),
    aicost_member_null
};


/* the bytes of an image are no text; those of a document are counted as text,
   which is more than it is */

static const aicost_member_t  aicost_messages_picture[] = {
    aicost_member("type", AICOST_M_PICTURE_TYPE),
    aicost_member("media_type", AICOST_M_PICTURE),
    aicost_member("data", AICOST_M_DATA),
    aicost_member("url", AICOST_M_URL),
    aicost_member("file_id", AICOST_M_REFERENCE),
    aicost_member_null
};


static const aicost_member_t  aicost_messages_paper[] = {
    aicost_member("type", AICOST_M_SOURCE_TYPE),
    aicost_member("media_type", AICOST_M_WORD),
    aicost_member("data", AICOST_M_TEXT),
    aicost_member("content", AICOST_M_INNER),
    aicost_member("url", AICOST_M_REFERENCE),
    aicost_member("file_id", AICOST_M_REFERENCE),
    aicost_member_null
};


static const aicost_member_t  aicost_messages_tool[] = {
    aicost_member("type", AICOST_M_TOOL_TYPE),
    aicost_member("name", AICOST_M_WORD),
    aicost_member("description", AICOST_M_WORD),
    aicost_member("input_schema", AICOST_M_PASS),
    aicost_member("input_examples", AICOST_M_PASS),
    aicost_member("cache_control", AICOST_M_PASS),
    aicost_member("strict", AICOST_M_PASS),
    aicost_member_null
};


static const aicost_member_t  aicost_messages_output[] = {
    aicost_member("effort", AICOST_M_WORD),
    aicost_member("format", AICOST_M_FORMAT),
    aicost_member_null
};


static const aicost_member_t  aicost_messages_format[] = {
    aicost_member("type", AICOST_M_FORMAT_TYPE),
    aicost_member("schema", AICOST_M_JSON),
    aicost_member_null
};


/* what a block may be: first those inside a document, then those inside a
   result, then the rest */

static const struct {
    const char             *type;
    const aicost_member_t  *members;
} aicost_messages_blocks[] = {
    { "text", aicost_messages_text },
    { "image", aicost_messages_image },
    { "document", aicost_messages_document },
    { "tool_use", aicost_messages_call },
    { "tool_result", aicost_messages_result },
    { "thinking", aicost_messages_thinking },
    { "redacted_thinking", aicost_messages_redacted }
};

#define AICOST_MESSAGES_INNER  2
#define AICOST_MESSAGES_RESULT 3
#define AICOST_MESSAGES_ALL    7


const aicost_shape_t  aicost_shape_messages = {
    aicost_messages_top, aicost_messages_read, "messages", 1
};

const aicost_shape_t  aicost_shape_count_tokens = {
    aicost_messages_top, aicost_messages_read, "messages", 0
};


static uint32_t
aicost_messages_member(const aicost_reader_t *r, uint32_t object,
    const char *name)
{
    uint32_t  node;

    node = aicost_json_get(r->j, object, name);

    return (node && !aicost_reader_null(r, node)) ? node : 0;
}


/* a string, or blocks: the first n kinds of them */

static int
aicost_messages_content(aicost_reader_t *r, const char *name, uint32_t value,
    unsigned n)
{
    uint32_t                   i, type;
    unsigned                   k;
    const aicost_json_node_t  *nodes;

    nodes = r->j->nodes;

    if (nodes[value].type != AICOST_JSON_ARRAY) {
        return aicost_reader_text(r, value, name);
    }

    for (i = value + 1; i < nodes[value].next; i = nodes[i].next) {

        if (nodes[i].type != AICOST_JSON_OBJECT) {
            return aicost_reader_invalid(r, name);
        }

        type = aicost_messages_member(r, i, "type");

        if (type == 0 || nodes[type].type != AICOST_JSON_STRING) {
            return aicost_reader_invalid(r, "type");
        }

        for (k = 0; k < n; k++) {
            if (aicost_json_is(r->j, type, aicost_messages_blocks[k].type)) {
                break;
            }
        }

        if (k == n) {
            return aicost_reader_refuse(r, "type");
        }

        if (aicost_reader_object(r, i, name, aicost_messages_blocks[k].members,
                                 aicost_messages_read)
            != AICOST_OK)
        {
            return AICOST_ERROR;
        }
    }

    return AICOST_OK;
}


/* the conversation is known by its first system and its first user text */

static void
aicost_messages_prefix(aicost_reader_t *r, uint32_t messages)
{
    uint32_t                   i, role, content, text;
    const aicost_json_node_t  *nodes;

    nodes = r->j->nodes;
    content = aicost_messages_member(r, 0, "system");
    text = content ? aicost_reader_first_text(r->j, content) : 0;

    if (text) {
        r->system = 1;
        aicost_reader_prefix(r, text);
    }

    for (i = messages + 1; i < nodes[messages].next && !r->user;
         i = nodes[i].next)
    {
        role = aicost_messages_member(r, i, "role");
        content = role ? aicost_messages_member(r, i, "content") : 0;
        text = content ? aicost_reader_first_text(r->j, content) : 0;

        if (text == 0) {
            continue;
        }

        if (aicost_json_is(r->j, role, "user")) {
            r->user = 1;
            aicost_reader_prefix(r, text);

        } else if (!r->system && aicost_json_is(r->j, role, "system")) {
            r->system = 1;
            aicost_reader_prefix(r, text);
        }
    }
}


static int
aicost_messages_messages(aicost_reader_t *r, const char *name, uint32_t value)
{
    int                        rc;
    uint32_t                   i;
    const aicost_json_node_t  *nodes;

    nodes = r->j->nodes;
    rc = aicost_reader_messages(r, name, value);

    if (rc != AICOST_OK) {
        return rc == AICOST_DECLINED ? AICOST_OK : AICOST_ERROR;
    }

    if (r->shape->cap && aicost_messages_member(r, 0, "max_tokens") == 0) {
        return aicost_reader_fail(r, AICOST_R_MISSING_PARAMETER,
                                  "max_tokens");
    }

    for (i = value + 1; i < nodes[value].next; i = nodes[i].next) {
        if (aicost_reader_object(r, i, name, aicost_messages_message,
                                 aicost_messages_read)
            != AICOST_OK)
        {
            return AICOST_ERROR;
        }
    }

    aicost_messages_prefix(r, value);

    return AICOST_OK;
}


/* a string, or blocks of text */

static int
aicost_messages_system(aicost_reader_t *r, const char *name, uint32_t value)
{
    return aicost_messages_content(r, name, value, 1);
}


/* a file is not in the body */

static int
aicost_messages_source_type(aicost_reader_t *r, const aicost_member_t *m,
    uint32_t value)
{
    if (aicost_reader_word(r, m->name, value, NULL, NULL) != AICOST_OK) {
        return AICOST_ERROR;
    }

    if (aicost_json_is(r->j, value, "base64")) {
        return AICOST_OK;
    }

    if (m->what == AICOST_M_PICTURE_TYPE
        ? aicost_json_is(r->j, value, "url")
        : (aicost_json_is(r->j, value, "text")
           || aicost_json_is(r->j, value, "content")))
    {
        return AICOST_OK;
    }

    /* documents of a URL, files: their own members say it too */

    return aicost_json_is(r->j, value, "url")
           || aicost_json_is(r->j, value, "file")
           ? aicost_reader_hidden(r, "source", 1)
           : aicost_reader_refuse(r, "source");
}


/* only the bytes of an image are no text */

static int
aicost_messages_picture_media(aicost_reader_t *r, const char *name,
    uint32_t value)
{
    const aicost_json_node_t  *n;

    n = &r->j->nodes[value];

    return (n->type == AICOST_JSON_STRING && n->len > 6
            && memcmp(r->j->data + n->off, "image/", 6) == 0)
           ? AICOST_OK : aicost_reader_invalid(r, name);
}


static int
aicost_messages_url(aicost_reader_t *r, const char *name, uint32_t value)
{
    const unsigned char       *p;
    const aicost_json_node_t  *n;

    if (aicost_reader_word(r, name, value, NULL, NULL) != AICOST_OK) {
        return AICOST_ERROR;
    }

    n = &r->j->nodes[value];
    p = r->j->data + n->off;

    if ((n->len > 5 && memcmp(p, "http:", 5) == 0)
        || (n->len > 6 && memcmp(p, "https:", 6) == 0))
    {
        return AICOST_OK;
    }

    return aicost_reader_invalid(r, name);
}


/* what is an object */

static int
aicost_messages_object(aicost_reader_t *r, const aicost_member_t *m,
    uint32_t value)
{
    const aicost_member_t  *members;

    switch (m->what) {

    case AICOST_M_IMAGE:
        r->q->text.images++;
        r->q->needs |= AICOST_CAN_VISION;
        members = aicost_messages_picture;
        break;

    case AICOST_M_DOCUMENT:
        members = aicost_messages_paper;
        break;

    case AICOST_M_OUTPUT:
        members = aicost_messages_output;
        break;

    default:
        members = aicost_messages_format;
    }

    return aicost_reader_object(r, value, m->name, members,
                                aicost_messages_read);
}


static int
aicost_messages_read(aicost_reader_t *r, const aicost_member_t *m,
    uint32_t value)
{
    if (aicost_reader_null(r, value)) {
        return AICOST_OK;
    }

    switch (m->what) {

    case AICOST_M_MESSAGES:
        return aicost_messages_messages(r, m->name, value);

    case AICOST_M_SYSTEM:
        return aicost_messages_system(r, m->name, value);

    case AICOST_M_TOOLS:
        return aicost_reader_tools(r, value, m->name, aicost_messages_tool,
                                   aicost_messages_read, 0);

    case AICOST_M_CONTENT:
        return aicost_messages_content(r, m->name, value, AICOST_MESSAGES_ALL);

    case AICOST_M_RESULT:
        return aicost_messages_content(r, m->name, value,
                                       AICOST_MESSAGES_RESULT);

    case AICOST_M_INNER:
        return aicost_messages_content(r, m->name, value,
                                       AICOST_MESSAGES_INNER);

    case AICOST_M_TEXT:
        return aicost_reader_text(r, value, m->name);

    case AICOST_M_WORD:
        return aicost_reader_word(r, m->name, value, NULL, NULL);

    case AICOST_M_JSON:
        if (r->j->nodes[value].type != AICOST_JSON_OBJECT) {
            return aicost_reader_invalid(r, m->name);
        }

        return aicost_reader_json(r, value);

    case AICOST_M_DATA:
        r->uncounted += r->j->nodes[value].len;
        return aicost_reader_word(r, m->name, value, NULL, NULL);

    case AICOST_M_URL:
        return aicost_messages_url(r, m->name, value);

    case AICOST_M_SOURCE_TYPE:
    case AICOST_M_PICTURE_TYPE:
        return aicost_messages_source_type(r, m, value);

    case AICOST_M_PICTURE:
        return aicost_messages_picture_media(r, m->name, value);

    case AICOST_M_STANDARD:
        return aicost_reader_service(r, m->name,
                                     aicost_service_anthropic(r->j, m->name,
                                                              value));

    case AICOST_M_TOOL_TYPE:
        return aicost_json_is(r->j, value, "custom")
               ? AICOST_OK : aicost_reader_refuse(r, m->name);

    case AICOST_M_FORMAT_TYPE:
        return aicost_reader_format(r, m->name, value);
    }

    return aicost_messages_object(r, m, value);
}
