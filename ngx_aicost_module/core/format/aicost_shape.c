
/*
 * Copyright (C) aicost
 */


#include "aicost_shape.h"


#define AICOST_SHAPE_SLICE     ((size_t) 1 << 30)


/* --- reading -------------------------------------------------------------- */

uint32_t
aicost_shape_get(const aicost_json_t *j, uint32_t object, const char *name)
{
    uint32_t  node;

    node = aicost_json_get(j, object, name);

    return (node && j->nodes[node].type != AICOST_JSON_NULL) ? node : 0;
}


int
aicost_shape_invalid(aicost_form_t *f, const char *name)
{
    return aicost_form_fail(f, AICOST_R_INVALID_PARAMETER, name);
}


int
aicost_shape_refused(aicost_form_t *f, const char *name)
{
    return aicost_form_fail(f, AICOST_R_PARAMETER_NOT_ALLOWED, name);
}


int
aicost_shape_node(aicost_form_t *f, const aicost_json_t *j, uint32_t object,
    const char *name, uint8_t type, uint32_t *node)
{
    *node = aicost_shape_get(j, object, name);

    if (*node && j->nodes[*node].type != type) {
        return aicost_shape_invalid(f, name);
    }

    return AICOST_OK;
}


int
aicost_shape_take(aicost_form_t *f, const aicost_json_t *j, uint32_t object,
    const char *name, uint8_t type, aicost_piece_t *p)
{
    uint32_t  node;

    if (aicost_shape_node(f, j, object, name, type, &node) != AICOST_OK) {
        return AICOST_ERROR;
    }

    if (node) {
        *p = aicost_piece(j, node);
    }

    return AICOST_OK;
}


int
aicost_shape_string(aicost_form_t *f, const aicost_json_t *j, uint32_t object,
    const char *name, aicost_piece_t *p)
{
    return aicost_shape_take(f, j, object, name, AICOST_JSON_STRING, p);
}


int
aicost_shape_flag(aicost_form_t *f, const aicost_json_t *j, uint32_t object,
    const char *name, uint8_t *tri)
{
    uint32_t  node;

    node = aicost_shape_get(j, object, name);

    if (node == 0) {
        return AICOST_OK;
    }

    switch (j->nodes[node].type) {

    case AICOST_JSON_TRUE:
        *tri = AICOST_YES;
        return AICOST_OK;

    case AICOST_JSON_FALSE:
        *tri = AICOST_NO;
        return AICOST_OK;

    default:
        return aicost_shape_invalid(f, name);
    }
}


int
aicost_shape_refuse(aicost_form_t *f, const aicost_json_t *j, uint32_t object,
    const char *const *names)
{
    for ( /* void */ ; *names; names++) {
        if (aicost_shape_get(j, object, *names)) {
            return aicost_shape_refused(f, *names);
        }
    }

    return AICOST_OK;
}


int
aicost_shape_stops(aicost_form_t *f, const aicost_json_t *j, uint32_t node,
    const char *name)
{
    uint32_t  i;

    if (j->nodes[node].type != AICOST_JSON_ARRAY) {
        return aicost_shape_invalid(f, name);
    }

    for (i = node + 1; i < j->nodes[node].next; i = j->nodes[i].next) {
        if (j->nodes[i].type != AICOST_JSON_STRING
            || f->nstops == AICOST_FORM_STOPS)
        {
            return aicost_shape_invalid(f, name);
        }

        f->stops[f->nstops++] = aicost_piece(j, i);
    }

    return AICOST_OK;
}


/* --- writing -------------------------------------------------------------- */


/* bytes of the character at p, 0 when it is not UTF-8 */

static size_t
aicost_shape_utf8(const unsigned char *p, size_t left)
{
    size_t    i, n;
    uint32_t  c;

    if (*p < 0x80) {
        return 1;
    }

    if (*p < 0xc2 || *p > 0xf4) {
        return 0;
    }

    n = *p < 0xe0 ? 2 : *p < 0xf0 ? 3 : 4;

    if (left < n) {
        return 0;
    }

    c = *p & (0x7fu >> n);

    for (i = 1; i < n; i++) {
        if ((p[i] & 0xc0) != 0x80) {
            return 0;
        }

        c = c << 6 | (p[i] & 0x3f);
    }

    if ((n == 3 && c < 0x800) || (n == 4 && c < 0x10000) || c > 0x10ffff
        || (c >= 0xd800 && c <= 0xdfff))
    {
        return 0;
    }

    return n;
}


