
/*
 * Copyright (C) aicost
 *
 * aicost sim: a simulated provider.
 */


#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "sim.h"


#define SIM_EVENTS              512       /* of one epoll_wait */
#define SIM_BACKLOG             4096


typedef struct {
    const char          *cert;
    const char          *key;
    const char          *log;
    unsigned             print_port;
    int64_t              keep;
} sim_options_t;


/* exact multiple of four bytes, ASCII, nothing that JSON escapes */

static const char  sim_filler[] =
    "Goedemorgen, ik heb de factuur van maart nagekeken: het bedrag klopt met "
    "de offerte, maar de btw staat er twee keer op. Wilt u dat ik een nieuwe "
    "versie stuur? The delivery to Utrecht is planned for Tuesday; the driver "
    "calls half an hour before he arrives. Voor de retourzending hebben we "
    "alleen het ordernummer nodig, de rest staat in het dossier. A short "
    "summary: three tickets are open, two of them wait for the customer, and "
    "one was solved this morning by a restart of the service. Met vriendelijke "
    "groet, het team. If anything is still unclear, reply to this message and "
    "we look at it the same day. Tot slot: de kosten per gesprek zijn deze "
    "maand met een kwart gedaald doordat korte vragen naar het lokale model "
    "gaan. Wij adviseren om dat zo te laten en over een maand weer te meten, "
    "met dezelfde vragen en dezelfde beoordeling, zodat de cijfers te "
    "vergelijken zijn.   ";


static void
sim_usage(void)
{
    fputs(
"usage: aicost sim [OPTION]...\n\n"
"A simulated provider: POST .../chat/completions, .../completions,\n"
".../embeddings and GET .../models as the OpenAI API has them, JSON and\n"
"streams, also under Azure's /openai/v1 and /deployments/NAME?api-version=.\n"
"Likewise OpenAI's .../responses, Anthropic's .../messages and\n"
".../messages/count_tokens, Gemini's .../models/M:generateContent and\n"
":streamGenerateContent, Ollama's /api/chat, Bedrock's /model/ID/converse and\n"
"/converse-stream: a request that is not of the shape gets its 400.\n\n"
"Usage is deterministic: prompt_tokens is the bytes of text of\n"
"messages, prompt or input, and of the tools, as written in the body (a token\n"
"id counts four), divided by four, rounded up; completion_tokens is --tokens,\n"
"at most the request's cap.  The header\n"
"  x-sim-cost-tokens: INPUT,OUTPUT,CACHED,REASONING\n"
"tells the truth also where the answer does not.\n\n"
"  --listen ADDRESS:PORT      127.0.0.1:9000; several; port 0 picks one\n"
"  --listen-tls ADDRESS:PORT  likewise, TLS\n"
"  --tls-cert FILE --tls-key FILE   PEM; without --listen-tls every --listen\n"
"                             speaks TLS\n"
"  --print-port               a line with each port on standard output\n"
"  --tokens N                 output of an answer, 64\n"
"  --tokens-per-event N       of a stream, 1\n"
"  --latency MS               before each answer, 0\n"
"  --slow MS                  between events, 0\n"
"  --fault [WHEN:]FAULTS      WHEN: N, N-M (number of the request) or P%\n"
"  --seed N                   of P%, 1\n"
"  --keep N                   requests kept for GET /sim/log, 256\n"
"  --log FILE                 a JSON line for each answered request\n"
"  --canned[=json|stream]     for benchmarks: drops the body unread, answers\n"
"                             1.1 KB or 50 events, one send each; a path\n"
"                             that begins with /json or /stream chooses too\n"
"  --json                     --print-port as one JSON object\n\n"
"FAULTS are words joined by +, as in cut=3+slow=50.  A model named\n"
"sim-FAULTS or NAME+FAULTS asks for them as well, and so does\n"
"POST /sim/next {\"faults\":[\"429\",\"hang\"]} for the next requests of any\n"
"model; POST /sim/reset forgets everything.  The queue comes before the\n"
"model, the model before --fault.\n\n", stdout);
    sim_fault_help(stdout);
}


static int
sim_listen_add(sim_t *sim, int kind, const char *address)
{
    sim_listen_t  *l;

    if (sim->nlistens == SIM_LISTEN_MAX) {
        return aicost_usage("sim", "too many addresses to listen on");
    }

    l = &sim->listens[sim->nlistens++];
    l->kind = kind;
    l->fd = -1;
    l->address = address;

    return 0;
}


