
/*
 * Copyright (C) aicost
 *
 * What of a request stays in its record, and what does not.
 */


#include <stdlib.h>

#include "tap.h"
#include "aicost_redact.h"


#define NODES  8192


static aicost_json_node_t  nodes[NODES], scratch[NODES];
static unsigned char       text[1 << 20], out[1 << 20];


static size_t
redact(const char *s)
{
    int            rc;
    aicost_out_t   o;
    aicost_json_t  j;

    aicost_json_init(&j, (const unsigned char *) s, strlen(s), nodes, NODES);

    do {
        rc = aicost_json_run(&j, (size_t) -1);
    } while (rc == AICOST_AGAIN);

    if (rc != AICOST_OK) {
        printf("# not JSON: %s\n", s);
        return 0;
    }

    memset(&o, 0, sizeof(aicost_out_t));
    o.data = out;
    o.size = sizeof(out) - 1;
    o.nodes = scratch;
    o.max = NODES;

    aicost_redact(&j, text, &o);
    out[o.len] = '\0';

    return o.len;
}


static void
becomes(const char *s, const char *expected, const char *name)
{
    (void) redact(s);
    is_str((char *) out, expected, name);
}


static void
messages(void)
{
    becomes("{\"model\":\"gpt-6-luna\",\"messages\":[{\"role\":\"user\","
            "\"content\":\"Mail Jan de Vries, +31 6 1234, "
            "jan@vries.nl!\\n\\\"caf\xc3\xa9\\\"\"}]}",
            "{\"model\":\"gpt-6-luna\",\"messages\":[{\"role\":\"user\","
            "\"content\":\"With The of Their, +11 1 1111, "
            "the@their.of!\\n\\\"the\xc3\xa9\\\"\"}]}",
            "text by words as long");

    becomes(" { \"messages\" : [ { \"role\" : \"user\" ,\n\"content\" : "
            "[ { \"type\" : \"text\" , \"text\" : \"Electroencephalogram\" }"
            " ] } ] , \"temperature\" : 0.70 } ",
            "{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":"
            "\"text\",\"text\":\"Organizationorganiza\"}]}],"
            "\"temperature\":0.70}",
            "in one line; settings stay");

    becomes("{\"messages\":[{\"role\":\"user\",\"name\":\"jan_devries\","
            "\"content\":\"\"},{\"role\":\"tool\",\"name\":\"get_weather\","
            "\"tool_call_id\":\"call_abc\",\"content\":\"12 mm\"}]}",
            "{\"messages\":[{\"role\":\"user\",\"name\":\"the_because\","
            "\"content\":\"\"},{\"role\":\"tool\",\"name\":\"get_weather\","
            "\"tool_call_id\":\"call_0000\",\"content\":\"11 of\"}]}",
            "the name of a tool stays, of a speaker not");

    becomes("{\"messages\":[{\"name\":\"jan\",\"type\":\"message\"}],"
            "\"text\":\"jan\",\"tools\":[\"jan\"],\"thinking\":\"jan\","
            "\"response_format\":\"jan\",\"model\":[{\"jan\":\"jan\"}],"
            "\"input\":[{\"type\":\"function_call\",\"name\":\"find\"}]}",
            "{\"messages\":[{\"name\":\"the\",\"type\":\"message\"}],"
            "\"text\":\"the\",\"tools\":[\"the\"],\"thinking\":\"the\","
            "\"response_format\":\"the\",\"model\":[{\"~x0\":\"the\"}],"
            "\"input\":[{\"type\":\"function_call\",\"name\":\"find\"}]}",
            "a word in the wrong place is content");

    becomes("{\"input\":\"Fred\",\"prompt\":[\"Ann\",\"Bob\"]}",
            "{\"input\":\"With\",\"prompt\":[\"The\",\"The\"]}", "texts");

    becomes("{\"prompt\":[464, 3797 ,220],\"n\":2}",
            "{\"prompt\":[111,1111,111],\"n\":2}", "token ids");

    becomes("{\"messages\":[{\"role\":\"my boss is Jan\",\"type\":"
            "\"jan@vries.nl\"}],\"model\":\"a b\"}",
            "{\"messages\":[{\"role\":\"of with of The\",\"type\":"
            "\"the@their.of\"}],\"model\":\"a a\"}",
            "what is no word is content");
}


