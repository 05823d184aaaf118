
/*
 * Copyright (C) aicost
 *
 * Anthropic's Messages: a client's request.
 */


#include "aicost_api_anthropic_int.h"


typedef struct {
    aicost_form_t        *form;
    const aicost_json_t  *j;
    aicost_role_e         role;      /* of the message */
    unsigned              last;      /* role of the part before, plus one */
    unsigned              inside:1;  /* a result */
} aicost_anthropic_reader_t;


/* blocks of tools that run at the provider, and of files */

static const char *const  aicost_anthropic_server[] = {
    "server_tool_use", "web_search_tool_result", "web_fetch_tool_result",
    "code_execution_tool_result", "bash_code_execution_tool_result",
    "text_editor_code_execution_tool_result", "tool_search_tool_result",
    "mcp_tool_use", "mcp_tool_result", "container_upload", "search_result",
    "compaction", NULL
};


/* equal neighbours are one turn; each result is a message of its own */

static aicost_part_t *
aicost_anthropic_part(aicost_anthropic_reader_t *r, aicost_part_e kind)
{
    aicost_part_t  *p;
    aicost_role_e   role;

    role = (r->inside || kind == AICOST_PART_RESULT) ? AICOST_ROLE_TOOL
                                                     : r->role;

    p = aicost_form_part(r->form, role, kind);

    if (p == NULL) {
        return NULL;
    }

    if (r->inside) {
        p->flags = AICOST_PART_INSIDE;
        return p;
    }

    if (kind == AICOST_PART_RESULT || r->last != (unsigned) role + 1) {
        p->flags = AICOST_PART_FIRST;
    }

    r->last = (unsigned) role + 1;

    return p;
}


/* a text that is a piece already */

static int
aicost_anthropic_text_part(aicost_anthropic_reader_t *r,
    const aicost_piece_t *text)
{
    aicost_part_t  *p;

    p = aicost_anthropic_part(r, AICOST_PART_TEXT);

    if (p == NULL) {
        return AICOST_ERROR;
    }

    p->text = *text;

    return AICOST_OK;
}


static int
aicost_anthropic_image(aicost_anthropic_reader_t *r, uint32_t block)
{
    uint32_t        source, type;
    aicost_part_t  *p;

    if (r->role != AICOST_ROLE_USER) {
        return aicost_shape_invalid(r->form, "type");
    }

    p = aicost_anthropic_part(r, AICOST_PART_IMAGE);

    if (p == NULL) {
        return AICOST_ERROR;
    }

    source = aicost_shape_get(r->j, block, "source");

    if (source == 0) {
        return aicost_form_fail(r->form, AICOST_R_MISSING_PARAMETER, "source");
    }

    type = aicost_shape_get(r->j, source, "type");

    if (type == 0) {
        return aicost_shape_invalid(r->form, "source");
    }

    if (aicost_json_is(r->j, type, "url")) {
        p->flags |= AICOST_PART_URL;

        return aicost_anthropic_needed(r->form, r->j, source, "url",
                                       AICOST_JSON_STRING, &p->text);
    }

    if (aicost_json_is(r->j, type, "file")) {
        return aicost_shape_refused(r->form, "source");
    }

    if (!aicost_json_is(r->j, type, "base64")) {
        return aicost_shape_invalid(r->form, "source");
    }

    if (aicost_anthropic_needed(r->form, r->j, source, "media_type",
                                AICOST_JSON_STRING, &p->name) != AICOST_OK)
    {
        return AICOST_ERROR;
    }

    return aicost_anthropic_needed(r->form, r->j, source, "data",
                                   AICOST_JSON_STRING, &p->text);
}


static unsigned
aicost_anthropic_listed(const aicost_json_t *j, uint32_t type,
    const char *const *words)
{
    for ( /* void */ ; *words; words++) {
        if (aicost_json_is(j, type, *words)) {
            return 1;
        }
    }

    return 0;
}


static int
aicost_anthropic_odd_block(aicost_anthropic_reader_t *r, uint32_t type)
{
    if (type && aicost_anthropic_listed(r->j, type, aicost_anthropic_server)) {
        return aicost_shape_refused(r->form, "type");
    }

    return aicost_shape_invalid(r->form, "type");
}


