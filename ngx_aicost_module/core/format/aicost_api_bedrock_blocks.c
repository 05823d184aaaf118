
/*
 * Copyright (C) aicost
 *
 * The messages of a Converse request, written from the form.
 */


#include "aicost_api_bedrock_int.h"


#define AICOST_BEDROCK_NAME    200       /* characters of a document's name */


typedef struct {
    aicost_form_t               *form;
    const aicost_form_target_t  *target;
    aicost_out_t                *o;
    aicost_shape_ids_t           ids;
    unsigned                     begun:1;     /* a message was */
    unsigned                     open:1;      /* one is */
    unsigned                     assistant:1; /* whose it is */
} aicost_bedrock_writer_t;


static const char *aicost_bedrock_lost(const aicost_part_t *p);
static const char *aicost_bedrock_format(const aicost_part_t *p);
static void aicost_bedrock_write_system(aicost_bedrock_writer_t *w);
static void aicost_bedrock_close(aicost_bedrock_writer_t *w);
static void aicost_bedrock_turn(aicost_bedrock_writer_t *w,
    unsigned assistant);
static unsigned aicost_bedrock_blank(const aicost_bedrock_writer_t *w,
    const aicost_part_t *p);
static int aicost_bedrock_write_block(aicost_bedrock_writer_t *w,
    uint32_t i);
static void aicost_bedrock_write_text(aicost_out_t *o,
    const aicost_piece_t *p);
static void aicost_bedrock_write_media(aicost_out_t *o,
    const aicost_part_t *p);
static void aicost_bedrock_write_name(aicost_out_t *o,
    const aicost_piece_t *p);
static void aicost_bedrock_write_thinking(aicost_out_t *o,
    const aicost_part_t *p);
static void aicost_bedrock_write_result(aicost_bedrock_writer_t *w,
    uint32_t i);


int
aicost_bedrock_write_turns(aicost_form_t *f, const aicost_form_target_t *t,
    aicost_out_t *o)
{
    uint32_t                  i;
    const char               *name;
    aicost_bedrock_writer_t   w;

    memset(&w, 0, sizeof(aicost_bedrock_writer_t));
    w.form = f;
    w.target = t;
    w.o = o;

    for (i = 0; i < f->nparts; i++) {
        name = aicost_bedrock_lost(&f->parts[i]);

        if (name == NULL && f->parts[i].more.kind != AICOST_PIECE_NONE
            && f->parts[i].kind == AICOST_PART_IMAGE)
        {
            name = "detail";
        }

        if (name == NULL && f->parts[i].name.kind != AICOST_PIECE_NONE
            && f->parts[i].kind == AICOST_PART_TEXT)
        {
            name = "name";
        }

        if (name && aicost_form_miss(f, t, name) != AICOST_OK) {
            return AICOST_ERROR;
        }
    }

    aicost_bedrock_write_system(&w);

    aicost_out_name(o, "messages");
    aicost_out(o, "[", 1);

    for (i = 0; i < f->nparts; i++) {
        if (f->parts[i].role != AICOST_ROLE_SYSTEM
            && (f->parts[i].flags & AICOST_PART_INSIDE) == 0
            && aicost_bedrock_lost(&f->parts[i]) == NULL
            && !aicost_bedrock_blank(&w, &f->parts[i])
            && aicost_bedrock_write_block(&w, i) != AICOST_OK)
        {
            return AICOST_ERROR;
        }
    }

    if (!w.begun) {
        aicost_bedrock_turn(&w, 0);
        aicost_out_text(o, "{\"text\":\".\"}");
    }

    aicost_bedrock_close(&w);
    aicost_out(o, "]", 1);

    return AICOST_OK;
}


/* what a message of this shape cannot hold, by the name of its member; NULL:
   it can */

static const char *
aicost_bedrock_lost(const aicost_part_t *p)
{
    unsigned  user;

    user = (p->role == AICOST_ROLE_USER || p->role == AICOST_ROLE_TOOL);

    switch (p->kind) {

    case AICOST_PART_IMAGE:
        return user && (p->flags & AICOST_PART_URL) == 0
               && aicost_bedrock_format(p) ? NULL : "image_url";

    case AICOST_PART_FILE:
        return user && (p->flags & AICOST_PART_URL) == 0
               && aicost_bedrock_format(p) ? NULL : "file";

    case AICOST_PART_AUDIO:
        return "input_audio";

    default:
        return NULL;
    }
}


