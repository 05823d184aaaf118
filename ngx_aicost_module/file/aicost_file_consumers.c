
/*
 * Copyright (C) aicost
 */


#include <stdlib.h>

#include "aicost_file_json.h"


typedef struct {
    aicost_file_t               *f;
    aicost_consumers_builder_t  *b;
    json_t                      *list;
    aicost_consumer_t            c;
    aicost_key_t                 keys[AICOST_CONSUMER_KEYS];
    uint32_t                     nkeys;
} aicost_file_consumer_t;


static int aicost_file_list(aicost_file_consumer_t *r, json_t *root);
static int aicost_file_consumer(aicost_file_consumer_t *r, size_t i);
static int aicost_file_consumer_name(aicost_file_consumer_t *r, json_t *o);
static int aicost_file_consumer_facts(aicost_file_consumer_t *r, json_t *o);
static int aicost_file_twice(aicost_file_consumer_t *r, size_t i);
static int aicost_file_text(aicost_file_consumer_t *r, json_t *o,
    const char *member, aicost_str_t *value);
static int aicost_file_keys(aicost_file_consumer_t *r, json_t *o);
static int aicost_file_key(aicost_file_consumer_t *r, json_t *key);
static int aicost_file_hex(const char *s, unsigned char *digest);
static int aicost_file_names(aicost_file_consumer_t *r, json_t *o,
    const char *member, aicost_str_t *names, uint32_t *n);
static int aicost_file_budgets(aicost_file_consumer_t *r, json_t *o);
static int aicost_file_tags(aicost_file_consumer_t *r, json_t *o);
static unsigned aicost_file_word(const char *s, unsigned any_case);


static const char *const  aicost_file_top[] = {
    "version", "consumers", NULL
};

static const char *const  aicost_file_members[] = {
    "name", "keys", "use_case", "critical", "tiers", "max_tier", "models",
    "max_output_tokens", "budgets", "tags", "value_per_outcome", NULL
};

static const char *const  aicost_file_key_members[] = {
    "sha256", "expires", NULL
};


aicost_consumers_t *
aicost_file_consumers(const char *data, size_t len, aicost_file_error_t *err)
{
    json_t                  *root;
    aicost_file_t            f;
    aicost_consumers_t      *c;
    aicost_file_consumer_t  *r;

    memset(&f, 0, sizeof(aicost_file_t));

    f.data = data;
    f.len = len;
    f.err = err;
    f.label = "name";

    root = aicost_file_load(&f);
    if (root == NULL) {
        return NULL;
    }

    c = NULL;

    r = aicost_file_alloc(NULL, NULL, sizeof(aicost_file_consumer_t));

    if (r != NULL) {
        memset(r, 0, sizeof(aicost_file_consumer_t));

        r->f = &f;
        r->b = aicost_consumers_start(aicost_file_alloc, NULL);
    }

    if (r == NULL || r->b == NULL) {
        (void) aicost_file_fail(&f, NULL, "no memory");

    } else if (aicost_file_list(r, root) == AICOST_OK) {
        c = aicost_consumers_seal(r->b);

        if (c == NULL) {
            (void) aicost_file_fail(&f, NULL, "no memory");
        }
    }

    if (r != NULL) {
        aicost_consumers_drop(r->b);
        (void) aicost_file_alloc(NULL, r, 0);
    }

    json_decref(root);

    return c;
}


static int
aicost_file_list(aicost_file_consumer_t *r, json_t *root)
{
    size_t  i;

    if (aicost_file_known(r->f, root, aicost_file_top) != AICOST_OK
        || aicost_file_version(r->f, root) != AICOST_OK)
    {
        return AICOST_ERROR;
    }

    r->list = json_object_get(root, "consumers");

    if (!json_is_array(r->list)) {
        return aicost_file_fail(r->f, "consumers", "\"consumers\" must be a "
                                "list: [{\"name\": \"...\", \"keys\": "
                                "[...]}]");
    }

    for (i = 0; i < json_array_size(r->list); i++) {
        if (aicost_file_consumer(r, i) != AICOST_OK) {
            return AICOST_ERROR;
        }
    }

    r->f->what = NULL;
    r->f->name = NULL;

    return AICOST_OK;
}


