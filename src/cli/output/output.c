#include "cli/output/output.h"

#include "base/text.h"
#include "cli/output/color.h"
#include "cli/output/plan_text.h"
#include "cli/output/text.h"

#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#define MAX_LINE (1u << 20)

static bool is_colored(const rp_settings *settings, int fd)
{
    const char *no = getenv("NO_COLOR"), *terminal = getenv("TERM");

    return !settings->json && !settings->no_color && !(no && *no) && isatty(fd) && terminal &&
           strcmp(terminal, "dumb") != 0;
}

void rp_output_start(rp_output *output, const rp_settings *settings)
{
    const char *terminal = getenv("TERM");

    *output = (rp_output){.out = stdout,
                          .err = stderr,
                          .json = settings->json,
                          .verbose = settings->verbose,
                          .color = is_colored(settings, STDOUT_FILENO),
                          .error_color = is_colored(settings, STDERR_FILENO),
                          .live = !settings->json && isatty(STDOUT_FILENO) && terminal &&
                                  strcmp(terminal, "dumb") != 0};
    if (output->json) {
        _cleanup_(rp_buffer_done) rp_buffer line = RP_BUFFER(MAX_LINE);
        rp_json_output_version(RP_VERSION, &line);
        rp_output_message(output, &line);
    }
}

static void write_all(FILE *to, const rp_buffer *text)
{
    fwrite(rp_buffer_text(text), 1, text->len, to);
    fflush(to);
}

void rp_output_print(const rp_output *output, const rp_buffer *text)
{
    if (!output->json)
        write_all(output->out, text);
}

void rp_output_message(const rp_output *output, const rp_buffer *lines)
{
    if (output->json)
        rp_output_json(output->out, lines);
}

void rp_output_say(const rp_output *output, const char *format, ...)
{
    _cleanup_(rp_freep) char *words = NULL;
    _cleanup_(rp_buffer_done) rp_buffer line = RP_BUFFER(MAX_LINE);
    va_list arguments;
    int made;

    va_start(arguments, format);
    made = vasprintf(&words, format, arguments);
    va_end(arguments);
    if (made < 0) {
        words = NULL;
        return;
    }
    if (output->json) {
        rp_json_output_log(words, &line);
    } else {
        rp_text_clean(words, &line);
        rp_buffer_add_char(&line, '\n');
    }
    write_all(output->out, &line);
}

static void drift_messages(const rp_plan *plan, const char *salt, bool all, rp_buffer *lines)
{
    for (size_t i = 0; i < plan->count; i++)
        if (plan->changes[i].drifted ||
            (all && plan->changes[i].observed && plan->changes[i].observed->state))
            rp_json_output_change(&plan->changes[i], salt, true, lines);
}

static void plan_messages(const rp_plan *plan, const char *salt, rp_buffer *lines)
{
    const rp_counts counts = {plan->to_add,    plan->to_change, plan->to_destroy, plan->to_move,
                              plan->to_forget, plan->to_adopt,  plan->pending};

    drift_messages(plan, salt, false, lines);
    for (size_t i = 0; i < plan->count; i++)
        if (rp_change_acts(&plan->changes[i]) || plan->changes[i].reason == RP_REASON_PENDING)
            rp_json_output_change(&plan->changes[i], salt, false, lines);
    rp_json_output_summary("plan", &counts, lines);
}

void rp_output_plan(const rp_output *output, const rp_plan *plan, const char *salt)
{
    _cleanup_(rp_buffer_done) rp_buffer text = RP_BUFFER(RP_TEXT_MAX);
    const rp_plan_style style = {output->color, output->verbose, salt};

    if (output->json)
        plan_messages(plan, salt, &text);
    else
        rp_plan_text(plan, &style, &text);
    write_all(output->out, &text);
}

void rp_output_drift(const rp_output *output, const rp_plan *plan)
{
    _cleanup_(rp_buffer_done) rp_buffer text = RP_BUFFER(RP_TEXT_MAX);

    if (output->json)
        drift_messages(plan, NULL, true, &text);
    else
        rp_plan_text_drift(plan, true, output->color, &text);
    if (!output->json && !text.len)
        rp_buffer_add_text(&text, "Nothing has changed.\n");
    write_all(output->out, &text);
}

void rp_output_json(FILE *to, const rp_buffer *json)
{
    _cleanup_(rp_buffer_done) rp_buffer safe = RP_BUFFER(RP_TEXT_MAX);

    if (!isatty(fileno(to))) {
        write_all(to, json);
        return;
    }
    rp_text_escape_json(rp_buffer_text(json), json->len, &safe);
    write_all(to, &safe);
}

