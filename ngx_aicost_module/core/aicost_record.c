
/*
 * Copyright (C) aicost
 */


#include "aicost_record.h"
#include "format/aicost_shape.h"


#define AICOST_RECORD_TIME     INT64_C(253402300800000)   /* the year 10000 */


static const struct {
    const char          *shape;
    const char          *endpoint;
} aicost_record_names[AICOST_EP_MAX] = {
    { "", "" },
    { "openai", "chat" },
    { "openai", "completions" },
    { "openai", "embeddings" },
    { "responses", "responses" },
    { "anthropic", "messages" },
    { "", "" },                        /* a count of tokens calls nobody */
    { "gemini", "generate" },
    { "gemini", "generate_stream" },
    { "", "" },                        /* nor does Gemini's */
    { "", "" },
    { "", "" },
    { "", "" }
};


const char *
aicost_record_shape(aicost_endpoint_e ep)
{
    return aicost_record_names[ep].shape;
}


const char *
aicost_record_endpoint(aicost_endpoint_e ep)
{
    return aicost_record_names[ep].endpoint;
}


/* --- writing -------------------------------------------------------------- */

static void
aicost_record_word(aicost_out_t *o, const char *name, const char *word)
{
    aicost_str_t  s;

    s.data = (unsigned char *) (uintptr_t) word;
    s.len = strlen(word);

    aicost_out_name(o, name);
    aicost_shape_raw(o, &s, s.len);
}


static void
aicost_record_str(aicost_out_t *o, const char *name, const aicost_str_t *s)
{
    aicost_out_name(o, name);
    aicost_shape_raw(o, s, AICOST_MAX_IDENT);
}


static void
aicost_record_int(aicost_out_t *o, const char *name, int64_t n)
{
    aicost_out_name(o, name);
    aicost_out_int(o, n);
}


static void
aicost_record_flag(aicost_out_t *o, const char *name, unsigned yes)
{
    aicost_out_name(o, name);
    aicost_out_text(o, yes ? "true" : "false");
}


/* the body in one line: outside of strings a line feed is a blank */

static void
aicost_record_body(const aicost_json_t *j, aicost_out_t *o)
{
    const unsigned char  *p, *run, *last;

    p = j->data;
    last = p + j->len;

    for (run = p; p < last; p++) {
        if (*p == '\n' || *p == '\r') {
            aicost_out(o, run, (size_t) (p - run));
            aicost_out(o, " ", 1);
            run = p + 1;
        }
    }

    aicost_out(o, run, (size_t) (last - run));
}


void
aicost_record_write(const aicost_record_t *r, const aicost_json_t *j,
    unsigned char *text, aicost_out_t *o)
{
    aicost_out_text(o, "{\"version\":1");
    aicost_record_int(o, "time", r->time);
    aicost_record_word(o, "shape", aicost_record_shape(r->endpoint));
    aicost_record_word(o, "endpoint", aicost_record_endpoint(r->endpoint));
    aicost_record_flag(o, "stream", r->stream);
    aicost_record_str(o, "tier", &r->tier);
    aicost_record_str(o, "model", &r->model);
    aicost_record_int(o, "status", r->status);
    aicost_record_str(o, "settled", &r->settled);
    aicost_record_int(o, "tokens_in", r->tokens_in);
    aicost_record_int(o, "tokens_cached", r->tokens_cached);
    aicost_record_int(o, "tokens_out", r->tokens_out);
    aicost_record_int(o, "cost_nano", r->cost);
    aicost_record_str(o, "currency", &r->currency);
    aicost_record_int(o, "latency_ms", r->latency);
    aicost_record_int(o, "ttft_ms", r->ttft);
    aicost_record_flag(o, "redacted", r->redacted);
    aicost_out_name(o, "request");

    if (r->redacted) {
        aicost_redact(j, text, o);

    } else {
        aicost_record_body(j, o);
    }

    aicost_out_text(o, "}\n");
}


/* --- reading -------------------------------------------------------------- */

static int
aicost_record_take(const aicost_json_t *j, const char *name, aicost_str_t *s)
{
    uint32_t  n;

    n = aicost_json_get(j, 0, name);

    if (n == 0 || j->nodes[n].type != AICOST_JSON_STRING) {
        return AICOST_ERROR;
    }

    s->data = (unsigned char *) (uintptr_t) j->data + j->nodes[n].off;
    s->len = j->nodes[n].len;

    return AICOST_OK;
}


static int
aicost_record_number(const aicost_json_t *j, const char *name, int64_t min,
    int64_t max, int64_t *n)
{
    uint32_t  node;

    node = aicost_json_get(j, 0, name);

    return node ? aicost_json_int(j, node, min, max, 0, n) : AICOST_ERROR;
}


static int
aicost_record_bool(const aicost_json_t *j, const char *name)
{
    uint32_t  n;

    n = aicost_json_get(j, 0, name);

    return n ? j->nodes[n].type == AICOST_JSON_TRUE : 0;
}


int
aicost_record_read(aicost_record_t *r, const aicost_json_t *j)
{
    size_t        i;
    int64_t       version;
    uint32_t      request;
    aicost_str_t  ep;

    memset(r, 0, sizeof(aicost_record_t));

    if (j->nodes[0].type != AICOST_JSON_OBJECT) {
        return AICOST_ERROR;
    }

    request = aicost_json_get(j, 0, "request");

    if (request == 0 || j->nodes[request].type != AICOST_JSON_OBJECT
        || aicost_record_number(j, "version", 1, 1, &version) != AICOST_OK
        || aicost_record_take(j, "endpoint", &ep) != AICOST_OK
        || aicost_record_take(j, "tier", &r->tier) != AICOST_OK
        || aicost_record_take(j, "model", &r->model) != AICOST_OK
        || aicost_record_take(j, "settled", &r->settled) != AICOST_OK
        || aicost_record_take(j, "currency", &r->currency) != AICOST_OK
        || aicost_record_number(j, "time", 0, AICOST_RECORD_TIME, &r->time)
        || aicost_record_number(j, "status", 0, 999, &r->status)
        || aicost_record_number(j, "tokens_in", 0, AICOST_USAGE_MAX,
                                &r->tokens_in)
        || aicost_record_number(j, "tokens_cached", 0, AICOST_USAGE_MAX,
                                &r->tokens_cached)
        || aicost_record_number(j, "tokens_out", 0, AICOST_USAGE_MAX,
                                &r->tokens_out)
        || aicost_record_number(j, "cost_nano", 0, AICOST_MONEY_MAX, &r->cost)
        || aicost_record_number(j, "latency_ms", 0, AICOST_RECORD_TIME,
                                &r->latency)
        || aicost_record_number(j, "ttft_ms", -1, AICOST_RECORD_TIME,
                                &r->ttft))
    {
        return AICOST_ERROR;
    }

    for (i = 0; i < AICOST_EP_MAX; i++) {
        if (ep.len && strlen(aicost_record_names[i].endpoint) == ep.len
            && memcmp(aicost_record_names[i].endpoint, ep.data, ep.len) == 0)
        {
            r->endpoint = (aicost_endpoint_e) i;
        }
    }

    r->stream = aicost_record_bool(j, "stream") ? 1 : 0;
    r->redacted = aicost_record_bool(j, "redacted") ? 1 : 0;

    r->request.data = (unsigned char *) (uintptr_t) j->data
                      + j->nodes[request].off;
    r->request.len = j->nodes[request].len;

    return r->endpoint == AICOST_EP_NONE ? AICOST_ERROR : AICOST_OK;
}
