#include "config.h"

#include "ledger.h"

#include "base/text.h"

#include <string.h>

static const char *const waits[] = {
    [WAIT_JOB] = "job", [WAIT_NONE] = "none", [WAIT_HEALTHY] = "healthy", [WAIT_HEALTHY + 1] = NULL};

#define AT(member) .offset = offsetof(config, member)

const rp_field config_fields[] = {
    {.name = "endpoint",
     .kind = RP_FIELD_TEXT,
     AT(endpoint),
     .format = "uri",
     .about = "URL of the load balancer service, with or without /v1.0 and the project's id at its end. "
              "Left out: that of the region."},
    {.name = "project_id",
     .kind = RP_FIELD_TEXT,
     AT(project_id),
     .about = "Id of the project. May be left out if the endpoint names it."},
    {.name = "project_name",
     .kind = RP_FIELD_TEXT,
     AT(project_name),
     .about = "Name of the project a login is for, where it is not for the project's id."},
    {.name = "region",
     .kind = RP_FIELD_TEXT,
     AT(region),
     .pattern = "^[a-z0-9-]{1,32}$",
     .about =
         "Region of Open Telekom Cloud whose documented endpoints are used where none are given: eu-de."},
    {.name = "token",
     .kind = RP_FIELD_SECRET,
     AT(token),
     .least = 1,
     .most = 65536,
     .about = "Token to use as it is, instead of a login."},
    {.name = "auth_url",
     .kind = RP_FIELD_TEXT,
     AT(auth_url),
     .format = "uri",
     .about = "URL of the identity service (IAM v3). Left out: that of the region."},
    {.name = "user_name", .kind = RP_FIELD_TEXT, AT(user_name), .about = "User who logs in."},
    {.name = "user_id", .kind = RP_FIELD_TEXT, AT(user_id), .about = "The same by id."},
    {.name = "password",
     .kind = RP_FIELD_SECRET,
     AT(password),
     .least = 1,
     .most = 4096,
     .about = "The user's password."},
    {.name = "domain_name", .kind = RP_FIELD_TEXT, AT(domain_name), .about = "Domain (account) of the user."},
    {.name = "domain_id", .kind = RP_FIELD_TEXT, AT(domain_id), .about = "The same by id."},
    {.name = "ca_file",
     .kind = RP_FIELD_TEXT,
     AT(ca_file),
     .about = "PEM file of the certificates to trust instead of the system's."},
    {.name = "client_cert_file",
     .kind = RP_FIELD_TEXT,
     AT(client_cert_file),
     .about = "PEM file of a certificate to show to the server."},
    {.name = "client_key_file",
     .kind = RP_FIELD_TEXT,
     AT(client_key_file),
     .about = "PEM file of that certificate's key."},
    {.name = "insecure",
     .kind = RP_FIELD_FLAG,
     AT(insecure),
     .has_default = true,
     .about = "Do not check the server's certificate."},
    {.name = "allow_insecure_http",
     .kind = RP_FIELD_FLAG,
     AT(allow_insecure_http),
     .has_default = true,
     .about = "Allow http to hosts other than this one: the token can be read on the way."},
    {.name = "proxy",
     .kind = RP_FIELD_TEXT,
     AT(proxy),
     .about = "URL of a proxy, \"\" for none. Left out: as the environment says."},
    {.name = "no_proxy",
     .kind = RP_FIELD_TEXT,
     AT(no_proxy),
     .about = "Hosts that are reached without the proxy, separated by commas."},
    {.name = "connect_timeout_ms",
     .kind = RP_FIELD_COUNT,
     AT(connect_timeout_ms),
     .least = 1,
     .most = 3600000,
     .has_default = true,
     .usual = 10000,
     .about = "A server that is not reached for so long is given up."},
    {.name = "timeout_ms",
     .kind = RP_FIELD_COUNT,
     AT(timeout_ms),
     .least = 1,
     .most = 86400000,
     .has_default = true,
     .usual = 600000,
     .about = "Time for a call that names none."},
    {.name = "wait",
     .kind = RP_FIELD_WORD,
     AT(wait),
     .words = waits,
     .has_default = true,
     .usual = WAIT_JOB,
     .about =
         "What create and delete wait for: the end of the job, nothing beyond its acceptance, or that the "
         "member is healthy too."},
    {.name = "poll_min_ms",
     .kind = RP_FIELD_COUNT,
     AT(poll_min_ms),
     .least = 10,
     .most = 60000,
     .has_default = true,
     .usual = 200,
     .about = "Pause before the first poll of a job; it grows, …"},
    {.name = "poll_max_ms",
     .kind = RP_FIELD_COUNT,
     AT(poll_max_ms),
     .least = 10,
     .most = 600000,
     .has_default = true,
     .usual = 2000,
     .about = "… up to here."},
    {.name = "settle_ms",
     .kind = RP_FIELD_COUNT,
     AT(settle_ms),
     .least = 1,
     .most = 86400000,
     .has_default = true,
     .usual = 300000,
     .about = "Time after which the effect of a request whose answer was lost can no longer appear."},
    {.name = "max_batch",
     .kind = RP_FIELD_COUNT,
     AT(max_batch),
     .least = 1,
     .most = 10000,
     .has_default = true,
     .usual = 100,
     .about = "Members in one request at most."},
    {.name = "max_parallel",
     .kind = RP_FIELD_COUNT,
     AT(max_parallel),
     .least = 1,
     .most = 64,
     .has_default = true,
     .usual = 8,
     .about = "Requests under way at the same time at most."},
    {.name = "max_bisect",
     .kind = RP_FIELD_COUNT,
     AT(max_bisect),
     .least = 0,
     .most = 10000,
     .has_default = true,
     .usual = 32,
     .about = "Further requests at most to find the guilty records of one that was refused."},
    {0}};

