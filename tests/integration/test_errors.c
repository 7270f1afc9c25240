/*
 * Every refusal that is known, on an add, on a remove and on a list: what the
 * host is told, and what the server was asked after it. The printed codes are
 * read from the reference's table; what each means is written down here once
 * more, apart from the plugin, so that one misreading shows.
 */
#include "plugin.h"
#include "run.h"
#include "simulator.h"

#include "base/cleanup.h"
#include "base/text.h"
#include "json/writer.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

#define SETTINGS(...) ((const char *const[]){__VA_ARGS__, NULL})
#define MAX_ROWS      160

/* Whom a refusal blames, or what else it says. */
enum whom {
    RECORD,   /* one of the records: they are tried apart */
    WHOLE,    /* each would fare alike */
    SERVER,   /* it may have acted all the same */
    PAGE,     /* somebody else has answered: the same */
    ASTRAY,   /* somebody else has answered, and passed nothing on */
    TOO_LARGE, /* the same, and they are tried apart */
    PARENT,   /* there is no such listener */
    MEMBER,   /* there is no such member */
    THROTTLE, /* later */
    CONFLICT  /* after the other job */
};

typedef struct meaning {
    const char *status, *code;
    bool retryable;
    enum whom whom;
} meaning;

static const struct {
    meaning is;
    const char *codes;
} printed[] = {
    /* Of members, and of the listener they are in. */
    {{"invalid_argument", "elb.bad_request", false, WHOLE},
     "ELB.0002 ELB.1000 ELB.1004 ELB.1030 ELB.2000 ELB.6003 ELB.6020"},
    {{"invalid_argument", "elb.bad_request", false, RECORD}, "ELB.1001 ELB.2002"},
    {{"invalid_argument", "elb.address_invalid", false, RECORD}, "ELB.2021"},
    {{"invalid_argument", "elb.server_not_usable", false, RECORD}, "ELB.6006"},
    {{"invalid_argument", "elb.project_invalid", false, WHOLE}, "ELB.0230"},
    {{"invalid_argument", "elb.listener_id_invalid", false, WHOLE}, "ELB.2010 ELB.2020 ELB.6000 ELB.6010"},
    {{"quota_exceeded", "elb.member_quota", false, WHOLE}, "ELB.2001"},
    {{"not_found", "elb.member_not_found", false, MEMBER}, "ELB.2012"},
    {{"not_found", "elb.parent_not_found", false, PARENT},
     "ELB.1002 ELB.1003 ELB.2011 ELB.6002 ELB.6030 ELB.6040 ELB.7010"},
    /* Who asks. */
    {{"unauthenticated", "elb.token_invalid", false, WHOLE}, "ELB.1102 ELB.1103 ELB.1104 ELB.1105"},
    {{"permission_denied", "elb.account_not_verified", false, WHOLE}, "ELB.1109"},
    /* Of other things, which a member's request hardly meets. */
    {{"invalid_argument", "elb.load_balancer_invalid", false, WHOLE},
     "ELB.1005 ELB.1015 ELB.1020 ELB.1021 ELB.1025 ELB.1031 ELB.1035 ELB.1041 ELB.1045 ELB.1051 ELB.1061 "
     "ELB.1071 ELB.1081"},
    {{"invalid_argument", "elb.listener_invalid", false, WHOLE},
     "ELB.6001 ELB.6011 ELB.6015 ELB.6021 ELB.6025 ELB.6031 ELB.6035 ELB.6041 ELB.6045 ELB.6051 ELB.6061 "
     "ELB.6071 ELB.6081"},
    {{"invalid_argument", "elb.health_check_invalid", false, WHOLE}, "ELB.7000 ELB.7001 ELB.7002 ELB.7004"},
    {{"invalid_argument", "elb.health_check_not_found", false, WHOLE}, "ELB.7014 ELB.7020"},
    {{"quota_exceeded", "elb.load_balancer_quota", false, WHOLE}, "ELB.1091"},
    {{"quota_exceeded", "elb.listener_quota", false, WHOLE}, "ELB.6091"},
    {{"conflict", "elb.load_balancer_in_use", false, WHOLE}, "ELB.1008 ELB.1018"},
    {{"conflict", "elb.address_in_use", false, WHOLE}, "ELB.1101"},
    {{"conflict", "elb.listener_port_in_use", false, WHOLE}, "ELB.6101"},
    /* 400, and yet the server's own failure. */
    {{"unavailable", "elb.server_fault", true, SERVER},
     "ELB.0004 ELB.1007 ELB.1010 ELB.1012 ELB.1013 ELB.1014 ELB.1201 ELB.2003 ELB.2005 ELB.3001 ELB.3002 "
     "ELB.3003 ELB.3004 ELB.3005 ELB.4001 ELB.4002 ELB.4003 ELB.4004 ELB.4005 ELB.5003 ELB.5005 ELB.6004 "
     "ELB.8001 ELB.8101 ELB.8102 ELB.8103 ELB.8201 ELB.8202 ELB.8203 ELB.9001 ELB.9002 ELB.9003 ELB.9006 "
     "ELB.9007 ELB.9023 ELB.9033 ELB.9043 ELB.9061 ELB.9062 ELB.9063 ELB.9064"},
};

