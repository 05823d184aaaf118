
/*
 * Copyright (C) aicost
 *
 * What each member of a request is, for its redaction: the members of all
 * shapes by the object they stand in.  What is not here is content.
 */


#include "aicost_redact_int.h"


#define m(name, what)          { name, AICOST_REDACT_##what }
#define m2(camel, snake, what)  m(camel, what), m(snake, what)


static const aicost_redact_member_t  aicost_redact_root[] = {
    m("model", KEEP), m("stream", KEEP), m("n", KEEP), m("best_of", KEEP),
    m("max_tokens", KEEP), m("max_completion_tokens", KEEP),
    m("max_output_tokens", KEEP), m("max_tool_calls", KEEP),
    m("temperature", KEEP), m("top_p", KEEP), m("top_k", KEEP),
    m("min_p", KEEP), m("seed", KEEP), m("presence_penalty", KEEP),
    m("frequency_penalty", KEEP), m("repetition_penalty", KEEP),
    m("logprobs", KEEP), m("top_logprobs", KEEP), m("echo", KEEP),
    m("dimensions", KEEP), m("encoding_format", KEEP),
    m("parallel_tool_calls", KEEP), m("reasoning_effort", KEEP),
    m("verbosity", KEEP), m("modalities", KEEP), m("include", KEEP),
    m("truncation", KEEP), m("background", KEEP), m("store", KEEP),
    m2("serviceTier", "service_tier", KEEP), m("speed", KEEP),
    m("inference_geo", KEEP), m("prompt_cache_retention", KEEP),

    m("messages", MESSAGE), m("system", MESSAGE), m("instructions", MESSAGE),
    m("input", MESSAGE), m("prompt", MESSAGE), m("contents", MESSAGE),
    m("prediction", MESSAGE), m("suffix", CONTENT), m("stop", CONTENT),
    m("stop_sequences", CONTENT),
    m2("systemInstruction", "system_instruction", MESSAGE),

    m("tools", TOOL), m("functions", TOOL),
    m("tool_choice", CHOICE), m("function_call", CHOICE),
    m2("toolConfig", "tool_config", CHOICE),
    m("response_format", FORMAT), m("text", FORMAT),
    m("output_config", FORMAT), m("output_format", FORMAT),
    m2("generationConfig", "generation_config", CONFIG),
    m2("safetySettings", "safety_settings", CONFIG),
    m("thinking", CONFIG), m("reasoning", CONFIG), m("audio", CONFIG),
    m("stream_options", CONFIG), m("cache_control", CONFIG),
    m("prompt_cache_options", CONFIG), m("context_management", CONFIG),
    m("logit_bias", BIAS),

    m("metadata", META), m("labels", META), m("user", SECRET),
    m("safety_identifier", SECRET), m("prompt_cache_key", SECRET),
    m("previous_response_id", SECRET), m("conversation", SECRET),
    m("container", SECRET), m("thread", SECRET), m("mcp_servers", SECRET),
    m2("cachedContent", "cached_content", SECRET),
    { NULL, 0 }
};


/* a message, an item, a block or a part of one */

static const aicost_redact_member_t  aicost_redact_message[] = {
    m("role", KEEP), m("type", KEEP), m("status", KEEP), m("detail", KEEP),
    m("phase", KEEP), m("is_error", KEEP), m("thought", KEEP),
    m("name", NAME), m("content", MESSAGE), m("parts", MESSAGE),
    m("text", MESSAGE), m("thinking", MESSAGE), m("refusal", MESSAGE),
    m("reasoning_content", MESSAGE), m("summary", MESSAGE),
    m("output", MESSAGE), m("input", CONTENT), m("title", CONTENT),
    m("context", CONTENT), m("filename", CONTENT),
    m("id", ID), m("call_id", ID), m("tool_call_id", ID),
    m("tool_use_id", ID), m("file_id", SECRET),
    m("tool_calls", CALL), m("arguments", ARGUMENTS),
    m2("functionCall", "function_call", CALL),
    m2("functionResponse", "function_response", CALL),
    m("image_url", IMAGE), m("video_url", IMAGE), m("file_url", URL),
    m("file", SOURCE), m("source", SOURCE), m("input_audio", SOURCE),
    m2("inlineData", "inline_data", SOURCE), m("fileData", SOURCE),
    m("file_data", FILE), m2("mediaResolution", "media_resolution", KEEP),
    m("data", SECRET), m("signature", SECRET), m("encrypted_content", SECRET),
    m2("thoughtSignature", "thought_signature", SECRET),
    m("cache_control", CONFIG), m("prompt_cache_breakpoint", CONFIG),
    m("citations", CONFIG),
    { NULL, 0 }
};


