#include "base/text.h"
#include "cli/config/address.h"
#include "cli/engine/workspace.h"
#include "cli/output/call_report.h"
#include "cli/output/text.h"
#include "cli/verbs/options.h"
#include "cli/verbs/verbs.h"

#include <string.h>
#include <unistd.h>

const rp_option rp_state_options[] = {
    RP_CONFIG_OPTION,
    RP_STATE_OPTION,
    RP_LOCK_OPTION,
    RP_OPTION("force", RP_OPTION_SWITCH, force, NULL,
              "restore over another state or what is no state; change a state that has open intents"),
    RP_OUTPUT_OPTIONS,
    {0},
};

const char rp_state_details[] =
    "  list [ADDRESS]      print the addresses of all objects, or of those below ADDRESS\n"
    "  show ADDRESS        print an object\n"
    "  rm ADDRESS          remove an object, or all objects of a resource, from the state without deleting them\n"
    "  mv ADDRESS ADDRESS  move an object, or all objects of a resource, to another address\n"
    "  untaint ADDRESS     keep an object, or all objects of a resource, that apply would replace because it is tainted\n"
    "  backup [FILE]       copy the state; default: its own name with .backup at the end\n"
    "  restore [FILE]      replace the state by a copy\n"
    "\n"
    "Addresses look like web or 'web[\"a\"]'.\n";

static int none_within(const rp_workspace *in, const char *address, rp_error **error)
{
    return rp_error_set(error, RP_E_NOT_FOUND, "%s has no %s: run \"rp state list\" for the addresses",
                        in->state_path, address);
}

static int list(rp_workspace *in, const char *const *addresses, rp_error **error)
{
    _cleanup_(rp_buffer_done) rp_buffer text = RP_BUFFER(RP_TEXT_MAX);
    int failed = rp_workspace_open_to_read(in, error);

    for (size_t i = 0; i < in->objects.count && !failed; i++) {
        const rp_object *one = &in->objects.items[i];
        if (addresses[0] && !rp_address_within(one->address, addresses[0]))
            continue;
        rp_text_clean(one->address, &text);
        if (*one->deposed)
            rp_buffer_format(&text, " (deposed %s)", one->deposed);
        rp_buffer_add_char(&text, '\n');
    }
    fwrite(rp_buffer_text(&text), 1, text.len, stdout);
    return failed;
}

static int show(rp_workspace *in, const char *const *addresses, rp_error **error)
{
    _cleanup_(rp_buffer_done) rp_buffer text = RP_BUFFER(RP_TEXT_MAX);
    int failed = rp_workspace_open_to_read(in, error);

    for (size_t i = 0; i < in->objects.count && !failed; i++) {
        const rp_object *one = &in->objects.items[i];
        if (strcmp(one->address, addresses[0]) != 0)
            continue;
        if (in->settings->json)
            rp_buffer_format(&text, "%s\n", one->state);
        else
            rp_text_object(one, in->output.color, &text);
    }
    if (!failed && !text.len)
        return none_within(in, addresses[0], error);
    fwrite(rp_buffer_text(&text), 1, text.len, stdout);
    return failed;
}

/* Opens the state to write, without the plugin. A change waits until open intents are settled: what they say
   must still fit. */
static int check_settled(rp_workspace *in, rp_error **error)
{
    rp_intents open = {0};
    int failed = rp_store_intents(in->store, &open, error);

    if (!failed && open.count)
        failed =
            rp_error_set(error, RP_E_INVALID,
                         "the outcome of %zu %s of an earlier command is not known: run rp refresh to find it out, "
                         "or give -force",
                         open.count, open.count == 1 ? "request" : "requests");
    rp_intents_done(&open);
    return failed;
}

static int open_settled(rp_workspace *in, rp_error **error)
{
    int failed = rp_workspace_open(in, error);

    return failed || in->settings->force ? failed : check_settled(in, error);
}

/* With -force: what is forgotten needs no outcome any more. */
static int close_intents(rp_workspace *in, const char *address, size_t *closed, rp_error **error)
{
    rp_intents open = {0};
    int failed = rp_store_intents(in->store, &open, error);

    for (size_t i = 0; i < open.count && !failed; i++)
        if (rp_address_within(open.items[i].address, address)) {
            failed = rp_store_settle(in->store, open.items[i].number, error);
            ++*closed;
        }
    rp_intents_done(&open);
    return failed;
}

