
/*
 * Copyright (C) aicost
 *
 * Answers of the Gemini shape, heard and told.
 */


#ifndef _AICOST_API_GEMINI_ANSWER_H_INCLUDED_
#define _AICOST_API_GEMINI_ANSWER_H_INCLUDED_


#include "api_gemini.h"


static unsigned char  keep[65536];


static char  shown[65536];


static inline void
show(const aicost_says_t *s)
{
    size_t              n;
    static const char  *names[] = {
        "", "start", "text", "thinking", "signature", "redacted", "refusal",
        "call", "arguments", "finish", "usage", "error", "done"
    };

    n = strlen(shown);
    n += (size_t) snprintf(shown + n, sizeof(shown) - n, "%s%s",
                           n ? " " : "", names[s->kind]);

    if (s->choice) {
        n += (size_t) snprintf(shown + n, sizeof(shown) - n, "@%u",
                               s->choice);
    }

    if (s->kind == AICOST_SAYS_CALL || s->kind == AICOST_SAYS_ARGUMENTS) {
        n += (size_t) snprintf(shown + n, sizeof(shown) - n, "#%u",
                               s->index);
    }

    if (s->kind == AICOST_SAYS_FINISH) {
        n += (size_t) snprintf(shown + n, sizeof(shown) - n, "=%u",
                               s->finish);
    }

    if (s->kind == AICOST_SAYS_ERROR) {
        n += (size_t) snprintf(shown + n, sizeof(shown) - n, "=%s",
                               aicost_reason_word(s->reason));
    }

    if (s->kind == AICOST_SAYS_USAGE) {
        n += (size_t) snprintf(shown + n, sizeof(shown) - n,
                               "=%lld/%lld/%lld/%lld",
                               (long long) s->usage.input,
                               (long long) s->usage.cached,
                               (long long) s->usage.output,
                               (long long) s->usage.reasoning);
    }

    if (s->id.kind) {
        n += (size_t) snprintf(shown + n, sizeof(shown) - n, "{%.*s}",
                               (int) s->id.len, (const char *) s->id.data);
    }

    if (s->name.kind) {
        n += (size_t) snprintf(shown + n, sizeof(shown) - n, "<%.*s>",
                               (int) s->name.len,
                               (const char *) s->name.data);
    }

    if (s->text.kind) {
        (void) snprintf(shown + n, sizeof(shown) - n, "(%.*s)",
                        (int) s->text.len, (const char *) s->text.data);
    }
}


static inline void
heard(const char *expected, const char *name)
{
    char  *p;

    p = quoted(expected);
    is_str(shown, p, name);
    free(p);
}


static aicost_says_t  says[512];
static uint32_t       nsays;


static inline int
hear(doc_t *d)
{
    int            rc;
    uint32_t       i;
    aicost_hear_t  h;

    memset(&h, 0, sizeof(aicost_hear_t));
    shown[0] = '\0';

    rc = api->hear(&h, &d->j, says, COUNT(says), &nsays);

    for (i = 0; rc == AICOST_OK && i < nsays; i++) {
        show(&says[i]);
    }

    return rc;
}


static inline void
teller(aicost_tell_t *t)
{
    memset(t, 0, sizeof(aicost_tell_t));

    t->id.data = (unsigned char *) (uintptr_t) "abc";
    t->id.len = 3;
    t->keep = keep;
    t->size = sizeof(keep);
}


static inline void
tell(void)
{
    aicost_out_t   o;
    aicost_tell_t  t;

    teller(&t);
    o = out();
    api->tell(&t, says, nsays, &o);
    ok(!o.failed, "told");
    load(&two, (char *) room, o.len);
    ok(parse(&two) == AICOST_OK, "told as JSON");
}


#define ANSWER(parts, more)                                                   \
    "{'candidates':[{'content':{'parts':[" parts "],'role':'model'},"         \
    "'finishReason':'STOP','index':0}]" more ",'modelVersion':'gemini-x',"    \
    "'responseId':'abc'}"

#define START  "start{abc}<gemini-x>"

/* what is heard; with told the same is told again */

