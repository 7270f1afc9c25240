/*
 * libyaml frees what it has read without wiping it. What it shows of that is
 * wiped here: the texts of the document and the parser's buffers. Copies that it
 * leaves behind when a text grows are out of reach.
 */
#include "otc/clouds.h"

#include "base/buffer.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <yaml.h>

#define MAX_FILE_BYTES (1u << 20)
#define MAX_MERGES     64 /* maps that "<<" leads to, in one look-up: they may lead back to each other */

/* ---- files ---- */

/* One file, parsed. */
typedef struct file {
    char *path; /* NULL: there is none */
    yaml_document_t document;
    bool loaded;
} file;

static const char *const extensions[] = {"yaml", "yml", "json"};

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
}

static int unreadable(const char *path, int number, rp_error **error)
{
    return rp_error_set(error, RP_E_SYSTEM, "cannot read %s: %s", path, strerrordesc_np(number));
}

/* A buffer that grows leaves copies behind, so there is room for the whole file from the start. */
static int read_all(int fd, const char *path, rp_buffer *into, rp_error **error)
{
    if (!rp_buffer_reserve(into, MAX_FILE_BYTES))
        return rp_error_no_memory(error);
    for (;;) {
        size_t room = MAX_FILE_BYTES - into->len;
        ssize_t got = read(fd, into->data + into->len, room);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return unreadable(path, errno, error);
        if (got == 0)
            return 0;
        into->len += (size_t)got;
        if (into->len == MAX_FILE_BYTES)
            return rp_error_set(error, RP_E_INVALID, "%s is longer than %u bytes", path, MAX_FILE_BYTES);
    }
}

static void wipe_parser(yaml_parser_t *parser)
{
    rp_wipe(parser->raw_buffer.start, (size_t)(parser->raw_buffer.end - parser->raw_buffer.start));
    rp_wipe(parser->buffer.start, (size_t)(parser->buffer.end - parser->buffer.start));
    yaml_parser_delete(parser);
}

static void wipe_document(yaml_document_t *document)
{
    for (yaml_node_t *node = document->nodes.start; node < document->nodes.top; node++)
        if (node->type == YAML_SCALAR_NODE)
            rp_wipe(node->data.scalar.value, node->data.scalar.length);
    yaml_document_delete(document);
}

static void file_done(file *self)
{
    free(self->path);
    if (self->loaded)
        wipe_document(&self->document);
    *self = (file){0};
}

/* libyaml's words are its own, they quote nothing of the file. */
static int malformed(const char *path, const yaml_parser_t *parser, rp_error **error)
{
    if (parser->error == YAML_MEMORY_ERROR)
        return rp_error_no_memory(error);
    if (parser->error == YAML_READER_ERROR)
        return rp_error_set(error, RP_E_INVALID, "%s is no YAML: byte %zu: %s", path, parser->problem_offset,
                            parser->problem);
    return rp_error_set(error, RP_E_INVALID, "%s is no YAML: line %zu: %s", path,
                        parser->problem_mark.line + 1, parser->problem);
}

static int parse(file *self, const rp_buffer *text, rp_error **error)
{
    yaml_parser_t parser;
    int result = 0;

    if (!yaml_parser_initialize(&parser))
        return rp_error_no_memory(error);
    yaml_parser_set_input_string(&parser, (const unsigned char *)text->data, text->len);
    if (yaml_parser_load(&parser, &self->document))
        self->loaded = true;
    else
        result = malformed(self->path, &parser, error);
    wipe_parser(&parser);
    return result;
}

static int load(int fd, file *self, rp_error **error)
{
    rp_buffer text = RP_BUFFER(MAX_FILE_BYTES);
    int result = read_all(fd, self->path, &text, error);

    if (result == 0)
        result = parse(self, &text, error);
    rp_buffer_wipe(&text);
    return result;
}

/* What others may do with it, as a warning. */
static int check_mode(int fd, const char *path, char **warning, rp_error **error)
{
    struct stat status;

    if (!warning || fstat(fd, &status) < 0 || !(status.st_mode & 077))
        return 0;
    *warning = rp_format("%s can be used by others (mode %04o): chmod 600 would keep its secrets", path,
                         status.st_mode & 07777);
    return *warning ? 0 : rp_error_no_memory(error);
}

