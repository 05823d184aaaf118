
/*
 * Copyright (C) aicost
 */


#include <stdlib.h>

#include "aicost_file.h"
#include "aicost_request.h"
#include "tap.h"


static aicost_file_error_t  err;


static aicost_catalogue_t *
prices(const char *s)
{
    return aicost_file_prices(s, strlen(s), &err);
}


static void
bad(const char *file, int line, const char *says)
{
    char                 name[300];
    aicost_catalogue_t  *c;

    c = prices(file);

    (void) snprintf(name, sizeof(name), "refused: %s", says);
    ok(c == NULL && strstr(err.text, says) != NULL, name);

    if (c != NULL || strstr(err.text, says) == NULL) {
        printf("#   got \"%s\"\n", c ? "(accepted)" : err.text);
    }

    is_int(err.line, line, "and where");
    free(c);
}


#define FILE_(row)  "{\"version\": 1,\n \"models\": {\n  \"p/m\": [" row "]\n}}"
#define PRICED      "\"input\": \"1\", \"output\": \"2\""


static void
refused(void)
{
    bad("", 1, "not valid JSON");
    bad("[]", 1, "one object");
    bad("{\"version\": 1,\n \"version\": 1}", 2, "duplicate");
    bad("{\"models\": {}}", 1, "\"version\" is missing");
    bad("{\"version\": 2}", 1, "must be 1");
    bad("{\"version\": 1}", 1, "\"models\" must be an object");
    bad("{\"version\": 1,\n\"currency\": \"EUR\"}", 2, "must be \"USD\"");
    bad("{\"version\": 1,\n\"prices\": {}}", 2,
        "unknown member \"prices\", known: version currency models");
    bad("{\"version\": 1, \"models\": {\n\"m\": {}}}", 2, "provider/model");
    bad("{\"version\": 1, \"models\": {\n\"a/b c\": {}}}", 2,
        "without spaces");
    bad("{\"version\": 1, \"models\": {\n\"p/m\": 7}}", 2, "one row");
    bad("{\"version\": 1, \"models\": {\n\"p/m\": []}}", 2, "one row");
    bad(FILE_("7"), 3, "a row must be an object");
    bad(FILE_("{}"), 3, "\"input\" is missing");
    bad(FILE_("{\"input\": \"1\"}"), 3, "\"output\" is missing");
    bad(FILE_("{\n\"inptu\": \"1\"}"), 4,
        "model \"p/m\": unknown member \"inptu\", known: valid_from input");
    bad(FILE_("{\n\"input\": 0.10, \"output\": \"1\"}"), 4,
        "a decimal in quotes");
    bad(FILE_("{\"input\": \"-1\"}"), 3, "is negative");
    bad(FILE_("{\"input\": \"1e3\"}"), 3, "plain decimal");
    bad(FILE_("{\"input\": \"0\", \"output\": \"1\"}"), 3,
        "is zero: write \"free\": true");
    bad(FILE_("{\"input\": \"700.000001\"}"), 3, "above 700 USD");
    bad(FILE_("{\"input\": \"999999999999999999\", \"force\": true}"), 3,
        "above 700 USD");
    bad(FILE_("{\"mode\": \"embedding\", \"input\": \"1\", \"output\": "
              "\"0\"}"), 3, "an embedding has no output");
    bad(FILE_("{\"mode\": \"x\"}"), 3, "\"mode\" must be");
    bad(FILE_("{\"free\": 1}"), 3, "true or false");
    bad(FILE_("{\"free\": true, \"input\": \"1\"}"), 3, "contradict");
    bad(FILE_("{\"free\": true, \"image\": \"1\"}"), 3, "contradict");
    bad(FILE_("{\"free\": true, \"above\": []}"), 3, "contradict");
    bad(FILE_("{" PRICED ", \"context\": 0}"), 3, "whole number");
    bad(FILE_("{" PRICED ", \"context\": 1.5}"), 3, "whole number");
    bad(FILE_("{" PRICED ", \"max_output\": \"1\"}"), 3, "whole number");
    bad(FILE_("{" PRICED ", \"can\": [\"fly\"]}"), 3, "\"can\" must be");
    bad(FILE_("{" PRICED ", \"can\": \"tools\"}"), 3, "\"can\" must be");
    bad(FILE_("{" PRICED ", \"image\": 1}"), 3, "must be a string");
    bad(FILE_("{" PRICED ", \"image\": \"x\"}"), 3, "plain decimal");
    bad(FILE_("{" PRICED ", \"valid_from\": \"soon\"}"), 3, "must be a date");
    bad(FILE_("{" PRICED "}, {" PRICED "}"), 3, "no \"valid_from\"");
    bad(FILE_("{\"valid_from\": \"2026-02-01\", " PRICED "}, "
              "{\"valid_from\": \"2026-01-01\", " PRICED "}"), 3,
        "sort the rows");
    bad(FILE_("{" PRICED ", \"above\": {}}"), 3, "1 to 4 steps");
    bad(FILE_("{" PRICED ", \"above\": []}"), 3, "1 to 4 steps");
    bad(FILE_("{" PRICED ", \"above\": [{\"tokens\": 1}]}"), 3, "no price");
    bad(FILE_("{" PRICED ", \"above\": [{\"input\": \"1\"}]}"), 3,
        "more \"tokens\"");
    bad(FILE_("{" PRICED ", \"above\": [{\"tokens\": 1, \"x\": 1}]}"), 3,
        "unknown member \"x\"");
    bad(FILE_("{" PRICED ", \"above\": [{\"tokens\": 2, \"input\": \"1\"}, "
              "{\"tokens\": 2, \"input\": \"1\"}]}"), 3, "more \"tokens\"");
}


