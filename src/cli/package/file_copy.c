#include "cli/package/file_copy.h"

#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_FILE (1u << 30)

static int refuse(rp_error **error, const char *what, const char *path)
{
    return rp_error_set(error, RP_E_SYSTEM, "cannot %s %s: %s", what, path, strerror(errno));
}

int rp_file_read(const char *path, rp_buffer *out, rp_error **error)
{
    char bytes[65536];
    FILE *file = fopen(path, "rbe");
    size_t len;
    int failed;

    if (!file)
        return refuse(error, "read", path);
    while ((len = fread(bytes, 1, sizeof(bytes), file)))
        rp_buffer_add(out, bytes, len);
    failed = ferror(file);
    fclose(file);
    if (failed)
        return refuse(error, "read", path);
    if (!rp_buffer_ok(out))
        return rp_error_set(error, RP_E_SYSTEM, "%s: too long, or out of memory", path);
    return 0;
}

static int write_all(int file, const char *bytes, size_t len)
{
    while (len) {
        ssize_t written = write(file, bytes, len);

        if (written < 0)
            return -1;
        bytes += written;
        len -= (size_t)written;
    }
    return 0;
}

int rp_file_replace(const char *path, const void *bytes, size_t len, unsigned mode, rp_error **error)
{
    _cleanup_(rp_freep) char *temporary = rp_format("%s.XXXXXX", path);
    int file = temporary ? mkostemp(temporary, O_CLOEXEC) : -1, failed;

    if (file < 0)
        return refuse(error, "write", path);
    failed = write_all(file, bytes, len) || fchmod(file, mode);
    failed |= close(file);
    if (failed || rename(temporary, path)) {
        int result = refuse(error, "write", path);

        unlink(temporary);
        return result;
    }
    return 0;
}

int rp_file_copy(const char *from, const char *to, unsigned mode, rp_error **error)
{
    _cleanup_(rp_buffer_done) rp_buffer bytes = RP_BUFFER(MAX_FILE);
    int failed = rp_file_read(from, &bytes, error);

    return failed ? failed : rp_file_replace(to, bytes.data, bytes.len, mode, error);
}

int rp_folder_make(const char *path, rp_error **error)
{
    _cleanup_(rp_freep) char *part = strdup(path);

    if (!part)
        return rp_error_set(error, RP_E_NO_MEMORY, "out of memory");
    for (char *slash = part + 1;; slash++) {
        slash += strcspn(slash, "/");
        if (!*slash)
            break;
        *slash = '\0';
        if (mkdir(part, 0777) && errno != EEXIST)
            return refuse(error, "make the folder", part);
        *slash = '/';
    }
    return mkdir(part, 0777) && errno != EEXIST ? refuse(error, "make the folder", part) : 0;
}
