#include "server.h"

#include "raw_http.h"
#include "record.h"

#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_LISTENERS 64

extern char **environ;

/* What elb-sim is started with. */
struct arguments {
    char latency_ms[16], job_ms[16];
    char ids[MAX_LISTENERS][LISTENER_ID_SIZE];
    const char *argv[16 + 2 * MAX_LISTENERS];
};

static void fill_in(struct arguments *arguments, const char *program, const grid_cell *of)
{
    size_t n = 0;

    snprintf(arguments->latency_ms, sizeof(arguments->latency_ms), "%u", of->latency_ms);
    snprintf(arguments->job_ms, sizeof(arguments->job_ms), "%u", of->job_ms);
    arguments->argv[n++] = program;
    arguments->argv[n++] = "--exit-with-stdin";
    arguments->argv[n++] = "--latency-ms";
    arguments->argv[n++] = arguments->latency_ms;
    arguments->argv[n++] = "--job-ms";
    arguments->argv[n++] = arguments->job_ms;
    for (unsigned i = 0; i < of->listeners && i < MAX_LISTENERS; i++) {
        listener_id(i, arguments->ids[i]);
        arguments->argv[n++] = "--listener";
        arguments->argv[n++] = arguments->ids[i];
    }
    arguments->argv[n] = NULL;
}

static int spawn(server *made, const struct arguments *arguments, int from, int to)
{
    posix_spawn_file_actions_t actions;
    int failed = posix_spawn_file_actions_init(&actions);

    if (failed)
        return failed;
    failed = posix_spawn_file_actions_adddup2(&actions, from, STDIN_FILENO);
    if (!failed)
        failed = posix_spawn_file_actions_adddup2(&actions, to, STDOUT_FILENO);
    if (!failed)
        failed = posix_spawn(&made->pid, arguments->argv[0], &actions, NULL,
                             (char *const *)(uintptr_t)arguments->argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    return failed;
}

static int read_url(server *made, int from, rp_error **error)
{
    FILE *out = fdopen(from, "r");
    bool told = out && fgets(made->url, sizeof(made->url), out);

    if (out)
        fclose(out);
    else
        close(from);
    if (!told)
        return rp_error_set(error, RP_E_SYSTEM, "the simulator did not tell its URL");
    made->url[strcspn(made->url, "\n")] = '\0';
    return 0;
}

int server_start(server *made, const char *program, const grid_cell *for_cell, rp_error **error)
{
    struct arguments arguments = {0};
    int in[2] = {-1, -1}, out[2] = {-1, -1}, failed;

    *made = (server){.to = -1};
    fill_in(&arguments, program, for_cell);
    if (pipe2(in, O_CLOEXEC) < 0 || pipe2(out, O_CLOEXEC) < 0)
        return rp_error_set(error, RP_E_SYSTEM, "pipe: %s", strerror(errno));
    failed = spawn(made, &arguments, in[0], out[1]);
    close(in[0]);
    close(out[1]);
    made->to = in[1];
    if (!failed)
        return read_url(made, out[0], error);
    close(out[0]);
    return rp_error_set(error, RP_E_SYSTEM, "%s: %s", program, strerror(failed));
}

void server_stop(server *one)
{
    if (one->to >= 0)
        close(one->to);
    if (one->pid > 0)
        waitpid(one->pid, NULL, 0);
    *one = (server){.to = -1};
}

static unsigned count_of(const rp_json *told, const char *name)
{
    int64_t count = 0;

    rp_json_integer(rp_json_get(told, name), &count);
    return (unsigned)count;
}

int server_counts(const server *one, counts *out, rp_error **error)
{
    _cleanup_(raw_http_freep) raw_http *client = raw_http_new(one->url, error);
    _cleanup_(rp_json_freep) rp_json *told = NULL;

    if (!client || raw_http_send(client, "/sim/counts", NULL, &told, error) < 0)
        return RP_E_SYSTEM;
    *out = (counts){.add = count_of(told, "add"),
                    .list = count_of(told, "list"),
                    .job = count_of(told, "job"),
                    .listener = count_of(told, "listener"),
                    .total = count_of(told, "total"),
                    .connections = count_of(told, "connections")};
    return raw_http_send(client, "/sim/reset", "{}", NULL, error);
}
