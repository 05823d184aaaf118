
/*
 * Copyright (C) aicost
 *
 * The simulated provider: one process, one epoll loop.  A connection reads a
 * whole request, then writes its answer piece by piece, one send a piece, as a
 * provider's events come.
 */


#ifndef _AICOST_SIM_H_INCLUDED_
#define _AICOST_SIM_H_INCLUDED_


#include "aicost.h"

#include "../ngx_aicost_module/core/format/aicost_form.h"

#include <openssl/err.h>
#include <openssl/ssl.h>


#define SIM_HEAD_MAX            65536
#define SIM_BODY_MAX            (16 * 1024 * 1024)
#define SIM_BODY_KEPT           65536     /* bytes of a body in the log */
#define SIM_MODEL_MAX           1024      /* bytes of the model, as written */
#define SIM_QUEUE_MAX           1024      /* faults waiting for requests */
#define SIM_RULES_MAX           64        /* --fault */
#define SIM_LISTEN_MAX          16
#define SIM_KEEP_MAX            65536     /* --keep */
#define SIM_INPUTS_MAX          2048      /* of one embeddings request */
#define SIM_DIMENSIONS_MAX      3072
#define SIM_CONTENT_MAX         (64 * 1024 * 1024)
#define SIM_CANNED_EVENTS       50
#define SIM_SHAPE_COUNT         1         /* the step of a count of tokens */


/* what a fault asks for beside its numbers */

#define SIM_HANG                0x00000001
#define SIM_HANGBODY            0x00000002
#define SIM_CLOSE               0x00000004
#define SIM_RESET               0x00000008
#define SIM_NOUSAGE             0x00000010
#define SIM_ZEROUSAGE           0x00000020
#define SIM_NEG                 0x00000040
#define SIM_HUGE                0x00000080
#define SIM_STRUSAGE            0x00000100
#define SIM_USAGETWICE          0x00000200
#define SIM_MIDUSAGE            0x00000400
#define SIM_HTML                0x00000800
#define SIM_BADJSON             0x00001000
#define SIM_IGNORECAP           0x00002000
#define SIM_BLANK               0x00004000
#define SIM_CRLF                0x00008000
#define SIM_CR                  0x00010000
#define SIM_ONEB                0x00020000
#define SIM_QUOTA               0x00040000
#define SIM_NODONE              0x00080000
#define SIM_TOOL                0x00100000
#define SIM_REDIRECT            0x00200000
#define SIM_CHUNKED             0x00400000
#define SIM_NOBLANK             0x00800000
#define SIM_FLEX                0x01000000
#define SIM_PRIORITY            0x02000000
#define SIM_FAST                0x04000000


typedef struct {
    unsigned             flags;
    int64_t              status;       /* an error answer; 0 none */
    int64_t              retry;        /* s, Retry-After; -1 none */
    int64_t              cut;          /* events before the close; -1 never */
    int64_t              error;        /* events before an error; -1 never */
    int64_t              slow;         /* ms between events */
    int64_t              delay;        /* ms before the first byte */
    int64_t              tokens;       /* output; -1: --tokens */
    int64_t              cached;       /* of the input */
    int64_t              write;        /* cache writes, of the input */
    int64_t              reasoning;    /* of the output */
    int64_t              big;          /* bytes of the first event's text */
    int64_t              longjson;     /* bytes of the answer's text */
    int64_t              bighead;      /* bytes of one more header */
} sim_fault_t;


typedef enum {
    SIM_EP_NONE = 0,
    SIM_EP_CHAT,
    SIM_EP_COMPLETIONS,
    SIM_EP_SHAPE,                      /* c->api: any but OpenAI's */
    SIM_EP_EMBEDDINGS,
    SIM_EP_MODELS,
    SIM_EP_CONTROL
} sim_endpoint_e;


/* what the scan of a body finds */

typedef struct {
    const char          *model;        /* as written, without quotes */
    size_t               model_len;
    unsigned             stream:1;
    unsigned             include_usage:1;
    unsigned             base64:1;
    int64_t              cap;          /* -1 none */
    int64_t              choices;
    int64_t              dimensions;   /* 0 none */
    int64_t              inputs;       /* of embeddings */
    int64_t              text;         /* bytes of text and tools; a token
                                          id counts 4 */
} sim_ask_t;


typedef struct {
    char                *data;
    size_t               len;
    size_t               size;
} sim_buf_t;


