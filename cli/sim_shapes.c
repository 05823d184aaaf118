
/*
 * Copyright (C) aicost
 *
 * Answers in the other shapes: Anthropic's, Gemini's, Ollama's, Bedrock's, told
 * by the shape itself, whole and piece by piece.
 */


#include "sim.h"


#define SIM_SHAPE_KEEP          4096      /* bytes of a stream's memory */
#define SIM_SHAPE_ROOM          16384     /* of an event, beside its text */
#define SIM_SHAPE_NODES         64        /* of a call's arguments */
#define SIM_SHAPE_MESSAGE       256
#define SIM_SHAPE_HUGE          (INT64_C(1) << 60)


typedef struct {
    int64_t              thinking;     /* events of each part */
    int64_t              content;
    int64_t              finish;
    int64_t              visible;      /* tokens of text a choice */
} sim_shape_plan_t;


static const char  sim_shape_arguments[] = "{\\\"city\\\":\\\"Utrecht\\\"}";


static aicost_piece_t
sim_shape_piece(const char *data, size_t len)
{
    aicost_piece_t  p;

    p.data = (const unsigned char *) data;
    p.len = (uint32_t) len;
    p.kind = AICOST_PIECE_STRING;

    return p;
}


static void
sim_shape_out(sim_buf_t *b, size_t room, aicost_out_t *o)
{
    static aicost_json_node_t  nodes[SIM_SHAPE_NODES];

    if (b->size - b->len < room) {
        b->size = b->len + room;
        b->data = aicost_realloc(b->data, b->size);
    }

    memset(o, 0, sizeof(*o));
    o->data = (unsigned char *) b->data + b->len;
    o->size = room;
    o->nodes = nodes;
    o->max = SIM_SHAPE_NODES;
}


static void
sim_shape_say(sim_conn_t *c, const aicost_says_t *s)
{
    aicost_out_t  o;

    sim_shape_out(&c->event, SIM_SHAPE_ROOM + 6 * (size_t) s->text.len, &o);
    c->api->tell_event(&c->tell, s, &o);
    c->event.len += o.failed ? 0 : o.len;
}


static void
sim_shape_begin(sim_conn_t *c)
{
    if (c->keep == NULL) {
        c->keep = aicost_alloc(SIM_SHAPE_KEEP);
    }

    (void) snprintf(c->id, sizeof(c->id), "sim%021llx",
                    (unsigned long long) c->request);

    memset(&c->tell, 0, sizeof(c->tell));
    c->tell.id.data = (unsigned char *) c->id;
    c->tell.id.len = sizeof(c->id) - 1;
    c->tell.now = c->sim->created;
    c->tell.keep = (unsigned char *) c->keep;
    c->tell.size = SIM_SHAPE_KEEP;
}


static void
sim_shape_usage(const sim_conn_t *c, aicost_usage_t *u)
{
    const sim_fault_t  *f;

    f = &c->fault;
    memset(u, 0, sizeof(*u));

    if (f->flags & SIM_ZEROUSAGE) {
        return;
    }

    u->cached = f->cached < c->input ? f->cached : c->input;
    u->input = c->input - u->cached;
    u->cache_write = f->write < u->input ? f->write : u->input;
    u->input -= u->cache_write;
    u->output = c->output * c->ask.choices;
    u->reasoning = f->reasoning < u->output ? f->reasoning : u->output;
    u->service = f->flags & SIM_FLEX ? AICOST_SERVICE_FLEX
                 : f->flags & SIM_PRIORITY ? AICOST_SERVICE_PRIORITY
                 : f->flags & SIM_FAST ? AICOST_SERVICE_FAST
                 : AICOST_SERVICE_AUTO;

    if (f->flags & SIM_NEG) {
        u->input = -1 - u->input;
        u->output = -1 - u->output;

    } else if (f->flags & SIM_HUGE) {
        u->input = SIM_SHAPE_HUGE;
        u->output = SIM_SHAPE_HUGE;
    }
}


static uint8_t
sim_shape_finish(const sim_conn_t *c)
{
    return c->fault.flags & SIM_TOOL ? AICOST_FINISH_CALLS
           : c->ask.cap >= 0 && c->output >= c->ask.cap ? AICOST_FINISH_LENGTH
           : AICOST_FINISH_STOP;
}


static void
sim_shape_start(sim_conn_t *c, aicost_says_t *s)
{
    memset(s, 0, sizeof(*s));
    s->kind = AICOST_SAYS_START;
    s->name = sim_shape_piece(c->model, strlen(c->model));
    s->created = c->sim->created;
    sim_shape_usage(c, &s->usage);
    s->usage.output = 0;
    s->usage.reasoning = 0;
}


