/* Requests: the envelope, the same for all hooks, and the records in it. */
#include "kit/call.h"

#include "base/text.h"

#define DEFAULT_TIMEOUT_MS 60000

/* The members of an envelope, and with which part they come. */
static const struct {
    const char *name;
    unsigned part;
    size_t offset;
} members[] = {
    {"config", PART_CONFIG, offsetof(rpkit_call, config)},
    {"resource", PART_RECORDS | PART_PARENT, 0},
    {"records", PART_RECORDS, offsetof(rpkit_call, records)},
    {"options", PART_RECORDS | PART_PARENT, offsetof(rpkit_call, options_member)},
    {"parent", PART_PARENT, offsetof(rpkit_call, parent_member)},
    {"page", PART_PARENT, offsetof(rpkit_call, page)},
};

struct reading {
    rpkit_call *into;
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
    path = rpkit_pointer("", name);
    return rp_error_set_at(reading->error, RP_E_INVALID, path ? path : "",
                           "unknown member \"%.64s\" in the request", name);
}

const rpkit_resource *resource_named(const char *name)
{
    for (size_t i = 0; i < rpkit_definition.resource_count; i++)
        if (!strcmp(rpkit_definition.resources[i].name, name))
            return &rpkit_definition.resources[i];
    return NULL;
}

static int refuse_resource(const char *name, rp_error **error)
{
    rp_buffer known = RP_BUFFER(4096);

    for (size_t i = 0; i < rpkit_definition.resource_count; i++)
        rp_buffer_format(&known, "%s\"%s\"", i ? ", " : "", rpkit_definition.resources[i].name);
    rp_error_set_at(error, RP_E_NOT_FOUND, "/resource", "there is no resource \"%.64s\" here, only %s", name,
                    rp_buffer_text(&known));
    rp_buffer_done(&known);
    return RP_E_NOT_FOUND;
}

static int find_resource(rpkit_call *call, rp_error **error)
{
    const rp_json *resource = rp_json_get(call->root, "resource");
    const char *name = rp_json_text(resource);

    if (!resource)
        return rp_error_set_at(error, RP_E_INVALID, "", "resource is missing");
    if (!name)
        return rp_error_set_at(error, RP_E_INVALID, "/resource", "resource must be a string");
    call->resource = resource_named(name);
    return call->resource ? 0 : refuse_resource(name, error);
}

static int check_parts(rpkit_call *call, unsigned parts, rp_error **error)
{
    int code;

    if (call->config)
        return call->records || rp_json_has(call->root, "resource")
                   ? rp_error_set_at(error, RP_E_INVALID, "/config", "config and records do not go together")
                   : 0;
    if (!(parts & (PART_RECORDS | PART_PARENT)))
        return 0;
    code = find_resource(call, error);
    if (code == 0 && parts & PART_RECORDS && rp_json_type_of(call->records) != RP_JSON_ARRAY)
        code = rp_error_set_at(error, RP_E_INVALID, call->records ? "/records" : "",
                               call->records ? "records must be an array" : "records is missing");
    return code;
}

static int parse(rpkit_call *call, const char *text, size_t len, unsigned parts, rp_error **error)
{
    struct reading reading = {call, parts, error};
    int code = text && len ? rp_json_parse(text, len, &call->root, error)
                           : rp_json_parse("{}", 2, &call->root, error);

    if (code < 0)
        return code;
    if (rp_json_type_of(call->root) != RP_JSON_OBJECT)
        return rp_error_set_at(error, RP_E_INVALID, "", "a request must be an object, not %s",
                               rp_json_type_name(rp_json_type_of(call->root)));
    code = rp_json_each(call->root, take_member, &reading);
    return code < 0 ? code : check_parts(call, parts, error);
}

/* Options or parent, read into a struct of their own. */
static int read_part(const rpkit_attribute *fields, size_t size, const rp_json *object, const char *at,
                     void **into, rp_error **error)
{
    static const rpkit_attribute none[] = {{0}};

    if (fields) {
        *into = calloc(1, size);
        if (!*into)
            return rp_error_no_memory(error);
        rpkit_attributes_defaults(fields, *into);
    }
    return object ? rpkit_attributes_read(fields ? fields : none, object, RPKIT_READ_STRICT, at, *into, error)
                  : 0;
}

static int read_parent(rpkit_call *call, rp_error **error)
{
    const rpkit_resource *resource = call->resource;

    if (resource->parent && !call->parent_member)
        return rp_error_set_at(error, RP_E_INVALID, "", "parent is missing: list needs one");
    return read_part(resource->parent, resource->parent_size, call->parent_member, "/parent", &call->parent,
                     error);
}

