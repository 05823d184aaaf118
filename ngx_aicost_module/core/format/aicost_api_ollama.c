
/*
 * Copyright (C) aicost
 *
 * Ollama's own /api/chat.
 */


#include "aicost_api_ollama_int.h"


#define AICOST_OLLAMA_MESSAGE  4096      /* bytes of an error's text */
#define AICOST_OLLAMA_DAYS     719468    /* from 0000-03-01 to 1970-01-01 */
#define AICOST_OLLAMA_LAST     ((int64_t) 253402300799)     /* of year 9999 */


static void aicost_ollama_path(const aicost_str_t *model, unsigned stream,
    aicost_out_t *o);
static void aicost_ollama_tell_error(aicost_reason_e reason,
    const aicost_str_t *message, const aicost_str_t *param, aicost_out_t *o);
static int64_t aicost_ollama_digits(const unsigned char *p, unsigned n);
static void aicost_ollama_out_digits(aicost_out_t *o, int64_t v, unsigned n);


const aicost_api_t  aicost_api_ollama = {
    "ollama",
    "application/x-ndjson",
    AICOST_FRAMES_LINES,
    NULL,
    NULL,
    NULL,
    NULL,
    NULL,
    aicost_ollama_path,
    aicost_ollama_read,
    aicost_ollama_write,
    aicost_ollama_hear,
    aicost_ollama_hear_event,
    aicost_ollama_tell,
    aicost_ollama_tell_event,
    aicost_ollama_tell_error
};


static void
aicost_ollama_path(const aicost_str_t *model, unsigned stream,
    aicost_out_t *o)
{
    (void) model;
    (void) stream;

    aicost_out_text(o, "/api/chat");
}


static void
aicost_ollama_tell_error(aicost_reason_e reason, const aicost_str_t *message,
    const aicost_str_t *param, aicost_out_t *o)
{
    (void) reason;
    (void) param;

    aicost_out_text(o, "{\"error\":");
    aicost_shape_raw(o, message, AICOST_OLLAMA_MESSAGE);
    aicost_out(o, "}", 1);
}


int64_t
aicost_ollama_time(const aicost_piece_t *p)
{
    int64_t               year, month, day, hour, min, sec, zone, days;
    uint32_t              i;
    const unsigned char  *d;

    d = p->data;

    if (p->kind != AICOST_PIECE_STRING || p->len < 20 || d[4] != '-'
        || d[7] != '-' || d[10] != 'T' || d[13] != ':' || d[16] != ':')
    {
        return 0;
    }

    year = aicost_ollama_digits(d, 4);
    month = aicost_ollama_digits(d + 5, 2);
    day = aicost_ollama_digits(d + 8, 2);
    hour = aicost_ollama_digits(d + 11, 2);
    min = aicost_ollama_digits(d + 14, 2);
    sec = aicost_ollama_digits(d + 17, 2);

    if (year < 1970 || month < 1 || month > 12 || day < 1 || day > 31
        || hour < 0 || hour > 23 || min < 0 || min > 59 || sec < 0 || sec > 60)
    {
        return 0;
    }

    i = 19;

    if (d[i] == '.') {
        for (i++; i < p->len && d[i] >= '0' && d[i] <= '9'; i++) {
            /* void */
        }
    }

    zone = 0;

    if (p->len - i == 6 && (d[i] == '+' || d[i] == '-')) {
        zone = aicost_ollama_digits(d + i + 1, 2) * 3600
               + aicost_ollama_digits(d + i + 4, 2) * 60;
        zone = d[i] == '-' ? -zone : zone;

    } else if (p->len - i != 1 || d[i] != 'Z') {
        return 0;
    }

    /* years from March on: the leap day is the last one */

    year -= (month < 3);
    month = (month + 9) % 12;
    days = 365 * year + year / 4 - year / 100 + year / 400
           + (153 * month + 2) / 5 + day - 1 - AICOST_OLLAMA_DAYS;

    sec += days * 86400 + hour * 3600 + min * 60 - zone;

    return sec > 0 ? sec : 0;
}


/* -1: no digits */

static int64_t
aicost_ollama_digits(const unsigned char *p, unsigned n)
{
    int64_t  v;

    for (v = 0; n; n--, p++) {

        if (*p < '0' || *p > '9') {
            return -1;
        }

        v = v * 10 + (*p - '0');
    }

    return v;
}


void
aicost_ollama_out_time(aicost_out_t *o, int64_t s)
{
    int64_t  days, era, day, year, month;

    if (s < 0 || s > AICOST_OLLAMA_LAST) {
        s = 0;
    }

    days = s / 86400 + AICOST_OLLAMA_DAYS;
    s %= 86400;

    era = days / 146097;
    day = days % 146097;
    year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
    day -= 365 * year + year / 4 - year / 100;
    month = (5 * day + 2) / 153;
    day -= (153 * month + 2) / 5;
    year += era * 400 + (month > 9);
    month += month < 10 ? 3 : -9;

    aicost_out(o, "\"", 1);
    aicost_ollama_out_digits(o, year, 4);
    aicost_out(o, "-", 1);
    aicost_ollama_out_digits(o, month, 2);
    aicost_out(o, "-", 1);
    aicost_ollama_out_digits(o, day + 1, 2);
    aicost_out(o, "T", 1);
    aicost_ollama_out_digits(o, s / 3600, 2);
    aicost_out(o, ":", 1);
    aicost_ollama_out_digits(o, s / 60 % 60, 2);
    aicost_out(o, ":", 1);
    aicost_ollama_out_digits(o, s % 60, 2);
    aicost_out(o, "Z\"", 2);
}


static void
aicost_ollama_out_digits(aicost_out_t *o, int64_t v, unsigned n)
{
    unsigned       i;
    unsigned char  buf[4];

    for (i = n; i; i--) {
        buf[i - 1] = (unsigned char) ('0' + v % 10);
        v /= 10;
    }

    aicost_out(o, buf, n);
}
