#include "bridge/provider.h"

#include "bridge/last_words.h"

#include <string.h>

void provider_start(provider *one, const char *plugin_path)
{
    _cleanup_(rp_error_freep) rp_error *error = NULL;

    memset(one, 0, sizeof(*one));
    one->catalog.config.kind = TYPE_OBJECT;
    gather_start(&one->gather);
    plugin_load(&one->plugin, plugin_path);
    if (one->plugin.fault)
        one->fault = strdup(one->plugin.fault);
    else if (catalog_read(&one->memory, one->plugin.description, one->plugin.name, one->plugin.has_update,
                          one->plugin.has_list, &one->catalog, &error) < 0)
        one->fault = strdup(error->message);
    else
        return;
    if (!one->fault)
        last_words_no_memory();
    one->catalog.count = 0;
}

void provider_done(provider *one)
{
    plugin_done(&one->plugin);
    arena_done(&one->memory);
    free(one->fault);
}
