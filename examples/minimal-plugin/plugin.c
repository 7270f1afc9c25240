/*
 * A whole plugin, small: notes in the memory of an instance. A note has a name,
 * which is its key, and a text. Read it from the bottom, where the table is.
 *
 * One with a server behind it would also watch call->timeout_ms and call->cancel
 * while it waits, and have the memory for its answer before it changes anything.
 */
#include <json-c/json.h>
#include <pthread.h>
#include <resource_plugin.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct rp_instance {
    pthread_mutex_t lock;
    json_object *notes; /* name -> {"id", "name", "text"} */
    pid_t owner;        /* a child after fork is not */
};

typedef struct response {
    rp_response head;
    json_object *document; /* head.json is its text; NULL: static, never freed */
} response;

#define STATIC(status, json)                                                                                 \
    {                                                                                                        \
        {sizeof(rp_response), status, json, sizeof(json) - 1, NULL}, NULL                                    \
    }
#define PROBLEM(summary, path)                                                                               \
    "\"diagnostics\":[{\"severity\":\"error\",\"code\":\"note.bad\",\"summary\":\"" summary                  \
    "\",\"path\":\"" path "\"}]"
#define REFUSAL(status, summary, path) STATIC(status, "{\"results\":[]," PROBLEM(summary, path) "}")

/* A request refused as a whole has no results: nothing was begun. */
static const response no_memory = REFUSAL(RP_NO_MEMORY, "out of memory", "");
static const response no_instance = REFUSAL(RP_CONTRACT, "no instance, or that of the parent process", "");
static const response no_settings = REFUSAL(RP_INVALID_ARGUMENT, "there is nothing to configure", "/config");
static const response no_resource = REFUSAL(RP_INVALID_ARGUMENT, "no JSON, or not for a note", "/resource");
static const response no_records = REFUSAL(RP_INVALID_ARGUMENT, "there must be an array of them", "/records");
static const response no_options = REFUSAL(RP_INVALID_ARGUMENT, "a note has no options", "/options");

static const response description = STATIC(
    RP_OK,
    "{\"name\":\"minimal\",\"version\":\"1.0.0\",\"abi\":\"1.0\",\"config\":{\"type\":\"object\"},\"resources\":{"
    "\"note\":{\"key\":[\"name\"],\"settle_ms\":0,\"record\":{\"type\":\"object\",\"required\":[\"name\",\"text\"],"
    "\"properties\":{\"name\":{\"type\":\"string\"},\"text\":{\"type\":\"string\"}}}}}}");

static const rp_response *respond(json_object *document, int32_t status, rp_instance *instance)
{
    response *made = malloc(sizeof(*made));
    const char *json = json_object_to_json_string_ext(document, JSON_C_TO_STRING_PLAIN);

    if (!made || !json) {
        free(made);
        json_object_put(document);
        return &no_memory.head;
    }
    *made = (response){{sizeof(rp_response), status, json, strlen(json), instance}, document};
    return &made->head;
}

static json_object *parse(const char *request, size_t len)
{
    json_tokener *tokener = len <= 16u << 20 ? json_tokener_new_ex(64) : NULL;
    json_object *parsed = NULL;

    if (!tokener)
        return NULL;
    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
    parsed = json_tokener_parse_ex(tokener, len ? request : "{}", len ? (int)len : 2);
    json_tokener_free(tokener);
    return parsed;
}

/* A member if it is a string, a member that has members; else NULL and 0. */
static const char *text(json_object *object, const char *member)
{
    json_object *value = json_object_object_get(object, member);
    return json_object_is_type(value, json_type_string) ? json_object_get_string(value) : NULL;
}

static int filled(json_object *object, const char *member)
{
    json_object *value = json_object_object_get(object, member);
    return value && (!json_object_is_type(value, json_type_object) || json_object_object_length(value));
}

/* Adds to what `results` has: the fixed part of a result, and the state if there is one. */
static int32_t tell(json_object *results, int32_t status, const char *fixed, json_object *note)
{
    json_object *result = json_tokener_parse(fixed), *state = NULL;

    if (note && !json_object_deep_copy(note, &state, NULL))
        json_object_object_add(result, "state", state);
    json_object_array_add(results, result);
    return status;
}

typedef int32_t act_on_one(json_object *notes, json_object *record, const char *name, json_object *results);

static int32_t create_one(json_object *notes, json_object *record, const char *name, json_object *results)
{
    const char *body = text(record, "text");
    json_object *there = json_object_object_get(notes, name), *note = NULL;

    if (!body || text(record, "id") || json_object_object_length(record) != 2)
        return tell(results, RP_INVALID_ARGUMENT,
                    "{\"status\":\"invalid_argument\",\"outcome\":\"none\"," PROBLEM("name and text, no more",
                                                                                     "") "}",
                    NULL);
    if (there && !strcmp(text(there, "text"), body))
        return tell(results, RP_ALREADY_EXISTS,
                    "{\"status\":\"already_exists\",\"outcome\":\"none\",\"matches\":true}", there);
    if (there)
        return tell(results, RP_ALREADY_EXISTS,
                    "{\"status\":\"already_exists\",\"outcome\":\"none\",\"matches\":false}", there);
    json_object_deep_copy(record, &note, NULL);
    if (json_object_object_add(note, "id", json_object_new_string(name)) ||
        json_object_object_add(notes, name, note))
        return tell(results, RP_NO_MEMORY, "{\"status\":\"no_memory\",\"outcome\":\"none\"}", NULL);
    return tell(results, RP_OK, "{\"status\":\"ok\",\"outcome\":\"done\"}", note);
}

