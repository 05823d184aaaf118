
/*
 * Copyright (C) aicost
 *
 * What the provider answered: read, and told to a client of the recorded
 * shape, by the code that the gateway runs; then judged against what was
 * asked.
 */


#include "drill.h"


typedef struct {
    const drill_t       *d;
    drill_call_t        *c;
    aicost_hear_t        hear;
    aicost_tell_t        tell;
    unsigned char       *text;         /* of the answer, unescaped */
    size_t               len;
    size_t               calls;
    char                 name[DRILL_NAME];     /* of the last call */
    uint8_t              finish;
    aicost_usage_t       usage;
    aicost_reason_e      reason;       /* of an error that was said */
    unsigned             has_usage:1;
    unsigned             failed:1;     /* it cannot be told */
    unsigned             done:1;
} drill_heard_t;


static void
drill_message(drill_heard_t *h, const aicost_says_t *s)
{
    char           *at, *text;
    size_t          len, n;
    unsigned char   buf[DRILL_NAME];

    if (s->id.kind && s->id.len < DRILL_NAME) {
        len = aicost_piece_text(&s->id, buf);
        (void) drill_word(buf, len, h->c->code);
    }

    if (!h->d->messages || h->c->message || s->text.kind == 0) {
        return;
    }

    text = aicost_alloc((size_t) s->text.len + 1);
    len = aicost_piece_text(&s->text, (unsigned char *) text);
    text[len] = '\0';

    /* some say the key again that they refuse */

    n = h->d->key ? strlen(h->d->key) : 0;

    while (n && (at = strstr(text, h->d->key)) != NULL) {
        memset(at, '*', n);
    }

    h->c->message = text;
}


static void
drill_note(drill_heard_t *h, const aicost_says_t *s)
{
    size_t  n;

    switch (s->kind) {

    case AICOST_SAYS_TEXT:
        if (s->choice == 0) {
            h->text = aicost_realloc(h->text, h->len + s->text.len + 1);
            h->len += aicost_piece_text(&s->text, h->text + h->len);
        }

        break;

    case AICOST_SAYS_THINKING:
    case AICOST_SAYS_REFUSAL:
        if (h->len == 0 && s->text.len) {
            h->finish = h->finish ? h->finish : AICOST_FINISH_OTHER;
        }

        break;

    case AICOST_SAYS_CALL:
        h->calls++;

        if (s->name.kind && s->name.len < DRILL_NAME) {
            n = aicost_piece_text(&s->name, (unsigned char *) h->name);
            h->name[n] = '\0';
        }

        break;

    case AICOST_SAYS_FINISH:
        h->finish = s->finish;
        break;

    case AICOST_SAYS_USAGE:
        h->usage = s->usage;
        h->has_usage = 1;
        break;

    case AICOST_SAYS_ERROR:
        h->reason = s->reason ? s->reason : AICOST_R_SERVER_ERROR;
        drill_message(h, s);
        break;

    case AICOST_SAYS_DONE:
        h->done = 1;
        break;
    }
}


/* --- a whole answer ------------------------------------------------------- */


static void
drill_tell_whole(drill_heard_t *h, const aicost_says_t *says, uint32_t n,
    aicost_json_t *j)
{
    unsigned       pass;
    aicost_out_t   o;
    aicost_tell_t  tell;

    memset(&o, 0, sizeof(o));
    o.nodes = j->nodes;
    o.max = j->max;

    for (pass = 0; pass < 2; pass++) {

        if (pass) {
            o.size = o.len;
            o.len = 0;
            o.data = aicost_alloc(o.size);
        }

        tell = h->tell;
        h->d->client->tell(&tell, says, n, &o);
    }

    h->failed = o.failed;
    free(o.data);
}


static void
drill_whole(drill_heard_t *h, const aicost_http_t *a)
{
    int             rc;
    uint32_t        i, n, max;
    aicost_json_t   j;
    aicost_says_t  *says;

    says = NULL;
    max = AICOST_SAYS_MAX;

    if (aicost_tape(&j, a->body, a->len) != AICOST_OK) {
        h->failed = 1;
        free(j.nodes);
        return;
    }

    for ( ;; ) {
        says = aicost_realloc(says, max * sizeof(aicost_says_t));
        memset(&h->hear, 0, sizeof(h->hear));
        n = 0;

        rc = h->d->api->hear(&h->hear, &j, says, max, &n);

        if (rc != AICOST_DECLINED || n <= max) {
            break;
        }

        max = n;
    }

    if (rc != AICOST_OK) {
        h->failed = 1;
        n = 0;
    }

    for (i = 0; i < n; i++) {
        drill_note(h, &says[i]);
    }

    if (n && h->reason == AICOST_R_OK && h->d->client != h->d->api) {
        drill_tell_whole(h, says, n, &j);
    }

    h->done = 1;
    free(says);
    free(j.nodes);
}


