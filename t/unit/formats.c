
/*
 * Copyright (C) aicost
 *
 * What goes from each shape in to each shape out: docs/formats.md is made
 * here, of requests of the corpus and of answers that are told and heard, and
 * is in step.  With an argument it is printed.
 */


#include "forms.h"


#define DOC    65536


typedef struct {
    const char     *feature;
    const char     *requests[CLIENTS];
} feature_t;


typedef struct {
    const char     *feature;
    const char     *heard;
    aicost_says_t   says;
} answer_t;


static void make(void);
static void cell(int a, int b, const char *request);
static void answers(void);
static const char *answer_cell(const answer_t *w, int a, int b,
    unsigned streamed);
static int tell(int a, const aicost_says_t *s, uint32_t n, unsigned streamed,
    int slot);
static int hear(int b, int slot, unsigned streamed, aicost_tell_t *t, int a);
static void fill(aicost_says_t *s, aicost_says_e kind);
static void put(const char *fmt, ...) __attribute__((format(printf, 1, 2)));


static const char *const  titles[SHAPES] = {
    "OpenAI", "Anthropic", "Gemini", "Ollama", "Bedrock"
};


static const feature_t  features[] = {
    { "system prompt, turns",
      { "few shots", "twelve turns",
        "turns" } },
    { "system prompt in parts",
      { "system in parts", "system in blocks",
        "system in parts" } },
    { "system message between turns",
      { "system late", NULL,
        NULL } },
    { "names of speakers",
      { "names of speakers", NULL,
        NULL } },
    { "empty message",
      { "empty user message", "empty message",
        "empty text" } },
    { "Unicode, every escape",
      { "controls escaped", "escapes",
        "escapes" } },
    { "image by data",
      { "image by data", "image by data",
        "image by data" } },
    { "image by URL",
      { "image by URL", "image by URL",
        "image by URL" } },
    { "image detail",
      { "image with detail", NULL,
        NULL } },
    { "document by data",
      { "document", "document by data",
        "document" } },
    { "audio",
      { "audio", NULL,
        "audio" } },
    { "tools",
      { "one tool offered", "one tool",
        "one tool" } },
    { "tool without parameters",
      { "tool without parameters", "tool without parameters",
        "tool without parameters" } },
    { "strict tools",
      { "tool strict", "tool strict",
        NULL } },
    { "schema of a tool's result",
      { NULL, NULL,
        "schema of a result" } },
    { "tool call and result",
      { "tool called and answered", "call and result",
        "call and result with ids" } },
    { "text beside a call",
      { "text beside a call", "text beside a call",
        "text beside a call" } },
    { "parallel calls",
      { "parallel calls", "parallel calls",
        "parallel calls" } },
    { "result is an error",
      { NULL, "result is an error",
        "result is an error" } },
    { "image in a result",
      { NULL, "result with an image",
        NULL } },
    { "tool choice: none",
      { "tool choice none", "tool choice none",
        "tool choice none" } },
    { "tool choice: any",
      { "tool choice required", "tool choice any",
        "tool choice any" } },
    { "tool choice: this one",
      { "tool choice this one", "tool choice this one",
        "tool choice any, this one" } },
    { "one call at a time",
      { "tools one at a time", "tool choice auto, one at a time",
        NULL } },
    { "stop sequences",
      { "one stop", "one stop",
        "five stops" } },
    { "temperature",
      { "few shots", "temperature alone",
        "white space between tokens" } },
    { "all sampling settings",
      { "all sampling settings", "sampling settings",
        "all sampling settings" } },
    { "cap of the output",
      { "huge cap", "huge cap",
        "hoofdstad" } },
    { "several answers",
      { "three answers", NULL,
        "three candidates" } },
    { "log probabilities",
      { "log probabilities", NULL,
        "log probabilities" } },
    { "logit bias",
      { "logit bias", NULL,
        NULL } },
    { "JSON mode",
      { "json mode", NULL,
        "json mode" } },
    { "JSON schema",
      { "schema of sentiment", "json schema",
        "json schema" } },
    { "reasoning effort",
      { "effort high", "effort high",
        "thinking level high" } },
    { "no reasoning",
      { "effort none", "thinking off",
        "thinking budget 0" } },
    { "thinking budget",
      { NULL, "thinking with a budget",
        "thinking budget 1024" } },
    { "thoughts in the history",
      { "reasoning of an open model", "thoughts in history alone",
        "thought with a signature" } },
    { "redacted thoughts",
      { NULL, "redacted thinking",
        NULL } },
    { "refusal in the history",
      { "refusal", NULL,
        NULL } },
    { "cache mark",
      { "cache breakpoint", "message cached",
        NULL } },
    { "cache mark for an hour",
      { NULL, "system cached for an hour",
        NULL } },
    { "cache mark on tools",
      { NULL, "tools cached",
        NULL } },
    { "cache key",
      { "cache key", NULL,
        NULL } },
    { "user id",
      { "safety identifier", "user id",
        NULL } },
    { "metadata",
      { "metadata", NULL,
        NULL } },
    { "verbosity",
      { "verbosity", NULL,
        NULL } },
    { "service tier: standard",
      { "tier default", "tier standard only",
        "tier standard" } },
    { "service tier: flex",
      { "tier flex", NULL,
        "tier flex" } },
    { "fast mode",
      { NULL, "fast mode",
        NULL } },
    { "streamed",
      { "stream with usage", "streamed",
        NULL } },
};


