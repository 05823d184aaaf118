
/*
 * Copyright (C) aicost
 *
 * The form between the API shapes: what a request asks and what an answer
 * says, in no provider's words.  Each shape reads into it and writes from it,
 * so N shapes are N files.
 *
 * Text stays where it is: a piece is a span of the caller's bytes, still in
 * JSON's escapes, and is copied as it stands.  Only the arguments of a tool
 * call change their escaping by one level.
 */


#ifndef _AICOST_FORM_H_INCLUDED_
#define _AICOST_FORM_H_INCLUDED_


#include "aicost.h"
#include "aicost_json.h"
#include "aicost_usage.h"


#define AICOST_FORM_STOPS      16        /* stop sequences of a request */
#define AICOST_FORM_DROPS      16        /* members that were left out; the
                                            list ends there */
#define AICOST_FORM_CALLS      128       /* tool calls of one answer; more are
                                            an error of the provider */


/* --- pieces --------------------------------------------------------------- */

typedef enum {
    AICOST_PIECE_NONE = 0,
    AICOST_PIECE_STRING,       /* the inside of a JSON string, as it stands */
    AICOST_PIECE_JSON,         /* a JSON value, as it stands */
    AICOST_PIECE_WORD,         /* printable ASCII without quote and backslash */
    AICOST_PIECE_GOOGLE,       /* a schema in Google's words, see
                                  aicost_out_schema() */
    AICOST_PIECE_QUOTED        /* a JSON object in a string, as that stands */
} aicost_piece_e;


typedef struct {
    const unsigned char *data;
    uint32_t             len;
    uint8_t              kind;       /* aicost_piece_e */
} aicost_piece_t;


/* of a string node STRING, of any other JSON; NONE of node 0 and of null */
aicost_piece_t aicost_piece(const aicost_json_t *j, uint32_t node);
aicost_piece_t aicost_piece_word(const char *word);

/* spelled exactly so, unescaped */
unsigned aicost_piece_is(const aicost_piece_t *p, const char *word);

/* unescaped into dst, p->len bytes always suffice; returns the length */
size_t aicost_piece_text(const aicost_piece_t *p, unsigned char *dst);

/* the same text: 1.  STRING and JSON are the same when the text that the
   string holds is the JSON value byte by byte */
unsigned aicost_piece_same(const aicost_piece_t *a, const aicost_piece_t *b);


/* --- what is written ------------------------------------------------------ */


/*
 * Bytes that are written.  With data NULL nothing is, and len says how many it
 * would be.  A buffer that is too small, or a piece that cannot be written,
 * sets failed; what follows is not written then.
 */

typedef struct {
    unsigned char       *data;
    size_t               size;
    size_t               len;
    aicost_json_node_t  *nodes;      /* scratch: JSON that came in a string is
                                        checked before it is one */
    uint32_t             max;
    unsigned             failed:1;
} aicost_out_t;


void aicost_out(aicost_out_t *o, const void *data, size_t len);
void aicost_out_text(aicost_out_t *o, const char *s);
void aicost_out_int(aicost_out_t *o, int64_t n);

/* of a URL's path: all but letters, digits and -._~ encoded */
void aicost_out_percent(aicost_out_t *o, const aicost_str_t *s);

/* with its quotes.  JSON gains one level of escaping */
void aicost_out_string(aicost_out_t *o, const aicost_piece_t *p);

/* the same without quotes: a string of several pieces */
void aicost_out_inside(aicost_out_t *o, const aicost_piece_t *p);

/* base64 with its quotes, in the standard alphabet: Google's SDK for Python
   sends the one of URLs */
void aicost_out_base64(aicost_out_t *o, const aicost_piece_t *p);

/* the same without quotes */
void aicost_out_base64_inside(aicost_out_t *o, const aicost_piece_t *p);

/* a value: JSON as it stands, STRING and WORD quoted, GOOGLE as the next,
   QUOTED as an object */
