
/*
 * Copyright (C) aicost
 */


#include "api_openai.h"


#define SAYS      512


static unsigned char       keep[65536];
static aicost_says_t       said[SAYS];
static unsigned            refused;        /* events of the last stream */


/* --- answers -------------------------------------------------------------- */

static void
says(const aicost_says_t *s)
{
    static const char *const  names[] = {
        "?", "start", "text", "think", "signature", "redacted", "refusal",
        "call", "args", "finish", "usage", "error", "done"
    };

    add(used ? " " : "");

    if (s->choice) {
        add("%u:", s->choice);
    }

    add("%s", names[s->kind]);

    switch (s->kind) {

    case AICOST_SAYS_START:
        piece("(", &s->id);
        piece(",", &s->name);
        add(",%lld)", (long long) s->created);
        break;

    case AICOST_SAYS_CALL:
        add("(%u", s->index);
        piece(",", &s->id);
        piece(",", &s->name);
        add(")");
        break;

    case AICOST_SAYS_ARGUMENTS:
        add("(%u", s->index);
        piece(",", &s->text);
        add(")");
        break;

    case AICOST_SAYS_FINISH:
        add("(%d", s->finish);
        some(",", &s->text);
        add(")");
        break;

    case AICOST_SAYS_USAGE:
        add("(%lld/%lld/%lld/%lld/%lld)", (long long) s->usage.input,
            (long long) s->usage.cached, (long long) s->usage.cache_write,
            (long long) s->usage.output, (long long) s->usage.reasoning);
        break;

    case AICOST_SAYS_ERROR:
        add("(%s", aicost_reason_word(s->reason));
        piece(",", &s->text);
        piece(",", &s->id);
        add(")");
        break;

    case AICOST_SAYS_DONE:
        break;

    default:
        piece("(", &s->text);
        add(")");
    }
}


static uint32_t
hears(const char *json, size_t len, unsigned char **p, int i)
{
    int             rc;
    uint32_t        n, k, first;
    aicost_hear_t   h;
    aicost_json_t   j;
    aicost_says_t  *one;

    *p = copy(json, len);
    used = 0;
    text[0] = '\0';
    memset(&h, 0, sizeof(aicost_hear_t));

    if (parse(&j, *p, len, nodes[i]) != AICOST_OK) {
        add("no JSON");
        return 0;
    }

    one = malloc(sizeof(aicost_says_t));
    rc = aicost_api_openai.hear(&h, &j, one, 1, &first);
    free(one);

    if (rc == AICOST_OK) {
        add("too soon");
        return 0;
    }

    rc = aicost_api_openai.hear(&h, &j, said, SAYS, &n);

    if (rc != AICOST_OK) {
        add("?");
        return 0;
    }

    if (n != first) {
        add("%u of %u", n, first);
    }

    for (k = 0; k < n; k++) {
        says(&said[k]);
    }

    return n;
}


static void
tell_init(aicost_tell_t *t)
{
    memset(t, 0, sizeof(aicost_tell_t));
    t->id.data = (unsigned char *) "1";
    t->id.len = 1;
    t->now = 99;
    t->keep = keep;
    t->size = sizeof(keep);
}


static void
test_answers(void)
{
    size_t          i;
    uint32_t        n;
    aicost_out_t    o;
    aicost_tell_t   t;
    unsigned char  *p, *q;

    for (i = 0; i < COUNT(answers); i++) {
        n = hears(answers[i].json, strlen(answers[i].json), &p, 0);
        is_str(text, answers[i].says, answers[i].name);

        tell_init(&t);
        out_init(&o, 0);
        aicost_api_openai.tell(&t, said, n, &o);

        (void) hears((char *) o.data, o.len, &q, 1);
        is_str(text, answers[i].says, "and there and back");
        free(q);
        free(p);
    }

    for (i = 0; i < COUNT(odd); i++) {
        (void) hears(odd[i].json, strlen(odd[i].json), &p, 0);
        is_str(text, odd[i].says, odd[i].name);
        free(p);
    }

    (void) hears("{\"hello\":1}", 11, &p, 0);
    is_str(text, "?", "no answer");
    free(p);
}


