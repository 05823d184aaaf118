
/*
 * Copyright (C) aicost
 *
 * Ollama's /api/chat in all directions.
 */


#include "api_shape.h"


#define M(s)     "{\"model\":\"m\",\"messages\":[" s "]"
#define HI       "{\"role\":\"user\",\"content\":\"hi\"}"
#define FN(n)    "{\"type\":\"function\",\"function\":{\"name\":\"" n "\"," \
                 "\"description\":\"d\",\"parameters\":{\"type\":\"object\"}}}"
#define AT       "\"created_at\":\"2026-10-17T23:14:07.4Z\""
#define TAIL     ",\"options\":{},\"stream\":false}"
#define CHUNK(d) "{\"id\":\"c\",\"created\":1700000000,\"model\":\"m\"," \
                 "\"choices\":[{\"index\":0,\"delta\":{" d "}}]}\n"
#define ANS(s)   "{\"model\":\"m\",\"created_at\":\"2023-11-14T22:13:20Z\"," \
                 "\"message\":{\"role\":\"assistant\",\"content\":" s


static const shape_case_t  requests[] = {
    { "one message streams", M(HI) "}", "uT^(hi); model m; stream" },
    { "unless it is told not to", M(HI) ",\"stream\":false}",
      "uT^(hi); model m" },
    { "a stream that was asked for", M(HI) ",\"stream\":true}",
      "uT^(hi); model m; stream" },
    { "null is absent",
      M(HI) ",\"options\":null,\"tools\":null,\"format\":null,\"think\":null,"
      "\"stream\":null}", "uT^(hi); model m; stream" },
    { "a system, an answer",
      M("{\"role\":\"system\",\"content\":\"be kind\"}," HI
        ",{\"role\":\"assistant\",\"content\":\"yes\"}," HI) "}",
      "sT^(be kind) uT^(hi) aT^(yes) uT^(hi); model m; stream" },
    { "equal neighbours stay two messages", M(HI "," HI) "}",
      "uT^(hi) uT^(hi); model m; stream" },
    { "escapes and unicode",
      M("{\"role\":\"user\",\"content\":\"\\\"q\\\" \\\\ \\n\\u00e9\\ud83d"
        "\\ude00 \xc3\xa9 \\/\"}") "}",
      "uT^(\\\"q\\\" \\\\ \\n\\u00e9\\ud83d\\ude00 \xc3\xa9 \\/); model m; "
      "stream" },
    { "empty and no content",
      M("{\"role\":\"user\",\"content\":\"\"},{\"role\":\"assistant\"}") "}",
      "uT^() aT^(); model m; stream" },
    { "images, their type from the first bytes",
      M("{\"role\":\"user\",\"content\":\"see\",\"images\":["
        "\"iVBORw0KGgoAAA\",\"\\/9j\\/AAAA\",\"/9j/A\",\"R0lGODlh\","
        "\"UklGRgAA\",\"AAAA\"]}") "}",
      "uT^(see) uI(iVBORw0KGgoAAA|image/png) uI(\\/9j\\/AAAA|image/jpeg) "
      "uI(/9j/A|image/jpeg) uI(R0lGODlh|image/gif) uI(UklGRgAA|image/webp) "
      "uI(AAAA|image/png); model m; stream" },
    { "an image alone",
      M("{\"role\":\"user\",\"content\":\"\",\"images\":[\"R0lGODlh\"]}") "}",
      "uI^(R0lGODlh|image/gif); model m; stream" },
    { "no images", M("{\"role\":\"user\",\"content\":\"a\",\"images\":[]}")
      "}", "uT^(a); model m; stream" },
    { "tools",
      M(HI) ",\"tools\":[" FN("f") "," FN("g") "]}",
      "uT^(hi); model m; stream; tool f d {\"type\":\"object\"}; "
      "tool g d {\"type\":\"object\"}" },
    { "a tool without description and parameters",
      M(HI) ",\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\"}}]"
      "}", "uT^(hi); model m; stream; tool f" },
    { "a call without an id, and its result by name",
      M(HI ",{\"role\":\"assistant\",\"content\":\"\",\"tool_calls\":[{"
        "\"function\":{\"name\":\"f\",\"arguments\":{\"a\": [1, 2]}}}]},"
        "{\"role\":\"tool\",\"tool_name\":\"f\",\"content\":\"9\"}") "}",
      "uT^(hi) aC^({\"a\": [1, 2]}|f) tY^(9|f); model m; stream" },
    { "parallel calls with ids",
      M(HI ",{\"role\":\"assistant\",\"content\":\"wait\",\"tool_calls\":["
        "{\"id\":\"1\",\"function\":{\"name\":\"f\",\"arguments\":{}}},"
        "{\"id\":\"2\",\"function\":{\"index\":1,\"name\":\"g\","
        "\"arguments\":{\"x\":\"\\u00e9\"}}}]},"
        "{\"role\":\"tool\",\"tool_call_id\":\"1\",\"content\":\"a\","
        "\"tool_name\":\"f\"},{\"role\":\"tool\",\"tool_call_id\":\"2\","
        "\"tool_name\":\"g\",\"content\":\"\"}") "}",
      "uT^(hi) aT^(wait) aC({}|1|f) aC({\"x\":\"\\u00e9\"}|2|g) tY^(a|1|f) "
      "tY^(|2|g); model m; stream" },
    { "an old result that names nothing",
      M(HI ",{\"role\":\"tool\",\"content\":\"9\"}") "}",
      "uT^(hi) tY^(9); model m; stream" },
    { "a result with an image",
      M(HI ",{\"role\":\"tool\",\"tool_name\":\"f\",\"content\":\"9\","
        "\"images\":[\"R0lGODlh\"]}") "}",
      "uT^(hi) tY^(|f) tT+(9) tI+(R0lGODlh|image/gif); model m; stream" },
    { "thinking in the history",
      M(HI ",{\"role\":\"assistant\",\"thinking\":\"hm\",\"content\":\"so\"}")
      "}", "uT^(hi) aK^(hm) aT(so); model m; stream" },
    { "think", M(HI) ",\"think\":true}",
      "uT^(hi); model m; stream; thinking 2 0" },
    { "do not think", M(HI) ",\"think\":false}",
      "uT^(hi); model m; stream; thinking 1 0" },
    { "think little", M(HI) ",\"think\":\"low\"}",
      "uT^(hi); model m; stream; effort low" },
    { "think more", M(HI) ",\"think\":\"medium\"}",
      "uT^(hi); model m; stream; effort medium" },
    { "think much", M(HI) ",\"think\":\"high\"}",
      "uT^(hi); model m; stream; effort high" },
    { "some JSON", M(HI) ",\"format\":\"json\"}",
      "uT^(hi); model m; stream; answer 1" },
    { "JSON of a schema",
      M(HI) ",\"format\":{\"type\":\"object\",\"properties\":{\"a\":{}}}}",
      "uT^(hi); model m; stream; answer 2 {\"type\":\"object\","
      "\"properties\":{\"a\":{}}}" },
    { "any format", M(HI) ",\"format\":\"\"}", "uT^(hi); model m; stream" },
    { "all options",
      M(HI) ",\"options\":{\"num_predict\":100,\"temperature\":0.7,"
      "\"top_p\":0.9,\"top_k\":40,\"seed\":42,\"presence_penalty\":1.5,"
      "\"frequency_penalty\":-1,\"stop\":[\"\\n\",\"user:\"]}}",
      "uT^(hi); model m; cap 100; stream; temperature 0.7; top_p 0.9; "
      "top_k 40; seed 42; presence 1.5; frequency -1; stop \\n; stop user:" },
    { "one stop", M(HI) ",\"options\":{\"stop\":\"x\"}}",
      "uT^(hi); model m; stream; stop x" },
    { "no end", M(HI) ",\"options\":{\"num_predict\":-1}}",
      "uT^(hi); model m; stream" },
    { "what the server is told about itself",
      M(HI) ",\"keep_alive\":\"5m\",\"options\":{\"num_ctx\":8192,"
      "\"num_gpu\":1,\"num_thread\":8},\"truncate\":true}",
      "uT^(hi); model m; stream" }
};


