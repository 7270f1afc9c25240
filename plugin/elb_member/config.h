/*
 * The configuration of an instance, and the options of a call.
 */
#ifndef ELB_MEMBER_CONFIG_H
#define ELB_MEMBER_CONFIG_H

#include "elb_api.h"

#include "kit/rpkit.h"
#include "otc/sources.h"

typedef struct config {
    otc_settings cloud;    /* as the configuration has them; */
    otc_identity identity; /*    with what other sources add */
    char *warning;         /* about a file that was read for it, or NULL */
    int wait;              /* want_wait */
    uint32_t connect_timeout_ms, attempt_timeout_ms, timeout_ms;
    uint32_t poll_min_ms, poll_max_ms, settle_ms;
    uint32_t max_batch, max_parallel, max_bisect;
} config;

extern const rpkit_attribute config_attributes[];

/* Refuses the request as a whole, for this error or for want of memory. False. */
bool refuse_for(rpkit_call *asked, const rp_error *error);

/* The kit's configure: checks what was read into the config, which is the first of the instance, and
   completes it from the environment and clouds.yaml. */
bool config_complete(rpkit_call *asked, void *instance);

/* Frees what config_complete made. */
void config_done(config *c);

typedef struct call_options {
    int wait; /* want_wait */
    bool adopt;
} call_options;

extern const rpkit_attribute option_attributes[];

/* The options of a call: what it names no wait for is as configured. */
call_options call_options_of(const rpkit_call *asked, const config *defaults);

#endif
