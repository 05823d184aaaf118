
/*
 * Copyright (C) aicost
 *
 * Requests of the Gemini shape; ' stands for a quote.
 */


#ifndef _AICOST_API_GEMINI_CASES_H_INCLUDED_
#define _AICOST_API_GEMINI_CASES_H_INCLUDED_


#define HI       "'contents':[{'role':'user','parts':[{'text':'Hi'}]}]"
#define CONFIG(s)  "{" HI ",'generationConfig':{" s "}}"
#define PART(s)  "{'contents':[{'role':'user','parts':[" s "]}]}"
#define MODEL(s)                                                              \
    "{'contents':[{'role':'user','parts':[{'text':'Hi'}]},"                   \
    "{'role':'model','parts':[" s "]}]}"
#define TOOL(s)  "{" HI ",'tools':[{'functionDeclarations':[" s "]}]}"
#define MODE(s)                                                               \
    "{" HI ",'tools':[{'functionDeclarations':[{'name':'f'}]}],"              \
    "'toolConfig':{'functionCallingConfig':{" s "}}}"

#define SCHEMA                                                                \
    "{'type':'object','properties':{'a':{'type':'string'}},'required':['a']}"


/* what is read, and what of it is written; NULL: only the round trip counts */

static const struct {
    const char  *request;
    const char  *written;
} requests[] = {
    { "{" HI "}", "{" HI ",'generationConfig':{}}" },
    { "{'contents':[{'parts':[{'text':'Hi'}]}]}",
      "{" HI ",'generationConfig':{}}" },
    { "{'contents':[{'role':'user','parts':[{'text':'a'}]},"
      "{'role':'user','parts':[{'text':'b'}]}]}",
      "{'contents':[{'role':'user','parts':[{'text':'a'},{'text':'b'}]}],"
      "'generationConfig':{}}" },
    { "{" HI ",'systemInstruction':{'parts':[{'text':'Be'},"
      "{'text':'brief'}]}}",
      "{" HI ",'systemInstruction':{'parts':[{'text':'Be'},"
      "{'text':'brief'}]},'generationConfig':{}}" },
    { "{" HI ",'system_instruction':{'role':'system',"
      "'parts':[{'text':'Be'}]}}",
      "{" HI ",'systemInstruction':{'parts':[{'text':'Be'}]},"
      "'generationConfig':{}}" },
    { PART("{'text':'h\\u00e9 \\ud83d\\ude00 \\\" \\\\ \\n /\\/ \xc3\xa9'}"),
      "{'contents':[{'role':'user','parts':["
      "{'text':'h\\u00e9 \\ud83d\\ude00 \\\" \\\\ \\n /\\/ \xc3\xa9'}]}],"
      "'generationConfig':{}}" },
    { PART("{'text':''}"), NULL },
    { MODEL("{'text':'Hello'}"), NULL },
    { MODEL("{'text':'Hello','thoughtSignature':'c2ln'}"),
      "{" "'contents':[{'role':'user','parts':[{'text':'Hi'}]},"
      "{'role':'model','parts':[{'text':'Hello',"
      "'thoughtSignature':'c2ln'}]}],'generationConfig':{}}" },
    { MODEL("{'text':'Hmm','thought':true,'thoughtSignature':'c2ln'},"
            "{'text':'Hello'}"),
      "{" "'contents':[{'role':'user','parts':[{'text':'Hi'}]},"
      "{'role':'model','parts':[{'text':'Hmm','thought':true,"
      "'thoughtSignature':'c2ln'},{'text':'Hello'}]}],"
      "'generationConfig':{}}" },
    { PART("{'inlineData':{'mimeType':'image/png','data':'AAAA'}}"),
      "{'contents':[{'role':'user','parts':[{'inlineData':"
      "{'mimeType':'image/png','data':'AAAA'}}]}],'generationConfig':{}}" },
    { PART("{'inline_data':{'mime_type':'image\\/jpeg','data':'AA\\/A'}},"
           "{'text':'what?'}"),
      "{'contents':[{'role':'user','parts':[{'inlineData':"
      "{'mimeType':'image\\/jpeg','data':'AA\\/A'}},{'text':'what?'}]}],"
      "'generationConfig':{}}" },
    { PART("{'inlineData':{'mimeType':'application/pdf','data':'JVBE',"
           "'displayName':'a.pdf'}}"),
      "{'contents':[{'role':'user','parts':[{'inlineData':"
      "{'mimeType':'application/pdf','data':'JVBE',"
      "'displayName':'a.pdf'}}]}],'generationConfig':{}}" },
    { PART("{'inlineData':{'mimeType':'audio/mpeg','data':'AAAA'}},"
           "{'inlineData':{'mimeType':'audio/x-wav','data':'AAAA'}},"
           "{'inlineData':{'mimeType':'audio\\/ogg','data':'AAAA'}}"),
      "{'contents':[{'role':'user','parts':[{'inlineData':"
      "{'mimeType':'audio/mp3','data':'AAAA'}},{'inlineData':"
      "{'mimeType':'audio/wav','data':'AAAA'}},{'inlineData':"
      "{'mimeType':'audio/ogg','data':'AAAA'}}]}],'generationConfig':{}}" },
    { PART("{'fileData':{'fileUri':'https://h/a.PNG?x=1'}}"),
      "{'contents':[{'role':'user','parts':[{'fileData':"
      "{'mimeType':'image/png','fileUri':'https://h/a.PNG?x=1'}}]}],"
      "'generationConfig':{}}" },
    { PART("{'file_data':{'mime_type':'image/webp','file_uri':"
           "'https://h/a'}}"),
      "{'contents':[{'role':'user','parts':[{'fileData':"
      "{'mimeType':'image/webp','fileUri':'https://h/a'}}]}],"
      "'generationConfig':{}}" },
    { MODEL("{'functionCall':{'id':'c1','name':'f','args':{'a':[1,2]}}}"),
      "{" "'contents':[{'role':'user','parts':[{'text':'Hi'}]},"
      "{'role':'model','parts':[{'functionCall':{'id':'c1','name':'f',"
      "'args':{'a':[1,2]}}}]}],'generationConfig':{}}" },
    { MODEL("{'functionCall':{'name':'f'},'thoughtSignature':'c2ln'}"),
      "{" "'contents':[{'role':'user','parts':[{'text':'Hi'}]},"
      "{'role':'model','parts':[{'functionCall':{'id':'call_000',"
      "'name':'f','args':{}},'thoughtSignature':'c2ln'}]}],"
      "'generationConfig':{}}" },
    { "{'contents':[{'role':'user','parts':[{'text':'Hi'}]},"
      "{'role':'model','parts':[{'function_call':{'name':'f','args':{}}},"
      "{'functionCall':{'name':'g','args':{}}},"
      "{'functionCall':{'name':'f','args':{'n':1}}}]},"
      "{'role':'user','parts':["
      "{'functionResponse':{'name':'f','response':{'output':'one'}}},"
      "{'function_response':{'name':'f','response':{'error':'two'}}},"
      "{'functionResponse':{'name':'g','response':{'x':1,'y':[]}}},"
      "{'text':'and?'}]}]}",
      "{'contents':[{'role':'user','parts':[{'text':'Hi'}]},"
      "{'role':'model','parts':["
      "{'functionCall':{'id':'call_000','name':'f','args':{}}},"
      "{'functionCall':{'id':'call_001','name':'g','args':{}}},"
      "{'functionCall':{'id':'call_002','name':'f','args':{'n':1}}}]},"
      "{'role':'user','parts':["
      "{'functionResponse':{'id':'call_000','name':'f',"
      "'response':{'output':'one'}}},"
      "{'functionResponse':{'id':'call_002','name':'f',"
      "'response':{'error':'two'}}},"
      "{'functionResponse':{'id':'call_001','name':'g',"
      "'response':{'output':{'x':1,'y':[]}}}},"
      "{'text':'and?'}]}],'generationConfig':{}}" },
    { "{'contents':[{'role':'model','parts':[{'functionCall':{'id':'a',"
      "'name':'f'}}]},{'role':'function','parts':[{'functionResponse':"
      "{'id':'a','name':'f','response':{'result':'r'},'parts':[{'inlineData':"
      "{'mimeType':'image/png','data':'AAAA'}}]}}]}]}",
      "{'contents':[{'role':'model','parts':[{'functionCall':{'id':'a',"
      "'name':'f','args':{}}}]},{'role':'user','parts':[{'functionResponse':"
      "{'id':'a','name':'f','response':{'output':'r'},'parts':[{'inlineData':"
      "{'mimeType':'image/png','data':'AAAA'}}]}}]}],"
      "'generationConfig':{}}" },
    { TOOL("{'name':'f','description':'does','parametersJsonSchema':" SCHEMA
           "},{'name':'g'}"),
      "{" HI ",'tools':[{'functionDeclarations':[{'name':'f',"
      "'description':'does','parametersJsonSchema':" SCHEMA "},"
      "{'name':'g'}]}],'generationConfig':{}}" },
    { "{" HI ",'tools':[{'function_declarations':[{'name':'f',"
      "'parameters':{'type':'OBJECT','properties':{}}}]},"
      "{'functionDeclarations':[{'name':'g','behavior':'BLOCKING'}]}]}",
      "{" HI ",'tools':[{'functionDeclarations':[{'name':'f',"
      "'parameters':{'type':'OBJECT','properties':{}}},{'name':'g'}]}],"
      "'generationConfig':{}}" },
    { TOOL("{'name':'f','response':{'type':'STRING'}},"
           "{'name':'g','response_json_schema':" SCHEMA "}"),
      "{" HI ",'tools':[{'functionDeclarations':[{'name':'f',"
      "'response':{'type':'STRING'}},{'name':'g','responseJsonSchema':" SCHEMA
      "}]}],'generationConfig':{}}" },
    { MODE("'mode':'MODE_UNSPECIFIED'"),
      "{" HI ",'tools':[{'functionDeclarations':[{'name':'f'}]}],"
      "'generationConfig':{}}" },
    { MODE("'mode':'AUTO'"),
      "{" HI ",'tools':[{'functionDeclarations':[{'name':'f'}]}],"
      "'toolConfig':{'functionCallingConfig':{'mode':'AUTO'}},"
      "'generationConfig':{}}" },
    { MODE("'mode':'NONE'"),
      "{" HI ",'tools':[{'functionDeclarations':[{'name':'f'}]}],"
      "'toolConfig':{'functionCallingConfig':{'mode':'NONE'}},"
      "'generationConfig':{}}" },
    { MODE("'mode':'ANY'"),
      "{" HI ",'tools':[{'functionDeclarations':[{'name':'f'}]}],"
      "'toolConfig':{'functionCallingConfig':{'mode':'ANY'}},"
      "'generationConfig':{}}" },
    { MODE("'mode':'ANY','allowed_function_names':['f']"),
      "{" HI ",'tools':[{'functionDeclarations':[{'name':'f'}]}],"
      "'toolConfig':{'functionCallingConfig':{'mode':'ANY',"
      "'allowedFunctionNames':['f']}},'generationConfig':{}}" },
    { MODE("'mode':'VALIDATED'"),
      "{" HI ",'tools':[{'functionDeclarations':[{'name':'f'}]}],"
      "'toolConfig':{'functionCallingConfig':{'mode':'VALIDATED'}},"
      "'generationConfig':{}}" },
    { CONFIG("'temperature':0.7,'topP':0.9,'topK':40,'candidateCount':2,"
             "'maxOutputTokens':100,'stopSequences':['a','\\n'],'seed':7,"
             "'presencePenalty':-0.5,'frequencyPenalty':1e0,"
             "'responseLogprobs':true,'logprobs':3,"
             "'responseModalities':['TEXT']"),
      CONFIG("'maxOutputTokens':100,'temperature':0.7,'topP':0.9,'topK':40,"
             "'stopSequences':['a','\\n'],'candidateCount':2,'seed':7,"
             "'presencePenalty':-0.5,'frequencyPenalty':1e0,"
             "'responseLogprobs':true,'logprobs':3") },
    { "{" HI ",'generation_config':{'top_p':0.9,'top_k':40,"
      "'candidate_count':1,'max_output_tokens':5,'stop_sequences':['x'],"
      "'presence_penalty':1,'frequency_penalty':2,"
      "'response_mime_type':'text/plain',"
      "'thinking_config':{'include_thoughts':true,'thinking_budget':128}}}",
      CONFIG("'maxOutputTokens':5,'topP':0.9,'topK':40,"
             "'stopSequences':['x'],'candidateCount':1,'presencePenalty':1,"
             "'frequencyPenalty':2,'thinkingConfig':{'includeThoughts':true,"
             "'thinkingBudget':128}") },
    { CONFIG("'responseMimeType':'application/json'"),
      CONFIG("'responseMimeType':'application/json'") },
    { CONFIG("'responseMimeType':'application/json','responseJsonSchema':"
             SCHEMA),
      CONFIG("'responseMimeType':'application/json','responseJsonSchema':"
             SCHEMA) },
    { CONFIG("'responseMimeType':'application/json','responseSchema':"
             "{ 'type' : 'STRING'}"),
      CONFIG("'responseMimeType':'application/json','responseSchema':"
             "{ 'type' : 'STRING'}") },
    { CONFIG("'thinkingConfig':{'thinkingLevel':'HIGH'}"),
      CONFIG("'thinkingConfig':{'thinkingLevel':'HIGH'}") },
    { CONFIG("'thinkingConfig':{'thinkingLevel':'low',"
             "'includeThoughts':false}"),
      CONFIG("'thinkingConfig':{'includeThoughts':false,"
             "'thinkingLevel':'LOW'}") },
    { CONFIG("'thinkingConfig':{'thinkingBudget':0}"),
      CONFIG("'thinkingConfig':{'thinkingBudget':0}") },
    { CONFIG("'thinkingConfig':{'thinkingBudget':-1}"),
      CONFIG("'thinkingConfig':{'thinkingBudget':-1}") },
    { CONFIG("'thinkingConfig':{}"), "{" HI ",'generationConfig':{}}" },
    { "{" HI ",'safetySettings':[{'category':'X','threshold':'OFF'}],"
      "'labels':{'a':'b'},'store':false,'serviceTier':'standard',"
      "'toolConfig':null,'unknownMember':1}",
      "{" HI ",'serviceTier':'standard','generationConfig':{}}" },
    { "{" HI ",'service_tier':'FLEX'}",
      "{" HI ",'serviceTier':'flex','generationConfig':{}}" },
    { "{'system_instruction':{'parts':{'text':'You'}},"
      "'contents':{'parts':{'text':'Hi'}},"
      "'tools':{'functionDeclarations':[{'name':'f'}]}}",
      "{" HI ",'systemInstruction':{'parts':[{'text':'You'}]},"
      "'tools':[{'functionDeclarations':[{'name':'f'}]}],"
      "'generationConfig':{}}" },
    { " {\n " HI " , 'tools' : [ ] , 'generationConfig' : null }\n",
      "{" HI ",'generationConfig':{}}" }
};


