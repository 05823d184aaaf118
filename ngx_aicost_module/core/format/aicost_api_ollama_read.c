
/*
 * Copyright (C) aicost
 *
 * A request of Ollama's /api/chat, read into the form.
 */


#include "aicost_api_ollama_int.h"


#define aicost_ollama_piece(field)  offsetof(aicost_form_t, field)


static int aicost_ollama_read_options(aicost_form_t *f,
    const aicost_json_t *j);
static int aicost_ollama_read_think(aicost_form_t *f, const aicost_json_t *j);
static int aicost_ollama_read_format(aicost_form_t *f,
    const aicost_json_t *j);
static int aicost_ollama_read_tools(aicost_form_t *f, const aicost_json_t *j);
static int aicost_ollama_read_messages(aicost_form_t *f,
    const aicost_json_t *j);
static int aicost_ollama_read_message(aicost_form_t *f,
    const aicost_json_t *j, uint32_t node);
static int aicost_ollama_read_said(aicost_form_t *f, const aicost_json_t *j,
    uint32_t node, aicost_role_e role);
static int aicost_ollama_read_result(aicost_form_t *f, const aicost_json_t *j,
    uint32_t node);
static int aicost_ollama_read_text(aicost_form_t *f, const aicost_json_t *j,
    uint32_t node, const char *name, aicost_role_e role, aicost_part_e kind);
static int aicost_ollama_read_images(aicost_form_t *f, const aicost_json_t *j,
    uint32_t node, aicost_role_e role, uint8_t flags);
static aicost_piece_t aicost_ollama_media(const aicost_piece_t *image);
static int aicost_ollama_read_calls(aicost_form_t *f, const aicost_json_t *j,
    uint32_t node);


const aicost_ollama_option_t  aicost_ollama_options[] = {
    { "temperature", aicost_ollama_piece(temperature), 1 },
    { "top_p", aicost_ollama_piece(top_p), 1 },
    { "top_k", aicost_ollama_piece(top_k), 1 },
    { "seed", aicost_ollama_piece(seed), 0 },
    { "presence_penalty", aicost_ollama_piece(presence_penalty), 0 },
    { "frequency_penalty", aicost_ollama_piece(frequency_penalty), 0 },
    { NULL, 0, 0 }
};


/* they change the answer, and no other shape has them.  What is about the
   memory and the threads of a server of one's own (num_ctx, num_gpu, ...) is
   left to the provider */

static const char *const  aicost_ollama_refused[] = {
    "min_p", "typical_p", "tfs_z", "repeat_penalty", "repeat_last_n",
    "penalize_newline", "mirostat", "mirostat_tau", "mirostat_eta", NULL
};


int
aicost_ollama_read(aicost_form_t *f, const aicost_json_t *j)
{
    uint8_t  stream;

    f->cap = -1;
    f->nparts = 0;
    f->ntools = 0;
    f->nstops = 0;
    stream = AICOST_UNSAID;

    if (j->nodes[0].type != AICOST_JSON_OBJECT) {
        return aicost_form_fail(f, AICOST_R_INVALID_JSON, "");
    }

    if (aicost_shape_take(f, j, 0, "model", AICOST_JSON_STRING, &f->model)
        != AICOST_OK
        || aicost_shape_flag(f, j, 0, "stream", &stream) != AICOST_OK
        || aicost_shape_flag(f, j, 0, "logprobs", &f->logprobs) != AICOST_OK
        || aicost_shape_take(f, j, 0, "top_logprobs", AICOST_JSON_NUMBER,
                             &f->top_logprobs) != AICOST_OK
        || aicost_ollama_read_options(f, j) != AICOST_OK
        || aicost_ollama_read_think(f, j) != AICOST_OK
        || aicost_ollama_read_format(f, j) != AICOST_OK
        || aicost_ollama_read_tools(f, j) != AICOST_OK)
    {
        return AICOST_ERROR;
    }

    f->stream = (stream != AICOST_NO);

    return aicost_ollama_read_messages(f, j);
}


