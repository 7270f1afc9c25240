#include "bridge/last_words.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/lsan_interface.h>
#define LEAKED 23
#endif

static const struct {
    int number;
    const char *words;
} fatal[] = {
    {SIGSEGV, "segmentation fault"}, {SIGBUS, "bus error"}, {SIGILL, "illegal instruction"},
    {SIGFPE, "arithmetic error"},    {SIGABRT, "aborted"},
};
enum {
    FATAL = sizeof(fatal) / sizeof(fatal[0])
};

static char subject[256] = "the plugin";
static char socket_file[256], socket_folder[256];
static struct sigaction before[FATAL];
static atomic_flag said = ATOMIC_FLAG_INIT;
static _Thread_local const char *doing;

/* Only what a signal handler may do. */
static void add(char *line, size_t size, size_t *len, const char *words)
{
    while (*words && *len + 1 < size)
        line[(*len)++] = *words++;
}

static void say(const char *what)
{
    char line[512];
    size_t len = 0;
    ssize_t written;

    if (atomic_flag_test_and_set(&said))
        return;
    add(line, sizeof(line), &len, "panic: ");
    add(line, sizeof(line), &len, subject);
    add(line, sizeof(line), &len, what);
    if (doing) {
        add(line, sizeof(line), &len, " in ");
        add(line, sizeof(line), &len, doing);
    }
    add(line, sizeof(line), &len, "\n");
    written = write(STDERR_FILENO, line, len);
    (void)written;
    if (*socket_file)
        unlink(socket_file);
    if (*socket_folder)
        rmdir(socket_folder);
}

/* Says it and lets whoever had the signal before have it: the instruction runs, and fails, again. */
static void on_fatal(int number, siginfo_t *why, void *context)
{
    char what[64];
    size_t len = 0;

    (void)context;
    for (size_t i = 0; i < FATAL; i++) {
        if (fatal[i].number != number)
            continue;
        add(what, sizeof(what), &len, ": ");
        add(what, sizeof(what), &len, fatal[i].words);
        what[len] = '\0';
        say(what);
        sigaction(number, &before[i], NULL);
    }
    if (why->si_code <= 0) /* sent, by abort or kill: nothing will run again */
        raise(number);
}

static void on_exit_of_plugin(void)
{
    say(" called exit");
}

void last_words_name(const char *plugin, const char *version)
{
    snprintf(subject, sizeof(subject), "plugin %s %s", plugin, version);
}

void last_words_prepare(const char *plugin)
{
    struct sigaction action = {.sa_sigaction = on_fatal, .sa_flags = SA_ONSTACK | SA_SIGINFO};

    snprintf(subject, sizeof(subject), "plugin %s", plugin);
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < FATAL; i++)
        sigaction(fatal[i].number, &action, &before[i]);
    atexit(on_exit_of_plugin);
}

void last_words_socket(const char *socket_path, const char *folder)
{
    snprintf(socket_file, sizeof(socket_file), "%s", socket_path);
    snprintf(socket_folder, sizeof(socket_folder), "%s", folder);
}

void last_words_doing(const char *hook)
{
    doing = hook;
}

void last_words_stack(char *stack)
{
    const stack_t use = {.ss_sp = stack, .ss_size = LAST_WORDS_STACK, .ss_flags = stack ? 0 : SS_DISABLE};

    sigaltstack(&use, NULL);
}

_Noreturn void last_words_no_memory(void)
{
    doing = NULL;
    say(": out of memory");
    _exit(1);
}

_Noreturn void last_words_leave(int code)
{
    if (*socket_file)
        unlink(socket_file);
    if (*socket_folder)
        rmdir(socket_folder);
#ifdef __SANITIZE_ADDRESS__
    if (__lsan_do_recoverable_leak_check())
        code = LEAKED;
#endif
    _exit(code);
}
