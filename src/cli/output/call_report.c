#include "cli/output/call_report.h"

#include "base/text.h"
#include "cli/output/terminal_text.h"
#include "host/rphost.h"
#include "json/writer.h"

#include <string.h>

#define MAX_LINE (1u << 20)

static const struct {
    int32_t status;
    int code;
} exit_codes[] = {
    {RP_OK, 0},
    {RP_IN_PROGRESS, 3}, /* the status divided by ten; 1 and 2 have their usual meanings */
    {RP_INVALID_ARGUMENT, 10},
    {RP_UNSUPPORTED, 11},
    {RP_CONTRACT, 12},
    {RP_CONFLICT, 20},
    {RP_NOT_FOUND, 21},
    {RP_ALREADY_EXISTS, 22},
    {RP_JOB_FAILED, 23},
    {RP_PERMISSION_DENIED, 30},
    {RP_UNAUTHENTICATED, 31},
    {RP_QUOTA_EXCEEDED, 32},
    {RP_UNAVAILABLE, 40},
    {RP_THROTTLED, 41},
    {RP_DEADLINE_EXCEEDED, 42},
    {RP_CANCELLED, 43},
    {RP_INTERNAL, 50},
    {RP_NO_MEMORY, 51},
};

int rp_exit_code(int32_t status)
{
    int32_t known = rphost_status_value(rphost_status_name(status));

    for (size_t i = 0; i < rp_count_of(exit_codes); i++)
        if (exit_codes[i].status == known)
            return exit_codes[i].code;
    return RP_EXIT_TROUBLE;
}

void rp_exit_codes_print(FILE *out)
{
    fprintf(out, "Exit codes of describe and call, by the status of the response:\n\n");
    for (size_t i = 0; i < rp_count_of(exit_codes); i++)
        fprintf(out, "  %3d  %s\n", exit_codes[i].code, rphost_status_name(exit_codes[i].status));
    fprintf(out, "\n  %3d  a file cannot be read or written\n  %3d  error in the command line\n",
            RP_EXIT_TROUBLE, RP_EXIT_USAGE);
}

/* At once, so that lines of several writers do not mix. */
static void print_line(const rp_buffer *line, FILE *out)
{
    _cleanup_(rp_buffer_done) rp_buffer safe = RP_BUFFER(MAX_LINE);

    rp_text_clean(rp_buffer_text(line), &safe);
    rp_buffer_add_char(&safe, '\n');
    fwrite(rp_buffer_text(&safe), 1, safe.len, out);
}

static const char *or_else(const char *text, const char *other)
{
    return text ? text : other;
}

/* "(CODE, at PATH)", with the known parts. The path of the whole document is empty. */
static void add_where(rp_buffer *line, const char *code, const char *path)
{
    if (path && !*path)
        path = NULL;
    if (code || path)
        rp_buffer_format(line, " (%s%s%s%s)", or_else(code, ""), code && path ? ", " : "", path ? "at " : "",
                         or_else(path, ""));
}

static void report_one(const rp_json *diagnostic, const char *whose, FILE *out)
{
    _cleanup_(rp_buffer_done) rp_buffer line = RP_BUFFER(MAX_LINE);
    const char *detail = rp_json_text(rp_json_get(diagnostic, "detail"));

    rp_buffer_format(&line, "rp: %s%s: %s", whose,
                     or_else(rp_json_text(rp_json_get(diagnostic, "severity")), "error"),
                     or_else(rp_json_text(rp_json_get(diagnostic, "summary")), "(no summary)"));
    if (detail)
        rp_buffer_format(&line, ": %s", detail);
    add_where(&line, rp_json_text(rp_json_get(diagnostic, "code")),
              rp_json_text(rp_json_get(diagnostic, "path")));
    print_line(&line, out);
}

static void report_all(const rp_json *diagnostics, const char *whose, FILE *out)
{
    for (size_t i = 0; i < rp_json_count(diagnostics); i++)
        report_one(rp_json_at(diagnostics, i), whose, out);
}

/* A status without diagnostics is reported by its name. */
static void report_status(const char *whose, const char *status, FILE *out)
{
    _cleanup_(rp_buffer_done) rp_buffer line = RP_BUFFER(MAX_LINE);

    rp_buffer_format(&line, "rp: %s%s", whose, status);
    print_line(&line, out);
}

static void report_result(const rp_json *result, size_t index, FILE *out)
{
    _cleanup_(rp_freep) char *whose = rp_format("record %zu: ", index);
    const rp_json *diagnostics = rp_json_get(result, "diagnostics");
    const char *status = rp_json_text(rp_json_get(result, "status"));

    report_all(diagnostics, or_else(whose, ""), out);
    if (!rp_json_count(diagnostics) && status && rphost_status_value(status) != RP_OK)
        report_status(or_else(whose, ""), status, out);
}

void rp_report_diagnostics(const rp_json *document, int32_t status, FILE *out)
{
    const rp_json *diagnostics = rp_json_get(document, "diagnostics");
    const rp_json *results = rp_json_get(document, "results");

    report_all(diagnostics, "", out);
    for (size_t i = 0; i < rp_json_count(results); i++)
        report_result(rp_json_at(results, i), i, out);
    if (!rp_json_count(diagnostics) && !rp_json_count(results) && status != RP_OK)
        report_status("", rphost_status_name(status), out);
}

static void add_value(rp_buffer *line, const rp_json *value)
{
    const char *text = rp_json_text(value);

    if (text)
        rp_buffer_add_text(line, text);
    else
        rp_json_print(value, false, line);
}

/* Known kinds of events; others are printed as JSON. */
static void add_words(rp_buffer *line, const rp_json *event)
{
    const char *kind = or_else(rp_json_text(rp_json_get(event, "kind")), "");
    const char *message = rp_json_text(rp_json_get(event, "message"));

    if (!strcmp(kind, "state")) {
        rp_buffer_add_text(line, "record ");
        add_value(line, rp_json_get(event, "record"));
        rp_buffer_add_text(line, ": ");
        rp_json_print(rp_json_get(event, "state"), false, line);
    } else if (!strcmp(kind, "progress")) {
        add_value(line, rp_json_get(event, "done"));
        rp_buffer_add_text(line, " of ");
        add_value(line, rp_json_get(event, "total"));
        if (message && *message)
            rp_buffer_format(line, ": %s", message);
    } else if (!strcmp(kind, "log")) {
        add_value(line, rp_json_get(event, "level"));
        rp_buffer_format(line, ": %s", or_else(message, ""));
    } else {
        rp_json_print(event, false, line);
    }
}

void rp_report_event(const char *event, size_t len, bool in_words, FILE *out)
{
    _cleanup_(rp_buffer_done) rp_buffer line = RP_BUFFER(MAX_LINE);
    _cleanup_(rp_json_freep) rp_json *parsed = NULL;

    if (rp_json_parse(event, len, &parsed, NULL) < 0)
        rp_buffer_add(&line, event, len);
    else if (in_words)
        add_words(&line, parsed);
    else
        rp_json_print(parsed, false, &line);
    print_line(&line, out);
}
