/*
 * What callers ask of the hooks, and what they are told.
 */
#include "world.h"

#include "base/buffer.h"
#include "base/status.h"
#include "json/value.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_DOCUMENT_BYTES (1u << 20)

static const rp_plugin *plugin(void)
{
    return resource_plugin_entry(1);
}

/* --- the instance --------------------------------------------------------------- */

static void add_number(rp_buffer *to, const char *name, int64_t value)
{
    rp_buffer_format(to, ",\"%s\":%lld", name, (long long)value);
}

static void write_config(const traits *of, rp_buffer *to)
{
    static const char *const credentials[] = {
        [LOGIN_GIVEN_TOKEN] = "\"token\":\"token-that-was-given-0123456789\"",
        [LOGIN_PASSWORD] =
            "\"auth_url\":\"https://iam.example/v3\",\"user_name\":\"u\",\"password\":\"secret\","
            "\"domain_name\":\"d\"",
        [LOGIN_KEYS] = "\"access_key\":\"AK\",\"secret_key\":\"a-secret-key\""};

    rp_buffer_format(to, "{\"config\":{\"endpoint\":\"https://elb.example\",\"project_id\":\"p\",%s",
                     credentials[of->login_by]);
    add_number(to, "settle_ms", of->settle_ms);
    add_number(to, "poll_min_ms", of->poll_min_ms);
    add_number(to, "poll_max_ms", of->poll_max_ms);
    add_number(to, "connect_timeout_ms", of->connect_ms);
    add_number(to, "attempt_timeout_ms", of->attempt_ms);
    add_number(to, "max_batch", of->max_batch);
    add_number(to, "max_parallel", of->max_parallel);
    add_number(to, "max_bisect", of->max_bisect);
    rp_buffer_add_text(to, "}}");
}

bool caller_open(world *w)
{
    rp_buffer text = RP_BUFFER(MAX_DOCUMENT_BYTES);
    const rp_response *opened;

    write_config(&w->traits, &text);
    opened = plugin()->open(NULL, NULL, text.data, text.len);
    w->instance = opened->instance;
    if (!w->instance)
        world_break(w, "the instance opens", "%s", opened->json);
    plugin()->release(opened);
    rp_buffer_done(&text);
    return w->instance;
}

void caller_close(world *w)
{
    plugin()->close(w->instance);
    w->instance = NULL;
}

/* --- what is asked ---------------------------------------------------------------- */

static void write_record(const world *w, const call *one, int i, rp_buffer *to)
{
    const member_key *of = &w->keys[one->keys[i]];

    if (one->member_ids[i][0])
        rp_buffer_format(to, "{\"listener_id\":\"l%d\",\"member_id\":\"%s\"", of->listener,
                         one->member_ids[i]);
    else if (one->by_id)
        rp_buffer_format(to, "{\"id\":\"l%d/%s/%s\"", of->listener, of->server_id, of->address);
    else
        rp_buffer_format(to, "{\"listener_id\":\"l%d\",\"server_id\":\"%s\",\"address\":\"%s\"", of->listener,
                         of->server_id, of->address);
    if (one->job_ids[i][0])
        rp_buffer_format(to, ",\"job_id\":\"%s\"", one->job_ids[i]);
    rp_buffer_add_char(to, '}');
}

static void write_request(const world *w, const call *one, rp_buffer *to)
{
    rp_buffer_add_text(to, "{\"resource\":\"elb_member\",");
    if (one->kind == CALL_LIST) {
        rp_buffer_format(to, "\"parent\":{\"listener_id\":\"l%d\"}}", w->keys[one->keys[0]].listener);
        return;
    }
    rp_buffer_add_text(to, "\"records\":[");
    for (int i = 0; i < one->count; i++) {
        if (i)
            rp_buffer_add_char(to, ',');
        write_record(w, one, i, to);
    }
    rp_buffer_format(to, "],\"options\":{\"adopt\":%s", one->adopt ? "true" : "false");
    if (one->wait)
        rp_buffer_format(to, ",\"wait\":\"%s\"", one->wait);
    rp_buffer_add_text(to, "}}");
}

