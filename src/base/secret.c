#include "base/secret.h"

#include <stdlib.h>
#include <string.h>

struct rp_secret {
    size_t len;
    char bytes[];
};

rp_secret *rp_secret_new(const char *bytes, size_t len)
{
    rp_secret *secret = malloc(sizeof(*secret) + len + 1);

    if (!secret)
        return NULL;
    secret->len = len;
    memcpy(secret->bytes, bytes, len);
    secret->bytes[len] = '\0';
    return secret;
}

rp_secret *rp_secret_copy(const rp_secret *secret)
{
    return rp_secret_new(secret->bytes, secret->len);
}

void rp_secret_free(rp_secret *secret)
{
    if (!secret)
        return;
    rp_wipe(secret, sizeof(*secret) + secret->len + 1);
    free(secret);
}

const char *rp_secret_reveal(const rp_secret *secret)
{
    return secret->bytes;
}

size_t rp_secret_len(const rp_secret *secret)
{
    return secret->len;
}

void rp_wipe(void *bytes, size_t len)
{
    explicit_bzero(bytes, len);
}
