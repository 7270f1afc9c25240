#include "cli/engine/recover.h"

#include "base/clock.h"
#include "cli/engine/interrupt.h"
#include "cli/engine/plugin_call.h"
#include "cli/output/progress.h"
#include "cli/output/text.h"
#include "cli/state/persist.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define FIRST_PAUSE_MS 200
#define LONGEST_PAUSE  2000
#define SLICE_MS       50
#define MAX_WORDS      65536
#define NAMES          3
#define AT_ONCE        2000

typedef struct recovery {
    rp_workspace *in;
    bool (*goes)(const rp_workspace *in, const char *address);
    rp_intents intents;
    bool *settled;
    size_t open;
    int64_t begun_ms;
    rp_progress progress;
    const char **addresses;
} recovery;

static void end_recovery(recovery *one)
{
    rp_intents_done(&one->intents);
    free(one->settled);
    free(one->addresses);
}

/* The records of one type that are asked for in a round. */
typedef struct round {
    recovery *of;
    const rp_type *type;
    bool decisive; /* what is not seen now never comes */
    size_t *members;
    char **records;
    size_t count;
} round;

static void free_round(round *one)
{
    for (size_t i = 0; one->records && i < one->count; i++)
        free(one->records[i]);
    free(one->records);
    free(one->members);
}

static void say(recovery *one, const rp_intent *intent, const char *words)
{
    rp_progress_hold(&one->progress);
    rp_output_say(&one->in->output, "%s: %s", intent->address, words);
    rp_progress_go_on(&one->progress);
}

static int settle(round *in, size_t at, int failed, const char *words)
{
    recovery *one = in->of;

    if (failed)
        return failed;
    one->settled[in->members[at]] = true;
    one->open--;
    say(one, &one->intents.items[in->members[at]], words);
    return 0;
}

static int judge_creation(round *in, size_t at, const rp_json *result, rp_error **error)
{
    const rp_intent *intent = &in->of->intents.items[in->members[at]];
    const rp_json *state = rp_json_get(result, "state");
    rp_store *store = in->of->in->store;

    if (rp_result_is(result, "status", "not_found")) {
        if (!in->decisive && !intent->accepted)
            return 0;
        return settle(in, at, rp_store_settle(store, intent->number, error),
                      "was not created; nothing is left of it");
    }
    if (rp_result_is(result, "status", "in_progress")) {
        if (!in->decisive) /* what it becomes decides what is planned */
            return 0;
        return settle(in, at,
                      rp_persist_created(store, in->type, intent, state, RP_OBJECT_IN_PROGRESS, NULL, error),
                      "is still in progress; it is in the state now");
    }
    return settle(in, at, rp_persist_created(store, in->type, intent, state, RP_OBJECT_OK, NULL, error),
                  "was created; it is in the state now");
}

static int note_difference(void *context, const rp_difference *one)
{
    (void)context;
    (void)one;
    return 1;
}

/* Whether the object is as the update was to make it. */
static int is_updated(round *in, const rp_intent *intent, const rp_json *state, rp_error **error)
{
    _cleanup_(rp_json_freep) rp_json *record = NULL;
    _cleanup_(rp_freep) char *kept =
        rp_persist_state(in->type, state, rp_store_about(in->of->in->store)->salt, error);
    _cleanup_(rp_json_freep) rp_json *hidden = NULL;

    if (!kept || rp_json_parse(kept, strlen(kept), &hidden, error) < 0 ||
        rp_json_parse(intent->record, strlen(intent->record), &record, error) < 0)
        return RP_E_INVALID;
    return !rp_differences(in->type, hidden, record, record, note_difference, NULL);
}

static int judge_update(round *in, size_t at, const rp_json *result, rp_error **error)
{
    const rp_intent *intent = &in->of->intents.items[in->members[at]];
    const rp_json *state = rp_json_get(result, "state");
    rp_store *store = in->of->in->store;
    int updated;

    if (rp_result_is(result, "status", "not_found"))
        return settle(in, at, rp_store_settle(store, intent->number, error), "was not updated: it is gone");
    updated = is_updated(in, intent, state, error);
    if (updated < 0)
        return updated;
    if (updated)
        return settle(in, at, rp_persist_updated(store, in->type, intent, state, RP_OBJECT_OK, error),
                      "was updated");
    if (!in->decisive)
        return 0;
    return settle(in, at, rp_store_settle(store, intent->number, error), "was not updated");
}

static int judge_deletion(round *in, size_t at, const rp_json *result, rp_error **error)
{
    const rp_intent *intent = &in->of->intents.items[in->members[at]];
    rp_store *store = in->of->in->store;
    bool goes = in->of->goes && in->of->goes(in->of->in, intent->address);

    if (rp_result_is(result, "status", "not_found"))
        return settle(in, at, rp_persist_deleted(store, intent, error),
                      "is gone; it was removed from the state");
    if (!in->decisive && !goes && !*intent->deposed)
        return 0;
    return settle(in, at, rp_store_settle(store, intent->number, error), "still exists");
}

