#include "sim/internal.h"

#include <string.h>

enum {
    ELB = SIM_NEEDS_TOKEN | SIM_NEEDS_PROJECT
};

/* clang-format off: one row a line reads as the table it is. */
static const sim_route routes[] = {
    {"POST", "/v1.0/*/elbaas/listeners/*/members", SIM_ADD, ELB | SIM_NEEDS_BODY, sim_members_add},
    {"POST", "/v1.0/*/elbaas/listeners/*/members/action", SIM_REMOVE, ELB | SIM_NEEDS_BODY,
     sim_members_remove},
    {"GET", "/v1.0/*/elbaas/listeners/*/members", SIM_LIST, ELB, sim_members_list},
    {"GET", "/v1.0/*/jobs/*", SIM_JOB, ELB, sim_elb_job},
    {"GET", "/v1/*/jobs/*", SIM_JOB, ELB, sim_elb_job},
    {"GET", "/v1.0/*/elbaas/listeners/*", SIM_LISTENER, ELB, sim_elb_get_listener},
    {"DELETE", "/v1.0/*/elbaas/listeners/*", SIM_LISTENER, ELB, sim_elb_delete_listener},
    {"GET", "/v1.0/*/elbaas/listeners", SIM_LISTENERS, ELB, sim_elb_list_listeners},
    {"POST", "/v1.0/*/elbaas/listeners", SIM_LISTENERS, ELB | SIM_NEEDS_BODY, sim_elb_create_listener},
    {"GET", "/v1.0/*/elbaas/loadbalancers", SIM_LOADBALANCER, ELB, sim_elb_list_loadbalancers},
    {"GET", "/v1.0/*/elbaas/loadbalancers/*", SIM_LOADBALANCER, ELB, sim_elb_get_loadbalancer},
    {"POST", "/v1.0/*/elbaas/healthcheck", SIM_HEALTHCHECK, ELB | SIM_NEEDS_BODY, sim_elb_create_healthcheck},
    {"GET", "/v1.0/*/elbaas/healthcheck/*", SIM_HEALTHCHECK, ELB, sim_elb_get_healthcheck},
    {"DELETE", "/v1.0/*/elbaas/healthcheck/*", SIM_HEALTHCHECK, ELB, sim_elb_delete_healthcheck},
    {"GET", "/v1.0/*/elbaas/quotas", SIM_QUOTA, ELB, sim_elb_quotas},
    {"GET", "", SIM_VERSION, 0, sim_elb_versions},
    {"GET", "/v1.0", SIM_VERSION, 0, sim_elb_version},
    {"GET", "/v3", SIM_IDENTITY, 0, sim_iam_version},
    {"POST", "/v3/auth/tokens", SIM_TOKEN, SIM_NEEDS_BODY, sim_iam_login},
    {"GET", "/v3/projects", SIM_PROJECT, SIM_NEEDS_TOKEN, sim_iam_projects},
    {"GET", "/v3/auth/projects", SIM_PROJECT, SIM_NEEDS_TOKEN, sim_iam_projects},
    {"GET", "/v3/auth/domains", SIM_DOMAIN, SIM_NEEDS_TOKEN, sim_iam_domains},
    {"GET", "/v3/auth/catalog", SIM_CATALOG, SIM_NEEDS_TOKEN, sim_iam_catalog},
    {"GET", "/openstack/latest/securitykey", SIM_METADATA, 0, sim_metadata_keys},
    {"POST", "/v3.0/OS-CREDENTIAL/securitytokens", SIM_SECURITY_TOKEN, SIM_NEEDS_BODY,
     sim_iam_security_token},
};
/* clang-format on */

static const sim_route nothing = {"", "", SIM_OTHER, 0, NULL};

/* Cuts the path into its segments; a slash at the end does not count. False if it has too many. */
static bool cut(char *path, const char **segments, size_t *n)
{
    size_t len = strlen(path);

    *n = 0;
    if (len && path[len - 1] == '/')
        path[len - 1] = '\0';
    for (char *at = path; *at == '/'; at += strcspn(at, "/")) {
        if (*n == SIM_MAX_SEGMENTS)
            return false;
        *at++ = '\0';
        segments[(*n)++] = at;
    }
    return true;
}

/* Does the pattern fit? Captures what stands for each "*". */
static bool fits(const char *pattern, const char *const *segments, size_t n, const char **captured)
{
    size_t n_captured = 0;

    for (size_t i = 0; i < n; i++) {
        size_t len;
        if (*pattern++ != '/')
            return false;
        len = strcspn(pattern, "/");
        if (len == 1 && *pattern == '*')
            captured[n_captured++] = segments[i];
        else if (strlen(segments[i]) != len || strncmp(segments[i], pattern, len) != 0)
            return false;
        pattern += len;
    }
    return !*pattern;
}

const sim_route *sim_route_find(sim_request *request)
{
    const char *segments[SIM_MAX_SEGMENTS];
    size_t n;

    if (!cut(request->segments, segments, &n))
        return &nothing;
    for (size_t i = 0; i < rp_count_of(routes); i++) {
        if (!strcmp(routes[i].method, request->method) &&
            fits(routes[i].path, segments, n, request->captured))
            return &routes[i];
    }
    return &nothing;
}
