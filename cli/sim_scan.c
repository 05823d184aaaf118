
/*
 * Copyright (C) aicost
 *
 * One pass over a request body.  It trusts the JSON (a gateway or an SDK wrote
 * it) and stops at what it does not understand; strings are skipped by memchr.
 */


#include "sim.h"


#define SIM_SCAN_DEPTH          64


typedef enum {
    SIM_K_OTHER = 0,
    SIM_K_MODEL,
    SIM_K_STREAM,
    SIM_K_STREAM_OPTIONS,
    SIM_K_INCLUDE_USAGE,
    SIM_K_CAP,
    SIM_K_N,
    SIM_K_DIMENSIONS,
    SIM_K_ENCODING,
    SIM_K_TOOLS,
    SIM_K_MESSAGES,
    SIM_K_PROMPT,
    SIM_K_INPUT,
    SIM_K_TEXT
} sim_key_e;


typedef struct {
    uint8_t              array;
    uint8_t              key;          /* of the value being read; an array
                                          inherits the key it stands under */
} sim_level_t;


typedef struct {
    sim_ask_t           *ask;
    const char          *p;
    const char          *end;
    size_t               depth;        /* levels open */
    unsigned             key_next;     /* a string here is a member's name */
    const char          *tools;        /* where their array begins */
    sim_level_t          levels[SIM_SCAN_DEPTH];
} sim_scan_t;


static const struct {
    const char          *name;
    size_t               len;
    sim_key_e            key;
    unsigned             top;          /* only at the top level */
} sim_keys[] = {
    { "model", 5, SIM_K_MODEL, 1 },
    { "stream", 6, SIM_K_STREAM, 1 },
    { "stream_options", 14, SIM_K_STREAM_OPTIONS, 1 },
    { "include_usage", 13, SIM_K_INCLUDE_USAGE, 0 },
    { "max_tokens", 10, SIM_K_CAP, 1 },
    { "max_completion_tokens", 21, SIM_K_CAP, 1 },
    { "n", 1, SIM_K_N, 1 },
    { "dimensions", 10, SIM_K_DIMENSIONS, 1 },
    { "encoding_format", 15, SIM_K_ENCODING, 1 },
    { "tools", 5, SIM_K_TOOLS, 1 },
    { "messages", 8, SIM_K_MESSAGES, 1 },
    { "prompt", 6, SIM_K_PROMPT, 1 },
    { "input", 5, SIM_K_INPUT, 1 },
    { "content", 7, SIM_K_TEXT, 0 },
    { "text", 4, SIM_K_TEXT, 0 },
    { "arguments", 9, SIM_K_TEXT, 0 }
};


static sim_key_e
sim_scan_key(const sim_scan_t *s, const char *name, size_t len)
{
    size_t  i;

    for (i = 0; i < sizeof(sim_keys) / sizeof(sim_keys[0]); i++) {
        if (sim_keys[i].len == len
            && memcmp(sim_keys[i].name, name, len) == 0
            && (s->depth == 1) == (sim_keys[i].top != 0))
        {
            return sim_keys[i].key;
        }
    }

    return SIM_K_OTHER;
}


/* text counts below messages, and in prompt and input themselves */

static unsigned
sim_scan_counts(const sim_scan_t *s)
{
    uint8_t  key, top;

    key = s->levels[s->depth - 1].key;
    top = s->levels[0].key;

    return (top == SIM_K_MESSAGES && key == SIM_K_TEXT)
           || ((top == SIM_K_PROMPT || top == SIM_K_INPUT) && key == top);
}


static void
sim_scan_string(sim_scan_t *s, const char *data, size_t len)
{
    uint8_t  key;

    if (s->depth == 0) {
        return;
    }

    key = s->levels[s->depth - 1].key;

    if (sim_scan_counts(s)) {
        s->ask->text += (int64_t) len;

        if (key == SIM_K_INPUT) {
            s->ask->inputs++;
        }

    } else if (s->depth == 1 && key == SIM_K_MODEL) {
        s->ask->model = data;
        s->ask->model_len = len;

    } else if (s->depth == 1 && key == SIM_K_ENCODING) {
        s->ask->base64 = len == 6 && memcmp(data, "base64", 6) == 0;
    }
}


