
/*
 * Copyright (C) aicost
 */


#include "format/aicost_format.h"
#include "api_anthropic_help.h"
#include "api_anthropic_cases.h"


static form_t    two;
static uint32_t  room_for = PARTS;


static void
clear(form_t *f)
{
    free(f->data);
    f->data = NULL;

    memset(&f->form, 0, sizeof(aicost_form_t));
    f->form.parts = f->parts;
    f->form.max_parts = room_for;
    f->form.tools = f->tools;
    f->form.max_tools = PARTS;
    f->form.cap = -1;
}


/* in a heap block of just its size: reads beyond it are seen */

static int
read_form(form_t *f, const void *data, size_t len)
{
    clear(f);
    f->data = malloc(len ? len : 1);
    memcpy(f->data, data, len);

    if (parse(&f->tape, f->data, len, f->nodes) != AICOST_OK) {
        return AICOST_DECLINED;
    }

    return api->read(&f->form, &f->tape);
}


static aicost_form_target_t
target(const char *version)
{
    aicost_form_target_t  t;

    memset(&t, 0, sizeof(aicost_form_target_t));
    t.model.data = (unsigned char *) (uintptr_t) "claude-x";
    t.model.len = 8;
    t.cap = -1;
    t.version.data = (unsigned char *) (uintptr_t) version;
    t.version.len = strlen(version);

    return t;
}


static int
has(const aicost_piece_t *p, const char *s)
{
    return aicost_piece_is(p, s) != 0;
}


static const char *
parts(const aicost_form_t *f)
{
    uint32_t              i;
    const aicost_part_t  *p;

    ntext = 0;
    text[0] = '\0';

    for (i = 0; i < f->nparts; i++) {
        p = &f->parts[i];

        add("%s%c%c%x %.*s", i ? "|" : "", "SUAT"[p->role],
            "?tifaTRxcr"[p->kind], p->flags,
            (int) p->text.len, p->text.len ? (const char *) p->text.data : "");

        if (p->id.kind || p->name.kind) {
            add(";%.*s", (int) p->id.len,
                p->id.len ? (const char *) p->id.data : "");
        }

        if (p->name.kind) {
            add_piece(";", &p->name);
        }
    }

    return text;
}


/* --- requests ------------------------------------------------------------- */

static void
round_trips(void)
{
    int                   rc;
    size_t                i, len;
    const char           *differs;
    aicost_out_t          o;
    aicost_form_target_t  t;

    t = target("2023-06-01");

    for (i = 0; i < COUNT(requests); i++) {
        rc = read_form(&one, requests[i].body, strlen(requests[i].body));

        if (!is_int(rc, AICOST_OK, "request is read")) {
            printf("#   %s\n#   %.*s\n", requests[i].body,
                   (int) one.form.param.len, one.form.param.data);
            continue;
        }

        is_str(parts(&one.form), requests[i].parts, "its parts");

        o = output();
        o.data = NULL;
        (void) api->write(&one.form, &t, &o);
        len = o.len;

        o = output();
        rc = api->write(&one.form, &t, &o);
        ok(rc == AICOST_OK && valid(&o), "written as JSON");
        ok(o.len <= len, "measured");

        rc = read_form(&two, o.data, o.len);
        differs = rc == AICOST_OK ? aicost_form_differs(&one.form, &two.form)
                                  : "not read";

        if (!is_str(differs, NULL, "a round trip keeps it")) {
            printf("#   %.*s\n", (int) o.len, o.data);
        }
    }
}


