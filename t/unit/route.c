
/*
 * Copyright (C) aicost
 *
 * Unit tests for the ladder of candidate chains.
 */


#include "given.h"
#include "tap.h"

#include <stdlib.h>

#include "aicost_file.h"
#include "aicost_route.h"


static const char  prices[] =
    "{\"version\": 1, \"currency\": \"USD\", \"models\": {"
    "\"a/big\": {\"input\": \"4\", \"output\": \"20\", \"can\": [\"tools\"]},"
    "\"a/mid\": {\"input\": \"1\", \"output\": \"5\", \"can\": [\"tools\"]},"
    "\"b/mid\": {\"input\": \"0.5\", \"output\": \"2\", \"can\": []},"
    "\"b/only\": {\"input\": \"0.5\", \"output\": \"2\"},"
    "\"c/free\": {\"free\": true},"
    "\"a/embed\": {\"input\": \"0.1\", \"mode\": \"embedding\"},"
    "\"a/later\": {\"valid_from\": \"2100-01-01\", \"input\": \"1\","
                  "\"output\": \"1\"}}}";


#define S(s)  { sizeof(s) - 1, (unsigned char *) s }

static const aicost_model_t  free_models[] = {
    { S("c/free"), S("free"), 2, 1, 0 }
};

static const aicost_model_t  mid_models[] = {
    { S("a/mid"), S("mid"), 0, 1, 1 },
    { S("b/mid"), S("mid"), 1, 1, 2 }
};

static const aicost_model_t  big_models[] = {
    { S("a/big"), S("big"), 0, 1, 3 },
    { S("a/mid"), S("mid"), 0, 1, 1 }
};

static aicost_tier_t  tiers[] = {
    { S("free"), AICOST_ORDER_LISTED, 1, free_models },
    { S("mid"), AICOST_ORDER_LISTED, 2, mid_models },
    { S("big"), AICOST_ORDER_LISTED, 2, big_models }
};


static aicost_catalogue_t       *catalogue;
static aicost_request_t          request;
static aicost_consumer_t         consumer;
static aicost_route_in_t         in;
static aicost_ladder_t           out;
static aicost_health_t           health[4];
static aicost_route_provider_t   providers[3];


static void
health_of(void *data, uint32_t number, aicost_health_t *h)
{
    (void) data;

    *h = health[number];
}


static void
reset(const char *model, uint32_t policy)
{
    uint32_t  i;

    memset(&request, 0, sizeof(request));
    memset(&consumer, 0, sizeof(consumer));
    memset(&in, 0, sizeof(in));
    memset(health, 0, sizeof(health));

    request.endpoint = AICOST_EP_CHAT;
    request.model = str(model);

    consumer.all_tiers = 1;
    consumer.all_models = 1;

    for (i = 0; i < 3; i++) {
        memset(&providers[i], 0, sizeof(providers[i]));
        providers[i].fits = 1;
    }

    providers[0].name = str("a");
    providers[1].name = str("b");
    providers[2].name = str("c");

    tiers[1].order = AICOST_ORDER_LISTED;

    in.request = &request;
    in.consumer = &consumer;
    in.tiers = tiers;
    in.ntiers = 3;
    in.providers = providers;
    in.nproviders = 3;
    in.health = health_of;
    in.catalogue = catalogue;
    in.now = (int64_t) 1795000000 * 1000;
    in.policy = policy;
}


/* "big:a/big,a/mid free:c/free", or the reason's word */

static const char *
ladder(void)
{
    size_t                n;
    uint32_t              i, k;
    static char           text[1024];
    aicost_str_t          name;
    const aicost_step_t  *s;

    if (aicost_route(&in, &out) != AICOST_OK) {
        return aicost_reason_word(out.reason);
    }

    n = 0;

    for (i = 0; i < out.n; i++) {
        s = &out.steps[i];
        name = s->tier == AICOST_NO_TIER ? str("-") : tiers[s->tier].name;

        n += (size_t) snprintf(text + n, sizeof(text) - n, "%s%.*s:",
                               i ? " " : "", (int) name.len, name.data);

        for (k = 0; k < s->n; k++) {
            name = s->chain[k].model->name;
            n += (size_t) snprintf(text + n, sizeof(text) - n, "%s%.*s",
                                   k ? "," : "", (int) name.len, name.data);
        }
    }

    return text;
}


