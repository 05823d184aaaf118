
/*
 * Copyright (C) aicost
 *
 * The recording, and what the provider's shape makes of each request: by the
 * code that the gateway runs.
 */


#include "drill.h"


/* --- the recording -------------------------------------------------------- */


static int
drill_line(drill_t *d, size_t line, const char *text, size_t len)
{
    int               rc;
    size_t            n;
    drill_call_t     *c;
    aicost_json_t     j;
    aicost_record_t   record;

    rc = aicost_tape(&j, text, len) == AICOST_OK
         ? aicost_record_read(&record, &j) : AICOST_ERROR;
    free(j.nodes);

    if (rc != AICOST_OK) {
        d->bad++;
        return AICOST_OK;
    }

    if (strcmp(aicost_record_shape(record.endpoint), d->shape) != 0) {
        d->others++;
        return AICOST_OK;
    }

    n = record.currency.len;

    if (n != 3 || (d->currency[0] && memcmp(d->currency, record.currency.data,
                                            3) != 0))
    {
        aicost_say("%s:%zu: its money is another than before it: records of "
                   "two currencies cannot be summed", d->file, line);
        return AICOST_ERROR;
    }

    memcpy(d->currency, record.currency.data, 3);

    d->calls = aicost_realloc(d->calls,
                              (d->ncalls + 1) * sizeof(drill_call_t));
    c = &d->calls[d->ncalls++];

    memset(c, 0, sizeof(*c));
    c->line = line;
    c->text = text;
    c->len = len;
    c->record = record;
    c->latency = -1;
    c->ttft = -1;

    return AICOST_OK;
}


static const char *
drill_how(void)
{
    return "the gateway records with \"aicost_record PATH;\" in a location, "
           "see docs/drill.md";
}


int
drill_load(drill_t *d)
{
    char    *p, *end;
    size_t   len, line;

    d->text = aicost_read(d->file, &len);

    if (d->text == NULL) {
        aicost_say("drill: %s", drill_how());
        return AICOST_ERROR;
    }

    line = 0;

    for (p = d->text; p < d->text + len; p = end + 1) {
        end = memchr(p, '\n', (size_t) (d->text + len - p));
        end = end ? end : d->text + len;
        line++;

        if (end > p && drill_line(d, line, p, (size_t) (end - p))
            != AICOST_OK)
        {
            return AICOST_ERROR;
        }
    }

    if (d->bad) {
        aicost_say("drill: %s: %zu line%s no record, left out", d->file,
                   d->bad, d->bad == 1 ? " is" : "s are");
    }

    if (d->ncalls == 0) {
        aicost_say("drill: %s has no call of a client of shape %s (%zu of "
                   "others); %s", d->file, d->shape, d->others, drill_how());
        return AICOST_ERROR;
    }

    return AICOST_OK;
}


/* --- one request ---------------------------------------------------------- */


/* 1: a word, copied into DRILL_NAME bytes; what is none is not ours to show */

unsigned
drill_word(const unsigned char *data, size_t len, char *to)
{
    size_t  i;

    to[0] = '\0';

    if (len == 0 || len >= DRILL_NAME) {
        return 0;
    }

    for (i = 0; i < len; i++) {
        if (!((data[i] | 0x20) >= 'a' && (data[i] | 0x20) <= 'z')
            && !(data[i] >= '0' && data[i] <= '9')
            && memchr("_-.~[]$ ", data[i], 8) == NULL)
        {
            return 0;
        }
    }

    memcpy(to, data, len);
    to[len] = '\0';

    return 1;
}


static void
drill_refused(drill_call_t *c, aicost_reason_e reason, const void *param,
    size_t len)
{
    c->why = aicost_reason_word(reason);
    c->nmembers = drill_word(param, len, c->members[0]);
}


static void
drill_cap(const drill_t *d, drill_work_t *w)
{
    int64_t  cap;

    cap = w->q.cap >= 0 ? w->q.cap : d->output;

    if (d->price && d->price->max_output && cap > d->price->max_output) {
        cap = d->price->max_output;
    }

    w->cap = w->q.endpoint == AICOST_EP_EMBEDDINGS ? 0 : cap;
}