static const shape_case_t  wrong[] = {
    { "", "[]", "invalid_json " },
    { "", "{}", "missing_parameter messages" },
    { "", M("") "}", "missing_parameter messages" },
    { "", "{\"messages\":{}}", "invalid_parameter messages" },
    { "", "{\"messages\":[1,2]}", "invalid_parameter messages" },
    { "", "{\"model\":7,\"messages\":[" HI "]}", "invalid_parameter model" },
    { "", M("{\"content\":\"a\"}") "}", "invalid_parameter role" },
    { "", M("{\"role\":\"boss\"}") "}", "invalid_parameter role" },
    { "", M("{\"role\":\"user\",\"content\":[]}") "}",
      "invalid_parameter content" },
    { "", M("{\"role\":\"user\",\"images\":\"AAAA\"}") "}",
      "invalid_parameter images" },
    { "", M("{\"role\":\"user\",\"images\":[1,2]}") "}",
      "invalid_parameter images" },
    { "", M("{\"role\":\"user\",\"images\":[\"\"]}") "}",
      "invalid_parameter images" },
    { "", M("{\"role\":\"assistant\",\"thinking\":1}") "}",
      "invalid_parameter thinking" },
    { "", M("{\"role\":\"assistant\",\"tool_calls\":{}}") "}",
      "invalid_parameter tool_calls" },
    { "", M("{\"role\":\"assistant\",\"tool_calls\":[{}]}") "}",
      "invalid_parameter tool_calls" },
    { "", M("{\"role\":\"assistant\",\"tool_calls\":[{\"function\":{}}]}") "}",
      "invalid_parameter tool_calls" },
    { "", M("{\"role\":\"assistant\",\"tool_calls\":[{\"function\":{"
            "\"name\":\"f\",\"arguments\":\"{}\"}}]}") "}",
      "invalid_parameter arguments" },
    { "", M("{\"role\":\"tool\",\"tool_name\":1,\"content\":\"a\"}") "}",
      "invalid_parameter tool_name" },
    { "", M(HI) ",\"stream\":1}", "invalid_parameter stream" },
    { "", M(HI) ",\"think\":1}", "invalid_parameter think" },
    { "", M(HI) ",\"think\":\"max\"}", "invalid_parameter think" },
    { "", M(HI) ",\"format\":\"xml\"}", "invalid_parameter format" },
    { "", M(HI) ",\"format\":true}", "invalid_parameter format" },
    { "", M(HI) ",\"tools\":{}}", "invalid_parameter tools" },
    { "", M(HI) ",\"tools\":[{\"type\":\"x\"}]}",
      "parameter_not_allowed tools" },
    { "", M(HI) ",\"tools\":[{\"type\":\"function\"}]}",
      "invalid_parameter tools" },
    { "", M(HI) ",\"tools\":[{\"function\":{}}]}", "invalid_parameter tools" },
    { "", M(HI) ",\"tools\":[{\"function\":{\"name\":\"f\",\"parameters\":[]}}"
      "]}", "invalid_parameter parameters" },
    { "", M(HI) ",\"options\":[]}", "invalid_parameter options" },
    { "", M(HI) ",\"options\":{\"num_predict\":1.5}}",
      "invalid_parameter num_predict" },
    { "", M(HI) ",\"options\":{\"num_predict\":-3}}",
      "invalid_parameter num_predict" },
    { "", M(HI) ",\"options\":{\"num_predict\":99999999999}}",
      "invalid_parameter num_predict" },
    { "", M(HI) ",\"options\":{\"seed\":\"1\"}}", "invalid_parameter seed" },
    { "", M(HI) ",\"options\":{\"stop\":1}}", "invalid_parameter stop" },
    { "", M(HI) ",\"options\":{\"stop\":[1,2]}}", "invalid_parameter stop" },
    { "", M(HI) ",\"options\":{\"mirostat\":1}}",
      "parameter_not_allowed mirostat" },
    { "", M(HI) ",\"options\":{\"repeat_penalty\":1.1}}",
      "parameter_not_allowed repeat_penalty" }
};