static const aicost_price_t *
row(const aicost_catalogue_t *c, const char *name, int64_t now)
{
    return c ? aicost_catalogue_find(c, (const unsigned char *) name,
                                     strlen(name), now) : NULL;
}


#define PEAK(hours, rest)                                                     \
    FILE_("{" PRICED ", \"peak\": {\"hours\": " hours ", " rest "}}")
#define HALF        "\"otherwise\": \"50%\""

static void
peaks(void)
{
    unsigned               i;
    aicost_catalogue_t    *c;
    const aicost_price_t  *p;

    static const char  *hours[] = {
        "7", "[]", "[7]", "[\"\"]", "[\"1:00-2:00\"]", "[\"01:00\"]",
        "[\"01:00-\"]", "[\"01:00-02:0\"]", "[\"01:00-02:00 \"]",
        "[\"01:60-02:00\"]", "[\"24:01-02:00\"]", "[\"24:00-02:00\"]",
        "[\"02:00-02:00\"]", "[\"01:00-02:00\", 7]",
        "[\"01:00-02:00\", \"03:00-04:00\", \"05:00-06:00\","
        " \"07:00-08:00\", \"09:00-10:00\"]"
    };
    static const char  *offsets[] = {
        "08:00", "+8:00", "+08:00 ", "+15:00", "+08:60"
    };

    for (i = 0; i < sizeof(hours) / sizeof(hours[0]); i++) {
        char  text[400];

        (void) snprintf(text, sizeof(text), PEAK("%s", "\"otherwise\": "
                                                 "\"50%%\""), hours[i]);
        bad(text, 3, "times of the day in UTC");
    }

    for (i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++) {
        char  text[400];

        (void) snprintf(text, sizeof(text),
                        PEAK("[\"01:00-02:00\"]", "\"otherwise\": \"50%%\", "
                             "\"workdays\": \"%s\""), offsets[i]);
        bad(text, 3, "the offset of whose Saturdays");
    }

    bad(FILE_("{" PRICED ", \"peak\": []}"), 3, "must be an object");
    bad(FILE_("{\"free\": true, \"peak\": {}}"), 3, "that has prices");
    bad(FILE_("{" PRICED ", \"peak\": {\"days\": 1}}"), 3,
        "known: hours otherwise workdays");
    bad(FILE_("{" PRICED ", \"peak\": {}}"), 3, "what is paid of these");
    bad(PEAK("[\"01:00-02:00\"]", "\"otherwise\": \"0%\""), 3,
        "what is paid of these");
    bad(PEAK("[\"01:00-02:00\"]", "\"otherwise\": \"101%\""), 3,
        "what is paid of these");

    c = prices(PEAK("[\"22:30-00:30\", \"06:00-24:00\"]",
                    HALF ", \"workdays\": \"-05:30\""));
    p = row(c, "p/m", 0);
    ok(p != NULL, "peak hours");
    printf("# %s\n", p ? "" : err.text);

    if (p) {
        is_int(p->peak.otherwise, 500000, "otherwise");
        is_int(p->peak.hours, 2, "two times of the day");
        is_int(p->peak.hour[0].from, 1350, "from");
        is_int(p->peak.hour[0].to, 30, "over midnight");
        is_int(p->peak.hour[1].to, 1440, "to midnight");
        is_int(p->peak.workdays, 1, "workdays");
        is_int(p->peak.offset, -330, "west");
    }

    free(c);
}


