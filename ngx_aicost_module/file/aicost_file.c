
/*
 * Copyright (C) aicost
 */


#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "aicost_file_json.h"


static void aicost_file_locate(aicost_file_t *f, const char *member);
static const char *aicost_file_search(const aicost_file_t *f,
    const char *from, const char *word, unsigned key);
static const char *aicost_file_skip(const aicost_file_t *f, const char *p);
static int aicost_file_digits(const char **p, unsigned n, int64_t *value);
static int aicost_file_date(const char **p, int64_t *days);
static int aicost_file_clock(const char **p, int64_t *ms);


json_t *
aicost_file_load(aicost_file_t *f)
{
    json_t        *root;
    json_error_t   error;

    memset(f->err, 0, sizeof(aicost_file_error_t));

    root = json_loadb(f->data, f->len, JSON_REJECT_DUPLICATES, &error);

    if (root == NULL) {
        f->err->line = error.line;
        f->err->column = error.column;

        (void) snprintf(f->err->text, sizeof(f->err->text),
                        "not valid JSON: %s", error.text);
        return NULL;
    }

    if (!json_is_object(root)) {
        (void) aicost_file_fail(f, NULL, "the file must hold one object, "
                                "{\"version\": 1, ...}");
        json_decref(root);
        return NULL;
    }

    return root;
}


int
aicost_file_fail(aicost_file_t *f, const char *member, const char *fmt, ...)
{
    int      n;
    va_list  args;

    n = 0;

    if (f->what != NULL && f->name != NULL) {
        n = snprintf(f->err->text, sizeof(f->err->text), "%s \"%.100s\": ",
                     f->what, f->name);
    }

    if (n < 0 || (size_t) n >= sizeof(f->err->text)) {
        n = 0;
    }

    va_start(args, fmt);
    (void) vsnprintf(f->err->text + n, sizeof(f->err->text) - (size_t) n, fmt,
                     args);
    va_end(args);

    aicost_file_locate(f, member);

    return AICOST_ERROR;
}


/* jansson keeps no positions: the names are looked for in the text */

static void
aicost_file_locate(aicost_file_t *f, const char *member)
{
    const char  *p, *at, *q;

    at = f->data;

    if (f->name != NULL) {
        p = f->data;

        do {
            p = aicost_file_search(f, p, f->label ? f->label : f->name, 1);

            if (p == NULL || f->label == NULL) {
                break;
            }

            q = aicost_file_skip(f, p + strlen(f->label) + 2);
            q = aicost_file_skip(f, q + 1);
            p++;

        } while (aicost_file_search(f, q, f->name, 0) != q);

        if (p == NULL) {
            f->err->line = 0;
            f->err->column = 0;
            return;
        }

        at = p - (f->label != NULL);
    }

    if (member != NULL) {
        p = aicost_file_search(f, at, member, 1);

        if (p != NULL) {
            at = p;
        }
    }

    f->err->line = 1;
    f->err->column = 1;

    for (p = f->data; p < at; p++) {
        f->err->column++;

        if (*p == '\n') {
            f->err->line++;
            f->err->column = 1;
        }
    }
}


/* where the word stands in quotes; with key: and a colon follows */

static const char *
aicost_file_search(const aicost_file_t *f, const char *from, const char *word,
    unsigned key)
{
    size_t       n;
    const char  *p, *q, *last;

    n = strlen(word);
    last = f->data + f->len;

    for (p = from; (size_t) (last - p) >= n + 2; p++) {
        p = memchr(p, '"', (size_t) (last - p) - n - 1);

        if (p == NULL) {
            return NULL;
        }

        if (memcmp(p + 1, word, n) != 0 || p[n + 1] != '"') {
            if (!key) {
                return NULL;
            }

            continue;
        }

        if (!key) {
            return p;
        }

        q = aicost_file_skip(f, p + n + 2);

        if (q < last && *q == ':') {
            return p;
        }
    }

    return NULL;
}