#undef AT

static int missing(rp_error **error, const char *path, const char *words)
{
    return rp_error_set_at(error, RP_E_INVALID, path, "%s", words);
}

/* The pattern that Open Telekom Cloud documents. */
static int fill_in_endpoints(config *c, rp_error **error)
{
    if (!c->region)
        return 0;
    if (!c->endpoint)
        c->endpoint = rp_format("https://elb.%s.otc.t-systems.com", c->region);
    if (!c->auth_url && !c->token)
        c->auth_url = rp_format("https://iam.%s.otc.t-systems.com/v3", c->region);
    if (!c->endpoint || (!c->auth_url && !c->token))
        return rp_error_set(error, RP_E_NO_MEMORY, "out of memory");
    return 0;
}

static int check_credentials(const config *c, rp_error **error)
{
    if (c->token && c->password)
        return missing(error, "/config/token", "token and password are both given: one of them logs in");
    if (c->token)
        return 0;
    if (!c->password && !c->user_name && !c->user_id)
        return missing(error, "/config",
                       "no way to log in: give token, or auth_url, user_name, password and "
                       "domain_name");
    if (!c->password)
        return missing(error, "/config/password", "password is missing");
    if (!c->user_name && !c->user_id)
        return missing(error, "/config/user_name", "user_name is missing");
    if (!c->user_id && !c->domain_name && !c->domain_id)
        return missing(error, "/config/domain_name",
                       "domain_name is missing: a user's name belongs to a domain");
    if (!c->auth_url)
        return missing(error, "/config/auth_url",
                       "auth_url is missing, and so is region, which would tell it");
    return 0;
}

static int check_region(const char *region, rp_error **error)
{
    size_t len = region ? strlen(region) : 0;

    if (!region || (len >= 1 && len <= 32 && strspn(region, "abcdefghijklmnopqrstuvwxyz0123456789-") == len))
        return 0;
    return missing(error, "/config/region", "region is no name of a region, such as eu-de");
}

/* A token over plain http is everybody's. */
static int check_scheme(const config *c, const rp_url *url, const char *path, rp_error **error)
{
    if (!strcmp(url->scheme, "https") || rp_url_is_loopback(url) || c->allow_insecure_http)
        return 0;
    return rp_error_set_at(error, RP_E_INVALID, path,
                           "%s is plain http, so that anybody on the way reads the credentials: use https "
                           "(or set allow_insecure_http)",
                           path + strlen("/config/"));
}

