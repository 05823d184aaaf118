
/*
 * Copyright (C) aicost
 *
 * Anthropic's Messages: what of an answer is said in a stream for a client.
 *
 * Blocks never interleave.  While the arguments of the open call are no whole
 * object, whatever is not of them is kept, in its order, until they are or the
 * answer ends.
 */


#include "aicost_api_anthropic_int.h"


/* at[] */

#define AICOST_ANTHROPIC_DEPTH     0         /* of the open call's arguments */
#define AICOST_ANTHROPIC_STATE     1         /* of them */
#define AICOST_ANTHROPIC_ENDED     2         /* message_delta is said */
#define AICOST_ANTHROPIC_STOPPED   3         /* bytes of the stop sequence, at
                                                the start of keep */

#define AICOST_ANTHROPIC_QUOTED    0x01      /* in a string */
#define AICOST_ANTHROPIC_ESCAPE    0x02      /* after its backslash */
#define AICOST_ANTHROPIC_WHOLE     0x04      /* the object is closed */


/* an event that is kept; its pieces follow */

typedef struct {
    uint32_t         index;
    uint32_t         lens[3];        /* text, id, name */
    uint8_t          kinds[3];
    uint8_t          kind;           /* 0: was said */
} aicost_anthropic_kept_t;


static void aicost_anthropic_content(aicost_tell_t *t, const aicost_says_t *s,
    aicost_out_t *o);


static void
aicost_anthropic_open_event(aicost_out_t *o, const char *name)
{
    aicost_out_text(o, "event: ");
    aicost_out_text(o, name);
    aicost_out_text(o, "\ndata: {\"type\":\"");
    aicost_out_text(o, name);
    aicost_out_text(o, "\"");
}


static void
aicost_anthropic_close_event(aicost_out_t *o)
{
    aicost_out_text(o, "}\n\n");
}


static void
aicost_anthropic_fail(aicost_tell_t *t, const aicost_says_t *s,
    aicost_out_t *o)
{
    aicost_out_text(o, "event: error\ndata: ");
    aicost_anthropic_error(s, o);
    aicost_out_text(o, "\n\n");

    t->failed = 1;
    t->open = 0;
    t->used = 0;
}


static void
aicost_anthropic_message_start(aicost_tell_t *t, const aicost_says_t *s,
    aicost_out_t *o)
{
    if (t->started) {
        return;
    }

    t->started = 1;

    if (s) {
        t->usage = s->usage;
    }

    aicost_anthropic_open_event(o, "message_start");
    aicost_out_text(o, ",\"message\":{");
    aicost_anthropic_head(t, s, o);
    aicost_out_text(o, ",\"content\":[],\"stop_reason\":null,"
                       "\"stop_sequence\":null,");
    aicost_anthropic_usage_out(&t->usage, o);
    aicost_out_text(o, "}");
    aicost_anthropic_close_event(o);
}


static void
aicost_anthropic_indexed(const aicost_tell_t *t, const char *name,
    aicost_out_t *o)
{
    aicost_anthropic_open_event(o, name);
    aicost_out_text(o, ",\"index\":");
    aicost_out_int(o, t->block);
}


static void
aicost_anthropic_close_block(aicost_tell_t *t, aicost_out_t *o)
{
    if (t->open) {
        aicost_anthropic_indexed(t, "content_block_stop", o);
        aicost_anthropic_close_event(o);
        t->open = 0;
    }
}


/* up to the type of the block */

static void
aicost_anthropic_open_block(aicost_tell_t *t, uint8_t kind, aicost_out_t *o)
{
    aicost_anthropic_close_block(t, o);

    t->block = t->blocks++;
    t->open = kind;

    aicost_anthropic_indexed(t, "content_block_start", o);
    aicost_out_text(o, ",\"content_block\":{\"type\":");
}


static void
aicost_anthropic_delta(const aicost_tell_t *t, const char *type,
    const char *member, const aicost_piece_t *text, aicost_out_t *o)
{
    aicost_anthropic_indexed(t, "content_block_delta", o);
    aicost_out_text(o, ",\"delta\":{\"type\":\"");
    aicost_out_text(o, type);
    aicost_out_text(o, "\",\"");
    aicost_out_text(o, member);
    aicost_out_text(o, "\":");
    aicost_out_string(o, text);
    aicost_out_text(o, "}");
    aicost_anthropic_close_event(o);
}


/* --- arguments ------------------------------------------------------------ */


/* a byte of them, unescaped */

