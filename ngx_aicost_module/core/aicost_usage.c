
/*
 * Copyright (C) aicost
 */


#include "aicost_usage.h"


#define AICOST_TAIL_NODES      256     /* tape of one usage object */
#define AICOST_TAIL_TRIES      16      /* "usage" words tried, from the end */
#define AICOST_SLICE           ((size_t) 1 << 30)
#define AICOST_USAGE_DIGITS    15     /* of a count that is read quickly */


typedef enum {
    AICOST_COUNT_PROMPT = 1,
    AICOST_COUNT_COMPLETION,
    AICOST_COUNT_TOTAL,
    AICOST_COUNT_HIT,
    AICOST_COUNT_INPUT,        /* no count, but an object of those below */
    AICOST_COUNT_CACHED,
    AICOST_COUNT_WRITE,
    AICOST_COUNT_OUTPUT,       /* likewise */
    AICOST_COUNT_REASONING,
    AICOST_COUNTS
} aicost_usage_count_e;


typedef struct {
    int64_t            value[AICOST_COUNTS];
    unsigned           seen;   /* a bit each */
} aicost_usage_counts_t;


static aicost_usage_e aicost_usage_counted(const aicost_usage_counts_t *c,
    aicost_usage_t *u);
static const unsigned char *aicost_usage_quick(const unsigned char *p,
    const unsigned char *last, aicost_usage_counts_t *c);
static unsigned aicost_usage_name(const unsigned char **pp,
    const unsigned char *last, unsigned in, unsigned i);
static const unsigned char *aicost_usage_space(const unsigned char *p,
    const unsigned char *last);
static const unsigned char *aicost_usage_digits(const unsigned char *p,
    const unsigned char *last, int64_t *value);
static aicost_usage_e aicost_usage_number(const aicost_json_t *j,
    uint32_t object, const char *name, int64_t *value);
static aicost_usage_e aicost_usage_at(const unsigned char *data, size_t len,
    aicost_usage_t *u);
static size_t aicost_usage_step(unsigned char c);
static unsigned aicost_usage_is_top(const unsigned char *p,
    const unsigned char *last, aicost_service_e *service);
static aicost_service_e aicost_usage_service(const unsigned char *p,
    const unsigned char *last);


/* the counts a usage object of this shape has, in the order most write them */

static const struct {
    uint8_t       in;          /* the object it stands in: a count, or 0 */
    uint8_t       len;
    const char   *name;
} aicost_usage_counts[] = {
    { 0, 0, NULL },
    { 0, 13, "prompt_tokens" },
    { 0, 17, "completion_tokens" },
    { 0, 12, "total_tokens" },
    { 0, 23, "prompt_cache_hit_tokens" },
    { 0, 21, "prompt_tokens_details" },
    { AICOST_COUNT_INPUT, 13, "cached_tokens" },
    { AICOST_COUNT_INPUT, 18, "cache_write_tokens" },
    { 0, 25, "completion_tokens_details" },
    { AICOST_COUNT_OUTPUT, 16, "reasoning_tokens" }
};


aicost_usage_e
aicost_usage_openai(const aicost_json_t *j, uint32_t node, aicost_usage_t *u)
{
    unsigned               i;
    uint32_t               object, details[AICOST_COUNTS];
    aicost_usage_e         rc;
    aicost_usage_counts_t  c;

    memset(u, 0, sizeof(aicost_usage_t));

    if (j->nodes[node].type == AICOST_JSON_NULL) {
        return AICOST_USAGE_NONE;
    }

    if (j->nodes[node].type != AICOST_JSON_OBJECT) {
        return AICOST_USAGE_BAD;
    }

    memset(&c, 0, sizeof(aicost_usage_counts_t));
    details[0] = node;

    for (i = 1; i < AICOST_COUNTS; i++) {
        object = details[aicost_usage_counts[i].in];

        if (object == 0 && aicost_usage_counts[i].in) {
            continue;
        }

        if (i == AICOST_COUNT_INPUT || i == AICOST_COUNT_OUTPUT) {
            details[i] = aicost_json_get(j, node, aicost_usage_counts[i].name);

            if (details[i] == 0
                || j->nodes[details[i]].type == AICOST_JSON_NULL)
            {
                details[i] = 0;

            } else if (j->nodes[details[i]].type != AICOST_JSON_OBJECT) {
                return AICOST_USAGE_BAD;
            }

            continue;
        }

        rc = aicost_usage_number(j, object, aicost_usage_counts[i].name,
                                 &c.value[i]);

        /* the total is used only to tell what is missing */

        if (rc == AICOST_USAGE_BAD && i != AICOST_COUNT_TOTAL) {
            return AICOST_USAGE_BAD;
        }

        c.seen |= (unsigned) (rc == AICOST_USAGE_READ) << i;
    }

    return aicost_usage_counted(&c, u);
}


