
/*
 * Copyright (C) aicost
 *
 * OpenAI's Responses: cases of its test.
 */


#ifndef _AICOST_API_RESPONSES_CASES_H_INCLUDED_
#define _AICOST_API_RESPONSES_CASES_H_INCLUDED_


static const shape_case_t  requests[] = {
    { "a string",
      "{\"model\":\"m\",\"input\":\"hello\"}",
      "uT^(hello); model m" },
    { "instructions",
      "{\"model\":\"m\",\"instructions\":\"Be brief.\",\"input\":\"hello\","
      "\"max_output_tokens\":50,\"stream\":true}",
      "sT^(Be brief.) uT^(hello); model m; cap 50; stream" },
    { "messages",
      "{\"model\":\"m\",\"input\":[{\"role\":\"developer\",\"content\":\"D"
      "\"},{\"role\":\"user\",\"content\":\"a\"},{\"role\":\"assistant\",\""
      "content\":\"b\"},{\"role\":\"user\",\"content\":\"c\"}]}",
      "sT^(D) uT^(a) aT^(b) uT^(c); model m" },
    { "parts",
      "{\"model\":\"m\",\"input\":[{\"type\":\"message\",\"role\":\"user\","
      "\"content\":[{\"type\":\"input_text\",\"text\":\"a\"},{\"type\":\"in"
      "put_text\",\"text\":\"b\"}]}]}",
      "uT^(a) uT(b); model m" },
    { "unicode and escapes",
      "{\"model\":\"m\",\"input\":[{\"role\":\"user\",\"content\":\"\\u00e9"
      " \\ud83d\\ude00 \\\"q\\\" \\\\ \\n é\"}]}",
      "uT^(\\u00e9 \\ud83d\\ude00 \\\"q\\\" \\\\ \\n é); model m" },
    { "an image by data",
      "{\"input\":[{\"role\":\"user\",\"content\":[{\"type\":\"input_image"
      "\",\"image_url\":\"data:image/png;base64,AAAA\",\"detail\":\"high\"}"
      "]}]}",
      "uI^(AAAA|image/png|high)" },
    { "an image by URL",
      "{\"input\":[{\"role\":\"user\",\"content\":[{\"type\":\"input_text\""
      ",\"text\":\"what?\"},{\"type\":\"input_image\",\"image_url\":\"https"
      "://example.com/a.png\",\"detail\":\"auto\"}]}]}",
      "uT^(what?) uI@(https://example.com/a.png)" },
    { "a file",
      "{\"input\":[{\"role\":\"user\",\"content\":[{\"type\":\"input_file\""
      ",\"filename\":\"a.pdf\",\"file_data\":\"data:application/pdf;base64,"
      "JVBE\"}]}]}",
      "uF^(JVBE|a.pdf|application/pdf)" },
    { "a file without a type",
      "{\"input\":[{\"role\":\"user\",\"content\":[{\"type\":\"input_file\""
      ",\"file_data\":\"JVBE\"}]}]}",
      "uF^(JVBE)" },
    { "tools",
      "{\"input\":\"x\",\"tools\":[{\"type\":\"function\",\"name\":\"f\",\""
      "description\":\"d\",\"parameters\":{\"type\":\"object\",\"properties"
      "\":{}},\"strict\":true},{\"type\":\"function\",\"name\":\"g\",\"para"
      "meters\":null,\"strict\":false},{\"type\":\"function\",\"name\":\"h"
      "\"}]}",
      "uT^(x); tool f d {\"type\":\"object\",\"properties\":{}}; tool g; to"
      "ol h" },
    { "a call and its output",
      "{\"input\":[{\"role\":\"user\",\"content\":\"w?\"},{\"type\":\"funct"
      "ion_call\",\"id\":\"fc_1\",\"call_id\":\"call_1\",\"name\":\"f\",\"a"
      "rguments\":\"{\\\"a\\\":1}\",\"status\":\"completed\"},{\"type\":\"f"
      "unction_call_output\",\"call_id\":\"call_1\",\"output\":\"sunny\"}]}",
      "uT^(w?) aC^({\\\"a\\\":1}|call_1|f) tY^(sunny|call_1)" },
    { "parallel calls",
      "{\"input\":[{\"role\":\"user\",\"content\":\"w?\"},{\"type\":\"messa"
      "ge\",\"role\":\"assistant\",\"content\":[{\"type\":\"output_text\","
      "\"text\":\"I look\",\"annotations\":[]}]},{\"type\":\"function_call"
      "\",\"call_id\":\"1\",\"name\":\"f\",\"arguments\":\"{}\"},{\"type\":"
      "\"function_call\",\"call_id\":\"2\",\"name\":\"g\",\"arguments\":\"{"
      "}\"},{\"type\":\"function_call_output\",\"call_id\":\"1\",\"output\""
      ":\"x\"},{\"type\":\"function_call_output\",\"call_id\":\"2\",\"outpu"
      "t\":\"y\"},{\"role\":\"user\",\"content\":\"go on\"}]}",
      "uT^(w?) aT^(I look) aC({}|1|f) aC({}|2|g) tY^(x|1) tY^(y|2) uT^(go o"
      "n)" },
    { "an output of parts",
      "{\"input\":[{\"type\":\"function_call\",\"call_id\":\"1\",\"name\":"
      "\"f\",\"arguments\":\"{}\"},{\"type\":\"function_call_output\",\"cal"
      "l_id\":\"1\",\"output\":[{\"type\":\"input_text\",\"text\":\"x\"},{"
      "\"type\":\"input_image\",\"image_url\":\"https://e.com/x\"}]}]}",
      "aC^({}|1|f) tY^(|1) tT+(x) tI@+(https://e.com/x)" },
    { "an output of one part",
      "{\"input\":[{\"type\":\"function_call_output\",\"call_id\":\"1\",\"o"
      "utput\":[{\"type\":\"input_text\",\"text\":\"x\"}]}]}",
      "tY^(x|1)" },
    { "an output that is an image",
      "{\"input\":[{\"type\":\"function_call_output\",\"call_id\":\"1\",\"o"
      "utput\":[{\"type\":\"input_image\",\"image_url\":\"data:image/png;ba"
      "se64,AA\"}]}]}",
      "tY^(|1) tI+(AA|image/png)" },
    { "an empty output",
      "{\"input\":[{\"type\":\"function_call_output\",\"call_id\":\"1\",\"o"
      "utput\":\"\"}]}",
      "tY^(|1)" },
    { "reasoning",
      "{\"input\":[{\"role\":\"user\",\"content\":\"a\"},{\"type\":\"reason"
      "ing\",\"id\":\"rs_1\",\"summary\":[{\"type\":\"summary_text\",\"text"
      "\":\"I think\"},{\"type\":\"summary_text\",\"text\":\"more\"}],\"enc"
      "rypted_content\":\"xyz\"},{\"role\":\"assistant\",\"content\":\"b\"}"
      "]}",
      "uT^(a) aK^(I think|rs_1) aK(more|xyz|rs_1) aT(b)" },
    { "reasoning that is hidden",
      "{\"input\":[{\"role\":\"user\",\"content\":\"a\"},{\"type\":\"reason"
      "ing\",\"id\":\"rs_1\",\"summary\":[],\"encrypted_content\":\"xyz\"},"
      "{\"type\":\"function_call\",\"call_id\":\"1\",\"name\":\"f\",\"argum"
      "ents\":\"{}\"}]}",
      "uT^(a) aD^(xyz|rs_1) aC({}|1|f)" },
    { "reasoning that says nothing",
      "{\"input\":[{\"role\":\"user\",\"content\":\"a\"},{\"type\":\"reason"
      "ing\",\"id\":\"rs_1\",\"summary\":[]},{\"role\":\"assistant\",\"cont"
      "ent\":\"b\"}]}",
      "uT^(a) aT^(b)" },
    { "reasoning without a word",
      "{\"input\":[{\"type\":\"reasoning\",\"id\":\"rs_1\",\"summary\":[{\""
      "type\":\"summary_text\",\"text\":\"\"}],\"encrypted_content\":\"s\"}"
      "]}",
      "aK^(|s|rs_1)" },
    { "a refusal",
      "{\"input\":[{\"role\":\"assistant\",\"content\":[{\"type\":\"refusal"
      "\",\"refusal\":\"no\"}]},{\"role\":\"user\",\"content\":\"a\"}]}",
      "aR^(no) uT^(a)" },
    { "a schema",
      "{\"input\":\"x\",\"text\":{\"format\":{\"type\":\"json_schema\",\"na"
      "me\":\"n\",\"description\":\"d\",\"schema\":{\"type\":\"object\"},\""
      "strict\":true},\"verbosity\":\"low\"}}",
      "uT^(x); answer 2 {\"type\":\"object\"}" },
    { "JSON",
      "{\"input\":\"x\",\"text\":{\"format\":{\"type\":\"json_object\"}}}",
      "uT^(x); answer 1" },
    { "plain text",
      "{\"input\":\"x\",\"text\":{\"format\":{\"type\":\"text\"}}}",
      "uT^(x)" },
    { "an effort",
      "{\"input\":\"x\",\"reasoning\":{\"effort\":\"high\",\"summary\":\"au"
      "to\"}}",
      "uT^(x); effort high" },
    { "a summary",
      "{\"input\":\"x\",\"reasoning\":{\"summary\":\"detailed\"}}",
      "uT^(x)" },
    { "all settings",
      "{\"model\":\"m\",\"input\":\"x\",\"temperature\":0.7,\"top_p\":0.9,"
      "\"top_logprobs\":3,\"metadata\":{\"a\":\"b\"},\"prompt_cache_key\":"
      "\"k\",\"safety_identifier\":\"u\",\"parallel_tool_calls\":false,\"ma"
      "x_output_tokens\":17,\"store\":false,\"background\":false,\"service_"
      "tier\":\"auto\",\"truncation\":\"auto\",\"include\":[\"reasoning.enc"
      "rypted_content\"],\"stream_options\":{\"include_obfuscation\":false}"
      ",\"user\":\"old\",\"tool_choice\":\"required\"}",
      "uT^(x); model m; cap 17; temperature 0.7; top_p 0.9; top_logprobs 3;"
      " logprobs 2; metadata {\"a\":\"b\"}; choice 3" },
    { "no logprobs",
      "{\"input\":\"x\",\"top_logprobs\":0}",
      "uT^(x)" },
    { "nor less than none",
      "{\"input\":\"x\",\"top_logprobs\":-0}",
      "uT^(x)" },
    { "a choice",
      "{\"input\":\"x\",\"tools\":[{\"type\":\"function\",\"name\":\"f\"}],"
      "\"tool_choice\":{\"type\":\"function\",\"name\":\"f\"}}",
      "uT^(x); choice 4 f; tool f" },
    { "none to call",
      "{\"input\":\"x\",\"tool_choice\":\"none\"}",
      "uT^(x); choice 2" },
    { "what is null",
      "{\"model\":\"m\",\"input\":\"x\",\"instructions\":null,\"max_output_"
      "tokens\":null,\"tools\":null,\"text\":null,\"reasoning\":null,\"prev"
      "ious_response_id\":null,\"conversation\":null,\"prompt\":null,\"meta"
      "data\":{},\"temperature\":null,\"store\":null,\"background\":null}",
      "uT^(x); model m" },
    { "an empty message",
      "{\"input\":[{\"role\":\"user\",\"content\":\"\"},{\"role\":\"user\","
      "\"content\":[]}]}",
      "uT^() uT^()" },
    { "a place to cache",
      "{\"input\":[{\"role\":\"user\",\"content\":[{\"type\":\"input_text\""
      ",\"text\":\"a\",\"prompt_cache_breakpoint\":{\"mode\":\"explicit\"}}"
      ",{\"type\":\"input_text\",\"text\":\"b\"}]}]}",
      "uT^$(a) uT(b)" },
    { "members beyond",
      "{\"input\":\"x\",\"top_k\":5,\"unknown\":{\"a\":[1,2]}}",
      "uT^(x)" }
};


