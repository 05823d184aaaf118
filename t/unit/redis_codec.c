
/*
 * Copyright (C) aicost
 *
 * The codec of the Redis store alone: errors, redirects, names, and answers
 * that no script gives.  Its commands are in redis_command.c.
 */


#include <stdlib.h>

#include "aicost_store_redis.h"
#include "tap.h"


#define SLOT    2021                     /* CLUSTER KEYSLOT says so */
#define ROUNDS  50000


static uint64_t
random_next(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;

    return *seed * 0x2545f4914f6cdd1dULL >> 11;
}


static void
test_errors(void)
{
    unsigned                 i;
    const char              *s;
    aicost_redis_domain_t    d;
    aicost_redis_redirect_t  to;

    static const struct {
        const char            *text;
        aicost_redis_error_e   error;
    } errors[] = {
        { "NOSCRIPT No matching script.", AICOST_REDIS_NOSCRIPT },
        { "MOVED 1 a:1", AICOST_REDIS_MOVED },
        { "ASK 1 a:1", AICOST_REDIS_ASK },
        { "TRYAGAIN Multiple keys", AICOST_REDIS_TRYAGAIN },
        { "CLUSTERDOWN Hash slot not served", AICOST_REDIS_CLUSTERDOWN },
        { "LOADING Redis is loading", AICOST_REDIS_LOADING },
        { "BUSY Redis is busy", AICOST_REDIS_BUSY },
        { "READONLY You can't write", AICOST_REDIS_READONLY },
        { "MASTERDOWN Link with MASTER is down", AICOST_REDIS_MASTERDOWN },
        { "NOREPLICAS Not enough good", AICOST_REDIS_NOREPLICAS },
        { "OOM command not allowed", AICOST_REDIS_OOM },
        { "MISCONF Redis is configured", AICOST_REDIS_MISCONF },
        { "NOAUTH Authentication required.", AICOST_REDIS_NOAUTH },
        { "WRONGPASS invalid username", AICOST_REDIS_WRONGPASS },
        { "NOPERM this user", AICOST_REDIS_NOPERM },
        { "WRONGTYPE Operation", AICOST_REDIS_WRONGTYPE },
        { "ERR Protocol error: unauthenticated multibulk length",
          AICOST_REDIS_NOAUTH },
        { "ASKING", AICOST_REDIS_OTHER },
        { "ERR unknown command", AICOST_REDIS_OTHER },
        { "", AICOST_REDIS_OTHER }
    };

    for (i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
        s = errors[i].text;
        is_int(aicost_redis_error((const unsigned char *) s, strlen(s)),
               errors[i].error, s);
    }

    s = "MOVED 3999 127.0.0.1:6381";
    is_int(aicost_redis_redirect((const unsigned char *) s, strlen(s), &to),
           AICOST_OK, "moved");
    is_int(to.slot, 3999, "its slot");
    is_int(to.port, 6381, "its port");
    is_mem(to.host.data, to.host.len, "127.0.0.1", "its host");

    s = "ASK 16383 fe80::1:7000";
    aicost_redis_redirect((const unsigned char *) s, strlen(s), &to);
    is_mem(to.host.data, to.host.len, "fe80::1", "an IPv6 host");

    s = "MOVED 1 :7000";
    is_int(aicost_redis_redirect((const unsigned char *) s, strlen(s), &to),
           AICOST_OK, "no host");
    is_int((long long) to.host.len, 0, "the same as before");

    s = "MOVED 16384 a:1";
    is_int(aicost_redis_redirect((const unsigned char *) s, strlen(s), &to),
           AICOST_ERROR, "no such slot");
    s = "MOVED 1 a:65536";
    is_int(aicost_redis_redirect((const unsigned char *) s, strlen(s), &to),
           AICOST_ERROR, "no such port");

    is_int(aicost_redis_domain(&d, "x{", "shop"), AICOST_ERROR, "a brace");
    is_int(aicost_redis_domain(&d, "", ""), AICOST_ERROR, "no name");
    is_int(aicost_redis_domain(&d, "", "0123456789012345678901234567890123456"
                               "78901234567890123456789"), AICOST_ERROR,
           "a name too long");
    is_int(aicost_redis_domain(&d, "eu:", "shop"), AICOST_OK, "a domain");
    is_mem(d.head, d.len, "eu:{aic:shop}:", "its head");
    is_int(aicost_redis_slot(&d), SLOT, "its slot as Redis has it");
}


/* a tree of two levels, of what may come */

typedef struct {
    aicost_redis_value_t  outer[20];
    aicost_redis_value_t  inner[8];
    unsigned char         bytes[64];
} tree_t;


