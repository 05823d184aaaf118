
/*
 * Copyright (C) aicost
 *
 * aicost key: consumers and their keys.  The key is shown once; the file holds
 * its digest.
 */


#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <sys/file.h>
#include <unistd.h>

#include "../ngx_aicost_module/file/aicost_file.h"

#include "fleet.h"


#define KEY_BYTES               32        /* random ones of a key */
#define KEY_DIGITS              43        /* base 62: 62^43 > 2^256 */
#define KEY_SHOWN               8         /* hex digits of a digest */
#define KEY_TRIES               16        /* others publish meanwhile */

#define KEY_LATER               -1        /* they did: begin anew */


typedef struct {
    fleet_t              fleet;           /* its url: what is published */
    const char          *file;
    const char          *where;           /* for messages */
    const char          *name;
    const char          *expires;
    const char          *use_case;
    const char          *tiers;
    const char          *max_tier;
    const char          *models;
    const char          *max_output;
    const char          *value;
    const char          *budgets[AICOST_CONSUMER_BUDGETS];
    size_t               nbudgets;
    const char          *tags[AICOST_CONSUMER_TAGS];
    size_t               ntags;
    unsigned             critical;
    unsigned             json;
} key_options_t;


static const struct option  key_options[] = {
    { "consumers", required_argument, NULL, 'C' },
    { "expires", required_argument, NULL, 'e' },
    { "use-case", required_argument, NULL, 'u' },
    { "critical", no_argument, NULL, 'c' },
    { "tiers", required_argument, NULL, 't' },
    { "max-tier", required_argument, NULL, 'm' },
    { "models", required_argument, NULL, 'M' },
    { "max-output-tokens", required_argument, NULL, 'o' },
    { "budget", required_argument, NULL, 'b' },
    { "tag", required_argument, NULL, 'T' },
    { "value-per-outcome", required_argument, NULL, 'v' },
    FLEET_OPTIONS,
    { "json", no_argument, NULL, 'j' },
    { "help", no_argument, NULL, 'h' },
    { NULL, 0, NULL, 0 }
};


static void
key_help(void)
{
    fputs(
"usage: aicost key add [OPTION]... NAME\n"
"       aicost key list\n"
"       aicost key revoke NAME|DIGEST\n"
"       aicost key publish --redis URL\n"
"       aicost key withdraw --redis URL\n\n"
"add: a new key for the consumer NAME, made if it is not there; an option\n"
"changes the consumer that is.  The key is printed once and kept nowhere.\n"
"list: consumers, the first 8 digits of each key's SHA-256, expiry.\n"
"revoke: all keys of a consumer, or one key by 8 digits or more of its\n"
"digest.  The gateway reads the file again by itself.\n"
"publish: the file becomes that of all edges of the fleet; with --redis the\n"
"others then change what is published.  An edge follows within a second, and\n"
"no longer reads its own file.\n"
"withdraw: each edge reads its own file again.\n\n"
"  --consumers FILE           consumers.json\n"
"  --expires TIME             2027-01-01 or 2027-01-01T00:00:00Z\n"
"  --use-case NAME --critical\n"
"  --tiers NAME,NAME --max-tier NAME --models NAME,NAME\n"
"  --max-output-tokens N\n"
"  --budget NAME=LIMIT        day=10EUR, tokens=200kt; several\n"
"  --tag NAME=VALUE           several\n"
"  --value-per-outcome 0.80EUR\n"
FLEET_HELP
"  --json\n", stdout);
}


/* the lock is on a file beside it: the file itself is replaced */

static int
key_lock(const char *file)
{
    int     fd;
    char   *path;
    size_t  size;

    size = strlen(file) + sizeof(".lock");
    path = aicost_alloc(size);
    (void) snprintf(path, size, "%s.lock", file);
    fd = open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0600);

    if (fd == -1 || flock(fd, LOCK_EX) == -1) {
        aicost_say("cannot lock %s: %s", path, strerror(errno));

        if (fd != -1) {
            close(fd);
            fd = -1;
        }
    }

    free(path);

    return fd;
}


/* NULL was reported; an absent file is an empty list where `make` is set.
   *version: of what is published, else 0 */

