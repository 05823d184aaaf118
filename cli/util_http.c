
/*
 * Copyright (C) aicost
 *
 * HTTP for the command line, by libcurl; the gateway's console.
 */


#include <curl/curl.h>

#include "../ngx_aicost_module/core/aicost_usage.h"

#include "aicost.h"


#define AICOST_HTTP_CONNECT     10L      /* s */
#define AICOST_HTTP_TIMEOUT     120      /* s, the whole request */


static size_t
aicost_http_body(char *data, size_t size, size_t n, void *ctx)
{
    aicost_http_t  *a = ctx;

    n *= size;

    if (a->len + n > AICOST_HTTP_MAX) {
        return 0;
    }

    a->body = aicost_realloc(a->body, a->len + n + 1);
    memcpy(a->body + a->len, data, n);
    a->len += n;
    a->body[a->len] = '\0';

    return n;
}


/* the value of a line of the head; NULL: it is another */

static unsigned char *
aicost_http_value(char *data, size_t *len, const char *name)
{
    size_t  n;

    n = strlen(name);

    if (*len < n || strncasecmp(data, name, n) != 0) {
        return NULL;
    }

    for ( /* void */ ; n < *len && data[n] == ' '; n++) { /* void */ }

    *len -= n;

    while (*len && (unsigned char) data[n + *len - 1] <= ' ') {
        (*len)--;
    }

    return (unsigned char *) data + n;
}


static size_t
aicost_http_head(char *data, size_t size, size_t n, void *ctx)
{
    aicost_http_t  *a = ctx;

    size_t          len;
    unsigned char  *value;

    n *= size;

    len = n;
    value = aicost_http_value(data, &len, "retry-after:");

    if (value) {
        a->retry_after = aicost_retry_after(value, len, aicost_now());
    }

    len = n;
    value = aicost_http_value(data, &len, "retry-after-ms:");

    if (value) {
        a->retry_after = aicost_retry_after_ms(value, len);
    }

    return n;
}


static struct curl_slist *
aicost_http_headers(const aicost_header_t *headers, size_t n)
{
    char               *line;
    size_t              i, len;
    struct curl_slist  *list, *next;

    /* no Expect: a large body must not wait for a second */
    list = curl_slist_append(NULL, "Expect:");

    for (i = 0; list && i < n; i++) {
        len = strlen(headers[i].name) + strlen(headers[i].value) + 3;
        line = aicost_alloc(len);
        (void) snprintf(line, len, "%s: %s", headers[i].name,
                        headers[i].value);
        next = curl_slist_append(list, line);
        free(line);

        if (next == NULL) {
            curl_slist_free_all(list);
            return NULL;
        }

        list = next;
    }

    return list;
}


static void
aicost_http_setup(CURL *curl, char *error)
{
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, error);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_NETRC, (long) CURL_NETRC_IGNORED);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, AICOST_HTTP_CONNECT);
    curl_easy_setopt(curl, CURLOPT_USERAGENT, "aicost/" AICOST_VERSION);
#if LIBCURL_VERSION_NUM >= 0x075500
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
#else
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS,
                     (long) (CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
}


static aicost_reason_e
aicost_http_reason(CURLcode rc)
{
    switch (rc) {

    case CURLE_COULDNT_RESOLVE_HOST:
        return AICOST_R_UNRESOLVED;

    case CURLE_COULDNT_CONNECT:
        return AICOST_R_REFUSED;

    case CURLE_OPERATION_TIMEDOUT:
        return AICOST_R_TIMEOUT;

    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_PEER_FAILED_VERIFICATION:
        return AICOST_R_TLS_FAILED;

    case CURLE_WRITE_ERROR:
        return AICOST_R_BAD_ANSWER;

    default:
        return AICOST_R_CLOSED;
    }
}


int
aicost_http_try(const char *method, const char *url,
    const aicost_header_t *headers, size_t nheaders, const char *body,
    size_t len, int64_t timeout, aicost_http_t *answer, char *error)
{
    char                text[CURL_ERROR_SIZE];
    CURLcode            rc;
    curl_off_t          us;
    static CURL        *curl;
    struct curl_slist  *list;

    memset(answer, 0, sizeof(*answer));
    answer->body = aicost_dup("", 0);
    answer->retry_after = -1;
    text[0] = '\0';
    rc = CURLE_FAILED_INIT;

    if (curl) {
        curl_easy_reset(curl);

    } else {
        curl = curl_easy_init();
    }

    list = aicost_http_headers(headers, nheaders);

    if (curl && list) {
        aicost_http_setup(curl, text);
        curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long) timeout);
        curl_easy_setopt(curl, CURLOPT_URL, url);
        curl_easy_setopt(curl, CURLOPT_HTTPHEADER, list);
        curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, aicost_http_body);
        curl_easy_setopt(curl, CURLOPT_WRITEDATA, answer);
        curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, aicost_http_head);
        curl_easy_setopt(curl, CURLOPT_HEADERDATA, answer);

        if (body) {
            curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE,
                             (curl_off_t) len);
            curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
        }

        curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);

        rc = curl_easy_perform(curl);

        curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &answer->status);
        curl_easy_getinfo(curl, CURLINFO_TOTAL_TIME_T, &us);
        answer->latency = us / 1000;
        curl_easy_getinfo(curl, CURLINFO_STARTTRANSFER_TIME_T, &us);
        answer->ttft = us / 1000;
        curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, NULL);
    }

    curl_slist_free_all(list);

    if (rc != CURLE_OK) {
        answer->reason = aicost_http_reason(rc);
        (void) snprintf(error, 256, "%s", text[0] ? text
                                                  : curl_easy_strerror(rc));
        free(answer->body);
        answer->body = NULL;
        return AICOST_ERROR;
    }

    return AICOST_OK;
}


