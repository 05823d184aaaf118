
/*
 * Copyright (C) aicost
 *
 * Converse: requests with the form they are read into, requests that are
 * refused, OpenAI's requests as they are written, answers and streams.
 */


#ifndef _AICOST_API_BEDROCK_CASES_H_INCLUDED_
#define _AICOST_API_BEDROCK_CASES_H_INCLUDED_


#define M(s)     "{\"messages\":[" s "]"
#define U(s)     "{\"role\":\"user\",\"content\":[" s "]}"
#define A(s)     "{\"role\":\"assistant\",\"content\":[" s "]}"
#define T(s)     "{\"text\":\"" s "\"}"
#define HI       U(T("hi"))
#define CACHE    "{\"cachePoint\":{\"type\":\"default\"}}"
#define CALL(i)  "{\"toolUse\":{\"toolUseId\":\"" i "\",\"name\":\"f\"," \
                 "\"input\":{\"a\":1}}}"
#define SPEC(n)  "{\"toolSpec\":{\"name\":\"" n "\",\"description\":\"d\"," \
                 "\"inputSchema\":{\"json\":{\"type\":\"object\"}}}}"
#define RESULT(i, s)  "{\"toolResult\":{\"toolUseId\":\"" i "\"," \
                      "\"content\":[" s "]}}"


