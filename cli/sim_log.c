
/*
 * Copyright (C) aicost
 *
 * What was asked, for tests: the last requests, and the control endpoints.
 */


#include <openssl/evp.h>

#include "sim.h"


sim_entry_t *
sim_log_entry(sim_t *sim, uint64_t request)
{
    sim_entry_t  *e;

    if (sim->nkept == 0 || request == 0) {
        return NULL;
    }

    e = &sim->kept[request % sim->nkept];

    return e->number == request ? e : NULL;
}


static void
sim_log_sha256(const char *data, size_t len, char hex[65])
{
    size_t         i;
    unsigned int   n;
    unsigned char  md[EVP_MAX_MD_SIZE];

    hex[0] = '\0';

    if (EVP_Digest(data, len, md, &n, EVP_sha256(), NULL) != 1) {
        return;
    }

    for (i = 0; i < 32; i++) {
        hex[i * 2] = "0123456789abcdef"[md[i] >> 4];
        hex[i * 2 + 1] = "0123456789abcdef"[md[i] & 15];
    }

    hex[64] = '\0';
}


void
sim_log_begin(sim_conn_t *c, const char *faults)
{
    sim_t        *sim;
    const char   *sni;
    sim_entry_t  *e;

    sim = c->sim;

    if (sim->nkept == 0) {
        return;
    }

    e = &sim->kept[c->request % sim->nkept];
    e->number = c->request;
    e->connection = c->number;
    e->tls = c->ssl != NULL;
    e->done = 0;
    e->aborted = 0;
    e->status = 0;
    e->events = 0;
    e->input = c->input;
    e->output = c->output * c->ask.choices;
    (void) snprintf(e->faults, sizeof(e->faults), "%s", faults);

    sni = c->ssl ? SSL_get_servername(c->ssl, TLSEXT_NAMETYPE_host_name)
                 : NULL;
    (void) snprintf(e->sni, sizeof(e->sni), "%s", sni ? sni : "");

    e->head = aicost_realloc(e->head, c->head_len);
    e->head_len = c->head_len;
    memcpy(e->head, c->in, c->head_len);

    e->body_len = c->body_len;
    e->body_kept = c->body_len <= SIM_BODY_KEPT ? c->body_len : 0;
    e->body = aicost_realloc(e->body, e->body_kept);
    memcpy(e->body, c->in + c->head_len, e->body_kept);
    e->sha256[0] = '\0';

    if (e->body_kept != c->body_len) {
        sim_log_sha256(c->in + c->head_len, c->body_len, e->sha256);
    }
}


static json_t *
sim_log_text(const char *data, size_t len)
{
    json_t  *text;

    text = json_stringn(data, len);

    return text ? text : json_string("(not UTF-8)");
}


static json_t *
sim_log_headers(const sim_entry_t *e)
{
    char        *name, *p;
    json_t      *headers;
    const char  *line, *eol, *colon, *end, *value;

    headers = json_object();
    line = memchr(e->head, '\n', e->head_len);
    end = e->head + e->head_len;

    while (line && ++line < end) {
        eol = memchr(line, '\r', (size_t) (end - line));
        colon = eol ? memchr(line, ':', (size_t) (eol - line)) : NULL;

        if (colon == NULL) {
            break;
        }

        name = aicost_dup(line, (size_t) (colon - line));

        for (p = name; *p; p++) {
            *p = *p >= 'A' && *p <= 'Z' ? (char) (*p | 0x20) : *p;
        }

        for (value = colon + 1; value < eol && *value == ' '; value++) {
            /* void */
        }

        json_object_set_new(headers, name,
                            sim_log_text(value, (size_t) (eol - value)));
        free(name);
        line = memchr(eol, '\n', (size_t) (end - eol));
    }

    return headers;
}


static json_t *
sim_log_json(sim_entry_t *e)
{
    size_t       n;
    json_t      *root, *headers;
    const char  *space, *path;

    if (e->sha256[0] == '\0') {
        sim_log_sha256(e->body, e->body_kept, e->sha256);
    }

    space = memchr(e->head, ' ', e->head_len);
    path = space + 1;
    n = strcspn(path, " ");
    headers = sim_log_headers(e);

    root = json_object();
    json_object_set_new(root, "request", json_integer((json_int_t) e->number));
    json_object_set_new(root, "connection",
                        json_integer((json_int_t) e->connection));
    json_object_set_new(root, "method",
                        sim_log_text(e->head, (size_t) (space - e->head)));
    json_object_set_new(root, "path", sim_log_text(path, n));
    json_object_set(root, "host", json_object_get(headers, "host"));
    json_object_set_new(root, "headers", headers);
    json_object_set_new(root, "tls", json_boolean(e->tls));
    json_object_set_new(root, "sni", json_string(e->sni));
    json_object_set_new(root, "faults", sim_log_text(e->faults,
                                                     strlen(e->faults)));
    json_object_set_new(root, "status", json_integer(e->status));
    json_object_set_new(root, "events", json_integer(e->events));
    json_object_set_new(root, "done", json_boolean(e->done));
    json_object_set_new(root, "aborted", json_boolean(e->aborted));
    json_object_set_new(root, "tokens_in", json_integer(e->input));
    json_object_set_new(root, "tokens_out", json_integer(e->output));
    json_object_set_new(root, "body_bytes",
                        json_integer((json_int_t) e->body_len));
    json_object_set_new(root, "body_sha256", json_string(e->sha256));
    json_object_set_new(root, "body", e->body_kept == e->body_len
                        ? sim_log_text(e->body, e->body_kept) : json_null());

    return root;
}