/* Takes the path. 1: there is no such file. */
static int open_at(char *path, file *self, char **warning, rp_error **error)
{
    _cleanup_(close_fd) int fd = -1;
    _cleanup_(rp_freep) char *mine = path;
    int result;

    if (!mine)
        return rp_error_no_memory(error);
    fd = open(mine, O_RDONLY | O_CLOEXEC);
    if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
        return 1;
    if (fd < 0)
        return unreadable(mine, errno, error);
    self->path = rp_take(mine);
    result = check_mode(fd, self->path, warning, error);
    return result < 0 ? result : load(fd, self, error);
}

static int search(const otc_clouds_places *places, const char *stem, file *self, char **warning,
                  rp_error **error)
{
    int result = 1;

    for (size_t d = 0; result == 1 && places->directories[d]; d++)
        for (size_t i = 0; result == 1 && i < rp_count_of(extensions); i++)
            result = open_at(rp_format("%s/%s.%s", places->directories[d], stem, extensions[i]), self,
                             warning, error);
    return result;
}

/* A file that is named must be there; one that is searched for need not. */
static int open_file(const otc_clouds_places *places, const char *named, const char *stem, file *self,
                     char **warning, rp_error **error)
{
    int result;

    if (!named)
        return search(places, stem, self, warning, error);
    result = open_at(strdup(named), self, warning, error);
    return result == 1 ? unreadable(named, ENOENT, error) : result;
}

/* ---- nodes ---- */

static yaml_node_t *node_at(file *self, int index)
{
    return yaml_document_get_node(&self->document, index);
}

static const char *scalar_of(const yaml_node_t *node)
{
    return node && node->type == YAML_SCALAR_NODE ? (const char *)node->data.scalar.value : NULL;
}

/* "user-domain-name" is another spelling of "user_domain_name". */
static bool is_same_key(const char *key, const char *name)
{
    for (; *key && (*key == *name || (*key == '-' && *name == '_')); key++)
        name++;
    return !*key && !*name;
}

static yaml_node_t *find(file *self, yaml_node_t *map, const char *name, unsigned *merges);

/* "<<": what a map has beyond its own, from one other or from several. */
static yaml_node_t *find_merged(file *self, yaml_node_t *from, const char *name, unsigned *merges)
{
    yaml_node_t *found = NULL;

    if (*merges == MAX_MERGES || !from)
        return NULL;
    ++*merges;
    if (from->type != YAML_SEQUENCE_NODE)
        return find(self, from, name, merges);
    for (int *item = from->data.sequence.items.start; !found && item < from->data.sequence.items.top; item++)
        found = find(self, node_at(self, *item), name, merges);
    return found;
}

/* The last value of a name; NULL if there is none or if it is not a map. */
static yaml_node_t *find(file *self, yaml_node_t *map, const char *name, unsigned *merges)
{
    yaml_node_t *found = NULL, *merged = NULL;

    if (!map || map->type != YAML_MAPPING_NODE)
        return NULL;
    for (yaml_node_pair_t *pair = map->data.mapping.pairs.start; pair < map->data.mapping.pairs.top; pair++) {
        const char *key = scalar_of(node_at(self, pair->key));
        if (key && is_same_key(key, name))
            found = node_at(self, pair->value);
        else if (key && !strcmp(key, "<<"))
            merged = node_at(self, pair->value);
    }
    return found ? found : find_merged(self, merged, name, merges);
}

static yaml_node_t *get(file *self, yaml_node_t *map, const char *name)
{
    unsigned merges = 0;

    return find(self, map, name, &merges);
}

static bool is_null(const yaml_node_t *node)
{
    const char *text = scalar_of(node);

    return !node || (text && node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
                     (!*text || !strcmp(text, "~") || !rp_compare_any_case(text, "null")));
}

/* ---- entries ---- */

/* A map of settings within a file: an entry, a profile, or the values of a region. */
typedef struct entry {
    file *file;
    yaml_node_t *node; /* NULL: there is none */
    const char *kind;  /* "cloud", "profile" or "region" */
    const char *name;
} entry;

/* All that says something of one cloud, in order of precedence. */
enum {
    REGION,
    SECURE,
    CLOUD,
    PROFILE,
    ENTRIES
};

typedef struct reading {
    const otc_clouds_places *places;
    file files[3]; /* secure, clouds, public */
    entry entries[ENTRIES];
    otc_source *into;
} reading;

