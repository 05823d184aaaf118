
/*
 * Copyright (C) aicost
 */


#include "aicost_redact_int.h"
#include "aicost_json_text.h"


#define AICOST_REDACT_SLICE    ((size_t) 1 << 30)


typedef struct {
    const aicost_json_t *j;
    aicost_out_t        *o;
    unsigned char       *text;
    uint32_t            *ids;        /* nodes: the first with each id */
    uint32_t            *nids;
    unsigned             inside:1;   /* a string: quotes need escapes */
    unsigned             broken:1;   /* no JSON: what comes of it is none */
} aicost_redact_t;


static void aicost_redact_value(aicost_redact_t *r, uint32_t node,
    aicost_redact_e what, uint32_t parent);


static const struct {
    const char          *type;
    const char          *data;
} aicost_redact_media[] = {
    { "image/png",
      "iVBORw0KGgoAAAANSUhEUgAAABAAAAAQCAAAAAA6mKC9AAAAEUlEQVR42mM8wYAKmBhG"
      "tAAA5cgA6C0e9MkAAAAASUVORK5CYII=" },
    { "image/jpeg",
      "/9j/2wBDABAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQ"
      "EBAQEBAQEBAQEBAQEBAQEBAQEBAQEBD/wAALCAAQABABAREA/8QAFAABAAAAAAAAAAAA"
      "AAAAAAAAAP/EABQQAQAAAAAAAAAAAAAAAAAAAAD/2gAIAQEAAD8AAP/Z" },
    { "image/gif",
      "R0lGODdhEAAQAIEAAMjIyAAAAAAAAAAAACwAAAAAEAAQAEAIHQABCBxIsKDBgwgTKlzI"
      "sKHDhxAjSpxIsaLFgQEBADs=" },
    { "image/webp",
      "UklGRh4AAABXRUJQVlA4TBEAAAAvD8ADAAdQ5CIXuf+BiOh/AAA=" },
    { "application/pdf",
      "JVBERi0xLjQKMSAwIG9iajw8L1R5cGUvQ2F0YWxvZy9QYWdlcyAyIDAgUj4+ZW5kb2"
      "JqCjIgMCBvYmo8PC9UeXBlL1BhZ2VzL0tpZHNbMyAwIFJdL0NvdW50IDE+PmVuZG9i"
      "agozIDAgb2JqPDwvVHlwZS9QYWdlL1BhcmVudCAyIDAgUi9NZWRpYUJveFswIDAgOS"
      "A5XT4+ZW5kb2JqCnhyZWYKMCA0CjAwMDAwMDAwMDAgNjU1MzUgZiAKMDAwMDAwMDAw"
      "OSAwMDAwMCBuIAowMDAwMDAwMDUyIDAwMDAwIG4gCjAwMDAwMDAxMDEgMDAwMDAgbi"
      "AKdHJhaWxlcjw8L1NpemUgNC9Sb290IDEgMCBSPj5zdGFydHhyZWYKMTYwCiUlRU9G"
      "Cg==" },

    /* all others */
    { "application/octet-stream", "cmVkYWN0ZWQ=" }
};

#define AICOST_REDACT_NMEDIA                                                  \
    (sizeof(aicost_redact_media) / sizeof(aicost_redact_media[0]))


/* common words of 1 to 12 letters: a tokenizer counts text of them about as it
   counts prose */

static const char  *aicost_redact_words[] = {
    "a", "of", "the", "with", "their", "people", "because", "children",
    "important", "government", "information", "organization"
};

#define AICOST_REDACT_LONGEST                                                 \
    (sizeof(aicost_redact_words) / sizeof(aicost_redact_words[0]))


/* --- bytes ---------------------------------------------------------------- */

static void
aicost_redact_put(aicost_redact_t *r, const char *s, size_t n)
{
    size_t  i;

    if (!r->inside) {
        aicost_out(r->o, s, n);
        return;
    }

    for (i = 0; i < n; i++) {
        if (s[i] == '"' || s[i] == '\\') {
            aicost_out(r->o, "\\", 1);
        }

        aicost_out(r->o, s + i, 1);
    }
}


static void
aicost_redact_puts(aicost_redact_t *r, const char *s)
{
    aicost_redact_put(r, s, strlen(s));
}


static void
aicost_redact_quoted(aicost_redact_t *r, const char *s)
{
    aicost_redact_puts(r, "\"");
    aicost_redact_puts(r, s);
    aicost_redact_puts(r, "\"");
}


/* decimal, at the end of 24 bytes */

