
/*
 * Copyright (C) aicost
 *
 * The memory of an edge against a model of it, over a long random trace.
 */


#include "aicost_edge_int.h"
#include "edge_cases.h"


#define BLOCK     AICOST_EDGE_MIN
#define TRACE     24000
#define ACCOUNTS  40
#define RIDS      60


/* what the memory should say: as simple as it can be, and never full */

typedef struct {
    unsigned               known;
    aicost_edge_account_t  a;
} model_account_t;


typedef struct {
    uint32_t               refs[AICOST_MAX_CLAIMS];
    aicost_edge_record_t   r;    /* state FREE: none */
} model_record_t;


typedef struct {
    edge_t                 e;
    edge_t                 copy;
    edge_view_t            view;
    uint64_t               seed;
    uint64_t               v;    /* of what is written next */
    int64_t                now;
    unsigned               shown[AICOST_EDGE_DONE + 1];
    aicost_edge_meta_t     meta;
    model_account_t        accounts[ACCOUNTS];
    model_record_t         records[RIDS];
} model_t;


/* the account of a claim that is made up; its number */

static uint32_t
model_claim(model_t *m, aicost_claim_t *c)
{
    uint32_t  n;

    n = (uint32_t) edge_random(&m->seed, ACCOUNTS);
    edge_claim(c, n, (int64_t) edge_random(&m->seed, 5));
    c->share_step = (uint8_t) edge_random(&m->seed, 3);

    return n;
}


static void
model_refer(model_t *m, model_record_t *r, const aicost_claim_t *claims,
    const uint32_t *names, uint32_t n, unsigned steps)
{
    uint32_t          i;
    model_account_t  *a;

    r->r.nclaims = 0;

    for (i = 0; i < n; i++) {

        if (claims[i].share_step && !(claims[i].share_step & steps)) {
            continue;
        }

        a = &m->accounts[names[i]];

        if (!a->known) {
            memset(a, 0, sizeof(*a));
            a->known = 1;
        }

        a->a.claim = claims[i];
        a->a.claim.share_step = 0;
        a->a.used = m->now;
        r->refs[r->r.nclaims++] = names[i];
    }
}


/* some different accounts */

static uint32_t
model_claims(model_t *m, aicost_claim_t *claims, uint32_t *names)
{
    uint32_t  i, k, n, want;

    n = 0;
    want = (uint32_t) edge_random(&m->seed, 5);

    for (i = 0; i < want; i++) {
        names[n] = model_claim(m, &claims[n]);

        for (k = 0; k < n && names[k] != names[n]; k++) { /* void */ }

        n += (k == n);
    }

    return n;
}


static void
model_open(model_t *m, uint32_t rid)
{
    uint32_t                 names[8], step;
    model_record_t          *r;
    aicost_granted_t         g;
    static aicost_reserve_t  q;

    edge_ask(&q, rid, m->now, 10);
    q.nsteps = 2;
    q.ask[1][1].upper = 7;
    q.lease = 1 + (int64_t) edge_random(&m->seed, 100000);
    q.nclaims = model_claims(m, q.claims, names);

    step = (uint32_t) edge_random(&m->seed, 2);
    edge_granted(&g, 1 + (int64_t) edge_random(&m->seed, 12));
    g.step = step;
    g.amount[1] = 3;
    g.bounds = (uint8_t) edge_random(&m->seed, 4);
    g.dry = (uint8_t) edge_random(&m->seed, 2);

    aicost_edge_granted(&m->e.edge, m->now, &q, &g, NULL, 0);

    r = &m->records[rid];

    if (r->r.state != AICOST_EDGE_FREE) {
        return;
    }

    memset(&r->r, 0, sizeof(r->r));
    memcpy(r->r.rid, q.rid, AICOST_ID);
    r->r.state = AICOST_EDGE_OPEN;
    r->r.expires = m->now + q.lease;
    r->r.sent = m->now;
    r->r.hash = aicost_reserve_hash(&q);
    r->r.step = (uint8_t) step;
    r->r.bounds = g.bounds;
    r->r.dry = g.dry;
    r->r.amount[0] = g.amount[0];
    r->r.amount[1] = g.amount[1];
    r->r.gap[0] = (step == 0 && g.amount[0] < 10) ? 10 - g.amount[0] : 0;
    r->r.gap[1] = (step == 1) ? 4 : 0;

    model_refer(m, r, q.claims, names, q.nclaims, 1u << step);
}


