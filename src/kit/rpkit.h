/*
 * rpkit.h: the authors' kit for resource plugins
 *
 * What any plugin needs and no plugin should write: it parses requests and
 * refuses wrong ones, reads records into structs, writes results, sums and
 * diagnostics, watches time and cancellation, and opens and closes instances. A
 * plugin built with it breaks no rule of the ABI that the kit can keep.
 *
 * An author writes, from the bottom of a file upwards,
 *
 *     resource_plugin_entry   returns the table
 *     the table               an rp_plugin with hooks of the kit: rpkit_create …
 *     rpkit_definition        which resources there are, and the configuration
 *     operations              one function each to create, read, update, delete
 *                             one object and to list them
 *     attributes              one table for each struct: schema, checks, paths and
 *                             key of a record come from it
 *
 * examples/minimal-plugin is one in 90 lines, librpkit(3) says it in prose.
 *
 * Memory. The kit owns what it passes, until the function that got it returns:
 * the call, the instance, records, states, options. A function may keep a text of
 * a record by taking it out: copy the pointer, set the member to NULL, free() it
 * later. What a function passes to the kit is copied before it returns.
 *
 * Threads. Operations run on the host's thread, many at once on one instance: the
 * plugin locks what it shares. An rpkit_call belongs to the thread of its call.
 *
 * Errors. Each operation ends with exactly one of the functions under "results";
 * one that ends with none is reported as the plugin's bug. If memory runs out
 * after an object was changed, the result is written into room that was reserved
 * before: shorter, but with its outcome, id and key.
 *
 * It depends on libc and json-c. All its names begin with rp_ or rpkit_.
 */
#ifndef RPKIT_H
#define RPKIT_H
#include <resource_plugin.h>
#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

/* One call of a hook. */
typedef struct rpkit_call rpkit_call;

struct rp_secret;

/* --- attributes ------------------------------------------------------------------ */

/* What an attribute is in the struct, and in JSON. */
typedef enum rpkit_kind {
    RPKIT_TEXT,   /* char *, from malloc; NULL: no value. A string */
    RPKIT_SECRET, /* struct rp_secret *, wiped when freed: rpkit_reveal. A string; sensitive, write-only */
    RPKIT_FLAG,   /* bool */
    RPKIT_COUNT,  /* uint32_t from least to most. Where least is not 0, 0 is no value. An integer */
    RPKIT_WORD,   /* int, the index of the word in words. A string */
    RPKIT_TEXTS,  /* char **, ended by NULL, all from malloc; NULL: no value. An array of strings */
    RPKIT_PART    /* the struct of another table, whose attributes stand among this table's own */
} rpkit_kind;

/*
 * One row of a table; {0} ends the table. Rows are static const.
 *
 * In a state, what has no value is null if the attribute is nullable ("it has none"),
 * else it is left out. A TEXT or TEXTS that points to rpkit_unknown is left out in
 * any case ("cannot tell").
 */
typedef struct rpkit_attribute {
    const char *name;
    rpkit_kind kind;
    size_t offset;            /* in the struct */
    bool key;                 /* part of the key: a TEXT, not empty. Implies required and force_new */
    bool required;            /* in a record */
    bool force_new;           /* cannot be changed in place */
    bool computed;            /* not for records: the server or the plugin sets it */
    bool nullable;            /* schema: may be null in a state */
    bool sensitive;           /* not to be shown or logged */
    bool write_only;          /* never in a state */
    uint32_t least, most;     /* COUNT; TEXT and SECRET: bytes, where most is not 0 */
    const char *const *words; /* WORD; ended by NULL */
    bool has_default;         /* COUNT, FLAG, WORD: `usual` is stored where the document is silent */
    uint32_t usual;
    const char *(*check)(const char *text); /* TEXT: NULL, or what is wrong with it, a static string */
    const char *pattern;                    /* schema: a regular expression, or NULL */
    const char *format;                     /* schema: "uri" …, or NULL */
    const char *about;                      /* schema: the description */
    const struct rpkit_attribute *fields;   /* PART */
} rpkit_attribute;

extern char rpkit_unknown[];

/* Whether a state can hold these bytes: UTF-8 of characters that I-JSON allows, without NUL. */
bool rpkit_is_text(const char *bytes, size_t len);

/* The bytes of a secret, followed by a NUL; NULL of NULL. Lives as long as the secret. */
const char *rpkit_reveal(const struct rp_secret *secret);

/* --- the definition ---------------------------------------------------------------- */

/*
 * What a resource is. Records and states are read into the same struct. Unless
 * the table has an attribute "id", the kit makes the id of the key: the value, or
 * the values joined by "/", "/" and "%" in them escaped as in a URL.
 */