#define WORD(s)  { (const unsigned char *) s, sizeof(s) - 1, AICOST_PIECE_WORD }
#define NOTHING  { NULL, 0, AICOST_PIECE_NONE }

#define SAYS_OF(kind, finish, text)                                           \
    { kind, finish, 0, 0, text, NOTHING, NOTHING, 0, { 0 }, 0 }


static char      doc[DOC];
static size_t    doc_len;
static unsigned  missing;


int
main(int argc, char **argv)
{
    int             i;
    size_t          len;
    unsigned char  *p;

    (void) argv;

    for (i = 0; i < CLIENTS; i++) {
        (void) corpus_read(i);
    }

    make();

    if (argc > 1) {
        (void) fwrite(doc, 1, doc_len, stdout);
        return 0;
    }

    is_int(missing, 0, "every request of the table is in the corpus");
    ok(doc_len > 4096 && doc_len < DOC - 1, "there is a table, all of it");

    p = file_read("docs/formats.md", &len);
    ok(p && len == doc_len && memcmp(p, doc, len) == 0,
       "docs/formats.md is in step: else run util/formats-matrix");
    free(p);

    return done_testing();
}


static void
make(void)
{
    int     a, b;
    size_t  i;

    put("# Formats\n\nMade by `util/formats-matrix` of the requests in"
        " `t/data/forms`; `t/unit/formats.c`\nfails when it is not in step.\n"
        "\nClients speak the shape of their SDK, a provider has the shape of"
        " its\n`api=`. What the provider's shape cannot say is refused, or,"
        " with\n`aicost_translate lenient`, left out and listed in"
        " `X-AICost-Dropped`.\n\n"
        "| cell | what it means |\n| --- | --- |\n"
        "| yes | to the provider's shape and back it is the same, field by"
        " field |\n| yes (*field*) | it is said, but not everything comes"
        " back: see below |\n| `member` | refused naming this member; with"
        " `lenient` it is left out and named |\n| yes, without `member` | left"
        " out and named, with `strict` too: no answer depends on it, or only"
        " its maker can read or keep it |\n| never `member` | refused"
        " with `lenient` too |\n| = | the same shape: the bytes are passed"
        " on |\n");

    for (a = 0; a < CLIENTS; a++) {
        put("\n## Requests of %s clients\n\n| feature |", titles[a]);

        for (b = 0; b < SHAPES; b++) {
            put(" %s |", titles[b]);
        }

        put("\n| --- | --- | --- | --- | --- | --- |\n");

        for (i = 0; i < COUNT(features); i++) {
            if (features[i].requests[a] == NULL) {
                continue;
            }

            put("| %s |", features[i].feature);

            for (b = 0; b < SHAPES; b++) {
                cell(a, b, features[i].requests[a]);
            }

            put("\n");
        }
    }

    answers();

    put("\n## What does not come back\n\n"
        "| field | what may not be the same after the way back |\n"
        "| --- | --- |\n"
        "| *part*, *parts* | the place, number or kind of a message or its"
        " parts: system messages come first, neighbours and texts are one,"
        " a refusal is a text |\n"
        "| *part.id*, *part.name* | a signature, a file's name, a speaker's or"
        " a tool's name |\n"
        "| *part.text* | an empty text |\n"
        "| *settings* | strict schemas, parallel calls, a tool choice and a"
        " service tier that are the default |\n"
        "| *temperature* | its spelling, or what is above 1 |\n"
        "| *thinking* | the step of the effort, or a budget as an effort |\n"
        "| *tool* | an empty schema, strict, a cache mark |\n"
        "\nEach with its reason and the number of requests that it changes:\n"
        "[`t/unit/forms.c`](../t/unit/forms.c).\n");
}


