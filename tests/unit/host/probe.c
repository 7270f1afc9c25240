/*
 * A plugin that shows what reached it and, where asked, breaks the rules: its
 * hooks are the cases that the tests of the host need.
 */
#include <resource_plugin.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#ifndef PROBE_MAJOR
#define PROBE_MAJOR 1
#endif
#ifndef PROBE_ENTRY
#define PROBE_ENTRY resource_plugin_entry
#endif

struct rp_instance {
    char config[200];
};

typedef struct response {
    rp_response head;
    char json[600];
} response;

static rp_response told(int32_t status, const char *json, size_t len, rp_instance *instance)
{
    return (rp_response){sizeof(rp_response), status, json, len, instance};
}

static const rp_response *respond(int32_t status, rp_instance *instance, const char *json)
{
    response *made = malloc(sizeof(*made));

    snprintf(made->json, sizeof(made->json), "%s", json);
    made->head = told(status, made->json, strlen(made->json), instance);
    return &made->head;
}

static void tell(const rp_call *call, const char *message)
{
    char event[100];

    snprintf(event, sizeof(event), "{\"kind\":\"log\",\"message\":\"%s\"}", message);
    if (call->on_event)
        call->on_event(call->context, event, strlen(event));
}

/* What the call was made with, beside a result for the one record there may be. */
static const rp_response *show(rp_instance *instance, const rp_call *call, const char *request, size_t len)
{
    char json[600];
    const char *result = len && memmem(request, len, "[{", 2)
                             ? "{\"status\":\"ok\",\"outcome\":\"done\",\"state\":{\"id\":\"a\"}}"
                             : "";
    unsigned cancelled = call->cancel ? __atomic_load_n(call->cancel, __ATOMIC_SEQ_CST) : 9;

    tell(call, "shown");
    snprintf(
        json, sizeof(json),
        "{\"results\":[%s],\"timeout_ms\":%u,\"cancelled\":%u,\"struct_size\":%u,\"request\":%.*s,\"opened\":%s}",
        result, call->timeout_ms, cancelled, call->struct_size, len ? (int)len : 4, len ? request : "null",
        instance ? instance->config : "null");
    return respond(cancelled == 1 ? RP_CANCELLED : RP_OK, NULL, json);
}

static const rp_response *describe(rp_instance *instance, const rp_call *call, const char *request,
                                   size_t len)
{
    char json[400];

    (void)call, (void)request, (void)len;
    snprintf(json, sizeof(json),
             "{\"name\":\"probe\",\"version\":\"1.2.3\",\"abi\":\"1.0\",\"resources\":{},\"opened\":%s}",
             instance ? instance->config : "null");
    return respond(RP_OK, NULL, json);
}

/* Until it is cancelled, and if asked to be stubborn for some time yet. */
static const rp_response *wait_long(rp_instance *instance, const rp_call *call, const char *request,
                                    size_t len)
{
    const struct timespec moment = {.tv_nsec = 5000000};
    int stubborn = memmem(request, len, "stubborn", 8) != NULL, left = 2000;

    (void)instance;
    tell(call, "waiting");
    while (left && !__atomic_load_n(call->cancel, __ATOMIC_SEQ_CST)) {
        nanosleep(&moment, NULL);
        left--;
    }
    tell(call, left ? "cancelled" : "waited in vain");
    while (left-- > 0 && stubborn)
        nanosleep(&moment, NULL);
    return respond(RP_CANCELLED, NULL,
                   "{\"results\":[],\"diagnostics\":[{\"severity\":\"error\",\"status\":\"cancelled\","
                   "\"summary\":\"cancelled\"}]}");
}

static const rp_response *return_null(rp_instance *instance, const rp_call *call, const char *request,
                                      size_t len)
{
    (void)instance, (void)call, (void)request, (void)len;
    return NULL;
}

/* Says that it is longer than its text, or has none. */
static const rp_response *answer_badly(rp_instance *instance, const rp_call *call, const char *request,
                                       size_t len)
{
    static rp_response short_one, no_document, ends_early;

    (void)instance, (void)call;
    short_one = told(RP_OK, "{}", 2, NULL);
    short_one.struct_size = 8;
    no_document = told(RP_OK, NULL, 0, NULL);
    ends_early = told(RP_OK, "{}\0{}", 5, NULL);
    return len == 2 ? &short_one : request[1] == '1' ? &no_document : &ends_early;
}

static const rp_response *open_(rp_instance *none, const rp_call *call, const char *request, size_t len)
{
    rp_instance *made;

    (void)none, (void)call;
    if (strstr(request, "refuse"))
        return respond(
            RP_INVALID_ARGUMENT, NULL,
            "{\"results\":[],\"diagnostics\":[{\"severity\":\"error\",\"summary\":\"not like this\","
            "\"path\":\"/config/refuse\"}]}");
    if (strstr(request, "nothing"))
        return respond(RP_OK, NULL, "{\"results\":[]}");
    made = calloc(1, sizeof(*made));
    snprintf(made->config, sizeof(made->config), "%.*s", (int)len, request);
    return respond(RP_OK, made, "{\"results\":[]}");
}

static void close_(rp_instance *instance)
{
    free(instance);
}

/* The responses of answer_badly are static. */
static void release(const rp_response *head)
{
    if (head && head->struct_size == sizeof(*head) && head->json &&
        head->json == ((const response *)head)->json)
        free((void *)head);
}

static const rp_plugin plugin = {
    .struct_size = sizeof(rp_plugin),
    .abi_major = PROBE_MAJOR,
    .name = "probe",
    .version = "1.2.3",
    .release = release,
    .describe = describe,
    .open = open_,
    .close = close_,
    .validate = wait_long,
    .create = show,
    .read = return_null,
    .update = show,
    .delete_ = answer_badly,
};

const rp_plugin *PROBE_ENTRY(uint32_t host_abi_major);

const rp_plugin *PROBE_ENTRY(uint32_t host_abi_major)
{
    (void)host_abi_major;
    return &plugin;
}
