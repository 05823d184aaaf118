
/*
 * Copyright (C) aicost
 */


#include "aicost_money.h"


__extension__ typedef unsigned __int128  aicost_u128;


#define AICOST_SCALE_MAX           18       /* digits after the point */
#define AICOST_PERCENT_MAX         ((int64_t) 10000000)   /* 1000% in ppm */


static int aicost_decimal_read(const unsigned char *data, size_t len,
    unsigned scale, int64_t *value, unsigned *rounded);
static int64_t aicost_saturate(aicost_u128 n);
static uint64_t aicost_nonnegative(int64_t n);


int64_t
aicost_add(int64_t a, int64_t b)
{
    return aicost_saturate((aicost_u128) aicost_nonnegative(a)
                           + aicost_nonnegative(b));
}


int64_t
aicost_mul(int64_t a, int64_t b)
{
    return aicost_saturate((aicost_u128) aicost_nonnegative(a)
                           * aicost_nonnegative(b));
}


int64_t
aicost_muldiv_up(int64_t a, int64_t b, int64_t c)
{
    aicost_u128  n, d, q;

    if (c <= 0) {
        return AICOST_MONEY_MAX;
    }

    d = (aicost_u128) c;
    n = (aicost_u128) aicost_nonnegative(a) * aicost_nonnegative(b);
    q = n / d;

    return aicost_saturate(q + (q * d != n));
}


int64_t
aicost_muldiv_down(int64_t a, int64_t b, int64_t c)
{
    aicost_u128  n, d;

    if (c <= 0) {
        return AICOST_MONEY_MAX;
    }

    d = (aicost_u128) c;
    n = (aicost_u128) aicost_nonnegative(a) * aicost_nonnegative(b);

    return aicost_saturate(n / d);
}


int
aicost_decimal_parse(const unsigned char *data, size_t len, unsigned scale,
    int64_t *value)
{
    unsigned  rounded;

    return aicost_decimal_read(data, len, scale, value, &rounded);
}


static int
aicost_decimal_read(const unsigned char *data, size_t len, unsigned scale,
    int64_t *value, unsigned *rounded)
{
    size_t    i;
    int64_t   n;
    unsigned  c, point, kept, up, over;

    *rounded = 0;

    if (len == 0 || scale > AICOST_SCALE_MAX || data[len - 1] == '.') {
        return AICOST_DECLINED;
    }

    n = 0;
    kept = 0;
    point = 0;
    up = 0;
    over = 0;

    for (i = 0; i < len; i++) {
        c = data[i];

        if (c == '.' && !point) {
            point = 1;
            continue;
        }

        if (c < '0' || c > '9') {
            return AICOST_DECLINED;
        }

        if (point && kept == scale) {
            up |= c != '0';
            continue;
        }

        kept += point;
        n = n * 10 + (int64_t) (c - '0');

        if (n > AICOST_MONEY_MAX) {
            over = 1;
            n = AICOST_MONEY_MAX;
        }
    }

    while (kept < scale) {
        n *= 10;
        kept++;

        if (n > AICOST_MONEY_MAX) {
            over = 1;
            n = AICOST_MONEY_MAX;
        }
    }

    n += up;

    if (over || n > AICOST_MONEY_MAX) {
        return AICOST_ERROR;
    }

    *rounded = up;
    *value = n;

    return AICOST_OK;
}


unsigned char *
aicost_decimal_format(unsigned char *p, int64_t value, unsigned scale,
    unsigned min)
{
    uint64_t       n;
    unsigned       i;
    unsigned char  buf[24], *q;

    /* 24 bytes: the longest int64_t has 19 digits, a zero and the point are
       added */

    if (scale > AICOST_SCALE_MAX) {
        scale = AICOST_SCALE_MAX;
    }

    if (value < 0) {
        *p++ = '-';
        n = (uint64_t) 0 - (uint64_t) value;

    } else {
        n = (uint64_t) value;
    }

    while (scale > min && n % 10 == 0) {
        n /= 10;
        scale--;
    }

    q = buf + sizeof(buf);

    for (i = 0; i < scale; i++) {
        *--q = (unsigned char) ('0' + n % 10);
        n /= 10;
    }

    if (scale) {
        *--q = '.';
    }

    do {
        *--q = (unsigned char) ('0' + n % 10);
        n /= 10;
    } while (n);

    n = (uint64_t) (buf + sizeof(buf) - q);
    memcpy(p, q, n);

    return p + n;
}


int
aicost_money_parse(const unsigned char *data, size_t len,
    unsigned char currency[3], int64_t *nano)
{
    size_t  i;

    if (len < 4) {
        return AICOST_DECLINED;
    }

    for (i = len - 3; i < len; i++) {
        if (data[i] < 'A' || data[i] > 'Z') {
            return AICOST_DECLINED;
        }
    }

    memcpy(currency, data + len - 3, 3);

    return aicost_decimal_parse(data, len - 3, 9, nano);
}


int
aicost_tokens_parse(const unsigned char *data, size_t len, int64_t *tokens)
{
    int       rc;
    int64_t   n;
    unsigned  scale, rounded;

    if (len < 2 || data[len - 1] != 't') {
        return AICOST_DECLINED;
    }

    len--;

    switch (data[len - 1]) {

    case 'k':
        scale = 3;
        len--;
        break;

    case 'M':
        scale = 6;
        len--;
        break;

    default:
        scale = 0;
    }

    rc = aicost_decimal_read(data, len, scale, &n, &rounded);
    if (rc != AICOST_OK) {
        return rc;
    }

    /* half a token is a mistake, not a number to round */

    if (rounded) {
        return AICOST_DECLINED;
    }

    *tokens = n;

    return AICOST_OK;
}


int
aicost_percent_parse(const unsigned char *data, size_t len, int64_t *ppm)
{
    int      rc;
    int64_t  n;

    if (len < 2 || data[len - 1] != '%') {
        return AICOST_DECLINED;
    }

    rc = aicost_decimal_parse(data, len - 1, 4, &n);
    if (rc != AICOST_OK) {
        return rc;
    }

    if (n > AICOST_PERCENT_MAX) {
        return AICOST_ERROR;
    }

    *ppm = n;

    return AICOST_OK;
}


static int64_t
aicost_saturate(aicost_u128 n)
{
    return n > (aicost_u128) AICOST_MONEY_MAX ? AICOST_MONEY_MAX : (int64_t) n;
}


static uint64_t
aicost_nonnegative(int64_t n)
{
    return n < 0 ? 0 : (uint64_t) n;
}
