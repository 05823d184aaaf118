
/*
 * Copyright (C) aicost
 *
 * What an edge remembers of the store: the block, accounts, records, each cap.
 */


#include "aicost_edge_int.h"
#include "edge_step.h"


#define BLOCK  AICOST_EDGE_MIN
#define LARGE  (32 << 20)
#define STEPS  200000            /* instructions of one call */


/* --- the block ----------------------------------------------------------- */


/* a word of the head says that the block is another one's */

static void
test_other_word(edge_t *e, size_t at, const char *name)
{
    edge_t          other;
    uint32_t        word;
    unsigned char  *p;

    p = e->region.base;
    memcpy(&word, p + at, sizeof(word));
    word ^= 1;
    memcpy(p + at, &word, sizeof(word));

    edge_at(&other, e->region.base, e->region.size);
    is_int(aicost_edge_init(&other.edge, &other.region, 0, 0), AICOST_ERROR,
           name);

    word ^= 1;
    memcpy(p + at, &word, sizeof(word));
}


static void
test_init(void)
{
    edge_t              e, other;
    aicost_edge_meta_t  meta, again;

    edge_at(&e, aligned_alloc(64, 2 * BLOCK), BLOCK - 64);
    memset(e.region.base, 0, 2 * BLOCK);

    is_int(aicost_edge_init(&e.edge, &e.region, 1, 7), AICOST_ERROR,
           "too small a block is refused");

    e.region.size = BLOCK;
    is_int(aicost_edge_init(&e.edge, &e.region, 0, 0), AICOST_ERROR,
           "one that was never formatted too");
    is_int(aicost_edge_init(&e.edge, &e.region, 1, 7), AICOST_OK,
           "the smallest block");

    edge_opened(&e, 1, 1, EDGE_NOW);
    aicost_edge_get(&e.edge, &meta);

    edge_at(&other, e.region.base, BLOCK);
    is_int(aicost_edge_init(&other.edge, &other.region, 0, 0), AICOST_OK,
           "another worker takes it over");
    ok(edge_has(&other, 1), "with what is in it");
    aicost_edge_get(&other.edge, &again);
    ok(edge_meta_is(&meta, &again) && meta.edges == 1,
       "of one edge, the same");

    edge_at(&other, e.region.base, 2 * BLOCK);
    is_int(aicost_edge_init(&other.edge, &other.region, 0, 0), AICOST_ERROR,
           "a block that has grown is refused");
    other.region.size = BLOCK + 64;
    is_int(aicost_edge_init(&other.edge, &other.region, 0, 0), AICOST_ERROR,
           "by a little too");

    test_other_word(&e, 0, "a block of something else is refused");
    test_other_word(&e, 8, "one of another layout too");
    test_other_word(&e, 12, "one with another head too");

    ok(edge_has(&e, 1), "and nothing was touched");

    edge_close(&e);
}


/* --- accounts ------------------------------------------------------------ */


/* sessions: a new account a second, DONE for two minutes */

static void
test_remembered(void)
{
    edge_t    e;
    int64_t   now;
    uint64_t  i;
    unsigned  missed;

    edge_open(&e, BLOCK);
    missed = 0;

    for (i = 0; i < 20000; i++) {
        now = EDGE_NOW + (int64_t) i * 1000;

        edge_opened(&e, i, i, now);
        (void) edge_settling(&e, i, now, NULL, 0);
        edge_settled(&e, i, now);

        missed += !edge_has(&e, i);
    }

    is_int(missed, 0, "new accounts are remembered while old records age");
    is_int(e.wrong + e.depth, 0, "each call takes the lock once");

    edge_close(&e);
}


