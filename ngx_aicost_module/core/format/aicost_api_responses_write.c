
/*
 * Copyright (C) aicost
 *
 * A request of OpenAI's Responses, written from the form.
 */


#include "aicost_api_responses_int.h"


static int aicost_responses_write_items(aicost_form_t *f,
    const aicost_form_target_t *t, aicost_out_t *o);
static uint32_t aicost_responses_message(const aicost_form_t *f,
    const aicost_form_target_t *t, aicost_out_t *o, uint32_t i);
static uint32_t aicost_responses_result(const aicost_form_t *f,
    aicost_out_t *o, uint32_t i);
static uint32_t aicost_responses_waits(const aicost_form_t *f, uint32_t i);
static uint32_t aicost_responses_thoughts(const aicost_form_t *f,
    aicost_out_t *o, uint32_t i);
static void aicost_responses_call(const aicost_part_t *p, uint32_t i,
    aicost_out_t *o);
static unsigned aicost_responses_is_content(const aicost_part_t *p);
static int aicost_responses_lost(aicost_form_t *f,
    const aicost_form_target_t *t, const aicost_part_t *p);
static void aicost_responses_write_part(const aicost_part_t *p,
    aicost_out_t *o);
static int aicost_responses_misses(aicost_form_t *f,
    const aicost_form_target_t *t);
static int aicost_responses_settings(aicost_form_t *f,
    const aicost_form_target_t *t, aicost_out_t *o);
static void aicost_responses_write_tools(const aicost_form_t *f,
    aicost_out_t *o);
static void aicost_responses_write_text(const aicost_form_t *f,
    aicost_out_t *o);
static void aicost_responses_write_effort(const aicost_form_t *f,
    const aicost_form_target_t *t, aicost_out_t *o);
static void aicost_responses_string(aicost_out_t *o, const char *name,
    const aicost_piece_t *p);


int
aicost_responses_write(aicost_form_t *f, const aicost_form_target_t *t,
    aicost_out_t *o)
{
    aicost_form_losses(f, AICOST_LOSES_CACHE | AICOST_LOSES_TOOLS
                          | AICOST_LOSES_FOREIGN | AICOST_LOSES_CALLS
                          | AICOST_LOSES_ERRORS | AICOST_LOSES_RESULTS);

    aicost_out(o, "{", 1);
    aicost_out_name(o, "model");
    aicost_chat_bytes(o, &t->model);

    if (aicost_responses_misses(f, t) != AICOST_OK
        || aicost_responses_write_items(f, t, o) != AICOST_OK)
    {
        return AICOST_ERROR;
    }

    aicost_responses_write_tools(f, o);
    aicost_responses_write_text(f, o);
    aicost_responses_write_effort(f, t, o);

    if (aicost_responses_settings(f, t, o) != AICOST_OK) {
        return AICOST_ERROR;
    }

    /* unsaid it is kept, which no other shape's client expects */

    aicost_out_text(o, ",\"store\":false");

    if (f->stream) {
        aicost_out_text(o, ",\"stream\":true");
    }

    aicost_out(o, "}", 1);

    return AICOST_OK;
}


static int
aicost_responses_write_items(aicost_form_t *f, const aicost_form_target_t *t,
    aicost_out_t *o)
{
    uint32_t              i;
    const aicost_part_t  *p;

    aicost_out_name(o, "input");
    aicost_out(o, "[", 1);

    for (i = 0; i < f->nparts; i++) {
        if (aicost_responses_lost(f, t, &f->parts[i]) != AICOST_OK) {
            return AICOST_ERROR;
        }
    }

    for (i = 0; i < f->nparts; /* void */ ) {
        p = &f->parts[i];

        switch (p->kind) {

        case AICOST_PART_CALL:
            aicost_responses_call(p, i++, o);
            break;

        case AICOST_PART_RESULT:
            i = aicost_responses_result(f, o, i);
            break;

        case AICOST_PART_THINKING:
        case AICOST_PART_REDACTED:
            i = aicost_responses_thoughts(f, o, i);
            break;

        default:
            i = aicost_responses_message(f, t, o, i);
        }
    }

    aicost_out(o, "]", 1);

    return AICOST_OK;
}


