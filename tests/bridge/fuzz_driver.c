/*
 * fuzz_TARGET [SECONDS [SEED]]: changes the target's inputs at random and feeds them to it for so long, in
 * time of the processor. What it finds ends the process; build with sanitizers. The same seed gives the same
 * inputs.
 */
#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MAX_INPUT 4096u
#define MAX_KEPT  256u
#define MIN_KEPT_BYTES                                                                                       \
    8u /* changes make inputs shorter as often as longer, and then nothing is left to read */

static uint64_t state;

static uint32_t chance(uint32_t below)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(state >> 33) % below;
}

typedef struct input {
    uint8_t bytes[MAX_INPUT];
    size_t len;
} input;

/* First the seeds, which stay, then inputs some changes away from them. */
static input kept[MAX_KEPT];
static size_t kept_count, seed_count;

static void flip(input *one)
{
    one->bytes[chance((uint32_t)one->len)] ^= (uint8_t)(1u << chance(8));
}

static void set(input *one)
{
    static const uint8_t telling[] = {0, 1, 0x7f, 0x80, 0x90, 0xc1, 0xc7, 0xd9, 0xdb, 0xdc, 0xdd, 0xdf, 0xff};

    one->bytes[chance((uint32_t)one->len)] =
        chance(2) ? telling[chance(sizeof(telling))] : (uint8_t)chance(256);
}

static void cut(input *one)
{
    size_t at = chance((uint32_t)one->len), len = 1 + chance((uint32_t)(one->len - at));

    memmove(one->bytes + at, one->bytes + at + len, one->len - at - len);
    one->len -= len;
}

static void repeat(input *one)
{
    size_t at = chance((uint32_t)one->len), len = 1 + chance((uint32_t)(one->len - at));

    if (one->len + len > MAX_INPUT)
        return;
    memmove(one->bytes + at + len, one->bytes + at, one->len - at);
    one->len += len;
}

static void splice(input *one)
{
    const input *other = &kept[chance((uint32_t)kept_count)];
    size_t at = chance((uint32_t)one->len), from = other->len ? chance((uint32_t)other->len) : 0,
           len = other->len - from;

    if (at + len > MAX_INPUT)
        len = MAX_INPUT - at;
    memcpy(one->bytes + at, other->bytes + from, len);
    one->len = at + len;
}

static void change(input *one)
{
    static void (*const ways[])(input *) = {flip, set, set, cut, repeat, splice};

    for (uint32_t times = 1 + chance(8); times-- && one->len;)
        ways[chance(sizeof(ways) / sizeof(*ways))](one);
}

int main(int argc, char **argv)
{
    double seconds = argc > 1 ? atof(argv[1]) : 5;
    unsigned long count = 0, bytes = 0;
    static input one;

    state = argc > 2 ? strtoull(argv[2], NULL, 0) : 1;
    for (const fuzz_seed *seed = fuzz_seeds; seed->bytes; seed++) {
        memcpy(kept[kept_count].bytes, seed->bytes, seed->len);
        kept[kept_count++].len = seed->len;
    }
    seed_count = kept_count;
    do {
        one = kept[chance((uint32_t)(chance(2) ? seed_count : kept_count))];
        change(&one);
        bytes += one.len;
        LLVMFuzzerTestOneInput(one.bytes, one.len);
        if (!chance(1000) && one.len >= MIN_KEPT_BYTES)
            kept[kept_count < MAX_KEPT ? kept_count++
                                       : seed_count + chance((uint32_t)(MAX_KEPT - seed_count))] = one;
    } while (++count % 256 || (double)clock() / CLOCKS_PER_SEC < seconds);
    printf("%lu inputs of %lu bytes on average\n", count, bytes / count);
    return 0;
}