static int
aicost_file_consumer(aicost_file_consumer_t *r, size_t i)
{
    int      rc;
    json_t  *o;

    o = json_array_get(r->list, i);

    r->f->what = NULL;
    r->f->name = NULL;

    if (!json_is_object(o)) {
        return aicost_file_fail(r->f, "consumers",
                                "consumer %u must be an object",
                                (unsigned) i + 1);
    }

    r->nkeys = 0;

    r->c.critical = 0;
    r->c.max_output = 0;
    r->c.ntiers = 0;
    r->c.nmodels = 0;
    r->c.nbudgets = 0;
    r->c.ntags = 0;

    if (json_object_get(o, "name") == NULL) {
        return aicost_file_fail(r->f, "consumers",
                                "consumer %u has no \"name\"",
                                (unsigned) i + 1);
    }

    if (aicost_file_consumer_name(r, o) != AICOST_OK
        || aicost_file_known(r->f, o, aicost_file_members) != AICOST_OK
        || aicost_file_consumer_facts(r, o) != AICOST_OK
        || aicost_file_keys(r, o) != AICOST_OK
        || aicost_file_budgets(r, o) != AICOST_OK
        || aicost_file_tags(r, o) != AICOST_OK)
    {
        return AICOST_ERROR;
    }

    rc = aicost_consumers_add(r->b, &r->c, r->keys, r->nkeys);

    if (rc == AICOST_DECLINED) {
        return aicost_file_twice(r, i);
    }

    if (rc != AICOST_OK) {
        return aicost_file_fail(r->f, NULL, "no memory");
    }

    return AICOST_OK;
}


static int
aicost_file_consumer_name(aicost_file_consumer_t *r, json_t *o)
{
    const char  *name;

    if (aicost_file_string(r->f, o, "name", &name) != AICOST_OK) {
        return AICOST_ERROR;
    }

    r->c.name = aicost_file_str(name);

    r->f->what = "consumer";
    r->f->name = name;

    return AICOST_OK;
}


static int
aicost_file_consumer_facts(aicost_file_consumer_t *r, json_t *o)
{
    int64_t        nano;
    unsigned       critical;
    unsigned char  currency[3];

    critical = 0;

    if (aicost_file_text(r, o, "use_case", &r->c.use_case) != AICOST_OK
        || aicost_file_text(r, o, "max_tier", &r->c.max_tier) != AICOST_OK
        || aicost_file_text(r, o, "value_per_outcome", &r->c.value)
           != AICOST_OK
        || aicost_file_bool(r->f, o, "critical", &critical) == AICOST_ERROR
        || aicost_file_integer(r->f, o, "max_output_tokens", 1, AICOST_MAX_CAP,
                               &r->c.max_output) == AICOST_ERROR
        || aicost_file_names(r, o, "tiers", r->c.tiers, &r->c.ntiers)
           != AICOST_OK
        || aicost_file_names(r, o, "models", r->c.models, &r->c.nmodels)
           != AICOST_OK)
    {
        return AICOST_ERROR;
    }

    r->c.critical = critical ? 1 : 0;
    r->c.all_tiers = json_object_get(o, "tiers") == NULL;
    r->c.all_models = (json_array_size(json_object_get(o, "models")) == 0);

    if (r->c.value.len
        && aicost_money_parse(r->c.value.data, r->c.value.len, currency, &nano)
           != AICOST_OK)
    {
        return aicost_file_fail(r->f, "value_per_outcome",
                                "\"value_per_outcome\" must be money such as "
                                "\"0.80EUR\"");
    }

    return AICOST_OK;
}


/* which of the two was there already */

static int
aicost_file_twice(aicost_file_consumer_t *r, size_t i)
{
    const char  *name;

    while (i-- > 0) {
        name = json_string_value(json_object_get(json_array_get(r->list, i),
                                                 "name"));

        if (strcmp(name, r->f->name) == 0) {
            return aicost_file_fail(r->f, NULL, "the name is there twice");
        }
    }

    return aicost_file_fail(r->f, "sha256", "one of its keys is there twice: "
                            "a key belongs to one consumer");
}


/* empty when absent */

