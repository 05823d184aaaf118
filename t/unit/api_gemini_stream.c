
/*
 * Copyright (C) aicost
 */


#include "api_gemini_answer.h"


static char  streamed[1 << 20];


static void
add(char *to, const char *what)
{
    memcpy(to + strlen(to), what, strlen(what) + 1);
}


/* events, one a line, are heard; each is told as it comes */

static void
stream(const char *events, aicost_tell_t *t)
{
    int             rc;
    char           *p, *line, *next;
    uint32_t        i, n;
    aicost_out_t    o;
    aicost_str_t    name;
    aicost_hear_t   h;
    unsigned char  *data;

    memset(&h, 0, sizeof(aicost_hear_t));
    memset(&name, 0, sizeof(aicost_str_t));
    shown[0] = '\0';
    streamed[0] = '\0';
    p = quoted(events);

    for (line = p; line; line = next) {
        next = strchr(line, '\n');

        if (next) {
            *next++ = '\0';
        }

        n = 0;
        data = NULL;

        if (next) {
            data = malloc(strlen(line) + 1);
            memcpy(data, line, strlen(line));
        }

        rc = api->hear_event(&h, &name, data, strlen(line), one.nodes, NODES,
                             says, &n);

        if (rc != AICOST_OK) {
            add(shown, " !");
        }

        for (i = 0; i < n; i++) {
            show(&says[i]);

            o = out();
            api->tell_event(t, &says[i], &o);

            if (o.failed) {
                add(streamed, "FAILED");
            }

            room[o.len] = '\0';
            add(streamed, (char *) room);
        }

        free(data);
    }

    free(p);
}


static void
told(const char *expected, const char *name)
{
    char  *p;

    p = quoted(expected);
    is_str(streamed, p, name);
    free(p);
}


/* what was told is heard */

static void
listen(void)
{
    char           *p, *line, *next;
    aicost_tell_t   t;

    p = malloc(strlen(streamed) + 1);
    line = p;
    next = streamed;

    while (*next) {

        if (strncmp(next, "data: ", 6) == 0) {
            next += 6;

            while (*next && *next != '\n') {
                *line++ = *next++;
            }

            *line++ = '\n';
        }

        while (*next == '\n') {
            next++;
        }
    }

    *line = '\0';
    teller(&t);
    stream(p, &t);
    free(p);
}


#define CHUNK(parts, more)                                                    \
    "{'candidates':[{'content':{'parts':[" parts "],'role':'model'},"         \
    "'index':0" more "}],'modelVersion':'gemini-x','responseId':'abc'}\n"
#define DATA(parts)                                                           \
    "data: {'candidates':[{'content':{'parts':[" parts "],'role':'model'},"   \
    "'index':0}],'modelVersion':'gemini-x','responseId':'abc'}\n\n"
#define LAST(reason, usage)                                                   \
    "data: {'candidates':[{'content':{'parts':[{'text':''}],"                 \
    "'role':'model'},'finishReason':'" reason "','index':0}]" usage           \
    ",'modelVersion':'gemini-x','responseId':'abc'}\n\n"


