
/*
 * Copyright (C) aicost
 */


#include "api_anthropic_help.h"
#include "api_anthropic_answers.h"


#define KEEP  65536
#define SAYS  512


static unsigned char   keep[KEEP];
static aicost_says_t   says[SAYS];
static uint32_t        nsays;


static const char *
events(const aicost_says_t *s, uint32_t n)
{
    uint32_t                i;
    const aicost_usage_t   *u;

    static const char *const  names[] = {
        "?", "start", "text", "thinking", "signature", "redacted", "refusal",
        "call", "arguments", "finish", "usage", "error", "done"
    };

    ntext = 0;
    text[0] = '\0';

    for (i = 0; i < n; i++, s++) {
        u = &s->usage;
        add("%s%s", i ? "|" : "", names[s->kind]);

        if (s->kind == AICOST_SAYS_START) {
            add_piece(" ", &s->id);
            add_piece(" ", &s->name);

        } else if (s->kind == AICOST_SAYS_CALL) {
            add(" %u", s->index);
            add_piece(" ", &s->id);
            add_piece(" ", &s->name);

        } else if (s->kind == AICOST_SAYS_ARGUMENTS) {
            add(" %u", s->index);
            add_piece(" ", &s->text);

        } else if (s->kind == AICOST_SAYS_FINISH) {
            add(" %d", s->finish);

            if (s->text.kind) {
                add_piece(" ", &s->text);
            }

        } else if (s->kind == AICOST_SAYS_ERROR) {
            add(" %s", aicost_reason_word(s->reason));
            add_piece(" ", &s->id);
            add_piece(" ", &s->text);

        } else if (s->text.kind) {
            add_piece(" ", &s->text);
        }

        if (s->kind == AICOST_SAYS_START || s->kind == AICOST_SAYS_USAGE) {
            add(" %lld/%lld/%lld/%lld/%lld/%lld", (long long) u->input,
                (long long) u->cached, (long long) u->cache_write,
                (long long) u->cache_write_1h, (long long) u->output,
                (long long) u->reasoning);
        }
    }

    return text;
}


static aicost_tell_t
teller(void)
{
    aicost_tell_t  t;

    memset(&t, 0, sizeof(aicost_tell_t));
    t.id.data = (unsigned char *) (uintptr_t) "abcdefghijklmnopqrstuvwx";
    t.id.len = 24;
    t.keep = keep;
    t.size = KEEP;

    return t;
}


/* --- answers -------------------------------------------------------------- */

static int
hear(const void *data, size_t len)
{
    int             rc;
    aicost_hear_t   h;

    free(one.data);
    one.data = malloc(len ? len : 1);
    memcpy(one.data, data, len);
    memset(&h, 0, sizeof(aicost_hear_t));

    if (parse(&one.tape, one.data, len, one.nodes) != AICOST_OK) {
        return AICOST_DECLINED;
    }

    rc = api->hear(&h, &one.tape, says, 1, &nsays);

    if (rc == AICOST_DECLINED) {
        rc = nsays > 1 && nsays <= SAYS
             ? api->hear(&h, &one.tape, says, SAYS, &nsays) : AICOST_ERROR;
    }

    return rc;
}


static void
whole_answers(void)
{
    size_t         i;
    aicost_out_t   o;
    aicost_tell_t  t;

    for (i = 0; i < COUNT(answers); i++) {
        is_int(hear(answers[i].body, strlen(answers[i].body)), AICOST_OK,
               "answer is heard");
        is_str(events(says, nsays), answers[i].says, "what it says");

        t = teller();
        o = output();
        api->tell(&t, says, nsays, &o);
        ok(valid(&o), "told as JSON");

        if (!ok(hear(o.data, o.len) == AICOST_OK
                && strcmp(events(says, nsays), answers[i].says) == 0,
                "heard again it says the same"))
        {
            printf("#   %.*s\n", (int) o.len, o.data);
        }
    }

    for (i = 0; i < COUNT(odd_answers); i++) {
        is_int(hear(odd_answers[i].body, strlen(odd_answers[i].body)),
               AICOST_OK, "odd answer is heard");
        is_str(events(says, nsays), odd_answers[i].says, "what it says");

        t = teller();
        o = output();
        api->tell(&t, says, nsays, &o);
        ok(valid(&o), "told as JSON");
    }

    is_int(hear("{\"object\":\"x\"}", 14), AICOST_ERROR, "no answer");
    is_int(hear("[]", 2), AICOST_ERROR, "no object");
}


