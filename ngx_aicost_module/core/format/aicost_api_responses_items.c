
/*
 * Copyright (C) aicost
 *
 * The input of OpenAI's Responses, read into the form: messages, calls,
 * their outputs and reasoning, each an item of its own.
 */


#include "aicost_api_responses_int.h"


static int aicost_responses_item(aicost_form_t *f, const aicost_json_t *j,
    uint32_t node);
static int aicost_responses_message(aicost_form_t *f, const aicost_json_t *j,
    uint32_t node);
static int aicost_responses_part(aicost_form_t *f, const aicost_json_t *j,
    uint32_t node, aicost_role_e role, uint8_t flags);
static int aicost_responses_image(aicost_form_t *f, const aicost_json_t *j,
    uint32_t node, aicost_part_t *p);
static int aicost_responses_file(aicost_form_t *f, const aicost_json_t *j,
    uint32_t node, aicost_part_t *p);
static int aicost_responses_call(aicost_form_t *f, const aicost_json_t *j,
    uint32_t node);
static int aicost_responses_output(aicost_form_t *f, const aicost_json_t *j,
    uint32_t node);
static int aicost_responses_thoughts(aicost_form_t *f, const aicost_json_t *j,
    uint32_t node);
static int aicost_responses_shown(aicost_form_t *f, const aicost_json_t *j,
    uint32_t node, uint32_t *n);


int
aicost_responses_items(aicost_form_t *f, const aicost_json_t *j,
    uint32_t node)
{
    if (aicost_chat_is_string(j, node)) {
        return aicost_chat_content(f, j, node, AICOST_ROLE_USER,
                                   AICOST_PART_FIRST, aicost_responses_part);
    }

    return aicost_chat_each(f, j, node, "input", aicost_responses_item);
}


static int
aicost_responses_item(aicost_form_t *f, const aicost_json_t *j, uint32_t node)
{
    size_t    i;
    uint32_t  type;

    static const struct {
        const char  *type;
        int        (*read)(aicost_form_t *f, const aicost_json_t *j,
                           uint32_t node);
    } items[] = {
        { "message", aicost_responses_message },
        { "function_call", aicost_responses_call },
        { "function_call_output", aicost_responses_output },
        { "reasoning", aicost_responses_thoughts }
    };

    type = aicost_json_get(j, node, "type");

    if (aicost_chat_is_null(j, type)) {
        return aicost_responses_message(f, j, node);
    }

    if (!aicost_chat_is_string(j, type)) {
        return aicost_form_fail(f, AICOST_R_INVALID_PARAMETER, "type");
    }

    for (i = 0; i < sizeof(items) / sizeof(items[0]); i++) {
        if (aicost_json_is(j, type, items[i].type)) {
            return items[i].read(f, j, node);
        }
    }

    /* item_reference, and the calls of built-in tools */

    return aicost_form_fail(f, AICOST_R_PARAMETER_NOT_ALLOWED, "input");
}


static int
aicost_responses_message(aicost_form_t *f, const aicost_json_t *j,
    uint32_t node)
{
    size_t          i, n;
    uint32_t        role, first;
    aicost_part_t  *p;

    static const struct {
        const char     *word;
        aicost_role_e   role;
    } roles[] = {
        { "user", AICOST_ROLE_USER },
        { "assistant", AICOST_ROLE_ASSISTANT },
        { "system", AICOST_ROLE_SYSTEM },
        { "developer", AICOST_ROLE_SYSTEM }
    };

    n = sizeof(roles) / sizeof(roles[0]);
    role = aicost_json_get(j, node, "role");
    first = f->nparts;

    if (!aicost_chat_is_string(j, role)) {
        return aicost_form_fail(f, AICOST_R_INVALID_PARAMETER, "role");
    }

    for (i = 0; i < n && !aicost_json_is(j, role, roles[i].word); i++) {
        /* void */
    }

    if (i == n) {
        return aicost_form_fail(f, AICOST_R_INVALID_PARAMETER, "role");
    }

    node = aicost_json_get(j, node, "content");

    if (aicost_chat_content(f, j, node, roles[i].role, 0,
                            aicost_responses_part)
        != AICOST_OK)
    {
        return AICOST_ERROR;
    }

    if (f->nparts == first) {
        p = aicost_form_part(f, roles[i].role, AICOST_PART_TEXT);

        if (p == NULL) {
            return AICOST_ERROR;
        }

        p->text = aicost_piece_word("");
    }

    /* what the assistant says goes on with its calls, and with its next items:
       chat has one message of them */

    if (roles[i].role != AICOST_ROLE_ASSISTANT || first == 0
        || f->parts[first - 1].role != AICOST_ROLE_ASSISTANT)
    {
        f->parts[first].flags |= AICOST_PART_FIRST;
    }

    return AICOST_OK;
}


