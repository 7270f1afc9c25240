#include "otc/identity.h"

#include "base/buffer.h"
#include "base/text.h"
#include "otc/metadata.h"
#include "otc/signer.h"

#include <string.h>

#define VENDOR "otc.t-systems.com"

/* ---- which source gives what ---- */

#define BIT(setting) (1ull << (setting))

#define CREDENTIALS                                                                                          \
    (BIT(OTC_TOKEN) | BIT(OTC_USER_NAME) | BIT(OTC_USER_ID) | BIT(OTC_PASSWORD) | BIT(OTC_ACCESS_KEY) |      \
     BIT(OTC_SECRET_KEY) | BIT(OTC_SECURITY_TOKEN) | BIT(OTC_METADATA))

/* Where credentials go, and how they are protected on the way. A source that counts less than that of the
   credentials has no say in it: a variable left over in the environment must not lead a password elsewhere. */
#define DESTINATION                                                                                          \
    (BIT(OTC_AUTH_URL) | BIT(OTC_ENDPOINT) | BIT(OTC_METADATA_URL) | BIT(OTC_CA_FILE) |                      \
     BIT(OTC_CLIENT_CERT_FILE) | BIT(OTC_CLIENT_KEY_FILE) | BIT(OTC_INSECURE) | BIT(OTC_ALLOW_INSECURE_HTTP))

/* What belongs together comes from the first source that has a setting which begins it. */
static const struct group {
    unsigned long long begins;
    unsigned long long along; /* come along, but begin nothing */
} groups[] = {
    {CREDENTIALS, BIT(OTC_DOMAIN_NAME) | BIT(OTC_DOMAIN_ID) | BIT(OTC_PROJECT_DOMAIN_NAME) |
                      BIT(OTC_PROJECT_DOMAIN_ID) | BIT(OTC_AUTH_TYPE)},
    {BIT(OTC_AGENCY_NAME),
     BIT(OTC_AGENCY_DOMAIN_NAME) | BIT(OTC_AGENCY_DOMAIN_ID) | BIT(OTC_DELEGATED_PROJECT)},
    {BIT(OTC_PROJECT_ID) | BIT(OTC_PROJECT_NAME), 0},
    {BIT(OTC_CLIENT_CERT_FILE) | BIT(OTC_CLIENT_KEY_FILE), 0},
};

_Static_assert(OTC_SETTINGS <= 64, "a setting is a bit of a group");

static bool has_any(const otc_source *source, unsigned long long settings)
{
    for (otc_setting setting = 0; setting < OTC_SETTINGS; setting++)
        if (settings & BIT(setting) && otc_source_has(source, setting))
            return true;
    return false;
}

/* Settings that `into` has already came from a source that counts more. */
static int take(otc_source *into, const otc_source *from, unsigned long long settings, rp_error **error)
{
    int result = 0;

    for (otc_setting setting = 0; result == 0 && setting < OTC_SETTINGS; setting++)
        if (settings & BIT(setting) && otc_source_has(from, setting) && !otc_source_has(into, setting))
            result = otc_source_take(into, setting, from, error);
    return result;
}

static int take_group(const struct group *group, const otc_source *const *sources, size_t count,
                      otc_source *into, rp_error **error)
{
    for (size_t i = 0; i < count; i++)
        if (has_any(sources[i], group->begins))
            return take(into, sources[i], group->begins | group->along, error);
    return 0;
}

/* How many sources, the first ones, have a say in where the credentials go. */
static size_t count_trusted(const otc_source *const *sources, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (has_any(sources[i], CREDENTIALS))
            return i + 1;
    return count;
}

