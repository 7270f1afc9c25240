#include "cli/output/json_output.h"

#include "cli/config/address.h"
#include "cli/output/text.h"
#include "json/scan.h"
#include "json/writer.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define MAX_WORDS (1u << 20)

static void write_time(rp_json_writer *writer)
{
    struct timespec now;
    struct tm utc;
    char text[64];
    size_t len;

    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &utc);
    len = strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &utc);
    snprintf(text + len, sizeof(text) - len, ".%06ldZ", now.tv_nsec / 1000);
    rp_write_text_member(writer, "@timestamp", text);
}

static rp_json_writer begin(rp_buffer *out, const char *level, const char *words, const char *type)
{
    rp_json_writer writer = RP_JSON_WRITER(out);

    rp_write_begin(&writer, '{');
    rp_write_text_member(&writer, "@level", level);
    rp_write_text_member(&writer, "@message", words);
    rp_write_text_member(&writer, "@module", "rp");
    write_time(&writer);
    rp_write_text_member(&writer, "type", type);
    return writer;
}

static void end(rp_json_writer *writer)
{
    rp_write_end(writer, '}');
    rp_buffer_add_char(writer->out, '\n');
}

void rp_json_output_version(const char *version, rp_buffer *out)
{
    rp_json_writer writer = begin(out, "info", "rp", "version");

    rp_write_text_member(&writer, "rp", version);
    rp_write_text_member(&writer, "ui", "1.2");
    end(&writer);
}

void rp_json_output_log(const char *text, rp_buffer *out)
{
    rp_json_writer writer = begin(out, "info", text, "log");

    end(&writer);
}

void rp_json_output_outputs(rp_buffer *out)
{
    rp_json_writer writer = begin(out, "info", "Outputs: 0", "outputs");

    rp_write_name(&writer, "outputs");
    rp_write_begin(&writer, '{');
    rp_write_end(&writer, '}');
    end(&writer);
}

static void write_resource(rp_json_writer *writer, const char *address, const char *type)
{
    _cleanup_(rp_freep) char *name = NULL, *key = NULL;

    rp_address_parse(address, &name, &key, NULL);
    rp_write_name(writer, "resource");
    rp_write_begin(writer, '{');
    rp_write_text_member(writer, "addr", address);
    rp_write_text_member(writer, "module", "");
    rp_write_text_member(writer, "resource", address);
    rp_write_text_member(writer, "implied_provider", type);
    rp_write_text_member(writer, "resource_type", type);
    rp_write_text_member(writer, "resource_name", name ? name : address);
    rp_write_text_member(writer, "resource_key", key);
    rp_write_end(writer, '}');
}

static const char *const reason_names[RP_REASONS] = {
    [RP_REASON_ABSENT] = "removed_outside",
    [RP_REASON_CHANGED] = "cannot_update",
    [RP_REASON_TAINTED] = "tainted",
    [RP_REASON_REQUESTED] = "requested",
    [RP_REASON_NO_RESOURCE] = "delete_because_no_resource_config",
    [RP_REASON_NO_KEY] = "delete_because_each_key",
    [RP_REASON_DEPOSED] = "deposed",
    [RP_REASON_DISPLACED] = "delete_because_no_move_target",
    [RP_REASON_SAME_OBJECT] = "same_object",
    [RP_REASON_PENDING] = "in_progress",
};

static const char *reason_of(const rp_change *change)
{
    return change->action == RP_UPDATE ? NULL : reason_names[change->reason];
}

static const char *action_name(const rp_change *change, bool drift)
{
    static const char *const names[RP_ACTIONS] = {
        [RP_NO_OP] = "noop",     [RP_CREATE] = "create",   [RP_UPDATE] = "update",
        [RP_DESTROY] = "delete", [RP_REPLACE] = "replace", [RP_FORGET] = "remove"};

    if (drift)
        return change->observed->seen == RP_ABSENT ? "delete" : "update";
    if (change->action == RP_NO_OP && change->moved_from)
        return "move";
    if (change->action == RP_NO_OP && change->adopted)
        return "import";
    return names[change->action];
}

/* Values that nobody may see are replaced by the words of the text. */
static void write_shown(rp_json_writer *writer, const rp_json *value);

