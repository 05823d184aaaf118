
/*
 * Copyright (C) aicost
 *
 * A schema in Google's words, said in those of JSON Schema.
 *
 * There a type is in capitals, null is a mark of its own, whole numbers may
 * stand in strings, and the order of the properties is said a second time.
 * What is written is never longer than what was read.
 */


#include "aicost_form.h"


typedef struct {
    size_t                  comma;      /* before the member that is read */
    size_t                  type;       /* the word of its type, 0: none */
    size_t                  type_end;
    size_t                  values;     /* the end of its enum, 0: none */
    size_t                  any;        /* the end of its anyOf, 0: none */
    unsigned                bare:1;     /* nothing in it yet */
    unsigned                names:1;    /* its keys are names of properties */
    unsigned                list:1;     /* an anyOf */
    unsigned                nullable:1;
} aicost_schema_level_t;


typedef struct {
    aicost_out_t           *o;
    const unsigned char    *p;
    const unsigned char    *last;
    aicost_schema_level_t  *level;
    unsigned                names:1;    /* what the key says of its value */
    unsigned                list:1;
    aicost_schema_level_t   levels[AICOST_MAX_DEPTH + 1];
} aicost_schema_t;


static void aicost_schema_open(aicost_schema_t *s);
static void aicost_schema_close(aicost_schema_t *s);
static void aicost_schema_null(aicost_out_t *o, aicost_schema_level_t *l);
static void aicost_schema_insert(aicost_out_t *o, size_t at,
    const char *text);
static void aicost_schema_string(aicost_schema_t *s);
static void aicost_schema_member(aicost_schema_t *s, const aicost_str_t *key,
    const unsigned char *value);
static void aicost_schema_type(aicost_schema_t *s, const unsigned char *end);
static void aicost_schema_number(aicost_schema_t *s, const aicost_str_t *key,
    const unsigned char *end);
static void aicost_schema_drop(aicost_schema_t *s, const unsigned char *end);
static void aicost_schema_copy(aicost_schema_t *s, const unsigned char *end);
static unsigned aicost_schema_is(const aicost_str_t *key, const char *name);
static unsigned aicost_schema_in(const aicost_str_t *key,
    const char *const *names);
static const unsigned char *aicost_schema_space(const unsigned char *p,
    const unsigned char *last);
static const unsigned char *aicost_schema_end(const unsigned char *p,
    const unsigned char *last);


void
aicost_out_schema(aicost_out_t *o, const aicost_piece_t *piece)
{
    aicost_schema_t  s;

    s.o = o;
    s.p = piece->data;
    s.last = s.p + piece->len;
    s.names = 0;
    s.list = 0;
    s.level = s.levels;
    memset(s.level, 0, sizeof(aicost_schema_level_t));

    while (s.p < s.last && !o->failed) {

        if (*s.p == '"') {
            aicost_schema_string(&s);

        } else if (*s.p == '{' || *s.p == '[') {
            aicost_schema_open(&s);

        } else if (*s.p == '}' || *s.p == ']') {
            aicost_schema_close(&s);

        } else {
            if (*s.p == ',') {
                s.level->comma = o->len;
            }

            aicost_schema_copy(&s, s.p + 1);
        }
    }
}


void
aicost_out_schema_string(aicost_out_t *o, const aicost_piece_t *p)
{
    size_t          i, from, more;
    unsigned char  *d;

    if (p->kind != AICOST_PIECE_GOOGLE) {
        aicost_out_string(o, p);
        return;
    }

    aicost_out(o, "\"", 1);
    from = o->len;
    aicost_out_schema(o, p);

    if (o->data == NULL) {
        /* what is measured is at least as long */
        o->len += o->len - from + 1;
        return;
    }

    /* in place, from the end; outside of its strings JSON has no control
       characters but white space, in them none */

    more = 0;

    for (i = from; i < o->len; i++) {
        more += (o->data[i] == '"' || o->data[i] == '\\'
                 || o->data[i] < ' ');
    }

    if (o->failed || o->size - o->len < more) {
        o->failed = 1;
        return;
    }

    d = o->data + o->len + more;
    i = o->len;
    o->len += more;

    while (d > o->data + i) {
        d--;
        i--;

        if (o->data[i] < ' ') {
            *d = ' ';
            *--d = ' ';

        } else {
            *d = o->data[i];

            if (*d == '"' || *d == '\\') {
                *--d = '\\';
            }
        }
    }

    aicost_out(o, "\"", 1);
}