/* "OS_AUTH_URL of the environment, …": what the sources that are not trusted say. */
static int note_ignored(otc_identity *self, const otc_source *const *sources, size_t trusted, size_t count,
                        rp_error **error)
{
    rp_buffer out = RP_BUFFER(4096);

    for (size_t i = trusted; i < count; i++)
        for (otc_setting setting = 0; setting < OTC_SETTINGS; setting++)
            if (DESTINATION & BIT(setting) && otc_source_has(sources[i], setting) &&
                !otc_source_has(&self->chosen, setting))
                rp_buffer_format(&out, "%s%s", out.len ? ", " : "", otc_source_origin(sources[i], setting));
    if (out.len == 0)
        return 0;
    self->ignored = rp_buffer_take(&out);
    return self->ignored ? 0 : rp_error_no_memory(error);
}

static int take_all(const otc_source *const *sources, size_t count, otc_identity *into, rp_error **error)
{
    size_t trusted = count_trusted(sources, count);
    unsigned long long single = BIT(OTC_SETTINGS) - 1;
    int result = 0;

    for (size_t i = 0; result == 0 && i < rp_count_of(groups); i++) {
        bool limited = groups[i].begins & DESTINATION;
        single &= ~(groups[i].begins | groups[i].along);
        result = take_group(&groups[i], sources, limited ? trusted : count, &into->chosen, error);
    }
    for (size_t i = 0; result == 0 && i < count; i++)
        result = take(&into->chosen, sources[i], i < trusted ? single : single & ~DESTINATION, error);
    return result < 0 ? result : note_ignored(into, sources, trusted, count, error);
}

/* ---- the way to log in ---- */

static const struct auth_method {
    otc_setting credential; /* what makes it this way */
    otc_setting name;
} methods[] = {
    [OTC_METHOD_TOKEN] = {OTC_TOKEN, OTC_TOKEN},
    [OTC_METHOD_PASSWORD] = {OTC_PASSWORD, OTC_USER_NAME},
    [OTC_METHOD_KEYS] = {OTC_SECRET_KEY, OTC_ACCESS_KEY},
    [OTC_METHOD_METADATA] = {OTC_METADATA, OTC_METADATA},
};

/* auth_type, as clients of OpenStack spell it. */
static const struct auth_type {
    const char *word;
    otc_auth_method method;
} auth_types[] = {
    {"token", OTC_METHOD_TOKEN},         {"v3token", OTC_METHOD_TOKEN}, {"password", OTC_METHOD_PASSWORD},
    {"v3password", OTC_METHOD_PASSWORD}, {"aksk", OTC_METHOD_KEYS},
};

static bool is_begun(const otc_source *chosen, otc_auth_method method)
{
    return otc_source_has(chosen, methods[method].credential) ||
           (method == OTC_METHOD_KEYS && otc_source_has(chosen, OTC_ACCESS_KEY));
}

static otc_setting what_begins(const otc_source *chosen, otc_auth_method method)
{
    return otc_source_has(chosen, methods[method].credential) ? methods[method].credential
                                                              : methods[method].name;
}

static int choose_by_type(otc_identity *self, const char *type, rp_error **error)
{
    for (size_t i = 0; i < rp_count_of(auth_types); i++)
        if (!strcmp(auth_types[i].word, type)) {
            self->method = auth_types[i].method;
            return 0;
        }
    return otc_source_refuse(&self->chosen, OTC_AUTH_TYPE, error,
                             "%s is none of token, v3token, password, v3password, aksk",
                             otc_source_origin(&self->chosen, OTC_AUTH_TYPE));
}

static int choose_by_credentials(otc_identity *self, rp_error **error)
{
    const otc_source *chosen = &self->chosen;
    bool found = false;

    self->method = OTC_METHOD_PASSWORD; /* user_name alone */
    for (otc_auth_method method = 0; method < rp_count_of(methods); method++) {
        if (!is_begun(chosen, method))
            continue;
        if (found)
            return otc_source_refuse(chosen, what_begins(chosen, self->method), error,
                                     "%s and %s are both given: one of them logs in",
                                     otc_source_origin(chosen, what_begins(chosen, self->method)),
                                     otc_source_origin(chosen, what_begins(chosen, method)));
        self->method = method;
        found = true;
    }
    return 0;
}

