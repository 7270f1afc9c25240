#include "sim/state.h"

#include "base/text.h"

#include <string.h>

/* The oldest are forgotten beyond so many. */
#define MAX_JOBS 20000u

sim_job *sim_job_new(sim_state *state, sim_kind kind, const char *type, const char *listener_id, size_t items)
{
    _cleanup_(sim_job_freep) sim_job *job = calloc(1, sizeof(*job));

    if (!job)
        return NULL;
    sim_new_id(state, job->id);
    job->kind = kind;
    job->type = strdup(type);
    job->listener_id = strdup(listener_id);
    job->items = calloc(items ? items : 1, sizeof(*job->items));
    if (!job->type || !job->listener_id || !job->items)
        return NULL;
    job->n_items = items;
    return rp_take(job);
}

static void forget_oldest(sim_state *state)
{
    sim_job *job = state->jobs;

    for (const sim_job *open = state->removing; open; open = open->removing) {
        if (open == job)
            return;
    }
    state->jobs = job->next;
    if (!state->jobs)
        state->jobs_end = &state->jobs;
    sim_map_drop(&state->jobs_by_id, &job->node);
    sim_job_free(job);
}

bool sim_job_enter(sim_state *state, sim_job *job)
{
    if (!sim_map_put(&state->jobs_by_id, &job->node, rp_hash(RP_HASH_START, job->id, strlen(job->id))))
        return false;
    *state->jobs_end = job;
    state->jobs_end = &job->next;
    if (job->kind == SIM_REMOVE) {
        job->removing = state->removing;
        state->removing = job;
    }
    if (state->jobs_by_id.count > MAX_JOBS)
        forget_oldest(state);
    return true;
}

sim_job *sim_job_find(const sim_state *state, const char *id)
{
    sim_node *node = sim_map_first(&state->jobs_by_id, rp_hash(RP_HASH_START, id, strlen(id)));

    for (; node; node = sim_map_next(node)) {
        sim_job *job = sim_owner(node, sim_job, node);
        if (!strcmp(job->id, id))
            return job;
    }
    return NULL;
}

/* Quarters: INIT, RUNNING with nothing to show, RUNNING with entities for the rest. */
static int64_t quarter(const sim_job *job, int n)
{
    if (job->end_ms == SIM_NEVER)
        return job->begin_ms;
    return job->begin_ms + (job->end_ms - job->begin_ms) * n / 4;
}

const char *sim_job_status(const sim_job *job, int64_t now_ms)
{
    if (now_ms < quarter(job, 1))
        return "INIT";
    if (now_ms < job->end_ms)
        return "RUNNING";
    if (!job->fails)
        return "SUCCESS";
    return job->form == SIM_JOB_FORM_WORD ? job->word : "FAIL";
}

static void write_item(const sim_job *job, const sim_item *item, int entity_address, rp_json_writer *writer)
{
    rp_write_begin(writer, '{');
    rp_write_text_member(writer, "id", item->member_id);
    if (job->kind == SIM_ADD) {
        if (entity_address != SIM_ENTITY_NONE)
            rp_write_text_member(writer, "address",
                                 entity_address == SIM_ENTITY_PRIVATE ? item->address : item->floating);
        rp_write_text_member(writer, "server_id", item->server_id);
    }
    rp_write_end(writer, '}');
}

static void write_entities(const sim_job *job, bool failed, int entity_address, rp_json_writer *writer)
{
    rp_write_begin(writer, '{');
    rp_write_text_member(writer, "listener_id", job->listener_id);
    rp_write_name(writer, "members");
    rp_write_begin(writer, '[');
    for (size_t i = 0; i < job->n_items; i++)
        write_item(job, &job->items[i], entity_address, writer);
    rp_write_end(writer, ']');
    if (failed && job->form == SIM_JOB_FORM_ENTITIES) {
        rp_write_text_member(writer, "error_code", "ELB.2050");
        rp_write_text_member(writer, "fail_reason", "member listener not belong to any loadbalancer");
    }
    rp_write_end(writer, '}');
}

static void write_failure(const sim_job *job, bool failed, rp_json_writer *writer)
{
    bool flat = failed && (job->form == SIM_JOB_FORM_ERROR_CODE || job->form == SIM_JOB_FORM_NOT_FOUND);
    const char *code = job->form == SIM_JOB_FORM_NOT_FOUND ? "NOT_FOUND_ERROR" : job->code;

    rp_write_text_member(writer, "error_code", flat ? code : NULL);
    rp_write_text_member(writer, "fail_reason", flat ? job->message : NULL);
    if (failed && job->form == SIM_JOB_FORM_MESSAGE) {
        rp_write_text_member(writer, "message", job->message);
        rp_write_text_member(writer, "code", job->code);
    }
}

static void write_sub_jobs(int how, rp_json_writer *writer)
{
    if (how == SIM_SUB_JOBS_ABSENT)
        return;
    rp_write_name(writer, "sub_jobs");
    rp_write_raw(writer, how == SIM_SUB_JOBS_TEXT ? "\"\"" : "[]", 2);
}

void sim_job_write(const sim_job *job, int64_t now_ms, const sim_settings *settings, rp_json_writer *writer)
{
    bool ended = now_ms >= job->end_ms, failed = ended && job->fails;
    char begin[SIM_TIME_SIZE], end[SIM_TIME_SIZE] = "";

    sim_format_iso(job->begin_wall_ms, 3, begin);
    if (ended)
        sim_format_iso(job->begin_wall_ms + (job->end_ms - job->begin_ms), 3, end);
    rp_write_begin(writer, '{');
    rp_write_text_member(writer, "status", sim_job_status(job, now_ms));
    rp_write_name(writer, "entities");
    if (now_ms >= quarter(job, 2)) {
        write_entities(job, failed, settings->entity_address, writer);
    } else {
        rp_write_begin(writer, '{');
        rp_write_end(writer, '}');
    }
    rp_write_text_member(writer, "job_id", job->id);
    rp_write_text_member(writer, "job_type", job->type);
    rp_write_text_member(writer, "begin_time", begin);
    rp_write_text_member(writer, "end_time", end);
    write_failure(job, failed, writer);
    write_sub_jobs(settings->sub_jobs, writer);
    rp_write_end(writer, '}');
}
