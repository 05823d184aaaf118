
/*
 * Copyright (C) aicost
 */


#include "aicost_request.h"
#include "format/aicost_format.h"


#define AICOST_REQUEST_PREFIX  4096          /* bytes of a text that name it */
#define AICOST_REQUEST_STEP    32            /* bytes hashed at a time */
#define AICOST_REQUEST_BASIS   0xcbf29ce484222325u


/*
 * Refused whatever the provider is: they name a destination, a key, a fallback
 * or a price, multiply what is billed, or point at text that is not in the
 * body.
 */

static const char  *aicost_refused[] = {
    "api_base", "api_key", "api_type", "api_version", "apibase", "apikey",
    "auth", "authorization", "background", "base_model", "base_url",
    "baseurl", "cache_hit_cost", "cached_content", "cachedcontent",
    "client", "container", "content_policy_fallbacks",
    "context_window_fallback_dict", "context_window_fallbacks",
    "conversation", "credentials", "custom_llm_provider", "default_headers",
    "default_query", "deployment_id", "endpoint", "extra_body",
    "extra_headers", "extra_query", "fallback", "fallbacks",
    "file_ids", "headers", "host", "input_cost_per_second",
    "input_cost_per_token", "max_fallbacks", "max_retries", "mock_response",
    "mock_timeout", "mock_tool_calls", "model_info", "model_list", "models",
    "num_retries", "openai_api_key", "organization",
    "output_cost_per_second", "output_cost_per_token", "plugins",
    "previous_interaction_id", "previous_response_id", "project",
    "prompt_id", "provider", "proxy", "proxy_server_request", "region_name",
    "retry_policy", "route", "router", "secret", "thread", "transforms",
    "url", "user_api_key", NULL
};

/* and every name that begins so */

static const char  *aicost_refused_families[] = {
    "aws_", "azure_", "gcp_", "litellm_", "vertex_", "watsonx_", NULL
};


static int aicost_request_facts(aicost_request_t *q, aicost_endpoint_e ep,
    const aicost_json_t *j, const aicost_str_t *model, unsigned references);


static aicost_str_t
aicost_reader_str(const aicost_json_t *j, uint32_t node)
{
    aicost_str_t  s;

    s.len = j->nodes[node].len;
    s.data = (unsigned char *) (uintptr_t) (j->data + j->nodes[node].off);

    return s;
}


static int
aicost_reader_fail_at(aicost_reader_t *r, aicost_reason_e reason, uint32_t key)
{
    r->q->reason = reason;
    r->q->param = aicost_reader_str(r->j, key);

    return AICOST_ERROR;
}


int
aicost_reader_fail(aicost_reader_t *r, aicost_reason_e reason,
    const char *param)
{
    r->q->reason = reason;
    r->q->param.len = strlen(param);
    r->q->param.data = (unsigned char *) (uintptr_t) param;

    return AICOST_ERROR;
}


int
aicost_reader_null(const aicost_reader_t *r, uint32_t value)
{
    return r->j->nodes[value].type == AICOST_JSON_NULL;
}


int
aicost_reader_text(aicost_reader_t *r, uint32_t value, const char *name)
{
    const aicost_json_node_t  *n;

    n = &r->j->nodes[value];

    if (n->type == AICOST_JSON_NULL) {
        return AICOST_OK;
    }

    if (n->type != AICOST_JSON_STRING) {
        return aicost_reader_fail(r, AICOST_R_INVALID_PARAMETER, name);
    }

    aicost_text_add(&r->q->text, r->j->data + n->off, n->len,
                    n->flags & AICOST_JSON_ESCAPED);

    return AICOST_OK;
}


int
aicost_reader_json(aicost_reader_t *r, uint32_t value)
{
    const aicost_json_node_t  *n;

    n = &r->j->nodes[value];

    if (n->type != AICOST_JSON_NULL) {
        aicost_text_add_json(&r->q->text, r->j->data + n->off, n->len);
    }

    return AICOST_OK;
}


/* two lanes of 16 bytes each: a multiplication waits for the one before it */

