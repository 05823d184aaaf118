
/*
 * Copyright (C) aicost
 *
 * A request of OpenAI's chat completions, written from the form.
 */


#include "aicost_api_openai_int.h"


#define AICOST_CHAT_STOPS      4       /* that OpenAI takes */


static int aicost_chat_write_messages(aicost_form_t *f,
    const aicost_form_target_t *t, aicost_out_t *o);
static int aicost_chat_write_message(aicost_form_t *f,
    const aicost_form_target_t *t, aicost_out_t *o, uint32_t i, uint32_t last,
    aicost_shape_ids_t *ids);
static int aicost_chat_lost(aicost_form_t *f, const aicost_form_target_t *t,
    const aicost_part_t *p);
static unsigned aicost_chat_is_content(const aicost_part_t *p);
static void aicost_chat_write_content(const aicost_form_t *f,
    const aicost_form_target_t *t, aicost_out_t *o, uint32_t i, uint32_t last,
    unsigned calls);
static void aicost_chat_write_part(const aicost_form_target_t *t,
    aicost_out_t *o, const aicost_part_t *p);
static void aicost_chat_write_media(aicost_out_t *o, const aicost_part_t *p);
static void aicost_chat_write_calls(const aicost_form_t *f, aicost_out_t *o,
    uint32_t i, uint32_t last, aicost_shape_ids_t *ids);
static void aicost_chat_write_result(const aicost_form_t *f,
    const aicost_form_target_t *t, aicost_out_t *o, uint32_t i, uint32_t last,
    aicost_shape_ids_t *ids);
static void aicost_chat_write_shown(const aicost_form_t *f,
    const aicost_form_target_t *t, aicost_out_t *o, uint32_t i,
    uint32_t last);
static int aicost_chat_write_settings(aicost_form_t *f,
    const aicost_form_target_t *t, aicost_out_t *o);
static int aicost_chat_write_stops(aicost_form_t *f,
    const aicost_form_target_t *t, aicost_out_t *o);
static void aicost_chat_write_effort(const aicost_form_t *f,
    const aicost_form_target_t *t, aicost_out_t *o);
static void aicost_chat_write_tools(const aicost_form_t *f, aicost_out_t *o);
static void aicost_chat_write_format(const aicost_form_t *f, aicost_out_t *o);
static void aicost_chat_write_tri(aicost_out_t *o, const char *name,
    uint8_t tri);
static void aicost_chat_write_string(aicost_out_t *o, const char *name,
    const aicost_piece_t *p);


const char *const  aicost_chat_services[] = {
    NULL, "\"default\"", "\"flex\"", "\"priority\"", NULL, "\"scale\""
};


int
aicost_chat_write(aicost_form_t *f, const aicost_form_target_t *t,
    aicost_out_t *o)
{
    aicost_form_losses(f, (t->legacy_cap ? AICOST_LOSES_CACHE
                                         : AICOST_LOSES_HOUR)
                          | AICOST_LOSES_TOOLS | AICOST_LOSES_SIGNED
                          | AICOST_LOSES_CALLS | AICOST_LOSES_ERRORS
                          | AICOST_LOSES_RESULTS);

    aicost_out(o, "{", 1);
    aicost_out_name(o, "model");
    aicost_chat_bytes(o, &t->model);

    if (aicost_chat_write_messages(f, t, o) != AICOST_OK) {
        return AICOST_ERROR;
    }

    aicost_chat_write_tools(f, o);
    aicost_chat_write_choice(f, o, "{\"type\":\"function\","
                                   "\"function\":{\"name\":", "}}");
    aicost_chat_write_format(f, o);

    if (aicost_chat_write_settings(f, t, o) != AICOST_OK) {
        return AICOST_ERROR;
    }

    if (f->stream) {
        aicost_out_text(o, ",\"stream\":true,"
                           "\"stream_options\":{\"include_usage\":true}");
    }

    aicost_out(o, "}", 1);

    return AICOST_OK;
}


