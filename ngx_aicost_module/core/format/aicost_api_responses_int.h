
/*
 * Copyright (C) aicost
 *
 * OpenAI's Responses: what its files know of each other.
 */


#ifndef _AICOST_API_RESPONSES_INT_H_INCLUDED_
#define _AICOST_API_RESPONSES_INT_H_INCLUDED_


/* chat's readers of one member are those of this shape too */

#include "aicost_api_openai_int.h"


extern const aicost_chat_member_t  aicost_responses_members[];


int aicost_responses_read(aicost_form_t *f, const aicost_json_t *j);
int aicost_responses_items(aicost_form_t *f, const aicost_json_t *j,
    uint32_t node);
int aicost_responses_write(aicost_form_t *f, const aicost_form_target_t *t,
    aicost_out_t *o);

int aicost_responses_hear(aicost_hear_t *h, const aicost_json_t *j,
    aicost_says_t *says, uint32_t max, uint32_t *n);
int aicost_responses_hear_event(aicost_hear_t *h, const aicost_str_t *name,
    const unsigned char *data, size_t len, aicost_json_node_t *nodes,
    uint32_t max_nodes, aicost_says_t *says, uint32_t *n);

void aicost_responses_tell(aicost_tell_t *t, const aicost_says_t *says,
    uint32_t n, aicost_out_t *o);
void aicost_responses_tell_event(aicost_tell_t *t, const aicost_says_t *says,
    aicost_out_t *o);


/* --- of an answer --------------------------------------------------------- */


/* an item as far as its text, which stands last in it, and what follows the
   text; says is what begins it */
void aicost_responses_open(const aicost_tell_t *t, const aicost_says_t *says,
    uint32_t item, aicost_out_t *o);
void aicost_responses_close(uint8_t kind, const aicost_piece_t *seal,
    const char *status, aicost_out_t *o);

/* "msg_...": with quotes */
void aicost_responses_id(const aicost_tell_t *t, uint8_t kind, uint32_t item,
    aicost_out_t *o);

/* an answer as far as the model, the status and the bracket of the output, and
   what follows the output.  finish 0: it is going on; error, usage: or NULL */
void aicost_responses_head(const aicost_tell_t *t, const aicost_says_t *start,
    aicost_out_t *o);
void aicost_responses_status(uint8_t finish, const aicost_says_t *error,
    aicost_out_t *o);
void aicost_responses_tail(const aicost_usage_t *usage, aicost_out_t *o);

/* `"code":...,"message":...` */
void aicost_responses_fault(const aicost_says_t *error, const char *code,
    aicost_out_t *o);


#endif /* _AICOST_API_RESPONSES_INT_H_INCLUDED_ */
