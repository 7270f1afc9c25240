#include "host/load.h"

#include "host/running.h"

#include <dlfcn.h>
#include <string.h>
#include <unistd.h>

#define ABI_MAJOR 1
#define ENTRY     "resource_plugin_entry"
#define RULE      " (abi/README.md, Loading a plugin)"

typedef const rp_plugin *entry_function(uint32_t host_abi_major);

/* The head of the table is the same in every major version, so that this sentence can be said. */
static int check_head(const rp_plugin *plugin, rp_error **error)
{
    if (!plugin)
        return rp_error_set(error, RP_E_INVALID, "%s(%d) returned NULL" RULE, ENTRY, ABI_MAJOR);
    if (!RP_HAS(rp_plugin, plugin, version))
        return rp_error_set(error, RP_E_INVALID, "its table of %u bytes has no name or version" RULE,
                            plugin->struct_size);
    if (!plugin->name || !plugin->version)
        return rp_error_set(error, RP_E_INVALID, "its table's %s is NULL" RULE, plugin->name ? "version" : "name");
    if (plugin->abi_major != ABI_MAJOR)
        return rp_error_set(error, RP_E_INVALID, "%s %s speaks ABI %u, this host ABI %d", plugin->name,
                            plugin->version, plugin->abi_major, ABI_MAJOR);
    return 0;
}

static int check_slots(const rp_plugin *plugin, rp_error **error)
{
    const char *missing = !plugin->release    ? "release"
                          : !plugin->describe ? "describe"
                          : !plugin->open     ? "open"
                          : !plugin->close    ? "close"
                                              : NULL;

    if (missing)
        return rp_error_set(error, RP_E_INVALID, "its table's %s is NULL" RULE, missing);
    return 0;
}

int rp_plugin_check(const rp_plugin *plugin, rp_error **error)
{
    int failed = check_head(plugin, error);

    if (failed)
        return failed;
    if (!RP_HAS(rp_plugin, plugin, list))
        return rp_error_set(error, RP_E_INVALID, "its table of %u bytes is shorter than ABI 1.0's %zu" RULE,
                            plugin->struct_size, offsetof(rp_plugin, list) + sizeof(plugin->list));
    return check_slots(plugin, error);
}

static int loader_error(rp_error **error)
{
    const char *words = dlerror();

    return rp_error_set(error, RP_E_SYSTEM, "%s", words ? words : "the loader does not say why");
}

/* dlsym returns an object pointer; POSIX lets it be a function, ISO C has no cast for that. */
static entry_function *find_entry(void *library)
{
    void *symbol = dlsym(library, ENTRY);
    entry_function *entry;

    memcpy(&entry, &symbol, sizeof(entry));
    return entry;
}

/* A program that exports an OpenSSL of its own, as Node.js does, would lend it to the plugin's libcurl, which was
   built for the system's. RTLD_DEEPBIND has the plugin find its own libraries first. The sanitizers' runtime refuses
   that flag. */
static int load_flags(void)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    return RTLD_NOW | RTLD_LOCAL;
#else
    return RTLD_NOW | RTLD_LOCAL | (dlsym(RTLD_DEFAULT, "OPENSSL_init_ssl") ? RTLD_DEEPBIND : 0);
#endif
}

int rp_plugin_load(const char *path, const rp_plugin **plugin, rp_error **error)
{
    const rp_plugin *table;
    entry_function *entry;
    void *library;
    int failed;

    if (access(path, F_OK))
        return rp_error_set(error, RP_E_NOT_FOUND, "%s: no such file", path);
    rp_running_enter(path, "a constructor");
    library = dlopen(path, load_flags());
    rp_running_enter(NULL, NULL);
    if (!library)
        return loader_error(error); /* its words begin with the path */
    entry = find_entry(library);
    if (!entry) {
        dlclose(library);
        return rp_error_set(error, RP_E_INVALID, "%s: no plugin: it has no symbol %s" RULE, path, ENTRY);
    }
    rp_running_enter(path, ENTRY);
    table = entry(ABI_MAJOR);
    rp_running_enter(NULL, NULL);
    failed = rp_plugin_check(table, error);
    if (failed)
        rp_error_add(error, "%s", path);
    else
        *plugin = table;
    return failed;
}
