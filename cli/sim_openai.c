
/*
 * Copyright (C) aicost
 *
 * The OpenAI shapes: whole answers.  Usage is deterministic: the input is the
 * bytes of text and tools as written in the body / 4, rounded up; the output
 * --tokens, at most the request's cap; four bytes of text a token.
 */


#include "sim.h"


#define SIM_LEGACY_CAP          16        /* max_tokens of /completions */


void
sim_openai_count(sim_conn_t *c)
{
    int64_t       n, cap;
    sim_fault_t  *f;

    f = &c->fault;
    n = f->tokens >= 0 ? f->tokens : c->sim->tokens;
    n += (f->big + 3) / 4;

    if (!c->ask.stream && f->longjson) {
        n = (f->longjson + 3) / 4;
    }

    if (c->ask.cap < 0 && c->ep == SIM_EP_COMPLETIONS) {
        c->ask.cap = SIM_LEGACY_CAP;
    }

    cap = c->ask.cap;

    if (f->flags & SIM_IGNORECAP) {
        n = cap >= 0 && n < cap * 2 ? cap * 2 : n;
        cap = -1;
    }

    if (n > SIM_CONTENT_MAX / 4) {
        n = SIM_CONTENT_MAX / 4;
    }

    c->input = (c->ask.text + 3) / 4;
    c->output = cap >= 0 && cap < n ? cap : n;

    if (c->ep == SIM_EP_EMBEDDINGS || c->ep == SIM_EP_MODELS) {
        c->output = 0;
    }
}


void
sim_openai_id(sim_conn_t *c, sim_buf_t *b)
{
    sim_puts(b, c->ep == SIM_EP_CHAT ? "\"chatcmpl-sim" : "\"cmpl-sim");
    sim_puthex(b, c->request, 16);
    sim_puts(b, "\"");
}


static void
sim_openai_figure(const sim_conn_t *c, sim_buf_t *b, const char *name,
    int64_t n)
{
    unsigned  flags;

    flags = c->fault.flags;

    sim_puts(b, "\"");
    sim_puts(b, name);
    sim_puts(b, flags & SIM_STRUSAGE ? "\":\"" : "\":");

    if (flags & SIM_ZEROUSAGE) {
        n = 0;

    } else if (flags & SIM_NEG) {
        n = -1 - n;

    } else if (flags & SIM_HUGE) {
        n = INT64_C(9000000000000000000);
    }

    sim_putn(b, n);

    if (flags & SIM_STRUSAGE) {
        sim_puts(b, "\"");
    }
}


/* of `output` tokens, all choices; the object without its name */

void
sim_openai_service(const sim_conn_t *c, sim_buf_t *b)
{
    sim_puts(b, ",\"service_tier\":\"");
    sim_puts(b, c->fault.flags & SIM_FLEX ? "flex"
                : c->fault.flags & (SIM_PRIORITY | SIM_FAST) ? "priority"
                : "default");
    sim_puts(b, "\"");
}


void
sim_openai_usage(const sim_conn_t *c, sim_buf_t *b, int64_t output)
{
    int64_t             n;
    const sim_fault_t  *f;

    f = &c->fault;

    sim_puts(b, "{");
    sim_openai_figure(c, b, "prompt_tokens", c->input);

    if (c->ep != SIM_EP_EMBEDDINGS) {
        sim_puts(b, ",");
        sim_openai_figure(c, b, "completion_tokens", output);
    }

    sim_puts(b, ",");
    sim_openai_figure(c, b, "total_tokens", c->input + output);

    if (c->ep != SIM_EP_EMBEDDINGS) {
        n = f->cached < c->input ? f->cached : c->input;
        sim_puts(b, ",\"prompt_tokens_details\":{\"cached_tokens\":");
        sim_putn(b, n);

        if (f->write) {
            n = f->write < c->input - n ? f->write : c->input - n;
            sim_puts(b, ",\"cache_write_tokens\":");
            sim_putn(b, n);
        }

        n = f->reasoning < output ? f->reasoning : output;
        sim_puts(b, ",\"audio_tokens\":0},\"completion_tokens_details\":{"
                    "\"reasoning_tokens\":");
        sim_putn(b, n);
        sim_puts(b, ",\"audio_tokens\":0,\"accepted_prediction_tokens\":0,"
                    "\"rejected_prediction_tokens\":0}");
    }

    sim_puts(b, "}");
}


const char *
sim_openai_finish(const sim_conn_t *c)
{
    return c->fault.flags & SIM_TOOL ? "tool_calls"
           : c->ask.cap >= 0 && c->output >= c->ask.cap ? "length" : "stop";
}


/* what every event of a stream begins with, and what ends it */

void
sim_openai_begin(sim_conn_t *c)
{
    sim_buf_t  *b;

    b = &c->prefix;
    b->len = 0;

    sim_puts(b, "{\"id\":");
    sim_openai_id(c, b);
    sim_puts(b, c->ep == SIM_EP_CHAT
                ? ",\"object\":\"chat.completion.chunk\",\"created\":"
                : ",\"object\":\"text_completion\",\"created\":");
    sim_putn(b, c->sim->created);
    sim_puts(b, ",\"model\":\"");
    sim_puts(b, c->model);
    sim_puts(b, "\",\"system_fingerprint\":null,\"choices\":[");
}