static json_t *
key_load(const key_options_t *o, unsigned make, int64_t *version)
{
    char                  *text;
    size_t                 len;
    json_t                *root;
    aicost_consumers_t    *c;
    aicost_file_error_t    err;

    *version = 0;

    if (o->fleet.url) {

        if (fleet_consumers(&o->fleet, &text, &len, version) != 0) {
            return NULL;
        }

        if (text == NULL) {
            aicost_say("%s: no consumers are published: aicost key publish "
                       "--redis URL --consumers FILE", o->where);
        }

    } else if (make && access(o->file, F_OK) == -1 && errno == ENOENT) {
        return json_pack("{s:i, s:[]}", "version", 1, "consumers");

    } else {
        text = aicost_read(o->file, &len);
    }

    if (text == NULL) {
        return NULL;
    }

    c = aicost_file_consumers(text, len, &err);

    if (c == NULL) {
        aicost_say("%s:%d:%d: %s", o->where, err.line, err.column, err.text);
        free(text);
        return NULL;
    }

    free(c);
    root = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
    free(text);

    return root;
}


/* 0, KEY_LATER, or the exit code and it was reported */

static int
key_save(const key_options_t *o, json_t *root, int64_t version)
{
    int                    rc;
    char                  *text, *line;
    size_t                 size;
    unsigned               later;
    aicost_consumers_t    *c;
    aicost_file_error_t    err;

    line = json_dumps(root, JSON_INDENT(2) | JSON_PRESERVE_ORDER);

    if (line == NULL) {
        aicost_say("%s: not written: a value is not UTF-8", o->where);
        return AICOST_EXIT_FAILED;
    }

    size = strlen(line) + 2;
    text = aicost_alloc(size);
    (void) snprintf(text, size, "%s\n", line);
    free(line);

    c = aicost_file_consumers(text, size - 1, &err);

    if (c == NULL) {
        aicost_say("%s: not written, the gateway would refuse it: %s",
                   o->where, err.text);
        free(text);
        return AICOST_EXIT_FAILED;
    }

    free(c);

    if (o->fleet.url) {
        rc = fleet_publish(&o->fleet, version, text, size - 1, &later);
        rc = rc == 0 && later ? KEY_LATER : rc;

    } else {
        rc = aicost_write(o->file, text, size - 1, 0640) == AICOST_OK
             ? 0 : AICOST_EXIT_FAILED;
    }

    free(text);

    return rc;
}


static int
key_publish(const key_options_t *o)
{
    int                   rc;
    char                 *text;
    size_t                len;
    unsigned              later;
    aicost_consumers_t   *c;
    aicost_file_error_t   err;

    text = aicost_read(o->file, &len);

    if (text == NULL) {
        return AICOST_EXIT_FAILED;
    }

    c = aicost_file_consumers(text, len, &err);

    if (c == NULL) {
        aicost_say("%s:%d:%d: %s", o->file, err.line, err.column, err.text);
        free(text);
        return AICOST_EXIT_FAILED;
    }

    free(c);
    rc = fleet_publish(&o->fleet, -1, text, len, &later);
    free(text);

    return rc;
}


static int
key_withdraw(const key_options_t *o)
{
    unsigned  later;

    return fleet_publish(&o->fleet, -1, "", 0, &later);
}


static json_t *
key_consumer(json_t *root, const char *name)
{
    size_t       i;
    json_t      *one;
    const char  *s;

    json_array_foreach(json_object_get(root, "consumers"), i, one) {
        s = json_string_value(json_object_get(one, "name"));

        if (s && strcmp(s, name) == 0) {
            return one;
        }
    }

    return NULL;
}


/* "aic_" and 32 random bytes in base 62 */

static int
key_make(char key[4 + KEY_DIGITS + 1])
{
    size_t         i, k;
    unsigned       rest;
    unsigned char  bytes[KEY_BYTES];

    static const char  digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "abcdefghijklmnopqrstuvwxyz";

    if (RAND_bytes(bytes, sizeof(bytes)) != 1) {
        aicost_say("no random bytes");
        return AICOST_ERROR;
    }

    memcpy(key, "aic_", 4);

    for (i = KEY_DIGITS; i > 0; i--) {
        for (rest = 0, k = 0; k < sizeof(bytes); k++) {
            rest = rest << 8 | bytes[k];
            bytes[k] = (unsigned char) (rest / 62);
            rest %= 62;
        }

        key[3 + i] = digits[rest];
    }

    key[4 + KEY_DIGITS] = '\0';

    return AICOST_OK;
}


