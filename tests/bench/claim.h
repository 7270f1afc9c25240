/*
 * What the project claims of itself, held against the results.
 */
#ifndef TESTS_BENCH_CLAIM_H
#define TESTS_BENCH_CLAIM_H

#include "results_table.h"

typedef struct finding {
    const char *claim;
    double value, bound;
    bool at_least; /* the value must be the bound or more; else the bound or less */
    bool known;    /* false: the cells were not run */
} finding;

/* All of them, into an array that ends with a NULL claim. */
#define MAX_FINDINGS 32
void claim_check(const results_table *all, finding out[MAX_FINDINGS]);

bool finding_holds(const finding *one);

#endif
