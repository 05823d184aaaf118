
/*
 * Copyright (C) aicost
 *
 * The exit drill: recorded requests, what another provider's shape makes of
 * them, and what it answers.
 */


#ifndef _AICOST_DRILL_H_INCLUDED_
#define _AICOST_DRILL_H_INCLUDED_


#include "../ngx_aicost_module/core/aicost_record.h"
#include "../ngx_aicost_module/core/format/aicost_frames.h"
#include "../ngx_aicost_module/file/aicost_file.h"

#include "aicost.h"


#define DRILL_OUTPUT            4096      /* tokens, where nothing caps them */
#define DRILL_MAX_TOOLS         1024      /* of a request */
#define DRILL_NODES             8192      /* of arguments in a string */
#define DRILL_KEEP              (1024 * 1024)   /* bytes of a stream's memory */
#define DRILL_NAME              48        /* bytes kept of a member's name */
#define DRILL_WHY               64        /* reasons, members told apart */


/* what a request uses */

#define DRILL_FEATURES(X)                                                     \
    X(PLAIN, "plain")                                                         \
    X(STREAM, "stream")                                                       \
    X(TOOLS, "tools")                                                         \
    X(TOOL_LOOP, "tool loop")                                                 \
    X(IMAGES, "images")                                                       \
    X(DOCUMENTS, "documents")                                                 \
    X(STRUCTURED, "structured output")                                        \
    X(REASONING, "reasoning")                                                 \
    X(CHOICES, "several answers")                                             \
    X(LOGPROBS, "log probabilities")                                          \
    X(COMPLETIONS, "completions")                                             \
    X(EMBEDDINGS, "embeddings")

#define DRILL_FEATURE(name, word)  DRILL_##name,

typedef enum {
    DRILL_FEATURES(DRILL_FEATURE)
    DRILL_NFEATURES
} drill_feature_e;

#undef DRILL_FEATURE


typedef enum {
    DRILL_UNCHANGED = 0,
    DRILL_LOSSES,                      /* members are left out */
    DRILL_NOT,
    DRILL_CLASSES
} drill_class_e;


typedef struct {
    size_t               line;         /* of the recording, from 1 */
    const char          *text;
    size_t               len;
    aicost_record_t      record;
    uint32_t             features;     /* a bit each */
    drill_class_e        class;
    char                 members[AICOST_FORM_DROPS][DRILL_NAME];
    size_t               nmembers;     /* left out; or the one refused */
    const char          *why;          /* reason word of a refusal */
    int64_t              expected;     /* nano: there, at the tokens recorded */
    int64_t              upper;        /* nano: at most, when it is sent */
    unsigned             redacted_url:1;
    unsigned             chosen:1;     /* within --requests */
    unsigned             sent:1;
    unsigned             worked:1;

    /* of what was sent, or why it was not */
    const char          *result;
    long                 status;
    char                 code[DRILL_NAME];     /* the provider's own, a word */
    char                *message;      /* --messages, else NULL */
    int64_t              cost;         /* nano */
    int64_t              tokens_in;
    int64_t              tokens_out;
    int64_t              latency;      /* ms */
    int64_t              ttft;
} drill_call_t;


typedef struct {
    const char          *shape;        /* of the clients */
    const char          *provider;
    const char          *file;
    const char          *prices;
    const char          *model;
    const char          *url;
    const char          *api_name;
    const char          *version;
    const char          *key_file;
    const char          *key_env;
    const char          *max_cost_text;
    int64_t              rate;         /* ppm */
    int64_t              max_cost;     /* nano */
    int64_t              output;       /* tokens */
    int64_t              requests;     /* at most; 0: all */
    int64_t              timeout;      /* s */
    unsigned             dry:1;
    unsigned             json:1;
    unsigned             extra:1;
    unsigned             messages:1;
    unsigned             azure:1;

    const aicost_api_t  *client;
    const aicost_api_t  *api;
    char                *key;          /* NULL: none is sent */
    aicost_catalogue_t  *catalogue;
    const aicost_price_t *price;       /* NULL: not known */
    char                 currency[8];

    char                *text;         /* of the recording */
    drill_call_t        *calls;
    size_t               ncalls;
    size_t               bad;          /* lines that are no record */
    size_t               others;       /* of other shapes */
    int64_t              spent;        /* nano */
} drill_t;


/* one request, parsed and written */

typedef struct {
    aicost_json_t        j;
    aicost_json_node_t  *scratch;
    aicost_part_t       *parts;
    aicost_tool_t       *tools;
    aicost_form_t        form;
    aicost_request_t     q;
    int64_t              cap;          /* output tokens that are sent */
    unsigned char       *body;
    size_t               len;
    unsigned             form_read:1;
    unsigned             same:1;       /* the bytes pass, with few edits */
} drill_work_t;


/* drill_read.c */
int drill_load(drill_t *d);
/* AICOST_ERROR: the request is none; drill_free() in either case */
int drill_open(const drill_t *d, drill_call_t *c, drill_work_t *w);
void drill_free(drill_work_t *w);
/* w->body for the provider; AICOST_ERROR: it cannot be said, c says why */
int drill_write(const drill_t *d, drill_call_t *c, drill_work_t *w,
    unsigned lenient);
void drill_classify(const drill_t *d, drill_call_t *c);
unsigned drill_word(const unsigned char *data, size_t len, char *to);

/* drill_send.c */
void drill_send(drill_t *d);

/* drill_hear.c: what became of the call is in it */
void drill_hear(const drill_t *d, drill_call_t *c, const drill_work_t *w,
    const aicost_http_t *answer);

/* drill_report.c */
void drill_report(const drill_t *d);

/* cmd_drill.c */
const char *drill_feature(drill_feature_e f);


#endif /* _AICOST_DRILL_H_INCLUDED_ */
