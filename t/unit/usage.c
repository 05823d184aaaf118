
/*
 * Copyright (C) aicost
 */


#include <stdlib.h>

#include "aicost_usage.h"
#include "tap.h"


#define NODES  512


static aicost_json_node_t  nodes[NODES];


/* in a heap block of just its size: reads beyond it are seen */

static unsigned char *
copy(const char *s)
{
    unsigned char  *p;

    p = malloc(strlen(s) ? strlen(s) : 1);
    memcpy(p, s, strlen(s));

    return p;
}


static aicost_usage_e
answer(const char *s, aicost_usage_t *u)
{
    unsigned char   *p;
    aicost_usage_e   rc;

    p = copy(s);
    rc = aicost_usage_answer(p, strlen(s), nodes, NODES, u);
    free(p);

    return rc;
}


static aicost_usage_e
tail(const char *s, aicost_usage_t *u)
{
    unsigned char   *p;
    aicost_usage_e   rc;

    p = copy(s);
    rc = aicost_usage_tail(p, strlen(s), u);
    free(p);

    return rc;
}


/* input/cached/cache_write/output/reasoning, or what it is instead */

static const char *
usage(const char *s)
{
    static char     buf[128];
    char            text[1024];
    aicost_usage_t  u;

    (void) snprintf(text, sizeof(text), "{\"id\":\"x\",\"usage\":%s}", s);

    switch (answer(text, &u)) {

    case AICOST_USAGE_NONE:
        return "none";

    case AICOST_USAGE_BAD:
        return "bad";

    default:
        (void) snprintf(buf, sizeof(buf), "%lld/%lld/%lld/%lld/%lld",
                        (long long) u.input, (long long) u.cached,
                        (long long) u.cache_write, (long long) u.output,
                        (long long) u.reasoning);
        return buf;
    }
}


static void
counts(void)
{
    is_str(usage("{\"prompt_tokens\":19,\"completion_tokens\":10}"),
           "19/0/0/10/0", "plain");
    is_str(usage("{\"prompt_tokens\":100,\"completion_tokens\":10,"
                 "\"total_tokens\":500,"
                 "\"prompt_tokens_details\":{\"cached_tokens\":60,"
                 "\"cache_write_tokens\":30,\"audio_tokens\":0},"
                 "\"completion_tokens_details\":{\"reasoning_tokens\":7}}"),
           "10/60/30/10/7", "subsets; the total is not used");
    is_str(usage("{\"prompt_tokens\":100,\"completion_tokens\":10,"
                 "\"prompt_tokens_details\":null,"
                 "\"completion_tokens_details\":{\"reasoning_tokens\":null}}"),
           "100/0/0/10/0", "null details");
    is_str(usage("{\"prompt_tokens\":12.0,\"completion_tokens\":1e1}"),
           "12/0/0/10/0", "real numbers");
    is_str(usage("{\"prompt_tokens\":100,\"completion_tokens\":10,"
                 "\"prompt_cache_hit_tokens\":80,"
                 "\"prompt_tokens_details\":{\"cached_tokens\":70}}"),
           "20/80/0/10/0", "the larger of two cached counts");
    is_str(usage("{\"prompt_tokens\":100,\"completion_tokens\":10,"
                 "\"prompt_tokens_details\":{\"cached_tokens\":600}}"),
           "0/100/0/10/0", "cached above its parent");
    is_str(usage("{\"prompt_tokens\":100,\"completion_tokens\":10,"
                 "\"prompt_tokens_details\":{\"cached_tokens\":90,"
                 "\"cache_write_tokens\":30}}"),
           "0/70/30/10/0", "both above it: the writes are kept");
    is_str(usage("{\"prompt_tokens\":100,\"completion_tokens\":10,"
                 "\"prompt_tokens_details\":{\"cache_write_tokens\":300}}"),
           "0/0/100/10/0", "writes above it");
    is_str(usage("{\"prompt_tokens\":1,\"completion_tokens\":10,"
                 "\"completion_tokens_details\":{\"reasoning_tokens\":70}}"),
           "1/0/0/10/10", "reasoning above its parent");
    is_str(usage("{\"prompt_tokens\":8,\"total_tokens\":8}"), "8/0/0/0/0",
           "embeddings have no output");
    is_str(usage("{\"prompt_tokens\":8,\"total_tokens\":11}"), "8/0/0/3/0",
           "output that only the total tells");
    is_str(usage("{\"prompt_tokens\":null,\"completion_tokens\":3,"
                 "\"total_tokens\":11}"), "8/0/0/3/0",
           "input that only the total tells");

    is_str(usage("null"), "none", "null");
    is_str(usage("{}"), "bad", "empty");
    is_str(usage("\"x\""), "bad", "a string");
    is_str(usage("[]"), "bad", "an array");
    is_str(usage("{\"prompt_tokens\":null,\"completion_tokens\":3}"), "bad",
           "no input");
    is_str(usage("{\"prompt_tokens\":-1,\"completion_tokens\":3}"), "bad",
           "negative");
    is_str(usage("{\"prompt_tokens\":\"1\",\"completion_tokens\":3}"), "bad",
           "a string of digits");
    is_str(usage("{\"prompt_tokens\":1.5,\"completion_tokens\":3}"), "bad",
           "half a token");
    is_str(usage("{\"prompt_tokens\":1,\"completion_tokens\":9e30}"), "bad",
           "huge");
    is_str(usage("{\"prompt_tokens\":1,\"completion_tokens\":1099511627777}"),
           "bad", "above the cap");
    is_str(usage("{\"prompt_tokens\":1,\"completion_tokens\":1,"
                 "\"prompt_tokens_details\":{\"cached_tokens\":-1}}"), "bad",
           "a negative subset");
    is_str(usage("{\"prompt_tokens\":1,\"completion_tokens\":1,"
                 "\"prompt_tokens_details\":7}"), "bad", "odd details");
}


