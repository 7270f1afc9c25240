/*
 * Compares JSON values: the order of members does not matter, and null equals
 * absent.
 */
#ifndef RP_CLI_ENGINE_JSON_EQUAL_H
#define RP_CLI_ENGINE_JSON_EQUAL_H

#include "json/value.h"

bool rp_json_equal(const rp_json *one, const rp_json *other);

#endif