static void
read_settings(void)
{
    const char           *s;
    const aicost_form_t  *f;

    f = &one.form;

    s = "{" M "\"temperature\":0.7,\"top_k\":4,\"stream\":true,"
        "\"stop_sequences\":[\"a\",\"b\"],\"metadata\":{\"user_id\":\"u\"},"
        "\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":2000,"
        "\"display\":\"omitted\"},\"output_config\":{\"effort\":\"high\","
        "\"format\":{\"type\":\"json_schema\",\"schema\":{\"a\":1}}},"
        "\"tools\":[{\"name\":\"f\",\"description\":\"d\",\"input_schema\":"
        "{\"b\":2},\"strict\":true}],\"tool_choice\":{\"type\":\"tool\","
        "\"name\":\"f\",\"disable_parallel_tool_use\":true},"
        "\"cache_control\":{\"type\":\"ephemeral\",\"ttl\":\"1h\"}," HI "}";

    is_int(read_form(&one, s, strlen(s)), AICOST_OK, "all settings");
    is_int(f->cap, 4096, "cap");
    is_int(f->stream, 1, "stream");
    ok(has(&f->model, "claude-sonnet-5"), "model");
    ok(has(&f->temperature, "0.7"), "temperature");
    ok(has(&f->top_k, "4"), "top_k");
    ok(f->nstops == 2 && aicost_piece_is(&f->stops[1], "b"), "stops");
    ok(has(&f->user, "u"), "user");
    is_int(f->thinking, AICOST_THINKING_BUDGET, "thinking");
    is_int(f->thinking_budget, 2000, "its budget");
    is_int(f->summary, AICOST_NO, "it is not shown");
    is_int(f->effort, AICOST_EFFORT_HIGH, "effort");
    is_int(f->answer, AICOST_ANSWER_SCHEMA, "answer");
    ok(has(&f->schema, "{\"a\":1}"), "schema");
    ok(f->ntools == 1 && aicost_piece_is(&f->tools[0].name, "f")
       && aicost_piece_is(&f->tools[0].description, "d")
       && aicost_piece_is(&f->tools[0].schema, "{\"b\":2}")
       && f->tools[0].strict == AICOST_YES, "tool");
    is_int(f->choice, AICOST_CHOICE_TOOL, "choice");
    ok(has(&f->choice_name, "f"), "its name");
    is_int(f->parallel, AICOST_NO, "one call at a time");
    is_int(f->flags, AICOST_PART_CACHE|AICOST_PART_HOUR, "cache");
}


static void
read_refusals(void)
{
    int              rc;
    size_t           i;
    aicost_reason_e  reason;

    for (i = 0; i < COUNT(refusals); i++) {
        rc = read_form(&one, refusals[i].body, strlen(refusals[i].body));

        reason = refusals[i].reason == 'd' ? AICOST_R_PARAMETER_NOT_ALLOWED
                 : refusals[i].reason == 'm' ? AICOST_R_MISSING_PARAMETER
                 : AICOST_R_INVALID_PARAMETER;

        is_int(rc, AICOST_ERROR, "request is refused");
        is_str(aicost_reason_word(one.form.reason), aicost_reason_word(reason),
               "why");
        is_mem(one.form.param.data, one.form.param.len, refusals[i].member,
               "naming the member");
    }
}


static aicost_part_t *
part(aicost_role_e role, aicost_part_e kind, const char *s)
{
    aicost_part_t  *p;

    p = aicost_form_part(&one.form, role, kind);
    p->text = string(s);
    p->flags = AICOST_PART_FIRST;

    return p;
}


/* what is written of the form, from "thinking", "tools", ... on: all but
   model and cap */

static unsigned  lenient;


static void
written(const char *version, const char *expected, const char *name)
{
    int                   rc;
    size_t                n;
    aicost_out_t          o;
    aicost_form_target_t  t;

    t = target(version);
    t.cap = 4096;
    o = output();
    t.lenient = lenient & 1;
    rc = api->write(&one.form, &t, &o);
    n = strlen("{\"model\":\"claude-x\",\"max_tokens\":4096");

    if (rc != AICOST_OK) {
        ok(0, name);
        printf("#   refused: %.*s\n", (int) one.form.param.len,
               one.form.param.data);
        return;
    }

    ok(valid(&o), "JSON");
    is_mem(o.data + n, o.len - n, expected, name);
}


