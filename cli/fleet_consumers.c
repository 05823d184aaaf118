
/*
 * Copyright (C) aicost
 *
 * Consumers that are published to the fleet.
 */


#include "fleet_int.h"


int
fleet_consumers(const fleet_t *o, char **text, size_t *len, int64_t *version)
{
    int            rc;
    size_t         size;
    int64_t        v;
    aicost_str_t   part;
    fleet_link_t  *l;

    *text = NULL;
    *len = 0;
    *version = 0;

    l = fleet_open(o, &rc);

    if (l == NULL) {
        return rc;
    }

    do {
        (void) aicost_redis_consumers(&l->cmd, &l->domain, 0, *len);

        if (fleet_call(l) != AICOST_OK) {
            goto failed;
        }

        rc = aicost_redis_consumed(&l->reply, 0, &v, &size, &part, &l->seen);

        if (rc == AICOST_ERROR) {
            (void) fleet_say(l, l->seen.error);
            goto failed;
        }

        if (rc == AICOST_DECLINED || size == 0) {
            *version = v;
            break;
        }

        if (*len && v != *version) {
            free(*text);
            *text = NULL;
            *len = 0;
            continue;
        }

        if (part.len == 0 || size > AICOST_REDIS_CONSUMERS
            || part.len > size - *len)
        {
            (void) fleet_say(l, AICOST_REDIS_PROTOCOL);
            goto failed;
        }

        if (*text == NULL) {
            *text = aicost_alloc(size + 1);
            *version = v;
        }

        memcpy(*text + *len, part.data, part.len);
        *len += part.len;
        (*text)[*len] = '\0';

    } while (*text == NULL || *len < size);

    fleet_close(l);

    return 0;

failed:

    free(*text);
    *text = NULL;
    fleet_close(l);

    return AICOST_EXIT_FAILED;
}


int
fleet_publish(const fleet_t *o, int64_t from, const char *text, size_t len,
    unsigned *later)
{
    int            rc, done;
    int64_t        version;
    fleet_link_t  *l;

    *later = 0;

    if (len > AICOST_REDIS_CONSUMERS) {
        aicost_say("%zu bytes, at most %d can be published", len,
                   AICOST_REDIS_CONSUMERS);
        return AICOST_EXIT_FAILED;
    }

    l = fleet_open(o, &rc);

    if (l == NULL) {
        return rc;
    }

    rc = AICOST_EXIT_FAILED;

    (void) aicost_redis_publish(&l->cmd, &l->domain, from, text, len);

    if (fleet_call(l) == AICOST_OK) {
        done = aicost_redis_published(&l->reply, &version, &l->seen);

        if (done == AICOST_ERROR) {
            (void) fleet_say(l, l->seen.error);

        } else {
            *later = (done == AICOST_DECLINED);
            rc = 0;
        }
    }

    fleet_close(l);

    return rc;
}
