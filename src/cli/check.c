#include "cli/check.h"

#include "cli/ask.h"

#define AT_ONCE 2000 /* records in a call */

static void report(rp_workspace *in, const rp_wanted *wanted, const rp_json *result)
{
    const rp_json *diagnostics = rp_json_get(result, "diagnostics");

    for (size_t i = 0; i < rp_json_count(diagnostics); i++) {
        const rp_json *one = rp_json_at(diagnostics, i);
        const rp_about about =
            rp_workspace_about(in, wanted->address, rp_json_text(rp_json_get(one, "path")));
        rp_findings_add_diagnostic(&in->findings, &about, one, rp_result_status(result));
    }
    if (!rp_json_count(diagnostics)) {
        const rp_about about = rp_workspace_about(in, wanted->address, NULL);
        rp_result_report(result, &about, &in->findings);
    }
}

static int ask(rp_workspace *in, const rp_wanted *const *wanted, size_t count, const rp_type *type,
               rp_error **error)
{
    _cleanup_(rp_reply_done) rp_reply reply = {0};
    const char *records[AT_ONCE];
    int failed;

    for (size_t i = 0; i < count; i++)
        records[i] = wanted[i]->record;
    failed = rp_ask(in->host, &(rp_question){"validate", type->name, records, count, 0, NULL, NULL}, &reply,
                    error);
    if (failed)
        return failed;
    for (size_t i = 0; reply.results && i < count; i++)
        report(in, wanted[i], rp_json_at(reply.results, i));
    if (!reply.results && reply.status != RP_UNSUPPORTED) /* a plugin need not have that hook */
        rp_reply_report(&reply, NULL, &in->findings);
    return 0;
}

static int check_type(rp_workspace *in, const rp_type *type, rp_error **error)
{
    const rp_wanted *wanted[AT_ONCE];
    size_t count = 0;
    int failed = 0;

    for (size_t i = 0; i < in->project.wanted_count && !failed; i++) {
        if (in->project.wanted[i].type == type)
            wanted[count++] = &in->project.wanted[i];
        if (count == AT_ONCE) {
            failed = ask(in, wanted, count, type, error);
            count = 0;
        }
    }
    return failed || !count ? failed : ask(in, wanted, count, type, error);
}

int rp_check_records(rp_workspace *in, rp_error **error)
{
    size_t errors = in->findings.errors;
    int failed = 0;

    for (size_t i = 0; i < in->catalog.count && !failed; i++)
        failed = check_type(in, &in->catalog.types[i], error);
    return !failed && in->findings.errors > errors ? RP_E_INVALID : failed;
}
