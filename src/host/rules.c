#include "host/rules.h"

#include "base/error.h"
#include "base/status.h"
#include "host/rphost.h"

#include <stdio.h>
#include <string.h>

#define MAX_WRITE_ONLY 64

/* One result, its record and what is known of both. */
typedef struct checking {
    const rp_exchange *exchange;
    rp_faults *faults;
    const char *write_only[MAX_WRITE_ONLY]; /* attributes that no state may have; ended by NULL */
    bool miscounted;                        /* a result's place does not tell its record */
    size_t index;
    const rp_json *result, *record;
} checking;

/* The record that a result is about. That of update is what the object is to become. */
static const rp_json *record_of(const rp_exchange *exchange, size_t index)
{
    const rp_json *one = rp_json_at(rp_json_get(exchange->request, "records"), index);

    return strcmp(exchange->hook->name, "update") ? one : rp_json_get(one, "record");
}

size_t rp_exchange_records(const rp_exchange *exchange)
{
    return exchange->hook->records ? rp_json_count(rp_json_get(exchange->request, "records")) : 0;
}

static bool text_is(const rp_json *value, const char *word)
{
    const char *text = rp_json_text(value);

    return text && !strcmp(text, word);
}

static bool status_is(const checking *now, const char *name)
{
    return text_is(rp_json_get(now->result, "status"), name);
}

/* A place within the result, or the result itself with "". */
#define FAULT(now, section, ...) rp_fault_result((now)->faults, (section), (now)->index, false, __VA_ARGS__)

/* --- diagnostics ---------------------------------------------------------------------- */

typedef struct typed_member {
    const char *name;
    rp_json_type type;
    bool required;
} typed_member;

static const typed_member diagnostic_members[] = {
    {"severity", RP_JSON_STRING, true}, {"summary", RP_JSON_STRING, true}, {"status", RP_JSON_STRING, false},
    {"code", RP_JSON_STRING, false},    {"detail", RP_JSON_STRING, false}, {"path", RP_JSON_STRING, false},
    {"data", RP_JSON_OBJECT, false},
};

/* What is wrong with a member, in words that follow the place: NULL if nothing is. `room` holds them. */
static const char *wrong_type(const rp_json *object, const typed_member *member, char *room, size_t size)
{
    const rp_json *value = rp_json_get(object, member->name);

    if (!value && !member->required)
        return NULL;
    if (!value)
        snprintf(room, size, " has no %s", member->name);
    else if (rp_json_type_of(value) != member->type)
        snprintf(room, size, ".%s is %s, not %s", member->name, rp_json_type_name(rp_json_type_of(value)),
                 rp_json_type_name(member->type));
    else
        return NULL;
    return room;
}

static bool known_status(const rp_exchange *exchange, const char *name)
{
    return exchange->abi_minor > 0 || rp_status_value(name) >= 0;
}

static const char *wrong_diagnostic(const rp_exchange *exchange, const rp_json *one, char *room, size_t size)
{
    const char *severity = rp_json_text(rp_json_get(one, "severity"));
    const char *status = rp_json_text(rp_json_get(one, "status"));
    const char *path = rp_json_text(rp_json_get(one, "path"));

    if (rp_json_type_of(one) != RP_JSON_OBJECT) {
        snprintf(room, size, " is %s, not an object", rp_json_type_name(rp_json_type_of(one)));
        return room;
    }
    for (size_t i = 0; i < rp_count_of(diagnostic_members); i++)
        if (wrong_type(one, &diagnostic_members[i], room, size))
            return room;
    if (!severity || (strcmp(severity, "error") && strcmp(severity, "warning")))
        return ".severity is neither \"error\" nor \"warning\"";
    if (status && !known_status(exchange, status))
        snprintf(room, size, ".status \"%.64s\" is not the name of a status", status);
    else if (path && *path && *path != '/')
        snprintf(room, size, ".path \"%.64s\" is no JSON Pointer", path);
    else
        return NULL;
    return room;
}

