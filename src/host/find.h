/*
 * Finds a plugin's file.
 */
#ifndef RP_HOST_FIND_H
#define RP_HOST_FIND_H

#include "base/error.h"

/* The folders to look in, separated by colons; any may be NULL or empty. */
typedef struct rp_search_path {
    const char *asked; /* the user's; searched first */
    const char *built_in;
    const char *beside; /* where the plugins are that were installed together with this program or library */
} rp_search_path;

/* The path of a plugin, for the caller to free. RP_E_NOT_FOUND has the nearest name and the folders that were
   searched; a path, which has a '/', is taken as it is. */
int rp_plugin_find(const char *plugin, const rp_search_path *folders, char **path, rp_error **error);

#endif
