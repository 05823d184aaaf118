
/*
 * Copyright (C) aicost
 *
 * The commands of the Redis store as a server reads them: the largest ones fit
 * their buffer, each has the words that it says.
 */


#include <stdlib.h>

#include "aicost_store_redis.h"
#include "store_conform.h"


#define ROUNDS  50000


/* a number is written as eight bytes, whatever it is, a key with all of a
   head */

static int
fits(const aicost_redis_cmd_t *cmd)
{
    return cmd->used + AICOST_REDIS_HEAD + 8 <= AICOST_REDIS_BUF;
}


/* the words of a command, as a server reads them; 0: it is not one */

typedef struct {
    unsigned             n;
    const unsigned char *p[96];
    size_t               len[96];
    unsigned char        bytes[AICOST_REDIS_BUF + AICOST_REDIS_TEXT + 2];
} words_t;


static unsigned
words_of(const aicost_redis_cmd_t *cmd, words_t *w)
{
    char           *p, *last;
    unsigned        i;
    unsigned char  *end;

    end = aicost_redis_put(w->bytes, cmd);
    p = (char *) w->bytes;
    last = (char *) end;
    *end = '\0';

    if (end != w->bytes + aicost_redis_size(cmd) || *p++ != '*' || *p == '0') {
        return 0;
    }

    w->n = (unsigned) strtoul(p, &p, 10);

    for (i = 0; i < w->n && i < 96; i++) {

        if (memcmp(p, "\r\n$", 3) != 0 || (p[3] == '0' && p[4] != '\r')) {
            return 0;
        }

        w->len[i] = strtoul(p + 3, &p, 10);
        w->p[i] = (unsigned char *) p + 2;

        if (memcmp(p, "\r\n", 2) != 0
            || w->len[i] > (size_t) (last - p) - 4)
        {
            return 0;
        }

        p += 2 + w->len[i];
    }

    return memcmp(p, "\r\n", 2) == 0 && p + 2 == last;
}


/* as many keys as it says, then so many arguments */

static void
is_command(const aicost_redis_cmd_t *cmd, unsigned nkeys, unsigned nargs,
    const char *what)
{
    unsigned  whole;

    static words_t  w;

    whole = words_of(cmd, &w);

    ok(whole && w.n == 3 + nkeys + nargs
       && memcmp(w.p[0], "EVALSHA", w.len[0]) == 0
       && w.len[1] == 40
       && memcmp(w.p[1], aicost_redis_scripts[cmd->script].sha, 40) == 0
       && strtoul((const char *) w.p[2], NULL, 10) == nkeys, what);
    ok(fits(cmd), "fits");
    printf("# %u bytes\n", (unsigned) cmd->used);
}


/* one key is named alone, what follows it stays */

static void
test_one_key(aicost_redis_cmd_t *cmd, const aicost_redis_domain_t *d,
    const char *what)
{
    unsigned  i, same;

    static words_t  all, one;

    same = words_of(cmd, &all);
    aicost_redis_one_key(cmd, d);
    same &= words_of(cmd, &one);

    is_int(one.n, 6, what);

    for (i = 3; i < 6; i++) {
        same &= i == 3 ? one.len[3] == all.len[3]
                         && memcmp(one.p[3], all.p[3], all.len[3]) == 0
                       : one.len[i] == all.len[all.n - 6 + i]
                         && memcmp(one.p[i], all.p[all.n - 6 + i],
                                   one.len[i]) == 0;
    }

    ok(same && one.len[2] == 1 && one.p[2][0] == '1',
       "the domain's key, and its arguments");
}


/* the largest of everything fits its buffer */

static void
test_told(const aicost_redis_domain_t *d, const aicost_claim_t *claims)
{
    unsigned       k;
    unsigned char  ids[2][AICOST_ID];

    static aicost_redis_cmd_t     cmd;
    static aicost_edge_record_t   record;
    static aicost_edge_account_t  told[AICOST_MAX_CLAIMS];

    for (k = 0; k < AICOST_MAX_CLAIMS; k++) {
        told[k].claim = claims[k];
        told[k].settled = INT64_MAX;
    }

    is_int(aicost_redis_restore(&cmd, d, told, AICOST_MAX_CLAIMS), AICOST_OK,
           "the largest restore");
    is_command(&cmd, 36, 2, "its words");

    memcpy(record.claims, claims, AICOST_MAX_CLAIMS * sizeof(*claims));
    record.nclaims = AICOST_MAX_CLAIMS;
    record.expires = AICOST_MS_MAX + AICOST_LEASE_MAX;
    record.hash = UINT64_MAX;

    for (k = 0; k < AICOST_UNITS; k++) {
        record.amount[k] = AICOST_MONEY_MAX;
        record.gap[k] = AICOST_MONEY_MAX;
    }

    is_int(aicost_redis_reassert(&cmd, d, &record, AICOST_LEASE_MAX),
           AICOST_OK, "the largest reassert");
    is_command(&cmd, 37, 2, "its words");

    memset(ids, 0xee, sizeof(ids));
    is_int(aicost_redis_arrive(&cmd, d, ids[0], "0123456789012345678901234567"
                               "89012345678901234567890123456789012345",
                               ids[1], 1, 1, UINT32_MAX, AICOST_LEASE_MAX),
           AICOST_OK, "the largest arrival");
    is_command(&cmd, 4, 1, "its words");
}


