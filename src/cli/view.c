#include "cli/view.h"

#include "cli/paint.h"
#include "cli/render.h"

#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#define MAX_LINE (1u << 20)

static bool is_colourful(const rp_settings *settings, int fd)
{
    const char *no = getenv("NO_COLOR"), *terminal = getenv("TERM");

    return !settings->json && !settings->no_color && !(no && *no) && isatty(fd) && terminal &&
           strcmp(terminal, "dumb") != 0;
}

void rp_view_start(rp_view *view, const rp_settings *settings)
{
    const char *terminal = getenv("TERM");

    *view = (rp_view){.out = stdout,
                      .err = stderr,
                      .json = settings->json,
                      .colour = is_colourful(settings, STDOUT_FILENO),
                      .error_colour = is_colourful(settings, STDERR_FILENO),
                      .live = !settings->json && isatty(STDOUT_FILENO) && terminal &&
                              strcmp(terminal, "dumb") != 0};
    if (view->json) {
        _cleanup_(rp_buffer_done) rp_buffer line = RP_BUFFER(MAX_LINE);
        rp_message_version(RP_VERSION, &line);
        rp_view_message(view, &line);
    }
}

static void write_all(FILE *to, const rp_buffer *text)
{
    fwrite(rp_buffer_text(text), 1, text->len, to);
    fflush(to);
}

void rp_view_print(const rp_view *view, const rp_buffer *text)
{
    if (!view->json)
        write_all(view->out, text);
}

void rp_view_message(const rp_view *view, const rp_buffer *lines)
{
    if (view->json)
        write_all(view->out, lines);
}

void rp_view_say(const rp_view *view, const char *format, ...)
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
    if (view->json) {
        rp_message_log(words, &line);
    } else {
        rp_render_clean(words, &line);
        rp_buffer_add_char(&line, '\n');
    }
    write_all(view->out, &line);
}

static void plan_messages(const rp_plan *plan, rp_buffer *lines)
{
    for (size_t i = 0; i < plan->count; i++)
        if (plan->changes[i].drifted)
            rp_message_change(&plan->changes[i], true, lines);
    for (size_t i = 0; i < plan->count; i++)
        if (plan->changes[i].action != RP_KEEP)
            rp_message_change(&plan->changes[i], false, lines);
    rp_message_summary("plan", plan->to_add, plan->to_destroy, lines);
}

void rp_view_plan(const rp_view *view, const rp_plan *plan, const char *salt)
{
    _cleanup_(rp_buffer_done) rp_buffer text = RP_BUFFER(RP_RENDER_MAX);

    if (view->json)
        plan_messages(plan, &text);
    else
        rp_render_plan(plan, salt, view->colour, &text);
    write_all(view->out, &text);
}

void rp_view_findings(const rp_view *view, const rp_findings *findings)
{
    _cleanup_(rp_buffer_done) rp_buffer text = RP_BUFFER(RP_RENDER_MAX);

    for (size_t i = 0; i < findings->count; i++) {
        if (view->json) {
            rp_message_finding(&findings->items[i], view->file, &text);
        } else {
            rp_buffer_add_char(&text, '\n');
            rp_render_finding(&findings->items[i], view->file, view->source, view->error_colour, &text);
        }
    }
    if (findings->more && !view->json)
        rp_buffer_format(&text, "\n… and %zu more findings like these.\n", findings->more);
    fflush(view->out);
    write_all(view->json ? view->out : view->err, &text);
}

void rp_view_error(const rp_view *view, const rp_error *error)
{
    rp_findings findings = {0};

    rp_findings_add_error(&findings, error);
    rp_view_findings(view, &findings);
    rp_findings_done(&findings);
}

/* What a happening is called, and how it is told. */
static const struct {
    const char *kind, *action, *words;
    bool counts; /* its time */
} sayings[] = {
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

static bool is_saying_of(size_t at, const rp_happening *one)
{
    bool same_action =
        sayings[at].action ? one->action && !strcmp(sayings[at].action, one->action) : !one->action;

    return same_action && !strcmp(sayings[at].kind, one->kind);
}

static void add_words(const rp_happening *one, rp_buffer *out)
{
    rp_buffer_format(out, "%s: ", one->address);
    for (size_t i = 0; i < rp_count_of(sayings); i++) {
        if (!is_saying_of(i, one))
            continue;
        rp_buffer_add_text(out, one->later ? "Accepted, and not waited for" : sayings[i].words);
        if (sayings[i].counts && one->elapsed_s >= 0)
            rp_buffer_format(out, strcmp(one->kind, "apply_progress") ? " after %llds" : " [%llds elapsed]",
                             (long long)one->elapsed_s);
    }
    if (one->id)
        rp_buffer_format(out, " [id=%s]", one->id);
}

void rp_view_happening(const rp_view *view, const rp_happening *one, bool quietly)
{
    _cleanup_(rp_buffer_done) rp_buffer words = RP_BUFFER(MAX_LINE), line = RP_BUFFER(MAX_LINE);

    add_words(one, &words);
    if (view->json) {
        rp_message_happening(one, rp_buffer_text(&words), &line);
        write_all(view->out, &line);
    } else if (!quietly) {
        rp_view_say(view, "%s", rp_buffer_text(&words));
    }
}

static void say_summary(const rp_view *view, const char *operation, size_t added, size_t destroyed)
{
    const rp_paint *p = view->colour ? &rp_paint_ansi : &rp_paint_none;
    bool destroy = !strcmp(operation, "destroy");
    _cleanup_(rp_buffer_done) rp_buffer line = RP_BUFFER(MAX_LINE);

    rp_buffer_format(&line, "\n%s%s%s complete!%s ", p->bold, p->green, destroy ? "Destroy" : "Apply",
                     p->off);
    if (destroy)
        rp_buffer_format(&line, "%zu destroyed.\n", destroyed);
    else
        rp_buffer_format(&line, "%zu added, 0 changed, %zu destroyed.\n", added, destroyed);
    rp_view_print(view, &line);
}

void rp_view_summary(const rp_view *view, const char *operation, size_t added, size_t destroyed)
{
    _cleanup_(rp_buffer_done) rp_buffer line = RP_BUFFER(MAX_LINE);

    if (!view->json) {
        say_summary(view, operation, added, destroyed);
        return;
    }
    rp_message_summary(operation, added, destroyed, &line);
    rp_message_outputs(&line);
    rp_view_message(view, &line);
}
