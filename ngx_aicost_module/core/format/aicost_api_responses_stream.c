
/*
 * Copyright (C) aicost
 *
 * A stream for a client of OpenAI's Responses.
 *
 * The last event says the whole answer again, so it is kept: the head, then
 * the items one after another, the open one last and without its end.  When
 * there is no room the older items give way, and then what the open one goes
 * on to say: its deltas are said all the same, but the events that repeat it
 * have it only so far, and call it incomplete.
 */


#include "aicost_api_responses_int.h"


#define AICOST_RESPONSES_END   64      /* bytes that close an item */

/* places in keep */

#define AICOST_RESPONSES_ITEMS 0       /* the first item */
#define AICOST_RESPONSES_ITEM  1       /* the open one */
#define AICOST_RESPONSES_TEXT  2       /* its text */
#define AICOST_RESPONSES_STATE 3

#define AICOST_RESPONSES_SAID  1       /* it has some text */
#define AICOST_RESPONSES_CUT   2       /* not all of it is kept */


/* what the events of an item are called, and what its only part is */

typedef struct {
    const char          *part;       /* NULL: an item without parts */
    const char          *index;      /* of the part */
    const char          *open;       /* of the part to its text */
    const char          *text;       /* events of it */
    const char          *member;     /* that repeats it */
} aicost_responses_words_t;


static void aicost_responses_begin(aicost_tell_t *t,
    const aicost_says_t *start, aicost_out_t *o);
static void aicost_responses_content(aicost_tell_t *t,
    const aicost_says_t *says, aicost_out_t *o);
static void aicost_responses_sealed(aicost_tell_t *t,
    const aicost_says_t *says, aicost_out_t *o);
static const aicost_responses_words_t *aicost_responses_words(uint8_t kind);
static void aicost_responses_added(aicost_tell_t *t, const aicost_says_t *says,
    aicost_out_t *o);
static void aicost_responses_delta(aicost_tell_t *t, const aicost_says_t *says,
    aicost_out_t *o);
static void aicost_responses_over(aicost_tell_t *t, const aicost_piece_t *seal,
    aicost_out_t *o);
static void aicost_responses_span(const aicost_tell_t *t, unsigned from,
    aicost_out_t *o);
static void aicost_responses_where(const aicost_tell_t *t, uint8_t kind,
    aicost_out_t *o);
static void aicost_responses_event(aicost_tell_t *t, const char *name,
    const char *more, aicost_out_t *o);
static void aicost_responses_keep_item(aicost_tell_t *t,
    const aicost_says_t *says, aicost_out_t *o);
static void aicost_responses_keep_text(aicost_tell_t *t,
    const aicost_piece_t *text);
static void aicost_responses_keep_end(aicost_tell_t *t,
    const aicost_piece_t *seal);
static unsigned aicost_responses_kept(aicost_tell_t *t, aicost_out_t *keep);
static void aicost_responses_answer(aicost_tell_t *t,
    const aicost_says_t *error, aicost_out_t *o);


void
aicost_responses_tell_event(aicost_tell_t *t, const aicost_says_t *says,
    aicost_out_t *o)
{
    if (t->done) {
        return;
    }

    switch (says->kind) {

    case AICOST_SAYS_START:
        if (!t->started) {
            aicost_responses_begin(t, says, o);
        }

        return;

    case AICOST_SAYS_USAGE:
        t->usage = says->usage;
        t->has_usage = 1;
        return;

    case AICOST_SAYS_FINISH:
        if (says->choice == 0) {
            t->finish = says->finish;
        }

        return;

    case AICOST_SAYS_ERROR:
        aicost_responses_answer(t, says, o);
        return;

    case AICOST_SAYS_DONE:
        if (!t->started) {
            aicost_responses_begin(t, NULL, o);
        }

        aicost_responses_answer(t, NULL, o);
        return;

    default:
        break;
    }

    /* one choice is all that this shape has */

    if (says->choice != 0
        || (says->text.len == 0 && says->kind != AICOST_SAYS_CALL))
    {
        return;
    }

    if (!t->started) {
        aicost_responses_begin(t, NULL, o);
    }

    aicost_responses_content(t, says, o);
}


