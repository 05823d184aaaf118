
/*
 * Copyright (C) aicost
 *
 * An answer for a client of Converse, whole and in frames.
 *
 * The arguments of several calls may come in any order, blocks may not: in a
 * stream a call is kept until something else is said, or the answer ends.
 */


#include "aicost_api_bedrock_int.h"
#include "aicost_frames.h"


#define AICOST_BEDROCK_PRELUDE 12


static void aicost_bedrock_tell_content(aicost_tell_t *t,
    const aicost_says_t *says, uint32_t n, aicost_out_t *o);
static uint32_t aicost_bedrock_tell_joined(const aicost_says_t *says,
    uint32_t i, uint32_t n, aicost_out_t *o);
static size_t aicost_bedrock_open(aicost_out_t *o, const char *kind,
    const char *name);
static void aicost_bedrock_header(aicost_out_t *o, const char *name,
    const char *value);
static void aicost_bedrock_close(aicost_out_t *o, size_t start);
static void aicost_bedrock_u32(unsigned char *p, uint32_t n);
static void aicost_bedrock_start(aicost_tell_t *t, aicost_out_t *o);
static void aicost_bedrock_delta(aicost_tell_t *t, const char *before,
    const aicost_piece_t *text, const char *after, aicost_out_t *o);
static void aicost_bedrock_stop_block(aicost_tell_t *t, aicost_out_t *o);
static void aicost_bedrock_tell_text(aicost_tell_t *t, const aicost_says_t *s,
    aicost_out_t *o);
static void aicost_bedrock_tell_calls(aicost_tell_t *t, size_t end,
    aicost_out_t *o);
static void aicost_bedrock_tell_finish(aicost_tell_t *t,
    const aicost_says_t *s, aicost_out_t *o);
static void aicost_bedrock_tell_done(aicost_tell_t *t, aicost_out_t *o);
static void aicost_bedrock_tell_failed(aicost_tell_t *t,
    const aicost_says_t *s, aicost_out_t *o);


void
aicost_bedrock_tell(aicost_tell_t *t, const aicost_says_t *says, uint32_t n,
    aicost_out_t *o)
{
    uint8_t               finish;
    uint32_t              i;
    const aicost_says_t  *usage;

    finish = 0;
    usage = NULL;

    for (i = 0; i < n; i++) {

        switch (says[i].kind) {

        case AICOST_SAYS_FINISH:
            finish = says[i].choice ? finish : says[i].finish;
            break;

        case AICOST_SAYS_USAGE:
            usage = &says[i];
            break;

        case AICOST_SAYS_CALL:
            t->called = 1;
            break;

        case AICOST_SAYS_ERROR:
            t->failed = 1;
            t->done = 1;
            aicost_bedrock_error(&says[i], o);
            return;

        default:
            break;
        }
    }

    aicost_out_text(o, "{\"output\":{\"message\":{\"role\":\"assistant\","
                       "\"content\":[");
    aicost_bedrock_tell_content(t, says, n, o);
    aicost_out_text(o, "]}},\"stopReason\":\"");
    aicost_out_text(o, aicost_bedrock_stop(finish, t->called));
    aicost_out(o, "\"", 1);

    if (usage) {
        aicost_out_name(o, "usage");
        aicost_bedrock_out_usage(o, &usage->usage);
    }

    aicost_out_text(o, ",\"metrics\":{\"latencyMs\":0}}");

    t->done = 1;
}


