/*
 * The plugin: loaded once, called through librphost, on any thread. Which plugin it is, nothing here knows.
 */
#ifndef RP_BRIDGE_PLUGIN_H
#define RP_BRIDGE_PLUGIN_H

#include "base/buffer.h"
#include "bridge/value.h"
#include "host/rphost.h"
#include "json/value.h"

#include <stdatomic.h>
#include <stdbool.h>

typedef struct plugin {
    char *path;
    char *name; /* as it describes itself; without a description, the file's */
    char *version;
    rphost *described;            /* no instance */
    _Atomic(rphost *) configured; /* NULL until ConfigureProvider gave it a config */
    _Atomic bool stopped;
    rp_json *description;
    char *fault; /* why it cannot be used, or NULL */
    bool has_update, has_list;
} plugin;

typedef enum outcome {
    OUTCOME_NONE,
    OUTCOME_DONE,
    OUTCOME_UNKNOWN
} outcome;

/* What came of one record. The documents belong to the answer. */
typedef struct result {
    int32_t status;
    outcome outcome;
    const rp_json *state; /* or NULL */
    const rp_json *diagnostics;
} result;

typedef struct answer {
    rphost_answer *raw;
    rp_json *document;
    int32_t status;
    const rp_json *results, *diagnostics;
    size_t count;
} answer;

/* Keeps what the plugin tells while it works. */
typedef struct event_sink {
    const plugin *from;
    void (*on_state)(void *context, size_t record, const char *json, size_t len); /* or NULL */
    void *context;
} event_sink;

/* Never fails: a fault is kept, for GetProviderSchema to tell. */
void plugin_load(plugin *one, const char *path);
void plugin_done(plugin *one);

/* Gives it its config. False if it refuses; the answer says why. The config is JSON. */
bool plugin_configure(plugin *one, const char *config, size_t len, answer *why);

/* Calls a hook on the configured instance, where there is one, and waits. */
answer plugin_call(plugin *one, const char *hook, const rp_buffer *request, uint32_t timeout_ms,
                   const event_sink *events);
void answer_done(answer *one);

/* False if the answer has no result of that index: then nothing was begun. */
bool answer_result(const answer *from, size_t index, result *out);

static inline bool is_failure(int32_t status)
{
    return status >= 100;
}

/* Ends the calls under way, and all later ones, soon. */
void plugin_stop(plugin *one);

/* Waits so long, or until plugin_stop. */
void plugin_pause(plugin *one, int64_t ms);

#endif