#define SERVICE(what)                                                         \
    FILE_("{" PRICED ", \"service\": {" what "}}")


static void
services(void)
{
    aicost_catalogue_t    *c;
    const aicost_price_t  *p;

    bad(FILE_("{" PRICED ", \"service\": \"flex\"}"), 3, "must be an object");
    bad(FILE_("{\"free\": true, \"service\": {}}"), 3, "that has prices");
    bad(SERVICE("\"cheap\": \"50%\""), 3, "unknown \"cheap\", known: auto");
    bad(SERVICE("\"standard\": \"50%\""), 3, "unknown \"standard\"");
    bad(SERVICE("\"other\": \"50%\""), 3, "unknown \"other\"");
    bad(SERVICE("\"flex\": 50"), 3, "\"flex\" of \"service\"");
    bad(SERVICE("\"flex\": \"0%\""), 3, "\"flex\" of \"service\"");
    bad(SERVICE("\"flex\": \"1001%\""), 3, "\"flex\" of \"service\"");

    c = prices(SERVICE("\"auto\": \"200%\", \"flex\": \"50%\", "
                       "\"fast\": \"600%\", \"scale\": \"100%\""));
    p = row(c, "p/m", 0);
    ok(p != NULL, "service tiers");

    if (p) {
        is_int(p->service[AICOST_SERVICE_AUTO], 2000000, "auto");
        is_int(p->service[AICOST_SERVICE_FLEX], 500000, "flex");
        is_int(p->service[AICOST_SERVICE_FAST], 6000000, "fast");
        is_int(p->service[AICOST_SERVICE_SCALE], 1000000, "scale");
        is_int(p->service[AICOST_SERVICE_PRIORITY], 0, "not said");
    }

    free(c);
}


static void
accepted(void)
{
    int64_t                ms;
    aicost_catalogue_t    *c;
    const aicost_price_t  *p;

    c = prices("{\"version\": 1, \"currency\": \"USD\", \"models\": {"
        "\"openai/gpt-6-luna\": [{\"input\": \"0.2\", \"output\": \"1\"}, "
        "{\"valid_from\": \"2026-09-22\", \"input\": \"0.10\", "
        "\"output\": \"0.50\", \"cached\": \"0.01\", "
        "\"cache_write\": \"0.125\", \"context\": 922000, "
        "\"max_output\": 128000, \"can\": [\"tools\", \"vision\"], "
        "\"image\": \"0.0003\", \"image_tokens\": 1600, \"above\": [{"
        "\"tokens\": 272000, \"input\": \"0.20\", \"output\": \"0.75\"}], "
        "\"source\": \"vendor page, 2026-09-23\"}], "
        "\"p/e\": {\"mode\": \"embedding\", \"input\": \"0.02\"}, "
        "\"p/dear\": {\"force\": true, \"input\": \"701\", \"output\": \"1\"},"
        "\"local/llama3.1:8b\": [{\"free\": true, \"context\": 131072}]}}");

    ok(c != NULL, "the contract's example");
    printf("# %s\n", c ? "" : err.text);

    (void) aicost_file_time("2026-09-22", &ms);
    p = row(c, "openai/gpt-6-luna", ms - 1);
    is_int(p ? p->base.input : -1, 200000, "the row before");
    is_int(p ? p->can : 0, 0xffffffff, "without \"can\" nothing is refused");
    p = row(c, "openai/gpt-6-luna", ms);

    if (p != NULL) {
        is_int(p->base.input, 100000, "input");
        is_int(p->base.output, 500000, "output");
        is_int(p->base.cached, 10000, "cached");
        is_int(p->base.cache_write, 125000, "cache_write");
        is_int(p->base.cache_write_1h, AICOST_PRICE_UNKNOWN, "unknown");
        is_int(p->above[0].tokens, 272000, "tokens");
        is_int(p->above[0].rates.output, 750000, "output above");
        is_int(p->above[1].tokens, 0, "no second step");
        is_int(p->image, 300000000, "image");
        is_int(p->image_tokens, 1600, "image tokens");
        is_int(p->can, AICOST_CAN_TOOLS | AICOST_CAN_VISION, "can");
        is_str(aicost_catalogue_source(c, p), "vendor page, 2026-09-23",
               "source");
    }

    p = row(c, "p/e", 0);
    is_int(p ? p->base.output : 0, AICOST_PRICE_UNKNOWN, "an embedding");
    p = row(c, "local/llama3.1:8b", 0);
    is_int(p ? p->free && p->base.input == 0 && p->base.cached == 0 : 0, 1,
           "a free one");
    is_int(row(c, "p/dear", 0) != NULL, 1, "forced");

    free(c);
}