static void
aicost_responses_begin(aicost_tell_t *t, const aicost_says_t *start,
    aicost_out_t *o)
{
    size_t        i;
    aicost_out_t  keep;

    static const char *const  names[] = {
        "response.created", "response.in_progress"
    };

    t->started = 1;

    if (t->keep == NULL) {
        o->failed = 1;
        return;
    }

    memset(&keep, 0, sizeof(aicost_out_t));
    keep.data = t->keep;
    keep.size = t->size;

    aicost_responses_head(t, start, &keep);

    if (keep.failed) {
        o->failed = 1;
        return;
    }

    t->used = keep.len;
    t->at[AICOST_RESPONSES_ITEMS] = (uint32_t) keep.len;

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        aicost_responses_event(t, names[i], "", o);
        aicost_out_text(o, ",\"response\":{");
        aicost_out(o, t->keep, t->used);
        aicost_responses_status(0, NULL, o);
        aicost_responses_tail(NULL, o);
        aicost_out(o, "}}\n\n", 4);
    }
}


/* nothing that is kept is overwritten before all is said: what does not fit
   into the output is told again, from the state before it */

static void
aicost_responses_content(aicost_tell_t *t, const aicost_says_t *says,
    aicost_out_t *o)
{
    aicost_says_t  error;

    switch (says->kind) {

    case AICOST_SAYS_SIGNATURE:
        if (t->open == AICOST_SAYS_THINKING) {
            aicost_responses_over(t, &says->text, o);
            return;
        }

        /* fall through */

    case AICOST_SAYS_REDACTED:
        aicost_responses_sealed(t, says, o);
        return;

    case AICOST_SAYS_ARGUMENTS:
        if (t->open == AICOST_SAYS_CALL && t->call == says->index) {
            aicost_responses_delta(t, says, o);
            return;
        }

        /* of a call that is over: it must not be taken for whole */

        memset(&error, 0, sizeof(aicost_says_t));
        error.kind = AICOST_SAYS_ERROR;
        error.reason = AICOST_R_SERVER_ERROR;
        error.text = aicost_piece_word("The provider mixed the arguments of "
                                       "several calls.");
        aicost_responses_answer(t, &error, o);
        return;

    case AICOST_SAYS_TEXT:
    case AICOST_SAYS_THINKING:
    case AICOST_SAYS_REFUSAL:
        if (t->open == says->kind) {
            aicost_responses_delta(t, says, o);
            return;
        }

        break;

    case AICOST_SAYS_CALL:
        break;

    default:
        return;
    }

    if (t->open) {
        aicost_responses_over(t, NULL, o);
    }

    t->block = t->blocks++;
    t->open = says->kind;

    aicost_responses_added(t, says, o);

    if (says->kind == AICOST_SAYS_CALL) {
        t->call = says->index;
        t->called = 1;
        aicost_responses_keep_item(t, says, o);
        return;
    }

    /* the delta is said before anything is kept */

    aicost_responses_event(t, aicost_responses_words(says->kind)->text,
                           ".delta", o);
    aicost_responses_where(t, says->kind, o);
    aicost_out_name(o, "delta");
    aicost_out_string(o, &says->text);
    aicost_out(o, "}\n\n", 3);

    aicost_responses_keep_item(t, says, o);

    if (!o->failed) {
        t->at[AICOST_RESPONSES_STATE] |= AICOST_RESPONSES_SAID;
        aicost_responses_keep_text(t, &says->text);
    }
}


/* reasoning that is not shown, all of it at once */

