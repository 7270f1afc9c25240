/*
 * The configuration of an instance, and the options of a call.
 */
#ifndef ELB_MEMBER_CONFIG_H
#define ELB_MEMBER_CONFIG_H

#include "elb_api.h"

#include "otc/sources.h"
#include "kit/attributes.h"

typedef struct config {
    otc_settings cloud;    /* as the configuration has them; */
    otc_identity identity; /*    with what other sources add */
    char *warning;         /* about a file that was read for it, or NULL */
    int wait;              /* want_wait */
    uint32_t connect_timeout_ms, attempt_timeout_ms, timeout_ms;
    uint32_t poll_min_ms, poll_max_ms, settle_ms;
    uint32_t max_batch, max_parallel, max_bisect;
} config;

extern const rpkit_attribute config_fields[];

/* Reads and checks a {"config": {…}} member, and completes it from the environment and clouds.yaml.
   RP_E_INVALID with a path below /config. The config is to be
   cleared in any case. */
int config_read(config *into, const rp_json *object, unsigned how, rp_error **error);
void config_clear(config *c);

typedef struct call_options {
    int wait; /* want_wait */
    bool adopt;
    bool has_wait; /* the request itself said so */
} call_options;

extern const rpkit_attribute call_options_fields[];

/* Options override the config's settings of the same name. RP_E_INVALID with a path below /options. */
int call_options_read(call_options *into, const config *defaults, const rp_json *object, rp_error **error);

#endif
