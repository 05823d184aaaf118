
/*
 * Copyright (C) aicost
 *
 * aicost prices import: a community catalogue into prices.json.  A price that
 * was used for billing is never overwritten: a new one begins a new row.
 */


#include <errno.h>
#include <time.h>
#include <unistd.h>

#include "../ngx_aicost_module/file/aicost_file.h"

#include "prices.h"


#define IMPORT_ROWS             64        /* rows of one model in prices.json */
#define IMPORT_SHOWN            60        /* taken ones without --all */
#define IMPORT_SOURCE           "litellm"


typedef struct {
    const char          *result;          /* "new", "skipped", ... */
    char                *name;
    char                *key;
    char                *why;
    char                 input[32];
    char                 output[32];
} import_line_t;


typedef struct {
    const prices_import_t  *o;
    json_t                 *models;       /* of --out, then what is written */
    json_t                 *seen;         /* name -> key, of this import */
    import_line_t          *lines;
    size_t                  nlines;
    size_t                  size;
    char                    today[32];
    char                    now[32];
    char                    source[64];
} import_t;


static void
import_line(import_t *im, const char *result, const char *name,
    const char *key, json_t *row, const char *why)
{
    const char     *price;
    import_line_t  *l;

    if (im->nlines == im->size) {
        im->size = im->size ? im->size * 2 : 256;
        im->lines = aicost_realloc(im->lines,
                                   im->size * sizeof(import_line_t));
    }

    l = &im->lines[im->nlines++];
    l->result = result;
    l->name = aicost_dup(name, strlen(name));
    l->key = aicost_dup(key, strlen(key));
    l->why = aicost_dup(why, strlen(why));

    price = json_string_value(json_object_get(row, "input"));
    (void) snprintf(l->input, sizeof(l->input), "%s", price ? price
                    : json_object_get(row, "free") ? "free" : "");

    price = json_string_value(json_object_get(row, "output"));
    (void) snprintf(l->output, sizeof(l->output), "%s", price ? price : "");
}


static json_t *
import_last(json_t *rows)
{
    return json_is_array(rows)
           ? json_array_get(rows, json_array_size(rows) - 1) : rows;
}


/* "1" and "1.00" are one price */

static void
import_canonical(json_t *row)
{
    char         text[40];
    void        *next;
    json_t      *v, *step;
    size_t       i;
    int64_t      n;
    const char  *member, *s;

    json_object_foreach_safe(row, next, member, v) {
        s = json_string_value(v);

        if (s && aicost_decimal_parse((const unsigned char *) s, strlen(s),
                                      12, &n) == AICOST_OK)
        {
            *aicost_decimal_format((unsigned char *) text, n, 12, 2) = '\0';
            json_object_set_new(row, member, json_string(text));
        }
    }

    json_array_foreach(json_object_get(row, "above"), i, step) {
        import_canonical(step);
    }
}


/* but for when and from where */

static unsigned
import_equal(json_t *a, json_t *b)
{
    json_t    *x, *y;
    unsigned   equal;

    x = json_deep_copy(a);
    y = json_deep_copy(b);
    json_object_del(x, "valid_from");
    json_object_del(y, "valid_from");
    json_object_del(x, "source");
    json_object_del(y, "source");
    import_canonical(x);
    import_canonical(y);
    equal = json_equal(x, y) ? 1 : 0;
    json_decref(x);
    json_decref(y);

    return equal;
}


/* when and from where come first and last: a row reads well */

static json_t *
import_dated(const import_t *im, json_t *row, const char *from)
{
    json_t      *dated, *v;
    const char  *member;

    dated = json_object();
    json_object_set_new(dated, "valid_from", json_string(from));

    json_object_foreach(row, member, v) {
        json_object_set(dated, member, v);
    }

    json_object_set_new(dated, "source", json_string(im->source));

    return dated;
}


