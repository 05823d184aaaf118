
/*
 * Copyright (C) aicost
 *
 * Anthropic's Messages: a whole answer for a client.
 */


#include "aicost_api_anthropic_int.h"


/* what a text of arguments that is no object is wrapped in, and its bytes */

#define AICOST_ANTHROPIC_INVALID   "{\"INVALID_JSON\":"
#define AICOST_ANTHROPIC_WRAP      32


static aicost_piece_t
aicost_anthropic_str(const aicost_str_t *s)
{
    aicost_piece_t  p;

    p.data = s->data;
    p.len = (uint32_t) s->len;
    p.kind = s->len ? AICOST_PIECE_JSON : AICOST_PIECE_NONE;

    return p;
}


void
aicost_anthropic_head(const aicost_tell_t *t, const aicost_says_t *start,
    aicost_out_t *o)
{
    aicost_piece_t  model, id;

    aicost_out_text(o, "\"id\":");

    if (start && start->id.kind != AICOST_PIECE_NONE) {
        aicost_out_string(o, &start->id);

    } else {
        id = aicost_anthropic_str(&t->id);
        aicost_out_text(o, "\"msg_");

        if (id.len) {
            aicost_out_inside(o, &id);
        }

        aicost_out_text(o, "\"");
    }

    model = aicost_anthropic_str(&t->model);

    if (model.kind == AICOST_PIECE_NONE && start) {
        model = start->name;
    }

    aicost_out_text(o, ",\"type\":\"message\",\"role\":\"assistant\","
                       "\"model\":");
    aicost_out_string(o, &model);
}


void
aicost_anthropic_call_id(const aicost_tell_t *t, const aicost_says_t *s,
    aicost_out_t *o)
{
    aicost_piece_t  id;

    if (s->id.kind != AICOST_PIECE_NONE) {
        aicost_out_string(o, &s->id);
        return;
    }

    id = aicost_anthropic_str(&t->id);
    aicost_out_text(o, "\"toolu_");

    if (id.len) {
        aicost_out_inside(o, &id);
    }

    aicost_out_text(o, "_");
    aicost_out_int(o, s->index);
    aicost_out_text(o, "\"");
}


/* an end of its own accord with calls is an end for them: clients look for
   that word */

void
aicost_anthropic_stop(uint8_t finish, unsigned called,
    const aicost_piece_t *sequence, aicost_out_t *o)
{
    const char  *reason;

    switch (finish) {

    case AICOST_FINISH_SEQUENCE:
        reason = "stop_sequence";
        break;

    case AICOST_FINISH_LENGTH:
        reason = "max_tokens";
        break;

    case AICOST_FINISH_CALLS:
        reason = "tool_use";
        break;

    case AICOST_FINISH_FILTER:
        reason = "refusal";
        break;

    default:
        reason = called ? "tool_use" : "end_turn";
    }

    aicost_out_text(o, "\"stop_reason\":\"");
    aicost_out_text(o, reason);
    aicost_out_text(o, "\",\"stop_sequence\":");

    if (finish == AICOST_FINISH_SEQUENCE
        && sequence->kind != AICOST_PIECE_NONE)
    {
        aicost_out_string(o, sequence);

    } else {
        aicost_out_text(o, "null");
    }
}


