#include "sim/internal.h"

#include "base/text.h"

#include <string.h>

/* GET. */

static void show_requests(rp_sim *sim, rp_json_writer *writer)
{
    sim_request_log_write(&sim->request_log, writer);
}

static void show_counts(rp_sim *sim, rp_json_writer *writer)
{
    sim_request_log_write_counts(&sim->request_log, writer);
}

static void show_config(rp_sim *sim, rp_json_writer *writer)
{
    rp_write_begin(writer, '{');
    rp_write_name(writer, "settings");
    rp_write_begin(writer, '{');
    sim_options_write(sim_settings_table, &sim->settings, writer);
    rp_write_end(writer, '}');
    rp_write_name(writer, "faults");
    sim_faults_write(&sim->faults, writer);
    rp_write_text_member(writer, "url", sim->url);
    rp_write_end(writer, '}');
}

static void show_member(const sim_link *link, int64_t now_ms, rp_json_writer *writer)
{
    rp_write_begin(writer, '{');
    rp_write_text_member(writer, "id", link->member->id);
    rp_write_text_member(writer, "server_id", link->member->server_id);
    rp_write_text_member(writer, "address", link->member->address);
    rp_write_text_member(writer, "floating_address", link->member->floating);
    rp_write_boolean_member(writer, "listed", sim_link_listed(link, now_ms));
    rp_write_boolean_member(writer, "leaving", link->gone_ms != SIM_NEVER);
    rp_write_end(writer, '}');
}

static void show_listener(const sim_listener *listener, int64_t now_ms, rp_json_writer *writer)
{
    rp_write_begin(writer, '{');
    rp_write_text_member(writer, "id", listener->id);
    rp_write_text_member(writer, "protocol", listener->protocol);
    rp_write_name(writer, "members");
    rp_write_begin(writer, '[');
    for (const sim_link *link = listener->first; link; link = link->next)
        show_member(link, now_ms, writer);
    rp_write_end(writer, ']');
    rp_write_end(writer, '}');
}

static void show_job(const sim_job *job, int64_t now_ms, rp_json_writer *writer)
{
    rp_write_begin(writer, '{');
    rp_write_text_member(writer, "id", job->id);
    rp_write_text_member(writer, "kind", sim_kind_names[job->kind]);
    rp_write_text_member(writer, "listener_id", job->listener_id);
    rp_write_integer_member(writer, "records", (int64_t)job->n_items);
    rp_write_text_member(writer, "status", sim_job_status(job, now_ms));
    rp_write_end(writer, '}');
}

static void show_state(rp_sim *sim, rp_json_writer *writer)
{
    int64_t now_ms = sim_now_ms(sim);

    rp_write_begin(writer, '{');
    rp_write_name(writer, "listeners");
    rp_write_begin(writer, '[');
    for (const sim_listener *listener = sim->state.listeners; listener; listener = listener->next)
        show_listener(listener, now_ms, writer);
    rp_write_end(writer, ']');
    rp_write_name(writer, "jobs");
    rp_write_begin(writer, '[');
    for (const sim_job *job = sim->state.jobs; job; job = job->next)
        show_job(job, now_ms, writer);
    rp_write_end(writer, ']');
    rp_write_integer_member(writer, "tokens", (int64_t)sim->state.tokens_by_text.count);
    rp_write_end(writer, '}');
}

/* POST. */

int sim_settings_applied(rp_sim *sim, rp_error **error)
{
    size_t size = sim->settings.log_size < 1000000 ? sim->settings.log_size : 1000000;

    if (sim->request_log.ring && sim->request_log.size == (size ? size : 1))
        return 0;
    return sim_request_log_resize(&sim->request_log, size) ? 0 : rp_error_no_memory(error);
}

static int change_settings(rp_sim *sim, const rp_json *body, rp_error **error)
{
    int failed = sim_options_read(sim_settings_table, &sim->settings, body, error);

    return failed < 0 ? failed : sim_settings_applied(sim, error);
}

