#include "cli/state/planfile.h"

#include "base/text.h"
#include "cli/config/document.h"
#include "json/scan.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define FORMAT "rp plan 1"

static const char *const seen_names[] = {"nothing", "there", "gone", "under_way"};

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

static void write_sight(rp_json_writer *writer, const rp_object *object, const rp_observed *observed)
{
    rp_write_begin(writer, '{');
    rp_write_text_member(writer, "address", object->address);
    rp_write_text_member(writer, "deposed", object->deposed);
    rp_write_text_member(writer, "seen", seen_names[observed->seen]);
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
    rp_write_name(writer, "sights");
    rp_write_begin(writer, '[');
    for (size_t i = 0; i < in->objects.count; i++)
        write_sight(writer, &in->objects.items[i], &in->observed[i]);
    rp_write_end(writer, ']');
    rp_write_end(writer, '}');
}

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
}

static int write_file(const char *path, const rp_buffer *text, rp_error **error)
{
    _cleanup_(close_fd) int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    size_t written = 0;

    while (fd >= 0 && written < text->len) {
        ssize_t put = write(fd, text->data + written, text->len - written);
        if (put <= 0)
            break;
        written += (size_t)put;
    }
    if (fd < 0 || written < text->len)
        return rp_error_set(error, RP_E_SYSTEM, "%s: %s", path, strerror(errno));
    return 0;
}

int rp_planfile_write(const rp_workspace *in, const rp_diff_options *options, const char *path,
                      rp_error **error)
{
    _cleanup_(rp_buffer_done) rp_buffer text = RP_BUFFER(RP_JSON_MAX_BYTES);
    rp_json_writer writer = RP_JSON_WRITER(&text);
    char fingerprint[RP_FINGERPRINT_SIZE];
    int failed = fingerprint_desired(in, fingerprint, error);

    if (failed)
        return failed;
    write_plan(in, options, fingerprint, &writer);
    rp_buffer_add_char(&text, '\n');
    if (!rp_buffer_ok(&text))
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
    int failed = rp_document_load(path, &text, error);

    if (failed)
        return failed;
    if (!rp_planfile_is(text.text))
        return rp_error_set(error, RP_E_INVALID, "%s is no plan: make one with \"rp plan -out=FILE\"", path);
    failed = rp_json_parse(text.text, text.len, &plan->document, error);
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

static int use_sight(const rp_json *told, const rp_object *object, rp_observed *observed, rp_error **error)
{
    const char *seen = rp_json_text(rp_json_get(told, "seen"));
    const char *address = rp_json_text(rp_json_get(told, "address"));
    const rp_json *state = rp_json_get(told, "state");
    rp_buffer text = RP_BUFFER(RP_JSON_MAX_BYTES);

    if (!seen || !address || strcmp(address, object->address) != 0)
        return stale("the state has changed", error);
    for (size_t i = 0; i < rp_count_of(seen_names); i++)
        if (!strcmp(seen, seen_names[i]))
            observed->seen = (rp_presence)i;
    if (!state)
        return 0;
    rp_json_print(state, false, &text);
    observed->state = rp_buffer_take(&text);
    return observed->state ? 0 : rp_error_no_memory(error);
}

int rp_planfile_use(const rp_planfile *plan, rp_workspace *in, rp_error **error)
{
    const rp_json *observed = rp_json_get(plan->document, "sights");
    int failed = check(plan, in, error);

    if (failed)
        return failed;
    if (rp_json_count(observed) != in->objects.count)
        return stale("the state has changed", error);
    in->observed = calloc(in->objects.count + 1, sizeof(*in->observed));
    if (!in->observed)
        return rp_error_no_memory(error);
    for (size_t i = 0; i < in->objects.count && !failed; i++)
        failed = use_sight(rp_json_at(observed, i), &in->objects.items[i], &in->observed[i], error);
    return failed;
}
