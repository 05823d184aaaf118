
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


static void
aicost_anthropic_tell_error(aicost_reason_e reason,
    const aicost_str_t *message, const aicost_str_t *param, aicost_out_t *o)
{
    aicost_out_text(o, "{\"type\":\"error\",\"error\":{\"type\":\"");
    aicost_out_text(o, aicost_anthropic_error_type(reason));
    aicost_out_text(o, "\",\"message\":");
    aicost_shape_raw(o, message, AICOST_ANTHROPIC_MESSAGE);
    aicost_out_text(o, ",\"code\":\"");
    aicost_out_text(o, aicost_reason_word(reason));
    aicost_out_text(o, "\"");

    if (param != NULL && param->len) {
        aicost_out_text(o, ",\"param\":");
        aicost_shape_raw(o, param, AICOST_ANTHROPIC_PARAM);

        /* an SDK that hears so sends the whole conversation instead */

        if (reason == AICOST_R_PARAMETER_NOT_ALLOWED && param->len == 6
            && memcmp(param->data, "thread", 6) == 0)
        {
            aicost_out_text(o, ",\"details\":{\"error_code\":"
                               "\"thread_unsupported_request\","
                               "\"unsupported\":[\"thread\"]}");
        }
    }

    aicost_out_text(o, "}}");
}
