
/*
 * Copyright (C) aicost
 *
 * OpenAI chat: requests with the form they are read into, requests that are
 * refused, answers and streams with what is heard in them.
 *
 * A part is written role, kind, flags and (text|id|name|more): roles s u a t;
 * kinds Text Image File Audio thinKing Refusal Call Yield; flags ^ first,
 * @ URL, + inside, $ cache.  Then what else the request says.
 */


#ifndef _AICOST_API_OPENAI_CASES_H_INCLUDED_
#define _AICOST_API_OPENAI_CASES_H_INCLUDED_


#define M(s)  "{\"model\":\"m\",\"messages\":[" s "]"
#define HI    "{\"role\":\"user\",\"content\":\"hi\"}"


static const struct {
    const char  *name;
    const char  *json;
    const char  *form;
} requests[] = {
    { "one user message", M(HI) "}", "uT^(hi)" },
    { "system, developer, user",
      M("{\"role\":\"system\",\"content\":\"a\"},"
        "{\"content\":\"b\",\"role\":\"developer\"}," HI) "}",
      "sT^(a) sT^(b) uT^(hi)" },
    { "equal neighbours stay two messages", M(HI "," HI) "}",
      "uT^(hi) uT^(hi)" },
    { "escapes and unicode",
      M("{\"role\":\"user\",\"content\":\"\\\"q\\\" \\\\ \\n\\u00e9\\ud83d"
        "\\ude00 \xc3\xa9 \\/\"}") "}",
      "uT^(\\\"q\\\" \\\\ \\n\\u00e9\\ud83d\\ude00 \xc3\xa9 \\/)" },
    { "an empty message", M("{\"role\":\"user\",\"content\":\"\"}") "}",
      "uT^()" },
    { "content null, content missing, content []",
      M("{\"role\":\"assistant\",\"content\":null},{\"role\":\"user\"},"
        "{\"role\":\"user\",\"content\":[]}") "}",
      "aT^() uT^() uT^()" },
    { "parts of text",
      M("{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"a\"},"
        "{\"text\":\"b\",\"type\":\"text\"}]}") "}",
      "uT^(a) uT(b)" },
    { "one part is as a string",
      M("{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"a\"}]}")
      "}", "uT^(a)" },
    { "an image by data",
      M("{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"a\"},"
        "{\"type\":\"image_url\",\"image_url\":{\"url\":"
        "\"data:image/png;base64,AAAA\",\"detail\":\"low\"}}]}") "}",
      "uT^(a) uI(AAAA||image/png|low)" },
    { "an image by URL, and as Mistral has it",
      M("{\"role\":\"user\",\"content\":[{\"type\":\"image_url\","
        "\"image_url\":{\"url\":\"https://a.example/i.png\"}},"
        "{\"type\":\"image_url\",\"image_url\":\"HTTP:\\/\\/b.example\"}]}")
      "}", "uI^@(https://a.example/i.png) uI@(HTTP:\\/\\/b.example)" },
    { "a document and a sound",
      M("{\"role\":\"user\",\"content\":[{\"type\":\"file\",\"file\":"
        "{\"filename\":\"a.pdf\",\"file_data\":"
        "\"data:application/pdf;base64,JVBE\"}},"
        "{\"type\":\"file\",\"file\":{\"file_data\":\"JVBE\"}},"
        "{\"type\":\"input_audio\",\"input_audio\":{\"data\":\"UklG\","
        "\"format\":\"wav\"}}]}") "}",
      "uF^(JVBE|a.pdf|application/pdf) uF(JVBE) uA(UklG||wav)" },
    { "a cache breakpoint",
      M("{\"role\":\"system\",\"content\":[{\"type\":\"text\",\"text\":\"a\","
        "\"prompt_cache_breakpoint\":{\"mode\":\"explicit\"}}]}," HI) "}",
      "sT^$(a) uT^(hi)" },
    { "names of speakers",
      M("{\"role\":\"user\",\"name\":\"eve\",\"content\":\"a\"}") "}",
      "uT^(a||eve)" },
    { "a tool is called and answers",
      M(HI ",{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[{\"id\":"
        "\"c1\",\"type\":\"function\",\"function\":{\"name\":\"f\","
        "\"arguments\":\"{\\\"a\\\":\\\"\\\\u00e9\\\\n\\\"}\"}}]},"
        "{\"role\":\"tool\",\"tool_call_id\":\"c1\",\"content\":\"42\"}")
      ",\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\","
      "\"description\":\"d\",\"parameters\":{\"type\":\"object\"},"
      "\"strict\":true}}]}",
      "uT^(hi) aC^({\\\"a\\\":\\\"\\\\u00e9\\\\n\\\"}|c1|f) tY^(42|c1)"
      "; tool f d {\"type\":\"object\"} strict" },
    { "parallel calls, beside an empty text, arguments as an object",
      M("{\"role\":\"assistant\",\"content\":\"\",\"tool_calls\":["
        "{\"id\":\"c1\",\"type\":\"function\",\"function\":{\"name\":\"f\","
        "\"arguments\":{ \"a\" : [1, 2] }}},"
        "{\"id\":\"c2\",\"function\":{\"name\":\"g\"}}]},"
        "{\"role\":\"tool\",\"tool_call_id\":\"c2\",\"name\":\"g\","
        "\"content\":[{\"type\":\"text\",\"text\":\"a\"},"
        "{\"type\":\"text\",\"text\":\"b\"}]},"
        "{\"role\":\"tool\",\"tool_call_id\":\"c1\",\"content\":[]}") "}",
      "aC^({ \"a\" : [1, 2] }|c1|f) aC({}|c2|g) tY^(-|c2|g) tT+(a) tT+(b)"
      " tY^(|c1)" },
    { "a named empty text stays, a result can be cached to",
      M("{\"role\":\"assistant\",\"name\":\"eve\",\"content\":\"\","
        "\"tool_calls\":[{\"id\":\"c1\",\"function\":{\"name\":\"f\"}}]},"
        "{\"role\":\"tool\",\"tool_call_id\":\"c1\",\"content\":[{\"type\":"
        "\"text\",\"text\":\"a\",\"prompt_cache_breakpoint\":{}}]}") "}",
      "aT^(||eve) aC({}|c1|f) tY^$(a|c1)" },
    { "text, then a call",
      M("{\"role\":\"assistant\",\"content\":\"well\",\"tool_calls\":["
        "{\"id\":\"c1\",\"type\":\"function\",\"function\":{\"name\":\"f\","
        "\"arguments\":\"\"}}]}") "}",
      "aT^(well) aC(|c1|f)" },
    { "thinking of DeepSeek and of Groq",
      M("{\"role\":\"assistant\",\"content\":\"a\",\"reasoning_content\":"
        "\"r\"},{\"role\":\"assistant\",\"reasoning\":\"s\",\"content\":"
        "\"b\"},{\"role\":\"assistant\",\"reasoning_content\":\"t\"}") "}",
      "aK^(r) aT(a) aK^(s) aT(b) aK^(t)" },
    { "refusals",
      M("{\"role\":\"assistant\",\"refusal\":\"no\"},"
        "{\"role\":\"assistant\",\"content\":\"a\",\"refusal\":\"no\"},"
        "{\"role\":\"assistant\",\"content\":[{\"type\":\"refusal\","
        "\"refusal\":\"never\"}]}") "}",
      "aR^(no) aT^(a) aR(no) aR^(never)" },
    { "all numbers",
      M(HI) ",\"temperature\":0.70,\"top_p\":1e-1,\"seed\":-7,\"n\":2,"
      "\"presence_penalty\":-2,\"frequency_penalty\":0.5,\"top_logprobs\":3,"
      "\"logprobs\":true,\"logit_bias\":{\"50256\":-100},"
      "\"max_completion_tokens\":99}",
      "uT^(hi); cap 99; temperature 0.70; top_p 1e-1; seed -7; presence -2;"
      " frequency 0.5; n 2; logprobs 3 2; bias {\"50256\":-100}" },
    { "other settings",
      M(HI) ",\"stream\":true,\"stream_options\":{\"include_usage\":true},"
      "\"verbosity\":\"low\",\"metadata\":{\"a\":\"b\"},\"store\":false,"
      "\"prompt_cache_key\":\"k\",\"user\":\"u\",\"safety_identifier\":\"v\","
      "\"service_tier\":\"auto\",\"modalities\":[\"text\"],"
      "\"reasoning_effort\":\"xhigh\",\"parallel_tool_calls\":false,"
      "\"max_tokens\":5,\"prompt_cache_options\":{\"ttl\":\"30m\"}}",
      "uT^(hi); cap 5; stream; user v; verbosity low; metadata {\"a\":\"b\"};"
      " key k; effort xhigh; parallel 1" },
    { "flex", M(HI) ",\"service_tier\":\"flex\"}", "uT^(hi); service flex" },
    { "fast is priority", M(HI) ",\"service_tier\":\"fast\"}",
      "uT^(hi); service priority" },
    { "the default tier", M(HI) ",\"service_tier\":\"default\"}",
      "uT^(hi); service standard" },
    { "what is said by saying nothing",
      M("{\"role\":\"user\",\"content\":[{\"type\":\"image_url\","
        "\"image_url\":{\"url\":\"data:image/png;base64,AA\",\"detail\":"
        "\"auto\"}}]}")
      ",\"n\":1,\"presence_penalty\":0,\"frequency_penalty\":-0.0,"
      "\"logit_bias\":{},\"metadata\":{ },\"logprobs\":false,"
      "\"stream\":false}", "uI^(AA||image/png)" },
    { "null is absent",
      M(HI) ",\"temperature\":null,\"stop\":null,\"tools\":null,\"audio\":null,"
      "\"stream\":null,\"max_tokens\":null,\"response_format\":null,"
      "\"tool_choice\":null,\"functions\":null,\"user\":null}", "uT^(hi)" },
    { "a stop", M(HI) ",\"stop\":\"\\n\"}", "uT^(hi); stop \\n" },
    { "stops", M(HI) ",\"stop\":[\"a\",\"b\\\"\",\"\"]}",
      "uT^(hi); stop a; stop b\\\"; stop " },
    { "choice auto", M(HI) ",\"tool_choice\":\"auto\"}", "uT^(hi); choice 1" },
    { "choice none", M(HI) ",\"tool_choice\":\"none\"}", "uT^(hi); choice 2" },
    { "choice required", M(HI) ",\"tool_choice\":\"required\"}",
      "uT^(hi); choice 3" },
    { "choice any", M(HI) ",\"tool_choice\":\"any\"}", "uT^(hi); choice 3" },
    { "choice of a tool",
      M(HI) ",\"tool_choice\":{\"type\":\"function\",\"function\":"
      "{\"name\":\"f\"}}}", "uT^(hi); choice 4 f" },
    { "JSON", M(HI) ",\"response_format\":{\"type\":\"json_object\"}}",
      "uT^(hi); answer 1" },
    { "text", M(HI) ",\"response_format\":{\"type\":\"text\"}}", "uT^(hi)" },
    { "a schema",
      M(HI) ",\"response_format\":{\"type\":\"json_schema\",\"json_schema\":"
      "{\"name\":\"s\",\"description\":\"d\",\"strict\":true,\"schema\":"
      "{\"type\":\"object\",\"properties\":{\"a\":{\"enum\":[\"x\\n\"]}}}}}}",
      "uT^(hi); answer 2 s d {\"type\":\"object\",\"properties\":{\"a\":"
      "{\"enum\":[\"x\\n\"]}}} 2" },
    { "a schema of llama.cpp",
      M(HI) ",\"response_format\":{\"type\":\"json_object\",\"schema\":"
      "{\"type\":\"object\"}}}",
      "uT^(hi); answer 2 answer - {\"type\":\"object\"} 0" },
    { "tools without parameters",
      M(HI) ",\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\"}},"
      "{\"type\":\"function\",\"function\":{\"name\":\"g\",\"parameters\":null,"
      "\"strict\":false}}]}",
      "uT^(hi); tool f - - -; tool g - - lax" },
    { "what is unknown is left to others", M(HI) ",\"x_unknown\":{\"a\":[1]}}",
      "uT^(hi)" }
};