/* What a gateway says, and statuses whose body says nothing. */
static const struct {
    unsigned http;
    const char *code, *shape;
    meaning is;
} others[] = {
    {404, "APIGW.0101", "gateway", {"unsupported", "elb.no_such_api", false, WHOLE}},
    {404, "APIG.0101", "gateway", {"unsupported", "elb.no_such_api", false, WHOLE}},
    {401, "APIGW.0301", "gateway", {"unauthenticated", "elb.token_invalid", false, WHOLE}},
    {401, "APIG.0301", "gateway", {"unauthenticated", "elb.token_invalid", false, WHOLE}},
    {401, "APIGW.0307", "gateway", {"unauthenticated", "elb.token_invalid", false, WHOLE}},
    {401, "APIGW.0303", "gateway", {"unauthenticated", "elb.unauthenticated", false, WHOLE}},
    {401, "APIGW.0305", "gateway", {"unauthenticated", "elb.unauthenticated", false, WHOLE}},
    {403, "APIGW.0302", "gateway", {"permission_denied", "elb.forbidden", false, WHOLE}},
    {403, "APIGW.0306", "gateway", {"permission_denied", "elb.forbidden", false, WHOLE}},
    {400, "APIGW.0201", "gateway", {"invalid_argument", "elb.bad_request", false, RECORD}},
    {413, "APIGW.0201", "gateway", {"invalid_argument", "elb.request_too_large", false, RECORD}},
    {502, "APIGW.0201", "gateway", {"unavailable", "elb.server_fault", true, SERVER}},
    {504, "APIGW.0201", "gateway", {"unavailable", "elb.server_fault", true, SERVER}},
    {500, "APIGW.0601", "gateway", {"unavailable", "elb.server_fault", true, SERVER}},
    {503, "APIGW.0613", "gateway", {"unavailable", "elb.server_fault", true, SERVER}},
    {429, "APIGW.0308", "gateway", {"throttled", "elb.throttled", true, THROTTLE}},
    {409, "ELB.8907", "gateway", {"conflict", "elb.conflict", true, CONFLICT}},
    /* The code is the service's own, whatever the status it comes with … */
    {401, "ELB.1102", "elb", {"unauthenticated", "elb.token_invalid", false, WHOLE}},
    {403, "ELB.1102", "elb", {"unauthenticated", "elb.token_invalid", false, WHOLE}},
    {404, "ELB.6030", "elb", {"not_found", "elb.parent_not_found", false, PARENT}},
    {404, "ELB.4711", "elb", {"not_found", "elb.parent_not_found", false, PARENT}},
    /* … but a failing server's is not to be relied on. */
    {500, "ELB.2012", "elb", {"unavailable", "elb.server_fault", true, SERVER}},
    {503, "ELB.2011", "elb", {"unavailable", "elb.server_fault", true, SERVER}},
    {400, "ELB.4711", "elb", {"invalid_argument", "elb.bad_request", false, RECORD}},
    {401, "", "keystone", {"unauthenticated", "elb.unauthenticated", false, WHOLE}},

    /* A page of somebody on the way there. */
    {400, "", "html", {"unavailable", "elb.not_the_service", true, PAGE}},
    {407, "", "html", {"unavailable", "elb.not_the_service", true, WHOLE}},
    {410, "", "html", {"unavailable", "elb.not_the_service", true, PAGE}},
    {401, "", "html", {"unauthenticated", "elb.unauthenticated", false, WHOLE}},
    {403, "", "html", {"permission_denied", "elb.forbidden", false, PAGE}},
    {404, "", "html", {"unavailable", "elb.not_the_service", true, ASTRAY}},
    {405, "", "html", {"unsupported", "elb.no_such_api", false, ASTRAY}},
    {408, "", "html", {"unavailable", "elb.server_fault", true, SERVER}},
    {409, "", "html", {"conflict", "elb.conflict", true, CONFLICT}},
    {413, "", "html", {"invalid_argument", "elb.request_too_large", false, TOO_LARGE}},
    {429, "", "html", {"throttled", "elb.throttled", true, THROTTLE}},
    {500, "", "html", {"unavailable", "elb.server_fault", true, SERVER}},
    {502, "", "html", {"unavailable", "elb.server_fault", true, SERVER}},
    {503, "", "html", {"unavailable", "elb.server_fault", true, SERVER}},
    {504, "", "html", {"unavailable", "elb.server_fault", true, SERVER}},
    {403, "", "empty", {"permission_denied", "elb.forbidden", false, PAGE}},
    {404, "", "empty", {"unavailable", "elb.not_the_service", true, ASTRAY}},
    {503, "", "empty", {"unavailable", "elb.server_fault", true, SERVER}},
    {400, "", "text", {"unavailable", "elb.not_the_service", true, PAGE}},
};

