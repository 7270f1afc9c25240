#include "sim/internal.h"

#include "base/text.h"
#include "sim/signature.h"

#include <string.h>
#include <time.h>

/* Tokens. */

static bool refuse_token(const rp_sim *sim, bool missing, bool identity, sim_reply *reply)
{
    static const sim_refusal expired[] = {[SIM_EXPIRED_GATEWAY] = SIM_TOKEN_EXPIRED,
                                          [SIM_EXPIRED_ELB] = SIM_TOKEN_EXPIRED_ELB,
                                          [SIM_EXPIRED_KEYSTONE] = SIM_NOT_LOGGED_IN};
    if (identity)
        sim_refuse(reply, SIM_NOT_LOGGED_IN);
    else
        sim_refuse(reply, missing ? SIM_NO_TOKEN : expired[sim->settings.expired]);
    return false;
}

static bool read_token(const rp_sim *sim, const sim_request *request, bool identity, sim_authorization *out,
                       sim_reply *reply)
{
    const char *text = sim_request_header(request, "X-Auth-Token");
    const sim_token *token;

    if (!text || !*text)
        return refuse_token(sim, true, identity, reply);
    if (*sim->settings.token && !strcmp(text, sim->settings.token)) {
        *out = (sim_authorization){.project_id = sim->settings.project_id, .permanent = true};
        return true;
    }
    token = sim_token_find(&sim->state, text);
    if (!token || token->expires_ms <= sim_now_ms(sim))
        return refuse_token(sim, false, identity, reply);
    *out = (sim_authorization){.project_id = token->project_id, .agency = token->agency};
    return true;
}

/* Keys. */

/* A key that a request may be signed with. */
struct credential {
    const char *secret, *security_token; /* "": the key needs no token */
    int64_t expires_ms;
    bool agency;
    sim_lock *lock;
};

/* A temporary key without its security token counts as unknown. */
static bool find_credential(rp_sim *sim, const char *access, const char *security_token,
                            struct credential *out)
{
    sim_keys *keys = &sim->state.keys;
    sim_key *key = sim_key_find(keys, access);

    if (key)
        *out =
            (struct credential){key->secret, key->security_token, key->expires_ms, key->agency, &key->lock};
    else if (*access && !strcmp(access, sim->settings.access_key))
        *out = (struct credential){sim->settings.secret_key, sim->settings.security_token, SIM_NEVER, false,
                                   &keys->permanent};
    else
        return false;
    return !*out->security_token || security_token;
}

static bool refuse_key(const char *access, sim_reply *reply)
{
    _cleanup_(rp_freep) char *message = rp_format(
        "Incorrect IAM authentication information: Get secretKey failed,ak:%.64s,err:ak not exist", access);

    sim_reply_error(reply, SIM_SHAPE_GATEWAY, 401, "APIGW.0301", message);
    return false;
}

static bool refuse(sim_reply *reply, sim_refusal refusal)
{
    sim_refuse(reply, refusal);
    return false;
}

static bool check_credential(const rp_sim *sim, const struct credential *credential,
                             const char *security_token, sim_reply *reply)
{
    if (credential->lock->until_ms > sim_now_ms(sim))
        return refuse(reply, SIM_KEY_LOCKED);
    if (security_token && strcmp(security_token, credential->security_token) != 0)
        return refuse(reply, SIM_BAD_SECURITY_TOKEN);
    if (credential->expires_ms <= sim_now_ms(sim))
        return refuse(reply, SIM_TOKEN_EXPIRED);
    return true;
}

/* The time of a request, 20060102T150405Z; false if it is none. */
static bool read_time(const char *text, int64_t *wall_s)
{
    struct tm parts = {0};
    const char *end = text ? strptime(text, "%Y%m%dT%H%M%SZ", &parts) : NULL;

    if (!end || *end || strlen(text) != strlen("20060102T150405Z"))
        return false;
    *wall_s = (int64_t)timegm(&parts);
    return true;
}

/* Limits replays, too. */
static bool is_in_time(const rp_sim *sim, const char *time)
{
    int64_t wall_s = 0, off_s;

    if (!read_time(time, &wall_s))
        return false;
    off_s = wall_s - sim_wall_ms(sim) / 1000;
    return (off_s < 0 ? -off_s : off_s) <= (int64_t)sim->settings.signature_life_s;
}

