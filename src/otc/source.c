#include "otc/source.h"

#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define MAX_VALUE_BYTES 65536 /* tokens have several thousand */

static const char *const names[OTC_SETTINGS] = {
    [OTC_CLOUD] = "cloud",
    [OTC_ENDPOINT] = "endpoint",
    [OTC_PROJECT_ID] = "project_id",
    [OTC_PROJECT_NAME] = "project_name",
    [OTC_REGION] = "region",
    [OTC_INTERFACE] = "interface",
    [OTC_AUTH_URL] = "auth_url",
    [OTC_AUTH_TYPE] = "auth_type",
    [OTC_TOKEN] = "token",
    [OTC_USER_NAME] = "user_name",
    [OTC_USER_ID] = "user_id",
    [OTC_PASSWORD] = "password",
    [OTC_DOMAIN_NAME] = "domain_name",
    [OTC_DOMAIN_ID] = "domain_id",
    [OTC_PROJECT_DOMAIN_NAME] = "project_domain_name",
    [OTC_PROJECT_DOMAIN_ID] = "project_domain_id",
    [OTC_ACCESS_KEY] = "access_key",
    [OTC_SECRET_KEY] = "secret_key",
    [OTC_SECURITY_TOKEN] = "security_token",
    [OTC_SIGNING] = "signing",
    [OTC_METADATA] = "metadata",
    [OTC_METADATA_URL] = "metadata_url",
    [OTC_AGENCY_NAME] = "agency_name",
    [OTC_AGENCY_DOMAIN_NAME] = "agency_domain_name",
    [OTC_AGENCY_DOMAIN_ID] = "agency_domain_id",
    [OTC_DELEGATED_PROJECT] = "delegated_project",
    [OTC_CA_FILE] = "ca_file",
    [OTC_CLIENT_CERT_FILE] = "client_cert_file",
    [OTC_CLIENT_KEY_FILE] = "client_key_file",
    [OTC_INSECURE] = "insecure",
    [OTC_ALLOW_INSECURE_HTTP] = "allow_insecure_http",
    [OTC_PROXY] = "proxy",
    [OTC_NO_PROXY] = "no_proxy",
};

const char *otc_setting_name(otc_setting setting)
{
    return names[setting];
}

otc_setting otc_setting_named(const char *name)
{
    otc_setting setting = 0;

    while (setting < OTC_SETTINGS && strcmp(names[setting], name) != 0)
        setting++;
    return setting;
}

static void value_clear(otc_value *value)
{
    rp_secret_free(value->text);
    free(value->origin);
    *value = (otc_value){0};
}

static int store(otc_value *into, const char *text, size_t len, const char *origin, bool configured,
                 rp_error **error)
{
    otc_value made = {rp_secret_new(text, len), strdup(origin), configured};

    if (!made.text || !made.origin) {
        value_clear(&made);
        return rp_error_no_memory(error);
    }
    value_clear(into);
    *into = made;
    return 0;
}

int otc_source_set(otc_source *source, otc_setting setting, const char *value, const char *origin,
                   rp_error **error)
{
    size_t len = strlen(value);

    if (len > MAX_VALUE_BYTES)
        return rp_error_set(error, RP_E_INVALID, "%s is longer than %d bytes", origin, MAX_VALUE_BYTES);
    return store(&source->values[setting], value, len, origin, false, error);
}

int otc_source_take(otc_source *source, otc_setting setting, const otc_source *from, rp_error **error)
{
    const otc_value *value = &from->values[setting];

    return store(&source->values[setting], rp_secret_reveal(value->text), rp_secret_len(value->text),
                 value->origin, value->configured, error);
}

void otc_source_done(otc_source *source)
{
    for (otc_setting setting = 0; setting < OTC_SETTINGS; setting++)
        value_clear(&source->values[setting]);
}

const char *otc_source_text(const otc_source *source, otc_setting setting)
{
    const rp_secret *text = source->values[setting].text;

    return text ? rp_secret_reveal(text) : NULL;
}

int otc_source_refuse(const otc_source *source, otc_setting setting, rp_error **error, const char *format,
                      ...)
{
    _cleanup_(rp_freep) char *words = NULL, *path = NULL;
    va_list arguments;
    int len;

    va_start(arguments, format);
    len = vasprintf(&words, format, arguments);
    va_end(arguments);
    if (len < 0)
        words = NULL;
    /* The path of what is missing in the configuration is that of the configuration. */
    path = source->values[setting].configured ? rp_format("/config/%s", names[setting]) : strdup("/config");
    if (!words || !path)
        return rp_error_no_memory(error);
    return rp_error_set_at(error, RP_E_INVALID, path, "%s", words);
}
