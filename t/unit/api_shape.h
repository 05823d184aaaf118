
/*
 * Copyright (C) aicost
 *
 * What the tests of Ollama's and Bedrock's shape share.
 *
 * A part is written role, kind, flags and (text|id|name|more): roles s u a t;
 * kinds Text Image File Audio thinKing reDacted Refusal Call Yield; flags
 * ^ first, @ URL, ! error, + inside, $ cache, % for an hour.  Then what else
 * the request says.  What is heard is written alike, ~ stands for NONE.
 */


#ifndef _AICOST_API_SHAPE_TEST_H_INCLUDED_
#define _AICOST_API_SHAPE_TEST_H_INCLUDED_


#include "api_base.h"
#include "format/aicost_frames.h"


#define KEEP      65536
#define SAYS      512


typedef struct {
    const char  *name;
    const char  *json;
    const char  *result;
} shape_case_t;


static unsigned char       keep[KEEP];
static aicost_part_t       parts[2][NODES];
static aicost_tool_t       tools[2][256];
static aicost_says_t       says[2][SAYS];


static inline void
form_init(aicost_form_t *f, int i)
{
    memset(f, 0, sizeof(aicost_form_t));
    f->parts = parts[i];
    f->max_parts = NODES;
    f->tools = tools[i];
    f->max_tools = 256;
}


static inline void
tell_init(aicost_tell_t *t, const char *model)
{
    static unsigned char  id[] = "abcdefghijklmnopqrstuvwx";

    memset(t, 0, sizeof(aicost_tell_t));
    t->id.data = id;
    t->id.len = 24;
    t->model.data = (unsigned char *) (uintptr_t) model;
    t->model.len = strlen(model);
    t->now = 1700000000;
    t->keep = keep;
    t->size = KEEP;
}


/* --- in words ------------------------------------------------------------- */

static inline void
part(const aicost_part_t *p)
{
    add("%c%c%s%s%s%s%s%s(", "suat"[p->role], "?TIFAKDRCY"[p->kind],
        (p->flags & AICOST_PART_FIRST) ? "^" : "",
        (p->flags & AICOST_PART_URL) ? "@" : "",
        (p->flags & AICOST_PART_ERROR) ? "!" : "",
        (p->flags & AICOST_PART_INSIDE) ? "+" : "",
        (p->flags & AICOST_PART_CACHE) ? "$" : "",
        (p->flags & AICOST_PART_HOUR) ? "%" : "");
    some("", &p->text);
    some("|", &p->id);
    some("|", &p->name);
    some("|", &p->more);
    add(")");
}


static inline const char *
form_dump(const aicost_form_t *f)
{
    uint32_t  i;

    used = 0;
    text[0] = '\0';

    for (i = 0; i < f->nparts; i++) {
        add(i ? " " : "");
        part(&f->parts[i]);
    }

    some("; model ", &f->model);
    add(f->cap >= 0 ? "; cap %lld" : "", (long long) f->cap);
    add(f->stream ? "; stream" : "");
    some("; temperature ", &f->temperature);
    some("; top_p ", &f->top_p);
    some("; top_k ", &f->top_k);
    some("; seed ", &f->seed);
    some("; presence ", &f->presence_penalty);
    some("; frequency ", &f->frequency_penalty);
    some("; top_logprobs ", &f->top_logprobs);
    add(f->logprobs ? "; logprobs %d" : "", f->logprobs);
    some("; metadata ", &f->metadata);
    add(f->effort ? "; effort %s" : "",
        aicost_form_effort_word((aicost_effort_e) f->effort));
    add(f->thinking ? "; thinking %d %lld" : "", f->thinking,
        (long long) f->thinking_budget);
    add(f->service ? "; service %s" : "",
        aicost_service_name((aicost_service_e) f->service));

    for (i = 0; i < f->nstops; i++) {
        some("; stop ", &f->stops[i]);
    }

    add(f->choice ? "; choice %d" : "", f->choice);
    some(" ", &f->choice_name);
    add(f->answer ? "; answer %d" : "", f->answer);
    some(" ", &f->schema);

    for (i = 0; i < f->ntools; i++) {
        some("; tool ", &f->tools[i].name);
        some(" ", &f->tools[i].description);
        some(" ", &f->tools[i].schema);
        add(f->tools[i].flags ? " $%d" : "", f->tools[i].flags);
    }

    return text;
}


static inline void
usage_dump(const aicost_usage_t *u)
{
    add("%lld/%lld/%lld/%lld/%lld", (long long) u->input,
        (long long) u->cached, (long long) u->cache_write,
        (long long) u->cache_write_1h, (long long) u->output);
    add(u->service ? " %s" : "", aicost_service_name(u->service));
}