static void
test_shares(void)
{
    edge_t                       e;
    aicost_claim_t               c;
    aicost_granted_t             g;
    static aicost_reserve_t      q;
    static aicost_edge_record_t  r;

    edge_open(&e, BLOCK);

    edge_claim(&c, 1, 1);
    c.share_step = 2;

    is_int(edge_settling(&e, 1, EDGE_NOW, &c, 1), AICOST_OK,
           "a settlement of an unknown rid");
    is_int(edge_record(&e, 1, &r), AICOST_OK, "is remembered");
    is_int(r.nclaims, 1, "with the claim of a share");
    is_int((int) r.hash, 0, "and as never granted");

    edge_ask(&q, 2, EDGE_NOW, 10);
    q.nsteps = 2;
    q.ask[1][0] = q.ask[0][0];
    q.nclaims = 2;
    edge_claim(&q.claims[0], 2, 1);
    q.claims[0].share_step = 1;
    edge_claim(&q.claims[1], 3, 1);
    edge_granted(&g, 10);
    g.step = 1;
    aicost_edge_granted(&e.edge, EDGE_NOW, &q, &g, NULL, 0);

    is_int(edge_record(&e, 2, &r), AICOST_OK, "a grant is remembered");
    is_int(r.nclaims, 1, "with the claims that count at its step");
    is_int(r.claims[0].share_step, 0, "which hold whatever the step");
    ok(r.hash != 0 && r.expires == EDGE_NOW + 60000
       && r.amount[0] == 10 && r.state == AICOST_EDGE_OPEN, "and its terms");

    edge_close(&e);
}


/* accounts that are held stay, of the others the one used first goes */

static void
test_accounts_full(void)
{
    edge_t              e;
    uint64_t            i;
    aicost_claim_t      c[2];
    aicost_edge_stat_t  stat;

    edge_open(&e, BLOCK);
    stat = edge_stat(&e);

    for (i = 0; i < stat.accounts; i++) {
        edge_opened(&e, i, i, EDGE_NOW);

        if (i >= 10) {
            (void) edge_settling(&e, i, EDGE_NOW, NULL, 0);
            edge_settled(&e, i, EDGE_NOW);
        }
    }

    is_int(edge_stat(&e).used_accounts, stat.accounts, "all accounts taken");
    is_int(edge_lend(&e, 10, 10, 5), AICOST_OK, "one with a tranche");

    aicost_edge_drop_done(&e.edge);

    for (i = 0; i < 60; i++) {
        edge_opened(&e, 100000 + i, 100000 + i, EDGE_NOW);
    }

    ok(edge_has(&e, 100000) && edge_has(&e, 100059), "new ones take the place");
    ok(!edge_has(&e, 11) && !edge_has(&e, 70) && edge_has(&e, 71),
       "of those used first");
    ok(edge_has(&e, 0) && edge_has(&e, 9),
       "but not of one that an open record names");
    ok(edge_has(&e, 10), "nor of one with a tranche");
    is_int(edge_stat(&e).used_accounts, stat.accounts, "one each");

    for (i = 0; i < stat.accounts; i++) {
        (void) edge_lend(&e, i, i, 1);
    }

    is_int(edge_stat(&e).lent, stat.accounts - 60, "the others are lent too");

    edge_claim(&c[0], 200000, 1);
    is_int(edge_settling(&e, 200000, EDGE_NOW, c, 1), AICOST_DECLINED,
           "none can go: what only it would be charged to is declined");
    is_int((int) edge_stat(&e).lost, 1, "and counted");
    ok(!edge_has(&e, 200000), "it is not remembered");

    edge_claim(&c[1], 5, 1);
    is_int(edge_settling(&e, 200001, EDGE_NOW, c, 2), AICOST_OK,
           "what is charged to a known one as well is taken");
    is_int((int) edge_stat(&e).lost, 2, "and the other one is counted");

    edge_opened(&e, 200002, 200002, EDGE_NOW);
    is_int(edge_stat(&e).open, 71, "a grant is remembered without");

    for (i = 0; i < 2 * stat.records; i++) {
        (void) edge_settling(&e, 300000 + i, EDGE_NOW, c, 1);
    }

    is_int(edge_settling(&e, 200003, EDGE_NOW, NULL, 0), AICOST_OK,
           "what is declined takes no slot");

    edge_close(&e);
}


/* a worker died in a call: what was held still is */

