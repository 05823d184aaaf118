
/*
 * Copyright (C) aicost
 */


#include <stdlib.h>

#include "tap.h"
#include "aicost_request.h"


#define NODES  16384

#define CHAT   AICOST_EP_CHAT
#define COMPL  AICOST_EP_COMPLETIONS
#define EMBED  AICOST_EP_EMBEDDINGS

#define HEAD   "{\"model\":\"m\",\"messages\":[{\"role\":\"user\","          \
               "\"content\":\"hi\"}]"


static aicost_json_t       j;
static aicost_json_node_t  nodes[NODES];
static aicost_request_t    q;
static char                body[1 << 18];


static int
get(aicost_endpoint_e ep, const char *s)
{
    aicost_json_init(&j, (const unsigned char *) s, strlen(s), nodes, NODES);

    if (aicost_json_run(&j, (size_t) -1) != AICOST_OK) {
        printf("# no strict JSON: %s\n", s);
        return AICOST_DECLINED;
    }

    return aicost_request_read(&q, ep, &j, NULL);
}


static void
good(aicost_endpoint_e ep, const char *s)
{
    if (!ok(get(ep, s) == AICOST_OK, s)) {
        printf("#   %s: %.*s\n", aicost_reason_word(q.reason),
               (int) q.param.len, (char *) q.param.data);
    }
}


static void
bad(aicost_endpoint_e ep, aicost_reason_e reason, const char *param,
    const char *s)
{
    int  rc;

    rc = get(ep, s);

    if (!ok(rc == AICOST_ERROR && q.reason == reason
            && q.param.len == strlen(param)
            && memcmp(q.param.data, param, q.param.len) == 0, s))
    {
        printf("#   rc %d, %s: %.*s\n", rc, aicost_reason_word(q.reason),
               (int) q.param.len, (char *) q.param.data);
    }
}


#define invalid(ep, param, s)  bad(ep, AICOST_R_INVALID_PARAMETER, param, s)
#define missing(ep, param, s)  bad(ep, AICOST_R_MISSING_PARAMETER, param, s)
#define refused(ep, param, s)                                                 \
    bad(ep, AICOST_R_PARAMETER_NOT_ALLOWED, param, s)
#define twofold(ep, param, s)  bad(ep, AICOST_R_AMBIGUOUS_MEMBER, param, s)


static void
endpoints(void)
{
    size_t         i;
    const char    *allow;
    aicost_str_t   model;

    static const struct {
        const char         *path;
        size_t              prefix;
        aicost_endpoint_e   ep;
    } paths[] = {
        { "/v1/chat/completions", 4, CHAT },
        { "/v1/completions", 1, COMPL },
        { "/v1/embeddings", 0, EMBED },
        { "/v1/models", 4, AICOST_EP_MODELS },
        { "/v1beta/models", 8, AICOST_EP_GENERATE_MODELS },
        { "/ai/v1beta/models", 4, AICOST_EP_GENERATE_MODELS },
        { "/v1beta/models/", 8, AICOST_EP_NONE },
        { "/v1beta/chat/completions", 8, AICOST_EP_NONE },
        { "/v1beta/models/m:countTokens", 8, AICOST_EP_GENERATE_COUNT },
        { "/v1/models/m:countTokens", 4, AICOST_EP_GENERATE_COUNT },
        { "/v1:countTokens", 4, AICOST_EP_NONE },
        { "/v1:generateContent", 4, AICOST_EP_NONE },
        { "/v1/aicost/outcome", 4, AICOST_EP_OUTCOME },
        { "/ai/v1/chat/completions", 4, CHAT },
        { "/ai/v1/chat/completions", 3, CHAT },
        { "/ai/v1/chat/completions", 1, AICOST_EP_NONE },
        { "/v1/chat/completions/", 4, AICOST_EP_NONE },
        { "/v1/Chat/completions", 4, AICOST_EP_NONE },
        { "/v1/chat/completionsx", 4, AICOST_EP_NONE },
        { "/v1/files", 4, AICOST_EP_NONE },
        { "/v1/", 4, AICOST_EP_NONE },
        { "/v1", 9, AICOST_EP_NONE },
        { "", 0, AICOST_EP_NONE }
    };

    for (i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        is_int(aicost_endpoint((const unsigned char *) paths[i].path,
                               strlen(paths[i].path), paths[i].prefix, &allow,
                               &model),
               paths[i].ep, paths[i].path);
    }

    (void) aicost_endpoint((const unsigned char *) "/v1/models", 10, 0,
                           &allow, &model);
    is_str(allow, "GET", "models are read");
    is_int(aicost_endpoint((const unsigned char *)
                           "/ai/v1beta/models/gemini-3:x:streamGenerateContent",
                           50, 4, &allow, &model),
           AICOST_EP_GENERATE_STREAM, "Gemini's stream");
    is_int(model.len == 10 && memcmp(model.data, "gemini-3:x", 10) == 0, 1,
           "its model");
    is_int(aicost_endpoint((const unsigned char *)
                           "/v1/models/gemini-3:generateContent", 35, 4,
                           &allow, &model),
           AICOST_EP_GENERATE, "Gemini's without beta");
    is_int(model.len == 8 && memcmp(model.data, "gemini-3", 8) == 0, 1,
           "its model");
    is_int(aicost_endpoint((const unsigned char *)
                           "/v1beta/models/generateContent", 30, 0, &allow,
                           &model), AICOST_EP_NONE, "no model");
    is_int(aicost_endpoint((const unsigned char *) "/v1/messages", 12, 0,
                           &allow, &model), AICOST_EP_MESSAGES, "messages");
    is_str(aicost_endpoint_path(CHAT), "/chat/completions", "path");
}