int
drill_open(const drill_t *d, drill_call_t *c, drill_work_t *w)
{
    size_t        n;
    aicost_str_t  model;

    memset(w, 0, sizeof(*w));

    model.data = (unsigned char *) (uintptr_t) "model";
    model.len = 5;

    if (aicost_tape(&w->j, c->record.request.data, c->record.request.len)
        != AICOST_OK
        || aicost_request_read(&w->q, c->record.endpoint, &w->j,
                               c->record.endpoint == AICOST_EP_GENERATE
                               || c->record.endpoint
                                  == AICOST_EP_GENERATE_STREAM
                               ? &model : NULL)
           != AICOST_OK)
    {
        drill_refused(c, w->q.reason ? w->q.reason : AICOST_R_INVALID_JSON,
                      w->q.param.data, w->q.param.len);
        return AICOST_ERROR;
    }

    drill_cap(d, w);

    n = w->j.nnodes + 1;
    w->parts = aicost_alloc(n * sizeof(aicost_part_t));
    w->tools = aicost_alloc(DRILL_MAX_TOOLS * sizeof(aicost_tool_t));
    w->scratch = aicost_alloc(DRILL_NODES * sizeof(aicost_json_node_t));

    w->same = (d->api == d->client
               && !(d->api == &aicost_api_gemini && w->q.cap == -1));

    return AICOST_OK;
}


void
drill_free(drill_work_t *w)
{
    free(w->j.nodes);
    free(w->parts);
    free(w->tools);
    free(w->scratch);
    free(w->body);
    memset(w, 0, sizeof(*w));
}


static unsigned
drill_translatable(const drill_call_t *c)
{
    return c->record.endpoint != AICOST_EP_COMPLETIONS
           && c->record.endpoint != AICOST_EP_EMBEDDINGS;
}


/* the form, anew: writing leaves its marks in it */

static int
drill_form(const drill_t *d, drill_call_t *c, drill_work_t *w)
{
    memset(&w->form, 0, sizeof(w->form));
    w->form.parts = w->parts;
    w->form.max_parts = w->j.nnodes + 1;
    w->form.tools = w->tools;
    w->form.max_tools = DRILL_MAX_TOOLS;
    w->form_read = 0;

    if (!drill_translatable(c)) {
        drill_refused(c, AICOST_R_NOT_TRANSLATED, "", 0);
        return AICOST_ERROR;
    }

    if (d->client->read(&w->form, &w->j) != AICOST_OK) {
        drill_refused(c, w->form.reason, w->form.param.data,
                      w->form.param.len);
        return AICOST_ERROR;
    }

    w->form.stream = w->q.stream;
    w->form_read = 1;

    return AICOST_OK;
}


/* the client's own bytes with the edits that the gateway makes */

static int
drill_edit(const drill_t *d, drill_work_t *w)
{
    size_t           len;
    uint32_t         i, n, pos;
    aicost_edit_t    edits[AICOST_MAX_EDITS];
    unsigned char    scratch[AICOST_EDIT_SCRATCH], *p;
    aicost_target_t  target;

    memset(&target, 0, sizeof(target));
    target.model.data = (unsigned char *) (uintptr_t) d->model;
    target.model.len = strlen(d->model);
    target.cap = w->cap;
    target.include_usage = (d->api == &aicost_api_openai);
    target.legacy_cap = d->extra && d->api == &aicost_api_openai;

    n = aicost_request_edits(&w->q, &target, edits, scratch);
    len = w->j.len;

    for (i = 0; i < n; i++) {
        len = len - edits[i].len + edits[i].text.len;
    }

    free(w->body);
    w->body = aicost_alloc(len);
    w->len = len;
    p = w->body;
    pos = 0;

    for (i = 0; i < n; i++) {
        memcpy(p, w->j.data + pos, edits[i].off - pos);
        p += edits[i].off - pos;
        memcpy(p, edits[i].text.data, edits[i].text.len);
        p += edits[i].text.len;
        pos = edits[i].off + edits[i].len;
    }

    memcpy(p, w->j.data + pos, w->j.len - pos);

    return AICOST_OK;
}


