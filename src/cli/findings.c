#include "cli/findings.h"

#include "cli/grow.h"

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

static rp_finding *find(rp_findings *findings, const rp_finding *like)
{
    for (size_t i = 0; i < findings->count; i++) {
        rp_finding *one = &findings->items[i];
        if (one->warning == like->warning && same_text(one->summary, like->summary) &&
            same_text(one->detail, like->detail) && same_text(one->code, like->code) && one->count)
            return one;
    }
    return NULL;
}

static void add_object(rp_finding *finding, const char *address)
{
    if (finding->count < RP_FINDING_NAMES)
        finding->addresses[finding->count] = strdup(address);
    finding->count++;
}

static char *copy(const char *text)
{
    return text ? strdup(text) : NULL;
}

static rp_finding *append(rp_findings *findings, const rp_finding *like)
{
    rp_finding *items =
        findings->count < MOST ? rp_grow(findings->items, findings->count, sizeof(*items)) : NULL;
    rp_finding *made;

    if (!items)
        return NULL;
    findings->items = items;
    made = &items[findings->count++];
    *made = *like;
    made->summary = copy(like->summary);
    made->detail = copy(like->detail);
    made->code = copy(like->code);
    return made;
}

void rp_findings_add(rp_findings *findings, const rp_about *about, bool warning, const char *summary,
                     const char *detail, const char *code, const char *advice)
{
    const rp_finding like = {.warning = warning,
                             .summary = (char *)(uintptr_t)summary,
                             .detail = (char *)(uintptr_t)detail,
                             .code = (char *)(uintptr_t)code,
                             .advice = advice,
                             .mark = about ? about->mark : (rp_mark){0}};
    rp_finding *one = about && about->address ? find(findings, &like) : NULL;

    findings->errors += !warning;
    if (!one)
        one = append(findings, &like);
    if (!one)
        findings->more++;
    else if (about && about->address)
        add_object(one, about->address);
}

void rp_findings_add_error(rp_findings *findings, const rp_error *error)
{
    rp_findings_add(findings, NULL, false, error ? error->message : "out of memory", NULL, NULL, NULL);
}

static bool is_warning(const rp_json *diagnostic)
{
    return same_text(rp_json_text(rp_json_get(diagnostic, "severity")), "warning");
}

static const char *advice_for(const rp_about *about, bool warning, const char *status)
{
    if (about && about->advice)
        return about->advice;
    return warning ? NULL : rp_advice(status);
}

void rp_findings_add_diagnostic(rp_findings *findings, const rp_about *about, const rp_json *diagnostic,
                                const char *status)
{
    const char *summary = rp_json_text(rp_json_get(diagnostic, "summary"));
    const char *cause = rp_json_text(rp_json_get(diagnostic, "status"));
    bool warning = is_warning(diagnostic);

    rp_findings_add(findings, about, warning,
                    summary  ? summary
                    : status ? status
                             : "no reason is told",
                    rp_json_text(rp_json_get(diagnostic, "detail")),
                    rp_json_text(rp_json_get(diagnostic, "code")),
                    advice_for(about, warning, cause ? cause : status));
}

rp_about rp_about_source(const char *address, const rp_yaml *source)
{
    bool number = source && (source->kind == RP_YAML_INTEGER || source->kind == RP_YAML_NUMBER);

    return (rp_about){
        .address = address,
        .mark = source ? source->mark : (rp_mark){0},
        .advice =
            number ? "Without quotes this is a number: if it is meant as a text, put it in quotes." : NULL};
}

void rp_findings_done(rp_findings *findings)
{
    for (size_t i = 0; i < findings->count; i++) {
        rp_finding *one = &findings->items[i];
        free(one->summary), free(one->detail), free(one->code);
        for (size_t n = 0; n < RP_FINDING_NAMES; n++)
            free(one->addresses[n]);
    }
    free(findings->items);
    *findings = (rp_findings){0};
}