void aicost_out_value(aicost_out_t *o, const aicost_piece_t *p);

/* a schema in Google's words, in those of JSON Schema */
void aicost_out_schema(aicost_out_t *o, const aicost_piece_t *p);

/* the same of any kind as a string, with its quotes */
void aicost_out_schema_string(aicost_out_t *o, const aicost_piece_t *p);

/* an object: JSON as it stands; a STRING loses one level of escaping and must
   hold a JSON object then, blank counts as {}.  AICOST_ERROR (and nothing
   written) when it does not */
int aicost_out_object(aicost_out_t *o, const aicost_piece_t *p);

/* `,"name":` - without the comma after an opening brace or bracket */
void aicost_out_name(aicost_out_t *o, const char *name);

/* the comma between elements, where the last byte is no opening bracket */
void aicost_out_next(aicost_out_t *o);


/* --- a request ------------------------------------------------------------ */

typedef enum {
    AICOST_ROLE_SYSTEM = 0,
    AICOST_ROLE_USER,
    AICOST_ROLE_ASSISTANT,
    AICOST_ROLE_TOOL           /* results of calls */
} aicost_role_e;


typedef enum {
    AICOST_PART_TEXT = 1,      /* text; name: of who of several speaks */
    AICOST_PART_IMAGE,         /* by data: text base64, name media type; by
                                  URL: text, flag URL */
    AICOST_PART_FILE,          /* a document by data: text base64, name media
                                  type, id file name */
    AICOST_PART_AUDIO,         /* text base64, name "wav", "mp3" */
    AICOST_PART_THINKING,      /* text; id signature */
    AICOST_PART_REDACTED,      /* text: data only its maker reads */
    AICOST_PART_REFUSAL,       /* text */
    AICOST_PART_CALL,          /* id, name, text: arguments; signature in
                                  `more` (Gemini's thoughtSignature) */
    AICOST_PART_RESULT         /* id of the call, name of the tool where the
                                  shape says it (else found by id), text; parts
                                  that follow with flag INSIDE belong to it
                                  (then text is NONE) */
} aicost_part_e;


#define AICOST_PART_FIRST      0x01      /* begins a message */
#define AICOST_PART_URL        0x02      /* an image by URL, not by data */
#define AICOST_PART_ERROR      0x04      /* the result is an error */
#define AICOST_PART_INSIDE     0x08      /* part of the result before it */
#define AICOST_PART_CACHE      0x10      /* the prompt may be cached to here */
#define AICOST_PART_HOUR       0x20      /* for an hour, else five minutes */


typedef struct {
    aicost_piece_t       text;
    aicost_piece_t       id;
    aicost_piece_t       name;
    aicost_piece_t       more;           /* IMAGE: detail; CALL: signature */
    uint8_t              kind;           /* aicost_part_e */
    uint8_t              role;           /* aicost_role_e */
    uint8_t              flags;
} aicost_part_t;


typedef struct {
    aicost_piece_t       name;
    aicost_piece_t       description;
    aicost_piece_t       schema;         /* JSON; NONE: no parameters */
    aicost_piece_t       result;         /* the schema of its results */
    uint8_t              strict;         /* aicost_tri_e */
    uint8_t              flags;          /* AICOST_PART_CACHE, _HOUR */
} aicost_tool_t;


typedef enum {
    AICOST_UNSAID = 0,
    AICOST_NO,
    AICOST_YES
} aicost_tri_e;


typedef enum {
    AICOST_CHOICE_UNSAID = 0,
    AICOST_CHOICE_AUTO,
    AICOST_CHOICE_NONE,
    AICOST_CHOICE_ANY,                   /* some tool must be called */
    AICOST_CHOICE_TOOL                   /* this one: choice_name */
} aicost_choice_e;


typedef enum {
    AICOST_ANSWER_TEXT = 0,
    AICOST_ANSWER_JSON,                  /* some JSON object */
    AICOST_ANSWER_SCHEMA
} aicost_answer_e;