/* What each hook makes of it. A status of NULL is the refusal's own. */
typedef struct end {
    const char *status, *outcome;
    unsigned requests;
    bool or_more;
} end;

static const struct {
    const char *hook, *request;
    end ends[CONFLICT + 1];
} hooks[] = {
    {"create",
     "add",
     {[RECORD] = {NULL, "none", 3},
      [WHOLE] = {NULL, "none", 1},
      [SERVER] = {NULL, "unknown", 1},
      [PAGE] = {NULL, "unknown", 1},
      [ASTRAY] = {NULL, "none", 1},
      [TOO_LARGE] = {NULL, "none", 3},
      [PARENT] = {NULL, "none", 1},
      [MEMBER] = {NULL, "none", 3},
      [THROTTLE] = {NULL, "none", 2, true},
      [CONFLICT] = {NULL, "none", 2, true}}},
    {"delete",
     "remove",
     {[RECORD] = {NULL, "none", 3},
      [WHOLE] = {NULL, "none", 1},
      [SERVER] = {NULL, "unknown", 1},
      [PAGE] = {NULL, "unknown", 1},
      [ASTRAY] = {NULL, "none", 1},
      [TOO_LARGE] = {NULL, "none", 3},
      [PARENT] = {"ok", "done", 1},
      [MEMBER] = {"ok", "done", 3},
      [THROTTLE] = {NULL, "none", 2, true},
      [CONFLICT] = {NULL, "none", 2, true}}},
    {"read",
     "list",
     {[RECORD] = {NULL, "none", 1},
      [WHOLE] = {NULL, "none", 1},
      [SERVER] = {NULL, "none", 2, true},
      [PAGE] = {NULL, "none", 2, true},
      [ASTRAY] = {NULL, "none", 2, true},
      [TOO_LARGE] = {NULL, "none", 2, true},
      [PARENT] = {NULL, "none", 1},
      [MEMBER] = {NULL, "none", 1},
      [THROTTLE] = {NULL, "none", 2, true},
      [CONFLICT] = {NULL, "none", 1}}},
};

/* --- rows ------------------------------------------------------------------------- */

typedef struct row {
    unsigned http;
    const char *code, *shape, *message;
    const meaning *is;
    char listener[40]; /* of its own, so that many rows go in one call */
} row;

typedef struct rows {
    row each[MAX_ROWS];
    unsigned count;
    rp_json *table;
} rows;

static bool names(const char *codes, const char *code)
{
    const char *at = strstr(codes, code);

    return at && (at[strlen(code)] == ' ' || !at[strlen(code)]);
}

static unsigned meanings_of(const char *code, const meaning **last)
{
    unsigned count = 0;

    for (size_t i = 0; i < rp_count_of(printed); i++)
        if (names(printed[i].codes, code)) {
            *last = &printed[i].is;
            count++;
        }
    return count;
}

static rp_json *read_table(void)
{
    rp_buffer text = RP_BUFFER(1u << 20);
    FILE *file = fopen(RP_FIXTURES "/errors/elb_classic_codes.json", "r");
    rp_error *error = NULL;
    rp_json *read = NULL;
    char piece[4096];
    size_t len;

    ck_assert_ptr_nonnull(file);
    while ((len = fread(piece, 1, sizeof(piece), file)) > 0)
        rp_buffer_add(&text, piece, len);
    fclose(file);
    ck_assert_msg(rp_json_parse(rp_buffer_text(&text), text.len, &read, &error) == 0, "%s",
                  error ? error->message : "");
    rp_buffer_done(&text);
    return read;
}

static void add_row(rows *all, row made)
{
    ck_assert_uint_lt(all->count, MAX_ROWS);
    snprintf(made.listener, sizeof(made.listener), "e1c%029x", all->count);
    all->each[all->count++] = made;
}

/* "4000" is a misprint of the reference's. */
static unsigned printed_status(const rp_json *entry)
{
    const char *text = rp_json_text(rp_json_get(entry, "http"));
    unsigned status = 0;

    ck_assert_int_eq(sscanf(text, "%3u", &status), 1);
    return status;
}

