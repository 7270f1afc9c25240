/*
 * A custom promise type for CFEngine 3.18 and later: resources, through resource plugins.
 *
 *     cc -o resource_promises resource_promises.c $(pkg-config --cflags --libs resource-plugin json-c)
 *
 * resources.cf beside this file declares the type and uses it. cf-agent starts this program once and speaks
 * JSON with it over its standard input and output, a line each way and an empty line after it. This program
 * is a host on the bare ABI: it loads the plugin itself, and keeps it open while promises name the same
 * plugin and configuration.
 */
#define _GNU_SOURCE 1 /* asprintf */
#include <dlfcn.h>
#include <json-c/json.h>
#include <resource_plugin.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TIMEOUT_MS 600000

/* Ctrl-C in cf-agent's terminal reaches this program, too: the call returns within a second and says what it
 * began. */
static volatile uint32_t cancel;

static void on_signal(int signal)
{
    (void)signal;
    __atomic_store_n(&cancel, 1, __ATOMIC_RELAXED);
}

/* --- documents ------------------------------------------------------------------- */

static const char *text_of(json_object *object, const char *name)
{
    json_object *value = json_object_object_get(object, name);

    return json_object_is_type(value, json_type_string) ? json_object_get_string(value) : NULL;
}

/* CFEngine passes data containers as JSON, and texts as texts: a document may come as either. */
static json_object *document_of(json_object *attributes, const char *name)
{
    json_object *value = json_object_object_get(attributes, name);

    if (json_object_is_type(value, json_type_string))
        return json_tokener_parse(json_object_get_string(value));
    return json_object_get(value);
}

static void log_message(json_object *answer, const char *level, const char *words)
{
    json_object *log, *entry = json_object_new_object();

    if (!json_object_object_get_ex(answer, "log", &log)) {
        log = json_object_new_array();
        json_object_object_add(answer, "log", log);
    }
    json_object_object_add(entry, "level", json_object_new_string(level));
    json_object_object_add(entry, "message", json_object_new_string(words));
    json_object_array_add(log, entry);
}

/* "records[1]: SUMMARY" of the first error among diagnostics, or the status. */
static void log_failure(json_object *answer, const char *where, const char *status, json_object *diagnostics)
{
    json_object *first =
        json_object_is_type(diagnostics, json_type_array) ? json_object_array_get_idx(diagnostics, 0) : NULL;
    const char *summary = first ? text_of(first, "summary") : NULL;
    char *words = NULL;

    if (asprintf(&words, "%s: %s", where, summary ? summary : status) >= 0)
        log_message(answer, "error", words);
    free(words);
}

/* --- the plugin ------------------------------------------------------------------ */

static struct {
    const rp_plugin *plugin;
    rp_instance *instance;
    char *name, *config;
} opened;

/* The document of a response, which is released. */
static json_object *take(const rp_plugin *plugin, const rp_response *response, int32_t *status)
{
    json_object *document = json_tokener_parse(response->json);

    *status = response->status;
    plugin->release(response);
    return document;
}

/* The document of the response; NULL, with a word about it, if the plugin has no such hook. */
static json_object *call(const char *name, rp_hook *hook, json_object *request, json_object *answer)
{
    const rp_call how = {.struct_size = sizeof(how), .timeout_ms = TIMEOUT_MS, .cancel = &cancel};
    const char *text = json_object_to_json_string_ext(request, JSON_C_TO_STRING_PLAIN);
    json_object *document;
    int32_t status;

    if (!hook) {
        log_failure(answer, name, "the plugin has no such hook", NULL);
        return NULL;
    }
    document = take(opened.plugin, hook(opened.instance, &how, text, strlen(text)), &status);
    if (!json_object_array_length(json_object_object_get(document, "results"))) {
        log_failure(answer, "request", "refused", json_object_object_get(document, "diagnostics"));
        json_object_put(document);
        return NULL;
    }
    return document;
}

static const rp_plugin *load(const char *path, json_object *answer)
{
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    const rp_plugin *(*entry)(uint32_t) = NULL, *plugin;

    if (library)
        *(void **)&entry = dlsym(library, "resource_plugin_entry");
    if (!entry) {
        log_message(answer, "error", dlerror());
        return NULL;
    }
    plugin = entry(1);
    if (plugin->abi_major == 1 && RP_HAS(rp_plugin, plugin, list))
        return plugin;
    log_message(answer, "error", "the plugin speaks another major version of the ABI");
    return NULL;
}

static void forget_plugin(void)
{
    if (opened.plugin)
        opened.plugin->close(opened.instance);
    free(opened.name);
    free(opened.config);
    memset(&opened, 0, sizeof(opened));
}

