
/*
 * Copyright (C) aicost
 *
 * Answers and streams for t/unit/api_anthropic_answer.c
 */


#ifndef _AICOST_API_ANTHROPIC_ANSWERS_H_INCLUDED_
#define _AICOST_API_ANTHROPIC_ANSWERS_H_INCLUDED_


/* whole answers and what they say */

static const struct {
    const char  *body;
    const char  *says;
} answers[] = {
    { "{\"id\":\"msg_01\",\"type\":\"message\",\"role\":\"assistant\",\"model\""
      ":\"claude\",\"content\":[{\"type\":\"text\",\"text\":\"Hi \\u00e9\"}],"
      "\"stop_reason\":\"end_turn\",\"stop_sequence\":null,\"usage\":{"
      "\"input_tokens\":21,\"cache_creation_input_tokens\":100,"
      "\"cache_read_input_tokens\":7,\"cache_creation\":{"
      "\"ephemeral_5m_input_tokens\":60,\"ephemeral_1h_input_tokens\":40},"
      "\"output_tokens\":393,\"output_tokens_details\":{\"thinking_tokens\":"
      "120}}}",
      "start msg_01 claude 21/7/60/40/393/120|text Hi \\u00e9|finish 1|"
      "usage 21/7/60/40/393/120|done" },
    { "{\"id\":\"m\",\"model\":\"c\",\"content\":[{\"type\":\"thinking\","
      "\"thinking\":\"hm\",\"signature\":\"SIG\"},{\"type\":"
      "\"redacted_thinking\",\"data\":\"RR\"},{\"type\":\"text\",\"text\":"
      "\"go\"},{\"type\":\"tool_use\",\"id\":\"t1\",\"name\":\"f\",\"input\":"
      "{\"a\":1}},{\"type\":\"tool_use\",\"id\":\"t2\",\"name\":\"g\","
      "\"input\":{}}],\"stop_reason\":\"tool_use\",\"usage\":{"
      "\"input_tokens\":1,\"output_tokens\":2}}",
      "start m c 1/0/0/0/2/0|thinking hm|signature SIG|redacted RR|text go|"
      "call 0 t1 f|arguments 0 {\"a\":1}|call 1 t2 g|arguments 1 {}|finish 4|"
      "usage 1/0/0/0/2/0|done" },
    { "{\"id\":\"m\",\"model\":\"c\",\"content\":[],\"stop_reason\":"
      "\"stop_sequence\",\"stop_sequence\":\"END\",\"usage\":{\"input_tokens\""
      ":3,\"output_tokens\":0}}",
      "start m c 3/0/0/0/0/0|finish 2 END|usage 3/0/0/0/0/0|done" },
    { "{\"id\":\"m\",\"model\":\"c\",\"content\":[{\"type\":\"text\",\"text\":"
      "\"x\"}],\"stop_reason\":\"max_tokens\",\"usage\":{\"input_tokens\":3,"
      "\"output_tokens\":1}}",
      "start m c 3/0/0/0/1/0|text x|finish 3|usage 3/0/0/0/1/0|done" },
    { "{\"id\":\"m\",\"model\":\"c\",\"content\":[{\"type\":\"text\",\"text\":"
      "\"x\"}],\"stop_reason\":\"refusal\",\"usage\":{\"input_tokens\":3,"
      "\"output_tokens\":1}}",
      "start m c 3/0/0/0/1/0|text x|finish 5|usage 3/0/0/0/1/0|done" }
};

/* likewise, but they are not told in the same way */

