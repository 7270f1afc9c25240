#include "cli/package/provider_package.h"

#include "base/text.h"
#include "cli/package/file_copy.h"
#include "cli/package/zip.h"

#include <limits.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#define BRIDGE "terraform-bridge"

static int no_memory(rp_error **error)
{
    return rp_error_set(error, RP_E_NO_MEMORY, "out of memory");
}

/* The letters of a provider's type: lower case, digits, single dashes inside. */
static char *type_of(const char *plugin)
{
    char *type = strdup(plugin);

    for (char *c = type; c && *c; c++)
        *c = *c >= 'A' && *c <= 'Z' ? (char)(*c - 'A' + 'a') : *c == '_' || *c == '.' ? '-' : *c;
    return type;
}

static bool is_type(const char *type)
{
    size_t len = strlen(type);

    return len && strspn(type, "abcdefghijklmnopqrstuvwxyz0123456789-") == len && type[0] != '-' &&
           type[len - 1] != '-' && !strstr(type, "--");
}

/* Three numbers, and what may follow them. */
static bool is_version(const char *version)
{
    for (int i = 0; i < 3; i++) {
        size_t digits = strspn(version, "0123456789");

        if (!digits || (digits > 1 && *version == '0'))
            return false;
        version += digits;
        if (i < 2 && *version++ != '.')
            return false;
    }
    return !*version || *version == '-' || *version == '+';
}

static char *platform_of(void)
{
    static const char *const names[][2] = {
        {"x86_64", "amd64"}, {"aarch64", "arm64"}, {"i686", "386"}, {"armv7l", "arm"}, {"armv6l", "arm"}};
    struct utsname machine;

    if (uname(&machine))
        return NULL;
    for (size_t i = 0; i < rp_count_of(names); i++)
        if (!strcmp(machine.machine, names[i][0]))
            return rp_format("linux_%s", names[i][1]);
    return rp_format("linux_%s", machine.machine);
}

int rp_provider_package_name(const char *plugin, const char *version, rp_provider_package *out,
                             rp_error **error)
{
    *out =
        (rp_provider_package){.type = type_of(plugin), .version = strdup(version), .platform = platform_of()};
    if (!out->type || !out->version || !out->platform)
        return no_memory(error);
    if (!is_type(out->type))
        return rp_error_set(error, RP_E_INVALID,
                            "the plugin's name \"%s\" can be no provider's: letters, digits and '_' alone",
                            plugin);
    if (!is_version(version))
        return rp_error_set(error, RP_E_INVALID,
                            "the plugin's version \"%s\" can be no provider's: three numbers, as in 1.4.2",
                            version);
    out->local_name = strndup(out->type, strcspn(out->type, "-"));
    return out->local_name ? 0 : no_memory(error);
}

void rp_provider_package_done(rp_provider_package *one)
{
    free(one->local_name);
    free(one->type);
    free(one->version);
    free(one->platform);
}

char *rp_provider_user_folder(void)
{
    const char *home = getenv("HOME");

    return home && *home ? rp_format("%s/.terraform.d/plugins", home) : NULL;
}

int rp_provider_find_bridge(char **path, rp_error **error)
{
    /* As installed, all in one folder, and in a build tree. */
    static const char *const places[] = {"/../libexec/resource-plugin/" BRIDGE, "/" BRIDGE,
                                         "/../bridge/" BRIDGE};
    const char *asked = getenv("RP_BRIDGE");
    char self[PATH_MAX];
    ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);

    if (asked && *asked) {
        *path = strdup(asked);
        return *path ? 0 : no_memory(error);
    }
    self[len < 0 ? 0 : len] = '\0';
    if (strrchr(self, '/'))
        *strrchr(self, '/') = '\0';
    for (size_t i = 0; i < rp_count_of(places); i++) {
        char *tried = rp_format("%s%s", self, places[i]);

        if (!tried)
            return no_memory(error);
        if (!access(tried, X_OK)) {
            *path = tried;
            return 0;
        }
        free(tried);
    }
    return rp_error_set(
        error, RP_E_NOT_FOUND,
        "there is no " BRIDGE " in %s/../libexec/resource-plugin: install it, or name it in RP_BRIDGE", self);
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

static int write_tree(const rp_zip_entry *files, size_t count, const char *folder, rp_error **error)
{
    int failed = rp_folder_make(folder, error);

    for (size_t i = 0; i < count && !failed; i++) {
        _cleanup_(rp_freep) char *to = rp_format("%s/%s", folder, files[i].name);

        failed = to ? rp_file_copy(files[i].path, to, files[i].mode, error) : no_memory(error);
    }
    return failed;
}

static int write_zip(const rp_zip_entry *files, size_t count, const char *folder, const char *path,
                     rp_error **error)
{
    int failed = rp_folder_make(folder, error);

    return failed ? failed : rp_zip_write(path, files, count, error);
}

int rp_provider_package_write(const rp_provider_package *one, const char *folder, const char *bridge,
                              const char *plugin_path, bool zip, char **where, rp_error **error)
{
    _cleanup_(rp_freep) char *program = rp_format("terraform-provider-%s_v%s", one->type, one->version);
    _cleanup_(rp_freep) char *provider =
        rp_format("%s/%s/%s/%s", folder, RP_PROVIDER_HOST, RP_PROVIDER_NAMESPACE, one->type);
    const rp_zip_entry files[] = {{program, bridge, 0755}, {base_name(plugin_path), plugin_path, 0644}};
    _cleanup_(rp_freep) char *target = zip ? rp_format("%s/terraform-provider-%s_%s_%s.zip", provider,
                                                       one->type, one->version, one->platform)
                                           : rp_format("%s/%s/%s", provider, one->version, one->platform);
    int failed;

    if (!program || !provider || !target)
        return no_memory(error);
    failed = zip ? write_zip(files, rp_count_of(files), provider, target, error)
                 : write_tree(files, rp_count_of(files), target, error);
    if (!failed)
        *where = rp_take(target);
    return failed;
}
