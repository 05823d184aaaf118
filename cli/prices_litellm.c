
/*
 * Copyright (C) aicost
 *
 * The LiteLLM schema: USD a token, one object a model.  The numbers come as
 * integers, reals or strings; some are wrong by five digits.
 */


#include <stdarg.h>

#include "../ngx_aicost_module/core/aicost_money.h"
#include "../ngx_aicost_module/core/aicost_price.h"

#include "prices.h"


#define LITELLM_NONE            ((int64_t) -1)
#define LITELLM_BAD             ((int64_t) -2)
#define LITELLM_SHARE           ((int64_t) 10000000)    /* ppm */
#define LITELLM_LOW             ((int64_t) 1000)        /* pico-USD a token */


typedef struct {
    const prices_import_t  *o;
    json_t                 *entry;
    json_t                 *row;
    char                   *why;
    size_t                  size;
    unsigned                skip;
    unsigned                forced;
} litellm_t;


static void litellm_note(litellm_t *l, unsigned skip, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));


/* the name our rows use for what the schema says in several words */

static const struct {
    const char          *from;
    const char          *to;
} litellm_providers[] = {
    { "text-completion-openai", "openai" },
    { "bedrock_converse", "bedrock" },
    { "bedrock_mantle", "bedrock" },
    { "cohere_chat", "cohere" },
    { "azure_text", "azure" },
    { "ollama_chat", "ollama" },
    { "text-completion-codestral", "codestral" }
};

static const char *const  litellm_local[] = {
    "ollama", "ollama_chat", "vllm", "hosted_vllm", "lm_studio", "llamafile",
    "llamacpp", "docker_model_runner", NULL
};


static void
litellm_note(litellm_t *l, unsigned skip, const char *fmt, ...)
{
    size_t   n;
    va_list  args;

    n = strlen(l->why);

    if (n && n + 2 < l->size) {
        memcpy(l->why + n, "; ", 3);
        n += 2;
    }

    va_start(args, fmt);
    (void) vsnprintf(l->why + n, l->size - n, fmt, args);
    va_end(args);

    l->skip |= skip;
}


/*
 * times 10^scale, rounded up but for the last digits of a double, which are
 * noise: 7.5e-08 must be 0.075 per million and not 0.075000001
 */

static int64_t
litellm_scaled(json_t *v, unsigned scale)
{
    char     *end;
    double    x, near;
    int64_t   n;

    if (v == NULL || json_is_null(v)) {
        return LITELLM_NONE;
    }

    if (json_is_string(v)) {
        x = strtod(json_string_value(v), &end);

        if (end == json_string_value(v) || *end != '\0') {
            return LITELLM_BAD;
        }

    } else if (json_is_number(v)) {
        x = json_number_value(v);

    } else {
        return LITELLM_BAD;
    }

    if (!(x >= 0) || x > 1e9) {
        return LITELLM_BAD;
    }

    for ( ; scale; scale--) {
        x *= 10;
    }

    if (x >= (double) AICOST_MONEY_MAX) {
        return AICOST_MONEY_MAX;
    }

    n = (int64_t) (x + 0.5);
    near = (double) n;

    if (n > 0 && (x > near ? x - near : near - x) <= near * 1e-9) {
        return n;
    }

    return x > near ? n + 1 : n;
}


/* one price; zero, a wrong unit and no number are said and give "none" */

static int64_t
litellm_price(litellm_t *l, const char *member)
{
    int64_t  pico;

    pico = litellm_scaled(json_object_get(l->entry, member), 12);

    if (pico == LITELLM_BAD) {
        litellm_note(l, 1, "%s is no price", member);
        return LITELLM_BAD;
    }

    if (pico > PRICES_LIMIT) {
        if (!l->o->force) {
            litellm_note(l, 1, "%s is %lld USD per 1M: a wrong unit? --force",
                         member, (long long) (pico / 1000000));
            return LITELLM_BAD;
        }

        l->forced = 1;
    }

    return pico;
}


static void
litellm_put(json_t *row, const char *name, int64_t pico)
{
    char  text[40];

    if (pico > 0) {
        *aicost_decimal_format((unsigned char *) text, pico, 6, 2) = '\0';
        json_object_set_new(row, name, json_string(text));
    }
}


static unsigned
litellm_in(const char *word, const char *const *list, size_t n)
{
    size_t  i;

    for (i = 0; i < n && list[i]; i++) {
        if (strcmp(word, list[i]) == 0) {
            return 1;
        }
    }

    return 0;
}


/* base prices; the dearer one where two could apply */

