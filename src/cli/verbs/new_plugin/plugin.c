/*
 * @NAME@: a resource plugin. It keeps notes as files in a folder; replace that by what your service does.
 * Read it from the bottom, where the table is. The kit is described in rpkit.h and librpkit(3).
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <rpkit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_TEXT_BYTES 16384

typedef struct note {
    char *name, *text;
} note;

typedef struct notebook {
    char *folder;
} notebook;

/* --- files: here your service is asked instead ------------------------------------------- */

/* False, errno set, if the path of the note is too long. */
static bool path_of(const notebook *book, const char *name, const char *end, char path[4096])
{
    int len = snprintf(path, 4096, "%s/%s%s", book->folder, name, end);

    errno = ENAMETOOLONG;
    return len >= 0 && len < 4096;
}

/* Reads the text of the note called found->name, to be freed. False, errno set; ENOENT: there is no such
 * note. */
static bool load(const notebook *book, note *found)
{
    char path[4096], text[MAX_TEXT_BYTES + 1];
    int fd = path_of(book, found->name, "", path) ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    ssize_t len = fd < 0 ? -1 : read(fd, text, sizeof(text));
    int error = errno;

    if (fd >= 0)
        close(fd);
    errno = error;
    if (len < 0)
        return false;
    errno = EILSEQ;
    if ((size_t)len == sizeof(text) || !rpkit_is_text(text, (size_t)len))
        return false;
    found->text = strndup(text, (size_t)len);
    return found->text;
}

/* Writes the note beside its place and moves it there; with `is_new` only if nothing is there. False, errno
   set: nothing was changed. */
static bool store(const notebook *book, const note *wanted, bool is_new)
{
    char draft[4096], path[4096];
    size_t len = strlen(wanted->text);
    bool stored = path_of(book, wanted->name, "", path) && path_of(book, ".", wanted->name, draft);
    int fd = stored ? open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666) : -1, error;

    if (fd < 0)
        return false;
    stored = write(fd, wanted->text, len) == (ssize_t)len;
    stored = close(fd) == 0 && stored;
    stored = stored && (is_new ? link(draft, path) : rename(draft, path)) == 0;
    error = errno;
    unlink(draft);
    errno = error;
    return stored;
}

/* --- operations: each ends with one result ------------------------------------------------- */

static int32_t status_of(int error)
{
    switch (error) {
    case EACCES:
    case EROFS:
        return RP_PERMISSION_DENIED;
    case ENOSPC:
    case EDQUOT:
        return RP_QUOTA_EXCEEDED;
    case EILSEQ:
        return RP_UNSUPPORTED; /* a file that is no text, or too long */
    case ENOMEM:
        return RP_NO_MEMORY;
    default:
        return RP_UNAVAILABLE;
    }
}

static void fail(rpkit_call *call, int error)
{
    rpkit_fail(call, status_of(error), RPKIT_NONE, "@NAME@.file", "%s", strerror(error));
}

static void create_note(rpkit_call *call, void *instance, void *record)
{
    note *wanted = record, found = {.name = wanted->name};
    notebook *book = instance;

    mkdir(book->folder, 0777);
    if (store(book, wanted, true))
        rpkit_made(call, wanted);
    else if (errno == EEXIST && load(book, &found))
        rpkit_exists(call, &found, !strcmp(found.text, wanted->text));
    else
        fail(call, errno);
    free(found.text);
}

static void read_note(rpkit_call *call, void *instance, void *state)
{
    note found = {.name = ((note *)state)->name};

    if (load(instance, &found))
        rpkit_found(call, &found);
    else if (errno == ENOENT)
        rpkit_absent(call);
    else
        fail(call, errno);
    free(found.text);
}

static void update_note(rpkit_call *call, void *instance, void *state, void *record)
{
    note *wanted = record, found = {.name = ((note *)state)->name};

    if (!load(instance, &found) && errno == ENOENT)
        rpkit_absent(call);
    else if (found.text && !strcmp(found.text, wanted->text))
        rpkit_unchanged(call, wanted);
    else if (store(instance, wanted, false))
        rpkit_made(call, wanted);
    else
        fail(call, errno);
    free(found.text);
}

static void delete_note(rpkit_call *call, void *instance, void *state)
{
    char path[4096];

    if (path_of(instance, ((note *)state)->name, "", path) && unlink(path) == 0)
        rpkit_removed(call);
    else if (errno == ENOENT)
        rpkit_absent(call);
    else
        fail(call, errno);
}

static void list_notes(rpkit_call *call, void *instance, void *parent, const char *page)
{
    DIR *folder = opendir(((notebook *)instance)->folder);

    (void)parent, (void)page; /* all notes are on the first page */
    if (!folder && errno != ENOENT)
        rpkit_refuse(call, RP_UNAVAILABLE, "@NAME@.file", NULL, "%s", strerror(errno));
    for (struct dirent *file; folder && (file = readdir(folder));) {
        note found = {.name = file->d_name};
        if (*file->d_name != '.' && rpkit_is_text(file->d_name, strlen(file->d_name)) &&
            load(instance, &found))
            rpkit_listed(call, &found);
        free(found.text);
    }
    if (folder)
        closedir(folder);
}

/* --- tables: schema, checks and key come from these ------------------------------------------- */

static const char *check_name(const char *text)
{
    return *text == '.' || strchr(text, '/') ? "a name has no \"/\" and does not begin with \".\"" : NULL;
}

static const rpkit_attribute config[] = {{.name = "folder",
                                          .kind = RPKIT_TEXT,
                                          .offset = offsetof(notebook, folder),
                                          .required = true,
                                          .least = 1,
                                          .most = 1024,
                                          .about = "The folder of the notes; created when it is needed."},
                                         {0}};

static const rpkit_attribute attributes[] = {{.name = "name",
                                              .kind = RPKIT_TEXT,
                                              .offset = offsetof(note, name),
                                              .key = true,
                                              .least = 1,
                                              .most = 200,
                                              .check = check_name,
                                              .about = "What the note is called."},
                                             {.name = "text",
                                              .kind = RPKIT_TEXT,
                                              .offset = offsetof(note, text),
                                              .required = true,
                                              .most = MAX_TEXT_BYTES,
                                              .about = "What it says."},
                                             {0}};

static const rpkit_resource resources[] = {{.name = "@NAME@_note",
                                            .attributes = attributes,
                                            .size = sizeof(note),
                                            .max_records = 500,
                                            .create = create_note,
                                            .read = read_note,
                                            .update = update_note,
                                            .delete_ = delete_note,
                                            .list = list_notes}};

static const rp_plugin table = {.struct_size = sizeof(rp_plugin),
                                .abi_major = 1,
                                .abi_minor = 0,
                                .name = "@NAME@",
                                .version = "0.1.0",
                                RPKIT_HOOKS,
                                .create = rpkit_create,
                                .read = rpkit_read,
                                .update = rpkit_update,
                                .delete_ = rpkit_delete,
                                .list = rpkit_list};

const rpkit_plugin rpkit_definition = {.table = &table,
                                       .config = config,
                                       .instance_size = sizeof(notebook),
                                       .resources = resources,
                                       .resource_count = 1};

const rp_plugin *resource_plugin_entry(uint32_t host_abi_major)
{
    (void)host_abi_major;
    return &table;
}
