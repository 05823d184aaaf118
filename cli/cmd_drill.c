
/*
 * Copyright (C) aicost
 *
 * aicost drill: how long would it take to leave this provider?
 */


#include "drill.h"


static const char *const  drill_words[] = {
#define DRILL_FEATURE(name, word)  word,
    DRILL_FEATURES(DRILL_FEATURE)
#undef DRILL_FEATURE
};


/* base URLs as the providers' own SDKs have them */

static const struct {
    const char          *name;
    const char          *api;
    const char          *url;
} drill_known[] = {
    { "openai", "openai", "https://api.openai.com/v1" },
    { "anthropic", "anthropic", "https://api.anthropic.com" },
    { "gemini", "gemini", "https://generativelanguage.googleapis.com/v1beta" },
    { "ollama", "ollama", "http://127.0.0.1:11434" }
};


static const struct option  drill_options[] = {
    { "record", required_argument, NULL, 'r' },
    { "model", required_argument, NULL, 'm' },
    { "url", required_argument, NULL, 'u' },
    { "api", required_argument, NULL, 'a' },
    { "api-version", required_argument, NULL, 'v' },
    { "key-file", required_argument, NULL, 'k' },
    { "key-env", required_argument, NULL, 'e' },
    { "prices", required_argument, NULL, 'p' },
    { "usd", required_argument, NULL, 'c' },
    { "max-cost", required_argument, NULL, 'x' },
    { "output", required_argument, NULL, 'o' },
    { "requests", required_argument, NULL, 'n' },
    { "timeout", required_argument, NULL, 't' },
    { "extra", required_argument, NULL, 'E' },
    { "messages", no_argument, NULL, 'M' },
    { "dry-run", no_argument, NULL, 'd' },
    { "json", no_argument, NULL, 'j' },
    { "help", no_argument, NULL, 'h' },
    { NULL, 0, NULL, 0 }
};


static void
drill_help(void)
{
    fputs(
"usage: aicost drill [OPTION]... CLIENT-SHAPE PROVIDER\n\n"
"The exit drill: recorded requests of clients that speak CLIENT-SHAPE\n"
"(openai, responses, anthropic, gemini) are translated for PROVIDER as the\n"
"gateway does it, and sent there one by one.  What goes unchanged, what with\n"
"losses, what not; what works; cost and latency beside what was recorded.\n\n"
"  --record FILE       what aicost_record wrote\n"
"  --model MODEL       the provider's name of it; PROVIDER/MODEL is its price\n"
"  --prices FILE       prices.json\n"
"  --dry-run           translates and prices at the tokens recorded, sends\n"
"                      nothing, needs no key\n"
"  --url URL --api API the base URL and its shape (openai, responses, azure,\n"
"                      anthropic, gemini, ollama, bedrock); known for openai,\n"
"                      anthropic, gemini and ollama\n"
"  --api-version TEXT  as version= of aicost_provider\n"
"  --extra pass        as extra=pass of aicost_provider\n"
"  --key-file FILE     the provider's key, or\n"
"  --key-env NAME      the variable that has it; without: none is sent\n"
"  --max-cost AMOUNT   what may be spent, 1 unless given, as 2.50 or 2.50EUR;\n"
"                      a request is sent only if the most it can cost fits\n"
"  --requests N        send N of them, spread over the recording\n"
"  --output N          output cap where a request has none, 4096\n"
"  --timeout S         seconds for an answer, 120\n"
"  --usd RATE          a dollar in the currency of the recording\n"
"  --messages          also what the provider says about an error, which may\n"
"                      quote the request\n"
"  --json\n\n"
"What a redacted recording says is no test of quality: its text means\n"
"nothing.\n", stdout);
}


const char *
drill_feature(drill_feature_e f)
{
    return drill_words[f];
}


static int
drill_count(const char *name, const char *text, int64_t min, int64_t max,
    int64_t *n)
{
    if (aicost_number(text, min, max, n) == AICOST_OK) {
        return 0;
    }

    return aicost_usage("drill", "%s is a number from %lld to %lld, not "
                        "\"%s\"", name, (long long) min, (long long) max,
                        text);
}


