#include "plugin.h"

#include <check.h>
#include <string.h>

void (*on_operation)(rpkit_call *call, thing *state, thing *record);
void (*on_list)(rpkit_call *call, const char *page);
unsigned operations, closed;

static void operate(rpkit_call *call, thing *state, thing *record)
{
    operations++;
    if (on_operation)
        on_operation(call, state, record);
    else
        rpkit_found(call, state);
}

static void create(rpkit_call *call, void *instance, void *record)
{
    (void)instance;
    operate(call, record, record);
}

static void read_thing(rpkit_call *call, void *instance, void *state)
{
    (void)instance;
    operate(call, state, NULL);
}

static void update(rpkit_call *call, void *instance, void *state, void *record)
{
    (void)instance;
    operate(call, state, record);
}

static void list(rpkit_call *call, void *instance, void *parent, const char *page)
{
    (void)instance;
    (void)parent;
    on_list(call, page);
}

static bool check_thing(rpkit_call *call, void *record, bool is_new)
{
    const thing *one = record;

    (void)is_new;
    return !one->text || strcmp(one->text, "forbidden") || rpkit_wrong(call, "/text", "a forbidden text");
}

static bool configure(rpkit_call *call, void *instance)
{
    settings *own = instance;

    own->configured = true;
    if (own->folder && !strcmp(own->folder, "nowhere"))
        return rpkit_refuse(call, RP_INVALID_ARGUMENT, "config.folder", "/config/folder", "no such folder");
    return true;
}

static bool open_instance(rpkit_call *call, void *instance)
{
    ((settings *)instance)->opened = true;
    if (rpkit_given(call, "config", "folder"))
        rpkit_warn(call, "config.folder", "the folder is %s", ((settings *)instance)->folder);
    return true;
}

static void close_instance(void *instance, bool forked)
{
    (void)instance;
    closed += forked ? 100 : 1;
}

#define AT(member) .offset = offsetof(thing, member)

static const rpkit_attribute attributes[] = {
    {.name = "house", .kind = RPKIT_TEXT, AT(house), .key = true},
    {.name = "name", .kind = RPKIT_TEXT, AT(name), .key = true, .least = 1, .most = 20},
    {.name = "text", .kind = RPKIT_TEXT, AT(text), .required = true},
    {.name = "place", .kind = RPKIT_TEXT, AT(place), .force_new = true},
    {.name = "blob", .kind = RPKIT_TEXT, AT(blob), .computed = true, .nullable = true},
    {.name = "pin", .kind = RPKIT_TEXT, AT(pin), .sensitive = true, .write_only = true},
    {.name = "size", .kind = RPKIT_COUNT, AT(size), .least = 1, .most = 9},
    {0}};

static const rpkit_attribute options[] = {
    {.name = "adopt", .kind = RPKIT_FLAG, .offset = 0, .has_default = true}, {0}};

static const rpkit_attribute config[] = {
    {.name = "folder", .kind = RPKIT_TEXT, .offset = offsetof(settings, folder)},
    {.name = "timeout_ms",
     .kind = RPKIT_COUNT,
     .offset = offsetof(settings, timeout_ms),
     .least = 1,
     .most = 100000,
     .has_default = true,
     .usual = 5000},
    {.name = "password", .kind = RPKIT_SECRET, .offset = offsetof(settings, password)},
    {0}};

static const rpkit_resource resources[] = {
    {.name = "thing",
     .attributes = attributes,
     .size = sizeof(thing),
     .options = options,
     .options_size = sizeof(bool),
     .settle_ms = 77,
     .max_records = 50,
     .check = check_thing,
     .create = create,
     .read = read_thing,
     .update = update,
     .delete_ = read_thing,
     .list = list},
    {.name = "relic", .attributes = attributes, .size = sizeof(thing)}};

static const rp_plugin table = {.struct_size = sizeof(rp_plugin),
                                .abi_major = 1,
                                .abi_minor = 0,
                                .name = "things",
                                .version = "3.2.1",
                                RPKIT_HOOKS};

const rpkit_plugin rpkit_definition = {.table = &table,
                                       .config = config,
                                       .instance_size = sizeof(settings),
                                       .configure = configure,
                                       .open = open_instance,
                                       .close = close_instance,
                                       .resources = resources,
                                       .resource_count = 2};

answer ask(rp_hook *hook, rp_instance *instance, const rp_call *call, const char *request)
{
    answer made = {.told = hook(instance, call, request, strlen(request))};
    rp_error *error = NULL;

    ck_assert_uint_eq(made.told->struct_size, sizeof(rp_response));
    ck_assert_uint_eq(strlen(made.told->json), made.told->json_len);
    ck_assert_msg(rp_json_parse(made.told->json, made.told->json_len, &made.json, &error) == 0, "%s: %s",
                  made.told->json, error ? error->message : "");
    return made;
}

rp_instance *open_it(void)
{
    answer opened = ask(rpkit_open, NULL, NULL, "{\"config\":{}}");
    rp_instance *instance = opened.told->instance;

    ck_assert_int_eq(opened.told->status, RP_OK);
    done_with(&opened);
    return instance;
}

const rp_json *result_of(const answer *one, size_t index)
{
    return rp_json_at(rp_json_get(one->json, "results"), index);
}

const char *text_of(const rp_json *object, const char *name)
{
    const char *text = rp_json_text(rp_json_get(object, name));

    return text ? text : "(none)";
}

const char *code_of(const answer *one, size_t index)
{
    return text_of(rp_json_at(rp_json_get(result_of(one, index), "diagnostics"), 0), "code");
}

void done_with(answer *one)
{
    rp_json_free(one->json);
    rpkit_release(one->told);
    on_operation = NULL;
    operations = 0;
}