static void
top_level(void)
{
    good(CHAT, HEAD "}");
    is_mem(q.model.data, q.model.len, "m", "model");
    is_int(q.cap, -1, "no cap");
    is_int(q.choices, 1, "one choice");
    ok(!q.stream && !q.include_usage && !q.needs && !q.extra.len, "plain");

    good(CHAT, HEAD ",\"max_tokens\":5,\"n\":3,\"stream\":true,"
               "\"stream_options\":{\"include_usage\":true},\"seed\":1,"
               "\"functions\":null,\"logit_bias\":{\"1\":-100},\"user\":\"u\","
               "\"store\":true,\"metadata\":{\"A\":1,\"a\":2},"
               "\"prompt_cache_key\":\"k\",\"service_tier\":\"auto\","
               "\"modalities\":[\"text\"],\"audio\":null}");
    is_int(q.cap, 5, "cap");
    is_int(q.choices, 3, "choices");
    ok(q.stream && q.include_usage, "a stream with usage");

    good(CHAT, HEAD ",\"max_tokens\":7,\"max_completion_tokens\":7}");
    good(CHAT, HEAD ",\"max_tokens\":null,\"max_completion_tokens\":7}");
    is_int(q.cap, 7, "null is absent");
    good(CHAT, HEAD ",\"max_tokens\":10000000,\"n\":8}");
    good(CHAT, HEAD ",\"n\":null,\"stream\":null,\"stream_options\":null}");

    invalid(CHAT, "max_completion_tokens",
            HEAD ",\"max_tokens\":7,\"max_completion_tokens\":8}");
    invalid(CHAT, "max_tokens", HEAD ",\"max_tokens\":0}");
    invalid(CHAT, "max_tokens", HEAD ",\"max_tokens\":-1}");
    invalid(CHAT, "max_tokens", HEAD ",\"max_tokens\":10000001}");
    invalid(CHAT, "max_tokens", HEAD ",\"max_tokens\":1.0}");
    invalid(CHAT, "max_tokens", HEAD ",\"max_tokens\":1e3}");
    invalid(CHAT, "max_tokens", HEAD ",\"max_tokens\":\"5\"}");
    invalid(CHAT, "max_tokens", HEAD ",\"max_tokens\":[5]}");
    invalid(CHAT, "n", HEAD ",\"n\":9}");
    invalid(CHAT, "n", HEAD ",\"n\":0}");
    invalid(CHAT, "stream", HEAD ",\"stream\":1}");
    invalid(CHAT, "stream_options", HEAD ",\"stream_options\":[]}");
    invalid(CHAT, "include_usage",
            HEAD ",\"stream_options\":{\"include_usage\":1}}");

    missing(CHAT, "model", "{\"messages\":[{\"role\":\"user\"}]}");
    missing(CHAT, "messages", "{\"model\":\"m\"}");
    missing(CHAT, "messages", "{\"model\":\"m\",\"messages\":null}");
    missing(COMPL, "prompt", "{\"model\":\"m\"}");
    missing(EMBED, "input", "{\"model\":\"m\"}");
    missing(CHAT, "model", "{}");
    bad(CHAT, AICOST_R_INVALID_JSON, "", "[]");
    bad(CHAT, AICOST_R_INVALID_JSON, "", "null");
    invalid(CHAT, "messages", "{\"model\":\"m\",\"messages\":[]}");
    invalid(CHAT, "messages", "{\"model\":\"m\",\"messages\":\"hi\"}");
    invalid(CHAT, "messages", "{\"model\":\"m\",\"messages\":[1,2]}");

    invalid(CHAT, "model", "{\"model\":\"\"}");
    invalid(CHAT, "model", "{\"model\":null}");
    invalid(CHAT, "model", "{\"model\":\"a b\"}");
    invalid(CHAT, "model", "{\"model\":\"a\\u0062\"}");
    invalid(CHAT, "model", "{\"model\":\"\xc3\xa9\"}");
}


