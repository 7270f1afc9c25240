/*
 * The request log: counts by kind, and the latest requests.
 */
#ifndef RP_SIM_REQUEST_LOG_H
#define RP_SIM_REQUEST_LOG_H

#include "sim/route.h"

#include <stdint.h>

typedef struct sim_request_entry {
    uint64_t seq; /* from 1 on; 0: unused */
    int64_t ms;   /* since the start */
    unsigned connection;
    char method[16];
    char *uri, *user_agent;
    sim_kind kind;
    unsigned status;   /* 0: not answered, or not yet */
    const char *fault; /* the fault's kind, or NULL */
    char *body;        /* NULL: none, or not kept */
    size_t body_len;
    bool body_is_json;
} sim_request_entry;

typedef struct sim_request_log {
    sim_request_entry *ring;
    size_t size;
    uint64_t last, oldest_body;
    size_t body_bytes;
    unsigned counts[SIM_N_KINDS];
    unsigned total, connections, faults;
} sim_request_log;

/* Sets the number of entries and drops all. False when out of memory. */
bool sim_request_log_resize(sim_request_log *log, size_t size);

/* Counts and keeps a request; returns its number. Without memory it is only counted. */
uint64_t sim_request_log_add(sim_request_log *log, const sim_request *request,
                             const sim_request_entry *facts);
void sim_request_log_answered(sim_request_log *log, uint64_t seq, unsigned status);

/* Resets the counts and drops all entries; sequence numbers continue. */
void sim_request_log_clear(sim_request_log *log);
void sim_request_log_done(sim_request_log *log);

/* By its name in GET /sim/counts; false if the name is unknown. */
bool sim_request_log_count(const sim_request_log *log, const char *name, unsigned *out);

void sim_request_log_write_counts(const sim_request_log *log, rp_json_writer *writer);
void sim_request_log_write(const sim_request_log *log, rp_json_writer *writer);

#endif