typedef enum {
    AICOST_EFFORT_UNSAID = 0,
    AICOST_EFFORT_NONE,
    AICOST_EFFORT_MINIMAL,
    AICOST_EFFORT_LOW,
    AICOST_EFFORT_MEDIUM,
    AICOST_EFFORT_HIGH,
    AICOST_EFFORT_XHIGH,
    AICOST_EFFORT_MAX
} aicost_effort_e;


typedef enum {
    AICOST_THINKING_UNSAID = 0,
    AICOST_THINKING_OFF,
    AICOST_THINKING_ADAPTIVE,
    AICOST_THINKING_BUDGET               /* thinking_budget tokens */
} aicost_thinking_e;


/* how a client's shape names what OpenAI's chat names otherwise */

typedef struct {
    const char          *name;
    const char          *said;
} aicost_form_name_t;


typedef struct {
    aicost_piece_t       model;          /* as the client wrote it */
    int64_t              cap;            /* output tokens, -1 unsaid */
    unsigned             stream:1;

    aicost_part_t       *parts;          /* the caller's */
    uint32_t             nparts;
    uint32_t             max_parts;      /* the nodes of the tape are enough */
    aicost_tool_t       *tools;          /* the caller's */
    uint32_t             ntools;
    uint32_t             max_tools;      /* likewise */

    /* numbers as they stand, NONE unsaid */
    aicost_piece_t       temperature;
    aicost_piece_t       top_p;
    aicost_piece_t       top_k;
    aicost_piece_t       seed;
    aicost_piece_t       presence_penalty;
    aicost_piece_t       frequency_penalty;
    aicost_piece_t       choices;        /* n */
    aicost_piece_t       top_logprobs;
    aicost_piece_t       logit_bias;     /* JSON object */

    aicost_piece_t       stops[AICOST_FORM_STOPS];
    uint32_t             nstops;

    uint8_t              logprobs;       /* aicost_tri_e */
    uint8_t              parallel;       /* aicost_tri_e: tool calls */
    uint8_t              choice;         /* aicost_choice_e */
    uint8_t              answer;         /* aicost_answer_e */
    uint8_t              strict;         /* aicost_tri_e: of the schema */
    uint8_t              effort;         /* aicost_effort_e */
    uint8_t              thinking;       /* aicost_thinking_e */
    uint8_t              summary;        /* aicost_tri_e: thoughts are shown */
    uint8_t              flags;          /* AICOST_PART_CACHE, _HOUR: all of the
                                            prompt */
    uint8_t              service;        /* aicost_service_e */

    aicost_piece_t       choice_name;
    aicost_piece_t       schema;         /* JSON */
    aicost_piece_t       schema_name;
    aicost_piece_t       schema_text;    /* its description */
    int64_t              thinking_budget;
    aicost_piece_t       user;           /* opaque id of the end user */
    aicost_piece_t       verbosity;
    aicost_piece_t       metadata;       /* JSON object */
    aicost_piece_t       cache_key;

    const aicost_form_name_t  *names;    /* the client's; NULL: these */

    /* with AICOST_ERROR: the member that has no counterpart, or is wrong */
    aicost_reason_e      reason;
    aicost_str_t         param;

    /* what was left out, by the names the client's shape gives it */
    const char          *dropped[AICOST_FORM_DROPS];
    uint32_t             ndropped;
} aicost_form_t;


/* how a request is written for its provider */

typedef struct {
    aicost_str_t         model;          /* the provider's own name of it */
    int64_t              cap;            /* sent as output cap; -1: none known,
                                            which a shape that must have one
                                            refuses */
    aicost_str_t         version;        /* of the API, "" the oldest */
    unsigned             lenient:1;      /* what has no counterpart is left out
                                            and listed, not refused */
    unsigned             legacy_cap:1;   /* OpenAI: max_tokens */
    unsigned             no_sampling:1;  /* the model takes no temperature */
} aicost_form_target_t;


