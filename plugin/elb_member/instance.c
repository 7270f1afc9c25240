/*
 * Opening and closing an instance.
 */
#include "instance.h"

#include "base/text.h"
#include "http/curl.h"
#include "otc/session.h"

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

/* Five bad signatures lock an account. So fewer are under way at any time: when keys stop being valid, those
   are refused, and the session starts no further one. */
#define MAX_PARALLEL_SIGNED 4

static uint32_t max_parallel(const config *c)
{
    bool signs = otc_identity_signs(&c->identity) && !otc_identity_has_agency(&c->identity);

    return signs && c->max_parallel > MAX_PARALLEL_SIGNED ? MAX_PARALLEL_SIGNED : c->max_parallel;
}

static int make_driver(elb_instance *made, rp_error **error)
{
    const config *c = &made->config;
    driver_options options = {.ledger = {.settle_ms = c->settle_ms,
                                         .poll_min_ms = c->poll_min_ms,
                                         .poll_max_ms = c->poll_max_ms,
                                         .max_batch = c->max_batch,
                                         .max_bisect = c->max_bisect,
                                         .jitter_ms = jitter_ms,
                                         .context = (void *)&rp_clock_system},
                              .max_parallel = max_parallel(c)};
    rp_transport *transport = make_transport(c, error);

    if (!transport)
        return RP_E_SYSTEM;
    made->driver = driver_new(transport, &options, &rp_clock_system, error);
    return made->driver ? 0 : RP_E_NO_MEMORY;
}

void close_instance(void *closed, bool forked)
{
    elb_instance *one = closed;

    /* After a fork, the child only frees memory: the connections belong to the parent, and a close would send
     * TLS and HTTP/2 closing messages on them. */
    if (!forked)
        driver_free(one->driver);
    config_done(&one->config);
}

/* Logs which source supplied what, to find the cause of a wrong login. */
static void log_sources(const elb_instance *made, rpkit_call *asked)
{
    _cleanup_(rp_freep) char *note = otc_identity_note(&made->config.identity);

    if (note)
        rpkit_log(asked, "debug", "%s", note);
}

static void warn(const config *c, rpkit_call *asked)
{
    if (c->identity.insecure)
        rpkit_warn(asked, "http.insecure",
                   "%s: the server's certificate is not verified: anybody can pose as the server",
                   otc_source_origin(&c->identity.chosen, OTC_INSECURE));
    if (c->warning)
        rpkit_warn(asked, "config.file_mode", "%s", c->warning);
}

bool open_instance(rpkit_call *asked, void *opened)
{
    _cleanup_(rp_error_freep) rp_error *error = NULL;
    elb_instance *made = opened;

    if (make_driver(made, &error) < 0)
        return refuse_for(asked, error);
    log_sources(made, asked);
    warn(&made->config, asked);
    return true;
}