static void
aicost_schema_open(aicost_schema_t *s)
{
    if (s->level == &s->levels[AICOST_MAX_DEPTH]) {
        s->o->failed = 1;
        return;
    }

    s->level->bare = 0;
    s->level++;
    memset(s->level, 0, sizeof(aicost_schema_level_t));
    s->level->bare = 1;
    s->level->names = s->names;
    s->level->list = s->list;
    s->names = 0;
    s->list = 0;

    aicost_schema_copy(s, s->p + 1);
}


static void
aicost_schema_close(aicost_schema_t *s)
{
    aicost_schema_level_t  *l;

    if (s->level == s->levels) {
        s->o->failed = 1;
        return;
    }

    l = s->level--;

    if (l->list && !l->bare) {
        s->level->any = s->o->len;
    }

    if (l->nullable) {
        aicost_schema_null(s->o, l);
    }

    aicost_schema_copy(s, s->p + 1);
}


/* what may be null says so of its type, its values and its alternatives; what
   stands last goes first, so that the other places stay where they are */

static void
aicost_schema_null(aicost_out_t *o, aicost_schema_level_t *l)
{
    size_t       *at, *last;
    const char   *text;

    for ( ;; ) {
        last = &l->values;
        text = ",null";

        at = &l->any;

        if (*at > *last) {
            last = at;
            text = ",{\"type\":\"null\"}";
        }

        at = &l->type_end;

        if (*at > *last) {
            last = at;
            text = ",\"null\"]";
        }

        if (*last == 0) {
            return;
        }

        aicost_schema_insert(o, *last, text);
        *last = 0;

        if (last == &l->type_end) {
            aicost_schema_insert(o, l->type, "[");
        }
    }
}


static void
aicost_schema_insert(aicost_out_t *o, size_t at, const char *text)
{
    size_t  n, len;

    n = strlen(text);
    len = o->len;
    aicost_out(o, text, n);

    if (o->data && !o->failed) {
        memmove(o->data + at + n, o->data + at, len - at);
        memcpy(o->data + at, text, n);
    }
}


/* a value, or a key with what stands before its value */

static void
aicost_schema_string(aicost_schema_t *s)
{
    aicost_str_t          key;
    const unsigned char  *end, *value;

    end = aicost_schema_end(s->p, s->last);
    value = aicost_schema_space(end, s->last);

    if (value == s->last || *value != ':' || s->level->names) {
        aicost_schema_copy(s, end);
        return;
    }

    value = aicost_schema_space(value + 1, s->last);

    if (value == s->last) {
        aicost_schema_copy(s, value);
        return;
    }

    key.data = (unsigned char *) (uintptr_t) (s->p + 1);
    key.len = (size_t) (end - s->p) - 2;

    aicost_schema_member(s, &key, value);
}


static void
aicost_schema_member(aicost_schema_t *s, const aicost_str_t *key,
    const unsigned char *value)
{
    const unsigned char  *end;

    static const char *const  plain[] = {
        "enum", "default", "example", "examples", "const", NULL
    };
    static const char *const  order[] = {
        "propertyOrdering", "property_ordering", NULL
    };
    static const char *const  names[] = {
        "properties", "defs", "$defs", NULL
    };

    end = aicost_schema_end(value, s->last);

    if ((aicost_schema_is(key, "nullable") && (*value == 't' || *value == 'f'))
        || aicost_schema_in(key, order))
    {
        s->level->nullable |= (*value == 't');
        aicost_schema_drop(s, end);
        return;
    }

    s->level->bare = 0;

    if (aicost_schema_in(key, plain)) {
        aicost_schema_copy(s, end);

        if (aicost_schema_is(key, "enum") && *value == '['
            && aicost_schema_space(value + 1, s->last) != end - 1)
        {
            s->level->values = s->o->len - 1;
        }

        return;
    }

    aicost_schema_copy(s, value);

    if (aicost_schema_is(key, "type")) {
        aicost_schema_type(s, end);

    } else if (*value == '"') {
        aicost_schema_number(s, key, end);

    } else {
        s->names = (*value == '{' && aicost_schema_in(key, names));
        s->list = (*value == '[' && (aicost_schema_is(key, "anyOf")
                                     || aicost_schema_is(key, "any_of")));
    }
}