static const aicost_redact_member_t  aicost_redact_call[] = {
    m("type", KEEP), m("name", KEEP), m("index", KEEP), m("id", ID),
    m("function", CALL), m("custom", CALL), m("arguments", ARGUMENTS),
    m("args", CONTENT), m("input", CONTENT), m("response", RESULT),
    m("parts", MESSAGE), m("scheduling", KEEP),
    m2("willContinue", "will_continue", KEEP),
    { NULL, 0 }
};


static const aicost_redact_member_t  aicost_redact_result[] = {
    m("output", CONTENT), m("error", CONTENT),
    { NULL, 0 }
};


static const aicost_redact_member_t  aicost_redact_tool[] = {
    m("type", KEEP), m("name", KEEP), m("strict", KEEP), m("mode", KEEP),
    m("behavior", KEEP), m("max_uses", KEEP), m("function", TOOL),
    m("custom", TOOL), m("tools", TOOL), m("description", CONTENT),
    m2("functionDeclarations", "function_declarations", TOOL),
    m2("googleSearch", "google_search", TOOL),
    m2("codeExecution", "code_execution", TOOL),
    m2("urlContext", "url_context", TOOL),
    m("parameters", SCHEMA), m("input_schema", SCHEMA), m("response", SCHEMA),
    m2("parametersJsonSchema", "parameters_json_schema", SCHEMA),
    m2("responseJsonSchema", "response_json_schema", SCHEMA),
    m("format", FORMAT), m("cache_control", CONFIG),
    { NULL, 0 }
};


static const aicost_redact_member_t  aicost_redact_choice[] = {
    m("type", KEEP), m("name", KEEP), m("mode", KEEP), m("function", CHOICE),
    m("custom", CHOICE), m("tools", CHOICE), m("allowed_tools", CHOICE),
    m("disable_parallel_tool_use", KEEP),
    m2("functionCallingConfig", "function_calling_config", CHOICE),
    m2("allowedFunctionNames", "allowed_function_names", KEEP),
    { NULL, 0 }
};


static const aicost_redact_member_t  aicost_redact_format[] = {
    m("type", KEEP), m("name", KEEP), m("strict", KEEP), m("effort", KEEP),
    m("verbosity", KEEP), m("syntax", KEEP), m("format", FORMAT),
    m("json_schema", FORMAT), m("schema", SCHEMA), m("description", CONTENT),
    { NULL, 0 }
};


static const aicost_redact_member_t  aicost_redact_config[] = {
    m("type", KEEP), m("ttl", KEEP), m("mode", KEEP), m("enabled", KEEP),
    m("effort", KEEP), m("summary", KEEP), m("generate_summary", KEEP),
    m("display", KEEP), m("budget_tokens", KEEP), m("include_usage", KEEP),
    m("include_obfuscation", KEEP), m("format", KEEP), m("voice", KEEP),
    m("category", KEEP), m("threshold", KEEP), m("method", KEEP),
    m("temperature", KEEP), m("seed", KEEP), m("logprobs", KEEP),
    m2("topP", "top_p", KEEP), m2("topK", "top_k", KEEP),
    m2("candidateCount", "candidate_count", KEEP),
    m2("maxOutputTokens", "max_output_tokens", KEEP),
    m2("presencePenalty", "presence_penalty", KEEP),
    m2("frequencyPenalty", "frequency_penalty", KEEP),
    m2("responseLogprobs", "response_logprobs", KEEP),
    m2("responseMimeType", "response_mime_type", KEEP),
    m2("responseModalities", "response_modalities", KEEP),
    m2("mediaResolution", "media_resolution", KEEP),
    m2("responseSchema", "response_schema", SCHEMA),
    m2("responseJsonSchema", "response_json_schema", SCHEMA),
    m("_responseJsonSchema", SCHEMA), m("_response_json_schema", SCHEMA),
    m2("stopSequences", "stop_sequences", CONTENT),
    m2("thinkingConfig", "thinking_config", CONFIG),
    m2("includeThoughts", "include_thoughts", KEEP),
    m2("thinkingBudget", "thinking_budget", KEEP),
    m2("thinkingLevel", "thinking_level", KEEP),
    { NULL, 0 }
};