static int missing(const otc_source *chosen, otc_setting setting, otc_setting beside, rp_error **error)
{
    return otc_source_refuse(chosen, setting, error, "%s is missing beside %s", otc_setting_name(setting),
                             otc_source_origin(chosen, beside));
}

static int check_password(const otc_source *chosen, rp_error **error)
{
    otc_setting user = otc_source_has(chosen, OTC_USER_ID) ? OTC_USER_ID : OTC_USER_NAME;

    if (!otc_source_has(chosen, OTC_PASSWORD))
        return missing(chosen, OTC_PASSWORD, user, error);
    if (!otc_source_has(chosen, user))
        return missing(chosen, OTC_USER_NAME, OTC_PASSWORD, error);
    if (user == OTC_USER_NAME &&
        !has_any(chosen, BIT(OTC_DOMAIN_NAME) | BIT(OTC_DOMAIN_ID) | BIT(OTC_PROJECT_DOMAIN_NAME) |
                             BIT(OTC_PROJECT_DOMAIN_ID)))
        return otc_source_refuse(chosen, OTC_DOMAIN_NAME, error,
                                 "domain_name is missing beside %s: a user's name belongs to a domain",
                                 otc_source_origin(chosen, user));
    return 0;
}

static int check_keys(const otc_source *chosen, rp_error **error)
{
    if (!otc_source_has(chosen, OTC_SECRET_KEY))
        return missing(chosen, OTC_SECRET_KEY, OTC_ACCESS_KEY, error);
    if (!otc_source_has(chosen, OTC_ACCESS_KEY))
        return missing(chosen, OTC_ACCESS_KEY, OTC_SECRET_KEY, error);
    return 0;
}

static bool has_credential(const otc_source *chosen)
{
    return is_begun(chosen, OTC_METHOD_TOKEN) || is_begun(chosen, OTC_METHOD_PASSWORD) ||
           is_begun(chosen, OTC_METHOD_KEYS) || is_begun(chosen, OTC_METHOD_METADATA) ||
           otc_source_has(chosen, OTC_USER_NAME) ||
           otc_source_has(chosen, OTC_USER_ID);
}

static int check_method(const otc_identity *self, rp_error **error)
{
    const otc_source *chosen = &self->chosen;

    if (self->method == OTC_METHOD_PASSWORD)
        return check_password(chosen, error);
    if (self->method == OTC_METHOD_KEYS)
        return check_keys(chosen, error);
    if (self->method == OTC_METHOD_TOKEN && !otc_source_has(chosen, OTC_TOKEN))
        return missing(chosen, OTC_TOKEN, OTC_AUTH_TYPE, error);
    return 0;
}

static int choose_method(otc_identity *self, rp_error **error)
{
    const otc_source *chosen = &self->chosen;
    int result;

    if (otc_source_has(chosen, OTC_SECURITY_TOKEN) && !is_begun(chosen, OTC_METHOD_KEYS))
        return missing(chosen, OTC_ACCESS_KEY, OTC_SECURITY_TOKEN, error);
    if (!has_credential(chosen))
        return rp_error_set_at(error, RP_E_INVALID, "/config",
                               "no way to log in: give token, or user_name, password and domain_name, or "
                               "access_key and secret_key, or metadata; here, in an entry of clouds.yaml (cloud, or "
                               "OS_CLOUD), or as variables (OS_TOKEN, OS_PASSWORD, OS_ACCESS_KEY, …)");
    if (otc_source_has(chosen, OTC_AUTH_TYPE))
        result = choose_by_type(self, otc_source_text(chosen, OTC_AUTH_TYPE), error);
    else
        result = choose_by_credentials(self, error);
    return result < 0 ? result : check_method(self, error);
}

/* ---- words ---- */

static int choose_signing(otc_identity *self, rp_error **error)
{
    const char *word = otc_source_text(&self->chosen, OTC_SIGNING);

    self->signing = OTC_SIGNING_ACCESS;
    if (!word || otc_signing_find(word, &self->signing))
        return 0;
    return otc_source_refuse(&self->chosen, OTC_SIGNING, error, "%s is not the name of a signature scheme (access, credential)",
                             otc_source_origin(&self->chosen, OTC_SIGNING));
}