static void
write_turns(void)
{
    aicost_part_t  *p;

    clear(&one);
    (void) part(AICOST_ROLE_SYSTEM, AICOST_PART_TEXT, "A");
    (void) part(AICOST_ROLE_USER, AICOST_PART_TEXT, "go");
    p = part(AICOST_ROLE_ASSISTANT, AICOST_PART_CALL,
             "{\\\"a\\\": \\\"\\\\n\\\"}");
    p->id = string("c1");
    p->name = string("f");
    p = part(AICOST_ROLE_ASSISTANT, AICOST_PART_CALL, "");
    p->id = string("c2");
    p->name = string("g");
    p = part(AICOST_ROLE_TOOL, AICOST_PART_RESULT, "1");
    p->id = string("c1");
    (void) part(AICOST_ROLE_SYSTEM, AICOST_PART_TEXT, "B");
    (void) part(AICOST_ROLE_USER, AICOST_PART_TEXT, "and?");
    p = part(AICOST_ROLE_TOOL, AICOST_PART_RESULT, "2");
    p->id = string("c2");
    p->flags |= AICOST_PART_ERROR;

    written("", ",\"system\":[{\"type\":\"text\",\"text\":\"A\"},{\"type\":"
            "\"text\",\"text\":\"B\"}],\"messages\":[{\"role\":\"user\","
            "\"content\":\"go\"},{\"role\":\"assistant\",\"content\":[{"
            "\"type\":\"tool_use\",\"id\":\"c1\",\"name\":\"f\",\"input\":"
            "{\"a\": \"\\n\"}},{\"type\":\"tool_use\",\"id\":\"c2\",\"name\":"
            "\"g\",\"input\":{}}]},{\"role\":\"user\",\"content\":[{\"type\":"
            "\"tool_result\",\"tool_use_id\":\"c1\",\"content\":\"1\"},"
            "{\"type\":\"tool_result\",\"tool_use_id\":\"c2\",\"content\":"
            "\"2\",\"is_error\":true},{\"type\":\"text\",\"text\":\"and?\"}]}"
            "]}", "results in one turn, first; the system's texts on top");

    clear(&one);
    (void) part(AICOST_ROLE_ASSISTANT, AICOST_PART_THINKING, "hm");
    (void) part(AICOST_ROLE_ASSISTANT, AICOST_PART_TEXT, "");
    p = part(AICOST_ROLE_ASSISTANT, AICOST_PART_CALL, "{}");
    p->name = string("f");
    p = part(AICOST_ROLE_ASSISTANT, AICOST_PART_CALL, "{}");
    p->name = string("f");
    (void) part(AICOST_ROLE_TOOL, AICOST_PART_RESULT, "x");
    (void) part(AICOST_ROLE_TOOL, AICOST_PART_RESULT, "y");

    written("", ",\"messages\":[{\"role\":\"user\",\"content\":\".\"},"
            "{\"role\":\"assistant\",\"content\":[{\"type\":\"tool_use\","
            "\"id\":\"call_0\",\"name\":\"f\",\"input\":{}},{\"type\":"
            "\"tool_use\",\"id\":\"call_1\",\"name\":\"f\",\"input\":{}}]},"
            "{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\","
            "\"tool_use_id\":\"call_0\",\"content\":\"x\"},{\"type\":"
            "\"tool_result\",\"tool_use_id\":\"call_1\",\"content\":\"y\"}]}"
            "]}", "a user begins; no unsigned thinking, no blank text; ids");

    clear(&one);
    (void) part(AICOST_ROLE_USER, AICOST_PART_TEXT, "a");
    (void) part(AICOST_ROLE_SYSTEM, AICOST_PART_TEXT, "S");
    written("", ",\"system\":\"S\",\"messages\":[{\"role\":\"user\","
            "\"content\":\"a\"}]}", "a system after the user");

    clear(&one);
    (void) part(AICOST_ROLE_SYSTEM, AICOST_PART_TEXT, "A");
    written("", ",\"system\":\"A\",\"messages\":[{\"role\":\"user\","
            "\"content\":\".\"}]}", "a system alone");

    clear(&one);
    p = part(AICOST_ROLE_ASSISTANT, AICOST_PART_CALL, "{\\\"a\\\":");
    p->name = string("f");
    is_int(api->write(&one.form, &(aicost_form_target_t) { .cap = 1 },
                      &(aicost_out_t) { .data = room, .size = ROOM,
                                        .nodes = scratch, .max = NODES }),
           AICOST_ERROR, "arguments that are no object");
    is_mem(one.form.param.data, one.form.param.len, "arguments", "named");
}


