
/*
 * Copyright (C) aicost
 */


#include "api_openai.h"


static aicost_part_t       parts[2][NODES];
static aicost_tool_t       tools[2][256];


static void
form_init(aicost_form_t *f, int i)
{
    memset(f, 0, sizeof(aicost_form_t));
    f->parts = parts[i];
    f->max_parts = NODES;
    f->tools = tools[i];
    f->max_tools = 256;
}


/* --- requests ------------------------------------------------------------- */

static void
part(const aicost_part_t *p)
{
    unsigned               i, last;
    const aicost_piece_t  *all[4];

    add("%c%c%s%s%s%s(", "suat"[p->role], "?TIFAKDRCY"[p->kind],
        (p->flags & AICOST_PART_FIRST) ? "^" : "",
        (p->flags & AICOST_PART_URL) ? "@" : "",
        (p->flags & AICOST_PART_INSIDE) ? "+" : "",
        (p->flags & AICOST_PART_CACHE) ? "$" : "");

    all[0] = &p->text;
    all[1] = &p->id;
    all[2] = &p->name;
    all[3] = &p->more;
    last = 0;

    for (i = 1; i < 4; i++) {
        if (all[i]->kind != AICOST_PIECE_NONE) {
            last = i;
        }
    }

    for (i = 0; i <= last; i++) {
        if (i == 0) {
            piece("", all[i]);

        } else {
            add("|");
            some("", all[i]);
        }
    }

    add(")");
}


static void
settings(const aicost_form_t *f)
{
    uint32_t  i;

    if (f->cap >= 0) {
        add("; cap %lld", (long long) f->cap);
    }

    if (f->stream) {
        add("; stream");
    }

    some("; temperature ", &f->temperature);
    some("; top_p ", &f->top_p);
    some("; top_k ", &f->top_k);
    some("; seed ", &f->seed);
    some("; presence ", &f->presence_penalty);
    some("; frequency ", &f->frequency_penalty);
    some("; n ", &f->choices);
    some("; logprobs ", &f->top_logprobs);

    if (f->logprobs) {
        add(" %d", f->logprobs);
    }

    some("; bias ", &f->logit_bias);
    some("; user ", &f->user);
    some("; verbosity ", &f->verbosity);
    some("; metadata ", &f->metadata);
    some("; key ", &f->cache_key);

    if (f->effort) {
        add("; effort %s",
            aicost_form_effort_word((aicost_effort_e) f->effort));
    }

    if (f->parallel) {
        add("; parallel %d", f->parallel);
    }

    if (f->service) {
        add("; service %s",
            aicost_service_name((aicost_service_e) f->service));
    }

    for (i = 0; i < f->nstops; i++) {
        piece("; stop ", &f->stops[i]);
    }

    if (f->choice) {
        add("; choice %d", f->choice);
        some(" ", &f->choice_name);
    }

    if (f->answer) {
        add("; answer %d", f->answer);
    }

    if (f->answer == AICOST_ANSWER_SCHEMA) {
        piece(" ", &f->schema_name);
        piece(" ", &f->schema_text);
        piece(" ", &f->schema);
        add(" %d", f->strict);
    }
}


static const char *
dump(const aicost_form_t *f)
{
    uint32_t  i;

    used = 0;

    for (i = 0; i < f->nparts; i++) {
        add(i ? " " : "");
        part(&f->parts[i]);
    }

    settings(f);

    for (i = 0; i < f->ntools; i++) {
        piece("; tool ", &f->tools[i].name);
        piece(" ", &f->tools[i].description);
        piece(" ", &f->tools[i].schema);
        add(" %s", f->tools[i].strict == AICOST_YES ? "strict"
                   : f->tools[i].strict == AICOST_NO ? "lax" : "-");
    }

    return text;
}


/* writes what was read, reads it again: NULL or what is not the same */