static void
test_told(void)
{
    uint32_t        n;
    aicost_out_t    o;
    aicost_tell_t   t;
    unsigned char  *p;

    n = hears(odd[0].json, strlen(odd[0].json), &p, 0);
    tell_init(&t);
    t.model.data = (unsigned char *) "o\"m";
    t.model.len = 3;
    said[0].created = 0;
    out_init(&o, 0);
    aicost_api_openai.tell(&t, said, n, &o);
    is_mem(o.data, o.len, "{\"id\":\"chatcmpl-1\",\"object\":"
           "\"chat.completion\",\"created\":99,\"model\":\"o\\\"m\","
           "\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\","
           "\"content\":null,\"refusal\":null,\"tool_calls\":[{\"id\":"
           "\"call_10\",\"type\":\"function\",\"function\":{\"name\":\"f\","
           "\"arguments\":\"{\\\"a\\\": 1}\"}}]},\"logprobs\":null,"
           "\"finish_reason\":\"tool_calls\"}]}", "a call without an id");
    free(p);

    memset(said, 0, 3 * sizeof(aicost_says_t));
    said[0].kind = AICOST_SAYS_CALL;
    said[0].name = aicost_piece_word("f");
    tell_init(&t);
    out_init(&o, 0);
    aicost_api_openai.tell(&t, said, 1, &o);
    ok(memmem(o.data, o.len, "\"arguments\":\"{}\"", 16) != NULL
       && memmem(o.data, o.len, "\"tool_calls\"}]}", 15) != NULL,
       "a call without arguments and finish");

    said[0].kind = AICOST_SAYS_TEXT;
    said[0].text = aicost_piece_word("lost");
    said[1].kind = AICOST_SAYS_ERROR;
    said[1].reason = AICOST_R_NO_MONEY;
    said[1].text = aicost_piece_word("x\\n\\u00e9");
    said[1].text.kind = AICOST_PIECE_STRING;
    said[2].kind = AICOST_SAYS_DONE;
    tell_init(&t);
    out_init(&o, 0);
    aicost_api_openai.tell(&t, said, 3, &o);
    is_mem(o.data, o.len, "{\"error\":{\"message\":\"x\\u000a\xc3\xa9\","
           "\"type\":\"insufficient_quota\",\"param\":null,\"code\":"
           "\"no_money\"}}",
           "an error");

    tell_init(&t);
    out_init(&o, 0);
    aicost_api_openai.tell(&t, said, 1, &o);
    (void) hears((char *) o.data, o.len, &p, 1);
    is_str(text, "start(chatcmpl-1,-,99) text(lost) finish(1) done",
           "nothing but text");
    free(p);

    out_init(&o, 0);
    aicost_api_openai.tell_error(AICOST_R_BUDGET_EXCEEDED, NULL, NULL, &o);
    is_mem(o.data, o.len, "{\"error\":{\"message\":\"\",\"type\":"
           "\"insufficient_quota\",\"param\":null,\"code\":"
           "\"budget_exceeded\"}}", "an error of ours");

    out_init(&o, 0);
    aicost_api_openai.path(&t.model, 1, &o);
    is_mem(o.data, o.len, "/chat/completions", "the path");

    ok(aicost_api((const unsigned char *) "azure", 5) == &aicost_api_openai
       && aicost_api((const unsigned char *) "openai", 6) == &aicost_api_openai
       && aicost_api((const unsigned char *) "gemini", 6) == &aicost_api_gemini
       && aicost_api((const unsigned char *) "ollama", 6) == &aicost_api_ollama
       && aicost_api((const unsigned char *) "openai", 5) == NULL, "by name");
}


/* --- streams -------------------------------------------------------------- */


/* what is heard of lines of data is told into o, where there is one */