static char *
slurp(const char *name, size_t *len)
{
    char  *data;
    FILE  *f;

    *len = 0;
    f = fopen(name, "rb");

    if (f == NULL) {
        return NULL;
    }

    data = malloc(1 << 20);
    *len = fread(data, 1, 1 << 20, f);
    (void) fclose(f);

    return data;
}


static void
curated(void)
{
    char                *data;
    size_t               len;
    int64_t              now;
    uint32_t             i, n, unpriced;
    aicost_str_t         name;
    aicost_catalogue_t  *c;

    data = slurp("prices.json", &len);
    c = data ? aicost_file_prices(data, len, &err) : NULL;
    ok(c != NULL, "prices.json of the project");
    printf("# %s\n", c ? "" : err.text);

    (void) aicost_file_time("2026-11-22", &now);
    n = c ? aicost_catalogue_models(c) : 0;
    unpriced = 0;

    for (i = 0; i < n; i++) {
        aicost_catalogue_name(c, i, &name);
        unpriced += aicost_catalogue_find(c, name.data, name.len, now) == NULL;
    }

    ok(n > 50, "has its models");
    is_int(unpriced, 0, "each with a row in force");
    ok(row(c, "local/llama3.1:8b", now) != NULL, "the local one");
    is_int(row(c, "openai/gpt-6-luna", now)
           ? row(c, "openai/gpt-6-luna", now)->base.input : 0, 100000,
           "a known price");

    free(c);
    free(data);
}


static void
bad_consumer(const char *file, int line, const char *says)
{
    char                 name[300];
    aicost_consumers_t  *c;

    c = aicost_file_consumers(file, strlen(file), &err);

    (void) snprintf(name, sizeof(name), "refused: %s", says);
    ok(c == NULL && strstr(err.text, says) != NULL, name);

    if (c != NULL || strstr(err.text, says) == NULL) {
        printf("#   got \"%s\"\n", c ? "(accepted)" : err.text);
    }

    is_int(err.line, line, "and where");
    free(c);
}


#define ONE(x)  "{\"version\": 1, \"consumers\": [\n{\"name\": \"a\"},\n"     \
                "{\"name\": \"b\"" x "}]}"
#define HEX     "0123456789abcdef0123456789ABCDEF"                            \
                "0123456789abcdef0123456789abcdef"