static int
sim_listen_address(const char *address, struct sockaddr_storage *ss,
    socklen_t *len)
{
    int                   rc;
    char                 *host;
    int64_t               port;
    const char           *colon;
    struct sockaddr_in   *in;
    struct sockaddr_in6  *in6;

    memset(ss, 0, sizeof(*ss));
    colon = strrchr(address, ':');

    if (colon == NULL
        || aicost_number(colon + 1, 0, 65535, &port) != AICOST_OK)
    {
        return AICOST_ERROR;
    }

    if (address[0] == '[' && colon[-1] == ']') {
        host = aicost_dup(address + 1, (size_t) (colon - address) - 2);
        in6 = (struct sockaddr_in6 *) ss;
        in6->sin6_family = AF_INET6;
        in6->sin6_port = htons((uint16_t) port);
        rc = inet_pton(AF_INET6, host, &in6->sin6_addr);
        *len = sizeof(*in6);

    } else {
        host = aicost_dup(address, (size_t) (colon - address));
        in = (struct sockaddr_in *) ss;
        in->sin_family = AF_INET;
        in->sin_port = htons((uint16_t) port);
        rc = inet_pton(AF_INET, host, &in->sin_addr);
        *len = sizeof(*in);
    }

    free(host);

    return rc == 1 ? AICOST_OK : AICOST_ERROR;
}


static int
sim_listen_open(sim_t *sim, sim_listen_t *l)
{
    int                       on;
    socklen_t                 len;
    struct epoll_event        ev;
    struct sockaddr_storage   ss;

    if (sim_listen_address(l->address, &ss, &len) != AICOST_OK) {
        return aicost_usage("sim", "\"%s\" is not ADDRESS:PORT", l->address);
    }

    on = 1;
    l->fd = socket(ss.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
                   0);
    ev.events = EPOLLIN;
    ev.data.ptr = l;

    if (l->fd == -1
        || setsockopt(l->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == -1
        || bind(l->fd, (struct sockaddr *) &ss, len) == -1
        || listen(l->fd, SIM_BACKLOG) == -1
        || epoll_ctl(sim->epoll, EPOLL_CTL_ADD, l->fd, &ev) == -1)
    {
        aicost_say("sim: cannot listen on %s: %s", l->address,
                   strerror(errno));
        return AICOST_EXIT_FAILED;
    }

    return 0;
}


static unsigned
sim_listen_port(const sim_listen_t *l)
{
    socklen_t                 len;
    struct sockaddr_storage   ss;

    len = sizeof(ss);

    if (getsockname(l->fd, (struct sockaddr *) &ss, &len) == -1) {
        return 0;
    }

    return ntohs(ss.ss_family == AF_INET6
                 ? ((struct sockaddr_in6 *) &ss)->sin6_port
                 : ((struct sockaddr_in *) &ss)->sin_port);
}


static void
sim_listen_print(sim_t *sim, unsigned json)
{
    size_t   i;
    json_t  *root, *ports;

    if (!json) {
        for (i = 0; i < sim->nlistens; i++) {
            printf("%u\n", sim_listen_port(&sim->listens[i]));
        }

        fflush(stdout);
        return;
    }

    root = json_object();
    ports = json_array();

    for (i = 0; i < sim->nlistens; i++) {
        json_array_append_new(ports, json_integer((json_int_t)
                                  sim_listen_port(&sim->listens[i])));
    }

    json_object_set_new(root, "ports", ports);
    (void) json_dumpf(root, stdout, JSON_COMPACT);
    printf("\n");
    fflush(stdout);
    json_decref(root);
}


static int
sim_tls(sim_t *sim, const sim_options_t *o)
{
    size_t  i, tls;

    for (tls = 0, i = 0; i < sim->nlistens; i++) {
        tls += sim->listens[i].kind == SIM_KIND_LISTEN_TLS;
    }

    if (o->cert == NULL && o->key == NULL && tls == 0) {
        return 0;
    }

    if (o->cert == NULL || o->key == NULL) {
        return aicost_usage("sim", "TLS needs --tls-cert and --tls-key");
    }

    for (i = 0; tls == 0 && i < sim->nlistens; i++) {
        sim->listens[i].kind = SIM_KIND_LISTEN_TLS;
    }

    sim->tls = SSL_CTX_new(TLS_server_method());

    if (sim->tls == NULL
        || SSL_CTX_use_certificate_chain_file(sim->tls, o->cert) != 1
        || SSL_CTX_use_PrivateKey_file(sim->tls, o->key, SSL_FILETYPE_PEM)
           != 1)
    {
        aicost_say("sim: %s and %s are not a certificate and its key",
                   o->cert, o->key);
        return AICOST_EXIT_FAILED;
    }

    /* a retried write may come from another place: the buffer grows */
    SSL_CTX_set_mode(sim->tls, SSL_MODE_ENABLE_PARTIAL_WRITE
                               | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER
                               | SSL_MODE_RELEASE_BUFFERS);

    return 0;
}


static void
sim_clock(sim_t *sim)
{
    struct timespec  ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    sim->now = (int64_t) ts.tv_sec * 1000 + ts.tv_nsec / 1000000;

    clock_gettime(CLOCK_REALTIME_COARSE, &ts);
    sim->created = ts.tv_sec;
}


static int
sim_signals(sim_t *sim, int *kind)
{
    int                  fd;
    sigset_t             set;
    struct epoll_event   ev;

    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGQUIT);
    sigprocmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);

    fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    *kind = SIM_KIND_SIGNAL;
    ev.events = EPOLLIN;
    ev.data.ptr = kind;
    (void) epoll_ctl(sim->epoll, EPOLL_CTL_ADD, fd, &ev);

    return fd;
}