static const struct {
    const char  *json;
    const char  *says;
} wrong[] = {
    { "[]", "invalid_json " },
    { "{\"model\":\"m\"}", "missing_parameter messages" },
    { M("") "}", "invalid_parameter messages" },
    { M("1,2") "}", "invalid_parameter messages" },
    { "{\"messages\":\"hi\"}", "invalid_parameter messages" },
    { "{\"model\":1,\"messages\":[" HI "]}", "invalid_parameter model" },
    { M("{\"content\":\"a\"}") "}", "invalid_parameter role" },
    { M("{\"role\":\"king\",\"content\":\"a\"}") "}",
      "invalid_parameter role" },
    { M("{\"role\":\"function\",\"name\":\"f\",\"content\":\"a\"}") "}",
      "parameter_not_allowed role" },
    { M("{\"role\":\"user\",\"content\":7}") "}",
      "invalid_parameter content" },
    { M("{\"role\":\"user\",\"content\":[7,8]}") "}",
      "invalid_parameter type" },
    { M("{\"role\":\"user\",\"content\":[{\"type\":\"text\"}]}") "}",
      "invalid_parameter text" },
    { M("{\"role\":\"user\",\"content\":[{\"type\":\"video_url\"}]}") "}",
      "parameter_not_allowed type" },
    { M("{\"role\":\"user\",\"content\":[{\"type\":\"image_url\",\"image_url\":"
        "{\"url\":\"file:///etc/passwd\"}}]}") "}", "invalid_parameter url" },
    { M("{\"role\":\"user\",\"content\":[{\"type\":\"image_url\",\"image_url\":"
        "{\"url\":\"data:;base64,http://x\"}}]}") "}",
      "invalid_parameter url" },
    { M("{\"role\":\"user\",\"content\":[{\"type\":\"image_url\",\"image_url\":"
        "{\"file_id\":\"f\"}}]}") "}", "parameter_not_allowed file_id" },
    { M("{\"role\":\"user\",\"content\":[{\"type\":\"file\",\"file\":"
        "{\"file_id\":\"f\"}}]}") "}", "parameter_not_allowed file_id" },
    { M("{\"role\":\"user\",\"content\":[{\"type\":\"file\",\"file\":{}}]}")
      "}", "invalid_parameter file_data" },
    { M("{\"role\":\"user\",\"content\":[{\"type\":\"input_audio\","
        "\"input_audio\":{\"data\":\"a\"}}]}") "}",
      "invalid_parameter input_audio" },
    { M("{\"role\":\"assistant\",\"audio\":{\"id\":\"a\"}}") "}",
      "parameter_not_allowed audio" },
    { M("{\"role\":\"assistant\",\"function_call\":{\"name\":\"f\"}}") "}",
      "parameter_not_allowed function_call" },
    { M("{\"role\":\"assistant\",\"tool_calls\":{}}") "}",
      "invalid_parameter tool_calls" },
    { M("{\"role\":\"assistant\",\"tool_calls\":[{\"function\":"
        "{\"name\":\"f\"}}]}") "}", "invalid_parameter tool_calls" },
    { M("{\"role\":\"assistant\",\"tool_calls\":[{\"type\":\"custom\"}]}") "}",
      "parameter_not_allowed tool_calls" },
    { M("{\"role\":\"assistant\",\"tool_calls\":[{\"id\":\"a\",\"function\":"
        "{\"name\":\"f\",\"arguments\":[1]}}]}") "}",
      "invalid_parameter arguments" },
    { M("{\"role\":\"tool\",\"content\":\"a\"}") "}",
      "missing_parameter tool_call_id" },
    { M("{\"role\":\"tool\",\"tool_call_id\":\"a\",\"content\":[{\"type\":"
        "\"image_url\",\"image_url\":\"https://a\"}]}") "}",
      "parameter_not_allowed type" },
    { M(HI) ",\"temperature\":\"1\"}", "invalid_parameter temperature" },
    { M(HI) ",\"seed\":1.5}", "invalid_parameter seed" },
    { M(HI) ",\"logit_bias\":[1]}", "invalid_parameter logit_bias" },
    { M(HI) ",\"stream\":1}", "invalid_parameter stream" },
    { M(HI) ",\"max_tokens\":0}", "invalid_parameter max_tokens" },
    { M(HI) ",\"max_completion_tokens\":1e3}",
      "invalid_parameter max_completion_tokens" },
    { M(HI) ",\"reasoning_effort\":\"heroic\"}",
      "invalid_parameter reasoning_effort" },
    { M(HI) ",\"stop\":[1,2]}", "invalid_parameter stop" },
    { M(HI) ",\"stop\":[\"1\",\"2\",\"3\",\"4\",\"5\",\"6\",\"7\",\"8\","
      "\"9\",\"10\",\"11\",\"12\",\"13\",\"14\",\"15\",\"16\",\"17\"]}",
      "invalid_parameter stop" },
    { M(HI) ",\"tool_choice\":\"maybe\"}", "invalid_parameter tool_choice" },
    { M(HI) ",\"tool_choice\":{\"type\":\"allowed_tools\"}}",
      "parameter_not_allowed tool_choice" },
    { M(HI) ",\"tools\":[{\"type\":\"custom\"}]}",
      "parameter_not_allowed tools" },
    { M(HI) ",\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\","
      "\"parameters\":[]}}]}", "invalid_parameter parameters" },
    { M(HI) ",\"response_format\":{\"type\":\"json_schema\"}}",
      "invalid_parameter response_format" },
    { M(HI) ",\"functions\":[]}", "parameter_not_allowed functions" },
    { M(HI) ",\"audio\":{}}", "parameter_not_allowed audio" },
    { M(HI) ",\"prediction\":{}}", "parameter_not_allowed prediction" },
    { M(HI) ",\"previous_response_id\":\"r\"}",
      "parameter_not_allowed previous_response_id" },
    { M(HI) ",\"modalities\":[\"audio\"]}",
      "parameter_not_allowed modalities" },
    { M(HI) ",\"service_tier\":\"turbo\"}",
      "parameter_not_allowed service_tier" },
    { M(HI) ",\"service_tier\":1}", "invalid_parameter service_tier" }
};


