#include "otc/auth_state.h"

#include "base/buffer.h"
#include "base/number.h"
#include "base/text.h"
#include "otc/catalog.h"
#include "otc/token.h"

#include <string.h>
#include <time.h>

#define MAX_REPLY_BYTES (1u << 20) /* the catalog is in it */
#define MAX_KEYS_BYTES  65536
#define RENEW_AHEAD_S   600

static const char *text(const otc_auth_state *self, otc_setting setting)
{
    return otc_identity_text(self->identity, setting);
}

/* ---- tokens and temporary keys ---- */

void otc_token_forget(otc_token *token)
{
    rp_secret_free(rp_take(token->secret));
}

/* `early`: as long as it need not be renewed. */
static bool is_good(bool present, const otc_lifetime *life, int64_t now_s, bool early)
{
    return present && now_s < (early ? life->renew_at_s : life->expires_at_s);
}

static bool is_good_token(const otc_token *token, int64_t now_s, bool early)
{
    return is_good(token->secret, &token->life, now_s, early);
}

/* "2015-11-09T01:42:57Z" */
static void format_time(int64_t seconds, char out[32])
{
    time_t at = (time_t)seconds;
    struct tm tm = {0};

    gmtime_r(&at, &tm);
    if (!strftime(out, 32, "%Y-%m-%dT%H:%M:%SZ", &tm))
        *out = '\0';
}

/* Asking again would bring the same, as fast as the network allows. */
static int refuse_expired(int64_t expires_at_s, int64_t made_at_s, rp_error **error)
{
    char expires[32], now[32];

    format_time(expires_at_s, expires);
    format_time(made_at_s, now);
    return rp_error_set(error, RP_E_DENIED,
                        "the credentials it issued expired at %s; this machine's clock says %s: set the clock", expires,
                        now);
}

/*
 * A life of an hour is renewed ten minutes before its end; a shorter one when a quarter of it is left. It begins when
 * it was asked for: the reply to a renewal that nobody waited for may be read by the next call, after the end of it.
 */
static int start_life(otc_lifetime *life, int64_t expires_at_s, int64_t made_at_s, rp_error **error)
{
    if (expires_at_s <= made_at_s)
        return refuse_expired(expires_at_s, made_at_s, error);
    *life = (otc_lifetime){.generation = life->generation + 1,
                           .expires_at_s = expires_at_s,
                           .renew_at_s = expires_at_s - rp_min((expires_at_s - made_at_s) / 4, RENEW_AHEAD_S)};
    return 0;
}

static int renew(otc_token *token, const rp_http_reply *reply, int64_t made_at_s, rp_error **error)
{
    int64_t expires_at_s;
    rp_secret *secret;
    int result = otc_token_reply(reply, &expires_at_s, error);

    if (result < 0)
        return result;
    secret = rp_secret_copy(reply->subject_token);
    if (!secret)
        return rp_error_no_memory(error);
    result = start_life(&token->life, expires_at_s, made_at_s, error);
    if (result < 0) {
        rp_secret_free(secret);
        return result;
    }
    otc_token_forget(token);
    token->secret = secret;
    return 0;
}

static int renew_keys(otc_auth_state *self, const rp_http_reply *reply, int64_t made_at_s, rp_error **error)
{
    otc_temporary_keys fresh;
    int result = otc_metadata_read(reply, &fresh, error);

    if (result < 0)
        return result;
    result = start_life(&self->temporary_life, fresh.expires_at_s, made_at_s, error);
    if (result < 0) {
        otc_temporary_keys_clear(&fresh);
        return result;
    }
    otc_temporary_keys_clear(&self->temporary);
    self->temporary = fresh;
    return 0;
}

/* The token that requests to the service carry; NULL if they are signed. */
static const otc_token *token_of(const otc_auth_state *self)
{
    if (otc_identity_has_agency(self->identity))
        return &self->agency_token;
    return otc_identity_signs(self->identity) ? NULL : &self->user_token;
}

bool otc_auth_state_signs(const otc_auth_state *state)
{
    return !token_of(state);
}

/* The life of what authenticates requests to the service; given keys have none. */
static const otc_lifetime *life_of(const otc_auth_state *self)
{
    const otc_token *token = token_of(self);

    return token ? &token->life : &self->temporary_life;
}

