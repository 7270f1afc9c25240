#include "bridge/connection.h"

#include "bridge/log.h"
#include "bridge/tls.h"

#include <errno.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

/* Bytes moved; 0: none for now; -1: the connection is over. */
static ssize_t tls_result(connection *one, int result)
{
    char reason[256];

    if (result > 0)
        return result;
    switch (SSL_get_error(one->tls, result)) {
    case SSL_ERROR_WANT_WRITE:
        one->wants_write = true;
        return 0;
    case SSL_ERROR_WANT_READ:
        return 0;
    case SSL_ERROR_SSL:
        log_line("error", "TLS: %s", tls_reason(reason, sizeof(reason)));
        return -1;
    default:
        return -1;
    }
}

static ssize_t plain_result(ssize_t result)
{
    if (result > 0)
        return result;
    return result < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : -1;
}

static ssize_t receive(connection *one, void *into, size_t size)
{
    if (!one->tls)
        return plain_result(recv(one->socket, into, size, 0));
    ERR_clear_error();
    return tls_result(one, SSL_read(one->tls, into, (int)size));
}

static ssize_t transmit(connection *one, const void *bytes, size_t len)
{
    if (!one->tls)
        return plain_result(send(one->socket, bytes, len, MSG_NOSIGNAL));
    ERR_clear_error();
    return tls_result(one, SSL_write(one->tls, bytes, len > 1u << 30 ? 1 << 30 : (int)len));
}

static SSL *tls_new(SSL_CTX *context, int socket)
{
    SSL *tls = SSL_new(context);

    if (!tls || SSL_set_fd(tls, socket) != 1) {
        SSL_free(tls);
        return NULL;
    }
    SSL_set_accept_state(tls);
    return tls;
}

connection *connection_new(int socket, SSL_CTX *tls, const http2_events *events)
{
    connection *made = calloc(1, sizeof(*made));

    if (!made) {
        close(socket);
        return NULL;
    }
    made->socket = socket;
    made->http2 = http2_new(events);
    made->tls = tls ? tls_new(tls, socket) : NULL;
    if (made->http2 && (made->tls || !tls))
        return made;
    connection_free(made);
    return NULL;
}

void connection_free(connection *one)
{
    if (one->http2)
        http2_free(one->http2);
    SSL_free(one->tls);
    close(one->socket);
    free(one);
}

static void take(connection *one)
{
    char bytes[16384];
    ssize_t len;

    while (!one->broken && (len = receive(one, bytes, sizeof(bytes))) != 0)
        if (len < 0 || !http2_receive(one->http2, bytes, (size_t)len))
            one->broken = true;
}

static void give(connection *one)
{
    for (;;) {
        ssize_t sent;

        if (!one->left_len) {
            ssize_t len = http2_next(one->http2, &one->left);

            if (len <= 0) {
                one->broken |= len < 0;
                return;
            }
            one->left_len = (size_t)len;
        }
        sent = transmit(one, one->left, one->left_len);
        if (sent < 0)
            one->broken = true;
        if (sent <= 0) {
            one->wants_write = true;
            return;
        }
        one->left += sent;
        one->left_len -= (size_t)sent;
    }
}

/* Whoever cannot be written to any more may have said good-bye before. */
static void take_last(connection *one)
{
    char bytes[16384];
    ssize_t len;

    while ((len = receive(one, bytes, sizeof(bytes))) > 0 && http2_receive(one->http2, bytes, (size_t)len))
        ;
}

void connection_serve(connection *one)
{
    one->wants_write = false;
    take(one);
    if (!one->broken && (!one->tls || SSL_is_init_finished(one->tls)))
        give(one);
    if (one->broken)
        take_last(one);
    one->broken |= http2_is_over(one->http2) && !one->left_len;
}
