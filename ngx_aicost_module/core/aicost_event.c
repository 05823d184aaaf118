
/*
 * Copyright (C) aicost
 */


#include "aicost_usage.h"


#define AICOST_SLICE           ((size_t) 1 << 30)


static void aicost_event_choices(const aicost_json_t *j, uint32_t node,
    aicost_event_t *e);
static void aicost_event_choice(const aicost_json_t *j, uint32_t node,
    aicost_event_t *e);
static uint32_t aicost_event_delta(const aicost_json_t *j, uint32_t node);
static uint32_t aicost_event_tools(const aicost_json_t *j, uint32_t node);
static uint32_t aicost_event_call(const aicost_json_t *j, uint32_t node);
static uint32_t aicost_event_text(const aicost_json_t *j, uint32_t node);
static void aicost_event_string(const aicost_json_t *j, uint32_t node,
    aicost_str_t *s);
static int aicost_event_plain(aicost_event_form_t *form,
    const unsigned char *data, size_t len, aicost_event_t *e);
static int aicost_event_again(const aicost_event_form_t *form,
    const unsigned char *data, size_t len, aicost_event_t *e);
static void aicost_event_keep(aicost_event_form_t *form,
    const unsigned char *data, size_t len, const aicost_str_t *text,
    const aicost_event_t *e);
static void aicost_event_moved(aicost_str_t *s, aicost_event_form_t *form,
    const unsigned char *data, size_t text);
static int aicost_event_quick(const unsigned char *p,
    const unsigned char *last, aicost_event_t *e, aicost_str_t *text);
static const unsigned char *aicost_quick_choices(const unsigned char *p,
    const unsigned char *last, aicost_event_t *e, aicost_str_t *text);
static const unsigned char *aicost_quick_choice(const unsigned char *p,
    const unsigned char *last, aicost_event_t *e, aicost_str_t *text);
static const unsigned char *aicost_quick_delta(const unsigned char *p,
    const unsigned char *last, aicost_event_t *e, aicost_str_t *text);
static const unsigned char *aicost_quick_text(const unsigned char *p,
    const unsigned char *last, aicost_event_t *e, aicost_str_t *text);
static const unsigned char *aicost_quick_key(const unsigned char *p,
    const unsigned char *last, aicost_str_t *key);
static int aicost_quick_next(const unsigned char **p,
    const unsigned char *last, unsigned char end);
static const unsigned char *aicost_quick_string(const unsigned char *p,
    const unsigned char *last, aicost_str_t *s);
static const unsigned char *aicost_quick_nullable(const unsigned char *p,
    const unsigned char *last, aicost_str_t *s);
static const unsigned char *aicost_quick_scalar(const unsigned char *p,
    const unsigned char *last);
static const unsigned char *aicost_quick_word(const unsigned char *p,
    const unsigned char *last, const char *word);
static const unsigned char *aicost_quick_number(const unsigned char *p,
    const unsigned char *last, int64_t *n);


/* the name of a key without escapes is compared as it is written */

#define aicost_key_is(j, n, word)                                             \
    ((n)->len == sizeof(word) - 1                                             \
     && memcmp((j)->data + (n)->off, word, sizeof(word) - 1) == 0)

#define aicost_str_is(s, word)                                                \
    ((s)->len == sizeof(word) - 1                                             \
     && memcmp((s)->data, word, sizeof(word) - 1) == 0)