static void
aicost_bedrock_tell_content(aicost_tell_t *t, const aicost_says_t *says,
    uint32_t n, aicost_out_t *o)
{
    uint32_t        i;
    aicost_piece_t  args;

    for (i = 0; i < n; i++) {

        if (says[i].choice) {
            continue;
        }

        switch (says[i].kind) {

        case AICOST_SAYS_TEXT:
        case AICOST_SAYS_REFUSAL:
            aicost_out_next(o);
            aicost_out_text(o, "{\"text\":\"");
            i = aicost_bedrock_tell_joined(says, i, n, o);
            aicost_out(o, "\"}", 2);
            break;

        case AICOST_SAYS_THINKING:
            aicost_out_next(o);
            aicost_out_text(o, "{\"reasoningContent\":{\"reasoningText\":"
                               "{\"text\":\"");
            i = aicost_bedrock_tell_joined(says, i, n, o);
            aicost_out(o, "\"", 1);

            if (i + 1 < n && says[i + 1].kind == AICOST_SAYS_SIGNATURE) {
                aicost_shape_member(o, "signature", &says[++i].text);
            }

            aicost_out(o, "}}}", 3);
            break;

        case AICOST_SAYS_SIGNATURE:
            aicost_out_next(o);
            aicost_out_text(o, "{\"reasoningContent\":{\"reasoningText\":"
                               "{\"text\":\"\"");
            aicost_shape_member(o, "signature", &says[i].text);
            aicost_out(o, "}}}", 3);
            break;

        case AICOST_SAYS_REDACTED:
            aicost_out_next(o);
            aicost_out_text(o, "{\"reasoningContent\":{\"redactedContent\":");
            aicost_out_string(o, &says[i].text);
            aicost_out(o, "}}", 2);
            break;

        case AICOST_SAYS_CALL:
            args = aicost_shape_arguments(t, &says[i], says + n, o);

            aicost_out_next(o);
            aicost_out_text(o, "{\"toolUse\":{\"toolUseId\":");
            aicost_shape_id(o, t, &says[i]);
            aicost_out_name(o, "name");
            aicost_out_string(o, &says[i].name);
            aicost_out_name(o, "input");
            aicost_shape_object(o, &args);
            aicost_out(o, "}}", 2);
            break;

        default:
            break;
        }
    }
}


/* texts that follow each other are one; the place of the last */

static uint32_t
aicost_bedrock_tell_joined(const aicost_says_t *says, uint32_t i, uint32_t n,
    aicost_out_t *o)
{
    uint8_t  kind;

    kind = says[i].kind;

    for ( ;; ) {
        aicost_out_inside(o, &says[i].text);

        if (i + 1 == n || says[i + 1].kind != kind || says[i + 1].choice) {
            return i;
        }

        i++;
    }
}


const char *
aicost_bedrock_stop(uint8_t finish, unsigned called)
{
    static const char *const  words[] = {
        "end_turn", "end_turn", "stop_sequence", "max_tokens", "tool_use",
        "content_filtered", "end_turn"
    };

    if (called && (finish == 0 || finish == AICOST_FINISH_STOP)) {
        return "tool_use";
    }

    return finish <= AICOST_FINISH_OTHER ? words[finish] : "end_turn";
}


void
aicost_bedrock_out_usage(aicost_out_t *o, const aicost_usage_t *u)
{
    int64_t  write;

    write = u->cache_write + u->cache_write_1h;

    aicost_out_text(o, "{\"inputTokens\":");
    aicost_out_int(o, u->input);
    aicost_out_text(o, ",\"outputTokens\":");
    aicost_out_int(o, u->output);
    aicost_out_text(o, ",\"totalTokens\":");
    aicost_out_int(o, u->input + u->cached + write + u->output);
    aicost_out_text(o, ",\"cacheReadInputTokens\":");
    aicost_out_int(o, u->cached);
    aicost_out_text(o, ",\"cacheWriteInputTokens\":");
    aicost_out_int(o, write);

    if (u->cache_write_1h) {
        aicost_out_text(o, ",\"cacheDetails\":[{\"ttl\":\"5m\","
                           "\"inputTokens\":");
        aicost_out_int(o, u->cache_write);
        aicost_out_text(o, "},{\"ttl\":\"1h\",\"inputTokens\":");
        aicost_out_int(o, u->cache_write_1h);
        aicost_out(o, "}]", 2);
    }

    aicost_out(o, "}", 1);

    /* beside it */

    aicost_out_service(o, "serviceTier", u->service, aicost_bedrock_services);
}


/* --- frames --------------------------------------------------------------- */


/* up to the payload; where the frame begins */

static size_t
aicost_bedrock_open(aicost_out_t *o, const char *kind, const char *name)
{
    size_t                      start;

    static const unsigned char  zeros[AICOST_BEDROCK_PRELUDE];

    start = o->len;

    aicost_out(o, zeros, AICOST_BEDROCK_PRELUDE);
    aicost_bedrock_header(o, ":message-type", kind);
    aicost_bedrock_header(o, kind[1] == 'v' ? ":event-type"
                                            : ":exception-type", name);
    aicost_bedrock_header(o, ":content-type", "application/json");

    if (o->data && !o->failed) {
        aicost_bedrock_u32(o->data + start + 4,
                           (uint32_t) (o->len - start
                                       - AICOST_BEDROCK_PRELUDE));
    }

    return start;
}


