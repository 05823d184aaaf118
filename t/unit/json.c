
/*
 * Copyright (C) aicost
 */


#include <stdlib.h>

#include "tap.h"
#include "aicost_json.h"


#define NODES  8192


static aicost_json_t       j;
static aicost_json_node_t  nodes[NODES], other[NODES];
static unsigned char       big[1 << 20];


static int
parse(const char *s, size_t len)
{
    aicost_json_init(&j, (const unsigned char *) s, len, nodes, NODES);

    return aicost_json_run(&j, (size_t) -1);
}


static void
good(const char *s, const char *name)
{
    is_int(parse(s, strlen(s)), AICOST_OK, name);
}


static void
bad(const char *s, size_t len, aicost_reason_e reason, const char *name)
{
    int  rc;

    rc = parse(s, len);

    if (!ok(rc == AICOST_ERROR && j.reason == reason, name)) {
        printf("#   rc %d, reason %s\n", rc, aicost_reason_word(j.reason));
    }
}


static void
invalid(const char *s)
{
    bad(s, strlen(s), AICOST_R_INVALID_JSON, s);
}


static void
grammar(void)
{
    size_t              i;
    static const char  *yes[] = {
        "{}", "[]", "1", "-0", "0.5e-3", "1E+5", "\"\"", " true ", "null",
        "[1,2 , 3]", "{\"a\":[{\"b\":{}}],\"c\":null}",
        "\"\\u00e9\\uD83D\\uDE00\\\\\\/\\b\\f\\n\\r\\t\"",
        "\"\xc3\xa9 \xe4\xb8\xad \xf0\x9f\x98\x80 \xef\xbf\xbf\"",
        "\n\r\t [ ]                                     "
    };
    static const char  *no[] = {
        "{", "[", "]", "}", "[1,]", "{\"a\":1,}", "{\"a\"}", "{a:1}",
        "{\"a\":1 \"b\":2}", "[1 2]", "01", "1.", ".5", "+1", "-", "1e",
        "1e+", "0x10", "NaN", "tru", "truE", "nul", "[1}", "{\"a\":1]",
        "\"a", "\"\\\"", "\"\\x\"", "\"\\u12\"", "\"\\u0000\"",
        "\"\\ud800\"", "\"\\ud800x\"", "\"\\ud800\\u0041\"", "\"\\udc00\"",
        "\"\t\"", "\"\n\"", "\"\x1f\"", "{} {}", "1 1", ",", ":", "{,}",
        "[,1]", "\xef\xbb\xbf{}", "\"\x80\"", "\"\xc0\x80\"",
        "\"\xc3\"", "\"\xe0\x80\x80\"", "\"\xed\xa0\x80\"",
        "\"\xf0\x80\x80\x80\"", "\"\xf4\x90\x80\x80\"", "\"\xf5\x80\x80\x80\"",
        "\"\xe4\xb8\"", "'a'", "[1,2,x]", "{1:2}", "[\"a\":1]", "\f{}",
        "{\"a\":1:2}", "/**/{}"
    };

    for (i = 0; i < sizeof(yes) / sizeof(yes[0]); i++) {
        good(yes[i], yes[i]);
    }

    for (i = 0; i < sizeof(no) / sizeof(no[0]); i++) {
        invalid(no[i]);
    }

    bad("", 0, AICOST_R_EMPTY_BODY, "empty");
    bad(" \n ", 3, AICOST_R_EMPTY_BODY, "white space only");
    bad("{}\0", 3, AICOST_R_INVALID_JSON, "a zero byte behind");
}


static void
caps(void)
{
    size_t  i, n;

    memset(big, '[', 64);
    memset(big + 64, ']', 64);
    is_int(parse((char *) big, 128), AICOST_OK, "depth 64");

    memset(big, '[', 65);
    memset(big + 65, ']', 65);
    bad((char *) big, 130, AICOST_R_JSON_TOO_DEEP, "depth 65");

    for (i = 0, n = 1, big[0] = '{'; i < 1025; i++) {
        n += (size_t) snprintf((char *) big + n, 32, "\"%zx\":0,", i);

        if (i == 1023) {
            big[n - 1] = '}';
            is_int(parse((char *) big, n), AICOST_OK, "1024 members");
            is_int(nodes[0].count, 1024, "counted");
            big[n - 1] = ',';
        }
    }

    big[n - 1] = '}';
    bad((char *) big, n, AICOST_R_TOO_MANY_MEMBERS, "1025 members");

    memset(big, ' ', 16);
    aicost_json_init(&j, big, (size_t) 1 << 31, nodes, NODES);
    ok(aicost_json_run(&j, 1) == AICOST_ERROR
       && j.reason == AICOST_R_REQUEST_TOO_LARGE, "2^31 bytes");
}


