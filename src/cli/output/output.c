#include "cli/output/output.h"

#include "cli/output/color.h"
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
        write_all(output->out, lines);
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

static void plan_messages(const rp_plan *plan, rp_buffer *lines)
{
    for (size_t i = 0; i < plan->count; i++)
        if (plan->changes[i].drifted)
            rp_json_output_change(&plan->changes[i], true, lines);
    for (size_t i = 0; i < plan->count; i++)
        if (plan->changes[i].action != RP_NO_OP)
            rp_json_output_change(&plan->changes[i], false, lines);
    rp_json_output_summary("plan", plan->to_add, plan->to_destroy, lines);
}

void rp_output_plan(const rp_output *output, const rp_plan *plan, const char *salt)
{
    _cleanup_(rp_buffer_done) rp_buffer text = RP_BUFFER(RP_TEXT_MAX);

    if (output->json)
        plan_messages(plan, &text);
    else
        rp_text_plan(plan, salt, output->color, &text);
    write_all(output->out, &text);
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

/* What a happening is called, and how it is told. */
static const struct {
    const char *kind, *action, *words;
    bool counts; /* its time */
} event_words[] = {
    {"apply_start", "create", "Creating...", false},
    {"apply_start", "delete", "Destroying...", false},
    {"apply_progress", "create", "Still creating...", true},
    {"apply_progress", "delete", "Still destroying...", true},
    {"apply_complete", "create", "Creation complete", true},
    {"apply_complete", "delete", "Destruction complete", true},
    {"apply_errored", "create", "Creation errored", true},
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
        rp_buffer_add_text(out, one->later ? "Accepted, and not waited for" : event_words[i].words);
        if (event_words[i].counts && one->elapsed_s >= 0)
            rp_buffer_format(out, strcmp(one->kind, "apply_progress") ? " after %llds" : " [%llds elapsed]",
                             (long long)one->elapsed_s);
    }
    if (one->id)
        rp_buffer_format(out, " [id=%s]", one->id);
}

void rp_output_event(const rp_output *output, const rp_resource_event *one, bool quietly)
{
    _cleanup_(rp_buffer_done) rp_buffer words = RP_BUFFER(MAX_LINE), line = RP_BUFFER(MAX_LINE);

    add_words(one, &words);
    if (output->json) {
        rp_json_output_event(one, rp_buffer_text(&words), &line);
        write_all(output->out, &line);
    } else if (!quietly) {
        rp_output_say(output, "%s", rp_buffer_text(&words));
    }
}

static void say_summary(const rp_output *output, const char *operation, size_t added, size_t destroyed)
{
    const rp_color *p = output->color ? &rp_color_ansi : &rp_color_none;
    bool destroy = !strcmp(operation, "destroy");
    _cleanup_(rp_buffer_done) rp_buffer line = RP_BUFFER(MAX_LINE);

    rp_buffer_format(&line, "\n%s%s%s complete!%s ", p->bold, p->green, destroy ? "Destroy" : "Apply",
                     p->off);
    if (destroy)
        rp_buffer_format(&line, "%zu destroyed.\n", destroyed);
    else
        rp_buffer_format(&line, "%zu added, 0 changed, %zu destroyed.\n", added, destroyed);
    rp_output_print(output, &line);
}

void rp_output_summary(const rp_output *output, const char *operation, size_t added, size_t destroyed)
{
    _cleanup_(rp_buffer_done) rp_buffer line = RP_BUFFER(MAX_LINE);

    if (!output->json) {
        say_summary(output, operation, added, destroyed);
        return;
    }
    rp_json_output_summary(operation, added, destroyed, &line);
    rp_json_output_outputs(&line);
    rp_output_message(output, &line);
}
