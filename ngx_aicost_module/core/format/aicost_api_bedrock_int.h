
/*
 * Copyright (C) aicost
 *
 * Bedrock's Converse: what its files know of each other.
 */


#ifndef _AICOST_API_BEDROCK_INT_H_INCLUDED_
#define _AICOST_API_BEDROCK_INT_H_INCLUDED_


#include "aicost_shape.h"


/* formats of images and documents, and their media types */

typedef struct {
    const char          *format;
    const char          *media;
} aicost_bedrock_format_t;


extern const aicost_bedrock_format_t  aicost_bedrock_images[];
extern const aicost_bedrock_format_t  aicost_bedrock_documents[];


int aicost_bedrock_read(aicost_form_t *f, const aicost_json_t *j);

/* system and messages */
int aicost_bedrock_read_turns(aicost_form_t *f, const aicost_json_t *j);

/* type and ttl of a cachePoint, into the flags of what stands before it */
int aicost_bedrock_read_cache(aicost_form_t *f, const aicost_json_t *j,
    uint32_t node, uint8_t *flags);

int aicost_bedrock_write(aicost_form_t *f, const aicost_form_target_t *t,
    aicost_out_t *o);
int aicost_bedrock_write_turns(aicost_form_t *f,
    const aicost_form_target_t *t, aicost_out_t *o);

/* an element of its own, where the flags say so */
void aicost_bedrock_write_cache(aicost_out_t *o, uint8_t flags);

/* the vendor's name stands in the model's */
unsigned aicost_bedrock_is(const aicost_form_target_t *t, const char *vendor);

int aicost_bedrock_hear(aicost_hear_t *h, const aicost_json_t *j,
    aicost_says_t *says, uint32_t max, uint32_t *n);
int aicost_bedrock_hear_event(aicost_hear_t *h, const aicost_str_t *name,
    const unsigned char *data, size_t len, aicost_json_node_t *nodes,
    uint32_t max_nodes, aicost_says_t *says, uint32_t *n);

void aicost_bedrock_tell(aicost_tell_t *t, const aicost_says_t *says,
    uint32_t n, aicost_out_t *o);
void aicost_bedrock_tell_event(aicost_tell_t *t, const aicost_says_t *says,
    aicost_out_t *o);

/* how a service tier is written */
extern const char *const  aicost_bedrock_services[];

/* the class of an error by its reason, and back */
const char *aicost_bedrock_class(aicost_reason_e reason);
aicost_reason_e aicost_bedrock_reason(const aicost_piece_t *type);

/* parts of what is told, whole or in a stream */
void aicost_bedrock_error(const aicost_says_t *s, aicost_out_t *o);
const char *aicost_bedrock_stop(uint8_t finish, unsigned called);
void aicost_bedrock_out_usage(aicost_out_t *o, const aicost_usage_t *u);


#endif /* _AICOST_API_BEDROCK_INT_H_INCLUDED_ */
