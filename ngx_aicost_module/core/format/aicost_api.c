
/*
 * Copyright (C) aicost
 *
 * The API shapes by name, and the features that their headers name.
 */


#include "aicost_form.h"


/* a name of the list, with a date or a value behind it or not */

static unsigned
aicost_api_beta_is(const aicost_str_t *s, const unsigned char *name,
    size_t len)
{
    if (s->len < len || memcmp(s->data, name, len) != 0) {
        return 0;
    }

    return s->len == len || s->data[len] == '='
           || (s->len > len + 1 && s->data[len] == '-'
               && s->data[len + 1] >= '0' && s->data[len + 1] <= '9');
}


static unsigned
aicost_api_beta(const aicost_api_t *api, const aicost_str_t *more, uint32_t n,
    const aicost_str_t *s)
{
    size_t              i;
    const char *const  *name;

    for (i = 0; i < s->len; i++) {
        if (s->data[i] <= 0x20 || s->data[i] >= 0x7f) {
            return 0;
        }
    }

    for (name = api->betas; name && *name; name++) {
        if (aicost_api_beta_is(s, (const unsigned char *) *name,
                               strlen(*name)))
        {
            return 1;
        }
    }

    for (i = 0; i < n; i++) {
        if (aicost_api_beta_is(s, more[i].data, more[i].len)) {
            return 1;
        }
    }

    return 0;
}


unsigned
aicost_api_betas(const aicost_api_t *api, const aicost_str_t *more,
    uint32_t n, const aicost_str_t *value, aicost_out_t *o)
{
    size_t                left;
    unsigned              dropped;
    aicost_str_t          s;
    const unsigned char  *p, *last;

    dropped = 0;
    p = value->data;
    last = p + value->len;

    while (p < last) {
        left = (size_t) (last - p);
        s.data = (unsigned char *) (uintptr_t) p;
        p = memchr(p, ',', left);
        p = p ? p : last;
        s.len = (size_t) (p - s.data);
        p++;

        while (s.len && (*s.data == ' ' || *s.data == '\t')) {
            s.data++;
            s.len--;
        }

        while (s.len && (s.data[s.len - 1] == ' '
                         || s.data[s.len - 1] == '\t'))
        {
            s.len--;
        }

        if (s.len == 0) {
            continue;
        }

        if (!aicost_api_beta(api, more, n, &s)) {
            dropped = 1;
            continue;
        }

        if (o->len) {
            aicost_out(o, ",", 1);
        }

        aicost_out(o, s.data, s.len);
    }

    return dropped;
}


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
