
/*
 * Copyright (C) aicost
 *
 * A client of one API shape, a provider of another: the request is written
 * anew for each attempt, the answer event by event or as a whole.  A client
 * whose shape is not OpenAI's is heard and told here too when the provider
 * speaks it as well: then the bytes pass untouched, only their usage is read.
 */


#include "ngx_http_aicost_translate.h"


#define NGX_HTTP_AICOST_TALK_KEEP    4096     /* bytes of a stream's memory at
                                                 first, at most those of
                                                 aicost_answer_buffer */
#define NGX_HTTP_AICOST_TALK_OUT     16384    /* bytes of what an event becomes,
                                                kept from one to the next */
#define NGX_HTTP_AICOST_TALK_TOOLS   1024
#define NGX_HTTP_AICOST_TALK_NODES   8192     /* of arguments that come in a
                                                 string */


static ngx_int_t ngx_http_aicost_miss(ngx_http_aicost_ctx_t *ctx,
    aicost_form_t *form);
static ngx_int_t ngx_http_aicost_write_form(ngx_http_request_t *r,
    ngx_http_aicost_ctx_t *ctx, ngx_http_aicost_provider_t *p,
    aicost_form_t *form, aicost_out_t *o, ngx_str_t *body);
static void ngx_http_aicost_dropped(ngx_http_request_t *r,
    ngx_http_aicost_ctx_t *ctx, aicost_form_t *form);
static void ngx_http_aicost_talk_start(ngx_http_aicost_main_conf_t *amcf);
static ngx_int_t ngx_http_aicost_talk_room(ngx_http_aicost_ctx_t *ctx);
static ngx_int_t ngx_http_aicost_tell(ngx_http_aicost_ctx_t *ctx,
    const aicost_says_t *says);
static int ngx_http_aicost_hear_event(ngx_http_aicost_ctx_t *ctx,
    u_char *data, size_t len, aicost_says_t *says, uint32_t *n);
static aicost_json_node_t *ngx_http_aicost_nodes(ngx_http_aicost_ctx_t *ctx,
    size_t len, uint32_t *max);
static void ngx_http_aicost_midway(ngx_http_aicost_ctx_t *ctx,
    aicost_says_t *says);
static void ngx_http_aicost_heard(ngx_http_aicost_ctx_t *ctx,
    const aicost_says_t *says, aicost_event_t *e);
static ngx_int_t ngx_http_aicost_hear(ngx_http_aicost_ctx_t *ctx,
    aicost_json_t *j, aicost_says_t **says, uint32_t *n);
static ngx_int_t ngx_http_aicost_retell(ngx_http_aicost_ctx_t *ctx,
    const aicost_says_t *says, uint32_t n, aicost_json_node_t *nodes,
    uint32_t max);
static ngx_int_t ngx_http_aicost_retell_error(ngx_http_aicost_ctx_t *ctx,
    const aicost_says_t *error);
static ngx_int_t ngx_http_aicost_failed(ngx_http_aicost_ctx_t *ctx,
    aicost_reason_e reason);


/* --- the request ---------------------------------------------------------- */


/* NGX_OK; NGX_DECLINED: it cannot be said in the provider's shape, ctx->miss
   says why; NGX_ERROR */

