/*
 * The state: a SQLite file with every object that is managed, and every intent
 * that is open. An intent is committed before a create or delete is sent, and
 * goes in the transaction that saves what came of it; one that is still there
 * when a command starts tells that nobody knows yet.
 *
 * No configuration is kept, and hidden values only as fingerprints.
 */
#ifndef RP_CLI_STATE_STORE_H
#define RP_CLI_STATE_STORE_H

#include "base/error.h"
#include "cli/state/fingerprint.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct rp_store rp_store;

typedef enum rp_object_status {
    RP_OBJECT_OK,
    RP_OBJECT_TAINTED,    /* there, but not as it should be: to be replaced */
    RP_OBJECT_IN_PROGRESS /* accepted; its state has what it takes to follow it */
} rp_object_status;

/* Of an object that was imported and has never been in the configuration. */
#define RP_CAUSE_IMPORTED "imported"

typedef struct rp_object {
    char *address;
    char *deposed; /* "" for the current one, else the tag of one that was replaced and is still to be
                      destroyed */
    char *type;
    char *id;
    rp_object_status status;
    char *record; /* JSON: as it was last created or imported, hidden values replaced */
    char *state;  /* JSON: as the plugin last told it, likewise */
    char *cause;  /* of a tainted one: the name of the status it was made with; RP_CAUSE_IMPORTED; else "" or
                     NULL */
} rp_object;

typedef struct rp_objects {
    rp_object *items; /* by address, the current one first */
    size_t count;
} rp_objects;

typedef enum rp_intent_kind {
    RP_INTENT_CREATE,
    RP_INTENT_UPDATE,
    RP_INTENT_DELETE
} rp_intent_kind;

typedef struct rp_intent {
    int64_t number;
    char *address, *deposed, *type;
    rp_intent_kind kind;
    bool accepted;     /* the server took it on: a look at the state decides */
    char *record;      /* of a create or update: as in rp_object */
    char *state;       /* of an update or delete, or told while it was under way; or NULL */
    char *begun, *who; /* when, and which command of whom */
    char *process;     /* which process, as rp_process_self says; "" or NULL: not known */
} rp_intent;

typedef struct rp_intents {
    rp_intent *items;
    size_t count;
} rp_intents;

typedef struct rp_state_about {
    char lineage[RP_SALT_SIZE]; /* which state this is, whatever its name */
    char salt[RP_SALT_SIZE];
    int64_t serial; /* grows with each change */
    char *plugin;   /* whose objects these are; NULL: none yet */
} rp_state_about;

/* Opens the state for writing, made new if it is not there and brought to this version's schema. */
int rp_store_open(const char *path, rp_store **store, rp_error **error);

/* Opens it for reading, also in a folder that cannot be written. RP_E_NOT_FOUND: there is none. */
int rp_store_open_to_read(const char *path, rp_store **store, rp_error **error);
void rp_store_close(rp_store *store);

const rp_state_about *rp_store_about(const rp_store *store);
int rp_store_objects(rp_store *store, rp_objects *objects, rp_error **error);
int rp_store_intents(rp_store *store, rp_intents *intents, rp_error **error);
void rp_objects_done(rp_objects *objects);
void rp_intents_done(rp_intents *intents);

/* A transaction. Commit counts the serial up if an object was touched; what is not committed is undone by
   rp_store_undo, which is fine to call at any time. */
int rp_store_begin(rp_store *store, rp_error **error);
int rp_store_commit(rp_store *store, rp_error **error);
void rp_store_undo(rp_store *store);

int rp_store_put(rp_store *store, const rp_object *object, rp_error **error);
int rp_store_drop(rp_store *store, const char *address, const char *deposed, rp_error **error);
int rp_store_depose(rp_store *store, const char *address, const char *tag, rp_error **error);
/* Gives the deposed object of that tag the address `to`, where it becomes the current one. */
int rp_store_promote(rp_store *store, const char *address, const char *tag, const char *to, rp_error **error);
int rp_store_move(rp_store *store, const char *from, const char *to, rp_error **error);
int rp_store_set_plugin(rp_store *store, const char *plugin, rp_error **error);

/* The intent's number is filled in. */
int rp_store_intend(rp_store *store, rp_intent *intent, rp_error **error);
int rp_store_settle(rp_store *store, int64_t number, rp_error **error);

/* The state that was told while the intent is under way, in a transaction of its own which survives a kill of
   the process, but may not survive a loss of power. */
int rp_store_accept(rp_store *store, int64_t number, bool accepted, const char *state, rp_error **error);

/* Takes room on the disk for what is to be saved later, so that a full disk shows before anything is sent;
   gives it up, in the transaction that saves. */
int rp_store_reserve(rp_store *store, size_t bytes, rp_error **error);
int rp_store_release(rp_store *store, rp_error **error);

/* Moves what is committed into the file itself, so that the log can start over. */
int rp_store_flush(rp_store *store, rp_error **error);

/* The name by which the state was opened last, as far as it is known without its log; else NULL. */
void rp_store_noted_path(const char *path, char **noted);

/* A copy in a file of its own, whole or not at all, which replaces an earlier copy but nothing else:
   RP_E_INVALID; and back. What is restored counts as a change. */
int rp_store_backup(rp_store *store, const char *path, rp_error **error);
int rp_store_restore(rp_store *store, const char *path, rp_error **error);

/* Whether the file is a state by its first bytes, or empty; it may be damaged behind them. */
bool rp_store_looks_like_one(const char *path);

/* Puts a backup in the place of a file that cannot be opened as a state, which is kept under the name *aside.
   Its lock is held. */
int rp_store_replace(const char *path, const char *backup, char **aside, rp_error **error);

/* "create", "update" or "delete": also the names of the hooks. */
const char *rp_intent_kind_name(rp_intent_kind kind);
const char *rp_object_status_name(rp_object_status status);

static inline void rp_store_closep(rp_store **store)
{
    rp_store_close(*store);
}

#endif
