
/*
 * Copyright (C) aicost
 *
 * A request without what it says: structure, settings, tool names, schemas and
 * lengths stay, content goes.  What is not known to be structure is content.
 */


#ifndef _AICOST_REDACT_H_INCLUDED_
#define _AICOST_REDACT_H_INCLUDED_


#include "format/aicost_form.h"


#define AICOST_REDACT_WORD     128    /* bytes of a word that stays */
#define AICOST_REDACT_KEY      64     /* bytes a name is replaced by, at most */
#define AICOST_REDACT_IDS      1024   /* ids told apart; the rest are one */

#define AICOST_REDACTED        "redacted"
#define AICOST_REDACTED_URL    "https://redacted.invalid/"   /* begins one */


/*
 * Writes the document of a strict tape, in one line.
 *
 *     words        model, role, type, names of tools ...: as they stand, when
 *                  they are words; else as content
 *     text         letters by those of common words of the same length, digits
 *                  by 1, other characters by one of their kind
 *     numbers      settings stay, all others keep their number of digits
 *     arguments    JSON in a string is redacted as JSON
 *     ids          numbered, so that calls and results still meet
 *     images       a small one of the same media type
 *     users, keys  a fixed word, not even their length
 *
 * It is idempotent, and the result is strict JSON again.  text is scratch of
 * j->len bytes, o->nodes is scratch too: arguments that do not fit are text.
 */
void aicost_redact(const aicost_json_t *j, unsigned char *text,
    aicost_out_t *o);


#endif /* _AICOST_REDACT_H_INCLUDED_ */