int
drill_write(const drill_t *d, drill_call_t *c, drill_work_t *w,
    unsigned lenient)
{
    int                   rc;
    unsigned              pass;
    aicost_out_t          o;
    drill_call_t          keep;
    aicost_form_target_t  target;

    /* the gateway refuses it before any provider is looked at */

    if (w->q.extra.len && !d->extra) {
        drill_refused(c, AICOST_R_PARAMETER_NOT_ALLOWED, w->q.extra.data,
                      w->q.extra.len);
        return AICOST_ERROR;
    }

    if (w->same) {

        /* what was asked is what the answer is judged by */

        keep = *c;
        (void) drill_form(d, c, w);
        *c = keep;

        return drill_edit(d, w);
    }

    if (drill_form(d, c, w) != AICOST_OK) {
        return AICOST_ERROR;
    }

    memset(&target, 0, sizeof(target));
    target.model.data = (unsigned char *) (uintptr_t) d->model;
    target.model.len = strlen(d->model);
    target.cap = w->cap;
    target.version.data = (unsigned char *) (uintptr_t) d->version;
    target.version.len = strlen(d->version);
    target.lenient = lenient & 1;
    target.legacy_cap = d->extra;

    memset(&o, 0, sizeof(o));
    o.nodes = w->scratch;
    o.max = DRILL_NODES;

    free(w->body);
    w->body = NULL;

    for (pass = 0; pass < 2; pass++) {

        if (pass) {
            o.size = o.len;
            o.len = 0;
            o.data = aicost_alloc(o.size);
            w->body = o.data;
        }

        rc = d->api->write(&w->form, &target, &o);

        if (rc != AICOST_OK || o.failed) {
            drill_refused(c, rc != AICOST_OK ? w->form.reason
                                             : AICOST_R_INTERNAL,
                          w->form.param.data, w->form.param.len);
            return AICOST_ERROR;
        }
    }

    w->len = o.len;

    return AICOST_OK;
}


/* --- what it uses, how it goes -------------------------------------------- */


static uint32_t
drill_parts(drill_call_t *c, const aicost_form_t *f)
{
    uint32_t              i, bits;
    const aicost_part_t  *p;

    bits = 0;

    for (i = 0; i < f->nparts; i++) {
        p = &f->parts[i];

        switch (p->kind) {

        case AICOST_PART_IMAGE:
            bits |= 1u << DRILL_IMAGES;

            if ((p->flags & AICOST_PART_URL)
                && p->text.len >= sizeof(AICOST_REDACTED_URL) - 1
                && memcmp(p->text.data, AICOST_REDACTED_URL,
                          sizeof(AICOST_REDACTED_URL) - 1) == 0)
            {
                c->redacted_url = 1;
            }

            break;

        case AICOST_PART_FILE:
        case AICOST_PART_AUDIO:
            bits |= 1u << DRILL_DOCUMENTS;
            break;

        case AICOST_PART_CALL:
        case AICOST_PART_RESULT:
            bits |= 1u << DRILL_TOOL_LOOP;
            break;

        case AICOST_PART_THINKING:
        case AICOST_PART_REDACTED:
            bits |= 1u << DRILL_REASONING;
            break;
        }
    }

    return bits;
}


static void
drill_features(const drill_t *d, drill_call_t *c, drill_work_t *w)
{
    uint32_t              bits;
    drill_call_t          keep;
    const aicost_form_t  *f;

    bits = w->q.stream ? 1u << DRILL_STREAM : 0;

    if (c->record.endpoint == AICOST_EP_EMBEDDINGS) {
        bits |= 1u << DRILL_EMBEDDINGS;

    } else if (c->record.endpoint == AICOST_EP_COMPLETIONS) {
        bits |= 1u << DRILL_COMPLETIONS;
    }

    if (w->q.text.tools) {
        bits |= 1u << DRILL_TOOLS;
    }

    if (w->q.text.images) {
        bits |= 1u << DRILL_IMAGES;
    }

    if (w->q.choices > 1) {
        bits |= 1u << DRILL_CHOICES;
    }

    keep = *c;

    if (drill_form(d, c, w) == AICOST_OK) {
        f = &w->form;
        bits |= drill_parts(&keep, f);

        if (f->ntools) {
            bits |= 1u << DRILL_TOOLS;
        }

        if (f->answer != AICOST_ANSWER_TEXT) {
            bits |= 1u << DRILL_STRUCTURED;
        }

        if (f->effort > AICOST_EFFORT_NONE
            || f->thinking > AICOST_THINKING_OFF)
        {
            bits |= 1u << DRILL_REASONING;
        }

        if (f->logprobs == AICOST_YES || f->top_logprobs.kind) {
            bits |= 1u << DRILL_LOGPROBS;
        }
    }

    *c = keep;
    c->features = bits ? bits : 1u << DRILL_PLAIN;
}


