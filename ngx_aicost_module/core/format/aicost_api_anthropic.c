
/*
 * Copyright (C) aicost
 *
 * Anthropic's Messages, versions 2023-06-01 and 2026-10-21: the shape, its
 * path and its errors.
 */


#include "aicost_api_anthropic_int.h"


#define AICOST_ANTHROPIC_MESSAGE   2048      /* bytes of an error message */
#define AICOST_ANTHROPIC_PARAM     256


static void aicost_anthropic_path(const aicost_str_t *model, unsigned stream,
    aicost_out_t *o);
static void aicost_anthropic_tell_error(aicost_reason_e reason,
    const aicost_str_t *message, const aicost_str_t *param, aicost_out_t *o);


/* what raises the price (context-1m, fast-mode, compact) or calls others
   (mcp-client, code-execution) is the operator's to list */

static const char *const  aicost_anthropic_betas[] = {
    "claude-code", "dev-full-thinking", "effort", "extended-cache-ttl",
    "files-api", "fine-grained-tool-streaming", "interleaved-thinking",
    "model-context-window-exceeded", "output-128k", "output-300k", "pdfs",
    "prompt-caching", "structured-outputs", "thinking-display-updates",
    "thinking-token-count", "token-efficient-tools", NULL
};


const aicost_api_t  aicost_api_anthropic = {
    "anthropic",
    "text/event-stream",
    AICOST_FRAMES_SSE,
    "x-api-key",
    "anthropic-version",
    "2023-06-01",
    "anthropic-beta",
    aicost_anthropic_betas,
    aicost_anthropic_path,
    aicost_anthropic_read,
    aicost_anthropic_write,
    aicost_anthropic_hear,
    aicost_anthropic_hear_event,
    aicost_anthropic_tell,
    aicost_anthropic_tell_event,
    aicost_anthropic_tell_error
};


uint32_t
aicost_anthropic_member(const aicost_json_t *j, uint32_t object,
    const char *name)
{
    uint32_t  node;

    node = aicost_json_get(j, object, name);

    return (node && j->nodes[node].type != AICOST_JSON_NULL) ? node : 0;
}


static void
aicost_anthropic_path(const aicost_str_t *model, unsigned stream,
    aicost_out_t *o)
{
    (void) model;
    (void) stream;

    aicost_out_text(o, "/v1/messages");
}


const char *
aicost_anthropic_error_type(aicost_reason_e reason)
{
    switch (reason) {

    case AICOST_R_RATE_LIMITED:
        return "rate_limit_error";

    case AICOST_R_OVERLOADED:
        return "overloaded_error";

    case AICOST_R_NO_MONEY:
        return "billing_error";

    case AICOST_R_AUTH_FAILED:
        return "authentication_error";

    case AICOST_R_BAD_REQUEST:
        return "invalid_request_error";

    case AICOST_R_TIMEOUT:
        return "timeout_error";

    default:
        break;
    }

    switch (aicost_reason_status(reason)) {

    case 400:
    case 405:
    case 415:
        return "invalid_request_error";

    case 401:
        return "authentication_error";

    case 402:
        return "billing_error";

    case 403:
        return "permission_error";

    case 404:
        return "not_found_error";

    case 413:
        return "request_too_large";

    case 429:
        return "rate_limit_error";

    case 503:
        return "overloaded_error";

    case 504:
        return "timeout_error";

    default:
        return "api_error";
    }
}


void
aicost_anthropic_error(const aicost_says_t *s, aicost_out_t *o)
{
    aicost_out_text(o, "{\"type\":\"error\",\"error\":{\"type\":\"");
    aicost_out_text(o, aicost_anthropic_error_type(s->reason));
    aicost_out_text(o, "\",\"message\":");
    aicost_out_string(o, &s->text);
    aicost_out_text(o, ",\"code\":\"");
    aicost_out_text(o, aicost_reason_word(s->reason));
    aicost_out_text(o, "\"}}");
}


/* bytes of the character at p, 0 when it is not UTF-8 */

static size_t
aicost_anthropic_utf8(const unsigned char *p, const unsigned char *last)
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

    if ((size_t) (last - p) < n) {
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


/* with its quotes, at most max bytes of it */

static void
aicost_anthropic_text(const aicost_str_t *s, size_t max, aicost_out_t *o)
{
    size_t                n;
    unsigned char         buf[6 * 4], *end;
    const unsigned char  *p, *last;

    aicost_out(o, "\"", 1);

    if (s != NULL && s->len) {
        last = s->data + s->len;

        for (p = s->data; p < last; p += n) {
            n = aicost_anthropic_utf8(p, last);

            if ((size_t) (p - s->data) + (n ? n : 1) > max) {
                break;
            }

            if (n == 0) {
                n = 1;
                aicost_out(o, "\\ufffd", 6);
                continue;
            }

            end = aicost_json_escape(buf, buf + sizeof(buf), p, n);
            aicost_out(o, buf, (size_t) (end - buf));
        }
    }

    aicost_out(o, "\"", 1);
}


static void
aicost_anthropic_tell_error(aicost_reason_e reason,
    const aicost_str_t *message, const aicost_str_t *param, aicost_out_t *o)
{
    aicost_out_text(o, "{\"type\":\"error\",\"error\":{\"type\":\"");
    aicost_out_text(o, aicost_anthropic_error_type(reason));
    aicost_out_text(o, "\",\"message\":");
    aicost_anthropic_text(message, AICOST_ANTHROPIC_MESSAGE, o);
    aicost_out_text(o, ",\"code\":\"");
    aicost_out_text(o, aicost_reason_word(reason));
    aicost_out_text(o, "\"");

    if (param != NULL && param->len) {
        aicost_out_text(o, ",\"param\":");
        aicost_anthropic_text(param, AICOST_ANTHROPIC_PARAM, o);
    }

    aicost_out_text(o, "}}");
}