static int
aicost_chat_write_messages(aicost_form_t *f, const aicost_form_target_t *t,
    aicost_out_t *o)
{
    uint32_t            i, k, next, run;
    aicost_shape_ids_t  ids;

    ids.n = 0;
    run = 0;

    aicost_out_name(o, "messages");
    aicost_out(o, "[", 1);

    for (i = 0; i < f->nparts; i = next) {
        next = aicost_shape_group(f, i);

        if (f->parts[i].kind != AICOST_PART_RESULT) {
            run = next;

            if (aicost_chat_write_message(f, t, o, i, next, &ids) != AICOST_OK)
            {
                return AICOST_ERROR;
            }

            continue;
        }

        for (k = i + 1; k < next; k++) {
            if (aicost_chat_lost(f, t, &f->parts[k]) != AICOST_OK) {
                return AICOST_ERROR;
            }
        }

        aicost_chat_write_result(f, t, o, i, next, &ids);

        if (next == f->nparts || f->parts[next].kind != AICOST_PART_RESULT) {
            aicost_chat_write_shown(f, t, o, run, next);
        }
    }

    aicost_out(o, "]", 1);

    return AICOST_OK;
}


static int
aicost_chat_write_message(aicost_form_t *f, const aicost_form_target_t *t,
    aicost_out_t *o, uint32_t i, uint32_t last, aicost_shape_ids_t *ids)
{
    uint32_t              k, thoughts, calls;
    const aicost_part_t  *p, *name;

    static const char *const  roles[] = {
        "system", "user", "assistant", "user"
    };

    name = NULL;
    calls = 0;
    thoughts = 0;

    for (k = i; k < last; k++) {
        p = &f->parts[k];

        if (aicost_chat_lost(f, t, p) != AICOST_OK) {
            return AICOST_ERROR;
        }

        if (p->kind == AICOST_PART_TEXT && name == NULL
            && p->name.kind != AICOST_PIECE_NONE)
        {
            name = p;
        }

        calls += (p->kind == AICOST_PART_CALL);
        thoughts += (p->kind == AICOST_PART_THINKING);
    }

    aicost_out_next(o);
    aicost_out(o, "{", 1);
    aicost_out_name(o, "role");
    aicost_out(o, "\"", 1);
    aicost_out_text(o, roles[f->parts[i].role & 3]);
    aicost_out(o, "\"", 1);

    if (name) {
        aicost_chat_write_string(o, "name", &name->name);
    }

    if (thoughts) {
        aicost_out_name(o, "reasoning_content");
        aicost_out(o, "\"", 1);

        for (k = i; k < last; k++) {
            if (f->parts[k].kind == AICOST_PART_THINKING) {
                aicost_out_inside(o, &f->parts[k].text);
            }
        }

        aicost_out(o, "\"", 1);
    }

    aicost_chat_write_content(f, t, o, i, last, calls > 0);

    if (calls) {
        aicost_chat_write_calls(f, o, i, last, ids);
    }

    aicost_out(o, "}", 1);

    return AICOST_OK;
}


/* what a message of this shape cannot hold */

static int
aicost_chat_lost(aicost_form_t *f, const aicost_form_target_t *t,
    const aicost_part_t *p)
{
    if (p->kind == AICOST_PART_REDACTED) {
        return aicost_form_miss(f, t, "reasoning_content");
    }

    if (p->kind == AICOST_PART_IMAGE || p->kind == AICOST_PART_FILE
        || p->kind == AICOST_PART_AUDIO)
    {
        if (!aicost_chat_is_content(p)) {
            return aicost_form_miss(f, t, p->kind == AICOST_PART_IMAGE
                                          ? "image_url"
                                          : p->kind == AICOST_PART_FILE
                                            ? "file" : "input_audio");
        }
    }

    return AICOST_OK;
}


/* a part of "content": text of anyone, the rest of users; a file by data */

