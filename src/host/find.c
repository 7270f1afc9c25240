#include "host/find.h"

#include "base/buffer.h"
#include "base/text.h"

#include <dirent.h>
#include <stdlib.h>
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
    const char *const places[] = {folders->asked, folders->beside, folders->built_in};
    int failed = 0;

    for (size_t i = 0; i < rp_count_of(places) && !failed && !*path; i++)
        failed = look_in(places[i], plugin, path);
    return failed;
}

/* The plugin whose name is the likeliest to have been meant, so far and in one more folder. */
static void find_nearest(const char *folder, const char *plugin, char **nearest)
{
    DIR *open = opendir(folder);

    for (struct dirent *entry = open ? readdir(open) : NULL; entry; entry = readdir(open)) {
        size_t len = strlen(entry->d_name);
        _cleanup_(rp_freep) char *name = len > 3 ? strndup(entry->d_name, len - 3) : NULL;
        unsigned most = *nearest ? rp_edit_distance(plugin, *nearest) : (unsigned)strlen(plugin) / 3 + 2;

        if (!name || strcmp(entry->d_name + len - 3, ".so") != 0 || rp_edit_distance(plugin, name) >= most)
            continue;
        free(*nearest);
        *nearest = rp_take(name);
    }
    if (open)
        closedir(open);
}

static int not_found(const char *plugin, const rp_search_path *folders, rp_error **error)
{
    _cleanup_(rp_buffer_done) rp_buffer searched = RP_BUFFER(65536);
    _cleanup_(rp_freep) char *nearest = NULL;
    const char *const places[] = {folders->asked, folders->beside, folders->built_in};

    for (size_t i = 0; i < rp_count_of(places); i++)
        for (const char *at = places[i]; at && *at; at += strspn(at, ":")) {
            size_t len = strcspn(at, ":");
            _cleanup_(rp_freep) char *folder = strndup(at, len);
            if (folder && len) {
                rp_buffer_format(&searched, "%s%s", searched.len ? ", " : "", folder);
                find_nearest(folder, plugin, &nearest);
            }
            at += len;
        }
    if (nearest)
        return rp_error_set(error, RP_E_NOT_FOUND, "No plugin \"%s\" (did you mean \"%s\"?). Searched: %s",
                            plugin, nearest, rp_buffer_text(&searched));
    return rp_error_set(error, RP_E_NOT_FOUND, "No plugin \"%s\" (a path has a '/'). Searched: %s", plugin,
                        rp_buffer_text(&searched));
}

int rp_plugin_find(const char *plugin, const rp_search_path *folders, char **path, rp_error **error)
{
    _cleanup_(rp_freep) char *found = NULL;

    if (!*plugin)
        return rp_error_set(error, RP_E_NOT_FOUND, "the name of a plugin must not be empty");
    if (strchr(plugin, '/'))
        found = strdup(plugin);
    else if (search(plugin, folders, &found) == 0 && !found)
        return not_found(plugin, folders, error);
    if (!found)
        return rp_error_no_memory(error);
    *path = rp_take(found);
    return 0;
}