int
aicost_event_read(aicost_event_form_t *form, const unsigned char *data,
    size_t len, aicost_json_node_t *nodes, uint32_t max, aicost_event_t *e)
{
    int                        rc;
    uint32_t                   key, end, value, groq;
    unsigned                   empty;
    aicost_json_t              j;
    aicost_service_e           service;
    const aicost_json_node_t  *n;

    if (aicost_event_plain(form, data, len, e) == AICOST_OK) {
        return AICOST_OK;
    }

    memset(e, 0, sizeof(aicost_event_t));

    aicost_json_init(&j, data, len, nodes, max);

    do {
        rc = aicost_json_run(&j, AICOST_SLICE);
    } while (rc == AICOST_AGAIN);

    if (rc == AICOST_DECLINED) {

        /* more nodes than any chunk has: all of it counts as text */

        e->usage_state = aicost_usage_tail(data, len, &e->usage);
        e->text = (uint32_t) len;

        return AICOST_OK;
    }

    if (rc != AICOST_OK) {
        return AICOST_ERROR;
    }

    if (nodes[0].type != AICOST_JSON_OBJECT) {
        return AICOST_OK;
    }

    empty = 0;
    groq = 0;
    service = AICOST_SERVICE_AUTO;
    end = nodes[0].next;

    for (key = aicost_json_first(&j, 0); key && key < end; key = n->next) {
        n = &nodes[key];
        value = key + 1;

        if (aicost_key_is(&j, n, "choices")) {
            empty = nodes[value].type == AICOST_JSON_ARRAY
                    && nodes[value].count == 0;
            aicost_event_choices(&j, value, e);

        } else if (aicost_key_is(&j, n, "usage")) {
            e->usage_state = aicost_usage_openai(&j, value, &e->usage);
            e->usage_only = nodes[value].type == AICOST_JSON_OBJECT;

        } else if (aicost_key_is(&j, n, "x_groq")) {
            groq = value;

        } else if (aicost_key_is(&j, n, "service_tier")) {
            service = aicost_service_read(&j, value);

        } else if (aicost_key_is(&j, n, "error")) {
            e->error = nodes[value].type != AICOST_JSON_NULL;

        } else if (aicost_key_is(&j, n, "id")) {
            aicost_event_string(&j, value, &e->id);

        } else if (aicost_key_is(&j, n, "model")) {
            aicost_event_string(&j, value, &e->model);

        } else if (aicost_key_is(&j, n, "created")) {
            if (aicost_json_int(&j, value, 0, AICOST_USAGE_MAX, 1, &e->created)
                != AICOST_OK)
            {
                e->created = 0;
            }
        }
    }

    e->usage_only = e->usage_only && empty;

    if (e->usage_state == AICOST_USAGE_NONE && groq) {
        e->usage_state = aicost_usage_groq(&j, groq, &e->usage);
    }

    e->usage.service = service;

    return AICOST_OK;
}


/* without a tape; AICOST_DECLINED when that cannot be, e is undefined then */

static int
aicost_event_plain(aicost_event_form_t *form, const unsigned char *data,
    size_t len, aicost_event_t *e)
{
    aicost_str_t  text;

    if (form && aicost_event_again(form, data, len, e) == AICOST_OK) {
        return AICOST_OK;
    }

    memset(e, 0, sizeof(aicost_event_t));

    if (len >= 6 && memcmp(data, "[DONE]", 6) == 0) {
        e->done = 1;
        return AICOST_OK;
    }

    text.len = 0;
    text.data = NULL;

    if (aicost_event_quick(data, data + len, e, &text) != AICOST_OK) {
        return AICOST_DECLINED;
    }

    if (form && text.data) {
        aicost_event_keep(form, data, len, &text, e);
    }

    return AICOST_OK;
}


static void
aicost_event_choices(const aicost_json_t *j, uint32_t node, aicost_event_t *e)
{
    uint32_t  i, end;

    if (j->nodes[node].type != AICOST_JSON_ARRAY) {
        return;
    }

    end = j->nodes[node].next;

    for (i = aicost_json_first(j, node); i && i < end; i = j->nodes[i].next) {
        aicost_event_choice(j, i, e);
    }
}


static void
aicost_event_choice(const aicost_json_t *j, uint32_t node, aicost_event_t *e)
{
    uint32_t                   key, end;
    const aicost_json_node_t  *n;

    if (j->nodes[node].type != AICOST_JSON_OBJECT) {
        return;
    }

    end = j->nodes[node].next;

    for (key = aicost_json_first(j, node); key && key < end; key = n->next) {
        n = &j->nodes[key];

        if (aicost_key_is(j, n, "delta") || aicost_key_is(j, n, "message")) {
            e->text += aicost_event_delta(j, key + 1);

        } else if (aicost_key_is(j, n, "text")) {
            e->text += aicost_event_text(j, key + 1);

        } else if (aicost_key_is(j, n, "finish_reason")) {
            if (j->nodes[key + 1].type == AICOST_JSON_STRING) {
                e->finished = 1;
            }
        }
    }
}


