
/*
 * Copyright (C) aicost
 *
 * A client's generateContent request: its contents.
 */


#include "aicost_api_gemini_int.h"


#define AICOST_GEMINI_ANSWERED  0x80     /* flag of a call, while reading */
#define AICOST_GEMINI_TURN      512      /* parts of a turn that are looked at
                                            for the call of a result */
#define AICOST_GEMINI_TYPE      64       /* bytes of a media type */
#define AICOST_GEMINI_IDS       1024     /* ids that are made; more calls
                                            without one are refused */


/* calls may come without ids, and pieces are spans: so here they are */

#define AICOST_GEMINI_ROW(a)                                                  \
    "call_" a "0", "call_" a "1", "call_" a "2", "call_" a "3",               \
    "call_" a "4", "call_" a "5", "call_" a "6", "call_" a "7",               \
    "call_" a "8", "call_" a "9", "call_" a "a", "call_" a "b",               \
    "call_" a "c", "call_" a "d", "call_" a "e", "call_" a "f"

#define AICOST_GEMINI_ROWS(a)                                                 \
    AICOST_GEMINI_ROW(a "0"), AICOST_GEMINI_ROW(a "1"),                       \
    AICOST_GEMINI_ROW(a "2"), AICOST_GEMINI_ROW(a "3"),                       \
    AICOST_GEMINI_ROW(a "4"), AICOST_GEMINI_ROW(a "5"),                       \
    AICOST_GEMINI_ROW(a "6"), AICOST_GEMINI_ROW(a "7"),                       \
    AICOST_GEMINI_ROW(a "8"), AICOST_GEMINI_ROW(a "9"),                       \
    AICOST_GEMINI_ROW(a "a"), AICOST_GEMINI_ROW(a "b"),                       \
    AICOST_GEMINI_ROW(a "c"), AICOST_GEMINI_ROW(a "d"),                       \
    AICOST_GEMINI_ROW(a "e"), AICOST_GEMINI_ROW(a "f")

static const char  aicost_gemini_ids[AICOST_GEMINI_IDS][9] = {
    AICOST_GEMINI_ROWS("0"), AICOST_GEMINI_ROWS("1"),
    AICOST_GEMINI_ROWS("2"), AICOST_GEMINI_ROWS("3")
};


int
aicost_gemini_node(aicost_gemini_reader_t *r, uint32_t object,
    const char *name, unsigned type, uint32_t *node)
{
    unsigned  twice;

    twice = 0;
    *node = aicost_gemini_get(r->j, object, name, &twice);

    if (twice && r->twice == NULL) {
        r->twice = name;
    }

    if (*node && r->j->nodes[*node].type != type) {
        return aicost_form_fail(r->form, AICOST_R_INVALID_PARAMETER, name);
    }

    return AICOST_OK;
}


int
aicost_gemini_list(aicost_gemini_reader_t *r, uint32_t object,
    const char *name, uint32_t *first, uint32_t *last)
{
    unsigned                   twice;
    uint32_t                   node;
    const aicost_json_node_t  *n;

    twice = 0;
    *first = *last = 0;
    node = aicost_gemini_get(r->j, object, name, &twice);

    if (twice && r->twice == NULL) {
        r->twice = name;
    }

    if (node == 0) {
        return AICOST_OK;
    }

    n = &r->j->nodes[node];

    if (n->type != AICOST_JSON_ARRAY && n->type != AICOST_JSON_OBJECT) {
        return aicost_form_fail(r->form, AICOST_R_INVALID_PARAMETER, name);
    }

    *first = n->type == AICOST_JSON_ARRAY ? node + 1 : node;
    *last = n->next;

    return AICOST_OK;
}


int
aicost_gemini_take(aicost_gemini_reader_t *r, uint32_t object,
    const char *name, unsigned type, aicost_piece_t *p)
{
    int       rc;
    uint32_t  node;

    rc = aicost_gemini_node(r, object, name, type, &node);
    *p = aicost_piece(r->j, node);

    return rc;
}


int
aicost_gemini_flag(aicost_gemini_reader_t *r, uint32_t object,
    const char *name, uint8_t *tri)
{
    unsigned  twice;
    uint32_t  node;

    twice = 0;
    *tri = AICOST_UNSAID;
    node = aicost_gemini_get(r->j, object, name, &twice);

    if (twice && r->twice == NULL) {
        r->twice = name;
    }

    if (node == 0) {
        return AICOST_OK;
    }

    switch (r->j->nodes[node].type) {

    case AICOST_JSON_TRUE:
        *tri = AICOST_YES;
        return AICOST_OK;

    case AICOST_JSON_FALSE:
        *tri = AICOST_NO;
        return AICOST_OK;

    default:
        return aicost_form_fail(r->form, AICOST_R_INVALID_PARAMETER, name);
    }
}


