
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
static aicost_usage_e aicost_usage_groq(const aicost_json_t *j, uint32_t node,
    aicost_usage_t *u);
static aicost_usage_e aicost_usage_at(const unsigned char *data, size_t len,
    aicost_usage_t *u);
static unsigned aicost_usage_is_top(const unsigned char *p,
    const unsigned char *last);
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


/* the name of a key without escapes is compared as it is written */

#define aicost_key_is(j, n, word)                                             \
    ((n)->len == sizeof(word) - 1                                             \
     && memcmp((j)->data + (n)->off, word, sizeof(word) - 1) == 0)


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


/* the newest x_groq.usage counts memory, not tokens: it is no usage then */

static aicost_usage_e
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
    unsigned              tries;
    aicost_usage_e        rc;
    const unsigned char  *p, *last;

    memset(u, 0, sizeof(aicost_usage_t));

    if (len < sizeof("\"usage\":{}") - 1) {
        return AICOST_USAGE_NONE;
    }

    last = data + len;
    tries = 0;

    /* in a string the quotes of the word would be escaped */

    for (p = last - 7; p >= data && tries < AICOST_TAIL_TRIES; p--) {

        if (*p != '"'
            || memcmp(p, "\"usage\"", 7) != 0
            || (p > data && p[-1] == '\\'))
        {
            if (p == data) {
                break;
            }

            continue;
        }

        tries++;

        rc = aicost_usage_at(p + 7, (size_t) (last - p) - 7, u);
        if (rc != AICOST_USAGE_NONE) {
            return rc;
        }

        if (p == data) {
            break;
        }
    }

    return AICOST_USAGE_NONE;
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


int
aicost_event_read(const unsigned char *data, size_t len,
    aicost_json_node_t *nodes, uint32_t max, aicost_event_t *e)
{
    int                        rc;
    uint32_t                   key, end, value, groq;
    unsigned                   empty;
    aicost_json_t              j;
    const aicost_json_node_t  *n;

    memset(e, 0, sizeof(aicost_event_t));

    if (len >= 6 && memcmp(data, "[DONE]", 6) == 0) {
        e->done = 1;
        return AICOST_OK;
    }

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