static void
sim_shape_call(aicost_says_t *s)
{
    s->kind = AICOST_SAYS_CALL;
    s->id = sim_shape_piece("call_sim0", 9);
    s->name = sim_shape_piece("get_weather", 11);
}


static void
sim_shape_args(aicost_says_t *s)
{
    s->kind = AICOST_SAYS_ARGUMENTS;
    s->text = sim_shape_piece(sim_shape_arguments,
                              sizeof(sim_shape_arguments) - 1);
}


/* thoughts are shown, four bytes a token, and signed where they are */

static unsigned
sim_shape_signs(const sim_conn_t *c)
{
    return c->api == &aicost_api_anthropic || c->api == &aicost_api_bedrock;
}


/* a usage that Anthropic's shape always has is cut out again */

static void
sim_shape_strip(sim_conn_t *c, size_t from)
{
    int         depth;
    char       *p, *q, *end;
    sim_buf_t  *b;

    b = &c->event;

    if (c->api != &aicost_api_anthropic || !(c->fault.flags & SIM_NOUSAGE)
        || b->len == from)
    {
        return;
    }

    p = memmem(b->data + from, b->len - from, ",\"usage\":{", 10);

    if (p == NULL) {
        return;
    }

    end = b->data + b->len;
    depth = 1;

    for (q = p + 10; q < end && depth; q++) {
        depth += (*q == '{') - (*q == '}');
    }

    memmove(p, q, (size_t) (end - q));
    b->len -= (size_t) (q - p);
}


static void
sim_shape_json(sim_conn_t *c)
{
    size_t          n, each, thinking;
    int64_t         i, visible;
    sim_buf_t      *text;
    aicost_out_t    o;
    aicost_says_t  *says, *s;

    text = &c->prefix;
    text->len = 0;

    visible = c->output - c->fault.reasoning;
    each = visible > 0 ? (size_t) visible * 4 : 0;
    thinking = (size_t) (c->output - (visible > 0 ? visible : 0)) * 4;
    sim_words(c->sim, text, 0, thinking);

    for (i = 0; i < c->ask.choices; i++) {
        sim_words(c->sim, text, (size_t) i * 64, each);
    }

    n = 8 + (size_t) c->ask.choices * 3;
    says = aicost_alloc(n * sizeof(aicost_says_t));
    memset(says, 0, n * sizeof(aicost_says_t));

    s = says;
    sim_shape_start(c, s++);

    if (thinking) {
        s->kind = AICOST_SAYS_THINKING;
        s++->text = sim_shape_piece(text->data, thinking);

        if (sim_shape_signs(c)) {
            s->kind = AICOST_SAYS_SIGNATURE;
            s++->text = aicost_piece_word("c2ltdWxhdGVk");
        }
    }

    for (i = 0; i < c->ask.choices; i++) {
        s->choice = (uint32_t) i;

        if (c->fault.flags & SIM_TOOL) {
            sim_shape_call(s++);
            s->choice = (uint32_t) i;
            sim_shape_args(s++);

        } else {
            s->kind = AICOST_SAYS_TEXT;
            s++->text = sim_shape_piece(text->data + thinking
                                        + (size_t) i * each, each);
        }

        s->choice = (uint32_t) i;
        s->kind = AICOST_SAYS_FINISH;
        s++->finish = sim_shape_finish(c);
    }

    if (!(c->fault.flags & SIM_NOUSAGE)) {
        s->kind = AICOST_SAYS_USAGE;
        sim_shape_usage(c, &s++->usage);
    }

    s++->kind = AICOST_SAYS_DONE;

    c->event.len = 0;
    sim_puts(&c->event, c->fault.flags & SIM_BLANK ? "\n\n\n" : "");
    n = c->event.len;
    sim_shape_out(&c->event, SIM_SHAPE_ROOM + 6 * text->len, &o);
    c->api->tell(&c->tell, says, (uint32_t) (s - says), &o);
    c->event.len += o.len;
    free(says);

    sim_shape_strip(c, n);
    sim_answer_body(c, 200, "application/json");
}


void
sim_shape_answer(sim_conn_t *c)
{
    sim_shape_begin(c);

    if (c->refused) {
        sim_shape_error(c, 400, NULL, c->refused);

    } else if (c->step == SIM_SHAPE_COUNT) {
        c->event.len = 0;
        sim_puts(&c->event, "{\"input_tokens\":");
        sim_putn(&c->event, c->input);
        sim_puts(&c->event, "}");
        sim_answer_body(c, 200, "application/json");

    } else if (c->ask.stream) {
        c->step = -1;
        c->next = sim_shape_next;

    } else {
        sim_shape_json(c);
    }
}


