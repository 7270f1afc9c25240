/*
 * The instance, and the hooks and operations that work on it.
 */
#ifndef ELB_MEMBER_INSTANCE_H
#define ELB_MEMBER_INSTANCE_H

#include "config.h"
#include "driver.h"

#define ELB_MEMBER_NAME    "elb_member"
#define ELB_MEMBER_VERSION "0.1.0"

typedef struct elb_instance {
    config config; /* first: the kit reads the configuration into it */
    driver *driver;
} elb_instance;

bool open_instance(rpkit_call *asked, void *made);
void close_instance(void *instance, bool forked);

rp_hook create_hook, read_hook, delete_hook;
void list_members(rpkit_call *asked, void *instance, void *parent, const char *marker);

#endif