static int (*const judges[])(round *in, size_t at, const rp_json *result,
                             rp_error **error) = {[RP_INTENT_CREATE] = judge_creation,
                                                  [RP_INTENT_UPDATE] = judge_update,
                                                  [RP_INTENT_DELETE] = judge_deletion};

static int judge(round *in, size_t at, const rp_json *result, rp_error **error)
{
    const rp_intent *intent = &in->of->intents.items[in->members[at]];
    const rp_subject about = rp_workspace_subject(in->of->in, intent->address, NULL);

    if (rp_status_is_failure(rp_result_status(result)) && !rp_result_is(result, "status", "not_found")) {
        rp_result_report(result, &about, &in->of->in->diagnostics);
        return 0;
    }
    if (!rp_result_is(result, "status", "not_found") && !rp_json_get(result, "state"))
        return rp_error_set(error, RP_E_INVALID, "%s: the plugin read the object without a state",
                            intent->address);
    return judges[intent->kind](in, at, result, error);
}

static int judge_all(round *in, size_t from, size_t count, const rp_plugin_reply *reply, rp_error **error)
{
    rp_store *store = in->of->in->store;
    int failed = rp_store_begin(store, error);

    for (size_t i = 0; i < count && !failed; i++)
        failed = judge(in, from + i, rp_json_at(reply->results, i), error);
    if (!failed)
        failed = rp_store_commit(store, error);
    rp_store_undo(store);
    return failed;
}

static int ask(round *in, size_t from, size_t count, rp_error **error)
{
    _cleanup_(rp_plugin_reply_done) rp_plugin_reply reply = {0};
    int failed = rp_plugin_call(in->of->in->host,
                                &(rp_plugin_request){.hook = "read",
                                                     .type = in->type->name,
                                                     .records = (const char *const *)in->records + from,
                                                     .count = count,
                                                     .timeout_ms = in->of->in->settings->timeout_ms},
                                &reply, error);

    if (failed)
        return failed;
    rp_plugin_reply_report(&reply, NULL, &in->of->in->diagnostics);
    return reply.results ? judge_all(in, from, count, &reply, error) : 0;
}

static int ask_all(round *in, rp_error **error)
{
    int failed = 0;

    for (size_t from = 0, count; from < in->count && !failed; from += count) {
        count =
            rp_plugin_call_fits(in->type, (const char *const *)in->records + from, in->count - from, AT_ONCE);
        failed = ask(in, from, count, error);
    }
    return failed;
}

/* By the state where there is one, else by what it was to be. */
static char *record_of(const rp_intent *intent, rp_error **error)
{
    return rp_persist_revealed(intent->state ? intent->state : intent->record ? intent->record : "{}", error);
}

static int collect(round *in, rp_error **error)
{
    recovery *of = in->of;

    in->members = calloc(of->intents.count, sizeof(*in->members));
    in->records = calloc(of->intents.count, sizeof(*in->records));
    if (!in->members || !in->records)
        return rp_error_no_memory(error);
    for (size_t i = 0; i < of->intents.count; i++) {
        if (of->settled[i] || strcmp(of->intents.items[i].type, in->type->name) != 0)
            continue;
        in->members[in->count] = i;
        in->records[in->count] = record_of(&of->intents.items[i], error);
        if (!in->records[in->count++])
            return RP_E_NO_MEMORY;
    }
    return 0;
}

static int look_at(recovery *one, const rp_type *type, rp_error **error)
{
    _cleanup_(free_round) round in = {.of = one, .type = type};
    int failed;

    in.decisive = rp_now_ms(&rp_clock_system) >= one->begun_ms + type->settle_ms;
    failed = collect(&in, error);
    return failed ? failed : ask_all(&in, error);
}

static int look(recovery *one, rp_error **error)
{
    size_t errors = one->in->diagnostics.errors;
    int failed = 0;

    for (size_t i = 0; i < one->in->plugin_schema.count && !failed; i++)
        failed = look_at(one, &one->in->plugin_schema.types[i], error);
    if (!failed && one->in->diagnostics.errors > errors)
        return RP_E_SYSTEM;
    rp_progress_update(&one->progress, one->intents.count - one->open, NULL);
    return failed;
}

static int64_t longest_settle_ms(const recovery *one)
{
    int64_t longest = 0;

    for (size_t i = 0; i < one->intents.count; i++) {
        const rp_type *type = NULL;
        if (!one->settled[i] &&
            !rp_plugin_schema_find(&one->in->plugin_schema, one->intents.items[i].type, &type, NULL) &&
            type->settle_ms > longest)
            longest = type->settle_ms;
    }
    return longest;
}

