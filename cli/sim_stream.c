
/*
 * Copyright (C) aicost
 *
 * A stream, one event at a time: role, content, finish reason, usage when it
 * was asked for, [DONE].
 */


#include "sim.h"


typedef struct {
    int64_t              roles;        /* events of each part */
    int64_t              content;
    int64_t              finish;
    int64_t              usage;
    int64_t              done;
    int64_t              each;         /* content events a choice */
    int64_t              visible;      /* tokens of text a choice */
} sim_plan_t;


static void
sim_stream_plan(const sim_conn_t *c, sim_plan_t *p)
{
    int64_t   n, per;
    unsigned  flags;

    flags = c->fault.flags;
    n = c->ask.choices;
    per = c->sim->per_event;

    p->visible = c->output - c->fault.reasoning;
    p->visible = p->visible < 0 ? 0 : p->visible;
    p->each = (p->visible + per - 1) / per;

    if (c->fault.big) {
        p->visible -= (c->fault.big + 3) / 4;
        p->visible = p->visible < 0 ? 0 : p->visible;
        p->each = 1 + (p->visible + per - 1) / per;
    }

    if (flags & SIM_TOOL) {
        p->each = 2;
    }

    p->roles = c->ep == SIM_EP_CHAT ? n : 0;
    p->content = p->each * n;
    p->finish = n;
    p->usage = c->ask.include_usage && !(flags & SIM_NOUSAGE)
               ? (flags & SIM_USAGETWICE ? 2 : 1) : 0;
    p->done = flags & SIM_NODONE ? 0 : 1;
}


static void
sim_stream_eol(sim_conn_t *c)
{
    sim_puts(&c->event, c->fault.flags & SIM_CRLF ? "\r\n"
                        : c->fault.flags & SIM_CR ? "\r" : "\n");
}


static void
sim_stream_tail(sim_conn_t *c, int64_t output)
{
    sim_buf_t  *b;

    b = &c->event;

    if (c->fault.flags & SIM_MIDUSAGE) {
        sim_puts(b, "],\"usage\":");
        sim_openai_usage(c, b, output);
        sim_puts(b, "}");

    } else {
        sim_puts(b, c->ask.include_usage ? "],\"usage\":null}" : "]}");
    }
}


static void
sim_stream_choice(sim_conn_t *c, int64_t i)
{
    sim_puts(&c->event, "{\"index\":");
    sim_putn(&c->event, i);
}


static void
sim_stream_role(sim_conn_t *c, int64_t i)
{
    sim_stream_choice(c, i);
    sim_puts(&c->event, ",\"delta\":{\"role\":\"assistant\",\"content\":");
    sim_puts(&c->event, c->fault.flags & SIM_TOOL ? "null" : "\"\"");
    sim_puts(&c->event, ",\"refusal\":null},\"logprobs\":null,"
                        "\"finish_reason\":null}");
    sim_stream_tail(c, 0);
}


static void
sim_stream_tool(sim_conn_t *c, int64_t i, int64_t piece)
{
    sim_stream_choice(c, i);
    sim_puts(&c->event, piece == 0
             ? ",\"delta\":{\"tool_calls\":[{\"index\":0,\"id\":\"call_sim0\","
               "\"type\":\"function\",\"function\":{\"name\":\"get_weather\","
               "\"arguments\":\"\"}}]}"
             : ",\"delta\":{\"tool_calls\":[{\"index\":0,\"function\":{"
               "\"arguments\":\"{\\\"city\\\":\\\"Utrecht\\\"}\"}}]}");
    sim_puts(&c->event, ",\"logprobs\":null,\"finish_reason\":null}");
    sim_stream_tail(c, 0);
}


static void
sim_stream_content(sim_conn_t *c, const sim_plan_t *p, int64_t k)
{
    size_t      at, n;
    int64_t     i, piece, per, left;
    sim_buf_t  *b;

    b = &c->event;
    i = k % c->ask.choices;
    piece = k / c->ask.choices;
    per = c->sim->per_event;

    if (c->fault.flags & SIM_TOOL) {
        sim_stream_tool(c, i, piece);
        return;
    }

    if (c->fault.big) {
        piece--;
    }

    left = p->visible - piece * per;
    left = left < per ? left : per;
    n = (size_t) left * 4;
    at = (size_t) (i * 64 + piece * per * 4);

    if (piece < 0) {
        at = 0;
        n = (size_t) c->fault.big;
    }

    if (c->ep == SIM_EP_CHAT) {
        sim_stream_choice(c, i);
        sim_puts(b, ",\"delta\":{\"content\":\"");
        sim_words(c->sim, b, at, n);
        sim_puts(b, "\"}");

    } else {
        sim_puts(b, "{\"text\":\"");
        sim_words(c->sim, b, at, n);
        sim_puts(b, "\",\"index\":");
        sim_putn(b, i);
    }

    sim_puts(b, ",\"logprobs\":null,\"finish_reason\":null}");
    sim_stream_tail(c, (k + 1) * per);
}


