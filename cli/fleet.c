
/*
 * Copyright (C) aicost
 *
 * The fleet's Redis, asked without a gateway: the codec of the store over
 * hiredis, one command at a time.
 */


#include <openssl/evp.h>

#include "../ngx_aicost_module/core/aicost_name.h"

#include "fleet_int.h"


#define FLEET_LATCHES      1024
#define FLEET_ALIVE        60000         /* ms since an edge was heard of */


static int fleet_connect(fleet_link_t *l);


/* 1: the option was one of FLEET_OPTIONS */

unsigned
fleet_option(fleet_t *o, int c)
{
    switch (c) {

    case FLEET_REDIS:
        o->url = optarg;
        return 1;

    case FLEET_DOMAIN:
        o->domain = optarg;
        return 1;

    case FLEET_PREFIX:
        o->prefix = optarg;
        return 1;

    case FLEET_USER:
        o->user = optarg;
        return 1;

    case FLEET_PASSWORD:
        o->password = optarg;
        return 1;

    case FLEET_TRUST:
        o->trust = optarg;
        return 1;

    case FLEET_VERIFY:
        o->verify = optarg;
        return 1;

    default:
        return 0;
    }
}


/* without --redis: AICOST_REDIS, when it is not empty */

void
fleet_default(fleet_t *o)
{
    if (o->url == NULL) {
        o->url = getenv("AICOST_REDIS");
    }

    if (o->url && *o->url == '\0') {
        o->url = NULL;
    }
}


static int
fleet_unix(fleet_link_t *l, const char *path)
{
    char  *end;

    (void) snprintf(l->host, sizeof(l->host), "%s", path);
    end = strchr(l->host, '?');

    if (end == NULL) {
        return AICOST_OK;
    }

    *end = '\0';

    return strncmp(end + 1, "db=", 3) == 0
           ? aicost_number(end + 4, 0, 1000000, &l->db) : AICOST_ERROR;
}


static int
fleet_url(fleet_link_t *l, const char *url)
{
    char     *p, *end;
    size_t    scheme;
    int64_t   n;

    if (strchr(url, '@')) {
        aicost_say("no user and password in the URL: --user NAME --password "
                   "env:NAME or file:PATH");
        return AICOST_ERROR;
    }

    if (strncmp(url, "unix:/", 6) == 0 && strlen(url + 5) < sizeof(l->host)) {
        if (fleet_unix(l, url + 5) == AICOST_OK) {
            return AICOST_OK;
        }

        goto invalid;
    }

    l->tls.on = strncmp(url, "rediss://", 9) == 0;
    scheme = l->tls.on ? 9 : 8;

    if ((!l->tls.on && strncmp(url, "redis://", 8) != 0)
        || strlen(url + scheme) >= sizeof(l->host))
    {
        goto invalid;
    }

    (void) snprintf(l->host, sizeof(l->host), "%s", url + scheme);
    l->port = 6379;

    if (strchr(l->host, ',')) {
        aicost_say("give one host: a node of the cluster, or the primary of "
                   "the sentinels");
        return AICOST_ERROR;
    }

    end = strchr(l->host, '/');

    if (end) {
        *end++ = '\0';

        if (*end && aicost_number(end, 0, 1000000, &l->db) != AICOST_OK) {
            goto invalid;
        }
    }

    p = l->host;

    if (*p == '[') {
        end = strchr(p, ']');

        if (end == NULL) {
            goto invalid;
        }

        memmove(p, p + 1, strlen(p));
        end--;
        *end++ = '\0';

        if (*end != '\0' && *end != ':') {
            goto invalid;
        }

        end = *end ? end : NULL;

    } else {
        end = strchr(p, ':');
    }

    if (end) {
        *end++ = '\0';

        if (aicost_number(end, 1, 65535, &n) != AICOST_OK) {
            goto invalid;
        }

        l->port = (int) n;
    }

    if (*p) {
        return AICOST_OK;
    }

invalid:

    aicost_say("invalid URL \"%s\", expected redis://HOST[:PORT][/DB], "
               "rediss:// (TLS) or unix:/PATH[?db=N]", url);

    return AICOST_ERROR;
}


static int
fleet_tls(fleet_link_t *l)
{
    const fleet_t  *o = l->o;

    if (!l->tls.on && (o->trust || o->verify)) {
        aicost_say("--trusted-certificate and --verify are of rediss://");
        return AICOST_ERROR;
    }

    if (o->verify && strcmp(o->verify, "on") != 0
        && strcmp(o->verify, "off") != 0)
    {
        aicost_say("--verify is on or off");
        return AICOST_ERROR;
    }

    l->tls.verify = (o->verify == NULL || strcmp(o->verify, "on") == 0);
    l->tls.trust = o->trust;

    return AICOST_OK;
}