int
aicost_gemini_refuse(aicost_gemini_reader_t *r, uint32_t object,
    const char *const *names)
{
    unsigned  twice;

    for ( /* void */ ; *names; names++) {
        if (aicost_gemini_get(r->j, object, *names, &twice)) {
            return aicost_form_fail(r->form, AICOST_R_PARAMETER_NOT_ALLOWED,
                                    *names);
        }
    }

    return AICOST_OK;
}


int
aicost_gemini_invalid(aicost_gemini_reader_t *r, const char *name)
{
    return aicost_form_fail(r->form, AICOST_R_INVALID_PARAMETER, name);
}


/* neighbours of one role are one message */

static aicost_part_t *
aicost_gemini_part(aicost_gemini_reader_t *r, aicost_role_e role,
    aicost_part_e kind)
{
    aicost_part_t  *p;

    p = aicost_form_part(r->form, role, kind);

    if (p && r->role != (uint32_t) role + 1) {
        p->flags = AICOST_PART_FIRST;
        r->role = (uint32_t) role + 1;

        if (role == AICOST_ROLE_ASSISTANT) {
            r->turn = r->form->nparts - 1;
        }
    }

    return p;
}


/* the part after the slash: "wav" of "audio/wav" */

static aicost_piece_t
aicost_gemini_subtype(const aicost_piece_t *type)
{
    uint32_t        i;
    aicost_piece_t  p;

    p = *type;

    for (i = type->len; i && type->data[i - 1] != '/'; i--) { /* void */ }

    p.data += i;
    p.len -= i;

    return p;
}


static unsigned
aicost_gemini_begins(const char *text, size_t len, const char *word)
{
    size_t  n;

    n = strlen(word);

    return len > n && memcmp(text, word, n) == 0;
}


/* what kind of part data of this media type is */

static aicost_part_e
aicost_gemini_kind(const aicost_piece_t *type, aicost_piece_t *name)
{
    size_t         len;
    unsigned char  text[AICOST_GEMINI_TYPE];

    *name = *type;

    if (type->len > sizeof(text)) {
        return AICOST_PART_FILE;
    }

    len = aicost_piece_text(type, text);

    if (aicost_gemini_begins((char *) text, len, "image/")) {
        return AICOST_PART_IMAGE;
    }

    if (!aicost_gemini_begins((char *) text, len, "audio/")) {
        return AICOST_PART_FILE;
    }

    *name = aicost_gemini_subtype(type);

    if (aicost_piece_is(name, "mpeg")) {
        *name = aicost_piece_word("mp3");

    } else if (aicost_piece_is(name, "x-wav")
               || aicost_piece_is(name, "wave"))
    {
        *name = aicost_piece_word("wav");
    }

    return AICOST_PART_AUDIO;
}


static int
aicost_gemini_inline(aicost_gemini_reader_t *r, aicost_role_e role,
    uint32_t node, unsigned flags)
{
    aicost_part_t   *p;
    aicost_part_e    kind;
    aicost_piece_t   type, data, name, title;

    if (aicost_gemini_take(r, node, "mimeType", AICOST_JSON_STRING, &type)
        != AICOST_OK
        || aicost_gemini_take(r, node, "data", AICOST_JSON_STRING, &data)
           != AICOST_OK
        || aicost_gemini_take(r, node, "displayName", AICOST_JSON_STRING,
                              &title)
           != AICOST_OK)
    {
        return AICOST_ERROR;
    }

    if (type.kind == AICOST_PIECE_NONE || type.len == 0) {
        return aicost_gemini_invalid(r, "mimeType");
    }

    if (data.kind == AICOST_PIECE_NONE) {
        return aicost_gemini_invalid(r, "data");
    }

    kind = aicost_gemini_kind(&type, &name);
    p = aicost_gemini_part(r, role, kind);

    if (p == NULL) {
        return AICOST_ERROR;
    }

    p->flags |= (uint8_t) flags;
    p->text = data;
    p->name = name;

    if (kind == AICOST_PART_FILE) {
        p->id = title;
    }

    return AICOST_OK;
}


