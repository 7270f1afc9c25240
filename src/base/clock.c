#include "base/clock.h"

#include <sys/random.h>
#include <time.h>

static int64_t system_now_ms(void *context)
{
    struct timespec now;
    (void)context;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int64_t system_wall_s(void *context)
{
    (void)context;
    return (int64_t)time(NULL);
}

static uint32_t system_chance(void *context)
{
    uint32_t drawn = 0;
    (void)context;
    if (getrandom(&drawn, sizeof(drawn), GRND_NONBLOCK) != (ssize_t)sizeof(drawn))
        drawn = (uint32_t)system_now_ms(NULL) * 2654435761u;
    return drawn;
}

const rp_clock rp_clock_system = {system_now_ms, system_wall_s, system_chance, NULL};

int64_t rp_jitter_ms(const rp_clock *clock, int64_t ms)
{
    int64_t half = ms / 2;

    if (half <= 0)
        return ms;
    return ms - half / 2 + (int64_t)(clock->chance(clock->context) % ((uint64_t)half + 1));
}
