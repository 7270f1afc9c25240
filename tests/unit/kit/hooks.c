/* The hooks of the kit, through a plugin of things. */
#include "plugin.h"
#include "starve.h"
#include "suites.h"

#include "base/buffer.h"
#include "base/clock.h"

#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define CREATE(records) "{\"resource\":\"thing\",\"records\":[" records "]}"
#define A               "{\"house\":\"h\",\"name\":\"a\",\"text\":\"x\"}"
#define B               "{\"house\":\"h\",\"name\":\"b\",\"text\":\"x\"}"
#define C               "{\"house\":\"h\",\"name\":\"c\",\"text\":\"x\"}"

static char long_text[5000];

static void check_result(const answer *one, size_t index, const char *status, const char *outcome,
                         const char *code)
{
    const rp_json *result = result_of(one, index);

    ck_assert_msg(!strcmp(text_of(result, "status"), status) &&
                      !strcmp(text_of(result, "outcome"), outcome) &&
                      (!code || !strcmp(code_of(one, index), code)),
                  "%zu is not %s, %s, %s: %s", index, status, outcome, code ? code : "", one->told->json);
}

static void make_it(rpkit_call *call, thing *state, thing *record)
{
    (void)record;
    state->blob = rpkit_unknown;
    rpkit_made(call, state);
    state->blob = NULL;
}

static void make_it_long(rpkit_call *call, thing *state, thing *record)
{
    (void)record;
    state->blob = long_text;
    rpkit_warn(call, "thing.long", "%s", long_text);
    rpkit_made(call, state);
    state->blob = NULL;
}

/* --- what is asked ------------------------------------------------------------------ */

static const struct {
    rp_hook *hook;
    const char *request, *path;
    int32_t status;
} refused[] = {
    {rpkit_create, "", "", RP_INVALID_ARGUMENT},
    {rpkit_create, "[]", "", RP_INVALID_ARGUMENT},
    {rpkit_create, "{\"resource\":\"thing\"}", "", RP_INVALID_ARGUMENT},
    {rpkit_create, "{\"resource\":\"thng\",\"records\":[]}", "/resource", RP_UNSUPPORTED},
    {rpkit_create, "{\"resource\":\"relic\",\"records\":[]}", "/resource", RP_UNSUPPORTED},
    {rpkit_list, "{\"resource\":\"relic\"}", "/resource", RP_UNSUPPORTED},
    {rpkit_create, "{\"resource\":\"thing\",\"records\":[],\"a/b\":1}", "/a~1b", RP_INVALID_ARGUMENT},
    {rpkit_create, "{\"resource\":\"thing\",\"records\":[],\"options\":{\"adpot\":true}}", "/options/adpot",
     RP_INVALID_ARGUMENT},
    {rpkit_list, "{\"resource\":\"thing\",\"page\":5}", "/page", RP_INVALID_ARGUMENT},
    {rpkit_list, "{\"resource\":\"thing\",\"page\":\"\"}", "/page", RP_INVALID_ARGUMENT},
    {rpkit_list, "{\"resource\":\"thing\",\"parent\":{\"a\":1}}", "/parent/a", RP_INVALID_ARGUMENT},
    {rpkit_validate, "{\"config\":{},\"records\":[]}", "/config", RP_INVALID_ARGUMENT},
    {rpkit_validate, "{\"config\":{\"foldr\":1}}", "/config/foldr", RP_INVALID_ARGUMENT},
    {rpkit_validate, "{\"config\":{\"folder\":\"nowhere\"}}", "/config/folder", RP_INVALID_ARGUMENT},
    {rpkit_open, "{\"config\":{\"folder\":\"nowhere\"}}", "/config/folder", RP_INVALID_ARGUMENT},
    {rpkit_open, "{}", "", RP_INVALID_ARGUMENT},
};

START_TEST(a_bad_request_is_refused_as_a_whole_and_says_where)
{
    rp_instance *instance = open_it();
    answer told = ask(refused[_i].hook, instance, NULL, refused[_i].request);
    const rp_json *why = rp_json_at(rp_json_get(told.json, "diagnostics"), 0);

    ck_assert_msg(told.told->status == refused[_i].status, "%s", told.told->json);
    ck_assert_uint_eq(rp_json_count(rp_json_get(told.json, "results")), 0);
    ck_assert_str_eq(text_of(why, "path"), refused[_i].path);
    ck_assert_uint_eq(operations, 0);
    done_with(&told);
    rpkit_close(instance);
}
END_TEST

