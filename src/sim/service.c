#include "sim/internal.h"

#include "base/text.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

static bool refuse_access(rp_sim *sim, const sim_route *route, const sim_request *request, sim_reply *reply)
{
    if (!(route->needs & SIM_NEEDS_TOKEN))
        return false;
    if (!sim_authorize(sim, request, sim_kind_is_identity(route->kind), &sim->authorization, reply))
        return true;
    if (!(route->needs & SIM_NEEDS_PROJECT) ||
        sim_authorization_covers(sim, &sim->authorization, request->captured[0]))
        return false;
    sim_refuse_project(sim, reply);
    return true;
}

/* The media type, whatever follows it. */
static bool is_json(const char *type)
{
    size_t len = type ? strcspn(type, "; ") : 0;

    return len == strlen("application/json") && !strncasecmp(type, "application/json", len);
}

static bool refuse_body(const rp_sim *sim, const sim_route *route, const sim_request *request,
                        sim_reply *reply)
{
    bool identity = sim_kind_is_identity(route->kind);

    if (!(route->needs & SIM_NEEDS_BODY))
        return false;
    if (!request->body.len)
        sim_refuse(reply, identity ? SIM_BAD_LOGIN : SIM_BODY_MISSING);
    else if (!request->json ||
             (sim->settings.require_json && !is_json(sim_request_header(request, "Content-Type"))))
        sim_refuse(reply, identity ? SIM_BAD_LOGIN : SIM_BODY_INVALID);
    else
        return false;
    return true;
}

static bool refuse_rate(rp_sim *sim, const sim_route *route, sim_reply *reply)
{
    int64_t second = sim_now_ms(sim) / 1000;
    char seconds[16];

    if (!sim->settings.rate_limit || !(route->needs & SIM_NEEDS_PROJECT))
        return false;
    if (second != sim->window_s)
        sim->in_window = 0;
    sim->window_s = second;
    if (++sim->in_window <= sim->settings.rate_limit)
        return false;
    sim_refuse(reply, SIM_THROTTLED);
    snprintf(seconds, sizeof(seconds), "%u", sim->settings.retry_after_s);
    if (sim->settings.retry_after_s)
        sim_reply_header(reply, "Retry-After", seconds);
    return true;
}

void sim_service_answer(rp_sim *sim, const sim_route *route, const sim_request *request, sim_reply *reply)
{
    if (!route->answer)
        sim_refuse(reply, SIM_NO_SUCH_API);
    else if (request->body.failure == RP_BUFFER_TOO_LONG)
        sim_refuse(reply, SIM_BODY_TOO_LARGE);
    else if (!refuse_rate(sim, route, reply) && !refuse_access(sim, route, request, reply) &&
             !refuse_body(sim, route, request, reply))
        route->answer(sim, request, reply);
}
