
/*
 * Copyright (C) aicost
 *
 * Requests for t/unit/api_anthropic.c
 */


#ifndef _AICOST_API_ANTHROPIC_CASES_H_INCLUDED_
#define _AICOST_API_ANTHROPIC_CASES_H_INCLUDED_


#define M     "\"model\":\"claude-sonnet-5\",\"max_tokens\":4096,"
#define HI    "\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]"
#define TOOL  "{\"name\":\"f\",\"input_schema\":{\"type\":\"object\"}}"


/*
 * Requests that a round trip keeps, and their parts: role S U A T, kind (text,
 * image, file, Thinking, Redacted, call, result), flags, text; id; name
 */

static const struct {
    const char  *body;
    const char  *parts;
} requests[] = {
    { "{" M HI "}", "Ut1 Hi" },
    { "{" M "\"system\":\"Be short.\"," HI "}", "St1 Be short.|Ut1 Hi" },
    { "{" M "\"system\":[{\"type\":\"text\",\"text\":\"A\"},{\"type\":"
      "\"text\",\"text\":\"B\",\"cache_control\":{\"type\":\"ephemeral\"}}],"
      HI "}", "St1 A|St10 B|Ut1 Hi" },
    { "{" M "\"system\":[{\"type\":\"text\",\"text\":\"A\",\"cache_control\":"
      "{\"type\":\"ephemeral\",\"ttl\":\"1h\"}}]," HI "}",
      "St31 A|Ut1 Hi" },
    { "{" M "\"system\":\"\"," HI "}", "St1 |Ut1 Hi" },
    { "{" M "\"messages\":[{\"role\":\"user\",\"content\":\"\"}]}", "Ut1 " },
    { "{" M "\"messages\":[{\"role\":\"user\",\"content\":\"a\"},"
      "{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"b\"}]},"
      "{\"role\":\"assistant\",\"content\":\"c\"}]}",
      "Ut1 a|Ut0 b|At1 c" },
    { "{" M "\"messages\":[{\"role\":\"user\",\"content\":\"\\u00e9\\ud83d"
      "\\ude00 \\\"q\\\" \\\\ \\n \xc3\xa9\"}]}",
      "Ut1 \\u00e9\\ud83d\\ude00 \\\"q\\\" \\\\ \\n \xc3\xa9" },
    { "{" M "\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image\""
      ",\"source\":{\"type\":\"base64\",\"media_type\":\"image/png\",\"data\":"
      "\"AAAA\"}},{\"type\":\"text\",\"text\":\"What?\"}]}]}",
      "Ui1 AAAA;;image/png|Ut0 What?" },
    { "{" M "\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image\""
      ",\"source\":{\"type\":\"url\",\"url\":\"https://e.test/a.png\"},"
      "\"cache_control\":{\"type\":\"ephemeral\",\"ttl\":\"5m\"}}]}]}",
      "Ui13 https://e.test/a.png" },
    { "{" M "\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":"
      "\"document\",\"title\":\"a.pdf\",\"source\":{\"type\":\"base64\","
      "\"media_type\":\"application/pdf\",\"data\":\"JVBE\"}}]}]}",
      "Uf1 JVBE;a.pdf;application/pdf" },
    { "{" M "\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":"
      "\"document\",\"title\":\"T\",\"source\":{\"type\":\"text\","
      "\"media_type\":\"text/plain\",\"data\":\"words\"},\"cache_control\":"
      "{\"type\":\"ephemeral\"}}]}]}", "Ut1 T|Ut10 words" },
    { "{" M "\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":"
      "\"document\",\"source\":{\"type\":\"content\",\"content\":[{\"type\":"
      "\"text\",\"text\":\"x\"},{\"type\":\"text\",\"text\":\"y\"}]}}]}]}",
      "Ut1 x|Ut0 y" },
    { "{" M "\"tools\":[" TOOL "],\"messages\":[{\"role\":\"user\",\"content\""
      ":\"go\"},{\"role\":\"assistant\",\"content\":[{\"type\":\"text\","
      "\"text\":\"ok\"},{\"type\":\"tool_use\",\"id\":\"toolu_1\",\"name\":"
      "\"f\",\"input\":{\"a\": [1, \"\\n\"]}}]},{\"role\":\"user\","
      "\"content\":[{\"type\":\"tool_result\",\"tool_use_id\":\"toolu_1\","
      "\"content\":\"42\"}]}]}",
      "Ut1 go|At1 ok|Ac0 {\"a\": [1, \"\\n\"]};toolu_1;f|Tr1 42;toolu_1" },
    { "{" M "\"tools\":[" TOOL "],\"messages\":[{\"role\":\"user\",\"content\""
      ":\"go\"},{\"role\":\"assistant\",\"content\":[{\"type\":\"tool_use\","
      "\"id\":\"a\",\"name\":\"f\",\"input\":{}},{\"type\":\"tool_use\",\"id\""
      ":\"b\",\"name\":\"f\",\"input\":{}}]},{\"role\":\"user\",\"content\":["
      "{\"type\":\"tool_result\",\"tool_use_id\":\"b\",\"content\":\"B\"},"
      "{\"type\":\"tool_result\",\"tool_use_id\":\"a\",\"content\":\"A\","
      "\"is_error\":true},{\"type\":\"text\",\"text\":\"and?\"}]}]}",
      "Ut1 go|Ac1 {};a;f|Ac0 {};b;f|Tr1 B;b|Tr5 A;a|Ut1 and?" },
    { "{" M "\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":"
      "\"tool_result\",\"tool_use_id\":\"a\",\"content\":[{\"type\":\"text\","
      "\"text\":\"x\"},{\"type\":\"image\",\"source\":{\"type\":\"base64\","
      "\"media_type\":\"image/gif\",\"data\":\"R0lG\"}},{\"type\":\"document\""
      ",\"source\":{\"type\":\"base64\",\"media_type\":\"application/pdf\","
      "\"data\":\"JVBE\"}}],\"cache_control\":{\"type\":\"ephemeral\"}},"
      "{\"type\":\"tool_result\",\"tool_use_id\":\"b\"}]}]}",
      "Tr11 ;a|Tt8 x|Ti8 R0lG;;image/gif|Tf8 JVBE;;application/pdf|Tr1 ;b" },
    { "{" M "\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":2048},"
      "\"messages\":[{\"role\":\"user\",\"content\":\"2+2\"},{\"role\":"
      "\"assistant\",\"content\":[{\"type\":\"thinking\",\"thinking\":\"hm\","
      "\"signature\":\"EqQB\"},{\"type\":\"redacted_thinking\",\"data\":"
      "\"Erq\"},{\"type\":\"text\",\"text\":\"4\"}]},{\"role\":\"user\","
      "\"content\":\"sure?\"}]}",
      "Ut1 2+2|AT1 hm;EqQB|AR0 Erq|At0 4|Ut1 sure?" },
    { "{" M "\"thinking\":{\"type\":\"adaptive\",\"display\":\"summarized\"},"
      "\"output_config\":{\"effort\":\"xhigh\"}," HI "}", "Ut1 Hi" },
    { "{" M "\"thinking\":{\"type\":\"disabled\"},\"output_config\":"
      "{\"effort\":\"low\"}," HI "}", "Ut1 Hi" },
    { "{" M "\"thinking\":{\"type\":\"adaptive\",\"display\":\"omitted\"},"
      "\"output_config\":{\"effort\":\"max\",\"format\":{\"type\":"
      "\"json_schema\",\"schema\":{\"type\":\"object\",\"properties\":{\"a\":"
      "{\"type\":\"string\"}}}}}," HI "}", "Ut1 Hi" },
    { "{" M "\"output_format\":{\"type\":\"json_schema\",\"schema\":{}}," HI
      "}", "Ut1 Hi" },
    { "{" M "\"temperature\":0.7,\"top_p\":0.95,\"top_k\":40,"
      "\"stop_sequences\":[\"\\n\\nHuman:\",\"END\"],\"stream\":true,"
      "\"metadata\":{\"user_id\":\"u-1\"},\"service_tier\":\"auto\","
      "\"cache_control\":{\"type\":\"ephemeral\",\"ttl\":\"1h\"}," HI "}",
      "Ut1 Hi" },
    { "{" M "\"temperature\":1.0,\"stream\":false,\"stop_sequences\":[],"
      "\"speed\":\"standard\",\"inference_geo\":null,\"container\":null," HI
      "}", "Ut1 Hi" },
    { "{" M "\"tools\":[{\"name\":\"f\",\"description\":\"d \\\"x\\\"\","
      "\"input_schema\":{\"type\":\"object\",\"properties\":{}},\"strict\":"
      "true,\"cache_control\":{\"type\":\"ephemeral\"}},{\"type\":\"custom\","
      "\"name\":\"g\",\"input_schema\":{\"type\":\"object\"},\"strict\":false}"
      "],\"tool_choice\":{\"type\":\"tool\",\"name\":\"f\"}," HI "}",
      "Ut1 Hi" },
    { "{" M "\"tools\":[" TOOL "],\"tool_choice\":{\"type\":\"auto\","
      "\"disable_parallel_tool_use\":true}," HI "}", "Ut1 Hi" },
    { "{" M "\"tools\":[" TOOL "],\"tool_choice\":{\"type\":\"any\","
      "\"disable_parallel_tool_use\":false}," HI "}", "Ut1 Hi" },
    { "{" M "\"tools\":[" TOOL "],\"tool_choice\":{\"type\":\"none\"}," HI "}",
      "Ut1 Hi" },
    { "{" M "\"unknown\":{\"a\":1},\"tools\":[]," HI "}", "Ut1 Hi" },
    { "{" M "\"messages\":[{\"role\":\"user\",\"content\":\"a\"},{\"role\":"
      "\"assistant\",\"content\":[{\"type\":\"text\",\"text\":\"{\","
      "\"cache_control\":{\"type\":\"ephemeral\"}}]}]}", "Ut1 a|At11 {" }
};


