/*
 * The simulator's state, for its own files. Except for the first members, hold the
 * lock to access it.
 */
#ifndef RP_SIM_INTERNAL_H
#define RP_SIM_INTERNAL_H

#include "sim/authorize.h"
#include "sim/fault.h"
#include "sim/request_log.h"
#include "sim/settings.h"
#include "sim/sim.h"
#include "sim/state.h"

#include <pthread.h>

struct rp_sim {
    /* Constant after the start. */
    struct MHD_Daemon *daemon;
    const rp_clock *clock;
    char *url;
    char *ca_pem;
    int stop_fd; /* readable when the simulator stops */
    void (*on_line)(void *context, const char *line);
    void *on_line_context;
    pthread_mutex_t lock;

    int64_t start_ms, start_wall_s;
    int64_t ahead_ms; /* added to the clock by POST /sim/time */
    sim_settings settings;
    sim_faults faults;
    sim_state state;
    sim_request_log request_log;
    const sim_fault *fault;          /* of the request being answered, or NULL */
    sim_authorization authorization; /* of that request, if its route needs a token */
    int64_t window_s;                /* the second that rate-limit counts in */
    unsigned in_window;
    unsigned last_connection;
};

static inline int64_t sim_now_ms(const rp_sim *sim)
{
    return rp_now_ms(sim->clock) + sim->ahead_ms;
}

static inline int64_t sim_wall_ms(const rp_sim *sim)
{
    return (sim->start_wall_s + sim->settings.clock_skew_s) * 1000 + (sim_now_ms(sim) - sim->start_ms);
}

/* Answers the request: checks token and body, then calls the route. */
void sim_service_answer(rp_sim *sim, const sim_route *route, const sim_request *request, sim_reply *reply);

/* The refusal for a token of another project. */
void sim_refuse_project(const rp_sim *sim, sim_reply *reply);

/* A project's name by id, or its id by name; NULL if unknown. The caller frees. */
char *sim_project_name(const sim_settings *settings, const char *id);
char *sim_project_id(const sim_settings *settings, const char *name);

/* Calls each project, the main one first, until a call returns false. */
void sim_projects_each(const sim_settings *settings,
                       bool (*each)(void *context, const char *id, const char *name), void *context);

/* Applies a changed log-size. */
int sim_settings_applied(rp_sim *sim, rp_error **error);

/* GET and POST of /sim/WHAT. */
bool sim_control_show(rp_sim *sim, const char *what, rp_json_writer *writer);
int sim_control_change(rp_sim *sim, const char *what, const rp_json *body, rp_error **error);
void sim_control_answer(rp_sim *sim, const char *what, const sim_request *request, sim_reply *reply);

/* The handlers of the routes. */
void sim_elb_versions(rp_sim *sim, const sim_request *request, sim_reply *reply);
void sim_elb_version(rp_sim *sim, const sim_request *request, sim_reply *reply);
void sim_elb_list_loadbalancers(rp_sim *sim, const sim_request *request, sim_reply *reply);
void sim_elb_get_loadbalancer(rp_sim *sim, const sim_request *request, sim_reply *reply);
void sim_elb_list_listeners(rp_sim *sim, const sim_request *request, sim_reply *reply);
void sim_elb_create_listener(rp_sim *sim, const sim_request *request, sim_reply *reply);
void sim_elb_get_listener(rp_sim *sim, const sim_request *request, sim_reply *reply);
void sim_elb_delete_listener(rp_sim *sim, const sim_request *request, sim_reply *reply);
void sim_elb_create_healthcheck(rp_sim *sim, const sim_request *request, sim_reply *reply);
void sim_elb_get_healthcheck(rp_sim *sim, const sim_request *request, sim_reply *reply);
void sim_elb_delete_healthcheck(rp_sim *sim, const sim_request *request, sim_reply *reply);
void sim_elb_quotas(rp_sim *sim, const sim_request *request, sim_reply *reply);
void sim_elb_job(rp_sim *sim, const sim_request *request, sim_reply *reply);
void sim_members_list(rp_sim *sim, const sim_request *request, sim_reply *reply);
void sim_members_add(rp_sim *sim, const sim_request *request, sim_reply *reply);
void sim_members_remove(rp_sim *sim, const sim_request *request, sim_reply *reply);
void sim_iam_version(rp_sim *sim, const sim_request *request, sim_reply *reply);
void sim_iam_login(rp_sim *sim, const sim_request *request, sim_reply *reply);
void sim_iam_projects(rp_sim *sim, const sim_request *request, sim_reply *reply);
void sim_iam_domains(rp_sim *sim, const sim_request *request, sim_reply *reply);
void sim_iam_catalog(rp_sim *sim, const sim_request *request, sim_reply *reply);
void sim_metadata_keys(rp_sim *sim, const sim_request *request, sim_reply *reply);
void sim_iam_security_token(rp_sim *sim, const sim_request *request, sim_reply *reply);

/* A list of the identity service. */
void sim_iam_begin_list(rp_json_writer *writer, const char *name);
void sim_iam_end_list(const rp_sim *sim, const char *path, rp_json_writer *writer);

/* The entries of a catalog; project_id NULL: only those that need no project. */
void sim_catalog_write(rp_sim *sim, const char *project_id, rp_json_writer *writer);

/* Adds a listener given on the command line or over /sim. */
int sim_listener_given(rp_sim *sim, const char *id, const char *protocol, rp_error **error);

/* Whether the project in the path is the main one, which owns all. */
bool sim_owns_path(const rp_sim *sim, const sim_request *request);

/* The listener in the path, or NULL. */
sim_listener *sim_listener_in_path(const rp_sim *sim, const sim_request *request);

/* Refuses a malformed listener id; each kind of request has its own refusals for that. */
bool sim_refuse_listener_id(const rp_sim *sim, const char *id, sim_refusal length, sim_refusal content,
                            sim_reply *reply);

/* The same for the path of a member request. */
bool sim_members_refuse_id(const rp_sim *sim, const sim_request *request, sim_reply *reply);

void sim_write_empty_list(const rp_sim *sim, rp_json_writer *writer);

#endif