static void
aicost_responses_sealed(aicost_tell_t *t, const aicost_says_t *says,
    aicost_out_t *o)
{
    size_t         i;
    aicost_says_t  item;

    static const char *const  names[] = { ".added", ".done" };

    if (t->open) {
        aicost_responses_over(t, NULL, o);
    }

    t->block = t->blocks++;

    item = *says;

    /* of thoughts without a word, else of none that may be read */

    if (says->kind == AICOST_SAYS_SIGNATURE) {
        item.kind = AICOST_SAYS_THINKING;
    }

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        aicost_responses_event(t, "response.output_item", names[i], o);
        aicost_out_name(o, "output_index");
        aicost_out_int(o, t->block);
        aicost_out_name(o, "item");
        aicost_responses_open(t, &item, t->block, o);

        if (item.kind == AICOST_SAYS_REDACTED) {
            aicost_out_inside(o, &says->text);
        }

        aicost_responses_close(item.kind, item.kind == AICOST_SAYS_THINKING
                                          ? &says->text : NULL,
                               i ? "completed" : "in_progress", o);
        aicost_out(o, "}\n\n", 3);
    }

    if (o->failed) {
        return;
    }

    t->open = item.kind;
    aicost_responses_keep_item(t, &item, o);

    if (o->failed) {
        return;
    }

    if (item.kind == AICOST_SAYS_REDACTED) {
        aicost_responses_keep_text(t, &says->text);
        aicost_responses_keep_end(t, NULL);

    } else {
        aicost_responses_keep_end(t, &says->text);
    }

    t->open = 0;
}


static const aicost_responses_words_t *
aicost_responses_words(uint8_t kind)
{
    static const aicost_responses_words_t  text = {
        "response.content_part", "content_index",
        "{\"type\":\"output_text\",\"annotations\":[],\"logprobs\":[],"
        "\"text\":\"", "response.output_text", "text"
    };
    static const aicost_responses_words_t  refusal = {
        "response.content_part", "content_index",
        "{\"type\":\"refusal\",\"refusal\":\"", "response.refusal", "refusal"
    };
    static const aicost_responses_words_t  thinking = {
        "response.reasoning_summary_part", "summary_index",
        "{\"type\":\"summary_text\",\"text\":\"",
        "response.reasoning_summary_text", "text"
    };
    static const aicost_responses_words_t  call = {
        NULL, NULL, "", "response.function_call_arguments", "arguments"
    };

    switch (kind) {

    case AICOST_SAYS_TEXT:
        return &text;

    case AICOST_SAYS_REFUSAL:
        return &refusal;

    case AICOST_SAYS_THINKING:
        return &thinking;

    default:
        return &call;
    }
}


static void
aicost_responses_added(aicost_tell_t *t, const aicost_says_t *says,
    aicost_out_t *o)
{
    const aicost_responses_words_t  *w;

    w = aicost_responses_words(says->kind);

    aicost_responses_event(t, "response.output_item", ".added", o);
    aicost_out_name(o, "output_index");
    aicost_out_int(o, t->block);
    aicost_out_name(o, "item");

    if (w->part == NULL) {
        aicost_responses_open(t, says, t->block, o);
        aicost_out_text(o, "\",\"status\":\"in_progress\"}}\n\n");
        return;
    }

    aicost_out_text(o, says->kind == AICOST_SAYS_THINKING
                       ? "{\"type\":\"reasoning\",\"id\":"
                       : "{\"type\":\"message\",\"id\":");
    aicost_responses_id(t, says->kind, t->block, o);
    aicost_out_text(o, says->kind == AICOST_SAYS_THINKING
                       ? ",\"summary\":[]"
                       : ",\"role\":\"assistant\",\"content\":[]");
    aicost_out_text(o, ",\"status\":\"in_progress\"}}\n\n");

    aicost_responses_event(t, w->part, ".added", o);
    aicost_responses_where(t, says->kind, o);
    aicost_out_name(o, "part");
    aicost_out_text(o, w->open);
    aicost_out_text(o, "\"}}\n\n");
}


static void
aicost_responses_delta(aicost_tell_t *t, const aicost_says_t *says,
    aicost_out_t *o)
{
    aicost_responses_event(t, aicost_responses_words(t->open)->text, ".delta",
                           o);
    aicost_responses_where(t, t->open, o);
    aicost_out_name(o, "delta");
    aicost_out_string(o, &says->text);
    aicost_out(o, "}\n\n", 3);

    if (!o->failed) {
        t->at[AICOST_RESPONSES_STATE] |= AICOST_RESPONSES_SAID;
        aicost_responses_keep_text(t, &says->text);
    }
}


/* the open item ends: its text, its part, and itself, each said again */

