/*
 * The records that a cell is about, by their number: which server, address and
 * listener.
 */
#ifndef TESTS_BENCH_RECORD_H
#define TESTS_BENCH_RECORD_H

#include "grid_cell.h"

#include "base/buffer.h"

#define LISTENER_ID_SIZE 33

/* Record i is of listener i modulo their number. */
unsigned listener_of(const grid_cell *one, unsigned record);
void listener_id(unsigned listener, char out[LISTENER_ID_SIZE]);

/* "server_id": "…", "address": "…" */
void write_key(unsigned record, rp_buffer *out);

#endif
