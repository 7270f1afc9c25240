#include "sim/core.h"

#include "base/text.h"

#include <string.h>

static void begin_list(rp_json_writer *writer, const char *name)
{
    rp_write_begin(writer, '{');
    rp_write_name(writer, name);
    rp_write_begin(writer, '[');
}

static void end_list(const rp_sim *sim, const char *path, rp_json_writer *writer)
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

/* The catalog. Clients without an ELB entry of their own derive its endpoint from those of compute (v2
   becomes v1.0) or network (v1.0 and the project are added): so these are there, though nothing answers
   behind them. */
static const struct service {
    const char *type, *name, *path;
    bool with_project;
} services[] = {
    {"identity", "iam", "/v3", false}, {"elbv1", "elbv1", "/v1.0/", true},
    {"elb", "elb", "", false},         {"compute", "nova", "/v2/", true},
    {"ecs", "ecs", "/v1/", true},      {"network", "neutron", "", false},
    {"vpc", "vpc", "/v1/", true},      {"volumev2", "cinderv2", "/v2/", true},
};

static void write_service(rp_sim *sim, const struct service *service, const char *project_id,
                          rp_json_writer *writer)
{
    _cleanup_(rp_freep) char *url =
        rp_format("%s%s%s", sim->url, service->path, service->with_project ? project_id : "");
    const char *region = service == services ? "*" : sim->settings.region;
    char id[SIM_ID_SIZE];

    sim_new_id(&sim->state, id);
    rp_write_begin(writer, '{');
    rp_write_text_member(writer, "type", service->type);
    rp_write_text_member(writer, "name", service->name);
    rp_write_text_member(writer, "id", id);
    rp_write_name(writer, "endpoints");
    rp_write_begin(writer, '[');
    rp_write_begin(writer, '{');
    rp_write_text_member(writer, "id", id);
    rp_write_text_member(writer, "interface", "public");
    rp_write_text_member(writer, "region", region);
    rp_write_text_member(writer, "region_id", region);
    rp_write_text_member(writer, "url", url);
    rp_write_end(writer, '}');
    rp_write_end(writer, ']');
    rp_write_end(writer, '}');
}

/* Without a project only what needs none. */
static void write_services(rp_sim *sim, const char *project_id, rp_json_writer *writer)
{
    for (size_t i = 0; i < rp_count_of(services); i++) {
        if (*project_id || !services[i].with_project)
            write_service(sim, &services[i], project_id, writer);
    }
}

void sim_iam_catalog(rp_sim *sim, const sim_request *request, sim_reply *reply)
{
    rp_json_writer writer = RP_JSON_WRITER(&reply->body);
    const sim_token *token = sim_token_find(&sim->state, sim_request_header(request, "X-Auth-Token"));

    begin_list(&writer, "catalog");
    write_services(sim, token ? token->project_id : sim->settings.project_id, &writer);
    end_list(sim, "/v3/auth/catalog", &writer);
}

/* Projects and domains. */

static void write_domain(const rp_sim *sim, rp_json_writer *writer)
{
    rp_write_name(writer, "domain");
    rp_write_begin(writer, '{');
    rp_write_text_member(writer, "id", sim->settings.domain_id);
    rp_write_text_member(writer, "name", sim->settings.domain);
    rp_write_end(writer, '}');
}

struct listing {
    const rp_sim *sim;
    const char *name; /* NULL: all */
    rp_json_writer *writer;
};

static bool write_project(void *context, const char *id, const char *name)
{
    struct listing *listing = context;

    if (listing->name && *listing->name && strcmp(listing->name, name) != 0)
        return true;
    rp_write_begin(listing->writer, '{');
    rp_write_text_member(listing->writer, "id", id);
    rp_write_text_member(listing->writer, "name", name);
    rp_write_text_member(listing->writer, "domain_id", listing->sim->settings.domain_id);
    rp_write_text_member(listing->writer, "parent_id", listing->sim->settings.domain_id);
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

    begin_list(&writer, "projects");
    sim_projects_each(&sim->settings, write_project, &listing);
    end_list(sim, "/v3/projects", &writer);
}