static int remove_all(rp_workspace *in, const char *const *addresses, rp_error **error)
{
    size_t removed = 0, closed = 0;
    int failed = open_settled(in, error);

    if (!failed)
        failed = rp_store_begin(in->store, error);
    if (!failed && in->settings->force)
        failed = close_intents(in, addresses[0], &closed, error);
    for (size_t i = 0; i < in->objects.count && !failed; i++) {
        const rp_object *one = &in->objects.items[i];
        if (!rp_address_within(one->address, addresses[0]))
            continue;
        failed = rp_store_drop(in->store, one->address, one->deposed, error);
        removed++;
    }
    if (!failed && !removed && !closed)
        return none_within(in, addresses[0], error);
    if (!failed)
        failed = rp_store_commit(in->store, error);
    if (!failed)
        rp_output_say(&in->output, "Removed %zu %s from the state; on the server nothing was changed.",
                      removed, removed == 1 ? "object" : "objects");
    if (!failed && closed)
        rp_output_say(&in->output, "Forgotten, too: %zu %s whose outcome is not known.", closed,
                      closed == 1 ? "request" : "requests");
    return failed;
}

static int check_new_name(const rp_workspace *in, const char *address, rp_error **error)
{
    for (size_t i = 0; i < in->objects.count; i++)
        if (rp_address_within(in->objects.items[i].address, address))
            return rp_error_set(error, RP_E_INVALID, "%s has %s already", in->state_path,
                                in->objects.items[i].address);
    return 0;
}

static int move_one(rp_workspace *in, const rp_object *one, const char *from, const char *to,
                    rp_error **error)
{
    _cleanup_(rp_freep) char *name = rp_format("%s%s", to, one->address + strlen(from));

    return name ? rp_store_move(in->store, one->address, name, error) : rp_error_no_memory(error);
}

static int move_all(rp_workspace *in, const char *const *addresses, rp_error **error)
{
    size_t moved = 0;
    int failed = open_settled(in, error);

    if (!failed)
        failed = check_new_name(in, addresses[1], error);
    if (!failed)
        failed = rp_store_begin(in->store, error);
    for (size_t i = 0; i < in->objects.count && !failed; i++)
        if (!*in->objects.items[i].deposed && rp_address_within(in->objects.items[i].address, addresses[0])) {
            failed = move_one(in, &in->objects.items[i], addresses[0], addresses[1], error);
            moved++;
        }
    if (!failed && !moved)
        return none_within(in, addresses[0], error);
    if (!failed)
        failed = rp_store_commit(in->store, error);
    if (!failed)
        rp_output_say(&in->output, "Moved %zu %s.", moved, moved == 1 ? "object" : "objects");
    return failed;
}

static int untaint(rp_workspace *in, const char *const *addresses, rp_error **error)
{
    size_t healed = 0;
    int failed = open_settled(in, error);

    if (!failed)
        failed = rp_store_begin(in->store, error);
    for (size_t i = 0; i < in->objects.count && !failed; i++) {
        rp_object one = in->objects.items[i];
        if (*one.deposed || one.status != RP_OBJECT_TAINTED || !rp_address_within(one.address, addresses[0]))
            continue;
        one.status = RP_OBJECT_OK;
        one.cause = NULL;
        failed = rp_store_put(in->store, &one, error);
        healed++;
    }
    if (!failed && !healed)
        return rp_error_set(error, RP_E_NOT_FOUND, "%s has no tainted object %s", in->state_path,
                            addresses[0]);
    if (!failed)
        failed = rp_store_commit(in->store, error);
    if (!failed)
        rp_output_say(&in->output, "%zu %s no longer tainted.", healed,
                      healed == 1 ? "object is" : "objects are");
    return failed;
}

static char *backup_name(const rp_workspace *in, const char *given)
{
    return given ? strdup(given) : rp_format("%s.backup", in->state_path);
}

static int back_up(rp_workspace *in, const char *const *files, rp_error **error)
{
    _cleanup_(rp_freep) char *path = NULL;
    int failed = rp_workspace_open_to_read(in, error);

    if (failed)
        return failed;
    path = backup_name(in, files[0]);
    failed = path ? rp_store_backup(in->store, path, error) : rp_error_no_memory(error);
    if (!failed)
        rp_output_say(&in->output, "Copied %zu %s to %s.", in->objects.count,
                      in->objects.count == 1 ? "object" : "objects", path);
    return failed;
}

