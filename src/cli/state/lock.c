#include "cli/state/lock.h"

#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define MAX_HOLDER 512
#define PAUSE_MS   100

char *rp_lock_who(const char *command)
{
    char host[65] = "";
    struct passwd entry, *found = NULL;
    char room[4096];

    gethostname(host, sizeof(host) - 1);
    getpwuid_r(geteuid(), &entry, room, sizeof(room), &found);
    if (found)
        return rp_format("rp %s, by %s@%s (process %d)", command, entry.pw_name, host, (int)getpid());
    return rp_format("rp %s, by user %u@%s (process %d)", command, (unsigned)geteuid(), host, (int)getpid());
}

/* Text that a file holds is shown only as far as it can do no harm. */
static void read_holder(int fd, char holder[MAX_HOLDER])
{
    ssize_t got = pread(fd, holder, MAX_HOLDER - 1, 0);

    holder[got > 0 ? got : 0] = '\0';
    for (char *at = holder; *at; at++)
        if ((unsigned char)*at < ' ' || *at == 0x7f)
            *at = '\0';
    if (!*holder)
        snprintf(holder, MAX_HOLDER, "another rp");
}

/* Only for whoever waits: that it fails is no reason to stop. */
static void write_holder(int fd, const char *command)
{
    _cleanup_(rp_freep) char *who = rp_lock_who(command);
    time_t now = time(NULL);
    struct tm utc;
    char line[MAX_HOLDER];
    int len;

    gmtime_r(&now, &utc);
    len = snprintf(line, sizeof(line), "%s, since %02d:%02d:%02d UTC\n", who ? who : "another rp",
                   utc.tm_hour, utc.tm_min, utc.tm_sec);
    if (ftruncate(fd, 0) || pwrite(fd, line, (size_t)len, 0) < 0)
        return;
}

static int refuse(const char *file, rp_error **error)
{
    const char *slash = strrchr(file, '/');
    int len = slash ? (int)(slash - file) : 1;

    return rp_error_set(
        error, RP_E_SYSTEM,
        "nothing can be written in %.*s (%s): the state is kept there, and nothing is done without "
        "it; -state FILE keeps it elsewhere",
        len, slash ? file : ".", strerror(errno));
}

static bool try_lock(int fd)
{
    return !flock(fd, LOCK_EX | LOCK_NB);
}

static int wait_for(int fd, uint32_t timeout_ms, void (*waits)(void *context, const char *holder),
                    void *context, rp_error **error)
{
    const struct timespec pause = {.tv_nsec = PAUSE_MS * 1000000};
    int64_t end = rp_now_ms(&rp_clock_system) + timeout_ms;
    char holder[MAX_HOLDER];

    read_holder(fd, holder);
    if (timeout_ms && waits)
        waits(context, holder);
    while (rp_now_ms(&rp_clock_system) < end) {
        if (try_lock(fd))
            return 0;
        nanosleep(&pause, NULL);
    }
    read_holder(fd, holder);
    return rp_error_set(error, RP_E_SYSTEM,
                        "the state is locked: %s. Wait until that is done, or let this command wait, with "
                        "-lock-timeout=5m",
                        holder);
}

int rp_lock_take(const char *state, const char *command, uint32_t timeout_ms,
                 void (*waits)(void *context, const char *holder), void *context, rp_lock *lock,
                 rp_error **error)
{
    _cleanup_(rp_freep) char *file = rp_format("%s.lock", state);
    int fd, failed = 0;

    if (!file)
        return rp_error_no_memory(error);
    fd = open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        return refuse(file, error);
    if (!try_lock(fd))
        failed = wait_for(fd, timeout_ms, waits, context, error);
    if (failed) {
        close(fd);
        return failed;
    }
    write_holder(fd, command);
    lock->fd = fd;
    return 0;
}

void rp_lock_release(rp_lock *lock)
{
    if (lock->fd < 0)
        return;
    close(lock->fd); /* the file stays: removing it would let two hold the lock, on two files */
    lock->fd = -1;
}