/* one item; returns what follows it */

static uint32_t
aicost_responses_message(const aicost_form_t *f, const aicost_form_target_t *t,
    aicost_out_t *o, uint32_t i)
{
    uint32_t              k, n, last;
    const aicost_part_t  *p, *first, *only;

    static const char *const  roles[] = {
        "system", "user", "assistant", "user"
    };

    (void) t;

    n = 0;
    only = NULL;
    first = &f->parts[i];

    for (last = i; last < f->nparts; last++) {
        p = &f->parts[last];

        if (last > i
            && ((p->flags & AICOST_PART_FIRST) || p->role != first->role
                || p->kind == AICOST_PART_CALL
                || p->kind == AICOST_PART_RESULT
                || p->kind == AICOST_PART_THINKING
                || p->kind == AICOST_PART_REDACTED))
        {
            break;
        }

        if (aicost_responses_is_content(p)) {
            only = p;
            n++;
        }
    }

    aicost_out_next(o);
    aicost_out_text(o, "{\"role\":\"");
    aicost_out_text(o, roles[first->role & 3]);
    aicost_out_text(o, "\",\"content\":");

    if (n == 0) {
        aicost_out_text(o, "\"\"}");
        return last;
    }

    if (n == 1 && only->kind == AICOST_PART_TEXT
        && (only->flags & AICOST_PART_CACHE) == 0)
    {
        aicost_out_string(o, &only->text);
        aicost_out(o, "}", 1);
        return last;
    }

    aicost_out(o, "[", 1);

    for (k = i; k < last; k++) {
        if (aicost_responses_is_content(&f->parts[k])) {
            aicost_responses_write_part(&f->parts[k], o);
        }
    }

    aicost_out(o, "]}", 2);

    return last;
}


/* an error has no mark of its own here, so it is said in the text */

static uint32_t
aicost_responses_result(const aicost_form_t *f, aicost_out_t *o, uint32_t i)
{
    uint32_t              k, last;
    unsigned              error;
    const aicost_part_t  *p;

    p = &f->parts[i];
    error = (p->flags & AICOST_PART_ERROR) != 0;

    for (last = i + 1; last < f->nparts; last++) {
        if ((f->parts[last].flags & AICOST_PART_INSIDE) == 0
            || f->parts[last].kind == AICOST_PART_RESULT)
        {
            break;
        }
    }

    aicost_out_next(o);
    aicost_out_text(o, "{\"type\":\"function_call_output\",\"call_id\":");
    aicost_shape_part_id(o, &p->id, aicost_responses_waits(f, i));
    aicost_out_name(o, "output");

    if (p->text.kind != AICOST_PIECE_NONE || last == i + 1) {

        if ((p->flags & AICOST_PART_CACHE) == 0 || error) {
            aicost_out_text(o, error ? "\"Error: " : "\"");
            aicost_out_inside(o, &p->text);
            aicost_out(o, "\"}", 2);
            return last;
        }

        aicost_out(o, "[", 1);
        aicost_responses_write_part(p, o);
        aicost_out(o, "]}", 2);
        return last;
    }

    aicost_out(o, "[", 1);

    if (error) {
        aicost_out_text(o, "{\"type\":\"input_text\",\"text\":\"Error: \"}");
    }

    for (k = i + 1; k < last; k++) {
        if (aicost_responses_is_content(&f->parts[k])) {
            aicost_responses_write_part(&f->parts[k], o);
        }
    }

    aicost_out(o, "]}", 2);

    return last;
}


/* the call that a result without an id answers: the last one of its name, or
   as many calls before as it is results behind them */

