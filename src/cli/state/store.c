#include "cli/state/store.h"

#include "base/text.h"
#include "cli/array.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define APPLICATION_ID 0x72707374 /* "rpst": what file(1) and rp know a state by */
#define BUSY_MS        5000

struct rp_store {
    sqlite3 *db;
    char *path;
    rp_state_about about;
    bool touched; /* an object, in this transaction */
    bool writes;
};

/* How a state of each earlier version becomes one of the next. Only ever added to. */
static const char *const migrations[] = {
    "CREATE TABLE about (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE objects (address TEXT NOT NULL, deposed TEXT NOT NULL, type TEXT NOT NULL, id TEXT NOT NULL,"
    " status TEXT NOT NULL, record TEXT NOT NULL, state TEXT NOT NULL, changed TEXT NOT NULL,"
    " PRIMARY KEY (address, deposed));"
    "CREATE TABLE intents (number INTEGER PRIMARY KEY, address TEXT NOT NULL, deposed TEXT NOT NULL,"
    " type TEXT NOT NULL, hook TEXT NOT NULL, accepted INTEGER NOT NULL, record TEXT, state TEXT,"
    " begun TEXT NOT NULL, who TEXT NOT NULL);",
    "CREATE TABLE reserve (number INTEGER PRIMARY KEY, room BLOB NOT NULL);",
    "ALTER TABLE intents ADD COLUMN process TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE objects ADD COLUMN cause TEXT NOT NULL DEFAULT '';",
};

/* What the table about may say besides lineage, salt, serial and plugin. */
#define PATH   "path"   /* by which name the state is opened, so where its log lies */
#define BACKUP "backup" /* a copy, which may be written over */

#define VERSION ((int)rp_count_of(migrations))

static const char *const kind_names[] = {"create", "update", "delete"};

const char *rp_intent_kind_name(rp_intent_kind kind)
{
    return kind_names[kind];
}

static rp_intent_kind kind_of(const char *name)
{
    for (size_t i = 0; name && i < rp_count_of(kind_names); i++)
        if (!strcmp(kind_names[i], name))
            return (rp_intent_kind)i;
    return RP_INTENT_CREATE;
}

static const char *const status_names[] = {"ok", "tainted", "in_progress"};

const char *rp_object_status_name(rp_object_status status)
{
    return status_names[status];
}

/* Those that a user can do something about, by what it is. */
static const struct {
    int code;
    const char *words;
} reasons[] = {
    {SQLITE_FULL, "the disk is full: make room and run the command again"},
    {SQLITE_READONLY, "it cannot be written: its folder or file is read-only"},
    {SQLITE_CANTOPEN, "it cannot be opened: is its folder there, and yours to write?"},
    {SQLITE_NOTADB, "this is no state of rp (\"rp state restore -force\" puts a backup in its place)"},
    {SQLITE_CORRUPT, "the state is damaged: \"rp state restore\" puts the backup beside it in its place"},
    {SQLITE_BUSY, "another program has it open and does not let go"},
};

static int fail(const rp_store *store, rp_error **error)
{
    int code = store->db ? sqlite3_errcode(store->db) : SQLITE_NOMEM;

    if ((code & 0xff) == SQLITE_NOMEM)
        return rp_error_no_memory(error);
    for (size_t i = 0; i < rp_count_of(reasons); i++)
        if (reasons[i].code == (code & 0xff))
            return rp_error_set(error, RP_E_SYSTEM, "%s: %s", store->path, reasons[i].words);
    return rp_error_set(error, RP_E_SYSTEM, "%s: %s", store->path, sqlite3_errmsg(store->db));
}

static int run(rp_store *store, const char *sql, rp_error **error)
{
    return sqlite3_exec(store->db, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 : fail(store, error);
}

static void finalize(sqlite3_stmt **statement)
{
    sqlite3_finalize(*statement);
}

static int prepare(rp_store *store, const char *sql, sqlite3_stmt **statement, rp_error **error)
{
    return sqlite3_prepare_v2(store->db, sql, -1, statement, NULL) == SQLITE_OK ? 0 : fail(store, error);
}

/* Runs a statement with texts for its parameters, NULL for none. */
static int run_with(rp_store *store, const char *sql, const char *const *texts, size_t count,
                    rp_error **error)
{
    _cleanup_(finalize) sqlite3_stmt *statement = NULL;
    int failed = prepare(store, sql, &statement, error);

    for (size_t i = 0; i < count && !failed; i++)
        if (sqlite3_bind_text(statement, (int)i + 1, texts[i], -1, SQLITE_STATIC) != SQLITE_OK)
            failed = fail(store, error);
    if (failed)
        return failed;
    return sqlite3_step(statement) == SQLITE_DONE ? 0 : fail(store, error);
}

#define RUN_WITH(store, error, sql, ...)                                                                     \
    run_with(store, sql, (const char *const[]){__VA_ARGS__},                                                 \
             sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *), error)

