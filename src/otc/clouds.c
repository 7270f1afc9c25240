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
#define MAX_MERGES     8 /* "<<" within "<<" */

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

static yaml_node_t *find(file *self, yaml_node_t *map, const char *name, unsigned merges);

/* "<<": what a map has beyond its own, from one other or from several. */
static yaml_node_t *find_merged(file *self, yaml_node_t *from, const char *name, unsigned merges)
{
    yaml_node_t *found = NULL;

    if (merges == MAX_MERGES || !from || from->type != YAML_SEQUENCE_NODE)
        return merges == MAX_MERGES ? NULL : find(self, from, name, merges + 1);
    for (int *item = from->data.sequence.items.start; !found && item < from->data.sequence.items.top; item++)
        found = find(self, node_at(self, *item), name, merges + 1);
    return found;
}

/* The value of a name; NULL if there is none, or no map. Of several the last. */
static yaml_node_t *find(file *self, yaml_node_t *map, const char *name, unsigned merges)
{
    yaml_node_t *found = NULL, *merged = NULL;

    if (!map || map->type != YAML_MAPPING_NODE)
        return NULL;
    for (yaml_node_pair_t *pair = map->data.mapping.pairs.start; pair < map->data.mapping.pairs.top; pair++) {
        const char *key = scalar_of(node_at(self, pair->key));
        if (key && !strcmp(key, name))
            found = node_at(self, pair->value);
        else if (key && !strcmp(key, "<<"))
            merged = node_at(self, pair->value);
    }
    return found ? found : find_merged(self, merged, name, merges);
}

static yaml_node_t *get(file *self, yaml_node_t *map, const char *name)
{
    return find(self, map, name, 0);
}

static bool is_null(const yaml_node_t *node)
{
    const char *text = scalar_of(node);

    return !node || (text && node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
                     (!*text || !strcmp(text, "~") || !rp_compare_any_case(text, "null")));
}

/* ---- what an entry says ---- */

static const struct row {
    const char *within; /* "auth", or NULL: the entry itself */
    const char *name;
    otc_setting setting;
} rows[] = {
    {"auth", "auth_url", OTC_AUTH_URL},
    {"auth", "token", OTC_TOKEN},
    {"auth", "username", OTC_USER_NAME},
    {"auth", "user_name", OTC_USER_NAME},
    {"auth", "user_id", OTC_USER_ID},
    {"auth", "password", OTC_PASSWORD},
    {"auth", "domain_name", OTC_DOMAIN_NAME},
    {"auth", "user_domain_name", OTC_DOMAIN_NAME},
    {"auth", "project_domain_name", OTC_DOMAIN_NAME},
    {"auth", "default_domain", OTC_DOMAIN_NAME},
    {"auth", "domain_id", OTC_DOMAIN_ID},
    {"auth", "user_domain_id", OTC_DOMAIN_ID},
    {"auth", "project_domain_id", OTC_DOMAIN_ID},
    {"auth", "project_id", OTC_PROJECT_ID},
    {"auth", "tenant_id", OTC_PROJECT_ID},
    {"auth", "project_name", OTC_PROJECT_NAME},
    {"auth", "tenant_name", OTC_PROJECT_NAME},
    {"auth", "ak", OTC_ACCESS_KEY},
    {"auth", "access_key", OTC_ACCESS_KEY},
    {"auth", "sk", OTC_SECRET_KEY},
    {"auth", "secret_key", OTC_SECRET_KEY},
    {"auth", "security_token", OTC_SECURITY_TOKEN},
    {"auth", "agency_name", OTC_AGENCY_NAME},
    {"auth", "target_agency_name", OTC_AGENCY_NAME},
    {"auth", "agency_domain_name", OTC_AGENCY_DOMAIN_NAME},
    {"auth", "target_domain_name", OTC_AGENCY_DOMAIN_NAME},
    {"auth", "target_domain_id", OTC_AGENCY_DOMAIN_ID},
    {"auth", "delegated_project", OTC_DELEGATED_PROJECT},
    {"auth", "target_project_name", OTC_DELEGATED_PROJECT},
    {NULL, "auth_type", OTC_AUTH_TYPE},
    {NULL, "region_name", OTC_REGION},
    {NULL, "interface", OTC_INTERFACE},
    {NULL, "endpoint_type", OTC_INTERFACE},
    {NULL, "insecure", OTC_INSECURE},
    {NULL, "cacert", OTC_CA_FILE},
    {NULL, "cert", OTC_CLIENT_CERT_FILE},
    {NULL, "key", OTC_CLIENT_KEY_FILE},
};

/* An entry within a file. */
typedef struct entry {
    file *file;
    yaml_node_t *node;
    const char *kind; /* "cloud" or "profile" */
    const char *name;
} entry;

static char *origin_of(const entry *from, const yaml_node_t *node, const char *name)
{
    return rp_format("%s of %s \"%.64s\" (%s, line %zu)", name, from->kind, from->name, from->file->path,
                     node->start_mark.line + 1);
}

/* A value already there came from a file, or under a name, that counts before. */
static int take(const entry *from, const yaml_node_t *node, const char *name, otc_setting setting,
                otc_source *into, rp_error **error)
{
    _cleanup_(rp_freep) char *origin = NULL;

    if (is_null(node) || otc_source_has(into, setting))
        return 0;
    origin = origin_of(from, node, name);
    if (!origin)
        return rp_error_no_memory(error);
    if (!scalar_of(node))
        return rp_error_set(error, RP_E_INVALID, "%s must be a text", origin);
    if (strlen(scalar_of(node)) != node->data.scalar.length)
        return rp_error_set(error, RP_E_INVALID, "%s must not contain a NUL", origin);
    return otc_source_set(into, setting, scalar_of(node), origin, error);
}

