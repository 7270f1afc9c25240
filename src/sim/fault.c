#include "sim/fault.h"

#include <string.h>

#define NAME(kind, name, acts, send) name,
static const char *const kinds[] = {SIM_FAULT_KINDS(NAME) NULL};
#undef NAME
static const char *const acts[] = {"default", "yes", "no", NULL};
static const char *const forms[] = {"error-code", "not-found", "entities", "message",
                                    "word",       "running",   NULL};
static const char *const applied[] = {"no", "yes", "some", NULL};

#define AT(member) offsetof(sim_fault, member)

/* clang-format off: one row a line reads as the table it is. */
const sim_option sim_faults_table[] = {
    {"on", SIM_WORD, AT(on), "any", sim_kind_names, "Kind of request."},
    {"method", SIM_TEXT, AT(method), "", NULL, "Only this method."},
    {"path", SIM_TEXT, AT(path), "", NULL, "Only paths (including the query) that contain this text."},
    {"from", SIM_COUNT, AT(from), "1", NULL,
     "Number of the first matching request that gets the fault, counted from 1."},
    {"count", SIM_COUNT, AT(count), "1", NULL, "How many requests get it; 0: all."},
    {"every", SIM_COUNT, AT(every), "1", NULL, "From the first one on, only every Nth matching request."},
    {"kind", SIM_WORD, AT(kind), "status", kinds,
     "What goes wrong. status: an error response; reset-before, reset-after: a TCP reset before or after acting; close: closed without a response; truncate: the connection ends inside the body; garble: the body is cut and Content-Length agrees; short-length, long-length: wrong Content-Length; hang: no response; delay: a late response; slow: a body sent in small pieces; huge: a body of many MiB; redirect: a redirect; job-fail: the job fails; expired-token: 401 as for an expired token."},
    {"status", SIM_COUNT, AT(status), "0", NULL,
     "status: the status (503); redirect: the status (302); expired-token: the status (401)."},
    {"code", SIM_TEXT, AT(code), "", NULL, "status, job-fail: the error code."},
    {"message", SIM_TEXT, AT(message), "", NULL, "status, job-fail: the error message."},
    {"shape", SIM_WORD, AT(shape), "auto", sim_shape_names, "status: format of the body."},
    {"retry-after", SIM_TEXT, AT(retry_after), "", NULL, "status: value of the Retry-After header."},
    {"location", SIM_TEXT, AT(location), "http://127.0.0.1:9/", NULL, "redirect: the target URL."},
    {"acts", SIM_WORD, AT(acts), "default", acts,
     "Whether the request is carried out. Default: yes for reset-after, truncate, garble, short-length, long-length, delay, slow, huge and job-fail."},
    {"ms", SIM_COUNT, AT(ms), "0", NULL,
     "Wait this long before the fault; hang: 0 means for ever; slow: duration of the whole response (2000)."},
    {"bytes", SIM_COUNT, AT(bytes), "0", NULL,
     "truncate, garble, short-length: length in bytes (half of the body)."},
    {"mib", SIM_COUNT, AT(mib), "32", NULL, "huge: size of the body in MiB."},
    {"form", SIM_WORD, AT(form), "error-code", forms,
     "job-fail: format of the failure: error_code and fail_reason; NOT_FOUND_ERROR; ELB.2050 inside entities; code and message; an unknown status word; RUNNING for ever."},
    {"word", SIM_TEXT, AT(word), "ABORTED", NULL, "job-fail: the unknown status word."},
    {"applied", SIM_WORD, AT(applied), "no", applied,
     "job-fail: whether the job took effect all the same; some: every second record."},
    {0}};
/* clang-format on */

void sim_faults_init(sim_faults *faults)
{
    *faults = (sim_faults){NULL, NULL};
    faults->end = &faults->first;
}

static void fault_free(sim_fault *fault)
{
    sim_options_clear(sim_faults_table, fault);
    free(fault);
}

void sim_fault_release(sim_fault *fault)
{
    if (fault && !--fault->users)
        fault_free(fault);
}

void sim_faults_clear(sim_faults *faults)
{
    while (faults->first) {
        sim_fault *fault = faults->first;
        faults->first = fault->next;
        sim_fault_release(fault);
    }
    sim_faults_init(faults);
}

static void fault_freep(sim_fault **fault)
{
    if (*fault)
        fault_free(*fault);
}

static int fault_new(sim_fault **out, rp_error **error)
{
    _cleanup_(fault_freep) sim_fault *fault = calloc(1, sizeof(*fault));

    if (!fault)
        return rp_error_no_memory(error);
    fault->users = 1;
    if (sim_options_defaults(sim_faults_table, fault, error) < 0)
        return RP_E_NO_MEMORY;
    *out = rp_take(fault);
    return 0;
}

