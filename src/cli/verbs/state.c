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
    RP_FILE_OPTIONS,
    RP_OUTPUT_OPTIONS,
    {"force", RP_OPTION_SWITCH, offsetof(rp_settings, force), NULL,
     "restore over a state of another history"},
    {0},
};

const char rp_state_details[] =
    "  list [ADDRESS]      print the addresses of all objects, or of those below ADDRESS\n"
    "  show ADDRESS        print an object\n"
    "  rm ADDRESS          remove an object, or all objects of a resource, from the state without deleting them\n"
    "  mv ADDRESS ADDRESS  move an object, or all objects of a resource, to another address\n"
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
            rp_text_object(one, NULL, in->output.color, &text);
    }
    if (!failed && !text.len)
        return none_within(in, addresses[0], error);
    fwrite(rp_buffer_text(&text), 1, text.len, stdout);
    return failed;
}

/* Opens the state to write, without the plugin. A change waits until open intents are settled: what they say
   must still fit. */
static int open_settled(rp_workspace *in, rp_error **error)
{
    rp_intents open = {0};
    int failed = rp_workspace_open(in, error);

    if (!failed)
        failed = rp_store_intents(in->store, &open, error);
    if (!failed && open.count)
        failed = rp_error_set(
            error, RP_E_INVALID,
            "%zu requests of an earlier command are open: \"rp refresh\" finds out what came of them",
            open.count);
    rp_intents_done(&open);
    return failed;
}

static int remove_all(rp_workspace *in, const char *const *addresses, rp_error **error)
{
    size_t removed = 0;
    int failed = open_settled(in, error);

    if (!failed)
        failed = rp_store_begin(in->store, error);
    for (size_t i = 0; i < in->objects.count && !failed; i++) {
        const rp_object *one = &in->objects.items[i];
        if (!rp_address_within(one->address, addresses[0]))
            continue;
        failed = rp_store_drop(in->store, one->address, one->deposed, error);
        removed++;
    }
    if (!failed && !removed)
        return none_within(in, addresses[0], error);
    if (!failed)
        failed = rp_store_commit(in->store, error);
    if (!failed)
        rp_output_say(&in->output, "Forgot %zu %s. What they stand for is still there.", removed,
                      removed == 1 ? "object" : "objects");
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
        rp_output_say(&in->output, "Copied %zu objects to %s.", in->objects.count, path);
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

static int restore(rp_workspace *in, const char *const *files, rp_error **error)
{
    _cleanup_(rp_freep) char *path = NULL;
    int failed = in->settings->force ? rp_workspace_open(in, error) : open_settled(in, error);

    if (failed)
        return failed;
    path = backup_name(in, files[0]);
    failed = path ? check_history(in, path, error) : rp_error_no_memory(error);
    if (!failed)
        failed = rp_store_restore(in->store, path, error);
    if (!failed)
        failed = rp_workspace_read_objects(in, error);
    if (!failed)
        rp_output_say(&in->output, "Restored %zu objects from %s. Run \"rp plan\" to compare them with the server.",
                      in->objects.count, path);
    return failed;
}

static const struct deed {
    const char *name;
    unsigned least, most; /* operands */
    bool addresses;       /* are what they are */
    int (*run)(rp_workspace *in, const char *const *operands, rp_error **error);
} deeds[] = {
    {"list", 0, 1, true, list},   {"show", 1, 1, true, show},       {"rm", 1, 1, true, remove_all},
    {"mv", 2, 2, true, move_all}, {"backup", 0, 1, false, back_up}, {"restore", 0, 1, false, restore},
};

static const struct deed *find(const char *name)
{
    for (size_t i = 0; i < rp_count_of(deeds); i++)
        if (!strcmp(deeds[i].name, name))
            return &deeds[i];
    return NULL;
}

static int run(rp_workspace *in, const struct deed *deed, rp_error **error)
{
    const rp_settings *settings = in->settings;
    _cleanup_(rp_freep) char *first = NULL, *second = NULL;
    const char *operands[2] = {settings->operands[1], settings->operands[2]};
    int failed = 0;

    if (deed->addresses && operands[0])
        failed = rp_address_tidy(operands[0], &first, error);
    if (deed->addresses && operands[1] && !failed)
        failed = rp_address_tidy(operands[1], &second, error);
    if (failed)
        return failed;
    operands[0] = first ? first : operands[0];
    operands[1] = second ? second : operands[1];
    return deed->run(in, operands, error);
}

/* What is printed for programs here is no stream of messages. */
int rp_state_verb(const rp_settings *settings)
{
    const struct deed *deed = find(settings->operands[0]);
    _cleanup_(rp_error_freep) rp_error *error = NULL;
    _cleanup_(rp_workspace_done) rp_workspace in;
    rp_settings quiet = *settings;
    unsigned given = settings->operand_count - 1;

    quiet.json = false;
    rp_workspace_start(&in, &quiet, "state");
    in.settings = settings;
    if (!deed || given < deed->least || given > deed->most) {
        fprintf(stderr, "rp: state: it takes list, show, rm, mv, backup or restore, and what those take\n"
                        "rp: run \"rp help state\" for usage\n");
        return RP_EXIT_USAGE;
    }
    run(&in, deed, &error);
    return rp_workspace_end(&in, error);
}