/* an object of n members, one of them given, at place `at` */

static size_t
object(unsigned n, unsigned at, const char *member)
{
    size_t    len;
    unsigned  i;

    len = 0;
    big[len++] = '{';

    for (i = 0; i < n; i++) {
        if (i == at) {
            len += (size_t) snprintf((char *) big + len, 64, "%s,", member);

        } else {
            len += (size_t) snprintf((char *) big + len, 64, "\"key-%u\":0,",
                                     i);
        }
    }

    big[len - 1] = '}';

    return len;
}


static void
uniqueness(void)
{
    char             name[80];
    size_t           i, len;
    static unsigned  sizes[] = { 2, 7, 9, 100, 1024 };

    static const struct {
        const char  *json;
        int          twin;
        int          odd;
    } flags[] = {
        { "{\"a\":1,\"A\":2}", 1, 0 },
        { "{\"key\":1,\"\xe2\x84\xaa""ey\":2}", 1, 0 },
        { "{\"is\":1,\"i\xc5\xbf\":2}", 1, 0 },
        { "{\"k\":1,\"\\u212a\":2}", 1, 1 },
        { "{\"a\":1,\"\\u0062\":2}", 0, 1 },
        { "{\"\xc3\xa9\":1,\"\xc3\x89\":2}", 0, 0 },
        { "{\"a\":{\"\\u0062\":2}}", 0, 0 },
        { "{\"@\":1,\"`\":2,\"[\":3,\"{\":4}", 0, 0 }
    };

    for (i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
        good(flags[i].json, flags[i].json);
        is_int(!!(nodes[0].flags & AICOST_JSON_TWIN), flags[i].twin, "twin");
        is_int(!!(nodes[0].flags & AICOST_JSON_ODD_KEY), flags[i].odd, "odd");
    }

    for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        snprintf(name, sizeof(name), "of %u members", sizes[i]);

        len = object(sizes[i], sizes[i] - 1, "\"key-0\":1");
        bad((char *) big, len, AICOST_R_DUPLICATE_MEMBER, name);

        len = object(sizes[i], sizes[i] - 1, "\"\\u006bey-\\u0030\":1");
        bad((char *) big, len, AICOST_R_DUPLICATE_MEMBER, name);

        len = object(sizes[i], sizes[i] - 1, "\"KEY-0\":1");
        is_int(parse((char *) big, len), AICOST_OK, name);
        ok(nodes[0].flags & AICOST_JSON_TWIN, "has twins");

        len = object(sizes[i], sizes[i] - 1, "\"\xe2\x84\xaa\x45Y-0\":1");
        is_int(parse((char *) big, len), AICOST_OK, name);
        ok(nodes[0].flags & AICOST_JSON_TWIN, "has twins by a sign");

        len = object(sizes[i], sizes[i] - 1, "\"kex-0\":1");
        is_int(parse((char *) big, len), AICOST_OK, name);
        ok(!(nodes[0].flags & AICOST_JSON_TWIN), "has none");
    }

    /* a twin seen first does not hide a duplicate that comes after it */

    bad("{\"a\":1,\"A\":2,\"b\":3,\"a\":4}", 27, AICOST_R_DUPLICATE_MEMBER,
        "a twin and a duplicate");

    len = object(500, 499, "\"key-0\":1");
    memcpy(big + len - 1, ",\"KEY-1\":2}", 11);
    bad((char *) big, len + 10, AICOST_R_DUPLICATE_MEMBER,
        "a duplicate and a twin");
}


/* keys made to meet in the table of their object */

static void
collisions(void)
{
    char      one[32];
    size_t    len;
    uint32_t  i, n;

    len = 0;
    big[len++] = '{';

    for (i = 0, n = 0; n < 200; i++) {
        snprintf(one, sizeof(one), "{\"%x\":0}", i);

        if (parse(one, strlen(one)) == AICOST_OK
            && (nodes[1].count & 511) == 0)
        {
            n++;
            len += (size_t) snprintf((char *) big + len, 32, "\"%x\":0,", i);
        }
    }

    big[len - 1] = '}';
    is_int(parse((char *) big, len), AICOST_OK, "200 keys that meet");
    ok(!(nodes[0].flags & AICOST_JSON_TWIN), "are no twins");

    snprintf(one, sizeof(one), "%.*s", (int) nodes[1].len,
             (char *) big + nodes[1].off);
    n = (uint32_t) len - 1;
    len = n + (size_t) snprintf((char *) big + n, 32, ",\"%s\":1}", one);
    bad((char *) big, len, AICOST_R_DUPLICATE_MEMBER, "a duplicate of them");
}