static int change_faults(rp_sim *sim, const rp_json *body, rp_error **error)
{
    return sim_faults_add(&sim->faults, body, error);
}

static void reset_log(rp_sim *sim)
{
    sim_request_log_clear(&sim->request_log);
    sim_faults_clear(&sim->faults);
}

static void reset_all(rp_sim *sim)
{
    reset_log(sim);
    sim_state_empty(&sim->state);
}

static void reset_faults(rp_sim *sim)
{
    sim_faults_clear(&sim->faults);
}

static void reset_tokens(rp_sim *sim)
{
    sim_tokens_drop(&sim->state);
    sim_keys_drop(&sim->state.keys);
}

static const struct {
    const char *what;
    void (*reset)(rp_sim *sim);
} resets[] = {{"log", reset_log}, {"all", reset_all}, {"faults", reset_faults}, {"tokens", reset_tokens}};

static int change_back(rp_sim *sim, const rp_json *body, rp_error **error)
{
    const char *what = rp_json_text(rp_json_get(body, "what"));

    for (size_t i = 0; i < rp_count_of(resets); i++) {
        if (!strcmp(resets[i].what, what ? what : "log")) {
            resets[i].reset(sim);
            return 0;
        }
    }
    return rp_error_set(error, RP_E_INVALID, "what: \"%s\" is none of: log, all, faults, tokens", what);
}

static int remove_member(rp_sim *sim, sim_listener *listener, const rp_json *item, rp_error **error)
{
    const char *id = rp_json_text(rp_json_get(item, "id"));
    const char *server_id = rp_json_text(rp_json_get(item, "server_id"));
    const char *address = rp_json_text(rp_json_get(item, "address"));
    sim_link *link = NULL;

    if (!id && (!server_id || !address))
        return rp_error_set(error, RP_E_INVALID, "remove: expected id, or server_id and address");
    link = id ? sim_link_find(&sim->state, listener, id)
              : sim_link_find_key(&sim->state, listener, server_id, address);
    if (!link)
        return rp_error_set(error, RP_E_NOT_FOUND, "remove: unknown member");
    sim_link_drop(&sim->state, link);
    return 0;
}

static int add_member(rp_sim *sim, sim_listener *listener, const rp_json *item, rp_error **error)
{
    const char *server_id = rp_json_text(rp_json_get(item, "server_id"));
    const char *address = rp_json_text(rp_json_get(item, "address"));

    if (!server_id || !address)
        return rp_error_set(error, RP_E_INVALID, "add: expected server_id and address");
    if (!sim_link_add(&sim->state, listener, server_id, address, sim->settings.shared_member_ids,
                      sim_wall_ms(sim) / 1000))
        return rp_error_no_memory(error);
    return 0;
}

static int each_member(rp_sim *sim, sim_listener *listener, const rp_json *items,
                       int (*change)(rp_sim *, sim_listener *, const rp_json *, rp_error **),
                       rp_error **error)
{
    for (size_t i = 0; i < rp_json_count(items); i++) {
        int failed = change(sim, listener, rp_json_at(items, i), error);
        if (failed < 0)
            return failed;
    }
    return 0;
}

static int change_members(rp_sim *sim, const rp_json *body, rp_error **error)
{
    const char *id = rp_json_text(rp_json_get(body, "listener_id"));
    sim_listener *listener = id ? sim_listener_find(&sim->state, id) : NULL;
    bool clear = false;
    int failed;

    if (!listener)
        return rp_error_set(error, RP_E_NOT_FOUND, "unknown listener \"%s\"", id ? id : "");
    rp_json_boolean(rp_json_get(body, "clear"), &clear);
    while (clear && listener->first)
        sim_link_drop(&sim->state, listener->first);
    failed = each_member(sim, listener, rp_json_get(body, "remove"), remove_member, error);
    return failed < 0 ? failed : each_member(sim, listener, rp_json_get(body, "add"), add_member, error);
}