static int
drill_limit(drill_t *d, int c)
{
    switch (c) {

    case 'o':
        return drill_count("--output", optarg, 1, AICOST_MAX_CAP, &d->output);

    case 'n':
        return drill_count("--requests", optarg, 1, 1000000, &d->requests);

    case 't':
        return drill_count("--timeout", optarg, 1, 3600, &d->timeout);

    case 'c':
        if (aicost_decimal_parse((unsigned char *) optarg, strlen(optarg), 6,
                                 &d->rate) != AICOST_OK || d->rate == 0)
        {
            return aicost_usage("drill", "--usd is what a dollar costs, as "
                                "0.92, not \"%s\"", optarg);
        }

        return 0;

    case 'E':
        if (strcmp(optarg, "pass") != 0) {
            return aicost_usage("drill", "--extra takes pass, not \"%s\"",
                                optarg);
        }

        d->extra = 1;
        return 0;

    default:
        return AICOST_EXIT_USAGE;
    }
}


static int
drill_option(drill_t *d, int c)
{
    switch (c) {

    case 'r':
        d->file = optarg;
        return 0;

    case 'm':
        d->model = optarg;
        return 0;

    case 'u':
        d->url = optarg;
        return 0;

    case 'a':
        d->api_name = optarg;
        return 0;

    case 'v':
        d->version = optarg;
        return 0;

    case 'k':
        d->key_file = optarg;
        return 0;

    case 'e':
        d->key_env = optarg;
        return 0;

    case 'p':
        d->prices = optarg;
        return 0;

    case 'x':
        d->max_cost_text = optarg;
        return 0;

    case 'M':
        d->messages = 1;
        return 0;

    case 'd':
        d->dry = 1;
        return 0;

    case 'j':
        d->json = 1;
        return 0;

    default:
        return drill_limit(d, c);
    }
}


/* shapes, the provider */

static int
drill_who(drill_t *d)
{
    size_t  i;

    for (i = 0; i < AICOST_EP_MAX; i++) {
        if (strcmp(aicost_record_shape((aicost_endpoint_e) i), d->shape) == 0)
        {
            d->client = aicost_api((const unsigned char *) d->shape,
                                   strlen(d->shape));
        }
    }

    if (d->client == NULL) {
        return aicost_usage("drill", "clients speak openai, responses, "
                            "anthropic or gemini, not \"%s\"", d->shape);
    }

    for (i = 0; i < sizeof(drill_known) / sizeof(drill_known[0]); i++) {
        if (strcmp(drill_known[i].name, d->provider) == 0) {
            d->api_name = d->api_name ? d->api_name : drill_known[i].api;
            d->url = d->url ? d->url : drill_known[i].url;
        }
    }

    if (d->api_name == NULL || (d->url == NULL && !d->dry)) {
        return aicost_usage("drill", "\"%s\" is not known: give --url and "
                            "--api", d->provider);
    }

    d->azure = strcmp(d->api_name, "azure") == 0;
    d->api = aicost_api((const unsigned char *) d->api_name,
                        strlen(d->api_name));

    if (d->api == NULL || d->api->write == NULL) {
        return aicost_usage("drill", "there is no API \"%s\"", d->api_name);
    }

    if (d->file == NULL) {
        return aicost_usage("drill", "which recording? give --record; the "
                            "gateway makes one with \"aicost_record PATH;\" "
                            "in a location, see docs/drill.md");
    }

    if (d->model == NULL || *d->model == '\0'
        || strlen(d->model) > AICOST_MAX_IDENT)
    {
        return aicost_usage("drill", "which model? give --model");
    }

    return 0;
}


static int
drill_key(drill_t *d)
{
    const char  *value;

    if (d->key_file && d->key_env) {
        return aicost_usage("drill", "--key-file or --key-env, not both");
    }

    if (d->dry) {
        return 0;
    }

    if (d->key_file) {
        d->key = aicost_read_secret(d->key_file);
        return d->key ? 0 : AICOST_EXIT_FAILED;
    }

    if (d->key_env) {
        value = getenv(d->key_env);

        if (value == NULL || *value == '\0') {
            aicost_say("drill: the variable of --key-env is not set; it takes "
                       "a name, never the key");
            return AICOST_EXIT_FAILED;
        }

        d->key = aicost_dup(value, strlen(value));
    }

    return 0;
}


