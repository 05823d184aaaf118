
/*
 * Copyright (C) aicost
 *
 * Streams of lines and of AWS frames, split anywhere.
 */


#include <stdlib.h>

#include "format/aicost_frames.h"
#include "tap.h"


#define COUNT(a)  (sizeof(a) / sizeof((a)[0]))


/* decoded by AWS' own reader to contentBlockDelta and this payload */

static const char  vector_hex[] =
    "0000009400000057b4ab9aee0d3a6d6573736167652d747970650700056576656e740b3a"
    "6576656e742d74797065070011636f6e74656e74426c6f636b44656c74610d3a636f6e74"
    "656e742d747970650700106170706c69636174696f6e2f6a736f6e7b22636f6e74656e74"
    "426c6f636b496e646578223a302c2264656c7461223a7b2274657874223a224869227d7d"
    "5db19242";

#define VECTOR    148
#define PAYLOAD   "{\"contentBlockIndex\":0,\"delta\":{\"text\":\"Hi\"}}"
#define SAID      "[contentBlockDelta " PAYLOAD "]"


static unsigned char  vector[VECTOR], bytes[300000];
static char           text[400000];
static size_t         used;


static void
say(const void *p, size_t len)
{
    if (len < sizeof(text) - used) {
        memcpy(text + used, p, len);
        used += len;
    }

    text[used] = '\0';
}


static unsigned
digit(char c)
{
    return (unsigned) (c <= '9' ? c - '0' : c - 'a' + 10);
}


/* a reader whose room begins with nothing and doubles */

typedef struct {
    aicost_sse_t         s;
    aicost_frames_e      kind;
    unsigned             grown;
    unsigned             failed;
} reader_t;


static void
reader_init(reader_t *r, aicost_frames_e kind)
{
    memset(r, 0, sizeof(reader_t));
    r->kind = kind;
    aicost_sse_init(&r->s, NULL, 0);
    used = 0;
    text[0] = '\0';
}


static void
reader_event(reader_t *r)
{
    if (r->s.long_event) {
        say("[long]", 6);
        return;
    }

    if (!r->s.has_data) {
        say("[]", 2);
        return;
    }

    say("[", 1);

    if (r->kind == AICOST_FRAMES_AWS) {
        say(r->s.name.data, r->s.name.len);
        say(" ", 1);
    }

    say(r->s.buf, r->s.len);
    say("]", 1);
}


/* in a heap block of just its size: reads beyond it are seen */

static void
reader_feed(reader_t *r, const unsigned char *data, size_t len)
{
    int                   rc;
    uint32_t              size;
    unsigned char        *copy, *room;
    const unsigned char  *p, *last;

    if (r->failed) {
        return;
    }

    copy = malloc(len ? len : 1);
    memcpy(copy, data, len);
    p = copy;
    last = copy + len;

    for ( ;; ) {
        rc = aicost_frames_next(&r->s, r->kind, &p, last);

        if (rc == AICOST_OK) {
            reader_event(r);
            continue;
        }

        if (rc != AICOST_DECLINED) {
            break;
        }

        size = r->s.size ? r->s.size * 2 : 1;

        if (size > AICOST_SSE_MAX_EVENT || r->s.size > size) {
            say("[size]", 6);
            break;
        }

        room = malloc(size);

        if (r->s.len) {
            memcpy(room, r->s.buf, r->s.len);
        }

        free(r->s.buf);
        aicost_sse_room(&r->s, room, size);
        r->grown++;
    }

    if (rc == AICOST_ERROR) {
        say("[error]", 7);
        r->failed = 1;

    } else if (p != last) {
        say("[left]", 6);
    }

    free(copy);
}


static void
reader_end(reader_t *r)
{
    if (!r->failed && aicost_frames_end(&r->s, r->kind) == AICOST_OK) {
        say("$", 1);
        reader_event(r);
    }

    free(r->s.buf);
}


static const char *
whole(aicost_frames_e kind, const void *data, size_t len)
{
    reader_t  r;

    reader_init(&r, kind);
    reader_feed(&r, data, len);
    reader_end(&r);

    return text;
}


/* cut at every place, and byte by byte: how often it is not the same */

