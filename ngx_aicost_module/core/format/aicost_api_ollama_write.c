
/*
 * Copyright (C) aicost
 *
 * A request of Ollama's /api/chat, written from the form.
 */


#include "aicost_api_ollama_int.h"


static int aicost_ollama_check_part(aicost_form_t *f,
    const aicost_form_target_t *t, const aicost_part_t *p);
static int aicost_ollama_write_messages(aicost_form_t *f,
    const aicost_form_target_t *t, aicost_out_t *o);
static void aicost_ollama_write_text(const aicost_form_t *f, aicost_out_t *o,
    uint32_t i, uint32_t last, const char *name, unsigned thinking);
static void aicost_ollama_write_images(const aicost_form_t *f,
    aicost_out_t *o, uint32_t i, uint32_t last);
static int aicost_ollama_write_calls(aicost_form_t *f, aicost_out_t *o,
    uint32_t i, uint32_t last);
static int aicost_ollama_write_tools(aicost_form_t *f,
    const aicost_form_target_t *t, aicost_out_t *o);
static void aicost_ollama_write_think(const aicost_form_t *f,
    aicost_out_t *o);
static int aicost_ollama_write_options(aicost_form_t *f,
    const aicost_form_target_t *t, aicost_out_t *o);


int
aicost_ollama_write(aicost_form_t *f, const aicost_form_target_t *t,
    aicost_out_t *o)
{
    uint32_t  i;

    /* there is one */

    static const char *const  services[] = {
        NULL, "", NULL, NULL, NULL, NULL
    };

    if (aicost_shape_misses(f, t) != AICOST_OK) {
        return AICOST_ERROR;
    }

    aicost_form_losses(f, AICOST_LOSES_CACHE | AICOST_LOSES_TOOLS
                          | AICOST_LOSES_KEY | AICOST_LOSES_USER
                          | AICOST_LOSES_METADATA | AICOST_LOSES_SIGNED
                          | AICOST_LOSES_CALLS | AICOST_LOSES_ERRORS
                          | AICOST_LOSES_STRICT | AICOST_LOSES_RESULTS);

    for (i = 0; i < f->nparts; i++) {
        if (aicost_ollama_check_part(f, t, &f->parts[i]) != AICOST_OK) {
            return AICOST_ERROR;
        }
    }

    aicost_out(o, "{", 1);
    aicost_out_name(o, "model");
    aicost_shape_raw(o, &t->model, t->model.len);

    if (aicost_ollama_write_messages(f, t, o) != AICOST_OK
        || aicost_ollama_write_tools(f, t, o) != AICOST_OK)
    {
        return AICOST_ERROR;
    }

    if (f->answer == AICOST_ANSWER_SCHEMA
        && f->schema.kind != AICOST_PIECE_NONE)
    {
        aicost_shape_member(o, "format", &f->schema);

    } else if (f->answer != AICOST_ANSWER_TEXT) {
        aicost_out_text(o, ",\"format\":\"json\"");
    }

    aicost_ollama_write_think(f, o);

    if (aicost_form_service_out(f, t, o, "", services) != AICOST_OK
        || aicost_ollama_write_options(f, t, o) != AICOST_OK) {
        return AICOST_ERROR;
    }

    /* unsaid it would be true */

    aicost_out_text(o, f->stream ? ",\"stream\":true}" : ",\"stream\":false}");

    return AICOST_OK;
}


/* what a message of this shape cannot hold */

static int
aicost_ollama_check_part(aicost_form_t *f, const aicost_form_target_t *t,
    const aicost_part_t *p)
{
    switch (p->kind) {

    case AICOST_PART_TEXT:
        return p->name.kind == AICOST_PIECE_NONE
               ? AICOST_OK : aicost_form_miss(f, t, "name");

    case AICOST_PART_IMAGE:

        if (p->flags & AICOST_PART_URL) {
            return aicost_form_miss(f, t, "image_url");
        }

        return p->more.kind == AICOST_PIECE_NONE
               ? AICOST_OK : aicost_form_miss(f, t, "detail");

    case AICOST_PART_FILE:
        return aicost_form_miss(f, t, "file");

    case AICOST_PART_AUDIO:
        return aicost_form_miss(f, t, "input_audio");

    case AICOST_PART_REDACTED:
        return aicost_form_miss(f, t, "reasoning_content");

    default:
        return AICOST_OK;
    }
}