/* events by hand */

static aicost_says_t *
say(aicost_says_e kind, uint32_t index, const char *s)
{
    aicost_says_t  *e;

    e = &says[nsays++];
    memset(e, 0, sizeof(aicost_says_t));
    e->kind = (uint8_t) kind;
    e->index = index;

    if (s) {
        e->text = string(s);
    }

    return e;
}


static void
say_call(uint32_t index, const char *id, const char *name)
{
    aicost_says_t  *e;

    e = say(AICOST_SAYS_CALL, index, NULL);
    e->name = string(name);

    if (id) {
        e->id = string(id);
    }
}


static void
say_end(aicost_finish_e finish)
{
    aicost_says_t  *e;

    say(AICOST_SAYS_FINISH, 0, NULL)->finish = (uint8_t) finish;
    e = say(AICOST_SAYS_USAGE, 0, NULL);
    e->usage.input = 7;
    e->usage.output = 3;
    (void) say(AICOST_SAYS_DONE, 0, NULL);
}


static void
tell_others(void)
{
    aicost_out_t   o;
    aicost_tell_t  t;

    nsays = 0;
    (void) say(AICOST_SAYS_START, 0, NULL);
    (void) say(AICOST_SAYS_TEXT, 0, "a");
    (void) say(AICOST_SAYS_REFUSAL, 0, "b");
    say(AICOST_SAYS_TEXT, 0, "other")->choice = 1;
    (void) say(AICOST_SAYS_THINKING, 0, "h");
    (void) say(AICOST_SAYS_THINKING, 0, "m");
    say_call(0, NULL, "f");
    (void) say(AICOST_SAYS_ARGUMENTS, 0, "{\\\"a\\\"");
    say_call(1, "c", "g");
    (void) say(AICOST_SAYS_ARGUMENTS, 1, "{\\\"cut\\\":");
    (void) say(AICOST_SAYS_TEXT, 0, "");
    say(AICOST_SAYS_ARGUMENTS, 0, "other")->choice = 1;
    (void) say(AICOST_SAYS_ARGUMENTS, 0, ":\\\"\\\\\\\"\\\"}");
    say_call(2, "d", "h");
    say_end(AICOST_FINISH_STOP);

    t = teller();
    t.model.data = (unsigned char *) (uintptr_t) "ours";
    t.model.len = 4;
    o = output();
    api->tell(&t, says, nsays, &o);

    is_mem(o.data, o.len,
           "{\"id\":\"msg_abcdefghijklmnopqrstuvwx\",\"type\":\"message\","
           "\"role\":\"assistant\",\"model\":\"ours\",\"content\":[{\"type\":"
           "\"text\",\"text\":\"ab\"},{\"type\":\"thinking\",\"thinking\":"
           "\"hm\",\"signature\":\"\"},{\"type\":\"tool_use\",\"id\":"
           "\"toolu_abcdefghijklmnopqrstuvwx_0\",\"name\":\"f\",\"input\":"
           "{\"a\":\"\\\"\"}},{\"type\":\"tool_use\",\"id\":\"c\",\"name\":"
           "\"g\",\"input\":{\"INVALID_JSON\":\"{\\\"cut\\\":\"}},{\"type\":"
           "\"tool_use\",\"id\":\"d\",\"name\":\"h\",\"input\":{}}],"
           "\"stop_reason\":\"tool_use\",\"stop_sequence\":null,\"usage\":{"
           "\"input_tokens\":7,\"cache_creation_input_tokens\":0,"
           "\"cache_read_input_tokens\":0,\"cache_creation\":{"
           "\"ephemeral_5m_input_tokens\":0,\"ephemeral_1h_input_tokens\":0},"
           "\"output_tokens\":3}}", "another provider's answer");

    t = teller();
    t.size = 4;
    o = output();
    api->tell(&t, says, nsays, &o);
    is_int(o.failed, 1, "fragments that keep has no room for");

    nsays = 0;
    say(AICOST_SAYS_START, 0, NULL)->usage.input = 12;
    (void) say(AICOST_SAYS_TEXT, 0, "a");
    t = teller();
    o = output();
    api->tell(&t, says, nsays, &o);
    aicost_out(&o, "", 1);
    ok(strstr((char *) room, "\"input_tokens\":12,") != NULL,
       "usage of the start");
    ok(strstr((char *) room, "\"end_turn\"") != NULL, "no finish");
}


