
/*
 * Copyright (C) aicost
 *
 * aicost mode, kill, resume, status: the console's API, or the fleet's Redis.
 */


#include "../ngx_aicost_module/core/aicost_money.h"

#include "aicost.h"
#include "fleet.h"


typedef struct {
    aicost_cli_t         cli;
    fleet_t              fleet;
    const char          *budget;
    const char          *key;
    const char          *why;
} control_t;


static const struct option  control_options[] = {
    { "budget", required_argument, NULL, 'b' },
    { "key", required_argument, NULL, 'k' },
    { "why", required_argument, NULL, 'w' },
    { "console", required_argument, NULL, 'c' },
    { "token-file", required_argument, NULL, 't' },
    FLEET_OPTIONS,
    { "json", no_argument, NULL, 'j' },
    { "help", no_argument, NULL, 'h' },
    { NULL, 0, NULL, 0 }
};

static const char  control_where[] =
"  --console URL --token-file FILE   else AICOST_CONSOLE, AICOST_TOKEN_FILE\n"
FLEET_HELP
"  --json\n";


/* -1: go on; an exit code otherwise */

static int
control_read(control_t *o, int argc, char **argv, const char *help)
{
    int  c;

    memset(o, 0, sizeof(*o));

    while ((c = aicost_option(argc, argv, control_options)) != -1) {
        switch (c) {

        case 'b':
            o->budget = optarg;
            break;

        case 'k':
            o->key = optarg;
            break;

        case 'w':
            o->why = optarg;
            break;

        case 'c':
            o->cli.console = optarg;
            break;

        case 't':
            o->cli.token_file = optarg;
            break;

        case 'j':
            o->cli.json = 1;
            break;

        case 'h':
            fputs(help, stdout);
            fputs(control_where, stdout);
            return 0;

        default:
            if (!fleet_option(&o->fleet, c)) {
                return AICOST_EXIT_USAGE;
            }
        }
    }

    if (o->fleet.url && o->cli.console) {
        return aicost_usage(argv[0], "--redis or --console, not both");
    }

    if (o->cli.console == NULL && o->cli.token_file == NULL) {
        fleet_default(&o->fleet);
    }

    return -1;
}


static int
control_show(const control_t *o, json_t *answer, const char *line)
{
    if (o->cli.json) {
        aicost_print_json(answer);

    } else {
        puts(line);
    }

    json_decref(answer);

    return 0;
}


/* body is given away; line is printed without --json */

static int
control_send(const control_t *o, const char *path, json_t *body,
    const char *line)
{
    int      rc;
    json_t  *answer;

    answer = aicost_console(&o->cli, path, body, &rc);
    json_decref(body);

    if (answer == NULL) {
        return rc;
    }

    return control_show(o, answer, line);
}


int
aicost_cmd_mode(int argc, char **argv)
{
    int                rc;
    char               line[128];
    json_t            *body, *answer;
    int64_t            ppm;
    control_t          o;
    const char        *share;
    static const char  help[] =
"usage: aicost mode downgrade [SHARE]\n"
"       aicost mode normal\n\n"
"Moves SHARE (100%) of the sessions of consumers that are not critical to the\n"
"next lighter tier, the same sessions each time, from their next request.\n\n"
"  --why TEXT      for the audit log\n";

    rc = control_read(&o, argc, argv, help);

    if (rc != -1) {
        return rc;
    }

    if (o.budget || o.key) {
        return aicost_usage("mode", "a mode is for all budgets and keys");
    }

    ppm = 0;
    share = optind + 1 < argc ? argv[optind + 1] : NULL;

    if (optind < argc && strcmp(argv[optind], "normal") == 0
        && optind + 1 == argc)
    {
        body = json_pack("{s:s}", "mode", "normal");
        (void) snprintf(line, sizeof(line), "mode normal");

    } else if (optind < argc && strcmp(argv[optind], "downgrade") == 0
               && optind + 2 >= argc)
    {
        share = share ? share : "100%";

        if (aicost_percent_parse((const unsigned char *) share,
                                 strlen(share), &ppm) != AICOST_OK
            || ppm <= 0 || ppm > 1000000)
        {
            return aicost_usage("mode", "a share is above 0%% and at most "
                                "100%%, as 80%%, not \"%s\"", share);
        }

        body = json_pack("{s:s, s:s}", "mode", "downgrade", "share", share);
        (void) snprintf(line, sizeof(line), "mode downgrade, %s of the "
                        "sessions that are not critical", share);

    } else {
        return aicost_usage("mode", "\"downgrade [SHARE]\" or \"normal\"");
    }

    if (o.fleet.url) {
        json_decref(body);
        rc = fleet_mode(&o.fleet, ppm != 0, ppm, &answer);

        return rc ? rc : control_show(&o, answer, line);
    }

    if (o.why) {
        json_object_set_new(body, "why", json_string(o.why));
    }

    return control_send(&o, "api/mode", body, line);
}


