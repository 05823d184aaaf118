
/*
 * Copyright (C) aicost
 */


#include "api_gemini_answer.h"


static void
test_answers(void)
{
    char           name[64];
    uint32_t       i, n;
    aicost_hear_t  h;

    for (i = 0; i < COUNT(answers); i++) {
        (void) snprintf(name, sizeof(name), "answer %u", i);
        load_quoted(&one, answers[i].answer);
        ok(parse(&one) == AICOST_OK && hear(&one) == AICOST_OK, name);
        heard(answers[i].heard, name);

        memset(&h, 0, sizeof(aicost_hear_t));
        ok(api->hear(&h, &one.j, says, 1, &n) == AICOST_DECLINED
           && n == nsays, "says is too small");
        ok(api->hear(&h, &one.j, says, n, &n) == AICOST_OK && n == nsays,
           "says is enough then");

        tell();

        if (answers[i].told) {
            ok(hear(&two) == AICOST_OK, "heard again");
            heard(answers[i].heard, "heard again");
        }
    }

    load_quoted(&one, "{'error':{'code':429,'message':'slow\\n'}}");
    (void) parse(&one);
    (void) hear(&one);
    tell();
    same("{'error':{'code':429,'message':'slow\\n','status':"
         "'RESOURCE_EXHAUSTED','details':[{'@type':"
         "'type.googleapis.com/google.rpc.ErrorInfo','reason':"
         "'rate_limited','domain':'aicost','metadata':{}}]}}", "an error");

    load_quoted(&one, "{'id':'x','choices':[]}");
    (void) parse(&one);
    ok(hear(&one) == AICOST_ERROR, "an answer of another shape");
    load_quoted(&one, "[1]");
    (void) parse(&one);
    ok(hear(&one) == AICOST_ERROR, "no answer");
}


static void
whole(size_t size, const char *args, const char *name)
{
    char           expected[512];
    aicost_out_t   o;
    aicost_tell_t  t;

    teller(&t);
    t.size = size;
    t.model.data = (unsigned char *) (uintptr_t) "ours";
    t.model.len = 4;

    o = out();
    api->tell(&t, says, nsays, &o);

    if (args == NULL) {
        ok(o.failed, name);
        return;
    }

    (void) snprintf(expected, sizeof(expected),
                    "{'candidates':[{'content':{'parts':[{'functionCall':"
                    "{'id':'call_abc_0','name':'f','args':%s}},"
                    "{'functionCall':{'id':'call_abc_1','name':'g',"
                    "'args':{'b':2}}}],'role':'model'},'finishReason':'STOP',"
                    "'index':0}],'modelVersion':'ours','responseId':'abc'}",
                    args);
    load(&two, (char *) room, o.len);
    same(expected, name);
}


/* arguments of a whole answer, in pieces */

static void
test_pieces(void)
{
    nsays = 0;
    said(AICOST_SAYS_START, 0, str("theirs"));
    said(AICOST_SAYS_CALL, 0, str("f"));
    said(AICOST_SAYS_CALL, 1, str("g"));
    said(AICOST_SAYS_ARGUMENTS, 0, str(""));
    said(AICOST_SAYS_ARGUMENTS, 0, str("{\\\"a"));
    said(AICOST_SAYS_ARGUMENTS, 1, str("{\\\"b\\\":2}"));
    said(AICOST_SAYS_ARGUMENTS, 0, str("\\\": [1, "));
    said(AICOST_SAYS_ARGUMENTS, 0, aicost_piece_word("2]}"));

    whole(64, "{'a':[1,2]}", "pieces are put together");
    whole(14, NULL, "keep is too small for them");
    whole(3, NULL, "keep is too small for the first");

    said(AICOST_SAYS_ARGUMENTS, 0, json("{\"c\": 3}"));
    whole(64, "{'c':3}", "what is whole stands for itself");
    said(AICOST_SAYS_ARGUMENTS, 0, str("more"));
    whole(64, "{'c':3}", "and nothing follows it");
    said(AICOST_SAYS_ARGUMENTS, 0, json("[3]"));
    whole(64, "{}", "no object");
}


/* more calls than an answer may have */