static void
write_settings(void)
{
#define SAID  "\"messages\":[{\"role\":\"user\",\"content\":\"a\"}]}"

    size_t          i;
    aicost_tool_t  *tool;

    static const struct {
        const char  *number;
        const char  *written;
    } numbers[] = {
        { "1.5", "1" }, { "1", "1" }, { "1.0", "1.0" }, { "0.2e1", "1" },
        { "100e-2", "100e-2" }, { "101e-2", "1" }, { "2E0", "1" },
        { "0.0", "0.0" }, { "-1", "-1" }, { "0.00001e5", "0.00001e5" },
        { "1e99999999999", "1" }
    };

    for (i = 0; i < COUNT(numbers); i++) {
        clear(&one);
        (void) part(AICOST_ROLE_USER, AICOST_PART_TEXT, "a");
        one.form.temperature = json(numbers[i].number);
        lenient = (strcmp(numbers[i].number, numbers[i].written) != 0);
        (void) snprintf(text, sizeof(text), ",\"temperature\":%s," SAID,
                        numbers[i].written);
        written("", text, "temperature is at most 1");
    }

    lenient = 0;
    clear(&one);
    (void) part(AICOST_ROLE_USER, AICOST_PART_TEXT, "a");
    one.form.effort = AICOST_EFFORT_NONE;
    written("", ",\"thinking\":{\"type\":\"disabled\"}," SAID, "no effort");

    one.form.effort = AICOST_EFFORT_MINIMAL;
    written("", ",\"output_config\":{\"effort\":\"low\"}," SAID,
            "minimal effort");

    one.form.effort = AICOST_EFFORT_UNSAID;
    one.form.thinking = AICOST_THINKING_BUDGET;
    one.form.thinking_budget = 100;
    written("", ",\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":1024},"
            SAID, "a budget below the least");

    one.form.thinking_budget = 9000;
    written("", ",\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":4095},"
            SAID, "a budget above the cap");

    one.form.thinking = AICOST_THINKING_UNSAID;
    one.form.parallel = AICOST_NO;
    tool = aicost_form_tool(&one.form);
    tool->name = string("f");
    written("2026-10-21", ",\"tools\":[{\"name\":\"f\",\"input_schema\":"
            "{\"type\":\"object\",\"properties\":{}}}],\"tool_choice\":"
            "{\"type\":\"auto\",\"disable_parallel_tool_use\":true}," SAID,
            "a tool without parameters; one call at a time");

    clear(&one);
    (void) part(AICOST_ROLE_USER, AICOST_PART_TEXT, "a");
    one.form.choices = json("1");
    one.form.presence_penalty = json("0.0");
    one.form.logprobs = AICOST_NO;
    one.form.logit_bias = json("{}");
    written("", "," SAID, "what changes nothing is left out");
}


/* left out without a refusal, and listed */

static void
listed(const char *name)
{
    aicost_out_t          o;
    aicost_form_target_t  t;

    t = target("");
    t.cap = 9;
    o = output();

    ok(api->write(&one.form, &t, &o) == AICOST_OK && valid(&o)
       && one.form.ndropped == 1, name);
    is_str(one.form.ndropped ? one.form.dropped[0] : "", name, "listed");

    clear(&one);
    (void) part(AICOST_ROLE_USER, AICOST_PART_TEXT, "a");
}


static void
missing(const char *version, unsigned cold, const char *name)
{
    int                   rc;
    aicost_out_t          o;
    aicost_form_target_t  t;

    t = target(version);
    t.cap = 9;
    t.no_sampling = cold & 1;
    o = output();
    rc = api->write(&one.form, &t, &o);

    ok(rc == AICOST_ERROR
       && one.form.reason == AICOST_R_PARAMETER_NOT_ALLOWED, name);
    is_mem(one.form.param.data, one.form.param.len, name, "named");

    t.lenient = 1;
    o = output();
    rc = api->write(&one.form, &t, &o);

    ok(rc == AICOST_OK && valid(&o) && one.form.ndropped == 1, "left out");
    is_str(one.form.ndropped ? one.form.dropped[0] : "", name, "and listed");

    clear(&one);
    (void) part(AICOST_ROLE_USER, AICOST_PART_TEXT, "a");
}


