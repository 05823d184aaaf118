
/*
 * Copyright (C) aicost
 */


#include "aicost_usage.h"


#define AICOST_CLASS_NODES         256     /* tape of an error body */
#define AICOST_RETRY_MAX           ((int64_t) 600000)     /* ms */


/* words of error.code, error.type, error.status and the like */

static const struct {
    const char          *word;
    aicost_reason_e      reason;
} aicost_class_words[] = {
    { "insufficient_quota", AICOST_R_NO_MONEY },
    { "credit_balance_exhausted", AICOST_R_NO_MONEY },
    { "organization_spend_limit_exceeded", AICOST_R_NO_MONEY },
    { "project_spend_limit_exceeded", AICOST_R_NO_MONEY },
    { "organization_usage_limit_exceeded", AICOST_R_NO_MONEY },
    { "enforced_spend_limit_reached", AICOST_R_NO_MONEY },
    { "contract_spend_limit_reached", AICOST_R_NO_MONEY },
    { "linked_organization_spend_limit_reached", AICOST_R_NO_MONEY },
    { "linked_organization_billing_unavailable", AICOST_R_NO_MONEY },
    { "billing_error", AICOST_R_NO_MONEY },
    { "billing_hard_limit_reached", AICOST_R_NO_MONEY },
    { "billing_not_active", AICOST_R_NO_MONEY },
    { "rate_limit_exceeded", AICOST_R_RATE_LIMITED },
    { "rate_limit_error", AICOST_R_RATE_LIMITED },
    { "slow_down", AICOST_R_RATE_LIMITED },
    { "ramp_limit_exceeded", AICOST_R_RATE_LIMITED },
    { "capacity_exceeded", AICOST_R_RATE_LIMITED },
    { "RESOURCE_EXHAUSTED", AICOST_R_RATE_LIMITED },
    { "ThrottlingException", AICOST_R_RATE_LIMITED },
    { "overloaded_error", AICOST_R_OVERLOADED },
    { "server_is_overloaded", AICOST_R_OVERLOADED },
    { "UNAVAILABLE", AICOST_R_OVERLOADED },
    { "unavailable_error", AICOST_R_OVERLOADED },
    { "timeout_error", AICOST_R_TIMEOUT },
    { "DEADLINE_EXCEEDED", AICOST_R_TIMEOUT },
    { "API_KEY_INVALID", AICOST_R_AUTH_FAILED },
    { "invalid_api_key", AICOST_R_AUTH_FAILED },
    { "authentication_error", AICOST_R_AUTH_FAILED },
    { "permission_error", AICOST_R_AUTH_FAILED },
    { "PERMISSION_DENIED", AICOST_R_AUTH_FAILED },
    { "not_found_error", AICOST_R_NOT_FOUND },
    { "model_not_found", AICOST_R_NOT_FOUND },
    { "unknown_model", AICOST_R_NOT_FOUND },
    { "NOT_FOUND", AICOST_R_NOT_FOUND },
    { "request_too_large", AICOST_R_REQUEST_TOO_LARGE },
    { "conflict_error", AICOST_R_BAD_REQUEST },
    { "invalid_prompt", AICOST_R_BAD_REQUEST },
    { "invalid_request_error", AICOST_R_BAD_REQUEST },
    { "INVALID_ARGUMENT", AICOST_R_BAD_REQUEST },
    { "FAILED_PRECONDITION", AICOST_R_BAD_REQUEST }
};

#define AICOST_CLASS_WORDS                                                    \
    (sizeof(aicost_class_words) / sizeof(aicost_class_words[0]))


static unsigned aicost_class_refused(aicost_reason_e reason);
static aicost_reason_e aicost_class_status(int status);
static aicost_reason_e aicost_class_body(const unsigned char *body,
    size_t len);
static aicost_reason_e aicost_class_error(const aicost_json_t *j,
    uint32_t error);
static aicost_reason_e aicost_class_member(const aicost_json_t *j,
    uint32_t object, const char *name);
static aicost_reason_e aicost_class_details(const aicost_json_t *j,
    uint32_t error);
static aicost_reason_e aicost_class_text(const unsigned char *body,
    size_t len);
static unsigned aicost_class_contains(const unsigned char *body, size_t len,
    const char *word, unsigned quoted);