static int
aicost_ollama_read_options(aicost_form_t *f, const aicost_json_t *j)
{
    int64_t                        cap;
    uint32_t                       options, node;
    const aicost_ollama_option_t  *m;

    if (aicost_shape_node(f, j, 0, "options", AICOST_JSON_OBJECT, &options)
        != AICOST_OK)
    {
        return AICOST_ERROR;
    }

    if (options == 0) {
        return AICOST_OK;
    }

    if (aicost_shape_refuse(f, j, options, aicost_ollama_refused) != AICOST_OK)
    {
        return AICOST_ERROR;
    }

    for (m = aicost_ollama_options; m->name; m++) {
        if (aicost_shape_take(f, j, options, m->name, AICOST_JSON_NUMBER,
                              (aicost_piece_t *) (void *)
                              ((char *) f + m->at)) != AICOST_OK)
        {
            return AICOST_ERROR;
        }
    }

    node = aicost_shape_get(j, options, "num_predict");

    if (node) {

        /* -1 and -2: no end but that of the context */

        if (aicost_json_int(j, node, -2, AICOST_MAX_CAP, 0, &cap) != AICOST_OK)
        {
            return aicost_shape_invalid(f, "num_predict");
        }

        f->cap = cap > 0 ? cap : -1;
    }

    node = aicost_shape_get(j, options, "stop");

    if (node && j->nodes[node].type == AICOST_JSON_STRING) {
        f->stops[f->nstops++] = aicost_piece(j, node);
        return AICOST_OK;
    }

    return node ? aicost_shape_stops(f, j, node, "stop") : AICOST_OK;
}


static int
aicost_ollama_read_think(aicost_form_t *f, const aicost_json_t *j)
{
    uint32_t        node;
    aicost_piece_t  p;

    node = aicost_shape_get(j, 0, "think");

    if (node == 0) {
        return AICOST_OK;
    }

    switch (j->nodes[node].type) {

    case AICOST_JSON_TRUE:
        f->thinking = AICOST_THINKING_ADAPTIVE;
        return AICOST_OK;

    case AICOST_JSON_FALSE:
        f->thinking = AICOST_THINKING_OFF;
        return AICOST_OK;

    case AICOST_JSON_STRING:
        p = aicost_piece(j, node);
        f->effort = (uint8_t) aicost_form_effort(&p);

        if (f->effort == AICOST_EFFORT_LOW || f->effort == AICOST_EFFORT_MEDIUM
            || f->effort == AICOST_EFFORT_HIGH)
        {
            return AICOST_OK;
        }

        break;

    default:
        break;
    }

    return aicost_shape_invalid(f, "think");
}


static int
aicost_ollama_read_format(aicost_form_t *f, const aicost_json_t *j)
{
    uint32_t  node;

    node = aicost_shape_get(j, 0, "format");

    if (node == 0) {
        return AICOST_OK;
    }

    if (j->nodes[node].type == AICOST_JSON_OBJECT) {
        f->answer = AICOST_ANSWER_SCHEMA;
        f->schema = aicost_piece(j, node);
        return AICOST_OK;
    }

    if (aicost_json_is(j, node, "json")) {
        f->answer = AICOST_ANSWER_JSON;
        return AICOST_OK;
    }

    return aicost_json_is(j, node, "") ? AICOST_OK
                                       : aicost_shape_invalid(f, "format");
}


static int
aicost_ollama_read_tools(aicost_form_t *f, const aicost_json_t *j)
{
    uint32_t        i, node, type, function;
    aicost_tool_t  *t;

    if (aicost_shape_node(f, j, 0, "tools", AICOST_JSON_ARRAY, &node)
        != AICOST_OK)
    {
        return AICOST_ERROR;
    }

    for (i = node + 1; node && i < j->nodes[node].next; i = j->nodes[i].next) {
        type = aicost_shape_get(j, i, "type");

        if (type && !aicost_json_is(j, type, "function")) {
            return aicost_shape_refused(f, "tools");
        }

        function = aicost_shape_get(j, i, "function");

        if (function == 0) {
            return aicost_shape_invalid(f, "tools");
        }

        t = aicost_form_tool(f);

        if (t == NULL
            || aicost_shape_take(f, j, function, "name", AICOST_JSON_STRING,
                                 &t->name) != AICOST_OK
            || aicost_shape_take(f, j, function, "description",
                                 AICOST_JSON_STRING, &t->description)
               != AICOST_OK
            || aicost_shape_take(f, j, function, "parameters",
                                 AICOST_JSON_OBJECT, &t->schema) != AICOST_OK)
        {
            return AICOST_ERROR;
        }

        if (t->name.kind == AICOST_PIECE_NONE) {
            return aicost_shape_invalid(f, "tools");
        }
    }

    return AICOST_OK;
}