static bool check_diagnostics(const checking *now)
{
    const rp_json *list = rp_json_get(now->result, "diagnostics");
    char room[200];

    for (size_t i = 0; i < rp_json_count(list); i++) {
        const char *wrong = wrong_diagnostic(now->exchange, rp_json_at(list, i), room, sizeof(room));
        if (wrong)
            return FAULT(now, RP_SECTION_DIAGNOSTICS, "results[%zu].diagnostics[%zu]%s", now->index, i,
                         wrong);
    }
    return true;
}

/* --- states --------------------------------------------------------------------------- */

/* Whether two values are spelled the same, as far as scalars go; what may be written in several ways passes.
 */
static bool same_value(const rp_json *one, const rp_json *other)
{
    size_t one_len, other_len;
    const char *text = rp_json_string(one, &one_len), *against = rp_json_string(other, &other_len);
    int64_t number = 0, other_number = 0;

    if (!text != !against)
        return false;
    if (text)
        return one_len == other_len && !memcmp(text, against, one_len);
    return !rp_json_integer(one, &number) || !rp_json_integer(other, &other_number) || number == other_number;
}

static bool check_key(const checking *now, const rp_json *state, bool complete)
{
    const rp_json *key = rp_json_get(now->exchange->resource, "key");

    for (size_t i = 0; i < rp_json_count(key); i++) {
        const char *name = rp_json_text(rp_json_at(key, i));
        const rp_json *has = name ? rp_json_get(state, name) : NULL;
        const rp_json *asked = name ? rp_json_get(now->record, name) : NULL;

        if (name && !has && complete)
            return FAULT(now, RP_SECTION_KEYS, "results[%zu].state has no %s, which is part of the key",
                         now->index, name);
        if (has && asked && !same_value(has, asked))
            return rp_fault_result(now->faults, RP_SECTION_KEYS, now->index, true,
                                   "results[%zu].state is another object's: its %s is not records[%zu]'s",
                                   now->index, name, now->index);
    }
    return true;
}

static bool check_id(const checking *now, const rp_json *state, bool complete)
{
    const rp_json *id = rp_json_get(state, "id");
    size_t len = 0;

    if (!id && !complete)
        return true;
    if (!id)
        return FAULT(now, RP_SECTION_STATES, "results[%zu].state has no id", now->index);
    if (!rp_json_string(id, &len))
        return FAULT(now, RP_SECTION_STATES, "results[%zu].state.id is %s, not a string", now->index,
                     rp_json_type_name(rp_json_type_of(id)));
    if (!len)
        return FAULT(now, RP_SECTION_STATES, "results[%zu].state.id is empty", now->index);
    return true;
}

static bool check_write_only(const checking *now, const rp_json *state)
{
    for (const char *const *name = now->write_only; *name; name++)
        if (rp_json_get(state, *name))
            return FAULT(now, RP_SECTION_DESCRIBE,
                         "results[%zu].state has %s, which the schema calls write-only", now->index, *name);
    return true;
}

/* Whether the result has to have a state. */
static bool needs_state(const checking *now)
{
    const rp_known_hook *hook = now->exchange->hook;

    if (!hook->states)
        return false;
    return status_is(now, "ok") ||
           (hook->outcomes && (status_is(now, "in_progress") || status_is(now, "already_exists")));
}

static bool check_state(const checking *now)
{
    const rp_json *state = rp_json_get(now->result, "state");
    bool complete = status_is(now, "ok") || status_is(now, "already_exists");

    if (!state && needs_state(now))
        return FAULT(now, RP_SECTION_OUTCOME, "results[%zu] is %s and has no state", now->index,
                     rp_json_text(rp_json_get(now->result, "status")));
    if (!state)
        return true;
    if (!strcmp(now->exchange->hook->name, "delete"))
        return FAULT(now, RP_SECTION_DELETE, "results[%zu] has a state", now->index);
    return check_key(now, state, complete) && check_id(now, state, complete) && check_write_only(now, state);
}

/* --- one result ------------------------------------------------------------------------- */