static void
aicost_bedrock_header(aicost_out_t *o, const char *name, const char *value)
{
    unsigned char  len;

    len = (unsigned char) strlen(name);
    aicost_out(o, &len, 1);
    aicost_out_text(o, name);
    aicost_out(o, "\7\0", 2);
    len = (unsigned char) strlen(value);
    aicost_out(o, &len, 1);
    aicost_out_text(o, value);
}


static void
aicost_bedrock_close(aicost_out_t *o, size_t start)
{
    size_t          len;
    unsigned char  *p, sum[4];

    len = o->len - start;

    if (o->data == NULL || o->failed) {
        aicost_out(o, "\0\0\0", 4);
        return;
    }

    p = o->data + start;

    aicost_bedrock_u32(p, (uint32_t) len + 4);
    aicost_bedrock_u32(p + 8, aicost_frames_crc(0, p, 8));
    aicost_bedrock_u32(sum, aicost_frames_crc(0, p, len));
    aicost_out(o, sum, 4);
}


static void
aicost_bedrock_u32(unsigned char *p, uint32_t n)
{
    p[0] = (unsigned char) (n >> 24);
    p[1] = (unsigned char) (n >> 16);
    p[2] = (unsigned char) (n >> 8);
    p[3] = (unsigned char) n;
}


/* --- a stream ------------------------------------------------------------- */

void
aicost_bedrock_tell_event(aicost_tell_t *t, const aicost_says_t *says,
    aicost_out_t *o)
{
    if (t->done || says->choice) {
        return;
    }

    switch (says->kind) {

    case AICOST_SAYS_START:
        aicost_bedrock_start(t, o);
        break;

    case AICOST_SAYS_TEXT:
    case AICOST_SAYS_REFUSAL:
    case AICOST_SAYS_THINKING:
    case AICOST_SAYS_SIGNATURE:
    case AICOST_SAYS_REDACTED:

        if (says->text.len && t->finish == 0) {
            aicost_bedrock_tell_calls(t, aicost_shape_ready(t), o);
            aicost_bedrock_tell_text(t, says, o);
        }

        break;

    case AICOST_SAYS_CALL:
    case AICOST_SAYS_ARGUMENTS:

        if (t->finish) {
            break;
        }

        if (says->kind == AICOST_SAYS_CALL) {
            aicost_bedrock_tell_calls(t, aicost_shape_ready(t), o);
        }

        aicost_shape_keep(t, says, o);
        break;

    case AICOST_SAYS_FINISH:
        aicost_bedrock_tell_finish(t, says, o);
        break;

    case AICOST_SAYS_USAGE:
        t->usage = says->usage;
        t->has_usage = 1;
        break;

    case AICOST_SAYS_ERROR:
        aicost_bedrock_tell_failed(t, says, o);
        break;

    case AICOST_SAYS_DONE:
        aicost_bedrock_tell_done(t, o);
        break;

    default:
        break;
    }
}


static void
aicost_bedrock_start(aicost_tell_t *t, aicost_out_t *o)
{
    size_t  start;

    if (t->started) {
        return;
    }

    t->started = 1;

    start = aicost_bedrock_open(o, "event", "messageStart");
    aicost_out_text(o, "{\"role\":\"assistant\"}");
    aicost_bedrock_close(o, start);
}


static void
aicost_bedrock_delta(aicost_tell_t *t, const char *before,
    const aicost_piece_t *text, const char *after, aicost_out_t *o)
{
    size_t  start;

    start = aicost_bedrock_open(o, "event", "contentBlockDelta");
    aicost_out_text(o, "{\"contentBlockIndex\":");
    aicost_out_int(o, t->block);
    aicost_out_text(o, ",\"delta\":{");
    aicost_out_text(o, before);
    aicost_out_string(o, text);
    aicost_out_text(o, after);
    aicost_out(o, "}}", 2);
    aicost_bedrock_close(o, start);
}


static void
aicost_bedrock_stop_block(aicost_tell_t *t, aicost_out_t *o)
{
    size_t  start;

    if (t->open == 0) {
        return;
    }

    t->open = 0;

    start = aicost_bedrock_open(o, "event", "contentBlockStop");
    aicost_out_text(o, "{\"contentBlockIndex\":");
    aicost_out_int(o, t->block);
    aicost_out(o, "}", 1);
    aicost_bedrock_close(o, start);
}


/* blocks of text and of thoughts begin with their first delta */