static const shape_case_t  requests[] = {
    { "one message", M(HI) "}", "uT^(hi)" },
    { "null is absent", M(HI) ",\"system\":null,\"toolConfig\":null,"
      "\"inferenceConfig\":null,\"additionalModelRequestFields\":null}",
      "uT^(hi)" },
    { "a system of two",
      "{\"system\":[" T("a") "," T("b") "],\"messages\":[" HI "]}",
      "sT^(a) sT(b) uT^(hi)" },
    { "turns", M(HI "," A(T("yes")) "," U(T("a") "," T("b"))) "}",
      "uT^(hi) aT^(yes) uT^(a) uT(b)" },
    { "escapes and unicode", M(U(T("\\\"q\\\" \\\\ \\n\\u00e9\\ud83d\\ude00 "
      "\xc3\xa9 \\/"))) "}",
      "uT^(\\\"q\\\" \\\\ \\n\\u00e9\\ud83d\\ude00 \xc3\xa9 \\/)" },
    { "images", M(U("{\"image\":{\"format\":\"png\",\"source\":{\"bytes\":"
      "\"AAAA\"}}},{\"image\":{\"format\":\"jpeg\",\"source\":{\"bytes\":"
      "\"/9j/\"}}}," T("see"))) "}",
      "uI^(AAAA|image/png) uI(/9j/|image/jpeg) uT(see)" },
    { "a document", M(U(T("see") ",{\"document\":{\"format\":\"pdf\","
      "\"name\":\"Report (1)\",\"source\":{\"bytes\":\"JVBE\"}}}")) "}",
      "uT^(see) uF(JVBE|Report (1)|application/pdf)" },
    { "a document of words", M(U("{\"document\":{\"format\":\"docx\",\"name\":"
      "\"n\",\"source\":{\"bytes\":\"AA\"}}}")) "}",
      "uF^(AA|n|application/vnd.openxmlformats-officedocument."
      "wordprocessingml.document)" },
    { "a call and its result",
      M(HI "," A(T("wait") "," CALL("x-1")) "," U(RESULT("x-1", T("9")))) "}",
      "uT^(hi) aT^(wait) aC({\"a\":1}|x-1|f) tY^(9|x-1)" },
    { "parallel calls, results with text behind them",
      M(HI "," A(CALL("a") "," CALL("b")) ","
        U(RESULT("a", T("1")) "," RESULT("b", "") "," T("go on"))) "}",
      "uT^(hi) aC^({\"a\":1}|a|f) aC({\"a\":1}|b|f) tY^(1|a) tY(|b) "
      "uT(go on)" },
    { "a result that is JSON",
      M(HI "," A(CALL("a")) "," U(RESULT("a", "{\"json\":{\"b\": [1,2]}}")))
      "}", "uT^(hi) aC^({\"a\":1}|a|f) tY^({\"b\": [1,2]}|a)" },
    { "a result of several, an error",
      M(HI "," A(CALL("a")) "," U("{\"toolResult\":{\"toolUseId\":\"a\","
        "\"status\":\"error\",\"content\":[" T("no") ",{\"json\":{}},{\"image\""
        ":{\"format\":\"gif\",\"source\":{\"bytes\":\"R0lG\"}}}]}}")) "}",
      "uT^(hi) aC^({\"a\":1}|a|f) tY^!(|a) tT+(no) tT+({}) "
      "tI+(R0lG|image/gif)" },
    { "a call without input",
      M(HI "," A("{\"toolUse\":{\"toolUseId\":\"a\",\"name\":\"f\"}}")) "}",
      "uT^(hi) aC^({}|a|f)" },
    { "thoughts, signed and redacted",
      M(HI "," A("{\"reasoningContent\":{\"reasoningText\":{\"text\":\"hm\","
        "\"signature\":\"sig==\"}}},{\"reasoningContent\":{"
        "\"redactedContent\":\"AAAA\"}}," T("so"))) "}",
      "uT^(hi) aK^(hm|sig==) aD(AAAA) aT(so)" },
    { "cache points",
      "{\"system\":[" T("a") "," CACHE "],\"messages\":["
      U(T("hi") "," CACHE "," T("b")) "],\"toolConfig\":{\"tools\":["
      SPEC("f") ",{\"cachePoint\":{\"type\":\"default\",\"ttl\":\"1h\"}}]}}",
      "sT^$(a) uT^$(hi) uT(b); tool f d {\"type\":\"object\"} $48" },
    { "a cache point behind a result",
      M(HI "," A(CALL("a")) "," U(RESULT("a", T("1") "," T("2"))
        ",{\"cachePoint\":{\"type\":\"default\",\"ttl\":\"1h\"}}")) "}",
      "uT^(hi) aC^({\"a\":1}|a|f) tY^$%(|a) tT+(1) tT+(2)" },
    { "tools", M(HI) ",\"toolConfig\":{\"tools\":[" SPEC("f") "," SPEC("g")
      "]}}", "uT^(hi); tool f d {\"type\":\"object\"}; "
      "tool g d {\"type\":\"object\"}" },
    { "a tool without a description",
      M(HI) ",\"toolConfig\":{\"tools\":[{\"toolSpec\":{\"name\":\"f\","
      "\"inputSchema\":{\"json\":{}}}}]}}", "uT^(hi); tool f {}" },
    { "the choice is the model's",
      M(HI) ",\"toolConfig\":{\"tools\":[" SPEC("f") "],\"toolChoice\":{"
      "\"auto\":{}}}}",
      "uT^(hi); choice 1; tool f d {\"type\":\"object\"}" },
    { "some call", M(HI) ",\"toolConfig\":{\"tools\":[" SPEC("f") "],"
      "\"toolChoice\":{\"any\":{}}}}",
      "uT^(hi); choice 3; tool f d {\"type\":\"object\"}" },
    { "this call", M(HI) ",\"toolConfig\":{\"tools\":[" SPEC("f") "],"
      "\"toolChoice\":{\"tool\":{\"name\":\"f\"}}}}",
      "uT^(hi); choice 4 f; tool f d {\"type\":\"object\"}" },
    { "all settings", M(HI) ",\"inferenceConfig\":{\"maxTokens\":100,"
      "\"temperature\":0.5,\"topP\":0.9,\"stopSequences\":[\"a\",\"\\n\"]}}",
      "uT^(hi); cap 100; temperature 0.5; top_p 0.9; stop a; stop \\n" },
    { "what costs nothing", M(HI) ",\"serviceTier\":{\"type\":\"default\"},"
      "\"performanceConfig\":{\"latency\":\"standard\"}}",
      "uT^(hi); service standard" },
    { "flex", M(HI) ",\"serviceTier\":{\"type\":\"flex\"}}",
      "uT^(hi); service flex" },
    { "a schema", M(HI) ",\"outputConfig\":{\"textFormat\":{\"type\":"
      "\"json_schema\",\"structure\":{\"jsonSchema\":{\"schema\":"
      "\"{\\\"a\\\":1}\",\"name\":\"n\"}}}}}",
      "uT^(hi); answer 2 {\\\"a\\\":1}" },
    { "metadata", M(HI) ",\"requestMetadata\":{\"team\":\"a\"}}",
      "uT^(hi); metadata {\"team\":\"a\"}" },
    { "a budget of thoughts", M(HI) ",\"additionalModelRequestFields\":{"
      "\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":2048},"
      "\"top_k\":40}}", "uT^(hi); top_k 40; thinking 3 2048" },
    { "the older name of it", M(HI) ",\"additionalModelRequestFields\":{"
      "\"reasoning_config\":{\"type\":\"enabled\",\"budget_tokens\":2048}}}",
      "uT^(hi); thinking 3 2048" },
    { "thinking as it likes", M(HI) ",\"additionalModelRequestFields\":{"
      "\"thinking\":{\"type\":\"adaptive\"}}}", "uT^(hi); thinking 2 0" },
    { "no thinking", M(HI) ",\"additionalModelRequestFields\":{"
      "\"thinking\":{\"type\":\"disabled\"}}}", "uT^(hi); thinking 1 0" }
};