#define CHAT  "{\"id\":\"c\",\"choices\":[{\"message\":{\"content\":\"\\\""    \
              "usage\\\":{\\\"prompt_tokens\\\":1}\"}}],"
#define USAGE "\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":3,"       \
              "\"prompt_tokens_details\":{\"cached_tokens\":4}}"


static void
answers(void)
{
    unsigned char   *p;
    aicost_usage_t   u;
    aicost_usage_e   rc;

    is_int(answer("\n\n\r\n" CHAT USAGE "}", &u), AICOST_USAGE_READ,
           "blank lines before it");
    is_int(u.input, 5, "input");
    is_int(answer(CHAT "\"x\":1}", &u), AICOST_USAGE_NONE, "no usage");
    is_int(answer("{\"x_groq\":{\"usage\":{\"prompt_tokens\":9,"
                  "\"completion_tokens\":3}}}", &u), AICOST_USAGE_READ,
           "x_groq");
    is_int(u.input, 9, "input");
    is_int(answer("{\"x_groq\":{\"usage\":{\"dram_cached_tokens\":9}}}", &u),
           AICOST_USAGE_NONE, "x_groq of memory");
    is_int(answer("{\"x_groq\":{\"usage\":{\"prompt_tokens\":9}}," USAGE "}",
                  &u), AICOST_USAGE_READ, "both");
    is_int(u.cached, 4, "usage wins");
    is_int(answer("", &u), AICOST_USAGE_NONE, "empty");
    is_int(answer("[]", &u), AICOST_USAGE_NONE, "no object");
    is_int(answer("{\"choices\":[{\"usage\":{\"prompt_tokens\":1}}]}", &u),
           AICOST_USAGE_NONE, "not at the top");

    is_int(answer(CHAT USAGE ",\"service_tier\":\"flex\"}", &u),
           AICOST_USAGE_READ, "a service tier");
    is_int(u.service, AICOST_SERVICE_FLEX, "flex");
    is_int(answer("{\"service_tier\":\"priority\",\"a\":1,\"b\":{"
                  "\"service_tier\":\"flex\"}," USAGE "}", &u),
           AICOST_USAGE_READ, "before it");
    is_int(u.service, AICOST_SERVICE_PRIORITY, "priority");
    is_int(answer(CHAT USAGE ",\"service_tier\":\"turbo\"}", &u),
           AICOST_USAGE_READ, "one that is not known");
    is_int(u.service, AICOST_SERVICE_OTHER, "is another");
    is_int(answer(CHAT USAGE ",\"service_tier\":null}", &u),
           AICOST_USAGE_READ, "null");
    is_int(u.service, AICOST_SERVICE_AUTO, "says nothing");

    is_int(tail("x\"}]," USAGE " , \"service_tier\" : \"On_Demand\" }", &u),
           AICOST_USAGE_READ, "in the tail");
    is_int(u.service, AICOST_SERVICE_STANDARD, "in any case");
    is_int(tail("x\"}]," USAGE ",\"a\":\"service_tier\",\"b\":{"
                "\"service_tier\":\"flex\"},\"c\":\"\\\"service_tier"
                "\\\":\\\"flex\\\"\"}", &u),
           AICOST_USAGE_READ, "the words of others");
    is_int(u.service, AICOST_SERVICE_AUTO, "are none");
    is_int(tail("x\"}]," USAGE ",\"service_tier\":\"fle", &u),
           AICOST_USAGE_NONE, "cut in the middle");
    is_int(tail("x\"}],\"usage\":{\"prompt_tokens\":9.0,"
                "\"completion_tokens\":3},\"service_tier\":\"flex\"}", &u),
           AICOST_USAGE_READ, "beside what is read slowly");
    is_int(u.service, AICOST_SERVICE_FLEX, "flex");

    p = copy(CHAT USAGE "}");
    rc = aicost_usage_answer(p, strlen(CHAT USAGE "}"), nodes, 4, &u);
    is_int(rc, AICOST_USAGE_READ, "a tape too small");
    is_int(u.cached, 4, "is read from the end");
    free(p);

    is_int(answer("{\"a\":1,\"a\":2," USAGE "}", &u), AICOST_USAGE_READ,
           "not strict: read from the end");

    is_int(tail("ing\":[0.1,0.2]}]," USAGE ",\"model\":\"m}\"}\n", &u),
           AICOST_USAGE_READ, "the tail");
    is_int(u.output, 3, "output");
    is_int(tail("\"x\\\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":1}}",
                &u), AICOST_USAGE_NONE, "in a string");
    is_int(tail("\"usage\":null}", &u), AICOST_USAGE_NONE, "null");
    is_int(tail(USAGE ",\"arguments\":{\"usage\":{\"prompt_tokens\":1,"
                "\"completion_tokens\":1}}}", &u), AICOST_USAGE_READ,
           "a deeper one after it");
    is_int(u.output, 3, "is not taken");
    is_int(tail(USAGE ",\"x\":[{\"y\":\"", &u), AICOST_USAGE_NONE, "cut");
    is_int(tail(USAGE, &u), AICOST_USAGE_NONE, "cut at its end");
    is_int(tail("\"usage\":{\"prompt_tokens\":-1}}", &u), AICOST_USAGE_BAD,
           "bad");
    is_int(tail("", &u), AICOST_USAGE_NONE, "empty");
}