static aicost_usage_e
aicost_usage_counted(const aicost_usage_counts_t *c, aicost_usage_t *u)
{
    int64_t   prompt, output, cached, write, total;
    unsigned  has_prompt, has_output, has_total;

    has_prompt = c->seen >> AICOST_COUNT_PROMPT & 1;
    has_output = c->seen >> AICOST_COUNT_COMPLETION & 1;
    has_total = c->seen >> AICOST_COUNT_TOTAL & 1;

    prompt = c->value[AICOST_COUNT_PROMPT];
    output = c->value[AICOST_COUNT_COMPLETION];
    total = c->value[AICOST_COUNT_TOTAL];

    /* one count may be missing: embeddings have no output.  The total is not
       used but to tell what it was, unknown is never zero */

    if (!has_prompt) {

        if (!has_total || !has_output || total < output) {
            return AICOST_USAGE_BAD;
        }

        prompt = total - output;

    } else if (!has_output && has_total && total > prompt) {
        output = total - prompt;
    }

    /* the subsets never exceed the parent; the dearer one is kept first */

    cached = c->value[AICOST_COUNT_CACHED];
    write = c->value[AICOST_COUNT_WRITE];

    if (cached < c->value[AICOST_COUNT_HIT]) {
        cached = c->value[AICOST_COUNT_HIT];
    }

    if (write > prompt) {
        write = prompt;
    }

    if (cached > prompt - write) {
        cached = prompt - write;
    }

    u->input = prompt - write - cached;
    u->cached = cached;
    u->cache_write = write;
    u->output = output;
    u->reasoning = c->value[AICOST_COUNT_REASONING];

    if (u->reasoning > output) {
        u->reasoning = output;
    }

    return AICOST_USAGE_READ;
}


/*
 * The object at p as most write it: keys without escapes, counts, nothing twice
 * that is counted.  Returns past it, NULL when it is of another kind: strings,
 * fractions, objects of other names are left to the strict reader.
 */

static const unsigned char *
aicost_usage_quick(const unsigned char *p, const unsigned char *last,
    aicost_usage_counts_t *c)
{
    unsigned  i, in;

    i = 0;
    in = 0;
    memset(c, 0, sizeof(aicost_usage_counts_t));

    for (p++; /* void */ ; p++) {
        p = aicost_usage_space(p, last);

        if (p == last || *p != '"') {
            return NULL;
        }

        i = aicost_usage_name(&p, last, in, i);

        if (p == NULL) {
            return NULL;
        }

        p = aicost_usage_space(p, last);

        if (p == last || *p != ':' || (i && c->seen >> i & 1)) {
            return NULL;
        }

        p = aicost_usage_space(p + 1, last);

        if (i == AICOST_COUNT_INPUT || i == AICOST_COUNT_OUTPUT) {

            if (p == last || *p != '{') {
                return NULL;
            }

            c->seen |= 1u << i;
            in = i;
            continue;
        }

        p = aicost_usage_digits(p, last, &c->value[i]);

        if (p == NULL) {
            return NULL;
        }

        c->seen |= 1u << i;
        p = aicost_usage_space(p, last);

        while (p < last && *p == '}') {

            if (in == 0) {
                return p + 1;
            }

            in = 0;
            p = aicost_usage_space(p + 1, last);
        }

        if (p == last || *p != ',') {
            return NULL;
        }
    }
}


/*
 * Which count the name at *pp is, in the object `in`: 0 for another.  The one
 * that follows count i is the likeliest.  *pp is set past the name, to NULL
 * when it has an escape or no end.
 */

static unsigned
aicost_usage_name(const unsigned char **pp, const unsigned char *last,
    unsigned in, unsigned i)
{
    size_t                len;
    unsigned              n;
    const unsigned char  *p, *end;

    p = *pp + 1;

    for (n = 1; n < AICOST_COUNTS; n++) {
        i = (i < AICOST_COUNTS - 1) ? i + 1 : 1;
        len = aicost_usage_counts[i].len;

        if (aicost_usage_counts[i].in == in
            && (size_t) (last - p) > len && p[len] == '"'
            && memcmp(aicost_usage_counts[i].name, p, len) == 0)
        {
            *pp = p + len + 1;
            return i;
        }
    }

    end = memchr(p, '"', (size_t) (last - p));

    if (end && memchr(p, '\\', (size_t) (end - p)) == NULL) {
        *pp = end + 1;

    } else {
        *pp = NULL;
    }

    return 0;
}