void
aicost_shape_raw(aicost_out_t *o, const aicost_str_t *s, size_t max)
{
    size_t         i, n;
    unsigned char  buf[6 * 4], *last;

    aicost_out(o, "\"", 1);

    for (i = 0; s && i < s->len; i += n) {
        n = aicost_shape_utf8(s->data + i, s->len - i);

        if (i + (n ? n : 1) > max) {
            break;
        }

        if (n == 0) {
            n = 1;
            aicost_out(o, "\\ufffd", 6);
            continue;
        }

        last = aicost_json_escape(buf, buf + sizeof(buf), s->data + i, n);
        aicost_out(o, buf, (size_t) (last - buf));
    }

    aicost_out(o, "\"", 1);
}


void
aicost_shape_member(aicost_out_t *o, const char *name,
    const aicost_piece_t *p)
{
    if (p->kind != AICOST_PIECE_NONE) {
        aicost_out_name(o, name);
        aicost_out_value(o, p);
    }
}


int
aicost_shape_misses(aicost_form_t *f, const aicost_form_target_t *t)
{
    size_t  i;

    const struct {
        const char  *name;
        unsigned     said;
    } members[] = {
        { "n", f->choices.kind != AICOST_PIECE_NONE
               && !aicost_piece_is(&f->choices, "1") },
        { "logprobs", f->logprobs == AICOST_YES },
        { "top_logprobs", f->top_logprobs.kind != AICOST_PIECE_NONE },
        { "logit_bias", f->logit_bias.kind != AICOST_PIECE_NONE },
        { "parallel_tool_calls", f->parallel == AICOST_NO },
        { "verbosity", f->verbosity.kind != AICOST_PIECE_NONE }
    };

    for (i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        if (members[i].said
            && aicost_form_miss(f, t, members[i].name) != AICOST_OK)
        {
            return AICOST_ERROR;
        }
    }

    return AICOST_OK;
}


int
aicost_shape_sampling(aicost_form_t *f, const aicost_form_target_t *t,
    aicost_piece_t *temperature, aicost_piece_t *top_p, aicost_piece_t *top_k)
{
    *temperature = f->temperature;
    *top_p = f->top_p;
    *top_k = f->top_k;

    if (!t->no_sampling) {
        return AICOST_OK;
    }

    if ((f->temperature.kind != AICOST_PIECE_NONE
         && aicost_form_miss(f, t, "temperature") != AICOST_OK)
        || (f->top_p.kind != AICOST_PIECE_NONE
            && aicost_form_miss(f, t, "top_p") != AICOST_OK)
        || (f->top_k.kind != AICOST_PIECE_NONE
            && aicost_form_miss(f, t, "top_k") != AICOST_OK))
    {
        return AICOST_ERROR;
    }

    memset(temperature, 0, sizeof(aicost_piece_t));
    memset(top_p, 0, sizeof(aicost_piece_t));
    memset(top_k, 0, sizeof(aicost_piece_t));

    return AICOST_OK;
}


uint32_t
aicost_shape_group(const aicost_form_t *f, uint32_t part)
{
    unsigned              result;
    uint32_t              next;
    const aicost_part_t  *p, *q;

    p = &f->parts[part];
    result = (p->kind == AICOST_PART_RESULT);

    for (next = part + 1; next < f->nparts; next++) {
        q = &f->parts[next];

        if (q->kind == AICOST_PART_RESULT
            || (q->flags & AICOST_PART_FIRST)
            || (result && (q->flags & AICOST_PART_INSIDE) == 0)
            || (!result && q->role != p->role))
        {
            break;
        }
    }

    return next;
}


void
aicost_shape_stops_out(aicost_out_t *o, const aicost_form_t *f,
    const char *name, uint32_t n)
{
    uint32_t  i;

    if (n == 0) {
        return;
    }

    aicost_out_name(o, name);
    aicost_out(o, "[", 1);

    for (i = 0; i < n; i++) {
        aicost_out_next(o);
        aicost_out_string(o, &f->stops[i]);
    }

    aicost_out(o, "]", 1);
}


void
aicost_shape_part_id(aicost_out_t *o, const aicost_piece_t *id, uint32_t part)
{
    if (id->kind != AICOST_PIECE_NONE) {
        aicost_out_string(o, id);
        return;
    }

    aicost_out_text(o, "\"call_");
    aicost_out_int(o, part);
    aicost_out(o, "\"", 1);
}


void
aicost_shape_call(aicost_out_t *o, const aicost_form_t *f, uint32_t part,
    aicost_shape_ids_t *ids)
{
    const aicost_piece_t  *id;

    id = &f->parts[part].id;

    if (id->kind == AICOST_PIECE_NONE && ids->n < AICOST_FORM_CALLS) {
        ids->parts[ids->n++] = part;
    }

    aicost_shape_part_id(o, id, part);
}


