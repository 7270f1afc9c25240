/*
 * Addresses of objects: web, or web["a"] with for_each.
 */
#ifndef RP_CLI_CONFIG_ADDRESS_H
#define RP_CLI_CONFIG_ADDRESS_H

#include "base/buffer.h"
#include "base/error.h"

#include <stdbool.h>

/* A valid name: letters, digits, '_' and '-', not starting with a digit or '-'. */
bool rp_address_is_name(const char *name);

/* The address of one object; key may be NULL. NULL when out of memory. */
char *rp_address_make(const char *name, const char *key);

/* Splits an address; the caller frees the parts; *key may be NULL. A shell removes quotes, so web[a] is
   accepted for web["a"]. RP_E_INVALID. */
int rp_address_parse(const char *address, char **name, char **key, rp_error **error);

/* The address in canonical form. */
int rp_address_tidy(const char *address, char **tidy, rp_error **error);

/* Whether the address equals the target or belongs to the resource of that name. Both are canonical. */
bool rp_address_within(const char *address, const char *target);

#endif