static const shape_case_t  wrong[] = {
    { "",
      "[]",
      "invalid_json " },
    { "",
      "{}",
      "missing_parameter input" },
    { "",
      "{\"input\":null}",
      "missing_parameter input" },
    { "",
      "{\"input\":5}",
      "invalid_parameter input" },
    { "",
      "{\"input\":[]}",
      "invalid_parameter input" },
    { "",
      "{\"input\":[\"a\"]}",
      "invalid_parameter input" },
    { "",
      "{\"input\":[{}]}",
      "invalid_parameter role" },
    { "",
      "{\"input\":[{\"role\":\"x\",\"content\":\"a\"}]}",
      "invalid_parameter role" },
    { "",
      "{\"input\":[{\"type\":\"item_reference\",\"id\":\"x\"}]}",
      "parameter_not_allowed input" },
    { "",
      "{\"input\":[{\"type\":\"web_search_call\",\"id\":\"x\"}]}",
      "parameter_not_allowed input" },
    { "",
      "{\"input\":[{\"type\":5}]}",
      "invalid_parameter type" },
    { "",
      "{\"input\":\"x\",\"previous_response_id\":\"r\"}",
      "parameter_not_allowed previous_response_id" },
    { "",
      "{\"input\":\"x\",\"conversation\":\"c\"}",
      "parameter_not_allowed conversation" },
    { "",
      "{\"input\":\"x\",\"prompt\":{\"id\":\"p\"}}",
      "parameter_not_allowed prompt" },
    { "",
      "{\"input\":\"x\",\"background\":true}",
      "parameter_not_allowed background" },
    { "",
      "{\"input\":\"x\",\"store\":true}",
      "parameter_not_allowed store" },
    { "",
      "{\"input\":\"x\",\"service_tier\":\"turbo\"}",
      "parameter_not_allowed service_tier" },
    { "",
      "{\"input\":\"x\",\"max_output_tokens\":0}",
      "invalid_parameter max_output_tokens" },
    { "",
      "{\"input\":\"x\",\"max_output_tokens\":1.5}",
      "invalid_parameter max_output_tokens" },
    { "",
      "{\"input\":\"x\",\"temperature\":\"1\"}",
      "invalid_parameter temperature" },
    { "",
      "{\"input\":\"x\",\"stream\":\"yes\"}",
      "invalid_parameter stream" },
    { "",
      "{\"input\":\"x\",\"tools\":[{\"type\":\"web_search\"}]}",
      "parameter_not_allowed tools" },
    { "",
      "{\"input\":\"x\",\"tools\":[{\"type\":\"mcp\",\"server_url\":\"u\"}]"
      "}",
      "parameter_not_allowed tools" },
    { "",
      "{\"input\":\"x\",\"tools\":[{\"type\":\"function\"}]}",
      "invalid_parameter tools" },
    { "",
      "{\"input\":\"x\",\"tools\":{}}",
      "invalid_parameter tools" },
    { "",
      "{\"input\":\"x\",\"tools\":[{\"type\":\"function\",\"name\":\"f\",\""
      "parameters\":[]}]}",
      "invalid_parameter parameters" },
    { "",
      "{\"input\":\"x\",\"tool_choice\":{\"type\":\"file_search\"}}",
      "parameter_not_allowed tool_choice" },
    { "",
      "{\"input\":\"x\",\"tool_choice\":\"maybe\"}",
      "invalid_parameter tool_choice" },
    { "",
      "{\"input\":\"x\",\"tool_choice\":{\"type\":\"function\"}}",
      "invalid_parameter tool_choice" },
    { "",
      "{\"input\":\"x\",\"text\":{\"format\":{\"type\":\"grammar\"}}}",
      "invalid_parameter format" },
    { "",
      "{\"input\":\"x\",\"text\":{\"format\":{}}}",
      "invalid_parameter format" },
    { "",
      "{\"input\":\"x\",\"text\":[]}",
      "invalid_parameter text" },
    { "",
      "{\"input\":\"x\",\"reasoning\":{\"effort\":\"huge\"}}",
      "invalid_parameter effort" },
    { "",
      "{\"input\":\"x\",\"reasoning\":5}",
      "invalid_parameter reasoning" },
    { "",
      "{\"input\":\"x\",\"instructions\":[\"a\"]}",
      "invalid_parameter instructions" },
    { "",
      "{\"input\":[{\"role\":\"user\",\"content\":[{\"type\":\"input_image"
      "\",\"file_id\":\"f\"}]}]}",
      "parameter_not_allowed file_id" },
    { "",
      "{\"input\":[{\"role\":\"user\",\"content\":[{\"type\":\"input_image"
      "\"}]}]}",
      "invalid_parameter image_url" },
    { "",
      "{\"input\":[{\"role\":\"user\",\"content\":[{\"type\":\"input_image"
      "\",\"image_url\":\"file:///etc\"}]}]}",
      "invalid_parameter image_url" },
    { "",
      "{\"input\":[{\"role\":\"user\",\"content\":[{\"type\":\"input_file\""
      ",\"file_id\":\"f\"}]}]}",
      "parameter_not_allowed file_id" },
    { "",
      "{\"input\":[{\"role\":\"user\",\"content\":[{\"type\":\"input_file\""
      ",\"file_url\":\"http://a\"}]}]}",
      "parameter_not_allowed file_url" },
    { "",
      "{\"input\":[{\"role\":\"user\",\"content\":[{\"type\":\"input_audio"
      "\",\"data\":\"x\"}]}]}",
      "parameter_not_allowed content" },
    { "",
      "{\"input\":[{\"role\":\"user\",\"content\":[{\"text\":\"x\"}]}]}",
      "invalid_parameter type" },
    { "",
      "{\"input\":[{\"role\":\"user\",\"content\":5}]}",
      "invalid_parameter content" },
    { "",
      "{\"input\":[{\"role\":\"user\",\"content\":[{\"type\":\"input_text\""
      "}]}]}",
      "invalid_parameter text" },
    { "",
      "{\"input\":[{\"role\":\"user\",\"content\":[{\"type\":\"refusal\",\""
      "refusal\":\"x\"}]}]}",
      "parameter_not_allowed content" },
    { "",
      "{\"input\":[{\"type\":\"function_call\",\"name\":\"f\"}]}",
      "missing_parameter call_id" },
    { "",
      "{\"input\":[{\"type\":\"function_call\",\"call_id\":\"1\"}]}",
      "missing_parameter name" },
    { "",
      "{\"input\":[{\"type\":\"function_call\",\"call_id\":\"1\",\"name\":"
      "\"f\",\"arguments\":{}}]}",
      "invalid_parameter arguments" },
    { "",
      "{\"input\":[{\"type\":\"function_call_output\",\"output\":\"x\"}]}",
      "missing_parameter call_id" },
    { "",
      "{\"input\":[{\"type\":\"reasoning\",\"summary\":\"x\"}]}",
      "invalid_parameter summary" }
};