static unsigned
aicost_chat_is_content(const aicost_part_t *p)
{
    switch (p->kind) {

    case AICOST_PART_TEXT:
    case AICOST_PART_REFUSAL:
        return 1;

    case AICOST_PART_IMAGE:
        return p->role == AICOST_ROLE_USER || p->role == AICOST_ROLE_TOOL;

    case AICOST_PART_FILE:
    case AICOST_PART_AUDIO:
        return (p->role == AICOST_ROLE_USER || p->role == AICOST_ROLE_TOOL)
               && (p->flags & AICOST_PART_URL) == 0;

    default:
        return 0;
    }
}


/* with calls the content may be null */

static void
aicost_chat_write_content(const aicost_form_t *f,
    const aicost_form_target_t *t, aicost_out_t *o, uint32_t i, uint32_t last,
    unsigned calls)
{
    uint32_t              k, n;
    const aicost_part_t  *p, *only;

    n = 0;
    only = NULL;

    for (k = i; k < last; k++) {
        if (aicost_chat_is_content(&f->parts[k])) {
            only = &f->parts[k];
            n++;
        }
    }

    if (n == 0) {
        aicost_out_name(o, "content");
        aicost_out_text(o, calls ? "null" : "\"\"");
        return;
    }

    if (n == 1 && only->kind == AICOST_PART_REFUSAL) {
        aicost_out_text(o, ",\"content\":null");
        aicost_chat_write_string(o, "refusal", &only->text);
        return;
    }

    if (n == 1 && only->kind == AICOST_PART_TEXT
        && ((only->flags & AICOST_PART_CACHE) == 0 || t->legacy_cap))
    {
        aicost_chat_write_string(o, "content", &only->text);
        return;
    }

    aicost_out_name(o, "content");
    aicost_out(o, "[", 1);

    for (k = i; k < last; k++) {
        p = &f->parts[k];

        if (aicost_chat_is_content(p)) {
            aicost_chat_write_part(t, o, p);
        }
    }

    aicost_out(o, "]", 1);
}


static void
aicost_chat_write_part(const aicost_form_target_t *t, aicost_out_t *o,
    const aicost_part_t *p)
{
    aicost_out_next(o);
    aicost_out(o, "{", 1);

    switch (p->kind) {

    case AICOST_PART_TEXT:
    case AICOST_PART_RESULT:
        aicost_out_text(o, "\"type\":\"text\"");
        aicost_chat_write_string(o, "text", &p->text);
        break;

    case AICOST_PART_REFUSAL:
        aicost_out_text(o, "\"type\":\"refusal\"");
        aicost_chat_write_string(o, "refusal", &p->text);
        break;

    default:
        aicost_chat_write_media(o, p);
    }

    /* a hint that compatible servers do not know, and may refuse */

    if ((p->flags & AICOST_PART_CACHE) && !t->legacy_cap) {
        aicost_out_text(o, ",\"prompt_cache_breakpoint\":"
                           "{\"mode\":\"explicit\"}");
    }

    aicost_out(o, "}", 1);
}


static void
aicost_chat_write_media(aicost_out_t *o, const aicost_part_t *p)
{
    switch (p->kind) {

    case AICOST_PART_IMAGE:
        aicost_out_text(o, "\"type\":\"image_url\",\"image_url\":{\"url\":");

        if (p->flags & AICOST_PART_URL) {
            aicost_out_string(o, &p->text);

        } else {
            aicost_chat_data_url(o, p, "image/png");
        }

        if (p->more.kind != AICOST_PIECE_NONE) {
            aicost_chat_write_string(o, "detail", &p->more);
        }

        break;

    case AICOST_PART_FILE:
        aicost_out_text(o, "\"type\":\"file\",\"file\":{\"file_data\":");

        if (p->name.kind == AICOST_PIECE_NONE) {
            aicost_out_string(o, &p->text);

        } else {
            aicost_chat_data_url(o, p, "application/pdf");
        }

        if (p->id.kind != AICOST_PIECE_NONE) {
            aicost_chat_write_string(o, "filename", &p->id);
        }

        break;

    default:
        aicost_out_text(o, "\"type\":\"input_audio\",\"input_audio\":"
                           "{\"data\":");
        aicost_out_base64(o, &p->text);
        aicost_chat_write_string(o, "format", &p->name);
    }

    aicost_out(o, "}", 1);
}