typedef struct rpkit_resource {
    const char *name;
    const rpkit_attribute *attributes;
    size_t size;                    /* of the struct */
    const rpkit_attribute *options; /* or NULL. A FLAG "adopt" is obeyed by rpkit_exists */
    size_t options_size;
    const rpkit_attribute *parent; /* what list takes, or NULL */
    size_t parent_size;
    uint32_t settle_ms;   /* when the effect of a request whose answer was lost can no longer appear */
    uint32_t max_records; /* in one request, so that no answer passes 16 MiB; 0: the kit's own, 10000 */

    /* Checks and completes what was read: a record to be made (is_new), or a state or key that names an
       object. NULL if there is nothing more to check. Ends with rpkit_wrong and false, or true. In validate,
       attributes whose value is not known yet are missing. */
    bool (*check)(rpkit_call *call, void *record, bool is_new);

    /* Orders two records by the object they name, for twins. NULL: by id. */
    int (*compare)(const void *one, const void *other);

    /* Operations on one object; NULL: unsupported. Each ends with one result. */
    void (*create)(rpkit_call *call, void *instance, void *record);
    void (*read)(rpkit_call *call, void *instance, void *state);
    void (*update)(rpkit_call *call, void *instance, void *state, void *record);
    void (*delete_)(rpkit_call *call, void *instance, void *state);

    /* One page: rpkit_listed for each object, rpkit_next if there is more. `page` is what rpkit_next gave,
       or NULL: the first. Ends with rpkit_refuse if it fails. */
    void (*list)(rpkit_call *call, void *instance, void *parent, const char *page);
} rpkit_resource;

/* What the plugin is. An attribute "timeout_ms" of config is the time of calls that name none; without it
   that is one minute. */
typedef struct rpkit_plugin {
    const rp_plugin *table;
    const rpkit_attribute *config; /* or NULL: there is nothing to configure */
    size_t instance_size;          /* of the struct that config is read into, zeroed before */

    /* Checks and completes the configuration. No network. Ends with rpkit_refuse and false, or true. May be
       NULL. Called by open, and by validate where all values are known. */
    bool (*configure)(rpkit_call *call, void *instance);

    /* Makes what the instance needs. No network. As above. */
    bool (*open)(rpkit_call *call, void *instance);

    /* Undoes configure and open, also where they failed halfway; the kit frees the config. In a child of the
       process that opened it (forked), free memory only: connections are the parent's. */
    void (*close)(void *instance, bool forked);

    /* settle_ms of an instance, if it is configured; or NULL. */
    uint32_t (*settle_ms)(const void *instance);

    const rpkit_resource *resources;
    size_t resource_count;
} rpkit_plugin;

/* The author defines it. */
extern const rpkit_plugin rpkit_definition;

/* --- hooks of the table ---------------------------------------------------------------- */

/* The four that are never NULL, and validate. */
void rpkit_release(const rp_response *response);
rp_hook rpkit_describe, rpkit_open, rpkit_validate;
void rpkit_close(rp_instance *instance);

/* These five, in the initializer of a table. */
#define RPKIT_HOOKS                                                                                          \
    .release = rpkit_release, .describe = rpkit_describe, .open = rpkit_open, .close = rpkit_close,          \
    .validate = rpkit_validate

/* Those that run the operations of a resource, one record after the other. Leave a slot NULL if no resource
   has the operation. */
rp_hook rpkit_create, rpkit_read, rpkit_update, rpkit_delete, rpkit_list;

/* --- the call ------------------------------------------------------------------------------ */

/* A copy of the options, read into the struct; NULL if the resource has none. */
const void *rpkit_options(const rpkit_call *call);

/* Whether the request has a value for a member of its "config", "options" or "parent". */
bool rpkit_given(const rpkit_call *call, const char *part, const char *name);

/* RP_OK while the call may go on; RP_CANCELLED, RP_DEADLINE_EXCEEDED. Look at least every 100 ms. */
int32_t rpkit_watch(const rpkit_call *call);

/* Time left, in ms; 0 when it is over. */
uint32_t rpkit_left_ms(const rpkit_call *call);

/* Sleeps so long, or until rpkit_watch says otherwise; returns what it says. */
int32_t rpkit_sleep(const rpkit_call *call, uint32_t ms);

/* Waits until the descriptor is ready for `events` of poll(2), or has failed; returns RP_OK then, or what
   rpkit_watch says. */
int32_t rpkit_poll(const rpkit_call *call, int fd, short events);