static void
sim_loop(sim_t *sim)
{
    int                  i, n, *kind;
    int64_t              wait;
    struct epoll_event   events[SIM_EVENTS];

    for ( ;; ) {
        sim_clock(sim);
        sim_conn_due(sim);
        sim_conn_bury(sim);

        wait = sim->first_due ? sim->first_due->due - sim->now : -1;
        wait = wait > 60000 ? 60000 : wait;

        n = epoll_wait(sim->epoll, events, SIM_EVENTS, (int) wait);
        sim_clock(sim);

        for (i = 0; i < n; i++) {
            kind = events[i].data.ptr;

            switch (*kind) {

            case SIM_KIND_SIGNAL:
                return;

            case SIM_KIND_CONN:
                sim_conn_event(events[i].data.ptr, events[i].events);
                break;

            default:
                sim_accept(sim, events[i].data.ptr);
            }
        }
    }
}


static int
sim_run(sim_t *sim, const sim_options_t *o, unsigned json)
{
    int            rc, signal_fd, kind;
    size_t         i;
    struct rlimit  rl;

    sim->epoll = epoll_create1(EPOLL_CLOEXEC);
    sim->filler.data = aicost_dup(sim_filler, sizeof(sim_filler) - 1);
    sim->filler.len = sizeof(sim_filler) - 1;
    sim_canned_init(sim);

    if (o->log) {
        sim->log = fopen(o->log, "ae");

        if (sim->log == NULL) {
            aicost_say("sim: cannot write %s: %s", o->log, strerror(errno));
            return AICOST_EXIT_FAILED;
        }
    }

    if (getrlimit(RLIMIT_NOFILE, &rl) == 0) {
        rl.rlim_cur = rl.rlim_max;
        (void) setrlimit(RLIMIT_NOFILE, &rl);
    }

    rc = sim_tls(sim, o);

    for (i = 0; rc == 0 && i < sim->nlistens; i++) {
        rc = sim_listen_open(sim, &sim->listens[i]);
    }

    if (rc) {
        return rc;
    }

    sim->nkept = sim->canned ? 0 : (size_t) o->keep;
    sim->kept = aicost_alloc(sim->nkept * sizeof(sim_entry_t));
    memset(sim->kept, 0, sim->nkept * sizeof(sim_entry_t));

    signal_fd = sim_signals(sim, &kind);

    if (o->print_port) {
        sim_listen_print(sim, json);
    }

    sim_loop(sim);
    close(signal_fd);
    sim_conn_end(sim);
    sim_log_free(sim);

    if (sim->log) {
        fclose(sim->log);
    }

    return 0;
}


enum {
    SIM_O_LISTEN = 256, SIM_O_LISTEN_TLS, SIM_O_CERT, SIM_O_KEY,
    SIM_O_PRINT_PORT, SIM_O_TOKENS, SIM_O_PER_EVENT, SIM_O_LATENCY,
    SIM_O_SLOW, SIM_O_FAULT, SIM_O_SEED, SIM_O_KEEP, SIM_O_LOG, SIM_O_CANNED
};

