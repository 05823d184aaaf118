
/*
 * Copyright (C) aicost
 */


#include <stdlib.h>

#include "../core/aicost_request.h"
#include "aicost_file_json.h"


#define AICOST_FILE_ROWS       64      /* of one model */
#define AICOST_FILE_LIMIT      ((int64_t) 700000000)  /* pico-USD a token: above
                                                         it is a wrong unit */
#define AICOST_FILE_TOKENS     ((int64_t) 1000000000) /* of a context */


typedef struct {
    aicost_file_t               *f;
    aicost_catalogue_builder_t  *b;
    aicost_price_t               row;
    const char                  *source;
    unsigned                     force;
    unsigned                     embedding;
} aicost_file_row_t;


static int aicost_file_models(aicost_file_t *f, json_t *root,
    aicost_catalogue_builder_t *b);
static int aicost_file_model(aicost_file_row_t *r, json_t *value);
static int aicost_file_model_name(aicost_file_t *f);
static int aicost_file_row(aicost_file_row_t *r, json_t *o, size_t i);
static int aicost_file_row_kind(aicost_file_row_t *r, json_t *o);
static int aicost_file_row_prices(aicost_file_row_t *r, json_t *o);
static int aicost_file_row_limits(aicost_file_row_t *r, json_t *o);
static int aicost_file_can(aicost_file_row_t *r, json_t *o);
static int aicost_file_above(aicost_file_row_t *r, json_t *o);
static int aicost_file_peak(aicost_file_row_t *r, json_t *o);
static int aicost_file_service(aicost_file_row_t *r, json_t *o);
static int aicost_file_hours(aicost_file_row_t *r, const char *s);
static int aicost_file_clock(const char *s, int32_t *minutes);
static int aicost_file_rates(aicost_file_row_t *r, json_t *o,
    aicost_rates_t *rates);
static int aicost_file_price(aicost_file_row_t *r, json_t *o,
    const char *member, int64_t *price);


static const char *const  aicost_file_top[] = {
    "version", "currency", "models", NULL
};

static const char *const  aicost_file_members[] = {
    "valid_from", "input", "output", "cached", "cache_write",
    "cache_write_1h", "context", "max_output", "can", "image",
    "image_tokens", "above", "peak", "service", "source", "free", "mode",
    "force", NULL
};

static const char *const  aicost_file_peaks[] = {
    "hours", "otherwise", "workdays", NULL
};

static const char *const  aicost_file_step[] = {
    "tokens", "input", "output", "cached", "cache_write", "cache_write_1h",
    NULL
};


aicost_catalogue_t *
aicost_file_prices(const char *data, size_t len, aicost_file_error_t *err)
{
    json_t                      *root;
    aicost_file_t                f;
    aicost_catalogue_t          *c;
    aicost_catalogue_builder_t  *b;

    memset(&f, 0, sizeof(aicost_file_t));

    f.data = data;
    f.len = len;
    f.err = err;

    root = aicost_file_load(&f);
    if (root == NULL) {
        return NULL;
    }

    c = NULL;

    b = aicost_catalogue_start(aicost_file_alloc, NULL);

    if (b == NULL) {
        (void) aicost_file_fail(&f, NULL, "no memory");

    } else if (aicost_file_models(&f, root, b) == AICOST_OK) {
        c = aicost_catalogue_seal(b);

        if (c == NULL) {
            (void) aicost_file_fail(&f, NULL, "no memory");
        }
    }

    aicost_catalogue_drop(b);
    json_decref(root);

    return c;
}


