
/*
 * Copyright (C) aicost
 *
 * Request, policy, health -> a ladder of candidate chains.  Pure.
 */


#ifndef _AICOST_ROUTE_H_INCLUDED_
#define _AICOST_ROUTE_H_INCLUDED_


#include "aicost.h"
#include "aicost_consumer.h"
#include "aicost_price.h"
#include "aicost_request.h"


#define AICOST_NO_TIER         ((uint32_t) -1)


typedef struct {
    aicost_str_t         name;        /* "openai/gpt-6-luna": the priced name */
    aicost_str_t         model;       /* "gpt-6-luna": the provider's own */
    uint32_t             provider;
    uint32_t             weight;      /* >= 1 */
    uint32_t             health;      /* the caller's number of it */
} aicost_model_t;


typedef enum {
    AICOST_ORDER_LISTED = 0,
    AICOST_ORDER_PRICE,
    AICOST_ORDER_LATENCY
} aicost_order_e;


typedef struct {
    aicost_str_t         name;
    aicost_order_e       order;
    uint32_t             nmodels;     /* <= AICOST_MAX_CHAIN */
    const aicost_model_t *models;
} aicost_tier_t;                      /* the array's order is the rank */


typedef struct {
    aicost_str_t         name;
    uint32_t             health;      /* for models of no tier */
    uint8_t              extra;       /* extra=pass */
    uint8_t              fits;        /* aicost_require of the location holds */
} aicost_route_provider_t;


/* health of one provider and model, from shared memory */

typedef struct {
    uint8_t              open;        /* breaker: not to be tried now */
    uint32_t             latency;     /* ms to the first byte, 0 unknown */
} aicost_health_t;


typedef void (*aicost_health_pt)(void *data, uint32_t number,
    aicost_health_t *health);


typedef struct {
    const aicost_request_t        *request;
    const aicost_consumer_t       *consumer;    /* NULL: none configured */
    const aicost_tier_t           *tiers;
    uint32_t                       ntiers;
    const aicost_route_provider_t *providers;
    uint32_t                       nproviders;
    aicost_health_pt               health;      /* asked only where there is a
                                                   choice */
    void                          *health_data;
    const aicost_catalogue_t      *catalogue;
    int64_t                        now;         /* ms */

    uint32_t                       policy;      /* aicost_pass's tier, or
                                                   AICOST_NO_TIER: unknown */
    uint32_t                       downgrade[AICOST_MAX_STEPS];
    uint32_t                       ndowngrade;  /* tiers of the budgets'
                                                   downgrade= in order; a
                                                   budget without a tier gives
                                                   AICOST_NO_TIER: next lower */
    uint8_t                        mode_downgrade;  /* this session is in the
                                                       share of aicost mode */
    uint64_t                       random;      /* for weights */
} aicost_route_in_t;


typedef struct {
    const aicost_model_t *model;
    const aicost_price_t *price;      /* row in force, in the catalogue */
    aicost_health_t       health;     /* of more than one */
} aicost_candidate_t;


typedef struct {
    uint32_t             tier;        /* AICOST_NO_TIER: a model of no tier */
    aicost_reason_e      reason;      /* why this step */
    uint32_t             n;
    uint8_t              free;        /* all its candidates are free */
    aicost_candidate_t   chain[AICOST_MAX_CHAIN];
} aicost_step_t;


typedef struct {
    uint32_t             n;
    aicost_step_t        steps[AICOST_MAX_STEPS];
    int64_t              max_output;  /* min over the consumer's ceiling; 0
                                         none.  Models' own maxima are theirs */
    /* scratch for models the client named itself */
    aicost_model_t       named;

    aicost_reason_e      reason;      /* with AICOST_ERROR */
    aicost_str_t         param;       /* the member, tier or model */
} aicost_ladder_t;


/*
 * Precedence of the first step: explicit and allowed choice up to the
 * consumer's ceiling (tier, provider/model, bare model; a model of no tier when
 * the consumer's own list names it), then aicost_pass.
 * Then the downgrade tiers, then a free tier, each once, each below or equal
 * in rank.  Candidates that lack a capability, a price, the required region,
 * or would get extra members they do not take are left out; an open breaker
 * moves a candidate to the end of its chain, it does not remove the last one.
 * AICOST_OK or AICOST_ERROR with reason and param.
 */
int aicost_route(const aicost_route_in_t *in, aicost_ladder_t *out);

/* 1 when the consumer may use the tier (also by rank, up to max_tier) */
unsigned aicost_route_may(const aicost_consumer_t *c,
    const aicost_tier_t *tiers, uint32_t ntiers, uint32_t tier);

/* 1 when the consumer's own list of models, if it has one, has this one */
unsigned aicost_route_model_may(const aicost_consumer_t *c,
    const aicost_model_t *m);

/* rank of a tier by name, AICOST_NO_TIER when there is none */
uint32_t aicost_route_tier(const aicost_tier_t *tiers, uint32_t ntiers,
    const unsigned char *name, size_t len);


#endif /* _AICOST_ROUTE_H_INCLUDED_ */