static void
streams_hear(const char *lines, size_t len, aicost_tell_t *t, aicost_out_t *o)
{
    int              rc;
    size_t           n;
    uint32_t         i, count;
    const char      *last, *end;
    aicost_str_t     name;
    aicost_hear_t    h;
    unsigned char   *p;

    used = 0;
    refused = 0;
    text[0] = '\0';
    name.len = 0;
    name.data = NULL;
    last = lines + len;
    memset(&h, 0, sizeof(aicost_hear_t));

    for ( /* void */ ; lines < last; lines = end + 1) {
        end = memchr(lines, '\n', (size_t) (last - lines));
        end = end ? end : last;
        n = (size_t) (end - lines);

        if (n == 0) {
            continue;
        }

        p = (n == 1 && *lines == '.') ? NULL : copy(lines, n);
        rc = aicost_api_openai.hear_event(&h, &name, p, n, scratch, NODES,
                                          said, &count);

        if (rc != AICOST_OK) {
            add("?");
            refused++;
            count = 0;
        }

        for (i = 0; i < count; i++) {
            says(&said[i]);

            if (o) {
                aicost_api_openai.tell_event(t, &said[i], o);
            }
        }

        free(p);
    }
}


/* the data of a stream, line by line; NULL: it is no stream */

static char *
lines_of(const aicost_out_t *o, size_t *len)
{
    char        *p, *s;
    const char  *data, *last, *end;

    p = malloc(o->len + 1);
    s = p;
    data = (const char *) o->data;
    last = data + o->len;

    while (data < last) {
        end = memchr(data, '\n', (size_t) (last - data));

        if (last - data < 8 || memcmp(data, "data: ", 6) != 0 || end == NULL
            || end + 1 == last || end[1] != '\n')
        {
            free(p);
            return NULL;
        }

        memcpy(s, data + 6, (size_t) (end + 1 - data - 6));
        s += end + 1 - data - 6;
        data = end + 2;
    }

    *len = (size_t) (s - p);

    return p;
}


static void
test_streams(void)
{
    char           *lines;
    size_t          i, len;
    aicost_out_t    o;
    aicost_tell_t   t;

    for (i = 0; i < COUNT(streams); i++) {
        tell_init(&t);
        t.include_usage = 1;
        out_init(&o, 0);

        streams_hear(streams[i].lines, strlen(streams[i].lines), &t, &o);
        is_str(text, streams[i].says, streams[i].name);

        lines = lines_of(&o, &len);
        ok(lines != NULL && !o.failed, "told as a stream");

        if (lines && o.len && strstr(text, "error") == NULL
            && strstr(text, ",-,") == NULL && strstr(text, "(6)") == NULL)
        {
            streams_hear(lines, len, NULL, NULL);
            is_str(text, streams[i].says, "and there and back");
        }

        free(lines);
    }
}