void
aicost_anthropic_usage_out(const aicost_usage_t *u, aicost_out_t *o)
{
    static const char *const  tiers[] = {
        NULL, "\"standard\"", NULL, "\"priority\"", "\"standard\"", NULL
    };
    static const char *const  speeds[] = {
        NULL, "\"standard\"", NULL, NULL, "\"fast\"", NULL
    };

    aicost_out_text(o, "\"usage\":{\"input_tokens\":");
    aicost_out_int(o, u->input);
    aicost_out_text(o, ",\"cache_creation_input_tokens\":");
    aicost_out_int(o, u->cache_write + u->cache_write_1h);
    aicost_out_text(o, ",\"cache_read_input_tokens\":");
    aicost_out_int(o, u->cached);
    aicost_out_text(o, ",\"cache_creation\":{\"ephemeral_5m_input_tokens\":");
    aicost_out_int(o, u->cache_write);
    aicost_out_text(o, ",\"ephemeral_1h_input_tokens\":");
    aicost_out_int(o, u->cache_write_1h);
    aicost_out_text(o, "},\"output_tokens\":");
    aicost_out_int(o, u->output);

    if (u->reasoning) {
        aicost_out_text(o, ",\"output_tokens_details\":{\"thinking_tokens\":");
        aicost_out_int(o, u->reasoning);
        aicost_out_text(o, "}");
    }

    aicost_out_service(o, "service_tier", u->service, tiers);
    aicost_out_service(o, "speed", u->service, speeds);
    aicost_out_text(o, "}");
}


/* the arguments of the call at says[0] as one piece; fragments are joined in
   keep */

static int
aicost_anthropic_gather(aicost_tell_t *t, const aicost_says_t *says,
    uint32_t n, aicost_piece_t *p)
{
    size_t                 used;
    uint32_t               i;
    const aicost_piece_t  *text;

    memset(p, 0, sizeof(aicost_piece_t));
    used = 0;

    for (i = 1; i < n; i++) {

        if (says[i].kind != AICOST_SAYS_ARGUMENTS || says[i].choice
            || says[i].index != says[0].index || says[i].text.len == 0)
        {
            continue;
        }

        text = &says[i].text;

        if (p->kind == AICOST_PIECE_NONE || text->kind == AICOST_PIECE_JSON) {
            *p = *text;
            continue;
        }

        if (p->kind == AICOST_PIECE_JSON) {
            continue;
        }

        if (used == 0) {

            if (p->len > t->size) {
                return AICOST_ERROR;
            }

            memcpy(t->keep, p->data, p->len);
            used = p->len;
        }

        if (text->len > t->size - used) {
            return AICOST_ERROR;
        }

        memcpy(t->keep + used, text->data, text->len);
        used += text->len;

        p->data = t->keep;
        p->len = (uint32_t) used;
    }

    return AICOST_OK;
}


static void
aicost_anthropic_input(aicost_tell_t *t, const aicost_says_t *says,
    uint32_t n, aicost_out_t *o)
{
    aicost_piece_t  p;

    if (aicost_anthropic_gather(t, says, n, &p) != AICOST_OK) {
        o->failed = 1;
        return;
    }

    if (p.kind == AICOST_PIECE_NONE) {
        aicost_out_text(o, "{}");
        return;
    }

    if (aicost_out_object(o, &p) != AICOST_OK) {
        aicost_out_text(o, AICOST_ANTHROPIC_INVALID);
        aicost_out_string(o, &p);
        aicost_out_text(o, "}");
        return;
    }

    if (o->data == NULL) {
        o->len += AICOST_ANTHROPIC_WRAP;
    }
}


/* ends the block that is open */

static void
aicost_anthropic_end(aicost_out_t *o, uint8_t *open)
{
    if (*open == AICOST_SAYS_THINKING) {
        aicost_out_text(o, "\",\"signature\":\"\"}");

    } else if (*open == AICOST_SAYS_TEXT) {
        aicost_out_text(o, "\"}");
    }

    *open = 0;
}


static void
aicost_anthropic_run(aicost_out_t *o, uint8_t *open, uint8_t kind,
    const aicost_piece_t *text)
{
    if (text->len == 0) {
        return;
    }

    if (*open != kind) {
        aicost_anthropic_end(o, open);
        aicost_out_next(o);
        aicost_out_text(o, kind == AICOST_SAYS_TEXT
                           ? "{\"type\":\"text\",\"text\":\""
                           : "{\"type\":\"thinking\",\"thinking\":\"");
        *open = kind;
    }

    aicost_out_inside(o, text);
}


