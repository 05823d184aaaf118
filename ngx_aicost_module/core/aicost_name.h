
/*
 * Copyright (C) aicost
 *
 * The names of accounts and latches: halves of D = SHA-256(kind, name, 0,
 * key).  The digest is the caller's.
 */


#ifndef _AICOST_NAME_H_INCLUDED_
#define _AICOST_NAME_H_INCLUDED_


#include "aicost_ledger.h"


#define AICOST_NAME_TEXT   (2 * AICOST_MAX_IDENT)
#define AICOST_NAME_KEY    (AICOST_MAX_IDENT - 1)    /* bytes of a key; of a
                                                        longer one its digest
                                                        is the key */

#define AICOST_NAME_BUDGET     'b'
#define AICOST_NAME_OVERFLOW   'o'
#define AICOST_NAME_RATE       'r'
#define AICOST_NAME_WHOLE      'k'    /* all accounts of a budget, no key */


/* what is digested; buf holds AICOST_NAME_TEXT bytes; its length */
size_t aicost_name_text(unsigned char *buf, unsigned char kind,
    const unsigned char *name, size_t name_len, const unsigned char *key,
    size_t key_len);

/* t0: of the window, ms; 0 without */
void aicost_name_ids(const unsigned char digest[2 * AICOST_ID], int64_t t0,
    unsigned char id[AICOST_ID], unsigned char latch[AICOST_ID]);


#endif /* _AICOST_NAME_H_INCLUDED_ */