/* text, images: what stands anywhere */

static int
aicost_anthropic_plain(aicost_anthropic_reader_t *r, uint32_t block)
{
    uint32_t        type;
    aicost_part_t  *p;

    type = aicost_shape_get(r->j, block, "type");

    if (type == 0) {
        return aicost_anthropic_odd_block(r, type);
    }

    if (aicost_json_is(r->j, type, "image")) {
        return aicost_anthropic_image(r, block);
    }

    if (!aicost_json_is(r->j, type, "text")) {
        return aicost_anthropic_odd_block(r, type);
    }

    p = aicost_anthropic_part(r, AICOST_PART_TEXT);

    if (p == NULL) {
        return AICOST_ERROR;
    }

    return aicost_anthropic_needed(r->form, r->j, block, "text",
                                   AICOST_JSON_STRING, &p->text);
}


static int
aicost_anthropic_document_content(aicost_anthropic_reader_t *r,
    uint32_t content)
{
    uint32_t                   i;
    aicost_piece_t             text;
    const aicost_json_node_t  *nodes;

    nodes = r->j->nodes;

    if (content && nodes[content].type == AICOST_JSON_STRING) {
        text = aicost_piece(r->j, content);
        return aicost_anthropic_text_part(r, &text);
    }

    if (content == 0 || nodes[content].type != AICOST_JSON_ARRAY) {
        return aicost_shape_invalid(r->form, "content");
    }

    for (i = content + 1; i < nodes[content].next; i = nodes[i].next) {
        if (aicost_anthropic_plain(r, i) != AICOST_OK) {
            return AICOST_ERROR;
        }
    }

    return AICOST_OK;
}


/* a document that is text is text, its title before it */

static int
aicost_anthropic_document(aicost_anthropic_reader_t *r, uint32_t block)
{
    uint32_t              source, type;
    aicost_part_t        *p;
    aicost_form_t        *f;
    aicost_piece_t        title, text;
    const aicost_json_t  *j;

    f = r->form;
    j = r->j;

    source = aicost_shape_get(j, block, "source");
    type = source ? aicost_shape_get(j, source, "type") : 0;

    if (type == 0) {
        return aicost_shape_invalid(f, "source");
    }

    if (aicost_anthropic_string(f, j, block, "title", &title) != AICOST_OK) {
        return AICOST_ERROR;
    }

    if (aicost_json_is(j, type, "base64")) {
        p = aicost_anthropic_part(r, AICOST_PART_FILE);

        if (p == NULL) {
            return AICOST_ERROR;
        }

        p->id = title;

        if (aicost_anthropic_needed(f, j, source, "media_type",
                                    AICOST_JSON_STRING, &p->name)
            != AICOST_OK)
        {
            return AICOST_ERROR;
        }

        return aicost_anthropic_needed(f, j, source, "data",
                                       AICOST_JSON_STRING, &p->text);
    }

    if (aicost_json_is(j, type, "url") || aicost_json_is(j, type, "file")) {
        return aicost_shape_refused(f, "source");
    }

    if (title.kind != AICOST_PIECE_NONE
        && aicost_anthropic_text_part(r, &title) != AICOST_OK)
    {
        return AICOST_ERROR;
    }

    if (aicost_json_is(j, type, "content")) {
        return aicost_anthropic_document_content(r,
                                  aicost_shape_get(j, source,
                                                   "content"));
    }

    if (!aicost_json_is(j, type, "text")) {
        return aicost_shape_invalid(f, "source");
    }

    if (aicost_anthropic_needed(f, j, source, "data", AICOST_JSON_STRING,
                                &text)
        != AICOST_OK)
    {
        return AICOST_ERROR;
    }

    return aicost_anthropic_text_part(r, &text);
}


/* a block of a message or of a result, with its cache mark */