static char *
aicost_redact_decimal(uint32_t n, char *last)
{
    do {
        *--last = (char) ('0' + n % 10);
        n /= 10;
    } while (n);

    return last;
}


/* --- text ----------------------------------------------------------------- */

static unsigned
aicost_redact_letter(uint32_t c)
{
    return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}


/* a character that is not ASCII, by one of its script or kind */

static const char *
aicost_redact_other(uint32_t c)
{
    return c < 0xa0 ? " "
           : c < 0xc0 ? "\xc2\xb7"                         /* signs */
           : c < 0x370 ? "\xc3\xa9"                        /* Latin */
           : c < 0x400 ? "\xce\xb1"                        /* Greek */
           : c < 0x530 ? "\xd0\xb6"                        /* Cyrillic */
           : c < 0x800 ? "\xd8\xa8"                        /* Arabic, ... */
           : c < 0x2000 ? "\xe0\xa4\x95"                   /* Devanagari ... */
           : c < 0x2e80 ? "\xe2\x80\x93"                   /* punctuation */
           : c < 0x10000 ? "\xe4\xb8\xad"                  /* Han, kana ... */
           : "\xf0\x9f\x98\x80";
}


/* the letters that begin at p, by a word of as many; an escape is as good as
   what it stands for */

static const unsigned char *
aicost_redact_letters(aicost_redact_t *r, const unsigned char *p,
    const unsigned char *last)
{
    char                  c;
    size_t                i, n;
    uint32_t              was;
    const char           *word;
    const unsigned char  *q;

    for (n = 0, q = p; q < last && aicost_redact_letter(aicost_json_char(&q));
         n++) { /* void */ }

    i = n < AICOST_REDACT_LONGEST ? n : AICOST_REDACT_LONGEST;
    word = aicost_redact_words[i - 1];

    for (i = 0; i < n; i++) {
        was = aicost_json_char(&p);
        c = word[i % AICOST_REDACT_LONGEST];

        /* upper case stays upper case */
        c = (char) (c - (was & 0x20 ? 0 : 0x20));
        aicost_redact_put(r, &c, 1);
    }

    return p;
}


static void
aicost_redact_char(aicost_redact_t *r, uint32_t c)
{
    char  byte;

    switch (c) {

    case '"':
        aicost_redact_puts(r, "\\\"");
        return;

    case '\\':
        aicost_redact_puts(r, "\\\\");
        return;

    case '\n':
        aicost_redact_puts(r, "\\n");
        return;

    case '\t':
        aicost_redact_puts(r, "\\t");
        return;
    }

    if (c >= 0x7f) {
        aicost_redact_puts(r, aicost_redact_other(c));
        return;
    }

    byte = c < 0x20 ? ' ' : c >= '0' && c <= '9' ? '1'
           : r->broken && c == '{' ? '(' : (char) c;
    aicost_redact_put(r, &byte, 1);
}


static void
aicost_redact_text(aicost_redact_t *r, uint32_t node)
{
    uint32_t              c;
    const unsigned char  *p, *q, *last;

    p = r->j->data + r->j->nodes[node].off;
    last = p + r->j->nodes[node].len;

    aicost_redact_puts(r, "\"");

    while (p < last) {
        q = p;
        c = aicost_json_char(&q);

        if (aicost_redact_letter(c)) {
            p = aicost_redact_letters(r, p, last);

        } else {
            aicost_redact_char(r, c);
            p = q;
        }
    }

    aicost_redact_puts(r, "\"");
}


/* as many digits, of each; a run is one node */

static void
aicost_redact_number(aicost_redact_t *r, uint32_t node, unsigned keep)
{
    char                  c;
    const unsigned char  *p, *last;

    p = r->j->data + r->j->nodes[node].off;
    last = p + r->j->nodes[node].len;

    for ( /* void */ ; p < last; p++) {
        if (*p <= ' ') {
            continue;
        }

        c = (!keep && *p >= '0' && *p <= '9') ? '1' : (char) *p;
        aicost_redact_put(r, &c, 1);
    }
}


/* letters, digits and what joins them; no sign of an address or a sentence */

static unsigned
aicost_redact_word(const aicost_json_t *j, uint32_t node)
{
    uint32_t                   c;
    const unsigned char       *p, *last;
    const aicost_json_node_t  *n;

    n = &j->nodes[node];
    p = j->data + n->off;
    last = p + n->len;

    if (n->len == 0 || n->len > AICOST_REDACT_WORD) {
        return 0;
    }

    while (p < last) {
        c = aicost_json_char(&p);

        if (c >= 0x80
            || (!aicost_redact_letter(c) && !(c >= '0' && c <= '9')
                && memchr("_-./:+$", (int) c, 7) == NULL))
        {
            return 0;
        }
    }

    return 1;
}


