/*
 * For LD_PRELOAD: every file system is NFS.
 */
#include <sys/vfs.h>

int statfs(const char *path, struct statfs *system)
{
    (void)path;
    *system = (struct statfs){.f_type = 0x6969};
    return 0;
}

/* What statfs is called in a program with files of any size. */
int statfs64(const char *path, struct statfs64 *system)
{
    return statfs(path, (struct statfs *)system);
}