static int
aicost_ollama_read_messages(aicost_form_t *f, const aicost_json_t *j)
{
    uint32_t  i, node;

    if (aicost_shape_node(f, j, 0, "messages", AICOST_JSON_ARRAY, &node)
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
        if (j->nodes[i].type != AICOST_JSON_OBJECT) {
            return aicost_shape_invalid(f, "messages");
        }

        if (aicost_ollama_read_message(f, j, i) != AICOST_OK) {
            return AICOST_ERROR;
        }
    }

    return AICOST_OK;
}


static int
aicost_ollama_read_message(aicost_form_t *f, const aicost_json_t *j,
    uint32_t node)
{
    uint32_t  role;

    role = aicost_shape_get(j, node, "role");

    if (role && aicost_json_is(j, role, "user")) {
        return aicost_ollama_read_said(f, j, node, AICOST_ROLE_USER);
    }

    if (role && aicost_json_is(j, role, "assistant")) {
        return aicost_ollama_read_said(f, j, node, AICOST_ROLE_ASSISTANT);
    }

    if (role && aicost_json_is(j, role, "system")) {
        return aicost_ollama_read_said(f, j, node, AICOST_ROLE_SYSTEM);
    }

    if (role && aicost_json_is(j, role, "tool")) {
        return aicost_ollama_read_result(f, j, node);
    }

    return aicost_shape_invalid(f, "role");
}


/* thinking, content, images, calls: always in this order */

static int
aicost_ollama_read_said(aicost_form_t *f, const aicost_json_t *j,
    uint32_t node, aicost_role_e role)
{
    uint32_t        first;
    aicost_part_t  *p;

    first = f->nparts;

    if (role == AICOST_ROLE_ASSISTANT
        && aicost_ollama_read_text(f, j, node, "thinking", role,
                                   AICOST_PART_THINKING) != AICOST_OK)
    {
        return AICOST_ERROR;
    }

    if (aicost_ollama_read_text(f, j, node, "content", role, AICOST_PART_TEXT)
        != AICOST_OK
        || aicost_ollama_read_images(f, j, node, role, 0) != AICOST_OK)
    {
        return AICOST_ERROR;
    }

    if (role == AICOST_ROLE_ASSISTANT
        && aicost_ollama_read_calls(f, j, node) != AICOST_OK)
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

    f->parts[first].flags |= AICOST_PART_FIRST;

    return AICOST_OK;
}


static int
aicost_ollama_read_result(aicost_form_t *f, const aicost_json_t *j,
    uint32_t node)
{
    uint32_t        first, i;
    aicost_part_t  *p;

    first = f->nparts;
    p = aicost_form_part(f, AICOST_ROLE_TOOL, AICOST_PART_RESULT);

    if (p == NULL
        || aicost_shape_take(f, j, node, "tool_call_id", AICOST_JSON_STRING,
                             &p->id) != AICOST_OK
        || aicost_shape_take(f, j, node, "name", AICOST_JSON_STRING,
                             &p->name) != AICOST_OK
        || aicost_shape_take(f, j, node, "tool_name", AICOST_JSON_STRING,
                             &p->name) != AICOST_OK
        || aicost_ollama_read_text(f, j, node, "content", AICOST_ROLE_TOOL,
                                   AICOST_PART_TEXT) != AICOST_OK
        || aicost_ollama_read_images(f, j, node, AICOST_ROLE_TOOL,
                                     AICOST_PART_INSIDE) != AICOST_OK)
    {
        return AICOST_ERROR;
    }

    p->flags = AICOST_PART_FIRST;

    if (f->nparts == first + 1) {
        p->text = aicost_piece_word("");
        return AICOST_OK;
    }

    if (f->nparts == first + 2 && p[1].kind == AICOST_PART_TEXT) {
        p->text = p[1].text;
        f->nparts--;
        return AICOST_OK;
    }

    for (i = first + 1; i < f->nparts; i++) {
        f->parts[i].flags |= AICOST_PART_INSIDE;
    }

    return AICOST_OK;
}


/* an empty text says nothing */