/* of a model that is not Claude */

static const shape_case_t  others[] = {
    { "effort", M(HI) ",\"additionalModelRequestFields\":{"
      "\"reasoning_effort\":\"low\"}}", "uT^(hi); effort low" },
    { "thoughts without a signature",
      M(HI "," A("{\"reasoningContent\":{\"reasoningText\":{\"text\":\"hm\"}}}"
        "," T("so"))) "}", "uT^(hi) aK^(hm) aT(so)" }
};


static const shape_case_t  wrong[] = {
    { "", "[]", "invalid_json " },
    { "", "{}", "missing_parameter messages" },
    { "", M("") "}", "missing_parameter messages" },
    { "", M("1,2") "}", "invalid_parameter content" },
    { "", M("{\"role\":\"user\",\"content\":\"hi\"}") "}",
      "invalid_parameter content" },
    { "", M(U("")) "}", "invalid_parameter content" },
    { "", M(U("1,2")) "}", "invalid_parameter content" },
    { "", M("{\"role\":\"system\",\"content\":[" T("a") "]}") "}",
      "invalid_parameter role" },
    { "", M("{\"content\":[" T("a") "]}") "}", "invalid_parameter role" },
    { "", M(U("{\"text\":1}")) "}", "invalid_parameter text" },
    { "", M(U("{\"video\":{}}")) "}", "parameter_not_allowed content" },
    { "", M(U("{\"guardContent\":{}}")) "}", "parameter_not_allowed content" },
    { "", M(U(CALL("a"))) "}", "parameter_not_allowed toolUse" },
    { "", M(A(RESULT("a", ""))) "}", "parameter_not_allowed toolResult" },
    { "", M(U(RESULT("a", RESULT("b", "")))) "}",
      "parameter_not_allowed toolResult" },
    { "", M(U("{\"image\":{\"format\":\"bmp\",\"source\":{\"bytes\":\"A\"}}}"))
      "}", "invalid_parameter format" },
    { "", M(U("{\"image\":{\"format\":\"png\"}}")) "}",
      "invalid_parameter image" },
    { "", M(U("{\"image\":{\"format\":\"png\",\"source\":{}}}")) "}",
      "invalid_parameter bytes" },
    { "", M(U("{\"image\":{\"format\":\"png\",\"source\":{\"s3Location\":{}}}}"
              )) "}", "parameter_not_allowed s3Location" },
    { "", M(U("{\"document\":{\"format\":\"pdf\",\"name\":\"n\",\"context\":"
              "\"c\",\"source\":{\"bytes\":\"A\"}}}")) "}",
      "parameter_not_allowed context" },
    { "", M(A("{\"toolUse\":{\"name\":\"f\"}}")) "}",
      "invalid_parameter toolUse" },
    { "", M(A("{\"toolUse\":{\"toolUseId\":\"a\",\"name\":\"f\",\"input\":[]}}"
              )) "}", "invalid_parameter input" },
    { "", M(U("{\"toolResult\":{\"content\":[]}}")) "}",
      "invalid_parameter toolUseId" },
    { "", M(U("{\"toolResult\":{\"toolUseId\":\"a\",\"status\":\"x\"}}")) "}",
      "invalid_parameter status" },
    { "", M(A("{\"reasoningContent\":{}}")) "}",
      "invalid_parameter reasoningContent" },
    { "", M(A("{\"reasoningContent\":{\"reasoningText\":{}}}")) "}",
      "invalid_parameter reasoningText" },
    { "", M(U(CACHE)) "}", "invalid_parameter cachePoint" },
    { "", M(U(T("a") ",{\"cachePoint\":{\"ttl\":\"2h\"}}")) "}",
      "invalid_parameter cachePoint" },
    { "", M(HI) ",\"system\":\"a\"}", "invalid_parameter system" },
    { "", M(HI) ",\"inferenceConfig\":{\"maxTokens\":0}}",
      "invalid_parameter maxTokens" },
    { "", M(HI) ",\"inferenceConfig\":{\"temperature\":\"1\"}}",
      "invalid_parameter temperature" },
    { "", M(HI) ",\"inferenceConfig\":{\"stopSequences\":\"a\"}}",
      "invalid_parameter stopSequences" },
    { "", M(HI) ",\"toolConfig\":{\"tools\":[{\"systemTool\":{}}]}}",
      "parameter_not_allowed tools" },
    { "", M(HI) ",\"toolConfig\":{\"tools\":[" CACHE "]}}",
      "invalid_parameter cachePoint" },
    { "", M(HI) ",\"toolConfig\":{\"tools\":[{\"toolSpec\":{\"name\":\"f\"}}]}}"
      , "invalid_parameter toolSpec" },
    { "", M(HI) ",\"toolConfig\":{\"toolChoice\":{}}}",
      "invalid_parameter toolChoice" },
    { "", M(HI) ",\"guardrailConfig\":{}}",
      "parameter_not_allowed guardrailConfig" },
    { "", M(HI) ",\"promptVariables\":{}}",
      "parameter_not_allowed promptVariables" },
    { "", M(HI) ",\"outputConfig\":{}}", "invalid_parameter textFormat" },
    { "", M(HI) ",\"outputConfig\":{\"effort\":\"low\"}}",
      "parameter_not_allowed outputConfig.effort" },
    { "", M(HI) ",\"outputConfig\":{\"textFormat\":{\"type\":\"text\"}}}",
      "invalid_parameter textFormat" },
    { "", M(HI) ",\"outputConfig\":{\"textFormat\":{\"type\":\"json_schema\","
      "\"structure\":{\"jsonSchema\":{}}}}}", "invalid_parameter schema" },
    { "", M(HI) ",\"serviceTier\":{\"type\":\"reserved\"}}",
      "parameter_not_allowed serviceTier" },
    { "", M(HI) ",\"performanceConfig\":{\"latency\":\"optimized\"}}",
      "parameter_not_allowed performanceConfig" },
    { "", M(HI) ",\"additionalModelRequestFields\":{\"min_p\":1}}",
      "parameter_not_allowed additionalModelRequestFields" },
    { "", M(HI) ",\"additionalModelRequestFields\":{\"top_k\":\"1\"}}",
      "invalid_parameter top_k" },
    { "", M(HI) ",\"additionalModelRequestFields\":{\"thinking\":{\"type\":"
      "\"enabled\"}}}", "invalid_parameter thinking" }
};


