
/*
 * Copyright (C) aicost
 *
 * What the drill says: features, members, cost and latency side by side.
 */


#include "drill.h"


#define DRILL_COLUMNS           8


/* how often a word was said; more of them than fit are one, "other" */

typedef struct {
    const char          *word;
    size_t               n[2];         /* of members: left out, refused */
} drill_tally_t;


typedef struct {
    size_t               class[DRILL_CLASSES];
    size_t               requests;
    size_t               sent;
    size_t               worked;
    drill_tally_t        why[DRILL_WHY + 1];
} drill_sum_t;


typedef struct {
    size_t               requests;
    size_t               answered;     /* of all: as good as one can tell */
    int64_t              cost;         /* nano */
    unsigned             known:1;      /* the cost is */
    int64_t              tokens_in;
    int64_t              tokens_out;
    int64_t              latency[2];   /* ms, p50 and p95; -1 none */
    int64_t              ttft[2];
} drill_side_t;


typedef struct {
    const drill_t       *d;
    drill_sum_t          all;
    drill_sum_t          features[DRILL_NFEATURES];
    drill_tally_t        members[DRILL_WHY + 1];
    size_t               not_sent;
    size_t               compared;
    drill_side_t         recorded;
    drill_side_t         there;
} drill_report_t;


/* --- sums ----------------------------------------------------------------- */


static void
drill_tally(drill_tally_t *t, const char *word, unsigned which)
{
    size_t  i;

    for (i = 0; i < DRILL_WHY && t[i].word; i++) {
        if (strcmp(t[i].word, word) == 0) {
            break;
        }
    }

    t[i].word = i < DRILL_WHY ? word : "other";
    t[i].n[which]++;
}


/* why a request does not go, did not work, or was not sent */

static const char *
drill_why(const drill_call_t *c)
{
    return c->class == DRILL_NOT ? (c->nmembers ? c->members[0] : c->why)
                                 : c->result;
}


/* the member that was left out and was the feature itself; NULL: none */

static const char *
drill_lost(const drill_call_t *c, size_t feature)
{
    size_t  i, k;

    static const struct {
        drill_feature_e   feature;
        const char       *member;
    } own[] = {
        { DRILL_TOOLS, "tools" },
        { DRILL_TOOLS, "tool_choice" },
        { DRILL_TOOLS, "toolConfig" },
        { DRILL_IMAGES, "image_url" },
        { DRILL_DOCUMENTS, "file" },
        { DRILL_DOCUMENTS, "input_audio" },
        { DRILL_DOCUMENTS, "document" },
        { DRILL_STRUCTURED, "response_format" },
        { DRILL_STRUCTURED, "text" },
        { DRILL_STRUCTURED, "output_config" },
        { DRILL_STRUCTURED, "output_format" },
        { DRILL_STRUCTURED, "responseSchema" },
        { DRILL_STRUCTURED, "responseJsonSchema" },
        { DRILL_STRUCTURED, "responseMimeType" },
        { DRILL_REASONING, "reasoning_effort" },
        { DRILL_REASONING, "reasoning" },
        { DRILL_REASONING, "thinking" },
        { DRILL_REASONING, "thinkingConfig" },
        { DRILL_CHOICES, "n" },
        { DRILL_CHOICES, "candidateCount" },
        { DRILL_LOGPROBS, "logprobs" },
        { DRILL_LOGPROBS, "top_logprobs" },
        { DRILL_LOGPROBS, "responseLogprobs" }
    };

    for (i = 0; c->class == DRILL_LOSSES && i < c->nmembers; i++) {
        for (k = 0; k < sizeof(own) / sizeof(own[0]); k++) {
            if (own[k].feature == feature
                && strcmp(own[k].member, c->members[i]) == 0)
            {
                return own[k].member;
            }
        }
    }

    return NULL;
}


/* feature DRILL_NFEATURES: of all.  An answer without the feature that was
   asked for is none of the feature */

static void
drill_sum(drill_sum_t *s, const drill_call_t *c, size_t feature)
{
    const char  *why;

    s->requests++;
    s->class[c->class]++;
    s->sent += c->sent;

    why = c->worked ? NULL : drill_why(c);

    if (why == NULL) {
        why = drill_lost(c, feature);
    }

    if (why) {
        drill_tally(s->why, why, 0);

    } else {
        s->worked += c->worked;
    }
}


static int
drill_compare(const void *a, const void *b)
{
    const int64_t  *x = a, *y = b;

    return *x < *y ? -1 : *x > *y;
}