/* the first call of its name that still waits; the result itself when there is
   none */

void
aicost_shape_result(aicost_out_t *o, const aicost_form_t *f, uint32_t part,
    aicost_shape_ids_t *ids)
{
    uint32_t               i, call;
    const aicost_piece_t  *id, *name;

    id = &f->parts[part].id;
    name = &f->parts[part].name;
    call = part;

    for (i = 0; id->kind == AICOST_PIECE_NONE && i < ids->n; i++) {

        if (name->kind == AICOST_PIECE_NONE
            || aicost_piece_same(name, &f->parts[ids->parts[i]].name))
        {
            call = ids->parts[i];
            ids->n--;
            memmove(&ids->parts[i], &ids->parts[i + 1],
                    (ids->n - i) * sizeof(uint32_t));
            break;
        }
    }

    aicost_shape_part_id(o, id, call);
}


/* --- hearing -------------------------------------------------------------- */

void
aicost_shape_hear(aicost_shape_hear_t *c, aicost_hear_t *h,
    const aicost_json_t *j, aicost_says_t *says, uint32_t max)
{
    memset(c, 0, sizeof(aicost_shape_hear_t));

    c->h = h;
    c->j = j;
    c->says = says;
    c->max = max;
}


int
aicost_shape_heard(const aicost_shape_hear_t *c, aicost_hear_t *h,
    uint32_t *n)
{
    *n = c->n;

    if (c->failed) {
        return AICOST_ERROR;
    }

    if (c->n > c->max) {
        return AICOST_DECLINED;
    }

    *h = *c->h;

    return AICOST_OK;
}


int
aicost_shape_heard_event(const aicost_shape_hear_t *c, uint32_t *n)
{
    if (c->failed || c->n > c->max) {
        return AICOST_ERROR;
    }

    *n = c->n;

    return AICOST_OK;
}


aicost_says_t *
aicost_shape_say(aicost_shape_hear_t *c, aicost_says_e kind)
{
    aicost_says_t  *s;

    s = c->n < c->max ? &c->says[c->n] : &c->spare;
    c->n++;

    memset(s, 0, sizeof(aicost_says_t));
    s->kind = (uint8_t) kind;

    return s;
}


aicost_piece_t
aicost_shape_some(const aicost_json_t *j, uint32_t object, const char *name)
{
    uint32_t        node;
    aicost_piece_t  p;

    node = aicost_json_get(j, object, name);

    if (node && j->nodes[node].type == AICOST_JSON_STRING
        && j->nodes[node].len)
    {
        return aicost_piece(j, node);
    }

    memset(&p, 0, sizeof(aicost_piece_t));

    return p;
}


void
aicost_shape_said(aicost_shape_hear_t *c, aicost_says_e kind, uint32_t object,
    const char *name)
{
    aicost_piece_t  p;

    p = aicost_shape_some(c->j, object, name);

    if (p.kind != AICOST_PIECE_NONE) {
        aicost_shape_say(c, kind)->text = p;
    }
}


int
aicost_shape_count(const aicost_json_t *j, uint32_t object, const char *name,
    int64_t *n)
{
    int64_t   value;
    uint32_t  node;

    node = aicost_shape_get(j, object, name);

    if (node == 0) {
        return AICOST_DECLINED;
    }

    if (aicost_json_int(j, node, 0, AICOST_USAGE_MAX, 1, &value) != AICOST_OK)
    {
        return AICOST_ERROR;
    }

    *n = value;

    return AICOST_OK;
}


int
aicost_shape_tape(aicost_json_t *j, const unsigned char *data, size_t len,
    aicost_json_node_t *nodes, uint32_t max)
{
    int  rc;

    aicost_json_init(j, data, len, nodes, max);

    do {
        rc = aicost_json_run(j, AICOST_SHAPE_SLICE);
    } while (rc == AICOST_AGAIN);

    return (rc == AICOST_OK && nodes[0].type == AICOST_JSON_OBJECT)
           ? AICOST_OK : AICOST_ERROR;
}


uint32_t
aicost_shape_last(aicost_hear_t *h, aicost_says_t *says)
{
    uint32_t  n;

    n = 0;
    memset(says, 0, 2 * sizeof(aicost_says_t));

    if (!h->finished) {
        says[n].kind = AICOST_SAYS_ERROR;
        says[n].reason = AICOST_R_CLOSED;
        says[n++].text = aicost_piece_word("The provider closed the stream "
                                           "before its end.");
    }

    h->finished = 1;
    h->done = 1;

    says[n++].kind = AICOST_SAYS_DONE;

    return n;
}
