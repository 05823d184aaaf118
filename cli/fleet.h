
/*
 * Copyright (C) aicost
 *
 * The fleet's Redis, asked without a gateway.
 */


#ifndef _AICOST_FLEET_H_INCLUDED_
#define _AICOST_FLEET_H_INCLUDED_


#include "aicost.h"


typedef struct {
    const char          *url;         /* NULL: AICOST_REDIS */
    const char          *domain;
    const char          *prefix;
    const char          *user;
    const char          *password;    /* "env:NAME", "file:PATH" */
} fleet_t;


/* each: the exit code; *answer is the caller's, NULL when it failed */

int fleet_mode(const fleet_t *o, unsigned downgrade, int64_t share_ppm,
    json_t **answer);
int fleet_latch(const fleet_t *o, unsigned on, const char *budget,
    const char *key, const char *why, json_t **answer);
int fleet_status(const fleet_t *o, json_t **answer);


#endif /* _AICOST_FLEET_H_INCLUDED_ */