uint64_t otc_auth_state_generation(const otc_auth_state *state)
{
    return life_of(state)->generation;
}

static otc_keys keys_of(const otc_auth_state *self)
{
    const otc_source *chosen = &self->identity->chosen;

    if (self->identity->method == OTC_METHOD_METADATA)
        return (otc_keys){.scheme = self->identity->signing,
                          .access_key = self->temporary.access_key,
                          .secret_key = self->temporary.secret_key,
                          .security_token = self->temporary.security_token};
    return (otc_keys){.scheme = self->identity->signing,
                      .access_key = otc_source_text(chosen, OTC_ACCESS_KEY),
                      .secret_key = chosen->values[OTC_SECRET_KEY].text,
                      .security_token = chosen->values[OTC_SECURITY_TOKEN].text};
}

const char *otc_auth_state_access_key(const otc_auth_state *state)
{
    return keys_of(state).access_key;
}

void otc_auth_state_forget(otc_auth_state *state)
{
    otc_token *token = (otc_token *)token_of(state);

    if (token)
        otc_token_forget(token);
    else
        otc_temporary_keys_clear(&state->temporary);
}

void otc_auth_state_forget_keys(otc_auth_state *state)
{
    otc_temporary_keys_clear(&state->temporary);
}

uint64_t otc_auth_state_keys_generation(const otc_auth_state *state)
{
    return state->temporary_life.generation;
}

static void put_off(otc_lifetime *life, int64_t until_s)
{
    life->renew_at_s = rp_min(rp_max(life->renew_at_s, until_s), life->expires_at_s);
}

void otc_auth_state_put_off_renewal(otc_auth_state *state, int64_t until_s)
{
    put_off(&state->user_token.life, until_s);
    put_off(&state->agency_token.life, until_s);
    put_off(&state->temporary_life, until_s);
}

/* ---- what is known ---- */

int otc_auth_state_init(otc_auth_state *state, const otc_identity *identity, rp_error **error)
{
    *state = (otc_auth_state){.identity = identity};
    if (identity->method != OTC_METHOD_TOKEN)
        return 0;
    state->user_token.life = (otc_lifetime){.expires_at_s = INT64_MAX, .renew_at_s = INT64_MAX};
    state->user_token.secret = rp_secret_copy(identity->chosen.values[OTC_TOKEN].text);
    return state->user_token.secret ? 0 : rp_error_no_memory(error);
}

void otc_auth_state_done(otc_auth_state *state)
{
    otc_token_forget(&state->user_token);
    otc_token_forget(&state->agency_token);
    otc_temporary_keys_clear(&state->temporary);
    free(state->domain_id);
    free(state->project_id);
    rp_url_clear(&state->endpoint);
    *state = (otc_auth_state){0};
}

static const char *project_of(const otc_auth_state *self)
{
    return self->identity->project_id ? self->identity->project_id : self->project_id;
}

static const rp_url *endpoint_of(const otc_auth_state *self)
{
    const rp_url *given = &self->identity->endpoint;

    if (given->host)
        return given;
    return self->endpoint.host ? &self->endpoint : NULL;
}

static const char *domain_of(const otc_auth_state *self)
{
    return text(self, OTC_DOMAIN_ID) ? text(self, OTC_DOMAIN_ID) : self->domain_id;
}

/* ---- what is needed ---- */

/* The gateway takes ids only, not the name of the account. */
static bool needs_domain(const otc_auth_state *self)
{
    return otc_identity_signs(self->identity) && text(self, OTC_DOMAIN_NAME) && !domain_of(self);
}

/* What the user, or this machine, authenticates with. */
static otc_need needs_own(const otc_auth_state *self, int64_t now_s, bool early)
{
    switch (self->identity->method) {
    case OTC_METHOD_PASSWORD:
        return is_good_token(&self->user_token, now_s, early) ? OTC_NEEDS_NOTHING : OTC_NEEDS_LOGIN;
    case OTC_METHOD_METADATA:
        return is_good(self->temporary.access_key, &self->temporary_life, now_s, early) ? OTC_NEEDS_NOTHING
                                                                                        : OTC_NEEDS_KEYS;
    case OTC_METHOD_TOKEN:
    case OTC_METHOD_KEYS:
        break;
    }
    return OTC_NEEDS_NOTHING;
}

