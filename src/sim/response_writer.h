/*
 * Sends a response, with the fault of its rule if there is one.
 */
#ifndef RP_SIM_RESPONSE_WRITER_H
#define RP_SIM_RESPONSE_WRITER_H

#include "sim/fault.h"

#include <microhttpd.h>

typedef struct sim_response_writer {
    struct MHD_Connection *connection;
    int fd;
    int stop_fd;
} sim_response_writer;

/* Waits; -1: for ever. False if the simulator stops or, while waiting for ever, the client disconnects. */
bool sim_response_writer_wait(const sim_response_writer *writer, int64_t ms);

/* Sends the reply and consumes it. The fault, or NULL, decides how. Stores the status sent; 0 for none. */
enum MHD_Result sim_response_writer_send(const sim_response_writer *writer, sim_reply *reply,
                                         const sim_fault *fault, unsigned *status);

#endif