static int read_call(rpkit_call *call, const char *text, size_t len, unsigned parts, rp_error **error)
{
    int code = parse(call, text, len, parts, error);

    if (code == 0 && call->resource)
        code = read_part(call->resource->options, call->resource->options_size, call->options_member,
                         "/options", &call->options, error);
    if (code == 0 && parts & PART_PARENT)
        code = read_parent(call, error);
    return code;
}

static uint32_t timeout_of(const rp_instance *instance, const rp_call *host)
{
    uint32_t asked = host && RP_HAS(rp_call, host, timeout_ms) ? host->timeout_ms : 0;

    if (asked)
        return asked;
    return instance && instance->timeout_ms ? instance->timeout_ms : DEFAULT_TIMEOUT_MS;
}

const rp_response *call_start(rpkit_call *call, rpkit_hook hook, rp_instance *instance, const rp_call *host,
                              const char *request, size_t len, unsigned parts)
{
    _cleanup_(rp_error_freep) rp_error *error = NULL;

    *call = (rpkit_call){.hook = hook,
                         .host = host,
                         .deadline_ms = rp_now_ms(&rp_clock_system) + timeout_of(instance, host),
                         .instance = instance,
                         .at = ""};
    return read_call(call, request, len, parts, &error) < 0 ? response_refused_for(error) : NULL;
}

/* --- records -------------------------------------------------------------------- */

static int must_be_object(const rp_json *object, const char *at, const char *what, rp_error **error)
{
    if (rp_json_type_of(object) == RP_JSON_OBJECT)
        return 0;
    return rp_error_set_at(error, RP_E_INVALID, at, "%s must be an object, not %s", what,
                           rp_json_type_name(rp_json_type_of(object)));
}

/* The plugin's own check, which puts what is wrong where it is told. */
static int check_record(rpkit_call *call, void *record, bool is_new, const char *at, rp_error **error)
{
    _cleanup_(rp_error_freep) rp_error *fault = NULL;
    rp_error **to = error ? error : &fault;
    bool right;

    if (!call->resource->check)
        return 0;
    call->fault = to;
    call->at = at;
    right = call->resource->check(call, record, is_new);
    call->fault = NULL;
    call->at = "";
    if (right)
        return 0;
    return *to ? (*to)->code : rp_error_set_at(error, RP_E_INVALID, at, "the record is wrong");
}

static int read_new(rpkit_call *call, const rp_json *object, bool partial, const char *at, call_record *into,
                    rp_error **error)
{
    const rpkit_resource *resource = call->resource;
    int code = must_be_object(object, at, "a record", error);

    rpkit_attributes_defaults(resource->attributes, into->record);
    if (code == 0)
        code =
            rpkit_attributes_read(resource->attributes, object,
                                  partial ? RPKIT_READ_PARTIAL : RPKIT_READ_STRICT, at, into->record, error);
    return code == 0 ? check_record(call, into->record, true, at, error) : code;
}

static int read_naming(rpkit_call *call, const rp_json *object, const char *at, void *state, rp_error **error)
{
    const rpkit_resource *resource = call->resource;
    int code = must_be_object(object, at, *at ? "state" : "a record", error);

    if (code == 0)
        code = rpkit_attributes_read(resource->attributes, object, RPKIT_READ_NAMING, at, state, error);
    if (code == 0)
        code = complete_key(resource, object, at, state, error);
    return code == 0 ? check_record(call, state, false, at, error) : code;
}

static int refuse_beside(void *context, const char *name, const rp_json *value)
{
    _cleanup_(rp_freep) char *path = rpkit_pointer("", name);

    (void)value;
    if (!strcmp(name, "state") || !strcmp(name, "record"))
        return 0;
    return rp_error_set_at(context, RP_E_INVALID, path ? path : "",
                           "unknown member \"%.64s\": update takes \"state\" and \"record\"", name);
}

static bool has_text(const rpkit_attribute *field)
{
    return field->kind == RPKIT_TEXT;
}

/* What cannot be changed in place must be as it is; a state need not have it. */
static int compare_force_new(const rpkit_resource *resource, const call_record *one, rp_error **error)
{
    for (const rpkit_attribute *field = resource->attributes; field->name; field++) {
        const char *old = has_text(field) ? *(char **)((char *)one->state + field->offset) : NULL;
        const char *new = has_text(field) ? *(char **)((char *)one->record + field->offset) : NULL;
        _cleanup_(rp_freep) char *path = NULL;
        if (!(field->key || field->force_new) || !old || (new && !strcmp(old, new)))
            continue;
        path = rpkit_pointer("/record", field->name);
        return path ? rp_error_set_at(error, RP_E_INVALID, path,
                                      "\"%s\" cannot be changed: delete the object and create another",
                                      field->name)
                    : rp_error_no_memory(error);
    }
    return 0;
}