/* what is not read, and the member that is named */

static const struct {
    const char       *request;
    const char       *param;
    aicost_reason_e   reason;
} wrong[] = {
    { "[]", "", AICOST_R_INVALID_JSON },
    { "{}", "contents", AICOST_R_MISSING_PARAMETER },
    { "{'contents':null}", "contents", AICOST_R_MISSING_PARAMETER },
    { "{'contents':'Hi'}", "contents", AICOST_R_INVALID_PARAMETER },
    { "{'contents':[]}", "contents", AICOST_R_INVALID_PARAMETER },
    { "{'contents':[1,2]}", "contents", AICOST_R_INVALID_PARAMETER },
    { "{'contents':[{'role':'user'}]}", "contents",
      AICOST_R_INVALID_PARAMETER },
    { "{'contents':[{'role':'system','parts':[]}]}", "role",
      AICOST_R_INVALID_PARAMETER },
    { "{'contents':[{'role':1,'parts':[]}]}", "role",
      AICOST_R_INVALID_PARAMETER },
    { "{'contents':[{'parts':{}}]}", "parts", AICOST_R_INVALID_PARAMETER },
    { PART("1"), "parts", AICOST_R_INVALID_PARAMETER },
    { PART("{}"), "parts", AICOST_R_INVALID_PARAMETER },
    { PART("{'text':'a','functionCall':{'name':'f'}}"), "parts",
      AICOST_R_INVALID_PARAMETER },
    { PART("{'text':1}"), "text", AICOST_R_INVALID_PARAMETER },
    { PART("{'text':'a','thought':1}"), "thought",
      AICOST_R_INVALID_PARAMETER },
    { PART("{'functionCall':{'name':'f'}}"), "functionCall",
      AICOST_R_INVALID_PARAMETER },
    { MODEL("{'functionCall':{}}"), "name", AICOST_R_INVALID_PARAMETER },
    { MODEL("{'functionCall':{'name':'f','args':'{}'}}"), "args",
      AICOST_R_INVALID_PARAMETER },
    { MODEL("{'functionResponse':{'name':'f','response':{}}}"),
      "functionResponse", AICOST_R_INVALID_PARAMETER },
    { PART("{'functionResponse':{'name':'f','response':{}}}"),
      "functionResponse", AICOST_R_INVALID_PARAMETER },
    { PART("{'functionResponse':{'id':'a','name':'f','response':'x'}}"),
      "response", AICOST_R_INVALID_PARAMETER },
    { PART("{'functionResponse':{'id':'a','name':'f','response':{},"
           "'willContinue':true}}"),
      "willContinue", AICOST_R_PARAMETER_NOT_ALLOWED },
    { PART("{'executableCode':{}}"), "executableCode",
      AICOST_R_PARAMETER_NOT_ALLOWED },
    { PART("{'inlineData':{'mimeType':'video/mp4'}}"), "data",
      AICOST_R_INVALID_PARAMETER },
    { PART("{'inlineData':{'data':'AAAA'}}"), "mimeType",
      AICOST_R_INVALID_PARAMETER },
    { PART("{'fileData':{'mimeType':'image/png','fileUri':"
           "'https://generativelanguage.googleapis.com/v1beta/files/x'}}"),
      "fileData", AICOST_R_PARAMETER_NOT_ALLOWED },
    { PART("{'fileData':{'mimeType':'image/png','fileUri':'gs://b/x'}}"),
      "fileData", AICOST_R_PARAMETER_NOT_ALLOWED },
    { PART("{'fileData':{'mimeType':'video/mp4','fileUri':'https://h/x'}}"),
      "fileData", AICOST_R_PARAMETER_NOT_ALLOWED },
    { PART("{'fileData':{'fileUri':'https://h/x'}}"), "fileData",
      AICOST_R_PARAMETER_NOT_ALLOWED },
    { PART("{'text':'a','videoMetadata':{}}"), "videoMetadata",
      AICOST_R_PARAMETER_NOT_ALLOWED },
    { "{" HI ",'cachedContent':'cachedContents/x'}", "cachedContent",
      AICOST_R_PARAMETER_NOT_ALLOWED },
    { "{" HI ",'cached_content':'cachedContents/x'}", "cachedContent",
      AICOST_R_PARAMETER_NOT_ALLOWED },
    { "{" HI ",'serviceTier':'turbo'}", "serviceTier",
      AICOST_R_PARAMETER_NOT_ALLOWED },
    { "{" HI ",'tools':[{'googleSearch':{}}]}", "tools",
      AICOST_R_PARAMETER_NOT_ALLOWED },
    { "{" HI ",'tools':1}", "tools", AICOST_R_INVALID_PARAMETER },
    { TOOL("{}"), "name", AICOST_R_INVALID_PARAMETER },
    { TOOL("{'name':'f','parameters':1}"), "parameters",
      AICOST_R_INVALID_PARAMETER },
    { TOOL("{'name':'f','parameters':{},'parametersJsonSchema':{}}"),
      "parameters", AICOST_R_INVALID_PARAMETER },
    { MODE("'mode':'SOME'"), "mode", AICOST_R_INVALID_PARAMETER },
    { MODE("'mode':'ANY','allowedFunctionNames':['f','g']"),
      "allowedFunctionNames", AICOST_R_PARAMETER_NOT_ALLOWED },
    { "{" HI ",'systemInstruction':'Be'}", "systemInstruction",
      AICOST_R_INVALID_PARAMETER },
    { "{" HI ",'systemInstruction':{'parts':[{'inlineData':{}}]}}",
      "systemInstruction", AICOST_R_INVALID_PARAMETER },
    { CONFIG("'temperature':'0.5'"), "temperature",
      AICOST_R_INVALID_PARAMETER },
    { CONFIG("'maxOutputTokens':0"), "maxOutputTokens",
      AICOST_R_INVALID_PARAMETER },
    { CONFIG("'maxOutputTokens':1.5"), "maxOutputTokens",
      AICOST_R_INVALID_PARAMETER },
    { CONFIG("'candidateCount':9"), "candidateCount",
      AICOST_R_INVALID_PARAMETER },
    { CONFIG("'stopSequences':[1,2]"), "stopSequences",
      AICOST_R_INVALID_PARAMETER },
    { CONFIG("'responseModalities':['TEXT','IMAGE']"), "responseModalities",
      AICOST_R_PARAMETER_NOT_ALLOWED },
    { CONFIG("'responseMimeType':'text/x.enum','responseSchema':{}"),
      "responseMimeType", AICOST_R_PARAMETER_NOT_ALLOWED },
    { CONFIG("'responseSchema':{}"), "responseMimeType",
      AICOST_R_INVALID_PARAMETER },
    { CONFIG("'speechConfig':{}"), "speechConfig",
      AICOST_R_PARAMETER_NOT_ALLOWED },
    { CONFIG("'thinkingConfig':{'thinkingBudget':-2}"), "thinkingBudget",
      AICOST_R_INVALID_PARAMETER },
    { CONFIG("'thinkingConfig':{'thinkingLevel':'HUGE'}"), "thinkingLevel",
      AICOST_R_INVALID_PARAMETER },
    { CONFIG("'thinkingConfig':{'thinkingLevel':'LOW','thinkingBudget':1}"),
      "thinkingBudget", AICOST_R_INVALID_PARAMETER },
    { MODEL("{'functionCall':{'name':'f','id':1}}"), "id",
      AICOST_R_INVALID_PARAMETER },
    { MODEL("{'text':'a','thoughtSignature':1}"), "thoughtSignature",
      AICOST_R_INVALID_PARAMETER },
    { PART("{'functionResponse':{'name':1,'response':{}}}"), "name",
      AICOST_R_INVALID_PARAMETER },
    { PART("{'functionResponse':{'id':'a','name':'f','response':{},"
           "'parts':[{'text':'a'}]}}"), "parts", AICOST_R_INVALID_PARAMETER },
    { PART("{'functionResponse':{'id':'a','name':'f','response':{},"
           "'parts':1}}"), "parts", AICOST_R_INVALID_PARAMETER },
    { PART("{'functionResponse':{'id':'a','name':'f','response':{},"
           "'willContinue':1}}"), "willContinue",
      AICOST_R_INVALID_PARAMETER },
    { PART("{'functionResponse':{'id':'a','name':'f'}}"), "response",
      AICOST_R_INVALID_PARAMETER },
    { PART("{'inlineData':1}"), "inlineData", AICOST_R_INVALID_PARAMETER },
    { PART("{'inlineData':{'mimeType':'a/b','data':1}}"), "data",
      AICOST_R_INVALID_PARAMETER },
    { PART("{'inlineData':{'mimeType':'a/b','data':'','displayName':1}}"),
      "displayName", AICOST_R_INVALID_PARAMETER },
    { PART("{'fileData':{}}"), "fileUri", AICOST_R_INVALID_PARAMETER },
    { PART("{'fileData':{'fileUri':1}}"), "fileUri",
      AICOST_R_INVALID_PARAMETER },
    { "{" HI ",'systemInstruction':{'parts':1}}", "parts",
      AICOST_R_INVALID_PARAMETER },
    { "{" HI ",'toolConfig':1}", "toolConfig", AICOST_R_INVALID_PARAMETER },
    { "{" HI ",'toolConfig':{'retrievalConfig':{}}}", "retrievalConfig",
      AICOST_R_PARAMETER_NOT_ALLOWED },
    { "{" HI ",'toolConfig':{'functionCallingConfig':1}}",
      "functionCallingConfig", AICOST_R_INVALID_PARAMETER },
    { MODE("'mode':1"), "mode", AICOST_R_INVALID_PARAMETER },
    { MODE("'mode':'ANY','allowedFunctionNames':'f'"),
      "allowedFunctionNames", AICOST_R_INVALID_PARAMETER },
    { MODE("'mode':'ANY','allowedFunctionNames':[1]"),
      "allowedFunctionNames", AICOST_R_INVALID_PARAMETER },
    { MODE("'mode':'AUTO','allowedFunctionNames':['f']"),
      "allowedFunctionNames", AICOST_R_PARAMETER_NOT_ALLOWED },
    { TOOL("1"), "functionDeclarations", AICOST_R_INVALID_PARAMETER },
    { TOOL("{'name':'f','description':1}"), "description",
      AICOST_R_INVALID_PARAMETER },
    { TOOL("{'name':'f','parametersJsonSchema':1}"), "parametersJsonSchema",
      AICOST_R_INVALID_PARAMETER },
    { TOOL("{'name':'f','response':1}"), "response",
      AICOST_R_INVALID_PARAMETER },
    { TOOL("{'name':'f','response':{},'responseJsonSchema':{}}"), "response",
      AICOST_R_INVALID_PARAMETER },
    { TOOL("{'name':'f','behavior':'NON_BLOCKING'}"), "behavior",
      AICOST_R_PARAMETER_NOT_ALLOWED },
    { "{" HI ",'serviceTier':1}", "serviceTier",
      AICOST_R_INVALID_PARAMETER },
    { "{" HI ",'generationConfig':1}", "generationConfig",
      AICOST_R_INVALID_PARAMETER },
    { CONFIG("'topP':true"), "topP", AICOST_R_INVALID_PARAMETER },
    { CONFIG("'topK':'1'"), "topK", AICOST_R_INVALID_PARAMETER },
    { CONFIG("'presencePenalty':{}"), "presencePenalty",
      AICOST_R_INVALID_PARAMETER },
    { CONFIG("'frequencyPenalty':[]"), "frequencyPenalty",
      AICOST_R_INVALID_PARAMETER },
    { CONFIG("'seed':'1'"), "seed", AICOST_R_INVALID_PARAMETER },
    { CONFIG("'logprobs':true"), "logprobs", AICOST_R_INVALID_PARAMETER },
    { CONFIG("'responseLogprobs':1"), "responseLogprobs",
      AICOST_R_INVALID_PARAMETER },
    { CONFIG("'stopSequences':'a'"), "stopSequences",
      AICOST_R_INVALID_PARAMETER },
    { CONFIG("'responseModalities':'TEXT'"), "responseModalities",
      AICOST_R_INVALID_PARAMETER },
    { CONFIG("'responseMimeType':1"), "responseMimeType",
      AICOST_R_INVALID_PARAMETER },
    { CONFIG("'responseMimeType':'application/json','responseSchema':1"),
      "responseSchema", AICOST_R_INVALID_PARAMETER },
    { CONFIG("'responseMimeType':'application/json','responseSchema':{},"
             "'responseJsonSchema':{}"), "responseSchema",
      AICOST_R_INVALID_PARAMETER },
    { CONFIG("'responseMimeType':'text/html'"), "responseMimeType",
      AICOST_R_INVALID_PARAMETER },
    { CONFIG("'thinkingConfig':1"), "thinkingConfig",
      AICOST_R_INVALID_PARAMETER },
    { CONFIG("'thinkingConfig':{'includeThoughts':1}"), "includeThoughts",
      AICOST_R_INVALID_PARAMETER },
    { CONFIG("'thinkingConfig':{'thinkingBudget':'1'}"), "thinkingBudget",
      AICOST_R_INVALID_PARAMETER },
    { CONFIG("'thinkingConfig':{'thinkingLevel':1}"), "thinkingLevel",
      AICOST_R_INVALID_PARAMETER },
    { CONFIG("'topP':1,'top_p':1"), "topP", AICOST_R_AMBIGUOUS_MEMBER }
};


#endif /* _AICOST_API_GEMINI_CASES_H_INCLUDED_ */