static void
tape(void)
{
    int64_t        v;
    uint32_t       n, k;
    const char    *s;
    unsigned char  buf[64];

    s = "{\"m\":\"a\\n\xc3\xa9\",\"t\":[1,-2, 3,\"x\",4.5,[7]],\"o\":{}}";
    good(s, "a document");

    is_int(nodes[0].next, j.nnodes, "the root ends the tape");
    is_int(nodes[0].len, (long long) strlen(s), "and spans it");

    n = aicost_json_get(&j, 0, "m");
    ok(n == 2 && nodes[n].flags
                 == (AICOST_JSON_ESCAPED | AICOST_JSON_NONASCII), "a string");
    ok(aicost_json_is(&j, n, "a\n\xc3\xa9"), "compared unescaped");
    is_mem(buf, aicost_json_unescape(&j, n, buf), "a\n\xc3\xa9", "unescaped");

    n = aicost_json_get(&j, 0, "t");
    is_int(nodes[n].count, 6, "elements of runs are counted");
    k = aicost_json_first(&j, n);
    is_int(nodes[k].type, AICOST_JSON_NUMBERS, "a run");
    is_mem(s + nodes[k].off, nodes[k].len, "1,-2, 3", "its span");
    is_int(aicost_json_numbers(&j, k), 3, "its numbers");
    ok(nodes[k].flags & AICOST_JSON_INTEGER, "whole");
    k = nodes[nodes[k].next].next;
    is_int(nodes[k].type, AICOST_JSON_NUMBER, "no run of one");
    ok(!(nodes[k].flags & AICOST_JSON_INTEGER), "not whole");

    k = aicost_json_get(&j, 0, "o");
    is_int(aicost_json_first(&j, k), 0, "an empty object");
    is_int(aicost_json_get(&j, 0, "q"), 0, "an absent member");
    is_int(aicost_json_get(&j, k, "m"), 0, "none in an empty object");

    good("[12,1e3,12.0,0.5,9223372036854775807,9223372036854775808,\"7\","
         "1200e-2,-0,1e-2,0e999999999999,1e999999999]", "numbers");

    /* each in an array of its own, so that they are no run */

    good("{\"a\":12,\"b\":1e3,\"c\":12.0,\"d\":0.5,\"e\":9223372036854775807,"
         "\"f\":9223372036854775808,\"g\":\"7\",\"h\":1200e-2,\"i\":-0,"
         "\"j\":0e99999999999,\"k\":1e999999999,\"l\":-5,\"m\":12.50e1}",
         "numbers");

#define num(k, real)                                                          \
    (v = -99, aicost_json_int(&j, aicost_json_get(&j, 0, k), -9, INT64_MAX,   \
                              real, &v))

    ok(num("a", 0) == AICOST_OK && v == 12, "12");
    ok(num("b", 0) == AICOST_ERROR, "1e3 is no integer of a request");
    ok(num("b", 1) == AICOST_OK && v == 1000, "1e3 is one of usage");
    ok(num("c", 0) == AICOST_ERROR, "nor 12.0");
    ok(num("c", 1) == AICOST_OK && v == 12, "12.0");
    ok(num("d", 1) == AICOST_ERROR, "0.5 is not whole");
    ok(num("e", 0) == AICOST_OK && v == INT64_MAX, "2^63 - 1");
    ok(num("f", 0) == AICOST_ERROR, "2^63");
    ok(num("g", 1) == AICOST_DECLINED, "a string");
    ok(num("h", 1) == AICOST_OK && v == 12, "1200e-2");
    ok(num("i", 0) == AICOST_OK && v == 0, "-0");
    ok(num("j", 1) == AICOST_OK && v == 0, "0e99999999999");
    ok(num("k", 1) == AICOST_ERROR, "1e999999999");
    ok(num("l", 0) == AICOST_OK && v == -5, "-5");
    ok(num("m", 1) == AICOST_OK && v == 125, "12.50e1");

    n = (uint32_t) (aicost_json_escape(buf, buf + 64,
                                       (unsigned char *) "a\"\\\n\x01/", 6)
                    - buf);
    is_mem(buf, n, "a\\\"\\\\\\n\\u0001/", "escaped");
    n = (uint32_t) (aicost_json_escape(buf, buf + 2, (unsigned char *) "a\n",
                                       2) - buf);
    is_int(n, 1, "no half escape");
}


/* a run too long for 16 bits is counted all the same */

static void
run_of_many(void)
{
    uint32_t  i, n;

    n = 0;
    big[n++] = '[';

    for (i = 0; i < 70000; i++) {
        big[n++] = '7';
        big[n++] = ',';
    }

    big[n - 1] = ']';
    is_int(parse((char *) big, n), AICOST_OK, "70000 numbers");
    is_int(j.nnodes, 2, "two nodes");
    is_int(aicost_json_numbers(&j, 1), 70000, "all counted");
}