static aicost_reason_e
sim_shape_reason(const sim_conn_t *c, int status, const char *type)
{
    if (type && strcmp(type, "insufficient_quota") == 0) {

        /* Gemini has no word for it */

        return status == 429 && c->api == &aicost_api_gemini
               ? AICOST_R_RATE_LIMITED : AICOST_R_NO_MONEY;
    }

    switch (status) {
    case 401: return AICOST_R_INVALID_API_KEY;
    case 403: return AICOST_R_MODEL_NOT_ALLOWED;
    case 404: return AICOST_R_MODEL_NOT_FOUND;
    case 413: return AICOST_R_REQUEST_TOO_LARGE;
    case 429: return AICOST_R_RATE_LIMITED;
    case 503:
    case 529: return AICOST_R_OVERLOADED;
    case 504: return AICOST_R_TIMEOUT;
    default:  return status < 500 ? AICOST_R_BAD_REQUEST
                                  : AICOST_R_SERVER_ERROR;
    }
}


/* as the provider says it: without our own word of it */

void
sim_shape_error(sim_conn_t *c, int status, const char *type,
    const char *message)
{
    char           text[SIM_SHAPE_MESSAGE];
    aicost_out_t   o;
    aicost_says_t  s;

    sim_shape_begin(c);
    (void) snprintf(text, sizeof(text), "%s", message);

    memset(&s, 0, sizeof(s));
    s.kind = AICOST_SAYS_ERROR;
    s.reason = sim_shape_reason(c, status, type);
    s.text = aicost_piece_word(text);

    c->event.len = 0;
    sim_shape_out(&c->event, SIM_SHAPE_ROOM, &o);
    c->api->tell(&c->tell, &s, 1, &o);
    c->event.len = o.len;
    sim_answer_body(c, status, "application/json");
}


/* --- streams -------------------------------------------------------------- */


static void
sim_shape_plan(const sim_conn_t *c, sim_shape_plan_t *p)
{
    int64_t  per, each;

    per = c->sim->per_event;

    p->visible = c->output - c->fault.reasoning;
    p->visible = p->visible < 0 ? 0 : p->visible;
    p->thinking = c->output > p->visible;
    each = (p->visible + per - 1) / per;

    if (c->fault.big) {
        p->visible -= (c->fault.big + 3) / 4;
        p->visible = p->visible < 0 ? 0 : p->visible;
        each = 1 + (p->visible + per - 1) / per;
    }

    if (c->fault.flags & SIM_TOOL) {
        each = 2;
    }

    p->content = each * c->ask.choices;
    p->finish = c->ask.choices;
}


static void
sim_shape_thinking(sim_conn_t *c, aicost_says_t *s)
{
    c->prefix.len = 0;
    sim_words(c->sim, &c->prefix, 0, 4 * (size_t)
              (c->fault.reasoning < c->output ? c->fault.reasoning
                                              : c->output));
    s->kind = AICOST_SAYS_THINKING;
    s->text = sim_shape_piece(c->prefix.data, c->prefix.len);
    sim_shape_say(c, s);

    if (sim_shape_signs(c)) {
        s->kind = AICOST_SAYS_SIGNATURE;
        s->text = aicost_piece_word("c2ltdWxhdGVk");
        sim_shape_say(c, s);
    }
}


static void
sim_shape_content(sim_conn_t *c, const sim_shape_plan_t *p, int64_t k,
    aicost_says_t *s)
{
    size_t   at, n;
    int64_t  i, piece, per, left;

    i = k % c->ask.choices;
    piece = k / c->ask.choices;
    per = c->sim->per_event;
    s->choice = (uint32_t) i;

    if (c->fault.flags & SIM_TOOL) {
        if (piece == 0) {
            sim_shape_call(s);

        } else {
            sim_shape_args(s);
        }

        sim_shape_say(c, s);
        return;
    }

    piece -= c->fault.big ? 1 : 0;
    left = p->visible - piece * per;
    left = left < per ? left : per;
    n = (size_t) left * 4;
    at = (size_t) (i * 64 + piece * per * 4);

    if (piece < 0) {
        at = 0;
        n = (size_t) c->fault.big;
    }

    c->prefix.len = 0;
    sim_words(c->sim, &c->prefix, at, n);
    s->kind = AICOST_SAYS_TEXT;
    s->text = sim_shape_piece(c->prefix.data, n);
    sim_shape_say(c, s);
}


