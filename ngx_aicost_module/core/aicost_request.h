
/*
 * Copyright (C) aicost
 *
 * Tape -> what the request asks, per API shape, and the edits that make it the
 * chosen provider's request.  The client's bytes are never re-serialised.
 */


#ifndef _AICOST_REQUEST_H_INCLUDED_
#define _AICOST_REQUEST_H_INCLUDED_


#include "aicost.h"
#include "aicost_json.h"
#include "aicost_service.h"
#include "aicost_tokens.h"


typedef enum {
    AICOST_EP_NONE = 0,
    AICOST_EP_CHAT,
    AICOST_EP_COMPLETIONS,
    AICOST_EP_EMBEDDINGS,
    AICOST_EP_RESPONSES,
    AICOST_EP_MESSAGES,            /* Anthropic's */
    AICOST_EP_COUNT_TOKENS,
    AICOST_EP_GENERATE,            /* Gemini's: the model is in the path */
    AICOST_EP_GENERATE_STREAM,
    AICOST_EP_GENERATE_COUNT,
    AICOST_EP_MODELS,              /* GET */
    AICOST_EP_GENERATE_MODELS,     /* Gemini's */
    AICOST_EP_OUTCOME,
    AICOST_EP_MAX
} aicost_endpoint_e;


/* what a model must be able to do: aicost_price_t.can */

#define AICOST_CAN_TOOLS           0x0001
#define AICOST_CAN_VISION          0x0002
#define AICOST_CAN_JSON_SCHEMA     0x0004
#define AICOST_CAN_REASONING       0x0008


#define AICOST_OPTIONS_NULL        0
#define AICOST_OPTIONS_EMPTY       1
#define AICOST_OPTIONS_MEMBERS     2


typedef struct {
    aicost_endpoint_e    endpoint;

    aicost_str_t         model;         /* 1..AICOST_MAX_IDENT bytes, no
                                           escape, printable ASCII */
    int64_t              cap;           /* output tokens a choice, -1 none */
    uint32_t             choices;       /* 1..8: n, or best_of when it is more;
                                           times the prompts of completions */

    unsigned             stream:1;
    unsigned             include_usage:1;  /* the client asked for it */
    unsigned             multi_input:1;
    unsigned             max_tokens:1;  /* a member that caps is max_tokens */
    unsigned             options:2;     /* AICOST_OPTIONS_*: what stands at
                                           stream_options_at */
    unsigned             config:2;      /* likewise at config_at */

    uint32_t             needs;         /* AICOST_CAN_* */
    aicost_service_e     service;       /* that is asked for */
    aicost_text_t        text;
    uint64_t             prefix;        /* hash of system and first user text:
                                           the conversation it belongs to */

    /* where the edits go */
    aicost_span_t        model_at;      /* value with its quotes */
    aicost_span_t        cap_at[2];     /* values of the members that cap */
    aicost_span_t        stream_options_at;  /* value: object or null */
    aicost_span_t        include_usage_at;   /* its value inside that object */
    aicost_span_t        config_at;     /* Gemini: what holds its cap, object
                                           or null */
    uint32_t             insert_at;     /* just after the opening brace; the
                                           object is never empty */

    /* first top-level member outside the shape's published list: only a
       provider with extra=pass may get it */
    aicost_str_t         extra;

    /* with text.hidden: the first member that is of a length nobody knows, and
       the first one that refers to what is not in the body, which only a
       provider of the client's own shape understands */
    aicost_str_t         hidden;
    aicost_str_t         reference;

    /* with AICOST_ERROR: why, and which member */
    aicost_reason_e      reason;
    aicost_str_t         param;
} aicost_request_t;


typedef struct {
    aicost_str_t         model;         /* the provider's own name of it */
    int64_t              cap;           /* sent as output cap; -1: leave */
    unsigned             include_usage:1;  /* force it on in a stream */
    unsigned             legacy_cap:1;  /* insert max_tokens, not
                                           max_completion_tokens, and beside
                                           it: such a provider reads no other
                                           cap */
} aicost_target_t;


typedef struct {
    uint32_t             off;           /* replaces len bytes at off */
    uint32_t             len;
    aicost_str_t         text;          /* in the caller's scratch */
} aicost_edit_t;

#define AICOST_MAX_EDITS           6
#define AICOST_EDIT_SCRATCH        (AICOST_MAX_IDENT * 6 + 512)


/*
 * Method and path (canonical, without query) -> endpoint.  prefix is the
 * length of the location's prefix: the endpoint is looked for in the whole
 * path and in what follows the prefix.  AICOST_EP_NONE when there is none.
 * allow is set to the endpoint's method ("POST", "GET"), model to what the
 * path names, empty where the body does.
 */
aicost_endpoint_e aicost_endpoint(const unsigned char *path, size_t len,
    size_t prefix, const char **allow, aicost_str_t *model);

/* the path after the provider's base URL: "/chat/completions", ... */
const char *aicost_endpoint_path(aicost_endpoint_e ep);

/*
 * Reads a whole strict tape; model as aicost_endpoint() gave it, NULL when the
 * body names it.  AICOST_OK, or AICOST_ERROR with q->reason and q->param set.
 * The root must be an object.
 */
int aicost_request_read(aicost_request_t *q, aicost_endpoint_e ep,
    const aicost_json_t *j, const aicost_str_t *model);

/* the same; a reference to what is not in the body is noted, not refused */
int aicost_request_read_references(aicost_request_t *q, aicost_endpoint_e ep,
    const aicost_json_t *j, const aicost_str_t *model);

/*
 * The edits for one target, ordered by offset, at most AICOST_MAX_EDITS.
 * scratch holds AICOST_EDIT_SCRATCH bytes.  Returns their number.
 */
uint32_t aicost_request_edits(const aicost_request_t *q,
    const aicost_target_t *t, aicost_edit_t *edits, unsigned char *scratch);


#endif /* _AICOST_REQUEST_H_INCLUDED_ */