/* --- what is told --------------------------------------------------------------------- */

static int outcome_of(const char *name)
{
    static const char *const names[] = {"none", "done", "unknown"};

    for (int i = 0; name && i < 3; i++)
        if (!strcmp(names[i], name))
            return i;
    return -1;
}

static void take_text(const rp_json *value, char *into, size_t size)
{
    const char *found = rp_json_text(value);

    snprintf(into, size, "%s", found ? found : "");
}

static void take_result(const rp_json *from, told *into)
{
    const rp_json *state = rp_json_get(from, "state"), *said = rp_json_get(from, "diagnostics");

    *into = (told){.status = rp_status_value(rp_json_text(rp_json_get(from, "status"))),
                   .outcome = outcome_of(rp_json_text(rp_json_get(from, "outcome"))),
                   .has_state = rp_json_type_of(state) == RP_JSON_OBJECT};
    rp_json_boolean(rp_json_get(from, "existed"), &into->existed);
    rp_json_boolean(rp_json_get(from, "retryable"), &into->retryable);
    rp_json_integer(rp_json_get(from, "retry_after_ms"), &into->retry_after_ms);
    take_text(rp_json_get(state, "member_id"), into->member_id, sizeof(into->member_id));
    take_text(rp_json_get(state, "job_id"), into->job_id, sizeof(into->job_id));
    take_text(rp_json_get(rp_json_at(said, 0), "code"), into->code, sizeof(into->code));
}

static void take_response(world *w, call *one, const rp_response *response)
{
    _cleanup_(rp_json_freep) rp_json *root = NULL;
    const rp_json *results;

    one->status = response->status;
    if (rp_json_parse(response->json, response->json_len, &root, NULL) < 0) {
        world_break(w, "a response is whole", "%s", response->json);
        return;
    }
    results = rp_json_get(root, "results");
    take_text(rp_json_get(rp_json_at(rp_json_get(root, "diagnostics"), 0), "code"), one->refused_code,
              sizeof(one->refused_code));
    one->told_count = (int)rp_json_count(results);
    for (int i = 0; one->kind != CALL_LIST && i < one->told_count && i < MAX_RECORDS; i++)
        take_result(rp_json_at(results, (size_t)i), &one->told[i]);
}

/* --- a call ---------------------------------------------------------------------------- */

struct listener_of_call {
    call *call;
    fiber *on;
};

/* A host may take its time, within which everybody else goes on. */
static void on_event(void *context, const char *text, size_t len)
{
    struct listener_of_call *mine = context;
    world *w = world_current();
    int64_t before = world_now();

    if (fiber_current() != mine->on || mine->call->returned || *fiber_locks(mine->on))
        world_break(w, "events come on the caller's thread, without a lock", "%.*s", (int)len, text);
    *fiber_hungers(mine->on) = false;
    if (w->traits.slow_hosts && world_happens(w, 50))
        fiber_wait(NULL, world_now() + world_pick(w, 400));
    else if (world_happens(w, 200))
        fiber_yield();
    *fiber_hungers(mine->on) = !mine->call->audit;
    mine->call->host_ms += world_now() - before;
}

static const char *const kinds[] = {"create", "read", "delete", "list"};

static void tell_call(const world *w, int number)
{
    const call *one = &w->calls[number];

    world_tell(w, "call %d: %s%s%s%s, %u ms", number, kinds[one->kind], one->wait ? " wait " : "",
               one->wait ? one->wait : "", one->adopt ? " adopt" : "", one->timeout_ms);
    for (int i = 0; i < one->count; i++)
        world_tell(w, "    key %d (l%d %s %s) %s %s", one->keys[i], w->keys[one->keys[i]].listener,
                   w->keys[one->keys[i]].server_id, w->keys[one->keys[i]].address, one->member_ids[i],
                   one->job_ids[i]);
}

