/*
 * A plugin for the tests of the bridge: items, each a file in a folder, with every kind of attribute that a
 * plugin can describe. What the colour of an item says it does:
 *
 *     "refuse"   create and update fail, and nothing is changed
 *     "full"     create fails, for a reason that is not the item's
 *     "spoil"    create fails, but the item is there
 *     "lose"     create fails and does not know that nothing was made
 *     "late"     the same, and the item is there a moment later
 *     "slow"     create tells the state, then waits until it is cancelled
 *     "stuck"    the same, but it does not notice that
 *     "crash", "exit"   create ends the process
 */
#include <dirent.h>
#include <json-c/json.h>
#include <resource_plugin.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define LATE_MS 600

struct rp_instance {
    char folder[256], token[64];
};

static int *volatile nowhere;

typedef struct response {
    rp_response head;
    json_object *document;
} response;

static const char description[] =
    "{'name':'drawer','version':'1.0.0','abi':'1.0','config':{'type':'object','required':['folder'],'properties':{"
    "'folder':{'type':'string'},'token':{'type':'string','x-rp-sensitive':true,'x-rp-write-only':true}}},"
    "'resources':{'item':{'key':['shelf','name'],'settle_ms':1200,'max_records':5,"
    "'parent':{'type':'object','required':['shelf'],'properties':{'shelf':{'type':'string'}}},"
    "'options':{'type':'object','properties':{'adopt':{'type':'boolean'}}},"
    "'record':{'type':'object','required':['shelf','name'],'additionalProperties':false,'properties':{"
    "'shelf':{'type':'string','x-rp-force-new':true},'name':{'type':'string','x-rp-force-new':true},"
    "'size':{'type':'integer'},'color':{'type':'string','default':'plain'},"
    "'material':{'type':'string','x-rp-force-new':true},"
    "'secret':{'type':'string','x-rp-write-only':true,'x-rp-sensitive':true},"
    "'parts':{'type':'array','items':{'type':'object','required':['label'],'properties':{'label':{'type':'string'},"
    "'weight':{'type':'number','x-rp-computed':true}}}},"
    "'tags':{'type':'object','additionalProperties':{'type':'string'}}}},"
    "'state':{'type':'object','properties':{'id':{'type':'string'},'shelf':{'type':'string'},'name':{'type':'string'},"
    "'size':{'type':['integer','null']},'color':{'type':'string'},'material':{'type':['string','null']},"
    "'parts':{'type':['array','null'],'items':{'type':'object','properties':{'label':{'type':'string'},"
    "'weight':{'type':'number'}}}},'tags':{'type':['object','null'],'additionalProperties':{'type':'string'}},"
    "'revision':{'type':'integer'},'pin':{'type':'string','x-rp-sensitive':true}}}}}}";

/* A sanitizer would stop it before it happens. */
__attribute__((no_sanitize_undefined)) static void crash(void)
{
    *nowhere = 1;
}

static const rp_response *respond(json_object *document, int32_t status, rp_instance *instance)
{
    response *made = malloc(sizeof(*made));
    const char *json = json_object_to_json_string_ext(document, JSON_C_TO_STRING_PLAIN);

    *made = (response){{sizeof(rp_response), status, json, strlen(json), instance}, document};
    return &made->head;
}

static void release(const rp_response *head)
{
    response *answer = (response *)(size_t)head;

    if (!answer)
        return;
    json_object_put(answer->document);
    free(answer);
}

static json_object *parse(const char *request, size_t len)
{
    json_tokener *tokener = json_tokener_new();
    json_object *parsed = json_tokener_parse_ex(tokener, len ? request : "{}", len ? (int)len : 2);

    json_tokener_free(tokener);
    return parsed;
}

static const char *text(json_object *object, const char *member)
{
    json_object *value = json_object_object_get(object, member);

    return json_object_is_type(value, json_type_string) ? json_object_get_string(value) : "";
}

