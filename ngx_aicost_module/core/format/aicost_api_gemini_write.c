
/*
 * Copyright (C) aicost
 *
 * The generateContent request for a provider.
 */


#include "aicost_api_gemini_int.h"


typedef struct {
    aicost_form_t               *form;
    const aicost_form_target_t  *target;
    aicost_out_t                *o;
    unsigned                     open:1;      /* a content is */
    unsigned                     model:1;     /* whose it is */
    unsigned                     signs:1;     /* a call must have a signature:
                                                 the first of a turn */
} aicost_gemini_writer_t;


static int
aicost_gemini_miss(aicost_gemini_writer_t *w, const char *name)
{
    return aicost_form_miss(w->form, w->target, name);
}


unsigned
aicost_gemini_generation(const aicost_str_t *model)
{
    size_t                i;
    const unsigned char  *p;

    static const char     name[] = "gemini-";

    p = model->data;

    for (i = 0; i + sizeof(name) <= model->len; i++) {
        if ((i == 0 || p[i - 1] == '/')
            && memcmp(p + i, name, sizeof(name) - 1) == 0)
        {
            i += sizeof(name) - 1;

            return p[i] >= '0' && p[i] <= '9' ? (unsigned) (p[i] - '0') : 0;
        }
    }

    return 0;
}


static void
aicost_gemini_close(aicost_gemini_writer_t *w)
{
    if (w->open) {
        aicost_out_text(w->o, "]}");
        w->open = 0;
    }
}


/* neighbours of one side are one content */

static void
aicost_gemini_turn(aicost_gemini_writer_t *w, unsigned model)
{
    if (!w->open || w->model != model) {
        aicost_gemini_close(w);
        aicost_out_next(w->o);
        aicost_out_text(w->o, model ? "{\"role\":\"model\",\"parts\":["
                                    : "{\"role\":\"user\",\"parts\":[");
        w->open = 1;
        w->model = model & 1;
        w->signs = 1;
    }

    aicost_out_next(w->o);
}


static void
aicost_gemini_signature(aicost_gemini_writer_t *w, const aicost_piece_t *p)
{
    if (p->kind != AICOST_PIECE_NONE) {
        aicost_out_name(w->o, "thoughtSignature");
        aicost_out_string(w->o, p);
    }
}


static void
aicost_gemini_out_text(aicost_gemini_writer_t *w, const aicost_part_t *p)
{
    aicost_out_text(w->o, "{\"text\":");
    aicost_out_string(w->o, &p->text);

    if (p->kind == AICOST_PART_THINKING) {
        aicost_out_name(w->o, "thought");
        aicost_out_text(w->o, "true");
        aicost_gemini_signature(w, &p->id);

    } else if (p->kind == AICOST_PART_TEXT
               && p->role == AICOST_ROLE_ASSISTANT)
    {
        aicost_gemini_signature(w, &p->more);
    }

    aicost_out_text(w->o, "}");
}


static void
aicost_gemini_blob(aicost_gemini_writer_t *w, const aicost_part_t *p)
{
    aicost_out_text(w->o, "{\"inlineData\":{\"mimeType\":\"");

    if (p->kind == AICOST_PART_AUDIO) {
        aicost_out_text(w->o, "audio/");
    }

    if (p->name.kind == AICOST_PIECE_NONE) {
        aicost_out_text(w->o, p->kind == AICOST_PART_AUDIO ? "wav"
                              : p->kind == AICOST_PART_IMAGE
                              ? "image/png" : "application/pdf");

    } else {
        aicost_out_inside(w->o, &p->name);
    }

    aicost_out_text(w->o, "\",\"data\":");
    aicost_out_string(w->o, &p->text);

    if (p->kind == AICOST_PART_FILE && p->id.kind != AICOST_PIECE_NONE) {
        aicost_out_name(w->o, "displayName");
        aicost_out_string(w->o, &p->id);
    }

    aicost_out_text(w->o, "}}");
}


static int
aicost_gemini_url(aicost_gemini_writer_t *w, const aicost_part_t *p)
{
    const char  *type;

    type = aicost_gemini_guess(&p->text);

    if (p->name.kind == AICOST_PIECE_NONE && type == NULL) {
        return aicost_gemini_miss(w, "image_url");
    }

    aicost_gemini_turn(w, p->role == AICOST_ROLE_ASSISTANT);
    aicost_out_text(w->o, "{\"fileData\":{\"mimeType\":\"");

    if (p->name.kind == AICOST_PIECE_NONE) {
        aicost_out_text(w->o, type);

    } else {
        aicost_out_inside(w->o, &p->name);
    }

    aicost_out_text(w->o, "\",\"fileUri\":");
    aicost_out_string(w->o, &p->text);
    aicost_out_text(w->o, "}}");

    return AICOST_OK;
}


/* a call that no Gemini made has no signature: said so where it must have
   one */

