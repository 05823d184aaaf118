
/*
 * Copyright (C) aicost
 *
 * How one request is answered: the faults that are not about a shape.
 */


#include "sim.h"


static const char *
sim_answer_reason(int status)
{
    switch (status) {
    case 200: return "OK";
    case 301: return "Moved Permanently";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 402: return "Payment Required";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 429: return "Too Many Requests";
    case 500: return "Internal Server Error";
    case 502: return "Bad Gateway";
    case 503: return "Service Unavailable";
    case 504: return "Gateway Timeout";
    default:  return "Status";
    }
}


/* the truth about the money, whatever the answer's usage says */

static void
sim_answer_truth(sim_conn_t *c)
{
    const sim_fault_t  *f;

    f = &c->fault;

    sim_puts(&c->out, "x-sim-cost-tokens: ");
    sim_putn(&c->out, c->input);
    sim_puts(&c->out, ",");
    sim_putn(&c->out, c->output * c->ask.choices);
    sim_puts(&c->out, ",");
    sim_putn(&c->out, f->cached < c->input ? f->cached : c->input);
    sim_puts(&c->out, ",");
    sim_putn(&c->out, f->reasoning < c->output ? f->reasoning : c->output);
    sim_puts(&c->out, "\r\n");
}


static void
sim_answer_retry(sim_conn_t *c)
{
    if (c->fault.retry >= 0) {
        sim_puts(&c->out, "retry-after: ");
        sim_putn(&c->out, c->fault.retry);
        sim_puts(&c->out, "\r\n");
    }
}


void
sim_answer_head(sim_conn_t *c, int status, const char *type, int64_t length)
{
    int64_t       n;
    sim_buf_t    *b;
    sim_entry_t  *e;

    b = &c->out;
    e = sim_log_entry(c->sim, c->request);

    if (e) {
        e->status = status;
    }

    sim_puts(b, "HTTP/1.1 ");
    sim_putn(b, status);
    sim_puts(b, " ");
    sim_puts(b, sim_answer_reason(status));
    sim_puts(b, "\r\nserver: aicost-sim\r\ncontent-type: ");
    sim_puts(b, type);
    sim_puts(b, "\r\nx-request-id: req_sim");
    sim_puthex(b, c->request, 16);
    sim_puts(b, c->api ? "\r\n" : "\r\nopenai-version: 2020-10-01\r\n"
                                  "openai-processing-ms: 1\r\n");
    sim_puts(b, "cache-control: no-cache\r\n");

    if (status == 200 && c->ep >= SIM_EP_CHAT && c->ep <= SIM_EP_EMBEDDINGS) {
        sim_answer_truth(c);
    }

    sim_answer_retry(c);

    if (status == 301) {
        sim_puts(b, "location: http://127.0.0.1:9/elsewhere\r\n");
    }

    if (c->fault.bighead) {
        sim_puts(b, "x-sim-filler: ");

        for (n = 0; n < c->fault.bighead; n++) {
            sim_put(b, "x", 1);
        }

        sim_puts(b, "\r\n");
    }

    if (length >= 0) {
        sim_puts(b, "content-length: ");
        sim_putn(b, length);
        sim_puts(b, "\r\n");

    } else if (!c->http10) {
        sim_puts(b, "transfer-encoding: chunked\r\n");

    } else {
        c->close = 1;
    }

    sim_puts(b, c->close ? "connection: close\r\n\r\n"
                         : "connection: keep-alive\r\n\r\n");
}


sim_next_e
sim_answer_done(sim_conn_t *c)
{
    (void) c;

    return SIM_DONE;
}


sim_next_e
sim_answer_close(sim_conn_t *c)
{
    (void) c;

    return SIM_END_CLOSE;
}


sim_next_e
sim_answer_hang(sim_conn_t *c)
{
    (void) c;

    return SIM_END_HANG;
}


static sim_next_e
sim_answer_reset(sim_conn_t *c)
{
    (void) c;

    return SIM_END_RESET;
}


static void
sim_answer_chunks(sim_conn_t *c)
{
    size_t  at, n;

    for (at = 0; at < c->event.len; at += n) {
        n = c->event.len - at < 4096 ? c->event.len - at : 4096;
        sim_puthex(&c->out, n, 1);
        sim_puts(&c->out, "\r\n");
        sim_put(&c->out, c->event.data + at, n);
        sim_puts(&c->out, "\r\n");
    }

    sim_puts(&c->out, "0\r\n\r\n");
}


void
sim_answer_body(sim_conn_t *c, int status, const char *type)
{
    size_t     head;
    unsigned   flags;

    flags = c->fault.flags;

    if ((flags & SIM_CHUNKED) && !c->http10) {
        sim_answer_head(c, status, type, -1);
        head = c->out.len;
        sim_answer_chunks(c);

    } else {
        sim_answer_head(c, status, type, (int64_t) c->event.len);
        head = c->out.len;
        sim_put(&c->out, c->event.data, c->event.len);
    }

    c->next = sim_answer_done;

    if (status == 200 && (flags & SIM_HANGBODY || c->fault.cut >= 0)) {
        c->out.len = head + (c->out.len - head) / 2;
        c->next = flags & SIM_HANGBODY ? sim_answer_hang : sim_answer_close;
    }
}


