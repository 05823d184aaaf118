
/*
 * Copyright (C) aicost
 */


#include "aicost_store_redis_int.h"


#define AICOST_REDIS_NOT_OPEN    -11
#define AICOST_REDIS_BAD_TYPE    -20
#define AICOST_REDIS_BAD_LAYOUT  -21
#define AICOST_REDIS_FIELDS      24      /* of an account */


typedef struct {
    aicost_redis_error_e  error;
    const char           *word;
} aicost_redis_word_t;


static void aicost_redis_unseen(aicost_redis_seen_t *seen);
static int aicost_redis_numbers(const aicost_redis_reply_t *reply, int64_t *n,
    size_t least, aicost_redis_seen_t *seen);
static void aicost_redis_mode(const int64_t *n, aicost_redis_seen_t *seen);
static unsigned aicost_redis_account(const unsigned char *data, size_t len,
    const unsigned char *id, aicost_balance_t *out);
static unsigned aicost_redis_latch(const unsigned char *data, size_t len,
    const unsigned char *id, aicost_latch_t *out);
static unsigned aicost_redis_digits(const unsigned char *p,
    const unsigned char *last, uint32_t most, uint32_t *n);


static const aicost_redis_word_t  aicost_redis_words[] = {
    { AICOST_REDIS_NOSCRIPT, "NOSCRIPT" },
    { AICOST_REDIS_MOVED, "MOVED" },
    { AICOST_REDIS_ASK, "ASK" },
    { AICOST_REDIS_TRYAGAIN, "TRYAGAIN" },
    { AICOST_REDIS_CLUSTERDOWN, "CLUSTERDOWN" },
    { AICOST_REDIS_LOADING, "LOADING" },
    { AICOST_REDIS_BUSY, "BUSY" },
    { AICOST_REDIS_READONLY, "READONLY" },
    { AICOST_REDIS_MASTERDOWN, "MASTERDOWN" },
    { AICOST_REDIS_NOREPLICAS, "NOREPLICAS" },
    { AICOST_REDIS_OOM, "OOM" },
    { AICOST_REDIS_MISCONF, "MISCONF" },
    { AICOST_REDIS_NOAUTH, "NOAUTH" },
    { AICOST_REDIS_WRONGPASS, "WRONGPASS" },
    { AICOST_REDIS_NOPERM, "NOPERM" },
    { AICOST_REDIS_WRONGTYPE, "WRONGTYPE" },

    /*
     * What has no word of its own: a right that the user of a script lacks, a
     * long command before AUTH, a key of a slot that is under way.
     */

    { AICOST_REDIS_NOPERM, "ERR The user executing the script can't" },
    { AICOST_REDIS_NOPERM, "ERR ACL failure in script:" },
    { AICOST_REDIS_NOAUTH, "ERR Protocol error: unauthenticated" },
    { AICOST_REDIS_TRYAGAIN, "ERR Script attempted to access a non local key" }
};


aicost_redis_error_e
aicost_redis_error(const unsigned char *str, size_t len)
{
    size_t  i, n;

    for (i = 0; i < sizeof(aicost_redis_words) / sizeof(aicost_redis_word_t);
         i++)
    {
        n = strlen(aicost_redis_words[i].word);

        if (len >= n && memcmp(str, aicost_redis_words[i].word, n) == 0
            && (len == n || str[n] == ' '))
        {
            return aicost_redis_words[i].error;
        }
    }

    return AICOST_REDIS_OTHER;
}


const char *
aicost_redis_word(aicost_redis_error_e error)
{
    size_t  i;

    for (i = 0; i < sizeof(aicost_redis_words) / sizeof(aicost_redis_word_t);
         i++)
    {
        if (aicost_redis_words[i].error == error) {
            return aicost_redis_words[i].word;
        }
    }

    return error == AICOST_REDIS_FINE ? "fine"
           : error == AICOST_REDIS_EPOCH ? "EPOCH"
           : error == AICOST_REDIS_REBUILDING ? "REBUILDING"
           : error == AICOST_REDIS_LAYOUT ? "LAYOUT"
           : error == AICOST_REDIS_PROTOCOL ? "PROTOCOL" : "ERR";
}


/* "MOVED 3999 127.0.0.1:6381"; of IPv6 the port is behind the last colon */

