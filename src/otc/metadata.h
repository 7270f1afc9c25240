/*
 * Temporary keys of an ECS's own agency, pure: the reply of the metadata
 * service. Source: Huawei Cloud ECS, "Obtaining Metadata", Security Key
 * (OpenStack metadata, /openstack/latest/securitykey).
 */
#ifndef RP_OTC_METADATA_H
#define RP_OTC_METADATA_H

#include "http/transport.h"

#define OTC_METADATA_DEFAULT_URL "http://169.254.169.254/openstack/latest/securitykey"

typedef struct otc_temporary_keys {
    char *access_key; /* NULL: none */
    rp_secret *secret_key, *security_token;
    int64_t expires_at_s;
} otc_temporary_keys;

/* Reads {"credential": {"access", "secret", "securitytoken", "expires_at"}}. RP_E_LOST if the reply has none. */
int otc_metadata_read(const rp_http_reply *reply, otc_temporary_keys *out, rp_error **error);
void otc_temporary_keys_clear(otc_temporary_keys *keys);

#endif
