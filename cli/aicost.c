
/*
 * Copyright (C) aicost
 */


#include <curl/curl.h>

#include "aicost.h"


#define AICOST_COMMAND_ROW(function, name, brief)                             \
    { name, brief, aicost_cmd_##function },

static const struct {
    const char          *name;
    const char          *brief;
    int                (*run)(int argc, char **argv);
} aicost_commands[] = {
    AICOST_COMMANDS(AICOST_COMMAND_ROW)
};

#define AICOST_NCOMMANDS  (sizeof(aicost_commands) / sizeof(aicost_commands[0]))


static void
aicost_help(FILE *f)
{
    size_t  i;

    fputs("usage: aicost COMMAND [OPTION]... [ARGUMENT]...\n\n", f);

    for (i = 0; i < AICOST_NCOMMANDS; i++) {
        fprintf(f, "  %-10s %s\n", aicost_commands[i].name,
                aicost_commands[i].brief);
    }

    fputs("\n"
          "  aicost help COMMAND   its options (also: aicost COMMAND --help)\n"
          "  aicost --version\n\n"
          "Every command takes --json.  The gateway is found by --console URL\n"
          "--token-file FILE, or AICOST_CONSOLE and AICOST_TOKEN_FILE.\n"
          "Exit code: 0 done, 1 failed, 2 used wrongly.\n", f);
}


static int
aicost_run(const char *name, int argc, char **argv)
{
    int     rc;
    size_t  i;

    for (i = 0; i < AICOST_NCOMMANDS; i++) {
        if (strcmp(name, aicost_commands[i].name) == 0) {
            rc = aicost_commands[i].run(argc, argv);

            if (fflush(stdout) != 0 && rc == 0) {
                aicost_say("cannot write to standard output");
                rc = AICOST_EXIT_FAILED;
            }

            return rc;
        }
    }

    aicost_say("there is no command \"%s\"; \"aicost help\" lists them", name);

    return AICOST_EXIT_USAGE;
}


int
main(int argc, char **argv)
{
    char  *help[3];
    char   word[] = "--help";

    if (argc < 2) {
        aicost_help(stderr);
        return AICOST_EXIT_USAGE;
    }

    if (strcmp(argv[1], "--version") == 0) {
        puts("aicost " AICOST_VERSION);
        return 0;
    }

    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0
        || (strcmp(argv[1], "help") == 0 && argc == 2))
    {
        aicost_help(stdout);
        return 0;
    }

    if (strcmp(argv[1], "help") == 0) {
        help[0] = argv[2];
        help[1] = word;
        help[2] = NULL;
        return aicost_run(argv[2], 2, help);
    }

    return aicost_run(argv[1], argc - 1, argv + 1);
}
