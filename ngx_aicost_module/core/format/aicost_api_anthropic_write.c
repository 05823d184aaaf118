
/*
 * Copyright (C) aicost
 *
 * Anthropic's Messages: the body for a provider.
 */


#include "aicost_api_anthropic_int.h"


/* the first version that takes no temperature */

#define AICOST_ANTHROPIC_STRICT    "2026-10-21"


int
aicost_anthropic_miss(aicost_anthropic_writer_t *w, const char *name)
{
    return aicost_form_miss(w->form, w->target, name);
}


void
aicost_anthropic_piece(aicost_out_t *o, const char *name,
    const aicost_piece_t *p)
{
    if (p->kind != AICOST_PIECE_NONE) {
        aicost_out_name(o, name);
        aicost_out_value(o, p);
    }
}


void
aicost_anthropic_string_out(aicost_out_t *o, const char *name,
    const aicost_piece_t *p)
{
    aicost_out_name(o, name);
    aicost_out_string(o, p);
}


void
aicost_anthropic_mark(aicost_out_t *o, uint8_t flags)
{
    if ((flags & AICOST_PART_CACHE) == 0) {
        return;
    }

    aicost_out_name(o, "cache_control");
    aicost_out_text(o, "{\"type\":\"ephemeral\"");

    if (flags & AICOST_PART_HOUR) {
        aicost_out_text(o, ",\"ttl\":\"1h\"");
    }

    aicost_out_text(o, "}");
}


/* 0, 0.0, -0e5 */

static unsigned
aicost_anthropic_zero(const aicost_piece_t *p)
{
    uint32_t  i;

    for (i = 0; i < p->len && (p->data[i] | 0x20) != 'e'; i++) {
        if (p->data[i] >= '1' && p->data[i] <= '9') {
            return 0;
        }
    }

    return 1;
}


static void
aicost_anthropic_tool_out(aicost_out_t *o, const aicost_tool_t *t)
{
    unsigned  bare;

    aicost_out_next(o);
    aicost_out_text(o, "{\"name\":");
    aicost_out_string(o, &t->name);
    aicost_anthropic_piece(o, "description", &t->description);
    aicost_out_name(o, "input_schema");

    bare = t->schema.kind == AICOST_PIECE_NONE
           || (t->schema.len == 2 && memcmp(t->schema.data, "{}", 2) == 0);

    if (bare) {
        aicost_out_text(o, "{\"type\":\"object\",\"properties\":{}}");

    } else {
        aicost_out_value(o, &t->schema);
    }

    if (t->strict != AICOST_UNSAID) {
        aicost_out_name(o, "strict");
        aicost_out_text(o, t->strict == AICOST_YES ? "true" : "false");
    }

    aicost_anthropic_mark(o, t->flags);
    aicost_out_text(o, "}");
}


static void
aicost_anthropic_choice_out(aicost_out_t *o, const aicost_form_t *f)
{
    uint8_t  choice;

    static const char *const  words[] = { "", "auto", "none", "any", "tool" };

    choice = f->choice;

    if (choice == AICOST_CHOICE_UNSAID) {

        if (f->parallel != AICOST_NO) {
            return;
        }

        choice = AICOST_CHOICE_AUTO;
    }

    aicost_out_name(o, "tool_choice");
    aicost_out_text(o, "{\"type\":\"");
    aicost_out_text(o, words[choice]);
    aicost_out_text(o, "\"");

    if (choice == AICOST_CHOICE_TOOL) {
        aicost_anthropic_string_out(o, "name", &f->choice_name);
    }

    if (f->parallel != AICOST_UNSAID && choice != AICOST_CHOICE_NONE) {
        aicost_out_name(o, "disable_parallel_tool_use");
        aicost_out_text(o, f->parallel == AICOST_NO ? "true" : "false");
    }

    aicost_out_text(o, "}");
}


static void
aicost_anthropic_tools_out(aicost_anthropic_writer_t *w)
{
    uint32_t  i;

    if (w->form->ntools == 0) {
        return;
    }

    aicost_out_name(w->out, "tools");
    aicost_out_text(w->out, "[");

    for (i = 0; i < w->form->ntools; i++) {
        aicost_anthropic_tool_out(w->out, &w->form->tools[i]);
    }

    aicost_out_text(w->out, "]");
    aicost_anthropic_choice_out(w->out, w->form);
}


