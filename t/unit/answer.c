
/*
 * Copyright (C) aicost
 */


#include <stdlib.h>

#include <jansson.h>

#include "aicost_answer.h"
#include "given.h"
#include "tap.h"


static unsigned char  *buf;


static json_t *
error(aicost_reason_e reason, const aicost_str_t *message,
    const aicost_str_t *param)
{
    size_t  len;

    len = aicost_answer_error(buf, reason, message, param);

    return json_loadb((const char *) buf, len, JSON_REJECT_DUPLICATES, NULL);
}


static const char *
member(json_t *root, const char *name)
{
    return json_string_value(json_object_get(json_object_get(root, "error"),
                                             name));
}


static void
objects(void)
{
    size_t        len;
    json_t       *j;
    unsigned      i;
    aicost_str_t  m, p;

    static const struct {
        aicost_reason_e   reason;
        const char       *type;
    } types[] = {
        { AICOST_R_INVALID_JSON, "invalid_request_error" },
        { AICOST_R_MODEL_NOT_FOUND, "invalid_request_error" },
        { AICOST_R_METHOD_NOT_ALLOWED, "invalid_request_error" },
        { AICOST_R_REQUEST_TOO_LARGE, "invalid_request_error" },
        { AICOST_R_UNSUPPORTED_MEDIA_TYPE, "invalid_request_error" },
        { AICOST_R_INVALID_API_KEY, "authentication_error" },
        { AICOST_R_BUDGET_EXCEEDED, "insufficient_quota" },
        { AICOST_R_KILL_SWITCH, "permission_error" },
        { AICOST_R_RATE_LIMIT_EXCEEDED, "rate_limit_error" },
        { AICOST_R_UNKNOWN_TIER, "server_error" },
        { AICOST_R_STORE_UNAVAILABLE, "server_error" },
        { AICOST_R_NO_MONEY, "insufficient_quota" }
    };

    m = str("budget \"day\" is spent\n");
    p = str("model");

    len = aicost_answer_error(buf, AICOST_R_BUDGET_EXCEEDED, &m, NULL);
    is_mem(buf, len, "{\"error\":{\"message\":\"budget \\\"day\\\" is spent"
           "\\u000a\",\"type\":\"insufficient_quota\",\"param\":null,\"code\":"
           "\"budget_exceeded\"}}", "an error");

    for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        j = error(types[i].reason, &m, &p);
        is_str(member(j, "type"), types[i].type, types[i].type);
        is_str(member(j, "code"), aicost_reason_word(types[i].reason), "code");
        is_str(member(j, "param"), "model", "param");
        json_decref(j);
    }
}


static void
cuts(void)
{
    size_t         i, n, all;
    json_t        *j;
    aicost_str_t   m, p;

    static const char *const  chars[] = {
        "x", "\"", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "\x01",
        "\xff"
    };

    m.data = malloc(20000);
    p.data = malloc(20000);

    for (i = 0; i < sizeof(chars) / sizeof(chars[0]); i++) {
        n = strlen(chars[i]);

        for (all = 0; all + n <= 20000; all += n) {
            memcpy(m.data + all, chars[i], n);
            memcpy(p.data + all, chars[i], n);
        }

        m.len = all;
        p.len = all;

        j = error(AICOST_R_INVALID_PARAMETER, &m, &p);
        ok(j != NULL, "a long message is valid JSON");
        ok(member(j, "message") && strlen(member(j, "message")) > 1000,
           "and not cut much");
        json_decref(j);

        ok(aicost_answer_error(buf, AICOST_R_INVALID_PARAMETER, &m, &p)
           <= AICOST_ANSWER_MAX, "within its buffer");
    }

    memcpy(m.data, "a\xed\xa0\x80z\xc0\xaf\xf4\x90\x80\x80\xe0\x80\x80", 14);
    m.len = 14;
    j = error(AICOST_R_INVALID_PARAMETER, &m, NULL);
    ok(j != NULL, "surrogates and overlong forms are not let through");
    json_decref(j);

    memcpy(m.data, "\xe2\x82", 2);
    m.len = 2;
    j = error(AICOST_R_INVALID_PARAMETER, &m, NULL);
    is_str(member(j, "message"), "\xef\xbf\xbd\xef\xbf\xbd",
           "half a character");
    json_decref(j);

    m.len = 0;
    j = error(AICOST_R_INVALID_PARAMETER, &m, NULL);
    is_str(member(j, "message"), "", "no message");
    json_decref(j);

    free(m.data);
    free(p.data);
}


static void
streams(void)
{
    char             id[2000];
    size_t           len;
    aicost_str_t     m;
    aicost_event_t   e;

    m = str("no luck");
    len = aicost_answer_stream_error(buf, AICOST_R_ALL_PROVIDERS_FAILED, &m);
    is_mem(buf, len, "data: {\"error\":{\"message\":\"no luck\",\"type\":"
           "\"server_error\",\"param\":null,\"code\":\"all_providers_failed\""
           "}}\n\ndata: [DONE]\n\n", "an error in a stream");

    memset(&e, 0, sizeof(aicost_event_t));
    e.id = str("chatcmpl-1\\u0041");
    e.model = str("gpt-4o-mini");
    e.created = 1694268190;

    len = aicost_answer_cut(buf, AICOST_EP_CHAT, &e);
    is_mem(buf, len, "data: {\"id\":\"chatcmpl-1\\u0041\",\"object\":"
           "\"chat.completion.chunk\",\"created\":1694268190,\"model\":"
           "\"gpt-4o-mini\",\"choices\":[{\"index\":0,\"delta\":{},"
           "\"logprobs\":null,\"finish_reason\":\"length\"}]}\n\n"
           "data: [DONE]\n\n", "the end of a chat");

    len = aicost_answer_cut(buf, AICOST_EP_COMPLETIONS, NULL);
    is_mem(buf, len, "data: {\"id\":\"cmpl-aicost\",\"object\":"
           "\"text_completion\",\"created\":0,\"model\":\"\",\"choices\":[{"
           "\"index\":0,\"text\":\"\",\"logprobs\":null,\"finish_reason\":"
           "\"length\"}]}\n\ndata: [DONE]\n\n", "the end of a completion");

    memset(id, 'x', sizeof(id));
    e.id.data = (unsigned char *) id;
    e.id.len = sizeof(id);
    e.model = e.id;
    len = aicost_answer_cut(buf, AICOST_EP_CHAT, &e);
    ok(len < 500, "an absurd id is left out");
}


int
main(void)
{
    /* a heap block of just its size: writes beyond it are seen */

    buf = malloc(AICOST_ANSWER_MAX);

    objects();
    cuts();
    streams();

    free(buf);

    return done_testing();
}
