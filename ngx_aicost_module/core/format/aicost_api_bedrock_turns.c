
/*
 * Copyright (C) aicost
 *
 * The messages of a Converse request, read into the form.
 */


#include "aicost_api_bedrock_int.h"


static int aicost_bedrock_read_message(aicost_form_t *f,
    const aicost_json_t *j, uint32_t node);
static int aicost_bedrock_read_content(aicost_form_t *f,
    const aicost_json_t *j, uint32_t content, aicost_role_e role);
static int aicost_bedrock_read_block(aicost_form_t *f, const aicost_json_t *j,
    uint32_t node, aicost_role_e role, uint8_t flags);
static int aicost_bedrock_read_text(aicost_form_t *f, const aicost_json_t *j,
    uint32_t node, aicost_part_t *p);
static int aicost_bedrock_read_media(aicost_form_t *f, const aicost_json_t *j,
    uint32_t node, aicost_part_t *p);
static int aicost_bedrock_read_call(aicost_form_t *f, const aicost_json_t *j,
    uint32_t node, aicost_part_t *p);
static int aicost_bedrock_read_result(aicost_form_t *f,
    const aicost_json_t *j, uint32_t node, aicost_part_t *p);
static int aicost_bedrock_read_reasoning(aicost_form_t *f,
    const aicost_json_t *j, uint32_t node, aicost_part_t *p);


int
aicost_bedrock_read_turns(aicost_form_t *f, const aicost_json_t *j)
{
    uint32_t  i, node;

    if (aicost_shape_node(f, j, 0, "system", AICOST_JSON_ARRAY, &node)
        != AICOST_OK
        || (node && aicost_bedrock_read_content(f, j, node,
                                                AICOST_ROLE_SYSTEM)
                    != AICOST_OK)
        || aicost_shape_node(f, j, 0, "messages", AICOST_JSON_ARRAY, &node)
           != AICOST_OK)
    {
        return AICOST_ERROR;
    }

    if (node == 0 || j->nodes[node].count == 0) {
        return aicost_form_fail(f, AICOST_R_MISSING_PARAMETER, "messages");
    }

    if (j->nodes[node].count > AICOST_MAX_MESSAGES) {
        return aicost_form_fail(f, AICOST_R_TOO_MANY_MESSAGES, "messages");
    }

    for (i = node + 1; i < j->nodes[node].next; i = j->nodes[i].next) {
        if (aicost_bedrock_read_message(f, j, i) != AICOST_OK) {
            return AICOST_ERROR;
        }
    }

    return AICOST_OK;
}


static int
aicost_bedrock_read_message(aicost_form_t *f, const aicost_json_t *j,
    uint32_t node)
{
    uint32_t  role, content;

    role = aicost_shape_get(j, node, "role");
    content = aicost_shape_get(j, node, "content");

    if (content == 0 || j->nodes[content].type != AICOST_JSON_ARRAY
        || j->nodes[content].count == 0)
    {
        return aicost_shape_invalid(f, "content");
    }

    if (role && aicost_json_is(j, role, "user")) {
        return aicost_bedrock_read_content(f, j, content, AICOST_ROLE_USER);
    }

    if (role && aicost_json_is(j, role, "assistant")) {
        return aicost_bedrock_read_content(f, j, content,
                                           AICOST_ROLE_ASSISTANT);
    }

    return aicost_shape_invalid(f, "role");
}


/* the blocks of one message, or of the system */

static int
aicost_bedrock_read_content(aicost_form_t *f, const aicost_json_t *j,
    uint32_t content, aicost_role_e role)
{
    uint32_t  i, first, last, point;

    first = f->nparts;
    last = first;

    for (i = content + 1; i < j->nodes[content].next; i = j->nodes[i].next) {

        point = aicost_shape_get(j, i, "cachePoint");

        if (point) {

            if (f->nparts == first) {
                return aicost_shape_invalid(f, "cachePoint");
            }

            if (aicost_bedrock_read_cache(f, j, point, &f->parts[last].flags)
                != AICOST_OK)
            {
                return AICOST_ERROR;
            }

            continue;
        }

        last = f->nparts;

        if (aicost_bedrock_read_block(f, j, i, role, 0) != AICOST_OK) {
            return AICOST_ERROR;
        }
    }

    if (f->nparts > first) {
        f->parts[first].flags |= AICOST_PART_FIRST;
    }

    return AICOST_OK;
}