static const typed_member result_members[] = {
    {"status", RP_JSON_STRING, true},      {"outcome", RP_JSON_STRING, false},
    {"state", RP_JSON_OBJECT, false},      {"matches", RP_JSON_BOOLEAN, false},
    {"existed", RP_JSON_BOOLEAN, false},   {"retryable", RP_JSON_BOOLEAN, false},
    {"diagnostics", RP_JSON_ARRAY, false}, {"retry_after_ms", RP_JSON_INTEGER, false},
};

static bool check_members(const checking *now)
{
    char room[200];

    if (rp_json_type_of(now->result) != RP_JSON_OBJECT)
        return rp_fault_result(now->faults, RP_SECTION_RESULTS, now->index, true,
                               "results[%zu] is %s, not an object", now->index,
                               rp_json_type_name(rp_json_type_of(now->result)));
    for (size_t i = 0; i < rp_count_of(result_members); i++)
        if (wrong_type(now->result, &result_members[i], room, sizeof(room)))
            return FAULT(now, RP_SECTION_RESULTS, "results[%zu]%s", now->index, room);
    return true;
}

static bool check_status(const checking *now)
{
    const char *status = rp_json_text(rp_json_get(now->result, "status"));

    if (status && known_status(now->exchange, status))
        return true;
    return FAULT(now, RP_SECTION_STATUS, "results[%zu].status \"%.64s\" is not the name of a status",
                 now->index, status ? status : "");
}

/* Outcomes that a status leaves no choice of. */
static const struct {
    const char *status, *outcomes[2];
} fixed_outcomes[] = {
    {"ok", {"done", "none"}},
    {"in_progress", {"unknown"}},
    {"already_exists", {"none"}},
};

static bool is_outcome(const char *word)
{
    return word && (!strcmp(word, "none") || !strcmp(word, "done") || !strcmp(word, "unknown"));
}

bool rp_outcome_fits(const char *status, const char *outcome)
{
    for (size_t i = 0; status && i < rp_count_of(fixed_outcomes); i++) {
        const char *const *may = fixed_outcomes[i].outcomes;
        if (outcome && !strcmp(status, fixed_outcomes[i].status))
            return !strcmp(outcome, may[0]) || (may[1] && !strcmp(outcome, may[1]));
    }
    return is_outcome(outcome);
}

static bool check_outcome(const checking *now)
{
    const rp_json *outcome = rp_json_get(now->result, "outcome");
    const char *word = rp_json_text(outcome), *status = rp_json_text(rp_json_get(now->result, "status"));

    if (!outcome && !now->exchange->hook->outcomes)
        return true;
    if (!outcome)
        return FAULT(now, RP_SECTION_OUTCOME, "results[%zu] has no outcome", now->index);
    if (!is_outcome(word))
        return FAULT(now, RP_SECTION_OUTCOME, "results[%zu].outcome is not \"none\", \"done\" or \"unknown\"",
                     now->index);
    if (now->exchange->hook->outcomes && !rp_outcome_fits(status, word))
        return FAULT(now, RP_SECTION_OUTCOME, "results[%zu] is %s with outcome %s", now->index, status, word);
    return true;
}

/* With too many results or too few, only a state that has the record's key shows whose result it is. */
static bool check_place(const checking *now)
{
    const rp_json *key = rp_json_get(now->exchange->resource, "key");
    const rp_json *state = rp_json_get(now->result, "state");

    if (!now->miscounted)
        return true;
    for (size_t i = 0; i < rp_json_count(key); i++) {
        const char *name = rp_json_text(rp_json_at(key, i));
        if (!name || !rp_json_get(state, name) || !rp_json_get(now->record, name))
            key = NULL;
    }
    if (rp_json_count(key))
        return true;
    return rp_fault_result(now->faults, RP_SECTION_DOCUMENTS, now->index, true,
                           "which record results[%zu] is about cannot be known", now->index);
}

static void check_result(const checking *now)
{
    if (check_members(now) && check_status(now) && check_place(now) && check_outcome(now) && check_state(now))
        check_diagnostics(now);
}

/* --- the answer as a whole -------------------------------------------------------------- */

