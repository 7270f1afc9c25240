#include "otc/environment.h"

#include "base/text.h"

#include <stdlib.h>

static const char *get_own(void *context, const char *name)
{
    (void)context;
    return getenv(name);
}

const otc_environment otc_environment_own = {get_own, NULL};

/*
 * In the order in which they count: OpenStack's names, those of the Go SDK, of
 * the Terraform provider. Another cloud's tools read AWS_ACCESS_KEY_ID too, so
 * it is taken for ours only beside the name that is not theirs.
 */
static const struct row {
    const char *variable;
    otc_setting setting;
    const char *beside; /* counts only if this one is set; or NULL */
} rows[] = {
    {"OS_CLOUD", OTC_CLOUD, NULL},
    {"OS_AUTH_URL", OTC_AUTH_URL, NULL},
    {"OS_AUTH_TYPE", OTC_AUTH_TYPE, NULL},
    {"OS_TOKEN", OTC_TOKEN, NULL},
    {"OS_TOKEN_ID", OTC_TOKEN, NULL},
    {"OS_AUTH_TOKEN", OTC_TOKEN, NULL},
    {"OS_USERNAME", OTC_USER_NAME, NULL},
    {"OS_USER_NAME", OTC_USER_NAME, NULL},
    {"OS_USER_ID", OTC_USER_ID, NULL},
    {"OS_USERID", OTC_USER_ID, NULL},
    {"OS_PASSWORD", OTC_PASSWORD, NULL},
    {"OS_USER_DOMAIN_ID", OTC_DOMAIN_ID, NULL},
    {"OS_DOMAIN_ID", OTC_DOMAIN_ID, NULL},
    {"OS_PROJECT_DOMAIN_ID", OTC_PROJECT_DOMAIN_ID, NULL},
    {"OS_USER_DOMAIN_NAME", OTC_DOMAIN_NAME, NULL},
    {"OS_DOMAIN_NAME", OTC_DOMAIN_NAME, NULL},
    {"OS_PROJECT_DOMAIN_NAME", OTC_PROJECT_DOMAIN_NAME, NULL},
    {"OS_DEFAULT_DOMAIN", OTC_DOMAIN_NAME, NULL},
    {"OS_PROJECT_ID", OTC_PROJECT_ID, NULL},
    {"OS_TENANT_ID", OTC_PROJECT_ID, NULL},
    {"OS_PROJECT_NAME", OTC_PROJECT_NAME, NULL},
    {"OS_TENANT_NAME", OTC_PROJECT_NAME, NULL},
    {"AWS_ACCESS_KEY_ID", OTC_ACCESS_KEY, "AWS_ACCESS_SECRET_KEY"},
    {"OS_ACCESS_KEY", OTC_ACCESS_KEY, NULL},
    {"OS_ACCESS_KEY_ID", OTC_ACCESS_KEY, NULL},
    {"OS_AK", OTC_ACCESS_KEY, NULL},
    {"AWS_ACCESS_SECRET_KEY", OTC_SECRET_KEY, "AWS_ACCESS_KEY_ID"},
    {"OS_SECRET_KEY", OTC_SECRET_KEY, NULL},
    {"OS_ACCESS_KEY_SECRET", OTC_SECRET_KEY, NULL},
    {"OS_SK", OTC_SECRET_KEY, NULL},
    {"AWS_SECURITY_TOKEN", OTC_SECURITY_TOKEN, "AWS_ACCESS_SECRET_KEY"},
    {"OS_SECURITY_TOKEN", OTC_SECURITY_TOKEN, NULL},
    {"OS_AKSK_SECURITY_TOKEN", OTC_SECURITY_TOKEN, NULL},
    {"OS_ST", OTC_SECURITY_TOKEN, NULL},
    {"OS_AGENCY_NAME", OTC_AGENCY_NAME, NULL},
    {"OS_TARGET_AGENCY_NAME", OTC_AGENCY_NAME, NULL},
    {"OS_AGENCY_DOMAIN_NAME", OTC_AGENCY_DOMAIN_NAME, NULL},
    {"OS_TARGET_DOMAIN_NAME", OTC_AGENCY_DOMAIN_NAME, NULL},
    {"OS_DELEGATED_PROJECT", OTC_DELEGATED_PROJECT, NULL},
    {"OS_REGION_NAME", OTC_REGION, NULL},
    {"OS_REGION_ID", OTC_REGION, NULL},
    {"OS_REGION", OTC_REGION, NULL},
    {"OS_INTERFACE", OTC_INTERFACE, NULL},
    {"OS_ENDPOINT_TYPE", OTC_INTERFACE, NULL},
    {"OS_INSECURE", OTC_INSECURE, NULL},
    {"OS_CA_CERT", OTC_CA_FILE, NULL},
    {"OS_CACERT", OTC_CA_FILE, NULL},
    {"OS_CLIENT_CERT", OTC_CLIENT_CERT_FILE, NULL},
    {"OS_CERT", OTC_CLIENT_CERT_FILE, NULL},
    {"OS_CLIENT_KEY", OTC_CLIENT_KEY_FILE, NULL},
    {"OS_KEY", OTC_CLIENT_KEY_FILE, NULL},
};

const char *otc_environment_get(const otc_environment *environment, const char *name)
{
    const char *value = environment->get(environment->context, name);

    return value && *value ? value : NULL;
}

static int read_row(const otc_environment *environment, const struct row *row, otc_source *into,
                    rp_error **error)
{
    const char *value = otc_environment_get(environment, row->variable);
    _cleanup_(rp_freep) char *origin = NULL;

    if (!value || otc_source_has(into, row->setting) ||
        (row->beside && !otc_environment_get(environment, row->beside)))
        return 0;
    origin = rp_format("%s of the environment", row->variable);
    if (!origin)
        return rp_error_no_memory(error);
    return otc_source_set(into, row->setting, value, origin, error);
}

int otc_environment_read(const otc_environment *environment, otc_source *into, rp_error **error)
{
    int result = 0;

    for (size_t i = 0; result == 0 && i < rp_count_of(rows); i++)
        result = read_row(environment, &rows[i], into, error);
    return result;
}