static int
event(const char *s, aicost_event_t *e)
{
    int                    rc;
    unsigned char         *p;
    static unsigned char  *last;

    free(last);
    p = copy(s);
    last = p;
    rc = aicost_event_read(NULL, p, strlen(s), nodes, NODES, e);

    return rc;
}


/* a leading space keeps an event from the quick walk: both see the same */

static void
quick(void)
{
    char            text[512], name[64];
    unsigned        i;
    aicost_event_t  a, b;

    static const char *const  chunks[] = {
        "{\"choices\":[{\"delta\":{\"content\":\"a\\\"b\\\\\"}}]}",
        "{\"id\": \"x\", \"choices\": [{\"index\": 0, \"delta\": {}, "
            "\"finish_reason\": \"stop\"}], \"usage\": null}",
        "{\"choices\":[{\"delta\":{\"content\":\"a\"}},{\"index\":1,"
            "\"delta\":{\"reasoning\":\"bc\",\"content\":null}}]}",
        "{\"choices\":[{\"text\":\"abc\",\"logprobs\":{\"a\":[1]}}]}",
        "{\"choices\":[{\"text\":\"abc\",\"x\":true}],\"created\":7}",
        "{\"choices\":[{\"text\":\"abc\"}]," USAGE "}",
        "{\"us\\u0061ge\":{\"prompt_tokens\":9},\"choices\":[]}",
        "{\"choices\":[],\"usage\":null}",
        "{\"created\":01}",
        "{\"choices\":[]}x",
        "{}",
        "{\"choices\":[{\"delta\":{\"content\":\"a"
    };

    for (i = 0; i < sizeof(chunks) / sizeof(chunks[0]); i++) {
        (void) snprintf(text, sizeof(text), " %s", chunks[i]);
        (void) snprintf(name, sizeof(name), "quick and strict, chunk %u", i);

        if (event(text, &b) != AICOST_OK) {
            is_int(event(chunks[i], &a), AICOST_ERROR, name);
            continue;
        }

        is_int(event(chunks[i], &a) == AICOST_OK
               && a.text == b.text && a.finished == b.finished
               && a.usage_state == b.usage_state && a.error == b.error
               && a.usage_only == b.usage_only && a.created == b.created
               && a.id.len == b.id.len, 1, name);
    }
}


