
/*
 * Copyright (C) aicost
 *
 * The messages of OpenAI's chat completions, read into the form.
 */


#include "aicost_api_openai_int.h"


static int aicost_chat_message(aicost_form_t *f, const aicost_json_t *j,
    uint32_t node);
static int aicost_chat_said(aicost_form_t *f, const aicost_json_t *j,
    uint32_t node, aicost_role_e role);
static int aicost_chat_name(aicost_form_t *f, const aicost_json_t *j,
    uint32_t node, uint32_t first);
static int aicost_chat_thinking(aicost_form_t *f, const aicost_json_t *j,
    uint32_t node);
static int aicost_chat_part(aicost_form_t *f, const aicost_json_t *j,
    uint32_t node, aicost_role_e role, uint8_t flags);
static int aicost_chat_image(aicost_form_t *f, const aicost_json_t *j,
    uint32_t node, aicost_part_t *p);
static int aicost_chat_file(aicost_form_t *f, const aicost_json_t *j,
    uint32_t node, aicost_part_t *p);
static int aicost_chat_audio(aicost_form_t *f, const aicost_json_t *j,
    uint32_t node, aicost_part_t *p);
static int aicost_chat_calls(aicost_form_t *f, const aicost_json_t *j,
    uint32_t node);
static int aicost_chat_called(aicost_form_t *f, const aicost_json_t *j,
    uint32_t node);
static int aicost_chat_result(aicost_form_t *f, const aicost_json_t *j,
    uint32_t node);
static unsigned aicost_chat_starts(const aicost_piece_t *p, const char *word);


int
aicost_chat_messages(aicost_form_t *f, const aicost_json_t *j, uint32_t node)
{
    return aicost_chat_each(f, j, node, "messages", aicost_chat_message);
}


int
aicost_chat_each(aicost_form_t *f, const aicost_json_t *j, uint32_t node,
    const char *name, aicost_chat_read_pt read)
{
    uint32_t                   i;
    const aicost_json_node_t  *n;

    n = &j->nodes[node];

    if (n->type != AICOST_JSON_ARRAY || n->count == 0) {
        return aicost_form_fail(f, AICOST_R_INVALID_PARAMETER, name);
    }

    if (n->count > AICOST_MAX_MESSAGES) {
        return aicost_form_fail(f, AICOST_R_TOO_MANY_MESSAGES, name);
    }

    for (i = node + 1; i < n->next; i = j->nodes[i].next) {
        if (j->nodes[i].type != AICOST_JSON_OBJECT) {
            return aicost_form_fail(f, AICOST_R_INVALID_PARAMETER, name);
        }

        if (read(f, j, i) != AICOST_OK) {
            return AICOST_ERROR;
        }
    }

    return AICOST_OK;
}


static int
aicost_chat_message(aicost_form_t *f, const aicost_json_t *j, uint32_t node)
{
    size_t    i;
    uint32_t  role;

    static const struct {
        const char     *word;
        aicost_role_e   role;
    } roles[] = {
        { "user", AICOST_ROLE_USER },
        { "assistant", AICOST_ROLE_ASSISTANT },
        { "system", AICOST_ROLE_SYSTEM },
        { "developer", AICOST_ROLE_SYSTEM }
    };

    role = aicost_json_get(j, node, "role");

    if (!aicost_chat_is_string(j, role)) {
        return aicost_form_fail(f, AICOST_R_INVALID_PARAMETER, "role");
    }

    if (aicost_json_is(j, role, "tool")) {
        return aicost_chat_result(f, j, node);
    }

    for (i = 0; i < sizeof(roles) / sizeof(roles[0]); i++) {
        if (aicost_json_is(j, role, roles[i].word)) {
            return aicost_chat_said(f, j, node, roles[i].role);
        }
    }

    /* the older role of a result, "function", has no id to be known by */

    return aicost_form_fail(f, aicost_json_is(j, role, "function")
                               ? AICOST_R_PARAMETER_NOT_ALLOWED
                               : AICOST_R_INVALID_PARAMETER, "role");
}


/* thinking, content, refusal, calls: always in this order */