static inline void
aicost_reader_mix(uint64_t lanes[2], const unsigned char *p)
{
    unsigned  i;
    uint64_t  a, b;

    for (i = 0; i < 2; i++, p += 16) {
        memcpy(&a, p, 8);
        memcpy(&b, p + 8, 8);
        lanes[i] = aicost_json_multiply(lanes[i] ^ a, b ^ AICOST_JSON_MIX);
    }
}


void
aicost_reader_prefix(aicost_reader_t *r, uint32_t value)
{
    size_t                     len;
    uint64_t                   lanes[2];
    unsigned char              text[AICOST_REQUEST_STEP];
    const unsigned char       *p, *last;
    const aicost_json_node_t  *n;

    n = &r->j->nodes[value];
    p = r->j->data + n->off;
    len = (n->len < AICOST_REQUEST_PREFIX) ? n->len : AICOST_REQUEST_PREFIX;
    lanes[0] = r->q->prefix;
    lanes[1] = r->q->prefix + n->len;

    if (len < AICOST_REQUEST_STEP) {
        memset(text, 0, AICOST_REQUEST_STEP);
        memcpy(text, p, len);
        p = text;
        len = AICOST_REQUEST_STEP;
    }

    last = p + len - AICOST_REQUEST_STEP;

    for ( /* void */ ; p < last; p += AICOST_REQUEST_STEP) {
        aicost_reader_mix(lanes, p);
    }

    aicost_reader_mix(lanes, last);

    r->q->prefix = aicost_json_multiply(lanes[0], lanes[1] ^ AICOST_JSON_MIX);
}


aicost_span_t
aicost_reader_span(const aicost_reader_t *r, uint32_t value)
{
    aicost_span_t              span;
    const aicost_json_node_t  *n;

    n = &r->j->nodes[value];
    span.off = n->off;
    span.len = n->len;

    if (n->type == AICOST_JSON_STRING) {
        span.off--;
        span.len += 2;
    }

    return span;
}


static int
aicost_reader_hides(aicost_reader_t *r, const aicost_str_t *name,
    unsigned reference)
{
    if (!r->references) {
        r->q->reason = AICOST_R_PARAMETER_NOT_ALLOWED;
        r->q->param = *name;
        return AICOST_ERROR;
    }

    if (reference && r->q->reference.len == 0) {
        r->q->reference = *name;
    }

    if (!r->q->text.hidden) {
        r->q->hidden = *name;
    }

    r->q->text.hidden = 1;

    return AICOST_OK;
}


int
aicost_reader_hidden(aicost_reader_t *r, const char *name, unsigned reference)
{
    aicost_str_t  s;

    s.len = strlen(name);
    s.data = (unsigned char *) (uintptr_t) name;

    return aicost_reader_hides(r, &s, reference);
}


/* which key it was that could be read in two ways */

static int
aicost_reader_ambiguous(aicost_reader_t *r, uint32_t object)
{
    uint32_t                   a, b, next;
    const aicost_json_node_t  *nodes;

    nodes = r->j->nodes;
    next = nodes[object].next;

    for (a = object + 1; a < next; a = nodes[a].next) {
        if (nodes[a].flags & AICOST_JSON_ESCAPED) {
            return aicost_reader_fail_at(r, AICOST_R_AMBIGUOUS_MEMBER, a);
        }
    }

    for (a = object + 1; a < next; a = nodes[a].next) {
        for (b = nodes[a].next; b < next; b = nodes[b].next) {
            if (nodes[a].count == nodes[b].count) {
                return aicost_reader_fail_at(r, AICOST_R_AMBIGUOUS_MEMBER, b);
            }
        }
    }

    return aicost_reader_fail_at(r, AICOST_R_AMBIGUOUS_MEMBER, object + 1);
}


/* the known member a key names; *folds when it only folds to one */

static const aicost_member_t *
aicost_reader_member(const aicost_json_t *j, uint32_t key,
    const aicost_member_t *members, unsigned *folds)
{
    const unsigned char       *name;
    const aicost_member_t     *m;
    const aicost_json_node_t  *n;

    n = &j->nodes[key];
    name = j->data + n->off;
    *folds = 0;

    for (m = members; m->name; m++) {
        if (m->len == n->len && m->name[0] == (char) name[0]
            && memcmp(m->name, name, n->len) == 0)
        {
            return m;
        }
    }

    for (m = members; m->name; m++) {
        if ((m->len == n->len || (n->flags & AICOST_JSON_NONASCII))
            && aicost_json_folds(j, key, m->name))
        {
            *folds = 1;
            return m;
        }
    }

    return NULL;
}