static void
aicost_bedrock_tell_text(aicost_tell_t *t, const aicost_says_t *s,
    aicost_out_t *o)
{
    uint8_t  kind;

    kind = s->kind;

    if (kind == AICOST_SAYS_REFUSAL) {
        kind = AICOST_SAYS_TEXT;

    } else if (kind == AICOST_SAYS_SIGNATURE) {
        kind = AICOST_SAYS_THINKING;
    }

    aicost_bedrock_start(t, o);

    if (t->open != kind) {
        aicost_bedrock_stop_block(t, o);
        t->block = t->blocks++;
        t->open = kind;
    }

    switch (s->kind) {

    case AICOST_SAYS_THINKING:
        aicost_bedrock_delta(t, "\"reasoningContent\":{\"text\":", &s->text,
                             "}", o);
        break;

    case AICOST_SAYS_SIGNATURE:
        aicost_bedrock_delta(t, "\"reasoningContent\":{\"signature\":",
                             &s->text, "}", o);
        aicost_bedrock_stop_block(t, o);
        break;

    case AICOST_SAYS_REDACTED:
        aicost_bedrock_delta(t, "\"reasoningContent\":{\"redactedContent\":",
                             &s->text, "}", o);
        aicost_bedrock_stop_block(t, o);
        break;

    default:
        aicost_bedrock_delta(t, "\"text\":", &s->text, "", o);
    }
}


static void
aicost_bedrock_tell_calls(aicost_tell_t *t, size_t end, aicost_out_t *o)
{
    size_t          at, start;
    aicost_says_t   call;
    aicost_piece_t  args;

    for (at = t->at[0]; at < end; /* void */ ) {
        at = aicost_shape_kept(t, at, &call, &args);

        aicost_bedrock_start(t, o);
        aicost_bedrock_stop_block(t, o);

        t->block = t->blocks++;
        t->open = AICOST_SAYS_CALL;
        t->called = 1;

        start = aicost_bedrock_open(o, "event", "contentBlockStart");
        aicost_out_text(o, "{\"contentBlockIndex\":");
        aicost_out_int(o, t->block);
        aicost_out_text(o, ",\"start\":{\"toolUse\":{\"toolUseId\":");
        aicost_shape_id(o, t, &call);
        aicost_out_name(o, "name");
        aicost_out_string(o, &call.name);
        aicost_out(o, "}}}", 3);
        aicost_bedrock_close(o, start);

        if (args.len) {
            aicost_bedrock_delta(t, "\"toolUse\":{\"input\":", &args, "}", o);
        }
    }

    aicost_shape_drop(t, end);
}


static void
aicost_bedrock_tell_finish(aicost_tell_t *t, const aicost_says_t *s,
    aicost_out_t *o)
{
    size_t  start;

    if (t->finish) {
        return;
    }

    aicost_bedrock_start(t, o);
    aicost_bedrock_tell_calls(t, t->used, o);
    aicost_bedrock_stop_block(t, o);

    t->finish = s->finish ? s->finish : AICOST_FINISH_STOP;

    start = aicost_bedrock_open(o, "event", "messageStop");
    aicost_out_text(o, "{\"stopReason\":\"");
    aicost_out_text(o, aicost_bedrock_stop(t->finish, t->called));
    aicost_out(o, "\"}", 2);
    aicost_bedrock_close(o, start);
}


static void
aicost_bedrock_tell_done(aicost_tell_t *t, aicost_out_t *o)
{
    size_t         start;
    aicost_says_t  finish;

    memset(&finish, 0, sizeof(aicost_says_t));
    aicost_bedrock_tell_finish(t, &finish, o);

    t->done = 1;

    if (!t->has_usage) {
        return;
    }

    start = aicost_bedrock_open(o, "event", "metadata");
    aicost_out_text(o, "{\"usage\":");
    aicost_bedrock_out_usage(o, &t->usage);
    aicost_out_text(o, ",\"metrics\":{\"latencyMs\":0}}");
    aicost_bedrock_close(o, start);
}


static void
aicost_bedrock_tell_failed(aicost_tell_t *t, const aicost_says_t *s,
    aicost_out_t *o)
{
    size_t       start;
    const char  *type;

    /* the exceptions that a stream has */

    switch (s->reason) {

    case AICOST_R_RATE_LIMITED:
        type = "throttlingException";
        break;

    case AICOST_R_OVERLOADED:
        type = "serviceUnavailableException";
        break;

    case AICOST_R_BAD_REQUEST:
        type = "validationException";
        break;

    default:
        type = "internalServerException";
    }

    start = aicost_bedrock_open(o, "exception", type);
    aicost_bedrock_error(s, o);
    aicost_bedrock_close(o, start);

    t->failed = 1;
    t->done = 1;
}
