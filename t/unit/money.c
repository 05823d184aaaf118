
/*
 * Copyright (C) aicost
 */


#include "aicost_money.h"
#include "tap.h"


#define MAX  AICOST_MONEY_MAX


static int64_t  value;


static int
decimal(const char *s, unsigned scale)
{
    value = -7;

    return aicost_decimal_parse((const unsigned char *) s, strlen(s), scale,
                                &value);
}


static const char *
format(int64_t n, unsigned scale, unsigned min)
{
    static unsigned char  buf[33];

    *aicost_decimal_format(buf, n, scale, min) = '\0';

    return (const char *) buf;
}


static void
arithmetic(void)
{
    is_int(aicost_add(2, 3), 5, "add");
    is_int(aicost_add(MAX, 1), MAX, "add saturates");
    is_int(aicost_add(INT64_MAX, INT64_MAX), MAX, "add never wraps");
    is_int(aicost_add(-5, 3), 3, "a negative is nothing");
    is_int(aicost_mul(3, 4), 12, "mul");
    is_int(aicost_mul(INT64_MAX, INT64_MAX), MAX, "mul never wraps");
    is_int(aicost_muldiv_up(10, 10, 3), 34, "muldiv rounds up");
    is_int(aicost_muldiv_up(10, 9, 3), 30, "exactly up");
    is_int(aicost_muldiv_down(10, 10, 3), 33, "muldiv rounds down");
    is_int(aicost_muldiv_up(INT64_MAX, INT64_MAX, INT64_MAX), MAX,
           "saturates after the division");
    is_int(aicost_muldiv_up(MAX, MAX, MAX), MAX, "128 bits between");
    is_int(aicost_muldiv_up(1, 1, 1000000000), 1, "never zero");
    is_int(aicost_muldiv_down(1, 1, 0), MAX, "no division by zero");
}


static void
decimals(void)
{
    unsigned                  i;
    static const char *const  bad[] = {
        "", ".", "5.", "-1", "+1", "1e3", " 1", "1 ", "1,5", "1..2", "1.2.3",
        "0x1", "NaN"
    };

    is_int(decimal("12", 6), AICOST_OK, "12");
    is_int(value, 12000000, "is scaled");
    (void) decimal("0.50", 6);
    is_int(value, 500000, "0.50");
    (void) decimal(".5", 6);
    is_int(value, 500000, ".5");
    (void) decimal("007.000", 2);
    is_int(value, 700, "zeros around it");
    (void) decimal("0.0000001", 6);
    is_int(value, 1, "more digits round up");
    (void) decimal("0.0000010", 6);
    is_int(value, 1, "zeros do not");
    (void) decimal("1.99", 0);
    is_int(value, 2, "scale 0 rounds up");

    is_int(decimal("9000000000000000", 0), AICOST_OK, "the most");
    is_int(value, MAX, "is the most");
    is_int(decimal("9000000000000000.1", 0), AICOST_ERROR,
           "above it by rounding");
    is_int(decimal("9000000000000001", 0), AICOST_ERROR, "above it");
    is_int(decimal("9000001", 9), AICOST_ERROR, "above it by scale");
    is_int(decimal("99999999999999999999999999999999999999", 9), AICOST_ERROR,
           "far above it");

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        is_int(decimal(bad[i], 6), AICOST_DECLINED, bad[i]);
    }

    is_str(format(0, 9, 0), "0", "zero");
    is_str(format(0, 9, 2), "0.00", "zero with two digits");
    is_str(format(500000000, 9, 0), "0.5", "no useless zeros");
    is_str(format(500000000, 9, 2), "0.50", "but the least digits");
    is_str(format(123, 9, 2), "0.000000123", "small");
    is_str(format(12345678901, 9, 0), "12.345678901", "large");
    is_str(format(12000000000, 9, 0), "12", "whole");
    is_str(format(42, 0, 0), "42", "scale 0");
    is_str(format(42, 0, 3), "42", "no more digits than the scale");
    is_str(format(-1500, 3, 0), "-1.5", "negative");
    is_str(format(INT64_MIN, 0, 0), "-9223372036854775808", "the least");
}


static void
units(void)
{
    int64_t        n;
    unsigned char  c[3];

#define MONEY(s)  aicost_money_parse((const unsigned char *) s,               \
                                     sizeof(s) - 1, c, &n)
#define TOKENS(s)  aicost_tokens_parse((const unsigned char *) s,             \
                                       sizeof(s) - 1, &n)
#define PERCENT(s)  aicost_percent_parse((const unsigned char *) s,           \
                                         sizeof(s) - 1, &n)

    is_int(MONEY("25EUR"), AICOST_OK, "25EUR");
    is_int(n, 25 * AICOST_NANO, "in nano");
    is_mem(c, 3, "EUR", "and its currency");
    is_int(MONEY("0.50EUR"), AICOST_OK, "0.50EUR");
    is_int(n, AICOST_NANO / 2, "in nano");
    is_int(MONEY("25 EUR"), AICOST_DECLINED, "no space");
    is_int(MONEY("25eur"), AICOST_DECLINED, "capitals");
    is_int(MONEY("EUR"), AICOST_DECLINED, "no number");
    is_int(MONEY("25"), AICOST_DECLINED, "no currency");
    is_int(MONEY("-1EUR"), AICOST_DECLINED, "negative");
    is_int(MONEY("9000001EUR"), AICOST_ERROR, "too much");

    is_int(TOKENS("200kt"), AICOST_OK, "200kt");
    is_int(n, 200000, "thousands");
    is_int(TOKENS("1500t"), AICOST_OK, "1500t");
    is_int(n, 1500, "single ones");
    is_int(TOKENS("2Mt"), AICOST_OK, "2Mt");
    is_int(n, 2000000, "millions");
    is_int(TOKENS("1.5kt"), AICOST_OK, "1.5kt");
    is_int(n, 1500, "a fraction of a thousand");
    is_int(TOKENS("1.5t"), AICOST_DECLINED, "no half token");
    is_int(TOKENS("200"), AICOST_DECLINED, "no unit");
    is_int(TOKENS("kt"), AICOST_DECLINED, "no number");
    is_int(TOKENS("1Kt"), AICOST_DECLINED, "another unit");

    is_int(PERCENT("110%"), AICOST_OK, "110%");
    is_int(n, 1100000, "in ppm");
    is_int(PERCENT("12.5%"), AICOST_OK, "12.5%");
    is_int(n, 125000, "in ppm");
    is_int(PERCENT("1000%"), AICOST_OK, "the most");
    is_int(PERCENT("1000.1%"), AICOST_ERROR, "above it");
    is_int(PERCENT("50"), AICOST_DECLINED, "no sign of it");
    is_int(PERCENT("%"), AICOST_DECLINED, "no number");
}


int
main(void)
{
    arithmetic();
    decimals();
    units();

    return done_testing();
}
