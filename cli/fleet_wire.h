
/*
 * Copyright (C) aicost
 *
 * One connection to a Redis, with TLS or without: one command at a time.
 * hiredis is the codec, which has no TLS of its own in every distribution.
 */


#ifndef _AICOST_FLEET_WIRE_H_INCLUDED_
#define _AICOST_FLEET_WIRE_H_INCLUDED_


#include <hiredis/hiredis.h>

#include "aicost_store_redis.h"


typedef struct fleet_wire_s  fleet_wire_t;


typedef struct {
    unsigned     on;
    unsigned     verify;      /* the chain, and the name or address */
    const char  *trust;       /* authorities, PEM; NULL: the system's */
} fleet_tls_t;


/* port 0: host is the path of a socket.  NULL was reported */
fleet_wire_t *fleet_wire_open(const char *host, int port,
    const fleet_tls_t *tls);
void fleet_wire_close(fleet_wire_t *w);

/* NULL was reported; otherwise freeReplyObject() is the caller's */
redisReply *fleet_wire_ask(fleet_wire_t *w, const aicost_redis_cmd_t *cmd);


#endif /* _AICOST_FLEET_WIRE_H_INCLUDED_ */
