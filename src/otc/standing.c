#include "otc/standing.h"

#include "base/buffer.h"
#include "base/text.h"
#include "otc/catalog.h"
#include "otc/token.h"

#include <string.h>

#define MAX_REPLY_BYTES (1u << 20) /* the catalog is in it */
#define RENEW_AHEAD_S   600

static const char *text(const otc_standing *self, otc_setting setting)
{
    return otc_identity_text(self->identity, setting);
}

/* ---- grants ---- */

void otc_grant_forget(otc_grant *grant)
{
    rp_secret_free(rp_take(grant->token));
}

bool otc_grant_is_fresh(const otc_grant *grant, int64_t now_s)
{
    return grant->token && now_s < grant->renew_at_s;
}

/* A token of an hour is renewed a quarter of an hour before its end, one of a day ten minutes. */
static int renew(otc_grant *grant, const rp_http_reply *reply, int64_t now_s, rp_error **error)
{
    int64_t expires_at_s, quarter;
    rp_secret *token;
    int result = otc_token_reply(reply, &expires_at_s, error);

    if (result < 0)
        return result;
    token = rp_secret_copy(reply->subject_token);
    if (!token)
        return rp_error_no_memory(error);
    otc_grant_forget(grant);
    quarter = (expires_at_s - now_s) / 4;
    *grant = (otc_grant){.token = token,
                         .generation = grant->generation + 1,
                         .expires_at_s = expires_at_s,
                         .renew_at_s = expires_at_s - (quarter < RENEW_AHEAD_S ? quarter : RENEW_AHEAD_S)};
    return 0;
}

otc_grant *otc_standing_grant(otc_standing *standing)
{
    if (otc_identity_has_agency(standing->identity))
        return &standing->assumed;
    return standing->identity->way == OTC_BY_KEYS ? NULL : &standing->own;
}

/* ---- what is known ---- */

int otc_standing_init(otc_standing *standing, const otc_identity *identity, rp_error **error)
{
    *standing = (otc_standing){.identity = identity};
    if (identity->way != OTC_BY_TOKEN)
        return 0;
    standing->own = (otc_grant){.token = rp_secret_copy(identity->chosen.values[OTC_TOKEN].text),
                                .expires_at_s = INT64_MAX,
                                .renew_at_s = INT64_MAX};
    return standing->own.token ? 0 : rp_error_no_memory(error);
}

void otc_standing_done(otc_standing *standing)
{
    otc_grant_forget(&standing->own);
    otc_grant_forget(&standing->assumed);
    free(standing->domain_id);
    free(standing->project_id);
    rp_url_clear(&standing->endpoint);
    *standing = (otc_standing){0};
}

static const char *project_of(const otc_standing *self)
{
    return self->identity->project_id ? self->identity->project_id : self->project_id;
}

static const rp_url *endpoint_of(const otc_standing *self)
{
    const rp_url *given = &self->identity->endpoint;

    if (given->host)
        return given;
    return self->endpoint.host ? &self->endpoint : NULL;
}

static const char *domain_of(const otc_standing *self)
{
    return text(self, OTC_DOMAIN_ID) ? text(self, OTC_DOMAIN_ID) : self->domain_id;
}

/* ---- what is needed ---- */

/* A name of the account means nothing to the gateway, which takes ids. */
static bool needs_domain(const otc_standing *self)
{
    return self->identity->way == OTC_BY_KEYS && text(self, OTC_DOMAIN_NAME) && !domain_of(self);
}

static otc_need needs_grant(const otc_standing *self, int64_t now_s)
{
    bool agency = otc_identity_has_agency(self->identity);

    if (agency && otc_grant_is_fresh(&self->assumed, now_s))
        return OTC_NEEDS_NOTHING;
    if (self->identity->way == OTC_BY_PASSWORD && !otc_grant_is_fresh(&self->own, now_s))
        return OTC_NEEDS_LOGIN;
    return agency ? OTC_NEEDS_AGENCY : OTC_NEEDS_NOTHING;
}

