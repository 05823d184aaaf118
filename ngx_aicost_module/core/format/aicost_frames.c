
/*
 * Copyright (C) aicost
 */


#include "aicost_frames.h"


#define AICOST_FRAMES_PRELUDE  12        /* lengths of frame and headers, sum */
#define AICOST_FRAMES_LEAST    16        /* with the sum at the end */
#define AICOST_FRAMES_MOST     16777216

/* types of a header's value */

#define AICOST_FRAMES_BYTES    6
#define AICOST_FRAMES_STRING   7
#define AICOST_FRAMES_TYPES    10


enum {
    AICOST_FRAMES_NEW = 0,
    AICOST_FRAMES_INSIDE
};


/* what the headers of a frame say of an exception: its type is a span of buf */

typedef struct {
    uint32_t             off;
    uint32_t             len;
    unsigned             is:1;
} aicost_frames_fault_t;


static int aicost_frames_line(aicost_sse_t *s, const unsigned char **p,
    const unsigned char *last);
static int aicost_frames_line_end(aicost_sse_t *s);
static int aicost_frames_aws(aicost_sse_t *s, const unsigned char **p,
    const unsigned char *last);
static int aicost_frames_open(aicost_sse_t *s);
static int aicost_frames_header(aicost_sse_t *s, uint32_t *at, uint32_t end,
    aicost_frames_fault_t *fault);
static uint32_t aicost_frames_u32(const unsigned char *p);


int
aicost_frames_next(aicost_sse_t *s, aicost_frames_e kind,
    const unsigned char **p, const unsigned char *last)
{
    switch (kind) {

    case AICOST_FRAMES_LINES:
        return aicost_frames_line(s, p, last);

    case AICOST_FRAMES_AWS:
        return aicost_frames_aws(s, p, last);

    default:
        return aicost_sse_next(s, p, last);
    }
}


int
aicost_frames_end(aicost_sse_t *s, aicost_frames_e kind)
{
    switch (kind) {

    case AICOST_FRAMES_LINES:

        if (s->state == AICOST_FRAMES_INSIDE) {
            (void) aicost_frames_line_end(s);
            return s->has_data ? AICOST_OK : AICOST_DECLINED;
        }

        return AICOST_DECLINED;

    case AICOST_FRAMES_AWS:
        /* half a frame is none */
        return AICOST_DECLINED;

    default:
        return aicost_sse_end(s);
    }
}


static void
aicost_frames_begin(aicost_sse_t *s)
{
    s->state = AICOST_FRAMES_INSIDE;
    s->len = 0;
    s->left = 0;
    s->has_data = 0;
    s->long_event = 0;
    s->name.data = s->name_buf;
    s->name.len = 0;
}


/* --- lines ---------------------------------------------------------------- */

static int
aicost_frames_line(aicost_sse_t *s, const unsigned char **p,
    const unsigned char *last)
{
    size_t                n;
    const unsigned char  *end;

    if (*p == last) {
        return AICOST_AGAIN;
    }

    if (s->state == AICOST_FRAMES_NEW) {
        aicost_frames_begin(s);
    }

    end = memchr(*p, '\n', (size_t) (last - *p));
    n = (size_t) ((end ? end : last) - *p);

    if (n > s->size - s->len && !s->long_event) {

        if (s->size < s->max) {
            return AICOST_DECLINED;
        }

        s->long_event = 1;
        s->len = 0;
    }

    /* there may be no room at all for nothing */

    if (n && !s->long_event) {
        memcpy(s->buf + s->len, *p, n);
        s->len += (uint32_t) n;
    }

    *p += n;

    if (end == NULL) {
        return AICOST_AGAIN;
    }

    (*p)++;

    return aicost_frames_line_end(s);
}


static int
aicost_frames_line_end(aicost_sse_t *s)
{
    s->state = AICOST_FRAMES_NEW;

    if (s->len && s->buf[s->len - 1] == '\r') {
        s->len--;
    }

    s->has_data = (s->len || s->long_event);

    return AICOST_OK;
}


/* --- AWS ------------------------------------------------------------------ */


/*
 * u32 length of all, u32 length of the headers, u32 sum of these 8 bytes;
 * headers; payload; u32 sum of everything before.  All big-endian.
 */

