
/*
 * Copyright (C) aicost
 *
 * aicost prices: show and check what the gateway reads; import.
 */


#include "../ngx_aicost_module/core/aicost_request.h"
#include "../ngx_aicost_module/file/aicost_file.h"

#include "prices.h"


#define PRICES_COLUMNS          10


typedef struct {
    const char          *file;
    prices_import_t      import;
} prices_t;


static const struct option  prices_options[] = {
    { "prices", required_argument, NULL, 'P' },
    { "out", required_argument, NULL, 'o' },
    { "provider", required_argument, NULL, 'p' },
    { "local", required_argument, NULL, 'l' },
    { "as", required_argument, NULL, 'a' },
    { "valid-from", required_argument, NULL, 'v' },
    { "force", no_argument, NULL, 'f' },
    { "all", no_argument, NULL, 'A' },
    { "json", no_argument, NULL, 'j' },
    { "help", no_argument, NULL, 'h' },
    { NULL, 0, NULL, 0 }
};


static void
prices_help(void)
{
    fputs(
"usage: aicost prices show [--prices FILE] [TEXT...]\n"
"       aicost prices check [--prices FILE]\n"
"       aicost prices import [OPTION]... CATALOGUE\n\n"
"show: the prices in force now, USD per 1M tokens, and when they change; with\n"
"TEXT only the models whose name holds one of them.\n"
"check: what \"nginx -t\" would say of the file, and what it would not.\n"
"import: a catalogue in the LiteLLM schema (model_prices_and_context_window)\n"
"into prices.json.  A changed price begins a new row; rows written by hand\n"
"(whose source is not litellm) are kept; nothing the gateway refuses is\n"
"written.\n\n"
"  --prices FILE       prices.json\n"
"  --out FILE          what import writes; without it only the table\n"
"  --provider NAME     only this litellm_provider; several\n"
"  --as NAME=OURS      call the provider as aicost_provider does; several\n"
"  --local NAME        zero means free at this provider (ollama and vllm are\n"
"                      known); several\n"
"  --valid-from DATE   when a changed price begins; now\n"
"  --force             accept prices above 700 USD per 1M tokens\n"
"  --all               show every entry\n"
"  --json\n", stdout);
}


static aicost_catalogue_t *
prices_read(const char *file)
{
    char                 *text;
    size_t                len;
    aicost_catalogue_t   *c;
    aicost_file_error_t   err;

    text = aicost_read(file, &len);
    if (text == NULL) {
        return NULL;
    }

    c = aicost_file_prices(text, len, &err);
    free(text);

    if (c == NULL) {
        aicost_say("%s:%d:%d: %s", file, err.line, err.column, err.text);
    }

    return c;
}


static void
prices_decimal(int64_t pico, char *buf)
{
    if (pico == AICOST_PRICE_UNKNOWN) {
        memcpy(buf, "-", 2);
        return;
    }

    *aicost_decimal_format((unsigned char *) buf, pico, 6, 2) = '\0';
}


static void
prices_can(const aicost_price_t *p, char *buf, size_t size)
{
    if (p->can == 0xffffffff) {
        (void) snprintf(buf, size, "unknown");
        return;
    }

    (void) snprintf(buf, size, "%s%s%s%s",
                    p->can & AICOST_CAN_TOOLS ? "tools " : "",
                    p->can & AICOST_CAN_VISION ? "vision " : "",
                    p->can & AICOST_CAN_JSON_SCHEMA ? "json_schema " : "",
                    p->can & AICOST_CAN_REASONING ? "reasoning " : "");
}