static int change_listeners(rp_sim *sim, const rp_json *body, rp_error **error)
{
    const char *id = rp_json_text(rp_json_get(body, "id"));
    const char *protocol = rp_json_text(rp_json_get(body, "protocol"));
    const char *removed = rp_json_text(rp_json_get(body, "remove"));
    sim_listener *listener = removed ? sim_listener_find(&sim->state, removed) : NULL;

    if (removed && !listener)
        return rp_error_set(error, RP_E_NOT_FOUND, "unknown listener \"%s\"", removed);
    if (removed)
        sim_listener_drop(&sim->state, listener);
    if (!id)
        return removed ? 0 : rp_error_set(error, RP_E_INVALID, "expected id or remove");
    return sim_listener_given(sim, id, protocol ? protocol : "TCP", error);
}

/* At most a year: cannot overflow. */
#define MAX_ADVANCE_MS (366ll * 24 * 3600 * 1000)

static int change_time(rp_sim *sim, const rp_json *body, rp_error **error)
{
    int64_t ms;

    if (!rp_json_integer(rp_json_get(body, "advance_ms"), &ms) || ms < 0 || ms > MAX_ADVANCE_MS)
        return rp_error_set(error, RP_E_INVALID, "advance_ms: expected milliseconds, at most a year");
    sim->ahead_ms += ms;
    sim_state_advance(&sim->state, sim_now_ms(sim));
    return 0;
}

static const struct view {
    const char *what;
    void (*show)(rp_sim *sim, rp_json_writer *writer);
} views[] = {
    {"requests", show_requests}, {"counts", show_counts}, {"state", show_state}, {"config", show_config}};

static const struct change {
    const char *what;
    int (*make)(rp_sim *sim, const rp_json *body, rp_error **error);
} changes[] = {{"settings", change_settings}, {"faults", change_faults},       {"reset", change_back},
               {"members", change_members},   {"listeners", change_listeners}, {"time", change_time}};

bool sim_control_show(rp_sim *sim, const char *what, rp_json_writer *writer)
{
    for (size_t i = 0; i < rp_count_of(views); i++) {
        if (!strcmp(views[i].what, what)) {
            views[i].show(sim, writer);
            return true;
        }
    }
    return false;
}

int sim_control_change(rp_sim *sim, const char *what, const rp_json *body, rp_error **error)
{
    for (size_t i = 0; i < rp_count_of(changes); i++) {
        if (!strcmp(changes[i].what, what))
            return changes[i].make(sim, body, error);
    }
    return rp_error_set(error, RP_E_NOT_FOUND, "unknown path: POST /sim/%s", what);
}

static void answer_post(rp_sim *sim, const char *what, const sim_request *request, sim_reply *reply)
{
    _cleanup_(rp_error_freep) rp_error *error = NULL;
    _cleanup_(rp_json_freep) rp_json *empty = NULL;
    const rp_json *body = request->json;

    if (!request->body.len && rp_json_parse("{}", 2, &empty, &error) == 0)
        body = empty;
    if (!error && !body)
        rp_error_set(&error, RP_E_INVALID, "the body is not JSON");
    if (!error)
        sim_control_change(sim, what, body, &error);
    if (!error) {
        rp_buffer_add_text(&reply->body, "{}");
        return;
    }
    sim_reply_error(reply, SIM_SHAPE_FLAT, error->code == RP_E_NOT_FOUND ? 404 : 400, "sim", error->message);
}

void sim_control_answer(rp_sim *sim, const char *what, const sim_request *request, sim_reply *reply)
{
    rp_json_writer writer = RP_JSON_WRITER(&reply->body);

    if (!strcmp(request->method, "POST"))
        answer_post(sim, what, request, reply);
    else if (strcmp(request->method, "GET") != 0 || !sim_control_show(sim, what, &writer))
        sim_reply_error(reply, SIM_SHAPE_FLAT, 404, "sim", "unknown path under /sim");
}