static void
aicost_responses_over(aicost_tell_t *t, const aicost_piece_t *seal,
    aicost_out_t *o)
{
    const aicost_responses_words_t  *w;

    w = aicost_responses_words(t->open);

    if ((t->at[AICOST_RESPONSES_STATE] & AICOST_RESPONSES_SAID) == 0) {

        /* a call without arguments */

        aicost_responses_event(t, w->text, ".delta", o);
        aicost_responses_where(t, t->open, o);
        aicost_out_text(o, ",\"delta\":\"{}\"}\n\n");

        memcpy(t->keep + t->used, "{}", 2);
        t->used += 2;
    }

    aicost_responses_event(t, w->text, ".done", o);
    aicost_responses_where(t, t->open, o);
    aicost_out_name(o, w->member);
    aicost_out(o, "\"", 1);
    aicost_responses_span(t, AICOST_RESPONSES_TEXT, o);
    aicost_out(o, "\"}\n\n", 4);

    if (w->part) {
        aicost_responses_event(t, w->part, ".done", o);
        aicost_responses_where(t, t->open, o);
        aicost_out_name(o, "part");
        aicost_out_text(o, w->open);
        aicost_responses_span(t, AICOST_RESPONSES_TEXT, o);
        aicost_out(o, "\"}}\n\n", 5);
    }

    aicost_responses_event(t, "response.output_item", ".done", o);
    aicost_out_name(o, "output_index");
    aicost_out_int(o, t->block);
    aicost_out_name(o, "item");
    aicost_responses_span(t, AICOST_RESPONSES_ITEM, o);
    aicost_responses_close(t->open, seal,
                           (t->at[AICOST_RESPONSES_STATE]
                            & AICOST_RESPONSES_CUT) ? "incomplete"
                                                    : "completed", o);
    aicost_out(o, "}\n\n", 3);

    aicost_responses_keep_end(t, seal);
    t->open = 0;
}


static void
aicost_responses_span(const aicost_tell_t *t, unsigned from, aicost_out_t *o)
{
    aicost_out(o, t->keep + t->at[from], t->used - t->at[from]);
}


/* the members that say of what an event is */

static void
aicost_responses_where(const aicost_tell_t *t, uint8_t kind, aicost_out_t *o)
{
    const aicost_responses_words_t  *w;

    w = aicost_responses_words(kind);

    aicost_out_name(o, "item_id");
    aicost_responses_id(t, kind, t->block, o);
    aicost_out_name(o, "output_index");
    aicost_out_int(o, t->block);

    if (w->index) {
        aicost_out_name(o, w->index);
        aicost_out(o, "0", 1);
    }

    if (kind == AICOST_SAYS_TEXT) {
        aicost_out_text(o, ",\"logprobs\":[]");
    }
}


static void
aicost_responses_event(aicost_tell_t *t, const char *name, const char *more,
    aicost_out_t *o)
{
    aicost_out_text(o, "event: ");
    aicost_out_text(o, name);
    aicost_out_text(o, more);
    aicost_out_text(o, "\ndata: {\"type\":\"");
    aicost_out_text(o, name);
    aicost_out_text(o, more);
    aicost_out_text(o, "\",\"sequence_number\":");
    aicost_out_int(o, t->sequence++);
}


/* an item as far as its text; older ones give way to it */

static void
aicost_responses_keep_item(aicost_tell_t *t, const aicost_says_t *says,
    aicost_out_t *o)
{
    unsigned      tries;
    aicost_out_t  keep;

    if (o->failed) {
        t->open = 0;
        return;
    }

    for (tries = 0; tries < 2; tries++) {

        if (aicost_responses_kept(t, &keep)) {

            if (t->used > t->at[AICOST_RESPONSES_ITEMS]) {
                aicost_out(&keep, ",", 1);
            }

            t->at[AICOST_RESPONSES_ITEM] = (uint32_t) (t->used + keep.len);
            aicost_responses_open(t, says, t->block, &keep);

            if (!keep.failed) {
                t->used += keep.len;
                t->at[AICOST_RESPONSES_TEXT] = (uint32_t) t->used;
                t->at[AICOST_RESPONSES_STATE] = 0;
                return;
            }
        }

        t->used = t->at[AICOST_RESPONSES_ITEMS];
    }

    /* a name longer than all that may be kept */

    t->open = 0;
    o->failed = 1;
}


