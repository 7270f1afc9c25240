/*
 * A whole plugin of notes that keeps the rules, for plugins that break one: each
 * file of this folder defines the hooks that misbehave and names them in
 * PLUGIN(). Notes are in no memory: create makes what it is asked for, read finds
 * what it is asked for.
 *
 * A file says in its first comment what it breaks, the call that shows it and what
 * a host has to say:
 *
 *     Call: HOOK REQUEST        as of "rp call"
 *     Tells: a part of what rp writes to standard error
 *     Made: nothing             if it says, or it is clear, that nothing was made
 */
#include <resource_plugin.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Slots that a file does not misuse have these. */
#pragma GCC diagnostic ignored "-Woverride-init"
#pragma GCC diagnostic ignored "-Wunused-parameter"
#pragma GCC diagnostic ignored "-Wunused-function"

struct rp_instance {
    int opened;
};

#define HOOK(name)                                                                                           \
    static const rp_response *name(rp_instance *instance, const rp_call *call, const char *request,          \
                                   size_t len)

/* A response with a text of its own. */
static const rp_response *respond(int32_t status, const char *json, rp_instance *instance)
{
    size_t len = strlen(json);
    rp_response *made = malloc(sizeof(*made) + len + 1);

    *made = (rp_response){sizeof(*made), status, memcpy(made + 1, json, len + 1), len, instance};
    return made;
}

/* The records of a request, one after another: from "{" to the end. NULL: no more. */
static const char *next_record(const char *at, const char *end)
{
    for (; at && at < end; at++)
        if (*at == '{')
            return at;
    return NULL;
}

static const char *record_end(const char *at, const char *end)
{
    int depth = 0;

    for (; at < end; at++) {
        depth += (*at == '{') - (*at == '}');
        if (!depth)
            return at + 1;
    }
    return end;
}

/* The name in a record, or "a". */
static void name_of(const char *record, const char *end, char name[32])
{
    const char *at = memmem(record, (size_t)(end - record), "\"name\":\"", 8);

    snprintf(name, 32, "%.*s", at ? (int)strcspn(at + 8, "\"") : 1, at ? at + 8 : "a");
}

/* Answers each record with the format; each %1$s in it is the record's name. */
static const rp_response *each(const char *request, size_t len, int32_t status, const char *format)
{
    const char *end = request + len;
    const char *at = len ? memmem(request, len, "\"records\":[", 11) : NULL;
    char *json = calloc(1, 64 + len * 8 + 1);
    const rp_response *made;
    char name[32];

    strcpy(json, "{\"results\":[");
    for (at = next_record(at, end); at; at = next_record(record_end(at, end), end)) {
        name_of(at, record_end(at, end), name);
        if (json[strlen(json) - 1] == '}')
            strcat(json, ",");
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        sprintf(json + strlen(json), format, name);
    }
    strcat(json, "]}");
    made = respond(status, json, NULL);
    free(json);
    return made;
}

static void send_event(const rp_call *call, const char *event)
{
    if (call && call->on_event)
        call->on_event(call->context, event, strlen(event));
}

#define STATE "{\"id\":\"%1$s\",\"name\":\"%1$s\",\"text\":\"x\"}"
#define NOTE                                                                                                      \
    "{\"key\":[\"name\"],\"max_records\":100,\"settle_ms\":0,\"record\":{\"type\":\"object\","                    \
    "\"required\":[\"name\"],\"properties\":{\"name\":{\"type\":\"string\"},\"text\":{\"type\":\"string\"},"      \
    "\"secret\":{\"type\":\"string\",\"x-rp-write-only\":true}}},\"state\":{\"type\":\"object\",\"properties\":{" \
    "\"id\":{\"type\":\"string\",\"x-rp-computed\":true},\"name\":{\"type\":\"string\"},\"text\":{\"type\":"      \
    "\"string\"}}}}"
#define DESCRIPTION(resources)                                                                               \
    "{\"name\":\"shelf\",\"version\":\"1\",\"abi\":\"1.0\",\"config\":{\"type\":\"object\"},"                \
    "\"resources\":{" resources "}}"

HOOK(good_describe)
{
    return respond(RP_OK, DESCRIPTION("\"note\":" NOTE), NULL);
}
HOOK(good_open)
{
    return respond(RP_OK, "{\"results\":[]}", calloc(1, sizeof(rp_instance)));
}
HOOK(good_validate)
{
    return each(request, len, RP_OK, "{\"status\":\"ok\"}");
}
HOOK(good_create)
{
    return each(request, len, RP_OK, "{\"status\":\"ok\",\"outcome\":\"done\",\"state\":" STATE "}");
}
HOOK(good_read)
{
    return each(request, len, RP_OK, "{\"status\":\"ok\",\"state\":" STATE "}");
}
HOOK(good_delete)
{
    return each(request, len, RP_OK, "{\"status\":\"ok\",\"outcome\":\"done\",\"existed\":true}");
}
HOOK(good_list)
{
    return respond(RP_OK, "{\"results\":[]}", NULL);
}
static void good_close(rp_instance *instance)
{
    free(instance);
}
static void good_release(const rp_response *response)
{
    free((void *)response);
}

/* The table; arguments replace slots of it. */
#define PLUGIN(...)                                                                                          \
    static const rp_plugin plugin = {.struct_size = sizeof(rp_plugin),                                       \
                                     .abi_major = 1,                                                         \
                                     .name = "shelf",                                                        \
                                     .version = "1",                                                         \
                                     .release = good_release,                                                \
                                     .describe = good_describe,                                              \
                                     .open = good_open,                                                      \
                                     .close = good_close,                                                    \
                                     .validate = good_validate,                                              \
                                     .create = good_create,                                                  \
                                     .read = good_read,                                                      \
                                     .update = good_create,                                                  \
                                     .delete_ = good_delete,                                                 \
                                     .list = good_list,                                                      \
                                     __VA_ARGS__};                                                           \
    const rp_plugin *resource_plugin_entry(uint32_t host_abi_major)                                          \
    {                                                                                                        \
        return &plugin;                                                                                      \
    }