static const struct {
    rp_hook *hook;
    const char *record, *path;
} wrong[] = {
    {rpkit_create, "5", ""},
    {rpkit_create, "{\"house\":\"h\",\"text\":\"x\"}", ""},
    {rpkit_create, "{\"house\":\"\",\"name\":\"a\",\"text\":\"x\"}", "/house"},
    {rpkit_create, "{\"house\":\"h\",\"name\":\"a\",\"text\":\"x\",\"txet\":1}", "/txet"},
    {rpkit_create, "{\"house\":\"h\",\"name\":\"a\",\"text\":\"x\",\"blob\":\"b\"}", "/blob"},
    {rpkit_create, "{\"house\":\"h\",\"name\":\"a\",\"text\":\"x\",\"id\":\"h/a\"}", "/id"},
    {rpkit_create, "{\"house\":\"h\",\"name\":\"a\",\"text\":\"forbidden\"}", "/text"},
    {rpkit_read, "{}", ""},
    {rpkit_read, "{\"id\":5}", "/id"},
    {rpkit_read, "{\"id\":\"\"}", "/id"},
    {rpkit_read, "{\"id\":\"h\"}", "/id"},
    {rpkit_read, "{\"id\":\"h/a/b\"}", "/id"},
    {rpkit_read, "{\"id\":\"h/a\",\"name\":\"b\"}", "/id"},
    {rpkit_read, "{\"id\":\"h/a-name-of-more-than-20-bytes\"}", "/name"},
    {rpkit_delete, "{\"house\":\"h\"}", ""},
    {rpkit_update, A, "/house"},
    {rpkit_update, "{\"state\":" A "}", "/record"},
    {rpkit_update, "{\"record\":" A "}", "/state"},
    {rpkit_update, "{\"state\":" A ",\"record\":" A ",\"more\":1}", "/more"},
    {rpkit_update, "{\"state\":" A ",\"record\":" B "}", "/record/name"},
    {rpkit_update, "{\"state\":{\"id\":\"h/a\",\"place\":\"p\"},\"record\":" A "}", "/record/place"},
    {rpkit_update,
     "{\"state\":{\"id\":\"h/a\"},\"record\":{\"house\":\"h\",\"name\":\"a\",\"text\":\"forbidden\"}}",
     "/record/text"},
    {rpkit_update, "{\"state\":{\"id\":\"h\"},\"record\":" A "}", "/state/id"},
};

START_TEST(a_bad_record_fails_alone_and_says_where)
{
    rp_instance *instance = open_it();
    bool updates = wrong[_i].hook == rpkit_update;
    rp_buffer request = RP_BUFFER(65536);
    const char *right = updates ? "{\"state\":" B ",\"record\":" B "}" : B;
    answer told;

    on_operation = make_it;
    rp_buffer_format(&request, "{\"resource\":\"thing\",\"records\":[%s,%s]}", wrong[_i].record, right);
    told = ask(wrong[_i].hook, instance, NULL, rp_buffer_text(&request));
    check_result(&told, 0, "invalid_argument", "none", "record.invalid");
    ck_assert_str_eq(text_of(rp_json_at(rp_json_get(result_of(&told, 0), "diagnostics"), 0), "path"),
                     wrong[_i].path);
    ck_assert_str_eq(text_of(result_of(&told, 1), "status"), "ok");
    ck_assert_uint_eq(operations, 1);
    ck_assert_int_eq(told.told->status, RP_INVALID_ARGUMENT);
    done_with(&told);
    rp_buffer_done(&request);
    rpkit_close(instance);
}
END_TEST

static void check_key(rpkit_call *call, thing *state, thing *record)
{
    (void)record;
    ck_assert_str_eq(state->house, "a/b%");
    ck_assert_str_eq(state->name, "c");
    rpkit_found(call, state);
}

START_TEST(an_id_alone_names_the_object_whatever_is_in_its_key)
{
    rp_instance *instance = open_it();
    answer told;

    on_operation = check_key;
    told = ask(rpkit_read, instance, NULL,
               CREATE("{\"house\":\"a/b%\",\"name\":\"c\",\"size\":\"of another release\"}"));
    ck_assert_str_eq(text_of(rp_json_get(result_of(&told, 0), "state"), "id"), "a%2Fb%25/c");
    done_with(&told);
    on_operation = check_key;
    told = ask(rpkit_read, instance, NULL, CREATE("{\"id\":\"a%2Fb%25/c\",\"whatever\":[1]}"));
    check_result(&told, 0, "ok", "done", NULL);
    done_with(&told);
    rpkit_close(instance);
}
END_TEST