static void
test_accounts_mended(void)
{
    edge_t               e;
    uint64_t             i;
    unsigned             kept;
    aicost_edge_stat_t   stat;
    aicost_edge_head_t  *h;

    edge_open(&e, BLOCK);
    stat = edge_stat(&e);
    h = e.region.base;

    for (i = 0; i < stat.accounts; i++) {
        edge_opened(&e, i, i, EDGE_NOW);

        if (i >= 10) {
            (void) edge_settling(&e, i, EDGE_NOW, NULL, 0);
            edge_settled(&e, i, EDGE_NOW);
        }
    }

    h->busy = 1;

    for (i = 0; i < 2 * stat.accounts; i++) {
        edge_opened(&e, 100000 + i, 100000 + i,
                    EDGE_NOW + 1 + AICOST_EDGE_RECENT);
        (void) edge_settling(&e, 100000 + i, EDGE_NOW, NULL, 0);
        edge_settled(&e, 100000 + i, EDGE_NOW);
    }

    kept = 0;

    for (i = 0; i < 10; i++) {
        kept += (unsigned) edge_has(&e, i);
    }

    is_int(kept, 10, "after a death the accounts of open records stay");
    ok(edge_has(&e, 100000 + 2 * stat.accounts - 1)
       && edge_stat(&e).used_accounts == stat.accounts
       && edge_stat(&e).open == 10, "and others still go");

    edge_close(&e);
}


/* one that can go is found however many stand before it */

static void
test_accounts_held(void)
{
    edge_t              e;
    uint64_t            i;
    aicost_edge_stat_t  stat;

    edge_open(&e, BLOCK);
    stat = edge_stat(&e);

    for (i = 0; i < stat.accounts; i++) {
        edge_opened(&e, i, i, EDGE_NOW);

        if (i < 1000) {
            (void) edge_lend(&e, i, i, 1);
        }

        (void) edge_settling(&e, i, EDGE_NOW, NULL, 0);
        edge_settled(&e, i, EDGE_NOW);
    }

    aicost_edge_drop_done(&e.edge);

    for (i = 0; i < 100 && !edge_has(&e, 500000 + i); i++) {
        edge_opened(&e, 500000 + i, 500000 + i, EDGE_NOW);
        (void) edge_settling(&e, 500000 + i, EDGE_NOW, NULL, 0);
        edge_settled(&e, 500000 + i, EDGE_NOW);

        if (edge_has(&e, 500000 + i)) {
            break;
        }
    }

    ok(i < 100, "behind a thousand that are held one is found to go");

    edge_close(&e);
}


static void
test_lent(void)
{
    edge_t    e;
    uint64_t  i;
    unsigned  taken;

    edge_open(&e, 4 * BLOCK);

    for (i = 0; i < AICOST_EDGE_LENT + 8; i++) {
        edge_opened(&e, i, i, EDGE_NOW);
    }

    taken = 0;

    for (i = 0; i < AICOST_EDGE_LENT + 8; i++) {
        taken += edge_lend(&e, i, i, 3) == AICOST_OK;
    }

    is_int(taken, AICOST_EDGE_LENT, "so many tranches are out, no more");
    is_int(edge_lend(&e, 5, 5000, 4), AICOST_OK, "one is replaced");
    is_int(edge_lend(&e, 6, 0, 0), AICOST_OK, "one is given back");
    is_int(edge_lend(&e, 4100, 4100, 4), AICOST_OK, "another has its place");
    is_int(edge_stat(&e).lent, AICOST_EDGE_LENT, "and they are counted");
    is_int(edge_lend(&e, 99999, 1, 4), AICOST_DECLINED,
           "none of an account that is not known");

    edge_close(&e);
}


/* two workers that learn different things at once */

static void
test_meta(void)
{
    edge_t               e;
    aicost_edge_meta_t   one, two, meta;

    edge_open(&e, BLOCK);

    aicost_edge_get(&e.edge, &one);
    aicost_edge_get(&e.edge, &two);

    one.edges = 7;
    memset(two.epoch, 0xee, AICOST_ID);
    two.known = 1;
    aicost_edge_set(&e.edge, &two, AICOST_EDGE_EPOCH);
    aicost_edge_set(&e.edge, &one, AICOST_EDGE_EDGES);

    snprintf(two.run, sizeof(two.run), "a server");
    aicost_edge_set(&e.edge, &two, AICOST_EDGE_RUN);

    aicost_edge_get(&e.edge, &meta);
    is_int(meta.edges, 7, "what one worker learned stays");
    ok(meta.known && memcmp(meta.epoch, two.epoch, AICOST_ID) == 0,
       "and what the other one did");
    ok(strcmp(meta.run, "a server") == 0, "and the last");
    ok(memcmp(meta.edge, one.edge, AICOST_ID) == 0, "of the same edge");

    edge_close(&e);
}


