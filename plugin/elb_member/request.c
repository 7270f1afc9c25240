#include "request.h"

#include "base/text.h"

#include <string.h>

/* The members of an envelope, and with which part they come. */
static const struct {
    const char *name;
    unsigned part;
    size_t offset;
} members[] = {
    {"config", REQUEST_CONFIG, offsetof(request, config)},
    {"resource", REQUEST_RECORDS | REQUEST_PARENT, 0},
    {"records", REQUEST_RECORDS, offsetof(request, records)},
    {"options", REQUEST_RECORDS | REQUEST_PARENT, offsetof(request, options)},
    {"parent", REQUEST_PARENT, offsetof(request, parent)},
    {"page", REQUEST_PARENT, offsetof(request, page)},
};

struct reading {
    request *into;
    unsigned parts;
    rp_error **error;
};

static int take_member(void *context, const char *name, const rp_json *value)
{
    struct reading *reading = context;
    _cleanup_(rp_freep) char *path = NULL;

    for (size_t i = 0; i < rp_count_of(members); i++) {
        if (strcmp(members[i].name, name) || !(members[i].part & reading->parts))
            continue;
        if (members[i].offset)
            *(const rp_json **)((char *)reading->into + members[i].offset) = value;
        return 0;
    }
    /* A name that a pointer would have to escape is left to the words. */
    path = strpbrk(name, "/~") ? NULL : rp_format("/%s", name);
    return rp_error_set_at(reading->error, RP_E_INVALID, path ? path : "",
                           "unknown member \"%s\" in the request", name);
}

static int check_resource(const request *one, rp_error **error)
{
    const rp_json *resource = rp_json_get(one->root, "resource");
    const char *name = rp_json_text(resource);

    if (!name)
        return rp_error_set_at(error, RP_E_INVALID, "/resource", "resource is missing, or not a string");
    if (strcmp(name, "elb_member"))
        return rp_error_set_at(error, RP_E_NOT_FOUND, "/resource",
                               "unknown resource \"%.64s\": this plugin has only \"elb_member\"", name);
    return 0;
}

static int check_parts(const request *one, unsigned parts, rp_error **error)
{
    if (one->config)
        return one->records || rp_json_has(one->root, "resource")
                   ? rp_error_set_at(error, RP_E_INVALID, "/config", "config and records must not be given together")
                   : 0;
    if (parts & (REQUEST_RECORDS | REQUEST_PARENT)) {
        int result = check_resource(one, error);
        if (result < 0)
            return result;
    }
    if (parts & REQUEST_RECORDS && rp_json_type_of(one->records) != RP_JSON_ARRAY)
        return rp_error_set_at(error, RP_E_INVALID, "/records", "records is missing, or not an array");
    return 0;
}

int request_read(request *into, const char *text, size_t len, unsigned parts, rp_error **error)
{
    struct reading reading = {into, parts, error};
    int result;

    *into = (request){0};
    if (!text || len == 0)
        result = rp_json_parse("{}", 2, &into->root, error);
    else
        result = rp_json_parse(text, len, &into->root, error);
    if (result < 0)
        return result;
    if (rp_json_type_of(into->root) != RP_JSON_OBJECT)
        return rp_error_set_at(error, RP_E_INVALID, "", "a request must be an object, not %s",
                               rp_json_type_name(rp_json_type_of(into->root)));
    result = rp_json_each(into->root, take_member, &reading);
    return result < 0 ? result : check_parts(into, parts, error);
}

void request_clear(request *one)
{
    if (one->root)
        rp_json_wipe_strings(one->root);
    rp_json_free(one->root);
    *one = (request){0};
}