void
aicost_chat_data_url(aicost_out_t *o, const aicost_part_t *p,
    const char *type)
{
    aicost_out_text(o, "\"data:");

    if (p->name.kind == AICOST_PIECE_NONE) {
        aicost_out_text(o, type);

    } else {
        aicost_out_inside(o, &p->name);
    }

    aicost_out_text(o, ";base64,");
    aicost_out_base64_inside(o, &p->text);
    aicost_out(o, "\"", 1);
}


static void
aicost_chat_write_calls(const aicost_form_t *f, aicost_out_t *o, uint32_t i,
    uint32_t last, aicost_shape_ids_t *ids)
{
    uint32_t              k;
    const aicost_part_t  *p;

    ids->n = 0;

    aicost_out_name(o, "tool_calls");
    aicost_out(o, "[", 1);

    for (k = i; k < last; k++) {
        p = &f->parts[k];

        if (p->kind != AICOST_PART_CALL) {
            continue;
        }

        aicost_out_next(o);
        aicost_out_text(o, "{\"id\":");
        aicost_shape_call(o, f, k, ids);
        aicost_out_text(o, ",\"type\":\"function\",\"function\":{\"name\":");
        aicost_out_string(o, &p->name);
        aicost_out_text(o, ",\"arguments\":");

        if (p->text.kind == AICOST_PIECE_NONE) {
            aicost_out_text(o, "\"{}\"");

        } else {
            aicost_out_string(o, &p->text);
        }

        aicost_out(o, "}}", 2);
    }

    aicost_out(o, "]", 1);
}


/* an error has no mark of its own here, so it is said in the text */

static void
aicost_chat_write_result(const aicost_form_t *f,
    const aicost_form_target_t *t, aicost_out_t *o, uint32_t i, uint32_t last,
    aicost_shape_ids_t *ids)
{
    uint32_t              k, n;
    unsigned              error;
    const aicost_part_t  *p, *only;

    p = &f->parts[i];
    error = (p->flags & AICOST_PART_ERROR) != 0;
    only = p;
    n = 0;

    for (k = i + 1; p->text.kind == AICOST_PIECE_NONE && k < last; k++) {
        if (f->parts[k].kind == AICOST_PART_TEXT) {
            only = &f->parts[k];
            n++;
        }
    }

    aicost_out_next(o);
    aicost_out_text(o, "{\"role\":\"tool\",\"tool_call_id\":");
    aicost_shape_result(o, f, i, ids);

    if (p->name.kind != AICOST_PIECE_NONE) {
        aicost_chat_write_string(o, "name", &p->name);
    }

    aicost_out_name(o, "content");

    if (n < 2 && ((only->flags & AICOST_PART_CACHE) == 0 || t->legacy_cap)) {
        aicost_out_text(o, error ? "\"Error: " : "\"");
        aicost_out_inside(o, &only->text);
        aicost_out(o, "\"}", 2);
        return;
    }

    aicost_out(o, "[", 1);

    if (error) {
        aicost_out_text(o, "{\"type\":\"text\",\"text\":\"Error: \"}");
    }

    if (n < 2) {
        aicost_chat_write_part(t, o, only);

    } else {
        for (k = i + 1; k < last; k++) {
            if (f->parts[k].kind == AICOST_PART_TEXT) {
                aicost_chat_write_part(t, o, &f->parts[k]);
            }
        }
    }

    aicost_out(o, "]}", 2);
}


/* results are text here: what else they hold is shown by the user, behind all
   of them */