/* --- streams -------------------------------------------------------------- */

/* hears lines of data, each in a heap block of just its size that stays until
   the next call */

static char    *blocks[SAYS];
static size_t   nblocks;


static int
hear_stream(const char *lines)
{
    int             rc;
    size_t          len;
    uint32_t        n;
    const char     *p, *end;
    aicost_str_t    name;
    aicost_hear_t   h;

    static aicost_json_node_t  nodes[NODES];

    while (nblocks) {
        free(blocks[--nblocks]);
    }

    memset(&h, 0, sizeof(aicost_hear_t));
    memset(&name, 0, sizeof(aicost_str_t));
    nsays = 0;
    rc = AICOST_OK;

    for (p = lines; *p && rc == AICOST_OK; p = *end ? end + 1 : end) {
        end = strchr(p, '\n');
        end = end ? end : p + strlen(p);
        len = (size_t) (end - p);

        if (nblocks == SAYS || nsays + AICOST_SAYS_MAX > SAYS) {
            return AICOST_DECLINED;
        }

        blocks[nblocks] = malloc(len ? len : 1);
        memcpy(blocks[nblocks], p, len);
        rc = api->hear_event(&h, &name, (unsigned char *) blocks[nblocks++],
                             len, nodes, NODES, says + nsays, &n);
        nsays += n;
    }

    if (rc == AICOST_OK) {
        rc = api->hear_event(&h, &name, NULL, 0, nodes, NODES, says + nsays,
                             &n);
        nsays += n;
    }

    return rc;
}


/* tells says as a stream: its data lines go to `lines`; checks the frames */

static int
tell_stream(aicost_tell_t *t, char *lines)
{
    size_t          n;
    uint32_t        i;
    const char     *p, *end, *type;
    aicost_out_t    o;
    aicost_json_t   j;

    *t = teller();
    o = output();

    for (i = 0; i < nsays; i++) {
        api->tell_event(t, &says[i], &o);
    }

    aicost_out(&o, "", 1);

    if (o.failed) {
        return AICOST_DECLINED;
    }

    for (p = (char *) room; *p; p = end + 2) {

        if (strncmp(p, "event: ", 7) != 0) {
            return AICOST_ERROR;
        }

        type = p + 7;
        n = strcspn(type, "\n");
        p = type + n + 1;

        if (strncmp(p, "data: {\"type\":\"", 15) != 0
            || strncmp(p + 15, type, n) != 0 || p[15 + n] != '"')
        {
            return AICOST_ERROR;
        }

        p += 6;
        end = strchr(p, '\n');

        if (end == NULL || end[1] != '\n'
            || parse(&j, (const unsigned char *) p, (size_t) (end - p),
                     scratch) != AICOST_OK)
        {
            return AICOST_ERROR;
        }

        memcpy(lines, p, (size_t) (end - p) + 1);
        lines += end - p + 1;
    }

    *lines = '\0';

    return AICOST_OK;
}


static char  lines[ROOM];


static void
streamed(void)
{
    size_t         i;
    aicost_tell_t  t;

    for (i = 0; i < COUNT(streams); i++) {
        is_int(hear_stream(streams[i].events), AICOST_OK, "stream is heard");
        is_str(events(says, nsays), streams[i].says, "what it says");
        is_int(tell_stream(&t, lines), AICOST_OK, "told as events");
        is_int(t.done, 1, "done");

        if (t.failed) {
            ok(strstr(lines, "message_stop") == NULL, "ends with the error");
            continue;
        }

        (void) hear_stream(lines);

        /* ids that were not said are ours, an unknown end is a stop */

        if (streams[i].says[6] != '-'
            && strstr(streams[i].says, "finish 6") == NULL)
        {
            is_str(events(says, nsays), streams[i].says,
                   "heard again it says the same");
        }
    }

    is_int(hear_stream("{"), AICOST_ERROR, "no JSON");
    is_int(hear_stream("[]"), AICOST_ERROR, "no event");
}


