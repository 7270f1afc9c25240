#include "sim/internal.h"

#include "base/text.h"

#include <string.h>

/* The load balancer of all listeners. */
#define LOADBALANCER "0b07acf06d243925bc24a0ac7445267a"

/* Versions. */

static void write_version(const rp_sim *sim, rp_json_writer *writer)
{
    _cleanup_(rp_freep) char *href = rp_format("%s/v1.0/", sim->url);

    rp_write_begin(writer, '{');
    rp_write_text_member(writer, "id", "v1.0");
    rp_write_name(writer, "links");
    rp_write_begin(writer, '[');
    rp_write_begin(writer, '{');
    rp_write_text_member(writer, "href", href);
    rp_write_text_member(writer, "rel", "self");
    rp_write_end(writer, '}');
    rp_write_end(writer, ']');
    rp_write_text_member(writer, "min_version", "");
    rp_write_text_member(writer, "status", "CURRENT");
    rp_write_text_member(writer, "updated", "2018-09-30T00:00:00Z");
    rp_write_text_member(writer, "version", "");
    rp_write_end(writer, '}');
}

void sim_elb_versions(rp_sim *sim, const sim_request *request, sim_reply *reply)
{
    rp_json_writer writer = RP_JSON_WRITER(&reply->body);
    (void)request;

    rp_write_begin(&writer, '{');
    rp_write_name(&writer, "versions");
    rp_write_begin(&writer, '[');
    write_version(sim, &writer);
    rp_write_end(&writer, ']');
    rp_write_end(&writer, '}');
}

void sim_elb_version(rp_sim *sim, const sim_request *request, sim_reply *reply)
{
    rp_json_writer writer = RP_JSON_WRITER(&reply->body);
    (void)request;

    rp_write_begin(&writer, '{');
    rp_write_name(&writer, "version");
    write_version(sim, &writer);
    rp_write_end(&writer, '}');
}

/* Load balancers: exactly one, read-only. */

static void write_loadbalancer(const rp_sim *sim, rp_json_writer *writer)
{
    char created[SIM_TIME_SIZE];

    sim_format_time(sim->start_wall_s, created);
    rp_write_begin(writer, '{');
    rp_write_text_member(writer, "vip_address", "192.144.62.114");
    rp_write_text_member(writer, "update_time", created);
    rp_write_text_member(writer, "create_time", created);
    rp_write_text_member(writer, "id", LOADBALANCER);
    rp_write_text_member(writer, "status", "ACTIVE");
    rp_write_integer_member(writer, "bandwidth", 1);
    rp_write_text_member(writer, "security_group_id", NULL);
    rp_write_text_member(writer, "vpc_id", "f54a3ffd-7a55-4568-9e3d-f0ff2d46a107");
    rp_write_integer_member(writer, "admin_state_up", 1);
    rp_write_text_member(writer, "vip_subnet_id", NULL);
    rp_write_text_member(writer, "type", "External");
    rp_write_text_member(writer, "name", "elb-sim");
    rp_write_text_member(writer, "description", NULL);
    rp_write_end(writer, '}');
}

void sim_elb_list_loadbalancers(rp_sim *sim, const sim_request *request, sim_reply *reply)
{
    rp_json_writer writer = RP_JSON_WRITER(&reply->body);

    rp_write_begin(&writer, '{');
    rp_write_name(&writer, "loadbalancers");
    if (sim_owns_path(sim, request)) {
        rp_write_begin(&writer, '[');
        write_loadbalancer(sim, &writer);
        rp_write_end(&writer, ']');
    } else {
        sim_write_empty_list(sim, &writer);
    }
    /* The API reference prints it as a string. */
    rp_write_text_member(&writer, "instance_num", sim_owns_path(sim, request) ? "1" : "0");
    rp_write_end(&writer, '}');
}

void sim_elb_get_loadbalancer(rp_sim *sim, const sim_request *request, sim_reply *reply)
{
    rp_json_writer writer = RP_JSON_WRITER(&reply->body);

    if (!sim_owns_path(sim, request) || strcmp(request->captured[1], LOADBALANCER) != 0)
        sim_refuse(reply, SIM_LOADBALANCER_MISSING);
    else
        write_loadbalancer(sim, &writer);
}

/* Listeners. */

static const char *healthcheck_id(const rp_sim *sim, const sim_listener *listener)
{
    for (const sim_healthcheck *check = sim->state.healthchecks; check; check = check->next) {
        if (!strcmp(check->listener_id, listener->id))
            return check->id;
    }
    return NULL;
}

static size_t count_listed(const sim_listener *listener, int64_t now_ms)
{
    size_t n = 0;

    for (const sim_link *link = listener->first; link; link = link->next)
        n += sim_link_listed(link, now_ms);
    return n;
}