static const shape_case_t  writes[] = {
    { "",
      "{\"model\":\"m\",\"messages\":[{\"role\":\"system\",\"content\":\"S"
      "\"},{\"role\":\"user\",\"content\":\"a\"}],\"max_tokens\":5}",
      "{\"model\":\"q\\\"\",\"input\":[{\"role\":\"system\",\"content\":\"S"
      "\"},{\"role\":\"user\",\"content\":\"a\"}],\"max_output_tokens\":5,"
      "\"store\":false}" },
    { "seed",
      "{\"messages\":[{\"role\":\"user\",\"content\":\"a\"}],\"seed\":1}",
      "{\"model\":\"q\\\"\",\"input\":[{\"role\":\"user\",\"content\":\"a\""
      "}],\"store\":false}" },
    { "n",
      "{\"messages\":[{\"role\":\"user\",\"content\":\"a\"}],\"stop\":[\"x"
      "\"],\"n\":2,\"logit_bias\":{\"1\":1}}",
      "{\"model\":\"q\\\"\",\"input\":[{\"role\":\"user\",\"content\":\"a\""
      "}],\"store\":false}" },
    { "presence_penalty",
      "{\"messages\":[{\"role\":\"user\",\"content\":\"a\"}],\"presence_pen"
      "alty\":1,\"frequency_penalty\":1}",
      "{\"model\":\"q\\\"\",\"input\":[{\"role\":\"user\",\"content\":\"a\""
      "}],\"store\":false}" },
    { "logprobs",
      "{\"messages\":[{\"role\":\"user\",\"content\":\"a\"}],\"logprobs\":t"
      "rue}",
      "{\"model\":\"q\\\"\",\"input\":[{\"role\":\"user\",\"content\":\"a\""
      "}],\"store\":false}" },
    { "",
      "{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image_url"
      "\",\"image_url\":{\"url\":\"data:image/png;base64,A-_Z\"}}]}]}",
      "{\"model\":\"q\\\"\",\"input\":[{\"role\":\"user\",\"content\":[{\"ty"
      "pe\":\"input_image\",\"image_url\":\"data:image/png;base64,A+/Z\","
      "\"detail\":\"auto\"}]}],\"store\":false}" },
    { "input_audio",
      "{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"input_aud"
      "io\",\"input_audio\":{\"data\":\"AA\",\"format\":\"wav\"}},{\"type\""
      ":\"text\",\"text\":\"x\"}]}]}",
      "{\"model\":\"q\\\"\",\"input\":[{\"role\":\"user\",\"content\":\"x\""
      "}],\"store\":false}" },
    { "",
      "{\"messages\":[{\"role\":\"user\",\"content\":\"a\"},{\"role\":\"ass"
      "istant\",\"content\":\"b\",\"reasoning_content\":\"r\",\"tool_calls"
      "\":[{\"id\":\"1\",\"type\":\"function\",\"function\":{\"name\":\"f\""
      ",\"arguments\":\"{\\\"a\\\":1}\"}}]},{\"role\":\"tool\",\"tool_call_"
      "id\":\"1\",\"content\":\"x\"}],\"tools\":[{\"type\":\"function\",\"f"
      "unction\":{\"name\":\"f\",\"parameters\":{\"type\":\"object\"}}}]}",
      "{\"model\":\"q\\\"\",\"input\":[{\"role\":\"user\",\"content\":\"a\""
      "},{\"role\":\"assistant\",\"content\":\"b\"},{\"type\":\"function_ca"
      "ll\",\"call_id\":\"1\",\"name\":\"f\",\"arguments\":\"{\\\"a\\\":1}"
      "\"},{\"type\":\"function_call_output\",\"call_id\":\"1\",\"output\":"
      "\"x\"}],\"tools\":[{\"type\":\"function\",\"name\":\"f\",\"parameter"
      "s\":{\"type\":\"object\"},\"strict\":false}],\"store\":false}" }
};


