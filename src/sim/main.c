/* elb-sim: the command line of the simulator. */
#include "sim/fault.h"
#include "sim/settings.h"
#include "sim/sim.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

enum {
    EXIT_USAGE = 2
};

/* Values of an option that may be given several times, or the settings. */
struct texts {
    const char **texts; /* ended by NULL */
    size_t n;
};

struct arguments {
    rp_sim_options options;
    struct texts listeners, settings, faults;
    const char *ca_file;
    bool exit_with_stdin;
    bool help;
};

static void arguments_done(struct arguments *arguments)
{
    free(arguments->listeners.texts);
    free(arguments->settings.texts);
    free(arguments->faults.texts);
}

static int add_text(struct texts *texts, const char *text, rp_error **error)
{
    const char **grown = realloc(texts->texts, (texts->n + 2) * sizeof(*grown));

    if (!grown)
        return rp_error_no_memory(error);
    texts->texts = grown;
    texts->texts[texts->n++] = text;
    texts->texts[texts->n] = NULL;
    return 0;
}

static int take_port(struct arguments *arguments, const char *value, rp_error **error)
{
    char *end = NULL;
    unsigned long port = strtoul(value, &end, 10);

    if (*value < '0' || *value > '9' || *end || port > 65535)
        return rp_error_set(error, RP_E_INVALID, "--port: \"%s\" is not a port number", value);
    arguments->options.port = (uint16_t)port;
    return 0;
}

static int take_https(struct arguments *arguments, const char *value, rp_error **error)
{
    (void)value;
    (void)error;
    arguments->options.https = true;
    return 0;
}

static int take_ca_file(struct arguments *arguments, const char *value, rp_error **error)
{
    (void)error;
    arguments->ca_file = value;
    return 0;
}

static int take_listener(struct arguments *arguments, const char *value, rp_error **error)
{
    return add_text(&arguments->listeners, value, error);
}

static int take_fault(struct arguments *arguments, const char *value, rp_error **error)
{
    return add_text(&arguments->faults, value, error);
}

static int take_exit_with_stdin(struct arguments *arguments, const char *value, rp_error **error)
{
    (void)value;
    (void)error;
    arguments->exit_with_stdin = true;
    return 0;
}

/* One printf per line, so that lines of several threads do not mix. */
static void print_line(void *context, const char *line)
{
    (void)context;
    printf("%s\n", line);
    fflush(stdout);
}

static int take_print_requests(struct arguments *arguments, const char *value, rp_error **error)
{
    (void)value;
    (void)error;
    arguments->options.on_line = print_line;
    return 0;
}

static int take_help(struct arguments *arguments, const char *value, rp_error **error)
{
    (void)value;
    (void)error;
    arguments->help = true;
    return 0;
}

static const struct option {
    const char *name, *value; /* value: NULL if it takes none */
    int (*take)(struct arguments *arguments, const char *value, rp_error **error);
    const char *about;
} options[] = {
    {"port", "N", take_port,
     "Port on 127.0.0.1 (0: any free port). The simulator listens on no other address."},
    {"https", NULL, take_https, "Serve HTTPS, with a certificate authority generated at the start."},
    {"ca-file", "PATH", take_ca_file, "With --https: write the authority's certificate to this file."},
    {"listener", "ID[:PROTOCOL]", take_listener,
     "A listener; default protocol: TCP. May be given several times. Default:\n"
     "      " RP_SIM_TCP_LISTENER ":TCP\n      " RP_SIM_TCP_LISTENER2 ":TCP\n      " RP_SIM_HTTP_LISTENER
     ":HTTP\n      " RP_SIM_UDP_LISTENER ":UDP"},
    {"fault", "RULE", take_fault,
     "A fault rule, as NAME=VALUE,NAME=VALUE or, for values with commas, as a JSON object.\n"
     "      May be given several times. See below."},
    {"exit-with-stdin", NULL, take_exit_with_stdin, "Exit when standard input is closed."},
    {"print-requests", NULL, take_print_requests,
     "Print each request after its response: method, path without the project, status (-: no response),\n"
     "      start of the body. Bodies of logins are not shown."},
    {"help", NULL, take_help, "Show this help."},
    {NULL, NULL, NULL, NULL}};

static const char control_help[] =
    "\nControl requests; they need no token and are neither counted nor logged:\n"
    "  GET  /sim/requests | counts | state | config\n"
    "  POST /sim/settings   {\"job_ms\": 500, \"empty\": \"array\"}\n"
    "  POST /sim/faults     a rule or an array of rules: {\"on\": \"add\", \"kind\": \"reset-after\"}\n"
    "  POST /sim/reset      {} or {\"what\": \"log\"}: counts, log, faults; \"all\": members, jobs, tokens too;\n"
    "                       \"faults\"; \"tokens\"\n"
    "  POST /sim/members    {\"listener_id\", \"add\": [{\"server_id\", \"address\"}], \"remove\": [{\"id\"}],\n"
    "                       \"clear\": true}: at once, without a job\n"
    "  POST /sim/listeners  {\"id\", \"protocol\"} or {\"remove\": id}\n"
    "  POST /sim/time       {\"advance_ms\": 1000}\n";

static void show_options(rp_buffer *text)
{
    for (const struct option *option = options; option->name; option++)
        rp_buffer_format(text, "  --%s%s%s\n      %s\n", option->name, option->value ? " " : "",
                         option->value ? option->value : "", option->about);
}

