
/*
 * Copyright (C) aicost
 *
 * A whole answer for a client of OpenAI's Responses, and what its streams
 * have in common with it.
 */


#include "aicost_api_responses_int.h"


static uint32_t aicost_responses_item(const aicost_tell_t *t,
    const aicost_says_t *says, uint32_t n, uint32_t i, uint32_t item,
    aicost_out_t *o);
static const char *aicost_responses_code(aicost_reason_e reason);
static void aicost_responses_usage(const aicost_usage_t *u, aicost_out_t *o);


void
aicost_responses_tell(aicost_tell_t *t, const aicost_says_t *says, uint32_t n,
    aicost_out_t *o)
{
    uint8_t                finish;
    uint32_t               i, item;
    const aicost_says_t   *start;
    const aicost_usage_t  *usage;

    start = NULL;
    usage = NULL;
    finish = AICOST_FINISH_STOP;

    for (i = 0; i < n; i++) {

        switch (says[i].kind) {

        case AICOST_SAYS_START:
            start = &says[i];
            break;

        case AICOST_SAYS_USAGE:
            usage = &says[i].usage;
            break;

        case AICOST_SAYS_FINISH:
            if (says[i].choice == 0) {
                finish = says[i].finish;
            }

            break;

        case AICOST_SAYS_ERROR:
            t->failed = 1;
            t->done = 1;
            aicost_chat_error(&says[i], 0, o);
            return;

        default:
            break;
        }
    }

    aicost_out(o, "{", 1);
    aicost_responses_head(t, start, o);
    aicost_responses_status(finish, NULL, o);

    item = 0;

    for (i = 0; i < n; /* void */ ) {

        if (says[i].choice == 0) {
            i = aicost_responses_item(t, says, n, i, item, o);
            item++;

        } else {
            i++;
        }
    }

    aicost_responses_tail(usage, o);
    aicost_out(o, "}", 1);

    t->done = 1;
}


/* the item that begins at i; returns what follows it.  The number of an item
   only has to be one of its own: what begins none takes one too */

static uint32_t
aicost_responses_item(const aicost_tell_t *t, const aicost_says_t *says,
    uint32_t n, uint32_t i, uint32_t item, aicost_out_t *o)
{
    size_t                 some;
    uint32_t               k;
    aicost_says_t          empty;
    const aicost_says_t   *s;
    const aicost_piece_t  *seal;

    s = &says[i];
    seal = NULL;
    some = 0;

    switch (s->kind) {

    case AICOST_SAYS_TEXT:
    case AICOST_SAYS_REFUSAL:
    case AICOST_SAYS_THINKING:
        aicost_out_next(o);
        aicost_responses_open(t, s, item, o);

        for (k = i; k < n && says[k].kind == s->kind && says[k].choice == 0;
             k++)
        {
            aicost_out_inside(o, &says[k].text);
        }

        if (k < n && s->kind == AICOST_SAYS_THINKING
            && says[k].kind == AICOST_SAYS_SIGNATURE)
        {
            seal = &says[k++].text;
        }

        aicost_responses_close(s->kind, seal, "completed", o);

        return k;

    case AICOST_SAYS_SIGNATURE:

        /* of thoughts that were not shown */

        empty = *s;
        empty.kind = AICOST_SAYS_THINKING;

        aicost_out_next(o);
        aicost_responses_open(t, &empty, item, o);
        aicost_responses_close(AICOST_SAYS_THINKING, &s->text, "completed", o);
        break;

    case AICOST_SAYS_REDACTED:
        aicost_out_next(o);
        aicost_responses_open(t, s, item, o);
        aicost_out_inside(o, &s->text);
        aicost_responses_close(s->kind, NULL, "completed", o);
        break;

    case AICOST_SAYS_CALL:
        aicost_out_next(o);
        aicost_responses_open(t, s, item, o);

        for (k = i + 1; k < n; k++) {
            if (says[k].kind == AICOST_SAYS_ARGUMENTS && says[k].choice == 0
                && says[k].index == s->index)
            {
                some |= says[k].text.len;
                aicost_out_inside(o, &says[k].text);
            }
        }

        aicost_out_text(o, some ? "" : "{}");
        aicost_responses_close(s->kind, NULL, "completed", o);
        break;

    default:
        break;
    }

    return i + 1;
}


