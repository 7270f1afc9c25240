/*
 * How an answer leaves, and how it fails to.
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

/* Waits; -1 is for ever. False if all must end, or while waiting for ever the client has left. */
bool sim_response_writer_wait(const sim_response_writer *writer, int64_t ms);

/* Sends the reply, which is used up; with a fault that sees to how it is sent. Stores the status that the
   client is sent, 0 for none. */
enum MHD_Result sim_response_writer_send(const sim_response_writer *writer, sim_reply *reply,
                                         const sim_fault *fault, unsigned *status);

#endif
