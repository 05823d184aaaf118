
/*
 * Copyright (C) aicost
 *
 * One request after the other, each only if the most it can cost still fits.
 */


#include <signal.h>
#include <time.h>

#include "drill.h"


#define DRILL_URL               2048
#define DRILL_PROGRESS          1000      /* ms between two lines */
#define DRILL_TRIES             4         /* of a provider that is too busy */
#define DRILL_WAIT              60000     /* ms between them, at most */


static volatile sig_atomic_t  drill_interrupted;


static int
drill_url(const drill_t *d, const drill_call_t *c, const drill_work_t *w,
    char *url)
{
    aicost_out_t  o;
    aicost_str_t  model;

    memset(&o, 0, sizeof(o));
    o.data = (unsigned char *) url;
    o.size = DRILL_URL - 1;

    model.data = (unsigned char *) (uintptr_t) d->model;
    model.len = strlen(d->model);

    aicost_out(&o, d->url, strlen(d->url));

    while (o.len && url[o.len - 1] == '/') {
        o.len--;
    }

    /* the API with dates: the deployment stands in the path */

    if (d->azure && d->version[0]) {
        aicost_out_text(&o, "/deployments/");
        aicost_out_percent(&o, &model);
    }

    if (w->same && d->api == &aicost_api_openai) {
        aicost_out_text(&o, aicost_endpoint_path(c->record.endpoint));

    } else {
        d->api->path(&model, w->q.stream, &o);
    }

    if (d->azure && d->version[0]) {
        aicost_out_text(&o, "?api-version=");
        aicost_out_text(&o, d->version);
    }

    url[o.len] = '\0';

    return o.failed ? AICOST_ERROR : AICOST_OK;
}


static size_t
drill_headers(const drill_t *d, aicost_header_t *h, char *bearer, size_t size)
{
    size_t       n;
    const char  *name;

    n = 0;
    h[n].name = "Content-Type";
    h[n++].value = "application/json";
    h[n].name = "Accept";
    h[n++].value = "application/json, text/event-stream";

    if (d->key) {
        name = d->azure ? "api-key" : d->api->key_header;
        (void) snprintf(bearer, size, "%s%s", name ? "" : "Bearer ", d->key);
        h[n].name = name ? name : "Authorization";
        h[n++].value = bearer;
    }

    if (d->api->version_header) {
        h[n].name = d->api->version_header;
        h[n++].value = d->version[0] ? d->version : d->api->version;
    }

    return n;
}


static void
drill_unanswered(const drill_t *d, drill_call_t *c,
    const aicost_http_t *answer, const char *error)
{
    c->result = aicost_reason_word(answer->reason);
    c->status = answer->status;
    c->latency = answer->latency;

    /* what was not connected to has nothing to bill */

    c->cost = (answer->reason == AICOST_R_REFUSED
               || answer->reason == AICOST_R_UNRESOLVED
               || answer->reason == AICOST_R_TLS_FAILED) ? 0 : c->upper;

    if (d->messages && c->message == NULL) {
        c->message = aicost_dup(error, strlen(error));
    }
}


/* "slow down" is no verdict: it is waited for.  0: it is one */

static unsigned
drill_again(drill_call_t *c, const aicost_http_t *answer, unsigned tries)
{
    int64_t          ms, step;
    struct timespec  ts;

    if (c->result == NULL
        || (strcmp(c->result, aicost_reason_word(AICOST_R_RATE_LIMITED)) != 0
            && strcmp(c->result, aicost_reason_word(AICOST_R_OVERLOADED))
               != 0))
    {
        return 0;
    }

    ms = answer->retry_after >= 0 ? answer->retry_after
                                  : (int64_t) 500 << tries;

    if (ms > DRILL_WAIT) {
        return 0;
    }

    for ( /* void */ ; ms > 0 && !drill_interrupted; ms -= step) {
        step = ms < 100 ? ms : 100;
        ts.tv_sec = 0;
        ts.tv_nsec = (long) step * 1000000;
        (void) nanosleep(&ts, NULL);
    }

    free(c->message);
    c->message = NULL;
    c->code[0] = '\0';

    return !drill_interrupted;
}