/* a word; escapes that it needs not are taken off */

static void
aicost_redact_plain(aicost_redact_t *r, uint32_t node)
{
    char                  c;
    const unsigned char  *p, *last;

    p = r->j->data + r->j->nodes[node].off;
    last = p + r->j->nodes[node].len;

    aicost_redact_puts(r, "\"");

    while (p < last) {
        c = (char) aicost_json_char(&p);
        aicost_redact_put(r, &c, 1);
    }

    aicost_redact_puts(r, "\"");
}


static void
aicost_redact_as_is(aicost_redact_t *r, uint32_t node)
{
    aicost_redact_puts(r, "\"");
    aicost_redact_put(r, (const char *) r->j->data + r->j->nodes[node].off,
                      r->j->nodes[node].len);
    aicost_redact_puts(r, "\"");
}


/* --- ids, media ----------------------------------------------------------- */

static void
aicost_redact_id(aicost_redact_t *r, uint32_t node)
{
    char                       buf[24], *p;
    size_t                     k;
    uint32_t                   i;
    const unsigned char       *data;
    const aicost_json_node_t  *n, *seen;

    static const char *const  prefixes[] = {
        "toolu_", "fc_", "msg_", "rs_", "ctc_", "chatcmpl-"
    };

    n = &r->j->nodes[node];
    data = r->j->data + n->off;

    for (i = 0; i < *r->nids; i++) {
        seen = &r->j->nodes[r->ids[i]];

        if (seen->len == n->len
            && memcmp(r->j->data + seen->off, data, n->len) == 0)
        {
            break;
        }
    }

    if (i == *r->nids && i < AICOST_REDACT_IDS) {
        r->ids[(*r->nids)++] = node;
    }

    aicost_redact_puts(r, "\"");

    for (k = 0; k < sizeof(prefixes) / sizeof(prefixes[0]); k++) {
        if (n->len > strlen(prefixes[k])
            && memcmp(data, prefixes[k], strlen(prefixes[k])) == 0)
        {
            break;
        }
    }

    aicost_redact_puts(r, k < sizeof(prefixes) / sizeof(prefixes[0])
                          ? prefixes[k] : "call_");

    /* four digits at least: some want nine characters */

    for (p = aicost_redact_decimal(i, buf + 24); p > buf + 20; *--p = '0') {
        /* void */
    }

    aicost_redact_put(r, p, (size_t) (buf + 24 - p));
    aicost_redact_puts(r, "\"");
}


static void
aicost_redact_base64(aicost_redact_t *r, const aicost_piece_t *type,
    unsigned url)
{
    size_t  i;

    for (i = 0; i < AICOST_REDACT_NMEDIA - 1; i++) {
        if (aicost_piece_is(type, aicost_redact_media[i].type)) {
            break;
        }
    }

    aicost_redact_puts(r, "\"");

    if (url) {
        aicost_redact_puts(r, "data:");
        aicost_redact_puts(r, aicost_redact_media[i].type);
        aicost_redact_puts(r, ";base64,");
    }

    aicost_redact_puts(r, aicost_redact_media[i].data);
    aicost_redact_puts(r, "\"");
}


/* what a media type is guessed by; "" */

static const char *
aicost_redact_suffix(const aicost_piece_t *url)
{
    size_t  i, n, len;

    static const char *const  suffixes[] = {
        "image.png", "image.jpg", "image.jpeg", "image.webp", "image.gif",
        "image.heic", "image.heif", "image.pdf"
    };

    for (len = 0; len < url->len && url->data[len] != '?'
         && url->data[len] != '#'; len++) { /* void */ }

    for (i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
        n = strlen(suffixes[i]) - 5;

        if (len > n && memcmp(url->data + len - n, suffixes[i] + 5, n) == 0) {
            return suffixes[i];
        }
    }

    return "";
}


/* a URL, by a fixed one; with its data inside, by other data */

static void
aicost_redact_url(aicost_redact_t *r, uint32_t node)
{
    aicost_piece_t  url, type, data;

    url = aicost_piece(r->j, node);

    if (aicost_form_data_url(&url, &type, &data) == AICOST_OK) {
        aicost_redact_base64(r, &type, 1);
        return;
    }

    aicost_redact_puts(r, "\"" AICOST_REDACTED_URL);
    aicost_redact_puts(r, aicost_redact_suffix(&url));
    aicost_redact_puts(r, "\"");
}