static int
drill_price(drill_t *d)
{
    char                 name[2 * AICOST_MAX_IDENT + 2], *text;
    size_t               len;
    aicost_file_error_t  err;

    if (d->prices == NULL && d->dry) {
        return 0;
    }

    d->prices = d->prices ? d->prices : "prices.json";

    text = aicost_read(d->prices, &len);
    if (text == NULL) {
        return AICOST_EXIT_FAILED;
    }

    d->catalogue = aicost_file_prices(text, len, &err);
    free(text);

    if (d->catalogue == NULL) {
        aicost_say("%s:%d:%d: %s", d->prices, err.line, err.column, err.text);
        return AICOST_EXIT_FAILED;
    }

    (void) snprintf(name, sizeof(name), "%s/%s", d->provider, d->model);

    d->price = aicost_catalogue_find(d->catalogue, (unsigned char *) name,
                                     strlen(name), aicost_now());

    if (d->price == NULL) {
        aicost_say("drill: %s has no price of \"%s\" in force: what it costs "
                   "is not known", d->prices, name);

        return d->dry ? 0 : AICOST_EXIT_FAILED;
    }

    return 0;
}


/* what may be spent, in the money of the recording */

static int
drill_money(drill_t *d)
{
    int            rc;
    unsigned char  currency[3];

    if (strcmp(d->currency, "USD") == 0) {

        if (d->rate && d->rate != 1000000) {
            return aicost_usage("drill", "the recording is in USD: --usd is "
                                "for another currency");
        }

        d->rate = 1000000;

    } else if (d->rate == 0 && d->price && !d->price->free) {
        return aicost_usage("drill", "the recording is in %s: what is a "
                            "dollar? give --usd", d->currency);
    }

    d->max_cost = AICOST_NANO;

    if (d->max_cost_text == NULL) {
        return 0;
    }

    rc = aicost_decimal_parse((const unsigned char *) d->max_cost_text,
                              strlen(d->max_cost_text), 9, &d->max_cost);

    if (rc == AICOST_DECLINED) {
        rc = aicost_money_parse((const unsigned char *) d->max_cost_text,
                                strlen(d->max_cost_text), currency,
                                &d->max_cost);

        if (rc == AICOST_OK && memcmp(currency, d->currency, 3) != 0) {
            return aicost_usage("drill", "--max-cost %s: the recording is in "
                                "%s", d->max_cost_text, d->currency);
        }
    }

    return rc == AICOST_OK ? 0
           : aicost_usage("drill", "--max-cost is money, as 2.50 or "
                          "2.50%s, not \"%s\"", d->currency,
                          d->max_cost_text);
}


static int
drill_run(drill_t *d)
{
    int     rc;
    size_t  i;

    rc = drill_who(d);
    rc = rc ? rc : drill_key(d);
    rc = rc ? rc : drill_price(d);

    if (rc) {
        return rc;
    }

    if (drill_load(d) != AICOST_OK) {
        return AICOST_EXIT_FAILED;
    }

    rc = drill_money(d);
    if (rc) {
        return rc;
    }

    for (i = 0; i < d->ncalls; i++) {
        drill_classify(d, &d->calls[i]);
    }

    drill_send(d);
    drill_report(d);

    return 0;
}


int
aicost_cmd_drill(int argc, char **argv)
{
    int      c, rc;
    size_t   i;
    drill_t  d;

    memset(&d, 0, sizeof(d));
    d.version = "";
    d.output = DRILL_OUTPUT;
    d.timeout = 120;

    while ((c = aicost_option(argc, argv, drill_options)) != -1) {
        if (c == 'h') {
            drill_help();
            return 0;
        }

        if (drill_option(&d, c)) {
            return AICOST_EXIT_USAGE;
        }
    }

    if (optind + 2 != argc) {
        return aicost_usage("drill", "whose requests, at which provider? give "
                            "CLIENT-SHAPE and PROVIDER");
    }

    d.shape = argv[optind];
    d.provider = argv[optind + 1];

    rc = drill_run(&d);

    for (i = 0; i < d.ncalls; i++) {
        free(d.calls[i].message);
    }

    if (d.key) {
        explicit_bzero(d.key, strlen(d.key));
    }

    free(d.key);
    free(d.calls);
    free(d.text);
    free(d.catalogue);

    return rc;
}