static void append(sim_faults *faults, sim_fault *fault)
{
    *faults->end = fault;
    faults->end = &fault->next;
}

static int read_fault(sim_faults *faults, const rp_json *rule, rp_error **error)
{
    _cleanup_(fault_freep) sim_fault *fault = NULL;
    int failed = fault_new(&fault, error);

    if (failed < 0 || (failed = sim_options_read(sim_faults_table, fault, rule, error)) < 0)
        return failed;
    append(faults, rp_take(fault));
    return 0;
}

int sim_faults_add(sim_faults *faults, const rp_json *rules, rp_error **error)
{
    _cleanup_(sim_faults_clear) sim_faults read;
    bool many = rp_json_type_of(rules) == RP_JSON_ARRAY;
    size_t n = many ? rp_json_count(rules) : 1;

    sim_faults_init(&read);
    for (size_t i = 0; i < n; i++) {
        int failed = read_fault(&read, many ? rp_json_at(rules, i) : rules, error);
        if (failed < 0) {
            rp_error_add(error, "fault %zu", i);
            return failed;
        }
    }
    if (read.first) {
        *faults->end = read.first;
        faults->end = read.end;
        sim_faults_init(&read);
    }
    return 0;
}

/* The fields of "name=value,name=value", cut up in place. */
static int set_fields(sim_fault *fault, char *rule, rp_error **error)
{
    char *rest = NULL;

    for (char *field = strtok_r(rule, ",", &rest); field; field = strtok_r(NULL, ",", &rest)) {
        char *value = strchr(field, '=');
        int failed;

        if (!value)
            return rp_error_set(error, RP_E_INVALID, "\"%s\" is not NAME=VALUE", field);
        *value++ = '\0';
        failed = sim_option_set(sim_faults_table, fault, field, value, error);
        if (failed < 0)
            return failed;
    }
    return 0;
}

static int add_plain(sim_faults *faults, const char *rule, rp_error **error)
{
    _cleanup_(fault_freep) sim_fault *fault = NULL;
    _cleanup_(rp_freep) char *copy = strdup(rule);
    int failed;

    if (!copy)
        return rp_error_no_memory(error);
    failed = fault_new(&fault, error);
    if (failed < 0 || (failed = set_fields(fault, copy, error)) < 0)
        return failed;
    append(faults, rp_take(fault));
    return 0;
}

int sim_faults_add_text(sim_faults *faults, const char *rule, rp_error **error)
{
    _cleanup_(rp_json_freep) rp_json *json = NULL;
    int failed;

    if (*rule != '{' && *rule != '[')
        return add_plain(faults, rule, error);
    failed = rp_json_parse(rule, strlen(rule), &json, error);
    return failed < 0 ? failed : sim_faults_add(faults, json, error);
}

static bool matches(const sim_fault *fault, sim_kind kind, const char *method, const char *path)
{
    if (fault->on != SIM_N_KINDS && fault->on != (int)kind)
        return false;
    if (fault->kind == SIM_FAULT_JOB && kind != SIM_ADD && kind != SIM_REMOVE)
        return false;
    return (!*fault->method || !strcmp(fault->method, method)) &&
           (!*fault->path || strstr(path, fault->path) != NULL);
}

/* Is it the turn of the request just seen? */
static bool due(const sim_fault *fault)
{
    uint32_t every = fault->every ? fault->every : 1;

    if (fault->seen < fault->from || (fault->count && fault->fired >= fault->count))
        return false;
    return (fault->seen - fault->from) % every == 0;
}

sim_fault *sim_faults_fire(sim_faults *faults, sim_kind kind, const char *method, const char *path)
{
    for (sim_fault *fault = faults->first; fault; fault = fault->next) {
        if (!matches(fault, kind, method, path))
            continue;
        fault->seen++;
        if (!due(fault))
            continue;
        fault->fired++;
        fault->users++;
        return fault;
    }
    return NULL;
}

bool sim_fault_acts(const sim_fault *fault)
{
#define ACTS(kind, name, acts, send) acts,
    static const bool by_default[] = {SIM_FAULT_KINDS(ACTS)};
#undef ACTS

    return fault->acts ? fault->acts == 1 : by_default[fault->kind];
}

void sim_faults_write(const sim_faults *faults, rp_json_writer *writer)
{
    rp_write_begin(writer, '[');
    for (const sim_fault *fault = faults->first; fault; fault = fault->next) {
        rp_write_begin(writer, '{');
        sim_options_write(sim_faults_table, fault, writer);
        rp_write_integer_member(writer, "seen", fault->seen);
        rp_write_integer_member(writer, "fired", fault->fired);
        rp_write_end(writer, '}');
    }
    rp_write_end(writer, ']');
}

const char *sim_fault_name(const sim_fault *fault)
{
    return kinds[fault->kind];
}