static void
tools(void)
{
    becomes("{\"tools\":[{\"type\":\"function\",\"function\":{\"name\":"
            "\"find_client\",\"description\":\"Find Jan\",\"parameters\":{"
            "\"type\":\"object\",\"properties\":{\"city\":{\"type\":"
            "\"string\",\"enum\":[\"Den Haag\",\"Ede\"],\"description\":"
            "\"town\"},\"max\":{\"type\":[\"integer\",\"null\"],\"minimum\":"
            "12}},\"required\":[\"city\"],\"additionalProperties\":false}}}],"
            "\"tool_choice\":{\"type\":\"function\",\"function\":{\"name\":"
            "\"find_client\"}}}",
            "{\"tools\":[{\"type\":\"function\",\"function\":{\"name\":"
            "\"find_client\",\"description\":\"With The\",\"parameters\":{"
            "\"type\":\"object\",\"properties\":{\"city\":{\"type\":"
            "\"string\",\"enum\":[\"Den Haag\",\"Ede\"],\"description\":"
            "\"with\"},\"max\":{\"type\":[\"integer\",\"null\"],\"minimum\":"
            "12}},\"required\":[\"city\"],\"additionalProperties\":false}}}],"
            "\"tool_choice\":{\"type\":\"function\",\"function\":{\"name\":"
            "\"find_client\"}}}",
            "schemas stay, descriptions do not");

    becomes("{\"messages\":[{\"role\":\"assistant\",\"content\":null,"
            "\"tool_calls\":[{\"id\":\"call_Xy\",\"type\":\"function\","
            "\"function\":{\"name\":\"find\",\"arguments\":"
            "\"{\\\"bsn\\\": 1234, \\\"vip\\\":true, \\\"n\\\\u0061m\\\":"
            "\\\"J\\\\\\\"an\\\"}\"}},{\"id\":\"call_Zz\",\"type\":"
            "\"function\",\"function\":{\"name\":\"find\",\"arguments\":"
            "\"no {json\"}}]},{\"role\":\"tool\",\"tool_call_id\":"
            "\"call_Zz\",\"content\":\"x\"}]}",
            "{\"messages\":[{\"role\":\"assistant\",\"content\":null,"
            "\"tool_calls\":[{\"id\":\"call_0000\",\"type\":\"function\","
            "\"function\":{\"name\":\"find\",\"arguments\":"
            "\"{\\\"~x0\\\":1111,\\\"~x1\\\":true,\\\"~xxxxxx2\\\":"
            "\\\"A\\\\\\\"of\\\"}\"}},{\"id\":\"call_0001\",\"type\":"
            "\"function\",\"function\":{\"name\":\"find\",\"arguments\":"
            "\"of (with\"}}]},{\"role\":\"tool\",\"tool_call_id\":"
            "\"call_0001\",\"content\":\"a\"}]}",
            "arguments are JSON still, ids meet");

    becomes("{\"messages\":[{\"role\":\"assistant\",\"content\":[{\"type\":"
            "\"tool_use\",\"id\":\"toolu_1\",\"name\":\"find\",\"input\":{"
            "\"jan@vries.nl\":[1.5e3,{\"a\":\"b\"}]}}]},{\"role\":\"user\","
            "\"content\":[{\"type\":\"tool_result\",\"tool_use_id\":"
            "\"toolu_1\",\"is_error\":true,\"content\":\"Jan\"}]}]}",
            "{\"messages\":[{\"role\":\"assistant\",\"content\":[{\"type\":"
            "\"tool_use\",\"id\":\"toolu_0000\",\"name\":\"find\",\"input\":{"
            "\"~xxxxxxxxxx0\":[1.1e1,{\"~0\":\"a\"}]}}]},{\"role\":\"user\","
            "\"content\":[{\"type\":\"tool_result\",\"tool_use_id\":"
            "\"toolu_0000\",\"is_error\":true,\"content\":\"The\"}]}]}",
            "Anthropic's");

    becomes("{\"contents\":[{\"role\":\"model\",\"parts\":[{\"functionCall\":"
            "{\"name\":\"find\",\"args\":{\"q\":\"Jan\"}},"
            "\"thoughtSignature\":\"c2VjcmV0\"}]},{\"role\":\"user\","
            "\"parts\":[{\"functionResponse\":{\"name\":\"find\","
            "\"response\":{\"result\":\"Jan\"}}}]}],\"toolConfig\":{"
            "\"functionCallingConfig\":{\"mode\":\"ANY\","
            "\"allowedFunctionNames\":[\"find\"]}}}",
            "{\"contents\":[{\"role\":\"model\",\"parts\":[{\"functionCall\":"
            "{\"name\":\"find\",\"args\":{\"~0\":\"The\"}},"
            "\"thoughtSignature\":\"redacted\"}]},{\"role\":\"user\","
            "\"parts\":[{\"functionResponse\":{\"name\":\"find\","
            "\"response\":{\"~xxxx0\":\"The\"}}}]}],\"toolConfig\":{"
            "\"functionCallingConfig\":{\"mode\":\"ANY\","
            "\"allowedFunctionNames\":[\"find\"]}}}",
            "Gemini's");

    becomes("{\"input\":[{\"type\":\"function_call\",\"id\":\"fc_9\","
            "\"call_id\":\"call_9\",\"name\":\"find\",\"arguments\":\"{}\"},"
            "{\"type\":\"function_call_output\",\"call_id\":\"call_9\","
            "\"output\":\"Jan\"},{\"type\":\"reasoning\",\"summary\":[{"
            "\"type\":\"summary_text\",\"text\":\"Jan\"}],"
            "\"encrypted_content\":\"gAAA\"}],\"instructions\":\"Jan\","
            "\"text\":{\"format\":{\"type\":\"json_schema\",\"name\":\"c\","
            "\"schema\":{\"type\":\"object\"}},\"verbosity\":\"low\"}}",
            "{\"input\":[{\"type\":\"function_call\",\"id\":\"fc_0000\","
            "\"call_id\":\"call_0001\",\"name\":\"find\",\"arguments\":\"{}\"}"
            ",{\"type\":\"function_call_output\",\"call_id\":\"call_0001\","
            "\"output\":\"The\"},{\"type\":\"reasoning\",\"summary\":[{"
            "\"type\":\"summary_text\",\"text\":\"The\"}],"
            "\"encrypted_content\":\"redacted\"}],\"instructions\":\"The\","
            "\"text\":{\"format\":{\"type\":\"json_schema\",\"name\":\"c\","
            "\"schema\":{\"type\":\"object\"}},\"verbosity\":\"low\"}}",
            "Responses'");
}


