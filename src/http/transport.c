#include "http/transport.h"

#include "base/text.h"
#include "http/url.h"

#include <inttypes.h>
#include <string.h>

/* The path of the URL, or of the path that a wrapper takes. Without the query, which may hold what no log
   should. NULL when out of memory. */
static char *path_of(const char *url)
{
    _cleanup_(rp_url_parts_clear) rp_url_parts parts = {0};
    int result;

    if (*url == '/')
        return strndup(url, strcspn(url, "?#"));
    result = rp_url_split(url, &parts, NULL);
    if (result == RP_E_INVALID)
        return strdup("/");
    return result < 0 ? NULL : rp_take(parts.path);
}

char *rp_http_describe(const rp_http_request *request, const rp_http_reply *reply, const rp_error *error)
{
    _cleanup_(rp_freep) char *path = path_of(request->url);

    if (!path)
        return NULL;
    if (reply)
        return rp_format("%s %s: HTTP %d in %" PRId64 " ms", request->method, path, reply->status,
                         reply->elapsed_ms);
    return rp_format("%s %s: %s", request->method, path, error ? error->message : "no answer yet");
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

bool rp_transport_has_sent(const rp_transport *transport, const rp_exchange *exchange)
{
    return transport->ops->has_sent(transport, exchange);
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
