#include "cli/verbs/plugin_handle.h"

#include "cli/config/document.h"
#include "cli/engine/plugin_guard.h"
#include "cli/output/call_report.h"
#include "cli/output/terminal_text.h"
#include "host/answer.h"

#include <unistd.h>

#define MAX_OUTPUT (256u << 20)

const char *rp_config_source(const rp_settings *settings)
{
    const char *set = settings->config ? settings->config : getenv("RP_CONFIG");

    return set && *set ? set : NULL;
}

int rp_plugin_handle_open(const rp_settings *settings, rphost **host, rp_error **error)
{
    _cleanup_(rp_document_done) rp_document config = {0};
    int failed = rp_document_read(rp_config_source(settings), &config, error);

    if (failed) {
        rp_error_add(error, "config");
        return failed;
    }
    *host = rp_plugin_open(settings->operands[0], config.text, config.len);
    return 0;
}

/* On a terminal, what it would obey is escaped. */
static bool write_document(const rp_buffer *text)
{
    _cleanup_(rp_buffer_done) rp_buffer safe = RP_BUFFER(MAX_OUTPUT);

    if (isatty(STDOUT_FILENO))
        rp_text_escape_json(rp_buffer_text(text), text->len, &safe);
    text = safe.len ? &safe : text;
    return fwrite(rp_buffer_text(text), 1, text->len, stdout) == text->len && !fflush(stdout);
}

/* A document goes to standard output whatever it says: pretty for people, on one line for programs. */
static int print(const rp_json *document)
{
    _cleanup_(rp_buffer_done) rp_buffer text = RP_BUFFER(MAX_OUTPUT);

    rp_json_print(document, isatty(STDOUT_FILENO), &text);
    rp_buffer_add_char(&text, '\n');
    if (!rp_buffer_ok(&text) || !write_document(&text)) {
        perror("rp: cannot write the answer");
        return RP_EXIT_TROUBLE;
    }
    return 0;
}

int rp_plugin_handle_show_document(const rp_json *document, int32_t status)
{
    int failed = print(document);

    rp_report_diagnostics(document, status, stderr);
    return failed ? failed : rp_exit_code(status);
}

int rp_plugin_handle_show(rphost_answer *answer)
{
    const rp_json *document = rp_answer_document(answer);
    int code = RP_EXIT_TROUBLE;

    if (document)
        code = rp_plugin_handle_show_document(document, rphost_status(answer));
    else
        fputs("rp: out of memory\n", stderr);
    rphost_release(answer);
    return code;
}

int rp_plugin_handle_fail(const rp_error *error)
{
    fprintf(stderr, "rp: %s\n", error->message);
    return error->code == RP_E_INVALID ? RP_EXIT_USAGE : RP_EXIT_TROUBLE;
}
