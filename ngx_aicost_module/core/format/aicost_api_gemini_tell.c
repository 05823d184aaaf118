
/*
 * Copyright (C) aicost
 *
 * A whole GenerateContentResponse for a client.
 */


#include "aicost_api_gemini_int.h"


/* an id that none was said for, the same each time */

void
aicost_gemini_call_id(aicost_out_t *o, const aicost_tell_t *t,
    const aicost_piece_t *id, uint32_t choice, uint32_t index)
{
    aicost_out_name(o, "id");

    if (id->kind != AICOST_PIECE_NONE && id->len) {
        aicost_out_string(o, id);
        return;
    }

    aicost_out_text(o, "\"call_");
    aicost_out(o, t->id.data, t->id.len);
    aicost_out(o, "_", 1);

    if (choice) {
        aicost_out_int(o, choice);
        aicost_out(o, "_", 1);
    }

    aicost_out_int(o, index);
    aicost_out(o, "\"", 1);
}


const char *
aicost_gemini_finish(uint8_t finish)
{
    switch (finish) {

    case AICOST_FINISH_LENGTH:
        return "MAX_TOKENS";

    case AICOST_FINISH_FILTER:
        return "SAFETY";

    default:
        return "STOP";
    }
}


void
aicost_gemini_out_usage(aicost_out_t *o, const aicost_usage_t *u)
{
    int64_t  prompt, reasoning;

    static const char *const  services[] = {
        NULL, "\"ON_DEMAND\"", "\"ON_DEMAND_FLEX\"",
        "\"ON_DEMAND_PRIORITY\"", NULL, NULL
    };

    prompt = u->input + u->cached + u->cache_write + u->cache_write_1h;
    reasoning = u->reasoning > u->output ? u->output : u->reasoning;

    aicost_out_name(o, "usageMetadata");
    aicost_out_text(o, "{\"promptTokenCount\":");
    aicost_out_int(o, prompt);

    if (u->cached) {
        aicost_out_name(o, "cachedContentTokenCount");
        aicost_out_int(o, u->cached);
    }

    aicost_out_name(o, "candidatesTokenCount");
    aicost_out_int(o, u->output - reasoning);

    if (reasoning) {
        aicost_out_name(o, "thoughtsTokenCount");
        aicost_out_int(o, reasoning);
    }

    aicost_out_name(o, "totalTokenCount");
    aicost_out_int(o, prompt + u->output);
    aicost_out_service(o, "trafficType", u->service, services);
    aicost_out_text(o, "}");
}


void
aicost_gemini_out_signature(aicost_out_t *o, const aicost_piece_t *p)
{
    if (p->kind != AICOST_PIECE_NONE) {
        aicost_out_name(o, "thoughtSignature");
        aicost_out_string(o, p);
    }
}


static void
aicost_gemini_tell_call(aicost_tell_t *t, const aicost_says_t *s,
    const aicost_says_t *end, aicost_out_t *o)
{
    aicost_piece_t  args;

    args = aicost_shape_arguments(t, s, end, o);

    aicost_out_next(o);
    aicost_out_text(o, "{\"functionCall\":{");
    aicost_gemini_call_id(o, t, &s->id, s->choice, s->index);
    aicost_out_name(o, "name");
    aicost_out_string(o, &s->name);
    aicost_out_name(o, "args");
    aicost_shape_object(o, &args);
    aicost_out_text(o, "}");
    aicost_gemini_out_signature(o, &s->text);
    aicost_out_text(o, "}");
}


/* the signature that follows belongs to this thought; a signature alone is
   that of a thought that is not shown */

static const aicost_says_t *
aicost_gemini_tell_thought(const aicost_says_t *s, const aicost_says_t *end,
    aicost_out_t *o)
{
    const aicost_says_t  *q;

    aicost_out_next(o);
    aicost_out_text(o, "{\"text\":");

    if (s->kind == AICOST_SAYS_THINKING) {
        aicost_out_string(o, &s->text);

        for (q = s + 1; q < end && q->choice != s->choice; q++) {
            /* void */
        }

    } else {
        aicost_out_text(o, "\"\"");
        q = s;
    }

    aicost_out_text(o, ",\"thought\":true");

    if (q < end && q->kind == AICOST_SAYS_SIGNATURE) {
        aicost_gemini_out_signature(o, &q->text);
        s = q;
    }

    aicost_out_text(o, "}");

    return s;
}


