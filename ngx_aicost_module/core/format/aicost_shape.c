
/*
 * Copyright (C) aicost
 */


#include "aicost_shape.h"


#define AICOST_SHAPE_SLICE     ((size_t) 1 << 30)


/* a call in keep: this, and its id, name and arguments */

typedef struct {
    uint32_t             index;
    uint32_t             lens[3];
    uint8_t              kinds[3];       /* aicost_piece_e */
} aicost_shape_kept_t;


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


static void
aicost_shape_out_id(aicost_out_t *o, const aicost_piece_t *id, uint32_t part)
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

    aicost_shape_out_id(o, id, part);
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

    aicost_shape_out_id(o, id, call);
}


/* --- hearing -------------------------------------------------------------- */

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


/* --- telling -------------------------------------------------------------- */

void
aicost_shape_id(aicost_out_t *o, const aicost_tell_t *t,
    const aicost_says_t *call)
{
    if (call->id.kind != AICOST_PIECE_NONE) {
        aicost_out_string(o, &call->id);
        return;
    }

    aicost_out_text(o, "\"call_");
    aicost_out(o, t->id.data, t->id.len);
    aicost_out(o, "_", 1);
    aicost_out_int(o, call->index);
    aicost_out(o, "\"", 1);
}


aicost_piece_t
aicost_shape_arguments(aicost_tell_t *t, const aicost_says_t *call,
    const aicost_says_t *end, aicost_out_t *o)
{
    size_t                used;
    aicost_piece_t        p;
    const aicost_says_t  *s;

    used = 0;
    memset(&p, 0, sizeof(aicost_piece_t));

    for (s = call + 1; s < end; s++) {

        if (s->kind != AICOST_SAYS_ARGUMENTS || s->choice != call->choice
            || s->index != call->index || s->text.len == 0)
        {
            continue;
        }

        /* nothing follows what is whole, and it stands for itself */

        if (p.len == 0 || s->text.kind == AICOST_PIECE_JSON) {
            p = s->text;
            used = 0;
            continue;
        }

        if (p.kind == AICOST_PIECE_JSON) {
            continue;
        }

        if (used == 0) {

            if (p.len > t->size) {
                o->failed = 1;
                return p;
            }

            memcpy(t->keep, p.data, p.len);
            p.data = t->keep;
            used = p.len;
        }

        if (s->text.len > t->size - used) {
            o->failed = 1;
            return p;
        }

        memcpy(t->keep + used, s->text.data, s->text.len);
        used += s->text.len;
        p.len = (uint32_t) used;
    }

    if (p.kind == AICOST_PIECE_WORD) {
        p.kind = AICOST_PIECE_STRING;
    }

    return p;
}


/* may it be that a piece which is refused only had no room: the nodes of its
   commas, colons and brackets, or its bytes */

static unsigned
aicost_shape_cramped(const aicost_out_t *o, const aicost_piece_t *p)
{
    uint32_t  i, n;

    n = 2;

    for (i = 0; i < p->len; i++) {
        if (p->data[i] == ',' || p->data[i] == ':' || p->data[i] == '{'
            || p->data[i] == '[')
        {
            n += 2;
        }
    }

    return p->len > o->size - o->len
           || (n > o->max && o->max < AICOST_MAX_NODES);
}


/* without the white space between its tokens, in place */

static void
aicost_shape_compact(aicost_out_t *o, size_t start)
{
    size_t         i, n;
    unsigned       string;
    unsigned char  c;

    n = start;
    string = 0;

    for (i = start; i < o->len; i++) {
        c = o->data[i];

        if (c == '"') {
            string = !string;

        } else if (!string && c <= ' ') {
            continue;

        } else if (string && c == '\\' && i + 1 < o->len) {
            o->data[n++] = c;
            c = o->data[++i];
        }

        o->data[n++] = c;
    }

    o->len = n;
}


void
aicost_shape_object(aicost_out_t *o, const aicost_piece_t *p)
{
    size_t  start;

    start = o->len;

    if (o->failed) {
        return;
    }

    if (p->kind == AICOST_PIECE_NONE || p->len == 0) {
        aicost_out(o, "{}", 2);
        return;
    }

    if (o->data == NULL) {
        (void) aicost_out_object(o, p);
        aicost_out(o, "{}", 2);
        return;
    }

    if (aicost_out_object(o, p) == AICOST_OK) {

        if (!o->failed) {
            aicost_shape_compact(o, start);
        }

        return;
    }

    if (p->kind != AICOST_PIECE_JSON && aicost_shape_cramped(o, p)) {
        o->failed = 1;
        return;
    }

    aicost_out(o, "{}", 2);
}


static size_t
aicost_shape_kept_size(const aicost_shape_kept_t *k)
{
    return sizeof(aicost_shape_kept_t) + k->lens[0] + k->lens[1]
           + k->lens[2];
}


size_t
aicost_shape_kept(const aicost_tell_t *t, size_t at, aicost_says_t *call,
    aicost_piece_t *args)
{
    unsigned              i;
    aicost_piece_t       *p[3];
    const unsigned char  *data;
    aicost_shape_kept_t   k;

    memcpy(&k, t->keep + at, sizeof(aicost_shape_kept_t));
    memset(call, 0, sizeof(aicost_says_t));

    call->kind = AICOST_SAYS_CALL;
    call->index = k.index;

    p[0] = &call->id;
    p[1] = &call->name;
    p[2] = args;

    data = t->keep + at + sizeof(aicost_shape_kept_t);

    for (i = 0; i < 3; i++) {
        p[i]->data = data;
        p[i]->len = k.lens[i];
        p[i]->kind = k.kinds[i];
        data += k.lens[i];
    }

    return at + aicost_shape_kept_size(&k);
}


