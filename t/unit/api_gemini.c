
/*
 * Copyright (C) aicost
 */


#include "api_gemini.h"
#include "api_gemini_cases.h"


static void
test_requests(void)
{
    char         name[64];
    uint32_t     i;
    const char  *differs;

    for (i = 0; i < COUNT(requests); i++) {
        load_quoted(&one, requests[i].request);

        (void) snprintf(name, sizeof(name), "request %u", i);

        if (!ok(parse(&one) == AICOST_OK && read_doc(&one) == AICOST_OK,
                name))
        {
            printf("#   %.*s\n", (int) one.form.param.len,
                   (char *) one.form.param.data);
            continue;
        }

        (void) snprintf(name, sizeof(name), "request %u written", i);

        if (!ok(again("gemini-3-pro") || again("x"), name)) {
            continue;
        }

        if (!again("x")) {
            continue;
        }

        if (requests[i].written) {
            same(requests[i].written, name);
        }

        (void) snprintf(name, sizeof(name), "request %u read again", i);

        differs = read_doc(&two) == AICOST_OK
                  ? aicost_form_differs(&one.form, &two.form) : "error";
        is_str(differs, NULL, name);

        /* a call without a signature is the same with the word for none */

        (void) again("gemini-3-pro");
        differs = read_doc(&two) == AICOST_OK
                  ? aicost_form_differs(&one.form, &two.form) : "error";
        is_str(differs, NULL, name);
    }
}


static void
test_wrong(void)
{
    char      name[64];
    uint32_t  i;

    for (i = 0; i < COUNT(wrong); i++) {
        load_quoted(&one, wrong[i].request);

        (void) snprintf(name, sizeof(name), "wrong %u %s", i,
                        wrong[i].param);

        ok(parse(&one) == AICOST_OK, name);
        ok(read_doc(&one) == AICOST_ERROR, name);
        is_mem(one.form.param.data, one.form.param.len, wrong[i].param, name);
        is_int(one.form.reason, wrong[i].reason, name);
    }
}


/* --- misses --------------------------------------------------------------- */

static void
fresh(void)
{
    load_quoted(&one, "{" HI "}");
    (void) parse(&one);
    (void) read_doc(&one);
}


static void
test_many(void)
{
    char               *p, *q;
    uint32_t            i, k;

    static const char   head[] = "{\"contents\":[{\"role\":\"model\","
                                 "\"parts\":[";
    static const char   call[] = ",{\"functionCall\":{\"name\":\"f\"}}";

    p = malloc(600000);
    memset(p, 'a', 600000);
    memcpy(p, "{\"contents\":[{\"parts\":[{\"text\":\"", 32);
    memcpy(p + 599990, "\"}]}]}", 6);
    load(&one, p, 599996);
    free(p);

    ok(parse(&one) == AICOST_OK && read_doc(&one) == AICOST_OK, "huge");
    ok(again("x") && read_doc(&two) == AICOST_OK
       && aicost_form_differs(&one.form, &two.form) == NULL, "huge again");

    /* ids are made up to a number */

    for (i = 1024; i <= 1025; i++) {
        p = malloc(64 + sizeof(call) * i);
        q = p;
        memcpy(q, head, sizeof(head) - 1);
        q += sizeof(head) - 1;

        for (k = 0; k < i; k++) {
            memcpy(q, call + !k, sizeof(call) - 1 - !k);
            q += sizeof(call) - 1 - !k;
        }

        memcpy(q, "]}]}", 4);
        load(&one, p, (size_t) (q + 4 - p));
        free(p);

        ok(parse(&one) == AICOST_OK, "calls without ids");
        ok(read_doc(&one) == (i == 1024 ? AICOST_OK : AICOST_ERROR),
           "calls without ids, read");
    }

    ok(aicost_piece_is(&one.parts[1023].id, "call_3ff") == 1, "the last id");
}


/* left out without a refusal, and listed */