static void
media(void)
{
    becomes("{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":"
            "\"image_url\",\"image_url\":{\"url\":\"data:image/webp;base64,"
            "c2VjcmV0\",\"detail\":\"low\"}},{\"type\":\"image_url\","
            "\"image_url\":{\"url\":\"https://jan.nl/me.png?key=1\"}}]}]}",
            "{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":"
            "\"image_url\",\"image_url\":{\"url\":\"data:image/webp;base64,"
            "UklGRh4AAABXRUJQVlA4TBEAAAAvD8ADAAdQ5CIXuf+BiOh/AAA=\","
            "\"detail\":\"low\"}},{\"type\":\"image_url\",\"image_url\":{"
            "\"url\":\"https://redacted.invalid/image.png\"}}]}]}",
            "images by data and by URL");

    becomes("{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":"
            "\"image\",\"source\":{\"type\":\"base64\",\"data\":\"c2Vj\","
            "\"media_type\":\"image/webp\"}},{\"type\":\"document\","
            "\"title\":\"Jan\",\"source\":{\"type\":\"text\",\"media_type\":"
            "\"text/plain\",\"data\":\"Jan\"}}]}]}",
            "{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":"
            "\"image\",\"source\":{\"type\":\"base64\",\"data\":"
            "\"UklGRh4AAABXRUJQVlA4TBEAAAAvD8ADAAdQ5CIXuf+BiOh/AAA=\","
            "\"media_type\":\"image/webp\"}},{\"type\":\"document\","
            "\"title\":\"The\",\"source\":{\"type\":\"text\",\"media_type\":"
            "\"text/plain\",\"data\":\"The\"}}]}]}",
            "by the media type beside it");

    becomes("{\"contents\":[{\"parts\":[{\"inlineData\":{\"mimeType\":"
            "\"video/mp4\",\"data\":\"c2Vj\"}},{\"fileData\":{\"fileUri\":"
            "\"gs://jan/1\",\"mimeType\":\"image/png\"}}]}]}",
            "{\"contents\":[{\"parts\":[{\"inlineData\":{\"mimeType\":"
            "\"video/mp4\",\"data\":\"cmVkYWN0ZWQ=\"}},{\"fileData\":{"
            "\"fileUri\":\"https://redacted.invalid/\",\"mimeType\":"
            "\"image/png\"}}]}]}",
            "Gemini's");
}