static int choose_interface(otc_identity *self, rp_error **error)
{
    static const char *const words[] = {"public", "internal", "admin"};
    const char *word = otc_source_text(&self->chosen, OTC_INTERFACE);

    self->interface = words[0];
    for (size_t i = 0; word && i < rp_count_of(words); i++) {
        size_t len = strlen(words[i]);
        if (strncmp(word, words[i], len) || (word[len] && strcmp(word + len, "URL")))
            continue;
        self->interface = words[i];
        return 0;
    }
    if (!word)
        return 0;
    return otc_source_refuse(&self->chosen, OTC_INTERFACE, error,
                             "%s is none of public, internal, admin (or publicURL …)",
                             otc_source_origin(&self->chosen, OTC_INTERFACE));
}

static int choose_flag(const otc_source *chosen, otc_setting setting, bool *out, rp_error **error)
{
    static const char *const yes[] = {"true", "1", "yes", "on"}, *const no[] = {"false", "0", "no", "off"};
    const char *word = otc_source_text(chosen, setting);

    *out = false;
    for (size_t i = 0; word && i < rp_count_of(yes); i++)
        if (!rp_compare_any_case(word, yes[i]) || !rp_compare_any_case(word, no[i])) {
            *out = !rp_compare_any_case(word, yes[i]);
            return 0;
        }
    return word ? otc_source_refuse(chosen, setting, error, "%s is neither true nor false",
                                    otc_source_origin(chosen, setting))
                : 0;
}

static int choose_words(otc_identity *self, rp_error **error)
{
    const otc_source *chosen = &self->chosen;
    int result = choose_signing(self, error);

    if (result == 0)
        result = choose_interface(self, error);
    if (result == 0)
        result = choose_flag(chosen, OTC_INSECURE, &self->insecure, error);
    if (result == 0)
        result = choose_flag(chosen, OTC_ALLOW_INSECURE_HTTP, &self->allow_insecure_http, error);
    if (result < 0)
        return result;
    if (otc_source_has(chosen, OTC_CLIENT_CERT_FILE) == otc_source_has(chosen, OTC_CLIENT_KEY_FILE))
        return 0;
    return otc_source_has(chosen, OTC_CLIENT_CERT_FILE)
               ? missing(chosen, OTC_CLIENT_KEY_FILE, OTC_CLIENT_CERT_FILE, error)
               : missing(chosen, OTC_CLIENT_CERT_FILE, OTC_CLIENT_KEY_FILE, error);
}

/* ---- region and project ---- */

static bool is_region(const char *text, size_t len)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789-";
    size_t good = strspn(text, allowed);

    return len >= 1 && len <= 32 && good >= len;
}

/* "eu-de" and "eu-de_foo" are projects of eu-de; "web_shop" is not a project of web. */
static size_t region_within(const char *project_name)
{
    size_t len = strcspn(project_name, "_");

    return len > 3 && project_name[2] == '-' && is_region(project_name, len) ? len : 0;
}

static const char *named_project(const otc_source *chosen)
{
    if (otc_source_has(chosen, OTC_AGENCY_NAME) && otc_source_has(chosen, OTC_DELEGATED_PROJECT))
        return otc_source_text(chosen, OTC_DELEGATED_PROJECT);
    return otc_source_text(chosen, OTC_PROJECT_NAME);
}

static int choose_region(otc_identity *self, rp_error **error)
{
    const char *given = otc_source_text(&self->chosen, OTC_REGION), *project = named_project(&self->chosen);
    size_t len = project && !given ? region_within(project) : 0;

    if (given && !is_region(given, strlen(given)))
        return otc_source_refuse(&self->chosen, OTC_REGION, error, "%s is no name of a region, such as eu-de",
                                 otc_source_origin(&self->chosen, OTC_REGION));
    if (!given && len == 0)
        return 0;
    self->region = given ? strdup(given) : strndup(project, len);
    return self->region ? 0 : rp_error_no_memory(error);
}