static char *origin_of(const entry *from, const yaml_node_t *node, const char *name)
{
    return rp_format("%s of %s \"%.64s\" (%s, line %zu)", name, from->kind, from->name, from->file->path,
                     node->start_mark.line + 1);
}

static int not_a_map(const file *self, const yaml_node_t *node, const char *name, rp_error **error)
{
    return rp_error_set(error, RP_E_INVALID, "%s, line %zu: \"%.64s\" must have members", self->path,
                        node->start_mark.line + 1, name);
}

/* The entry of that name, below `top`; node NULL: there is none. */
static int find_entry(file *self, const char *top, const char *name, yaml_node_t **out, rp_error **error)
{
    yaml_node_t *all, *found;

    *out = NULL;
    if (!self->loaded)
        return 0;
    all = get(self, yaml_document_get_root_node(&self->document), top);
    if (all && !is_null(all) && all->type != YAML_MAPPING_NODE)
        return not_a_map(self, all, top, error);
    found = get(self, all, name);
    if (found && !is_null(found) && found->type != YAML_MAPPING_NODE)
        return not_a_map(self, found, name, error);
    *out = is_null(found) ? NULL : found;
    return 0;
}

static int no_such_cloud(const otc_clouds_places *places, const file *clouds, const char *cloud,
                         rp_error **error)
{
    rp_buffer searched = RP_BUFFER(4096);
    int result;

    if (clouds->path)
        return rp_error_set(error, RP_E_INVALID, "%s has no entry \"%.64s\" under clouds", clouds->path,
                            cloud);
    for (size_t i = 0; places->directories[i]; i++)
        rp_buffer_format(&searched, "%s%s", i ? ", " : "", places->directories[i]);
    result =
        rp_error_set(error, RP_E_INVALID, "there is no clouds.yaml in any of %s", rp_buffer_text(&searched));
    rp_buffer_done(&searched);
    return result;
}

/* ---- settings ---- */

enum place {
    OF_ENTRY,      /* in the entry itself */
    IN_AUTH_FIRST, /* in its "auth", else in the entry */
    IN_AUTH_LAST   /* in the entry, else in its "auth" */
};

/* As openstacksdk reads them. Several names of one setting stand in order of precedence. */
static const struct row {
    const char *name;
    otc_setting setting;
    enum place place;
    bool is_path; /* "~/" is the home directory */
} rows[] = {
    {"auth_url", OTC_AUTH_URL, IN_AUTH_FIRST, false},
    {"token", OTC_TOKEN, IN_AUTH_LAST, false},
    {"auth_token", OTC_TOKEN, IN_AUTH_LAST, false},
    {"username", OTC_USER_NAME, IN_AUTH_FIRST, false},
    {"user_name", OTC_USER_NAME, IN_AUTH_FIRST, false},
    {"user_id", OTC_USER_ID, IN_AUTH_FIRST, false},
    {"password", OTC_PASSWORD, IN_AUTH_FIRST, false},
    {"user_domain_name", OTC_DOMAIN_NAME, IN_AUTH_LAST, false},
    {"domain_name", OTC_DOMAIN_NAME, IN_AUTH_LAST, false},
    {"default_domain", OTC_DOMAIN_NAME, IN_AUTH_LAST, false},
    {"user_domain_id", OTC_DOMAIN_ID, IN_AUTH_LAST, false},
    {"domain_id", OTC_DOMAIN_ID, IN_AUTH_LAST, false},
    {"project_domain_name", OTC_PROJECT_DOMAIN_NAME, IN_AUTH_LAST, false},
    {"domain_name", OTC_PROJECT_DOMAIN_NAME, IN_AUTH_LAST, false},
    {"project_domain_id", OTC_PROJECT_DOMAIN_ID, IN_AUTH_LAST, false},
    {"domain_id", OTC_PROJECT_DOMAIN_ID, IN_AUTH_LAST, false},
    {"project_id", OTC_PROJECT_ID, IN_AUTH_LAST, false},
    {"tenant_id", OTC_PROJECT_ID, IN_AUTH_LAST, false},
    {"project_name", OTC_PROJECT_NAME, IN_AUTH_LAST, false},
    {"tenant_name", OTC_PROJECT_NAME, IN_AUTH_LAST, false},
    {"ak", OTC_ACCESS_KEY, IN_AUTH_FIRST, false},
    {"access_key", OTC_ACCESS_KEY, IN_AUTH_FIRST, false},
    {"sk", OTC_SECRET_KEY, IN_AUTH_FIRST, false},
    {"secret_key", OTC_SECRET_KEY, IN_AUTH_FIRST, false},
    {"security_token", OTC_SECURITY_TOKEN, IN_AUTH_FIRST, false},
    {"agency_name", OTC_AGENCY_NAME, IN_AUTH_FIRST, false},
    {"target_agency_name", OTC_AGENCY_NAME, IN_AUTH_FIRST, false},
    {"agency_domain_name", OTC_AGENCY_DOMAIN_NAME, IN_AUTH_FIRST, false},
    {"target_domain_name", OTC_AGENCY_DOMAIN_NAME, IN_AUTH_FIRST, false},
    {"target_domain_id", OTC_AGENCY_DOMAIN_ID, IN_AUTH_FIRST, false},
    {"delegated_project", OTC_DELEGATED_PROJECT, IN_AUTH_FIRST, false},
    {"target_project_name", OTC_DELEGATED_PROJECT, IN_AUTH_FIRST, false},
    {"auth_type", OTC_AUTH_TYPE, OF_ENTRY, false},
    {"auth_plugin", OTC_AUTH_TYPE, OF_ENTRY, false},
    {"interface", OTC_INTERFACE, OF_ENTRY, false},
    {"endpoint_type", OTC_INTERFACE, OF_ENTRY, false},
    {"insecure", OTC_INSECURE, OF_ENTRY, false},
    {"cacert", OTC_CA_FILE, OF_ENTRY, true},
    {"cert", OTC_CLIENT_CERT_FILE, OF_ENTRY, true},
    {"key", OTC_CLIENT_KEY_FILE, OF_ENTRY, true},
};

