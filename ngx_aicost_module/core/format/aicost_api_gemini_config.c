
/*
 * Copyright (C) aicost
 *
 * The generateContent request for a provider: tools and settings.
 */


#include "aicost_api_gemini_int.h"


/* what effort is to a model that only knows budgets */

static const int64_t  aicost_gemini_budgets[] = {
    -1, 0, 1024, 1024, 8192, 24576, 24576, 24576
};

static const char  *aicost_gemini_efforts[] = {
    NULL, NULL, "MINIMAL", "LOW", "MEDIUM", "HIGH", "HIGH", "HIGH"
};


static void
aicost_gemini_member(aicost_out_t *o, const char *name,
    const aicost_piece_t *p)
{
    if (p->kind != AICOST_PIECE_NONE) {
        aicost_out_name(o, name);
        aicost_out_value(o, p);
    }
}


/* each kind of schema has its own member */

static void
aicost_gemini_schema(aicost_out_t *o, const char *name, const char *google,
    const aicost_piece_t *schema)
{
    aicost_piece_t  p;

    p = *schema;

    if (p.kind == AICOST_PIECE_GOOGLE) {
        p.kind = AICOST_PIECE_JSON;
        name = google;
    }

    aicost_gemini_member(o, name, &p);
}


static void
aicost_gemini_tools(const aicost_form_t *f, aicost_out_t *o)
{
    uint32_t              i;
    const aicost_tool_t  *tool;

    if (f->ntools == 0) {
        return;
    }

    aicost_out_name(o, "tools");
    aicost_out_text(o, "[{\"functionDeclarations\":[");

    for (i = 0; i < f->ntools; i++) {
        tool = &f->tools[i];

        aicost_out_next(o);
        aicost_out_text(o, "{\"name\":");
        aicost_out_string(o, &tool->name);
        aicost_gemini_member(o, "description", &tool->description);
        aicost_gemini_schema(o, "parametersJsonSchema", "parameters",
                             &tool->schema);
        aicost_gemini_schema(o, "responseJsonSchema", "response",
                             &tool->result);
        aicost_out_text(o, "}");
    }

    aicost_out_text(o, "]}]");
}


/* what must be called keeps to its schema; else VALIDATED makes it so */

static void
aicost_gemini_mode(const aicost_form_t *f, aicost_out_t *o)
{
    uint32_t  i;
    unsigned  strict;

    strict = 0;

    for (i = 0; i < f->ntools; i++) {
        strict |= (f->tools[i].strict == AICOST_YES);
    }

    if (f->choice == AICOST_CHOICE_UNSAID && !strict) {
        return;
    }

    aicost_out_name(o, "toolConfig");
    aicost_out_text(o, "{\"functionCallingConfig\":{\"mode\":\"");

    switch (f->choice) {

    case AICOST_CHOICE_NONE:
        aicost_out_text(o, "NONE\"");
        break;

    case AICOST_CHOICE_ANY:
        aicost_out_text(o, "ANY\"");
        break;

    case AICOST_CHOICE_TOOL:
        aicost_out_text(o, "ANY\",\"allowedFunctionNames\":[");
        aicost_out_string(o, &f->choice_name);
        aicost_out_text(o, "]");
        break;

    default:
        aicost_out_text(o, strict ? "VALIDATED\"" : "AUTO\"");
    }

    aicost_out_text(o, "}}");
}


static void
aicost_gemini_budget(aicost_out_t *o, int64_t budget)
{
    aicost_out_name(o, "thinkingBudget");
    aicost_out_int(o, budget);
}


/* a level or a budget, never both: models before Gemini 3 have no levels */

static int
aicost_gemini_thoughts(aicost_form_t *f, const aicost_form_target_t *t,
    aicost_out_t *o)
{
    unsigned  generation;

    if (f->thinking == AICOST_THINKING_UNSAID
        && f->effort == AICOST_EFFORT_UNSAID && f->summary == AICOST_UNSAID)
    {
        return AICOST_OK;
    }

    generation = aicost_gemini_generation(&t->model);

    aicost_out_name(o, "thinkingConfig");
    aicost_out_text(o, "{");

    if (f->summary != AICOST_UNSAID) {
        aicost_out_name(o, "includeThoughts");
        aicost_out_text(o, f->summary == AICOST_YES ? "true" : "false");
    }

    if (f->thinking == AICOST_THINKING_BUDGET) {
        aicost_gemini_budget(o, f->thinking_budget);

        if (f->effort != AICOST_EFFORT_UNSAID
            && aicost_form_miss(f, t, aicost_form_effort_name(f)) != AICOST_OK)
        {
            return AICOST_ERROR;
        }

    } else if (f->thinking == AICOST_THINKING_OFF
               || f->effort == AICOST_EFFORT_NONE)
    {
        aicost_gemini_budget(o, 0);

    } else if (f->effort == AICOST_EFFORT_UNSAID) {

        if (f->thinking == AICOST_THINKING_ADAPTIVE) {
            aicost_gemini_budget(o, -1);
        }

    } else if (generation == 1 || generation == 2) {
        aicost_gemini_budget(o, aicost_gemini_budgets[f->effort]);

    } else {
        aicost_out_name(o, "thinkingLevel");
        aicost_out(o, "\"", 1);
        aicost_out_text(o, aicost_gemini_efforts[f->effort]);
        aicost_out(o, "\"", 1);
    }

    aicost_out_text(o, "}");

    return AICOST_OK;
}