static void
model_settle(model_t *m, uint32_t rid)
{
    uint32_t           names[8];
    model_record_t    *r;
    aicost_claim_t     claims[8];
    aicost_settled_t   s;

    memset(&s, 0, sizeof(s));
    edge_id(s.rid, EDGE_RID, rid);
    s.op = (aicost_settle_e) edge_random(&m->seed, 3);
    s.actual[0] = (int64_t) m->v;
    s.actual[1] = (int64_t) m->v / 2;
    s.claims = claims;
    s.nclaims = model_claims(m, claims, names);

    (void) aicost_edge_settling(&m->e.edge, m->now, &s);

    r = &m->records[rid];

    if (r->r.state == AICOST_EDGE_FREE) {
        memset(&r->r, 0, sizeof(r->r));
        memcpy(r->r.rid, s.rid, AICOST_ID);
        model_refer(m, r, claims, names, s.nclaims, 3);

    } else if (r->r.state != AICOST_EDGE_OPEN) {
        return;
    }

    r->r.state = AICOST_EDGE_SAID;
    r->r.op = s.op;
    r->r.actual[0] = s.actual[0];
    r->r.actual[1] = s.actual[1];
    r->r.at = m->now;
    r->r.sent = m->now;
}


static void
model_acknowledge(model_t *m, uint32_t rid)
{
    edge_settled(&m->e, rid, m->now);

    if (m->records[rid].r.state == AICOST_EDGE_SAID) {
        m->records[rid].r.state = AICOST_EDGE_DONE;
        m->records[rid].r.at = m->now;
    }
}


static void
model_renew(model_t *m, uint32_t rid)
{
    int64_t        expires;
    uint32_t       i;
    unsigned char  rids[3][AICOST_ID];

    expires = m->now + (int64_t) edge_random(&m->seed, 100000);

    for (i = 0; i < 3; i++) {
        edge_id(rids[i], EDGE_RID, rid + i);

        if (rid + i < RIDS
            && m->records[rid + i].r.state == AICOST_EDGE_OPEN
            && m->records[rid + i].r.expires < expires)
        {
            m->records[rid + i].r.expires = expires;
        }
    }

    aicost_edge_renewed(&m->e.edge, expires,
                        (const unsigned char (*)[AICOST_ID]) rids, 3);
}


static void
model_numbers(model_t *m, uint32_t account)
{
    aicost_total_t          t;
    aicost_edge_account_t  *a;

    memset(&t, 0, sizeof(t));
    edge_id(t.id, EDGE_ACCOUNT, account);
    t.settled = (int64_t) edge_random(&m->seed, 1000);
    t.reserved = (int64_t) m->v;
    t.bound = (int64_t) m->v + 1;
    t.serial = 1 + (int64_t) edge_random(&m->seed, 3);

    edge_totals(&m->e, &t, 1);

    if (m->accounts[account].known
        && t.serial >= m->accounts[account].a.serial)
    {
        a = &m->accounts[account].a;
        a->settled = (a->serial && t.serial > a->serial)
                     || t.settled > a->settled ? t.settled : a->settled;
        a->serial = t.serial;
        a->reserved = t.reserved;
        a->bound = t.bound;
    }
}


static unsigned
model_lend(model_t *m, uint32_t account)
{
    int64_t                 amount;
    aicost_edge_tranche_t  *t;

    amount = edge_random(&m->seed, 3) ? (int64_t) m->v + 1 : 0;

    if (edge_lend(&m->e, account, m->v, amount)
        != (m->accounts[account].known ? AICOST_OK : AICOST_DECLINED))
    {
        return 0;
    }

    if (m->accounts[account].known) {
        t = &m->accounts[account].a.tranche;
        memset(t, 0, sizeof(*t));
        edge_id(t->rid, EDGE_TRANCHE, m->v);
        t->amount = amount;
    }

    return 1;
}


