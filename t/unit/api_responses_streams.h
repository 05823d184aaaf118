
/*
 * Copyright (C) aicost
 *
 * OpenAI's Responses: streams of its test.
 */


#ifndef _AICOST_API_RESPONSES_STREAMS_H_INCLUDED_
#define _AICOST_API_RESPONSES_STREAMS_H_INCLUDED_


static const shape_case_t  streams[] = {
    { "text",
      "{\"type\":\"response.created\",\"sequence_number\":0,\"response\":{"
      "\"id\":\"resp_1\",\"object\":\"response\",\"created_at\":1741476542,"
      "\"status\":\"in_progress\",\"model\":\"gpt-5\",\"output\":[],\"usage"
      "\":null}}\n"
      "{\"type\":\"response.in_progress\",\"sequence_number\":0,\"response"
      "\":{\"id\":\"resp_1\",\"object\":\"response\",\"created_at\":1741476"
      "542,\"status\":\"in_progress\",\"model\":\"gpt-5\",\"output\":[],\"u"
      "sage\":null}}\n"
      "{\"type\":\"response.output_item.added\",\"output_index\":0,\"item\""
      ":{\"type\":\"message\",\"id\":\"msg_1\",\"role\":\"assistant\",\"con"
      "tent\":[]}}\n"
      "{\"type\":\"response.content_part.added\",\"item_id\":\"msg_1\",\"ou"
      "tput_index\":0,\"content_index\":0,\"part\":{\"type\":\"output_text"
      "\",\"text\":\"\"}}\n"
      "{\"type\":\"response.output_text.delta\",\"item_id\":\"msg_1\",\"out"
      "put_index\":0,\"content_index\":0,\"delta\":\"Hel\"}\n"
      "{\"type\":\"response.output_text.delta\",\"item_id\":\"msg_1\",\"out"
      "put_index\":0,\"content_index\":0,\"delta\":\"lo \\u00e9\"}\n"
      "{\"type\":\"response.output_text.done\",\"output_index\":0,\"text\":"
      "\"Hello\"}\n"
      "{\"type\":\"response.completed\",\"sequence_number\":9,\"response\":"
      "{\"id\":\"resp_1\",\"object\":\"response\",\"created_at\":1741476542"
      ",\"status\":\"completed\",\"model\":\"gpt-5\",\"output\":[{\"type\":"
      "\"message\",\"id\":\"msg_1\",\"status\":\"completed\",\"role\":\"ass"
      "istant\",\"content\":[{\"type\":\"output_text\",\"text\":\"x\",\"ann"
      "otations\":[]}]}],\"usage\":{\"input_tokens\":36,\"input_tokens_deta"
      "ils\":{\"cached_tokens\":6,\"cache_write_tokens\":2},\"output_tokens"
      "\":87,\"output_tokens_details\":{\"reasoning_tokens\":7},\"total_tok"
      "ens\":123}}}\n",
      "start(gpt-5 1741476542) text(Hel) text(lo \\u00e9) finish(1) usage(2"
      "8/6/2/0/87) done" },
    { "thinking and text",
      "{\"type\":\"response.created\",\"sequence_number\":0,\"response\":{"
      "\"id\":\"resp_1\",\"object\":\"response\",\"created_at\":1741476542,"
      "\"status\":\"in_progress\",\"model\":\"gpt-5\",\"output\":[],\"usage"
      "\":null}}\n"
      "{\"type\":\"response.output_item.added\",\"output_index\":0,\"item\""
      ":{\"type\":\"reasoning\",\"id\":\"rs_1\",\"summary\":[]}}\n"
      "{\"type\":\"response.reasoning_summary_part.added\",\"summary_index"
      "\":0,\"output_index\":0}\n"
      "{\"type\":\"response.reasoning_summary_text.delta\",\"output_index\""
      ":0,\"summary_index\":0,\"delta\":\"I \"}\n"
      "{\"type\":\"response.reasoning_summary_text.delta\",\"output_index\""
      ":0,\"summary_index\":0,\"delta\":\"think\"}\n"
      "{\"type\":\"response.reasoning_summary_part.added\",\"summary_index"
      "\":1,\"output_index\":0}\n"
      "{\"type\":\"response.reasoning_summary_text.delta\",\"output_index\""
      ":0,\"summary_index\":1,\"delta\":\"more\"}\n"
      "{\"type\":\"response.output_item.done\",\"output_index\":0,\"item\":"
      "{\"type\":\"reasoning\",\"id\":\"rs_1\",\"summary\":[{\"type\":\"sum"
      "mary_text\",\"text\":\"I think\"}],\"encrypted_content\":\"xyz\"}}\n"
      "{\"type\":\"response.output_text.delta\",\"item_id\":\"msg_1\",\"out"
      "put_index\":1,\"content_index\":0,\"delta\":\"b\"}\n"
      "{\"type\":\"response.completed\",\"sequence_number\":9,\"response\":"
      "{\"id\":\"resp_1\",\"object\":\"response\",\"created_at\":1741476542"
      ",\"status\":\"completed\",\"model\":\"gpt-5\",\"output\":[{\"type\":"
      "\"message\",\"id\":\"msg_1\",\"status\":\"completed\",\"role\":\"ass"
      "istant\",\"content\":[{\"type\":\"output_text\",\"text\":\"x\",\"ann"
      "otations\":[]}]}],\"usage\":{\"input_tokens\":36,\"input_tokens_deta"
      "ils\":{\"cached_tokens\":6,\"cache_write_tokens\":2},\"output_tokens"
      "\":87,\"output_tokens_details\":{\"reasoning_tokens\":7},\"total_tok"
      "ens\":123}}}\n",
      "start(gpt-5 1741476542) thinking(I ) thinking(think) thinking(\\n\\n"
      ") thinking(more) signature(xyz) text(b) finish(1) usage(28/6/2/0/87)"
      " done" },
    { "calls",
      "{\"type\":\"response.created\",\"sequence_number\":0,\"response\":{"
      "\"id\":\"resp_1\",\"object\":\"response\",\"created_at\":1741476542,"
      "\"status\":\"in_progress\",\"model\":\"gpt-5\",\"output\":[],\"usage"
      "\":null}}\n"
      "{\"type\":\"response.output_item.added\",\"output_index\":1,\"item\""
      ":{\"type\":\"function_call\",\"id\":\"fc_1\",\"call_id\":\"call_1\","
      "\"name\":\"f\",\"arguments\":\"\"}}\n"
      "{\"type\":\"response.function_call_arguments.delta\",\"output_index"
      "\":1,\"item_id\":\"fc_1\",\"delta\":\"{\\\"a\\\"\"}\n"
      "{\"type\":\"response.function_call_arguments.delta\",\"output_index"
      "\":1,\"item_id\":\"fc_1\",\"delta\":\":1}\"}\n"
      "{\"type\":\"response.function_call_arguments.done\",\"output_index\""
      ":1,\"arguments\":\"{\\\"a\\\":1}\"}\n"
      "{\"type\":\"response.output_item.done\",\"output_index\":1,\"item\":"
      "{\"type\":\"function_call\",\"id\":\"fc_1\",\"call_id\":\"call_1\","
      "\"name\":\"f\",\"arguments\":\"{\\\"a\\\":1}\"}}\n"
      "{\"type\":\"response.output_item.added\",\"output_index\":2,\"item\""
      ":{\"type\":\"function_call\",\"id\":\"fc_2\",\"call_id\":\"\",\"name"
      "\":\"g\",\"arguments\":\"\"}}\n"
      "{\"type\":\"response.completed\",\"sequence_number\":9,\"response\":"
      "{\"id\":\"resp_1\",\"object\":\"response\",\"created_at\":1741476542"
      ",\"status\":\"completed\",\"model\":\"gpt-5\",\"output\":[{\"type\":"
      "\"message\",\"id\":\"msg_1\",\"status\":\"completed\",\"role\":\"ass"
      "istant\",\"content\":[{\"type\":\"output_text\",\"text\":\"x\",\"ann"
      "otations\":[]}]}],\"usage\":{\"input_tokens\":36,\"input_tokens_deta"
      "ils\":{\"cached_tokens\":6,\"cache_write_tokens\":2},\"output_tokens"
      "\":87,\"output_tokens_details\":{\"reasoning_tokens\":7},\"total_tok"
      "ens\":123}}}\n",
      "start(gpt-5 1741476542) call(0 call_1 f) args(0 {\\\"a\\\") args(0 :"
      "1}) call(1 ~ g) finish(4) usage(28/6/2/0/87) done" },
    { "a call without deltas",
      "{\"type\":\"response.created\",\"sequence_number\":0,\"response\":{"
      "\"id\":\"resp_1\",\"object\":\"response\",\"created_at\":1741476542,"
      "\"status\":\"in_progress\",\"model\":\"gpt-5\",\"output\":[],\"usage"
      "\":null}}\n"
      "{\"type\":\"response.output_item.done\",\"output_index\":0,\"item\":"
      "{\"type\":\"function_call\",\"id\":\"fc_1\",\"call_id\":\"call_1\","
      "\"name\":\"f\",\"arguments\":\"{\\\"a\\\":1}\"}}\n"
      "{\"type\":\"response.completed\",\"sequence_number\":9,\"response\":"
      "{\"id\":\"resp_1\",\"object\":\"response\",\"created_at\":1741476542"
      ",\"status\":\"completed\",\"model\":\"gpt-5\",\"output\":[{\"type\":"
      "\"message\",\"id\":\"msg_1\",\"status\":\"completed\",\"role\":\"ass"
      "istant\",\"content\":[{\"type\":\"output_text\",\"text\":\"x\",\"ann"
      "otations\":[]}]}],\"usage\":{\"input_tokens\":36,\"input_tokens_deta"
      "ils\":{\"cached_tokens\":6,\"cache_write_tokens\":2},\"output_tokens"
      "\":87,\"output_tokens_details\":{\"reasoning_tokens\":7},\"total_tok"
      "ens\":123}}}\n",
      "start(gpt-5 1741476542) call(0 call_1 f) args(0 {\\\"a\\\":1}) finis"
      "h(4) usage(28/6/2/0/87) done" },
    { "hidden reasoning",
      "{\"type\":\"response.created\",\"sequence_number\":0,\"response\":{"
      "\"id\":\"resp_1\",\"object\":\"response\",\"created_at\":1741476542,"
      "\"status\":\"in_progress\",\"model\":\"gpt-5\",\"output\":[],\"usage"
      "\":null}}\n"
      "{\"type\":\"response.output_item.done\",\"output_index\":0,\"item\":"
      "{\"type\":\"reasoning\",\"id\":\"rs_1\",\"summary\":[],\"encrypted_c"
      "ontent\":\"xyz\"}}\n"
      "{\"type\":\"response.output_text.delta\",\"item_id\":\"msg_1\",\"out"
      "put_index\":1,\"content_index\":0,\"delta\":\"b\"}\n"
      "{\"type\":\"response.completed\",\"sequence_number\":9,\"response\":"
      "{\"id\":\"resp_1\",\"object\":\"response\",\"created_at\":1741476542"
      ",\"status\":\"completed\",\"model\":\"gpt-5\",\"output\":[{\"type\":"
      "\"message\",\"id\":\"msg_1\",\"status\":\"completed\",\"role\":\"ass"
      "istant\",\"content\":[{\"type\":\"output_text\",\"text\":\"x\",\"ann"
      "otations\":[]}]}],\"usage\":{\"input_tokens\":36,\"input_tokens_deta"
      "ils\":{\"cached_tokens\":6,\"cache_write_tokens\":2},\"output_tokens"
      "\":87,\"output_tokens_details\":{\"reasoning_tokens\":7},\"total_tok"
      "ens\":123}}}\n",
      "start(gpt-5 1741476542) redacted(xyz) text(b) finish(1) usage(28/6/2"
      "/0/87) done" },
    { "a refusal",
      "{\"type\":\"response.created\",\"sequence_number\":0,\"response\":{"
      "\"id\":\"resp_1\",\"object\":\"response\",\"created_at\":1741476542,"
      "\"status\":\"in_progress\",\"model\":\"gpt-5\",\"output\":[],\"usage"
      "\":null}}\n"
      "{\"type\":\"response.refusal.delta\",\"output_index\":0,\"delta\":\""
      "no\"}\n"
      "{\"type\":\"response.completed\",\"sequence_number\":9,\"response\":"
      "{\"id\":\"resp_1\",\"object\":\"response\",\"created_at\":1741476542"
      ",\"status\":\"completed\",\"model\":\"gpt-5\",\"output\":[{\"type\":"
      "\"message\",\"id\":\"msg_1\",\"status\":\"completed\",\"role\":\"ass"
      "istant\",\"content\":[{\"type\":\"output_text\",\"text\":\"x\",\"ann"
      "otations\":[]}]}],\"usage\":{\"input_tokens\":36,\"input_tokens_deta"
      "ils\":{\"cached_tokens\":6,\"cache_write_tokens\":2},\"output_tokens"
      "\":87,\"output_tokens_details\":{\"reasoning_tokens\":7},\"total_tok"
      "ens\":123}}}\n",
      "start(gpt-5 1741476542) refusal(no) finish(1) usage(28/6/2/0/87) don"
      "e" },
    { "incomplete",
      "{\"type\":\"response.created\",\"sequence_number\":0,\"response\":{"
      "\"id\":\"resp_1\",\"object\":\"response\",\"created_at\":1741476542,"
      "\"status\":\"in_progress\",\"model\":\"gpt-5\",\"output\":[],\"usage"
      "\":null}}\n"
      "{\"type\":\"response.output_text.delta\",\"item_id\":\"msg_1\",\"out"
      "put_index\":0,\"content_index\":0,\"delta\":\"a\"}\n"
      "{\"type\":\"response.incomplete\",\"sequence_number\":9,\"response\""
      ":{\"id\":\"resp_1\",\"object\":\"response\",\"created_at\":174147654"
      "2,\"status\":\"incomplete\",\"model\":\"gpt-5\",\"output\":[{\"type"
      "\":\"message\",\"id\":\"msg_1\",\"status\":\"completed\",\"role\":\""
      "assistant\",\"content\":[{\"type\":\"output_text\",\"text\":\"x\",\""
      "annotations\":[]}]}],\"usage\":{\"input_tokens\":36,\"input_tokens_d"
      "etails\":{\"cached_tokens\":6,\"cache_write_tokens\":2},\"output_tok"
      "ens\":87,\"output_tokens_details\":{\"reasoning_tokens\":7},\"total_"
      "tokens\":123},\"incomplete_details\":{\"reason\":\"max_output_tokens"
      "\"}}}\n",
      "start(gpt-5 1741476542) text(a) finish(3) usage(28/6/2/0/87) done" },
    { "failed",
      "{\"type\":\"response.created\",\"sequence_number\":0,\"response\":{"
      "\"id\":\"resp_1\",\"object\":\"response\",\"created_at\":1741476542,"
      "\"status\":\"in_progress\",\"model\":\"gpt-5\",\"output\":[],\"usage"
      "\":null}}\n"
      "{\"type\":\"response.output_text.delta\",\"item_id\":\"msg_1\",\"out"
      "put_index\":0,\"content_index\":0,\"delta\":\"a\"}\n"
      "{\"type\":\"response.failed\",\"response\":{\"id\":\"resp_1\",\"stat"
      "us\":\"failed\",\"error\":{\"code\":\"rate_limit_exceeded\",\"messag"
      "e\":\"slow\"},\"usage\":null}}\n",
      "start(gpt-5 1741476542) text(a) error(rate_limited: slow) done" },
    { "an error",
      "{\"type\":\"response.created\",\"sequence_number\":0,\"response\":{"
      "\"id\":\"resp_1\",\"object\":\"response\",\"created_at\":1741476542,"
      "\"status\":\"in_progress\",\"model\":\"gpt-5\",\"output\":[],\"usage"
      "\":null}}\n"
      "{\"type\":\"response.output_text.delta\",\"item_id\":\"msg_1\",\"out"
      "put_index\":0,\"content_index\":0,\"delta\":\"a\"}\n"
      "{\"type\":\"error\",\"code\":\"server_error\",\"message\":\"broken\""
      ",\"param\":null,\"sequence_number\":2}\n",
      "start(gpt-5 1741476542) text(a) error(server_error: broken) done" },
    { "an error in an object",
      "{\"type\":\"error\",\"error\":{\"type\":\"server_error\",\"code\":\""
      "server_error\",\"message\":\"broken\"}}\n",
      "error(server_error: broken) done" },
    { "the end too early",
      "{\"type\":\"response.created\",\"sequence_number\":0,\"response\":{"
      "\"id\":\"resp_1\",\"object\":\"response\",\"created_at\":1741476542,"
      "\"status\":\"in_progress\",\"model\":\"gpt-5\",\"output\":[],\"usage"
      "\":null}}\n"
      "{\"type\":\"response.output_text.delta\",\"item_id\":\"msg_1\",\"out"
      "put_index\":0,\"content_index\":0,\"delta\":\"a\"}\n",
      "start(gpt-5 1741476542) text(a) error(closed: The provider closed th"
      "e stream before its end.) done" },
    { "events of other kinds",
      "{\"type\":\"response.queued\"}\n"
      "{\"type\":5}\n"
      "{}\n"
      "{\"type\":\"response.created\",\"sequence_number\":0,\"response\":{"
      "\"id\":\"resp_1\",\"object\":\"response\",\"created_at\":1741476542,"
      "\"status\":\"in_progress\",\"model\":\"gpt-5\",\"output\":[],\"usage"
      "\":null}}\n"
      "{\"type\":\"response.web_search_call.searching\",\"output_index\":0}"
      "\n"
      "{\"type\":\"response.output_text.annotation.added\",\"annotation\":{"
      "}}\n"
      "{\"type\":\"response.output_text.delta\",\"item_id\":\"msg_1\",\"out"
      "put_index\":0,\"content_index\":0,\"delta\":\"a\"}\n"
      "{\"type\":\"response.output_text.delta\",\"delta\":5}\n"
      "{\"type\":\"response.completed\",\"sequence_number\":9,\"response\":"
      "{\"id\":\"resp_1\",\"object\":\"response\",\"created_at\":1741476542"
      ",\"status\":\"completed\",\"model\":\"gpt-5\",\"output\":[{\"type\":"
      "\"message\",\"id\":\"msg_1\",\"status\":\"completed\",\"role\":\"ass"
      "istant\",\"content\":[{\"type\":\"output_text\",\"text\":\"x\",\"ann"
      "otations\":[]}]}],\"usage\":null}}\n",
      "start(gpt-5 1741476542) text(a) finish(1) done" }
};