/* type and index of each event, and what deltas say */

static const char *
outline(const char *p)
{
    const char      *end;
    uint32_t         type, index, node, delta;
    aicost_json_t    j;
    aicost_piece_t   s;

    ntext = 0;
    text[0] = '\0';

    for ( /* void */ ; *p; p = end + 1) {
        end = strchr(p, '\n');
        (void) parse(&j, (const unsigned char *) p, (size_t) (end - p),
                     scratch);
        type = aicost_json_get(&j, 0, "type");
        index = aicost_json_get(&j, 0, "index");
        s = aicost_piece(&j, type);
        add_piece(ntext ? "|" : "", &s);

        if (index) {
            s = aicost_piece(&j, index);
            add_piece(" ", &s);
        }

        node = aicost_json_get(&j, 0, "content_block");
        delta = aicost_json_get(&j, 0, "delta");

        if (node) {
            s = aicost_piece(&j, aicost_json_get(&j, node, "type"));
            add_piece(" ", &s);
        }

        if (delta && index) {
            node = aicost_json_first(&j, delta);
            s = aicost_piece(&j, j.nodes[node].next + 1);
            add_piece(" ", &s);

        } else if (delta) {
            s = aicost_piece(&j, aicost_json_get(&j, delta, "stop_reason"));
            add_piece(" ", &s);
        }
    }

    /* short names */

    return text;
}


static void
stream_is(const char *expected, const char *name)
{
    aicost_tell_t  t;

    if (!is_int(tell_stream(&t, lines), AICOST_OK, "events")) {
        return;
    }

    is_str(outline(lines), expected, name);
}


static void
tell_interleaved(void)
{
    nsays = 0;
    (void) say(AICOST_SAYS_START, 0, NULL);
    (void) say(AICOST_SAYS_TEXT, 0, "a");
    say_call(0, "x", "f");
    (void) say(AICOST_SAYS_ARGUMENTS, 0, "{\\\"a\\\":");
    say_call(1, "y", "g");
    (void) say(AICOST_SAYS_ARGUMENTS, 1, "{\\\"}\\\":");
    (void) say(AICOST_SAYS_TEXT, 0, "b");
    (void) say(AICOST_SAYS_ARGUMENTS, 0, "[]}");
    (void) say(AICOST_SAYS_ARGUMENTS, 1, "1}");
    (void) say(AICOST_SAYS_ARGUMENTS, 1, " ");
    say_end(AICOST_FINISH_CALLS);

    stream_is("message_start|content_block_start 0 text|"
              "content_block_delta 0 a|content_block_stop 0|"
              "content_block_start 1 tool_use|"
              "content_block_delta 1 {\\\"a\\\":|content_block_delta 1 []}|"
              "content_block_stop 1|content_block_start 2 tool_use|"
              "content_block_delta 2 {\\\"}\\\":|content_block_delta 2 1}|"
              "content_block_stop 2|content_block_start 3 text|"
              "content_block_delta 3 b|content_block_stop 3|"
              "message_delta tool_use|message_stop", "blocks in turn");

    nsays = 0;
    say_call(0, NULL, "f");
    say_call(1, NULL, "g");
    (void) say(AICOST_SAYS_ARGUMENTS, 1, "{}");
    (void) say(AICOST_SAYS_FINISH, 0, NULL);
    (void) say(AICOST_SAYS_DONE, 0, NULL);
    (void) say(AICOST_SAYS_TEXT, 0, "late");

    stream_is("message_start|content_block_start 0 tool_use|"
              "content_block_stop 0|content_block_start 1 tool_use|"
              "content_block_delta 1 {}|content_block_stop 1|"
              "message_delta tool_use|message_stop",
              "no start, no arguments, no usage, nothing after the end");
    ok(strstr(lines, "toolu_abcdefghijklmnopqrstuvwx_0")
       && strstr(lines, "toolu_abcdefghijklmnopqrstuvwx_1")
       && strstr(lines, "msg_abcdefghijklmnopqrstuvwx"), "ids of ours");

    nsays = 0;
    say_call(0, "x", "f");
    (void) say(AICOST_SAYS_ARGUMENTS, 0, NULL);
    says[nsays - 1].text = json("{\n \"a\": \"\\n\"}");
    say_call(1, "y", "g");
    (void) say(AICOST_SAYS_ARGUMENTS, 1, "{}");
    (void) say(AICOST_SAYS_ARGUMENTS, 0, "more");
    (void) say(AICOST_SAYS_DONE, 0, NULL);

    stream_is("message_start|content_block_start 0 tool_use|"
              "content_block_delta 0 {\\n \\\"a\\\": \\\"\\\\n\\\"}|"
              "content_block_stop 0|content_block_start 1 tool_use|"
              "content_block_delta 1 {}|error",
              "arguments of a call that had ended");
}