static void
aicost_anthropic_step(aicost_tell_t *t, uint32_t c)
{
    uint32_t  *state, *depth;

    state = &t->at[AICOST_ANTHROPIC_STATE];
    depth = &t->at[AICOST_ANTHROPIC_DEPTH];

    if (*state & AICOST_ANTHROPIC_ESCAPE) {
        *state &= ~(uint32_t) AICOST_ANTHROPIC_ESCAPE;

    } else if (*state & AICOST_ANTHROPIC_QUOTED) {

        if (c == '\\') {
            *state |= AICOST_ANTHROPIC_ESCAPE;

        } else if (c == '"') {
            *state &= ~(uint32_t) AICOST_ANTHROPIC_QUOTED;
        }

    } else if (c == '"') {
        *state |= AICOST_ANTHROPIC_QUOTED;

    } else if (c == '{' || c == '[') {
        (*depth)++;

    } else if ((c == '}' || c == ']') && *depth && --*depth == 0) {
        *state |= AICOST_ANTHROPIC_WHOLE;
    }
}


static void
aicost_anthropic_follow(aicost_tell_t *t, const aicost_piece_t *p)
{
    uint32_t  i, k, c, digit;

    if (p->kind == AICOST_PIECE_JSON) {
        t->at[AICOST_ANTHROPIC_STATE] = AICOST_ANTHROPIC_WHOLE;
        return;
    }

    for (i = 0; i < p->len; i++) {
        c = p->data[i];

        if (c == '\\' && p->kind == AICOST_PIECE_STRING && i + 1 < p->len) {
            c = p->data[++i];

            if (c == 'u' && p->len - i > 4) {
                for (c = 0, k = 0; k < 4; k++) {
                    digit = p->data[++i];
                    c = c << 4 | (digit <= '9' ? digit - '0'
                                               : (digit | 0x20) - 'a' + 10);
                }

            } else if (c != '"' && c != '\\') {
                c = ' ';
            }
        }

        aicost_anthropic_step(t, c);
    }
}


static unsigned
aicost_anthropic_waits(const aicost_tell_t *t)
{
    return t->open == AICOST_SAYS_CALL
           && (t->at[AICOST_ANTHROPIC_STATE] & AICOST_ANTHROPIC_WHOLE) == 0;
}


static void
aicost_anthropic_arguments(aicost_tell_t *t, const aicost_says_t *s,
    aicost_out_t *o)
{
    uint32_t       i;
    aicost_says_t  error;

    if (s->text.len == 0) {
        return;
    }

    if (t->open == AICOST_SAYS_CALL && t->call == s->index) {
        aicost_anthropic_delta(t, "input_json_delta", "partial_json",
                               &s->text, o);
        aicost_anthropic_follow(t, &s->text);
        return;
    }

    /* of a call that has ended: white space does no harm */

    for (i = 0; i < s->text.len && s->text.data[i] == ' '; i++) {
        /* void */
    }

    if (i == s->text.len) {
        return;
    }

    memset(&error, 0, sizeof(aicost_says_t));
    error.reason = AICOST_R_SERVER_ERROR;
    error.text = aicost_piece_word("the provider sent arguments of a tool "
                                   "call that had ended");
    aicost_anthropic_fail(t, &error, o);
}


static void
aicost_anthropic_call_begin(aicost_tell_t *t, const aicost_says_t *s,
    aicost_out_t *o)
{
    aicost_anthropic_open_block(t, AICOST_SAYS_CALL, o);
    aicost_out_text(o, "\"tool_use\",\"id\":");
    aicost_anthropic_call_id(t, s, o);
    aicost_out_text(o, ",\"name\":");
    aicost_out_string(o, &s->name);
    aicost_out_text(o, ",\"input\":{}}");
    aicost_anthropic_close_event(o);

    t->called = 1;
    t->calls++;
    t->call = s->index;
    t->at[AICOST_ANTHROPIC_DEPTH] = 0;
    t->at[AICOST_ANTHROPIC_STATE] = 0;
}


/* --- what is kept --------------------------------------------------------- */


static void
aicost_anthropic_keep(aicost_tell_t *t, const aicost_says_t *s,
    aicost_out_t *o)
{
    size_t                    size;
    unsigned                  i;
    const aicost_piece_t     *p[3];
    aicost_anthropic_kept_t   k;

    p[0] = &s->text;
    p[1] = &s->id;
    p[2] = &s->name;

    memset(&k, 0, sizeof(aicost_anthropic_kept_t));
    k.kind = s->kind;
    k.index = s->index;
    size = sizeof(aicost_anthropic_kept_t);

    for (i = 0; i < 3; i++) {
        k.lens[i] = p[i]->len;
        k.kinds[i] = p[i]->kind;
        size += p[i]->len;
    }

    if (size > t->size - t->used) {
        o->failed = 1;
        return;
    }

    memcpy(t->keep + t->used, &k, sizeof(aicost_anthropic_kept_t));
    t->used += sizeof(aicost_anthropic_kept_t);

    for (i = 0; i < 3; i++) {
        if (p[i]->len) {
            memcpy(t->keep + t->used, p[i]->data, p[i]->len);
            t->used += p[i]->len;
        }
    }
}


