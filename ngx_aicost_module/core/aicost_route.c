
/*
 * Copyright (C) aicost
 */


#include "aicost_route.h"


static unsigned aicost_route_eq(const aicost_str_t *s,
    const unsigned char *data, size_t len);
static int aicost_route_fail(aicost_ladder_t *out, aicost_reason_e reason,
    const aicost_str_t  *param);
static int aicost_route_first(const aicost_route_in_t *in,
    aicost_ladder_t *out, uint32_t *tier);
static int aicost_route_model(const aicost_route_in_t *in,
    aicost_ladder_t *out);
static int aicost_route_own(const aicost_route_in_t *in,
    const aicost_str_t  *name, aicost_model_t *m);
static aicost_reason_e aicost_route_usable(const aicost_route_in_t *in,
    const aicost_model_t  *m, aicost_candidate_t *c);
static aicost_reason_e aicost_route_chain(const aicost_route_in_t *in,
    uint32_t tier, aicost_step_t *step);
static void aicost_route_order(const aicost_route_in_t *in,
    const aicost_tier_t  *tier, aicost_step_t *step);
static unsigned aicost_route_before(aicost_order_e order,
    const aicost_candidate_t *a, const aicost_candidate_t *b);
static void aicost_route_add(const aicost_route_in_t *in, aicost_ladder_t *out,
    uint32_t tier, aicost_reason_e reason);
static uint32_t aicost_route_lower(const aicost_route_in_t *in, uint32_t tier);


int
aicost_route(const aicost_route_in_t *in, aicost_ladder_t *out)
{
    uint32_t          i, tier;
    aicost_str_t      name;
    aicost_step_t    *step;
    aicost_reason_e   reason;

    /* the steps are filled as far as n says */

    out->n = 0;
    out->reason = AICOST_R_OK;
    out->param.data = NULL;
    out->param.len = 0;
    out->max_output = in->consumer ? in->consumer->max_output : 0;

    if (aicost_route_first(in, out, &tier) != AICOST_OK) {
        return AICOST_ERROR;
    }

    if (tier == AICOST_NO_TIER) {
        /* a model of no tier: one step, made by aicost_route_model() */
        return AICOST_OK;
    }

    step = &out->steps[0];
    step->reason = out->reason;

    reason = aicost_route_chain(in, tier, step);

    if (reason != AICOST_R_OK) {
        name = in->tiers[tier].name;
        return aicost_route_fail(out, reason, &name);
    }

    out->n = 1;
    out->reason = AICOST_R_OK;

    if (step->reason == AICOST_R_EXPLICIT) {
        /* the client's own choice precedes the ladder: granted or refused */
        return AICOST_OK;
    }

    for (i = 0; i < in->ndowngrade && i < AICOST_MAX_STEPS; i++) {
        tier = in->downgrade[i];

        if (tier == AICOST_NO_TIER) {
            tier = aicost_route_lower(in, out->steps[0].tier);
        }

        aicost_route_add(in, out, tier, AICOST_R_DOWNGRADE);
    }

    for (i = 0; i <= out->steps[0].tier; i++) {
        aicost_route_add(in, out, i, AICOST_R_FREE_TIER);
    }

    return AICOST_OK;
}


unsigned
aicost_route_may(const aicost_consumer_t *c, const aicost_tier_t *tiers,
    uint32_t ntiers, uint32_t tier)
{
    uint32_t  i, max;

    if (tier >= ntiers) {
        return 0;
    }

    if (c == NULL) {
        return 1;
    }

    if (c->max_tier.len) {
        max = aicost_route_tier(tiers, ntiers, c->max_tier.data,
                                c->max_tier.len);

        if (max == AICOST_NO_TIER || tier > max) {
            return 0;
        }
    }

    if (c->all_tiers) {
        return 1;
    }

    for (i = 0; i < c->ntiers; i++) {
        if (aicost_route_eq(&tiers[tier].name, c->tiers[i].data,
                            c->tiers[i].len))
        {
            return 1;
        }
    }

    return 0;
}


