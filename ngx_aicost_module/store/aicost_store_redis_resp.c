
/*
 * Copyright (C) aicost
 *
 * Commands as they go over the wire: an array of strings.  The keys of a
 * domain are framed once, with it.
 */


#include "aicost_store_redis_int.h"


#define AICOST_REDIS_GAP       6         /* "$123\r\n": most arguments */


static unsigned char *aicost_redis_count(unsigned char *p, unsigned char type,
    size_t n);
static unsigned char *aicost_redis_end(unsigned char *p);
static unsigned char *aicost_redis_bulk(unsigned char *p, const void *data,
    size_t len);


/* "$12\r\n" */

static unsigned char *
aicost_redis_count(unsigned char *p, unsigned char type, size_t n)
{
    unsigned char  *d, digits[20];

    *p++ = type;

    if (n >= 10 && n < 100) {
        *p++ = (unsigned char) ('0' + n / 10);
        *p++ = (unsigned char) ('0' + n % 10);

    } else if (n >= 100 && n < 1000) {
        *p++ = (unsigned char) ('0' + n / 100);
        *p++ = (unsigned char) ('0' + n / 10 % 10);
        *p++ = (unsigned char) ('0' + n % 10);

    } else {
        d = digits + sizeof(digits);

        do {
            *--d = (unsigned char) ('0' + n % 10);
            n /= 10;
        } while (n);

        while (d < digits + sizeof(digits)) {
            *p++ = *d++;
        }
    }

    return aicost_redis_end(p);
}


static unsigned char *
aicost_redis_end(unsigned char *p)
{
    memcpy(p, "\r\n", 2);

    return p + 2;
}


static unsigned char *
aicost_redis_bulk(unsigned char *p, const void *data, size_t len)
{
    p = aicost_redis_count(p, '$', len);
    memcpy(p, data, len);

    return aicost_redis_end(p + len);
}


/* what nearly every script reads or writes, the first ones all; and what all
   other keys begin with */

void
aicost_redis_frame(aicost_redis_domain_t *d)
{
    size_t          len;
    unsigned        i;
    unsigned char  *p, key[AICOST_REDIS_HEAD + 2];

    static const char *const  own[AICOST_REDIS_OWN] = { "m", "lz", "k", "ai" };

    memcpy(key, d->head, d->len);

    p = d->own;

    for (i = 0; i < AICOST_REDIS_OWN; i++) {
        len = strlen(own[i]);
        memcpy(key + d->len, own[i], len);
        p = aicost_redis_bulk(p, key, d->len + len);
        d->own_len[i] = (size_t) (p - d->own);
    }

    p = aicost_redis_count(d->key, '$', d->len + 2 + AICOST_ID);
    memcpy(p, d->head, d->len);
    d->key_len = (size_t) (p - d->key) + d->len;
}


void
aicost_redis_begin(aicost_redis_cmd_t *cmd, aicost_redis_script_e script,
    uint32_t nkeys)
{
    unsigned char  *p;

    /* behind the keys: what is asked, then claims or a text */

    static const uint8_t  nargs[AICOST_REDIS_SCRIPTS] = {
        2, 2, 1, 1, 1, 1, 2, 2
    };

    cmd->script = script;
    cmd->text = NULL;
    cmd->args = 0;

    p = aicost_redis_count(cmd->buf, '*', 3 + nkeys + nargs[script]);

    memcpy(p, "$7\r\nEVALSHA\r\n$40\r\n", 18);
    memcpy(p + 18, aicost_redis_scripts[script].sha, 40);
    memcpy(p + 58, nkeys < 10 ? "\r\n$1\r\n" : "\r\n$2\r\n", 6);
    p += 64;

    if (nkeys >= 10) {
        *p++ = (unsigned char) ('0' + nkeys / 10);
    }

    *p++ = (unsigned char) ('0' + nkeys % 10);
    p = aicost_redis_end(p);

    cmd->used = (size_t) (p - cmd->buf);
}


void
aicost_redis_domain_keys(aicost_redis_cmd_t *cmd,
    const aicost_redis_domain_t *d, unsigned n)
{
    memcpy(cmd->buf + cmd->used, d->own, d->own_len[n - 1]);
    cmd->used += d->own_len[n - 1];
}


