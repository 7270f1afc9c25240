/*
 * The files that a new plugin begins with.
 */
#ifndef RP_CLI_VERBS_NEW_PLUGIN_H
#define RP_CLI_VERBS_NEW_PLUGIN_H

/* "@NAME@" in the text stands for the plugin's name. */
typedef struct rp_new_plugin_file {
    const char *name, *text;
} rp_new_plugin_file;

/* Ended by {0}. Made of the folder new_plugin when rp is built. */
extern const rp_new_plugin_file rp_new_plugin_files[];

#endif
