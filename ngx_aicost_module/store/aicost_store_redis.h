
/*
 * Copyright (C) aicost
 *
 * The codec of the Redis store: a call becomes one command, a reply becomes
 * its answer.  No I/O, no memory of its own, no client library: commands are
 * bytes, replies are read through one function.  What the
 * scripts do, and every key and TTL, is in redis/keys.md.
 */


#ifndef _AICOST_STORE_REDIS_H_INCLUDED_
#define _AICOST_STORE_REDIS_H_INCLUDED_


#include "aicost_store.h"
#include "aicost_edge.h"
#include "aicost_redis_scripts.h"


#define AICOST_REDIS_HEAD      64        /* bytes of "PREFIX{aic:DOMAIN}:" */
#define AICOST_REDIS_OWN       4         /* keys of a domain itself */
#define AICOST_REDIS_BUF       12288
#define AICOST_REDIS_TEXT      16384     /* a script is not longer */
#define AICOST_REDIS_TERMS     32        /* kept packed */
#define AICOST_REDIS_TERM      200       /* bytes of 2 ids and 17 numbers, and
                                            what the last of them writes too
                                            much */
#define AICOST_REDIS_SWEEP_MAX 100       /* leases of one sweep command */
#define AICOST_REDIS_WALK_MAX  256       /* accounts of one walk command */
#define AICOST_REDIS_PART      262144    /* bytes of the consumers of a reply */
#define AICOST_REDIS_CONSUMERS 33554432  /* bytes of a text of consumers */


/* what an error reply, or no fitting reply, means */

typedef enum {
    AICOST_REDIS_FINE = 0,
    AICOST_REDIS_NOSCRIPT,       /* load the script, send it again */
    AICOST_REDIS_MOVED,          /* cluster: the slot is elsewhere */
    AICOST_REDIS_ASK,            /* cluster: this once, after ASKING */
    AICOST_REDIS_TRYAGAIN,       /* cluster: the slot is under way */
    AICOST_REDIS_CLUSTERDOWN,
    AICOST_REDIS_LOADING,        /* reads its files: soon */
    AICOST_REDIS_BUSY,           /* a script of someone runs too long */
    AICOST_REDIS_READONLY,       /* became a replica: connect anew */
    AICOST_REDIS_MASTERDOWN,
    AICOST_REDIS_NOREPLICAS,     /* min-replicas-to-write */
    AICOST_REDIS_OOM,            /* maxmemory: reserves are refused */
    AICOST_REDIS_MISCONF,        /* the disk */
    AICOST_REDIS_NOAUTH,
    AICOST_REDIS_WRONGPASS,
    AICOST_REDIS_NOPERM,
    AICOST_REDIS_WRONGTYPE,      /* a key of ours holds something else */
    AICOST_REDIS_EPOCH,          /* emptied or replaced: see keys.md */
    AICOST_REDIS_REBUILDING,     /* edges tell it again what it lost: soon */
    AICOST_REDIS_LAYOUT,         /* another version wrote the domain */
    AICOST_REDIS_PROTOCOL,       /* not what the scripts answer */
    AICOST_REDIS_OTHER,
    AICOST_REDIS_ERRORS
} aicost_redis_error_e;


/* all but the first two ids of a claim is its budget's: the next claim of that
   has the same, of whomever it is */

typedef struct {
    aicost_claim_t       claim;
    size_t               len;        /* 0: none yet */
    unsigned char        packed[AICOST_REDIS_TERM];
} aicost_redis_terms_t;


typedef struct {
    size_t               len;
    unsigned char        head[AICOST_REDIS_HEAD];
    unsigned char        own[AICOST_REDIS_OWN * (AICOST_REDIS_HEAD + 9)];
    size_t               own_len[AICOST_REDIS_OWN];  /* of the first ones */
    unsigned char        key[AICOST_REDIS_HEAD + 8];
    size_t               key_len;
    unsigned char        epoch[AICOST_ID];
    int64_t              keep;       /* ms a done rid is remembered */
    uint32_t             accounts;   /* at most; then spare ones */
    uint8_t              own_clock;  /* the caller's time counts; 0: Redis' */
    aicost_redis_terms_t *terms;     /* the caller's AICOST_REDIS_TERMS, zeroed
                                        once; NULL: nothing is kept */
} aicost_redis_domain_t;