/* a budget is at least 1024 and below the cap: where there is no room for it
   nothing is thought */

static void
aicost_anthropic_thinking_out(aicost_anthropic_writer_t *w, int64_t cap)
{
    uint8_t         thinking;
    int64_t         budget;
    aicost_form_t  *f;

    f = w->form;
    thinking = f->thinking;
    budget = f->thinking_budget;

    if (thinking == AICOST_THINKING_UNSAID) {

        if (f->effort != AICOST_EFFORT_NONE) {
            return;
        }

        thinking = AICOST_THINKING_OFF;
    }

    if (thinking == AICOST_THINKING_BUDGET) {

        if (budget < AICOST_ANTHROPIC_THINKING) {
            budget = AICOST_ANTHROPIC_THINKING;
        }

        if (budget >= cap) {
            budget = cap - 1;
        }

        if (budget < AICOST_ANTHROPIC_THINKING) {
            thinking = AICOST_THINKING_OFF;
        }
    }

    aicost_out_name(w->out, "thinking");

    if (thinking == AICOST_THINKING_OFF) {
        aicost_out_text(w->out, "{\"type\":\"disabled\"}");
        return;
    }

    if (thinking == AICOST_THINKING_ADAPTIVE) {
        aicost_out_text(w->out, "{\"type\":\"adaptive\"");

    } else {
        aicost_out_text(w->out, "{\"type\":\"enabled\",\"budget_tokens\":");
        aicost_out_int(w->out, budget);
    }

    if (f->summary != AICOST_UNSAID) {
        aicost_out_name(w->out, "display");
        aicost_out_text(w->out, f->summary == AICOST_YES ? "\"summarized\""
                                                         : "\"omitted\"");
    }

    aicost_out_text(w->out, "}");
}


static void
aicost_anthropic_output_out(aicost_anthropic_writer_t *w)
{
    unsigned        effort, schema;
    aicost_out_t   *o;
    aicost_form_t  *f;

    o = w->out;
    f = w->form;
    effort = f->effort > AICOST_EFFORT_NONE;
    schema = f->answer == AICOST_ANSWER_SCHEMA;

    if (!effort && !schema) {
        return;
    }

    aicost_out_name(o, "output_config");
    aicost_out_text(o, "{");

    if (effort) {
        aicost_out_name(o, "effort");
        aicost_out_text(o, "\"");
        aicost_out_text(o, aicost_form_effort_word(
                               f->effort == AICOST_EFFORT_MINIMAL
                               ? AICOST_EFFORT_LOW
                               : (aicost_effort_e) f->effort));
        aicost_out_text(o, "\"");
    }

    if (schema) {
        aicost_out_name(o, "format");
        aicost_out_text(o, "{\"type\":\"json_schema\",\"schema\":");
        aicost_out_value(o, &f->schema);
        aicost_out_text(o, "}");
    }

    aicost_out_text(o, "}");
}


/* what has no counterpart; that it is said is enough, unless it says what
   would be without it */

static int
aicost_anthropic_misses(aicost_anthropic_writer_t *w)
{
    size_t          i;
    aicost_form_t  *f;

    f = w->form;

    {
        const struct {
            const char  *name;
            unsigned     said;
        } misses[] = {
            { "seed", f->seed.kind },
            { "presence_penalty",
              !aicost_anthropic_zero(&f->presence_penalty) },
            { "frequency_penalty",
              !aicost_anthropic_zero(&f->frequency_penalty) },
            { "n", f->choices.kind && !aicost_piece_is(&f->choices, "1") },
            { "logprobs", f->logprobs == AICOST_YES },
            { "top_logprobs", !aicost_anthropic_zero(&f->top_logprobs) },
            { "logit_bias",
              f->logit_bias.kind && !aicost_piece_is(&f->logit_bias, "{}") },
            { "verbosity",
              f->verbosity.kind && !aicost_piece_is(&f->verbosity, "medium") },
            { "response_format", f->answer == AICOST_ANSWER_JSON },
            { "temperature",
              (w->cold && f->temperature.kind)
              || aicost_form_above_one(&f->temperature) },
            { "top_p", w->cold && f->top_p.kind },
            { "top_k", w->cold && f->top_k.kind }
        };

        for (i = 0; i < sizeof(misses) / sizeof(misses[0]); i++) {
            if (misses[i].said
                && aicost_anthropic_miss(w, misses[i].name) != AICOST_OK)
            {
                return AICOST_ERROR;
            }
        }
    }

    for (i = 0; i < f->nparts; i++) {
        if (aicost_anthropic_check_part(w, &f->parts[i]) != AICOST_OK) {
            return AICOST_ERROR;
        }
    }

    return AICOST_OK;
}


