#include "cli/config/project.h"

#include "base/secret.h"
#include "base/text.h"
#include "cli/array.h"
#include "cli/config/address.h"
#include "cli/config/document.h"
#include "cli/config/for_each_file.h"
#include "cli/nearest.h"
#include "json/scan.h"

#include <errno.h>

#define MAX_KEY 65536

static const char *get_env(void *context, const char *name)
{
    (void)context;
    return getenv(name);
}

/* Relative to the folder of the configuration. */
static int read_file(void *context, const char *path, rp_buffer *out, rp_error **error)
{
    const rp_project *project = context;
    _cleanup_(rp_document_done) rp_document document = {0};
    _cleanup_(rp_freep) char *whole = *path == '/' ? strdup(path) : rp_format("%s/%s", project->folder, path);
    int failed = whole ? rp_document_load(whole, &document, error) : rp_error_no_memory(error);

    if (failed)
        return failed;
    rp_buffer_add(out, document.text, document.len);
    rp_wipe(document.text, document.len);
    return rp_buffer_ok(out) ? 0
                             : rp_error_set(error, RP_E_INVALID, "%s: longer than %zu bytes", path, out->max);
}

/* The members a map may have. */
typedef struct member {
    const char *name; /* NULL ends the table */
    bool required;
    unsigned kinds; /* a bit for each rp_yaml_kind */
    const char *desired;
} member;

/* Keeps a fault of the file, so that the next one is found as well; anything else ends it all. */
static int keep_fault(rp_project *project, int failed, rp_error **why, rp_error **error)
{
    if (failed == RP_E_INVALID) {
        if (*why)
            rp_diagnostics_add_error(&project->faults, *why);
        rp_error_free(rp_take(*why));
        return 0;
    }
    if (failed && error)
        *error = rp_take(*why);
    return failed;
}

static int faults_found(const rp_project *project)
{
    return project->faults.errors ? RP_E_INVALID : 0;
}

#define IS(kind) (1u << (kind))

static const member file_members[] = {
    {"plugin", true, IS(RP_YAML_STRING), "the name of a plugin, or the path of one"},
    {"config", false, IS(RP_YAML_MAP) | IS(RP_YAML_NULL), "a map: the plugin's configuration"},
    {"resources", false, IS(RP_YAML_MAP) | IS(RP_YAML_NULL),
     "a map: the name of each resource, and what it is"},
    {0},
};

static const member block_members[] = {
    {"type", false, IS(RP_YAML_STRING), "the name of a type"},
    {"for_each", false, IS(RP_YAML_MAP) | IS(RP_YAML_LIST) | IS(RP_YAML_STRING),
     "a map or a list of names, or ${file:PATH} with one"},
    {"create_before_destroy", false, IS(RP_YAML_BOOLEAN), "true or false"},
    {"prevent_destroy", false, IS(RP_YAML_BOOLEAN), "true or false"},
    {"record", true, IS(RP_YAML_MAP), "a map: the members of the record"},
    {0},
};

static const member *find_member(const member *table, const char *name)
{
    for (; table->name; table++)
        if (!strcmp(table->name, name))
            return table;
    return NULL;
}

static int unknown_member(const rp_project *project, const member *table, const rp_yaml *node,
                          rp_error **error)
{
    const char *nearest = NULL;

    for (; table->name; table++)
        nearest = rp_nearer(node->name, nearest, table->name);
    if (nearest)
        return rp_error_at(error, project->file, node->name_mark, "unknown key \"%s\" (did you mean \"%s\"?)",
                           node->name, nearest);
    return rp_error_at(error, project->file, node->name_mark, "unknown key \"%s\"", node->name);
}

static int check_member(const rp_project *project, const member *table, const rp_yaml *node, rp_error **error)
{
    const member *known = find_member(table, node->name);

    if (!known)
        return unknown_member(project, table, node, error);
    if (!(known->kinds & IS(node->kind)))
        return rp_error_at(error, project->file, node->mark, "%s must be %s, and is %s", node->name,
                           known->desired, rp_yaml_kind_name(node->kind));
    return 0;
}

static int check_map(rp_project *project, const member *table, const rp_yaml *map, const char *what,
                     rp_error **error)
{
    rp_mark mark = map->name ? map->name_mark : map->mark;
    size_t errors = project->faults.errors;
    int failed = 0;

    if (map->kind != RP_YAML_MAP)
        return rp_error_at(error, project->file, mark, "%s must be a map, and is %s", what,
                           rp_yaml_kind_name(map->kind));
    for (size_t i = 0; i < map->count && !failed; i++) {
        _cleanup_(rp_error_freep) rp_error *why = NULL;
        failed = check_member(project, table, &map->items[i], &why);
        failed = keep_fault(project, failed, &why, error);
    }
    for (; table->name && !failed; table++)
        if (table->required && !rp_yaml_get(map, table->name))
            return rp_error_at(error, project->file, mark, "%s has no \"%s\": %s", what, table->name,
                               table->desired);
    return !failed && project->faults.errors > errors ? RP_E_INVALID : failed;
}

