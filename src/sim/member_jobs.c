#include "sim/internal.h"

#include "base/text.h"

#include <string.h>

/* Jobs. */

/* How an accepted job will end. */
struct job_outcome {
    bool fails;
    int form, applied;
    const char *code, *message, *word;
    bool skips_bad; /* the others are added */
};

static struct job_outcome job_outcome_of(const rp_sim *sim)
{
    const sim_fault *fault = sim->fault;

    if (!fault || fault->kind != SIM_FAULT_JOB)
        return (struct job_outcome){.applied = SIM_APPLIED_YES, .code = "", .message = "", .word = ""};
    return (struct job_outcome){.fails = true,
                                .form = fault->form,
                                .applied = fault->applied,
                                .code = *fault->code ? fault->code : "ELB.9001",
                                .message = *fault->message ? fault->message : "Interval ELB create VM error.",
                                .word = fault->word};
}

static bool is_applied(const struct job_outcome *outcome, size_t index)
{
    return outcome->applied == SIM_APPLIED_YES || (outcome->applied == SIM_APPLIED_SOME && index % 2 == 0);
}

static bool store_outcome(sim_job *job, const struct job_outcome *outcome)
{
    job->fails = outcome->fails;
    job->form = outcome->form;
    job->code = strdup(outcome->code);
    job->message = strdup(outcome->message);
    job->word = strdup(outcome->word);
    return job->code && job->message && job->word;
}

static void start_job(const rp_sim *sim, sim_job *job)
{
    bool forever = job->fails && job->form == SIM_JOB_FORM_RUNNING;

    job->begin_ms = sim_now_ms(sim);
    job->begin_wall_ms = sim_wall_ms(sim);
    job->end_ms = forever ? SIM_NEVER : job->begin_ms + sim->settings.job_ms;
}

/* When a list shows the job's effect. A job that never ends takes effect after the usual time. */
static int64_t shows_ms(const rp_sim *sim, const sim_job *job)
{
    if (sim->settings.listed == SIM_LISTED_AT_ONCE)
        return job->begin_ms;
    return job->begin_ms + sim->settings.job_ms + sim->settings.list_lag_ms;
}

/* Sattolo's shuffle: no entity keeps its place, so even two are swapped. */
static void shuffle(sim_state *state, sim_job *job)
{
    for (size_t i = job->n_items; i > 1; i--) {
        size_t other = state->clock->chance(state->clock->context) % (i - 1);
        sim_item item = job->items[i - 1];
        job->items[i - 1] = job->items[other];
        job->items[other] = item;
    }
}

static void answer_job(const char *project_id, const sim_job *job, sim_reply *reply)
{
    _cleanup_(rp_freep) char *uri = rp_format("/v1/%s/jobs/%s", project_id, job->id);
    rp_json_writer writer = RP_JSON_WRITER(&reply->body);

    rp_write_begin(&writer, '{');
    rp_write_text_member(&writer, "uri", uri);
    rp_write_text_member(&writer, "job_id", job->id);
    rp_write_end(&writer, '}');
}

static void refuse_memory(sim_reply *reply)
{
    sim_reply_error(reply, SIM_SHAPE_TEXT, 500, NULL, "the simulator is out of memory");
}

/* Enters the job and answers with it. Takes *job. */
static bool accept_job(rp_sim *sim, sim_listener *listener, sim_job **job, const sim_request *request,
                       sim_reply *reply)
{
    sim_job *entered = *job;

    if (sim->settings.shuffle)
        shuffle(&sim->state, entered);
    if (!sim_job_enter(&sim->state, entered))
        return false;
    *job = NULL;
    if (entered->end_ms > listener->busy_until_ms)
        listener->busy_until_ms = entered->end_ms;
    answer_job(request->captured[0], entered, reply);
    return true;
}

static bool refuse_busy(const rp_sim *sim, const sim_listener *listener, sim_reply *reply)
{
    if (!sim->settings.conflict || listener->busy_until_ms <= sim_now_ms(sim))
        return false;
    sim_refuse(reply, SIM_BUSY);
    return true;
}