/* what is refused: the member, and d: parameter_not_allowed, i: invalid,
   m: missing */

static const struct {
    const char  *body;
    const char  *member;
    char         reason;
} refusals[] = {
    { "{\"max_tokens\":1," HI "}", "model", 'm' },
    { "{\"model\":3,\"max_tokens\":1," HI "}", "model", 'i' },
    { "{" M "\"x\":1}", "messages", 'm' },
    { "{" M "\"messages\":[]}", "messages", 'i' },
    { "{" M "\"messages\":[3,4]}", "messages", 'i' },
    { "{" M "\"messages\":[{\"content\":\"a\"}]}", "role", 'm' },
    { "{" M "\"messages\":[{\"role\":\"tool\",\"content\":\"a\"}]}", "role",
      'i' },
    { "{" M "\"messages\":[{\"role\":\"user\"}]}", "content", 'm' },
    { "{" M "\"messages\":[{\"role\":\"user\",\"content\":{}}]}", "content",
      'i' },
    { "{" M "\"messages\":[{\"role\":\"user\",\"content\":[1,2]}]}", "type",
      'i' },
    { "{" M "\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"x\"}]}]"
      "}", "type", 'i' },
    { "{" M "\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\","
      "\"text\":1}]}]}", "text", 'i' },
    { "{" M "\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":"
      "\"tool_use\",\"id\":\"a\",\"name\":\"f\",\"input\":{}}]}]}", "type",
      'i' },
    { "{" M "\"messages\":[{\"role\":\"assistant\",\"content\":[{\"type\":"
      "\"tool_use\",\"id\":\"a\",\"name\":\"f\",\"input\":\"{}\"}]}]}",
      "input", 'i' },
    { "{" M "\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":"
      "\"tool_result\",\"tool_use_id\":\"a\",\"content\":[{\"type\":\"x\"},"
      "{\"type\":\"text\",\"text\":\"b\"}]}]}]}", "type", 'i' },
    { "{" M "\"messages\":[{\"role\":\"assistant\",\"content\":[{\"type\":"
      "\"image\",\"source\":{\"type\":\"url\",\"url\":\"https://a\"}}]}]}",
      "type", 'i' },
    { "{" M "\"messages\":[{\"role\":\"assistant\",\"content\":[{\"type\":"
      "\"server_tool_use\",\"id\":\"a\"}]}]}", "type", 'd' },
    { "{" M "\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image\""
      ",\"source\":{\"type\":\"file\",\"file_id\":\"f\"}}]}]}", "source",
      'd' },
    { "{" M "\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":"
      "\"document\",\"source\":{\"type\":\"url\",\"url\":\"https://a\"}}]}]}",
      "source", 'd' },
    { "{" M "\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\","
      "\"text\":\"a\",\"cache_control\":{\"type\":\"ephemeral\",\"ttl\":"
      "\"2h\"}}]}]}", "ttl", 'i' },
    { "{" M "\"cache_control\":{\"type\":\"x\"}," HI "}", "cache_control",
      'i' },
    { "{" M "\"container\":\"c\"," HI "}", "container", 'd' },
    { "{" M "\"thread\":{\"type\":\"continue\"}," HI "}", "thread", 'd' },
    { "{" M "\"mcp_servers\":[]," HI "}", "mcp_servers", 'd' },
    { "{" M "\"speed\":\"flex\"," HI "}", "speed", 'd' },
    { "{" M "\"inference_geo\":\"us\"," HI "}", "inference_geo", 'd' },
    { "{" M "\"service_tier\":\"priority\"," HI "}", "service_tier", 'd' },
    { "{" M "\"tools\":[{\"type\":\"web_search_20260318\",\"name\":"
      "\"web_search\"}]," HI "}", "type", 'd' },
    { "{" M "\"tools\":[{\"name\":\"f\"}]," HI "}", "input_schema", 'm' },
    { "{" M "\"tools\":{}," HI "}", "tools", 'i' },
    { "{" M "\"tool_choice\":\"auto\"," HI "}", "tool_choice", 'i' },
    { "{" M "\"tool_choice\":{\"type\":\"tool\"}," HI "}", "name", 'm' },
    { "{" M "\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":1000}," HI
      "}", "budget_tokens", 'i' },
    { "{" M "\"thinking\":{\"type\":\"between_tools\"}," HI "}", "thinking",
      'd' },
    { "{" M "\"output_config\":{\"effort\":\"minimal\"}," HI "}", "effort",
      'i' },
    { "{" M "\"output_config\":{\"format\":{\"type\":\"json_object\"}}," HI
      "}", "format", 'i' },
    { "{" M "\"temperature\":\"1\"," HI "}", "temperature", 'i' },
    { "{" M "\"stream\":1," HI "}", "stream", 'i' },
    { "{" M "\"stop_sequences\":[1,2]," HI "}", "stop_sequences", 'i' },
    { "{" M "\"metadata\":{\"user_id\":1}," HI "}", "user_id", 'i' },
    { "{\"model\":\"m\",\"max_tokens\":1.5," HI "}", "max_tokens", 'i' }
};


#endif /* _AICOST_API_ANTHROPIC_CASES_H_INCLUDED_ */