static int
aicost_gemini_out_call(aicost_gemini_writer_t *w, const aicost_part_t *p)
{
    aicost_gemini_turn(w, 1);
    aicost_out_text(w->o, "{\"functionCall\":{");

    if (p->id.kind != AICOST_PIECE_NONE) {
        aicost_out_name(w->o, "id");
        aicost_out_string(w->o, &p->id);
    }

    aicost_out_name(w->o, "name");
    aicost_out_string(w->o, &p->name);
    aicost_out_name(w->o, "args");

    if (aicost_out_object(w->o, &p->text) != AICOST_OK) {
        return aicost_form_wrong(w->form, AICOST_R_INVALID_PARAMETER,
                                 "arguments");
    }

    aicost_out_text(w->o, "}");

    if (p->more.kind != AICOST_PIECE_NONE) {
        aicost_gemini_signature(w, &p->more);

    } else if (w->signs
               && aicost_gemini_generation(&w->target->model) >= 3)
    {
        aicost_out_name(w->o, "thoughtSignature");
        aicost_out_text(w->o, "\"" AICOST_GEMINI_UNSIGNED "\"");
    }

    w->signs = 0;
    aicost_out_text(w->o, "}");

    return AICOST_OK;
}


/* the text of a result that has parts; how many of them are data */

static int
aicost_gemini_outputs(aicost_gemini_writer_t *w, const aicost_part_t *p,
    const aicost_part_t *last, unsigned *blobs)
{
    unsigned              texts;
    const aicost_part_t  *q, *text;

    texts = 0;
    text = NULL;
    *blobs = 0;

    for (q = p; q < last; q++) {
        if (q->kind == AICOST_PART_TEXT || q->kind == AICOST_PART_REFUSAL) {
            texts++;
            text = q;

        } else if ((q->kind == AICOST_PART_IMAGE
                    || q->kind == AICOST_PART_FILE
                    || q->kind == AICOST_PART_AUDIO)
                   && (q->flags & AICOST_PART_URL) == 0)
        {
            (*blobs)++;

        } else if (aicost_gemini_miss(w, q->kind == AICOST_PART_IMAGE
                                         ? "image_url" : "content")
                   != AICOST_OK)
        {
            return AICOST_ERROR;
        }
    }

    if (texts == 1) {
        aicost_out_value(w->o, &text->text);
        return AICOST_OK;
    }

    aicost_out(w->o, "\"", 1);

    for (q = p; texts && q < last; q++) {
        if (q->kind == AICOST_PART_TEXT || q->kind == AICOST_PART_REFUSAL) {
            aicost_out_inside(w->o, &q->text);
            aicost_out(w->o, "\\n", --texts ? 2 : 0);
        }
    }

    aicost_out(w->o, "\"", 1);

    return AICOST_OK;
}


/* *next: the part after the result and all that is inside it */

static int
aicost_gemini_out_result(aicost_gemini_writer_t *w, const aicost_part_t *p,
    const aicost_part_t *end, const aicost_part_t **next)
{
    unsigned              blobs;
    aicost_piece_t        name;
    const aicost_part_t  *q;

    for (q = p + 1; q < end && (q->flags & AICOST_PART_INSIDE); q++) {
        /* void */
    }

    *next = q;
    blobs = 0;
    name = aicost_form_result_name(w->form, p);

    if (name.kind == AICOST_PIECE_NONE) {
        return aicost_form_wrong(w->form, AICOST_R_INVALID_PARAMETER,
                                 "tool_call_id");
    }

    aicost_gemini_turn(w, 0);
    aicost_out_text(w->o, "{\"functionResponse\":{");

    if (p->id.kind != AICOST_PIECE_NONE) {
        aicost_out_name(w->o, "id");
        aicost_out_string(w->o, &p->id);
    }

    aicost_out_name(w->o, "name");
    aicost_out_string(w->o, &name);
    aicost_out_name(w->o, "response");
    aicost_out_text(w->o, (p->flags & AICOST_PART_ERROR) ? "{\"error\":"
                                                         : "{\"output\":");

    if (p->text.kind != AICOST_PIECE_NONE) {
        aicost_out_value(w->o, &p->text);

    } else if (aicost_gemini_outputs(w, p + 1, q, &blobs) != AICOST_OK) {
        return AICOST_ERROR;
    }

    aicost_out_text(w->o, "}");

    if (blobs) {
        aicost_out_name(w->o, "parts");
        aicost_out_text(w->o, "[");

        for (p++; p < q; p++) {
            if (p->kind != AICOST_PART_TEXT && p->kind != AICOST_PART_REFUSAL
                && (p->flags & AICOST_PART_URL) == 0)
            {
                aicost_out_next(w->o);
                aicost_gemini_blob(w, p);
            }
        }

        aicost_out_text(w->o, "]");
    }

    aicost_out_text(w->o, "}}");

    return AICOST_OK;
}


