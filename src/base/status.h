/*
 * The contract's statuses by their names: the one table of them.
 */
#ifndef RP_BASE_STATUS_H
#define RP_BASE_STATUS_H

#include <stdint.h>

/* "not_found" for RP_NOT_FOUND. A status that this version does not know has the name of its hundred; "internal" if
   that is unknown, too. */
const char *rp_status_name(int32_t status);

/* The reverse; -1 if there is no such name, or `name` is NULL. */
int32_t rp_status_value(const char *name);

#endif