static uint32_t
aicost_responses_waits(const aicost_form_t *f, uint32_t i)
{
    uint32_t              k, results, begin;
    const aicost_part_t  *p;

    results = 0;

    /* the results of a turn stand together, behind its calls */

    for (k = i; k > 0; k--) {
        p = &f->parts[k - 1];

        if (p->kind == AICOST_PART_RESULT) {
            results++;

        } else if ((p->flags & AICOST_PART_INSIDE) == 0) {
            break;
        }
    }

    for (begin = k; begin > 0; begin--) {
        if (f->parts[begin - 1].role != AICOST_ROLE_ASSISTANT) {
            break;
        }
    }

    for ( /* void */ ; begin < k; begin++) {
        if (f->parts[begin].kind == AICOST_PART_CALL && results-- == 0) {
            return begin;
        }
    }

    return i;
}


/* those of another maker say nothing to this one, and have no id */

static uint32_t
aicost_responses_thoughts(const aicost_form_t *f, aicost_out_t *o, uint32_t i)
{
    uint32_t              last;
    const aicost_part_t  *p, *seal;

    p = &f->parts[i];

    if (p->more.kind == AICOST_PIECE_NONE) {
        return i + 1;
    }

    aicost_out_next(o);
    aicost_out_text(o, "{\"type\":\"reasoning\",\"id\":");
    aicost_out_string(o, &p->more);
    aicost_out_text(o, ",\"summary\":[");

    seal = &p[0];
    last = i + 1;

    if (p->kind == AICOST_PART_THINKING) {

        for (last = i; last < f->nparts; last++) {
            if (f->parts[last].kind != AICOST_PART_THINKING
                || !aicost_piece_same(&f->parts[last].more, &p->more))
            {
                break;
            }

            seal = &f->parts[last];

            aicost_out_next(o);
            aicost_out_text(o, "{\"type\":\"summary_text\",\"text\":");
            aicost_out_string(o, &seal->text);
            aicost_out(o, "}", 1);

            if (seal->id.kind != AICOST_PIECE_NONE) {
                last++;
                break;
            }
        }
    }

    aicost_out(o, "]", 1);

    if (p->kind == AICOST_PART_REDACTED) {
        aicost_responses_string(o, "encrypted_content", &p->text);

    } else if (seal->id.kind != AICOST_PIECE_NONE) {
        aicost_responses_string(o, "encrypted_content", &seal->id);
    }

    aicost_out(o, "}", 1);

    return last;
}


static void
aicost_responses_call(const aicost_part_t *p, uint32_t i, aicost_out_t *o)
{
    aicost_out_next(o);
    aicost_out_text(o, "{\"type\":\"function_call\",\"call_id\":");
    aicost_shape_part_id(o, &p->id, i);
    aicost_responses_string(o, "name", &p->name);
    aicost_out_name(o, "arguments");

    if (p->text.kind == AICOST_PIECE_NONE) {
        aicost_out_text(o, "\"{}\"");

    } else {
        aicost_out_string(o, &p->text);
    }

    aicost_out(o, "}", 1);
}


/* a part of "content": text of anyone, images and files of users */

static unsigned
aicost_responses_is_content(const aicost_part_t *p)
{
    switch (p->kind) {

    case AICOST_PART_TEXT:
        return 1;

    case AICOST_PART_REFUSAL:
        return p->role == AICOST_ROLE_ASSISTANT;

    case AICOST_PART_IMAGE:
        return p->role == AICOST_ROLE_USER || p->role == AICOST_ROLE_TOOL;

    case AICOST_PART_FILE:
        return (p->role == AICOST_ROLE_USER || p->role == AICOST_ROLE_TOOL)
               && (p->flags & AICOST_PART_URL) == 0;

    default:
        return 0;
    }
}


