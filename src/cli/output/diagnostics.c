#include "cli/output/diagnostics.h"

#include "cli/array.h"

#include <string.h>

#define MOST 500

static const struct {
    const char *status, *advice;
} advices[] = {
    {"invalid_argument", "Mend it in the configuration, then run this again."},
    {"unsupported", "Check the plugin's config: this address may be that of another service."},
    {"conflict", "Something else changes the same thing. Run this again in a while."},
    {"not_found",
     "Check the ids in the configuration: what they name is not there, or is in another project."},
    {"already_exists", "Take it over with \"rp import ADDRESS ID\", or have whoever made it remove it."},
    {"job_failed",
     "The server took it on and failed: its own words above tell why. Run this again when that is mended."},
    {"permission_denied", "These credentials may not do that: check the project, or ask for the rights."},
    {"unauthenticated",
     "The credentials were refused: check the plugin's config, and get a new token or password."},
    {"quota_exceeded", "Make room, or have the quota raised, then run this again."},
    {"unavailable",
     "The server cannot be reached or is failing. Check its address in the plugin's config and the "
     "network, and run this again."},
    {"throttled", "The server wants fewer requests. Run this again in a while."},
    {"deadline_exceeded", "Time ran out. Run this again, with more of it: -timeout=30m."},
    {"cancelled", "It was interrupted. Run this again to go on."},
    {"internal", "This is a fault in the plugin: please report it to its authors."},
    {"contract", "This is a fault in rp or the plugin: please report it."},
    {"no_memory", "The machine is out of memory."},
};

const char *rp_advice(const char *status)
{
    for (size_t i = 0; status && i < rp_count_of(advices); i++)
        if (!strcmp(advices[i].status, status))
            return advices[i].advice;
    return NULL;
}

static bool same_text(const char *one, const char *other)
{
    return one == other || (one && other && !strcmp(one, other));
}

static rp_diagnostic *find(rp_diagnostics *diagnostics, const rp_diagnostic *like)
{
    for (size_t i = 0; i < diagnostics->count; i++) {
        rp_diagnostic *one = &diagnostics->items[i];
        if (one->warning == like->warning && same_text(one->summary, like->summary) &&
            same_text(one->detail, like->detail) && same_text(one->code, like->code) && one->count)
            return one;
    }
    return NULL;
}

static void add_object(rp_diagnostic *diagnostic, const char *address)
{
    if (diagnostic->count < RP_DIAGNOSTIC_NAMES)
        diagnostic->addresses[diagnostic->count] = strdup(address);
    diagnostic->count++;
}

static char *copy(const char *text)
{
    return text ? strdup(text) : NULL;
}

static rp_diagnostic *append(rp_diagnostics *diagnostics, const rp_diagnostic *like)
{
    rp_diagnostic *items = diagnostics->count < MOST
                               ? rp_array_grow(diagnostics->items, diagnostics->count, sizeof(*items))
                               : NULL;
    rp_diagnostic *made;

    if (!items)
        return NULL;
    diagnostics->items = items;
    made = &items[diagnostics->count++];
    *made = *like;
    made->summary = copy(like->summary);
    made->detail = copy(like->detail);
    made->code = copy(like->code);
    return made;
}

void rp_diagnostics_add(rp_diagnostics *diagnostics, const rp_subject *about, bool warning,
                        const char *summary, const char *detail, const char *code, const char *advice)
{
    const rp_diagnostic like = {.warning = warning,
                                .summary = (char *)(uintptr_t)summary,
                                .detail = (char *)(uintptr_t)detail,
                                .code = (char *)(uintptr_t)code,
                                .advice = advice,
                                .mark = about ? about->mark : (rp_mark){0}};
    rp_diagnostic *one = about && about->address ? find(diagnostics, &like) : NULL;

    diagnostics->errors += !warning;
    if (!one)
        one = append(diagnostics, &like);
    if (!one)
        diagnostics->more++;
    else if (about && about->address)
        add_object(one, about->address);
}

void rp_diagnostics_add_error(rp_diagnostics *diagnostics, const rp_error *error)
{
    rp_diagnostics_add(diagnostics, NULL, false, error ? error->message : "out of memory", NULL, NULL, NULL);
}

static bool is_warning(const rp_json *diagnostic)
{
    return same_text(rp_json_text(rp_json_get(diagnostic, "severity")), "warning");
}

static const char *advice_for(const rp_subject *about, bool warning, const char *status)
{
    if (about && about->advice)
        return about->advice;
    return warning ? NULL : rp_advice(status);
}

void rp_diagnostics_add_json(rp_diagnostics *diagnostics, const rp_subject *about, const rp_json *diagnostic,
                             const char *status)
{
    const char *summary = rp_json_text(rp_json_get(diagnostic, "summary"));
    const char *cause = rp_json_text(rp_json_get(diagnostic, "status"));
    bool warning = is_warning(diagnostic);

    rp_diagnostics_add(diagnostics, about, warning,
                       summary  ? summary
                       : status ? status
                                : "no reason is told",
                       rp_json_text(rp_json_get(diagnostic, "detail")),
                       rp_json_text(rp_json_get(diagnostic, "code")),
                       advice_for(about, warning, cause ? cause : status));
}

rp_subject rp_subject_source(const char *address, const rp_yaml *source)
{
    bool number = source && (source->kind == RP_YAML_INTEGER || source->kind == RP_YAML_NUMBER);

    return (rp_subject){
        .address = address,
        .mark = source ? source->mark : (rp_mark){0},
        .advice =
            number ? "Without quotes this is a number: if it is meant as a text, put it in quotes." : NULL};
}

void rp_diagnostics_done(rp_diagnostics *diagnostics)
{
    for (size_t i = 0; i < diagnostics->count; i++) {
        rp_diagnostic *one = &diagnostics->items[i];
        free(one->summary), free(one->detail), free(one->code);
        for (size_t n = 0; n < RP_DIAGNOSTIC_NAMES; n++)
            free(one->addresses[n]);
    }
    free(diagnostics->items);
    *diagnostics = (rp_diagnostics){0};
}