/* one piece of the stream, which may be empty; 0 when it was the last */

static unsigned
sim_shape_step(sim_conn_t *c, const sim_shape_plan_t *p)
{
    char           *stop;
    int64_t         k;
    aicost_says_t   s;

    memset(&s, 0, sizeof(s));
    k = c->step++;

    if (k == 0) {
        sim_shape_start(c, &s);
        sim_shape_say(c, &s);
        return 1;
    }

    k--;

    if (k < p->thinking) {
        sim_shape_thinking(c, &s);
        return 1;
    }

    k -= p->thinking;

    if (k < p->content) {
        sim_shape_content(c, p, k, &s);
        return 1;
    }

    k -= p->content;

    if (k < p->finish) {
        s.kind = AICOST_SAYS_FINISH;
        s.choice = (uint32_t) k;
        s.finish = sim_shape_finish(c);
        sim_shape_say(c, &s);
        return 1;
    }

    if (!(c->fault.flags & SIM_NOUSAGE)) {
        s.kind = AICOST_SAYS_USAGE;
        sim_shape_usage(c, &s.usage);
        sim_shape_say(c, &s);
    }

    s.kind = AICOST_SAYS_DONE;
    sim_shape_say(c, &s);

    if ((c->fault.flags & SIM_NODONE) && c->event.len) {
        stop = memmem(c->event.data, c->event.len, "event: message_stop", 19);
        c->event.len = stop ? (size_t) (stop - c->event.data) : c->event.len;
    }

    return 0;
}


/* lines end as they are asked to, and before them what nobody reads */

static void
sim_shape_frame(sim_conn_t *c, unsigned more)
{
    size_t       i;
    unsigned     flags;
    sim_buf_t   *b;
    const char  *eol;

    flags = c->fault.flags;
    b = &c->prefix;

    if (c->api->frames != AICOST_FRAMES_SSE) {
        return;
    }

    if (!more && (flags & SIM_NOBLANK) && c->event.len
        && c->event.data[c->event.len - 1] == '\n')
    {
        c->event.len--;
    }

    if (!(flags & (SIM_BLANK | SIM_CRLF | SIM_CR))) {
        return;
    }

    eol = flags & SIM_CRLF ? "\r\n" : flags & SIM_CR ? "\r" : "\n";
    b->len = 0;

    if (flags & SIM_BLANK) {
        sim_puts(b, ": keep-alive");
        sim_puts(b, eol);
        sim_puts(b, eol);
    }

    for (i = 0; i < c->event.len; i++) {
        if (c->event.data[i] == '\n') {
            sim_puts(b, eol);

        } else {
            sim_put(b, c->event.data + i, 1);
        }
    }

    c->event.len = 0;
    sim_put(&c->event, b->data, b->len);
}


static sim_next_e
sim_shape_failed(sim_conn_t *c)
{
    aicost_says_t  s;

    memset(&s, 0, sizeof(s));
    s.kind = AICOST_SAYS_ERROR;
    s.reason = AICOST_R_SERVER_ERROR;
    s.text = aicost_piece_word("The server had an error while processing "
                               "your request.");
    sim_shape_say(c, &s);
    sim_shape_frame(c, 0);
    sim_stream_send(c);

    return sim_stream_end(c);
}


sim_next_e
sim_shape_next(sim_conn_t *c)
{
    unsigned           more;
    sim_shape_plan_t   p;

    sim_shape_plan(c, &p);

    if (c->step < 0) {
        sim_answer_head(c, 200, c->api->type, -1);
        c->step = 0;

        if (c->fault.cut == 0 || c->fault.error == 0) {
            return SIM_MORE;
        }
    }

    if (c->events == c->fault.cut) {
        return SIM_END_CLOSE;
    }

    c->event.len = 0;

    if (c->events == c->fault.error) {
        return sim_shape_failed(c);
    }

    if ((c->fault.flags & SIM_HANGBODY) && c->events * 2 >= p.content) {
        return SIM_END_HANG;
    }

    do {
        more = sim_shape_step(c, &p);
    } while (more && c->event.len == 0);

    if (c->event.len) {
        c->events++;
        sim_shape_strip(c, 0);
        sim_shape_frame(c, more);
        sim_stream_send(c);
    }

    if (!more) {
        return sim_stream_end(c);
    }

    c->wait = c->fault.slow ? c->fault.slow : c->sim->slow;

    return c->wait ? SIM_WAIT : SIM_MORE;
}
