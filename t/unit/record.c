
/*
 * Copyright (C) aicost
 *
 * A recorded call: written, read again, refused when it is none.
 */


#include <stdlib.h>

#include "given.h"
#include "tap.h"
#include "aicost_record.h"


#define NODES  1024


static aicost_json_node_t  nodes[NODES], scratch[NODES];
static unsigned char       text[65536], out[65536];


static int
parse(aicost_json_t *j, const void *s, size_t len)
{
    aicost_json_init(j, s, len, nodes, NODES);

    return aicost_json_run(j, (size_t) -1);
}


static aicost_record_t
sample(void)
{
    aicost_record_t  r;

    memset(&r, 0, sizeof(aicost_record_t));
    r.time = 1764400000123;
    r.endpoint = AICOST_EP_MESSAGES;
    r.stream = 1;
    r.tier = str("cheap");
    r.model = str("anthropic/claude\"x");
    r.status = 200;
    r.settled = str("usage");
    r.tokens_in = 12;
    r.tokens_cached = 3;
    r.tokens_out = 34;
    r.cost = 5600;
    r.currency = str("EUR");
    r.latency = 789;
    r.ttft = -1;

    return r;
}


static size_t
line(const aicost_record_t *r, const char *body)
{
    aicost_out_t   o;
    aicost_json_t  j;

    (void) parse(&j, body, strlen(body));

    memset(&o, 0, sizeof(aicost_out_t));
    o.data = out;
    o.size = sizeof(out) - 1;
    o.nodes = scratch;
    o.max = NODES;

    aicost_record_write(r, &j, text, &o);
    out[o.len] = '\0';

    return o.len;
}


static void
there_and_back(void)
{
    size_t           len;
    aicost_json_t    j;
    aicost_record_t  r, b;

    r = sample();
    len = line(&r, "{\"model\":\"auto\",\n\"max_tokens\" : 9}");

    ok(out[len - 1] == '\n' && memchr(out, '\n', len - 1) == NULL,
       "one line");
    is_int(parse(&j, out, len), AICOST_OK, "of JSON");
    is_int(aicost_record_read(&b, &j), AICOST_OK, "is read");

    ok(b.time == r.time && b.endpoint == r.endpoint && b.stream
       && !b.redacted && b.status == 200 && b.tokens_in == 12
       && b.tokens_cached == 3 && b.tokens_out == 34 && b.cost == 5600
       && b.latency == 789 && b.ttft == -1, "the same");
    is_mem(b.tier.data, b.tier.len, "cheap", "tier");
    is_mem(b.model.data, b.model.len, "anthropic/claude\\\"x", "model");
    is_mem(b.settled.data, b.settled.len, "usage", "settled");
    is_mem(b.currency.data, b.currency.len, "EUR", "currency");
    is_mem(b.request.data, b.request.len,
           "{\"model\":\"auto\", \"max_tokens\" : 9}", "the body as it was");

    r.redacted = 1;
    len = line(&r, "{\"system\":\"Jan\",\n\"max_tokens\" : 9}");
    (void) parse(&j, out, len);
    is_int(aicost_record_read(&b, &j), AICOST_OK, "redacted");
    ok(b.redacted, "says so");
    is_mem(b.request.data, b.request.len,
           "{\"system\":\"The\",\"max_tokens\":9}", "the body");
}


/* each endpoint that can be recorded is read as itself */

static void
endpoints(void)
{
    int              i, n;
    size_t           len;
    aicost_json_t    j;
    aicost_record_t  r, b;

    for (i = 0, n = 0; i < AICOST_EP_MAX; i++) {

        if (aicost_record_endpoint((aicost_endpoint_e) i)[0] == '\0') {
            continue;
        }

        n++;
        r = sample();
        r.endpoint = (aicost_endpoint_e) i;
        len = line(&r, "{\"a\":1}");
        (void) parse(&j, out, len);

        ok(aicost_record_read(&b, &j) == AICOST_OK && (int) b.endpoint == i
           && aicost_record_shape(b.endpoint)[0],
           aicost_record_endpoint((aicost_endpoint_e) i));
    }

    is_int(n, 7, "endpoints");
}


static void
wrong(void)
{
    size_t           i, len, n;
    aicost_json_t    j;
    aicost_record_t  r, b;

    static const struct {
        const char  *find;
        const char  *with;
    } cases[] = {
        { "\"version\":1", "\"version\":2" },
        { "\"messages\"", "\"messagez\"" },
        { "\"status\":200", "\"status\":\"2\"" },
        { "\"cost_nano\":56", "\"cost_nano\":-5" },
        { "\"tokens_in\"", "\"tokens_on\"" },
        { "\"model\":\"anthr", "\"modal\":\"anthr" },
        { "\"request\"", "\"requost\"" },
        { "\"request\":{\"a\":1}", "\"request\":[{\"a\":1" }
    };

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char  *p;

        r = sample();
        len = line(&r, "{\"a\":1}");
        p = strstr((char *) out, cases[i].find);
        n = strlen(cases[i].with);

        if (!ok(p != NULL, cases[i].find)) {
            continue;
        }

        memcpy(p, cases[i].with, n);

        if (i == sizeof(cases) / sizeof(cases[0]) - 1) {
            memcpy(p + n, "}]}\n", 4);
            len = (size_t) (p + n + 4 - (char *) out);
        }

        is_int(parse(&j, out, len), AICOST_OK, "JSON");
        is_int(aicost_record_read(&b, &j), AICOST_ERROR, cases[i].with);
    }

    (void) parse(&j, "[]", 2);
    is_int(aicost_record_read(&b, &j), AICOST_ERROR, "no object");
}


int
main(void)
{
    there_and_back();
    endpoints();
    wrong();

    return done_testing();
}