/* a command, as it goes over the wire; a long text that is its last argument is
   not copied, and ends with CR LF there */

typedef struct {
    aicost_redis_script_e  script;   /* AICOST_REDIS_SCRIPTS: none */
    const void          *text;       /* NULL: none */
    size_t               text_len;
    size_t               args;       /* where those behind the keys begin */
    size_t               used;
    unsigned char        buf[AICOST_REDIS_BUF];
} aicost_redis_cmd_t;


typedef enum {
    AICOST_REDIS_NIL = 0,
    AICOST_REDIS_STRING,         /* a status is one too */
    AICOST_REDIS_INTEGER,
    AICOST_REDIS_ARRAY,
    AICOST_REDIS_FAULT           /* an error reply */
} aicost_redis_type_e;


typedef struct {
    aicost_redis_type_e  type;
    int64_t              integer;
    const unsigned char *str;
    size_t               len;        /* bytes, or elements */
    const void          *node;       /* the caller's */
} aicost_redis_value_t;


/* element i of an array, i < len */
typedef void (*aicost_redis_at_pt)(const aicost_redis_value_t *array,
    size_t i, aicost_redis_value_t *out);


typedef struct {
    aicost_redis_value_t value;
    aicost_redis_at_pt   at;
} aicost_redis_reply_t;


/* "host:port" of MOVED and ASK; an empty host: the same as before */

typedef struct {
    uint32_t             slot;
    aicost_str_t         host;
    uint32_t             port;
} aicost_redis_redirect_t;


/* what a reply says beside its answer */

typedef struct {
    aicost_redis_error_e error;
    aicost_redis_redirect_t  redirect;   /* of MOVED and ASK; valid with the
                                            reply */
    int64_t              now;        /* the store's, ms; 0: not said */
    unsigned             stated;     /* the next four are said */
    aicost_mode_e        mode;
    int64_t              share_ppm;
    int64_t              changed;
    unsigned             held;       /* a latch may be on */
    unsigned             skipped;    /* an account holds something else and was
                                        not charged */
    uint32_t             ntotals;    /* of reserve and settle: the accounts
                                        they charged, as they stand now */
    aicost_total_t       totals[AICOST_MAX_CLAIMS];
} aicost_redis_seen_t;


/*
 * The life of a domain.  A server that lost writes (another run id) or all of
 * them (no domain) waits for its edges: each arrives, tells what it knows and
 * says that it has.  When all of those alive did, or the wait is over, the
 * domain is open again.
 */

typedef enum {
    AICOST_REDIS_OPEN = 0,
    AICOST_REDIS_REPLAY,         /* same epoch: settles and reasserts are
                                    taken, reserves not */
    AICOST_REDIS_REBUILD         /* emptied, new epoch: only restores are */
} aicost_redis_phase_e;


typedef struct {
    unsigned char        epoch[AICOST_ID];
    aicost_redis_phase_e phase;
    unsigned             told;       /* this edge has said that it did */
    uint32_t             edges;      /* alive: heard of in the last minute */
    int64_t              wait;       /* ms until it opens anyway */
    aicost_state_t       state;
} aicost_redis_life_t;


/* AICOST_ERROR: a brace in them, or too long.  keep 1 hour, 100000 accounts,
   the clock of Redis; the epoch and the terms are for the caller to set */
int aicost_redis_domain(aicost_redis_domain_t *d, const char *prefix,
    const char *name);

/* of all its keys, 0..16383 */
uint32_t aicost_redis_slot(const aicost_redis_domain_t *d);


/*
 * Commands.  AICOST_OK, or AICOST_ERROR when an argument is out of its range.
 * reserve: AICOST_DECLINED and *out when the answer needs no store.
 */

int aicost_redis_reserve(aicost_redis_cmd_t *cmd,
    const aicost_redis_domain_t *d, const aicost_reserve_t *q,
    aicost_granted_t *out);
int aicost_redis_settle(aicost_redis_cmd_t *cmd,
    const aicost_redis_domain_t *d, const aicost_settled_t *q);
