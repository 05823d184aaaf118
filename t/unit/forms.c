
/*
 * Copyright (C) aicost
 *
 * Every request of the corpus, in every shape: to each other shape and back
 * it is the same, or a member was refused by its name.
 *
 * What the corpus has in one shape is written leniently in the other four, so
 * that requests of Ollama and Bedrock are read too.
 */


#include <time.h>

#include "forms.h"


#define HUGE_LEN  (400 * 1024)
#define TIMES     50
#define NAMES     64


typedef struct {
    const char  *via;
    const char  *field;
    int          times;
    const char  *reason;
    int          met;
} normal_t;


typedef struct {
    const char  *name;
    int          n;
} refused_t;


static void test_corpus(void);
static void test_pair(int from, int a, int b);
static const char *pair(const corpus_t *c, int a, int b);
static int in_shape(const corpus_t *c, int a, aicost_form_t *f);
static int is_normal(int b, const char *field);
static void refuse(const aicost_str_t *param);
static void test_huge_request(int a);
static size_t huge(int a, unsigned char *p);
static long long micro(void);


/*
 * What is not the same afterwards, and why: the first field that differs, of
 * how many requests in all shapes.  Nothing else is, and none is once more.
 */

static normal_t  normals[] = {
    { "anthropic", "openai: not written: top_k", 1,
      "top_k is read of compatible servers, OpenAI has none", 0 },
    { "anthropic", "part", 4,
      "system messages are one and come first; a refusal is text", 0 },
    { "anthropic", "part.name", 10,
      "a result needs no tool's name", 0 },
    { "anthropic", "part.text", 1,
      "no arguments are {}", 0 },
    { "anthropic", "parts", 2,
      "thoughts that Anthropic did not sign are left out", 0 },
    { "anthropic", "schema", 1,
      "a schema in Google's words is said in those of JSON Schema", 0 },
    { "anthropic", "schema_name", 6,
      "a schema has no name", 0 },
    { "anthropic", "settings", 7,
      "a schema is always strict; parallel calls are the default", 0 },
    { "anthropic", "thinking", 6,
      "no effort is none said; the least is low", 0 },
    { "anthropic", "tool", 38,
      "a tool has a schema, an empty one at least", 0 },
    { "bedrock", "part", 4,
      "system messages are one and come first; a refusal is text", 0 },
    { "bedrock", "part.id", 9,
      "a document has a name of letters and digits", 0 },
    { "bedrock", "part.name", 10,
      "a result needs no tool's name", 0 },
    { "bedrock", "part.text", 14,
      "an empty text is refused there; no arguments are {}", 0 },
    { "bedrock", "parts", 7,
      "empty system texts are left out, neighbours are one", 0 },
    { "bedrock", "schema", 1,
      "a schema is one of JSON", 0 },
    { "bedrock", "settings", 15,
      "parallel calls and strict schemas are the default; no choice, no tools",
      0 },
    { "bedrock", "thinking", 10,
      "not to think is the default", 0 },
    { "bedrock", "tool", 36,
      "a tool has a schema; it is not strict", 0 },
    { "gemini", "openai: not written: generationConfig.topK", 1,
      "top_k is read of compatible servers, OpenAI has none", 0 },
    { "gemini", "part", 4,
      "system messages are one and come first; a refusal is text", 0 },
    { "gemini", "part.name", 19,
      "a result says the name of its tool; speakers have none", 0 },
    { "gemini", "part.text", 2,
      "no arguments are {}, no result is an empty one", 0 },
    { "gemini", "parts", 8,
      "neighbours of one role, and the texts of a result, are one", 0 },
    { "gemini", "schema_name", 6,
      "a schema has no name", 0 },
    { "gemini", "settings", 8,
      "a schema is always strict; parallel calls are the default", 0 },
    { "gemini", "thinking", 5,
      "no effort is a budget of 0; the most is high", 0 },
    { "gemini", "tool", 2,
      "a tool that is not strict need not say so", 0 },
    { "ollama", "openai: not written: top_k", 1,
      "top_k is read of compatible servers, OpenAI has none", 0 },
    { "ollama", "part", 18,
      "images follow the text; an error of a tool is a text", 0 },
    { "ollama", "part.name", 19,
      "a result says the name of its tool", 0 },
    { "ollama", "part.text", 2,
      "no arguments are {}, no result is an empty one", 0 },
    { "ollama", "parts", 55,
      "the texts of a message are one", 0 },
    { "ollama", "schema", 1,
      "a schema in Google's words is said in those of JSON Schema", 0 },
    { "ollama", "schema_name", 6,
      "a schema has no name", 0 },
    { "ollama", "settings", 42,
      "no tool choice: none sends no tools; schemas are strict; one tier", 0 },
    { "ollama", "thinking", 18,
      "a budget is an effort, off or on; steps are three", 0 },
    { "ollama", "tool", 3,
      "a tool is not strict; a schema is one of JSON", 0 },
    { "openai", "part.text", 1,
      "no result is an empty one", 0 },
    { "openai", "parts", 4,
      "an image in a result follows it; unsigned thoughts are left out", 0 },
    { "openai", "schema", 1,
      "a schema in Google's words is said in those of JSON Schema", 0 },
    { "openai", "schema_name", 6,
      "a schema has a name", 0 },
    { "openai", "settings", 5,
      "the whole prompt is cached by itself; thoughts are shown", 0 },
    { "openai", "thinking", 31,
      "a budget is an effort, in steps", 0 },
    { "openai", "tool", 1,
      "a schema in Google's words is said in those of JSON Schema", 0 },
    { NULL, NULL, 0, NULL, 0 }
};