static const unsigned char *
aicost_usage_space(const unsigned char *p, const unsigned char *last)
{
    while (p < last && (*p == ' ' || *p == '\t' || *p == '\n' || *p == '\r')) {
        p++;
    }

    return p;
}


/* a count, without leading zeros; NULL for anything else */

static const unsigned char *
aicost_usage_digits(const unsigned char *p, const unsigned char *last,
    int64_t *value)
{
    uint64_t              n;
    const unsigned char  *start;

    n = 0;

    for (start = p; p < last && (unsigned) (*p - '0') < 10; p++) {
        n = n * 10 + (uint64_t) (*p - '0');
    }

    if (p == start || p - start > AICOST_USAGE_DIGITS
        || (*start == '0' && p - start > 1)
        || n > (uint64_t) AICOST_USAGE_MAX)
    {
        return NULL;
    }

    *value = (int64_t) n;

    return p;
}


/* value is 0 unless it is READ */

static aicost_usage_e
aicost_usage_number(const aicost_json_t *j, uint32_t object, const char *name,
    int64_t *value)
{
    uint32_t  node;

    *value = 0;

    node = aicost_json_get(j, object, name);

    if (node == 0 || j->nodes[node].type == AICOST_JSON_NULL) {
        return AICOST_USAGE_NONE;
    }

    if (aicost_json_int(j, node, 0, AICOST_USAGE_MAX, 1, value) != AICOST_OK) {
        *value = 0;
        return AICOST_USAGE_BAD;
    }

    return AICOST_USAGE_READ;
}


aicost_usage_e
aicost_usage_answer(const unsigned char *data, size_t len,
    aicost_json_node_t *nodes, uint32_t max, aicost_usage_t *u)
{
    int            rc;
    aicost_json_t  j;

    memset(u, 0, sizeof(aicost_usage_t));

    aicost_json_init(&j, data, len, nodes, max);

    do {
        rc = aicost_json_run(&j, AICOST_SLICE);
    } while (rc == AICOST_AGAIN);

    if (rc == AICOST_OK) {
        return aicost_usage_root(&j, u);
    }

    /* too many nodes for the caller's tape, or not quite strict: billed all
       the same */

    return aicost_usage_tail(data, len, u);
}


aicost_usage_e
aicost_usage_root(const aicost_json_t *j, aicost_usage_t *u)
{
    uint32_t        node;
    aicost_usage_e  rc;

    memset(u, 0, sizeof(aicost_usage_t));

    if (j->nodes[0].type != AICOST_JSON_OBJECT) {
        return AICOST_USAGE_NONE;
    }

    rc = AICOST_USAGE_NONE;

    node = aicost_json_get(j, 0, "usage");
    if (node) {
        rc = aicost_usage_openai(j, node, u);
    }

    if (rc == AICOST_USAGE_NONE) {
        node = aicost_json_get(j, 0, "x_groq");
        if (node) {
            rc = aicost_usage_groq(j, node, u);
        }
    }

    u->service = aicost_service_member(j, 0);

    return rc;
}


aicost_usage_e
aicost_usage_groq(const aicost_json_t *j, uint32_t node, aicost_usage_t *u)
{
    if (j->nodes[node].type != AICOST_JSON_OBJECT) {
        return AICOST_USAGE_NONE;
    }

    node = aicost_json_get(j, node, "usage");

    if (node == 0
        || j->nodes[node].type != AICOST_JSON_OBJECT
        || (aicost_json_get(j, node, "prompt_tokens") == 0
            && aicost_json_get(j, node, "completion_tokens") == 0))
    {
        return AICOST_USAGE_NONE;
    }

    return aicost_usage_openai(j, node, u);
}


aicost_usage_e
aicost_usage_tail(const unsigned char *data, size_t len, aicost_usage_t *u)
{
    size_t                at, step;
    unsigned              tries;
    aicost_usage_e        rc;
    const unsigned char  *p;

    memset(u, 0, sizeof(aicost_usage_t));

    if (len < sizeof("\"usage\":{}") - 1) {
        return AICOST_USAGE_NONE;
    }

    tries = 0;

    for (at = len - 7; tries < AICOST_TAIL_TRIES; at -= step) {
        p = data + at;
        step = aicost_usage_step(*p);

        /* in a string the quotes of the word would be escaped */

        if (*p == '"'
            && memcmp(p, "\"usage\"", 7) == 0
            && (at == 0 || p[-1] != '\\'))
        {
            tries++;

            rc = aicost_usage_at(p + 7, len - at - 7, u);
            if (rc != AICOST_USAGE_NONE) {
                return rc;
            }
        }

        if (at < step) {
            break;
        }
    }

    return AICOST_USAGE_NONE;
}


