
/*
 * Copyright (C) aicost
 *
 * Error objects and final events in the client's own shape.
 */


#ifndef _AICOST_ANSWER_H_INCLUDED_
#define _AICOST_ANSWER_H_INCLUDED_


#include "aicost.h"
#include "aicost_request.h"
#include "aicost_usage.h"


#define AICOST_ANSWER_MAX      8192    /* bytes of any object below; a longer
                                          message is cut at a character */


/*
 * {"error":{"message":..,"type":..,"param":..,"code":..}}; code is the reason's
 * word, type follows its status:
 *
 *     400 404 405 413 415    invalid_request_error
 *     401                    authentication_error
 *     402                    insufficient_quota
 *     403                    permission_error
 *     429                    rate_limit_error
 *     all others             server_error
 *
 * param may be empty or NULL (null).  Always valid JSON: what is not UTF-8 in
 * message or param is written as U+FFFD.  Returns the length written into buf
 * (AICOST_ANSWER_MAX bytes); no terminating zero.
 */
size_t aicost_answer_error(unsigned char *buf, aicost_reason_e reason,
    const aicost_str_t *message, const aicost_str_t *param);

/* the event that ends a cut stream validly: one chunk with finish_reason
   "length" in the shape of ep, then data: [DONE].  id, model and created are
   those of the first event, which may be NULL */
size_t aicost_answer_cut(unsigned char *buf, aicost_endpoint_e ep,
    const aicost_event_t *first);

/* data: {"error":{...}} and data: [DONE]: a stream that failed midway */
size_t aicost_answer_stream_error(unsigned char *buf, aicost_reason_e reason,
    const aicost_str_t *message);


#endif /* _AICOST_ANSWER_H_INCLUDED_ */