static void
aicost_chat_write_shown(const aicost_form_t *f, const aicost_form_target_t *t,
    aicost_out_t *o, uint32_t i, uint32_t last)
{
    unsigned              open;
    const aicost_part_t  *p;

    open = 0;

    for ( /* void */ ; i < last; i++) {
        p = &f->parts[i];

        if (p->kind == AICOST_PART_TEXT || p->kind == AICOST_PART_REFUSAL
            || !aicost_chat_is_content(p))
        {
            continue;
        }

        if (!open) {
            aicost_out_text(o, ",{\"role\":\"user\",\"content\":[");
            open = 1;
        }

        aicost_chat_write_part(t, o, p);
    }

    if (open) {
        aicost_out(o, "]}", 2);
    }
}


int
aicost_chat_write_values(aicost_form_t *f, const aicost_form_target_t *t,
    const aicost_chat_member_t *m, aicost_out_t *o)
{
    const aicost_piece_t  *p;

    for ( /* void */ ; m->name; m++) {
        p = (const aicost_piece_t *) (const void *) ((const char *) f + m->at);

        if (m->older || p->kind == AICOST_PIECE_NONE) {
            continue;
        }

        if ((m->sampling && t->no_sampling) || (m->servers && !t->legacy_cap)) {
            if (aicost_form_miss(f, t, m->name) != AICOST_OK) {
                return AICOST_ERROR;
            }

            continue;
        }

        aicost_out_name(o, m->name);
        aicost_out_value(o, p);
    }

    return AICOST_OK;
}


static int
aicost_chat_write_settings(aicost_form_t *f, const aicost_form_target_t *t,
    aicost_out_t *o)
{
    int64_t  cap;

    if (aicost_chat_write_values(f, t, aicost_chat_members, o) != AICOST_OK) {
        return AICOST_ERROR;
    }

    cap = t->cap >= 0 ? t->cap : f->cap;

    if (cap >= 0) {
        aicost_out_name(o, t->legacy_cap ? "max_tokens"
                                         : "max_completion_tokens");
        aicost_out_int(o, cap);
    }

    if (f->user.kind != AICOST_PIECE_NONE) {
        aicost_chat_write_string(o, t->legacy_cap ? "user"
                                                  : "safety_identifier",
                                 &f->user);
    }

    if (aicost_form_service_out(f, t, o, "service_tier", aicost_chat_services)
        != AICOST_OK)
    {
        return AICOST_ERROR;
    }

    aicost_chat_write_tri(o, "logprobs", f->logprobs);
    aicost_chat_write_tri(o, "parallel_tool_calls", f->parallel);
    aicost_chat_write_effort(f, t, o);

    return aicost_chat_write_stops(f, t, o);
}


static int
aicost_chat_write_stops(aicost_form_t *f, const aicost_form_target_t *t,
    aicost_out_t *o)
{
    uint32_t  n;

    n = f->nstops;

    if (n > AICOST_CHAT_STOPS && !t->legacy_cap) {
        if (aicost_form_miss(f, t, "stop") != AICOST_OK) {
            return AICOST_ERROR;
        }

        n = AICOST_CHAT_STOPS;
    }

    aicost_shape_stops_out(o, f, "stop", n);

    return AICOST_OK;
}


/* a budget of tokens becomes the effort that is nearest.  Thinking is only
   turned off where the model has it: others refuse the member */

aicost_effort_e
aicost_chat_effort_of(const aicost_form_t *f, const aicost_form_target_t *t)
{
    if (f->effort != AICOST_EFFORT_UNSAID) {
        return (aicost_effort_e) f->effort;
    }

    if (f->thinking == AICOST_THINKING_BUDGET) {
        return f->thinking_budget < 4096 ? AICOST_EFFORT_LOW
               : f->thinking_budget < 16384 ? AICOST_EFFORT_MEDIUM
               : AICOST_EFFORT_HIGH;
    }

    return f->thinking == AICOST_THINKING_OFF && t->no_sampling
           ? AICOST_EFFORT_NONE : AICOST_EFFORT_UNSAID;
}


