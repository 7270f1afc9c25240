#include "sim/request_kind.h"

#include <stddef.h>

const char *const sim_kind_names[] = {"add",       "remove",       "list",        "job",     "listener",
                                      "listeners", "loadbalancer", "healthcheck", "quota",   "version",
                                      "token",     "project",      "domain",      "catalog", "security-token",
                                      "metadata",  "identity",     "other",       "any",     NULL};