static int
aicost_responses_lost(aicost_form_t *f, const aicost_form_target_t *t,
    const aicost_part_t *p)
{
    switch (p->kind) {

    case AICOST_PART_AUDIO:
        return aicost_form_miss(f, t, "input_audio");

    case AICOST_PART_IMAGE:
        return aicost_responses_is_content(p)
               ? AICOST_OK : aicost_form_miss(f, t, "image_url");

    case AICOST_PART_FILE:
        return aicost_responses_is_content(p)
               ? AICOST_OK : aicost_form_miss(f, t, "file");

    default:
        return AICOST_OK;
    }
}


static void
aicost_responses_write_part(const aicost_part_t *p, aicost_out_t *o)
{
    aicost_out_next(o);

    switch (p->kind) {

    case AICOST_PART_REFUSAL:
        aicost_out_text(o, "{\"type\":\"refusal\",\"refusal\":");
        aicost_out_string(o, &p->text);
        break;

    case AICOST_PART_IMAGE:
        aicost_out_text(o, "{\"type\":\"input_image\",\"image_url\":");

        if (p->flags & AICOST_PART_URL) {
            aicost_out_string(o, &p->text);

        } else {
            aicost_chat_data_url(o, p, "image/png");
        }

        aicost_out_name(o, "detail");

        if (p->more.kind == AICOST_PIECE_NONE) {
            aicost_out_text(o, "\"auto\"");

        } else {
            aicost_out_string(o, &p->more);
        }

        break;

    case AICOST_PART_FILE:
        aicost_out_text(o, "{\"type\":\"input_file\",\"file_data\":");

        if (p->name.kind == AICOST_PIECE_NONE) {
            aicost_out_string(o, &p->text);

        } else {
            aicost_chat_data_url(o, p, "application/pdf");
        }

        if (p->id.kind != AICOST_PIECE_NONE) {
            aicost_responses_string(o, "filename", &p->id);
        }

        break;

    default:
        aicost_out_text(o, p->role == AICOST_ROLE_ASSISTANT
                           ? "{\"type\":\"output_text\",\"text\":"
                           : "{\"type\":\"input_text\",\"text\":");
        aicost_out_string(o, &p->text);
    }

    if (p->flags & AICOST_PART_CACHE) {
        aicost_out_text(o, ",\"prompt_cache_breakpoint\":"
                           "{\"mode\":\"explicit\"}");
    }

    aicost_out(o, "}", 1);
}


/* what has no place in this shape */

static int
aicost_responses_misses(aicost_form_t *f, const aicost_form_target_t *t)
{
    size_t  i, n;

    const struct {
        const char  *name;
        unsigned     said;
    } members[] = {
        { "n", f->choices.kind },
        { "seed", f->seed.kind },
        { "stop", f->nstops },
        { "top_k", f->top_k.kind },
        { "logit_bias", f->logit_bias.kind },
        { "presence_penalty", f->presence_penalty.kind },
        { "frequency_penalty", f->frequency_penalty.kind },
        { "logprobs", f->logprobs == AICOST_YES
                      && f->top_logprobs.kind == AICOST_PIECE_NONE }
    };

    n = sizeof(members) / sizeof(members[0]);

    for (i = 0; i < n; i++) {
        if (members[i].said
            && aicost_form_miss(f, t, members[i].name) != AICOST_OK)
        {
            return AICOST_ERROR;
        }
    }

    return AICOST_OK;
}


static int
aicost_responses_settings(aicost_form_t *f, const aicost_form_target_t *t,
    aicost_out_t *o)
{
    int64_t  cap;

    if (aicost_chat_write_values(f, t, aicost_responses_members, o)
        != AICOST_OK)
    {
        return AICOST_ERROR;
    }

    cap = t->cap >= 0 ? t->cap : f->cap;

    if (cap >= 0) {
        aicost_out_name(o, "max_output_tokens");
        aicost_out_int(o, cap);
    }

    if (f->parallel != AICOST_UNSAID) {
        aicost_out_name(o, "parallel_tool_calls");
        aicost_out_text(o, f->parallel == AICOST_YES ? "true" : "false");
    }

    return aicost_form_service_out(f, t, o, "service_tier",
                                   aicost_chat_services);
}