static int
aicost_responses_part(aicost_form_t *f, const aicost_json_t *j, uint32_t node,
    aicost_role_e role, uint8_t flags)
{
    size_t          i, n;
    uint32_t        type, value;
    aicost_part_t  *p;

    static const struct {
        const char     *type;
        const char     *member;
        aicost_part_e   kind;
        int           (*read)(aicost_form_t *f, const aicost_json_t *j,
                              uint32_t node, aicost_part_t *p);
    } kinds[] = {
        { "input_text", "text", AICOST_PART_TEXT, NULL },
        { "output_text", "text", AICOST_PART_TEXT, NULL },
        { "text", "text", AICOST_PART_TEXT, NULL },
        { "refusal", "refusal", AICOST_PART_REFUSAL, NULL },
        { "input_image", "", AICOST_PART_IMAGE, aicost_responses_image },
        { "input_file", "", AICOST_PART_FILE, aicost_responses_file }
    };

    n = sizeof(kinds) / sizeof(kinds[0]);
    type = aicost_json_get(j, node, "type");

    if (!aicost_chat_is_string(j, type)) {
        return aicost_form_fail(f, AICOST_R_INVALID_PARAMETER, "type");
    }

    for (i = 0; i < n && !aicost_json_is(j, type, kinds[i].type); i++) {
        /* void */
    }

    if (i == n
        || (kinds[i].kind == AICOST_PART_REFUSAL
            && role != AICOST_ROLE_ASSISTANT)
        || (kinds[i].read && role != AICOST_ROLE_USER
            && role != AICOST_ROLE_TOOL))
    {
        return aicost_form_fail(f, AICOST_R_PARAMETER_NOT_ALLOWED, "content");
    }

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
        return kinds[i].read(f, j, node, p);
    }

    value = aicost_json_get(j, node, kinds[i].member);

    if (!aicost_chat_is_string(j, value)) {
        return aicost_form_fail(f, AICOST_R_INVALID_PARAMETER,
                                kinds[i].member);
    }

    p->text = aicost_piece(j, value);

    return AICOST_OK;
}


static int
aicost_responses_image(aicost_form_t *f, const aicost_json_t *j, uint32_t node,
    aicost_part_t *p)
{
    static const char *const  refused[] = { "file_id", NULL };

    if (aicost_shape_refuse(f, j, node, refused) != AICOST_OK
        || aicost_shape_string(f, j, node, "detail", &p->more) != AICOST_OK
        || aicost_shape_string(f, j, node, "image_url", &p->text) != AICOST_OK)
    {
        return AICOST_ERROR;
    }

    if (aicost_piece_is(&p->more, "auto")) {
        p->more.kind = AICOST_PIECE_NONE;
    }

    if (p->text.kind == AICOST_PIECE_NONE) {
        return aicost_form_fail(f, AICOST_R_INVALID_PARAMETER, "image_url");
    }

    switch (aicost_form_data_url(&p->text, &p->name, &p->text)) {

    case AICOST_OK:
        return AICOST_OK;

    case AICOST_DECLINED:
        if ((p->text.len > 6 && memcmp(p->text.data, "https:", 6) == 0)
            || (p->text.len > 5 && memcmp(p->text.data, "http:", 5) == 0))
        {
            p->flags |= AICOST_PART_URL;
            return AICOST_OK;
        }

        /* fall through */

    default:
        return aicost_form_fail(f, AICOST_R_INVALID_PARAMETER, "image_url");
    }
}


static int
aicost_responses_file(aicost_form_t *f, const aicost_json_t *j, uint32_t node,
    aicost_part_t *p)
{
    static const char *const  refused[] = { "file_id", "file_url", NULL };

    if (aicost_shape_refuse(f, j, node, refused) != AICOST_OK
        || aicost_shape_string(f, j, node, "filename", &p->id) != AICOST_OK
        || aicost_shape_string(f, j, node, "file_data", &p->text) != AICOST_OK)
    {
        return AICOST_ERROR;
    }

    if (p->text.kind == AICOST_PIECE_NONE
        || aicost_form_data_url(&p->text, &p->name, &p->text) == AICOST_ERROR)
    {
        return aicost_form_fail(f, AICOST_R_INVALID_PARAMETER, "file_data");
    }

    return AICOST_OK;
}