int
aicost_reader_object(aicost_reader_t *r, uint32_t object, const char *name,
    const aicost_member_t *members, aicost_read_pt read)
{
    unsigned                   folds;
    uint32_t                   key;
    aicost_str_t               s;
    const aicost_member_t     *m;
    const aicost_json_node_t  *n;

    n = &r->j->nodes[object];

    if (n->type != AICOST_JSON_OBJECT) {
        return aicost_reader_fail(r, AICOST_R_INVALID_PARAMETER, name);
    }

    if (n->flags & (AICOST_JSON_TWIN | AICOST_JSON_ODD_KEY)) {
        return aicost_reader_ambiguous(r, object);
    }

    for (key = object + 1; key < n->next; key = r->j->nodes[key].next) {
        m = aicost_reader_member(r->j, key, members, &folds);

        if (folds) {
            return aicost_reader_fail_at(r, AICOST_R_AMBIGUOUS_MEMBER, key);
        }

        if (m == NULL && object == 0 && r->unlisted == 0) {
            r->unlisted = key;
        }

        if (m == NULL || m->what == AICOST_M_PASS) {
            continue;
        }

        if (m->what == AICOST_M_REFERENCE || m->what == AICOST_M_HIDDEN) {
            s = aicost_reader_str(r->j, key);

            if (!aicost_reader_null(r, key + 1)
                && aicost_reader_hides(r, &s, m->what == AICOST_M_REFERENCE)
                   != AICOST_OK)
            {
                return AICOST_ERROR;
            }

            continue;
        }

        if (m->what == AICOST_M_REFUSED) {
            if (aicost_reader_null(r, key + 1)) {
                continue;
            }

            return aicost_reader_fail_at(r, AICOST_R_PARAMETER_NOT_ALLOWED,
                                         key);
        }

        if (read(r, m, key + 1) != AICOST_OK) {
            return AICOST_ERROR;
        }
    }

    return AICOST_OK;
}


static int
aicost_reader_model(aicost_reader_t *r, uint32_t value)
{
    uint32_t                   i;
    unsigned char              c;
    const aicost_json_node_t  *n;

    n = &r->j->nodes[value];

    if (n->type != AICOST_JSON_STRING || n->len == 0
        || n->len > AICOST_MAX_IDENT)
    {
        return aicost_reader_fail(r, AICOST_R_INVALID_PARAMETER, "model");
    }

    for (i = 0; i < n->len; i++) {
        c = r->j->data[n->off + i];

        if (c < 0x21 || c > 0x7e || c == '\\') {
            return aicost_reader_fail(r, AICOST_R_INVALID_PARAMETER, "model");
        }
    }

    r->q->model = aicost_reader_str(r->j, value);
    r->q->model_at = aicost_reader_span(r, value);

    return AICOST_OK;
}


static int
aicost_reader_cap(aicost_reader_t *r, const char *name, uint32_t value)
{
    int64_t            cap;
    unsigned           i;
    aicost_request_t  *q;

    q = r->q;
    i = (q->cap_at[0].len != 0);
    q->cap_at[i] = aicost_reader_span(r, value);

    if (strlen(name) == sizeof("max_tokens") - 1) {
        q->max_tokens = 1;
    }

    if (aicost_reader_null(r, value)) {
        return AICOST_OK;
    }

    if (aicost_json_int(r->j, value, 1, AICOST_MAX_CAP, 0, &cap) != AICOST_OK
        || (q->cap != -1 && q->cap != cap))
    {
        return aicost_reader_fail(r, AICOST_R_INVALID_PARAMETER, name);
    }

    q->cap = cap;

    return AICOST_OK;
}


static int
aicost_reader_choices(aicost_reader_t *r, const char *name, uint32_t value)
{
    int64_t  n;

    if (aicost_reader_null(r, value)) {
        return AICOST_OK;
    }

    if (aicost_json_int(r->j, value, 1, AICOST_MAX_CHOICES, 0, &n)
        != AICOST_OK)
    {
        return aicost_reader_fail(r, AICOST_R_INVALID_PARAMETER, name);
    }

    if (n > r->q->choices) {
        r->q->choices = (uint32_t) n;
    }

    return AICOST_OK;
}