/* of OpenAI's chat: what is missed, what is written without it */

static const shape_case_t  writes[] = {
    { "", M(HI) "}",
      "{\"model\":\"q\\\"\",\"messages\":[" HI "]" TAIL },
    { "", M(HI) ",\"stream\":true,\"max_tokens\":7,\"stop\":\"x\","
      "\"reasoning_effort\":\"none\",\"tool_choice\":\"auto\",\"n\":1}",
      "{\"model\":\"q\\\"\",\"messages\":[" HI "],\"think\":false,"
      "\"options\":{\"num_predict\":7,\"stop\":[\"x\"]},\"stream\":true}" },
    { "", M(HI) ",\"reasoning_effort\":\"minimal\"}",
      "{\"model\":\"q\\\"\",\"messages\":[" HI "],\"think\":\"low\"" TAIL },
    { "", M(HI) ",\"reasoning_effort\":\"xhigh\"}",
      "{\"model\":\"q\\\"\",\"messages\":[" HI "],\"think\":\"high\"" TAIL },
    { "", M("{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"a\""
            "},{\"type\":\"text\",\"text\":\"b\"},{\"type\":\"image_url\","
            "\"image_url\":{\"url\":\"data:image/png;base64,AAAA\"}}]}") "}",
      "{\"model\":\"q\\\"\",\"messages\":[{\"role\":\"user\",\"content\":"
      "\"a\\nb\",\"images\":[\"AAAA\"]}]" TAIL },
    { "", M(HI ",{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[{"
            "\"id\":\"c1\",\"type\":\"function\",\"function\":{\"name\":\"f\","
            "\"arguments\":\"{\\\"a\\\":\\\"\\\\n\\\"}\"}}]},"
            "{\"role\":\"tool\",\"tool_call_id\":\"c1\",\"content\":\"9\"}")
      ",\"tools\":[" FN("f") "]}",
      "{\"model\":\"q\\\"\",\"messages\":[" HI ",{\"role\":\"assistant\","
      "\"content\":\"\",\"tool_calls\":[{\"id\":\"c1\",\"function\":{\"name\":"
      "\"f\",\"arguments\":{\"a\":\"\\n\"}}}]},{\"role\":\"tool\","
      "\"tool_name\":\"f\",\"tool_call_id\":\"c1\",\"content\":\"9\"}],"
      "\"tools\":[" FN("f") "]" TAIL },
    { "", M(HI) ",\"tools\":[" FN("f") "],\"tool_choice\":\"none\"}",
      "{\"model\":\"q\\\"\",\"messages\":[" HI "]" TAIL },
    { "", M(HI) ",\"response_format\":{\"type\":\"json_object\"}}",
      "{\"model\":\"q\\\"\",\"messages\":[" HI "],\"format\":\"json\"" TAIL },
    { "", M(HI) ",\"response_format\":{\"type\":\"json_schema\","
      "\"json_schema\":{\"name\":\"x\",\"schema\":{\"a\":1},\"strict\":true}}}",
      "{\"model\":\"q\\\"\",\"messages\":[" HI "],\"format\":{\"a\":1}" TAIL },
    { "tool_choice",
      M(HI) ",\"tools\":[" FN("f") "],\"tool_choice\":\"required\"}",
      "{\"model\":\"q\\\"\",\"messages\":[" HI "],\"tools\":[" FN("f") "]"
      TAIL },
    { "n", M(HI) ",\"n\":2}",
      "{\"model\":\"q\\\"\",\"messages\":[" HI "]" TAIL },
    { "logprobs", M(HI) ",\"logprobs\":true,\"top_logprobs\":2,"
      "\"logit_bias\":{},\"parallel_tool_calls\":false,\"user\":\"u\","
      "\"verbosity\":\"low\",\"prompt_cache_key\":\"k\",\"metadata\":"
      "{\"a\":\"b\"}}",
      "{\"model\":\"q\\\"\",\"messages\":[" HI "]" TAIL },
    { "image_url",
      M("{\"role\":\"user\",\"content\":[{\"type\":\"image_url\","
        "\"image_url\":{\"url\":\"https://a.example/\"}}]}") "}",
      "{\"model\":\"q\\\"\",\"messages\":[{\"role\":\"user\",\"content\":\"\"}"
      "]" TAIL },
    { "input_audio",
      M("{\"role\":\"user\",\"content\":[{\"type\":\"input_audio\","
        "\"input_audio\":{\"data\":\"AA\",\"format\":\"wav\"}}]}") "}",
      "{\"model\":\"q\\\"\",\"messages\":[{\"role\":\"user\",\"content\":\"\"}"
      "]" TAIL },
    { "file",
      M("{\"role\":\"user\",\"content\":[{\"type\":\"file\",\"file\":{"
        "\"file_data\":\"data:application/pdf;base64,AA\"}}]}") "}",
      "{\"model\":\"q\\\"\",\"messages\":[{\"role\":\"user\",\"content\":\"\"}"
      "]" TAIL },
    { "arguments",
      M("{\"role\":\"assistant\",\"tool_calls\":[{\"id\":\"c\",\"function\":"
        "{\"name\":\"f\",\"arguments\":\"[1]\"}}]}") "}",
      "refused: arguments" }
};


