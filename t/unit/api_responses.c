
/*
 * Copyright (C) aicost
 *
 * OpenAI's Responses: requests, answers and streams, in both directions.
 */


#include "api_shape.h"
#include "aicost_request.h"
#include "api_responses_cases.h"
#include "api_responses_streams.h"


static unsigned char  *kept[2][256];
static uint32_t        nkept[2];


/* the data of events, one a line, through hear_event into tell_event */

static int
hear_lines(const char *lines, unsigned end, aicost_says_t *s, uint32_t *n)
{
    int             rc;
    size_t          len;
    uint32_t        m, k;
    const char     *stop;
    aicost_str_t    name;
    aicost_hear_t   h;
    unsigned char  *p;

    memset(&name, 0, sizeof(aicost_str_t));
    memset(&h, 0, sizeof(aicost_hear_t));
    rc = AICOST_OK;
    *n = 0;
    k = (s == says[0]) ? 0 : 1;

    while (nkept[k]) {
        free(kept[k][--nkept[k]]);
    }

    for ( /* void */ ; *lines; lines = stop + 1) {
        stop = strchr(lines, '\n');
        len = (size_t) (stop - lines);

        /* the pieces are of these bytes: they stay */

        p = copy(lines, len);
        kept[k][nkept[k]++] = p;

        if (aicost_api_responses.hear_event(&h, &name, p, len, nodes[0], NODES,
                                            &s[*n], &m)
            != AICOST_OK)
        {
            rc = AICOST_ERROR;
        }

        *n += m;
    }

    if (end) {
        (void) aicost_api_responses.hear_event(&h, &name, NULL, 0, nodes[0],
                                               NODES, &s[*n], &m);
        *n += m;
    }

    return rc;
}


/* the data lines of what was told, one a line; 0 when some is not strict, or
   its number is not the next one */

static int
told_lines(const aicost_out_t *o, char *lines, size_t size)
{
    int             good;
    char           *d;
    size_t          len;
    int64_t         number, next;
    aicost_json_t   j;
    unsigned char  *p, *end, *last;

    d = lines;
    good = 1;
    next = 0;
    last = o->data + o->len;

    for (p = o->data; p < last; p = end + 1) {
        end = memchr(p, '\n', (size_t) (last - p));
        len = (size_t) (end - p);

        if (len < 6 || memcmp(p, "data: ", 6) != 0) {
            continue;
        }

        if (parse(&j, p + 6, len - 6, nodes[1]) != AICOST_OK
            || aicost_json_int(&j, aicost_json_get(&j, 0, "sequence_number"),
                               0, 1 << 30, 0, &number) != AICOST_OK
            || number != next++)
        {
            good = 0;
        }

        if ((size_t) (d - lines) + len < size) {
            memcpy(d, p + 6, len - 6);
            d += len - 6;
            *d++ = '\n';
        }
    }

    *d = '\0';

    return good;
}


/* texts in a row are one */

static void
joined(const aicost_says_t *s, uint32_t n)
{
    uint32_t  i, k;

    used = 0;
    text[0] = '\0';

    for (i = 0; i < n; i = k) {
        k = i + 1;

        if (s[i].kind != AICOST_SAYS_TEXT && s[i].kind != AICOST_SAYS_THINKING
            && s[i].kind != AICOST_SAYS_ARGUMENTS)
        {
            says_dump(&s[i], 1);
            continue;
        }

        add(" %d(", s[i].kind);
        some("", &s[i].text);

        for ( /* void */ ; k < n && s[k].kind == s[i].kind; k++) {
            some("", &s[k].text);
        }

        add(")");
    }
}