static const shape_case_t  answers[] = {
    { "text",
      "{\"id\":\"resp_1\",\"object\":\"response\",\"created_at\":1741476542"
      ",\"status\":\"completed\",\"model\":\"gpt-5\",\"output\":[{\"type\":"
      "\"message\",\"id\":\"msg_1\",\"status\":\"completed\",\"role\":\"ass"
      "istant\",\"content\":[{\"type\":\"output_text\",\"text\":\"Hi \\u00e"
      "9 \\\"x\\\"\",\"annotations\":[]}]}],\"usage\":{\"input_tokens\":36,"
      "\"input_tokens_details\":{\"cached_tokens\":6,\"cache_write_tokens\""
      ":2},\"output_tokens\":87,\"output_tokens_details\":{\"reasoning_toke"
      "ns\":7},\"total_tokens\":123}}",
      "start(gpt-5 1741476542) text(Hi \\u00e9 \\\"x\\\") finish(1) usage(2"
      "8/6/2/0/87) done" },
    { "two texts and a refusal",
      "{\"id\":\"resp_1\",\"object\":\"response\",\"created_at\":1741476542"
      ",\"status\":\"completed\",\"model\":\"gpt-5\",\"output\":[{\"type\":"
      "\"message\",\"id\":\"m\",\"role\":\"assistant\",\"content\":[{\"type"
      "\":\"output_text\",\"text\":\"a\"},{\"type\":\"refusal\",\"refusal\""
      ":\"no\"}]}],\"usage\":{\"input_tokens\":36,\"input_tokens_details\":"
      "{\"cached_tokens\":6,\"cache_write_tokens\":2},\"output_tokens\":87,"
      "\"output_tokens_details\":{\"reasoning_tokens\":7},\"total_tokens\":"
      "123}}",
      "start(gpt-5 1741476542) text(a) refusal(no) finish(1) usage(28/6/2/0"
      "/87) done" },
    { "calls",
      "{\"id\":\"resp_1\",\"object\":\"response\",\"created_at\":1741476542"
      ",\"status\":\"completed\",\"model\":\"gpt-5\",\"output\":[{\"type\":"
      "\"function_call\",\"id\":\"fc_1\",\"call_id\":\"call_1\",\"name\":\""
      "f\",\"arguments\":\"{\\\"a\\\":1}\"},{\"type\":\"function_call\",\"i"
      "d\":\"fc_2\",\"call_id\":\"call_2\",\"name\":\"g\",\"arguments\":\"{"
      "}\"}],\"usage\":{\"input_tokens\":36,\"input_tokens_details\":{\"cac"
      "hed_tokens\":6,\"cache_write_tokens\":2},\"output_tokens\":87,\"outp"
      "ut_tokens_details\":{\"reasoning_tokens\":7},\"total_tokens\":123}}",
      "start(gpt-5 1741476542) call(0 call_1 f) args(0 {\\\"a\\\":1}) call("
      "1 call_2 g) args(1 {}) finish(4) usage(28/6/2/0/87) done" },
    { "reasoning",
      "{\"id\":\"resp_1\",\"object\":\"response\",\"created_at\":1741476542"
      ",\"status\":\"completed\",\"model\":\"gpt-5\",\"output\":[{\"type\":"
      "\"reasoning\",\"id\":\"rs_1\",\"summary\":[{\"type\":\"summary_text"
      "\",\"text\":\"think\"}],\"encrypted_content\":\"xyz\"},{\"type\":\"m"
      "essage\",\"id\":\"msg_1\",\"status\":\"completed\",\"role\":\"assist"
      "ant\",\"content\":[{\"type\":\"output_text\",\"text\":\"b\",\"annota"
      "tions\":[]}]}],\"usage\":{\"input_tokens\":36,\"input_tokens_details"
      "\":{\"cached_tokens\":6,\"cache_write_tokens\":2},\"output_tokens\":"
      "87,\"output_tokens_details\":{\"reasoning_tokens\":7},\"total_tokens"
      "\":123}}",
      "start(gpt-5 1741476542) thinking(think) signature(xyz) text(b) finis"
      "h(1) usage(28/6/2/0/87) done" },
    { "hidden reasoning",
      "{\"id\":\"resp_1\",\"object\":\"response\",\"created_at\":1741476542"
      ",\"status\":\"completed\",\"model\":\"gpt-5\",\"output\":[{\"type\":"
      "\"reasoning\",\"id\":\"rs_1\",\"summary\":[],\"encrypted_content\":"
      "\"xyz\"},{\"type\":\"message\",\"id\":\"msg_1\",\"status\":\"complet"
      "ed\",\"role\":\"assistant\",\"content\":[{\"type\":\"output_text\","
      "\"text\":\"b\",\"annotations\":[]}]}],\"usage\":{\"input_tokens\":36"
      ",\"input_tokens_details\":{\"cached_tokens\":6,\"cache_write_tokens"
      "\":2},\"output_tokens\":87,\"output_tokens_details\":{\"reasoning_to"
      "kens\":7},\"total_tokens\":123}}",
      "start(gpt-5 1741476542) redacted(xyz) text(b) finish(1) usage(28/6/2"
      "/0/87) done" },
    { "reasoning that is said as content",
      "{\"id\":\"resp_1\",\"object\":\"response\",\"created_at\":1741476542"
      ",\"status\":\"completed\",\"model\":\"gpt-5\",\"output\":[{\"type\":"
      "\"reasoning\",\"id\":\"rs_1\",\"summary\":[],\"content\":[{\"type\":"
      "\"reasoning_text\",\"text\":\"think\"}]},{\"type\":\"message\",\"id"
      "\":\"msg_1\",\"status\":\"completed\",\"role\":\"assistant\",\"conte"
      "nt\":[{\"type\":\"output_text\",\"text\":\"b\",\"annotations\":[]}]}"
      "],\"usage\":{\"input_tokens\":36,\"input_tokens_details\":{\"cached_"
      "tokens\":6,\"cache_write_tokens\":2},\"output_tokens\":87,\"output_t"
      "okens_details\":{\"reasoning_tokens\":7},\"total_tokens\":123}}",
      "start(gpt-5 1741476542) thinking(think) text(b) finish(1) usage(28/6"
      "/2/0/87) done" },
    { "incomplete",
      "{\"id\":\"resp_1\",\"object\":\"response\",\"created_at\":1741476542"
      ",\"status\":\"incomplete\",\"model\":\"gpt-5\",\"output\":[{\"type\""
      ":\"message\",\"id\":\"msg_1\",\"status\":\"completed\",\"role\":\"as"
      "sistant\",\"content\":[{\"type\":\"output_text\",\"text\":\"b\",\"an"
      "notations\":[]}]}],\"usage\":{\"input_tokens\":36,\"input_tokens_det"
      "ails\":{\"cached_tokens\":6,\"cache_write_tokens\":2},\"output_token"
      "s\":87,\"output_tokens_details\":{\"reasoning_tokens\":7},\"total_to"
      "kens\":123},\"incomplete_details\":{\"reason\":\"max_output_tokens\""
      "}}",
      "start(gpt-5 1741476542) text(b) finish(3) usage(28/6/2/0/87) done" },
    { "incomplete, without a reason",
      "{\"id\":\"resp_1\",\"object\":\"response\",\"created_at\":1741476542"
      ",\"status\":\"incomplete\",\"model\":\"gpt-5\",\"output\":[]}",
      "start(gpt-5 1741476542) finish(3) done" },
    { "filtered",
      "{\"id\":\"resp_1\",\"object\":\"response\",\"created_at\":1741476542"
      ",\"status\":\"incomplete\",\"model\":\"gpt-5\",\"output\":[{\"type\""
      ":\"message\",\"id\":\"msg_1\",\"status\":\"completed\",\"role\":\"as"
      "sistant\",\"content\":[{\"type\":\"output_text\",\"text\":\"b\",\"an"
      "notations\":[]}]}],\"usage\":{\"input_tokens\":36,\"input_tokens_det"
      "ails\":{\"cached_tokens\":6,\"cache_write_tokens\":2},\"output_token"
      "s\":87,\"output_tokens_details\":{\"reasoning_tokens\":7},\"total_to"
      "kens\":123},\"incomplete_details\":{\"reason\":\"content_filter\"}}",
      "start(gpt-5 1741476542) text(b) finish(5) usage(28/6/2/0/87) done" },
    { "items of other kinds",
      "{\"id\":\"resp_1\",\"object\":\"response\",\"created_at\":1741476542"
      ",\"status\":\"completed\",\"model\":\"gpt-5\",\"output\":[{\"type\":"
      "\"web_search_call\",\"id\":\"ws\"},{\"type\":5},{\"type\":\"message"
      "\",\"id\":\"msg_1\",\"status\":\"completed\",\"role\":\"assistant\","
      "\"content\":[{\"type\":\"output_text\",\"text\":\"b\",\"annotations"
      "\":[]}]}],\"usage\":{\"input_tokens\":36,\"input_tokens_details\":{"
      "\"cached_tokens\":6,\"cache_write_tokens\":2},\"output_tokens\":87,"
      "\"output_tokens_details\":{\"reasoning_tokens\":7},\"total_tokens\":"
      "123}}",
      "start(gpt-5 1741476542) text(b) finish(1) usage(28/6/2/0/87) done" },
    { "no usage",
      "{\"id\":\"resp_1\",\"object\":\"response\",\"created_at\":1741476542"
      ",\"status\":\"completed\",\"model\":\"gpt-5\",\"output\":[{\"type\":"
      "\"message\",\"id\":\"msg_1\",\"status\":\"completed\",\"role\":\"ass"
      "istant\",\"content\":[{\"type\":\"output_text\",\"text\":\"b\",\"ann"
      "otations\":[]}]}],\"usage\":null}",
      "start(gpt-5 1741476542) text(b) finish(1) done" },
    { "absurd usage",
      "{\"id\":\"resp_1\",\"object\":\"response\",\"created_at\":1741476542"
      ",\"status\":\"completed\",\"model\":\"gpt-5\",\"output\":[{\"type\":"
      "\"message\",\"id\":\"msg_1\",\"status\":\"completed\",\"role\":\"ass"
      "istant\",\"content\":[{\"type\":\"output_text\",\"text\":\"b\",\"ann"
      "otations\":[]}]}],\"usage\":{\"input_tokens\":-5,\"output_tokens\":1"
      "}}",
      "start(gpt-5 1741476542) text(b) finish(1) done" },
    { "failed",
      "{\"id\":\"resp_1\",\"object\":\"response\",\"created_at\":1741476542"
      ",\"status\":\"failed\",\"model\":\"gpt-5\",\"output\":[],\"usage\":{"
      "\"input_tokens\":36,\"input_tokens_details\":{\"cached_tokens\":6,\""
      "cache_write_tokens\":2},\"output_tokens\":87,\"output_tokens_details"
      "\":{\"reasoning_tokens\":7},\"total_tokens\":123},\"error\":{\"code"
      "\":\"rate_limit_exceeded\",\"message\":\"slow\"}}",
      "start(gpt-5 1741476542) usage(28/6/2/0/87) error(rate_limited: slow)"
      " done" },
    { "an error",
      "{\"error\":{\"message\":\"slow down\",\"type\":\"rate_limit_error\","
      "\"code\":\"rate_limit_exceeded\"}}",
      "error(rate_limited: slow down) done" },
    { "none",
      "{\"choices\":[]}",
      "none" }
};