static void
aicost_chat_write_effort(const aicost_form_t *f, const aicost_form_target_t *t,
    aicost_out_t *o)
{
    aicost_effort_e  effort;

    effort = aicost_chat_effort_of(f, t);

    if (effort == AICOST_EFFORT_UNSAID) {
        return;
    }

    aicost_out_name(o, "reasoning_effort");
    aicost_out(o, "\"", 1);
    aicost_out_text(o, aicost_form_effort_word(effort));
    aicost_out(o, "\"", 1);
}


static void
aicost_chat_write_tools(const aicost_form_t *f, aicost_out_t *o)
{
    uint32_t              i;
    const aicost_tool_t  *tool;

    if (f->ntools == 0) {
        return;
    }

    aicost_out_name(o, "tools");
    aicost_out(o, "[", 1);

    for (i = 0; i < f->ntools; i++) {
        tool = &f->tools[i];

        aicost_out_next(o);
        aicost_out_text(o, "{\"type\":\"function\",\"function\":{\"name\":");
        aicost_out_string(o, &tool->name);

        if (tool->description.kind != AICOST_PIECE_NONE) {
            aicost_chat_write_string(o, "description", &tool->description);
        }

        if (tool->schema.kind != AICOST_PIECE_NONE) {
            aicost_out_name(o, "parameters");
            aicost_out_value(o, &tool->schema);
        }

        aicost_chat_write_tri(o, "strict", tool->strict);
        aicost_out(o, "}}", 2);
    }

    aicost_out(o, "]", 1);
}


void
aicost_chat_write_choice(const aicost_form_t *f, aicost_out_t *o,
    const char *before, const char *after)
{
    static const char *const  words[] = {
        NULL, "\"auto\"", "\"none\"", "\"required\""
    };

    if (f->choice == AICOST_CHOICE_UNSAID) {
        return;
    }

    aicost_out_name(o, "tool_choice");

    if (f->choice < AICOST_CHOICE_TOOL) {
        aicost_out_text(o, words[f->choice]);
        return;
    }

    aicost_out_text(o, before);
    aicost_out_string(o, &f->choice_name);
    aicost_out_text(o, after);
}


static void
aicost_chat_write_format(const aicost_form_t *f, aicost_out_t *o)
{
    if (f->answer == AICOST_ANSWER_TEXT) {
        return;
    }

    aicost_out_name(o, "response_format");

    if (f->answer == AICOST_ANSWER_JSON) {
        aicost_out_text(o, "{\"type\":\"json_object\"}");
        return;
    }

    aicost_out_text(o, "{\"type\":\"json_schema\",\"json_schema\":{\"name\":");

    if (f->schema_name.kind == AICOST_PIECE_NONE) {
        aicost_out_text(o, "\"" AICOST_CHAT_SCHEMA "\"");

    } else {
        aicost_out_string(o, &f->schema_name);
    }

    if (f->schema_text.kind != AICOST_PIECE_NONE) {
        aicost_chat_write_string(o, "description", &f->schema_text);
    }

    if (f->schema.kind != AICOST_PIECE_NONE) {
        aicost_out_name(o, "schema");
        aicost_out_value(o, &f->schema);
    }

    aicost_chat_write_tri(o, "strict", f->strict);
    aicost_out(o, "}}", 2);
}


static void
aicost_chat_write_tri(aicost_out_t *o, const char *name, uint8_t tri)
{
    if (tri != AICOST_UNSAID) {
        aicost_out_name(o, name);
        aicost_out_text(o, tri == AICOST_YES ? "true" : "false");
    }
}


static void
aicost_chat_write_string(aicost_out_t *o, const char *name,
    const aicost_piece_t *p)
{
    aicost_out_name(o, name);
    aicost_out_string(o, p);
}
