
/*
 * Copyright (C) aicost
 */


#include "aicost_sse.h"


#define AICOST_SSE_WINDOW      512     /* bytes looked through for LF, then for
                                          CR: a stream with one of them only
                                          stays linear */


enum {
    AICOST_SSE_NEW = 0,                /* the next byte begins an event */
    AICOST_SSE_LINE,                   /* the next byte begins a line */
    AICOST_SSE_FIELD,                  /* in a field's name */
    AICOST_SSE_DATA,                   /* after "data:", one space may come */
    AICOST_SSE_DATA_TEXT,
    AICOST_SSE_NAME,                   /* after "event:", likewise */
    AICOST_SSE_NAME_TEXT,
    AICOST_SSE_SKIP                    /* a comment or another field */
};


static void aicost_sse_reset(aicost_sse_t *s);
static const unsigned char *aicost_sse_eol(const unsigned char *p,
    const unsigned char *last);
static const unsigned char *aicost_sse_field(aicost_sse_t *s,
    const unsigned char *p, const unsigned char *last);
static int aicost_sse_begin(aicost_sse_t *s);
static int aicost_sse_text(aicost_sse_t *s, const unsigned char **p,
    const unsigned char *last);
static int aicost_sse_keep(aicost_sse_t *s, const unsigned char **p,
    const unsigned char *last);
static void aicost_sse_name(aicost_sse_t *s, const unsigned char *p,
    const unsigned char *last);


void
aicost_sse_init(aicost_sse_t *s, unsigned char *buf, uint32_t size)
{
    memset(s, 0, sizeof(aicost_sse_t));

    s->state = AICOST_SSE_NEW;
    s->max = AICOST_SSE_MAX_EVENT;

    aicost_sse_room(s, buf, size);
}


void
aicost_sse_room(aicost_sse_t *s, unsigned char *buf, uint32_t size)
{
    s->buf = buf;
    s->size = size > s->max ? s->max : size;
}


int
aicost_sse_next(aicost_sse_t *s, const unsigned char **p,
    const unsigned char *last)
{
    int  rc;

    if (s->cr && *p < last) {
        s->cr = 0;

        if (**p == '\n') {
            (*p)++;
        }
    }

    while (*p < last) {

        if (s->state == AICOST_SSE_NEW) {
            aicost_sse_reset(s);
        }

        if (s->state == AICOST_SSE_LINE && (**p == '\n' || **p == '\r')) {
            s->state = AICOST_SSE_NEW;

            if (*(*p)++ == '\r') {
                s->cr = 1;

                if (*p < last) {
                    s->cr = 0;
                    *p += **p == '\n';
                }
            }

            return AICOST_OK;
        }

        if (s->state == AICOST_SSE_LINE || s->state == AICOST_SSE_FIELD) {
            *p = aicost_sse_field(s, *p, last);
            continue;
        }

        rc = aicost_sse_text(s, p, last);
        if (rc != AICOST_OK) {
            return rc;
        }
    }

    return AICOST_AGAIN;
}


int
aicost_sse_end(aicost_sse_t *s)
{
    int  rc;

    if (s->state == AICOST_SSE_DATA
        || (s->state == AICOST_SSE_FIELD
            && s->field_len == 4
            && memcmp(s->field, "data", 4) == 0))
    {
        /* the joining line feed of an empty line may find no room: the event
           is then handed out without it */

        (void) aicost_sse_begin(s);
    }

    rc = s->state != AICOST_SSE_NEW && s->has_data ? AICOST_OK
                                                   : AICOST_DECLINED;

    s->state = AICOST_SSE_NEW;
    s->cr = 0;

    return rc;
}


static void
aicost_sse_reset(aicost_sse_t *s)
{
    s->state = AICOST_SSE_LINE;
    s->len = 0;
    s->field_len = 0;
    s->name.len = 0;
    s->name.data = s->name_buf;
    s->has_data = 0;
    s->long_event = 0;
    s->comment_only = 1;
}


/* the first LF or CR, or last */

static const unsigned char *
aicost_sse_eol(const unsigned char *p, const unsigned char *last)
{
    const unsigned char  *end, *lf, *cr;

    while (p < last) {
        end = last - p > AICOST_SSE_WINDOW ? p + AICOST_SSE_WINDOW : last;

        lf = memchr(p, '\n', (size_t) (end - p));
        if (lf != NULL) {
            end = lf;
        }

        cr = memchr(p, '\r', (size_t) (end - p));
        if (cr != NULL) {
            return cr;
        }

        if (lf != NULL) {
            return lf;
        }

        p = end;
    }

    return last;
}


