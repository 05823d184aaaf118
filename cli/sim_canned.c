
/*
 * Copyright (C) aicost
 *
 * --canned: for benchmarks.  The body is dropped unread and the answer's bytes
 * are ready, so that what is measured is the gateway.
 */


#include "sim.h"


#define SIM_CANNED_TEXT         700       /* bytes: an answer of 1.1 KB */


static void
sim_canned_body(sim_t *sim, sim_buf_t *b)
{
    sim_buf_t  body;

    memset(&body, 0, sizeof(body));

    sim_puts(&body,
             "{\"id\":\"chatcmpl-sim0000000000000000\",\"object\":"
             "\"chat.completion\",\"created\":1780000000,\"model\":\"sim\","
             "\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\","
             "\"content\":\"");
    sim_words(sim, &body, 0, SIM_CANNED_TEXT);
    sim_puts(&body,
             "\",\"refusal\":null,\"annotations\":[]},\"logprobs\":null,"
             "\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":250,"
             "\"completion_tokens\":175,\"total_tokens\":425,"
             "\"prompt_tokens_details\":{\"cached_tokens\":0},"
             "\"completion_tokens_details\":{\"reasoning_tokens\":0}},"
             "\"service_tier\":\"default\"}");

    sim_puts(b, "HTTP/1.1 200 OK\r\nserver: aicost-sim\r\n"
                "content-type: application/json\r\n"
                "x-request-id: req_sim0000000000000000\r\n"
                "openai-version: 2020-10-01\r\nopenai-processing-ms: 1\r\n"
                "cache-control: no-cache\r\ncontent-length: ");
    sim_putn(b, (int64_t) body.len);
    sim_puts(b, "\r\n\r\n");
    sim_put(b, body.data, body.len);
    free(body.data);
}


static void
sim_canned_event(sim_buf_t *b, const char *data, size_t len)
{
    sim_puthex(b, len + 8, 1);
    sim_puts(b, "\r\ndata: ");
    sim_put(b, data, len);
    sim_puts(b, "\n\n\r\n");
}


/* 50 events of text, one of usage, [DONE] */

void
sim_canned_init(sim_t *sim)
{
    size_t             i;
    sim_buf_t          e;
    static const char  start[] = "{\"id\":\"chatcmpl-sim0000000000000000\","
                                 "\"object\":\"chat.completion.chunk\","
                                 "\"created\":1780000000,\"model\":\"sim\","
                                 "\"choices\":[";

    sim_canned_body(sim, &sim->canned_json);
    memset(&e, 0, sizeof(e));

    sim_puts(&sim->canned_events[0],
             "HTTP/1.1 200 OK\r\nserver: aicost-sim\r\n"
             "content-type: text/event-stream; charset=utf-8\r\n"
             "x-request-id: req_sim0000000000000000\r\n"
             "cache-control: no-cache\r\ntransfer-encoding: chunked\r\n\r\n");

    for (i = 0; i < SIM_CANNED_EVENTS; i++) {
        e.len = 0;
        sim_puts(&e, start);
        sim_puts(&e, "{\"index\":0,\"delta\":{\"content\":\"");
        sim_words(sim, &e, i * 16, 16);
        sim_puts(&e, i + 1 < SIM_CANNED_EVENTS
                     ? "\"},\"logprobs\":null,\"finish_reason\":null}],"
                       "\"usage\":null}"
                     : "\"},\"logprobs\":null,\"finish_reason\":\"stop\"}],"
                       "\"usage\":null}");
        sim_canned_event(&sim->canned_events[i], e.data, e.len);
    }

    e.len = 0;
    sim_puts(&e, start);
    sim_puts(&e, "],\"usage\":{\"prompt_tokens\":250,\"completion_tokens\":200,"
                 "\"total_tokens\":450,\"prompt_tokens_details\":"
                 "{\"cached_tokens\":0},\"completion_tokens_details\":"
                 "{\"reasoning_tokens\":0}}}");
    sim_canned_event(&sim->canned_events[i++], e.data, e.len);

    sim_canned_event(&sim->canned_events[i], "[DONE]", 6);
    sim_puts(&sim->canned_events[i], "0\r\n\r\n");
    free(e.data);
}


static sim_next_e
sim_canned_next(sim_conn_t *c)
{
    const sim_buf_t  *b;

    if (c->step == SIM_CANNED_EVENTS + 2) {
        return SIM_DONE;
    }

    b = &c->sim->canned_events[c->step++];
    sim_put(&c->out, b->data, b->len);

    return SIM_MORE;
}


/* a path that begins with /stream is streamed, one with /json is not */

void
sim_canned(sim_conn_t *c)
{
    unsigned     stream;
    const char  *path;

    stream = c->sim->canned == SIM_CANNED_STREAM;
    path = c->method_get ? c->in + 4 : c->in + 5;

    if (c->head_len > 32 && memcmp(path, "/stream/", 8) == 0) {
        stream = 1;

    } else if (c->head_len > 32 && memcmp(path, "/json/", 6) == 0) {
        stream = 0;
    }

    c->sim->requests++;
    c->request = 0;
    c->out.len = 0;
    c->out_pos = 0;
    c->pause = 0;
    c->step = 0;
    c->fault.flags = 0;
    c->state = SIM_WRITING;

    if (stream) {
        c->next = sim_canned_next;
        return;
    }

    c->next = sim_answer_done;
    sim_put(&c->out, c->sim->canned_json.data, c->sim->canned_json.len);
}
