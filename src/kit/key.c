/*
 * The key of an object: the id that is made of it, and records that name the same
 * object.
 */
#include "kit/call.h"

#include "base/text.h"

#include <search.h>

bool makes_id(const rpkit_resource *resource)
{
    return !rpkit_attributes_find(resource->attributes, "id");
}

static char **value_of(const rpkit_attribute *field, const void *record)
{
    return (char **)((char *)record + field->offset);
}

static size_t key_length(const rpkit_resource *resource)
{
    size_t count = 0;

    for (const rpkit_attribute *field = resource->attributes; field->name; field++)
        count += field->key;
    return count;
}

static void add_escaped(rp_buffer *id, const char *value)
{
    for (; *value; value++) {
        if (*value == '/' || *value == '%')
            rp_buffer_add_text(id, *value == '/' ? "%2F" : "%25");
        else
            rp_buffer_add_char(id, *value);
    }
}

int make_id(const rpkit_resource *resource, const void *record, char **id, rp_error **error)
{
    rp_buffer text = RP_BUFFER(SIZE_MAX / 2);
    bool alone = key_length(resource) == 1;

    *id = NULL;
    for (const rpkit_attribute *field = resource->attributes; field->name; field++) {
        const char *value = field->key ? *value_of(field, record) : NULL;
        if (!field->key)
            continue;
        if (!value) {
            rp_buffer_done(&text);
            return 0;
        }
        if (text.len)
            rp_buffer_add_char(&text, '/');
        if (alone)
            rp_buffer_add_text(&text, value);
        else
            add_escaped(&text, value);
    }
    *id = rp_buffer_take(&text);
    return *id ? 0 : rp_error_no_memory(error);
}

/* Cuts the next part of an id off and undoes its escapes; NULL if there is none. */
static char *next_part(char **rest, bool alone)
{
    char *part = *rest, *to = part;

    if (!part)
        return NULL;
    *rest = alone ? NULL : strchr(part, '/');
    if (*rest)
        *(*rest)++ = '\0';
    for (char *from = part; !alone && *from; to++) {
        bool escaped = !strncmp(from, "%2F", 3) || !strncmp(from, "%25", 3);
        *to = escaped ? (from[2] == 'F' ? '/' : '%') : *from;
        from += escaped ? 3 : 1;
    }
    if (!alone)
        *to = '\0';
    return part;
}

static int wrong_id(const char *at, rp_error **error, const char *why)
{
    _cleanup_(rp_freep) char *path = rpkit_pointer(at, "id");

    return path ? rp_error_set_at(error, RP_E_INVALID, path, "%s", why) : rp_error_no_memory(error);
}

/* Gives each part of the key the value that the id has for it, or checks that they agree. */
static int split_id(const rpkit_resource *resource, char *id, const char *at, void *state, rp_error **error)
{
    bool alone = key_length(resource) == 1;
    char *rest = id;

    for (const rpkit_attribute *field = resource->attributes; field->name; field++) {
        const char *part;
        int code = 0;
        if (!field->key)
            continue;
        part = next_part(&rest, alone);
        if (!part || !*part)
            return wrong_id(at, error, "id is not of the form this plugin gives");
        if (*value_of(field, state) && strcmp(*value_of(field, state), part))
            return wrong_id(at, error, "id and key are not of the same object");
        if (!*value_of(field, state))
            code = rpkit_attributes_set_text(field, part, at, state, error);
        if (code < 0)
            return code;
    }
    return rest ? wrong_id(at, error, "id is not of the form this plugin gives") : 0;
}

static int missing_key(const rpkit_attribute *field, const char *at, rp_error **error)
{
    return rp_error_set_at(error, RP_E_INVALID, at,
                           "\"%s\" is missing: an object is named by its id or its whole key", field->name);
}

int complete_key(const rpkit_resource *resource, const rp_json *object, const char *at, void *state,
                 rp_error **error)
{
    const rp_json *id = rp_json_get(object, "id");
    _cleanup_(rp_freep) char *copy = NULL;

    if (!makes_id(resource))
        return 0;
    if (id && (!rp_json_text(id) || !*rp_json_text(id)))
        return wrong_id(at, error, "id must be a string that is not empty");
    if (id && !(copy = strdup(rp_json_text(id))))
        return rp_error_no_memory(error);
    if (copy) {
        int code = split_id(resource, copy, at, state, error);
        if (code < 0)
            return code;
    }
    for (const rpkit_attribute *field = resource->attributes; field->name; field++)
        if (field->key && !*value_of(field, state))
            return missing_key(field, at, error);
    return 0;
}

/* --- twins -------------------------------------------------------------------- */

typedef struct node {
    const rpkit_call *call;
    size_t index;
} node;

static const void *naming(const call_record *one)
{
    return one->state ? one->state : one->record;
}

static int compare_nodes(const void *one, const void *other)
{
    const node *a = one, *b = other;
    const call_record *first = &a->call->entries[a->index], *second = &b->call->entries[b->index];

    if (a->call->resource->compare)
        return a->call->resource->compare(naming(first), naming(second));
    return first->id && second->id ? strcmp(first->id, second->id)
                                   : (a->index > b->index) - (a->index < b->index);
}

static void leave_node(void *one)
{
    (void)one;
}

int find_twins(rpkit_call *call, rp_error **error)
{
    _cleanup_(rp_freep) node *nodes = calloc(call->count ? call->count : 1, sizeof(*nodes));
    void *tree = NULL;
    int code = nodes ? 0 : rp_error_no_memory(error);

    for (size_t i = 0; i < call->count && code == 0; i++) {
        node **found;
        nodes[i] = (node){call, i};
        if (call->entries[i].refused)
            continue;
        found = tsearch(&nodes[i], &tree, compare_nodes);
        if (!found)
            code = rp_error_no_memory(error);
        else
            call->entries[i].twin = (*found)->index;
    }
    tdestroy(tree, leave_node);
    return code;
}
