/*
 * A secret is wiped when it is freed. It is not a string, so it is not printed by
 * accident, and uses of its bytes are easy to find.
 */
#ifndef RP_BASE_SECRET_H
#define RP_BASE_SECRET_H

#include <stddef.h>

typedef struct rp_secret rp_secret;

/* A copy of the bytes; NULL when out of memory. */
rp_secret *rp_secret_new(const char *bytes, size_t len);
rp_secret *rp_secret_copy(const rp_secret *secret);
void rp_secret_free(rp_secret *secret);

/* The bytes, followed by a NUL. Only for code that sends or signs with them. */
const char *rp_secret_reveal(const rp_secret *secret);
size_t rp_secret_len(const rp_secret *secret);

/* Overwrites bytes before they are freed. */
void rp_wipe(void *bytes, size_t len);

static inline void rp_secret_freep(rp_secret **secret)
{
    rp_secret_free(*secret);
}

#endif
