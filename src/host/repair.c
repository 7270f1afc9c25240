#include "host/repair.h"

#include "json/writer.h"

#include <string.h>

typedef struct repair {
    const rp_exchange *exchange;
    const rp_faults *faults;
    rp_json_writer writer;
} repair;

/* The fault of a result; faults of results are in order, so *from moves on. */
static const rp_fault *fault_of(const rp_faults *faults, size_t result, size_t *from)
{
    for (; *from < faults->count; ++*from) {
        const rp_fault *fault = &faults->list[*from];
        if (fault->result == RP_WHOLE)
            continue;
        if (fault->result > result)
            return NULL;
        if (fault->result == result)
            return fault;
    }
    return NULL;
}

static void write_fault(rp_json_writer *writer, const char *words, const rp_json *original)
{
    rp_write_begin(writer, '{');
    rp_write_text_member(writer, "severity", "error");
    rp_write_text_member(writer, "status", "contract");
    rp_write_text_member(writer, "code", "host.contract");
    rp_write_text_member(writer, "summary", words);
    if (original) {
        rp_write_name(writer, "data");
        rp_write_begin(writer, '{');
        rp_write_name(writer, "result");
        rp_write_value(writer, original);
        rp_write_end(writer, '}');
    }
    rp_write_end(writer, '}');
}

/* A diagnostic that is no object would stop whoever reads them. */
static void write_diagnostics(rp_json_writer *writer, const rp_json *list)
{
    for (size_t i = 0; i < rp_json_count(list); i++)
        if (rp_json_type_of(rp_json_at(list, i)) == RP_JSON_OBJECT)
            rp_write_value(writer, rp_json_at(list, i));
}

/* A result's outcome if its status allows that one, else "unknown". */
static const char *sound_outcome(const rp_json *result)
{
    const char *status = rp_json_text(rp_json_get(result, "status"));
    const char *outcome = rp_json_text(rp_json_get(result, "outcome"));

    return rp_outcome_fits(status, outcome) ? outcome : "unknown";
}

typedef struct state_copy {
    repair *of;
    const rp_json *properties;
} state_copy;

/* An id that is no text is left out, as if it were not known yet; so is what no state may have. */
static int copy_attribute(void *context, const char *name, const rp_json *value)
{
    state_copy *copy = context;
    const rp_json *schema = rp_json_get(copy->properties, name);
    const char *text = rp_json_text(value);
    bool write_only = false;

    rp_json_boolean(rp_json_get(schema, "x-rp-write-only"), &write_only);
    if (write_only || (!strcmp(name, "id") && (!text || !*text)))
        return 0;
    rp_write_name(&copy->of->writer, name);
    rp_write_value(&copy->of->writer, value);
    return 0;
}

static void write_state(repair *now, const rp_json *state)
{
    const rp_json *record = rp_json_get(now->exchange->resource, "record");
    state_copy copy = {now, rp_json_get(record, "properties")};

    if (rp_json_type_of(state) != RP_JSON_OBJECT || !strcmp(now->exchange->hook->name, "delete"))
        return;
    rp_write_name(&now->writer, "state");
    rp_write_begin(&now->writer, '{');
    rp_json_each(state, copy_attribute, &copy);
    rp_write_end(&now->writer, '}');
}

static void write_boolean(repair *now, const rp_json *result, const char *name)
{
    bool value;

    if (rp_json_boolean(rp_json_get(result, name), &value))
        rp_write_boolean_member(&now->writer, name, value);
}

/* Why a result is broken that has no fault of its own: the answer is. */
static const char *words_of(const repair *now, const rp_fault *fault)
{
    for (size_t i = 0; !fault && i < now->faults->count; i++)
        if (now->faults->list[i].result == RP_WHOLE)
            return now->faults->list[i].words;
    return fault ? fault->words : "the result is missing";
}

static void write_broken_result(repair *now, const rp_json *result, const rp_fault *fault)
{
    const rp_json *own = fault && fault->foreign ? NULL : result;

    rp_write_begin(&now->writer, '{');
    rp_write_text_member(&now->writer, "status", "contract");
    if (now->exchange->hook->outcomes)
        rp_write_text_member(&now->writer, "outcome", sound_outcome(own));
    write_state(now, rp_json_get(own, "state"));
    write_boolean(now, own, "matches");
    write_boolean(now, own, "existed");
    rp_write_boolean_member(&now->writer, "retryable", false);
    rp_write_name(&now->writer, "diagnostics");
    rp_write_begin(&now->writer, '[');
    write_fault(&now->writer, words_of(now, fault), fault && fault->foreign ? result : NULL);
    write_diagnostics(&now->writer, rp_json_get(own, "diagnostics"));
    rp_write_end(&now->writer, ']');
    rp_write_end(&now->writer, '}');
}

/* Whether the plugin says, as it may, that it began nothing. */
static bool refused_as_a_whole(const repair *now, const rp_json *results)
{
    return now->exchange->status >= RP_INVALID_ARGUMENT && rp_json_type_of(results) == RP_JSON_ARRAY &&
           !rp_json_count(results);
}

static void write_results(repair *now)
{
    const rp_json *results = rp_json_get(now->exchange->answer, "results");
    bool by_record = now->exchange->hook->records;
    size_t count = by_record ? rp_exchange_records(now->exchange) : rp_json_count(results), from = 0;

    rp_write_name(&now->writer, "results");
    rp_write_begin(&now->writer, '[');
    for (size_t i = 0; i < count && !refused_as_a_whole(now, results); i++) {
        const rp_json *result = rp_json_at(results, i);
        const rp_fault *fault = fault_of(now->faults, i, &from);

        if (result && !fault)
            rp_write_value(&now->writer, result);
        else
            write_broken_result(now, result, fault);
    }
    rp_write_end(&now->writer, ']');
}

/* Results beyond the last record: whose they are is not known, but they may tell of something that was made.
 */
static void write_surplus(repair *now)
{
    const rp_json *results = rp_json_get(now->exchange->answer, "results");

    if (!now->exchange->hook->records)
        return;
    for (size_t i = rp_exchange_records(now->exchange); i < rp_json_count(results); i++)
        write_fault(&now->writer, "a result that belongs to no record", rp_json_at(results, i));
}

static void write_whole_diagnostics(repair *now)
{
    rp_write_name(&now->writer, "diagnostics");
    rp_write_begin(&now->writer, '[');
    for (size_t i = 0; i < now->faults->count; i++)
        if (now->faults->list[i].result == RP_WHOLE)
            write_fault(&now->writer, now->faults->list[i].words, NULL);
    write_surplus(now);
    write_diagnostics(&now->writer, rp_json_get(now->exchange->answer, "diagnostics"));
    rp_write_end(&now->writer, ']');
}

static int copy_rest(void *context, const char *name, const rp_json *value)
{
    repair *now = context;

    if (strcmp(name, "results") && strcmp(name, "diagnostics")) {
        rp_write_name(&now->writer, name);
        rp_write_value(&now->writer, value);
    }
    return 0;
}

void rp_repair(const rp_exchange *exchange, const rp_faults *faults, rp_buffer *out)
{
    repair now = {exchange, faults, RP_JSON_WRITER(out)};

    rp_write_begin(&now.writer, '{');
    rp_json_each(exchange->answer, copy_rest, &now);
    write_results(&now);
    write_whole_diagnostics(&now);
    rp_write_end(&now.writer, '}');
}
