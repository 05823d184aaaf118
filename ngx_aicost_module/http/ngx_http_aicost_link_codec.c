
/*
 * Copyright (C) aicost
 *
 * Replies of Redis in memory that is used again: hiredis parses, its objects
 * stand in blocks that are emptied after each reply, so that a reply of forty
 * elements takes no forty allocations.
 */


#include "ngx_http_aicost_link_int.h"


#define NGX_HTTP_AICOST_LINK_BLOCK    16384
#define NGX_HTTP_AICOST_LINK_ELEMENTS 1048576  /* of an array; more is a
                                                  protocol error */

#if (HIREDIS_MAJOR >= 1)
typedef size_t                        ngx_http_aicost_link_count_t;
#else
typedef int                           ngx_http_aicost_link_count_t;
#endif


struct ngx_http_aicost_link_block_s {
    ngx_http_aicost_link_block_t     *next;
    size_t                            used;
    size_t                            size;
};


static void *ngx_http_aicost_link_alloc(ngx_http_aicost_link_t *link,
    size_t size);
static redisReply *ngx_http_aicost_link_object(const redisReadTask *task,
    int type);
static void *ngx_http_aicost_link_string(const redisReadTask *task, char *str,
    size_t len);
static void *ngx_http_aicost_link_array(const redisReadTask *task,
    ngx_http_aicost_link_count_t n);
static void *ngx_http_aicost_link_integer(const redisReadTask *task,
    long long n);
static void *ngx_http_aicost_link_nil(const redisReadTask *task);
static void ngx_http_aicost_link_none(void *object);


/* a reply in RESP2 has no other types */

static redisReplyObjectFunctions  ngx_http_aicost_link_objects = {
    .createString = ngx_http_aicost_link_string,
    .createArray = ngx_http_aicost_link_array,
    .createInteger = ngx_http_aicost_link_integer,
    .createNil = ngx_http_aicost_link_nil,
    .freeObject = ngx_http_aicost_link_none
};


redisReader *
ngx_http_aicost_link_reader(ngx_http_aicost_link_t *link)
{
    redisReader  *reader;

    ngx_http_aicost_link_emptied(link);

    reader = redisReaderCreateWithFunctions(&ngx_http_aicost_link_objects);

    if (reader) {
        reader->privdata = link;
    }

    return reader;
}


/* the reply was handled: its memory serves the next one */

void
ngx_http_aicost_link_emptied(ngx_http_aicost_link_t *link)
{
    ngx_http_aicost_link_block_t  *b;

    while (link->blocks && link->blocks->next) {
        b = link->blocks;
        link->blocks = b->next;
        ngx_free(b);
    }

    if (link->blocks) {
        link->blocks->used = 0;
    }
}


static void *
ngx_http_aicost_link_alloc(ngx_http_aicost_link_t *link, size_t size)
{
    u_char                        *p;
    size_t                         room;
    ngx_http_aicost_link_block_t  *b;

    size = ngx_align(size, NGX_ALIGNMENT);
    b = link->blocks;

    if (b == NULL || b->size - b->used < size) {
        room = ngx_max(size, NGX_HTTP_AICOST_LINK_BLOCK);

        b = ngx_alloc(sizeof(ngx_http_aicost_link_block_t) + room, link->log);
        if (b == NULL) {
            return NULL;
        }

        b->used = 0;
        b->size = room;

        /* the first one is kept, and is of the usual size */

        b->next = link->blocks;
        link->blocks = b;
    }

    p = (u_char *) (b + 1) + b->used;
    b->used += size;

    return p;
}


static redisReply *
ngx_http_aicost_link_object(const redisReadTask *task, int type)
{
    redisReply  *r, *parent;

    r = ngx_http_aicost_link_alloc(task->privdata, sizeof(redisReply));
    if (r == NULL) {
        return NULL;
    }

    ngx_memzero(r, sizeof(redisReply));
    r->type = type;

    if (task->parent) {
        parent = task->parent->obj;
        parent->element[task->idx] = r;
    }

    return r;
}


static void *
ngx_http_aicost_link_string(const redisReadTask *task, char *str, size_t len)
{
    char        *p;
    redisReply  *r;

    r = ngx_http_aicost_link_object(task, task->type);
    p = ngx_http_aicost_link_alloc(task->privdata, len + 1);

    if (r == NULL || p == NULL) {
        return NULL;
    }

    ngx_memcpy(p, str, len);
    p[len] = '\0';

    r->str = p;
    r->len = len;

    return r;
}


static void *
ngx_http_aicost_link_array(const redisReadTask *task,
    ngx_http_aicost_link_count_t n)
{
    redisReply  *r;

    if (n > NGX_HTTP_AICOST_LINK_ELEMENTS) {
        return NULL;
    }

    r = ngx_http_aicost_link_object(task, REDIS_REPLY_ARRAY);

    if (r == NULL || n <= 0) {
        return r;
    }

    r->elements = n;
    r->element = ngx_http_aicost_link_alloc(task->privdata,
                                            n * sizeof(redisReply *));

    return r->element ? r : NULL;
}


static void *
ngx_http_aicost_link_integer(const redisReadTask *task, long long n)
{
    redisReply  *r;

    r = ngx_http_aicost_link_object(task, REDIS_REPLY_INTEGER);

    if (r) {
        r->integer = n;
    }

    return r;
}


static void *
ngx_http_aicost_link_nil(const redisReadTask *task)
{
    return ngx_http_aicost_link_object(task, REDIS_REPLY_NIL);
}


static void
ngx_http_aicost_link_none(void *object)
{
    return;
}