#define OM(s)   "{\"messages\":[" s "]"
#define OU      "{\"role\":\"user\",\"content\":\"hi\"}"
#define OFN     "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":" \
                "\"f\",\"description\":\"d\",\"parameters\":{\"type\":" \
                "\"object\"}}}]"
#define OCALL   "{\"role\":\"assistant\",\"tool_calls\":[{\"id\":\"c1\"," \
                "\"function\":{\"name\":\"f\",\"arguments\":" \
                "\"{\\\"a\\\":1}\"}}]}"

static const shape_case_t  writes[] = {
    { "", OM(OU) "}", M(HI) "}" },
    { "", OM("{\"role\":\"system\",\"content\":\"s\"}," OU "," OU ",{\"role\":"
             "\"developer\",\"content\":\"d\"}") "}",
      "{\"system\":[" T("s") "," T("d") "],\"messages\":["
      U(T("hi") "," T("hi")) "]}" },
    { "", OM("{\"role\":\"assistant\",\"content\":\"a\"}") "}",
      M(U(T(".")) "," A(T("a"))) "}" },
    { "", OM("{\"role\":\"system\",\"content\":\"s\"}") "}",
      "{\"system\":[" T("s") "],\"messages\":[" U(T(".")) "]}" },
    { "", OM(OU ",{\"role\":\"assistant\",\"content\":\"\"}," OU) "}",
      M(U(T("hi") "," T("hi"))) "}" },
    { "", OM(OU "," OCALL ",{\"role\":\"tool\",\"tool_call_id\":\"c1\","
             "\"content\":\"9\"}," OU) "," OFN ",\"tool_choice\":\"auto\"}",
      M(HI "," A(CALL("c1")) "," U(RESULT("c1", T("9")) "," T("hi")))
      ",\"toolConfig\":{\"tools\":[" SPEC("f") "],\"toolChoice\":{\"auto\":{}}"
      "}}" },
    { "", OM(OU) "," OFN ",\"tool_choice\":\"none\"}", M(HI) "}" },
    { "temperature",
      OM(OU) "," OFN ",\"tool_choice\":\"required\",\"max_tokens\":5,"
      "\"temperature\":1.7,\"stop\":\"x\",\"top_p\":0.5,\"top_k\":3,\"n\":1}",
      M(HI) ",\"inferenceConfig\":{\"maxTokens\":5,\"temperature\":1,"
      "\"topP\":0.5,\"stopSequences\":[\"x\"]},\"toolConfig\":{\"tools\":["
      SPEC("f") "],\"toolChoice\":{\"any\":{}}},"
      "\"additionalModelRequestFields\":{\"top_k\":3}}" },
    { "", OM("{\"role\":\"user\",\"content\":[{\"type\":\"file\",\"file\":{"
             "\"filename\":\"a.b\\\"  c.pdf\",\"file_data\":"
             "\"data:application/pdf;base64,AA\"}}]}") "}",
      M(U("{\"document\":{\"format\":\"pdf\",\"name\":\"a-b-- -c-pdf\","
          "\"source\":{\"bytes\":\"AA\"}}}")) "}" },
    { "", OM("{\"role\":\"user\",\"content\":[{\"type\":\"image_url\","
             "\"image_url\":{\"url\":\"data:image/jpg;base64,AA\"}}]}") "}",
      M(U("{\"image\":{\"format\":\"jpeg\",\"source\":{\"bytes\":\"AA\"}}}"))
      "}" },
    { "", OM(OU ",{\"role\":\"assistant\",\"reasoning_content\":\"hm\","
             "\"content\":\"a\"}") "}", M(HI "," A(T("a"))) "}" },
    { "tool_choice", OM(OU "," OCALL) "," OFN ",\"tool_choice\":\"none\"}",
      M(HI "," A(CALL("c1"))) ",\"toolConfig\":{\"tools\":[" SPEC("f") "]}}" },
    { "response_format",
      OM(OU) ",\"response_format\":{\"type\":\"json_object\"}}", M(HI) "}" },
    { "", OM(OU) ",\"response_format\":{\"type\":\"json_schema\","
          "\"json_schema\":{\"name\":\"a\",\"schema\":{\"a\":\"\\n\"}}}}",
      M(HI) ",\"outputConfig\":{\"textFormat\":{\"type\":\"json_schema\","
      "\"structure\":{\"jsonSchema\":{\"schema\":\"{\\\"a\\\":\\\"\\\\n"
      "\\\"}\",\"name\":\"a\"}}}}}" },
    { "n", OM(OU) ",\"n\":2,\"seed\":1,\"logprobs\":true,\"logit_bias\":{},"
      "\"presence_penalty\":1,\"frequency_penalty\":1,\"user\":\"u\","
      "\"parallel_tool_calls\":false}", M(HI) "}" },
    { "reasoning_effort", OM(OU) ",\"reasoning_effort\":\"high\"}",
      M(HI) "}" },
    { "image_url",
      OM("{\"role\":\"user\",\"content\":[{\"type\":\"image_url\","
         "\"image_url\":{\"url\":\"https://a.example/\"}}]}") "}",
      M(U(T("."))) "}" },
    { "file",
      OM("{\"role\":\"user\",\"content\":[{\"type\":\"file\",\"file\":{"
         "\"file_data\":\"data:application/zip;base64,AA\"}}]}") "}",
      M(U(T("."))) "}" },
    { "input_audio",
      OM("{\"role\":\"user\",\"content\":[{\"type\":\"input_audio\","
         "\"input_audio\":{\"data\":\"AA\",\"format\":\"wav\"}}]}") "}",
      M(U(T("."))) "}" },
    { "arguments",
      OM("{\"role\":\"assistant\",\"tool_calls\":[{\"id\":\"c\",\"function\":"
         "{\"name\":\"f\",\"arguments\":\"[1]\"}}]}") "}",
      "refused: arguments" }
};


