
/*
 * Copyright (C) aicost
 *
 * Money in integers.  Prices: pico-USD a token (USD per 1M tokens * 10^6).
 * Accounts: nano of the account currency.  Exchange: rate_ppm, account
 * currency per USD * 10^6.  Everything saturates at AICOST_MONEY_MAX and
 * rounds up.
 */


#ifndef _AICOST_MONEY_H_INCLUDED_
#define _AICOST_MONEY_H_INCLUDED_


#include "aicost.h"


#define AICOST_MONEY_MAX       ((int64_t) 9000000000000000LL)   /* 9e15 */
#define AICOST_NANO            ((int64_t) 1000000000)


int64_t aicost_add(int64_t a, int64_t b);          /* saturating, a, b >= 0 */
int64_t aicost_mul(int64_t a, int64_t b);          /* saturating, a, b >= 0 */

/* ceil(a * b / c) in 128 bits, saturating; c > 0 */
int64_t aicost_muldiv_up(int64_t a, int64_t b, int64_t c);

/* floor(a * b / c) in 128 bits, saturating; c > 0 */
int64_t aicost_muldiv_down(int64_t a, int64_t b, int64_t c);

/*
 * A plain decimal ("12", "0.50", ".5") with at most `scale` digits kept after
 * the point; more digits round up.  No sign, exponent or space.
 * AICOST_OK, AICOST_DECLINED when it is no decimal, AICOST_ERROR when it is
 * above AICOST_MONEY_MAX.
 */
int aicost_decimal_parse(const unsigned char *data, size_t len, unsigned scale,
    int64_t *value);

/* writes value / 10^scale with at least `min` digits after the point and no
   useless zeros beyond; returns the end.  32 bytes always suffice */
unsigned char *aicost_decimal_format(unsigned char *p, int64_t value,
    unsigned scale, unsigned min);

/* "25EUR", "0.50EUR", "25 EUR" is refused; the currency is three capitals.
   value in nano.  AICOST_OK / AICOST_DECLINED / AICOST_ERROR as above */
int aicost_money_parse(const unsigned char *data, size_t len,
    unsigned char currency[3], int64_t *nano);

/* "200kt", "1500t", "2Mt": tokens */
int aicost_tokens_parse(const unsigned char *data, size_t len,
    int64_t *tokens);

/* "110%" or "12.5%" in ppm; up to 1000% */
int aicost_percent_parse(const unsigned char *data, size_t len, int64_t *ppm);


#endif /* _AICOST_MONEY_H_INCLUDED_ */