static int
aicost_ollama_read_text(aicost_form_t *f, const aicost_json_t *j,
    uint32_t node, const char *name, aicost_role_e role, aicost_part_e kind)
{
    aicost_part_t   *p;
    aicost_piece_t   text;

    memset(&text, 0, sizeof(aicost_piece_t));

    if (aicost_shape_take(f, j, node, name, AICOST_JSON_STRING, &text)
        != AICOST_OK)
    {
        return AICOST_ERROR;
    }

    if (text.len == 0) {
        return AICOST_OK;
    }

    p = aicost_form_part(f, role, kind);

    if (p == NULL) {
        return AICOST_ERROR;
    }

    p->text = text;

    return AICOST_OK;
}


static int
aicost_ollama_read_images(aicost_form_t *f, const aicost_json_t *j,
    uint32_t node, aicost_role_e role, uint8_t flags)
{
    uint32_t        i, images;
    aicost_part_t  *p;

    if (aicost_shape_node(f, j, node, "images", AICOST_JSON_ARRAY, &images)
        != AICOST_OK)
    {
        return AICOST_ERROR;
    }

    if (images == 0) {
        return AICOST_OK;
    }

    for (i = images + 1; i < j->nodes[images].next; i = j->nodes[i].next) {
        if (j->nodes[i].type != AICOST_JSON_STRING || j->nodes[i].len == 0) {
            return aicost_shape_invalid(f, "images");
        }

        p = aicost_form_part(f, role, AICOST_PART_IMAGE);

        if (p == NULL) {
            return AICOST_ERROR;
        }

        p->text = aicost_piece(j, i);
        p->name = aicost_ollama_media(&p->text);
        p->flags = flags;
    }

    return AICOST_OK;
}


/* the media type is not said: by the first bytes, PNG where they are not
   known */

static aicost_piece_t
aicost_ollama_media(const aicost_piece_t *image)
{
    size_t                i, k, n;
    const unsigned char  *d;

    static const struct {
        const char  *base64;
        const char  *media;
    } types[] = {
        { "iVBORw0KGgo", "image/png" },
        { "/9j/", "image/jpeg" },
        { "R0lGOD", "image/gif" },
        { "UklGR", "image/webp" }
    };

    for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        d = image->data;
        n = image->len;

        for (k = 0; types[i].base64[k]; k++, d++, n--) {

            if (n > 1 && *d == '\\' && d[1] == '/') {
                d++;
                n--;
            }

            if (n == 0 || *d != (unsigned char) types[i].base64[k]) {
                break;
            }
        }

        if (types[i].base64[k] == '\0') {
            return aicost_piece_word(types[i].media);
        }
    }

    return aicost_piece_word("image/png");
}


static int
aicost_ollama_read_calls(aicost_form_t *f, const aicost_json_t *j,
    uint32_t node)
{
    uint32_t        i, calls, function;
    aicost_part_t  *p;

    if (aicost_shape_node(f, j, node, "tool_calls", AICOST_JSON_ARRAY, &calls)
        != AICOST_OK)
    {
        return AICOST_ERROR;
    }

    if (calls == 0) {
        return AICOST_OK;
    }

    for (i = calls + 1; i < j->nodes[calls].next; i = j->nodes[i].next) {
        function = aicost_shape_get(j, i, "function");

        if (function == 0) {
            return aicost_shape_invalid(f, "tool_calls");
        }

        p = aicost_form_part(f, AICOST_ROLE_ASSISTANT, AICOST_PART_CALL);

        if (p == NULL
            || aicost_shape_take(f, j, i, "id", AICOST_JSON_STRING, &p->id)
               != AICOST_OK
            || aicost_shape_take(f, j, function, "name", AICOST_JSON_STRING,
                                 &p->name) != AICOST_OK
            || aicost_shape_take(f, j, function, "arguments",
                                 AICOST_JSON_OBJECT, &p->text) != AICOST_OK)
        {
            return AICOST_ERROR;
        }

        if (p->name.kind == AICOST_PIECE_NONE) {
            return aicost_shape_invalid(f, "tool_calls");
        }

        if (p->text.kind == AICOST_PIECE_NONE) {
            p->text = aicost_piece_word("{}");
        }

        /* an empty id is none */

        if (p->id.len == 0) {
            p->id.kind = AICOST_PIECE_NONE;
        }
    }

    return AICOST_OK;
}