unsigned
aicost_route_model_may(const aicost_consumer_t *c, const aicost_model_t *m)
{
    uint32_t  i;

    if (c->all_models) {
        return 1;
    }

    for (i = 0; i < c->nmodels; i++) {
        if (aicost_route_eq(&m->name, c->models[i].data, c->models[i].len)) {
            return 1;
        }
    }

    return 0;
}


uint32_t
aicost_route_tier(const aicost_tier_t *tiers, uint32_t ntiers,
    const unsigned char *name, size_t len)
{
    uint32_t  i;

    for (i = 0; i < ntiers; i++) {
        if (aicost_route_eq(&tiers[i].name, name, len)) {
            return i;
        }
    }

    return AICOST_NO_TIER;
}


static unsigned
aicost_route_eq(const aicost_str_t *s, const unsigned char *data, size_t len)
{
    return s->len == len && memcmp(s->data, data, len) == 0;
}


static int
aicost_route_fail(aicost_ladder_t *out, aicost_reason_e reason,
    const aicost_str_t  *param)
{
    out->n = 0;
    out->reason = reason;
    out->param = *param;

    return AICOST_ERROR;
}


/* the tier of the first step; AICOST_NO_TIER when the client named a model */

static int
aicost_route_first(const aicost_route_in_t *in, aicost_ladder_t *out,
    uint32_t *tier)
{
    uint32_t                  t, lower;
    aicost_str_t              model;
    const aicost_consumer_t  *c;

    c = in->consumer;
    model = in->request->model;

    if (!(model.len == 4 && memcmp(model.data, "auto", 4) == 0)) {

        t = aicost_route_tier(in->tiers, in->ntiers, model.data, model.len);

        if (t == AICOST_NO_TIER) {
            *tier = AICOST_NO_TIER;
            return aicost_route_model(in, out);
        }

        if (!aicost_route_may(c, in->tiers, in->ntiers, t)) {
            return aicost_route_fail(out, AICOST_R_TIER_NOT_ALLOWED, &model);
        }

        out->reason = AICOST_R_EXPLICIT;

    } else {
        t = in->policy;

        if (t >= in->ntiers) {
            return aicost_route_fail(out, AICOST_R_UNKNOWN_TIER, &model);
        }

        out->reason = AICOST_R_POLICY;

        /* a mapped tier above the ceiling is lowered to what is allowed */

        if (!aicost_route_may(c, in->tiers, in->ntiers, t)) {
            while (t > 0 && !aicost_route_may(c, in->tiers, in->ntiers, t)) {
                t--;
            }

            if (!aicost_route_may(c, in->tiers, in->ntiers, t)) {
                model = in->tiers[in->policy].name;
                return aicost_route_fail(out, AICOST_R_TIER_NOT_ALLOWED,
                                         &model);
            }

            out->reason = AICOST_R_MAX_TIER;
        }
    }

    if (in->mode_downgrade && out->reason != AICOST_R_EXPLICIT) {
        lower = in->ndowngrade ? in->downgrade[0] : AICOST_NO_TIER;

        if (lower == AICOST_NO_TIER) {
            lower = aicost_route_lower(in, t);
        }

        if (lower < t && aicost_route_may(c, in->tiers, in->ntiers, lower)) {
            t = lower;
            out->reason = AICOST_R_MODE;
        }
    }

    *tier = t;

    return AICOST_OK;
}


/* provider/model or a bare known model */

