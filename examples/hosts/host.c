/*
 * A host on the bare ABI: dlopen and resource_plugin.h, no library of this project.
 *
 *     cc -o host host.c
 *     ./host ./minimal.so '{}' note '[{"name": "a", "text": "first"}]'
 *
 * Creates, reads and deletes the records, and prints each answer.
 */
#define _GNU_SOURCE 1 /* asprintf */
#include <dlfcn.h>
#include <resource_plugin.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void show_event(void *context, const char *event, size_t len)
{
    fprintf(context, "event %.*s\n", (int)len, event);
}

/* Prints the answer of a hook; *made is what open made. */
static int32_t run(const rp_plugin *plugin, const char *name, rp_hook *hook, rp_instance *instance,
                   const char *request, rp_instance **made)
{
    const rp_call call = {
        .struct_size = sizeof(call), .timeout_ms = 120000, .on_event = show_event, .context = stderr};
    const rp_response *response = hook ? hook(instance, &call, request, strlen(request)) : NULL;
    int32_t status = response ? response->status : RP_UNSUPPORTED;

    if (!response) {
        printf("%s is left out\n", name);
        return status;
    }
    printf("%s %d %.*s\n", name, (int)status, (int)response->json_len, response->json);
    if (made)
        *made = response->instance;
    plugin->release(response);
    return status;
}

static const rp_plugin *load(const char *path)
{
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    const rp_plugin *(*entry)(uint32_t) = NULL, *plugin;

    if (library)
        *(void **)&entry = dlsym(library, "resource_plugin_entry");
    if (!entry) {
        fprintf(stderr, "%s\n", dlerror());
        return NULL;
    }
    plugin = entry(1);
    if (plugin->abi_major == 1)
        return plugin;
    fprintf(stderr, "%s speaks ABI %u, this host ABI 1\n", path, (unsigned)plugin->abi_major);
    return NULL;
}

int main(int argc, char **argv)
{
    const rp_plugin *plugin = argc == 5 ? load(argv[1]) : NULL;
    rp_instance *instance = NULL;
    char *config = NULL, *records = NULL;
    int32_t worst = RP_INTERNAL;

    if (!plugin || asprintf(&config, "{\"config\":%s}", argv[2]) < 0 ||
        asprintf(&records, "{\"resource\":\"%s\",\"records\":%s}", argv[3], argv[4]) < 0)
        return 2;
    if (run(plugin, "open", plugin->open, NULL, config, &instance) == RP_OK) {
        int32_t created = run(plugin, "create", plugin->create, instance, records, NULL);
        int32_t seen = run(plugin, "read", plugin->read, instance, records, NULL);
        int32_t deleted = run(plugin, "delete", plugin->delete_, instance, records, NULL);
        worst = created ? created : seen ? seen : deleted;
        plugin->close(instance);
    }
    free(config);
    free(records);
    return worst != RP_OK;
}