/* --- an answer ------------------------------------------------------------ */

typedef enum {
    AICOST_SAYS_START = 1,     /* id, name: model; usage as far as known */
    AICOST_SAYS_TEXT,          /* text */
    AICOST_SAYS_THINKING,      /* text */
    AICOST_SAYS_SIGNATURE,     /* text: of the thinking before it */
    AICOST_SAYS_REDACTED,      /* text */
    AICOST_SAYS_REFUSAL,       /* text */
    AICOST_SAYS_CALL,          /* index, id (NONE: made up by who writes), name;
                                  text: signature of it, or NONE */
    AICOST_SAYS_ARGUMENTS,     /* index, text: a fragment (STRING), or all of
                                  them (JSON) */
    AICOST_SAYS_FINISH,        /* finish, choice; text: the stop sequence */
    AICOST_SAYS_USAGE,         /* usage: all of it so far, it replaces */
    AICOST_SAYS_ERROR,         /* reason; text: message, id: the code */
    AICOST_SAYS_DONE           /* nothing follows */
} aicost_says_e;


typedef enum {
    AICOST_FINISH_STOP = 1,
    AICOST_FINISH_SEQUENCE,    /* a stop sequence was met */
    AICOST_FINISH_LENGTH,
    AICOST_FINISH_CALLS,
    AICOST_FINISH_FILTER,
    AICOST_FINISH_OTHER        /* not known: written as STOP */
} aicost_finish_e;


typedef struct {
    uint8_t              kind;           /* aicost_says_e */
    uint8_t              finish;         /* aicost_finish_e */
    uint32_t             choice;         /* 0 but with n > 1 */
    uint32_t             index;          /* of the call among the calls of its
                                            choice: 0, 1, ... */
    aicost_piece_t       text;
    aicost_piece_t       id;
    aicost_piece_t       name;
    int64_t              created;        /* s, START; 0 unsaid */
    aicost_usage_t       usage;
    aicost_reason_e      reason;         /* ERROR: as aicost_error_class() */
} aicost_says_t;

#define AICOST_SAYS_MAX        64        /* of one event of a stream; what does
                                            not fit is an error of the
                                            provider */


/* a reader of one answer; all zero before the first call */

typedef struct {
    aicost_usage_t       usage;
    uint32_t             calls;          /* begun */
    uint32_t             blocks[AICOST_FORM_CALLS];  /* their number in the
                                            provider's own count */
    uint32_t             ended;          /* choices that are, a bit each */
    unsigned             started:1;
    unsigned             finished:1;
    unsigned             called:1;
    unsigned             done:1;
} aicost_hear_t;


/*
 * A writer of one answer; all zero but the first five before the first call.
 * Tokens, words and ids of a stream are said once, so it keeps them: `keep`
 * holds at most `size` bytes (64 KB are enough for all but huge arguments),
 * which the caller gives; what does not fit sets failed in the output.
 */

typedef struct {
    aicost_str_t         id;             /* of the answer, ours: [a-z0-9]{24};
                                            "": what the provider says */
    aicost_str_t         model;          /* said to the client; "": what the
                                            provider says */
    int64_t              now;            /* s */
    unsigned char       *keep;
    size_t               size;

    unsigned             include_usage:1;  /* OpenAI: asked for */

    /* the writer's own */
    size_t               used;
    aicost_usage_t       usage;
    uint32_t             sequence;
    uint32_t             block;          /* that is open, from 0 on */
    uint32_t             blocks;         /* begun */
    uint32_t             call;           /* that is open */
    uint32_t             calls;
    uint32_t             at[4];          /* places in keep, the shape's own */
    uint8_t              open;           /* aicost_says_e of the block */
    uint8_t              finish;
    unsigned             started:1;
    unsigned             has_usage:1;
    unsigned             called:1;
    unsigned             failed:1;       /* an error was said */
    unsigned             done:1;
} aicost_tell_t;


/* --- a shape -------------------------------------------------------------- */


