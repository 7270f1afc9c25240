/*
 * Many callers at once: on one instance and on many, those who leave while
 * others stay, and a crowd at random with a server that fails.
 */
#include "background.h"
#include "run.h"
#include "simulator.h"
#include "simulator_process.h"

#include "base/text.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>

#define QUICK "\"settle_ms\": 300, \"poll_min_ms\": 10, \"poll_max_ms\": 40"

static char *one_record(unsigned number, const char *options)
{
    return request_for(LISTENER, "server", number, 1, options);
}

START_TEST(one_record_from_eight_threads_is_one_member)
{
    bed on = bed_make((const char *const[]){"job-ms", "100", NULL}, QUICK);
    background calls[8];
    unsigned made = 0, found = 0;

    for (unsigned i = 0; i < 8; i++)
        background_start(&calls[i], &on, "create", one_record(0, ""), 10000);
    for (unsigned i = 0; i < 8; i++) {
        background_join(&calls[i]);
        made += count_results(&calls[i].answer, "ok", "done");
        found += count_results(&calls[i].answer, "already_exists", "none");
        ck_assert_str_ne(state_text(&calls[i].answer, 0, "member_id"), "");
        background_free(&calls[i]);
    }
    ck_assert_uint_eq(made, 1);
    ck_assert_uint_eq(found, 7);
    ck_assert_uint_eq(rp_sim_count(on.sim, "add"), 1);
    ck_assert_uint_eq(rp_sim_listed(on.sim, LISTENER), 1);
    bed_free(&on);
}
END_TEST

/* --- a life of one record, many times -------------------------------------------------- */

#define LIVES 32

struct life {
    bed on;
    unsigned number;
};

static void step(const struct life *mine, const char *hook, const char *status)
{
    _cleanup_(rp_freep) char *request = one_record(mine->number, "");
    _cleanup_(rp_freep) char *server = rp_format("server-%u", mine->number);
    answer told = call_hook_with(mine->on.plugin, mine->on.instance, NULL, hook, request);

    ck_assert_uint_eq(count_results(&told, status, NULL), 1);
    if (has_state(&told, 0))
        ck_assert_str_eq(state_text(&told, 0, "server_id"), server);
    ck_assert_int_eq(has_state(&told, 0), strcmp(hook, "delete") && strcmp(status, "not_found"));
    answer_free(&told);
}

static void *live(void *context)
{
    const struct life *mine = context;

    step(mine, "read", "not_found");
    step(mine, "create", "ok");
    step(mine, "read", "ok");
    step(mine, "create", "already_exists");
    step(mine, "delete", "ok");
    step(mine, "read", "not_found");
    return NULL;
}

START_TEST(many_threads_live_on_one_instance)
{
    bed on = bed_make((const char *const[]){"job-ms", "50", NULL}, QUICK);
    struct life lives[LIVES];

    for (unsigned i = 0; i < LIVES; i++)
        lives[i] = (struct life){on, i};
    each_at_once(live, lives, sizeof(lives[0]), LIVES);
    ck_assert_uint_le(rp_sim_count(on.sim, "add"), LIVES);
    ck_assert_uint_eq(rp_sim_listed(on.sim, LISTENER), 0);
    bed_free(&on);
}
END_TEST

START_TEST(many_threads_live_on_an_instance_each)
{
    bed on = bed_make((const char *const[]){"job-ms", "50", NULL}, QUICK);
    struct life lives[LIVES];

    for (unsigned i = 0; i < LIVES; i++) {
        lives[i] = (struct life){on, i};
        lives[i].on.instance = bed_open(&on, QUICK);
    }
    each_at_once(live, lives, sizeof(lives[0]), LIVES);
    for (unsigned i = 0; i < LIVES; i++)
        on.plugin->close(lives[i].on.instance);
    ck_assert_uint_eq(rp_sim_listed(on.sim, LISTENER), 0);
    bed_free(&on);
}
END_TEST

/* --- many listeners ------------------------------------------------------------------------ */

#define LISTENERS 24