static void
sim_scan_word(sim_scan_t *s, const char *data, size_t len)
{
    char      text[24];
    uint8_t   key;
    int64_t   n;

    if (s->depth == 0 || len >= sizeof(text)) {
        return;
    }

    key = s->levels[s->depth - 1].key;

    if (sim_scan_counts(s) && *data != 'n') {
        s->ask->text += 4;
        return;
    }

    if (key == SIM_K_OTHER) {
        return;
    }

    memcpy(text, data, len);
    text[len] = '\0';

    if (key == SIM_K_STREAM) {
        s->ask->stream = *data == 't';

    } else if (key == SIM_K_INCLUDE_USAGE
               && s->levels[0].key == SIM_K_STREAM_OPTIONS)
    {
        s->ask->include_usage = *data == 't';

    } else if (aicost_number(text, 0, 1000000000, &n) != AICOST_OK) {
        return;

    } else if (key == SIM_K_CAP) {
        s->ask->cap = n;

    } else if (key == SIM_K_N) {
        s->ask->choices = n > 0 && n <= 128 ? n : 1;

    } else if (key == SIM_K_DIMENSIONS) {
        s->ask->dimensions = n;
    }
}


static unsigned
sim_scan_open(sim_scan_t *s, unsigned array)
{
    uint8_t  key;

    if (s->depth == SIM_SCAN_DEPTH) {
        return 0;
    }

    key = s->depth ? s->levels[s->depth - 1].key : SIM_K_OTHER;

    if (array && s->depth == 1 && key == SIM_K_TOOLS) {
        s->tools = s->p - 1;
    }

    s->levels[s->depth].array = (uint8_t) array;
    s->levels[s->depth].key = array ? key : SIM_K_OTHER;
    s->depth++;
    s->key_next = !array;

    return 1;
}


/* an input that is tokens is one input; of nested ones each is */

static void
sim_scan_close(sim_scan_t *s)
{
    if (s->depth == 0) {
        return;
    }

    if (s->levels[s->depth - 1].array && s->depth >= 2
        && s->levels[s->depth - 1].key == SIM_K_INPUT
        && s->p[-2] >= '0' && s->p[-2] <= '9')
    {
        s->ask->inputs++;
    }

    s->depth--;
    s->key_next = 0;

    if (s->tools && s->depth == 1) {
        s->ask->text += s->p - s->tools;
        s->tools = NULL;
    }
}


/* p is after the opening quote; NULL when the string does not end */

static const char *
sim_scan_quote(const char *p, const char *end)
{
    const char  *q, *b;

    for (q = p; ; q++) {
        q = memchr(q, '"', (size_t) (end - q));

        if (q == NULL) {
            return NULL;
        }

        for (b = q; b > p && b[-1] == '\\'; b--) { /* void */ }

        if (((q - b) & 1) == 0) {
            return q;
        }
    }
}


static unsigned
sim_scan_step(sim_scan_t *s)
{
    char         ch;
    const char  *start, *quote;

    start = s->p;
    ch = *s->p++;

    switch (ch) {

    case ' ': case '\t': case '\r': case '\n': case ':':
        return 1;

    case ',':
        s->key_next = s->depth && !s->levels[s->depth - 1].array;
        return 1;

    case '{': case '[':
        return sim_scan_open(s, ch == '[');

    case '}': case ']':
        sim_scan_close(s);
        return 1;

    case '"':
        quote = sim_scan_quote(s->p, s->end);

        if (quote == NULL) {
            return 0;
        }

        if (s->key_next) {
            s->key_next = 0;
            s->levels[s->depth - 1].key = (uint8_t)
                sim_scan_key(s, s->p, (size_t) (quote - s->p));

        } else {
            sim_scan_string(s, s->p, (size_t) (quote - s->p));
        }

        s->p = quote + 1;
        return 1;

    default:
        while (s->p < s->end && strchr(",]} \t\r\n", *s->p) == NULL) {
            s->p++;
        }

        sim_scan_word(s, start, (size_t) (s->p - start));
        return 1;
    }
}


void
sim_scan(sim_ask_t *a, const char *data, size_t len)
{
    sim_scan_t  s;

    memset(a, 0, sizeof(*a));
    a->cap = -1;
    a->choices = 1;

    memset(&s, 0, sizeof(s));
    s.ask = a;
    s.p = data;
    s.end = data + len;

    while (s.p < s.end && sim_scan_step(&s)) { /* void */ }

    if (a->inputs == 0) {
        a->inputs = 1;
    }
}