ngx_int_t
ngx_http_aicost_translate(ngx_http_request_t *r, ngx_http_aicost_ctx_t *ctx,
    ngx_http_aicost_provider_t *p, ngx_str_t *body)
{
    int                  rc;
    u_char              *block;
    size_t               size;
    uint32_t             nodes;
    ngx_int_t            code;
    aicost_out_t         o;
    aicost_json_t       *j;
    aicost_form_t        form;
    aicost_json_node_t  *tape;

    ngx_memzero(&form, sizeof(aicost_form_t));

    if (ctx->api == NULL || ctx->api->read == NULL || p->api->write == NULL) {
        (void) aicost_form_fail(&form, AICOST_R_PARAMETER_NOT_ALLOWED, "");
        return ngx_http_aicost_miss(ctx, &form);
    }

    nodes = ctx->nnodes + 1;

    size = sizeof(aicost_json_t)
           + (nodes + NGX_HTTP_AICOST_TALK_NODES) * sizeof(aicost_json_node_t)
           + nodes * sizeof(aicost_part_t)
           + NGX_HTTP_AICOST_TALK_TOOLS * sizeof(aicost_tool_t);

    block = ngx_alloc(size, r->connection->log);
    if (block == NULL) {
        return NGX_ERROR;
    }

    form.parts = (aicost_part_t *) block;
    form.max_parts = nodes;
    form.tools = (aicost_tool_t *) (form.parts + nodes);
    form.max_tools = NGX_HTTP_AICOST_TALK_TOOLS;
    j = (aicost_json_t *) (form.tools + NGX_HTTP_AICOST_TALK_TOOLS);
    tape = (aicost_json_node_t *) (j + 1);

    ngx_memzero(&o, sizeof(aicost_out_t));
    o.nodes = tape + nodes;
    o.max = NGX_HTTP_AICOST_TALK_NODES;

    aicost_json_init(j, ctx->body, ctx->body_len, tape, nodes);

    do {
        rc = aicost_json_run(j, ctx->body_len);
    } while (rc == AICOST_AGAIN);

    if (rc != AICOST_OK) {
        code = NGX_ERROR;

    } else if (ctx->api->read(&form, j) != AICOST_OK) {
        code = ngx_http_aicost_miss(ctx, &form);

    } else {
        code = ngx_http_aicost_write_form(r, ctx, p, &form, &o, body);
    }

    ngx_free(block);

    return code;
}


static ngx_int_t
ngx_http_aicost_write_form(ngx_http_request_t *r, ngx_http_aicost_ctx_t *ctx,
    ngx_http_aicost_provider_t *p, aicost_form_t *form, aicost_out_t *o,
    ngx_str_t *body)
{
    aicost_form_target_t          target;
    const aicost_model_t         *model;

    ngx_memzero(&target, sizeof(aicost_form_target_t));

    model = ctx->calls[ctx->current].model;

    target.model = model->model;
    target.cap = ngx_http_aicost_send_cap(ctx, ctx->current);
    target.version.data = p->version.data;
    target.version.len = p->version.len;
    target.lenient = ctx->alcf->lenient;
    target.legacy_cap = p->extra;

    if (target.cap == -1 && ctx->ask.cap == -1) {
        target.cap = ctx->cap;
    }

    form->stream = ctx->ask.stream;

    if (p->api->write(form, &target, o) != AICOST_OK) {
        return ngx_http_aicost_miss(ctx, form);
    }

    o->size = o->len;
    o->data = ngx_pnalloc(r->pool, o->size);
    o->len = 0;

    if (o->data == NULL) {
        return NGX_ERROR;
    }

    if (p->api->write(form, &target, o) != AICOST_OK) {
        return ngx_http_aicost_miss(ctx, form);
    }

    if (o->failed) {
        return NGX_ERROR;
    }

    body->data = o->data;
    body->len = o->len;

    ngx_http_aicost_dropped(r, ctx, form);

    return NGX_OK;
}


/* the first attempt that could not be made says why */

static ngx_int_t
ngx_http_aicost_miss(ngx_http_aicost_ctx_t *ctx, aicost_form_t *form)
{
    if (ctx->miss == AICOST_R_OK) {
        ctx->miss = form->reason;
        ctx->miss_param = ngx_http_aicost_str(&form->param);
    }

    return NGX_DECLINED;
}


/* "seed, logit_bias": for a header of the answer */

