
/*
 * Copyright (C) aicost
 *
 * What the files that ask the fleet's Redis share.
 */


#ifndef _AICOST_FLEET_INT_H_INCLUDED_
#define _AICOST_FLEET_INT_H_INCLUDED_


#include "fleet_wire.h"

#include "../ngx_aicost_module/store/aicost_store_redis.h"

#include "fleet.h"


typedef struct {
    const fleet_t         *o;
    char                   host[256];    /* or a path */
    int                    port;         /* 0: a path */
    int64_t                db;
    char                  *password;
    fleet_tls_t            tls;
    fleet_wire_t          *c;
    redisReply            *r;
    unsigned               moved;
    aicost_redis_domain_t  domain;
    aicost_redis_cmd_t     cmd;
    aicost_redis_reply_t   reply;
    aicost_redis_seen_t    seen;
    unsigned char          text[AICOST_REDIS_TEXT];
} fleet_link_t;


/* NULL was reported, *rc is the exit code */
fleet_link_t *fleet_open(const fleet_t *o, int *rc);
void fleet_close(fleet_link_t *l);

/* what is in l->cmd; the reply is valid until the next one.  AICOST_ERROR was
   reported */
int fleet_call(fleet_link_t *l);

/* reports it; AICOST_ERROR */
int fleet_say(const fleet_link_t *l, aicost_redis_error_e error);


#endif /* _AICOST_FLEET_INT_H_INCLUDED_ */