int
aicost_redis_redirect(const unsigned char *str, size_t len,
    aicost_redis_redirect_t *out)
{
    const unsigned char  *p, *last, *end, *colon;

    last = str + len;
    p = memchr(str, ' ', len);

    if (p == NULL) {
        return AICOST_ERROR;
    }

    p++;
    end = memchr(p, ' ', (size_t) (last - p));

    if (end == NULL || !aicost_redis_digits(p, end, 16383, &out->slot)) {
        return AICOST_ERROR;
    }

    p = end + 1;

    for (colon = last; colon > p && colon[-1] != ':'; colon--) { /* void */ }

    if (colon == p || !aicost_redis_digits(colon, last, 65535, &out->port)) {
        return AICOST_ERROR;
    }

    out->host.data = (unsigned char *) (uintptr_t) p;
    out->host.len = (size_t) (colon - 1 - p);

    return AICOST_OK;
}


static unsigned
aicost_redis_digits(const unsigned char *p, const unsigned char *last,
    uint32_t most, uint32_t *n)
{
    *n = 0;

    if (p == last || last - p > 5) {
        return 0;
    }

    for ( /* void */ ; p < last; p++) {
        if (*p < '0' || *p > '9') {
            return 0;
        }

        *n = *n * 10 + (uint32_t) (*p - '0');
    }

    return *n <= most;
}


/*
 * An array of `least` or more whose first is the answer; a shorter one says
 * why the domain cannot be used.
 */

int
aicost_redis_answer(const aicost_redis_reply_t *reply, size_t least,
    int64_t *answer, aicost_redis_seen_t *seen)
{
    const aicost_redis_value_t  *v;

    aicost_redis_unseen(seen);

    v = &reply->value;

    if (v->type == AICOST_REDIS_FAULT) {
        seen->error = aicost_redis_error(v->str, v->len);

        if ((seen->error == AICOST_REDIS_MOVED
             || seen->error == AICOST_REDIS_ASK)
            && aicost_redis_redirect(v->str, v->len, &seen->redirect)
               != AICOST_OK)
        {
            seen->error = AICOST_REDIS_PROTOCOL;
        }

        return AICOST_ERROR;
    }

    if (v->type != AICOST_REDIS_ARRAY || v->len == 0) {
        return aicost_redis_wrong(seen);
    }

    *answer = aicost_redis_number(reply, 0, seen);

    if (seen->error) {
        return AICOST_ERROR;
    }

    if (v->len < least) {
        return aicost_redis_refused(*answer, seen);
    }

    return AICOST_OK;
}


/* of the accounts their number is enough */

static void
aicost_redis_unseen(aicost_redis_seen_t *seen)
{
    memset(seen, 0, offsetof(aicost_redis_seen_t, totals));
}


int
aicost_redis_refused(int64_t answer, aicost_redis_seen_t *seen)
{
    seen->error = answer == AICOST_LOST_EPOCH ? AICOST_REDIS_EPOCH
                  : answer == AICOST_REDIS_NOT_OPEN ? AICOST_REDIS_REBUILDING
                  : answer == AICOST_REDIS_BAD_TYPE ? AICOST_REDIS_WRONGTYPE
                  : answer == AICOST_REDIS_BAD_LAYOUT ? AICOST_REDIS_LAYOUT
                  : AICOST_REDIS_PROTOCOL;

    return AICOST_ERROR;
}


int
aicost_redis_wrong(aicost_redis_seen_t *seen)
{
    seen->error = AICOST_REDIS_PROTOCOL;

    return AICOST_ERROR;
}


int64_t
aicost_redis_number(const aicost_redis_reply_t *reply, size_t i,
    aicost_redis_seen_t *seen)
{
    aicost_redis_value_t  v;

    if (i >= reply->value.len) {
        seen->error = AICOST_REDIS_PROTOCOL;
        return 0;
    }

    memset(&v, 0, sizeof(aicost_redis_value_t));
    reply->at(&reply->value, i, &v);

    if (v.type != AICOST_REDIS_INTEGER) {
        seen->error = AICOST_REDIS_PROTOCOL;
        return 0;
    }

    return v.integer;
}


/* what is packed in one string; another reply says why it is not */

static int
aicost_redis_numbers(const aicost_redis_reply_t *reply, int64_t *n,
    size_t least, aicost_redis_seen_t *seen)
{
    int64_t  answer;

    if (reply->value.type != AICOST_REDIS_STRING) {
        return aicost_redis_answer(reply, SIZE_MAX, &answer, seen);
    }

    aicost_redis_unseen(seen);

    if (!aicost_redis_packed(reply->value.str, reply->value.len, n, least,
                             seen))
    {
        return aicost_redis_wrong(seen);
    }

    return AICOST_OK;
}


