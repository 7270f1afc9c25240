#include "host/rphost.h"

#include "base/error.h"
#include "base/secret.h"
#include "base/text.h"
#include "host/answer.h"
#include "host/find.h"
#include "host/load.h"
#include "json/scan.h"
#include "json/value.h"

#include <string.h>

struct rphost {
    const rp_plugin *plugin;
    rp_instance *instance;
    uint32_t cancel;
    char *error;            /* NULL: fit for use */
    rphost_answer *refusal; /* what calls are answered with if not; NULL: for want of memory */
};

/* The handle of those for whom there was no memory left. Never freed. */
static rphost without_memory = {.error = (char *)"out of memory"};

typedef struct known_hook {
    const char *name;
    size_t slot;
    bool needs_instance;
} known_hook;

static const known_hook hooks[] = {
    {"describe", offsetof(rp_plugin, describe), false}, {"validate", offsetof(rp_plugin, validate), false},
    {"create", offsetof(rp_plugin, create), true},      {"read", offsetof(rp_plugin, read), true},
    {"update", offsetof(rp_plugin, update), true},      {"delete", offsetof(rp_plugin, delete_), true},
    {"list", offsetof(rp_plugin, list), true},
};

static const known_hook *find_hook(const char *name)
{
    for (size_t i = 0; i < rp_count_of(hooks); i++)
        if (!strcmp(hooks[i].name, name))
            return &hooks[i];
    return NULL;
}

/* NULL if the plugin leaves it out, or was built before it existed. */
static rp_hook *slot_of(const rp_plugin *plugin, const known_hook *asked)
{
    rp_hook *slot;

    if (plugin->struct_size < asked->slot + sizeof(slot))
        return NULL;
    memcpy(&slot, (const char *)plugin + asked->slot, sizeof(slot));
    return slot;
}

/* An answer of the host's own, from words that are its to free. */
static rphost_answer *say(int32_t status, const char *code, char *words)
{
    _cleanup_(rp_freep) char *summary = words;
    rphost_answer *answer = summary ? rp_answer_new() : NULL;

    return answer ? rp_answer_say(answer, status, code, summary) : rp_answer_no_memory();
}

/* From here on each call is answered with this. */
static void keep_refusal(rphost *host, char *words, rphost_answer *answer)
{
    host->error = words ? words : without_memory.error;
    host->refusal = answer;
}

static void refuse(rphost *host, int32_t status, const char *code, const rp_error *error)
{
    if (error->code == RP_E_NO_MEMORY)
        status = RP_NO_MEMORY;
    keep_refusal(host, strdup(error->message), say(status, code, strdup(error->message)));
}

static int load(rphost *host, const char *name, rp_error **error)
{
    const rp_search_path folders = {secure_getenv("RP_PLUGIN_PATH"), RP_PLUGINDIR};
    _cleanup_(rp_freep) char *path = NULL;
    int failed = rp_plugin_find(name, &folders, &path, error);

    if (failed)
        return failed;
    return rp_plugin_load(path, &host->plugin, error);
}

/* A config may hold secrets: no copy of it is left behind. */
static void wipe_text(rp_buffer *text)
{
    if (text->data)
        rp_wipe(text->data, text->len);
    rp_buffer_done(text);
}

static int wrap_config(const char *config, size_t len, rp_buffer *request, rp_error **error)
{
    static const char head[] = "{\"config\":", tail[] = "}";
    int failed = rp_json_scan(config, len, error);

    if (failed) {
        rp_error_add(error, "config");
        return failed;
    }
    rp_buffer_reserve(request, sizeof(head) + len + sizeof(tail)); /* at once: growing leaves copies */
    rp_buffer_add(request, head, sizeof(head) - 1);
    rp_buffer_add(request, config, len);
    rp_buffer_add(request, tail, sizeof(tail) - 1);
    if (!rp_buffer_ok(request))
        return rp_error_no_memory(error);
    return 0;
}

/* "NAME refuses its config: SUMMARY (at PATH)", as far as its answer says so. */
static char *refusal_in_words(const rp_plugin *plugin, const rphost_answer *answer)
{
    _cleanup_(rp_json_freep) rp_json *document = NULL;
    const char *json = rphost_json(answer), *summary, *path;
    const rp_json *first;

    rp_json_parse(json, strlen(json), &document, NULL);
    first = rp_json_at(rp_json_get(document, "diagnostics"), 0);
    summary = rp_json_text(rp_json_get(first, "summary"));
    path = rp_json_text(rp_json_get(first, "path"));
    return rp_format("%s refuses its config: %s%s%s%s", plugin->name,
                     summary ? summary : rphost_status_name(rphost_status(answer)), path ? " (at " : "",
                     path ? path : "", path ? ")" : "");
}

