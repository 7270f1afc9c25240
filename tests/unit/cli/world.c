#include "world.h"

#include "suites.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

rp_plugin_schema world_plugin_schema(void)
{
    static const char text[] =
        "{\"name\":\"notebook\",\"version\":\"1\",\"resources\":{\"note\":{\"key\":[\"name\"],\"record\":{"
        "\"properties\":{\"name\":{},\"text\":{},\"password\":{\"x-rp-write-only\":true},"
        "\"deep\":{\"properties\":{\"pin\":{\"x-rp-sensitive\":true},\"open\":{}}}}},"
        "\"state\":{\"properties\":{\"id\":{\"x-rp-computed\":true},\"name\":{},\"text\":{},"
        "\"made\":{\"x-rp-computed\":true}}}},\"tag\":{\"record\":{\"properties\":{\"word\":{}}}}}}";
    rp_plugin_schema plugin_schema = {0};
    rp_json *description = NULL;

    ck_assert_int_eq(rp_json_parse(text, strlen(text), &description, NULL), 0);
    ck_assert_int_eq(rp_plugin_schema_read(description, &plugin_schema, NULL), 0);
    return plugin_schema;
}

static const char *get_env(void *context, const char *name)
{
    (void)context;
    return strcmp(name, "ONE") ? NULL : "1";
}

static int read_file(void *context, const char *path, rp_buffer *out, rp_error **error)
{
    static const struct {
        const char *path, *text;
    } files[] = {{"f", "from f\n"},
                 {"rows.csv", "\xef\xbb\xbfkey,text,size\r\na,\"one, two\",7\r\nb,\"07\",8\r\n"},
                 {"names.json", "[\"x\", \"y\"]\n"},
                 {"bad.csv", "a,b\n1,2\n3\n"}};

    (void)context;
    for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++)
        if (!strcmp(path, files[i].path)) {
            rp_buffer_add_text(out, files[i].text);
            return 0;
        }
    return rp_error_set(error, RP_E_SYSTEM, "%s: no such file", path);
}

int world_load(const char *text, rp_project *project, rp_error **error)
{
    static const rp_lookup lookup = {get_env, read_file, NULL};
    char name[] = "/tmp/rp-test-XXXXXX";
    int fd = mkstemp(name), failed;

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, text, strlen(text)), (int)strlen(text));
    close(fd);
    failed = rp_project_load(name, &lookup, project, error);
    unlink(name);
    return failed;
}

rp_project world_project(const char *text, const rp_plugin_schema *plugin_schema)
{
    rp_error *error = NULL;
    rp_project project = {0};
    int failed = world_load(text, &project, &error);

    if (!failed)
        failed = rp_project_expand(&project, plugin_schema, &error);
    ck_assert_msg(!failed, "%s: %s", text, error ? error->message : "");
    return project;
}
