/*
 * The first SIGINT or SIGTERM cancels the call that runs, which then tells what
 * became of it; the second ends the process as if nobody had listened.
 */
#ifndef RP_CLI_ENGINE_INTERRUPT_H
#define RP_CLI_ENGINE_INTERRUPT_H

#include "host/rphost.h"

#include <stdbool.h>

void rp_interrupt_cancels(rphost *host);
bool rp_interrupted(void);    /* since then */
void rp_interrupt_ends(void); /* the process again; before the handle is closed */

#endif