/* the value that p percent do not pass; -1: there is none */

static int64_t
drill_percentile(const int64_t *v, size_t n, size_t p)
{
    return n ? v[(n * p + 99) / 100 - 1] : -1;
}


static void
drill_percentiles(const drill_report_t *r, unsigned there, unsigned ttft,
    int64_t *out)
{
    size_t               i, n;
    int64_t             *v, ms;
    const drill_call_t  *c;

    v = aicost_alloc(r->d->ncalls * sizeof(int64_t));

    for (i = 0, n = 0; i < r->d->ncalls; i++) {
        c = &r->d->calls[i];

        if (!r->d->dry && !c->worked) {
            continue;
        }

        ms = there ? (ttft ? c->ttft : c->latency)
                   : (ttft ? c->record.ttft : c->record.latency);

        if (ms >= 0 && c->record.status >= 200 && c->record.status < 300) {
            v[n++] = ms;
        }
    }

    qsort(v, n, sizeof(int64_t), drill_compare);
    out[0] = drill_percentile(v, n, 50);
    out[1] = drill_percentile(v, n, 95);
    free(v);
}


/* both sides of the same requests: answered when they were recorded and, when
   they were sent, there too */

static void
drill_sides(drill_report_t *r)
{
    size_t               i;
    unsigned             good;
    const drill_call_t  *c;

    r->recorded.known = 1;
    r->there.known = r->d->price != NULL;

    for (i = 0; i < r->d->ncalls; i++) {
        c = &r->d->calls[i];
        good = c->record.status >= 200 && c->record.status < 300;

        r->recorded.requests++;
        r->recorded.answered += good;
        r->there.requests += c->sent;
        r->there.answered += c->worked;

        if (!good || c->class == DRILL_NOT || (!r->d->dry && !c->worked)) {
            continue;
        }

        r->compared++;
        r->recorded.cost = aicost_add(r->recorded.cost, c->record.cost);
        r->recorded.tokens_in += c->record.tokens_in;
        r->recorded.tokens_out += c->record.tokens_out;

        r->there.cost = aicost_add(r->there.cost,
                                   r->d->dry ? c->expected : c->cost);
        r->there.tokens_in += r->d->dry ? c->record.tokens_in : c->tokens_in;
        r->there.tokens_out += r->d->dry ? c->record.tokens_out
                                         : c->tokens_out;
    }

    for (i = 0; i < 2; i++) {
        drill_percentiles(r, 0, i != 0, i ? r->recorded.ttft
                                          : r->recorded.latency);

        if (r->d->dry) {
            r->there.latency[i] = r->there.ttft[i] = -1;

        } else {
            drill_percentiles(r, 1, i != 0, i ? r->there.ttft
                                              : r->there.latency);
        }
    }
}


static void
drill_sums(drill_report_t *r)
{
    size_t               i, k;
    const drill_call_t  *c;

    for (i = 0; i < r->d->ncalls; i++) {
        c = &r->d->calls[i];
        drill_sum(&r->all, c, DRILL_NFEATURES);

        for (k = 0; k < DRILL_NFEATURES; k++) {
            if (c->features & 1u << k) {
                drill_sum(&r->features[k], c, k);
            }
        }

        for (k = 0; k < c->nmembers; k++) {
            drill_tally(r->members, c->members[k], c->class == DRILL_NOT);
        }

        r->not_sent += (!c->sent && c->chosen && c->class != DRILL_NOT);
    }

    drill_sides(r);
}


/* --- words ---------------------------------------------------------------- */


static void
drill_put_money(int64_t nano, char *buf)
{
    *aicost_decimal_format((unsigned char *) buf, nano, 9, 2) = '\0';
}


static int64_t
drill_per_1000(const drill_report_t *r, const drill_side_t *s)
{
    return aicost_muldiv_up(s->cost, 1000, (int64_t) r->compared);
}


/* "no tool call (3), overloaded (1)" */

static void
drill_whys(const drill_tally_t *t, char *buf, size_t size)
{
    size_t  i, n;

    buf[0] = '\0';

    for (i = 0, n = 0; i <= DRILL_WHY && t[i].word && n < size; i++) {
        n += (size_t) snprintf(buf + n, size - n, "%s%s (%zu)", i ? ", " : "",
                               t[i].word, t[i].n[0]);
    }
}


static void
drill_cell(char *buf, size_t n, unsigned known)
{
    if (known) {
        (void) snprintf(buf, 32, "%zu", n);

    } else {
        memcpy(buf, "-", 2);
    }
}