#define CHUNK(delta, more)  "{\"id\":\"x\",\"choices\":[{\"index\":0,"         \
                            "\"delta\":" delta ",\"logprobs\":null}]" more    \
                            ",\"model\":\"m\"}"


static int
same(const aicost_str_t *a, const aicost_str_t *b)
{
    return a->len == b->len
           && (a->len == 0 || memcmp(a->data, b->data, a->len) == 0);
}


/* whatever came before, a chunk is read as if it were the first one */

static void
again(void)
{
    int                   want, rc;
    char                  name[64];
    size_t                len;
    unsigned              i, j;
    unsigned char        *first, *p;
    aicost_event_t        a, b;
    aicost_event_form_t   form;

    static char           wide[AICOST_EVENT_FORM + 64];

    static const char *chunks[] = {
        CHUNK("{\"content\":\"Hello\"}", ""),
        CHUNK("{\"content\":\"\"}", ""),
        CHUNK("{\"content\":\"a\\\\\"}", ""),
        CHUNK("{\"content\":\"a\\\"\"}", ""),
        CHUNK("{\"content\":\"a\\nb\"}", ""),
        CHUNK("{\"content\":\"a\\\"}", ""),
        CHUNK("{\"content\":\"a\",\"refusal\":\"bc\"}", ""),
        CHUNK("{\"content\":\"ab\",\"refusal\":\"bc\"}", ""),
        CHUNK("{\"content\":\"a\",\"tool_calls\":[{}]}", ""),
        CHUNK("{\"content\":\"a\"},\"finish_reason\":\"stop\"", ""),
        CHUNK("{\"content\":\"a\"},\"finish_reason\":\"stop\"", ",\"usage\":"
              "null"),
        CHUNK("{\"content\":\"a\"}", "," USAGE),
        CHUNK("{\"content\":\"a\"}", ",\"error\":{}"),
        CHUNK("{\"content\":\"a\"}", ",\"created\":1"),
        CHUNK("{\"content\":\"a\"}", ",\"created\":2"),
        CHUNK("{\"refusal\":\"a\"}", ",\"created\":2"),
        CHUNK("{\"refused\":\"a\"}", ",\"created\":2"),
        CHUNK("{\"content\":null}", ""),
        CHUNK("{}", ""),
        "{\"choices\":[{\"text\":\"a\"}]}",
        "{\"choices\":[{\"text\":\"\"}]}",
        "{\"choices\":[{\"text\":\"}]}",
        "{\"choices\":[{\"text\":\"a\"}]} ",
        "{\"choices\":[{\"text\":\"",
        wide, "[DONE]", "", "\"}]}"
    };

    (void) snprintf(wide, sizeof(wide), "{\"choices\":[{\"text\":\"a\"}],"
                    "\"object\":\"%0*d\"}", AICOST_EVENT_FORM, 0);

    for (i = 0; i < sizeof(chunks) / sizeof(chunks[0]); i++) {
        for (j = 0; j < sizeof(chunks) / sizeof(chunks[0]); j++) {

            (void) snprintf(name, sizeof(name), "chunk %u after %u", j, i);

            form.head = 0;
            first = copy(chunks[i]);
            (void) aicost_event_read(&form, first, strlen(chunks[i]), nodes,
                                     NODES, &a);
            free(first);

            len = strlen(chunks[j]);
            p = copy(chunks[j]);
            want = aicost_event_read(NULL, p, len, nodes, NODES, &b);
            rc = aicost_event_read(&form, p, len, nodes, NODES, &a);

            is_int(rc == want
                   && (rc != AICOST_OK
                       || (a.text == b.text && a.finished == b.finished
                           && a.usage_state == b.usage_state
                           && a.usage.output == b.usage.output
                           && a.error == b.error && a.done == b.done
                           && a.usage_only == b.usage_only
                           && a.created == b.created
                           && same(&a.id, &b.id)
                           && same(&a.model, &b.model))),
                   1, name);

            free(p);
        }
    }
}


