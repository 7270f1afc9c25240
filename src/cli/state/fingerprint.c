#include "cli/state/fingerprint.h"

#include "base/encoding.h"

#include <openssl/evp.h>
#include <string.h>
#include <sys/random.h>

int rp_salt_make(char salt[RP_SALT_SIZE], rp_error **error)
{
    unsigned char bytes[(RP_SALT_SIZE - 1) / 2];

    if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
        return rp_error_set(error, RP_E_SYSTEM, "cannot get random bytes from the system");
    rp_hex(bytes, sizeof(bytes), salt);
    return 0;
}

static void free_context(EVP_MD_CTX **context)
{
    EVP_MD_CTX_free(*context);
}

int rp_fingerprint(const char *salt, const void *bytes, size_t len, char fingerprint[RP_FINGERPRINT_SIZE],
                   rp_error **error)
{
    _cleanup_(free_context) EVP_MD_CTX *context = EVP_MD_CTX_new();
    unsigned char made[EVP_MAX_MD_SIZE];

    if (!context || !EVP_DigestInit_ex(context, EVP_sha256(), NULL) ||
        !EVP_DigestUpdate(context, salt, strlen(salt)) || !EVP_DigestUpdate(context, bytes, len) ||
        !EVP_DigestFinal_ex(context, made, NULL))
        return rp_error_no_memory(error);
    rp_hex(made, (RP_FINGERPRINT_SIZE - 1) / 2, fingerprint);
    return 0;
}