static void
listed(const char *name)
{
    aicost_out_t          o;
    aicost_form_target_t  t;

    target(&t, "gemini-2.5-pro");
    o = out();

    ok(api->write(&one.form, &t, &o) == AICOST_OK && one.form.ndropped == 1,
       name);
    is_str(one.form.dropped[0], name, name);
    load(&two, (char *) room, o.len);
    ok(parse(&two) == AICOST_OK, name);
}


static void
missed(const char *name)
{
    aicost_out_t          o;
    aicost_form_target_t  t;

    target(&t, "gemini-2.5-pro");
    o = out();

    ok(api->write(&one.form, &t, &o) == AICOST_ERROR, name);
    is_mem(one.form.param.data, one.form.param.len, name, name);
    is_int(one.form.reason, AICOST_R_PARAMETER_NOT_ALLOWED, name);

    o = out();
    t.lenient = 1;

    ok(api->write(&one.form, &t, &o) == AICOST_OK && one.form.ndropped == 1,
       name);
    is_str(one.form.dropped[0], name, name);
    load(&two, (char *) room, o.len);
    ok(parse(&two) == AICOST_OK, name);
}


static void
test_misses(void)
{
    uint32_t  i;

    fresh();
    one.form.logit_bias = json("{\"1\":2}");
    missed("logit_bias");

    fresh();
    one.form.parallel = AICOST_NO;
    missed("parallel_tool_calls");

    fresh();
    one.form.user = str("u");
    listed("user");

    fresh();
    one.form.verbosity = str("low");
    missed("verbosity");

    fresh();
    one.form.metadata = json("{\"a\":\"b\"}");
    listed("metadata");

    fresh();
    one.form.cache_key = str("k");
    listed("prompt_cache_key");

    fresh();
    one.parts[0].flags |= AICOST_PART_CACHE;
    listed("prompt_cache_breakpoint");

    fresh();
    (void) aicost_form_tool(&one.form);
    one.tools[0].name = str("f");
    one.tools[0].flags = AICOST_PART_HOUR | AICOST_PART_CACHE;
    listed("prompt_cache_breakpoint");

    fresh();
    one.parts[0].name = str("Ann");
    missed("name");

    fresh();
    one.parts[0].kind = AICOST_PART_IMAGE;
    one.parts[0].flags |= AICOST_PART_URL;
    one.parts[0].text = str("https://h/a");
    missed("fileData.fileUri");

    fresh();
    one.parts[0].kind = AICOST_PART_IMAGE;
    one.parts[0].name = str("image/png");
    one.parts[0].more = str("high");
    missed("detail");

    fresh();
    one.parts[0].kind = AICOST_PART_REDACTED;
    missed("thoughtSignature");

    fresh();
    one.form.thinking = AICOST_THINKING_BUDGET;
    one.form.thinking_budget = 5;
    one.form.effort = AICOST_EFFORT_LOW;
    missed("generationConfig.thinkingConfig.thinkingLevel");

    fresh();

    for (i = 0; i < 6; i++) {
        one.form.stops[one.form.nstops++] = str("s");
    }

    missed("generationConfig.stopSequences");
}


static void
written(const char *model, const char *expected, const char *name)
{
    if (ok(again(model), name)) {
        same(expected, name);
    }
}


/* calls with arguments in a string, results by id only */