static int
aicost_ollama_write_messages(aicost_form_t *f, const aicost_form_target_t *t,
    aicost_out_t *o)
{
    uint32_t              i, next;
    aicost_piece_t        name;
    const aicost_part_t  *p;

    static const char *const  roles[] = {
        "system", "user", "assistant", "user"
    };

    (void) t;

    aicost_out_name(o, "messages");
    aicost_out(o, "[", 1);

    for (i = 0; i < f->nparts; i = next) {
        p = &f->parts[i];
        next = aicost_shape_group(f, i);

        aicost_out_next(o);
        aicost_out_text(o, "{\"role\":\"");
        aicost_out_text(o, p->kind == AICOST_PART_RESULT
                           ? "tool" : roles[p->role & 3]);
        aicost_out(o, "\"", 1);

        if (p->kind == AICOST_PART_RESULT) {
            name = aicost_form_result_name(f, p);
            aicost_shape_member(o, "tool_name", &name);
            aicost_shape_member(o, "tool_call_id", &p->id);
        }

        aicost_ollama_write_text(f, o, i, next, "thinking", 1);
        aicost_ollama_write_text(f, o, i, next, "content", 0);
        aicost_ollama_write_images(f, o, i, next);

        if (aicost_ollama_write_calls(f, o, i, next) != AICOST_OK) {
            return AICOST_ERROR;
        }

        aicost_out(o, "}", 1);
    }

    aicost_out(o, "]", 1);

    return AICOST_OK;
}


/* all texts of a message, a line each; an error has no mark of its own here,
   so it is said in the text */

static void
aicost_ollama_write_text(const aicost_form_t *f, aicost_out_t *o, uint32_t i,
    uint32_t last, const char *name, unsigned thinking)
{
    unsigned              any;
    const aicost_part_t  *p, *end;

    any = !thinking;
    end = f->parts + last;

    for (p = f->parts + i; p < end && thinking; p++) {
        any |= (p->kind == AICOST_PART_THINKING);
    }

    if (!any) {
        return;
    }

    aicost_out_name(o, name);
    aicost_out(o, "\"", 1);
    any = 0;

    for (p = f->parts + i; p < end; p++) {

        if (p->flags & AICOST_PART_ERROR && !thinking) {
            aicost_out_text(o, "Error: ");
        }

        if (thinking != (p->kind == AICOST_PART_THINKING)
            || (p->kind != AICOST_PART_THINKING && p->kind != AICOST_PART_TEXT
                && p->kind != AICOST_PART_REFUSAL
                && p->kind != AICOST_PART_RESULT)
            || p->text.len == 0 || p->text.kind == AICOST_PIECE_NONE)
        {
            continue;
        }

        aicost_out_text(o, any ? "\\n" : "");
        aicost_out_inside(o, &p->text);
        any = 1;
    }

    aicost_out(o, "\"", 1);
}


static void
aicost_ollama_write_images(const aicost_form_t *f, aicost_out_t *o,
    uint32_t i, uint32_t last)
{
    unsigned              open;
    const aicost_part_t  *p;

    open = 0;

    for ( /* void */ ; i < last; i++) {
        p = &f->parts[i];

        if (p->kind != AICOST_PART_IMAGE || (p->flags & AICOST_PART_URL)) {
            continue;
        }

        aicost_out_text(o, open ? "," : ",\"images\":[");
        aicost_out_base64(o, &p->text);
        open = 1;
    }

    aicost_out_text(o, open ? "]" : "");
}


