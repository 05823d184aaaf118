
/*
 * Copyright (C) aicost
 *
 * The scripts as they are loaded into Redis, by the SHA-1 of their text.
 */


#ifndef _AICOST_REDIS_SCRIPTS_H_INCLUDED_
#define _AICOST_REDIS_SCRIPTS_H_INCLUDED_


#include <stddef.h>


typedef enum {
    AICOST_REDIS_RESERVE = 0,
    AICOST_REDIS_SETTLE,
    AICOST_REDIS_RENEW,
    AICOST_REDIS_SWEEP,
    AICOST_REDIS_CONTROL,
    AICOST_REDIS_READ,
    AICOST_REDIS_RESTORE,
    AICOST_REDIS_PUBLISH,
    AICOST_REDIS_SCRIPTS
} aicost_redis_script_e;


typedef struct {
    const char                *name;
    const char                *sha;      /* 40 hex */
    size_t                     length;   /* bytes of all its parts */
    const char *const *const  *parts;    /* lists of strings, each ends with
                                            NULL, and so does this one */
} aicost_redis_script_t;


extern const aicost_redis_script_t
    aicost_redis_scripts[AICOST_REDIS_SCRIPTS];


#endif /* _AICOST_REDIS_SCRIPTS_H_INCLUDED_ */