static int
aicost_chat_said(aicost_form_t *f, const aicost_json_t *j, uint32_t node,
    aicost_role_e role)
{
    uint32_t        first, at, last;
    aicost_part_t  *p;
    aicost_piece_t  refusal;

    static const char *const  refused[] = { "audio", "function_call", NULL };

    first = f->nparts;
    memset(&refusal, 0, sizeof(aicost_piece_t));

    if (role == AICOST_ROLE_ASSISTANT
        && (aicost_shape_refuse(f, j, node, refused) != AICOST_OK
            || aicost_chat_thinking(f, j, node) != AICOST_OK
            || aicost_shape_string(f, j, node, "refusal", &refusal)
               != AICOST_OK))
    {
        return AICOST_ERROR;
    }

    at = f->nparts;

    if (aicost_chat_content(f, j, aicost_json_get(j, node, "content"), role, 0,
                            aicost_chat_part)
        != AICOST_OK)
    {
        return AICOST_ERROR;
    }

    last = f->nparts;

    if (refusal.kind != AICOST_PIECE_NONE) {
        p = aicost_form_part(f, role, AICOST_PART_REFUSAL);

        if (p == NULL) {
            return AICOST_ERROR;
        }

        p->text = refusal;
    }

    if (role == AICOST_ROLE_ASSISTANT
        && aicost_chat_calls(f, j, aicost_json_get(j, node, "tool_calls"))
           != AICOST_OK)
    {
        return AICOST_ERROR;
    }

    if (f->nparts == first) {
        p = aicost_form_part(f, role, AICOST_PART_TEXT);

        if (p == NULL) {
            return AICOST_ERROR;
        }

        p->text = aicost_piece_word("");
    }

    if (aicost_chat_name(f, j, node, first) != AICOST_OK) {
        return AICOST_ERROR;
    }

    /* beside other parts an empty text says nothing */

    p = &f->parts[at];

    if (last - at == 1 && f->nparts - first > 1
        && p->kind == AICOST_PART_TEXT && p->text.len == 0 && p->flags == 0
        && p->name.kind == AICOST_PIECE_NONE)
    {
        f->nparts--;
        memmove(p, p + 1, (f->nparts - at) * sizeof(aicost_part_t));
    }

    f->parts[first].flags |= AICOST_PART_FIRST;

    return AICOST_OK;
}


/* who of several speaks: kept at the first text */

static int
aicost_chat_name(aicost_form_t *f, const aicost_json_t *j, uint32_t node,
    uint32_t first)
{
    uint32_t        i;
    aicost_piece_t  name;

    memset(&name, 0, sizeof(aicost_piece_t));

    if (aicost_shape_string(f, j, node, "name", &name) != AICOST_OK) {
        return AICOST_ERROR;
    }

    for (i = first; i < f->nparts; i++) {
        if (f->parts[i].kind == AICOST_PART_TEXT) {
            f->parts[i].name = name;
            break;
        }
    }

    return AICOST_OK;
}


static int
aicost_chat_thinking(aicost_form_t *f, const aicost_json_t *j, uint32_t node)
{
    aicost_part_t   *p;
    aicost_piece_t   text;

    memset(&text, 0, sizeof(aicost_piece_t));

    if (aicost_shape_string(f, j, node, "reasoning", &text) != AICOST_OK
        || aicost_shape_string(f, j, node, "reasoning_content", &text)
           != AICOST_OK)
    {
        return AICOST_ERROR;
    }

    if (text.len == 0) {
        return AICOST_OK;
    }

    p = aicost_form_part(f, AICOST_ROLE_ASSISTANT, AICOST_PART_THINKING);

    if (p == NULL) {
        return AICOST_ERROR;
    }

    p->text = text;

    return AICOST_OK;
}


int
aicost_chat_content(aicost_form_t *f, const aicost_json_t *j, uint32_t node,
    aicost_role_e role, uint8_t flags, aicost_chat_part_pt part)
{
    uint32_t        i;
    aicost_part_t  *p;

    if (aicost_chat_is_null(j, node)) {
        return AICOST_OK;
    }

    if (aicost_chat_is_string(j, node)) {
        p = aicost_form_part(f, role, AICOST_PART_TEXT);

        if (p == NULL) {
            return AICOST_ERROR;
        }

        p->text = aicost_piece(j, node);
        p->flags = flags;

        return AICOST_OK;
    }

    if (j->nodes[node].type != AICOST_JSON_ARRAY) {
        return aicost_form_fail(f, AICOST_R_INVALID_PARAMETER, "content");
    }

    for (i = node + 1; i < j->nodes[node].next; i = j->nodes[i].next) {
        if (part(f, j, i, role, flags) != AICOST_OK) {
            return AICOST_ERROR;
        }
    }

    return AICOST_OK;
}