static int
fleet_password(fleet_link_t *l)
{
    const char  *s, *value;

    s = l->o->password;

    if (s == NULL) {
        value = getenv("AICOST_REDIS_PASSWORD");

    } else if (strncmp(s, "env:", 4) == 0) {
        value = getenv(s + 4);

        if (value == NULL || *value == '\0') {
            aicost_say("the variable of --password is not set or empty");
            return AICOST_EXIT_FAILED;
        }

    } else if (strncmp(s, "file:", 5) == 0) {
        l->password = aicost_read_secret(s + 5);
        return l->password ? 0 : AICOST_EXIT_FAILED;

    } else {
        aicost_say("--password is env:NAME or file:PATH, never the password "
                   "itself");
        return AICOST_EXIT_USAGE;
    }

    if (value && *value) {
        l->password = aicost_dup(value, strlen(value));

    } else if (l->o->user) {
        aicost_say("--user needs --password env:NAME or file:PATH");
        return AICOST_EXIT_USAGE;
    }

    return 0;
}


static void
fleet_value(const redisReply *r, aicost_redis_value_t *v)
{
    memset(v, 0, sizeof(*v));

    v->node = r;

    switch (r->type) {

    case REDIS_REPLY_STATUS:
    case REDIS_REPLY_STRING:
        v->type = AICOST_REDIS_STRING;
        break;

    case REDIS_REPLY_ERROR:
        v->type = AICOST_REDIS_FAULT;
        break;

    case REDIS_REPLY_INTEGER:
        v->type = AICOST_REDIS_INTEGER;
        v->integer = r->integer;
        return;

    case REDIS_REPLY_ARRAY:
        v->type = AICOST_REDIS_ARRAY;
        v->len = r->elements;
        return;

    default:
        return;
    }

    v->str = (const unsigned char *) r->str;
    v->len = (size_t) r->len;
}


static void
fleet_at(const aicost_redis_value_t *array, size_t i,
    aicost_redis_value_t *out)
{
    const redisReply  *r = array->node;

    fleet_value(r->element[i], out);
}


static aicost_redis_error_e
fleet_error(const fleet_link_t *l)
{
    return l->r->type != REDIS_REPLY_ERROR ? AICOST_REDIS_FINE
           : aicost_redis_error((const unsigned char *) l->r->str,
                                (size_t) l->r->len);
}


int
fleet_say(const fleet_link_t *l, aicost_redis_error_e error)
{
    const char  *what;

    what = error == AICOST_REDIS_NOAUTH ? "it wants a password"
           : error == AICOST_REDIS_WRONGPASS ? "wrong user or password"
           : error == AICOST_REDIS_NOPERM ? "the user lacks a right"
           : error == AICOST_REDIS_READONLY ? "a replica: give the primary"
           : error == AICOST_REDIS_LOADING ? "it reads its files: soon again"
           : error == AICOST_REDIS_MOVED ? "the slot is elsewhere still"
           : error == AICOST_REDIS_EPOCH ? "the domain began anew: again"
           : error == AICOST_REDIS_LAYOUT ? "another version wrote the domain"
           : "refused; of sentinels give the primary";

    aicost_say("%s: %s, %s", l->host, aicost_redis_word(error), what);

    return AICOST_ERROR;
}


static int
fleet_send(fleet_link_t *l, const aicost_redis_cmd_t *cmd)
{
    if (l->r) {
        freeReplyObject(l->r);
    }

    l->r = fleet_wire_ask(l->c, cmd);

    return l->r ? AICOST_OK : AICOST_ERROR;
}


/* what is in l->cmd; a missing script is loaded, one redirect followed */

