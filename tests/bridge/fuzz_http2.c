/*
 * Any bytes as a connection of the parent's: gRPC over HTTP/2, up to the methods of a provider without a
 * plugin.
 */
#include "fuzz.h"

#include "bridge/http2.h"
#include "bridge/rpc.h"

#include <string.h>

#define SEED(literal)                                                                                        \
    {                                                                                                        \
        literal, sizeof(literal) - 1                                                                         \
    }
#define PREFACE  "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
#define SETTINGS "\x00\x00\x00\x04\x00\x00\x00\x00\x00"
/* POST, http, content-type and te as literals, and the path of a method */
#define HEADERS(len, path)                                                                                   \
    "\x00\x00" len "\x01\x04\x00\x00\x00\x01"                                                                \
    "\x83\x86\x41\x01x\x44" path "\x0f\x10\x10"                                                              \
    "application/grpc"
#define DATA "\x00\x00\x05\x00\x01\x00\x00\x00\x01\x00\x00\x00\x00\x00"

const fuzz_seed fuzz_seeds[] = {
    SEED(PREFACE SETTINGS HEADERS("\x40", "\x26/tfplugin6.Provider/GetProviderSchema\x0a") DATA),
    SEED(PREFACE SETTINGS HEADERS(
        "\x3b",
        "\x21/tfplugin6.Provider/ReadResource\x00\x00") "\x00\x00\x0a\x00\x01\x00\x00\x00\x01\x00\x00\x00\x00\x05\x0a\x03"
                                                        "a_b"),
    SEED(PREFACE SETTINGS HEADERS("\x36", "\x1c/plugin.GRPCStdio/StreamStdio") DATA),
    SEED(PREFACE SETTINGS "\x00\x00\x08\x06\x00\x00\x00\x00\x00"
                          "12345678"
                          "\x00\x00\x04\x08\x00\x00\x00\x00\x00\x00\x01\x00\x00"),
    {NULL, 0},
};

static provider without_plugin = {
    .catalog.config.kind = TYPE_OBJECT, .fault = (char *)"no plugin", .plugin.name = (char *)"none"};

static bool on_begin(void *context, const char *path)
{
    (void)context;
    return !strcmp(path, "/plugin.GRPCStdio/StreamStdio");
}

static void on_request(void *context, http2_stream *stream, const char *path, const void *message, size_t len)
{
    static const char service[] = "/tfplugin6.Provider/";
    _cleanup_(rp_buffer_done) rp_buffer reply = RP_BUFFER(64u << 20);
    const rpc_method *method =
        !strncmp(path, service, strlen(service)) ? rpc_find(path + strlen(service)) : NULL;
    call made;

    (void)context;
    if (!method) {
        http2_fail(stream, GRPC_UNIMPLEMENTED, "no such method");
        return;
    }
    call_start(&made, &without_plugin);
    /* What calls the plugin is left out: there is none. */
    if (strstr(path, "ProviderConfig") || strstr(path, "ConfigureProvider"))
        http2_reply(stream, NULL, 0);
    else if (!strstr(path, "Stop") && rpc_answer(method, &made, message, len, &reply))
        http2_reply(stream, rp_buffer_text(&reply), reply.len);
    else
        http2_fail(stream, GRPC_INVALID_ARGUMENT, "the request cannot be read");
    call_done(&made);
}

static void on_close(void *context, http2_stream *stream)
{
    (void)context, (void)stream;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    const http2_events events = {on_begin, on_request, on_close, NULL};
    http2 *one = http2_new(&events);
    bool well = one != NULL;
    const uint8_t *sent;

    /* In pieces, as a socket gives them. */
    while (well && len) {
        size_t piece = len < 61 ? len : 61;

        well = http2_receive(one, bytes, piece);
        while (well && http2_next(one, &sent) > 0)
            ;
        bytes += piece;
        len -= piece;
    }
    if (one)
        http2_free(one);
    return 0;
}
