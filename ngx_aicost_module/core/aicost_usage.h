
/*
 * Copyright (C) aicost
 *
 * Usage from JSON answers and streamed events, normalised once: see
 * aicost_usage_t for what each count means.
 */


#ifndef _AICOST_USAGE_H_INCLUDED_
#define _AICOST_USAGE_H_INCLUDED_


#include "aicost.h"
#include "aicost_json.h"
#include "aicost_price.h"


#define AICOST_USAGE_MAX       ((int64_t) 1 << 40)   /* tokens; above: absurd */


typedef enum {
    AICOST_USAGE_NONE = 0,     /* no usage object */
    AICOST_USAGE_READ,
    AICOST_USAGE_BAD           /* there, but negative, absurd or no numbers */
} aicost_usage_e;


/* what one streamed OpenAI-shaped event is */

typedef struct {
    aicost_usage_e       usage_state;
    aicost_usage_t       usage;
    unsigned             done:1;          /* [DONE] */
    unsigned             error:1;         /* a top-level error member */
    unsigned             usage_only:1;    /* choices is [] and usage is an
                                             object: the chunk include_usage
                                             adds */
    unsigned             finished:1;      /* some choice has a finish_reason */
    uint32_t             text;            /* bytes of output text in it
                                             (content, reasoning, refusal, tool
                                             arguments), as written */
    aicost_str_t         id;              /* of this event, as written (still
                                             escaped), may be empty; in data,
                                             or in the form */
    aicost_str_t         model;           /* likewise */
    int64_t              created;         /* 0 unknown */
} aicost_event_t;


#define AICOST_EVENT_FORM  512            /* bytes around a text that are kept:
                                             a longer chunk is read anew */

/* a chunk of text of a stream, which the next ones are like; head is 0 before
   the first one */

typedef struct {
    aicost_event_t       event;           /* without the text between both */
    uint32_t             head;            /* bytes before the text; 0 none */
    uint32_t             tail;            /* bytes after it */
    unsigned char        buf[AICOST_EVENT_FORM];
} aicost_event_form_t;


/*
 * OpenAI family: prompt_tokens includes cached and cache-write tokens,
 * completion_tokens includes reasoning.  node is the usage object.  Subsets
 * above their parent: the parent is trusted, input is 0.
 */
aicost_usage_e aicost_usage_openai(const aicost_json_t *j, uint32_t node,
    aicost_usage_t *u);

/* the older x_groq: {"usage": ..}; the newest form of it counts memory, not
   tokens, and is no usage */
aicost_usage_e aicost_usage_groq(const aicost_json_t *j, uint32_t node,
    aicost_usage_t *u);

/* of an answer, or of a chunk of a stream, that is read: with its service
   tier */
aicost_usage_e aicost_usage_root(const aicost_json_t *j, aicost_usage_t *u);

/* a whole JSON answer of chat, completions or embeddings, data is strict JSON
   or may start with blank lines (keep-alive noise).  What does not fit nodes,
   or is not strict, is read as by aicost_usage_tail */
aicost_usage_e aicost_usage_answer(const unsigned char *data, size_t len,
    aicost_json_node_t *nodes, uint32_t max, aicost_usage_t *u);

/* the last bytes of an answer too long to keep: looks for the last
   "usage": {...} object that is a member of the answer itself.  data ends
   where the answer ends */
aicost_usage_e aicost_usage_tail(const unsigned char *data, size_t len,
    aicost_usage_t *u);

/*
 * One event's data; nodes is scratch, 512 hold any usual chunk.  An event with
 * more is read for its usage only and counts as text as a whole.  AICOST_ERROR
 * when it is no JSON; the inside of the strings of a chunk without usage and
 * error is not checked.  form, of the stream, may be NULL: with it an event
 * like the one before is read faster, to the same end.
 */
int aicost_event_read(aicost_event_form_t *form, const unsigned char *data,
    size_t len, aicost_json_node_t *nodes, uint32_t max, aicost_event_t *e);

/*
 * What a provider's error says, for the class of an attempt: one of
 * AICOST_R_RATE_LIMITED, _OVERLOADED, _SERVER_ERROR, _NO_MONEY, _AUTH_FAILED,
 * _BAD_REQUEST, _TIMEOUT, _REDIRECTED.  body may be empty or cut.
 */
aicost_reason_e aicost_error_class(int status, const unsigned char *body,
    size_t len);

/* the same for the client, who is told more: AICOST_R_NOT_FOUND and
   _REQUEST_TOO_LARGE stand apart from _BAD_REQUEST */
aicost_reason_e aicost_error_said(int status, const unsigned char *body,
    size_t len);

/* what a client is told of an answer of this status, whose body said this: the
   status where it is that of an error, else what was said.  What is no fault
   of the request is AICOST_R_ALL_PROVIDERS_FAILED */
aicost_reason_e aicost_error_told(int status, aicost_reason_e said);

/* likewise in the middle of a stream: RATE_LIMITED, OVERLOADED, SERVER_ERROR
   and what is at fault in the request, else AICOST_R_ALL_PROVIDERS_FAILED: our
   key and our money are not the client's */
aicost_reason_e aicost_error_midway(aicost_reason_e said);

/* Retry-After, as seconds (also with a fraction) or HTTP date; in ms from now,
   at most 10 minutes; -1 when it cannot be read.  now in ms */
int64_t aicost_retry_after(const unsigned char *data, size_t len, int64_t now);

/* retry-after-ms, likewise */
int64_t aicost_retry_after_ms(const unsigned char *data, size_t len);


#endif /* _AICOST_USAGE_H_INCLUDED_ */
