/*
 * Which requests came: counts, and the latest of them.
 */
#ifndef RP_SIM_JOURNAL_H
#define RP_SIM_JOURNAL_H

#include "sim/route.h"

#include <stdint.h>

typedef struct sim_entry {
    uint64_t seq; /* from 1 on; 0 is a free place */
    int64_t ms;   /* since the start */
    unsigned connection;
    char method[16];
    char *uri, *user_agent;
    sim_kind kind;
    unsigned status;   /* 0: not answered, or not yet */
    const char *fault; /* what it got, or NULL */
    char *body;        /* NULL if it had none, or one not kept */
    size_t body_len;
    bool body_is_json;
} sim_entry;

typedef struct sim_journal {
    sim_entry *ring;
    size_t size;
    uint64_t last, oldest_body;
    size_t body_bytes;
    unsigned counts[SIM_N_KINDS];
    unsigned total, connections, faults;
} sim_journal;

/* Keeps so many entries from now on, and forgets those it has. False when out of memory. */
bool sim_journal_resize(sim_journal *journal, size_t size);

/* Counts and keeps a request; its number. What finds no memory is counted without being kept. */
uint64_t sim_journal_arrive(sim_journal *journal, const sim_request *request, const sim_entry *facts);
void sim_journal_answered(sim_journal *journal, uint64_t seq, unsigned status);

/* Zero counts and an empty log; numbers go on. */
void sim_journal_clear(sim_journal *journal);
void sim_journal_done(sim_journal *journal);

/* By its name in GET /sim/counts; false if there is no such. */
bool sim_journal_count(const sim_journal *journal, const char *name, unsigned *out);

void sim_journal_write_counts(const sim_journal *journal, rp_json_writer *writer);
void sim_journal_write_log(const sim_journal *journal, rp_json_writer *writer);

#endif