static void
ngx_http_aicost_dropped(ngx_http_request_t *r, ngx_http_aicost_ctx_t *ctx,
    aicost_form_t *form)
{
    u_char    *p;
    size_t     len;
    uint32_t   i;

    ngx_str_null(&ctx->dropped_members);

    if (form->ndropped == 0) {
        return;
    }

    len = 0;

    for (i = 0; i < form->ndropped; i++) {
        len += ngx_strlen(form->dropped[i]) + 2;
    }

    p = ngx_pnalloc(r->pool, len);
    if (p == NULL) {
        return;
    }

    ctx->dropped_members.data = p;

    for (i = 0; i < form->ndropped; i++) {
        p = ngx_sprintf(p, "%s%s", i ? ", " : "", form->dropped[i]);
    }

    ctx->dropped_members.len = p - ctx->dropped_members.data;
}


/* --- the answer ----------------------------------------------------------- */


/* for one attempt; NGX_OK and ctx->talk NULL: the bytes pass as they are */

ngx_int_t
ngx_http_aicost_talk_begin(ngx_http_request_t *r, ngx_http_aicost_ctx_t *ctx,
    ngx_http_aicost_provider_t *p)
{
    ngx_http_aicost_talk_t  *t;

    ctx->talk = NULL;

    if (ctx->api == NULL
        || (ctx->api == p->api && ctx->api == &aicost_api_openai))
    {
        return NGX_OK;
    }

    t = ngx_pcalloc(r->pool, sizeof(ngx_http_aicost_talk_t));
    if (t == NULL) {
        return NGX_ERROR;
    }

    t->client = ctx->api;
    t->provider = p->api;
    t->same = (ctx->api == p->api);

    if (!t->same) {
        t->tell.id.data = ctx->id;
        t->tell.id.len = NGX_HTTP_AICOST_TALK_ID;
    }

    t->tell.now = ngx_time();
    t->tell.include_usage = ctx->ask.include_usage;

    ctx->talk = t;

    return NGX_OK;
}


/* one event of a provider's stream, data NULL: its end.  What the client is to
   be told stands in the worker's event then */

