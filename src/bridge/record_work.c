#include "bridge/record_work.h"

#include "base/clock.h"
#include "bridge/last_words.h"
#include "bridge/record_plan.h"
#include "bridge/resource.h"
#include "json/scan.h"

#include <string.h>
#include <time.h>

#define MAX_REQUEST     (64u << 20)
#define MIN_PAUSE_MS    250
#define MAX_PAUSE_MS    1000
#define USUAL_TIME_MS   600000

int64_t record_wall_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

typedef struct sink_context {
    call *one;
    record_entry **items;
    size_t count;
} sink_context;

static void on_state(void *context, size_t record, const char *json, size_t len)
{
    const sink_context *sink = context;
    char *copy = malloc(len + 1);

    if (!copy)
        last_words_no_memory();
    memcpy(copy, json, len + 1);
    pthread_mutex_lock(&sink->one->lock);
    if (record < sink->count) {
        free(sink->items[record]->event);
        sink->items[record]->event = copy;
        sink->items[record]->event_len = len;
        copy = NULL;
    }
    pthread_mutex_unlock(&sink->one->lock);
    free(copy);
}

static const value *entry_record(arena *in, const resource_type *of, const record_entry *entry)
{
    return record_wanted(in, &of->members, entry->config, entry->planned);
}

/* A read or delete takes the state, an update both, a create the record. */
static void write_entry(call *one, const resource_type *of, const char *hook, const record_entry *entry,
                        rp_json_writer *writer)
{
    bool update = !strcmp(hook, "update"), create = !strcmp(hook, "create");

    if (!strcmp(hook, "validate")) { /* here alone what is not known is written, as null */
        record_write(&of->members, entry->config, writer);
        return;
    }
    if (update) {
        rp_write_begin(writer, '{');
        rp_write_name(writer, "state");
    }
    if (!create)
        record_write_state(&of->members, entry->prior, writer);
    if (update)
        rp_write_name(writer, "record");
    if (update || create)
        record_write(&of->members, entry_record(&one->memory, of, entry), writer);
    if (update)
        rp_write_end(writer, '}');
}

static void set_phase(call *one, record_entry **items, size_t count, record_phase phase)
{
    pthread_mutex_lock(&one->lock);
    for (size_t i = 0; i < count; i++)
        items[i]->phase = phase;
    pthread_mutex_unlock(&one->lock);
}

/* A state that is not as described is told, and the rest of it used. */
static const value *read_state(call *one, const resource_type *of, const rp_json *json)
{
    _cleanup_(rp_error_freep) rp_error *error = NULL;
    const value *state;

    if (!json)
        return NULL;
    if (type_object_from_json(&one->memory, &of->members, json, "", &state, &error) == 0)
        return state;
    diagnostics_warning(&one->diagnostics, NULL, "the plugin's state does not fit its description: %s",
                        error->message);
    return NULL;
}

/* What the plugin left out of a state is not told: it stays as it was. */
static const value *merged(arena *in, const resource_type *of, const value *told, const rp_json *json,
                           const value *otherwise)
{
    value *made = value_object(in, of->members.count);

    for (size_t i = 0; i < of->members.count; i++) {
        const attribute *one = &of->members.items[i];
        bool said = one->in_state && told && rp_json_has(json, one->json_name);
        const value *item =
            said ? value_get(told, one->name) : record_known(in, value_get(otherwise, one->name));

        value_add(made, one->name, item);
    }
    return made;
}

static const value *otherwise(const record_entry *entry)
{
    return entry->planned ? entry->planned : entry->prior;
}

static void finish(call *one, const resource_type *of, const answer *from, size_t index, record_entry *entry)
{
    result got = {.status = from->status, .outcome = OUTCOME_NONE, .diagnostics = from->diagnostics};
    bool has = answer_result(from, index, &got);
    const value *told = has ? read_state(one, of, got.state) : NULL;

    pthread_mutex_lock(&one->lock);
    entry->status = has || is_failure(got.status) ? got.status : RP_INTERNAL;
    entry->outcome = got.outcome;
    entry->diagnostics = got.diagnostics;
    entry->refused = !has;
    entry->state = got.state ? merged(&one->memory, of, told, got.state, otherwise(entry)) : NULL;
    entry->phase = RECORD_FINISHED;
    pthread_mutex_unlock(&one->lock);
}

