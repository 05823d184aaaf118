
/*
 * Copyright (C) aicost
 *
 * Reserve, then settle: the arithmetic of one atomic step over all rates and
 * budgets of a request.  Pure: the store brings the accounts and the time.
 *
 * Per account: settled S, reserved R, limit L.  A reservation r is admitted
 * only if S + R + r <= L on every hard account; then S can pass L only by what
 * open reservations were too small, which upper mode makes 0.
 */


#ifndef _AICOST_LEDGER_H_INCLUDED_
#define _AICOST_LEDGER_H_INCLUDED_


#include "aicost.h"
#include "aicost_money.h"


#define AICOST_ID                  16    /* bytes: 128 bits of a SHA-256 */
#define AICOST_MARKS               4     /* soft marks of a budget */
#define AICOST_NEAR_PPM            50000 /* under 5 % left: upper mode */

/* ranges of an ask; beyond them it is refused as AICOST_BAD_ASK */

#define AICOST_MS_MAX              ((int64_t) 9000000000000LL)  /* year 2255 */
#define AICOST_LEASE_MAX           ((int64_t) 604800000LL)      /* 7 days */
#define AICOST_RATE_US_MAX         ((int64_t) 1000000000000000LL)


/* answers of reserve; the numbers are the scripts' too */

typedef enum {
    AICOST_GRANTED = 1,
    AICOST_GRANTED_AGAIN = 2,        /* same rid, same ask: same answer */
    AICOST_NO_BUDGET = -1,
    AICOST_NO_RATE = -2,
    AICOST_KILLED = -3,
    AICOST_LOST_EPOCH = -4,
    AICOST_WRONG_WINDOW = -5,
    AICOST_DEAD_RID = -6,            /* released or expired already */
    AICOST_OTHER_ASK = -7,           /* same rid, another ask */
    AICOST_BAD_ASK = -8,
    AICOST_NO_ROOM = -9              /* the store is full: no record can be
                                        made, nothing was changed */
} aicost_grant_e;


/* what one step of the ladder wants, per unit; least <= upper.  The estimate
   may be below both: they bound what no tokenizer exceeds */

typedef struct {
    int64_t              want;       /* estimate: reserved in estimate mode */
    int64_t              upper;      /* proven bound with the wanted output */
    int64_t              least;      /* proven bound with the least output that
                                        is worth a call */
} aicost_ask_t;


/* one budget of the request */

typedef struct {
    unsigned char        id[AICOST_ID];      /* account: name, key, window */
    unsigned char        latch[AICOST_ID];   /* the same without the window */
    unsigned char        spare[AICOST_ID];   /* the overflow account, used when
                                                no new account can be made */
    unsigned char        whole[AICOST_ID];   /* latch of all accounts of the
                                                budget; zero: none */
    uint32_t             budget;     /* the caller's number, for metrics */
    uint8_t              unit;       /* AICOST_UNIT_* */
    uint8_t              soft;       /* counts and marks, never refuses */
    uint8_t              upper;      /* mode=upper */
    uint8_t              session;    /* t0, t1 unused: idle and max hold */
    uint8_t              clear;      /* kill latch ends with the window */
    uint8_t              share_step; /* share=TIER:P: the account counts and
                                        binds only steps of that tier; bit
                                        mask of steps, 0: all */
    int64_t              limit;      /* > 0, <= AICOST_MONEY_MAX */
    int64_t              t0;         /* window, ms */
    int64_t              t1;
    int64_t              idle;       /* session: ms without use */
    int64_t              max;        /* session: ms since its first use */
    int64_t              grace;      /* ms an account is kept after t1 */
    int64_t              warn;       /* S + R at or above it fires; 0 none */
    int64_t              downgrade;  /* S + R at or above it: the first step
                                        allowed is downgrade_step; 0 none */
    uint8_t              downgrade_step;
    int64_t              kill;       /* S at or above it latches; 0 none */
} aicost_claim_t;


/* GCRA in integer microseconds */

typedef struct {
    unsigned char        id[AICOST_ID];
    uint32_t             rate;       /* the caller's number of it */
    int64_t              period;     /* us between two requests, > 0 */
    int64_t              tau;        /* us of burst: N * period, >= 0; 0:
                                        one request a period, none more */
} aicost_rate_t;