static const char *
again(aicost_form_t *f, unsigned legacy)
{
    const char            *differs;
    aicost_out_t           o, second;
    aicost_form_t          g;
    aicost_json_t          j;
    aicost_form_target_t   t;

    memset(&t, 0, sizeof(aicost_form_target_t));
    t.model.data = (unsigned char *) "a\"b";
    t.model.len = 3;
    t.cap = -1;
    t.legacy_cap = legacy & 1;

    out_init(&o, 0);

    if (aicost_api_openai.write(f, &t, &o) != AICOST_OK || o.failed) {
        return "not written";
    }

    if (parse(&j, o.data, o.len, nodes[1]) != AICOST_OK) {
        return "no JSON";
    }

    if (!aicost_json_is(&j, aicost_json_get(&j, 0, "model"), "a\"b")) {
        return "model";
    }

    form_init(&g, 1);

    if (aicost_api_openai.read(&g, &j) != AICOST_OK) {
        return "not read";
    }

    differs = aicost_form_differs(f, &g);

    if (differs) {
        return differs;
    }

    out_init(&second, 1);

    if (aicost_api_openai.write(&g, &t, &second) != AICOST_OK
        || second.len != o.len || memcmp(second.data, o.data, o.len) != 0)
    {
        return "bytes";
    }

    /* what is measured is enough */

    memset(&second, 0, sizeof(aicost_out_t));
    (void) aicost_api_openai.write(&g, &t, &second);

    return second.len < o.len ? "measure" : NULL;
}


static void
test_requests(void)
{
    int             rc;
    size_t          i;
    aicost_form_t   f;
    aicost_json_t   j;
    unsigned char  *p;

    for (i = 0; i < COUNT(requests); i++) {
        p = copy(requests[i].json, strlen(requests[i].json));
        rc = parse(&j, p, strlen(requests[i].json), nodes[0]);

        form_init(&f, 0);

        if (rc != AICOST_OK || aicost_api_openai.read(&f, &j) != AICOST_OK) {
            ok(0, requests[i].name);
            printf("# refused: %s %.*s\n", aicost_reason_word(f.reason),
                   (int) f.param.len, (const char *) f.param.data);
            free(p);
            continue;
        }

        is_str(dump(&f), requests[i].form, requests[i].name);
        is_str(again(&f, 0), NULL, "and there and back");
        free(p);
    }
}


static void
test_wrong(void)
{
    size_t          i;
    aicost_form_t   f;
    aicost_json_t   j;
    unsigned char  *p;

    for (i = 0; i < COUNT(wrong); i++) {
        p = copy(wrong[i].json, strlen(wrong[i].json));
        used = 0;

        form_init(&f, 0);

        if (parse(&j, p, strlen(wrong[i].json), nodes[0]) != AICOST_OK) {
            add("no JSON");

        } else if (aicost_api_openai.read(&f, &j) == AICOST_OK) {
            add("read");

        } else {
            add("%s %.*s", aicost_reason_word(f.reason), (int) f.param.len,
                (const char *) f.param.data);
        }

        is_str(text, wrong[i].says, wrong[i].json);
        free(p);
    }
}


static void
test_huge(void)
{
    size_t          i, n;
    aicost_form_t   f;
    aicost_json_t   j;
    unsigned char  *p;

    static const char  head[] = "{\"messages\":[{\"role\":\"user\",\"content\":"
                                "\"";
    static const char  tail[] = "\"},{\"role\":\"user\",\"content\":[";

    n = 1 << 20;
    p = malloc(n + 65536);

    memcpy(p, head, sizeof(head) - 1);
    memset(p + sizeof(head) - 1, 'x', n);
    n += sizeof(head) - 1;
    memcpy(p + n, tail, sizeof(tail) - 1);
    n += sizeof(tail) - 1;

    for (i = 0; i < 2000; i++) {
        memcpy(p + n, "{\"type\":\"text\",\"text\":\"\"},", 26);
        n += 26;
    }

    memcpy(p + n - 1, "]}]}", 4);
    n += 3;

    form_init(&f, 0);

    ok(parse(&j, p, n, nodes[0]) == AICOST_OK
       && aicost_api_openai.read(&f, &j) == AICOST_OK && f.nparts == 2001,
       "a huge message and many parts");
    is_str(again(&f, 0), NULL, "and there and back");

    f.max_parts = 1000;

    is_int(aicost_api_openai.read(&f, &j), AICOST_ERROR, "more than room");
    is_int(f.reason, AICOST_R_TOO_MANY_MESSAGES, "and why");

    n = 0;
    memcpy(p, "{\"messages\":[", 13);

    for (i = 0; i <= AICOST_MAX_MESSAGES; i++) {
        memcpy(p + 13 + n, HI ",", sizeof(HI));
        n += sizeof(HI);
    }

    memcpy(p + 12 + n, "]}", 2);

    form_init(&f, 0);

    ok(parse(&j, p, n + 14, nodes[0]) == AICOST_OK
       && aicost_api_openai.read(&f, &j) == AICOST_ERROR
       && f.reason == AICOST_R_TOO_MANY_MESSAGES, "too many messages");

    free(p);
}