static void
secrets(void)
{
    becomes("{\"user\":\"jan\",\"safety_identifier\":\"jan12345\","
            "\"metadata\":{\"user_id\":\"jan\",\"jan\":\"secret\"},"
            "\"mcp_servers\":[{\"authorization_token\":\"sk-1\"}],"
            "\"prompt_cache_key\":\"jan\",\"logit_bias\":{\"15339\":-100,"
            "\"9906\":\"jan\"}}",
            "{\"user\":\"redacted\",\"safety_identifier\":\"redacted\","
            "\"metadata\":{\"user_id\":\"redacted\",\"~x1\":\"redacted\"},"
            "\"mcp_servers\":[{\"~xxxxxxxxxxxxxxxxx0\":\"redacted\"}],"
            "\"prompt_cache_key\":\"redacted\",\"logit_bias\":{\"0\":-100,"
            "\"1\":\"the\"}}",
            "whoever asked");

    becomes("{\"frobnicate\":{\"role\":\"jan\",\"n\":42,\"on\":true},"
            "\"\\u0072olf\":\"jan\",\"messages\":[{\"secret_jan\":\"jan\"}]}",
            "{\"~xxxxxxxx0\":{\"~xx0\":\"the\",\"~1\":11,\"~2\":true},"
            "\"~xxxxxxx1\":\"the\",\"messages\":[{\"~xxxxxxxx0\":\"the\"}]}",
            "what is not known is content, its names too");

    becomes("{\"\\u006dodel\":\"gpt-\\u0036\",\"messages\":[{\"role\":"
            "\"us\\u0065r\",\"content\":\"J\\u0061n\"}]}",
            "{\"model\":\"gpt-6\",\"messages\":[{\"role\":\"user\","
            "\"content\":\"The\"}]}",
            "an escape is as good as what it stands for");

    becomes("{\"messages\":[{\"role\":\"user\",\"content\":"
            "\"\\u0416\xd0\xbe\xd0\xbc\xd0\xb0 \xe6\x97\xa5\xe6\x9c\xac "
            "\\ud83d\\ude80 \\u0001\\b\\/\\\\ \xe2\x82\xac 5\"}]}",
            "{\"messages\":[{\"role\":\"user\",\"content\":"
            "\"\xd0\xb6\xd0\xb6\xd0\xb6\xd0\xb6 \xe4\xb8\xad\xe4\xb8\xad "
            "\xf0\x9f\x98\x80   /\\\\ \xe2\x80\x93 1\"}]}",
            "other scripts, escapes");
}


/* more ids than are told apart, a list of them as long as it may be */

static void
ids(void)
{
    char    *s;
    size_t   n, i;

    s = malloc(1 << 20);

    if (s == NULL) {
        return;
    }

    n = (size_t) snprintf(s, 64, "{\"messages\":[");

    for (i = 0; i < AICOST_REDACT_IDS + 6; i++) {
        n += (size_t) snprintf(s + n, 64, "%s{\"id\":\"k%zu\"}", i ? "," : "",
                               i);
    }

    (void) snprintf(s + n, 64, ",{\"id\":\"k7\"}]}");
    n = redact(s);

    ok(strstr((char *) out, "call_1023\"") && strstr((char *) out,
                                                     "call_1024\""),
       "ids are numbered");
    ok(strstr((char *) out, "call_1025\"") == NULL, "up to a number");
    is_str((char *) out + n - 20, "{\"id\":\"call_0007\"}]}",
           "one of them again");

    free(s);
}


/* room that is too small says so and nothing is written beyond it */

static void
room(void)
{
    aicost_out_t   o;
    aicost_json_t  j;
    unsigned char  small[8];

    aicost_json_init(&j, (const unsigned char *) "{\"model\":\"gpt\"}", 15,
                     nodes, NODES);
    (void) aicost_json_run(&j, (size_t) -1);

    memset(&o, 0, sizeof(aicost_out_t));
    o.data = small;
    o.size = sizeof(small);
    aicost_redact(&j, text, &o);
    ok(o.failed && o.len <= sizeof(small), "no room");
}


int
main(void)
{
    messages();
    tools();
    media();
    secrets();
    ids();
    room();

    return done_testing();
}
