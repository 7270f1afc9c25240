#include "bridge/catalog.h"

#include "bridge/write_only.h"

#include <string.h>

bool names_have(const names *in, const char *name)
{
    for (size_t i = 0; i < in->count; i++)
        if (!strcmp(in->items[i], name))
            return true;
    return false;
}

const resource_type *catalog_find(const catalog *in, const char *name)
{
    for (size_t i = 0; i < in->count; i++)
        if (!strcmp(in->types[i].name, name))
            return &in->types[i];
    return NULL;
}

int64_t catalog_settle_ms(const rp_json *description, const char *resource, int64_t otherwise)
{
    int64_t ms = otherwise;

    rp_json_integer(rp_json_get(rp_json_get(rp_json_get(description, "resources"), resource), "settle_ms"),
                    &ms);
    return ms;
}

/* "cloud" of a plugin named cloud_disk: what a configuration calls the provider, because its resources begin
 * with it. */
static const char *local_name(arena *in, const char *plugin)
{
    const char *name = schema_name(in, plugin);

    return arena_copy(in, name, strcspn(name, "_"));
}

static const char *type_name(arena *in, const char *plugin, const char *resource)
{
    const char *local = local_name(in, plugin), *name = schema_name(in, resource);
    size_t len = strlen(local);

    if (!strncmp(name, local, len) && name[len] == '_')
        return name;
    return arena_format(in, "%s_%s", schema_name(in, plugin), name);
}

static const attribute timeout_attributes[] = {
    {.name = "create",
     .json_name = "create",
     .type = &type_string,
     .optional = true,
     .description = "Time for a create, such as \"30s\", \"10m\" or \"1h30m\". Default: the plugin's own."},
    {.name = "read",
     .json_name = "read",
     .type = &type_string,
     .optional = true,
     .description = "Time for a read."},
    {.name = "update",
     .json_name = "update",
     .type = &type_string,
     .optional = true,
     .description = "Time for an update."},
    {.name = "delete",
     .json_name = "delete",
     .type = &type_string,
     .optional = true,
     .description = "Time for a delete."},
};
static const type timeouts_type = {
    .kind = TYPE_OBJECT,
    .object = {.count = rp_count_of(timeout_attributes), .items = (attribute *)(size_t)timeout_attributes}};

static const attribute timeouts = {.name = CATALOG_TIMEOUTS,
                                   .json_name = CATALOG_TIMEOUTS,
                                   .type = &timeouts_type,
                                   .description = "How long each operation may take.",
                                   .optional = true,
                                   .is_block = true};

/* An option keeps its name unless the block has an attribute of that name. */
static void add_options(arena *in, resource_type *to)
{
    for (size_t i = 0; i < to->options.count; i++) {
        attribute *one = &to->options.items[i];

        while (attributes_find(&to->block.object, one->name))
            one->name = arena_format(in, "%s_", one->name);
        one->is_option = true;
        one->optional = true;
        one->required = one->computed = one->in_record = one->force_new = false;
        attributes_append(&to->block.object, one);
    }
}

/* Terraform sees no change of a write-only value: it sees that of this number. */
static void add_write_only_version(arena *in, resource_type *to)
{
    attribute version = {
        .name = CATALOG_WRITE_ONLY_VERSION,
        .type = &type_number,
        .description =
            "Counts the changes of the write-only attributes, which are noticed by a fingerprint. Set it to "
            "decide yourself: then they are sent anew when this number changes, and only then.",
        .optional = true,
        .computed = true,
        .is_version = true};
    bool any = false;

    for (size_t i = 0; i < to->members.count; i++)
        any |= write_only_has(&to->members.items[i]);
    if (!any)
        return;
    while (attributes_find(&to->members, version.name))
        version.name = arena_format(in, "%s_", version.name);
    version.json_name = to->write_only_version = version.name;
    to->members = attributes_with_room(in, &to->members, 1);
    attributes_append(&to->members, &version);
}

static void single_block(arena *in, resource_type *to)
{
    to->block =
        (type){.kind = TYPE_OBJECT, .object = attributes_with_room(in, &to->members, to->options.count + 1)};
    add_options(in, to);
    if (!attributes_find(&to->block.object, CATALOG_TIMEOUTS))
        attributes_append(&to->block.object, &timeouts);
}

static bool is_readable(const attribute *one, const void *with)
{
    (void)with;
    return !one->write_only && !one->is_version;
}

/* Of a data source all is computed but what finds the object: what a record has, and the id. */
static void single_data(arena *in, resource_type *to)
{
    to->data = (type){.kind = TYPE_OBJECT, .object = attributes_choose(in, &to->members, is_readable, NULL)};
    for (size_t i = 0; i < to->data.object.count; i++) {
        attribute *one = &to->data.object.items[i];

        one->required = one->force_new = false;
        one->optional = names_have(&to->key, one->name) || !strcmp(one->name, CATALOG_ID);
        one->computed = true;
    }
}

static bool is_not_parents(const attribute *one, const void *parent)
{
    return !attributes_find(parent, one->name);
}

static bool is_in_block_of_set(const attribute *one)
{
    return !strcmp(one->name, CATALOG_RECORDS) || !strcmp(one->name, CATALOG_FAILED) ||
           !strcmp(one->name, CATALOG_ID);
}

static const attribute set_id = {.name = CATALOG_ID,
                                 .json_name = CATALOG_ID,
                                 .type = &type_string,
                                 .description = "What the set is imported by: the parent.",
                                 .computed = true};

static attribute records_attribute(const type *map)
{
    return (attribute){.name = CATALOG_RECORDS,
                       .json_name = CATALOG_RECORDS,
                       .type = map,
                       .description = "The records, by names of your choice.",
                       .required = true};
}