static char *on_each_listener(const bed *on)
{
    rp_buffer text = RP_BUFFER(1u << 20);

    rp_buffer_add_text(&text, "{\"resource\": \"elb_member\", \"records\": [");
    for (unsigned i = 0; i < LISTENERS; i++) {
        simulator_control(on->sim, "listeners", "{\"id\": \"%032x\", \"protocol\": \"TCP\"}", i);
        rp_buffer_format(&text,
                         "%s{\"listener_id\": \"%032x\", \"server_id\": \"s\", \"address\": \"10.0.0.1\"}",
                         i ? ", " : "", i);
    }
    rp_buffer_add_text(&text, "]}");
    return rp_buffer_take(&text);
}

START_TEST(many_listeners_go_in_parallel)
{
    bed on = bed_make((const char *const[]){"job-ms", "500", "latency-ms", "20", NULL}, QUICK);
    background call;

    background_start(&call, &on, "create", on_each_listener(&on), 20000);
    background_join(&call);
    ck_assert_uint_eq(count_results(&call.answer, "ok", "done"), LISTENERS);
    ck_assert_uint_eq(rp_sim_count(on.sim, "add"), LISTENERS);
    /* One after the other they would take twelve seconds. */
    ck_assert_int_le(call.took_ms, 4000);
    background_free(&call);
    bed_free(&on);
}
END_TEST

/* Its lists fail and are tried again all the time; what waits for the next attempt takes nobody's place. */
START_TEST(a_listener_that_fails_stalls_no_other)
{
    bed on = bed_make((const char *const[]){"job-ms", "20", NULL}, QUICK ", \"max_parallel\": 1");
    background failing;
    _cleanup_(rp_freep) char *request = request_for(LISTENER2, "other", 0, 1, "");
    rp_call call = {.struct_size = sizeof(call), .timeout_ms = 2500};
    answer told;

    simulator_fault(on.sim, "on=list,path=%s,status=503,count=0", LISTENER);
    background_start(&failing, &on, "create", request_for(LISTENER, "server", 0, 1, ""), 4000);
    wait_for_count(&on, "list", 2);
    told = call_hook_with(on.plugin, on.instance, &call, "create", request);
    ck_assert_str_eq(result_text(&told, 0, "status"), "ok");
    answer_free(&told);
    background_join(&failing);
    ck_assert_str_eq(result_text(&failing.answer, 0, "status"), "unavailable");
    background_free(&failing);
    bed_free(&on);
}
END_TEST

/* --- those who leave while others stay ------------------------------------------------------- */

#define SHARERS 4

typedef struct parting {
    const char *rule;    /* what they wait for together */
    const char *kind;    /* which the server has seen then */
    unsigned leaver;     /* this one goes: 0 leads */
    uint32_t timeout_ms; /* by its time, or 0: cancelled */
    const char *outcome; /* as it is told */
    unsigned members;    /* in the end */
} parting;

/* clang-format off: one row a line reads as the table it is. */
static const parting partings[] = {
    {"on=list,kind=delay,ms=600", "list", 0, 0, "none", 3},
    {"on=list,kind=delay,ms=600", "list", 2, 0, "none", 3},
    {"on=list,kind=delay,ms=600", "list", 0, 300, "none", 3},
    {"on=add,kind=delay,ms=600", "add", 0, 0, "unknown", 4},
    {"on=add,kind=delay,ms=600", "add", 3, 0, "unknown", 4},
    {"on=add,kind=delay,ms=600", "add", 0, 600, "unknown", 4},
    {"on=job,kind=delay,ms=600", "job", 0, 0, "unknown", 4},
    {"on=job,kind=delay,ms=600", "job", 1, 600, "unknown", 4},
};
/* clang-format on */

static void start_sharers(const bed *on, const parting *how, background *calls)
{
    for (unsigned i = 0; i < SHARERS; i++) {
        uint32_t timeout_ms = how->timeout_ms && i == how->leaver ? how->timeout_ms : 20000;
        background_start(&calls[i], on, "create", one_record(i, ""), timeout_ms);
        /* The first leads; the others come while it looks. */
        wait_for_count(on, "list", 1);
    }
}

/* Their job is known, so the answer to the add was not lost on them. */
static void check_stayed(const parting *how, const answer *told)
{
    ck_assert_msg(count_results(told, "ok", "done") == 1, "%s", how->rule);
    ck_assert_msg(*state_text(told, 0, "job_id"), "%s", how->rule);
}

