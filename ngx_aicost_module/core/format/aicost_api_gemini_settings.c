
/*
 * Copyright (C) aicost
 *
 * A client's generateContent request: tools and settings.
 */


#include "aicost_api_gemini_int.h"


static const char  *aicost_gemini_levels[] = {
    "MINIMAL", "LOW", "MEDIUM", "HIGH", NULL
};


/* a schema of JSON's or of Google's words, each has its own member */

static int
aicost_gemini_either(aicost_gemini_reader_t *r, uint32_t node,
    const char *json, const char *google, aicost_piece_t *schema)
{
    aicost_piece_t  old;

    if (aicost_gemini_take(r, node, json, AICOST_JSON_OBJECT, schema)
        != AICOST_OK
        || aicost_gemini_take(r, node, google, AICOST_JSON_OBJECT, &old)
           != AICOST_OK)
    {
        return AICOST_ERROR;
    }

    if (old.kind == AICOST_PIECE_NONE) {
        return AICOST_OK;
    }

    if (schema->kind != AICOST_PIECE_NONE) {
        return aicost_gemini_invalid(r, google);
    }

    *schema = old;
    schema->kind = AICOST_PIECE_GOOGLE;

    return AICOST_OK;
}


static int
aicost_gemini_function(aicost_gemini_reader_t *r, uint32_t node)
{
    aicost_tool_t   *t;
    aicost_piece_t   name, text, schema, result, behavior;

    if (r->j->nodes[node].type != AICOST_JSON_OBJECT) {
        return aicost_gemini_invalid(r, "functionDeclarations");
    }

    if (aicost_gemini_take(r, node, "name", AICOST_JSON_STRING, &name)
        != AICOST_OK
        || aicost_gemini_take(r, node, "description", AICOST_JSON_STRING,
                              &text)
           != AICOST_OK
        || aicost_gemini_either(r, node, "parametersJsonSchema", "parameters",
                                &schema)
           != AICOST_OK
        || aicost_gemini_either(r, node, "responseJsonSchema", "response",
                                &result)
           != AICOST_OK
        || aicost_gemini_take(r, node, "behavior", AICOST_JSON_STRING,
                              &behavior)
           != AICOST_OK)
    {
        return AICOST_ERROR;
    }

    if (name.kind == AICOST_PIECE_NONE || name.len == 0) {
        return aicost_gemini_invalid(r, "name");
    }

    if (aicost_piece_is(&behavior, "NON_BLOCKING")) {
        return aicost_form_fail(r->form, AICOST_R_PARAMETER_NOT_ALLOWED,
                                "behavior");
    }

    t = aicost_form_tool(r->form);

    if (t == NULL) {
        return AICOST_ERROR;
    }

    t->name = name;
    t->description = text;
    t->schema = schema;
    t->result = result;

    return AICOST_OK;
}


/* the tools of the provider itself are refused, whatever their name */

static int
aicost_gemini_tool(aicost_gemini_reader_t *r, uint32_t node)
{
    uint32_t  i, key, list, next;

    if (r->j->nodes[node].type != AICOST_JSON_OBJECT
        || aicost_gemini_node(r, node, "functionDeclarations",
                              AICOST_JSON_ARRAY, &list)
           != AICOST_OK)
    {
        return aicost_gemini_invalid(r, "tools");
    }

    next = r->j->nodes[node].next;

    for (key = node + 1; key < next; key = r->j->nodes[key].next) {
        if (key + 1 != list
            && r->j->nodes[key + 1].type != AICOST_JSON_NULL)
        {
            return aicost_form_fail(r->form, AICOST_R_PARAMETER_NOT_ALLOWED,
                                    "tools");
        }
    }

    next = list ? r->j->nodes[list].next : 0;

    for (i = list + 1; i < next; i = r->j->nodes[i].next) {
        if (aicost_gemini_function(r, i) != AICOST_OK) {
            return AICOST_ERROR;
        }
    }

    return AICOST_OK;
}


/* ANY with one name is that tool; of more than one the form knows nothing */

