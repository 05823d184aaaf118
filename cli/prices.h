
/*
 * Copyright (C) aicost
 */


#ifndef _AICOST_PRICES_H_INCLUDED_
#define _AICOST_PRICES_H_INCLUDED_


#include "aicost.h"


#define PRICES_FILTERS          32        /* --provider, --local, --as each */


typedef struct {
    const char          *file;            /* the catalogue to import */
    const char          *out;
    const char          *provider[PRICES_FILTERS];
    size_t               nprovider;
    const char          *local[PRICES_FILTERS];
    size_t               nlocal;
    const char          *as[PRICES_FILTERS];      /* "gemini=google" */
    size_t               nas;
    const char          *valid_from;      /* of a changed price; NULL: now */
    unsigned             force;
    unsigned             all;             /* a table row for each taken one */
    unsigned             json;
} prices_import_t;


/* prices_import.c */
int prices_import(const prices_import_t *o);

/*
 * prices_litellm.c: one entry of the community catalogue as one of our rows.
 * NULL: skipped, and *why says why.  Otherwise *why is empty or what to look
 * at.  name is "provider/model".
 */
json_t *prices_litellm(const prices_import_t *o, const char *key,
    json_t *entry, char *name, size_t name_size, char *why, size_t why_size);

/* the share, ppm, of a service tier as a row has it; none when it is not more
   than 0 */
void prices_serve(json_t *service, const char *name, int64_t share);

/* "above 700 USD per 1M": USD a token above it are a wrong unit */
#define PRICES_LIMIT            ((int64_t) 700000000)   /* pico-USD a token */


#endif /* _AICOST_PRICES_H_INCLUDED_ */