otc_need otc_standing_needs(const otc_standing *standing, int64_t now_s)
{
    otc_need grant = needs_grant(standing, now_s);

    if (grant != OTC_NEEDS_NOTHING)
        return grant == OTC_NEEDS_AGENCY && needs_domain(standing) ? OTC_NEEDS_DOMAIN : grant;
    if (!project_of(standing))
        return needs_domain(standing) ? OTC_NEEDS_DOMAIN : OTC_NEEDS_PROJECT;
    if (endpoint_of(standing))
        return OTC_NEEDS_NOTHING;
    return standing->catalog_seen ? OTC_NEEDS_WHAT_IS_NOT_THERE : OTC_NEEDS_CATALOG;
}

/* ---- requests to the IAM ---- */

/* With an agency to follow, the token is for the user's own domain. */
static rp_secret *login_body(const otc_standing *self)
{
    const otc_identity *identity = self->identity;
    otc_login login = {.user_name = text(self, OTC_USER_NAME),
                       .user_id = text(self, OTC_USER_ID),
                       .password = identity->chosen.values[OTC_PASSWORD].text,
                       .domain_name = text(self, OTC_DOMAIN_NAME),
                       .domain_id = text(self, OTC_DOMAIN_ID),
                       .project_id = identity->project_id,
                       .project_name = identity->project_name,
                       .for_domain = otc_identity_has_agency(identity)};

    return otc_token_request(&login);
}

static rp_secret *agency_body(const otc_standing *self)
{
    otc_login login = {.agency_name = text(self, OTC_AGENCY_NAME),
                       .domain_name = text(self, OTC_AGENCY_DOMAIN_NAME),
                       .domain_id = text(self, OTC_AGENCY_DOMAIN_ID),
                       .project_id = self->identity->project_id,
                       .project_name = self->identity->project_name};

    return otc_token_request(&login);
}

static const char *domain_name(const otc_standing *self)
{
    return text(self, OTC_DOMAIN_NAME);
}

static const char *project_name(const otc_standing *self)
{
    return self->identity->project_name;
}

static const struct kind {
    const char *segments[4];                        /* below /v3 */
    rp_secret *(*body)(const otc_standing *self);   /* makes it a POST; or NULL */
    const char *(*named)(const otc_standing *self); /* the value of ?name=; or NULL */
    otc_setting settings[9];                        /* what it goes by; ended by OTC_SETTINGS */
} kinds[] = {
    [OTC_NEEDS_NOTHING] = {.settings = {OTC_TOKEN, OTC_USER_ID, OTC_USER_NAME, OTC_PASSWORD, OTC_ACCESS_KEY,
                                        OTC_SECRET_KEY, OTC_SECURITY_TOKEN, OTC_SETTINGS}},
    [OTC_NEEDS_LOGIN] = {{"v3", "auth", "tokens"},
                         login_body,
                         NULL,
                         {OTC_USER_ID, OTC_USER_NAME, OTC_PASSWORD, OTC_DOMAIN_NAME, OTC_DOMAIN_ID,
                          OTC_PROJECT_ID, OTC_PROJECT_NAME, OTC_SETTINGS}},
    [OTC_NEEDS_AGENCY] = {{"v3", "auth", "tokens"},
                          agency_body,
                          NULL,
                          {OTC_AGENCY_NAME, OTC_AGENCY_DOMAIN_NAME, OTC_AGENCY_DOMAIN_ID,
                           OTC_DELEGATED_PROJECT, OTC_SETTINGS}},
    [OTC_NEEDS_DOMAIN] = {{"v3", "auth", "domains"}, NULL, domain_name, {OTC_DOMAIN_NAME, OTC_SETTINGS}},
    [OTC_NEEDS_PROJECT] = {{"v3", "projects"},
                           NULL,
                           project_name,
                           {OTC_DELEGATED_PROJECT, OTC_PROJECT_NAME, OTC_REGION, OTC_SETTINGS}},
    [OTC_NEEDS_CATALOG] = {{"v3", "auth", "catalog"}, NULL, NULL, {OTC_REGION, OTC_INTERFACE, OTC_SETTINGS}},
};

