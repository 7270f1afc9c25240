/*
 * A request in one line of text, for people and scripts that watch.
 */
#ifndef RP_SIM_LOG_LINE_H
#define RP_SIM_LOG_LINE_H

#include "sim/route.h"

/* METHOD PATH STATUS BODY: the path from behind the project; "-" for no answer; of the body the start, and
   nothing of one that may have secrets. */
void sim_log_line_write(const sim_request *request, sim_kind kind, unsigned status, rp_buffer *out);

#endif
