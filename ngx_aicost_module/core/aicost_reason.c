
/*
 * Copyright (C) aicost
 */


#include "aicost.h"


#define AICOST_REASON_ROW(name, word, status)  { word, status },

static const struct {
    const char          *word;
    int                  status;
} aicost_reasons[] = {
    AICOST_REASONS(AICOST_REASON_ROW)
};


const char *
aicost_reason_word(aicost_reason_e reason)
{
    if ((unsigned) reason >= AICOST_R_MAX) {
        return "internal_error";
    }

    return aicost_reasons[reason].word;
}


int
aicost_reason_status(aicost_reason_e reason)
{
    if ((unsigned) reason >= AICOST_R_MAX) {
        return 500;
    }

    return aicost_reasons[reason].status;
}