static void
aicost_responses_keep_text(aicost_tell_t *t, const aicost_piece_t *text)
{
    size_t        len;
    unsigned      tries;
    aicost_out_t  keep;

    for (tries = 0; tries < 2; tries++) {

        if ((t->at[AICOST_RESPONSES_STATE] & AICOST_RESPONSES_CUT) == 0
            && aicost_responses_kept(t, &keep))
        {
            aicost_out_inside(&keep, text);

            if (!keep.failed) {
                t->used += keep.len;
                return;
            }
        }

        if (t->at[AICOST_RESPONSES_ITEM] == t->at[AICOST_RESPONSES_ITEMS]) {
            break;
        }

        len = t->at[AICOST_RESPONSES_ITEM] - t->at[AICOST_RESPONSES_ITEMS];
        t->used -= len;
        t->at[AICOST_RESPONSES_ITEM] -= (uint32_t) len;
        t->at[AICOST_RESPONSES_TEXT] -= (uint32_t) len;

        memmove(t->keep + t->at[AICOST_RESPONSES_ITEM],
                t->keep + t->at[AICOST_RESPONSES_ITEM] + len,
                t->used - t->at[AICOST_RESPONSES_ITEM]);
    }

    t->at[AICOST_RESPONSES_STATE] |= AICOST_RESPONSES_CUT;
}


/* there is always room for it but for the seal, which is left out then */

static void
aicost_responses_keep_end(aicost_tell_t *t, const aicost_piece_t *seal)
{
    aicost_out_t  keep;

    memset(&keep, 0, sizeof(aicost_out_t));
    keep.data = t->keep + t->used;
    keep.size = t->size - t->used;

    aicost_responses_close(t->open, seal,
                           (t->at[AICOST_RESPONSES_STATE]
                            & AICOST_RESPONSES_CUT) ? "incomplete"
                                                    : "completed", &keep);

    if (keep.failed) {
        keep.failed = 0;
        keep.len = 0;
        aicost_responses_close(t->open, NULL, "incomplete", &keep);
    }

    t->used += keep.len;
}


/* what is left of keep for the inside of an item: 0 when nothing is */

static unsigned
aicost_responses_kept(aicost_tell_t *t, aicost_out_t *keep)
{
    memset(keep, 0, sizeof(aicost_out_t));

    if (t->size < t->used + AICOST_RESPONSES_END) {
        return 0;
    }

    keep->data = t->keep + t->used;
    keep->size = t->size - t->used - AICOST_RESPONSES_END;

    return 1;
}


/* the last event; an error is said by itself before it, as some clients only
   look for that */

static void
aicost_responses_answer(aicost_tell_t *t, const aicost_says_t *error,
    aicost_out_t *o)
{
    const char  *more;

    if (t->open) {
        aicost_responses_over(t, NULL, o);
    }

    t->done = 1;

    if (t->finish == 0) {
        t->finish = t->called ? AICOST_FINISH_CALLS : AICOST_FINISH_STOP;
    }

    if (error) {
        t->failed = 1;

        aicost_responses_event(t, "error", "", o);
        aicost_responses_fault(error, aicost_reason_word(error->reason), o);
        aicost_out_text(o, ",\"param\":null}\n\n");

        if (!t->started) {
            return;
        }

        more = ".failed";

    } else if (t->finish == AICOST_FINISH_LENGTH
               || t->finish == AICOST_FINISH_FILTER)
    {
        more = ".incomplete";

    } else {
        more = ".completed";
    }

    aicost_responses_event(t, "response", more, o);
    aicost_out_text(o, ",\"response\":{");
    aicost_out(o, t->keep, t->at[AICOST_RESPONSES_ITEMS]);
    aicost_responses_status(t->finish, error, o);
    aicost_responses_span(t, AICOST_RESPONSES_ITEMS, o);
    aicost_responses_tail(t->has_usage ? &t->usage : NULL, o);
    aicost_out(o, "}}\n\n", 4);
}