static void
cell(int a, int b, const char *request)
{
    int             i;
    const char     *differs;
    aicost_out_t    o;
    aicost_form_t   f;

    for (i = 0; i < ncorpus; i++) {
        if (corpus[i].shape == a && strlen(request) == corpus[i].name_len
            && memcmp(corpus[i].name, request, corpus[i].name_len) == 0)
        {
            break;
        }
    }

    memset(&f, 0, sizeof(aicost_form_t));

    if (i == ncorpus
        || form_read(a, &f, 0, corpus[i].data, corpus[i].len) != AICOST_OK)
    {
        missing++;
        printf("# %s: %s\n", shapes[a]->name, request);
        return;
    }

    if (a == b) {
        put(" = |");
        return;
    }

    out_init(&o, 0);

    if (form_write(b, &f, 0, &o) == AICOST_OK) {
        differs = there(a, b, &f, f.ndropped != 0);
        put(differs ? " yes (*%s*)" : " yes", differs);

        for (i = 0; i < (int) f.ndropped; i++) {
            put("%s `%s`", i ? "," : ", without", f.dropped[i]);
        }

        put(" |");

        return;
    }

    out_init(&o, 0);
    differs = (const char *) f.param.data;

    put(form_write(b, &f, 1, &o) == AICOST_OK ? " `%s` |" : " never `%s` |",
        differs);
}


/* --- answers -------------------------------------------------------------- */

static void
answers(void)
{
    int       a, b, streamed;
    size_t    i;

    static const answer_t  what[] = {
        { "text", "text(Hi)", SAYS_OF(AICOST_SAYS_TEXT, 0, WORD("Hi")) },
        { "thoughts", "thinking(Hm)",
          SAYS_OF(AICOST_SAYS_THINKING, 0, WORD("Hm")) },
        { "signature of thoughts", "signature(c2ln)",
          SAYS_OF(AICOST_SAYS_SIGNATURE, 0, WORD("c2ln")) },
        { "redacted thoughts", "redacted(c2ln)",
          SAYS_OF(AICOST_SAYS_REDACTED, 0, WORD("c2ln")) },
        { "refusal", "refusal(No)",
          SAYS_OF(AICOST_SAYS_REFUSAL, 0, WORD("No")) },
        { "tool call", " f)", SAYS_OF(AICOST_SAYS_CALL, 0, NOTHING) },
        { "ended by itself", "finish(1)",
          SAYS_OF(AICOST_SAYS_FINISH, AICOST_FINISH_STOP, NOTHING) },
        { "ended by a stop sequence", "finish(2)",
          SAYS_OF(AICOST_SAYS_FINISH, AICOST_FINISH_SEQUENCE, NOTHING) },
        { "ended by the cap", "finish(3)",
          SAYS_OF(AICOST_SAYS_FINISH, AICOST_FINISH_LENGTH, NOTHING) },
        { "ended by a filter", "finish(5)",
          SAYS_OF(AICOST_SAYS_FINISH, AICOST_FINISH_FILTER, NOTHING) },
        { "usage: input, output", "usage(9/0/0/0/3)",
          SAYS_OF(AICOST_SAYS_USAGE, 0, NOTHING) },
        { "usage: read of a cache", "usage(5/4/0/0/3)",
          SAYS_OF(AICOST_SAYS_USAGE, 1, NOTHING) },
        { "error in between", "error(",
          SAYS_OF(AICOST_SAYS_ERROR, 0, WORD("slow")) },
        { "class of an error", "error(rate_limited",
          SAYS_OF(AICOST_SAYS_ERROR, 0, WORD("slow")) },
    };

    put("\n## Answers\n\nWhat a provider says, as its client hears it:"
        " yes, no, or - where the provider's\nshape has no word for it."
        " Whole / streamed.\n");

    for (a = 0; a < CLIENTS; a++) {
        put("\n### To %s clients\n\n| feature |", titles[a]);

        for (b = 0; b < SHAPES; b++) {
            put(" %s |", titles[b]);
        }

        put("\n| --- | --- | --- | --- | --- | --- |\n");

        for (i = 0; i < COUNT(what); i++) {
            put("| %s |", what[i].feature);

            for (b = 0; b < SHAPES; b++) {
                for (streamed = 0; streamed < 2; streamed++) {
                    put(streamed ? " / %s |" : " %s", a == b ? "="
                        : answer_cell(&what[i], a, b, streamed & 1));
                }
            }

            put("\n");
        }
    }
}


/* told by b, heard, told by a, heard */