/* data, whose media type stands beside it; a plain text may too */

static void
aicost_redact_data(aicost_redact_t *r, uint32_t node, uint32_t parent)
{
    size_t          i;
    uint32_t        type;
    aicost_piece_t  piece;

    static const char *const  names[] = {
        "media_type", "mimeType", "mime_type"
    };

    if (aicost_json_is(r->j, aicost_json_get(r->j, parent, "type"), "text")) {
        aicost_redact_text(r, node);
        return;
    }

    type = 0;

    for (i = 0; type == 0 && i < sizeof(names) / sizeof(names[0]); i++) {
        type = aicost_json_get(r->j, parent, names[i]);
    }

    piece = aicost_piece(r->j, type);
    aicost_redact_base64(r, &piece, 0);
}


/* --- values --------------------------------------------------------------- */


/* JSON in a string: redacted, and put into a string again */

static void
aicost_redact_arguments(aicost_redact_t *r, uint32_t node)
{
    int              rc;
    size_t           len;
    aicost_json_t    j;
    aicost_redact_t  in;

    rc = AICOST_ERROR;

    if (!r->inside) {
        len = aicost_json_unescape(r->j, node, r->text);
        aicost_json_init(&j, r->text, len, r->o->nodes, r->o->max);

        do {
            rc = aicost_json_run(&j, AICOST_REDACT_SLICE);
        } while (rc == AICOST_AGAIN);
    }

    in = *r;

    if (rc != AICOST_OK || j.nodes[0].type != AICOST_JSON_OBJECT) {
        in.broken = 1;
        aicost_redact_text(&in, node);
        return;
    }

    in.j = &j;
    in.inside = 1;

    aicost_redact_puts(r, "\"");
    aicost_redact_value(&in, 0, AICOST_REDACT_CONTENT, 0);
    aicost_redact_puts(r, "\"");
}


/* the name of a tool, not that of a speaker */

static unsigned
aicost_redact_tool_name(const aicost_json_t *j, uint32_t object)
{
    size_t    i;
    uint32_t  role, type;

    static const char *const  types[] = {
        "tool_use", "function_call", "custom_tool_call"
    };

    role = aicost_json_get(j, object, "role");

    if (role) {
        return aicost_json_is(j, role, "tool")
               || aicost_json_is(j, role, "function");
    }

    type = aicost_json_get(j, object, "type");

    for (i = 0; type && i < sizeof(types) / sizeof(types[0]); i++) {
        if (aicost_json_is(j, type, types[i])) {
            return 1;
        }
    }

    return 0;
}


static void
aicost_redact_string(aicost_redact_t *r, uint32_t node, aicost_redact_e what,
    uint32_t parent)
{
    unsigned  keep;

    switch (what) {

    case AICOST_REDACT_ID:
        aicost_redact_id(r, node);
        return;

    case AICOST_REDACT_SECRET:
    case AICOST_REDACT_META:
        aicost_redact_quoted(r, AICOST_REDACTED);
        return;

    case AICOST_REDACT_ARGUMENTS:
        aicost_redact_arguments(r, node);
        return;

    case AICOST_REDACT_URL:
    case AICOST_REDACT_IMAGE:
    case AICOST_REDACT_FILE:
        aicost_redact_url(r, node);
        return;

    case AICOST_REDACT_DATA:
        aicost_redact_data(r, node, parent);
        return;

    case AICOST_REDACT_NAME:
        keep = aicost_redact_tool_name(r->j, parent)
               && aicost_redact_word(r->j, node);
        break;

    case AICOST_REDACT_VALUES:

        if (r->j->nodes[node].len <= AICOST_REDACT_WORD) {
            aicost_redact_as_is(r, node);
            return;
        }

        keep = 0;
        break;

    case AICOST_REDACT_KEEP:
    case AICOST_REDACT_CHOICE:
        keep = aicost_redact_word(r->j, node);
        break;

    default:
        keep = 0;
    }

    if (keep) {
        aicost_redact_plain(r, node);

    } else {
        aicost_redact_text(r, node);
    }
}


/* a name that is not known: its length, and which one of the object it is */