static const aicost_redact_member_t  aicost_redact_schema[] = {
    m("type", KEEP), m("format", KEEP), m("enum", VALUES),
    m("const", VALUES), m("required", VALUES), m("pattern", VALUES),
    m("$ref", VALUES), m("$schema", VALUES), m("$id", VALUES),
    m("$anchor", VALUES), m("propertyOrdering", VALUES),
    m("property_ordering", VALUES), m("nullable", KEEP),
    m("minimum", KEEP), m("maximum", KEEP), m("exclusiveMinimum", KEEP),
    m("exclusiveMaximum", KEEP), m("multipleOf", KEEP),
    m2("minLength", "min_length", KEEP), m2("maxLength", "max_length", KEEP),
    m2("minItems", "min_items", KEEP), m2("maxItems", "max_items", KEEP),
    m2("minProperties", "min_properties", KEEP),
    m2("maxProperties", "max_properties", KEEP), m("uniqueItems", KEEP),
    m("properties", NAMED), m("patternProperties", NAMED), m("$defs", NAMED),
    m("defs", NAMED), m("definitions", NAMED), m("dependentSchemas", NAMED),
    m("items", SCHEMA), m2("prefixItems", "prefix_items", SCHEMA),
    m2("additionalProperties", "additional_properties", SCHEMA),
    m2("anyOf", "any_of", SCHEMA), m("oneOf", SCHEMA), m("allOf", SCHEMA),
    m("not", SCHEMA), m("if", SCHEMA), m("then", SCHEMA), m("else", SCHEMA),
    m("contains", SCHEMA), m("propertyNames", SCHEMA),
    m("description", CONTENT), m("title", CONTENT), m("default", CONTENT),
    m("example", CONTENT), m("examples", CONTENT), m("$comment", CONTENT),
    { NULL, 0 }
};


static const aicost_redact_member_t  aicost_redact_source[] = {
    m("type", KEEP), m("media_type", KEEP), m2("mimeType", "mime_type", KEEP),
    m("format", KEEP), m("detail", KEEP), m("data", DATA), m("url", URL),
    m2("fileUri", "file_uri", URL), m("file_data", FILE),
    m("file_id", SECRET), m("filename", CONTENT),
    m2("displayName", "display_name", CONTENT), m("content", MESSAGE),
    { NULL, 0 }
};


static const aicost_redact_member_t  aicost_redact_meta[] = {
    m("user_id", SECRET),
    { NULL, 0 }
};


const aicost_redact_member_t *const  aicost_redact_members[] = {
    [AICOST_REDACT_ROOT] = aicost_redact_root,
    [AICOST_REDACT_MESSAGE] = aicost_redact_message,
    [AICOST_REDACT_CALL] = aicost_redact_call,
    [AICOST_REDACT_TOOL] = aicost_redact_tool,
    [AICOST_REDACT_CHOICE] = aicost_redact_choice,
    [AICOST_REDACT_FORMAT] = aicost_redact_format,
    [AICOST_REDACT_CONFIG] = aicost_redact_config,
    [AICOST_REDACT_SCHEMA] = aicost_redact_schema,
    [AICOST_REDACT_SOURCE] = aicost_redact_source,
    [AICOST_REDACT_IMAGE] = aicost_redact_source,
    [AICOST_REDACT_RESULT] = aicost_redact_result,
    [AICOST_REDACT_META] = aicost_redact_meta,
    [AICOST_REDACT_MAX] = NULL
};