static json_object *result(const char *status, const char *outcome, json_object *state)
{
    json_object *made = json_object_new_object();

    json_object_object_add(made, "status", json_object_new_string(status));
    json_object_object_add(made, "outcome", json_object_new_string(outcome));
    if (state)
        json_object_object_add(made, "state", state);
    return made;
}

static json_object *fault(const char *status, const char *outcome, const char *summary, const char *path)
{
    json_object *made = result(status, outcome, NULL), *said = json_object_new_array(),
                *one = json_object_new_object();

    json_object_object_add(one, "severity", json_object_new_string("error"));
    json_object_object_add(one, "code", json_object_new_string("drawer.refused"));
    json_object_object_add(one, "summary", json_object_new_string(summary));
    if (path)
        json_object_object_add(one, "path", json_object_new_string(path));
    json_object_array_add(said, one);
    json_object_object_add(made, "diagnostics", said);
    return made;
}

/* The id, and the file's name: SHELF+NAME. */
static void name_of(json_object *record, char name[256])
{
    if (*text(record, "id"))
        snprintf(name, 256, "%s", text(record, "id"));
    else
        snprintf(name, 256, "%.100s+%.100s", text(record, "shelf"), text(record, "name"));
}

static void path_of(const rp_instance *in, json_object *record, char path[600])
{
    char name[256];

    name_of(record, name);
    snprintf(path, 600, "%s/%s.item", in->folder, name);
}

/* What was made late is there once its time has come. */
static void bring_late(const char *path)
{
    char late[610];
    struct timespec now;
    struct stat seen;

    snprintf(late, sizeof(late), "%s.late", path);
    clock_gettime(CLOCK_REALTIME, &now);
    if (stat(late, &seen) == 0 &&
        (now.tv_sec - seen.st_mtim.tv_sec) * 1000 + (now.tv_nsec - seen.st_mtim.tv_nsec) / 1000000 >= LATE_MS)
        rename(late, path);
}

static json_object *load(const rp_instance *in, json_object *record)
{
    char path[600];

    path_of(in, record, path);
    bring_late(path);
    return access(path, F_OK) ? NULL : json_object_from_file(path);
}

static void weigh(json_object *parts)
{
    for (size_t i = 0; parts && i < json_object_array_length(parts); i++)
        json_object_object_add(json_object_array_get_idx(parts, i), "weight", json_object_new_double(0.5));
}

/* What a file has: all of the record but its secret, and what the plugin adds. null means "has none". */
static json_object *item_of(json_object *record, int revision)
{
    static const char *const optional[] = {"size", "material", "parts", "tags"};
    json_object *item = NULL;
    char name[256];

    json_object_deep_copy(record, &item, NULL);
    json_object_object_del(item, "secret");
    name_of(record, name);
    json_object_object_add(item, "id", json_object_new_string(name));
    if (!*text(item, "color"))
        json_object_object_add(item, "color", json_object_new_string("plain"));
    for (size_t i = 0; i < sizeof(optional) / sizeof(*optional); i++)
        if (!json_object_object_get(item, optional[i]))
            json_object_object_add(item, optional[i], NULL);
    weigh(json_object_object_get(item, "parts"));
    json_object_object_add(item, "revision", json_object_new_int(revision));
    json_object_object_add(item, "pin",
                           json_object_new_string(*text(record, "secret") ? text(record, "secret") : "none"));
    return item;
}

static json_object *save(const rp_instance *in, json_object *item)
{
    char path[600];

    path_of(in, item, path);
    json_object_to_file(path, item);
    return item;
}

static void save_late(const rp_instance *in, json_object *item)
{
    char path[600], late[610];

    path_of(in, item, path);
    snprintf(late, sizeof(late), "%s.late", path);
    json_object_to_file(late, item);
}

static int is_cancelled(const rp_call *call)
{
    return call && call->cancel && __atomic_load_n(call->cancel, __ATOMIC_SEQ_CST);
}

