
/*
 * Copyright (C) aicost
 *
 * The fleet's Redis, asked without a gateway.
 */


#ifndef _AICOST_FLEET_H_INCLUDED_
#define _AICOST_FLEET_H_INCLUDED_


#include "aicost.h"


typedef struct {
    const char          *url;
    const char          *domain;
    const char          *prefix;
    const char          *user;
    const char          *password;    /* "env:NAME", "file:PATH" */
    const char          *trust;       /* authorities of rediss://, PEM */
    const char          *verify;      /* "on", "off" */
} fleet_t;


/* of a table of long options */

enum {
    FLEET_REDIS = 256,
    FLEET_DOMAIN,
    FLEET_PREFIX,
    FLEET_USER,
    FLEET_PASSWORD,
    FLEET_TRUST,
    FLEET_VERIFY
};

#define FLEET_OPTIONS                                                         \
    { "redis", required_argument, NULL, FLEET_REDIS },                        \
    { "domain", required_argument, NULL, FLEET_DOMAIN },                      \
    { "prefix", required_argument, NULL, FLEET_PREFIX },                      \
    { "user", required_argument, NULL, FLEET_USER },                          \
    { "password", required_argument, NULL, FLEET_PASSWORD },                  \
    { "trusted-certificate", required_argument, NULL, FLEET_TRUST },          \
    { "verify", required_argument, NULL, FLEET_VERIFY }

#define FLEET_HELP                                                            \
    "  --redis URL     the fleet's store, no gateway: else AICOST_REDIS\n"    \
    "  --domain NAME --prefix P --user NAME --password env:NAME|file:PATH\n"  \
    "                  of that store: else AICOST_REDIS_PASSWORD\n"          \
    "  --trusted-certificate FILE --verify on|off\n"                          \
    "                  of rediss://: else the system's authorities, on\n"

unsigned fleet_option(fleet_t *o, int c);
void fleet_default(fleet_t *o);


/* each: the exit code; *answer is the caller's, NULL when it failed */

int fleet_mode(const fleet_t *o, unsigned downgrade, int64_t share_ppm,
    json_t **answer);
int fleet_latch(const fleet_t *o, unsigned on, const char *budget,
    const char *key, const char *why, json_t **answer);
int fleet_status(const fleet_t *o, json_t **answer);

/* the published consumers: *text is the caller's, NULL when there are none;
   *version is 0 when there never were */
int fleet_consumers(const fleet_t *o, char **text, size_t *len,
    int64_t *version);

/* text of the version `from`, -1 any; len 0 withdraws.  *later: others were
   published since, nothing was changed */
int fleet_publish(const fleet_t *o, int64_t from, const char *text, size_t len,
    unsigned *later);


#endif /* _AICOST_FLEET_H_INCLUDED_ */
