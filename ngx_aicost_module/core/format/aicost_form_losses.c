
/*
 * Copyright (C) aicost
 *
 * What is left out without a refusal, and listed.
 */


#include "aicost_form.h"


#define aicost_form_said_more(p)                                              \
    ((p)->kind != AICOST_PIECE_NONE && !aicost_piece_is(p, "{}"))


static unsigned aicost_form_part_loses(const aicost_part_t *p);


static const struct {
    unsigned             bit;
    const char          *name;
} aicost_form_lost[] = {
    { AICOST_LOSES_CACHE, "prompt_cache_breakpoint" },
    { AICOST_LOSES_HOUR, "prompt_cache_breakpoint" },
    { AICOST_LOSES_TOOLS, "prompt_cache_breakpoint" },
    { AICOST_LOSES_USER, "user" },
    { AICOST_LOSES_METADATA, "metadata" },
    { AICOST_LOSES_SIGNED, "signature" },
    { AICOST_LOSES_UNSIGNED, "thoughts" },
    { AICOST_LOSES_FOREIGN, "thoughts" },
    { AICOST_LOSES_CALLS, "thought_signature" },
    { AICOST_LOSES_ERRORS, "is_error" },
    { AICOST_LOSES_STRICT, "strict" },
    { AICOST_LOSES_RESULTS, "result_schema" }
};

#define AICOST_FORM_LOST                                                      \
    (sizeof(aicost_form_lost) / sizeof(aicost_form_lost[0]))


void
aicost_form_losses(aicost_form_t *f, unsigned loses)
{
    size_t    k;
    uint32_t  i;
    unsigned  found;

    found = 0;

    for (i = 0; i < f->nparts; i++) {
        found |= aicost_form_part_loses(&f->parts[i]);
    }

    for (i = 0; i < f->ntools; i++) {
        found |= (f->tools[i].flags & AICOST_PART_CACHE) ? AICOST_LOSES_TOOLS
                                                         : 0;
        found |= (f->tools[i].strict == AICOST_YES) ? AICOST_LOSES_STRICT : 0;
        found |= (f->tools[i].result.kind != AICOST_PIECE_NONE)
                 ? AICOST_LOSES_RESULTS : 0;
    }

    found |= (f->user.kind != AICOST_PIECE_NONE) ? AICOST_LOSES_USER : 0;
    found |= aicost_form_said_more(&f->metadata) ? AICOST_LOSES_METADATA : 0;

    for (k = 0; k < AICOST_FORM_LOST; k++) {
        if (found & loses & aicost_form_lost[k].bit) {
            aicost_form_list(f, aicost_form_lost[k].name);
        }
    }

    if ((loses & AICOST_LOSES_KEY) == 0) {
        return;
    }

    if (f->cache_key.kind != AICOST_PIECE_NONE) {
        aicost_form_list(f, "prompt_cache_key");
    }

    if (f->flags & AICOST_PART_CACHE) {
        aicost_form_list(f, "prompt_cache_options");
    }
}


static unsigned
aicost_form_part_loses(const aicost_part_t *p)
{
    unsigned  found;

    found = 0;

    if (p->flags & AICOST_PART_CACHE) {
        found |= AICOST_LOSES_CACHE;
        found |= (p->flags & AICOST_PART_HOUR) ? AICOST_LOSES_HOUR : 0;
    }

    switch (p->kind) {

    case AICOST_PART_THINKING:
        found |= (p->id.len != 0) ? AICOST_LOSES_SIGNED
                                  : AICOST_LOSES_UNSIGNED;

        /* fall through */

    case AICOST_PART_REDACTED:
        found |= (p->more.kind == AICOST_PIECE_NONE) ? AICOST_LOSES_FOREIGN
                                                     : 0;
        break;

    case AICOST_PART_CALL:
        found |= (p->more.kind != AICOST_PIECE_NONE) ? AICOST_LOSES_CALLS : 0;
        break;

    case AICOST_PART_RESULT:
        found |= (p->flags & AICOST_PART_ERROR) ? AICOST_LOSES_ERRORS : 0;
        break;

    default:
        break;
    }

    return found;
}


/* its first digit that counts stands E places left of the point */

unsigned
aicost_form_above_one(const aicost_piece_t *p)
{
    int32_t   places, exponent, sign;
    uint32_t  i;
    unsigned  point, first, more;

    if (p->len == 0 || p->data[0] == '-') {
        return 0;
    }

    places = 0;
    point = 0;
    first = 0;
    more = 0;

    for (i = 0; i < p->len && (p->data[i] | 0x20) != 'e'; i++) {

        if (p->data[i] == '.') {
            point = 1;
            continue;
        }

        if (first) {
            more |= (p->data[i] != '0');

        } else if (p->data[i] != '0') {
            first = p->data[i] - (unsigned) '0';
        }

        if (first && !point) {
            places++;

        } else if (!first && point) {
            places--;
        }
    }

    exponent = 0;
    sign = 1;

    for (i++; i < p->len; i++) {
        if (p->data[i] == '-') {
            sign = -1;

        } else if (p->data[i] != '+' && exponent < 1000000) {
            exponent = exponent * 10 + (p->data[i] - '0');
        }
    }

    places += sign * exponent;

    return first && (places > 1 || (places == 1 && (first > 1 || more)));
}
