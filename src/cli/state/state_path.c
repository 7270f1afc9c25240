#include "cli/state/state_path.h"

#include "base/text.h"
#include "cli/state/store.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#define MAX_LINKS  40
#define MAX_TARGET 4096

/* The folder's own name without links, and the last part as it is. */
static char *absolute(const char *path)
{
    const char *slash = strrchr(path, '/');
    _cleanup_(rp_freep) char *folder =
        slash ? strndup(path, (size_t)(slash - path) + (slash == path)) : strdup(".");
    _cleanup_(rp_freep) char *real = folder ? realpath(folder, NULL) : NULL;

    if (!real)
        return strdup(path); /* opening it tells why */
    return rp_format("%s/%s", real[1] ? real : "", slash ? slash + 1 : path);
}

/* Follows links by hand, so that the target of a link may be missing yet. */
static char *follow(const char *path)
{
    char *now = absolute(path);

    for (int i = 0; now && i < MAX_LINKS; i++) {
        char target[MAX_TARGET];
        ssize_t len = readlink(now, target, sizeof(target) - 1);
        _cleanup_(rp_freep) char *from = NULL, *next = NULL;

        if (len < 0)
            return now;
        target[len] = '\0';
        from = rp_take(now);
        next = *target == '/' ? strdup(target)
                              : rp_format("%.*s/%s", (int)(strrchr(from, '/') - from), from, target);
        now = next ? absolute(next) : NULL;
    }
    return now;
}

static bool is_same_file(const struct stat *one, const char *path)
{
    struct stat other;

    return !stat(path, &other) && one->st_dev == other.st_dev && one->st_ino == other.st_ino;
}

bool rp_state_path_same(const char *one, const char *other)
{
    _cleanup_(rp_freep) char *first = follow(one), *second = follow(other);
    struct stat file;

    if (!first || !second)
        return false;
    return !strcmp(first, second) || (!stat(first, &file) && is_same_file(&file, second));
}

/* The log of a state with several names lies beside one of them: the name that is noted in it. */
static int choose_name(const struct stat *file, char **path, rp_error **error)
{
    _cleanup_(rp_freep) char *noted = NULL;

    rp_store_noted_path(*path, &noted);
    if (!noted || !is_same_file(file, noted))
        return rp_error_set(error, RP_E_INVALID,
                            "%s has %u names (hard links), and its log lies beside one of them that is not known: "
                            "remove the other names, or use symbolic links",
                            *path, (unsigned)file->st_nlink);
    free(*path);
    *path = rp_take(noted);
    return 0;
}

int rp_state_path_resolve(const char *path, char **resolved, rp_error **error)
{
    _cleanup_(rp_freep) char *found = follow(path), *plain = absolute(path);
    struct stat file;
    int failed = 0;

    if (!found || !plain)
        return rp_error_no_memory(error);
    if (!strcmp(found, plain)) { /* without links, messages have the name as it was given */
        free(found);
        found = strdup(path);
        if (!found)
            return rp_error_no_memory(error);
    }
    if (!stat(found, &file)) {
        if (!S_ISREG(file.st_mode))
            return rp_error_set(error, RP_E_INVALID, "%s cannot be a state: it is no regular file", path);
        if (file.st_nlink > 1 && file.st_size)
            failed = choose_name(&file, &found, error);
    }
    if (!failed)
        *resolved = rp_take(found);
    return failed;
}

/* From statfs(2) and the kernel's own headers. */
static const struct {
    uint32_t type;
    const char *name;
} networks[] = {
    {0x6969, "NFS"},         {0x517b, "SMB"},       {0xfe534d42, "SMB"}, {0xff534d42, "CIFS"},
    {0x5346414f, "AFS"},     {0x6b414653, "AFS"},   {0x00c36400, "Ceph"}, {0x73757245, "Coda"},
    {0x01021997, "9P"},      {0x0bd00bd0, "Lustre"}, {0x7461636f, "OCFS2"}, {0x01161970, "GFS2"},
    {0x19830326, "BeeGFS"},  {0x47504653, "GPFS"},
};

int rp_state_path_check_local(const char *path, rp_error **error)
{
    const char *slash = strrchr(path, '/');
    _cleanup_(rp_freep) char *folder =
        slash ? strndup(path, (size_t)(slash - path) + (slash == path)) : strdup(".");
    struct statfs system;

    if (!folder || statfs(folder, &system))
        return 0; /* opening it tells why */
    for (size_t i = 0; i < rp_count_of(networks); i++)
        if (networks[i].type == (uint32_t)system.f_type)
            return rp_error_set(error, RP_E_INVALID,
                                "%s is on a network file system (%s), where locks and the log of the state cannot be "
                                "relied on: keep the state on a local disk with -state FILE, or give -force if no "
                                "other machine uses it",
                                path, networks[i].name);
    return 0;
}
