
/*
 * Copyright (C) aicost
 *
 * How many tokens a text is: an estimate, and an upper bound that holds for
 * every byte-level vocabulary (one token covers at least one byte).
 */


#ifndef _AICOST_TOKENS_H_INCLUDED_
#define _AICOST_TOKENS_H_INCLUDED_


#include "aicost.h"


/* statistics of the text of one request, summed over its strings */

typedef struct {
    uint64_t             bytes;     /* of text as written in the body; never
                                       fewer than the bytes the model reads */
    uint64_t             milli;     /* estimated tokens * 1000, o200k family */
    uint64_t             raw;       /* of these, JSON counted as text: tools */
    uint64_t             numbers;   /* token ids given as numbers */
    uint32_t             messages;
    uint32_t             tools;
    uint32_t             images;
    unsigned             hidden:1;  /* some of what the model reads is not in
                                       the body: it is all of its context */
} aicost_text_t;


/* how a model counts; all zero is a valid, cautious default (see .c) */

typedef struct {
    uint32_t             ratio_ppm;       /* model tokens per o200k token;
                                             0: 1,000,000 */
    uint32_t             base;            /* tokens a request, 0: default */
    uint32_t             per_message;
    uint32_t             per_tool;
    uint32_t             image;           /* tokens an image, estimated */
    uint32_t             image_upper;     /* tokens an image, at most */
    int64_t              context;         /* tokens; 0 unknown.  An estimate or
                                             bound never exceeds it */
} aicost_token_model_t;


/*
 * Adds one string, given as it stands in the JSON (still escaped).  Text over
 * 4 KB, and any but the first of a request, is estimated from samples; the
 * bytes are always exact.
 */
void aicost_text_add(aicost_text_t *t, const unsigned char *data, size_t len,
    unsigned escaped);

/* adds JSON that a provider renders into the prompt: tools, schemas */
void aicost_text_add_json(aicost_text_t *t, const unsigned char *data,
    size_t len);

/* input tokens, estimated; at least 1 for any text; saturates at 2^53 */
int64_t aicost_tokens_estimate(const aicost_text_t *t,
    const aicost_token_model_t *m);

/* input tokens, never fewer than any byte-level tokenizer counts */
int64_t aicost_tokens_upper(const aicost_text_t *t,
    const aicost_token_model_t *m);

/* output text streamed so far, in tokens: what an aborted answer is charged */
int64_t aicost_tokens_delivered(uint64_t bytes);


#endif /* _AICOST_TOKENS_H_INCLUDED_ */