static const shape_case_t  answers[] = {
    { "an answer",
      "{\"model\":\"gemma4\"," AT ",\"message\":{\"role\":\"assistant\","
      "\"content\":\"Hello\"},\"done\":true,\"done_reason\":\"stop\","
      "\"total_duration\":174560334,\"prompt_eval_count\":11,"
      "\"eval_count\":18}",
      "start(gemma4 1792278847) text(Hello) finish(1) usage(11/0/0/0/18) "
      "done" },
    { "cut by its cap, without counts",
      "{\"model\":\"m\"," AT ",\"message\":{\"content\":\"a\"},\"done\":true,"
      "\"done_reason\":\"length\"}",
      "start(m 1792278847) text(a) finish(3) done" },
    { "thinking",
      "{\"model\":\"m\"," AT ",\"message\":{\"content\":\"a\",\"thinking\":"
      "\"hm\"},\"done\":true,\"prompt_eval_count\":1,\"eval_count\":2.0}",
      "start(m 1792278847) thinking(hm) text(a) finish(1) usage(1/0/0/0/2) "
      "done" },
    { "one count alone is no usage",
      "{\"model\":\"m\"," AT ",\"message\":{\"content\":\"a\"},\"done\":true,"
      "\"eval_count\":2}", "start(m 1792278847) text(a) finish(1) done" },
    { "absurd counts",
      "{\"model\":\"m\"," AT ",\"message\":{\"content\":\"a\"},\"done\":true,"
      "\"prompt_eval_count\":-1,\"eval_count\":2}",
      "start(m 1792278847) text(a) finish(1) done" },
    { "calls with ids",
      "{\"model\":\"m\"," AT ",\"message\":{\"content\":\"\",\"tool_calls\":["
      "{\"id\":\"x\",\"function\":{\"name\":\"f\",\"arguments\":{\"a\":1}}},"
      "{\"id\":\"y\",\"function\":{\"name\":\"g\",\"arguments\":{}}}]},"
      "\"done\":true,\"done_reason\":\"stop\"}",
      "start(m 1792278847) call(0 x f) args(0 json {\"a\":1}) call(1 y g) "
      "args(1 json {}) finish(4) done" },
    { "calls without",
      "{\"model\":\"m\"," AT ",\"message\":{\"tool_calls\":[7,{},{\"function\""
      ":{\"name\":\"f\",\"arguments\":{\"a\":1}}}]},\"done\":true}",
      "start(m 1792278847) call(0 ~ f) args(0 json {\"a\":1}) finish(4) done"
    },
    { "an error", "{\"error\":\"model 'x' not found\"}",
      "error(server_error: model 'x' not found) done" },
    { "an error of ours", "{\"error\":{\"message\":\"slow\",\"code\":"
      "\"rate_limit_exceeded\"}}", "error(rate_limited: slow) done" }
};