static int check_auth_url(const config *c, rp_error **error)
{
    rp_url url = {0};
    int result;

    if (!c->auth_url || c->token)
        return 0;
    result = rp_url_parse(c->auth_url, &url, error);
    if (result < 0) {
        if (error && *error && !(*error)->path)
            (*error)->path = strdup("/config/auth_url");
        return rp_error_add(error, "auth_url");
    }
    result = check_scheme(c, &url, "/config/auth_url", error);
    rp_url_clear(&url);
    return result;
}

static int below_config(rp_error **error)
{
    char *path;

    if (!error || !*error || !(*error)->path)
        return RP_E_INVALID;
    path = rp_format("/config%s", (*error)->path);
    if (path) {
        free((*error)->path);
        (*error)->path = path;
    }
    return (*error)->code;
}

static int check(config *c, rp_error **error)
{
    int result;

    if ((result = check_region(c->region, error)) < 0 || (result = fill_in_endpoints(c, error)) < 0)
        return result;
    if (!c->endpoint)
        return missing(error, "/config/endpoint",
                       "endpoint is missing, and so is region, which would tell it");
    if (elb_place_init(&c->place, c->endpoint, c->project_id, error) < 0)
        return below_config(error);
    if ((result = check_scheme(c, &c->place.endpoint, "/config/endpoint", error)) < 0 ||
        (result = check_credentials(c, error)) < 0 || (result = check_auth_url(c, error)) < 0)
        return result;
    if (!c->client_cert_file != !c->client_key_file)
        return missing(error, c->client_cert_file ? "/config/client_key_file" : "/config/client_cert_file",
                       "client_cert_file and client_key_file go together");
    if (c->poll_max_ms < c->poll_min_ms)
        return missing(error, "/config/poll_max_ms", "poll_max_ms is less than poll_min_ms");
    return 0;
}

static int is_unknown(void *context, const char *name, const rp_json *value)
{
    (void)context;
    (void)name;
    return rp_json_type_of(value) == RP_JSON_NULL;
}

int config_read(config *into, const rp_json *object, unsigned how, rp_error **error)
{
    int result;

    *into = (config){0};
    rp_fields_defaults(config_fields, into);
    if (rp_json_type_of(object) != RP_JSON_OBJECT)
        return missing(error, "/config", "config is missing, or not an object");
    result = rp_fields_read(config_fields, object, how, "/config", into, error);
    if (result < 0)
        return result;
    /* What is not known yet may go with all the rest. */
    if (how & RP_FIELDS_PARTIAL && rp_json_each(object, is_unknown, NULL))
        return 0;
    return check(into, error);
}

void config_clear(config *c)
{
    rp_fields_clear(config_fields, c);
    elb_place_done(&c->place);
}

/* --- options -------------------------------------------------------------------- */

struct said {
    int wait;
    bool adopt;
};

const rp_field call_options_fields[] = {
    {.name = "wait",
     .kind = RP_FIELD_WORD,
     .offset = offsetof(struct said, wait),
     .words = waits,
     .has_default = true,
     .usual = WAIT_JOB,
     .about = "What create and delete wait for, instead of what the config says. A read with \"job\" follows "
              "the job of a member that is not listed yet."},
    {.name = "adopt",
     .kind = RP_FIELD_FLAG,
     .offset = offsetof(struct said, adopt),
     .has_default = true,
     .about = "A create of what is there already is ok."},
    {0}};

int call_options_read(call_options *into, const config *defaults, const rp_json *object, rp_error **error)
{
    struct said said = {0};

    *into = (call_options){.wait = defaults ? defaults->wait : WAIT_JOB};
    if (rp_json_type_of(object) == RP_JSON_NULL)
        return 0;
    if (rp_json_type_of(object) != RP_JSON_OBJECT)
        return rp_error_set_at(error, RP_E_INVALID, "/options", "options must be an object");
    if (rp_fields_read(call_options_fields, object, RP_FIELDS_STRICT, "/options", &said, error) < 0)
        return RP_E_INVALID;
    into->adopt = said.adopt;
    into->has_wait = rp_json_type_of(rp_json_get(object, "wait")) != RP_JSON_NULL;
    if (into->has_wait)
        into->wait = said.wait;
    return 0;
}
