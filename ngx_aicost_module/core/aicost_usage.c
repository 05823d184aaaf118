
/*
 * Copyright (C) aicost
 */


#include "aicost_usage.h"


#define AICOST_TAIL_NODES      256     /* tape of one usage object */
#define AICOST_TAIL_TRIES      16      /* "usage" words tried, from the end */
#define AICOST_SLICE           ((size_t) 1 << 30)


static int aicost_usage_subset(const aicost_json_t *j, uint32_t usage,
    const char *details, const char *name, int64_t *value);
static aicost_usage_e aicost_usage_number(const aicost_json_t *j,
    uint32_t object, const char *name, int64_t *value);
static aicost_usage_e aicost_usage_root(const aicost_json_t *j,
    aicost_usage_t *u);
static aicost_usage_e aicost_usage_at(const unsigned char *data, size_t len,
    aicost_usage_t *u);
static size_t aicost_usage_step(unsigned char c);
static unsigned aicost_usage_is_top(const unsigned char *p,
    const unsigned char *last);


aicost_usage_e
aicost_usage_openai(const aicost_json_t *j, uint32_t node, aicost_usage_t *u)
{
    int64_t         prompt, output, total, cached, hit, write, reasoning;
    aicost_usage_e  has_prompt, has_output, has_total;

    memset(u, 0, sizeof(aicost_usage_t));

    if (j->nodes[node].type == AICOST_JSON_NULL) {
        return AICOST_USAGE_NONE;
    }

    if (j->nodes[node].type != AICOST_JSON_OBJECT) {
        return AICOST_USAGE_BAD;
    }

    has_prompt = aicost_usage_number(j, node, "prompt_tokens", &prompt);
    has_output = aicost_usage_number(j, node, "completion_tokens", &output);
    has_total = aicost_usage_number(j, node, "total_tokens", &total);

    if (has_prompt == AICOST_USAGE_BAD || has_output == AICOST_USAGE_BAD) {
        return AICOST_USAGE_BAD;
    }

    /* one count may be missing: embeddings have no output.  The total is not
       used but to tell what it was, unknown is never zero */

    if (has_prompt == AICOST_USAGE_NONE) {

        if (has_total != AICOST_USAGE_READ
            || has_output == AICOST_USAGE_NONE
            || total < output)
        {
            return AICOST_USAGE_BAD;
        }

        prompt = total - output;

    } else if (has_output == AICOST_USAGE_NONE
               && has_total == AICOST_USAGE_READ
               && total > prompt)
    {
        output = total - prompt;
    }

    if (aicost_usage_subset(j, node, "prompt_tokens_details", "cached_tokens",
                            &cached) != AICOST_OK
        || aicost_usage_subset(j, node, "prompt_tokens_details",
                               "cache_write_tokens", &write) != AICOST_OK
        || aicost_usage_subset(j, node, "completion_tokens_details",
                               "reasoning_tokens", &reasoning) != AICOST_OK
        || aicost_usage_subset(j, node, NULL, "prompt_cache_hit_tokens", &hit)
           != AICOST_OK)
    {
        return AICOST_USAGE_BAD;
    }

    /* the subsets never exceed the parent; the dearer one is kept first */

    if (cached < hit) {
        cached = hit;
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
    u->reasoning = reasoning > output ? output : reasoning;

    return AICOST_USAGE_READ;
}


/* a member of usage, or of its details: 0 when either is missing or null */

static int
aicost_usage_subset(const aicost_json_t *j, uint32_t usage,
    const char *details, const char *name, int64_t *value)
{
    *value = 0;

    if (details != NULL) {
        usage = aicost_json_get(j, usage, details);

        if (usage == 0 || j->nodes[usage].type == AICOST_JSON_NULL) {
            return AICOST_OK;
        }

        if (j->nodes[usage].type != AICOST_JSON_OBJECT) {
            return AICOST_ERROR;
        }
    }

    return aicost_usage_number(j, usage, name, value) == AICOST_USAGE_BAD
           ? AICOST_ERROR : AICOST_OK;
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


static aicost_usage_e
aicost_usage_root(const aicost_json_t *j, aicost_usage_t *u)
{
    uint32_t        node;
    aicost_usage_e  rc;

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
    int                   rc;
    unsigned              depth;
    aicost_json_t         j;
    aicost_json_node_t    nodes[AICOST_TAIL_NODES];
    const unsigned char  *p, *last, *object;

    last = data + len;

    for (p = data; p < last; p++) {
        if (*p != ' ' && *p != '\t' && *p != '\n' && *p != '\r' && *p != ':') {
            break;
        }
    }

    if (p == data || p == last || *p != '{') {
        return AICOST_USAGE_NONE;
    }

    /* a usage object has no strings with braces; if it had, it would not
       parse below */

    object = p;
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

    if (!aicost_usage_is_top(p, last)) {
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

    return aicost_usage_openai(&j, 0, u);
}


/* what follows a member of the root closes one object and nothing else: so a
   model's own words, nested deeper, are never taken for usage */

static unsigned
aicost_usage_is_top(const unsigned char *p, const unsigned char *last)
{
    int       depth;
    unsigned  string;

    depth = 1;
    string = 0;

    for ( /* void */ ; p < last; p++) {

        if (string) {
            if (*p == '\\') {
                p++;

            } else if (*p == '"') {
                string = 0;
            }

            continue;
        }

        switch (*p) {

        case '"':
            string = 1;
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

    return depth == 0 && !string;
}
