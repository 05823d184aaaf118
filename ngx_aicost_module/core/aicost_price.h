
/*
 * Copyright (C) aicost
 *
 * The price catalogue: one flat block without pointers, so that it can be
 * built anywhere and copied into shared memory as it is.
 */


#ifndef _AICOST_PRICE_H_INCLUDED_
#define _AICOST_PRICE_H_INCLUDED_


#include "aicost.h"
#include "aicost_money.h"
#include "aicost_service.h"


#define AICOST_PRICE_UNKNOWN   ((int64_t) -1)
#define AICOST_PRICE_STEPS     4
#define AICOST_PRICE_PEAKS     4


/* pico-USD a token each; AICOST_PRICE_UNKNOWN where the catalogue is silent */

typedef struct {
    int64_t              input;
    int64_t              output;          /* unknown: an embedding */
    int64_t              cached;          /* unknown: charged as input */
    int64_t              cache_write;     /* unknown: charged as input */
    int64_t              cache_write_1h;  /* unknown: as cache_write */
} aicost_rates_t;


/* when the rates of a row hold, and what is paid of them at other times */

typedef struct {
    uint32_t             otherwise;       /* ppm; 0: they always hold */
    uint32_t             hours;           /* how many */
    struct {
        uint16_t         from;            /* minutes of a UTC day; to is not in
                                             it, and before from when it is of
                                             the next day */
        uint16_t         to;
    } hour[AICOST_PRICE_PEAKS];
    uint32_t             workdays;        /* 1: Saturday and Sunday are not
                                             peak */
    int32_t              offset;          /* minutes east of UTC: whose days */
} aicost_peak_t;


typedef struct {
    int64_t              valid_from;      /* ms since 1970 UTC, INT64_MIN for
                                             "always" */
    aicost_rates_t       base;
    struct {
        int64_t          tokens;          /* a prompt of more tokens (cache
                                             reads and writes included) pays
                                             these rates for everything */
        aicost_rates_t   rates;
    } above[AICOST_PRICE_STEPS];          /* ascending; tokens 0 ends */
    aicost_peak_t        peak;
    uint32_t             service[AICOST_SERVICES];  /* ppm of these prices that
                                             a service tier costs; 0 it has no
                                             price, AUTO and STANDARD: all */
    int64_t              image;           /* pico-USD an input image on top of
                                             its tokens; 0 none */
    int64_t              context;         /* tokens, 0 unknown */
    int64_t              max_output;      /* tokens, 0 unknown */
    uint32_t             image_tokens;    /* at most, an image; 0 default */
    uint32_t             can;             /* AICOST_CAN_*; all bits set when
                                             the catalogue does not say: not
                                             known is not refused */
    uint32_t             free;            /* only then a price may be 0 */
    uint32_t             source;          /* offset of the note, 0 none */
} aicost_price_t;


typedef struct aicost_catalogue_s  aicost_catalogue_t;   /* flat, no pointers */


/* all counts disjoint: see reference "normalising usage" */

typedef struct {
    int64_t              input;           /* uncached, full rate */
    int64_t              cached;
    int64_t              cache_write;
    int64_t              cache_write_1h;
    int64_t              output;          /* reasoning included */
    int64_t              reasoning;       /* of output, for reports only */
    int64_t              images;          /* input images */
    aicost_service_e     service;         /* it was served as; AUTO: not said */
} aicost_usage_t;


/*
 * Building.  A builder grows by the caller's realloc-like function (NULL frees
 * nothing, size 0 frees); aicost_catalogue_seal sorts, indexes and returns the
 * flat block (owned by the caller, freed by the same function).
 */

typedef void *(*aicost_alloc_pt)(void *ctx, void *p, size_t size);

typedef struct aicost_catalogue_builder_s  aicost_catalogue_builder_t;

aicost_catalogue_builder_t *aicost_catalogue_start(aicost_alloc_pt alloc,
    void *ctx);
/* rows of one model must come in time order: AICOST_DECLINED otherwise, and
   for a second list of the same model; AICOST_ERROR without memory */