static int write_shown_member(void *context, const char *name, const rp_json *value)
{
    rp_write_name(context, name);
    write_shown(context, value);
    return 0;
}

static void write_shown(rp_json_writer *writer, const rp_json *value)
{
    if (rp_is_hidden(value)) {
        rp_write_text(writer, "(sensitive value)");
    } else if (rp_json_type_of(value) == RP_JSON_OBJECT) {
        rp_write_begin(writer, '{');
        rp_json_each(value, write_shown_member, writer);
        rp_write_end(writer, '}');
    } else if (rp_json_type_of(value) == RP_JSON_ARRAY) {
        rp_write_begin(writer, '[');
        for (size_t i = 0; i < rp_json_count(value); i++)
            write_shown(writer, rp_json_at(value, i));
        rp_write_end(writer, ']');
    } else {
        rp_write_value(writer, value);
    }
}

/* NULL: null. */
static void write_values(rp_json_writer *writer, const char *name, const char *json)
{
    _cleanup_(rp_json_freep) rp_json *value = NULL;

    if (json)
        rp_json_parse(json, strlen(json), &value, NULL);
    rp_write_name(writer, name);
    write_shown(writer, value);
}

static const char *before_of(const rp_change *change, bool drift)
{
    if (!change->object || (change->reason == RP_REASON_ABSENT && !drift))
        return NULL;
    return drift ? change->object->state : rp_change_state(change);
}

static bool has_after(const rp_change *change)
{
    return change->desired && change->action != RP_DESTROY && change->action != RP_FORGET;
}

static void write_before_and_after(rp_json_writer *writer, const rp_change *change, const char *salt,
                                   bool drift)
{
    _cleanup_(rp_freep) char *hidden =
        !drift && has_after(change) ? rp_desired_hidden(change->desired, salt ? salt : "", NULL) : NULL;

    write_values(writer, "before", before_of(change, drift));
    write_values(writer, "after", drift ? change->observed->state : hidden);
}

typedef struct attributes {
    rp_json_writer *writer;
    const rp_change *change;
} attributes;

static int write_attribute(void *context, const rp_difference *one)
{
    const attributes *in = context;

    rp_write_begin(in->writer, '{');
    rp_write_text_member(in->writer, "attribute", one->name);
    rp_write_name(in->writer, "before");
    write_shown(in->writer, one->before);
    rp_write_name(in->writer, "after");
    write_shown(in->writer, one->after);
    if (in->change->action == RP_REPLACE)
        rp_write_boolean_member(in->writer, "forces_replacement", !one->updatable);
    rp_write_end(in->writer, '}');
    return 0;
}

static void write_differences(rp_json_writer *writer, const rp_change *change, const char *salt)
{
    attributes in = {writer, change};

    if (change->action != RP_REPLACE && change->action != RP_UPDATE)
        return;
    rp_write_name(writer, "attributes");
    rp_write_begin(writer, '[');
    rp_change_differences(change, salt, write_attribute, &in, NULL);
    rp_write_end(writer, ']');
}

static void write_entry(rp_json_writer *writer, const rp_change *change)
{
    if (change->moved_from)
        rp_write_text_member(writer, "previous_address", change->moved_from);
    if (change->object && *change->object->deposed)
        rp_write_text_member(writer, "deposed", change->object->deposed);
    if (!change->adopted)
        return;
    rp_write_name(writer, "importing");
    rp_write_begin(writer, '{');
    rp_write_text_member(writer, "id", change->object->id);
    rp_write_end(writer, '}');
}

void rp_json_output_change(const rp_change *change, const char *salt, bool drift, rp_buffer *out)
{
    _cleanup_(rp_buffer_done) rp_buffer words = RP_BUFFER(MAX_WORDS);
    const char *action = action_name(change, drift), *reason = drift ? NULL : reason_of(change);
    rp_json_writer writer;

    if (drift)
        rp_buffer_format(&words, "%s: Drift detected (%s)", change->address, action);
    else if (change->reason == RP_REASON_PENDING)
        rp_buffer_format(&words, "%s: Still in progress", change->address);
    else
        rp_buffer_format(&words, "%s: Plan to %s", change->address, action);
    writer = begin(out, "info", rp_buffer_text(&words), drift ? "resource_drift" : "planned_change");
    rp_write_name(&writer, "change");
    rp_write_begin(&writer, '{');
    write_resource(&writer, change->address, change->type->name);
    rp_write_text_member(&writer, "action", action);
    if (reason)
        rp_write_text_member(&writer, "reason", reason);
    write_entry(&writer, change);
    write_before_and_after(&writer, change, salt, drift);
    if (!drift)
        write_differences(&writer, change, salt);
    rp_write_end(&writer, '}');
    end(&writer);
}