static void
test_policy(void)
{
    reset("auto", 2);
    is_str(ladder(), "big:a/big,a/mid free:c/free", "policy, then free");
    is_int(out.steps[0].reason, AICOST_R_POLICY, "reason policy");
    is_int(out.steps[1].reason, AICOST_R_FREE_TIER, "reason free_tier");
    is_int(out.steps[1].free, 1, "free step");
    is_int(out.steps[0].free, 0, "priced step");

    reset("auto", 2);
    in.ndowngrade = 1;
    in.downgrade[0] = 1;
    is_str(ladder(), "big:a/big,a/mid mid:a/mid,b/mid free:c/free",
           "downgrade tier in between");
    is_int(out.steps[1].reason, AICOST_R_DOWNGRADE, "reason downgrade");

    reset("auto", 2);
    in.ndowngrade = 1;
    in.downgrade[0] = AICOST_NO_TIER;
    is_str(ladder(), "big:a/big,a/mid mid:a/mid,b/mid free:c/free",
           "downgrade without a tier: the next lower");

    reset("auto", 1);
    in.ndowngrade = 1;
    in.downgrade[0] = 2;
    is_str(ladder(), "mid:a/mid,b/mid free:c/free", "never upwards");

    reset("auto", AICOST_NO_TIER);
    is_str(ladder(), "unknown_tier", "unknown tier");
}


static void
test_explicit(void)
{
    reset("mid", 2);
    in.ndowngrade = 1;
    in.downgrade[0] = 0;
    is_str(ladder(), "mid:a/mid,b/mid", "the client's tier has no ladder");
    is_int(out.steps[0].reason, AICOST_R_EXPLICIT, "reason explicit");

    reset("a/mid", 2);
    is_str(ladder(), "mid:a/mid", "provider/model");

    reset("big", 0);
    is_str(ladder(), "big:a/big,a/mid", "a tier's name before a model's");

    reset("only", 0);
    is_str(ladder(), "model_not_found", "a model of no tier");

    reset("nothing", 0);
    is_str(ladder(), "model_not_found", "an unknown model");
    is_int((long) out.param.len, 7, "names it");

    reset("b/only", 0);
    consumer.all_models = 0;
    consumer.nmodels = 1;
    consumer.models[0] = str("b/only");
    is_str(ladder(), "-:b/only", "a model of no tier from the own list");

    reset("only", 0);
    consumer.all_models = 0;
    consumer.nmodels = 1;
    consumer.models[0] = str("b/only");
    is_str(ladder(), "-:b/only", "likewise, bare");

    reset("a/big", 0);
    consumer.all_models = 0;
    consumer.nmodels = 1;
    consumer.models[0] = str("b/only");
    is_str(ladder(), "model_not_allowed", "not on the own list");

    reset("mid", 2);
    in.mode_downgrade = 1;
    is_str(ladder(), "mid:a/mid,b/mid", "austerity spares the own choice");
}


static void
test_ceiling(void)
{
    reset("auto", 2);
    consumer.max_tier = str("mid");
    is_str(ladder(), "mid:a/mid,b/mid free:c/free", "lowered to max_tier");
    is_int(out.steps[0].reason, AICOST_R_MAX_TIER, "reason max_tier");

    reset("big", 2);
    consumer.max_tier = str("mid");
    is_str(ladder(), "tier_not_allowed", "explicit above max_tier");

    reset("a/big", 2);
    consumer.max_tier = str("mid");
    is_str(ladder(), "model_not_allowed", "a model above max_tier");

    reset("auto", 2);
    consumer.all_tiers = 0;
    consumer.ntiers = 1;
    consumer.tiers[0] = str("big");
    is_str(ladder(), "big:a/big,a/mid", "only its own tiers");

    reset("auto", 0);
    consumer.all_tiers = 0;
    consumer.ntiers = 1;
    consumer.tiers[0] = str("big");
    is_str(ladder(), "tier_not_allowed", "nothing at or below the policy");

    reset("auto", 1);
    in.consumer = NULL;
    is_str(ladder(), "mid:a/mid,b/mid free:c/free", "without a consumer");
}


