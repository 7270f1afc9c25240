/* Writes the results of a call as the response document. */
#include "record_tasks.h"

#include <stdio.h>
#include <string.h>

static const char *empty_as_null(const char *text)
{
    return text && *text ? text : NULL;
}

/* The job in the state: this call's, or, in a read, the record's. */
static record state_of(const record_task *one, const want_result *result, want_kind kind, char **id)
{
    const char *job_id = result->job ? empty_as_null(result->job->id) : NULL;
    const char *uri = result->job ? empty_as_null(result->job->uri) : NULL;

    if (kind == WANT_READ) {
        job_id = one->record.job_id;
        uri = one->record.uri;
    }
    return record_state(&one->record, result->member, job_id, uri, id);
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

static rpkit_diagnostic message_for(want_kind kind, const want_result *result)
{
    for (size_t i = 0; i < rp_count_of(messages); i++)
        if (messages[i].status == result->status && messages[i].kind == kind &&
            messages[i].outcome == result->outcome)
            return (rpkit_diagnostic){
                .status = result->status, .code = messages[i].code, .summary = messages[i].summary};
    return (rpkit_diagnostic){.status = result->status, .code = "internal", .summary = "unknown reason"};
}

/* A failure with another status than the result becomes a warning, such as a failed job of a member that does
 * not exist. */
static bool is_own(const want_result *result)
{
    return result->failure && result->failure->status == result->status;
}

/* What a result tells, gathered before it is written. */
typedef struct findings {
    rpkit_diagnostic all[4];
    size_t count;
    rpkit_datum data[5];
    char health[256];
} findings;

static void add(findings *to, rpkit_diagnostic one)
{
    to->all[to->count++] = one;
}

static size_t add_datum(rpkit_datum *data, size_t count, const char *name, const char *text)
{
    if (!text || !*text)
        return count;
    data[count] = (rpkit_datum){.name = name, .text = text};
    return count + 1;
}

/* The server's own words. */
static const rpkit_datum *data_of(const failure *why, rpkit_datum data[5])
{
    size_t count = 0;

    if (why->http_status)
        data[count++] = (rpkit_datum){.name = "http_status", .number = why->http_status};
    if (!count && !why->server_code[0])
        return NULL;
    count = add_datum(data, count, "server_code", why->server_code);
    count = add_datum(data, count, "server_message", why->server_message);
    count = add_datum(data, count, "request_id", why->request_id);
    data[count] = (rpkit_datum){0};
    return data;
}

static void add_failure(const failure *why, bool warning, outcome ended, findings *to)
{
    static const char open[] = "The outcome is unknown. Run read, or create with adopt: it checks first.";
    bool lost = !warning && ended == OUTCOME_UNKNOWN;

    add(to, (rpkit_diagnostic){.warning = warning,
                               .status = why->status,
                               .code = why->code,
                               .summary = why->summary,
                               .detail = lost ? open : NULL,
                               .data = data_of(why, to->data)});
}

void refuse_by(const failure *why, rpkit_call *asked)
{
    rpkit_datum data[5];

    rpkit_refuse_with(asked, &(rpkit_diagnostic){.status = why->status,
                                                 .code = why->code,
                                                 .summary = why->summary,
                                                 .data = data_of(why, data)});
}

#define UDP_NEEDS "the server must answer ping and run its UDP service, or it counts as unhealthy"

static void warn_of_udp(const want_result *result, want_kind kind, const char *protocol, findings *to)
{
    if (kind != WANT_CREATE || strcmp(protocol, "UDP") || !result->with_state)
        return;
    add(to, (rpkit_diagnostic){.warning = true,
                               .status = RP_OK,
                               .code = "elb.udp_listener",
                               .summary = "the listener is UDP: " UDP_NEEDS});
}

/* Where the protocol is not known it may be the reason. */
static void warn_of_health(const want_result *result, want_kind kind, const char *protocol, findings *to)
{
    const char *health = result->member ? result->member->health_status : NULL;

    if (!health || !strcmp(health, "NORMAL"))
        return;
    snprintf(to->health, sizeof(to->health), "the member's health is %.40s: it gets no traffic%s", health,
             kind == WANT_CREATE && !*protocol ? "; if the listener is UDP, " UDP_NEEDS : "");
    add(to, (rpkit_diagnostic){
                .warning = true, .status = RP_OK, .code = "elb.not_healthy", .summary = to->health});
}

static void find(const want_result *result, want_kind kind, const char *protocol, findings *to)
{
    if (result->status >= 100 && !is_own(result))
        add(to, message_for(kind, result));
    if (result->failure)
        add_failure(result->failure, !is_own(result), result->outcome, to);
    warn_of_udp(result, kind, protocol, to);
    warn_of_health(result, kind, protocol, to);
}

/* Whether the same call may succeed later. */
static bool may_succeed(const want_result *result)
{
    if (is_own(result))
        return result->failure->retryable;
    return result->status == RP_DEADLINE_EXCEEDED || result->status == RP_CANCELLED;
}

static void write_result(const record_tasks *all, size_t index, const want_result *result,
                         const char *protocol, rpkit_call *asked)
{
    _cleanup_(rp_freep) char *id = NULL;
    record state = state_of(&all->each[index], result, all->kind, &id);
    findings found = {.count = 0};

    find(result, all->kind, protocol, &found);
    rpkit_answer(
        asked, index,
        &(rpkit_result){.status = result->status,
                        .outcome = (rpkit_outcome)result->outcome,
                        .without_outcome = all->kind == WANT_READ && result->status == RP_IN_PROGRESS,
                        .state = result->with_state ? &state : NULL,
                        .matches = true,
                        .existed = result->existed,
                        .existed_unknown = result->by_whom_unknown,
                        .retryable = may_succeed(result),
                        .retry_after_ms = is_own(result) ? result->failure->retry_after_ms : 0,
                        .diagnostics = found.all,
                        .diagnostic_count = found.count});
}

/* A later record of the same member shares the first one's result; only the first one changed anything. */
static want_result result_of_later(const record_tasks *all, const want_result *first)
{
    want_result later = *first;

    if (all->kind == WANT_DELETE && later.status == RP_OK)
        later.existed = later.by_whom_unknown = false;
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

void record_tasks_write_results(const record_tasks *all, elb_instance *on, rpkit_call *asked)
{
    const char *last = NULL;
    char protocol[16] = "";

    for (size_t i = 0; i < all->count; i++) {
        const record_task *one = &all->each[i];
        if (one->refused)
            continue;
        protocol_of(on->driver, &one->record, &last, protocol);
        if (one->first) {
            want_result later = result_of_later(all, &one->first->want.result);
            write_result(all, i, &later, protocol, asked);
        } else {
            write_result(all, i, &one->want.result, protocol, asked);
        }
    }
}