static void
tree_at(const aicost_redis_value_t *array, size_t i,
    aicost_redis_value_t *out)
{
    const aicost_redis_value_t  *list = array->node;

    *out = list[i];
}


static void
tree_value(tree_t *tree, aicost_redis_value_t *v, uint64_t *seed)
{
    uint64_t  dice;

    memset(v, 0, sizeof(*v));

    dice = random_next(seed) % 400;

    if (dice == 0) {
        v->type = AICOST_REDIS_NIL;

    } else if (dice < 4) {
        v->type = AICOST_REDIS_STRING;
        v->str = tree->bytes;
        v->len = dice == 1 ? 16 : random_next(seed) % 65;

    } else if (dice < 6) {
        v->type = AICOST_REDIS_ARRAY;
        v->node = tree->inner;
        v->len = random_next(seed) % 9;

    } else {
        v->type = AICOST_REDIS_INTEGER;
        v->integer = (int64_t) (random_next(seed) % 30) - 8;

        if (dice == 6) {
            v->integer = (int64_t) (random_next(seed) << 11);
        }
    }
}


/* as a script packs it; what it does not is nil */

static size_t
tree_pack(const tree_t *tree, size_t n, unsigned char *packed)
{
    size_t                       i, k;
    unsigned char               *p;
    const aicost_redis_value_t  *v;

    p = packed;

    *p++ = 0xdc;
    *p++ = 0;
    *p++ = (unsigned char) n;

    for (i = 0; i < n; i++) {
        v = &tree->outer[i];

        if (v->type == AICOST_REDIS_INTEGER) {
            *p++ = 0xd3;

            for (k = 0; k < 8; k++) {
                *p++ = (unsigned char) ((uint64_t) v->integer >> (56 - 8 * k));
            }

        } else if (v->type == AICOST_REDIS_STRING && v->len < 32) {
            *p++ = (unsigned char) (0xa0 | v->len);
            memcpy(p, v->str, v->len);
            p += v->len;

        } else {
            *p++ = 0xc0;
        }
    }

    return (size_t) (p - packed);
}


/* the life of a domain as control.lua says it, with one thing of it wrong */

static void
test_lived(void)
{
    size_t                k;
    tree_t                tree;
    aicost_redis_life_t   life;
    aicost_redis_seen_t   seen;
    aicost_redis_reply_t  reply;

    static const int64_t  values[12] = {
        1, 0, 2, 1, 7, 2500, 1, 500000, 99, 3, 1, 1795000000000LL
    };

    static const struct {
        size_t                at;
        int64_t               value;
        const char           *name;
    } wrong[] = {
        { 0, 2, "another answer" },
        { 2, -1, "no such phase" },
        { 2, 3, "nor this" },
        { 2, 1LL << 32, "nor one that is cut" },
        { 4, -1, "fewer than no edges" },
        { 4, 1LL << 32, "edges that are cut" },
        { 5, -1, "a wait that is over" },
        { 5, AICOST_LEASE_MAX + 1, "a wait too long" },
        { 7, -1, "a share of less than nothing" },
        { 7, 1000001, "of more than all" },
        { 9, -1, "fewer than no latches" },
        { 9, 1LL << 32, "latches that are cut to none" }
    };

    memset(&reply, 0, sizeof(reply));
    memset(&tree, 0, sizeof(tree));
    memset(tree.bytes, 0x7e, sizeof(tree.bytes));

    reply.at = tree_at;
    reply.value.type = AICOST_REDIS_ARRAY;
    reply.value.node = tree.outer;
    reply.value.len = 12;

    for (k = 0; k < 12; k++) {
        tree.outer[k].type = AICOST_REDIS_INTEGER;
        tree.outer[k].integer = values[k];
    }

    tree.outer[1].type = AICOST_REDIS_STRING;
    tree.outer[1].str = tree.bytes;
    tree.outer[1].len = AICOST_ID;

    is_int(aicost_redis_lived(&reply, &life, &seen), AICOST_OK, "a life");
    is_int(life.phase, AICOST_REDIS_REBUILD, "its phase");
    is_int(life.told, 1, "told");
    is_int(life.edges, 7, "its edges");
    is_int(life.wait, 2500, "its wait");
    is_int(life.state.mode, AICOST_MODE_DOWNGRADE, "its mode");
    is_int(life.state.share_ppm, 500000, "its share");
    is_int(life.state.changed, 99, "since when");
    is_int(life.state.killed, 3, "its latches");
    is_int(life.state.kill_all, 1, "one of all");
    is_int(seen.now, values[11], "its time");
    ok(memcmp(life.epoch, tree.bytes, AICOST_ID) == 0, "its epoch");

    for (k = 0; k < sizeof(wrong) / sizeof(wrong[0]); k++) {
        tree.outer[wrong[k].at].integer = wrong[k].value;
        is_int(aicost_redis_lived(&reply, &life, &seen), AICOST_ERROR,
               wrong[k].name);
        tree.outer[wrong[k].at].integer = values[wrong[k].at];
    }

    tree.outer[1].len = AICOST_ID - 1;
    is_int(aicost_redis_lived(&reply, &life, &seen), AICOST_ERROR,
           "half an epoch");
    tree.outer[1].len = AICOST_ID;

    reply.value.len = 11;
    is_int(aicost_redis_lived(&reply, &life, &seen), AICOST_ERROR, "cut");
    is_int(seen.error, AICOST_REDIS_PROTOCOL, "by its name");

    tree.outer[0].integer = AICOST_LOST_EPOCH;
    reply.value.len = 1;
    is_int(aicost_redis_lived(&reply, &life, &seen), AICOST_ERROR, "lost");
    is_int(seen.error, AICOST_REDIS_EPOCH, "by its name");
    is_int(aicost_redis_restored(&reply, &seen), AICOST_ERROR, "restored");
    is_int(seen.error, AICOST_REDIS_EPOCH, "no: by its name");

    tree.outer[0].integer = 1;
    tree.outer[1].type = AICOST_REDIS_INTEGER;
    tree.outer[1].integer = 1;
    reply.value.len = 3;
    is_int(aicost_redis_restored(&reply, &seen), AICOST_OK, "restored");
    is_int(seen.skipped, 1, "but for one");
    is_int(seen.now, 2, "its time");
    tree.outer[2].type = AICOST_REDIS_STRING;
    is_int(aicost_redis_restored(&reply, &seen), AICOST_ERROR, "no time");
    tree.outer[0].integer = 0;
    tree.outer[2].type = AICOST_REDIS_INTEGER;
    is_int(aicost_redis_restored(&reply, &seen), AICOST_ERROR, "no answer");
}


