#include "server.h"

#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#define MAX_CONNECTIONS   128
#define MAX_REQUESTS      256
#define MAX_REQUEST_BYTES (4u << 20)

typedef struct connection {
    int fd; /* -1: free */
    char *bytes;
    size_t len;
    const server_answer *owed; /* while gathering */
} connection;

struct server {
    server_options options;
    int listener;
    int stop[2];
    pthread_t thread;
    uint16_t port;
    char url[256];
    connection connections[MAX_CONNECTIONS];

    pthread_mutex_t lock;
    pthread_cond_t changed;
    char *requests[MAX_REQUESTS];
    size_t request_count, connected, ended;
};

static void end_connection(server *self, connection *it, server_then then)
{
    struct linger at_once = {.l_onoff = 1};

    if (then == RESET_IT)
        setsockopt(it->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
    close(it->fd);
    free(it->bytes);
    *it = (connection){.fd = -1};
    pthread_mutex_lock(&self->lock);
    self->ended++;
    pthread_cond_broadcast(&self->changed);
    pthread_mutex_unlock(&self->lock);
}

static void answer(server *self, connection *it, const server_answer *with)
{
    size_t len = with->bytes ? strlen(with->bytes) : 0, piece = with->trickled ? 1 : len;

    it->owed = NULL;
    for (size_t sent = 0; sent < len; sent += piece)
        if (send(it->fd, with->bytes + sent, piece, MSG_NOSIGNAL) < 0 || usleep(with->pause_ms * 1000) < 0)
            break;
    if (with->then != KEEP_OPEN)
        end_connection(self, it, with->then);
}

static size_t content_length(const char *headers, const char *end)
{
    for (const char *line = headers; line && line < end; line = strstr(line, "\r\n")) {
        line += strspn(line, "\r\n");
        if (!strncasecmp(line, "Content-Length:", 15))
            return (size_t)atol(line + 15);
    }
    return 0;
}

static const server_answer *next_answer(const server *self)
{
    size_t nth = self->request_count;

    return &self->options.answers[nth < self->options.count ? nth : self->options.count - 1];
}

/* The length of the request at the front, or 0 if it is not all there. */
static size_t whole_request(const connection *it, bool early)
{
    const char *end = it->len ? strstr(it->bytes, "\r\n\r\n") : NULL;
    size_t len;

    if (!end)
        return 0;
    len = (size_t)(end + 4 - it->bytes);
    if (early && it->len > len)
        return len;
    len += content_length(it->bytes, end);
    return len <= it->len ? len : 0;
}

static void note_request(server *self, const char *bytes, size_t len)
{
    pthread_mutex_lock(&self->lock);
    ck_assert_uint_lt(self->request_count, MAX_REQUESTS);
    self->requests[self->request_count++] = strndup(bytes, len);
    pthread_cond_broadcast(&self->changed);
    pthread_mutex_unlock(&self->lock);
}

static void pay_what_is_owed(server *self)
{
    if (self->request_count < self->options.gather)
        return;
    for (size_t i = 0; i < MAX_CONNECTIONS; i++)
        if (self->connections[i].fd >= 0 && self->connections[i].owed)
            answer(self, &self->connections[i], self->connections[i].owed);
}

static void take_bytes(server *self, connection *it, const char *bytes, size_t len)
{
    const server_answer *with = next_answer(self);
    size_t request;

    ck_assert_uint_lt(it->len + len, MAX_REQUEST_BYTES);
    it->bytes = realloc(it->bytes, it->len + len + 1);
    memcpy(it->bytes + it->len, bytes, len);
    it->len += len;
    it->bytes[it->len] = '\0';
    request = whole_request(it, with->early);
    if (!request)
        return;
    note_request(self, it->bytes, request);
    memmove(it->bytes, it->bytes + request, it->len - request + 1);
    it->len -= request;
    it->owed = with;
    pay_what_is_owed(self);
}

static void read_some(server *self, connection *it)
{
    char bytes[16384];
    ssize_t len = read(it->fd, bytes, sizeof(bytes));

    if (len > 0)
        take_bytes(self, it, bytes, (size_t)len);
    else
        end_connection(self, it, CLOSE_IT);
}

static void accept_one(server *self)
{
    int fd = accept(self->listener, NULL, NULL), on = 1;
    size_t free_one = 0;

    ck_assert_int_ge(fd, 0);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    while (self->connections[free_one].fd >= 0)
        ck_assert_uint_lt(++free_one, MAX_CONNECTIONS);
    self->connections[free_one] = (connection){.fd = fd};
    pthread_mutex_lock(&self->lock);
    self->connected++;
    pthread_mutex_unlock(&self->lock);
}

static void *serve(void *context)
{
    server *self = context;
    struct pollfd polled[MAX_CONNECTIONS + 2];

    for (;;) {
        polled[0] = (struct pollfd){.fd = self->stop[0], .events = POLLIN};
        polled[1] = (struct pollfd){.fd = self->listener, .events = POLLIN};
        for (size_t i = 0; i < MAX_CONNECTIONS; i++)
            polled[i + 2] = (struct pollfd){.fd = self->connections[i].fd, .events = POLLIN};
        if (poll(polled, MAX_CONNECTIONS + 2, -1) < 0)
            continue;
        if (polled[0].revents)
            return NULL;
        for (size_t i = 0; i < MAX_CONNECTIONS; i++)
            if (polled[i + 2].revents && self->connections[i].fd >= 0)
                read_some(self, &self->connections[i]);
        if (polled[1].revents)
            accept_one(self);
    }
}

server *server_start(const server_options *options)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(address);
    server *self = calloc(1, sizeof(*self));

    self->options = *options;
    for (size_t i = 0; i < MAX_CONNECTIONS; i++)
        self->connections[i].fd = -1;
    pthread_mutex_init(&self->lock, NULL);
    pthread_cond_init(&self->changed, NULL);
    self->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(bind(self->listener, (struct sockaddr *)&address, sizeof(address)), 0);
    ck_assert_int_eq(listen(self->listener, MAX_CONNECTIONS), 0);
    ck_assert_int_eq(getsockname(self->listener, (struct sockaddr *)&address, &len), 0);
    self->port = ntohs(address.sin_port);
    ck_assert_int_eq(pipe(self->stop), 0);
    ck_assert_int_eq(pthread_create(&self->thread, NULL, serve, self), 0);
    return self;
}