static const shape_case_t  streams[] = {
    { "text",
      "{\"model\":\"m\"," AT ",\"message\":{\"role\":\"assistant\","
      "\"content\":\"He\"},\"done\":false}\n"
      "{\"model\":\"m\"," AT ",\"message\":{\"role\":\"assistant\","
      "\"content\":\"y\"},\"done\":false}\n"
      "{\"model\":\"m\"," AT ",\"message\":{\"role\":\"assistant\","
      "\"content\":\"\"},\"done\":true,\"done_reason\":\"stop\","
      "\"prompt_eval_count\":11,\"eval_count\":18}\n",
      "start(m 1792278847) text(He) text(y) finish(1) usage(11/0/0/0/18) "
      "done" },
    { "calls, thinking, odd lines",
      "{\"message\":{\"thinking\":\"hm\"}}\n{}\n{\"message\":[1,2]}\n"
      "{\"message\":{\"tool_calls\":[{\"function\":{\"name\":\"f\","
      "\"arguments\":{\"a\":1}}}]},\"done\":\"no\"}\n"
      "{\"message\":{\"tool_calls\":[{\"function\":{\"name\":\"f\","
      "\"arguments\":\"{}\"}}]}}\n"
      "{\"done\":true}\n{\"message\":{\"content\":\"late\"}}\n",
      "start() thinking(hm) call(0 ~ f) args(0 json {\"a\":1}) call(1 ~ f) "
      "args(1 {}) finish(4) done" },
    { "an error in the middle",
      "{\"model\":\"m\",\"message\":{\"content\":\"a\"}}\n"
      "{\"error\":\"out of memory\"}\n{\"done\":true}\n",
      "start(m) text(a) error(server_error: out of memory) done" },
    { "cut", "{\"model\":\"m\",\"message\":{\"content\":\"a\"}}\n",
      "start(m) text(a) error(closed: The provider closed the stream before "
      "its end.) done" },
    { "nothing", "", "error(closed: The provider closed the stream before "
      "its end.) done" }
};