/* "verify: false" is what clients of OpenStack call insecure. */
static int take_verify(const entry *from, otc_source *into, rp_error **error)
{
    yaml_node_t *node = get(from->file, from->node, "verify");
    _cleanup_(rp_freep) char *origin = NULL;
    const char *text = scalar_of(node);

    if (is_null(node) || !text || otc_source_has(into, OTC_INSECURE))
        return 0;
    origin = origin_of(from, node, "verify");
    if (!origin)
        return rp_error_no_memory(error);
    if (!rp_compare_any_case(text, "false") || !rp_compare_any_case(text, "no") ||
        !rp_compare_any_case(text, "off"))
        return otc_source_set(into, OTC_INSECURE, "true", origin, error);
    return otc_source_set(into, OTC_INSECURE, "false", origin, error);
}

/* Of several regions the first: a text, or a map with a name. */
static int take_regions(const entry *from, otc_source *into, rp_error **error)
{
    yaml_node_t *node = get(from->file, from->node, "regions");
    yaml_node_t *first = NULL;

    if (node && node->type == YAML_SEQUENCE_NODE &&
        node->data.sequence.items.start < node->data.sequence.items.top)
        first = node_at(from->file, *node->data.sequence.items.start);
    if (first && first->type == YAML_MAPPING_NODE)
        first = get(from->file, first, "name");
    return take(from, first, "regions", OTC_REGION, into, error);
}

static int take_entry(const entry *from, otc_source *into, rp_error **error)
{
    yaml_node_t *auth = get(from->file, from->node, "auth");
    int result = 0;

    for (size_t i = 0; result == 0 && i < rp_count_of(rows); i++) {
        yaml_node_t *node = get(from->file, rows[i].within ? auth : from->node, rows[i].name);
        result = take(from, node, rows[i].name, rows[i].setting, into, error);
    }
    if (result == 0)
        result = take_verify(from, into, error);
    return result < 0 ? result : take_regions(from, into, error);
}

/* ---- entries ---- */

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

/* Open Telekom Cloud's own profile, which clients know without a file. */
static int take_vendor(const entry *from, const yaml_node_t *named, otc_source *into, rp_error **error)
{
    _cleanup_(rp_freep) char *origin = origin_of(from, named, "profile");

    if (!origin)
        return rp_error_no_memory(error);
    if (strcmp(scalar_of(named), "otc") != 0)
        return rp_error_set(error, RP_E_INVALID,
                            "%s: there is no profile \"%.64s\" in clouds-public.yaml, and it is not \"otc\"",
                            origin, scalar_of(named));
    if (otc_source_has(into, OTC_AUTH_URL))
        return 0;
    return otc_source_set(into, OTC_AUTH_URL, "https://iam.%(region_name)s.otc.t-systems.com/v3", origin,
                          error);
}

static int take_profile(const otc_clouds_places *places, const entry *from, otc_source *into,
                        rp_error **error)
{
    _cleanup_(file_done) file public = {0};
    yaml_node_t *named = get(from->file, from->node, "profile");
    entry profile = {.file = &public, .kind = "profile"};
    int result;

    if (is_null(named))
        named = get(from->file, from->node, "cloud");
    if (is_null(named) || !scalar_of(named))
        return 0;
    profile.name = scalar_of(named);
    result = open_file(places, places->public_file, "clouds-public", &public, NULL, error);
    if (result >= 0)
        result = find_entry(&public, "public-clouds", profile.name, &profile.node, error);
    if (result < 0)
        return result;
    return profile.node ? take_entry(&profile, into, error) : take_vendor(from, named, into, error);
}

static int take_all(const otc_clouds_places *places, entry *secure, entry *clouds, otc_source *into,
                    rp_error **error)
{
    const char *name = clouds->name;
    int result = find_entry(clouds->file, "clouds", name, &clouds->node, error);

    if (result == 0)
        result = find_entry(secure->file, "clouds", name, &secure->node, error);
    if (result < 0)
        return result;
    if (!clouds->node)
        return no_such_cloud(places, clouds->file, name, error);
    if (secure->node)
        result = take_entry(secure, into, error);
    if (result == 0)
        result = take_entry(clouds, into, error);
    return result < 0 ? result : take_profile(places, clouds, into, error);
}

int otc_clouds_read(const otc_clouds_places *places, const char *cloud, otc_source *into, char **warning,
                    rp_error **error)
{
    _cleanup_(file_done) file clouds_file = {0};
    _cleanup_(file_done) file secure_file = {0};
    _cleanup_(rp_freep) char *told = NULL;
    entry clouds = {&clouds_file, NULL, "cloud", cloud}, secure = {&secure_file, NULL, "cloud", cloud};
    int result = open_file(places, places->clouds_file, "clouds", &clouds_file, NULL, error);

    if (result >= 0)
        result = open_file(places, places->secure_file, "secure", &secure_file, &told, error);
    if (result >= 0)
        result = take_all(places, &secure, &clouds, into, error);
    if (result == 0)
        *warning = rp_take(told);
    return result;
}
