/*
 * Glossary: settings are what the configuration document may say about the
 * cloud: who logs in, where, and how the connection is secured. They are one of
 * the sources (source.h). The plugin's own table of settings includes this table
 * as a part.
 */
#ifndef RP_OTC_SETTINGS_H
#define RP_OTC_SETTINGS_H

#include "otc/source.h"
#include "kit/attributes.h"

typedef struct otc_settings {
    char *endpoint, *project_id, *project_name, *region, *cloud;
    char *auth_url, *user_name, *user_id, *domain_name, *domain_id;
    rp_secret *token, *password;
    char *access_key, *signing;
    rp_secret *secret_key, *security_token;
    bool metadata;
    char *metadata_url;
    char *agency_name, *agency_domain_name, *delegated_project;
    char *ca_file, *client_cert_file, *client_key_file;
    rp_secret *proxy; /* its URL may have a password */
    char *no_proxy;
    bool insecure, allow_insecure_http;
    bool says_insecure; /* insecure was given, be it as false: no other source is asked */
} otc_settings;

extern const rpkit_attribute otc_settings_fields[];

/* The settings as a source: each under its name, "of the configuration". */
int otc_settings_as_source(const otc_settings *settings, otc_source *into, rp_error **error);

#endif