static void check_left(const parting *how, const answer *told)
{
    const char *status = how->timeout_ms ? "deadline_exceeded" : "cancelled";

    ck_assert_msg(count_results(told, status, how->outcome) == 1, "%s, %u leaves: %s", how->rule, how->leaver,
                  result_text(told, 0, "outcome"));
}

static void check_sharers(const parting *how, background *calls)
{
    for (unsigned i = 0; i < SHARERS; i++) {
        background_join(&calls[i]);
        if (i == how->leaver)
            check_left(how, &calls[i].answer);
        else
            check_stayed(how, &calls[i].answer);
        background_free(&calls[i]);
    }
}

static void *part(void *row)
{
    const parting *how = row;
    bed on = bed_make((const char *const[]){"job-ms", "100", NULL}, QUICK);
    background calls[SHARERS];

    simulator_fault(on.sim, "%s", how->rule);
    simulator_fault(on.sim, "on=list,kind=delay,ms=200");
    start_sharers(&on, how, calls);
    wait_for_count(&on, how->kind, 1);
    pause_ms(50);
    if (!how->timeout_ms)
        background_cancel(&calls[how->leaver]);
    check_sharers(how, calls);
    ck_assert_uint_eq(rp_sim_count(on.sim, "add"), 1);
    ck_assert_uint_eq(rp_sim_listed(on.sim, LISTENER), how->members);
    bed_free(&on);
    return NULL;
}

START_TEST(who_leaves_does_not_disturb_those_who_share_its_batch)
{
    each_at_once(part, partings, sizeof(partings[0]), rp_count_of(partings));
}
END_TEST

START_TEST(an_instance_is_closed_right_after_its_call)
{
    bed on = bed_make((const char *const[]){"job-ms", "5", "latency-ms", "4", NULL}, QUICK);

    for (unsigned i = 0; i < 60; i++) {
        bed mine = on;
        background call;
        mine.instance = bed_open(&on, QUICK);
        background_start(&call, &mine, "create", one_record(i, ""), 20000);
        pause_ms(i % 20);
        background_cancel(&call);
        background_join(&call);
        on.plugin->close(mine.instance);
        background_free(&call);
    }
    bed_free(&on);
}
END_TEST

/* --- what is left of two hundred instances ------------------------------------------------- */

static unsigned count_entries(const char *folder)
{
    DIR *open = opendir(folder);
    unsigned count = 0;

    ck_assert_ptr_nonnull(open);
    while (readdir(open))
        count++;
    closedir(open);
    return count;
}

static unsigned long resident_kib(void)
{
    unsigned long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");

    ck_assert_ptr_nonnull(file);
    ck_assert_int_eq(fscanf(file, "%*u %lu", &pages), 1);
    fclose(file);
    return pages * 4;
}

static void open_call_close(const char *url, unsigned times)
{
    for (unsigned i = 0; i < times; i++) {
        bed on = {.plugin = plugin_load(), .instance = open_at(plugin_load(), url, QUICK)};
        answer told = call_members(&on, "create", 1, "\"adopt\": true");
        ck_assert_int_eq(told.status, RP_OK);
        answer_free(&told);
        on.plugin->close(on.instance);
    }
}

/* Sanitizers keep what was freed for a while. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define GROWTH_KIB 65536
#else
#define GROWTH_KIB 1024
#endif

START_TEST(two_hundred_instances_leave_nothing_behind)
{
    simulator_process server =
        simulator_process_start((const char *const[]){"job-ms", "0", "log-size", "1", NULL}, false);
    unsigned threads, fds;
    unsigned long memory;

    open_call_close(server.url, 20);
    threads = count_entries("/proc/self/task");
    fds = count_entries("/proc/self/fd");
    memory = resident_kib();
    open_call_close(server.url, 200);
    ck_assert_uint_eq(count_entries("/proc/self/task"), threads);
    ck_assert_uint_eq(count_entries("/proc/self/fd"), fds);
    ck_assert_uint_le(resident_kib(), memory + GROWTH_KIB);
    simulator_process_stop(&server);
}
END_TEST

/* --- a crowd at random ------------------------------------------------------------------------ */

