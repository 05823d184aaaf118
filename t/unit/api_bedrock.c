
/*
 * Copyright (C) aicost
 *
 * Bedrock's Converse in all directions.
 */


#include "api_shape.h"
#include "api_bedrock_cases.h"


/* a frame, into room[1]; its length */

static size_t
frame(const char *kind, const char *name, const char *json)
{
    size_t          i, n, len;
    uint32_t        sum;
    unsigned char  *p;

    p = room[1];
    n = 12;

    n += (size_t) snprintf((char *) p + n, 256, "\x0d:message-type%c%c%c%s",
                           7, 0, (int) strlen(kind), kind);
    n += (size_t) snprintf((char *) p + n, 256, "%c%s%c%c%c%s",
                           kind[1] == 'v' ? 11 : 15,
                           kind[1] == 'v' ? ":event-type" : ":exception-type",
                           7, 0, (int) strlen(name), name);
    i = n - 12;
    len = strlen(json);
    memcpy(p + n, json, len);
    n += len;
    len = n + 4;

    p[0] = p[1] = p[4] = p[5] = 0;
    p[2] = (unsigned char) (len >> 8);
    p[3] = (unsigned char) len;
    p[6] = (unsigned char) (i >> 8);
    p[7] = (unsigned char) i;

    for (i = 8; i < len; i += len - 12) {
        sum = aicost_frames_crc(0, p, i);
        p[i] = (unsigned char) (sum >> 24);
        p[i + 1] = (unsigned char) (sum >> 16);
        p[i + 2] = (unsigned char) (sum >> 8);
        p[i + 3] = (unsigned char) sum;
    }

    return len;
}


/* what frames say: "name json" lines into text; AICOST_ERROR: broken ones */

static int
frames_dump(const unsigned char *p, size_t len)
{
    int                   rc;
    aicost_sse_t          s;
    const unsigned char  *last;

    static unsigned char  buf[AICOST_SSE_MAX_EVENT];

    aicost_sse_init(&s, buf, sizeof(buf));
    last = p + len;
    used = 0;
    text[0] = '\0';

    for ( ;; ) {
        rc = aicost_frames_next(&s, AICOST_FRAMES_AWS, &p, last);

        if (rc != AICOST_OK) {
            return rc == AICOST_AGAIN && s.state == 0 ? AICOST_OK
                                                      : AICOST_ERROR;
        }

        add("%.*s %.*s\n", (int) s.name.len, (char *) s.name.data,
            (int) s.len, (char *) s.buf);
    }
}


/* one "name json" line, as an event */

static int
line_hear(aicost_hear_t *h, const char *line, size_t len, unsigned mutated,
    aicost_says_t *s, uint32_t *n)
{
    size_t                 at;
    aicost_str_t           name;

    /* the pieces are of it: it is kept until the next event */

    static unsigned char  *p;

    free(p);

    at = (size_t) ((const char *) memchr(line, ' ', len) - line);
    name.data = (unsigned char *) (uintptr_t) line;
    name.len = at;
    p = copy(line + at + 1, len - at - 1);

    if (mutated && len > at + 1) {
        mutate(p, len - at - 1);
    }

    return aicost_api_bedrock.hear_event(h, &name, p, len - at - 1, nodes[0],
                                         NODES, s, n);
}


static void
test_streams(void)
{
    size_t          i;
    uint32_t        n, k;
    const char     *p, *end;
    aicost_out_t    o;
    aicost_str_t    name;
    aicost_hear_t   h;
    aicost_tell_t   t;
    aicost_says_t   s[AICOST_SAYS_MAX];

    memset(&name, 0, sizeof(aicost_str_t));

    for (i = 0; i < COUNT(streams); i++) {
        memset(&h, 0, sizeof(aicost_hear_t));
        tell_init(&t, "m");
        out_init(&o, 0);
        used = 0;
        text[0] = '\0';

        for (p = streams[i].json; *p; p = end + 1) {
            end = strchr(p, '\n');

            if (line_hear(&h, p, (size_t) (end - p), 0, s, &n) != AICOST_OK) {
                add(" (none)");
            }

            says_dump(s, n);

            for (k = 0; k < n; k++) {
                aicost_api_bedrock.tell_event(&t, &s[k], &o);
            }
        }

        (void) aicost_api_bedrock.hear_event(&h, &name, NULL, 0, nodes[0],
                                             NODES, s, &n);
        says_dump(s, n);

        for (k = 0; k < n; k++) {
            aicost_api_bedrock.tell_event(&t, &s[k], &o);
        }

        is_str(text, streams[i].result, streams[i].name);
        is_int(frames_dump(o.data, o.len), AICOST_OK, "and frames are right");

        /* what was told in order is told the same */

        if (streams[i].name[0] == '=') {
            is_str(text, streams[i].json, "and the same");
        }
    }
}