/* Adds. */

static bool is_filled(const char *text)
{
    return text && *text;
}

/* Exactly server_id and address, both with something in them. */
static bool check_record(const rp_json *record, sim_refusal *refusal)
{
    const char *server_id = rp_json_text(rp_json_get(record, "server_id"));
    const char *address = rp_json_text(rp_json_get(record, "address"));
    char canonical[RP_ADDRESS_SIZE];

    *refusal = SIM_BODY_INVALID;
    if (rp_json_type_of(record) != RP_JSON_OBJECT || !is_filled(server_id))
        return false;
    *refusal = SIM_MEMBER_ADDRESS;
    if (!is_filled(address) || !rp_canonical_address(address, canonical))
        return false;
    *refusal = SIM_BODY_INVALID;
    return rp_json_count(record) == 2;
}

static bool is_in_list(const char *list, const char *word)
{
    size_t len = strlen(word);

    while (*list) {
        size_t item = strcspn(list, ",");
        if (item == len && !strncmp(list, word, len))
            return true;
        list += item;
        list += *list == ',';
    }
    return false;
}

static bool is_bad(const rp_sim *sim, const rp_json *record, sim_refusal *refusal)
{
    *refusal = SIM_MEMBER_ADDRESS;
    if (is_in_list(sim->settings.bad_address, rp_json_text(rp_json_get(record, "address"))))
        return true;
    *refusal = SIM_MEMBER_SERVER;
    return is_in_list(sim->settings.bad_server, rp_json_text(rp_json_get(record, "server_id")));
}

static bool refuse_records(const rp_sim *sim, const rp_json *records, sim_reply *reply)
{
    size_t n = rp_json_count(records);
    sim_refusal refusal = SIM_BODY_INVALID;

    if (rp_json_type_of(records) != RP_JSON_ARRAY || !n ||
        (sim->settings.max_request && n > sim->settings.max_request)) {
        sim_refuse(reply, refusal);
        return true;
    }
    for (size_t i = 0; i < n; i++) {
        const rp_json *record = rp_json_at(records, i);
        if (!check_record(record, &refusal) ||
            (sim->settings.bad_how == SIM_BAD_REQUEST && is_bad(sim, record, &refusal))) {
            sim_refuse(reply, refusal);
            return true;
        }
    }
    return false;
}

static bool refuse_add(const rp_sim *sim, const sim_listener *listener, size_t n, sim_reply *reply)
{
    uint32_t most = sim->settings.max_members;

    if (!listener) {
        sim_refuse(reply, SIM_MEMBER_LISTENER_MISSING);
        return true;
    }
    if (refuse_busy(sim, listener, reply))
        return true;
    if (!most || listener->n_links + n <= most)
        return false;
    sim_refuse(reply, SIM_MEMBER_LIMIT);
    return true;
}

/* A bad record makes the job fail: for all records, or for this one. */
static void check_records(const rp_sim *sim, const rp_json *records, struct job_outcome *outcome)
{
    bool partial = sim->settings.bad_how == SIM_BAD_JOB_PARTIAL;
    sim_refusal why;

    for (size_t i = 0; i < rp_json_count(records); i++) {
        if (!is_bad(sim, rp_json_at(records, i), &why))
            continue;
        *outcome = (struct job_outcome){.fails = true,
                                        .form = SIM_JOB_FORM_ERROR_CODE,
                                        .applied = partial ? SIM_APPLIED_YES : SIM_APPLIED_NO,
                                        .code = why == SIM_MEMBER_ADDRESS ? "ELB.2021" : "ELB.6006",
                                        .message = why == SIM_MEMBER_ADDRESS
                                                       ? "Request parameters error, member address is null."
                                                       : "Query ECS failed.",
                                        .word = "",
                                        .skips_bad = true};
        return;
    }
}