/* reads on in a field's name; the state says what follows it */

static const unsigned char *
aicost_sse_field(aicost_sse_t *s, const unsigned char *p,
    const unsigned char *last)
{
    if (s->state == AICOST_SSE_LINE) {
        s->state = AICOST_SSE_FIELD;
        s->field_len = 0;

        if (*p == ':') {
            s->state = AICOST_SSE_SKIP;
            return p + 1;
        }

        s->comment_only = 0;

        if (last - p >= 5 && memcmp(p, "data:", 5) == 0) {
            s->state = AICOST_SSE_DATA;
            return p + 5;
        }
    }

    for ( /* void */ ; p < last; p++) {

        if (*p != ':' && *p != '\n' && *p != '\r') {

            if (s->field_len == sizeof(s->field)) {
                s->state = AICOST_SSE_SKIP;
                return p;
            }

            s->field[s->field_len++] = *p;
            continue;
        }

        if (s->field_len == 4 && memcmp(s->field, "data", 4) == 0) {
            s->state = AICOST_SSE_DATA;

        } else if (s->field_len == 5 && memcmp(s->field, "event", 5) == 0) {
            s->state = AICOST_SSE_NAME;

        } else {
            s->state = AICOST_SSE_SKIP;
        }

        /* a line without a colon is a field with an empty value */

        return *p == ':' ? p + 1 : p;
    }

    return p;
}


/* a data line begins: all but the first are joined by a line feed */

static int
aicost_sse_begin(aicost_sse_t *s)
{
    if (!s->has_data) {
        s->has_data = 1;
        return AICOST_OK;
    }

    if (s->long_event) {
        return AICOST_OK;
    }

    if (s->len == s->size) {

        if (s->size < s->max) {
            return AICOST_DECLINED;
        }

        s->long_event = 1;
        s->len = 0;

        return AICOST_OK;
    }

    s->buf[s->len++] = '\n';

    return AICOST_OK;
}


/* reads on in a value, its line ending included */

static int
aicost_sse_text(aicost_sse_t *s, const unsigned char **p,
    const unsigned char *last)
{
    int                   rc;
    const unsigned char  *eol;

    if (s->state == AICOST_SSE_DATA) {
        rc = aicost_sse_begin(s);
        if (rc != AICOST_OK) {
            return rc;
        }

        s->state = AICOST_SSE_DATA_TEXT;
        *p += **p == ' ';

    } else if (s->state == AICOST_SSE_NAME) {
        s->name.len = 0;
        s->state = AICOST_SSE_NAME_TEXT;
        *p += **p == ' ';
    }

    eol = aicost_sse_eol(*p, last);

    if (s->state == AICOST_SSE_DATA_TEXT) {
        rc = aicost_sse_keep(s, p, eol);
        if (rc != AICOST_OK) {
            return rc;
        }

    } else if (s->state == AICOST_SSE_NAME_TEXT) {
        aicost_sse_name(s, *p, eol);
    }

    *p = eol;

    if (eol == last) {
        return AICOST_OK;
    }

    s->state = AICOST_SSE_LINE;
    (*p)++;

    if (*eol == '\r') {
        s->cr = 1;

        if (*p < last) {
            s->cr = 0;
            *p += **p == '\n';
        }
    }

    return AICOST_OK;
}


static int
aicost_sse_keep(aicost_sse_t *s, const unsigned char **p,
    const unsigned char *last)
{
    size_t  n;

    if (s->long_event) {
        return AICOST_OK;
    }

    n = (size_t) (last - *p);

    if (n > s->size - s->len) {

        if (s->size >= s->max) {
            s->long_event = 1;
            s->len = 0;

            return AICOST_OK;
        }

        n = s->size - s->len;

        if (n) {
            memcpy(s->buf + s->len, *p, n);
        }

        s->len += (uint32_t) n;
        *p += n;

        return AICOST_DECLINED;
    }

    if (n) {
        memcpy(s->buf + s->len, *p, n);
        s->len += (uint32_t) n;
    }

    return AICOST_OK;
}


/* the first 63 bytes of a name are kept */

static void
aicost_sse_name(aicost_sse_t *s, const unsigned char *p,
    const unsigned char *last)
{
    size_t  n;

    n = (size_t) (last - p);

    if (n > sizeof(s->name_buf) - 1 - s->name.len) {
        n = sizeof(s->name_buf) - 1 - s->name.len;
    }

    memcpy(s->name_buf + s->name.len, p, n);
    s->name.len += n;
}