static bool is_true(const rp_yaml *map, const char *name)
{
    const rp_yaml *node = rp_yaml_get(map, name);

    return node && (*node->text | 0x20) == 't';
}

/* Whether the parts that are known are what they must be, whatever else is there. */
static bool is_readable(const rp_yaml *node)
{
    for (const member *one = block_members; one->name; one++) {
        const rp_yaml *part = rp_yaml_get(node, one->name);
        if (part ? !(one->kinds & IS(part->kind)) : one->required)
            return false;
    }
    return node->kind == RP_YAML_MAP;
}

static int read_block(rp_project *project, const rp_yaml *node, rp_error **error)
{
    _cleanup_(rp_freep) char *what = rp_format("the resource \"%s\"", node->name);
    const rp_yaml *type = rp_yaml_get(node, "type");
    rp_block *blocks = rp_array_grow(project->blocks, project->block_count, sizeof(*blocks));
    int failed = what && blocks ? 0 : rp_error_no_memory(error);

    if (blocks)
        project->blocks = blocks;
    if (!failed && !rp_address_is_name(node->name))
        return rp_error_at(error, project->file, node->name_mark,
                           "\"%s\" is no name: letters, digits, _ and -, and no digit first", node->name);
    if (!failed)
        failed = check_map(project, block_members, node, what, error);
    if (failed && !(failed == RP_E_INVALID && is_readable(node)))
        return failed;
    blocks[project->block_count++] = (rp_block){.name = node->name,
                                                .type = type ? type->text : NULL,
                                                .mark = node->name_mark,
                                                .type_mark = type ? type->mark : node->name_mark,
                                                .create_first = is_true(node, "create_before_destroy"),
                                                .prevent_destroy = is_true(node, "prevent_destroy"),
                                                .for_each = rp_yaml_get(node, "for_each"),
                                                .record = rp_yaml_get(node, "record")};
    return failed;
}

static rp_scope scope_of(const rp_project *project, const rp_desired *desired)
{
    return (rp_scope){.file = project->file,
                      .faults = (rp_diagnostics *)(uintptr_t)&project->faults,
                      .lookup = &project->lookup,
                      .key = desired ? desired->key : NULL,
                      .value = desired ? desired->value : NULL};
}

/* A path is relative to the file it stands in, wherever rp is run. */
static int set_plugin(rp_project *project, rp_error **error)
{
    const rp_yaml *node = rp_yaml_get(&project->document, "plugin");
    _cleanup_(rp_json_freep) rp_json *parsed = NULL;
    _cleanup_(rp_buffer_done) rp_buffer json = RP_BUFFER(MAX_KEY);
    rp_json_writer writer = RP_JSON_WRITER(&json);
    const rp_scope scope = scope_of(project, NULL);
    const char *name;
    int failed = rp_interpolate(node, &scope, &writer, error);

    if (!failed)
        failed = rp_json_parse(rp_buffer_text(&json), json.len, &parsed, error);
    if (failed)
        return failed;
    name = rp_json_text(parsed);
    if (!name || !*name)
        return rp_error_at(error, project->file, node->mark,
                           "plugin must be the name of a plugin, or its path");
    project->plugin =
        strchr(name, '/') && *name != '/' ? rp_format("%s/%s", project->folder, name) : strdup(name);
    return project->plugin ? 0 : rp_error_no_memory(error);
}

static int set_config(rp_project *project, rp_error **error)
{
    const rp_yaml *node = rp_yaml_get(&project->document, "config");
    rp_json_writer writer = RP_JSON_WRITER(&project->config);
    const rp_scope scope = scope_of(project, NULL);
    int failed = 0;

    if (node && node->kind == RP_YAML_MAP)
        failed = rp_interpolate(node, &scope, &writer, error);
    else
        rp_buffer_add_text(&project->config, "{}");
    return failed || rp_buffer_ok(&project->config) ? failed : rp_error_no_memory(error);
}

static bool is_text(const rp_yaml *node)
{
    return node && node->kind == RP_YAML_STRING;
}

