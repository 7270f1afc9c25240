/*
 * The first SIGINT or SIGTERM cancels the running call, which then returns its
 * results; the second ends the process.
 */
#ifndef RP_CLI_ENGINE_INTERRUPT_H
#define RP_CLI_ENGINE_INTERRUPT_H

#include "host/rphost.h"

#include <stdbool.h>

void rp_interrupt_cancels(rphost *host);
bool rp_interrupted(void); /* since then */

/* After the first one: lets the next calls run, so that what the server has accepted can be followed. */
void rp_interrupt_taken(void);
void rp_interrupt_ends(void); /* the process again; before the handle is closed */

#endif