/* a chunk that is only the last one with another text is known by that */

static void
known(void)
{
    aicost_event_t        e;
    aicost_event_form_t   form;

    static const char  one[] = CHUNK("{\"content\":\"Hello\"}", "");
    static const char  two[] = CHUNK("{\"content\":\" world\"}", "");

    form.head = 0;
    (void) aicost_event_read(&form, (const unsigned char *) one,
                             sizeof(one) - 1, nodes, NODES, &e);
    is_int(form.head + form.tail, sizeof(one) - 1 - strlen("Hello"),
           "what stands around the text is kept");

    form.event.created = 77;
    (void) aicost_event_read(&form, (const unsigned char *) two,
                             sizeof(two) - 1, nodes, NODES, &e);
    is_int(e.created, 77, "the next chunk is read by it");
    is_int(e.text, strlen(" world"), "its text is its own");
}


static void
events(void)
{
    int             rc;
    aicost_event_t  e;

    is_int(event("[DONE]", &e), AICOST_OK, "[DONE]");
    is_int(e.done, 1, "is done");
    is_int(event("[DONE] ", &e) == AICOST_OK && e.done, 1, "and more");

    rc = event("{\"id\":\"chatcmpl-123\",\"object\":\"chat.completion.chunk\","
               "\"created\":1694268190,\"model\":\"gpt-4o-mini\",\"choices\":"
               "[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":"
               "\"Hello\"},\"logprobs\":null,\"finish_reason\":null}],"
               "\"usage\":null}", &e);
    is_int(rc, AICOST_OK, "a chunk");
    is_int(e.text, 5, "text");
    is_int(e.usage_state, AICOST_USAGE_NONE, "null usage");
    is_int(e.created, 1694268190, "created");
    is_mem(e.id.data, e.id.len, "chatcmpl-123", "id");
    is_mem(e.model.data, e.model.len, "gpt-4o-mini", "model");
    is_int(e.finished || e.error || e.done || e.usage_only, 0, "no mark");

    quick();
    again();
    known();

    (void) event("{\"choices\":[]," USAGE "}", &e);
    is_int(e.usage_only, 1, "the usage chunk");
    is_int(e.usage_state, AICOST_USAGE_READ, "usage");
    is_int(e.usage.input, 5, "input");

    (void) event("{\"choices\":[],\"prompt_filter_results\":[]}", &e);
    is_int(e.usage_only, 0, "no choices and no usage: not the usage chunk");

    (void) event("{\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}],"
                 USAGE "}", &e);
    is_int(e.finished, 1, "finished");
    is_int(e.usage_only, 0, "usage beside a choice");
    is_int(e.usage_state, AICOST_USAGE_READ, "is read");

    (void) event("{\"choices\":[{\"delta\":{\"reasoning_content\":\"ab\","
                 "\"reasoning\":\"cd\",\"refusal\":\"e\",\"content\":null,"
                 "\"tool_calls\":[{\"index\":0,\"id\":\"call_1\",\"type\":"
                 "\"function\",\"function\":{\"name\":\"fn\",\"arguments\":"
                 "\"{\\\"a\"}}]}},{\"text\":\"xyz\"}]}", &e);
    is_int(e.text, 2 + 2 + 1 + 2 + 4 + 3, "all kinds of text, as written");

    (void) event("{\"error\":{\"message\":\"x\"}}", &e);
    is_int(e.error, 1, "an error");
    (void) event("{\"error\":null,\"choices\":[]}", &e);
    is_int(e.error, 0, "a null error");

    (void) event("{\"choices\":[],\"x_groq\":{\"usage\":{\"prompt_tokens\":1,"
                 "\"completion_tokens\":2}}}", &e);
    is_int(e.usage_state, AICOST_USAGE_READ, "x_groq");
    is_int(e.usage.output, 2, "output");

    is_int(event("{\"choices\":[", &e), AICOST_ERROR, "cut");
    is_int(event("", &e), AICOST_ERROR, "empty");
    is_int(event("hello", &e), AICOST_ERROR, "no JSON");
    is_int(event("7", &e), AICOST_OK, "no object");
    (void) event("{\"choices\":7,\"id\":null,\"created\":\"x\"}", &e);
    is_int(e.text == 0 && e.id.len == 0 && e.created == 0, 1, "odd members");

    is_int(aicost_event_read(NULL,
                             (const unsigned char *) "{\"choices\":[]," USAGE
                             "}", strlen("{\"choices\":[]," USAGE "}"),
                             nodes, 3, &e), AICOST_OK, "a tape too small");
    is_int(e.usage_state, AICOST_USAGE_READ, "usage all the same");
}