static void
sim_stream_finish(sim_conn_t *c, int64_t i)
{
    sim_buf_t  *b;

    b = &c->event;

    if (c->ep == SIM_EP_CHAT) {
        sim_stream_choice(c, i);
        sim_puts(b, ",\"delta\":{}");

    } else {
        sim_puts(b, "{\"text\":\"\",\"index\":");
        sim_putn(b, i);
    }

    sim_puts(b, ",\"logprobs\":null,\"finish_reason\":\"");
    sim_puts(b, sim_openai_finish(c));
    sim_puts(b, "\"}");
    sim_stream_tail(c, c->output * c->ask.choices);
}


/* one event's data, by its place in the plan; 0 when it was the last */

static unsigned
sim_stream_data(sim_conn_t *c, const sim_plan_t *p)
{
    int64_t     k;
    sim_buf_t  *b;

    b = &c->event;
    k = c->step++;

    if (k >= p->roles + p->content + p->finish + p->usage) {
        sim_puts(b, "[DONE]");
        return 0;
    }

    sim_put(b, c->prefix.data, c->prefix.len);

    if (k < p->roles) {
        sim_stream_role(c, k);
        return 1;
    }

    k -= p->roles;

    if (k < p->content) {
        sim_stream_content(c, p, k);
        return 1;
    }

    k -= p->content;

    if (k < p->finish) {
        sim_stream_finish(c, k);
        return k + 1 < p->finish || p->usage || p->done;
    }

    k -= p->finish;

    sim_puts(b, "],\"usage\":");
    sim_openai_usage(c, b, k + 1 < p->usage ? 1
                                            : c->output * c->ask.choices);
    sim_openai_service(c, b);
    sim_puts(b, "}");

    return k + 1 < p->usage || p->done;
}


void
sim_stream_send(sim_conn_t *c)
{
    if (!c->http10) {
        sim_puthex(&c->out, c->event.len, 1);
        sim_puts(&c->out, "\r\n");
    }

    sim_put(&c->out, c->event.data, c->event.len);

    if (!c->http10) {
        sim_puts(&c->out, "\r\n");
    }
}


sim_next_e
sim_stream_end(sim_conn_t *c)
{
    if (!c->http10) {
        sim_puts(&c->out, "0\r\n\r\n");
    }

    c->next = sim_answer_done;

    return SIM_MORE;
}


static sim_next_e
sim_stream_error(sim_conn_t *c)
{
    c->event.len = 0;
    sim_puts(&c->event, "data: {\"error\":{\"message\":\"The server had an "
             "error while processing your request.\",\"type\":"
             "\"server_error\",\"param\":null,\"code\":null}}");
    sim_stream_eol(c);
    sim_stream_eol(c);
    sim_stream_send(c);

    return sim_stream_end(c);
}


/* what one call leaves in `out` is one send */

sim_next_e
sim_stream_next(sim_conn_t *c)
{
    unsigned     more;
    sim_plan_t   p;

    sim_stream_plan(c, &p);

    if (c->step < 0) {
        sim_answer_head(c, 200, "text/event-stream; charset=utf-8", -1);
        c->step = 0;

        if (c->fault.cut == 0 || c->fault.error == 0) {
            return SIM_MORE;
        }
    }

    if (c->events == c->fault.cut) {
        return SIM_END_CLOSE;
    }

    if (c->events == c->fault.error) {
        return sim_stream_error(c);
    }

    if ((c->fault.flags & SIM_HANGBODY) && c->events * 2 >= p.content) {
        return SIM_END_HANG;
    }

    c->event.len = 0;

    if (c->fault.flags & SIM_BLANK) {
        sim_puts(&c->event, ": keep-alive");
        sim_stream_eol(c);
        sim_stream_eol(c);
    }

    sim_puts(&c->event, "data: ");
    more = sim_stream_data(c, &p);
    c->events++;
    sim_stream_eol(c);

    if (more || !(c->fault.flags & SIM_NOBLANK)) {
        sim_stream_eol(c);
    }

    sim_stream_send(c);

    if (!more) {
        return sim_stream_end(c);
    }

    c->wait = c->fault.slow ? c->fault.slow : c->sim->slow;

    return c->wait ? SIM_WAIT : SIM_MORE;
}
