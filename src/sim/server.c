#include "sim/internal.h"

#include "base/secret.h"
#include "base/text.h"
#include "sim/log_line.h"
#include "sim/response_writer.h"
#include "sim/tls.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* A request being received. */
struct exchange {
    sim_request request;
    bool begun;
};

static void exchange_free(struct exchange *exchange)
{
    free(exchange->request.uri);
    free(exchange->request.segments);
    /* A login's body holds a password. */
    if (exchange->request.body.data)
        rp_wipe(exchange->request.body.data, exchange->request.body.len);
    rp_buffer_done(&exchange->request.body);
    rp_json_free(exchange->request.json);
    free(exchange);
}

/* The handler gets the path without the query, so the URI is kept here for the log. */
static void *on_uri(void *context, const char *uri, struct MHD_Connection *connection)
{
    struct exchange *exchange = calloc(1, sizeof(*exchange));
    (void)context;

    if (!exchange)
        return NULL;
    exchange->request.connection = connection;
    exchange->request.body = RP_BUFFER(SIM_MAX_BODY);
    exchange->request.uri = strdup(uri);
    return exchange;
}

static void on_completed(void *context, struct MHD_Connection *connection, void **exchange,
                         enum MHD_RequestTerminationCode how)
{
    (void)context;
    (void)connection;
    (void)how;
    if (*exchange)
        exchange_free(rp_take(*exchange));
}

/* A connection is numbered and counted at its first counted request. */
struct connection {
    unsigned number;
};

static void on_connection(void *context, struct MHD_Connection *connection, void **socket_context,
                          enum MHD_ConnectionNotificationCode what)
{
    (void)context;
    (void)connection;
    if (what == MHD_CONNECTION_NOTIFY_STARTED)
        *socket_context = calloc(1, sizeof(struct connection));
    else
        free(rp_take(*socket_context));
}

static unsigned connection_number(rp_sim *sim, const sim_request *request)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(
        (struct MHD_Connection *)request->connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    struct connection *connection = info ? info->socket_context : NULL;

    if (!connection)
        return 0;
    if (!connection->number) {
        connection->number = ++sim->last_connection;
        sim->request_log.connections++;
    }
    return connection->number;
}

static sim_response_writer writer_for(const rp_sim *sim, struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);

    return (sim_response_writer){connection, info ? info->connect_fd : -1, sim->stop_fd};
}

/* A request that was counted and logged, with its fault. */
struct admitted {
    const sim_route *route;
    uint64_t seq;
    sim_fault *fault;
    int64_t latency_ms;
};

static struct admitted admit(rp_sim *sim, sim_request *request, sim_reply *reply)
{
    struct admitted admitted = {.route = sim_route_find(request)};
    sim_request_entry facts = {.kind = admitted.route->kind};

    pthread_mutex_lock(&sim->lock);
    sim_new_id(&sim->state, reply->request_id);
    facts.connection = connection_number(sim, request);
    admitted.fault = sim_faults_fire(&sim->faults, admitted.route->kind, request->method, request->uri);
    facts.fault = admitted.fault ? sim_fault_name(admitted.fault) : NULL;
    facts.ms = sim_now_ms(sim) - sim->start_ms;
    admitted.seq = sim_request_log_add(&sim->request_log, request, &facts);
    admitted.latency_ms = sim->settings.latency_ms;
    pthread_mutex_unlock(&sim->lock);
    return admitted;
}

static void carry_out(rp_sim *sim, const struct admitted *admitted, const sim_request *request,
                      sim_reply *reply)
{
    pthread_mutex_lock(&sim->lock);
    sim_state_advance(&sim->state, sim_now_ms(sim));
    sim->fault = admitted->fault;
    sim_service_answer(sim, admitted->route, request, reply);
    sim->fault = NULL;
    pthread_mutex_unlock(&sim->lock);
}

static void finish(rp_sim *sim, const struct admitted *admitted, unsigned status)
{
    pthread_mutex_lock(&sim->lock);
    sim_request_log_answered(&sim->request_log, admitted->seq, status);
    sim_fault_release(admitted->fault);
    pthread_mutex_unlock(&sim->lock);
}

/* How long the fault delays the response; -1: for ever. */
static int64_t fault_ms(const sim_fault *fault)
{
    if (!fault || fault->kind == SIM_FAULT_SLOW)
        return 0;
    return fault->kind == SIM_FAULT_HANG && !fault->ms ? -1 : (int64_t)fault->ms;
}

/* Date header, by the simulator's clock. */
static void date(rp_sim *sim, sim_reply *reply)
{
    pthread_mutex_lock(&sim->lock);
    reply->date_s = sim_wall_ms(sim) / 1000;
    pthread_mutex_unlock(&sim->lock);
}

static void log_request(const rp_sim *sim, const sim_request *request, sim_kind kind, unsigned status)
{
    _cleanup_(rp_buffer_done) rp_buffer line = RP_BUFFER(1u << 18);

    if (!sim->on_line)
        return;
    sim_log_line_write(request, kind, status, &line);
    if (rp_buffer_ok(&line))
        sim->on_line(sim->on_line_context, rp_buffer_text(&line));
}

