
/*
 * Copyright (C) aicost
 *
 * What the readers of the API shapes do alike.
 */


#include "aicost_format.h"


int
aicost_reader_invalid(aicost_reader_t *r, const char *name)
{
    return aicost_reader_fail(r, AICOST_R_INVALID_PARAMETER, name);
}


int
aicost_reader_refuse(aicost_reader_t *r, const char *name)
{
    return aicost_reader_fail(r, AICOST_R_PARAMETER_NOT_ALLOWED, name);
}


int
aicost_reader_word(aicost_reader_t *r, const char *name, uint32_t value,
    const char *const *words, const char *refused)
{
    if (r->j->nodes[value].type != AICOST_JSON_STRING) {
        return aicost_reader_invalid(r, name);
    }

    for ( /* void */ ; words && *words; words++) {
        if (aicost_json_is(r->j, value, *words)) {
            return AICOST_OK;
        }
    }

    return words ? aicost_reader_refuse(r, refused) : AICOST_OK;
}


int
aicost_reader_array(aicost_reader_t *r, uint32_t array, const char *name,
    const aicost_member_t *members, aicost_read_pt read)
{
    uint32_t                   i;
    const aicost_json_node_t  *nodes;

    nodes = r->j->nodes;

    if (nodes[array].type == AICOST_JSON_NULL) {
        return AICOST_OK;
    }

    if (nodes[array].type != AICOST_JSON_ARRAY) {
        return aicost_reader_invalid(r, name);
    }

    for (i = array + 1; i < nodes[array].next; i = nodes[i].next) {
        if (aicost_reader_object(r, i, name, members, read) != AICOST_OK) {
            return AICOST_ERROR;
        }
    }

    return AICOST_OK;
}


int
aicost_reader_messages(aicost_reader_t *r, const char *name, uint32_t value)
{
    const aicost_json_node_t  *n;

    n = &r->j->nodes[value];

    if (n->type == AICOST_JSON_NULL) {
        return AICOST_DECLINED;
    }

    if (n->type != AICOST_JSON_ARRAY || n->count == 0) {
        return aicost_reader_invalid(r, name);
    }

    if (n->count > AICOST_MAX_MESSAGES) {
        return aicost_reader_fail(r, AICOST_R_TOO_MANY_MESSAGES, name);
    }

    r->found = 1;
    r->q->text.messages += n->count;

    return AICOST_OK;
}


int
aicost_reader_tools(aicost_reader_t *r, uint32_t array, const char *name,
    const aicost_member_t *members, aicost_read_pt read, unsigned typed)
{
    uint32_t                   i;
    const aicost_json_node_t  *n;

    n = &r->j->nodes[array];

    if (aicost_reader_array(r, array, name, members, read) != AICOST_OK) {
        return AICOST_ERROR;
    }

    if (n->type == AICOST_JSON_NULL || n->count == 0) {
        return AICOST_OK;
    }

    for (i = array + 1; typed && i < n->next; i = r->j->nodes[i].next) {
        if (aicost_json_get(r->j, i, "type") == 0) {
            return aicost_reader_invalid(r, "type");
        }
    }

    r->q->text.tools += n->count;
    r->q->needs |= AICOST_CAN_TOOLS;

    return aicost_reader_json(r, array);
}


int
aicost_reader_modalities(aicost_reader_t *r, const char *name, uint32_t value,
    const char *text)
{
    uint32_t                   i;
    const aicost_json_node_t  *nodes;

    nodes = r->j->nodes;

    if (nodes[value].type == AICOST_JSON_NULL) {
        return AICOST_OK;
    }

    if (nodes[value].type != AICOST_JSON_ARRAY) {
        return aicost_reader_invalid(r, name);
    }

    for (i = value + 1; i < nodes[value].next; i = nodes[i].next) {
        if (!aicost_json_is(r->j, i, text)) {
            return aicost_reader_refuse(r, name);
        }
    }

    return AICOST_OK;
}


int
aicost_reader_format(aicost_reader_t *r, const char *name, uint32_t value)
{
    if (aicost_json_is(r->j, value, "json_schema")) {
        r->q->needs |= AICOST_CAN_JSON_SCHEMA;
    }

    return aicost_reader_word(r, name, value, NULL, NULL);
}


uint32_t
aicost_reader_first_text(const aicost_json_t *j, uint32_t content)
{
    uint32_t  i, text;

    if (j->nodes[content].type == AICOST_JSON_STRING) {
        return content;
    }

    if (j->nodes[content].type != AICOST_JSON_ARRAY) {
        return 0;
    }

    for (i = content + 1; i < j->nodes[content].next; i = j->nodes[i].next) {
        text = aicost_json_get(j, i, "text");

        if (text && j->nodes[text].type == AICOST_JSON_STRING) {
            return text;
        }
    }

    return 0;
}


void
aicost_reader_turn(aicost_reader_t *r)
{
    uint32_t  role, content, text;
    unsigned  system;

    role = r->role;
    content = r->content;
    r->role = 0;
    r->content = 0;

    if (role == 0 || content == 0 || (r->user && r->system)) {
        return;
    }

    system = (aicost_json_is(r->j, role, "system")
              || aicost_json_is(r->j, role, "developer"));

    if ((system && r->system)
        || (!system && (r->user || !aicost_json_is(r->j, role, "user"))))
    {
        return;
    }

    text = aicost_reader_first_text(r->j, content);

    if (text == 0) {
        return;
    }

    if (system) {
        r->system = 1;

    } else {
        r->user = 1;
    }

    aicost_reader_prefix(r, text);
}


unsigned
aicost_reader_starts(const aicost_reader_t *r, uint32_t value,
    const char *word)
{
    size_t                     i;
    const unsigned char       *p;
    const aicost_json_node_t  *n;

    n = &r->j->nodes[value];
    p = r->j->data + n->off;

    for (i = 0; word[i]; i++) {
        if (i == n->len || (p[i] | 0x20) != (word[i] | 0x20)) {
            return 0;
        }
    }

    return n->type == AICOST_JSON_STRING;
}


int
aicost_reader_image_url(aicost_reader_t *r, const char *name, uint32_t value)
{
    if (r->j->nodes[value].type != AICOST_JSON_STRING) {
        return aicost_reader_invalid(r, name);
    }

    if (aicost_reader_starts(r, value, "data:image")) {
        r->uncounted += r->j->nodes[value].len;
        return AICOST_OK;
    }

    return aicost_reader_starts(r, value, "https:")
           || aicost_reader_starts(r, value, "http:")
           ? AICOST_OK : aicost_reader_invalid(r, name);
}