int
fleet_call(fleet_link_t *l)
{
    aicost_redis_cmd_t       load;
    aicost_redis_error_e     error;
    aicost_redis_redirect_t  to;

again:

    if (fleet_send(l, &l->cmd) != AICOST_OK) {
        return AICOST_ERROR;
    }

    error = fleet_error(l);

    if (error == AICOST_REDIS_MOVED && !l->moved
        && aicost_redis_redirect((const unsigned char *) l->r->str,
                                 (size_t) l->r->len, &to) == AICOST_OK
        && to.host.len < sizeof(l->host))
    {
        l->moved = 1;

        if (to.host.len) {
            memcpy(l->host, to.host.data, to.host.len);
            l->host[to.host.len] = '\0';
        }

        l->port = (int) to.port;
        fleet_wire_close(l->c);

        if (fleet_connect(l) != AICOST_OK) {
            return AICOST_ERROR;
        }

        goto again;
    }

    if (error == AICOST_REDIS_NOSCRIPT
        && l->cmd.script != AICOST_REDIS_SCRIPTS)
    {
        if (aicost_redis_load(&load, l->cmd.script, l->text) != AICOST_OK
            || fleet_send(l, &load) != AICOST_OK)
        {
            return AICOST_ERROR;
        }

        if (fleet_error(l) != AICOST_REDIS_FINE) {
            return fleet_say(l, fleet_error(l));
        }

        if (fleet_send(l, &l->cmd) != AICOST_OK) {
            return AICOST_ERROR;
        }

        error = fleet_error(l);
    }

    if (error != AICOST_REDIS_FINE) {
        return fleet_say(l, error);
    }

    fleet_value(l->r, &l->reply.value);
    l->reply.at = fleet_at;

    return AICOST_OK;
}


static int
fleet_words(aicost_redis_cmd_t *cmd, uint32_t n, const char **argv)
{
    uint32_t      i;
    aicost_str_t  words[4];

    for (i = 0; i < n; i++) {
        words[i].data = (unsigned char *) (uintptr_t) argv[i];
        words[i].len = strlen(argv[i]);
    }

    return aicost_redis_plain(cmd, words, n);
}


static int
fleet_login(fleet_link_t *l, uint32_t n, const char **argv)
{
    aicost_redis_cmd_t  cmd;

    if (fleet_words(&cmd, n, argv) != AICOST_OK) {
        aicost_say("%s: the user's name is too long", l->host);
        return AICOST_ERROR;
    }

    if (fleet_send(l, &cmd) != AICOST_OK) {
        return AICOST_ERROR;
    }

    return l->r->type == REDIS_REPLY_ERROR ? fleet_say(l, fleet_error(l))
                                           : AICOST_OK;
}


static int
fleet_connect(fleet_link_t *l)
{
    char         db[24];
    uint32_t     n;
    const char  *argv[3];

    l->c = fleet_wire_open(l->host, l->port, &l->tls);

    if (l->c == NULL) {
        return AICOST_ERROR;
    }

    if (l->password) {
        n = 0;
        argv[n++] = "AUTH";

        if (l->o->user) {
            argv[n++] = l->o->user;
        }

        argv[n++] = l->password;

        if (fleet_login(l, n, argv) != AICOST_OK) {
            return AICOST_ERROR;
        }
    }

    if (l->db) {
        (void) snprintf(db, sizeof(db), "%lld", (long long) l->db);
        argv[0] = "SELECT";
        argv[1] = db;

        return fleet_login(l, 2, argv);
    }

    return AICOST_OK;
}


/* m: an array, its layout below 128, its epoch of 16 bytes */

static int
fleet_epoch(fleet_link_t *l)
{
    char                  key[AICOST_REDIS_HEAD + 2];
    size_t                at, len;
    const char           *argv[2] = { "GET", key };
    const unsigned char  *p;

    (void) snprintf(key, sizeof(key), "%.*sm", (int) l->domain.len,
                    (char *) l->domain.head);
    (void) fleet_words(&l->cmd, 2, argv);

    if (fleet_call(l) != AICOST_OK) {
        return AICOST_ERROR;
    }

    if (l->reply.value.type == AICOST_REDIS_NIL) {
        aicost_say("%s: no such domain: \"%.*s\"", l->host,
                   (int) l->domain.len - 1, (char *) l->domain.head);
        return AICOST_ERROR;
    }

    p = l->reply.value.str;
    len = l->reply.value.len;
    at = len && p[0] == 0xdc ? 3 : 1;

    if (l->reply.value.type != AICOST_REDIS_STRING || len < at + 18
        || p[at] > 127 || p[at + 1] != (0xa0 | AICOST_ID))
    {
        return fleet_say(l, AICOST_REDIS_LAYOUT);
    }

    memcpy(l->domain.epoch, p + at + 2, AICOST_ID);

    return AICOST_OK;
}


void
fleet_close(fleet_link_t *l)
{
    if (l->r) {
        freeReplyObject(l->r);
    }

    fleet_wire_close(l->c);

    if (l->password) {
        OPENSSL_cleanse(l->password, strlen(l->password));
        free(l->password);
    }

    free(l);
}