static unsigned
differs(aicost_frames_e kind, const void *data, size_t len,
    const char *expected)
{
    size_t                i;
    unsigned              n;
    reader_t              r;
    const unsigned char  *p;

    n = 0;
    p = data;

    for (i = 0; i <= len; i++) {
        reader_init(&r, kind);
        reader_feed(&r, p, i);
        reader_feed(&r, p + i, len - i);
        reader_end(&r);
        n += (strcmp(text, expected) != 0);
    }

    reader_init(&r, kind);

    for (i = 0; i < len; i++) {
        reader_feed(&r, p + i, 1);
    }

    reader_end(&r);

    return n + (strcmp(text, expected) != 0);
}


static void
put(unsigned char *p, uint32_t n)
{
    p[0] = (unsigned char) (n >> 24);
    p[1] = (unsigned char) (n >> 16);
    p[2] = (unsigned char) (n >> 8);
    p[3] = (unsigned char) n;
}


/* a frame with right sums at p; the lengths may lie */

static size_t
frame(unsigned char *p, const void *headers, size_t hlen, const void *payload,
    size_t plen)
{
    size_t  n;

    n = 12 + hlen + plen;

    put(p, (uint32_t) n + 4);
    put(p + 4, (uint32_t) hlen);
    put(p + 8, aicost_frames_crc(0, p, 8));
    memcpy(p + 12, headers, hlen);
    memcpy(p + 12 + hlen, payload, plen);
    put(p + n, aicost_frames_crc(0, p, n));

    return n + 4;
}


static void
test_crc(void)
{
    uint32_t  sum;

    is_int(aicost_frames_crc(0, (const unsigned char *) "123456789", 9),
           0xcbf43926, "the sum of zlib");
    is_int(aicost_frames_crc(0, (const unsigned char *) "", 0), 0,
           "of nothing");

    sum = aicost_frames_crc(0, (const unsigned char *) "1234", 4);
    is_int(aicost_frames_crc(sum, (const unsigned char *) "56789", 5),
           0xcbf43926, "in two steps");
}


static void
test_vector(void)
{
    size_t    i, ok_frames;
    unsigned  bit;
    reader_t  r;

    is_str(whole(AICOST_FRAMES_AWS, vector, VECTOR), SAID, "a known frame");
    is_int(differs(AICOST_FRAMES_AWS, vector, VECTOR, SAID), 0,
           "cut anywhere");

    memcpy(bytes, vector, VECTOR);
    memcpy(bytes + VECTOR, vector, VECTOR);
    is_int(differs(AICOST_FRAMES_AWS, bytes, 2 * VECTOR, SAID SAID), 0,
           "two of them, cut anywhere");

    reader_init(&r, AICOST_FRAMES_AWS);
    reader_feed(&r, vector, VECTOR);
    is_int(r.grown, 9, "the room grew from nothing to 256 bytes");
    reader_end(&r);

    is_str(whole(AICOST_FRAMES_AWS, vector, VECTOR - 1), "",
           "half a frame is none");
    is_str(whole(AICOST_FRAMES_AWS, vector, 0), "", "nothing is none");

    ok_frames = 0;

    for (i = 0; i < VECTOR; i++) {
        for (bit = 1; bit < 256; bit <<= 1) {
            memcpy(bytes, vector, VECTOR);
            bytes[i] = (unsigned char) (bytes[i] ^ bit);
            ok_frames += strcmp(whole(AICOST_FRAMES_AWS, bytes, VECTOR),
                                "[error]") != 0;
        }
    }

    is_int((long long) ok_frames, 0, "any wrong bit is an error");
}


static void
test_lengths(void)
{
    size_t         i;

    static const struct {
        uint32_t     all;
        uint32_t     headers;
        const char  *says;
    } lengths[] = {
        { 0, 0, "[error]" },
        { 12, 0, "[error]" },
        { 15, 0, "[error]" },
        { 16, 1, "[error]" },
        { 100, 85, "[error]" },
        { 100, 84, "" },
        { 100, 0xffffffff, "[error]" },
        { 0xffffffff, 0, "[error]" },
        { 0xffffffff, 0xffffffff, "[error]" },
        { 16777217, 0, "[error]" },
        { 16777216, 16777200, "" },
        { 16777216, 16777201, "[error]" }
    };

    for (i = 0; i < COUNT(lengths); i++) {
        put(bytes, lengths[i].all);
        put(bytes + 4, lengths[i].headers);
        put(bytes + 8, aicost_frames_crc(0, bytes, 8));
        memset(bytes + 12, 0, 16);
        is_str(whole(AICOST_FRAMES_AWS, bytes, 28), lengths[i].says,
               "absurd lengths");
    }

    i = frame(bytes, "", 0, "", 0);
    is_int((long long) i, 16, "the least frame");
    is_str(whole(AICOST_FRAMES_AWS, bytes, i), "[ ]", "says nothing");
}


