#include "sim/internal.h"

#include "base/text.h"

#include <string.h>

void sim_iam_begin_list(rp_json_writer *writer, const char *name)
{
    rp_write_begin(writer, '{');
    rp_write_name(writer, name);
    rp_write_begin(writer, '[');
}

void sim_iam_end_list(const rp_sim *sim, const char *path, rp_json_writer *writer)
{
    _cleanup_(rp_freep) char *self = rp_format("%s%s", sim->url, path);

    rp_write_end(writer, ']');
    rp_write_name(writer, "links");
    rp_write_begin(writer, '{');
    rp_write_text_member(writer, "self", self);
    rp_write_text_member(writer, "previous", NULL);
    rp_write_text_member(writer, "next", NULL);
    rp_write_end(writer, '}');
    rp_write_end(writer, '}');
}

void sim_iam_version(rp_sim *sim, const sim_request *request, sim_reply *reply)
{
    _cleanup_(rp_freep) char *href = rp_format("%s/v3/", sim->url);
    rp_json_writer writer = RP_JSON_WRITER(&reply->body);
    (void)request;

    rp_write_begin(&writer, '{');
    rp_write_name(&writer, "version");
    rp_write_begin(&writer, '{');
    rp_write_text_member(&writer, "id", "v3.6");
    rp_write_text_member(&writer, "status", "stable");
    rp_write_text_member(&writer, "updated", "2016-04-04T00:00:00Z");
    rp_write_name(&writer, "links");
    rp_write_begin(&writer, '[');
    rp_write_begin(&writer, '{');
    rp_write_text_member(&writer, "rel", "self");
    rp_write_text_member(&writer, "href", href);
    rp_write_end(&writer, '}');
    rp_write_end(&writer, ']');
    rp_write_end(&writer, '}');
    rp_write_end(&writer, '}');
}

/* An agency's domain is not the user's. */
static const char *domain_id(const rp_sim *sim)
{
    return sim->authorization.agency ? sim->settings.agency_domain_id : sim->settings.domain_id;
}

static const char *domain_name(const rp_sim *sim)
{
    return sim->authorization.agency ? sim->settings.agency_domain : sim->settings.domain;
}

/* Whatever the scope, all that the user or agency has is listed. */
static bool is_listed(const rp_sim *sim, const char *project_id)
{
    sim_authorization whole = sim->authorization;

    whole.project_id = NULL;
    return sim_authorization_covers(sim, &whole, project_id);
}

struct listing {
    const rp_sim *sim;
    const char *name; /* NULL: all */
    rp_json_writer *writer;
};

static bool write_project(void *context, const char *id, const char *name)
{
    struct listing *listing = context;

    if ((listing->name && *listing->name && strcmp(listing->name, name) != 0) || !is_listed(listing->sim, id))
        return true;
    rp_write_begin(listing->writer, '{');
    rp_write_text_member(listing->writer, "id", id);
    rp_write_text_member(listing->writer, "name", name);
    rp_write_text_member(listing->writer, "domain_id", domain_id(listing->sim));
    rp_write_text_member(listing->writer, "parent_id", domain_id(listing->sim));
    rp_write_text_member(listing->writer, "description", "");
    rp_write_boolean_member(listing->writer, "is_domain", false);
    rp_write_boolean_member(listing->writer, "enabled", true);
    rp_write_end(listing->writer, '}');
    return true;
}

void sim_iam_projects(rp_sim *sim, const sim_request *request, sim_reply *reply)
{
    rp_json_writer writer = RP_JSON_WRITER(&reply->body);
    struct listing listing = {sim, sim_request_query(request, "name"), &writer};

    sim_iam_begin_list(&writer, "projects");
    sim_projects_each(&sim->settings, write_project, &listing);
    sim_iam_end_list(sim, "/v3/projects", &writer);
}

void sim_iam_domains(rp_sim *sim, const sim_request *request, sim_reply *reply)
{
    rp_json_writer writer = RP_JSON_WRITER(&reply->body);
    const char *name = sim_request_query(request, "name");

    sim_iam_begin_list(&writer, "domains");
    if (!name || !*name || !strcmp(name, domain_name(sim))) {
        rp_write_begin(&writer, '{');
        rp_write_text_member(&writer, "id", domain_id(sim));
        rp_write_text_member(&writer, "name", domain_name(sim));
        rp_write_text_member(&writer, "description", "");
        rp_write_boolean_member(&writer, "enabled", true);
        rp_write_end(&writer, '}');
    }
    sim_iam_end_list(sim, "/v3/auth/domains", &writer);
}