static void
aicost_shape_keep_call(aicost_tell_t *t, const aicost_says_t *s,
    aicost_out_t *o)
{
    unsigned               i;
    aicost_shape_kept_t    k;
    const aicost_piece_t  *p[2];

    memset(&k, 0, sizeof(aicost_shape_kept_t));

    k.index = s->index;

    p[0] = &s->id;
    p[1] = &s->name;

    for (i = 0; i < 2; i++) {
        k.lens[i] = p[i]->kind != AICOST_PIECE_NONE ? p[i]->len : 0;
        k.kinds[i] = p[i]->kind;
    }

    if (aicost_shape_kept_size(&k) > t->size - t->used) {
        o->failed = 1;
        return;
    }

    memcpy(t->keep + t->used, &k, sizeof(aicost_shape_kept_t));
    t->used += sizeof(aicost_shape_kept_t);

    for (i = 0; i < 2; i++) {
        if (k.lens[i]) {
            memcpy(t->keep + t->used, p[i]->data, k.lens[i]);
            t->used += k.lens[i];
        }
    }
}


void
aicost_shape_keep(aicost_tell_t *t, const aicost_says_t *s, aicost_out_t *o)
{
    size_t               at, end;
    aicost_shape_kept_t  k;

    for (at = t->at[0]; at < t->used; at += aicost_shape_kept_size(&k)) {
        memcpy(&k, t->keep + at, sizeof(aicost_shape_kept_t));

        if (k.index == s->index) {
            break;
        }
    }

    if (s->kind == AICOST_SAYS_CALL) {

        if (at >= t->used) {
            aicost_shape_keep_call(t, s, o);
        }

        return;
    }

    if (at >= t->used || s->text.len == 0
        || s->text.kind == AICOST_PIECE_NONE)
    {
        return;
    }

    end = at + aicost_shape_kept_size(&k);

    if (k.lens[2] && (s->text.kind == AICOST_PIECE_JSON
                      || k.kinds[2] == AICOST_PIECE_JSON))
    {
        if (s->text.kind != AICOST_PIECE_JSON) {
            return;
        }

        memmove(t->keep + end - k.lens[2], t->keep + end, t->used - end);
        end -= k.lens[2];
        t->used -= k.lens[2];
        k.lens[2] = 0;
    }

    if (s->text.len > t->size - t->used) {
        o->failed = 1;
        return;
    }

    memmove(t->keep + end + s->text.len, t->keep + end, t->used - end);
    memcpy(t->keep + end, s->text.data, s->text.len);

    t->used += s->text.len;
    k.lens[2] += s->text.len;
    k.kinds[2] = s->text.kind == AICOST_PIECE_JSON ? AICOST_PIECE_JSON
                                                   : AICOST_PIECE_STRING;

    memcpy(t->keep + at, &k, sizeof(aicost_shape_kept_t));
}


/* a byte of JSON that stands in a string, and how many bytes it is there.  What
   is neither quote, backslash nor bracket may be any other byte */

static size_t
aicost_shape_byte(const unsigned char *p, size_t left, unsigned char *c)
{
    size_t    i;
    unsigned  v, d;

    *c = p[0];

    if (p[0] != '\\' || left < 2) {
        return 1;
    }

    *c = p[1];

    if (p[1] == '"' || p[1] == '\\') {
        return 2;
    }

    if (p[1] != 'u' || left < 6) {
        *c = ' ';
        return 2;
    }

    for (v = 0, i = 2; i < 6; i++) {
        d = p[i];
        v = v << 4 | (d <= '9' ? d - '0' : (d | 0x20) - 'a' + 10);
    }

    *c = v < 0x80 ? (unsigned char) v : ' ';

    return 6;
}


static unsigned
aicost_shape_whole(const aicost_piece_t *p)
{
    size_t         i;
    unsigned       depth, string;
    unsigned char  c;

    if (p->kind == AICOST_PIECE_JSON) {
        return 1;
    }

    depth = 0;
    string = 0;

    for (i = 0; i < p->len; /* void */ ) {
        i += aicost_shape_byte(p->data + i, p->len - i, &c);

        if (string && c == '\\' && i < p->len) {
            i += aicost_shape_byte(p->data + i, p->len - i, &c);

        } else if (c == '"') {
            string = !string;

        } else if (!string && (c == '{' || c == '[')) {
            depth++;

        } else if (!string && (c == '}' || c == ']') && depth
                   && --depth == 0)
        {
            return 1;
        }
    }

    return 0;
}


size_t
aicost_shape_ready(const aicost_tell_t *t)
{
    size_t          at, next;
    aicost_says_t   call;
    aicost_piece_t  args;

    for (at = t->at[0]; at < t->used; at = next) {
        next = aicost_shape_kept(t, at, &call, &args);

        if (!aicost_shape_whole(&args)) {
            break;
        }
    }

    return at;
}


void
aicost_shape_drop(aicost_tell_t *t, size_t at)
{
    size_t  n;

    n = at - t->at[0];

    if (n) {
        memmove(t->keep + t->at[0], t->keep + at, t->used - at);
        t->used -= n;
    }
}
