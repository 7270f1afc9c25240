/*
 * A request as one line of text, for --print-requests.
 */
#ifndef RP_SIM_LOG_LINE_H
#define RP_SIM_LOG_LINE_H

#include "sim/route.h"

/* METHOD PATH STATUS BODY: the path without the project; "-" for no response; the start of the body, unless
   it may hold secrets. */
void sim_log_line_write(const sim_request *request, sim_kind kind, unsigned status, rp_buffer *out);

#endif
