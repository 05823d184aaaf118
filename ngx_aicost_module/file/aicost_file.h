
/*
 * Copyright (C) aicost
 *
 * prices.json and consumers.json -> flat blocks, by jansson.  Reads memory,
 * opens no file.  Every error says line, column, and what to write instead.
 */


#ifndef _AICOST_FILE_H_INCLUDED_
#define _AICOST_FILE_H_INCLUDED_


#include "../core/aicost_consumer.h"
#include "../core/aicost_price.h"


typedef struct {
    int                  line;        /* 0 unknown */
    int                  column;
    char                 text[256];   /* one sentence, lower case, no stop */
} aicost_file_error_t;


/* NULL on any error.  The block is malloc'ed: free() it */
aicost_catalogue_t *aicost_file_prices(const char *data, size_t len,
    aicost_file_error_t *err);
aicost_consumers_t *aicost_file_consumers(const char *data, size_t len,
    aicost_file_error_t *err);

/* "2026-09-22" (midnight UTC) or RFC 3339 with Z or offset -> ms;
   AICOST_ERROR otherwise */
int aicost_file_time(const char *s, int64_t *ms);


#endif /* _AICOST_FILE_H_INCLUDED_ */
