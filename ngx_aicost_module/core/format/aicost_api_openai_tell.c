
/*
 * Copyright (C) aicost
 *
 * An answer for a client of OpenAI's chat completions, whole and streamed.
 */


#include "aicost_api_openai_int.h"


static void aicost_chat_tell_choice(const aicost_tell_t *t,
    const aicost_says_t *says, uint32_t n, uint32_t choice, aicost_out_t *o);
static void aicost_chat_tell_text(const aicost_says_t *says, uint32_t n,
    uint32_t choice, aicost_says_e kind, aicost_out_t *o);
static void aicost_chat_tell_calls(const aicost_tell_t *t,
    const aicost_says_t *says, uint32_t n, uint32_t choice, aicost_out_t *o);
static void aicost_chat_begin(aicost_tell_t *t, const aicost_says_t *start,
    aicost_out_t *o);
static unsigned aicost_chat_tell_delta(aicost_tell_t *t,
    const aicost_says_t *says, aicost_out_t *o);
static void aicost_chat_open(aicost_tell_t *t, const aicost_says_t *says,
    aicost_out_t *o);
static void aicost_chat_close(const aicost_tell_t *t, const char *choice,
    aicost_out_t *o);
static void aicost_chat_tell_done(aicost_tell_t *t, aicost_out_t *o);
static void aicost_chat_head(aicost_tell_t *t, const aicost_says_t *start,
    const char *object, aicost_out_t *o);
static void aicost_chat_call(const aicost_tell_t *t, const aicost_says_t *says,
    aicost_out_t *o);
static void aicost_chat_finish(const aicost_says_t *says, aicost_out_t *o);
static void aicost_chat_usage(const aicost_usage_t *u, aicost_out_t *o);


void
aicost_chat_tell(aicost_tell_t *t, const aicost_says_t *says, uint32_t n,
    aicost_out_t *o)
{
    uint32_t              i, last;
    const aicost_says_t  *start, *usage;

    last = 0;
    start = NULL;
    usage = NULL;

    for (i = 0; i < n; i++) {

        switch (says[i].kind) {

        case AICOST_SAYS_START:
            start = &says[i];
            break;

        case AICOST_SAYS_USAGE:
            usage = &says[i];
            break;

        case AICOST_SAYS_ERROR:
            t->failed = 1;
            t->done = 1;
            aicost_chat_error(&says[i], 0, o);
            return;

        default:
            if (says[i].choice > last && says[i].choice < AICOST_MAX_CHOICES) {
                last = says[i].choice;
            }
        }
    }

    aicost_out(o, "{", 1);
    aicost_chat_head(t, start, "chat.completion", o);

    aicost_out_name(o, "choices");
    aicost_out(o, "[", 1);

    for (i = 0; i <= last; i++) {
        aicost_chat_tell_choice(t, says, n, i, o);
    }

    aicost_out(o, "]", 1);

    if (usage) {
        aicost_out_name(o, "usage");
        aicost_chat_usage(&usage->usage, o);
    }

    aicost_out(o, "}", 1);

    t->done = 1;
}