static attribute failed_attribute(arena *in)
{
    return (attribute){.name = CATALOG_FAILED,
                       .json_name = CATALOG_FAILED,
                       .type = type_map_of(in, &type_string),
                       .description = "Why records are not as configured, by their names. Empty if all are.",
                       .computed = true};
}

static void set_block(arena *in, resource_type *to)
{
    const attribute records = records_attribute(type_map_of(in, &to->element)), failed = failed_attribute(in);

    to->block =
        (type){.kind = TYPE_OBJECT, .object = attributes_with_room(in, &to->parent, to->options.count + 4)};
    for (size_t i = 0; i < to->block.object.count; i++)
        to->block.object.items[i].force_new = true;
    attributes_append(&to->block.object, &set_id);
    attributes_append(&to->block.object, &records);
    attributes_append(&to->block.object, &failed);
    add_options(in, to);
    attributes_append(&to->block.object, &timeouts);
}

static void set_data(arena *in, resource_type *to)
{
    type *element = arena_alloc(in, sizeof(*element));
    attribute records;

    *element =
        (type){.kind = TYPE_OBJECT, .object = attributes_choose(in, &to->element.object, is_readable, NULL)};
    for (size_t i = 0; i < element->object.count; i++) {
        attribute *one = &element->object.items[i];

        one->required = one->optional = false;
        one->computed = true;
    }
    records = records_attribute(type_map_of(in, element));
    records.description = "All that the parent has, by id.";
    records.required = false;
    records.computed = true;
    to->data = (type){.kind = TYPE_OBJECT, .object = attributes_with_room(in, &to->parent, 2)};
    attributes_append(&to->data.object, &set_id);
    attributes_append(&to->data.object, &records);
}

/* The parent's attributes as the members have them; only a parent whose attributes are all a record's makes a
 * set. */
static bool lift_parent(arena *in, const rp_json *schema, resource_type *to)
{
    attributes asked;

    if (schema_attributes(in, schema, &asked, NULL) < 0 || !asked.count)
        return false;
    to->parent = attributes_with_room(in, &asked, 0);
    for (size_t i = 0; i < asked.count; i++) {
        const attribute *member = attributes_find(&to->members, asked.items[i].name);

        if (!member || !member->in_record || is_in_block_of_set(member))
            return false;
        to->parent.items[i] = *member;
        to->parent.items[i].required = true;
        to->parent.items[i].optional = to->parent.items[i].computed = false;
    }
    return true;
}

static names key_names(arena *in, const rp_json *key)
{
    names made = {.items = arena_alloc(in, rp_json_count(key) * sizeof(*made.items))};

    for (size_t i = 0; i < rp_json_count(key); i++) {
        const char *name = rp_json_text(rp_json_at(key, i));

        if (name)
            made.items[made.count++] = schema_name(in, name);
    }
    return made;
}

typedef struct reading {
    arena *in;
    const char *plugin;
    bool has_update, has_list;
    catalog *into;
    rp_error **error;
} reading;

static int read_single(const reading *from, const rp_json *json, resource_type *to)
{
    int64_t most = 0;

    if (schema_members(from->in, rp_json_get(json, "record"), rp_json_get(json, "state"), &to->members,
                       from->error) < 0 ||
        schema_attributes(from->in, rp_json_get(json, "options"), &to->options, from->error) < 0) {
        rp_error_add(from->error, "resource %s", to->resource);
        return RP_E_INVALID;
    }
    add_write_only_version(from->in, to);
    rp_json_integer(rp_json_get(json, "settle_ms"), &to->settle_ms);
    rp_json_integer(rp_json_get(json, "max_records"), &most);
    to->max_records = most > 0 ? (size_t)most : 0;
    to->key = key_names(from->in, rp_json_get(json, "key"));
    to->can_update = from->has_update;
    single_block(from->in, to);
    single_data(from->in, to);
    return 0;
}

static int read_resource(void *context, const char *name, const rp_json *json)
{
    const reading *from = context;
    resource_type *single = &from->into->types[from->into->count++], *set;

    single->resource = arena_text(from->in, name);
    single->name = type_name(from->in, from->plugin, name);
    single->description = arena_format(from->in, "One record of the resource %s.", name);
    if (read_single(from, json, single) < 0)
        return RP_E_INVALID;
    set = single + 1;
    *set = *single;
    if (!from->has_list || !set->key.count || !lift_parent(from->in, rp_json_get(json, "parent"), set))
        return 0;
    from->into->count++;
    set->is_set = true;
    set->name = arena_format(from->in, "%s_set", single->name);
    set->description =
        arena_format(from->in, "Records of the resource %s that have one parent, in one request.", name);
    set->element = (type){.kind = TYPE_OBJECT,
                          .object = attributes_choose(from->in, &set->members, is_not_parents, &set->parent)};
    set_block(from->in, set);
    set_data(from->in, set);
    return 0;
}

int catalog_read(arena *in, const rp_json *description, const char *plugin, bool has_update, bool has_list,
                 catalog *out, rp_error **error)
{
    const rp_json *resources = rp_json_get(description, "resources");
    reading from = {in, plugin, has_update, has_list, out, error};
    attributes config;

    *out = (catalog){.types = arena_alloc(in, (2 * rp_json_count(resources) + 1) * sizeof(*out->types))};
    if (schema_attributes(in, rp_json_get(description, "config"), &config, error) < 0) {
        rp_error_add(error, "config");
        return RP_E_INVALID;
    }
    for (size_t i = 0; i < config.count; i++)
        config.items[i].write_only = config.items[i].computed = false;
    out->config = (type){.kind = TYPE_OBJECT, .object = config};
    return rp_json_each(resources, read_resource, &from);
}
