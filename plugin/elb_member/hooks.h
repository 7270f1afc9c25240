/*
 * The hooks and their instance.
 */
#ifndef ELB_MEMBER_HOOKS_H
#define ELB_MEMBER_HOOKS_H

#include "config.h"
#include "driver.h"
#include "response.h"

#include <sys/types.h>

struct rp_instance {
    pid_t owner; /* the process that opened it; its children must not use it */
    config config;
    driver *driver;
};

#define ELB_MEMBER_NAME    "elb_member"
#define ELB_MEMBER_VERSION "0.1.0"

rp_hook describe_hook, open_hook, validate_hook, create_hook, read_hook, delete_hook, list_hook;
void close_instance(rp_instance *instance);

/* NULL if this process may use the instance, else the response. */
const rp_response *instance_refused(const rp_instance *instance);

/* The call's timeout, or the instance's default. */
uint32_t call_timeout_ms(const rp_instance *instance, const rp_call *host);

#endif