static int
aicost_file_text(aicost_file_consumer_t *r, json_t *o, const char *member,
    aicost_str_t *value)
{
    int          rc;
    const char  *s;

    s = NULL;
    rc = aicost_file_string(r->f, o, member, &s);

    if (rc == AICOST_ERROR) {
        return rc;
    }

    *value = aicost_file_str(s);

    return AICOST_OK;
}


/* none: only aicost_anonymous leads to it */

static int
aicost_file_keys(aicost_file_consumer_t *r, json_t *o)
{
    size_t   i;
    json_t  *keys;

    keys = json_object_get(o, "keys");

    if (keys == NULL) {
        return AICOST_OK;
    }

    if (!json_is_array(keys) || json_array_size(keys) > AICOST_CONSUMER_KEYS) {
        return aicost_file_fail(r->f, "keys", "\"keys\" must be a list of at "
                                "most %d: [{\"sha256\": \"...\", \"expires\": "
                                "\"2027-01-01T00:00:00Z\"}]",
                                AICOST_CONSUMER_KEYS);
    }

    for (i = 0; i < json_array_size(keys); i++) {
        if (aicost_file_key(r, json_array_get(keys, i)) != AICOST_OK) {
            return AICOST_ERROR;
        }
    }

    return AICOST_OK;
}


static int
aicost_file_key(aicost_file_consumer_t *r, json_t *key)
{
    int            rc;
    const char    *s;
    aicost_key_t  *k;

    if (!json_is_object(key)) {
        return aicost_file_fail(r->f, "keys", "a key must be an object: "
                                "{\"sha256\": \"...\"}");
    }

    if (aicost_file_known(r->f, key, aicost_file_key_members) != AICOST_OK) {
        return AICOST_ERROR;
    }

    k = &r->keys[r->nkeys];

    s = json_string_value(json_object_get(key, "sha256"));

    if (s == NULL || aicost_file_hex(s, k->digest) != AICOST_OK) {
        return aicost_file_fail(r->f, "sha256", "\"sha256\" must be the digest "
                                "of a key in 64 hexadecimal digits");
    }

    k->expires = INT64_MAX;

    rc = aicost_file_string(r->f, key, "expires", &s);

    if (rc == AICOST_ERROR) {
        return rc;
    }

    if (rc == AICOST_OK && aicost_file_time(s, &k->expires) != AICOST_OK) {
        return aicost_file_fail(r->f, "expires", "\"expires\" must be a time "
                                "such as \"2027-01-01T00:00:00Z\"");
    }

    r->nkeys++;

    return AICOST_OK;
}


static int
aicost_file_hex(const char *s, unsigned char *digest)
{
    char      c;
    unsigned  i, n;

    if (strlen(s) != AICOST_DIGEST * 2) {
        return AICOST_ERROR;
    }

    for (i = 0; i < AICOST_DIGEST * 2; i++) {
        c = (char) (s[i] | 0x20);

        if (s[i] >= '0' && s[i] <= '9') {
            n = (unsigned) (s[i] - '0');

        } else if (c >= 'a' && c <= 'f') {
            n = (unsigned) (c - 'a') + 10;

        } else {
            return AICOST_ERROR;
        }

        digest[i / 2] = (unsigned char) (i % 2 ? digest[i / 2] | n : n << 4);
    }

    return AICOST_OK;
}


static int
aicost_file_names(aicost_file_consumer_t *r, json_t *o, const char *member,
    aicost_str_t *names, uint32_t *n)
{
    size_t       i;
    json_t      *list;
    const char  *s;

    list = json_object_get(o, member);

    if (list == NULL) {
        return AICOST_OK;
    }

    if (!json_is_array(list) || json_array_size(list) > AICOST_CONSUMER_NAMES) {
        return aicost_file_fail(r->f, member, "\"%s\" must be a list of at "
                                "most %d names", member,
                                AICOST_CONSUMER_NAMES);
    }

    for (i = 0; i < json_array_size(list); i++) {
        s = json_string_value(json_array_get(list, i));

        if (s == NULL || s[0] == '\0' || strlen(s) > AICOST_MAX_IDENT
            || !aicost_file_printable(s))
        {
            return aicost_file_fail(r->f, member, "\"%s\" must hold names of "
                                    "1 to %d printable bytes", member,
                                    AICOST_MAX_IDENT);
        }

        names[i] = aicost_file_str(s);
    }

    *n = (uint32_t) i;

    return AICOST_OK;
}


