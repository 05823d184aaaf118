
/*
 * Copyright (C) aicost
 *
 * What may go wrong, by name.
 */


#include "sim.h"


#define SIM_NO_FIELD            ((size_t) -1)

#define SIM_AT(field)           offsetof(sim_fault_t, field)


typedef struct {
    const char          *name;
    unsigned             flag;
    size_t               field;        /* that takes the number after "=" */
    int64_t              value;        /* of the field without "=" */
    const char          *what;
} sim_word_t;


static const sim_word_t  sim_words_known[] = {
    { "ok", 0, SIM_NO_FIELD, 0, "no fault: takes one place of the queue" },
    { "429quota", SIM_QUOTA, SIM_NO_FIELD, 0,
      "429 with insufficient_quota: no money, not \"slow down\"" },
    { "redirect", SIM_REDIRECT, SIM_NO_FIELD, 0, "301" },
    { "hang", SIM_HANG, SIM_NO_FIELD, 0, "no answer, the connection stays" },
    { "hangbody", SIM_HANGBODY, SIM_NO_FIELD, 0,
      "headers and half of the answer, then nothing" },
    { "close", SIM_CLOSE, SIM_NO_FIELD, 0, "closed without an answer" },
    { "reset", SIM_RESET, SIM_NO_FIELD, 0, "reset without an answer" },
    { "cut", 0, SIM_AT(cut), 3,
      "=K events (or half of the JSON), then closed: no usage, no end" },
    { "errorevent", 0, SIM_AT(error), 2, "=K events, then an error event" },
    { "nousage", SIM_NOUSAGE, SIM_NO_FIELD, 0, "no usage at all" },
    { "zerousage", SIM_ZEROUSAGE, SIM_NO_FIELD, 0, "all counts are 0" },
    { "neg", SIM_NEG, SIM_NO_FIELD, 0, "negative counts" },
    { "huge", SIM_HUGE, SIM_NO_FIELD, 0, "counts of 9e18" },
    { "strusage", SIM_STRUSAGE, SIM_NO_FIELD, 0,
      "counts as strings (OpenAI's shapes)" },
    { "usagetwice", SIM_USAGETWICE, SIM_NO_FIELD, 0,
      "usage twice, the true one last" },
    { "midusage", SIM_MIDUSAGE, SIM_NO_FIELD, 0,
      "growing usage in every event" },
    { "html", SIM_HTML, SIM_NO_FIELD, 0, "200 with an HTML page" },
    { "badjson", SIM_BADJSON, SIM_NO_FIELD, 0, "200 with broken JSON" },
    { "ignorecap", SIM_IGNORECAP, SIM_NO_FIELD, 0,
      "more output than the request's cap" },
    { "blank", SIM_BLANK, SIM_NO_FIELD, 0,
      "empty lines before JSON, comments between events" },
    { "crlf", SIM_CRLF, SIM_NO_FIELD, 0, "events end with CR LF" },
    { "cr", SIM_CR, SIM_NO_FIELD, 0, "events end with CR" },
    { "oneb", SIM_ONEB, SIM_NO_FIELD, 0, "the body byte by byte" },
    { "nodone", SIM_NODONE, SIM_NO_FIELD, 0, "a whole stream without [DONE]" },
    { "noblank", SIM_NOBLANK, SIM_NO_FIELD, 0,
      "no empty line after the last event" },
    { "chunked", SIM_CHUNKED, SIM_NO_FIELD, 0,
      "a JSON answer without Content-Length" },
    { "toolcall", SIM_TOOL, SIM_NO_FIELD, 0, "answers with a tool call" },
    { "asflex", SIM_FLEX, SIM_NO_FIELD, 0, "served as flex, it says" },
    { "aspriority", SIM_PRIORITY, SIM_NO_FIELD, 0, "served as priority" },
    { "asfast", SIM_FAST, SIM_NO_FIELD, 0, "served as fast" },
    { "slow", 0, SIM_AT(slow), 50, "=MS between events" },
    { "delay", 0, SIM_AT(delay), 100, "=MS before the first byte" },
    { "tokens", 0, SIM_AT(tokens), 64, "=N output tokens a choice" },
    { "cached", 0, SIM_AT(cached), 16, "=N input tokens were cached" },
    { "write", 0, SIM_AT(write), 16, "=N input tokens went to a cache" },
    { "reasoning", 0, SIM_AT(reasoning), 16,
      "=N output tokens were reasoning" },
    { "bigevent", 0, SIM_AT(big), 100000, "=BYTES of text in one event" },
    { "longjson", 0, SIM_AT(longjson), 1048576,
      "=BYTES of text in a JSON answer" },
    { "bighead", 0, SIM_AT(bighead), 16384, "=BYTES of one more header" }
};

#define SIM_NWORDS  (sizeof(sim_words_known) / sizeof(sim_words_known[0]))


void
sim_fault_help(FILE *f)
{
    size_t  i;

    fputs("  401=N          any status 300 to 599; =N seconds in Retry-After\n"
          "                 (429 and 503 say 1 without)\n", f);

    for (i = 0; i < SIM_NWORDS; i++) {
        fprintf(f, "  %-14s %s\n", sim_words_known[i].name,
                sim_words_known[i].what);
    }
}


void
sim_fault_init(sim_fault_t *f)
{
    memset(f, 0, sizeof(*f));
    f->retry = -1;
    f->cut = -1;
    f->error = -1;
    f->tokens = -1;
}