static const shape_case_t  other_writes[] = {
    { "", OM(OU) ",\"reasoning_effort\":\"high\"}",
      M(HI) ",\"additionalModelRequestFields\":{\"reasoning_effort\":\"high\"}"
      "}" },
    { "top_k", OM(OU) ",\"top_k\":3}", M(HI) "}" }
};


#define OLLAMA(n)  "{\"function\":{\"name\":\"" n "\",\"arguments\":{}}}"
#define USE(i, n)  "{\"toolUse\":{\"toolUseId\":\"" i "\",\"name\":\"" n \
                   "\",\"input\":{}}}"

static const shape_case_t  chains[] = {
    { "a result that is JSON stays so",
      M(HI "," A(CALL("a")) "," U(RESULT("a", "{\"json\":{\"b\":1}}"))) "}",
      M(HI "," A(CALL("a")) "," U(RESULT("a", "{\"json\":{\"b\":1}}"))) "}" },
    { "calls without ids, and whose result is whose",
      "{\"messages\":[" OU ",{\"role\":\"assistant\",\"tool_calls\":["
      OLLAMA("f") "," OLLAMA("g") "," OLLAMA("f") "]},{\"role\":\"tool\","
      "\"tool_name\":\"g\",\"content\":\"1\"},{\"role\":\"tool\","
      "\"tool_name\":\"f\",\"content\":\"2\"},{\"role\":\"tool\","
      "\"content\":\"3\"},{\"role\":\"tool\",\"content\":\"4\"}]}",
      M(HI "," A(USE("call_1", "f") "," USE("call_2", "g") ","
                 USE("call_3", "f")) ","
        U(RESULT("call_2", T("1")) "," RESULT("call_1", T("2")) ","
          RESULT("call_3", T("3")) "," RESULT("call_7", T("4")))) "}" }
};