#define CROWD         16
#define LARGEST_CROWD 64
#define KEYS          6 /* of each of the crowd: nobody else touches them */
#define CROWD_MS      4000
#define CANCEL_MS     50
#define LONG_MS       11000 /* ten seconds more than an attempt without a byte */
#define PATIENT       QUICK ", \"attempt_timeout_ms\": 1000"
#define SETTLE_MS     300

/* By hand: RP_CROWD=64 RP_CROWD_MS=60000. */
static unsigned setting(const char *name, unsigned usual, unsigned most)
{
    const char *given = getenv(name);
    unsigned value = given ? (unsigned)strtoul(given, NULL, 10) : usual;

    return value < 1 ? 1 : value > most ? most : value;
}

typedef enum belief {
    ABSENT,
    PRESENT,
    EITHER
} belief;

struct walker {
    const bed *on;
    unsigned first; /* of its keys */
    unsigned seed;
    int64_t until;
    belief keys[KEYS];
    unsigned calls;
    uint32_t cancelled;    /* this one's call */
    struct walker *others; /* of the one who does not walk, but cancels others' calls */
    unsigned count;        /* of them */
};

static const char *const misfortunes[] = {
    "on=add,kind=reset-after,every=13,count=0",
    "on=add,kind=reset-before,from=5,every=17,count=0",
    "on=add,status=503,from=3,every=19,count=0",
    "on=add,status=429,from=7,every=23,count=0",
    "on=add,kind=job-fail,code=ELB.6006,from=4,every=11,count=0",
    "on=add,kind=job-fail,applied=some,from=9,every=29,count=0",
    "on=remove,kind=reset-after,every=12,count=0",
    "on=remove,kind=reset-before,from=5,every=16,count=0",
    "on=remove,status=503,from=3,every=18,count=0",
    "on=remove,kind=job-fail,from=4,every=14,count=0",
    "on=list,kind=reset-before,from=5,every=31,count=0",
    "on=list,status=502,shape=html,from=8,every=37,count=0",
    "on=job,status=503,from=3,every=21,count=0",
    "on=job,kind=truncate,from=5,every=27,count=0",
    "on=any,kind=reset-after,from=9,every=50,count=0",
    "on=any,kind=hang,from=50,every=400,count=0",
    "on=any,kind=hang,acts=yes,from=250,every=400,count=0",
};

/* What one more result says of a key. */
static belief believe(belief before, const char *hook, const char *status, const char *outcome)
{
    bool ok = !strcmp(status, "ok");

    if (!strcmp(outcome, "unknown"))
        return EITHER;
    if (!strcmp(hook, "create"))
        return ok || !strcmp(status, "already_exists") ? PRESENT : before;
    return ok ? ABSENT : before;
}

/* A read tells what is there now, which of a key in doubt says nothing for later. */
static void check_read(const struct walker *self, unsigned key, const char *status)
{
    if (!strcmp(status, "ok"))
        ck_assert_msg(self->keys[key] != ABSENT, "server-%u is there", self->first + key);
    else if (!strcmp(status, "not_found"))
        ck_assert_msg(self->keys[key] != PRESENT, "server-%u is gone", self->first + key);
}

/* However the server fails, there is time for more attempts. */
static void check_in_time(const struct walker *self, uint32_t timeout_ms, const char *hook,
                          const char *status)
{
    ck_assert_msg(timeout_ms < LONG_MS || strcmp(status, "deadline_exceeded") != 0,
                  "%s of server-%u: out of time", hook, self->first);
}

