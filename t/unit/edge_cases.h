
/*
 * Copyright (C) aicost
 *
 * What the tests of the edge's memory have in common: short ways to ask, and
 * all that is visible of a block, in order, to compare.
 */


#ifndef _AICOST_EDGE_CASES_H_INCLUDED_
#define _AICOST_EDGE_CASES_H_INCLUDED_


#include <stdlib.h>

#include "aicost_edge.h"
#include "tap.h"


#define EDGE_NOW   ((int64_t) 1700000000000LL)
#define EDGE_ANY   (1u << AICOST_EDGE_OPEN | 1u << AICOST_EDGE_SAID           \
                    | 1u << AICOST_EDGE_DONE)
#define EDGE_ACCOUNT  1          /* kinds of ids */
#define EDGE_RID      9
#define EDGE_TRANCHE  77


typedef struct {
    aicost_edge_t          edge;
    aicost_shm_region_t    region;
    unsigned               depth;
    unsigned               wrong;
} edge_t;


typedef struct {
    uint32_t               naccounts;
    uint32_t               nrecords;
    aicost_edge_meta_t     meta;
    aicost_edge_stat_t     stat;
    aicost_edge_account_t  *accounts;
    aicost_edge_record_t   *records;
} edge_view_t;


static inline void
edge_lock(void *data)
{
    edge_t  *e = data;

    e->wrong += e->depth != 0;
    e->depth++;
}


static inline void
edge_unlock(void *data)
{
    edge_t  *e = data;

    e->depth--;
}


static inline void
edge_at(edge_t *e, void *base, size_t size)
{
    memset(e, 0, sizeof(*e));

    e->region.base = base;
    e->region.size = size;
    e->region.lock = edge_lock;
    e->region.unlock = edge_unlock;
    e->region.data = e;
}


static inline void
edge_open(edge_t *e, size_t size)
{
    edge_at(e, aligned_alloc(64, size), size);
    memset(e->region.base, 0xa5, size);

    if (aicost_edge_init(&e->edge, &e->region, 1, 7) != AICOST_OK) {
        ok(0, "a block");
        exit(1);
    }
}


static inline void
edge_close(edge_t *e)
{
    free(e->region.base);
}


static inline uint64_t
edge_random(uint64_t *seed, uint64_t n)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;

    return (*seed * 0x2545f4914f6cdd1dULL >> 11) % n;
}


static inline void
edge_id(unsigned char *id, uint64_t kind, uint64_t n)
{
    uint64_t  word[2];

    word[0] = (kind + 1) * 0x9e3779b97f4a7c15ULL ^ (n << 7);
    word[1] = (n + 1) * 0xbf58476d1ce4e5b9ULL + kind;

    memcpy(id, word, AICOST_ID);
}


/* every number of it is of v: a claim of two writers shows */

static inline void
edge_claim(aicost_claim_t *c, uint64_t n, int64_t v)
{
    memset(c, 0, sizeof(*c));

    edge_id(c->id, EDGE_ACCOUNT, n);
    edge_id(c->latch, 2, (uint64_t) v);
    edge_id(c->spare, 3, (uint64_t) v);

    c->budget = (uint32_t) v;
    c->limit = 1000 + v;
    c->t1 = AICOST_MS_MAX;
    c->grace = v;
    c->warn = v;
    c->downgrade = v;
    c->kill = v;
}


static inline int
edge_claim_is(const aicost_claim_t *a, const aicost_claim_t *b)
{
    return memcmp(a->id, b->id, AICOST_ID) == 0
           && memcmp(a->latch, b->latch, AICOST_ID) == 0
           && memcmp(a->spare, b->spare, AICOST_ID) == 0
           && memcmp(a->whole, b->whole, AICOST_ID) == 0
           && a->budget == b->budget && a->unit == b->unit
           && a->soft == b->soft && a->upper == b->upper
           && a->session == b->session && a->clear == b->clear
           && a->share_step == b->share_step && a->limit == b->limit
           && a->t0 == b->t0 && a->t1 == b->t1 && a->idle == b->idle
           && a->max == b->max && a->grace == b->grace && a->warn == b->warn
           && a->downgrade == b->downgrade
           && a->downgrade_step == b->downgrade_step && a->kill == b->kill;
}


static inline int
edge_account_is(const aicost_edge_account_t *a, const aicost_edge_account_t *b)
{
    return edge_claim_is(&a->claim, &b->claim)
           && a->settled == b->settled && a->reserved == b->reserved
           && a->bound == b->bound
           && memcmp(a->tranche.rid, b->tranche.rid, AICOST_ID) == 0
           && a->tranche.amount == b->tranche.amount
           && a->tranche.used == b->tranche.used;
}


