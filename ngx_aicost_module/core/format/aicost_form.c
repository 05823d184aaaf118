
/*
 * Copyright (C) aicost
 *
 * What the API shapes share: pieces, the bytes that are written, parts and
 * tools, and what a round trip keeps.
 */


#include "aicost_form.h"


#define AICOST_FORM_SLICE      ((size_t) 1 << 30)


typedef struct {
    const unsigned char *p;
    const unsigned char *last;
    unsigned             escaped;    /* one level of escapes is taken off */
} aicost_form_walk_t;


static const char  *aicost_form_efforts[] = {
    "", "none", "minimal", "low", "medium", "high", "xhigh", "max"
};


/* --- pieces --------------------------------------------------------------- */

aicost_piece_t
aicost_piece(const aicost_json_t *j, uint32_t node)
{
    aicost_piece_t             p;
    const aicost_json_node_t  *n;

    memset(&p, 0, sizeof(aicost_piece_t));

    n = &j->nodes[node];

    if (node == 0 || n->type == AICOST_JSON_NULL) {
        return p;
    }

    p.data = j->data + n->off;
    p.len = n->len;
    p.kind = (n->type == AICOST_JSON_STRING || n->type == AICOST_JSON_KEY)
             ? AICOST_PIECE_STRING : AICOST_PIECE_JSON;

    return p;
}


aicost_piece_t
aicost_piece_word(const char *word)
{
    aicost_piece_t  p;

    p.data = (const unsigned char *) word;
    p.len = (uint32_t) strlen(word);
    p.kind = AICOST_PIECE_WORD;

    return p;
}


/* four digits at p, or -1 */

static int32_t
aicost_form_hex(const unsigned char *p, const unsigned char *last)
{
    int32_t   v;
    unsigned  i, c;

    if (last - p < 4) {
        return -1;
    }

    v = 0;

    for (i = 0; i < 4; i++) {
        c = p[i];
        c = (c >= '0' && c <= '9') ? c - '0' : (c | 0x20) - 'a' + 10;

        if (c > 15) {
            return -1;
        }

        v = v * 16 + (int32_t) c;
    }

    return v;
}


static size_t
aicost_form_utf8(unsigned char *d, uint32_t c)
{
    if (c < 0x80) {
        d[0] = (unsigned char) c;
        return 1;
    }

    if (c < 0x800) {
        d[0] = (unsigned char) (0xc0 | c >> 6);
        d[1] = (unsigned char) (0x80 | (c & 0x3f));
        return 2;
    }

    if (c < 0x10000) {
        d[0] = (unsigned char) (0xe0 | c >> 12);
        d[1] = (unsigned char) (0x80 | (c >> 6 & 0x3f));
        d[2] = (unsigned char) (0x80 | (c & 0x3f));
        return 3;
    }

    d[0] = (unsigned char) (0xf0 | c >> 18);
    d[1] = (unsigned char) (0x80 | (c >> 12 & 0x3f));
    d[2] = (unsigned char) (0x80 | (c >> 6 & 0x3f));
    d[3] = (unsigned char) (0x80 | (c & 0x3f));

    return 4;
}


/* the next bytes of a walk, at most 4; 0: its end.  A broken escape is taken
   as it stands: fragments of arguments may be cut inside one */

static size_t
aicost_form_step(aicost_form_walk_t *w, unsigned char *d)
{
    int32_t        c, low;
    unsigned char  e;

    if (w->p == w->last) {
        return 0;
    }

    if (!w->escaped || *w->p != '\\' || w->last - w->p < 2) {
        *d = *w->p++;
        return 1;
    }

    e = w->p[1];

    switch (e) {

    case 'b':
        *d = '\b';
        break;

    case 'f':
        *d = '\f';
        break;

    case 'n':
        *d = '\n';
        break;

    case 'r':
        *d = '\r';
        break;

    case 't':
        *d = '\t';
        break;

    case 'u':
        c = aicost_form_hex(w->p + 2, w->last);

        if (c < 0) {
            *d = *w->p++;
            return 1;
        }

        w->p += 6;

        if (c >= 0xd800 && c <= 0xdbff && w->last - w->p >= 6
            && w->p[0] == '\\' && w->p[1] == 'u')
        {
            low = aicost_form_hex(w->p + 2, w->last);

            if (low >= 0xdc00 && low <= 0xdfff) {
                w->p += 6;
                c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
            }
        }

        return aicost_form_utf8(d, (uint32_t) c);

    default:
        *d = e;
    }

    w->p += 2;

    return 1;
}