/* A path with its "~" written out; NULL when out of memory. */
static char *expanded(const reading *self, const char *path)
{
    if (self->places->home && path[0] == '~' && (path[1] == '/' || !path[1]))
        return rp_format("%s%s", self->places->home, path + 1);
    return strdup(path);
}

static int check_text(const yaml_node_t *node, const char *origin, rp_error **error)
{
    if (!scalar_of(node))
        return rp_error_set(error, RP_E_INVALID, "%s must be a text", origin);
    if (strlen(scalar_of(node)) != node->data.scalar.length)
        return rp_error_set(error, RP_E_INVALID, "%s must not contain a NUL", origin);
    return 0;
}

static int take_path(const reading *self, otc_setting setting, const char *path, const char *origin,
                     rp_error **error)
{
    _cleanup_(rp_freep) char *whole = expanded(self, path);

    return whole ? otc_source_set(self->into, setting, whole, origin, error) : rp_error_no_memory(error);
}

static int take(const reading *self, const entry *from, const yaml_node_t *node, const struct row *row,
                rp_error **error)
{
    _cleanup_(rp_freep) char *origin = origin_of(from, node, row->name);
    int result;

    if (!origin)
        return rp_error_no_memory(error);
    result = check_text(node, origin, error);
    if (result < 0)
        return result;
    if (row->is_path)
        return take_path(self, row->setting, scalar_of(node), origin, error);
    return otc_source_set(self->into, row->setting, scalar_of(node), origin, error);
}

/* Below "auth" or in the entries themselves; of several entries the first. */
static const yaml_node_t *look_up(const reading *self, const char *within, const char *name,
                                  const entry **from)
{
    for (size_t i = 0; i < ENTRIES; i++) {
        const entry *one = &self->entries[i];
        yaml_node_t *map = one->node && within ? get(one->file, one->node, within) : one->node;
        const yaml_node_t *found = map ? get(one->file, map, name) : NULL;
        if (is_null(found))
            continue;
        *from = one;
        return found;
    }
    return NULL;
}

static const yaml_node_t *look_up_row(const reading *self, const struct row *row, const entry **from)
{
    const char *first = row->place == IN_AUTH_FIRST ? "auth" : NULL;
    const char *second = row->place == IN_AUTH_FIRST ? NULL : "auth";
    const yaml_node_t *found = look_up(self, first, row->name, from);

    return found || row->place == OF_ENTRY ? found : look_up(self, second, row->name, from);
}

static int take_rows(const reading *self, rp_error **error)
{
    int result = 0;

    for (size_t i = 0; result == 0 && i < rp_count_of(rows); i++) {
        const entry *from = NULL;
        const yaml_node_t *node =
            otc_source_has(self->into, rows[i].setting) ? NULL : look_up_row(self, &rows[i], &from);
        if (node)
            result = take(self, from, node, &rows[i], error);
    }
    return result;
}