static int
aicost_file_models(aicost_file_t *f, json_t *root,
    aicost_catalogue_builder_t *b)
{
    int                 rc;
    void               *it;
    json_t             *models;
    const char         *currency;
    aicost_file_row_t   r;

    if (aicost_file_known(f, root, aicost_file_top) != AICOST_OK
        || aicost_file_version(f, root) != AICOST_OK)
    {
        return AICOST_ERROR;
    }

    rc = aicost_file_string(f, root, "currency", &currency);

    if (rc == AICOST_ERROR) {
        return rc;
    }

    if (rc == AICOST_OK && strcmp(currency, "USD") != 0) {
        return aicost_file_fail(f, "currency", "\"currency\" must be \"USD\": "
                                "the exchange rate is set by aicost_currency");
    }

    models = json_object_get(root, "models");

    if (!json_is_object(models)) {
        return aicost_file_fail(f, "models", "\"models\" must be an object: "
                                "{\"provider/model\": [{...}]}");
    }

    memset(&r, 0, sizeof(aicost_file_row_t));

    r.f = f;
    r.b = b;

    for (it = json_object_iter(models);
         it != NULL;
         it = json_object_iter_next(models, it))
    {
        f->what = "model";
        f->name = json_object_iter_key(it);

        if (aicost_file_model_name(f) != AICOST_OK
            || aicost_file_model(&r, json_object_iter_value(it)) != AICOST_OK)
        {
            return AICOST_ERROR;
        }
    }

    f->what = NULL;
    f->name = NULL;

    return AICOST_OK;
}


static int
aicost_file_model_name(aicost_file_t *f)
{
    const char  *p, *slash;

    slash = strchr(f->name, '/');

    if (slash == NULL || slash == f->name || slash[1] == '\0') {
        return aicost_file_fail(f, NULL, "the name must be \"provider/model\"");
    }

    if (strlen(f->name) > AICOST_MAX_IDENT) {
        return aicost_file_fail(f, NULL, "the name is longer than %d bytes",
                                AICOST_MAX_IDENT);
    }

    for (p = f->name; *p; p++) {
        if (*p <= 0x20 || *p >= 0x7f) {
            return aicost_file_fail(f, NULL, "the name must be printable "
                                    "ASCII without spaces");
        }
    }

    return AICOST_OK;
}


/* one row, or a list of rows in time order */

static int
aicost_file_model(aicost_file_row_t *r, json_t *value)
{
    size_t  i;

    if (json_is_object(value)) {
        return aicost_file_row(r, value, 0);
    }

    if (!json_is_array(value)
        || json_array_size(value) == 0
        || json_array_size(value) > AICOST_FILE_ROWS)
    {
        return aicost_file_fail(r->f, NULL, "must be one row, {...}, or a "
                                "list of 1 to %d of them", AICOST_FILE_ROWS);
    }

    for (i = 0; i < json_array_size(value); i++) {
        if (aicost_file_row(r, json_array_get(value, i), i) != AICOST_OK) {
            return AICOST_ERROR;
        }
    }

    return AICOST_OK;
}


static int
aicost_file_row(aicost_file_row_t *r, json_t *o, size_t i)
{
    int            rc;
    const char    *from;
    aicost_str_t   name, source;

    if (!json_is_object(o)) {
        return aicost_file_fail(r->f, NULL, "a row must be an object");
    }

    if (aicost_file_known(r->f, o, aicost_file_members) != AICOST_OK) {
        return AICOST_ERROR;
    }

    memset(&r->row, 0, sizeof(aicost_price_t));

    r->row.valid_from = INT64_MIN;
    r->source = NULL;

    rc = aicost_file_string(r->f, o, "valid_from", &from);

    if (rc == AICOST_ERROR) {
        return rc;
    }

    if (rc == AICOST_DECLINED && i > 0) {
        return aicost_file_fail(r->f, NULL, "row %u has no \"valid_from\": "
                                "write when its price begins",
                                (unsigned) i + 1);
    }

    if (rc == AICOST_OK
        && aicost_file_time(from, &r->row.valid_from) != AICOST_OK)
    {
        return aicost_file_fail(r->f, "valid_from", "\"valid_from\" must be a "
                                "date such as \"2026-09-22\" or "
                                "\"2026-09-22T08:00:00Z\"");
    }

    if (aicost_file_string(r->f, o, "source", &r->source) == AICOST_ERROR
        || aicost_file_row_kind(r, o) != AICOST_OK
        || aicost_file_row_prices(r, o) != AICOST_OK
        || aicost_file_row_limits(r, o) != AICOST_OK
        || aicost_file_can(r, o) != AICOST_OK)
    {
        return AICOST_ERROR;
    }

    name = aicost_file_str(r->f->name);
    source = aicost_file_str(r->source);

    rc = aicost_catalogue_add(r->b, &name, &r->row, &source);

    if (rc == AICOST_DECLINED) {
        return aicost_file_fail(r->f, "valid_from", "row %u does not begin "
                                "after the one before it: sort the rows by "
                                "\"valid_from\"", (unsigned) i + 1);
    }

    if (rc != AICOST_OK) {
        return aicost_file_fail(r->f, NULL, "no memory");
    }

    return AICOST_OK;
}