/* The head and the tail of a request are what calls have in common that go together. */
static gather_request request_of(const resource_type *of, const char *hook, const value *block,
                                 rp_buffer *head, rp_buffer *tail)
{
    rp_json_writer head_writer = RP_JSON_WRITER(head), tail_writer = RP_JSON_WRITER(tail);

    call_request_begin(&head_writer, of);
    call_request_end(&tail_writer, of, block);
    return (gather_request){.hook = hook,
                            .head = rp_buffer_text(head),
                            .tail = rp_buffer_text(tail),
                            .most = of->max_records,
                            /* what many already are needs no company; and a validate waits for nothing */
                            .alone = of->is_set || !strcmp(hook, "validate")};
}

static void call_some(call *one, const resource_type *of, const char *hook, record_entry **items,
                      size_t count, const value *block, uint32_t timeout_ms)
{
    _cleanup_(rp_buffer_done) rp_buffer head = RP_BUFFER(4096), tail = RP_BUFFER(MAX_REQUEST),
                                        records = RP_BUFFER(MAX_REQUEST);
    rp_json_writer writer = RP_JSON_WRITER(&records);
    sink_context context = {one, items, count};
    gather_request request = request_of(of, hook, block, &head, &tail);
    const answer *got;
    size_t first;

    for (size_t i = 0; i < count; i++)
        write_entry(one, of, hook, items[i], &writer);
    if (!rp_buffer_ok(&head) || !rp_buffer_ok(&tail) || !rp_buffer_ok(&records))
        last_words_no_memory();
    request.records = rp_buffer_text(&records);
    request.count = count;
    request.timeout_ms = timeout_ms;
    request.events = (event_sink){.from = &one->provider->plugin, .on_state = on_state, .context = &context};
    set_phase(one, items, count, RECORD_SENT);
    got = call_records(one, &request, &first);
    for (size_t i = 0; i < count; i++)
        finish(one, of, got, first + i, items[i]);
}

void record_call(call *one, const resource_type *of, const char *hook, const record_list *list,
                 const value *block, uint32_t timeout_ms)
{
    size_t most = of->max_records ? of->max_records : list->count;

    for (size_t from = 0; from < list->count; from += most) {
        size_t left = list->count - from;

        call_some(one, of, hook, list->items + from, left < most ? left : most, block, timeout_ms);
    }
}

void record_list_done(record_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(list->items[i]->event);
    list->count = 0;
}

static const place *entry_place(arena *in, const resource_type *of, const record_entry *entry,
                                const char *pointer)
{
    const place *of_parent;

    if (!entry->name)
        return place_of_pointer(in, &of->members, NULL, pointer);
    of_parent = place_of_pointer(in, &of->parent, NULL, pointer);
    return of_parent ? of_parent : place_key(in, place_attribute(in, NULL, CATALOG_RECORDS), entry->name);
}

/* The refusal of a request points into the request: /options/wait, /records/3/address. */
static const place *refusal_place(arena *in, const resource_type *of, const record_entry *entry,
                                  const char *pointer)
{
    if (!strncmp(pointer, "/options/", strlen("/options/")))
        return place_of_pointer(in, &of->options, NULL, pointer + strlen("/options"));
    if (strncmp(pointer, "/records/", strlen("/records/")) != 0)
        return NULL;
    pointer += strlen("/records/");
    return entry->name ? NULL : entry_place(in, of, entry, pointer + strcspn(pointer, "/"));
}

bool record_report(call *one, const resource_type *of, const record_entry *entry, bool as_warnings)
{
    arena *in = &one->memory;

    for (size_t i = 0; i < rp_json_count(entry->diagnostics); i++) {
        const rp_json *said = rp_json_at(entry->diagnostics, i);
        const char *pointer = rp_json_text(rp_json_get(said, "path"));
        const place *at = entry->refused ? refusal_place(in, of, entry, pointer ? pointer : "")
                                         : entry_place(in, of, entry, pointer ? pointer : "");

        diagnostics_add_plugins(&one->diagnostics, said, as_warnings, entry->refused ? NULL : entry->name,
                                at);
    }
    return rp_json_count(entry->diagnostics) > 0;
}

const char *record_reason(arena *in, const record_entry *entry)
{
    const char *status = rphost_status_name(entry->status);

    if (entry->why)
        return entry->why;
    for (size_t i = 0; i < rp_json_count(entry->diagnostics); i++) {
        const rp_json *said = rp_json_at(entry->diagnostics, i);
        const char *severity = rp_json_text(rp_json_get(said, "severity"));

        if (!severity || strcmp(severity, "warning") != 0)
            return diagnostics_words(in, said);
    }
    return entry->phase == RECORD_SENT      ? "interrupted before the outcome was known"
           : entry->phase == RECORD_WAITING ? "interrupted before it was begun"
                                            : arena_text(in, status);
}

