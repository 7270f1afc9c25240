#include "cli/engine/validate_records.h"

#include "cli/engine/plugin_call.h"

#include <string.h>

#define AT_ONCE 500 /* records in a call */

static void report(rp_workspace *in, const rp_desired *desired, const rp_json *result)
{
    const rp_json *diagnostics = rp_json_get(result, "diagnostics");

    for (size_t i = 0; i < rp_json_count(diagnostics); i++) {
        const rp_json *one = rp_json_at(diagnostics, i);
        rp_subject about = rp_workspace_subject(in, desired->address, rp_json_text(rp_json_get(one, "path")));
        about.phase = RP_PHASE_RECORD;
        rp_diagnostics_add_json(&in->diagnostics, &about, one, rp_result_status(result));
    }
    if (!rp_json_count(diagnostics)) {
        rp_subject about = rp_workspace_subject(in, desired->address, NULL);
        about.phase = RP_PHASE_RECORD;
        rp_result_report(result, &about, &in->diagnostics);
    }
}

static int ask(rp_workspace *in, const rp_desired *const *desired, size_t count, const rp_type *type,
               rp_error **error)
{
    _cleanup_(rp_plugin_reply_done) rp_plugin_reply reply = {0};
    const char *records[AT_ONCE];
    int failed;

    for (size_t i = 0; i < count; i++)
        records[i] = desired[i]->record;
    failed = rp_plugin_call(
        in->host,
        &(rp_plugin_request){.hook = "validate", .type = type->name, .records = records, .count = count},
        &reply, error);
    if (failed)
        return failed;
    for (size_t i = 0; reply.results && i < count; i++)
        report(in, desired[i], rp_json_at(reply.results, i));
    if (!reply.results && reply.status != RP_UNSUPPORTED) /* a plugin need not have that hook */
        rp_plugin_reply_report(&reply, NULL, &in->diagnostics);
    return 0;
}

/* As many as go into one call; the others move up. */
static int ask_some(rp_workspace *in, const rp_desired **desired, size_t *count, const rp_type *type,
                    rp_error **error)
{
    const char *records[AT_ONCE];
    size_t fits;
    int failed;

    for (size_t i = 0; i < *count; i++)
        records[i] = desired[i]->record;
    fits = rp_plugin_call_fits(type, records, *count, AT_ONCE);
    failed = ask(in, desired, fits, type, error);
    *count -= fits;
    memmove(desired, desired + fits, *count * sizeof(*desired));
    return failed;
}

static int check_type(rp_workspace *in, const rp_type *type, rp_error **error)
{
    const rp_desired *desired[AT_ONCE];
    size_t count = 0;
    int failed = 0;

    for (size_t i = 0; i < in->project.desired_count && !failed; i++) {
        if (in->project.desired[i].type == type && in->project.desired[i].record &&
            !(in->known && in->known[i]))
            desired[count++] = &in->project.desired[i];
        if (count == AT_ONCE)
            failed = ask_some(in, desired, &count, type, error);
    }
    while (count && !failed)
        failed = ask_some(in, desired, &count, type, error);
    return failed;
}

/* Looks into the state without its lock: at worst a record is checked that need not be. */
static int mark_known(rp_workspace *in, rp_error **error)
{
    _cleanup_(rp_objects_done) rp_objects objects = {0};
    size_t at;

    in->known = calloc(in->project.desired_count + 1, sizeof(*in->known));
    if (!in->known)
        return rp_error_no_memory(error);
    rp_workspace_peek(in, &objects);
    for (size_t i = 0; i < objects.count; i++) {
        const rp_object *object = &objects.items[i];
        if (!*object->deposed && rp_name_index_find(&in->project.by_address, object->address, &at))
            in->known[at] = in->project.desired[at].record && !in->project.desired[at].type->hides &&
                            !strcmp(in->project.desired[at].record, object->record);
    }
    return 0;
}

int rp_validate_all(rp_workspace *in, bool expand, bool all, rp_error **error)
{
    int failed = expand ? rp_workspace_expand(in, error) : 0;

    if (failed == RP_E_INVALID)
        failed = 0; /* those records that could be made are checked as well */
    if (!failed && expand && !all)
        failed = mark_known(in, error);
    for (size_t i = 0; i < in->plugin_schema.count && !failed; i++)
        failed = check_type(in, &in->plugin_schema.types[i], error);
    return !failed && in->diagnostics.errors ? RP_E_INVALID : failed;
}