static void
test_stream_told(void)
{
    size_t         n;
    aicost_out_t   o;
    aicost_tell_t  t;

    static const char  tail[] = "data: {\"error\":{\"message\":\"gone\","
                                "\"type\":\"server_error\",\"param\":null,"
                                "\"code\":\"overloaded\"}}\n\n"
                                "data: [DONE]\n\n";

#define HEAD  "data: {\"id\":\"chatcmpl-1\",\"object\":"                      \
              "\"chat.completion.chunk\",\"created\":17,\"model\":\"m\","     \
              "\"choices\":["
#define TAIL  ",\"logprobs\":null,\"finish_reason\":null}]}\n\n"

    tell_init(&t);
    out_init(&o, 0);
    streams_hear(streams[2].lines, strlen(streams[2].lines), &t, &o);
    is_mem(o.data, o.len,
           HEAD "{\"index\":0,\"delta\":{\"role\":\"assistant\","
           "\"content\":\"\"}" TAIL
           HEAD "{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,"
           "\"id\":\"c1\",\"type\":\"function\",\"function\":{\"name\":\"f\","
           "\"arguments\":\"\"}}]}" TAIL
           HEAD "{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,"
           "\"function\":{\"arguments\":\"{\\\"lo\"}}]}" TAIL
           HEAD "{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,"
           "\"function\":{\"arguments\":\"c\\\":1}\"}}]}" TAIL
           HEAD "{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":1,"
           "\"id\":\"c2\",\"type\":\"function\",\"function\":{\"name\":\"g\","
           "\"arguments\":\"\"}}]}" TAIL
           HEAD "{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":1,"
           "\"function\":{\"arguments\":\"{\"}}]}" TAIL
           HEAD "{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":1,"
           "\"function\":{\"arguments\":\"}\"}}]}" TAIL
           HEAD "{\"index\":0,\"delta\":{},\"logprobs\":null,"
           "\"finish_reason\":\"tool_calls\"}]}\n\ndata: [DONE]\n\n",
           "a stream of calls, byte by byte");

    tell_init(&t);
    out_init(&o, 0);
    streams_hear(streams[0].lines, strlen(streams[0].lines), &t, &o);
    ok(memmem(o.data, o.len, "usage", 5) == NULL, "no usage unasked");

    tell_init(&t);
    out_init(&o, 0);
    streams_hear(streams[11].lines, strlen(streams[11].lines), &t, &o);
    n = sizeof(tail) - 1;
    is_mem(o.data + o.len - n, n, tail, "an error ends it");

    /* by providers that begin without a START and end without a FINISH */

    memset(said, 0, 4 * sizeof(aicost_says_t));
    said[0].kind = AICOST_SAYS_CALL;
    said[0].name = aicost_piece_word("f");
    said[1].kind = AICOST_SAYS_SIGNATURE;
    said[1].text = aicost_piece_word("s");
    said[2].kind = AICOST_SAYS_USAGE;
    said[2].usage.input = 1;
    said[2].usage.cached = 2;
    said[2].usage.cache_write = 3;
    said[2].usage.cache_write_1h = 4;
    said[2].usage.output = 5;
    said[3].kind = AICOST_SAYS_DONE;

    tell_init(&t);
    t.include_usage = 1;
    out_init(&o, 0);

    for (n = 0; n < 4; n++) {
        aicost_api_openai.tell_event(&t, &said[n], &o);
    }

    aicost_api_openai.tell_event(&t, &said[0], &o);

#define OURS  "data: {\"id\":\"chatcmpl-1\",\"object\":"                      \
              "\"chat.completion.chunk\",\"created\":99,\"model\":\"\","      \
              "\"choices\":["

    is_mem(o.data, o.len,
           OURS "{\"index\":0,\"delta\":{\"role\":\"assistant\","
           "\"tool_calls\":[{\"index\":0,\"id\":\"call_10\",\"type\":"
           "\"function\",\"function\":{\"name\":\"f\",\"arguments\":"
           "\"\"}}]},\"logprobs\":null,\"finish_reason\":null}],"
           "\"usage\":null}\n\n"
           OURS "{\"index\":0,\"delta\":{},\"logprobs\":null,"
           "\"finish_reason\":\"tool_calls\"}],\"usage\":null}\n\n"
           OURS "],\"usage\":{\"prompt_tokens\":10,\"completion_tokens\":5,"
           "\"total_tokens\":15,\"prompt_tokens_details\":"
           "{\"cached_tokens\":2,\"cache_write_tokens\":7},"
           "\"completion_tokens_details\":{\"reasoning_tokens\":0}}}\n\n"
           "data: [DONE]\n\n", "what is missing is made up");

    tell_init(&t);
    t.size = 16;
    out_init(&o, 0);
    streams_hear(streams[0].lines, strlen(streams[0].lines), &t, &o);
    ok(o.failed, "no room to keep its head");
}


