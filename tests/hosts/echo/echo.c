/*
 * A plugin whose create gives each record back as its state, with an id: shows what a host makes of texts and
 * numbers. Where the config has a "file", create appends its request to it, for hosts that show no states.
 * Nothing is kept: a read finds nothing.
 */
#include <json-c/json.h>
#include <resource_plugin.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct rp_instance {
    char *file; /* or NULL */
};

static const rp_response *respond(json_object *document, int32_t status, rp_instance *instance)
{
    const char *text = json_object_to_json_string_ext(document, JSON_C_TO_STRING_PLAIN);
    size_t len = strlen(text);
    rp_response *made = malloc(sizeof(*made) + len + 1);

    if (!made)
        abort(); /* a test's own plugin */
    *made = (rp_response){sizeof(*made), status, memcpy(made + 1, text, len + 1), len, instance};
    json_object_put(document);
    return made;
}

static json_object *parse(const char *text, size_t len)
{
    json_tokener *tokener = json_tokener_new();
    json_object *document = json_tokener_parse_ex(tokener, text, (int)len);

    json_tokener_free(tokener);
    return document;
}

static json_object *created(json_object *record)
{
    json_object *result = json_object_new_object();

    json_object_object_add(record, "id", json_object_new_string("echo"));
    json_object_object_add(result, "status", json_object_new_string("ok"));
    json_object_object_add(result, "outcome", json_object_new_string("done"));
    json_object_object_add(result, "state", json_object_get(record));
    return result;
}

static json_object *valid(json_object *record)
{
    json_object *result = json_object_new_object();

    (void)record;
    json_object_object_add(result, "status", json_object_new_string("ok"));
    return result;
}

static json_object *not_found(json_object *record)
{
    json_object *result = json_object_new_object();

    (void)record;
    json_object_object_add(result, "status", json_object_new_string("not_found"));
    return result;
}

/* One result a record. */
static const rp_response *each(const char *request, size_t len, json_object *(*result_of)(json_object *))
{
    json_object *asked = parse(request, len), *records = json_object_object_get(asked, "records");
    json_object *answer = json_object_new_object(), *results = json_object_new_array();
    int32_t status = RP_OK;

    for (size_t i = 0; i < json_object_array_length(records); i++) {
        json_object_array_add(results, result_of(json_object_array_get_idx(records, i)));
        status = result_of == not_found ? RP_NOT_FOUND : RP_OK;
    }
    json_object_object_add(answer, "results", results);
    json_object_object_add(answer, "diagnostics", json_object_new_array());
    json_object_put(asked);
    return respond(answer, status, NULL);
}

static const rp_response *create(rp_instance *instance, const rp_call *call, const char *request, size_t len)
{
    FILE *file = instance->file ? fopen(instance->file, "a") : NULL;

    (void)call;
    if (file) {
        fprintf(file, "%.*s\n", (int)len, request);
        fclose(file);
    }
    return each(request, len, created);
}

static const rp_response *read_(rp_instance *instance, const rp_call *call, const char *request, size_t len)
{
    (void)instance, (void)call;
    return each(request, len, not_found);
}

static const rp_response *validate(rp_instance *instance, const rp_call *call, const char *request,
                                   size_t len)
{
    (void)instance, (void)call;
    return each(request, len, valid);
}

static const rp_response *describe(rp_instance *instance, const rp_call *call, const char *request,
                                   size_t len)
{
    static const char text[] =
        "{\"name\": \"echo\", \"version\": \"1.0.0\", \"abi\": \"1.0\", \"config\": {\"type\": \"object\"},"
        " \"resources\": {\"echo\": {\"key\": [\"name\"], \"settle_ms\": 0,"
        " \"record\": {\"type\": \"object\", \"required\": [\"name\"], \"properties\": {"
        "   \"name\": {\"type\": \"string\"}, \"number\": {\"type\": \"integer\"}}},"
        " \"state\": {\"type\": \"object\", \"properties\": {\"id\": {\"type\": \"string\"},"
        "   \"name\": {\"type\": \"string\"}, \"number\": {\"type\": \"integer\"}}}}}}";

    (void)instance, (void)call, (void)request, (void)len;
    return respond(json_tokener_parse(text), RP_OK, NULL);
}

static const rp_response *open_(rp_instance *instance, const rp_call *call, const char *request, size_t len)
{
    json_object *asked = parse(request, len);
    const char *file =
        json_object_get_string(json_object_object_get(json_object_object_get(asked, "config"), "file"));
    rp_instance *made = calloc(1, sizeof(*made));

    (void)instance, (void)call;
    if (!made)
        abort();
    made->file = file ? strdup(file) : NULL;
    json_object_put(asked);
    return respond(json_tokener_parse("{\"results\": [], \"diagnostics\": []}"), RP_OK, made);
}

static void close_(rp_instance *instance)
{
    if (instance)
        free(instance->file);
    free(instance);
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
                                 .validate = validate,
                                 .create = create,
                                 .read = read_};

const rp_plugin *resource_plugin_entry(uint32_t host_abi_major)
{
    (void)host_abi_major;
    return &plugin;
}
