
/*
 * Copyright (C) aicost
 */


#include "aicost_answer.h"


#define AICOST_ANSWER_PARAM        1024    /* bytes of a param, escaped */
#define AICOST_ANSWER_ID           1024    /* bytes of an id or model */
#define AICOST_ANSWER_REST         512     /* all but message and param */


static const char *aicost_answer_type(aicost_reason_e reason);
static unsigned char *aicost_answer_object(unsigned char *p,
    unsigned char *last, aicost_reason_e reason, const aicost_str_t *message,
    const aicost_str_t *param);
static unsigned char *aicost_answer_add(unsigned char *p, const char *s);
static unsigned char *aicost_answer_raw(unsigned char *p,
    const aicost_str_t *s, const char *otherwise);
static unsigned char *aicost_answer_escape(unsigned char *p,
    const unsigned char *last, const aicost_str_t *s);
static size_t aicost_answer_char(unsigned char out[6],
    const unsigned char *p, const unsigned char *last, size_t *n);
static size_t aicost_answer_utf8(const unsigned char *p,
    const unsigned char *last);


size_t
aicost_answer_error(unsigned char *buf, aicost_reason_e reason,
    const aicost_str_t *message, const aicost_str_t *param)
{
    unsigned char  *p;

    p = aicost_answer_object(buf, buf + AICOST_ANSWER_MAX, reason, message,
                             param);

    return (size_t) (p - buf);
}


size_t
aicost_answer_stream_error(unsigned char *buf, aicost_reason_e reason,
    const aicost_str_t *message)
{
    unsigned char  *p;

    p = aicost_answer_add(buf, "data: ");
    p = aicost_answer_object(p, buf + AICOST_ANSWER_MAX, reason, message,
                             NULL);
    p = aicost_answer_add(p, "\n\ndata: [DONE]\n\n");

    return (size_t) (p - buf);
}


size_t
aicost_answer_cut(unsigned char *buf, aicost_endpoint_e ep,
    const aicost_event_t *first)
{
    int64_t         created;
    unsigned        text;
    unsigned char  *p;

    text = ep == AICOST_EP_COMPLETIONS;
    created = first && first->created > 0 ? first->created : 0;

    p = aicost_answer_add(buf, "data: {\"id\":\"");
    p = aicost_answer_raw(p, first ? &first->id : NULL,
                          text ? "cmpl-aicost" : "chatcmpl-aicost");

    p = aicost_answer_add(p, text ? "\",\"object\":\"text_completion\""
                                  : "\",\"object\":\"chat.completion.chunk\"");

    p = aicost_answer_add(p, ",\"created\":");
    p = aicost_decimal_format(p, created, 0, 0);

    p = aicost_answer_add(p, ",\"model\":\"");
    p = aicost_answer_raw(p, first ? &first->model : NULL, "");

    p = aicost_answer_add(p, "\",\"choices\":[{\"index\":0,");
    p = aicost_answer_add(p, text ? "\"text\":\"\"" : "\"delta\":{}");
    p = aicost_answer_add(p, ",\"logprobs\":null,\"finish_reason\":\"length\"");
    p = aicost_answer_add(p, "}]}\n\ndata: [DONE]\n\n");

    return (size_t) (p - buf);
}


static const char *
aicost_answer_type(aicost_reason_e reason)
{
    /* what a provider said has no status of ours */

    switch (reason) {

    case AICOST_R_BAD_REQUEST:
        return "invalid_request_error";

    case AICOST_R_AUTH_FAILED:
        return "authentication_error";

    case AICOST_R_NO_MONEY:
        return "insufficient_quota";

    case AICOST_R_RATE_LIMITED:
        return "rate_limit_error";

    default:
        break;
    }

    switch (aicost_reason_status(reason)) {

    case 400:
    case 404:
    case 405:
    case 413:
    case 415:
        return "invalid_request_error";

    case 401:
        return "authentication_error";

    case 402:
        return "insufficient_quota";

    case 403:
        return "permission_error";

    case 429:
        return "rate_limit_error";

    default:
        return "server_error";
    }
}