static int
aicost_gemini_allowed(aicost_gemini_reader_t *r, uint32_t config)
{
    uint32_t  names, first;

    if (aicost_gemini_node(r, config, "allowedFunctionNames",
                           AICOST_JSON_ARRAY, &names)
        != AICOST_OK)
    {
        return AICOST_ERROR;
    }

    first = names ? aicost_json_first(r->j, names) : 0;

    if (first == 0) {
        return AICOST_OK;
    }

    if (r->j->nodes[first].type != AICOST_JSON_STRING) {
        return aicost_gemini_invalid(r, "allowedFunctionNames");
    }

    if (r->j->nodes[names].count != 1
        || r->form->choice != AICOST_CHOICE_ANY)
    {
        return aicost_form_fail(r->form, AICOST_R_PARAMETER_NOT_ALLOWED,
                                "allowedFunctionNames");
    }

    r->form->choice = AICOST_CHOICE_TOOL;
    r->form->choice_name = aicost_piece(r->j, first);

    return AICOST_OK;
}


static int
aicost_gemini_choice(aicost_gemini_reader_t *r)
{
    static const char *const  refused[] = {
        "retrievalConfig", "includeServerSideToolInvocations", NULL
    };

    uint32_t         i, node, config;
    aicost_form_t   *f;
    aicost_piece_t   mode;

    f = r->form;

    if (aicost_gemini_node(r, 0, "toolConfig", AICOST_JSON_OBJECT, &node)
        != AICOST_OK)
    {
        return AICOST_ERROR;
    }

    if (node == 0) {
        return AICOST_OK;
    }

    if (aicost_gemini_refuse(r, node, refused) != AICOST_OK
        || aicost_gemini_node(r, node, "functionCallingConfig",
                              AICOST_JSON_OBJECT, &config)
           != AICOST_OK)
    {
        return AICOST_ERROR;
    }

    if (config == 0) {
        return AICOST_OK;
    }

    if (aicost_gemini_take(r, config, "mode", AICOST_JSON_STRING, &mode)
        != AICOST_OK)
    {
        return AICOST_ERROR;
    }

    if (aicost_piece_is(&mode, "AUTO")) {
        f->choice = AICOST_CHOICE_AUTO;

    } else if (aicost_piece_is(&mode, "ANY")) {
        f->choice = AICOST_CHOICE_ANY;

    } else if (aicost_piece_is(&mode, "NONE")) {
        f->choice = AICOST_CHOICE_NONE;

    } else if (aicost_piece_is(&mode, "VALIDATED")) {
        f->choice = AICOST_CHOICE_AUTO;

        for (i = 0; i < f->ntools; i++) {
            f->tools[i].strict = AICOST_YES;
        }

    } else if (mode.kind != AICOST_PIECE_NONE
               && !aicost_piece_is(&mode, "MODE_UNSPECIFIED"))
    {
        return aicost_gemini_invalid(r, "mode");
    }

    return aicost_gemini_allowed(r, config);
}


static int
aicost_gemini_thinking(aicost_gemini_reader_t *r, uint32_t config)
{
    int             i;
    int64_t         budget;
    uint32_t        node, number;
    aicost_form_t  *f;
    aicost_piece_t  level;

    f = r->form;

    if (aicost_gemini_node(r, config, "thinkingConfig", AICOST_JSON_OBJECT,
                           &node)
        != AICOST_OK)
    {
        return AICOST_ERROR;
    }

    if (node == 0) {
        return AICOST_OK;
    }

    if (aicost_gemini_flag(r, node, "includeThoughts", &f->summary)
        != AICOST_OK
        || aicost_gemini_node(r, node, "thinkingBudget", AICOST_JSON_NUMBER,
                              &number)
           != AICOST_OK
        || aicost_gemini_take(r, node, "thinkingLevel", AICOST_JSON_STRING,
                              &level)
           != AICOST_OK)
    {
        return AICOST_ERROR;
    }

    if (number) {

        if (level.kind != AICOST_PIECE_NONE
            || aicost_json_int(r->j, number, -1, AICOST_MAX_CAP, 0, &budget)
               != AICOST_OK)
        {
            return aicost_gemini_invalid(r, "thinkingBudget");
        }

        f->thinking = (uint8_t) (budget < 0 ? AICOST_THINKING_ADAPTIVE
                                 : budget ? AICOST_THINKING_BUDGET
                                          : AICOST_THINKING_OFF);
        f->thinking_budget = budget > 0 ? budget : 0;

        return AICOST_OK;
    }

    if (level.kind == AICOST_PIECE_NONE
        || aicost_piece_is(&level, "THINKING_LEVEL_UNSPECIFIED"))
    {
        return AICOST_OK;
    }

    /* documented in both cases */

    for (i = 0; aicost_gemini_levels[i]; i++) {
        if (aicost_piece_is(&level, aicost_gemini_levels[i])) {
            f->effort = (uint8_t) (AICOST_EFFORT_MINIMAL + i);
            return AICOST_OK;
        }
    }

    f->effort = (uint8_t) aicost_form_effort(&level);

    return f->effort >= AICOST_EFFORT_MINIMAL
           && f->effort <= AICOST_EFFORT_HIGH
           ? AICOST_OK : aicost_gemini_invalid(r, "thinkingLevel");
}