/* --- tables --------------------------------------------------------------- */


static void
drill_row(const drill_report_t *r, aicost_table_t *t, const char *name,
    const drill_sum_t *s)
{
    char         n[6][32], why[256];
    unsigned     sent;
    const char  *cells[DRILL_COLUMNS];

    sent = !r->d->dry;

    drill_cell(n[0], s->requests, 1);
    drill_cell(n[1], s->class[DRILL_UNCHANGED], 1);
    drill_cell(n[2], s->class[DRILL_LOSSES], 1);
    drill_cell(n[3], s->class[DRILL_NOT], 1);
    drill_cell(n[4], s->sent, sent);
    drill_cell(n[5], s->worked, sent);
    drill_whys(s->why, why, sizeof(why));

    cells[0] = name;
    cells[1] = n[0];
    cells[2] = n[1];
    cells[3] = n[2];
    cells[4] = n[3];
    cells[5] = n[4];
    cells[6] = n[5];
    cells[7] = why;
    aicost_table_row(t, cells);
}


static void
drill_table_features(const drill_report_t *r)
{
    size_t           i;
    const char      *cells[DRILL_COLUMNS] = {
        "feature", "requests", "unchanged", "with losses", "not at all",
        "sent", "works", "why not"
    };
    aicost_table_t   t;

    aicost_table_init(&t, DRILL_COLUMNS, 0x7e);
    aicost_table_row(&t, cells);

    for (i = 0; i < DRILL_NFEATURES; i++) {
        if (r->features[i].requests) {
            drill_row(r, &t, drill_feature((drill_feature_e) i),
                      &r->features[i]);
        }
    }

    drill_row(r, &t, "all", &r->all);
    aicost_table_print(&t, stdout);
    aicost_table_free(&t);
}


static void
drill_table_members(const drill_report_t *r)
{
    char             lost[32], refused[32];
    size_t           i;
    const char      *cells[3] = { "member", "left out", "refused" };
    aicost_table_t   t;

    if (r->members[0].word == NULL) {
        return;
    }

    puts("");
    aicost_table_init(&t, 3, 0x6);
    aicost_table_row(&t, cells);

    for (i = 0; i <= DRILL_WHY && r->members[i].word; i++) {
        drill_cell(lost, r->members[i].n[0], 1);
        drill_cell(refused, r->members[i].n[1], 1);
        cells[0] = r->members[i].word;
        cells[1] = lost;
        cells[2] = refused;
        aicost_table_row(&t, cells);
    }

    aicost_table_print(&t, stdout);
    aicost_table_free(&t);
}


static void
drill_side_row(aicost_table_t *t, const char *name, int64_t a, int64_t b,
    unsigned money)
{
    char         buf[2][40];
    size_t       i;
    int64_t      v[2];
    const char  *cells[3];

    v[0] = a;
    v[1] = b;

    for (i = 0; i < 2; i++) {
        if (v[i] < 0) {
            memcpy(buf[i], "-", 2);

        } else if (money) {
            drill_put_money(v[i], buf[i]);

        } else {
            (void) snprintf(buf[i], 40, "%lld", (long long) v[i]);
        }
    }

    cells[0] = name;
    cells[1] = buf[0];
    cells[2] = buf[1];
    aicost_table_row(t, cells);
}


static void
drill_table_sides(const drill_report_t *r)
{
    char                 name[64], there[AICOST_MAX_IDENT + 80];
    int64_t              a, b;
    const char          *cells[3];
    aicost_table_t       t;
    const drill_side_t  *x, *y;

    if (r->compared == 0) {
        return;
    }

    x = &r->recorded;
    y = &r->there;

    (void) snprintf(there, sizeof(there), "%s/%s", r->d->provider,
                    r->d->model);

    puts("");
    aicost_table_init(&t, 3, 0x6);
    cells[0] = "";
    cells[1] = "recorded";
    cells[2] = there;
    aicost_table_row(&t, cells);

    drill_side_row(&t, "requests compared", (int64_t) r->compared,
                   (int64_t) r->compared, 0);

    b = y->known ? y->cost : -1;
    (void) snprintf(name, sizeof(name), "cost, %s", r->d->currency);
    drill_side_row(&t, name, x->cost, b, 1);

    a = drill_per_1000(r, x);
    b = y->known ? drill_per_1000(r, y) : -1;
    (void) snprintf(name, sizeof(name), "cost of 1000, %s", r->d->currency);
    drill_side_row(&t, name, a, b, 1);

    drill_side_row(&t, "tokens in", x->tokens_in, y->tokens_in, 0);
    drill_side_row(&t, "tokens out", x->tokens_out, y->tokens_out, 0);
    drill_side_row(&t, "latency, ms, p50", x->latency[0], y->latency[0], 0);
    drill_side_row(&t, "latency, ms, p95", x->latency[1], y->latency[1], 0);
    drill_side_row(&t, "first byte, ms, p50", x->ttft[0], y->ttft[0], 0);
    drill_side_row(&t, "first byte, ms, p95", x->ttft[1], y->ttft[1], 0);

    aicost_table_print(&t, stdout);
    aicost_table_free(&t);
}