static void
strictness(void)
{
    size_t  n, i;

    twofold(CHAT, "Model", "{\"Model\":\"m\"}");
    twofold(CHAT, "Model", "{\"model\":\"m\",\"Model\":\"m\"}");
    twofold(CHAT, "mo\\u0064el", "{\"mo\\u0064el\":\"m\"}");
    twofold(CHAT, "max_to\xe2\x84\xaa""ens",
            HEAD ",\"max_to\xe2\x84\xaa""ens\":5}");
    twofold(CHAT, "X", HEAD ",\"x\":5,\"X\":5}");
    twofold(CHAT, "Role", "{\"model\":\"m\",\"messages\":[{\"Role\":1}]}");
    twofold(CHAT, "Type", "{\"model\":\"m\",\"messages\":[{\"content\":"
                          "[{\"Type\":\"text\"}]}]}");
    twofold(CHAT, "URL", "{\"model\":\"m\",\"messages\":[{\"content\":"
                         "[{\"image_url\":{\"URL\":\"x\"}}]}]}");
    twofold(CHAT, "Name", HEAD ",\"tools\":[{\"function\":{\"Name\":1}}]}");
    twofold(CHAT, "Include_usage",
            HEAD ",\"stream_options\":{\"Include_usage\":true}}");
    twofold(CHAT, "Type", HEAD ",\"response_format\":{\"Type\":\"text\"}}");

    good(CHAT, HEAD ",\"tools\":[{\"type\":\"function\",\"function\":{"
               "\"name\":\"f\",\"parameters\":{\"a\":1,\"A\":2,\"\\u0062\":3}}"
               "}]}");

    good(CHAT, HEAD ",\"top_k\":5,\"min_p\":1}");
    is_mem(q.extra.data, q.extra.len, "top_k", "the first extra member");
    refused(CHAT, "", HEAD ",\"\":1}");

    refused(CHAT, "api_base", HEAD ",\"api_base\":\"http://x\"}");
    refused(CHAT, "api_key", HEAD ",\"x\":1,\"api_key\":null}");
    refused(CHAT, "API_Key", HEAD ",\"API_Key\":\"x\"}");
    refused(CHAT, "fallbacks", HEAD ",\"fallbacks\":[]}");
    refused(CHAT, "aws_region_name", HEAD ",\"aws_region_name\":\"x\"}");
    refused(EMBED, "base_url",
            "{\"model\":\"m\",\"input\":\"x\",\"base_url\":\"x\"}");
    refused(CHAT, "service_tier", HEAD ",\"service_tier\":\"turbo\"}");
    refused(CHAT, "service_tier", HEAD ",\"service_tier\":7}");
    good(CHAT, HEAD ",\"service_tier\":null}");
    is_int(q.service, AICOST_SERVICE_AUTO, "null says nothing");
    good(CHAT, HEAD ",\"service_tier\":\"flex\"}");
    is_int(q.service, AICOST_SERVICE_FLEX, "flex");
    good(CHAT, HEAD ",\"service_tier\":\"fast\"}");
    is_int(q.service, AICOST_SERVICE_PRIORITY, "fast is priority");
    refused(CHAT, "web_search_options", HEAD ",\"web_search_options\":{}}");
    refused(CHAT, "audio", HEAD ",\"audio\":{}}");
    refused(CHAT, "prediction", HEAD ",\"prediction\":{}}");
    refused(CHAT, "modalities", HEAD ",\"modalities\":[\"text\",\"audio\"]}");
    refused(CHAT, "type", HEAD ",\"tools\":[{\"type\":\"web_search\"}]}");
    refused(CHAT, "type", "{\"model\":\"m\",\"messages\":[{\"content\":"
                          "[{\"type\":\"input_audio\"}]}]}");
    refused(CHAT, "file", "{\"model\":\"m\",\"messages\":[{\"content\":"
                          "[{\"file\":{\"file_id\":\"f\"}}]}]}");
    refused(CHAT, "audio", "{\"model\":\"m\",\"messages\":[{\"role\":"
                           "\"assistant\",\"audio\":{\"id\":\"a\"}}]}");
    invalid(CHAT, "content", "{\"model\":\"m\",\"messages\":[{\"content\":5}"
                             "]}");
    invalid(CHAT, "type", "{\"model\":\"m\",\"messages\":[{\"content\":"
                          "[{\"text\":\"x\"}]}]}");
    invalid(CHAT, "url", "{\"model\":\"m\",\"messages\":[{\"content\":"
                         "[{\"type\":\"image_url\",\"image_url\":{\"url\":"
                         "\"file:///etc/passwd\"}}]}]}");

    n = (size_t) snprintf(body, 64, "{\"model\":\"m\",\"messages\":[");

    for (i = 0; i < 4097; i++) {
        n += (size_t) snprintf(body + n, 8, "{},");

        if (i == 4095) {
            memcpy(body + n - 1, "]}", 3);
            ok(get(CHAT, body) == AICOST_OK, "4096 messages");
            body[n - 1] = ',';
        }
    }

    memcpy(body + n - 1, "]}", 3);
    ok(get(CHAT, body) == AICOST_ERROR
       && q.reason == AICOST_R_TOO_MANY_MESSAGES, "4097 messages");
}


