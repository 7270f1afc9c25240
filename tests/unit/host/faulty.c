/*
 * A plugin whose create answers with what the record's "answer" is: the whole
 * document, as text. Its status is the number in front. "late" keeps the call to
 * send an event after it has returned; "elsewhere" sends one from another thread.
 */
#include <pthread.h>
#include <resource_plugin.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define DESCRIPTION                                                                                                   \
    "{\"name\":\"faulty\",\"version\":\"1\",\"abi\":\"1.0\",\"resources\":{\"note\":{\"key\":[\"name\"],"             \
    "\"record\":{\"type\":\"object\",\"properties\":{\"name\":{\"type\":\"string\"},\"secret\":{\"type\":\"string\"," \
    "\"x-rp-write-only\":true}}}}}}"

struct rp_instance {
    rp_call late; /* a call that is over, whose on_event is used again */
};

static const rp_response *respond(int32_t status, const char *json, rp_instance *instance)
{
    size_t len = strlen(json);
    rp_response *made = malloc(sizeof(*made) + len + 1);

    *made = (rp_response){sizeof(*made), status, memcpy(made + 1, json, len + 1), len, instance};
    return made;
}

static void *send_event(void *context)
{
    static const char event[] =
        "{\"kind\":\"state\",\"record\":0,\"state\":{\"id\":\"a\",\"name\":\"a\",\"text\":\"stray\"}}";
    const rp_call *call = context;

    call->on_event(call->context, event, sizeof(event) - 1);
    return NULL;
}

/* The text after "answer":, escapes undone: "NUMBER DOCUMENT". */
static char *answer_in(const char *request, size_t len)
{
    const char *at = memmem(request, len, "\"answer\":\"", 10), *end = request + len;
    char *text = calloc(1, len + 1), *to = text;

    for (at = at ? at + 10 : end; at < end && *at != '"'; at++) {
        at += *at == '\\';
        *to++ = *at;
    }
    return text;
}

static const rp_response *create(rp_instance *instance, const rp_call *call, const char *request, size_t len)
{
    char *text = answer_in(request, len), *document;
    int32_t status = (int32_t)strtol(text, &document, 10);
    const rp_response *made = respond(status, document, NULL);
    pthread_t thread;

    if (instance->late.on_event)
        send_event(&instance->late);
    instance->late.on_event = NULL;
    if (memmem(request, len, "\"late\"", 6))
        instance->late = *call;
    if (memmem(request, len, "\"elsewhere\"", 11) && !pthread_create(&thread, NULL, send_event, (void *)call))
        pthread_join(thread, NULL);
    free(text);
    return made;
}

/* Longer than it may, and deaf to cancellation. */
static const rp_response *read_slowly(rp_instance *instance, const rp_call *call, const char *request,
                                      size_t len)
{
    const struct timespec moment = {.tv_sec = call->timeout_ms ? 1 : 2, .tv_nsec = 500000000};

    (void)instance, (void)request, (void)len;
    nanosleep(&moment, NULL);
    return respond(RP_OK, "{\"results\":[]}", NULL);
}

static const rp_response *describe(rp_instance *instance, const rp_call *call, const char *request,
                                   size_t len)
{
    (void)instance, (void)call, (void)request, (void)len;
    return respond(RP_OK, DESCRIPTION, NULL);
}

static const rp_response *open_(rp_instance *none, const rp_call *call, const char *request, size_t len)
{
    (void)none, (void)call, (void)request, (void)len;
    return respond(RP_OK, "{\"results\":[]}", calloc(1, sizeof(rp_instance)));
}

static void close_(rp_instance *instance)
{
    free(instance);
}

static void release(const rp_response *response)
{
    free((void *)response);
}

static const rp_plugin plugin = {
    .struct_size = sizeof(rp_plugin),
    .abi_major = 1,
    .name = "faulty",
    .version = "1",
    .release = release,
    .describe = describe,
    .open = open_,
    .close = close_,
    .create = create,
    .read = read_slowly,
};

const rp_plugin *resource_plugin_entry(uint32_t host_abi_major);

const rp_plugin *resource_plugin_entry(uint32_t host_abi_major)
{
    (void)host_abi_major;
    return &plugin;
}