/* HTTPS and SSL end at the load balancer. */
static const char *backend_protocol(const char *protocol)
{
    if (!strcmp(protocol, "HTTPS"))
        return "HTTP";
    return !strcmp(protocol, "SSL") ? "TCP" : protocol;
}

static void write_listener(const rp_sim *sim, const sim_listener *listener, rp_json_writer *writer)
{
    char created[SIM_TIME_SIZE];

    sim_format_time(listener->created_s, created);
    rp_write_begin(writer, '{');
    rp_write_text_member(writer, "update_time", created);
    rp_write_integer_member(writer, "backend_port", listener->port);
    rp_write_text_member(writer, "id", listener->id);
    rp_write_text_member(writer, "backend_protocol", backend_protocol(listener->protocol));
    rp_write_text_member(writer, "sticky_session_type", NULL);
    rp_write_text_member(writer, "certificate_id", NULL);
    rp_write_text_member(writer, "description", "");
    rp_write_text_member(writer, "loadbalancer_id", listener->loadbalancer_id);
    rp_write_text_member(writer, "create_time", created);
    rp_write_text_member(writer, "status", "ACTIVE");
    rp_write_text_member(writer, "protocol", listener->protocol);
    rp_write_integer_member(writer, "port", listener->port);
    rp_write_integer_member(writer, "cookie_timeout", 100);
    rp_write_boolean_member(writer, "admin_state_up", true);
    rp_write_integer_member(writer, "member_number", (int64_t)count_listed(listener, sim_now_ms(sim)));
    rp_write_text_member(writer, "healthcheck_id", healthcheck_id(sim, listener));
    rp_write_boolean_member(writer, "session_sticky", false);
    rp_write_text_member(writer, "lb_algorithm", "roundrobin");
    rp_write_text_member(writer, "name", listener->name);
    rp_write_boolean_member(writer, "tcp_draining", true);
    rp_write_integer_member(writer, "tcp_draining_timeout", 5);
    rp_write_end(writer, '}');
}

static bool matches(const sim_request *request, const sim_listener *listener)
{
    const struct {
        const char *name, *value;
    } fields[] = {{"id", listener->id},
                  {"name", listener->name},
                  {"protocol", listener->protocol},
                  {"loadbalancer_id", listener->loadbalancer_id}};

    for (size_t i = 0; i < rp_count_of(fields); i++) {
        const char *wanted = sim_request_query(request, fields[i].name);
        if (wanted && *wanted && strcmp(wanted, fields[i].value) != 0)
            return false;
    }
    return true;
}

void sim_elb_list_listeners(rp_sim *sim, const sim_request *request, sim_reply *reply)
{
    rp_json_writer writer = RP_JSON_WRITER(&reply->body);
    size_t shown = 0;

    rp_write_begin(&writer, '[');
    for (const sim_listener *at = sim->state.listeners; sim_owns_path(sim, request) && at; at = at->next) {
        if (!matches(request, at))
            continue;
        write_listener(sim, at, &writer);
        shown++;
    }
    rp_write_end(&writer, ']');
    if (shown)
        return;
    rp_buffer_done(&reply->body);
    writer = RP_JSON_WRITER(&reply->body);
    sim_write_empty_list(sim, &writer);
}

static bool port_is_taken(const rp_sim *sim, int64_t port)
{
    for (const sim_listener *listener = sim->state.listeners; listener; listener = listener->next) {
        if (listener->port == port)
            return true;
    }
    return false;
}

static bool is_protocol(const char *protocol)
{
    static const char *const protocols[] = {"HTTP", "TCP", "HTTPS", "SSL", "UDP"};

    for (size_t i = 0; i < rp_count_of(protocols); i++) {
        if (!strcmp(protocols[i], protocol))
            return true;
    }
    return false;
}

static bool is_strict_id(const char *id)
{
    return strlen(id) == 32 && strspn(id, "0123456789abcdef") == 32;
}

int sim_listener_given(rp_sim *sim, const char *id, const char *protocol, rp_error **error)
{
    if (sim->settings.strict_ids && !is_strict_id(id))
        return rp_error_set(error, RP_E_INVALID,
                            "listener \"%s\": the id must be 32 lower-case hexadecimal digits (strict-ids)",
                            id);
    if (!is_protocol(protocol))
        return rp_error_set(error, RP_E_INVALID,
                            "listener \"%s\": \"%s\" is none of: HTTP, TCP, HTTPS, SSL, UDP", id, protocol);
    if (sim_listener_find(&sim->state, id))
        return rp_error_set(error, RP_E_INVALID, "listener \"%s\" already exists", id);
    if (!sim_listener_add(&sim->state, id, protocol, sim_wall_ms(sim) / 1000))
        return rp_error_no_memory(error);
    return 0;
}