fleet_link_t *
fleet_open(const fleet_t *o, int *rc)
{
    fleet_link_t  *l;

    l = aicost_alloc(sizeof(*l));
    memset(l, 0, sizeof(*l));
    l->o = o;

    *rc = AICOST_EXIT_USAGE;

    if (fleet_url(l, o->url) != AICOST_OK || fleet_tls(l) != AICOST_OK) {
        goto failed;
    }

    if (aicost_redis_domain(&l->domain, o->prefix ? o->prefix : "",
                            o->domain ? o->domain : "default") != AICOST_OK)
    {
        aicost_say("--prefix and --domain must be short and hold no brace");
        goto failed;
    }

    *rc = fleet_password(l);

    if (*rc) {
        goto failed;
    }

    *rc = AICOST_EXIT_FAILED;

    if (fleet_connect(l) == AICOST_OK && fleet_epoch(l) == AICOST_OK) {
        *rc = 0;
        return l;
    }

failed:

    fleet_close(l);

    return NULL;
}


/* AICOST_OK, AICOST_DECLINED: nothing changed, AICOST_ERROR was reported */

static int
fleet_order(fleet_link_t *l)
{
    int  rc;

    if (fleet_call(l) != AICOST_OK) {
        return AICOST_ERROR;
    }

    rc = aicost_redis_controlled(&l->reply, NULL, &l->seen);

    return rc == AICOST_ERROR ? fleet_say(l, l->seen.error) : rc;
}


int
fleet_mode(const fleet_t *o, unsigned downgrade, int64_t share_ppm,
    json_t **answer)
{
    int            rc;
    fleet_link_t  *l;

    *answer = NULL;
    l = fleet_open(o, &rc);

    if (l == NULL) {
        return rc;
    }

    (void) aicost_redis_set_mode(&l->cmd, &l->domain,
                                 downgrade ? AICOST_MODE_DOWNGRADE
                                           : AICOST_MODE_NORMAL,
                                 share_ppm, aicost_now());

    rc = AICOST_EXIT_FAILED;

    if (fleet_order(l) != AICOST_ERROR) {
        *answer = json_pack("{s:s, s:I}", "mode",
                            downgrade ? "downgrade" : "normal", "share_ppm",
                            (json_int_t) share_ppm);
        rc = 0;
    }

    fleet_close(l);

    return rc;
}


static int
fleet_id(unsigned char kind, const char *name, const char *key,
    unsigned char latch[AICOST_ID])
{
    size_t          len;
    unsigned char   id[AICOST_ID];
    unsigned char   text[AICOST_NAME_TEXT], digest[EVP_MAX_MD_SIZE];
    unsigned char   long_key[EVP_MAX_MD_SIZE];
    const void     *k;

    k = key;
    len = strlen(key);

    if (len > AICOST_NAME_KEY) {
        if (EVP_Digest(key, len, long_key, NULL, EVP_sha256(), NULL) != 1) {
            return AICOST_ERROR;
        }

        k = long_key;
        len = 2 * AICOST_ID;
    }

    len = aicost_name_text(text, kind, (const unsigned char *) name,
                           strlen(name), k, len);

    if (EVP_Digest(text, len, digest, NULL, EVP_sha256(), NULL) != 1) {
        return AICOST_ERROR;
    }

    aicost_name_ids(digest, 0, id, latch);

    return AICOST_OK;
}