static aicost_form_walk_t
aicost_form_walk(const aicost_piece_t *p)
{
    aicost_form_walk_t  w;

    w.p = p->data;
    w.last = p->data + p->len;
    w.escaped = (p->kind == AICOST_PIECE_STRING
                 || p->kind == AICOST_PIECE_QUOTED);

    return w;
}


size_t
aicost_piece_text(const aicost_piece_t *p, unsigned char *dst)
{
    size_t              n, len;
    unsigned char       d[4];
    aicost_form_walk_t  w;

    if (p->kind == AICOST_PIECE_NONE) {
        return 0;
    }

    w = aicost_form_walk(p);
    len = 0;

    for ( ;; ) {
        n = aicost_form_step(&w, d);

        if (n == 0) {
            return len;
        }

        memcpy(dst + len, d, n);
        len += n;
    }
}


unsigned
aicost_piece_is(const aicost_piece_t *p, const char *word)
{
    aicost_piece_t  w;

    if (p->kind == AICOST_PIECE_NONE) {
        return 0;
    }

    w = aicost_piece_word(word);

    return aicost_piece_same(p, &w);
}


unsigned
aicost_piece_same(const aicost_piece_t *a, const aicost_piece_t *b)
{
    size_t              na, nb, ia, ib;
    unsigned char       da[4], db[4];
    aicost_form_walk_t  wa, wb;

    if (a->kind == AICOST_PIECE_NONE || b->kind == AICOST_PIECE_NONE) {
        return a->kind == b->kind;
    }

    if (a->kind == b->kind && a->len == b->len
        && memcmp(a->data, b->data, a->len) == 0)
    {
        return 1;
    }

    wa = aicost_form_walk(a);
    wb = aicost_form_walk(b);
    na = nb = ia = ib = 0;

    for ( ;; ) {

        if (ia == na) {
            na = aicost_form_step(&wa, da);
            ia = 0;
        }

        if (ib == nb) {
            nb = aicost_form_step(&wb, db);
            ib = 0;
        }

        if (na == 0 || nb == 0) {
            return na == nb;
        }

        if (da[ia++] != db[ib++]) {
            return 0;
        }
    }
}


/* --- what is written ------------------------------------------------------ */

void
aicost_out(aicost_out_t *o, const void *data, size_t len)
{
    /* of an empty piece data may be NULL */

    if (o->failed || len == 0) {
        return;
    }

    if (o->data) {

        if (len > o->size - o->len) {
            o->failed = 1;
            return;
        }

        memcpy(o->data + o->len, data, len);
    }

    o->len += len;
}


void
aicost_out_text(aicost_out_t *o, const char *s)
{
    aicost_out(o, s, strlen(s));
}


void
aicost_out_int(aicost_out_t *o, int64_t n)
{
    char      *p, buf[24];
    uint64_t   u;

    p = buf + sizeof(buf);
    u = n < 0 ? (uint64_t) 0 - (uint64_t) n : (uint64_t) n;

    do {
        *--p = (char) ('0' + u % 10);
        u /= 10;
    } while (u);

    if (n < 0) {
        *--p = '-';
    }

    aicost_out(o, p, (size_t) (buf + sizeof(buf) - p));
}


void
aicost_out_percent(aicost_out_t *o, const aicost_str_t *s)
{
    size_t                i;
    unsigned char         c, code[3];

    static const char     hex[] = "0123456789ABCDEF";

    for (i = 0; i < s->len; i++) {
        c = s->data[i];

        if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z')
            || (c >= 'A' && c <= 'Z') || c == '-' || c == '.' || c == '_'
            || c == '~')
        {
            aicost_out(o, &c, 1);
            continue;
        }

        code[0] = '%';
        code[1] = (unsigned char) hex[c >> 4];
        code[2] = (unsigned char) hex[c & 15];
        aicost_out(o, code, 3);
    }
}


void
aicost_out_inside(aicost_out_t *o, const aicost_piece_t *p)
{
    size_t                n;
    unsigned char         buf[6 * 64], *last;
    const unsigned char  *s, *end;

    if (p->kind != AICOST_PIECE_JSON) {
        aicost_out(o, p->data, p->len);
        return;
    }

    end = p->data + p->len;

    for (s = p->data; s < end; s += n) {
        n = (size_t) (end - s) < 64 ? (size_t) (end - s) : 64;
        last = aicost_json_escape(buf, buf + sizeof(buf), s, n);
        aicost_out(o, buf, (size_t) (last - buf));
    }
}