static enum MHD_Result respond(rp_sim *sim, const struct admitted *admitted,
                               const sim_response_writer *writer, const sim_request *request,
                               sim_reply *reply, unsigned *status)
{
    int64_t first_half = admitted->latency_ms / 2;

    if (!sim_response_writer_wait(writer, first_half))
        return MHD_NO;
    if (!admitted->fault || sim_fault_acts(admitted->fault))
        carry_out(sim, admitted, request, reply);
    if (!sim_response_writer_wait(writer, fault_ms(admitted->fault)) ||
        !sim_response_writer_wait(writer, admitted->latency_ms - first_half))
        return MHD_NO;
    date(sim, reply);
    return sim_response_writer_send(writer, reply, admitted->fault, status);
}

static enum MHD_Result serve(rp_sim *sim, sim_request *request, const sim_response_writer *writer,
                             sim_reply *reply)
{
    struct admitted admitted = admit(sim, request, reply);
    unsigned status = 0;
    enum MHD_Result result = respond(sim, &admitted, writer, request, reply, &status);

    finish(sim, &admitted, status);
    log_request(sim, request, admitted.route->kind, status);
    return result;
}

static enum MHD_Result serve_control(rp_sim *sim, const sim_request *request,
                                     const sim_response_writer *writer, sim_reply *reply)
{
    unsigned status;

    pthread_mutex_lock(&sim->lock);
    sim_state_advance(&sim->state, sim_now_ms(sim));
    sim_control_answer(sim, request->path + strlen("/sim/"), request, reply);
    reply->date_s = sim_wall_ms(sim) / 1000;
    pthread_mutex_unlock(&sim->lock);
    return sim_response_writer_send(writer, reply, NULL, &status);
}

static enum MHD_Result answer(rp_sim *sim, sim_request *request, struct MHD_Connection *connection)
{
    _cleanup_(sim_reply_done) sim_reply reply;
    sim_response_writer writer = writer_for(sim, connection);

    sim_reply_init(&reply);
    request->segments = strdup(request->path);
    if (!request->segments || !request->uri)
        return MHD_NO;
    if (request->body.len && rp_buffer_ok(&request->body))
        rp_json_parse(request->body.data, request->body.len, &request->json, NULL);
    if (rp_starts_with(request->path, "/sim/"))
        return serve_control(sim, request, &writer, &reply);
    return serve(sim, request, &writer, &reply);
}

/* Called once with the head, then for each piece of the body, then at its end. */
static enum MHD_Result on_request(void *context, struct MHD_Connection *connection, const char *path,
                                  const char *method, const char *version, const char *data, size_t *len,
                                  void **of_request)
{
    struct exchange *exchange = *of_request;
    (void)version;

    if (!exchange)
        return MHD_NO;
    exchange->request.method = method;
    exchange->request.path = path;
    if (!exchange->begun) {
        exchange->begun = true;
        return MHD_YES;
    }
    if (!*len)
        return answer(context, &exchange->request, connection);
    rp_buffer_add(&exchange->request.body, data, *len);
    *len = 0;
    return MHD_YES;
}

/* Starting and stopping. */

static void closep(int *fd)
{
    if (*fd >= 0)
        close(*fd);
}

/* Binds the socket to loopback, to no other address, and stores the port. */
static int bind_loopback(int fd, uint16_t *port, rp_error **error)
{
    struct sockaddr_in loopback = {
        .sin_family = AF_INET, .sin_port = htons(*port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(loopback);
    int yes = 1;

    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)) < 0 ||
        bind(fd, (struct sockaddr *)&loopback, len) < 0 || listen(fd, SOMAXCONN) < 0 ||
        getsockname(fd, (struct sockaddr *)&loopback, &len) < 0)
        return rp_error_set(error, RP_E_SYSTEM, "cannot listen on 127.0.0.1:%u: %s", *port, strerror(errno));
    *port = ntohs(loopback.sin_port);
    return 0;
}

static int start_daemon(rp_sim *sim, int fd, const sim_tls *tls, rp_error **error)
{
    unsigned flags = MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_THREAD_PER_CONNECTION | MHD_USE_POLL;
    struct MHD_OptionItem secure[] = {{MHD_OPTION_HTTPS_MEM_KEY, 0, tls->key_pem},
                                      {MHD_OPTION_HTTPS_MEM_CERT, 0, tls->cert_pem},
                                      {MHD_OPTION_END, 0, NULL}};

    sim->daemon = MHD_start_daemon(
        tls->key_pem ? flags | MHD_USE_TLS : flags, 0, NULL, NULL, on_request, sim, MHD_OPTION_LISTEN_SOCKET,
        fd, MHD_OPTION_URI_LOG_CALLBACK, on_uri, sim, MHD_OPTION_NOTIFY_COMPLETED, on_completed, sim,
        MHD_OPTION_NOTIFY_CONNECTION, on_connection, sim, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)1 << 17,
        MHD_OPTION_ARRAY, tls->key_pem ? secure : secure + 2, MHD_OPTION_END);
    return sim->daemon ? 0 : rp_error_set(error, RP_E_SYSTEM, "cannot start the HTTP server");
}