static void
test_sizes(void)
{
    int                  i;
    int64_t              used[AICOST_RENEW_MAX];
    unsigned             k;
    unsigned char        text[AICOST_REDIS_TEXT];
    unsigned char        rids[AICOST_RENEW_MAX][AICOST_ID];
    aicost_granted_t     out;
    aicost_settled_t     end;

    static aicost_redis_cmd_t     cmd;
    static aicost_reserve_t       q;
    static aicost_redis_domain_t  d;

    aicost_redis_domain(&d, "0123456789012345678901234567890123456789",
                        "01234567890123456");
    is_int((long long) d.len, AICOST_REDIS_HEAD, "the longest name");
    d.accounts = UINT32_MAX;
    d.keep = AICOST_MS_MAX;

    memset(&q, 0xee, sizeof(q));

    q.now = AICOST_MS_MAX;
    q.lease = AICOST_LEASE_MAX;
    q.nsteps = AICOST_MAX_STEPS;
    q.nclaims = AICOST_MAX_CLAIMS;
    q.nrates = AICOST_MAX_RATES;
    q.first_step = 3;

    for (k = 0; k < AICOST_MAX_STEPS * AICOST_UNITS; k++) {
        q.ask[k / 2][k % 2].want = AICOST_MONEY_MAX;
        q.ask[k / 2][k % 2].upper = AICOST_MONEY_MAX;
        q.ask[k / 2][k % 2].least = AICOST_MONEY_MAX;
    }

    for (k = 0; k < AICOST_MAX_CLAIMS; k++) {
        q.claims[k].id[0] = (unsigned char) k;
        q.claims[k].unit = 1;
        q.claims[k].limit = AICOST_MONEY_MAX;
        q.claims[k].session = k & 1;
        q.claims[k].t0 = AICOST_MS_MAX - 1;
        q.claims[k].t1 = AICOST_MS_MAX;
        q.claims[k].idle = AICOST_MS_MAX;
        q.claims[k].max = AICOST_MS_MAX;
        q.claims[k].grace = AICOST_MS_MAX;
        q.claims[k].warn = INT64_MAX;
        q.claims[k].downgrade = INT64_MAX;
        q.claims[k].kill = INT64_MAX;
    }

    for (k = 0; k < AICOST_MAX_RATES; k++) {
        q.rates[k].id[0] = (unsigned char) k;
        q.rates[k].period = AICOST_RATE_US_MAX;
        q.rates[k].tau = AICOST_RATE_US_MAX;
    }

    is_int(aicost_redis_reserve(&cmd, &d, &q, &out), AICOST_OK,
           "the largest reserve");
    is_command(&cmd, 45, 2, "its words");
    test_one_key(&cmd, &d, "a reserve of one key");

    memset(&end, 0, sizeof(end));
    end.now = q.now;
    end.actual[0] = INT64_MAX;
    end.actual[1] = INT64_MAX;
    end.nclaims = q.nclaims;
    end.claims = q.claims;
    is_int(aicost_redis_settle(&cmd, &d, &end), AICOST_OK,
           "the largest settle");
    is_command(&cmd, 37, 2, "its words");
    test_one_key(&cmd, &d, "a settle of one key");

    test_told(&d, q.claims);

    memset(rids, 0xee, sizeof(rids));

    for (k = 0; k < AICOST_RENEW_MAX; k++) {
        used[k] = INT64_MAX;
    }

    is_int(aicost_redis_renew(&cmd, &d, 0, 1,
                              (const unsigned char (*)[AICOST_ID]) rids, used,
                              AICOST_RENEW_MAX), AICOST_OK,
           "the largest renew");
    is_command(&cmd, 67, 1, "its words");

    for (i = 0; i < AICOST_REDIS_SCRIPTS; i++) {
        is_int(aicost_redis_load(&cmd, (aicost_redis_script_e) i, text),
               AICOST_OK, aicost_redis_scripts[i].name);
        is_int((long long) cmd.text_len,
               (long long) aicost_redis_scripts[i].length, "its length");
    }
}


/* arguments of each length, a text behind them, and words alone */

