
/*
 * Copyright (C) aicost
 *
 * The vocabulary every room shares: strings, return codes, caps and reasons.
 */


#ifndef _AICOST_H_INCLUDED_
#define _AICOST_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "aicost_reason.h"


#define AICOST_VERSION              "0.1.0"


/* the values of nginx's own codes, so the glue passes them on as they are */

#define AICOST_OK                   0
#define AICOST_ERROR                -1
#define AICOST_AGAIN                -2
#define AICOST_DECLINED             -5


/* caps; what happens at each is said where it is enforced */

#define AICOST_MAX_IDENT            512       /* bytes of any identifier */
#define AICOST_MAX_DEPTH            64        /* nested objects and arrays */
#define AICOST_MAX_MEMBERS          1024      /* members of one object */
#define AICOST_MAX_NODES            262144    /* tape nodes of one document */
#define AICOST_MAX_MESSAGES         4096
#define AICOST_MAX_CHOICES          8         /* n */
#define AICOST_MAX_CAP              10000000  /* tokens an output cap may say */
#define AICOST_MAX_PROVIDERS        64
#define AICOST_MAX_TIERS            64
#define AICOST_MAX_CHAIN            8         /* candidates of one attempt
                                                 chain */
#define AICOST_MAX_STEPS            4         /* steps of the budget ladder */
#define AICOST_MAX_CLAIMS           16        /* budgets of one request */
#define AICOST_MAX_RATES            8         /* rates of one request */


/* laid out as ngx_str_t: the glue casts, nothing is copied */

typedef struct {
    size_t               len;
    unsigned char       *data;
} aicost_str_t;


#define aicost_string(s)            { sizeof(s) - 1, (unsigned char *) s }


/* a piece of the request body: offset and length in bytes; len 0 is "absent" */

typedef struct {
    uint32_t             off;
    uint32_t             len;
} aicost_span_t;


typedef enum {
    AICOST_UNIT_MONEY = 0,     /* nano of the account currency */
    AICOST_UNIT_TOKENS,
    AICOST_UNITS
} aicost_unit_e;


#endif /* _AICOST_H_INCLUDED_ */