static void
import_append(import_t *im, const char *name, json_t *old, json_t *row,
    const char *from)
{
    json_t  *rows;

    rows = json_array();

    if (json_is_array(old)) {
        json_array_extend(rows, old);

    } else if (old) {
        json_array_append(rows, old);
    }

    json_array_append_new(rows, import_dated(im, row, from));
    json_object_set_new(im->models, name, rows);
}


static int64_t
import_price(const char *s)
{
    int64_t  pico;

    return aicost_decimal_parse((const unsigned char *) s, strlen(s), 6,
                                &pico) == AICOST_OK ? pico : -1;
}


static void
import_changed(char *why, size_t size, json_t *last, json_t *row,
    const char *member)
{
    size_t       n;
    const char  *was, *is;

    was = json_string_value(json_object_get(last, member));
    is = json_string_value(json_object_get(row, member));

    if (was && is && import_price(was) != import_price(is)) {
        n = strlen(why);
        (void) snprintf(why + n, size - n, "%s%s was %s", n ? "; " : "",
                        member, was);
    }
}


static void
import_merge(import_t *im, const char *name, const char *key, json_t *row,
    char *why, size_t size)
{
    size_t       n;
    json_t      *old, *last;
    int64_t      begins, last_begins;
    const char  *source, *from;

    old = json_object_get(im->models, name);
    from = im->o->valid_from ? im->o->valid_from : im->now;

    if (old == NULL) {
        import_append(im, name, NULL, row,
                      im->o->valid_from ? from : im->today);
        import_line(im, "new", name, key, row, why);
        return;
    }

    last = import_last(old);

    if (import_equal(last, row)) {
        import_line(im, "same", name, key, row, why);
        return;
    }

    source = json_string_value(json_object_get(last, "source"));
    n = strlen(why);

    if (source == NULL
        || strncmp(source, IMPORT_SOURCE, sizeof(IMPORT_SOURCE) - 1) != 0)
    {
        (void) snprintf(why + n, size - n, "%sits row was written by hand",
                        n ? "; " : "");
        import_line(im, "kept", name, key, last, why);
        return;
    }

    last_begins = INT64_MIN;
    begins = 0;
    (void) aicost_file_time(from, &begins);

    if (json_object_get(last, "valid_from")) {
        (void) aicost_file_time(json_string_value(json_object_get(last,
                                    "valid_from")), &last_begins);
    }

    if (begins <= last_begins || json_array_size(old) >= IMPORT_ROWS) {
        (void) snprintf(why + n, size - n, "%s%s", n ? "; " : "",
                        begins <= last_begins ? "a later price is there"
                                              : "its rows are full");
        import_line(im, "kept", name, key, last, why);
        return;
    }

    import_changed(why, size, last, row, "input");
    import_changed(why, size, last, row, "output");
    import_line(im, "changed", name, key, row, why);
    import_append(im, name, old, row, from);
}


static unsigned
import_wanted(const prices_import_t *o, json_t *entry)
{
    size_t       i;
    const char  *provider;

    provider = json_string_value(json_object_get(entry, "litellm_provider"));

    if (o->nprovider == 0) {
        return 1;
    }

    for (i = 0; provider && i < o->nprovider; i++) {
        if (strcmp(provider, o->provider[i]) == 0) {
            return 1;
        }
    }

    return 0;
}


static void
import_entries(import_t *im, json_t *root)
{
    char         name[AICOST_MAX_IDENT * 2], why[512];
    json_t      *entry, *row;
    const char  *key, *twin;

    json_object_foreach(root, key, entry) {
        if (!json_is_object(entry) || !import_wanted(im->o, entry)) {
            continue;
        }

        row = prices_litellm(im->o, key, entry, name, sizeof(name), why,
                             sizeof(why));

        if (row == NULL) {
            import_line(im, "skipped", name, key, NULL, why);
            continue;
        }

        twin = json_string_value(json_object_get(im->seen, name));

        if (twin) {
            (void) snprintf(why, sizeof(why), "the same name as \"%s\"", twin);
            import_line(im, "skipped", name, key, row, why);

        } else {
            json_object_set_new(im->seen, name, json_string(key));
            import_merge(im, name, key, row, why, sizeof(why));
        }

        json_decref(row);
    }
}


