
/*
 * Copyright (C) aicost
 *
 * A stream of GenerateContentResponse for a client.
 *
 * A call is one part, so that its arguments are kept until it ends: at the
 * next call or text of its choice, or its end.  What is said last, reasons and
 * usage, is one event at the end.
 */


#include "aicost_api_gemini_int.h"


/* a call in keep: this, and its id, name, signature and arguments */

typedef struct {
    uint32_t             choice;
    uint32_t             index;
    uint32_t             lens[4];
    uint32_t             kinds[4];       /* aicost_piece_e */
} aicost_gemini_kept_t;


/* places in aicost_tell_t.at */

#define AICOST_GEMINI_MODEL    0         /* bytes of the model's name, which
                                            keep begins with */
#define AICOST_GEMINI_ENDS     1         /* four bits a choice: its finish */


static void
aicost_gemini_open(aicost_out_t *o)
{
    aicost_out_text(o, "data: {\"candidates\":[{\"content\":{\"parts\":[");
}


/* the end of an event, from what names the answer on */

static void
aicost_gemini_end_event(aicost_tell_t *t, aicost_out_t *o)
{
    aicost_piece_t  model;

    aicost_out_name(o, "modelVersion");

    if (t->model.len) {
        aicost_shape_raw(o, &t->model, AICOST_MAX_IDENT);

    } else {
        model.data = t->keep;
        model.len = t->at[AICOST_GEMINI_MODEL];
        model.kind = AICOST_PIECE_STRING;
        aicost_out_string(o, &model);
    }

    if (t->id.len) {
        aicost_out_name(o, "responseId");
        aicost_shape_raw(o, &t->id, AICOST_MAX_IDENT);
    }

    aicost_out_text(o, "}\n\n");
}


static void
aicost_gemini_shut(aicost_tell_t *t, aicost_out_t *o, uint32_t choice)
{
    aicost_out_text(o, "],\"role\":\"model\"},\"index\":");
    aicost_out_int(o, choice);
    aicost_out_text(o, "}]");
    aicost_gemini_end_event(t, o);
}


/* --- calls ---------------------------------------------------------------- */

static size_t
aicost_gemini_kept_size(const aicost_gemini_kept_t *k)
{
    return sizeof(aicost_gemini_kept_t) + k->lens[0] + k->lens[1]
           + k->lens[2] + k->lens[3];
}


/* the place of a choice's call, t->used when it has none; *k is its head */

static size_t
aicost_gemini_find(const aicost_tell_t *t, uint32_t choice,
    aicost_gemini_kept_t *k)
{
    size_t  at;

    for (at = t->at[AICOST_GEMINI_MODEL]; at < t->used;
         at += aicost_gemini_kept_size(k))
    {
        memcpy(k, t->keep + at, sizeof(aicost_gemini_kept_t));

        if (k->choice == choice) {
            break;
        }
    }

    return at;
}


/* says the call of a choice, if there is one */

static void
aicost_gemini_flush(aicost_tell_t *t, uint32_t choice, aicost_out_t *o)
{
    size_t                at, size;
    unsigned              i;
    aicost_piece_t        p[4];
    const unsigned char  *s;
    aicost_gemini_kept_t  k;

    at = aicost_gemini_find(t, choice, &k);

    if (at == t->used) {
        return;
    }

    s = t->keep + at + sizeof(aicost_gemini_kept_t);

    for (i = 0; i < 4; i++) {
        p[i].data = s;
        p[i].len = k.lens[i];
        p[i].kind = (uint8_t) k.kinds[i];
        s += k.lens[i];
    }

    aicost_gemini_open(o);
    aicost_out_text(o, "{\"functionCall\":{");
    aicost_gemini_call_id(o, t, &p[0], choice, k.index);
    aicost_out_name(o, "name");
    aicost_out_string(o, &p[1]);
    aicost_out_name(o, "args");
    aicost_shape_object(o, &p[3]);
    aicost_out_text(o, "}");
    aicost_gemini_out_signature(o, &p[2]);
    aicost_out_text(o, "}");
    aicost_gemini_shut(t, o, choice);

    size = aicost_gemini_kept_size(&k);
    memmove(t->keep + at, t->keep + at + size, t->used - at - size);
    t->used -= size;
}


static void
aicost_gemini_keep(aicost_tell_t *t, const aicost_says_t *s, aicost_out_t *o)
{
    unsigned               i;
    aicost_gemini_kept_t   k;
    const aicost_piece_t  *p[3];

    aicost_gemini_flush(t, s->choice, o);

    p[0] = &s->id;
    p[1] = &s->name;
    p[2] = &s->text;

    memset(&k, 0, sizeof(aicost_gemini_kept_t));

    k.choice = s->choice;
    k.index = s->index;

    for (i = 0; i < 3; i++) {
        k.lens[i] = p[i]->kind != AICOST_PIECE_NONE ? p[i]->len : 0;
        k.kinds[i] = p[i]->kind;
    }

    if (aicost_gemini_kept_size(&k) > t->size - t->used) {
        o->failed = 1;
        return;
    }

    memcpy(t->keep + t->used, &k, sizeof(aicost_gemini_kept_t));
    t->used += sizeof(aicost_gemini_kept_t);

    for (i = 0; i < 3; i++) {
        if (k.lens[i]) {
            memcpy(t->keep + t->used, p[i]->data, k.lens[i]);
            t->used += k.lens[i];
        }
    }
}


/* a fragment of the arguments of the call that is open, or all of them */