/* only an image by its URL: what a file holds is not in the request */

static int
aicost_gemini_file(aicost_gemini_reader_t *r, aicost_role_e role,
    uint32_t node)
{
    static const char     files[] = "https://generativelanguage.";

    const char           *guess;
    aicost_part_t        *p;
    aicost_piece_t        type, url, name;
    const unsigned char  *s;

    if (aicost_gemini_take(r, node, "mimeType", AICOST_JSON_STRING, &type)
        != AICOST_OK
        || aicost_gemini_take(r, node, "fileUri", AICOST_JSON_STRING, &url)
           != AICOST_OK)
    {
        return AICOST_ERROR;
    }

    if (url.kind == AICOST_PIECE_NONE) {
        return aicost_gemini_invalid(r, "fileUri");
    }

    s = url.data;
    guess = aicost_gemini_guess(&url);

    if (((url.len < 8 || memcmp(s, "https:", 6) != 0)
         && (url.len < 7 || memcmp(s, "http:", 5) != 0))
        || (url.len >= sizeof(files) - 1
            && memcmp(s, files, sizeof(files) - 1) == 0)
        || (type.kind == AICOST_PIECE_NONE && guess == NULL)
        || (type.kind != AICOST_PIECE_NONE
            && aicost_gemini_kind(&type, &name) != AICOST_PART_IMAGE))
    {
        return aicost_form_fail(r->form, AICOST_R_PARAMETER_NOT_ALLOWED,
                                "fileData");
    }

    p = aicost_gemini_part(r, role, AICOST_PART_IMAGE);

    if (p == NULL) {
        return AICOST_ERROR;
    }

    p->flags |= AICOST_PART_URL;
    p->text = url;

    if (guess == NULL || !aicost_piece_is(&type, guess)) {
        p->name = type;
    }

    return AICOST_OK;
}


static int
aicost_gemini_call(aicost_gemini_reader_t *r, uint32_t node,
    const aicost_piece_t *signature)
{
    uint32_t         i;
    aicost_part_t   *p;
    aicost_piece_t   id, name, args;

    if (aicost_gemini_take(r, node, "id", AICOST_JSON_STRING, &id)
        != AICOST_OK
        || aicost_gemini_take(r, node, "name", AICOST_JSON_STRING, &name)
           != AICOST_OK
        || aicost_gemini_take(r, node, "args", AICOST_JSON_OBJECT, &args)
           != AICOST_OK)
    {
        return AICOST_ERROR;
    }

    if (name.kind == AICOST_PIECE_NONE || name.len == 0) {
        return aicost_gemini_invalid(r, "name");
    }

    if (id.kind == AICOST_PIECE_NONE || id.len == 0) {
        i = r->ids++;

        if (i >= AICOST_GEMINI_IDS) {
            return aicost_gemini_invalid(r, "functionCall");
        }

        id = aicost_piece_word(aicost_gemini_ids[i]);
    }

    if (args.kind == AICOST_PIECE_NONE) {
        args = aicost_piece_word("{}");
        args.kind = AICOST_PIECE_JSON;
    }

    p = aicost_gemini_part(r, AICOST_ROLE_ASSISTANT, AICOST_PART_CALL);

    if (p == NULL) {
        return AICOST_ERROR;
    }

    p->id = id;
    p->name = name;
    p->text = args;

    if (!aicost_piece_is(signature, AICOST_GEMINI_UNSIGNED)) {
        p->more = *signature;
    }

    return AICOST_OK;
}


/* the call of the model's last turn that a result answers: by its id, or the
   first of its name that has no answer yet */

static int
aicost_gemini_match(aicost_gemini_reader_t *r, aicost_piece_t *id,
    const aicost_piece_t *name)
{
    uint32_t        i, last;
    unsigned        given;
    aicost_form_t  *f;
    aicost_part_t  *p;

    f = r->form;
    given = (id->kind != AICOST_PIECE_NONE && id->len);
    last = f->nparts;

    if (last - r->turn > AICOST_GEMINI_TURN) {
        last = r->turn + AICOST_GEMINI_TURN;
    }

    for (i = r->turn; i < last; i++) {
        p = &f->parts[i];

        if (p->role != AICOST_ROLE_ASSISTANT) {
            break;
        }

        if (p->kind != AICOST_PART_CALL
            || (p->flags & AICOST_GEMINI_ANSWERED)
            || !(given ? aicost_piece_same(&p->id, id)
                       : aicost_piece_same(&p->name, name)))
        {
            continue;
        }

        p->flags |= AICOST_GEMINI_ANSWERED;
        *id = p->id;

        return AICOST_OK;
    }

    return given ? AICOST_OK : aicost_gemini_invalid(r, "functionResponse");
}


