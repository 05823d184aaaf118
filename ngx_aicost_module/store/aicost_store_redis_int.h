
/*
 * Copyright (C) aicost
 *
 * Pieces of commands and replies that the files of the codec share.
 */


#ifndef _AICOST_STORE_REDIS_INT_H_INCLUDED_
#define _AICOST_STORE_REDIS_INT_H_INCLUDED_


#include "aicost_store_redis.h"


#define AICOST_REDIS_LAYOUT_NOW  2
#define AICOST_REDIS_NEVER       ((int64_t) 9007199254740991LL) /* 2^53 - 1 */


/* commands: arguments are written into cmd->buf one after the other */

void aicost_redis_frame(aicost_redis_domain_t *d);
unsigned char *aicost_redis_open_arg(aicost_redis_cmd_t *cmd);
void aicost_redis_close_arg(aicost_redis_cmd_t *cmd, const unsigned char *p);
void aicost_redis_close_text(aicost_redis_cmd_t *cmd, const void *text,
    size_t len);
unsigned char *aicost_redis_wide(unsigned char *p, int64_t n);
unsigned char *aicost_redis_str(unsigned char *p, const void *data,
    size_t len);
unsigned char *aicost_redis_id(unsigned char *p, const unsigned char *id);
unsigned char *aicost_redis_text(unsigned char *p, const char *s,
    size_t most);
unsigned char *aicost_redis_claims(unsigned char *p,
    const aicost_redis_domain_t *d, const aicost_claim_t *claims, uint32_t n);
unsigned char *aicost_redis_op(aicost_redis_cmd_t *cmd,
    const aicost_redis_domain_t *d, aicost_redis_script_e script, int64_t now,
    const char *op);
unsigned char *aicost_redis_common(unsigned char *p,
    const aicost_redis_domain_t *d, int64_t now);
void aicost_redis_verb(aicost_redis_cmd_t *cmd, const char *verb, uint32_t n);
void aicost_redis_begin(aicost_redis_cmd_t *cmd,
    aicost_redis_script_e script, uint32_t nkeys);
void aicost_redis_key(aicost_redis_cmd_t *cmd,
    const aicost_redis_domain_t *d, const char kind[2],
    const unsigned char *id);
void aicost_redis_domain_keys(aicost_redis_cmd_t *cmd,
    const aicost_redis_domain_t *d, unsigned n);
void aicost_redis_account_keys(aicost_redis_cmd_t *cmd,
    const aicost_redis_domain_t *d, const aicost_claim_t *claims, uint32_t n);
void aicost_redis_spare_keys(aicost_redis_cmd_t *cmd,
    const aicost_redis_domain_t *d, const aicost_claim_t *claims, uint32_t n);
uint32_t aicost_redis_spares(const aicost_claim_t *claims, uint32_t n);


/* to the order of MessagePack, and back */

static inline uint64_t
aicost_redis_order(uint64_t n)
{
#if (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)
    return __builtin_bswap64(n);
#else
    return n;
#endif
}


static inline unsigned char *
aicost_redis_int(unsigned char *p, int64_t n)
{
    if (n < 0 || n >= 128) {
        return aicost_redis_wide(p, n);
    }

    *p = (unsigned char) n;

    return p + 1;
}


/* MessagePack as the scripts write it: each 1, or 0 when it is not that, and
   nothing more can be read */

typedef struct {
    const unsigned char  *p;
    const unsigned char  *last;
} aicost_redis_unpack_t;


unsigned aicost_redis_get_array(aicost_redis_unpack_t *u, size_t n);
unsigned aicost_redis_get_int(aicost_redis_unpack_t *u, int64_t *n);
unsigned aicost_redis_get_str(aicost_redis_unpack_t *u, aicost_str_t *s);
unsigned aicost_redis_packed(const unsigned char *p, size_t len, int64_t *n,
    size_t least, aicost_redis_seen_t *seen);


/* replies */

int aicost_redis_answer(const aicost_redis_reply_t *reply, size_t least,
    int64_t *answer, aicost_redis_seen_t *seen);
int aicost_redis_refused(int64_t answer, aicost_redis_seen_t *seen);
int aicost_redis_wrong(aicost_redis_seen_t *seen);
int64_t aicost_redis_number(const aicost_redis_reply_t *reply, size_t i,
    aicost_redis_seen_t *seen);


#endif /* _AICOST_STORE_REDIS_INT_H_INCLUDED_ */