START_TEST(more_records_than_may_be_are_refused_before_any_is_begun)
{
    rp_instance *instance = open_it();
    rp_buffer request = RP_BUFFER(65536);
    answer told;

    on_operation = make_it;
    rp_buffer_add_text(&request, "{\"resource\":\"thing\",\"records\":[");
    for (unsigned i = 0; i < 51; i++)
        rp_buffer_format(&request, "%s{\"house\":\"h\",\"name\":\"%u\",\"text\":\"\"}", i ? "," : "", i);
    rp_buffer_add_text(&request, "]}");
    told = ask(rpkit_create, instance, NULL, rp_buffer_text(&request));
    ck_assert_int_eq(told.told->status, RP_INVALID_ARGUMENT);
    ck_assert_uint_eq(operations, 0);
    ck_assert_str_eq(text_of(rp_json_at(rp_json_get(told.json, "diagnostics"), 0), "path"), "/records");
    done_with(&told);
    rp_buffer_done(&request);
    rpkit_close(instance);
}
END_TEST

/* --- what is answered ------------------------------------------------------------------ */

static void answer_as_named(rpkit_call *call, thing *state, thing *record)
{
    static const thing no_key = {.text = (char *)"x"};

    (void)record;
    switch (*state->name) {
    case 'm':
        rpkit_made(call, state);
        break;
    case 'u':
        rpkit_unchanged(call, state);
        break;
    case 'e':
        rpkit_exists(call, state, true);
        break;
    case 'd':
        rpkit_exists(call, state, false);
        break;
    case 'a':
        rpkit_absent(call);
        break;
    case 'r':
        rpkit_removed(call);
        break;
    case 'p':
        rpkit_in_progress(call, state);
        break;
    case 'f':
        rpkit_retry_after(call, 500);
        rpkit_fail(call, RP_THROTTLED, RPKIT_UNKNOWN, "thing.slow", "too %s", "fast");
        break;
    case 'w':
        rpkit_wrong(call, "/text", "not on this server");
        break;
    case 'n':
        rpkit_no_memory(call);
        break;
    case 'k':
        rpkit_made(call, &no_key);
        break;
    case 's':
        rpkit_made(call, NULL);
        break;
    case '2':
        rpkit_made(call, state);
        rpkit_fail(call, RP_INTERNAL, RPKIT_NONE, "thing.second", "a second result");
        break;
    default: /* no result */
        break;
    }
}

static const struct {
    rp_hook *hook;
    const char *name, *status, *outcome, *code;
    bool state;
    int32_t sum;
} answers[] = {
    {rpkit_create, "m", "ok", "done", NULL, true, RP_OK},
    {rpkit_create, "e", "already_exists", "none", "object.already_exists", true, RP_ALREADY_EXISTS},
    {rpkit_create, "d", "already_exists", "none", "object.already_exists", true, RP_ALREADY_EXISTS},
    {rpkit_create, "p", "in_progress", "unknown", NULL, true, RP_IN_PROGRESS},
    {rpkit_create, "f", "throttled", "unknown", "thing.slow", false, RP_THROTTLED},
    {rpkit_create, "w", "invalid_argument", "none", "record.invalid", false, RP_INVALID_ARGUMENT},
    {rpkit_create, "n", "no_memory", "none", "no_memory", false, RP_NO_MEMORY},
    {rpkit_create, "s", "internal", "done", "internal", false, RP_INTERNAL},
    {rpkit_create, "2", "ok", "done", NULL, true, RP_OK},
    {rpkit_create, "x", "internal", "unknown", "internal", false, RP_INTERNAL},
    {rpkit_read, "p", "in_progress", "(none)", NULL, true, RP_IN_PROGRESS},
    {rpkit_read, "a", "not_found", "none", "object.not_found", false, RP_NOT_FOUND},
    {rpkit_delete, "a", "ok", "done", NULL, false, RP_OK},
    {rpkit_delete, "r", "ok", "done", NULL, false, RP_OK},
    {rpkit_delete, "p", "in_progress", "unknown", NULL, false, RP_IN_PROGRESS},
    {rpkit_update, "m", "ok", "done", NULL, true, RP_OK},
    {rpkit_update, "u", "ok", "none", NULL, true, RP_OK},
    {rpkit_update, "a", "not_found", "none", "object.not_found", false, RP_NOT_FOUND},
};

