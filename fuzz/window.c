
/*
 * Copyright (C) aicost
 *
 * A zone file of any bytes: when it is taken, now lies in its windows.
 */


#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "aicost_window.h"


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static aicost_tz_t  tz;


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int64_t          t0, t1, now;
    unsigned         i;
    aicost_period_e  period;

    if (aicost_tz_parse(&tz, data, size) != AICOST_OK) {
        return 0;
    }

    for (i = 0; i < 8; i++) {
        now = (int64_t) 1700000000000LL + (int64_t) i * 4000000000LL;

        for (period = AICOST_PERIOD_MINUTE; period < AICOST_PERIODS; period++)
        {
            aicost_window(&tz, period, now, &t0, &t1);

            if (t0 > now || t1 <= now) {
                abort();
            }
        }
    }

    return 0;
}
