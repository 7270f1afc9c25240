/*
 * The start of a plugin process: what the parent says in the environment, and the one line that answers it.
 */
#ifndef RP_BRIDGE_HANDSHAKE_H
#define RP_BRIDGE_HANDSHAKE_H

#include "base/error.h"

#include <stdbool.h>

typedef struct handshake {
    bool by_parent;          /* the cookie is right: a Terraform or OpenTofu runs us */
    const char *certificate; /* the parent's, PEM; NULL: no TLS */
    const char *folder;      /* for the socket, as the parent wishes; or NULL */
    bool multiplex;          /* the parent wants to hear whether we multiplex */
} handshake;

/* Reads and, so that children do not inherit them, keeps and unsets what is ours alone. */
handshake handshake_read(void);

/* A listening socket in a private folder. last_words removes both. */
int handshake_listen(const char *folder, int *listening, char **path, rp_error **error);

/* The line for standard output; the caller frees it. */
char *handshake_line(const handshake *with, const char *socket_path, const char *certificate);

#endif