/* The URL must be known before the first request, which may come as soon as the socket listens. */
static int serve_on(rp_sim *sim, const rp_sim_options *options, rp_error **error)
{
    _cleanup_(closep) int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    _cleanup_(sim_tls_done) sim_tls tls = {NULL, NULL, NULL};
    uint16_t port = options->port;
    int failed = bind_loopback(fd, &port, error);

    if (failed == 0 && options->https)
        failed = sim_tls_make(&tls, error);
    if (failed < 0)
        return failed;
    sim->ca_pem = rp_take(tls.ca_pem);
    sim->url = rp_format("%s://127.0.0.1:%u", options->https ? "https" : "http", port);
    if (!sim->url)
        return rp_error_no_memory(error);
    failed = start_daemon(sim, fd, &tls, error);
    /* The daemon owns the socket now. */
    fd = -1;
    return failed;
}

static int apply_settings(rp_sim *sim, const char *const *pairs, rp_error **error)
{
    int failed = sim_options_defaults(sim_settings_table, &sim->settings, error);

    for (; failed == 0 && pairs && pairs[0] && pairs[1]; pairs += 2)
        failed = sim_option_set(sim_settings_table, &sim->settings, pairs[0], pairs[1], error);
    return failed < 0 ? failed : sim_settings_applied(sim, error);
}

static int add_listener(rp_sim *sim, const char *given, rp_error **error)
{
    size_t len = strcspn(given, ":");
    _cleanup_(rp_freep) char *id = strndup(given, len);

    if (!id)
        return rp_error_no_memory(error);
    return sim_listener_given(sim, id, given[len] ? given + len + 1 : "TCP", error);
}

static int add_listeners(rp_sim *sim, const char *const *listeners, rp_error **error)
{
    static const char *const usual[] = {RP_SIM_TCP_LISTENER ":TCP", RP_SIM_TCP_LISTENER2 ":TCP",
                                        RP_SIM_HTTP_LISTENER ":HTTP", RP_SIM_UDP_LISTENER ":UDP", NULL};
    int failed = 0;

    for (listeners = listeners ? listeners : usual; failed == 0 && *listeners; listeners++)
        failed = add_listener(sim, *listeners, error);
    return failed;
}

static int add_faults(rp_sim *sim, const char *const *rules, rp_error **error)
{
    int failed = 0;

    for (; failed == 0 && rules && *rules; rules++)
        failed = sim_faults_add_text(&sim->faults, *rules, error);
    return failed;
}

static int prepare(rp_sim *sim, const rp_sim_options *options, rp_error **error)
{
    int failed = apply_settings(sim, options->settings, error);

    if (failed == 0)
        failed = add_listeners(sim, options->listeners, error);
    if (failed == 0)
        failed = add_faults(sim, options->faults, error);
    if (failed < 0)
        return failed;
    sim->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (sim->stop_fd < 0)
        return rp_error_set(error, RP_E_SYSTEM, "eventfd: %s", strerror(errno));
    return 0;
}

static rp_sim *sim_new(const rp_clock *clock)
{
    rp_sim *sim = calloc(1, sizeof(*sim));

    if (!sim)
        return NULL;
    if (pthread_mutex_init(&sim->lock, NULL) != 0) {
        free(sim);
        return NULL;
    }
    sim->clock = clock ? clock : &rp_clock_system;
    sim->start_ms = rp_now_ms(sim->clock);
    sim->start_wall_s = sim->clock->wall_s(sim->clock->context);
    sim->stop_fd = -1;
    sim_faults_init(&sim->faults);
    sim_state_init(&sim->state, sim->clock);
    return sim;
}

int rp_sim_start(const rp_sim_options *options, rp_sim **out, rp_error **error)
{
    _cleanup_(rp_sim_stopp) rp_sim *sim = sim_new(options->clock);
    int failed;

    if (!sim)
        return rp_error_no_memory(error);
    sim->on_line = options->on_line;
    sim->on_line_context = options->on_line_context;
    failed = prepare(sim, options, error);
    if (failed == 0)
        failed = serve_on(sim, options, error);
    if (failed == 0)
        *out = rp_take(sim);
    return failed;
}

void rp_sim_stop(rp_sim *sim)
{
    if (!sim)
        return;
    if (sim->stop_fd >= 0)
        eventfd_write(sim->stop_fd, 1);
    if (sim->daemon)
        MHD_stop_daemon(sim->daemon);
    if (sim->stop_fd >= 0)
        close(sim->stop_fd);
    sim_faults_clear(&sim->faults);
    sim_state_done(&sim->state);
    sim_request_log_done(&sim->request_log);
    sim_options_clear(sim_settings_table, &sim->settings);
    pthread_mutex_destroy(&sim->lock);
    free(sim->url);
    free(sim->ca_pem);
    free(sim);
}

const char *rp_sim_url(const rp_sim *sim)
{
    return sim->url;
}

const char *rp_sim_ca_pem(const rp_sim *sim)
{
    return sim->ca_pem;
}