static void
prices_row(aicost_table_t *t, const char *name, const aicost_price_t *p,
    const aicost_price_t *next)
{
    char         text[PRICES_COLUMNS][64];
    size_t       i;
    const char  *cells[PRICES_COLUMNS];

    for (i = 0; i < PRICES_COLUMNS; i++) {
        cells[i] = text[i];
    }

    cells[0] = name;
    prices_decimal(p->base.input, text[1]);
    prices_decimal(p->base.output, text[2]);
    prices_decimal(p->base.cached, text[3]);
    prices_decimal(p->base.cache_write, text[4]);
    (void) snprintf(text[5], sizeof(text[5]), "%lld", (long long) p->context);
    (void) snprintf(text[6], sizeof(text[6]), "%lld",
                    (long long) p->max_output);
    (void) snprintf(text[7], sizeof(text[7]), "-");

    if (p->above[0].tokens) {
        (void) snprintf(text[7], sizeof(text[7]), ">%lld",
                        (long long) p->above[0].tokens);

    } else if (p->peak.otherwise) {
        (void) snprintf(text[7], sizeof(text[7]), "peak");
    }

    prices_can(p, text[8], sizeof(text[8]));
    memcpy(text[9], "", 1);

    if (next) {
        aicost_date(next->valid_from, text[9]);
    }

    if (p->free) {
        cells[1] = "free";
        cells[2] = "free";
    }

    aicost_table_row(t, cells);
}


static void
prices_json_row(json_t *list, const char *name, const aicost_price_t *p,
    const aicost_price_t *next)
{
    char       text[40];
    json_t    *one, *service;
    unsigned   i;

    one = json_object();
    json_object_set_new(one, "model", json_string(name));
    json_object_set_new(one, "free", json_boolean(p->free));

    prices_decimal(p->base.input, text);
    json_object_set_new(one, "input", json_string(text));
    prices_decimal(p->base.output, text);
    json_object_set_new(one, "output", json_string(text));
    prices_decimal(p->base.cached, text);
    json_object_set_new(one, "cached", json_string(text));
    prices_decimal(p->base.cache_write, text);
    json_object_set_new(one, "cache_write", json_string(text));
    json_object_set_new(one, "context", json_integer(p->context));
    json_object_set_new(one, "max_output", json_integer(p->max_output));

    service = json_object();

    for (i = 0; i < AICOST_SERVICES; i++) {
        prices_serve(service, i ? aicost_service_name((aicost_service_e) i)
                                : "auto", p->service[i]);
    }

    json_object_set_new(one, "service", service);

    if (next) {
        aicost_date(next->valid_from, text);
    }

    json_object_set_new(one, "changes", next ? json_string(text)
                                             : json_null());
    json_array_append_new(list, one);
}


static unsigned
prices_named(const char *name, char **texts)
{
    char  **text;

    for (text = texts; *text; text++) {
        if (strstr(name, *text)) {
            return 1;
        }
    }

    return *texts == NULL;
}


static int
prices_show(const prices_t *o, char **texts)
{
    char                  *name;
    json_t                *list;
    int64_t                now;
    uint32_t               i, n;
    const char            *cells[PRICES_COLUMNS] = {
        "model", "input", "output", "cached", "write", "context", "max out",
        "dearer", "can", "changes"
    };
    aicost_str_t           s;
    aicost_table_t         t;
    aicost_catalogue_t    *c;
    const aicost_price_t  *p, *next;

    c = prices_read(o->file);
    if (c == NULL) {
        return AICOST_EXIT_FAILED;
    }

    now = aicost_now();
    n = 0;
    list = json_array();
    aicost_table_init(&t, PRICES_COLUMNS, 0xfe);
    aicost_table_row(&t, cells);

    for (i = 0; i < aicost_catalogue_models(c); i++) {
        aicost_catalogue_name(c, i, &s);
        name = aicost_dup((char *) s.data, s.len);
        p = aicost_catalogue_row(c, i, now, &next);

        if (p && prices_named(name, texts)) {
            prices_row(&t, name, p, next);
            prices_json_row(list, name, p, next);
            n++;
        }

        free(name);
    }

    if (o->import.json) {
        aicost_print_json(list);

    } else if (n) {
        aicost_table_print(&t, stdout);
    }

    json_decref(list);
    aicost_table_free(&t);
    free(c);

    if (n == 0) {
        aicost_say("%s prices no such model", o->file);
        return AICOST_EXIT_FAILED;
    }

    return 0;
}


/* what is right by the letter and still worth a look */