/* every byte of a text names the conversation, up to 4096, and its length */

static void
naming(void)
{
    char     *text;
    size_t    i, len;
    unsigned  alike;
    uint64_t  prefix, shorter;

    alike = 0;
    shorter = 0;

    for (len = 1; len < 100; len++) {
        i = (size_t) snprintf(body, sizeof(body), "{\"model\":\"m\","
                              "\"input\":\"%*s\"}", (int) len, "");
        text = body + i - 2 - len;

        (void) get(EMBED, body);
        prefix = q.prefix;
        alike += (prefix == shorter);
        shorter = prefix;

        for (i = 0; i < len; i++) {
            text[i] = '!';
            alike += (get(EMBED, body) != AICOST_OK || q.prefix == prefix);
            text[i] = ' ';
        }
    }

    is_int(alike, 0, "each byte names the conversation");

    (void) snprintf(body, sizeof(body), "{\"input\":\"%5000s\",\"model\":"
                    "\"m\"}", "");
    text = body + sizeof("{\"input\":\"") - 1;
    (void) get(EMBED, body);
    prefix = q.prefix;
    text[4096] = '!';
    (void) get(EMBED, body);
    ok(q.prefix == prefix, "what comes late does not");
    text[4095] = '!';
    (void) get(EMBED, body);
    ok(q.prefix != prefix, "the last that does");
}


