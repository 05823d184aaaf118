
/*
 * Copyright (C) aicost
 *
 * Service tiers of providers: what a request asks for, what its answer says it
 * was served as, and what that is called.
 */


#ifndef _AICOST_SERVICE_H_INCLUDED_
#define _AICOST_SERVICE_H_INCLUDED_


#include "aicost_json.h"


typedef enum {
    AICOST_SERVICE_AUTO = 0,       /* nothing said: the provider's own choice */
    AICOST_SERVICE_STANDARD,       /* what the prices of a row are */
    AICOST_SERVICE_FLEX,
    AICOST_SERVICE_PRIORITY,
    AICOST_SERVICE_FAST,
    AICOST_SERVICE_SCALE,
    AICOST_SERVICE_OTHER           /* only in answers: a name not known here */
} aicost_service_e;

#define AICOST_SERVICES            AICOST_SERVICE_OTHER


/* as prices and logs write it; "" for AUTO */
const char *aicost_service_name(aicost_service_e service);

/* one that a price can be given for, AICOST_SERVICE_OTHER when there is none */
aicost_service_e aicost_service_find(const char *name);

/* under any provider's name of it, in any case; OTHER when none is known */
aicost_service_e aicost_service_word(const unsigned char *s, size_t len);

/* the value of a member: null is AUTO, what is no string is OTHER */
aicost_service_e aicost_service_read(const aicost_json_t *j, uint32_t node);

/* the same where OpenAI's shapes are spoken: its "fast" is priority */
aicost_service_e aicost_service_openai(const aicost_json_t *j, uint32_t node);

/* of "service_tier", "speed" or "inference_geo" in a request of Anthropic's:
   AUTO says nothing, OTHER costs what no one knows */
aicost_service_e aicost_service_anthropic(const aicost_json_t *j,
    const char *name, uint32_t node);

/* "service_tier" of an object that has one, else AUTO */
aicost_service_e aicost_service_member(const aicost_json_t *j, uint32_t object);


#endif /* _AICOST_SERVICE_H_INCLUDED_ */
