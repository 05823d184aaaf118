
/*
 * Copyright (C) aicost
 *
 * The single cases of the suite, by hand: each answer, each ending.
 */


#ifndef _AICOST_STORE_CASES_H_INCLUDED_
#define _AICOST_STORE_CASES_H_INCLUDED_


#include "store_conform.h"


/* --- single cases ------------------------------------------------------- */

static inline void
conform_plain(aicost_reserve_t *q, unsigned rid, int64_t want)
{
    memset(q, 0, sizeof(*q));
    conform_id(q->rid, 9999, rid);

    q->now = CONFORM_EPOCH + 1000;
    q->lease = CONFORM_LEASE;
    q->nsteps = 1;
    q->nclaims = 1;
    q->ask[0][0].least = want < 10 ? want : 10;
    q->ask[0][0].want = want;
    q->ask[0][0].upper = want;

    conform_id(q->claims[0].id, 9999, 1000000);
    conform_id(q->claims[0].latch, 9999, 1000001);
    conform_id(q->claims[0].spare, 9999, 1000002);

    q->claims[0].limit = 10000;
    q->claims[0].t0 = CONFORM_EPOCH;
    q->claims[0].t1 = CONFORM_EPOCH + 3600000;
    q->claims[0].grace = 3600000;
}


/* as much as a request is said to have in what is measured */

static inline void
conform_measured(aicost_reserve_t *q)
{
    unsigned  k;

    conform_plain(q, 0, 10);

    q->nclaims = 4;
    q->nrates = 2;

    for (k = 0; k < 4; k++) {
        q->claims[k] = q->claims[0];
        conform_id(q->claims[k].id, 42, k);
        q->claims[k].limit = AICOST_MONEY_MAX;
    }

    for (k = 0; k < 2; k++) {
        conform_id(q->rates[k].id, 43, k);
        q->rates[k].period = 1;
        q->rates[k].tau = 1000000000;
    }
}


static inline aicost_settled_t
conform_end(const aicost_reserve_t *q, aicost_settle_e op, int64_t actual)
{
    aicost_settled_t  settled;

    memset(&settled, 0, sizeof(settled));
    memcpy(settled.rid, q->rid, AICOST_ID);

    settled.op = op;
    settled.now = q->now;
    settled.actual[0] = actual;
    settled.nclaims = q->nclaims;
    settled.claims = q->claims;

    return settled;
}


static inline int
conform_sums(conform_t *c, const unsigned char *id, int64_t settled,
    int64_t reserved, int64_t unverified, int64_t lost, const char *name)
{
    aicost_balance_t  b;

    memset(&b, 0, sizeof(b));
    c->store->ops->balance(c->store, id, &b);

    if (!ok(b.settled == settled && b.reserved == reserved
            && b.unverified == unverified && b.lost == lost, name))
    {
        printf("#   settled %lld, reserved %lld, unverified %lld, lost %lld\n",
               (long long) b.settled, (long long) b.reserved,
               (long long) b.unverified, (long long) b.lost);
        return 0;
    }

    return 1;
}


/* each answer of reserve; on a store that is empty */

static inline void
conform_answers(conform_t *c)
{
    aicost_latch_t    latch;
    aicost_reserve_t  q, r;
    aicost_granted_t  out, again;

    conform_plain(&q, 1, 6000);
    conform_reserve(c, &q, &out);
    is_int(out.answer, AICOST_GRANTED, "granted");
    is_int(out.amount[0], 6000, "what was wanted");
    is_int(out.left, 4000, "what is left");

    conform_reserve(c, &q, &again);
    is_int(again.answer, AICOST_GRANTED_AGAIN, "granted again");
    is_int(again.amount[0], 6000, "the same amount");

    q.ask[0][0].want = 5999;
    conform_reserve(c, &q, &again);
    is_int(again.answer, AICOST_OTHER_ASK, "another ask of the same rid");

    conform_plain(&r, 2, 7000);
    r.ask[0][0].least = 4001;
    conform_reserve(c, &r, &out);
    is_int(out.answer, AICOST_NO_BUDGET, "no budget");
    is_int(out.room, 4000, "the room");
    is_int(out.retry, 3599000, "ms to the end of the window");
    conform_sums(c, r.claims[0].id, 0, 6000, 0, 0, "nothing was changed");

    r.nclaims = 0;
    r.nrates = 1;
    conform_id(r.rates[0].id, 9999, 5);
    r.rates[0].period = 1000500;
    conform_reserve(c, &r, &out);
    is_int(out.answer, AICOST_GRANTED, "no claim, one rate");
    is_int(out.left, -1, "no money account");

    conform_plain(&r, 3, 1);
    r.nrates = 1;
    conform_id(r.rates[0].id, 9999, 5);
    r.rates[0].period = 1000500;
    conform_reserve(c, &r, &out);
    is_int(out.answer, AICOST_NO_RATE, "no rate");
    is_int(out.retry, 1001, "ms, rounded up");
    conform_sums(c, r.claims[0].id, 0, 6000, 0, 0, "nothing was changed");

    r.now += out.retry - 1;
    conform_reserve(c, &r, &out);
    is_int(out.answer, AICOST_NO_RATE, "one ms early");
    r.now += 1;
    conform_reserve(c, &r, &out);
    is_int(out.answer, AICOST_GRANTED, "exactly then");

    conform_plain(&r, 4, 1);
    r.claims[0].t1 = CONFORM_EPOCH + 900;
    conform_reserve(c, &r, &out);
    is_int(out.answer, AICOST_WRONG_WINDOW, "wrong window");
    is_int(out.retry, 1001, "the store's clock is ahead");

    conform_plain(&r, 5, 1);
    r.lease = 0;
    conform_reserve(c, &r, &out);
    is_int(out.answer, AICOST_BAD_ASK, "bad ask");

    memset(&latch, 0, sizeof(latch));
    memcpy(latch.latch, r.claims[0].latch, AICOST_ID);
    latch.at = CONFORM_EPOCH + 3000;
    latch.until = CONFORM_EPOCH + 5000;
    is_int(c->store->ops->kill(c->store, &latch), AICOST_OK, "kill");
    is_int(c->store->ops->kill(c->store, &latch), AICOST_DECLINED,
           "killed already");

    conform_plain(&r, 6, 1);
    conform_reserve(c, &r, &out);
    is_int(out.answer, AICOST_KILLED, "killed");
    is_int(out.index, 0, "by the claim's latch");
    is_int(out.retry, 2000, "ms to its end");

    r.dry_run = 1;
    conform_reserve(c, &r, &out);
    is_int(out.answer, AICOST_KILLED, "dry run: would have been killed");
    is_int(out.dry, 1, "dry run: reserved");
    conform_sums(c, r.claims[0].id, 0, 6002, 0, 0, "dry run counts");

    is_int(c->store->ops->resume(c->store, latch.latch, 77777),
           AICOST_DECLINED, "resume of another generation");
    is_int(c->store->ops->resume(c->store, latch.latch, 0), AICOST_OK,
           "resume");

    memset(latch.latch, 0, AICOST_ID);
    latch.until = INT64_MAX;
    c->store->ops->kill(c->store, &latch);
    conform_plain(&r, 7, 1);
    conform_reserve(c, &r, &out);
    is_int(out.answer, AICOST_KILLED, "killed, all");
    is_int(out.index, 1, "by the global latch");
    is_int(out.retry, -1, "until an operator");
    c->store->ops->resume(c->store, latch.latch, 0);

    r.now = CONFORM_EPOCH + 6000;
    conform_reserve(c, &r, &out);
    is_int(out.answer, AICOST_GRANTED, "resumed");
}