static void add_printed(rows *all)
{
    const rp_json *codes = rp_json_get(all->table = read_table(), "codes");

    ck_assert_uint_eq(rp_json_count(codes), 111);
    for (size_t i = 0; i < rp_json_count(codes); i++) {
        const rp_json *entry = rp_json_at(codes, i);
        row made = {.http = printed_status(entry),
                    .code = rp_json_text(rp_json_get(entry, "code")),
                    .shape = "elb",
                    .message = rp_json_text(rp_json_get(entry, "message"))};
        ck_assert_msg(meanings_of(made.code, &made.is) == 1, "what %s means is not told once", made.code);
        add_row(all, made);
    }
}

static void add_others(rows *all)
{
    for (size_t i = 0; i < rp_count_of(others); i++)
        add_row(all, (row){.http = others[i].http,
                           .code = others[i].code,
                           .shape = others[i].shape,
                           .message = "as told",
                           .is = &others[i].is});
}

/* Those whose answer comes at once, and those that are tried until the time is up, go apart; whoever is told
   to slow down slows all down, and goes alone. */
static bool takes_all_the_time(const row *one)
{
    return one->is->whom == SERVER || one->is->whom == PAGE || one->is->whom == THROTTLE ||
           one->is->whom == CONFLICT;
}

static bool is_asked_for_again(const row *one)
{
    return takes_all_the_time(one) || one->is->whom == ASTRAY || one->is->whom == TOO_LARGE;
}

static bool goes_alone(const row *one)
{
    return one->is->whom == THROTTLE || one->is->whom == CONFLICT;
}

/* --- a call on the listeners of many rows -------------------------------------------- */

static void refuse(rp_sim *sim, const row *one, const char *request)
{
    rp_buffer rule = RP_BUFFER(65536);
    rp_json_writer writer = RP_JSON_WRITER(&rule);

    rp_write_begin(&writer, '{');
    rp_write_text_member(&writer, "on", request);
    rp_write_text_member(&writer, "path", one->listener);
    rp_write_integer_member(&writer, "count", 0);
    rp_write_integer_member(&writer, "status", one->http);
    rp_write_text_member(&writer, "code", one->code);
    rp_write_text_member(&writer, "message", one->message);
    rp_write_text_member(&writer, "shape", one->shape);
    rp_write_end(&writer, '}');
    simulator_fault(sim, "%s", rp_buffer_text(&rule));
    rp_buffer_done(&rule);
}

static void write_records(rp_buffer *to, const row *one, bool with_listener)
{
    for (unsigned i = 0; i < 2; i++)
        rp_buffer_format(to, "%s{%s%s%s\"server_id\": \"s%u\", \"address\": \"10.0.0.%u\"}", i ? ", " : "",
                         with_listener ? "\"listener_id\": \"" : "", with_listener ? one->listener : "",
                         with_listener ? "\", " : "", i, i + 1);
}

static void prepare(rp_sim *sim, const row *one, const char *request)
{
    rp_buffer members = RP_BUFFER(4096);

    simulator_control(sim, "listeners", "{\"id\": \"%s\", \"protocol\": \"TCP\"}", one->listener);
    if (!strcmp(request, "remove")) {
        write_records(&members, one, false);
        simulator_control(sim, "members", "{\"listener_id\": \"%s\", \"add\": [%s]}", one->listener,
                          rp_buffer_text(&members));
    }
    refuse(sim, one, request);
    rp_buffer_done(&members);
}

static answer call_all(const bed *on, const char *hook, const row *const *chosen, unsigned count,
                       uint32_t timeout_ms)
{
    rp_buffer request = RP_BUFFER(1u << 20);
    rp_call call = {.struct_size = sizeof(call), .timeout_ms = timeout_ms};
    answer made;

    rp_buffer_add_text(&request, "{\"resource\": \"elb_member\", \"records\": [");
    for (unsigned i = 0; i < count; i++) {
        rp_buffer_add_text(&request, i ? ", " : "");
        write_records(&request, chosen[i], true);
    }
    rp_buffer_add_text(&request, "]}");
    made = call_hook_with(on->plugin, on->instance, &call, hook, rp_buffer_text(&request));
    rp_buffer_done(&request);
    return made;
}

/* --- what is told --------------------------------------------------------------------- */

static bool flag(const rp_json *object, const char *name)
{
    bool is = false;

    ck_assert_msg(rp_json_boolean(rp_json_get(object, name), &is), "there is no boolean %s", name);
    return is;
}

static void check_text(const row *one, const rp_json *object, const char *name, const char *expected)
{
    const char *text = rp_json_text(rp_json_get(object, name));

    ck_assert_msg(text && !strcmp(text, expected), "%u %s: %s is %s, not %s", one->http, one->code, name,
                  text ? text : "missing", expected);
}