static int
aicost_gemini_sampling(aicost_form_t *f, const aicost_form_target_t *t,
    aicost_out_t *o)
{
    if (!t->no_sampling) {
        aicost_gemini_member(o, "temperature", &f->temperature);
        aicost_gemini_member(o, "topP", &f->top_p);
        aicost_gemini_member(o, "topK", &f->top_k);
        return AICOST_OK;
    }

    if ((f->temperature.kind != AICOST_PIECE_NONE
         && aicost_form_miss(f, t, "temperature") != AICOST_OK)
        || (f->top_p.kind != AICOST_PIECE_NONE
            && aicost_form_miss(f, t, "top_p") != AICOST_OK)
        || (f->top_k.kind != AICOST_PIECE_NONE
            && aicost_form_miss(f, t, "top_k") != AICOST_OK))
    {
        return AICOST_ERROR;
    }

    return AICOST_OK;
}


static int
aicost_gemini_out_stops(aicost_form_t *f, const aicost_form_target_t *t,
    aicost_out_t *o)
{
    uint32_t  n;

    n = f->nstops;

    if (n > AICOST_GEMINI_STOPS) {
        if (aicost_form_miss(f, t, "stop") != AICOST_OK) {
            return AICOST_ERROR;
        }

        n = AICOST_GEMINI_STOPS;
    }

    aicost_shape_stops_out(o, f, "stopSequences", n);

    return AICOST_OK;
}


/* the schema's name is a label and goes nowhere; a schema is always kept to */

static void
aicost_gemini_format(const aicost_form_t *f, aicost_out_t *o)
{
    if (f->answer == AICOST_ANSWER_TEXT) {
        return;
    }

    aicost_out_name(o, "responseMimeType");
    aicost_out_text(o, "\"application/json\"");

    if (f->answer == AICOST_ANSWER_SCHEMA) {
        aicost_gemini_schema(o, "responseJsonSchema", "responseSchema",
                             &f->schema);
    }
}


static int
aicost_gemini_generate(aicost_form_t *f, const aicost_form_target_t *t,
    aicost_out_t *o)
{
    int64_t  cap;

    cap = t->cap >= 0 ? t->cap : f->cap;

    aicost_out_name(o, "generationConfig");
    aicost_out_text(o, "{");

    if (cap >= 0) {
        aicost_out_name(o, "maxOutputTokens");
        aicost_out_int(o, cap);
    }

    if (aicost_gemini_sampling(f, t, o) != AICOST_OK
        || aicost_gemini_out_stops(f, t, o) != AICOST_OK)
    {
        return AICOST_ERROR;
    }

    aicost_gemini_member(o, "candidateCount", &f->choices);
    aicost_gemini_member(o, "seed", &f->seed);
    aicost_gemini_member(o, "presencePenalty", &f->presence_penalty);
    aicost_gemini_member(o, "frequencyPenalty", &f->frequency_penalty);

    if (f->logprobs != AICOST_UNSAID) {
        aicost_out_name(o, "responseLogprobs");
        aicost_out_text(o, f->logprobs == AICOST_YES ? "true" : "false");
    }

    aicost_gemini_member(o, "logprobs", &f->top_logprobs);
    aicost_gemini_format(f, o);

    if (aicost_gemini_thoughts(f, t, o) != AICOST_OK) {
        return AICOST_ERROR;
    }

    aicost_out_text(o, "}");

    return AICOST_OK;
}


static int
aicost_gemini_misses(aicost_form_t *f, const aicost_form_target_t *t)
{
    size_t  i;

    const struct {
        const char  *name;
        unsigned     said;
    } members[] = {
        { "logit_bias", f->logit_bias.kind != AICOST_PIECE_NONE },
        { "parallel_tool_calls", f->parallel == AICOST_NO },
        { "verbosity", f->verbosity.kind != AICOST_PIECE_NONE }
    };

    for (i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        if (members[i].said
            && aicost_form_miss(f, t, members[i].name) != AICOST_OK)
        {
            return AICOST_ERROR;
        }
    }

    return AICOST_OK;
}


int
aicost_gemini_write_settings(aicost_form_t *form,
    const aicost_form_target_t *target, aicost_out_t *o)
{
    static const char *const  services[] = {
        NULL, "\"standard\"", "\"flex\"", "\"priority\"", NULL, NULL
    };

    if (aicost_gemini_misses(form, target) != AICOST_OK) {
        return AICOST_ERROR;
    }

    if (aicost_form_service_out(form, target, o, "serviceTier", services)
        != AICOST_OK)
    {
        return AICOST_ERROR;
    }

    aicost_gemini_tools(form, o);

    aicost_gemini_mode(form, o);

    return aicost_gemini_generate(form, target, o);
}
