#include "cli/state/planfile.h"

#include "base/text.h"
#include "cli/config/document.h"
#include "cli/output/plan_text.h"
#include "cli/state/state_path.h"
#include "json/scan.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FORMAT   "rp plan 2"
#define MAX_FILE (128u << 20)

static const char *const seen_names[] = {
    [RP_NOT_READ] = "not_read", [RP_PRESENT] = "present", [RP_ABSENT] = "absent", [RP_PENDING] = "pending"};

bool rp_planfile_is(const char *text)
{
    return rp_starts_with(text, "{\"format\":\"" FORMAT "\"");
}

/* All that is configured but the plugin's config: a new token makes no new plan. */
static int fingerprint_desired(const rp_workspace *in, char fingerprint[RP_FINGERPRINT_SIZE],
                               rp_error **error)
{
    _cleanup_(rp_buffer_done) rp_buffer text = RP_BUFFER(RP_JSON_MAX_BYTES * 4);

    rp_buffer_format(&text, "%s\n", in->plugin_schema.plugin);
    for (size_t i = 0; i < in->project.desired_count; i++) {
        const rp_desired *one = &in->project.desired[i];
        rp_buffer_format(&text, "%s %s %d %s\n", one->address, one->type->name, one->block->create_first,
                         one->record);
    }
    if (!rp_buffer_ok(&text))
        return rp_error_no_memory(error);
    return rp_fingerprint(rp_store_about(in->store)->salt, rp_buffer_text(&text), text.len, fingerprint,
                          error);
}

static void write_texts(rp_json_writer *writer, const char *name, const char *const *texts, size_t count)
{
    rp_write_name(writer, name);
    rp_write_begin(writer, '[');
    for (size_t i = 0; i < count; i++)
        rp_write_text(writer, texts[i]);
    rp_write_end(writer, ']');
}

static void write_observed(rp_json_writer *writer, const char *address, const char *deposed,
                           const rp_observed *observed)
{
    rp_write_begin(writer, '{');
    rp_write_text_member(writer, "address", address);
    rp_write_text_member(writer, "deposed", deposed);
    rp_write_text_member(writer, "seen", seen_names[observed->seen]);
    rp_write_boolean_member(writer, "healthy", observed->healthy);
    if (observed->id)
        rp_write_text_member(writer, "id", observed->id);
    if (observed->state) {
        rp_write_name(writer, "state");
        rp_write_raw(writer, observed->state, strlen(observed->state));
    }
    rp_write_end(writer, '}');
}

static void write_plan(const rp_workspace *in, const rp_diff_options *options, const char *fingerprint,
                       rp_json_writer *writer)
{
    rp_write_begin(writer, '{');
    rp_write_text_member(writer, "format", FORMAT);
    rp_write_text_member(writer, "file", in->project.file);
    rp_write_text_member(writer, "state", in->state_path);
    rp_write_text_member(writer, "lineage", rp_store_about(in->store)->lineage);
    rp_write_integer_member(writer, "serial", rp_store_about(in->store)->serial);
    rp_write_text_member(writer, "configuration", fingerprint);
    rp_write_boolean_member(writer, "destroy", options->destroy);
    write_texts(writer, "targets", options->targets, options->target_count);
    write_texts(writer, "replace", options->replace, options->replace_count);
    rp_write_boolean_member(writer, "adopt", options->adopt);
    rp_write_name(writer, "observed");
    rp_write_begin(writer, '[');
    for (size_t i = 0; i < in->objects.count; i++)
        write_observed(writer, in->objects.items[i].address, in->objects.items[i].deposed, &in->observed[i]);
    rp_write_end(writer, ']');
    rp_write_name(writer, "found");
    rp_write_begin(writer, '[');
    for (size_t i = 0; in->found && i < in->project.desired_count; i++)
        if (in->found[i].seen != RP_NOT_READ)
            write_observed(writer, in->project.desired[i].address, "", &in->found[i]);
    rp_write_end(writer, ']');
    rp_write_end(writer, '}');
    rp_buffer_add_char(writer->out, '\n');
}

/* A line of its own: what programs are shown of it. */
static void write_document(const rp_workspace *in, const rp_plan *plan, rp_buffer *out)
{
    rp_json_writer writer = RP_JSON_WRITER(out);

    rp_write_begin(&writer, '{');
    rp_write_text_member(&writer, "format_version", "1.2");
    rp_write_name(&writer, "resource_changes");
    rp_write_begin(&writer, '[');
    for (size_t i = 0; i < plan->count; i++)
        if (rp_change_acts(&plan->changes[i]) || plan->changes[i].reason == RP_REASON_PENDING)
            rp_json_output_resource_change(&plan->changes[i], rp_store_about(in->store)->salt, &writer);
    rp_write_end(&writer, ']');
    rp_write_end(&writer, '}');
    rp_buffer_add_char(out, '\n');
}

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
}