/* --- what other shapes ask ------------------------------------------------ */

static aicost_part_t *
put(aicost_form_t *f, aicost_role_e role, aicost_part_e kind, unsigned flags,
    const char *s)
{
    aicost_part_t  *p;

    p = aicost_form_part(f, role, kind);
    p->flags = (uint8_t) flags;

    if (s) {
        p->text = aicost_piece_word(s);
    }

    return p;
}


static void
target(aicost_form_target_t *t)
{
    memset(t, 0, sizeof(aicost_form_target_t));
    t->model.data = (unsigned char *) "m";
    t->model.len = 1;
    t->cap = -1;
}


static int
writes(aicost_form_t *f, const aicost_form_target_t *t)
{
    int            rc;
    aicost_out_t   o;
    aicost_json_t  j;

    out_init(&o, 0);
    rc = aicost_api_openai.write(f, t, &o);

    used = 0;

    if (rc != AICOST_OK) {
        add("%s %.*s", aicost_reason_word(f->reason), (int) f->param.len,
            (const char *) f->param.data);

    } else if (parse(&j, o.data, o.len, nodes[1]) != AICOST_OK) {
        add("no JSON: %.*s", (int) o.len, (const char *) o.data);

    } else {
        add("%.*s", (int) o.len, (const char *) o.data);
    }

    return rc;
}


static void
test_foreign(void)
{
    aicost_part_t         *p;
    aicost_form_t          f;
    aicost_form_target_t   t;

    target(&t);
    form_init(&f, 0);
    f.cap = 9;
    f.thinking = AICOST_THINKING_BUDGET;
    f.thinking_budget = 8000;

    (void) put(&f, AICOST_ROLE_USER, AICOST_PART_TEXT, AICOST_PART_FIRST, "a");
    p = put(&f, AICOST_ROLE_ASSISTANT, AICOST_PART_THINKING, AICOST_PART_FIRST,
            "r");
    p->id = aicost_piece_word("signature");

    p = put(&f, AICOST_ROLE_ASSISTANT, AICOST_PART_CALL, 0, "{ \"a\":\"b\" }");
    p->text.kind = AICOST_PIECE_JSON;
    p->name = aicost_piece_word("f");
    p = put(&f, AICOST_ROLE_ASSISTANT, AICOST_PART_CALL, 0, NULL);
    p->name = aicost_piece_word("g");

    p = put(&f, AICOST_ROLE_TOOL, AICOST_PART_RESULT,
            AICOST_PART_FIRST | AICOST_PART_ERROR, "x");
    p->name = aicost_piece_word("g");
    (void) put(&f, AICOST_ROLE_TOOL, AICOST_PART_RESULT, 0, NULL);
    (void) put(&f, AICOST_ROLE_TOOL, AICOST_PART_TEXT, AICOST_PART_INSIDE,
               "y");
    p = put(&f, AICOST_ROLE_TOOL, AICOST_PART_IMAGE, AICOST_PART_INSIDE,
            "AAAA");
    p->name = aicost_piece_word("image/gif");
    (void) put(&f, AICOST_ROLE_USER, AICOST_PART_TEXT, 0, "z");

    (void) writes(&f, &t);

    is_str(text, "{\"model\":\"m\",\"messages\":["
           "{\"role\":\"user\",\"content\":\"a\"},"
           "{\"role\":\"assistant\",\"reasoning_content\":\"r\","
           "\"content\":null,\"tool_calls\":["
           "{\"id\":\"call_2\",\"type\":\"function\",\"function\":"
           "{\"name\":\"f\",\"arguments\":\"{ \\\"a\\\":\\\"b\\\" }\"}},"
           "{\"id\":\"call_3\",\"type\":\"function\",\"function\":"
           "{\"name\":\"g\",\"arguments\":\"{}\"}}]},"
           "{\"role\":\"tool\",\"tool_call_id\":\"call_3\",\"name\":\"g\","
           "\"content\":\"Error: x\"},"
           "{\"role\":\"tool\",\"tool_call_id\":\"call_2\",\"content\":\"y\"},"
           "{\"role\":\"user\",\"content\":[{\"type\":\"image_url\","
           "\"image_url\":{\"url\":\"data:image/gif;base64,AAAA\"}}]},"
           "{\"role\":\"user\",\"content\":\"z\"}],"
           "\"max_completion_tokens\":9,\"reasoning_effort\":\"medium\"}",
           "thinking, calls without ids, results in one turn, their images");
}