static void walk_on(struct walker *self)
{
    static const char *const hooks[] = {"create", "delete", "read", "create", "delete"};
    const char *hook = hooks[(unsigned)rand_r(&self->seed) % rp_count_of(hooks)];
    unsigned key = (unsigned)rand_r(&self->seed) % KEYS;
    unsigned count = 1 + (unsigned)rand_r(&self->seed) % (KEYS - key);
    uint32_t timeout_ms = rand_r(&self->seed) % 8 ? LONG_MS : 1 + (unsigned)rand_r(&self->seed) % 120;
    rp_call call = {.struct_size = sizeof(call), .timeout_ms = timeout_ms, .cancel = &self->cancelled};
    _cleanup_(rp_freep) char *request =
        request_for(LISTENER, "server", self->first + key, count,
                    !strcmp(hook, "create") && rand_r(&self->seed) % 2 ? "\"adopt\": true" : "");
    answer told;

    __atomic_store_n(&self->cancelled, 0, __ATOMIC_RELEASE);
    told = call_hook_with(self->on->plugin, self->on->instance, &call, hook, request);
    ck_assert_uint_eq(result_count(&told), count);
    for (unsigned i = 0; i < count; i++) {
        const char *status = result_text(&told, i, "status");
        check_in_time(self, timeout_ms, hook, status);
        if (!strcmp(hook, "read"))
            check_read(self, key + i, status);
        else
            self->keys[key + i] =
                believe(self->keys[key + i], hook, status, result_text(&told, i, "outcome"));
    }
    answer_free(&told);
    self->calls++;
}

static void *walk(void *row)
{
    struct walker *self = row;

    while (now_ms() < self->until) {
        if (!self->others) {
            walk_on(self);
            continue;
        }
        pause_ms(CANCEL_MS);
        __atomic_store_n(&self->others[(unsigned)rand_r(&self->seed) % self->count].cancelled, 1,
                         __ATOMIC_RELEASE);
        self->calls++;
    }
    return NULL;
}

static void check_belief(const struct walker *self)
{
    for (unsigned i = 0; i < KEYS; i++) {
        _cleanup_(rp_freep) char *server = rp_format("server-%u", self->first + i);
        unsigned there = rp_sim_listed_of(self->on->sim, LISTENER, server);
        ck_assert_msg(there <= 1, "%s is there %u times", server, there);
        ck_assert_msg(self->keys[i] == EITHER || there == (self->keys[i] == PRESENT),
                      "%s is there %u times, not as was told", server, there);
    }
}

START_TEST(a_crowd_is_told_the_truth_by_a_server_that_fails)
{
    bed on = bed_make((const char *const[]){"job-ms", "30", "latency-ms", "2", NULL}, PATIENT);
    unsigned count = setting("RP_CROWD", CROWD, LARGEST_CROWD), calls = 0;
    int64_t until = now_ms() + setting("RP_CROWD_MS", CROWD_MS, 60000);
    struct walker crowd[LARGEST_CROWD + 1];

    for (size_t i = 0; i < rp_count_of(misfortunes); i++)
        simulator_fault(on.sim, "%s", misfortunes[i]);
    for (unsigned i = 0; i <= count; i++)
        crowd[i] =
            (struct walker){.on = &on, .first = i * KEYS, .seed = 1000 * (unsigned)_i + i, .until = until};
    crowd[count].others = crowd;
    crowd[count].count = count;
    each_at_once(walk, crowd, sizeof(crowd[0]), count + 1);
    pause_ms(SETTLE_MS);
    for (unsigned i = 0; i < count; i++) {
        check_belief(&crowd[i]);
        calls += crowd[i].calls;
    }
    ck_assert_uint_gt(calls, 5 * count);
    ck_assert_uint_gt(crowd[count].calls, 20);
    ck_assert_uint_gt(rp_sim_count(on.sim, "faults"), 20);
    bed_free(&on);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("threads");

    tcase_set_timeout(tests, 120);
    tcase_add_test(tests, one_record_from_eight_threads_is_one_member);
    tcase_add_test(tests, many_threads_live_on_one_instance);
    tcase_add_test(tests, many_threads_live_on_an_instance_each);
    tcase_add_test(tests, many_listeners_go_in_parallel);
    tcase_add_test(tests, a_listener_that_fails_stalls_no_other);
    tcase_add_test(tests, who_leaves_does_not_disturb_those_who_share_its_batch);
    tcase_add_test(tests, an_instance_is_closed_right_after_its_call);
    tcase_add_test(tests, two_hundred_instances_leave_nothing_behind);
    tcase_add_loop_test(tests, a_crowd_is_told_the_truth_by_a_server_that_fails, 0, 2);
    return run_case("threads", tests);
}
