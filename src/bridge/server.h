/*
 * Serves the parent until it says good-bye or is gone. One thread has the sockets; each request that may wait
 * has a thread of its own.
 */
#ifndef RP_BRIDGE_SERVER_H
#define RP_BRIDGE_SERVER_H

#include "bridge/call.h"

#include <openssl/ssl.h>

/* Returns when all is over. tls may be NULL. */
void server_run(int listening, SSL_CTX *tls, provider *with);

/* Ends it in order, soon; for a signal handler. */
void server_stop(void);

#endif
