/* What the handlers of ELB requests share. */
#include "sim/internal.h"

#include <string.h>

bool sim_owns_path(const rp_sim *sim, const sim_request *request)
{
    return !strcmp(request->captured[0], sim->settings.project_id);
}

sim_listener *sim_listener_in_path(const rp_sim *sim, const sim_request *request)
{
    return sim_owns_path(sim, request) ? sim_listener_find(&sim->state, request->captured[1]) : NULL;
}

bool sim_refuse_listener_id(const rp_sim *sim, const char *id, sim_refusal length, sim_refusal content,
                            sim_reply *reply)
{
    if (!sim->settings.strict_ids)
        return false;
    if (strlen(id) != 32)
        sim_refuse(reply, length);
    else if (strspn(id, "0123456789abcdef") != 32)
        sim_refuse(reply, content);
    else
        return false;
    return true;
}

bool sim_members_refuse_id(const rp_sim *sim, const sim_request *request, sim_reply *reply)
{
    return sim_refuse_listener_id(sim, request->captured[1], SIM_MEMBER_LISTENER_ID_LENGTH,
                                  SIM_MEMBER_LISTENER_ID_CONTENT, reply);
}

void sim_write_empty_list(const rp_sim *sim, rp_json_writer *writer)
{
    static const char *const empties[] = {
        [SIM_EMPTY_OBJECT] = "{}", [SIM_EMPTY_ARRAY] = "[]", [SIM_EMPTY_NULL] = "null"};
    const char *empty = empties[sim->settings.empty];

    rp_write_raw(writer, empty, strlen(empty));
}