static void
aicost_redact_key(aicost_redact_t *r, uint32_t key, uint32_t n, unsigned bare)
{
    char      buf[24], *p;
    size_t    len, digits;

    p = aicost_redact_decimal(n, buf + 24);
    digits = (size_t) (buf + 24 - p);

    aicost_redact_puts(r, "\"");

    if (!bare) {
        len = r->j->nodes[key].len;
        len = len < AICOST_REDACT_KEY ? len : AICOST_REDACT_KEY;

        /* no name that stays has this sign */
        aicost_redact_puts(r, "~");

        for ( /* void */ ; len > digits + 1; len--) {
            aicost_redact_puts(r, "x");
        }
    }

    aicost_redact_put(r, p, digits);
    aicost_redact_puts(r, "\"");
}


/* what a member is; *known: its name stays */

static aicost_redact_e
aicost_redact_what(aicost_redact_t *r, uint32_t key, aicost_redact_e what,
    unsigned *known)
{
    const aicost_redact_member_t  *m;

    *known = 1;

    switch (what) {

    case AICOST_REDACT_FILE:
        what = AICOST_REDACT_SOURCE;
        break;

    case AICOST_REDACT_NAMED:
        *known = aicost_redact_word(r->j, key);
        return AICOST_REDACT_SCHEMA;

    case AICOST_REDACT_BIAS:
        *known = 0;
        return r->j->nodes[key + 1].type == AICOST_JSON_NUMBER
               ? AICOST_REDACT_KEEP : AICOST_REDACT_CONTENT;

    default:
        break;
    }

    m = what >= AICOST_REDACT_ROOT ? aicost_redact_members[what] : NULL;

    for ( /* void */ ; m && m->name; m++) {
        if (aicost_json_is(r->j, key, m->name)) {
            return (aicost_redact_e) m->what;
        }
    }

    *known = 0;

    return (what == AICOST_REDACT_META || what == AICOST_REDACT_SECRET)
           ? AICOST_REDACT_SECRET : AICOST_REDACT_CONTENT;
}


static void
aicost_redact_object(aicost_redact_t *r, uint32_t node, aicost_redact_e what)
{
    uint32_t         key, n;
    unsigned         known;
    aicost_redact_e  member;

    aicost_redact_puts(r, "{");

    key = aicost_json_first(r->j, node);

    for (n = 0; key && key < r->j->nodes[node].next; n++) {

        if (n) {
            aicost_redact_puts(r, ",");
        }

        member = aicost_redact_what(r, key, what, &known);

        if (known) {
            aicost_redact_plain(r, key);

        } else {
            aicost_redact_key(r, key, n, what == AICOST_REDACT_BIAS);
        }

        aicost_redact_puts(r, ":");
        aicost_redact_value(r, key + 1, member, node);

        key = r->j->nodes[key].next;
    }

    aicost_redact_puts(r, "}");
}


static void
aicost_redact_array(aicost_redact_t *r, uint32_t node, aicost_redact_e what)
{
    uint32_t  i;

    aicost_redact_puts(r, "[");

    i = aicost_json_first(r->j, node);

    for ( /* void */ ; i && i < r->j->nodes[node].next;
         i = r->j->nodes[i].next)
    {
        aicost_redact_value(r, i, what, node);

        if (r->j->nodes[i].next < r->j->nodes[node].next) {
            aicost_redact_puts(r, ",");
        }
    }

    aicost_redact_puts(r, "]");
}


static void
aicost_redact_value(aicost_redact_t *r, uint32_t node, aicost_redact_e what,
    uint32_t parent)
{
    switch (r->j->nodes[node].type) {

    case AICOST_JSON_NULL:
        aicost_redact_puts(r, "null");
        break;

    case AICOST_JSON_FALSE:
        aicost_redact_puts(r, "false");
        break;

    case AICOST_JSON_TRUE:
        aicost_redact_puts(r, "true");
        break;

    case AICOST_JSON_NUMBER:
    case AICOST_JSON_NUMBERS:
        aicost_redact_number(r, node, what == AICOST_REDACT_KEEP
                                      || what == AICOST_REDACT_VALUES);
        break;

    case AICOST_JSON_STRING:
        aicost_redact_string(r, node, what, parent);
        break;

    case AICOST_JSON_ARRAY:
        aicost_redact_array(r, node, what);
        break;

    default:
        aicost_redact_object(r, node, what);
    }
}


void
aicost_redact(const aicost_json_t *j, unsigned char *text, aicost_out_t *o)
{
    uint32_t         nids, ids[AICOST_REDACT_IDS];
    aicost_redact_t  r;

    nids = 0;

    r.j = j;
    r.o = o;
    r.text = text;
    r.ids = ids;
    r.nids = &nids;
    r.inside = 0;
    r.broken = 0;

    aicost_redact_value(&r, 0, AICOST_REDACT_ROOT, 0);
}
