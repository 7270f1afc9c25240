/*
 * Servers that misbehave below HTTP, on loopback: no thread, just a socket.
 */
#ifndef TESTS_SUPPORT_PEER_H
#define TESTS_SUPPORT_PEER_H

#include <stdbool.h>

#define PEER_MAX_CALLERS 16

typedef struct peer {
    int fd;
    int callers[PEER_MAX_CALLERS];
    char url[64]; /* "http://127.0.0.1:4711" */
    char secure_url[64];
} peer;

/* Takes connections and says nothing, neither HTTP nor TLS. */
peer peer_mute(void);

/* Refuses connections. */
peer peer_absent(void);

/* Answers no SYN: its queue is full. */
peer peer_unreachable(void);

/* All who came to a mute one, at least one, have hung up. */
bool peer_is_left(peer *one);

void peer_done(peer *one);

#endif
