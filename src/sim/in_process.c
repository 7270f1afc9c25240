/* The functions of sim.h that tests call on a simulator in their own process. */
#include "sim/internal.h"

#include <string.h>

int rp_sim_set(rp_sim *sim, const char *name, const char *value, rp_error **error)
{
    int failed;

    pthread_mutex_lock(&sim->lock);
    failed = sim_option_set(sim_settings_table, &sim->settings, name, value, error);
    if (failed == 0)
        failed = sim_settings_applied(sim, error);
    pthread_mutex_unlock(&sim->lock);
    return failed;
}

int rp_sim_fault(rp_sim *sim, const char *rule, rp_error **error)
{
    int failed;

    pthread_mutex_lock(&sim->lock);
    failed = sim_faults_add_text(&sim->faults, rule, error);
    pthread_mutex_unlock(&sim->lock);
    return failed;
}

char *rp_sim_read(rp_sim *sim, const char *what)
{
    _cleanup_(rp_buffer_done) rp_buffer text = RP_BUFFER(SIM_MAX_REPLY);
    rp_json_writer writer = RP_JSON_WRITER(&text);
    bool shown;

    pthread_mutex_lock(&sim->lock);
    sim_state_advance(&sim->state, sim_now_ms(sim));
    shown = sim_control_show(sim, what, &writer);
    pthread_mutex_unlock(&sim->lock);
    return shown ? rp_buffer_take(&text) : NULL;
}

int rp_sim_control(rp_sim *sim, const char *what, const char *json, rp_error **error)
{
    _cleanup_(rp_json_freep) rp_json *body = NULL;
    int failed = rp_json_parse(json, strlen(json), &body, error);

    if (failed < 0)
        return failed;
    pthread_mutex_lock(&sim->lock);
    failed = sim_control_change(sim, what, body, error);
    pthread_mutex_unlock(&sim->lock);
    return failed;
}

unsigned rp_sim_count(rp_sim *sim, const char *name)
{
    unsigned count = 0;

    pthread_mutex_lock(&sim->lock);
    sim_request_log_count(&sim->request_log, name, &count);
    pthread_mutex_unlock(&sim->lock);
    return count;
}

static unsigned count_listed(rp_sim *sim, const char *listener_id, const char *server_id)
{
    const sim_listener *listener;
    int64_t now_ms;
    unsigned count = 0;

    pthread_mutex_lock(&sim->lock);
    now_ms = sim_now_ms(sim);
    listener = sim_listener_find(&sim->state, listener_id);
    for (const sim_link *link = listener ? listener->first : NULL; link; link = link->next)
        count += sim_link_listed(link, now_ms) && (!server_id || !strcmp(link->member->server_id, server_id));
    pthread_mutex_unlock(&sim->lock);
    return count;
}

unsigned rp_sim_listed(rp_sim *sim, const char *listener_id)
{
    return count_listed(sim, listener_id, NULL);
}

unsigned rp_sim_listed_of(rp_sim *sim, const char *listener_id, const char *server_id)
{
    return count_listed(sim, listener_id, server_id);
}

void rp_sim_advance(rp_sim *sim, int64_t ms)
{
    pthread_mutex_lock(&sim->lock);
    sim->ahead_ms += ms;
    sim_state_advance(&sim->state, sim_now_ms(sim));
    pthread_mutex_unlock(&sim->lock);
}