/* an older reply, and totals of what is not known */

static void
test_totals(void)
{
    edge_t                 e;
    unsigned char          id[AICOST_ID];
    aicost_total_t         t[2];
    aicost_edge_account_t  a;

    edge_open(&e, BLOCK);
    edge_opened(&e, 1, 1, EDGE_NOW);
    edge_id(id, EDGE_ACCOUNT, 1);

    memset(t, 0, sizeof(t));
    edge_id(t[0].id, EDGE_ACCOUNT, 2);
    edge_id(t[1].id, EDGE_ACCOUNT, 1);
    t[1].settled = 50;
    t[1].reserved = 20;
    t[1].bound = 2;
    edge_totals(&e, t, 2);

    (void) aicost_edge_account(&e.edge, id, &a);
    ok(a.settled == 50 && a.reserved == 20 && a.bound == 2,
       "totals as the store said them");

    t[1].settled = 40;
    t[1].reserved = 30;
    edge_totals(&e, t, 2);

    (void) aicost_edge_account(&e.edge, id, &a);
    ok(a.settled == 50 && a.reserved == 30,
       "an older reply does not take back what was settled");
    ok(!edge_has(&e, 2), "what is not known stays so");

    /* a session that ended, and begins anew */

    t[1].serial = 5;
    t[1].settled = 60;
    edge_totals(&e, t, 2);
    t[1].serial = 6;
    t[1].settled = 3;
    edge_totals(&e, t, 2);
    (void) aicost_edge_account(&e.edge, id, &a);
    is_int(a.settled, 3, "an account that began anew has what it says");

    t[1].serial = 5;
    t[1].settled = 70;
    edge_totals(&e, t, 2);
    (void) aicost_edge_account(&e.edge, id, &a);
    is_int(a.settled, 3, "what the one before it says comes too late");

    /* a server that lost its last writes counts them again from before */

    aicost_edge_anew(&e.edge);
    t[1].serial = 4;
    t[1].settled = 1;
    edge_totals(&e, t, 2);
    (void) aicost_edge_account(&e.edge, id, &a);
    is_int(a.settled, 3, "told anew: the largest counts");
    t[1].serial = 5;
    edge_totals(&e, t, 2);
    (void) aicost_edge_account(&e.edge, id, &a);
    is_int(a.settled, 1, "until it begins anew once more");

    edge_close(&e);
}


/* --- records ------------------------------------------------------------- */

static int64_t
settled_of(edge_t *e, uint64_t account)
{
    unsigned char          id[AICOST_ID];
    aicost_edge_account_t  a;

    edge_id(id, EDGE_ACCOUNT, account);

    return aicost_edge_account(&e->edge, id, &a) == AICOST_OK ? a.settled : -1;
}


/* in the order of the claims or in another one, with a spare account or one
   that nobody knows, with the answer to a grant or to a settlement */

