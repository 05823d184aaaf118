
/*
 * Copyright (C) aicost
 */


#include "aicost_service.h"


static const char *const  aicost_service_names[] = {
    "", "standard", "flex", "priority", "fast", "scale", "other"
};


/* what providers call them: OpenAI, Anthropic, Groq, Gemini, Bedrock, Vertex,
   in any case */

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
    { "on_demand_flex", AICOST_SERVICE_FLEX },
    { "on_demand_priority", AICOST_SERVICE_PRIORITY },
    { "traffic_type_unspecified", AICOST_SERVICE_AUTO }
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
aicost_service_word(const unsigned char *s, size_t len)
{
    size_t       i, k, n;
    const char  *word;

    n = sizeof(aicost_service_words) / sizeof(aicost_service_words[0]);

    for (i = 0; i < n; i++) {
        word = aicost_service_words[i].word;

        for (k = 0; k < len && word[k]; k++) {
            if (word[k] != (s[k] >= 'A' && s[k] <= 'Z' ? s[k] | 0x20 : s[k])) {
                break;
            }
        }

        if (k == len && word[k] == '\0') {
            return aicost_service_words[i].service;
        }
    }

    return AICOST_SERVICE_OTHER;
}


aicost_service_e
aicost_service_read(const aicost_json_t *j, uint32_t node)
{
    const aicost_json_node_t  *n;

    n = &j->nodes[node];

    if (n->type == AICOST_JSON_NULL) {
        return AICOST_SERVICE_AUTO;
    }

    return n->type == AICOST_JSON_STRING
           ? aicost_service_word(j->data + n->off, n->len)
           : AICOST_SERVICE_OTHER;
}


aicost_service_e
aicost_service_openai(const aicost_json_t *j, uint32_t node)
{
    aicost_service_e  service;

    service = aicost_service_read(j, node);

    return service == AICOST_SERVICE_FAST ? AICOST_SERVICE_PRIORITY : service;
}


aicost_service_e
aicost_service_anthropic(const aicost_json_t *j, const char *name,
    uint32_t node)
{
    size_t  i;

    static const struct {
        const char        *name;
        const char        *word;
        aicost_service_e   service;
    } words[] = {
        { "service_tier", "auto", AICOST_SERVICE_AUTO },
        { "service_tier", "standard_only", AICOST_SERVICE_STANDARD },
        { "service_tier", "standard", AICOST_SERVICE_STANDARD },
        { "speed", "standard", AICOST_SERVICE_AUTO },
        { "speed", "fast", AICOST_SERVICE_FAST },
        { "inference_geo", "global", AICOST_SERVICE_AUTO },
        { "inference_geo", "standard", AICOST_SERVICE_AUTO }
    };

    for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strcmp(words[i].name, name) == 0
            && aicost_json_is(j, node, words[i].word))
        {
            return words[i].service;
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
