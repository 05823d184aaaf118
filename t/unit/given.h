
/*
 * Copyright (C) aicost
 *
 * What unit tests give to what they test: strings, and memory that may end.
 */


#ifndef _AICOST_GIVEN_H_INCLUDED_
#define _AICOST_GIVEN_H_INCLUDED_


#include <stdlib.h>
#include <string.h>

#include "aicost.h"


static inline aicost_str_t
str(const char *s)
{
    aicost_str_t  v;

    v.len = strlen(s);
    v.data = (unsigned char *) (uintptr_t) s;

    return v;
}


/* aicost_alloc_pt; ctx counts how often there is some, NULL: always */

static inline void *
grow(void *ctx, void *p, size_t size)
{
    int  *left;

    left = ctx;

    if (size == 0) {
        free(p);
        return NULL;
    }

    if (left && (*left)-- <= 0) {
        return NULL;
    }

    return realloc(p, size);
}


#endif /* _AICOST_GIVEN_H_INCLUDED_ */