static void
litellm_base(litellm_t *l, unsigned embedding, unsigned local)
{
    int64_t  input, output, cached, write, hour, reasoning;

    input = litellm_price(l, "input_cost_per_token");
    output = litellm_price(l, "output_cost_per_token");
    cached = litellm_price(l, "cache_read_input_token_cost");
    write = litellm_price(l, "cache_creation_input_token_cost");
    hour = litellm_price(l, "cache_creation_input_token_cost_above_1hr");
    reasoning = litellm_price(l, "output_cost_per_reasoning_token");

    if (local && input <= 0 && output <= 0) {
        json_object_set_new(l->row, "free", json_true());
        return;
    }

    if (input == 0 || input == LITELLM_NONE) {
        litellm_note(l, 1, input == 0 ? "input price 0 is unknown, not free"
                                      : "no input price");
    }

    if ((output == 0 || output == LITELLM_NONE) && !embedding) {
        litellm_note(l, 1, output == 0 ? "output price 0 is unknown, not free"
                                       : "no output price");
    }

    if (reasoning > output) {
        litellm_note(l, 0, "reasoning is dearer than output: all output at "
                     "its price");
        output = reasoning;
    }

    if (input > 0 && input < LITELLM_LOW) {
        litellm_note(l, 0, "input is under 0.001 USD per 1M: a wrong unit?");
    }

    if (cached > input) {
        litellm_note(l, 0, "cached is dearer than input");
    }

    if (write > 0 && write < input) {
        litellm_note(l, 0, "cache write is cheaper than input: left out, "
                     "charged as input");
        write = LITELLM_NONE;
    }

    if (hour > 0 && input > 0 && hour > aicost_mul(input, 4)) {
        litellm_note(l, 0, "1h cache write is over 4 times the input price");
    }

    litellm_put(l->row, "input", input);
    litellm_put(l->row, "output", embedding ? LITELLM_NONE : output);
    litellm_put(l->row, "cached", cached);
    litellm_put(l->row, "cache_write", write);
    litellm_put(l->row, "cache_write_1h", hour);
}


static void
litellm_step(litellm_t *l, json_t *steps, int64_t tokens, unsigned embedding,
    const char *suffix)
{
    char     member[128];
    json_t  *step;
    size_t   i;
    int64_t  pico, reasoning;

    static const struct {
        const char  *from;
        const char  *to;
    } rates[] = {
        { "input_cost_per_token", "input" },
        { "output_cost_per_token", "output" },
        { "cache_read_input_token_cost", "cached" },
        { "cache_creation_input_token_cost", "cache_write" },
        { "cache_creation_input_token_cost_above_1hr", "cache_write_1h" }
    };

    step = json_object();
    json_object_set_new(step, "tokens", json_integer(tokens));

    for (i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
        (void) snprintf(member, sizeof(member), "%s%s", rates[i].from,
                        suffix);
        pico = litellm_price(l, member);

        if (i == 1) {
            (void) snprintf(member, sizeof(member),
                            "output_cost_per_reasoning_token%s", suffix);
            reasoning = litellm_price(l, member);
            pico = reasoning > pico ? reasoning : pico;
        }

        if (i != 1 || !embedding) {
            litellm_put(step, rates[i].to, pico);
        }
    }

    if (json_object_size(step) > 1) {
        json_array_append(steps, step);
    }

    json_decref(step);
}


/* "..._above_200k_tokens": k is 1000 */

static void
litellm_above(litellm_t *l, unsigned embedding)
{
    char     suffix[48];
    json_t  *steps;
    size_t   i;

    static const int  thousands[] = { 32, 64, 100, 128, 200, 256, 272, 512 };

    steps = json_array();

    for (i = 0; i < sizeof(thousands) / sizeof(thousands[0]); i++) {
        (void) snprintf(suffix, sizeof(suffix), "_above_%dk_tokens",
                        thousands[i]);
        litellm_step(l, steps, (int64_t) thousands[i] * 1000, embedding,
                     suffix);
    }

    if (json_array_size(steps) > AICOST_PRICE_STEPS) {
        litellm_note(l, 1, "more than %d price steps", AICOST_PRICE_STEPS);

    } else if (json_array_size(steps)) {
        json_object_set(l->row, "above", steps);
    }

    json_decref(steps);
}


/* tiered_pricing takes the place of the base prices: its first range is base */

