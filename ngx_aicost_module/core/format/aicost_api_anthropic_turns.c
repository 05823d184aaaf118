
/*
 * Copyright (C) aicost
 *
 * Anthropic's Messages: the turns of the body for a provider.
 */


#include "aicost_api_anthropic_int.h"


static unsigned
aicost_anthropic_is_text(const aicost_part_t *p)
{
    return p->kind == AICOST_PART_TEXT || p->kind == AICOST_PART_REFUSAL;
}


/* a PDF */

static unsigned
aicost_anthropic_is_document(const aicost_part_t *p)
{
    return (p->flags & AICOST_PART_URL) == 0
           && (p->name.kind == AICOST_PIECE_NONE
               || aicost_piece_is(&p->name, "application/pdf"));
}


int
aicost_anthropic_check_part(aicost_anthropic_writer_t *w,
    const aicost_part_t *p)
{
    switch (p->kind) {

    case AICOST_PART_TEXT:
        return p->name.kind == AICOST_PIECE_NONE
               ? AICOST_OK : aicost_anthropic_miss(w, "name");

    case AICOST_PART_AUDIO:
        return aicost_anthropic_miss(w, "input_audio");

    case AICOST_PART_IMAGE:
        if (p->role != AICOST_ROLE_USER && p->role != AICOST_ROLE_TOOL) {
            return aicost_anthropic_miss(w, "image_url");
        }

        if (p->more.kind != AICOST_PIECE_NONE
            && !aicost_piece_is(&p->more, "auto"))
        {
            return aicost_anthropic_miss(w, "detail");
        }

        return AICOST_OK;

    case AICOST_PART_FILE:
        if (p->role == AICOST_ROLE_SYSTEM
            || (p->role == AICOST_ROLE_ASSISTANT && w->strict)
            || !aicost_anthropic_is_document(p))
        {
            return aicost_anthropic_miss(w, "file");
        }

        return AICOST_OK;

    default:
        return AICOST_OK;
    }
}


/* a part that is written; a blank text beside another one is not, and no
   thinking without its signature */

static unsigned
aicost_anthropic_kept(const aicost_anthropic_writer_t *w,
    const aicost_part_t *p)
{
    switch (p->kind) {

    case AICOST_PART_TEXT:
    case AICOST_PART_REFUSAL:
        return p->text.len != 0;

    case AICOST_PART_IMAGE:
        return p->role == AICOST_ROLE_USER || p->role == AICOST_ROLE_TOOL;

    case AICOST_PART_FILE:
        return p->role != AICOST_ROLE_SYSTEM
               && (p->role != AICOST_ROLE_ASSISTANT || !w->strict)
               && aicost_anthropic_is_document(p);

    case AICOST_PART_THINKING:
        return p->role == AICOST_ROLE_ASSISTANT && p->id.len != 0;

    case AICOST_PART_REDACTED:
    case AICOST_PART_CALL:
        return p->role == AICOST_ROLE_ASSISTANT;

    case AICOST_PART_RESULT:
        return p->role == AICOST_ROLE_TOOL;

    default:
        return 0;
    }
}


static void
aicost_anthropic_source(aicost_out_t *o, const aicost_part_t *p)
{
    if (p->flags & AICOST_PART_URL) {
        aicost_out_text(o, ",\"source\":{\"type\":\"url\"");
        aicost_anthropic_string_out(o, "url", &p->text);

    } else {
        aicost_out_text(o, ",\"source\":{\"type\":\"base64\",\"media_type\":");

        if (p->name.kind != AICOST_PIECE_NONE) {
            aicost_out_string(o, &p->name);

        } else {
            aicost_out_text(o, p->kind == AICOST_PART_FILE
                               ? "\"application/pdf\"" : "\"image/png\"");
        }

        aicost_out_name(o, "data");
        aicost_out_base64(o, &p->text);
    }

    aicost_out_text(o, "}");
}


/* call_0 and so on, in the order of the calls; results come in the same one */

static void
aicost_anthropic_id(aicost_out_t *o, const char *name,
    const aicost_piece_t *id, uint32_t *n)
{
    aicost_out_name(o, name);

    if (id->kind != AICOST_PIECE_NONE) {
        aicost_out_string(o, id);
        return;
    }

    aicost_out_text(o, "\"call_");
    aicost_out_int(o, (*n)++);
    aicost_out_text(o, "\"");
}


