#include "cli/config/address.h"
#include "cli/engine/listing.h"
#include "cli/engine/plugin_call.h"
#include "cli/engine/recover.h"
#include "cli/engine/refresh.h"
#include "cli/name_index.h"
#include "cli/output/yaml_text.h"
#include "cli/state/persist.h"
#include "cli/verbs/options.h"
#include "cli/verbs/verbs.h"

#include "base/text.h"
#include "json/scan.h"

#include <string.h>

const rp_option rp_import_options[] = {
    RP_FILE_OPTIONS,
    RP_TIMEOUT_OPTION,
    RP_EVENTS_OPTION,
    RP_OPTION("all", RP_OPTION_SWITCH, all, NULL,
              "import all objects that exist within a parent, and print the YAML of those not configured"),
    RP_OUTPUT_OPTIONS,
    {0}};

const char rp_import_details[] =
    "Puts an existing object into the state, under an address of the configuration. ID is the object's id, as\n"
    "\"rp list\" shows it, or a JSON object with other attributes by which the plugin's read finds an object. Without ID\n"
    "the object is found by the key of the configured record.\n"
    "\n"
    "  rp import 'web[\"a\"]' ID\n"
    "  rp import 'web[\"a\"]'\n"
    "  rp import -all TYPE MEMBER=VALUE >>resources.yaml\n"
    "\n"
    "With -all the arguments are those of \"rp list\". An object that the configuration has is imported under its address.\n"
    "The others are imported as well and printed as YAML, to be added below \"resources:\"; until they are configured they\n"
    "are left alone.\n";

static int check_free(rp_workspace *in, const char *address, const rp_desired **desired, rp_error **error)
{
    *desired = rp_project_find(&in->project, address);
    if (!*desired)
        return rp_error_set(error, RP_E_INVALID, "%s has no %s: add it to the configuration, then import it",
                            in->project.file, address);
    for (size_t i = 0; i < in->objects.count; i++)
        if (!strcmp(in->objects.items[i].address, address))
            return rp_error_set(error, RP_E_INVALID, "the state already has %s, with the id %s", address,
                                in->objects.items[i].id);
    return 0;
}

/* By what is given, or else by the configured key. */
static int write_record(const rp_desired *desired, const char *id, rp_buffer *out, rp_error **error)
{
    rp_json_writer writer = RP_JSON_WRITER(out);
    _cleanup_(rp_json_freep) rp_json *record = NULL;

    if (!id) {
        if (rp_json_parse(desired->record, strlen(desired->record), &record, error) < 0)
            return RP_E_INVALID;
        if (!rp_key_write(desired->type, record, out))
            return rp_error_set(error, RP_E_INVALID, "%s has no key to be found by: give its ID",
                                desired->address);
    } else if (*id == '{') {
        rp_buffer_add_text(out, id);
    } else {
        rp_write_begin(&writer, '{');
        rp_write_text_member(&writer, "id", id);
        rp_write_end(&writer, '}');
    }
    return rp_buffer_ok(out) ? 0 : rp_error_set(error, RP_E_INVALID, "the id is too long");
}

/* Nobody manages one object under two addresses. */
static const char *managed_as(const rp_workspace *in, const rp_type *type, const char *id)
{
    for (size_t i = 0; i < in->objects.count; i++)
        if (!strcmp(in->objects.items[i].type, type->name) && !strcmp(in->objects.items[i].id, id))
            return in->objects.items[i].address;
    return NULL;
}

/* Within a transaction. `record` is what is taken as given; `cause` as in rp_object. */
static int put(rp_workspace *in, const char *address, const rp_type *type, const rp_json *state,
               const char *record, const char *cause, rp_error **error)
{
    const char *id = rp_json_text(rp_json_get(state, "id"));
    _cleanup_(rp_freep) char *kept = rp_persist_state(type, state, rp_store_about(in->store)->salt, error);
    const rp_object object = {.address = (char *)(uintptr_t)address,
                              .deposed = (char *)"",
                              .type = (char *)(uintptr_t)type->name,
                              .id = (char *)(uintptr_t)id,
                              .record = (char *)(uintptr_t)record,
                              .state = kept,
                              .cause = (char *)(uintptr_t)cause};

    if (!id)
        return rp_error_set(error, RP_E_INVALID, "%s: the plugin gives the object no id", address);
    return kept ? rp_store_put(in->store, &object, error) : RP_E_NO_MEMORY;
}