static int
key_digest(const char *key, char hex[65])
{
    size_t         i;
    unsigned int   n;
    unsigned char  md[EVP_MAX_MD_SIZE];

    if (EVP_Digest(key, strlen(key), md, &n, EVP_sha256(), NULL) != 1) {
        aicost_say("no SHA-256");
        return AICOST_ERROR;
    }

    for (i = 0; i < 32; i++) {
        hex[i * 2] = "0123456789abcdef"[md[i] >> 4];
        hex[i * 2 + 1] = "0123456789abcdef"[md[i] & 15];
    }

    hex[64] = '\0';

    return AICOST_OK;
}


static json_t *
key_words(const char *list)
{
    size_t   n;
    json_t  *words;

    words = json_array();

    while (*list) {
        n = strcspn(list, ",");

        if (n) {
            json_array_append_new(words, json_stringn(list, n));
        }

        list += n + (list[n] == ',');
    }

    return words;
}


static void
key_pairs(json_t *consumer, const char *member, const char **pairs, size_t n)
{
    char        *name;
    json_t      *object;
    size_t       i;
    const char  *equal;

    if (n == 0) {
        return;
    }

    object = json_object_get(consumer, member);

    if (object == NULL) {
        object = json_object();
        json_object_set_new(consumer, member, object);
    }

    for (i = 0; i < n; i++) {
        equal = strchr(pairs[i], '=');
        name = aicost_dup(pairs[i], (size_t) (equal - pairs[i]));
        json_object_set_new(object, name, json_string(equal + 1));
        free(name);
    }
}


static void
key_facts(json_t *consumer, const key_options_t *o)
{
    int64_t  n;

    if (o->use_case) {
        json_object_set_new(consumer, "use_case", json_string(o->use_case));
    }

    if (o->critical) {
        json_object_set_new(consumer, "critical", json_true());
    }

    if (o->tiers) {
        json_object_set_new(consumer, "tiers", key_words(o->tiers));
    }

    if (o->max_tier) {
        json_object_set_new(consumer, "max_tier", json_string(o->max_tier));
    }

    if (o->models) {
        json_object_set_new(consumer, "models", key_words(o->models));
    }

    if (o->max_output
        && aicost_number(o->max_output, 1, AICOST_MAX_CAP, &n) == AICOST_OK)
    {
        json_object_set_new(consumer, "max_output_tokens", json_integer(n));
    }

    if (o->value) {
        json_object_set_new(consumer, "value_per_outcome",
                            json_string(o->value));
    }

    key_pairs(consumer, "budgets", (const char **) (uintptr_t) o->budgets,
              o->nbudgets);
    key_pairs(consumer, "tags", (const char **) (uintptr_t) o->tags,
              o->ntags);
}


static int
key_add(const key_options_t *o)
{
    int      rc;
    char     key[4 + KEY_DIGITS + 1], hex[65];
    json_t  *root, *consumer, *keys, *one;
    int64_t  version;

    root = key_load(o, 1, &version);

    if (root == NULL || key_make(key) != AICOST_OK
        || key_digest(key, hex) != AICOST_OK)
    {
        json_decref(root);
        return AICOST_EXIT_FAILED;
    }

    consumer = key_consumer(root, o->name);

    if (consumer == NULL) {
        consumer = json_pack("{s:s, s:[]}", "name", o->name, "keys");

        if (consumer == NULL) {
            json_decref(root);
            return aicost_usage("key", "the name is not UTF-8");
        }

        json_array_append_new(json_object_get(root, "consumers"), consumer);
    }

    keys = json_object_get(consumer, "keys");

    if (keys == NULL) {
        keys = json_array();
        json_object_set_new(consumer, "keys", keys);
    }

    one = json_pack("{s:s}", "sha256", hex);

    if (o->expires) {
        json_object_set_new(one, "expires", json_string(o->expires));
    }

    json_array_append_new(keys, one);
    key_facts(consumer, o);

    rc = key_save(o, root, version);
    json_decref(root);

    if (rc) {
        return rc;
    }

    if (o->json) {
        root = json_pack("{s:s, s:s, s:s, s:s?}", "consumer", o->name, "key",
                         key, "sha256", hex, "expires", o->expires);
        aicost_print_json(root);
        json_decref(root);

    } else {
        puts(key);

        if (isatty(STDERR_FILENO)) {
            fprintf(stderr, "This key is shown once.  SHA-256 %.*s..., in "
                    "%s\n", KEY_SHOWN, hex, o->where);
        }
    }

    return 0;
}


static const char *
key_state(json_t *key)
{
    int64_t      ms;
    const char  *expires;

    expires = json_string_value(json_object_get(key, "expires"));

    if (expires == NULL) {
        return "valid";
    }

    return aicost_file_time(expires, &ms) == AICOST_OK && ms > aicost_now()
           ? "valid" : "expired";
}