START_TEST(each_result_is_as_the_rules_want_it)
{
    rp_instance *instance = open_it();
    rp_buffer record = RP_BUFFER(4096), request = RP_BUFFER(4096);
    answer told;
    bool value = false;

    on_operation = answer_as_named;
    rp_buffer_format(&record, "{\"house\":\"h\",\"name\":\"%s\",\"text\":\"x\"}", answers[_i].name);
    rp_buffer_format(&request,
                     answers[_i].hook == rpkit_update
                         ? "{\"resource\":\"thing\",\"records\":[{\"state\":%s,\"record\":%s}]}"
                         : "{\"resource\":\"thing\",\"records\":[%s]}",
                     rp_buffer_text(&record), rp_buffer_text(&record));
    told = ask(answers[_i].hook, instance, NULL, rp_buffer_text(&request));
    check_result(&told, 0, answers[_i].status, answers[_i].outcome, answers[_i].code);
    ck_assert_uint_eq(rp_json_count(rp_json_get(told.json, "results")), 1);
    ck_assert_msg(rp_json_has(result_of(&told, 0), "state") == answers[_i].state, "%s", told.told->json);
    ck_assert_int_eq(told.told->status, answers[_i].sum);
    if (!strcmp(answers[_i].status, "already_exists"))
        ck_assert(rp_json_boolean(rp_json_get(result_of(&told, 0), "matches"), &value) &&
                  value == (*answers[_i].name == 'e'));
    if (answers[_i].hook == rpkit_delete && answers[_i].sum == RP_OK)
        ck_assert(rp_json_boolean(rp_json_get(result_of(&told, 0), "existed"), &value) &&
                  value == (*answers[_i].name == 'r'));
    done_with(&told);
    rp_buffer_done(&record);
    rp_buffer_done(&request);
    rpkit_close(instance);
}
END_TEST

START_TEST(adopt_takes_what_matches_and_nothing_else)
{
    rp_instance *instance = open_it();
    answer told;

    on_operation = answer_as_named;
    told = ask(
        rpkit_create, instance, NULL,
        "{\"resource\":\"thing\",\"options\":{\"adopt\":true},\"records\":["
        "{\"house\":\"h\",\"name\":\"e\",\"text\":\"x\"},{\"house\":\"h\",\"name\":\"d\",\"text\":\"x\"}]}");
    check_result(&told, 0, "ok", "none", NULL);
    check_result(&told, 1, "already_exists", "none", NULL);
    done_with(&told);
    rpkit_close(instance);
}
END_TEST

START_TEST(secrets_and_what_is_write_only_are_in_no_state)
{
    rp_instance *instance = open_it();
    answer told;

    on_operation = make_it;
    told = ask(rpkit_create, instance, NULL,
               CREATE("{\"house\":\"h\",\"name\":\"a\",\"text\":\"x\",\"pin\":\"hush\",\"size\":3}"));
    ck_assert_str_eq(told.told->json,
                     "{\"results\":[{\"status\":\"ok\",\"outcome\":\"done\",\"state\":{\"id\":\"h/a\","
                     "\"house\":\"h\",\"name\":\"a\",\"text\":\"x\",\"size\":3},\"diagnostics\":[]}],"
                     "\"diagnostics\":[]}");
    done_with(&told);
    rpkit_close(instance);
}
END_TEST

/* --- twins -------------------------------------------------------------------------------- */

static rpkit_outcome first_outcome;
static int32_t first_status;

static void fail_as_told(rpkit_call *call, thing *state, thing *record)
{
    (void)record;
    if (operations > 1)
        rpkit_exists(call, state, true);
    else if (first_status == RP_OK)
        rpkit_made(call, state);
    else if (first_status == RP_IN_PROGRESS)
        rpkit_in_progress(call, state);
    else
        rpkit_fail(call, first_status, first_outcome, "thing.first", "the first one failed");
}

