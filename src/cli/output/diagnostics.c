#include "cli/output/diagnostics.h"

#include "cli/array.h"

#include <string.h>

#define MOST 500

/* By phase as in rp_phase; where one is left out, that of the server holds. */
static const struct {
    const char *status, *advice[RP_PHASES];
} advices[] = {
    {"invalid_argument",
     {"The server refused the values. Fix the configuration and run the command again.",
      "Fix the configuration and run the command again.", "Check what was given on the command line.",
      "Fix the plugin's config and run the command again."}},
    {"unsupported",
     {"The plugin or this server does not offer that: check the address in the plugin's config.",
      "The plugin does not offer that.", "The plugin does not offer that.",
      "Check the name or path of the plugin, and RP_PLUGIN_PATH."}},
    {"conflict", {"Something else changes the same object. Run the command again later."}},
    {"not_found",
     {"Check the ids in the configuration: what they name does not exist, or is in another project.", NULL,
      "Check the ids on the command line: what they name does not exist, or is in another project."}},
    {"already_exists",
     {"Take it into the state with \"rp import ADDRESS\" or \"rp apply -adopt\", or choose another key."}},
    {"job_failed",
     {"The server accepted the request and failed. Fix the cause it names and run the command again."}},
    {"permission_denied", {"These credentials do not allow that: check the project, or ask for the rights."}},
    {"unauthenticated", {"The credentials were refused: check the plugin's config, or get new ones."}},
    {"quota_exceeded", {"Free some of the quota or have it raised, then run the command again."}},
    {"unavailable",
     {"The server cannot be reached or is failing. Check its address in the plugin's config and the network, then run "
      "the command again."}},
    {"throttled", {"The server asks for fewer requests. Run the command again later."}},
    {"deadline_exceeded", {"Run the command again, with more time: -timeout=30m."}},
    {"cancelled", {"Run the command again to go on."}},
    {"internal", {"This is a fault in the plugin: please report it to its authors."}},
    {"contract", {"The plugin breaks the rules of its interface: please report it to its authors."}},
    {"no_memory", {"The machine is out of memory."}},
};

const char *rp_advice(rp_phase phase, const char *status)
{
    for (size_t i = 0; status && i < rp_count_of(advices); i++)
        if (!strcmp(advices[i].status, status))
            return advices[i].advice[phase] ? advices[i].advice[phase] : advices[i].advice[RP_PHASE_SERVER];
    return NULL;
}

static bool same_text(const char *one, const char *other)
{
    return one == other || (one && other && !strcmp(one, other));
}

/* Faults of the configuration are told apart by their places. */
static rp_diagnostic *find(rp_diagnostics *diagnostics, const rp_diagnostic *like, bool by_place)
{
    for (size_t i = 0; i < diagnostics->count; i++) {
        rp_diagnostic *one = &diagnostics->items[i];
        if (one->warning == like->warning && same_text(one->summary, like->summary) &&
            same_text(one->detail, like->detail) && same_text(one->code, like->code) &&
            (one->count || by_place) &&
            (!by_place || (one->mark.line == like->mark.line && one->mark.column == like->mark.column)))
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
    rp_diagnostic *one = about && (about->address || about->mark.line)
                             ? find(diagnostics, &like, about->phase == RP_PHASE_RECORD)
                             : NULL;

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
    const char *words = error ? error->message : "out of memory";
    rp_subject about = {.phase = RP_PHASE_RECORD};

    if (error && rp_error_mark(error, &about.mark, &words))
        rp_diagnostics_add(diagnostics, &about, false, words, NULL, NULL, NULL);
    else
        rp_diagnostics_add(diagnostics, NULL, false, words, NULL, NULL, NULL);
}

static bool is_warning(const rp_json *diagnostic)
{
    return same_text(rp_json_text(rp_json_get(diagnostic, "severity")), "warning");
}

static const char *advice_for(const rp_subject *about, bool warning, const char *status)
{
    if (about && about->advice)
        return about->advice;
    return warning ? NULL : rp_advice(about ? about->phase : RP_PHASE_SERVER, status);
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
                                : "no reason is given",
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
            number ? "Without quotes this is a number: put it in quotes if it is meant as text." : NULL};
}

void rp_diagnostics_move(rp_diagnostics *from, rp_diagnostics *to)
{
    for (size_t i = 0; i < from->count; i++) {
        const rp_diagnostic *one = &from->items[i];
        const rp_subject about = {.address = one->addresses[0], .mark = one->mark, .phase = RP_PHASE_RECORD};
        rp_diagnostics_add(to, &about, one->warning, one->summary, one->detail, one->code, one->advice);
    }
    rp_diagnostics_done(from);
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
