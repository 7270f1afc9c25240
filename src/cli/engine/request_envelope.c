#include "cli/engine/request_envelope.h"

#include "json/writer.h"

#include <string.h>

#define MAX_NAMES 1024

typedef struct request_shape {
    const char *hook;
    const char *bare;       /* the member that a bare object becomes */
    const char *members[5]; /* an object with any of these is an envelope */
} request_shape;

static const request_shape shapes[] = {
    {"validate", "records", {"resource", "records", "config"}},
    {"create", "records", {"resource", "records"}},
    {"read", "records", {"resource", "records"}},
    {"delete", "records", {"resource", "records"}},
    {"list", "parent", {"resource", "parent", "options", "page"}},
};

/* NULL for a hook whose requests have no records: sent unchanged. */
static const request_shape *shape_of(const char *hook)
{
    for (size_t i = 0; i < rp_count_of(shapes); i++)
        if (!strcmp(shapes[i].hook, hook))
            return &shapes[i];
    return NULL;
}

static bool is_envelope(const request_shape *shape, const rp_json *request)
{
    for (const char *const *member = shape->members; *member; member++)
        if (rp_json_get(request, *member))
            return true;
    return false;
}

bool rp_envelope_lacks_resource(const char *hook, const rp_json *request)
{
    const request_shape *shape = shape_of(hook);

    if (!shape)
        return false;
    if (!is_envelope(shape, request))
        return true;
    return !rp_json_get(request, "resource") && !rp_json_get(request, "config");
}

/* "resource": null counts as absent, and is already written. */
static int copy_member(void *context, const char *name, const rp_json *value)
{
    rp_json_writer *writer = context;

    if (!strcmp(name, "resource"))
        return 0;
    rp_write_name(writer, name);
    rp_write_value(writer, value);
    return 0;
}

/* A record becomes an array of one; a parent stays an object. */
static void write_bare(rp_json_writer *writer, const request_shape *shape, const rp_json *request)
{
    bool wrap = rp_json_type_of(request) == RP_JSON_OBJECT && !strcmp(shape->bare, "records");

    rp_write_name(writer, shape->bare);
    if (wrap)
        rp_write_begin(writer, '[');
    rp_write_value(writer, request);
    if (wrap)
        rp_write_end(writer, ']');
}

static int check(const request_shape *shape, const rp_json *request, const char *resource, rp_error **error)
{
    const char *named = rp_json_text(rp_json_get(request, "resource"));

    if (rp_json_type_of(request) == RP_JSON_ARRAY && shape && strcmp(shape->bare, "records"))
        return rp_error_set(error, RP_E_INVALID, "%s takes an object, the %s", shape->hook, shape->bare);
    if (shape && is_envelope(shape, request) && named && resource && strcmp(named, resource))
        return rp_error_set(error, RP_E_INVALID, "the request is for the resource \"%s\", not \"%s\"", named,
                            resource);
    return 0;
}

int rp_envelope_write(const char *hook, const rp_json *request, const char *resource, rp_buffer *out,
                      rp_error **error)
{
    const request_shape *shape = shape_of(hook);
    rp_json_writer writer = RP_JSON_WRITER(out);
    int failed = check(shape, request, resource, error);

    if (failed)
        return failed;
    if (!rp_envelope_lacks_resource(hook, request)) {
        rp_write_value(&writer, request);
    } else {
        rp_write_begin(&writer, '{');
        rp_write_text_member(&writer, "resource", resource);
        if (is_envelope(shape, request))
            rp_json_each(request, copy_member, &writer);
        else
            write_bare(&writer, shape, request);
        rp_write_end(&writer, '}');
    }
    return rp_buffer_ok(out) ? 0 : rp_error_set(error, RP_E_INVALID, "the request is too long");
}

static int add_name(void *context, const char *name, const rp_json *value)
{
    rp_buffer *names = context;

    (void)value;
    rp_buffer_format(names, "%s%s", names->len ? ", " : "", name);
    return 0;
}

static int keep_name(void *context, const char *name, const rp_json *value)
{
    (void)value;
    *(const char **)context = name;
    return 1;
}

int rp_envelope_only_resource(const rp_json *description, const char **resource, rp_error **error)
{
    _cleanup_(rp_buffer_done) rp_buffer names = RP_BUFFER(MAX_NAMES);
    const rp_json *resources = rp_json_get(description, "resources");

    if (rp_json_count(resources) == 1 && rp_json_type_of(resources) == RP_JSON_OBJECT) {
        rp_json_each(resources, keep_name, resource);
        return 0;
    }
    rp_json_each(resources, add_name, &names);
    return rp_error_set(error, RP_E_INVALID, "--resource is missing: the plugin has %s",
                        names.len ? rp_buffer_text(&names) : "no resources in its description");
}