static void
write_misses(void)
{
    aicost_part_t         *p;
    aicost_form_target_t   t;

    clear(&one);
    (void) part(AICOST_ROLE_USER, AICOST_PART_TEXT, "a");

    one.form.seed = json("1");
    missing("", 0, "seed");
    one.form.presence_penalty = json("0.1");
    missing("", 0, "presence_penalty");
    one.form.frequency_penalty = json("-1");
    missing("", 0, "frequency_penalty");
    one.form.choices = json("2");
    missing("", 0, "n");
    one.form.logprobs = AICOST_YES;
    missing("", 0, "logprobs");
    one.form.top_logprobs = json("5");
    missing("", 0, "top_logprobs");
    one.form.logit_bias = json("{\"1\":1}");
    missing("", 0, "logit_bias");
    one.form.verbosity = string("low");
    missing("", 0, "verbosity");
    one.form.metadata = json("{\"a\":\"b\"}");
    listed("metadata");
    one.form.cache_key = string("k");
    listed("prompt_cache_key");
    p = part(AICOST_ROLE_ASSISTANT, AICOST_PART_THINKING, "hm");
    listed("thoughts");
    p = part(AICOST_ROLE_ASSISTANT, AICOST_PART_CALL, "{}");
    p->name = string("f");
    p->more = string("c2ln");
    listed("thought_signature");
    one.form.temperature = json("1.01");
    missing("", 0, "temperature");
    one.form.answer = AICOST_ANSWER_JSON;
    missing("", 0, "response_format");
    one.form.temperature = json("1");
    missing("2026-10-21", 0, "temperature");
    one.form.top_p = json("1");
    missing("2026-10-21", 0, "top_p");
    one.form.top_k = json("1");
    missing("2023-06-01", 1, "top_k");
    (void) part(AICOST_ROLE_USER, AICOST_PART_AUDIO, "QUFB");
    missing("", 0, "input_audio");
    p = part(AICOST_ROLE_USER, AICOST_PART_IMAGE, "QUFB");
    p->name = string("image/png");
    p->more = string("high");
    missing("", 0, "detail");
    (void) part(AICOST_ROLE_ASSISTANT, AICOST_PART_IMAGE, "QUFB");
    missing("", 0, "image_url");
    p = part(AICOST_ROLE_USER, AICOST_PART_FILE, "QUFB");
    p->name = string("text/csv");
    missing("", 0, "file");
    (void) part(AICOST_ROLE_ASSISTANT, AICOST_PART_FILE, "QUFB");
    missing("2026-10-21", 0, "file");

    t = target("");
    is_int(api->write(&one.form, &t, &(aicost_out_t) { .data = room,
                                                       .size = ROOM }),
           AICOST_ERROR, "no cap");
    is_str(aicost_reason_word(one.form.reason), "missing_parameter", "why");
    is_mem(one.form.param.data, one.form.param.len, "max_tokens", "named");
}


/* --- the rest ------------------------------------------------------------- */

static void
errors(void)
{
    size_t         i;
    aicost_str_t   message, param;
    aicost_out_t   o;

    static const char  bad[] = "\\ufffd\\ufffd\\ufffd\\ufffd";

    static const struct {
        aicost_reason_e   reason;
        const char       *type;
    } types[] = {
        { AICOST_R_INVALID_JSON, "invalid_request_error" },
        { AICOST_R_INVALID_API_KEY, "authentication_error" },
        { AICOST_R_BUDGET_EXCEEDED, "billing_error" },
        { AICOST_R_KILL_SWITCH, "permission_error" },
        { AICOST_R_MODEL_NOT_FOUND, "not_found_error" },
        { AICOST_R_REQUEST_TOO_LARGE, "request_too_large" },
        { AICOST_R_RATE_LIMIT_EXCEEDED, "rate_limit_error" },
        { AICOST_R_INTERNAL, "api_error" },
        { AICOST_R_ALL_PROVIDERS_FAILED, "api_error" },
        { AICOST_R_STORE_UNAVAILABLE, "overloaded_error" },
        { AICOST_R_UPSTREAM_TIMEOUT, "timeout_error" },
        { AICOST_R_RATE_LIMITED, "rate_limit_error" },
        { AICOST_R_NO_MONEY, "billing_error" },
        { AICOST_R_TIMEOUT, "timeout_error" },
        { AICOST_R_BAD_REQUEST, "invalid_request_error" }
    };

    message.data = (unsigned char *) (uintptr_t)
                   "a \"b\"\n\xc3\xa9\xff\xed\xa0\x80\xe0\x80\x80\xf0\x80"
                   "\x80\x80\xf4\x90\x80\x80\xc3";
    message.len = 24;
    param.data = (unsigned char *) (uintptr_t) "max_tokens";
    param.len = 10;

    for (i = 0; i < COUNT(types); i++) {
        o = output();
        api->tell_error(types[i].reason, &message, &param, &o);
        ok(valid(&o), "error is JSON");
        (void) snprintf(text, sizeof(text), "{\"type\":\"error\",\"error\":"
                        "{\"type\":\"%s\",\"message\":\"a \\\"b\\\"\\n"
                        "\xc3\xa9%s%s%s%s\",\"code\":\"%s\","
                        "\"param\":\"max_tokens\"}}",
                        types[i].type, bad, bad, bad, bad,
                        aicost_reason_word(types[i].reason));
        is_mem(o.data, o.len, text, types[i].type);
    }

    memset(room, 0xc3, 9000);
    message.data = (unsigned char *) text;
    message.len = 9000;
    memset(text, 'x', 9000);
    text[2047] = '\xc3';
    text[2048] = '\xa9';
    o = output();
    api->tell_error(AICOST_R_INTERNAL, &message, NULL, &o);
    ok(valid(&o) && o.len < 2200 && memchr(o.data, 0xc3, o.len) == NULL,
       "a long message is cut at a character");
}