static int show_help(void)
{
    _cleanup_(rp_buffer_done) rp_buffer text = RP_BUFFER(1u << 20);

    rp_buffer_add_text(
        &text, "usage: elb-sim [OPTION…]\n\n"
               "A simulator of the classic ELB API and its IAM. Its first line of output is its base\n"
               "URL; SIGTERM or SIGINT end it.\n\n");
    show_options(&text);
    rp_buffer_add_text(&text, "\nSettings, with their defaults:\n");
    sim_options_help(sim_settings_table, "--", &text);
    rp_buffer_add_text(&text, "\nFields of a fault rule, with their defaults:\n");
    sim_options_help(sim_faults_table, "", &text);
    rp_buffer_add_text(&text, control_help);
    if (!rp_buffer_ok(&text))
        return EXIT_FAILURE;
    fputs(rp_buffer_text(&text), stdout);
    return fflush(stdout) ? EXIT_FAILURE : EXIT_SUCCESS;
}

static const struct option *find_option(const char *name)
{
    const struct option *option = options;

    while (option->name && strcmp(option->name, name) != 0)
        option++;
    return option->name ? option : NULL;
}

static int take_setting(struct arguments *arguments, const char *name, const char *value, rp_error **error)
{
    int failed = add_text(&arguments->settings, name, error);

    return failed < 0 ? failed : add_text(&arguments->settings, value, error);
}

/* Reads the argument at *at, and its value. */
static int read_one(struct arguments *arguments, char **argv, int *at, rp_error **error)
{
    const char *name = argv[*at];
    const struct option *option;

    if (strncmp(name, "--", 2) != 0)
        return rp_error_set(error, RP_E_INVALID, "unknown argument \"%s\"", name);
    option = find_option(name + 2);
    if (option && !option->value)
        return option->take(arguments, NULL, error);
    if (!option && !sim_option_find(sim_settings_table, name + 2))
        return rp_error_set(error, RP_E_INVALID, "unknown option \"%s\"", name);
    if (!argv[*at + 1])
        return rp_error_set(error, RP_E_INVALID, "%s needs a value", name);
    ++*at;
    return option ? option->take(arguments, argv[*at], error)
                  : take_setting(arguments, name + 2, argv[*at], error);
}

static int read_arguments(struct arguments *arguments, int argc, char **argv, rp_error **error)
{
    int failed = 0;

    for (int i = 1; failed == 0 && i < argc; i++)
        failed = read_one(arguments, argv, &i, error);
    if (failed == 0 && arguments->ca_file && !arguments->options.https)
        failed = rp_error_set(error, RP_E_INVALID, "--ca-file needs --https");
    arguments->options.listeners = arguments->listeners.texts;
    arguments->options.settings = arguments->settings.texts;
    arguments->options.faults = arguments->faults.texts;
    return failed;
}

static int write_ca(const rp_sim *sim, const char *path, rp_error **error)
{
    FILE *file = fopen(path, "we");
    int written;

    if (!file)
        return rp_error_set(error, RP_E_SYSTEM, "%s: %s", path, strerror(errno));
    written = fputs(rp_sim_ca_pem(sim), file);
    if (fclose(file) || written < 0)
        return rp_error_set(error, RP_E_SYSTEM, "%s: cannot be written", path);
    return 0;
}

/* Blocks the signals that end the program, and tells them by a descriptor: before the first thread, which
   inherits the mask. */
static int open_signals(void)
{
    sigset_t ending;

    sigemptyset(&ending);
    sigaddset(&ending, SIGTERM);
    sigaddset(&ending, SIGINT);
    signal(SIGPIPE, SIG_IGN);
    sigprocmask(SIG_BLOCK, &ending, NULL);
    return signalfd(-1, &ending, SFD_CLOEXEC);
}

static void wait_for_end(int signals, bool exit_with_stdin)
{
    struct pollfd watched[] = {{.fd = signals, .events = POLLIN},
                               {.fd = exit_with_stdin ? STDIN_FILENO : -1, .events = POLLIN}};
    char scrap[256];

    for (;;) {
        if (poll(watched, 2, -1) < 0 && errno != EINTR)
            return;
        if (watched[0].revents)
            return;
        if (watched[1].revents && read(STDIN_FILENO, scrap, sizeof(scrap)) <= 0)
            return;
    }
}

/* Prints the URL as the first line, before any request's. The CA file is complete by then. */
static int start(const struct arguments *arguments, rp_sim **out, rp_error **error)
{
    int failed;

    flockfile(stdout);
    failed = rp_sim_start(&arguments->options, out, error);
    if (failed == 0 && arguments->ca_file)
        failed = write_ca(*out, arguments->ca_file, error);
    if (failed == 0 && (printf("%s\n", rp_sim_url(*out)) < 0 || fflush(stdout)))
        failed = rp_error_set(error, RP_E_SYSTEM, "cannot write to standard output");
    funlockfile(stdout);
    return failed;
}

static int run(const struct arguments *arguments, rp_error **error)
{
    _cleanup_(rp_sim_stopp) rp_sim *sim = NULL;
    int signals = open_signals(), failed = start(arguments, &sim, error);

    if (failed == 0)
        wait_for_end(signals, arguments->exit_with_stdin);
    return failed;
}

int main(int argc, char **argv)
{
    _cleanup_(arguments_done) struct arguments arguments = {0};
    _cleanup_(rp_error_freep) rp_error *error = NULL;
    int failed = read_arguments(&arguments, argc, argv, &error);

    if (failed == 0 && arguments.help)
        return show_help();
    if (failed == 0)
        failed = run(&arguments, &error);
    if (failed == 0)
        return EXIT_SUCCESS;
    fprintf(stderr, "elb-sim: %s\n", error->message);
    if (failed != RP_E_INVALID)
        return EXIT_FAILURE;
    fputs("run elb-sim --help for the list of options\n", stderr);
    return EXIT_USAGE;
}
