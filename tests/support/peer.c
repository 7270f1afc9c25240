#include "peer.h"

#include <stdbool.h>

#include <arpa/inet.h>
#include <check.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

static peer bound(struct sockaddr_in *at)
{
    peer made = {.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    socklen_t len = sizeof(*at);

    for (unsigned i = 0; i < PEER_MAX_CALLERS; i++)
        made.callers[i] = -1;
    *at = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    ck_assert_int_ge(made.fd, 0);
    ck_assert_int_eq(bind(made.fd, (struct sockaddr *)at, len), 0);
    ck_assert_int_eq(getsockname(made.fd, (struct sockaddr *)at, &len), 0);
    snprintf(made.url, sizeof(made.url), "http://127.0.0.1:%u", ntohs(at->sin_port));
    snprintf(made.secure_url, sizeof(made.secure_url), "https://127.0.0.1:%u", ntohs(at->sin_port));
    return made;
}

/* The kernel accepts connections as long as the queue has room. */
peer peer_mute(void)
{
    struct sockaddr_in at;
    peer made = bound(&at);

    ck_assert_int_eq(listen(made.fd, 64), 0);
    return made;
}

/* Reads and drops input; true if the connection is closed shortly. */
static bool has_hung_up(int fd)
{
    struct pollfd watched = {.fd = fd, .events = POLLIN};
    char said[4096];
    ssize_t len = 1;

    while (len > 0 && poll(&watched, 1, 200) == 1)
        len = recv(fd, said, sizeof(said), 0);
    return len <= 0;
}

bool peer_is_left(peer *one)
{
    struct pollfd watched = {.fd = one->fd, .events = POLLIN};
    bool came = false, left = true;

    while (poll(&watched, 1, 0) == 1) {
        int fd = accept(one->fd, NULL, NULL);
        came = true;
        left &= has_hung_up(fd);
        close(fd);
    }
    return came && left;
}

peer peer_absent(void)
{
    struct sockaddr_in at;

    return bound(&at);
}

/* True if the connection is accepted shortly. */
static bool gets_through(int fd, const struct sockaddr_in *at)
{
    struct pollfd watched = {.fd = fd, .events = POLLOUT};

    connect(fd, (const struct sockaddr *)at, sizeof(*at));
    return poll(&watched, 1, 100) == 1;
}

peer peer_unreachable(void)
{
    struct sockaddr_in at;
    peer made = bound(&at);

    ck_assert_int_eq(listen(made.fd, 0), 0);
    for (unsigned i = 0; i < PEER_MAX_CALLERS; i++) {
        made.callers[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        ck_assert_int_ge(made.callers[i], 0);
        if (!gets_through(made.callers[i], &at))
            return made;
    }
    ck_abort_msg("a queue of length 0 took %d connections", PEER_MAX_CALLERS);
    return made;
}

void peer_done(peer *one)
{
    for (unsigned i = 0; i < PEER_MAX_CALLERS; i++)
        if (one->callers[i] >= 0)
            close(one->callers[i]);
    close(one->fd);
}
