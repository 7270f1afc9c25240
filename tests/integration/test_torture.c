/*
 * Memory runs out: each allocation of a call fails in its turn, alone or with all
 * that follow, in the plugin and in the libraries below it. What the call says of
 * its records is true of the server, and the instance is as good as new afterwards.
 *
 * By hand: RP_TORTURE=all lets every allocation fail, not a sample of them.
 */
#include "background.h"
#include "plugin.h"
#include "run.h"
#include "simulator.h"
#include "starve.h"

#include "base/text.h"
#include "host/rphost.h"

#include <string.h>

#define MEMBERS    11
#define TIMEOUT_MS 4000
/* Where memory does not come back a call tries to the end of its time. */
#if defined(__SANITIZE_ADDRESS__)
#define SHORT_MS 600
#else
#define SHORT_MS 150
#endif
#define JOB_MS  30 /* at most, but for those that are cancelled */
#define WORKERS 3
#define SAMPLE  18 /* allocations of a call that fail, unless all do */

/* A call that is made again and again under the same circumstances. */
typedef struct circumstances {
    const char *hook;
    unsigned before; /* so many of its members exist */
    const char *wait;
    const char *const *simulator; /* settings */
    const char *fault;            /* or NULL */
    bool logs_in;                 /* else it has a token */
    bool is_cancelled;            /* as soon as its request is accepted */
    bool by_host;                 /* through librphost */
    unsigned refused;             /* this server is, by the simulator; 0: none */
} circumstances;

#define SETTINGS(...) ((const char *const[]){__VA_ARGS__, NULL})

static const circumstances all[] = {
    {"create", .simulator = SETTINGS("job-ms", "5")},
    {"create", .simulator = SETTINGS("job-ms", "5"), .logs_in = true},
    {"create", .simulator = SETTINGS("job-ms", "5"), .by_host = true},
    {"create", .before = 5, .simulator = SETTINGS("job-ms", "5", "page-cap", "3")},
    {"create", .simulator = SETTINGS("job-ms", "5", "bad-server", "server-3"), .refused = 3},
    {"create", .simulator = SETTINGS("job-ms", "5"), .fault = "on=add,kind=reset-after"},
    {"create", .simulator = SETTINGS("job-ms", "5"), .fault = "on=add,kind=job-fail,applied=some"},
    {"create", .simulator = SETTINGS("job-ms", "60"), .is_cancelled = true},
    {"create", .simulator = SETTINGS("job-ms", "5"), .wait = "none"},
    {"delete", .before = MEMBERS, .simulator = SETTINGS("job-ms", "5")},
    {"delete", .before = 7, .simulator = SETTINGS("job-ms", "60"), .is_cancelled = true},
    {"delete", .before = MEMBERS, .simulator = SETTINGS("job-ms", "5"),
     .fault = "on=remove,kind=reset-after"},
    {"read", .before = 7, .simulator = SETTINGS("page-cap", "3", "job-ms", "5")},
    {"list", .before = MEMBERS, .simulator = SETTINGS("page-cap", "4")},
    {"open", .logs_in = true},
};

/* One of several that make the same call at the same time, each on a simulator of its own. */
typedef struct worker {
    const circumstances *of;
    unsigned first, stride;
    bool lasts; /* the allocations after the one that fails do so too */

    bed on;
    rphost *host; /* or NULL */
    char *config, *request;
    unsigned nth;    /* the allocation that fails; 0: none */
    bool hit;        /* it did */
    uint32_t cancel; /* of the call */
    const char *told;
} worker;

