#include "sim/internal.h"

#include <string.h>

/* A login request. */
struct login {
    const char *method;
    sim_authorization caller; /* the caller's own token: assume_role, temporary keys */
    bool agency;              /* in the name of an agency */
    bool known;               /* the credentials are right */
    bool refused;             /* the reply has been written */
    int64_t duration_s;       /* of a temporary key */
    char *project_id;         /* "" for a domain; owned */
};

static void login_done(struct login *login)
{
    free(login->project_id);
}

static bool is_text(const rp_json *object, const char *name, const char *text)
{
    const char *value = rp_json_text(rp_json_get(object, name));

    return value && !strcmp(value, text);
}

/* By id, or by name; not by a part of a name. */
static bool is_domain(const rp_json *domain, const char *id, const char *name)
{
    if (rp_json_get(domain, "id"))
        return is_text(domain, "id", id);
    return is_text(domain, "name", name);
}

static bool is_own_domain(const rp_sim *sim, const rp_json *domain)
{
    return is_domain(domain, sim->settings.domain_id, sim->settings.domain);
}

static bool is_agency_domain(const rp_sim *sim, const rp_json *domain)
{
    return is_domain(domain, sim->settings.agency_domain_id, sim->settings.agency_domain);
}

/* Login methods. A reader returns false when the document is malformed. */

static bool is_user(const rp_sim *sim, const rp_json *user)
{
    if (!is_text(user, "password", sim->settings.password))
        return false;
    if (rp_json_get(user, "id"))
        return is_text(user, "id", sim->settings.user_id);
    return is_text(user, "name", sim->settings.user) && is_own_domain(sim, rp_json_get(user, "domain"));
}

static bool read_password(rp_sim *sim, const rp_json *given, const sim_request *request, struct login *login,
                          sim_reply *reply)
{
    const rp_json *user = rp_json_get(given, "user");
    (void)request;
    (void)reply;

    login->known = is_user(sim, user);
    return rp_json_type_of(user) == RP_JSON_OBJECT;
}

static bool read_token(rp_sim *sim, const rp_json *given, const sim_request *request, struct login *login,
                       sim_reply *reply)
{
    const char *text = rp_json_text(rp_json_get(given, "id"));
    const sim_token *token;
    (void)request;
    (void)reply;

    if (!text)
        return false;
    token = sim_token_find(&sim->state, text);
    login->known = (*sim->settings.token && !strcmp(text, sim->settings.token)) ||
                   (token && token->expires_ms > sim_now_ms(sim));
    login->agency = token && token->agency;
    return true;
}

static void refuse_agency(const rp_sim *sim, sim_reply *reply)
{
    static const struct {
        unsigned status;
        const char *message;
    } refusals[] = {{403, "You are not authorized to perform the requested action."},
                    {401, "The request you have made requires authentication."},
                    {404, "Could not find the agency."}};
    int how = sim->settings.unknown_agency;

    sim_reply_error(reply, SIM_SHAPE_KEYSTONE, refusals[how].status, NULL, refusals[how].message);
}

/* The page of the API calls the agency by one name, its example by another. The caller is known by token or
   signature. */
static bool read_role(rp_sim *sim, const rp_json *given, const sim_request *request, struct login *login,
                      sim_reply *reply)
{
    bool is_named = rp_json_text(rp_json_get(given, "xrole_name")) != NULL;
    const char *id = rp_json_text(rp_json_get(given, "domain_id"));

    if (rp_json_type_of(given) != RP_JSON_OBJECT)
        return false;
    login->agency = true;
    login->known = is_text(given, is_named ? "xrole_name" : "agency_name", sim->settings.agency) &&
                   (id ? !strcmp(id, sim->settings.agency_domain_id)
                       : is_text(given, "domain_name", sim->settings.agency_domain));
    login->refused = !sim_authorize(sim, request, true, &login->caller, reply);
    if (!login->refused && !login->known) {
        login->refused = true;
        refuse_agency(sim, reply);
    }
    return true;
}

/* The caller's own token: in the header, or only in the body. */
static bool read_caller(rp_sim *sim, const rp_json *given, const sim_request *request, struct login *login,
                        sim_reply *reply)
{
    if (rp_json_get(given, "id"))
        return read_token(sim, given, request, login, reply);
    login->refused = !sim_authorize(sim, request, true, &login->caller, reply);
    login->known = !login->refused;
    login->agency = login->caller.agency;
    return true;
}

