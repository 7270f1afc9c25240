#include "sim/internal.h"

#include "base/text.h"

#include <string.h>

/* Clients without an ELB entry of their own derive its endpoint from those of compute (v2 becomes v1.0) or
   network (v1.0 and the project are added): so these are there, though nothing answers behind them. */
static const struct service {
    const char *type, *name, *path;
    bool with_project;
} services[] = {
    {"identity", "iam", "/v3", false}, {"elbv1", "elbv1", "/v1.0/", true},
    {"elb", "elb", "", false},         {"compute", "nova", "/v2/", true},
    {"ecs", "ecs", "/v1/", true},      {"network", "neutron", "", false},
    {"vpc", "vpc", "/v1/", true},      {"volumev2", "cinderv2", "/v2/", true},
};

static bool is_global(const struct service *service)
{
    return service == services;
}

static bool is_elb(const struct service *service)
{
    return rp_starts_with(service->type, "elb");
}

/* A place to be reached at, as a setting has it. */
struct place {
    char *name, *url; /* url: NULL for the simulator itself */
};

/* Splits the next "NAME=URL" or "NAME" off; false at the end. */
static bool next_place(char **rest, struct place *out)
{
    char *item = strtok_r(NULL, ",", rest);

    if (!item)
        return false;
    out->name = item;
    out->url = strchr(item, '=');
    if (out->url)
        *out->url++ = '\0';
    return true;
}

/* What all endpoints of a service have in common. */
struct entry {
    rp_sim *sim;
    const struct service *service;
    const char *project_id;
    rp_json_writer *writer;
};

static void write_endpoint(const struct entry *entry, const char *region, const char *interface,
                           const char *base)
{
    const sim_settings *settings = &entry->sim->settings;
    bool is_bare_elb = is_elb(entry->service) && !entry->service->with_project;
    _cleanup_(rp_freep) char *url =
        rp_format("%s%s%s", base, is_bare_elb ? settings->catalog_elb_path : entry->service->path,
                  entry->service->with_project ? entry->project_id : "");
    char id[SIM_ID_SIZE];

    sim_new_id(&entry->sim->state, id);
    rp_write_begin(entry->writer, '{');
    rp_write_text_member(entry->writer, "id", id);
    rp_write_text_member(entry->writer, "interface", interface);
    rp_write_text_member(entry->writer, "region", region);
    rp_write_text_member(entry->writer, "region_id", region);
    rp_write_text_member(entry->writer, "url", url);
    rp_write_end(entry->writer, '}');
}

/* One endpoint an interface. A region elsewhere has all of its own there. */
static void write_region(const struct entry *entry, const char *region, const char *region_url)
{
    const sim_settings *settings = &entry->sim->settings;
    _cleanup_(rp_freep) char *interfaces = strdup(settings->catalog_interfaces);
    const char *usual =
        is_elb(entry->service) && *settings->catalog_url ? settings->catalog_url : entry->sim->url;
    char *rest = interfaces;
    struct place interface;

    while (interfaces && next_place(&rest, &interface)) {
        const char *base = region_url ? region_url : interface.url;
        write_endpoint(entry, region, interface.name, base ? base : usual);
    }
}

static void write_regions(const struct entry *entry)
{
    const sim_settings *settings = &entry->sim->settings;
    _cleanup_(rp_freep) char *regions = strdup(settings->catalog_regions);
    char *rest = regions;
    struct place region;

    while (regions && next_place(&rest, &region))
        write_region(entry, region.name, region.url);
    write_region(entry, settings->region, NULL);
}

static void write_service(const struct entry *entry)
{
    char id[SIM_ID_SIZE];

    sim_new_id(&entry->sim->state, id);
    rp_write_begin(entry->writer, '{');
    rp_write_text_member(entry->writer, "type", entry->service->type);
    rp_write_text_member(entry->writer, "name", entry->service->name);
    rp_write_text_member(entry->writer, "id", id);
    rp_write_name(entry->writer, "endpoints");
    rp_write_begin(entry->writer, '[');
    if (is_global(entry->service))
        write_endpoint(entry, "*", "public", entry->sim->url);
    else
        write_regions(entry);
    rp_write_end(entry->writer, ']');
    rp_write_end(entry->writer, '}');
}

static bool is_listed(const sim_settings *settings, const struct service *service)
{
    if (!is_elb(service) || settings->catalog_elb == SIM_CATALOG_BOTH)
        return true;
    return settings->catalog_elb == (service->with_project ? SIM_CATALOG_ELBV1 : SIM_CATALOG_ELB);
}

void sim_catalog_write(rp_sim *sim, const char *project_id, rp_json_writer *writer)
{
    for (size_t i = 0; i < rp_count_of(services); i++) {
        struct entry entry = {sim, &services[i], project_id, writer};
        if (is_listed(&sim->settings, &services[i]) && (*project_id || !services[i].with_project))
            write_service(&entry);
    }
}

void sim_iam_catalog(rp_sim *sim, const sim_request *request, sim_reply *reply)
{
    rp_json_writer writer = RP_JSON_WRITER(&reply->body);
    const char *unscoped =
        sim->settings.catalog_unscoped == SIM_UNSCOPED_MAIN ? sim->settings.project_id : "";
    (void)request;

    sim_iam_begin_list(&writer, "catalog");
    sim_catalog_write(sim, sim->authorization.project_id ? sim->authorization.project_id : unscoped, &writer);
    sim_iam_end_list(sim, "/v3/auth/catalog", &writer);
}