/*
 * Each shape is one file with one of these.  A function that it does not have
 * is NULL: a shape that is only spoken by clients, or only by providers.
 */

typedef enum {
    AICOST_FRAMES_SSE = 0,
    AICOST_FRAMES_LINES,                 /* a JSON object a line */
    AICOST_FRAMES_AWS                    /* binary: length, headers, CRC */
} aicost_frames_e;


typedef struct {
    const char          *name;           /* "openai", "anthropic", ... */
    const char          *type;           /* of a stream: "text/event-stream" */
    aicost_frames_e      frames;         /* of a provider's stream */

    /* the key of a provider: NULL is "Authorization: Bearer" */
    const char          *key_header;

    /* a header that names the version, and what it says when the client did
       not; NULL: none */
    const char          *version_header;
    const char          *version;

    /* a header, in small letters, that names features, and those of them, up to
       a date or value, that cost nothing beyond tokens and open no side door;
       NULL: none */
    const char          *beta_header;
    const char *const   *betas;

    /* what follows the provider's base URL; the model is percent-encoded where
       it stands there */
    void               (*path)(const aicost_str_t *model, unsigned stream,
                           aicost_out_t *o);

    /* a client's request, from a strict tape.  AICOST_OK, or AICOST_ERROR with
       form->reason and ->param */
    int                (*read)(aicost_form_t *form, const aicost_json_t *j);

    /* the body for a provider.  AICOST_OK, or AICOST_ERROR with form->reason
       and ->param: a member without counterpart, unless target->lenient */
    int                (*write)(aicost_form_t *form,
                           const aicost_form_target_t *target,
                           aicost_out_t *o);

    /* a provider's whole answer, an error object too (ERROR is said then).
       AICOST_OK; AICOST_DECLINED: says is too small, *n says how many there
       are; AICOST_ERROR: it is none */
    int                (*hear)(aicost_hear_t *h, const aicost_json_t *j,
                           aicost_says_t *says, uint32_t max, uint32_t *n);

    /* one event of its stream: name (may be empty) and data, nodes is scratch
       for max_nodes.  At the end of the body it is called once more with data
       NULL: what is still to be said, DONE at least unless it was.  Pieces
       are of data.  AICOST_ERROR: it is no event of this shape */
    int                (*hear_event)(aicost_hear_t *h, const aicost_str_t *name,
                           const unsigned char *data, size_t len,
                           aicost_json_node_t *nodes, uint32_t max_nodes,
                           aicost_says_t *says, uint32_t *n);

    /* a whole answer for a client */
    void               (*tell)(aicost_tell_t *t, const aicost_says_t *says,
                           uint32_t n, aicost_out_t *o);

    /* what of it is to be said in a stream, with event: and data: lines and
       the blank line, at once */
    void               (*tell_event)(aicost_tell_t *t,
                           const aicost_says_t *says, aicost_out_t *o);

    /* an error object for a client; message is cut at a character, what is not
       UTF-8 becomes U+FFFD */
    void               (*tell_error)(aicost_reason_e reason,
                           const aicost_str_t *message,
                           const aicost_str_t *param, aicost_out_t *o);
} aicost_api_t;


extern const aicost_api_t  aicost_api_openai;
extern const aicost_api_t  aicost_api_responses;
extern const aicost_api_t  aicost_api_anthropic;
extern const aicost_api_t  aicost_api_gemini;
extern const aicost_api_t  aicost_api_ollama;
extern const aicost_api_t  aicost_api_bedrock;


/* by name; NULL: no such */
const aicost_api_t *aicost_api(const unsigned char *name, size_t len);

/* the features of a header's value, "a-2026-01-01, b", that are listed, or are
   among the n of more: written to o, with commas between.  1 when some are
   left out */
unsigned aicost_api_betas(const aicost_api_t *api, const aicost_str_t *more,
    uint32_t n, const aicost_str_t *value, aicost_out_t *o);


/* --- what the shapes share ------------------------------------------------ */