static void
drill_verdict(const drill_report_t *r, char *buf, size_t size)
{
    size_t              n;
    const drill_sum_t  *s;

    s = &r->all;

    n = (size_t) snprintf(buf, size, "Of %zu requests %zu would go unchanged, "
                          "%zu with losses (aicost_translate lenient), %zu "
                          "not at all.", s->requests,
                          s->class[DRILL_UNCHANGED], s->class[DRILL_LOSSES],
                          s->class[DRILL_NOT]);

    if (r->d->dry) {
        (void) snprintf(buf + n, size - n, "  Nothing was sent.");

    } else {
        (void) snprintf(buf + n, size - n, "  Of %zu sent %zu worked; %zu "
                        "were not sent.", s->sent, s->worked, r->not_sent);
    }
}


static void
drill_calls(const drill_report_t *r)
{
    size_t               i;
    const drill_call_t  *c;

    for (i = 0; i < r->d->ncalls; i++) {
        c = &r->d->calls[i];

        if (c->message) {
            printf("%s:%zu: %s %ld %s: %s\n", r->d->file, c->line,
                   c->result ? c->result : "", c->status, c->code,
                   c->message);
        }
    }
}


static void
drill_text(const drill_report_t *r)
{
    char  buf[512], money[40];

    drill_table_features(r);
    drill_table_members(r);
    drill_table_sides(r);
    puts("");
    drill_calls(r);

    drill_verdict(r, buf, sizeof(buf));
    puts(buf);

    if (!r->d->dry) {
        drill_put_money(r->d->spent, money);
        printf("%s %s spent.\n", money, r->d->currency);
    }
}


/* --- JSON ----------------------------------------------------------------- */


static json_t *
drill_json_sum(const drill_report_t *r, const drill_sum_t *s)
{
    size_t   i;
    json_t  *one, *why;

    one = json_object();
    why = json_object();

    for (i = 0; i <= DRILL_WHY && s->why[i].word; i++) {
        json_object_set_new(why, s->why[i].word,
                            json_integer((json_int_t) s->why[i].n[0]));
    }

    json_object_set_new(one, "requests",
                        json_integer((json_int_t) s->requests));
    json_object_set_new(one, "unchanged",
                        json_integer((json_int_t) s->class[DRILL_UNCHANGED]));
    json_object_set_new(one, "with_losses",
                        json_integer((json_int_t) s->class[DRILL_LOSSES]));
    json_object_set_new(one, "not_at_all",
                        json_integer((json_int_t) s->class[DRILL_NOT]));

    if (!r->d->dry) {
        json_object_set_new(one, "sent", json_integer((json_int_t) s->sent));
        json_object_set_new(one, "works",
                            json_integer((json_int_t) s->worked));
    }

    json_object_set_new(one, "why_not", why);

    return one;
}


static json_t *
drill_json_ms(int64_t ms)
{
    return ms < 0 ? json_null() : json_integer(ms);
}


static json_t *
drill_json_side(const drill_report_t *r, const drill_side_t *s)
{
    char     cost[40], per[40];
    json_t  *one;

    one = json_object();

    drill_put_money(s->cost, cost);
    drill_put_money(r->compared ? drill_per_1000(r, s) : 0, per);

    json_object_set_new(one, "answered",
                        json_integer((json_int_t) s->answered));
    json_object_set_new(one, "of", json_integer((json_int_t) s->requests));
    json_object_set_new(one, "cost", s->known && r->compared
                                     ? json_string(cost) : json_null());
    json_object_set_new(one, "cost_per_1000", s->known && r->compared
                                              ? json_string(per)
                                              : json_null());
    json_object_set_new(one, "tokens_in", json_integer(s->tokens_in));
    json_object_set_new(one, "tokens_out", json_integer(s->tokens_out));
    json_object_set_new(one, "latency_ms_p50", drill_json_ms(s->latency[0]));
    json_object_set_new(one, "latency_ms_p95", drill_json_ms(s->latency[1]));
    json_object_set_new(one, "ttft_ms_p50", drill_json_ms(s->ttft[0]));
    json_object_set_new(one, "ttft_ms_p95", drill_json_ms(s->ttft[1]));

    return one;
}


