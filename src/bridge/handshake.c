#include "bridge/handshake.h"

#include "base/text.h"
#include "bridge/last_words.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define COOKIE       "TF_PLUGIN_MAGIC_COOKIE"
#define COOKIE_VALUE "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2"
#define CERTIFICATE  "PLUGIN_CLIENT_CERT"
#define CORE         1
#define PROTOCOL     6

static const char *filled(const char *name)
{
    const char *value = getenv(name);

    return value && *value ? value : NULL;
}

handshake handshake_read(void)
{
    const char *cookie = getenv(COOKIE), *certificate = filled(CERTIFICATE);
    handshake read = {.by_parent = cookie && !strcmp(cookie, COOKIE_VALUE),
                      .certificate = certificate ? strdup(certificate) : NULL,
                      .folder = filled("PLUGIN_UNIX_SOCKET_DIR"),
                      .multiplex = filled("PLUGIN_MULTIPLEX_GRPC") != NULL};

    unsetenv(COOKIE);
    unsetenv(CERTIFICATE);
    return read;
}

/* A path has to fit into a socket's address. */
static char *make_folder(const char *wanted)
{
    const char *parents[] = {wanted, getenv("TMPDIR"), "/tmp"};

    for (size_t i = 0; i < rp_count_of(parents); i++) {
        char *folder = parents[i] && *parents[i] ? rp_format("%s/rp-XXXXXX", parents[i]) : NULL;

        if (folder && strlen(folder) + sizeof("/s") <= sizeof(((struct sockaddr_un *)0)->sun_path) &&
            mkdtemp(folder))
            return folder;
        free(folder);
    }
    return NULL;
}

static int listen_at(const char *path, rp_error **error)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int listening = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    memcpy(address.sun_path, path, strlen(path) + 1);
    if (listening >= 0 && !bind(listening, (struct sockaddr *)&address, sizeof(address)) &&
        !listen(listening, 16))
        return listening;
    if (listening >= 0)
        close(listening);
    return rp_error_set(error, RP_E_SYSTEM, "cannot listen at %s: %s", path, strerror(errno));
}

int handshake_listen(const char *folder, int *listening, char **path, rp_error **error)
{
    _cleanup_(rp_freep) char *made = make_folder(folder);

    if (!made)
        return rp_error_set(error, RP_E_SYSTEM, "cannot make a folder for a socket: %s", strerror(errno));
    *path = rp_format("%s/s", made);
    if (!*path)
        return rp_error_set(error, RP_E_NO_MEMORY, "out of memory");
    last_words_socket(*path, made);
    *listening = listen_at(*path, error);
    return *listening < 0 ? *listening : 0;
}

char *handshake_line(const handshake *with, const char *socket_path, const char *certificate)
{
    return rp_format("%d|%d|unix|%s|grpc|%s%s\n", CORE, PROTOCOL, socket_path, certificate ? certificate : "",
                     with->multiplex ? "|false" : "");
}