/* The links and members that one add has made so far, so that a refusal can undo them. */
struct adding {
    rp_sim *sim;
    sim_listener *listener;
    const struct job_outcome *outcome;
    sim_job *job;
    sim_link **made;
    size_t n_made;
    sim_reply *reply;
};

static void time_link(const struct adding *adding, sim_link *link)
{
    const sim_settings *settings = &adding->sim->settings;

    link->listed_ms = shows_ms(adding->sim, adding->job);
    link->active_ms = adding->job->begin_ms + settings->job_ms;
    link->healthy_ms = link->active_ms + settings->health_after_ms;
}

/* Finds or makes the member of that server and address; false when refused. */
static bool make_member(struct adding *adding, sim_item *item)
{
    rp_sim *sim = adding->sim;
    sim_link *there = sim_link_find_key(&sim->state, adding->listener, item->server_id, item->address);

    if (there && sim->settings.duplicate == SIM_DUPLICATE_REFUSE) {
        sim_reply_error(adding->reply, SIM_SHAPE_ELB, 400, sim->settings.duplicate_code,
                        "the member already exists");
        return false;
    }
    if (!there || sim->settings.duplicate == SIM_DUPLICATE_ALLOW) {
        there = sim_link_add(&sim->state, adding->listener, item->server_id, item->address,
                             sim->settings.shared_member_ids, sim_wall_ms(sim) / 1000);
        if (!there)
            return false;
        time_link(adding, there);
        adding->made[adding->n_made++] = there;
    }
    memcpy(item->member_id, there->member->id, SIM_ID_SIZE);
    item->floating = strdup(there->member->floating);
    return item->floating != NULL;
}

static bool add_record(struct adding *adding, const rp_json *record, size_t index)
{
    sim_item *item = &adding->job->items[index];
    sim_refusal why;

    item->server_id = strdup(rp_json_text(rp_json_get(record, "server_id")));
    item->address = strdup(rp_json_text(rp_json_get(record, "address")));
    if (!item->server_id || !item->address)
        return false;
    if (is_applied(adding->outcome, index) &&
        !(adding->outcome->skips_bad && is_bad(adding->sim, record, &why)))
        return make_member(adding, item);
    sim_new_id(&adding->sim->state, item->member_id);
    item->floating = strdup("");
    return item->floating != NULL;
}

static bool add_records(struct adding *adding, const sim_request *request)
{
    size_t n = rp_json_count(request->json);
    bool fine = true;

    for (size_t i = 0; fine && i < n; i++)
        fine = add_record(adding, rp_json_at(request->json, i), i);
    if (fine && accept_job(adding->sim, adding->listener, &adding->job, request, adding->reply))
        return true;
    while (adding->n_made)
        sim_link_drop(&adding->sim->state, adding->made[--adding->n_made]);
    if (adding->reply->status == 200)
        refuse_memory(adding->reply);
    return false;
}

void sim_members_add(rp_sim *sim, const sim_request *request, sim_reply *reply)
{
    sim_listener *listener = sim_listener_in_path(sim, request);
    size_t n = rp_json_count(request->json);
    struct job_outcome outcome = job_outcome_of(sim);
    _cleanup_(rp_freep) sim_link **made = calloc(n + 1, sizeof(*made));
    struct adding adding = {
        .sim = sim, .listener = listener, .outcome = &outcome, .made = made, .reply = reply};

    if (sim_members_refuse_id(sim, request, reply) || refuse_records(sim, request->json, reply) ||
        refuse_add(sim, listener, n, reply))
        return;
    check_records(sim, request->json, &outcome);
    adding.job = sim_job_new(&sim->state, SIM_ADD, sim->settings.job_type, listener->id, n);
    if (!made || !adding.job || !store_outcome(adding.job, &outcome)) {
        sim_job_free(adding.job);
        refuse_memory(reply);
        return;
    }
    start_job(sim, adding.job);
    add_records(&adding, request);
    sim_job_free(adding.job);
}

/* Removes. */

