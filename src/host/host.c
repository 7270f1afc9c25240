#include "host/rphost.h"

#include "base/error.h"
#include "base/secret.h"
#include "base/status.h"
#include "base/text.h"
#include "host/call.h"
#include "host/find.h"
#include "host/load.h"
#include "host/running.h"
#include "json/scan.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct rphost {
    const rp_plugin *plugin;
    rp_instance *instance;
    uint32_t cancel;
    char *error;            /* NULL: fit for use */
    rphost_answer *refusal; /* what calls are answered with if not; NULL: for want of memory */
    pthread_mutex_t lock;
    rphost_answer *description; /* what describe answered, once it was asked; under the lock */
    rp_watchdog *watchdog;
};

/* The handle of those for whom there was no memory left. Never freed. */
static rphost without_memory = {.error = (char *)"out of memory"};

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

/* The file that this code was loaded from, the program or librphost; NULL if that cannot be told. */
static char *own_file(void)
{
    char path[4096];
    ssize_t len = readlink("/proc/self/exe", path, sizeof(path) - 1);
    Dl_info own;

    if (dladdr(&without_memory, &own) && own.dli_fname && strstr(own.dli_fname, "librphost"))
        return realpath(own.dli_fname, NULL);
    return len > 0 ? strndup(path, (size_t)len) : NULL;
}

/* An installation that was moved, or put under another prefix, finds its own plugins. */
static char *installed_beside(void)
{
    _cleanup_(rp_freep) char *own = own_file();
    char *slash = own ? strrchr(own, '/') : NULL;
    const char *from =
        slash && rp_starts_with(slash + 1, "librphost") ? RP_PLUGINDIR_FROM_LIB : RP_PLUGINDIR_FROM_BIN;

    return slash && *from ? rp_format("%.*s/%s", (int)(slash - own), own, from) : NULL;
}