static void
shape(void)
{
    aicost_out_t  o;

    o = output();
    api->path(&(aicost_str_t) { 1, (unsigned char *) room }, 1, &o);
    is_mem(o.data, o.len, "/v1/messages", "path");
    is_str(api->name, "anthropic", "name");
    is_str(api->key_header, "x-api-key", "key");
    is_str(api->version_header, "anthropic-version", "version");
    is_str(api->version, "2023-06-01", "the oldest");
}


/* facts: members that all shapes read alike are left to their reader, which
   are seen here */

static uint32_t  common;


static int
fact(aicost_reader_t *r, const aicost_member_t *m, uint32_t value)
{
    if (m->what < AICOST_M_SHAPE) {
        common |= 1u << m->what;
        return AICOST_OK;
    }

    return r->shape->read(r, m, value);
}


static int
facts(const aicost_shape_t *s, const char *body, aicost_request_t *q,
    aicost_reader_t *r)
{
    memset(q, 0, sizeof(aicost_request_t));
    memset(r, 0, sizeof(aicost_reader_t));
    clear(&one);

    if (parse(&one.tape, (const unsigned char *) body, strlen(body), one.nodes)
        != AICOST_OK)
    {
        return AICOST_DECLINED;
    }

    r->q = q;
    r->j = &one.tape;
    r->shape = s;

    return aicost_reader_object(r, 0, "", s->members, fact);
}


static void
facts_read(void)
{
    uint64_t          prefix;
    const char       *s;
    aicost_reader_t   r;
    aicost_request_t  q;

    s = "{" M "\"system\":\"S\",\"tools\":[" TOOL "],\"output_config\":"
        "{\"format\":{\"type\":\"json_schema\",\"schema\":{}}},\"messages\":["
        "{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"hi\"},"
        "{\"type\":\"image\",\"source\":{\"type\":\"base64\",\"media_type\":"
        "\"image/png\",\"data\":\"AAAAAAAA\"}},{\"type\":\"tool_result\","
        "\"tool_use_id\":\"a\",\"content\":[{\"type\":\"image\",\"source\":"
        "{\"type\":\"url\",\"url\":\"https://a/b\"}}]}]}]}";
    is_int(facts(&aicost_shape_messages, s, &q, &r), AICOST_OK, "facts");
    is_int(q.text.images, 2, "images");
    is_int(q.text.tools, 1, "tools");
    is_int(q.text.messages, 1, "messages");
    is_int(r.uncounted, 8, "an image's bytes are no text");
    is_int(q.needs, AICOST_CAN_TOOLS|AICOST_CAN_VISION|AICOST_CAN_JSON_SCHEMA,
           "needs");
    ok(r.found && r.system && r.user, "found, system, user");
    ok(q.text.milli > 0, "text");

    (void) facts(&aicost_shape_messages, "{" M "\"system\":[{\"type\":\"text\","
                 "\"text\":\"S\"}]," HI "}", &q, &r);
    prefix = q.prefix;
    (void) facts(&aicost_shape_messages, "{" HI ",\"max_tokens\":1,"
                 "\"system\":\"S\"}", &q, &r);
    ok(prefix && q.prefix == prefix, "the order of members does not matter");

    is_int(facts(&aicost_shape_messages, "{" HI "}", &q, &r), AICOST_ERROR,
           "no max_tokens");
    is_mem(q.param.data, q.param.len, "max_tokens", "named");
    is_int(facts(&aicost_shape_count_tokens, "{" HI "}", &q, &r), AICOST_OK,
           "a count has none");
}