static uint32_t
aicost_event_delta(const aicost_json_t *j, uint32_t node)
{
    uint32_t                   key, end, text;
    const aicost_json_node_t  *n;

    if (j->nodes[node].type != AICOST_JSON_OBJECT) {
        return 0;
    }

    text = 0;
    end = j->nodes[node].next;

    for (key = aicost_json_first(j, node); key && key < end; key = n->next) {
        n = &j->nodes[key];

        if (aicost_key_is(j, n, "content")
            || aicost_key_is(j, n, "reasoning_content")
            || aicost_key_is(j, n, "reasoning")
            || aicost_key_is(j, n, "refusal"))
        {
            text += aicost_event_text(j, key + 1);

        } else if (aicost_key_is(j, n, "tool_calls")) {
            text += aicost_event_tools(j, key + 1);

        } else if (aicost_key_is(j, n, "function_call")) {
            text += aicost_event_call(j, key + 1);
        }
    }

    return text;
}


static uint32_t
aicost_event_tools(const aicost_json_t *j, uint32_t node)
{
    uint32_t                   i, end, key, stop, text;
    const aicost_json_node_t  *n;

    if (j->nodes[node].type != AICOST_JSON_ARRAY) {
        return 0;
    }

    text = 0;
    end = j->nodes[node].next;

    for (i = aicost_json_first(j, node); i && i < end; i = j->nodes[i].next) {

        if (j->nodes[i].type != AICOST_JSON_OBJECT) {
            continue;
        }

        stop = j->nodes[i].next;

        for (key = aicost_json_first(j, i); key && key < stop; key = n->next) {
            n = &j->nodes[key];

            if (aicost_key_is(j, n, "function")
                || aicost_key_is(j, n, "custom"))
            {
                text += aicost_event_call(j, key + 1);
            }
        }
    }

    return text;
}


static uint32_t
aicost_event_call(const aicost_json_t *j, uint32_t node)
{
    uint32_t                   key, end, text;
    const aicost_json_node_t  *n;

    if (j->nodes[node].type != AICOST_JSON_OBJECT) {
        return 0;
    }

    text = 0;
    end = j->nodes[node].next;

    for (key = aicost_json_first(j, node); key && key < end; key = n->next) {
        n = &j->nodes[key];

        if (aicost_key_is(j, n, "arguments")
            || aicost_key_is(j, n, "name")
            || aicost_key_is(j, n, "input"))
        {
            text += aicost_event_text(j, key + 1);
        }
    }

    return text;
}


/* parts and arguments given as values count as they are written */

static uint32_t
aicost_event_text(const aicost_json_t *j, uint32_t node)
{
    switch (j->nodes[node].type) {

    case AICOST_JSON_STRING:
    case AICOST_JSON_ARRAY:
    case AICOST_JSON_OBJECT:
        return j->nodes[node].len;

    default:
        return 0;
    }
}


static void
aicost_event_string(const aicost_json_t *j, uint32_t node, aicost_str_t *s)
{
    if (j->nodes[node].type == AICOST_JSON_STRING) {
        s->len = j->nodes[node].len;
        s->data = (unsigned char *) j->data + j->nodes[node].off;
    }
}


/*
 * Chunks of a stream differ from the last one in their text only, as a rule.
 * What stands around it is compared then, and the text looked through for what
 * would end its string: nothing else can have changed.  AICOST_DECLINED when
 * the chunk is another one.
 */

static int
aicost_event_again(const aicost_event_form_t *form, const unsigned char *data,
    size_t len, aicost_event_t *e)
{
    size_t                n;
    const unsigned char  *text;

    if (form->head == 0 || len < form->head + form->tail) {
        return AICOST_DECLINED;
    }

    n = len - form->head - form->tail;
    text = data + form->head;

    if (memcmp(data, form->buf, form->head) != 0
        || memcmp(text + n, form->buf + form->head, form->tail) != 0)
    {
        return AICOST_DECLINED;
    }

    if (n && (text[n - 1] == '\\' || memchr(text, '"', n) != NULL)) {
        return AICOST_DECLINED;
    }

    *e = form->event;
    e->text += (uint32_t) n;

    return AICOST_OK;
}


/* text is one of e, in data; what is too long for a form has none */

static void
aicost_event_keep(aicost_event_form_t *form, const unsigned char *data,
    size_t len, const aicost_str_t *text, const aicost_event_t *e)
{
    size_t  head, tail;

    head = (size_t) (text->data - data);
    tail = len - head - text->len;

    if (head + tail > AICOST_EVENT_FORM) {
        form->head = 0;
        return;
    }

    form->head = (uint32_t) head;
    form->tail = (uint32_t) tail;
    memcpy(form->buf, data, head);
    memcpy(form->buf + head, text->data + text->len, tail);

    form->event = *e;
    form->event.text -= (uint32_t) text->len;
    aicost_event_moved(&form->event.id, form, data, text->len);
    aicost_event_moved(&form->event.model, form, data, text->len);
}