/* now, mode, share, changed, held */

static void
aicost_redis_mode(const int64_t *n, aicost_redis_seen_t *seen)
{
    seen->now = n[0];
    seen->mode = n[1] == AICOST_MODE_DOWNGRADE ? AICOST_MODE_DOWNGRADE
                                               : AICOST_MODE_NORMAL;
    seen->share_ppm = n[2];
    seen->changed = n[3];
    seen->held = n[4] != 0;
    seen->stated = 1;
}


int
aicost_redis_granted(const aicost_redis_reply_t *reply, aicost_granted_t *out,
    aicost_redis_seen_t *seen)
{
    int64_t  n[17];

    memset(out, 0, sizeof(aicost_granted_t));
    out->left = -1;

    if (aicost_redis_numbers(reply, n, 17, seen) != AICOST_OK) {

        if (seen->error == AICOST_REDIS_EPOCH) {
            out->answer = AICOST_LOST_EPOCH;
            return AICOST_OK;
        }

        return AICOST_ERROR;
    }

    out->index = (uint32_t) n[1];
    out->room = n[2];
    out->retry = n[3];
    out->step = (uint32_t) n[4];
    out->bounds = (uint8_t) n[5];
    out->bounded = out->bounds != 0;
    out->marked = n[6] != 0;
    out->dry = n[7] != 0;
    out->amount[0] = n[8];
    out->amount[1] = n[9];
    out->warned = (uint32_t) n[10];
    out->left = n[11];
    aicost_redis_mode(&n[12], seen);

    if (n[0] == AICOST_REDIS_BAD_TYPE) {
        return aicost_redis_refused(n[0], seen);
    }

    /* what is not whole is no grant */

    if (n[0] < AICOST_NO_ROOM || n[0] > AICOST_GRANTED_AGAIN
        || n[0] == 0 || out->step >= AICOST_MAX_STEPS
        || out->index > AICOST_MAX_CLAIMS + AICOST_MAX_RATES
        || out->amount[0] < 0 || out->amount[0] > AICOST_MONEY_MAX
        || out->amount[1] < 0 || out->amount[1] > AICOST_MONEY_MAX)
    {
        return aicost_redis_wrong(seen);
    }

    out->answer = (aicost_grant_e) n[0];

    return AICOST_OK;
}


int
aicost_redis_settled(const aicost_redis_reply_t *reply, int64_t *left,
    aicost_redis_seen_t *seen)
{
    int64_t  n[4];

    *left = -1;

    if (aicost_redis_numbers(reply, n, 4, seen) != AICOST_OK) {
        return AICOST_ERROR;
    }

    if (n[0] != 1) {
        seen->error = AICOST_REDIS_OTHER;
        return AICOST_ERROR;
    }

    *left = n[1];
    seen->skipped = n[2] != 0;
    seen->now = n[3];

    return AICOST_OK;
}


int
aicost_redis_renewed(const aicost_redis_reply_t *reply, uint32_t n,
    uint64_t *gone, uint64_t *spent, uint64_t *killed,
    aicost_redis_seen_t *seen)
{
    int64_t               answer, bits, mode[5];
    uint32_t              i;
    aicost_redis_reply_t  list;

    *gone = 0;
    *spent = 0;
    *killed = 0;

    if (aicost_redis_answer(reply, 7, &answer, seen) != AICOST_OK) {
        return AICOST_ERROR;
    }

    memset(&list, 0, sizeof(aicost_redis_reply_t));
    list.at = reply->at;
    reply->at(&reply->value, 1, &list.value);

    if (list.value.type != AICOST_REDIS_ARRAY || list.value.len != n
        || n > AICOST_RENEW_MAX)
    {
        return aicost_redis_wrong(seen);
    }

    for (i = 0; i < n; i++) {
        bits = aicost_redis_number(&list, i, seen);

        *gone |= (uint64_t) (bits & 1) << i;
        *spent |= (uint64_t) ((bits >> 1) & 1) << i;
        *killed |= (uint64_t) ((bits >> 2) & 1) << i;
    }

    for (i = 0; i < 5; i++) {
        mode[i] = aicost_redis_number(reply, 2 + i, seen);
    }

    aicost_redis_mode(mode, seen);

    return seen->error ? AICOST_ERROR : AICOST_OK;
}