static void
test_calls(void)
{
    aicost_out_t          o;
    aicost_part_t        *p;
    aicost_form_target_t  t;

    fresh();
    p = aicost_form_part(&one.form, AICOST_ROLE_ASSISTANT, AICOST_PART_CALL);
    p->id = str("c1");
    p->name = str("f");
    p->text = str("{\\\"a\\\": \\\"\\\\n\\\"}");
    p = aicost_form_part(&one.form, AICOST_ROLE_ASSISTANT, AICOST_PART_CALL);
    p->id = str("c2");
    p->name = str("g");
    p->text = str("");
    p = aicost_form_part(&one.form, AICOST_ROLE_TOOL, AICOST_PART_RESULT);
    p->id = str("c2");
    p->text = str("no");
    p->flags = AICOST_PART_ERROR | AICOST_PART_FIRST;
    p = aicost_form_part(&one.form, AICOST_ROLE_TOOL, AICOST_PART_RESULT);
    p->id = str("c1");
    p->flags = AICOST_PART_FIRST;
    p = aicost_form_part(&one.form, AICOST_ROLE_TOOL, AICOST_PART_TEXT);
    p->text = str("a");
    p->flags = AICOST_PART_INSIDE;
    p = aicost_form_part(&one.form, AICOST_ROLE_TOOL, AICOST_PART_TEXT);
    p->text = str("b");
    p->flags = AICOST_PART_INSIDE;
    p = aicost_form_part(&one.form, AICOST_ROLE_SYSTEM, AICOST_PART_TEXT);
    p->text = str("Be");

    written("gemini-3-pro",
            "{'contents':[{'role':'user','parts':[{'text':'Hi'}]},"
            "{'role':'model','parts':[{'functionCall':{'id':'c1',"
            "'name':'f','args':{'a': '\\n'}},"
            "'thoughtSignature':'skip_thought_signature_validator'},"
            "{'functionCall':{'id':'c2','name':'g','args':{}}}]},"
            "{'role':'user','parts':[{'functionResponse':{'id':'c2',"
            "'name':'g','response':{'error':'no'}}},{'functionResponse':"
            "{'id':'c1','name':'f','response':{'output':'a\\nb'}}}]}],"
            "'systemInstruction':{'parts':[{'text':'Be'}]},"
            "'generationConfig':{}}", "calls of OpenAI's");

    one.parts[1].text = str("[1]");
    o = out();
    target(&t, "gemini-3-pro");
    ok(api->write(&one.form, &t, &o) == AICOST_ERROR
       && strcmp((char *) one.form.param.data, "functionCall.args") == 0,
       "arguments that are no object");

    one.parts[3].id = str("c3");
    one.parts[1].text = str("{}");
    o = out();
    ok(api->write(&one.form, &t, &o) == AICOST_ERROR
       && strcmp((char *) one.form.param.data, "functionResponse.name") == 0,
       "a result of no call");
}


/* what other shapes ask */

static void
test_others(void)
{
    uint32_t              i;
    aicost_out_t          o;
    aicost_form_target_t  t;

    fresh();
    one.form.effort = AICOST_EFFORT_MAX;
    written("gemini-3-pro",
            CONFIG("'thinkingConfig':{'thinkingLevel':'HIGH'}"),
            "effort max");
    written("google/gemini-2.5-pro",
            CONFIG("'thinkingConfig':{'thinkingBudget':24576}"),
            "effort to a model of budgets");

    one.form.effort = AICOST_EFFORT_NONE;
    written("gemini-3-pro", CONFIG("'thinkingConfig':{'thinkingBudget':0}"),
            "effort none");

    fresh();
    one.form.cap = 7;
    target(&t, "gemini-3-pro");
    t.cap = 5;
    o = out();
    ok(api->write(&one.form, &t, &o) == AICOST_OK, "the target's cap");
    load(&two, (char *) room, o.len);
    same(CONFIG("'maxOutputTokens':5"), "the target's cap");

    fresh();
    one.parts[0].role = AICOST_ROLE_SYSTEM;
    written("x", "{" HI ",'generationConfig':{}}", "system texts alone");

    fresh();
    (void) aicost_form_tool(&one.form);
    one.tools[0].name = str("f");
    one.tools[0].strict = AICOST_YES;
    written("x", "{" HI ",'tools':[{'functionDeclarations':[{'name':'f'}]}],"
            "'toolConfig':{'functionCallingConfig':{'mode':'VALIDATED'}},"
            "'generationConfig':{}}", "a strict tool");

    for (i = 0; i < 3; i++) {
        fresh();
        *(i == 0 ? &one.form.temperature
                 : i == 1 ? &one.form.top_p : &one.form.top_k) = json("1");
        target(&t, "x");
        t.no_sampling = 1;
        o = out();
        ok(api->write(&one.form, &t, &o) == AICOST_ERROR, "no sampling");
        t.lenient = 1;
        o = out();
        ok(api->write(&one.form, &t, &o) == AICOST_OK
           && one.form.ndropped == 1, "no sampling, left out");
    }
}