void
aicost_out_string(aicost_out_t *o, const aicost_piece_t *p)
{
    aicost_out(o, "\"", 1);

    if (p->kind != AICOST_PIECE_NONE) {
        aicost_out_inside(o, p);
    }

    aicost_out(o, "\"", 1);
}


void
aicost_out_base64_inside(aicost_out_t *o, const aicost_piece_t *p)
{
    size_t  i;

    i = o->len;
    aicost_out_inside(o, p);

    if (o->data == NULL || o->failed) {
        return;
    }

    for ( /* void */ ; i < o->len; i++) {
        if (o->data[i] == '-') {
            o->data[i] = '+';

        } else if (o->data[i] == '_') {
            o->data[i] = '/';
        }
    }
}


void
aicost_out_base64(aicost_out_t *o, const aicost_piece_t *p)
{
    aicost_out(o, "\"", 1);
    aicost_out_base64_inside(o, p);
    aicost_out(o, "\"", 1);
}


void
aicost_out_value(aicost_out_t *o, const aicost_piece_t *p)
{
    if (p->kind == AICOST_PIECE_NONE) {
        aicost_out(o, "null", 4);

    } else if (p->kind == AICOST_PIECE_JSON) {
        aicost_out(o, p->data, p->len);

    } else if (p->kind == AICOST_PIECE_GOOGLE) {
        aicost_out_schema(o, p);

    } else if (p->kind == AICOST_PIECE_QUOTED) {
        if (aicost_out_object(o, p) != AICOST_OK) {
            o->failed = 1;
        }

    } else {
        aicost_out_string(o, p);
    }
}


/* the object that a string holds, unescaped into room; its length, 0 when it
   holds none */

static size_t
aicost_form_unpack(aicost_out_t *o, const aicost_piece_t *p,
    unsigned char *room, size_t size)
{
    int                 rc;
    size_t              n, len;
    aicost_json_t       j;
    unsigned char       d[4];
    aicost_form_walk_t  w;

    w = aicost_form_walk(p);
    len = 0;

    for ( ;; ) {
        n = aicost_form_step(&w, d);

        if (n == 0) {
            break;
        }

        if (n > size - len) {
            return 0;
        }

        memcpy(room + len, d, n);
        len += n;
    }

    aicost_json_init(&j, room, len, o->nodes, o->max);

    do {
        rc = aicost_json_run(&j, AICOST_FORM_SLICE);
    } while (rc == AICOST_AGAIN);

    return (rc == AICOST_OK && j.nodes[0].type == AICOST_JSON_OBJECT) ? len
                                                                      : 0;
}


int
aicost_out_object(aicost_out_t *o, const aicost_piece_t *p)
{
    size_t              n;
    unsigned char       d[4];
    aicost_form_walk_t  w;

    if (p->kind == AICOST_PIECE_JSON) {

        if (p->len == 0 || p->data[0] != '{') {
            return AICOST_ERROR;
        }

        aicost_out(o, p->data, p->len);
        return AICOST_OK;
    }

    w = aicost_form_walk(p);

    do {
        n = aicost_form_step(&w, d);
    } while (n == 1 && (d[0] == ' ' || d[0] == '\t' || d[0] == '\n'
                        || d[0] == '\r'));

    if (n == 0) {
        aicost_out(o, "{}", 2);
        return AICOST_OK;
    }

    if (o->data == NULL) {
        /* one escape more or less: what is measured is at least as long */
        o->len += p->len;
        return AICOST_OK;
    }

    if (o->failed) {
        return AICOST_OK;
    }

    n = aicost_form_unpack(o, p, o->data + o->len, o->size - o->len);

    if (n == 0) {
        return AICOST_ERROR;
    }

    o->len += n;

    return AICOST_OK;
}


static unsigned
aicost_form_opens(const aicost_out_t *o, unsigned char *c)
{
    *c = (o->data && o->len) ? o->data[o->len - 1] : 'x';

    return *c == '{' || *c == '[' || *c == ',' || *c == ':';
}


void
aicost_out_next(aicost_out_t *o)
{
    unsigned char  c;

    if (!aicost_form_opens(o, &c)) {
        aicost_out(o, ",", 1);
    }
}


void
aicost_out_name(aicost_out_t *o, const char *name)
{
    aicost_out_next(o);
    aicost_out(o, "\"", 1);
    aicost_out_text(o, name);
    aicost_out(o, "\":", 2);
}


/* --- a request ------------------------------------------------------------ */

int
aicost_form_fail(aicost_form_t *f, aicost_reason_e reason, const char *param)
{
    f->reason = reason;
    f->param.data = (unsigned char *) (uintptr_t) param;
    f->param.len = strlen(param);

    return AICOST_ERROR;
}