static int
aicost_responses_call(aicost_form_t *f, const aicost_json_t *j, uint32_t node)
{
    uint32_t        args;
    aicost_part_t  *p;

    p = aicost_form_part(f, AICOST_ROLE_ASSISTANT, AICOST_PART_CALL);

    if (p == NULL
        || aicost_shape_string(f, j, node, "call_id", &p->id) != AICOST_OK
        || aicost_shape_string(f, j, node, "name", &p->name) != AICOST_OK)
    {
        return AICOST_ERROR;
    }

    if (p->id.kind == AICOST_PIECE_NONE) {
        return aicost_form_fail(f, AICOST_R_MISSING_PARAMETER, "call_id");
    }

    if (p->name.kind == AICOST_PIECE_NONE) {
        return aicost_form_fail(f, AICOST_R_MISSING_PARAMETER, "name");
    }

    if (f->nparts == 1 || p[-1].role != AICOST_ROLE_ASSISTANT) {
        p->flags = AICOST_PART_FIRST;
    }

    args = aicost_json_get(j, node, "arguments");

    if (aicost_chat_is_null(j, args)) {
        p->text = aicost_piece_word("{}");
        return AICOST_OK;
    }

    if (!aicost_chat_is_string(j, args)) {
        return aicost_form_fail(f, AICOST_R_INVALID_PARAMETER, "arguments");
    }

    p->text = aicost_piece(j, args);

    return AICOST_OK;
}


static int
aicost_responses_output(aicost_form_t *f, const aicost_json_t *j,
    uint32_t node)
{
    uint32_t        first;
    aicost_part_t  *p;

    first = f->nparts;
    p = aicost_form_part(f, AICOST_ROLE_TOOL, AICOST_PART_RESULT);

    if (p == NULL
        || aicost_shape_string(f, j, node, "call_id", &p->id) != AICOST_OK)
    {
        return AICOST_ERROR;
    }

    if (p->id.kind == AICOST_PIECE_NONE) {
        return aicost_form_fail(f, AICOST_R_MISSING_PARAMETER, "call_id");
    }

    p->flags = AICOST_PART_FIRST;

    if (aicost_chat_content(f, j, aicost_json_get(j, node, "output"),
                            AICOST_ROLE_TOOL, AICOST_PART_INSIDE,
                            aicost_responses_part)
        != AICOST_OK)
    {
        return AICOST_ERROR;
    }

    if (f->nparts - first == 1) {
        p->text = aicost_piece_word("");

    } else if (f->nparts - first == 2 && p[1].kind == AICOST_PART_TEXT) {
        p->text = p[1].text;
        p->flags |= p[1].flags & AICOST_PART_CACHE;
        f->nparts--;
    }

    return AICOST_OK;
}


/* what was shown of the thoughts, and what only their maker reads; neither:
   nothing was said */

static int
aicost_responses_thoughts(aicost_form_t *f, const aicost_json_t *j,
    uint32_t node)
{
    uint32_t         i, n, first;
    aicost_part_t   *p;
    aicost_piece_t   id, seal;

    memset(&id, 0, sizeof(aicost_piece_t));
    memset(&seal, 0, sizeof(aicost_piece_t));

    first = f->nparts;
    n = 0;

    if (aicost_shape_string(f, j, node, "id", &id) != AICOST_OK
        || aicost_shape_string(f, j, node, "encrypted_content", &seal)
           != AICOST_OK
        || aicost_responses_shown(f, j, aicost_json_get(j, node, "summary"),
                                  &n) != AICOST_OK
        || (n == 0
            && aicost_responses_shown(f, j, aicost_json_get(j, node,
                                                            "content"), &n)
               != AICOST_OK))
    {
        return AICOST_ERROR;
    }

    if (n == 0) {
        if (seal.kind == AICOST_PIECE_NONE) {
            return AICOST_OK;
        }

        p = aicost_form_part(f, AICOST_ROLE_ASSISTANT, AICOST_PART_REDACTED);

        if (p == NULL) {
            return AICOST_ERROR;
        }

        p->text = seal;

    } else {
        f->parts[f->nparts - 1].id = seal;
    }

    for (i = first; i < f->nparts; i++) {
        f->parts[i].more = id;
    }

    if (first == 0 || f->parts[first - 1].role != AICOST_ROLE_ASSISTANT) {
        f->parts[first].flags |= AICOST_PART_FIRST;
    }

    return AICOST_OK;
}


static int
aicost_responses_shown(aicost_form_t *f, const aicost_json_t *j,
    uint32_t node, uint32_t *n)
{
    uint32_t        i, text;
    aicost_part_t  *p;

    if (aicost_chat_is_null(j, node)) {
        return AICOST_OK;
    }

    if (j->nodes[node].type != AICOST_JSON_ARRAY) {
        return aicost_form_fail(f, AICOST_R_INVALID_PARAMETER, "summary");
    }

    for (i = node + 1; i < j->nodes[node].next; i = j->nodes[i].next) {
        text = aicost_json_get(j, i, "text");

        if (!aicost_chat_is_string(j, text)) {
            return aicost_form_fail(f, AICOST_R_INVALID_PARAMETER, "summary");
        }

        p = aicost_form_part(f, AICOST_ROLE_ASSISTANT, AICOST_PART_THINKING);

        if (p == NULL) {
            return AICOST_ERROR;
        }

        p->text = aicost_piece(j, text);
        (*n)++;
    }

    return AICOST_OK;
}