/* The id, and at most an address beside it, as several clients send. */
static bool check_removal(const rp_json *item)
{
    size_t n = rp_json_count(item);

    return is_filled(rp_json_text(rp_json_get(item, "id"))) &&
           (n == 1 || (n == 2 && rp_json_type_of(rp_json_get(item, "address")) == RP_JSON_STRING));
}

static bool refuse_removals(const rp_json *body, const rp_json *items, sim_reply *reply)
{
    bool fine = rp_json_type_of(items) == RP_JSON_ARRAY && rp_json_count(items) && rp_json_count(body) == 1;

    for (size_t i = 0; fine && i < rp_json_count(items); i++)
        fine = check_removal(rp_json_at(items, i));
    if (!fine)
        sim_refuse(reply, SIM_MEMBER_REMOVE_INPUT);
    return !fine;
}

static sim_link *removable(const rp_sim *sim, const sim_listener *listener, const rp_json *item)
{
    sim_link *link = sim_link_find(&sim->state, listener, rp_json_text(rp_json_get(item, "id")));

    return link && sim_link_listed(link, sim_now_ms(sim)) ? link : NULL;
}

/* Unknown ids: refuse the request, fail the job or ignore them, by the setting remove-unknown. */
static bool refuse_unknown(const rp_sim *sim, const sim_listener *listener, const rp_json *items,
                           struct job_outcome *outcome, sim_reply *reply)
{
    size_t n = rp_json_count(items), known = 0;

    for (size_t i = 0; i < n; i++)
        known += removable(sim, listener, rp_json_at(items, i)) != NULL;
    if (known == n || sim->settings.remove_unknown == SIM_UNKNOWN_IGNORE)
        return false;
    if (!known || sim->settings.remove_unknown == SIM_UNKNOWN_WHOLE) {
        sim_refuse(reply, SIM_MEMBER_MISSING);
        return true;
    }
    *outcome = (struct job_outcome){.fails = true,
                                    .form = SIM_JOB_FORM_NOT_FOUND,
                                    .applied = SIM_APPLIED_YES,
                                    .code = "",
                                    .message = "This member is not exist.",
                                    .word = ""};
    return false;
}

static void mark_removed(const rp_sim *sim, const sim_listener *listener, const rp_json *items,
                         const struct job_outcome *outcome, sim_job *job)
{
    job->settle_ms = shows_ms(sim, job);
    for (size_t i = 0; i < job->n_items; i++) {
        const rp_json *item = rp_json_at(items, i);
        sim_link *link = removable(sim, listener, item);
        /* An id of another length is unknown. */
        strncpy(job->items[i].member_id, rp_json_text(rp_json_get(item, "id")), SIM_ID_SIZE - 1);
        if (link && is_applied(outcome, i) && link->gone_ms > job->settle_ms)
            link->gone_ms = job->settle_ms;
    }
}

void sim_members_remove(rp_sim *sim, const sim_request *request, sim_reply *reply)
{
    sim_listener *listener = sim_listener_in_path(sim, request);
    const rp_json *items = rp_json_get(request->json, "removeMember");
    _cleanup_(sim_job_freep) sim_job *job = NULL;
    struct job_outcome outcome = job_outcome_of(sim);

    if (sim_members_refuse_id(sim, request, reply) || refuse_removals(request->json, items, reply))
        return;
    if (!listener) {
        sim_refuse(reply, SIM_LISTENER_MISSING);
        return;
    }
    if (refuse_busy(sim, listener, reply) || refuse_unknown(sim, listener, items, &outcome, reply))
        return;
    job = sim_job_new(&sim->state, SIM_REMOVE, "removeMember", listener->id, rp_json_count(items));
    if (!job || !store_outcome(job, &outcome)) {
        refuse_memory(reply);
        return;
    }
    start_job(sim, job);
    mark_removed(sim, listener, items, &outcome, job);
    if (!accept_job(sim, listener, &job, request, reply))
        refuse_memory(reply);
}
