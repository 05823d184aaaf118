
/*
 * Copyright (C) aicost
 *
 * aicost estimate: what a request costs on every priced model.
 */


#include "../ngx_aicost_module/core/aicost_request.h"
#include "../ngx_aicost_module/file/aicost_file.h"

#include "aicost.h"


#define ESTIMATE_OUTPUT         4096      /* tokens, when nothing caps them */
#define ESTIMATE_COLUMNS        8


typedef struct {
    const char          *prices;
    const char          *currency;
    const char          *endpoint;
    int64_t              rate;            /* ppm */
    int64_t              output;          /* tokens; -1: from the request */
    unsigned             json;
    aicost_catalogue_t  *catalogue;
    json_t              *answer;
} estimate_t;


typedef struct {
    aicost_str_t         name;
    int64_t              input;
    int64_t              upper;
    int64_t              output;
    int64_t              cost;            /* nano */
    int64_t              cost_upper;
    const char          *note;
    unsigned             free;
} estimate_row_t;


static const struct option  estimate_options[] = {
    { "prices", required_argument, NULL, 'p' },
    { "currency", required_argument, NULL, 'c' },
    { "usd", required_argument, NULL, 'u' },
    { "output", required_argument, NULL, 'o' },
    { "endpoint", required_argument, NULL, 'e' },
    { "json", no_argument, NULL, 'j' },
    { "help", no_argument, NULL, 'h' },
    { NULL, 0, NULL, 0 }
};


static void
estimate_help(void)
{
    fputs(
"usage: aicost estimate [OPTION]... FILE...\n\n"
"Tokens and cost of a request (its JSON body; - is standard input) on every\n"
"priced model, dearest to cheapest, with the ratio to the cheapest.  Nothing\n"
"is sent.\n\n"
"  --prices FILE       prices.json\n"
"  --output N          output tokens a choice; else the request's own cap,\n"
"                      else 4096, never more than the model's maximum\n"
"  --currency EUR --usd 0.92   the money shown, and a dollar in it\n"
"  --endpoint NAME     chat, completions or embeddings; else by the body\n"
"  --json\n\n"
"\"at most\" is proven: no tokenizer gives more tokens, and it takes the\n"
"dearest rate that can apply.\n", stdout);
}


static aicost_endpoint_e
estimate_endpoint(const estimate_t *e, const aicost_json_t *j)
{
    if (e->endpoint) {
        return strcmp(e->endpoint, "chat") == 0 ? AICOST_EP_CHAT
               : strcmp(e->endpoint, "completions") == 0
                 ? AICOST_EP_COMPLETIONS
               : strcmp(e->endpoint, "embeddings") == 0
                 ? AICOST_EP_EMBEDDINGS : AICOST_EP_NONE;
    }

    return aicost_json_get(j, 0, "messages") ? AICOST_EP_CHAT
           : aicost_json_get(j, 0, "input") ? AICOST_EP_EMBEDDINGS
           : aicost_json_get(j, 0, "prompt") ? AICOST_EP_COMPLETIONS
           : AICOST_EP_NONE;
}


static void
estimate_row(const estimate_t *e, const aicost_request_t *q,
    const aicost_price_t *p, estimate_row_t *row)
{
    int64_t               images, choices;
    aicost_token_model_t  tm;

    memset(&tm, 0, sizeof(tm));
    tm.context = p->context;
    tm.image_upper = p->image_tokens;

    images = q->text.images;
    choices = q->choices ? q->choices : 1;

    row->input = aicost_tokens_estimate(&q->text, &tm);
    row->upper = aicost_tokens_upper(&q->text, &tm);
    row->free = p->free;

    row->output = e->output >= 0 ? e->output : q->cap >= 0 ? q->cap
                                                           : ESTIMATE_OUTPUT;
    if (p->max_output && row->output > p->max_output) {
        row->output = p->max_output;
    }

    row->output = q->endpoint == AICOST_EP_EMBEDDINGS
                  ? 0 : aicost_mul(row->output, choices);

    row->cost = aicost_cost_expected(p, row->input, images, row->output,
                                     aicost_price_service(p, e->rate,
                                                          q->service,
                                                          AICOST_SERVICE_AUTO));
    row->cost_upper = aicost_cost_upper(p, row->upper, images, row->output,
                                        aicost_price_service_upper(p, e->rate,
                                                                q->service));

    row->note = (q->needs & ~p->can & AICOST_CAN_TOOLS) ? "no tools"
                : (q->needs & ~p->can & AICOST_CAN_VISION) ? "no images"
                : (q->needs & ~p->can) ? "cannot do it"
                : !aicost_price_serves(p, q->service) ? "no such service tier"
                : p->context && row->input + row->output > p->context
                  ? "context too small" : "";
}