static void
counting(void)
{
    size_t                n, data;
    uint64_t              prefix;
    aicost_token_model_t  m;

    memset(&m, 0, sizeof(m));

    good(CHAT, "{\"model\":\"m\",\"messages\":[{\"role\":\"system\","
               "\"content\":\"be brief\"},{\"role\":\"user\",\"content\":"
               "\"hi\"}]}");
    prefix = q.prefix;
    is_int(q.text.messages, 2, "messages");
    good(CHAT, "{\"messages\":[{\"content\":\"be brief\",\"role\":"
               "\"developer\"},{\"role\":\"user\",\"content\":[{\"type\":"
               "\"text\",\"text\":\"hi\"}]},{\"role\":\"assistant\",\"content\""
               ":\"yes?\"},{\"role\":\"user\",\"content\":\"more\"}],"
               "\"model\":\"m\"}");
    ok(q.prefix == prefix, "the conversation keeps its name");
    good(CHAT, "{\"model\":\"m\",\"messages\":[{\"role\":\"system\","
               "\"content\":\"be brief\"},{\"role\":\"user\",\"content\":"
               "\"ho\"}]}");
    ok(q.prefix != prefix, "another has another");

    /* a message is its own role and content */

    good(CHAT, "{\"model\":\"m\",\"messages\":[{\"content\":\"hi\"},{"
               "\"role\":\"user\"},{\"content\":\"hi\"}]}");
    prefix = q.prefix;
    good(CHAT, "{\"model\":\"m\",\"messages\":[{\"content\":\"ho\"},{"
               "\"role\":\"user\"},{\"content\":\"ho\"}]}");
    ok(q.prefix == prefix, "one without a role begins no conversation");
    invalid(AICOST_EP_RESPONSES, "input",
            "{\"model\":\"m\",\"input\":[{\"role\":\"user\",\"content\":"
            "\"a\"},{\"content\":\"b\"}]}");

    /* an image in the body is no text */

    n = (size_t) snprintf(body, 200, "{\"model\":\"m\",\"messages\":[{\"role\":"
                         "\"user\",\"content\":[{\"type\":\"image_url\","
                         "\"image_url\":{\"detail\":\"low\",\"url\":"
                         "\"data:image\\/png;base64,");
    data = 100000;
    memset(body + n, 'A', data);
    snprintf(body + n + data, 16, "\"}}]}]}");
    ok(get(CHAT, body) == AICOST_OK, "an image");
    ok(q.text.bytes < 200, "its bytes are not counted");
    ok(q.needs == AICOST_CAN_VISION && q.text.images == 1, "it needs vision");
    ok(aicost_tokens_upper(&q.text, &m) > 50000, "its bound is");
    ok(aicost_tokens_estimate(&q.text, &m) < 2000, "so is its estimate");

    good(CHAT, HEAD ",\"tools\":[]}");
    is_int(q.needs, 0, "no tools");
    good(CHAT, HEAD ",\"tools\":[{\"type\":\"function\",\"function\":{"
               "\"name\":\"get_weather\",\"description\":\"d\"}},{\"type\":"
               "\"custom\",\"custom\":{\"name\":\"x\"}}],\"response_format\":"
               "{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"s\"}}}");
    is_int(q.needs, AICOST_CAN_TOOLS | AICOST_CAN_JSON_SCHEMA, "needs");
    is_int(q.text.tools, 2, "tools");
    is_int((long long) q.text.raw, 125, "bytes of JSON that are read");

    good(CHAT, "{\"model\":\"m\",\"messages\":[{\"role\":\"assistant\","
               "\"content\":null,\"refusal\":null,\"tool_calls\":[{\"id\":"
               "\"1\",\"type\":\"function\",\"function\":{\"name\":\"f\","
               "\"arguments\":\"{\\\"a\\\":1}\"}}]},{\"role\":\"tool\","
               "\"tool_call_id\":\"1\",\"content\":\"ok\"}]}");

    /*
     * Why the bound holds: it counts every byte of the body but those of image
     * data and token ids, and adds what is known for these.
     */

    is_int((long long) q.text.bytes, j.len, "the whole body");
    is_int(aicost_tokens_upper(&q.text, &m), (int64_t) j.len + 64 + 2 * 16,
           "and what is put around it");

    good(EMBED, "{\"model\":\"m\",\"input\":\"x\"}");
    ok(!q.multi_input, "one input");
    good(EMBED, "{\"model\":\"m\",\"input\":[\"x\",\"y\",\"z\"]}");
    ok(q.multi_input && q.choices == 1, "three");
    good(EMBED, "{\"model\":\"m\",\"input\":[1,2,3]}");
    ok(!q.multi_input && q.text.numbers == 3, "token ids are one input");
    is_int((long long) q.text.bytes, j.len - 5, "and no text");
    good(EMBED, "{\"model\":\"m\",\"input\":[[1,2,3],[4]]}");
    ok(q.multi_input && q.text.numbers == 4, "two of them");
    invalid(EMBED, "input", "{\"model\":\"m\",\"input\":[]}");
    invalid(EMBED, "input", "{\"model\":\"m\",\"input\":[1,\"x\"]}");
    invalid(EMBED, "input", "{\"model\":\"m\",\"input\":[\"x\",1]}");
    invalid(EMBED, "input", "{\"model\":\"m\",\"input\":[1.5]}");
    invalid(EMBED, "input", "{\"model\":\"m\",\"input\":[[1],[\"x\"]]}");
    invalid(EMBED, "input", "{\"model\":\"m\",\"input\":[[]]}");
    invalid(EMBED, "input", "{\"model\":\"m\",\"input\":{}}");

    good(COMPL, "{\"model\":\"m\",\"prompt\":\"x\",\"n\":2,\"best_of\":4,"
                "\"echo\":true,\"suffix\":\"y\",\"max_tokens\":9}");
    is_int(q.choices, 4, "best_of");
    good(COMPL, "{\"model\":\"m\",\"prompt\":[\"x\",\"y\"],\"n\":4}");
    is_int(q.choices, 8, "each prompt is answered");
    invalid(COMPL, "prompt", "{\"model\":\"m\",\"prompt\":[\"x\",\"y\",\"z\"],"
                             "\"n\":4}");
}