static void
sim_answer_error(sim_conn_t *c, int status, const char *type,
    const char *code, const char *message)
{
    sim_buf_t  *b;

    if (c->api) {
        sim_shape_error(c, status, type, message);
        return;
    }

    b = &c->event;
    b->len = 0;

    sim_puts(b, "{\"error\":{\"message\":\"");
    sim_puts(b, message);
    sim_puts(b, "\",\"type\":\"");
    sim_puts(b, type);
    sim_puts(b, "\",\"param\":null,\"code\":");

    if (code) {
        sim_puts(b, "\"");
        sim_puts(b, code);
        sim_puts(b, "\"");

    } else {
        sim_puts(b, "null");
    }

    sim_puts(b, "}}");
    sim_answer_body(c, status, "application/json");
}


static const struct {
    int                  status;
    const char          *type;
    const char          *code;
    const char          *message;
} sim_errors[] = {
    { 301, "redirect", NULL, "moved" },
    { 400, "invalid_request_error", "invalid_value",
      "Invalid value for a parameter." },
    { 401, "invalid_request_error", "invalid_api_key",
      "Incorrect API key provided." },
    { 402, "insufficient_quota", "credit_balance_exhausted",
      "Your credit balance is too low." },
    { 403, "invalid_request_error", "forbidden", "Not allowed." },
    { 404, "invalid_request_error", "model_not_found",
      "The model does not exist or you do not have access to it." },
    { 429, "requests", "rate_limit_exceeded",
      "Rate limit reached for requests. Please try again in 1s." },
    { 500, "server_error", NULL,
      "The server had an error while processing your request." },
    { 502, "server_error", NULL, "Bad gateway." },
    { 503, "service_unavailable_error", "server_is_overloaded",
      "The engine is currently overloaded, please try again later." },
    { 529, "overloaded_error", "overloaded", "Overloaded" }
};


static void
sim_answer_status(sim_conn_t *c, int status)
{
    size_t  i;

    for (i = 0; i < sizeof(sim_errors) / sizeof(sim_errors[0]); i++) {
        if (sim_errors[i].status == status) {
            sim_answer_error(c, status, sim_errors[i].type,
                             sim_errors[i].code, sim_errors[i].message);
            return;
        }
    }

    sim_answer_error(c, status, status < 500 ? "invalid_request_error"
                                             : "server_error", NULL,
                     "The simulator was asked to say so.");
}


/* 1 when a fault took the place of the answer */

static unsigned
sim_answer_fault(sim_conn_t *c)
{
    unsigned  flags;

    flags = c->fault.flags;

    if (flags & SIM_HANG) {
        c->next = sim_answer_hang;

    } else if (flags & SIM_CLOSE) {
        c->next = sim_answer_close;

    } else if (flags & SIM_RESET) {
        c->next = sim_answer_reset;

    } else if (flags & SIM_QUOTA) {
        sim_answer_error(c, 429, "insufficient_quota", "insufficient_quota",
                         "You exceeded your current quota, please check your "
                         "plan and billing details.");

    } else if (flags & SIM_REDIRECT) {
        sim_answer_status(c, 301);

    } else if (c->fault.status) {
        sim_answer_status(c, (int) c->fault.status);

    } else if (flags & SIM_HTML) {
        c->event.len = 0;
        sim_puts(&c->event, "<!DOCTYPE html>\n<html><head><title>Sign in"
                 "</title></head><body>captive portal</body></html>\n");
        sim_answer_body(c, 200, "text/html");

    } else if (flags & SIM_BADJSON) {
        c->event.len = 0;
        sim_puts(&c->event, "{\"id\":\"chatcmpl-broken\",\"choices\":[{");
        sim_answer_body(c, 200, "application/json");

    } else {
        return 0;
    }

    return 1;
}


void
sim_answer(sim_conn_t *c)
{
    c->out.len = 0;
    c->out_pos = 0;
    c->pause = 0;

    if (c->ep == SIM_EP_CONTROL) {
        sim_control(c);
        return;
    }

    c->wait = c->fault.delay ? c->fault.delay : c->sim->latency;

    if (!sim_answer_fault(c)) {
        switch (c->ep) {

        case SIM_EP_MODELS:
            sim_openai_models(c);
            break;

        case SIM_EP_EMBEDDINGS:
            sim_openai_embeddings(c);
            break;

        case SIM_EP_CHAT:
        case SIM_EP_COMPLETIONS:
            if (c->ask.stream) {
                sim_openai_begin(c);
                c->step = -1;
                c->next = sim_stream_next;

            } else {
                sim_openai_json(c);
            }

            break;

        case SIM_EP_SHAPE:
            sim_shape_answer(c);
            break;

        default:
            sim_answer_error(c, 404, "invalid_request_error", NULL,
                             "Invalid URL");
        }
    }
}