static int open_plugin(json_object *attributes, json_object *answer)
{
    const char *name = text_of(attributes, "plugin");
    json_object *config = document_of(attributes, "config"), *request = json_object_new_object(), *document;
    const char *text;
    const rp_response *response;
    rp_instance *instance;
    int32_t status;

    json_object_object_add(request, "config", config);
    text = json_object_to_json_string_ext(request, JSON_C_TO_STRING_PLAIN);
    if (opened.plugin && !strcmp(opened.name, name) && !strcmp(opened.config, text)) {
        json_object_put(request);
        return 1;
    }
    forget_plugin();
    opened.plugin = load(name, answer);
    if (opened.plugin) {
        response = opened.plugin->open(NULL, NULL, text, strlen(text));
        instance = response->instance;
        document = take(opened.plugin, response, &status);
        if (status != RP_OK) {
            log_failure(answer, "config", "refused", json_object_object_get(document, "diagnostics"));
            opened.plugin = NULL;
        } else {
            opened.instance = instance;
            opened.name = strdup(name);
            opened.config = strdup(text);
        }
        json_object_put(document);
    }
    json_object_put(request);
    return opened.plugin != NULL;
}

/* --- promises -------------------------------------------------------------------- */

/* {"resource": …, "records": […]} of a promise: its record, or its list of them. */
static json_object *request_of(json_object *attributes)
{
    json_object *request = json_object_new_object(), *record = document_of(attributes, "record");

    json_object_object_add(request, "resource",
                           json_object_get(json_object_object_get(attributes, "resource")));
    if (!json_object_is_type(record, json_type_array)) {
        json_object *one = record;
        record = json_object_new_array();
        json_object_array_add(record, one);
    }
    json_object_object_add(request, "records", record);
    return request;
}

static int is_absent(json_object *attributes)
{
    const char *state = text_of(attributes, "state");

    return state && !strcmp(state, "absent");
}

static int is_warn_only(json_object *attributes)
{
    const char *policy = text_of(attributes, "action_policy");

    return policy && (!strcmp(policy, "warn") || !strcmp(policy, "nop"));
}

enum {
    KEPT,
    REPAIRED,
    NOT_KEPT
};

static int has_status(json_object *result, const char *name)
{
    const char *status = text_of(result, "status");

    return status && !strcmp(status, name);
}

static int is_true(json_object *result, const char *name)
{
    return json_object_get_boolean(json_object_object_get(result, name));
}

static int is_done(json_object *result)
{
    return has_status(result, "ok") || has_status(result, "in_progress");
}

/* Whether the object has another value of an attribute. What its state does not show is not compared. */
static int differs(json_object *record, json_object *state)
{
    json_object_object_foreach(record, name, value)
    {
        json_object *is;
        if (value && json_object_object_get_ex(state, name, &is) && !json_object_equal(value, is))
            return 1;
    }
    return 0;
}

/* What a read means where only a warning is promised. */
static int preview(json_object *record, json_object *result, int absent, const char **words)
{
    if (is_done(result))
        *words = absent                                                     ? "deleted"
                 : differs(record, json_object_object_get(result, "state")) ? "updated"
                                                                            : NULL;
    else if (has_status(result, "not_found"))
        *words = absent ? NULL : "created";
    else
        return NOT_KEPT;
    return *words ? NOT_KEPT : KEPT;
}

static int judge(json_object *result, const char *hook)
{
    const char *outcome = text_of(result, "outcome");

    if (has_status(result, "already_exists"))
        return is_true(result, "matches") ? KEPT : NOT_KEPT;
    if (!is_done(result))
        return NOT_KEPT;
    if (!strcmp(hook, "delete")) /* left out: it is gone since, by whomever */
        return !json_object_object_get(result, "existed") || is_true(result, "existed") ? REPAIRED : KEPT;
    return outcome && !strcmp(outcome, "none") ? KEPT : REPAIRED;
}

/* One record's result of create, update or delete. */
static int act_on(json_object *result, const char *hook, size_t index, json_object *answer)
{
    static const char *const done[][2] = {
        {"create", "created"}, {"update", "updated"}, {"delete", "deleted"}};
    int outcome = judge(result, hook);
    char where[64];

    snprintf(where, sizeof(where), "records[%zu]", index);
    if (outcome == NOT_KEPT)
        log_failure(answer, where, text_of(result, "status"), json_object_object_get(result, "diagnostics"));
    for (size_t i = 0; outcome == REPAIRED && i < sizeof(done) / sizeof(*done); i++)
        if (!strcmp(hook, done[i][0])) {
            snprintf(where, sizeof(where), "records[%zu]: %s", index, done[i][1]);
            log_message(answer, "info", where);
        }
    return outcome;
}

/* The object exists with other attributes: it is changed in place, where the plugin can. */
static int update(json_object *request, json_object *record, json_object *result, size_t index,
                  json_object *answer)
{
    json_object *change = json_object_new_object(), *changes = json_object_new_array(), *document;
    json_object *ask = json_object_new_object();
    int outcome = NOT_KEPT;

    json_object_object_add(change, "state", json_object_get(json_object_object_get(result, "state")));
    json_object_object_add(change, "record", json_object_get(record));
    json_object_array_add(changes, change);
    json_object_object_add(ask, "resource", json_object_get(json_object_object_get(request, "resource")));
    json_object_object_add(ask, "records", changes);
    document = call("update", opened.plugin->update, ask, answer);
    if (document)
        outcome = act_on(json_object_array_get_idx(json_object_object_get(document, "results"), 0), "update",
                         index, answer);
    json_object_put(document);
    json_object_put(ask);
    return outcome;
}