/* X-Language: errors in a language the user of this program reads. */
static int make_request(otc_errand *errand, const otc_standing *self, rp_error **error)
{
    const struct kind *kind = &kinds[errand->need];
    rp_http_request *request = &errand->request;

    errand->url = rp_url_join(&self->identity->auth, kind->segments);
    if (kind->named)
        errand->url = rp_url_with_query(errand->url, "name", kind->named(self));
    *request = (rp_http_request){.method = kind->body ? "POST" : "GET",
                                 .url = errand->url,
                                 .headers = {{"Accept", "application/json"}, {"X-Language", "en-us"}},
                                 .max_reply_bytes = MAX_REPLY_BYTES,
                                 .repeatable = !kind->body};
    if (!kind->body)
        return errand->url ? 0 : rp_error_no_memory(error);
    errand->body = kind->body(self);
    if (!errand->url || !errand->body)
        return rp_error_no_memory(error);
    request->headers[2] = (rp_http_header){"Content-Type", "application/json"};
    request->body = rp_secret_reveal(errand->body);
    request->body_len = rp_secret_len(errand->body);
    return 0;
}

/* By whom it is asked: a login by nobody yet, an agency by the user; what comes after by whom it is for. */
static int authenticate(otc_errand *errand, const otc_standing *self, int64_t now_s, rp_error **error)
{
    otc_bounds bounds = {project_of(self), domain_of(self)};
    const rp_secret *token = self->own.token;

    if (errand->need == OTC_NEEDS_LOGIN)
        return 0;
    if (errand->need == OTC_NEEDS_AGENCY)
        bounds.project_id = NULL;
    else if (self->assumed.token)
        token = self->assumed.token;
    if (token)
        return otc_stamp_token(&errand->stamp, token, &errand->request, error);
    return otc_stamp_sign(&errand->stamp, self->identity, &bounds, now_s, &errand->request, error);
}

int otc_errand_make(otc_errand *errand, const otc_standing *standing, otc_need need, int64_t now_s,
                    rp_error **error)
{
    int result;

    *errand = (otc_errand){.need = need};
    result = make_request(errand, standing, error);
    if (result == 0)
        result = authenticate(errand, standing, now_s, error);
    if (result < 0)
        otc_errand_done(errand);
    return result;
}

void otc_errand_done(otc_errand *errand)
{
    otc_stamp_done(&errand->stamp);
    rp_secret_free(errand->body);
    free(errand->url);
    *errand = (otc_errand){0};
}

/* ---- the endpoint ---- */

/* Credentials go where the configuration says. A catalog may lead elsewhere, but not into the open. */
static int check_endpoint(const otc_standing *self, const rp_url *found, rp_error **error)
{
    const rp_url *auth = &self->identity->auth;
    bool same_host = !strcmp(found->host, auth->host) && !strcmp(found->scheme, auth->scheme);

    if (!strcmp(found->scheme, "https") || (same_host && otc_identity_may_send_to(self->identity, found)))
        return 0;
    return rp_error_set(error, RP_E_INVALID,
                        "the catalog of %s leads to plain http at %s, which is not trusted with credentials: "
                        "set endpoint",
                        auth->host, found->host);
}

/* iam.REGION.DOMAIN has its load balancers at elb.REGION.DOMAIN. Another IAM's credentials stay away from
   there. */
static int find_by_pattern(otc_standing *self, rp_error **error)
{
    const rp_url *auth = &self->identity->auth;
    _cleanup_(rp_freep) char *host = NULL, *url = NULL;

    if (!self->identity->region || strcmp(auth->scheme, "https"))
        return 0;
    host = rp_format("iam.%s.", self->identity->region);
    if (!host)
        return rp_error_no_memory(error);
    if (!rp_starts_with(auth->host, host))
        return 0;
    url = rp_format("https://elb.%s", auth->host + strlen("iam."));
    return url ? rp_url_parse(url, &self->endpoint, error) : rp_error_no_memory(error);
}

/* Leaves it open where the catalog has none. */
static int find_endpoint(otc_standing *self, const rp_http_reply *reply, rp_error **error)
{
    otc_wanted wanted = {self->identity->region, self->identity->interface};
    _cleanup_(rp_url_clear) rp_url found = {0};
    int result;

    if (endpoint_of(self))
        return 0;
    if ((result = otc_catalog_find(reply, &wanted, &found, error)) < 0 ||
        (found.host && (result = check_endpoint(self, &found, error)) < 0))
        return result;
    self->endpoint = found;
    found = (rp_url){0};
    return 0;
}

int otc_standing_without_catalog(otc_standing *standing, rp_error **error)
{
    standing->catalog_seen = true;
    return endpoint_of(standing) ? 0 : find_by_pattern(standing, error);
}