/* what is in --out already; AICOST_ERROR was reported */

static int
import_existing(import_t *im)
{
    char                 *text;
    size_t                len;
    json_t               *root;
    aicost_catalogue_t   *c;
    aicost_file_error_t   err;

    im->models = NULL;

    if (im->o->out == NULL
        || (access(im->o->out, F_OK) == -1 && errno == ENOENT))
    {
        im->models = json_object();
        return AICOST_OK;
    }

    text = aicost_read(im->o->out, &len);
    if (text == NULL) {
        return AICOST_ERROR;
    }

    c = aicost_file_prices(text, len, &err);

    if (c == NULL) {
        aicost_say("%s:%d:%d: %s", im->o->out, err.line, err.column,
                   err.text);
        free(text);
        return AICOST_ERROR;
    }

    free(c);
    root = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
    im->models = json_incref(json_object_get(root, "models"));
    json_decref(root);
    free(text);

    return im->models ? AICOST_OK : AICOST_ERROR;
}


static int
import_name_order(const void *a, const void *b)
{
    const char *const  *x = a;
    const char *const  *y = b;

    return strcmp(*x, *y);
}


/* a model a line, by name: a change is a line of a diff */

static char *
import_text(json_t *models, size_t *len)
{
    char         *text, *line;
    FILE         *f;
    size_t        i, n;
    json_t       *name, *rows;
    const char  **names, *key;

    n = json_object_size(models);
    names = aicost_alloc(n * sizeof(char *));
    i = 0;

    json_object_foreach(models, key, rows) {
        names[i++] = key;
    }

    qsort(names, n, sizeof(char *), import_name_order);

    f = open_memstream(&text, len);

    if (f == NULL) {
        free(names);
        return NULL;
    }

    fputs("{\"version\": 1, \"currency\": \"USD\", \"models\": {", f);

    for (i = 0; i < n; i++) {
        name = json_string(names[i]);
        line = json_dumps(name, JSON_ENCODE_ANY);
        fprintf(f, "%s\n  %s: ", i ? "," : "", line);
        free(line);
        json_decref(name);
        (void) json_dumpf(json_object_get(models, names[i]), f,
                          JSON_PRESERVE_ORDER);
    }

    fputs("\n}}\n", f);
    fclose(f);
    free(names);

    return text;
}


static int
import_write(import_t *im)
{
    int                   rc;
    char                 *text;
    size_t                len;
    aicost_catalogue_t   *c;
    aicost_file_error_t   err;

    text = import_text(im->models, &len);
    c = text ? aicost_file_prices(text, len, &err) : NULL;

    if (c == NULL) {
        aicost_say("not written, the gateway would refuse it: %s",
                   text ? err.text : "no memory");
        free(text);
        return AICOST_ERROR;
    }

    free(c);
    rc = aicost_write(im->o->out, text, len, 0644);
    free(text);

    return rc;
}


static size_t
import_count(const import_t *im, const char *result)
{
    size_t  i, n;

    for (n = 0, i = 0; i < im->nlines; i++) {
        n += strcmp(im->lines[i].result, result) == 0;
    }

    return n;
}


static unsigned
import_mode(const import_line_t *l)
{
    return strcmp(l->result, "skipped") == 0
           && strncmp(l->why, "mode ", 5) == 0;
}