static void
key_list_row(aicost_table_t *t, json_t *list, json_t *consumer, json_t *key)
{
    char         digest[KEY_SHOWN + 1];
    json_t      *one;
    const char  *cells[6];

    (void) snprintf(digest, sizeof(digest), "%s", key
                    ? json_string_value(json_object_get(key, "sha256")) : "-");

    cells[0] = json_string_value(json_object_get(consumer, "name"));
    cells[1] = digest;
    cells[2] = json_string_value(json_object_get(key, "expires"));
    cells[2] = cells[2] ? cells[2] : "never";
    cells[3] = key ? key_state(key) : "no key";
    cells[4] = json_string_value(json_object_get(consumer, "use_case"));
    cells[4] = cells[4] ? cells[4] : "-";
    cells[5] = json_is_true(json_object_get(consumer, "critical"))
               ? "critical" : "";
    aicost_table_row(t, cells);

    one = json_pack("{s:s, s:s, s:s, s:s, s:s, s:b}", "consumer", cells[0],
                    "digest", digest, "expires", cells[2], "state", cells[3],
                    "use_case", cells[4], "critical", *cells[5] != '\0');
    json_array_append_new(list, one);
}


static int
key_list(const key_options_t *o)
{
    size_t           i, k;
    json_t          *root, *list, *consumer, *keys, *key;
    int64_t          version;
    const char      *cells[6] = {
        "consumer", "key", "expires", "state", "use case", ""
    };
    aicost_table_t   t;

    root = key_load(o, 0, &version);
    if (root == NULL) {
        return AICOST_EXIT_FAILED;
    }

    list = json_array();
    aicost_table_init(&t, 6, 0);
    aicost_table_row(&t, cells);

    json_array_foreach(json_object_get(root, "consumers"), i, consumer) {
        keys = json_object_get(consumer, "keys");

        if (json_array_size(keys) == 0) {
            key_list_row(&t, list, consumer, NULL);
        }

        json_array_foreach(keys, k, key) {
            key_list_row(&t, list, consumer, key);
        }
    }

    if (o->json) {
        aicost_print_json(list);

    } else {
        aicost_table_print(&t, stdout);
    }

    aicost_table_free(&t);
    json_decref(list);
    json_decref(root);

    return 0;
}


/* removes the keys that begin so; how many */

static size_t
key_remove(json_t *root, const char *prefix)
{
    size_t       i, k, n;
    json_t      *consumer, *keys;
    const char  *hex;

    n = 0;

    json_array_foreach(json_object_get(root, "consumers"), i, consumer) {
        keys = json_object_get(consumer, "keys");

        for (k = json_array_size(keys); k > 0; k--) {
            hex = json_string_value(json_object_get(json_array_get(keys,
                                        k - 1), "sha256"));

            if (strncasecmp(hex, prefix, strlen(prefix)) == 0) {
                json_array_remove(keys, k - 1);
                n++;
            }
        }
    }

    return n;
}


static int
key_revoke(const key_options_t *o)
{
    int      rc;
    size_t   n;
    json_t  *root, *consumer, *keys;
    int64_t  version;

    root = key_load(o, 0, &version);
    if (root == NULL) {
        return AICOST_EXIT_FAILED;
    }

    consumer = key_consumer(root, o->name);
    keys = json_object_get(consumer, "keys");
    n = json_array_size(keys);

    if (consumer) {
        json_array_clear(keys);

    } else if (strlen(o->name) >= KEY_SHOWN
               && strspn(o->name, "0123456789abcdefABCDEF")
                  == strlen(o->name))
    {
        n = key_remove(root, o->name);
    }

    if (n == 0) {
        aicost_say("%s: no key of a consumer \"%s\" and none whose digest "
                   "begins so (8 digits or more)", o->where, o->name);
        json_decref(root);
        return AICOST_EXIT_FAILED;
    }

    if (consumer == NULL && n > 1) {
        aicost_say("%s: %zu keys begin with \"%s\": give more digits",
                   o->where, n, o->name);
        json_decref(root);
        return AICOST_EXIT_FAILED;
    }

    rc = key_save(o, root, version);
    json_decref(root);

    if (rc) {
        return rc;
    }

    if (o->json) {
        root = json_pack("{s:I}", "revoked", (json_int_t) n);
        aicost_print_json(root);
        json_decref(root);

    } else {
        printf("revoked %zu key%s\n", n, n == 1 ? "" : "s");
    }

    return 0;
}


