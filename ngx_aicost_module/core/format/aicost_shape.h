
/*
 * Copyright (C) aicost
 *
 * What the readers and writers of several shapes do alike.
 */


#ifndef _AICOST_SHAPE_H_INCLUDED_
#define _AICOST_SHAPE_H_INCLUDED_


#include "aicost_form.h"


/* --- reading -------------------------------------------------------------- */


/* the value of a member, 0 when it is absent or null */
uint32_t aicost_shape_get(const aicost_json_t *j, uint32_t object,
    const char *name);

/* AICOST_R_INVALID_PARAMETER and AICOST_R_PARAMETER_NOT_ALLOWED of the name;
   AICOST_ERROR */
int aicost_shape_invalid(aicost_form_t *f, const char *name);
int aicost_shape_refused(aicost_form_t *f, const char *name);

/* a member of this type; 0 when it is absent */
int aicost_shape_node(aicost_form_t *f, const aicost_json_t *j,
    uint32_t object, const char *name, uint8_t type, uint32_t *node);

/* likewise; the piece stays as it is when it is absent */
int aicost_shape_take(aicost_form_t *f, const aicost_json_t *j,
    uint32_t object, const char *name, uint8_t type, aicost_piece_t *p);

int aicost_shape_string(aicost_form_t *f, const aicost_json_t *j,
    uint32_t object, const char *name, aicost_piece_t *p);

/* likewise, an aicost_tri_e */
int aicost_shape_flag(aicost_form_t *f, const aicost_json_t *j,
    uint32_t object, const char *name, uint8_t *tri);

/* none of the members may be there */
int aicost_shape_refuse(aicost_form_t *f, const aicost_json_t *j,
    uint32_t object, const char *const *names);

/* stop sequences, of an array */
int aicost_shape_stops(aicost_form_t *f, const aicost_json_t *j,
    uint32_t node, const char *name);


/* --- writing -------------------------------------------------------------- */


/* calls of the last turn that have no id and wait for their results */

typedef struct {
    uint32_t             parts[AICOST_FORM_CALLS];
    uint32_t             n;
} aicost_shape_ids_t;


/* bytes in quotes: cut at a character after max bytes, what is not UTF-8 as
   U+FFFD */
void aicost_shape_raw(aicost_out_t *o, const aicost_str_t *s, size_t max);

/* a member; nothing when the piece is NONE */
void aicost_shape_member(aicost_out_t *o, const char *name,
    const aicost_piece_t *p);

/* misses of what neither Ollama nor Bedrock has */
int aicost_shape_misses(aicost_form_t *f, const aicost_form_target_t *t);

/* misses the settings of sampling where the model takes none, and takes them
   out of the form's copy */
int aicost_shape_sampling(aicost_form_t *f, const aicost_form_target_t *t,
    aicost_piece_t *temperature, aicost_piece_t *top_p,
    aicost_piece_t *top_k);

/* where the message that begins at a part ends; each result is one */
uint32_t aicost_shape_group(const aicost_form_t *f, uint32_t part);

/* the first n stop sequences; nothing when there are none */
void aicost_shape_stops_out(aicost_out_t *o, const aicost_form_t *f,
    const char *name, uint32_t n);

/* an id, with its quotes; made of the part where it is NONE */
void aicost_shape_part_id(aicost_out_t *o, const aicost_piece_t *id,
    uint32_t part);

/* the id of a call or a result; the part itself makes one where it has none */
void aicost_shape_call(aicost_out_t *o, const aicost_form_t *f, uint32_t part,
    aicost_shape_ids_t *ids);
void aicost_shape_result(aicost_out_t *o, const aicost_form_t *f,
    uint32_t part, aicost_shape_ids_t *ids);


/* --- hearing -------------------------------------------------------------- */

typedef struct {
    aicost_hear_t       *h;
    const aicost_json_t *j;
    aicost_says_t       *says;
    uint32_t             max;
    uint32_t             n;          /* also what did not fit */
    uint32_t             error;      /* chat: node of one, 0 the root */
    aicost_reason_e      reason;     /* of it; AICOST_R_OK without */
    aicost_says_t        spare;      /* takes what does not fit */
    unsigned             whole:1;    /* not a stream */
    unsigned             failed:1;   /* more calls than there may be */
} aicost_shape_hear_t;


/* begins; of a whole answer h is a copy, as it is called again when there is
   more to say than room */
void aicost_shape_hear(aicost_shape_hear_t *c, aicost_hear_t *h,
    const aicost_json_t *j, aicost_says_t *says, uint32_t max);

/* the end of a whole answer: what is heard goes to h unless there was no room,
   AICOST_DECLINED, or it failed; and that of an event */
int aicost_shape_heard(const aicost_shape_hear_t *c, aicost_hear_t *h,
    uint32_t *n);
int aicost_shape_heard_event(const aicost_shape_hear_t *c, uint32_t *n);

aicost_says_t *aicost_shape_say(aicost_shape_hear_t *c, aicost_says_e kind);

/* a string that says something, else NONE */
aicost_piece_t aicost_shape_some(const aicost_json_t *j, uint32_t object,
    const char *name);

/* says it, if it says something */
void aicost_shape_said(aicost_shape_hear_t *c, aicost_says_e kind,
    uint32_t object, const char *name);

/* a count of tokens: AICOST_DECLINED and unchanged when it is absent,
   AICOST_ERROR when it is absurd */
int aicost_shape_count(const aicost_json_t *j, uint32_t object,
    const char *name, int64_t *n);

/* the tape of an event: AICOST_ERROR when it is no object */
int aicost_shape_tape(aicost_json_t *j, const unsigned char *data, size_t len,
    aicost_json_node_t *nodes, uint32_t max);

/* the end of the body, which came too early unless the answer had finished */
uint32_t aicost_shape_last(aicost_hear_t *h, aicost_says_t *says);


/* --- telling -------------------------------------------------------------- */


/* the id of a call, with its quotes; ours where none was said */
void aicost_shape_id(aicost_out_t *o, const aicost_tell_t *t,
    const aicost_says_t *call);

/* all that is said of a call's arguments; fragments are put together in
   keep */
aicost_piece_t aicost_shape_arguments(aicost_tell_t *t,
    const aicost_says_t *call, const aicost_says_t *end, aicost_out_t *o);

/* as an object in one line; what is none is told as an empty one */
void aicost_shape_object(aicost_out_t *o, const aicost_piece_t *p);

/*
 * Calls of a stream are kept, behind the first t->at[0] bytes of keep, until
 * they are told: fragments of several may come in any order.
 */
void aicost_shape_keep(aicost_tell_t *t, const aicost_says_t *s,
    aicost_out_t *o);

/* the call at a place in keep, and its arguments in *args; the place of the
   next one.  t->used is the end */
size_t aicost_shape_kept(const aicost_tell_t *t, size_t at,
    aicost_says_t *call, aicost_piece_t *args);

/* the place in keep where the calls end whose arguments are whole objects; and
   takes out all before a place */
size_t aicost_shape_ready(const aicost_tell_t *t);
void aicost_shape_drop(aicost_tell_t *t, size_t at);


#endif /* _AICOST_SHAPE_H_INCLUDED_ */