static void
test_targets(void)
{
    aicost_form_t          f;
    aicost_form_target_t   t;

    target(&t);
    form_init(&f, 0);
    f.cap = 9;
    f.stream = 1;
    f.user = aicost_piece_word("u");
    f.thinking = AICOST_THINKING_OFF;
    f.answer = AICOST_ANSWER_SCHEMA;
    t.cap = 7;
    t.legacy_cap = 1;
    (void) put(&f, AICOST_ROLE_SYSTEM, AICOST_PART_TEXT,
               AICOST_PART_FIRST | AICOST_PART_CACHE, "a");
    (void) writes(&f, &t);

    is_str(text, "{\"model\":\"m\",\"messages\":["
           "{\"role\":\"system\",\"content\":\"a\"}],\"response_format\":"
           "{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"answer\"}},"
           "\"max_tokens\":7,\"user\":\"u\",\"stream\":true,"
           "\"stream_options\":{\"include_usage\":true}}",
           "for a compatible server: older names, no hint for the cache");

    f.nparts = 0;
    (void) put(&f, AICOST_ROLE_TOOL, AICOST_PART_RESULT,
               AICOST_PART_FIRST | AICOST_PART_ERROR | AICOST_PART_CACHE,
               NULL);
    f.answer = AICOST_ANSWER_TEXT;
    t.legacy_cap = 0;
    t.cap = -1;
    f.cap = -1;
    f.stream = 0;
    f.user.kind = AICOST_PIECE_NONE;
    (void) writes(&f, &t);

    is_str(text, "{\"model\":\"m\",\"messages\":[{\"role\":\"tool\","
           "\"tool_call_id\":\"call_0\",\"content\":[{\"type\":\"text\","
           "\"text\":\"Error: \"},{\"type\":\"text\",\"text\":\"\","
           "\"prompt_cache_breakpoint\":{\"mode\":\"explicit\"}}]}]}",
           "a result without call, text and success");

    form_init(&f, 0);
    f.cap = -1;
    f.thinking = AICOST_THINKING_OFF;
    f.user = aicost_piece_word("u");
    (void) put(&f, AICOST_ROLE_SYSTEM, AICOST_PART_TEXT,
               AICOST_PART_FIRST | AICOST_PART_CACHE, "a");
    t.cap = 7;
    t.no_sampling = 1;
    (void) writes(&f, &t);

    ok(strstr(text, "\"prompt_cache_breakpoint\":{\"mode\":\"explicit\"}")
       && strstr(text, "\"reasoning_effort\":\"none\"")
       && strstr(text, "\"max_completion_tokens\":7")
       && strstr(text, "\"safety_identifier\":\"u\""),
       "for OpenAI: the newer ones");
}