int
aicost_redis_swept(const aicost_redis_reply_t *reply, uint32_t max,
    uint32_t *n, unsigned *more, aicost_redis_seen_t *seen)
{
    int64_t  answer, found;

    *n = 0;
    *more = 0;

    if (aicost_redis_answer(reply, 5, &answer, seen) != AICOST_OK) {
        return AICOST_ERROR;
    }

    *n = (uint32_t) aicost_redis_number(reply, 1, seen);
    found = aicost_redis_number(reply, 2, seen);
    seen->skipped = aicost_redis_number(reply, 3, seen) != 0;
    seen->now = aicost_redis_number(reply, 4, seen);

    if (seen->error || *n > max) {
        *n = 0;
        return aicost_redis_wrong(seen);
    }

    *more = found >= AICOST_REDIS_SWEEP_MAX;

    return AICOST_OK;
}


int
aicost_redis_controlled(const aicost_redis_reply_t *reply,
    unsigned char epoch[AICOST_ID], aicost_redis_seen_t *seen)
{
    int64_t               answer, rc;
    aicost_redis_value_t  v;

    if (aicost_redis_answer(reply, 4, &answer, seen) != AICOST_OK) {
        return AICOST_ERROR;
    }

    rc = aicost_redis_number(reply, 1, seen);
    seen->now = aicost_redis_number(reply, 2, seen);

    memset(&v, 0, sizeof(aicost_redis_value_t));
    reply->at(&reply->value, 3, &v);

    if (seen->error || v.type != AICOST_REDIS_STRING || v.len != AICOST_ID) {
        return aicost_redis_wrong(seen);
    }

    if (epoch) {
        memcpy(epoch, v.str, AICOST_ID);
    }

    if (rc != AICOST_OK && rc != AICOST_DECLINED) {
        seen->error = AICOST_REDIS_OTHER;
        return AICOST_ERROR;
    }

    return (int) rc;
}


int
aicost_redis_stated(const aicost_redis_reply_t *reply, aicost_state_t *out,
    aicost_redis_seen_t *seen)
{
    int64_t  answer;

    if (aicost_redis_answer(reply, 10, &answer, seen) != AICOST_OK) {
        return AICOST_ERROR;
    }

    memset(out, 0, sizeof(aicost_state_t));

    out->mode = aicost_redis_number(reply, 1, seen) == AICOST_MODE_DOWNGRADE
                ? AICOST_MODE_DOWNGRADE : AICOST_MODE_NORMAL;
    out->share_ppm = aicost_redis_number(reply, 2, seen);
    out->changed = aicost_redis_number(reply, 3, seen);
    out->killed = (uint32_t) aicost_redis_number(reply, 4, seen);
    out->kill_all = (uint32_t) aicost_redis_number(reply, 5, seen);
    seen->now = aicost_redis_number(reply, 6, seen);

    return seen->error ? AICOST_ERROR : AICOST_OK;
}


int
aicost_redis_listed(const aicost_redis_reply_t *reply, aicost_latch_t *out,
    uint32_t max, uint32_t *n, aicost_redis_seen_t *seen)
{
    size_t                i;
    int64_t               answer;
    aicost_redis_reply_t  list;
    aicost_redis_value_t  id, v;

    *n = 0;

    if (aicost_redis_answer(reply, 3, &answer, seen) != AICOST_OK) {
        return AICOST_ERROR;
    }

    memset(&list, 0, sizeof(aicost_redis_reply_t));
    list.at = reply->at;
    reply->at(&reply->value, 1, &list.value);

    if (list.value.type != AICOST_REDIS_ARRAY) {
        return aicost_redis_wrong(seen);
    }

    for (i = 0; i + 1 < list.value.len && *n < max; i += 2) {
        memset(&id, 0, sizeof(aicost_redis_value_t));
        memset(&v, 0, sizeof(aicost_redis_value_t));
        list.at(&list.value, i, &id);
        list.at(&list.value, i + 1, &v);

        if (id.type != AICOST_REDIS_STRING || id.len != AICOST_ID
            || v.type != AICOST_REDIS_STRING
            || !aicost_redis_latch(v.str, v.len, id.str, &out[*n]))
        {
            return aicost_redis_wrong(seen);
        }

        (*n)++;
    }

    return AICOST_OK;
}


int
aicost_redis_balanced(const aicost_redis_reply_t *reply,
    const unsigned char id[AICOST_ID], aicost_balance_t *out,
    aicost_redis_seen_t *seen)
{
    const aicost_redis_value_t  *v;

    aicost_redis_unseen(seen);

    v = &reply->value;

    if (v->type == AICOST_REDIS_NIL) {
        return AICOST_DECLINED;
    }

    if (v->type == AICOST_REDIS_FAULT) {
        seen->error = aicost_redis_error(v->str, v->len);
        return AICOST_ERROR;
    }

    if (v->type != AICOST_REDIS_STRING
        || !aicost_redis_account(v->str, v->len, id, out))
    {
        seen->error = AICOST_REDIS_WRONGTYPE;
        return AICOST_ERROR;
    }

    return AICOST_OK;
}