static void tell_results(const world *w, int number)
{
    static const char *const outcomes[] = {"-", "none", "done", "unknown"};
    const call *one = &w->calls[number];

    world_tell(w, "call %d returns: %s %s", number, rp_status_name(one->status), one->refused_code);
    for (int i = 0; one->kind != CALL_LIST && i < one->told_count; i++) {
        const told *r = &one->told[i];
        world_tell(w, "    key %d: %s, %s%s%s%s%s, %s%s", one->keys[i], rp_status_name(r->status),
                   outcomes[r->outcome + 1], r->existed ? ", existed" : "", r->has_state ? ", state " : "",
                   r->member_id, r->job_id, r->code, r->retryable ? ", retryable" : "");
    }
}

/* A read names the job that an earlier create was told of. */
static void name_jobs(world *w, call *one)
{
    for (int i = 0; one->kind == CALL_READ && i < one->count; i++)
        for (int c = 0; c < w->call_count; c++)
            for (int r = 0;
                 w->calls[c].returned && w->calls[c].kind == CALL_CREATE && r < w->calls[c].told_count; r++)
                if (w->calls[c].keys[r] == one->keys[i] && w->calls[c].told[r].job_id[0])
                    memcpy(one->job_ids[i], w->calls[c].told[r].job_id, sizeof(one->job_ids[i]));
}

static void arrive(world *w, int number)
{
    call *one = &w->calls[number];
    bool counted[MAX_LISTENERS] = {false};

    tell_call(w, number);
    one->arrived = true;
    one->arrived_step = ++w->step;
    one->arrived_at = world_now();
    one->deadline = world_now() + one->timeout_ms;
    if (one->cancel_after_ms >= 0)
        world_schedule(w, EVENT_CANCEL, number, world_now() + one->cancel_after_ms);
    for (int i = 0; i < one->count; i++)
        counted[w->keys[one->keys[i]].listener] = true;
    /* What was asked for when nobody was left is nobody's evidence any more. */
    for (int i = 0; i < w->listing_count; i++)
        if (!w->active_calls[w->listings[i].listener])
            w->listings[i].orphan = true;
    w->active++;
    for (int l = 0; l < MAX_LISTENERS; l++)
        w->active_calls[l] += counted[l];
}

static void leave(world *w, int number)
{
    call *one = &w->calls[number];
    bool counted[MAX_LISTENERS] = {false};

    one->returned = true;
    one->returned_step = ++w->step;
    one->returned_at = world_now();
    w->active--;
    for (int i = 0; i < one->count; i++)
        counted[w->keys[one->keys[i]].listener] = true;
    for (int l = 0; l < MAX_LISTENERS; l++)
        w->active_calls[l] -= counted[l];
}

static const rp_response *run_hook(world *w, int number, const rp_buffer *text)
{
    rp_hook *const hooks[] = {plugin()->create, plugin()->read, plugin()->delete_, plugin()->list};
    call *one = &w->calls[number];
    struct listener_of_call listener = {one, fiber_current()};
    rp_call host = {.struct_size = sizeof(host),
                    .timeout_ms = one->timeout_ms,
                    .cancel = &one->cancel,
                    .on_event = one->deaf ? NULL : on_event,
                    .context = &listener};
    const rp_response *response;

    *fiber_hungers(listener.on) = !one->audit;
    response = hooks[one->kind](w->instance, &host, text->data, text->len);
    *fiber_hungers(listener.on) = false;
    if (*fiber_locks(listener.on))
        world_break(w, "locks are kept", "a hook returned with a lock");
    return response;
}

void caller_make_call(world *w, int number)
{
    rp_buffer text = RP_BUFFER(MAX_DOCUMENT_BYTES);
    const rp_response *response;

    name_jobs(w, &w->calls[number]);
    write_request(w, &w->calls[number], &text);
    arrive(w, number);
    response = run_hook(w, number, &text);
    take_response(w, &w->calls[number], response);
    plugin()->release(response);
    rp_buffer_done(&text);
    leave(w, number);
    tell_results(w, number);
    check_returned(w, number);
}

void caller_run(void *number)
{
    world *w = world_current();
    const int *calls = w->caller_calls[(intptr_t)number];

    for (int i = 0; i < 4 && calls[i] >= 0 && !w->broken; i++) {
        fiber_wait(NULL, world_now() + w->calls[calls[i]].pause_ms);
        if (!w->broken)
            caller_make_call(w, calls[i]);
    }
}