static void
test_streams(void)
{
    char           *first;
    size_t          i;
    uint32_t        n, k;
    aicost_out_t    o;
    aicost_tell_t   t;

    static char     lines[1 << 20];

    for (i = 0; i < COUNT(streams); i++) {
        is_int(hear_lines(streams[i].json, 1, says[0], &n), AICOST_OK,
               streams[i].name);

        used = 0;
        text[0] = '\0';
        says_dump(says[0], n);
        is_str(text, streams[i].result, "and what is heard");

        tell_init(&t, "");
        out_init(&o, 0);

        for (k = 0; k < n; k++) {
            aicost_api_responses.tell_event(&t, &says[0][k], &o);
        }

        ok(!o.failed && t.done, "and is told");
        ok(told_lines(&o, lines, sizeof(lines)), "strictly and numbered");

        joined(says[0], n);
        first = (char *) copy(text, used + 1);

        (void) hear_lines(lines, 1, says[1], &n);
        joined(says[1], n);
        ok(strcmp(text, first) == 0 || strstr(first, "~ ") != NULL,
           "and heard again");

        if (strcmp(text, first) != 0) {
            printf("# %s\n# %s\n", first, text);
        }

        n = (uint32_t) o.len;
        aicost_api_responses.tell_event(&t, &says[0][0], &o);
        is_int((long long) o.len, n, "nothing after the end");
        free(first);
    }
}


static void
same_bytes(const aicost_out_t *o, const char *const *events, const char *name)
{
    size_t  at, len;

    for (at = 0; *events; events++) {
        len = strlen(*events);

        if (o->len - at < len || memcmp(o->data + at, *events, len) != 0) {
            break;
        }

        at += len;
    }

    ok(*events == NULL && at == o->len, name);

    if (*events) {
        printf("# not %s", *events);
        printf("# got \"%.*s\", expected \"\n", (int) o->len,
               (const char *) o->data);
    }
}


/* the bytes of two streams, all of them */

static void
test_bytes(void)
{
    uint32_t       n, k;
    aicost_out_t   o;
    aicost_tell_t  t;

    (void) hear_lines(streams[0].json, 0, says[0], &n);
    tell_init(&t, "gpt");
    out_init(&o, 0);

    for (k = 0; k < n; k++) {
        aicost_api_responses.tell_event(&t, &says[0][k], &o);
    }

    same_bytes(&o, bytes, "the bytes of a stream");

    (void) hear_lines(streams[2].json, 0, says[0], &n);
    tell_init(&t, "gpt");
    out_init(&o, 0);

    for (k = 0; k < n; k++) {
        aicost_api_responses.tell_event(&t, &says[0][k], &o);
    }

    same_bytes(&o, call_bytes, "and of one with calls");
}


/* with little memory, a stream still ends well, and says less at its end */

static void
test_keep(void)
{
    size_t         size, i;
    unsigned       bad, cut;
    aicost_out_t   o;
    aicost_json_t  j;
    aicost_tell_t  t;
    aicost_says_t  s;

    static char    lines[1 << 20], last[1 << 16];
    static char    word[] = "0123456789\\n0123456789";

    bad = 0;
    cut = 0;

    for (size = 200; size < 4000; size += 7) {
        tell_init(&t, "gpt");
        t.size = size;
        out_init(&o, 0);
        memset(&s, 0, sizeof(aicost_says_t));

        s.kind = AICOST_SAYS_START;
        aicost_api_responses.tell_event(&t, &s, &o);

        if (o.failed) {
            continue;
        }

        for (i = 0; i < 100; i++) {
            s.kind = (uint8_t) (i % 50 == 20 ? AICOST_SAYS_CALL
                                : i % 50 > 20 && i % 50 < 30
                                  ? AICOST_SAYS_ARGUMENTS
                                : i % 50 > 40 ? AICOST_SAYS_THINKING
                                              : AICOST_SAYS_TEXT);
            s.index = (uint32_t) i / 50;
            s.name = aicost_piece_word("f");
            s.text = aicost_piece_word(word);
            s.text.kind = AICOST_PIECE_STRING;
            aicost_api_responses.tell_event(&t, &s, &o);
        }

        s.kind = AICOST_SAYS_DONE;
        aicost_api_responses.tell_event(&t, &s, &o);

        bad += (t.used > size);

        if (o.failed) {
            continue;    /* not even the start of an item fits */
        }

        bad += !told_lines(&o, lines, sizeof(lines));

        i = strlen(lines);

        while (i > 1 && lines[i - 2] != '\n') {
            i--;
        }

        memcpy(last, lines + i - 1, strlen(lines + i - 1) + 1);
        bad += (parse(&j, (unsigned char *) last, strlen(last), nodes[1])
                != AICOST_OK);
        bad += (strstr(last, "\"type\":\"response.completed\"") == NULL);

        cut += (strstr(last, "\"status\":\"incomplete\"") != NULL);
    }

    is_int(bad, 0, "little memory: the stream ends all the same");
    ok(cut > 0, "and says what is incomplete");
}


