/*
 * What a fuzz target has: inputs to start from, and the function that takes one. libFuzzer runs it (clang
 * -fsanitize=fuzzer), and so does fuzz_driver.c, which needs no clang.
 */
#ifndef TESTS_BRIDGE_FUZZ_H
#define TESTS_BRIDGE_FUZZ_H

#include <stddef.h>
#include <stdint.h>

typedef struct fuzz_seed {
    const char *bytes; /* NULL ends the table */
    size_t len;
} fuzz_seed;

extern const fuzz_seed fuzz_seeds[];

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

#endif
