#include "resource_usage.h"

#include "base/cleanup.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

int64_t now_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static int64_t cpu_us(void)
{
    struct rusage used = {0};

    getrusage(RUSAGE_SELF, &used);
    return ((int64_t)used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1000000 + used.ru_utime.tv_usec +
           used.ru_stime.tv_usec;
}

/* "VmRSS:" is what is there, "VmHWM:" the peak. */
static long status_kib(const char *name)
{
    FILE *file = fopen("/proc/self/status", "re");
    char line[256];
    long kib = 0;

    while (file && fgets(line, sizeof(line), file))
        if (rp_starts_with(line, name))
            kib = strtol(line + strlen(name), NULL, 10);
    if (file)
        fclose(file);
    return kib;
}

/* From here on the kernel keeps the peak anew. */
static bool forget_peak(void)
{
    FILE *file = fopen("/proc/self/clear_refs", "we");
    bool told = file && fputs("5", file) >= 0;

    if (file)
        told = fclose(file) == 0 && told;
    return told;
}

resource_usage usage_start(void)
{
    resource_usage begun = {.rss_kib = forget_peak() ? status_kib("VmRSS:") : 0};

    begun.cpu_us = cpu_us();
    begun.wall_us = now_us();
    return begun;
}

void usage_stop(const resource_usage *begun, phase *out)
{
    out->wall_us = now_us() - begun->wall_us;
    out->cpu_us = cpu_us() - begun->cpu_us;
    out->peak_kib = begun->rss_kib ? status_kib("VmHWM:") - begun->rss_kib : 0;
}
