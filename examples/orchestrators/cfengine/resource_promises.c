/*
 * A custom promise type for CFEngine 3.18 and later: resources, through resource plugins.
 *
 *     cc -o resource_promises resource_promises.c $(pkg-config --cflags --libs resource-plugin json-c)
 *
 * resources.cf beside this file declares the type and uses it. cf-agent starts this program once and speaks JSON with it
 * over its standard input and output, a line each way and an empty line after it. This program is a host on the bare
 * ABI: it loads the plugin itself, and keeps it open while promises name the same plugin and configuration.
 */
#define _GNU_SOURCE 1 /* asprintf */
#include <dlfcn.h>
#include <json-c/json.h>
#include <resource_plugin.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TIMEOUT_MS 600000

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

static json_object *call(rp_hook *hook, json_object *request, int32_t *status)
{
    const rp_call how = {.struct_size = sizeof(how), .timeout_ms = TIMEOUT_MS};
    const char *text = json_object_to_json_string_ext(request, JSON_C_TO_STRING_PLAIN);

    return take(opened.plugin, hook(opened.instance, &how, text, strlen(text)), status);
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

    json_object_object_add(request, "resource", json_object_get(json_object_object_get(attributes, "resource")));
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

enum { KEPT, REPAIRED, NOT_KEPT };

/* What one result means for the promise. */
static int judge(json_object *result, int absent, int warn_only)
{
    const char *status = text_of(result, "status"), *outcome = text_of(result, "outcome");
    int found = !strcmp(status, "ok") || !strcmp(status, "in_progress");

    if (warn_only)
        return found == absent ? NOT_KEPT : found || !strcmp(status, "not_found") ? KEPT : NOT_KEPT;
    if (!strcmp(status, "already_exists"))
        return json_object_get_boolean(json_object_object_get(result, "matches")) ? KEPT : NOT_KEPT;
    if (!found)
        return NOT_KEPT;
    if (absent) { /* left out: it is gone since, by whomever */
        json_object *existed = json_object_object_get(result, "existed");
        return !existed || json_object_get_boolean(existed) ? REPAIRED : KEPT;
    }
    return outcome && !strcmp(outcome, "none") ? KEPT : REPAIRED;
}

static int judge_all(json_object *document, int absent, int warn_only, json_object *answer)
{
    json_object *results = json_object_object_get(document, "results");
    int worst = KEPT;

    for (size_t i = 0; i < json_object_array_length(results); i++) {
        json_object *result = json_object_array_get_idx(results, i);
        const char *status = text_of(result, "status");
        int one = judge(result, absent, warn_only);
        char where[32];

        snprintf(where, sizeof(where), "records[%zu]", i);
        if (one == NOT_KEPT && warn_only && (!strcmp(status, "not_found") || !strcmp(status, "ok")))
            log_message(answer, "warning",
                        absent ? "should be deleted, but only a warning is promised"
                               : "should be created, but only a warning is promised");
        else if (one == NOT_KEPT)
            log_failure(answer, where, status, json_object_object_get(result, "diagnostics"));
        worst = one > worst ? one : worst;
    }
    return worst;
}

static const char *evaluate(json_object *attributes, json_object *answer)
{
    static const char *const words[] = {[KEPT] = "kept", [REPAIRED] = "repaired", [NOT_KEPT] = "not_kept"};
    int absent = is_absent(attributes), warn_only = is_warn_only(attributes), outcome = NOT_KEPT;
    json_object *request, *document;
    int32_t status;

    if (!open_plugin(attributes, answer))
        return words[NOT_KEPT];
    request = request_of(attributes);
    document = call(warn_only ? opened.plugin->read : absent ? opened.plugin->delete_ : opened.plugin->create, request,
                    &status);
    if (json_object_array_length(json_object_object_get(document, "results")))
        outcome = judge_all(document, absent, warn_only, answer);
    else
        log_failure(answer, "request", "refused", json_object_object_get(document, "diagnostics"));
    if (outcome == REPAIRED)
        log_message(answer, "info", absent ? "deleted" : "created");
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
    json_object *answer = json_object_new_object(), *attributes = json_object_object_get(request, "attributes");
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
