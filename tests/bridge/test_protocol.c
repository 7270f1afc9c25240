/*
 * The bridge as Terraform talks to it, without Terraform: a client of our own, and a plugin that keeps items
 * in files.
 */
#include "requests.h"

#include "base/text.h"
#include "bridge/msgpack.h"
#include "bridge/type.h"

#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static char *folder; /* the items */

static void configure(const char *more)
{
    configure_with(arena_format(&memory, "{\"folder\":\"%s\"%s}", folder, more));
}

static void setup(void)
{
    folder = strdup("/tmp/rp-drawer-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    bridge = client_start(BRIDGE_FOLDER, CLIENT_TLS);
    ck_assert(client_is_connected(bridge));
}

static void teardown(void)
{
    char *command = rp_format("rm -r %s", folder);

    ck_assert_int_eq(client_end(bridge), 0); /* under a sanitizer, without a leak */
    client_free(bridge);
    ck_assert_int_eq(system(command), 0);
    free(command);
    free(folder);
    arena_done(&memory);
}

/* How the child ended, for tests that look at what it left. */
static int end_of_bridge(void)
{
    return client_end(bridge);
}

static void start_again(void)
{
    client_free(bridge);
    bridge = client_start(BRIDGE_FOLDER, CLIENT_PLAIN);
}

START_TEST(the_line_says_how_to_connect)
{
    char cookie[] = "TF_PLUGIN_MAGIC_COOKIE=d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2";
    const char *const by_terraform[] = {cookie, "PLUGIN_PROTOCOL_VERSIONS=5,6", NULL}, *const by_hand[] = {
                                                                                           NULL};
    const char *const multiplexing[] = {cookie, "PLUGIN_MULTIPLEX_GRPC=true", NULL};
    char *line = client_line(BRIDGE_FOLDER, by_terraform);

    ck_assert_msg(rp_starts_with(line, "1|6|unix|/"), "%s", line);
    ck_assert_str_eq(strstr(line, "|grpc|"), "|grpc|"); /* no certificate without TLS, and its bar is there */
    free(line);
    line = client_line(BRIDGE_FOLDER, by_hand);
    ck_assert_str_eq(line, "");
    free(line);
    line = client_line(BRIDGE_FOLDER, multiplexing);
    ck_assert_str_eq(strstr(line, "|grpc|"), "|grpc||false");
    free(line);
}
END_TEST

START_TEST(only_the_parent_may_connect)
{
    client *stranger = client_start(BRIDGE_FOLDER, CLIENT_STRANGER);

    ck_assert(!client_is_connected(stranger));
    client_end(stranger);
    ck_assert_ptr_nonnull(strstr(client_log(stranger), "TLS: "));
    client_free(stranger);
}
END_TEST

static const Tf__Schema__Attribute *attribute_of(const Tf__Schema *schema, const char *name)
{
    for (size_t i = 0; i < schema->block->n_attributes; i++)
        if (!strcmp(schema->block->attributes[i]->name, name))
            return schema->block->attributes[i];
    ck_abort_msg("there is no %s", name);
}

START_TEST(the_schema_is_what_the_plugin_describes)
{
    Tf__GetProviderSchemaResponse *reply;
    const Tf__Schema *single = NULL, *set = NULL;

    ck_assert_int_eq(
        client_call(bridge, "GetProviderSchema", NULL, &tf__get_provider_schema_response__descriptor, &reply),
        0);
    ck_assert_uint_eq(reply->n_diagnostics, 0);
    ck_assert(attribute_of(reply->provider, "token")->sensitive);
    ck_assert(!attribute_of(reply->provider, "token")->write_only);
    ck_assert_uint_eq(reply->n_resource_schemas, 2);
    for (size_t i = 0; i < 2; i++) {
        if (!strcmp(reply->resource_schemas[i]->key, "drawer_item"))
            single = reply->resource_schemas[i]->value;
        if (!strcmp(reply->resource_schemas[i]->key, "drawer_item_set"))
            set = reply->resource_schemas[i]->value;
    }
    ck_assert(single && set);
    ck_assert(attribute_of(single, "secret")->write_only && attribute_of(single, "secret")->sensitive);
    ck_assert(attribute_of(single, "size")->optional && attribute_of(single, "size")->computed);
    ck_assert(attribute_of(single, "name")->required);
    ck_assert_int_eq(attribute_of(single, "parts")->nested_type->nesting, TF__SCHEMA__OBJECT__NESTING__LIST);
    ck_assert_int_eq(attribute_of(set, "records")->nested_type->nesting, TF__SCHEMA__OBJECT__NESTING__MAP);
    ck_assert_uint_eq(single->block->n_block_types, 1);
    ck_assert_str_eq(single->block->block_types[0]->type_name, "timeouts");
    FREE(reply);
}
END_TEST

START_TEST(what_is_not_there_is_unimplemented)
{
    Tf__DynamicValue garbage = TF__DYNAMIC_VALUE__INIT;
    uint8_t bytes[] = {0xff, 0xff, 0xff};

    ck_assert_int_eq(client_call(bridge, "GetResourceIdentitySchemas", NULL, NULL, NULL), 12);
    ck_assert_int_eq(client_call(bridge, "MoveResourceState", NULL, NULL, NULL), 12);
    ck_assert_int_eq(client_wait(bridge, client_begin(bridge, "/no.such/Service", NULL), NULL, NULL), 12);
    garbage.msgpack = (ProtobufCBinaryData){sizeof(bytes), bytes}; /* where a name is due */
    ck_assert_int_eq(client_call(bridge, "ReadResource", &garbage.base, NULL, NULL), 0);
    ck_assert_int_eq(
        client_wait(bridge, client_begin(bridge, "/grpc.health.v1.Health/Check", NULL), NULL, NULL), 0);
    client_begin(bridge, "/plugin.GRPCStdio/StreamStdio", NULL); /* stays open, and nothing waits for it */
    ck_assert_int_eq(client_call(bridge, "StopProvider", NULL, NULL, NULL), 0);
}
END_TEST

static const char full[] =
    "{\"shelf\":\"s\",\"name\":\"n\",\"size\":3,\"secret\":\"hush\",\"parts\":[{\"label\":\"a\"},"
    "{\"label\":\"b\"}],\"tags\":{\"k\":\"v\"}}";

START_TEST(an_item_lives_from_plan_to_delete)
{
    Tf__PlanResourceChangeResponse *planned;
    Tf__ApplyResourceChangeResponse *made, *updated, *gone;
    Tf__ReadResourceResponse *seen;
    const value *state;

    configure("");
    planned = plan("drawer_item", full, NULL, nothing);
    state = plain(planned->planned_state);
    ck_assert_int_eq(value_get(state, "id")->kind, VALUE_UNKNOWN);
    ck_assert_str_eq(text_at(state, "color"), "plain");
    ck_assert_int_eq(value_get(value_get(state, "parts")->items[0], "weight")->kind, VALUE_UNKNOWN);
    ck_assert(value_is_null(value_get(state, "secret")));
    made = end_apply(begin_apply("drawer_item", full, NULL, planned->planned_state, nothing));
    ck_assert_uint_eq(made->n_diagnostics, 0);
    state = plain(made->new_state);
    ck_assert(!value_has_unknown(state));
    ck_assert_str_eq(text_at(state, "id"), "s+n");
    ck_assert_str_eq(text_at(state, "pin"), "hush"); /* the plugin got it */
    ck_assert(value_is_null(value_get(state, "secret")));
    ck_assert_str_eq(text_at(value_get(state, "parts")->items[1], "weight"), "0.5");
    FREE(planned);

    seen = look("drawer_item", made->new_state, made->private_);
    ck_assert(value_same(plain(seen->new_state), state));
    planned = plan("drawer_item", full, seen->new_state, seen->private_);
    ck_assert(value_same(plain(planned->planned_state), state));
    ck_assert_uint_eq(planned->n_requires_replace, 0);
    FREE(planned);
    /* Another size, and no tags any more: in place. */
    updated =
        make("drawer_item", "{\"shelf\":\"s\",\"name\":\"n\",\"size\":4}", seen->new_state, seen->private_);
    ck_assert_uint_eq(updated->n_diagnostics, 0);
    state = plain(updated->new_state);
    ck_assert_str_eq(text_at(state, "size"), "4");
    ck_assert_str_eq(text_at(state, "revision"), "2");
    ck_assert(value_is_null(value_get(state, "tags")));
    FREE(seen);
    planned = plan("drawer_item", "{\"shelf\":\"s\",\"name\":\"other\",\"material\":\"oak\"}",
                   updated->new_state, updated->private_);
    ck_assert_uint_eq(planned->n_requires_replace, 2);
    FREE(planned);
    gone =
        end_apply(begin_apply("drawer_item", "null", updated->new_state, dynamic("null"), updated->private_));
    ck_assert_uint_eq(gone->n_diagnostics, 0);
    ck_assert(value_is_null(plain(gone->new_state)));
    seen = look("drawer_item", updated->new_state, updated->private_);
    ck_assert(value_is_null(plain(seen->new_state)));
    FREE(seen);
    FREE(made);
    FREE(updated);
    FREE(gone);
}
END_TEST

static const char *with_secret(const char *secret)
{
    return arena_format(&memory, "{\"shelf\":\"s\",\"name\":\"n\",\"secret\":\"%s\"}", secret);
}

/* Terraform never sees the secret: what it sees is a version that counts. */
START_TEST(another_secret_is_an_update)
{
    Tf__ApplyResourceChangeResponse *made, *next;
    Tf__PlanResourceChangeResponse *planned;
    const value *state;

    configure("");
    made = make("drawer_item", with_secret("one"), NULL, nothing);
    ck_assert_str_eq(text_at(plain(made->new_state), "write_only_version"), "1");
    ck_assert_ptr_null(memmem(made->private_.data, made->private_.len, "one", 3));
    planned = plan("drawer_item", with_secret("one"), made->new_state, made->private_);
    ck_assert(value_same(plain(planned->planned_state), plain(made->new_state)));
    FREE(planned);
    /* An update that is refused leaves all as it was: the next one sends the secret again. */
    next = make("drawer_item", "{\"shelf\":\"s\",\"name\":\"n\",\"secret\":\"two\",\"color\":\"refuse\"}",
                made->new_state, made->private_);
    ck_assert_uint_ge(next->n_diagnostics, 1);
    ck_assert_str_eq(text_at(plain(next->new_state), "write_only_version"), "1");
    FREE(made);
    made = make("drawer_item", with_secret("two"), next->new_state, next->private_);
    ck_assert_uint_eq(made->n_diagnostics, 0);
    state = plain(made->new_state);
    ck_assert_str_eq(text_at(state, "write_only_version"), "2");
    ck_assert_str_eq(text_at(state, "pin"), "two");
    ck_assert_str_eq(text_at(state, "revision"), "2");
    FREE(made);
    FREE(next);
}
END_TEST

static const char *set_with_secrets(const char *one, const char *two)
{
    return arena_format(
        &memory,
        "{\"shelf\":\"s\",\"records\":{\"one\":{\"name\":\"1\",\"secret\":\"%s\"},\"two\":{\"name\":\"2\","
        "\"secret\":\"%s\"}}}",
        one, two);
}

START_TEST(another_secret_in_a_set_updates_its_record_alone)
{
    Tf__ApplyResourceChangeResponse *made, *next;
    const value *records;

    configure("");
    made = make("drawer_item_set", set_with_secrets("a", "b"), NULL, nothing);
    next = make("drawer_item_set", set_with_secrets("a", "c"), made->new_state, made->private_);
    ck_assert_uint_eq(next->n_diagnostics, 0);
    records = value_get(plain(next->new_state), "records");
    ck_assert_str_eq(text_at(value_get(records, "one"), "write_only_version"), "1");
    ck_assert_str_eq(text_at(value_get(records, "one"), "revision"), "1");
    ck_assert_str_eq(text_at(value_get(records, "two"), "write_only_version"), "2");
    ck_assert_str_eq(text_at(value_get(records, "two"), "pin"), "c");
    FREE(made);
    FREE(next);
}
END_TEST

static void check_first(size_t count, Tf__Diagnostic **items, int severity, const char *words,
                        const char *place)
{
    ck_assert_uint_ge(count, 1);
    ck_assert_int_eq(items[0]->severity, severity);
    ck_assert_msg(strstr(items[0]->summary, words) != NULL, "\"%s\" does not say \"%s\"", items[0]->summary,
                  words);
    if (place)
        ck_assert_str_eq(items[0]->attribute->steps[0]->attribute_name, place);
}

static Tf__DiagnosticsResponse *check(const char *config, bool write_only)
{
    Tf__ValidateConfigRequest asked = TF__VALIDATE_CONFIG_REQUEST__INIT;
    Tf__ClientCapabilities capabilities = TF__CLIENT_CAPABILITIES__INIT;
    Tf__DiagnosticsResponse *reply;

    capabilities.write_only_attributes_allowed = write_only;
    asked.client_capabilities = &capabilities;
    asked.type_name = (char *)(size_t) "drawer_item";
    asked.config = dynamic(config);
    ck_assert_int_eq(client_call(bridge, "ValidateResourceConfig", &asked.base,
                                 &tf__diagnostics_response__descriptor, &reply),
                     0);
    return reply;
}

/* In a process that is never configured. */
START_TEST(what_is_wrong_is_told_at_its_attribute)
{
    Tf__DiagnosticsResponse *reply = check("{\"shelf\":\"s\",\"name\":\"n\",\"color\":\"ugly\"}", true);

    check_first(reply->n_diagnostics, reply->diagnostics, 1, "no such colour", "color");
    FREE(reply);
    reply = check("{\"shelf\":\"s\",\"name\":\"?\",\"color\":\"?\"}", true);
    ck_assert_uint_eq(reply->n_diagnostics, 0);
    FREE(reply);
    reply = check("{\"shelf\":\"s\",\"name\":\"n\",\"timeouts\":{\"create\":\"soon\"}}", true);
    check_first(reply->n_diagnostics, reply->diagnostics, 1, "no duration", "timeouts");
    FREE(reply);
    reply = check(full, false);
    check_first(reply->n_diagnostics, reply->diagnostics, 1, "1.11", "secret");
    FREE(reply);
    reply = check(full, true);
    ck_assert_uint_eq(reply->n_diagnostics, 0);
    FREE(reply);
}
END_TEST

static const char *item_with(const char *name, const char *color)
{
    return arena_format(&memory, "{\"shelf\":\"s\",\"name\":\"%s\",\"color\":\"%s\"}", name, color);
}

START_TEST(an_outcome_decides_what_is_recorded)
{
    Tf__ApplyResourceChangeResponse *reply;
    Tf__ReadResourceResponse *seen;

    configure("");
    reply = make("drawer_item", item_with("a", "refuse"), NULL, nothing);
    check_first(reply->n_diagnostics, reply->diagnostics, 1, "the shelf is full", "color");
    ck_assert(value_is_null(plain(reply->new_state))); /* nothing was changed: nothing is recorded */
    FREE(reply);
    reply = make("drawer_item", item_with("b", "spoil"), NULL, nothing);
    ck_assert_uint_ge(reply->n_diagnostics, 1);
    ck_assert_str_eq(text_at(plain(reply->new_state), "id"), "s+b");
    FREE(reply);
    reply = make("drawer_item", item_with("c", "lose"), NULL, nothing); /* without a state of the plugin's */
    ck_assert_uint_ge(reply->n_diagnostics, 1);
    ck_assert_str_eq(text_at(plain(reply->new_state), "name"), "c");
    ck_assert(!value_has_unknown(plain(reply->new_state)));
    seen = look("drawer_item", reply->new_state, reply->private_);
    ck_assert(!value_is_null(plain(seen->new_state))); /* it may still appear */
    check_first(seen->n_diagnostics, seen->diagnostics, 2, "may still take effect", NULL);
    FREE(seen);
    usleep(1300000);
    seen = look("drawer_item", reply->new_state, reply->private_);
    ck_assert(value_is_null(plain(seen->new_state)));
    FREE(seen);
    FREE(reply);
    reply = make("drawer_item", item_with("b", "plain"), NULL, nothing);
    ck_assert(value_is_null(plain(reply->new_state)));
    ck_assert_ptr_nonnull(strstr(reply->diagnostics[1]->summary, "import it by its id s+b"));
    FREE(reply);
}
END_TEST

static const char *set_of(const char *records)
{
    return arena_format(&memory, "{\"shelf\":\"s\",\"records\":{%s}}", records);
}

START_TEST(a_set_records_what_was_made_and_tells_what_failed)
{
    const char *config =
        set_of("\"one\":{\"name\":\"1\"},\"two\":{\"name\":\"2\",\"color\":\"refuse\"},\"three\":{\"name\":"
               "\"3\",\"color\":\"lose\"}");
    Tf__ApplyResourceChangeResponse *made, *next;
    const value *state, *records;

    configure("");
    made = make("drawer_item_set", config, NULL, nothing);
    check_first(made->n_diagnostics, made->diagnostics, 2, "the shelf is full", "records");
    for (size_t i = 0; i < made->n_diagnostics; i++)
        ck_assert_int_eq(made->diagnostics[i]->severity, 2); /* an error would taint what works */
    ck_assert(made->legacy_type_system);
    state = plain(made->new_state);
    records = value_get(state, "records");
    ck_assert_uint_eq(records->count, 2);
    ck_assert_str_eq(text_at(value_get(records, "one"), "id"), "s+1");
    ck_assert_ptr_nonnull(value_get(records, "three")); /* nobody knows: it stays */
    ck_assert_uint_eq(value_get(state, "failed")->count, 2);
    ck_assert_ptr_nonnull(strstr(text_at(value_get(state, "failed"), "two"), "the shelf is full"));

    /* Another name for 1, 2 is made, 3 is left out: one is kept, one made, one gone. */
    config = set_of("\"uno\":{\"name\":\"1\"},\"two\":{\"name\":\"2\"}");
    next = make("drawer_item_set", config, made->new_state, made->private_);
    ck_assert_uint_eq(next->n_diagnostics, 0);
    state = plain(next->new_state);
    ck_assert_uint_eq(value_get(state, "failed")->count, 0);
    ck_assert_str_eq(text_at(value_get(value_get(state, "records"), "uno"), "revision"), "1");
    ck_assert(!next->legacy_type_system);
    FREE(made);
    /* A failed update is an error, and the truth. */
    config = set_of("\"uno\":{\"name\":\"1\",\"size\":7},\"two\":{\"name\":\"2\",\"color\":\"refuse\"}");
    made = make("drawer_item_set", config, next->new_state, next->private_);
    check_first(made->n_diagnostics, made->diagnostics, 1, "the shelf is full", "records");
    records = value_get(plain(made->new_state), "records");
    ck_assert_str_eq(text_at(value_get(records, "uno"), "revision"), "2");
    ck_assert_str_eq(text_at(value_get(records, "two"), "color"), "plain");
    FREE(made);
    FREE(next);
    made = make("drawer_item_set", set_of("\"x\":{\"name\":\"x\",\"color\":\"refuse\"}"), NULL, nothing);
    check_first(made->n_diagnostics, made->diagnostics, 1, "the shelf is full", NULL);
    ck_assert(value_is_null(plain(made->new_state)));
    FREE(made);
}
END_TEST

START_TEST(what_is_wrong_with_many_records_is_told_once)
{
    Tf__ApplyResourceChangeResponse *made;

    configure("");
    made = make("drawer_item_set",
                set_of("\"a\":{\"name\":\"1\",\"color\":\"full\"},\"b\":{\"name\":\"2\",\"color\":\"full\"},"
                       "\"c\":{\"name\":\"3\",\"color\":\"full\"}"),
                NULL, nothing);
    ck_assert_uint_eq(made->n_diagnostics, 1);
    ck_assert_str_eq(made->diagnostics[0]->summary, "a and 2 more: the drawer is full");
    FREE(made);
}
END_TEST

START_TEST(an_import_by_names_that_do_not_exist_says_so)
{
    Tf__ImportResourceStateRequest asked = TF__IMPORT_RESOURCE_STATE_REQUEST__INIT;
    Tf__ImportResourceStateResponse *reply;

    asked.type_name = (char *)(size_t) "drawer_item";
    asked.id = (char *)(size_t) "shelf=s,nam=n";
    ck_assert_int_eq(client_call(bridge, "ImportResourceState", &asked.base,
                                 &tf__import_resource_state_response__descriptor, &reply),
                     0);
    ck_assert_uint_eq(reply->n_imported_resources, 0);
    check_first(reply->n_diagnostics, reply->diagnostics, 1, "shelf=s,nam=n", NULL);
    FREE(reply);
}
END_TEST

START_TEST(a_set_may_be_empty)
{
    Tf__ApplyResourceChangeResponse *made, *next;
    Tf__ReadResourceResponse *seen;

    configure("");
    made = make("drawer_item_set", set_of(""), NULL, nothing);
    ck_assert_uint_eq(made->n_diagnostics, 0);
    ck_assert_uint_eq(value_get(plain(made->new_state), "records")->count, 0);
    seen = look("drawer_item_set", made->new_state, made->private_);
    ck_assert(value_same(plain(seen->new_state), plain(made->new_state)));
    next = make("drawer_item_set", set_of("\"one\":{\"name\":\"1\"}"), seen->new_state, seen->private_);
    ck_assert_uint_eq(value_get(plain(next->new_state), "records")->count, 1);
    FREE(made);
    made = make("drawer_item_set", set_of(""), next->new_state, next->private_);
    ck_assert_uint_eq(value_get(plain(made->new_state), "records")->count, 0);
    FREE(made);
    FREE(next);
    FREE(seen);
}
END_TEST

static bool has_item(const char *name)
{
    return access(arena_format(&memory, "%s/s+%s.item", folder, name), F_OK) == 0;
}

static bool is_coming(const char *name)
{
    return access(arena_format(&memory, "%s/s+%s.item.late", folder, name), F_OK) == 0;
}

/* A set of an item that is there, and one of which nobody knows whether it will be. */
static Tf__ApplyResourceChangeResponse *make_half_known(const char *how)
{
    Tf__ApplyResourceChangeResponse *made =
        make("drawer_item_set",
             set_of(arena_format(&memory,
                                 "\"one\":{\"name\":\"1\"},\"two\":{\"name\":\"2\",\"color\":\"%s\"}", how)),
             NULL, nothing);

    ck_assert_ptr_nonnull(value_get(value_get(plain(made->new_state), "records"), "two"));
    ck_assert_ptr_nonnull(value_get(value_get(plain(made->new_state), "failed"), "two"));
    return made;
}

/* Refreshed, and then applied with this configuration. */
static Tf__ApplyResourceChangeResponse *go_on(Tf__ApplyResourceChangeResponse *made, const char *config)
{
    Tf__ReadResourceResponse *seen = look("drawer_item_set", made->new_state, made->private_);
    Tf__ApplyResourceChangeResponse *next = make("drawer_item_set", config, seen->new_state, seen->private_);

    FREE(seen);
    FREE(made);
    return next;
}

START_TEST(a_record_that_may_still_appear_stays_in_the_set)
{
    Tf__ApplyResourceChangeResponse *made;
    Tf__ReadResourceResponse *seen;

    configure("");
    made = make_half_known("lose");
    seen = look("drawer_item_set", made->new_state, made->private_);
    check_first(seen->n_diagnostics, seen->diagnostics, 2, "may still take effect", "records");
    ck_assert_ptr_nonnull(value_get(value_get(plain(seen->new_state), "records"), "two"));
    ck_assert_ptr_nonnull(value_get(value_get(plain(seen->new_state), "failed"), "two"));
    FREE(seen);
    usleep(1300000);
    seen = look("drawer_item_set", made->new_state, made->private_);
    ck_assert_uint_eq(seen->n_diagnostics, 0);
    ck_assert_ptr_null(value_get(value_get(plain(seen->new_state), "records"), "two"));
    FREE(seen);
    FREE(made);
}
END_TEST

START_TEST(a_record_that_appears_late_is_removed_if_it_is_configured_no_more)
{
    Tf__ApplyResourceChangeResponse *next;

    configure("");
    next = go_on(make_half_known("late"), set_of("\"one\":{\"name\":\"1\"}"));
    ck_assert_uint_eq(next->n_diagnostics, 0);
    ck_assert_uint_eq(value_get(plain(next->new_state), "records")->count, 1);
    ck_assert(has_item("1") && !has_item("2") && !is_coming("2"));
    FREE(next);
}
END_TEST

START_TEST(a_set_is_destroyed_with_what_appears_late)
{
    Tf__ApplyResourceChangeResponse *made, *gone;

    configure("");
    made = make_half_known("late");
    gone =
        end_apply(begin_apply("drawer_item_set", "null", made->new_state, dynamic("null"), made->private_));
    ck_assert_uint_eq(gone->n_diagnostics, 0);
    ck_assert(value_is_null(plain(gone->new_state)));
    ck_assert(!has_item("1") && !has_item("2") && !is_coming("2"));
    FREE(gone);
    FREE(made);
}
END_TEST

START_TEST(a_record_that_appears_late_is_made_once_and_becomes_as_configured)
{
    Tf__ApplyResourceChangeResponse *next;

    configure("");
    next = go_on(make_half_known("late"),
                 set_of("\"one\":{\"name\":\"1\"},\"two\":{\"name\":\"2\",\"color\":\"red\"}"));
    ck_assert_uint_eq(next->n_diagnostics, 0);
    ck_assert_uint_eq(value_get(plain(next->new_state), "failed")->count, 0);
    ck_assert_str_eq(text_at(value_get(value_get(plain(next->new_state), "records"), "two"), "color"), "red");
    ck_assert_str_eq(text_at(value_get(value_get(plain(next->new_state), "records"), "two"), "revision"),
                     "2");
    FREE(next);
}
END_TEST

START_TEST(a_record_that_never_appears_is_made_again_or_forgotten)
{
    Tf__ApplyResourceChangeResponse *next;

    configure("");
    next = go_on(make_half_known("lose"), set_of("\"one\":{\"name\":\"1\"},\"two\":{\"name\":\"2\"}"));
    ck_assert_uint_eq(next->n_diagnostics, 0);
    ck_assert(has_item("2"));
    FREE(next);
    next =
        go_on(make("drawer_item_set",
                   set_of("\"x\":{\"name\":\"x\"},\"y\":{\"name\":\"y\",\"color\":\"lose\"}"), NULL, nothing),
              set_of("\"x\":{\"name\":\"x\"}"));
    ck_assert_uint_eq(next->n_diagnostics, 0);
    ck_assert_uint_eq(value_get(plain(next->new_state), "records")->count, 1);
    FREE(next);
}
END_TEST

/* Until when the private state says that a record is not settled. */
static long long until_of(ProtobufCBinaryData kept)
{
    const char *text = strstr(arena_copy(&memory, (const char *)kept.data, kept.len), "\"until\":");

    ck_assert_ptr_nonnull(text);
    return strtoll(text + strlen("\"until\":"), NULL, 10);
}

/* The time of the apply is shorter than the plugin's settle_ms: what is not known stays, for the next one. */
START_TEST(a_record_that_cannot_be_told_in_time_is_kept)
{
    static const char brief[] = "\"timeouts\":{\"create\":\"20ms\"}";
    const char *without = arena_format(&memory, "{\"shelf\":\"s\",\"records\":{\"one\":{\"name\":\"1\"}},%s}",
                                       brief),
               *with = arena_format(&memory,
                                    "{\"shelf\":\"s\",\"records\":{\"one\":{\"name\":\"1\"},\"two\":{"
                                    "\"name\":\"2\",\"color\":\"late\"}},%s}",
                                    brief);
    Tf__ApplyResourceChangeResponse *next;
    long long until;

    configure("");
    next = make("drawer_item_set", with, NULL, nothing);
    until = until_of(next->private_);
    for (int i = 0; i < 2; i++) {
        const char *config = i ? without : with;

        next = go_on(next, config);
        check_first(next->n_diagnostics, next->diagnostics, 1, "may still take effect", "records");
        ck_assert_ptr_nonnull(value_get(value_get(plain(next->new_state), "records"), "two"));
        ck_assert_ptr_nonnull(value_get(value_get(plain(next->new_state), "failed"), "two"));
        ck_assert_int_eq(until_of(next->private_), until); /* nothing was sent meanwhile */
    }
    usleep(700000);
    next = go_on(next, without);
    ck_assert_uint_eq(next->n_diagnostics, 0);
    ck_assert(!has_item("2") && !is_coming("2"));
    FREE(next);
}
END_TEST

START_TEST(a_large_set_is_split_as_the_plugin_asks)
{
    rp_buffer records = RP_BUFFER(100000);
    Tf__ApplyResourceChangeResponse *made;
    Tf__ReadResourceResponse *seen;
    Tf__ImportResourceStateRequest asked = TF__IMPORT_RESOURCE_STATE_REQUEST__INIT;
    Tf__ImportResourceStateResponse *imported;

    for (int i = 0; i < 23; i++)
        rp_buffer_format(&records, "%s\"r%d\":{\"name\":\"%d\"}", i ? "," : "", i, i);
    configure("");
    made = make("drawer_item_set", set_of(rp_buffer_text(&records)), NULL, nothing);
    ck_assert_uint_eq(made->n_diagnostics, 0);
    ck_assert_uint_eq(value_get(plain(made->new_state), "records")->count, 23);
    FREE(made);
    asked.type_name = (char *)(size_t) "drawer_item_set";
    asked.id = (char *)(size_t) "s";
    ck_assert_int_eq(client_call(bridge, "ImportResourceState", &asked.base,
                                 &tf__import_resource_state_response__descriptor, &imported),
                     0);
    ck_assert_uint_eq(imported->n_imported_resources, 1);
    seen = look("drawer_item_set", imported->imported_resources[0]->state, nothing);
    ck_assert_uint_eq(value_get(plain(seen->new_state), "records")->count, 23); /* twelve pages */
    FREE(seen);
    FREE(imported);
    rp_buffer_done(&records);
}
END_TEST

START_TEST(many_calls_run_side_by_side)
{
    int32_t streams[60];

    configure("");
    for (size_t i = 0; i < rp_count_of(streams); i++) {
        const char *config = item_with(arena_format(&memory, "n%zu", i), "plain");
        Tf__PlanResourceChangeResponse *planned = plan("drawer_item", config, NULL, nothing);

        streams[i] = begin_apply("drawer_item", config, NULL, planned->planned_state, nothing);
        FREE(planned);
    }
    for (size_t i = rp_count_of(streams); i--;) {
        Tf__ApplyResourceChangeResponse *reply = end_apply(streams[i]);
        char id[16];

        snprintf(id, sizeof(id), "s+n%zu", i);
        ck_assert_str_eq(text_at(plain(reply->new_state), "id"), id);
        FREE(reply);
    }
}
END_TEST

static int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int32_t begin_item(const char *name, const char *color)
{
    const char *config = item_with(name, color);
    Tf__PlanResourceChangeResponse *planned = plan("drawer_item", config, NULL, nothing);
    int32_t stream = begin_apply("drawer_item", config, NULL, planned->planned_state, nothing);

    FREE(planned);
    return stream;
}

START_TEST(stop_cancels_and_keeps_the_state)
{
    Tf__ApplyResourceChangeResponse *reply;
    int32_t slow;
    int64_t began;

    configure("");
    slow = begin_item("a", "slow");
    usleep(100000);
    began = now_ms();
    ck_assert_int_eq(client_call(bridge, "StopProvider", NULL, NULL, NULL), 0);
    reply = end_apply(slow);
    ck_assert_int_lt(now_ms() - began, 3000);
    ck_assert_str_eq(text_at(plain(reply->new_state), "id"), "s+a");
    ck_assert_uint_ge(reply->n_diagnostics, 1);
    FREE(reply);
}
END_TEST

START_TEST(good_bye_with_calls_in_flight_returns_what_is_known)
{
    Tf__ApplyResourceChangeResponse *reply;
    int32_t stuck, bye;
    int64_t began;

    configure("");
    stuck = begin_item("a", "stuck");
    usleep(200000);
    began = now_ms();
    bye = client_begin(bridge, "/plugin.GRPCController/Shutdown", NULL);
    ck_assert_int_eq(client_wait(bridge, bye, NULL, NULL), 0);
    reply = end_apply(stuck);
    ck_assert_int_lt(now_ms() - began, 3000);
    check_first(reply->n_diagnostics, reply->diagnostics, 1, "interrupted", NULL);
    ck_assert_str_eq(text_at(plain(reply->new_state), "id"),
                     "s+a"); /* from the event: the call never came back */
    ck_assert_uint_gt(reply->private_.len, 0);
    FREE(reply);
    ck_assert_int_eq(end_of_bridge(), 0);
    ck_assert_int_lt(now_ms() - began, 3000);
    start_again();
}
END_TEST

static void check_last_words(const char *color, const char *words)
{
    configure("");
    ck_assert_int_eq(client_wait(bridge, begin_item("a", color), NULL, NULL), -1);
    end_of_bridge();
    ck_assert_msg(strstr(client_log(bridge), words) != NULL, "\"%s\" does not say \"%s\"", client_log(bridge),
                  words);
    ck_assert_msg(access(client_socket(bridge), F_OK) != 0, "the socket is left");
    start_again();
}

START_TEST(a_crash_has_last_words)
{
    check_last_words("crash", "panic: plugin drawer 1.0.0: segmentation fault in create\n");
}
END_TEST

START_TEST(a_plugin_that_exits_has_last_words)
{
    check_last_words("exit", "panic: plugin drawer 1.0.0 called exit in create\n");
}
END_TEST

START_TEST(log_events_reach_terraform_in_its_shape)
{
    Tf__ApplyResourceChangeResponse *reply;
    const char *line;

    configure(",\"token\":\"open sesame\"");
    reply = make("drawer_item", item_with("a", "plain"), NULL, nothing);
    FREE(reply);
    ck_assert_int_eq(end_of_bridge(), 0);
    ck_assert_ptr_null(strstr(client_log(bridge), "open sesame"));
    line = strstr(
        client_log(bridge),
        "{\"@level\":\"debug\",\"@message\":\"an item is being made with (sensitive)\",\"@module\":\"drawer\"");
    ck_assert_msg(line != NULL, "%s", client_log(bridge));
    line = strstr(line, "\"@timestamp\":\"");
    ck_assert_ptr_nonnull(line);
    ck_assert_uint_eq(strcspn(strchr(line, '.'), "Z"), 7); /* six decimals */
    start_again();
}
END_TEST

START_TEST(what_is_not_known_yet_is_no_error)
{
    Tf__ConfigureProviderRequest asked = TF__CONFIGURE_PROVIDER_REQUEST__INIT;
    Tf__DiagnosticsResponse *configured;
    Tf__PlanResourceChangeResponse *planned;
    Tf__ReadResourceResponse *seen;
    Tf__ApplyResourceChangeResponse *reply;

    asked.config = dynamic("{\"folder\":\"?\"}");
    ck_assert_int_eq(client_call(bridge, "ConfigureProvider", &asked.base,
                                 &tf__diagnostics_response__descriptor, &configured),
                     0);
    ck_assert_uint_eq(configured->n_diagnostics, 0);
    FREE(configured);
    planned = plan("drawer_item", "{\"shelf\":\"?\",\"name\":\"n\",\"parts\":\"?\"}", NULL, nothing);
    ck_assert_uint_eq(planned->n_diagnostics, 0);
    ck_assert_int_eq(value_get(plain(planned->planned_state), "parts")->kind, VALUE_UNKNOWN);
    reply =
        end_apply(begin_apply("drawer_item", item_with("n", "plain"), NULL, planned->planned_state, nothing));
    check_first(reply->n_diagnostics, reply->diagnostics, 1, "not known", NULL);
    FREE(reply);
    FREE(planned);
    planned = plan("drawer_item_set", "{\"shelf\":\"s\",\"records\":\"?\"}", NULL, nothing);
    ck_assert_uint_eq(planned->n_diagnostics, 0);
    ck_assert_int_eq(value_get(plain(planned->planned_state), "records")->kind, VALUE_UNKNOWN);
    FREE(planned);
    planned = plan("drawer_item_set", "{\"shelf\":\"s\",\"records\":{\"a\":{\"name\":\"?\"},\"b\":\"?\"}}",
                   NULL, nothing);
    ck_assert_uint_eq(planned->n_diagnostics, 0);
    FREE(planned);
    seen = look("drawer_item", dynamic("{\"id\":\"s+n\",\"shelf\":\"s\",\"name\":\"n\"}"), nothing);
    check_first(seen->n_diagnostics, seen->diagnostics, 2, "not known yet", NULL);
    ck_assert_str_eq(text_at(plain(seen->new_state), "id"), "s+n");
    FREE(seen);
}
END_TEST

START_TEST(stored_states_stay_as_they_are)
{
    static const char json[] = "{\"id\":\"s+n\",\"size\":12345678901234567890123}";
    Tf__UpgradeResourceStateRequest asked = TF__UPGRADE_RESOURCE_STATE_REQUEST__INIT;
    Tf__RawState raw = TF__RAW_STATE__INIT;
    Tf__UpgradeResourceStateResponse *reply;

    asked.type_name = (char *)(size_t) "drawer_item";
    raw.json = (ProtobufCBinaryData){strlen(json), (uint8_t *)(size_t)json};
    asked.raw_state = &raw;
    ck_assert_int_eq(client_call(bridge, "UpgradeResourceState", &asked.base,
                                 &tf__upgrade_resource_state_response__descriptor, &reply),
                     0);
    ck_assert_uint_eq(reply->upgraded_state->json.len, strlen(json));
    ck_assert_mem_eq(reply->upgraded_state->json.data, json, strlen(json));
    FREE(reply);
}
END_TEST

static long rss_kb(pid_t of)
{
    char path[64], line[256];
    FILE *file;
    long kb = 0;

    snprintf(path, sizeof(path), "/proc/%ld/status", (long)of);
    file = fopen(path, "r");
    while (file && fgets(line, sizeof(line), file))
        sscanf(line, "VmRSS: %ld", &kb);
    if (file)
        fclose(file);
    return kb;
}

START_TEST(a_thousand_calls_leave_nothing_behind)
{
    Tf__ApplyResourceChangeResponse *made;
    long before = 0, after;

    configure("");
    made = make("drawer_item", full, NULL, nothing);
    for (int i = 0; i < 2200; i++) {
        Tf__ReadResourceResponse *seen = look("drawer_item", made->new_state, made->private_);

        FREE(seen);
        if (i == 1200)
            before = rss_kb(client_pid(bridge));
    }
    after = rss_kb(client_pid(bridge));
    FREE(made);
    printf("after 1,200 calls %ld KiB, after 2,200 %ld KiB\n", before, after);
    if (!BRIDGE_SANITIZED)
        ck_assert_int_lt(after - before, 200);
}
END_TEST

START_TEST(sigterm_ends_it_in_order)
{
    configure("");
    ck_assert_int_eq(kill(client_pid(bridge), SIGTERM), 0);
    ck_assert_int_eq(end_of_bridge(), 0);
    ck_assert_int_ne(access(client_socket(bridge), F_OK), 0);
    start_again();
}
END_TEST

START_TEST(without_a_plugin_the_schema_says_so)
{
    client *alone = client_start(BRIDGE_ALONE, CLIENT_PLAIN);
    Tf__GetProviderSchemaResponse *reply;
    int32_t asked = client_begin(alone, "/tfplugin6.Provider/GetProviderSchema", NULL);

    ck_assert_int_eq(client_wait(alone, asked, &tf__get_provider_schema_response__descriptor, &reply), 0);
    check_first(reply->n_diagnostics, reply->diagnostics, 1, "no such file", NULL);
    FREE(reply);
    client_end(alone);
    client_free(alone);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("bridge_protocol");
    TCase *alone = tcase_create("handshake"), *tests = tcase_create("methods");
    SRunner *runner;
    int failed;

    signal(SIGPIPE, SIG_IGN);
    tcase_add_test(alone, the_line_says_how_to_connect);
    tcase_add_test(alone, only_the_parent_may_connect);
    tcase_add_test(alone, without_a_plugin_the_schema_says_so);
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_set_timeout(tests, 60);
    tcase_set_timeout(alone, 60);
    tcase_add_test(tests, the_schema_is_what_the_plugin_describes);
    tcase_add_test(tests, what_is_not_there_is_unimplemented);
    tcase_add_test(tests, an_item_lives_from_plan_to_delete);
    tcase_add_test(tests, another_secret_is_an_update);
    tcase_add_test(tests, another_secret_in_a_set_updates_its_record_alone);
    tcase_add_test(tests, what_is_wrong_is_told_at_its_attribute);
    tcase_add_test(tests, an_outcome_decides_what_is_recorded);
    tcase_add_test(tests, a_set_records_what_was_made_and_tells_what_failed);
    tcase_add_test(tests, a_set_may_be_empty);
    tcase_add_test(tests, what_is_wrong_with_many_records_is_told_once);
    tcase_add_test(tests, an_import_by_names_that_do_not_exist_says_so);
    tcase_add_test(tests, a_record_that_may_still_appear_stays_in_the_set);
    tcase_add_test(tests, a_record_that_appears_late_is_removed_if_it_is_configured_no_more);
    tcase_add_test(tests, a_set_is_destroyed_with_what_appears_late);
    tcase_add_test(tests, a_record_that_appears_late_is_made_once_and_becomes_as_configured);
    tcase_add_test(tests, a_record_that_never_appears_is_made_again_or_forgotten);
    tcase_add_test(tests, a_record_that_cannot_be_told_in_time_is_kept);
    tcase_add_test(tests, a_large_set_is_split_as_the_plugin_asks);
    tcase_add_test(tests, many_calls_run_side_by_side);
    tcase_add_test(tests, stop_cancels_and_keeps_the_state);
    tcase_add_test(tests, good_bye_with_calls_in_flight_returns_what_is_known);
    tcase_add_test(tests, sigterm_ends_it_in_order);
    tcase_add_test(tests, a_crash_has_last_words);
    tcase_add_test(tests, a_plugin_that_exits_has_last_words);
    tcase_add_test(tests, log_events_reach_terraform_in_its_shape);
    tcase_add_test(tests, what_is_not_known_yet_is_no_error);
    tcase_add_test(tests, stored_states_stay_as_they_are);
    tcase_add_test(tests, a_thousand_calls_leave_nothing_behind);
    suite_add_tcase(suite, alone);
    suite_add_tcase(suite, tests);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
