
/*
 * Copyright (C) aicost
 *
 * What the two tests of OpenAI's chat completions share.
 */


#ifndef _AICOST_API_OPENAI_TEST_H_INCLUDED_
#define _AICOST_API_OPENAI_TEST_H_INCLUDED_


#include "api_base.h"
#include "api_openai_cases.h"


static inline void
piece(const char *before, const aicost_piece_t *p)
{
    if (p->kind == AICOST_PIECE_NONE) {
        add("%s-", before);

    } else {
        add("%s%.*s", before, (int) p->len, (const char *) p->data);
    }
}


#endif /* _AICOST_API_OPENAI_TEST_H_INCLUDED_ */