/* but for its claims */

static inline int
edge_record_is(const aicost_edge_record_t *a, const aicost_edge_record_t *b)
{
    uint32_t  i;

    if (a->nclaims != b->nclaims) {
        return 0;
    }

    for (i = 0; i < a->nclaims; i++) {
        if (memcmp(a->claims[i].id, b->claims[i].id, AICOST_ID) != 0) {
            return 0;
        }
    }

    return memcmp(a->rid, b->rid, AICOST_ID) == 0 && a->state == b->state
           && a->expires == b->expires && a->at == b->at
           && a->hash == b->hash && a->op == b->op && a->step == b->step
           && a->bounds == b->bounds && a->dry == b->dry
           && memcmp(a->amount, b->amount, sizeof(a->amount)) == 0
           && memcmp(a->gap, b->gap, sizeof(a->gap)) == 0
           && memcmp(a->actual, b->actual, sizeof(a->actual)) == 0;
}


static inline int
edge_meta_is(const aicost_edge_meta_t *a, const aicost_edge_meta_t *b)
{
    return memcmp(a->edge, b->edge, AICOST_ID) == 0
           && memcmp(a->epoch, b->epoch, AICOST_ID) == 0
           && memcmp(a->domain, b->domain, AICOST_ID) == 0
           && strcmp(a->run, b->run) == 0
           && a->known == b->known && a->edges == b->edges
           && a->state.share_ppm == b->state.share_ppm
           && a->state.changed == b->state.changed
           && a->state.killed == b->state.killed;
}


static inline void
edge_ask(aicost_reserve_t *q, uint64_t rid, int64_t now, int64_t want)
{
    memset(q, 0, sizeof(*q));
    edge_id(q->rid, EDGE_RID, rid);

    q->now = now;
    q->lease = 60000;
    q->nsteps = 1;
    q->ask[0][0].want = want;
    q->ask[0][0].upper = want;
    q->ask[0][0].least = 1;
}


static inline void
edge_granted(aicost_granted_t *g, int64_t amount)
{
    memset(g, 0, sizeof(*g));

    g->answer = AICOST_GRANTED;
    g->amount[0] = amount;
}


/* reserved of one account */

static inline void
edge_opened(edge_t *e, uint64_t rid, uint64_t account, int64_t now)
{
    aicost_granted_t         g;
    static aicost_reserve_t  q;

    edge_ask(&q, rid, now, 10);
    edge_claim(&q.claims[0], account, 1);
    q.nclaims = 1;
    edge_granted(&g, 10);

    aicost_edge_granted(&e->edge, now, &q, &g, NULL, 0);
}


static inline int
edge_settling(edge_t *e, uint64_t rid, int64_t now, const aicost_claim_t *c,
    uint32_t n)
{
    aicost_settled_t  s;

    memset(&s, 0, sizeof(s));
    edge_id(s.rid, EDGE_RID, rid);
    s.now = now;
    s.actual[0] = 5;
    s.claims = c;
    s.nclaims = n;

    return aicost_edge_settling(&e->edge, now, &s);
}


static inline void
edge_settled(edge_t *e, uint64_t rid, int64_t now)
{
    unsigned char  id[AICOST_ID];

    edge_id(id, EDGE_RID, rid);
    aicost_edge_settled(&e->edge, now, id, NULL, 0);
}


/* of accounts alone: nobody's rid was settled */

static inline void
edge_totals(edge_t *e, const aicost_total_t *t, uint32_t n)
{
    static const unsigned char  nobody[AICOST_ID];

    aicost_edge_settled(&e->edge, EDGE_NOW, nobody, t, n);
}


static inline int
edge_has(edge_t *e, uint64_t account)
{
    unsigned char          id[AICOST_ID];
    aicost_edge_account_t  a;

    edge_id(id, EDGE_ACCOUNT, account);

    return aicost_edge_account(&e->edge, id, &a) == AICOST_OK;
}


static inline int
edge_lend(edge_t *e, uint64_t account, uint64_t rid, int64_t amount)
{
    unsigned char          id[AICOST_ID];
    aicost_edge_tranche_t  t;

    memset(&t, 0, sizeof(t));
    edge_id(id, EDGE_ACCOUNT, account);
    edge_id(t.rid, EDGE_TRANCHE, rid);
    t.amount = amount;

    return aicost_edge_lend(&e->edge, id, &t);
}


