/*
 * A plugin for the tests of rp: notes, each a file in a folder. A note has a name,
 * which is its key, a text, and a password that only comes in; each time it is
 * made it gets a serial and a secret of its own. What its text says it does:
 *
 *     "refuse"   create fails, and nothing is changed
 *     "spoil"    create fails, but the note is there
 *     "lose"     create makes it, tells nobody, and does not know
 *     "slow"     create takes its time, and can be cancelled
 */
#include <json-c/json.h>
#include <resource_plugin.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct rp_instance {
    char folder[256];
};

typedef struct response {
    rp_response head;
    json_object *document;
} response;

static const char description[] =
    "{\"name\":\"notebook\",\"version\":\"1.0.0\",\"abi\":\"1.0\",\"config\":{\"type\":\"object\",\"properties\":{"
    "\"folder\":{\"type\":\"string\"}}},\"resources\":{\"note\":{\"key\":[\"name\"],\"settle_ms\":300,"
    "\"parent\":{\"type\":\"object\",\"properties\":{}},"
    "\"record\":{\"type\":\"object\",\"required\":[\"name\"],\"properties\":{\"name\":{\"type\":\"string\"},"
    "\"text\":{\"type\":\"string\"},\"size\":{\"type\":\"integer\"},\"password\":{\"type\":\"string\","
    "\"x-rp-write-only\":true}}},"
    "\"state\":{\"type\":\"object\",\"properties\":{\"id\":{\"type\":\"string\",\"x-rp-computed\":true},"
    "\"name\":{\"type\":\"string\"},\"text\":{\"type\":\"string\"},\"size\":{\"type\":\"integer\"},"
    "\"made\":{\"type\":\"string\",\"x-rp-computed\":true},"
    "\"secret\":{\"type\":\"string\",\"x-rp-computed\":true,\"x-rp-sensitive\":true}}}}}}";

static const rp_response *respond(json_object *document, int32_t status, rp_instance *instance)
{
    response *made = malloc(sizeof(*made));
    const char *json = json_object_to_json_string_ext(document, JSON_C_TO_STRING_PLAIN);

    *made = (response){{sizeof(rp_response), status, json, strlen(json), instance}, document};
    return &made->head;
}

static void release(const rp_response *head)
{
    response *answer = (response *)head;

    if (!answer)
        return;
    json_object_put(answer->document);
    free(answer);
}

static json_object *parse(const char *request, size_t len)
{
    json_tokener *tokener = json_tokener_new();
    json_object *parsed = json_tokener_parse_ex(tokener, len ? request : "{}", len ? (int)len : 2);

    json_tokener_free(tokener);
    return parsed;
}

static const char *text(json_object *object, const char *member)
{
    json_object *value = json_object_object_get(object, member);

    return json_object_is_type(value, json_type_string) ? json_object_get_string(value) : "";
}

static void path_of(const rp_instance *in, const char *name, char path[512])
{
    snprintf(path, 512, "%s/%.200s.note", in->folder, name);
}

static json_object *load(const rp_instance *in, const char *name)
{
    char path[512];

    path_of(in, name, path);
    return access(path, F_OK) ? NULL : json_object_from_file(path);
}

static json_object *result(const char *status, const char *outcome, json_object *state)
{
    json_object *made = json_object_new_object();

    json_object_object_add(made, "status", json_object_new_string(status));
    json_object_object_add(made, "outcome", json_object_new_string(outcome));
    if (state)
        json_object_object_add(made, "state", state);
    return made;
}

static json_object *save(const rp_instance *in, json_object *record)
{
    static unsigned serial;
    json_object *note = NULL;
    char path[512], made[64];

    json_object_deep_copy(record, &note, NULL);
    json_object_object_del(note, "password");
    snprintf(made, sizeof(made), "%ld-%u", (long)getpid(), serial++);
    json_object_object_add(note, "id", json_object_new_string(text(record, "name")));
    json_object_object_add(note, "made", json_object_new_string(made));
    json_object_object_add(note, "secret", json_object_new_string("open-sesame"));
    path_of(in, text(record, "name"), path);
    json_object_to_file(path, note);
    return note;
}

static int wait_long(const rp_call *call)
{
    const struct timespec moment = {.tv_nsec = 10000000};

    for (int i = 0; i < 200; i++) {
        if (call->cancel && __atomic_load_n(call->cancel, __ATOMIC_SEQ_CST))
            return 0;
        nanosleep(&moment, NULL);
    }
    return 1;
}