static const struct option  sim_options[] = {
    { "listen", required_argument, NULL, SIM_O_LISTEN },
    { "listen-tls", required_argument, NULL, SIM_O_LISTEN_TLS },
    { "tls-cert", required_argument, NULL, SIM_O_CERT },
    { "tls-key", required_argument, NULL, SIM_O_KEY },
    { "print-port", no_argument, NULL, SIM_O_PRINT_PORT },
    { "tokens", required_argument, NULL, SIM_O_TOKENS },
    { "tokens-per-event", required_argument, NULL, SIM_O_PER_EVENT },
    { "latency", required_argument, NULL, SIM_O_LATENCY },
    { "slow", required_argument, NULL, SIM_O_SLOW },
    { "fault", required_argument, NULL, SIM_O_FAULT },
    { "seed", required_argument, NULL, SIM_O_SEED },
    { "keep", required_argument, NULL, SIM_O_KEEP },
    { "log", required_argument, NULL, SIM_O_LOG },
    { "canned", optional_argument, NULL, SIM_O_CANNED },
    { "json", no_argument, NULL, 'j' },
    { "help", no_argument, NULL, 'h' },
    { NULL, 0, NULL, 0 }
};


static int
sim_option_number(const char *name, const char *s, int64_t min, int64_t max,
    int64_t *value)
{
    if (aicost_number(s, min, max, value) == AICOST_OK) {
        return 0;
    }

    return aicost_usage("sim", "--%s is a number from %lld to %lld, not "
                        "\"%s\"", name, (long long) min, (long long) max, s);
}


static int
sim_option(sim_t *sim, sim_options_t *o, int c)
{
    int64_t  n;

    switch (c) {

    case SIM_O_LISTEN:
        return sim_listen_add(sim, SIM_KIND_LISTEN, optarg);

    case SIM_O_LISTEN_TLS:
        return sim_listen_add(sim, SIM_KIND_LISTEN_TLS, optarg);

    case SIM_O_CERT:
        o->cert = optarg;
        return 0;

    case SIM_O_KEY:
        o->key = optarg;
        return 0;

    case SIM_O_LOG:
        o->log = optarg;
        return 0;

    case SIM_O_PRINT_PORT:
        o->print_port = 1;
        return 0;

    case SIM_O_TOKENS:
        return sim_option_number("tokens", optarg, 0, 1000000, &sim->tokens);

    case SIM_O_PER_EVENT:
        return sim_option_number("tokens-per-event", optarg, 1, 100000,
                                 &sim->per_event);

    case SIM_O_LATENCY:
        return sim_option_number("latency", optarg, 0, 3600000,
                                 &sim->latency);

    case SIM_O_SLOW:
        return sim_option_number("slow", optarg, 0, 3600000, &sim->slow);

    case SIM_O_KEEP:
        return sim_option_number("keep", optarg, 0, SIM_KEEP_MAX, &o->keep);

    case SIM_O_SEED:
        n = 0;

        if (sim_option_number("seed", optarg, 1, INT64_MAX, &n)) {
            return AICOST_EXIT_USAGE;
        }

        sim->random = (uint64_t) n;
        return 0;

    case SIM_O_FAULT:
        if (sim->nrules == SIM_RULES_MAX
            || sim_rule_parse(&sim->rules[sim->nrules], optarg) != AICOST_OK)
        {
            return aicost_usage("sim", "unknown --fault \"%s\"", optarg);
        }

        sim->nrules++;
        return 0;

    default:
        sim->canned = SIM_CANNED_JSON;

        if (optarg && strcmp(optarg, "stream") == 0) {
            sim->canned = SIM_CANNED_STREAM;

        } else if (optarg && strcmp(optarg, "json") != 0) {
            return aicost_usage("sim", "--canned=json or --canned=stream");
        }

        return 0;
    }
}


int
aicost_cmd_sim(int argc, char **argv)
{
    int             c;
    unsigned        json;
    static sim_t    sim;
    sim_options_t   o;

    memset(&o, 0, sizeof(o));
    o.keep = 256;
    json = 0;
    sim.tokens = 64;
    sim.per_event = 1;
    sim.random = 1;

    while ((c = aicost_option(argc, argv, sim_options)) != -1) {
        if (c == '?') {
            return AICOST_EXIT_USAGE;
        }

        if (c == 'h') {
            sim_usage();
            return 0;
        }

        if (c == 'j') {
            json = 1;

        } else if (sim_option(&sim, &o, c)) {
            return AICOST_EXIT_USAGE;
        }
    }

    if (optind < argc) {
        return aicost_usage("sim", "what is \"%s\"?", argv[optind]);
    }

    if (sim.nlistens == 0) {
        (void) sim_listen_add(&sim, SIM_KIND_LISTEN, "127.0.0.1:9000");
    }

    return sim_run(&sim, &o, json);
}