/* "verify: false" is insecure, and a path names the certificates to trust, unless "cacert" does. */
static int take_verify(const reading *self, rp_error **error)
{
    static const char *const words[] = {"true", "yes", "on", "false", "no", "off"};
    const entry *from = NULL;
    const yaml_node_t *node = look_up(self, NULL, "verify", &from);
    _cleanup_(rp_freep) char *origin = node ? origin_of(from, node, "verify") : NULL;
    size_t i = 0;
    int result;

    if (!node)
        return 0;
    if (!origin)
        return rp_error_no_memory(error);
    result = check_text(node, origin, error);
    if (result < 0)
        return result;
    while (i < rp_count_of(words) && rp_compare_any_case(scalar_of(node), words[i]))
        i++;
    if (i == rp_count_of(words))
        return otc_source_has(self->into, OTC_CA_FILE)
                   ? 0
                   : take_path(self, OTC_CA_FILE, scalar_of(node), origin, error);
    if (otc_source_has(self->into, OTC_INSECURE))
        return 0;
    return otc_source_set(self->into, OTC_INSECURE, i < 3 ? "false" : "true", origin, error);
}

/* ---- regions ---- */

/* "eu-de,eu-nl" are two, of which the first counts. */
static int take_region(const reading *self, const entry *from, const yaml_node_t *node, const char *name,
                       rp_error **error)
{
    _cleanup_(rp_freep) char *origin = origin_of(from, node, name);
    _cleanup_(rp_freep) char *first = NULL;
    int result;

    if (!origin)
        return rp_error_no_memory(error);
    result = check_text(node, origin, error);
    if (result < 0)
        return result;
    first = strndup(scalar_of(node), strcspn(scalar_of(node), ","));
    return first ? otc_source_set(self->into, OTC_REGION, first, origin, error) : rp_error_no_memory(error);
}

/* A region is a name, or a map of its name and the values that count there. */
static yaml_node_t *region_name_of(file *in, yaml_node_t *region)
{
    return region && region->type == YAML_MAPPING_NODE ? get(in, region, "name") : region;
}

/* The wanted region of the list, or else the first. */
static yaml_node_t *choose_region(file *in, const yaml_node_t *list, const char *wanted)
{
    for (int *item = list->data.sequence.items.start; item < list->data.sequence.items.top; item++) {
        yaml_node_t *region = node_at(in, *item);
        const char *name = scalar_of(region_name_of(in, region));
        if (!wanted || (name && !strcmp(name, wanted)))
            return region;
    }
    return NULL;
}

static int no_such_region(const entry *from, const yaml_node_t *list, const char *wanted, rp_error **error)
{
    _cleanup_(rp_freep) char *origin = origin_of(from, list, "regions");

    return origin
               ? rp_error_set(error, RP_E_INVALID, "the region \"%.64s\" is not among the %s", wanted, origin)
               : rp_error_no_memory(error);
}

static int take_from_list(reading *self, const entry *from, const yaml_node_t *list, const char *wanted,
                          rp_error **error)
{
    yaml_node_t *region, *values;

    if (list->type != YAML_SEQUENCE_NODE || list->data.sequence.items.start == list->data.sequence.items.top)
        return 0;
    region = choose_region(from->file, list, wanted);
    if (!region)
        return no_such_region(from, list, wanted, error);
    values = region->type == YAML_MAPPING_NODE ? get(from->file, region, "values") : NULL;
    if (values && values->type == YAML_MAPPING_NODE)
        self->entries[REGION] =
            (entry){from->file, values, "region", scalar_of(region_name_of(from->file, region))};
    region = region_name_of(from->file, region);
    return is_null(region) ? 0 : take_region(self, from, region, "regions", error);
}

/* What the first of these entries, up to the last, says of regions. */
static int take_regions_of(reading *self, size_t first, size_t last, const char *wanted, rp_error **error)
{
    static const char *const names[] = {"regions", "region_name"};

    for (size_t n = 0; n < rp_count_of(names); n++)
        for (size_t i = first; i <= last; i++) {
            const entry *from = &self->entries[i];
            const yaml_node_t *node = from->node ? get(from->file, from->node, names[n]) : NULL;
            if (is_null(node))
                continue;
            return n == 0 ? take_from_list(self, from, node, wanted, error)
                          : take_region(self, from, node, names[n], error);
        }
    return 0;
}