/* What the server said is passed on. */
static void check_data(const row *one, const rp_json *diagnostic)
{
    const rp_json *data = rp_json_get(diagnostic, "data");
    int64_t status = 0;

    ck_assert_msg(rp_json_integer(rp_json_get(data, "http_status"), &status), "%s: no http_status",
                  one->code);
    ck_assert_int_eq(status, one->http);
    if (!*one->code)
        return;
    check_text(one, data, "server_code", one->code);
    check_text(one, data, "server_message", one->message);
    if (!strcmp(one->shape, "gateway"))
        ck_assert(rp_json_has(data, "request_id"));
}

/* A list is never too large: whatever said so is not the service. */
static const meaning *meaning_for(const row *one, const char *hook)
{
    static const meaning a_page = {"unavailable", "elb.not_the_service", true, ASTRAY};

    return one->is->whom == TOO_LARGE && !strcmp(hook, "read") ? &a_page : one->is;
}

static void check_failure(const row *one, const answer *told, size_t index, const char *hook)
{
    const meaning *is = meaning_for(one, hook);
    const rp_json *diagnostic = diagnostic_with(told, index, is->code);

    ck_assert_msg(diagnostic != NULL, "%s: %u %s is not told as %s", hook, one->http, one->code, is->code);
    check_text(one, diagnostic, "severity", "error");
    check_text(one, diagnostic, "status", is->status);
    ck_assert_str_ne(rp_json_text(rp_json_get(diagnostic, "summary")), "");
    ck_assert_msg(flag(result_at(told, index), "retryable") == is->retryable, "%s: %u %s: retryable is wrong",
                  hook, one->http, one->code);
    check_data(one, diagnostic);
}

static void check_result(const row *one, const answer *told, size_t index, const char *hook, const end *as)
{
    const char *status = as->status ? as->status : meaning_for(one, hook)->status;

    ck_assert_msg(!strcmp(result_text(told, index, "status"), status), "%s: %u %s: status is %s, not %s",
                  hook, one->http, one->code, result_text(told, index, "status"), status);
    ck_assert_msg(!strcmp(result_text(told, index, "outcome"), as->outcome),
                  "%s: %u %s: outcome is %s, not %s", hook, one->http, one->code,
                  result_text(told, index, "outcome"), as->outcome);
    if (as->status) {
        ck_assert(!flag(result_at(told, index), "existed"));
        return;
    }
    check_failure(one, told, index, hook);
    /* What may have been added has a state, though nobody knows its job. */
    ck_assert_int_eq(has_state(told, index), !strcmp(hook, "create") && !strcmp(as->outcome, "unknown"));
    if (has_state(told, index))
        ck_assert_str_eq(state_text(told, index, "job_id"), "");
}

static void check_requests(const row *one, rp_sim *sim, const char *request, const end *as)
{
    unsigned count = simulator_requests(sim, request, one->listener);

    ck_assert_msg(count == as->requests || (as->or_more && count > as->requests),
                  "%u %s: %u of %s were sent, not %u", one->http, one->code, count, request, as->requests);
}

static void run_rows(int hook, const row *const *chosen, unsigned count, uint32_t timeout_ms)
{
    bed on = bed_make(SETTINGS("job-ms", "0"), "\"max_parallel\": 64");
    answer told;

    for (unsigned i = 0; i < count; i++)
        prepare(on.sim, chosen[i], hooks[hook].request);
    told = call_all(&on, hooks[hook].hook, chosen, count, timeout_ms);
    ck_assert_uint_eq(result_count(&told), count * 2);
    for (unsigned i = 0; i < count; i++) {
        const end *as = &hooks[hook].ends[chosen[i]->is->whom];
        check_result(chosen[i], &told, i * 2, hooks[hook].hook, as);
        check_result(chosen[i], &told, i * 2 + 1, hooks[hook].hook, as);
        check_requests(chosen[i], on.sim, hooks[hook].request, as);
    }
    answer_free(&told);
    bed_free(&on);
}

/* At once, of those that do or do not take all the time there is. */
static void run_together(int hook, const rows *all, bool slow, uint32_t timeout_ms)
{
    const row *chosen[MAX_ROWS];
    unsigned count = 0;

    for (unsigned i = 0; i < all->count; i++)
        if (!goes_alone(&all->each[i]) && takes_all_the_time(&all->each[i]) == slow)
            chosen[count++] = &all->each[i];
    ck_assert_uint_gt(count, 10);
    run_rows(hook, chosen, count, timeout_ms);
}

static void run_alone(int hook, const rows *all, uint32_t timeout_ms)
{
    for (unsigned i = 0; i < all->count; i++) {
        const row *one = &all->each[i];
        if (goes_alone(one))
            run_rows(hook, &one, 1, timeout_ms);
    }
}

/* --- tests ------------------------------------------------------------------------------ */