/* applies edits; the body as it is sent */

static const char *
edited(const aicost_target_t *t)
{
    char                 *p;
    uint32_t              i, n, from;
    static char           out[1 << 16];
    aicost_edit_t         edits[AICOST_MAX_EDITS];
    static unsigned char  scratch[AICOST_EDIT_SCRATCH];

    n = aicost_request_edits(&q, t, edits, scratch);
    p = out;
    from = 0;

    for (i = 0; i < n; i++) {
        if (edits[i].off < from) {
            return "edits out of order";
        }

        memcpy(p, j.data + from, edits[i].off - from);
        p += edits[i].off - from;
        memcpy(p, edits[i].text.data, edits[i].text.len);
        p += edits[i].text.len;
        from = edits[i].off + edits[i].len;
    }

    memcpy(p, j.data + from, j.len - from);
    p[j.len - from] = '\0';

    return out;
}


static void
edit(aicost_endpoint_e ep, const char *in, const char *model, int64_t cap,
    unsigned usage, unsigned legacy, const char *expected)
{
    aicost_target_t  t;

    memset(&t, 0, sizeof(t));
    t.model.data = (unsigned char *) (uintptr_t) model;
    t.model.len = strlen(model);
    t.cap = cap;
    t.include_usage = usage & 1;
    t.legacy_cap = legacy & 1;

    if (!ok(get(ep, in) == AICOST_OK, "read")) {
        return;
    }

    is_str(edited(&t), expected, expected);
    snprintf(body, sizeof(body), "%s", expected);
    ok(get(ep, body) == AICOST_OK, "and read again");
    is_mem(q.model.data, q.model.len, model, "the model");
    ok(ep == EMBED || cap == -1 || q.cap == cap, "the cap");
    ok(!usage || !q.stream || q.include_usage, "the usage");
}


