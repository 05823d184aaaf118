
/*
 * Copyright (C) aicost
 *
 * Ollama's /api/chat: what its files know of each other.
 */


#ifndef _AICOST_API_OLLAMA_INT_H_INCLUDED_
#define _AICOST_API_OLLAMA_INT_H_INCLUDED_


#include "aicost_shape.h"


/* options that are one number and stand in the form as they are; read and
   written by the same list */

typedef struct {
    const char          *name;
    size_t               at;         /* of its piece in the form */
    unsigned             sampling:1; /* not for a model that takes none */
} aicost_ollama_option_t;


extern const aicost_ollama_option_t  aicost_ollama_options[];


int aicost_ollama_read(aicost_form_t *f, const aicost_json_t *j);
int aicost_ollama_write(aicost_form_t *f, const aicost_form_target_t *t,
    aicost_out_t *o);

int aicost_ollama_hear(aicost_hear_t *h, const aicost_json_t *j,
    aicost_says_t *says, uint32_t max, uint32_t *n);
int aicost_ollama_hear_event(aicost_hear_t *h, const aicost_str_t *name,
    const unsigned char *data, size_t len, aicost_json_node_t *nodes,
    uint32_t max_nodes, aicost_says_t *says, uint32_t *n);

void aicost_ollama_tell(aicost_tell_t *t, const aicost_says_t *says,
    uint32_t n, aicost_out_t *o);
void aicost_ollama_tell_event(aicost_tell_t *t, const aicost_says_t *says,
    aicost_out_t *o);

/* "2026-10-17T23:14:07.4Z", any offset; 0: it cannot be read */
int64_t aicost_ollama_time(const aicost_piece_t *p);

/* the same of s since 1970, with its quotes */
void aicost_ollama_out_time(aicost_out_t *o, int64_t s);


#endif /* _AICOST_API_OLLAMA_INT_H_INCLUDED_ */