static void
aicost_gemini_append(aicost_tell_t *t, const aicost_says_t *s,
    aicost_out_t *o)
{
    size_t                at, end, tail;
    aicost_gemini_kept_t  k;

    at = aicost_gemini_find(t, s->choice, &k);

    if (at == t->used || k.index != s->index || s->text.len == 0
        || s->text.kind == AICOST_PIECE_NONE)
    {
        return;
    }

    end = at + aicost_gemini_kept_size(&k);

    if (k.lens[3] && (s->text.kind == AICOST_PIECE_JSON
                      || k.kinds[3] == AICOST_PIECE_JSON))
    {
        /* nothing follows what is whole, and it stands for itself */

        if (s->text.kind != AICOST_PIECE_JSON) {
            return;
        }

        memmove(t->keep + end - k.lens[3], t->keep + end, t->used - end);
        end -= k.lens[3];
        t->used -= k.lens[3];
        k.lens[3] = 0;
    }

    tail = t->used - end;

    if (s->text.len > t->size - t->used) {
        o->failed = 1;
        return;
    }

    memmove(t->keep + end + s->text.len, t->keep + end, tail);
    memcpy(t->keep + end, s->text.data, s->text.len);

    t->used += s->text.len;
    k.lens[3] += s->text.len;
    k.kinds[3] = s->text.kind == AICOST_PIECE_JSON ? AICOST_PIECE_JSON
                                                   : AICOST_PIECE_STRING;

    memcpy(t->keep + at, &k, sizeof(aicost_gemini_kept_t));
}


/* --- events --------------------------------------------------------------- */

static void
aicost_gemini_tell_text(aicost_tell_t *t, const aicost_says_t *s,
    aicost_out_t *o)
{
    aicost_gemini_flush(t, s->choice, o);
    aicost_gemini_open(o);

    aicost_out_text(o, "{\"text\":");

    if (s->kind == AICOST_SAYS_SIGNATURE) {
        aicost_out_text(o, "\"\"");

    } else {
        aicost_out_string(o, &s->text);
    }

    if (s->kind == AICOST_SAYS_THINKING || s->kind == AICOST_SAYS_SIGNATURE) {
        aicost_out_text(o, ",\"thought\":true");
    }

    if (s->kind == AICOST_SAYS_SIGNATURE) {
        aicost_gemini_out_signature(o, &s->text);
    }

    aicost_out_text(o, "}");
    aicost_gemini_shut(t, o, s->choice);
}


/* each choice's reason, and the usage */

static void
aicost_gemini_tell_done(aicost_tell_t *t, aicost_out_t *o)
{
    uint32_t  choice, finish;

    for (choice = 0; choice < AICOST_MAX_CHOICES; choice++) {
        aicost_gemini_flush(t, choice, o);
    }

    if (t->at[AICOST_GEMINI_ENDS] == 0 && !t->has_usage) {
        return;
    }

    aicost_out_text(o, "data: {\"candidates\":[");

    for (choice = 0; choice < AICOST_MAX_CHOICES; choice++) {
        finish = t->at[AICOST_GEMINI_ENDS] >> choice * 4 & 15;

        if (finish == 0) {
            continue;
        }

        aicost_out_next(o);
        aicost_out_text(o, "{\"content\":{\"parts\":[{\"text\":\"\"}],"
                        "\"role\":\"model\"},\"finishReason\":\"");
        aicost_out_text(o, aicost_gemini_finish((uint8_t) finish));
        aicost_out_text(o, "\",\"index\":");
        aicost_out_int(o, choice);
        aicost_out_text(o, "}");
    }

    aicost_out_text(o, "]");

    if (t->has_usage) {
        aicost_gemini_out_usage(o, &t->usage);
    }

    aicost_gemini_end_event(t, o);
}


static void
aicost_gemini_tell_start(aicost_tell_t *t, const aicost_says_t *s)
{
    if (t->started || s->name.len == 0
        || s->name.kind == AICOST_PIECE_JSON || t->used
        || s->name.len > t->size || s->name.len > AICOST_MAX_IDENT)
    {
        t->started = 1;
        return;
    }

    memcpy(t->keep, s->name.data, s->name.len);
    t->at[AICOST_GEMINI_MODEL] = s->name.len;
    t->used = s->name.len;
    t->started = 1;
}


void
aicost_gemini_tell_event(aicost_tell_t *t, const aicost_says_t *says,
    aicost_out_t *o)
{
    uint32_t  shift;

    if (t->done || t->failed || says->choice >= AICOST_MAX_CHOICES) {
        return;
    }

    switch (says->kind) {

    case AICOST_SAYS_START:
        aicost_gemini_tell_start(t, says);
        break;

    case AICOST_SAYS_TEXT:
    case AICOST_SAYS_REFUSAL:
    case AICOST_SAYS_THINKING:
    case AICOST_SAYS_SIGNATURE:
        if (says->text.len) {
            aicost_gemini_tell_text(t, says, o);
        }

        break;

    case AICOST_SAYS_CALL:
        aicost_gemini_keep(t, says, o);
        break;

    case AICOST_SAYS_ARGUMENTS:
        aicost_gemini_append(t, says, o);
        break;

    case AICOST_SAYS_FINISH:
        aicost_gemini_flush(t, says->choice, o);
        shift = says->choice * 4;
        t->at[AICOST_GEMINI_ENDS] &= ~((uint32_t) 15 << shift);
        t->at[AICOST_GEMINI_ENDS] |= (uint32_t) (says->finish & 15) << shift;
        break;

    case AICOST_SAYS_USAGE:
        t->usage = says->usage;
        t->has_usage = 1;
        break;

    case AICOST_SAYS_ERROR:
        aicost_out_text(o, "data: ");
        aicost_gemini_error(o, says->reason, &says->text);
        aicost_out_text(o, "\n\n");
        t->failed = 1;
        break;

    case AICOST_SAYS_DONE:
        aicost_gemini_tell_done(t, o);
        t->done = 1;
        break;

    default:
        break;
    }
}