static const char *const  bytes[] = {
    "event: response.created\n"
    "data: {\"type\":\"response.created\",\"sequence_number\":0,\"response"
    "\":{\"id\":\"resp_abcdefghijklmnopqrstuvwx\",\"object\":\"response\","
    "\"created_at\":1741476542,\"model\":\"gpt\",\"status\":\"in_progress\""
    ",\"background\":false,\"error\":null,\"incomplete_details\":null,\"ins"
    "tructions\":null,\"max_output_tokens\":null,\"metadata\":{},\"output\""
    ":[],\"parallel_tool_calls\":true,\"previous_response_id\":null,\"reaso"
    "ning\":{\"effort\":null,\"summary\":null},\"store\":false,\"temperatur"
    "e\":null,\"text\":{\"format\":{\"type\":\"text\"}},\"tool_choice\":\"a"
    "uto\",\"tools\":[],\"top_p\":null,\"truncation\":\"disabled\",\"usage"
    "\":null}}\n"
    "\n",
    "event: response.in_progress\n"
    "data: {\"type\":\"response.in_progress\",\"sequence_number\":1,\"respo"
    "nse\":{\"id\":\"resp_abcdefghijklmnopqrstuvwx\",\"object\":\"response"
    "\",\"created_at\":1741476542,\"model\":\"gpt\",\"status\":\"in_progres"
    "s\",\"background\":false,\"error\":null,\"incomplete_details\":null,\""
    "instructions\":null,\"max_output_tokens\":null,\"metadata\":{},\"outpu"
    "t\":[],\"parallel_tool_calls\":true,\"previous_response_id\":null,\"re"
    "asoning\":{\"effort\":null,\"summary\":null},\"store\":false,\"tempera"
    "ture\":null,\"text\":{\"format\":{\"type\":\"text\"}},\"tool_choice\":"
    "\"auto\",\"tools\":[],\"top_p\":null,\"truncation\":\"disabled\",\"usa"
    "ge\":null}}\n"
    "\n",
    "event: response.output_item.added\n"
    "data: {\"type\":\"response.output_item.added\",\"sequence_number\":2,"
    "\"output_index\":0,\"item\":{\"type\":\"message\",\"id\":\"msg_abcdefg"
    "hijklmnopqrstuvwx0\",\"role\":\"assistant\",\"content\":[],\"status\":"
    "\"in_progress\"}}\n"
    "\n",
    "event: response.content_part.added\n"
    "data: {\"type\":\"response.content_part.added\",\"sequence_number\":3,"
    "\"item_id\":\"msg_abcdefghijklmnopqrstuvwx0\",\"output_index\":0,\"con"
    "tent_index\":0,\"logprobs\":[],\"part\":{\"type\":\"output_text\",\"an"
    "notations\":[],\"logprobs\":[],\"text\":\"\"}}\n"
    "\n",
    "event: response.output_text.delta\n"
    "data: {\"type\":\"response.output_text.delta\",\"sequence_number\":4,"
    "\"item_id\":\"msg_abcdefghijklmnopqrstuvwx0\",\"output_index\":0,\"con"
    "tent_index\":0,\"logprobs\":[],\"delta\":\"Hel\"}\n"
    "\n",
    "event: response.output_text.delta\n"
    "data: {\"type\":\"response.output_text.delta\",\"sequence_number\":5,"
    "\"item_id\":\"msg_abcdefghijklmnopqrstuvwx0\",\"output_index\":0,\"con"
    "tent_index\":0,\"logprobs\":[],\"delta\":\"lo \\u00e9\"}\n"
    "\n",
    "event: response.output_text.done\n"
    "data: {\"type\":\"response.output_text.done\",\"sequence_number\":6,\""
    "item_id\":\"msg_abcdefghijklmnopqrstuvwx0\",\"output_index\":0,\"conte"
    "nt_index\":0,\"logprobs\":[],\"text\":\"Hello \\u00e9\"}\n"
    "\n",
    "event: response.content_part.done\n"
    "data: {\"type\":\"response.content_part.done\",\"sequence_number\":7,"
    "\"item_id\":\"msg_abcdefghijklmnopqrstuvwx0\",\"output_index\":0,\"con"
    "tent_index\":0,\"logprobs\":[],\"part\":{\"type\":\"output_text\",\"an"
    "notations\":[],\"logprobs\":[],\"text\":\"Hello \\u00e9\"}}\n"
    "\n",
    "event: response.output_item.done\n"
    "data: {\"type\":\"response.output_item.done\",\"sequence_number\":8,\""
    "output_index\":0,\"item\":{\"type\":\"message\",\"id\":\"msg_abcdefghi"
    "jklmnopqrstuvwx0\",\"role\":\"assistant\",\"content\":[{\"type\":\"out"
    "put_text\",\"annotations\":[],\"logprobs\":[],\"text\":\"Hello \\u00e9"
    "\"}],\"status\":\"completed\"}}\n"
    "\n",
    "event: response.completed\n"
    "data: {\"type\":\"response.completed\",\"sequence_number\":9,\"respons"
    "e\":{\"id\":\"resp_abcdefghijklmnopqrstuvwx\",\"object\":\"response\","
    "\"created_at\":1741476542,\"model\":\"gpt\",\"status\":\"completed\","
    "\"background\":false,\"error\":null,\"incomplete_details\":null,\"inst"
    "ructions\":null,\"max_output_tokens\":null,\"metadata\":{},\"output\":"
    "[{\"type\":\"message\",\"id\":\"msg_abcdefghijklmnopqrstuvwx0\",\"role"
    "\":\"assistant\",\"content\":[{\"type\":\"output_text\",\"annotations"
    "\":[],\"logprobs\":[],\"text\":\"Hello \\u00e9\"}],\"status\":\"comple"
    "ted\"}],\"parallel_tool_calls\":true,\"previous_response_id\":null,\"r"
    "easoning\":{\"effort\":null,\"summary\":null},\"store\":false,\"temper"
    "ature\":null,\"text\":{\"format\":{\"type\":\"text\"}},\"tool_choice\""
    ":\"auto\",\"tools\":[],\"top_p\":null,\"truncation\":\"disabled\",\"us"
    "age\":{\"input_tokens\":36,\"input_tokens_details\":{\"cached_tokens\""
    ":6,\"cache_write_tokens\":2},\"output_tokens\":87,\"output_tokens_deta"
    "ils\":{\"reasoning_tokens\":7},\"total_tokens\":123}}}\n"
    "\n",
    NULL
};