/* --- answers -------------------------------------------------------------- */

#define A(choices)                                                            \
    "{\"id\":\"chatcmpl-1\",\"object\":\"chat.completion\",\"created\":17,"   \
    "\"model\":\"m\",\"choices\":[" choices "]"
#define START  "start(chatcmpl-1,m,17) "

static const struct {
    const char  *name;
    const char  *json;
    const char  *says;
} answers[] = {
    { "text",
      A("{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":"
        "\"Hel\\\"lo\",\"refusal\":null,\"annotations\":[]},\"logprobs\":null,"
        "\"finish_reason\":\"stop\"}")
      ",\"usage\":{\"prompt_tokens\":19,\"completion_tokens\":10,"
      "\"total_tokens\":29,\"prompt_tokens_details\":{\"cached_tokens\":4},"
      "\"completion_tokens_details\":{\"reasoning_tokens\":3}}}",
      START "text(Hel\\\"lo) finish(1) usage(15/4/0/10/3) done" },
    { "thinking, text and length",
      A("{\"index\":0,\"message\":{\"content\":\"a\",\"reasoning_content\":"
        "\"r\",\"reasoning\":\"r\"},\"finish_reason\":\"length\"}") "}",
      START "think(r) text(a) finish(3) done" },
    { "calls",
      A("{\"index\":0,\"message\":{\"content\":null,\"tool_calls\":[{\"id\":"
        "\"c1\",\"type\":\"function\",\"function\":{\"name\":\"f\","
        "\"arguments\":\"{\\\"a\\\":1}\"}},{\"id\":\"c2\",\"type\":"
        "\"function\",\"function\":{\"name\":\"g\",\"arguments\":"
        "\"{\\\"b\\\":2}\"}}]},\"finish_reason\":\"tool_calls\"}") "}",
      START "call(0,c1,f) args(0,{\\\"a\\\":1}) call(1,c2,g) "
      "args(1,{\\\"b\\\":2}) finish(4) done" },
    { "a refusal",
      A("{\"index\":0,\"message\":{\"content\":null,\"refusal\":\"no\"},"
        "\"finish_reason\":\"content_filter\"}") "}",
      START "refusal(no) finish(5) done" },
    { "two choices",
      A("{\"index\":0,\"message\":{\"content\":\"a\"},\"finish_reason\":"
        "\"stop\"},{\"index\":1,\"message\":{\"content\":\"b\"},"
        "\"finish_reason\":\"length\"}") "}",
      START "text(a) finish(1) 1:text(b) 1:finish(3) done" },
    { "a stop sequence, as vLLM says it",
      A("{\"index\":0,\"message\":{\"content\":\"a\"},\"finish_reason\":"
        "\"stop\",\"stop_reason\":\"##\"}") "}",
      START "text(a) finish(2,##) done" }
};