/* a block has one member */

static int
aicost_bedrock_read_block(aicost_form_t *f, const aicost_json_t *j,
    uint32_t node, aicost_role_e role, uint8_t flags)
{
    size_t          i;
    uint32_t        value;
    aicost_part_t  *p;

    static const struct {
        const char     *name;
        uint8_t         kind;
        uint8_t         roles;       /* bits */
        int           (*read)(aicost_form_t *f, const aicost_json_t *j,
                              uint32_t node, aicost_part_t *p);
    } blocks[] = {
        { "text", AICOST_PART_TEXT, 15, aicost_bedrock_read_text },
        { "image", AICOST_PART_IMAGE, 10, aicost_bedrock_read_media },
        { "document", AICOST_PART_FILE, 10, aicost_bedrock_read_media },
        { "toolUse", AICOST_PART_CALL, 4, aicost_bedrock_read_call },
        { "toolResult", AICOST_PART_RESULT, 2, aicost_bedrock_read_result },
        { "reasoningContent", AICOST_PART_THINKING, 4,
          aicost_bedrock_read_reasoning },
        { "json", AICOST_PART_TEXT, 8, NULL }
    };

    for (i = 0; i < sizeof(blocks) / sizeof(blocks[0]); i++) {
        value = aicost_shape_get(j, node, blocks[i].name);

        if (value == 0) {
            continue;
        }

        if ((blocks[i].roles & 1U << role) == 0) {
            return aicost_shape_refused(f, blocks[i].name);
        }

        p = aicost_form_part(f, role, (aicost_part_e) blocks[i].kind);

        if (p == NULL) {
            return AICOST_ERROR;
        }

        p->flags = flags;

        if (blocks[i].read) {
            return blocks[i].read(f, j, value, p);
        }

        p->text = aicost_piece(j, value);

        return AICOST_OK;
    }

    /* guardContent, video, searchResult, citationsContent, ... */

    return j->nodes[node].type == AICOST_JSON_OBJECT && j->nodes[node].count
           ? aicost_shape_refused(f, "content")
           : aicost_shape_invalid(f, "content");
}


static int
aicost_bedrock_read_text(aicost_form_t *f, const aicost_json_t *j,
    uint32_t node, aicost_part_t *p)
{
    if (j->nodes[node].type != AICOST_JSON_STRING) {
        return aicost_shape_invalid(f, "text");
    }

    p->text = aicost_piece(j, node);

    return AICOST_OK;
}


static int
aicost_bedrock_read_media(aicost_form_t *f, const aicost_json_t *j,
    uint32_t node, aicost_part_t *p)
{
    uint32_t                        source, format;
    const char                     *name;
    const aicost_bedrock_format_t  *known;

    static const char *const  hidden[] = {
        "s3Location", "text", "content", NULL
    };
    static const char *const  refused[] = { "context", "citations", NULL };

    known = aicost_bedrock_images;
    name = "image";

    if (p->kind == AICOST_PART_FILE) {
        known = aicost_bedrock_documents;
        name = "document";
    }

    source = aicost_shape_get(j, node, "source");
    format = aicost_shape_get(j, node, "format");

    if (source == 0 || format == 0) {
        return aicost_shape_invalid(f, name);
    }

    for ( /* void */ ; known->format; known++) {
        if (aicost_json_is(j, format, known->format)) {
            p->name = aicost_piece_word(known->media);
            break;
        }
    }

    if (known->format == NULL) {
        return aicost_shape_invalid(f, "format");
    }

    if (aicost_shape_refuse(f, j, source, hidden) != AICOST_OK
        || aicost_shape_refuse(f, j, node, refused) != AICOST_OK
        || aicost_shape_take(f, j, source, "bytes", AICOST_JSON_STRING,
                             &p->text) != AICOST_OK
        || (p->kind == AICOST_PART_FILE
            && aicost_shape_take(f, j, node, "name", AICOST_JSON_STRING,
                                 &p->id) != AICOST_OK))
    {
        return AICOST_ERROR;
    }

    return p->text.kind == AICOST_PIECE_NONE ? aicost_shape_invalid(f, "bytes")
                                             : AICOST_OK;
}