static bool is_write_only(const rp_json *schema)
{
    bool told = false;

    return rp_json_boolean(rp_json_get(schema, "x-rp-write-only"), &told) && told;
}

struct names {
    const char **list;
    size_t count;
};

static int keep_write_only(void *context, const char *name, const rp_json *schema)
{
    struct names *names = context;

    if (is_write_only(schema) && names->count + 1 < MAX_WRITE_ONLY)
        names->list[names->count++] = name;
    return 0;
}

static void find_write_only(checking *now)
{
    struct names names = {now->write_only, 0};
    const rp_json *record = rp_json_get(now->exchange->resource, "record");

    rp_json_each(rp_json_get(record, "properties"), keep_write_only, &names);
}

static void check_results(const rp_exchange *exchange, const rp_json *results, bool miscounted,
                          rp_faults *faults)
{
    checking now = {.exchange = exchange, .faults = faults, .miscounted = miscounted};
    size_t count = rp_json_count(results), records = rp_exchange_records(exchange);

    find_write_only(&now);
    for (now.index = 0; now.index < count && (!exchange->hook->records || now.index < records); now.index++) {
        now.result = rp_json_at(results, now.index);
        now.record = record_of(exchange, now.index);
        check_result(&now);
    }
}

/* The status that the results add up to, or -1 if one has a name that only a younger ABI knows. */
static int32_t sum_of(const rp_json *results)
{
    int32_t sum = RP_OK;

    for (size_t i = 0; i < rp_json_count(results); i++) {
        const char *name = rp_json_text(rp_json_get(rp_json_at(results, i), "status"));
        int32_t status = name ? rp_status_value(name) : -1;

        if (status < 0 || status >= RP_INVALID_ARGUMENT)
            return status;
        if (status >= RP_IN_PROGRESS)
            sum = RP_IN_PROGRESS;
    }
    return sum;
}

static void check_sum(const rp_exchange *exchange, const rp_json *results, rp_faults *faults)
{
    int32_t sum = sum_of(results);

    if (sum >= 0 && sum != exchange->status)
        rp_fault_whole(faults, RP_SECTION_RESPONSES,
                       "the status of the response is %d (%s), that of its results is %d (%s)",
                       (int)exchange->status, rp_status_name(exchange->status), (int)sum,
                       rp_status_name(sum));
}

/* Whether there is one result a record, or none where nothing was begun. */
static bool check_count(const rp_exchange *exchange, const rp_json *results, rp_faults *faults)
{
    size_t count = rp_json_count(results), records = rp_exchange_records(exchange);

    if (!exchange->hook->records || count == records)
        return true;
    if (count)
        return rp_fault_whole(faults, RP_SECTION_DOCUMENTS, "the answer has %zu results for %zu records",
                              count, records);
    if (exchange->status < RP_INVALID_ARGUMENT)
        return rp_fault_whole(faults, RP_SECTION_DOCUMENTS,
                              "the status is %d (%s), but there are no results for %zu records",
                              (int)exchange->status, rp_status_name(exchange->status), records);
    return true;
}

static bool is_record_request(const rp_exchange *exchange)
{
    return exchange->hook->records && !rp_json_get(exchange->request, "config");
}

static void check_list_of_results(const rp_exchange *exchange, rp_faults *faults)
{
    const rp_json *results = rp_json_get(exchange->answer, "results");
    bool needed = is_record_request(exchange) || !strcmp(exchange->hook->name, "list");

    if (rp_json_type_of(results) != RP_JSON_ARRAY) {
        if (results || needed)
            rp_fault_whole(faults, RP_SECTION_DOCUMENTS, "the answer has no array of results");
        return;
    }
    if (!exchange->hook->records && !exchange->hook->states && rp_json_count(results))
        rp_fault_whole(faults, RP_SECTION_DOCUMENTS, "the answer has results");
    else
        check_results(exchange, results, !check_count(exchange, results, faults), faults);
    if (rp_json_count(results))
        check_sum(exchange, results, faults);
}