static inline void
says_dump(const aicost_says_t *s, uint32_t n)
{
    uint32_t  i;

    static const char *const  kinds[] = {
        "?", "start", "text", "thinking", "signature", "redacted", "refusal",
        "call", "args", "finish", "usage", "error", "done"
    };

    for (i = 0; i < n; i++, s++) {
        add("%s%s", used ? " " : "", kinds[s->kind]);

        switch (s->kind) {

        case AICOST_SAYS_START:
            add("(");
            some("", &s->name);
            add(s->created ? " %lld)" : ")", (long long) s->created);
            break;

        case AICOST_SAYS_CALL:
            add("(%u ", s->index);
            add(s->id.kind ? "" : "~");
            some("", &s->id);
            some(" ", &s->name);
            add(")");
            break;

        case AICOST_SAYS_FINISH:
            add("(%d)", s->finish);
            break;

        case AICOST_SAYS_USAGE:
            add("(");
            usage_dump(&s->usage);
            add(")");
            break;

        case AICOST_SAYS_ERROR:
            add("(%s", aicost_reason_word(s->reason));
            some(": ", &s->text);
            add(")");
            break;

        case AICOST_SAYS_DONE:
            break;

        case AICOST_SAYS_ARGUMENTS:
            add("(%u%s", s->index,
                s->text.kind == AICOST_PIECE_JSON ? " json" : "");
            some(" ", &s->text);
            add(")");
            break;

        default:
            some("(", &s->text);
            add(")");
        }
    }
}


/* --- requests ------------------------------------------------------------- */

static aicost_form_target_t  target;


static inline void
target_init(const char *model)
{
    memset(&target, 0, sizeof(aicost_form_target_t));
    target.model.data = (unsigned char *) (uintptr_t) model;
    target.model.len = strlen(model);
    target.cap = -1;
}


/* writes what was read, reads it again: NULL or what is not the same */

static inline const char *
again(const aicost_api_t *api, aicost_form_t *f)
{
    const char     *differs;
    aicost_out_t    o, second;
    aicost_form_t   g;
    aicost_json_t   j;

    out_init(&o, 0);

    if (api->write(f, &target, &o) != AICOST_OK || o.failed) {
        return "not written";
    }

    if (parse(&j, o.data, o.len, nodes[1]) != AICOST_OK) {
        return "no JSON";
    }

    form_init(&g, 1);
    g.stream = f->stream;

    if (api->read(&g, &j) != AICOST_OK) {
        return "not read";
    }

    differs = aicost_form_differs(f, &g);

    if (differs) {
        return differs;
    }

    out_init(&second, 1);

    if (api->write(&g, &target, &second) != AICOST_OK
        || second.len != o.len || memcmp(second.data, o.data, o.len) != 0)
    {
        return "bytes";
    }

    /* what is measured is enough */

    memset(&second, 0, sizeof(aicost_out_t));
    (void) api->write(&g, &target, &second);

    return second.len < o.len ? "measure" : NULL;
}


static inline void
test_requests(const aicost_api_t *api, const shape_case_t *c, size_t n)
{
    aicost_form_t   f;
    aicost_json_t   j;
    unsigned char  *p;

    for ( /* void */ ; n; n--, c++) {
        p = copy(c->json, strlen(c->json));
        form_init(&f, 0);

        if (parse(&j, p, strlen(c->json), nodes[0]) != AICOST_OK
            || api->read(&f, &j) != AICOST_OK)
        {
            ok(0, c->name);
            printf("# refused: %.*s\n", (int) f.param.len,
                   (const char *) f.param.data);
            free(p);
            continue;
        }

        is_str(form_dump(&f), c->result, c->name);
        is_str(again(api, &f), NULL, "and there and back");
        free(p);
    }
}


/* result: "reason member" */

static inline void
test_wrong(const aicost_api_t *api, const shape_case_t *c, size_t n)
{
    aicost_form_t   f;
    aicost_json_t   j;
    unsigned char  *p;

    for ( /* void */ ; n; n--, c++) {
        p = copy(c->json, strlen(c->json));
        form_init(&f, 0);
        used = 0;

        if (parse(&j, p, strlen(c->json), nodes[0]) != AICOST_OK) {
            add("no JSON");

        } else if (api->read(&f, &j) == AICOST_OK) {
            add("read");

        } else {
            add("%s %.*s", aicost_reason_word(f.reason), (int) f.param.len,
                (const char *) f.param.data);
        }

        is_str(text, c->result, c->json);
        free(p);
    }
}