static int
estimate_compare(const void *a, const void *b)
{
    const estimate_row_t  *x = a, *y = b;

    if (x->cost != y->cost) {
        return x->cost < y->cost ? 1 : -1;
    }

    return x->cost_upper < y->cost_upper ? 1
           : x->cost_upper > y->cost_upper ? -1 : 0;
}


/* tenths, rounded to the nearest; 0: nothing to compare with */

static void
estimate_ratio(const estimate_row_t *row, int64_t cheapest, char *buf)
{
    int64_t  tenths;

    if (row->free || cheapest == 0) {
        memcpy(buf, row->free ? "free" : "-", row->free ? 5 : 2);
        return;
    }

    tenths = aicost_muldiv_down(row->cost, 20, cheapest);
    tenths = (tenths + 1) / 2;
    (void) snprintf(buf, 32, "%lld.%lldx", (long long) (tenths / 10),
                    (long long) (tenths % 10));
}


static void
estimate_money(int64_t nano, char *buf)
{
    *aicost_decimal_format((unsigned char *) buf, nano, 9, 2) = '\0';
}


static void
estimate_json(const estimate_t *e, const char *file,
    const aicost_request_t *q, const estimate_row_t *rows, uint32_t n)
{
    char      cost[32], upper[32];
    json_t   *one, *list, *model;
    uint32_t  i;

    one = json_object();
    list = json_array();

    for (i = 0; i < n; i++) {
        estimate_money(rows[i].cost, cost);
        estimate_money(rows[i].cost_upper, upper);

        model = json_object();
        json_object_set_new(model, "model",
                            json_stringn((char *) rows[i].name.data,
                                         rows[i].name.len));
        json_object_set_new(model, "tokens_in", json_integer(rows[i].input));
        json_object_set_new(model, "tokens_in_upper",
                            json_integer(rows[i].upper));
        json_object_set_new(model, "tokens_out",
                            json_integer(rows[i].output));
        json_object_set_new(model, "cost", json_string(cost));
        json_object_set_new(model, "cost_upper", json_string(upper));
        json_object_set_new(model, "free", json_boolean(rows[i].free));
        json_object_set_new(model, "note", json_string(rows[i].note));
        json_array_append_new(list, model);
    }

    json_object_set_new(one, "file", json_string(file));
    json_object_set_new(one, "requested_model",
                        json_stringn((char *) q->model.data, q->model.len));
    json_object_set_new(one, "currency", json_string(e->currency));
    json_object_set_new(one, "models", list);
    json_array_append_new(e->answer, one);
}


static void
estimate_table(const estimate_t *e, const char *file,
    const aicost_request_t *q, const estimate_row_t *rows, uint32_t n,
    int64_t cheapest)
{
    char             in[32], upper_in[32], out[32], cost[32], upper[32];
    char             ratio[32], *name;
    uint32_t         i;
    const char      *cells[ESTIMATE_COLUMNS] = {
        "model", "in", "in at most", "out", "cost", "at most", "ratio", ""
    };
    aicost_table_t   t;

    printf("%s: model %.*s, %u message%s, %u choice%s, in %s\n", file,
           (int) q->model.len, (char *) q->model.data, q->text.messages,
           q->text.messages == 1 ? "" : "s", q->choices,
           q->choices == 1 ? "" : "s", e->currency);

    aicost_table_init(&t, ESTIMATE_COLUMNS, 0x7e);
    aicost_table_row(&t, cells);

    for (i = 0; i < n; i++) {
        name = aicost_dup((char *) rows[i].name.data, rows[i].name.len);
        (void) snprintf(in, 32, "%lld", (long long) rows[i].input);
        (void) snprintf(upper_in, 32, "%lld", (long long) rows[i].upper);
        (void) snprintf(out, 32, "%lld", (long long) rows[i].output);
        estimate_money(rows[i].cost, cost);
        estimate_money(rows[i].cost_upper, upper);
        estimate_ratio(&rows[i], cheapest, ratio);

        cells[0] = name;
        cells[1] = in;
        cells[2] = upper_in;
        cells[3] = out;
        cells[4] = cost;
        cells[5] = upper;
        cells[6] = ratio;
        cells[7] = rows[i].note;
        aicost_table_row(&t, cells);
        free(name);
    }

    aicost_table_print(&t, stdout);
    aicost_table_free(&t);
}