static void
test_usable(void)
{
    reset("auto", 1);
    request.needs = AICOST_CAN_TOOLS;
    is_str(ladder(), "mid:a/mid free:c/free", "tools leave b/mid out");

    reset("b/mid", 1);
    request.needs = AICOST_CAN_TOOLS;
    is_str(ladder(), "parameter_not_allowed", "a model that cannot");

    reset("auto", 1);
    request.extra = str("top_k");
    providers[1].extra = 1;
    is_str(ladder(), "mid:b/mid", "extra members only where they pass");

    reset("auto", 1);
    request.extra = str("top_k");
    is_str(ladder(), "parameter_not_allowed", "extra members nowhere");

    reset("auto", 1);
    providers[0].fits = 0;
    is_str(ladder(), "mid:b/mid free:c/free", "required region");

    reset("auto", 2);
    providers[0].fits = 0;
    is_str(ladder(), "model_not_allowed", "required region nowhere");

    reset("a/later", 1);
    consumer.all_models = 0;
    consumer.nmodels = 1;
    consumer.models[0] = str("a/later");
    is_str(ladder(), "model_not_priced", "no row in force");

    reset("a/embed", 1);
    consumer.all_models = 0;
    consumer.nmodels = 1;
    consumer.models[0] = str("a/embed");
    is_str(ladder(), "model_not_priced", "no output price for a chat");

    request.endpoint = AICOST_EP_EMBEDDINGS;
    is_str(ladder(), "-:a/embed", "but for embeddings");
}


static void
test_order(void)
{
    uint32_t        i, first;
    aicost_tier_t   saved;
    aicost_model_t  weighted[2];

    reset("auto", 1);
    tiers[1].order = AICOST_ORDER_PRICE;
    is_str(ladder(), "mid:b/mid,a/mid free:c/free", "by price");

    reset("auto", 1);
    tiers[1].order = AICOST_ORDER_LATENCY;
    health[1].latency = 200;
    health[2].latency = 100;
    is_str(ladder(), "mid:b/mid,a/mid free:c/free", "by latency");

    reset("auto", 1);
    health[1].open = 1;
    is_str(ladder(), "mid:b/mid,a/mid free:c/free", "open breaker last");

    health[2].open = 1;
    is_str(ladder(), "mid:a/mid,b/mid free:c/free", "all open: as listed");

    reset("auto", 1);
    saved = tiers[1];
    memcpy(weighted, mid_models, sizeof(weighted));
    weighted[0].weight = 1;
    weighted[1].weight = 3;
    tiers[1].models = weighted;
    first = 0;

    for (i = 0; i < 400; i++) {
        in.random = i;
        (void) ladder();
        first += (out.steps[0].chain[0].model == &weighted[1]);
    }

    tiers[1] = saved;
    is_int(first, 300, "weights 1:3");
}


static void
test_mode(void)
{
    reset("auto", 2);
    in.mode_downgrade = 1;
    is_str(ladder(), "mid:a/mid,b/mid free:c/free", "austerity: next lower");
    is_int(out.steps[0].reason, AICOST_R_MODE, "reason mode");

    reset("auto", 2);
    in.mode_downgrade = 1;
    in.ndowngrade = 1;
    in.downgrade[0] = 0;
    is_str(ladder(), "free:c/free", "austerity: the budgets' own tier");

    reset("auto", 0);
    in.mode_downgrade = 1;
    is_str(ladder(), "free:c/free", "nothing below the lowest");
}


int
main(void)
{
    aicost_file_error_t  err;

    catalogue = aicost_file_prices(prices, sizeof(prices) - 1, &err);

    if (!ok(catalogue != NULL, "prices")) {
        printf("# %s\n", err.text);
        return 1;
    }

    test_policy();
    test_explicit();
    test_ceiling();
    test_usable();
    test_order();
    test_mode();

    free(catalogue);

    return done_testing();
}