/* heard, but not written like this again */

static const struct {
    const char  *name;
    const char  *json;
    const char  *says;
} odd[] = {
    { "arguments as an object, without ids",
      A("{\"message\":{\"content\":\"\",\"tool_calls\":[{\"function\":"
        "{\"name\":\"f\",\"arguments\":{\"a\": 1}}}]},\"finish_reason\":"
        "\"stop\"}") "}",
      START "call(0,-,f) args(0,{\"a\": 1}) finish(4) done" },
    { "the older single call",
      A("{\"message\":{\"content\":null,\"function_call\":{\"name\":\"f\","
        "\"arguments\":\"{}\"}},\"finish_reason\":\"function_call\"}") "}",
      START "call(0,-,f) args(0,{}) finish(4) done" },
    { "Mistral's parts",
      A("{\"message\":{\"content\":[{\"type\":\"thinking\",\"thinking\":"
        "[{\"type\":\"text\",\"text\":\"r\"},7,8]},{\"type\":\"text\","
        "\"text\":\"a\"},{\"type\":\"reference\"}]},\"finish_reason\":"
        "\"model_length\"}") "}",
      START "think(r) text(a) finish(3) done" },
    { "an unknown finish", A("{\"message\":{\"content\":\"a\"},"
                             "\"finish_reason\":\"bored\"}") "}",
      START "text(a) finish(6) done" },
    { "no finish", A("{\"message\":{\"content\":\"a\"},"
                     "\"finish_reason\":null}") "}",
      START "text(a) finish(6) done" },
    { "absurd usage is none",
      A("{\"message\":{\"content\":\"a\"},\"finish_reason\":\"stop\"}")
      ",\"usage\":{\"prompt_tokens\":-1,\"completion_tokens\":2}}",
      START "text(a) finish(1) done" },
    { "usage of Groq, blank lines before",
      "\n\n" A("{\"message\":{\"content\":\"a\"},\"finish_reason\":\"stop\"}")
      ",\"x_groq\":{\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":2}}}",
      START "text(a) finish(1) usage(1/0/0/2/0) done" },
    { "types that make no sense",
      "{\"id\":7,\"model\":[],\"created\":\"x\",\"choices\":[1,2,null,"
      "{\"index\":99,\"message\":{\"content\":\"a\"}},{\"index\":0,"
      "\"message\":{\"content\":{},\"tool_calls\":[1,{\"function\":\"f\"},"
      "{\"function\":{\"name\":1,\"arguments\":3}}],\"refusal\":[]},"
      "\"finish_reason\":4}],\"usage\":[]}",
      "start(-,-,0) call(0,-,-) finish(4) done" },
    { "DeepSeek is out of machines",
      A("{\"index\":0,\"message\":{\"content\":\"a\"},\"finish_reason\":"
        "\"insufficient_system_resource\"}") "}",
      START "text(a) error(overloaded,insufficient_system_resource,-) done" },
    { "an error of OpenAI",
      "{\"error\":{\"message\":\"no \\\"key\\\"\",\"type\":"
      "\"invalid_request_error\",\"param\":null,\"code\":"
      "\"invalid_api_key\"}}",
      "error(auth_failed,no \\\"key\\\",invalid_api_key) done" },
    { "an error of Mistral",
      "{\"object\":\"error\",\"message\":\"bad\",\"type\":"
      "\"invalid_request_error\",\"code\":\"unknown_model\"}",
      "error(not_found,bad,unknown_model) done" },
    { "an error of OpenRouter in a 200",
      "{\"error\":{\"code\":429,\"message\":\"slow\"}}",
      "error(rate_limited,slow,429) done" },
    { "an error of OpenRouter in a choice",
      A("{\"index\":0,\"message\":{\"content\":\"a\"},\"error\":{\"code\":402,"
        "\"message\":\"pay\"},\"finish_reason\":\"error\"}") "}",
      START "text(a) error(no_money,pay,402) done" },
    { "an error in a word", "{\"error\":\"gone\"}",
      "error(server_error,gone,-) done" },
    { "an error of our own", "{\"error\":{\"message\":\"m\",\"type\":"
      "\"server_error\",\"code\":\"overloaded\"}}",
      "error(overloaded,m,overloaded) done" },
    { "details only", "{\"detail\":[{\"msg\":\"x\"}]}",
      "error(server_error,[{\"msg\":\"x\"}],-) done" }
};