void
sim_log_end(sim_conn_t *c, unsigned done, unsigned aborted)
{
    sim_entry_t  *e;

    e = sim_log_entry(c->sim, c->request);

    if (e) {
        e->events = c->events;
        e->aborted = aborted & 1;
        e->done = done & 1;
    }

    if (c->sim->log && c->request) {
        fprintf(c->sim->log,
                "{\"request\":%llu,\"connection\":%llu,\"tokens_in\":%lld,"
                "\"tokens_out\":%lld,\"events\":%lld,\"done\":%s}\n",
                (unsigned long long) c->request,
                (unsigned long long) c->number, (long long) c->input,
                (long long) (c->output * c->ask.choices),
                (long long) c->events, done ? "true" : "false");
        fflush(c->sim->log);
    }

    c->request = 0;
}


static json_t *
sim_control_log(sim_t *sim)
{
    size_t        i;
    json_t       *root, *list;
    uint64_t      first;
    sim_entry_t  *e;

    root = json_object();
    json_object_set_new(root, "requests",
                        json_integer((json_int_t) sim->requests));
    json_object_set_new(root, "connections",
                        json_integer((json_int_t) sim->connections));
    json_object_set_new(root, "open", json_integer((json_int_t) sim->open));
    json_object_set_new(root, "queued",
                        json_integer((json_int_t) sim->queue_len));

    list = json_array();
    first = sim->requests > sim->nkept ? sim->requests - sim->nkept + 1 : 1;

    for (i = 0; first + i <= sim->requests; i++) {
        e = sim_log_entry(sim, first + i);

        if (e) {
            json_array_append_new(list, sim_log_json(e));
        }
    }

    json_object_set_new(root, "log", list);

    return root;
}


static void
sim_control_reset(sim_t *sim)
{
    size_t  i;

    for (i = 0; i < sim->nkept; i++) {
        sim->kept[i].number = 0;
    }

    while (sim->queue_len) {
        free(sim->queue[sim->queue_at]);
        sim->queue_at = (sim->queue_at + 1) % SIM_QUEUE_MAX;
        sim->queue_len--;
    }

    sim->requests = 0;
    sim->connections = 0;
}


static const char *
sim_control_next(sim_t *sim, json_t *body)
{
    size_t        i;
    json_t       *faults, *one;
    const char   *s;
    sim_fault_t   f;

    faults = json_object_get(body, "faults");

    if (!json_is_array(faults)) {
        return "write {\"faults\":[\"429\",\"cut=3+slow=50\"]}";
    }

    json_array_foreach(faults, i, one) {
        s = json_string_value(one);
        sim_fault_init(&f);

        if (s == NULL || sim_fault_parse(&f, s, strlen(s)) != AICOST_OK) {
            return "one of the faults is unknown: see aicost help sim";
        }
    }

    if (sim->queue_len + json_array_size(faults) > SIM_QUEUE_MAX) {
        return "too many faults are waiting";
    }

    json_array_foreach(faults, i, one) {
        s = json_string_value(one);
        sim->queue[(sim->queue_at + sim->queue_len++) % SIM_QUEUE_MAX] =
            aicost_dup(s, strlen(s));
    }

    return NULL;
}


static unsigned
sim_control_is(const sim_conn_t *c, const char *line)
{
    return c->head_len > strlen(line) && memcmp(c->in, line, strlen(line)) == 0;
}


void
sim_control(sim_conn_t *c)
{
    int          status;
    char        *text;
    json_t      *answer, *body;
    const char  *error;

    status = 200;
    error = NULL;
    answer = NULL;

    if (sim_control_is(c, "GET /sim/log ")) {
        answer = sim_control_log(c->sim);

    } else if (sim_control_is(c, "POST /sim/reset ")) {
        sim_control_reset(c->sim);

    } else if (sim_control_is(c, "POST /sim/next ")) {
        body = json_loadb(c->in + c->head_len, c->body_len, 0, NULL);
        error = sim_control_next(c->sim, body);
        json_decref(body);
        status = error ? 400 : 200;

    } else {
        status = 404;
        error = "GET /sim/log, POST /sim/next, POST /sim/reset";
    }

    if (answer == NULL) {
        answer = json_object();
        json_object_set_new(answer, error ? "error" : "ok",
                            error ? json_string(error) : json_true());
    }

    text = json_dumps(answer, JSON_COMPACT);
    json_decref(answer);

    c->event.len = 0;
    sim_puts(&c->event, text ? text : "{}");
    sim_puts(&c->event, "\n");
    free(text);
    sim_answer_body(c, status, "application/json");
}


void
sim_log_free(sim_t *sim)
{
    size_t  i;

    sim_control_reset(sim);

    for (i = 0; i < sim->nkept; i++) {
        free(sim->kept[i].head);
        free(sim->kept[i].body);
    }

    free(sim->kept);
}
