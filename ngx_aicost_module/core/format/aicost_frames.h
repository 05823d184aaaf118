
/*
 * Copyright (C) aicost
 *
 * Resumable splitters of a provider's stream, whatever its framing: events of
 * SSE, JSON lines, binary frames of AWS.
 */


#ifndef _AICOST_FRAMES_H_INCLUDED_
#define _AICOST_FRAMES_H_INCLUDED_


#include "aicost_sse.h"
#include "aicost_form.h"


/*
 * As aicost_sse_next() and aicost_sse_end(): AICOST_OK and s->buf, s->len,
 * s->has_data; of an AWS frame s->name is its event type, "exception" of an
 * exception or error, with ":" and its type where it says one that is short
 * enough.  AICOST_ERROR: a frame whose lengths or sums are wrong;
 * nothing can be read after it.
 */
int aicost_frames_next(aicost_sse_t *s, aicost_frames_e kind,
    const unsigned char **p, const unsigned char *last);
int aicost_frames_end(aicost_sse_t *s, aicost_frames_e kind);

/* of an AWS frame, the polynomial of zlib; sum 0 begins */
uint32_t aicost_frames_crc(uint32_t sum, const unsigned char *p, size_t len);


#endif /* _AICOST_FRAMES_H_INCLUDED_ */