/* what was charged comes packed, or not at all.  1: it looked like a grant */

static unsigned
garbage_charged(const tree_t *tree, aicost_redis_reply_t reply, unsigned *wrong)
{
    int64_t              left;
    unsigned char        packed[1024];
    aicost_granted_t     out;
    aicost_redis_seen_t  seen;

    *wrong += (aicost_redis_granted(&reply, &out, &seen) == AICOST_OK
               && out.answer != AICOST_LOST_EPOCH)
              || aicost_redis_settled(&reply, &left, &seen) == AICOST_OK;

    reply.value.type = AICOST_REDIS_STRING;
    reply.value.str = packed;
    reply.value.len = tree_pack(tree, reply.value.len, packed);

    (void) aicost_redis_settled(&reply, &left, &seen);

    if (aicost_redis_granted(&reply, &out, &seen) != AICOST_OK
        || out.answer <= 0)
    {
        return 0;
    }

    *wrong += out.step >= AICOST_MAX_STEPS || out.amount[0] < 0
              || out.amount[0] > AICOST_MONEY_MAX || out.amount[1] < 0
              || out.amount[1] > AICOST_MONEY_MAX;

    return 1;
}


/* refused, not believed; the sanitizers watch */

static void
test_garbage(void)
{
    size_t                k;
    tree_t                tree;
    uint32_t              n, cursor;
    uint64_t              seed, bits[3];
    unsigned              i, grants, lives, wrong, more;
    unsigned char         epoch[AICOST_ID];
    aicost_state_t        state;
    aicost_latch_t        latches[4];
    aicost_granted_t      out;
    aicost_balance_t      b[4];
    aicost_redis_life_t   life;
    aicost_redis_seen_t   seen;
    aicost_redis_reply_t  reply;

    seed = 99;
    grants = 0;
    lives = 0;
    wrong = 0;
    printf("# seed 99\n");

    memset(&reply, 0, sizeof(reply));
    reply.at = tree_at;

    for (i = 0; i < ROUNDS; i++) {
        for (k = 0; k < sizeof(tree.bytes); k++) {
            tree.bytes[k] = (unsigned char) random_next(&seed);
        }

        tree.bytes[0] = 0xdc;
        tree.bytes[1] = 0;
        tree.bytes[2] = 24;

        for (k = 0; k < 8; k++) {
            tree_value(&tree, &tree.inner[k], &seed);
        }

        for (k = 0; k < 20; k++) {
            tree_value(&tree, &tree.outer[k], &seed);
        }

        reply.value.type = AICOST_REDIS_ARRAY;
        reply.value.node = tree.outer;
        reply.value.len = (size_t) (random_next(&seed) % 21);

        grants += garbage_charged(&tree, reply, &wrong);

        (void) aicost_redis_restored(&reply, &seen);
        (void) aicost_redis_renewed(&reply, (uint32_t) i % 9, &bits[0],
                                    &bits[1], &bits[2], &seen);
        (void) aicost_redis_controlled(&reply, epoch, &seen);
        (void) aicost_redis_stated(&reply, &state, &seen);
        (void) aicost_redis_listed(&reply, latches, 4, &n, &seen);
        (void) aicost_redis_walked(&reply, &cursor, b, 4, &n, &seen);

        if (aicost_redis_swept(&reply, 10, &n, &more, &seen) == AICOST_OK) {
            wrong += n > 10;
        }

        /* more often whole than by chance */

        if (i % 2) {
            tree.outer[0].integer = 1;
            tree.outer[1].type = AICOST_REDIS_STRING;
            tree.outer[1].str = tree.bytes;
            tree.outer[1].len = 16;
        }

        if (aicost_redis_lived(&reply, &life, &seen) == AICOST_OK) {
            lives++;
            wrong += life.phase > AICOST_REDIS_REBUILD || life.wait < 0
                     || life.edges > 1000000 || life.state.killed > 1000000
                     || life.state.share_ppm < 0;
        }

        reply.value.type = AICOST_REDIS_STRING;
        reply.value.str = tree.bytes;
        reply.value.len %= sizeof(tree.bytes);

        if (aicost_redis_balanced(&reply, tree.bytes, b, &seen) == AICOST_OK) {
            wrong += b[0].settled < 0 || b[0].unit >= AICOST_UNITS;
        }
    }

    printf("# %u grants, %u lives among %u\n", grants, lives, ROUNDS);
    ok(grants > 0, "some looked like a grant");
    ok(lives > 0, "some like a life");
    is_int(wrong, 0, "and none was out of its range");

    memset(&reply.value, 0, sizeof(reply.value));
    is_int(aicost_redis_granted(&reply, &out, &seen), AICOST_ERROR, "nil");
    is_int(seen.error, AICOST_REDIS_PROTOCOL, "by its name");
}


