/*
 * print_cloud CLOUD [REGION]: what the entry of clouds.yaml says, as the plugin
 * reads it, a "name value" a line; for comparison with openstacksdk.
 */
#include "otc/sources.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const otc_setting shown[] = {OTC_REGION,
                                    OTC_INTERFACE,
                                    OTC_TOKEN,
                                    OTC_USER_NAME,
                                    OTC_USER_ID,
                                    OTC_PASSWORD,
                                    OTC_DOMAIN_NAME,
                                    OTC_DOMAIN_ID,
                                    OTC_PROJECT_ID,
                                    OTC_PROJECT_NAME,
                                    OTC_CA_FILE,
                                    OTC_PROJECT_DOMAIN_NAME,
                                    OTC_PROJECT_DOMAIN_ID,
                                    OTC_CLIENT_KEY_FILE,
                                    OTC_CLIENT_CERT_FILE};

static void print(const otc_identity *who)
{
    for (size_t i = 0; i < rp_count_of(shown); i++)
        if (otc_identity_text(who, shown[i]))
            printf("%s %s\n", otc_setting_name(shown[i]), otc_identity_text(who, shown[i]));
    printf("insecure %s\n", who->insecure ? "true" : "false");
    printf("auth_url %s://%s:%u%s/v3\n", who->auth.scheme, who->auth.host, (unsigned)who->auth.port,
           who->auth.path);
}

int main(int argc, char **argv)
{
    otc_settings settings = {.cloud = argc > 1 ? argv[1] : NULL, .region = argc > 2 ? argv[2] : NULL};
    _cleanup_(rp_error_freep) rp_error *error = NULL;
    char *warning = NULL;
    otc_identity who;
    int result = otc_sources_read(&settings, &otc_environment_own, &who, &warning, &error);

    if (result == 0)
        print(&who);
    else
        printf("error %s\n", error ? error->message : "out of memory");
    free(warning);
    otc_identity_done(&who);
    return result == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