static int64_t aicost_retry_decimal(const unsigned char *data, size_t len,
    unsigned scale);
static int64_t aicost_http_date(const unsigned char *data, size_t len);
static int aicost_http_month(const unsigned char *p);
static int64_t aicost_http_days(int64_t year, int64_t month, int64_t day);


aicost_reason_e
aicost_error_class(int status, const unsigned char *body, size_t len)
{
    aicost_reason_e  said;

    said = aicost_error_said(status, body, len);

    return aicost_class_refused(said) ? AICOST_R_BAD_REQUEST : said;
}


/* the request itself is at fault */

static unsigned
aicost_class_refused(aicost_reason_e reason)
{
    return reason == AICOST_R_BAD_REQUEST || reason == AICOST_R_NOT_FOUND
           || reason == AICOST_R_REQUEST_TOO_LARGE;
}


aicost_reason_e
aicost_error_told(int status, aicost_reason_e said)
{
    aicost_reason_e  reason;

    /* 424: what the provider itself depends on has failed, it says which */

    reason = (status >= 300 && status != 424) ? aicost_class_status(status)
                                              : said;

    if (reason == AICOST_R_BAD_REQUEST && aicost_class_refused(said)) {
        reason = said;
    }

    return aicost_class_refused(reason) ? reason
                                        : AICOST_R_ALL_PROVIDERS_FAILED;
}


aicost_reason_e
aicost_error_midway(aicost_reason_e said)
{
    switch (said) {

    case AICOST_R_RATE_LIMITED:
    case AICOST_R_OVERLOADED:
    case AICOST_R_SERVER_ERROR:
    case AICOST_R_BAD_REQUEST:
    case AICOST_R_NOT_FOUND:
    case AICOST_R_REQUEST_TOO_LARGE:
        return said;

    default:
        return AICOST_R_ALL_PROVIDERS_FAILED;
    }
}


aicost_reason_e
aicost_error_said(int status, const unsigned char *body, size_t len)
{
    aicost_reason_e  said;

    if (status == 402) {
        return AICOST_R_NO_MONEY;
    }

    /* a redirect is never followed, a 5xx says enough by itself */

    if (status >= 300 && status < 400) {
        return AICOST_R_REDIRECTED;
    }

    if (status >= 500) {
        return aicost_class_status(status);
    }

    said = aicost_class_body(body, len);

    if (status < 300) {

        /* an error in a 200 body, or in the middle of a stream */

        return said == AICOST_R_OK ? AICOST_R_SERVER_ERROR : said;
    }

    if (said == AICOST_R_NO_MONEY) {
        return said;
    }

    switch (status) {

    case 429:
        if (said == AICOST_R_OVERLOADED) {
            return said;
        }

        break;

    case 400:
        if (said == AICOST_R_AUTH_FAILED || said == AICOST_R_RATE_LIMITED
            || aicost_class_refused(said))
        {
            return said;
        }

        break;

    default:
        break;
    }

    return aicost_class_status(status);
}


static aicost_reason_e
aicost_class_status(int status)
{
    switch (status) {

    case 401:
    case 403:
        return AICOST_R_AUTH_FAILED;

    case 402:
        return AICOST_R_NO_MONEY;

    case 404:
        return AICOST_R_NOT_FOUND;

    case 408:
    case 504:
        return AICOST_R_TIMEOUT;

    case 413:
        return AICOST_R_REQUEST_TOO_LARGE;

    case 429:
    case 498:
        return AICOST_R_RATE_LIMITED;

    case 503:
    case 524:
    case 529:
        return AICOST_R_OVERLOADED;

    default:
        return status >= 400 && status < 500 ? AICOST_R_BAD_REQUEST
                                             : AICOST_R_SERVER_ERROR;
    }
}


/* AICOST_R_OK: the body says nothing that is known */

