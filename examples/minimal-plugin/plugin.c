/* A whole plugin, small: notes in the memory of an instance. Read it from the bottom, where the table is. */
#include <pthread.h>
#include <rpkit.h>
#include <stdlib.h>
#include <string.h>

typedef struct note {
    char *name, *text;
    struct note *next;
} note;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* Where the note of this name is, or would be. An instance is the first of its notes. */
static note **lock_and_find(void *instance, const note *named)
{
    note **at = instance;

    pthread_mutex_lock(&lock);
    while (*at && strcmp((*at)->name, named->name))
        at = &(*at)->next;
    return at;
}

static void create_note(rpkit_call *call, void *instance, void *record)
{
    note **at = lock_and_find(instance, record), *wanted = record;
    note *made = *at ? NULL : malloc(sizeof(*made));

    if (*at) {
        rpkit_exists(call, *at, !strcmp((*at)->text, wanted->text));
    } else if (made) {
        *made = *wanted; /* takes the texts out of the record */
        *wanted = (note){0};
        rpkit_made(call, *at = made);
    } else {
        rpkit_no_memory(call);
    }
    pthread_mutex_unlock(&lock);
}

static void read_note(rpkit_call *call, void *instance, void *state)
{
    note *found = *lock_and_find(instance, state);

    found ? rpkit_found(call, found) : rpkit_absent(call);
    pthread_mutex_unlock(&lock);
}

static void remove_at(note **at)
{
    note *gone = *at;

    *at = gone->next, free(gone->name), free(gone->text), free(gone);
}

static void delete_note(rpkit_call *call, void *instance, void *state)
{
    note **at = lock_and_find(instance, state);

    *at ? remove_at(at), rpkit_removed(call) : rpkit_absent(call);
    pthread_mutex_unlock(&lock);
}

static void close_notes(void *instance, bool forked)
{
    for (note **first = instance; (void)forked, *first;)
        remove_at(first);
}

#define TEXT(member) .name = #member, .kind = RPKIT_TEXT, .offset = offsetof(note, member)
static const rpkit_attribute attributes[] = {{TEXT(name), .key = true}, {TEXT(text), .required = true}, {0}};
static const rpkit_resource resources[] = {
    {"note", attributes, sizeof(note), .create = create_note, .read = read_note, .delete_ = delete_note}};
static const rp_plugin table = {.struct_size = sizeof(rp_plugin),
                                .abi_major = 1,
                                .abi_minor = 0,
                                .name = "minimal",
                                .version = "1.0.0",
                                RPKIT_HOOKS,
                                .create = rpkit_create,
                                .read = rpkit_read,
                                .delete_ = rpkit_delete};
const rpkit_plugin rpkit_definition = {&table, .instance_size = sizeof(note *), .close = close_notes,
                                       .resources = resources, .resource_count = 1};

const rp_plugin *resource_plugin_entry(uint32_t host_abi_major)
{
    return (void)host_abi_major, &table;
}
