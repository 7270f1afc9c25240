#include "config.h"

#include "ledger.h"

#include "base/text.h"

#include <string.h>

static const char *const waits[] = {
    [WAIT_JOB] = "job", [WAIT_NONE] = "none", [WAIT_HEALTHY] = "healthy", [WAIT_HEALTHY + 1] = NULL};

#define AT(member) .offset = offsetof(config, member)

const rpkit_attribute config_attributes[] = {
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
     .about = "Maximum number of requests at the same time. Of signed ones: 4 at most."},
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

bool refuse_for(rpkit_call *asked, const rp_error *error)
{
    if (!error || error->code == RP_E_NO_MEMORY)
        return rpkit_no_memory(asked);
    if (error->code == RP_E_INVALID)
        return rpkit_refuse(asked, RP_INVALID_ARGUMENT, "document.invalid", error->path ? error->path : "",
                            "%s", error->message);
    return rpkit_refuse(asked, RP_INTERNAL, "internal", NULL, "%s", error->message);
}

bool config_complete(rpkit_call *asked, void *instance)
{
    _cleanup_(rp_error_freep) rp_error *error = NULL;
    config *c = instance;

    if (c->poll_max_ms < c->poll_min_ms)
        return rpkit_refuse(asked, RP_INVALID_ARGUMENT, "document.invalid", "/config/poll_max_ms",
                            "poll_max_ms is less than poll_min_ms");
    c->cloud.says_insecure = rpkit_given(asked, "config", "insecure");
    return otc_sources_read(&c->cloud, &otc_environment_own, &c->identity, &c->warning, &error) == 0 ||
           refuse_for(asked, error);
}

void config_done(config *c)
{
    otc_identity_done(&c->identity);
    free(rp_take(c->warning));
}

/* --- options -------------------------------------------------------------------- */

const rpkit_attribute option_attributes[] = {
    {.name = "wait",
     .kind = RPKIT_WORD,
     .offset = offsetof(call_options, wait),
     .words = waits,
     .has_default = true,
     .usual = WAIT_JOB,
     .about =
         "What create and delete wait for; overrides the setting. A read with \"job\" follows the job of a "
         "member that is not listed yet."},
    {.name = "adopt",
     .kind = RPKIT_FLAG,
     .offset = offsetof(call_options, adopt),
     .has_default = true,
     .about = "A create of a member that already exists is ok."},
    {0}};

call_options call_options_of(const rpkit_call *asked, const config *defaults)
{
    call_options options = *(const call_options *)rpkit_options(asked);

    if (!rpkit_given(asked, "options", "wait"))
        options.wait = defaults->wait;
    return options;
}