static void
drill_one(drill_t *d, drill_call_t *c, drill_work_t *w)
{
    char             *bearer, error[256], url[DRILL_URL];
    size_t            n, size;
    unsigned          tries;
    aicost_http_t     answer;
    aicost_header_t   headers[4];

    if (drill_url(d, c, w, url) != AICOST_OK) {
        c->result = "the URL is too long";
        return;
    }

    size = d->key ? strlen(d->key) + sizeof("Bearer ") : 1;
    bearer = aicost_alloc(size);
    n = drill_headers(d, headers, bearer, size);

    c->sent = 1;

    for (tries = 1; /* void */ ; tries++) {

        if (aicost_http_try("POST", url, headers, n, (const char *) w->body,
                            w->len, d->timeout, &answer, error)
            != AICOST_OK)
        {
            drill_unanswered(d, c, &answer, error);
            break;
        }

        drill_hear(d, c, w, &answer);

        if (tries == DRILL_TRIES || !drill_again(c, &answer, tries)) {
            break;
        }

        free(answer.body);
    }

    d->spent = aicost_add(d->spent, c->cost);

    free(answer.body);
    free(bearer);
}


static void
drill_progress(const drill_t *d, size_t done, size_t all, int64_t *said)
{
    char  money[40];

    if (aicost_now() - *said < DRILL_PROGRESS) {
        return;
    }

    *said = aicost_now();
    *aicost_decimal_format((unsigned char *) money, d->spent, 9, 2) = '\0';

    aicost_say("drill: %zu of %zu, %s %s spent", done, all, money,
               d->currency);
}


/* the first signal ends the sending and not the report, a second one both */

static void
drill_interrupt(int sig)
{
    (void) sig;
    drill_interrupted = 1;
}


static void
drill_signals(void)
{
    struct sigaction  sa;

    memset(&sa, 0, sizeof(sa));
    sa.sa_handler = drill_interrupt;
    sa.sa_flags = (int) (SA_RESETHAND|SA_RESTART);

    (void) sigaction(SIGINT, &sa, NULL);
    (void) sigaction(SIGTERM, &sa, NULL);
}


/* every n-th one: the recording is of a time, its ends are not like its
   middle */

static size_t
drill_choose(drill_t *d)
{
    size_t  i, all;

    for (i = 0, all = 0; i < d->ncalls; i++) {
        d->calls[i].chosen = (d->requests == 0
                              || d->ncalls <= (size_t) d->requests
                              || (i + 1) * (size_t) d->requests / d->ncalls
                                 > i * (size_t) d->requests / d->ncalls);
        all += d->calls[i].chosen;
    }

    return all;
}


void
drill_send(drill_t *d)
{
    size_t         i, done, all;
    int64_t        said;
    drill_call_t  *c;
    drill_work_t   w;

    all = drill_choose(d);
    said = aicost_now();

    if (!d->dry) {
        drill_signals();
    }

    for (i = 0, done = 0; i < d->ncalls; i++) {
        c = &d->calls[i];

        if (!c->chosen || c->class == DRILL_NOT || d->dry) {
            done += c->chosen;
            continue;
        }

        drill_progress(d, done, all, &said);
        done++;

        if (drill_interrupted) {
            c->result = "interrupted";
            continue;
        }

        if (c->redacted_url) {
            c->result = "an image by URL is redacted";
            continue;
        }

        if (aicost_add(d->spent, c->upper) > d->max_cost) {
            c->result = "--max-cost";
            continue;
        }

        if (drill_open(d, c, &w) == AICOST_OK
            && drill_write(d, c, &w, 1) == AICOST_OK)
        {
            drill_one(d, c, &w);
        }

        drill_free(&w);
    }
}