static unsigned char  own[ROOM];
static refused_t      refusals[NAMES];
static int            nrefused, ninvalid;


int
main(void)
{
    int        a, b, from;
    char       name[160];
    normal_t  *n;

    test_corpus();

    for (from = 0; from < CLIENTS; from++) {
        for (a = 0; a < SHAPES; a++) {
            for (b = 0; b < SHAPES; b++) {
                test_pair(from, a, b);
            }
        }
    }

    for (n = normals; n->field; n++) {
        (void) snprintf(name, sizeof(name), "%s, %s: %s", n->via, n->field,
                        n->reason);
        is_int(n->met, n->times, name);
    }

    for (a = 0; a < SHAPES; a++) {
        test_huge_request(a);
    }

    return done_testing();
}


static void
test_corpus(void)
{
    int   i;
    char  name[64];

    for (i = 0; i < CLIENTS; i++) {
        (void) snprintf(name, sizeof(name), "requests of %s",
                        shapes[i]->name);
        ok(corpus_read(i) > 60, name);
    }

    ok(ncorpus >= 200, "two hundred requests and more");
}


static void
test_pair(int from, int a, int b)
{
    int          i, n, failed;
    char         name[128];
    const char  *differs;

    memset(refusals, 0, sizeof(refusals));
    nrefused = 0;
    ninvalid = 0;
    failed = 0;
    n = 0;

    for (i = 0; i < ncorpus; i++) {
        if (corpus[i].shape != from) {
            continue;
        }

        n++;
        differs = pair(&corpus[i], a, b);

        if (differs) {
            failed++;
            printf("# %.*s: %s\n", (int) corpus[i].name_len,
                   (const char *) corpus[i].name, differs);
        }
    }

    (void) snprintf(name, sizeof(name),
                    "%d requests of %s: %s to %s and back", n,
                    shapes[from]->name, shapes[a]->name, shapes[b]->name);
    ok(failed == 0 && n > 0, name);

    if (nrefused) {
        printf("# refused: %d:", nrefused);

        for (i = 0; i < NAMES && refusals[i].name; i++) {
            printf("%s %s %d", i ? "," : "", refusals[i].name, refusals[i].n);
        }

        printf("\n");
    }

    if (ninvalid) {
        printf("# not to be said in %s: %d\n", shapes[a]->name, ninvalid);
    }
}


/* NULL, or what is wrong */

static const char *
pair(const corpus_t *c, int a, int b)
{
    int             rc;
    const char     *differs;
    aicost_out_t    o;
    aicost_form_t   f;

    memset(&f, 0, sizeof(aicost_form_t));
    rc = in_shape(c, a, &f);

    if (rc == AICOST_DECLINED) {
        ninvalid++;
        return NULL;
    }

    if (rc != AICOST_OK) {
        return why;
    }

    out_init(&o, 0);

    if (form_write(b, &f, 0, &o) == AICOST_OK) {
        /* what is left out and listed does not come back */

        if (f.ndropped) {
            return there(a, b, &f, 1);
        }

        differs = there(a, b, &f, 0);

        return (differs && is_normal(b, differs)) ? NULL : differs;
    }

    if (f.param.len == 0) {
        return "refused without a name";
    }

    nrefused++;
    refuse(&f.param);

    out_init(&o, 0);

    if (form_write(b, &f, 1, &o) != AICOST_OK) {

        /* what no reader of that shape would understand */
        return f.param.len ? NULL : "refused without a name";
    }

    return f.ndropped ? there(a, b, &f, 1) : "nothing is listed as dropped";
}


/* the request in shape a: f is read of it.  AICOST_DECLINED: it cannot be
   said there */

static int
in_shape(const corpus_t *c, int a, aicost_form_t *f)
{
    aicost_out_t  o;

    if (form_read(c->shape, f, 0, c->data, c->len) != AICOST_OK) {
        return AICOST_ERROR;
    }

    if (c->shape == a) {
        return AICOST_OK;
    }

    out_init(&o, 0);
    o.data = own;
    o.size = sizeof(own);

    if (form_write(a, f, 1, &o) != AICOST_OK) {
        return f->param.len ? AICOST_DECLINED : AICOST_ERROR;
    }

    return form_read(a, f, 0, own, o.len);
}


