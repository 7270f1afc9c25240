/*
 * A provider for Terraform and OpenTofu: whatever plugin lies beside this file.
 */
#include "base/text.h"
#include "bridge/handshake.h"
#include "bridge/last_words.h"
#include "bridge/log.h"
#include "bridge/provider.h"
#include "bridge/server.h"
#include "bridge/tls.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char by_hand[] =
    "This is a provider for Terraform and OpenTofu, which start it themselves.\n"
    "To use it, name it in required_providers, as \"rp provider\" prints it, and run \"terraform init\".\n";

static void on_interrupt(int number)
{
    (void)number;
}

static void on_terminate(int number)
{
    (void)number;
    server_stop();
}

/* Ctrl-C goes to the whole process group, and Terraform tells us what it means. A handler, unlike ignoring,
   is not handed down to programs that the plugin runs. */
static void mind_signals(void)
{
    struct sigaction interrupt = {.sa_handler = on_interrupt, .sa_flags = SA_RESTART};
    struct sigaction terminate = {.sa_handler = on_terminate}, ignore = {.sa_handler = SIG_IGN};

    sigemptyset(&interrupt.sa_mask);
    sigemptyset(&terminate.sa_mask);
    sigemptyset(&ignore.sa_mask);
    sigaction(SIGINT, &interrupt, NULL);
    sigaction(SIGTERM, &terminate, NULL);
    sigaction(SIGPIPE, &ignore, NULL);
}

/* Standard output is for one line: what a plugin prints goes to the log. Standard input is the user's
   terminal, and nobody's here. Returns where the line goes. */
static int part_streams(void)
{
    int line = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3), nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);

    dup2(STDERR_FILENO, STDOUT_FILENO);
    if (nothing >= 0) {
        dup2(nothing, STDIN_FILENO);
        close(nothing);
    }
    return line;
}

static bool is_plugin(const char *name)
{
    size_t len = strlen(name);

    return len > 3 && *name != '.' && !strcmp(name + len - 3, ".so");
}

/* The .so in the folder of this program; the first by name, if somebody put several there. */
static char *find_plugin(void)
{
    _cleanup_(rp_freep) char *first = NULL;
    char path[PATH_MAX];
    ssize_t len = readlink("/proc/self/exe", path, sizeof(path) - 1);
    const struct dirent *entry;
    DIR *folder;

    if (len < 0)
        return NULL;
    path[len] = '\0';
    *strrchr(path, '/') = '\0';
    folder = opendir(path);
    while (folder && (entry = readdir(folder)))
        if (is_plugin(entry->d_name) && (!first || strcmp(entry->d_name, first) < 0)) {
            free(first);
            first = strdup(entry->d_name);
        }
    if (folder)
        closedir(folder);
    return rp_format("%s/%s", path, first ? first : "PLUGIN.so");
}

static int serve(const handshake *with, int line, rp_error **error)
{
    _cleanup_(rp_freep) char *socket_path = NULL, *certificate = NULL, *text = NULL, *path = find_plugin();
    static SSL_CTX *tls; /* in use as long as the process */
    static provider served;
    int listening, failed;

    if (!path)
        return rp_error_set(error, RP_E_SYSTEM, "cannot find the folder of this program");
    provider_start(&served, path);
    failed = handshake_listen(with->folder, &listening, &socket_path, error);
    if (!failed && with->certificate)
        failed = tls_prepare(with->certificate, &tls, &certificate, error);
    if (failed)
        return failed;
    text = handshake_line(with, socket_path, certificate);
    if (!text || write(line, text, strlen(text)) != (ssize_t)strlen(text))
        return rp_error_set(error, RP_E_SYSTEM, "cannot write the handshake");
    server_run(listening, tls, &served);
    return 0;
}

int main(void)
{
    _cleanup_(rp_error_freep) rp_error *error = NULL;
    const handshake with = handshake_read();
    char stack[LAST_WORDS_STACK];

    if (!with.by_parent) {
        fputs(by_hand, stderr);
        return 1;
    }
    mind_signals();
    last_words_stack(stack);
    if (serve(&with, part_streams(), &error) < 0) {
        log_line("error", "%s", error->message);
        fprintf(stderr, "%s\n", error->message);
        last_words_leave(1);
    }
    last_words_leave(0);
}