static void
import_print(const import_t *im)
{
    size_t                i, modes, quiet;
    unsigned              taken;
    const char           *cells[5] = { "", "model", "input", "output", "" };
    aicost_table_t        t;
    const import_line_t  *l;

    aicost_table_init(&t, 5, 0xc);
    aicost_table_row(&t, cells);
    taken = im->o->all
            || import_count(im, "new") + import_count(im, "same")
               <= IMPORT_SHOWN;
    modes = 0;
    quiet = 0;

    for (i = 0; i < im->nlines; i++) {
        l = &im->lines[i];

        if (import_mode(l) && !im->o->all) {
            modes++;
            continue;
        }

        if (!taken && l->why[0] == '\0'
            && strcmp(l->result, "changed") != 0)
        {
            quiet++;
            continue;
        }

        cells[0] = l->result;
        cells[1] = l->name;
        cells[2] = l->input;
        cells[3] = l->output;
        cells[4] = l->why;
        aicost_table_row(&t, cells);
    }

    aicost_table_print(&t, stdout);
    aicost_table_free(&t);

    if (modes || quiet) {
        printf("not shown without --all: %zu taken as they are, %zu of other "
               "modes\n", quiet, modes);
    }

    printf("%zu new, %zu changed, %zu same, %zu kept, %zu skipped; USD per 1M "
           "tokens\n", import_count(im, "new"), import_count(im, "changed"),
           import_count(im, "same"), import_count(im, "kept"),
           import_count(im, "skipped"));

    if (im->o->out) {
        printf("written: %s, %zu models\n", im->o->out,
               json_object_size(im->models));

    } else {
        puts("nothing was written: give --out FILE");
    }
}


static void
import_json(const import_t *im)
{
    size_t          i;
    json_t         *root, *list, *one;
    import_line_t  *l;

    root = json_object();
    list = json_array();

    for (i = 0; i < im->nlines; i++) {
        l = &im->lines[i];
        one = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}",
                        "result", l->result, "model", l->name, "key", l->key,
                        "input", l->input, "output", l->output, "why", l->why);
        json_array_append_new(list, one ? one : json_null());
    }

    json_object_set_new(root, "out", im->o->out ? json_string(im->o->out)
                                                : json_null());
    json_object_set_new(root, "models", json_integer((json_int_t)
                                            json_object_size(im->models)));
    json_object_set_new(root, "entries", list);
    aicost_print_json(root);
    json_decref(root);
}


static void
import_dates(import_t *im)
{
    time_t     sec;
    struct tm  tm;

    aicost_date(aicost_now(), im->today);
    (void) snprintf(im->source, sizeof(im->source), "%s, imported %s",
                    IMPORT_SOURCE, im->today);

    sec = (time_t) (aicost_now() / 1000);

    if (gmtime_r(&sec, &tm) == NULL
        || strftime(im->now, sizeof(im->now), "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
    {
        im->now[0] = '\0';
    }
}


static void
import_free(import_t *im)
{
    size_t  i;

    for (i = 0; i < im->nlines; i++) {
        free(im->lines[i].name);
        free(im->lines[i].key);
        free(im->lines[i].why);
    }

    free(im->lines);
    json_decref(im->models);
    json_decref(im->seen);
}


int
prices_import(const prices_import_t *o)
{
    int            rc;
    char          *text;
    size_t         len;
    json_t        *root;
    import_t       im;
    json_error_t   err;

    memset(&im, 0, sizeof(im));
    im.o = o;
    import_dates(&im);

    text = aicost_read(o->file, &len);
    if (text == NULL) {
        return AICOST_EXIT_FAILED;
    }

    root = json_loadb(text, len, JSON_REJECT_DUPLICATES, &err);
    free(text);

    if (!json_is_object(root)) {
        aicost_say("%s:%d:%d: %s", o->file, root ? 1 : err.line,
                   root ? 1 : err.column,
                   root ? "is no object of models" : err.text);
        json_decref(root);
        return AICOST_EXIT_FAILED;
    }

    rc = AICOST_EXIT_FAILED;
    im.seen = json_object();

    if (import_existing(&im) == AICOST_OK) {
        import_entries(&im, root);

        if (import_count(&im, "skipped") == im.nlines) {
            aicost_say("%s: nothing in it can be taken", o->file);

        } else if (o->out == NULL || import_write(&im) == AICOST_OK) {
            rc = 0;
        }

        if (o->json) {
            import_json(&im);

        } else if (rc == 0) {
            import_print(&im);
        }
    }

    import_free(&im);
    json_decref(root);

    return rc;
}
