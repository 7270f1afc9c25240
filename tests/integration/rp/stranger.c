/*
 * A plugin for the tests of rp that can be changed in place, and that answers what
 * a plugin should not. Things are files in a folder. What a thing's `does` says is
 * what happens:
 *
 *     "no_state"    create says ok, and gives no state
 *     "number_id"   the id of its state is a number
 *     "too_many"    create answers one result too many
 *     "fade"        a read gives null for its text
 *     "lose"        update makes it, and does not know
 *
 * No request may have more than three records, which describe says, unless the
 * folder's name ends in "many".
 */
#include <json-c/json.h>
#include <resource_plugin.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MOST 3

struct rp_instance {
    char folder[256];
};

typedef struct response {
    rp_response head;
    json_object *document;
} response;

static const char description[] =
    "{\"name\":\"stranger\",\"version\":\"1.0.0\",\"abi\":\"1.0\",\"config\":{\"type\":\"object\",\"properties\":{"
    "\"folder\":{\"type\":\"string\"}}},\"resources\":{\"thing\":{\"key\":[\"name\"],\"settle_ms\":300,\"max_records\":%d,"
    "\"parent\":{\"type\":\"object\",\"required\":[\"folder\"],\"properties\":{\"folder\":{\"type\":\"string\"}}},"
    "\"record\":{\"type\":\"object\",\"required\":[\"name\"],\"properties\":{"
    "\"name\":{\"type\":\"string\",\"x-rp-force-new\":true},\"text\":{\"type\":\"string\"},"
    "\"size\":{\"type\":\"integer\",\"x-rp-force-new\":true},\"does\":{\"type\":\"string\"},"
    "\"password\":{\"type\":\"string\",\"x-rp-write-only\":true}}},"
    "\"state\":{\"type\":\"object\",\"properties\":{\"id\":{\"type\":\"string\",\"x-rp-computed\":true},"
    "\"name\":{\"type\":\"string\"},\"text\":{\"type\":\"string\"},\"size\":{\"type\":\"integer\"},"
    "\"does\":{\"type\":\"string\"},\"version\":{\"type\":\"integer\",\"x-rp-computed\":true}}}}}}";

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
    snprintf(path, 512, "%s/%.200s.thing", in->folder, name);
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

static json_object *save(const rp_instance *in, json_object *record, int version)
{
    json_object *thing = NULL;
    char path[512];

    json_object_deep_copy(record, &thing, NULL);
    json_object_object_del(thing, "password");
    json_object_object_add(thing, "version", json_object_new_int(version));
    if (strcmp(text(record, "does"), "number_id"))
        json_object_object_add(thing, "id", json_object_new_string(text(record, "name")));
    else
        json_object_object_add(thing, "id", json_object_new_int(4711));
    path_of(in, text(record, "name"), path);
    json_object_to_file_ext(path, thing, JSON_C_TO_STRING_PLAIN);
    return thing;
}

typedef json_object *act(const rp_instance *in, json_object *record);

static json_object *create_one(const rp_instance *in, json_object *record)
{
    json_object *there = load(in, text(record, "name"));

    if (there)
        return result("already_exists", "none", there);
    there = save(in, record, 1);
    if (strcmp(text(record, "does"), "no_state"))
        return result("ok", "done", there);
    json_object_put(there);
    return result("ok", "done", NULL);
}

static const char *name_in(json_object *record)
{
    return *text(record, "name") ? text(record, "name") : text(record, "id");
}

static json_object *read_one(const rp_instance *in, json_object *record)
{
    json_object *thing = load(in, name_in(record));

    if (thing && !strcmp(text(thing, "does"), "fade"))
        json_object_object_add(thing, "text", NULL);
    return thing ? result("ok", "done", thing) : result("not_found", "none", NULL);
}

static json_object *update_one(const rp_instance *in, json_object *pair)
{
    json_object *state = json_object_object_get(pair, "state"),
                *record = json_object_object_get(pair, "record");
    json_object *thing = load(in, name_in(state));
    int version = thing ? json_object_get_int(json_object_object_get(thing, "version")) : 0;

    if (!thing)
        return result("not_found", "none", NULL);
    json_object_put(thing);
    thing = save(in, record, version + 1);
    if (strcmp(text(record, "does"), "lose"))
        return result("ok", "done", thing);
    json_object_put(thing);
    return result("unavailable", "unknown", NULL);
}

