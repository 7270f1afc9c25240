#include "sim/internal.h"

#include <string.h>

void sim_refuse_project(const rp_sim *sim, sim_reply *reply)
{
    static const struct {
        unsigned status;
        const char *code, *message;
    } refusals[] = {
        {403, "APIGW.0302", "The IAM user is not authorized to access the API"},
        {401, "APIGW.0307", "The token must be updated"},
        {404, "APIGW.0101", "The API does not exist or has not been published in the environment"},
        {400, "ELB.0230", "Tenant_id is empty."}};
    int how = sim->settings.wrong_project;

    sim_reply_error(reply, SIM_SHAPE_AUTO, refusals[how].status, refusals[how].code, refusals[how].message);
}

/* Splits off the next "ID:NAME" of the list; false at its end. */
static bool next_project(char **rest, char **id, char **name)
{
    char *item = strtok_r(NULL, ",", rest);

    if (!item)
        return false;
    *id = item;
    *name = strchr(item, ':');
    if (*name)
        *(*name)++ = '\0';
    else
        *name = item;
    return true;
}

void sim_projects_each(const sim_settings *settings,
                       bool (*each)(void *context, const char *id, const char *name), void *context)
{
    _cleanup_(rp_freep) char *copy = strdup(settings->projects);
    char *rest = copy, *id, *name;

    if (!each(context, settings->project_id, settings->project_name) || !copy)
        return;
    while (next_project(&rest, &id, &name) && each(context, id, name))
        ;
}

struct search {
    const char *id, *name;
    char *found;
};

static bool compare(void *context, const char *id, const char *name)
{
    struct search *search = context;

    if (search->id && !strcmp(search->id, id))
        search->found = strdup(name);
    if (search->name && !strcmp(search->name, name))
        search->found = strdup(id);
    return !search->found;
}

char *sim_project_name(const sim_settings *settings, const char *id)
{
    struct search search = {.id = id};

    sim_projects_each(settings, compare, &search);
    return search.found;
}

char *sim_project_id(const sim_settings *settings, const char *name)
{
    struct search search = {.name = name};

    sim_projects_each(settings, compare, &search);
    return search.found;
}