static const char *const  call_bytes[] = {
    "event: response.created\n"
    "data: {\"type\":\"response.created\",\"sequence_number\":0,\"response"
    "\":{\"id\":\"resp_abcdefghijklmnopqrstuvwx\",\"object\":\"response\","
    "\"created_at\":1741476542,\"model\":\"gpt\",\"status\":\"in_progress\""
    ",\"background\":false,\"error\":null,\"incomplete_details\":null,\"ins"
    "tructions\":null,\"max_output_tokens\":null,\"metadata\":{},\"output\""
    ":[],\"parallel_tool_calls\":true,\"previous_response_id\":null,\"reaso"
    "ning\":{\"effort\":null,\"summary\":null},\"store\":false,\"temperatur"
    "e\":null,\"text\":{\"format\":{\"type\":\"text\"}},\"tool_choice\":\"a"
    "uto\",\"tools\":[],\"top_p\":null,\"truncation\":\"disabled\",\"usage"
    "\":null}}\n"
    "\n",
    "event: response.in_progress\n"
    "data: {\"type\":\"response.in_progress\",\"sequence_number\":1,\"respo"
    "nse\":{\"id\":\"resp_abcdefghijklmnopqrstuvwx\",\"object\":\"response"
    "\",\"created_at\":1741476542,\"model\":\"gpt\",\"status\":\"in_progres"
    "s\",\"background\":false,\"error\":null,\"incomplete_details\":null,\""
    "instructions\":null,\"max_output_tokens\":null,\"metadata\":{},\"outpu"
    "t\":[],\"parallel_tool_calls\":true,\"previous_response_id\":null,\"re"
    "asoning\":{\"effort\":null,\"summary\":null},\"store\":false,\"tempera"
    "ture\":null,\"text\":{\"format\":{\"type\":\"text\"}},\"tool_choice\":"
    "\"auto\",\"tools\":[],\"top_p\":null,\"truncation\":\"disabled\",\"usa"
    "ge\":null}}\n"
    "\n",
    "event: response.output_item.added\n"
    "data: {\"type\":\"response.output_item.added\",\"sequence_number\":2,"
    "\"output_index\":0,\"item\":{\"type\":\"function_call\",\"id\":\"fc_ab"
    "cdefghijklmnopqrstuvwx0\",\"call_id\":\"call_1\",\"name\":\"f\",\"argu"
    "ments\":\"\",\"status\":\"in_progress\"}}\n"
    "\n",
    "event: response.function_call_arguments.delta\n"
    "data: {\"type\":\"response.function_call_arguments.delta\",\"sequence_"
    "number\":3,\"item_id\":\"fc_abcdefghijklmnopqrstuvwx0\",\"output_index"
    "\":0,\"delta\":\"{\\\"a\\\"\"}\n"
    "\n",
    "event: response.function_call_arguments.delta\n"
    "data: {\"type\":\"response.function_call_arguments.delta\",\"sequence_"
    "number\":4,\"item_id\":\"fc_abcdefghijklmnopqrstuvwx0\",\"output_index"
    "\":0,\"delta\":\":1}\"}\n"
    "\n",
    "event: response.function_call_arguments.done\n"
    "data: {\"type\":\"response.function_call_arguments.done\",\"sequence_n"
    "umber\":5,\"item_id\":\"fc_abcdefghijklmnopqrstuvwx0\",\"output_index"
    "\":0,\"arguments\":\"{\\\"a\\\":1}\"}\n"
    "\n",
    "event: response.output_item.done\n"
    "data: {\"type\":\"response.output_item.done\",\"sequence_number\":6,\""
    "output_index\":0,\"item\":{\"type\":\"function_call\",\"id\":\"fc_abcd"
    "efghijklmnopqrstuvwx0\",\"call_id\":\"call_1\",\"name\":\"f\",\"argume"
    "nts\":\"{\\\"a\\\":1}\",\"status\":\"completed\"}}\n"
    "\n",
    "event: response.output_item.added\n"
    "data: {\"type\":\"response.output_item.added\",\"sequence_number\":7,"
    "\"output_index\":1,\"item\":{\"type\":\"function_call\",\"id\":\"fc_ab"
    "cdefghijklmnopqrstuvwx1\",\"call_id\":\"call_abcdefghijklmnopqrstuvwx1"
    "\",\"name\":\"g\",\"arguments\":\"\",\"status\":\"in_progress\"}}\n"
    "\n",
    "event: response.function_call_arguments.delta\n"
    "data: {\"type\":\"response.function_call_arguments.delta\",\"sequence_"
    "number\":8,\"item_id\":\"fc_abcdefghijklmnopqrstuvwx1\",\"output_index"
    "\":1,\"delta\":\"{}\"}\n"
    "\n",
    "event: response.function_call_arguments.done\n"
    "data: {\"type\":\"response.function_call_arguments.done\",\"sequence_n"
    "umber\":9,\"item_id\":\"fc_abcdefghijklmnopqrstuvwx1\",\"output_index"
    "\":1,\"arguments\":\"{}\"}\n"
    "\n",
    "event: response.output_item.done\n"
    "data: {\"type\":\"response.output_item.done\",\"sequence_number\":10,"
    "\"output_index\":1,\"item\":{\"type\":\"function_call\",\"id\":\"fc_ab"
    "cdefghijklmnopqrstuvwx1\",\"call_id\":\"call_abcdefghijklmnopqrstuvwx1"
    "\",\"name\":\"g\",\"arguments\":\"{}\",\"status\":\"completed\"}}\n"
    "\n",
    "event: response.completed\n"
    "data: {\"type\":\"response.completed\",\"sequence_number\":11,\"respon"
    "se\":{\"id\":\"resp_abcdefghijklmnopqrstuvwx\",\"object\":\"response\""
    ",\"created_at\":1741476542,\"model\":\"gpt\",\"status\":\"completed\","
    "\"background\":false,\"error\":null,\"incomplete_details\":null,\"inst"
    "ructions\":null,\"max_output_tokens\":null,\"metadata\":{},\"output\":"
    "[{\"type\":\"function_call\",\"id\":\"fc_abcdefghijklmnopqrstuvwx0\","
    "\"call_id\":\"call_1\",\"name\":\"f\",\"arguments\":\"{\\\"a\\\":1}\","
    "\"status\":\"completed\"},{\"type\":\"function_call\",\"id\":\"fc_abcd"
    "efghijklmnopqrstuvwx1\",\"call_id\":\"call_abcdefghijklmnopqrstuvwx1\""
    ",\"name\":\"g\",\"arguments\":\"{}\",\"status\":\"completed\"}],\"para"
    "llel_tool_calls\":true,\"previous_response_id\":null,\"reasoning\":{\""
    "effort\":null,\"summary\":null},\"store\":false,\"temperature\":null,"
    "\"text\":{\"format\":{\"type\":\"text\"}},\"tool_choice\":\"auto\",\"t"
    "ools\":[],\"top_p\":null,\"truncation\":\"disabled\",\"usage\":{\"inpu"
    "t_tokens\":36,\"input_tokens_details\":{\"cached_tokens\":6,\"cache_wr"
    "ite_tokens\":2},\"output_tokens\":87,\"output_tokens_details\":{\"reas"
    "oning_tokens\":7},\"total_tokens\":123}}}\n"
    "\n",
    NULL
};


#endif /* _AICOST_API_RESPONSES_STREAMS_H_INCLUDED_ */