static int number_of(rp_store *store, const char *sql, int64_t *number, rp_error **error)
{
    _cleanup_(finalize) sqlite3_stmt *statement = NULL;
    int failed = prepare(store, sql, &statement, error);

    if (failed)
        return failed;
    if (sqlite3_step(statement) != SQLITE_ROW)
        return fail(store, error);
    *number = sqlite3_column_int64(statement, 0);
    return 0;
}

/* A column of a row, in memory of its own; NULL stays NULL. */
static bool take_text(sqlite3_stmt *row, int column, char **text)
{
    const char *found = (const char *)sqlite3_column_text(row, column);

    *text = found ? strdup(found) : NULL;
    return *text || !found;
}

static int read_about(rp_store *store, const char *name, char **value, rp_error **error)
{
    _cleanup_(finalize) sqlite3_stmt *row = NULL;
    int failed = prepare(store, "SELECT value FROM about WHERE name = ?", &row, error), step;

    *value = NULL;
    if (failed)
        return failed;
    sqlite3_bind_text(row, 1, name, -1, SQLITE_STATIC);
    step = sqlite3_step(row);
    if (step != SQLITE_ROW)
        return step == SQLITE_DONE ? 0 : fail(store, error);
    return take_text(row, 0, value) ? 0 : rp_error_no_memory(error);
}

static int load_about(rp_store *store, rp_error **error)
{
    _cleanup_(rp_freep) char *lineage = NULL, *salt = NULL, *serial = NULL;
    int failed = read_about(store, "lineage", &lineage, error);

    if (!failed)
        failed = read_about(store, "salt", &salt, error);
    if (!failed)
        failed = read_about(store, "serial", &serial, error);
    free(rp_take(store->about.plugin));
    if (!failed)
        failed = read_about(store, "plugin", &store->about.plugin, error);
    if (failed)
        return failed;
    if (!lineage || !salt || !serial)
        return rp_error_set(
            error, RP_E_INVALID,
            "%s: the state is damaged: \"rp state restore\" puts the backup beside it in its place",
            store->path);
    snprintf(store->about.lineage, sizeof(store->about.lineage), "%s", lineage);
    snprintf(store->about.salt, sizeof(store->about.salt), "%s", salt);
    store->about.serial = strtoll(serial, NULL, 10);
    return 0;
}

static int set_about(rp_store *store, const char *name, const char *value, rp_error **error)
{
    return RUN_WITH(store, error, "INSERT OR REPLACE INTO about VALUES (?, ?)", name, value);
}

static int begin_history(rp_store *store, rp_error **error)
{
    char lineage[RP_SALT_SIZE], salt[RP_SALT_SIZE];
    int failed = rp_salt_make(lineage, error);

    if (!failed)
        failed = rp_salt_make(salt, error);
    if (!failed)
        failed = set_about(store, "lineage", lineage, error);
    if (!failed)
        failed = set_about(store, "salt", salt, error);
    return failed ? failed : set_about(store, "serial", "0", error);
}

static int migrate_from(rp_store *store, int version, rp_error **error)
{
    _cleanup_(rp_freep) char *mark =
        rp_format("PRAGMA application_id = %d; PRAGMA user_version = %d;", APPLICATION_ID, VERSION);
    int failed = mark ? run(store, "BEGIN IMMEDIATE", error) : rp_error_no_memory(error);

    for (int i = version; i < VERSION && !failed; i++)
        failed = run(store, migrations[i], error);
    if (!failed && !version)
        failed = begin_history(store, error);
    if (!failed)
        failed = run(store, mark, error);
    if (!failed)
        failed = run(store, "COMMIT", error);
    if (failed)
        rp_store_undo(store);
    return failed;
}