/* bytes back to where "usage" may begin, as *p is not its first one: the place
   of that letter in the word, or all of the word */

static size_t
aicost_usage_step(unsigned char c)
{
    switch (c) {

    case 'u':
        return 1;

    case 's':
        return 2;

    case 'a':
        return 3;

    case 'g':
        return 4;

    case 'e':
        return 5;

    case '"':
        return 6;

    default:
        return 7;
    }
}


/* data is what follows the word "usage" */

static aicost_usage_e
aicost_usage_at(const unsigned char *data, size_t len, aicost_usage_t *u)
{
    int                    rc;
    unsigned               depth;
    aicost_json_t          j;
    aicost_usage_e         state;
    aicost_service_e       service;
    aicost_json_node_t     nodes[AICOST_TAIL_NODES];
    const unsigned char   *p, *last, *object;
    aicost_usage_counts_t  counts;

    last = data + len;

    for (p = data; p < last; p++) {
        if (*p != ' ' && *p != '\t' && *p != '\n' && *p != '\r' && *p != ':') {
            break;
        }
    }

    if (p == data || p == last || *p != '{') {
        return AICOST_USAGE_NONE;
    }

    object = p;
    p = aicost_usage_quick(object, last, &counts);

    if (p) {
        if (!aicost_usage_is_top(p, last, &service)) {
            return AICOST_USAGE_NONE;
        }

        u->service = service;

        return aicost_usage_counted(&counts, u);
    }

    /* a usage object has no strings with braces; if it had, it would not
       parse below */

    p = object;
    depth = 0;

    for ( /* void */ ; p < last; p++) {
        if (*p == '{') {
            depth++;

        } else if (*p == '}' && --depth == 0) {
            break;
        }
    }

    if (p == last) {
        return AICOST_USAGE_NONE;
    }

    p++;

    if (!aicost_usage_is_top(p, last, &service)) {
        return AICOST_USAGE_NONE;
    }

    aicost_json_init(&j, object, (size_t) (p - object), nodes,
                     AICOST_TAIL_NODES);

    do {
        rc = aicost_json_run(&j, AICOST_SLICE);
    } while (rc == AICOST_AGAIN);

    if (rc != AICOST_OK) {
        return AICOST_USAGE_BAD;
    }

    state = aicost_usage_openai(&j, 0, u);
    u->service = service;

    return state;
}


/* what follows a member of the root closes one object and nothing else: so a
   model's own words, nested deeper, are never taken for usage.  service is what
   one of those members says, AUTO without one */

static unsigned
aicost_usage_is_top(const unsigned char *p, const unsigned char *last,
    aicost_service_e *service)
{
    int  depth;

    depth = 1;
    *service = AICOST_SERVICE_AUTO;

    for ( /* void */ ; p < last; p++) {

        switch (*p) {

        case '"':
            if (depth == 1 && *service == AICOST_SERVICE_AUTO) {
                *service = aicost_usage_service(p, last);
            }

            for (p++; p < last && *p != '"'; p++) {
                p += (*p == '\\');
            }

            if (p >= last) {
                return 0;
            }

            break;

        case '{':
        case '[':
            depth++;
            break;

        case '}':
        case ']':
            depth--;

            if (depth < 0) {
                return 0;
            }

            break;
        }
    }

    return depth == 0;
}


/* of the member at p, AUTO when it is another one */

static aicost_service_e
aicost_usage_service(const unsigned char *p, const unsigned char *last)
{
    size_t                len;
    const unsigned char  *end;

    static const char  key[] = "\"service_tier\"";

    len = sizeof(key) - 1;

    if ((size_t) (last - p) < len || memcmp(p, key, len) != 0) {
        return AICOST_SERVICE_AUTO;
    }

    p = aicost_usage_space(p + len, last);

    if (p == last || *p != ':') {
        return AICOST_SERVICE_AUTO;
    }

    p = aicost_usage_space(p + 1, last);

    if (p == last || *p != '"') {
        return AICOST_SERVICE_AUTO;
    }

    p++;
    end = memchr(p, '"', (size_t) (last - p));

    return end ? aicost_service_word(p, (size_t) (end - p))
               : AICOST_SERVICE_AUTO;
}