/* the event at a place in keep, and where the next one stands */

static size_t
aicost_anthropic_kept_at(const aicost_tell_t *t, size_t at, aicost_says_t *s)
{
    unsigned                  i;
    aicost_piece_t           *p[3];
    aicost_anthropic_kept_t   k;

    memcpy(&k, t->keep + at, sizeof(aicost_anthropic_kept_t));
    memset(s, 0, sizeof(aicost_says_t));

    p[0] = &s->text;
    p[1] = &s->id;
    p[2] = &s->name;

    s->kind = k.kind;
    s->index = k.index;
    at += sizeof(aicost_anthropic_kept_t);

    for (i = 0; i < 3; i++) {
        p[i]->data = t->keep + at;
        p[i]->len = k.lens[i];
        p[i]->kind = k.kinds[i];
        at += k.lens[i];
    }

    return at;
}


/* all the arguments of the call just opened, wherever they stand */

static void
aicost_anthropic_pull(aicost_tell_t *t, size_t at, aicost_out_t *o)
{
    size_t         next;
    aicost_says_t  s;

    for ( /* void */ ; at < t->used; at = next) {
        next = aicost_anthropic_kept_at(t, at, &s);

        if (s.kind == AICOST_SAYS_ARGUMENTS && s.index == t->call) {
            aicost_anthropic_arguments(t, &s, o);
            t->keep[at + offsetof(aicost_anthropic_kept_t, kind)] = 0;
        }
    }
}


/* says what was kept: until a call is open that waits, or all of it */

static void
aicost_anthropic_drain(aicost_tell_t *t, unsigned all, aicost_out_t *o)
{
    size_t         at, next;
    aicost_says_t  s;

    at = 0;

    while (at < t->used && (all || !aicost_anthropic_waits(t))) {
        next = aicost_anthropic_kept_at(t, at, &s);

        if (s.kind) {
            aicost_anthropic_content(t, &s, o);
        }

        if (s.kind == AICOST_SAYS_CALL) {
            aicost_anthropic_pull(t, next, o);
        }

        at = next;
    }

    if (at && t->used) {
        memmove(t->keep, t->keep + at, t->used - at);
        t->used -= at;
    }
}


/* --- events --------------------------------------------------------------- */


static void
aicost_anthropic_content(aicost_tell_t *t, const aicost_says_t *s,
    aicost_out_t *o)
{
    switch (s->kind) {

    case AICOST_SAYS_CALL:
        aicost_anthropic_call_begin(t, s, o);
        return;

    case AICOST_SAYS_ARGUMENTS:
        aicost_anthropic_arguments(t, s, o);
        return;

    case AICOST_SAYS_TEXT:
    case AICOST_SAYS_REFUSAL:
        if (s->text.len == 0) {
            return;
        }

        if (t->open != AICOST_SAYS_TEXT) {
            aicost_anthropic_open_block(t, AICOST_SAYS_TEXT, o);
            aicost_out_text(o, "\"text\",\"text\":\"\"}");
            aicost_anthropic_close_event(o);
        }

        aicost_anthropic_delta(t, "text_delta", "text", &s->text, o);
        return;

    case AICOST_SAYS_REDACTED:
        aicost_anthropic_open_block(t, AICOST_SAYS_REDACTED, o);
        aicost_out_text(o, "\"redacted_thinking\",\"data\":");
        aicost_out_string(o, &s->text);
        aicost_out_text(o, "}");
        aicost_anthropic_close_event(o);
        aicost_anthropic_close_block(t, o);
        return;

    default:
        break;
    }

    /* thinking, its signature */

    if (s->text.len == 0) {
        return;
    }

    if (t->open != AICOST_SAYS_THINKING) {
        aicost_anthropic_open_block(t, AICOST_SAYS_THINKING, o);
        aicost_out_text(o, "\"thinking\",\"thinking\":\"\","
                           "\"signature\":\"\"}");
        aicost_anthropic_close_event(o);
    }

    if (s->kind == AICOST_SAYS_THINKING) {
        aicost_anthropic_delta(t, "thinking_delta", "thinking", &s->text, o);
        return;
    }

    aicost_anthropic_delta(t, "signature_delta", "signature", &s->text, o);
    aicost_anthropic_close_block(t, o);
}