typedef bool reader(rp_sim *sim, const rp_json *given, const sim_request *request, struct login *login,
                    sim_reply *reply);

struct login_method {
    const char *method;
    reader *read;
};

static const struct login_method token_methods[] = {
    {"password", read_password}, {"token", read_token}, {"assume_role", read_role}, {NULL, NULL}};
static const struct login_method key_methods[] = {
    {"token", read_caller}, {"assume_role", read_role}, {NULL, NULL}};

/* The part of the document that belongs to the method; NULL if there is none. */
static const rp_json *read_identity(rp_sim *sim, const struct login_method *known, const sim_request *request,
                                    struct login *login, sim_reply *reply, bool *is_login)
{
    const rp_json *identity = rp_json_get(rp_json_get(request->json, "auth"), "identity");
    const rp_json *methods = rp_json_get(identity, "methods"), *given;

    login->method = rp_json_text(rp_json_at(methods, 0));
    while (known->method && login->method && strcmp(known->method, login->method) != 0)
        known++;
    if (rp_json_count(methods) != 1 || !login->method || !known->method)
        return NULL;
    given = rp_json_get(identity, known->method);
    *is_login = known->read(sim, given, request, login, reply);
    return given;
}

/* Refuses a login with wrong credentials, unless already refused. */
static bool refuse_login(bool is_login, const struct login *login, sim_reply *reply)
{
    if (!is_login)
        sim_refuse(reply, SIM_BAD_LOGIN);
    else if (!login->refused && !login->known)
        sim_refuse(reply, SIM_WRONG_PASSWORD);
    return !is_login || login->refused || !login->known;
}

/* Scope. */

/* The id of the project that is asked for; NULL if there is none such, or none that may be had so. */
static char *read_project(const rp_sim *sim, const rp_json *project, const struct login *login)
{
    const char *given = rp_json_text(rp_json_get(project, "id"));
    const char *name = rp_json_text(rp_json_get(project, "name"));
    const rp_json *domain = rp_json_get(project, "domain");
    sim_authorization authorization = {.agency = login->agency};
    char *id = given ? strdup(given) : name ? sim_project_id(&sim->settings, name) : NULL;
    bool is_wrong =
        !given && domain && !(login->agency ? is_agency_domain(sim, domain) : is_own_domain(sim, domain));

    if (id && (is_wrong || !sim_authorization_covers(sim, &authorization, id)))
        free(rp_take(id));
    return id;
}

/* Project wins if both are given; no scope is one without a project. */
static bool read_scope(const rp_sim *sim, const rp_json *scope, struct login *login)
{
    const rp_json *project = rp_json_get(scope, "project"), *domain = rp_json_get(scope, "domain");

    if (project)
        login->project_id = read_project(sim, project, login);
    else if (!domain || (login->agency ? is_agency_domain(sim, domain) : is_own_domain(sim, domain)))
        login->project_id = strdup("");
    return login->project_id != NULL;
}

/* The token. */

static void write_domain(const rp_sim *sim, bool agency, rp_json_writer *writer)
{
    const sim_settings *settings = &sim->settings;

    rp_write_name(writer, "domain");
    rp_write_begin(writer, '{');
    rp_write_text_member(writer, "id", agency ? settings->agency_domain_id : settings->domain_id);
    rp_write_text_member(writer, "name", agency ? settings->agency_domain : settings->domain);
    rp_write_end(writer, '}');
}

static void write_user(const rp_sim *sim, bool agency, rp_json_writer *writer)
{
    const sim_settings *settings = &sim->settings;

    rp_write_name(writer, "user");
    rp_write_begin(writer, '{');
    rp_write_text_member(writer, "id", settings->user_id);
    rp_write_text_member(writer, "name", agency ? settings->agency : settings->user);
    rp_write_text_member(writer, "password_expires_at", "");
    write_domain(sim, agency, writer);
    rp_write_end(writer, '}');
}

static void write_granted(const rp_sim *sim, const struct login *login, rp_json_writer *writer)
{
    _cleanup_(rp_freep) char *name = sim_project_name(&sim->settings, login->project_id);

    if (!*login->project_id) {
        write_domain(sim, login->agency, writer);
        return;
    }
    rp_write_name(writer, "project");
    rp_write_begin(writer, '{');
    rp_write_text_member(writer, "id", login->project_id);
    rp_write_text_member(writer, "name", name);
    write_domain(sim, login->agency, writer);
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
    write_user(sim, login->agency, writer);
    write_granted(sim, login, writer);
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
        sim_catalog_write(sim, login->project_id, writer);
        rp_write_end(writer, ']');
    }
    rp_write_end(writer, '}');
    rp_write_end(writer, '}');
}