static const struct {
    int32_t status;
    rpkit_outcome outcome;
    unsigned operations;
    const char *second, *second_outcome;
} twins[] = {{RP_OK, RPKIT_DONE, 2, "already_exists", "none"},
             {RP_IN_PROGRESS, RPKIT_UNKNOWN, 1, "in_progress", "unknown"},
             {RP_UNAVAILABLE, RPKIT_UNKNOWN, 1, "unavailable", "unknown"},
             {RP_QUOTA_EXCEEDED, RPKIT_NONE, 1, "quota_exceeded", "none"}};

START_TEST(a_twin_of_what_failed_or_is_open_is_not_begun)
{
    rp_instance *instance = open_it();
    answer told;

    first_status = twins[_i].status;
    first_outcome = twins[_i].outcome;
    on_operation = fail_as_told;
    told = ask(rpkit_create, instance, NULL,
               CREATE(A ","
                        "{}"
                        "," A));
    check_result(&told, 1, "invalid_argument", "none", "record.invalid");
    check_result(&told, 2, twins[_i].second, twins[_i].second_outcome, NULL);
    ck_assert_uint_eq(operations, twins[_i].operations);
    done_with(&told);
    rpkit_close(instance);
}
END_TEST

/* --- time ------------------------------------------------------------------------------------ */

static int32_t waited;

static void wait_long(rpkit_call *call, thing *state, thing *record)
{
    (void)record;
    waited = rpkit_sleep(call, 60000);
    rpkit_made(call, state);
}

START_TEST(out_of_time_or_cancelled_no_further_record_is_begun)
{
    rp_instance *instance = open_it();
    uint32_t cancel = 0;
    rp_call call = {.struct_size = sizeof(call), .timeout_ms = 100, .cancel = &cancel};
    int64_t start = rp_now_ms(&rp_clock_system);
    answer told;

    on_operation = wait_long;
    told = ask(rpkit_create, instance, &call, CREATE(A "," B));
    ck_assert_int_lt(rp_now_ms(&rp_clock_system) - start, 600);
    ck_assert_int_eq(waited, RP_DEADLINE_EXCEEDED);
    check_result(&told, 0, "ok", "done", NULL);
    check_result(&told, 1, "deadline_exceeded", "none", "call.deadline_exceeded");
    ck_assert_uint_eq(operations, 1);
    done_with(&told);
    cancel = 1;
    on_operation = wait_long;
    told = ask(rpkit_create, instance, &call, CREATE(A));
    check_result(&told, 0, "cancelled", "none", "call.cancelled");
    ck_assert_uint_eq(operations, 0);
    done_with(&told);
    rpkit_close(instance);
}
END_TEST

static int pipes[2];

static void wait_for_pipe(rpkit_call *call, thing *state, thing *record)
{
    (void)record;
    waited = rpkit_poll(call, pipes[0], 1 /* POLLIN */);
    rpkit_found(call, state);
}

START_TEST(a_descriptor_is_waited_for_as_long_as_the_call_may)
{
    rp_instance *instance = open_it();
    rp_call call = {.struct_size = sizeof(call), .timeout_ms = 60};
    answer told;

    ck_assert_int_eq(pipe(pipes), 0);
    on_operation = wait_for_pipe;
    told = ask(rpkit_read, instance, &call, CREATE(A));
    ck_assert_int_eq(waited, RP_DEADLINE_EXCEEDED);
    done_with(&told);
    ck_assert_int_eq(write(pipes[1], "x", 1), 1);
    on_operation = wait_for_pipe;
    told = ask(rpkit_read, instance, &call, CREATE(A));
    ck_assert_int_eq(waited, RP_OK);
    done_with(&told);
    close(pipes[0]);
    close(pipes[1]);
    rpkit_close(instance);
}
END_TEST

/* --- memory ------------------------------------------------------------------------------------ */

static unsigned starve_at;
static bool for_good;

static void starve_and_make(rpkit_call *call, thing *state, thing *record)
{
    if (operations == 1 && for_good)
        starve_from(starve_at);
    else if (operations == 1)
        starve(starve_at);
    make_it_long(call, state, record);
}