static void
sim_openai_choice(sim_conn_t *c, sim_buf_t *b, int64_t i)
{
    int64_t  n;

    n = c->output - c->fault.reasoning;
    n = n < 0 ? 0 : n;

    if (c->ep == SIM_EP_COMPLETIONS) {
        sim_puts(b, "{\"text\":\"");
        sim_words(c->sim, b, (size_t) i * 64, (size_t) n * 4);
        sim_puts(b, "\",\"index\":");
        sim_putn(b, i);

    } else {
        sim_puts(b, "{\"index\":");
        sim_putn(b, i);
        sim_puts(b, ",\"message\":{\"role\":\"assistant\",\"content\":");

        if (c->fault.flags & SIM_TOOL) {
            sim_puts(b, "null,\"tool_calls\":[{\"id\":\"call_sim0\","
                        "\"type\":\"function\",\"function\":{\"name\":"
                        "\"get_weather\",\"arguments\":"
                        "\"{\\\"city\\\":\\\"Utrecht\\\"}\"}}]");

        } else {
            sim_puts(b, "\"");
            sim_words(c->sim, b, (size_t) i * 64, (size_t) n * 4);
            sim_puts(b, "\"");
        }

        sim_puts(b, ",\"refusal\":null,\"annotations\":[]}");
    }

    sim_puts(b, ",\"logprobs\":null,\"finish_reason\":\"");
    sim_puts(b, sim_openai_finish(c));
    sim_puts(b, "\"}");
}


void
sim_openai_json(sim_conn_t *c)
{
    int64_t     i;
    unsigned    flags;
    sim_buf_t  *b;

    b = &c->event;
    b->len = 0;
    flags = c->fault.flags;

    if (flags & SIM_BLANK) {
        sim_puts(b, "\n\n\n");
    }

    sim_puts(b, "{\"id\":");
    sim_openai_id(c, b);
    sim_puts(b, c->ep == SIM_EP_CHAT
                ? ",\"object\":\"chat.completion\",\"created\":"
                : ",\"object\":\"text_completion\",\"created\":");
    sim_putn(b, c->sim->created);
    sim_puts(b, ",\"model\":\"");
    sim_puts(b, c->model);
    sim_puts(b, "\",\"choices\":[");

    for (i = 0; i < c->ask.choices; i++) {
        if (i) {
            sim_puts(b, ",");
        }

        sim_openai_choice(c, b, i);
    }

    sim_puts(b, "]");

    if (flags & SIM_USAGETWICE) {
        sim_puts(b, ",\"usage\":");
        sim_openai_usage(c, b, 1);
    }

    if (!(flags & SIM_NOUSAGE)) {
        sim_puts(b, ",\"usage\":");
        sim_openai_usage(c, b, c->output * c->ask.choices);
    }

    sim_openai_service(c, b);
    sim_puts(b, ",\"system_fingerprint\":null}\n");
    sim_answer_body(c, 200, "application/json");
}


/* the same vector for every input: little-endian floats, or decimals */

static void
sim_openai_vector(sim_conn_t *c, sim_buf_t *b, int64_t dimensions)
{
    int64_t            i;
    static const char  group[] = "zcxMPc3MTL7NzMw9";  /* .05 -.2 .1 */

    if (c->ask.base64) {
        sim_puts(b, "\"");

        for (i = 0; i + 3 <= dimensions; i += 3) {
            sim_put(b, group, 16);
        }

        if (dimensions - i == 1) {
            sim_puts(b, "zcxMPQ==");

        } else if (dimensions - i == 2) {
            sim_puts(b, "zcxMPc3MTL4=");
        }

        sim_puts(b, "\"");
        return;
    }

    sim_puts(b, "[");

    for (i = 0; i < dimensions; i++) {
        sim_puts(b, i == 0 ? "0.05" : i % 3 == 0 ? ",0.05"
                 : i % 3 == 1 ? ",-0.2" : ",0.1");
    }

    sim_puts(b, "]");
}


void
sim_openai_embeddings(sim_conn_t *c)
{
    int64_t     i, n, dimensions;
    sim_buf_t  *b;

    b = &c->event;
    b->len = 0;

    n = c->ask.inputs < SIM_INPUTS_MAX ? c->ask.inputs : SIM_INPUTS_MAX;
    dimensions = c->ask.dimensions ? c->ask.dimensions : 1536;

    if (dimensions > SIM_DIMENSIONS_MAX) {
        dimensions = SIM_DIMENSIONS_MAX;
    }

    if (c->fault.flags & SIM_BLANK) {
        sim_puts(b, "\n\n\n");
    }

    sim_puts(b, "{\"object\":\"list\",\"data\":[");

    for (i = 0; i < n; i++) {
        sim_puts(b, i ? ",{\"object\":\"embedding\",\"index\":"
                      : "{\"object\":\"embedding\",\"index\":");
        sim_putn(b, i);
        sim_puts(b, ",\"embedding\":");
        sim_openai_vector(c, b, dimensions);
        sim_puts(b, "}");
    }

    sim_puts(b, "],\"model\":\"");
    sim_puts(b, c->model);
    sim_puts(b, "\"");

    if (!(c->fault.flags & SIM_NOUSAGE)) {
        sim_puts(b, ",\"usage\":");
        sim_openai_usage(c, b, 0);
    }

    sim_puts(b, "}\n");
    sim_answer_body(c, 200, "application/json");
}


void
sim_openai_models(sim_conn_t *c)
{
    c->event.len = 0;
    sim_puts(&c->event,
             "{\"object\":\"list\",\"data\":["
             "{\"id\":\"sim\",\"object\":\"model\",\"created\":1780000000,"
             "\"owned_by\":\"aicost\"},"
             "{\"id\":\"sim-embedding\",\"object\":\"model\","
             "\"created\":1780000000,\"owned_by\":\"aicost\"}]}\n");
    sim_answer_body(c, 200, "application/json");
}