typedef struct {
    unsigned char        rid[AICOST_ID];
    int64_t              now;        /* ms; the store clamps it to its own
                                        last seen time */
    int64_t              lease;      /* ms */
    uint32_t             nsteps;     /* 1..AICOST_MAX_STEPS */
    uint32_t             nclaims;
    uint32_t             nrates;
    uint8_t              dry_run;    /* count and reserve, refuse nothing */
    uint8_t              first_step; /* steps below are not offered */
    uint8_t              probe;      /* decide only: nothing is written */
    aicost_ask_t         ask[AICOST_MAX_STEPS][AICOST_UNITS];
    aicost_claim_t       claims[AICOST_MAX_CLAIMS];
    aicost_rate_t        rates[AICOST_MAX_RATES];
} aicost_reserve_t;


typedef struct {
    aicost_grant_e       answer;
    uint32_t             step;       /* granted */
    uint8_t              bounded;    /* the grant is upper: send its cap */
    uint8_t              bounds;     /* bit u: unit u is, the others' amounts
                                        are estimates and bound no cap */
    uint8_t              marked;     /* step was moved by a downgrade mark */
    uint8_t              dry;        /* dry run: answer says what would have
                                        been, the reservation is made.  Not
                                        set when none could be made: a bad ask,
                                        a wrong window, a used rid, no room */
    uint8_t              outage;     /* granted without the shared store: its
                                        settle says so too */
    uint32_t             covered;    /* then, bit i: claim i stands on money
                                        leased in advance */
    int64_t              amount[AICOST_UNITS];   /* reserved */
    uint32_t             index;      /* claim or rate that refused; of a kill:
                                        the claim, or nclaims for the global
                                        latch */
    int64_t              room;       /* of that claim, in its unit */
    int64_t              retry;      /* ms until it can be granted: rate, or
                                        end of the window or latch; -1 never
                                        (a session, an operator's latch).  Of
                                        a wrong window: how far the store's
                                        clock is ahead of `now` */
    uint32_t             warned;     /* bit i: claim i fired warn now (once a
                                        window) */
    int64_t              left;       /* smallest room of the hard money claims
                                        after the grant, -1 when there is none
                                        or nothing was granted */
} aicost_granted_t;


typedef enum {
    AICOST_SETTLE = 0,               /* charge `actual` */
    AICOST_RELEASE,                  /* nothing can have been billed */
    AICOST_EXPIRE                    /* lease over: charge what was reserved */
} aicost_settle_e;


typedef struct {
    unsigned char        rid[AICOST_ID];
    aicost_settle_e      op;
    int64_t              now;        /* ms */
    int64_t              actual[AICOST_UNITS];
    /* used only when the rid is unknown (settle is never dropped): the
       accounts to charge */
    uint32_t             nclaims;
    const aicost_claim_t *claims;
    uint8_t              outage;     /* as it was granted */
    uint32_t             covered;
} aicost_settled_t;


/* numbers of one account, as reports see them */

typedef struct {
    unsigned char        id[AICOST_ID];
    uint32_t             budget;
    uint8_t              unit;
    int64_t              limit;
    int64_t              settled;
    int64_t              reserved;
    int64_t              bound;      /* sum over open of upper - reserved: how
                                        far S can still pass L */
    int64_t              unverified; /* of settled: charged by expiry */
    int64_t              over;       /* settled above reservation */
    int64_t              lost;       /* settled without a reservation */
    uint32_t             open;
    int64_t              t0;
    int64_t              t1;
} aicost_balance_t;


/* --- pure parts, shared by the stores and the model ------------------- */

/* GCRA: AICOST_OK and the new tat, or AICOST_DECLINED, the old tat and retry
   in us */
int aicost_gcra(int64_t tat, int64_t now_us, int64_t period, int64_t tau,
    int64_t *next, int64_t *retry_us);

/*
 * What one step may reserve of one unit, given the accounts that bind it.
 * settled + reserved of account i is used[i].  AICOST_OK with *amount and
 * *bounded, or AICOST_DECLINED with *tightest (index) and *room.
 */
int aicost_fit(const aicost_ask_t *ask, const aicost_claim_t *claims,
    const int64_t *used, uint32_t n, unsigned unit, uint32_t step,
    int64_t *amount, uint8_t *bounded, uint32_t *tightest, int64_t *room);

/* AICOST_OK, or AICOST_ERROR when any member is out of its range, or two
   claims or two rates have the same id */
int aicost_reserve_check(const aicost_reserve_t *q);

/* 64 bits of what is asked and of whom: tells a retry from another ask */
uint64_t aicost_reserve_hash(const aicost_reserve_t *q);

/* whether claim counts a request that is served at this step */
unsigned aicost_claim_counts(const aicost_claim_t *claim, uint32_t step);

/* a sum of account numbers, >= 0: saturates at AICOST_MONEY_MAX */
int64_t aicost_sum(int64_t a, int64_t b);


#endif /* _AICOST_LEDGER_H_INCLUDED_ */
