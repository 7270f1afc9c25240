#include "plugin.h"

#include "simulator.h"

#include "base/text.h"

#include <check.h>
#include <dlfcn.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

const rp_plugin *plugin_load(void)
{
    static const rp_plugin *loaded;
    const rp_plugin *(*entry)(uint32_t);
    void *object;

    if (loaded)
        return loaded;
    object = dlopen(RP_ELB_MEMBER, RTLD_NOW | RTLD_LOCAL);
    ck_assert_msg(object != NULL, "%s", object ? "" : dlerror());
    *(void **)&entry = dlsym(object, "resource_plugin_entry");
    ck_assert_ptr_nonnull(entry);
    loaded = entry(1);
    ck_assert_ptr_nonnull(loaded);
    ck_assert_uint_eq(loaded->abi_major, 1);
    return loaded;
}

static bool brings_credentials(const char *more)
{
    static const char *const names[] = {"password", "\"token\"", "access_key", "metadata"};

    for (size_t i = 0; i < rp_count_of(names); i++)
        if (strstr(more, names[i]))
            return true;
    return false;
}

rp_instance *open_at(const rp_plugin *plugin, const char *url, const char *more)
{
    bool polls = strstr(more, "poll_min_ms") != NULL;
    char *request =
        rp_format("{\"config\": {\"endpoint\": \"%s\", \"project_id\": \"%s\"%s%s%s%s}}", url, RP_SIM_PROJECT,
                  brings_credentials(more) ? "" : ", \"token\": \"" RP_SIM_TOKEN "\"",
                  polls ? "" : ", \"poll_min_ms\": 20, \"poll_max_ms\": 100", *more ? ", " : "", more);
    const rp_response *told = plugin->open(NULL, NULL, request, strlen(request));
    rp_instance *instance = told->instance;

    ck_assert_msg(told->status == RP_OK, "open %s: %s", request, told->json);
    ck_assert_ptr_nonnull(instance);
    plugin->release(told);
    free(request);
    return instance;
}

char *login_members(const rp_sim *sim, const char *password)
{
    return rp_format("\"auth_url\": \"%s/v3\", \"user_name\": \"sim-user\", \"domain_name\": "
                     "\"sim-domain\", \"password\": \"%s\"",
                     rp_sim_url(sim), password);
}

static bool brings_trust(const char *more)
{
    return strstr(more, "ca_file") || strstr(more, "insecure");
}

rp_instance *bed_open(const bed *on, const char *more)
{
    _cleanup_(rp_freep) char *all = NULL;

    if (!on->ca_file || brings_trust(more))
        return open_at(on->plugin, rp_sim_url(on->sim), more);
    all = rp_format("\"ca_file\": \"%s\"%s%s", on->ca_file, *more ? ", " : "", more);
    return open_at(on->plugin, rp_sim_url(on->sim), all);
}

static bed bed_on(const rp_sim_options *options)
{
    rp_error *error = NULL;
    bed made = {.plugin = plugin_load()};

    ck_assert_msg(rp_sim_start(options, &made.sim, &error) == 0, "%s", error ? error->message : "");
    return made;
}

bed bed_make(const char *const *settings, const char *more)
{
    bed made = bed_on(&(rp_sim_options){.settings = settings});

    made.instance = bed_open(&made, more);
    return made;
}

static char *write_temporary(const char *text)
{
    char *path = strdup("/tmp/rp-test-XXXXXX");
    int fd = mkstemp(path);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
    return path;
}

bed bed_make_secure(const char *const *settings, const char *more)
{
    bed made = bed_on(&(rp_sim_options){.settings = settings, .https = true});

    made.ca_file = write_temporary(rp_sim_ca_pem(made.sim));
    made.instance = bed_open(&made, more);
    return made;
}

void bed_free(bed *one)
{
    one->plugin->close(one->instance);
    rp_sim_stop(one->sim);
    if (one->ca_file)
        unlink(one->ca_file);
    free(one->ca_file);
    *one = (bed){0};
}

static rp_hook *hook_named(const rp_plugin *plugin, const char *name)
{
    const struct {
        const char *name;
        rp_hook *hook;
    } hooks[] = {{"describe", plugin->describe}, {"validate", plugin->validate}, {"create", plugin->create},
                 {"read", plugin->read},         {"delete", plugin->delete_},    {"list", plugin->list},
                 {"open", plugin->open}};

    for (size_t i = 0; i < rp_count_of(hooks); i++)
        if (!strcmp(hooks[i].name, name))
            return hooks[i].hook;
    ck_abort_msg("there is no hook %s", name);
    return NULL;
}