/* OpenAI's chat, written in this shape: name is what is missed, result the
   body when that is left out */

static inline void
test_writes(const aicost_api_t *api, const shape_case_t *c, size_t n)
{
    uint32_t        i;
    aicost_out_t    o;
    aicost_form_t   f;
    aicost_json_t   j;
    unsigned char  *p;

    for ( /* void */ ; n; n--, c++) {
        p = copy(c->json, strlen(c->json));
        form_init(&f, 0);
        out_init(&o, 0);
        used = 0;
        text[0] = '\0';
        target.lenient = 0;

        if (parse(&j, p, strlen(c->json), nodes[0]) != AICOST_OK
            || aicost_api_openai.read(&f, &j) != AICOST_OK)
        {
            ok(0, c->json);
            free(p);
            continue;
        }

        if (api->write(&f, &target, &o) != AICOST_OK) {
            add("%.*s", (int) f.param.len, (const char *) f.param.data);
        }

        is_str(text, c->name, c->json);

        target.lenient = 1;
        out_init(&o, 0);

        if (api->write(&f, &target, &o) != AICOST_OK) {
            used = 0;
            add("refused: %.*s", (int) f.param.len,
                (const char *) f.param.data);
            is_str(text, c->result, "and leniently");
            free(p);
            continue;
        }

        is_mem(o.data, o.len, c->result, "and leniently");

        used = 0;
        text[0] = '\0';

        for (i = 0; i < f.ndropped; i++) {
            add("%s%s", i ? " " : "", f.dropped[i]);
        }

        ok(strncmp(text, c->name, strlen(c->name)) == 0, "and says so");
        ok(parse(&j, o.data, o.len, nodes[1]) == AICOST_OK, "and is strict");
        target.lenient = 0;
        free(p);
    }
}


/* a message of a megabyte between head and tail; messages without end, and
   more parts than there is room for */

static inline void
test_huge(const aicost_api_t *api, const char *head, const char *tail,
    const char *message)
{
    size_t          i, n, len;
    aicost_form_t   f;
    aicost_json_t   j;
    unsigned char  *p;

    p = malloc(2 << 20);
    n = strlen(head);
    memcpy(p, head, n);
    memset(p + n, 'x', 1 << 20);
    n += 1 << 20;
    memcpy(p + n, tail, strlen(tail));
    n += strlen(tail);

    form_init(&f, 0);
    ok(parse(&j, p, n, nodes[0]) == AICOST_OK
       && api->read(&f, &j) == AICOST_OK && f.parts[0].text.len == 1 << 20,
       "a huge message");
    is_str(again(api, &f), NULL, "and there and back");

    f.max_parts = 0;
    is_int(api->read(&f, &j), AICOST_ERROR, "no room for a part");
    is_int(f.reason, AICOST_R_TOO_MANY_MESSAGES, "and why");

    len = strlen(message);
    memcpy(p, "{\"messages\":[", 13);
    n = 13;

    for (i = 0; i <= AICOST_MAX_MESSAGES; i++) {
        memcpy(p + n, message, len);
        n += len;
        p[n++] = ',';
    }

    memcpy(p + n - 1, "]}", 2);

    form_init(&f, 0);
    ok(parse(&j, p, n + 1, nodes[0]) == AICOST_OK
       && api->read(&f, &j) == AICOST_ERROR
       && f.reason == AICOST_R_TOO_MANY_MESSAGES, "too many messages");

    free(p);
}


/* --- answers -------------------------------------------------------------- */

static inline int
heard(const aicost_api_t *api, aicost_hear_t *h, const unsigned char *p,
    size_t len, aicost_says_t *s, uint32_t *n)
{
    aicost_json_t  j;

    *n = 0;

    if (parse(&j, p, len, nodes[0]) != AICOST_OK) {
        return AICOST_ERROR;
    }

    return api->hear(h, &j, s, SAYS, n);
}


/* what is heard, and heard again of what is told of it */