int aicost_redis_renew(aicost_redis_cmd_t *cmd,
    const aicost_redis_domain_t *d, int64_t now, int64_t lease,
    const unsigned char (*rids)[AICOST_ID], const int64_t *used, uint32_t n);

/* at most AICOST_REDIS_SWEEP_MAX of max */
int aicost_redis_sweep(aicost_redis_cmd_t *cmd,
    const aicost_redis_domain_t *d, int64_t now, uint32_t max);

/* begins a domain that is not there with d->epoch; the reply has its epoch
   (for one edge that keeps nothing: tests, the command line) */
int aicost_redis_open(aicost_redis_cmd_t *cmd,
    const aicost_redis_domain_t *d);

/* only moves the clock: for a store that is driven by the caller's */
int aicost_redis_clock(aicost_redis_cmd_t *cmd,
    const aicost_redis_domain_t *d, int64_t now);
int aicost_redis_kill(aicost_redis_cmd_t *cmd,
    const aicost_redis_domain_t *d, const aicost_latch_t *latch);
int aicost_redis_resume(aicost_redis_cmd_t *cmd,
    const aicost_redis_domain_t *d, const unsigned char latch[AICOST_ID],
    uint64_t gen);
int aicost_redis_set_mode(aicost_redis_cmd_t *cmd,
    const aicost_redis_domain_t *d, aicost_mode_e mode, int64_t share_ppm,
    int64_t now);

int aicost_redis_state(aicost_redis_cmd_t *cmd,
    const aicost_redis_domain_t *d, int64_t now);
int aicost_redis_latches(aicost_redis_cmd_t *cmd,
    const aicost_redis_domain_t *d, int64_t now, uint32_t max);
int aicost_redis_balance(aicost_redis_cmd_t *cmd,
    const aicost_redis_domain_t *d, const unsigned char id[AICOST_ID]);

/* at most AICOST_REDIS_WALK_MAX of max */
int aicost_redis_walk(aicost_redis_cmd_t *cmd,
    const aicost_redis_domain_t *d, uint32_t cursor, uint32_t max);

/*
 * The life of a domain; d->epoch is the one the edge knows, all zero: none.
 * arrive: after each connect, before anything else.  run: of the server; fresh:
 * 16 random bytes, the epoch should it begin one; knows: this edge remembers
 * accounts of the domain; moved: it knew another server; edges: alive when it
 * last heard.  tell: all it
 * remembers is restored.  beat: once a second by each edge.
 */
int aicost_redis_arrive(aicost_redis_cmd_t *cmd,
    const aicost_redis_domain_t *d, const unsigned char edge[AICOST_ID],
    const char *run, const unsigned char fresh[AICOST_ID], unsigned knows,
    unsigned moved, uint32_t edges, int64_t wait);
int aicost_redis_tell(aicost_redis_cmd_t *cmd, const aicost_redis_domain_t *d,
    const unsigned char edge[AICOST_ID]);
int aicost_redis_beat(aicost_redis_cmd_t *cmd, const aicost_redis_domain_t *d,
    const unsigned char edge[AICOST_ID]);

/* accounts: settled becomes the larger one, a missing one is made.  n up to
   AICOST_MAX_CLAIMS */
int aicost_redis_restore(aicost_redis_cmd_t *cmd,
    const aicost_redis_domain_t *d, const aicost_edge_account_t *accounts,
    uint32_t n);

/* an open reservation is made again unless its rid is known; a lease of at
   least `lease` from now */
int aicost_redis_reassert(aicost_redis_cmd_t *cmd,
    const aicost_redis_domain_t *d, const aicost_edge_record_t *r,
    int64_t lease);

/* consumers of all edges.  from: the version they were made of, -1 any; text is
   not copied, len 0: each edge's file counts again */
int aicost_redis_publish(aicost_redis_cmd_t *cmd,
    const aicost_redis_domain_t *d, int64_t from, const char *text, size_t len);

/* a part of them when they are newer than `known`, from the byte `at` on */
int aicost_redis_consumers(aicost_redis_cmd_t *cmd,
    const aicost_redis_domain_t *d, int64_t known, size_t at);