static void
litellm_tiers(litellm_t *l, json_t *tiers, unsigned embedding)
{
    json_t   *whole, *steps, *tier;
    size_t    i;
    int64_t   from;

    whole = l->entry;
    steps = json_array();

    json_array_foreach(tiers, i, tier) {
        from = litellm_scaled(json_array_get(json_object_get(tier, "range"),
                                             0), 0);
        l->entry = tier;

        if (i == 0) {
            litellm_base(l, embedding, 0);

        } else if (from <= 0) {
            litellm_note(l, 1, "tiered_pricing without a range");

        } else {
            litellm_step(l, steps, from, embedding, "");
        }
    }

    l->entry = whole;

    if (json_array_size(steps) > AICOST_PRICE_STEPS) {
        litellm_note(l, 1, "more than %d price steps", AICOST_PRICE_STEPS);

    } else if (json_array_size(steps)) {
        json_object_set(l->row, "above", steps);
    }

    json_decref(steps);
}


/*
 * "..._flex" and "..._priority" beside the same price without it: the share of
 * it that the tier costs, in ppm; the dearest where they differ.
 */

static int64_t
litellm_share(litellm_t *l, const char *suffix)
{
    char         base[128];
    void        *it;
    size_t       len, tail;
    json_t      *whole;
    int64_t      part, of, share, most, least;
    const char  *key;

    most = 0;
    least = 0;
    tail = strlen(suffix);

    for (it = json_object_iter(l->entry);
         it != NULL;
         it = json_object_iter_next(l->entry, it))
    {
        key = json_object_iter_key(it);
        len = strlen(key);

        if (len <= tail || len >= sizeof(base)
            || strcmp(key + len - tail, suffix) != 0
            || strstr(key, "token") == NULL)
        {
            continue;
        }

        (void) snprintf(base, sizeof(base), "%.*s", (int) (len - tail), key);
        whole = json_object_get(l->entry, base);

        part = litellm_scaled(json_object_iter_value(it), 12);
        of = litellm_scaled(whole, 12);

        if (part <= 0 || of <= 0) {
            continue;
        }

        share = aicost_muldiv_up(part, 1000000, of);
        least = (least == 0 || share < least) ? share : least;
        most = share > most ? share : most;
    }

    if (most > least) {
        litellm_note(l, 0, "%s: its prices are not one share of the others, "
                     "the dearest is used", suffix + 1);
    }

    return most;
}


void
prices_serve(json_t *service, const char *name, int64_t share)
{
    char            text[40];
    unsigned char  *p;

    if (share > 0) {
        p = aicost_decimal_format((unsigned char *) text, share, 4, 0);
        memcpy(p, "%", 2);
        json_object_set_new(service, name, json_string(text));
    }
}


static void
litellm_service(litellm_t *l)
{
    json_t   *service, *more;
    size_t    i;
    int64_t   share;

    static const char *const  names[] = { "flex", "priority", "fast" };
    static const char *const  suffixes[] = { "_flex", "_priority" };

    service = json_object();
    more = json_object_get(l->entry, "provider_specific_entry");

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        share = i < 2 ? litellm_share(l, suffixes[i])
                      : litellm_scaled(json_object_get(more, "fast"), 6);

        if (share > LITELLM_SHARE) {
            litellm_note(l, 0, "%s costs over ten times as much: left out",
                         names[i]);
            continue;
        }

        prices_serve(service, names[i], share);
    }

    if (json_object_size(service) && !json_object_get(l->row, "free")) {
        json_object_set(l->row, "service", service);
    }

    json_decref(service);
}


static void
litellm_limits(litellm_t *l)
{
    char      text[40];
    int64_t   context, output, image;

    context = litellm_scaled(json_object_get(l->entry, "max_input_tokens"), 0);
    output = litellm_scaled(json_object_get(l->entry, "max_output_tokens"),
                            0);

    if (output <= 0) {
        output = litellm_scaled(json_object_get(l->entry, "max_tokens"), 0);
    }

    if (litellm_scaled(json_object_get(l->entry, "input_cost_per_audio_token"),
                       12) > 0)
    {
        litellm_note(l, 0, "audio has a price of its own, which is not used");
    }

    if (context > 0 && context <= 1000000000) {
        json_object_set_new(l->row, "context", json_integer(context));

    } else {
        litellm_note(l, 0, "context unknown");
    }

    if (output > 0 && output <= 1000000000) {
        json_object_set_new(l->row, "max_output", json_integer(output));
    }

    image = litellm_scaled(json_object_get(l->entry, "input_cost_per_image"),
                           12);

    if (image > 0 && json_object_get(l->row, "free") == NULL) {
        *aicost_decimal_format((unsigned char *) text, image, 12, 2) = '\0';
        json_object_set_new(l->row, "image", json_string(text));
    }
}


