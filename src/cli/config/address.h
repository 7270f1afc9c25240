/*
 * What an object is called: web, or web["a"] for one of several.
 */
#ifndef RP_CLI_CONFIG_ADDRESS_H
#define RP_CLI_CONFIG_ADDRESS_H

#include "base/buffer.h"
#include "base/error.h"

#include <stdbool.h>

/* Letters, digits, '_' and '-', the first one no digit and no '-'. */
bool rp_address_is_name(const char *name);

/* The address of one object; key may be NULL. NULL when out of memory. */
char *rp_address_make(const char *name, const char *key);

/* Its parts, for the caller to free; *key is NULL where there is none. A shell eats quotes, so web[a] is
   web["a"], too. RP_E_INVALID. */
int rp_address_parse(const char *address, char **name, char **key, rp_error **error);

/* The address as it is kept: parsed and made again. */
int rp_address_tidy(const char *address, char **tidy, rp_error **error);

/* Whether the address is that one, or one of several of that name. Both are tidy. */
bool rp_address_within(const char *address, const char *target);

#endif