/* --- facts ---------------------------------------------------------------- */

static int
facts(const char *s, aicost_request_t *q)
{
    aicost_reader_t  r;

    load_quoted(&one, s);

    if (parse(&one) != AICOST_OK || one.nodes[0].type != AICOST_JSON_OBJECT)
    {
        return AICOST_DECLINED;
    }

    memset(q, 0, sizeof(aicost_request_t));
    memset(&r, 0, sizeof(aicost_reader_t));

    q->cap = -1;
    q->choices = 1;
    r.q = q;
    r.j = &one.j;
    r.shape = &aicost_shape_generate;

    if (aicost_reader_object(&r, 0, "", r.shape->members,
                             aicost_reader_common)
        != AICOST_OK)
    {
        return AICOST_ERROR;
    }

    q->text.bytes = one.len - r.uncounted;

    return r.found ? AICOST_OK : AICOST_DECLINED;
}


static const struct {
    const char       *request;
    const char       *param;
    aicost_reason_e   reason;
} refused[] = {
    { "{" HI ",'cachedContent':'x'}", "cachedContent",
      AICOST_R_PARAMETER_NOT_ALLOWED },
    { "{" HI ",'cached_content':'x'}", "cached_content",
      AICOST_R_PARAMETER_NOT_ALLOWED },
    { "{" HI ",'model':'x'}", "model", AICOST_R_PARAMETER_NOT_ALLOWED },
    { "{" HI ",'service_tier':'turbo'}", "service_tier",
      AICOST_R_PARAMETER_NOT_ALLOWED },
    { "{" HI ",'generationConfig':{},'generation_config':{}}",
      "generation_config", AICOST_R_AMBIGUOUS_MEMBER },
    { CONFIG("'topP':1,'top_p':1"), "top_p", AICOST_R_AMBIGUOUS_MEMBER },
    { CONFIG("'maxoutputtokens':1"), "maxoutputtokens",
      AICOST_R_AMBIGUOUS_MEMBER },
    { CONFIG("'maxOutputTokens':'1'"), "maxOutputTokens",
      AICOST_R_INVALID_PARAMETER },
    { CONFIG("'candidateCount':9"), "candidateCount",
      AICOST_R_INVALID_PARAMETER },
    { CONFIG("'responseModalities':['AUDIO']"), "responseModalities",
      AICOST_R_PARAMETER_NOT_ALLOWED },
    { CONFIG("'speech_config':{}"), "speech_config",
      AICOST_R_PARAMETER_NOT_ALLOWED },
    { "{" HI ",'tools':[{'google_search':{}}]}", "tools",
      AICOST_R_PARAMETER_NOT_ALLOWED },
    { PART("{'inlineData':{'mimeType':'video/mp4','data':'A'}}"),
      "mimeType", AICOST_R_PARAMETER_NOT_ALLOWED },
    { PART("{'inlineData':{'data':'A'}}"), "inlineData",
      AICOST_R_INVALID_PARAMETER },
    { PART("{'fileData':{'fileUri':'gs://x'}}"), "fileUri",
      AICOST_R_PARAMETER_NOT_ALLOWED },
    { PART("{'fileData':{'mimeType':'image/png'}}"), "fileData",
      AICOST_R_INVALID_PARAMETER },
    { PART("{'executable_code':{}}"), "executable_code",
      AICOST_R_PARAMETER_NOT_ALLOWED },
    { PART("{'text':1}"), "text", AICOST_R_INVALID_PARAMETER },
    { "{'contents':[]}", "contents", AICOST_R_INVALID_PARAMETER }
};