/* the stop sequence stays in keep, which is empty now */

static void
aicost_anthropic_tell_finish(aicost_tell_t *t, const aicost_says_t *s,
    aicost_out_t *o)
{
    if (t->finish) {
        return;
    }

    aicost_anthropic_drain(t, 1, o);

    if (t->failed) {
        return;
    }

    aicost_anthropic_close_block(t, o);

    t->finish = s->finish ? s->finish : AICOST_FINISH_OTHER;

    if (s->text.kind != AICOST_PIECE_NONE
        && s->text.kind != AICOST_PIECE_JSON && s->text.len
        && s->text.len <= t->size)
    {
        memcpy(t->keep, s->text.data, s->text.len);
        t->at[AICOST_ANTHROPIC_STOPPED] = s->text.len;
        t->used = s->text.len;
    }
}


static void
aicost_anthropic_tell_ended(aicost_tell_t *t, aicost_out_t *o)
{
    aicost_piece_t  sequence;

    if (t->at[AICOST_ANTHROPIC_ENDED]) {
        return;
    }

    t->at[AICOST_ANTHROPIC_ENDED] = 1;

    sequence.data = t->keep;
    sequence.len = t->at[AICOST_ANTHROPIC_STOPPED];
    sequence.kind = sequence.len ? AICOST_PIECE_STRING : AICOST_PIECE_NONE;

    aicost_anthropic_open_event(o, "message_delta");
    aicost_out_text(o, ",\"delta\":{");
    aicost_anthropic_stop(t->finish, t->called, &sequence, o);
    aicost_out_text(o, "},");
    aicost_anthropic_usage_out(&t->usage, o);
    aicost_anthropic_close_event(o);
}


static void
aicost_anthropic_tell_done(aicost_tell_t *t, aicost_out_t *o)
{
    aicost_says_t  finish;

    memset(&finish, 0, sizeof(aicost_says_t));

    aicost_anthropic_message_start(t, NULL, o);
    aicost_anthropic_tell_finish(t, &finish, o);

    t->done = 1;

    if (t->failed) {
        return;
    }

    aicost_anthropic_tell_ended(t, o);
    aicost_anthropic_open_event(o, "message_stop");
    aicost_anthropic_close_event(o);
}


static void
aicost_anthropic_tell_content(aicost_tell_t *t, const aicost_says_t *s,
    aicost_out_t *o)
{
    if (t->finish) {
        return;
    }

    aicost_anthropic_message_start(t, NULL, o);

    if (aicost_anthropic_waits(t)
        && (s->kind != AICOST_SAYS_ARGUMENTS || s->index != t->call))
    {
        aicost_anthropic_keep(t, s, o);
        return;
    }

    aicost_anthropic_content(t, s, o);

    if (!t->failed && t->used && !aicost_anthropic_waits(t)) {
        aicost_anthropic_drain(t, 0, o);
    }
}


void
aicost_anthropic_tell_event(aicost_tell_t *t, const aicost_says_t *s,
    aicost_out_t *o)
{
    if (t->done || s->choice) {
        return;
    }

    if (t->failed) {
        t->done = (s->kind == AICOST_SAYS_DONE);
        return;
    }

    switch (s->kind) {

    case AICOST_SAYS_START:
        aicost_anthropic_message_start(t, s, o);
        break;

    case AICOST_SAYS_USAGE:
        t->usage = s->usage;
        t->has_usage = 1;

        if (t->finish) {
            aicost_anthropic_tell_ended(t, o);
        }

        break;

    case AICOST_SAYS_FINISH:
        aicost_anthropic_message_start(t, NULL, o);
        aicost_anthropic_tell_finish(t, s, o);
        break;

    case AICOST_SAYS_ERROR:
        aicost_anthropic_fail(t, s, o);
        break;

    case AICOST_SAYS_DONE:
        aicost_anthropic_tell_done(t, o);
        break;

    case AICOST_SAYS_TEXT:
    case AICOST_SAYS_THINKING:
    case AICOST_SAYS_SIGNATURE:
    case AICOST_SAYS_REDACTED:
    case AICOST_SAYS_REFUSAL:
    case AICOST_SAYS_CALL:
    case AICOST_SAYS_ARGUMENTS:
        aicost_anthropic_tell_content(t, s, o);
        break;

    default:
        break;
    }
}
