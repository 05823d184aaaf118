
/*
 * Copyright (C) aicost
 *
 * What the files of the Gemini shape know of each other.
 */


#ifndef _AICOST_API_GEMINI_INT_H_INCLUDED_
#define _AICOST_API_GEMINI_INT_H_INCLUDED_


#include "aicost_shape.h"


/* documented by Google for calls that no Gemini model made */
#define AICOST_GEMINI_UNSIGNED   "skip_thought_signature_validator"

#define AICOST_GEMINI_STOPS      5


typedef struct {
    aicost_form_t       *form;
    const aicost_json_t *j;
    const char          *twice;      /* a member that is there in both ways */
    uint32_t             turn;       /* first part of the model's last turn */
    uint32_t             ids;        /* made */
    uint32_t             role;       /* of the last part, + 1 */
} aicost_gemini_reader_t;


/* a member by its camelCase name, or by the same in snake_case; null counts as
   absent: 0.  *twice is set when it is there in both */
uint32_t aicost_gemini_get(const aicost_json_t *j, uint32_t object,
    const char *name, unsigned *twice);

/* "https://h/a.PNG?x" -> "image/png"; NULL: not known */
const char *aicost_gemini_guess(const aicost_piece_t *url);

/* {"error":{..}}; message is in JSON's escapes already */
void aicost_gemini_error(aicost_out_t *o, aicost_reason_e reason,
    const aicost_piece_t *message);


int aicost_gemini_read(aicost_form_t *form, const aicost_json_t *j);

/* a member of this type, 0 when absent; AICOST_ERROR: it is of another */
int aicost_gemini_node(aicost_gemini_reader_t *r, uint32_t object,
    const char *name, unsigned type, uint32_t *node);

/* elements of an array, from *first to before *last; an object counts as an
   array of it.  0 and 0 when absent */
int aicost_gemini_list(aicost_gemini_reader_t *r, uint32_t object,
    const char *name, uint32_t *first, uint32_t *last);

int aicost_gemini_take(aicost_gemini_reader_t *r, uint32_t object,
    const char *name, unsigned type, aicost_piece_t *p);
int aicost_gemini_flag(aicost_gemini_reader_t *r, uint32_t object,
    const char *name, uint8_t *tri);

/* AICOST_R_INVALID_PARAMETER of this name; AICOST_ERROR */
int aicost_gemini_invalid(aicost_gemini_reader_t *r, const char *name);

/* members of this object that are refused unless null */
int aicost_gemini_refuse(aicost_gemini_reader_t *r, uint32_t object,
    const char *const *names);

/* tools, toolConfig, generationConfig and the rest of the top level */
int aicost_gemini_settings(aicost_gemini_reader_t *r);

int aicost_gemini_write(aicost_form_t *form,
    const aicost_form_target_t *target, aicost_out_t *o);

/* the same for the provider */
int aicost_gemini_write_settings(aicost_form_t *form,
    const aicost_form_target_t *target, aicost_out_t *o);

/* the generation of a Gemini model, 0 when the name does not say */
unsigned aicost_gemini_generation(const aicost_str_t *model);

int aicost_gemini_hear(aicost_hear_t *h, const aicost_json_t *j,
    aicost_says_t *says, uint32_t max, uint32_t *n);
int aicost_gemini_hear_event(aicost_hear_t *h, const aicost_str_t *name,
    const unsigned char *data, size_t len, aicost_json_node_t *nodes,
    uint32_t max_nodes, aicost_says_t *says, uint32_t *n);

/* parts of what is told, whole or in a stream */
void aicost_gemini_call_id(aicost_out_t *o, const aicost_tell_t *t,
    const aicost_piece_t *id, uint32_t choice, uint32_t index);
const char *aicost_gemini_finish(uint8_t finish);
void aicost_gemini_out_usage(aicost_out_t *o, const aicost_usage_t *u);
void aicost_gemini_out_signature(aicost_out_t *o, const aicost_piece_t *p);

void aicost_gemini_tell(aicost_tell_t *t, const aicost_says_t *says,
    uint32_t n, aicost_out_t *o);
void aicost_gemini_tell_event(aicost_tell_t *t, const aicost_says_t *says,
    aicost_out_t *o);


#endif /* _AICOST_API_GEMINI_INT_H_INCLUDED_ */