static int take_regions(reading *self, const char *wanted, rp_error **error)
{
    int result = take_regions_of(self, SECURE, CLOUD, wanted, error);

    if (result < 0 || otc_source_has(self->into, OTC_REGION))
        return result;
    return take_regions_of(self, PROFILE, PROFILE, wanted, error);
}

/* ---- profiles ---- */

/* Open Telekom Cloud's own profile, which clients know without a file. */
static int take_vendor(const reading *self, const entry *from, const yaml_node_t *named, rp_error **error)
{
    _cleanup_(rp_freep) char *origin = origin_of(from, named, "profile");
    int result = 0;

    if (!origin)
        return rp_error_no_memory(error);
    if (strcmp(scalar_of(named), "otc") != 0)
        return rp_error_set(error, RP_E_INVALID,
                            "%s: there is no profile \"%.64s\" in clouds-public.yaml, and it is not \"otc\"",
                            origin, scalar_of(named));
    if (!otc_source_has(self->into, OTC_AUTH_URL))
        result = otc_source_set(self->into, OTC_AUTH_URL, "https://iam.{region_name}.otc.t-systems.com/v3",
                                origin, error);
    if (result == 0 && !otc_source_has(self->into, OTC_REGION))
        result = otc_source_set(self->into, OTC_REGION, "eu-de", origin, error);
    return result;
}

/* The node that names the profile; NULL: none does. */
static const yaml_node_t *profile_name_of(const reading *self, const entry **from)
{
    const yaml_node_t *named = look_up(self, NULL, "profile", from);

    if (!named)
        named = look_up(self, NULL, "cloud", from);
    return scalar_of(named) ? named : NULL;
}

static int open_profile(reading *self, const yaml_node_t *named, rp_error **error)
{
    file *public = &self->files[2];
    entry *profile = &self->entries[PROFILE];
    int result = open_file(self->places, self->places->public_file, "clouds-public", public, NULL, error);

    if (result < 0)
        return result;
    *profile = (entry){.file = public, .kind = "profile", .name = scalar_of(named)};
    return find_entry(public, "public-clouds", profile->name, &profile->node, error);
}

/* ---- all of it ---- */

static int take_all(reading *self, const char *wanted_region, rp_error **error)
{
    const entry *from = NULL;
    const yaml_node_t *profile = profile_name_of(self, &from);
    int result = profile ? open_profile(self, profile, error) : 0;

    if (result == 0)
        result = take_regions(self, wanted_region, error);
    if (result == 0)
        result = take_rows(self, error);
    if (result == 0)
        result = take_verify(self, error);
    if (result < 0 || !profile || self->entries[PROFILE].node)
        return result;
    return take_vendor(self, from, profile, error);
}

static int open_entry(reading *self, size_t which, file *in, const char *cloud, rp_error **error)
{
    entry *one = &self->entries[which];

    *one = (entry){.file = in, .kind = "cloud", .name = cloud};
    return find_entry(in, "clouds", cloud, &one->node, error);
}

static int open_entries(reading *self, const char *cloud, char **warning, rp_error **error)
{
    const otc_clouds_places *places = self->places;
    file *secure = &self->files[0], *clouds = &self->files[1];
    int result = open_file(places, places->clouds_file, "clouds", clouds, NULL, error);

    if (result >= 0)
        result = open_file(places, places->secure_file, "secure", secure, warning, error);
    if (result < 0 || (result = open_entry(self, SECURE, secure, cloud, error)) < 0 ||
        (result = open_entry(self, CLOUD, clouds, cloud, error)) < 0)
        return result;
    if (self->entries[SECURE].node || self->entries[CLOUD].node)
        return 0;
    return no_such_cloud(places, clouds, cloud, error);
}

static void reading_done(reading *self)
{
    for (size_t i = 0; i < rp_count_of(self->files); i++)
        file_done(&self->files[i]);
}

int otc_clouds_read(const otc_clouds_places *places, const char *cloud, const char *region, otc_source *into,
                    char **warning, rp_error **error)
{
    _cleanup_(reading_done) reading self = {.places = places, .into = into};
    _cleanup_(rp_freep) char *told = NULL;
    int result = open_entries(&self, cloud, &told, error);

    if (result == 0)
        result = take_all(&self, region, error);
    if (result == 0)
        *warning = rp_take(told);
    return result;
}