static bool is_id(const char *text)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._~-";
    size_t len = strlen(text);

    return len >= 1 && len <= 64 && strspn(text, allowed) == len && strcmp(text, ".") && strcmp(text, "..");
}

/* By id, else by name, else the region's main project, which has the region's name. With an agency it is the
   delegated project. */
static int choose_project(otc_identity *self, rp_error **error)
{
    const otc_source *chosen = &self->chosen;
    const char *id = otc_source_text(chosen, OTC_PROJECT_ID), *name = named_project(chosen);
    bool delegated = otc_identity_has_agency(self) && otc_source_has(chosen, OTC_DELEGATED_PROJECT);

    if (self->project_id)
        return 0; /* the endpoint named it */
    if (id && !delegated) {
        if (!is_id(id))
            return otc_source_refuse(chosen, OTC_PROJECT_ID, error, "%s has characters that no id has",
                                     otc_source_origin(chosen, OTC_PROJECT_ID));
        return rp_copy_text(&self->project_id, id, error);
    }
    if (!name)
        name = self->region;
    if (name)
        return rp_copy_text(&self->project_name, name, error);
    return otc_source_refuse(
        chosen, OTC_PROJECT_ID, error,
        "project_id is missing, and so are project_name and region, which would tell it");
}

/* ---- endpoint and IAM ---- */

int otc_cut_version(rp_url *endpoint, char **project, rp_error **error)
{
    char *last = strrchr(endpoint->path, '/'), *before;

    if (last && !strcmp(last, "/v1.0")) {
        *last = '\0';
        return 0;
    }
    if (!last)
        return 0;
    *last = '\0';
    before = strrchr(endpoint->path, '/');
    if (!before || strcmp(before, "/v1.0")) {
        *last = '/';
        return 0;
    }
    *before = '\0';
    return rp_copy_text(project, last + 1, error);
}

bool otc_identity_may_send_to(const otc_identity *identity, const rp_url *url)
{
    return !strcmp(url->scheme, "https") || rp_url_is_loopback(url) || identity->allow_insecure_http;
}

static int parse_url(const otc_identity *self, otc_setting setting, const char *text, rp_url *into,
                     rp_error **error)
{
    _cleanup_(rp_error_freep) rp_error *wrong = NULL;
    int result = rp_url_parse(text, into, &wrong);

    if (result == RP_E_NO_MEMORY)
        return rp_error_no_memory(error);
    if (result < 0)
        return otc_source_refuse(&self->chosen, setting, error, "%s: %s",
                                 otc_source_origin(&self->chosen, setting), wrong->message);
    return 0;
}

/* The server at this URL supplies the keys that sign requests. */
static int choose_metadata(otc_identity *self, rp_error **error)
{
    const char *given = otc_source_text(&self->chosen, OTC_METADATA_URL);
    int result;

    if (self->method != OTC_METHOD_METADATA)
        return 0;
    result = parse_url(self, OTC_METADATA_URL, given ? given : OTC_METADATA_DEFAULT_URL, &self->metadata, error);
    if (result < 0)
        return result;
    if (rp_url_is_link_local(&self->metadata) || rp_url_is_loopback(&self->metadata))
        return 0;
    return otc_source_refuse(&self->chosen, OTC_METADATA_URL, error,
                             "%s: the host must be a link-local or loopback address",
                             otc_source_origin(&self->chosen, OTC_METADATA_URL));
}

/* Parses a URL that a source gave, and checks that it may have credentials. */
static int take_url(const otc_identity *self, otc_setting setting, const char *text, rp_url *into,
                    rp_error **error)
{
    const char *origin = otc_source_origin(&self->chosen, setting);
    int result = parse_url(self, setting, text, into, error);

    if (result < 0)
        return result;
    if (otc_identity_may_send_to(self, into))
        return 0;
    return otc_source_refuse(&self->chosen, setting, error,
                             "%s is plain http, so that anybody on the way reads the credentials: use https "
                             "(or set allow_insecure_http)",
                             origin);
}

