
/*
 * Copyright (C) aicost
 *
 * Resumable splitter of server-sent events: any chunking, any line ending
 * (LF, CRLF, CR).  It says where events end and hands out the data of each; it
 * never changes a byte.
 */


#ifndef _AICOST_SSE_H_INCLUDED_
#define _AICOST_SSE_H_INCLUDED_


#include "aicost.h"


#define AICOST_SSE_MAX_EVENT   65536   /* data bytes kept of one event unless
                                          max says more; a longer event is
                                          marked `long_event` and its data is
                                          not kept */


typedef struct {
    unsigned char       *buf;       /* data lines of the current event, joined
                                       with \n; the caller's */
    uint32_t             size;      /* room in buf, <= max */
    uint32_t             max;       /* AICOST_SSE_MAX_EVENT unless set */
    uint32_t             len;

    aicost_str_t         name;      /* of `event:`, in name_buf */
    unsigned char        name_buf[64];

    uint32_t             state;
    uint32_t             field_len;
    uint32_t             left;      /* bytes of a binary frame to come */
    unsigned char        field[8];

    unsigned             has_data:1;
    unsigned             long_event:1;
    unsigned             comment_only:1;
    unsigned             cr:1;      /* last byte was CR: swallow one LF */
} aicost_sse_t;


/* buf may be given later: aicost_sse_room when AICOST_DECLINED */
void aicost_sse_init(aicost_sse_t *s, unsigned char *buf, uint32_t size);

/*
 * Reads up to the end of one event.  *p moves past the bytes read (the blank
 * line that ends the event included).
 *
 * AICOST_OK        an event ended at *p: s->buf, s->len, s->name, s->has_data
 * AICOST_AGAIN     all bytes read, the event goes on
 * AICOST_DECLINED  buf is full below max: give more room with
 *                  aicost_sse_room and call again
 *
 * After AICOST_OK the next call starts a new event by itself.  Blocks that
 * hold only comments or blank lines end with has_data 0.
 */
int aicost_sse_next(aicost_sse_t *s, const unsigned char **p,
    const unsigned char *last);

void aicost_sse_room(aicost_sse_t *s, unsigned char *buf, uint32_t size);

/* at the end of the stream: AICOST_OK when an event without its last blank
   line is pending, AICOST_DECLINED otherwise */
int aicost_sse_end(aicost_sse_t *s);


#endif /* _AICOST_SSE_H_INCLUDED_ */