START_TEST(what_is_said_of_codes_is_said_of_printed_ones)
{
    rows all = {.count = 0};
    unsigned words = 0, rows_of_them = 0;

    add_printed(&all);
    for (size_t i = 0; i < rp_count_of(printed); i++)
        for (const char *at = printed[i].codes; at; at = strchr(at + 1, ' '))
            words++;
    for (unsigned i = 0; i < all.count; i++) {
        bool again = false;
        for (unsigned j = 0; j < i; j++)
            again |= !strcmp(all.each[i].code, all.each[j].code);
        rows_of_them += !again;
    }
    ck_assert_uint_eq(words, rows_of_them);
    rp_json_free(all.table);
}
END_TEST

START_TEST(a_printed_refusal_is_told_for_what_it_is)
{
    rows all = {.count = 0};

    add_printed(&all);
    run_together(_i, &all, false, 30000);
    rp_json_free(all.table);
}
END_TEST

START_TEST(a_printed_fault_of_the_server_leaves_open_what_it_did)
{
    rows all = {.count = 0};

    add_printed(&all);
    run_together(_i, &all, true, 1500);
    rp_json_free(all.table);
}
END_TEST

START_TEST(a_gateway_or_a_bare_status_is_told_for_what_it_is)
{
    rows all = {.count = 0};

    add_others(&all);
    run_together(_i, &all, false, 30000);
}
END_TEST

START_TEST(a_failing_gateway_leaves_open_what_became_of_the_request)
{
    rows all = {.count = 0};

    add_others(&all);
    run_together(_i, &all, true, 1500);
}
END_TEST

START_TEST(a_busy_server_is_asked_again_until_the_time_is_up)
{
    rows all = {.count = 0};

    add_others(&all);
    run_alone(_i, &all, 500);
}
END_TEST

/* A list is refused as a whole: no results, one diagnostic. */
static void check_list(const row *one, uint32_t timeout_ms)
{
    bed on = bed_make(SETTINGS("job-ms", "0"), "");
    rp_call call = {.struct_size = sizeof(call), .timeout_ms = timeout_ms};
    _cleanup_(rp_freep) char *request =
        rp_format("{\"resource\": \"elb_member\", \"parent\": {\"listener_id\": \"%s\"}}", one->listener);
    const rp_json *diagnostics;
    answer told;

    prepare(on.sim, one, "list");
    told = call_hook_with(on.plugin, on.instance, &call, "list", request);
    diagnostics = rp_json_get(told.json, "diagnostics");
    ck_assert_uint_eq(result_count(&told), 0);
    ck_assert_uint_eq(rp_json_count(diagnostics), 1);
    check_text(one, rp_json_at(diagnostics, 0), "status", meaning_for(one, "read")->status);
    check_text(one, rp_json_at(diagnostics, 0), "code", meaning_for(one, "read")->code);
    check_data(one, rp_json_at(diagnostics, 0));
    check_requests(one, on.sim, "list", &hooks[2].ends[one->is->whom]);
    answer_free(&told);
    bed_free(&on);
}

START_TEST(a_refused_list_is_told_as_a_whole)
{
    rows all = {.count = 0};

    add_printed(&all);
    add_others(&all);
    for (unsigned i = 0; i < all.count; i++)
        if (!is_asked_for_again(&all.each[i]))
            check_list(&all.each[i], 10000);
    rp_json_free(all.table);
}
END_TEST

START_TEST(a_list_that_fails_is_asked_for_again)
{
    rows all = {.count = 0};
    unsigned done = 0;

    add_others(&all);
    for (unsigned i = 0; i < all.count; i++)
        if (is_asked_for_again(&all.each[i]) && all.each[i].is->whom != CONFLICT && done++ % 3 == 0)
            check_list(&all.each[i], 500);
    ck_assert_uint_ge(done, 10);
}
END_TEST

/* --- jobs that fail ------------------------------------------------------------------------- */

#define IPTASK "CreateIPTask-fail"

