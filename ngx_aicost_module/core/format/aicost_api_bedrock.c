
/*
 * Copyright (C) aicost
 *
 * AWS Bedrock's Converse and ConverseStream, with a key of its own.
 */


#include "aicost_api_bedrock_int.h"


#define AICOST_BEDROCK_MESSAGE 4096      /* bytes of an error's text */


static void aicost_bedrock_path(const aicost_str_t *model, unsigned stream,
    aicost_out_t *o);
static void aicost_bedrock_tell_error(aicost_reason_e reason,
    const aicost_str_t *message, const aicost_str_t *param, aicost_out_t *o);


const aicost_api_t  aicost_api_bedrock = {
    "bedrock",
    "application/vnd.amazon.eventstream",
    AICOST_FRAMES_AWS,
    NULL,
    NULL,
    NULL,
    NULL,
    NULL,
    aicost_bedrock_path,
    aicost_bedrock_read,
    aicost_bedrock_write,
    aicost_bedrock_hear,
    aicost_bedrock_hear_event,
    aicost_bedrock_tell,
    aicost_bedrock_tell_event,
    aicost_bedrock_tell_error
};


const aicost_bedrock_format_t  aicost_bedrock_images[] = {
    { "png", "image/png" },
    { "jpeg", "image/jpeg" },
    { "gif", "image/gif" },
    { "webp", "image/webp" },
    { NULL, NULL }
};


const aicost_bedrock_format_t  aicost_bedrock_documents[] = {
    { "pdf", "application/pdf" },
    { "txt", "text/plain" },
    { "md", "text/markdown" },
    { "html", "text/html" },
    { "csv", "text/csv" },
    { "doc", "application/msword" },
    { "docx", "application/vnd.openxmlformats-officedocument."
              "wordprocessingml.document" },
    { "xls", "application/vnd.ms-excel" },
    { "xlsx", "application/vnd.openxmlformats-officedocument."
              "spreadsheetml.sheet" },
    { NULL, NULL }
};


/* the first of a reason is the one that is told */

static const struct {
    const char          *type;
    aicost_reason_e      reason;
} aicost_bedrock_classes[] = {
    { "ThrottlingException", AICOST_R_RATE_LIMITED },
    { "ModelNotReadyException", AICOST_R_RATE_LIMITED },
    { "TooManyRequestsException", AICOST_R_RATE_LIMITED },
    { "ServiceUnavailableException", AICOST_R_OVERLOADED },
    { "InternalServerException", AICOST_R_SERVER_ERROR },
    { "ModelErrorException", AICOST_R_SERVER_ERROR },
    { "ModelStreamErrorException", AICOST_R_SERVER_ERROR },
    { "ModelTimeoutException", AICOST_R_TIMEOUT },
    { "ValidationException", AICOST_R_BAD_REQUEST },
    { "ServiceQuotaExceededException", AICOST_R_BAD_REQUEST },
    { "ResourceNotFoundException", AICOST_R_NOT_FOUND },
    { "AccessDeniedException", AICOST_R_AUTH_FAILED },
    { "UnrecognizedClientException", AICOST_R_AUTH_FAILED },
    { "ExpiredTokenException", AICOST_R_AUTH_FAILED }
};

#define AICOST_BEDROCK_CLASSES                                                \
    (sizeof(aicost_bedrock_classes) / sizeof(aicost_bedrock_classes[0]))


static void
aicost_bedrock_path(const aicost_str_t *model, unsigned stream,
    aicost_out_t *o)
{
    aicost_out_text(o, "/model/");
    aicost_out_percent(o, model);
    aicost_out_text(o, stream ? "/converse-stream" : "/converse");
}


const char *
aicost_bedrock_class(aicost_reason_e reason)
{
    size_t  i;

    for (i = 0; i < AICOST_BEDROCK_CLASSES; i++) {
        if (aicost_bedrock_classes[i].reason == reason) {
            return aicost_bedrock_classes[i].type;
        }
    }

    if (reason == AICOST_R_NO_MONEY) {
        return "ServiceQuotaExceededException";
    }

    switch (aicost_reason_status(reason)) {

    case 400:
    case 405:
    case 413:
    case 415:
        return "ValidationException";

    case 401:
        return "UnrecognizedClientException";

    case 402:
        return "ServiceQuotaExceededException";

    case 403:
        return "AccessDeniedException";

    case 404:
        return "ResourceNotFoundException";

    case 429:
        return "ThrottlingException";

    case 503:
        return "ServiceUnavailableException";

    case 504:
        return "ModelTimeoutException";

    default:
        return "InternalServerException";
    }
}


/* AICOST_R_OK: not known.  What stands before a '#' is only where it comes
   from; a stream has the first letter small */

aicost_reason_e
aicost_bedrock_reason(const aicost_piece_t *type)
{
    size_t          i;
    uint32_t        at;
    const char     *word;
    aicost_piece_t  p;

    p = *type;

    for (at = 0; at < type->len; at++) {
        if (type->data[at] == '#') {
            p.data = type->data + at + 1;
            p.len = type->len - at - 1;
        }
    }

    for (i = 0; p.len && i < AICOST_BEDROCK_CLASSES; i++) {
        word = aicost_bedrock_classes[i].type;

        if (p.len == strlen(word)
            && (p.data[0] & ~0x20) == word[0]
            && memcmp(p.data + 1, word + 1, p.len - 1) == 0)
        {
            return aicost_bedrock_classes[i].reason;
        }
    }

    return AICOST_R_OK;
}


void
aicost_bedrock_error(const aicost_says_t *s, aicost_out_t *o)
{
    aicost_out_text(o, "{\"message\":");

    if (s->text.kind == AICOST_PIECE_NONE) {
        aicost_out_text(o, "\"The provider failed.\"");

    } else {
        aicost_out_string(o, &s->text);
    }

    aicost_out_text(o, ",\"__type\":\"");
    aicost_out_text(o, aicost_bedrock_class(s->reason));
    aicost_out_text(o, "\"}");
}


static void
aicost_bedrock_tell_error(aicost_reason_e reason, const aicost_str_t *message,
    const aicost_str_t *param, aicost_out_t *o)
{
    (void) param;

    aicost_out_text(o, "{\"message\":");
    aicost_shape_raw(o, message, AICOST_BEDROCK_MESSAGE);
    aicost_out_text(o, ",\"__type\":\"");
    aicost_out_text(o, aicost_bedrock_class(reason));
    aicost_out_text(o, "\"}");
}