/* the answer of a reserve as the script packs it: whole, cut at each byte, and
   with each byte another one */

static void
test_packed(void)
{
    size_t                i, len;
    uint64_t              seed;
    unsigned              n, wrong;
    unsigned char         bytes[256], *copy;
    aicost_granted_t      out;
    aicost_redis_seen_t   seen;
    aicost_redis_reply_t  reply;

    static const unsigned char  packed[] =
        "\xdc\x00\x16"
        "\xfe\x03\xcd\x03\xe8\xd1\xff\x38"         /* -2 3 1000 -200 */
        "\x01\x00\x00\x01"
        "\xcf\x00\x1f\xf9\x73\xca\xfa\x80\x00"       /* 9 * 10^15 */
        "\xce\x00\x01\x00\x00\xcc\xff"              /* 65536 255 */
        "\xff"
        "\xcf\x00\x00\x01\x9c\xa0\x00\x00\x00"
        "\x01\xce\x00\x03\x0d\x40\x07\x00"
        "\xb0" "0123456789abcdef" "\x64\x32\x0a\x05";

    memset(&reply, 0, sizeof(reply));
    reply.value.type = AICOST_REDIS_STRING;
    reply.value.str = packed;
    reply.value.len = sizeof(packed) - 1;

    is_int(aicost_redis_granted(&reply, &out, &seen), AICOST_OK, "packed");
    is_int(out.answer, AICOST_NO_RATE, "an answer below zero");
    is_int(out.index, 3, "one byte");
    is_int(out.room, 1000, "two bytes");
    is_int(out.retry, -200, "two bytes with a sign");
    is_int(out.amount[0], AICOST_MONEY_MAX, "eight bytes");
    is_int(out.amount[1], 65536, "four bytes");
    is_int(out.warned, 255, "one byte above 127");
    is_int(out.left, -1, "a small one below zero");
    is_int(seen.share_ppm, 200000, "the share");
    is_int(seen.ntotals, 1, "an account");
    is_int(seen.totals[0].settled, 100, "what it settled");

    wrong = 0;

    for (len = 0; len < sizeof(packed) - 1; len++) {

        /* behind its end there is nothing to be read */

        copy = malloc(len + 1);
        memcpy(copy, packed, len);
        reply.value.str = copy;
        reply.value.len = len;

        wrong += aicost_redis_granted(&reply, &out, &seen) != AICOST_ERROR
                 || seen.error != AICOST_REDIS_PROTOCOL;
        free(copy);
    }

    is_int(wrong, 0, "cut at each byte: refused");

    memcpy(bytes, packed, sizeof(packed));
    bytes[sizeof(packed) - 1] = 0;
    reply.value.str = bytes;
    reply.value.len = sizeof(packed);
    is_int(aicost_redis_granted(&reply, &out, &seen), AICOST_ERROR,
           "a byte behind it");

    reply.value.len = sizeof(packed) - 1;
    seed = 77;
    wrong = 0;

    for (n = 0; n < ROUNDS; n++) {
        memcpy(bytes, packed, sizeof(packed) - 1);

        for (i = 0; i <= n % 3; i++) {
            bytes[random_next(&seed) % (sizeof(packed) - 1)]
                = (unsigned char) random_next(&seed);
        }

        wrong += aicost_redis_granted(&reply, &out, &seen) == AICOST_OK
                 && (out.answer > AICOST_GRANTED_AGAIN || out.amount[0] < 0
                     || out.step >= AICOST_MAX_STEPS);
    }

    is_int(wrong, 0, "with other bytes: refused, or within its bounds");
}