/* true, false, or null for false */

static int
aicost_reader_flag(aicost_reader_t *r, const char *name, uint32_t value,
    unsigned *flag)
{
    uint8_t  type;

    *flag = 0;
    type = r->j->nodes[value].type;

    if (type != AICOST_JSON_TRUE && type != AICOST_JSON_FALSE
        && type != AICOST_JSON_NULL)
    {
        return aicost_reader_fail(r, AICOST_R_INVALID_PARAMETER, name);
    }

    *flag = (type == AICOST_JSON_TRUE);

    return AICOST_OK;
}


static int
aicost_reader_option(aicost_reader_t *r, const aicost_member_t *m,
    uint32_t value)
{
    unsigned  flag;

    if (aicost_reader_flag(r, m->name, value, &flag) != AICOST_OK) {
        return AICOST_ERROR;
    }

    r->q->include_usage = flag & 1;
    r->q->include_usage_at = aicost_reader_span(r, value);

    return AICOST_OK;
}


unsigned
aicost_reader_options_of(const aicost_reader_t *r, uint32_t value)
{
    if (aicost_reader_null(r, value)) {
        return AICOST_OPTIONS_NULL;
    }

    return aicost_json_first(r->j, value) ? AICOST_OPTIONS_MEMBERS
                                          : AICOST_OPTIONS_EMPTY;
}


static int
aicost_reader_options(aicost_reader_t *r, const char *name, uint32_t value)
{
    static const aicost_member_t  members[] = {
        aicost_member("include_usage", AICOST_M_USAGE),
        aicost_member("include_obfuscation", AICOST_M_PASS),
        aicost_member_null
    };

    r->q->stream_options_at = aicost_reader_span(r, value);

    r->q->options = aicost_reader_options_of(r, value) & 3;

    if (r->q->options == AICOST_OPTIONS_NULL) {
        return AICOST_OK;
    }

    return aicost_reader_object(r, value, name, members, aicost_reader_option);
}


int
aicost_reader_service(aicost_reader_t *r, const char *name,
    aicost_service_e service)
{
    if (service == AICOST_SERVICE_OTHER) {
        return aicost_reader_refuse(r, name);
    }

    /* of two members the one that says more */

    if (service > r->q->service) {
        r->q->service = service;
    }

    return AICOST_OK;
}


int
aicost_reader_common(aicost_reader_t *r, const aicost_member_t *m,
    uint32_t value)
{
    unsigned  flag;

    switch (m->what) {

    case AICOST_M_MODEL:
        return aicost_reader_model(r, value);

    case AICOST_M_CAP:
        return aicost_reader_cap(r, m->name, value);

    case AICOST_M_CHOICES:
        return aicost_reader_choices(r, m->name, value);

    case AICOST_M_STREAM:
        if (aicost_reader_flag(r, m->name, value, &flag) != AICOST_OK) {
            return AICOST_ERROR;
        }

        r->q->stream = flag & 1;

        return AICOST_OK;

    case AICOST_M_OPTIONS:
        return aicost_reader_options(r, m->name, value);

    case AICOST_M_SERVICE:
        return aicost_reader_service(r, m->name,
                                     aicost_service_openai(r->j, value));
    }

    return r->shape->read(r, m, value);
}


static int
aicost_reader_refused(const aicost_json_t *j, uint32_t key)
{
    size_t                     len;
    const char               **name;
    const aicost_json_node_t  *n;

    n = &j->nodes[key];

    for (name = aicost_refused; *name; name++) {
        if (aicost_json_folds(j, key, *name)) {
            return 1;
        }
    }

    for (name = aicost_refused_families; *name; name++) {
        len = strlen(*name);

        if (n->len > len && memcmp(j->data + n->off, *name, len) == 0) {
            return 1;
        }
    }

    return 0;
}


/* members outside the shape's list */