static void
aicost_anthropic_sign(aicost_out_t *o, uint8_t *open,
    const aicost_piece_t *text)
{
    if (*open == AICOST_SAYS_THINKING) {
        aicost_out_text(o, "\",\"signature\":");

    } else {
        aicost_anthropic_end(o, open);
        aicost_out_next(o);
        aicost_out_text(o, "{\"type\":\"thinking\",\"thinking\":\"\","
                           "\"signature\":");
    }

    aicost_out_string(o, text);
    aicost_out_text(o, "}");
    *open = 0;
}


static void
aicost_anthropic_blocks(aicost_tell_t *t, const aicost_says_t *says,
    uint32_t n, aicost_out_t *o)
{
    uint8_t               open;
    uint32_t              i;
    const aicost_says_t  *s;

    open = 0;

    for (i = 0; i < n; i++) {
        s = &says[i];

        if (s->choice) {
            continue;
        }

        switch (s->kind) {

        case AICOST_SAYS_TEXT:
        case AICOST_SAYS_REFUSAL:
            aicost_anthropic_run(o, &open, AICOST_SAYS_TEXT, &s->text);
            break;

        case AICOST_SAYS_THINKING:
            aicost_anthropic_run(o, &open, AICOST_SAYS_THINKING, &s->text);
            break;

        case AICOST_SAYS_SIGNATURE:
            aicost_anthropic_sign(o, &open, &s->text);
            break;

        case AICOST_SAYS_REDACTED:
            aicost_anthropic_end(o, &open);
            aicost_out_next(o);
            aicost_out_text(o, "{\"type\":\"redacted_thinking\",\"data\":");
            aicost_out_string(o, &s->text);
            aicost_out_text(o, "}");
            break;

        case AICOST_SAYS_CALL:
            t->called = 1;
            aicost_anthropic_end(o, &open);
            aicost_out_next(o);
            aicost_out_text(o, "{\"type\":\"tool_use\",\"id\":");
            aicost_anthropic_call_id(t, s, o);
            aicost_out_text(o, ",\"name\":");
            aicost_out_string(o, &s->name);
            aicost_out_text(o, ",\"input\":");
            aicost_anthropic_input(t, s, n - i, o);
            aicost_out_text(o, "}");
            break;

        default:
            break;
        }
    }

    aicost_anthropic_end(o, &open);
}


void
aicost_anthropic_tell(aicost_tell_t *t, const aicost_says_t *says, uint32_t n,
    aicost_out_t *o)
{
    uint32_t              i;
    aicost_piece_t        none;
    const aicost_says_t  *start, *finish;

    memset(&none, 0, sizeof(aicost_piece_t));
    start = NULL;
    finish = NULL;

    for (i = 0; i < n; i++) {

        switch (says[i].kind) {

        case AICOST_SAYS_ERROR:
            aicost_anthropic_error(&says[i], o);
            t->failed = 1;
            t->done = 1;
            return;

        case AICOST_SAYS_START:
            start = &says[i];
            t->usage = start->usage;
            break;

        case AICOST_SAYS_FINISH:
            if (says[i].choice == 0) {
                finish = &says[i];
            }

            break;

        case AICOST_SAYS_USAGE:
            t->usage = says[i].usage;
            break;

        default:
            break;
        }
    }

    aicost_out_text(o, "{");
    aicost_anthropic_head(t, start, o);
    aicost_out_text(o, ",\"content\":[");
    aicost_anthropic_blocks(t, says, n, o);
    aicost_out_text(o, "],");
    aicost_anthropic_stop(finish ? finish->finish : AICOST_FINISH_OTHER,
                          t->called, finish ? &finish->text : &none, o);
    aicost_out_text(o, ",");
    aicost_anthropic_usage_out(&t->usage, o);
    aicost_out_text(o, "}");

    t->done = 1;
}
