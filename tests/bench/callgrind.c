#include "callgrind.h"

#include "base/text.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static int run(const char *const *argv, rp_error **error)
{
    int status = 0, failed;
    pid_t pid;

    failed = posix_spawnp(&pid, argv[0], NULL, NULL, (char *const *)(uintptr_t)argv, environ);
    if (failed == ENOENT)
        return rp_error_set(error, RP_E_NOT_FOUND, "there is no valgrind");
    if (failed)
        return rp_error_set(error, RP_E_SYSTEM, "valgrind: %s", strerror(failed));
    waitpid(pid, &status, 0);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return 0;
    return rp_error_set(error, RP_E_SYSTEM, "valgrind failed");
}

static int read_total(const char *path, uint64_t *out, rp_error **error)
{
    FILE *file = fopen(path, "re");
    char line[4096];
    bool found = false;

    while (file && !found && fgets(line, sizeof(line), file))
        found = sscanf(line, "totals: %" SCNu64, out) == 1 || sscanf(line, "summary: %" SCNu64, out) == 1;
    if (file)
        fclose(file);
    return found ? 0 : rp_error_set(error, RP_E_SYSTEM, "%s: no total in it", path);
}

int callgrind_count(const tools *with, const char *folder, instructions *one, rp_error **error)
{
    _cleanup_(rp_freep) char *path = rp_format("%s/callgrind.%u", folder, one->records);
    _cleanup_(rp_freep) char *option = rp_format("--callgrind-out-file=%s", path ? path : "");
    char records[16], self[PATH_MAX] = "";
    const char *const argv[] = {"valgrind",
                                "-q",
                                "--tool=callgrind",
                                "--toggle-collect=bench_hook",
                                option,
                                self,
                                "--create",
                                records,
                                "--plugin",
                                with->plugin,
                                "--sim",
                                with->sim,
                                NULL};
    int failed;

    if (!path || !option)
        return rp_error_no_memory(error);
    /* The link itself would be valgrind's own. */
    if (readlink("/proc/self/exe", self, sizeof(self) - 1) < 0)
        return rp_error_set(error, RP_E_SYSTEM, "/proc/self/exe: %s", strerror(errno));
    snprintf(records, sizeof(records), "%u", one->records);
    remove(path);
    failed = run(argv, error);
    return failed ? failed : read_total(path, &one->count, error);
}