void
aicost_responses_open(const aicost_tell_t *t, const aicost_says_t *says,
    uint32_t item, aicost_out_t *o)
{
    static const char  message[] = ",\"role\":\"assistant\",\"content\":[";

    switch (says->kind) {

    case AICOST_SAYS_TEXT:
    case AICOST_SAYS_REFUSAL:
        aicost_out_text(o, "{\"type\":\"message\",\"id\":");
        aicost_responses_id(t, says->kind, item, o);
        aicost_out_text(o, message);
        aicost_out_text(o, says->kind == AICOST_SAYS_TEXT
                           ? "{\"type\":\"output_text\",\"annotations\":[],"
                             "\"logprobs\":[],\"text\":\""
                           : "{\"type\":\"refusal\",\"refusal\":\"");
        return;

    case AICOST_SAYS_THINKING:
        aicost_out_text(o, "{\"type\":\"reasoning\",\"id\":");
        aicost_responses_id(t, says->kind, item, o);
        aicost_out_text(o, ",\"summary\":[{\"type\":\"summary_text\","
                           "\"text\":\"");
        return;

    case AICOST_SAYS_REDACTED:
        aicost_out_text(o, "{\"type\":\"reasoning\",\"id\":");
        aicost_responses_id(t, says->kind, item, o);
        aicost_out_text(o, ",\"summary\":[],\"encrypted_content\":\"");
        return;

    default:
        break;
    }

    aicost_out_text(o, "{\"type\":\"function_call\",\"id\":");
    aicost_responses_id(t, says->kind, item, o);
    aicost_out_name(o, "call_id");

    if (says->id.kind == AICOST_PIECE_NONE) {
        aicost_out_text(o, "\"call_");
        aicost_out(o, t->id.data, t->id.len);
        aicost_out_int(o, says->index);
        aicost_out(o, "\"", 1);

    } else {
        aicost_out_string(o, &says->id);
    }

    aicost_out_name(o, "name");
    aicost_out_string(o, &says->name);
    aicost_out_text(o, ",\"arguments\":\"");
}


void
aicost_responses_close(uint8_t kind, const aicost_piece_t *seal,
    const char *status, aicost_out_t *o)
{
    aicost_out(o, "\"", 1);

    if (kind != AICOST_SAYS_CALL && kind != AICOST_SAYS_REDACTED) {
        aicost_out(o, "}]", 2);
    }

    if (seal) {
        aicost_out_name(o, "encrypted_content");
        aicost_out_string(o, seal);
    }

    aicost_out_text(o, ",\"status\":\"");
    aicost_out_text(o, status);
    aicost_out(o, "\"}", 2);
}


void
aicost_responses_id(const aicost_tell_t *t, uint8_t kind, uint32_t item,
    aicost_out_t *o)
{
    aicost_out_text(o, kind == AICOST_SAYS_CALL
                       ? "\"fc_"
                       : (kind == AICOST_SAYS_TEXT
                          || kind == AICOST_SAYS_REFUSAL) ? "\"msg_"
                                                          : "\"rs_");
    aicost_out(o, t->id.data, t->id.len);
    aicost_out_int(o, item);
    aicost_out(o, "\"", 1);
}


void
aicost_responses_head(const aicost_tell_t *t, const aicost_says_t *start,
    aicost_out_t *o)
{
    aicost_out_text(o, "\"id\":");

    if (t->id.len || start == NULL || start->id.kind == AICOST_PIECE_NONE) {
        aicost_out_text(o, "\"resp_");
        aicost_out(o, t->id.data, t->id.len);
        aicost_out(o, "\"", 1);

    } else {
        aicost_out_string(o, &start->id);
    }

    aicost_out_text(o, ",\"object\":\"response\",\"created_at\":");
    aicost_out_int(o, (start && start->created > 0) ? start->created : t->now);
    aicost_out_name(o, "model");

    if (t->model.len) {
        aicost_chat_bytes(o, &t->model);

    } else if (start && start->name.kind != AICOST_PIECE_NONE) {
        aicost_out_string(o, &start->name);

    } else {
        aicost_out_text(o, "\"\"");
    }
}