static void give_token(rp_sim *sim, const struct login *login, bool with_catalog, sim_reply *reply)
{
    rp_json_writer writer = RP_JSON_WRITER(&reply->body);
    sim_token *token = sim_token_add(&sim->state, sim->settings.token_bytes, login->project_id,
                                     sim_now_ms(sim) + (int64_t)sim->settings.token_life_s * 1000);

    if (!token) {
        sim_refuse(reply, SIM_NO_MEMORY);
        return;
    }
    token->agency = login->agency;
    reply->status = 201;
    sim_reply_header(reply, "X-Subject-Token", token->text);
    write_token(sim, login, with_catalog, &writer);
}

void sim_iam_login(rp_sim *sim, const sim_request *request, sim_reply *reply)
{
    _cleanup_(login_done) struct login login = {0};
    bool is_login = false;

    read_identity(sim, token_methods, request, &login, reply, &is_login);
    if (refuse_login(is_login, &login, reply))
        return;
    if (read_scope(sim, rp_json_get(rp_json_get(request->json, "auth"), "scope"), &login))
        give_token(sim, &login, !sim_request_query(request, "nocatalog"), reply);
    else
        sim_refuse(reply, SIM_NO_SUCH_SCOPE);
}

/* Temporary keys. */

enum {
    LEAST_DURATION_S = 900,
    MOST_DURATION_S = 86400
};

/* False for what is no duration that may be asked for. */
static bool read_duration(const rp_json *given, struct login *login)
{
    const rp_json *duration = rp_json_get(given, "duration_seconds");

    login->duration_s = LEAST_DURATION_S;
    if (!duration)
        return true;
    return rp_json_integer(duration, &login->duration_s) && login->duration_s >= LEAST_DURATION_S &&
           login->duration_s <= MOST_DURATION_S;
}

static void write_key(const rp_sim *sim, const struct login *login, const sim_key *key,
                      rp_json_writer *writer)
{
    char expires[SIM_TIME_SIZE];

    sim_format_iso(sim_wall_ms(sim) + login->duration_s * 1000, 6, expires);
    rp_write_begin(writer, '{');
    rp_write_name(writer, "credential");
    rp_write_begin(writer, '{');
    rp_write_text_member(writer, "access", key->access);
    rp_write_text_member(writer, "secret", key->secret);
    rp_write_text_member(writer, "expires_at", expires);
    rp_write_text_member(writer, "securitytoken", key->security_token);
    rp_write_end(writer, '}');
    rp_write_end(writer, '}');
}

static void give_key(rp_sim *sim, const struct login *login, sim_reply *reply)
{
    _cleanup_(rp_freep) char *security_token = sim_token_text(&sim->state, sim->settings.token_bytes);
    sim_key *key = security_token ? sim_key_add(&sim->state.keys, sim->clock, security_token) : NULL;
    rp_json_writer writer = RP_JSON_WRITER(&reply->body);

    if (!key) {
        sim_refuse(reply, SIM_NO_MEMORY);
        return;
    }
    key->agency = login->agency;
    key->expires_ms = sim_now_ms(sim) + login->duration_s * 1000;
    write_key(sim, login, key, &writer);
}

void sim_iam_security_token(rp_sim *sim, const sim_request *request, sim_reply *reply)
{
    _cleanup_(login_done) struct login login = {0};
    bool is_login = false;
    const rp_json *given = read_identity(sim, key_methods, request, &login, reply, &is_login);

    if (refuse_login(is_login, &login, reply))
        return;
    if (!read_duration(given, &login)) {
        sim_refuse(reply, SIM_BAD_LOGIN);
        return;
    }
    reply->status = 201;
    give_key(sim, &login, reply);
}

/* Reachable from the server itself only, so nobody has to say who they are. */
void sim_metadata_keys(rp_sim *sim, const sim_request *request, sim_reply *reply)
{
    struct login login = {.duration_s = sim->settings.metadata_life_s};

    (void)request;
    if (sim->settings.metadata)
        give_key(sim, &login, reply);
    else
        sim_reply_error(reply, SIM_SHAPE_TEXT, 404, NULL, "404 Not Found");
}