static void
class(int status, const char *body, aicost_reason_e expected)
{
    char             name[128];
    unsigned char   *p;
    aicost_reason_e  got;

    p = copy(body);
    got = aicost_error_class(status, p, strlen(body));
    free(p);

    (void) snprintf(name, sizeof(name), "%d %.60s", status, body);
    is_str(aicost_reason_word(got), aicost_reason_word(expected), name);
}


#define ERR(code, type)  "{\"error\":{\"message\":\"m\",\"type\":\"" type      \
                         "\",\"param\":null,\"code\":\"" code "\"}}"


static void
classes(void)
{
    class(429, "", AICOST_R_RATE_LIMITED);
    class(429, ERR("rate_limit_exceeded", "tokens"), AICOST_R_RATE_LIMITED);
    class(429, ERR("insufficient_quota", "insufficient_quota"),
          AICOST_R_NO_MONEY);
    class(429, ERR("organization_spend_limit_exceeded", "x"),
          AICOST_R_NO_MONEY);
    class(429, "{\"error\":{\"type\":\"insufficient_quota\",\"code\":null}}",
          AICOST_R_NO_MONEY);
    class(429, ERR("rate_limit_exceeded", "insufficient_quota"),
          AICOST_R_RATE_LIMITED);
    class(429, ERR("slow_down", "x"), AICOST_R_RATE_LIMITED);
    class(429, "{\"type\":\"error\",\"error\":{\"type\":\"rate_limit_error\","
          "\"details\":{\"error_code\":\"enforced_spend_limit_reached\"}}}",
          AICOST_R_NO_MONEY);
    class(429, "{\"type\":\"error\",\"error\":{\"type\":\"rate_limit_error\","
          "\"details\":{\"error_code\":\"ramp_limit_exceeded\"}}}",
          AICOST_R_RATE_LIMITED);
    class(429, "{\"error\":{\"type\":\"insufficient_quota\",\"mess",
          AICOST_R_NO_MONEY);
    class(429, "{\"error\":{\"message\":\"insufficient_quota, they said",
          AICOST_R_RATE_LIMITED);
    class(402, "", AICOST_R_NO_MONEY);
    class(402, ERR("rate_limit_exceeded", "x"), AICOST_R_NO_MONEY);
    class(400, "{\"type\":\"error\",\"error\":{\"type\":"
          "\"invalid_request_error\",\"message\":\"You have reached your "
          "specified API usage limits.\"}}", AICOST_R_NO_MONEY);
    class(400, ERR("x", "invalid_request_error"), AICOST_R_BAD_REQUEST);
    class(400, "{\"error\":{\"code\":400,\"status\":\"INVALID_ARGUMENT\","
          "\"details\":[{\"@type\":\"t\",\"reason\":\"API_KEY_INVALID\"}]}}",
          AICOST_R_AUTH_FAILED);
    class(400, "<html>", AICOST_R_BAD_REQUEST);
    class(401, "", AICOST_R_AUTH_FAILED);
    class(403, "{}", AICOST_R_AUTH_FAILED);
    class(403, ERR("insufficient_quota", "x"), AICOST_R_NO_MONEY);
    class(404, ERR("model_not_found", "invalid_request_error"),
          AICOST_R_BAD_REQUEST);
    class(408, "", AICOST_R_TIMEOUT);
    class(413, "", AICOST_R_BAD_REQUEST);
    class(422, "{\"detail\":[]}", AICOST_R_BAD_REQUEST);
    class(498, "", AICOST_R_RATE_LIMITED);
    class(500, "", AICOST_R_SERVER_ERROR);
    class(502, "", AICOST_R_SERVER_ERROR);
    class(503, "", AICOST_R_OVERLOADED);
    class(504, "", AICOST_R_TIMEOUT);
    class(529, "", AICOST_R_OVERLOADED);
    class(599, "", AICOST_R_SERVER_ERROR);
    class(301, "", AICOST_R_REDIRECTED);
    class(307, "", AICOST_R_REDIRECTED);
    class(200, ERR("rate_limit_exceeded", "x"), AICOST_R_RATE_LIMITED);
    class(200, "{\"error\":{\"code\":402,\"message\":\"m\"}}",
          AICOST_R_NO_MONEY);
    class(200, "{\"error\":{\"code\":502}}", AICOST_R_SERVER_ERROR);
    class(200, "{\"error\":\"text\"}", AICOST_R_SERVER_ERROR);
    class(429, "{\"object\":\"error\",\"code\":\"capacity_exceeded\"}",
          AICOST_R_RATE_LIMITED);
}