static void
aicost_schema_type(aicost_schema_t *s, const unsigned char *end)
{
    aicost_str_t          word;
    unsigned char         c;
    const unsigned char  *p;

    static const char *const  types[] = {
        "STRING", "NUMBER", "INTEGER", "BOOLEAN", "ARRAY", "OBJECT", "NULL",
        NULL
    };

    if (*s->p != '"') {
        return;
    }

    word.data = (unsigned char *) (uintptr_t) (s->p + 1);
    word.len = (size_t) (end - s->p) - 2;
    s->level->type = s->o->len;

    if (aicost_schema_in(&word, types)) {
        for (p = s->p; p < end; p++) {
            c = (*p >= 'A' && *p <= 'Z') ? (unsigned char) (*p | 0x20) : *p;
            aicost_out(s->o, &c, 1);
        }

        s->p = end;

    } else {
        aicost_schema_copy(s, end);
    }

    s->level->type_end = s->o->len;
}


/* "2" of a bound is 2 */

static void
aicost_schema_number(aicost_schema_t *s, const aicost_str_t *key,
    const unsigned char *end)
{
    const unsigned char  *p;

    static const char *const  bounds[] = {
        "minItems", "maxItems", "minLength", "maxLength", "minProperties",
        "maxProperties", NULL
    };

    p = s->p + 1;

    if (!aicost_schema_in(key, bounds) || p >= end - 1
        || (*p == '0' && p < end - 2))
    {
        return;
    }

    for ( /* void */ ; p < end - 1; p++) {
        if (*p < '0' || *p > '9') {
            return;
        }
    }

    s->p++;
    aicost_schema_copy(s, end - 1);
    s->p = end;
}


/* a member up to end, and the comma beside it */

static void
aicost_schema_drop(aicost_schema_t *s, const unsigned char *end)
{
    if (!s->level->bare) {
        s->o->len = s->level->comma;
        s->p = end;
        return;
    }

    s->p = aicost_schema_space(end, s->last);

    if (s->p < s->last && *s->p == ',') {
        s->p++;
    }
}


static void
aicost_schema_copy(aicost_schema_t *s, const unsigned char *end)
{
    aicost_out(s->o, s->p, (size_t) (end - s->p));
    s->p = end;
}


static unsigned
aicost_schema_is(const aicost_str_t *key, const char *name)
{
    return key->len == strlen(name) && memcmp(key->data, name, key->len) == 0;
}


static unsigned
aicost_schema_in(const aicost_str_t *key, const char *const *names)
{
    for ( /* void */ ; *names; names++) {
        if (aicost_schema_is(key, *names)) {
            return 1;
        }
    }

    return 0;
}


static const unsigned char *
aicost_schema_space(const unsigned char *p, const unsigned char *last)
{
    while (p < last && *p <= ' ') {
        p++;
    }

    return p;
}


/* the end of the value at p */

static const unsigned char *
aicost_schema_end(const unsigned char *p, const unsigned char *last)
{
    uint32_t  depth;

    depth = 0;

    for ( /* void */ ; p < last; p++) {

        if (*p == '"') {
            for (p++; p < last && *p != '"'; p++) {
                p += (*p == '\\');
            }

            if (p >= last) {
                return last;
            }

        } else if (*p == '{' || *p == '[') {
            depth++;
            continue;

        } else if (*p == '}' || *p == ']') {
            if (depth == 0) {
                return p;
            }

            depth--;

        } else if (depth == 0 && (*p == ',' || *p <= ' ')) {
            return p;

        } else {
            continue;
        }

        if (depth == 0) {
            return p + 1;
        }
    }

    return last;
}