static const char *
aicost_bedrock_format(const aicost_part_t *p)
{
    const aicost_bedrock_format_t  *f;

    f = p->kind == AICOST_PART_IMAGE ? aicost_bedrock_images
                                     : aicost_bedrock_documents;

    if (p->name.kind == AICOST_PIECE_NONE) {
        return f->format;
    }

    if (p->kind == AICOST_PART_IMAGE && aicost_piece_is(&p->name, "image/jpg"))
    {
        return "jpeg";
    }

    for ( /* void */ ; f->format; f++) {
        if (aicost_piece_is(&p->name, f->media)) {
            break;
        }
    }

    return f->format;
}


/* the system's text stands before all, wherever it was said */

static void
aicost_bedrock_write_system(aicost_bedrock_writer_t *w)
{
    uint32_t              i;
    unsigned              open;
    const aicost_part_t  *p;

    open = 0;

    for (i = 0; i < w->form->nparts; i++) {
        p = &w->form->parts[i];

        if (p->role != AICOST_ROLE_SYSTEM || p->text.len == 0
            || (p->kind != AICOST_PART_TEXT && p->kind != AICOST_PART_REFUSAL))
        {
            continue;
        }

        if (!open) {
            aicost_out_name(w->o, "system");
            aicost_out(w->o, "[", 1);
            open = 1;
        }

        aicost_out_next(w->o);
        aicost_bedrock_write_text(w->o, &p->text);
        aicost_bedrock_write_cache(w->o, p->flags);
    }

    aicost_out_text(w->o, open ? "]" : "");
}


static void
aicost_bedrock_close(aicost_bedrock_writer_t *w)
{
    if (w->open) {
        aicost_out_text(w->o, "]}");
        w->open = 0;
    }
}


/* neighbours of one side are one message; the first is the user's */

static void
aicost_bedrock_turn(aicost_bedrock_writer_t *w, unsigned assistant)
{
    if (!w->begun && assistant) {
        aicost_out_text(w->o, "{\"role\":\"user\",\"content\":"
                              "[{\"text\":\".\"}]}");
    }

    w->begun = 1;

    if (!w->open || w->assistant != assistant) {
        aicost_bedrock_close(w);
        aicost_out_next(w->o);
        aicost_out_text(w->o, assistant
                              ? "{\"role\":\"assistant\",\"content\":["
                              : "{\"role\":\"user\",\"content\":[");
        w->open = 1;
        w->assistant = assistant & 1;

        if (assistant) {
            w->ids.n = 0;
        }
    }

    aicost_out_next(w->o);
}


/* text that says nothing is refused there, and thoughts that Claude did not
   sign */

static unsigned
aicost_bedrock_blank(const aicost_bedrock_writer_t *w, const aicost_part_t *p)
{
    switch (p->kind) {

    case AICOST_PART_TEXT:
    case AICOST_PART_REFUSAL:
        return p->text.len == 0;

    case AICOST_PART_THINKING:
        return p->id.kind == AICOST_PIECE_NONE
               && (p->text.len == 0
                   || aicost_bedrock_is(w->target, "anthropic."));

    default:
        return 0;
    }
}


static int
aicost_bedrock_write_block(aicost_bedrock_writer_t *w, uint32_t i)
{
    aicost_out_t         *o;
    const aicost_part_t  *p;

    o = w->o;
    p = &w->form->parts[i];

    aicost_bedrock_turn(w, p->role == AICOST_ROLE_ASSISTANT);

    switch (p->kind) {

    case AICOST_PART_CALL:
        aicost_out_text(o, "{\"toolUse\":{\"toolUseId\":");
        aicost_shape_call(o, w->form, i, &w->ids);
        aicost_out_name(o, "name");
        aicost_out_string(o, &p->name);
        aicost_out_name(o, "input");

        if (aicost_out_object(o, &p->text) != AICOST_OK) {
            return aicost_form_wrong(w->form, AICOST_R_INVALID_PARAMETER,
                                     "arguments");
        }

        aicost_out(o, "}}", 2);
        break;

    case AICOST_PART_RESULT:
        aicost_bedrock_write_result(w, i);
        break;

    case AICOST_PART_IMAGE:
    case AICOST_PART_FILE:
        aicost_bedrock_write_media(o, p);
        break;

    case AICOST_PART_THINKING:
    case AICOST_PART_REDACTED:
        aicost_bedrock_write_thinking(o, p);
        break;

    default:
        aicost_bedrock_write_text(o, &p->text);
    }

    aicost_bedrock_write_cache(o, p->flags);

    return AICOST_OK;
}


