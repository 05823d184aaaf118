
/*
 * Copyright (C) aicost
 */


#include <stdlib.h>

#include "aicost_consumer.h"
#include "given.h"
#include "tap.h"


static void
digest(aicost_key_t *key, unsigned n, int64_t expires)
{
    unsigned  i;

    /* numbers 256 apart share the bytes that are hashed */

    for (i = 0; i < AICOST_DIGEST; i++) {
        key->digest[i] = (unsigned char) (i < 4 ? n : n >> (8 * (i % 4)));
    }

    key->expires = expires;
}


static void
fill(aicost_consumer_t *c)
{
    memset(c, 0, sizeof(aicost_consumer_t));

    c->name = str("chatbot");
    c->use_case = str("support");
    c->max_tier = str("cheap");
    c->value = str("0.80EUR");
    c->critical = 1;
    c->all_models = 1;
    c->max_output = 4096;
    c->ntiers = 2;
    c->tiers[0] = str("local");
    c->tiers[1] = str("cheap");
    c->nmodels = 1;
    c->models[0] = str("local/llama");
    c->nbudgets = 1;
    c->budgets[0].name = str("day");
    c->budgets[0].limit = str("10EUR");
    c->ntags = 1;
    c->tags[0].name = str("cost_centre");
    c->tags[0].value = str("4711");
}


static void
one(void)
{
    size_t                       size;
    aicost_key_t                 keys[3], key;
    aicost_consumer_t            c, f;
    aicost_consumers_t          *k, *moved;
    aicost_consumers_builder_t  *b;

    b = aicost_consumers_start(grow, NULL);

    fill(&c);
    digest(&keys[0], 1, 1000);
    digest(&keys[1], 257, INT64_MAX);
    digest(&keys[2], 1, 7);

    is_int(aicost_consumers_add(b, &c, keys, 3), AICOST_DECLINED,
           "a digest twice in one consumer");
    is_int(aicost_consumers_add(b, &c, keys, 2), AICOST_OK, "a consumer");
    is_int(aicost_consumers_add(b, &c, NULL, 0), AICOST_DECLINED,
           "its name again");
    c.name = str("other");
    is_int(aicost_consumers_add(b, &c, keys + 2, 1), AICOST_DECLINED,
           "its digest again");

    memset(&c, 0, sizeof(aicost_consumer_t));
    c.name = str("other");
    c.all_tiers = 1;
    digest(&keys[2], 3, 5);
    is_int(aicost_consumers_add(b, &c, keys + 2, 1), AICOST_OK, "another");

    c.name = str("third");
    c.ntiers = AICOST_CONSUMER_NAMES + 1;
    is_int(aicost_consumers_add(b, &c, NULL, 0), AICOST_ERROR, "too much");

    k = aicost_consumers_seal(b);
    aicost_consumers_drop(b);

    size = aicost_consumers_size(k);
    moved = malloc(size);
    memcpy(moved, k, size);
    memset(k, 0xff, size);
    free(k);
    k = moved;

    is_int(aicost_consumers_count(k), 2, "two");
    is_int(aicost_consumers_find(k, keys[0].digest, 999, &f), AICOST_OK,
           "before it expires");
    is_mem(f.name.data, f.name.len, "chatbot", "name");
    is_mem(f.use_case.data, f.use_case.len, "support", "use case");
    is_mem(f.max_tier.data, f.max_tier.len, "cheap", "max tier");
    is_mem(f.value.data, f.value.len, "0.80EUR", "value");
    is_int(f.critical && f.all_models && !f.all_tiers, 1, "marks");
    is_int(f.max_output, 4096, "max output");
    is_int(f.ntiers, 2, "tiers");
    is_mem(f.tiers[1].data, f.tiers[1].len, "cheap", "tier");
    is_mem(f.models[0].data, f.models[0].len, "local/llama", "model");
    is_mem(f.budgets[0].name.data, f.budgets[0].name.len, "day", "budget");
    is_mem(f.budgets[0].limit.data, f.budgets[0].limit.len, "10EUR", "limit");
    is_mem(f.tags[0].name.data, f.tags[0].name.len, "cost_centre", "tag");
    is_mem(f.tags[0].value.data, f.tags[0].value.len, "4711", "its value");

    is_int(aicost_consumers_find(k, keys[0].digest, 1000, &f), AICOST_ERROR,
           "expired at that moment");
    is_mem(f.name.data, f.name.len, "chatbot", "whose it was");
    is_int(aicost_consumers_find(k, keys[1].digest, INT64_MAX - 1, &f),
           AICOST_OK, "never expires");
    digest(&key, 513, 0);
    is_int(aicost_consumers_find(k, key.digest, 0, &f), AICOST_DECLINED,
           "unknown");

    is_int(aicost_consumers_named(k, (const unsigned char *) "other", 5, &f),
           AICOST_OK, "by name");
    is_int(f.all_tiers, 1, "all tiers");
    is_int(f.use_case.len == 0 && f.ntags == 0, 1, "and nothing else");
    is_int(aicost_consumers_named(k, (const unsigned char *) "othe", 4, &f),
           AICOST_DECLINED, "no such name");

    is_int(aicost_consumers_key(k, 0, 1, &key), AICOST_OK, "second key");
    is_int(memcmp(key.digest, keys[1].digest, AICOST_DIGEST), 0, "is it");
    is_int(aicost_consumers_key(k, 0, 2, &key), AICOST_DECLINED, "no third");
    is_int(aicost_consumers_key(k, 2, 0, &key), AICOST_DECLINED, "no such");

    free(k);
}