/* a script with its first key alone: for ASKING, when the node that said ASK
   has shown that none of the others is left there */
void aicost_redis_one_key(aicost_redis_cmd_t *cmd,
    const aicost_redis_domain_t *d);

/* no script.  The last word is not copied; AICOST_ERROR: the others are too
   long.  n is not 0 */
int aicost_redis_plain(aicost_redis_cmd_t *cmd, const aicost_str_t *words,
    uint32_t n);

/* its bytes, and where the next ones go */
size_t aicost_redis_size(const aicost_redis_cmd_t *cmd);
unsigned char *aicost_redis_put(unsigned char *p,
    const aicost_redis_cmd_t *cmd);

/* SCRIPT LOAD; the text is put into text, AICOST_REDIS_TEXT bytes */
int aicost_redis_load(aicost_redis_cmd_t *cmd, aicost_redis_script_e script,
    unsigned char *text);


/*
 * Replies.  AICOST_OK and the answer, AICOST_DECLINED as the store's interface
 * says it, or AICOST_ERROR with seen->error.
 */

/* a lost epoch is an answer too.  Of a wrong type out->index is the claim, or
   nclaims + the rate, or their number: the rid */
int aicost_redis_granted(const aicost_redis_reply_t *reply,
    aicost_granted_t *out, aicost_redis_seen_t *seen);
int aicost_redis_settled(const aicost_redis_reply_t *reply, int64_t *left,
    aicost_redis_seen_t *seen);
int aicost_redis_renewed(const aicost_redis_reply_t *reply, uint32_t n,
    uint64_t *gone, uint64_t *spent, uint64_t *killed,
    aicost_redis_seen_t *seen);

/* *more: leases were left */
int aicost_redis_swept(const aicost_redis_reply_t *reply, uint32_t max,
    uint32_t *n, unsigned *more, aicost_redis_seen_t *seen);

/* AICOST_DECLINED: they were published since, *version says which */
int aicost_redis_published(const aicost_redis_reply_t *reply,
    int64_t *version, aicost_redis_seen_t *seen);

/* AICOST_DECLINED: not newer, *version may be older.  part is valid with the
   reply; size 0: each edge's file counts */
int aicost_redis_consumed(const aicost_redis_reply_t *reply, int64_t known,
    int64_t *version, size_t *size, aicost_str_t *part,
    aicost_redis_seen_t *seen);

/* of open: AICOST_DECLINED when it was there.  epoch may be NULL */
int aicost_redis_controlled(const aicost_redis_reply_t *reply,
    unsigned char epoch[AICOST_ID], aicost_redis_seen_t *seen);
/* of arrive, tell and beat */
int aicost_redis_lived(const aicost_redis_reply_t *reply,
    aicost_redis_life_t *out, aicost_redis_seen_t *seen);

/* of restore and reassert */
int aicost_redis_restored(const aicost_redis_reply_t *reply,
    aicost_redis_seen_t *seen);

int aicost_redis_stated(const aicost_redis_reply_t *reply,
    aicost_state_t *out, aicost_redis_seen_t *seen);
int aicost_redis_listed(const aicost_redis_reply_t *reply,
    aicost_latch_t *out, uint32_t max, uint32_t *n,
    aicost_redis_seen_t *seen);

/* AICOST_DECLINED: there is none */
int aicost_redis_balanced(const aicost_redis_reply_t *reply,
    const unsigned char id[AICOST_ID], aicost_balance_t *out,
    aicost_redis_seen_t *seen);
int aicost_redis_walked(const aicost_redis_reply_t *reply, uint32_t *cursor,
    aicost_balance_t *out, uint32_t max, uint32_t *n,
    aicost_redis_seen_t *seen);

/* of any error reply */
aicost_redis_error_e aicost_redis_error(const unsigned char *str, size_t len);
int aicost_redis_redirect(const unsigned char *str, size_t len,
    aicost_redis_redirect_t *out);

/* the word of an error, for logs and metrics */
const char *aicost_redis_word(aicost_redis_error_e error);


#endif /* _AICOST_STORE_REDIS_H_INCLUDED_ */