static int read_update(rpkit_call *call, const rp_json *object, call_record *into, rp_error **error)
{
    int code = must_be_object(object, "", "a record of update", error);

    if (code == 0)
        code = rp_json_each(object, refuse_beside, error);
    if (code == 0)
        code = read_naming(call, rp_json_get(object, "state"), "/state", into->state, error);
    if (code == 0)
        code = read_new(call, rp_json_get(object, "record"), false, "/record", into, error);
    return code == 0 ? compare_force_new(call->resource, into, error) : code;
}

static int read_entry(rpkit_call *call, const rp_json *object, bool partial, call_record *into,
                      rp_error **error)
{
    const rpkit_resource *resource = call->resource;
    int code;

    if (call->hook == HOOK_UPDATE)
        code = read_update(call, object, into, &into->refused);
    else if (call->hook == HOOK_CREATE || call->hook == HOOK_VALIDATE)
        code = read_new(call, object, partial, "", into, &into->refused);
    else
        code = read_naming(call, object, "", into->record, &into->refused);
    if (code == 0 && makes_id(resource))
        code = make_id(resource, into->state ? into->state : into->record, &into->id, error);
    result_room(call, into, object);
    return code == RP_E_NO_MEMORY ? rp_error_no_memory(error) : 0;
}

static int make_entries(rpkit_call *call, rp_error **error)
{
    size_t count = rp_json_count(call->records), size = call->resource->size;
    bool updates = call->hook == HOOK_UPDATE;

    call->entries = calloc(count ? count : 1, sizeof(*call->entries));
    call->structs = calloc(count ? count : 1, updates ? 2 * size : size);
    if (!call->entries || !call->structs)
        return rp_error_no_memory(error);
    call->count = call->current = count;
    for (size_t i = 0; i < count; i++) {
        call->entries[i].twin = i;
        call->entries[i].record = call->structs + i * size;
        call->entries[i].state = updates ? call->structs + (count + i) * size : NULL;
    }
    return 0;
}

static int check_count(const rpkit_call *call, rp_error **error)
{
    uint32_t most = call->resource->max_records ? call->resource->max_records : DEFAULT_MAX_RECORDS;
    size_t count = rp_json_count(call->records);

    if (count <= most)
        return 0;
    return rp_error_set_at(error, RP_E_INVALID, "/records",
                           "%zu records in one request, of at most %u: split the request", count, most);
}

int call_read_records(rpkit_call *call, bool partial, rp_error **error)
{
    int code = check_count(call, error);
    size_t room = 0, least = 0;

    if (code == 0)
        code = make_entries(call, error);
    for (size_t i = 0; i < call->count && code == 0; i++) {
        code = read_entry(call, rp_json_at(call->records, i), partial, &call->entries[i], error);
        room += call->entries[i].room;
        least += call->entries[i].least_room;
    }
    if (code == 0 && least > MAX_RESPONSE_BYTES - 256)
        return rp_error_set_at(error, RP_E_INVALID, "/records",
                               "the answer to these records would be too long: split the request");
    if (code == 0 && (call->hook == HOOK_CREATE || call->hook == HOOK_UPDATE || call->hook == HOOK_DELETE))
        code = find_twins(call, error);
    call->least_left = least;
    if (code == 0 && !(call->response = response_begin(room)))
        code = rp_error_no_memory(error);
    return code;
}

void call_clear(rpkit_call *call)
{
    const rpkit_resource *resource = call->resource;

    for (size_t i = 0; i < call->count; i++) {
        call_record *one = &call->entries[i];
        rpkit_attributes_clear(resource->attributes, one->record);
        if (one->state)
            rpkit_attributes_clear(resource->attributes, one->state);
        free(one->id);
        rp_error_free(one->refused);
    }
    if (call->options)
        rpkit_attributes_clear(resource->options, call->options);
    if (call->parent)
        rpkit_attributes_clear(resource->parent, call->parent);
    free(call->options);
    free(call->parent);
    free(call->entries);
    free(call->structs);
    free(call->next_page);
    if (call->response)
        rpkit_release(&call->response->told);
    if (call->root)
        rp_json_wipe_strings(call->root);
    rp_json_free(call->root);
    *call = (rpkit_call){0};
}