static const char *
aicost_file_skip(const aicost_file_t *f, const char *p)
{
    while (p < f->data + f->len
           && (*p == ' ' || *p == '\t' || *p == '\n' || *p == '\r'))
    {
        p++;
    }

    return p < f->data + f->len ? p : f->data + f->len - 1;
}


int
aicost_file_known(aicost_file_t *f, json_t *object, const char *const *names)
{
    int          n;
    char         list[160];
    void        *it;
    size_t       len, i;
    const char  *key;

    for (it = json_object_iter(object);
         it != NULL;
         it = json_object_iter_next(object, it))
    {
        key = json_object_iter_key(it);

        for (i = 0; names[i] != NULL; i++) {
            if (strcmp(key, names[i]) == 0) {
                break;
            }
        }

        if (names[i] != NULL) {
            continue;
        }

        len = 0;
        list[0] = '\0';

        for (i = 0; names[i] != NULL; i++) {
            n = snprintf(list + len, sizeof(list) - len, "%s%s",
                         i ? " " : "", names[i]);

            if (n < 0 || (size_t) n >= sizeof(list) - len) {
                break;
            }

            len += (size_t) n;
        }

        return aicost_file_fail(f, key, "unknown member \"%.40s\", known: %s",
                                key, list);
    }

    return AICOST_OK;
}


int
aicost_file_string(aicost_file_t *f, json_t *object, const char *member,
    const char **value)
{
    json_t  *v;

    v = json_object_get(object, member);
    if (v == NULL) {
        return AICOST_DECLINED;
    }

    if (!json_is_string(v)) {
        return aicost_file_fail(f, member, "\"%s\" must be a string", member);
    }

    *value = json_string_value(v);

    if (json_string_length(v) == 0) {
        return aicost_file_fail(f, member,
                                "\"%s\" is empty: leave it out instead",
                                member);
    }

    if (json_string_length(v) > AICOST_MAX_IDENT) {
        return aicost_file_fail(f, member, "\"%s\" is longer than %d bytes",
                                member, AICOST_MAX_IDENT);
    }

    if (!aicost_file_printable(*value)) {
        return aicost_file_fail(f, member,
                                "\"%s\" holds a control character", member);
    }

    return AICOST_OK;
}


int
aicost_file_integer(aicost_file_t *f, json_t *object, const char *member,
    int64_t min, int64_t max, int64_t *value)
{
    json_t  *v;

    v = json_object_get(object, member);
    if (v == NULL) {
        return AICOST_DECLINED;
    }

    if (!json_is_integer(v)
        || json_integer_value(v) < min
        || json_integer_value(v) > max)
    {
        return aicost_file_fail(f, member, "\"%s\" must be a whole number "
                                "from %lld to %lld", member, (long long) min,
                                (long long) max);
    }

    *value = (int64_t) json_integer_value(v);

    return AICOST_OK;
}


int
aicost_file_bool(aicost_file_t *f, json_t *object, const char *member,
    unsigned *value)
{
    json_t  *v;

    v = json_object_get(object, member);
    if (v == NULL) {
        return AICOST_DECLINED;
    }

    if (!json_is_boolean(v)) {
        return aicost_file_fail(f, member, "\"%s\" must be true or false",
                                member);
    }

    *value = json_is_true(v) ? 1 : 0;

    return AICOST_OK;
}


int
aicost_file_version(aicost_file_t *f, json_t *root)
{
    json_t  *v;

    v = json_object_get(root, "version");

    if (v == NULL) {
        return aicost_file_fail(f, NULL,
                                "\"version\" is missing: write \"version\": 1");
    }

    if (!json_is_integer(v) || json_integer_value(v) != 1) {
        return aicost_file_fail(f, "version",
                                "\"version\" must be 1, the only one there is");
    }

    return AICOST_OK;
}


unsigned
aicost_file_printable(const char *s)
{
    for ( /* void */ ; *s; s++) {
        if ((unsigned char) *s < 0x20 || *s == 0x7f) {
            return 0;
        }
    }

    return 1;
}