void rp_output_diagnostics(const rp_output *output, const rp_diagnostics *diagnostics)
{
    _cleanup_(rp_buffer_done) rp_buffer text = RP_BUFFER(RP_TEXT_MAX);

    for (size_t i = 0; i < diagnostics->count; i++) {
        if (output->json) {
            rp_json_output_diagnostic(&diagnostics->items[i], output->file, &text);
        } else {
            rp_buffer_add_char(&text, '\n');
            rp_text_diagnostic(&diagnostics->items[i], output->file, output->source, output->error_color,
                               &text);
        }
    }
    if (diagnostics->more && !output->json)
        rp_buffer_format(&text, "\n… and %zu more findings like these.\n", diagnostics->more);
    fflush(output->out);
    write_all(output->json ? output->out : output->err, &text);
}

void rp_output_error(const rp_output *output, const rp_error *error)
{
    rp_diagnostics diagnostics = {0};

    rp_diagnostics_add_error(&diagnostics, error);
    rp_output_diagnostics(output, &diagnostics);
    rp_diagnostics_done(&diagnostics);
}

/* How an event is told, by its kind and action. */
static const struct {
    const char *kind, *action, *words;
    bool counts; /* its time */
} event_words[] = {
    {"apply_start", "create", "Creating...", false},
    {"apply_start", "update", "Modifying...", false},
    {"apply_start", "delete", "Destroying...", false},
    {"apply_progress", "create", "Still creating...", true},
    {"apply_progress", "update", "Still modifying...", true},
    {"apply_progress", "delete", "Still destroying...", true},
    {"apply_complete", "create", "Creation complete", true},
    {"apply_complete", "update", "Modifications complete", true},
    {"apply_complete", "delete", "Destruction complete", true},
    {"apply_errored", "create", "Creation errored", true},
    {"apply_errored", "update", "Modifications errored", true},
    {"apply_errored", "delete", "Destruction errored", true},
    {"refresh_start", NULL, "Refreshing state...", false},
    {"refresh_complete", NULL, "Refresh complete", false},
};

static bool is_words_of(size_t at, const rp_resource_event *one)
{
    bool same_action =
        event_words[at].action ? one->action && !strcmp(event_words[at].action, one->action) : !one->action;

    return same_action && !strcmp(event_words[at].kind, one->kind);
}

static void add_words(const rp_resource_event *one, rp_buffer *out)
{
    rp_buffer_format(out, "%s: ", one->address);
    for (size_t i = 0; i < rp_count_of(event_words); i++) {
        if (!is_words_of(i, one))
            continue;
        rp_buffer_add_text(out, one->later ? "Accepted, not waited for" : event_words[i].words);
        if (event_words[i].counts && one->elapsed_s >= 0)
            rp_buffer_format(out, strcmp(one->kind, "apply_progress") ? " after %llds" : " [%llds elapsed]",
                             (long long)one->elapsed_s);
    }
    if (one->id)
        rp_buffer_format(out, " [id=%s]", one->id);
    if (one->message && *one->message)
        rp_buffer_format(out, " (%s)", one->message);
}

void rp_output_event(const rp_output *output, const rp_resource_event *one, bool quietly)
{
    _cleanup_(rp_buffer_done) rp_buffer words = RP_BUFFER(MAX_LINE), line = RP_BUFFER(MAX_LINE);

    add_words(one, &words);
    if (output->json) {
        rp_json_output_event(one, rp_buffer_text(&words), &line);
        rp_output_json(output->out, &line);
    } else if (!quietly) {
        rp_output_say(output, "%s", rp_buffer_text(&words));
    }
}

void rp_output_summary(const rp_output *output, const char *operation, const rp_counts *counts)
{
    const rp_color *p = output->color ? &rp_color_ansi : &rp_color_none;
    bool destroy = !strcmp(operation, "destroy");
    _cleanup_(rp_buffer_done) rp_buffer line = RP_BUFFER(MAX_LINE);

    if (output->json) {
        rp_json_output_summary(operation, counts, &line);
        rp_json_output_outputs(&line);
        rp_output_json(output->out, &line);
        return;
    }
    rp_buffer_format(&line, "\n%s%s%s complete!%s ", p->bold, p->green, destroy ? "Destroy" : "Apply",
                     p->off);
    rp_counts_write(counts, destroy, &line);
    rp_buffer_add_char(&line, '\n');
    rp_output_print(output, &line);
}

void rp_output_incomplete(const rp_output *output, const char *operation, size_t pending)
{
    const char *name = strcmp(operation, "destroy") ? "Apply" : "Destroy";
    _cleanup_(rp_freep) char *words =
        rp_format("%s incomplete: %zu accepted, outcome pending. Run rp %s to follow their jobs.", name,
                  pending, operation);
    rp_diagnostics diagnostics = {0};

    if (!output->json) {
        fputc('\n', output->out);
        rp_output_say(output, "%s", words ? words : "out of memory");
        return;
    }
    rp_diagnostics_add(&diagnostics, NULL, false, words, NULL, NULL, NULL);
    rp_output_diagnostics(output, &diagnostics);
    rp_diagnostics_done(&diagnostics);
}