static int
aicost_anthropic_part_out(aicost_anthropic_writer_t *w,
    const aicost_part_t *p)
{
    aicost_out_t  *o;

    o = w->out;

    aicost_out_next(o);
    aicost_out_text(o, "{\"type\":\"");

    switch (p->kind) {

    case AICOST_PART_IMAGE:
        aicost_out_text(o, "image\"");
        aicost_anthropic_source(o, p);
        break;

    case AICOST_PART_FILE:
        aicost_out_text(o, "document\"");
        aicost_anthropic_source(o, p);
        aicost_anthropic_piece(o, "title", &p->id);
        break;

    case AICOST_PART_THINKING:
        aicost_out_text(o, "thinking\"");
        aicost_anthropic_string_out(o, "thinking", &p->text);
        aicost_anthropic_string_out(o, "signature", &p->id);
        aicost_out_text(o, "}");
        return AICOST_OK;

    case AICOST_PART_REDACTED:
        aicost_out_text(o, "redacted_thinking\"");
        aicost_anthropic_string_out(o, "data", &p->text);
        aicost_out_text(o, "}");
        return AICOST_OK;

    case AICOST_PART_CALL:
        aicost_out_text(o, "tool_use\"");
        aicost_anthropic_id(o, "id", &p->id, &w->calls);
        aicost_anthropic_string_out(o, "name", &p->name);
        aicost_out_name(o, "input");

        if (p->text.kind == AICOST_PIECE_NONE) {
            aicost_out_text(o, "{}");

        } else if (aicost_out_object(o, &p->text) != AICOST_OK) {
            return aicost_form_wrong(w->form, AICOST_R_INVALID_PARAMETER,
                                     "arguments");
        }

        break;

    default:
        aicost_out_text(o, "text\"");
        aicost_anthropic_string_out(o, "text", &p->text);
    }

    aicost_anthropic_mark(o, p->flags);
    aicost_out_text(o, "}");

    return AICOST_OK;
}


/* a result and the parts inside it, which end before last */

static int
aicost_anthropic_result_out(aicost_anthropic_writer_t *w,
    const aicost_part_t *p, const aicost_part_t *last)
{
    aicost_out_t         *o;
    const aicost_part_t  *q;

    o = w->out;

    aicost_out_next(o);
    aicost_out_text(o, "{\"type\":\"tool_result\"");
    aicost_anthropic_id(o, "tool_use_id", &p->id, &w->results);

    if (p->text.kind != AICOST_PIECE_NONE) {
        aicost_anthropic_string_out(o, "content", &p->text);

    } else if (p + 1 < last && (p[1].flags & AICOST_PART_INSIDE)) {
        aicost_out_name(o, "content");
        aicost_out_text(o, "[");

        for (q = p + 1; q < last && (q->flags & AICOST_PART_INSIDE); q++) {

            if (q->kind == AICOST_PART_RESULT
                || q->kind == AICOST_PART_CALL
                || (!aicost_anthropic_is_text(q)
                    && !aicost_anthropic_kept(w, q)))
            {
                continue;
            }

            if (aicost_anthropic_part_out(w, q) != AICOST_OK) {
                return AICOST_ERROR;
            }
        }

        aicost_out_text(o, "]");
    }

    if (p->flags & AICOST_PART_ERROR) {
        aicost_out_name(o, "is_error");
        aicost_out_text(o, "true");
    }

    aicost_anthropic_mark(o, p->flags);
    aicost_out_text(o, "}");

    return AICOST_OK;
}


static void
aicost_anthropic_begin(aicost_anthropic_writer_t *w, unsigned assistant)
{
    if (!w->begun && assistant) {
        aicost_out_text(w->out, "{\"role\":\"user\",\"content\":\".\"}");
    }

    w->begun = 1;

    aicost_out_next(w->out);
    aicost_out_text(w->out, assistant ? "{\"role\":\"assistant\",\"content\":"
                                      : "{\"role\":\"user\",\"content\":");
}


/* the parts of one turn, those of the system between them left out: results
   first */