static void
test_streams(void)
{
    aicost_tell_t  t;

    teller(&t);
    stream("{'candidates':[{'content':{'parts':[{'text':'Hel'}],'role':"
           "'model'},'finishReason':'STOP','index':0}],'usageMetadata':"
           "{'promptTokenCount':4,'candidatesTokenCount':1,"
           "'totalTokenCount':5},'modelVersion':'gemini-x',"
           "'responseId':'abc'}\n"
           "{'candidates':[{'content':{'parts':[{'text':'lo'}],'role':"
           "'model'},'finishReason':'STOP','index':0}],'usageMetadata':"
           "{'promptTokenCount':4,'candidatesTokenCount':2,"
           "'thoughtsTokenCount':30,'totalTokenCount':36},"
           "'modelVersion':'gemini-x'}\n"
           "{'candidates':[]}\n", &t);
    heard(START " text(Hel) text(lo) finish=1 usage=4/0/32/30 done",
          "text is heard, usage replaced");
    told(DATA("{'text':'Hel'}") DATA("{'text':'lo'}")
         LAST("STOP", ",'usageMetadata':{'promptTokenCount':4,"
              "'candidatesTokenCount':2,'thoughtsTokenCount':30,"
              "'totalTokenCount':36}"), "text is told");
    listen();
    heard(START " text(Hel) text(lo) finish=1 usage=4/0/32/30 done",
          "and heard again");

    teller(&t);
    stream(CHUNK("{'text':'Hm','thought':true}", "")
           CHUNK("{'functionCall':{'name':'f','args':{'a': '\\n', 'b':[1,\t"
                 " 2]}},'thoughtSignature':'c2ln'}", "")
           CHUNK("{'functionCall':{'id':'c2','name':'g'}}",
                 ",'finishReason':'STOP'"), &t);
    heard(START " thinking(Hm) call#0<f>(c2ln) "
          "arguments#0({'a': '\\n', 'b':[1,\t 2]}) call#1{c2}<g> "
          "arguments#1({}) finish=4 done", "calls are heard");
    told(DATA("{'text':'Hm','thought':true}")
         DATA("{'functionCall':{'id':'call_abc_0','name':'f',"
              "'args':{'a':'\\n','b':[1,2]}},'thoughtSignature':'c2ln'}")
         DATA("{'functionCall':{'id':'c2','name':'g','args':{}}}")
         LAST("STOP", ""), "calls are told");
    listen();
    heard(START " thinking(Hm) call#0{call_abc_0}<f>(c2ln) "
          "arguments#0({'a':'\\n','b':[1,2]}) call#1{c2}<g> "
          "arguments#1({}) finish=4 done", "and heard again");

    teller(&t);
    stream("{'promptFeedback':{'blockReason':'OTHER'}}\n", &t);
    heard("start finish=5 done", "a prompt that is blocked");

    teller(&t);
    stream(CHUNK("{'text':'a'}", ""), &t);
    heard(START " text(a) finish=6 done", "a stream that just ends");

    teller(&t);
    stream(CHUNK("{'text':'a'}", "")
           "{'error':{'code':503,'message':'busy','status':'UNAVAILABLE'}}\n"
           CHUNK("{'text':'b'}", ""), &t);
    heard(START " text(a) error=overloaded{UNAVAILABLE}(busy) done",
          "an error ends it");
    told(DATA("{'text':'a'}") "data: {'error':{'code':503,'message':'busy',"
         "'status':'UNAVAILABLE','details':[{'@type':"
         "'type.googleapis.com/google.rpc.ErrorInfo','reason':'overloaded',"
         "'domain':'aicost','metadata':{}}]}}\n\n", "an error is told");

    teller(&t);
    stream("", &t);
    heard("done", "an empty stream");
    told("", "nothing of it is told");

    teller(&t);
    stream("{'new':1}\n[]\nx\n5\n{'candidates':{}}\n{'candidates':[1,{}]}\n",
           &t);
    heard(" ! ! ! start finish=6 done", "events that are odd");
}


static void
event(aicost_tell_t *t, aicost_says_e kind, uint32_t choice, uint32_t index,
    const char *text)
{
    aicost_out_t   o;
    aicost_says_t  s;

    memset(&s, 0, sizeof(aicost_says_t));

    s.kind = (uint8_t) kind;
    s.choice = choice;
    s.index = index;
    s.finish = AICOST_FINISH_CALLS;

    if (kind == AICOST_SAYS_CALL || kind == AICOST_SAYS_START) {
        s.name = str(text);

    } else if (text) {
        s.text = str(text);
    }

    o = out();
    api->tell_event(t, &s, &o);

    if (o.failed) {
        add(streamed, "FAILED");
    }

    room[o.len] = '\0';
    add(streamed, (char *) room);
}


/* fragments, as other shapes send them */