void
aicost_responses_status(uint8_t finish, const aicost_says_t *error,
    aicost_out_t *o)
{
    const char  *why, *status;

    why = NULL;

    switch (finish) {

    case 0:
        status = "in_progress";
        break;

    case AICOST_FINISH_LENGTH:
        status = "incomplete";
        why = "max_output_tokens";
        break;

    case AICOST_FINISH_FILTER:
        status = "incomplete";
        why = "content_filter";
        break;

    default:
        status = "completed";
    }

    aicost_out_name(o, "status");
    aicost_out(o, "\"", 1);
    aicost_out_text(o, error ? "failed" : status);
    aicost_out_text(o, "\",\"background\":false,\"error\":");

    if (error) {
        aicost_out(o, "{", 1);
        aicost_responses_fault(error, aicost_responses_code(error->reason), o);
        aicost_out(o, "}", 1);

    } else {
        aicost_out_text(o, "null");
    }

    aicost_out_name(o, "incomplete_details");

    if (why && error == NULL) {
        aicost_out_text(o, "{\"reason\":\"");
        aicost_out_text(o, why);
        aicost_out(o, "\"}", 2);

    } else {
        aicost_out_text(o, "null");
    }

    aicost_out_text(o, ",\"instructions\":null,\"max_output_tokens\":null,"
                       "\"metadata\":{},\"output\":[");
}


void
aicost_responses_tail(const aicost_usage_t *usage, aicost_out_t *o)
{
    aicost_out_text(o, "],\"parallel_tool_calls\":true,"
                       "\"previous_response_id\":null,"
                       "\"reasoning\":{\"effort\":null,\"summary\":null},"
                       "\"store\":false,\"temperature\":null,"
                       "\"text\":{\"format\":{\"type\":\"text\"}},"
                       "\"tool_choice\":\"auto\",\"tools\":[],"
                       "\"top_p\":null,\"truncation\":\"disabled\","
                       "\"usage\":");

    if (usage) {
        aicost_responses_usage(usage, o);
        aicost_out_service(o, "service_tier", usage->service,
                           aicost_chat_services);

    } else {
        aicost_out_text(o, "null");
    }
}


/* of a response that failed: one of a list; other words stand in the event */

static const char *
aicost_responses_code(aicost_reason_e reason)
{
    switch (reason) {

    case AICOST_R_RATE_LIMITED:
        return "rate_limit_exceeded";

    case AICOST_R_BAD_REQUEST:
    case AICOST_R_NOT_FOUND:
    case AICOST_R_REQUEST_TOO_LARGE:
        return "invalid_prompt";

    default:
        return "server_error";
    }
}


void
aicost_responses_fault(const aicost_says_t *error, const char *code,
    aicost_out_t *o)
{
    aicost_out_name(o, "code");
    aicost_out(o, "\"", 1);
    aicost_out_text(o, code);
    aicost_out(o, "\"", 1);
    aicost_out_name(o, "message");

    if (error->text.kind == AICOST_PIECE_NONE) {
        aicost_out_text(o, "\"The provider failed.\"");

    } else {
        aicost_out_string(o, &error->text);
    }
}


static void
aicost_responses_usage(const aicost_usage_t *u, aicost_out_t *o)
{
    int64_t  input, write;

    write = u->cache_write + u->cache_write_1h;
    input = u->input + u->cached + write;

    aicost_out_text(o, "{\"input_tokens\":");
    aicost_out_int(o, input);
    aicost_out_text(o, ",\"input_tokens_details\":{\"cached_tokens\":");
    aicost_out_int(o, u->cached);
    aicost_out_text(o, ",\"cache_write_tokens\":");
    aicost_out_int(o, write);
    aicost_out_text(o, "},\"output_tokens\":");
    aicost_out_int(o, u->output);
    aicost_out_text(o, ",\"output_tokens_details\":{\"reasoning_tokens\":");
    aicost_out_int(o, u->reasoning);
    aicost_out_text(o, "},\"total_tokens\":");
    aicost_out_int(o, input + u->output);
    aicost_out(o, "}", 1);
}