/* {"output":..}, {"result":..} and {"error":..} are what they hold */

static aicost_piece_t
aicost_gemini_output(aicost_gemini_reader_t *r, uint32_t response,
    unsigned *flags)
{
    uint32_t        key;
    unsigned        error;
    aicost_piece_t  p;

    *flags = 0;
    key = aicost_json_first(r->j, response);

    if (key && r->j->nodes[response].count == 1) {
        error = aicost_json_is(r->j, key, "error") != 0;

        if (error || aicost_json_is(r->j, key, "output")
            || aicost_json_is(r->j, key, "result"))
        {
            p = aicost_piece(r->j, key + 1);

            if (p.kind != AICOST_PIECE_NONE) {
                *flags = error ? AICOST_PART_ERROR : 0;
                return p;
            }
        }
    }

    return aicost_piece(r->j, response);
}


/* a result's parts, after what it says in text */

static int
aicost_gemini_inside(aicost_gemini_reader_t *r, uint32_t parts,
    const aicost_piece_t *text)
{
    uint32_t        i, blob, next;
    aicost_part_t  *p;

    if (!aicost_piece_is(text, "{}")) {
        p = aicost_gemini_part(r, AICOST_ROLE_TOOL, AICOST_PART_TEXT);

        if (p == NULL) {
            return AICOST_ERROR;
        }

        p->flags |= AICOST_PART_INSIDE;
        p->text = *text;
    }

    next = r->j->nodes[parts].next;

    for (i = parts + 1; i < next; i = r->j->nodes[i].next) {

        if (r->j->nodes[i].type != AICOST_JSON_OBJECT
            || aicost_gemini_node(r, i, "inlineData", AICOST_JSON_OBJECT,
                                  &blob)
               != AICOST_OK
            || blob == 0)
        {
            return aicost_gemini_invalid(r, "parts");
        }

        if (aicost_gemini_inline(r, AICOST_ROLE_TOOL, blob,
                                 AICOST_PART_INSIDE)
            != AICOST_OK)
        {
            return AICOST_ERROR;
        }
    }

    return AICOST_OK;
}


static int
aicost_gemini_result(aicost_gemini_reader_t *r, uint32_t node)
{
    uint8_t          more;
    uint32_t         response, parts;
    unsigned         flags;
    aicost_part_t   *p;
    aicost_piece_t   id, name, text;

    if (aicost_gemini_take(r, node, "id", AICOST_JSON_STRING, &id)
        != AICOST_OK
        || aicost_gemini_take(r, node, "name", AICOST_JSON_STRING, &name)
           != AICOST_OK
        || aicost_gemini_node(r, node, "response", AICOST_JSON_OBJECT,
                              &response)
           != AICOST_OK
        || aicost_gemini_node(r, node, "parts", AICOST_JSON_ARRAY, &parts)
           != AICOST_OK
        || aicost_gemini_flag(r, node, "willContinue", &more) != AICOST_OK)
    {
        return AICOST_ERROR;
    }

    if (more == AICOST_YES) {
        return aicost_form_fail(r->form, AICOST_R_PARAMETER_NOT_ALLOWED,
                                "willContinue");
    }

    if (name.kind == AICOST_PIECE_NONE || name.len == 0) {
        return aicost_gemini_invalid(r, "name");
    }

    if (response == 0) {
        return aicost_gemini_invalid(r, "response");
    }

    if (aicost_gemini_match(r, &id, &name) != AICOST_OK) {
        return AICOST_ERROR;
    }

    text = aicost_gemini_output(r, response, &flags);
    p = aicost_gemini_part(r, AICOST_ROLE_TOOL, AICOST_PART_RESULT);

    if (p == NULL) {
        return AICOST_ERROR;
    }

    p->id = id;
    p->name = name;
    p->flags |= (uint8_t) flags;

    if (parts && aicost_json_first(r->j, parts)) {
        return aicost_gemini_inside(r, parts, &text);
    }

    p->text = text;

    return AICOST_OK;
}


