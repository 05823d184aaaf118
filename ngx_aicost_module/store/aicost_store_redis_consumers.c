
/*
 * Copyright (C) aicost
 *
 * Consumers that were published to all edges: a text under a version, read in
 * parts.
 */


#include "aicost_store_redis_int.h"


int
aicost_redis_publish(aicost_redis_cmd_t *cmd, const aicost_redis_domain_t *d,
    int64_t from, const char *text, size_t len)
{
    unsigned char  *p;

    if (len > AICOST_REDIS_CONSUMERS || from < -1 || from > AICOST_MONEY_MAX) {
        return AICOST_ERROR;
    }

    p = aicost_redis_op(cmd, d, AICOST_REDIS_PUBLISH, 0, "publish");
    p = aicost_redis_int(p, from);
    aicost_redis_close_arg(cmd, p);

    aicost_redis_close_text(cmd, text, len);

    return AICOST_OK;
}


int
aicost_redis_consumers(aicost_redis_cmd_t *cmd,
    const aicost_redis_domain_t *d, int64_t known, size_t at)
{
    unsigned char  *p;

    if (at > AICOST_REDIS_CONSUMERS || known < 0 || known > AICOST_MONEY_MAX) {
        return AICOST_ERROR;
    }

    p = aicost_redis_op(cmd, d, AICOST_REDIS_READ, 0, "consumers");
    p = aicost_redis_int(p, known);
    p = aicost_redis_int(p, (int64_t) at);
    p = aicost_redis_int(p, AICOST_REDIS_PART);
    aicost_redis_close_arg(cmd, p);

    return AICOST_OK;
}


int
aicost_redis_published(const aicost_redis_reply_t *reply, int64_t *version,
    aicost_redis_seen_t *seen)
{
    int64_t  answer;

    *version = 0;

    if (aicost_redis_answer(reply, 2, &answer, seen) != AICOST_OK) {
        return AICOST_ERROR;
    }

    *version = aicost_redis_number(reply, 1, seen);

    if (seen->error || answer < 0 || answer > 1 || *version < 0) {
        return aicost_redis_wrong(seen);
    }

    return answer ? AICOST_OK : AICOST_DECLINED;
}


int
aicost_redis_consumed(const aicost_redis_reply_t *reply, int64_t known,
    int64_t *version, size_t *size, aicost_str_t *part,
    aicost_redis_seen_t *seen)
{
    int64_t               answer, all;
    aicost_redis_value_t  v;

    *version = 0;
    *size = 0;

    if (aicost_redis_answer(reply, 4, &answer, seen) != AICOST_OK) {
        return AICOST_ERROR;
    }

    *version = aicost_redis_number(reply, 1, seen);
    all = aicost_redis_number(reply, 2, seen);

    memset(&v, 0, sizeof(aicost_redis_value_t));
    reply->at(&reply->value, 3, &v);

    if (seen->error || answer != 1 || *version < 0 || all < 0
        || v.type != AICOST_REDIS_STRING || v.len > AICOST_REDIS_PART
        || (int64_t) v.len > all)
    {
        return aicost_redis_wrong(seen);
    }

    if (*version <= known) {
        return AICOST_DECLINED;
    }

    *size = (size_t) all;
    part->data = (unsigned char *) (uintptr_t) v.str;
    part->len = v.len;

    return AICOST_OK;
}
