/*
 * The environment variables that clients of these clouds read.
 */
#ifndef RP_OTC_ENVIRONMENT_H
#define RP_OTC_ENVIRONMENT_H

#include "otc/source.h"

/* getenv, or a test's. */
typedef struct otc_environment {
    const char *(*get)(void *context, const char *name);
    void *context;
} otc_environment;

/* The process's own. */
extern const otc_environment otc_environment_own;

/* The value of a variable; NULL if it is not set, or empty. */
const char *otc_environment_get(const otc_environment *environment, const char *name);

int otc_environment_read(const otc_environment *environment, otc_source *into, rp_error **error);

#endif