static int
aicost_file_budgets(aicost_file_consumer_t *r, json_t *o)
{
    void           *it;
    json_t         *budgets;
    int64_t         limit;
    const char     *name, *value;
    aicost_str_t    s;
    unsigned char   currency[3];

    budgets = json_object_get(o, "budgets");

    if (budgets == NULL) {
        return AICOST_OK;
    }

    if (!json_is_object(budgets)
        || json_object_size(budgets) > AICOST_CONSUMER_BUDGETS)
    {
        return aicost_file_fail(r->f, "budgets", "\"budgets\" must be an "
                                "object of at most %d: {\"day\": \"10EUR\"}",
                                AICOST_CONSUMER_BUDGETS);
    }

    for (it = json_object_iter(budgets);
         it != NULL;
         it = json_object_iter_next(budgets, it))
    {
        name = json_object_iter_key(it);
        value = json_string_value(json_object_iter_value(it));

        if (!aicost_file_word(name, 1)) {
            return aicost_file_fail(r->f, name, "\"%.40s\" is no name of a "
                                    "budget: use letters, digits, _ and -",
                                    name);
        }

        s = aicost_file_str(value);
        limit = 0;

        if (value == NULL
            || (aicost_money_parse(s.data, s.len, currency, &limit)
                != AICOST_OK
                && aicost_tokens_parse(s.data, s.len, &limit) != AICOST_OK)
            || limit == 0)
        {
            return aicost_file_fail(r->f, name, "budget \"%.40s\" must be "
                                    "money or tokens above zero such as "
                                    "\"10EUR\" or \"200kt\"", name);
        }

        r->c.budgets[r->c.nbudgets].name = aicost_file_str(name);
        r->c.budgets[r->c.nbudgets].limit = s;
        r->c.nbudgets++;
    }

    return AICOST_OK;
}


static int
aicost_file_tags(aicost_file_consumer_t *r, json_t *o)
{
    void        *it;
    json_t      *tags;
    const char  *name, *value;

    tags = json_object_get(o, "tags");

    if (tags == NULL) {
        return AICOST_OK;
    }

    if (!json_is_object(tags)
        || json_object_size(tags) > AICOST_CONSUMER_TAGS)
    {
        return aicost_file_fail(r->f, "tags", "\"tags\" must be an object of "
                                "at most %d: {\"cost_centre\": \"4711\"}",
                                AICOST_CONSUMER_TAGS);
    }

    for (it = json_object_iter(tags);
         it != NULL;
         it = json_object_iter_next(tags, it))
    {
        name = json_object_iter_key(it);
        value = json_string_value(json_object_iter_value(it));

        if (!aicost_file_word(name, 0)) {
            return aicost_file_fail(r->f, name, "\"%.40s\" is no name of a "
                                    "tag: use a-z, 0-9 and _", name);
        }

        if (value == NULL || strlen(value) > AICOST_MAX_IDENT
            || !aicost_file_printable(value))
        {
            return aicost_file_fail(r->f, name, "tag \"%.40s\" must be a "
                                    "string of at most %d printable bytes",
                                    name, AICOST_MAX_IDENT);
        }

        r->c.tags[r->c.ntags].name = aicost_file_str(name);
        r->c.tags[r->c.ntags].value = aicost_file_str(value);
        r->c.ntags++;
    }

    return AICOST_OK;
}


static unsigned
aicost_file_word(const char *s, unsigned any_case)
{
    size_t  i;

    for (i = 0; s[i]; i++) {
        if ((s[i] >= 'a' && s[i] <= 'z')
            || (s[i] >= '0' && s[i] <= '9')
            || s[i] == '_'
            || (any_case && (s[i] == '-' || (s[i] >= 'A' && s[i] <= 'Z'))))
        {
            continue;
        }

        return 0;
    }

    return i > 0 && i <= AICOST_MAX_IDENT;
}
