#include "otc/sources.h"

#include "base/text.h"
#include "otc/clouds.h"

enum {
    CONFIGURATION,
    CLOUD,
    ENVIRONMENT,
    SOURCES
};

/* Where openstacksdk looks: the working directory, the user's configuration (XDG), the system's. */
typedef struct search_path {
    char *xdg, *own; /* or NULL */
    otc_clouds_places places;
} search_path;

static void search_path_done(search_path *self)
{
    free(self->xdg);
    free(self->own);
}

static int search_path_init(search_path *self, const otc_environment *environment, rp_error **error)
{
    const char *home = otc_environment_get(environment, "HOME");
    const char *xdg = otc_environment_get(environment, "XDG_CONFIG_HOME");
    size_t count = 0;

    self->places =
        (otc_clouds_places){.clouds_file = otc_environment_get(environment, "OS_CLIENT_CONFIG_FILE"),
                            .secure_file = otc_environment_get(environment, "OS_CLIENT_SECURE_FILE"),
                            .public_file = otc_environment_get(environment, "OS_CLIENT_VENDOR_FILE"),
                            .home = home};
    if (xdg && !(self->xdg = rp_format("%s/openstack", xdg)))
        return rp_error_no_memory(error);
    if (home && !(self->own = rp_format("%s/.config/openstack", home)))
        return rp_error_no_memory(error);
    self->places.directories[count++] = ".";
    if (self->xdg)
        self->places.directories[count++] = self->xdg;
    if (self->own)
        self->places.directories[count++] = self->own;
    self->places.directories[count++] = "/etc/xdg/openstack";
    self->places.directories[count++] = "/etc/openstack";
    return 0;
}

/* The entry that the configuration names, or else the environment. */
static int read_cloud(const otc_environment *environment, otc_source sources[SOURCES], char **warning,
                      rp_error **error)
{
    const otc_source *names =
        otc_source_has(&sources[CONFIGURATION], OTC_CLOUD) ? &sources[CONFIGURATION] : &sources[ENVIRONMENT];
    _cleanup_(search_path_done) search_path path = {0};
    _cleanup_(rp_error_freep) rp_error *wrong = NULL;
    int result;

    if (!otc_source_has(names, OTC_CLOUD))
        return 0;
    result = search_path_init(&path, environment, error);
    if (result < 0)
        return result;
    result = otc_clouds_read(&path.places, otc_source_text(names, OTC_CLOUD),
                             otc_source_text(&sources[CONFIGURATION], OTC_REGION), &sources[CLOUD], warning,
                             &wrong);
    if (result == 0)
        return 0;
    if (result == RP_E_NO_MEMORY)
        return rp_error_no_memory(error);
    return otc_source_refuse(names, OTC_CLOUD, error, "%s: %s", otc_source_origin(names, OTC_CLOUD),
                             wrong->message);
}

/* True if the environment has more than the name of a cloud. */
static bool has_settings(const otc_source *environment)
{
    for (otc_setting setting = 0; setting < OTC_SETTINGS; setting++)
        if (setting != OTC_CLOUD && otc_source_has(environment, setting))
            return true;
    return false;
}

/* A named cloud takes no credentials from the environment, where others may be left over. */
static int choose(otc_source sources[SOURCES], otc_identity *into, rp_error **error)
{
    const otc_source *const order[] = {&sources[CONFIGURATION], &sources[CLOUD], &sources[ENVIRONMENT]};
    const otc_source *configuration = &sources[CONFIGURATION], *environment = &sources[ENVIRONMENT];
    bool named = otc_source_has(configuration, OTC_CLOUD) || otc_source_has(environment, OTC_CLOUD);
    int result = otc_identity_choose(order, named ? ENVIRONMENT : SOURCES, into, error);

    if (result == RP_E_INVALID && named && has_settings(environment))
        rp_error_add(error, "beside %s no other variables of the environment are read",
                     otc_source_origin(otc_source_has(configuration, OTC_CLOUD) ? configuration : environment,
                                       OTC_CLOUD));
    return result;
}

int otc_sources_read(const otc_settings *settings, const otc_environment *environment, otc_identity *into,
                     char **warning, rp_error **error)
{
    otc_source sources[SOURCES] = {0};
    _cleanup_(rp_freep) char *told = NULL;
    int result = otc_settings_as_source(settings, &sources[CONFIGURATION], error);

    *into = (otc_identity){0};
    if (result == 0)
        result = otc_environment_read(environment, &sources[ENVIRONMENT], error);
    if (result == 0)
        result = read_cloud(environment, sources, &told, error);
    if (result == 0)
        result = choose(sources, into, error);
    for (size_t i = 0; i < SOURCES; i++)
        otc_source_done(&sources[i]);
    if (result == 0)
        *warning = rp_take(told);
    return result;
}