static int
aicost_gemini_text(aicost_gemini_reader_t *r, aicost_role_e role,
    uint32_t node, unsigned thought, const aicost_piece_t *signature)
{
    aicost_part_t  *p;

    thought = thought && role == AICOST_ROLE_ASSISTANT;
    p = aicost_gemini_part(r, role, thought ? AICOST_PART_THINKING
                                            : AICOST_PART_TEXT);

    if (p == NULL) {
        return AICOST_ERROR;
    }

    p->text = aicost_piece(r->j, node);

    if (thought) {
        p->id = *signature;

    } else if (role == AICOST_ROLE_ASSISTANT) {
        p->more = *signature;
    }

    return AICOST_OK;
}


static int
aicost_gemini_read_part(aicost_gemini_reader_t *r, aicost_role_e role,
    uint32_t node)
{
    static const char *const  refused[] = {
        "executableCode", "codeExecutionResult", "videoMetadata",
        "mediaResolution", "toolCall", "toolResponse", NULL
    };

    uint8_t         thought;
    uint32_t        text, blob, file, call, result;
    aicost_piece_t  signature;

    if (r->j->nodes[node].type != AICOST_JSON_OBJECT) {
        return aicost_gemini_invalid(r, "parts");
    }

    if (aicost_gemini_refuse(r, node, refused) != AICOST_OK
        || aicost_gemini_node(r, node, "text", AICOST_JSON_STRING, &text)
           != AICOST_OK
        || aicost_gemini_node(r, node, "inlineData", AICOST_JSON_OBJECT,
                              &blob)
           != AICOST_OK
        || aicost_gemini_node(r, node, "fileData", AICOST_JSON_OBJECT, &file)
           != AICOST_OK
        || aicost_gemini_node(r, node, "functionCall", AICOST_JSON_OBJECT,
                              &call)
           != AICOST_OK
        || aicost_gemini_node(r, node, "functionResponse",
                              AICOST_JSON_OBJECT, &result)
           != AICOST_OK
        || aicost_gemini_flag(r, node, "thought", &thought) != AICOST_OK
        || aicost_gemini_take(r, node, "thoughtSignature",
                              AICOST_JSON_STRING, &signature)
           != AICOST_OK)
    {
        return AICOST_ERROR;
    }

    if (!text + !blob + !file + !call + !result != 4) {
        return aicost_gemini_invalid(r, "parts");
    }

    if (text) {
        return aicost_gemini_text(r, role, text, thought == AICOST_YES,
                                  &signature);
    }

    if (call) {
        return role == AICOST_ROLE_ASSISTANT
               ? aicost_gemini_call(r, call, &signature)
               : aicost_gemini_invalid(r, "functionCall");
    }

    if (result) {
        return role == AICOST_ROLE_USER
               ? aicost_gemini_result(r, result)
               : aicost_gemini_invalid(r, "functionResponse");
    }

    return blob ? aicost_gemini_inline(r, role, blob, 0)
                : aicost_gemini_file(r, role, file);
}


static int
aicost_gemini_content(aicost_gemini_reader_t *r, uint32_t node)
{
    uint32_t        i, last;
    aicost_role_e   role;
    aicost_piece_t  word;

    if (r->j->nodes[node].type != AICOST_JSON_OBJECT) {
        return aicost_gemini_invalid(r, "contents");
    }

    if (aicost_gemini_take(r, node, "role", AICOST_JSON_STRING, &word)
        != AICOST_OK
        || aicost_gemini_list(r, node, "parts", &i, &last) != AICOST_OK)
    {
        return AICOST_ERROR;
    }

    if (aicost_piece_is(&word, "model")) {
        role = AICOST_ROLE_ASSISTANT;

    } else if (word.kind == AICOST_PIECE_NONE || word.len == 0
               || aicost_piece_is(&word, "user")
               || aicost_piece_is(&word, "function"))
    {
        role = AICOST_ROLE_USER;

    } else {
        return aicost_gemini_invalid(r, "role");
    }

    /* a turn in which the model said nothing has no parts */

    for ( /* void */ ; i < last; i = r->j->nodes[i].next) {
        if (aicost_gemini_read_part(r, role, i) != AICOST_OK) {
            return AICOST_ERROR;
        }
    }

    return AICOST_OK;
}