static int
aicost_gemini_stops(aicost_gemini_reader_t *r, uint32_t config)
{
    uint32_t  node;

    if (aicost_gemini_node(r, config, "stopSequences", AICOST_JSON_ARRAY,
                           &node)
        != AICOST_OK)
    {
        return AICOST_ERROR;
    }

    return node ? aicost_shape_stops(r->form, r->j, node, "stopSequences")
                : AICOST_OK;
}


static int
aicost_gemini_answer(aicost_gemini_reader_t *r, uint32_t config)
{
    aicost_form_t   *f;
    aicost_piece_t   type, schema, other;

    f = r->form;

    if (aicost_gemini_take(r, config, "responseMimeType", AICOST_JSON_STRING,
                           &type)
        != AICOST_OK
        || aicost_gemini_either(r, config, "responseJsonSchema",
                                "responseSchema", &schema)
           != AICOST_OK
        || aicost_gemini_take(r, config, "_responseJsonSchema",
                              AICOST_JSON_OBJECT, &other)
           != AICOST_OK)
    {
        return AICOST_ERROR;
    }

    if (other.kind != AICOST_PIECE_NONE) {
        if (schema.kind != AICOST_PIECE_NONE) {
            return aicost_gemini_invalid(r, "responseSchema");
        }

        schema = other;
    }

    if (aicost_piece_is(&type, "application/json")) {
        f->schema = schema;
        f->answer = schema.kind != AICOST_PIECE_NONE ? AICOST_ANSWER_SCHEMA
                                                     : AICOST_ANSWER_JSON;
        return AICOST_OK;
    }

    if (aicost_piece_is(&type, "text/x.enum")) {
        return aicost_form_fail(f, AICOST_R_PARAMETER_NOT_ALLOWED,
                                "responseMimeType");
    }

    if (schema.kind != AICOST_PIECE_NONE
        || (type.kind != AICOST_PIECE_NONE && type.len
            && !aicost_piece_is(&type, "text/plain")))
    {
        return aicost_gemini_invalid(r, "responseMimeType");
    }

    return AICOST_OK;
}


static int
aicost_gemini_modalities(aicost_gemini_reader_t *r, uint32_t config)
{
    uint32_t        i, node, next;
    aicost_piece_t  p;

    if (aicost_gemini_node(r, config, "responseModalities",
                           AICOST_JSON_ARRAY, &node)
        != AICOST_OK)
    {
        return AICOST_ERROR;
    }

    next = node ? r->j->nodes[node].next : 0;

    for (i = node + 1; i < next; i = r->j->nodes[i].next) {
        p = aicost_piece(r->j, i);

        if (p.kind != AICOST_PIECE_STRING || !aicost_piece_is(&p, "TEXT")) {
            return aicost_form_fail(r->form, AICOST_R_PARAMETER_NOT_ALLOWED,
                                    "responseModalities");
        }
    }

    return AICOST_OK;
}