static const struct {
    const char  *body;
    const char  *says;
} odd_answers[] = {
    { "{\"content\":[{\"type\":\"server_tool_use\",\"id\":\"s\",\"name\":"
      "\"web_search\",\"input\":{}},{\"type\":\"text\",\"text\":3},{\"type\":"
      "\"new\"},5,{}],\"stop_reason\":\"pause_turn\",\"usage\":null}",
      "start - - 0/0/0/0/0/0|finish 1|done" },
    { "{\"content\":[],\"stop_reason\":\"model_context_window_exceeded\","
      "\"usage\":{\"input_tokens\":-1,\"output_tokens\":5}}",
      "start - - 0/0/0/0/0/0|finish 3|done" },
    { "{\"content\":[],\"stop_reason\":\"new\",\"usage\":{\"input_tokens\":"
      "12.0,\"cache_creation_input_tokens\":30,\"cache_read_input_tokens\":"
      "null,\"output_tokens\":2,\"output_tokens_details\":{"
      "\"thinking_tokens\":9}}}",
      "start - - 12/0/30/0/2/2|finish 6|usage 12/0/30/0/2/2|done" },
    { "{\"content\":[{\"type\":\"tool_use\",\"id\":\"a\",\"name\":\"f\","
      "\"input\":\"x\"}],\"stop_reason\":\"compaction\"}",
      "start - - 0/0/0/0/0/0|call 0 a f|arguments 0 {}|finish 3|done" },
    { "{\"content\":[],\"stop_reason\":\"end_turn\",\"usage\":{"
      "\"input_tokens\":1,\"cache_creation_input_tokens\":-5,"
      "\"output_tokens\":5}}",
      "start - - 0/0/0/0/0/0|finish 1|done" },
    { "{\"content\":[{\"type\":\"text\",\"text\":\"a\"},{\"type\":"
      "\"thinking\",\"thinking\":\"\",\"signature\":\"S\"}],\"stop_reason\":"
      "\"end_turn\"}",
      "start - - 0/0/0/0/0/0|text a|signature S|finish 1|done" },
    { "{\"content\":[],\"usage\":{\"input_tokens\":2e20,\"output_tokens\":5}}",
      "start - - 0/0/0/0/0/0|finish 6|done" },
    { "{\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\","
      "\"message\":\"Overloaded\"},\"request_id\":\"r\"}",
      "error overloaded overloaded_error Overloaded|done" },
    { "{\"type\":\"error\",\"error\":{\"type\":\"rate_limit_error\","
      "\"message\":\"no\",\"details\":{\"error_code\":"
      "\"enforced_spend_limit_reached\"}}}",
      "error no_money enforced_spend_limit_reached no|done" },
    { "{\"type\":\"error\",\"error\":{\"type\":\"invalid_request_error\","
      "\"message\":\"You have reached your specified API usage limits\"}}",
      "error no_money invalid_request_error You have reached your specified "
      "API usage limits|done" },
    { "{\"type\":\"error\",\"error\":{\"type\":\"not_found_error\","
      "\"message\":\"m\"}}", "error not_found not_found_error m|done" },
    { "{\"type\":\"error\",\"error\":{\"type\":\"api_error\",\"message\":"
      "\"m\"}}", "error server_error api_error m|done" },
    { "{\"error\":\"x\"}", "error server_error - x|done" }
};


/* the data of a stream, a line an event */