static void
facts_counted(void)
{
    uint64_t          milli, prefix;
    const char       *s;
    aicost_reader_t   r;
    aicost_request_t  q;

    common = 0;
    s = "{" M "\"stream\":true,\"messages\":[{\"role\":\"system\",\"content\":"
        "\"S\"},{\"role\":\"user\",\"content\":\"Hi\"}]}";
    is_int(facts(&aicost_shape_messages, s, &q, &r), AICOST_OK, "facts");
    is_int(common, 1 << AICOST_M_MODEL | 1 << AICOST_M_CAP
                   | 1 << AICOST_M_STREAM, "model, cap, stream");
    prefix = q.prefix;

    s = "{" M "\"system\":\"S\",\"messages\":[{\"role\":\"assistant\","
        "\"content\":\"x\"},{\"role\":\"user\",\"content\":\"Hi\"},{\"role\":"
        "\"user\",\"content\":\"more\"}]}";
    (void) facts(&aicost_shape_messages, s, &q, &r);
    ok(prefix && q.prefix == prefix, "the first system, the first user");
    milli = q.text.milli;

    s = "{" M "\"system\":\"S\",\"messages\":[{\"role\":\"user\",\"content\":"
        "\"Ho\"}],\"tools\":[" TOOL "]}";
    (void) facts(&aicost_shape_messages, s, &q, &r);
    ok(q.prefix != prefix, "another user's text");
    ok(q.text.milli > milli, "tools are text");

    s = "{" M "\"messages\":[{\"role\":\"assistant\",\"content\":["
        "{\"type\":\"tool_use\",\"id\":\"a\",\"name\":\"f\",\"input\":{}},"
        "{\"type\":\"thinking\",\"thinking\":\"\"},{\"type\":\"document\","
        "\"source\":{\"type\":\"base64\",\"media_type\":\"application/pdf\","
        "\"data\":\"\"}},{\"type\":\"redacted_thinking\",\"data\":\"\"}]}]}";
    is_int(facts(&aicost_shape_messages, s, &q, &r), AICOST_OK, "facts");
    milli = q.text.milli;

    s = "{" M "\"messages\":[{\"role\":\"assistant\",\"content\":["
        "{\"type\":\"tool_use\",\"id\":\"a\",\"name\":\"f\",\"input\":"
        "{\"a\":\"some words\"}}]}]}";
    is_int(facts(&aicost_shape_messages, s, &q, &r), AICOST_OK, "facts");
    ok(q.text.milli > milli, "arguments");

    s = "{" M "\"messages\":[{\"role\":\"assistant\",\"content\":["
        "{\"type\":\"thinking\",\"thinking\":\"some words of thinking\"},"
        "{\"type\":\"redacted_thinking\",\"data\":\"QUFBQUFBQUFB\"}]}]}";
    is_int(facts(&aicost_shape_messages, s, &q, &r), AICOST_OK, "facts");
    ok(q.text.milli > milli, "thinking");

    s = "{" M "\"messages\":[{\"role\":\"user\",\"content\":["
        "{\"type\":\"document\",\"source\":{\"type\":\"base64\","
        "\"media_type\":\"application/pdf\",\"data\":\"QUFBQUFBQUFBQUFB\"}}]}"
        "]}";
    is_int(facts(&aicost_shape_messages, s, &q, &r), AICOST_OK, "facts");
    ok(q.text.milli > milli && r.uncounted == 0, "a document's bytes");

    is_int(facts(&aicost_shape_messages, "{" M "\"messages\":[{\"role\":"
                 "\"user\",\"content\":[{\"type\":5}]}]}", &q, &r),
           AICOST_ERROR, "a type that is none");
}


/* as many parts as there is room for */

static void
no_room(void)
{
    size_t    i;
    uint32_t  n;

    for (i = 0; i < COUNT(requests); i++) {
        (void) read_form(&one, requests[i].body, strlen(requests[i].body));
        n = one.form.nparts;
        room_for = n - 1;
        is_int(read_form(&one, requests[i].body, strlen(requests[i].body)),
               AICOST_ERROR, "no room for a part");
        room_for = PARTS;
    }
}


