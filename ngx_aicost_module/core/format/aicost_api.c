
/*
 * Copyright (C) aicost
 *
 * The API shapes by name.
 */


#include "aicost_form.h"


const aicost_api_t *
aicost_api(const unsigned char *name, size_t len)
{
    size_t  i;

    static const struct {
        const char          *name;
        const aicost_api_t  *api;
    } apis[] = {
        { "openai", &aicost_api_openai },
        { "azure", &aicost_api_openai },
        { "responses", &aicost_api_responses },
        { "anthropic", &aicost_api_anthropic },
        { "gemini", &aicost_api_gemini },
        { "ollama", &aicost_api_ollama },
        { "bedrock", &aicost_api_bedrock }
    };

    for (i = 0; i < sizeof(apis) / sizeof(apis[0]); i++) {
        if (strlen(apis[i].name) == len
            && memcmp(apis[i].name, name, len) == 0)
        {
            return apis[i].api;
        }
    }

    return NULL;
}