static const struct {
    const char  *events;
    const char  *says;
} streams[] = {
    { "{\"type\":\"message_start\",\"message\":{\"id\":\"msg_1\",\"content\":"
      "[],\"model\":\"claude\",\"usage\":{\"input_tokens\":472,"
      "\"cache_read_input_tokens\":5,\"output_tokens\":2}}}\n"
      "{\"type\":\"content_block_start\",\"index\":0,\"content_block\":{"
      "\"type\":\"text\",\"text\":\"\"}}\n"
      "{\"type\":\"ping\"}\n"
      "{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":"
      "\"text_delta\",\"text\":\"Hello\"}}\n"
      "{\"type\":\"content_block_stop\",\"index\":0}\n"
      "{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\","
      "\"stop_sequence\":null},\"usage\":{\"output_tokens\":15}}\n"
      "{\"type\":\"message_stop\"}\n"
      "{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":"
      "\"text_delta\",\"text\":\"late\"}}",
      "start msg_1 claude 472/5/0/0/2/0|text Hello|finish 1|"
      "usage 472/5/0/0/15/0|done" },
    { "{\"type\":\"message_start\",\"message\":{\"id\":\"m\",\"model\":\"c\","
      "\"usage\":{\"input_tokens\":1,\"output_tokens\":1}}}\n"
      "{\"type\":\"content_block_start\",\"index\":0,\"content_block\":{"
      "\"type\":\"thinking\",\"thinking\":\"\",\"signature\":\"\"}}\n"
      "{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":"
      "\"thinking_delta\",\"thinking\":\"hm\"}}\n"
      "{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":"
      "\"signature_delta\",\"signature\":\"S\"}}\n"
      "{\"type\":\"content_block_start\",\"index\":1,\"content_block\":{"
      "\"type\":\"redacted_thinking\",\"data\":\"R\"}}\n"
      "{\"type\":\"content_block_start\",\"index\":2,\"content_block\":{"
      "\"type\":\"tool_use\",\"id\":\"t1\",\"name\":\"f\",\"input\":{}}}\n"
      "{\"type\":\"content_block_delta\",\"index\":2,\"delta\":{\"type\":"
      "\"input_json_delta\",\"partial_json\":\"\"}}\n"
      "{\"type\":\"content_block_delta\",\"index\":2,\"delta\":{\"type\":"
      "\"input_json_delta\",\"partial_json\":\"{\\\"a\\\": \"}}\n"
      "{\"type\":\"content_block_delta\",\"index\":2,\"delta\":{\"type\":"
      "\"input_json_delta\",\"partial_json\":\"1}\"}}\n"
      "{\"type\":\"content_block_stop\",\"index\":2}\n"
      "{\"type\":\"content_block_start\",\"index\":3,\"content_block\":{"
      "\"type\":\"tool_use\",\"id\":\"t2\",\"name\":\"g\",\"input\":{}}}\n"
      "{\"type\":\"content_block_stop\",\"index\":3}\n"
      "{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"tool_use\"},"
      "\"usage\":{\"output_tokens\":9,\"cache_read_input_tokens\":null}}\n"
      "{\"type\":\"message_stop\"}",
      "start m c 1/0/0/0/1/0|thinking hm|signature S|redacted R|"
      "call 0 t1 f|arguments 0 {\\\"a\\\": |arguments 0 1}|call 1 t2 g|"
      "arguments 1 {}|finish 4|usage 1/0/0/0/9/0|done" },
    { "{\"type\":\"content_block_delta\",\"index\":7,\"delta\":{\"type\":"
      "\"text_delta\",\"text\":\"x\"}}\n"
      "{\"type\":\"content_block_start\",\"index\":1,\"content_block\":{"
      "\"type\":\"server_tool_use\",\"id\":\"s\",\"name\":\"w\"}}\n"
      "{\"type\":\"content_block_delta\",\"index\":1,\"delta\":{\"type\":"
      "\"input_json_delta\",\"partial_json\":\"{}\"}}\n"
      "{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":"
      "\"citations_delta\",\"citation\":{}}}\n"
      "{\"new\":1}\n{\"type\":\"new\"}\n"
      "{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":"
      "\"stop_sequence\",\"stop_sequence\":\"END\"},\"usage\":{"
      "\"output_tokens\":-4}}\n"
      "{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"refusal\"}}\n"
      "{\"type\":\"message_stop\"}",
      "start - - 0/0/0/0/0/0|text x|finish 2 END|done" },
    { "{\"type\":\"content_block_start\",\"index\":4,\"content_block\":{"
      "\"type\":\"tool_use\",\"id\":\"a\",\"name\":\"f\",\"input\":{\"a\":1}}}"
      "\n{\"type\":\"content_block_stop\",\"index\":4}\n"
      "{\"type\":\"content_block_delta\",\"index\":4,\"delta\":{\"type\":"
      "\"input_json_delta\",\"partial_json\":\" \"}}",
      "start - - 0/0/0/0/0/0|call 0 a f|arguments 0 {\"a\":1}|arguments 0  |"
      "error server_error - the provider's stream ended early|done" },
    { "{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"}}",
      "start - - 0/0/0/0/0/0|finish 1|done" },
    { "{\"type\":\"message_start\",\"message\":{\"id\":\"m\",\"model\":\"c\","
      "\"usage\":{\"input_tokens\":1,\"cache_creation\":{"
      "\"ephemeral_1h_input_tokens\":9},\"output_tokens\":1}}}\n"
      "{\"type\":\"message_delta\",\"delta\":{},\"usage\":{\"output_tokens\":"
      "2,\"cache_creation_input_tokens\":9}}\n"
      "{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"new\"},"
      "\"usage\":{\"cache_creation_input_tokens\":4}}\n"
      "{\"type\":\"message_stop\"}",
      "start m c 1/0/0/9/1/0|usage 1/0/0/9/2/0|finish 6|usage 1/0/4/0/2/0|"
      "done" },
    { "{\"type\":\"message_start\",\"message\":{\"id\":\"m\",\"model\":\"c\"}}"
      "\n{\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\","
      "\"message\":\"Overloaded\"}}\n{\"type\":\"message_stop\"}",
      "start m c 0/0/0/0/0/0|error overloaded overloaded_error Overloaded|"
      "done" },
    { "{\"type\":\"message_start\",\"message\":{\"id\":\"m\",\"model\":\"c\"}}"
      "\n{\"type\":\"content_block_start\",\"index\":0,\"content_block\":{"
      "\"type\":\"text\",\"text\":\"early\"}}",
      "start m c 0/0/0/0/0/0|text early|error server_error - the provider's "
      "stream ended early|done" }
};


#endif /* _AICOST_API_ANTHROPIC_ANSWERS_H_INCLUDED_ */