static int
aicost_gemini_numbers(aicost_gemini_reader_t *r, uint32_t config)
{
    int64_t          n;
    uint32_t         node;
    aicost_form_t   *f;
    aicost_piece_t   any;

    f = r->form;

    if (aicost_gemini_take(r, config, "temperature", AICOST_JSON_NUMBER,
                           &f->temperature)
        != AICOST_OK
        || aicost_gemini_take(r, config, "topP", AICOST_JSON_NUMBER,
                              &f->top_p)
           != AICOST_OK
        || aicost_gemini_take(r, config, "topK", AICOST_JSON_NUMBER,
                              &f->top_k)
           != AICOST_OK
        || aicost_gemini_take(r, config, "presencePenalty",
                              AICOST_JSON_NUMBER, &f->presence_penalty)
           != AICOST_OK
        || aicost_gemini_take(r, config, "frequencyPenalty",
                              AICOST_JSON_NUMBER, &f->frequency_penalty)
           != AICOST_OK
        || aicost_gemini_take(r, config, "seed", AICOST_JSON_NUMBER,
                              &f->seed)
           != AICOST_OK
        || aicost_gemini_take(r, config, "logprobs", AICOST_JSON_NUMBER,
                              &f->top_logprobs)
           != AICOST_OK
        || aicost_gemini_flag(r, config, "responseLogprobs", &f->logprobs)
           != AICOST_OK
        || aicost_gemini_take(r, config, "candidateCount",
                              AICOST_JSON_NUMBER, &any)
           != AICOST_OK
        || aicost_gemini_node(r, config, "maxOutputTokens",
                              AICOST_JSON_NUMBER, &node)
           != AICOST_OK)
    {
        return AICOST_ERROR;
    }

    if (node
        && aicost_json_int(r->j, node, 1, AICOST_MAX_CAP, 0, &f->cap)
           != AICOST_OK)
    {
        f->cap = -1;
        return aicost_gemini_invalid(r, "maxOutputTokens");
    }

    if (any.kind != AICOST_PIECE_NONE) {
        (void) aicost_gemini_node(r, config, "candidateCount",
                                  AICOST_JSON_NUMBER, &node);

        if (aicost_json_int(r->j, node, 1, AICOST_MAX_CHOICES, 0, &n)
            != AICOST_OK)
        {
            return aicost_gemini_invalid(r, "candidateCount");
        }

        f->choices = any;
    }

    return AICOST_OK;
}


static int
aicost_gemini_config(aicost_gemini_reader_t *r)
{
    static const char *const  refused[] = {
        "mediaResolution", "speechConfig", "imageConfig", "routingConfig",
        "modelSelectionConfig", "audioTimestamp",
        "enableEnhancedCivicAnswers", "enableAffectiveDialog",
        "translationConfig", NULL
    };

    uint32_t  config;

    if (aicost_gemini_node(r, 0, "generationConfig", AICOST_JSON_OBJECT,
                           &config)
        != AICOST_OK)
    {
        return AICOST_ERROR;
    }

    if (config == 0) {
        return AICOST_OK;
    }

    if (aicost_gemini_refuse(r, config, refused) != AICOST_OK
        || aicost_gemini_numbers(r, config) != AICOST_OK
        || aicost_gemini_stops(r, config) != AICOST_OK
        || aicost_gemini_answer(r, config) != AICOST_OK
        || aicost_gemini_modalities(r, config) != AICOST_OK)
    {
        return AICOST_ERROR;
    }

    return aicost_gemini_thinking(r, config);
}


/* safetySettings, labels and store are taken and forgotten */

int
aicost_gemini_settings(aicost_gemini_reader_t *r)
{
    static const char *const  refused[] = {
        "cachedContent", "modelArmorConfig", NULL
    };

    uint32_t        i, last;
    aicost_piece_t  tier;

    if (aicost_gemini_refuse(r, 0, refused) != AICOST_OK
        || aicost_gemini_list(r, 0, "tools", &i, &last) != AICOST_OK
        || aicost_gemini_take(r, 0, "serviceTier", AICOST_JSON_STRING, &tier)
           != AICOST_OK)
    {
        return AICOST_ERROR;
    }

    if (tier.kind != AICOST_PIECE_NONE
        && aicost_form_service(r->form, "serviceTier",
                               aicost_service_word(tier.data, tier.len))
           != AICOST_OK)
    {
        return AICOST_ERROR;
    }

    for ( /* void */ ; i < last; i = r->j->nodes[i].next) {
        if (aicost_gemini_tool(r, i) != AICOST_OK) {
            return AICOST_ERROR;
        }
    }

    if (aicost_gemini_choice(r) != AICOST_OK) {
        return AICOST_ERROR;
    }

    return aicost_gemini_config(r);
}