int
aicost_http(const char *method, const char *url,
    const aicost_header_t *headers, size_t nheaders, const char *body,
    size_t len, aicost_http_t *answer)
{
    char  error[256];

    if (aicost_http_try(method, url, headers, nheaders, body, len,
                        AICOST_HTTP_TIMEOUT, answer, error)
        == AICOST_OK)
    {
        return AICOST_OK;
    }

    aicost_say("%s: %s", url, error);

    return AICOST_ERROR;
}


char *
aicost_token(const aicost_cli_t *cli)
{
    const char  *file;

    file = cli->token_file ? cli->token_file : getenv("AICOST_TOKEN_FILE");

    if (file == NULL || *file == '\0') {
        aicost_say("where is the operator's token? --token-file FILE or "
                   "AICOST_TOKEN_FILE");
        return NULL;
    }

    return aicost_read_secret(file);
}


const char *
aicost_error_text(json_t *root)
{
    json_t  *error;

    error = json_object_get(root, "error");

    if (json_is_string(error)) {
        return json_string_value(error);
    }

    return json_string_value(json_object_get(error, "message"));
}


static json_t *
aicost_console_read(const char *url, const aicost_http_t *a)
{
    json_t      *root;
    const char  *text;

    root = json_loadb(a->body, a->len, JSON_REJECT_DUPLICATES, NULL);

    if (a->status >= 200 && a->status < 300 && root) {
        return root;
    }

    text = aicost_error_text(root);

    if (a->status >= 200 && a->status < 300) {
        aicost_say("%s: the answer is not JSON", url);

    } else if (a->status == 401 || a->status == 403) {
        aicost_say("%s: %ld, %s", url, a->status,
                   text ? text : "the console refused the operator's token");

    } else {
        aicost_say("%s: %ld, %s", url, a->status,
                   text ? text : "is this the console's address?");
    }

    json_decref(root);

    return NULL;
}


static char *
aicost_console_url(const char *base, const char *path)
{
    char    *url;
    size_t   n, size;

    n = strlen(base);

    while (n && base[n - 1] == '/') {
        n--;
    }

    size = n + strlen(path) + 2;
    url = aicost_alloc(size);
    (void) snprintf(url, size, "%.*s/%s", (int) n, base, path);

    return url;
}


json_t *
aicost_console(const aicost_cli_t *cli, const char *path, json_t *body,
    int *status)
{
    int               rc;
    char             *url, *token, *bearer, *text;
    size_t            size;
    json_t           *root;
    const char       *base;
    aicost_http_t     answer;
    aicost_header_t   headers[2];

    base = cli->console ? cli->console : getenv("AICOST_CONSOLE");

    if (base == NULL || *base == '\0') {
        aicost_say("where is the gateway? --console URL or AICOST_CONSOLE");
        *status = AICOST_EXIT_USAGE;
        return NULL;
    }

    *status = AICOST_EXIT_FAILED;

    token = aicost_token(cli);
    if (token == NULL) {
        return NULL;
    }

    size = strlen(token) + sizeof("Bearer ");
    bearer = aicost_alloc(size);
    (void) snprintf(bearer, size, "Bearer %s", token);

    headers[0].name = "Authorization";
    headers[0].value = bearer;
    headers[1].name = "Content-Type";
    headers[1].value = "application/json";

    url = aicost_console_url(base, path);
    text = body ? json_dumps(body, JSON_COMPACT) : NULL;
    root = NULL;

    rc = aicost_http(body ? "POST" : "GET", url, headers, body ? 2 : 1, text,
                     text ? strlen(text) : 0, &answer);

    if (rc == AICOST_OK) {
        root = aicost_console_read(url, &answer);
        *status = root ? 0 : AICOST_EXIT_FAILED;
        free(answer.body);
    }

    free(text);
    free(url);
    free(bearer);
    free(token);

    return root;
}