static void
facts_refused(void)
{
    size_t            i;
    aicost_reader_t   r;
    aicost_request_t  q;

#define BLOCK(b)                                                              \
    "{" M "\"messages\":[{\"role\":\"user\",\"content\":[" b "]}]}"

    static const struct {
        const char  *body;
        const char  *member;
    } cases[] = {
        { "{" M "\"container\":\"c\"," HI "}", "container" },
        { "{" M "\"thread\":{}," HI "}", "thread" },
        { "{" M "\"mcp_servers\":[]," HI "}", "mcp_servers" },
        { "{" M "\"speed\":\"flex\"," HI "}", "speed" },
        { "{" M "\"inference_geo\":\"us\"," HI "}", "inference_geo" },
        { "{" M "\"service_tier\":\"priority\"," HI "}", "service_tier" },
        { "{" M "\"tools\":[{\"type\":\"web_search_20260318\"}]," HI "}",
          "type" },
        { BLOCK("{\"type\":\"image\",\"source\":{\"type\":\"file\",\"file_id\""
                ":\"f\"}}"), "source" },
        { BLOCK("{\"type\":\"image\",\"source\":{\"file_id\":\"f\"}}"),
          "file_id" },
        { BLOCK("{\"type\":\"document\",\"source\":{\"type\":\"url\",\"url\":"
                "\"https://a\"}}"), "source" },
        { BLOCK("{\"type\":\"container_upload\"}"), "type" },
        { BLOCK("{\"type\":\"tool_result\",\"tool_use_id\":\"a\",\"content\":["
                "{\"type\":\"tool_result\"}]}"), "type" }
    };

    for (i = 0; i < COUNT(cases); i++) {
        is_int(facts(&aicost_shape_messages, cases[i].body, &q, &r),
               AICOST_ERROR, "refused");
        is_str(aicost_reason_word(q.reason), "parameter_not_allowed", "why");
        is_mem(q.param.data, q.param.len, cases[i].member, "named");
    }

    is_int(facts(&aicost_shape_messages, "{" M "\"speed\":\"standard\","
                 "\"service_tier\":\"standard_only\",\"inference_geo\":"
                 "\"global\"," HI "}", &q, &r), AICOST_OK, "the standard");
    is_int(q.service, AICOST_SERVICE_STANDARD, "is what it asks for");
    is_int(facts(&aicost_shape_messages, "{" M "\"speed\":\"fast\","
                 "\"service_tier\":\"standard_only\"," HI "}", &q, &r),
           AICOST_OK, "fast");
    is_int(q.service, AICOST_SERVICE_FAST, "is dearer than the standard");
    is_int(facts(&aicost_shape_messages,
                 BLOCK("{\"type\":\"image\",\"source\":{\"type\":\"base64\","
                       "\"media_type\":\"text/plain\",\"data\":\"x\"}}"),
                 &q, &r), AICOST_ERROR, "an image that is text");
}


/* --- garbage -------------------------------------------------------------- */

static void
garbage(void)
{
    size_t                len;
    uint32_t              i, bad, read;
    aicost_out_t          o;
    aicost_form_target_t  to;

    static unsigned char  buf[65536];

    bad = 0;
    read = 0;
    to = target("");
    to.cap = 100;
    to.lenient = 1;

    for (i = 0; i < 10000; i++) {
        len = mutate(buf, requests[i % COUNT(requests)].body);

        if (read_form(&one, buf, len) == AICOST_OK) {
            read++;
            o = output();
            bad += api->write(&one.form, &to, &o) == AICOST_OK && !valid(&o);
        }
    }

    is_int(bad, 0, "whatever is accepted is written as JSON");
    ok(read > 100, "some of it is accepted");
    printf("# %u read\n", read);
}


static void
huge(void)
{
    size_t                len;
    aicost_out_t          o;
    aicost_form_target_t  to;

    static unsigned char  buf[ROOM / 2];

    memset(buf, 'x', sizeof(buf));
    len = strlen("{" M "\"messages\":[{\"role\":\"user\",\"content\":\"");
    memcpy(buf, "{" M "\"messages\":[{\"role\":\"user\",\"content\":\"", len);
    memcpy(buf + sizeof(buf) - 4, "\"}]}", 4);

    is_int(read_form(&one, buf, sizeof(buf)), AICOST_OK, "huge");
    to = target("");
    o = output();
    is_int(api->write(&one.form, &to, &o), AICOST_OK, "written");
    is_int(read_form(&two, o.data, o.len), AICOST_OK, "read");
    is_str(aicost_form_differs(&one.form, &two.form), NULL, "the same");

    o.len = 0;
    o.size = 100;
    (void) api->write(&one.form, &to, &o);
    is_int(o.failed, 1, "a buffer that is too small");
}


int
main(void)
{
    shape();
    round_trips();
    read_settings();
    read_refusals();
    write_turns();
    write_settings();
    write_misses();
    errors();
    facts_read();
    facts_counted();
    no_room();
    facts_refused();
    huge();
    garbage();

    return done_testing();
}