static const value *event_state(arena *in, const resource_type *of, const record_entry *entry)
{
    _cleanup_(rp_json_freep) rp_json *json = NULL;
    const value *told;

    if (!entry->event || rp_json_parse(entry->event, entry->event_len, &json, NULL) < 0 ||
        type_object_from_json(in, &of->members, json, "", &told, NULL) < 0)
        return NULL;
    return merged(in, of, told, json, otherwise(entry));
}

/* Whether the write-only values of an update arrived is not known: the version stays, so that they are sent
   again. */
static const value *with_version_before(arena *in, const resource_type *of, const record_entry *entry,
                                        const value *state)
{
    value *version = value_object(in, 1);

    value_add(version, of->write_only_version, value_get(entry->prior, of->write_only_version));
    return block_with(in, &of->members, state, version);
}

const value *record_state(arena *in, const resource_type *of, const record_entry *entry)
{
    const value *state = entry->state;
    bool open = entry->phase != RECORD_FINISHED || entry->outcome == OUTCOME_UNKNOWN;

    if (!state)
        state = event_state(in, of, entry);
    state = record_known(in, state ? state : otherwise(entry));
    if (open && of->write_only_version && !value_is_null(entry->planned) && !value_is_null(entry->prior))
        return with_version_before(in, of, entry, state);
    return state;
}

const value *record_as_planned(call *one, const resource_type *of, const record_entry *entry,
                               const place *within)
{
    value *made = value_object(&one->memory, of->members.count);

    for (size_t i = 0; i < of->members.count; i++) {
        const attribute *member = &of->members.items[i];
        const value *planned = value_get(entry->planned, member->name);
        const value *state = value_get(entry->state, member->name);
        bool differs = planned && !value_has_unknown(planned) && !value_same(planned, state);

        if (differs && !member->write_only)
            diagnostics_warning(&one->diagnostics, place_attribute(&one->memory, within, member->name),
                                "the plugin's state has another %s than was asked for", member->name);
        value_add(made, member->name, differs ? planned : state ? state : &value_null);
    }
    return made;
}

static bool is_known(const record_entry *entry)
{
    return entry->phase == RECORD_FINISHED &&
           ((entry->status == RP_OK && entry->state) || (entry->status == RP_NOT_FOUND && !entry->refused));
}

/* Reads those of the list that are open, and counts those that are open afterwards. */
static size_t settle_some(call *one, const resource_type *of, const record_list *list, const int64_t *until,
                          uint32_t timeout_ms)
{
    record_list open = {.items = arena_alloc(&one->memory, list->count * sizeof(*open.items))};
    int64_t asked_at = record_wall_ms(); /* only a read that begins after the time is over is proof */
    size_t left = 0;

    for (size_t i = 0; i < list->count; i++)
        if (!is_known(list->items[i]))
            open.items[open.count++] = list->items[i];
    if (open.count)
        record_call(one, of, "read", &open, NULL, timeout_ms);
    for (size_t i = 0; i < list->count; i++) {
        record_entry *entry = list->items[i];

        entry->why = NULL;
        if (!is_failure(entry->status) ? !is_known(entry)
                                       : entry->status == RP_NOT_FOUND && asked_at < until[i]) {
            entry->status = RP_UNAVAILABLE;
            entry->why = "an earlier request for it may still take effect: nothing was sent";
        }
        left += !is_known(entry);
    }
    return left;
}

void record_settle(call *one, const resource_type *of, const record_list *list, const int64_t *until,
                   uint32_t timeout_ms)
{
    int64_t deadline = rp_now_ms(&rp_clock_system) + (timeout_ms ? timeout_ms : USUAL_TIME_MS), left;

    for (int64_t pause = MIN_PAUSE_MS; settle_some(one, of, list, until, timeout_ms); pause *= 2) {
        left = deadline - rp_now_ms(&rp_clock_system);
        if (atomic_load(&one->provider->plugin.stopped) || left <= 0)
            return;
        pause = pause < MAX_PAUSE_MS ? pause : MAX_PAUSE_MS;
        plugin_pause(&one->provider->plugin, left < pause ? left : pause);
    }
}