static int
aicost_anthropic_turn(aicost_anthropic_writer_t *w, const aicost_part_t *first,
    const aicost_part_t *last, unsigned assistant)
{
    uint32_t              kept;
    const aicost_part_t  *p, *only, *blank;

    kept = 0;
    only = NULL;
    blank = NULL;

    for (p = first; p < last; p++) {

        if (p->role == AICOST_ROLE_SYSTEM || (p->flags & AICOST_PART_INSIDE)) {
            continue;
        }

        if (aicost_anthropic_kept(w, p)) {
            kept++;
            only = p;

        } else if (aicost_anthropic_is_text(p)) {
            blank = p;
        }
    }

    if (kept == 0 && blank == NULL) {
        return AICOST_OK;
    }

    aicost_anthropic_begin(w, assistant);

    if (kept == 0) {
        aicost_out_text(w->out, "\"\"}");
        return AICOST_OK;
    }

    if (kept == 1 && aicost_anthropic_is_text(only)
        && (only->flags & AICOST_PART_CACHE) == 0)
    {
        aicost_out_string(w->out, &only->text);
        aicost_out_text(w->out, "}");
        return AICOST_OK;
    }

    aicost_out_text(w->out, "[");

    for (p = first; p < last; p++) {
        if (p->kind == AICOST_PART_RESULT && aicost_anthropic_kept(w, p)
            && aicost_anthropic_result_out(w, p, last) != AICOST_OK)
        {
            return AICOST_ERROR;
        }
    }

    for (p = first; p < last; p++) {
        if (p->role != AICOST_ROLE_SYSTEM && p->kind != AICOST_PART_RESULT
            && (p->flags & AICOST_PART_INSIDE) == 0
            && aicost_anthropic_kept(w, p)
            && aicost_anthropic_part_out(w, p) != AICOST_OK)
        {
            return AICOST_ERROR;
        }
    }

    aicost_out_text(w->out, "]}");

    return AICOST_OK;
}


int
aicost_anthropic_messages_out(aicost_anthropic_writer_t *w)
{
    unsigned              assistant;
    const aicost_part_t  *p, *first, *last;

    aicost_out_name(w->out, "messages");
    aicost_out_text(w->out, "[");

    p = w->form->parts;
    last = p + w->form->nparts;

    while (p < last) {

        if (p->role == AICOST_ROLE_SYSTEM) {
            p++;
            continue;
        }

        first = p;
        assistant = (p->role == AICOST_ROLE_ASSISTANT);

        while (p < last
               && (p->role == AICOST_ROLE_SYSTEM
                   || (p->role == AICOST_ROLE_ASSISTANT) == assistant))
        {
            p++;
        }

        if (aicost_anthropic_turn(w, first, p, assistant) != AICOST_OK) {
            return AICOST_ERROR;
        }
    }

    if (!w->begun) {
        aicost_anthropic_begin(w, 0);
        aicost_out_text(w->out, "\".\"}");
    }

    aicost_out_text(w->out, "]");

    return AICOST_OK;
}


int
aicost_anthropic_system_out(aicost_anthropic_writer_t *w)
{
    uint32_t              n, kept;
    const aicost_part_t  *p, *only, *last;

    n = 0;
    kept = 0;
    only = NULL;
    last = w->form->parts + w->form->nparts;

    for (p = w->form->parts; p < last; p++) {

        if (p->role != AICOST_ROLE_SYSTEM || !aicost_anthropic_is_text(p)) {
            continue;
        }

        n++;

        if (p->text.len || only == NULL) {
            only = p;
        }

        kept += p->text.len != 0;
    }

    if (n == 0) {
        return AICOST_OK;
    }

    aicost_out_name(w->out, "system");

    if (kept <= 1 && (only->flags & AICOST_PART_CACHE) == 0) {
        aicost_out_string(w->out, &only->text);
        return AICOST_OK;
    }

    aicost_out_text(w->out, "[");

    for (p = w->form->parts; p < last; p++) {
        if (p->role == AICOST_ROLE_SYSTEM && aicost_anthropic_is_text(p)
            && p->text.len
            && aicost_anthropic_part_out(w, p) != AICOST_OK)
        {
            return AICOST_ERROR;
        }
    }

    aicost_out_text(w->out, "]");

    return AICOST_OK;
}