static const shape_case_t  retold[] = {
    { "text, thinking, usage",
      CHUNK("\"role\":\"assistant\",\"content\":\"\"")
      CHUNK("\"reasoning_content\":\"hm\"") CHUNK("\"content\":\"a\\n\"")
      "{\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"length\"}],"
      "\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":3,"
      "\"prompt_tokens_details\":{\"cached_tokens\":4}}}\n[DONE]\n",
      ANS("\"\",\"thinking\":\"hm\"},\"done\":false}\n")
      ANS("\"a\\n\"},\"done\":false}\n")
      ANS("\"\"},\"done\":true,\"done_reason\":\"length\","
          "\"prompt_eval_count\":9,\"eval_count\":3}\n") },
    { "calls whose arguments come in turn",
      CHUNK("\"tool_calls\":[{\"index\":0,\"id\":\"x\",\"function\":{"
            "\"name\":\"f\",\"arguments\":\"{\\\"a\\\":\"}}]")
      CHUNK("\"tool_calls\":[{\"index\":1,\"id\":\"y\",\"function\":{"
            "\"name\":\"g\",\"arguments\":\"\"}}]")
      CHUNK("\"tool_calls\":[{\"index\":1,\"function\":{"
            "\"arguments\":\"{ }\"}}]")
      CHUNK("\"tool_calls\":[{\"index\":0,\"function\":{"
            "\"arguments\":\" \\\"\\\\n\\\"}\"}}]")
      "{\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":"
      "\"tool_calls\"}]}\n[DONE]\n",
      ANS("\"\",\"tool_calls\":[{\"id\":\"x\",\"function\":{\"index\":0,"
          "\"name\":\"f\",\"arguments\":{\"a\":\"\\n\"}}},{\"id\":\"y\","
          "\"function\":{\"index\":1,\"name\":\"g\",\"arguments\":{}}}]},"
          "\"done\":false}\n")
      ANS("\"\"},\"done\":true,\"done_reason\":\"stop\"}\n") },
    { "calls one after the other are told as they are whole",
      CHUNK("\"tool_calls\":[{\"index\":0,\"id\":\"x\",\"function\":{"
            "\"name\":\"f\",\"arguments\":\"{\\\"a}\\\":\"}}]")
      CHUNK("\"tool_calls\":[{\"index\":0,\"function\":{"
            "\"arguments\":\"\\\"\\\\\\\"\\u007d\\\"\\u007d\"}}]")
      CHUNK("\"tool_calls\":[{\"index\":1,\"id\":\"y\",\"function\":{"
            "\"name\":\"g\",\"arguments\":\"{}\"}}]")
      CHUNK("\"content\":\"a\"") "[DONE]\n",
      ANS("\"\",\"tool_calls\":[{\"id\":\"x\",\"function\":{\"index\":0,"
          "\"name\":\"f\",\"arguments\":{\"a}\":\"\\\"}\"}}}]},"
          "\"done\":false}\n")
      ANS("\"\",\"tool_calls\":[{\"id\":\"y\",\"function\":{\"index\":1,"
          "\"name\":\"g\",\"arguments\":{}}}]},\"done\":false}\n")
      ANS("\"a\"},\"done\":false}\n")
      ANS("\"\"},\"done\":true,\"done_reason\":\"stop\"}\n") },
    { "a bracket in a string ends nothing",
      CHUNK("\"tool_calls\":[{\"index\":0,\"id\":\"x\",\"function\":{"
            "\"name\":\"f\",\"arguments\":"
            "\"{\\\"a\\\":\\\"\\\\\\\"}\"}}]")
      CHUNK("\"content\":\"a\"")
      CHUNK("\"tool_calls\":[{\"index\":0,\"function\":{"
            "\"arguments\":\"\\\"}\"}}]") "[DONE]\n",
      ANS("\"a\"},\"done\":false}\n")
      ANS("\"\",\"tool_calls\":[{\"id\":\"x\",\"function\":{\"index\":0,"
          "\"name\":\"f\",\"arguments\":{\"a\":\"\\\"}\"}}}]},"
          "\"done\":false}\n")
      ANS("\"\"},\"done\":true,\"done_reason\":\"stop\"}\n") },
    { "arguments that are no object",
      CHUNK("\"tool_calls\":[{\"index\":0,\"id\":\"x\",\"function\":{"
            "\"name\":\"f\",\"arguments\":\"{\\\"a\"}}]") "[DONE]\n",
      ANS("\"\",\"tool_calls\":[{\"id\":\"x\",\"function\":{\"index\":0,"
          "\"name\":\"f\",\"arguments\":{}}}]},\"done\":false}\n")
      ANS("\"\"},\"done\":true,\"done_reason\":\"stop\"}\n") },
    { "an error", CHUNK("\"content\":\"a\"")
      "{\"error\":{\"message\":\"no \\\"\"}}\n",
      ANS("\"a\"},\"done\":false}\n") "{\"error\":\"no \\\"\"}\n" }
};


static void
test_streams(void)
{
    size_t          i, len;
    uint32_t        n;
    const char     *p, *end;
    aicost_str_t    name;
    aicost_hear_t   h;
    aicost_says_t   s[AICOST_SAYS_MAX];
    unsigned char  *line;

    memset(&name, 0, sizeof(aicost_str_t));

    for (i = 0; i < COUNT(streams); i++) {
        memset(&h, 0, sizeof(aicost_hear_t));
        used = 0;
        text[0] = '\0';

        for (p = streams[i].json; *p; p = end + 1) {
            end = strchr(p, '\n');
            len = (size_t) (end - p);
            line = copy(p, len);

            if (aicost_api_ollama.hear_event(&h, &name, line, len, nodes[0],
                                             NODES, s, &n) != AICOST_OK)
            {
                add(" (none)");
            }

            says_dump(s, n);
            free(line);
        }

        (void) aicost_api_ollama.hear_event(&h, &name, NULL, 0, nodes[0],
                                            NODES, s, &n);
        says_dump(s, n);
        is_str(text, streams[i].result, streams[i].name);
    }

    memset(&h, 0, sizeof(aicost_hear_t));
    is_int(aicost_api_ollama.hear_event(&h, &name, (const unsigned char *) "x",
                                        1, nodes[0], NODES, s, &n),
           AICOST_ERROR, "a line that is no JSON");
}