static void
test_headers(void)
{
    size_t  i, n;

    static const struct {
        const char  *headers;
        size_t       len;
        const char  *says;
    } cases[] = {
#define H(s, says)  { s, sizeof(s) - 1, says }
        H("\x0d:message-type\7\0\5event\x0b:event-type\7\0\1a", "[a x]"),
        H("\x0b:event-type\7\0\1a\x0d:message-type\7\0\5event", "[a x]"),
        H("\x0b:event-type\7\0\1a", "[a x]"),
        H("\x0d:message-type\7\0\x09" "exception\x0f:exception-type\7\0\1e",
          "[exception:e x]"),
        H("\x0f:exception-type\7\0\1e\x0d:message-type\7\0\x09" "exception",
          "[exception:e x]"),
        H("\x0d:message-type\7\0\5error\x0b:error-code\7\0\1e",
          "[exception:e x]"),
        H("\x0d:message-type\7\0\5error\x0f:exception-type\7\0\x37"
          "12345678901234567890123456789012345678901234567890abcde",
          "[exception x]"),
        H("\x0b:event-type\7\0\0", "[ x]"),
        H("\0\7\0\0", "[ x]"),
        H("\1y\0\1n\1\1b\2!\1s\3!!\1i\4!!!!\1l\5!!!!!!!!\1a\6\0\2!!"
          "\1t\x08!!!!!!!!\1u\x09!!!!!!!!!!!!!!!!\x0b:event-type\7\0\1a",
          "[a x]"),
        H("\x0b:event-type\4!!!!", "[ x]"),
        H("\1z\x0a", "[error]"),
        H("\1l\5!!!!!!!", "[error]"),
        H("\1a\6\0", "[error]"),
        H("\1a\7\0\2!", "[error]"),
        H("\1a\7\xff\xff!", "[error]"),
        H("\1a\7", "[error]"),
        H("\1a", "[error]"),
        H("\1", "[error]"),
        H("\xff" "a\7\0\1!", "[error]"),
        H("\x0b:event-type\7\0\x41" "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
          "aaaaaaaaaaaaaaaaaaaaaaaaa", "[ x]")
    };

    for (i = 0; i < COUNT(cases); i++) {
        n = frame(bytes, cases[i].headers, cases[i].len, "x", 1);
        is_str(whole(AICOST_FRAMES_AWS, bytes, n), cases[i].says,
               "headers");
        is_int(differs(AICOST_FRAMES_AWS, bytes, n, cases[i].says), 0,
               "and cut anywhere");
    }
}


/* too long ones are told of, and what follows them is read */

static void
test_long(void)
{
    size_t          n, i;
    reader_t        r;
    unsigned char  *big;

    big = malloc(200000);
    memset(big, 'x', 200000);

    n = frame(bytes, "", 0, big, AICOST_SSE_MAX_EVENT - 16);
    is_int((long long) n, AICOST_SSE_MAX_EVENT, "a frame as long as may be");
    (void) whole(AICOST_FRAMES_AWS, bytes, n);
    is_int((long long) used, AICOST_SSE_MAX_EVENT - 16 + 3, "is kept");

    n = frame(bytes, "", 0, big, AICOST_SSE_MAX_EVENT - 15);
    memcpy(bytes + n, vector, VECTOR);
    is_str(whole(AICOST_FRAMES_AWS, bytes, n + VECTOR), "[long]" SAID,
           "a byte more is not, and what follows is");

    n = frame(bytes, "", 0, big, 200000);
    memcpy(bytes + n, vector, VECTOR);
    reader_init(&r, AICOST_FRAMES_AWS);

    for (i = 0; i < n + VECTOR; i += 1000) {
        reader_feed(&r, bytes + i, n + VECTOR - i < 1000 ? n + VECTOR - i
                                                         : 1000);
    }

    reader_end(&r);
    is_str(text, "[long]" SAID, "in pieces");

    memset(bytes, 'x', AICOST_SSE_MAX_EVENT);
    memcpy(bytes + AICOST_SSE_MAX_EVENT, "\nab\n", 4);
    (void) whole(AICOST_FRAMES_LINES, bytes, AICOST_SSE_MAX_EVENT + 4);
    is_int((long long) used, AICOST_SSE_MAX_EVENT + 2 + 4,
           "a line as long as may be is kept");

    memset(bytes, 'x', AICOST_SSE_MAX_EVENT + 1);
    memcpy(bytes + AICOST_SSE_MAX_EVENT + 1, "\nab\n", 4);
    is_str(whole(AICOST_FRAMES_LINES, bytes, AICOST_SSE_MAX_EVENT + 5),
           "[long][ab]", "a byte more is not");

    is_str(whole(AICOST_FRAMES_LINES, bytes, AICOST_SSE_MAX_EVENT + 1),
           "$[long]", "nor without its end");

    free(big);
}