static int
aicost_route_model(const aicost_route_in_t *in, aicost_ladder_t *out)
{
    uint32_t               i, k, found;
    aicost_str_t           name;
    aicost_step_t         *step;
    aicost_reason_e        reason;
    const aicost_tier_t   *t;
    const aicost_model_t  *m;

    name = in->request->model;
    m = NULL;
    found = AICOST_NO_TIER;

    for (i = 0; i < in->ntiers; i++) {
        t = &in->tiers[i];

        for (k = 0; k < t->nmodels; k++) {

            if (!aicost_route_eq(&t->models[k].name, name.data, name.len)
                && !aicost_route_eq(&t->models[k].model, name.data, name.len))
            {
                continue;
            }

            if (m == NULL
                || (!aicost_route_may(in->consumer, in->tiers, in->ntiers,
                                      found)
                    && aicost_route_may(in->consumer, in->tiers, in->ntiers,
                                        i)))
            {
                m = &t->models[k];
                found = i;
            }
        }
    }

    if (m) {
        if (!aicost_route_may(in->consumer, in->tiers, in->ntiers, found)
            || (in->consumer && !aicost_route_model_may(in->consumer, m)))
        {
            return aicost_route_fail(out, AICOST_R_MODEL_NOT_ALLOWED, &name);
        }

        out->named = *m;

    } else if (aicost_route_own(in, &name, &out->named) != AICOST_OK) {
        return aicost_route_fail(out, AICOST_R_MODEL_NOT_FOUND, &name);
    }

    step = &out->steps[0];

    reason = aicost_route_usable(in, &out->named, &step->chain[0]);

    if (reason != AICOST_R_OK) {
        return aicost_route_fail(out, reason, &name);
    }

    step->tier = found;
    step->reason = AICOST_R_EXPLICIT;
    step->n = 1;
    step->free = (step->chain[0].price->free != 0);

    out->n = 1;
    out->reason = AICOST_R_OK;

    return AICOST_OK;
}


/* a model of no tier that the consumer's own list names */

static int
aicost_route_own(const aicost_route_in_t *in, const aicost_str_t *name,
    aicost_model_t *m)
{
    size_t               slash;
    uint32_t             i, k;
    const aicost_str_t  *own;

    if (in->consumer == NULL || in->consumer->all_models) {
        return AICOST_DECLINED;
    }

    for (i = 0; i < in->consumer->nmodels; i++) {
        own = &in->consumer->models[i];

        for (slash = 0; slash < own->len && own->data[slash] != '/'; slash++) {
            /* void */
        }

        if (slash == own->len
            || (!aicost_route_eq(own, name->data, name->len)
                && !(own->len - slash - 1 == name->len
                     && memcmp(own->data + slash + 1, name->data, name->len)
                        == 0)))
        {
            continue;
        }

        for (k = 0; k < in->nproviders; k++) {
            if (aicost_route_eq(&in->providers[k].name, own->data, slash)) {
                m->name = *own;
                m->model.data = own->data + slash + 1;
                m->model.len = own->len - slash - 1;
                m->provider = k;
                m->weight = 1;
                m->health = in->providers[k].health;
                return AICOST_OK;
            }
        }
    }

    return AICOST_DECLINED;
}


static aicost_reason_e
aicost_route_usable(const aicost_route_in_t *in, const aicost_model_t *m,
    aicost_candidate_t *c)
{
    const aicost_price_t           *p;
    const aicost_request_t         *q;
    const aicost_route_provider_t  *rp;

    q = in->request;
    rp = &in->providers[m->provider];

    if (!rp->fits) {
        return AICOST_R_MODEL_NOT_ALLOWED;
    }

    p = aicost_catalogue_find(in->catalogue, m->name.data, m->name.len,
                              in->now);
    if (p == NULL
        || (p->base.output == AICOST_PRICE_UNKNOWN
            && q->endpoint != AICOST_EP_EMBEDDINGS))
    {
        return AICOST_R_MODEL_NOT_PRICED;
    }

    if ((q->extra.len && !rp->extra) || (q->needs & ~p->can & 0x7)
        || !aicost_price_serves(p, q->service))
    {
        return AICOST_R_PARAMETER_NOT_ALLOWED;
    }

    c->model = m;
    c->price = p;

    return AICOST_R_OK;
}


