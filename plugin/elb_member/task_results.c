/* Writes the results of a call as the response document. */
#include "record_tasks.h"

#include <stdio.h>
#include <string.h>

static const char *empty_as_null(const char *text)
{
    return text && *text ? text : NULL;
}

/* The job in the state: this call's, or, in a read, the record's. */
static void write_state(const record_task *one, const want_result *result, want_kind kind, response *to)
{
    const char *job_id = result->job ? empty_as_null(result->job->id) : NULL;
    const char *uri = result->job ? empty_as_null(result->job->uri) : NULL;

    if (kind == WANT_READ) {
        job_id = one->record.job_id;
        uri = one->record.uri;
    }
    rp_write_name(&to->writer, "state");
    record_write_state(&one->record, result->member, job_id, uri, &to->writer);
}

/* Messages for results without a failure. */
static const struct {
    int status;
    want_kind kind;
    outcome outcome;
    const char *code, *summary;
} messages[] = {
    {RP_ALREADY_EXISTS, WANT_CREATE, OUTCOME_NONE, "elb.already_exists", "the member already exists"},
    {RP_NOT_FOUND, WANT_READ, OUTCOME_NONE, "elb.member_not_found", "the member does not exist"},
    {RP_DEADLINE_EXCEEDED, WANT_CREATE, OUTCOME_NONE, "elb.deadline_exceeded",
     "timeout before anything was sent for this record"},
    {RP_DEADLINE_EXCEEDED, WANT_CREATE, OUTCOME_UNKNOWN, "elb.deadline_exceeded",
     "timeout while the member is being added: read its state later"},
    {RP_DEADLINE_EXCEEDED, WANT_CREATE, OUTCOME_DONE, "elb.not_healthy",
     "timeout: the member exists, but is not healthy yet"},
    {RP_DEADLINE_EXCEEDED, WANT_DELETE, OUTCOME_NONE, "elb.deadline_exceeded",
     "timeout before anything was sent for this record"},
    {RP_DEADLINE_EXCEEDED, WANT_DELETE, OUTCOME_UNKNOWN, "elb.deadline_exceeded",
     "timeout while the member is being removed: read it later, or delete it again"},
    {RP_DEADLINE_EXCEEDED, WANT_READ, OUTCOME_NONE, "elb.deadline_exceeded",
     "timeout before the members were listed"},
    {RP_CANCELLED, WANT_CREATE, OUTCOME_NONE, "elb.cancelled",
     "cancelled before anything was sent for this record"},
    {RP_CANCELLED, WANT_CREATE, OUTCOME_UNKNOWN, "elb.cancelled",
     "cancelled while the member is being added: read its state later"},
    {RP_CANCELLED, WANT_CREATE, OUTCOME_DONE, "elb.cancelled",
     "cancelled: the member exists, but is not healthy yet"},
    {RP_CANCELLED, WANT_DELETE, OUTCOME_NONE, "elb.cancelled",
     "cancelled before anything was sent for this record"},
    {RP_CANCELLED, WANT_DELETE, OUTCOME_UNKNOWN, "elb.cancelled",
     "cancelled while the member is being removed: read it later, or delete it again"},
    {RP_CANCELLED, WANT_READ, OUTCOME_NONE, "elb.cancelled", "cancelled before the members were listed"},
};

static diagnostic message_for(want_kind kind, const want_result *result)
{
    for (size_t i = 0; i < rp_count_of(messages); i++)
        if (messages[i].status == result->status && messages[i].kind == kind &&
            messages[i].outcome == result->outcome)
            return (diagnostic){
                .status = result->status, .code = messages[i].code, .summary = messages[i].summary};
    return (diagnostic){.status = result->status, .code = "internal", .summary = "unknown reason"};
}

/* A failure with another status than the result becomes a warning, such as a failed job of a member that does not
 * exist. */
static bool is_own(const want_result *result)
{
    return result->failure && result->failure->status == result->status;
}

static void write_failure(const failure *why, bool warning, outcome ended, response *to)
{
    static const char open[] =
        "The outcome is unknown. Run read, or create with adopt: it checks first.";
    bool lost = !warning && ended == OUTCOME_UNKNOWN;

    write_diagnostic(to, &(diagnostic){.warning = warning,
                                       .status = why->status,
                                       .code = why->code,
                                       .summary = why->summary,
                                       .detail = lost ? open : NULL,
                                       .said_by = why});
}

