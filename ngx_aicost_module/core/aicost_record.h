
/*
 * Copyright (C) aicost
 *
 * A recorded call, one JSON object a line: what the client sent, what became
 * of it and what it cost.  aicost_record writes them, aicost drill reads them.
 */


#ifndef _AICOST_RECORD_H_INCLUDED_
#define _AICOST_RECORD_H_INCLUDED_


#include "aicost_redact.h"
#include "aicost_request.h"


typedef struct {
    int64_t              time;           /* ms since 1970 UTC */
    aicost_endpoint_e    endpoint;
    unsigned             stream:1;
    unsigned             redacted:1;

    aicost_str_t         tier;
    aicost_str_t         model;          /* "openai/gpt-6-luna" */
    int64_t              status;         /* the provider's, 0 none */
    aicost_str_t         settled;        /* reason word: how its cost is
                                            known */
    int64_t              tokens_in;      /* cached ones included */
    int64_t              tokens_cached;
    int64_t              tokens_out;
    int64_t              cost;           /* nano */
    aicost_str_t         currency;
    int64_t              latency;        /* ms to the end of the answer */
    int64_t              ttft;           /* ms to its first byte, -1 none */

    aicost_str_t         request;        /* the body, as it was recorded */
} aicost_record_t;


/* the client's shape: "openai", "responses", "anthropic", "gemini" */
const char *aicost_record_shape(aicost_endpoint_e ep);

/* the endpoint: "chat", "messages", ...; "" when it is none that is recorded */
const char *aicost_record_endpoint(aicost_endpoint_e ep);

/*
 * The whole line.  j is the strict tape of the body; text and o->nodes are
 * scratch as for aicost_redact(), unused when it is not redacted.
 */
void aicost_record_write(const aicost_record_t *r, const aicost_json_t *j,
    unsigned char *text, aicost_out_t *o);

/* of the strict tape of a line; pieces are of its data, still escaped.
   AICOST_ERROR: it is none */
int aicost_record_read(aicost_record_t *r, const aicost_json_t *j);


#endif /* _AICOST_RECORD_H_INCLUDED_ */