/* the numbers of an account, each of them out of its range, and each way to
   write one in the middle of a reply and at its end */

static void
test_totals(void)
{
    int64_t               left;
    unsigned              i, k, form, wrong;
    unsigned char        *p, bytes[64];
    aicost_redis_seen_t   seen;
    aicost_redis_reply_t  reply;

    static const struct {
        const char           *form;
        size_t                len;
        int64_t               value;
    } forms[] = {
        { "\x7f", 1, 127 },
        { "\xcc\xff", 2, 255 },
        { "\xcd\xff\xfe", 3, 65534 },
        { "\xce\xff\xff\xff\xfe", 5, 4294967294LL },
        { "\xcf\x00\x1f\xf9\x73\xca\xfa\x80\x00", 9, AICOST_MONEY_MAX },
        { "\xd0\x7f", 2, 127 },
        { "\xd3\x00\x00\x00\x00\x00\x00\x00\x05", 9, 5 },

        /* refused; the second one is a serial */

        { "\xff", 1, -1 },
        { "\xcf\x00\x1f\xff\xff\xff\xff\xff\xff", 9, 9007199254740991LL },
        { "\xcf\x00\x20\x00\x00\x00\x00\x00\x00", 9, -1 },
        { "\xd0\xff", 2, -1 },
        { "\xd3\xff\xff\xff\xff\xff\xff\xff\xff", 9, -1 },
        { "\xd4\x00", 2, -1 },
        { "\xcb\x00\x00\x00\x00\x00\x00\x00\x05", 9, -1 },
        { "\xc0", 1, -1 }
    };

    memset(&reply, 0, sizeof(reply));
    reply.value.type = AICOST_REDIS_STRING;
    reply.value.str = bytes;
    wrong = 0;

    for (form = 0; form < sizeof(forms) / sizeof(forms[0]); form++) {
        for (k = 0; k < 4; k++) {
            memcpy(bytes, "\x99\x01\x02\x00\x03\xb0" "0123456789abcdef", 22);
            p = bytes + 22;

            for (i = 0; i < 4; i++) {
                if (i == k) {
                    memcpy(p, forms[form].form, forms[form].len);
                    p += forms[form].len;

                } else {
                    *p++ = (unsigned char) (i + 10);
                }
            }

            reply.value.len = (size_t) (p - bytes);

            if (aicost_redis_settled(&reply, &left, &seen) != AICOST_OK) {
                wrong += forms[form].value >= 0
                         && (k == 3 || forms[form].value <= AICOST_MONEY_MAX);
                continue;
            }

            wrong += forms[form].value < 0 || left != 2 || seen.ntotals != 1
                     || (k < 3 && forms[form].value > AICOST_MONEY_MAX)
                     || (k == 0 ? seen.totals[0].settled
                         : k == 1 ? seen.totals[0].reserved
                         : k == 2 ? seen.totals[0].bound
                         : seen.totals[0].serial) != forms[form].value
                     || (k != 0 && seen.totals[0].settled != 10)
                     || (k != 3 && seen.totals[0].serial != 13);
        }
    }

    is_int(wrong, 0, "the numbers of an account, or none");
}


int
main(void)
{
    test_errors();
    test_lived();
    test_garbage();
    test_packed();
    test_totals();

    return done_testing();
}
