
/*
 * Copyright (C) aicost
 *
 * An answer for a client of Ollama's /api/chat, whole and in lines.
 *
 * A call is told whole, so that in a stream it is kept until something else is
 * said, or the answer ends.
 */


#include "aicost_api_ollama_int.h"


static void aicost_ollama_error(const aicost_says_t *s, aicost_out_t *o);
static void aicost_ollama_head(const aicost_tell_t *t,
    const aicost_piece_t *model, aicost_out_t *o);
static void aicost_ollama_tell_text(const aicost_says_t *says, uint32_t n,
    aicost_says_e kind, aicost_out_t *o);
static void aicost_ollama_call(const aicost_tell_t *t,
    const aicost_says_t *call, const aicost_piece_t *args, aicost_out_t *o);
static void aicost_ollama_done(uint8_t finish, const aicost_usage_t *u,
    aicost_out_t *o);
static void aicost_ollama_start(aicost_tell_t *t, const aicost_says_t *s);
static void aicost_ollama_open(const aicost_tell_t *t, aicost_out_t *o);
static void aicost_ollama_tell_calls(aicost_tell_t *t, size_t end,
    aicost_out_t *o);
static void aicost_ollama_tell_done(aicost_tell_t *t, aicost_out_t *o);


void
aicost_ollama_tell(aicost_tell_t *t, const aicost_says_t *says, uint32_t n,
    aicost_out_t *o)
{
    unsigned               open;
    uint32_t               i;
    aicost_piece_t         args, model;
    const aicost_says_t   *finish;
    const aicost_usage_t  *usage;

    open = 0;
    finish = NULL;
    usage = NULL;
    memset(&model, 0, sizeof(aicost_piece_t));

    for (i = 0; i < n; i++) {

        switch (says[i].kind) {

        case AICOST_SAYS_START:
            model = says[i].name;
            t->now = says[i].created > 0 ? says[i].created : t->now;
            break;

        case AICOST_SAYS_FINISH:
            finish = says[i].choice ? finish : &says[i];
            break;

        case AICOST_SAYS_USAGE:
            usage = &says[i].usage;
            break;

        case AICOST_SAYS_ERROR:
            t->failed = 1;
            t->done = 1;
            aicost_ollama_error(&says[i], o);
            return;

        default:
            break;
        }
    }

    aicost_ollama_head(t, &model, o);
    aicost_ollama_tell_text(says, n, AICOST_SAYS_TEXT, o);
    aicost_ollama_tell_text(says, n, AICOST_SAYS_THINKING, o);

    for (i = 0; i < n; i++) {
        if (says[i].kind == AICOST_SAYS_CALL && says[i].choice == 0) {
            args = aicost_shape_arguments(t, &says[i], says + n, o);

            aicost_out_text(o, open ? "," : ",\"tool_calls\":[");
            aicost_ollama_call(t, &says[i], &args, o);
            open = 1;
        }
    }

    aicost_out_text(o, open ? "]}" : "}");
    aicost_ollama_done(finish ? finish->finish : AICOST_FINISH_STOP, usage, o);

    t->done = 1;
}


static void
aicost_ollama_error(const aicost_says_t *s, aicost_out_t *o)
{
    aicost_out_text(o, "{\"error\":");

    if (s->text.kind == AICOST_PIECE_NONE) {
        aicost_out_text(o, "\"The provider failed.\"");

    } else {
        aicost_out_string(o, &s->text);
    }

    aicost_out(o, "}", 1);
}


/* up to the role of the message */

static void
aicost_ollama_head(const aicost_tell_t *t, const aicost_piece_t *model,
    aicost_out_t *o)
{
    aicost_out_text(o, "{\"model\":");

    if (t->model.len) {
        aicost_shape_raw(o, &t->model, AICOST_MAX_IDENT);

    } else {
        aicost_out_string(o, model);
    }

    aicost_out_text(o, ",\"created_at\":");
    aicost_ollama_out_time(o, t->now);
    aicost_out_text(o, ",\"message\":{\"role\":\"assistant\"");
}


/* the content always, also when it is empty */

static void
aicost_ollama_tell_text(const aicost_says_t *says, uint32_t n,
    aicost_says_e kind, aicost_out_t *o)
{
    uint32_t  i;
    unsigned  open;

    open = (kind == AICOST_SAYS_TEXT);

    if (open) {
        aicost_out_text(o, ",\"content\":\"");
    }

    for (i = 0; i < n; i++) {
        if (says[i].choice
            || (says[i].kind != kind
                && !(kind == AICOST_SAYS_TEXT
                     && says[i].kind == AICOST_SAYS_REFUSAL)))
        {
            continue;
        }

        if (!open) {
            aicost_out_text(o, ",\"thinking\":\"");
            open = 1;
        }

        aicost_out_inside(o, &says[i].text);
    }

    aicost_out_text(o, open ? "\"" : "");
}