static int
aicost_ollama_write_calls(aicost_form_t *f, aicost_out_t *o, uint32_t i,
    uint32_t last)
{
    unsigned              open;
    const aicost_part_t  *p;

    open = 0;

    for ( /* void */ ; i < last; i++) {
        p = &f->parts[i];

        if (p->kind != AICOST_PART_CALL) {
            continue;
        }

        aicost_out_text(o, open ? ",{" : ",\"tool_calls\":[{");
        aicost_shape_member(o, "id", &p->id);
        aicost_out_name(o, "function");
        aicost_out_text(o, "{\"name\":");
        aicost_out_string(o, &p->name);
        aicost_out_name(o, "arguments");

        if (aicost_out_object(o, &p->text) != AICOST_OK) {
            return aicost_form_wrong(f, AICOST_R_INVALID_PARAMETER,
                                     "arguments");
        }

        aicost_out(o, "}}", 2);
        open = 1;
    }

    aicost_out_text(o, open ? "]" : "");

    return AICOST_OK;
}


/* no call can be forced; none is had by leaving the tools out */

static int
aicost_ollama_write_tools(aicost_form_t *f, const aicost_form_target_t *t,
    aicost_out_t *o)
{
    uint32_t              i;
    const aicost_tool_t  *tool;

    if ((f->choice == AICOST_CHOICE_ANY || f->choice == AICOST_CHOICE_TOOL)
        && aicost_form_miss(f, t, "tool_choice") != AICOST_OK)
    {
        return AICOST_ERROR;
    }

    if (f->ntools == 0 || f->choice == AICOST_CHOICE_NONE) {
        return AICOST_OK;
    }

    aicost_out_name(o, "tools");
    aicost_out(o, "[", 1);

    for (i = 0; i < f->ntools; i++) {
        tool = &f->tools[i];

        aicost_out_next(o);
        aicost_out_text(o, "{\"type\":\"function\",\"function\":{\"name\":");
        aicost_out_string(o, &tool->name);
        aicost_shape_member(o, "description", &tool->description);
        aicost_shape_member(o, "parameters", &tool->schema);
        aicost_out(o, "}}", 2);
    }

    aicost_out(o, "]", 1);

    return AICOST_OK;
}


/* three levels are known: the nearest */

static void
aicost_ollama_write_think(const aicost_form_t *f, aicost_out_t *o)
{
    const char  *word;

    switch (f->effort) {

    case AICOST_EFFORT_NONE:
        word = "false";
        break;

    case AICOST_EFFORT_MINIMAL:
    case AICOST_EFFORT_LOW:
        word = "\"low\"";
        break;

    case AICOST_EFFORT_MEDIUM:
        word = "\"medium\"";
        break;

    case AICOST_EFFORT_HIGH:
    case AICOST_EFFORT_XHIGH:
    case AICOST_EFFORT_MAX:
        word = "\"high\"";
        break;

    default:

        if (f->thinking == AICOST_THINKING_UNSAID) {
            return;
        }

        word = f->thinking == AICOST_THINKING_OFF ? "false" : "true";
    }

    aicost_out_name(o, "think");
    aicost_out_text(o, word);
}


static int
aicost_ollama_write_options(aicost_form_t *f, const aicost_form_target_t *t,
    aicost_out_t *o)
{
    int64_t                        cap;
    const aicost_piece_t          *p;
    const aicost_ollama_option_t  *m;

    aicost_out_name(o, "options");
    aicost_out(o, "{", 1);

    for (m = aicost_ollama_options; m->name; m++) {
        p = (const aicost_piece_t *) (const void *) ((const char *) f + m->at);

        if (m->sampling && t->no_sampling && p->kind != AICOST_PIECE_NONE) {
            if (aicost_form_miss(f, t, m->name) != AICOST_OK) {
                return AICOST_ERROR;
            }

            continue;
        }

        aicost_shape_member(o, m->name, p);
    }

    cap = t->cap >= 0 ? t->cap : f->cap;

    if (cap >= 0) {
        aicost_out_name(o, "num_predict");
        aicost_out_int(o, cap);
    }

    aicost_shape_stops_out(o, f, "stop", f->nstops);
    aicost_out(o, "}", 1);

    return AICOST_OK;
}