/* strict is the default here, so its contrary is always said */

static void
aicost_responses_write_tools(const aicost_form_t *f, aicost_out_t *o)
{
    uint32_t              i;
    const aicost_tool_t  *tool;

    if (f->ntools) {
        aicost_out_name(o, "tools");
        aicost_out(o, "[", 1);

        for (i = 0; i < f->ntools; i++) {
            tool = &f->tools[i];

            aicost_out_next(o);
            aicost_out_text(o, "{\"type\":\"function\",\"name\":");
            aicost_out_string(o, &tool->name);

            if (tool->description.kind != AICOST_PIECE_NONE) {
                aicost_responses_string(o, "description", &tool->description);
            }

            aicost_out_name(o, "parameters");

            if (tool->schema.kind == AICOST_PIECE_NONE) {
                aicost_out_text(o, "null");

            } else {
                aicost_out_value(o, &tool->schema);
            }

            aicost_out_text(o, tool->strict == AICOST_YES
                               ? ",\"strict\":true}" : ",\"strict\":false}");
        }

        aicost_out(o, "]", 1);
    }

    aicost_chat_write_choice(f, o, "{\"type\":\"function\",\"name\":", "}");
}


static void
aicost_responses_write_text(const aicost_form_t *f, aicost_out_t *o)
{
    if (f->answer == AICOST_ANSWER_TEXT
        && f->verbosity.kind == AICOST_PIECE_NONE)
    {
        return;
    }

    aicost_out_text(o, ",\"text\":{");

    if (f->answer == AICOST_ANSWER_JSON) {
        aicost_out_text(o, "\"format\":{\"type\":\"json_object\"}");

    } else if (f->answer == AICOST_ANSWER_SCHEMA) {
        aicost_out_text(o, "\"format\":{\"type\":\"json_schema\",\"name\":");

        if (f->schema_name.kind == AICOST_PIECE_NONE) {
            aicost_out_text(o, "\"" AICOST_CHAT_SCHEMA "\"");

        } else {
            aicost_out_string(o, &f->schema_name);
        }

        if (f->schema_text.kind != AICOST_PIECE_NONE) {
            aicost_responses_string(o, "description", &f->schema_text);
        }

        if (f->schema.kind != AICOST_PIECE_NONE) {
            aicost_out_name(o, "schema");
            aicost_out_value(o, &f->schema);
        }

        if (f->strict != AICOST_UNSAID) {
            aicost_out_name(o, "strict");
            aicost_out_text(o, f->strict == AICOST_YES ? "true" : "false");
        }

        aicost_out(o, "}", 1);
    }

    if (f->verbosity.kind != AICOST_PIECE_NONE) {
        aicost_responses_string(o, "verbosity", &f->verbosity);
    }

    aicost_out(o, "}", 1);
}


/* a budget of tokens becomes the effort that is nearest */

static void
aicost_responses_write_effort(const aicost_form_t *f,
    const aicost_form_target_t *t, aicost_out_t *o)
{
    aicost_effort_e  effort;

    effort = aicost_chat_effort_of(f, t);

    if (effort == AICOST_EFFORT_UNSAID && f->summary != AICOST_YES) {
        return;
    }

    aicost_out_text(o, ",\"reasoning\":{");

    if (effort != AICOST_EFFORT_UNSAID) {
        aicost_out_text(o, "\"effort\":\"");
        aicost_out_text(o, aicost_form_effort_word(effort));
        aicost_out(o, "\"", 1);
    }

    if (f->summary == AICOST_YES) {
        aicost_out_name(o, "summary");
        aicost_out_text(o, "\"auto\"");
    }

    aicost_out(o, "}", 1);
}


static void
aicost_responses_string(aicost_out_t *o, const char *name,
    const aicost_piece_t *p)
{
    aicost_out_name(o, name);
    aicost_out_string(o, p);
}
