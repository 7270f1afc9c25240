#include "bridge/plugin.h"

#include "base/clock.h"
#include "base/text.h"
#include "bridge/last_words.h"
#include "bridge/log.h"

#include <string.h>
#include <time.h>

#define SLICE_MS  50
#define MAX_STATE (16u << 20)

static answer answer_of(rphost_answer *raw)
{
    answer made = {.raw = raw, .status = rphost_status(raw)};
    const char *json = rphost_json(raw);

    if (rp_json_parse(json, strlen(json), &made.document, NULL) < 0)
        made.status = RP_INTERNAL;
    made.results = rp_json_get(made.document, "results");
    made.diagnostics = rp_json_get(made.document, "diagnostics");
    made.count = rp_json_count(made.results);
    return made;
}

void answer_done(answer *one)
{
    rp_json_free(one->document);
    rphost_release(one->raw);
}

static void on_event(void *context, const char *text, size_t len)
{
    _cleanup_(rp_json_freep) rp_json *event = NULL;
    _cleanup_(rp_buffer_done) rp_buffer state = RP_BUFFER(MAX_STATE);
    const event_sink *sink = context;
    const char *kind;
    int64_t record = 0;

    if (rp_json_parse(text, len, &event, NULL) < 0)
        return;
    kind = rp_json_text(rp_json_get(event, "kind"));
    if (!kind || strcmp(kind, "state") != 0) {
        log_event(sink->from->name, event);
        return;
    }
    if (!sink->on_state || !rp_json_integer(rp_json_get(event, "record"), &record) || record < 0)
        return;
    rp_json_print(rp_json_get(event, "state"), false, &state);
    if (rp_buffer_ok(&state))
        sink->on_state(sink->context, (size_t)record, rp_buffer_text(&state), state.len);
}

static answer call_on(const plugin *one, rphost *host, const char *hook, const char *request, size_t len,
                      uint32_t timeout_ms, const event_sink *events)
{
    event_sink plain = {.from = one};
    rphost_answer *raw;

    last_words_doing(hook);
    raw = rphost_call(host, hook, request, len, timeout_ms, on_event,
                      (void *)(size_t)(events ? events : &plain));
    last_words_doing(NULL);
    return answer_of(raw);
}

static char *file_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *name = strdup(slash ? slash + 1 : path);
    size_t len = name ? strlen(name) : 0;

    if (len > 3 && !strcmp(name + len - 3, ".so"))
        name[len - 3] = '\0';
    return name;
}

static char *text_of(const rp_json *object, const char *name, char *otherwise)
{
    const char *text = rp_json_text(rp_json_get(object, name));
    char *copy = text && *text ? strdup(text) : NULL;

    if (!copy)
        return otherwise;
    free(otherwise);
    return copy;
}

/* A slot that is there asks for an instance; one that is not is unsupported. */
static bool has_hook(const plugin *one, const char *hook)
{
    answer asked = call_on(one, one->described, hook, NULL, 0, 0, NULL);
    bool has = asked.status != RP_UNSUPPORTED;

    answer_done(&asked);
    return has;
}

static char *fault_of(const plugin *one, const answer *described)
{
    const char *words = rphost_error(one->described);
    const char *summary = rp_json_text(rp_json_get(rp_json_at(described->diagnostics, 0), "summary"));

    if (words)
        return strdup(words);
    if (described->status != RP_OK || !rp_json_get(described->document, "resources"))
        return rp_format("%s: its describe hook answers %s: %s", one->path,
                         rphost_status_name(described->status), summary ? summary : "no resources");
    return NULL;
}

void plugin_load(plugin *one, const char *path)
{
    answer described;

    *one = (plugin){.path = strdup(path), .name = file_name(path), .version = strdup("0")};
    if (!one->path || !one->name || !one->version)
        last_words_no_memory();
    last_words_prepare(one->name);
    last_words_doing("loading");
    one->described = rphost_open(path, NULL, 0);
    described = call_on(one, one->described, "describe", NULL, 0, 0, NULL);
    one->fault = fault_of(one, &described);
    one->name = text_of(described.document, "name", one->name);
    one->version = text_of(described.document, "version", one->version);
    one->description = rp_take(described.document);
    answer_done(&described);
    last_words_name(one->name, one->version);
    if (!one->fault) {
        one->has_update = has_hook(one, "update");
        one->has_list = has_hook(one, "list");
    }
}

void plugin_done(plugin *one)
{
    rphost_close(atomic_load(&one->configured));
    rphost_close(one->described);
    rp_json_free(one->description);
    free(one->path);
    free(one->name);
    free(one->version);
    free(one->fault);
}

bool plugin_configure(plugin *one, const char *config, size_t len, answer *why)
{
    rphost *host, *none = NULL;

    last_words_doing("open");
    host = rphost_open(one->path, config, len);
    last_words_doing(NULL);
    *why = (answer){0};
    if (rphost_error(host)) {
        *why = call_on(one, host, "describe", NULL, 0, 0, NULL);
        rphost_close(host);
        return false;
    }
    /* Another instance may be in use by calls under way: there is one config a process. */
    if (!atomic_compare_exchange_strong(&one->configured, &none, host))
        rphost_close(host);
    else if (atomic_load(&one->stopped))
        rphost_cancel(host, 1);
    return true;
}

answer plugin_call(plugin *one, const char *hook, const rp_buffer *request, uint32_t timeout_ms,
                   const event_sink *events)
{
    rphost *host = atomic_load(&one->configured);

    return call_on(one, host ? host : one->described, hook, rp_buffer_text(request), request->len, timeout_ms,
                   events);
}

static outcome outcome_of(const rp_json *json, int32_t status)
{
    const char *word = rp_json_text(rp_json_get(json, "outcome"));

    if (word && !strcmp(word, "done"))
        return OUTCOME_DONE;
    if (word && !strcmp(word, "none"))
        return OUTCOME_NONE;
    return word || is_failure(status) ? OUTCOME_UNKNOWN : OUTCOME_DONE;
}

bool answer_result(const answer *from, size_t index, result *out)
{
    const rp_json *json = rp_json_at(from->results, index);
    const char *status = rp_json_text(rp_json_get(json, "status"));
    const rp_json *state = rp_json_get(json, "state");

    if (!json)
        return false;
    *out = (result){.status = status ? rphost_status_value(status) : RP_INTERNAL,
                    .diagnostics = rp_json_get(json, "diagnostics"),
                    .state = rp_json_type_of(state) == RP_JSON_OBJECT ? state : NULL};
    if (out->status < 0)
        out->status = RP_INTERNAL;
    out->outcome = outcome_of(json, out->status);
    return true;
}

void plugin_stop(plugin *one)
{
    rphost *host;

    atomic_store(&one->stopped, true);
    host = atomic_load(&one->configured);
    if (host)
        rphost_cancel(host, 1);
}

void plugin_pause(plugin *one, int64_t ms)
{
    int64_t until = rp_now_ms(&rp_clock_system) + ms, left;

    while (!atomic_load(&one->stopped) && (left = until - rp_now_ms(&rp_clock_system)) > 0) {
        const struct timespec slice = {.tv_nsec = (left < SLICE_MS ? left : SLICE_MS) * 1000000};

        nanosleep(&slice, NULL);
    }
}