static const struct {
    const char  *answer;
    const char  *heard;
    unsigned     told;
} answers[] = {
    { ANSWER("{'text':'Hi'}", ",'usageMetadata':{'promptTokenCount':220,"
             "'cachedContentTokenCount':20,'candidatesTokenCount':5,"
             "'thoughtsTokenCount':185,'totalTokenCount':410}"),
      START " text(Hi) finish=1 usage=200/20/190/185 done", 1 },
    { ANSWER("{'text':'Hm','thought':true},{'text':'','thought':true,"
             "'thoughtSignature':'c2ln'},{'text':'a\\n'},{'text':'b'}", ""),
      START " thinking(Hm) signature(c2ln) text(a\\n) text(b) finish=1 done",
      0 },
    { ANSWER("{'text':'Hm','thought':true,'thoughtSignature':'c2ln'},"
             "{'text':'a'}", ""),
      START " thinking(Hm) signature(c2ln) text(a) finish=1 done", 1 },
    { ANSWER("{'functionCall':{'id':'c1','name':'f','args':{'a':1}},"
             "'thoughtSignature':'c2ln'},{'functionCall':{'id':'c2',"
             "'name':'g','args':{}}}", ",'usageMetadata':"
             "{'promptTokenCount':10,'candidatesTokenCount':2,"
             "'totalTokenCount':12}"),
      START " call#0{c1}<f>(c2ln) arguments#0({'a':1}) call#1{c2}<g> "
      "arguments#1({}) finish=4 usage=10/0/2/0 done", 1 },
    { "{'candidates':[{'content':{'role':'model'},'finishReason':"
      "'MAX_TOKENS'}],'usageMetadata':{'promptTokenCount':4,"
      "'toolUsePromptTokenCount':6,'thoughtsTokenCount':9,"
      "'totalTokenCount':19}}",
      "start finish=3 usage=10/0/9/9 done", 0 },
    { "{'candidates':[{'finishReason':'RECITATION','index':0}],"
      "'usageMetadata':{'promptTokenCount':4,'totalTokenCount':9}}",
      "start finish=5 usage=4/0/5/0 done", 0 },
    { "{'promptFeedback':{'blockReason':'SAFETY'},'usageMetadata':"
      "{'promptTokenCount':4,'totalTokenCount':4},'modelVersion':'m'}",
      "start<m> finish=5 usage=4/0/0/0 done", 0 },
    { "{'candidates':[{'content':{'parts':[{'text':'x'},"
      "{'executableCode':{}},{'inlineData':{}},5,{'text':6},{'functionCall':"
      "{}}]},'finishReason':'MALFORMED_FUNCTION_CALL'}],'usageMetadata':"
      "{'trafficType':'ON_DEMAND'},'new':[]}",
      "start text(x) finish=6 done", 0 },
    { "{'candidates':[{'index':0,'content':{'parts':[{'text':'a'}]},"
      "'finishReason':'STOP'},{'index':1,'content':{'parts':["
      "{'functionCall':{'name':'f'}}]},'finishReason':'STOP'}],"
      "'usageMetadata':{'promptTokenCount':1.0,'candidatesTokenCount':null,"
      "'totalTokenCount':3}}",
      "start text(a) call@1#0<f> arguments@1#0({}) finish=1 finish@1=4 "
      "usage=1/0/2/0 done", 0 },
    { ANSWER("{'text':'a'}", ",'usageMetadata':{'promptTokenCount':-1}"),
      START " text(a) finish=1 done", 1 },
    { ANSWER("{'text':'a'}", ",'usageMetadata':{'promptTokenCount':1,"
             "'candidatesTokenCount':99999999999999}"),
      START " text(a) finish=1 done", 1 },
    { ANSWER("{'text':'a'}", ",'usageMetadata':{'candidatesTokenCount':5,"
             "'thoughtsTokenCount':2,'totalTokenCount':10}"),
      START " text(a) finish=1 usage=3/0/7/2 done", 1 },
    { ANSWER("{'text':'a'}", ",'usageMetadata':{'promptTokenCount':"
             "1099511627776,'candidatesTokenCount':1}"),
      START " text(a) finish=1 usage=1099511627776/0/1/0 done", 1 },
    { ANSWER("{'text':'a'}", ",'usageMetadata':{'promptTokenCount':"
             "1099511627776,'toolUsePromptTokenCount':1}"),
      START " text(a) finish=1 done", 1 },
    { ANSWER("{'text':'a'}", ",'usageMetadata':{'candidatesTokenCount':5,"
             "'totalTokenCount':4}"),
      START " text(a) finish=1 done", 1 },
    { ANSWER("{'text':'a'}", ",'usageMetadata':{'promptTokenCount':5,"
             "'cachedContentTokenCount':50}"),
      START " text(a) finish=1 usage=0/5/0/0 done", 1 },
    { "[" ANSWER("{'text':'a'}", "") "," ANSWER("{'text':'b'}", "") "]",
      START " text(a) text(b) finish=1 done", 0 },
    { "{'error':{'code':429,'message':'slow\\n','status':"
      "'RESOURCE_EXHAUSTED'}}",
      "error=rate_limited{RESOURCE_EXHAUSTED}(slow\\n) done", 0 },
    { "[{'error':{'code':402,'message':'pay','status':"
      "'RESOURCE_EXHAUSTED'}}]",
      "error=no_money{RESOURCE_EXHAUSTED}(pay) done", 0 },
    { "{'error':{'code':400,'message':'key','status':'INVALID_ARGUMENT',"
      "'details':[{'reason':'API_KEY_INVALID'}]}}",
      "error=auth_failed{INVALID_ARGUMENT}(key) done", 0 },
    { "{'error':{'code':503}}", "error=overloaded{503} done", 0 },
    { "{'error':'x'}", "error=server_error(x) done", 0 }
};


/* what was said, by its text: kind and index change as they are needed */

static inline void
said(aicost_says_e kind, uint32_t index, aicost_piece_t text)
{
    aicost_says_t  *s;

    s = &says[nsays++];
    memset(s, 0, sizeof(aicost_says_t));

    s->kind = (uint8_t) kind;
    s->index = index;

    if (kind == AICOST_SAYS_CALL || kind == AICOST_SAYS_START) {
        s->name = text;

    } else {
        s->text = text;
    }
}


#endif /* _AICOST_API_GEMINI_ANSWER_H_INCLUDED_ */