static void write_actions(rp_json_writer *writer, const rp_change *change)
{
    static const char *const names[RP_ACTIONS][2] = {
        [RP_NO_OP] = {"no-op", NULL},    [RP_CREATE] = {"create", NULL},      [RP_UPDATE] = {"update", NULL},
        [RP_DESTROY] = {"delete", NULL}, [RP_REPLACE] = {"delete", "create"}, [RP_FORGET] = {"forget", NULL}};
    bool swapped = change->action == RP_REPLACE && change->create_first;

    rp_write_name(writer, "actions");
    rp_write_begin(writer, '[');
    for (int i = 0; i < 2; i++)
        if (names[change->action][i ^ swapped])
            rp_write_text(writer, names[change->action][i ^ swapped]);
    rp_write_end(writer, ']');
}

void rp_json_output_resource_change(const rp_change *change, const char *salt, rp_json_writer *writer)
{
    _cleanup_(rp_freep) char *name = NULL, *key = NULL;

    rp_address_parse(change->address, &name, &key, NULL);
    rp_write_begin(writer, '{');
    rp_write_text_member(writer, "address", change->address);
    rp_write_text_member(writer, "mode", "managed");
    rp_write_text_member(writer, "type", change->type->name);
    rp_write_text_member(writer, "name", name ? name : change->address);
    if (key)
        rp_write_text_member(writer, "index", key);
    write_entry(writer, change);
    if (reason_of(change))
        rp_write_text_member(writer, "action_reason", reason_of(change));
    rp_write_name(writer, "change");
    rp_write_begin(writer, '{');
    write_actions(writer, change);
    write_before_and_after(writer, change, salt, false);
    write_differences(writer, change, salt);
    rp_write_end(writer, '}');
    rp_write_end(writer, '}');
}

static void write_position(rp_json_writer *writer, const char *name, rp_mark mark)
{
    rp_write_name(writer, name);
    rp_write_begin(writer, '{');
    rp_write_integer_member(writer, "line", mark.line);
    rp_write_integer_member(writer, "column", mark.column);
    rp_write_end(writer, '}');
}

static void write_range(rp_json_writer *writer, const char *file, rp_mark mark)
{
    rp_write_name(writer, "range");
    rp_write_begin(writer, '{');
    rp_write_text_member(writer, "filename", file);
    write_position(writer, "start", mark);
    write_position(writer, "end", (rp_mark){mark.line, mark.column + 1});
    rp_write_end(writer, '}');
}

/* Detail, names and advice as one text: that is where OpenTofu's readers look for them. */
static void add_detail(const rp_diagnostic *diagnostic, rp_buffer *out)
{
    if (diagnostic->detail)
        rp_buffer_format(out, "%s\n", diagnostic->detail);
    if (diagnostic->count > 1) {
        rp_buffer_format(out, "%zu objects: ", diagnostic->count);
        rp_text_names((const char *const *)diagnostic->addresses, RP_DIAGNOSTIC_NAMES, diagnostic->count,
                      out);
        rp_buffer_add_char(out, '\n');
    }
    if (diagnostic->advice)
        rp_buffer_add_text(out, diagnostic->advice);
}

