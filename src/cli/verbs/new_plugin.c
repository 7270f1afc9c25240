#include "cli/verbs/new_plugin.h"

#include "base/buffer.h"
#include "base/text.h"
#include "cli/output/call_report.h"
#include "cli/verbs/plugin_handle.h"
#include "cli/verbs/verbs.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#define MAX_FILE_BYTES (1u << 20)
#define MAX_NAME_BYTES 64

const char rp_new_plugin_details[] =
    "Writes a new plugin in C, which uses the authors' kit (librpkit(3)), into the folder DIR, which must not exist yet;\n"
    "default: NAME. It builds with CMake or pkg-config, and has a test. NAME begins with a letter from a to z; letters\n"
    "from a to z, digits and \"_\" may follow.\n";

static int check_name(const char *name, rp_error **error)
{
    size_t len = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_");

    if (*name >= 'a' && *name <= 'z' && !name[len] && len <= MAX_NAME_BYTES)
        return 0;
    return rp_error_set(
        error, RP_E_INVALID,
        "\"%s\" cannot be the name of a plugin: it has 1 to %d of the characters a-z 0-9 _ and "
        "begins with a letter",
        name, MAX_NAME_BYTES);
}

/* The text with the name of the plugin in its places. */
static void fill_in(const char *text, const char *name, rp_buffer *out)
{
    static const char place[] = "@NAME@";
    const char *next;

    for (; (next = strstr(text, place)); text = next + strlen(place)) {
        rp_buffer_add(out, text, (size_t)(next - text));
        rp_buffer_add_text(out, name);
    }
    rp_buffer_add_text(out, text);
}

static int write_text(const char *path, const rp_buffer *text, rp_error **error)
{
    FILE *file = fopen(path, "wxe");
    bool written = file && fwrite(text->data, 1, text->len, file) == text->len;

    if (file && fclose(file))
        written = false;
    return written ? 0 : rp_error_set(error, RP_E_SYSTEM, "%s: %s", path, strerror(errno));
}

static int write_file(const char *folder, const rp_new_plugin_file *file, const char *name, rp_error **error)
{
    _cleanup_(rp_freep) char *path = rp_format("%s/%s", folder, file->name);
    rp_buffer text = RP_BUFFER(MAX_FILE_BYTES);
    int result;

    fill_in(file->text, name, &text);
    result = path && rp_buffer_ok(&text) ? write_text(path, &text, error) : rp_error_no_memory(error);
    rp_buffer_done(&text);
    return result;
}

static int write_plugin(const char *folder, const char *name, rp_error **error)
{
    int result = check_name(name, error);

    if (result == 0 && mkdir(folder, 0777) < 0)
        result = rp_error_set(error, RP_E_SYSTEM, "%s: %s", folder,
                              errno == EEXIST ? "it exists already: name a folder that does not"
                                              : strerror(errno));
    for (const rp_new_plugin_file *file = rp_new_plugin_files; result == 0 && file->name; file++)
        result = write_file(folder, file, name, error);
    return result;
}

int rp_new_plugin_verb(const rp_settings *settings)
{
    _cleanup_(rp_error_freep) rp_error *error = NULL;
    const char *name = settings->operands[0];
    const char *folder = settings->operands[1] ? settings->operands[1] : name;

    if (write_plugin(folder, name, &error) < 0)
        return rp_plugin_handle_fail(error);
    printf("%s: a plugin that keeps notes in files. Build and test it:\n\n"
           "  cmake -S %s -B %s/build && cmake --build %s/build && ctest --test-dir %s/build\n",
           folder, folder, folder, folder, folder);
    return 0;
}
