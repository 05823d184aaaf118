
/*
 * Copyright (C) aicost
 *
 * Requests of the other shapes: Responses, Anthropic's, Gemini's, Ollama's,
 * Bedrock's, each read by the shape itself.  Usage is deterministic as with
 * OpenAI's: bytes of text, of calls and their results, and of the tools as
 * written, divided by four, rounded up.
 */


#include "sim.h"


#define SIM_SHAPE_TOOLS         1024


typedef struct {
    const aicost_api_t  *api;
    const char          *model;        /* as the path has it */
    size_t               model_len;
    unsigned             stream:1;
    unsigned             count:1;      /* count_tokens */
} sim_place_t;


static unsigned
sim_shape_ends(const char *path, size_t *len, const char *tail)
{
    size_t  n;

    n = strlen(tail);

    if (*len < n || memcmp(path + *len - n, tail, n) != 0) {
        return 0;
    }

    *len -= n;

    return 1;
}


/* the model that a path names: what stands between `before` and its end */

static unsigned
sim_shape_model(const char *path, size_t len, const char *before,
    sim_place_t *p)
{
    size_t  n;

    n = strlen(before);
    p->model = memmem(path, len, before, n);

    if (p->model == NULL) {
        return 0;
    }

    p->model += n;
    p->model_len = (size_t) (path + len - p->model);

    return p->model_len != 0 && p->model_len <= SIM_MODEL_MAX;
}


static void
sim_shape_place(const char *path, size_t len, sim_place_t *p)
{
    const char  *query;

    memset(p, 0, sizeof(*p));

    query = memchr(path, '?', len);
    len = query ? (size_t) (query - path) : len;

    if (sim_shape_ends(path, &len, "/messages/count_tokens")) {
        p->api = &aicost_api_anthropic;
        p->count = 1;

    } else if (sim_shape_ends(path, &len, "/messages")) {
        p->api = &aicost_api_anthropic;

    } else if (sim_shape_ends(path, &len, "/responses")) {
        p->api = &aicost_api_responses;

    } else if (sim_shape_ends(path, &len, "/api/chat")) {
        p->api = &aicost_api_ollama;

    } else if (sim_shape_ends(path, &len, ":generateContent")) {
        p->api = &aicost_api_gemini;

    } else if (sim_shape_ends(path, &len, ":streamGenerateContent")) {
        p->api = &aicost_api_gemini;
        p->stream = 1;

    } else if (sim_shape_ends(path, &len, "/converse")) {
        p->api = &aicost_api_bedrock;

    } else if (sim_shape_ends(path, &len, "/converse-stream")) {
        p->api = &aicost_api_bedrock;
        p->stream = 1;

    } else if (sim_shape_ends(path, &len, "/chat/completions")) {
        (void) sim_shape_model(path, len, "/deployments/", p);
    }

    if ((p->api == &aicost_api_gemini
         && !sim_shape_model(path, len, "/models/", p))
        || (p->api == &aicost_api_bedrock
            && !sim_shape_model(path, len, "/model/", p)))
    {
        p->api = NULL;
    }
}


sim_endpoint_e
sim_shape_endpoint(sim_conn_t *c, const char *path, size_t len)
{
    sim_place_t  p;

    sim_shape_place(path, len, &p);
    c->api = p.api;

    return p.api ? SIM_EP_SHAPE : SIM_EP_NONE;
}


static unsigned
sim_shape_hex(char ch)
{
    return ch >= '0' && ch <= '9' ? (unsigned) (ch - '0')
           : (ch | 0x20) >= 'a' && (ch | 0x20) <= 'f'
           ? (unsigned) ((ch | 0x20) - 'a' + 10) : 16;
}


/* what JSON would escape becomes a question mark: it is said as it stands */

static void
sim_shape_decode(sim_conn_t *c, const sim_place_t *p)
{
    char    ch;
    size_t  i, n;

    for (i = 0, n = 0; i < p->model_len; i++) {
        ch = p->model[i];

        if (ch == '%' && i + 2 < p->model_len
            && sim_shape_hex(p->model[i + 1]) < 16
            && sim_shape_hex(p->model[i + 2]) < 16)
        {
            ch = (char) (sim_shape_hex(p->model[i + 1]) << 4
                         | sim_shape_hex(p->model[i + 2]));
            i += 2;
        }

        c->model[n++] = ch < ' ' || ch > '~' || ch == '"' || ch == '\\' ? '?'
                                                                        : ch;
    }

    c->model[n] = '\0';
}