static void check_whole_diagnostics(const rp_exchange *exchange, rp_faults *faults)
{
    const rp_json *list = rp_json_get(exchange->answer, "diagnostics");
    char room[200];

    if (list && rp_json_type_of(list) != RP_JSON_ARRAY)
        rp_fault_whole(faults, RP_SECTION_DIAGNOSTICS, "diagnostics is %s, not an array",
                       rp_json_type_name(rp_json_type_of(list)));
    for (size_t i = 0; i < rp_json_count(list); i++) {
        const char *wrong = wrong_diagnostic(exchange, rp_json_at(list, i), room, sizeof(room));
        if (wrong)
            rp_fault_whole(faults, RP_SECTION_DIAGNOSTICS, "diagnostics[%zu]%s", i, wrong);
    }
}

static void check_next(const rp_exchange *exchange, rp_faults *faults)
{
    const rp_json *next = rp_json_get(exchange->answer, "next");
    const char *text = rp_json_text(next), *page = rp_json_text(rp_json_get(exchange->request, "page"));

    if (!next)
        return;
    if (!text)
        rp_fault_whole(faults, RP_SECTION_LIST, "next is %s, not a string",
                       rp_json_type_name(rp_json_type_of(next)));
    else if (page && !strcmp(text, page))
        rp_fault_whole(faults, RP_SECTION_LIST,
                       "next is the page that was asked for: the list would not end");
}

/* --- describe ----------------------------------------------------------------------------- */

static const typed_member description_members[] = {
    {"name", RP_JSON_STRING, true},    {"version", RP_JSON_STRING, true},   {"abi", RP_JSON_STRING, true},
    {"config", RP_JSON_OBJECT, false}, {"resources", RP_JSON_OBJECT, true},
};

static const typed_member resource_members[] = {
    {"key", RP_JSON_ARRAY, true},
    {"record", RP_JSON_OBJECT, true},
    {"state", RP_JSON_OBJECT, false},
    {"parent", RP_JSON_OBJECT, false},
    {"options", RP_JSON_OBJECT, false},
    {"settle_ms", RP_JSON_INTEGER, false},
    {"max_records", RP_JSON_INTEGER, false},
};

static bool check_positive(const char *name, const rp_json *resource, const char *member, int64_t least,
                           rp_faults *faults)
{
    int64_t value = least;

    rp_json_integer(rp_json_get(resource, member), &value);
    return value >= least || rp_fault_whole(faults, RP_SECTION_DESCRIBE, "resources.%s.%s is less than %d",
                                            name, member, (int)least);
}

static bool check_key_names(const char *name, const rp_json *resource, rp_faults *faults)
{
    const rp_json *key = rp_json_get(resource, "key");
    const rp_json *properties = rp_json_get(rp_json_get(resource, "record"), "properties");

    for (size_t i = 0; i < rp_json_count(key); i++) {
        const char *part = rp_json_text(rp_json_at(key, i));
        if (!part || (properties && !rp_json_get(properties, part)))
            return rp_fault_whole(faults, RP_SECTION_DESCRIBE,
                                  "resources.%s.key[%zu] is no attribute of its record", name, i);
    }
    return true;
}

static int check_resource(void *context, const char *name, const rp_json *resource)
{
    rp_faults *faults = context;
    char room[200];

    if (rp_json_type_of(resource) != RP_JSON_OBJECT)
        return rp_fault_whole(faults, RP_SECTION_DESCRIBE, "resources.%s is no object", name);
    for (size_t i = 0; i < rp_count_of(resource_members); i++)
        if (wrong_type(resource, &resource_members[i], room, sizeof(room)))
            return rp_fault_whole(faults, RP_SECTION_DESCRIBE, "resources.%s%s", name, room);
    if (check_key_names(name, resource, faults) && check_positive(name, resource, "settle_ms", 0, faults))
        check_positive(name, resource, "max_records", 1, faults);
    return 0;
}