static void
test_words(void)
{
    unsigned      i, whole, wrong;
    aicost_str_t  s[4];

    static char                   text[AICOST_REDIS_TEXT];
    static words_t                w;
    static aicost_redis_cmd_t     cmd;
    static aicost_redis_domain_t  d;
    static const unsigned char    rids[AICOST_RENEW_MAX][AICOST_ID];

    aicost_redis_domain(&d, "", "shop");
    memset(text, 't', sizeof(text));
    wrong = 0;

    for (i = 0; i <= AICOST_RENEW_MAX; i++) {
        aicost_redis_renew(&cmd, &d, 0, 1, rids, NULL, i);
        whole = words_of(&cmd, &w);
        wrong += !whole || w.n != 3 + 3 + i + 1
                 || w.len[w.n - 1] != 22 + 18 * i;
    }

    is_int(wrong, 0, "arguments of two digits to four");

    aicost_redis_publish(&cmd, &d, 7, text, 9);
    test_one_key(&cmd, &d, "a text is still there");
    aicost_redis_publish(&cmd, &d, 7, NULL, 0);
    ok(words_of(&cmd, &w) && w.n == 9 && w.len[8] == 0, "none is an empty one");

    ok(aicost_redis_load(&cmd, AICOST_REDIS_READ, (unsigned char *) text)
       == AICOST_OK && words_of(&cmd, &w) && w.n == 3
       && memcmp(w.p[1], "LOAD", 4) == 0
       && w.len[2] == aicost_redis_scripts[AICOST_REDIS_READ].length
       && memcmp(w.p[2], text, w.len[2]) == 0, "a script is loaded");

    memset(s, 0, sizeof(s));
    s[0] = (aicost_str_t) aicost_string("AUTH");
    s[1].data = (unsigned char *) text;
    s[2] = (aicost_str_t) aicost_string("secret");
    wrong = 0;

    for (i = 0; i <= AICOST_REDIS_BUF; i++) {
        s[1].len = i;

        if (aicost_redis_plain(&cmd, s, 3) != AICOST_OK) {
            wrong += i <= 4096;
            continue;
        }

        wrong += !words_of(&cmd, &w) || w.n != 3 || w.len[1] != i
                 || w.len[2] != 6 || cmd.used > AICOST_REDIS_BUF;
    }

    is_int(wrong, 0, "words of any length, or refused");
    is_int(aicost_redis_plain(&cmd, s, 3), AICOST_ERROR, "the longest are");

    wrong = 0;
    s[2] = s[1];
    s[3] = s[0];

    for (i = AICOST_REDIS_BUF - 128; i <= AICOST_REDIS_BUF; i++) {
        s[1].len = i;
        wrong += (aicost_redis_plain(&cmd, s, 4) != AICOST_ERROR);
    }

    is_int(wrong, 0, "one more behind them is");
}


/* what is kept packed is what would be packed: whatever a claim has of its own,
   and when two of them share a place */

static void
test_terms(void)
{
    unsigned          i, round, wrong;
    uint64_t          seed;
    aicost_claim_t   *c;
    aicost_settled_t  end;

    static aicost_claim_t         claims[3];
    static aicost_redis_cmd_t     kept, fresh;
    static aicost_redis_terms_t   terms[AICOST_REDIS_TERMS];
    static aicost_redis_domain_t  d;

    aicost_redis_domain(&d, "", "shop");

    memset(&end, 0, sizeof(end));
    end.nclaims = 3;
    end.claims = claims;

    seed = 31;
    wrong = 0;

    for (round = 0; round < ROUNDS; round++) {
        c = &claims[round % 3];
        i = (unsigned) (conform_random(&seed) % 20);

        *(i == 0 ? &c->limit : i == 1 ? &c->t0 : i == 2 ? &c->t1
          : i == 3 ? &c->idle : i == 4 ? &c->max : i == 5 ? &c->grace
          : i == 6 ? &c->warn : i == 7 ? &c->downgrade : &c->kill)
            = (int64_t) (conform_random(&seed) >> conform_random(&seed) % 53);

        *(i == 9 ? &c->unit : i == 10 ? &c->soft : i == 11 ? &c->upper
          : i == 12 ? &c->session : i == 13 ? &c->clear
          : i == 14 ? &c->share_step : i == 15 ? &c->downgrade_step
          : &c->id[3])
            = (uint8_t) (conform_random(&seed) % 3);

        c->whole[2] = (unsigned char) (i == 16);
        c->spare[15] = (unsigned char) (i % 4 == 1);
        c->budget = i == 17 ? (uint32_t) conform_random(&seed) : c->budget;

        d.terms = NULL;
        aicost_redis_settle(&fresh, &d, &end);
        d.terms = terms;
        aicost_redis_settle(&kept, &d, &end);

        wrong += fresh.used != kept.used
                 || memcmp(fresh.buf, kept.buf, fresh.used) != 0;
    }

    is_int(wrong, 0, "claims that are kept packed");
}


int
main(void)
{
    test_sizes();
    test_words();
    test_terms();

    return done_testing();
}
