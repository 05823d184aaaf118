
/*
 * Copyright (C) aicost
 *
 * What several shapes tell alike: the ids, arguments and kept calls of an
 * answer.
 */


#include "aicost_shape.h"


/* a call in keep: this, and its id, name and arguments */

typedef struct {
    uint32_t             index;
    uint32_t             lens[3];
    uint8_t              kinds[3];       /* aicost_piece_e */
} aicost_shape_kept_t;


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
