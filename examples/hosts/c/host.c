/*
 * A host in C on librphost: makes one call, prints its status and its answer.
 *
 *     cc -o host host.c $(pkg-config --cflags --libs librphost)
 *     ./host PLUGIN CONFIG HOOK REQUEST [TIMEOUT_MS [CANCEL_MS]]
 *
 * Ctrl-C, or SIGALRM after CANCEL_MS, cancels the call: what was begun is in its answer.
 */
#include <rphost.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

static rphost *host;

static void cancel(int signal)
{
    (void)signal;
    rphost_cancel(host, 1);
}

int main(int argc, char **argv)
{
    struct itimerval timer = {{0}, {0}};
    rphost_answer *answer;
    int32_t status;

    if (argc < 5)
        return fprintf(stderr, "usage: host PLUGIN CONFIG HOOK REQUEST [TIMEOUT_MS [CANCEL_MS]]\n"), 64;
    host = rphost_open(argv[1], argv[2], strlen(argv[2]));
    if (rphost_error(host))
        return fprintf(stderr, "%s\n", rphost_error(host)), 1;
    signal(SIGINT, cancel);
    signal(SIGALRM, cancel);
    if (argc > 6)
        timer.it_value = (struct timeval){atoi(argv[6]) / 1000, atoi(argv[6]) % 1000 * 1000};
    setitimer(ITIMER_REAL, &timer, NULL);
    answer =
        rphost_call(host, argv[3], argv[4], strlen(argv[4]), argc > 5 ? (uint32_t)atoi(argv[5]) : 0, NULL, NULL);
    status = rphost_status(answer);
    printf("%d\t%s\n", (int)status, rphost_json(answer));
    rphost_release(answer);
    rphost_close(host);
    return status >= 100;
}