static void
aicost_chat_tell_choice(const aicost_tell_t *t, const aicost_says_t *says,
    uint32_t n, uint32_t choice, aicost_out_t *o)
{
    uint32_t              i, kinds;
    aicost_says_t         none;
    const aicost_says_t  *finish;

    kinds = 0;
    finish = NULL;

    for (i = 0; i < n; i++) {
        if (says[i].choice == choice) {
            kinds |= 1U << (says[i].kind & 31);

            if (says[i].kind == AICOST_SAYS_FINISH) {
                finish = &says[i];
            }
        }
    }

    aicost_out_next(o);
    aicost_out_text(o, "{\"index\":");
    aicost_out_int(o, choice);
    aicost_out_text(o, ",\"message\":{\"role\":\"assistant\",\"content\":");

    if ((kinds & (1U << AICOST_SAYS_TEXT))
        || (kinds & (1U << AICOST_SAYS_CALL | 1U << AICOST_SAYS_REFUSAL)) == 0)
    {
        aicost_chat_tell_text(says, n, choice, AICOST_SAYS_TEXT, o);

    } else {
        aicost_out_text(o, "null");
    }

    if (kinds & (1U << AICOST_SAYS_THINKING)) {
        aicost_out_name(o, "reasoning_content");
        aicost_chat_tell_text(says, n, choice, AICOST_SAYS_THINKING, o);
    }

    aicost_out_name(o, "refusal");

    if (kinds & (1U << AICOST_SAYS_REFUSAL)) {
        aicost_chat_tell_text(says, n, choice, AICOST_SAYS_REFUSAL, o);

    } else {
        aicost_out_text(o, "null");
    }

    if (kinds & (1U << AICOST_SAYS_CALL)) {
        aicost_chat_tell_calls(t, says, n, choice, o);
    }

    aicost_out_text(o, "},\"logprobs\":null");

    if (finish == NULL) {
        memset(&none, 0, sizeof(aicost_says_t));
        none.finish = (kinds & (1U << AICOST_SAYS_CALL))
                      ? AICOST_FINISH_CALLS : AICOST_FINISH_STOP;
        finish = &none;
    }

    aicost_chat_finish(finish, o);
    aicost_out(o, "}", 1);
}


static void
aicost_chat_tell_text(const aicost_says_t *says, uint32_t n, uint32_t choice,
    aicost_says_e kind, aicost_out_t *o)
{
    uint32_t  i;

    aicost_out(o, "\"", 1);

    for (i = 0; i < n; i++) {
        if (says[i].kind == kind && says[i].choice == choice) {
            aicost_out_inside(o, &says[i].text);
        }
    }

    aicost_out(o, "\"", 1);
}


static void
aicost_chat_tell_calls(const aicost_tell_t *t, const aicost_says_t *says,
    uint32_t n, uint32_t choice, aicost_out_t *o)
{
    uint32_t  i, k, some;

    aicost_out_name(o, "tool_calls");
    aicost_out(o, "[", 1);

    for (i = 0; i < n; i++) {
        if (says[i].kind != AICOST_SAYS_CALL || says[i].choice != choice) {
            continue;
        }

        aicost_out_next(o);
        aicost_out(o, "{", 1);
        aicost_chat_call(t, &says[i], o);
        aicost_out_text(o, ",\"arguments\":\"");

        some = 0;

        for (k = i + 1; k < n; k++) {
            if (says[k].kind == AICOST_SAYS_ARGUMENTS
                && says[k].choice == choice && says[k].index == says[i].index)
            {
                some |= says[k].text.len;
                aicost_out_inside(o, &says[k].text);
            }
        }

        aicost_out_text(o, some ? "\"}}" : "{}\"}}");
    }

    aicost_out(o, "]", 1);
}


void
aicost_chat_tell_event(aicost_tell_t *t, const aicost_says_t *says,
    aicost_out_t *o)
{
    if (t->done) {
        return;
    }

    switch (says->kind) {

    case AICOST_SAYS_ERROR:
        t->failed = 1;
        t->done = 1;
        aicost_chat_error(says, 1, o);
        return;

    case AICOST_SAYS_USAGE:
        t->usage = says->usage;
        t->has_usage = 1;
        return;

    case AICOST_SAYS_START:
        if (!t->started) {
            aicost_chat_begin(t, says, o);
            aicost_chat_open(t, says, o);
            aicost_out_text(o, "\"content\":\"\"}");
            aicost_chat_close(t, NULL, o);
        }

        return;

    case AICOST_SAYS_DONE:
        aicost_chat_tell_done(t, o);
        return;

    default:
        if (!aicost_chat_tell_delta(t, says, NULL)) {
            return;
        }
    }

    if (!t->started) {
        aicost_chat_begin(t, NULL, o);
    }

    aicost_chat_open(t, says, o);
    (void) aicost_chat_tell_delta(t, says, o);

    if (says->kind != AICOST_SAYS_FINISH) {
        aicost_out(o, "}", 1);
        aicost_chat_close(t, NULL, o);
    }
}