typedef json_object *act(const rp_instance *in, const rp_call *call, json_object *record);

static json_object *create_one(const rp_instance *in, const rp_call *call, json_object *record)
{
    const char *told = text(record, "text");
    json_object *there = load(in, text(record, "name"));

    if (there)
        return result("already_exists", "none", there);
    if (!strcmp(told, "refuse"))
        return result("quota_exceeded", "none", NULL);
    if (!strcmp(told, "slow") && !wait_long(call))
        return result("cancelled", "none", NULL);
    if (!strcmp(told, "lose")) {
        json_object_put(save(in, record));
        return result("unavailable", "unknown", NULL);
    }
    return result(strcmp(told, "spoil") ? "ok" : "deadline_exceeded", "done", save(in, record));
}

static const char *name_in(json_object *record)
{
    return *text(record, "id") ? text(record, "id") : text(record, "name");
}

static json_object *read_one(const rp_instance *in, const rp_call *call, json_object *record)
{
    json_object *note = load(in, name_in(record));

    (void)call;
    return note ? result("ok", "done", note) : result("not_found", "done", NULL);
}

static json_object *delete_one(const rp_instance *in, const rp_call *call, json_object *record)
{
    char path[512];

    (void)call;
    path_of(in, name_in(record), path);
    unlink(path);
    return result("ok", "done", NULL);
}

static int32_t value_of(const char *status)
{
    static const struct {
        const char *name;
        int32_t value;
    } values[] = {{"in_progress", RP_IN_PROGRESS},
                  {"not_found", RP_NOT_FOUND},
                  {"already_exists", RP_ALREADY_EXISTS},
                  {"quota_exceeded", RP_QUOTA_EXCEEDED},
                  {"unavailable", RP_UNAVAILABLE},
                  {"deadline_exceeded", RP_DEADLINE_EXCEEDED},
                  {"cancelled", RP_CANCELLED}};

    for (size_t i = 0; i < sizeof(values) / sizeof(*values); i++)
        if (!strcmp(values[i].name, status))
            return values[i].value;
    return RP_OK;
}

static const rp_response *each(rp_instance *in, const rp_call *call, const char *request, size_t len,
                               act *does)
{
    json_object *asked = parse(request, len), *records = json_object_object_get(asked, "records");
    json_object *document = json_object_new_object(), *results = json_object_new_array();
    int32_t status = RP_OK;

    for (size_t i = 0; i < json_object_array_length(records); i++) {
        json_object *one = does(in, call, json_object_array_get_idx(records, i));
        status = value_of(text(one, "status")) > status ? value_of(text(one, "status")) : status;
        json_object_array_add(results, one);
    }
    json_object_object_add(document, "results", results);
    json_object_put(asked);
    return respond(document, status, NULL);
}

static const rp_response *create(rp_instance *in, const rp_call *call, const char *request, size_t len)
{
    return each(in, call, request, len, create_one);
}

static const rp_response *read_(rp_instance *in, const rp_call *call, const char *request, size_t len)
{
    return each(in, call, request, len, read_one);
}

static const rp_response *delete_(rp_instance *in, const rp_call *call, const char *request, size_t len)
{
    return each(in, call, request, len, delete_one);
}

static const rp_response *describe(rp_instance *in, const rp_call *call, const char *request, size_t len)
{
    (void)in, (void)call, (void)request, (void)len;
    return respond(json_tokener_parse(description), RP_OK, NULL);
}

static const rp_response *open_(rp_instance *none, const rp_call *call, const char *request, size_t len)
{
    json_object *asked = parse(request, len);
    rp_instance *made = calloc(1, sizeof(*made));

    (void)none, (void)call;
    snprintf(made->folder, sizeof(made->folder), "%s",
             text(json_object_object_get(asked, "config"), "folder"));
    json_object_put(asked);
    return respond(json_tokener_parse("{\"results\":[]}"), RP_OK, made);
}

static void close_(rp_instance *in)
{
    free(in);
}

static const rp_plugin plugin = {
    .struct_size = sizeof(rp_plugin),
    .abi_major = 1,
    .abi_minor = 0,
    .name = "notebook",
    .version = "1.0.0",
    .release = release,
    .describe = describe,
    .open = open_,
    .close = close_,
    .create = create,
    .read = read_,
    .delete_ = delete_,
};

const rp_plugin *resource_plugin_entry(uint32_t host_abi_major)
{
    (void)host_abi_major;
    return &plugin;
}