static inline aicost_edge_stat_t
edge_stat(edge_t *e)
{
    aicost_edge_stat_t  stat;

    memset(&stat, 0, sizeof(stat));
    aicost_edge_stat(&e->edge, &stat);

    return stat;
}


/* AICOST_DECLINED: not there */

static inline int
edge_record(edge_t *e, uint64_t rid, aicost_edge_record_t *out)
{
    unsigned char  id[AICOST_ID];

    edge_id(id, EDGE_RID, rid);

    return aicost_edge_record(&e->edge, id, out);
}


static inline int
edge_order(const void *one, const void *two)
{
    return memcmp(one, two, AICOST_ID);
}


/* all of a block; `sent` of its records changes: for a copy */

static inline void
edge_view(edge_t *e, edge_view_t *v)
{
    int       rc;
    uint32_t  n, cursor;

    aicost_edge_stat(&e->edge, &v->stat);
    aicost_edge_get(&e->edge, &v->meta);

    if (v->accounts == NULL) {
        v->accounts = malloc(v->stat.accounts * sizeof(*v->accounts));
        v->records = malloc((v->stat.records + 1) * sizeof(*v->records));
    }

    v->naccounts = 0;
    v->nrecords = 0;
    cursor = 0;

    do {
        aicost_edge_accounts(&e->edge, &cursor, v->accounts + v->naccounts,
                             v->stat.accounts - v->naccounts, &n);
        v->naccounts += n;
    } while (cursor && v->naccounts < v->stat.accounts);

    cursor = 0;

    do {
        rc = aicost_edge_next(&e->edge, EDGE_NOW, INT64_MAX, EDGE_ANY,
                              &cursor, v->records + v->nrecords);
        v->nrecords += (rc == AICOST_OK);
    } while (rc != AICOST_DECLINED);

    qsort(v->accounts, v->naccounts, sizeof(*v->accounts), edge_order);
    qsort(v->records, v->nrecords, sizeof(*v->records), edge_order);
}


/* the counts are those of what is there */

static inline const char *
edge_counts(const edge_view_t *v)
{
    uint32_t  i, open, said, lent;

    open = 0;
    said = 0;
    lent = 0;

    for (i = 0; i < v->naccounts; i++) {
        lent += v->accounts[i].tranche.amount != 0;
    }

    for (i = 0; i < v->nrecords; i++) {
        open += v->records[i].state == AICOST_EDGE_OPEN;
        said += v->records[i].state == AICOST_EDGE_SAID;
    }

    return v->naccounts == v->stat.used_accounts && open == v->stat.open
           && said == v->stat.said && lent == v->stat.lent
           ? NULL : "the counts";
}


/* every one is found by its id, every slot can be taken, once */

static inline const char *
edge_use(edge_t *e, edge_view_t *v)
{
    uint32_t            i;
    aicost_settled_t    s;
    aicost_edge_stat_t  stat;

    for (i = 0; i < v->naccounts; i++) {
        if (aicost_edge_account(&e->edge, v->accounts[i].claim.id,
                                &v->accounts[i])
            != AICOST_OK)
        {
            return "an account is not found";
        }
    }

    memset(&s, 0, sizeof(s));
    s.now = EDGE_NOW;

    for (i = 0; i < v->nrecords; i++) {
        memcpy(s.rid, v->records[i].rid, AICOST_ID);
        (void) aicost_edge_settling(&e->edge, EDGE_NOW, &s);
        aicost_edge_settled(&e->edge, EDGE_NOW, s.rid, NULL, 0);
    }

    stat = edge_stat(e);

    if (stat.open || stat.said) {
        return "a record is not found";
    }

    aicost_edge_drop_done(&e->edge);

    for (i = 0; i <= stat.records + 1; i++) {
        if (edge_settling(e, 7000000 + i, EDGE_NOW, NULL, 0) != AICOST_OK) {
            break;
        }
    }

    if (i != stat.records || edge_stat(e).said != i) {
        return "a slot of a record is lost, or there twice";
    }

    for (i = 0; i < 2 * stat.accounts; i++) {
        edge_opened(e, 1, 7000000 + i, EDGE_NOW);
    }

    return edge_stat(e).used_accounts + edge_stat(e).lent >= stat.accounts
           ? NULL : "a slot of an account is lost";
}


#endif /* _AICOST_EDGE_CASES_H_INCLUDED_ */