static void
prices_check_row(json_t *list, const char *name, const aicost_price_t *p)
{
    char  text[AICOST_MAX_IDENT + 128];

    if (p == NULL) {
        (void) snprintf(text, sizeof(text), "%s: no row is in force yet",
                        name);

    } else if (p->context == 0) {
        (void) snprintf(text, sizeof(text), "%s: no context: its bound is "
                        "that of the body", name);

    } else if (!p->free && p->base.cached > p->base.input) {
        (void) snprintf(text, sizeof(text), "%s: cached is dearer than input",
                        name);

    } else {
        return;
    }

    json_array_append_new(list, json_string(text));
}


static int
prices_check(const prices_t *o)
{
    char                  *name;
    json_t                *list, *one, *root;
    size_t                 k;
    uint32_t               i, models;
    aicost_str_t           s;
    aicost_catalogue_t    *c;
    const aicost_price_t  *p, *next;

    c = prices_read(o->file);
    if (c == NULL) {
        return AICOST_EXIT_FAILED;
    }

    list = json_array();
    models = aicost_catalogue_models(c);

    for (i = 0; i < models; i++) {
        aicost_catalogue_name(c, i, &s);
        name = aicost_dup((char *) s.data, s.len);
        p = aicost_catalogue_row(c, i, aicost_now(), &next);
        prices_check_row(list, name, p);
        free(name);
    }

    if (o->import.json) {
        root = json_object();
        json_object_set_new(root, "file", json_string(o->file));
        json_object_set_new(root, "models", json_integer(models));
        json_object_set(root, "notes", list);
        aicost_print_json(root);
        json_decref(root);

    } else {
        json_array_foreach(list, k, one) {
            puts(json_string_value(one));
        }

        printf("%s: %u models, ok\n", o->file, models);
    }

    json_decref(list);
    free(c);

    return 0;
}


static int
prices_add(const char **list, size_t *n, const char *value)
{
    if (*n == PRICES_FILTERS) {
        return aicost_usage("prices", "too many of one option");
    }

    list[(*n)++] = value;

    return 0;
}


static int
prices_option(prices_t *o, int c)
{
    int64_t           ms;
    prices_import_t  *im;

    im = &o->import;

    switch (c) {

    case 'P':
        o->file = optarg;
        return 0;

    case 'o':
        im->out = optarg;
        return 0;

    case 'p':
        return prices_add(im->provider, &im->nprovider, optarg);

    case 'l':
        return prices_add(im->local, &im->nlocal, optarg);

    case 'a':
        if (strchr(optarg, '=') == NULL || strchr(optarg, '=')[1] == '\0') {
            return aicost_usage("prices", "--as is NAME=OURS");
        }

        return prices_add(im->as, &im->nas, optarg);

    case 'v':
        im->valid_from = optarg;

        if (aicost_file_time(optarg, &ms) != AICOST_OK) {
            return aicost_usage("prices", "--valid-from is a date such as "
                                "2026-09-22");
        }

        return 0;

    case 'f':
        im->force = 1;
        return 0;

    case 'A':
        im->all = 1;
        return 0;

    case 'j':
        im->json = 1;
        return 0;

    default:
        return AICOST_EXIT_USAGE;
    }
}


int
aicost_cmd_prices(int argc, char **argv)
{
    int          c, args;
    prices_t     o;
    const char  *what;

    memset(&o, 0, sizeof(o));
    o.file = "prices.json";

    while ((c = aicost_option(argc, argv, prices_options)) != -1) {
        if (c == 'h') {
            prices_help();
            return 0;
        }

        if (prices_option(&o, c)) {
            return AICOST_EXIT_USAGE;
        }
    }

    what = optind < argc ? argv[optind++] : "";
    args = argc - optind;

    if (strcmp(what, "show") == 0) {
        return prices_show(&o, argv + optind);
    }

    if (strcmp(what, "check") == 0 && args == 0) {
        return prices_check(&o);
    }

    if (strcmp(what, "import") == 0 && args == 1) {
        o.import.file = argv[optind];
        return prices_import(&o.import);
    }

    return aicost_usage("prices", "show [TEXT...], check, or import "
                        "CATALOGUE");
}