static const char *
aicost_form_said(const aicost_form_t *f, const char *name)
{
    const aicost_form_name_t  *n;

    for (n = f->names; n && n->name; n++) {
        if (strcmp(n->name, name) == 0) {
            return n->said;
        }
    }

    return name;
}


int
aicost_form_wrong(aicost_form_t *f, aicost_reason_e reason, const char *name)
{
    return aicost_form_fail(f, reason, aicost_form_said(f, name));
}


const char *
aicost_form_effort_name(const aicost_form_t *f)
{
    return f->effort == AICOST_EFFORT_UNSAID ? "thinking"
                                             : "reasoning_effort";
}


int
aicost_form_miss(aicost_form_t *f, const aicost_form_target_t *t,
    const char *name)
{
    if (!t->lenient) {
        return aicost_form_wrong(f, AICOST_R_PARAMETER_NOT_ALLOWED, name);
    }

    aicost_form_list(f, name);

    return AICOST_OK;
}


void
aicost_form_list(aicost_form_t *f, const char *name)
{
    uint32_t  i;

    name = aicost_form_said(f, name);

    for (i = 0; i < f->ndropped; i++) {
        if (strcmp(f->dropped[i], name) == 0) {
            return;
        }
    }

    if (f->ndropped < AICOST_FORM_DROPS) {
        f->dropped[f->ndropped++] = name;
    }
}


aicost_part_t *
aicost_form_part(aicost_form_t *f, aicost_role_e role, aicost_part_e kind)
{
    aicost_part_t  *p;

    if (f->nparts == f->max_parts) {
        (void) aicost_form_fail(f, AICOST_R_TOO_MANY_MESSAGES, "messages");
        return NULL;
    }

    p = &f->parts[f->nparts++];
    memset(p, 0, sizeof(aicost_part_t));

    p->role = (uint8_t) role;
    p->kind = (uint8_t) kind;

    return p;
}


aicost_tool_t *
aicost_form_tool(aicost_form_t *f)
{
    aicost_tool_t  *t;

    if (f->ntools == f->max_tools) {
        (void) aicost_form_fail(f, AICOST_R_INVALID_PARAMETER, "tools");
        return NULL;
    }

    t = &f->tools[f->ntools++];
    memset(t, 0, sizeof(aicost_tool_t));

    return t;
}


aicost_piece_t
aicost_form_result_name(const aicost_form_t *f, const aicost_part_t *result)
{
    const aicost_part_t  *p;

    if (result->name.kind != AICOST_PIECE_NONE) {
        return result->name;
    }

    for (p = result; p > f->parts; p--) {
        if (p[-1].kind == AICOST_PART_CALL
            && aicost_piece_same(&p[-1].id, &result->id))
        {
            return p[-1].name;
        }
    }

    return result->name;
}


int
aicost_form_data_url(const aicost_piece_t *url, aicost_piece_t *type,
    aicost_piece_t *data)
{
    static const char     base64[] = ";base64,";

    size_t                n;
    const unsigned char  *p, *last, *comma;

    /* a slash may stand escaped in a media type: then it is looked at as no
       data URL that we know */

    last = url->data + url->len;

    if (url->len < 5 || memcmp(url->data, "data:", 5) != 0) {
        return AICOST_DECLINED;
    }

    p = url->data + 5;
    comma = memchr(p, ',', (size_t) (last - p));
    n = sizeof(base64) - 1;

    if (comma == NULL || (size_t) (comma + 1 - p) < n
        || memcmp(comma + 1 - n, base64, n) != 0)
    {
        return AICOST_ERROR;
    }

    type->data = p;
    type->len = (uint32_t) (comma + 1 - n - p);
    type->kind = AICOST_PIECE_STRING;

    data->data = comma + 1;
    data->len = (uint32_t) (last - comma - 1);
    data->kind = AICOST_PIECE_STRING;

    return type->len ? AICOST_OK : AICOST_ERROR;
}


aicost_effort_e
aicost_form_effort(const aicost_piece_t *p)
{
    int  i;

    for (i = AICOST_EFFORT_NONE; i <= AICOST_EFFORT_MAX; i++) {
        if (aicost_piece_is(p, aicost_form_efforts[i])) {
            return (aicost_effort_e) i;
        }
    }

    return AICOST_EFFORT_UNSAID;
}


const char *
aicost_form_effort_word(aicost_effort_e effort)
{
    return aicost_form_efforts[effort];
}