static aicost_reason_e
aicost_class_body(const unsigned char *body, size_t len)
{
    int                  rc;
    uint32_t             error;
    aicost_json_t        j;
    aicost_reason_e      reason;
    aicost_json_node_t   nodes[AICOST_CLASS_NODES];

    if (len == 0) {
        return AICOST_R_OK;
    }

    aicost_json_init(&j, body, len, nodes, AICOST_CLASS_NODES);

    do {
        rc = aicost_json_run(&j, len);
    } while (rc == AICOST_AGAIN);

    if (rc != AICOST_OK) {
        return aicost_class_text(body, len);
    }

    if (nodes[0].type != AICOST_JSON_OBJECT) {
        return AICOST_R_OK;
    }

    error = aicost_json_get(&j, 0, "error");

    if (error && nodes[error].type == AICOST_JSON_OBJECT) {
        reason = aicost_class_error(&j, error);

    } else {
        /* Mistral has no wrapper; node 0 is the error itself */
        reason = aicost_class_error(&j, 0);
    }

    if ((reason == AICOST_R_OK || aicost_class_refused(reason))
        && aicost_class_contains(body, len, "You have reached your specified",
                                 0))
    {
        return AICOST_R_NO_MONEY;
    }

    return reason;
}


/* the code says more than the type, the type more than the status */

static aicost_reason_e
aicost_class_error(const aicost_json_t *j, uint32_t error)
{
    int64_t          status;
    uint32_t         code;
    aicost_reason_e  reason;

    reason = aicost_class_details(j, error);

    if (reason == AICOST_R_OK) {
        reason = aicost_class_member(j, error, "code");
    }

    if (reason == AICOST_R_OK) {
        reason = aicost_class_member(j, error, "type");
    }

    if (reason == AICOST_R_OK) {
        reason = aicost_class_member(j, error, "status");
    }

    if (reason == AICOST_R_OK) {
        code = aicost_json_get(j, error, "code");

        if (code
            && aicost_json_int(j, code, 300, 599, 1, &status) == AICOST_OK)
        {
            reason = aicost_class_status((int) status);
        }
    }

    return reason;
}


static aicost_reason_e
aicost_class_member(const aicost_json_t *j, uint32_t object, const char *name)
{
    size_t    i;
    uint32_t  node;

    node = aicost_json_get(j, object, name);

    if (node == 0 || j->nodes[node].type != AICOST_JSON_STRING) {
        return AICOST_R_OK;
    }

    for (i = 0; i < AICOST_CLASS_WORDS; i++) {
        if (aicost_json_is(j, node, aicost_class_words[i].word)) {
            return aicost_class_words[i].reason;
        }
    }

    return AICOST_R_OK;
}


/* Anthropic: details.error_code; Gemini: details[].reason */

static aicost_reason_e
aicost_class_details(const aicost_json_t *j, uint32_t error)
{
    uint32_t         details, i, end;
    aicost_reason_e  reason;

    details = aicost_json_get(j, error, "details");

    if (details == 0) {
        return AICOST_R_OK;
    }

    if (j->nodes[details].type == AICOST_JSON_OBJECT) {
        return aicost_class_member(j, details, "error_code");
    }

    if (j->nodes[details].type != AICOST_JSON_ARRAY) {
        return AICOST_R_OK;
    }

    end = j->nodes[details].next;

    for (i = aicost_json_first(j, details);
         i && i < end;
         i = j->nodes[i].next)
    {
        if (j->nodes[i].type != AICOST_JSON_OBJECT) {
            continue;
        }

        reason = aicost_class_member(j, i, "reason");
        if (reason != AICOST_R_OK) {
            return reason;
        }
    }

    return AICOST_R_OK;
}


/* a body that is cut, too long or no JSON: only what costs nothing to believe
   is looked for, a word of "no money" in its quotes */

static aicost_reason_e
aicost_class_text(const unsigned char *body, size_t len)
{
    size_t  i;

    if (aicost_class_contains(body, len, "rate_limit_exceeded", 1)) {
        return AICOST_R_RATE_LIMITED;
    }

    for (i = 0; i < AICOST_CLASS_WORDS; i++) {
        if (aicost_class_words[i].reason == AICOST_R_NO_MONEY
            && aicost_class_contains(body, len, aicost_class_words[i].word, 1))
        {
            return AICOST_R_NO_MONEY;
        }
    }

    if (aicost_class_contains(body, len, "You have reached your specified",
                              0))
    {
        return AICOST_R_NO_MONEY;
    }

    if (aicost_class_contains(body, len, "API_KEY_INVALID", 1)) {
        return AICOST_R_AUTH_FAILED;
    }

    return AICOST_R_OK;
}


