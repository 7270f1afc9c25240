#include "simulator_process.h"

#include "sim/sim.h"

#include <check.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static void write_all(int fd, const char *text)
{
    if (write(fd, text, strlen(text)) != (ssize_t)strlen(text))
        _exit(1);
}

/* Writes the CA file before it prints the URL. Never returns. */
static void serve(const char *const *settings, bool https, int ca, int told)
{
    rp_sim *sim = NULL;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (rp_sim_start(&(rp_sim_options){.settings = settings, .https = https}, &sim, NULL) < 0)
        _exit(1);
    if (https)
        write_all(ca, rp_sim_ca_pem(sim));
    write_all(told, rp_sim_url(sim));
    close(told);
    for (;;)
        pause();
}

simulator_process simulator_process_start(const char *const *settings, bool https)
{
    simulator_process made = {.ca_file = "/tmp/rp-test-XXXXXX"};
    int ends[2], ca = mkstemp(made.ca_file);
    ssize_t len;

    ck_assert_int_ge(ca, 0);
    ck_assert_int_eq(pipe(ends), 0);
    made.pid = fork();
    ck_assert_int_ge(made.pid, 0);
    if (made.pid == 0)
        serve(settings, https, ca, ends[1]);
    close(ends[1]);
    len = read(ends[0], made.url, sizeof(made.url) - 1);
    ck_assert_int_gt(len, 0);
    close(ends[0]);
    close(ca);
    return made;
}

void simulator_process_stop(simulator_process *one)
{
    kill(one->pid, SIGKILL);
    waitpid(one->pid, NULL, 0);
    unlink(one->ca_file);
}