/* what the client is told: of a status and a body */

static void
told(int status, const char *body, aicost_reason_e expected)
{
    char             name[128];
    unsigned char   *p;
    aicost_reason_e  got;

    p = copy(body);
    got = aicost_error_told(status, aicost_error_said(status < 300 ? status
                                                                   : 200,
                                                      p, strlen(body)));
    free(p);

    (void) snprintf(name, sizeof(name), "told: %d %.60s", status, body);
    is_str(aicost_reason_word(got), aicost_reason_word(expected), name);
}


static void
tells(void)
{
    told(400, "", AICOST_R_BAD_REQUEST);
    told(400, ERR("model_not_found", "x"), AICOST_R_NOT_FOUND);
    told(400, "{\"error\":{\"type\":\"request_too_large\"}}",
         AICOST_R_REQUEST_TOO_LARGE);
    told(400, ERR("slow_down", "x"), AICOST_R_BAD_REQUEST);
    told(404, "", AICOST_R_NOT_FOUND);
    told(404, ERR("x", "invalid_request_error"), AICOST_R_NOT_FOUND);
    told(413, "<html>", AICOST_R_REQUEST_TOO_LARGE);
    told(422, "{\"detail\":[]}", AICOST_R_BAD_REQUEST);
    told(424, "{\"message\":\"the model failed\"}",
         AICOST_R_ALL_PROVIDERS_FAILED);
    told(424, ERR("x", "invalid_request_error"), AICOST_R_BAD_REQUEST);
    told(401, "", AICOST_R_ALL_PROVIDERS_FAILED);
    told(403, "", AICOST_R_ALL_PROVIDERS_FAILED);
    told(402, "", AICOST_R_ALL_PROVIDERS_FAILED);
    told(429, "", AICOST_R_ALL_PROVIDERS_FAILED);
    told(529, "", AICOST_R_ALL_PROVIDERS_FAILED);
    told(200, ERR("x", "invalid_request_error"), AICOST_R_BAD_REQUEST);
    told(200, ERR("invalid_api_key", "invalid_request_error"),
         AICOST_R_ALL_PROVIDERS_FAILED);
    told(200, "{\"error\":{\"code\":404}}", AICOST_R_NOT_FOUND);
    told(200, "{}", AICOST_R_ALL_PROVIDERS_FAILED);

    is_int(aicost_error_midway(AICOST_R_AUTH_FAILED),
           AICOST_R_ALL_PROVIDERS_FAILED, "midway: our key");
    is_int(aicost_error_midway(AICOST_R_NO_MONEY),
           AICOST_R_ALL_PROVIDERS_FAILED, "midway: our money");
    is_int(aicost_error_midway(AICOST_R_RATE_LIMITED), AICOST_R_RATE_LIMITED,
           "midway: slow down");
}


static int64_t
after(const char *s, int64_t now)
{
    return aicost_retry_after((const unsigned char *) s, strlen(s), now);
}