/* Whatever fails once the first object was made: what was made is told, with what names it. */
static bool make_three(rp_instance *instance)
{
    static const char *const ids[] = {"h/a", "h/b", "h/c"};
    static const char request[] = CREATE(A "," B ","
                                           "{}"
                                           "," C);
    const rp_response *told;
    answer read = {0};
    bool hit;

    operations = 0;
    on_operation = starve_and_make;
    told = rpkit_create(instance, NULL, request, strlen(request));
    hit = starved();
    ck_assert_uint_eq(operations, 3);
    ck_assert_int_eq(rp_json_parse(told->json, told->json_len, &read.json, NULL), 0);
    read.told = told;
    ck_assert_msg(rp_json_count(rp_json_get(read.json, "results")) == 4, "%u: %s", starve_at, told->json);
    for (size_t i = 0; i < 3; i++) {
        size_t index = i == 2 ? 3 : i;
        check_result(&read, index, "ok", "done", NULL);
        ck_assert_str_eq(text_of(rp_json_get(result_of(&read, index), "state"), "id"), ids[i]);
        ck_assert_str_eq(text_of(rp_json_get(result_of(&read, index), "state"), "text"), "x");
    }
    check_result(&read, 2, "invalid_argument", "none", "record.invalid");
    done_with(&read);
    return hit;
}

START_TEST(no_outcome_is_lost_wherever_memory_ends)
{
    rp_instance *instance = open_it();
    unsigned rounds = 0;

    memset(long_text, 'l', sizeof(long_text) - 1);
    for_good = _i;
    for (starve_at = 1; make_three(instance); starve_at++)
        rounds++;
    ck_assert_uint_ge(rounds, 3);
    rpkit_close(instance);
}
END_TEST

START_TEST(nothing_is_begun_where_memory_ends_before)
{
    static const char request[] = CREATE(A "," B);
    rp_instance *instance = open_it();
    unsigned rounds = 0;
    int32_t status = RP_NO_MEMORY;

    for (unsigned i = 1; i < 200 && status == RP_NO_MEMORY; i++) {
        const rp_response *told;
        operations = 0;
        on_operation = make_it;
        starve(i);
        told = rpkit_create(instance, NULL, request, strlen(request));
        starved();
        status = told->status;
        if (status == RP_NO_MEMORY) {
            ck_assert_uint_eq(operations, 0);
            rounds++;
        }
        rpkit_release(told);
    }
    ck_assert_uint_ge(rounds, 8);
    on_operation = NULL;
    operations = 0;
    rpkit_close(instance);
}
END_TEST

static char *huge;

static void make_it_huge(rpkit_call *call, thing *state, thing *record)
{
    (void)record;
    state->blob = huge;
    rpkit_made(call, state);
    state->blob = NULL;
}

START_TEST(no_response_passes_16_mib)
{
    rp_instance *instance = open_it();
    answer told;

    huge = malloc(9u << 20);
    memset(huge, 'h', (9u << 20) - 1);
    huge[(9u << 20) - 1] = '\0';
    on_operation = make_it_huge;
    told = ask(rpkit_create, instance, NULL, CREATE(A "," B "," C));
    ck_assert_uint_le(told.told->json_len, 16u << 20);
    for (size_t i = 0; i < 3; i++) {
        check_result(&told, i, "ok", "done", NULL);
        ck_assert_int_eq(rp_json_has(rp_json_get(result_of(&told, i), "state"), "blob"), i == 0);
    }
    done_with(&told);
    free(huge);
    rpkit_close(instance);
}
END_TEST

/* --- list -------------------------------------------------------------------------------------- */

static const thing listed[] = {{.house = (char *)"h", .name = (char *)"a"},
                               {.house = (char *)"h", .name = (char *)"b"}};

static void list_two(rpkit_call *call, const char *page)
{
    rpkit_listed(call, &listed[0]);
    if (page && !strcmp(page, "fail"))
        rpkit_refuse(call, RP_UNAVAILABLE, "thing.gone", NULL, "the server is gone");
    if (page && !strcmp(page, "nameless"))
        rpkit_listed(call, &(thing){.house = (char *)"h"});
    rpkit_listed(call, &listed[1]);
    rpkit_warn(call, "thing.binary", "one was passed over");
    if (!page)
        rpkit_next(call, "2");
}