static void
tell_kept(void)
{
    aicost_tell_t  t;

    /* a string with an escaped quote and a brace, cut inside */

    nsays = 0;
    say_call(0, "x", "f");
    (void) say(AICOST_SAYS_ARGUMENTS, 0, "{\\\"a\\\":\\\"\\\\\\\"}");
    say_call(1, "y", "g");
    (void) say(AICOST_SAYS_ARGUMENTS, 1, "{");
    (void) say(AICOST_SAYS_ARGUMENTS, 0, "\\u007d\\\"}");
    (void) say(AICOST_SAYS_ARGUMENTS, 1, "}");
    (void) say(AICOST_SAYS_DONE, 0, NULL);

    stream_is("message_start|content_block_start 0 tool_use|"
              "content_block_delta 0 {\\\"a\\\":\\\"\\\\\\\"}|"
              "content_block_delta 0 \\u007d\\\"}|content_block_stop 0|"
              "content_block_start 1 tool_use|content_block_delta 1 {|"
              "content_block_delta 1 }|content_block_stop 1|"
              "message_delta tool_use|message_stop", "braces in strings");

    nsays = 0;
    (void) say(AICOST_SAYS_FINISH, 0, NULL);
    (void) say(AICOST_SAYS_DONE, 0, NULL);
    stream_is("message_start|message_delta end_turn|message_stop",
              "an end without a start");

    /* quotes that are written as \u0022 */

    nsays = 0;
    say_call(0, "x", "f");
    (void) say(AICOST_SAYS_ARGUMENTS, 0, "{\\u0022a\\u0022:\\u0022}");
    (void) say(AICOST_SAYS_TEXT, 0, "b");
    (void) say(AICOST_SAYS_ARGUMENTS, 0, "\\u0022}");
    (void) say(AICOST_SAYS_DONE, 0, NULL);

    stream_is("message_start|content_block_start 0 tool_use|"
              "content_block_delta 0 {\\u0022a\\u0022:\\u0022}|"
              "content_block_delta 0 \\u0022}|content_block_stop 0|"
              "content_block_start 1 text|content_block_delta 1 b|"
              "content_block_stop 1|message_delta tool_use|message_stop",
              "quotes in other words");

    /* more than keep holds */

    nsays = 0;
    say_call(0, "x", "f");
    memset(lines, 'x', KEEP);
    lines[KEEP] = '\0';
    (void) say(AICOST_SAYS_TEXT, 0, lines);
    is_int(tell_stream(&t, lines), AICOST_DECLINED, "keep is full");
}


