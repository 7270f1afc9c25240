/*
 * Servers on loopback that fail below HTTP. Each is only a socket, without a thread.
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

/* Accepts connections and never sends a byte. */
peer peer_mute(void);

/* Refuses connections. */
peer peer_absent(void);

/* Answers no SYN: the queue is full. */
peer peer_unreachable(void);

/* Whether a mute server had connections and all are closed now. */
bool peer_is_left(peer *one);

void peer_done(peer *one);

#endif