#define ANS(s)  "{\"output\":{\"message\":{\"role\":\"assistant\"," \
                "\"content\":[" s "]}}"

static const shape_case_t  answers[] = {
    { "text and usage",
      ANS(T("Hello")) ",\"stopReason\":\"end_turn\",\"usage\":{\"inputTokens\""
      ":9,\"outputTokens\":3,\"totalTokens\":12},\"metrics\":{\"latencyMs\":1}"
      "}", "start() text(Hello) finish(1) usage(9/0/0/0/3) done" },
    { "caches",
      ANS(T("a")) ",\"stopReason\":\"stop_sequence\",\"usage\":{"
      "\"inputTokens\":9,\"outputTokens\":3.0,\"cacheReadInputTokens\":5,"
      "\"cacheWriteInputTokens\":7,\"cacheDetails\":[{\"ttl\":\"1h\","
      "\"inputTokens\":4},{\"ttl\":\"5m\",\"inputTokens\":3}]}}",
      "start() text(a) finish(2) usage(9/5/3/4/3) done" },
    { "details above their sum, and without one",
      ANS(T("a")) ",\"stopReason\":\"max_tokens\",\"usage\":{"
      "\"inputTokens\":9,\"outputTokens\":3,\"cacheWriteInputTokens\":2,"
      "\"cacheDetails\":[{\"ttl\":\"1h\",\"inputTokens\":4}]}}",
      "start() text(a) finish(3) usage(9/0/0/2/3) done" },
    { "no sum",
      ANS(T("a")) ",\"stopReason\":\"model_context_window_exceeded\",\"usage\""
      ":{\"inputTokens\":9,\"outputTokens\":3,\"cacheDetails\":[{\"ttl\":"
      "\"5m\",\"inputTokens\":4}]}}",
      "start() text(a) finish(3) usage(9/0/4/0/3) done" },
    { "half a usage, and an absurd one",
      ANS(T("a")) ",\"stopReason\":\"guardrail_intervened\",\"usage\":{"
      "\"inputTokens\":9,\"outputTokens\":-3}}",
      "start() text(a) finish(5) done" },
    { "calls",
      ANS(T("wait") "," CALL("x") "," CALL("y")) ",\"stopReason\":\"tool_use\""
      "}", "start() text(wait) call(0 x f) args(0 json {\"a\":1}) call(1 y f) "
      "args(1 json {\"a\":1}) finish(4) done" },
    { "thoughts and what is not known",
      ANS("{\"reasoningContent\":{\"reasoningText\":{\"text\":\"hm\","
          "\"signature\":\"s\"}}},{\"reasoningContent\":{\"redactedContent\":"
          "\"AA\"}},{\"video\":{}},7," T("")) ",\"stopReason\":\"end_turn\"}",
      "start() thinking(hm) signature(s) redacted(AA) finish(1) done" },
    { "nothing", ANS("") ",\"stopReason\":\"content_filtered\"}",
      "start() finish(5) done" },
    { "an error", "{\"message\":\"no\",\"__type\":"
      "\"com.amazon#ThrottlingException\"}", "error(rate_limited: no) done" },
    { "an error without a class", "{\"Message\":\"no\"}",
      "error(server_error: no) done" },
    { "a class alone", "{\"__type\":\"AccessDeniedException\",\"message\":\"n"
      "\"}", "error(auth_failed: n) done" }
};