answer call_hook_with(const rp_plugin *plugin, rp_instance *instance, const rp_call *call, const char *hook,
                      const char *request)
{
    const rp_response *told = hook_named(plugin, hook)(instance, call, request, strlen(request));
    answer made = {.status = told->status};
    rp_error *error = NULL;

    ck_assert_msg(rp_json_parse(told->json, told->json_len, &made.json, &error) == 0, "%s: %s: %s", hook,
                  error ? error->message : "", told->json);
    ck_assert_int_eq(told->json[told->json_len], 0);
    if (told->instance && strcmp(hook, "open") == 0)
        plugin->close(told->instance);
    plugin->release(told);
    return made;
}

answer call_hook(const bed *on, const char *hook, const char *format, ...)
{
    char *request = NULL;
    va_list arguments;
    answer made;

    va_start(arguments, format);
    ck_assert_int_ge(vasprintf(&request, format, arguments), 0);
    va_end(arguments);
    made = call_hook_with(on->plugin, on->instance, NULL, hook, request);
    free(request);
    return made;
}

answer call_members(const bed *on, const char *hook, unsigned count, const char *options)
{
    _cleanup_(rp_freep) char *request = request_for(LISTENER, "server", 0, count, options);

    return call_hook_with(on->plugin, on->instance, NULL, hook, request);
}

void answer_free(answer *one)
{
    rp_json_free(one->json);
    *one = (answer){0};
}

char *request_for(const char *listener, const char *name, unsigned first, unsigned count, const char *options)
{
    rp_buffer text = RP_BUFFER(64u << 20);

    rp_buffer_add_text(&text, "{\"resource\": \"elb_member\", \"records\": [");
    for (unsigned i = first; i < first + count; i++)
        rp_buffer_format(&text,
                         "%s{\"listener_id\": \"%s\", \"server_id\": \"%s-%u\", \"address\": \"10.0.%u.%u\"}",
                         i > first ? ", " : "", listener, name, i, i / 250, i % 250 + 1);
    rp_buffer_format(&text, "], \"options\": {%s}}", options);
    return rp_buffer_take(&text);
}

size_t result_count(const answer *one)
{
    return rp_json_count(rp_json_get(one->json, "results"));
}

const rp_json *result_at(const answer *one, size_t index)
{
    const rp_json *result = rp_json_at(rp_json_get(one->json, "results"), index);

    if (!result)
        ck_abort_msg("there is no result %zu in %s", index, answer_print(one));
    return result;
}

static const char *text_or_empty(const rp_json *value)
{
    const char *text = rp_json_text(value);

    return text ? text : "";
}

const char *result_text(const answer *one, size_t index, const char *name)
{
    return text_or_empty(rp_json_get(result_at(one, index), name));
}

bool has_state(const answer *one, size_t index)
{
    return rp_json_type_of(rp_json_get(result_at(one, index), "state")) == RP_JSON_OBJECT;
}

const char *state_text(const answer *one, size_t index, const char *name)
{
    const rp_json *state = rp_json_get(result_at(one, index), "state");

    if (!has_state(one, index))
        ck_abort_msg("result %zu has no state in %s", index, answer_print(one));
    ck_assert_msg(rp_json_has(state, name), "the state has no member %s", name);
    return text_or_empty(rp_json_get(state, name));
}

const rp_json *diagnostic_with(const answer *one, size_t index, const char *code)
{
    const rp_json *diagnostics = rp_json_get(result_at(one, index), "diagnostics");

    for (size_t i = 0; i < rp_json_count(diagnostics); i++)
        if (!strcmp(text_or_empty(rp_json_get(rp_json_at(diagnostics, i), "code")), code))
            return rp_json_at(diagnostics, i);
    return NULL;
}

bool has_code(const answer *one, size_t index, const char *code)
{
    return diagnostic_with(one, index, code) != NULL;
}

unsigned count_results(const answer *one, const char *status, const char *outcome)
{
    unsigned count = 0;

    for (size_t i = 0; i < result_count(one); i++)
        count += (!status || !strcmp(result_text(one, i, "status"), status)) &&
                 (!outcome || !strcmp(result_text(one, i, "outcome"), outcome));
    return count;
}

static int64_t request_number(const bed *on, const char *kind, unsigned number, const char *member)
{
    _cleanup_(rp_json_freep) rp_json *log = simulator_read(on->sim, "requests");
    const rp_json *requests = rp_json_get(log, "requests");
    int64_t value = -1;

    for (size_t i = 0; i < rp_json_count(requests); i++) {
        const rp_json *one = rp_json_at(requests, i);
        if (strcmp(text_or_empty(rp_json_get(one, "kind")), kind) || number-- > 0)
            continue;
        ck_assert(rp_json_integer(rp_json_get(one, member), &value));
        break;
    }
    return value;
}

int64_t request_ms(const bed *on, const char *kind, unsigned number)
{
    return request_number(on, kind, number, "ms");
}

int64_t request_connection(const bed *on, const char *kind, unsigned number)
{
    return request_number(on, kind, number, "connection");
}

char *answer_print(const answer *one)
{
    rp_buffer text = RP_BUFFER(64u << 20);

    rp_json_print(one->json, true, &text);
    return rp_buffer_take(&text);
}
