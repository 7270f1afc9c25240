#include "simulator.h"

#include "base/cleanup.h"

#include <check.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static char *formatted(const char *format, va_list arguments)
{
    char *text = NULL;

    ck_assert_int_ge(vasprintf(&text, format, arguments), 0);
    return text;
}

static void must_work(int result, const rp_error *error, const char *what)
{
    ck_assert_msg(result == 0, "%s: %s", what, error ? error->message : "");
}

void simulator_set(rp_sim *sim, const char *name, const char *value)
{
    rp_error *error = NULL;

    must_work(rp_sim_set(sim, name, value, &error), error, name);
}

void simulator_fault(rp_sim *sim, const char *rule, ...)
{
    _cleanup_(rp_freep) char *text = NULL;
    rp_error *error = NULL;
    va_list arguments;

    va_start(arguments, rule);
    text = formatted(rule, arguments);
    va_end(arguments);
    must_work(rp_sim_fault(sim, text, &error), error, text);
}

void simulator_control(rp_sim *sim, const char *what, const char *json, ...)
{
    _cleanup_(rp_freep) char *text = NULL;
    rp_error *error = NULL;
    va_list arguments;

    va_start(arguments, json);
    text = formatted(json, arguments);
    va_end(arguments);
    must_work(rp_sim_control(sim, what, text, &error), error, what);
}

rp_json *simulator_read(rp_sim *sim, const char *what)
{
    _cleanup_(rp_freep) char *text = rp_sim_read(sim, what);
    rp_error *error = NULL;
    rp_json *read = NULL;

    ck_assert_msg(text != NULL, "there is nothing to read of %s", what);
    must_work(rp_json_parse(text, strlen(text), &read, &error), error, what);
    return read;
}

static bool is_of(const rp_json *request, const char *kind, const char *part)
{
    return !strcmp(rp_json_text(rp_json_get(request, "kind")), kind) &&
           strstr(rp_json_text(rp_json_get(request, "path")), part);
}

unsigned simulator_requests(rp_sim *sim, const char *kind, const char *part)
{
    _cleanup_(rp_json_freep) rp_json *log = simulator_read(sim, "requests");
    const rp_json *requests = rp_json_get(log, "requests");
    unsigned count = 0;

    for (size_t i = 0; i < rp_json_count(requests); i++)
        count += is_of(rp_json_at(requests, i), kind, part);
    return count;
}