#define START   "messageStart {\"role\":\"assistant\"}\n"
#define DELTA(i, s)  "contentBlockDelta {\"contentBlockIndex\":" i "," \
                     "\"delta\":{" s "}}\n"
#define STOP(i) "contentBlockStop {\"contentBlockIndex\":" i "}\n"
#define END(r)  "messageStop {\"stopReason\":\"" r "\"}\n"
#define USAGE   "metadata {\"usage\":{\"inputTokens\":9,\"outputTokens\":3," \
                "\"totalTokens\":12,\"cacheReadInputTokens\":0," \
                "\"cacheWriteInputTokens\":0},\"metrics\":{\"latencyMs\":0}}\n"
#define BEGIN(i, id)  "contentBlockStart {\"contentBlockIndex\":" i "," \
                      "\"start\":{\"toolUse\":{\"toolUseId\":\"" id "\"," \
                      "\"name\":\"f\"}}}\n"

static const shape_case_t  streams[] = {
    { "= text", START DELTA("0", "\"text\":\"He\"") DELTA("0", "\"text\":\"y\"")
      STOP("0") END("end_turn") USAGE,
      "start() text(He) text(y) finish(1) usage(9/0/0/0/3) done" },
    { "= thoughts, text, a call",
      START DELTA("0", "\"reasoningContent\":{\"text\":\"hm\"}")
      DELTA("0", "\"reasoningContent\":{\"signature\":\"s\"}") STOP("0")
      DELTA("1", "\"reasoningContent\":{\"redactedContent\":\"AA\"}") STOP("1")
      DELTA("2", "\"text\":\"so\"") STOP("2") BEGIN("3", "x")
      DELTA("3", "\"toolUse\":{\"input\":\"{\\\"a\\\":1}\"}") STOP("3")
      END("tool_use") USAGE,
      "start() thinking(hm) signature(s) redacted(AA) text(so) call(0 x f) "
      "args(0 {\\\"a\\\":1}) finish(4) usage(9/0/0/0/3) done" },
    { "= a call, text behind it", START BEGIN("0", "x")
      DELTA("0", "\"toolUse\":{\"input\":\"{}\"}") STOP("0")
      DELTA("1", "\"text\":\"so\"") STOP("1") END("tool_use"),
      "start() call(0 x f) args(0 {}) text(so) finish(4) done" },
    { "arguments in fragments, of several calls",
      START BEGIN("1", "x") DELTA("1", "\"toolUse\":{\"input\":\"\"}")
      BEGIN("2", "y") DELTA("2", "\"toolUse\":{\"input\":\"{\"}")
      DELTA("1", "\"toolUse\":{\"input\":\"{}\"}")
      DELTA("2", "\"toolUse\":{\"input\":\"}\"}")
      DELTA("7", "\"toolUse\":{\"input\":\"lost\"}") END("end_turn"),
      "start() call(0 x f) call(1 y f) args(1 {) args(0 {}) args(1 }) "
      "finish(4) done" },
    { "what is not known, what is odd",
      "ping {}\nmessageStart 7\ncontentBlockDelta {}\n"
      "contentBlockStart {\"start\":{}}\ncontentBlockDelta {\"delta\":[1,2]}\n"
      "contentBlockDelta {\"delta\":{\"citation\":{}}}\n"
      "messageStop {\"stopReason\":\"new\"}\nmetadata {\"usage\":7}\n",
      " (none) start() finish(6) done" },
    { "an exception",
      START DELTA("0", "\"text\":\"a\"") "exception {\"message\":\"slow\"}\n"
      END("end_turn"), "start() text(a) error(server_error: slow) done" },
    { "an exception whose type stands in the frame",
      "exception:throttlingException {\"message\":\"slow\"}\n",
      "error(rate_limited: slow) done" },
    { "the frame's word is the one that counts",
      "exception:validationException {\"message\":\"n\",\"__type\":"
      "\"ThrottlingException\"}\n", "error(bad_request: n) done" },
    { "a type that is not known",
      "exception:newException {\"message\":\"n\"}\n",
      "error(server_error: n) done" },
    { "an exception without a word", "exception \n",
      "error(server_error) done" },
    { "cut", START, "start() error(closed: The provider closed the stream "
      "before its end.) done" },
    { "nothing", "", "error(closed: The provider closed the stream before "
      "its end.) done" }
};


