#include "cli/package/provider_package.h"

#include "base/text.h"
#include "cli/output/call_report.h"
#include "cli/verbs/plugin_handle.h"
#include "cli/verbs/verbs.h"
#include "host/find.h"
#include "json/value.h"

#include <string.h>

const rp_option rp_provider_options[] = {
    {"out", RP_OPTION_TEXT, offsetof(rp_settings, out), "DIR",
     "the folder of a filesystem mirror, instead of the user's own plugins"},
    {"zip", RP_OPTION_SWITCH, offsetof(rp_settings, zip), NULL,
     "write a zip, as mirrors have them, instead of a folder"},
    {0},
};

const char rp_provider_details[] =
    "Packs the plugin as a provider for Terraform and OpenTofu: its .so beside an executable that loads it. By default\n"
    "that is written where both look for the user's own plugins, ~/.terraform.d/plugins, so that \"terraform init\" works\n"
    "at once. Prints the required_providers block to paste into a configuration. PLUGIN is as for describe.\n"
    "\n"
    "The lock file .terraform.lock.hcl has a hash of both files: after packing another build of the same version, run\n"
    "\"terraform init -upgrade\" once that provider's entry is deleted from it.\n";

/* What the plugin calls itself. */
static int describe(const char *path, rp_json **description, rp_error **error)
{
    _cleanup_(rp_plugin_handle_close) rphost *host = rphost_open(path, NULL, 0);
    rphost_answer *answer = rphost_call(host, "describe", NULL, 0, 0, NULL, NULL);
    int failed = 0;

    if (rphost_error(host))
        failed = rp_error_set(error, RP_E_SYSTEM, "%s", rphost_error(host));
    else if (rphost_status(answer) != RP_OK)
        failed = rp_error_set(error, RP_E_SYSTEM, "%s: its describe hook answers %s", path,
                              rphost_status_name(rphost_status(answer)));
    else
        failed = rp_json_parse(rphost_json(answer), strlen(rphost_json(answer)), description, error);
    rphost_release(answer);
    return failed;
}

static int name_package(const char *path, rp_provider_package *package, rp_error **error)
{
    _cleanup_(rp_json_freep) rp_json *description = NULL;
    const char *name, *version;
    int failed = describe(path, &description, error);

    if (failed)
        return failed;
    name = rp_json_text(rp_json_get(description, "name"));
    version = rp_json_text(rp_json_get(description, "version"));
    if (!name || !version)
        return rp_error_set(error, RP_E_INVALID, "%s: its description has no name or no version", path);
    return rp_provider_package_name(name, version, package, error);
}

static int find_plugin(const char *plugin, char **path, rp_error **error)
{
    const rp_search_path folders = {getenv("RP_PLUGIN_PATH"), RP_PLUGINDIR, NULL};

    return rp_plugin_find(plugin, &folders, path, error);
}

static void print_block(const rp_provider_package *package)
{
    printf("terraform {\n"
           "  required_providers {\n"
           "    %s = {\n"
           "      source  = \"" RP_PROVIDER_HOST "/" RP_PROVIDER_NAMESPACE "/%s\"\n"
           "      version = \"%s\"\n"
           "    }\n"
           "  }\n"
           "}\n",
           package->local_name, package->type, package->version);
}

static int write_package(const rp_settings *settings, const char *path, const rp_provider_package *package,
                         rp_error **error)
{
    _cleanup_(rp_freep) char *bridge = NULL, *folder = NULL, *where = NULL;
    int failed = rp_provider_find_bridge(&bridge, error);

    if (failed)
        return failed;
    folder = settings->out ? strdup(settings->out) : rp_provider_user_folder();
    if (!folder)
        return rp_error_set(error, RP_E_INVALID, "HOME is not set: name a folder with -out");
    failed = rp_provider_package_write(package, folder, bridge, path, settings->zip, &where, error);
    if (failed)
        return failed;
    fprintf(stderr, "wrote %s\n", where);
    print_block(package);
    return 0;
}

static int pack(const rp_settings *settings, rp_provider_package *package, rp_error **error)
{
    _cleanup_(rp_freep) char *path = NULL;
    int failed = find_plugin(settings->operands[0], &path, error);

    if (!failed)
        failed = name_package(path, package, error);
    return failed ? failed : write_package(settings, path, package, error);
}

int rp_provider_verb(const rp_settings *settings)
{
    _cleanup_(rp_error_freep) rp_error *error = NULL;
    _cleanup_(rp_provider_package_done) rp_provider_package package = {0};

    return pack(settings, &package, &error) ? rp_plugin_handle_fail(error) : 0;
}