static int
aicost_bedrock_read_call(aicost_form_t *f, const aicost_json_t *j,
    uint32_t node, aicost_part_t *p)
{
    if (aicost_shape_take(f, j, node, "toolUseId", AICOST_JSON_STRING, &p->id)
        != AICOST_OK
        || aicost_shape_take(f, j, node, "name", AICOST_JSON_STRING, &p->name)
           != AICOST_OK
        || aicost_shape_take(f, j, node, "input", AICOST_JSON_OBJECT,
                             &p->text) != AICOST_OK)
    {
        return AICOST_ERROR;
    }

    if (p->id.kind == AICOST_PIECE_NONE || p->name.kind == AICOST_PIECE_NONE) {
        return aicost_shape_invalid(f, "toolUse");
    }

    if (p->text.kind == AICOST_PIECE_NONE) {
        p->text = aicost_piece_word("{}");
    }

    return AICOST_OK;
}


static int
aicost_bedrock_read_result(aicost_form_t *f, const aicost_json_t *j,
    uint32_t node, aicost_part_t *p)
{
    uint32_t  i, content, status;

    p->role = AICOST_ROLE_TOOL;

    if (aicost_shape_take(f, j, node, "toolUseId", AICOST_JSON_STRING, &p->id)
        != AICOST_OK
        || aicost_shape_node(f, j, node, "content", AICOST_JSON_ARRAY,
                             &content) != AICOST_OK)
    {
        return AICOST_ERROR;
    }

    if (p->id.kind == AICOST_PIECE_NONE) {
        return aicost_shape_invalid(f, "toolUseId");
    }

    status = aicost_shape_get(j, node, "status");

    if (status && aicost_json_is(j, status, "error")) {
        p->flags |= AICOST_PART_ERROR;

    } else if (status && !aicost_json_is(j, status, "success")) {
        return aicost_shape_invalid(f, "status");
    }

    if (content == 0 || j->nodes[content].count == 0) {
        p->text = aicost_piece_word("");
        return AICOST_OK;
    }

    for (i = content + 1; i < j->nodes[content].next; i = j->nodes[i].next) {
        if (aicost_bedrock_read_block(f, j, i, AICOST_ROLE_TOOL,
                                      AICOST_PART_INSIDE) != AICOST_OK)
        {
            return AICOST_ERROR;
        }
    }

    /* one text is that of the result itself */

    if (f->parts + f->nparts == p + 2 && p[1].kind == AICOST_PART_TEXT) {
        p->text = p[1].text;
        f->nparts--;
    }

    return AICOST_OK;
}


static int
aicost_bedrock_read_reasoning(aicost_form_t *f, const aicost_json_t *j,
    uint32_t node, aicost_part_t *p)
{
    uint32_t  text;

    text = aicost_shape_get(j, node, "reasoningText");

    if (text == 0) {
        p->kind = AICOST_PART_REDACTED;

        return aicost_shape_take(f, j, node, "redactedContent",
                                 AICOST_JSON_STRING, &p->text) == AICOST_OK
               && p->text.kind != AICOST_PIECE_NONE
               ? AICOST_OK : aicost_shape_invalid(f, "reasoningContent");
    }

    return aicost_shape_take(f, j, text, "text", AICOST_JSON_STRING, &p->text)
           == AICOST_OK
           && aicost_shape_take(f, j, text, "signature", AICOST_JSON_STRING,
                                &p->id) == AICOST_OK
           && p->text.kind != AICOST_PIECE_NONE
           ? AICOST_OK : aicost_shape_invalid(f, "reasoningText");
}