static void
test_totals_told(void)
{
    edge_t                       e;
    aicost_total_t               t[4];
    aicost_granted_t             g;
    static aicost_reserve_t      q;
    static aicost_edge_record_t  r;

    edge_open(&e, BLOCK);

    edge_ask(&q, 1, EDGE_NOW, 10);
    q.nclaims = 3;
    edge_claim(&q.claims[0], 1, 1);
    edge_claim(&q.claims[1], 2, 2);
    edge_claim(&q.claims[2], 3, 3);
    edge_id(q.claims[1].spare, EDGE_ACCOUNT, 4);
    edge_granted(&g, 10);

    memset(t, 0, sizeof(t));
    edge_id(t[0].id, EDGE_ACCOUNT, 1);
    edge_id(t[1].id, EDGE_ACCOUNT, 4);
    edge_id(t[2].id, EDGE_ACCOUNT, 3);
    edge_id(t[3].id, EDGE_ACCOUNT, 9);
    t[0].settled = 11;
    t[1].settled = 14;
    t[2].settled = 13;
    t[3].settled = 19;

    aicost_edge_granted(&e.edge, EDGE_NOW, &q, &g, t, 4);

    ok(settled_of(&e, 1) == 11 && settled_of(&e, 3) == 13,
       "a grant says what its accounts stand at");
    ok(settled_of(&e, 2) == 0 && settled_of(&e, 4) == 14,
       "and what the spare one in the place of another does");
    ok(!edge_has(&e, 9), "one that nobody knows stays so");

    edge_id(t[1].id, EDGE_ACCOUNT, 3);
    edge_id(t[2].id, EDGE_ACCOUNT, 2);
    t[0].settled = 21;
    t[1].settled = 23;
    t[2].settled = 22;

    (void) edge_settling(&e, 1, EDGE_NOW, NULL, 0);
    aicost_edge_settled(&e.edge, EDGE_NOW, q.rid, t, 3);

    ok(edge_record(&e, 1, &r) == AICOST_OK && r.state == AICOST_EDGE_DONE
       && settled_of(&e, 1) == 21 && settled_of(&e, 2) == 22
       && settled_of(&e, 3) == 23, "as does its settlement");

    memset(&g, 0, sizeof(g));
    g.answer = AICOST_NO_BUDGET;
    edge_id(q.rid, EDGE_RID, 2);
    t[0].settled = 31;

    aicost_edge_granted(&e.edge, EDGE_NOW, &q, &g, t, 1);

    is_int(edge_record(&e, 2, &r), AICOST_DECLINED, "a refusal is no record");
    is_int(settled_of(&e, 1), 31, "and says what an account stands at");

    g.dry = 1;
    aicost_edge_granted(&e.edge, EDGE_NOW, &q, &g, t, 1);
    is_int(edge_record(&e, 2, &r), AICOST_OK, "one of a dry run is");

    edge_close(&e);
}


static void
test_records_full(void)
{
    int                          rc;
    edge_t                       e;
    uint64_t                     i;
    aicost_edge_stat_t           stat;
    static aicost_edge_record_t  r;

    edge_open(&e, BLOCK);
    stat = edge_stat(&e);
    rc = AICOST_OK;

    for (i = 0; i < stat.records; i++) {
        rc |= edge_settling(&e, i, EDGE_NOW, NULL, 0);
    }

    is_int(rc, AICOST_OK, "as many settlements as there are records");
    is_int(edge_settling(&e, i, EDGE_NOW, NULL, 0), AICOST_DECLINED,
           "one more is declined");
    is_int(edge_settling(&e, 5, EDGE_NOW, NULL, 0), AICOST_OK,
           "one that is known is not");

    edge_opened(&e, 100000, 1, EDGE_NOW);
    ok(edge_has(&e, 1), "a grant without a record: its account is remembered");

    stat = edge_stat(&e);
    ok(stat.said == stat.records && stat.lost == 1 && stat.open == 0,
       "and what was lost is counted");

    for (i = 10; i < 20; i++) {
        edge_settled(&e, i, EDGE_NOW + 1);
    }

    for (i = 0; i < 5; i++) {
        rc |= edge_settling(&e, 200000 + i, EDGE_NOW + 2, NULL, 0);
    }

    is_int(rc, AICOST_OK, "acknowledged ones make room");
    is_int((int) edge_stat(&e).forgotten, 5, "forgotten before their time");
    ok(edge_record(&e, 14, &r) == AICOST_DECLINED
       && edge_record(&e, 15, &r) == AICOST_OK, "the oldest first");

    rc = edge_settling(&e, 200005, EDGE_NOW + 2 + AICOST_EDGE_RECENT, NULL, 0);
    ok(rc == AICOST_OK && edge_stat(&e).forgotten == 5,
       "after their time they go without a word");

    aicost_edge_drop_done(&e.edge);
    rc |= edge_settling(&e, 200006, EDGE_NOW + 2, NULL, 0);
    ok(rc == AICOST_OK && edge_stat(&e).forgotten == 5,
       "and so do those that were dropped");

    edge_close(&e);
}