static void
test_facts(void)
{
    char              name[64];
    size_t            bytes;
    uint32_t          i;
    aicost_request_t  q, p;

    ok(facts("{" HI ",'systemInstruction':{'parts':[{'text':'Be'}]},"
             "'tools':[{'functionDeclarations':[{'name':'f'},{'name':'g'}]}],"
             "'generationConfig':{'maxOutputTokens':77,'candidateCount':3,"
             "'responseSchema':{'type':'STRING'}}}", &q) == AICOST_OK,
       "facts");
    is_int(q.cap, 77, "the cap");
    is_mem(one.data + q.cap_at[0].off, q.cap_at[0].len, "77",
           "where the cap stands");
    is_int(q.choices, 3, "candidates");
    is_int(q.text.tools, 2, "tools");
    is_int(q.text.messages, 1, "messages");
    is_int(q.needs, AICOST_CAN_TOOLS | AICOST_CAN_JSON_SCHEMA, "needs");
    ok(q.text.milli > 0, "text");

    ok(facts("{" HI ",'generation_config':{'max_output_tokens':5}}", &q)
       == AICOST_OK && q.cap == 5, "the cap in snake_case");

    ok(facts(PART("{'inlineData':{'mimeType':'image/png','data':"
                  "'AAAAAAAA'}},{'fileData':{'fileUri':'https://h/a.png'}}"),
             &q) == AICOST_OK, "images");
    bytes = one.len;
    is_int(q.text.images, 2, "two of them");
    is_int((long long) (bytes - q.text.bytes), 8, "data is no text");
    is_int(q.needs, AICOST_CAN_VISION, "they need a model that sees");

    ok(facts("{}", &q) == AICOST_DECLINED, "no contents");

    (void) facts("{" HI "}", &q);
    (void) facts("{'contents':[{'parts':[{'text':'Hi'}]},{'role':'model',"
                 "'parts':[{'functionCall':{'name':'f','args':{}}}]},"
                 "{'parts':[{'functionResponse':{'name':'f','response':{}}}"
                 "]}]}", &p);
    ok(q.prefix == p.prefix && q.prefix != 0, "the same conversation");

    for (i = 0; i < COUNT(refused); i++) {
        (void) snprintf(name, sizeof(name), "refused %u %s", i,
                        refused[i].param);

        ok(facts(refused[i].request, &q) == AICOST_ERROR, name);
        is_mem(q.param.data, q.param.len, refused[i].param, name);
        is_int(q.reason, refused[i].reason, name);
    }

    /* what is read is no more than what the facts allow */

    for (i = 0; i < COUNT(requests); i++) {

        if (strstr(requests[i].request, "audio")
            || strstr(requests[i].request, "pdf"))
        {
            continue;
        }

        (void) snprintf(name, sizeof(name), "facts of request %u", i);
        ok(facts(requests[i].request, &q) == AICOST_OK, name);
    }
}


/* --- garbage -------------------------------------------------------------- */

static uint32_t  accepted;


static unsigned
mutated_request(void)
{
    aicost_out_t          o;
    aicost_form_target_t  t;

    if (parse(&one) != AICOST_OK || read_doc(&one) != AICOST_OK) {
        return 0;
    }

    accepted++;
    o = out();
    target(&t, "gemini-3-pro");
    t.lenient = 1;

    if (api->write(&one.form, &t, &o) == AICOST_OK && broken(&o)) {
        return 1;
    }

    return 0;
}


static void
test_garbage(void)
{
    char              *p;
    size_t             len;
    uint32_t           i, bad;
    aicost_request_t   q;

    bad = 0;

    for (i = 0; i < 10000; i++) {
        p = mutated(requests[chance(COUNT(requests))].request, &len);
        load(&one, p, len);
        bad += mutated_request();
        (void) facts(p, &q);
        free(p);
    }

    is_int(bad, 0, "nothing broken is written of what is odd");

    if (!ok(accepted > 500, "some of it is read")) {
        printf("#   %u\n", accepted);
    }
}


int
main(void)
{
    test_requests();
    test_wrong();
    test_misses();
    test_many();
    test_calls();
    test_others();
    test_facts();
    test_garbage();

    free(one.data);
    free(two.data);

    return done_testing();
}
