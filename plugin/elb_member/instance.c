/*
 * open and close.
 */
#include "hooks.h"
#include "request.h"

#include "http/curl.h"
#include "otc/session.h"

#include <unistd.h>

#define FIRST_PAUSE_MS   200
#define LONGEST_PAUSE_MS 5000

/* Requests go through retry, then the session, then libcurl; each owns the next. */
static rp_transport *make_transport(const config *c, rp_error **error)
{
    rp_curl_options curl = {.user_agent = ELB_MEMBER_NAME "/" ELB_MEMBER_VERSION,
                            .connect_timeout_ms = c->connect_timeout_ms,
                            .ca_file = c->ca_file,
                            .client_cert_file = c->client_cert_file,
                            .client_key_file = c->client_key_file,
                            .proxy = c->proxy,
                            .no_proxy = c->no_proxy,
                            .insecure = c->insecure};
    otc_credentials credentials = {.token = c->token,
                                   .auth_url = c->auth_url,
                                   .login = {.user_name = c->user_name,
                                             .user_id = c->user_id,
                                             .password = c->password,
                                             .domain_name = c->domain_name,
                                             .domain_id = c->domain_id,
                                             .project_id = c->project_name ? NULL : c->place.project_id,
                                             .project_name = c->project_name}};
    rp_retry_options retry = {.judge = elb_judge,
                              .first_pause_ms = FIRST_PAUSE_MS,
                              .longest_pause_ms = LONGEST_PAUSE_MS,
                              .unreached_ms = c->connect_timeout_ms};
    rp_transport *transport = rp_curl_new(&curl, &rp_clock_system, error);

    if (transport)
        transport = otc_session_new(transport, &credentials, elb_is_unauthenticated, &rp_clock_system, error);
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
    driver_options options = {.place = &c->place,
                              .ledger = {.settle_ms = c->settle_ms,
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
    /* A child of fork frees memory only: the connections are the parent's, and closing them would say goodbye
     * on them. */
    if (instance->owner == getpid())
        driver_free(instance->driver);
    config_clear(&instance->config);
    free(instance);
}

static const rp_response *opened(rp_instance *made)
{
    response *told = response_begin(0);

    if (!told) {
        close_instance(made);
        return response_no_memory();
    }
    response_results_end(told);
    if (made->config.insecure)
        write_diagnostic(told, &(diagnostic){.warning = true,
                                             .status = RP_OK,
                                             .code = "http.insecure",
                                             .summary = "insecure is set: the server's certificate is not "
                                                        "checked, and anybody may pose as the server"});
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
    (void)host;
    if (!made)
        return response_no_memory();
    made->owner = getpid();
    result = request_read(&asked, text, len, REQUEST_CONFIG, &error);
    if (result == 0)
        result = config_read(&made->config, asked.config, RP_FIELDS_STRICT, &error);
    request_clear(&asked);
    if (result == 0)
        result = make_driver(made, &error);
    if (result == 0)
        return opened(made);
    close_instance(made);
    return response_refused_for(error);
}