/* a string of the event, where it stands in its form */

static void
aicost_event_moved(aicost_str_t *s, aicost_event_form_t *form,
    const unsigned char *data, size_t text)
{
    size_t  off;

    if (s->data == NULL) {
        return;
    }

    off = (size_t) (s->data - data);
    s->data = form->buf + (off < form->head ? off : off - text);
}


/*
 * Most events are plain chunks of text.  They are walked without a tape; any
 * other shape, and any usage, x_groq or error that is not null, is left to the
 * strict reader: so nothing can be missed.  Returns AICOST_DECLINED then.  text
 * is the last one found, untouched when there is none.
 */

static int
aicost_event_quick(const unsigned char *p, const unsigned char *last,
    aicost_event_t *e, aicost_str_t *text)
{
    int           rc;
    aicost_str_t  key;

    if (p == last || *p++ != '{') {
        return AICOST_DECLINED;
    }

    do {
        p = aicost_quick_key(p, last, &key);
        if (p == NULL) {
            return AICOST_DECLINED;
        }

        if (aicost_str_is(&key, "choices")) {
            p = aicost_quick_choices(p, last, e, text);

        } else if (aicost_str_is(&key, "id")) {
            p = aicost_quick_string(p, last, &e->id);

        } else if (aicost_str_is(&key, "model")) {
            p = aicost_quick_string(p, last, &e->model);

        } else if (aicost_str_is(&key, "created")) {
            p = aicost_quick_number(p, last, &e->created);

        } else if (aicost_str_is(&key, "usage")
                   || aicost_str_is(&key, "x_groq")
                   || aicost_str_is(&key, "error"))
        {
            p = aicost_quick_word(p, last, "null");

        } else {
            p = aicost_quick_scalar(p, last);
        }

        rc = aicost_quick_next(&p, last, '}');

    } while (rc == AICOST_AGAIN);

    return rc == AICOST_OK && p == last ? AICOST_OK : AICOST_DECLINED;
}


/* all of these return NULL, and take it, when the shape is another one */

static const unsigned char *
aicost_quick_choices(const unsigned char *p, const unsigned char *last,
    aicost_event_t *e, aicost_str_t *text)
{
    int  rc;

    if (p == NULL || last - p < 2 || *p++ != '[') {
        return NULL;
    }

    if (*p == ']') {
        return p + 1;
    }

    do {
        p = aicost_quick_choice(p, last, e, text);
        rc = aicost_quick_next(&p, last, ']');

        if (rc == AICOST_AGAIN && p < last && *p == ' ') {
            p++;
        }
    } while (rc == AICOST_AGAIN);

    return p;
}


static const unsigned char *
aicost_quick_choice(const unsigned char *p, const unsigned char *last,
    aicost_event_t *e, aicost_str_t *text)
{
    int           rc;
    aicost_str_t  key, value;

    if (p == last || *p++ != '{') {
        return NULL;
    }

    do {
        p = aicost_quick_key(p, last, &key);
        if (p == NULL) {
            return NULL;
        }

        if (aicost_str_is(&key, "delta")) {
            p = aicost_quick_delta(p, last, e, text);

        } else if (aicost_str_is(&key, "finish_reason")) {
            p = aicost_quick_nullable(p, last, &value);
            e->finished |= value.data != NULL;

        } else if (aicost_str_is(&key, "text")) {
            p = aicost_quick_text(p, last, e, text);

        } else if (aicost_str_is(&key, "message")) {
            return NULL;

        } else {
            p = aicost_quick_scalar(p, last);
        }

        rc = aicost_quick_next(&p, last, '}');

    } while (rc == AICOST_AGAIN);

    return p;
}


static const unsigned char *
aicost_quick_delta(const unsigned char *p, const unsigned char *last,
    aicost_event_t *e, aicost_str_t *text)
{
    int           rc;
    aicost_str_t  key;

    if (last - p < 2 || *p++ != '{') {
        return NULL;
    }

    if (*p == '}') {
        return p + 1;
    }

    do {
        p = aicost_quick_key(p, last, &key);
        if (p == NULL) {
            return NULL;
        }

        if (aicost_str_is(&key, "content")
            || aicost_str_is(&key, "reasoning_content")
            || aicost_str_is(&key, "reasoning")
            || aicost_str_is(&key, "refusal"))
        {
            p = aicost_quick_text(p, last, e, text);

        } else {
            p = aicost_quick_scalar(p, last);
        }

        rc = aicost_quick_next(&p, last, '}');

    } while (rc == AICOST_AGAIN);

    return p;
}