/* what is the same in all chunks is kept */

static void
aicost_chat_begin(aicost_tell_t *t, const aicost_says_t *start,
    aicost_out_t *o)
{
    aicost_out_t  keep;

    memset(&keep, 0, sizeof(aicost_out_t));
    keep.data = t->keep;
    keep.size = t->size;

    t->started = 1;

    if (t->keep == NULL) {
        o->failed = 1;
        return;
    }

    aicost_out_text(&keep, "data: {");
    aicost_chat_head(t, start, "chat.completion.chunk", &keep);

    if (keep.failed) {
        o->failed = 1;
        return;
    }

    t->used = keep.len;
}


/* the members of a delta, and for a FINISH all to the end of the chunk.
   Without o nothing is written: 0 when there is nothing to say */

static unsigned
aicost_chat_tell_delta(aicost_tell_t *t, const aicost_says_t *says,
    aicost_out_t *o)
{
    size_t       i;
    const char  *name;

    static const struct {
        aicost_says_e   kind;
        const char     *name;
    } texts[] = {
        { AICOST_SAYS_TEXT, "content" },
        { AICOST_SAYS_THINKING, "reasoning_content" },
        { AICOST_SAYS_REFUSAL, "refusal" }
    };

    name = NULL;

    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        if (says->kind == texts[i].kind) {
            name = texts[i].name;
        }
    }

    if (o == NULL) {
        return says->kind == AICOST_SAYS_CALL
               || says->kind == AICOST_SAYS_FINISH
               || ((name || says->kind == AICOST_SAYS_ARGUMENTS)
                   && says->text.len);
    }

    if (name) {
        aicost_out_name(o, name);
        aicost_out_string(o, &says->text);
        return 1;
    }

    if (says->kind == AICOST_SAYS_FINISH) {
        t->finish = says->finish;
        aicost_out(o, "}", 1);
        aicost_out_text(o, ",\"logprobs\":null");
        aicost_chat_finish(says, o);
        aicost_chat_close(t, "", o);
        return 1;
    }

    t->called = 1;

    aicost_out_name(o, "tool_calls");
    aicost_out_text(o, "[{\"index\":");
    aicost_out_int(o, says->index);

    if (says->kind == AICOST_SAYS_CALL) {
        aicost_chat_call(t, says, o);
        aicost_out_text(o, ",\"arguments\":\"\"}}]");

    } else {
        aicost_out_text(o, ",\"function\":{\"arguments\":");
        aicost_out_string(o, &says->text);
        aicost_out(o, "}}]", 3);
    }

    return 1;
}


/* up to the inside of the delta; the first one of a choice has the role */

static void
aicost_chat_open(aicost_tell_t *t, const aicost_says_t *says, aicost_out_t *o)
{
    uint32_t  bit;

    aicost_out(o, t->keep, t->used);
    aicost_out_text(o, ",\"choices\":[{\"index\":");
    aicost_out_int(o, says->choice);
    aicost_out_text(o, ",\"delta\":{");

    bit = 1U << (says->choice & 31);

    if ((t->at[0] & bit) == 0) {
        t->at[0] |= bit;
        aicost_out_text(o, "\"role\":\"assistant\"");

        if (says->kind == AICOST_SAYS_START) {
            aicost_out(o, ",", 1);
        }
    }
}


static void
aicost_chat_close(const aicost_tell_t *t, const char *choice, aicost_out_t *o)
{
    aicost_out_text(o, choice ? choice
                              : ",\"logprobs\":null,\"finish_reason\":null");
    aicost_out(o, "}]", 2);

    if (t->include_usage) {
        aicost_out_text(o, ",\"usage\":null");
    }

    aicost_out(o, "}\n\n", 3);
}


