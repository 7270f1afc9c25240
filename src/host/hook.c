#include "host/hook.h"

#include "base/cleanup.h"

#include <string.h>

#define SLOT(member) .slot = offsetof(rp_plugin, member)

static const rp_known_hook hooks[] = {
    {"describe", SLOT(describe)},
    {"open", SLOT(open)},
    {"validate", SLOT(validate), .records = true},
    {"create", SLOT(create), .needs_instance = true, .records = true, .outcomes = true, .states = true},
    {"read", SLOT(read), .needs_instance = true, .records = true, .states = true},
    {"update", SLOT(update), .needs_instance = true, .records = true, .outcomes = true, .states = true},
    {"delete", SLOT(delete_), .needs_instance = true, .records = true, .outcomes = true},
    {"list", SLOT(list), .needs_instance = true, .states = true},
};

const rp_known_hook *rp_hook_find(const char *name)
{
    for (size_t i = 0; name && i < rp_count_of(hooks); i++)
        if (!strcmp(hooks[i].name, name))
            return &hooks[i];
    return NULL;
}

rp_hook *rp_hook_slot(const rp_plugin *plugin, const rp_known_hook *hook)
{
    rp_hook *slot;

    if (plugin->struct_size < hook->slot + sizeof(slot))
        return NULL;
    memcpy(&slot, (const char *)plugin + hook->slot, sizeof(slot));
    return slot;
}