/* --- streams -------------------------------------------------------------- */

/* lines of data by '\n'; "." is the end of the body */

#define C(rest)                                                               \
    "{\"id\":\"chatcmpl-1\",\"created\":17,\"model\":\"m\",\"choices\":["     \
    rest "]}\n"
#define D(delta)       C("{\"index\":0,\"delta\":{" delta                     \
                         "},\"finish_reason\":null}")
#define F(finish)      C("{\"index\":0,\"delta\":{},\"finish_reason\":\""     \
                         finish "\"}")

static const struct {
    const char  *name;
    const char  *lines;
    const char  *says;
} streams[] = {
    { "text",
      D("\"role\":\"assistant\",\"content\":\"\"") D("\"content\":\"He\"")
      D("\"content\":\"llo\\n\"") F("stop")
      "{\"id\":\"chatcmpl-1\",\"choices\":[],\"usage\":{\"prompt_tokens\":9,"
      "\"completion_tokens\":12}}\n[DONE]",
      START "text(He) text(llo\\n) finish(1) usage(9/0/0/12/0) done" },
    { "thinking, then text, usage beside the finish",
      D("\"reasoning_content\":\"r\"") D("\"reasoning\":\"s\"")
      D("\"content\":\"a\"")
      "{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"\"},"
      "\"finish_reason\":\"length\"}],\"usage\":{\"prompt_tokens\":1,"
      "\"completion_tokens\":2}}\n[DONE]",
      START "think(r) think(s) text(a) finish(3) usage(1/0/0/2/0) done" },
    { "calls in fragments",
      D("\"tool_calls\":[{\"index\":0,\"id\":\"c1\",\"type\":\"function\","
        "\"function\":{\"name\":\"f\",\"arguments\":\"\"}}]")
      D("\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":"
        "\"{\\\"lo\"}}]")
      D("\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":"
        "\"c\\\":1}\"}}]")
      D("\"tool_calls\":[{\"index\":1,\"id\":\"c2\",\"function\":"
        "{\"name\":\"g\",\"arguments\":\"{\"}}]")
      D("\"tool_calls\":[{\"index\":1,\"function\":{\"arguments\":\"}\"}}]")
      F("tool_calls") "[DONE]",
      START "call(0,c1,f) args(0,{\\\"lo) args(0,c\\\":1}) call(1,c2,g) "
      "args(1,{) args(1,}) finish(4) done" },
    { "calls that share an index, or have none",
      D("\"tool_calls\":[{\"index\":0,\"id\":\"a\",\"function\":{\"name\":"
        "\"f\",\"arguments\":\"{}\"}},{\"index\":0,\"id\":\"b\",\"function\":"
        "{\"name\":\"f\",\"arguments\":\"{}\"}}]")
      D("\"tool_calls\":[{\"id\":\"c\",\"function\":{\"name\":\"g\"}}]")
      D("\"tool_calls\":[{\"function\":{\"arguments\":\"{\"}}]")
      D("\"tool_calls\":[{\"function\":{\"arguments\":{}}}]")
      F("stop") "[DONE]",
      START "call(0,a,f) args(0,{}) call(1,b,f) args(1,{}) call(2,c,g) "
      "args(2,{) args(2,{}) finish(4) done" },
    { "an index that is not in order, the id again with each fragment",
      D("\"tool_calls\":[{\"index\":3,\"id\":\"a\",\"function\":{\"name\":"
        "\"f\",\"arguments\":\"{\"}}]")
      D("\"tool_calls\":[{\"index\":3,\"id\":\"a\",\"function\":{\"name\":"
        "\"f\",\"arguments\":\"}\"}}]") F("tool_calls") "[DONE]",
      START "call(0,a,f) args(0,{) args(0,}) finish(4) done" },
    { "the older single call",
      D("\"function_call\":{\"name\":\"f\",\"arguments\":\"\"}")
      D("\"function_call\":{\"arguments\":\"{}\"}") F("function_call")
      "[DONE]",
      START "call(0,-,f) args(0,{}) finish(4) done" },
    { "two choices, a finish said twice",
      C("{\"index\":1,\"delta\":{\"content\":\"b\"}}")
      C("{\"index\":1,\"delta\":{},\"finish_reason\":\"stop\"}")
      D("\"content\":\"a\"") F("length") F("length") "[DONE]",
      START "1:text(b) 1:finish(1) text(a) finish(3) done" },
    { "Azure begins without choices, an unknown event",
      "{\"id\":\"\",\"choices\":[],\"prompt_filter_results\":[]}\n"
      "{\"message\":\"hm\"}\n{\"type\":\"ping\"}\n" D("\"content\":\"a\"")
      F("stop") "[DONE]\n" D("\"content\":\"late\"") ".",
      START "text(a) finish(1) done" },
    { "no finish, but an end", D("\"content\":\"a\"") "[DONE]",
      START "text(a) finish(6) done" },
    { "an end without a word", D("\"content\":\"a\"") F("stop") ".",
      START "text(a) finish(1) done" },
    { "cut", D("\"content\":\"a\"") ".",
      START "text(a) error(closed,The provider closed the stream before its "
      "end.,-) done" },
    { "an error in the middle",
      D("\"content\":\"a\"")
      "{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"b\"},"
      "\"finish_reason\":\"error\"}],\"error\":{\"code\":503,\"message\":"
      "\"gone\"}}\n[DONE]\n.",
      START "text(a) text(b) error(overloaded,gone,503) done" },
    { "an error at once", "{\"error\":{\"message\":\"x\",\"type\":"
      "\"rate_limit_error\"}}\n.", "error(rate_limited,x,-) done" },
    { "no event", "nonsense", "?" },
    { "an array", "[1]", "?" }
};


#endif /* _AICOST_API_OPENAI_CASES_H_INCLUDED_ */
