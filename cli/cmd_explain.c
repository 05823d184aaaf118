
/*
 * Copyright (C) aicost
 *
 * aicost explain: the worker's own answer to which tier and why, unsent.
 */


#include "aicost.h"


typedef struct {
    aicost_cli_t         cli;
    const char          *url;
    const char          *key_file;
} explain_t;


static const struct option  explain_options[] = {
    { "url", required_argument, NULL, 'u' },
    { "key-file", required_argument, NULL, 'k' },
    { "token-file", required_argument, NULL, 't' },
    { "json", no_argument, NULL, 'j' },
    { "help", no_argument, NULL, 'h' },
    { NULL, 0, NULL, 0 }
};


static void
explain_help(void)
{
    fputs(
"usage: aicost explain --url URL [OPTION]... FILE\n\n"
"Which tier, model and provider this request (its JSON body; - is standard\n"
"input) would get, why, and what would be reserved.  The gateway answers;\n"
"nothing is sent to a provider and nothing is counted.\n\n"
"  --url URL           as http://gateway:8080/v1/chat/completions\n"
"  --key-file FILE     the consumer's key; without it: a keyless request\n"
"  --token-file FILE   the operator's token, else AICOST_TOKEN_FILE\n"
"  --json\n", stdout);
}


static const char *
explain_text(json_t *v, char *buf, size_t size)
{
    size_t  n;

    if (json_is_string(v)) {
        return json_string_value(v);
    }

    if (v == NULL || json_is_null(v)) {
        return "-";
    }

    n = json_dumpb(v, buf, size - 1, JSON_ENCODE_ANY);
    buf[n < size - 1 ? n : size - 1] = '\0';

    return buf;
}


static void
explain_member(aicost_table_t *t, json_t *root, const char *member,
    const char *label)
{
    char         buf[256];
    json_t      *v;
    const char  *cells[2];

    v = json_object_get(root, member);

    if (v) {
        cells[0] = label;
        cells[1] = explain_text(v, buf, sizeof(buf));
        aicost_table_row(t, cells);
    }
}


static void
explain_steps(json_t *steps)
{
    char             number[32], chain[1024], buf[256];
    size_t           i, k, n;
    json_t          *step, *list, *one, *name;
    const char      *cells[4] = { "step", "tier", "reason", "candidates" };
    aicost_table_t   t;

    if (json_array_size(steps) == 0) {
        return;
    }

    aicost_table_init(&t, 4, 0);
    aicost_table_row(&t, cells);

    json_array_foreach(steps, i, step) {
        list = json_object_get(step, "candidates");
        chain[0] = '\0';
        n = 0;

        json_array_foreach(list, k, one) {
            name = json_object_get(one, "model");
            n += (size_t) snprintf(chain + n, sizeof(chain) - n, "%s%s",
                                   k ? ", " : "",
                                   explain_text(name ? name : one, buf,
                                                sizeof(buf)));
            if (n >= sizeof(chain)) {
                break;
            }
        }

        (void) snprintf(number, sizeof(number), "%zu", i + 1);
        cells[0] = number;
        cells[1] = explain_text(json_object_get(step, "tier"), buf,
                                sizeof(buf));
        cells[2] = explain_text(json_object_get(step, "reason"), buf,
                                sizeof(buf));
        cells[3] = chain;
        aicost_table_row(&t, cells);
    }

    puts("");
    aicost_table_print(&t, stdout);
    aicost_table_free(&t);
}


static void
explain_budgets(json_t *budgets)
{
    char             buf[4][64];
    size_t           i, k;
    json_t          *one;
    const char      *cells[4] = { "budget", "limit", "used", "left" };
    aicost_table_t   t;
    static const char *const  members[4] = { "name", "limit", "used", "left" };

    if (json_array_size(budgets) == 0) {
        return;
    }

    aicost_table_init(&t, 4, 0xe);
    aicost_table_row(&t, cells);

    json_array_foreach(budgets, i, one) {
        for (k = 0; k < 4; k++) {
            cells[k] = explain_text(json_object_get(one, members[k]), buf[k],
                                    sizeof(buf[k]));
        }

        aicost_table_row(&t, cells);
    }

    puts("");
    aicost_table_print(&t, stdout);
    aicost_table_free(&t);
}