static int
aicost_chat_part(aicost_form_t *f, const aicost_json_t *j, uint32_t node,
    aicost_role_e role, uint8_t flags)
{
    size_t          i;
    uint32_t        type, value;
    aicost_part_t  *p;

    static const struct {
        const char     *word;
        aicost_part_e   kind;
        int           (*read)(aicost_form_t *f, const aicost_json_t *j,
                              uint32_t node, aicost_part_t *p);
    } kinds[] = {
        { "text", AICOST_PART_TEXT, NULL },
        { "refusal", AICOST_PART_REFUSAL, NULL },
        { "image_url", AICOST_PART_IMAGE, aicost_chat_image },
        { "file", AICOST_PART_FILE, aicost_chat_file },
        { "input_audio", AICOST_PART_AUDIO, aicost_chat_audio }
    };

    type = aicost_json_get(j, node, "type");

    if (!aicost_chat_is_string(j, type)) {
        return aicost_form_fail(f, AICOST_R_INVALID_PARAMETER, "type");
    }

    for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (aicost_json_is(j, type, kinds[i].word)) {
            break;
        }
    }

    if (i == sizeof(kinds) / sizeof(kinds[0])
        || (kinds[i].kind == AICOST_PART_REFUSAL
            && role != AICOST_ROLE_ASSISTANT)
        || (kinds[i].read && role != AICOST_ROLE_USER))
    {
        return aicost_form_fail(f, AICOST_R_PARAMETER_NOT_ALLOWED, "type");
    }

    value = aicost_json_get(j, node, kinds[i].word);
    p = aicost_form_part(f, role, kinds[i].kind);

    if (p == NULL) {
        return AICOST_ERROR;
    }

    p->flags = flags;

    if (!aicost_chat_is_null(j, aicost_json_get(j, node,
                                                "prompt_cache_breakpoint")))
    {
        p->flags |= AICOST_PART_CACHE;
    }

    if (kinds[i].read) {
        return kinds[i].read(f, j, value, p);
    }

    if (!aicost_chat_is_string(j, value)) {
        return aicost_form_fail(f, AICOST_R_INVALID_PARAMETER, kinds[i].word);
    }

    p->text = aicost_piece(j, value);

    return AICOST_OK;
}


/* Mistral takes the URL without an object around it */

static int
aicost_chat_image(aicost_form_t *f, const aicost_json_t *j, uint32_t node,
    aicost_part_t *p)
{
    int  rc;

    static const char *const  refused[] = { "file_id", NULL };

    if (node && j->nodes[node].type == AICOST_JSON_OBJECT) {
        if (aicost_shape_refuse(f, j, node, refused) != AICOST_OK
            || aicost_shape_string(f, j, node, "detail", &p->more) != AICOST_OK)
        {
            return AICOST_ERROR;
        }

        if (aicost_piece_is(&p->more, "auto")) {
            p->more.kind = AICOST_PIECE_NONE;
        }

        node = aicost_json_get(j, node, "url");
    }

    if (!aicost_chat_is_string(j, node)) {
        return aicost_form_fail(f, AICOST_R_INVALID_PARAMETER, "image_url");
    }

    p->text = aicost_piece(j, node);
    rc = aicost_form_data_url(&p->text, &p->name, &p->text);

    if (rc == AICOST_OK) {
        return AICOST_OK;
    }

    if (rc == AICOST_ERROR
        || (!aicost_chat_starts(&p->text, "https:")
            && !aicost_chat_starts(&p->text, "http:")))
    {
        return aicost_form_fail(f, AICOST_R_INVALID_PARAMETER, "url");
    }

    p->flags |= AICOST_PART_URL;

    return AICOST_OK;
}


static int
aicost_chat_file(aicost_form_t *f, const aicost_json_t *j, uint32_t node,
    aicost_part_t *p)
{
    static const char *const  refused[] = { "file_id", NULL };

    if (node == 0 || j->nodes[node].type != AICOST_JSON_OBJECT) {
        return aicost_form_fail(f, AICOST_R_INVALID_PARAMETER, "file");
    }

    if (aicost_shape_refuse(f, j, node, refused) != AICOST_OK
        || aicost_shape_string(f, j, node, "filename", &p->id) != AICOST_OK
        || aicost_shape_string(f, j, node, "file_data", &p->text) != AICOST_OK)
    {
        return AICOST_ERROR;
    }

    /* base64 may stand there alone too */

    if (p->text.kind == AICOST_PIECE_NONE
        || aicost_form_data_url(&p->text, &p->name, &p->text) == AICOST_ERROR)
    {
        return aicost_form_fail(f, AICOST_R_INVALID_PARAMETER, "file_data");
    }

    return AICOST_OK;
}