int otc_standing_lacks(const otc_standing *standing, rp_error **error)
{
    const char *region = standing->identity->region;
    const char *origin = otc_source_origin(&standing->identity->chosen, OTC_REGION);

    return rp_error_set(error, RP_E_NOT_FOUND,
                        "the catalog of %s has no classic load balancers%s%s%s%s%s: set endpoint",
                        standing->identity->auth.host, region ? " in the region " : "", region ? region : "",
                        origin ? " (" : "", origin ? origin : "", origin ? ")" : "");
}

/* ---- replies ---- */

/* Neither project nor catalog is missed where another request can tell them. */
static int take_token(otc_standing *self, otc_grant *grant, const rp_http_reply *reply, int64_t now_s,
                      rp_error **error)
{
    bool last = grant == otc_standing_grant(self);
    int result = renew(grant, reply, now_s, error);

    if (result < 0 || !last)
        return result;
    if (!project_of(self))
        self->project_id = otc_token_project(reply);
    return find_endpoint(self, reply, error);
}

/* The first of the settings that a need goes by. */
static const char *origin_of(const otc_standing *self, otc_need need)
{
    const otc_setting *setting = kinds[need].settings;

    while (*setting != OTC_SETTINGS && !otc_source_has(&self->identity->chosen, *setting))
        setting++;
    return *setting == OTC_SETTINGS ? "not given" : otc_source_origin(&self->identity->chosen, *setting);
}

static int not_there(const otc_standing *self, const char *what, otc_need need, const char *name,
                     rp_error **error)
{
    return rp_error_set(error, RP_E_NOT_FOUND, "there is no %s \"%.64s\" at %s (%s)", what, name,
                        self->identity->auth.host, origin_of(self, need));
}

int otc_standing_take(otc_standing *standing, otc_need need, const rp_http_reply *reply, int64_t now_s,
                      rp_error **error)
{
    int result = 0;

    switch (need) {
    case OTC_NEEDS_LOGIN:
        return take_token(standing, &standing->own, reply, now_s, error);
    case OTC_NEEDS_AGENCY:
        return take_token(standing, &standing->assumed, reply, now_s, error);
    case OTC_NEEDS_DOMAIN:
        result = otc_first_id(reply, "domains", &standing->domain_id, error);
        if (result == 0 && !standing->domain_id)
            result = not_there(standing, "domain", need, domain_name(standing), error);
        return result;
    case OTC_NEEDS_PROJECT:
        result = otc_first_id(reply, "projects", &standing->project_id, error);
        if (result == 0 && !standing->project_id)
            result = not_there(standing, "project", need, project_name(standing), error);
        return result;
    case OTC_NEEDS_CATALOG:
        result = find_endpoint(standing, reply, error);
        return result < 0 ? result : otc_standing_without_catalog(standing, error);
    case OTC_NEEDS_NOTHING:
    case OTC_NEEDS_WHAT_IS_NOT_THERE:
        break;
    }
    return result;
}

/* ---- for requests to the service ---- */

char *otc_standing_url(const otc_standing *standing, const char *path)
{
    return rp_url_below(endpoint_of(standing), (const char *[]){"v1.0", project_of(standing), NULL}, path);
}

int otc_standing_stamp(otc_standing *standing, otc_stamp *stamp, int64_t now_s, rp_http_request *request,
                       rp_error **error)
{
    const otc_grant *grant = otc_standing_grant(standing);
    otc_bounds bounds = {project_of(standing), NULL};

    if (grant)
        return otc_stamp_token(stamp, grant->token, request, error);
    return otc_stamp_sign(stamp, standing->identity, &bounds, now_s, request, error);
}

char *otc_standing_origins(const otc_standing *standing, otc_need need)
{
    const otc_source *chosen = &standing->identity->chosen;
    rp_buffer out = RP_BUFFER(8192);

    for (size_t i = 0; kinds[need].settings[i] != OTC_SETTINGS; i++) {
        otc_setting setting = kinds[need].settings[i];
        if (otc_source_has(chosen, setting))
            rp_buffer_format(&out, "%s%s", out.len ? ", " : "", otc_source_origin(chosen, setting));
    }
    return rp_buffer_take(&out);
}
