/*
 * How an answer leaves, and how it fails to.
 */
#ifndef RP_SIM_WIRE_H
#define RP_SIM_WIRE_H

#include "sim/fault.h"

#include <microhttpd.h>

typedef struct sim_wire {
    struct MHD_Connection *connection;
    int fd;
    int stop_fd;
} sim_wire;

/* Waits; -1 is for ever. False if all must end, or while waiting for ever the client has left. */
bool sim_wire_wait(const sim_wire *wire, int64_t ms);

/* Sends the reply, which is used up; with a fault that sees to how it is sent. Stores the status that the
   client is sent, 0 for none. */
enum MHD_Result sim_wire_send(const sim_wire *wire, sim_reply *reply, const sim_fault *fault,
                              unsigned *status);

#endif
