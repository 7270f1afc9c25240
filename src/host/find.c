#include "host/find.h"

#include "base/text.h"

#include <string.h>
#include <unistd.h>

/* The first folder that has the file; *path stays NULL if none has. An empty entry is skipped: it must not mean
   the working directory. */
static int look_in(const char *folders, const char *plugin, char **path)
{
    while (folders && *folders) {
        size_t len = strcspn(folders, ":");
        _cleanup_(rp_freep) char *tried = rp_format("%.*s/%s.so", (int)len, folders, plugin);

        if (!tried)
            return RP_E_NO_MEMORY;
        if (len && !access(tried, F_OK)) {
            *path = rp_take(tried);
            return 0;
        }
        folders += len + (folders[len] == ':');
    }
    return 0;
}

static int search(const char *plugin, const rp_search_path *folders, char **path)
{
    int failed = look_in(folders->asked, plugin, path);

    return failed || *path ? failed : look_in(folders->built_in, plugin, path);
}

int rp_plugin_find(const char *plugin, const rp_search_path *folders, char **path, rp_error **error)
{
    _cleanup_(rp_freep) char *found = NULL;
    const char *asked = folders->asked ? folders->asked : "";

    if (!*plugin)
        return rp_error_set(error, RP_E_NOT_FOUND, "the name of a plugin must not be empty");
    if (strchr(plugin, '/'))
        found = strdup(plugin);
    else if (search(plugin, folders, &found) == 0 && !found)
        return rp_error_set(error, RP_E_NOT_FOUND, "there is no %s.so in %s%s%s (a path would have a '/')",
                            plugin, asked, *asked ? " or " : "", folders->built_in ? folders->built_in : "");
    if (!found)
        return rp_error_no_memory(error);
    *path = rp_take(found);
    return 0;
}