/* what says how a part is to be treated */

static int
aicost_gemini_hints(aicost_gemini_writer_t *w, const aicost_part_t *p)
{
    if (p->kind == AICOST_PART_TEXT && p->name.kind != AICOST_PIECE_NONE
        && aicost_gemini_miss(w, "name") != AICOST_OK)
    {
        return AICOST_ERROR;
    }

    if (p->kind == AICOST_PART_IMAGE && p->more.kind != AICOST_PIECE_NONE
        && !aicost_piece_is(&p->more, "auto"))
    {
        return aicost_gemini_miss(w, "detail");
    }

    return AICOST_OK;
}


static int
aicost_gemini_out_part(aicost_gemini_writer_t *w, const aicost_part_t *p,
    const aicost_part_t *end, const aicost_part_t **next)
{
    unsigned  model;

    *next = p + 1;
    model = (p->role == AICOST_ROLE_ASSISTANT);

    if (aicost_gemini_hints(w, p) != AICOST_OK) {
        return AICOST_ERROR;
    }

    switch (p->kind) {

    case AICOST_PART_TEXT:
    case AICOST_PART_REFUSAL:
    case AICOST_PART_THINKING:
        aicost_gemini_turn(w, model);
        aicost_gemini_out_text(w, p);
        return AICOST_OK;

    case AICOST_PART_CALL:
        return aicost_gemini_out_call(w, p);

    case AICOST_PART_RESULT:
        return aicost_gemini_out_result(w, p, end, next);

    case AICOST_PART_IMAGE:
        if (p->flags & AICOST_PART_URL) {
            return aicost_gemini_url(w, p);
        }

        break;

    case AICOST_PART_FILE:
    case AICOST_PART_AUDIO:
        break;

    default:
        return aicost_gemini_miss(w, "reasoning_content");
    }

    aicost_gemini_turn(w, model);
    aicost_gemini_blob(w, p);

    return AICOST_OK;
}


/* system texts, wherever they stand: an instruction, or contents when there is
   nothing else */

static int
aicost_gemini_out_system(aicost_gemini_writer_t *w, unsigned alone)
{
    unsigned              any;
    const aicost_part_t  *p, *end;

    any = 0;
    end = w->form->parts + w->form->nparts;

    for (p = w->form->parts; p < end; p++) {

        if (p->role != AICOST_ROLE_SYSTEM) {
            continue;
        }

        if (aicost_gemini_hints(w, p) != AICOST_OK) {
            return AICOST_ERROR;
        }

        if (p->kind != AICOST_PART_TEXT) {

            if (aicost_gemini_miss(w, "content") != AICOST_OK) {
                return AICOST_ERROR;
            }

            continue;
        }

        if (!any && !alone) {
            aicost_out_name(w->o, "systemInstruction");
            aicost_out_text(w->o, "{\"parts\":[");
        }

        if (alone) {
            aicost_gemini_turn(w, 0);

        } else {
            aicost_out_next(w->o);
        }

        aicost_gemini_out_text(w, p);
        any = 1;
    }

    if (any && !alone) {
        aicost_out_text(w->o, "]}");
    }

    return AICOST_OK;
}


static int
aicost_gemini_out_contents(aicost_gemini_writer_t *w)
{
    unsigned              any;
    const aicost_part_t  *p, *end;

    any = 0;
    p = w->form->parts;
    end = p + w->form->nparts;

    aicost_out_name(w->o, "contents");
    aicost_out_text(w->o, "[");

    while (p < end) {

        if (p->role == AICOST_ROLE_SYSTEM) {
            p++;
            continue;
        }

        if (aicost_gemini_out_part(w, p, end, &p) != AICOST_OK) {
            return AICOST_ERROR;
        }

        any = 1;
    }

    if (!any && aicost_gemini_out_system(w, 1) != AICOST_OK) {
        return AICOST_ERROR;
    }

    aicost_gemini_close(w);
    aicost_out_text(w->o, "]");

    return any ? aicost_gemini_out_system(w, 0) : AICOST_OK;
}


int
aicost_gemini_write(aicost_form_t *form, const aicost_form_target_t *target,
    aicost_out_t *o)
{
    aicost_gemini_writer_t  w;

    memset(&w, 0, sizeof(aicost_gemini_writer_t));

    w.form = form;
    w.target = target;
    w.o = o;

    form->ndropped = 0;

    aicost_form_losses(form, AICOST_LOSES_CACHE | AICOST_LOSES_TOOLS
                             | AICOST_LOSES_KEY | AICOST_LOSES_USER
                             | AICOST_LOSES_METADATA);

    aicost_out_text(o, "{");

    if (aicost_gemini_out_contents(&w) != AICOST_OK
        || aicost_gemini_write_settings(form, target, o) != AICOST_OK)
    {
        return AICOST_ERROR;
    }

    aicost_out_text(o, "}");

    return AICOST_OK;
}