static void
test_retold(void)
{
    size_t         i, len;
    aicost_out_t   o;
    aicost_tell_t  t;
    aicost_says_t  late;

    for (i = 0; i < COUNT(retold); i++) {
        tell_init(&t, i ? "m" : "");
        out_init(&o, 0);
        retell(&aicost_api_openai, &aicost_api_ollama, retold[i].json, &t, &o);
        is_mem(o.data, o.len, retold[i].result, retold[i].name);

        len = o.len;
        memset(&late, 0, sizeof(aicost_says_t));
        late.kind = AICOST_SAYS_TEXT;
        late.text = aicost_piece_word("late");
        aicost_api_ollama.tell_event(&t, &late, &o);
        ok(len == o.len, "and nothing after the end");
    }
}


/* what one line says comes out the same when it is told and heard again */

static void
test_round(void)
{
    size_t          i;
    uint32_t        n;
    aicost_str_t    name;
    aicost_out_t    o;
    aicost_tell_t   t;
    aicost_hear_t   h;
    aicost_says_t   s[AICOST_SAYS_MAX];
    unsigned char  *p, *end;

    memset(&name, 0, sizeof(aicost_str_t));

    for (i = 0; i < 1; i++) {
        tell_init(&t, "");
        out_init(&o, 0);
        retell(&aicost_api_ollama, &aicost_api_ollama, streams[i].json, &t,
               &o);
        used = 0;
        memset(&h, 0, sizeof(aicost_hear_t));

        for (p = o.data; p < o.data + o.len; p = end + 1) {
            end = memchr(p, '\n', (size_t) (o.data + o.len - p));
            (void) aicost_api_ollama.hear_event(&h, &name, p,
                                                (size_t) (end - p), nodes[0],
                                                NODES, s, &n);
            says_dump(s, n);
        }

        is_str(text, streams[i].result, "a stream told and heard again");
    }
}


/* mutated lines through hear_event and tell_event */

static void
test_garbage_streams(void)
{
    size_t          i, k, len, bad, told;
    uint32_t        n, m;
    const char     *p, *end;
    aicost_out_t    o;
    aicost_str_t    name;
    aicost_hear_t   h;
    aicost_json_t   j;
    aicost_tell_t   t;
    aicost_says_t   s[AICOST_SAYS_MAX];
    unsigned char  *line, *q, *stop;

    memset(&name, 0, sizeof(aicost_str_t));
    bad = 0;
    told = 0;

    for (i = 0; i < MUTATIONS; i++) {
        k = i % (COUNT(streams) - 1);
        tell_init(&t, "");
        out_init(&o, 0);
        memset(&h, 0, sizeof(aicost_hear_t));

        for (p = streams[k].json; *p; p = end + 1) {
            end = strchr(p, '\n');
            len = (size_t) (end - p);
            line = copy(p, len);
            mutate(line, len);

            (void) aicost_api_ollama.hear_event(&h, &name, line, len, nodes[0],
                                                NODES, s, &n);

            for (m = 0; m < n; m++) {
                aicost_api_ollama.tell_event(&t, &s[m], &o);
            }

            free(line);
        }

        (void) aicost_api_ollama.hear_event(&h, &name, NULL, 0, nodes[0],
                                            NODES, s, &n);

        for (m = 0; m < n; m++) {
            aicost_api_ollama.tell_event(&t, &s[m], &o);
        }

        bad += o.failed || !t.done;

        for (q = o.data; q < o.data + o.len; q = stop + 1) {
            stop = memchr(q, '\n', (size_t) (o.data + o.len - q));
            told++;
            bad += parse(&j, q, (size_t) (stop - q), nodes[1]) != AICOST_OK;
        }
    }

    ok(told > MUTATIONS / 20, "garbage: lines are told");
    is_int((long long) bad, 0, "and all are strict");
}


/* times there and back */

static void
test_times(void)
{
    char           body[256];
    size_t         i;
    uint32_t       n;
    aicost_out_t   o;
    aicost_hear_t  h;
    aicost_tell_t  t;

    static const struct {
        const char  *text;
        int64_t      s;
        unsigned     back;
    } times[] = {
        { "1970-01-02T00:00:00Z", 86400, 1 },
        { "2000-02-29T23:59:59Z", 951868799, 1 },
        { "2024-01-31T12:00:00Z", 1706702400, 1 },
        { "2024-03-01T00:00:00Z", 1709251200, 1 },
        { "2026-02-28T23:59:59Z", 1772323199, 1 },
        { "2026-12-31T23:59:59Z", 1798761599, 1 },
        { "2099-10-05T07:08:09Z", 4094867289, 1 },
        { "2100-03-01T00:00:00Z", 4107542400, 1 },
        { "9999-12-31T23:59:59Z", 253402300799, 1 },
        { "2026-10-17T23:14:07.412345678Z", 1792278847, 0 },
        { "2026-10-18T01:14:07.4+02:00", 1792278847, 0 },
        { "2026-10-17T17:44:07-05:30", 1792278847, 0 },
        { "2026-10-17T23:14:07", 0, 0 },
        { "2026-10-17 23:14:07Z", 0, 0 },
        { "2026-13-17T23:14:07Z", 0, 0 },
        { "2026-10-17T2x:14:07Z", 0, 0 },
        { "2026-10-17T23:14:07.Zz", 0, 0 },
        { "1969-10-17T23:14:07Z", 0, 0 },
        { "", 0, 0 }
    };

    for (i = 0; i < COUNT(times); i++) {
        (void) snprintf(body, sizeof(body), "{\"model\":\"m\",\"created_at\":"
                        "\"%s\",\"message\":{}}", times[i].text);
        memset(&h, 0, sizeof(aicost_hear_t));
        (void) heard(&aicost_api_ollama, &h, (unsigned char *) body,
                     strlen(body), says[0], &n);
        is_int(says[0][0].created, times[i].s, times[i].text);

        if (times[i].back) {
            tell_init(&t, "");
            out_init(&o, 0);
            aicost_api_ollama.tell(&t, says[0], n, &o);
            ok(memcmp(o.data + 27, times[i].text, 20) == 0, "and back");
        }
    }
}