typedef struct {
    uint64_t             number;       /* of the request, from 1; 0: empty */
    char                *head;         /* request line and headers */
    size_t               head_len;
    char                *body;
    size_t               body_kept;
    size_t               body_len;
    char                 sha256[65];   /* "" while the kept body is whole */
    char                 sni[256];
    char                 faults[256];
    unsigned             tls:1;
    unsigned             done:1;       /* the answer was written whole */
    unsigned             aborted:1;    /* the client left before its end */
    int                  status;       /* 0: no answer */
    int64_t              events;
    int64_t              input;
    int64_t              output;
    uint64_t             connection;
} sim_entry_t;


typedef enum {
    SIM_READING = 0,
    SIM_DRAINING,                      /* --canned: body bytes to drop */
    SIM_WAITING,
    SIM_WRITING,
    SIM_HANGING,
    SIM_CLOSED
} sim_state_e;


/* what the next piece of an answer is */

typedef enum {
    SIM_MORE = 0,                      /* send what is in c->out, come again */
    SIM_WAIT,                          /* likewise, after c->wait ms */
    SIM_DONE,
    SIM_END_CLOSE,
    SIM_END_RESET,
    SIM_END_HANG
} sim_next_e;


typedef struct sim_s       sim_t;
typedef struct sim_conn_s  sim_conn_t;

typedef sim_next_e (*sim_next_pt)(sim_conn_t *c);

struct sim_conn_s {
    int                  kind;         /* SIM_KIND_*: first, epoll finds it */
    int                  fd;
    sim_t               *sim;
    SSL                 *ssl;
    uint64_t             number;
    sim_state_e          state;
    unsigned             handshake:1;
    unsigned             reading:1;    /* EPOLLIN is asked for */
    unsigned             writing:1;    /* EPOLLOUT is asked for */
    unsigned             pause:1;      /* wait ms once `out` is sent */

    /* the request */
    char                *in;
    size_t               in_len;
    size_t               in_size;
    size_t               head_len;     /* 0: the head is not whole */
    size_t               body_len;     /* Content-Length, or decoded so far */
    size_t               raw;          /* chunked: end of what was decoded */
    size_t               left;         /* canned: body bytes to come */
    size_t               used;         /* bytes of this request in `in` */
    unsigned             chunked:1;
    unsigned             close:1;      /* after this answer */
    unsigned             http10:1;
    unsigned             method_get:1;
    sim_endpoint_e       ep;
    sim_ask_t            ask;
    sim_fault_t          fault;
    const aicost_api_t  *api;          /* NULL: OpenAI's */
    const char          *refused;      /* what is wrong with the request */
    char                 param[128];
    char                 model[SIM_MODEL_MAX + 1];

    /* the answer */
    sim_next_pt          next;
    aicost_tell_t        tell;
    char                *keep;         /* its memory */
    char                 id[25];       /* of the answer */
    sim_buf_t            out;
    size_t               out_pos;
    sim_buf_t            prefix;       /* of every event of this stream */
    sim_buf_t            event;        /* the one being written, or a body */
    int64_t              step;
    int64_t              events;
    int64_t              input;        /* usage, tokens */
    int64_t              output;       /* a choice */
    int64_t              wait;         /* ms */
    uint64_t             request;      /* its number, for the log */

    /* timers, sorted by due */
    int64_t              due;          /* ms, monotonic */
    sim_conn_t          *later;
    sim_conn_t          *sooner;
    unsigned             timed:1;

    sim_conn_t          *newer;        /* of all that are open */
    sim_conn_t          *older;
};


#define SIM_KIND_SIGNAL         1
#define SIM_KIND_LISTEN         2
#define SIM_KIND_LISTEN_TLS     3
#define SIM_KIND_CONN           4


typedef struct {
    int                  kind;
    int                  fd;
    const char          *address;
} sim_listen_t;


typedef struct {
    int64_t              first;        /* request numbers; 0: any */
    int64_t              last;
    int64_t              ppm;          /* share of the requests; 0: all */
    sim_fault_t          fault;
    const char          *text;
} sim_rule_t;


struct sim_s {
    int                  epoll;
    SSL_CTX             *tls;
    sim_listen_t         listens[SIM_LISTEN_MAX];
    size_t               nlistens;
    sim_rule_t           rules[SIM_RULES_MAX];
    size_t               nrules;

    int64_t              tokens;       /* output of an answer */
    int64_t              latency;      /* ms */
    int64_t              slow;         /* ms between events */
    int64_t              per_event;    /* tokens */
    unsigned             canned;       /* 0, SIM_CANNED_JSON, _STREAM */
    FILE                *log;

    sim_buf_t            canned_json;
    sim_buf_t            canned_events[SIM_CANNED_EVENTS + 2];
    sim_buf_t            filler;

    int64_t              now;          /* ms, monotonic */
    int64_t              created;      /* s since 1970 */
    uint64_t             random;
    uint64_t             requests;
    uint64_t             connections;
    uint64_t             open;

