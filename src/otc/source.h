/*
 * Glossary: a setting is one thing to configure, such as OTC_PASSWORD. A source
 * is one place that settings come from: the configuration, an entry of
 * clouds.yaml, or the environment. A value keeps its origin ("OS_PASSWORD of the
 * environment"), so that an error names the line to fix. Every value is stored as
 * a secret, because some are.
 *
 * See also: settings.h (the configuration as a source), sources.h (reads all
 * sources), identity.h (chooses from them).
 */
#ifndef RP_OTC_SOURCE_H
#define RP_OTC_SOURCE_H

#include "base/error.h"
#include "base/secret.h"

#include <stdbool.h>

typedef enum otc_setting {
    OTC_CLOUD,
    OTC_ENDPOINT,
    OTC_PROJECT_ID,
    OTC_PROJECT_NAME,
    OTC_REGION,
    OTC_INTERFACE,
    OTC_AUTH_URL,
    OTC_AUTH_TYPE,
    OTC_TOKEN,
    OTC_USER_NAME,
    OTC_USER_ID,
    OTC_PASSWORD,
    OTC_DOMAIN_NAME,
    OTC_DOMAIN_ID,
    OTC_PROJECT_DOMAIN_NAME,
    OTC_PROJECT_DOMAIN_ID,
    OTC_ACCESS_KEY,
    OTC_SECRET_KEY,
    OTC_SECURITY_TOKEN,
    OTC_SIGNING,
    OTC_METADATA,
    OTC_METADATA_URL,
    OTC_AGENCY_NAME,
    OTC_AGENCY_DOMAIN_NAME,
    OTC_AGENCY_DOMAIN_ID,
    OTC_DELEGATED_PROJECT,
    OTC_CA_FILE,
    OTC_CLIENT_CERT_FILE,
    OTC_CLIENT_KEY_FILE,
    OTC_INSECURE,
    OTC_ALLOW_INSECURE_HTTP,
    OTC_PROXY,
    OTC_NO_PROXY,
    OTC_SETTINGS
} otc_setting;

typedef struct otc_value {
    rp_secret *text; /* NULL: the source does not say */
    char *origin;    /* "OS_PASSWORD of the environment" */
    bool configured; /* it is a member of the configuration, which an error's path may point to */
} otc_value;

typedef struct otc_source {
    otc_value values[OTC_SETTINGS];
} otc_source;

/* As the configuration spells it: "user_name". */
const char *otc_setting_name(otc_setting setting);

/* The setting of that name; OTC_SETTINGS if unknown. */
otc_setting otc_setting_named(const char *name);

/* Copies both, and replaces an earlier value. RP_E_INVALID if the value is too long. */
int otc_source_set(otc_source *source, otc_setting setting, const char *value, const char *origin,
                   rp_error **error);

/* A copy of another source's value, which is there. */
int otc_source_take(otc_source *source, otc_setting setting, const otc_source *from, rp_error **error);

void otc_source_done(otc_source *source);

/* The value, or NULL; borrowed. */
const char *otc_source_text(const otc_source *source, otc_setting setting);

static inline bool otc_source_has(const otc_source *source, otc_setting setting)
{
    return source->values[setting].text;
}

static inline const char *otc_source_origin(const otc_source *source, otc_setting setting)
{
    return source->values[setting].origin;
}

/* RP_E_INVALID in these words, with a path to the setting if the configuration has it. */
int otc_source_refuse(const otc_source *source, otc_setting setting, rp_error **error, const char *format,
                      ...) __attribute__((format(printf, 4, 5)));

#endif