static int
aicost_gemini_contents(aicost_gemini_reader_t *r)
{
    uint32_t  i, before, last;

    if (aicost_gemini_list(r, 0, "contents", &i, &last) != AICOST_OK) {
        return AICOST_ERROR;
    }

    if (last == 0) {
        return aicost_form_fail(r->form, AICOST_R_MISSING_PARAMETER,
                                "contents");
    }

    before = r->form->nparts;

    for ( /* void */ ; i < last; i = r->j->nodes[i].next) {
        if (aicost_gemini_content(r, i) != AICOST_OK) {
            return AICOST_ERROR;
        }
    }

    if (before == r->form->nparts) {
        return aicost_gemini_invalid(r, "contents");
    }

    for (i = before; i < r->form->nparts; i++) {
        r->form->parts[i].flags &= (uint8_t) ~AICOST_GEMINI_ANSWERED;
    }

    return AICOST_OK;
}


static int
aicost_gemini_system(aicost_gemini_reader_t *r)
{
    uint32_t        i, node, last;
    aicost_part_t  *p;
    aicost_piece_t  text;

    if (aicost_gemini_node(r, 0, "systemInstruction", AICOST_JSON_OBJECT,
                           &node)
        != AICOST_OK)
    {
        return AICOST_ERROR;
    }

    if (node == 0) {
        return AICOST_OK;
    }

    if (aicost_gemini_list(r, node, "parts", &i, &last) != AICOST_OK) {
        return AICOST_ERROR;
    }

    for ( /* void */ ; i < last; i = r->j->nodes[i].next) {

        if (r->j->nodes[i].type != AICOST_JSON_OBJECT
            || aicost_gemini_take(r, i, "text", AICOST_JSON_STRING, &text)
               != AICOST_OK
            || text.kind == AICOST_PIECE_NONE)
        {
            return aicost_gemini_invalid(r, "systemInstruction");
        }

        p = aicost_gemini_part(r, AICOST_ROLE_SYSTEM, AICOST_PART_TEXT);

        if (p == NULL) {
            return AICOST_ERROR;
        }

        p->text = text;
    }

    return AICOST_OK;
}


static const aicost_form_name_t  aicost_gemini_names[] = {
    { "messages", "contents" },
    { "max_tokens", "generationConfig.maxOutputTokens" },
    { "temperature", "generationConfig.temperature" },
    { "top_p", "generationConfig.topP" },
    { "top_k", "generationConfig.topK" },
    { "seed", "generationConfig.seed" },
    { "n", "generationConfig.candidateCount" },
    { "stop", "generationConfig.stopSequences" },
    { "presence_penalty", "generationConfig.presencePenalty" },
    { "frequency_penalty", "generationConfig.frequencyPenalty" },
    { "logprobs", "generationConfig.responseLogprobs" },
    { "top_logprobs", "generationConfig.logprobs" },
    { "response_format", "generationConfig.responseMimeType" },
    { "reasoning_effort", "generationConfig.thinkingConfig.thinkingLevel" },
    { "thinking", "generationConfig.thinkingConfig" },
    { "reasoning_content", "thoughtSignature" },
    { "signature", "thoughtSignature" },
    { "thought_signature", "thoughtSignature" },
    { "thoughts", "thought" },
    { "service_tier", "serviceTier" },
    { "is_error", "functionResponse.response.error" },
    { "result_schema", "responseJsonSchema" },
    { "strict", "toolConfig.functionCallingConfig" },
    { "tool_choice", "toolConfig.functionCallingConfig" },
    { "arguments", "functionCall.args" },
    { "tool_call_id", "functionResponse.name" },
    { "image_url", "fileData.fileUri" },
    { "file", "inlineData" },
    { "input_audio", "inlineData" },
    { NULL, NULL }
};


int
aicost_gemini_read(aicost_form_t *form, const aicost_json_t *j)
{
    aicost_gemini_reader_t  r;

    memset(&r, 0, sizeof(aicost_gemini_reader_t));

    r.form = form;
    r.j = j;

    form->cap = -1;
    form->names = aicost_gemini_names;
    form->nparts = 0;
    form->ntools = 0;

    if (j->nnodes == 0 || j->nodes[0].type != AICOST_JSON_OBJECT) {
        return aicost_form_fail(form, AICOST_R_INVALID_JSON, "");
    }

    if (aicost_gemini_system(&r) != AICOST_OK
        || aicost_gemini_contents(&r) != AICOST_OK
        || aicost_gemini_settings(&r) != AICOST_OK)
    {
        return AICOST_ERROR;
    }

    if (r.twice) {
        return aicost_form_fail(form, AICOST_R_AMBIGUOUS_MEMBER, r.twice);
    }

    return AICOST_OK;
}
