/*
 * A whole plugin, small: notes in the memory of an instance. A note has a name,
 * which is its key, and a text. Read it from the bottom, where the table is.
 *
 * One with a server behind it would also watch call->timeout_ms and call->cancel
 * while it waits, have the memory for its answer before it changes anything, and
 * parse as strictly as I-JSON asks.
 */
#include <json-c/json.h>
#include <pthread.h>
#include <resource_plugin.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct rp_instance {
    pthread_mutex_t lock;
    json_object *notes; /* name -> {"name", "text", "id"} */
    pid_t owner;        /* not a child of it, after fork */
};

#define ERROR(why)                                                                                           \
    "{\"results\":[],\"diagnostics\":[{\"severity\":\"error\",\"code\":\"note.bad\",\"summary\":\"" why      \
    "\"}]}"
#define DESCRIPTION                                                                                                  \
    "{\"name\":\"minimal\",\"version\":\"1.0.0\",\"abi\":\"1.0\",\"config\":{\"type\":\"object\"},\"resources\":{"   \
    "\"note\":{\"key\":[\"name\"],\"settle_ms\":0,\"record\":{\"type\":\"object\",\"required\":[\"name\",\"text\"]," \
    "\"properties\":{\"name\":{\"type\":\"string\"},\"text\":{\"type\":\"string\"}}}}}}"

static const rp_response no_memory = {sizeof(rp_response), RP_NO_MEMORY, ERROR("out of memory"),
                                      sizeof(ERROR("out of memory")) - 1, NULL};

/* A response of its own memory, the text behind it. */
static const rp_response *respond(int32_t status, const char *text, rp_instance *instance)
{
    size_t len = text ? strlen(text) : 0;
    rp_response *made = text ? malloc(sizeof(*made) + len + 1) : NULL;

    if (!made)
        return &no_memory;
    *made = (rp_response){sizeof(*made), status, memcpy(made + 1, text, len + 1), len, instance};
    return made;
}

static const char *text_of(json_object *object, const char *member)
{
    json_object *value = json_object_object_get(object, member);

    return json_object_is_type(value, json_type_string) ? json_object_get_string(value) : NULL;
}

/* Fills in the result of one record and returns its status. */
typedef int32_t act(json_object *notes, json_object *record, const char *name, json_object *result);

static int32_t end(json_object *result, int32_t status, const char *word, const char *outcome,
                   json_object *note)
{
    json_object_object_add(result, "status", json_object_new_string(word));
    json_object_object_add(result, "outcome", json_object_new_string(outcome));
    if (note)
        json_object_object_add(result, "state", json_object_get(note));
    return status;
}

static int32_t create_one(json_object *notes, json_object *record, const char *name, json_object *result)
{
    const char *text = text_of(record, "text");
    json_object *note = json_object_object_get(notes, name);

    if (!text || json_object_object_length(record) != 2)
        return end(result, RP_INVALID_ARGUMENT, "invalid_argument", "none", NULL);
    if (note) {
        end(result, RP_ALREADY_EXISTS, "already_exists", "none", note);
        json_object_object_add(result, "matches",
                               json_object_new_boolean(!strcmp(text, text_of(note, "text"))));
        return RP_ALREADY_EXISTS;
    }
    note = json_object_get(record);
    json_object_object_add(note, "id", json_object_new_string(name));
    json_object_object_add(notes, name, note);
    return end(result, RP_OK, "ok", "done", note);
}

static int32_t read_one(json_object *notes, json_object *record, const char *name, json_object *result)
{
    json_object *note = json_object_object_get(notes, name);

    (void)record;
    return note ? end(result, RP_OK, "ok", "done", note)
                : end(result, RP_NOT_FOUND, "not_found", "none", NULL);
}

static int32_t delete_one(json_object *notes, json_object *record, const char *name, json_object *result)
{
    int existed = json_object_object_get(notes, name) != NULL;

    (void)record;
    json_object_object_del(notes, name);
    end(result, RP_OK, "ok", "done", NULL);
    json_object_object_add(result, "existed", json_object_new_boolean(existed));
    return RP_OK;
}