static int
aicost_chat_audio(aicost_form_t *f, const aicost_json_t *j, uint32_t node,
    aicost_part_t *p)
{
    if (node == 0 || j->nodes[node].type != AICOST_JSON_OBJECT) {
        return aicost_form_fail(f, AICOST_R_INVALID_PARAMETER, "input_audio");
    }

    if (aicost_shape_string(f, j, node, "data", &p->text) != AICOST_OK
        || aicost_shape_string(f, j, node, "format", &p->name) != AICOST_OK)
    {
        return AICOST_ERROR;
    }

    if (p->text.kind == AICOST_PIECE_NONE || p->name.kind == AICOST_PIECE_NONE)
    {
        return aicost_form_fail(f, AICOST_R_INVALID_PARAMETER, "input_audio");
    }

    return AICOST_OK;
}


static int
aicost_chat_calls(aicost_form_t *f, const aicost_json_t *j, uint32_t node)
{
    uint32_t  i;

    if (aicost_chat_is_null(j, node)) {
        return AICOST_OK;
    }

    if (j->nodes[node].type != AICOST_JSON_ARRAY) {
        return aicost_form_fail(f, AICOST_R_INVALID_PARAMETER, "tool_calls");
    }

    for (i = node + 1; i < j->nodes[node].next; i = j->nodes[i].next) {
        if (aicost_chat_called(f, j, i) != AICOST_OK) {
            return AICOST_ERROR;
        }
    }

    return AICOST_OK;
}


static int
aicost_chat_called(aicost_form_t *f, const aicost_json_t *j, uint32_t node)
{
    uint32_t        type, args;
    aicost_part_t  *p;

    type = aicost_json_get(j, node, "type");

    if (!aicost_chat_is_null(j, type) && !aicost_json_is(j, type, "function")) {
        return aicost_form_fail(f, AICOST_R_PARAMETER_NOT_ALLOWED,
                                "tool_calls");
    }

    p = aicost_form_part(f, AICOST_ROLE_ASSISTANT, AICOST_PART_CALL);

    if (p == NULL
        || aicost_shape_string(f, j, node, "id", &p->id) != AICOST_OK)
    {
        return AICOST_ERROR;
    }

    node = aicost_json_get(j, node, "function");

    if (node == 0
        || aicost_shape_string(f, j, node, "name", &p->name) != AICOST_OK
        || p->id.kind == AICOST_PIECE_NONE
        || p->name.kind == AICOST_PIECE_NONE)
    {
        return aicost_form_fail(f, AICOST_R_INVALID_PARAMETER, "tool_calls");
    }

    args = aicost_json_get(j, node, "arguments");

    if (aicost_chat_is_null(j, args)) {
        p->text = aicost_piece_word("{}");
        return AICOST_OK;
    }

    /* Mistral has them as an object too */

    if (j->nodes[args].type != AICOST_JSON_STRING
        && j->nodes[args].type != AICOST_JSON_OBJECT)
    {
        return aicost_form_fail(f, AICOST_R_INVALID_PARAMETER, "arguments");
    }

    p->text = aicost_piece(j, args);

    return AICOST_OK;
}


static int
aicost_chat_result(aicost_form_t *f, const aicost_json_t *j, uint32_t node)
{
    uint32_t        first;
    aicost_part_t  *p;

    first = f->nparts;
    p = aicost_form_part(f, AICOST_ROLE_TOOL, AICOST_PART_RESULT);

    if (p == NULL
        || aicost_shape_string(f, j, node, "tool_call_id", &p->id) != AICOST_OK
        || aicost_shape_string(f, j, node, "name", &p->name) != AICOST_OK)
    {
        return AICOST_ERROR;
    }

    if (p->id.kind == AICOST_PIECE_NONE) {
        return aicost_form_fail(f, AICOST_R_MISSING_PARAMETER, "tool_call_id");
    }

    p->flags = AICOST_PART_FIRST;

    if (aicost_chat_content(f, j, aicost_json_get(j, node, "content"),
                            AICOST_ROLE_TOOL, AICOST_PART_INSIDE,
                            aicost_chat_part)
        != AICOST_OK)
    {
        return AICOST_ERROR;
    }

    switch (f->nparts - first) {

    case 1:
        p->text = aicost_piece_word("");
        break;

    case 2:
        p->text = p[1].text;
        p->flags |= p[1].flags & AICOST_PART_CACHE;
        f->nparts--;
        break;

    default:
        break;
    }

    return AICOST_OK;
}


static unsigned
aicost_chat_starts(const aicost_piece_t *p, const char *word)
{
    uint32_t  i;

    for (i = 0; word[i]; i++) {
        if (i == p->len || (p->data[i] | 0x20) != (word[i] | 0x20)) {
            return 0;
        }
    }

    return 1;
}