/* Events, delivered at once. `level`: "debug", "info", "warning", "error". */
void rpkit_log(rpkit_call *call, const char *level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void rpkit_progress(rpkit_call *call, size_t done, size_t total, const char *message);
/* The server has accepted the record: a host that is killed can follow what it began. */
void rpkit_accepted(rpkit_call *call, const void *state);

/* --- results --------------------------------------------------------------------------------- */

/* What a retry needs to know. */
typedef enum rpkit_outcome {
    RPKIT_NONE,   /* this call changed nothing, and nothing it sent can still take effect */
    RPKIT_DONE,   /* it happened */
    RPKIT_UNKNOWN /* it may have happened, or happen yet */
} rpkit_outcome;

/* `state` is the struct of the resource, with all that is known of the object. */
void rpkit_made(rpkit_call *call, const void *state);                 /* create, update: ok, done */
void rpkit_unchanged(rpkit_call *call, const void *state);            /* update, nothing to do: ok, none */
void rpkit_exists(rpkit_call *call, const void *state, bool matches); /* create: already_exists, or adopted */
void rpkit_found(rpkit_call *call, const void *state);                /* read: ok */
void rpkit_removed(rpkit_call *call);                                 /* delete: ok, done, existed */
void rpkit_absent(rpkit_call *call); /* read, update: not_found; delete: ok, existed false */
/* The server works on it: in_progress, unknown; of read without outcome. `state` of delete: NULL. */
void rpkit_in_progress(rpkit_call *call, const void *state);

/* It failed with this status (100 or more). `code` is dotted and stable: "redis.wrong_type". Unavailable,
   throttled, deadline_exceeded and cancelled are retryable. */
void rpkit_fail(rpkit_call *call, int32_t status, rpkit_outcome outcome, const char *code, const char *format,
                ...) __attribute__((format(printf, 5, 6)));

/* The record itself is wrong: invalid_argument, none. `path` is a JSON Pointer into the record. Returns
   false. */
bool rpkit_wrong(rpkit_call *call, const char *path, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Out of memory before anything was changed: for the record of an operation, else for the whole request.
   Returns false. */
bool rpkit_no_memory(rpkit_call *call);

/* Before the result: a warning that goes with it; before rpkit_fail: the wait the server asked for. In
   configure, open and list a warning is about the whole. At most four each. */
void rpkit_warn(rpkit_call *call, const char *code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void rpkit_retry_after(rpkit_call *call, uint32_t ms);

/* The request as a whole: in configure, open and list. `path` points into the request, or is NULL. Returns
   false. */
bool rpkit_refuse(rpkit_call *call, int32_t status, const char *code, const char *path, const char *format,
                  ...) __attribute__((format(printf, 5, 6)));

/* list: one object of the page, and where the next page begins. */
void rpkit_listed(rpkit_call *call, const void *state);
void rpkit_next(rpkit_call *call, const char *page);

/* --- many records in one request ------------------------------------------------------------------- */

/*
 * For a plugin whose server takes many objects at once: its hooks take the records
 * of a call, act on them as they like, and give the results in order.
 *
 *     static const rp_response *create(rp_instance *instance, const rp_call *host, const char *request,
 *                                      size_t len)
 *     {
 *         rpkit_call *call;
 *         const rp_response *refused = rpkit_begin(&call, "create", instance, host, request, len);
 *
 *         if (refused)
 *             return refused;
 *         … rpkit_record(call, i), rpkit_twin(call, i) …
 *         … rpkit_answer(call, i, &result) for each, in order …
 *         return rpkit_end(call);
 *     }
 */

/* A member of the "data" of a diagnostic: a text, or, where that is NULL, a number. {0} ends the list. */
typedef struct rpkit_datum {
    const char *name, *text;
    int64_t number;
} rpkit_datum;

typedef struct rpkit_diagnostic {
    bool warning;
    int32_t status;
    const char *code, *summary;
    const char *detail, *path; /* or NULL */
    const rpkit_datum *data;   /* or NULL */
} rpkit_diagnostic;

typedef struct rpkit_result {
    int32_t status;
    rpkit_outcome outcome;
    bool without_outcome; /* of a read that cannot tell */
    const void *state;    /* or NULL */
    bool matches;         /* already_exists */
    bool existed;         /* delete, ok */
    bool existed_unknown; /* delete, ok: gone, but whether there was anything to delete is not known */
    bool retryable;       /* failures */
    int64_t retry_after_ms;
    const rpkit_diagnostic *diagnostics;
    size_t diagnostic_count;
} rpkit_result;

/* As rpkit_refuse, with all that a diagnostic may have; before rpkit_end too. */
bool rpkit_refuse_with(rpkit_call *call, const rpkit_diagnostic *why);

/* Parses a request of "create", "read", "update" or "delete" and reserves the room for its results. NULL and
   a call, which rpkit_end frees; or what to answer. */
const rp_response *rpkit_begin(rpkit_call **call, const char *hook, rp_instance *instance,
                               const rp_call *host, const char *request, size_t len);

/* The struct of the instance. */
void *rpkit_instance(const rpkit_call *call);
const rp_call *rpkit_host(const rpkit_call *call);

size_t rpkit_count(const rpkit_call *call);

/* A record, or NULL if it was refused: the kit writes its result. */
void *rpkit_record(const rpkit_call *call, size_t index);

/* The first record of a create or delete that names the same object; `index` itself if it is the first. */
size_t rpkit_twin(const rpkit_call *call, size_t index);

/* Writes the result of a record; in order. The states of create and delete are as the rules want them. */
void rpkit_answer(rpkit_call *call, size_t index, const rpkit_result *result);

/* The response; frees the call. After rpkit_refuse_with or rpkit_no_memory that refusal, with no results:
   nothing was begun. Else a record without a result gets one: internal. */
const rp_response *rpkit_end(rpkit_call *call);

/* "not_found" … */
const char *rpkit_status_name(int32_t status);

#ifdef __cplusplus
}
#endif
#endif
