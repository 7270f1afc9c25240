/*
 * validate: checks whether create would refuse the records, or open the configuration.
 * No network. A null attribute is not known yet.
 */
#include "hooks.h"
#include "record.h"
#include "request.h"

static int write_record(const rp_json *object, response *to)
{
    _cleanup_(rp_error_freep) rp_error *wrong = NULL;
    record one;
    int result = record_read_new(&one, object, RPKIT_READ_PARTIAL, &wrong);

    record_clear(&one);
    if (result == RP_E_NO_MEMORY)
        return result;
    result_begin(to, wrong ? RP_INVALID_ARGUMENT : RP_OK);
    result_outcome(to, OUTCOME_NONE);
    if (wrong)
        result_retryable(to, false, 0);
    result_diagnostics_begin(to);
    if (wrong)
        write_diagnostic(to, &(diagnostic){.status = RP_INVALID_ARGUMENT,
                                           .code = "record.invalid",
                                           .summary = wrong->message,
                                           .path = wrong->path ? wrong->path : ""});
    result_end(to);
    return 0;
}

static const rp_response *validate_records(const rp_json *records)
{
    size_t count = rp_json_count(records);
    response *made = response_begin(count);

    if (!made)
        return response_no_memory();
    for (size_t i = 0; i < count; i++)
        if (write_record(rp_json_at(records, i), made) < 0) {
            response_release(&made->told);
            return response_no_memory();
        }
    response_results_end(made);
    return response_end(made);
}

static const rp_response *validate_config(const rp_json *object)
{
    _cleanup_(rp_error_freep) rp_error *wrong = NULL;
    config read;
    int result = config_read(&read, object, RPKIT_READ_PARTIAL, &wrong);
    response *made;

    config_clear(&read);
    if (result < 0)
        return response_refused_for(wrong);
    made = response_begin(0);
    if (made)
        response_results_end(made);
    return response_end(made);
}

const rp_response *validate_hook(rp_instance *instance, const rp_call *host, const char *text, size_t len)
{
    _cleanup_(rp_error_freep) rp_error *error = NULL;
    const rp_response *told;
    request asked = {0};
    call_options options;

    (void)host;
    if (instance && instance_refused(instance))
        return response_forked();
    if (request_read(&asked, text, len, REQUEST_CONFIG | REQUEST_RECORDS, &error) < 0 ||
        call_options_read(&options, NULL, asked.options, &error) < 0)
        told = response_refused_for(error);
    else
        told = asked.config ? validate_config(asked.config) : validate_records(asked.records);
    request_clear(&asked);
    return told;
}
