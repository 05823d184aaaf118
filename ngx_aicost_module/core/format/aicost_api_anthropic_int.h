
/*
 * Copyright (C) aicost
 *
 * Anthropic's Messages: between the files of this shape only.
 */


#ifndef _AICOST_API_ANTHROPIC_INT_H_INCLUDED_
#define _AICOST_API_ANTHROPIC_INT_H_INCLUDED_


#include "aicost_shape.h"


#define AICOST_ANTHROPIC_THINKING  1024      /* tokens a budget has at least */


typedef struct {
    aicost_form_t               *form;
    const aicost_form_target_t  *target;
    aicost_out_t                *out;
    uint32_t                     calls;      /* without an id */
    uint32_t                     results;    /* likewise */
    unsigned                     strict:1;   /* the newer version */
    unsigned                     cold:1;     /* no temperature */
    unsigned                     begun:1;    /* a message is written */
} aicost_anthropic_writer_t;


/* a member of one type; absent is OK, the piece is NONE then */
int aicost_anthropic_typed(aicost_form_t *f, const aicost_json_t *j,
    uint32_t object, const char *name, uint8_t type, aicost_piece_t *p);
int aicost_anthropic_string(aicost_form_t *f, const aicost_json_t *j,
    uint32_t object, const char *name, aicost_piece_t *p);

/* likewise, but it has to be there */
int aicost_anthropic_needed(aicost_form_t *f, const aicost_json_t *j,
    uint32_t object, const char *name, uint8_t type, aicost_piece_t *p);

/* aicost_tri_e */
int aicost_anthropic_flag(aicost_form_t *f, const aicost_json_t *j,
    uint32_t object, const char *name, uint8_t *flag);

/* cache_control of an object */
int aicost_anthropic_cache(aicost_form_t *f, const aicost_json_t *j,
    uint32_t object, uint8_t *flags);

int aicost_anthropic_messages(aicost_form_t *f, const aicost_json_t *j);

int aicost_anthropic_read(aicost_form_t *f, const aicost_json_t *j);
/* aicost_form_miss of its form */
int aicost_anthropic_miss(aicost_anthropic_writer_t *w, const char *name);

/* a member, none of a piece that is NONE; and one that always is a string */
void aicost_anthropic_piece(aicost_out_t *o, const char *name,
    const aicost_piece_t *p);
void aicost_anthropic_string_out(aicost_out_t *o, const char *name,
    const aicost_piece_t *p);

/* cache_control, where the flags say so */
void aicost_anthropic_mark(aicost_out_t *o, uint8_t flags);

/* misses what cannot be said of a part */
int aicost_anthropic_check_part(aicost_anthropic_writer_t *w,
    const aicost_part_t *p);

int aicost_anthropic_system_out(aicost_anthropic_writer_t *w);
int aicost_anthropic_messages_out(aicost_anthropic_writer_t *w);
int aicost_anthropic_write(aicost_form_t *f, const aicost_form_target_t *t,
    aicost_out_t *o);

int aicost_anthropic_hear(aicost_hear_t *h, const aicost_json_t *j,
    aicost_says_t *says, uint32_t max, uint32_t *n);
int aicost_anthropic_hear_event(aicost_hear_t *h, const aicost_str_t *name,
    const unsigned char *data, size_t len, aicost_json_node_t *nodes,
    uint32_t max_nodes, aicost_says_t *says, uint32_t *n);

void aicost_anthropic_tell(aicost_tell_t *t, const aicost_says_t *says,
    uint32_t n, aicost_out_t *o);
void aicost_anthropic_tell_event(aicost_tell_t *t, const aicost_says_t *says,
    aicost_out_t *o);

/* the error.type of a reason */
const char *aicost_anthropic_error_type(aicost_reason_e reason);

/* {"type":"error",..} as ERROR says it */
void aicost_anthropic_error(const aicost_says_t *s, aicost_out_t *o);

/* the members of a message from "id" to "model" */
void aicost_anthropic_head(const aicost_tell_t *t, const aicost_says_t *start,
    aicost_out_t *o);

/* the id of a call, ours when it has none, with its quotes */
void aicost_anthropic_call_id(const aicost_tell_t *t, const aicost_says_t *s,
    aicost_out_t *o);

/* "stop_reason" and "stop_sequence" */
void aicost_anthropic_stop(uint8_t finish, unsigned called,
    const aicost_piece_t *sequence, aicost_out_t *o);

/* "usage":{..} */
void aicost_anthropic_usage_out(const aicost_usage_t *u, aicost_out_t *o);


#endif /* _AICOST_API_ANTHROPIC_INT_H_INCLUDED_ */