    sim_entry_t         *kept;
    size_t               nkept;

    char                *queue[SIM_QUEUE_MAX];
    size_t               queue_at;
    size_t               queue_len;

    sim_conn_t          *newest;
    sim_conn_t          *first_due;
    sim_conn_t          *last_due;
    sim_conn_t          *dead;         /* freed after the batch of events */
};

#define SIM_CANNED_JSON         1
#define SIM_CANNED_STREAM       2


/* sim_fault.c */
void sim_fault_init(sim_fault_t *f);
/* "cut=3+slow=50" on top of f; AICOST_ERROR for a word it does not know */
int sim_fault_parse(sim_fault_t *f, const char *s, size_t len);
/* "N:...", "N-M:...", "P%:..." or plain */
int sim_rule_parse(sim_rule_t *r, const char *s);
/* decides what this request gets; writes its words into text */
void sim_fault_choose(sim_conn_t *c, char *text, size_t size);
void sim_fault_help(FILE *f);

/* sim_scan.c: one pass over a JSON body that was checked by others */
void sim_scan(sim_ask_t *a, const char *data, size_t len);

/* sim_http.c: AICOST_OK a request is whole, AICOST_AGAIN, AICOST_ERROR */
int sim_http_read(sim_conn_t *c);
/* value of a request header, NULL without */
const char *sim_http_header(const char *head, size_t len, const char *name,
    size_t *value_len);

/* sim_answer.c: how a request is answered */
void sim_answer(sim_conn_t *c);
/* length -1: chunked, or up to the close for HTTP/1.0 */
void sim_answer_head(sim_conn_t *c, int status, const char *type,
    int64_t length);
/* c->event is the body */
void sim_answer_body(sim_conn_t *c, int status, const char *type);
sim_next_e sim_answer_done(sim_conn_t *c);
sim_next_e sim_answer_close(sim_conn_t *c);
sim_next_e sim_answer_hang(sim_conn_t *c);

/* sim_openai.c: shapes */
void sim_openai_count(sim_conn_t *c);
void sim_openai_json(sim_conn_t *c);
void sim_openai_embeddings(sim_conn_t *c);
void sim_openai_models(sim_conn_t *c);
void sim_openai_begin(sim_conn_t *c);
void sim_openai_id(sim_conn_t *c, sim_buf_t *b);
const char *sim_openai_finish(const sim_conn_t *c);
void sim_openai_usage(const sim_conn_t *c, sim_buf_t *b, int64_t output);
void sim_openai_service(const sim_conn_t *c, sim_buf_t *b);

/* sim_shapes_read.c: NONE and c->api NULL when a path is of no other shape */
sim_endpoint_e sim_shape_endpoint(sim_conn_t *c, const char *path,
    size_t len);
/* what a path and a shape of its own say more */
void sim_shape_read(sim_conn_t *c);

/* sim_shapes.c */
void sim_shape_answer(sim_conn_t *c);
void sim_shape_error(sim_conn_t *c, int status, const char *type,
    const char *message);
sim_next_e sim_shape_next(sim_conn_t *c);

/* sim_stream.c */
sim_next_e sim_stream_next(sim_conn_t *c);
/* c->event, as one piece of the body; and its end */
void sim_stream_send(sim_conn_t *c);
sim_next_e sim_stream_end(sim_conn_t *c);

/* sim_canned.c */
void sim_canned_init(sim_t *sim);
void sim_canned(sim_conn_t *c);

/* sim_log.c */
sim_entry_t *sim_log_entry(sim_t *sim, uint64_t request);
void sim_log_begin(sim_conn_t *c, const char *faults);
/* before the connection ends, or its next request; once a request */
void sim_log_end(sim_conn_t *c, unsigned done, unsigned aborted);
void sim_control(sim_conn_t *c);
void sim_log_free(sim_t *sim);

/* sim_conn.c */
void sim_accept(sim_t *sim, sim_listen_t *l);
void sim_conn_event(sim_conn_t *c, uint32_t events);
void sim_conn_due(sim_t *sim);
void sim_conn_bury(sim_t *sim);
void sim_conn_end(sim_t *sim);

/* sim_buf.c */
void sim_put(sim_buf_t *b, const char *data, size_t len);
void sim_puts(sim_buf_t *b, const char *s);
void sim_putn(sim_buf_t *b, int64_t n);
void sim_puthex(sim_buf_t *b, uint64_t n, size_t digits);
/* len bytes of words, from the same text for the same offset */
void sim_words(const sim_t *sim, sim_buf_t *b, size_t offset, size_t len);


#endif /* _AICOST_SIM_H_INCLUDED_ */