static void
explain_print(json_t *root)
{
    aicost_table_t  t;

    aicost_table_init(&t, 2, 0);
    explain_member(&t, root, "tier", "tier");
    explain_member(&t, root, "model", "model");
    explain_member(&t, root, "provider", "provider");
    explain_member(&t, root, "allowed", "allowed");
    explain_member(&t, root, "reason", "reason");
    explain_member(&t, root, "tokens_estimated", "input tokens, estimated");
    explain_member(&t, root, "tokens_upper", "input tokens, at most");
    explain_member(&t, root, "cost_reserved", "would be reserved");
    explain_member(&t, root, "currency", "currency");
    aicost_table_print(&t, stdout);
    aicost_table_free(&t);

    explain_steps(json_object_get(root, "steps"));
    explain_budgets(json_object_get(root, "budgets"));
}


static int
explain_answer(const explain_t *o, const aicost_http_t *answer)
{
    int          rc;
    json_t      *root;
    const char  *text;

    root = json_loadb(answer->body, answer->len, 0, NULL);
    text = aicost_error_text(root);
    rc = AICOST_EXIT_FAILED;

    if (!json_is_object(root)) {
        aicost_say("%s: %ld, the answer is not JSON", o->url, answer->status);

    } else if (answer->status != 200) {
        aicost_say("%s: %ld, %s", o->url, answer->status,
                   text ? text : "no reason given");

        if (o->cli.json) {
            aicost_print_json(root);
        }

    } else if (json_object_get(root, "steps") == NULL) {
        aicost_say("%s: this is a provider's answer: the request was SENT; is "
                   "the token the operator's, and the gateway aicost?",
                   o->url);

    } else {
        rc = 0;

        if (o->cli.json) {
            aicost_print_json(root);

        } else {
            explain_print(root);
        }
    }

    json_decref(root);

    return rc;
}


static int
explain_send(const explain_t *o, const char *body, size_t len)
{
    int               rc;
    char             *token, *key, *bearer;
    size_t            size;
    aicost_http_t     answer;
    aicost_header_t   headers[3];

    token = aicost_token(&o->cli);
    key = token && o->key_file ? aicost_read_secret(o->key_file) : NULL;

    if (token == NULL || (o->key_file && key == NULL)) {
        free(token);
        return AICOST_EXIT_FAILED;
    }

    size = (key ? strlen(key) : 0) + sizeof("Bearer ");
    bearer = aicost_alloc(size);
    (void) snprintf(bearer, size, "Bearer %s", key ? key : "");

    headers[0].name = "Content-Type";
    headers[0].value = "application/json";
    headers[1].name = "X-AICost-Explain";
    headers[1].value = token;
    headers[2].name = "Authorization";
    headers[2].value = bearer;

    rc = AICOST_EXIT_FAILED;

    if (aicost_http("POST", o->url, headers, key ? 3 : 2, body, len, &answer)
        == AICOST_OK)
    {
        rc = explain_answer(o, &answer);
        free(answer.body);
    }

    free(bearer);
    free(key);
    free(token);

    return rc;
}


int
aicost_cmd_explain(int argc, char **argv)
{
    int         c, rc;
    char       *body;
    size_t      len;
    explain_t   o;

    memset(&o, 0, sizeof(o));

    while ((c = aicost_option(argc, argv, explain_options)) != -1) {
        switch (c) {

        case 'u':
            o.url = optarg;
            break;

        case 'k':
            o.key_file = optarg;
            break;

        case 't':
            o.cli.token_file = optarg;
            break;

        case 'j':
            o.cli.json = 1;
            break;

        case 'h':
            explain_help();
            return 0;

        default:
            return AICOST_EXIT_USAGE;
        }
    }

    if (o.url == NULL) {
        return aicost_usage("explain", "where would it go? give --url");
    }

    if (optind + 1 != argc) {
        return aicost_usage("explain", "which request? give its file");
    }

    body = aicost_read(argv[optind], &len);
    if (body == NULL) {
        return AICOST_EXIT_FAILED;
    }

    rc = explain_send(&o, body, len);
    free(body);

    return rc;
}