/* calls that came in pieces, told whole */

static void
test_pieces(void)
{
    uint32_t       i;
    aicost_out_t   o;
    aicost_tell_t  t;
    aicost_says_t  s[8];

    static const char *const  pieces[] = {
        "{\\\"a", "", "\\\":[1,", " 2]", "}"
    };

    memset(s, 0, sizeof(s));
    s[0].kind = AICOST_SAYS_CALL;
    s[0].name = aicost_piece_word("f");
    s[1].kind = AICOST_SAYS_CALL;
    s[1].index = 1;
    s[1].name = aicost_piece_word("g");

    for (i = 0; i < 5; i++) {
        s[i + 2].kind = AICOST_SAYS_ARGUMENTS;
        s[i + 2].text = aicost_piece_word(pieces[i]);
        s[i + 2].text.kind = AICOST_PIECE_STRING;
    }

    tell_init(&t, "m");
    out_init(&o, 0);
    aicost_api_ollama.tell(&t, s, 7, &o);
    is_mem(o.data, o.len, ANS("\"\",\"tool_calls\":[{\"id\":"
           "\"call_abcdefghijklmnopqrstuvwx_0\",\"function\":{\"index\":0,"
           "\"name\":\"f\",\"arguments\":{\"a\":[1,2]}}},{\"id\":"
           "\"call_abcdefghijklmnopqrstuvwx_1\",\"function\":{\"index\":1,"
           "\"name\":\"g\",\"arguments\":{}}}]},\"done\":true,"
           "\"done_reason\":\"stop\"}"), "calls in pieces");
}


static void
test_rest(void)
{
    aicost_out_t   o;
    aicost_str_t   message;
    aicost_says_t  s[2];
    aicost_tell_t  t;

    message.data = (unsigned char *) "Budget \"x\" \xff exceeded\n";
    message.len = 22;

    out_init(&o, 0);
    aicost_api_ollama.path(&message, 1, &o);
    is_mem(o.data, o.len, "/api/chat", "the path");

    out_init(&o, 0);
    aicost_api_ollama.tell_error(AICOST_R_BUDGET_EXCEEDED, &message, NULL, &o);
    is_mem(o.data, o.len, "{\"error\":\"Budget \\\"x\\\" \\ufffd exceeded\\n\""
           "}", "an error");

    /* more than keep holds */

    memset(s, 0, sizeof(s));
    s[0].kind = AICOST_SAYS_CALL;
    s[0].name = aicost_piece_word("f");
    s[1].kind = AICOST_SAYS_ARGUMENTS;
    s[1].text.kind = AICOST_PIECE_STRING;
    s[1].text.data = room[1];
    s[1].text.len = KEEP;

    tell_init(&t, "m");
    out_init(&o, 0);
    aicost_api_ollama.tell_event(&t, &s[0], &o);
    ok(!o.failed, "a call is kept");
    aicost_api_ollama.tell_event(&t, &s[1], &o);
    ok(o.failed, "arguments larger than keep fail");
}


int
main(void)
{
    target_init("q\"");

    test_requests(&aicost_api_ollama, requests, COUNT(requests));
    test_wrong(&aicost_api_ollama, wrong, COUNT(wrong));
    test_writes(&aicost_api_ollama, writes, COUNT(writes));
    test_huge(&aicost_api_ollama, "{\"messages\":[{\"role\":\"user\","
              "\"content\":\"", "\"}]}", HI);
    test_answers(&aicost_api_ollama, answers, COUNT(answers));
    test_streams();
    test_retold();
    test_round();
    test_times();
    test_pieces();
    test_rest();
    test_garbage_requests(&aicost_api_ollama, requests, COUNT(requests));
    test_garbage_answers(&aicost_api_ollama, answers, COUNT(answers));
    test_garbage_streams();

    return done_testing();
}