/* The time of day so many milliseconds from now. */
static void write_time(int64_t from_now_ms, char text[16])
{
    time_t then = time(NULL) + (time_t)((from_now_ms + 999) / 1000);
    struct tm utc;

    gmtime_r(&then, &utc);
    snprintf(text, 16, "%02d:%02d:%02d UTC", utc.tm_hour % 24, utc.tm_min % 60, utc.tm_sec % 61);
}

static void tell_waiting(recovery *one)
{
    char until[16];
    int64_t left_ms = one->begun_ms + longest_settle_ms(one) - rp_now_ms(&rp_clock_system);

    write_time(left_ms, until);
    rp_progress_hold(&one->progress);
    rp_output_say(
        &one->in->output,
        "The outcome of %zu is not certain yet: a request whose answer was lost may still take effect (for this plugin "
        "up to %llds). Reading until %s.",
        one->open, (long long)(longest_settle_ms(one) / 1000), until);
    rp_progress_go_on(&one->progress);
}

static void pause_for(int64_t ms)
{
    const struct timespec slice = {.tv_nsec = SLICE_MS * 1000000};

    for (int64_t slept = 0; slept < ms && !rp_interrupted(); slept += SLICE_MS)
        nanosleep(&slice, NULL);
}

static int look_until_settled(recovery *one, rp_error **error)
{
    int64_t pause_ms = FIRST_PAUSE_MS;
    bool told = false;
    int failed = look(one, error);

    while (!failed && one->open && !rp_interrupted()) {
        if (!told)
            tell_waiting(one);
        told = true;
        pause_for(pause_ms);
        pause_ms = pause_ms * 3 / 2 < LONGEST_PAUSE ? pause_ms * 3 / 2 : LONGEST_PAUSE;
        failed = look(one, error);
    }
    if (!failed && one->open)
        return rp_error_set(
            error, RP_E_SYSTEM,
            "interrupted before the outcome of %zu requests was known: the next command goes on", one->open);
    return failed;
}

static void tell_found(const recovery *one)
{
    _cleanup_(rp_buffer_done) rp_buffer names = RP_BUFFER(MAX_WORDS);
    const rp_intent *first = &one->intents.items[0];

    rp_text_names(one->addresses, NAMES, one->intents.count, &names);
    rp_output_say(
        &one->in->output,
        "%s ended without the outcome of %zu %s (begun %s): %s. Reading the objects to find out.",
        first->who, one->intents.count, one->intents.count == 1 ? "request" : "requests", first->begun,
        rp_buffer_text(&names));
}

/* Its own copy of a state tells what a process does that still works with another one. */
static int check_owner(const rp_intent *intent, rp_error **error)
{
    if (!rp_process_lives(intent->process))
        return 0;
    return rp_error_set(
        error, RP_E_SYSTEM,
        "%s still works on %s (begun %s), with the state that this one is a copy of: wait until it is done",
        intent->who, intent->address, intent->begun);
}

static int begin(recovery *one, rp_error **error)
{
    int failed = rp_store_intents(one->in->store, &one->intents, error);
    size_t count = one->intents.count;

    if (failed || !count)
        return failed;
    one->open = count;
    one->settled = calloc(count, sizeof(*one->settled));
    one->addresses = calloc(count, sizeof(*one->addresses));
    if (!one->settled || !one->addresses)
        return rp_error_no_memory(error);
    for (size_t i = 0; i < count; i++) {
        const rp_type *type;
        one->addresses[i] = one->intents.items[i].address;
        if (check_owner(&one->intents.items[i], error) < 0)
            return RP_E_SYSTEM;
        failed = rp_plugin_schema_find(&one->in->plugin_schema, one->intents.items[i].type, &type, error);
        if (failed) {
            rp_error_add(error, "%s, whose outcome is not known", one->addresses[i]);
            return failed;
        }
    }
    return 0;
}

int rp_recover(rp_workspace *in, bool (*goes)(const rp_workspace *in, const char *address), rp_error **error)
{
    _cleanup_(end_recovery) recovery one = {.in = in, .goes = goes, .begun_ms = rp_now_ms(&rp_clock_system)};
    int failed = begin(&one, error);

    if (failed || !one.intents.count)
        return failed;
    tell_found(&one);
    one.progress = (rp_progress){.output = &in->output,
                                 .doing = "Reading the outcome of",
                                 .addresses = one.addresses,
                                 .count = one.intents.count};
    rp_interrupt_cancels(in->host);
    rp_progress_begin(&one.progress);
    failed = look_until_settled(&one, error);
    rp_progress_end(&one.progress);
    rp_interrupt_ends();
    return failed ? failed : rp_workspace_read_objects(in, error);
}