static void
edits(void)
{
    edit(CHAT, " { \"model\" : \"a\", \"messages\":[ {}]}", "b/c", -1, 1, 0,
         " { \"model\" : \"b/c\", \"messages\":[ {}]}");
    edit(CHAT, "{\"messages\":[{}],\"model\":\"a\"}", "a", 50, 1, 0,
         "{\"max_completion_tokens\":50,\"messages\":[{}],\"model\":\"a\"}");
    edit(CHAT, "{\"messages\":[{}],\"model\":\"a\"}", "a", 50, 1, 1,
         "{\"max_tokens\":50,\"messages\":[{}],\"model\":\"a\"}");
    edit(COMPL, "{\"prompt\":\"\",\"model\":\"a\"}", "a", 10000000, 1, 0,
         "{\"max_tokens\":10000000,\"prompt\":\"\",\"model\":\"a\"}");
    edit(CHAT, "{\"max_tokens\":9,\"model\":\"a\",\"messages\":[{}],"
               "\"max_completion_tokens\":null}", "zz", 5, 0, 0,
         "{\"max_tokens\":5,\"model\":\"zz\",\"messages\":[{}],"
         "\"max_completion_tokens\":5}");
    edit(CHAT, "{\"max_completion_tokens\":9,\"model\":\"a\","
               "\"messages\":[{}]}", "a", -1, 0, 1,
         "{\"max_tokens\":9,\"max_completion_tokens\":9,\"model\":\"a\","
         "\"messages\":[{}]}");
    edit(CHAT, "{\"max_completion_tokens\":9,\"model\":\"a\","
               "\"messages\":[{}]}", "a", 4, 0, 1,
         "{\"max_tokens\":4,\"max_completion_tokens\":4,\"model\":\"a\","
         "\"messages\":[{}]}");
    edit(EMBED, "{\"input\":\"\",\"model\":\"a\"}", "b", 50, 1, 0,
         "{\"input\":\"\",\"model\":\"b\"}");

    edit(CHAT, "{\"stream\":true,\"model\":\"a\",\"messages\":[{}]}", "a", -1,
         1, 0, "{\"stream_options\":{\"include_usage\":true},\"stream\":true,"
         "\"model\":\"a\",\"messages\":[{}]}");
    edit(CHAT, "{\"stream\":true,\"model\":\"a\",\"messages\":[{}]}", "b", 7,
         1, 0, "{\"max_completion_tokens\":7,\"stream_options\":"
         "{\"include_usage\":true},\"stream\":true,"
         "\"model\":\"b\",\"messages\":[{}]}");
    edit(CHAT, "{\"stream_options\":{ },\"stream\":true,\"model\":\"a\","
               "\"messages\":[{}]}", "a", -1, 1, 0,
         "{\"stream_options\":{\"include_usage\":true },\"stream\":true,"
         "\"model\":\"a\",\"messages\":[{}]}");
    edit(CHAT, "{\"stream_options\":null,\"stream\":true,\"model\":\"a\","
               "\"messages\":[{}]}", "a", -1, 1, 0,
         "{\"stream_options\":{\"include_usage\":true},\"stream\":true,"
         "\"model\":\"a\",\"messages\":[{}]}");
    edit(CHAT, "{\"stream_options\":{\"include_obfuscation\":false},"
               "\"stream\":true,\"model\":\"a\",\"messages\":[{}]}", "a", -1,
         1, 0, "{\"stream_options\":{\"include_usage\":true,"
         "\"include_obfuscation\":false},\"stream\":true,\"model\":\"a\","
         "\"messages\":[{}]}");
    edit(CHAT, "{\"stream_options\":{\"include_usage\":false},"
               "\"stream\":true,\"model\":\"a\",\"messages\":[{}]}", "a", -1,
         1, 0, "{\"stream_options\":{\"include_usage\":true},\"stream\":true,"
         "\"model\":\"a\",\"messages\":[{}]}");
    edit(CHAT, "{\"stream\":false,\"model\":\"a\",\"messages\":[{}]}", "a", -1,
         1, 0, "{\"stream\":false,\"model\":\"a\",\"messages\":[{}]}");
}


int
main(void)
{
    endpoints();
    top_level();
    strictness();
    naming();
    counting();
    edits();

    return done_testing();
}