static void
litellm_can(litellm_t *l)
{
    json_t  *can;
    size_t   i;

    static const struct {
        const char  *from;
        const char  *to;
    } able[] = {
        { "supports_function_calling", "tools" },
        { "supports_vision", "vision" },
        { "supports_response_schema", "json_schema" },
        { "supports_reasoning", "reasoning" }
    };

    can = json_array();

    for (i = 0; i < sizeof(able) / sizeof(able[0]); i++) {
        if (json_is_true(json_object_get(l->entry, able[i].from))) {
            json_array_append_new(can, json_string(able[i].to));
        }
    }

    /* silence in the catalogue is not a no */
    if (json_array_size(can)) {
        json_object_set(l->row, "can", can);
    }

    json_decref(can);
}


static void
litellm_dates(litellm_t *l)
{
    char         today[32];
    const char  *date;

    date = json_string_value(json_object_get(l->entry, "deprecation_date"));
    aicost_date(aicost_now(), today);

    if (date && *date && strcmp(date, today) <= 0) {
        litellm_note(l, 0, "deprecated since %s", date);
    }

    if (json_object_get(l->entry, "off_peak_pricing")) {
        litellm_note(l, 0, "cheaper hours are not used");
    }
}


/* "provider/model", with the provider's name as the operator calls it */

static void
litellm_name(litellm_t *l, const char *key, const char *provider, char *name,
    size_t size)
{
    size_t       i, n;
    const char  *p, *to, *slash;

    to = provider;

    for (i = 0; i < sizeof(litellm_providers) / sizeof(litellm_providers[0]);
         i++)
    {
        if (strcmp(provider, litellm_providers[i].from) == 0) {
            to = litellm_providers[i].to;
        }
    }

    n = strncmp(to, "vertex_ai", 9) == 0 ? 9 : strlen(to);
    slash = strchr(key, '/');
    p = key;

    if (slash
        && (((size_t) (slash - key) == n && strncmp(key, to, n) == 0)
            || ((size_t) (slash - key) == strlen(provider)
                && strncmp(key, provider, strlen(provider)) == 0)))
    {
        p = slash + 1;
    }

    for (i = 0; i < l->o->nas; i++) {
        slash = strchr(l->o->as[i], '=');

        if ((size_t) (slash - l->o->as[i]) == n
            && strncmp(l->o->as[i], to, n) == 0)
        {
            to = slash + 1;
            n = strlen(to);
            break;
        }
    }

    (void) snprintf(name, size, "%.*s/%s", (int) n, to, p);

    if (strlen(name) > AICOST_MAX_IDENT) {
        litellm_note(l, 1, "the name is too long");
    }

    for (p = name; *p; p++) {
        if (*p <= 0x20 || *p >= 0x7f) {
            litellm_note(l, 1, "the name is not printable");
            break;
        }
    }
}


json_t *
prices_litellm(const prices_import_t *o, const char *key, json_t *entry,
    char *name, size_t name_size, char *why, size_t why_size)
{
    json_t      *tiers;
    unsigned     embedding, local;
    litellm_t    l;
    const char  *mode, *provider;

    memset(&l, 0, sizeof(l));
    l.o = o;
    l.entry = entry;
    l.why = why;
    l.size = why_size;
    *why = '\0';

    provider = json_string_value(json_object_get(entry, "litellm_provider"));
    mode = json_string_value(json_object_get(entry, "mode"));

    if (provider == NULL || strchr(provider, ' ')) {
        (void) snprintf(name, name_size, "%s", key);
        litellm_note(&l, 1, "no model: an example or a rule");
        return NULL;
    }

    litellm_name(&l, key, provider, name, name_size);

    if (mode == NULL
        || (strcmp(mode, "chat") != 0 && strcmp(mode, "responses") != 0
            && strcmp(mode, "completion") != 0
            && strcmp(mode, "embedding") != 0))
    {
        litellm_note(&l, 1, "mode %s", mode ? mode : "unknown");
        return NULL;
    }

    embedding = strcmp(mode, "embedding") == 0;
    local = litellm_in(provider, litellm_local, (size_t) -1)
            || litellm_in(provider, o->local, o->nlocal);

    l.row = json_object();
    tiers = json_object_get(entry, "tiered_pricing");

    if (json_array_size(tiers)) {
        litellm_tiers(&l, tiers, embedding);

    } else {
        litellm_base(&l, embedding, local);
        litellm_above(&l, embedding);
    }

    litellm_limits(&l);
    litellm_service(&l);
    litellm_can(&l);
    litellm_dates(&l);

    if (embedding) {
        json_object_set_new(l.row, "mode", json_string("embedding"));
        json_object_del(l.row, "can");
        json_object_del(l.row, "max_output");
    }

    if (l.forced) {
        json_object_set_new(l.row, "force", json_true());
    }

    if (l.skip) {
        json_decref(l.row);
        return NULL;
    }

    return l.row;
}