/* Bad signatures in a row lock the key; a wrong time does not count. */
static void count(const rp_sim *sim, bool good, sim_lock *lock)
{
    lock->bad = good ? 0 : lock->bad + 1;
    if (!sim->settings.lock_after || lock->bad < sim->settings.lock_after)
        return;
    lock->bad = 0;
    lock->until_ms = sim_now_ms(sim) + (int64_t)sim->settings.lock_s * 1000;
}

static const char *header_of(const void *context, const char *name)
{
    return sim_request_header(context, name);
}

/* The signed headers must include the time. */
static bool check_signature(const rp_sim *sim, const sim_request *request, const sim_signature *signature,
                            const struct credential *credential, sim_reply *reply)
{
    sim_signed what = {.method = request->method,
                       .target = request->uri,
                       .time = sim_request_header(request, "X-Sdk-Date"),
                       .body = request->body.data,
                       .body_len = request->body.len,
                       .header = header_of,
                       .context = request};
    bool matches = false;

    if (!is_in_time(sim, what.time))
        return refuse(reply, SIM_BAD_SIGNATURE);
    if (sim_signature_check(signature, &what, credential->secret, &matches, NULL) < 0)
        return refuse(reply, SIM_NO_MEMORY);
    matches = matches && sim_signature_covers(signature, "x-sdk-date");
    count(sim, matches, credential->lock);
    return matches || refuse(reply, SIM_BAD_SIGNATURE);
}

static bool is_accepted(const rp_sim *sim, const sim_signature *signature)
{
    return sim->settings.schemes != (signature->scope ? SIM_SCHEME_ACCESS : SIM_SCHEME_CREDENTIAL);
}

/* X-Project-Id and X-Domain-Id of a signed request must exist. */
static bool read_headers(const rp_sim *sim, const sim_request *request, bool agency, sim_authorization *out,
                         sim_reply *reply)
{
    const char *project_id = sim_request_header(request, "X-Project-Id");
    const char *domain_id = sim_request_header(request, "X-Domain-Id");
    const char *own = agency ? sim->settings.agency_domain_id : sim->settings.domain_id;
    sim_authorization authorization = {.project_id = project_id && *project_id ? project_id : NULL,
                                       .agency = agency};

    if ((authorization.project_id && !sim_authorization_covers(sim, &authorization, project_id)) ||
        (domain_id && *domain_id && strcmp(domain_id, own) != 0)) {
        sim_refuse_project(sim, reply);
        return false;
    }
    *out = authorization;
    return true;
}

static bool read_signature(rp_sim *sim, const sim_request *request, const char *authorization,
                           sim_authorization *out, sim_reply *reply)
{
    _cleanup_(sim_signature_done) sim_signature signature = {0};
    const char *security_token = sim_request_header(request, "X-Security-Token");
    struct credential credential;

    if (sim_signature_read(authorization, &signature, NULL) < 0 || !is_accepted(sim, &signature))
        return refuse(reply, SIM_BAD_SIGNATURE);
    if (security_token && !*security_token)
        security_token = NULL;
    if (!find_credential(sim, signature.access, security_token, &credential))
        return refuse_key(signature.access, reply);
    return check_credential(sim, &credential, security_token, reply) &&
           check_signature(sim, request, &signature, &credential, reply) &&
           read_headers(sim, request, credential.agency, out, reply);
}

bool sim_authorize(rp_sim *sim, const sim_request *request, bool identity, sim_authorization *out,
                   sim_reply *reply)
{
    const char *authorization = sim_request_header(request, "Authorization");

    if (authorization && rp_starts_with(authorization, "SDK-"))
        return read_signature(sim, request, authorization, out, reply);
    return read_token(sim, request, identity, out, reply);
}

bool sim_authorization_covers(const rp_sim *sim, const sim_authorization *authorization,
                              const char *project_id)
{
    _cleanup_(rp_freep) char *name = sim_project_name(&sim->settings, project_id);

    if (!name || (authorization->project_id && strcmp(authorization->project_id, project_id) != 0))
        return false;
    return authorization->agency || authorization->permanent || !sim->settings.delegated;
}