static void warn_of_udp(const want_result *result, want_kind kind, const char *protocol, response *to)
{
    if (kind != WANT_CREATE || strcmp(protocol, "UDP") || !result->with_state)
        return;
    write_diagnostic(
        to,
        &(diagnostic){.warning = true,
                      .status = RP_OK,
                      .code = "elb.udp_listener",
                      .summary = "the listener is UDP: the server must answer ping and run its UDP service, "
                                 "or it counts as unhealthy"});
}

static void warn_of_health(const want_result *result, response *to)
{
    char summary[128];
    const char *health = result->member ? result->member->health_status : NULL;

    if (!health || !strcmp(health, "NORMAL"))
        return;
    snprintf(summary, sizeof(summary), "the member's health is %.40s: it gets no traffic", health);
    write_diagnostic(
        to, &(diagnostic){.warning = true, .status = RP_OK, .code = "elb.not_healthy", .summary = summary});
}

static void write_diagnostics(const want_result *result, want_kind kind, const char *protocol, response *to)
{
    result_diagnostics_begin(to);
    if (result->status >= 100 && !is_own(result)) {
        diagnostic said = message_for(kind, result);
        write_diagnostic(to, &said);
    }
    if (result->failure)
        write_failure(result->failure, !is_own(result), result->outcome, to);
    warn_of_udp(result, kind, protocol, to);
    warn_of_health(result, to);
}

/* Whether the same call may succeed later. */
static bool may_succeed(const want_result *result)
{
    if (is_own(result))
        return result->failure->retryable;
    return result->status == RP_DEADLINE_EXCEEDED || result->status == RP_CANCELLED;
}

static void write_outcome(const want_result *result, want_kind kind, response *to)
{
    if (kind == WANT_READ && result->status == RP_IN_PROGRESS)
        return;
    result_outcome(to, result->outcome);
}

static void write_result(const record_tasks *all, const record_task *one, const want_result *result,
                         const char *protocol, response *to)
{
    result_begin(to, result->status);
    write_outcome(result, all->kind, to);
    if (result->with_state)
        write_state(one, result, all->kind, to);
    if (result->status == RP_ALREADY_EXISTS)
        rp_write_boolean_member(&to->writer, "matches", true);
    if (all->kind == WANT_DELETE && result->status == RP_OK)
        rp_write_boolean_member(&to->writer, "existed", result->existed);
    if (result->status >= 100)
        result_retryable(to, may_succeed(result), is_own(result) ? result->failure->retry_after_ms : 0);
    write_diagnostics(result, all->kind, protocol, to);
    result_end(to);
}

static void write_refused(const record_task *one, response *to)
{
    result_begin(to, RP_INVALID_ARGUMENT);
    result_outcome(to, OUTCOME_NONE);
    result_retryable(to, false, 0);
    result_diagnostics_begin(to);
    write_diagnostic(to, &(diagnostic){.status = RP_INVALID_ARGUMENT,
                                       .code = "record.invalid",
                                       .summary = one->refused->message,
                                       .path = one->refused->path ? one->refused->path : ""});
    result_end(to);
}

/* A later record of the same member shares the first one's result; only the first one changed anything. */
static want_result result_of_later(const record_tasks *all, const want_result *first)
{
    want_result later = *first;

    if (all->kind == WANT_DELETE && later.status == RP_OK)
        later.existed = false;
    if (all->kind != WANT_CREATE || (later.status != RP_OK && later.status != RP_ALREADY_EXISTS))
        return later;
    later.status = all->options.adopt ? RP_OK : RP_ALREADY_EXISTS;
    later.outcome = OUTCOME_NONE;
    return later;
}

/* Looks a listener's protocol up once for all records of it. */
static void protocol_of(driver *d, const record *one, const char **last, char protocol[16])
{
    if (*last && !strcmp(*last, one->listener_id))
        return;
    *last = one->listener_id;
    driver_protocol(d, one->listener_id, protocol);
}

void record_tasks_write_results(const record_tasks *all, driver *d, response *to)
{
    const char *last = NULL;
    char protocol[16] = "";

    for (size_t i = 0; i < all->count; i++) {
        const record_task *one = &all->each[i];
        if (one->refused) {
            write_refused(one, to);
            continue;
        }
        protocol_of(d, &one->record, &last, protocol);
        if (one->first) {
            want_result later = result_of_later(all, &one->first->want.result);
            write_result(all, one, &later, protocol, to);
        } else {
            write_result(all, one, &one->want.result, protocol, to);
        }
    }
}