static bool refuse_listener(const rp_sim *sim, const rp_json *body, sim_reply *reply)
{
    const char *name = rp_json_text(rp_json_get(body, "name"));
    const char *protocol = rp_json_text(rp_json_get(body, "protocol"));
    const char *loadbalancer_id = rp_json_text(rp_json_get(body, "loadbalancer_id"));
    int64_t port = 0;

    if (!name || !*name || strlen(name) > 64 || !protocol || !loadbalancer_id)
        sim_refuse(reply, SIM_LISTENER_INPUT);
    else if (!is_protocol(protocol))
        sim_refuse(reply, SIM_LISTENER_PROTOCOL);
    else if (!rp_json_integer(rp_json_get(body, "port"), &port) || port < 1 || port > 65535)
        sim_refuse(reply, SIM_LISTENER_PORT);
    else if (strcmp(loadbalancer_id, LOADBALANCER) != 0)
        sim_refuse(reply, SIM_LOADBALANCER_MISSING);
    else if (port_is_taken(sim, port))
        sim_refuse(reply, SIM_LISTENER_PORT_TAKEN);
    else
        return false;
    return true;
}

void sim_elb_create_listener(rp_sim *sim, const sim_request *request, sim_reply *reply)
{
    rp_json_writer writer = RP_JSON_WRITER(&reply->body);
    const rp_json *body = request->json;
    _cleanup_(rp_freep) char *name = NULL;
    sim_listener *listener;
    int64_t port = 0;
    char id[SIM_ID_SIZE];

    if (!sim_owns_path(sim, request) || refuse_listener(sim, body, reply)) {
        if (!sim_owns_path(sim, request))
            sim_refuse(reply, SIM_LOADBALANCER_MISSING);
        return;
    }
    sim_new_id(&sim->state, id);
    name = strdup(rp_json_text(rp_json_get(body, "name")));
    listener = name ? sim_listener_add(&sim->state, id, rp_json_text(rp_json_get(body, "protocol")),
                                       sim_wall_ms(sim) / 1000)
                    : NULL;
    if (!listener) {
        sim_reply_error(reply, SIM_SHAPE_TEXT, 500, NULL, "the simulator is out of memory");
        return;
    }
    rp_json_integer(rp_json_get(body, "port"), &port);
    listener->port = (uint32_t)port;
    free(listener->name);
    listener->name = rp_take(name);
    write_listener(sim, listener, &writer);
}

static bool refuse_id(const rp_sim *sim, const sim_request *request, sim_reply *reply)
{
    return sim_refuse_listener_id(sim, request->captured[1], SIM_LISTENER_ID_LENGTH, SIM_LISTENER_ID_CONTENT,
                                  reply);
}

void sim_elb_get_listener(rp_sim *sim, const sim_request *request, sim_reply *reply)
{
    const sim_listener *listener = sim_listener_in_path(sim, request);
    rp_json_writer writer = RP_JSON_WRITER(&reply->body);

    if (refuse_id(sim, request, reply))
        return;
    if (!listener)
        sim_refuse(reply, SIM_LISTENER_MISSING);
    else
        write_listener(sim, listener, &writer);
}

void sim_elb_delete_listener(rp_sim *sim, const sim_request *request, sim_reply *reply)
{
    sim_listener *listener = sim_listener_in_path(sim, request);

    if (refuse_id(sim, request, reply))
        return;
    if (!listener) {
        sim_refuse(reply, SIM_LISTENER_MISSING);
        return;
    }
    sim_listener_drop(&sim->state, listener);
    reply->status = 204;
}

/* Health checks: stored, without effect. */

static sim_healthcheck **find_healthcheck(rp_sim *sim, const sim_request *request)
{
    sim_healthcheck **at = &sim->state.healthchecks;

    while (*at && strcmp((*at)->id, request->captured[1]) != 0)
        at = &(*at)->next;
    return at;
}

static void write_healthcheck(const sim_healthcheck *check, rp_json_writer *writer)
{
    char created[SIM_TIME_SIZE];

    sim_format_time(check->created_s, created);
    rp_write_begin(writer, '{');
    rp_write_integer_member(writer, "healthcheck_interval", 5);
    rp_write_text_member(writer, "listener_id", check->listener_id);
    rp_write_text_member(writer, "id", check->id);
    rp_write_text_member(writer, "healthcheck_protocol", check->protocol);
    rp_write_integer_member(writer, "unhealthy_threshold", 2);
    rp_write_text_member(writer, "update_time", created);
    rp_write_text_member(writer, "create_time", created);
    rp_write_integer_member(writer, "healthcheck_connect_port", 80);
    rp_write_integer_member(writer, "healthcheck_timeout", 10);
    rp_write_text_member(writer, "healthcheck_uri", "/");
    rp_write_integer_member(writer, "healthy_threshold", 3);
    rp_write_end(writer, '}');
}

