#include "sim/internal.h"

#include <errno.h>
#include <string.h>

struct filter {
    const char *name;
    const char *(*value)(const rp_sim *sim, const sim_link *link);
};

static const char *link_status(const rp_sim *sim, const sim_link *link)
{
    return sim_now_ms(sim) >= link->active_ms ? "ACTIVE" : "PENDING";
}

static const char *link_health(const rp_sim *sim, const sim_link *link)
{
    return sim_now_ms(sim) >= link->healthy_ms ? sim->settings.health : "UNAVAILABLE";
}

static const char *link_id(const rp_sim *sim, const sim_link *link)
{
    (void)sim;
    return link->member->id;
}

static const char *link_server(const rp_sim *sim, const sim_link *link)
{
    (void)sim;
    return link->member->server_id;
}

static const char *link_private(const rp_sim *sim, const sim_link *link)
{
    (void)sim;
    return link->member->address;
}

static const char *link_floating(const rp_sim *sim, const sim_link *link)
{
    (void)sim;
    return link->member->floating;
}

/* What a list may be narrowed by, which is also what is shown of it under that name. */
static const struct filter filters[] = {{"id", link_id},
                                        {"server_id", link_server},
                                        {"server_address", link_private},
                                        {"address", link_floating},
                                        {"status", link_status},
                                        {"health_status", link_health}};

#define N_FILTERS rp_count_of(filters)

struct query {
    const char *wanted[N_FILTERS]; /* NULL: anything */
    const char *marker;
    size_t limit;
};

static bool read_limit(const char *text, size_t *out)
{
    char *end = NULL;
    unsigned long value;

    if (!text || !*text)
        return true;
    errno = 0;
    value = strtoul(text, &end, 10);
    if (errno || *end || *text < '0' || *text > '9' || value > INT32_MAX)
        return false;
    if (value)
        *out = value;
    return true;
}

static bool read_query(const rp_sim *sim, const sim_request *request, struct query *query)
{
    *query = (struct query){.limit = SIZE_MAX};
    for (size_t i = 0; i < N_FILTERS; i++) {
        const char *value = sim_request_query(request, filters[i].name);
        query->wanted[i] = value && *value ? value : NULL;
    }
    query->marker = sim_request_query(request, "marker");
    /* The reference's own example has marker=0 for the first page. */
    if (query->marker && (!*query->marker || !strcmp(query->marker, "0")))
        query->marker = NULL;
    if (!read_limit(sim_request_query(request, "limit"), &query->limit))
        return false;
    if (sim->settings.page_cap && query->limit > sim->settings.page_cap)
        query->limit = sim->settings.page_cap;
    return true;
}

static bool is_wanted(const rp_sim *sim, const struct query *query, const sim_link *link)
{
    if (!sim_link_listed(link, sim_now_ms(sim)))
        return false;
    for (size_t i = 0; i < N_FILTERS; i++) {
        if (query->wanted[i] && strcmp(query->wanted[i], filters[i].value(sim, link)) != 0)
            return false;
    }
    return true;
}

static void write_listeners(const rp_sim *sim, const sim_link *link, rp_json_writer *writer)
{
    rp_write_name(writer, "listeners");
    rp_write_begin(writer, '[');
    for (const sim_link *other = link->member->links; other; other = other->also) {
        if (!sim_link_listed(other, sim_now_ms(sim)))
            continue;
        rp_write_begin(writer, '{');
        rp_write_text_member(writer, "id", other->listener->id);
        rp_write_end(writer, '}');
    }
    rp_write_end(writer, ']');
}

static void write_member(const rp_sim *sim, const sim_link *link, rp_json_writer *writer)
{
    char created[SIM_TIME_SIZE];

    sim_format_time(link->member->created_s, created);
    rp_write_begin(writer, '{');
    for (size_t i = 0; i < N_FILTERS; i++)
        rp_write_text_member(writer, filters[i].name, filters[i].value(sim, link));
    write_listeners(sim, link, writer);
    rp_write_text_member(writer, "create_time", created);
    rp_write_text_member(writer, "update_time", created);
    rp_write_text_member(writer, "server_name", NULL);
    rp_write_end(writer, '}');
}

static int by_id(const void *one, const void *other)
{
    return strcmp((*(const sim_link *const *)one)->member->id, (*(const sim_link *const *)other)->member->id);
}

/* The listener's links in the order of their ids, after the marker; NULL when out of memory. */
static const sim_link **sorted(const sim_listener *listener, const char *marker, size_t *n)
{
    const sim_link **links = calloc(listener->n_links + 1, sizeof(sim_link *));

    *n = 0;
    if (!links)
        return NULL;
    for (const sim_link *link = listener->first; link; link = link->next) {
        if (!marker || strcmp(link->member->id, marker) > 0)
            links[(*n)++] = link;
    }
    qsort(links, *n, sizeof(sim_link *), by_id);
    return links;
}

/* The first link after the marker; a marker that is no member is none. */
static const sim_link *start(const rp_sim *sim, const sim_listener *listener, const char *marker)
{
    const sim_link *link = marker ? sim_link_find(&sim->state, listener, marker) : NULL;

    return link ? link->next : listener->first;
}

static size_t write_by_id(const rp_sim *sim, const sim_listener *listener, const struct query *query,
                          rp_json_writer *writer)
{
    size_t n = 0, shown = 0;
    _cleanup_(rp_freep) const sim_link **links = sorted(listener, query->marker, &n);

    for (size_t i = 0; links && i < n && shown < query->limit; i++) {
        if (!is_wanted(sim, query, links[i]))
            continue;
        write_member(sim, links[i], writer);
        shown++;
    }
    return shown;
}

static size_t write_by_insertion(const rp_sim *sim, const sim_listener *listener, const struct query *query,
                                 rp_json_writer *writer)
{
    const sim_link *link = start(sim, listener, query->marker);
    size_t shown = 0;

    for (; link && shown < query->limit; link = link->next) {
        if (!is_wanted(sim, query, link))
            continue;
        write_member(sim, link, writer);
        shown++;
    }
    return shown;
}

static void write_list(const rp_sim *sim, const sim_listener *listener, const struct query *query,
                       sim_reply *reply)
{
    rp_json_writer writer = RP_JSON_WRITER(&reply->body);
    size_t shown = 0;

    rp_write_begin(&writer, '[');
    if (listener && sim->settings.order == SIM_ORDER_ID)
        shown = write_by_id(sim, listener, query, &writer);
    else if (listener)
        shown = write_by_insertion(sim, listener, query, &writer);
    rp_write_end(&writer, ']');
    if (shown)
        return;
    rp_buffer_done(&reply->body);
    writer = RP_JSON_WRITER(&reply->body);
    sim_write_empty_list(sim, &writer);
}

void sim_members_list(rp_sim *sim, const sim_request *request, sim_reply *reply)
{
    const sim_listener *listener = sim_listener_in_path(sim, request);
    struct query query;

    if (sim_members_refuse_id(sim, request, reply))
        return;
    if (!listener && sim->settings.missing_listener == SIM_MISSING_REFUSE)
        sim_refuse(reply, SIM_LISTENER_MISSING);
    else if (!read_query(sim, request, &query))
        sim_refuse(reply, SIM_BODY_INVALID);
    else
        write_list(sim, listener, &query, reply);
}