/* --- a stream ------------------------------------------------------------- */


static void
drill_event(drill_heard_t *h, const aicost_sse_t *s, unsigned end,
    aicost_json_node_t *nodes)
{
    uint32_t       i, n;
    aicost_out_t   o;
    aicost_says_t  says[AICOST_SAYS_MAX];

    if (!end && (!s->has_data || h->failed)) {
        return;
    }

    n = 0;

    if (s->long_event
        || h->d->api->hear_event(&h->hear, &s->name, end ? NULL : s->buf,
                                 end ? 0 : s->len, nodes, DRILL_NODES, says,
                                 &n)
           != AICOST_OK)
    {
        h->failed = 1;
        return;
    }

    for (i = 0; i < n; i++) {
        drill_note(h, &says[i]);

        if (h->d->client == h->d->api) {
            continue;
        }

        memset(&o, 0, sizeof(o));
        o.size = 6 * ((size_t) says[i].text.len + says[i].id.len
                      + says[i].name.len + h->tell.used) + 8192;
        o.data = aicost_alloc(o.size);
        o.nodes = nodes;
        o.max = DRILL_NODES;

        h->d->client->tell_event(&h->tell, &says[i], &o);

        if (o.failed) {
            h->failed = 1;
        }

        free(o.data);
    }
}


static void
drill_stream(drill_heard_t *h, const aicost_http_t *a)
{
    int                   rc;
    aicost_sse_t          s;
    unsigned char        *buf, *keep;
    aicost_json_node_t   *nodes;
    const unsigned char  *p, *last;

    nodes = aicost_alloc(DRILL_NODES * sizeof(aicost_json_node_t));
    buf = aicost_alloc(AICOST_SSE_MAX_EVENT);
    keep = aicost_alloc(DRILL_KEEP);

    h->tell.keep = keep;
    h->tell.size = DRILL_KEEP;

    aicost_sse_init(&s, buf, AICOST_SSE_MAX_EVENT);
    p = (const unsigned char *) a->body;
    last = p + a->len;

    while ((rc = aicost_frames_next(&s, h->d->api->frames, &p, last))
           == AICOST_OK)
    {
        drill_event(h, &s, 0, nodes);
    }

    if (rc == AICOST_ERROR) {
        h->failed = 1;

    } else {
        if (aicost_frames_end(&s, h->d->api->frames) == AICOST_OK) {
            drill_event(h, &s, 0, nodes);
        }

        /* its end says what is missing */

        if (!h->failed && !h->done) {
            s.long_event = 0;
            drill_event(h, &s, 1, nodes);
        }
    }

    free(nodes);
    free(buf);
    free(keep);
}


/* --- completions, embeddings: their bytes pass ---------------------------- */


static void
drill_bytes(drill_heard_t *h, const drill_work_t *w, const aicost_http_t *a)
{
    aicost_sse_t          s;
    unsigned char        *buf;
    aicost_event_t        e;
    aicost_json_node_t   *nodes;
    const unsigned char  *p, *last;

    nodes = aicost_alloc(DRILL_NODES * sizeof(aicost_json_node_t));
    h->finish = AICOST_FINISH_STOP;

    if (!w->q.stream) {
        h->has_usage = aicost_usage_answer((const unsigned char *) a->body,
                                           a->len, nodes, DRILL_NODES,
                                           &h->usage) == AICOST_USAGE_READ;
        h->failed = !h->has_usage;
        free(nodes);
        return;
    }

    buf = aicost_alloc(AICOST_SSE_MAX_EVENT);
    aicost_sse_init(&s, buf, AICOST_SSE_MAX_EVENT);
    p = (const unsigned char *) a->body;
    last = p + a->len;

    while (aicost_sse_next(&s, &p, last) == AICOST_OK) {
        memset(&e, 0, sizeof(e));

        if (!s.has_data) {
            continue;
        }

        if (aicost_event_read(NULL, s.buf, s.len, nodes, DRILL_NODES, &e)
            != AICOST_OK)
        {
            h->failed = 1;
        }

        if (e.usage_state == AICOST_USAGE_READ) {
            h->usage = e.usage;
            h->has_usage = 1;
        }

        h->reason = e.error ? AICOST_R_SERVER_ERROR : h->reason;
        h->done |= e.done;
    }

    h->failed |= !h->done;
    free(buf);
    free(nodes);
}