/* slices, and a tape that grows, give the tape of one run */

static void
resume(void)
{
    int          rc;
    size_t       len, slice;
    uint32_t     n;
    const char  *s;

    s = "{\"model\":\"gpt\",\"messages\":[{\"role\":\"user\",\"content\":"
        "\"a long text with \\u00e9scapes, \xc3\xa9\xc3\xa9 and more than "
        "sixteen bytes\"}],\"t\":[1,2,3,[4,5],6,7],\"x\":{\"\\u0061\":true},"
        "\"f\":[1.5 , 2,3 ,4]  ,\"n\":null}   ";
    len = strlen(s);

    is_int(parse(s, len), AICOST_OK, "one run");
    n = j.nnodes;
    memcpy(other, nodes, n * sizeof(aicost_json_node_t));

    for (slice = 0; slice < 20; slice++) {
        memset(nodes, 0xa5, sizeof(nodes));
        aicost_json_init(&j, (const unsigned char *) s, len, nodes, 1);

        for ( ;; ) {
            rc = aicost_json_run(&j, slice);

            if (rc == AICOST_DECLINED) {
                aicost_json_grow(&j, nodes, j.max + 1);
                continue;
            }

            if (rc != AICOST_AGAIN) {
                break;
            }
        }

        ok(rc == AICOST_OK && j.nnodes == n
           && memcmp(nodes, other, n * sizeof(aicost_json_node_t)) == 0,
           "slices give the same tape");
    }

    is_int(aicost_json_run(&j, 1), AICOST_OK, "done stays done");
    invalid("[}");
    is_int(aicost_json_run(&j, 1), AICOST_ERROR, "an error stays");
}


/* a slice is not exceeded by more than a block, whatever the text is */

static void
bounded(void)
{
    int                 rc;
    size_t              i, k, len;
    uint32_t            before, most;
    static const char  *of[] = { "x", "\\n", "\xc3\xa9", "x\\\"" };

    for (k = 0; k < sizeof(of) / sizeof(of[0]); k++) {

        for (i = 0; i < 4096; i++) {
            big[i] = (unsigned char) of[k][i % strlen(of[k])];
        }

        len = 4096 - 4096 % strlen(of[k]);
        big[0] = '"';
        big[len] = '"';

        aicost_json_init(&j, big, len + 1, nodes, NODES);
        most = 0;

        do {
            before = j.pos;
            rc = aicost_json_run(&j, 256);
            most = j.pos - before > most ? j.pos - before : most;
        } while (rc == AICOST_AGAIN);

        ok(most <= 256 + 64, "a slice of a long string ends");
    }
}


/* the vectorised scan and the byte by byte one agree at every offset */

static void
offsets(void)
{
    int                 all;
    size_t              i, k;
    static const int    pass[] = { 1, 1, 1, 1, 1, 0, 0, 0, 0, 1 };
    static const char  *odd[] = { "\\n", "\xc3\xa9", "\xe4\xb8\xad", " ",
                                  "\x7f", "\x01", "\x1f", "\x80", "\\q",
                                  "" };

    all = 1;

    for (k = 0; k < sizeof(pass) / sizeof(pass[0]); k++) {
        for (i = 0; i < 250; i++) {
            memset(big, 'x', 300);
            big[0] = '"';
            memcpy(big + 1 + i, odd[k], strlen(odd[k]));
            big[299] = '"';

            all &= ((parse((char *) big, 300) == AICOST_OK) == pass[k]);
        }
    }

    ok(all, "odd bytes at every offset");
}


/* backslashes of any number, across blocks of 16, 32 and 64 bytes */

static void
backslashes(void)
{
    int     quote, letter, odd;
    size_t  i, k;

    quote = 1;
    letter = 1;

    for (k = 0; k < 70; k++) {
        for (i = 0; i < 328; i++) {
            memset(big, 'x', 400);
            big[0] = '"';
            memset(big + 1 + i, '\\', k);
            big[399] = '"';
            odd = k & 1;

            big[1 + i + k] = '"';
            quote &= ((parse((char *) big, 400) == AICOST_OK) == odd);

            big[1 + i + k] = 'q';
            letter &= ((parse((char *) big, 400) == AICOST_OK) == !odd);
        }
    }

    ok(quote, "a quote behind any run of backslashes, at any place");
    ok(letter, "and a letter that is no escape");
}


int
main(void)
{
    grammar();
    caps();
    uniqueness();
    collisions();
    tape();
    run_of_many();
    resume();
    bounded();
    offsets();
    backslashes();

    return done_testing();
}