/* open ones whose worker is gone */

static void
test_expired(void)
{
    int                          rc;
    edge_t                       e;
    int64_t                      late;
    uint64_t                     i, n;
    aicost_edge_stat_t           stat;
    static aicost_edge_record_t  r;

    edge_open(&e, BLOCK);
    stat = edge_stat(&e);
    rc = AICOST_OK;
    n = stat.records;

    for (i = 0; i < n; i++) {
        edge_opened(&e, i, i % 100, i < 10 ? EDGE_NOW : EDGE_NOW + 500000);
    }

    late = EDGE_NOW + 120000;

    is_int(edge_stat(&e).open, (int) n, "all records are open");
    is_int(edge_settling(&e, n, late, NULL, 0), AICOST_DECLINED,
           "a lease that ended a minute ago is still somebody's");

    for (i = 0; i < 10; i++) {
        rc |= edge_settling(&e, n + i, late + 1 + (int64_t) i, NULL, 0);

        while (rc != AICOST_OK && i++ < 50) {
            rc = edge_settling(&e, n + i, late + 1, NULL, 0);
        }
    }

    is_int(rc, AICOST_OK, "then it makes room");
    is_int(edge_record(&e, 11, &r), AICOST_OK, "those that live stay");
    is_int((int) edge_stat(&e).forgotten, 0, "nothing was forgotten");

    edge_close(&e);
}


static void
test_paging(void)
{
    int                          rc;
    edge_t                       e;
    uint32_t                     n, seen, cursor, calls, most;
    uint64_t                     i;
    aicost_edge_account_t        a[7];
    static aicost_edge_record_t  r;

    edge_open(&e, BLOCK);

    for (i = 0; i < 600; i++) {
        edge_opened(&e, i, i, EDGE_NOW);
    }

    for (i = 0; i < 300; i++) {
        (void) edge_settling(&e, i, EDGE_NOW + 10, NULL, 0);
    }

    cursor = 0;
    seen = 0;
    most = 0;

    do {
        aicost_edge_accounts(&e.edge, &cursor, a, 7, &n);
        most = n > most ? n : most;
        seen += n;
    } while (cursor);

    ok(seen == 600 && most == 7, "all accounts, a few a call");

    seen = 0;
    calls = 0;

    do {
        rc = aicost_edge_next(&e.edge, EDGE_NOW + 20, EDGE_NOW + 20,
                              1u << AICOST_EDGE_OPEN, &cursor, &r);
        seen += (rc == AICOST_OK);
        calls += (rc == AICOST_AGAIN);
    } while (rc != AICOST_DECLINED);

    is_int(seen, 300, "the open records, one a call");
    ok(calls >= 2, "those between are looked at a bounded number a call");
    is_int(cursor, 0, "and the end begins anew");

    edge_close(&e);
}


/* sent, and again after a time */