static const shape_case_t  facts[] = {
    { "",
      "{\"model\":\"m\",\"input\":\"hello\",\"max_output_tokens\":7}",
      "model m cap 7 messages 1 tools 0 images 0 needs 0" },
    { "",
      "{\"model\":\"m\",\"input\":[{\"role\":\"user\",\"content\":\"a\"},{"
      "\"role\":\"assistant\",\"content\":\"b\"}],\"stream\":true}",
      "model m cap -1 messages 2 tools 0 images 0 needs 0 stream" },
    { "",
      "{\"model\":\"m\",\"input\":[{\"role\":\"user\",\"content\":[{\"type"
      "\":\"input_image\",\"image_url\":\"data:image/png;base64,AAAA\"}]}],"
      "\"tools\":[{\"type\":\"function\",\"name\":\"f\",\"parameters\":{}}]"
      ",\"text\":{\"format\":{\"type\":\"json_schema\",\"name\":\"n\",\"sch"
      "ema\":{}}}}",
      "model m cap -1 messages 1 tools 1 images 1 needs 7" },
    { "",
      "{\"model\":\"m\"}",
      "missing_parameter input" },
    { "",
      "{\"input\":\"x\"}",
      "missing_parameter model" },
    { "",
      "{\"model\":\"m\",\"input\":5}",
      "invalid_parameter input" },
    { "",
      "{\"model\":\"m\",\"input\":\"x\",\"previous_response_id\":\"r\"}",
      "parameter_not_allowed previous_response_id" },
    { "",
      "{\"model\":\"m\",\"input\":\"x\",\"conversation\":{\"id\":\"c\"}}",
      "parameter_not_allowed conversation" },
    { "",
      "{\"model\":\"m\",\"input\":\"x\",\"prompt\":{\"id\":\"p\"}}",
      "parameter_not_allowed prompt" },
    { "",
      "{\"model\":\"m\",\"input\":\"x\",\"background\":true}",
      "parameter_not_allowed background" },
    { "",
      "{\"model\":\"m\",\"input\":\"x\",\"background\":false,\"store\":true"
      ",\"previous_response_id\":null}",
      "model m cap -1 messages 1 tools 0 images 0 needs 0" },
    { "",
      "{\"model\":\"m\",\"input\":\"x\",\"tools\":[{\"type\":\"web_search\""
      "}]}",
      "parameter_not_allowed tools" },
    { "",
      "{\"model\":\"m\",\"input\":\"x\",\"tools\":[{\"type\":\"code_interpr"
      "eter\",\"container\":\"c\"}]}",
      "parameter_not_allowed tools" },
    { "",
      "{\"model\":\"m\",\"input\":\"x\",\"tools\":[{\"name\":\"f\"}]}",
      "invalid_parameter type" },
    { "",
      "{\"model\":\"m\",\"input\":\"x\",\"tool_choice\":{\"type\":\"image_g"
      "eneration\"}}",
      "parameter_not_allowed tool_choice" },
    { "",
      "{\"model\":\"m\",\"input\":[{\"type\":\"item_reference\",\"id\":\"x"
      "\"}]}",
      "parameter_not_allowed input" },
    { "",
      "{\"model\":\"m\",\"input\":[{\"role\":\"user\",\"content\":[{\"type"
      "\":\"input_file\",\"file_id\":\"f\"}]}]}",
      "parameter_not_allowed file_id" },
    { "",
      "{\"model\":\"m\",\"input\":[{\"role\":\"user\",\"content\":[{\"type"
      "\":\"input_image\",\"file_id\":\"f\"}]}]}",
      "parameter_not_allowed file_id" },
    { "",
      "{\"model\":\"m\",\"input\":[{\"role\":\"user\",\"content\":[{\"type"
      "\":\"input_image\",\"image_url\":\"file:///x\"}]}]}",
      "invalid_parameter image_url" },
    { "",
      "{\"model\":\"m\",\"input\":\"x\",\"service_tier\":\"turbo\"}",
      "parameter_not_allowed service_tier" },
    { "",
      "{\"model\":\"m\",\"input\":\"x\",\"context_management\":[{\"type\":"
      "\"compaction\"}]}",
      "parameter_not_allowed context_management" },
    { "",
      "{\"model\":\"m\",\"input\":\"x\",\"Input\":\"y\"}",
      "ambiguous_member Input" },
    { "",
      "{\"model\":\"m\",\"input\":\"x\",\"max_output_tokens\":0}",
      "invalid_parameter max_output_tokens" }
};


#endif /* _AICOST_API_RESPONSES_CASES_H_INCLUDED_ */