static int
aicost_anthropic_settings_out(aicost_anthropic_writer_t *w)
{
    aicost_out_t   *o;
    aicost_form_t  *f;

    static const char *const  services[] = {
        NULL, "\"standard_only\"", NULL, NULL, "\"fast\"", NULL
    };

    o = w->out;
    f = w->form;

    if (aicost_form_service_out(f, w->target, o,
                                f->service == AICOST_SERVICE_FAST
                                ? "speed" : "service_tier", services)
        != AICOST_OK)
    {
        return AICOST_ERROR;
    }

    if (f->stream) {
        aicost_out_text(o, ",\"stream\":true");
    }

    if (!w->cold) {

        if (aicost_form_above_one(&f->temperature)) {
            aicost_out_text(o, ",\"temperature\":1");

        } else {
            aicost_anthropic_piece(o, "temperature", &f->temperature);
        }

        aicost_anthropic_piece(o, "top_p", &f->top_p);
        aicost_anthropic_piece(o, "top_k", &f->top_k);
    }

    aicost_shape_stops_out(o, f, "stop_sequences", f->nstops);

    if (f->user.kind != AICOST_PIECE_NONE) {
        aicost_out_name(o, "metadata");
        aicost_out_text(o, "{\"user_id\":");
        aicost_out_string(o, &f->user);
        aicost_out_text(o, "}");
    }

    aicost_anthropic_mark(o, f->flags);

    return AICOST_OK;
}


static unsigned
aicost_anthropic_newer(const aicost_str_t *version)
{
    size_t  n;

    n = sizeof(AICOST_ANTHROPIC_STRICT) - 1;

    return version->len == n
           && memcmp(version->data, AICOST_ANTHROPIC_STRICT, n) >= 0;
}


int
aicost_anthropic_write(aicost_form_t *f, const aicost_form_target_t *t,
    aicost_out_t *o)
{
    int64_t                    cap;
    aicost_piece_t             model;
    aicost_anthropic_writer_t  w;

    memset(&w, 0, sizeof(aicost_anthropic_writer_t));

    w.form = f;
    w.target = t;
    w.out = o;
    w.strict = aicost_anthropic_newer(&t->version) & 1;
    w.cold = w.strict || t->no_sampling;

    cap = t->cap >= 0 ? t->cap : f->cap;

    if (cap < 0) {
        return aicost_form_wrong(f, AICOST_R_MISSING_PARAMETER, "max_tokens");
    }

    if (f->answer == AICOST_ANSWER_SCHEMA
        && f->schema.kind == AICOST_PIECE_NONE)
    {
        return aicost_form_wrong(f, AICOST_R_INVALID_PARAMETER,
                                 "response_format");
    }

    if (aicost_anthropic_misses(&w) != AICOST_OK) {
        return AICOST_ERROR;
    }

    aicost_form_losses(f, AICOST_LOSES_KEY | AICOST_LOSES_METADATA
                          | AICOST_LOSES_UNSIGNED | AICOST_LOSES_CALLS
                          | AICOST_LOSES_RESULTS);

    model.data = t->model.data;
    model.len = (uint32_t) t->model.len;
    model.kind = AICOST_PIECE_JSON;

    aicost_out_text(o, "{\"model\":");
    aicost_out_string(o, &model);
    aicost_out_text(o, ",\"max_tokens\":");
    aicost_out_int(o, cap);

    if (aicost_anthropic_settings_out(&w) != AICOST_OK) {
        return AICOST_ERROR;
    }

    aicost_anthropic_thinking_out(&w, cap);
    aicost_anthropic_output_out(&w);
    aicost_anthropic_tools_out(&w);

    if (aicost_anthropic_system_out(&w) != AICOST_OK
        || aicost_anthropic_messages_out(&w) != AICOST_OK)
    {
        return AICOST_ERROR;
    }

    aicost_out_text(o, "}");

    return AICOST_OK;
}