/* an output that is too small, told again from the state before */

static void
test_again(void)
{
    size_t         size;
    uint32_t       n, k, i;
    unsigned       bad;
    aicost_out_t   o;
    aicost_tell_t  t, before;

    static char    lines[1 << 20];

    bad = 0;

    for (i = 0; i < COUNT(streams); i++) {
        (void) hear_lines(streams[i].json, 1, says[0], &n);
        tell_init(&t, "gpt");
        t.size = 900;
        out_init(&o, 0);

        for (k = 0; k < n; k++) {
            before = t;
            size = o.len;
            o.size = o.len + 300;
            aicost_api_responses.tell_event(&t, &says[0][k], &o);

            if (o.failed) {
                t = before;
                o.len = size;
                o.failed = 0;
                o.size = ROOM;
                aicost_api_responses.tell_event(&t, &says[0][k], &o);
            }
        }

        bad += (o.failed || !told_lines(&o, lines, sizeof(lines)));
    }

    is_int(bad, 0, "told again where the output was too small");
}


static void
test_garbage_streams(void)
{
    size_t          i, k, len;
    uint32_t        n, m;
    unsigned        bad, told;
    const char     *p, *end;
    aicost_out_t    o;
    aicost_str_t    name;
    aicost_hear_t   h;
    aicost_tell_t   t;
    aicost_says_t   s[AICOST_SAYS_MAX];
    unsigned char  *line;

    static char     lines[1 << 20];

    memset(&name, 0, sizeof(aicost_str_t));
    bad = 0;
    told = 0;

    for (i = 0; i < MUTATIONS; i++) {
        k = i % COUNT(streams);
        tell_init(&t, "");
        out_init(&o, 0);
        memset(&h, 0, sizeof(aicost_hear_t));

        for (p = streams[k].json; *p; p = end + 1) {
            end = strchr(p, '\n');
            len = (size_t) (end - p);
            line = copy(p, len);
            mutate(line, len);

            n = 0;
            (void) aicost_api_responses.hear_event(&h, &name, line, len,
                                                   nodes[0], NODES, s, &n);

            for (m = 0; m < n; m++) {
                aicost_api_responses.tell_event(&t, &s[m], &o);
            }

            free(line);
        }

        (void) aicost_api_responses.hear_event(&h, &name, NULL, 0, nodes[0],
                                               NODES, s, &n);

        for (m = 0; m < n; m++) {
            aicost_api_responses.tell_event(&t, &s[m], &o);
        }

        bad += o.failed || !t.done;
        bad += !told_lines(&o, lines, sizeof(lines));
        told += (o.len > 0);
    }

    ok(told > MUTATIONS / 20, "garbage: events are told");
    is_int(bad, 0, "and all are strict");
}


/* what a request asks, and the edits that make it a provider's */