static void
drill_money(const drill_t *d, drill_call_t *c, const drill_work_t *w)
{
    int64_t                 images, choices, rate;
    aicost_usage_t          usage;
    const aicost_record_t  *r;
    aicost_token_model_t    tm;

    if (d->price == NULL) {
        return;
    }

    r = &c->record;
    images = w->q.text.images;
    choices = w->q.choices ? w->q.choices : 1;

    memset(&usage, 0, sizeof(usage));
    usage.cached = r->tokens_cached < r->tokens_in ? r->tokens_cached
                                                   : r->tokens_in;
    usage.input = r->tokens_in - usage.cached;
    usage.output = r->tokens_out;
    usage.images = images;

    rate = aicost_price_service(d->price, d->rate, w->q.service,
                                AICOST_SERVICE_AUTO);
    c->expected = aicost_cost(d->price, &usage,
                              aicost_price_rate(d->price, rate, r->time,
                                                r->time));
    rate = aicost_price_service_upper(d->price, d->rate, w->q.service);

    memset(&tm, 0, sizeof(tm));
    tm.context = d->price->context;
    tm.image_upper = d->price->image_tokens;

    c->upper = d->price->free ? 0
               : aicost_cost_upper(d->price,
                                   aicost_tokens_upper(&w->q.text, &tm),
                                   images, aicost_mul(w->cap, choices),
                                   rate);

    if (c->record.endpoint == AICOST_EP_EMBEDDINGS) {
        /* output has no price and is none */
        usage.input = aicost_tokens_upper(&w->q.text, &tm);
        usage.cached = 0;
        usage.output = 0;
        c->upper = aicost_cost(d->price, &usage, rate);
    }
}


/* what the model is not able to do: the gateway does not send it; NULL */

static const char *
drill_unable(const drill_t *d, const drill_call_t *c, const drill_work_t *w)
{
    uint32_t  lacks;

    if (d->price == NULL) {
        return NULL;
    }

    lacks = w->q.needs & ~d->price->can;

    return (lacks & AICOST_CAN_TOOLS) ? "the model has no tools"
           : (lacks & AICOST_CAN_VISION) ? "the model sees no images"
           : (lacks & AICOST_CAN_JSON_SCHEMA) ? "the model has no JSON schema"
           : lacks ? "the model cannot do it"
           : !aicost_price_serves(d->price, w->q.service)
             ? "the service tier has no price"
           : (d->price->context && c->record.tokens_in > d->price->context)
             ? "the model's context is too small" : NULL;
}


void
drill_classify(const drill_t *d, drill_call_t *c)
{
    uint32_t      i;
    drill_work_t  w;

    if (drill_open(d, c, &w) != AICOST_OK) {
        c->features = 1u << DRILL_PLAIN;
        c->class = DRILL_NOT;
        drill_free(&w);
        return;
    }

    drill_features(d, c, &w);
    drill_money(d, c, &w);

    c->why = drill_unable(d, c, &w);

    if (c->why) {
        c->class = DRILL_NOT;

    } else if (drill_write(d, c, &w, 0) == AICOST_OK) {
        c->class = DRILL_UNCHANGED;

    } else if (drill_write(d, c, &w, 1) == AICOST_OK) {
        c->class = DRILL_LOSSES;
        c->why = NULL;
        c->nmembers = 0;

        for (i = 0; i < w.form.ndropped; i++) {
            c->nmembers += drill_word((const unsigned char *)
                                      w.form.dropped[i],
                                      strlen(w.form.dropped[i]),
                                      c->members[c->nmembers]);
        }

    } else {
        c->class = DRILL_NOT;
    }

    drill_free(&w);
}