static int put_desired(rp_workspace *in, const rp_desired *desired, const rp_json *state, rp_error **error)
{
    _cleanup_(rp_freep) char *given = rp_desired_given(desired, rp_store_about(in->store)->salt, error);

    return given ? put(in, desired->address, desired->type, state, given, NULL, error) : RP_E_NO_MEMORY;
}

static int save(rp_workspace *in, const rp_desired *desired, const rp_json *state, rp_error **error)
{
    const char *id = rp_json_text(rp_json_get(state, "id"));
    const char *other = managed_as(in, desired->type, id ? id : "");
    int failed;

    if (other)
        return rp_error_set(error, RP_E_INVALID, "the state already has this object, as %s", other);
    failed = rp_store_begin(in->store, error);
    if (!failed)
        failed = put_desired(in, desired, state, error);
    if (!failed)
        failed = rp_store_commit(in->store, error);
    if (!failed)
        rp_output_say(&in->output, "%s: imported [id=%s]. Run rp plan to compare it with the configuration.",
                      desired->address, id ? id : "");
    return failed;
}

static int not_found(const rp_desired *desired, const char *id, rp_error **error)
{
    if (id)
        return rp_error_set(error, RP_E_NOT_FOUND,
                            "there is no object with the id %s: run \"rp list\" to see what exists", id);
    return rp_error_set(error, RP_E_NOT_FOUND, "there is no object with the key of %s", desired->address);
}

static int import_one(rp_workspace *in, const rp_desired *desired, const char *id, rp_error **error)
{
    _cleanup_(rp_buffer_done) rp_buffer record = RP_BUFFER(RP_JSON_MAX_BYTES);
    _cleanup_(rp_plugin_reply_done) rp_plugin_reply reply = {0};
    const rp_subject about = {.address = desired->address, .phase = RP_PHASE_ARGUMENT};
    const rp_json *result, *state;
    int failed = write_record(desired, id, &record, error);

    if (!failed)
        failed =
            rp_plugin_call(in->host,
                           &(rp_plugin_request){.hook = "read",
                                                .type = desired->type->name,
                                                .records = (const char *const[]){rp_buffer_text(&record)},
                                                .count = 1,
                                                .timeout_ms = in->settings->timeout_ms},
                           &reply, error);
    if (failed)
        return failed;
    result = rp_json_at(reply.results, 0);
    state = rp_json_get(result, "state");
    rp_plugin_reply_report(&reply, &about, &in->diagnostics);
    if (reply.results && rp_result_is(result, "status", "not_found"))
        return not_found(desired, id, error);
    if (reply.results)
        rp_result_report(result, &about, &in->diagnostics);
    if (in->diagnostics.errors)
        return RP_E_SYSTEM;
    if (rp_json_type_of(state) != RP_JSON_OBJECT)
        return rp_error_set(error, RP_E_SYSTEM, "%s: the plugin read the object without a state",
                            desired->address);
    return save(in, desired, state, error);
}

/* All within a parent */

typedef struct import_all {
    rp_workspace *in;
    const rp_type *type;
    rp_name_index by_id; /* desired objects that exist */
    rp_buffer yaml;
    size_t imported, unconfigured, next;
} import_all;

/* TYPE_1, TYPE_2 …: the first that neither the configuration nor the state has. */
static char *free_name(import_all *one)
{
    for (;;) {
        char *name = rp_format("%s_%zu", one->type->name, ++one->next);
        bool is_free = name && !rp_project_block(&one->in->project, name);
        for (size_t i = 0; is_free && i < one->in->objects.count; i++)
            is_free = !rp_address_within(one->in->objects.items[i].address, name);
        if (is_free || !name)
            return name;
        free(name);
    }
}

static int import_unconfigured(import_all *one, const rp_json *state, rp_error **error)
{
    _cleanup_(rp_freep) char *name = free_name(one);
    int failed = name ? put(one->in, name, one->type, state, "{}", RP_CAUSE_IMPORTED, error)
                      : rp_error_no_memory(error);

    if (failed)
        return failed;
    one->unconfigured++;
    rp_yaml_resource(name, one->type, state, &one->yaml);
    return 0;
}