static const struct {
    const char *hook;
    unsigned count;
    const char *rule; /* beside kind and hook's request */
    const char *first, *first_outcome, *last, *last_outcome;
    const char *server_code, *server_message; /* of the last; NULL: not told, or nothing failed */
    unsigned requests;
} jobs[] = {
    /* One alone. */
    {"create", 1, "count=0,form=error-code,code=ELB.1009,message=" IPTASK, "job_failed", "none", "job_failed",
     "none", "ELB.1009", IPTASK, 1},
    {"create", 1, "count=0,form=message,code=ELB.1009,message=" IPTASK, "job_failed", "none", "job_failed",
     "none", "ELB.1009", IPTASK, 1},
    {"create", 1, "count=0,form=error-code,code=ELB.9001", "job_failed", "none", "job_failed", "none",
     "ELB.9001", NULL, 1},
    {"create", 1, "count=0,form=not-found", "job_failed", "none", "job_failed", "none", "NOT_FOUND_ERROR",
     NULL, 1},
    {"create", 1, "count=0,form=entities", "job_failed", "none", "job_failed", "none", "ELB.2050", NULL, 1},
    {"create", 1, "count=0,form=error-code,applied=yes", "ok", "done", "ok", "done", NULL, NULL, 1},
    {"delete", 1, "count=0,form=error-code,code=ELB.1009,message=" IPTASK, "job_failed", "none", "job_failed",
     "none", "ELB.1009", IPTASK, 1},
    {"delete", 1, "count=0,form=message,code=ELB.1009,message=" IPTASK, "job_failed", "none", "job_failed",
     "none", "ELB.1009", IPTASK, 1},
    {"delete", 1, "count=0,form=not-found", "ok", "done", "ok", "done", NULL, NULL, 1},
    {"delete", 1, "count=0,form=entities", "ok", "done", "ok", "done", NULL, NULL, 1},
    {"delete", 1, "count=0,form=error-code,code=ELB.2012", "ok", "done", "ok", "done", NULL, NULL, 1},
    {"delete", 1, "count=0,form=error-code,applied=yes", "ok", "done", "ok", "done", NULL, NULL, 1},
    /* Two together: what is not as it should be is tried apart, unless all would fare alike. */
    {"create", 2, "count=0,form=error-code,code=ELB.2021", "job_failed", "none", "job_failed", "none",
     "ELB.2021", NULL, 3},
    {"create", 2, "count=0,form=error-code,code=ELB.1009", "job_failed", "none", "job_failed", "none",
     "ELB.1009", NULL, 3},
    {"create", 2, "count=0,form=error-code,code=ELB.2001", "job_failed", "none", "job_failed", "none",
     "ELB.2001", NULL, 1},
    {"create", 2, "count=1,form=error-code,code=ELB.2021", "ok", "done", "ok", "done", NULL, NULL, 3},
    {"create", 2, "count=1,form=error-code,code=ELB.2021,applied=some", "ok", "done", "ok", "done", NULL,
     NULL, 2},
    {"create", 2, "count=0,form=error-code,code=ELB.2001,applied=some", "ok", "done", "job_failed", "none",
     "ELB.2001", NULL, 1},
    {"create", 2, "count=0,form=error-code,applied=yes", "ok", "done", "ok", "done", NULL, NULL, 1},
    {"delete", 2, "count=0,form=error-code,code=ELB.2001,applied=some", "ok", "done", "job_failed", "none",
     "ELB.2001", NULL, 1},
    {"delete", 2, "count=1,form=not-found,applied=some", "ok", "done", "ok", "done", NULL, NULL, 2},
    {"delete", 2, "count=1,form=error-code,code=ELB.1009", "ok", "done", "ok", "done", NULL, NULL, 3},
};

static answer run_job(const bed *on, const char *hook, unsigned count, const char *options)
{
    _cleanup_(rp_freep) char *request = request_for(LISTENER, "server", 0, count, options);

    return call_hook_with(on->plugin, on->instance, NULL, hook, request);
}

static void make_members(const bed *on, unsigned count)
{
    answer made = run_job(on, "create", count, "");

    ck_assert_int_eq(made.status, RP_OK);
    answer_free(&made);
}

/* The one diagnostic that a job's failure has. */
static void check_job_failure(const answer *told, size_t index, const char *server_code, const char *message)
{
    const rp_json *why = rp_json_at(rp_json_get(result_at(told, index), "diagnostics"), 0);
    const rp_json *data = rp_json_get(why, "data");

    ck_assert_str_eq(rp_json_text(rp_json_get(why, "status")), "job_failed");
    ck_assert_str_eq(rp_json_text(rp_json_get(data, "server_code")), server_code);
    if (message) {
        ck_assert_str_eq(rp_json_text(rp_json_get(data, "server_message")), message);
        ck_assert_ptr_nonnull(strstr(rp_json_text(rp_json_get(why, "summary")), message));
    }
    ck_assert(!has_state(told, index));
}

static void check_job_end(const answer *told, size_t index, const char *status, const char *outcome)
{
    _cleanup_(rp_freep) char *all = answer_print(told);

    ck_assert_msg(!strcmp(result_text(told, index, "status"), status) &&
                      !strcmp(result_text(told, index, "outcome"), outcome),
                  "result %zu is not %s, %s: %s", index, status, outcome, all);
}