/* settle, release and expiry; on a store that is empty */

static inline void
conform_endings(conform_t *c)
{
    int64_t           left;
    uint32_t          n;
    unsigned char    *id;
    aicost_reserve_t  q;
    aicost_granted_t  out;
    aicost_settled_t  end;

    conform_plain(&q, 1, 500);
    id = q.claims[0].id;
    conform_reserve(c, &q, &out);
    end = conform_end(&q, AICOST_SETTLE, 300);
    is_int(conform_settle(c, &end, &left), AICOST_OK, "settle");
    is_int(left, 9700, "what is left");
    conform_sums(c, id, 300, 0, 0, 0, "settled");
    conform_settle(c, &end, &left);
    conform_sums(c, id, 300, 0, 0, 0, "settled once");
    conform_reserve(c, &q, &out);
    is_int(out.answer, AICOST_DEAD_RID, "a settled rid is dead");

    conform_plain(&q, 2, 500);
    conform_reserve(c, &q, &out);
    end = conform_end(&q, AICOST_RELEASE, 300);
    conform_settle(c, &end, &left);
    end = conform_end(&q, AICOST_SETTLE, 300);
    conform_settle(c, &end, &left);
    conform_sums(c, id, 300, 0, 0, 0, "released, a later settle is nothing");

    conform_plain(&q, 3, 500);
    conform_reserve(c, &q, &out);
    end = conform_end(&q, AICOST_EXPIRE, 0);
    conform_settle(c, &end, &left);
    conform_sums(c, id, 300, 500, 0, 0, "no expiry before the lease is over");
    end.now += CONFORM_LEASE;
    conform_settle(c, &end, &left);
    conform_sums(c, id, 800, 0, 500, 0, "expired: charged, unverified");
    end = conform_end(&q, AICOST_SETTLE, 100);
    conform_settle(c, &end, &left);
    conform_settle(c, &end, &left);
    conform_sums(c, id, 400, 0, 0, 0, "a late settle corrects it, once");

    conform_plain(&q, 4, 500);
    end = conform_end(&q, AICOST_SETTLE, 50);
    conform_settle(c, &end, &left);
    conform_settle(c, &end, &left);
    conform_sums(c, id, 450, 0, 0, 50, "unknown rid: charged as lost, once");

    conform_plain(&q, 5, 500);
    end = conform_end(&q, AICOST_RELEASE, 0);
    conform_settle(c, &end, &left);
    conform_reserve(c, &q, &out);
    is_int(out.answer, AICOST_DEAD_RID, "released before it was reserved");

    conform_plain(&q, 6, 500);
    q.now += CONFORM_LEASE;
    conform_reserve(c, &q, &out);
    c->store->ops->sweep(c->store, q.now + CONFORM_LEASE - 1, 10, &n);
    is_int(n, 0, "nothing to sweep");
    c->store->ops->sweep(c->store, q.now + CONFORM_LEASE, 10, &n);
    is_int(n, 1, "swept");
    conform_sums(c, id, 950, 0, 500, 50, "a swept lease is charged");
    end = conform_end(&q, AICOST_RELEASE, 0);
    conform_settle(c, &end, &left);
    conform_settle(c, &end, &left);
    conform_sums(c, id, 450, 0, 0, 50, "a late release takes it back, once");
    end = conform_end(&q, AICOST_SETTLE, 100);
    conform_settle(c, &end, &left);
    conform_sums(c, id, 450, 0, 0, 50, "what is released stays so");
}


#endif /* _AICOST_STORE_CASES_H_INCLUDED_ */
