
/*
 * Copyright (C) aicost
 *
 * Every request of the corpus goes where it went before it was redacted: with
 * the same losses, or refused for the same member.
 */


#include "forms.h"
#include "aicost_redact.h"


#define ROOM_OUT  (1 << 20)


static unsigned char       unescaped[ROOM_OUT], out[ROOM_OUT];
static aicost_json_node_t  inner[8192];


static size_t
redact(const corpus_t *c)
{
    aicost_out_t   o;
    aicost_json_t  j;

    (void) parse(&j, c->data, c->len, nodes[1]);

    memset(&o, 0, sizeof(aicost_out_t));
    o.data = out;
    o.size = sizeof(out);
    o.nodes = inner;
    o.max = 8192;

    aicost_redact(&j, unescaped, &o);

    return o.failed ? 0 : o.len;
}


/* what a shape makes of it, in words */

static void
verdict(int a, int b, const unsigned char *data, size_t len, char *to,
    size_t size)
{
    size_t         n;
    uint32_t       i;
    aicost_out_t   o;
    aicost_form_t  f;

    f.stream = 0;

    if (form_read(a, &f, 0, data, len) != AICOST_OK) {
        (void) snprintf(to, size, "%s", why);
        return;
    }

    n = 0;

    for (i = 0; i < 2; i++) {
        out_init(&o, 0);

        if (form_write(b, &f, i, &o) != AICOST_OK) {
            n += (size_t) snprintf(to + n, size - n, "%s; ", why);

        } else {
            n += (size_t) snprintf(to + n, size - n, "parts %u tools %u; ",
                                   f.nparts, f.ntools);
        }
    }

    for (i = 0; i < f.ndropped; i++) {
        n += (size_t) snprintf(to + n, size - n, "%s,", f.dropped[i]);
    }
}


static void
same(const corpus_t *c)
{
    int             b, n;
    char            before[512], after[512], name[256];
    size_t          len;
    unsigned char  *p;

    len = redact(c);
    p = copy(out, len);
    n = 0;

    for (b = 0; b < SHAPES; b++) {
        verdict(c->shape, b, c->data, c->len, before, sizeof(before));
        verdict(c->shape, b, p, len, after, sizeof(after));

        if (strcmp(before, after) != 0) {
            printf("# %s\n# was: %s\n# is: %s\n", shapes[b]->name, before,
                   after);
            n++;
        }
    }

    (void) snprintf(name, sizeof(name), "%s: %.*s", shapes[c->shape]->name,
                    (int) c->name_len, (const char *) c->name);
    is_int(n, 0, name);
    free(p);
}


int
main(void)
{
    int  a, i;

    for (a = 0; a < CLIENTS; a++) {
        (void) corpus_read(a);
    }

    ok(ncorpus > 200, "a corpus");

    for (i = 0; i < ncorpus; i++) {
        same(&corpus[i]);
    }

    return done_testing();
}