static int
aicost_file_row_kind(aicost_file_row_t *r, json_t *o)
{
    int          rc;
    unsigned     free_row;
    const char  *mode;

    free_row = 0;
    r->force = 0;
    r->embedding = 0;

    rc = aicost_file_string(r->f, o, "mode", &mode);

    if (rc == AICOST_OK) {
        r->embedding = strcmp(mode, "embedding") == 0;

        if (!r->embedding && strcmp(mode, "chat") != 0
            && strcmp(mode, "completion") != 0)
        {
            rc = aicost_file_fail(r->f, "mode", "\"mode\" must be \"chat\", "
                                  "\"completion\" or \"embedding\"");
        }
    }

    if (rc == AICOST_ERROR
        || aicost_file_bool(r->f, o, "free", &free_row) == AICOST_ERROR
        || aicost_file_bool(r->f, o, "force", &r->force) == AICOST_ERROR)
    {
        return AICOST_ERROR;
    }

    r->row.free = free_row;

    return AICOST_OK;
}


static int
aicost_file_row_prices(aicost_file_row_t *r, json_t *o)
{
    int          rc;
    const char  *image;

    if (aicost_file_rates(r, o, &r->row.base) != AICOST_OK) {
        return AICOST_ERROR;
    }

    if (r->row.free) {
        memset(&r->row.base, 0, sizeof(aicost_rates_t));

    } else if (r->row.base.input == AICOST_PRICE_UNKNOWN) {
        return aicost_file_fail(r->f, NULL, "\"input\" is missing: write its "
                                "price in USD per 1M tokens, or \"free\": true "
                                "when it costs nothing");

    } else if (r->row.base.output == AICOST_PRICE_UNKNOWN && !r->embedding) {
        return aicost_file_fail(r->f, NULL, "\"output\" is missing: write its "
                                "price in USD per 1M tokens, \"free\": true "
                                "when it costs nothing, or \"mode\": "
                                "\"embedding\" when there is none");
    }

    image = NULL;

    if (json_is_number(json_object_get(o, "image"))) {
        return aicost_file_fail(r->f, "image", "\"image\" must be a string "
                                "such as \"0.0003\", USD an image");
    }

    rc = aicost_file_string(r->f, o, "image", &image);

    if (rc == AICOST_ERROR) {
        return rc;
    }

    if (rc == AICOST_OK
        && aicost_decimal_parse((const unsigned char *) image, strlen(image),
                                12, &r->row.image) != AICOST_OK)
    {
        return aicost_file_fail(r->f, "image", "\"image\" must be a plain "
                                "decimal such as \"0.0003\", USD an image");
    }

    if (r->row.free && r->row.image) {
        return aicost_file_fail(r->f, "image", "\"free\": true and a price of "
                                "\"image\" contradict each other");
    }

    if (aicost_file_above(r, o) != AICOST_OK
        || aicost_file_peak(r, o) != AICOST_OK)
    {
        return AICOST_ERROR;
    }

    return aicost_file_service(r, o);
}