static int read_document(rp_project *project, rp_error **error)
{
    _cleanup_(rp_error_freep) rp_error *why = NULL;
    const rp_yaml *resources;
    size_t errors;
    int failed = check_map(project, file_members, &project->document, "the file", &why);

    failed = keep_fault(project, failed, &why, error);
    resources = rp_yaml_get(&project->document, "resources");
    if (resources && resources->kind != RP_YAML_MAP)
        resources = NULL;
    for (size_t i = 0; resources && i < resources->count && !failed; i++) {
        _cleanup_(rp_error_freep) rp_error *fault = NULL;
        failed = read_block(project, &resources->items[i], &fault);
        failed = keep_fault(project, failed, &fault, error);
    }
    if (!failed && is_text(rp_yaml_get(&project->document, "plugin"))) {
        failed = set_plugin(project, &why);
        failed = keep_fault(project, failed, &why, error);
    }
    errors = project->faults.errors;
    if (!failed)
        failed = keep_fault(project, set_config(project, &why), &why, error);
    project->is_usable =
        !failed && project->plugin && project->faults.errors == errors &&
        (!rp_yaml_get(&project->document, "config") ||
         check_member(project, file_members, rp_yaml_get(&project->document, "config"), NULL) == 0);
    return failed ? failed : faults_found(project);
}

/* Some editors put it at the start of a file in UTF-8. Columns are counted without it. */
static void skip_byte_order_mark(rp_document *document)
{
    static const char mark[] = "\xef\xbb\xbf";

    if (document->len < 3 || memcmp(document->text, mark, 3) != 0)
        return;
    document->len -= 3;
    memmove(document->text, document->text + 3, document->len + 1);
}

static int load_text(rp_project *project, rp_error **error)
{
    _cleanup_(rp_error_freep) rp_error *why = NULL;
    _cleanup_(rp_document_done) rp_document document = {0};
    int failed = rp_document_load(project->file, &document, &why);

    if (failed && errno == ENOENT)
        return rp_error_set(
            error, RP_E_SYSTEM,
            "there is no %s here: write one (see \"rp help resources\"), or name it with -file",
            project->file);
    if (failed)
        return rp_error_set(error, why ? why->code : RP_E_NO_MEMORY, "%s",
                            why ? why->message : "out of memory");
    skip_byte_order_mark(&document);
    failed = rp_yaml_parse(project->file, document.text, document.len, &project->document, error);
    project->text = rp_take(document.text);
    return failed;
}

int rp_project_load(const char *file, const rp_lookup *lookup, rp_project *project, rp_error **error)
{
    _cleanup_(rp_error_freep) rp_error *why = NULL;
    const char *slash = strrchr(file, '/');
    int failed;

    *project =
        (rp_project){.file = strdup(file),
                     .folder = slash ? strndup(file, (size_t)(slash - file) + (slash == file)) : strdup("."),
                     .config = RP_BUFFER(RP_JSON_MAX_BYTES)};
    project->lookup = lookup ? *lookup : (rp_lookup){get_env, read_file, project};
    if (!project->file || !project->folder)
        return rp_error_no_memory(error);
    failed = load_text(project, &why);
    failed = keep_fault(project, failed, &why, error);
    if (!failed && project->faults.errors)
        return RP_E_INVALID;
    return failed ? failed : read_document(project, error);
}

void rp_project_done(rp_project *project)
{
    for (size_t i = 0; i < project->desired_count; i++) {
        free(project->desired[i].address);
        free(project->desired[i].record);
        free(project->desired[i].key_text);
    }
    free(project->desired);
    for (size_t i = 0; i < project->block_count; i++)
        if (project->blocks[i].from_file) {
            rp_yaml_done(project->blocks[i].from_file);
            free(project->blocks[i].from_file);
        }
    free(project->blocks);
    rp_name_index_done(&project->by_address);
    if (project->config.data)
        rp_wipe(project->config.data, project->config.len);
    rp_buffer_done(&project->config);
    rp_yaml_done(&project->document);
    rp_diagnostics_done(&project->faults);
    free(project->plugin);
    free(project->text);
    free(project->folder);
    free(project->file);
    *project = (rp_project){0};
}

/* In a record null is as good as left out; asked to validate, a plugin would take it for a value not known
 * yet. */
static int write_without_null(void *context, const char *name, const rp_json *value);

static void write_given(rp_json_writer *writer, const rp_json *value)
{
    if (rp_json_type_of(value) == RP_JSON_OBJECT) {
        rp_write_begin(writer, '{');
        rp_json_each(value, write_without_null, writer);
        rp_write_end(writer, '}');
    } else {
        rp_write_value(writer, value);
    }
}

