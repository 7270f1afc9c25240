/*
 * The requests that Terraform makes of a provider, with values written as JSON. Whatever fails here fails the
 * test.
 */
#ifndef TESTS_BRIDGE_REQUESTS_H
#define TESTS_BRIDGE_REQUESTS_H

#include "client.h"

extern arena memory;   /* of the test's values */
extern client *bridge; /* that the requests go to */
extern const ProtobufCBinaryData nothing;

#define FREE(reply) protobuf_c_message_free_unpacked(&(reply)->base, NULL)

/* A value from JSON, in which the string "?" stands for what is not known; and a value from a reply. */
Tf__DynamicValue *dynamic(const char *json);
const value *plain(const Tf__DynamicValue *from);

/* The text or number of an attribute. */
const char *text_at(const value *from, const char *name);

/* The config is JSON, and is taken. */
void configure_with(const char *config);

/* `prior` is NULL for a create, the config "null" for a destroy. Replies are freed with FREE. */
Tf__PlanResourceChangeResponse *plan(const char *resource, const char *config, Tf__DynamicValue *prior,
                                     ProtobufCBinaryData kept);
int32_t begin_apply(const char *resource, const char *config, Tf__DynamicValue *prior,
                    Tf__DynamicValue *planned, ProtobufCBinaryData kept);
Tf__ApplyResourceChangeResponse *end_apply(int32_t stream);

/* Plan and apply. */
Tf__ApplyResourceChangeResponse *make(const char *resource, const char *config, Tf__DynamicValue *prior,
                                      ProtobufCBinaryData kept);

/* Refresh. */
Tf__ReadResourceResponse *look(const char *resource, Tf__DynamicValue *state, ProtobufCBinaryData kept);

#endif
