/*
 * The verbs, one file each; their table is in main.c.
 */
#ifndef RP_CLI_VERBS_VERBS_H
#define RP_CLI_VERBS_VERBS_H

#include "cli/settings.h"

extern const rp_option rp_no_options[];
extern const rp_option rp_validate_options[], rp_plan_options[], rp_apply_options[], rp_destroy_options[],
    rp_refresh_options[], rp_import_options[], rp_state_options[], rp_list_options[], rp_show_options[],
    rp_schema_options[], rp_describe_options[], rp_call_options[], rp_provider_options[];
extern const char rp_validate_details[], rp_plan_details[], rp_apply_details[], rp_destroy_details[],
    rp_refresh_details[], rp_import_details[], rp_state_details[], rp_list_details[], rp_show_details[],
    rp_schema_details[], rp_completion_details[], rp_describe_details[], rp_call_details[], rp_provider_details[],
    rp_new_plugin_details[];

int rp_validate_verb(const rp_settings *settings);
int rp_plan_verb(const rp_settings *settings);
int rp_apply_verb(const rp_settings *settings);
int rp_destroy_verb(const rp_settings *settings);
int rp_refresh_verb(const rp_settings *settings);
int rp_import_verb(const rp_settings *settings);
int rp_state_verb(const rp_settings *settings);
int rp_list_verb(const rp_settings *settings);
int rp_show_verb(const rp_settings *settings);
int rp_schema_verb(const rp_settings *settings);
int rp_completion_verb(const rp_settings *settings);
int rp_describe(const rp_settings *settings);
int rp_call_hook(const rp_settings *settings);
int rp_provider_verb(const rp_settings *settings);
int rp_new_plugin_verb(const rp_settings *settings);
int rp_version(const rp_settings *settings);
int rp_help(const rp_settings *settings);

/* The table, for help. */
extern const rp_verb rp_verbs[];
void rp_help_print(const rp_verb *verb, FILE *out);

#endif