START_TEST(a_page_is_whole_or_refused)
{
    rp_instance *instance = open_it();
    answer told;

    on_list = list_two;
    told = ask(rpkit_list, instance, NULL, "{\"resource\":\"thing\"}");
    ck_assert_uint_eq(rp_json_count(rp_json_get(told.json, "results")), 2);
    ck_assert_str_eq(text_of(told.json, "next"), "2");
    ck_assert_uint_eq(rp_json_count(rp_json_get(told.json, "diagnostics")), 1);
    done_with(&told);
    told = ask(rpkit_list, instance, NULL, "{\"resource\":\"thing\",\"page\":\"2\"}");
    ck_assert(!rp_json_has(told.json, "next"));
    done_with(&told);
    told = ask(rpkit_list, instance, NULL, "{\"resource\":\"thing\",\"page\":\"fail\"}");
    ck_assert_int_eq(told.told->status, RP_UNAVAILABLE);
    ck_assert_uint_eq(rp_json_count(rp_json_get(told.json, "results")), 0);
    done_with(&told);
    told = ask(rpkit_list, instance, NULL, "{\"resource\":\"thing\",\"page\":\"nameless\"}");
    ck_assert_int_eq(told.told->status, RP_INTERNAL);
    done_with(&told);
    rpkit_close(instance);
}
END_TEST

/* --- instances, validate, describe ----------------------------------------------------------------- */

START_TEST(an_instance_is_configured_opened_and_closed_once)
{
    answer told =
        ask(rpkit_open, NULL, NULL, "{\"config\":{\"folder\":\"here\",\"password\":\"hush-hush\"}}");

    closed = 0;
    ck_assert_int_eq(told.told->status, RP_OK);
    ck_assert_str_eq(text_of(rp_json_at(rp_json_get(told.json, "diagnostics"), 0), "summary"),
                     "the folder is here");
    ck_assert_ptr_null(strstr(told.told->json, "hush-hush"));
    rpkit_close(told.told->instance);
    ck_assert_uint_eq(closed, 1);
    done_with(&told);
    told = ask(rpkit_open, NULL, NULL, "{\"config\":{\"folder\":\"nowhere\"}}");
    ck_assert_ptr_null(told.told->instance);
    ck_assert_uint_eq(closed, 2);
    done_with(&told);
    rpkit_close(NULL);
    rpkit_release(NULL);
}
END_TEST

