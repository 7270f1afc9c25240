/*
 * The results so far.
 */
#ifndef TESTS_BENCH_BOOK_H
#define TESTS_BENCH_BOOK_H

#include "cell.h"

typedef struct entry {
    cell cell;
    measured result;
} entry;

typedef struct book {
    entry *entries;
    size_t count;
} book;

/* The results of such a cell if it was run; NULL if not. */
const entry *book_find(const book *all, const cell *like);

/* The same place, but another way. */
const entry *book_find_way(const book *all, const cell *place, const char *by, unsigned threads);

/* Executed instructions of one create of so many records. */
typedef struct instructions {
    unsigned records;
    uint64_t count; /* 0: could not be counted */
} instructions;

#endif