static unsigned char *
aicost_answer_object(unsigned char *p, unsigned char *last,
    aicost_reason_e reason, const aicost_str_t *message,
    const aicost_str_t *param)
{
    p = aicost_answer_add(p, "{\"error\":{\"message\":\"");

    p = aicost_answer_escape(p, last - AICOST_ANSWER_PARAM - AICOST_ANSWER_REST,
                             message);

    p = aicost_answer_add(p, "\",\"type\":\"");
    p = aicost_answer_add(p, aicost_answer_type(reason));

    if (param != NULL && param->len) {
        p = aicost_answer_add(p, "\",\"param\":\"");
        p = aicost_answer_escape(p, p + AICOST_ANSWER_PARAM, param);
        p = aicost_answer_add(p, "\",\"code\":\"");

    } else {
        p = aicost_answer_add(p, "\",\"param\":null,\"code\":\"");
    }

    p = aicost_answer_add(p, aicost_reason_word(reason));

    return aicost_answer_add(p, "\"}}");
}


static unsigned char *
aicost_answer_add(unsigned char *p, const char *s)
{
    size_t  n;

    n = strlen(s);
    memcpy(p, s, n);

    return p + n;
}


/* a string as a strict tape has it: escaped already */

static unsigned char *
aicost_answer_raw(unsigned char *p, const aicost_str_t *s,
    const char *otherwise)
{
    if (s == NULL || s->len == 0 || s->len > AICOST_ANSWER_ID) {
        return aicost_answer_add(p, otherwise);
    }

    memcpy(p, s->data, s->len);

    return p + s->len;
}


/* stops before the first character that does not fit */

static unsigned char *
aicost_answer_escape(unsigned char *p, const unsigned char *last,
    const aicost_str_t *s)
{
    size_t                n, len;
    unsigned char         out[6];
    const unsigned char  *q, *end;

    if (s == NULL || s->len == 0) {
        return p;
    }

    q = s->data;
    end = q + s->len;

    while (q < end) {
        len = aicost_answer_char(out, q, end, &n);

        if (len > (size_t) (last - p)) {
            break;
        }

        memcpy(p, out, len);
        p += len;
        q += n;
    }

    return p;
}


/* one character as JSON has it; n is set to the bytes it took */

static size_t
aicost_answer_char(unsigned char out[6], const unsigned char *p,
    const unsigned char *last, size_t *n)
{
    static const unsigned char  hex[] = "0123456789abcdef";

    *n = 1;

    if (*p == '"' || *p == '\\') {
        out[0] = '\\';
        out[1] = *p;
        return 2;
    }

    if (*p < 0x20 || *p == 0x7f) {
        memcpy(out, "\\u00", 4);
        out[4] = hex[*p >> 4];
        out[5] = hex[*p & 15];
        return 6;
    }

    *n = aicost_answer_utf8(p, last);

    if (*n == 0) {
        *n = 1;
        memcpy(out, "\\ufffd", 6);
        return 6;
    }

    memcpy(out, p, *n);

    return *n;
}


/* bytes of the character at p, 0 when it is not UTF-8 */

static size_t
aicost_answer_utf8(const unsigned char *p, const unsigned char *last)
{
    size_t         i, n;
    unsigned char  low, high;

    low = 0x80;
    high = 0xbf;

    if (*p < 0x80) {
        return 1;

    } else if (*p >= 0xc2 && *p <= 0xdf) {
        n = 2;

    } else if (*p >= 0xe0 && *p <= 0xef) {
        n = 3;
        low = *p == 0xe0 ? 0xa0 : 0x80;
        high = *p == 0xed ? 0x9f : 0xbf;

    } else if (*p >= 0xf0 && *p <= 0xf4) {
        n = 4;
        low = *p == 0xf0 ? 0x90 : 0x80;
        high = *p == 0xf4 ? 0x8f : 0xbf;

    } else {
        return 0;
    }

    if ((size_t) (last - p) < n || p[1] < low || p[1] > high) {
        return 0;
    }

    for (i = 2; i < n; i++) {
        if ((p[i] & 0xc0) != 0x80) {
            return 0;
        }
    }

    return n;
}
