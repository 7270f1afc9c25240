#include "cli/state/lock.h"

#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define MAX_HOLDER 512
#define PAUSE_MS   100

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
}

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

/* Field 22 of /proc/PID/stat: when the process began, in ticks since the system did. */
static bool read_start(long pid, char start[32])
{
    _cleanup_(rp_freep) char *path = rp_format("/proc/%ld/stat", pid);
    char line[1024], *at;
    int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    ssize_t got = fd < 0 ? -1 : read(fd, line, sizeof(line) - 1);

    close_fd(&fd);
    line[got > 0 ? got : 0] = '\0';
    at = strrchr(line, ')');
    for (int field = 2; at && field < 22; field++)
        at = strchr(at + 1, ' ');
    return at && sscanf(at + 1, "%31[0-9]", start) == 1;
}

static void read_boot(char boot[64])
{
    int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
    ssize_t got = fd < 0 ? 0 : read(fd, boot, 63);

    close_fd(&fd);
    boot[got > 0 ? got : 0] = '\0';
    boot[strcspn(boot, "\n")] = '\0';
}

char *rp_process_self(void)
{
    char boot[64], start[32];

    read_boot(boot);
    return read_start((long)getpid(), start) ? rp_format("%s %ld %s", boot, (long)getpid(), start)
                                             : strdup("");
}

bool rp_process_lives(const char *process)
{
    char boot[64], their_boot[64], start[32], their_start[32];
    long pid;

    read_boot(boot);
    return process && sscanf(process, "%63s %ld %31s", their_boot, &pid, their_start) == 3 &&
           !strcmp(boot, their_boot) && pid != (long)getpid() && read_start(pid, start) &&
           !strcmp(start, their_start);
}

/* Text that a file holds is shown only as far as it can do no harm. */
static void read_holder(int fd, char holder[MAX_HOLDER])
{
    ssize_t got = fd < 0 ? 0 : pread(fd, holder, MAX_HOLDER - 1, 0);

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

/* The folder must be writable as well: the log of the state lies beside it. */
static bool is_folder_writable(const char *file)
{
    const char *slash = strrchr(file, '/');
    _cleanup_(rp_freep) char *folder =
        slash ? strndup(file, (size_t)(slash - file) + (slash == file)) : strdup(".");

    return !folder || !access(folder, W_OK);
}

static int refuse(const char *file, int why, rp_error **error)
{
    const char *slash = strrchr(file, '/');
    int len = slash ? (int)(slash - file) : 1;

    if (is_folder_writable(file))
        return rp_error_set(
            error, RP_E_SYSTEM,
            "%s cannot be written (%s): the state is kept there; -state FILE keeps it elsewhere", file,
            strerror(why));
    return rp_error_set(
        error, RP_E_SYSTEM,
        "nothing can be written in %.*s (%s): the state is kept there; -state FILE keeps it elsewhere", len,
        slash ? file : ".", strerror(errno));
}

static bool try_lock(int fd)
{
    return !flock(fd, LOCK_EX | LOCK_NB);
}

/* How long, and who is told. */
typedef struct waiting {
    uint32_t timeout_ms;
    void (*tell)(void *context, const char *holder);
    void *context;
} waiting;

static int wait_for(int fd, int note, const waiting *how, rp_error **error)
{
    const struct timespec pause = {.tv_nsec = PAUSE_MS * 1000000};
    int64_t end = rp_now_ms(&rp_clock_system) + how->timeout_ms;
    char holder[MAX_HOLDER];

    read_holder(note, holder);
    if (how->timeout_ms && how->tell)
        how->tell(how->context, holder);
    while (rp_now_ms(&rp_clock_system) < end) {
        if (try_lock(fd))
            return 0;
        nanosleep(&pause, NULL);
    }
    read_holder(note, holder);
    return rp_error_set(
        error, RP_E_SYSTEM,
        "the state is locked: %s. Wait until it is done, or give -lock-timeout=5m to wait for it", holder);
}

/* The file itself is locked, so that no other name leads past the lock. Whoever puts another file in its
   place has the lock of the old one: then the new one is what is to be locked. */
static int open_state(const char *state, rp_error **error)
{
    int fd = is_folder_writable(state) ? open(state, O_RDWR | O_CREAT | O_CLOEXEC, 0600) : -1;

    return fd < 0 ? refuse(state, errno, error) : fd;
}

static bool is_in_place(int fd, const char *state)
{
    struct stat held, named;

    return !fstat(fd, &held) && !stat(state, &named) && held.st_dev == named.st_dev &&
           held.st_ino == named.st_ino;
}

/* What only says who holds the lock may fail. */
static int open_note(const char *state)
{
    _cleanup_(rp_freep) char *file = rp_format("%s.lock", state);

    return file ? open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0600) : -1;
}

static int lock_in_place(const char *state, int note, const waiting *how, int *fd, rp_error **error)
{
    int failed = 0;

    do {
        close_fd(fd);
        *fd = open_state(state, error);
        if (*fd < 0)
            return *fd;
        if (!try_lock(*fd))
            failed = wait_for(*fd, note, how, error);
    } while (!failed && !is_in_place(*fd, state));
    return failed;
}

int rp_lock_take(const char *state, const char *command, uint32_t timeout_ms,
                 void (*waits)(void *context, const char *holder), void *context, rp_lock *lock,
                 rp_error **error)
{
    const waiting how = {timeout_ms, waits, context};
    _cleanup_(close_fd) int note = open_note(state);
    _cleanup_(close_fd) int fd = -1;
    int failed = lock_in_place(state, note, &how, &fd, error);

    if (failed)
        return failed;
    if (note >= 0)
        write_holder(note, command);
    lock->fd = fd;
    fd = -1;
    return 0;
}

void rp_lock_release(rp_lock *lock)
{
    close_fd(&lock->fd);
    lock->fd = -1;
}