/* An agency is assumed by the user. Where its token is good, the user's own credentials may be stale. */
static otc_need needs_credentials(const otc_auth_state *self, int64_t now_s, bool early)
{
    otc_need own;

    if (!otc_identity_has_agency(self->identity))
        return needs_own(self, now_s, early);
    if (is_good_token(&self->agency_token, now_s, early))
        return OTC_NEEDS_NOTHING;
    own = needs_own(self, now_s, true);
    return own != OTC_NEEDS_NOTHING ? own : OTC_NEEDS_AGENCY;
}

otc_need otc_auth_state_renews(const otc_auth_state *state, int64_t now_s)
{
    return needs_credentials(state, now_s, true);
}

otc_need otc_auth_state_needs(const otc_auth_state *state, int64_t now_s)
{
    otc_need credentials = needs_credentials(state, now_s, false);

    if (credentials != OTC_NEEDS_NOTHING)
        return credentials == OTC_NEEDS_AGENCY && needs_domain(state) ? OTC_NEEDS_DOMAIN : credentials;
    if (!project_of(state))
        return needs_domain(state) ? OTC_NEEDS_DOMAIN : OTC_NEEDS_PROJECT;
    if (endpoint_of(state))
        return OTC_NEEDS_NOTHING;
    return state->catalog_seen ? OTC_NEEDS_ENDPOINT : OTC_NEEDS_CATALOG;
}

/* ---- requests to the IAM ---- */

/* With an agency to follow, the token is for the user's own domain. A user without a domain is taken to be of the
   project's. */
static rp_secret *login_body(const otc_auth_state *self)
{
    const otc_identity *identity = self->identity;
    bool has_domain = text(self, OTC_DOMAIN_NAME) || text(self, OTC_DOMAIN_ID);
    otc_login login = {.user_name = text(self, OTC_USER_NAME),
                       .user_id = text(self, OTC_USER_ID),
                       .password = identity->chosen.values[OTC_PASSWORD].text,
                       .domain_name = text(self, has_domain ? OTC_DOMAIN_NAME : OTC_PROJECT_DOMAIN_NAME),
                       .domain_id = text(self, has_domain ? OTC_DOMAIN_ID : OTC_PROJECT_DOMAIN_ID),
                       .project_id = identity->project_id,
                       .project_name = identity->project_name,
                       .project_domain_name = text(self, OTC_PROJECT_DOMAIN_NAME),
                       .project_domain_id = text(self, OTC_PROJECT_DOMAIN_ID),
                       .for_domain = otc_identity_has_agency(identity)};

    return otc_token_request(&login);
}

static rp_secret *agency_body(const otc_auth_state *self)
{
    otc_login login = {.agency_name = text(self, OTC_AGENCY_NAME),
                       .domain_name = text(self, OTC_AGENCY_DOMAIN_NAME),
                       .domain_id = text(self, OTC_AGENCY_DOMAIN_ID),
                       .project_id = self->identity->project_id,
                       .project_name = self->identity->project_name};

    return otc_token_request(&login);
}

static const char *domain_name(const otc_auth_state *self)
{
    return text(self, OTC_DOMAIN_NAME);
}

static const char *project_name(const otc_auth_state *self)
{
    return self->identity->project_name;
}