/* An empty file is a state that was about to be made. */
static int check(rp_store *store, int64_t *version, rp_error **error)
{
    int64_t application = 0, tables = 0;
    int failed = number_of(store, "PRAGMA user_version", version, error);

    if (!failed)
        failed = number_of(store, "PRAGMA application_id", &application, error);
    if (!failed)
        failed = number_of(store, "SELECT count(*) FROM sqlite_master", &tables, error);
    if (failed)
        return failed;
    if (tables && application != APPLICATION_ID)
        return rp_error_set(error, RP_E_INVALID, "%s: this is a database, but no state of rp", store->path);
    if (*version > VERSION)
        return rp_error_set(error, RP_E_INVALID,
                            "%s: a newer rp wrote it (schema %lld, this one knows %d): use that one",
                            store->path, (long long)*version, VERSION);
    return 0;
}

static int prepare_to_write(rp_store *store, rp_error **error)
{
    int64_t version = 0;
    int failed = check(store, &version, error);

    if (!failed && !version)
        failed = run(store, "PRAGMA auto_vacuum = INCREMENTAL", error);
    if (!failed)
        failed = run(store, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;", error);
    if (!failed && version < VERSION)
        failed = migrate_from(store, (int)version, error);
    return failed;
}

static int connect_to(const char *path, const char *name, int flags, rp_store **store, rp_error **error)
{
    rp_store *made = calloc(1, sizeof(*made));

    if (!made)
        return rp_error_no_memory(error);
    *store = made;
    made->path = strdup(path);
    if (!made->path)
        return rp_error_no_memory(error);
    if (sqlite3_open_v2(name, &made->db, flags | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK)
        return fail(made, error);
    sqlite3_busy_timeout(made->db, BUSY_MS);
    return 0;
}

/* States tell where things are: they are for their owner's eyes, as are the files SQLite puts beside. */
static void make_private(const char *path)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

    if (fd >= 0)
        close(fd); /* what is wrong with it SQLite will say */
}

/* What is opened to be written is no backup any more. In the file itself before anything else is: whoever
   comes by another name looks there. */
static int note_path(rp_store *store, rp_error **error)
{
    _cleanup_(rp_freep) char *noted = NULL, *backup = NULL, *real = realpath(store->path, NULL);
    int failed = read_about(store, PATH, &noted, error);

    if (!failed)
        failed = read_about(store, BACKUP, &backup, error);
    if (!failed && backup)
        failed = run(store, "DELETE FROM about WHERE name = '" BACKUP "'", error);
    if (failed || !real || (noted && !strcmp(noted, real)))
        return failed;
    failed = set_about(store, PATH, real, error);
    return failed ? failed : rp_store_flush(store, error);
}

int rp_store_open(const char *path, rp_store **store, rp_error **error)
{
    _cleanup_(rp_store_closep) rp_store *made = NULL;
    int failed;

    if (access(path, F_OK))
        make_private(path);
    failed = connect_to(path, path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, &made, error);

    if (!failed)
        failed = prepare_to_write(made, error);
    if (!failed)
        failed = load_about(made, error);
    if (!failed)
        failed = note_path(made, error);
    if (failed)
        return failed;
    made->writes = true;
    *store = rp_take(made);
    return 0;
}

/* In a folder that cannot be written SQLite cannot coordinate with writers, but then there are none either.
 */
static int open_unshared(const char *path, rp_store **store, rp_error **error)
{
    sqlite3_str *name = sqlite3_str_new(NULL);
    char *uri;
    int failed;

    sqlite3_str_appendall(name, "file:");
    for (const char *at = path; *at; at++)
        if (strchr("?#%", *at))
            sqlite3_str_appendf(name, "%%%02x", (unsigned char)*at);
        else
            sqlite3_str_appendchar(name, 1, *at);
    sqlite3_str_appendall(name, "?immutable=1");
    uri = sqlite3_str_finish(name);
    failed = uri ? connect_to(path, uri, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, store, error)
                 : rp_error_no_memory(error);
    sqlite3_free(uri);
    return failed;
}

void rp_store_noted_path(const char *path, char **noted)
{
    _cleanup_(rp_store_closep) rp_store *store = NULL;

    *noted = NULL;
    if (!open_unshared(path, &store, NULL))
        read_about(store, PATH, noted, NULL);
}

static int check_to_read(rp_store *store, rp_error **error)
{
    int64_t version = 0;
    int failed = check(store, &version, error);

    if (failed)
        return failed;
    if (!version)
        return rp_error_set(error, RP_E_NOT_FOUND, "%s: there is nothing in it yet", store->path);
    if (version < VERSION)
        return rp_error_set(error, RP_E_INVALID, "%s: an older rp wrote it: \"rp plan\" brings it up to date",
                            store->path);
    return load_about(store, error);
}

int rp_store_open_to_read(const char *path, rp_store **store, rp_error **error)
{
    _cleanup_(rp_store_closep) rp_store *made = NULL;
    char *folder_end = strrchr(path, '/');
    _cleanup_(rp_freep) char *folder =
        folder_end ? strndup(path, (size_t)(folder_end - path) + 1) : strdup(".");
    int failed;

    if (!folder)
        return rp_error_no_memory(error);
    if (access(path, F_OK))
        return rp_error_set(error, RP_E_NOT_FOUND, "there is no state yet: %s is not there", path);
    failed = access(folder, W_OK) ? open_unshared(path, &made, error)
                                  : connect_to(path, path, SQLITE_OPEN_READWRITE, &made, error);
    if (!failed)
        failed = check_to_read(made, error);
    if (!failed)
        *store = rp_take(made);
    return failed;
}

void rp_store_close(rp_store *store)
{
    if (!store)
        return;
    rp_store_undo(store);
    if (store->db && store->writes) {
        run(store, "DELETE FROM reserve", NULL);
        run(store, "PRAGMA incremental_vacuum", NULL);
    }
    sqlite3_close(store->db);
    free(store->about.plugin);
    free(store->path);
    free(store);
}

const rp_state_about *rp_store_about(const rp_store *store)
{
    return &store->about;
}

static rp_object_status status_of(const char *name)
{
    for (size_t i = 0; name && i < rp_count_of(status_names); i++)
        if (!strcmp(status_names[i], name))
            return (rp_object_status)i;
    return RP_OBJECT_TAINTED;
}

static int take_object(sqlite3_stmt *row, rp_objects *objects, rp_error **error)
{
    rp_object *items = rp_array_grow(objects->items, objects->count, sizeof(*items)), *made;

    if (!items)
        return rp_error_no_memory(error);
    objects->items = items;
    made = &items[objects->count++];
    *made = (rp_object){.status = status_of((const char *)sqlite3_column_text(row, 4))};
    if (!take_text(row, 0, &made->address) || !take_text(row, 1, &made->deposed) ||
        !take_text(row, 2, &made->type) || !take_text(row, 3, &made->id) ||
        !take_text(row, 5, &made->record) || !take_text(row, 6, &made->state) ||
        !take_text(row, 7, &made->cause))
        return rp_error_no_memory(error);
    return 0;
}

int rp_store_objects(rp_store *store, rp_objects *objects, rp_error **error)
{
    _cleanup_(finalize) sqlite3_stmt *row = NULL;
    int failed = prepare(store,
                         "SELECT address, deposed, type, id, status, record, state, cause FROM objects"
                         " ORDER BY address, deposed",
                         &row, error);
    int step = SQLITE_DONE;

    while (!failed && (step = sqlite3_step(row)) == SQLITE_ROW)
        failed = take_object(row, objects, error);
    if (!failed && step != SQLITE_DONE)
        failed = fail(store, error);
    return failed;
}

static int take_intent(sqlite3_stmt *row, rp_intents *intents, rp_error **error)
{
    rp_intent *items = rp_array_grow(intents->items, intents->count, sizeof(*items)), *made;

    if (!items)
        return rp_error_no_memory(error);
    intents->items = items;
    made = &items[intents->count++];
    *made = (rp_intent){.number = sqlite3_column_int64(row, 0),
                        .kind = kind_of((const char *)sqlite3_column_text(row, 4)),
                        .accepted = sqlite3_column_int(row, 5) != 0};
    if (!take_text(row, 1, &made->address) || !take_text(row, 2, &made->deposed) ||
        !take_text(row, 3, &made->type) || !take_text(row, 6, &made->record) ||
        !take_text(row, 7, &made->state) || !take_text(row, 8, &made->begun) ||
        !take_text(row, 9, &made->who) || !take_text(row, 10, &made->process))
        return rp_error_no_memory(error);
    return 0;
}

int rp_store_intents(rp_store *store, rp_intents *intents, rp_error **error)
{
    _cleanup_(finalize) sqlite3_stmt *row = NULL;
    int failed = prepare(store,
                         "SELECT number, address, deposed, type, hook, accepted, record, state, begun, who,"
                         " process"
                         " FROM intents ORDER BY number",
                         &row, error);
    int step = SQLITE_DONE;

    while (!failed && (step = sqlite3_step(row)) == SQLITE_ROW)
        failed = take_intent(row, intents, error);
    if (!failed && step != SQLITE_DONE)
        failed = fail(store, error);
    return failed;
}

void rp_objects_done(rp_objects *objects)
{
    for (size_t i = 0; i < objects->count; i++) {
        rp_object *one = &objects->items[i];
        free(one->address), free(one->deposed), free(one->type);
        free(one->id), free(one->record), free(one->state), free(one->cause);
    }
    free(objects->items);
    *objects = (rp_objects){0};
}

void rp_intents_done(rp_intents *intents)
{
    for (size_t i = 0; i < intents->count; i++) {
        rp_intent *one = &intents->items[i];
        free(one->address), free(one->deposed), free(one->type), free(one->record);
        free(one->state), free(one->begun), free(one->who), free(one->process);
    }
    free(intents->items);
    *intents = (rp_intents){0};
}

int rp_store_begin(rp_store *store, rp_error **error)
{
    store->touched = false;
    return run(store, "BEGIN IMMEDIATE", error);
}

static int count_serial(rp_store *store, rp_error **error)
{
    char serial[24];

    if (!store->touched)
        return 0;
    snprintf(serial, sizeof(serial), "%lld", (long long)store->about.serial + 1);
    return set_about(store, "serial", serial, error);
}

int rp_store_commit(rp_store *store, rp_error **error)
{
    int failed = count_serial(store, error);

    if (!failed)
        failed = run(store, "COMMIT", error);
    if (failed)
        rp_store_undo(store);
    else
        store->about.serial += store->touched;
    return failed;
}

void rp_store_undo(rp_store *store)
{
    if (store->db && !sqlite3_get_autocommit(store->db))
        sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
}

int rp_store_put(rp_store *store, const rp_object *object, rp_error **error)
{
    store->touched = true;
    return RUN_WITH(
        store, error,
        "INSERT OR REPLACE INTO objects (address, deposed, type, id, status, record, state, cause,"
        " changed) VALUES (?, ?, ?, ?, ?, ?, ?, ?, strftime('%Y-%m-%dT%H:%M:%SZ', 'now'))",
        object->address, object->deposed, object->type, object->id, status_names[object->status],
        object->record, object->state, object->cause ? object->cause : "");
}

int rp_store_drop(rp_store *store, const char *address, const char *deposed, rp_error **error)
{
    store->touched = true;
    return RUN_WITH(store, error, "DELETE FROM objects WHERE address = ? AND deposed = ?", address, deposed);
}

int rp_store_depose(rp_store *store, const char *address, const char *tag, rp_error **error)
{
    store->touched = true;
    return RUN_WITH(store, error, "UPDATE objects SET deposed = ?2 WHERE address = ?1 AND deposed = ''",
                    address, tag);
}

int rp_store_promote(rp_store *store, const char *address, const char *tag, const char *to, rp_error **error)
{
    store->touched = true;
    return RUN_WITH(store, error,
                    "UPDATE objects SET address = ?3, deposed = '' WHERE address = ?1 AND deposed = ?2",
                    address, tag, to);
}

int rp_store_move(rp_store *store, const char *from, const char *to, rp_error **error)
{
    store->touched = true;
    return RUN_WITH(store, error, "UPDATE objects SET address = ?2 WHERE address = ?1", from, to);
}

int rp_store_set_plugin(rp_store *store, const char *plugin, rp_error **error)
{
    int failed = set_about(store, "plugin", plugin, error);

    return failed ? failed : load_about(store, error);
}

int rp_store_intend(rp_store *store, rp_intent *intent, rp_error **error)
{
    int failed =
        RUN_WITH(store, error,
                 "INSERT INTO intents (address, deposed, type, hook, accepted, record, state, begun, who,"
                 " process) VALUES (?, ?, ?, ?, 0, ?, ?, strftime('%Y-%m-%dT%H:%M:%SZ', 'now'), ?, ?)",
                 intent->address, intent->deposed, intent->type, kind_names[intent->kind], intent->record,
                 intent->state, intent->who, intent->process ? intent->process : "");

    if (!failed)
        intent->number = sqlite3_last_insert_rowid(store->db);
    return failed;
}

static int run_for(rp_store *store, const char *sql, int64_t number, const char *text, rp_error **error)
{
    _cleanup_(finalize) sqlite3_stmt *statement = NULL;
    int failed = prepare(store, sql, &statement, error);

    if (failed)
        return failed;
    sqlite3_bind_int64(statement, 1, number);
    if (text)
        sqlite3_bind_text(statement, 2, text, -1, SQLITE_STATIC);
    return sqlite3_step(statement) == SQLITE_DONE ? 0 : fail(store, error);
}

int rp_store_settle(rp_store *store, int64_t number, rp_error **error)
{
    return run_for(store, "DELETE FROM intents WHERE number = ?", number, NULL, error);
}

int rp_store_accept(rp_store *store, int64_t number, bool accepted, const char *state, rp_error **error)
{
    const char *sql = accepted ? "UPDATE intents SET accepted = 1, state = ?2 WHERE number = ?1"
                               : "UPDATE intents SET state = ?2 WHERE number = ?1";
    bool alone = sqlite3_get_autocommit(store->db) != 0;
    int failed;

    if (alone)
        run(store, "PRAGMA synchronous = NORMAL", NULL);
    failed = run_for(store, sql, number, state, error);
    if (alone)
        run(store, "PRAGMA synchronous = FULL", NULL);
    return failed;
}

/* A reader that is in the way is none of our business. */
int rp_store_flush(rp_store *store, rp_error **error)
{
    int code = sqlite3_wal_checkpoint_v2(store->db, NULL, SQLITE_CHECKPOINT_RESTART, NULL, NULL);

    return code == SQLITE_OK || code == SQLITE_BUSY || code == SQLITE_LOCKED ? 0 : fail(store, error);
}

/*
 * Room is taken by writing it. The checkpoint moves it into the file, and leaves
 * the log as large as it has become; when it is given up, in the transaction that
 * needs it, its pages are free to use in the one, and in the other the log starts
 * over.
 */
int rp_store_reserve(rp_store *store, size_t bytes, rp_error **error)
{
    int failed = run(store, "DELETE FROM reserve", error);

    if (!failed)
        failed =
            run_for(store, "INSERT INTO reserve (room) VALUES (zeroblob(?))", (int64_t)bytes, NULL, error);
    return failed ? failed : rp_store_flush(store, error);
}

int rp_store_release(rp_store *store, rp_error **error)
{
    return run(store, "DELETE FROM reserve", error);
}

static void close_db(sqlite3 **db)
{
    sqlite3_close(*db);
}

static int copy(rp_store *store, sqlite3 *to, sqlite3 *from, rp_error **error)
{
    sqlite3_backup *copying = sqlite3_backup_init(to, "main", from, "main");

    if (copying) {
        sqlite3_backup_step(copying, -1);
        sqlite3_backup_finish(copying);
    }
    if (sqlite3_errcode(to) == SQLITE_OK)
        return 0;
    return rp_error_set(error, RP_E_SYSTEM, "%s: it cannot be copied: %s", store->path, sqlite3_errmsg(to));
}

/* Without the room that has become free in the file. */
static int vacuum_into(rp_store *store, const char *path, rp_error **error)
{
    char *sql = sqlite3_mprintf("VACUUM INTO %Q", path);
    int failed = sql ? run(store, sql, error) : rp_error_no_memory(error);

    sqlite3_free(sql);
    return failed;
}

/* A copy is one file, whatever mode it was made from. */
static int copy_into(rp_store *store, const char *path, rp_error **error)
{
    _cleanup_(close_db) sqlite3 *to = NULL;
    int failed = vacuum_into(store, path, error);

    if (failed)
        return failed;
    if (sqlite3_open_v2(path, &to, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK ||
        sqlite3_exec(to,
                     "PRAGMA journal_mode = DELETE; DELETE FROM about WHERE name = '" PATH "';"
                     "INSERT OR REPLACE INTO about VALUES ('" BACKUP "', 'rp');",
                     NULL, NULL, NULL) != SQLITE_OK)
        return rp_error_set(error, RP_E_SYSTEM, "%s: %s", path, to ? sqlite3_errmsg(to) : "out of memory");
    return 0;
}

/* A copy may take the place of an earlier copy, or of an empty file, and of nothing else. */
static int check_replaceable(const char *path, rp_error **error)
{
    _cleanup_(rp_store_closep) rp_store *there = NULL;
    _cleanup_(rp_freep) char *backup = NULL;
    struct stat file;

    if (stat(path, &file) || (S_ISREG(file.st_mode) && !file.st_size))
        return 0;
    if (S_ISREG(file.st_mode) && !rp_store_open_to_read(path, &there, NULL))
        read_about(there, BACKUP, &backup, NULL);
    if (backup)
        return 0;
    return rp_error_set(error, RP_E_INVALID,
                        "%s is no backup%s: it is not written over; choose another name, or move it", path,
                        there ? ", but a state" : "");
}

int rp_store_backup(rp_store *store, const char *path, rp_error **error)
{
    _cleanup_(rp_freep) char *draft = rp_format("%s.new", path);
    int failed;

    if (!draft)
        return rp_error_no_memory(error);
    if (check_replaceable(path, error) < 0)
        return RP_E_INVALID;
    unlink(draft);
    make_private(draft);
    failed = copy_into(store, draft, error);
    if (!failed && rename(draft, path))
        failed = rp_error_set(error, RP_E_SYSTEM, "%s: it cannot be put in place: %m", path);
    if (failed)
        unlink(draft);
    return failed;
}

/* Its serial goes on from the one that is replaced, so that no plan made before still fits. */
static int continue_from(rp_store *store, int64_t serial, rp_error **error)
{
    int failed = load_about(store, error);

    if (failed)
        return failed;
    if (store->about.serial < serial)
        store->about.serial = serial;
    failed = rp_store_begin(store, error);
    store->touched = true;
    if (!failed)
        failed = rp_store_commit(store, error);
    return failed ? failed : note_path(store, error);
}

int rp_store_restore(rp_store *store, const char *path, rp_error **error)
{
    _cleanup_(rp_store_closep) rp_store *from = NULL;
    int64_t serial = store->about.serial;
    int failed = rp_store_open_to_read(path, &from, error);

    if (failed)
        return failed;
    failed = copy(store, store->db, from->db, error);
    return failed ? failed : continue_from(store, serial, error);
}

static void close_file(FILE **file)
{
    if (*file)
        fclose(*file);
}

bool rp_store_looks_like_one(const char *path)
{
    _cleanup_(close_file) FILE *file = fopen(path, "re");
    unsigned char head[100] = {0};
    size_t got = file ? fread(head, 1, sizeof(head), file) : 0;
    uint32_t application =
        (uint32_t)head[68] << 24 | (uint32_t)head[69] << 16 | (uint32_t)head[70] << 8 | head[71];

    return file && (!got || (!memcmp(head, "SQLite format 3", 16) && application == APPLICATION_ID));
}

/* A name beside a file that nothing has yet. */
static char *free_name(const char *path)
{
    for (int i = 1; i < 1000; i++) {
        char *name = i == 1 ? rp_format("%s.damaged", path) : rp_format("%s.damaged-%d", path, i);
        if (!name || access(name, F_OK))
            return name;
        free(name);
    }
    return NULL;
}

/* The log belongs to what is put aside. */
static void put_log_aside(const char *path, const char *aside)
{
    _cleanup_(rp_freep) char *log = rp_format("%s-wal", path), *to = rp_format("%s-wal", aside);
    _cleanup_(rp_freep) char *shared = rp_format("%s-shm", path);

    if (log && to)
        rename(log, to);
    if (shared)
        unlink(shared);
}

int rp_store_replace(const char *path, const char *backup, char **aside, rp_error **error)
{
    _cleanup_(rp_store_closep) rp_store *from = NULL;
    _cleanup_(rp_freep) char *draft = rp_format("%s.new", path), *name = free_name(path);
    int failed = draft && name ? rp_store_open_to_read(backup, &from, error) : rp_error_no_memory(error);

    if (failed)
        return failed;
    unlink(draft);
    make_private(draft);
    failed = copy_into(from, draft, error);
    if (!failed && link(path, name))
        failed = rp_error_set(error, RP_E_SYSTEM, "%s cannot be kept as %s: %m", path, name);
    if (!failed) {
        put_log_aside(path, name);
        if (rename(draft, path))
            failed = rp_error_set(error, RP_E_SYSTEM, "%s: it cannot be put in place: %m", path);
    }
    if (failed)
        unlink(draft);
    else
        *aside = rp_take(name);
    return failed;
}