static int
aicost_frames_aws(aicost_sse_t *s, const unsigned char **p,
    const unsigned char *last)
{
    uint32_t  n, want;

    for ( ;; ) {

        if (*p == last) {
            return AICOST_AGAIN;
        }

        if (s->state == AICOST_FRAMES_NEW) {
            aicost_frames_begin(s);
            s->left = AICOST_FRAMES_PRELUDE;
        }

        n = (uint32_t) ((size_t) (last - *p) < s->left
                        ? (size_t) (last - *p) : s->left);

        if (!s->long_event) {

            if (n > s->size - s->len) {
                want = s->len + s->left;

                if (s->size < s->max
                    && want <= s->max)
                {
                    return AICOST_DECLINED;
                }

                s->long_event = 1;
            }
        }

        if (!s->long_event) {
            memcpy(s->buf + s->len, *p, n);
            s->len += n;
        }

        *p += n;
        s->left -= n;

        if (s->left) {
            return AICOST_AGAIN;
        }

        if (!s->long_event && s->len == AICOST_FRAMES_PRELUDE) {

            want = aicost_frames_u32(s->buf);

            if (want < AICOST_FRAMES_LEAST || want > AICOST_FRAMES_MOST
                || aicost_frames_u32(s->buf + 4) > want - AICOST_FRAMES_LEAST
                || aicost_frames_crc(0, s->buf, 8)
                   != aicost_frames_u32(s->buf + 8))
            {
                return AICOST_ERROR;
            }

            s->left = want - AICOST_FRAMES_PRELUDE;
            s->long_event = (want > s->max);
            continue;
        }

        s->state = AICOST_FRAMES_NEW;
        s->has_data = 1;

        if (s->long_event) {
            s->len = 0;
            return AICOST_OK;
        }

        return aicost_frames_open(s);
    }
}


/* a whole frame in buf: its name, and the payload alone */

static int
aicost_frames_open(aicost_sse_t *s)
{
    size_t                 len;
    uint32_t               at, end;
    aicost_frames_fault_t  fault;

    if (aicost_frames_crc(0, s->buf, s->len - 4)
        != aicost_frames_u32(s->buf + s->len - 4))
    {
        return AICOST_ERROR;
    }

    memset(&fault, 0, sizeof(aicost_frames_fault_t));
    at = AICOST_FRAMES_PRELUDE;
    end = AICOST_FRAMES_PRELUDE + aicost_frames_u32(s->buf + 4);

    while (at < end) {
        if (aicost_frames_header(s, &at, end, &fault) != AICOST_OK) {
            return AICOST_ERROR;
        }
    }

    if (fault.is) {
        memcpy(s->name_buf, "exception:", 10);

        len = fault.len <= sizeof(s->name_buf) - 10 ? fault.len : 0;
        memcpy(s->name_buf + 10, s->buf + fault.off, len);

        s->name.len = len ? 10 + len : 9;
    }

    s->len -= end + 4;
    memmove(s->buf, s->buf + end, s->len);

    return AICOST_OK;
}


/* u8 length of the name, name, u8 type, value; *at moves behind it.  An error
   that is not modelled is an exception too */

static int
aicost_frames_header(aicost_sse_t *s, uint32_t *at, uint32_t end,
    aicost_frames_fault_t *fault)
{
    size_t                len, vlen, left;
    unsigned              type;
    const unsigned char  *name, *value;

    /* true, false, of 1, 2, 4 and 8 bytes, bytes, string, time, UUID */

    static const uint8_t  lengths[AICOST_FRAMES_TYPES] = {
        0, 0, 1, 2, 4, 8, 0, 0, 8, 16
    };

    left = end - *at;
    len = s->buf[*at];
    name = s->buf + *at + 1;

    if (left < len + 2 || name[len] >= AICOST_FRAMES_TYPES) {
        return AICOST_ERROR;
    }

    type = name[len];
    value = name + len + 1;
    left -= len + 2;
    vlen = lengths[type];

    if (type == AICOST_FRAMES_BYTES || type == AICOST_FRAMES_STRING) {

        if (left < 2) {
            return AICOST_ERROR;
        }

        vlen = (size_t) value[0] << 8 | value[1];
        value += 2;
        left -= 2;
    }

    if (left < vlen) {
        return AICOST_ERROR;
    }

    *at = (uint32_t) (value + vlen - s->buf);

    if (type != AICOST_FRAMES_STRING) {
        return AICOST_OK;
    }

    if (len == 13 && memcmp(name, ":message-type", 13) == 0) {
        fault->is = (vlen == 9 && memcmp(value, "exception", 9) == 0)
                    || (vlen == 5 && memcmp(value, "error", 5) == 0);

    } else if ((len == 15 && memcmp(name, ":exception-type", 15) == 0)
               || (len == 11 && memcmp(name, ":error-code", 11) == 0))
    {
        fault->off = (uint32_t) (value - s->buf);
        fault->len = (uint32_t) vlen;

    } else if (len == 11 && memcmp(name, ":event-type", 11) == 0
               && vlen <= sizeof(s->name_buf))
    {
        memcpy(s->name_buf, value, vlen);
        s->name.len = vlen;
    }

    return AICOST_OK;
}


static uint32_t
aicost_frames_u32(const unsigned char *p)
{
    return (uint32_t) p[0] << 24 | (uint32_t) p[1] << 16
           | (uint32_t) p[2] << 8 | p[3];
}


uint32_t
aicost_frames_crc(uint32_t sum, const unsigned char *p, size_t len)
{
    static const uint32_t  table[16] = {
        0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac,
        0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
        0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
        0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c
    };

    sum = ~sum;

    while (len--) {
        sum ^= *p++;
        sum = sum >> 4 ^ table[sum & 15];
        sum = sum >> 4 ^ table[sum & 15];
    }

    return ~sum;
}