static void
test_facts(void)
{
    size_t            i;
    uint32_t          n;
    aicost_json_t     j;
    aicost_edit_t     edits[AICOST_MAX_EDITS];
    unsigned char     scratch_[AICOST_EDIT_SCRATCH];
    aicost_target_t   target_;
    aicost_request_t  q;

    for (i = 0; i < COUNT(facts); i++) {
        used = 0;
        text[0] = '\0';

        (void) parse(&j, (const unsigned char *) facts[i].json,
                     strlen(facts[i].json), nodes[0]);

        if (aicost_request_read(&q, AICOST_EP_RESPONSES, &j, NULL)
            == AICOST_OK)
        {
            add("model %.*s cap %lld messages %u tools %u images %u needs %u"
                "%s", (int) q.model.len, (char *) q.model.data,
                (long long) q.cap, q.text.messages, q.text.tools,
                q.text.images, q.needs, q.stream ? " stream" : "");

        } else {
            add("%s %.*s", aicost_reason_word(q.reason), (int) q.param.len,
                (char *) q.param.data);
        }

        is_str(text, facts[i].result, facts[i].json);
    }

    memset(&target_, 0, sizeof(aicost_target_t));
    target_.cap = 9;
    target_.include_usage = 1;
    target_.legacy_cap = 1;

    (void) parse(&j, (const unsigned char *) facts[1].json,
                 strlen(facts[1].json), nodes[0]);
    (void) aicost_request_read(&q, AICOST_EP_RESPONSES, &j, NULL);
    n = aicost_request_edits(&q, &target_, edits, scratch_);
    is_int(n, 1, "a cap is put in, and nothing else");
    is_mem(edits[0].text.data, edits[0].text.len, "\"max_output_tokens\":9,",
           "by its name");
}


static void
test_large(void)
{
    size_t          i, n;
    aicost_form_t   f;
    aicost_json_t   j;
    unsigned char  *p;

    static const char  item[] = "{\"role\":\"user\",\"content\":\"a\"},";

    p = malloc(4 << 20);
    memcpy(p, "{\"input\":\"", 10);
    memset(p + 10, 'x', 1 << 20);
    n = 10 + (1 << 20);
    memcpy(p + n, "\"}", 2);

    form_init(&f, 0);
    ok(parse(&j, p, n + 2, nodes[0]) == AICOST_OK
       && aicost_api_responses.read(&f, &j) == AICOST_OK
       && f.parts[0].text.len == 1 << 20, "a huge input");
    is_str(again(&aicost_api_responses, &f), NULL, "and there and back");

    f.max_parts = 0;
    is_int(aicost_api_responses.read(&f, &j), AICOST_ERROR, "no room");

    memcpy(p, "{\"input\":[", 10);
    n = 10;

    for (i = 0; i <= AICOST_MAX_MESSAGES; i++) {
        memcpy(p + n, item, sizeof(item) - 1);
        n += sizeof(item) - 1;
    }

    memcpy(p + n - 1, "]}", 2);
    form_init(&f, 0);
    ok(parse(&j, p, n + 1, nodes[0]) == AICOST_OK
       && aicost_api_responses.read(&f, &j) == AICOST_ERROR
       && f.reason == AICOST_R_TOO_MANY_MESSAGES, "too many items");

    free(p);
}


static void
test_rest(void)
{
    aicost_out_t  o;
    aicost_str_t  model, message, param;

    memset(&model, 0, sizeof(aicost_str_t));
    out_init(&o, 0);
    aicost_api_responses.path(&model, 1, &o);
    is_mem(o.data, o.len, "/responses", "path");

    message.data = (unsigned char *) (uintptr_t) "no \"x\"";
    message.len = 6;
    param.data = (unsigned char *) (uintptr_t) "input";
    param.len = 5;
    out_init(&o, 0);
    aicost_api_responses.tell_error(AICOST_R_INVALID_PARAMETER, &message,
                                    &param, &o);
    is_mem(o.data, o.len, "{\"error\":{\"message\":\"no \\\"x\\\"\","
           "\"type\":\"invalid_request_error\",\"param\":\"input\","
           "\"code\":\"invalid_parameter\"}}", "an error");
    ok(aicost_api((const unsigned char *) "responses", 9)
       == &aicost_api_responses, "by name");
}


int
main(void)
{
    target_init("q\"");

    test_requests(&aicost_api_responses, requests, COUNT(requests));
    test_wrong(&aicost_api_responses, wrong, COUNT(wrong));
    test_writes(&aicost_api_responses, writes, COUNT(writes));
    test_large();
    test_answers(&aicost_api_responses, answers, COUNT(answers));
    test_streams();
    test_bytes();
    test_keep();
    test_again();
    test_facts();
    test_rest();
    test_garbage_requests(&aicost_api_responses, requests, COUNT(requests));
    test_garbage_answers(&aicost_api_responses, answers, COUNT(answers));
    test_garbage_streams();

    return done_testing();
}