aicost_str_t
aicost_file_str(const char *s)
{
    aicost_str_t  str;

    str.len = s ? strlen(s) : 0;
    str.data = (unsigned char *) s;

    return str;
}


void *
aicost_file_alloc(void *ctx, void *p, size_t size)
{
    (void) ctx;

    if (size == 0) {
        free(p);
        return NULL;
    }

    return realloc(p, size);
}


int
aicost_file_time(const char *s, int64_t *ms)
{
    int64_t  days, clock;

    if (aicost_file_date(&s, &days) != AICOST_OK) {
        return AICOST_ERROR;
    }

    clock = 0;

    if (*s != '\0') {
        if (*s != 'T' && *s != 't') {
            return AICOST_ERROR;
        }

        s++;

        if (aicost_file_clock(&s, &clock) != AICOST_OK || *s != '\0') {
            return AICOST_ERROR;
        }
    }

    *ms = days * 86400000 + clock;

    return AICOST_OK;
}


/* exactly n digits */

static int
aicost_file_digits(const char **p, unsigned n, int64_t *value)
{
    *value = 0;

    while (n--) {
        if (**p < '0' || **p > '9') {
            return AICOST_ERROR;
        }

        *value = *value * 10 + (*(*p)++ - '0');
    }

    return AICOST_OK;
}


/* a date of the Gregorian calendar, from 1970 on, in days since then */

static int
aicost_file_date(const char **p, int64_t *days)
{
    int64_t   year, month, day, y, max;
    unsigned  leap;

    static const int16_t  before[] = {
        0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365
    };

    if (aicost_file_digits(p, 4, &year) != AICOST_OK || *(*p)++ != '-'
        || aicost_file_digits(p, 2, &month) != AICOST_OK || *(*p)++ != '-'
        || aicost_file_digits(p, 2, &day) != AICOST_OK)
    {
        return AICOST_ERROR;
    }

    if (year < 1970 || month < 1 || month > 12) {
        return AICOST_ERROR;
    }

    leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    max = before[month] - before[month - 1] + (month == 2 && leap);

    if (day < 1 || day > max) {
        return AICOST_ERROR;
    }

    y = year - 1;
    *days = year * 365 + y / 4 - y / 100 + y / 400 - 719527
            + before[month - 1] + (month > 2 && leap) + day - 1;

    return AICOST_OK;
}


/* hh:mm:ss[.fraction] and Z or an offset, in ms */

static int
aicost_file_clock(const char **p, int64_t *ms)
{
    int64_t   hour, minute, second, fraction, scale;
    unsigned  east;

    if (aicost_file_digits(p, 2, &hour) != AICOST_OK || *(*p)++ != ':'
        || aicost_file_digits(p, 2, &minute) != AICOST_OK || *(*p)++ != ':'
        || aicost_file_digits(p, 2, &second) != AICOST_OK)
    {
        return AICOST_ERROR;
    }

    /* 60 is a leap second */

    if (hour > 23 || minute > 59 || second > 60) {
        return AICOST_ERROR;
    }

    fraction = 0;

    if (**p == '.') {
        (*p)++;

        if (**p < '0' || **p > '9') {
            return AICOST_ERROR;
        }

        for (scale = 100; **p >= '0' && **p <= '9'; (*p)++) {
            fraction += (**p - '0') * scale;
            scale /= 10;
        }
    }

    *ms = ((hour * 60 + minute) * 60 + second) * 1000 + fraction;

    if (**p == 'Z' || **p == 'z') {
        (*p)++;
        return AICOST_OK;
    }

    if (**p != '+' && **p != '-') {
        return AICOST_ERROR;
    }

    east = *(*p)++ == '+';

    if (aicost_file_digits(p, 2, &hour) != AICOST_OK || *(*p)++ != ':'
        || aicost_file_digits(p, 2, &minute) != AICOST_OK
        || hour > 23 || minute > 59)
    {
        return AICOST_ERROR;
    }

    minute += hour * 60;
    *ms += east ? minute * -60000 : minute * 60000;

    return AICOST_OK;
}