static int
is_normal(int b, const char *field)
{
    normal_t  *n;

    for (n = normals; n->field; n++) {
        if (strcmp(n->field, field) == 0
            && strcmp(n->via, shapes[b]->name) == 0)
        {
            n->met++;
            return 1;
        }
    }

    return 0;
}


static void
refuse(const aicost_str_t *param)
{
    int  i;

    /* the names are words of the code: they stay */

    for (i = 0; i < NAMES; i++) {
        if (refusals[i].name == NULL) {
            refusals[i].name = (const char *) param->data;
        }

        if (strcmp(refusals[i].name, (const char *) param->data) == 0) {
            refusals[i].n++;
            return;
        }
    }
}


/* --- huge ----------------------------------------------------------------- */

static void
test_huge_request(int a)
{
    int              i, b;
    char             name[96];
    size_t           len;
    long long        from, best, took, parsed;
    const char      *differs;
    aicost_json_t    j;
    aicost_out_t     o;
    aicost_form_t    f;
    unsigned char   *p;

    p = malloc(2 * HUGE_LEN);
    len = huge(a, p);

    for (b = 0; b < SHAPES; b++) {
        memset(&f, 0, sizeof(aicost_form_t));
        best = parsed = 1000000000;

        (void) snprintf(name, sizeof(name), "400 KB of %s to %s and back",
                        shapes[a]->name, shapes[b]->name);

        if (form_read(a, &f, 0, p, len) != AICOST_OK) {
            is_str(why, NULL, name);
            continue;
        }

        differs = there(a, b, &f, 0);
        ok(differs == NULL
           || ((b == 2 || b == 3) && strcmp(differs, "part.name") == 0),
           name);

        for (i = 0; i < TIMES; i++) {
            from = micro();
            (void) parse(&j, p, len, nodes[0]);
            took = micro() - from;
            parsed = took < parsed ? took : parsed;

            form_init(&f, 0);
            from = micro();
            (void) shapes[a]->read(&f, &j);
            out_init(&o, 0);
            f.cap = f.cap < 0 ? CAP : f.cap;
            (void) form_write(b, &f, 0, &o);
            took = micro() - from;
            best = took < best ? took : best;
        }

        printf("# %zu bytes, %u parts: parsed in %lld us, read and written in"
               " %lld us\n", len, f.nparts, parsed, best);
    }

    free(p);
}


/* an agent's: rounds of a call and its result with text of many escapes */

static size_t
huge(int a, unsigned char *p)
{
    size_t           n, i;
    aicost_out_t     o;
    aicost_form_t    f;
    unsigned char   *q;

    static const char  round[] =
        ",{\"role\":\"assistant\",\"content\":\"Next.\",\"tool_calls\":[{"
        "\"id\":\"call_%06u\",\"type\":\"function\",\"function\":{\"name\":"
        "\"read_file\",\"arguments\":\"{\\\"path\\\":\\\"src/%u.c\\\"}\"}}]},"
        "{\"role\":\"tool\",\"tool_call_id\":\"call_%06u\",\"content\":\"";
    static const char  line[] =
        "   41\\tif (p->last == NULL && strcmp(p->name, \\\"\\\\n\\\") == 0)"
        " {\\n \xe2\x82\xac \\u00e9";

    q = malloc(2 * HUGE_LEN);
    n = (size_t) snprintf((char *) q, 256, "{\"model\":\"m\",\"messages\":["
                          "{\"role\":\"user\",\"content\":\"Fix it.\"}");

    for (i = 0; n < HUGE_LEN; i++) {
        n += (size_t) snprintf((char *) q + n, 1024, round, (unsigned) i,
                               (unsigned) i, (unsigned) i);

        while (n % 8192 < 8000) {
            memcpy(q + n, line, sizeof(line) - 1);
            n += sizeof(line) - 1;
        }

        memcpy(q + n, "\"}", 2);
        n += 2;

        while (n % 8192 >= 8000) {
            q[n++] = ' ';
        }
    }

    memcpy(q + n, "]}", 2);
    n += 2;

    memset(&f, 0, sizeof(aicost_form_t));
    out_init(&o, 0);
    o.data = p;
    o.size = 2 * HUGE_LEN;

    if (form_read(0, &f, 0, q, n) != AICOST_OK
        || form_write(a, &f, 0, &o) != AICOST_OK)
    {
        printf("# %s\n", why);
    }

    free(q);

    return o.len;
}


static long long
micro(void)
{
    struct timespec  t;

    (void) clock_gettime(CLOCK_MONOTONIC, &t);

    return (long long) t.tv_sec * 1000000 + t.tv_nsec / 1000;
}
