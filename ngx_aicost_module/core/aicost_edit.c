
/*
 * Copyright (C) aicost
 *
 * The few members of a client's bytes that are replaced for a provider of its
 * own shape.
 */


#include "aicost_request.h"


typedef struct {
    aicost_edit_t   *edits;
    uint32_t         n;
    unsigned char   *last;      /* of the scratch */
} aicost_editor_t;


static void
aicost_editor_add(aicost_editor_t *e, const char *text)
{
    size_t  len;

    len = strlen(text);
    memcpy(e->last, text, len);
    e->last += len;
}


static void
aicost_editor_number(aicost_editor_t *e, int64_t n)
{
    unsigned char  *p, buf[20];

    p = buf + sizeof(buf);

    do {
        *--p = (unsigned char) ('0' + n % 10);
        n /= 10;
    } while (n > 0);

    memcpy(e->last, p, (size_t) (buf + sizeof(buf) - p));
    e->last += buf + sizeof(buf) - p;
}


/* an edit with the text from start on; kept in order, by insertion */

static void
aicost_editor_edit(aicost_editor_t *e, uint32_t off, uint32_t len,
    unsigned char *start)
{
    uint32_t        i;
    aicost_edit_t  *edit;

    if (e->last == start) {
        return;
    }

    for (i = e->n++; i && e->edits[i - 1].off > off; i--) {
        e->edits[i] = e->edits[i - 1];
    }

    edit = &e->edits[i];
    edit->off = off;
    edit->len = len;
    edit->text.data = start;
    edit->text.len = (size_t) (e->last - start);
}


static void
aicost_editor_model(aicost_editor_t *e, const aicost_request_t *q,
    const aicost_target_t *t)
{
    unsigned char  *start;

    if (q->model_at.len == 0        /* the path names it */
        || t->model.len == 0 || t->model.len > AICOST_MAX_IDENT
        || (t->model.len == q->model.len
            && memcmp(t->model.data, q->model.data, q->model.len) == 0))
    {
        return;
    }

    start = e->last;
    *e->last++ = '"';
    e->last = aicost_json_escape(e->last, e->last + AICOST_MAX_IDENT * 6,
                                 t->model.data, t->model.len);
    *e->last++ = '"';
    aicost_editor_edit(e, q->model_at.off, q->model_at.len, start);
}


/* Gemini's cap stands a level below; a null cap is replaced like any other */

static void
aicost_editor_config(aicost_editor_t *e, const aicost_request_t *q,
    int64_t cap)
{
    uint32_t        off, len;
    unsigned        object;
    unsigned char  *start;

    if (cap <= 0 || q->cap_at[0].len) {
        return;
    }

    start = e->last;
    object = (q->config_at.len && q->config != AICOST_OPTIONS_NULL);
    off = q->config_at.len ? q->config_at.off + object : q->insert_at;
    len = (q->config_at.len && !object) ? q->config_at.len : 0;

    if (q->config_at.len == 0) {
        aicost_editor_add(e, "\"generationConfig\":");
    }

    aicost_editor_add(e, object ? "\"maxOutputTokens\":"
                                : "{\"maxOutputTokens\":");
    aicost_editor_number(e, cap);
    aicost_editor_add(e, object ? "" : "}");

    if (q->config_at.len == 0 || q->config == AICOST_OPTIONS_MEMBERS) {
        aicost_editor_add(e, ",");
    }

    aicost_editor_edit(e, off, len, start);
}


uint32_t
aicost_request_edits(const aicost_request_t *q, const aicost_target_t *t,
    aicost_edit_t *edits, unsigned char *scratch)
{
    int64_t          cap;
    unsigned         i, usage, legacy, responses, gemini;
    unsigned char   *start;
    aicost_editor_t  e;

    e.edits = edits;
    e.n = 0;
    e.last = scratch;

    cap = (q->endpoint == AICOST_EP_EMBEDDINGS) ? -1 : t->cap;
    responses = (q->endpoint == AICOST_EP_RESPONSES);
    gemini = (q->endpoint == AICOST_EP_GENERATE
              || q->endpoint == AICOST_EP_GENERATE_STREAM);
    legacy = (q->endpoint == AICOST_EP_COMPLETIONS
              || (t->legacy_cap && !responses));
    usage = (q->stream && t->include_usage && !q->include_usage
             && !responses);

    /* members that are new, after the opening brace */

    start = e.last;

    if (gemini) {
        aicost_editor_config(&e, q, cap);
        start = e.last;

    } else if (cap > 0 && q->cap_at[0].len == 0) {
        aicost_editor_add(&e, responses ? "\"max_output_tokens\":"
                              : legacy ? "\"max_tokens\":"
                                       : "\"max_completion_tokens\":");
        aicost_editor_number(&e, cap);
        aicost_editor_add(&e, ",");

    } else if (legacy && !q->max_tokens && (cap > 0 || q->cap > 0)) {
        aicost_editor_add(&e, "\"max_tokens\":");
        aicost_editor_number(&e, cap > 0 ? cap : q->cap);
        aicost_editor_add(&e, ",");
    }

    if (usage && q->stream_options_at.len == 0) {
        aicost_editor_add(&e, "\"stream_options\":{\"include_usage\":true},");
    }

    aicost_editor_edit(&e, q->insert_at, 0, start);
    aicost_editor_model(&e, q, t);

    for (i = 0; i < 2 && cap > 0 && q->cap_at[i].len; i++) {
        start = e.last;
        aicost_editor_number(&e, cap);
        aicost_editor_edit(&e, q->cap_at[i].off, q->cap_at[i].len, start);
    }

    if (usage && q->include_usage_at.len) {
        start = e.last;
        aicost_editor_add(&e, "true");
        aicost_editor_edit(&e, q->include_usage_at.off,
                           q->include_usage_at.len, start);

    } else if (usage && q->stream_options_at.len) {
        start = e.last;

        switch (q->options) {

        case AICOST_OPTIONS_NULL:
            aicost_editor_add(&e, "{\"include_usage\":true}");
            aicost_editor_edit(&e, q->stream_options_at.off,
                               q->stream_options_at.len, start);
            break;

        case AICOST_OPTIONS_EMPTY:
            aicost_editor_add(&e, "\"include_usage\":true");
            aicost_editor_edit(&e, q->stream_options_at.off + 1, 0, start);
            break;

        default:
            aicost_editor_add(&e, "\"include_usage\":true,");
            aicost_editor_edit(&e, q->stream_options_at.off + 1, 0, start);
        }
    }

    return e.n;
}