START_TEST(in_a_child_of_fork_an_instance_only_frees_memory)
{
    rp_instance *instance = open_it();
    int status = 0;
    pid_t child;

    closed = 0;
    child = fork();
    if (child == 0) {
        const rp_response *told = rpkit_create(instance, NULL, NULL, 0);
        bool right = told->status == RP_CONTRACT && strstr(told->json, "abi.forked");
        rpkit_release(told);
        rpkit_close(instance);
        _exit(right && closed == 100 ? 0 : 1);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
    rpkit_close(instance);
}
END_TEST

START_TEST(hooks_that_act_need_an_instance)
{
    rp_hook *const hooks[] = {rpkit_create, rpkit_read, rpkit_update, rpkit_delete, rpkit_list};
    answer told = ask(hooks[_i], NULL, NULL, "{}");

    ck_assert_int_eq(told.told->status, RP_CONTRACT);
    done_with(&told);
}
END_TEST

START_TEST(validate_takes_null_for_what_is_not_known_yet)
{
    answer told = ask(rpkit_validate, NULL, NULL,
                      CREATE("{\"house\":null,\"name\":null,\"text\":null}"
                             ","
                             "{\"house\":null,\"name\":null}"
                             ","
                             "{\"house\":null,\"name\":null,\"text\":\"forbidden\"}"));

    check_result(&told, 0, "ok", "(none)", NULL);
    check_result(&told, 1, "invalid_argument", "none", "record.invalid");
    check_result(&told, 2, "invalid_argument", "none", "record.invalid");
    ck_assert_uint_eq(operations, 0);
    done_with(&told);
    told = ask(rpkit_validate, NULL, NULL, "{\"config\":{\"folder\":null,\"timeout_ms\":0}}");
    ck_assert_int_eq(told.told->status, RP_INVALID_ARGUMENT);
    done_with(&told);
    told = ask(rpkit_validate, NULL, NULL, "{\"config\":{\"folder\":null}}");
    ck_assert_int_eq(told.told->status, RP_OK);
    done_with(&told);
}
END_TEST

START_TEST(describe_is_made_of_the_tables)
{
    answer told = ask(rpkit_describe, NULL, NULL, "");
    const rp_json *thing_ = rp_json_get(rp_json_get(told.json, "resources"), "thing");
    const rp_json *record = rp_json_get(rp_json_get(thing_, "record"), "properties");
    const rp_json *state = rp_json_get(rp_json_get(thing_, "state"), "properties");
    int64_t number = 0;

    ck_assert_str_eq(text_of(told.json, "version"), "3.2.1");
    ck_assert_str_eq(rp_json_text(rp_json_at(rp_json_get(thing_, "key"), 1)), "name");
    ck_assert(rp_json_integer(rp_json_get(thing_, "max_records"), &number) && number == 50);
    ck_assert(rp_json_integer(rp_json_get(thing_, "settle_ms"), &number) && number == 77);
    ck_assert(rp_json_has(record, "pin") && !rp_json_has(record, "blob") && !rp_json_has(record, "id"));
    ck_assert(!rp_json_has(state, "pin") && rp_json_has(state, "blob") && rp_json_has(state, "id"));
    ck_assert(!rp_json_has(thing_, "parent") && rp_json_has(thing_, "options"));
    done_with(&told);
}
END_TEST

static unsigned events;

static void take_event(void *context, const char *event, size_t len)
{
    static const char *const kinds[] = {"log", "progress", "state"};
    rp_json *json = NULL;

    (void)context;
    ck_assert_int_eq(rp_json_parse(event, len, &json, NULL), 0);
    ck_assert_str_eq(text_of(json, "kind"), kinds[events % 3]);
    if (events % 3 == 2)
        ck_assert_str_eq(text_of(rp_json_get(json, "state"), "id"), "h/b");
    events++;
    rp_json_free(json);
}

static void tell_events(rpkit_call *call, thing *state, thing *record)
{
    (void)record;
    if (*state->name == 'b') {
        rpkit_log(call, "debug", "a %s", "line");
        rpkit_progress(call, 1, 2, "half");
        rpkit_accepted(call, state);
    }
    rpkit_made(call, state);
}

START_TEST(events_reach_the_host_and_may_be_unwanted)
{
    rp_instance *instance = open_it();
    rp_call call = {.struct_size = sizeof(call), .on_event = take_event};
    answer told;

    on_operation = tell_events;
    told = ask(rpkit_create, instance, &call, CREATE(A "," B));
    ck_assert_uint_eq(events, 3);
    done_with(&told);
    call.struct_size = offsetof(rp_call, on_event);
    on_operation = tell_events;
    told = ask(rpkit_create, instance, &call, CREATE(A "," B));
    ck_assert_uint_eq(events, 3);
    done_with(&told);
    rpkit_close(instance);
}
END_TEST

#define LOOP(test, rows) tcase_add_loop_test(tests, test, 0, sizeof(rows) / sizeof(rows[0]))

TCase *hooks_tests(void)
{
    TCase *tests = tcase_create("hooks");

    LOOP(a_bad_request_is_refused_as_a_whole_and_says_where, refused);
    LOOP(a_bad_record_fails_alone_and_says_where, wrong);
    tcase_add_test(tests, an_id_alone_names_the_object_whatever_is_in_its_key);
    tcase_add_test(tests, more_records_than_may_be_are_refused_before_any_is_begun);
    LOOP(each_result_is_as_the_rules_want_it, answers);
    tcase_add_test(tests, adopt_takes_what_matches_and_nothing_else);
    tcase_add_test(tests, secrets_and_what_is_write_only_are_in_no_state);
    LOOP(a_twin_of_what_failed_or_is_open_is_not_begun, twins);
    tcase_add_test(tests, out_of_time_or_cancelled_no_further_record_is_begun);
    tcase_add_test(tests, a_descriptor_is_waited_for_as_long_as_the_call_may);
    tcase_add_loop_test(tests, no_outcome_is_lost_wherever_memory_ends, 0, 2);
    tcase_add_test(tests, nothing_is_begun_where_memory_ends_before);
    tcase_add_test(tests, no_response_passes_16_mib);
    tcase_add_test(tests, a_page_is_whole_or_refused);
    tcase_add_test(tests, an_instance_is_configured_opened_and_closed_once);
    tcase_add_test(tests, in_a_child_of_fork_an_instance_only_frees_memory);
    tcase_add_loop_test(tests, hooks_that_act_need_an_instance, 0, 5);
    tcase_add_test(tests, validate_takes_null_for_what_is_not_known_yet);
    tcase_add_test(tests, describe_is_made_of_the_tables);
    tcase_add_test(tests, events_reach_the_host_and_may_be_unwanted);
    return tests;
}
