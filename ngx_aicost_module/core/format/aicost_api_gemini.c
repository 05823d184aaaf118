
/*
 * Copyright (C) aicost
 *
 * Google Gemini's generateContent and streamGenerateContent.
 */


#include "aicost_api_gemini_int.h"


#define AICOST_GEMINI_NAME     40        /* of a member, in snake_case */
#define AICOST_GEMINI_MESSAGE  4096      /* bytes of an error's text */


static const struct {
    const char  *suffix;
    const char  *type;
} aicost_gemini_types[] = {
    { ".png", "image/png" },
    { ".jpg", "image/jpeg" },
    { ".jpeg", "image/jpeg" },
    { ".webp", "image/webp" },
    { ".gif", "image/gif" },
    { ".heic", "image/heic" },
    { ".heif", "image/heif" },
    { NULL, NULL }
};


uint32_t
aicost_gemini_get(const aicost_json_t *j, uint32_t object, const char *name,
    unsigned *twice)
{
    char      snake[AICOST_GEMINI_NAME];
    size_t    i, n;
    uint32_t  camel, other;

    camel = aicost_json_get(j, object, name);

    if (camel && j->nodes[camel].type == AICOST_JSON_NULL) {
        camel = 0;
    }

    n = 0;

    for (i = 0; name[i] && n < sizeof(snake) - 2; i++) {
        if (name[i] >= 'A' && name[i] <= 'Z') {
            snake[n++] = '_';
            snake[n++] = (char) (name[i] | 0x20);

        } else {
            snake[n++] = name[i];
        }
    }

    if (n == i) {
        return camel;
    }

    snake[n] = '\0';
    other = aicost_json_get(j, object, snake);

    if (other == 0 || j->nodes[other].type == AICOST_JSON_NULL) {
        return camel;
    }

    if (camel) {
        *twice = 1;
        return camel;
    }

    return other;
}


const char *
aicost_gemini_guess(const aicost_piece_t *url)
{
    size_t                i, n, len;
    unsigned char         c;
    const unsigned char  *p;

    p = url->data;

    for (len = 0; len < url->len; len++) {
        if (p[len] == '?' || p[len] == '#') {
            break;
        }
    }

    for (i = 0; aicost_gemini_types[i].suffix; i++) {
        n = strlen(aicost_gemini_types[i].suffix);

        if (len <= n) {
            continue;
        }

        for ( /* void */ ; n; n--) {
            c = (unsigned char) aicost_gemini_types[i].suffix[n - 1];

            if ((p[len - strlen(aicost_gemini_types[i].suffix) + n - 1]
                 | 0x20) != (c | 0x20))
            {
                break;
            }
        }

        if (n == 0) {
            return aicost_gemini_types[i].type;
        }
    }

    return NULL;
}


/* what became of an attempt, as a status of its own */

static int
aicost_gemini_status(aicost_reason_e reason)
{
    switch (reason) {

    case AICOST_R_RATE_LIMITED:
        return 429;

    case AICOST_R_OVERLOADED:
    case AICOST_R_NO_MONEY:
        return 503;

    case AICOST_R_TIMEOUT:
        return 504;

    case AICOST_R_BAD_REQUEST:
        return 400;

    default:
        break;
    }

    return aicost_reason_status(reason) ? aicost_reason_status(reason) : 500;
}


static const char *
aicost_gemini_word(int status)
{
    switch (status) {

    case 400:
    case 413:
    case 415:
        return "INVALID_ARGUMENT";

    case 401:
        return "UNAUTHENTICATED";

    case 402:
    case 429:
        return "RESOURCE_EXHAUSTED";

    case 403:
        return "PERMISSION_DENIED";

    case 404:
        return "NOT_FOUND";

    case 405:
        return "UNIMPLEMENTED";

    case 502:
    case 503:
        return "UNAVAILABLE";

    case 504:
        return "DEADLINE_EXCEEDED";

    default:
        return "INTERNAL";
    }
}


/* after the message: the end of the object, with why and where */

static void
aicost_gemini_reason(aicost_out_t *o, aicost_reason_e reason, int status,
    const aicost_str_t *param)
{
    aicost_out_text(o, ",\"status\":\"");
    aicost_out_text(o, aicost_gemini_word(status));
    aicost_out_text(o, "\",\"details\":[{\"@type\":"
                    "\"type.googleapis.com/google.rpc.ErrorInfo\","
                    "\"reason\":\"");
    aicost_out_text(o, aicost_reason_word(reason));
    aicost_out_text(o, "\",\"domain\":\"aicost\",\"metadata\":{");

    if (param && param->len) {
        aicost_out_text(o, "\"param\":");
        aicost_shape_raw(o, param, AICOST_MAX_IDENT);
    }

    aicost_out_text(o, "}}]}}");
}


static int
aicost_gemini_begin(aicost_out_t *o, aicost_reason_e reason)
{
    int  status;

    status = aicost_gemini_status(reason);

    aicost_out_text(o, "{\"error\":{\"code\":");
    aicost_out_int(o, status);
    aicost_out_text(o, ",\"message\":");

    return status;
}


void
aicost_gemini_error(aicost_out_t *o, aicost_reason_e reason,
    const aicost_piece_t *message)
{
    int  status;

    status = aicost_gemini_begin(o, reason);
    aicost_out_string(o, message);
    aicost_gemini_reason(o, reason, status, NULL);
}


static void
aicost_gemini_tell_error(aicost_reason_e reason, const aicost_str_t *message,
    const aicost_str_t *param, aicost_out_t *o)
{
    int  status;

    status = aicost_gemini_begin(o, reason);
    aicost_shape_raw(o, message, AICOST_GEMINI_MESSAGE);
    aicost_gemini_reason(o, reason, status, param);
}


static void
aicost_gemini_path(const aicost_str_t *model, unsigned stream,
    aicost_out_t *o)
{
    aicost_out_text(o, "/models/");
    aicost_out_percent(o, model);
    aicost_out_text(o, stream ? ":streamGenerateContent?alt=sse"
                              : ":generateContent");
}


const aicost_api_t  aicost_api_gemini = {
    "gemini",
    "text/event-stream",
    AICOST_FRAMES_SSE,
    "x-goog-api-key",
    NULL,
    NULL,
    NULL,
    NULL,
    aicost_gemini_path,
    aicost_gemini_read,
    aicost_gemini_write,
    aicost_gemini_hear,
    aicost_gemini_hear_event,
    aicost_gemini_tell,
    aicost_gemini_tell_event,
    aicost_gemini_tell_error
};