static void healthcheck_freep(sim_healthcheck **check)
{
    if (!*check)
        return;
    free((*check)->listener_id);
    free((*check)->protocol);
    free(*check);
}

void sim_elb_create_healthcheck(rp_sim *sim, const sim_request *request, sim_reply *reply)
{
    _cleanup_(healthcheck_freep) sim_healthcheck *check = calloc(1, sizeof(*check));
    const char *listener_id = rp_json_text(rp_json_get(request->json, "listener_id"));
    const char *protocol = rp_json_text(rp_json_get(request->json, "healthcheck_protocol"));
    rp_json_writer writer = RP_JSON_WRITER(&reply->body);

    if (!listener_id || !sim_owns_path(sim, request) || !sim_listener_find(&sim->state, listener_id)) {
        sim_refuse(reply, SIM_HEALTHCHECK_LISTENER);
        return;
    }
    if (check) {
        check->listener_id = strdup(listener_id);
        check->protocol = strdup(protocol ? protocol : "TCP");
        check->created_s = sim_wall_ms(sim) / 1000;
    }
    if (!check || !check->listener_id || !check->protocol) {
        sim_reply_error(reply, SIM_SHAPE_TEXT, 500, NULL, "the simulator is out of memory");
        return;
    }
    sim_new_id(&sim->state, check->id);
    write_healthcheck(check, &writer);
    check->next = sim->state.healthchecks;
    sim->state.healthchecks = rp_take(check);
}

void sim_elb_get_healthcheck(rp_sim *sim, const sim_request *request, sim_reply *reply)
{
    rp_json_writer writer = RP_JSON_WRITER(&reply->body);
    const sim_healthcheck *check = *find_healthcheck(sim, request);

    if (check)
        write_healthcheck(check, &writer);
    else
        sim_refuse(reply, SIM_HEALTHCHECK_MISSING);
}

void sim_elb_delete_healthcheck(rp_sim *sim, const sim_request *request, sim_reply *reply)
{
    sim_healthcheck **at = find_healthcheck(sim, request);
    _cleanup_(healthcheck_freep) sim_healthcheck *check = *at;

    if (!check) {
        sim_refuse(reply, SIM_HEALTHCHECK_MISSING);
        return;
    }
    *at = check->next;
    reply->status = 204;
}

/* Quotas and jobs. */

static void write_quota(const char *type, int64_t used, int64_t most, rp_json_writer *writer)
{
    rp_write_begin(writer, '{');
    rp_write_text_member(writer, "type", type);
    if (used >= 0)
        rp_write_integer_member(writer, "used", used);
    rp_write_integer_member(writer, "quota", 5);
    rp_write_integer_member(writer, "max", most);
    rp_write_integer_member(writer, "min", 1);
    rp_write_end(writer, '}');
}

void sim_elb_quotas(rp_sim *sim, const sim_request *request, sim_reply *reply)
{
    rp_json_writer writer = RP_JSON_WRITER(&reply->body);

    rp_write_begin(&writer, '{');
    rp_write_name(&writer, "quotas");
    rp_write_begin(&writer, '{');
    rp_write_name(&writer, "resources");
    rp_write_begin(&writer, '[');
    write_quota("elb", sim_owns_path(sim, request) ? 1 : 0, 100, &writer);
    write_quota("listener", -1, 200, &writer);
    rp_write_end(&writer, ']');
    rp_write_end(&writer, '}');
    rp_write_end(&writer, '}');
}

static bool is_forgotten(const rp_sim *sim, const sim_job *job)
{
    int64_t keep_ms = (int64_t)sim->settings.job_keep_s * 1000;

    return keep_ms && job->end_ms != SIM_NEVER && sim_now_ms(sim) >= job->end_ms + keep_ms;
}

void sim_elb_job(rp_sim *sim, const sim_request *request, sim_reply *reply)
{
    rp_json_writer writer = RP_JSON_WRITER(&reply->body);
    const sim_job *job = sim_owns_path(sim, request) ? sim_job_find(&sim->state, request->captured[1]) : NULL;

    if (job && !is_forgotten(sim, job))
        sim_job_write(job, sim_now_ms(sim), &sim->settings, &writer);
    else
        sim_refuse(reply, sim->settings.unknown_job ? SIM_JOB_INVALID : SIM_JOB_MISSING);
}