static int write_without_null(void *context, const char *name, const rp_json *value)
{
    if (!value)
        return 0;
    rp_write_name(context, name);
    write_given(context, value);
    return 0;
}

static int remove_nulls(rp_buffer *json, rp_error **error)
{
    _cleanup_(rp_json_freep) rp_json *record = NULL;
    int failed = rp_json_parse(rp_buffer_text(json), json->len, &record, error);
    rp_json_writer writer = RP_JSON_WRITER(json);

    if (failed)
        return failed;
    json->len = 0;
    write_given(&writer, record);
    return 0;
}

static int write_record(const rp_project *project, rp_desired *desired, rp_error **error)
{
    _cleanup_(rp_buffer_done) rp_buffer json = RP_BUFFER(RP_JSON_MAX_BYTES);
    rp_json_writer writer = RP_JSON_WRITER(&json);
    const rp_scope scope = scope_of(project, desired);
    int failed = rp_interpolate(desired->block->record, &scope, &writer, error);

    if (!failed && strstr(rp_buffer_text(&json), "null"))
        failed = remove_nulls(&json, error);
    if (failed)
        return failed;
    desired->record = rp_buffer_take(&json);
    return desired->record ? 0 : rp_error_no_memory(error);
}

static int want(rp_project *project, const rp_block *block, const rp_type *type, const char *key,
                const rp_yaml *value, rp_error **error)
{
    rp_desired *all = rp_array_grow(project->desired, project->desired_count, sizeof(*all));
    rp_desired *made;

    if (!all)
        return rp_error_no_memory(error);
    project->desired = all;
    made = &all[project->desired_count++];
    *made = (rp_desired){.address = rp_address_make(block->name, key),
                         .block = block,
                         .key = key,
                         .value = value,
                         .type = type};
    return made->address ? write_record(project, made, error) : rp_error_no_memory(error);
}

static int check_element(const rp_project *project, const rp_yaml *element, rp_name_index *names, size_t at,
                         rp_error **error)
{
    size_t first = at;

    if (element->kind == RP_YAML_LIST || element->kind == RP_YAML_MAP || element->kind == RP_YAML_NULL)
        return rp_error_at(error, project->file, element->mark,
                           "an element of for_each is a name, and this is %s: use a map of names for more",
                           rp_yaml_kind_name(element->kind));
    if (!rp_name_index_add(names, element->text, at, &first))
        return rp_error_no_memory(error);
    if (first != at)
        return rp_error_at(error, project->file, element->mark, "\"%s\" is given twice", element->text);
    return 0;
}

static int want_element(rp_project *project, const rp_block *block, const rp_type *type, rp_name_index *names,
                        size_t at, rp_error **error)
{
    const rp_yaml *item = &block->for_each->items[at];
    int failed = check_element(project, item, names, at, error);

    return failed ? failed
                  : want(project, block, type, item->written ? item->written : item->text, NULL, error);
}

static int want_list(rp_project *project, const rp_block *block, const rp_type *type, rp_error **error)
{
    _cleanup_(rp_name_index_done) rp_name_index names = {0};
    int failed = 0;

    for (size_t i = 0; i < block->for_each->count && !failed; i++) {
        _cleanup_(rp_error_freep) rp_error *why = NULL;
        failed = keep_fault(project, want_element(project, block, type, &names, i, &why), &why, error);
    }
    return failed;
}

static int want_map(rp_project *project, const rp_block *block, const rp_type *type, rp_error **error)
{
    int failed = 0;

    for (size_t i = 0; i < block->for_each->count && !failed; i++) {
        _cleanup_(rp_error_freep) rp_error *why = NULL;
        const rp_yaml *item = &block->for_each->items[i];
        failed = keep_fault(project, want(project, block, type, item->name, item, &why), &why, error);
    }
    return failed;
}

/* The path within "${file:PATH}"; NULL if the text is anything else. */
static char *path_in(const char *text)
{
    static const char start[] = "${file:";
    size_t len = strlen(text), skipped = sizeof(start) - 1;

    if (!rp_starts_with(text, start) || strcspn(text, "}") != len - 1 || len - 1 == skipped)
        return NULL;
    return strndup(text + skipped, len - 1 - skipped);
}

