/*
 * A simulator as a process of its own, so that its time and memory are not
 * those of whom it serves.
 */
#ifndef TESTS_BENCH_SERVER_H
#define TESTS_BENCH_SERVER_H

#include "grid_cell.h"

#include <sys/types.h>

typedef struct server {
    pid_t pid;
    int to; /* its standard input: it ends with it */
    char url[64];
} server;

/* Starts the program elb-sim with the cell's latency, job time and listeners. */
int server_start(server *made, const char *program, const grid_cell *for_cell, rp_error **error);
void server_stop(server *one);

/* How many requests of each kind came since the last time, and how many connections were opened. */
int server_counts(const server *one, counts *out, rp_error **error);

#endif