static void
test_many(void)
{
    char      *p, *q;
    uint32_t   i, n;

    static const char  head[] = "{\"candidates\":[{\"content\":"
                                "{\"parts\":[";
    static const char  call[] = "{\"functionCall\":{\"name\":\"f\"}},";

    for (n = AICOST_FORM_CALLS; n <= AICOST_FORM_CALLS + 1; n++) {
        p = malloc(128 + n * sizeof(call));
        q = p + sizeof(head) - 1;
        memcpy(p, head, sizeof(head) - 1);

        for (i = 0; i < n; i++) {
            memcpy(q, call, sizeof(call) - 1);
            q += sizeof(call) - 1;
        }

        memcpy(q - 1, "]}}]}", 5);
        load(&one, p, (size_t) (q + 4 - p));
        free(p);

        ok(parse(&one) == AICOST_OK, "many calls");
        is_int(hear(&one),
               n == AICOST_FORM_CALLS ? AICOST_OK : AICOST_ERROR,
               "calls of an answer have a cap");
    }
}


static void
test_errors(void)
{
    char          expected[128];
    uint32_t      i;
    aicost_out_t  o;
    aicost_str_t  message, param;

    static const struct {
        const char  *raw;
        const char  *told;
    } odd[] = {
        { "\x80x", "\\ufffdx" },
        { "\xc1\x81", "\\ufffd\\ufffd" },
        { "\xc3(", "\\ufffd(" },
        { "\xc3", "\\ufffd" },
        { "\xe0\x80\x80", "\\ufffd\\ufffd\\ufffd" },
        { "\xe2\x82\xac", "\xe2\x82\xac" },
        { "\xe2\x82(", "\\ufffd\\ufffd(" },
        { "\xed\xa0\x80", "\\ufffd\\ufffd\\ufffd" },
        { "\xf0\x80\x80\x80", "\\ufffd\\ufffd\\ufffd\\ufffd" },
        { "\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80" },
        { "\xf4\x90\x80\x80", "\\ufffd\\ufffd\\ufffd\\ufffd" },
        { "\xf5", "\\ufffd" }
    };

    static char   text[] = "a \"b\" \xff \xc3\xa9 \x01";

    message.data = (unsigned char *) text;
    message.len = sizeof(text) - 1;
    param.data = (unsigned char *) (uintptr_t) "max\"";
    param.len = 4;

    o = out();
    api->tell_error(AICOST_R_BUDGET_EXCEEDED, &message, &param, &o);
    is_mem(room, o.len, "{\"error\":{\"code\":402,\"message\":\"a \\\"b\\\" "
           "\\ufffd \xc3\xa9 \\u0001\",\"status\":\"RESOURCE_EXHAUSTED\","
           "\"details\":[{\"@type\":"
           "\"type.googleapis.com/google.rpc.ErrorInfo\",\"reason\":"
           "\"budget_exceeded\",\"domain\":\"aicost\",\"metadata\":"
           "{\"param\":\"max\\\"\"}}]}}", "an error of ours");

    for (i = 0; i < COUNT(odd); i++) {
        message.data = (unsigned char *) (uintptr_t) odd[i].raw;
        message.len = strlen(odd[i].raw);

        o = out();
        api->tell_error(AICOST_R_INTERNAL, &message, NULL, &o);
        (void) snprintf(expected, sizeof(expected), "\"message\":\"%s\",",
                        odd[i].told);
        room[o.len] = '\0';
        ok(strstr((char *) room, expected) != NULL, "bytes that are no text");
    }

    message.data = room + OUT / 2;
    message.len = 5001;
    memset(message.data, 'a', 1);

    for (o.len = 1; o.len < 5001; o.len += 2) {
        memcpy(message.data + o.len, "\xc3\xa9", 2);
    }

    o = out();
    api->tell_error(AICOST_R_INTERNAL, &message, NULL, &o);
    load(&two, (char *) room, o.len);
    ok(parse(&two) == AICOST_OK && o.len > 4095 && o.len < 4400,
       "a long message is cut at a character");

    o = out();
    param.data = (unsigned char *) (uintptr_t) "gemini 2/5";
    param.len = 10;
    api->path(&param, 0, &o);
    is_mem(room, o.len, "/models/gemini%202%2F5:generateContent", "a path");
    o = out();
    api->path(&param, 1, &o);
    is_mem(room, o.len,
           "/models/gemini%202%2F5:streamGenerateContent?alt=sse",
           "a path of a stream");
}


int
main(void)
{
    test_answers();
    test_pieces();
    test_many();
    test_errors();

    free(one.data);
    free(two.data);

    return done_testing();
}