static const struct kind {
    const char *segments[4];                        /* below /v3 */
    rp_secret *(*body)(const otc_auth_state *self); /* makes it a POST; or NULL */
    const char *(*named)(const otc_auth_state *self); /* the value of ?name=; or NULL */
    otc_setting settings[9];                        /* that it depends on; ended by OTC_SETTINGS */
} kinds[] = {
    [OTC_NEEDS_NOTHING] = {.settings = {OTC_TOKEN, OTC_USER_ID, OTC_USER_NAME, OTC_PASSWORD, OTC_ACCESS_KEY,
                                        OTC_SECRET_KEY, OTC_SECURITY_TOKEN, OTC_METADATA, OTC_SETTINGS}},
    [OTC_NEEDS_KEYS] = {.settings = {OTC_METADATA, OTC_METADATA_URL, OTC_SETTINGS}},
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
static int make_request(otc_iam_request *asked, const otc_auth_state *self, rp_error **error)
{
    const struct kind *kind = &kinds[asked->need];
    rp_http_request *request = &asked->request;

    asked->url = rp_url_join(&self->identity->auth, kind->segments);
    if (kind->named)
        asked->url = rp_url_with_query(asked->url, "name", kind->named(self));
    *request = (rp_http_request){.method = kind->body ? "POST" : "GET",
                                 .url = asked->url,
                                 .headers = {{"Accept", "application/json"}, {"X-Language", "en-us"}},
                                 .max_reply_bytes = MAX_REPLY_BYTES,
                                 .repeatable = true};
    if (!kind->body)
        return asked->url ? 0 : rp_error_no_memory(error);
    asked->body = kind->body(self);
    if (!asked->url || !asked->body)
        return rp_error_no_memory(error);
    request->headers[2] = (rp_http_header){"Content-Type", "application/json"};
    request->body = rp_secret_reveal(asked->body);
    request->body_len = rp_secret_len(asked->body);
    return 0;
}

/* A login needs no authentication, the user's authenticates the agency's, and the last one all that follows. */
static int authenticate(otc_iam_request *asked, const otc_auth_state *self, int64_t now_s, rp_error **error)
{
    otc_auth_scope scope = {project_of(self), domain_of(self)};
    const rp_secret *token = self->user_token.secret;
    otc_keys keys = keys_of(self);

    if (asked->need == OTC_NEEDS_LOGIN)
        return 0;
    if (asked->need == OTC_NEEDS_AGENCY)
        scope.project_id = NULL;
    else if (self->agency_token.secret)
        token = self->agency_token.secret;
    if (token)
        return otc_request_auth_token(&asked->auth, token, &asked->request, error);
    return otc_request_auth_sign(&asked->auth, &keys, &scope, now_s, &asked->request, error);
}

/* Link-local: no proxy, and nothing secret is sent. */
static int make_metadata_request(otc_iam_request *asked, const otc_auth_state *self, rp_error **error)
{
    asked->url = rp_url_join(&self->identity->metadata, (const char *const[]){NULL});
    asked->request = (rp_http_request){.method = "GET",
                                       .url = asked->url,
                                       .headers = {{"Accept", "application/json"}},
                                       .max_reply_bytes = MAX_KEYS_BYTES,
                                       .repeatable = true,
                                       .direct = true,
                                       .secret_reply = true};
    return asked->url ? 0 : rp_error_no_memory(error);
}

static int make_iam_request(otc_iam_request *asked, const otc_auth_state *self, int64_t now_s, rp_error **error)
{
    int result = make_request(asked, self, error);

    return result < 0 ? result : authenticate(asked, self, now_s, error);
}

int otc_iam_request_make(otc_iam_request *asked, const otc_auth_state *state, otc_need need, int64_t now_s,
                         rp_error **error)
{
    int result;

    *asked = (otc_iam_request){.need = need, .made_at_s = now_s};
    result = need == OTC_NEEDS_KEYS ? make_metadata_request(asked, state, error)
                                    : make_iam_request(asked, state, now_s, error);
    if (result < 0)
        otc_iam_request_done(asked);
    return result;
}

void otc_iam_request_done(otc_iam_request *asked)
{
    otc_request_auth_done(&asked->auth);
    rp_secret_free(asked->body);
    free(asked->url);
    *asked = (otc_iam_request){0};
}

/* ---- the endpoint ---- */

/* Credentials go where the configuration says. A catalog may lead elsewhere, but not into the open. */
static int check_endpoint(const otc_auth_state *self, const rp_url *found, rp_error **error)
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
static int find_by_pattern(otc_auth_state *self, rp_error **error)
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
static int find_endpoint(otc_auth_state *self, const rp_http_reply *reply, rp_error **error)
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

int otc_auth_state_without_catalog(otc_auth_state *state, rp_error **error)
{
    state->catalog_seen = true;
    return endpoint_of(state) ? 0 : find_by_pattern(state, error);
}

int otc_auth_state_no_endpoint(const otc_auth_state *state, rp_error **error)
{
    const char *region = state->identity->region;
    const char *origin = otc_source_origin(&state->identity->chosen, OTC_REGION);

    return rp_error_set(error, RP_E_NOT_FOUND,
                        "the catalog of %s has no classic load balancers%s%s%s%s%s: set endpoint",
                        state->identity->auth.host, region ? " in the region " : "", region ? region : "",
                        origin ? " (" : "", origin ? origin : "", origin ? ")" : "");
}

/* ---- replies ---- */

/* A missing project or catalog is no error if another request can get it. */
static int take_token(otc_auth_state *self, otc_token *token, const rp_http_reply *reply, int64_t made_at_s,
                      rp_error **error)
{
    bool last = token == token_of(self);
    int result = renew(token, reply, made_at_s, error);

    if (result < 0 || !last)
        return result;
    if (!project_of(self))
        self->project_id = otc_token_project(reply);
    return find_endpoint(self, reply, error);
}

/* The first of the settings that a need goes by. */
static const char *origin_of(const otc_auth_state *self, otc_need need)
{
    const otc_setting *setting = kinds[need].settings;

    while (*setting != OTC_SETTINGS && !otc_source_has(&self->identity->chosen, *setting))
        setting++;
    return *setting == OTC_SETTINGS ? "not given" : otc_source_origin(&self->identity->chosen, *setting);
}

static int not_there(const otc_auth_state *self, const char *what, otc_need need, const char *name,
                     rp_error **error)
{
    return rp_error_set(error, RP_E_NOT_FOUND, "there is no %s \"%.64s\" at %s (%s)", what, name,
                        self->identity->auth.host, origin_of(self, need));
}

int otc_auth_state_take(otc_auth_state *state, otc_need need, const rp_http_reply *reply, int64_t made_at_s,
                        rp_error **error)
{
    int result = 0;

    switch (need) {
    case OTC_NEEDS_KEYS:
        return renew_keys(state, reply, made_at_s, error);
    case OTC_NEEDS_LOGIN:
        return take_token(state, &state->user_token, reply, made_at_s, error);
    case OTC_NEEDS_AGENCY:
        return take_token(state, &state->agency_token, reply, made_at_s, error);
    case OTC_NEEDS_DOMAIN:
        result = otc_id_of_name(reply, "domains", domain_name(state), &state->domain_id, error);
        if (result == 0 && !state->domain_id)
            result = not_there(state, "domain", need, domain_name(state), error);
        return result;
    case OTC_NEEDS_PROJECT:
        result = otc_id_of_name(reply, "projects", project_name(state), &state->project_id, error);
        if (result == 0 && !state->project_id)
            result = not_there(state, "project", need, project_name(state), error);
        return result;
    case OTC_NEEDS_CATALOG:
        result = find_endpoint(state, reply, error);
        return result < 0 ? result : otc_auth_state_without_catalog(state, error);
    case OTC_NEEDS_NOTHING:
    case OTC_NEEDS_ENDPOINT:
        break;
    }
    return result;
}

/* ---- for requests to the service ---- */

char *otc_auth_state_url(const otc_auth_state *state, const char *path)
{
    return rp_url_below(endpoint_of(state), (const char *[]){"v1.0", project_of(state), NULL}, path);
}

int otc_auth_state_authenticate(otc_auth_state *state, otc_request_auth *auth, int64_t now_s,
                                rp_http_request *request, rp_error **error)
{
    const otc_token *token = token_of(state);
    otc_auth_scope scope = {project_of(state), NULL};
    otc_keys keys = keys_of(state);

    if (token)
        return otc_request_auth_token(auth, token->secret, request, error);
    return otc_request_auth_sign(auth, &keys, &scope, now_s, request, error);
}

char *otc_auth_state_origins(const otc_auth_state *state, otc_need need)
{
    const otc_source *chosen = &state->identity->chosen;
    rp_buffer out = RP_BUFFER(8192);

    for (size_t i = 0; kinds[need].settings[i] != OTC_SETTINGS; i++) {
        otc_setting setting = kinds[need].settings[i];
        if (otc_source_has(chosen, setting))
            rp_buffer_format(&out, "%s%s", out.len ? ", " : "", otc_source_origin(chosen, setting));
    }
    return rp_buffer_take(&out);
}