static json_t *
drill_json_call(const drill_report_t *r, const drill_call_t *c)
{
    char     cost[40];
    size_t   i;
    json_t  *one, *list;

    static const char *const  classes[DRILL_CLASSES] = {
        "unchanged", "with_losses", "not_at_all"
    };

    one = json_object();
    json_object_set_new(one, "line", json_integer((json_int_t) c->line));
    json_object_set_new(one, "translation", json_string(classes[c->class]));

    list = json_array();

    for (i = 0; i < DRILL_NFEATURES; i++) {
        if (c->features & 1u << i) {
            json_array_append_new(list, json_string(
                                      drill_feature((drill_feature_e) i)));
        }
    }

    json_object_set_new(one, "features", list);
    list = json_array();

    for (i = 0; i < c->nmembers; i++) {
        json_array_append_new(list, json_string(c->members[i]));
    }

    json_object_set_new(one, "members", list);
    json_object_set_new(one, "why_not", c->worked || !drill_why(c)
                                        ? json_null()
                                        : json_string(drill_why(c)));

    if (r->d->dry) {
        return one;
    }

    json_object_set_new(one, "sent", json_boolean(c->sent));
    json_object_set_new(one, "works", json_boolean(c->worked));

    if (c->sent) {
        drill_put_money(c->cost, cost);
        json_object_set_new(one, "status", json_integer(c->status));
        json_object_set_new(one, "code", json_string(c->code));
        json_object_set_new(one, "cost", json_string(cost));
        json_object_set_new(one, "latency_ms", drill_json_ms(c->latency));
    }

    if (c->message) {
        json_object_set_new(one, "message", json_string(c->message));
    }

    return one;
}


static void
drill_json(const drill_report_t *r)
{
    char      buf[512];
    size_t    i;
    json_t   *root, *list;

    root = json_object();
    json_object_set_new(root, "shape", json_string(r->d->shape));
    json_object_set_new(root, "provider", json_string(r->d->provider));
    json_object_set_new(root, "model", json_string(r->d->model));
    json_object_set_new(root, "currency", json_string(r->d->currency));
    json_object_set_new(root, "dry_run", json_boolean(r->d->dry));
    json_object_set_new(root, "lines_unread",
                        json_integer((json_int_t) r->d->bad));
    json_object_set_new(root, "all", drill_json_sum(r, &r->all));
    json_object_set_new(root, "not_sent",
                        json_integer((json_int_t) r->not_sent));

    list = json_object();

    for (i = 0; i < DRILL_NFEATURES; i++) {
        if (r->features[i].requests) {
            json_object_set_new(list, drill_feature((drill_feature_e) i),
                                drill_json_sum(r, &r->features[i]));
        }
    }

    json_object_set_new(root, "features", list);
    list = json_object();

    for (i = 0; i <= DRILL_WHY && r->members[i].word; i++) {
        json_object_set_new(list, r->members[i].word,
                            json_pack("{s:I,s:I}", "left_out",
                                      (json_int_t) r->members[i].n[0],
                                      "refused",
                                      (json_int_t) r->members[i].n[1]));
    }

    json_object_set_new(root, "members", list);
    json_object_set_new(root, "compared",
                        json_integer((json_int_t) r->compared));
    json_object_set_new(root, "recorded", drill_json_side(r, &r->recorded));
    json_object_set_new(root, "there", drill_json_side(r, &r->there));

    drill_put_money(r->d->spent, buf);
    json_object_set_new(root, "spent", json_string(buf));

    list = json_array();

    for (i = 0; i < r->d->ncalls; i++) {
        json_array_append_new(list, drill_json_call(r, &r->d->calls[i]));
    }

    json_object_set_new(root, "calls", list);

    drill_verdict(r, buf, sizeof(buf));
    json_object_set_new(root, "verdict", json_string(buf));

    aicost_print_json(root);
    json_decref(root);
}


void
drill_report(const drill_t *d)
{
    drill_report_t  r;

    memset(&r, 0, sizeof(r));
    r.d = d;
    drill_sums(&r);

    if (d->json) {
        drill_json(&r);

    } else {
        drill_text(&r);
    }
}