#define CHUNK(d) "{\"id\":\"c\",\"created\":1700000000,\"model\":\"m\"," \
                 "\"choices\":[{\"index\":0,\"delta\":{" d "}}]}\n"

static const shape_case_t  retold[] = {
    { "text, thinking, usage",
      CHUNK("\"role\":\"assistant\",\"content\":\"\"")
      CHUNK("\"reasoning_content\":\"hm\"") CHUNK("\"content\":\"a\\n\"")
      "{\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"length\"}],"
      "\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":3,"
      "\"prompt_tokens_details\":{\"cached_tokens\":4}}}\n[DONE]\n",
      START DELTA("0", "\"reasoningContent\":{\"text\":\"hm\"}") STOP("0")
      DELTA("1", "\"text\":\"a\\n\"") STOP("1") END("max_tokens")
      "metadata {\"usage\":{\"inputTokens\":5,\"outputTokens\":3,"
      "\"totalTokens\":12,\"cacheReadInputTokens\":4,"
      "\"cacheWriteInputTokens\":0},\"metrics\":{\"latencyMs\":0}}\n" },
    { "calls whose arguments come in turn",
      CHUNK("\"tool_calls\":[{\"index\":0,\"id\":\"x\",\"function\":{"
            "\"name\":\"f\",\"arguments\":\"{\\\"a\\\":\"}}]")
      CHUNK("\"tool_calls\":[{\"index\":1,\"id\":\"y\",\"function\":{"
            "\"name\":\"f\",\"arguments\":\"\"}}]")
      CHUNK("\"tool_calls\":[{\"index\":0,\"function\":{"
            "\"arguments\":\"1}\"}}]")
      "{\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":"
      "\"tool_calls\"}]}\n[DONE]\n",
      START BEGIN("0", "x")
      DELTA("0", "\"toolUse\":{\"input\":\"{\\\"a\\\":1}\"}") STOP("0")
      BEGIN("1", "y") STOP("1") END("tool_use") },
    { "an error", CHUNK("\"content\":\"a\"")
      "{\"error\":{\"message\":\"no \\\"\"}}\n",
      START DELTA("0", "\"text\":\"a\"")
      "exception:internalServerException "
      "{\"message\":\"no \\\"\",\"__type\":"
      "\"InternalServerException\"}\n" }
};


#endif /* _AICOST_API_BEDROCK_CASES_H_INCLUDED_ */