static void tell(const rp_call *call, const char *kind, int record, json_object *state, const char *words)
{
    json_object *event = json_object_new_object();
    const char *json;

    json_object_object_add(event, "kind", json_object_new_string(kind));
    json_object_object_add(event, "record", json_object_new_int(record));
    json_object_object_add(event, "state", json_object_get(state));
    json_object_object_add(event, "level", json_object_new_string("debug"));
    json_object_object_add(event, "message", json_object_new_string(words));
    json = json_object_to_json_string_ext(event, JSON_C_TO_STRING_PLAIN);
    if (call && call->on_event)
        call->on_event(call->context, json, strlen(json));
    json_object_put(event);
}

static json_object *take_long(const rp_call *call, int record, json_object *item, int notices)
{
    const struct timespec moment = {.tv_nsec = 10000000};

    tell(call, "state", record, item, "");
    for (int i = 0; i < 500 && !(notices && is_cancelled(call)); i++)
        nanosleep(&moment, NULL);
    return result("cancelled", "unknown", item);
}

static json_object *create_one(const rp_instance *in, const rp_call *call, json_object *record, int index)
{
    const char *color = text(record, "color");
    json_object *there = load(in, record), *item = item_of(record, 1);
    char words[128];

    snprintf(words, sizeof(words), "an item is being made with %s", in->token); /* careless */
    tell(call, "log", index, NULL, words);
    if (there) {
        json_object_put(item);
        return result("already_exists", "none", there);
    }
    if (!strcmp(color, "crash"))
        crash();
    if (!strcmp(color, "exit"))
        exit(3);
    if (!strcmp(color, "slow") || !strcmp(color, "stuck"))
        return take_long(call, index, save(in, item), !strcmp(color, "slow"));
    if (!strcmp(color, "spoil"))
        return result("deadline_exceeded", "done", save(in, item));
    if (!strcmp(color, "late"))
        save_late(in, item);
    else if (strcmp(color, "refuse") != 0 && strcmp(color, "full") != 0 && strcmp(color, "lose") != 0)
        return result("ok", "done", save(in, item));
    json_object_put(item);
    if (!strcmp(color, "full"))
        return fault("quota_exceeded", "none", "the drawer is full", NULL);
    return !strcmp(color, "refuse") ? fault("quota_exceeded", "none", "the shelf is full", "/color")
                                    : result("unavailable", "unknown", NULL);
}

static json_object *read_one(const rp_instance *in, const rp_call *call, json_object *record, int index)
{
    json_object *item = load(in, record);

    (void)call, (void)index;
    return item ? result("ok", "done", item) : result("not_found", "done", NULL);
}

static json_object *update_one(const rp_instance *in, const rp_call *call, json_object *request, int index)
{
    json_object *state = json_object_object_get(request, "state"),
                *record = json_object_object_get(request, "record");
    json_object *there = load(in, state), *item;
    int revision;

    (void)call, (void)index;
    if (!there)
        return result("not_found", "none", NULL);
    revision = json_object_get_int(json_object_object_get(there, "revision"));
    json_object_put(there);
    if (!strcmp(text(record, "color"), "refuse"))
        return fault("quota_exceeded", "none", "the shelf is full", "/color");
    item = save(in, item_of(record, revision + 1));
    return result("ok", "done", item);
}

static json_object *delete_one(const rp_instance *in, const rp_call *call, json_object *record, int index)
{
    char path[600];

    (void)call, (void)index;
    path_of(in, record, path);
    unlink(path);
    return result("ok", "done", NULL);
}

static json_object *validate_one(const rp_instance *in, const rp_call *call, json_object *record, int index)
{
    (void)in, (void)call, (void)index;
    if (!strcmp(text(record, "color"), "ugly"))
        return fault("invalid_argument", "none", "no such colour", "/color");
    return result("ok", "done", NULL);
}

typedef json_object *act(const rp_instance *in, const rp_call *call, json_object *record, int index);