int aicost_catalogue_add(aicost_catalogue_builder_t *b,
    const aicost_str_t *name, const aicost_price_t *row,
    const aicost_str_t *source);
aicost_catalogue_t *aicost_catalogue_seal(aicost_catalogue_builder_t *b);
void aicost_catalogue_drop(aicost_catalogue_builder_t *b);

/* bytes of the block, to copy it */
size_t aicost_catalogue_size(const aicost_catalogue_t *c);
uint32_t aicost_catalogue_models(const aicost_catalogue_t *c);

/* i-th model's name, in order of names */
void aicost_catalogue_name(const aicost_catalogue_t *c, uint32_t i,
    aicost_str_t *name);

/* the row in force at now (ms); NULL when the model or a row is missing */
const aicost_price_t *aicost_catalogue_find(const aicost_catalogue_t *c,
    const unsigned char *name, size_t len, int64_t now);

/*
 * The single "provider/NAME" whose NAME, all after the first slash, is equal:
 * AICOST_OK, AICOST_DECLINED for none, AICOST_ERROR for more than one.
 */
int aicost_catalogue_bare(const aicost_catalogue_t *c,
    const unsigned char *name, size_t len, aicost_str_t *full);

/* i-th model's row in force, its next row (or NULL) for "show" */
const aicost_price_t *aicost_catalogue_row(const aicost_catalogue_t *c,
    uint32_t i, int64_t now, const aicost_price_t **next);

/* "" without a note */
const char *aicost_catalogue_source(const aicost_catalogue_t *c,
    const aicost_price_t *row);


/*
 * Cost of one attempt, nano of the account currency:
 * ceil(sum(tokens * pico-USD) * rate_ppm / 10^9), once, in 128 bits.
 *
 * A rate that a step does not have is the base's.  Output of a row without an
 * output price (embeddings) is charged as input here, and has no bound below:
 * aicost_cost_upper of one token of it is AICOST_MONEY_MAX, so it never fits.
 */
int64_t aicost_cost(const aicost_price_t *p, const aicost_usage_t *u,
    int64_t rate_ppm);

/*
 * The rate_ppm of a call that ran from..to (ms): less of it when no moment of
 * it is peak.  What may be is reserved at the row's own rates.  Rounds up.
 */
int64_t aicost_price_rate(const aicost_price_t *p, int64_t rate_ppm,
    int64_t from, int64_t to);

/*
 * The rate_ppm of a call that asked for a service tier and was told another.
 * Not told is as asked; one without a price is charged as the dearest of the
 * row.
 */
int64_t aicost_price_service(const aicost_price_t *p, int64_t rate_ppm,
    aicost_service_e asked, aicost_service_e told);

/* the most a call that asked for it is charged at: an answer may say that it
   was served as standard */
int64_t aicost_price_service_upper(const aicost_price_t *p, int64_t rate_ppm,
    aicost_service_e asked);

/* it can be asked for: it has a price, or there is none to pay */
unsigned aicost_price_serves(const aicost_price_t *p, aicost_service_e asked);

/*
 * The most that input tokens (an upper bound of them), images and output
 * tokens can cost: the dearest input rate that can apply (full, cache write),
 * on the dearest step the prompt can reach.  Monotone in each.
 */
int64_t aicost_cost_upper(const aicost_price_t *p, int64_t input,
    int64_t images, int64_t output, int64_t rate_ppm);

/* what it will probably cost: full input rate on the step input reaches */
int64_t aicost_cost_expected(const aicost_price_t *p, int64_t input,
    int64_t images, int64_t output, int64_t rate_ppm);

/* the largest output for which aicost_cost_upper <= amount; -1 when not even
   0 fits; AICOST_MAX_CAP * AICOST_MAX_CHOICES at most */
int64_t aicost_cost_fit(const aicost_price_t *p, int64_t input,
    int64_t images, int64_t amount, int64_t rate_ppm);


#endif /* _AICOST_PRICE_H_INCLUDED_ */
