#include "config.h"

#include "ledger.h"

#include "base/text.h"

#include <string.h>

static const char *const waits[] = {
    [WAIT_JOB] = "job", [WAIT_NONE] = "none", [WAIT_HEALTHY] = "healthy", [WAIT_HEALTHY + 1] = NULL};

#define AT(member) .offset = offsetof(config, member)

const rpkit_attribute config_fields[] = {
    {.name = "cloud", .kind = RPKIT_PART, AT(cloud), .fields = otc_settings_fields},
    {.name = "connect_timeout_ms",
     .kind = RPKIT_COUNT,
     AT(connect_timeout_ms),
     .least = 1,
     .most = 3600000,
     .has_default = true,
     .usual = 10000,
     .about = "Time to reach a server."},
    {.name = "attempt_timeout_ms",
     .kind = RPKIT_COUNT,
     AT(attempt_timeout_ms),
     .least = 100,
     .most = 3600000,
     .has_default = true,
     .usual = 30000,
     .about =
         "Time without a received byte after which an HTTP request is given up. A GET or a login is then "
         "repeated; after a POST the plugin checks for its effect."},
    {.name = "timeout_ms",
     .kind = RPKIT_COUNT,
     AT(timeout_ms),
     .least = 1,
     .most = 86400000,
     .has_default = true,
     .usual = 600000,
     .about = "Timeout of a call that has none of its own."},
    {.name = "wait",
     .kind = RPKIT_WORD,
     AT(wait),
     .words = waits,
     .has_default = true,
     .usual = WAIT_JOB,
     .about =
         "What create and delete wait for: the end of the job (job), its acceptance (none), or the job and "
         "the member's health (healthy)."},
    {.name = "poll_min_ms",
     .kind = RPKIT_COUNT,
     AT(poll_min_ms),
     .least = 10,
     .most = 60000,
     .has_default = true,
     .usual = 200,
     .about = "Pause before the first poll of a job. It grows up to poll_max_ms."},
    {.name = "poll_max_ms",
     .kind = RPKIT_COUNT,
     AT(poll_max_ms),
     .least = 10,
     .most = 600000,
     .has_default = true,
     .usual = 2000,
     .about = "Longest pause between polls of a job."},
    {.name = "settle_ms",
     .kind = RPKIT_COUNT,
     AT(settle_ms),
     .least = 1,
     .most = 86400000,
     .has_default = true,
     .usual = 300000,
     .about = "Time after which the effect of a request whose answer was lost can no longer appear."},
    {.name = "max_batch",
     .kind = RPKIT_COUNT,
     AT(max_batch),
     .least = 1,
     .most = 10000,
     .has_default = true,
     .usual = 100,
     .about = "Maximum number of members in one request."},
    {.name = "max_parallel",
     .kind = RPKIT_COUNT,
     AT(max_parallel),
     .least = 1,
     .most = 64,
     .has_default = true,
     .usual = 8,
     .about = "Maximum number of requests at the same time."},
    {.name = "max_bisect",
     .kind = RPKIT_COUNT,
     AT(max_bisect),
     .least = 0,
     .most = 10000,
     .has_default = true,
     .usual = 32,
     .about = "Maximum number of further requests to find the bad records of a refused request."},
    {0}};

#undef AT

static int refuse(rp_error **error, const char *path, const char *words)
{
    return rp_error_set_at(error, RP_E_INVALID, path, "%s", words);
}

static int complete(config *c, const rp_json *object, rp_error **error)
{
    c->cloud.says_insecure = rp_json_type_of(rp_json_get(object, "insecure")) != RP_JSON_NULL;
    return otc_sources_read(&c->cloud, &otc_environment_own, &c->identity, &c->warning, error);
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
    rpkit_attributes_defaults(config_fields, into);
    if (rp_json_type_of(object) != RP_JSON_OBJECT)
        return refuse(error, "/config", "config is missing, or not an object");
    result = rpkit_attributes_read(config_fields, object, how, "/config", into, error);
    if (result < 0)
        return result;
    /* What is not known yet may go with all the rest. */
    if (how & RPKIT_READ_PARTIAL && rp_json_each(object, is_unknown, NULL))
        return 0;
    if (into->poll_max_ms < into->poll_min_ms)
        return refuse(error, "/config/poll_max_ms", "poll_max_ms is less than poll_min_ms");
    return complete(into, object, error);
}

void config_clear(config *c)
{
    rpkit_attributes_clear(config_fields, c);
    otc_identity_done(&c->identity);
    free(rp_take(c->warning));
}

/* --- options -------------------------------------------------------------------- */

struct said {
    int wait;
    bool adopt;
};

const rpkit_attribute call_options_fields[] = {
    {.name = "wait",
     .kind = RPKIT_WORD,
     .offset = offsetof(struct said, wait),
     .words = waits,
     .has_default = true,
     .usual = WAIT_JOB,
     .about = "What create and delete wait for; overrides the setting. A read with \"job\" follows the job of a "
              "member that is not listed yet."},
    {.name = "adopt",
     .kind = RPKIT_FLAG,
     .offset = offsetof(struct said, adopt),
     .has_default = true,
     .about = "A create of a member that already exists is ok."},
    {0}};

int call_options_read(call_options *into, const config *defaults, const rp_json *object, rp_error **error)
{
    struct said said = {0};

    *into = (call_options){.wait = defaults ? defaults->wait : WAIT_JOB};
    if (rp_json_type_of(object) == RP_JSON_NULL)
        return 0;
    if (rp_json_type_of(object) != RP_JSON_OBJECT)
        return rp_error_set_at(error, RP_E_INVALID, "/options", "options must be an object");
    if (rpkit_attributes_read(call_options_fields, object, RPKIT_READ_STRICT, "/options", &said, error) < 0)
        return RP_E_INVALID;
    into->adopt = said.adopt;
    into->has_wait = rp_json_type_of(rp_json_get(object, "wait")) != RP_JSON_NULL;
    if (into->has_wait)
        into->wait = said.wait;
    return 0;
}
