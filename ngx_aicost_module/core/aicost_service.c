
/*
 * Copyright (C) aicost
 */


#include "aicost_service.h"


static const char *const  aicost_service_names[] = {
    "", "standard", "flex", "priority", "fast", "scale", "other"
};


/* what providers call them: OpenAI, Anthropic, Groq, Gemini, Bedrock, Vertex */

static const struct {
    const char        *word;
    aicost_service_e   service;
} aicost_service_words[] = {
    { "default", AICOST_SERVICE_STANDARD },
    { "standard", AICOST_SERVICE_STANDARD },
    { "auto", AICOST_SERVICE_AUTO },
    { "flex", AICOST_SERVICE_FLEX },
    { "priority", AICOST_SERVICE_PRIORITY },
    { "on_demand", AICOST_SERVICE_STANDARD },
    { "standard_only", AICOST_SERVICE_STANDARD },
    { "scale", AICOST_SERVICE_SCALE },
    { "fast", AICOST_SERVICE_FAST },
    { "unspecified", AICOST_SERVICE_AUTO },
    { "ON_DEMAND", AICOST_SERVICE_STANDARD },
    { "ON_DEMAND_FLEX", AICOST_SERVICE_FLEX },
    { "ON_DEMAND_PRIORITY", AICOST_SERVICE_PRIORITY },
    { "TRAFFIC_TYPE_UNSPECIFIED", AICOST_SERVICE_AUTO }
};


const char *
aicost_service_name(aicost_service_e service)
{
    return aicost_service_names[service];
}


aicost_service_e
aicost_service_find(const char *name)
{
    unsigned  i;

    if (strcmp(name, "auto") == 0) {
        return AICOST_SERVICE_AUTO;
    }

    for (i = AICOST_SERVICE_FLEX; i < AICOST_SERVICES; i++) {
        if (strcmp(name, aicost_service_names[i]) == 0) {
            return (aicost_service_e) i;
        }
    }

    return AICOST_SERVICE_OTHER;
}


aicost_service_e
aicost_service_read(const aicost_json_t *j, uint32_t node)
{
    size_t  i, n;

    if (j->nodes[node].type == AICOST_JSON_NULL) {
        return AICOST_SERVICE_AUTO;
    }

    n = sizeof(aicost_service_words) / sizeof(aicost_service_words[0]);

    for (i = 0; i < n; i++) {
        if (aicost_json_is(j, node, aicost_service_words[i].word)) {
            return aicost_service_words[i].service;
        }
    }

    return AICOST_SERVICE_OTHER;
}


aicost_service_e
aicost_service_member(const aicost_json_t *j, uint32_t object)
{
    uint32_t  node;

    node = aicost_json_get(j, object, "service_tier");

    return node ? aicost_service_read(j, node) : AICOST_SERVICE_AUTO;
}