static void
aicost_chat_tell_done(aicost_tell_t *t, aicost_out_t *o)
{
    aicost_says_t  finish;

    if (t->finish == 0) {
        memset(&finish, 0, sizeof(aicost_says_t));
        finish.kind = AICOST_SAYS_FINISH;
        finish.finish = t->called ? AICOST_FINISH_CALLS : AICOST_FINISH_STOP;
        aicost_chat_tell_event(t, &finish, o);
    }

    if (t->include_usage && t->has_usage) {
        aicost_out(o, t->keep, t->used);
        aicost_out_text(o, ",\"choices\":[],\"usage\":");
        aicost_chat_usage(&t->usage, o);
        aicost_out(o, "}\n\n", 3);
    }

    aicost_out_text(o, "data: [DONE]\n\n");

    t->done = 1;
}


static void
aicost_chat_head(aicost_tell_t *t, const aicost_says_t *start,
    const char *object, aicost_out_t *o)
{
    int64_t  created;

    aicost_out_text(o, "\"id\":");

    if (t->id.len || start == NULL || start->id.kind == AICOST_PIECE_NONE) {
        aicost_out_text(o, "\"chatcmpl-");
        aicost_out(o, t->id.data, t->id.len);
        aicost_out(o, "\"", 1);

    } else {
        aicost_out_string(o, &start->id);
    }

    aicost_out_text(o, ",\"object\":\"");
    aicost_out_text(o, object);
    aicost_out_text(o, "\",\"created\":");

    created = (start && start->created > 0) ? start->created : t->now;
    aicost_out_int(o, created);

    aicost_out_text(o, ",\"model\":");

    if (t->model.len) {
        aicost_chat_bytes(o, &t->model);

    } else if (start) {
        aicost_out_string(o, &start->name);

    } else {
        aicost_out_text(o, "\"\"");
    }
}


/* id, type and the function as far as its name */

static void
aicost_chat_call(const aicost_tell_t *t, const aicost_says_t *says,
    aicost_out_t *o)
{
    aicost_out_name(o, "id");

    if (says->id.kind == AICOST_PIECE_NONE) {
        aicost_out_text(o, "\"call_");
        aicost_out(o, t->id.data, t->id.len);
        aicost_out_int(o, (int64_t) says->choice * AICOST_FORM_CALLS
                          + says->index);
        aicost_out(o, "\"", 1);

    } else {
        aicost_out_string(o, &says->id);
    }

    aicost_out_text(o, ",\"type\":\"function\",\"function\":{\"name\":");
    aicost_out_string(o, &says->name);
}


static void
aicost_chat_finish(const aicost_says_t *says, aicost_out_t *o)
{
    static const char *const  words[] = {
        "stop", "stop", "stop", "length", "tool_calls", "content_filter",
        "stop"
    };

    aicost_out_text(o, ",\"finish_reason\":\"");
    aicost_out_text(o, says->finish <= AICOST_FINISH_OTHER
                       ? words[says->finish] : "stop");
    aicost_out(o, "\"", 1);

    /* as vLLM names the sequence */

    if (says->finish == AICOST_FINISH_SEQUENCE
        && says->text.kind != AICOST_PIECE_NONE)
    {
        aicost_out_name(o, "stop_reason");
        aicost_out_string(o, &says->text);
    }
}


static void
aicost_chat_usage(const aicost_usage_t *u, aicost_out_t *o)
{
    int64_t  prompt, write;

    write = u->cache_write + u->cache_write_1h;
    prompt = u->input + u->cached + write;

    aicost_out_text(o, "{\"prompt_tokens\":");
    aicost_out_int(o, prompt);
    aicost_out_text(o, ",\"completion_tokens\":");
    aicost_out_int(o, u->output);
    aicost_out_text(o, ",\"total_tokens\":");
    aicost_out_int(o, prompt + u->output);
    aicost_out_text(o, ",\"prompt_tokens_details\":{\"cached_tokens\":");
    aicost_out_int(o, u->cached);

    if (write) {
        aicost_out_text(o, ",\"cache_write_tokens\":");
        aicost_out_int(o, write);
    }

    aicost_out_text(o, "},\"completion_tokens_details\":"
                       "{\"reasoning_tokens\":");
    aicost_out_int(o, u->reasoning);
    aicost_out(o, "}}", 2);

    /* beside it */

    aicost_out_service(o, "service_tier", u->service, aicost_chat_services);
}