int
fleet_latch(const fleet_t *o, unsigned on, const char *budget,
    const char *key, const char *why, json_t **answer)
{
    int              rc, done;
    fleet_link_t    *l;
    aicost_latch_t   latch;

    *answer = NULL;
    memset(&latch, 0, sizeof(latch));

    /* a key may be an address or a user: only the budget is shown */

    (void) snprintf(latch.label, sizeof(latch.label), "%s%s",
                    budget ? budget : "all", key && *key ? ":*" : "");
    (void) snprintf(latch.why, sizeof(latch.why), "%s", why ? why : "");
    latch.at = aicost_now();
    latch.until = INT64_MAX;

    if (budget && fleet_id(key ? AICOST_NAME_BUDGET : AICOST_NAME_WHOLE,
                           budget, key ? key : "", latch.latch) != AICOST_OK)
    {
        aicost_say("no SHA-256");
        return AICOST_EXIT_FAILED;
    }

    l = fleet_open(o, &rc);

    if (l == NULL) {
        return rc;
    }

    if (on) {
        done = aicost_redis_kill(&l->cmd, &l->domain, &latch);

    } else {
        done = aicost_redis_resume(&l->cmd, &l->domain, latch.latch, 0);
    }

    done = done == AICOST_OK ? fleet_order(l) : AICOST_ERROR;

    /* a budget without a key has one account: it may be past its kill= mark */

    if (!on && budget && key == NULL && done != AICOST_ERROR
        && fleet_id(AICOST_NAME_BUDGET, budget, "", latch.latch) == AICOST_OK)
    {
        (void) aicost_redis_resume(&l->cmd, &l->domain, latch.latch, 0);
        rc = fleet_order(l);
        done = rc == AICOST_DECLINED ? done : rc;
    }

    rc = AICOST_EXIT_FAILED;

    if (done != AICOST_ERROR) {
        *answer = json_pack("{s:b, s:b, s:s}", "killed", (int) on, "changed",
                            done == AICOST_OK, "label",
                            budget ? "budget" : "all");
        rc = 0;
    }

    fleet_close(l);

    return rc;
}


static void
fleet_hex(const unsigned char *p, size_t n, char *out)
{
    size_t  i;

    for (i = 0; i < n; i++) {
        (void) snprintf(out + 2 * i, 3, "%02x", p[i]);
    }
}


static json_t *
fleet_latches(const aicost_latch_t *latch, uint32_t n)
{
    char      id[2 * AICOST_ID + 1];
    json_t   *list;
    uint32_t  i;

    list = json_array();

    for (i = 0; i < n; i++) {
        fleet_hex(latch[i].latch, AICOST_ID, id);
        json_array_append_new(list, json_pack("{s:s, s:s, s:I}",
                              "label", latch[i].label[0] ? latch[i].label : id,
                              "why", latch[i].why,
                              "since", (json_int_t) latch[i].at));
    }

    return list;
}


int
fleet_status(const fleet_t *o, json_t **answer)
{
    int              rc;
    char             epoch[9], from[24], key[AICOST_REDIS_HEAD + 2];
    uint32_t         n;
    long long        accounts, open;
    const char      *argv[4] = { "ZRANGEBYSCORE", key, from, "+inf" };
    fleet_link_t    *l;
    aicost_state_t   state;
    aicost_latch_t  *latches;

    *answer = NULL;
    l = fleet_open(o, &rc);

    if (l == NULL) {
        return rc;
    }

    rc = AICOST_EXIT_FAILED;
    latches = aicost_alloc(FLEET_LATCHES * sizeof(aicost_latch_t));

    (void) aicost_redis_state(&l->cmd, &l->domain, 0);

    if (fleet_call(l) != AICOST_OK) {
        goto done;
    }

    if (aicost_redis_stated(&l->reply, &state, &l->seen) != AICOST_OK) {
        (void) fleet_say(l, l->seen.error);
        goto done;
    }

    accounts = l->r->element[8]->integer;
    open = l->r->element[9]->integer;
    (void) snprintf(from, sizeof(from), "%lld",
                    (long long) l->seen.now - FLEET_ALIVE);

    (void) aicost_redis_latches(&l->cmd, &l->domain, 0, FLEET_LATCHES);

    if (fleet_call(l) != AICOST_OK) {
        goto done;
    }

    if (aicost_redis_listed(&l->reply, latches, FLEET_LATCHES, &n, &l->seen)
        != AICOST_OK)
    {
        (void) fleet_say(l, l->seen.error);
        goto done;
    }

    (void) snprintf(key, sizeof(key), "%.*se", (int) l->domain.len,
                    (char *) l->domain.head);
    (void) fleet_words(&l->cmd, 4, argv);

    if (fleet_call(l) != AICOST_OK) {
        goto done;
    }

    fleet_hex(l->domain.epoch, 4, epoch);

    *answer = json_pack("{s:s, s:I, s:o, s:I, s:I, s:I, s:s}", "mode",
                        state.mode == AICOST_MODE_DOWNGRADE ? "downgrade"
                                                            : "normal",
                        "share_ppm", (json_int_t) state.share_ppm,
                        "latches", fleet_latches(latches, n),
                        "edges", (json_int_t) l->reply.value.len,
                        "accounts", (json_int_t) accounts,
                        "open", (json_int_t) open, "epoch", epoch);
    rc = 0;

done:

    free(latches);
    fleet_close(l);

    return rc;
}