static void
aicost_ollama_call(const aicost_tell_t *t, const aicost_says_t *call,
    const aicost_piece_t *args, aicost_out_t *o)
{
    aicost_out_text(o, "{\"id\":");
    aicost_shape_id(o, t, call);
    aicost_out_text(o, ",\"function\":{\"index\":");
    aicost_out_int(o, call->index);
    aicost_out_text(o, ",\"name\":");
    aicost_out_string(o, &call->name);
    aicost_out_text(o, ",\"arguments\":");
    aicost_shape_object(o, args);
    aicost_out(o, "}}", 2);
}


/* what the last object has more */

static void
aicost_ollama_done(uint8_t finish, const aicost_usage_t *u, aicost_out_t *o)
{
    aicost_out_text(o, ",\"done\":true,\"done_reason\":\"");
    aicost_out_text(o, finish == AICOST_FINISH_LENGTH ? "length" : "stop");
    aicost_out(o, "\"", 1);

    if (u) {
        aicost_out_text(o, ",\"prompt_eval_count\":");
        aicost_out_int(o, u->input + u->cached + u->cache_write
                          + u->cache_write_1h);
        aicost_out_text(o, ",\"eval_count\":");
        aicost_out_int(o, u->output);
    }

    aicost_out(o, "}", 1);
}


void
aicost_ollama_tell_event(aicost_tell_t *t, const aicost_says_t *says,
    aicost_out_t *o)
{
    if (t->done || says->choice) {
        return;
    }

    switch (says->kind) {

    case AICOST_SAYS_START:
        aicost_ollama_start(t, says);
        break;

    case AICOST_SAYS_TEXT:
    case AICOST_SAYS_REFUSAL:
    case AICOST_SAYS_THINKING:

        if (says->text.len == 0) {
            break;
        }

        aicost_ollama_tell_calls(t, aicost_shape_ready(t), o);
        aicost_ollama_open(t, o);

        if (says->kind == AICOST_SAYS_THINKING) {
            aicost_out_text(o, ",\"content\":\"\",\"thinking\":");

        } else {
            aicost_out_text(o, ",\"content\":");
        }

        aicost_out_string(o, &says->text);
        aicost_out_text(o, "},\"done\":false}\n");
        break;

    case AICOST_SAYS_CALL:
    case AICOST_SAYS_ARGUMENTS:

        if (t->finish) {
            break;
        }

        if (says->kind == AICOST_SAYS_CALL) {
            aicost_ollama_tell_calls(t, aicost_shape_ready(t), o);
        }

        aicost_shape_keep(t, says, o);
        break;

    case AICOST_SAYS_FINISH:
        aicost_ollama_tell_calls(t, t->used, o);
        t->finish = says->finish;
        break;

    case AICOST_SAYS_USAGE:
        t->usage = says->usage;
        t->has_usage = 1;
        break;

    case AICOST_SAYS_ERROR:
        aicost_ollama_error(says, o);
        aicost_out(o, "\n", 1);
        t->failed = 1;
        t->done = 1;
        break;

    case AICOST_SAYS_DONE:
        aicost_ollama_tell_done(t, o);
        break;

    default:
        break;
    }
}


/* the model's name stands at the start of keep */

static void
aicost_ollama_start(aicost_tell_t *t, const aicost_says_t *s)
{
    if (t->started) {
        return;
    }

    t->started = 1;

    if (s->created > 0) {
        t->now = s->created;
    }

    if (t->used == 0 && s->name.len && s->name.kind != AICOST_PIECE_NONE
        && s->name.kind != AICOST_PIECE_JSON && s->name.len <= t->size
        && s->name.len <= AICOST_MAX_IDENT)
    {
        memcpy(t->keep, s->name.data, s->name.len);
        t->at[0] = s->name.len;
        t->used = s->name.len;
    }
}


static void
aicost_ollama_open(const aicost_tell_t *t, aicost_out_t *o)
{
    aicost_piece_t  model;

    model.data = t->keep;
    model.len = t->at[0];
    model.kind = model.len ? AICOST_PIECE_STRING : AICOST_PIECE_NONE;

    aicost_ollama_head(t, &model, o);
}


static void
aicost_ollama_tell_calls(aicost_tell_t *t, size_t end, aicost_out_t *o)
{
    size_t          at;
    aicost_says_t   call;
    aicost_piece_t  args;

    at = t->at[0];

    if (at >= end) {
        return;
    }

    aicost_ollama_open(t, o);
    aicost_out_text(o, ",\"content\":\"\",\"tool_calls\":[");

    while (at < end) {
        at = aicost_shape_kept(t, at, &call, &args);

        aicost_ollama_call(t, &call, &args, o);
        aicost_out_text(o, at < end ? "," : "");
    }

    aicost_out_text(o, "]},\"done\":false}\n");
    aicost_shape_drop(t, end);
}


static void
aicost_ollama_tell_done(aicost_tell_t *t, aicost_out_t *o)
{
    aicost_ollama_tell_calls(t, t->used, o);
    aicost_ollama_open(t, o);
    aicost_out_text(o, ",\"content\":\"\"}");
    aicost_ollama_done(t->finish, t->has_usage ? &t->usage : NULL, o);
    aicost_out(o, "\n", 1);

    t->done = 1;
}