void rp_json_output_diagnostic(const rp_diagnostic *diagnostic, const char *file, rp_buffer *out)
{
    _cleanup_(rp_buffer_done) rp_buffer words = RP_BUFFER(MAX_WORDS), detail = RP_BUFFER(MAX_WORDS);
    const char *severity = diagnostic->warning ? "warning" : "error";
    const char *summary = diagnostic->summary ? diagnostic->summary : "out of memory";
    rp_json_writer writer;

    rp_buffer_format(&words, "%s: %s", diagnostic->warning ? "Warning" : "Error", summary);
    add_detail(diagnostic, &detail);
    writer = begin(out, diagnostic->warning ? "warn" : "error", rp_buffer_text(&words), "diagnostic");
    rp_write_name(&writer, "diagnostic");
    rp_write_begin(&writer, '{');
    rp_write_text_member(&writer, "severity", severity);
    rp_write_text_member(&writer, "summary", summary);
    rp_write_text_member(&writer, "detail", rp_buffer_text(&detail));
    if (diagnostic->code)
        rp_write_text_member(&writer, "code", diagnostic->code);
    if (diagnostic->count && diagnostic->addresses[0])
        rp_write_text_member(&writer, "address", diagnostic->addresses[0]);
    if (diagnostic->mark.line && file)
        write_range(&writer, file, diagnostic->mark);
    rp_write_end(&writer, '}');
    end(&writer);
}

/* Those that are there in any summary are given without a name. */
static void write_more(size_t count, const char *name, rp_buffer *out)
{
    if (count)
        rp_buffer_format(out, ", %zu %s", count, name);
}

static void write_counts(const rp_counts *counts, bool destroy, bool plan, rp_buffer *out)
{
    if (plan)
        rp_buffer_format(out, "%zu to add, %zu to change, %zu to destroy", counts->added, counts->changed,
                         counts->destroyed);
    else if (destroy)
        rp_buffer_format(out, "%zu destroyed", counts->destroyed);
    else
        rp_buffer_format(out, "%zu added, %zu changed, %zu destroyed", counts->added, counts->changed,
                         counts->destroyed);
    write_more(counts->moved, plan ? "to move" : "moved", out);
    write_more(counts->adopted, plan ? "to adopt" : "adopted", out);
    write_more(counts->forgotten, plan ? "to forget" : "forgotten", out);
    rp_buffer_add_char(out, '.');
}

void rp_counts_write(const rp_counts *counts, bool destroy, rp_buffer *out)
{
    write_counts(counts, destroy, false, out);
}

void rp_json_output_summary(const char *operation, const rp_counts *counts, rp_buffer *out)
{
    _cleanup_(rp_buffer_done) rp_buffer words = RP_BUFFER(MAX_WORDS);
    bool plan = !strcmp(operation, "plan"), destroy = !strcmp(operation, "destroy");
    rp_json_writer writer;

    rp_buffer_add_text(&words, plan      ? "Plan: "
                               : destroy ? "Destroy complete! Resources: "
                                         : "Apply complete! Resources: ");
    write_counts(counts, destroy, plan, &words);
    writer = begin(out, "info", rp_buffer_text(&words), "change_summary");
    rp_write_name(&writer, "changes");
    rp_write_begin(&writer, '{');
    rp_write_integer_member(&writer, "add", (int64_t)counts->added);
    rp_write_integer_member(&writer, "change", (int64_t)counts->changed);
    rp_write_integer_member(&writer, "import", (int64_t)counts->adopted);
    rp_write_integer_member(&writer, "remove", (int64_t)counts->destroyed);
    rp_write_integer_member(&writer, "move", (int64_t)counts->moved);
    rp_write_integer_member(&writer, "forget", (int64_t)counts->forgotten);
    rp_write_integer_member(&writer, "in_progress", (int64_t)counts->pending);
    rp_write_text_member(&writer, "operation", operation);
    rp_write_end(&writer, '}');
    end(&writer);
}

void rp_json_output_event(const rp_resource_event *one, const char *words, rp_buffer *out)
{
    bool failed = !strcmp(one->kind, "apply_errored");
    rp_json_writer writer = begin(out, failed ? "error" : "info", words, one->kind);

    rp_write_name(&writer, "hook");
    rp_write_begin(&writer, '{');
    write_resource(&writer, one->address, one->type);
    if (one->action)
        rp_write_text_member(&writer, "action", one->action);
    if (one->id) {
        rp_write_text_member(&writer, "id_key", "id");
        rp_write_text_member(&writer, "id_value", one->id);
    }
    if (one->elapsed_s >= 0)
        rp_write_integer_member(&writer, "elapsed_seconds", one->elapsed_s);
    if (one->message && *one->message)
        rp_write_text_member(&writer, "message", one->message);
    rp_write_end(&writer, '}');
    end(&writer);
}
