/*
 * What the files of the kit share: the call, its records, its response.
 */
#ifndef RP_KIT_CALL_H
#define RP_KIT_CALL_H

#include "kit/attributes.h"

#include "base/clock.h"

#include <string.h>
#include <sys/types.h>

struct rp_instance {
    pid_t owner; /* a child of this process must not use it */
    uint32_t timeout_ms;
    max_align_t own[]; /* the plugin's struct */
};

typedef enum rpkit_hook {
    HOOK_DESCRIBE,
    HOOK_OPEN,
    HOOK_VALIDATE,
    HOOK_CREATE,
    HOOK_READ,
    HOOK_UPDATE,
    HOOK_DELETE,
    HOOK_LIST
} rpkit_hook;

/* A response in the making. */
typedef struct response {
    rp_response told; /* first: what the host gets */
    rp_buffer text;
    rp_json_writer writer;
    bool failed, in_progress;
} response;

/* One record of the request, and its result once that is written. */
typedef struct call_record {
    void *record; /* update: the new one */
    void *state;  /* update: what names the object */
    char *id;     /* made of the key, where the kit makes it; or NULL */
    rp_error *refused;
    size_t twin;
    size_t room, least_room; /* bytes reserved for its result, and for the shortest form of that */
    int32_t status;
    rpkit_outcome outcome;
    size_t start, len; /* of the result, in the response */
} call_record;

/* A warning that waits for its result. */
typedef struct note {
    char code[64], text[512];
} note;

#define MAX_NOTES 4

struct rpkit_call {
    rpkit_hook hook;
    const rp_call *host; /* or NULL */
    int64_t deadline_ms;
    rp_instance *instance; /* or NULL */
    const rpkit_resource *resource;

    rp_json *root;
    const rp_json *config, *records, *options_member, *parent_member, *page;
    void *options, *parent;
    size_t count;
    call_record *entries;
    char *structs; /* of all records */

    response *response;
    size_t next;       /* the call_record whose result is written next */
    size_t least_left; /* bytes that the results after it need in their shortest form */
    size_t current;    /* the record that an operation works on; `count`: none does */

    rp_error **fault; /* while a record or config is checked: where rpkit_wrong puts it; else NULL */
    const char *at;   /* where that stands in the record */

    note notes[MAX_NOTES];
    size_t note_count;
    int64_t retry_after_ms;
    char *next_page;
    bool answered;
    const rp_response *refusal; /* the request as a whole was refused, or NULL */
};

/* request.c. What a request may have. */
enum {
    PART_CONFIG = 1,
    PART_RECORDS = 2,
    PART_PARENT = 4
};

/* Starts a call of the hook: parses the request, which has these parts, finds the resource, and reads options
   and parent. NULL, or what to answer. The call is to be ended with call_clear in any case. */
const rp_response *call_start(rpkit_call *call, rpkit_hook hook, rp_instance *instance, const rp_call *host,
                              const char *request, size_t len, unsigned parts);
/* Reads the records; RP_E_NO_MEMORY, or RP_E_INVALID for too many of them. */
int call_read_records(rpkit_call *call, bool partial, rp_error **error);
void call_clear(rpkit_call *call);

/* key.c */
bool makes_id(const rpkit_resource *resource);
/* The id made of the key, *id; NULL if part of the key is missing. RP_E_NO_MEMORY. */
int make_id(const rpkit_resource *resource, const void *record, char **id, rp_error **error);
/* Completes a key by the id of a state, where the kit makes the id, and demands that the key is whole. */
int complete_key(const rpkit_resource *resource, const rp_json *object, const char *at, void *state,
                 rp_error **error);
/* Finds the twins among the records. RP_E_NO_MEMORY. */
int find_twins(rpkit_call *call, rp_error **error);

/* response.c. An answer needs no more memory than what it begins with, `bytes` and a little. */
response *response_begin(size_t bytes);
void response_count(response *to, int32_t status);
void response_diagnostic(response *to, const rpkit_diagnostic *one);
void response_results_end(response *to); /* then come diagnostics of the whole */
const rp_response *response_end(response *made);
const rp_response *response_refused(const rpkit_diagnostic *why);
const rp_response *response_refused_for(const rp_error *error);
const rp_response *response_no_memory(void);
const rp_response *response_forked(void);

/* Where a resource names no max_records. */
#define DEFAULT_MAX_RECORDS 10000

#define MAX_RESPONSE_BYTES (16u << 20)
#define RESPONSE_TAIL      64

/* result.c */
void result_room(const rpkit_call *call, call_record *one, const rp_json *object);
void answer_as_first(rpkit_call *call, size_t index);
void answer_no_sooner(
    rpkit_call *call); /* gives records that were refused their results, as far as it goes */
/* Ends the results, adds warnings of the whole, and hands the response over. */
const rp_response *response_finish(rpkit_call *call);

/* The resource by name, or NULL. */
const rpkit_resource *resource_named(const char *name);

/* NULL if the instance may be used here, else what to answer. */
const rp_response *instance_refused(const rp_instance *instance);

/* Reads and checks a config into the struct of an instance. 0 or a negative code. */
int read_config(rpkit_call *call, bool partial, rp_error **error);

static inline bool is_mutating(rpkit_hook hook)
{
    return hook == HOOK_CREATE || hook == HOOK_UPDATE || hook == HOOK_DELETE;
}

#endif