/* A project in a given endpoint takes precedence over other sources, but must not contradict one of the same
   source. */
static int choose_endpoint(otc_identity *self, rp_error **error)
{
    const otc_source *chosen = &self->chosen;
    const otc_value *project = &chosen->values[OTC_PROJECT_ID];
    const char *text = otc_source_text(chosen, OTC_ENDPOINT);
    int result;

    if (!text)
        return 0;
    if ((result = take_url(self, OTC_ENDPOINT, text, &self->endpoint, error)) < 0 ||
        (result = otc_cut_version(&self->endpoint, &self->project_id, error)) < 0)
        return result;
    if (!self->project_id)
        return 0;
    if (!is_id(self->project_id))
        return otc_source_refuse(chosen, OTC_ENDPOINT, error,
                                 "the project in %s has characters that no id has",
                                 otc_source_origin(chosen, OTC_ENDPOINT));
    if (project->configured && strcmp(rp_secret_reveal(project->text), self->project_id))
        return otc_source_refuse(chosen, OTC_PROJECT_ID, error,
                                 "project_id and the project in the endpoint are not the same");
    return 0;
}

/* Does all that is possible without the IAM; the IAM supplies the rest. */
static bool needs_iam(const otc_identity *self)
{
    return self->method == OTC_METHOD_PASSWORD || otc_identity_has_agency(self) || !self->endpoint.host ||
           !self->project_id;
}

static char *replace_region(const char *text, const char *mark, const char *region)
{
    rp_buffer out = RP_BUFFER(65536);
    const char *found;

    while ((found = strstr(text, mark))) {
        rp_buffer_add(&out, text, (size_t)(found - text));
        rp_buffer_add_text(&out, region);
        text = found + strlen(mark);
    }
    rp_buffer_add_text(&out, text);
    return rp_buffer_take(&out);
}

static int missing_region(const otc_identity *self, const char *why, rp_error **error)
{
    return otc_source_refuse(&self->chosen, OTC_REGION, error, "region is missing: %s", why);
}

/* How profiles and entries of clouds.yaml leave room for the region. */
static const char *const region_marks[] = {"%(region_name)s", "{region_name}"};

static bool has_region_mark(const char *text)
{
    for (size_t i = 0; i < rp_count_of(region_marks); i++)
        if (strstr(text, region_marks[i]))
            return true;
    return false;
}

static char *with_region(const char *text, const char *region)
{
    _cleanup_(rp_freep) char *halfway = replace_region(text, region_marks[0], region);

    return halfway ? replace_region(halfway, region_marks[1], region) : NULL;
}

static int missing_auth_url(const otc_identity *self, rp_error **error)
{
    return otc_source_refuse(&self->chosen, OTC_AUTH_URL, error,
                             "auth_url is missing, and so is region, which would tell it%s%s",
                             self->ignored ? "; not used beside these credentials: " : "",
                             self->ignored ? self->ignored : "");
}

/* The URL as it was given, with the region in its place; or the one that Open Telekom Cloud documents for the
   region. */
static int spell_auth_url(const otc_identity *self, char **out, rp_error **error)
{
    const char *given = otc_source_text(&self->chosen, OTC_AUTH_URL);

    if (!given && !self->region)
        return missing_auth_url(self, error);
    if (given && has_region_mark(given) && !self->region)
        return missing_region(self, otc_source_origin(&self->chosen, OTC_AUTH_URL), error);
    *out = !given                   ? rp_format("https://iam.%s." VENDOR "/v3", self->region)
           : has_region_mark(given) ? with_region(given, self->region)
                                    : strdup(given);
    return *out ? 0 : rp_error_no_memory(error);
}

static void cut_end(char *path, const char *end)
{
    size_t len = strlen(path), end_len = strlen(end);

    if (len >= end_len && !strcmp(path + len - end_len, end))
        path[len - end_len] = '\0';
}