void
aicost_redis_key(aicost_redis_cmd_t *cmd, const aicost_redis_domain_t *d,
    const char kind[2], const unsigned char *id)
{
    unsigned char  *p;

    p = cmd->buf + cmd->used;

    /* all of the room of a head, at once; what is behind it comes later */

    memcpy(p, d->key, sizeof(d->key));
    p += d->key_len;

    memcpy(p, kind, 2);
    memcpy(p + 2, id, AICOST_ID);

    p = aicost_redis_end(p + 2 + AICOST_ID);
    cmd->used = (size_t) (p - cmd->buf);
}


/* its length is known when it is closed: it is moved if that has other than
   three digits */

unsigned char *
aicost_redis_open_arg(aicost_redis_cmd_t *cmd)
{
    if (cmd->args == 0) {
        cmd->args = cmd->used;
    }

    return cmd->buf + cmd->used + AICOST_REDIS_GAP;
}


void
aicost_redis_close_arg(aicost_redis_cmd_t *cmd, const unsigned char *p)
{
    size_t          len, n;
    unsigned char  *start;

    start = cmd->buf + cmd->used;
    len = (size_t) (p - start) - AICOST_REDIS_GAP;

    n = len < 10 ? 4 : len < 100 ? 5 : len < 1000 ? 6 : len < 10000 ? 7 : 8;

    if (n != AICOST_REDIS_GAP) {
        memmove(start + n, start + AICOST_REDIS_GAP, len);
    }

    (void) aicost_redis_count(start, '$', len);
    cmd->used = (size_t) (aicost_redis_end(start + n + len) - cmd->buf);
}


void
aicost_redis_close_text(aicost_redis_cmd_t *cmd, const void *text, size_t len)
{
    unsigned char  *p;

    p = aicost_redis_count(cmd->buf + cmd->used, '$', len);

    cmd->used = (size_t) (p - cmd->buf);
    cmd->text = len ? text : "";
    cmd->text_len = len;
}


void
aicost_redis_one_key(aicost_redis_cmd_t *cmd, const aicost_redis_domain_t *d)
{
    size_t       args, len;
    const void  *text;

    args = cmd->args;
    len = cmd->used - args;
    text = cmd->text;

    aicost_redis_begin(cmd, cmd->script, 1);
    aicost_redis_domain_keys(cmd, d, 1);

    cmd->text = text;
    cmd->args = cmd->used;
    memmove(cmd->buf + cmd->used, cmd->buf + args, len);
    cmd->used += len;
}


void
aicost_redis_verb(aicost_redis_cmd_t *cmd, const char *verb, uint32_t n)
{
    unsigned char  *p;

    cmd->script = AICOST_REDIS_SCRIPTS;
    cmd->text = NULL;

    p = aicost_redis_count(cmd->buf, '*', n);
    p = aicost_redis_bulk(p, verb, strlen(verb));

    cmd->used = (size_t) (p - cmd->buf);
}


int
aicost_redis_plain(aicost_redis_cmd_t *cmd, const aicost_str_t *words,
    uint32_t n)
{
    uint32_t        i;
    unsigned char  *p;

    cmd->script = AICOST_REDIS_SCRIPTS;
    p = aicost_redis_count(cmd->buf, '*', n);

    for (i = 0; i + 1 < n; i++) {

        /* with the frames of it and of the last one */

        if (words[i].len > AICOST_REDIS_BUF
            || (size_t) (p - cmd->buf) + words[i].len > AICOST_REDIS_BUF - 48)
        {
            return AICOST_ERROR;
        }

        p = aicost_redis_bulk(p, words[i].data, words[i].len);
    }

    cmd->used = (size_t) (p - cmd->buf);
    aicost_redis_close_text(cmd, words[n - 1].data, words[n - 1].len);

    return AICOST_OK;
}


size_t
aicost_redis_size(const aicost_redis_cmd_t *cmd)
{
    return cmd->used + (cmd->text ? cmd->text_len + 2 : 0);
}


unsigned char *
aicost_redis_put(unsigned char *p, const aicost_redis_cmd_t *cmd)
{
    memcpy(p, cmd->buf, cmd->used);
    p += cmd->used;

    if (cmd->text == NULL) {
        return p;
    }

    memcpy(p, cmd->text, cmd->text_len);

    return aicost_redis_end(p + cmd->text_len);
}
