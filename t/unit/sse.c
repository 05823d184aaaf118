
/*
 * Copyright (C) aicost
 */


#include <stdlib.h>

#include "aicost_sse.h"
#include "tap.h"


/* what one reading of a stream gave: events as name|data|flags lines, and
   where each ended */

typedef struct {
    char      text[4096];
    size_t    len;
    size_t    ends[64];
    unsigned  n;
} seen_t;


static void
note(seen_t *seen, const aicost_sse_t *s)
{
    seen->len += (size_t) snprintf(seen->text + seen->len,
                                   sizeof(seen->text) - seen->len,
                                   "[%.*s|%.*s|%s%s%s]", (int) s->name.len,
                                   (const char *) s->name_buf, (int) s->len,
                                   s->buf ? (const char *) s->buf : "",
                                   s->has_data ? "d" : "",
                                   s->comment_only ? "c" : "",
                                   s->long_event ? "l" : "");
}


/* the stream in pieces that end at a, then at b, then at the end */

static void
feed(seen_t *seen, const char *data, size_t len, size_t a, size_t b)
{
    int                   rc;
    size_t                cuts[3];
    uint32_t              size;
    unsigned              i;
    unsigned char        *buf, *piece;
    aicost_sse_t          s;
    const unsigned char  *p, *last;

    memset(seen, 0, sizeof(seen_t));
    buf = NULL;
    size = 0;

    aicost_sse_init(&s, NULL, 0);

    cuts[0] = a;
    cuts[1] = b;
    cuts[2] = len;

    for (i = 0, a = 0; i < 3; a = cuts[i++]) {
        piece = malloc(cuts[i] - a + 1);
        memcpy(piece, data + a, cuts[i] - a);
        p = piece;
        last = piece + (cuts[i] - a);

        for ( ;; ) {
            rc = aicost_sse_next(&s, &p, last);

            if (rc == AICOST_AGAIN) {
                break;
            }

            if (rc == AICOST_DECLINED) {
                size = size ? size * 2 : 4;
                buf = realloc(buf, size);
                aicost_sse_room(&s, buf, size);
                continue;
            }

            seen->ends[seen->n++] = a + (size_t) (p - piece);
            note(seen, &s);
        }

        free(piece);
    }

    if (aicost_sse_end(&s) == AICOST_OK) {
        seen->len += (size_t) snprintf(seen->text + seen->len,
                                       sizeof(seen->text) - seen->len,
                                       "end");
        note(seen, &s);
    }

    free(buf);
}


static void
check(const char *stream, const char *expected, const char *name)
{
    int     same;
    size_t  len, a, b;
    seen_t  whole, cut;

    len = strlen(stream);
    feed(&whole, stream, len, 0, 0);
    is_str(whole.text, expected, name);

    same = 1;

    for (a = 0; a <= len; a++) {
        for (b = a; b <= len; b++) {
            feed(&cut, stream, len, a, b);
            same &= cut.len == whole.len
                    && memcmp(cut.text, whole.text, cut.len) == 0;
        }
    }

    ok(same, "and cut at any two bytes");
}


static void
endings(const char *stream, const char *expected, const char *name)
{
    char         buf[512], *p;
    unsigned     i;
    const char  *q;

    static const char *const  eol[] = { "\n", "\r\n", "\r" };

    for (i = 0; i < 3; i++) {
        p = buf;

        for (q = stream; *q; q++) {
            if (*q == '\n') {
                p = stpcpy(p, eol[i]);

            } else {
                *p++ = *q;
            }
        }

        *p = '\0';
        check(buf, expected, name);
    }
}


static void
grammar(void)
{
    endings("data: {\"a\":1}\n\ndata: [DONE]\n\n",
            "[|{\"a\":1}|d][|[DONE]|d]", "two events");
    endings("event: message_stop\ndata: {}\n\n", "[message_stop|{}|d]",
            "a name");
    endings("data:a\ndata: b\ndata:  c\ndata\ndata:\n\n",
            "[|a\nb\n c\n\n|d]", "lines are joined, one space goes");
    endings(": keep-alive\n\n:\n\n", "[||c][||c]", "comments");
    endings("\n\ndata: x\n\n", "[||c][||c][|x|d]", "blank lines");
    endings("id: 7\nretry: 10\nfoo\ndatax: 1\nlongfieldname: 2\n\n",
            "[||]", "other fields");
    endings(": c\ndata: x\n\n", "[|x|d]", "a comment in an event");
    endings("data: x", "end[|x|d]", "no line ending at the end");
    endings("data: x\n", "end[|x|d]", "no blank line at the end");
    endings("data: a\ndata", "end[|a\n|d]", "no colon at the end");
    endings("event: e\n: c\n", "", "nothing pending");
    endings("event: a\nevent: b\ndata: x\n\ndata: y\n\n", "[b|x|d][|y|d]",
            "the last name counts, for one event");
    check("data: a\r\rdata: b\n\r\ndata: c\r\n\n", "[|a|d][|b|d][|c|d]",
          "mixed endings");
}


static void
bounds(void)
{
    int                   rc, declined;
    size_t                i;
    seen_t                seen;
    uint32_t              size;
    unsigned char        *big, *buf;
    aicost_sse_t          s;
    const unsigned char  *p;

    feed(&seen, "data: a\r\n\r\ndata: b\n\n", 20, 0, 0);
    is_int((long long) seen.ends[0], 11, "an event ends after its blank line");
    is_int((long long) seen.ends[1], 20, "the next at its own");

    feed(&seen, "event: 0123456789012345678901234567890123456789"
         "01234567890123456789012345\ndata: x\n\n", 83, 30, 60);
    is_str(seen.text, "[01234567890123456789012345678901234567890123456789"
           "0123456789012|x|d]", "63 bytes of a name are kept");

    /* an event of AICOST_SSE_MAX_EVENT bytes, then one of one more */

    big = malloc(2 * AICOST_SSE_MAX_EVENT + 100);
    buf = malloc(AICOST_SSE_MAX_EVENT);

    for (i = 0; i < 2; i++) {
        memcpy(big, "data: ", 6);
        memset(big + 6, 'x', AICOST_SSE_MAX_EVENT + i);
        memcpy(big + 6 + AICOST_SSE_MAX_EVENT + i, "\n\ndata: y\n\n", 11);

        size = 1024;
        declined = 0;
        aicost_sse_init(&s, buf, size);
        p = big;

        do {
            rc = aicost_sse_next(&s, &p, big + AICOST_SSE_MAX_EVENT + 17 + i);

            if (rc == AICOST_DECLINED) {
                size *= 2;
                declined++;
                aicost_sse_room(&s, buf, size);
            }
        } while (rc == AICOST_DECLINED);

        is_int(rc, AICOST_OK, "a long event ends");
        is_int(declined, 6, "room is asked for up to the most");
        is_int(s.long_event, (long long) i, "only one above it is too long");
        is_int(s.len, i ? 0 : AICOST_SSE_MAX_EVENT, "and then not kept");
        is_int(s.has_data, 1, "but there");

        is_int(aicost_sse_next(&s, &p, big + AICOST_SSE_MAX_EVENT + 17 + i),
               AICOST_OK, "the next one");
        is_mem(s.buf, s.len, "y", "is whole");
        is_int(s.long_event, 0, "and not long");
    }

    free(buf);
    free(big);
}


int
main(void)
{
    grammar();
    bounds();

    return done_testing();
}