static void
test_resend(void)
{
    edge_t                       e;
    uint32_t                     cursor;
    static aicost_edge_record_t  r;

    edge_open(&e, BLOCK);
    cursor = 0;

    edge_opened(&e, 1, 1, EDGE_NOW);
    is_int(aicost_edge_next(&e.edge, EDGE_NOW + 1, EDGE_NOW - 1, EDGE_ANY,
                            &cursor, &r) != AICOST_OK, 1,
           "one that was opened now was sent now");

    (void) edge_settling(&e, 1, EDGE_NOW + 10, NULL, 0);

    cursor = 0;
    ok(aicost_edge_next(&e.edge, EDGE_NOW + 500, EDGE_NOW + 9,
                        1u << AICOST_EDGE_SAID, &cursor, &r) != AICOST_OK,
       "nor one that was settled now");

    cursor = 0;
    is_int(aicost_edge_next(&e.edge, EDGE_NOW + 500, EDGE_NOW + 10,
                            1u << AICOST_EDGE_SAID, &cursor, &r), AICOST_OK,
           "later it is sent again");
    ok(r.actual[0] == 5 && r.op == AICOST_SETTLE && r.sent == EDGE_NOW + 500,
       "as it was settled");

    cursor = 0;
    ok(aicost_edge_next(&e.edge, EDGE_NOW + 600, EDGE_NOW + 499,
                        1u << AICOST_EDGE_SAID, &cursor, &r) != AICOST_OK,
       "and not at once again");

    edge_settled(&e, 1, EDGE_NOW + 700);
    cursor = 0;
    ok(aicost_edge_next(&e.edge, EDGE_NOW + 5000, INT64_MAX,
                        1u << AICOST_EDGE_SAID, &cursor, &r) != AICOST_OK,
       "nor when the store has said yes");

    aicost_edge_drop_done(&e.edge);
    is_int(edge_record(&e, 1, &r), AICOST_DECLINED, "that one can be dropped");
    is_int(edge_settling(&e, 1, EDGE_NOW + 800, NULL, 0), AICOST_OK,
           "its rid is as new then");
    is_int(edge_stat(&e).said, 1, "and has one record");

    aicost_edge_forget(&e.edge);
    ok(edge_stat(&e).said == 0 && edge_stat(&e).used_accounts == 0
       && !edge_has(&e, 1) && edge_record(&e, 1, &r) == AICOST_DECLINED,
       "all is forgotten");

    edge_opened(&e, 1, 1, EDGE_NOW);
    ok(edge_stat(&e).open == 1 && edge_has(&e, 1), "and learned again");

    edge_close(&e);
}


/* --- no call looks at all of it ------------------------------------------ */


static edge_t  large;


static void
large_unknown(edge_t *e)
{
    (void) edge_settling(e, 9000000, EDGE_NOW, NULL, 0);
}


static void
large_opened(edge_t *e)
{
    edge_opened(e, 9000001, 9000001, EDGE_NOW);
}


static void
large_forget(edge_t *e)
{
    aicost_edge_forget(&e->edge);
}


static void
large_drop_done(edge_t *e)
{
    aicost_edge_drop_done(&e->edge);
}


static void
large_page(edge_t *e)
{
    uint32_t                     cursor;
    static aicost_edge_record_t  r;

    cursor = 0;
    (void) aicost_edge_next(&e->edge, EDGE_NOW, 0, EDGE_ANY, &cursor, &r);
}


static void
large_is(step_run_pt run, const char *name)
{
    long  n;

    n = step_run(&large, run, STEPS, NULL);

    if (!ok(n > 0 && n < STEPS, name)) {
        printf("#   %ld instructions or more\n", n);
    }
}


static void
test_bounded(void)
{
    uint64_t            i;
    aicost_edge_stat_t  stat;

    if (!step_can()) {
        return;
    }

    edge_open(&large, LARGE);
    stat = edge_stat(&large);

    for (i = 0; i < stat.accounts; i++) {
        edge_opened(&large, i, i, EDGE_NOW);
        (void) edge_lend(&large, i, i, 1);
    }

    for (i = 0; i < stat.records; i++) {
        (void) edge_settling(&large, i, EDGE_NOW, NULL, 0);
    }

    large_is(large_unknown, "no slot at all: a settlement looks at a few");
    large_is(large_opened, "and so does a grant");
    large_is(large_page, "and a page of the records");

    for (i = 0; i < stat.records; i++) {
        edge_settled(&large, i, EDGE_NOW);
    }

    large_is(large_opened, "an account that must go is found in a few");
    large_is(large_drop_done, "dropping all that is done looks at none");
    aicost_edge_drop_done(&large.edge);
    large_is(large_opened, "nor is what follows long");
    large_is(large_forget, "forgetting all looks at none");

    edge_close(&large);
}


int
main(void)
{
    test_init();
    test_remembered();
    test_shares();
    test_accounts_full();
    test_accounts_mended();
    test_accounts_held();
    test_lent();
    test_meta();
    test_totals();
    test_totals_told();
    test_records_full();
    test_expired();
    test_paging();
    test_resend();
    test_bounded();

    return done_testing();
}