static int64_t
sim_shape_text(const aicost_form_t *f, const aicost_json_t *j)
{
    int64_t   text;
    uint32_t  i, tools;

    text = 0;

    for (i = 0; i < f->nparts; i++) {
        switch (f->parts[i].kind) {

        case AICOST_PART_TEXT:
        case AICOST_PART_THINKING:
        case AICOST_PART_REFUSAL:
        case AICOST_PART_CALL:
        case AICOST_PART_RESULT:
            text += f->parts[i].text.len;
            break;

        default:
            break;
        }
    }

    tools = aicost_json_get(j, 0, "tools");

    if (tools == 0) {
        tools = aicost_json_get(j, 0, "toolConfig");
        tools = tools ? aicost_json_get(j, tools, "tools") : 0;
    }

    return text + (tools ? (int64_t) j->nodes[tools].len : 0);
}


static void
sim_shape_form(sim_conn_t *c, const aicost_json_t *j, const sim_place_t *p)
{
    int            rc;
    char           digits[16];
    sim_ask_t     *a;
    aicost_form_t  f;

    a = &c->ask;
    memset(&f, 0, sizeof(f));

    f.cap = -1;
    f.max_parts = j->nnodes + 1;
    f.parts = aicost_alloc(f.max_parts * sizeof(aicost_part_t));
    f.max_tools = SIM_SHAPE_TOOLS;
    f.tools = aicost_alloc(f.max_tools * sizeof(aicost_tool_t));

    rc = c->api->read(&f, j);

    if (rc == AICOST_OK) {
        a->stream = p->stream || f.stream;
        a->cap = f.cap;
        a->text = sim_shape_text(&f, j);

        if (f.choices.len && f.choices.len < sizeof(digits)) {
            memcpy(digits, f.choices.data, f.choices.len);
            digits[f.choices.len] = '\0';
            (void) aicost_number(digits, 1, 128, &a->choices);
        }

        if (c->api == &aicost_api_anthropic && !p->count && f.cap == -1) {
            c->refused = "max_tokens: Field required";
        }

    } else if (f.reason != AICOST_R_PARAMETER_NOT_ALLOWED) {

        /* what is only of no use to others is no fault of the client */

        (void) snprintf(c->param, sizeof(c->param), "%s: %.*s",
                        aicost_reason_word(f.reason), (int) f.param.len,
                        (const char *) f.param.data);
        c->refused = c->param;
    }

    free(f.parts);
    free(f.tools);
}


void
sim_shape_read(sim_conn_t *c)
{
    int                  rc;
    size_t               len;
    uint32_t             max;
    const char          *path;
    sim_place_t          p;
    aicost_json_t       *j;
    aicost_json_node_t  *nodes;

    path = memchr(c->in, ' ', c->head_len);
    path++;
    len = (size_t) ((char *) memchr(path, ' ', c->head_len) - path);
    sim_shape_place(path, len, &p);

    if (p.model_len && (c->api || c->model[0] == '\0')) {
        sim_shape_decode(c, &p);
    }

    if (c->api == NULL) {
        return;
    }

    c->refused = NULL;
    c->ask.choices = 1;
    c->ask.stream = c->ask.stream || p.stream;

    len = c->body_len / 2 + 16;
    max = len < AICOST_MAX_NODES ? (uint32_t) len : AICOST_MAX_NODES;
    nodes = aicost_alloc(max * sizeof(aicost_json_node_t));
    j = aicost_alloc(sizeof(aicost_json_t));

    aicost_json_init(j, (unsigned char *) c->in + c->head_len, c->body_len,
                     nodes, max);

    do {
        rc = aicost_json_run(j, c->body_len);
    } while (rc == AICOST_AGAIN);

    if (rc == AICOST_OK) {
        sim_shape_form(c, j, &p);

    } else {
        c->refused = "The body is not valid JSON";
    }

    if (p.count) {
        c->ask.stream = 0;
        c->ask.cap = 0;
        c->step = SIM_SHAPE_COUNT;
    }

    free(j);
    free(nodes);
}
