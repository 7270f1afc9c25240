#include "cli/output/progress.h"

#include "base/clock.h"
#include "cli/engine/interrupt.h"
#include "cli/output/text.h"

#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define TURN_MS     100
#define LIVE_AFTER  300 /* what is faster than this needs no line */
#define STILL_MS    10000
#define NAMES       3
#define MAX_LINE    4096
#define USUAL_WIDTH 80
#define CLEAR_LINE  "\r\033[K"

int64_t rp_progress_elapsed_s(const rp_progress *progress)
{
    return (rp_now_ms(&rp_clock_system) - progress->begun_ms) / 1000;
}

static size_t terminal_width(const rp_output *output)
{
    struct winsize size = {0};

    if (ioctl(fileno(output->out), TIOCGWINSZ, &size) || !size.ws_col)
        return USUAL_WIDTH;
    return size.ws_col;
}

/* How far it is: "3 of 20 done, 20 accepted; MESSAGE". */
static void add_status(const rp_progress *progress, rp_buffer *out)
{
    if (progress->count > 1)
        rp_buffer_format(out, ", %zu of %zu done", progress->done, progress->count);
    if (progress->accepted > progress->done)
        rp_buffer_format(out, ", %zu accepted", progress->accepted);
    if (*progress->message)
        rp_buffer_format(out, "; %s", progress->message);
}

/* Cut to the width in bytes: never wider than that, whatever the characters. */
static void draw(rp_progress *progress)
{
    static const char turns[] = "|/-\\";
    _cleanup_(rp_buffer_done) rp_buffer line = RP_BUFFER(MAX_LINE);
    size_t width = terminal_width(progress->output), len;

    rp_buffer_format(&line, "%c %s ", turns[progress->turns++ % 4], progress->doing);
    rp_text_names(progress->addresses, NAMES, progress->count, &line);
    rp_buffer_format(&line, " [%llds]", (long long)rp_progress_elapsed_s(progress));
    add_status(progress, &line);
    len = line.len < width ? line.len : width - 1;
    while (len && len < line.len && ((unsigned char)line.data[len] & 0xc0) == 0x80)
        len--;
    fprintf(progress->output->out, CLEAR_LINE "%.*s", (int)len, rp_buffer_text(&line));
    fflush(progress->output->out);
}

/* A line for each of a few, one for many. */
static void tell_still(const rp_progress *progress)
{
    _cleanup_(rp_buffer_done) rp_buffer line = RP_BUFFER(MAX_LINE);
    bool many = progress->count > NAMES;
    int64_t elapsed_s = rp_progress_elapsed_s(progress);

    for (size_t i = 0; progress->action && i < progress->count; i++)
        rp_output_event(progress->output,
                        &(rp_resource_event){.kind = "apply_progress",
                                             .address = progress->addresses[i],
                                             .type = progress->type,
                                             .action = progress->action,
                                             .elapsed_s = elapsed_s,
                                             .message = progress->message},
                        many);
    if (progress->output->json || (progress->action && !many))
        return;
    rp_text_names(progress->addresses, NAMES, progress->count, &line);
    rp_buffer_format(&line, ": Still %c%s... [%llds elapsed", progress->doing[0] | 0x20, progress->doing + 1,
                     (long long)elapsed_s);
    add_status(progress, &line);
    rp_output_say(progress->output, "%s]", rp_buffer_text(&line));
}

static void clear(const rp_progress *progress)
{
    if (progress->output->live) {
        fputs(CLEAR_LINE, progress->output->out);
        fflush(progress->output->out);
    }
}

static void tell_interrupt(rp_progress *progress)
{
    if (progress->told_interrupt || !rp_interrupted())
        return;
    progress->told_interrupt = true;
    clear(progress);
    rp_output_say(
        progress->output,
        "Interrupted: nothing more is sent. Waiting for the outcome of what was, to save it. Interrupt again to stop at "
        "once; the next command then finds out.");
}

static void turn(rp_progress *progress, int64_t *next_still_ms)
{
    int64_t passed_ms = rp_now_ms(&rp_clock_system) - progress->begun_ms;

    tell_interrupt(progress);
    if (progress->output->live && passed_ms >= LIVE_AFTER)
        draw(progress);
    if (!progress->output->live && passed_ms >= *next_still_ms) {
        tell_still(progress);
        *next_still_ms += STILL_MS;
    }
}

static void *tell(void *context)
{
    rp_progress *progress = context;
    int64_t next_still_ms = STILL_MS;

    pthread_mutex_lock(&progress->lock);
    while (!progress->ends) {
        struct timespec until;
        clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_nsec += TURN_MS * 1000000;
        until.tv_sec += until.tv_nsec / 1000000000;
        until.tv_nsec %= 1000000000;
        pthread_cond_timedwait(&progress->wakes, &progress->lock, &until);
        if (!progress->ends)
            turn(progress, &next_still_ms);
    }
    pthread_mutex_unlock(&progress->lock);
    return NULL;
}

/* Signals are for the thread that calls the hook. */
static bool start_thread(rp_progress *progress)
{
    sigset_t all, before;
    bool runs;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    runs = !pthread_create(&progress->thread, NULL, tell, progress);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return runs;
}

void rp_progress_begin(rp_progress *progress)
{
    pthread_condattr_t attributes;

    progress->begun_ms = rp_now_ms(&rp_clock_system);
    progress->told_interrupt = rp_interrupted();
    pthread_mutex_init(&progress->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&progress->wakes, &attributes);
    pthread_condattr_destroy(&attributes);
    progress->runs = start_thread(progress);
}

void rp_progress_end(rp_progress *progress)
{
    if (progress->runs) {
        pthread_mutex_lock(&progress->lock);
        progress->ends = true;
        pthread_cond_signal(&progress->wakes);
        pthread_mutex_unlock(&progress->lock);
        pthread_join(progress->thread, NULL);
        clear(progress);
    }
    pthread_cond_destroy(&progress->wakes);
    pthread_mutex_destroy(&progress->lock);
}

void rp_progress_accepted(rp_progress *progress)
{
    pthread_mutex_lock(&progress->lock);
    progress->accepted++;
    pthread_mutex_unlock(&progress->lock);
}

void rp_progress_update(rp_progress *progress, size_t done, const char *message)
{
    pthread_mutex_lock(&progress->lock);
    if (done > progress->done)
        progress->done = done;
    if (message && *message)
        snprintf(progress->message, sizeof(progress->message), "%s", message);
    pthread_mutex_unlock(&progress->lock);
}

void rp_progress_hold(rp_progress *progress)
{
    pthread_mutex_lock(&progress->lock);
    clear(progress);
}

void rp_progress_go_on(rp_progress *progress)
{
    pthread_mutex_unlock(&progress->lock);
}