/* --- the verdict ---------------------------------------------------------- */


static unsigned
drill_is_json(const drill_heard_t *h)
{
    int            rc;
    unsigned       yes;
    aicost_json_t  j;

    rc = aicost_tape(&j, h->text, h->len);
    yes = (rc == AICOST_OK && j.nodes[0].type == AICOST_JSON_OBJECT);
    free(j.nodes);

    return yes;
}


/* NULL: it works */

static const char *
drill_judge(const drill_heard_t *h, const drill_work_t *w)
{
    const aicost_form_t  *f;

    if (h->reason != AICOST_R_OK) {
        return aicost_reason_word(h->reason);
    }

    if (h->failed) {
        return aicost_reason_word(AICOST_R_BAD_ANSWER);
    }

    if (!h->has_usage) {
        return "no usage";
    }

    if (h->len == 0 && h->calls == 0 && h->finish != AICOST_FINISH_LENGTH
        && h->finish != AICOST_FINISH_FILTER
        && h->finish != AICOST_FINISH_OTHER
        && h->c->record.endpoint != AICOST_EP_COMPLETIONS
        && h->c->record.endpoint != AICOST_EP_EMBEDDINGS)
    {
        return "nothing said";
    }

    if (!w->form_read) {
        return NULL;
    }

    f = &w->form;

    if ((f->choice == AICOST_CHOICE_ANY || f->choice == AICOST_CHOICE_TOOL)
        && (h->calls == 0
            || (f->choice == AICOST_CHOICE_TOOL
                && !aicost_piece_is(&f->choice_name, h->name))))
    {
        return "no tool call";
    }

    if (f->answer != AICOST_ANSWER_TEXT && h->calls == 0
        && h->finish != AICOST_FINISH_LENGTH && !drill_is_json(h))
    {
        return "no JSON";
    }

    return NULL;
}


/* an answer whose cost is not known costs what it may */

static void
drill_pay(const drill_t *d, drill_call_t *c, drill_heard_t *h,
    const drill_work_t *w, const aicost_http_t *a)
{
    int64_t  rate;

    if (a->status >= 300) {
        c->cost = 0;
        return;
    }

    if (!h->has_usage) {
        c->cost = c->upper;
        return;
    }

    rate = aicost_price_service(d->price, d->rate, w->q.service,
                                h->usage.service);

    h->usage.images = w->q.text.images;
    c->cost = aicost_cost(d->price, &h->usage,
                          aicost_price_rate(d->price, rate, aicost_now(),
                                            aicost_now()));
    c->tokens_in = h->usage.input + h->usage.cached + h->usage.cache_write
                   + h->usage.cache_write_1h;
    c->tokens_out = h->usage.output;
}


void
drill_hear(const drill_t *d, drill_call_t *c, const drill_work_t *w,
    const aicost_http_t *a)
{
    drill_heard_t  h;

    memset(&h, 0, sizeof(h));
    h.d = d;
    h.c = c;
    h.tell.id.data = (unsigned char *) (uintptr_t) "aicostdrillaicostdrill00";
    h.tell.id.len = 24;
    h.tell.now = aicost_now() / 1000;

    c->status = a->status;
    c->latency = a->latency;
    c->ttft = a->ttft;

    if (a->status >= 300) {
        drill_whole(&h, a);
        h.reason = aicost_error_class((int) a->status,
                                      (const unsigned char *) a->body, a->len);

    } else if (c->record.endpoint == AICOST_EP_COMPLETIONS
               || c->record.endpoint == AICOST_EP_EMBEDDINGS)
    {
        drill_bytes(&h, w, a);

    } else if (w->q.stream) {
        drill_stream(&h, a);

    } else {
        drill_whole(&h, a);
    }

    c->result = drill_judge(&h, w);
    c->worked = (c->result == NULL);
    drill_pay(d, c, &h, w, a);

    free(h.text);
}
