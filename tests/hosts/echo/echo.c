/*
 * A plugin whose create gives each record back as its state, with an id: shows what a host makes of texts and numbers.
 */
#include <json-c/json.h>
#include <resource_plugin.h>
#include <stdlib.h>
#include <string.h>

static const rp_response *respond(json_object *document, rp_instance *instance)
{
    const char *text = json_object_to_json_string_ext(document, JSON_C_TO_STRING_PLAIN);
    size_t len = strlen(text);
    rp_response *made = malloc(sizeof(*made) + len + 1);

    if (!made)
        abort(); /* a test's own plugin */
    *made = (rp_response){sizeof(*made), RP_OK, memcpy(made + 1, text, len + 1), len, instance};
    json_object_put(document);
    return made;
}

static const rp_response *create(rp_instance *instance, const rp_call *call, const char *request, size_t len)
{
    json_tokener *tokener = json_tokener_new();
    json_object *asked = json_tokener_parse_ex(tokener, request, (int)len);
    json_object *records = json_object_object_get(asked, "records");
    json_object *answer = json_object_new_object(), *results = json_object_new_array();

    (void)instance, (void)call;
    for (size_t i = 0; i < json_object_array_length(records); i++) {
        json_object *state = json_object_get(json_object_array_get_idx(records, i));
        json_object *result = json_object_new_object();
        json_object_object_add(state, "id", json_object_new_string("echo"));
        json_object_object_add(result, "status", json_object_new_string("ok"));
        json_object_object_add(result, "outcome", json_object_new_string("done"));
        json_object_object_add(result, "state", state);
        json_object_array_add(results, result);
    }
    json_object_object_add(answer, "results", results);
    json_object_object_add(answer, "diagnostics", json_object_new_array());
    json_object_put(asked);
    json_tokener_free(tokener);
    return respond(answer, NULL);
}

static const rp_response *describe(rp_instance *instance, const rp_call *call, const char *request, size_t len)
{
    static const char text[] =
        "{\"name\": \"echo\", \"version\": \"1.0.0\", \"abi\": \"1.0\", \"config\": {\"type\": \"object\"},"
        " \"resources\": {\"echo\": {\"key\": [\"name\"], \"settle_ms\": 0,"
        " \"record\": {\"type\": \"object\", \"required\": [\"name\"], \"properties\": {"
        "   \"name\": {\"type\": \"string\"}, \"number\": {\"type\": \"integer\"}}},"
        " \"state\": {\"type\": \"object\", \"properties\": {\"id\": {\"type\": \"string\"},"
        "   \"name\": {\"type\": \"string\"}, \"number\": {\"type\": \"integer\"}}}}}}";

    (void)instance, (void)call, (void)request, (void)len;
    return respond(json_tokener_parse(text), NULL);
}

static const rp_response *open_(rp_instance *instance, const rp_call *call, const char *request, size_t len)
{
    static char instance_of_all;

    (void)instance, (void)call, (void)request, (void)len;
    return respond(json_tokener_parse("{\"results\": [], \"diagnostics\": []}"), (rp_instance *)&instance_of_all);
}

static void close_(rp_instance *instance)
{
    (void)instance;
}

static void release(const rp_response *response)
{
    free((void *)response);
}

static const rp_plugin plugin = {.struct_size = sizeof(rp_plugin),
                                 .abi_major = 1,
                                 .abi_minor = 0,
                                 .name = "echo",
                                 .version = "1.0.0",
                                 .release = release,
                                 .describe = describe,
                                 .open = open_,
                                 .close = close_,
                                 .create = create};

const rp_plugin *resource_plugin_entry(uint32_t host_abi_major)
{
    (void)host_abi_major;
    return &plugin;
}
