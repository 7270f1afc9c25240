#include "otc/settings.h"

#include "base/text.h"
#include "otc/metadata.h"

#define AT(member) .offset = offsetof(otc_settings, member)

const rpkit_attribute otc_settings_fields[] = {
    {.name = "endpoint",
     .kind = RPKIT_TEXT,
     AT(endpoint),
     .format = "uri",
     .about = "URL of the load balancer service, with or without /v1.0 and the project id. Default: from the "
              "service catalog, or else the documented URL of the region."},
    {.name = "project_id",
     .kind = RPKIT_TEXT,
     AT(project_id),
     .about = "Id of the project. Default: that in endpoint, or that of project_name or region."},
    {.name = "project_name",
     .kind = RPKIT_TEXT,
     AT(project_name),
     .about = "Name of the project, instead of its id. Default: the region's main project."},
    {.name = "region",
     .kind = RPKIT_TEXT,
     AT(region),
     .pattern = "^[a-z0-9-]{1,32}$",
     .about = "Region, such as eu-de: selects the endpoint in the catalog and the default of auth_url."},
    {.name = "cloud",
     .kind = RPKIT_TEXT,
     AT(cloud),
     .least = 1,
     .most = 256,
     .about = "Entry of clouds.yaml that supplies settings not given here. Default: OS_CLOUD."},
    {.name = "auth_url",
     .kind = RPKIT_TEXT,
     AT(auth_url),
     .format = "uri",
     .about = "URL of the identity service (IAM v3). Default: the region's identity endpoint."},
    {.name = "token",
     .kind = RPKIT_SECRET,
     AT(token),
     .least = 1,
     .most = 65536,
     .about = "Token to use instead of a login."},
    {.name = "user_name", .kind = RPKIT_TEXT, AT(user_name), .about = "User name, for a login."},
    {.name = "user_id", .kind = RPKIT_TEXT, AT(user_id), .about = "User id, instead of user_name."},
    {.name = "password",
     .kind = RPKIT_SECRET,
     AT(password),
     .least = 1,
     .most = 4096,
     .about = "The user's password."},
    {.name = "domain_name", .kind = RPKIT_TEXT, AT(domain_name), .about = "Domain (account) of the user."},
    {.name = "domain_id", .kind = RPKIT_TEXT, AT(domain_id), .about = "Domain id, instead of domain_name."},
    {.name = "access_key",
     .kind = RPKIT_TEXT,
     AT(access_key),
     .least = 1,
     .most = 256,
     .about = "Access key (AK), to sign each request instead of logging in."},
    {.name = "secret_key",
     .kind = RPKIT_SECRET,
     AT(secret_key),
     .least = 1,
     .most = 4096,
     .about = "Secret key (SK) of the access key. It is never sent."},
    {.name = "security_token",
     .kind = RPKIT_SECRET,
     AT(security_token),
     .least = 1,
     .most = 65536,
     .about = "Security token of a temporary access key."},
    {.name = "signing",
     .kind = RPKIT_TEXT,
     AT(signing),
     .pattern = "^(access|credential)$",
     .about = "Signature scheme: access (the API signing guide's, the default) or credential (older clients')."},
    {.name = "metadata",
     .kind = RPKIT_FLAG,
     AT(metadata),
     .has_default = true,
     .about = "Sign requests with temporary keys of this server's own agency, from the cloud's metadata service: "
              "no secret is needed in the configuration."},
    {.name = "metadata_url",
     .kind = RPKIT_TEXT,
     AT(metadata_url),
     .format = "uri",
     .about = "URL of the temporary keys. The host must be a link-local or loopback address. Default: "
              OTC_METADATA_DEFAULT_URL "."},
    {.name = "agency_name",
     .kind = RPKIT_TEXT,
     AT(agency_name),
     .about = "Agency to assume after the login."},
    {.name = "agency_domain_name",
     .kind = RPKIT_TEXT,
     AT(agency_domain_name),
     .about = "Domain (account) that created the agency."},
    {.name = "delegated_project",
     .kind = RPKIT_TEXT,
     AT(delegated_project),
     .about = "Name of a project of that domain. Default: the region's main project."},
    {.name = "ca_file",
     .kind = RPKIT_TEXT,
     AT(ca_file),
     .about = "PEM file of CA certificates to trust instead of the system's."},
    {.name = "client_cert_file",
     .kind = RPKIT_TEXT,
     AT(client_cert_file),
     .about = "PEM file of a client certificate."},
    {.name = "client_key_file",
     .kind = RPKIT_TEXT,
     AT(client_key_file),
     .about = "PEM file of the client certificate's key."},
    {.name = "insecure",
     .kind = RPKIT_FLAG,
     AT(insecure),
     .has_default = true,
     .about = "Do not verify the server's certificate."},
    {.name = "allow_insecure_http",
     .kind = RPKIT_FLAG,
     AT(allow_insecure_http),
     .has_default = true,
     .about = "Allow http to hosts other than this one. Tokens can then be read on the way."},
    {.name = "proxy",
     .kind = RPKIT_SECRET,
     AT(proxy),
     .about = "URL of a proxy; \"\" for none. Default: from the environment."},
    {.name = "no_proxy",
     .kind = RPKIT_TEXT,
     AT(no_proxy),
     .about = "Comma-separated hosts that are reached without the proxy."},
    {0}};

#undef AT

/* What a field holds as text, or NULL. */
static const char *text_of(const rpkit_attribute *field, const otc_settings *settings)
{
    const void *at = (const char *)settings + field->offset;
    const rp_secret *secret;

    switch (field->kind) {
    case RPKIT_TEXT:
        return *(char *const *)at;
    case RPKIT_SECRET:
        secret = *(rp_secret *const *)at;
        return secret ? rp_secret_reveal(secret) : NULL;
    case RPKIT_FLAG:
        return *(const bool *)at ? "true" : NULL;
    default:
        return NULL;
    }
}

static int set(otc_source *into, otc_setting setting, const char *value, rp_error **error)
{
    _cleanup_(rp_freep) char *origin = rp_format("%s of the configuration", otc_setting_name(setting));
    int result;

    if (!origin)
        return rp_error_no_memory(error);
    result = otc_source_set(into, setting, value, origin, error);
    if (result == 0)
        into->values[setting].configured = true;
    return result;
}

int otc_settings_as_source(const otc_settings *settings, otc_source *into, rp_error **error)
{
    int result = 0;

    for (const rpkit_attribute *field = otc_settings_fields; result == 0 && field->name; field++) {
        const char *value = text_of(field, settings);
        if (value)
            result = set(into, otc_setting_named(field->name), value, error);
    }
    if (result == 0 && settings->says_insecure && !settings->insecure)
        result = set(into, OTC_INSECURE, "false", error);
    return result;
}