/* A promise that only warns reads; the messages are those that cf-agent itself has. */
static int evaluate_one(json_object *request, json_object *result, const char *hook, int absent, size_t index,
                        json_object *answer)
{
    json_object *record = json_object_array_get_idx(json_object_object_get(request, "records"), index);
    const char *words = NULL;
    char message[96];
    int outcome;

    if (strcmp(hook, "read") == 0) {
        outcome = preview(record, result, absent, &words);
        if (!words)
            return outcome == KEPT ? KEPT : act_on(result, hook, index, answer);
        snprintf(message, sizeof(message), "records[%zu]: should be %s, but only a warning is promised",
                 index, words);
        log_message(answer, "warning", message);
        return outcome;
    }
    if (has_status(result, "already_exists") && !is_true(result, "matches") && opened.plugin->update)
        return update(request, record, result, index, answer);
    return act_on(result, hook, index, answer);
}

static const char *evaluate(json_object *attributes, json_object *answer)
{
    static const char *const words[] = {[KEPT] = "kept", [REPAIRED] = "repaired", [NOT_KEPT] = "not_kept"};
    int absent = is_absent(attributes), outcome = KEPT;
    const char *hook = is_warn_only(attributes) ? "read" : absent ? "delete" : "create";
    json_object *request, *document, *results;

    if (!open_plugin(attributes, answer))
        return words[NOT_KEPT];
    request = request_of(attributes);
    document = call(hook,
                    is_warn_only(attributes) ? opened.plugin->read
                    : absent                 ? opened.plugin->delete_
                                             : opened.plugin->create,
                    request, answer);
    results = json_object_object_get(document, "results");
    if (!document)
        outcome = NOT_KEPT;
    for (size_t i = 0; results && i < json_object_array_length(results); i++) {
        int one = evaluate_one(request, json_object_array_get_idx(results, i), hook, absent, i, answer);
        outcome = one > outcome ? one : outcome;
    }
    json_object_put(document);
    json_object_put(request);
    return words[outcome];
}

/* Without any network: cf-promises comes here too. */
static const char *validate(json_object *attributes, json_object *answer)
{
    static const char *const needed[] = {"plugin", "resource", "config", "record"};
    static const char *const known[] = {"plugin", "resource", "config", "record", "state", "action_policy"};
    const char *result = "valid";

    for (size_t i = 0; i < sizeof(needed) / sizeof(*needed); i++)
        if (!json_object_object_get(attributes, needed[i])) {
            log_failure(answer, needed[i], "this attribute is missing", NULL);
            result = "invalid";
        }
    json_object_object_foreach(attributes, name, value)
    {
        size_t i = 0;
        (void)value;
        while (i < sizeof(known) / sizeof(*known) && strcmp(name, known[i]))
            i++;
        if (i == sizeof(known) / sizeof(*known)) {
            log_failure(answer, name, "there is no such attribute", NULL);
            result = "invalid";
        }
    }
    return result;
}

static void respond(json_object *request)
{
    json_object *answer = json_object_new_object(),
                *attributes = json_object_object_get(request, "attributes");
    const char *operation = text_of(request, "operation"), *result = "error";

    if (!operation)
        operation = "";
    else if (!strcmp(operation, "terminate"))
        result = "success";
    else if (!strcmp(operation, "validate_promise"))
        result = validate(attributes, answer);
    else if (!strcmp(operation, "evaluate_promise"))
        result = evaluate(attributes, answer);
    json_object_object_add(answer, "operation", json_object_new_string(operation));
    json_object_object_add(answer, "promiser", json_object_get(json_object_object_get(request, "promiser")));
    json_object_object_add(answer, "result", json_object_new_string(result));
    printf("%s\n\n", json_object_to_json_string_ext(answer, JSON_C_TO_STRING_PLAIN));
    fflush(stdout);
    json_object_put(answer);
}

int main(void)
{
    char *line = NULL;
    size_t room = 0;
    int at_end = 0;

    /* cf-agent begins: a line with its version, and an empty one. */
    if (getline(&line, &room, stdin) < 0 || strncmp(line, "cf-agent ", 9)) {
        fprintf(stderr, "resource_promises: cf-agent starts this program, see resources.cf\n");
        return 64;
    }
    signal(SIGINT, on_signal);
    signal(SIGTERM, on_signal);
    printf("resource_promises 1.0.0 v1 json_based action_policy\n\n");
    fflush(stdout);
    while (!at_end && getline(&line, &room, stdin) > 0) {
        json_object *request = *line == '{' ? json_tokener_parse(line) : NULL;
        const char *operation = text_of(request, "operation");
        if (request)
            respond(request);
        at_end = operation && !strcmp(operation, "terminate");
        json_object_put(request);
    }
    forget_plugin();
    free(line);
    return 0;
}