static int
key_pair(const char **pairs, size_t *n, size_t max, const char *name)
{
    if (*n == max) {
        return aicost_usage("key", "more than %zu of --%s", max, name);
    }

    if (strchr(optarg, '=') == NULL || *optarg == '=') {
        return aicost_usage("key", "--%s is NAME=VALUE, not \"%s\"", name,
                            optarg);
    }

    pairs[(*n)++] = optarg;

    return 0;
}


static int
key_option(key_options_t *o, int c)
{
    int64_t  n;

    switch (c) {

    case 'C':
        o->file = optarg;
        return 0;

    case 'e':
        o->expires = optarg;

        if (aicost_file_time(optarg, &n) != AICOST_OK) {
            return aicost_usage("key", "--expires is a time such as "
                                "2027-01-01T00:00:00Z, not \"%s\"", optarg);
        }

        return 0;

    case 'u':
        o->use_case = optarg;
        return 0;

    case 'c':
        o->critical = 1;
        return 0;

    case 't':
        o->tiers = optarg;
        return 0;

    case 'm':
        o->max_tier = optarg;
        return 0;

    case 'M':
        o->models = optarg;
        return 0;

    case 'o':
        o->max_output = optarg;

        if (aicost_number(optarg, 1, AICOST_MAX_CAP, &n) != AICOST_OK) {
            return aicost_usage("key", "--max-output-tokens is from 1 to %d",
                                AICOST_MAX_CAP);
        }

        return 0;

    case 'b':
        return key_pair(o->budgets, &o->nbudgets, AICOST_CONSUMER_BUDGETS,
                        "budget");

    case 'T':
        return key_pair(o->tags, &o->ntags, AICOST_CONSUMER_TAGS, "tag");

    case 'v':
        o->value = optarg;
        return 0;

    case 'j':
        o->json = 1;
        return 0;

    default:
        return fleet_option(&o->fleet, c) ? 0 : AICOST_EXIT_USAGE;
    }
}


/* one at a time: the file is locked, what is published is made from what was
   read */

static int
key_change(const key_options_t *o, int (*change)(const key_options_t *o))
{
    int  rc, lock, tries;

    lock = -1;

    if (o->fleet.url == NULL) {
        lock = key_lock(o->file);

        if (lock == -1) {
            return AICOST_EXIT_FAILED;
        }
    }

    for (tries = 0; tries < KEY_TRIES; tries++) {
        rc = change(o);

        if (rc != KEY_LATER) {
            break;
        }
    }

    if (lock != -1) {
        close(lock);
    }

    if (rc == KEY_LATER) {
        aicost_say("%s: others change it all the time: again", o->where);
        return AICOST_EXIT_FAILED;
    }

    return rc;
}


int
aicost_cmd_key(int argc, char **argv)
{
    int            c;
    unsigned       shared;
    const char    *what;
    key_options_t  o;

    memset(&o, 0, sizeof(o));

    while ((c = aicost_option(argc, argv, key_options)) != -1) {
        if (c == 'h') {
            key_help();
            return 0;
        }

        if (key_option(&o, c)) {
            return AICOST_EXIT_USAGE;
        }
    }

    what = optind < argc ? argv[optind++] : "";
    o.name = optind < argc ? argv[optind] : NULL;
    argc -= optind;

    shared = strcmp(what, "publish") == 0 || strcmp(what, "withdraw") == 0;

    if (!shared && o.file && o.fleet.url) {
        return aicost_usage("key", "--redis or --consumers, not both");
    }

    if (shared || o.file == NULL) {
        fleet_default(&o.fleet);
    }

    if (shared && (o.fleet.url == NULL || argc != 0)) {
        return aicost_usage("key", "%s --redis URL", what);
    }

    o.file = o.file ? o.file : "consumers.json";
    o.where = o.fleet.url ? o.fleet.url : o.file;

    if (shared) {
        return strcmp(what, "publish") == 0 ? key_publish(&o)
                                            : key_withdraw(&o);
    }

    if (strcmp(what, "list") == 0 && argc == 0) {
        return key_list(&o);
    }

    if (argc != 1 || *o.name == '\0'
        || (strcmp(what, "add") != 0 && strcmp(what, "revoke") != 0))
    {
        return aicost_usage("key", "add NAME, list, revoke NAME|DIGEST, "
                            "publish or withdraw");
    }

    return key_change(&o, strcmp(what, "add") == 0 ? key_add : key_revoke);
}
