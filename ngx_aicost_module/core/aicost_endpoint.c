
/*
 * Copyright (C) aicost
 *
 * Paths of the API shapes.
 */


#include "aicost_request.h"


static const struct {
    const char  *path;
    const char  *method;
} aicost_endpoints[AICOST_EP_MAX] = {
    { "", NULL },
    { "/chat/completions", "POST" },
    { "/completions", "POST" },
    { "/embeddings", "POST" },
    { "/responses", "POST" },
    { "/messages", "POST" },
    { "/messages/count_tokens", "POST" },
    { ":generateContent", "POST" },
    { ":streamGenerateContent", "POST" },
    { ":countTokens", "POST" },
    { "/models", "GET" },
    { "beta/models", "GET" },
    { "/aicost/outcome", "POST" }
};


static size_t aicost_endpoint_models(const unsigned char *p, size_t len);
static aicost_endpoint_e aicost_endpoint_named(const unsigned char *p,
    size_t len, unsigned first, unsigned last);


aicost_endpoint_e
aicost_endpoint(const unsigned char *path, size_t len, size_t prefix,
    const char **allow, aicost_str_t *model)
{
    size_t                n, skip, models;
    unsigned              pass;
    aicost_endpoint_e     ep;
    const unsigned char  *p, *colon;

    *allow = NULL;
    model->len = 0;
    model->data = NULL;

    for (pass = 0; pass < 2; pass++) {
        skip = pass ? prefix : 0;

        if (skip > len) {
            break;
        }

        p = path + skip;
        n = len - skip;

        if (n && *p == '/') {
            p++;
            n--;
        }

        ep = AICOST_EP_NONE;
        models = aicost_endpoint_models(p, n);

        if (models == 0 && n >= 2 && memcmp(p, "v1", 2) == 0) {
            ep = aicost_endpoint_named(p + 2, n - 2, AICOST_EP_NONE + 1,
                                       AICOST_EP_MAX);

            if (ep >= AICOST_EP_GENERATE && ep <= AICOST_EP_GENERATE_COUNT) {
                ep = AICOST_EP_NONE;
            }

        } else if (models) {
            p += models;
            n -= models;

            /* a model may have a colon of its own: the last one counts */

            colon = p + n;

            while (colon > p && colon[-1] != ':') {
                colon--;
            }

            if (colon > p) {
                colon--;
            }

            ep = aicost_endpoint_named(colon, (size_t) (p + n - colon),
                                       AICOST_EP_GENERATE,
                                       AICOST_EP_GENERATE_COUNT + 1);

            model->data = (unsigned char *) (uintptr_t) p;
            model->len = ep == AICOST_EP_NONE ? 0 : (size_t) (colon - p);
        }

        if (ep != AICOST_EP_NONE) {
            *allow = aicost_endpoints[ep].method;
            return ep;
        }
    }

    return AICOST_EP_NONE;
}


/* what stands before a model of Gemini's: its SDKs say one or the other */

static size_t
aicost_endpoint_models(const unsigned char *p, size_t len)
{
    static const char  beta[] = "v1beta/models/";
    static const char  stable[] = "v1/models/";

    if (len >= sizeof(beta) - 1 && memcmp(p, beta, sizeof(beta) - 1) == 0) {
        return sizeof(beta) - 1;
    }

    if (len >= sizeof(stable) - 1
        && memcmp(p, stable, sizeof(stable) - 1) == 0)
    {
        return sizeof(stable) - 1;
    }

    return 0;
}


static aicost_endpoint_e
aicost_endpoint_named(const unsigned char *p, size_t len, unsigned first,
    unsigned last)
{
    unsigned     ep;
    const char  *name;

    for (ep = first; ep < last; ep++) {
        name = aicost_endpoints[ep].path;

        if (strlen(name) == len && memcmp(name, p, len) == 0) {
            return (aicost_endpoint_e) ep;
        }
    }

    return AICOST_EP_NONE;
}


const char *
aicost_endpoint_path(aicost_endpoint_e ep)
{
    return aicost_endpoints[(unsigned) ep < AICOST_EP_MAX ? ep : 0].path;
}