static int32_t read_one(json_object *notes, json_object *record, const char *name, json_object *results)
{
    json_object *note = json_object_object_get(notes, name);

    (void)record;
    return note ? tell(results, RP_OK, "{\"status\":\"ok\"}", note)
                : tell(results, RP_NOT_FOUND, "{\"status\":\"not_found\"}", NULL);
}

static int32_t delete_one(json_object *notes, json_object *record, const char *name, json_object *results)
{
    int existed = json_object_object_get_ex(notes, name, NULL);

    (void)record;
    json_object_object_del(notes, name);
    return existed ? tell(results, RP_OK, "{\"status\":\"ok\",\"outcome\":\"done\",\"existed\":true}", NULL)
                   : tell(results, RP_OK, "{\"status\":\"ok\",\"outcome\":\"done\",\"existed\":false}", NULL);
}

/* One result for each record, in order; none stops the next. The status is that of the first failure. */
static const rp_response *each(rp_instance *instance, json_object *records, act_on_one *act)
{
    json_object *document = json_object_new_object(), *results = json_object_new_array();
    int32_t status = RP_OK;

    pthread_mutex_lock(&instance->lock);
    for (size_t i = 0; i < json_object_array_length(records); i++) {
        json_object *record = json_object_array_get_idx(records, i);
        const char *name = text(record, text(record, "id") ? "id" : "name");
        int32_t one = name ? act(instance->notes, record, name, results)
                           : tell(results, RP_INVALID_ARGUMENT,
                                  "{\"status\":\"invalid_argument\",\"outcome\":\"none\"," PROBLEM(
                                      "no name", "/name") "}",
                                  NULL);
        status = status ? status : one;
    }
    pthread_mutex_unlock(&instance->lock);
    json_object_object_add(document, "results", results);
    return respond(document, status, NULL);
}

static const rp_response *work(rp_instance *instance, const char *request, size_t len, act_on_one *act)
{
    json_object *document = parse(request, len), *records = json_object_object_get(document, "records");
    const char *resource = text(document, "resource");
    const rp_response *answer;

    if (!instance || instance->owner != getpid())
        answer = &no_instance.head;
    else if (!resource || strcmp(resource, "note"))
        answer = &no_resource.head;
    else if (!json_object_is_type(records, json_type_array))
        answer = &no_records.head;
    else if (filled(document, "options"))
        answer = &no_options.head;
    else
        answer = each(instance, records, act);
    json_object_put(document);
    return answer;
}

static const rp_response *create(rp_instance *instance, const rp_call *call, const char *request, size_t len)
{
    (void)call;
    return work(instance, request, len, create_one);
}

static const rp_response *read_(rp_instance *instance, const rp_call *call, const char *request, size_t len)
{
    (void)call;
    return work(instance, request, len, read_one);
}

static const rp_response *delete_(rp_instance *instance, const rp_call *call, const char *request, size_t len)
{
    (void)call;
    return work(instance, request, len, delete_one);
}

static const rp_response *describe(rp_instance *instance, const rp_call *call, const char *request,
                                   size_t len)
{
    (void)instance, (void)call, (void)request, (void)len;
    return &description.head;
}

static void close_(rp_instance *instance)
{
    if (!instance)
        return;
    json_object_put(instance->notes);
    pthread_mutex_destroy(&instance->lock);
    free(instance);
}

static const rp_response *open_(rp_instance *none, const rp_call *call, const char *request, size_t len)
{
    rp_instance *made = calloc(1, sizeof(*made));
    json_object *document = parse(request, len);
    int refused = !document || filled(document, "config");
    const rp_response *answer = refused ? &no_settings.head : &no_memory.head;

    (void)none, (void)call;
    json_object_put(document);
    if (made && !refused) {
        pthread_mutex_init(&made->lock, NULL);
        made->notes = json_object_new_object();
        made->owner = getpid();
        answer = respond(json_tokener_parse("{\"results\":[]}"), RP_OK, made);
    }
    if (!answer->instance)
        close_(made);
    return answer;
}

static void release(const rp_response *head)
{
    response *answer = (response *)head; /* head is its first member */

    if (!answer || !answer->document)
        return;
    json_object_put(answer->document);
    free(answer);
}

static const rp_plugin plugin = {
    .struct_size = sizeof(rp_plugin),
    .abi_major = 1,
    .abi_minor = 0,
    .name = "minimal",
    .version = "1.0.0",
    .release = release,
    .describe = describe,
    .open = open_,
    .close = close_,
    .create = create,
    .read = read_,
    .delete_ = delete_, /* validate and list are left out: their slots are NULL */
};

const rp_plugin *resource_plugin_entry(uint32_t host_abi_major)
{
    (void)host_abi_major;
    return &plugin;
}