/* A result for each record, in order; none stops the next. The status is that of the first failure. */
static const rp_response *act_on_each(json_object *notes, json_object *records, act *on_one)
{
    json_object *document = json_object_new_object(), *results = json_object_new_array();
    const rp_response *answer;
    int32_t status = RP_OK;

    for (size_t i = 0; i < json_object_array_length(records); i++) {
        json_object *record = json_object_array_get_idx(records, i), *result = json_object_new_object();
        const char *name = text_of(record, on_one != create_one && text_of(record, "id") ? "id" : "name");
        int32_t own = name ? on_one(notes, record, name, result)
                           : end(result, RP_INVALID_ARGUMENT, "invalid_argument", "none", NULL);

        json_object_array_add(results, result);
        status = status ? status : own;
    }
    json_object_object_add(document, "results", results);
    answer = respond(status, json_object_to_json_string_ext(document, JSON_C_TO_STRING_PLAIN), NULL);
    json_object_put(document);
    return answer;
}

static json_object *parse(const char *request, size_t len)
{
    json_tokener *tokener = len <= 16u << 20 ? json_tokener_new() : NULL;
    json_object *parsed = tokener ? json_tokener_parse_ex(tokener, request, (int)len) : NULL;

    if (tokener)
        json_tokener_free(tokener);
    return parsed;
}

static const rp_response *work(rp_instance *instance, const char *request, size_t len, act *on_one)
{
    json_object *document = parse(request, len), *records = json_object_object_get(document, "records");
    const char *resource = text_of(document, "resource");
    const rp_response *answer;

    if (!instance || instance->owner != getpid()) {
        answer = respond(RP_CONTRACT, ERROR("no instance, or that of the parent process"), NULL);
    } else if (!resource || !json_object_is_type(records, json_type_array)) {
        answer = respond(RP_INVALID_ARGUMENT, ERROR("not a request with records"), NULL);
    } else if (strcmp(resource, "note")) {
        answer = respond(RP_UNSUPPORTED, ERROR("there are only notes here"), NULL);
    } else {
        pthread_mutex_lock(&instance->lock);
        answer = act_on_each(instance->notes, records, on_one);
        json_object_put(document); /* notes are parts of requests: these go under the lock too */
        pthread_mutex_unlock(&instance->lock);
        return answer;
    }
    json_object_put(document);
    return answer;
}

#define HOOK(name)                                                                                           \
    static const rp_response *name(rp_instance *instance, const rp_call *call, const char *request,          \
                                   size_t len)

HOOK(create)
{
    return (void)call, work(instance, request, len, create_one);
}
HOOK(read_)
{
    return (void)call, work(instance, request, len, read_one);
}
HOOK(delete_)
{
    return (void)call, work(instance, request, len, delete_one);
}
HOOK(describe)
{
    return (void)instance, (void)call, (void)request, (void)len, respond(RP_OK, DESCRIPTION, NULL);
}

HOOK(open_)
{
    json_object *document = parse(request, len), *config = json_object_object_get(document, "config");
    int fits = document && (!config || json_object_object_length(config) == 0);
    rp_instance *made = fits ? malloc(sizeof(*made)) : NULL;

    (void)instance, (void)call;
    json_object_put(document);
    if (!made)
        return fits ? &no_memory : respond(RP_INVALID_ARGUMENT, ERROR("there is nothing to configure"), NULL);
    *made = (rp_instance){PTHREAD_MUTEX_INITIALIZER, json_object_new_object(), getpid()};
    return respond(RP_OK, "{\"results\":[]}", made);
}

static void close_(rp_instance *instance)
{
    if (instance)
        json_object_put(instance->notes);
    free(instance);
}

static void release(const rp_response *response)
{
    if (response != &no_memory)
        free((void *)response);
}

static const rp_plugin plugin = {.struct_size = sizeof(rp_plugin),
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
                                 .update = NULL, /* a note is replaced: delete, then create */
                                 .delete_ = delete_};

const rp_plugin *resource_plugin_entry(uint32_t host_abi_major)
{
    (void)host_abi_major;
    return &plugin;
}