void sim_iam_domains(rp_sim *sim, const sim_request *request, sim_reply *reply)
{
    rp_json_writer writer = RP_JSON_WRITER(&reply->body);
    const char *name = sim_request_query(request, "name");

    begin_list(&writer, "domains");
    if (!name || !*name || !strcmp(name, sim->settings.domain)) {
        rp_write_begin(&writer, '{');
        rp_write_text_member(&writer, "id", sim->settings.domain_id);
        rp_write_text_member(&writer, "name", sim->settings.domain);
        rp_write_text_member(&writer, "description", "");
        rp_write_boolean_member(&writer, "enabled", true);
        rp_write_end(&writer, '}');
    }
    end_list(sim, "/v3/auth/domains", &writer);
}

/* Logins. */

/* Who logs in for what. */
struct login {
    const char *method;
    bool known;       /* it is who it claims to be */
    char *project_id; /* "" for a domain; owned */
};

static bool is_text(const rp_json *object, const char *name, const char *text)
{
    const char *value = rp_json_text(rp_json_get(object, name));

    return value && !strcmp(value, text);
}

/* By id, or by name; not by a part of a name. */
static bool is_domain(const rp_sim *sim, const rp_json *domain)
{
    if (rp_json_get(domain, "id"))
        return is_text(domain, "id", sim->settings.domain_id);
    return is_text(domain, "name", sim->settings.domain);
}

static bool is_user(const rp_sim *sim, const rp_json *user)
{
    if (!is_text(user, "password", sim->settings.password))
        return false;
    if (rp_json_get(user, "id"))
        return is_text(user, "id", sim->settings.user_id);
    return is_text(user, "name", sim->settings.user) && is_domain(sim, rp_json_get(user, "domain"));
}

static bool is_token(const rp_sim *sim, const char *text)
{
    const sim_token *token;

    if (*sim->settings.token && !strcmp(text, sim->settings.token))
        return true;
    token = sim_token_find(&sim->state, text);
    return token && token->expires_ms > sim_now_ms(sim);
}

/* False when the document is no login at all. */
static bool read_identity(const rp_sim *sim, const rp_json *identity, struct login *login)
{
    const rp_json *methods = rp_json_get(identity, "methods");
    const rp_json *user = rp_json_get(rp_json_get(identity, "password"), "user");
    const char *token = rp_json_text(rp_json_get(rp_json_get(identity, "token"), "id"));

    if (rp_json_count(methods) != 1)
        return false;
    login->method = rp_json_text(rp_json_at(methods, 0));
    if (login->method && !strcmp(login->method, "password") && rp_json_type_of(user) == RP_JSON_OBJECT)
        login->known = is_user(sim, user);
    else if (login->method && !strcmp(login->method, "token") && token)
        login->known = is_token(sim, token);
    else
        return false;
    return true;
}

/* The id of the project that is asked for; NULL if there is none such. */
static char *read_project(const rp_sim *sim, const rp_json *project)
{
    const char *id = rp_json_text(rp_json_get(project, "id"));
    const char *name = rp_json_text(rp_json_get(project, "name"));
    const rp_json *domain = rp_json_get(project, "domain");

    if (id) {
        _cleanup_(rp_freep) char *found = sim_project_name(&sim->settings, id);
        return found ? strdup(id) : NULL;
    }
    if (!name || (domain && !is_domain(sim, domain)))
        return NULL;
    return sim_project_id(&sim->settings, name);
}

/* Project wins if both are given; no scope is one without a project. */
static bool read_scope(const rp_sim *sim, const rp_json *scope, struct login *login)
{
    const rp_json *project = rp_json_get(scope, "project"), *domain = rp_json_get(scope, "domain");

    if (project)
        login->project_id = read_project(sim, project);
    else if (!domain || is_domain(sim, domain))
        login->project_id = strdup("");
    return login->project_id != NULL;
}