/* AICOST_ERROR, and the member is named */
int aicost_form_fail(aicost_form_t *f, aicost_reason_e reason,
    const char *param);

/* the same of a writer, who knows a member by OpenAI's name of it */
int aicost_form_wrong(aicost_form_t *f, aicost_reason_e reason,
    const char *name);

/* likewise a member without counterpart: AICOST_OK when the target is lenient,
   and it is listed; AICOST_ERROR otherwise */
int aicost_form_miss(aicost_form_t *f, const aicost_form_target_t *t,
    const char *name);

/* lists it as left out */
void aicost_form_list(aicost_form_t *f, const char *name);

/* a new part or tool, all zero; NULL when there is no room, and it failed */
aicost_part_t *aicost_form_part(aicost_form_t *f, aicost_role_e role,
    aicost_part_e kind);
aicost_tool_t *aicost_form_tool(aicost_form_t *f);

/* the name of the tool that the result answers: its own, or that of the call
   with its id; NONE when there is none */
aicost_piece_t aicost_form_result_name(const aicost_form_t *f,
    const aicost_part_t *result);

/* reads it: OTHER is refused by the member's name; AUTO says nothing */
int aicost_form_service(aicost_form_t *f, const char *name,
    aicost_service_e service);

/* writes it: values by aicost_service_e, JSON; "": need not be said, NULL: has
   no counterpart */
int aicost_form_service_out(aicost_form_t *f, const aicost_form_target_t *t,
    aicost_out_t *o, const char *name, const char *const *values);

/* likewise what an answer was served as, if there is a word for it */
void aicost_out_service(aicost_out_t *o, const char *name,
    aicost_service_e service, const char *const *values);

/*
 * What a shape does not carry although no answer depends on it, or that only
 * its maker can read or keep: it is left out when the target is not lenient
 * too, but listed.
 */

#define AICOST_LOSES_CACHE     0x0001    /* marks on parts */
#define AICOST_LOSES_HOUR      0x0002    /* that a mark is for an hour */
#define AICOST_LOSES_TOOLS     0x0004    /* marks on tools */
#define AICOST_LOSES_KEY       0x0008    /* of a cache, its options */
#define AICOST_LOSES_USER      0x0010
#define AICOST_LOSES_METADATA  0x0020
#define AICOST_LOSES_SIGNED    0x0040    /* signatures of thoughts */
#define AICOST_LOSES_UNSIGNED  0x0080    /* thoughts that have none */
#define AICOST_LOSES_FOREIGN   0x0100    /* thoughts that have no item's id */
#define AICOST_LOSES_CALLS     0x0200    /* signatures of calls */
#define AICOST_LOSES_ERRORS    0x0400    /* that a result is one */
#define AICOST_LOSES_STRICT    0x0800    /* tools */
#define AICOST_LOSES_RESULTS   0x1000    /* schemas of what tools answer */

void aicost_form_losses(aicost_form_t *f, unsigned loses);

/* a number that is more than 1 */
unsigned aicost_form_above_one(const aicost_piece_t *p);

/* "data:image/png;base64,AAAA" -> media type and data; AICOST_DECLINED: no
   such URL; AICOST_ERROR: one that is not base64 */
int aicost_form_data_url(const aicost_piece_t *url, aicost_piece_t *type,
    aicost_piece_t *data);

/* the name of what was said of thinking: an effort, or else */
const char *aicost_form_effort_name(const aicost_form_t *f);

/* "low" -> AICOST_EFFORT_LOW, UNSAID: not known; and back */
aicost_effort_e aicost_form_effort(const aicost_piece_t *p);
const char *aicost_form_effort_word(aicost_effort_e effort);

/* field by field, as a round trip has to keep it.  NULL: the same, or the name
   of the first that differs */
const char *aicost_form_differs(const aicost_form_t *a,
    const aicost_form_t *b);


#endif /* _AICOST_FORM_H_INCLUDED_ */
