
/*
 * Copyright (C) aicost
 *
 * Between aicost_redact.c and aicost_redact_words.c only.
 */


#ifndef _AICOST_REDACT_INT_H_INCLUDED_
#define _AICOST_REDACT_INT_H_INCLUDED_


#include "aicost_redact.h"


typedef enum {
    AICOST_REDACT_CONTENT = 0,
    AICOST_REDACT_KEEP,
    AICOST_REDACT_VALUES,      /* of a schema: short texts stay too */
    AICOST_REDACT_NAME,        /* of a tool stays, of a speaker not */
    AICOST_REDACT_ID,
    AICOST_REDACT_SECRET,
    AICOST_REDACT_ARGUMENTS,
    AICOST_REDACT_URL,
    AICOST_REDACT_DATA,        /* base64 of the media type beside it */
    AICOST_REDACT_FILE,        /* a data URL, base64 alone, or an object */
    AICOST_REDACT_BIAS,        /* by token */
    AICOST_REDACT_NAMED,       /* schemas by names of the team's own */

    AICOST_REDACT_ROOT,        /* from here on: objects with known members */
    AICOST_REDACT_MESSAGE,
    AICOST_REDACT_CALL,
    AICOST_REDACT_TOOL,
    AICOST_REDACT_CHOICE,
    AICOST_REDACT_FORMAT,
    AICOST_REDACT_CONFIG,
    AICOST_REDACT_SCHEMA,
    AICOST_REDACT_SOURCE,
    AICOST_REDACT_IMAGE,       /* likewise, or its URL */
    AICOST_REDACT_RESULT,      /* whether it is an error stays */
    AICOST_REDACT_META,
    AICOST_REDACT_MAX
} aicost_redact_e;


typedef struct {
    const char          *name;
    uint8_t              what;      /* aicost_redact_e */
} aicost_redact_member_t;


/* by aicost_redact_e; NULL: none is known */
extern const aicost_redact_member_t *const  aicost_redact_members[];


#endif /* _AICOST_REDACT_INT_H_INCLUDED_ */