static const char *
answer_cell(const answer_t *w, int a, int b, unsigned streamed)
{
    uint32_t        n;
    aicost_tell_t   t;
    aicost_says_t   s[8];

    memset(s, 0, sizeof(s));
    n = 0;

    fill(&s[n++], AICOST_SAYS_START);

    if (w->says.kind == AICOST_SAYS_SIGNATURE) {
        fill(&s[n++], AICOST_SAYS_THINKING);
    }

    s[n] = w->says;

    if (w->says.kind == AICOST_SAYS_CALL || w->says.kind == AICOST_SAYS_USAGE)
    {
        fill(&s[n], (aicost_says_e) w->says.kind);

        if (w->says.finish) {
            s[n].usage.input = 5;
            s[n].usage.cached = 4;
        }
    }

    n++;

    if (w->says.kind == AICOST_SAYS_CALL) {
        fill(&s[n++], AICOST_SAYS_ARGUMENTS);
    }

    if (w->says.kind == AICOST_SAYS_ERROR) {
        s[n - 1].reason = AICOST_R_RATE_LIMITED;

    } else if (w->says.kind != AICOST_SAYS_FINISH) {
        fill(&s[n++], AICOST_SAYS_FINISH);
    }

    if (w->says.kind != AICOST_SAYS_USAGE) {
        fill(&s[n++], AICOST_SAYS_USAGE);
    }

    fill(&s[n++], AICOST_SAYS_DONE);

    if (tell(b, s, n, streamed, 0) != AICOST_OK) {
        return "-";
    }

    tell_init(&t, "");
    t.include_usage = 1;

    if (hear(b, 0, streamed, &t, a) != AICOST_OK
        || strstr(text, w->heard) == NULL)
    {
        return "-";
    }

    if (hear(a, 1, streamed, NULL, a) != AICOST_OK
        || strstr(text, w->heard) == NULL)
    {
        return "no";
    }

    return "yes";
}


static size_t  told[2];


static int
tell(int a, const aicost_says_t *s, uint32_t n, unsigned streamed, int slot)
{
    uint32_t       i;
    aicost_out_t   o;
    aicost_tell_t  t;

    tell_init(&t, "");
    t.include_usage = 1;
    out_init(&o, slot);

    if (!streamed) {
        shapes[a]->tell(&t, s, n, &o);

    } else {
        for (i = 0; i < n; i++) {
            shapes[a]->tell_event(&t, &s[i], &o);
        }
    }

    told[slot] = o.len;

    return o.failed ? AICOST_ERROR : AICOST_OK;
}


/* what b says in a slot, in words; with t it is told by a in the next */

static int
hear(int b, int slot, unsigned streamed, aicost_tell_t *t, int a)
{
    int                   rc;
    uint32_t              i, n;
    aicost_out_t          o;
    aicost_sse_t          s;
    aicost_hear_t         h;
    const unsigned char  *p;

    static unsigned char  buf[AICOST_SSE_MAX_EVENT];

    memset(&h, 0, sizeof(aicost_hear_t));
    out_init(&o, 1);
    used = 0;
    text[0] = '\0';

    if (!streamed) {
        rc = heard(shapes[b], &h, room[slot], told[slot], says[0], &n);

        if (rc == AICOST_OK) {
            says_dump(says[0], n);

            if (t) {
                shapes[a]->tell(t, says[0], n, &o);
                told[1] = o.len;
            }
        }

        return rc;
    }

    aicost_sse_init(&s, buf, sizeof(buf));
    p = room[slot];

    do {
        rc = aicost_frames_next(&s, shapes[b]->frames, &p,
                                room[slot] + told[slot]);

        if (rc == AICOST_OK && !s.has_data) {
            continue;
        }

        if (shapes[b]->hear_event(&h, &s.name, rc == AICOST_OK ? s.buf : NULL,
                                  s.len, nodes[0], NODES, says[0], &n)
            != AICOST_OK)
        {
            return AICOST_ERROR;
        }

        says_dump(says[0], n);

        for (i = 0; t && i < n; i++) {
            shapes[a]->tell_event(t, &says[0][i], &o);
        }
    } while (rc == AICOST_OK);

    if (t) {
        told[1] = o.len;
    }

    return AICOST_OK;
}


static void
fill(aicost_says_t *s, aicost_says_e kind)
{
    memset(s, 0, sizeof(aicost_says_t));
    s->kind = (uint8_t) kind;

    switch (kind) {

    case AICOST_SAYS_START:
        s->id = aicost_piece_word("a1");
        s->name = aicost_piece_word("a-model");
        break;

    case AICOST_SAYS_THINKING:
        s->text = aicost_piece_word("Hm");
        break;

    case AICOST_SAYS_CALL:
        s->id = aicost_piece_word("c1");
        s->name = aicost_piece_word("f");
        break;

    case AICOST_SAYS_ARGUMENTS:
        s->text.data = (const unsigned char *) "{}";
        s->text.len = 2;
        s->text.kind = AICOST_PIECE_JSON;
        break;

    case AICOST_SAYS_FINISH:
        s->finish = AICOST_FINISH_STOP;
        break;

    case AICOST_SAYS_USAGE:
        s->usage.input = 9;
        s->usage.output = 3;
        break;

    default:
        break;
    }
}


static void
put(const char *fmt, ...)
{
    int      n;
    va_list  args;

    va_start(args, fmt);
    n = vsnprintf(doc + doc_len, DOC - doc_len, fmt, args);
    va_end(args);

    doc_len += (size_t) n;

    if (doc_len >= DOC) {
        doc_len = DOC - 1;
    }
}