static void open_instance(rphost *host, const char *request, size_t len)
{
    _cleanup_(rp_error_freep) rp_error *error = NULL;
    const rp_call call = {.struct_size = sizeof(call)};
    rphost_answer *answer = rp_answer_new();
    const rp_response *response;

    if (!answer) {
        keep_refusal(host, NULL, NULL);
        return;
    }
    response = host->plugin->open(NULL, &call, request, len);
    answer = rp_answer_take(answer, host->plugin, response);
    if (rphost_status(answer) != RP_OK) {
        keep_refusal(host, refusal_in_words(host->plugin, answer), answer);
        return;
    }
    host->instance = response->instance;
    rphost_release(answer);
    if (!host->instance) {
        rp_error_set(&error, RP_E_INVALID, "%s opened, but gave no instance", host->plugin->name);
        refuse(host, RP_INTERNAL, "host.bad_response", error);
    }
}

static void open_with(rphost *host, const char *config, size_t len)
{
    _cleanup_(rp_error_freep) rp_error *error = NULL;
    _cleanup_(wipe_text) rp_buffer request = RP_BUFFER(RP_JSON_MAX_BYTES);

    if (wrap_config(config, len, &request, &error) < 0)
        refuse(host, RP_INVALID_ARGUMENT, "host.config", error);
    else
        open_instance(host, request.data, request.len);
}

rphost *rphost_open(const char *plugin, const char *config, size_t config_len)
{
    _cleanup_(rp_error_freep) rp_error *error = NULL;
    rphost *host = calloc(1, sizeof(*host));

    if (!host)
        return &without_memory;
    if (load(host, plugin, &error) < 0)
        refuse(host, RP_UNSUPPORTED, "host.load", error);
    else if (config)
        open_with(host, config, config_len);
    return host;
}

const char *rphost_error(const rphost *host)
{
    return host->error;
}

/* The slot to call, or NULL and the answer that says why not. */
static rp_hook *slot_for(const rphost *host, const char *name, rphost_answer **answer)
{
    const known_hook *asked = find_hook(name);
    rp_hook *slot = asked ? slot_of(host->plugin, asked) : NULL;

    if (!asked)
        *answer = say(RP_UNSUPPORTED, "host.no_such_hook", rp_format("there is no hook \"%s\"", name));
    else if (!slot)
        *answer =
            say(RP_UNSUPPORTED, "host.hook_left_out", rp_format("%s has no %s", host->plugin->name, name));
    else if (asked->needs_instance && !host->instance)
        *answer = say(RP_CONTRACT, "host.no_instance", rp_format("%s needs a config: none was given", name));
    return *answer ? NULL : slot;
}

rphost_answer *rphost_call_with(rphost *host, const char *name, const char *request, size_t request_len,
                                const rp_call *call)
{
    rphost_answer *answer = NULL;
    rp_hook *slot;

    if (host->error)
        return host->refusal ? rp_answer_copy(host->refusal) : rp_answer_no_memory();
    slot = slot_for(host, name, &answer);
    if (!slot)
        return answer;
    answer = rp_answer_new();
    if (!answer)
        return rp_answer_no_memory();
    return rp_answer_take(answer, host->plugin, slot(host->instance, call, request, request_len));
}

rphost_answer *rphost_call(rphost *host, const char *hook, const char *request, size_t request_len,
                           uint32_t timeout_ms,
                           void (*on_event)(void *context, const char *event, size_t event_len),
                           void *context)
{
    const rp_call call = {.struct_size = sizeof(call),
                          .timeout_ms = timeout_ms,
                          .cancel = &host->cancel,
                          .on_event = on_event,
                          .context = context};

    return rphost_call_with(host, hook, request, request_len, &call);
}

void rphost_cancel(rphost *host, uint32_t on)
{
    __atomic_store_n(&host->cancel, on, __ATOMIC_SEQ_CST);
}

void rphost_close(rphost *host)
{
    if (!host || host == &without_memory)
        return;
    if (host->instance)
        host->plugin->close(host->instance);
    if (host->error != without_memory.error)
        free(host->error);
    rphost_release(host->refusal);
    free(host);
}
