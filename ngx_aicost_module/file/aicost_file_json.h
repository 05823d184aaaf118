
/*
 * Copyright (C) aicost
 *
 * What the two readers share: where they are, and how they say what is wrong.
 */


#ifndef _AICOST_FILE_JSON_H_INCLUDED_
#define _AICOST_FILE_JSON_H_INCLUDED_


#include <jansson.h>

#include "aicost_file.h"


typedef struct {
    const char           *data;
    size_t                len;
    aicost_file_error_t  *err;

    const char           *what;    /* "model", "consumer"; NULL at the top */
    const char           *name;    /* of it */
    const char           *label;   /* the member that holds the name, NULL when
                                      the name is a member itself */
} aicost_file_t;


json_t *aicost_file_load(aicost_file_t *f);

/* always AICOST_ERROR; member (or NULL) is looked for in the text to say the
   line */
int aicost_file_fail(aicost_file_t *f, const char *member, const char *fmt,
    ...) __attribute__((format(printf, 3, 4)));

/* refuses members that are not among names (NULL ends) */
int aicost_file_known(aicost_file_t *f, json_t *object,
    const char *const *names);

/*
 * AICOST_OK, AICOST_DECLINED when the member is absent, AICOST_ERROR.  A
 * string has 1 to AICOST_MAX_IDENT bytes, none of them a control character.
 */
int aicost_file_string(aicost_file_t *f, json_t *object, const char *member,
    const char **value);
int aicost_file_integer(aicost_file_t *f, json_t *object, const char *member,
    int64_t min, int64_t max, int64_t *value);
int aicost_file_bool(aicost_file_t *f, json_t *object, const char *member,
    unsigned *value);
int aicost_file_version(aicost_file_t *f, json_t *root);

unsigned aicost_file_printable(const char *s);
aicost_str_t aicost_file_str(const char *s);

/* realloc and free, as aicost_alloc_pt */
void *aicost_file_alloc(void *ctx, void *p, size_t size);


#endif /* _AICOST_FILE_JSON_H_INCLUDED_ */