static const unsigned char *
aicost_quick_text(const unsigned char *p, const unsigned char *last,
    aicost_event_t *e, aicost_str_t *text)
{
    aicost_str_t  value;

    p = aicost_quick_nullable(p, last, &value);

    if (value.data) {
        *text = value;
        e->text += (uint32_t) value.len;
    }

    return p;
}


/* past a key without escapes, its colon and a space */

static const unsigned char *
aicost_quick_key(const unsigned char *p, const unsigned char *last,
    aicost_str_t *key)
{
    const unsigned char  *start;

    if (p < last && *p == ' ') {
        p++;
    }

    if (p == last || *p++ != '"') {
        return NULL;
    }

    start = p;

    while (p < last && *p != '"') {
        if (*p == '\\') {
            return NULL;
        }

        p++;
    }

    if (last - p < 3 || p[1] != ':') {
        return NULL;
    }

    key->data = (unsigned char *) start;
    key->len = (size_t) (p - start);
    p += 2;

    return *p == ' ' ? p + 1 : p;
}


/* AICOST_AGAIN after a comma, AICOST_OK after the end */

static int
aicost_quick_next(const unsigned char **p, const unsigned char *last,
    unsigned char end)
{
    unsigned char  c;

    if (*p == NULL || *p == last) {
        *p = NULL;
        return AICOST_DECLINED;
    }

    c = *(*p)++;

    if (c == ',') {
        return AICOST_AGAIN;
    }

    if (c == end) {
        return AICOST_OK;
    }

    *p = NULL;

    return AICOST_DECLINED;
}


static const unsigned char *
aicost_quick_string(const unsigned char *p, const unsigned char *last,
    aicost_str_t *s)
{
    const unsigned char  *start, *q;

    s->len = 0;
    s->data = NULL;

    if (p == last || *p++ != '"') {
        return NULL;
    }

    start = p;

    for ( ;; ) {
        p = memchr(p, '"', (size_t) (last - p));
        if (p == NULL) {
            return NULL;
        }

        /* an odd number of backslashes before it: it is escaped */

        for (q = p; q > start && q[-1] == '\\'; q--) { /* void */ }

        if ((p - q) % 2 == 0) {
            break;
        }

        p++;
    }

    s->len = (size_t) (p - start);
    s->data = (unsigned char *) start;

    return p + 1;
}


/* s.data stays NULL for null */

static const unsigned char *
aicost_quick_nullable(const unsigned char *p, const unsigned char *last,
    aicost_str_t *s)
{
    if (p < last && *p == 'n') {
        s->len = 0;
        s->data = NULL;

        return aicost_quick_word(p, last, "null");
    }

    return aicost_quick_string(p, last, s);
}


static const unsigned char *
aicost_quick_scalar(const unsigned char *p, const unsigned char *last)
{
    int64_t       n;
    aicost_str_t  s;

    if (p == last) {
        return NULL;
    }

    switch (*p) {

    case '"':
        return aicost_quick_string(p, last, &s);

    case 'n':
        return aicost_quick_word(p, last, "null");

    case 't':
        return aicost_quick_word(p, last, "true");

    case 'f':
        return aicost_quick_word(p, last, "false");

    default:
        return aicost_quick_number(p, last, &n);
    }
}


static const unsigned char *
aicost_quick_word(const unsigned char *p, const unsigned char *last,
    const char *word)
{
    size_t  n;

    n = strlen(word);

    if ((size_t) (last - p) < n || memcmp(p, word, n) != 0) {
        return NULL;
    }

    return p + n;
}


/* a whole number of at most 12 digits */

static const unsigned char *
aicost_quick_number(const unsigned char *p, const unsigned char *last,
    int64_t *n)
{
    const unsigned char  *start;

    *n = 0;

    for (start = p; p < last && *p >= '0' && *p <= '9'; p++) {
        *n = *n * 10 + (*p - '0');

        if (p - start == 12 || (*start == '0' && p > start)) {
            return NULL;
        }
    }

    return p == start ? NULL : p;
}