static void
consumers(void)
{
    unsigned char        digest[AICOST_DIGEST];
    const char          *s;
    aicost_consumer_t    f;
    aicost_consumers_t  *c;

    bad_consumer("{\"version\": 1}", 1, "\"consumers\" must be a list");
    bad_consumer("{\"version\": 1, \"consumer\": []}", 1, "unknown member");
    bad_consumer("{\"version\": 1, \"consumers\": [7]}", 1, "an object");
    bad_consumer("{\"version\": 1, \"consumers\": [{}]}", 1, "no \"name\"");
    bad_consumer(ONE(", \"nmae\": 1"), 3, "consumer \"b\": unknown member");
    bad_consumer(ONE("}, {\"name\": \"b\""), 3, "the name is there twice");
    bad_consumer("{\"version\": 1, \"consumers\": [{\"name\": \"\"}]}", 1,
                 "is empty");
    bad_consumer(ONE(", \"keys\": {}"), 3, "must be a list");
    bad_consumer(ONE(", \"keys\": [7]"), 3, "must be an object");
    bad_consumer(ONE(", \"keys\": [{}]"), 3, "64 hexadecimal");
    bad_consumer(ONE(", \"keys\": [{\"sha256\": \"" HEX "0\"}]"), 3,
                 "64 hexadecimal");
    bad_consumer(ONE(", \"keys\": [{\"sha256\": \"" HEX "\", \"x\": 1}]"), 3,
                 "known: sha256 expires");
    bad_consumer(ONE(", \"keys\": [{\"sha256\": \"" HEX "\"},\n{\"sha256\": \""
                     HEX "\"}]"), 3, "a key belongs to one consumer");
    bad_consumer(ONE(", \"keys\": [{\"sha256\": \"" HEX "\", \"expires\":"
                     "\"tomorrow\"}]"), 3, "must be a time");
    bad_consumer(ONE(", \"critical\": \"yes\""), 3, "true or false");
    bad_consumer(ONE(",\n\"max_output_tokens\": 0"), 4, "whole number");
    bad_consumer(ONE(", \"max_output_tokens\": 10000001"), 3, "whole number");
    bad_consumer(ONE(", \"tiers\": \"cheap\""), 3, "a list");
    bad_consumer(ONE(", \"models\": [1]"), 3, "names of");
    bad_consumer(ONE(", \"budgets\": {\"day\": 10}"), 3, "\"10EUR\"");
    bad_consumer(ONE(", \"budgets\": {\"day\": \"0EUR\"}"), 3, "above zero");
    bad_consumer(ONE(", \"budgets\": {\"a b\": \"1EUR\"}"), 3,
                 "no name of a budget");
    bad_consumer(ONE(", \"tags\": {\"A\": \"x\"}"), 3, "no name of a tag");
    bad_consumer(ONE(", \"tags\": {\"a\": 7}"), 3, "must be a string");
    bad_consumer(ONE(", \"value_per_outcome\": \"1\""), 3, "must be money");
    bad_consumer(ONE(", \"use_case\": \"a\\nb\""), 3, "control character");

    s = "{\"version\": 1, \"consumers\": [{\"name\": \"chatbot\", \"keys\": "
        "[{\"sha256\": \"" HEX "\", \"expires\": \"2027-01-01T00:00:00Z\"}], "
        "\"use_case\": \"support\", \"critical\": false, \"tiers\": "
        "[\"local\", \"cheap\"], \"max_tier\": \"cheap\", \"models\": [], "
        "\"max_output_tokens\": 4096, \"budgets\": {\"day\": \"10EUR\", "
        "\"tokens\": \"200kt\"}, \"tags\": {\"cost_centre\": \"4711\"}, "
        "\"value_per_outcome\": \"0.80EUR\"}, {\"name\": \"anonymous\"}]}";

    c = aicost_file_consumers(s, strlen(s), &err);
    ok(c != NULL, "the contract's example");
    printf("# %s\n", c ? "" : err.text);

    if (c != NULL) {
        memcpy(digest, "\x01\x23\x45\x67\x89\xab\xcd\xef\x01\x23\x45\x67\x89"
               "\xab\xcd\xef\x01\x23\x45\x67\x89\xab\xcd\xef\x01\x23\x45\x67"
               "\x89\xab\xcd\xef", AICOST_DIGEST);

        is_int(aicost_consumers_find(c, digest, 1798761599999, &f), AICOST_OK,
               "found by its digest");
        is_int(!f.all_tiers && f.all_models && f.nmodels == 0, 1,
               "no models named: those of the tiers");
        is_int(f.nbudgets, 2, "budgets");
        is_int(aicost_consumers_find(c, digest, 1798761600000, &f),
               AICOST_ERROR, "expires in time");

        (void) aicost_consumers_named(c, (const unsigned char *) "anonymous",
                                      9, &f);
        is_int(f.all_tiers && f.all_models && f.max_output == 0, 1,
               "nothing is nothing");
    }

    free(c);
}


static void
times(void)
{
    int64_t   ms;
    unsigned  i;

    static const char *const  wrong[] = {
        "", "2026", "2026-13-01", "2026-00-01", "2026-02-29", "2026-04-31",
        "2026-01-01 00:00:00Z", "2026-01-01T00:00:00", "2026-01-01T24:00:00Z",
        "2026-01-01T00:60:00Z", "2026-01-01T00:00Z", "2026-01-01T00:00:00.Z",
        "2026-01-01T00:00:00Zx", "2026-01-01x", "2026-1-1", "1969-12-31",
        "2026-01-01T00:00:00+1:00", "2026-01-01T00:00:00+24:00"
    };

#define TIME(s, n)  is_int(aicost_file_time(s, &ms) == AICOST_OK ? ms : -1,   \
                           n, s)

    TIME("1970-01-01", 0);
    TIME("2026-09-22", 1790035200000);
    TIME("2024-02-29", 1709164800000);
    TIME("2024-03-01", 1709251200000);
    TIME("2100-03-01", 4107542400000);
    TIME("2027-01-01T00:00:00Z", 1798761600000);
    TIME("2027-01-01T01:00:00+01:00", 1798761600000);
    TIME("2026-12-31T18:30:00.5-05:30", 1798761600500);
    TIME("2026-12-31T23:59:60Z", 1798761600000);

    for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        is_int(aicost_file_time(wrong[i], &ms), AICOST_ERROR, wrong[i]);
    }
}


int
main(void)
{
    refused();
    peaks();
    services();
    accepted();
    curated();
    consumers();
    times();

    return done_testing();
}