static unsigned
model_outage(model_t *m)
{
    int                      rc;
    uint32_t                 i, covered, index, names[8];
    aicost_edge_account_t   *a;
    static aicost_reserve_t  q, out;

    edge_ask(&q, 1, m->now, 10);
    q.nclaims = model_claims(m, q.claims, names);

    rc = aicost_edge_outage(&m->e.edge, &q, &out, &covered, &index);

    for (i = 0; i < q.nclaims; i++) {
        a = &m->accounts[names[i]].a;

        if (q.claims[i].share_step != 2
            && (!m->accounts[names[i]].known || a->tranche.amount == 0))
        {
            return rc == AICOST_DECLINED && index == i;
        }
    }

    for (i = 0; i < q.nclaims; i++) {

        if (q.claims[i].share_step == 2) {
            continue;
        }

        m->accounts[names[i]].a.tranche.used = 1;

        if (!(covered & (1u << i))) {
            return 0;
        }
    }

    return rc == AICOST_OK;
}


/* one page of what is to be sent again: each is one of the model, and due */

static unsigned
model_next(model_t *m)
{
    int                          rc;
    int64_t                      before;
    uint32_t                     cursor, i, due, got;
    unsigned                     mask;
    static aicost_edge_record_t  r;

    mask = (unsigned) edge_random(&m->seed, 8) << 1;
    before = m->now - (int64_t) edge_random(&m->seed, 3000);
    cursor = 0;
    due = 0;
    got = 0;

    for (i = 0; i < RIDS; i++) {
        due += m->records[i].r.state != AICOST_EDGE_FREE
               && (mask & (1u << m->records[i].r.state))
               && m->records[i].r.sent <= before;
    }

    do {
        rc = aicost_edge_next(&m->e.edge, m->now, before, mask, &cursor, &r);

        for (i = 0; i < RIDS && rc == AICOST_OK; i++) {
            if (memcmp(m->records[i].r.rid, r.rid, AICOST_ID) == 0
                && m->records[i].r.state == r.state
                && m->records[i].r.sent <= before)
            {
                m->records[i].r.sent = m->now;
                got++;
            }
        }

    } while (rc != AICOST_DECLINED);

    return got == due;
}


/* everything that can be seen, in a copy */

static const char *
model_compare(model_t *m)
{
    uint32_t                i, k, n, open, said, lent;
    model_record_t         *r;
    aicost_edge_record_t   *seen;
    aicost_edge_account_t  *a;

    memcpy(m->copy.region.base, m->e.region.base, BLOCK);
    edge_view(&m->copy, &m->view);

    n = 0;
    lent = 0;

    for (i = 0; i < ACCOUNTS; i++) {
        a = &m->accounts[i].a;

        if (!m->accounts[i].known) {
            continue;
        }

        n++;
        lent += a->tranche.amount != 0;

        for (k = 0; k < m->view.naccounts; k++) {
            if (edge_account_is(&m->view.accounts[k], a)
                && m->view.accounts[k].used == a->used)
            {
                break;
            }
        }

        if (k == m->view.naccounts) {
            return "an account";
        }
    }

    if (n != m->view.naccounts || n != m->view.stat.used_accounts
        || lent != m->view.stat.lent)
    {
        return "the number of accounts";
    }

    n = 0;
    open = 0;
    said = 0;

    for (i = 0; i < RIDS; i++) {
        r = &m->records[i];

        if (r->r.state == AICOST_EDGE_FREE) {
            continue;
        }

        n++;
        open += r->r.state == AICOST_EDGE_OPEN;
        said += r->r.state == AICOST_EDGE_SAID;
        m->shown[r->r.state]++;

        for (k = 0; k < r->r.nclaims; k++) {
            r->r.claims[k] = m->accounts[r->refs[k]].a.claim;
        }

        for (k = 0; k < m->view.nrecords; k++) {
            if (edge_record_is(&m->view.records[k], &r->r)) {
                break;
            }
        }

        if (k == m->view.nrecords) {
            return "a record";
        }

        seen = &m->view.records[k];

        for (k = 0; k < r->r.nclaims; k++) {
            if (!edge_claim_is(&seen->claims[k], &r->r.claims[k])) {
                return "a claim of a record";
            }
        }
    }

    if (n != m->view.nrecords || open != m->view.stat.open
        || said != m->view.stat.said || m->view.stat.lost
        || m->view.stat.forgotten)
    {
        return "the number of records";
    }

    return edge_meta_is(&m->meta, &m->view.meta) ? NULL : "the meta";
}