static void
test_fragments(void)
{
    aicost_tell_t  t;

    teller(&t);
    streamed[0] = '\0';
    event(&t, AICOST_SAYS_START, 0, 0, "gemini-x");
    event(&t, AICOST_SAYS_CALL, 0, 0, "f");
    event(&t, AICOST_SAYS_ARGUMENTS, 0, 0, "{\\\"a\\");
    event(&t, AICOST_SAYS_CALL, 1, 0, "h");
    event(&t, AICOST_SAYS_ARGUMENTS, 0, 0, "\":\\n \\\"x y\\\"");
    event(&t, AICOST_SAYS_ARGUMENTS, 1, 0, "nonsense");
    event(&t, AICOST_SAYS_ARGUMENTS, 0, 0, "}");
    event(&t, AICOST_SAYS_CALL, 0, 1, "g");
    event(&t, AICOST_SAYS_TEXT, 0, 0, "b");
    event(&t, AICOST_SAYS_SIGNATURE, 0, 0, "c2ln");
    event(&t, AICOST_SAYS_REDACTED, 0, 0, "x");
    event(&t, AICOST_SAYS_TEXT, 0, 0, "");
    event(&t, AICOST_SAYS_REFUSAL, 0, 0, "no");
    event(&t, AICOST_SAYS_FINISH, 1, 0, NULL);
    event(&t, AICOST_SAYS_FINISH, 0, 0, NULL);
    event(&t, AICOST_SAYS_DONE, 0, 0, NULL);
    event(&t, AICOST_SAYS_TEXT, 0, 0, "late");
    event(&t, AICOST_SAYS_DONE, 0, 0, NULL);

    told(DATA("{'functionCall':{'id':'call_abc_0','name':'f',"
              "'args':{'a':'x y'}}}")
         DATA("{'functionCall':{'id':'call_abc_1','name':'g','args':{}}}")
         DATA("{'text':'b'}")
         DATA("{'text':'','thought':true,'thoughtSignature':'c2ln'}")
         DATA("{'text':'no'}")
         "data: {'candidates':[{'content':{'parts':[{'functionCall':"
         "{'id':'call_abc_1_0','name':'h','args':{}}}],'role':'model'},"
         "'index':1}],'modelVersion':'gemini-x','responseId':'abc'}\n\n"
         "data: {'candidates':[{'content':{'parts':[{'text':''}],"
         "'role':'model'},'finishReason':'STOP','index':0},"
         "{'content':{'parts':[{'text':''}],"
         "'role':'model'},'finishReason':'STOP','index':1}],"
         "'modelVersion':'gemini-x','responseId':'abc'}\n\n",
         "calls of two choices in pieces");

    teller(&t);
    t.size = 128;
    streamed[0] = '\0';
    event(&t, AICOST_SAYS_CALL, 0, 0, "f");
    event(&t, AICOST_SAYS_ARGUMENTS, 0, 0,
          "{                                                             }");
    event(&t, AICOST_SAYS_ARGUMENTS, 0, 0,
          "                                                               ");
    is_str(streamed, "FAILED", "keep is too small");
}


/* arguments that are whole, between pieces */

static void
test_whole_arguments(void)
{
    uint32_t       i;
    aicost_out_t   o;
    aicost_tell_t  t;

    nsays = 0;
    said(AICOST_SAYS_CALL, 0, str("f"));
    said(AICOST_SAYS_ARGUMENTS, 0, str("{"));
    said(AICOST_SAYS_ARGUMENTS, 0, json("{\"c\": 3}"));
    said(AICOST_SAYS_ARGUMENTS, 0, str("more"));
    said(AICOST_SAYS_ARGUMENTS, 1, str("of another"));
    said(AICOST_SAYS_DONE, 0, str(""));

    teller(&t);
    t.model.data = (unsigned char *) (uintptr_t) "ours";
    t.model.len = 4;
    o = out();

    for (i = 0; i < nsays; i++) {
        api->tell_event(&t, &says[i], &o);
    }

    load(&two, (char *) room, o.len);
    same("data: {'candidates':[{'content':{'parts':[{'functionCall':{'id':"
         "'call_abc_0','name':'f','args':{'c':3}}}],'role':'model'},"
         "'index':0}],'modelVersion':'ours','responseId':'abc'}\n\n",
         "what is whole stands for itself in a stream");
}


/* --- garbage -------------------------------------------------------------- */


static uint32_t  accepted;


/* whole events with strict JSON each */