static void
many(void)
{
    int                          i, left, found, rc;
    char                         name[32];
    aicost_key_t                 key;
    aicost_consumer_t            c;
    aicost_consumers_t          *k;
    aicost_consumers_builder_t  *b;

    b = aicost_consumers_start(grow, NULL);
    memset(&c, 0, sizeof(aicost_consumer_t));

    for (i = 0; i < 5000; i++) {
        (void) snprintf(name, sizeof(name), "c%d", i);
        c.name = str(name);
        digest(&key, (unsigned) i * 2654435761U, INT64_MAX);
        (void) aicost_consumers_add(b, &c, &key, 1);
    }

    k = aicost_consumers_seal(b);
    aicost_consumers_drop(b);
    found = 0;

    for (i = 0; i < 5000; i++) {
        (void) snprintf(name, sizeof(name), "c%d", i);
        digest(&key, (unsigned) i * 2654435761U, INT64_MAX);

        found += aicost_consumers_find(k, key.digest, 0, &c) == AICOST_OK
                 && c.name.len == strlen(name)
                 && memcmp(c.name.data, name, c.name.len) == 0;
        found += aicost_consumers_named(k, (const unsigned char *) name,
                                        strlen(name), &c) == AICOST_OK;
    }

    is_int(found, 10000, "5000 consumers are found by digest and by name");
    free(k);

    b = aicost_consumers_start(grow, NULL);
    k = aicost_consumers_seal(b);
    aicost_consumers_drop(b);
    is_int(aicost_consumers_find(k, key.digest, 0, &c), AICOST_DECLINED,
           "none at all");
    free(k);

    fill(&c);

    for (i = 0; i < 20; i++) {
        left = i;
        b = aicost_consumers_start(grow, &left);

        if (b == NULL) {
            continue;
        }

        rc = aicost_consumers_add(b, &c, &key, 1);
        k = rc == AICOST_OK ? aicost_consumers_seal(b) : NULL;
        aicost_consumers_drop(b);

        if (k) {
            free(k);
            break;
        }
    }

    ok(i > 4 && i < 20, "without memory it is an error");
}


int
main(void)
{
    one();
    many();

    return done_testing();
}