static void
aicost_bedrock_write_text(aicost_out_t *o, const aicost_piece_t *p)
{
    aicost_out_text(o, "{\"text\":");
    aicost_out_string(o, p);
    aicost_out(o, "}", 1);
}


static void
aicost_bedrock_write_media(aicost_out_t *o, const aicost_part_t *p)
{
    aicost_out_text(o, p->kind == AICOST_PART_IMAGE
                       ? "{\"image\":{\"format\":\""
                       : "{\"document\":{\"format\":\"");
    aicost_out_text(o, aicost_bedrock_format(p));
    aicost_out(o, "\"", 1);

    if (p->kind == AICOST_PART_FILE) {
        aicost_out_name(o, "name");
        aicost_bedrock_write_name(o, &p->id);
    }

    aicost_out_text(o, ",\"source\":{\"bytes\":");
    aicost_out_base64(o, &p->text);
    aicost_out(o, "}}}", 3);
}


/* letters, digits, single blanks, hyphens, brackets; what else there is becomes
   a hyphen */

static void
aicost_bedrock_write_name(aicost_out_t *o, const aicost_piece_t *p)
{
    uint32_t       i, n;
    unsigned char  c, last;

    if (p->kind == AICOST_PIECE_NONE || p->len == 0) {
        aicost_out_text(o, "\"document\"");
        return;
    }

    last = 0;
    n = p->len < AICOST_BEDROCK_NAME ? p->len : AICOST_BEDROCK_NAME;

    aicost_out(o, "\"", 1);

    for (i = 0; i < n; i++) {
        c = p->data[i];

        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z')
              || (c >= 'A' && c <= 'Z') || c == '(' || c == ')' || c == '['
              || c == ']' || (c == ' ' && last != ' ')))
        {
            c = '-';
        }

        aicost_out(o, &c, 1);
        last = c;
    }

    aicost_out(o, "\"", 1);
}


static void
aicost_bedrock_write_thinking(aicost_out_t *o, const aicost_part_t *p)
{
    if (p->kind == AICOST_PART_REDACTED) {
        aicost_out_text(o, "{\"reasoningContent\":{\"redactedContent\":");
        aicost_out_string(o, &p->text);
        aicost_out(o, "}}", 2);
        return;
    }

    aicost_out_text(o, "{\"reasoningContent\":{\"reasoningText\":{\"text\":");
    aicost_out_string(o, &p->text);
    aicost_shape_member(o, "signature", &p->id);
    aicost_out(o, "}}}", 3);
}


/* with all that is inside it */

static void
aicost_bedrock_write_result(aicost_bedrock_writer_t *w, uint32_t i)
{
    unsigned              error;
    aicost_out_t         *o;
    const aicost_part_t  *p, *end;

    o = w->o;
    p = &w->form->parts[i];
    end = w->form->parts + w->form->nparts;
    error = (p->flags & AICOST_PART_ERROR) != 0;

    aicost_out_text(o, "{\"toolResult\":{\"toolUseId\":");
    aicost_shape_result(o, w->form, i, &w->ids);
    aicost_out_name(o, "content");
    aicost_out(o, "[", 1);

    do {

        if (p->text.len == 0 || aicost_bedrock_lost(p)) {
            /* void */

        } else if (p->kind == AICOST_PART_IMAGE
                   || p->kind == AICOST_PART_FILE)
        {
            aicost_out_next(o);
            aicost_bedrock_write_media(o, p);

        } else if (p->text.kind == AICOST_PIECE_JSON
                   && p->text.data[0] == '{')
        {
            aicost_out_next(o);
            aicost_out_text(o, "{\"json\":");
            aicost_out_value(o, &p->text);
            aicost_out(o, "}", 1);

        } else if (p->text.kind != AICOST_PIECE_NONE) {
            aicost_out_next(o);
            aicost_bedrock_write_text(o, &p->text);
        }

        p++;

    } while (p < end && (p->flags & AICOST_PART_INSIDE));

    aicost_out_text(o, error ? "],\"status\":\"error\"}}" : "]}}");
}