static void write_user(const rp_sim *sim, rp_json_writer *writer)
{
    rp_write_name(writer, "user");
    rp_write_begin(writer, '{');
    rp_write_text_member(writer, "id", sim->settings.user_id);
    rp_write_text_member(writer, "name", sim->settings.user);
    rp_write_text_member(writer, "password_expires_at", "");
    write_domain(sim, writer);
    rp_write_end(writer, '}');
}

static void write_granted(const rp_sim *sim, const char *project_id, rp_json_writer *writer)
{
    _cleanup_(rp_freep) char *name = sim_project_name(&sim->settings, project_id);

    if (!*project_id) {
        write_domain(sim, writer);
        return;
    }
    rp_write_name(writer, "project");
    rp_write_begin(writer, '{');
    rp_write_text_member(writer, "id", project_id);
    rp_write_text_member(writer, "name", name);
    write_domain(sim, writer);
    rp_write_end(writer, '}');
}

static void write_times(const rp_sim *sim, rp_json_writer *writer)
{
    char issued[SIM_TIME_SIZE], expires[SIM_TIME_SIZE];
    int64_t wall_ms = sim_wall_ms(sim);

    sim_format_iso(wall_ms, 6, issued);
    sim_format_iso(wall_ms + (int64_t)sim->settings.token_life_s * 1000, 6, expires);
    rp_write_text_member(writer, "issued_at", issued);
    rp_write_text_member(writer, "expires_at", expires);
}

static void write_token(rp_sim *sim, const struct login *login, bool with_catalog, rp_json_writer *writer)
{
    rp_write_begin(writer, '{');
    rp_write_name(writer, "token");
    rp_write_begin(writer, '{');
    rp_write_name(writer, "methods");
    rp_write_begin(writer, '[');
    rp_write_text(writer, login->method);
    rp_write_end(writer, ']');
    write_times(sim, writer);
    write_user(sim, writer);
    write_granted(sim, login->project_id, writer);
    rp_write_name(writer, "roles");
    rp_write_begin(writer, '[');
    rp_write_begin(writer, '{');
    rp_write_text_member(writer, "id", "434426788d5a451faf763b0e6db5aefb");
    rp_write_text_member(writer, "name", "elb_adm");
    rp_write_end(writer, '}');
    rp_write_end(writer, ']');
    if (with_catalog) {
        rp_write_name(writer, "catalog");
        rp_write_begin(writer, '[');
        write_services(sim, login->project_id, writer);
        rp_write_end(writer, ']');
    }
    rp_write_end(writer, '}');
    rp_write_end(writer, '}');
}

void sim_iam_login(rp_sim *sim, const sim_request *request, sim_reply *reply)
{
    const rp_json *auth = rp_json_get(request->json, "auth");
    rp_json_writer writer = RP_JSON_WRITER(&reply->body);
    _cleanup_(rp_freep) char *project_id = NULL;
    struct login login = {0};
    const sim_token *token;

    if (!read_identity(sim, rp_json_get(auth, "identity"), &login)) {
        sim_refuse(reply, SIM_BAD_LOGIN);
        return;
    }
    if (!login.known || !read_scope(sim, rp_json_get(auth, "scope"), &login)) {
        sim_refuse(reply, login.known ? SIM_NO_SUCH_SCOPE : SIM_WRONG_PASSWORD);
        return;
    }
    project_id = login.project_id;
    token = sim_token_add(&sim->state, sim->settings.token_bytes, project_id,
                          sim_now_ms(sim) + (int64_t)sim->settings.token_life_s * 1000);
    if (!token) {
        sim_reply_error(reply, SIM_SHAPE_TEXT, 500, NULL, "the simulator is out of memory");
        return;
    }
    reply->status = 201;
    sim_reply_header(reply, "X-Subject-Token", token->text);
    write_token(sim, &login, !sim_request_query(request, "nocatalog"), &writer);
}
