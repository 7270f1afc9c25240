/*
 * An answer that breaks rules, written again so that a host can use what is
 * sound in it: nothing that was made is forgotten, and no host has to look at a
 * result twice.
 */
#ifndef RP_HOST_REPAIR_H
#define RP_HOST_REPAIR_H

#include "host/rules.h"

/*
 * Writes the answer: one result a record; a result that has a fault with the status "contract", its own state
 * and outcome as far as they are sound, and the fault among its diagnostics; the faults of the whole among
 * the diagnostics of the whole. `exchange->answer` may be NULL: nothing could be read.
 */
void rp_repair(const rp_exchange *exchange, const rp_faults *faults, rp_buffer *out);

#endif
