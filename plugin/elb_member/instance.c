/*
 * open and close.
 */
#include "event.h"
#include "hooks.h"
#include "request.h"

#include "base/text.h"
#include "http/curl.h"
#include "otc/session.h"

#include <unistd.h>

#define FIRST_PAUSE_MS   200
#define LONGEST_PAUSE_MS 5000

/* Requests go through retry, then the session, then libcurl; each owns the next. */
static rp_transport *make_transport(const config *c, rp_error **error)
{
    const otc_identity *identity = &c->identity;
    rp_curl_options curl = {.user_agent = ELB_MEMBER_NAME "/" ELB_MEMBER_VERSION,
                            .connect_timeout_ms = c->connect_timeout_ms,
                            .attempt_timeout_ms = c->attempt_timeout_ms,
                            .ca_file = otc_identity_text(identity, OTC_CA_FILE),
                            .client_cert_file = otc_identity_text(identity, OTC_CLIENT_CERT_FILE),
                            .client_key_file = otc_identity_text(identity, OTC_CLIENT_KEY_FILE),
                            .proxy = otc_identity_text(identity, OTC_PROXY),
                            .no_proxy = otc_identity_text(identity, OTC_NO_PROXY),
                            .insecure = identity->insecure};
    rp_retry_options retry = {.judge = elb_judge,
                              .first_pause_ms = FIRST_PAUSE_MS,
                              .longest_pause_ms = LONGEST_PAUSE_MS,
                              .unreached_ms = c->connect_timeout_ms};
    rp_transport *transport = rp_curl_new(&curl, &rp_clock_system, error);

    if (transport)
        transport = otc_session_new(transport, identity, elb_is_unauthenticated, &rp_clock_system, error);
    if (transport)
        transport = rp_retry_new(transport, &retry, &rp_clock_system, error);
    return transport;
}

static int64_t jitter_ms(void *context, int64_t ms)
{
    return rp_jitter_ms(context, ms);
}

static int make_driver(rp_instance *made, rp_error **error)
{
    const config *c = &made->config;
    driver_options options = {.ledger = {.settle_ms = c->settle_ms,
                                         .poll_min_ms = c->poll_min_ms,
                                         .poll_max_ms = c->poll_max_ms,
                                         .max_batch = c->max_batch,
                                         .max_bisect = c->max_bisect,
                                         .jitter_ms = jitter_ms,
                                         .context = (void *)&rp_clock_system},
                              .max_parallel = c->max_parallel};
    rp_transport *transport = make_transport(c, error);

    if (!transport)
        return RP_E_SYSTEM;
    made->driver = driver_new(transport, &options, &rp_clock_system, error);
    return made->driver ? 0 : RP_E_NO_MEMORY;
}

void close_instance(rp_instance *instance)
{
    if (!instance)
        return;
    /* After a fork, the child only frees memory: the connections belong to the parent, and a close would send
     * TLS and HTTP/2 closing messages on them. */
    if (instance->owner == getpid())
        driver_free(instance->driver);
    config_clear(&instance->config);
    free(instance);
}

/* Logs which source supplied what, to find the cause of a wrong login. */
static void tell_sources(const rp_instance *made, const rp_call *host)
{
    _cleanup_(rp_freep) char *note = NULL;
    event *told;

    if (!host || !RP_HAS(rp_call, host, on_event) || !host->on_event)
        return;
    note = otc_identity_note(&made->config.identity);
    told = note ? event_log("debug", note, 0) : NULL;
    if (told)
        host->on_event(host->context, told->text, told->len);
    free(told);
}

static void warn(response *told, const char *code, const char *summary)
{
    write_diagnostic(told, &(diagnostic){.warning = true, .status = RP_OK, .code = code, .summary = summary});
}

static const rp_response *opened(rp_instance *made)
{
    const config *c = &made->config;
    _cleanup_(rp_freep) char *insecure = NULL;
    response *told = response_begin(0);

    if (!told) {
        close_instance(made);
        return response_no_memory();
    }
    response_results_end(told);
    if (c->identity.insecure) {
        insecure =
            rp_format("%s: the server's certificate is not verified: anybody can pose as the server",
                      otc_source_origin(&c->identity.chosen, OTC_INSECURE));
        warn(told, "http.insecure", insecure ? insecure : "insecure is set");
    }
    if (c->warning)
        warn(told, "config.file_mode", c->warning);
    told->told.instance = made;
    return response_end(told);
}

const rp_response *open_hook(rp_instance *instance, const rp_call *host, const char *text, size_t len)
{
    _cleanup_(rp_error_freep) rp_error *error = NULL;
    rp_instance *made = calloc(1, sizeof(*made));
    request asked = {0};
    int result;

    (void)instance;
    if (!made)
        return response_no_memory();
    made->owner = getpid();
    result = request_read(&asked, text, len, REQUEST_CONFIG, &error);
    if (result == 0)
        result = config_read(&made->config, asked.config, RPKIT_READ_STRICT, &error);
    request_clear(&asked);
    if (result == 0)
        result = make_driver(made, &error);
    if (result == 0) {
        tell_sources(made, host);
        return opened(made);
    }
    close_instance(made);
    return response_refused_for(error);
}