static void
retries(void)
{
    is_int(after("7", 0), 7000, "seconds");
    is_int(after(" 7 ", 0), 7000, "spaces");
    is_int(after("1.5", 0), 1500, "a fraction");
    is_int(after("0", 0), 0, "zero");
    is_int(after("601", 0), 600000, "at most 10 minutes");
    is_int(after("99999999999999999999999", 0), 600000, "far above it");
    is_int(after("-1", 0), -1, "negative");
    is_int(after("", 0), -1, "empty");
    is_int(after("soon", 0), -1, "a word");
    is_int(after("1h", 0), -1, "a duration");
    is_int(after("Sun, 06 Nov 1994 08:49:37 GMT", 784111770000), 7000,
           "a date");
    is_int(after("Sunday, 06-Nov-94 08:49:37 GMT", 784111770000), 7000,
           "an old date");
    is_int(after("Sun Nov  6 08:49:37 1994", 784111770000), 7000,
           "a date of asctime");
    is_int(after("Sun, 06 Nov 1994 08:49:37 GMT", 784111778000), 0,
           "a date that is over");
    is_int(after("Thu, 29 Feb 2024 00:00:01 GMT", 1709164800000), 1000,
           "a leap day");
    is_int(after("Sun, 06 Nov 2094 08:49:37 GMT", 0), 600000, "a far date");
    is_int(after("Sun, 06 Foo 1994 08:49:37 GMT", 0), -1, "no month");
    is_int(after("2026-09-22T00:00:00Z", 0), -1, "another form");
    is_int(aicost_retry_after_ms((const unsigned char *) "1500", 4), 1500,
           "milliseconds");
    is_int(aicost_retry_after_ms((const unsigned char *) "x", 1), -1, "none");
}


#define SOME(list)  list[below(&seed, sizeof(list) / sizeof(list[0]))]

static size_t
below(uint64_t *seed, size_t n)
{
    *seed = *seed * 6364136223846793005ULL + 1442695040888963407ULL;

    return (size_t) (*seed >> 33) % n;
}


static char *
put(char *p, const char *s)
{
    size_t  len;

    len = strlen(s);
    memcpy(p, s, len + 1);

    return p + len;
}


/* the quick reader of the tail against the strict one of the whole answer */

static void
test_quick(void)
{
    char                 text[2048], *p;
    uint64_t             seed;
    unsigned             i, k, n, read, wrong;
    aicost_usage_e       one, two;
    aicost_usage_t       a, b;

    static const char  *keys[] = {
        "prompt_tokens", "completion_tokens", "total_tokens",
        "prompt_cache_hit_tokens", "cached_tokens", "audio_tokens",
        "reasoning_tokens", "prompt_tokens_details",
        "completion_tokens_details", "cost", "x\\u0041"
    };
    static const char  *values[] = {
        "0", "1", "17", "1200", "999999999999", "1099511627776",
        "1099511627777", "12345678901234567890", "007", "-1", "1.5", "1e3",
        "null", "\"12\"", "{}", "[1]", "true", "{\"cached_tokens\": 5}",
        "{\"cached_tokens\":7,\"cache_write_tokens\" : 3 } ",
        "{\"reasoning_tokens\":9,\"audio_tokens\":0}", "{\"a\":{\"b\":1}}",
        "{\"cached_tokens\":1,\"cached_tokens\":2}"
    };
    static const char  *spaces[] = { "", "", "", " ", "\n  ", "\t\r\n" };

    seed = 20261129;
    read = 0;
    wrong = 0;

    for (i = 0; i < 200000; i++) {
        p = put(text, "{\"id\":\"a\",\"usage\":");
        p = put(put(p, SOME(spaces)), "{");
        n = (unsigned) below(&seed, 7);

        for (k = 0; k < n; k++) {
            p = put(put(p, k ? "," : ""), SOME(spaces));
            p = put(put(put(p, "\""), SOME(keys)), "\"");
            p = put(put(p, SOME(spaces)), ":");
            p = put(p, SOME(spaces));
            p = put(p, below(&seed, 3) ? values[below(&seed, 5)]
                                       : SOME(values));
            p = put(p, SOME(spaces));
        }

        p = put(put(put(p, "}"), SOME(spaces)), "}");

        one = aicost_usage_answer((unsigned char *) text, (size_t) (p - text),
                                  nodes, NODES, &a);
        two = aicost_usage_tail((unsigned char *) text, (size_t) (p - text),
                                &b);
        read += one == AICOST_USAGE_READ;

        if (one != two || (one == AICOST_USAGE_READ
                           && memcmp(&a, &b, sizeof(a)) != 0))
        {
            printf("# %u, %u: %s\n", one, two, text);
            wrong++;
            break;
        }
    }

    printf("# %u of %u had a usage\n", read, i);
    is_int(wrong, 0, "the end of an answer is read as all of it");
    ok(read > i / 20, "and many of them have something to read");
}


int
main(void)
{
    counts();
    answers();
    events();
    classes();
    tells();
    retries();

    test_quick();

    return done_testing();
}