static int
aicost_anthropic_marked(aicost_anthropic_reader_t *r, uint32_t block,
    uint32_t type)
{
    int             rc;
    uint8_t         flags;
    uint32_t        before;
    aicost_form_t  *f;

    f = r->form;
    flags = 0;
    before = f->nparts;

    if (aicost_json_is(r->j, type, "document")
        && r->role != AICOST_ROLE_SYSTEM)
    {
        rc = aicost_anthropic_document(r, block);

    } else {
        rc = aicost_anthropic_plain(r, block);
    }

    if (rc != AICOST_OK
        || aicost_anthropic_cache(f, r->j, block, &flags) != AICOST_OK)
    {
        return AICOST_ERROR;
    }

    if (f->nparts > before) {
        f->parts[f->nparts - 1].flags |= flags;
    }

    return AICOST_OK;
}


static int
aicost_anthropic_result(aicost_anthropic_reader_t *r, uint32_t block)
{
    int                        rc;
    uint8_t                    error;
    uint32_t                   i, type, content;
    aicost_part_t             *p;
    const aicost_json_node_t  *nodes;

    nodes = r->j->nodes;
    p = aicost_anthropic_part(r, AICOST_PART_RESULT);

    if (p == NULL
        || aicost_anthropic_needed(r->form, r->j, block, "tool_use_id",
                                   AICOST_JSON_STRING, &p->id) != AICOST_OK
        || aicost_anthropic_flag(r->form, r->j, block, "is_error", &error)
           != AICOST_OK
        || aicost_anthropic_cache(r->form, r->j, block, &p->flags)
           != AICOST_OK)
    {
        return AICOST_ERROR;
    }

    if (error == AICOST_YES) {
        p->flags |= AICOST_PART_ERROR;
    }

    content = aicost_shape_get(r->j, block, "content");

    if (content == 0) {
        return AICOST_OK;
    }

    if (nodes[content].type == AICOST_JSON_STRING) {
        p->text = aicost_piece(r->j, content);
        return AICOST_OK;
    }

    if (nodes[content].type != AICOST_JSON_ARRAY) {
        return aicost_shape_invalid(r->form, "content");
    }

    r->inside = 1;
    rc = AICOST_OK;

    for (i = content + 1; i < nodes[content].next; i = nodes[i].next) {
        type = aicost_shape_get(r->j, i, "type");
        rc = type ? aicost_anthropic_marked(r, i, type)
                  : aicost_anthropic_odd_block(r, type);

        if (rc != AICOST_OK) {
            break;
        }
    }

    r->inside = 0;

    return rc;
}


/* what only an assistant says */

static int
aicost_anthropic_said(aicost_anthropic_reader_t *r, uint32_t block,
    uint32_t type)
{
    aicost_part_t        *p;
    aicost_form_t        *f;
    const aicost_json_t  *j;

    f = r->form;
    j = r->j;

    if (aicost_json_is(j, type, "tool_use")) {
        p = aicost_anthropic_part(r, AICOST_PART_CALL);

        if (p == NULL
            || aicost_anthropic_needed(f, j, block, "id", AICOST_JSON_STRING,
                                       &p->id) != AICOST_OK
            || aicost_anthropic_needed(f, j, block, "name",
                                       AICOST_JSON_STRING, &p->name)
               != AICOST_OK
            || aicost_anthropic_cache(f, j, block, &p->flags) != AICOST_OK)
        {
            return AICOST_ERROR;
        }

        return aicost_anthropic_needed(f, j, block, "input",
                                       AICOST_JSON_OBJECT, &p->text);
    }

    if (aicost_json_is(j, type, "redacted_thinking")) {
        p = aicost_anthropic_part(r, AICOST_PART_REDACTED);

        return p == NULL ? AICOST_ERROR
                         : aicost_anthropic_needed(f, j, block, "data",
                                                   AICOST_JSON_STRING,
                                                   &p->text);
    }

    p = aicost_anthropic_part(r, AICOST_PART_THINKING);

    if (p == NULL
        || aicost_anthropic_string(f, j, block, "signature", &p->id)
           != AICOST_OK)
    {
        return AICOST_ERROR;
    }

    if (p->id.len == 0) {
        memset(&p->id, 0, sizeof(aicost_piece_t));
    }

    return aicost_anthropic_needed(f, j, block, "thinking",
                                   AICOST_JSON_STRING, &p->text);
}


