#include "http/transport.h"

#include "base/text.h"

#include <inttypes.h>
#include <string.h>

/* Where the path of an absolute URL begins, and how long it is: a query may hold what no log should. */
static const char *path_of(const char *url, int *len)
{
    const char *host = strstr(url, "://");
    const char *path = host ? host + 3 + strcspn(host + 3, "/?#") : url;

    *len = (int)strcspn(path, "?#");
    if (*len > 0)
        return path;
    *len = 1;
    return "/";
}

char *rp_http_describe(const rp_http_request *request, const rp_http_reply *reply, const rp_error *error)
{
    int len;
    const char *path = path_of(request->url, &len);

    if (reply)
        return rp_format("%s %.*s: HTTP %d in %" PRId64 " ms", request->method, len, path, reply->status,
                         reply->elapsed_ms);
    return rp_format("%s %.*s: %s", request->method, len, path, error ? error->message : "no answer yet");
}

int rp_transport_start(rp_transport *transport, const rp_http_request *request, rp_exchange **exchange,
                       rp_error **error)
{
    rp_exchange *started = NULL;
    int result = transport->ops->start(transport, request, &started, error);

    if (result == 0 && exchange)
        *exchange = started;
    return result;
}

void rp_transport_drop(rp_transport *transport, rp_exchange *exchange)
{
    if (exchange)
        transport->ops->drop(transport, exchange);
}

void rp_transport_wait(rp_transport *transport, int64_t at_most_ms)
{
    transport->ops->wait(transport, at_most_ms > 0 ? at_most_ms : 0);
}

void rp_transport_step(rp_transport *transport)
{
    transport->ops->step(transport);
}

void rp_transport_wake(rp_transport *transport)
{
    transport->ops->wake(transport);
}

void rp_transport_free(rp_transport *transport)
{
    if (transport)
        transport->ops->free(transport);
}