static const char *
model_step(model_t *m)
{
    uint32_t             i, rid, account;
    aicost_edge_head_t  *h;

    rid = (uint32_t) edge_random(&m->seed, RIDS);
    account = (uint32_t) edge_random(&m->seed, ACCOUNTS);
    m->now += (int64_t) edge_random(&m->seed, 1000);
    m->v++;

    switch (edge_random(&m->seed, 100)) {

    case 0:
        aicost_edge_drop_done(&m->e.edge);

        for (i = 0; i < RIDS; i++) {
            if (m->records[i].r.state == AICOST_EDGE_DONE) {
                m->records[i].r.state = AICOST_EDGE_FREE;
            }
        }

        return NULL;

    case 1:
        if (edge_random(&m->seed, 5) == 0) {
            aicost_edge_forget(&m->e.edge);
            memset(m->accounts, 0, sizeof(m->accounts));
            memset(m->records, 0, sizeof(m->records));
        }

        return NULL;

    case 2:
        m->meta.edges = (uint32_t) m->v;
        m->meta.known ^= 1;
        m->meta.state.share_ppm = (int64_t) m->v;
        edge_id(m->meta.epoch, 5, m->v);
        aicost_edge_set(&m->e.edge, &m->meta, AICOST_EDGE_META);
        return NULL;

    case 3:
        edge_at(&m->e, m->e.region.base, BLOCK);
        return aicost_edge_init(&m->e.edge, &m->e.region, 0, 0) == AICOST_OK
               ? NULL : "a take over";

    case 4:                          /* a worker died in a call */
        h = m->e.region.base;
        h->busy = 1;
        return NULL;

    case 5: case 6: case 7: case 8: case 9:
        return model_next(m) ? NULL : "what is to be sent again";

    default:
        break;
    }

    switch (edge_random(&m->seed, 10)) {
    case 0: case 1: case 2: model_open(m, rid); break;
    case 3: case 4: model_settle(m, rid); break;
    case 5: model_acknowledge(m, rid); break;
    case 6: model_renew(m, rid); break;
    case 7: model_numbers(m, account); break;
    case 8: return model_lend(m, account) ? NULL : "a loan";
    default: return model_outage(m) ? NULL : "an outage";
    }

    return NULL;
}


static void
test_model(void)
{
    unsigned         i;
    const char      *why;
    static model_t   m;

    edge_open(&m.e, BLOCK);
    edge_open(&m.copy, BLOCK);
    aicost_edge_get(&m.e.edge, &m.meta);

    m.seed = 20261125;
    m.now = EDGE_NOW;
    why = NULL;

    for (i = 0; i < TRACE && why == NULL; i++) {
        why = model_step(&m);

        if (why == NULL) {
            why = model_compare(&m);
        }
    }

    is_str(why, NULL, "a random trace: all that is visible, after each step");
    printf("# %u steps; %u open, %u said, %u done records compared\n", i,
           m.shown[AICOST_EDGE_OPEN], m.shown[AICOST_EDGE_SAID],
           m.shown[AICOST_EDGE_DONE]);

    free(m.view.accounts);
    free(m.view.records);
    edge_close(&m.e);
    edge_close(&m.copy);
}


int
main(void)
{
    test_model();

    return done_testing();
}