static aicost_reason_e
aicost_route_chain(const aicost_route_in_t *in, uint32_t tier,
    aicost_step_t *step)
{
    uint32_t              i;
    aicost_reason_e       reason, first;
    const aicost_tier_t  *t;

    t = &in->tiers[tier];
    first = AICOST_R_OK;

    step->tier = tier;
    step->n = 0;
    step->free = 1;

    for (i = 0; i < t->nmodels && step->n < AICOST_MAX_CHAIN; i++) {

        if (in->consumer
            && !aicost_route_model_may(in->consumer, &t->models[i]))
        {
            reason = AICOST_R_MODEL_NOT_ALLOWED;

        } else {
            reason = aicost_route_usable(in, &t->models[i],
                                         &step->chain[step->n]);
        }

        if (reason != AICOST_R_OK) {
            if (first == AICOST_R_OK) {
                first = reason;
            }

            continue;
        }

        if (!step->chain[step->n].price->free) {
            step->free = 0;
        }

        step->n++;
    }

    if (step->n == 0) {
        return first;
    }

    aicost_route_order(in, t, step);

    return AICOST_R_OK;
}


static void
aicost_route_order(const aicost_route_in_t *in, const aicost_tier_t *tier,
    aicost_step_t *step)
{
    uint32_t            i, k;
    uint64_t            sum, pick;
    aicost_candidate_t  c;

    if (step->n < 2) {
        return;
    }

    for (i = 0; i < step->n; i++) {
        in->health(in->health_data, step->chain[i].model->health,
                   &step->chain[i].health);
    }

    /* listed with weights: the first is drawn, the others keep their order */

    if (tier->order == AICOST_ORDER_LISTED) {
        sum = 0;
        k = 0;

        for (i = 0; i < step->n; i++) {
            sum += step->chain[i].model->weight;
            k |= (step->chain[i].model->weight != 1);
        }

        if (k) {
            pick = in->random % sum;

            for (i = 0; pick >= step->chain[i].model->weight; i++) {
                pick -= step->chain[i].model->weight;
            }

            c = step->chain[i];

            for ( /* void */ ; i > 0; i--) {
                step->chain[i] = step->chain[i - 1];
            }

            step->chain[0] = c;
        }
    }

    /* stable insertion: open breakers last, then the tier's order */

    for (i = 1; i < step->n; i++) {
        c = step->chain[i];

        for (k = i; k > 0; k--) {
            if (!aicost_route_before(tier->order, &c, &step->chain[k - 1])) {
                break;
            }

            step->chain[k] = step->chain[k - 1];
        }

        step->chain[k] = c;
    }
}


static unsigned
aicost_route_before(aicost_order_e order, const aicost_candidate_t *a,
    const aicost_candidate_t *b)
{
    int64_t  ca, cb;

    if (a->health.open != b->health.open) {
        return a->health.open < b->health.open;
    }

    switch (order) {

    case AICOST_ORDER_PRICE:
        /* a typical call: three times as much in as out, out where there is
           a price of it */
        ca = aicost_cost_expected(a->price, 3000, 0,
                         a->price->base.output < 0 ? 0 : 1000, 1000000);
        cb = aicost_cost_expected(b->price, 3000, 0,
                         b->price->base.output < 0 ? 0 : 1000, 1000000);
        return ca < cb;

    case AICOST_ORDER_LATENCY:
        return a->health.latency < b->health.latency;

    default:
        return 0;
    }
}


static void
aicost_route_add(const aicost_route_in_t *in, aicost_ladder_t *out,
    uint32_t tier, aicost_reason_e reason)
{
    uint32_t        i;
    aicost_step_t  *step;

    if (out->n >= AICOST_MAX_STEPS
        || tier >= in->ntiers
        || tier > out->steps[0].tier)
    {
        return;
    }

    for (i = 0; i < out->n; i++) {
        if (out->steps[i].tier == tier) {
            return;
        }
    }

    if (!aicost_route_may(in->consumer, in->tiers, in->ntiers, tier)) {
        return;
    }

    step = &out->steps[out->n];

    if (aicost_route_chain(in, tier, step) != AICOST_R_OK) {
        return;
    }

    if (reason == AICOST_R_FREE_TIER && !step->free) {
        return;
    }

    step->reason = reason;
    out->n++;
}


static uint32_t
aicost_route_lower(const aicost_route_in_t *in, uint32_t tier)
{
    while (tier > 0) {
        tier--;

        if (aicost_route_may(in->consumer, in->tiers, in->ntiers, tier)) {
            return tier;
        }
    }

    return AICOST_NO_TIER;
}