static void
test_retold(void)
{
    size_t         i;
    aicost_out_t   o, measure;
    aicost_tell_t  t;

    for (i = 0; i < COUNT(retold); i++) {
        tell_init(&t, "m");
        out_init(&o, 0);
        retell(&aicost_api_openai, &aicost_api_bedrock, retold[i].json, &t,
               &o);
        is_int(frames_dump(o.data, o.len), AICOST_OK, "frames are right");
        is_str(text, retold[i].result, retold[i].name);

        tell_init(&t, "m");
        memset(&measure, 0, sizeof(aicost_out_t));
        retell(&aicost_api_openai, &aicost_api_bedrock, retold[i].json, &t,
               &measure);
        ok(measure.len >= o.len, "and what is measured is enough");
    }
}


static void
test_frame(void)
{
    size_t         len;
    aicost_out_t   o;
    aicost_tell_t  t;
    aicost_says_t  s;

    /* byte by byte as AWS has it: its headers come in this order */

    static const char  hex[] =
        "0000009400000057b4ab9aee0d3a6d6573736167652d747970650700056576656e740b"
        "3a6576656e742d74797065070011636f6e74656e74426c6f636b44656c74610d3a636f"
        "6e74656e742d747970650700106170706c69636174696f6e2f6a736f6e7b22636f6e74"
        "656e74426c6f636b496e646578223a302c2264656c7461223a7b2274657874223a2248"
        "69227d7d5db19242";

    tell_init(&t, "m");
    out_init(&o, 0);
    t.started = 1;

    memset(&s, 0, sizeof(aicost_says_t));
    s.kind = AICOST_SAYS_TEXT;
    s.text = aicost_piece_word("Hi");
    aicost_api_bedrock.tell_event(&t, &s, &o);

    used = 0;

    for (len = 0; len < o.len; len++) {
        add("%02x", o.data[len]);
    }

    is_str(text, hex, "the frame that AWS' own reader takes");

    /* an exception, by its type */

    len = frame("exception", "throttlingException", "{\"message\":\"slow\"}");
    is_int(frames_dump(room[1], len), AICOST_OK, "an exception");
    is_str(text, "exception:throttlingException {\"message\":\"slow\"}\n",
           "and its name");

    s.kind = AICOST_SAYS_ERROR;
    s.reason = AICOST_R_RATE_LIMITED;
    s.text = aicost_piece_word("slow");
    out_init(&o, 0);
    aicost_api_bedrock.tell_event(&t, &s, &o);
    ok(memcmp(o.data + 12 + 26, "\x0f:exception-type\7\0\x13"
              "throttlingException", 38) == 0, "and as it is told");

    len = o.len;
    s.kind = AICOST_SAYS_DONE;
    aicost_api_bedrock.tell_event(&t, &s, &o);
    ok(len == o.len, "which is the end");
}


/* read in another shape, or in this, and written */

static void
test_chains(void)
{
    size_t          i;
    aicost_out_t    o;
    aicost_form_t   f;
    aicost_json_t   j;

    for (i = 0; i < COUNT(chains); i++) {
        form_init(&f, 0);
        out_init(&o, 0);

        ok(parse(&j, (const unsigned char *) chains[i].json,
                 strlen(chains[i].json), nodes[0]) == AICOST_OK
           && (i == 0 ? aicost_api_bedrock.read(&f, &j)
                      : aicost_api_ollama.read(&f, &j)) == AICOST_OK
           && aicost_api_bedrock.write(&f, &target, &o) == AICOST_OK,
           "can be written");
        is_mem(o.data, o.len, chains[i].result, chains[i].name);
    }
}