static void
tell_ends(void)
{
    aicost_tell_t  t;

    nsays = 0;
    (void) say(AICOST_SAYS_START, 0, NULL);
    says[0].usage.input = 11;
    (void) say(AICOST_SAYS_SIGNATURE, 0, "S");
    (void) say(AICOST_SAYS_THINKING, 0, "h");
    (void) say(AICOST_SAYS_REDACTED, 0, "R");
    (void) say(AICOST_SAYS_REFUSAL, 0, "no");
    (void) say(AICOST_SAYS_TEXT, 0, "");
    say_end(AICOST_FINISH_FILTER);

    stream_is("message_start|content_block_start 0 thinking|"
              "content_block_delta 0 S|content_block_stop 0|"
              "content_block_start 1 thinking|content_block_delta 1 h|"
              "content_block_stop 1|content_block_start 2 redacted_thinking|"
              "content_block_stop 2|content_block_start 3 text|"
              "content_block_delta 3 no|content_block_stop 3|"
              "message_delta refusal|message_stop", "thinking, a refusal");
    ok(strstr(lines, "\"input_tokens\":11,") != NULL, "usage of the start");
    ok(strstr(lines, "\"input_tokens\":7,") != NULL, "usage of the end");

    nsays = 0;
    (void) say(AICOST_SAYS_TEXT, 0, "a");
    say(AICOST_SAYS_ERROR, 0, "x \\\"y\\\"")->reason = AICOST_R_OVERLOADED;
    (void) say(AICOST_SAYS_TEXT, 0, "b");
    (void) say(AICOST_SAYS_DONE, 0, NULL);
    stream_is("message_start|content_block_start 0 text|"
              "content_block_delta 0 a|error", "an error ends it");
    ok(strstr(lines, "{\"type\":\"overloaded_error\",\"message\":"
                     "\"x \\\"y\\\"\",\"code\":\"overloaded\"}")
       != NULL, "its type and message");

    nsays = 0;
    (void) say(AICOST_SAYS_TEXT, 0, "a");
    (void) say(AICOST_SAYS_FINISH, 0, "EN\\\"D");
    says[1].finish = AICOST_FINISH_SEQUENCE;
    (void) say(AICOST_SAYS_DONE, 0, NULL);
    (void) tell_stream(&t, lines);
    ok(strstr(lines, "\"stop_reason\":\"stop_sequence\",\"stop_sequence\":"
                     "\"EN\\\"D\"") != NULL, "the stop sequence");
}


/* --- garbage -------------------------------------------------------------- */

static void
garbage(void)
{
    size_t          len;
    uint32_t        i, bad, heard, told;
    const char     *s;
    aicost_out_t    o;
    aicost_tell_t   t;

    static unsigned char  buf[65536];

    bad = 0;
    heard = 0;
    told = 0;

    for (i = 0; i < 10000; i++) {
        s = i & 1 ? answers[i / 2 % COUNT(answers)].body
                  : odd_answers[i / 2 % COUNT(odd_answers)].body;
        len = mutate(buf, s);

        if (hear(buf, len) == AICOST_OK) {
            heard++;
            t = teller();
            o = output();
            api->tell(&t, says, nsays, &o);
            bad += !valid(&o);
        }

        len = mutate(buf, streams[i % COUNT(streams)].events);
        buf[len] = '\0';
        told += hear_stream((char *) buf) != AICOST_ERROR;
        bad += tell_stream(&t, lines) == AICOST_ERROR;
    }

    is_int(bad, 0, "whatever is accepted is written as JSON");
    ok(heard > 100 && told > 100, "some of it is accepted");
    printf("# %u heard, %u streams\n", heard, told);
}


/* the SDK's runner of tools asks for a thread first, and does without one when
   it hears this */

static void
tell_thread(void)
{
    aicost_out_t  o;
    aicost_str_t  param, message;

    message.data = (unsigned char *) (uintptr_t) "m";
    message.len = 1;
    param.data = (unsigned char *) (uintptr_t) "thread";
    param.len = 6;

    o = output();
    api->tell_error(AICOST_R_PARAMETER_NOT_ALLOWED, &message, &param, &o);
    ok(valid(&o), "a thread is refused in JSON");
    is_mem(o.data, o.len, "{\"type\":\"error\",\"error\":{\"type\":"
           "\"invalid_request_error\",\"message\":\"m\",\"code\":"
           "\"parameter_not_allowed\",\"param\":\"thread\",\"details\":"
           "{\"error_code\":\"thread_unsupported_request\",\"unsupported\":"
           "[\"thread\"]}}}", "and in the words of its API");

    o = output();
    api->tell_error(AICOST_R_INVALID_PARAMETER, &message, &param, &o);
    o.data[o.len] = '\0';
    ok(strstr((char *) o.data, "details") == NULL, "not when it is malformed");
}


int
main(void)
{
    whole_answers();
    tell_others();
    streamed();
    tell_interleaved();
    tell_kept();
    tell_ends();
    tell_thread();
    garbage();

    return done_testing();
}