static void
test_many_calls(void)
{
    size_t           i, n;
    uint32_t         count;
    aicost_str_t     name;
    aicost_hear_t    h;
    aicost_json_t    j;
    aicost_says_t   *exact;
    unsigned char   *p;

    static const char  head[] = "{\"choices\":[{\"message\":{\"tool_calls\":[";
    static const char  one[] = "{\"function\":{\"name\":\"f\"}},";

    p = malloc(65536);
    exact = malloc(AICOST_SAYS_MAX * sizeof(aicost_says_t));
    memset(&name, 0, sizeof(aicost_str_t));
    memcpy(p, head, sizeof(head) - 1);
    n = sizeof(head) - 1;

    for (i = 0; i < AICOST_FORM_CALLS + 1; i++) {
        memcpy(p + n, one, sizeof(one) - 1);
        n += sizeof(one) - 1;

        if (i == AICOST_SAYS_MAX - 2 || i == AICOST_SAYS_MAX - 1) {
            memcpy(p + n - 1, "]}}]}", 5);
            memset(&h, 0, sizeof(aicost_hear_t));

            is_int(aicost_api_openai.hear_event(&h, &name, p, n + 4, scratch,
                                                NODES, exact, &count),
                   i == AICOST_SAYS_MAX - 2 ? AICOST_OK : AICOST_ERROR,
                   "as much as an event can say, and more");

            p[n - 1] = ',';
        }
    }

    memcpy(p + n - 1, "]}}]}", 5);
    n += 4;
    memset(&h, 0, sizeof(aicost_hear_t));

    ok(parse(&j, p, n, nodes[0]) == AICOST_OK
       && aicost_api_openai.hear(&h, &j, said, SAYS, &count) == AICOST_ERROR,
       "more calls than there may be");

    free(exact);
    free(p);
}


static void
test_long_error(void)
{
    uint32_t        n;
    aicost_out_t    o;
    aicost_tell_t   t;
    unsigned char  *p, *q;

    n = 100000;
    p = malloc(n);
    memset(p, 'x', n);

    memset(said, 0, sizeof(aicost_says_t));
    said[0].kind = AICOST_SAYS_ERROR;
    said[0].reason = AICOST_R_OVERLOADED;
    said[0].text.kind = AICOST_PIECE_STRING;
    said[0].text.data = p;
    said[0].text.len = n;

    tell_init(&t);
    out_init(&o, 0);
    aicost_api_openai.tell(&t, said, 1, &o);

    is_int(hears((char *) o.data, o.len, &q, 0), 2, "a long message is cut");
    ok(o.len > 4000 && o.len < 8192, "to what an answer can hold");

    free(q);
    free(p);
}


/* --- garbage -------------------------------------------------------------- */

static void
test_garbage_answers(void)
{
    char           *lines;
    size_t          len;
    uint32_t        n;
    unsigned        i, heard, bad;
    const char     *json;
    aicost_out_t    o;
    aicost_json_t   j;
    aicost_tell_t   t;
    unsigned char  *p, *q;

    heard = 0;
    bad = 0;

    for (i = 0; i < MUTATIONS; i++) {
        json = dice(2) ? answers[dice(COUNT(answers))].json
                       : odd[dice(COUNT(odd))].json;
        len = strlen(json);
        p = copy(json, len);
        mutate(p, len);

        n = hears((char *) p, len, &q, 0);

        if (n) {
            heard++;
            tell_init(&t);
            out_init(&o, 0);
            aicost_api_openai.tell(&t, said, n, &o);
            bad += (o.failed
                    || parse(&j, o.data, o.len, nodes[1]) != AICOST_OK);
        }

        free(q);
        free(p);

        json = streams[dice(COUNT(streams))].lines;
        len = strlen(json);
        p = copy(json, len);
        mutate(p, len);

        tell_init(&t);
        t.include_usage = 1;
        out_init(&o, 0);
        streams_hear((char *) p, len, &t, &o);
        lines = lines_of(&o, &len);
        bad += (lines == NULL);

        if (lines) {
            streams_hear(lines, len, NULL, NULL);
            bad += refused;
        }

        free(lines);
        free(p);
    }

    ok(heard > 1000, "garbage: some is heard");
    is_int(bad, 0, "garbage: and what is told is JSON");
}


int
main(void)
{
    test_answers();
    test_told();
    test_streams();
    test_stream_told();
    test_many_calls();
    test_long_error();
    test_garbage_answers();

    return done_testing();
}