static int write_all(int fd, const rp_buffer *text)
{
    size_t written = 0;

    while (written < text->len) {
        ssize_t put = write(fd, text->data + written, text->len - written);
        if (put <= 0)
            return -1;
        written += (size_t)put;
    }
    return 0;
}

/* Whole or not at all. */
static int write_file(const char *path, const rp_buffer *text, rp_error **error)
{
    _cleanup_(rp_freep) char *draft = rp_format("%s.new", path);
    _cleanup_(close_fd) int fd = draft ? open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600) : -1;

    if (!draft)
        return rp_error_no_memory(error);
    if (fd < 0 || write_all(fd, text) || rename(draft, path)) {
        rp_error_set(error, RP_E_SYSTEM, "%s: %s", path, strerror(errno));
        unlink(draft);
        return RP_E_SYSTEM;
    }
    return 0;
}

static bool is_plan_or_empty(const char *path)
{
    _cleanup_(close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC);
    char start[64];
    ssize_t got = fd < 0 ? -1 : read(fd, start, sizeof(start) - 1);

    if (got > 0)
        start[got] = '\0';
    return !got || (got > 0 && rp_planfile_is(start));
}

int rp_planfile_check_path(const rp_workspace *in, const char *path, rp_error **error)
{
    static const char *const endings[] = {"", ".backup", ".lock", "-wal", "-shm"};
    struct stat file;

    for (size_t i = 0; i < rp_count_of(endings); i++) {
        _cleanup_(rp_freep) char *kept = rp_format("%s%s", in->state_path, endings[i]);
        if (!kept)
            return rp_error_no_memory(error);
        if (rp_state_path_same(path, kept))
            return rp_error_set(error, RP_E_INVALID,
                                "%s belongs to the state: save the plan under another name", path);
    }
    if (rp_state_path_same(path, in->project.file))
        return rp_error_set(error, RP_E_INVALID, "%s is the configuration: save the plan under another name",
                            path);
    if (!stat(path, &file) && (!S_ISREG(file.st_mode) || !is_plan_or_empty(path)))
        return rp_error_set(error, RP_E_INVALID,
                            "%s is no plan: it is not written over; choose another name, or remove it", path);
    return 0;
}

int rp_planfile_write(const rp_workspace *in, const rp_diff_options *options, const rp_plan *plan,
                      const char *path, rp_error **error)
{
    _cleanup_(rp_buffer_done) rp_buffer text = RP_BUFFER(MAX_FILE);
    const rp_plan_style style = {false, in->settings->verbose, rp_store_about(in->store)->salt};
    rp_json_writer writer = RP_JSON_WRITER(&text);
    char fingerprint[RP_FINGERPRINT_SIZE];
    int failed = fingerprint_desired(in, fingerprint, error);
    bool too_long;

    if (failed)
        return failed;
    write_plan(in, options, fingerprint, &writer);
    too_long = text.len > RP_JSON_MAX_BYTES;
    write_document(in, plan, &text);
    rp_plan_text(plan, &style, &text);
    if (!rp_buffer_ok(&text) || too_long)
        return rp_error_set(error, RP_E_INVALID, "%s: the plan is too large for a file", path);
    return write_file(path, &text, error);
}

static int read_texts(const rp_json *array, const char ***texts, size_t *count, rp_error **error)
{
    *texts = calloc(rp_json_count(array) + 1, sizeof(**texts));
    if (!*texts)
        return rp_error_no_memory(error);
    for (size_t i = 0; i < rp_json_count(array); i++) {
        const char *text = rp_json_text(rp_json_at(array, i));
        if (text)
            (*texts)[(*count)++] = text;
    }
    return 0;
}

static int parse_plan(const char *path, rp_planfile *plan, rp_error **error)
{
    _cleanup_(rp_document_done) rp_document text = {0};
    int failed = rp_document_load_max(path, MAX_FILE, &text, error);
    char *end, *second;

    if (failed)
        return failed;
    end = strchr(text.text, '\n');
    second = end ? strchr(end + 1, '\n') : NULL;
    if (!rp_planfile_is(text.text) || !second)
        return rp_error_set(error, RP_E_INVALID, "%s is no plan: make one with \"rp plan -out=FILE\"", path);
    failed = rp_json_parse(text.text, (size_t)(end - text.text), &plan->document, error);
    plan->shown_json = strndup(end + 1, (size_t)(second - end));
    plan->shown_text = strdup(second + 1);
    if (!failed && (!plan->shown_json || !plan->shown_text))
        return rp_error_no_memory(error);
    if (failed)
        rp_error_add(error, "%s", path);
    return failed;
}