static void
test_lines(void)
{
    size_t  i;

    static const struct {
        const char  *data;
        const char  *says;
    } lines[] = {
        { "", "" },
        { "\n", "[]" },
        { "\r\n", "[]" },
        { "{}\n", "[{}]" },
        { "{}\r\n", "[{}]" },
        { "{}", "$[{}]" },
        { "{}\r", "$[{}]" },
        { "\r", "" },
        { "a\nb\n", "[a][b]" },
        { "a\r\nb\r\n\r\nc", "[a][b][]$[c]" },
        { "a\rb\n", "[a\rb]" },
        { "\r\r\n", "[\r]" },
        { "\n\n{\"a\":\"\\n\"}\n\n", "[][][{\"a\":\"\\n\"}][]" }
    };

    for (i = 0; i < COUNT(lines); i++) {
        is_str(whole(AICOST_FRAMES_LINES, lines[i].data,
                     strlen(lines[i].data)), lines[i].says, "lines");
        is_int(differs(AICOST_FRAMES_LINES, lines[i].data,
                       strlen(lines[i].data), lines[i].says), 0,
               "and cut anywhere");
    }
}


static void
test_events(void)
{
    static const char  stream[] = "event: a\ndata: 1\n\ndata: 2\r\n\r\ndata: 3";

    is_str(whole(AICOST_FRAMES_SSE, stream, sizeof(stream) - 1),
           "[1][2]$[3]", "events go to their own splitter");
}


static uint32_t  seed = 20261125;


static uint32_t
dice(uint32_t n)
{
    seed = seed * 1664525 + 1013904223;

    return (seed >> 8) % n;
}


/* frames and lines with wrong bytes in wrong pieces: nothing but what was there
   comes out */

static void
test_garbage(void)
{
    size_t    i, n, len, at, step, bad;
    reader_t  r;

    bad = 0;

    for (i = 0; i < 20000; i++) {
        reader_init(&r, i & 1 ? AICOST_FRAMES_AWS : AICOST_FRAMES_LINES);

        for (len = 0; len < 4 * VECTOR; len += VECTOR) {
            memcpy(bytes + len, vector, VECTOR);
        }

        for (n = dice(4); n; n--) {
            bytes[dice((uint32_t) len)] = (unsigned char) dice(256);
        }

        if (dice(8) == 0) {
            put(bytes + 8, aicost_frames_crc(0, bytes, 8));
        }

        for (at = 0; at < len; at += step) {
            step = 1 + dice(200);
            step = step < len - at ? step : len - at;
            reader_feed(&r, bytes + at, step);
        }

        reader_end(&r);
        bad += (strstr(text, "[left]") || strstr(text, "[size]")
                || used > len + 200);
    }

    is_int((long long) bad, 0, "garbage comes to an end");
}


int
main(void)
{
    size_t  i;

    for (i = 0; i < VECTOR; i++) {
        vector[i] = (unsigned char) (digit(vector_hex[2 * i]) << 4
                                     | digit(vector_hex[2 * i + 1]));
    }

    test_crc();
    test_vector();
    test_lengths();
    test_headers();
    test_long();
    test_lines();
    test_events();
    test_garbage();

    return done_testing();
}