static unsigned
aicost_class_contains(const unsigned char *body, size_t len, const char *word,
    unsigned quoted)
{
    size_t                n;
    const unsigned char  *p, *last;

    n = strlen(word);
    last = body + len;

    for (p = body; (size_t) (last - p) >= n; p++) {
        p = memchr(p, word[0], (size_t) (last - p) - n + 1);

        if (p == NULL) {
            return 0;
        }

        if (memcmp(p, word, n) != 0) {
            continue;
        }

        if (!quoted
            || (p > body && p[-1] == '"' && p + n < last && p[n] == '"'))
        {
            return 1;
        }
    }

    return 0;
}


int64_t
aicost_retry_after(const unsigned char *data, size_t len, int64_t now)
{
    int64_t  ms;

    ms = aicost_retry_decimal(data, len, 3);
    if (ms >= 0) {
        return ms;
    }

    ms = aicost_http_date(data, len);
    if (ms < 0) {
        return -1;
    }

    if (ms <= now) {
        return 0;
    }

    return ms - now > AICOST_RETRY_MAX ? AICOST_RETRY_MAX : ms - now;
}


int64_t
aicost_retry_after_ms(const unsigned char *data, size_t len)
{
    return aicost_retry_decimal(data, len, 0);
}


static int64_t
aicost_retry_decimal(const unsigned char *data, size_t len, unsigned scale)
{
    int      rc;
    int64_t  ms;

    while (len && *data == ' ') {
        data++;
        len--;
    }

    while (len && data[len - 1] == ' ') {
        len--;
    }

    rc = aicost_decimal_parse(data, len, scale, &ms);

    if (rc == AICOST_ERROR || (rc == AICOST_OK && ms > AICOST_RETRY_MAX)) {
        return AICOST_RETRY_MAX;
    }

    return rc == AICOST_OK ? ms : -1;
}


/*
 * ms since 1970 UTC of the three forms of an HTTP date, -1 otherwise: a month
 * by its name, a time by its colons, then the day and the year in this order.
 */

static int64_t
aicost_http_date(const unsigned char *data, size_t len)
{
    size_t    i, start;
    int64_t   n, day, month, year, time, part;
    unsigned  colons;

    day = -1;
    month = -1;
    year = -1;
    time = -1;

    for (i = 0; i < len; i++) {
        start = i;

        if ((data[i] | 0x20) >= 'a' && (data[i] | 0x20) <= 'z') {
            while (i < len && (data[i] | 0x20) >= 'a'
                   && (data[i] | 0x20) <= 'z')
            {
                i++;
            }

            if (i - start == 3 && month < 0) {
                month = aicost_http_month(data + start);
            }

            continue;
        }

        if (data[i] < '0' || data[i] > '9') {
            continue;
        }

        n = 0;
        part = 0;
        colons = 0;

        for ( /* void */ ; i < len && i - start < 10; i++) {
            if (data[i] == ':') {
                n = (n + part) * 60;
                part = 0;
                colons++;
                continue;
            }

            if (data[i] < '0' || data[i] > '9') {
                break;
            }

            part = part * 10 + (data[i] - '0');
        }

        n += part;

        if (colons == 2 && i - start == 8 && n < 86401) {
            time = n;

        } else if (colons || i - start > 4) {
            return -1;

        } else if (day < 0) {
            day = n;

        } else {
            year = i - start == 4 ? n : n + (n < 70 ? 2000 : 1900);
        }
    }

    if (day < 1 || day > 31 || month < 0 || year < 1970 || time < 0) {
        return -1;
    }

    return (aicost_http_days(year, month, day) * 86400 + time) * 1000;
}


/* 0 to 11, -1 for none */

static int
aicost_http_month(const unsigned char *p)
{
    int                i;
    static const char  months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

    for (i = 0; i < 12; i++) {
        if (memcmp(p, months + 3 * i, 3) == 0) {
            return i;
        }
    }

    return -1;
}


/* days since 1970-01-01 in the Gregorian calendar; month 0 to 11 */

static int64_t
aicost_http_days(int64_t year, int64_t month, int64_t day)
{
    /* March is the first month: the leap day is then the last one */

    month = (month + 10) % 12;

    if (month >= 10) {
        year--;
    }

    return year * 365 + year / 4 - year / 100 + year / 400
           + (month * 306 + 5) / 10 + day - 1 - 719468;
}
