/*
 * Whether what a plugin answers keeps the rules of abi/README.md. Pure: documents
 * in, faults out.
 */
#ifndef RP_HOST_RULES_H
#define RP_HOST_RULES_H

#include "host/fault.h"
#include "host/hook.h"
#include "json/value.h"

#define RP_MAX_ANSWER_BYTES      (16u << 20)
#define RP_MAX_DESCRIPTION_BYTES (1u << 20)

/* One call and its answer. All is borrowed. */
typedef struct rp_exchange {
    const rp_known_hook *hook;
    const rp_json *request;  /* NULL: it is not JSON */
    const rp_json *resource; /* what describe says of the resource asked for; NULL: keys are not compared */
    uint32_t abi_minor;      /* the plugin's: a younger one may know more statuses */
    int32_t status;          /* of the response */
    const rp_json *answer;
} rp_exchange;

/* How many results there must be, or none at all: one a record. */
size_t rp_exchange_records(const rp_exchange *exchange);

void rp_check_answer(const rp_exchange *exchange, rp_faults *faults);

/* Whether a result of create, update or delete may have both. NULL, or no name of an outcome: false. */
bool rp_outcome_fits(const char *status, const char *outcome);

/* Whether an event may be passed on; `records` as above. Faults have "event" for their place. */
bool rp_check_event(const char *event, size_t len, size_t records, rp_faults *faults);

#endif
