/*
 * The records of one call: read, told apart, sent on their errands, and answered.
 */
#ifndef ELB_MEMBER_ITEMS_H
#define ELB_MEMBER_ITEMS_H

#include "config.h"
#include "driver.h"
#include "record.h"
#include "response.h"

typedef struct item {
    record record;
    rp_error *refused;  /* the record itself is wrong */
    struct item *first; /* an earlier one that names the same member, or NULL */
    errand *errand;     /* NULL for one that is refused or has a first */
} item;

typedef struct items {
    item *each;
    size_t count;
    errand *errands;
    size_t errand_count;
    want_kind kind;
    call_options options;
} items;

/* Reads the records; wrong ones are kept with their error. RP_E_NO_MEMORY. To be cleared in any case. */
int items_read(items *all, want_kind kind, const rp_json *records, const call_options *options,
               rp_error **error);
void items_clear(items *all);

/* The state an accepted one has by now, for the event. */
void items_write_accepted(const errand *one, rp_json_writer *writer);

/* Writes all results, in order. */
void items_write_results(const items *all, driver *d, response *to);

#endif
