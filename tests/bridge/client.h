/*
 * What Terraform does to a provider, as far as tests need it: starts it, shakes hands, calls its methods.
 * Whatever fails here fails the test.
 */
#ifndef TESTS_BRIDGE_CLIENT_H
#define TESTS_BRIDGE_CLIENT_H

#include "bridge/provider.pb-c.h"
#include "bridge/value.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

typedef struct client client;

enum {
    CLIENT_PLAIN = 0,
    CLIENT_TLS = 1,
    CLIENT_STRANGER = 2 /* with TLS, but another certificate than the one it announces */
};

/* The folder has the bridge, under any name that begins with "terraform-", and a plugin. */
client *client_start(const char *folder, int how);

/* The same, but only the line that the child answers with; the caller frees it. */
char *client_line(const char *folder, const char *const *environment);

/* False if no connection came about. */
bool client_is_connected(const client *one);
pid_t client_pid(const client *one);
const char *client_socket(const client *one); /* its path */

/* Sends a request; returns its stream. Messages may be NULL: an empty one. */
int32_t client_begin(client *one, const char *path, const ProtobufCMessage *request);

/* Waits for its end. Returns the gRPC status, or -1 if the connection broke. The reply is unpacked as that
   type; the caller frees it with protobuf_c_message_free_unpacked. NULL: it is not wanted. */
int client_wait(client *one, int32_t stream, const ProtobufCMessageDescriptor *type, void *reply);

/* Both, of the provider service: "PlanResourceChange". */
int client_call(client *one, const char *method, const ProtobufCMessage *request,
                const ProtobufCMessageDescriptor *type, void *reply);

/* Waits for the child's end; returns what waitpid said. */
int client_end(client *one);

/* What it wrote on standard error so far, after client_end all. */
const char *client_log(client *one);
void client_free(client *one);

#endif
