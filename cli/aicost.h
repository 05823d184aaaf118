
/*
 * Copyright (C) aicost
 *
 * The command line: a command is one file, cli/cmd_NAME.c, and one row here.
 */


#ifndef _AICOST_CLI_H_INCLUDED_
#define _AICOST_CLI_H_INCLUDED_


#include <getopt.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../ngx_aicost_module/core/aicost.h"
#include "../ngx_aicost_module/core/aicost_json.h"


#define AICOST_EXIT_FAILED      1
#define AICOST_EXIT_USAGE       2

#define AICOST_FILE_MAX         (256 * 1024 * 1024)   /* bytes of a file */
#define AICOST_HTTP_MAX         (64 * 1024 * 1024)    /* of an answer */
#define AICOST_TABLE_COLUMNS    16


/* X(function, name, one line of what for) */

#define AICOST_COMMANDS(X)                                                    \
    X(estimate, "estimate", "tokens and cost of a request on every model")    \
    X(prices, "prices", "the price catalogue: show, check, import")           \
    X(key, "key", "consumer keys: add, list, revoke")                         \
    X(status, "status", "what the gateway says about itself")                 \
    X(mode, "mode", "austerity: move a share of the traffic to lighter tiers") \
    X(kill, "kill", "stop a budget or a key, at once, on all edges")          \
    X(resume, "resume", "clear what was killed")                              \
    X(explain, "explain", "which tier and why, without sending the request")  \
    X(drill, "drill", "the exit drill: recorded requests at another provider") \
    X(sim, "sim", "a simulated provider: costs nothing")


#define AICOST_COMMAND(function, name, brief)                                 \
    int aicost_cmd_##function(int argc, char **argv);

AICOST_COMMANDS(AICOST_COMMAND)

#undef AICOST_COMMAND


typedef struct {
    const char          *console;      /* URL of the console's location */
    const char          *token_file;
    unsigned             json;
} aicost_cli_t;


typedef struct {
    const char          *name;
    const char          *value;
} aicost_header_t;


typedef struct {
    long                 status;
    char                *body;         /* always ends with a NUL; free() it */
    size_t               len;
    int64_t              latency;      /* ms to the end of the answer */
    int64_t              ttft;         /* ms to its first byte */
    int64_t              retry_after;  /* ms, -1: nothing is said */
    aicost_reason_e      reason;       /* why there is none */
} aicost_http_t;


typedef struct {
    size_t               columns;
    size_t               rows;
    unsigned             right;        /* bit mask: columns of figures */
    char               **cells;
} aicost_table_t;


/* "aicost: sentence" on stderr */
void aicost_say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/*
 * One option: its value, 'h' for --help, -1 at the end, '?' after a wrong one,
 * which has been reported.
 */
int aicost_option(int argc, char **argv, const struct option *options);

/* reports a usage error and where help is; AICOST_EXIT_USAGE */
int aicost_usage(const char *command, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* a whole decimal in [min, max]; AICOST_ERROR otherwise */
int aicost_number(const char *s, int64_t min, int64_t max, int64_t *value);

/* the whole file ("-": standard input), ends with a NUL; NULL was reported */
char *aicost_read(const char *path, size_t *len);

/* the first line of a file, without spaces around it; NULL was reported */
char *aicost_read_secret(const char *path);

/*
 * Replaces a file in one step: written beside it, synced, renamed.  Keeps the
 * mode of the file that was there, else takes `mode`.
 */
int aicost_write(const char *path, const char *data, size_t len,
    unsigned mode);

/* ms since 1970 UTC */
int64_t aicost_now(void);

/* "2026-09-22" of a time in ms; buf holds 32 bytes */
void aicost_date(int64_t ms, char *buf);

void aicost_print_json(json_t *root);

void aicost_table_init(aicost_table_t *t, size_t columns, unsigned right);
void aicost_table_row(aicost_table_t *t, const char *const *cells);
void aicost_table_print(aicost_table_t *t, FILE *f);
void aicost_table_free(aicost_table_t *t);

/* malloc and friends that end the program when memory is gone */
void *aicost_alloc(size_t size);
void *aicost_realloc(void *p, size_t size);

/* strict JSON of any size: AICOST_OK, or what aicost_json_run() says.  The tape
   is malloc'ed and left in j->nodes, in any case */
int aicost_tape(aicost_json_t *j, const void *data, size_t len);
char *aicost_dup(const char *s, size_t len);

/* aicost_alloc_pt of the core's builders */
void *aicost_core_alloc(void *ctx, void *p, size_t size);


/*
 * One request by http or https: no redirect, no proxy and no netrc of the
 * environment.  AICOST_ERROR was reported and means no answer.
 */
int aicost_http(const char *method, const char *url,
    const aicost_header_t *headers, size_t nheaders, const char *body,
    size_t len, aicost_http_t *answer);

/* likewise, by answer->reason and error (256 bytes) and without a word;
   timeout in s.  A connection is used again */
int aicost_http_try(const char *method, const char *url,
    const aicost_header_t *headers, size_t nheaders, const char *body,
    size_t len, int64_t timeout, aicost_http_t *answer, char *error);

/*
 * Calls the gateway's console: --console and --token-file, else AICOST_CONSOLE
 * and AICOST_TOKEN_FILE.  body may be NULL (GET).  NULL was reported; *status
 * is then the exit code.
 */
json_t *aicost_console(const aicost_cli_t *cli, const char *path,
    json_t *body, int *status);

/* the operator's token, NULL was reported */
char *aicost_token(const aicost_cli_t *cli);

/* error.message of an answer, or NULL */
const char *aicost_error_text(json_t *root);


#endif /* _AICOST_CLI_H_INCLUDED_ */
