/*
 * A provider package for Terraform and OpenTofu: the bridge and a plugin in one folder, where a filesystem
 * mirror has them.
 */
#ifndef RP_CLI_PACKAGE_PROVIDER_PACKAGE_H
#define RP_CLI_PACKAGE_PROVIDER_PACKAGE_H

#include "base/error.h"

#include <stdbool.h>

#define RP_PROVIDER_HOST      "resource-plugin.local"
#define RP_PROVIDER_NAMESPACE "plugins"

typedef struct rp_provider_package {
    char *local_name; /* "elb": what its resources begin with */
    char *type;       /* "elb-member" */
    char *version;    /* "0.1.0" */
    char *platform;   /* "linux_amd64" */
} rp_provider_package;

/* The names for a plugin as it describes itself. RP_E_INVALID where Terraform knows no such name or version.
 */
int rp_provider_package_name(const char *plugin, const char *version, rp_provider_package *out,
                             rp_error **error);
void rp_provider_package_done(rp_provider_package *one);

/* The folder of the user's own plugins, which Terraform and OpenTofu look into; the caller frees it. */
char *rp_provider_user_folder(void);

/* The executable that goes with the plugin: RP_BRIDGE of the environment, else the one that came with this
 * program. */
int rp_provider_find_bridge(char **path, rp_error **error);

/* Writes the package below the folder, as a tree or a zip. *where is what was written; the caller frees it.
 */
int rp_provider_package_write(const rp_provider_package *one, const char *folder, const char *bridge,
                              const char *plugin_path, bool zip, char **where, rp_error **error);

#endif
