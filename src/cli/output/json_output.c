#include "cli/output/json_output.h"

#include "cli/config/address.h"
#include "cli/output/text.h"
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

static const struct {
    rp_reason reason;
    const char *name;
} reasons[] = {
    {RP_REASON_CHANGED, "cannot_update"},
    {RP_REASON_TAINTED, "tainted"},
    {RP_REASON_REQUESTED, "requested"},
    {RP_REASON_NO_RESOURCE, "delete_because_no_resource_config"},
    {RP_REASON_NO_KEY, "delete_because_each_key"},
};

static const char *reason_name(rp_reason reason)
{
    for (size_t i = 0; i < rp_count_of(reasons); i++)
        if (reasons[i].reason == reason)
            return reasons[i].name;
    return NULL;
}

static const char *action_name(const rp_change *change, bool drift)
{
    static const char *const names[] = {"noop", "create", "delete", "replace"};

    if (drift)
        return change->observed->seen == RP_ABSENT ? "delete" : "update";
    return names[change->action];
}

void rp_json_output_change(const rp_change *change, bool drift, rp_buffer *out)
{
    _cleanup_(rp_buffer_done) rp_buffer words = RP_BUFFER(MAX_WORDS);
    const char *action = action_name(change, drift), *reason = drift ? NULL : reason_name(change->reason);
    rp_json_writer writer;

    if (drift)
        rp_buffer_format(&words, "%s: Drift detected (%s)", change->address, action);
    else
        rp_buffer_format(&words, "%s: Plan to %s", change->address, action);
    writer = begin(out, "info", rp_buffer_text(&words), drift ? "resource_drift" : "planned_change");
    rp_write_name(&writer, "change");
    rp_write_begin(&writer, '{');
    write_resource(&writer, change->address, change->type->name);
    rp_write_text_member(&writer, "action", action);
    if (reason)
        rp_write_text_member(&writer, "reason", reason);
    rp_write_end(&writer, '}');
    end(&writer);
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

void rp_json_output_summary(const char *operation, size_t added, size_t destroyed, rp_buffer *out)
{
    _cleanup_(rp_buffer_done) rp_buffer words = RP_BUFFER(MAX_WORDS);
    bool plan = !strcmp(operation, "plan");
    rp_json_writer writer;

    if (plan)
        rp_buffer_format(&words, "Plan: %zu to add, 0 to change, %zu to destroy.", added, destroyed);
    else
        rp_buffer_format(&words, "%s complete! Resources: %zu added, 0 changed, %zu destroyed.",
                         !strcmp(operation, "destroy") ? "Destroy" : "Apply", added, destroyed);
    writer = begin(out, "info", rp_buffer_text(&words), "change_summary");
    rp_write_name(&writer, "changes");
    rp_write_begin(&writer, '{');
    rp_write_integer_member(&writer, "add", (int64_t)added);
    rp_write_integer_member(&writer, "change", 0);
    rp_write_integer_member(&writer, "import", 0);
    rp_write_integer_member(&writer, "remove", (int64_t)destroyed);
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
    rp_write_end(&writer, '}');
    end(&writer);
}
