
/*
 * Copyright (C) aicost
 *
 * What a round trip from one shape to another and back keeps.
 */


#include "aicost_form.h"


static const char *
aicost_form_parts_differ(const aicost_form_t *a, const aicost_form_t *b)
{
    uint32_t              i;
    const aicost_part_t  *p, *q;

    if (a->nparts != b->nparts) {
        return "parts";
    }

    for (i = 0; i < a->nparts; i++) {
        p = &a->parts[i];
        q = &b->parts[i];

        if (p->kind != q->kind || p->role != q->role || p->flags != q->flags) {
            return "part";
        }

        if (!aicost_piece_same(&p->text, &q->text)) {
            return "part.text";
        }

        if (!aicost_piece_same(&p->id, &q->id)) {
            return "part.id";
        }

        if (!aicost_piece_same(&p->name, &q->name)) {
            return "part.name";
        }

        if (!aicost_piece_same(&p->more, &q->more)) {
            return "part.more";
        }
    }

    return NULL;
}


static const char *
aicost_form_tools_differ(const aicost_form_t *a, const aicost_form_t *b)
{
    uint32_t              i;
    const aicost_tool_t  *t, *u;

    if (a->ntools != b->ntools) {
        return "tools";
    }

    for (i = 0; i < a->ntools; i++) {
        t = &a->tools[i];
        u = &b->tools[i];

        if (t->strict != u->strict || t->flags != u->flags
            || !aicost_piece_same(&t->name, &u->name)
            || !aicost_piece_same(&t->description, &u->description)
            || !aicost_piece_same(&t->schema, &u->schema)
            || !aicost_piece_same(&t->result, &u->result))
        {
            return "tool";
        }
    }

    return NULL;
}


static const char *
aicost_form_pieces_differ(const aicost_form_t *a, const aicost_form_t *b)
{
    size_t    i;
    uint32_t  n;

#define aicost_form_field(name)                                               \
    { #name, offsetof(aicost_form_t, name) }

    static const struct {
        const char  *name;
        size_t       at;
    } fields[] = {
        aicost_form_field(temperature),
        aicost_form_field(top_p),
        aicost_form_field(top_k),
        aicost_form_field(seed),
        aicost_form_field(presence_penalty),
        aicost_form_field(frequency_penalty),
        aicost_form_field(choices),
        aicost_form_field(top_logprobs),
        aicost_form_field(logit_bias),
        aicost_form_field(choice_name),
        aicost_form_field(schema),
        aicost_form_field(schema_name),
        aicost_form_field(schema_text),
        aicost_form_field(user),
        aicost_form_field(verbosity),
        aicost_form_field(metadata),
        aicost_form_field(cache_key)
    };

    for (i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        if (!aicost_piece_same((const aicost_piece_t *) (const void *)
                               ((const char *) a + fields[i].at),
                               (const aicost_piece_t *) (const void *)
                               ((const char *) b + fields[i].at)))
        {
            return fields[i].name;
        }
    }

    if (a->nstops != b->nstops) {
        return "stops";
    }

    for (n = 0; n < a->nstops; n++) {
        if (!aicost_piece_same(&a->stops[n], &b->stops[n])) {
            return "stops";
        }
    }

    return NULL;
}


const char *
aicost_form_differs(const aicost_form_t *a, const aicost_form_t *b)
{
    const char  *name;

    if (a->cap != b->cap) {
        return "cap";
    }

    if (a->stream != b->stream) {
        return "stream";
    }

    if (a->logprobs != b->logprobs || a->parallel != b->parallel
        || a->choice != b->choice || a->answer != b->answer
        || a->strict != b->strict || a->summary != b->summary
        || a->flags != b->flags || a->service != b->service)
    {
        return "settings";
    }

    if (a->effort != b->effort || a->thinking != b->thinking
        || a->thinking_budget != b->thinking_budget)
    {
        return "thinking";
    }

    name = aicost_form_parts_differ(a, b);

    if (name == NULL) {
        name = aicost_form_tools_differ(a, b);
    }

    if (name == NULL) {
        name = aicost_form_pieces_differ(a, b);
    }

    return name;
}