void server_stop(server *self)
{
    ck_assert_int_eq(write(self->stop[1], "", 1), 1);
    pthread_join(self->thread, NULL);
    for (size_t i = 0; i < MAX_CONNECTIONS; i++)
        if (self->connections[i].fd >= 0)
            end_connection(self, &self->connections[i], CLOSE_IT);
    for (size_t i = 0; i < self->request_count; i++)
        free(self->requests[i]);
    close(self->listener);
    close(self->stop[0]);
    close(self->stop[1]);
    pthread_cond_destroy(&self->changed);
    pthread_mutex_destroy(&self->lock);
    free(self);
}

const char *server_url(server *self, const char *path)
{
    snprintf(self->url, sizeof(self->url), "http://127.0.0.1:%u%s", self->port, path);
    return self->url;
}

const char *server_place(server *self)
{
    return server_url(self, "") + strlen("http://");
}

static size_t read_locked(server *self, const size_t *value)
{
    size_t read;

    pthread_mutex_lock(&self->lock);
    read = *value;
    pthread_mutex_unlock(&self->lock);
    return read;
}

size_t server_requests(server *self)
{
    return read_locked(self, &self->request_count);
}

size_t server_connections(server *self)
{
    return read_locked(self, &self->connected);
}

const char *server_request(server *self, size_t nth)
{
    const char *text;

    pthread_mutex_lock(&self->lock);
    ck_assert_uint_lt(nth, self->request_count);
    text = self->requests[nth];
    pthread_mutex_unlock(&self->lock);
    return text;
}

static void await(server *self, const size_t *value, size_t wanted)
{
    pthread_mutex_lock(&self->lock);
    while (*value < wanted)
        pthread_cond_wait(&self->changed, &self->lock);
    pthread_mutex_unlock(&self->lock);
}

void server_await_ended(server *self, size_t connections)
{
    await(self, &self->ended, connections);
}

void server_await_requests(server *self, size_t requests)
{
    await(self, &self->request_count, requests);
}