#define demand(self, condition, format, ...)                                                                 \
    ck_assert_msg(condition, "%s, allocation %u%s: " format "\n%.1500s", (self)->of->hook, (self)->nth,      \
                  (self)->lasts ? " and all after it" : "", ##__VA_ARGS__, (self)->told ? (self)->told : "")

static bool is(const char *one, const char *other)
{
    return strcmp(one, other) == 0;
}

/* --- what a call says, and what is so --------------------------------------------------- */

static unsigned members_of(const worker *self, size_t index)
{
    _cleanup_(rp_freep) char *server = rp_format("server-%zu", index);

    return rp_sim_listed_of(self->on.sim, LISTENER, server);
}

static void check_create(const worker *self, const answer *told, size_t index)
{
    const char *status = result_text(told, index, "status"), *outcome = result_text(told, index, "outcome");
    bool was_there = index < self->of->before, ok = is(status, "ok") || is(status, "already_exists");
    unsigned there = members_of(self, index);

    demand(self, there <= 1, "server-%zu is there %u times", index, there);
    demand(self, !was_there || there, "server-%zu is lost", index);
    if (is(outcome, "none"))
        demand(self, there == was_there, "server-%zu was added, but the outcome is none", index);
    if (is(outcome, "done") || ok)
        demand(self, there && has_state(told, index), "server-%zu is not there, or has no state", index);
    if (has_state(told, index))
        demand(self, *state_text(told, index, "id"), "server-%zu has no id", index);
}

static void check_delete(const worker *self, const answer *told, size_t index)
{
    const char *outcome = result_text(told, index, "outcome");
    unsigned there = members_of(self, index);

    if (is(outcome, "none"))
        demand(self, there == (index < self->of->before), "server-%zu was removed, but the outcome is none",
               index);
    if (is(outcome, "done"))
        demand(self, there == 0, "server-%zu is still there", index);
}

static void check_read(const worker *self, const answer *told, size_t index)
{
    const char *status = result_text(told, index, "status");
    unsigned there = members_of(self, index);

    demand(self, there == (index < self->of->before), "server-%zu was changed by a read", index);
    demand(self, !is(status, "ok") || there, "server-%zu was read, but is not there", index);
    demand(self, !is(status, "not_found") || !there, "server-%zu was not found, but is there", index);
}

static void check_results(const worker *self, const answer *told)
{
    void (*check)(const worker *, const answer *, size_t) = is(self->of->hook, "create")   ? check_create
                                                            : is(self->of->hook, "delete") ? check_delete
                                                                                           : check_read;

    demand(self, result_count(told) == 0 || result_count(told) == MEMBERS, "%zu results", result_count(told));
    for (size_t i = 0; i < result_count(told); i++)
        check(self, told, i);
    if (result_count(told))
        return;
    demand(self, told->status >= 100, "it has no results and did not fail");
    demand(self, rp_sim_count(self->on.sim, "add") + rp_sim_count(self->on.sim, "remove") == 0,
           "it was refused, but something was begun");
}

/* --- a call while memory is short -------------------------------------------------------- */

static void take_event(void *context, const char *event, size_t len)
{
    worker *self = context;

    (void)len;
    if (!self->of->is_cancelled || !strstr(event, "\"kind\":\"state\""))
        return;
    __atomic_store_n(&self->cancel, 1, __ATOMIC_RELEASE);
    if (self->host)
        rphost_cancel(self->host, 1);
}

static const rp_response *call_plugin(worker *self, const char *hook, const rp_call *call)
{
    const rp_plugin *plugin = self->on.plugin;
    const struct {
        const char *name;
        rp_hook *hook;
    } hooks[] = {{"create", plugin->create},
                 {"read", plugin->read},
                 {"delete", plugin->delete_},
                 {"list", plugin->list},
                 {"open", plugin->open}};
    size_t i = 0;

    while (!is(hooks[i].name, hook))
        i++;
    return hooks[i].hook(self->on.instance, call, self->request, strlen(self->request));
}

/* The answer is parsed while memory is not short. */
static answer read_answer(worker *self, int32_t status, const char *json)
{
    answer made = {.status = status};
    rp_error *error = NULL;

    demand(self, json && rp_json_parse(json, strlen(json), &made.json, &error) == 0,
           "cannot read the answer: %s", error ? error->message : "");
    return made;
}

static void check_time(const worker *self, const rp_call *call, int64_t began)
{
    int64_t took = now_ms() - began;

    demand(self, took < call->timeout_ms + 500, "it took %d ms", (int)took);
}

/* The response is to be released; *opened gets the instance of an open. */
static answer call_starved(worker *self, const rp_response **told)
{
    rp_call call = {.struct_size = sizeof(call),
                    .timeout_ms = self->lasts && self->nth ? SHORT_MS : TIMEOUT_MS,
                    .cancel = &self->cancel,
                    .on_event = take_event,
                    .context = self};
    int64_t began = now_ms();

    self->cancel = 0;
    starve(self->nth, self->lasts);
    *told = call_plugin(self, self->of->hook, &call);
    self->hit = starved();
    check_time(self, &call, began);
    self->told = (*told)->json;
    return read_answer(self, (*told)->status, (*told)->json);
}

static answer call_host_starved(worker *self, rphost_answer **told)
{
    rp_call call = {.struct_size = sizeof(call),
                    .timeout_ms = self->lasts && self->nth ? SHORT_MS : TIMEOUT_MS};
    size_t len = strlen(self->request);
    int64_t began = now_ms();

    starve(self->nth, self->lasts);
    *told = rphost_call(self->host, self->of->hook, self->request, len, call.timeout_ms, take_event, self);
    self->hit = starved();
    check_time(self, &call, began);
    self->told = rphost_json(*told);
    return read_answer(self, rphost_status(*told), rphost_json(*told));
}

/* --- create, read and delete --------------------------------------------------------------- */

static void prepare(worker *self)
{
    simulator_control(self->on.sim, "reset", "{\"what\": \"all\"}");
    for (unsigned i = 0; i < self->of->before; i++)
        simulator_control(self->on.sim, "members",
                          "{\"listener_id\": \"%s\", \"add\": [{\"server_id\": \"server-%u\", \"address\": "
                          "\"10.0.0.%u\"}]}",
                          LISTENER, i, i + 1);
    if (self->of->fault)
        simulator_fault(self->on.sim, "%s", self->of->fault);
}

/* What was left undone is done now, and nothing twice. */
static void check_next_calls(const worker *self, const bed *on)
{
    answer made = call_members(on, "create", MEMBERS, "\"adopt\": true, \"wait\": \"job\""), gone;
    unsigned refused = self->of->refused;
    _cleanup_(rp_freep) char *text = answer_print(&made);

    demand(self, count_results(&made, "ok", NULL) == MEMBERS - (refused > 0), "the next create says %.1500s",
           text);
    for (unsigned i = 0; i < MEMBERS; i++)
        demand(self, members_of(self, i) == !(refused && i == refused), "then server-%u is there %u times", i,
               members_of(self, i));
    gone = call_members(on, "delete", MEMBERS, "\"wait\": \"job\"");
    demand(self, count_results(&gone, "ok", "done") == MEMBERS && !rp_sim_listed(self->on.sim, LISTENER),
           "the next delete failed");
    answer_free(&made);
    answer_free(&gone);
}

static void torture_call(worker *self)
{
    const rp_response *told = NULL;
    rphost_answer *host_told = NULL;
    answer result;

    prepare(self);
    self->on.instance = bed_open(&self->on, self->config);
    result = self->host ? call_host_starved(self, &host_told) : call_starved(self, &told);
    check_results(self, &result);
    simulator_control(self->on.sim, "reset", "{\"what\": \"faults\"}");
    if (self->host)
        pause_ms(JOB_MS); /* another instance does not know what this one has under way */
    check_next_calls(self, &self->on);
    self->told = NULL;
    self->on.plugin->close(rp_take(self->on.instance));
    self->on.plugin->release(told);
    rphost_release(host_told);
    answer_free(&result);
}

/* --- list ------------------------------------------------------------------------------------ */

/* On a loaded machine the short time may not be enough. */
static bool is_overdue(const worker *self, const answer *told)
{
    return self->lasts && told->status == RP_DEADLINE_EXCEEDED;
}

/* Asks for one page. Where memory failed it is asked for again, so that all pages come. */
static size_t torture_page(worker *self, char **page)
{
    _cleanup_(rp_freep) char *part = *page ? rp_format(", \"page\": \"%s\"", *page) : NULL;
    const rp_response *told;
    size_t count = 0;
    answer result;

    self->request = rp_format("{\"resource\": \"elb_member\", \"parent\": {\"listener_id\": \"%s\"}%s}",
                              LISTENER, part ? part : "");
    result = call_starved(self, &told);
    demand(self, result.status == RP_OK || self->hit || is_overdue(self, &result), "it failed");
    if (result.status == RP_OK) {
        const char *next = rp_json_text(rp_json_get(result.json, "next"));
        count = result_count(&result);
        free(*page);
        *page = strdup(next ? next : "");
    }
    answer_free(&result);
    self->on.plugin->release(told);
    self->told = NULL;
    free(rp_take(self->request));
    return count;
}

/* The allocations of all pages count as one row. */
static void torture_list(worker *self)
{
    _cleanup_(rp_freep) char *page = NULL;
    unsigned nth = self->nth, left = nth;
    bool hit = false;
    size_t seen = 0;

    prepare(self);
    self->on.instance = bed_open(&self->on, self->config);
    for (unsigned calls = 0; !page || *page; calls++) {
        self->nth = hit ? 0 : left;
        seen += torture_page(self, &page);
        left -= left > starve_count() ? starve_count() : left;
        hit |= self->hit;
        demand(self, calls < 10, "the list has no end");
    }
    self->nth = nth;
    self->hit = hit;
    demand(self, seen == MEMBERS, "%zu members are listed", seen);
    self->on.plugin->close(rp_take(self->on.instance));
}

/* --- open ------------------------------------------------------------------------------------ */

static void torture_open(worker *self)
{
    const rp_response *told;
    answer result;

    self->request = rp_format("{\"config\": {\"endpoint\": \"%s\", \"project_id\": \"%s\", %s}}",
                              rp_sim_url(self->on.sim), RP_SIM_PROJECT, self->config);
    result = call_starved(self, &told);
    demand(self, self->hit || told->status == RP_OK, "it failed");
    demand(self, told->status == RP_OK || told->status == RP_NO_MEMORY, "it failed for another reason");
    demand(self, (told->status == RP_OK) == (told->instance != NULL), "it gave the wrong instance");
    self->on.plugin->close(told->instance);
    self->on.plugin->release(told);
    self->told = NULL;
    answer_free(&result);
    free(rp_take(self->request));
}

/* --- all of them --------------------------------------------------------------------------------- */

static void torture_once(worker *self, unsigned nth)
{
    self->nth = nth;
    if (is(self->of->hook, "list"))
        torture_list(self);
    else if (is(self->of->hook, "open"))
        torture_open(self);
    else
        torture_call(self);
}

static void *torture(void *row)
{
    worker *self = row;

    self->hit = true;
    for (unsigned nth = self->first; self->hit; nth += self->stride)
        torture_once(self, nth);
    return NULL;
}

static rphost *open_host(const worker *self)
{
    _cleanup_(rp_freep) char *config =
        rp_format("{\"endpoint\": \"%s\", \"project_id\": \"%s\", \"token\": \"" RP_SIM_TOKEN "\", %s}",
                  rp_sim_url(self->on.sim), RP_SIM_PROJECT, self->config);
    rphost *made = rphost_open(RP_ELB_MEMBER, config, strlen(config));

    ck_assert_msg(!rphost_error(made), "%s", rphost_error(made));
    return made;
}

static worker worker_make(const circumstances *of, bool lasts)
{
    worker made = {.of = of, .lasts = lasts, .on = bed_make(of->simulator, "")};
    _cleanup_(rp_freep) char *login = login_members(made.on.sim, "sim-password");

    made.config =
        rp_format("\"settle_ms\": 100, \"poll_min_ms\": 10, \"poll_max_ms\": 20, \"wait\": \"%s\"%s%s",
                  of->wait ? of->wait : "job", of->logs_in ? ", " : "", of->logs_in ? login : "");
    made.on.plugin->close(rp_take(made.on.instance));
    if (of->by_host)
        made.host = open_host(&made);
    if (!is(of->hook, "list") && !is(of->hook, "open"))
        made.request = request_for(LISTENER, "server", 0, MEMBERS, "");
    return made;
}

static void worker_free(worker *one)
{
    rphost_close(one->host);
    free(one->config);
    free(one->request);
    bed_free(&one->on);
}

/* How many allocations the call makes if none fails. */
static unsigned count_allocations(worker *self)
{
    torture_once(self, 0);
    return starve_count();
}

/* Some workers for each of the circumstances, so that they wait at the same time. */
static void spread(worker *workers, bool lasts)
{
    for (size_t i = 0; i < rp_count_of(all) * WORKERS; i++)
        workers[i] = worker_make(&all[i / WORKERS], lasts);
    for (size_t i = 0; i < rp_count_of(all) * WORKERS; i++) {
        unsigned step = 1, number = (unsigned)(i % WORKERS);
        if (!getenv("RP_TORTURE"))
            step += count_allocations(&workers[i - number]) / SAMPLE;
        workers[i].first = 1 + number * step;
        workers[i].stride = WORKERS * step;
    }
}

START_TEST(memory_may_run_out_anywhere)
{
    static worker workers[rp_count_of(all) * WORKERS];

    spread(workers, _i);
    each_at_once(torture, workers, sizeof(workers[0]), rp_count_of(workers));
    for (size_t i = 0; i < rp_count_of(workers); i++)
        worker_free(&workers[i]);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("torture");

    tcase_set_timeout(tests, getenv("RP_TORTURE") ? 3600 : 60);
    tcase_add_loop_test(tests, memory_may_run_out_anywhere, 0, 2);
    return run_case("torture", tests);
}