static int load(rphost *host, const char *name, rp_error **error)
{
    _cleanup_(rp_freep) char *beside = installed_beside();
    const rp_search_path folders = {secure_getenv("RP_PLUGIN_PATH"), RP_PLUGINDIR, beside};
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
static char *refusal_in_words(const rp_plugin *plugin, rphost_answer *answer)
{
    const rp_json *first = rp_json_at(rp_json_get(rp_answer_document(answer), "diagnostics"), 0);
    const char *summary = rp_json_text(rp_json_get(first, "summary"));
    const char *path = rp_json_text(rp_json_get(first, "path"));

    if (rphost_status(answer) == RP_CONTRACT && summary)
        return rp_format("%s: %s", plugin->name, summary);
    return rp_format("%s refuses its config: %s%s%s%s", plugin->name,
                     summary ? summary : rp_status_name(rphost_status(answer)), path ? " (at " : "",
                     path ? path : "", path ? ")" : "");
}

static void close_instance(rphost *host)
{
    rp_running_enter(host->plugin->name, "close");
    host->plugin->close(host->instance);
    rp_running_enter(NULL, NULL);
    host->instance = NULL;
}

static void open_instance(rphost *host, const char *request, size_t len)
{
    const rp_call call = {.struct_size = sizeof(call)};
    const rp_hook_call what = {.owner = host,
                               .plugin = host->plugin,
                               .hook = rp_hook_find("open"),
                               .request = request,
                               .request_len = len,
                               .call = &call};
    rphost_answer *answer = rp_hook_run(&what, &host->instance);

    if (rphost_status(answer) != RP_OK) {
        if (host->instance)
            close_instance(host);
        keep_refusal(host, refusal_in_words(host->plugin, answer), answer);
        return;
    }
    rphost_release(answer);
    if (!host->instance) /* and no memory to say that this breaks a rule */
        keep_refusal(host, NULL, NULL);
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

/* A mistake of whoever uses the library. */
static void refuse_misuse(rphost *host, const char *words)
{
    keep_refusal(host, strdup(words), say(RP_CONTRACT, "host.misuse", strdup(words)));
}

rphost *rphost_open(const char *plugin, const char *config, size_t config_len)
{
    _cleanup_(rp_error_freep) rp_error *error = NULL;
    rphost *host = calloc(1, sizeof(*host));

    if (!host)
        return &without_memory;
    pthread_mutex_init(&host->lock, NULL);
    if (!plugin)
        refuse_misuse(host, "the name of the plugin is NULL");
    else if (!config && config_len)
        refuse_misuse(host, "the config is NULL, but its length is not 0");
    else if (load(host, plugin, &error) < 0)
        refuse(host, RP_UNSUPPORTED, "host.load", error);
    else if (config)
        open_with(host, config, config_len);
    return host;
}

const char *rphost_error(const rphost *host)
{
    return host ? host->error : "the handle is NULL";
}

/* Why the hook cannot be called, or NULL. */
static rphost_answer *not_callable(const rphost *host, const char *name, const rp_known_hook *hook)
{
    if (!hook)
        return say(RP_UNSUPPORTED, "host.no_such_hook", rp_format("there is no hook \"%s\"", name));
    if (!rp_hook_slot(host->plugin, hook))
        return say(RP_UNSUPPORTED, "host.hook_left_out", rp_format("%s has no %s", host->plugin->name, name));
    if (hook->needs_instance && !host->instance)
        return say(RP_CONTRACT, "host.no_instance", rp_format("%s needs a config: none was given", name));
    return NULL;
}

/* A handle opens its instance itself. */
static const rp_known_hook *find_callable(const char *name)
{
    return strcmp(name, "open") ? rp_hook_find(name) : NULL;
}

/* What describe tells, asked once: it says which attributes are keys. NULL: not known. */
static const rp_json *description_of(rphost *host)
{
    const rp_hook_call what = {
        .owner = host, .plugin = host->plugin, .instance = host->instance, .hook = rp_hook_find("describe")};
    const rp_json *document;

    pthread_mutex_lock(&host->lock);
    if (!host->description)
        host->description = rp_hook_run(&what, NULL);
    if (host->description == rp_answer_no_memory())
        host->description = NULL; /* next time, perhaps */
    document = rp_answer_document(host->description);
    pthread_mutex_unlock(&host->lock);
    return document;
}

/* What a caller did wrong, or NULL. */
static rphost_answer *misused(const rphost *host, const char *name, const char *request, size_t request_len)
{
    const char *words = !host                     ? "the handle is NULL"
                        : !name                   ? "the name of the hook is NULL"
                        : !request && request_len ? "the request is NULL, but its length is not 0"
                                                  : NULL;

    return words ? say(RP_CONTRACT, "host.misuse", strdup(words)) : NULL;
}

rphost_answer *rphost_call_with(rphost *host, const char *name, const char *request, size_t request_len,
                                const rp_call *call)
{
    rphost_answer *refusal = misused(host, name, request, request_len);
    rp_hook_call what;

    if (refusal)
        return refusal;
    if (host->error)
        return host->refusal ? rp_answer_copy(host->refusal) : rp_answer_no_memory();
    what = (rp_hook_call){.owner = host,
                          .plugin = host->plugin,
                          .instance = host->instance,
                          .hook = find_callable(name),
                          .request = request,
                          .request_len = request_len,
                          .call = call};
    refusal = not_callable(host, name, what.hook);
    if (refusal)
        return refusal;
    if (what.hook->records || what.hook->states)
        what.description = description_of(host);
    return rp_hook_run(&what, NULL);
}

rphost_answer *rphost_call(rphost *host, const char *hook, const char *request, size_t request_len,
                           uint32_t timeout_ms,
                           void (*on_event)(void *context, const char *event, size_t event_len),
                           void *context)
{
    const rp_call call = {.struct_size = sizeof(call),
                          .timeout_ms = timeout_ms,
                          .cancel = host ? &host->cancel : NULL,
                          .on_event = on_event,
                          .context = context};

    return rphost_call_with(host, hook, request, request_len, &call);
}

void rphost_cancel(rphost *host, uint32_t on)
{
    if (host)
        __atomic_store_n(&host->cancel, on, __ATOMIC_SEQ_CST);
}

void rphost_watchdog(rphost *host, void (*on_overdue)(void *context, const char *text), void *context)
{
    if (!host || host == &without_memory)
        return;
    rp_watchdog_stop(host->watchdog);
    host->watchdog = on_overdue ? rp_watchdog_start(host, on_overdue, context) : NULL;
}

void rphost_close(rphost *host)
{
    if (!host || host == &without_memory)
        return;
    if (host->instance)
        close_instance(host);
    rp_watchdog_stop(host->watchdog);
    if (host->error != without_memory.error)
        free(host->error);
    rphost_release(host->refusal);
    rphost_release(host->description);
    pthread_mutex_destroy(&host->lock);
    free(host);
}
