#include "grid_cell.h"

#include "resource_usage.h"
#include "workload.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* How long past the limit a running cell is killed. */
#define GRACE_S 120

bool grid_cell_equals(const grid_cell *one, const grid_cell *other)
{
    return one->workload == other->workload && one->latency_ms == other->latency_ms &&
           one->job_ms == other->job_ms && one->records == other->records &&
           one->listeners == other->listeners && one->threads == other->threads &&
           one->max_batch == other->max_batch;
}

static int run_phase(run *one, int (*work)(run *, rp_error **), phase *out, rp_error **error)
{
    resource_usage begun = usage_start();
    int result = work(one, error);

    usage_stop(&begun, out);
    return result == 0 ? server_counts(one->server, &out->sent, error) : result;
}

static int run_phases(run *one, measured *out, rp_error **error)
{
    const workload *by = one->cell->workload;
    int failed = run_phase(one, by->create, &out->create, error);

    if (failed) {
        rp_error_add(error, "create");
        return failed;
    }
    if (one->cell->create_only)
        return 0;
    failed = run_phase(one, by->read, &out->read, error);
    if (failed)
        rp_error_add(error, "read");
    return failed;
}

static int run_with(const grid_cell *one, const tools *with, const server *at, measured *out,
                    rp_error **error)
{
    _cleanup_(host_stop) host plugin = {0};
    _cleanup_(rp_freep) char(*ids)[40] = calloc(one->records, sizeof(*ids));
    run running = {.cell = one, .server = at, .member_ids = ids};

    if (!ids)
        return rp_error_no_memory(error);
    if (one->workload->uses_plugin) {
        if (host_start(&plugin, with->plugin, at->url, one->max_batch, error) < 0)
            return RP_E_SYSTEM;
        running.host = &plugin;
        out->load_us = plugin.load_us;
        out->open_us = plugin.open_us;
    }
    return run_phases(&running, out, error);
}

void grid_cell_run_in_process(const grid_cell *one, const tools *with, measured *out)
{
    _cleanup_(rp_error_freep) rp_error *error = NULL;
    _cleanup_(server_stop) server at;
    int failed = server_start(&at, with->sim, one, &error);

    *out = (measured){0};
    if (failed == 0)
        failed = run_with(one, with, &at, out, &error);
    if (failed == 0)
        return;
    out->end = CELL_FAILED;
    snprintf(out->why, sizeof(out->why), "%s", error ? error->message : "out of memory");
}

static void fail(measured *out, const char *why)
{
    *out = (measured){.end = CELL_FAILED};
    snprintf(out->why, sizeof(out->why), "%s", why);
}

/* The child's result; it is ended if none comes. */
static void receive(pid_t child, int from, unsigned most_s, measured *out)
{
    struct pollfd watched = {.fd = from, .events = POLLIN};

    if (poll(&watched, 1, (int)most_s * 1000) != 1) {
        kill(child, SIGKILL);
        fail(out, "took far longer than expected");
    } else if (read(from, out, sizeof(*out)) != (ssize_t)sizeof(*out)) {
        fail(out, "ended without a result");
    }
    waitpid(child, NULL, 0);
}

static void send_result(const grid_cell *one, const tools *with, int to)
{
    measured got;

    grid_cell_run_in_process(one, with, &got);
    _exit(write(to, &got, sizeof(got)) == (ssize_t)sizeof(got) ? 0 : 1);
}

static void run_apart(const grid_cell *one, const tools *with, measured *out)
{
    int ends[2];
    pid_t child;

    if (pipe2(ends, O_CLOEXEC) < 0) {
        fail(out, strerror(errno));
        return;
    }
    fflush(NULL);
    child = fork();
    if (child == 0)
        send_result(one, with, ends[1]);
    close(ends[1]);
    if (child > 0)
        receive(child, ends[0], with->limit_s + GRACE_S, out);
    else
        fail(out, strerror(errno));
    close(ends[0]);
}

void grid_cell_run(const grid_cell *one, const tools *with, measured *out)
{
    int64_t expected_s = one->workload->expected_ms(one) / 1000;

    if (expected_s <= (int64_t)with->limit_s) {
        run_apart(one, with, out);
        return;
    }
    *out = (measured){.end = CELL_LEFT_OUT};
    snprintf(out->why, sizeof(out->why), "would take about %lld s", (long long)expected_s);
}