static void check_description(const rp_exchange *exchange, rp_faults *faults)
{
    char room[200];

    if (exchange->status >= RP_INVALID_ARGUMENT)
        return;
    for (size_t i = 0; i < rp_count_of(description_members); i++)
        if (wrong_type(exchange->answer, &description_members[i], room, sizeof(room)))
            rp_fault_whole(faults, RP_SECTION_DESCRIBE, "the answer%s", room);
    rp_json_each(rp_json_get(exchange->answer, "resources"), check_resource, faults);
}

void rp_check_answer(const rp_exchange *exchange, rp_faults *faults)
{
    if (rp_json_type_of(exchange->answer) != RP_JSON_OBJECT) {
        rp_fault_whole(faults, RP_SECTION_DOCUMENTS, "the answer is %s, not an object",
                       rp_json_type_name(rp_json_type_of(exchange->answer)));
        return;
    }
    if (!strcmp(exchange->hook->name, "describe"))
        check_description(exchange, faults);
    if (!strcmp(exchange->hook->name, "list"))
        check_next(exchange, faults);
    check_list_of_results(exchange, faults);
    check_whole_diagnostics(exchange, faults);
    if (!exchange->abi_minor && rp_status_value(rp_status_name(exchange->status)) != exchange->status)
        rp_fault_whole(faults, RP_SECTION_STATUS, "%d is not the number of a status", (int)exchange->status);
}

/* --- events --------------------------------------------------------------------------------- */

static bool check_state_event(const rp_json *event, size_t records, rp_faults *faults)
{
    const rp_json *state = rp_json_get(event, "state");
    int64_t record = -1;

    if (!rp_json_integer(rp_json_get(event, "record"), &record) || record < 0 || (uint64_t)record >= records)
        return rp_fault_whole(faults, RP_SECTION_EVENTS,
                              "a state event's record is not the index of one of %zu records", records);
    if (rp_json_type_of(state) != RP_JSON_OBJECT)
        return rp_fault_whole(faults, RP_SECTION_EVENTS, "a state event has no state");
    if (rp_json_get(state, "id") && !rp_json_text(rp_json_get(state, "id")))
        return rp_fault_whole(faults, RP_SECTION_EVENTS, "the id in a state event is not a string");
    return true;
}

static const struct {
    const char *kind;
    typed_member members[3];
} event_kinds[] = {
    {"progress",
     {{"done", RP_JSON_INTEGER, false},
      {"total", RP_JSON_INTEGER, false},
      {"message", RP_JSON_STRING, false}}},
    {"log", {{"level", RP_JSON_STRING, false}, {"message", RP_JSON_STRING, true}}},
};

static bool check_event_members(const rp_json *event, const char *kind, rp_faults *faults)
{
    char room[200];

    for (size_t i = 0; i < rp_count_of(event_kinds); i++)
        for (size_t j = 0; !strcmp(kind, event_kinds[i].kind) && j < 3 && event_kinds[i].members[j].name; j++)
            if (wrong_type(event, &event_kinds[i].members[j], room, sizeof(room)))
                return rp_fault_whole(faults, RP_SECTION_EVENTS, "a %s event%s", kind, room);
    return true;
}

bool rp_check_event(const char *event, size_t len, size_t records, rp_faults *faults)
{
    _cleanup_(rp_error_freep) rp_error *error = NULL;
    _cleanup_(rp_json_freep) rp_json *parsed = NULL;
    const char *kind;
    int failed;

    if (!event || strnlen(event, len) != len || event[len])
        return rp_fault_whole(faults, RP_SECTION_EVENTS, "an event does not end in a NUL where it says");
    failed = rp_json_parse(event, len, &parsed, &error);
    if (failed == RP_E_NO_MEMORY)
        return true; /* not checked is no reason to withhold it */
    if (failed)
        return rp_fault_whole(faults, RP_SECTION_EVENTS, "an event is not JSON: %s", error->message);
    kind = rp_json_text(rp_json_get(parsed, "kind"));
    if (!kind)
        return rp_fault_whole(faults, RP_SECTION_EVENTS, "an event has no kind");
    return strcmp(kind, "state") ? check_event_members(parsed, kind, faults)
                                 : check_state_event(parsed, records, faults);
}
