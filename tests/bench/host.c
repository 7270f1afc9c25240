#include "host.h"

#include "record.h"
#include "resource_usage.h"

#include "base/text.h"
#include "sim/sim.h"
#include "json/writer.h"

#include <dlfcn.h>
#include <string.h>

#define MAX_REQUEST (16u << 20)

static int load(host *made, const char *path, rp_error **error)
{
    void *object = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    const rp_plugin *(*entry)(uint32_t) = NULL;

    if (object)
        *(void **)&entry = dlsym(object, "resource_plugin_entry");
    if (!entry)
        return rp_error_set(error, RP_E_SYSTEM, "%s", dlerror());
    made->plugin = entry(1);
    made->plugin->release(made->plugin->describe(NULL, NULL, NULL, 0));
    return 0;
}

static char *config_for(const char *url, unsigned max_batch)
{
    return rp_format("{\"config\": {\"endpoint\": \"%s\", \"project_id\": \"%s\", \"token\": \"%s\", "
                     "\"proxy\": \"\", \"max_batch\": %u}}",
                     url, RP_SIM_PROJECT, RP_SIM_TOKEN, max_batch);
}

static int open_instance(host *made, const char *config, rp_error **error)
{
    const rp_response *told = made->plugin->open(NULL, NULL, config, strlen(config));
    int result = told->status == RP_OK ? 0 : rp_error_set(error, RP_E_INVALID, "open: %s", told->json);

    made->instance = told->instance;
    made->plugin->release(told);
    return result;
}

int host_start(host *made, const char *plugin, const char *url, unsigned max_batch, rp_error **error)
{
    _cleanup_(rp_freep) char *config = config_for(url, max_batch);
    int64_t begun = now_us(), loaded;
    int result = config ? load(made, plugin, error) : rp_error_no_memory(error);

    loaded = now_us();
    if (result == 0)
        result = open_instance(made, config, error);
    made->load_us = loaded - begun;
    made->open_us = now_us() - loaded;
    return result;
}

void host_stop(host *one)
{
    if (one->plugin)
        one->plugin->close(one->instance);
    *one = (host){0};
}

static char *request_for(const grid_cell *of, unsigned first, unsigned count)
{
    _cleanup_(rp_buffer_done) rp_buffer text = RP_BUFFER(MAX_REQUEST);

    rp_buffer_add_text(&text, "{\"resource\": \"elb_member\", \"records\": [");
    for (unsigned i = first; i < first + count; i++) {
        char listener[LISTENER_ID_SIZE];
        listener_id(listener_of(of, i), listener);
        rp_buffer_format(&text, "%s{\"listener_id\": \"%s\", ", i > first ? ", " : "", listener);
        write_key(i, &text);
        rp_buffer_add_char(&text, '}');
    }
    rp_buffer_add_text(&text, "]}");
    return rp_buffer_take(&text);
}

/* A function of its own, in all builds: what it and its callees execute is what the plugin costs. */
__attribute__((noinline)) const rp_response *bench_hook(rp_hook *hook, rp_instance *instance,
                                                        const char *request, size_t len)
{
    static const rp_call call = {.struct_size = sizeof(call)};

    return hook(instance, &call, request, len);
}

static int run(const host *one, rp_hook *hook, const grid_cell *of, unsigned first, unsigned count,
               rp_error **error)
{
    _cleanup_(rp_freep) char *request = request_for(of, first, count);
    const rp_response *told;
    int result = 0;

    if (!request)
        return rp_error_no_memory(error);
    told = bench_hook(hook, one->instance, request, strlen(request));
    if (told->status != RP_OK)
        result = rp_error_set(error, RP_E_SYSTEM, "status %d: %.200s", (int)told->status, told->json);
    one->plugin->release(told);
    return result;
}

int host_create(const host *one, const grid_cell *of, unsigned first, unsigned count, rp_error **error)
{
    return run(one, one->plugin->create, of, first, count, error);
}

int host_read(const host *one, const grid_cell *of, unsigned first, unsigned count, rp_error **error)
{
    return run(one, one->plugin->read, of, first, count, error);
}