int
aicost_redis_walked(const aicost_redis_reply_t *reply, uint32_t *cursor,
    aicost_balance_t *out, uint32_t max, uint32_t *n,
    aicost_redis_seen_t *seen)
{
    size_t                i;
    int64_t               answer, next;
    aicost_redis_reply_t  list;
    aicost_redis_value_t  id, v;

    *n = 0;

    if (aicost_redis_answer(reply, 3, &answer, seen) != AICOST_OK) {
        return AICOST_ERROR;
    }

    next = aicost_redis_number(reply, 1, seen);

    memset(&list, 0, sizeof(aicost_redis_reply_t));
    list.at = reply->at;
    reply->at(&reply->value, 2, &list.value);

    if (seen->error || list.value.type != AICOST_REDIS_ARRAY || next < 0
        || next > (int64_t) UINT32_MAX)
    {
        return aicost_redis_wrong(seen);
    }

    for (i = 0; i + 1 < list.value.len && *n < max; i += 2) {
        memset(&id, 0, sizeof(aicost_redis_value_t));
        memset(&v, 0, sizeof(aicost_redis_value_t));
        list.at(&list.value, i, &id);
        list.at(&list.value, i + 1, &v);

        if (id.type != AICOST_REDIS_STRING || id.len != AICOST_ID
            || v.type != AICOST_REDIS_STRING)
        {
            return aicost_redis_wrong(seen);
        }

        /* one that is not ours is left out */

        *n += aicost_redis_account(v.str, v.len, id.str, &out[*n]);
    }

    *cursor = (uint32_t) next;

    return AICOST_OK;
}


/* in the order of common.lua */

static unsigned
aicost_redis_account(const unsigned char *data, size_t len,
    const unsigned char *id, aicost_balance_t *out)
{
    int64_t                n[AICOST_REDIS_FIELDS + 1];
    unsigned               i;
    aicost_str_t           s;
    aicost_redis_unpack_t  u;

    u.p = data;
    u.last = data + len;

    if (!aicost_redis_get_array(&u, AICOST_REDIS_FIELDS)) {
        return 0;
    }

    for (i = 1; i <= AICOST_REDIS_FIELDS; i++) {
        if (i == 3 || i == 4) {
            if (!aicost_redis_get_str(&u, &s)) {
                return 0;
            }

        } else if (!aicost_redis_get_int(&u, &n[i])) {
            return 0;
        }
    }

    memset(out, 0, sizeof(aicost_balance_t));
    memcpy(out->id, id, AICOST_ID);

    out->budget = (uint32_t) n[5];
    out->unit = (uint8_t) n[6];
    out->limit = n[11];
    out->settled = n[12];
    out->reserved = n[13];
    out->bound = n[14];
    out->unverified = n[15];
    out->over = n[16];
    out->lost = n[17];
    out->open = (uint32_t) n[18];
    out->t0 = n[20];
    out->t1 = n[21];

    return n[1] == AICOST_REDIS_LAYOUT_NOW && n[6] < AICOST_UNITS;
}


static unsigned
aicost_redis_latch(const unsigned char *data, size_t len,
    const unsigned char *id, aicost_latch_t *out)
{
    int64_t                gen;
    aicost_str_t           label, why;
    aicost_redis_unpack_t  u;

    u.p = data;
    u.last = data + len;

    memset(out, 0, sizeof(aicost_latch_t));
    memcpy(out->latch, id, AICOST_ID);

    if (!aicost_redis_get_array(&u, 5)
        || !aicost_redis_get_int(&u, &out->until)
        || !aicost_redis_get_int(&u, &out->at)
        || !aicost_redis_get_int(&u, &gen)
        || !aicost_redis_get_str(&u, &label)
        || !aicost_redis_get_str(&u, &why)
        || label.len >= sizeof(out->label) || why.len >= sizeof(out->why))
    {
        return 0;
    }

    memcpy(out->label, label.data, label.len);
    memcpy(out->why, why.data, why.len);

    out->gen = (uint64_t) gen;

    if (out->until == AICOST_REDIS_NEVER) {
        out->until = INT64_MAX;
    }

    return 1;
}