ngx_int_t
ngx_http_aicost_talk_event(ngx_http_aicost_ctx_t *ctx, u_char *data,
    size_t len, aicost_event_t *e)
{
    uint32_t                 i, n;
    aicost_says_t            says[AICOST_SAYS_MAX];
    ngx_http_aicost_talk_t  *t;

    t = ctx->talk;

    ngx_http_aicost_talk_start(ctx->amcf);

    n = 0;

    if (ngx_http_aicost_hear_event(ctx, data, len, says, &n) != AICOST_OK) {
        ctx->delivered += len;
        return t->same ? NGX_OK : NGX_ERROR;
    }

    for (i = 0; i < n; i++) {
        ngx_http_aicost_heard(ctx, &says[i], e);

        if (says[i].kind == AICOST_SAYS_ERROR) {
            ngx_http_aicost_midway(ctx, &says[i]);
        }

        if (ngx_http_aicost_tell(ctx, &says[i]) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


/* with more nodes than usual where an event may need them */

static int
ngx_http_aicost_hear_event(ngx_http_aicost_ctx_t *ctx, u_char *data,
    size_t len, aicost_says_t *says, uint32_t *n)
{
    int                      rc;
    uint32_t                 max;
    aicost_hear_t            before;
    aicost_json_node_t      *nodes;
    ngx_http_aicost_talk_t  *t;

    t = ctx->talk;

    nodes = ctx->amcf->event.nodes;

    if (len / 2 <= NGX_HTTP_AICOST_NODES) {
        return t->provider->hear_event(&t->hear, &ctx->sse->name, data, len,
                                       nodes, NGX_HTTP_AICOST_NODES, says, n);
    }

    before = t->hear;

    rc = t->provider->hear_event(&t->hear, &ctx->sse->name, data, len, nodes,
                                 NGX_HTTP_AICOST_NODES, says, n);
    if (rc == AICOST_OK) {
        return rc;
    }

    nodes = ngx_http_aicost_nodes(ctx, len, &max);
    if (nodes == NULL) {
        return AICOST_ERROR;
    }

    t->hear = before;

    rc = t->provider->hear_event(&t->hear, &ctx->sse->name, data, len, nodes,
                                 max, says, n);
    ngx_free(nodes);

    return rc;
}


/* as many as JSON of len bytes can have: one a byte but for the quotes */

static aicost_json_node_t *
ngx_http_aicost_nodes(ngx_http_aicost_ctx_t *ctx, size_t len, uint32_t *max)
{
    *max = ngx_min(len / 2 + 16, AICOST_MAX_NODES);

    return ngx_alloc(*max * sizeof(aicost_json_node_t),
                     ctx->request->connection->log);
}


/* why is logged; that our key or our money is refused is not told */

static void
ngx_http_aicost_midway(ngx_http_aicost_ctx_t *ctx, aicost_says_t *says)
{
    aicost_reason_e  told;

    told = aicost_error_midway(says->reason);

    ngx_log_error(NGX_LOG_ERR, ctx->request->connection->log, 0,
                  "provider \"%V\" ended its stream with %s",
                  &ctx->provider->name, aicost_reason_word(says->reason));

    if (told != says->reason || says->text.kind == AICOST_PIECE_NONE) {
        says->text = aicost_piece_word("The provider broke off its answer.");
        ngx_memzero(&says->id, sizeof(aicost_piece_t));
    }

    says->reason = told;
}


/* takes note of it; e is what the watchers of a stream look at */

static void
ngx_http_aicost_heard(ngx_http_aicost_ctx_t *ctx, const aicost_says_t *says,
    aicost_event_t *e)
{
    switch (says->kind) {

    case AICOST_SAYS_TEXT:
    case AICOST_SAYS_THINKING:
    case AICOST_SAYS_REFUSAL:
    case AICOST_SAYS_ARGUMENTS:
        e->text += says->text.len;
        break;

    case AICOST_SAYS_USAGE:
        e->usage = says->usage;
        e->usage_state = AICOST_USAGE_READ;
        break;

    case AICOST_SAYS_ERROR:
        e->error = 1;
        break;

    case AICOST_SAYS_DONE:
        e->done = 1;
        break;
    }
}


/* nothing is said yet; what a large event took is given back */

static void
ngx_http_aicost_talk_start(ngx_http_aicost_main_conf_t *amcf)
{
    ngx_http_aicost_event_t  *event;

    event = &amcf->event;
    event->len = 0;

    if (event->size > NGX_HTTP_AICOST_TALK_OUT) {
        ngx_free(event->out);
        event->out = NULL;
        event->size = 0;
    }
}


ngx_int_t
ngx_http_aicost_talk_emit(ngx_http_aicost_ctx_t *ctx)
{
    ngx_http_aicost_event_t  *event;

    event = &ctx->amcf->event;

    return ngx_http_aicost_emit(ctx, event->out, event->out + event->len, 1);
}


/* what a stream is told with */

static ngx_int_t
ngx_http_aicost_talk_room(ngx_http_aicost_ctx_t *ctx)
{
    aicost_tell_t            *tell;
    ngx_http_aicost_event_t  *event;

    tell = &ctx->talk->tell;
    event = &ctx->amcf->event;

    if (tell->keep == NULL) {
        tell->size = NGX_HTTP_AICOST_TALK_KEEP;
        tell->keep = ngx_palloc(ctx->request->pool, tell->size);
    }

    if (event->out == NULL) {
        event->size = NGX_HTTP_AICOST_TALK_OUT;
        event->out = ngx_alloc(event->size, ctx->request->connection->log);
    }

    return (event->out && tell->keep) ? NGX_OK : NGX_ERROR;
}


/* what is said fits into the memory, up to its cap: what does not fit beyond
   it is the shape's to leave out or to refuse */

static ngx_int_t
ngx_http_aicost_talk_keep(ngx_http_aicost_ctx_t *ctx,
    const aicost_says_t *says)
{
    u_char         *p;
    size_t          need, size;
    aicost_tell_t  *t;

    t = &ctx->talk->tell;

    need = t->used + 2 * ((size_t) says->text.len + says->id.len
                          + says->name.len) + NGX_HTTP_AICOST_TALK_KEEP / 2;
    size = ngx_min(ngx_max(need, 2 * t->size),
                   ngx_max(ctx->alcf->answer_buffer, AICOST_SSE_MAX_EVENT));

    if (need <= t->size || size <= t->size) {
        return NGX_OK;
    }

    p = ngx_palloc(ctx->request->pool, size);
    if (p == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(p, t->keep, t->size);
    (void) ngx_pfree(ctx->request->pool, t->keep);

    t->keep = p;
    t->size = size;

    return NGX_OK;
}


/* what is told is said to the client, or only keeps the state that the end of
   a stream needs */

static ngx_int_t
ngx_http_aicost_tell(ngx_http_aicost_ctx_t *ctx, const aicost_says_t *says)
{
    u_char                   *p;
    size_t                    size, len;
    uint32_t                  max;
    ngx_uint_t                tries;
    aicost_out_t              o;
    aicost_tell_t             before;
    aicost_json_node_t       *nodes;
    ngx_http_aicost_talk_t   *t;
    ngx_http_aicost_event_t  *event;

    t = ctx->talk;
    event = &ctx->amcf->event;

    if (ngx_http_aicost_talk_room(ctx) != NGX_OK
        || ngx_http_aicost_talk_keep(ctx, says) != NGX_OK)
    {
        return NGX_ERROR;
    }

    before = t->tell;
    len = (size_t) says->text.len + says->id.len + says->name.len
          + before.used;
    nodes = event->nodes;
    max = NGX_HTTP_AICOST_NODES;

    for (tries = 0; tries < 2; tries++) {

        ngx_memzero(&o, sizeof(aicost_out_t));
        o.data = event->out + event->len;
        o.size = event->size - event->len;
        o.nodes = nodes;
        o.max = max;

        t->client->tell_event(&t->tell, says, &o);

        if (nodes != event->nodes) {
            ngx_free(nodes);
        }

        if (!o.failed) {
            event->len += o.len;
            return NGX_OK;
        }

        if (tries) {
            break;
        }

        /* text grows by a level of escaping at most, and by its frame */

        size = ngx_max(event->len + 6 * len + 8192, event->size);

        p = ngx_alloc(size, ctx->request->connection->log);
        nodes = ngx_http_aicost_nodes(ctx, len, &max);

        if (p == NULL || nodes == NULL) {

            if (nodes) {
                ngx_free(nodes);
            }

            if (p) {
                ngx_free(p);
            }

            return NGX_ERROR;
        }

        ngx_memcpy(p, event->out, event->len);
        ngx_free(event->out);

        event->out = p;
        event->size = size;
        t->tell = before;
    }

    ngx_log_error(NGX_LOG_ERR, ctx->request->connection->log, 0,
                  "provider sent what cannot be told to the client");

    return NGX_ERROR;
}


/* our own end of a stream: a reason word to finish with, or an error */

ngx_int_t
ngx_http_aicost_talk_end(ngx_http_aicost_ctx_t *ctx, ngx_str_t *error)
{
    aicost_says_t  says;

    ngx_http_aicost_talk_start(ctx->amcf);
    ngx_memzero(&says, sizeof(aicost_says_t));

    if (error) {
        says.kind = AICOST_SAYS_ERROR;
        says.reason = AICOST_R_ALL_PROVIDERS_FAILED;
        says.text = aicost_piece_word((char *) error->data);

    } else {
        says.kind = AICOST_SAYS_FINISH;
        says.finish = AICOST_FINISH_LENGTH;
    }

    if (ngx_http_aicost_tell(ctx, &says) != NGX_OK) {
        return NGX_ERROR;
    }

    if (ctx->usage_state == AICOST_USAGE_READ && error == NULL) {
        says.kind = AICOST_SAYS_USAGE;
        says.usage = ctx->usage;

        if (ngx_http_aicost_tell(ctx, &says) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    says.kind = AICOST_SAYS_DONE;

    return ngx_http_aicost_tell(ctx, &says);
}


/* a whole answer is held: its usage, and what the client gets instead */

ngx_int_t
ngx_http_aicost_talk_answer(ngx_http_aicost_ctx_t *ctx)
{
    uint32_t                  i, n, max;
    ngx_int_t                 rc;
    aicost_json_t            *j;
    aicost_says_t            *says;
    aicost_event_t            e;
    aicost_json_node_t       *nodes;
    ngx_http_aicost_talk_t   *t;

    t = ctx->talk;

    if (t->told) {
        return NGX_OK;
    }

    t->told = 1;

    if (ctx->held_len == 0) {
        return t->same ? NGX_OK : ngx_http_aicost_retell_error(ctx, NULL);
    }

    n = 0;
    says = NULL;

    j = ngx_alloc(sizeof(aicost_json_t), ctx->request->connection->log);
    nodes = ngx_http_aicost_nodes(ctx, ctx->held_len, &max);
    rc = NGX_ERROR;

    if (j && nodes) {
        aicost_json_init(j, ctx->held, ctx->held_len, nodes, max);
        rc = ngx_http_aicost_hear(ctx, j, &says, &n);
    }

    if (rc == NGX_OK) {
        ngx_memzero(&e, sizeof(aicost_event_t));

        for (i = 0; i < n; i++) {
            ngx_http_aicost_heard(ctx, &says[i], &e);
        }

        if (e.usage_state == AICOST_USAGE_READ) {
            ctx->usage = e.usage;
            ctx->usage_state = AICOST_USAGE_READ;
        }

        if (!t->same) {
            rc = ngx_http_aicost_retell(ctx, says, n, nodes, max);
        }

    } else if (j && nodes && !t->same) {
        rc = ngx_http_aicost_retell_error(ctx, NULL);
    }

    if (says) {
        ngx_free(says);
    }

    if (j) {
        ngx_free(j);
    }

    if (nodes) {
        ngx_free(nodes);
    }

    return t->same ? NGX_OK : rc;
}


static ngx_int_t
ngx_http_aicost_hear(ngx_http_aicost_ctx_t *ctx, aicost_json_t *j,
    aicost_says_t **says, uint32_t *n)
{
    int                      rc;
    uint32_t                 max;
    ngx_http_aicost_talk_t  *t;

    t = ctx->talk;

    do {
        rc = aicost_json_run(j, ctx->held_len);
    } while (rc == AICOST_AGAIN);

    if (rc != AICOST_OK) {
        return NGX_ERROR;
    }

    max = AICOST_SAYS_MAX;

    for ( ;; ) {
        *says = ngx_alloc(max * sizeof(aicost_says_t),
                          ctx->request->connection->log);
        if (*says == NULL) {
            return NGX_ERROR;
        }

        ngx_memzero(&t->hear, sizeof(aicost_hear_t));

        rc = t->provider->hear(&t->hear, j, *says, max, n);

        if (rc != AICOST_DECLINED || *n <= max) {
            return rc == AICOST_OK ? NGX_OK : NGX_ERROR;
        }

        ngx_free(*says);
        max = *n;
    }
}


/* held gives way to the same answer in the client's shape; its tape is read by
   then and serves for arguments that come in a string */

static ngx_int_t
ngx_http_aicost_retell(ngx_http_aicost_ctx_t *ctx, const aicost_says_t *says,
    uint32_t n, aicost_json_node_t *nodes, uint32_t max)
{
    uint32_t                 i;
    ngx_uint_t               pass;
    aicost_out_t             o;
    aicost_tell_t            tell;
    ngx_http_aicost_talk_t  *t;

    t = ctx->talk;
    ngx_memzero(&o, sizeof(aicost_out_t));
    o.nodes = nodes;
    o.max = max;

    for (i = 0; i < n; i++) {
        if (says[i].kind == AICOST_SAYS_ERROR) {
            return ngx_http_aicost_retell_error(ctx, &says[i]);
        }
    }

    if (ctx->status.code >= 300) {
        return ngx_http_aicost_retell_error(ctx, NULL);
    }

    for (pass = 0; pass < 2; pass++) {

        tell = t->tell;
        t->client->tell(&tell, says, n, &o);

        if (pass == 0) {
            o.size = o.len;
            o.len = 0;
            o.data = ngx_pnalloc(ctx->request->pool, o.size);

            if (o.data == NULL) {
                return NGX_ERROR;
            }
        }
    }

    if (o.failed) {
        return NGX_ERROR;
    }

    ctx->held = o.data;
    ctx->held_len = o.len;

    return NGX_OK;
}


/* held gives way to an error in the client's shape, with its status; error
   NULL: the provider said none that can be read */

static ngx_int_t
ngx_http_aicost_retell_error(ngx_http_aicost_ctx_t *ctx,
    const aicost_says_t *error)
{
    ngx_int_t            status;
    aicost_out_t         o;
    aicost_str_t         message = aicost_string("The provider refused the "
                                                 "request.");
    aicost_reason_e      said, reason;
    ngx_http_request_t  *r;

    r = ctx->request;

    said = error ? error->reason : AICOST_R_BAD_ANSWER;
    reason = aicost_error_told((int) ctx->status.code, said);

    if (reason == AICOST_R_ALL_PROVIDERS_FAILED) {
        return ngx_http_aicost_failed(ctx, said);
    }

    if (error && error->text.len) {
        message.data = ngx_pnalloc(r->pool, error->text.len);

        if (message.data == NULL) {
            return NGX_ERROR;
        }

        message.len = aicost_piece_text(&error->text, message.data);
    }

    ngx_memzero(&o, sizeof(aicost_out_t));
    ctx->talk->client->tell_error(reason, &message, NULL, &o);

    o.size = o.len;
    o.len = 0;
    o.data = ngx_pnalloc(r->pool, o.size);

    if (o.data == NULL) {
        return NGX_ERROR;
    }

    ctx->talk->client->tell_error(reason, &message, NULL, &o);

    if (o.failed) {
        return NGX_ERROR;
    }

    ctx->held = o.data;
    ctx->held_len = o.len;

    status = aicost_reason_status(reason);
    r->headers_out.status = status ? status : NGX_HTTP_BAD_REQUEST;
    r->headers_out.status_line.len = 0;

    ngx_str_set(&r->headers_out.content_type, "application/json");
    r->headers_out.content_type_len = r->headers_out.content_type.len;
    r->headers_out.content_type_lowcase = NULL;
    ngx_str_null(&r->headers_out.charset);

    return NGX_OK;
}


/* an answer that is none: 200 with an error inside, or that cannot be read */

static ngx_int_t
ngx_http_aicost_failed(ngx_http_aicost_ctx_t *ctx, aicost_reason_e reason)
{
    ngx_str_t                  *model;
    ngx_http_aicost_attempt_t  *a;

    model = (ngx_str_t *) &ctx->calls[ctx->current].model->name;

    if (ctx->nattempts) {
        a = &ctx->attempts[ctx->nattempts - 1];
        a->reason = reason;
    }

    (void) ngx_http_aicost_refuse(ctx->request, ctx,
                                  AICOST_R_ALL_PROVIDERS_FAILED, NULL,
                                  "No provider answered: %V %s (%ui).", model,
                                  aicost_reason_word(reason),
                                  ctx->status.code);

    return NGX_OK;
}