START_TEST(a_failed_job_is_told_after_a_look_at_what_it_did)
{
    bool deletes = !strcmp(jobs[_i].hook, "delete");
    unsigned count = jobs[_i].count;
    bed on = bed_make(SETTINGS("job-ms", "50"), "");
    answer told;

    if (deletes)
        make_members(&on, count);
    simulator_control(on.sim, "reset", "{\"what\": \"log\"}");
    simulator_fault(on.sim, "kind=job-fail,on=%s,%s", deletes ? "remove" : "add", jobs[_i].rule);
    told = run_job(&on, jobs[_i].hook, count, "");
    check_job_end(&told, 0, jobs[_i].first, jobs[_i].first_outcome);
    check_job_end(&told, count - 1, jobs[_i].last, jobs[_i].last_outcome);
    if (jobs[_i].server_code)
        check_job_failure(&told, count - 1, jobs[_i].server_code, jobs[_i].server_message);
    ck_assert_uint_eq(rp_sim_count(on.sim, deletes ? "remove" : "add"), jobs[_i].requests);
    answer_free(&told);
    bed_free(&on);
}
END_TEST

static const char *const endless[] = {"form=word,word=ABORTED", "form=running"};

START_TEST(a_job_that_does_not_end_outlives_the_call_with_its_state)
{
    bed on = bed_make(SETTINGS("job-ms", "20"), "");
    _cleanup_(rp_freep) char *request = request_for(LISTENER, "server", 0, 2, "");
    rp_call call = {.struct_size = sizeof(call), .timeout_ms = 400};
    answer told;

    simulator_fault(on.sim, "kind=job-fail,on=add,count=0,%s", endless[_i]);
    told = call_hook_with(on.plugin, on.instance, &call, "create", request);
    for (size_t i = 0; i < 2; i++) {
        check_job_end(&told, i, "deadline_exceeded", "unknown");
        ck_assert_str_ne(state_text(&told, i, "job_id"), "");
        ck_assert_str_eq(state_text(&told, i, "member_id"), "");
    }
    ck_assert_uint_eq(rp_sim_count(on.sim, "add"), 1);
    ck_assert_uint_ge(rp_sim_count(on.sim, "job"), 3);
    answer_free(&told);
    bed_free(&on);
}
END_TEST

START_TEST(a_read_after_the_job_failed_says_so_beside_not_found)
{
    bed on = bed_make(SETTINGS("job-ms", "0"), "");
    rp_buffer state = RP_BUFFER(65536);
    const rp_json *warning;
    bed later = on;
    answer made, told;

    simulator_fault(on.sim, "kind=job-fail,on=add,code=ELB.2021,message=so it is");
    made = run_job(&on, "create", 1, "\"wait\": \"none\"");
    check_job_end(&made, 0, "in_progress", "unknown");
    rp_json_print(rp_json_get(result_at(&made, 0), "state"), false, &state);
    later.instance = bed_open(&on, "");
    told = call_hook(&later, "read", "{\"resource\": \"elb_member\", \"records\": [%s]}",
                     rp_buffer_text(&state));
    ck_assert_str_eq(result_text(&told, 0, "status"), "not_found");
    ck_assert(!has_state(&told, 0));
    warning = diagnostic_with(&told, 0, "elb.address_invalid");
    ck_assert_ptr_nonnull(warning);
    ck_assert_str_eq(rp_json_text(rp_json_get(warning, "severity")), "warning");
    ck_assert_str_eq(rp_json_text(rp_json_get(warning, "status")), "job_failed");
    ck_assert_str_eq(rp_json_text(rp_json_get(rp_json_get(warning, "data"), "server_message")), "so it is");
    on.plugin->close(later.instance);
    rp_buffer_done(&state);
    answer_free(&told);
    answer_free(&made);
    bed_free(&on);
}
END_TEST

#define LOOP(tests, test, table) tcase_add_loop_test(tests, test, 0, (int)rp_count_of(table))

int main(void)
{
    TCase *tests = tcase_create("errors");

    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, what_is_said_of_codes_is_said_of_printed_ones);
    LOOP(tests, a_printed_refusal_is_told_for_what_it_is, hooks);
    LOOP(tests, a_printed_fault_of_the_server_leaves_open_what_it_did, hooks);
    LOOP(tests, a_gateway_or_a_bare_status_is_told_for_what_it_is, hooks);
    LOOP(tests, a_failing_gateway_leaves_open_what_became_of_the_request, hooks);
    LOOP(tests, a_busy_server_is_asked_again_until_the_time_is_up, hooks);
    tcase_add_test(tests, a_refused_list_is_told_as_a_whole);
    tcase_add_test(tests, a_list_that_fails_is_asked_for_again);
    LOOP(tests, a_failed_job_is_told_after_a_look_at_what_it_did, jobs);
    LOOP(tests, a_job_that_does_not_end_outlives_the_call_with_its_state, endless);
    tcase_add_test(tests, a_read_after_the_job_failed_says_so_beside_not_found);
    return run_case("errors", tests);
}
