#include "cli/engine/interrupt.h"

#include "base/cleanup.h"

#include <signal.h>

static const int signals[] = {SIGINT, SIGTERM};
static rphost *running;
static uint32_t interrupted;

static void cancel_running(int number)
{
    rphost *host = __atomic_load_n(&running, __ATOMIC_SEQ_CST);

    (void)number;
    __atomic_store_n(&interrupted, 1, __ATOMIC_SEQ_CST);
    if (host)
        rphost_cancel(host, 1);
}

/* SA_RESETHAND: the second signal has its default effect. */
void rp_interrupt_cancels(rphost *host)
{
    struct sigaction once = {.sa_handler = cancel_running, .sa_flags = (int)SA_RESETHAND | SA_RESTART};

    __atomic_store_n(&running, host, __ATOMIC_SEQ_CST);
    __atomic_store_n(&interrupted, 0, __ATOMIC_SEQ_CST);
    for (size_t i = 0; i < rp_count_of(signals); i++)
        sigaction(signals[i], &once, NULL);
}

bool rp_interrupted(void)
{
    return __atomic_load_n(&interrupted, __ATOMIC_SEQ_CST) != 0;
}

void rp_interrupt_taken(void)
{
    rphost *host = __atomic_load_n(&running, __ATOMIC_SEQ_CST);

    if (host && rp_interrupted())
        rphost_cancel(host, 0);
}

void rp_interrupt_ends(void)
{
    for (size_t i = 0; i < rp_count_of(signals); i++)
        signal(signals[i], SIG_DFL);
    __atomic_store_n(&running, NULL, __ATOMIC_SEQ_CST);
}