static json_object *delete_one(const rp_instance *in, json_object *record)
{
    char path[512];
    json_object *made = result("ok", "done", NULL);

    path_of(in, name_in(record), path);
    json_object_object_add(made, "existed", json_object_new_boolean(!unlink(path)));
    return made;
}

static int32_t value_of(const char *status)
{
    if (!strcmp(status, "not_found"))
        return RP_NOT_FOUND;
    if (!strcmp(status, "already_exists"))
        return RP_ALREADY_EXISTS;
    return strcmp(status, "ok") ? RP_UNAVAILABLE : RP_OK;
}

static int most(const rp_instance *in)
{
    size_t len = in ? strlen(in->folder) : 0;

    return len > 4 && !strcmp(in->folder + len - 4, "many") ? 100000 : MOST;
}

static const rp_response *refuse(void)
{
    return respond(
        json_tokener_parse(
            "{\"results\":[],\"diagnostics\":[{\"severity\":\"error\",\"status\":\"invalid_argument\","
            "\"code\":\"thing.too_many\",\"summary\":\"more than 3 records\",\"path\":\"/records\"}]}"),
        RP_INVALID_ARGUMENT, NULL);
}

static const rp_response *each(rp_instance *in, const char *request, size_t len, act *does)
{
    json_object *asked = parse(request, len), *records = json_object_object_get(asked, "records");
    json_object *document, *results;
    int32_t status = RP_OK;

    if (json_object_array_length(records) > (size_t)most(in)) {
        json_object_put(asked);
        return refuse();
    }
    document = json_object_new_object();
    results = json_object_new_array();
    for (size_t i = 0; i < json_object_array_length(records); i++) {
        json_object *record = json_object_array_get_idx(records, i), *one = does(in, record);
        int32_t value = value_of(text(one, "status"));
        status = value > status ? value : status;
        json_object_array_add(results, one);
        if (does == create_one && !strcmp(text(record, "does"), "too_many"))
            json_object_array_add(results, result("ok", "done", NULL));
    }
    json_object_object_add(document, "results", results);
    json_object_put(asked);
    return respond(document, status, NULL);
}

static const rp_response *create(rp_instance *in, const rp_call *call, const char *request, size_t len)
{
    (void)call;
    return each(in, request, len, create_one);
}

static const rp_response *read_(rp_instance *in, const rp_call *call, const char *request, size_t len)
{
    (void)call;
    return each(in, request, len, read_one);
}

static const rp_response *update(rp_instance *in, const rp_call *call, const char *request, size_t len)
{
    (void)call;
    return each(in, request, len, update_one);
}

static const rp_response *delete_(rp_instance *in, const rp_call *call, const char *request, size_t len)
{
    (void)call;
    return each(in, request, len, delete_one);
}

/* Without an end: always the same page, or always another one. */
static const rp_response *list(rp_instance *in, const rp_call *call, const char *request, size_t len)
{
    json_object *asked = parse(request, len), *parent = json_object_object_get(asked, "parent");
    int page = atoi(text(asked, "page"));
    char document[300];

    (void)in, (void)call;
    snprintf(
        document, sizeof(document),
        "{\"results\":[{\"status\":\"ok\",\"state\":{\"id\":\"a\",\"name\":\"a\"}},{\"status\":\"ok\",\"state\":"
        "{\"id\":\"a\",\"name\":\"a\"}}],\"next\":\"%d\"}",
        strcmp(text(parent, "folder"), "same") ? page + 1 : 1);
    if (!strcmp(text(parent, "folder"), "twice"))
        *strstr(document, ",\"next\"") = '}', *(strstr(document, "}\"next\"") + 1) = '\0';
    json_object_put(asked);
    return respond(json_tokener_parse(document), RP_OK, NULL);
}

static const rp_response *describe(rp_instance *in, const rp_call *call, const char *request, size_t len)
{
    char text_of_it[4096];

    (void)call, (void)request, (void)len;
    snprintf(text_of_it, sizeof(text_of_it), description, most(in));
    return respond(json_tokener_parse(text_of_it), RP_OK, NULL);
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
    .name = "stranger",
    .version = "1.0.0",
    .release = release,
    .describe = describe,
    .open = open_,
    .close = close_,
    .create = create,
    .read = read_,
    .update = update,
    .delete_ = delete_,
    .list = list,
};

const rp_plugin *resource_plugin_entry(uint32_t host_abi_major)
{
    (void)host_abi_major;
    return &plugin;
}