static int import_listed(void *context, const rp_json *state, rp_error **error)
{
    import_all *one = context;
    const char *id = rp_json_text(rp_json_get(state, "id"));
    size_t at;

    if (!id || managed_as(one->in, one->type, id))
        return 0;
    one->imported++;
    if (rp_name_index_find(&one->by_id, id, &at))
        return put_desired(one->in, &one->in->project.desired[at], state, error);
    return import_unconfigured(one, state, error);
}

static int find_configured(import_all *one, rp_error **error)
{
    static const rp_diff_options everything = {0};
    rp_workspace *in = one->in;
    int failed;

    in->observed = calloc(in->objects.count + 1, sizeof(*in->observed));
    failed = in->observed ? rp_refresh_look_up(in, &everything, error) : rp_error_no_memory(error);
    for (size_t i = 0; i < in->project.desired_count && !failed; i++)
        if (in->project.desired[i].type == one->type && in->found[i].id &&
            !rp_name_index_add(&one->by_id, in->found[i].id, i, NULL))
            failed = rp_error_no_memory(error);
    return failed;
}

static void tell_imported(const import_all *one)
{
    const rp_workspace *in = one->in;
    bool first = !rp_yaml_get(&in->project.document, "resources");

    if (one->unconfigured) {
        printf("%s", first ? "resources:\n" : "");
        fwrite(rp_buffer_text(&one->yaml), 1, one->yaml.len, stdout);
        fflush(stdout);
    }
    fprintf(stderr, "Imported %zu %s, %zu of them not configured.\n", one->imported,
            one->imported == 1 ? "object" : "objects", one->unconfigured);
    if (one->unconfigured)
        fprintf(stderr,
                "Add the YAML to %s below \"resources:\". Until then rp leaves these objects alone.\n",
                in->project.file);
}

static int import_parent(rp_workspace *in, rp_error **error)
{
    _cleanup_(rp_buffer_done) rp_buffer parent = RP_BUFFER(RP_JSON_MAX_BYTES);
    const rp_settings *settings = in->settings;
    bool named = settings->operand_count && !strchr(settings->operands[0], '=');
    import_all one = {.in = in, .yaml = RP_BUFFER(RP_JSON_MAX_BYTES)};
    int failed =
        rp_plugin_schema_find(&in->plugin_schema, named ? settings->operands[0] : NULL, &one.type, error);

    if (!failed)
        failed = rp_listing_parent(one.type, settings->operands + named, settings->operand_count - named,
                                   "import -all", &parent, error);
    if (!failed)
        failed = find_configured(&one, error);
    if (!failed)
        failed = rp_store_begin(in->store, error);
    if (!failed)
        failed = rp_listing_all(in, one.type, &parent, import_listed, &one, error);
    if (!failed)
        failed = rp_store_commit(in->store, error);
    if (!failed)
        tell_imported(&one);
    rp_store_undo(in->store);
    rp_name_index_done(&one.by_id);
    rp_buffer_done(&one.yaml);
    return failed;
}

static int open_all(rp_workspace *in, rp_error **error)
{
    int failed = rp_workspace_load(in, error);

    if (!failed)
        failed = rp_workspace_expand(in, error);
    if (!failed && in->diagnostics.errors)
        failed = RP_E_INVALID;
    if (!failed)
        failed = rp_workspace_open(in, error);
    return failed ? failed : rp_recover(in, NULL, error);
}

static int import(rp_workspace *in, const char *address, const char *id, rp_error **error)
{
    const rp_desired *desired = NULL;
    int failed = open_all(in, error);

    if (!failed)
        failed = check_free(in, address, &desired, error);
    return failed ? failed : import_one(in, desired, id, error);
}

static int run(rp_workspace *in, const rp_settings *settings, rp_error **error)
{
    _cleanup_(rp_freep) char *address = NULL;
    int failed;

    if (settings->all) {
        failed = open_all(in, error);
        return failed ? failed : import_parent(in, error);
    }
    if (!settings->operand_count || settings->operand_count > 2)
        return rp_error_set(error, RP_E_INVALID, "import takes ADDRESS [ID], or -all [TYPE] MEMBER=VALUE");
    failed = rp_address_tidy(settings->operands[0], &address, error);
    return failed ? failed : import(in, address, settings->operands[1], error);
}

int rp_import_verb(const rp_settings *settings)
{
    _cleanup_(rp_error_freep) rp_error *error = NULL;
    _cleanup_(rp_workspace_done) rp_workspace in;

    rp_workspace_start(&in, settings, "import");
    run(&in, settings, &error);
    return rp_workspace_end(&in, error);
}