static int
aicost_file_row_limits(aicost_file_row_t *r, json_t *o)
{
    int64_t  tokens;

    tokens = 0;

    if (aicost_file_integer(r->f, o, "context", 1, AICOST_FILE_TOKENS,
                            &r->row.context) == AICOST_ERROR
        || aicost_file_integer(r->f, o, "max_output", 1, AICOST_FILE_TOKENS,
                               &r->row.max_output) == AICOST_ERROR
        || aicost_file_integer(r->f, o, "image_tokens", 1, 1000000, &tokens)
           == AICOST_ERROR)
    {
        return AICOST_ERROR;
    }

    r->row.image_tokens = (uint32_t) tokens;

    return AICOST_OK;
}


/* without the list nothing is known, and nothing is refused */

static int
aicost_file_can(aicost_file_row_t *r, json_t *o)
{
    size_t       i, k;
    json_t      *can;
    const char  *word;

    static const struct {
        const char  *word;
        uint32_t     bit;
    } words[] = {
        { "tools", AICOST_CAN_TOOLS },
        { "vision", AICOST_CAN_VISION },
        { "json_schema", AICOST_CAN_JSON_SCHEMA },
        { "reasoning", AICOST_CAN_REASONING }
    };

    can = json_object_get(o, "can");

    if (can == NULL) {
        r->row.can = 0xffffffff;
        return AICOST_OK;
    }

    for (i = 0; i < json_array_size(can); i++) {
        word = json_string_value(json_array_get(can, i));

        for (k = 0; k < sizeof(words) / sizeof(words[0]); k++) {
            if (word != NULL && strcmp(word, words[k].word) == 0) {
                break;
            }
        }

        if (k == sizeof(words) / sizeof(words[0])) {
            break;
        }

        r->row.can |= words[k].bit;
    }

    if (!json_is_array(can) || i < json_array_size(can)) {
        return aicost_file_fail(r->f, "can", "\"can\" must be a list of "
                                "\"tools\", \"vision\", \"json_schema\", "
                                "\"reasoning\"");
    }

    return AICOST_OK;
}


static int
aicost_file_above(aicost_file_row_t *r, json_t *o)
{
    size_t           i;
    json_t          *above, *step;
    int64_t          tokens, last;
    aicost_rates_t  *rates;

    above = json_object_get(o, "above");

    if (above == NULL) {
        return AICOST_OK;
    }

    if (r->row.free) {
        return aicost_file_fail(r->f, "above", "\"free\": true and \"above\" "
                                "contradict each other");
    }

    if (!json_is_array(above)
        || json_array_size(above) == 0
        || json_array_size(above) > AICOST_PRICE_STEPS)
    {
        return aicost_file_fail(r->f, "above", "\"above\" must be a list of "
                                "1 to %d steps: [{\"tokens\": 272000, "
                                "\"input\": \"0.20\", \"output\": \"0.75\"}]",
                                AICOST_PRICE_STEPS);
    }

    last = 0;

    for (i = 0; i < json_array_size(above); i++) {
        step = json_array_get(above, i);

        if (!json_is_object(step)) {
            return aicost_file_fail(r->f, "above",
                                    "a step of \"above\" must be an object");
        }

        if (aicost_file_known(r->f, step, aicost_file_step) != AICOST_OK) {
            return AICOST_ERROR;
        }

        tokens = 0;

        if (aicost_file_integer(r->f, step, "tokens", 1, AICOST_FILE_TOKENS,
                                &tokens) == AICOST_ERROR)
        {
            return AICOST_ERROR;
        }

        if (tokens <= last) {
            return aicost_file_fail(r->f, "above", "each step of \"above\" "
                                    "needs more \"tokens\" than the one "
                                    "before it");
        }

        last = tokens;
        rates = &r->row.above[i].rates;
        r->row.above[i].tokens = tokens;

        if (aicost_file_rates(r, step, rates) != AICOST_OK) {
            return AICOST_ERROR;
        }

        if (json_object_size(step) == 1) {
            return aicost_file_fail(r->f, "above",
                                    "a step of \"above\" has no price");
        }
    }

    return AICOST_OK;
}


/* {"hours": ["01:00-04:00"], "otherwise": "50%", "workdays": "+08:00"} */