static void
miss(aicost_form_t *f, aicost_form_target_t *t, const char *name)
{
    char  expected[64];

    (void) snprintf(expected, sizeof(expected), "parameter_not_allowed %s",
                    name);

    t->lenient = 0;
    (void) writes(f, t);
    is_str(text, expected, "refused");

    t->lenient = 1;
    is_int(writes(f, t), AICOST_OK, "left out");
    ok(f->ndropped == 1 && strcmp(f->dropped[0], name) == 0, "and listed");
}


static void
test_misses(void)
{
    uint32_t               i;
    aicost_part_t         *p;
    aicost_form_t          f;
    aicost_form_target_t   t;

    target(&t);
    form_init(&f, 0);
    p = put(&f, AICOST_ROLE_USER, AICOST_PART_TEXT, AICOST_PART_FIRST, "a");
    p->role = AICOST_ROLE_USER;
    f.top_k = aicost_piece_word("1");
    f.top_k.kind = AICOST_PIECE_JSON;
    miss(&f, &t, "top_k");
    ok(strstr(text, "top_k") == NULL, "top_k is not there");

    t.legacy_cap = 1;
    (void) writes(&f, &t);
    ok(strstr(text, "\"top_k\":1") != NULL, "but for compatible servers");

    target(&t);
    form_init(&f, 0);
    (void) put(&f, AICOST_ROLE_USER, AICOST_PART_TEXT, AICOST_PART_FIRST, "a");
    f.temperature = aicost_piece_word("1");
    f.temperature.kind = AICOST_PIECE_JSON;
    t.no_sampling = 1;
    miss(&f, &t, "temperature");

    target(&t);
    form_init(&f, 0);
    (void) put(&f, AICOST_ROLE_USER, AICOST_PART_TEXT, AICOST_PART_FIRST, "a");

    for (i = 0; i < 5; i++) {
        f.stops[f.nstops++] = aicost_piece_word("s");
    }

    miss(&f, &t, "stop");
    ok(strstr(text, "\"stop\":[\"s\",\"s\",\"s\",\"s\"]") != NULL,
       "four of five stops");

    form_init(&f, 0);
    (void) put(&f, AICOST_ROLE_ASSISTANT, AICOST_PART_REDACTED,
               AICOST_PART_FIRST, "a");
    miss(&f, &t, "reasoning_content");

    form_init(&f, 0);
    (void) put(&f, AICOST_ROLE_ASSISTANT, AICOST_PART_IMAGE,
               AICOST_PART_FIRST, "a");
    miss(&f, &t, "image_url");
    ok(strstr(text, "\"content\":\"\"") != NULL, "what is left is a message");

    form_init(&f, 0);
    (void) put(&f, AICOST_ROLE_USER, AICOST_PART_FILE,
               AICOST_PART_FIRST | AICOST_PART_URL, "a");
    miss(&f, &t, "file");
}


/* --- garbage -------------------------------------------------------------- */

static void
test_garbage_requests(void)
{
    size_t                 len;
    unsigned               i, read, bad;
    const char            *json;
    aicost_out_t           o;
    aicost_form_t          f;
    aicost_json_t          j;
    unsigned char         *p;
    aicost_form_target_t   t;

    read = 0;
    bad = 0;
    target(&t);
    t.lenient = 1;

    for (i = 0; i < MUTATIONS; i++) {
        json = requests[dice(COUNT(requests))].json;
        len = strlen(json);
        p = copy(json, len);
        mutate(p, len);

        form_init(&f, 0);

        if (parse(&j, p, len, nodes[0]) == AICOST_OK
            && aicost_api_openai.read(&f, &j) == AICOST_OK)
        {
            read++;
            out_init(&o, 0);

            if (aicost_api_openai.write(&f, &t, &o) != AICOST_OK || o.failed
                || parse(&j, o.data, o.len, nodes[1]) != AICOST_OK)
            {
                bad++;
            }
        }

        free(p);
    }

    ok(read > 1000, "garbage: some is read");
    is_int(bad, 0, "garbage: and what is written is JSON");
}


int
main(void)
{
    test_requests();
    test_wrong();
    test_huge();
    test_foreign();
    test_targets();
    test_misses();
    test_garbage_requests();

    return done_testing();
}