static const rp_response *each(rp_instance *in, const rp_call *call, const char *request, size_t len,
                               act *does)
{
    json_object *asked = parse(request, len), *records = json_object_object_get(asked, "records");
    json_object *document = json_object_new_object(), *results = json_object_new_array();
    int32_t status = RP_OK;

    for (size_t i = 0; records && i < json_object_array_length(records); i++) {
        json_object *one = does(in, call, json_object_array_get_idx(records, i), (int)i);

        status = strcmp(text(one, "status"), "ok") ? RP_UNAVAILABLE : status;
        json_object_array_add(results, one);
    }
    json_object_object_add(document, "results", results);
    json_object_put(asked);
    return respond(document, status, NULL);
}

static const rp_response *create(rp_instance *in, const rp_call *call, const char *request, size_t len)
{
    return each(in, call, request, len, create_one);
}

static const rp_response *read_(rp_instance *in, const rp_call *call, const char *request, size_t len)
{
    return each(in, call, request, len, read_one);
}

static const rp_response *update(rp_instance *in, const rp_call *call, const char *request, size_t len)
{
    return each(in, call, request, len, update_one);
}

static const rp_response *delete_(rp_instance *in, const rp_call *call, const char *request, size_t len)
{
    return each(in, call, request, len, delete_one);
}

static const rp_response *validate(rp_instance *in, const rp_call *call, const char *request, size_t len)
{
    return each(in, call, request, len, validate_one);
}

/* Two items a page, so that there are pages. */
static const rp_response *list(rp_instance *in, const rp_call *call, const char *request, size_t len)
{
    json_object *asked = parse(request, len), *document = json_object_new_object(),
                *results = json_object_new_array();
    const char *shelf = text(json_object_object_get(asked, "parent"), "shelf");
    int skip = atoi(text(asked, "page")), seen = 0;
    DIR *folder = opendir(in->folder);
    const struct dirent *entry;
    char path[600], page[16];

    (void)call;
    while (folder && (entry = readdir(folder))) {
        if (strncmp(entry->d_name, shelf, strlen(shelf)) != 0 || entry->d_name[strlen(shelf)] != '+' ||
            seen++ < skip || json_object_array_length(results) == 2)
            continue;
        snprintf(path, sizeof(path), "%s/%s", in->folder, entry->d_name);
        json_object_array_add(results, result("ok", "done", json_object_from_file(path)));
    }
    closedir(folder);
    snprintf(page, sizeof(page), "%d", skip + 2);
    if (seen > skip + 2)
        json_object_object_add(document, "next", json_object_new_string(page));
    json_object_object_add(document, "results", results);
    json_object_put(asked);
    return respond(document, RP_OK, NULL);
}

static const rp_response *describe(rp_instance *in, const rp_call *call, const char *request, size_t len)
{
    char json[sizeof(description)];

    (void)in, (void)call, (void)request, (void)len;
    memcpy(json, description, sizeof(json));
    for (char *c = json; *c; c++)
        *c = *c == '\'' ? '"' : *c;
    return respond(json_tokener_parse(json), RP_OK, NULL);
}

static const rp_response *open_(rp_instance *none, const rp_call *call, const char *request, size_t len)
{
    json_object *asked = parse(request, len);
    rp_instance *made = calloc(1, sizeof(*made));

    (void)none, (void)call;
    snprintf(made->folder, sizeof(made->folder), "%s",
             text(json_object_object_get(asked, "config"), "folder"));
    snprintf(made->token, sizeof(made->token), "%s", text(json_object_object_get(asked, "config"), "token"));
    json_object_put(asked);
    return respond(json_tokener_parse("{\"results\":[]}"), RP_OK, made);
}

static void close_(rp_instance *in)
{
    free(in);
}

static const rp_plugin plugin = {
    .struct_size = sizeof(rp_plugin),
    .abi_major = 1,
    .abi_minor = 0,
    .name = "drawer",
    .version = "1.0.0",
    .release = release,
    .describe = describe,
    .open = open_,
    .close = close_,
    .validate = validate,
    .create = create,
    .read = read_,
    .update = update,
    .delete_ = delete_,
    .list = list,
};

const rp_plugin *resource_plugin_entry(uint32_t host_abi_major)
{
    (void)host_abi_major;
    return &plugin;
}