static void
aicost_gemini_tell_parts(aicost_tell_t *t, const aicost_says_t *says,
    const aicost_says_t *end, uint32_t choice, aicost_out_t *o)
{
    size_t                before;
    const aicost_says_t  *s;

    before = o->len;

    for (s = says; s < end; s++) {

        if (s->choice != choice) {
            continue;
        }

        switch (s->kind) {

        case AICOST_SAYS_TEXT:
        case AICOST_SAYS_REFUSAL:
            aicost_out_next(o);
            aicost_out_text(o, "{\"text\":");
            aicost_out_string(o, &s->text);
            aicost_out_text(o, "}");
            break;

        case AICOST_SAYS_THINKING:
        case AICOST_SAYS_SIGNATURE:
            s = aicost_gemini_tell_thought(s, end, o);
            break;

        case AICOST_SAYS_CALL:
            aicost_gemini_tell_call(t, s, end, o);
            break;

        default:
            break;
        }
    }

    if (o->len == before) {
        aicost_out_text(o, "{\"text\":\"\"}");
    }
}


static void
aicost_gemini_tell_candidates(aicost_tell_t *t, const aicost_says_t *says,
    const aicost_says_t *end, aicost_out_t *o)
{
    uint8_t               finish;
    uint32_t              choice;
    unsigned              any;
    const aicost_says_t  *s;

    for (choice = 0; choice < AICOST_MAX_CHOICES; choice++) {

        any = (choice == 0);
        finish = 0;

        for (s = says; s < end; s++) {

            if (s->choice == choice && s->kind >= AICOST_SAYS_TEXT
                && s->kind <= AICOST_SAYS_FINISH)
            {
                any = 1;

                if (s->kind == AICOST_SAYS_FINISH) {
                    finish = s->finish;
                }
            }
        }

        if (!any) {
            continue;
        }

        aicost_out_next(o);
        aicost_out_text(o, "{\"content\":{\"parts\":[");
        aicost_gemini_tell_parts(t, says, end, choice, o);
        aicost_out_text(o, "],\"role\":\"model\"},\"finishReason\":\"");
        aicost_out_text(o, aicost_gemini_finish(finish));
        aicost_out_text(o, "\",\"index\":");
        aicost_out_int(o, choice);
        aicost_out_text(o, "}");
    }
}


void
aicost_gemini_tell(aicost_tell_t *t, const aicost_says_t *says, uint32_t n,
    aicost_out_t *o)
{
    const aicost_says_t  *s, *end, *start, *usage;

    start = NULL;
    usage = NULL;
    end = says + n;

    for (s = says; s < end; s++) {

        switch (s->kind) {

        case AICOST_SAYS_ERROR:
            aicost_gemini_error(o, s->reason, &s->text);
            return;

        case AICOST_SAYS_START:
            start = s;
            break;

        case AICOST_SAYS_USAGE:
            usage = s;
            break;

        default:
            break;
        }
    }

    aicost_out_text(o, "{\"candidates\":[");
    aicost_gemini_tell_candidates(t, says, end, o);
    aicost_out_text(o, "]");

    if (usage) {
        aicost_gemini_out_usage(o, &usage->usage);
    }

    aicost_out_name(o, "modelVersion");

    if (t->model.len) {
        aicost_shape_raw(o, &t->model, AICOST_MAX_IDENT);

    } else if (start) {
        aicost_out_string(o, &start->name);

    } else {
        aicost_out_text(o, "\"\"");
    }

    if (t->id.len) {
        aicost_out_name(o, "responseId");
        aicost_shape_raw(o, &t->id, AICOST_MAX_IDENT);
    }

    aicost_out_text(o, "}");
}
