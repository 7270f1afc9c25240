/*
 * The verbs, one file each; their table is in main.c.
 */
#ifndef RP_CLI_VERBS_H
#define RP_CLI_VERBS_H

#include "cli/settings.h"

extern const rp_option rp_describe_options[];
extern const rp_option rp_call_options[];
extern const rp_option rp_no_options[];
extern const char rp_call_details[];
extern const char rp_describe_details[];

int rp_describe(const rp_settings *settings);
int rp_call_hook(const rp_settings *settings);
int rp_version(const rp_settings *settings);
int rp_help(const rp_settings *settings);

/* The table, for help. */
extern const rp_verb rp_verbs[];
void rp_help_print(const rp_verb *verb, FILE *out);

#endif