static int load_for_each(rp_project *project, rp_block *block, rp_error **error)
{
    _cleanup_(rp_error_freep) rp_error *why = NULL;
    _cleanup_(rp_freep) char *path = path_in(block->for_each->text);
    _cleanup_(rp_buffer_done) rp_buffer text = RP_BUFFER(RP_YAML_MAX_BYTES);
    rp_mark mark = block->for_each->mark;
    int failed;

    if (!path)
        return rp_error_at(error, project->file, mark,
                           "for_each must be a map or a list, or ${file:PATH} and no more");
    block->from_file = calloc(1, sizeof(*block->from_file));
    if (!block->from_file)
        return rp_error_no_memory(error);
    failed = project->lookup.file(project->lookup.context, path, &text, &why);
    if (!failed)
        failed = rp_for_each_read(path, rp_buffer_text(&text), text.len, mark, block->from_file, &why);
    if (failed)
        return rp_error_at(error, project->file, mark, "%s", why ? why->message : "out of memory");
    block->for_each = block->from_file;
    return 0;
}

static int want_block(rp_project *project, rp_block *block, const rp_plugin_schema *plugin_schema,
                      rp_error **error)
{
    _cleanup_(rp_error_freep) rp_error *why = NULL;
    const rp_type *type = NULL;

    if (rp_plugin_schema_find(plugin_schema, block->type, &type, &why) < 0)
        return rp_error_at(error, project->file, block->type_mark, "%s",
                           why ? why->message : "out of memory");
    if (block->for_each && block->for_each->kind == RP_YAML_STRING &&
        load_for_each(project, block, error) < 0)
        return RP_E_INVALID;
    if (!block->for_each)
        return want(project, block, type, NULL, NULL, error);
    return block->for_each->kind == RP_YAML_MAP ? want_map(project, block, type, error)
                                                : want_list(project, block, type, error);
}

static int same_object(const rp_project *project, const rp_desired *one, const rp_desired *other,
                       rp_error **error)
{
    const rp_yaml *source = rp_desired_source(project, one, NULL);

    return rp_error_at(error, project->file, source->mark,
                       "%s is the same object as %s: both have the same key, so one of them must go",
                       one->address, other->address);
}

static int check_key(rp_project *project, size_t at, rp_name_index *keys, rp_error **error)
{
    rp_desired *one = &project->desired[at];
    size_t first = at;

    one->key_text = rp_key_text(one->type, one->record);
    if (!one->key_text) /* a key member is missing: that is for the plugin to say */
        return 0;
    if (!rp_name_index_add(keys, one->key_text, at, &first))
        return rp_error_no_memory(error);
    return first == at ? 0 : same_object(project, one, &project->desired[first], error);
}

static int check_keys(rp_project *project, rp_error **error)
{
    _cleanup_(rp_name_index_done) rp_name_index keys = {0};
    int failed = 0;

    for (size_t i = 0; i < project->desired_count && !failed; i++) {
        _cleanup_(rp_error_freep) rp_error *why = NULL;
        if (project->desired[i].record && rp_json_count(project->desired[i].type->key))
            failed = keep_fault(project, check_key(project, i, &keys, &why), &why, error);
    }
    return failed;
}

int rp_project_expand(rp_project *project, const rp_plugin_schema *plugin_schema, rp_error **error)
{
    int failed = 0;

    for (size_t i = 0; i < project->block_count && !failed; i++) {
        _cleanup_(rp_error_freep) rp_error *why = NULL;
        failed =
            keep_fault(project, want_block(project, &project->blocks[i], plugin_schema, &why), &why, error);
    }
    for (size_t i = 0; i < project->desired_count && !failed; i++)
        if (!rp_name_index_add(&project->by_address, project->desired[i].address, i, NULL))
            failed = rp_error_no_memory(error);
    if (!failed)
        failed = check_keys(project, error);
    return failed ? failed : faults_found(project);
}

const rp_desired *rp_project_find(const rp_project *project, const char *address)
{
    size_t at;

    return rp_name_index_find(&project->by_address, address, &at) ? &project->desired[at] : NULL;
}

const rp_block *rp_project_block(const rp_project *project, const char *name)
{
    for (size_t i = 0; i < project->block_count; i++)
        if (!strcmp(project->blocks[i].name, name))
            return &project->blocks[i];
    return NULL;
}

const rp_yaml *rp_desired_source(const rp_project *project, const rp_desired *desired, const char *pointer)
{
    const rp_yaml *said = rp_yaml_at(desired->block->record, pointer);
    const rp_scope scope = scope_of(project, desired);
    const rp_yaml *source = said->kind == RP_YAML_STRING ? rp_interpolate_source(said->text, &scope) : NULL;

    if (!source && desired->value &&
        (said == desired->block->record || rp_interpolate_is_each(said->text ? said->text : "")))
        source = desired->value;
    return source ? source : said;
}

const rp_yaml *rp_project_config_at(const rp_project *project, const char *pointer)
{
    const rp_yaml *config = rp_yaml_get(&project->document, "config");

    return config ? rp_yaml_at(config, pointer) : &project->document;
}