static int
sim_fault_word(sim_fault_t *f, const char *name, size_t len, int64_t value)
{
    char               word[16];
    size_t             i;
    int64_t            status;
    const sim_word_t  *w;

    if (len == 0 || len >= sizeof(word)) {
        return AICOST_ERROR;
    }

    memcpy(word, name, len);
    word[len] = '\0';

    if (len == 3 && aicost_number(word, 300, 599, &status) == AICOST_OK) {
        f->status = status;
        f->retry = value >= 0 ? value : status == 429 || status == 503 ? 1 : -1;
        return AICOST_OK;
    }

    for (i = 0; i < SIM_NWORDS; i++) {
        w = &sim_words_known[i];

        if (strcmp(w->name, word) != 0) {
            continue;
        }

        if (w->field == SIM_NO_FIELD) {
            f->flags |= w->flag;
            return value == -1 ? AICOST_OK : AICOST_ERROR;
        }

        value = value == -1 ? w->value : value;
        memcpy((char *) f + w->field, &value, sizeof(value));

        return AICOST_OK;
    }

    return AICOST_ERROR;
}


int
sim_fault_parse(sim_fault_t *f, const char *s, size_t len)
{
    char         digits[16];
    size_t       n, name;
    int64_t      value;
    const char  *end, *word_end, *equal;

    end = s + len;

    while (s <= end) {
        word_end = memchr(s, '+', (size_t) (end - s));
        word_end = word_end ? word_end : end;
        equal = memchr(s, '=', (size_t) (word_end - s));
        value = -1;

        if (equal) {
            n = (size_t) (word_end - equal) - 1;

            if (n >= sizeof(digits)) {
                return AICOST_ERROR;
            }

            memcpy(digits, equal + 1, n);
            digits[n] = '\0';

            if (aicost_number(digits, 0, SIM_CONTENT_MAX, &value)
                != AICOST_OK)
            {
                return AICOST_ERROR;
            }
        }

        name = (size_t) ((equal ? equal : word_end) - s);

        if (sim_fault_word(f, s, name, value) != AICOST_OK) {
            return AICOST_ERROR;
        }

        s = word_end + 1;
    }

    return AICOST_OK;
}


static int
sim_rule_when(sim_rule_t *r, const char *s, size_t len)
{
    int    rc;
    char  *text, *dash;

    text = aicost_dup(s, len);
    dash = strchr(text, '-');

    if (len && text[len - 1] == '%') {
        text[len - 1] = '\0';
        rc = aicost_number(text, 1, 100, &r->ppm);
        r->ppm *= 10000;

    } else if (dash) {
        *dash = '\0';
        rc = aicost_number(text, 1, INT64_MAX, &r->first);

        if (rc == AICOST_OK) {
            rc = aicost_number(dash + 1, r->first, INT64_MAX, &r->last);
        }

    } else {
        rc = aicost_number(text, 1, INT64_MAX, &r->first);
        r->last = r->first;
    }

    free(text);

    return rc;
}


int
sim_rule_parse(sim_rule_t *r, const char *s)
{
    const char  *colon;

    memset(r, 0, sizeof(*r));
    sim_fault_init(&r->fault);

    colon = strchr(s, ':');

    if (colon) {
        if (sim_rule_when(r, s, (size_t) (colon - s)) != AICOST_OK) {
            return AICOST_ERROR;
        }

        s = colon + 1;
    }

    r->text = s;

    return sim_fault_parse(&r->fault, s, strlen(s));
}


static uint64_t
sim_random(sim_t *sim)
{
    sim->random ^= sim->random << 13;
    sim->random ^= sim->random >> 7;
    sim->random ^= sim->random << 17;

    return sim->random;
}


static unsigned
sim_rule_holds(sim_t *sim, const sim_rule_t *r)
{
    int64_t  number;

    number = (int64_t) sim->requests;

    if (r->ppm) {
        return sim_random(sim) % 1000000 < (uint64_t) r->ppm;
    }

    return r->first == 0 || (number >= r->first && number <= r->last);
}


/* "sim-429" or "any-name+429"; a name that says no fault is a plain name */

static const char *
sim_fault_model(sim_conn_t *c, sim_fault_t *f)
{
    const char  *s;

    s = strchr(c->model, '+');

    if (s) {
        s++;

    } else if (strncmp(c->model, "sim-", 4) == 0) {
        s = c->model + 4;

    } else {
        return NULL;
    }

    return sim_fault_parse(f, s, strlen(s)) == AICOST_OK ? s : NULL;
}


void
sim_fault_choose(sim_conn_t *c, char *text, size_t size)
{
    char         *queued;
    sim_t        *sim;
    size_t        i;
    const char   *s;
    sim_fault_t   f;

    sim = c->sim;
    text[0] = '\0';
    sim_fault_init(&c->fault);

    if (sim->queue_len) {
        queued = sim->queue[sim->queue_at];
        sim->queue_at = (sim->queue_at + 1) % SIM_QUEUE_MAX;
        sim->queue_len--;

        (void) sim_fault_parse(&c->fault, queued, strlen(queued));
        (void) snprintf(text, size, "%s", queued);
        free(queued);

        return;
    }

    sim_fault_init(&f);
    s = sim_fault_model(c, &f);

    if (s) {
        c->fault = f;
        (void) snprintf(text, size, "%s", s);
        return;
    }

    for (i = 0; i < sim->nrules; i++) {
        if (sim_rule_holds(sim, &sim->rules[i])) {
            c->fault = sim->rules[i].fault;
            (void) snprintf(text, size, "%s", sim->rules[i].text);
            return;
        }
    }
}