static inline void
test_answers(const aicost_api_t *api, const shape_case_t *c, size_t n)
{
    char           *first;
    uint32_t        m;
    aicost_out_t    o;
    aicost_hear_t   h;
    aicost_json_t   j;
    aicost_tell_t   t;
    unsigned char  *p;

    for ( /* void */ ; n; n--, c++) {
        p = copy(c->json, strlen(c->json));
        memset(&h, 0, sizeof(aicost_hear_t));
        used = 0;
        text[0] = '\0';

        if (heard(api, &h, p, strlen(c->json), says[0], &m) != AICOST_OK) {
            is_str("none", c->result, c->name);
            free(p);
            continue;
        }

        says_dump(says[0], m);
        first = (char *) copy(text, used + 1);
        is_str(first, c->result, c->name);

        /* too little room, and then enough */

        memset(&h, 0, sizeof(aicost_hear_t));
        (void) parse(&j, p, strlen(c->json), nodes[0]);
        ok(api->hear(&h, &j, says[1], 1, &m) == AICOST_DECLINED && m > 1,
           "and more than one");
        (void) api->hear(&h, &j, says[0], SAYS, &m);

        tell_init(&t, "");
        out_init(&o, 0);
        api->tell(&t, says[0], m, &o);

        memset(&h, 0, sizeof(aicost_hear_t));
        used = 0;
        text[0] = '\0';

        if (heard(api, &h, o.data, o.len, says[1], &m) == AICOST_OK) {
            says_dump(says[1], m);
        }

        /* but an id that had to be made, and why where it cannot be said */

        ok(strcmp(text, first) == 0 || strstr(first, "~ ") != NULL
           || strstr(first, "rate_limited") != NULL,
           "and told and heard again");
        free(first);
        free(p);
    }
}


/* a stream of the other kind, of lines: what this shape tells of it, by words
   of `print` */

static inline void
retell(const aicost_api_t *from, const aicost_api_t *to, const char *lines,
    aicost_tell_t *t, aicost_out_t *o)
{
    size_t          len;
    uint32_t        i, n;
    const char     *end;
    aicost_str_t    name;
    aicost_hear_t   h;
    aicost_says_t   s[AICOST_SAYS_MAX];
    unsigned char  *p;

    memset(&name, 0, sizeof(aicost_str_t));
    memset(&h, 0, sizeof(aicost_hear_t));

    for ( ;; ) {
        end = *lines ? strchr(lines, '\n') : NULL;
        len = end ? (size_t) (end - lines) : 0;
        p = end ? copy(lines, len) : NULL;

        if (from->hear_event(&h, &name, p, len, nodes[0], NODES, s, &n)
            != AICOST_OK)
        {
            ok(0, "an event that is none");
        }

        for (i = 0; i < n; i++) {
            to->tell_event(t, &s[i], o);
        }

        free(p);

        if (end == NULL) {
            return;
        }

        lines = end + 1;
    }
}


/* mutated requests: what is accepted is written as strict JSON */

static inline void
test_garbage_requests(const aicost_api_t *api, const shape_case_t *c,
    size_t count)
{
    size_t          i, k, len, bad, written;
    aicost_out_t    o;
    aicost_form_t   f;
    aicost_json_t   j;
    unsigned char  *p;

    bad = 0;
    written = 0;
    target.lenient = 1;

    for (i = 0; i < MUTATIONS; i++) {
        k = i % count;
        len = strlen(c[k].json);
        p = copy(c[k].json, len);
        mutate(p, len);

        form_init(&f, 0);
        out_init(&o, 0);

        if (parse(&j, p, len, nodes[0]) == AICOST_OK
            && api->read(&f, &j) == AICOST_OK
            && api->write(&f, &target, &o) == AICOST_OK && !o.failed)
        {
            written++;
            bad += (parse(&j, o.data, o.len, nodes[1]) != AICOST_OK);
        }

        free(p);
    }

    target.lenient = 0;

    ok(written > MUTATIONS / 20, "garbage: some of it can be read");
    is_int((long long) bad, 0, "and all that is written is strict");
}


/* mutated answers, likewise */

static inline void
test_garbage_answers(const aicost_api_t *api, const shape_case_t *c,
    size_t count)
{
    size_t          i, k, len, bad, told;
    uint32_t        n;
    aicost_out_t    o;
    aicost_hear_t   h;
    aicost_json_t   j;
    aicost_tell_t   t;
    unsigned char  *p;

    bad = 0;
    told = 0;

    for (i = 0; i < MUTATIONS; i++) {
        k = i % count;
        len = strlen(c[k].json);
        p = copy(c[k].json, len);
        mutate(p, len);

        memset(&h, 0, sizeof(aicost_hear_t));

        if (heard(api, &h, p, len, says[0], &n) == AICOST_OK) {
            tell_init(&t, "");
            out_init(&o, 0);
            api->tell(&t, says[0], n, &o);

            told++;
            bad += o.failed
                   || parse(&j, o.data, o.len, nodes[1]) != AICOST_OK
                   || says[0][n - 1].kind != AICOST_SAYS_DONE;
        }

        free(p);
    }

    ok(told > MUTATIONS / 20, "garbage: some answers can be heard");
    is_int((long long) bad, 0, "and all that is told is strict");
}


#endif /* _AICOST_API_SHAPE_TEST_H_INCLUDED_ */