static int
control_latch(const char *name, const char *path, const char *help,
    int argc, char **argv)
{
    int         rc;
    char        line[1024];
    json_t     *body, *answer;
    control_t   o;

    rc = control_read(&o, argc, argv, help);

    if (rc != -1) {
        return rc;
    }

    if (optind < argc && o.budget == NULL) {
        o.budget = argv[optind++];
    }

    if (optind < argc) {
        return aicost_usage(name, "what is \"%s\"?", argv[optind]);
    }

    if (o.key && o.budget == NULL) {
        return aicost_usage(name, "--key is a key of a budget: give --budget "
                            "too");
    }

    body = json_object();
    json_object_set_new(body, "budget", o.budget ? json_string(o.budget)
                                                 : json_null());
    json_object_set_new(body, "key", o.key ? json_string(o.key)
                                           : json_null());
    json_object_set_new(body, "why", json_string(o.why ? o.why : ""));

    (void) snprintf(line, sizeof(line), "%s: %s%s%s%s",
                    strcmp(name, "kill") == 0 ? "stopped" : "resumed",
                    o.budget ? "budget " : "everything",
                    o.budget ? o.budget : "", o.key ? ", key " : "",
                    o.key ? o.key : "");

    if (o.fleet.url) {
        json_decref(body);
        rc = fleet_latch(&o.fleet, strcmp(name, "kill") == 0, o.budget, o.key,
                         o.why, &answer);

        return rc ? rc : control_show(&o, answer, line);
    }

    return control_send(&o, path, body, line);
}


int
aicost_cmd_kill(int argc, char **argv)
{
    static const char  help[] =
"usage: aicost kill [BUDGET] [--key KEY] [--why TEXT]\n\n"
"Stops at once, on all edges: one account of a budget, a whole budget, or\n"
"without a name everything.  Requests answer 403 kill_switch until\n"
"\"aicost resume\".\n\n"
"  --budget NAME   of an aicost_budget; the same as BUDGET\n"
"  --key KEY       the account of this key only\n"
"  --why TEXT      for the audit log and the answer's sentence\n";

    return control_latch("kill", "api/kill", help, argc, argv);
}


int
aicost_cmd_resume(int argc, char **argv)
{
    static const char  help[] =
"usage: aicost resume [BUDGET] [--key KEY] [--why TEXT]\n\n"
"Clears what \"aicost kill\" or a kill= mark latched; name it likewise.\n\n"
"  --budget NAME   of an aicost_budget; the same as BUDGET\n"
"  --key KEY       the account of this key only\n"
"  --why TEXT      for the audit log\n";

    return control_latch("resume", "api/resume", help, argc, argv);
}


/* nested members as dotted names, one a line */

static void
control_flat(aicost_table_t *t, const char *prefix, json_t *v)
{
    char         name[512], text[512];
    json_t      *member;
    size_t       i;
    const char  *key, *cells[2];

    if (json_is_object(v)) {
        json_object_foreach(v, key, member) {
            (void) snprintf(name, sizeof(name), "%s%s%s", prefix,
                            *prefix ? "." : "", key);
            control_flat(t, name, member);
        }

        return;
    }

    if (json_is_array(v)) {
        json_array_foreach(v, i, member) {
            key = json_string_value(json_object_get(member, "name"));

            if (key) {
                (void) snprintf(name, sizeof(name), "%s.%s", prefix, key);

            } else {
                (void) snprintf(name, sizeof(name), "%s.%zu", prefix, i + 1);
            }

            control_flat(t, name, member);
        }

        return;
    }

    text[0] = '\0';

    if (json_is_string(v)) {
        (void) snprintf(text, sizeof(text), "%s", json_string_value(v));

    } else {
        i = json_dumpb(v, text, sizeof(text) - 1, JSON_ENCODE_ANY);
        text[i < sizeof(text) - 1 ? i : sizeof(text) - 1] = '\0';
    }

    cells[0] = prefix;
    cells[1] = text;
    aicost_table_row(t, cells);
}


int
aicost_cmd_status(int argc, char **argv)
{
    int                rc;
    json_t            *answer;
    control_t          o;
    aicost_table_t     t;
    static const char  help[] =
"usage: aicost status\n\n"
"What the gateway says about itself: mode, budgets, providers, prices.\n\n";

    rc = control_read(&o, argc, argv, help);

    if (rc != -1) {
        return rc;
    }

    if (optind < argc || o.budget || o.key || o.why) {
        return aicost_usage("status", "takes no argument");
    }

    if (o.fleet.url) {
        rc = fleet_status(&o.fleet, &answer);

    } else {
        answer = aicost_console(&o.cli, "api/status", NULL, &rc);
    }

    if (answer == NULL) {
        return rc;
    }

    if (o.cli.json) {
        aicost_print_json(answer);

    } else {
        aicost_table_init(&t, 2, 0);
        control_flat(&t, "", answer);
        aicost_table_print(&t, stdout);
        aicost_table_free(&t);
    }

    json_decref(answer);

    return 0;
}
