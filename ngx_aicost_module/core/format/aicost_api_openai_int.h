
/*
 * Copyright (C) aicost
 *
 * OpenAI's chat completions: what its files know of each other.
 */


#ifndef _AICOST_API_OPENAI_INT_H_INCLUDED_
#define _AICOST_API_OPENAI_INT_H_INCLUDED_


#include "aicost_shape.h"


/* members of the request that are one value and stand in the form as they are;
   read and written by the same list */

#define AICOST_CHAT_STRING     0
#define AICOST_CHAT_NUMBER     1
#define AICOST_CHAT_INTEGER    2
#define AICOST_CHAT_OBJECT     3


/* the value that says as much as none */

#define AICOST_CHAT_SAID       0       /* none does */
#define AICOST_CHAT_ZERO       1
#define AICOST_CHAT_ONE        2
#define AICOST_CHAT_EMPTY      3


typedef struct {
    const char          *name;
    size_t               at;         /* of its piece in the form */
    uint8_t              type;
    uint8_t              unsaid;
    unsigned             sampling:1; /* not for a model that takes none */
    unsigned             servers:1;  /* only known to compatible servers */
    unsigned             older:1;    /* only read */
} aicost_chat_member_t;


/* reads a member of the request, or an element of one */
typedef int (*aicost_chat_read_pt)(aicost_form_t *f, const aicost_json_t *j,
    uint32_t node);

/* reads a part of "content" */
typedef int (*aicost_chat_part_pt)(aicost_form_t *f, const aicost_json_t *j,
    uint32_t node, aicost_role_e role, uint8_t flags);


extern const aicost_chat_member_t  aicost_chat_members[];

/* how a service tier is written */
extern const char *const           aicost_chat_services[];


#define aicost_chat_is_null(j, node)                                          \
    ((node) == 0 || (j)->nodes[node].type == AICOST_JSON_NULL)

#define aicost_chat_is_string(j, node)                                        \
    ((node) != 0 && (j)->nodes[node].type == AICOST_JSON_STRING)


/* what a schema without a name is called */
#define AICOST_CHAT_SCHEMA     "answer"


int aicost_chat_read(aicost_form_t *f, const aicost_json_t *j);
int aicost_chat_messages(aicost_form_t *f, const aicost_json_t *j,
    uint32_t node);

/* the list of messages: each is an object */
int aicost_chat_each(aicost_form_t *f, const aicost_json_t *j, uint32_t node,
    const char *name, aicost_chat_read_pt read);

/* a schema, if there is one, and what is said of it in the object node, 0:
   none */
int aicost_chat_schema(aicost_form_t *f, const aicost_json_t *j,
    uint32_t schema, uint32_t node);

/* members of a list that ends with NULL, from the form and into it */
int aicost_chat_values(aicost_form_t *f, const aicost_json_t *j,
    const aicost_chat_member_t *m);
int aicost_chat_write_values(aicost_form_t *f, const aicost_form_target_t *t,
    const aicost_chat_member_t *m, aicost_out_t *o);

/* content that is a string, or parts */
int aicost_chat_content(aicost_form_t *f, const aicost_json_t *j,
    uint32_t node, aicost_role_e role, uint8_t flags,
    aicost_chat_part_pt part);

/* the effort that is said, or stands for what is said of thinking */
aicost_effort_e aicost_chat_effort_of(const aicost_form_t *f,
    const aicost_form_target_t *t);

int aicost_chat_write(aicost_form_t *f, const aicost_form_target_t *t,
    aicost_out_t *o);

/* tool_choice; the name of one tool stands between before and after */
void aicost_chat_write_choice(const aicost_form_t *f, aicost_out_t *o,
    const char *before, const char *after);

/* "data:..", with its quotes; type where the part has none */
void aicost_chat_data_url(aicost_out_t *o, const aicost_part_t *p,
    const char *type);

int aicost_chat_hear(aicost_hear_t *h, const aicost_json_t *j,
    aicost_says_t *says, uint32_t max, uint32_t *n);
int aicost_chat_hear_event(aicost_hear_t *h, const aicost_str_t *name,
    const unsigned char *data, size_t len, aicost_json_node_t *nodes,
    uint32_t max_nodes, aicost_says_t *says, uint32_t *n);

/* START, once, of an answer; created: the member with its time */
void aicost_chat_start(aicost_shape_hear_t *c, uint32_t answer,
    const char *created, const aicost_usage_t *u);

void aicost_chat_tell(aicost_tell_t *t, const aicost_says_t *says, uint32_t n,
    aicost_out_t *o);
void aicost_chat_tell_event(aicost_tell_t *t, const aicost_says_t *says,
    aicost_out_t *o);

extern const char *const  aicost_chat_betas[];

/* the class of an error object: by our own words, or as aicost_error_said() */
aicost_reason_e aicost_chat_reason(const aicost_json_t *j, uint32_t error);

void aicost_chat_tell_error(aicost_reason_e reason,
    const aicost_str_t *message, const aicost_str_t *param, aicost_out_t *o);

/* bytes as a JSON string, with its quotes */
void aicost_chat_bytes(aicost_out_t *o, const aicost_str_t *s);

/* the error object of an ERROR; with stream as the last event */
void aicost_chat_error(const aicost_says_t *says, unsigned stream,
    aicost_out_t *o);


#endif /* _AICOST_API_OPENAI_INT_H_INCLUDED_ */