static unsigned
events(const aicost_out_t *o)
{
    size_t  i, start;

    if (o->failed) {
        return 0;
    }

    for (start = 0; start < o->len; start = i + 2) {

        if (o->len - start < 8 || memcmp(room + start, "data: ", 6) != 0) {
            return 0;
        }

        for (i = start; i < o->len && room[i] != '\n'; i++) { /* void */ }

        if (o->len - i < 2 || room[i + 1] != '\n') {
            return 0;
        }

        load(&two, (char *) room + start + 6, i - start - 6);

        if (parse(&two) != AICOST_OK) {
            return 0;
        }
    }

    return 1;
}


static unsigned
mutated_answer(void)
{
    int             rc;
    uint32_t        i, n;
    aicost_out_t    o;
    aicost_str_t    name;
    aicost_hear_t   h;
    aicost_tell_t   t;

    if (parse(&one) == AICOST_OK && hear(&one) == AICOST_OK) {
        accepted++;
        teller(&t);
        o = out();
        api->tell(&t, says, nsays, &o);

        if (broken(&o)) {
            return 1;
        }
    }

    memset(&h, 0, sizeof(aicost_hear_t));
    memset(&name, 0, sizeof(aicost_str_t));
    teller(&t);

    rc = api->hear_event(&h, &name, one.data, one.len, one.nodes, NODES, says,
                         &n);

    while (rc == AICOST_OK) {

        for (i = 0; i < n; i++) {
            o = out();
            api->tell_event(&t, &says[i], &o);

            if (!events(&o)) {
                return 1;
            }
        }

        if (h.done) {
            break;
        }

        rc = api->hear_event(&h, &name, NULL, 0, one.nodes, NODES, says, &n);
    }

    return 0;
}


/* events that no shape would say in this order */

static unsigned
random_events(void)
{
    uint32_t       i, n;
    aicost_out_t   o;
    aicost_tell_t  t;
    aicost_says_t  s;

    aicost_piece_t  texts[] = {
        str(""), str("{\\\"a\\\": \\n 1}"), str("{\\\"a"), str("\\\":[]}"),
        str("\\u00e9 \\ud83d\\ude00"), str("\\\\"),
        json("{\n\"a\" : \"\\\" \"}"),
        json("[1]"), aicost_piece_word("word"), aicost_piece_word(""), str("{}")
    };

    teller(&t);
    n = chance(20);

    for (i = 0; i < n; i++) {
        memset(&s, 0, sizeof(aicost_says_t));

        s.kind = (uint8_t) chance(AICOST_SAYS_DONE + 1);
        s.choice = chance(20) ? chance(3) : chance(100);
        s.index = chance(3);
        s.finish = (uint8_t) chance(AICOST_FINISH_OTHER + 1);

        if (s.kind >= AICOST_SAYS_ERROR && chance(4)) {
            s.kind = AICOST_SAYS_ARGUMENTS;
        }

        /* fragments of arguments only are cut inside a string */

        s.text = texts[chance(s.kind == AICOST_SAYS_ARGUMENTS ? 11 : 7)];

        if (s.kind == AICOST_SAYS_CALL) {
            s.id = texts[chance(11)];
            s.name = texts[chance(11)];
        }

        if (chance(8) == 0) {
            memset(&s.text, 0, sizeof(aicost_piece_t));
        }

        says[i] = s;
        o = out();
        api->tell_event(&t, &s, &o);

        if (!events(&o)) {
            return 1;
        }
    }

    teller(&t);
    o = out();
    api->tell(&t, says, n, &o);

    return broken(&o);
}


static void
test_garbage(void)
{
    char      *p;
    size_t     len;
    uint32_t   i, bad;

    bad = 0;

    for (i = 0; i < 10000; i++) {
        p = mutated(answers[chance(COUNT(answers))].answer, &len);
        load(&one, p, len);
        bad += mutated_answer();
        free(p);
    }

    is_int(bad, 0, "nothing broken is told of what is odd");

    for (i = 0, bad = 0; i < 10000; i++) {
        bad += random_events();
    }

    is_int(bad, 0, "nor of events in any order");

    if (!ok(accepted > 500, "some of it is heard")) {
        printf("#   %u\n", accepted);
    }
}


int
main(void)
{
    test_streams();
    test_fragments();
    test_whole_arguments();
    test_garbage();

    free(one.data);
    free(two.data);

    return done_testing();
}