static int choose_iam(otc_identity *self, rp_error **error)
{
    _cleanup_(rp_freep) char *text = NULL;
    int result;

    if (!needs_iam(self))
        return 0;
    if ((result = spell_auth_url(self, &text, error)) < 0 ||
        (result = take_url(self, OTC_AUTH_URL, text, &self->auth, error)) < 0)
        return result;
    cut_end(self->auth.path, "/auth/tokens");
    cut_end(self->auth.path, "/v3");
    return 0;
}

/* Source: "Classic load balancers are not supported in the eu-nl region" (OTC ELB API reference). */
static int check_has_service(const otc_identity *self, rp_error **error)
{
    const char *origin = otc_source_has(&self->chosen, OTC_REGION)
                             ? otc_source_origin(&self->chosen, OTC_REGION)
                             : otc_source_origin(&self->chosen, OTC_PROJECT_NAME);

    if (self->endpoint.host || !self->region || strcmp(self->region, "eu-nl"))
        return 0;
    return otc_source_refuse(&self->chosen, OTC_REGION, error,
                             "the region eu-nl (%s) has no classic load balancers: eu-de has them",
                             origin ? origin : otc_source_origin(&self->chosen, OTC_DELEGATED_PROJECT));
}

static int check_agency(const otc_identity *self, rp_error **error)
{
    const otc_source *chosen = &self->chosen;

    if (!otc_identity_has_agency(self) || otc_source_has(chosen, OTC_AGENCY_DOMAIN_NAME) ||
        otc_source_has(chosen, OTC_AGENCY_DOMAIN_ID))
        return 0;
    return missing(chosen, OTC_AGENCY_DOMAIN_NAME, OTC_AGENCY_NAME, error);
}

int otc_identity_choose(const otc_source *const *sources, size_t count, otc_identity *into, rp_error **error)
{
    static int (*const steps[])(otc_identity *, rp_error **) = {
        choose_method, choose_metadata, choose_words, choose_endpoint, choose_region, choose_project,
    };
    int result;

    *into = (otc_identity){0};
    result = take_all(sources, count, into, error);
    for (size_t i = 0; result == 0 && i < rp_count_of(steps); i++)
        result = steps[i](into, error);
    if (result == 0)
        result = check_agency(into, error);
    if (result == 0)
        result = check_has_service(into, error);
    return result < 0 ? result : choose_iam(into, error);
}

void otc_identity_done(otc_identity *identity)
{
    otc_source_done(&identity->chosen);
    rp_url_clear(&identity->endpoint);
    rp_url_clear(&identity->auth);
    rp_url_clear(&identity->metadata);
    free(identity->ignored);
    free(identity->project_id);
    free(identity->project_name);
    free(identity->region);
    *identity = (otc_identity){0};
}

char *otc_identity_note(const otc_identity *identity)
{
    static const char *const words[] = {[OTC_METHOD_TOKEN] = "a token",
                                        [OTC_METHOD_PASSWORD] = "a password",
                                        [OTC_METHOD_KEYS] = "signatures",
                                        [OTC_METHOD_METADATA] = "signatures with temporary keys"};
    rp_buffer note = RP_BUFFER(16384);

    rp_buffer_format(&note, "authenticates by %s%s; settings:", words[identity->method],
                     otc_identity_has_agency(identity) ? " and an agency" : "");
    for (otc_setting setting = 0; setting < OTC_SETTINGS; setting++)
        if (otc_source_has(&identity->chosen, setting))
            rp_buffer_format(&note, " %s from %s,", otc_setting_name(setting),
                             otc_source_origin(&identity->chosen, setting));
    if (rp_buffer_ok(&note))
        note.data[note.len - 1] = '.';
    if (identity->ignored)
        rp_buffer_format(&note, " Not used, because the credentials are from a source that counts more: %s.",
                         identity->ignored);
    return rp_buffer_take(&note);
}