static int
aicost_anthropic_block(aicost_anthropic_reader_t *r, uint32_t block)
{
    uint32_t  type;

    static const char *const  said[] = {
        "tool_use", "thinking", "redacted_thinking", NULL
    };

    type = aicost_shape_get(r->j, block, "type");

    if (type == 0) {
        return aicost_anthropic_odd_block(r, type);
    }

    if (aicost_anthropic_listed(r->j, type, said)) {
        return r->role == AICOST_ROLE_ASSISTANT
               ? aicost_anthropic_said(r, block, type)
               : aicost_shape_invalid(r->form, "type");
    }

    if (aicost_json_is(r->j, type, "tool_result")) {
        return r->role == AICOST_ROLE_USER
               ? aicost_anthropic_result(r, block)
               : aicost_shape_invalid(r->form, "type");
    }

    return aicost_anthropic_marked(r, block, type);
}


/* a string or blocks */

static int
aicost_anthropic_content(aicost_anthropic_reader_t *r, uint32_t content,
    const char *name)
{
    uint32_t                   i;
    aicost_piece_t             text;
    const aicost_json_node_t  *nodes;

    nodes = r->j->nodes;

    if (nodes[content].type == AICOST_JSON_STRING) {
        text = aicost_piece(r->j, content);
        return aicost_anthropic_text_part(r, &text);
    }

    if (nodes[content].type != AICOST_JSON_ARRAY) {
        return aicost_shape_invalid(r->form, name);
    }

    for (i = content + 1; i < nodes[content].next; i = nodes[i].next) {
        if (aicost_anthropic_block(r, i) != AICOST_OK) {
            return AICOST_ERROR;
        }
    }

    return AICOST_OK;
}


static int
aicost_anthropic_message(aicost_anthropic_reader_t *r, uint32_t message)
{
    uint32_t  role, content;

    role = aicost_shape_get(r->j, message, "role");
    content = aicost_shape_get(r->j, message, "content");

    if (role == 0) {
        return r->j->nodes[message].type == AICOST_JSON_OBJECT
               ? aicost_form_fail(r->form, AICOST_R_MISSING_PARAMETER, "role")
               : aicost_shape_invalid(r->form, "messages");
    }

    if (aicost_json_is(r->j, role, "user")) {
        r->role = AICOST_ROLE_USER;

    } else if (aicost_json_is(r->j, role, "assistant")) {
        r->role = AICOST_ROLE_ASSISTANT;

    } else if (aicost_json_is(r->j, role, "system")) {
        r->role = AICOST_ROLE_SYSTEM;

    } else {
        return aicost_shape_invalid(r->form, "role");
    }

    if (content == 0) {
        return aicost_form_fail(r->form, AICOST_R_MISSING_PARAMETER,
                                "content");
    }

    return aicost_anthropic_content(r, content, "content");
}


int
aicost_anthropic_messages(aicost_form_t *f, const aicost_json_t *j)
{
    uint32_t                    i, system, messages;
    const aicost_json_node_t   *nodes;
    aicost_anthropic_reader_t   r;

    memset(&r, 0, sizeof(aicost_anthropic_reader_t));

    r.form = f;
    r.j = j;
    r.role = AICOST_ROLE_SYSTEM;

    nodes = j->nodes;
    system = aicost_shape_get(j, 0, "system");
    messages = aicost_shape_get(j, 0, "messages");

    if (messages == 0) {
        return aicost_form_fail(f, AICOST_R_MISSING_PARAMETER, "messages");
    }

    if (nodes[messages].type != AICOST_JSON_ARRAY
        || nodes[messages].count == 0)
    {
        return aicost_shape_invalid(f, "messages");
    }

    if (nodes[messages].count > AICOST_MAX_MESSAGES) {
        return aicost_form_fail(f, AICOST_R_TOO_MANY_MESSAGES, "messages");
    }

    if (system
        && aicost_anthropic_content(&r, system, "system") != AICOST_OK)
    {
        return AICOST_ERROR;
    }

    for (i = messages + 1; i < nodes[messages].next; i = nodes[i].next) {
        if (aicost_anthropic_message(&r, i) != AICOST_OK) {
            return AICOST_ERROR;
        }
    }

    return AICOST_OK;
}