static int
estimate_models(const estimate_t *e, const char *file,
    const aicost_request_t *q)
{
    int64_t                now, cheapest;
    uint32_t               i, n, models;
    unsigned               embedding;
    estimate_row_t        *rows;
    const aicost_price_t  *p, *next;

    now = aicost_now();
    models = aicost_catalogue_models(e->catalogue);
    rows = aicost_alloc(models * sizeof(estimate_row_t));
    embedding = q->endpoint == AICOST_EP_EMBEDDINGS;
    cheapest = 0;
    n = 0;

    for (i = 0; i < models; i++) {
        p = aicost_catalogue_row(e->catalogue, i, now, &next);

        if (p == NULL
            || (!p->free
                && (p->base.output == AICOST_PRICE_UNKNOWN) != embedding))
        {
            continue;
        }

        aicost_catalogue_name(e->catalogue, i, &rows[n].name);
        estimate_row(e, q, p, &rows[n]);

        if (!rows[n].free && (cheapest == 0 || rows[n].cost < cheapest)) {
            cheapest = rows[n].cost;
        }

        n++;
    }

    if (n == 0) {
        aicost_say("%s: %s prices no model for %s", file, e->prices,
                   embedding ? "embeddings" : "this");
        free(rows);
        return AICOST_EXIT_FAILED;
    }

    qsort(rows, n, sizeof(estimate_row_t), estimate_compare);

    if (e->json) {
        estimate_json(e, file, q, rows, n);

    } else {
        estimate_table(e, file, q, rows, n, cheapest);
    }

    free(rows);

    return 0;
}


static int
estimate_file(const estimate_t *e, const char *file)
{
    int                rc;
    char              *data;
    size_t             len;
    aicost_json_t      j;
    aicost_request_t   q;
    aicost_endpoint_e  ep;

    data = aicost_read(file, &len);
    if (data == NULL) {
        return AICOST_EXIT_FAILED;
    }

    rc = AICOST_EXIT_FAILED;

    if (aicost_tape(&j, data, len) != AICOST_OK) {
        aicost_say("%s: %s at byte %u", file, aicost_reason_word(j.reason),
                   j.pos);
        goto done;
    }

    ep = estimate_endpoint(e, &j);

    if (ep == AICOST_EP_NONE) {
        aicost_say("%s: has no messages, prompt or input", file);
        goto done;
    }

    memset(&q, 0, sizeof(q));

    if (aicost_request_read(&q, ep, &j, NULL) != AICOST_OK) {
        aicost_say("%s: %s %.*s", file, aicost_reason_word(q.reason),
                   (int) q.param.len,
                   q.param.len ? (char *) q.param.data : "");
        goto done;
    }

    rc = estimate_models(e, file, &q);

done:

    free(j.nodes);
    free(data);

    return rc;
}


static int
estimate_option(estimate_t *e, int c)
{
    switch (c) {

    case 'p':
        e->prices = optarg;
        return 0;

    case 'c':
        e->currency = optarg;
        return 0;

    case 'e':
        e->endpoint = optarg;

        if (strcmp(optarg, "chat") != 0 && strcmp(optarg, "completions") != 0
            && strcmp(optarg, "embeddings") != 0)
        {
            return aicost_usage("estimate", "--endpoint is chat, completions "
                                "or embeddings");
        }

        return 0;

    case 'j':
        e->json = 1;
        return 0;

    case 'o':
        if (aicost_number(optarg, 0, AICOST_MAX_CAP, &e->output)
            != AICOST_OK)
        {
            return aicost_usage("estimate", "--output is a number of tokens, "
                                "not \"%s\"", optarg);
        }

        return 0;

    case 'u':
        if (aicost_decimal_parse((unsigned char *) optarg, strlen(optarg), 6,
                                 &e->rate) != AICOST_OK || e->rate == 0)
        {
            return aicost_usage("estimate", "--usd is what a dollar costs, as "
                                "0.92, not \"%s\"", optarg);
        }

        return 0;

    default:
        return AICOST_EXIT_USAGE;
    }
}


int
aicost_cmd_estimate(int argc, char **argv)
{
    int                  c, rc;
    char                *text;
    size_t               len;
    estimate_t           e;
    aicost_file_error_t  err;

    memset(&e, 0, sizeof(e));
    e.prices = "prices.json";
    e.currency = "USD";
    e.rate = 1000000;
    e.output = -1;

    while ((c = aicost_option(argc, argv, estimate_options)) != -1) {
        if (c == 'h') {
            estimate_help();
            return 0;
        }

        if (estimate_option(&e, c)) {
            return AICOST_EXIT_USAGE;
        }
    }

    if (optind == argc) {
        return aicost_usage("estimate", "which request? give its file");
    }

    if ((strcmp(e.currency, "USD") == 0) != (e.rate == 1000000)) {
        return aicost_usage("estimate", "--currency and --usd go together");
    }

    text = aicost_read(e.prices, &len);
    if (text == NULL) {
        return AICOST_EXIT_FAILED;
    }

    e.catalogue = aicost_file_prices(text, len, &err);
    free(text);

    if (e.catalogue == NULL) {
        aicost_say("%s:%d:%d: %s", e.prices, err.line, err.column, err.text);
        return AICOST_EXIT_FAILED;
    }

    e.answer = json_array();

    for (rc = 0; optind < argc; optind++) {
        c = estimate_file(&e, argv[optind]);
        rc = c ? c : rc;
    }

    if (e.json) {
        aicost_print_json(e.answer);
    }

    json_decref(e.answer);
    free(e.catalogue);

    return rc;
}
