#include "otc/metadata.h"

#include "base/text.h"
#include "json/value.h"
#include "otc/token.h"

#include <string.h>

static int copy_secret(const rp_json *credential, const char *name, rp_secret **out, rp_error **error)
{
    const char *text = rp_json_text(rp_json_get(credential, name));

    if (!text || !*text)
        return rp_error_set(error, RP_E_LOST, "the reply has no credential.%s", name);
    *out = rp_secret_new(text, strlen(text));
    return *out ? 0 : rp_error_no_memory(error);
}

static int read_credential(const rp_json *credential, otc_temporary_keys *out, rp_error **error)
{
    const char *access = rp_json_text(rp_json_get(credential, "access"));
    const char *expires = rp_json_text(rp_json_get(credential, "expires_at"));
    int result;

    if (!access || !*access)
        return rp_error_set(error, RP_E_LOST, "the reply has no credential.access");
    if (!expires || !otc_parse_time(expires, &out->expires_at_s))
        return rp_error_set(error, RP_E_LOST, "the reply does not say when the keys expire");
    if ((result = copy_secret(credential, "secret", &out->secret_key, error)) < 0 ||
        (result = copy_secret(credential, "securitytoken", &out->security_token, error)) < 0)
        return result;
    return rp_copy_text(&out->access_key, access, error);
}

int otc_metadata_read(const rp_http_reply *reply, otc_temporary_keys *out, rp_error **error)
{
    rp_json *body = NULL;
    int result = rp_json_parse(reply->body, reply->body_len, &body, error);

    *out = (otc_temporary_keys){0};
    if (result == RP_E_NO_MEMORY)
        return result;
    if (result < 0) {
        rp_error_add(error, "the reply cannot be read");
        return rp_error_recode(error, RP_E_LOST);
    }
    result = read_credential(rp_json_get(body, "credential"), out, error);
    if (result < 0)
        otc_temporary_keys_clear(out);
    rp_json_wipe_strings(body);
    rp_json_free(body);
    return result;
}

void otc_temporary_keys_clear(otc_temporary_keys *keys)
{
    free(keys->access_key);
    rp_secret_free(keys->secret_key);
    rp_secret_free(keys->security_token);
    *keys = (otc_temporary_keys){0};
}
