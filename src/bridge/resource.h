/*
 * The calls of Terraform for one resource type, of a single record or a set: plan, apply, read, import,
 * validate.
 */
#ifndef RP_BRIDGE_RESOURCE_H
#define RP_BRIDGE_RESOURCE_H

#include "bridge/call.h"
#include "bridge/private_state.h"

typedef struct plan_reply {
    const value *planned;
    const place **replace; /* what needs another object */
    size_t replace_count;
} plan_reply;

typedef struct apply_input {
    const value *prior, *planned, *config; /* blocks; null where there is none */
} apply_input;

/* A single record. */
void single_validate(call *one, const resource_type *of, const value *config);
plan_reply single_plan(call *one, const resource_type *of, const value *config, const value *prior,
                       const private_state *kept);
void single_apply(call *one, const resource_type *of, const apply_input *input, private_state *kept,
                  Tf__ApplyResourceChangeResponse *reply);
const value *single_read(call *one, const resource_type *of, const value *current, private_state *kept);
const value *single_import(call *one, const resource_type *of, const char *id);
const value *single_data(call *one, const resource_type *of, const value *config);

/* A set of records that have one parent. */
void set_validate(call *one, const resource_type *of, const value *config);
plan_reply set_plan(call *one, const resource_type *of, const value *config, const value *prior,
                    const private_state *kept);
void set_apply(call *one, const resource_type *of, const apply_input *input, private_state *kept,
               Tf__ApplyResourceChangeResponse *reply);
const value *set_read(call *one, const resource_type *of, const value *current, private_state *kept);
const value *set_import(call *one, const resource_type *of, const char *id);
const value *set_data(call *one, const resource_type *of, const value *config);

/* What both have. */

/* Checks the timeouts, and that write-only attributes are understood. */
void block_validate(call *one, const resource_type *of, const value *config, bool write_only_allowed);

/* The block with these attributes replaced, the others as in `from` (null where it has none). */
const value *block_with(arena *in, const attributes *block, const value *from, const value *replaced);

/* The values of an id that is written as "name=value,name=value" or as a JSON object; NULL if it is neither.
 */
const value *import_pairs(arena *in, const attributes *members, const char *id);

/* Time after which what the plugin was asked for can no longer take effect unseen, as the configured instance
 * says. */
int64_t settle_ms(call *one, const resource_type *of);

#endif