static int
aicost_reader_extra(aicost_reader_t *r)
{
    unsigned  folds;
    uint32_t  key, next;

    next = r->unlisted ? r->j->nodes[0].next : 0;

    for (key = r->unlisted; key < next; key = r->j->nodes[key].next) {

        if (aicost_reader_member(r->j, key, r->shape->members, &folds)) {
            continue;
        }

        if (aicost_reader_refused(r->j, key)) {
            return aicost_reader_fail_at(r, AICOST_R_PARAMETER_NOT_ALLOWED,
                                         key);
        }

        if (r->q->extra.len == 0) {
            r->q->extra = aicost_reader_str(r->j, key);

            /* a member without a name is still one */

            if (r->q->extra.len == 0) {
                return aicost_reader_fail(r, AICOST_R_PARAMETER_NOT_ALLOWED,
                                          "");
            }
        }
    }

    return AICOST_OK;
}


/* the shape of an endpoint, NULL: it has no body to read */

static const aicost_shape_t *
aicost_request_shape(aicost_endpoint_e ep)
{
    switch (ep) {

    case AICOST_EP_CHAT:
        return &aicost_shape_chat;

    case AICOST_EP_COMPLETIONS:
        return &aicost_shape_completions;

    case AICOST_EP_EMBEDDINGS:
        return &aicost_shape_embeddings;

    case AICOST_EP_RESPONSES:
        return &aicost_shape_responses;

    case AICOST_EP_MESSAGES:
        return &aicost_shape_messages;

    case AICOST_EP_COUNT_TOKENS:
        return &aicost_shape_count_tokens;

    case AICOST_EP_GENERATE:
    case AICOST_EP_GENERATE_STREAM:
    case AICOST_EP_GENERATE_COUNT:
        return &aicost_shape_generate;

    default:
        return NULL;
    }
}


int
aicost_request_read(aicost_request_t *q, aicost_endpoint_e ep,
    const aicost_json_t *j, const aicost_str_t *model)
{
    return aicost_request_facts(q, ep, j, model, 0);
}


int
aicost_request_read_references(aicost_request_t *q, aicost_endpoint_e ep,
    const aicost_json_t *j, const aicost_str_t *model)
{
    return aicost_request_facts(q, ep, j, model, 1);
}


static int
aicost_request_facts(aicost_request_t *q, aicost_endpoint_e ep,
    const aicost_json_t *j, const aicost_str_t *model, unsigned references)
{
    aicost_reader_t  r;

    memset(q, 0, sizeof(aicost_request_t));
    memset(&r, 0, sizeof(aicost_reader_t));

    q->endpoint = ep;
    q->cap = -1;
    q->choices = 1;
    q->prefix = AICOST_REQUEST_BASIS;

    r.q = q;
    r.j = j;
    r.references = references & 1;

    r.shape = aicost_request_shape(ep);

    if (r.shape == NULL) {
        return aicost_reader_fail(&r, AICOST_R_NOT_FOUND, "");
    }

    if (model) {
        q->model = *model;
    }

    q->stream = (ep == AICOST_EP_GENERATE_STREAM);

    if (j->nnodes == 0 || j->nodes[0].type != AICOST_JSON_OBJECT) {
        return aicost_reader_fail(&r, AICOST_R_INVALID_JSON, "");
    }

    if (aicost_reader_object(&r, 0, "", r.shape->members,
                             aicost_reader_common)
        != AICOST_OK
        || aicost_reader_extra(&r) != AICOST_OK)
    {
        return AICOST_ERROR;
    }

    if (q->model.len == 0) {
        return aicost_reader_fail(&r, AICOST_R_MISSING_PARAMETER, "model");
    }

    if (!r.found) {
        return aicost_reader_fail(&r, AICOST_R_MISSING_PARAMETER,
                                  r.shape->required);
    }

    /* every prompt is answered that many times */

    if (r.inputs > 1) {
        q->multi_input = 1;

        if (r.shape->cap) {
            if (r.inputs > AICOST_MAX_CHOICES / q->choices) {
                return aicost_reader_fail(&r, AICOST_R_INVALID_PARAMETER,
                                          r.shape->required);
            }

            q->choices *= r.inputs;
        }
    }

    /*
     * The bound on what the model reads: the whole body but the bytes that
     * are known to be no text.  A string takes no fewer bytes in JSON than it
     * has, and whatever else a provider may render comes from this body too.
     */

    q->text.bytes = j->len - r.uncounted;
    q->insert_at = j->nodes[0].off + 1;

    return AICOST_OK;
}