static void
test_rest(void)
{
    size_t        i;
    aicost_out_t  o;
    aicost_str_t  s;

    static const struct {
        aicost_reason_e   reason;
        const char       *type;
    } errors[] = {
        { AICOST_R_BUDGET_EXCEEDED, "ServiceQuotaExceededException" },
        { AICOST_R_INVALID_PARAMETER, "ValidationException" },
        { AICOST_R_INVALID_API_KEY, "UnrecognizedClientException" },
        { AICOST_R_KILL_SWITCH, "AccessDeniedException" },
        { AICOST_R_MODEL_NOT_FOUND, "ResourceNotFoundException" },
        { AICOST_R_RATE_LIMIT_EXCEEDED, "ThrottlingException" },
        { AICOST_R_STORE_UNAVAILABLE, "ServiceUnavailableException" },
        { AICOST_R_UPSTREAM_TIMEOUT, "ModelTimeoutException" },
        { AICOST_R_ALL_PROVIDERS_FAILED, "InternalServerException" },
        { AICOST_R_NO_MONEY, "ServiceQuotaExceededException" }
    };

    s.data = (unsigned char *) "arn:aws:bedrock:eu-west-1::x/y~z";
    s.len = 32;
    out_init(&o, 0);
    aicost_api_bedrock.path(&s, 0, &o);
    is_mem(o.data, o.len, "/model/arn%3Aaws%3Abedrock%3Aeu-west-1%3A%3Ax%2Fy~z"
           "/converse", "a path");
    out_init(&o, 0);
    s.len = 3;
    aicost_api_bedrock.path(&s, 1, &o);
    is_mem(o.data, o.len, "/model/arn/converse-stream", "that of a stream");

    for (i = 0; i < COUNT(errors); i++) {
        s.data = (unsigned char *) "a\"\xc3\n";
        s.len = 4;
        out_init(&o, 0);
        aicost_api_bedrock.tell_error(errors[i].reason, &s, NULL, &o);
        used = 0;
        add("{\"message\":\"a\\\"\\ufffd\\n\",\"__type\":\"%s\"}",
            errors[i].type);
        is_mem(o.data, o.len, text, errors[i].type);
    }
}


static void
test_garbage_streams(void)
{
    size_t          i, k, bad, told, rounds;
    uint32_t        n, m;
    const char     *p, *end;
    char           *q, *stop;
    aicost_out_t    o;
    aicost_str_t    name;
    aicost_hear_t   h;
    aicost_json_t   j;
    aicost_tell_t   t;
    aicost_says_t   s[AICOST_SAYS_MAX];

    memset(&name, 0, sizeof(aicost_str_t));
    bad = 0;
    told = 0;
    rounds = MUTATIONS;

    for (i = 0; i < rounds; i++) {
        k = i % (COUNT(streams) - 1);
        tell_init(&t, "");
        out_init(&o, 0);
        memset(&h, 0, sizeof(aicost_hear_t));

        for (p = streams[k].json; *p; p = end + 1) {
            end = strchr(p, '\n');
            (void) line_hear(&h, p, (size_t) (end - p), 1, s, &n);

            for (m = 0; m < n; m++) {
                aicost_api_bedrock.tell_event(&t, &s[m], &o);
            }
        }

        (void) aicost_api_bedrock.hear_event(&h, &name, NULL, 0, nodes[0],
                                             NODES, s, &n);

        for (m = 0; m < n; m++) {
            aicost_api_bedrock.tell_event(&t, &s[m], &o);
        }

        bad += o.failed || !t.done
               || frames_dump(o.data, o.len) != AICOST_OK;

        for (q = text; *q; q = stop + 1) {
            q = strchr(q, ' ') + 1;
            stop = strchr(q, '\n');
            told++;
            bad += parse(&j, (unsigned char *) q, (size_t) (stop - q),
                         nodes[1]) != AICOST_OK;
        }
    }

    ok(told > MUTATIONS / 20, "garbage: frames are told");
    is_int((long long) bad, 0, "and all are right and strict");
}


int
main(void)
{
    target_init("eu.anthropic.claude-x");
    test_requests(&aicost_api_bedrock, requests, COUNT(requests));
    test_wrong(&aicost_api_bedrock, wrong, COUNT(wrong));
    test_writes(&aicost_api_bedrock, writes, COUNT(writes));
    test_huge(&aicost_api_bedrock, "{\"messages\":[{\"role\":\"user\","
              "\"content\":[{\"text\":\"", "\"}]}]}", HI);

    target_init("openai.gpt-oss-120b-1:0");
    test_requests(&aicost_api_bedrock, others, COUNT(others));
    test_writes(&aicost_api_bedrock, other_writes, COUNT(other_writes));

    test_answers(&aicost_api_bedrock, answers, COUNT(answers));
    test_streams();
    test_retold();
    test_frame();
    test_chains();
    test_rest();

    target_init("eu.anthropic.claude-x");
    test_garbage_requests(&aicost_api_bedrock, requests, COUNT(requests));
    test_garbage_answers(&aicost_api_bedrock, answers, COUNT(answers));
    test_garbage_streams();

    return done_testing();
}
