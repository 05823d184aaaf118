
/*
 * Copyright (C) aicost
 *
 * What the generic reader of requests and the readers of the API shapes know
 * of each other.
 */


#ifndef _AICOST_FORMAT_H_INCLUDED_
#define _AICOST_FORMAT_H_INCLUDED_


#include "aicost_request.h"


/* what a member is to the reader; from AICOST_M_SHAPE on the shape's own */

#define AICOST_M_PASS          0     /* known, goes on unread */
#define AICOST_M_REFUSED       1     /* refused unless null */
#define AICOST_M_MODEL         2
#define AICOST_M_CAP           3
#define AICOST_M_CHOICES       4
#define AICOST_M_STREAM        5
#define AICOST_M_OPTIONS       6     /* stream_options */
#define AICOST_M_USAGE         7     /* include_usage */
#define AICOST_M_SERVICE       8     /* service_tier */
#define AICOST_M_REFERENCE     9     /* to what is not in the body: refused
                                        unless null or allowed */
#define AICOST_M_HIDDEN        10    /* likewise what no one knows the length
                                        of, a document's bytes */
#define AICOST_M_SHAPE         16


typedef struct {
    const char                  *name;
    uint8_t                      len;
    uint8_t                      what;
} aicost_member_t;

#define aicost_member(name, what)  { name, sizeof(name) - 1, what }
#define aicost_member_null         { NULL, 0, 0 }


typedef struct aicost_reader_s  aicost_reader_t;

/* reads the value of one member; AICOST_OK or AICOST_ERROR */
typedef int (*aicost_read_pt)(aicost_reader_t *r, const aicost_member_t *m,
    uint32_t value);


typedef struct {
    const aicost_member_t       *members;
    aicost_read_pt               read;
    const char                  *required;   /* beside the model */
    unsigned                     cap:1;      /* its output can be capped */
} aicost_shape_t;


struct aicost_reader_s {
    aicost_request_t            *q;
    const aicost_json_t         *j;
    const aicost_shape_t        *shape;
    uint32_t                     uncounted;  /* bytes that are no text */
    uint32_t                     inputs;
    uint32_t                     role;       /* of the message that is read, 0
                                                none; content likewise */
    uint32_t                     content;
    uint32_t                     unlisted;   /* the first member of the root
                                                that the shape does not have */
    unsigned                     references:1;  /* and hidden: allowed */
    unsigned                     nested:1;   /* a request inside of one */
    unsigned                     found:1;    /* the required member */
    unsigned                     system:1;   /* the prefix has it */
    unsigned                     user:1;
};


extern const aicost_shape_t  aicost_shape_chat;
extern const aicost_shape_t  aicost_shape_completions;
extern const aicost_shape_t  aicost_shape_embeddings;
extern const aicost_shape_t  aicost_shape_generate;
extern const aicost_shape_t  aicost_shape_messages;
extern const aicost_shape_t  aicost_shape_responses;
extern const aicost_shape_t  aicost_shape_count_tokens;


/* sets q->reason and q->param; AICOST_ERROR */
int aicost_reader_fail(aicost_reader_t *r, aicost_reason_e reason,
    const char *param);

/*
 * Reads an object against the members that are known at its level: none that
 * is written in two ways, and none that only folds to a known one.  The
 * members outside the list are left unread.
 */
int aicost_reader_object(aicost_reader_t *r, uint32_t object,
    const char *name, const aicost_member_t *members, aicost_read_pt read);

/* AICOST_R_INVALID_PARAMETER and AICOST_R_PARAMETER_NOT_ALLOWED of the name;
   AICOST_ERROR */
int aicost_reader_invalid(aicost_reader_t *r, const char *name);
int aicost_reader_refuse(aicost_reader_t *r, const char *name);

/* a string: one of a list that ends with NULL, else it is refused by a name;
   any where there is no list */
int aicost_reader_word(aicost_reader_t *r, const char *name, uint32_t value,
    const char *const *words, const char *refused);

/* every element of an array is an object with these members; null: absent */
int aicost_reader_array(aicost_reader_t *r, uint32_t array,
    const char *name, const aicost_member_t *members, aicost_read_pt read);

/* the list of messages, as far as their count: AICOST_DECLINED when it is
   null */
int aicost_reader_messages(aicost_reader_t *r, const char *name,
    uint32_t value);

/* tools, which the model reads; typed: each says of what type it is */
int aicost_reader_tools(aicost_reader_t *r, uint32_t array, const char *name,
    const aicost_member_t *members, aicost_read_pt read, unsigned typed);

/* the output may only be of this kind, a word as the shape spells it */
int aicost_reader_modalities(aicost_reader_t *r, const char *name,
    uint32_t value, const char *text);

/* the type of the format of the answer */
int aicost_reader_format(aicost_reader_t *r, const char *name,
    uint32_t value);

/* the first text of a content, a string or parts; 0 when it has none */
uint32_t aicost_reader_first_text(const aicost_json_t *j, uint32_t content);

/* after each message, of its role and content: the conversation is known by its
   first system and its first user text */
void aicost_reader_turn(aicost_reader_t *r);

/* it is a string that starts so, in ASCII of any case */
unsigned aicost_reader_starts(const aicost_reader_t *r, uint32_t value,
    const char *word);

/* the URL of an image; its bytes, if they are in the body, are priced as an
   image, not as text */
int aicost_reader_image_url(aicost_reader_t *r, const char *name,
    uint32_t value);

/* members that every shape reads alike, the shape's own by its reader: what a
   shape has at a level below, its cap say, is read by this too */
int aicost_reader_common(aicost_reader_t *r, const aicost_member_t *m,
    uint32_t value);

/* what it names is of unknown length, or a reference to what is not in the
   body: AICOST_ERROR unless that is allowed */
int aicost_reader_hidden(aicost_reader_t *r, const char *name,
    unsigned reference);

/* what the member asks for; OTHER is refused by its name */
int aicost_reader_service(aicost_reader_t *r, const char *name,
    aicost_service_e service);

/* AICOST_OPTIONS_* of an object or null */
unsigned aicost_reader_options_of(const aicost_reader_t *r, uint32_t value);

/* a value as it stands, with its quotes */
aicost_span_t aicost_reader_span(const aicost_reader_t *r, uint32_t value);

/* the value is null, which counts as absent */
int aicost_reader_null(const aicost_reader_t *r, uint32_t value);

/* a string that the model reads; null counts as absent */
int aicost_reader_text(aicost_reader_t *r, uint32_t value, const char *name);

/* JSON that the model reads; null counts as absent.  AICOST_OK */
int aicost_reader_json(aicost_reader_t *r, uint32_t value);

/* adds a string to the hash that names the conversation */
void aicost_reader_prefix(aicost_reader_t *r, uint32_t value);


#endif /* _AICOST_FORMAT_H_INCLUDED_ */