static int
aicost_file_peak(aicost_file_row_t *r, json_t *o)
{
    int          rc;
    size_t       i;
    json_t      *peak, *hours;
    int64_t      ppm;
    const char  *s;

    peak = json_object_get(o, "peak");

    if (peak == NULL) {
        return AICOST_OK;
    }

    if (!json_is_object(peak) || r->row.free) {
        return aicost_file_fail(r->f, "peak", "\"peak\" must be an object of "
                                "a row that has prices");
    }

    if (aicost_file_known(r->f, peak, aicost_file_peaks) != AICOST_OK) {
        return AICOST_ERROR;
    }

    rc = aicost_file_string(r->f, peak, "otherwise", &s);

    if (rc == AICOST_ERROR) {
        return rc;
    }

    if (rc != AICOST_OK
        || aicost_percent_parse((const unsigned char *) s, strlen(s), &ppm)
           != AICOST_OK
        || ppm <= 0 || ppm > 1000000)
    {
        return aicost_file_fail(r->f, "otherwise", "\"otherwise\" of \"peak\" "
                                "must be what is paid of these prices at "
                                "other times, such as \"50%%\"");
    }

    hours = json_object_get(peak, "hours");

    for (i = 0; i < json_array_size(hours) && i < AICOST_PRICE_PEAKS; i++) {
        s = json_string_value(json_array_get(hours, i));

        if (s == NULL || aicost_file_hours(r, s) != AICOST_OK) {
            break;
        }
    }

    if (i == 0 || i < json_array_size(hours)) {
        return aicost_file_fail(r->f, "hours", "\"hours\" of \"peak\" must be "
                                "a list of 1 to %d times of the day in UTC, "
                                "such as \"01:00-04:00\"",
                                AICOST_PRICE_PEAKS);
    }

    rc = aicost_file_string(r->f, peak, "workdays", &s);

    if (rc == AICOST_OK) {
        r->row.peak.workdays = 1;

        if ((*s != '+' && *s != '-')
            || aicost_file_clock(s + 1, &r->row.peak.offset) != AICOST_OK
            || s[6] != '\0' || r->row.peak.offset > 14 * 60)
        {
            rc = aicost_file_fail(r->f, "workdays", "\"workdays\" of \"peak\""
                                  " must be the offset of whose Saturdays and "
                                  "Sundays are none, such as \"+08:00\"");
        }

        if (*s == '-') {
            r->row.peak.offset = -r->row.peak.offset;
        }
    }

    r->row.peak.otherwise = (uint32_t) ppm;

    return rc == AICOST_ERROR ? rc : AICOST_OK;
}


/* {"flex": "50%", "priority": "200%"} */

static int
aicost_file_service(aicost_file_row_t *r, json_t *o)
{
    void              *it;
    json_t            *service;
    int64_t            ppm;
    const char        *s;
    aicost_service_e   which;

    service = json_object_get(o, "service");

    if (service == NULL) {
        return AICOST_OK;
    }

    if (!json_is_object(service) || r->row.free) {
        return aicost_file_fail(r->f, "service", "\"service\" must be an "
                                "object of a row that has prices");
    }

    for (it = json_object_iter(service);
         it != NULL;
         it = json_object_iter_next(service, it))
    {
        which = aicost_service_find(json_object_iter_key(it));

        if (which == AICOST_SERVICE_OTHER) {
            return aicost_file_fail(r->f, "service", "\"service\" has "
                                    "unknown \"%.40s\", known: auto flex "
                                    "priority fast scale",
                                    json_object_iter_key(it));
        }

        s = json_string_value(json_object_iter_value(it));

        if (s == NULL
            || aicost_percent_parse((const unsigned char *) s, strlen(s), &ppm)
               != AICOST_OK
            || ppm <= 0)
        {
            return aicost_file_fail(r->f, "service", "\"%s\" of \"service\" "
                                    "must be what is paid of these prices, up "
                                    "to 1000%%, such as \"50%%\"",
                                    json_object_iter_key(it));
        }

        r->row.service[which] = (uint32_t) ppm;
    }

    return AICOST_OK;
}


