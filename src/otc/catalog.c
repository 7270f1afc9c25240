#include "otc/catalog.h"

#include "base/buffer.h"
#include "base/text.h"
#include "otc/identity.h"
#include "json/value.h"

#include <string.h>

/* What the classic service is called; the second may be another version of it. */
static const char *const types[] = {"elbv1", "elb"};

static int parse(const rp_http_reply *reply, rp_json **out, rp_error **error)
{
    int result = rp_json_parse(reply->body, reply->body_len, out, error);

    if (result == 0 || result == RP_E_NO_MEMORY)
        return result;
    rp_error_add(error, "the reply cannot be read");
    return rp_error_recode(error, RP_E_LOST);
}

static bool is_text(const rp_json *value, const char *text)
{
    const char *found = rp_json_text(value);

    return found && !strcmp(found, text);
}

static const char *region_of(const rp_json *endpoint)
{
    const char *region = rp_json_text(rp_json_get(endpoint, "region"));

    return region ? region : rp_json_text(rp_json_get(endpoint, "region_id"));
}

/* ---- choosing ---- */

struct choice {
    const otc_wanted *wanted;
    const char *url;
    const char *region; /* of that; NULL: it has none */
    bool several;       /* regions to choose from */
    rp_buffer *regions; /* their names */
};

static bool is_same(const char *one, const char *other)
{
    return one == other || (one && other && !strcmp(one, other));
}

static void consider(struct choice *choice, const rp_json *endpoint)
{
    const char *url = rp_json_text(rp_json_get(endpoint, "url")), *region = region_of(endpoint);

    if (!url || !is_text(rp_json_get(endpoint, "interface"), choice->wanted->interface))
        return;
    if (choice->wanted->region && region && strcmp(region, choice->wanted->region) != 0)
        return;
    if (choice->url && is_same(region, choice->region))
        return;
    rp_buffer_format(choice->regions, "%s%.32s", choice->url ? ", " : "", region ? region : "?");
    choice->several = choice->url;
    if (choice->url)
        return;
    choice->url = url;
    choice->region = region;
}

static void consider_service(struct choice *choice, const rp_json *service)
{
    const rp_json *endpoints = rp_json_get(service, "endpoints");

    for (size_t i = 0; i < rp_json_count(endpoints); i++)
        consider(choice, rp_json_at(endpoints, i));
}

static void consider_catalog(struct choice *choice, const rp_json *catalog)
{
    for (size_t t = 0; !choice->url && t < rp_count_of(types); t++)
        for (size_t i = 0; i < rp_json_count(catalog); i++)
            if (is_text(rp_json_get(rp_json_at(catalog, i), "type"), types[t]))
                consider_service(choice, rp_json_at(catalog, i));
}

/* ---- the endpoint ---- */

static bool is_version(const char *segment)
{
    return segment[0] == 'v' && segment[1] >= '0' && segment[1] <= '9' &&
           segment[strspn(segment, "v0123456789.")] == '\0';
}

/* Whatever version it is of: requests bring their own. */
static int cut_path(rp_url *url, rp_error **error)
{
    _cleanup_(rp_freep) char *project = NULL;
    int result = otc_cut_version(url, &project, error);
    char *last;

    if (result < 0)
        return result;
    last = strrchr(url->path, '/');
    if (last && is_version(last + 1))
        *last = '\0';
    return 0;
}

static int take_url(const char *text, rp_url *out, rp_error **error)
{
    _cleanup_(rp_error_freep) rp_error *wrong = NULL;
    int result = rp_url_parse(text, out, &wrong);

    if (result < 0)
        return rp_error_set(error, result, "the catalog's endpoint is wrong: %s: set endpoint",
                            wrong->message);
    result = cut_path(out, error);
    if (result < 0)
        rp_url_clear(out);
    return result;
}

static int find(const rp_json *catalog, const otc_wanted *wanted, rp_buffer *regions, rp_url *out,
                rp_error **error)
{
    struct choice choice = {.wanted = wanted, .regions = regions};

    consider_catalog(&choice, catalog);
    if (choice.several)
        return rp_error_set(error, RP_E_NOT_FOUND,
                            "region is missing: the catalog has load balancers in several (%s)",
                            rp_buffer_text(regions));
    return choice.url ? take_url(choice.url, out, error) : 0;
}

int otc_catalog_find(const rp_http_reply *reply, const otc_wanted *wanted, rp_url *out, rp_error **error)
{
    _cleanup_(rp_json_freep) rp_json *body = NULL;
    rp_buffer regions = RP_BUFFER(1024);
    const rp_json *token, *catalog;
    int result = parse(reply, &body, error);

    if (result < 0)
        return result;
    token = rp_json_get(body, "token");
    catalog = rp_json_get(token ? token : body, "catalog");
    result = find(catalog, wanted, &regions, out, error);
    rp_buffer_done(&regions);
    return result;
}

/* The same one may be listed more than once. */
static bool has_id_of(const rp_json *one, const rp_json *other)
{
    const char *id = rp_json_text(rp_json_get(other, "id"));

    return id && is_text(rp_json_get(one, "id"), id);
}

static int find_by_name(const rp_json *all, const char *list, const char *name, const rp_json **out,
                        rp_error **error)
{
    for (size_t i = 0; i < rp_json_count(all); i++) {
        const rp_json *one = rp_json_at(all, i);
        if (!is_text(rp_json_get(one, "name"), name) || has_id_of(one, *out))
            continue;
        if (*out)
            return rp_error_set(error, RP_E_NOT_FOUND, "several %s have the name \"%.64s\": set the id", list,
                                name);
        *out = one;
    }
    return 0;
}

int otc_id_of_name(const rp_http_reply *reply, const char *list, const char *name, char **out, rp_error **error)
{
    _cleanup_(rp_json_freep) rp_json *body = NULL;
    const rp_json *all, *found = NULL;
    const char *id;
    int result = parse(reply, &body, error);

    if (result < 0)
        return result;
    all = rp_json_get(body, list);
    if (rp_json_type_of(all) != RP_JSON_ARRAY)
        return rp_error_set(error, RP_E_LOST, "the reply has no list of %s", list);
    result = find_by_name(all, list, name, &found, error);
    if (result < 0 || !found)
        return result;
    id = rp_json_text(rp_json_get(found, "id"));
    if (!id)
        return rp_error_set(error, RP_E_LOST, "one of the %s has no id", list);
    return rp_copy_text(out, id, error);
}