int rp_planfile_read(const char *path, rp_planfile *plan, rp_error **error)
{
    int failed = parse_plan(path, plan, error);

    if (failed)
        return failed;
    plan->file = rp_json_text(rp_json_get(plan->document, "file"));
    plan->state = rp_json_text(rp_json_get(plan->document, "state"));
    rp_json_boolean(rp_json_get(plan->document, "destroy"), &plan->options.destroy);
    rp_json_boolean(rp_json_get(plan->document, "adopt"), &plan->options.adopt);
    failed = read_texts(rp_json_get(plan->document, "targets"), &plan->targets, &plan->options.target_count,
                        error);
    if (!failed)
        failed = read_texts(rp_json_get(plan->document, "replace"), &plan->replace,
                            &plan->options.replace_count, error);
    plan->options.targets = plan->targets;
    plan->options.replace = plan->replace;
    if (!failed && (!plan->file || !plan->state))
        return rp_error_set(error, RP_E_INVALID, "%s: the plan does not say what it is for", path);
    return failed;
}

void rp_planfile_done(rp_planfile *plan)
{
    free(plan->shown_json);
    free(plan->shown_text);
    free(plan->targets);
    free(plan->replace);
    rp_json_free(plan->document);
    *plan = (rp_planfile){0};
}

static int stale(const char *why, rp_error **error)
{
    return rp_error_set(error, RP_E_INVALID,
                        "the plan is stale: %s since it was made. Make a new one with \"rp plan\"", why);
}

static bool is_text(const rp_planfile *plan, const char *name, const char *text)
{
    const char *found = rp_json_text(rp_json_get(plan->document, name));

    return found && !strcmp(found, text);
}

static int check(const rp_planfile *plan, const rp_workspace *in, rp_error **error)
{
    const rp_state_about *about = rp_store_about(in->store);
    char fingerprint[RP_FINGERPRINT_SIZE];
    int64_t serial = -1;
    int failed = fingerprint_desired(in, fingerprint, error);

    if (failed)
        return failed;
    rp_json_integer(rp_json_get(plan->document, "serial"), &serial);
    if (!is_text(plan, "lineage", about->lineage))
        return stale("another state is here", error);
    if (serial != about->serial)
        return stale("the state has changed", error);
    if (!is_text(plan, "configuration", fingerprint))
        return stale("the configuration has changed", error);
    return 0;
}

static int read_observed(const rp_json *told, rp_observed *observed, rp_error **error)
{
    const char *seen = rp_json_text(rp_json_get(told, "seen")), *id = rp_json_text(rp_json_get(told, "id"));
    const rp_json *state = rp_json_get(told, "state");
    rp_buffer text = RP_BUFFER(RP_JSON_MAX_BYTES);

    for (size_t i = 0; seen && i < rp_count_of(seen_names); i++)
        if (!strcmp(seen, seen_names[i]))
            observed->seen = (rp_presence)i;
    rp_json_boolean(rp_json_get(told, "healthy"), &observed->healthy);
    if (id)
        observed->id = strdup(id);
    if (state) {
        rp_json_print(state, false, &text);
        observed->state = rp_buffer_take(&text);
    }
    return (id && !observed->id) || (state && !observed->state) ? rp_error_no_memory(error) : 0;
}

static int use_observed(const rp_json *told, const rp_object *object, rp_observed *observed, rp_error **error)
{
    const char *address = rp_json_text(rp_json_get(told, "address"));

    if (!address || strcmp(address, object->address) != 0)
        return stale("the state has changed", error);
    return read_observed(told, observed, error);
}

static int use_found(const rp_json *told, rp_workspace *in, rp_error **error)
{
    const char *address = rp_json_text(rp_json_get(told, "address"));
    const rp_desired *desired = address ? rp_project_find(&in->project, address) : NULL;

    if (!desired)
        return stale("the configuration has changed", error);
    return read_observed(told, &in->found[desired - in->project.desired], error);
}

int rp_planfile_use(const rp_planfile *plan, rp_workspace *in, rp_error **error)
{
    const rp_json *observed = rp_json_get(plan->document, "observed"),
                  *found = rp_json_get(plan->document, "found");
    int failed = check(plan, in, error);

    if (failed)
        return failed;
    if (rp_json_count(observed) != in->objects.count)
        return stale("the state has changed", error);
    in->observed = calloc(in->objects.count + 1, sizeof(*in->observed));
    in->found = calloc(in->project.desired_count + 1, sizeof(*in->found));
    if (!in->observed || !in->found)
        return rp_error_no_memory(error);
    for (size_t i = 0; i < in->objects.count && !failed; i++)
        failed = use_observed(rp_json_at(observed, i), &in->objects.items[i], &in->observed[i], error);
    for (size_t i = 0; i < rp_json_count(found) && !failed; i++)
        failed = use_found(rp_json_at(found, i), in, error);
    return failed;
}

void rp_planfile_show(const rp_planfile *plan, bool json, rp_buffer *out)
{
    rp_buffer_add_text(out, json ? plan->shown_json : plan->shown_text);
}