static int
aicost_file_hours(aicost_file_row_t *r, const char *s)
{
    int32_t         from, to;
    aicost_peak_t  *peak;

    if (aicost_file_clock(s, &from) != AICOST_OK || s[5] != '-'
        || aicost_file_clock(s + 6, &to) != AICOST_OK || s[11] != '\0'
        || from == to || from == 24 * 60)
    {
        return AICOST_ERROR;
    }

    peak = &r->row.peak;
    peak->hour[peak->hours].from = (uint16_t) from;
    peak->hour[peak->hours].to = (uint16_t) to;
    peak->hours++;

    return AICOST_OK;
}


/* "HH:MM" at s, what follows is the caller's; up to 24:00 */

static int
aicost_file_clock(const char *s, int32_t *minutes)
{
    int  i;

    for (i = 0; i < 5; i++) {
        if (i == 2 ? s[i] != ':' : s[i] < '0' || s[i] > '9') {
            return AICOST_ERROR;
        }
    }

    *minutes = ((s[0] - '0') * 10 + s[1] - '0') * 60
               + (s[3] - '0') * 10 + s[4] - '0';

    return s[3] < '6' && *minutes <= 24 * 60 ? AICOST_OK : AICOST_ERROR;
}


static int
aicost_file_rates(aicost_file_row_t *r, json_t *o, aicost_rates_t *rates)
{
    if (aicost_file_price(r, o, "input", &rates->input) != AICOST_OK
        || aicost_file_price(r, o, "output", &rates->output) != AICOST_OK
        || aicost_file_price(r, o, "cached", &rates->cached) != AICOST_OK
        || aicost_file_price(r, o, "cache_write", &rates->cache_write)
           != AICOST_OK
        || aicost_file_price(r, o, "cache_write_1h", &rates->cache_write_1h)
           != AICOST_OK)
    {
        return AICOST_ERROR;
    }

    return AICOST_OK;
}


/* pico-USD a token of USD per 1M tokens */

static int
aicost_file_price(aicost_file_row_t *r, json_t *o, const char *member,
    int64_t *price)
{
    int          rc;
    json_t      *v;
    const char  *s;

    *price = AICOST_PRICE_UNKNOWN;

    v = json_object_get(o, member);
    if (v == NULL) {
        return AICOST_OK;
    }

    if (!json_is_string(v)) {
        return aicost_file_fail(r->f, member, "\"%s\" must be a decimal in "
                                "quotes, USD per 1M tokens: write \"%s\": "
                                "\"0.10\", a bare number loses digits", member,
                                member);
    }

    s = json_string_value(v);

    if (s[0] == '-') {
        return aicost_file_fail(r->f, member, "\"%s\" is negative", member);
    }

    rc = aicost_decimal_parse((const unsigned char *) s,
                              json_string_length(v), 6, price);

    if (rc == AICOST_DECLINED) {
        return aicost_file_fail(r->f, member, "\"%s\" must be a plain decimal "
                                "such as \"0.10\", USD per 1M tokens", member);
    }

    if (rc == AICOST_ERROR || (*price > AICOST_FILE_LIMIT && !r->force)) {
        return aicost_file_fail(r->f, member, "\"%s\" is above 700 USD per 1M "
                                "tokens: is it per token? \"force\": true "
                                "accepts it", member);
    }

    if (r->row.free && *price != 0) {
        return aicost_file_fail(r->f, member, "\"free\": true and a price of "
                                "\"%s\" contradict each other", member);
    }

    if (*price == 0 && r->embedding && strcmp(member, "output") == 0) {
        return aicost_file_fail(r->f, member, "\"output\" is zero: leave it "
                                "out, an embedding has no output");
    }

    if (*price == 0 && !r->row.free) {
        return aicost_file_fail(r->f, member, "\"%s\" is zero: write \"free\": "
                                "true when the model costs nothing, leave it "
                                "out when it is not known", member);
    }

    return AICOST_OK;
}