static int check_history(rp_workspace *in, const char *path, rp_error **error)
{
    _cleanup_(rp_store_closep) rp_store *copy = NULL;
    int failed = rp_store_open_to_read(path, &copy, error);

    if (failed)
        return failed;
    if (!in->settings->force && in->objects.count &&
        strcmp(rp_store_about(copy)->lineage, rp_store_about(in->store)->lineage) != 0)
        return rp_error_set(error, RP_E_INVALID,
                            "%s is a copy of another state than %s; -force puts it there all the same", path,
                            in->state_path);
    return 0;
}

static int restore_over_state(rp_workspace *in, const char *path, rp_error **error)
{
    int failed = in->settings->force ? 0 : check_settled(in, error);

    if (!failed)
        failed = check_history(in, path, error);
    return failed ? failed : rp_store_restore(in->store, path, error);
}

/* A file that cannot be opened as a state is put aside, not written over. */
static int restore_over_file(rp_workspace *in, const char *path, const rp_error *why, rp_error **error)
{
    _cleanup_(rp_freep) char *aside = NULL;
    int failed;

    if (!in->settings->force && !rp_store_looks_like_one(in->state_path))
        return rp_error_set(error, RP_E_INVALID, "%s is no state of rp: -force puts the backup in its place",
                            in->state_path);
    rp_output_say(&in->output, "%s", why ? why->message : "out of memory");
    rp_store_close(rp_take(in->store));
    failed = rp_store_replace(in->state_path, path, &aside, error);
    if (!failed)
        rp_output_say(&in->output, "%s is kept as %s.", in->state_path, aside);
    return failed ? failed : rp_workspace_open_locked(in, error);
}

static int restore(rp_workspace *in, const char *const *files, rp_error **error)
{
    _cleanup_(rp_error_freep) rp_error *why = NULL;
    _cleanup_(rp_freep) char *path = NULL;
    int failed = rp_workspace_lock(in, error);

    if (failed)
        return failed;
    path = backup_name(in, files[0]);
    if (!path)
        return rp_error_no_memory(error);
    failed = rp_workspace_open_locked(in, &why) < 0 ? restore_over_file(in, path, why, error)
                                                    : restore_over_state(in, path, error);
    if (!failed)
        failed = rp_workspace_read_objects(in, error);
    if (!failed)
        rp_output_say(&in->output,
                      "Restored %zu %s from %s. Run rp plan to compare with the server.",
                      in->objects.count, in->objects.count == 1 ? "object" : "objects", path);
    return failed;
}

static const struct action {
    const char *name;
    unsigned least, most; /* operands */
    bool addresses;       /* are what they are */
    int (*run)(rp_workspace *in, const char *const *operands, rp_error **error);
} actions[] = {
    {"list", 0, 1, true, list},        {"show", 1, 1, true, show},       {"rm", 1, 1, true, remove_all},
    {"mv", 2, 2, true, move_all},      {"untaint", 1, 1, true, untaint}, {"backup", 0, 1, false, back_up},
    {"restore", 0, 1, false, restore},
};

static const struct action *find(const char *name)
{
    for (size_t i = 0; i < rp_count_of(actions); i++)
        if (!strcmp(actions[i].name, name))
            return &actions[i];
    return NULL;
}

static int run(rp_workspace *in, const struct action *action, rp_error **error)
{
    const rp_settings *settings = in->settings;
    _cleanup_(rp_freep) char *first = NULL, *second = NULL;
    const char *operands[2] = {settings->operands[1], settings->operands[2]};
    int failed = 0;

    if (action->addresses && operands[0])
        failed = rp_address_tidy(operands[0], &first, error);
    if (action->addresses && operands[1] && !failed)
        failed = rp_address_tidy(operands[1], &second, error);
    if (failed)
        return failed;
    operands[0] = first ? first : operands[0];
    operands[1] = second ? second : operands[1];
    return action->run(in, operands, error);
}

/* What is printed for programs here is no stream of messages. */
int rp_state_verb(const rp_settings *settings)
{
    const struct action *action = find(settings->operands[0]);
    _cleanup_(rp_error_freep) rp_error *error = NULL;
    _cleanup_(rp_workspace_done) rp_workspace in;
    rp_settings quiet = *settings;
    unsigned given = settings->operand_count - 1;

    quiet.json = false;
    rp_workspace_start(&in, &quiet, "state");
    in.settings = settings;
    if (!action || given < action->least || given > action->most) {
        fprintf(stderr,
                "rp: state: it takes list, show, rm, mv, untaint, backup or restore, and what those take\n"
                "rp: run \"rp help state\" for usage\n");
        return RP_EXIT_USAGE;
    }
    run(&in, action, &error);
    return rp_workspace_end(&in, error);
}
