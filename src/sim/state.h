/*
 * The state of the service: listeners, members, jobs, tokens, keys. No function here
 * locks or waits; the current time is a parameter. A job's changes are entered when
 * the job is accepted, with the time from which they are visible.
 */
#ifndef RP_SIM_STATE_H
#define RP_SIM_STATE_H

#include "base/clock.h"
#include "sim/fault.h"
#include "sim/key.h"
#include "sim/map.h"
#include "sim/settings.h"

#define SIM_ID_SIZE 33
#define SIM_NEVER   INT64_MAX

typedef struct sim_link sim_link;

typedef struct sim_listener {
    sim_node node;
    char *id, *name, *protocol, *loadbalancer_id;
    uint32_t port;
    int64_t created_s;
    int64_t busy_until_ms; /* the end of the last job */
    sim_link *first, *last;
    size_t n_links;
    struct sim_listener *next;
} sim_listener;

typedef struct sim_member {
    sim_node node; /* by server and address */
    char id[SIM_ID_SIZE];
    char *server_id;
    char *address; /* as spelt in the request */
    char floating[16];
    int64_t created_s;
    sim_link *links;
} sim_member;

/* A member in a listener. */
struct sim_link {
    sim_node by_id;  /* of listener and member */
    sim_node by_key; /* listener, server, address */
    sim_listener *listener;
    sim_member *member;
    sim_link *previous, *next; /* in the listener */
    sim_link *also;            /* the member's next one */
    int64_t listed_ms, active_ms, healthy_ms, gone_ms;
};

typedef struct sim_item {
    char member_id[SIM_ID_SIZE];
    char *server_id, *address, *floating; /* NULL in a remove */
} sim_item;

typedef struct sim_job {
    sim_node node;
    char id[SIM_ID_SIZE];
    sim_kind kind; /* SIM_ADD or SIM_REMOVE */
    char *type, *listener_id;
    int64_t begin_ms, end_ms, begin_wall_ms;
    sim_item *items;
    size_t n_items;
    bool fails;
    int form; /* a sim_job_form, if it fails */
    char *code, *message, *word;
    int64_t settle_ms;        /* a remove: when the links go */
    struct sim_job *removing; /* the next remove that has not settled */
    struct sim_job *next;
} sim_job;

typedef struct sim_token {
    sim_node node;
    char *text, *project_id; /* "" if its scope is a domain */
    int64_t expires_ms;
    bool agency; /* issued in the name of an agency */
    struct sim_token *next;
} sim_token;

typedef struct sim_healthcheck {
    char id[SIM_ID_SIZE];
    char *listener_id, *protocol;
    int64_t created_s;
    struct sim_healthcheck *next;
} sim_healthcheck;

typedef struct sim_state {
    const rp_clock *clock;
    sim_map listeners_by_id, members_by_key, links_by_id, links_by_key, jobs_by_id, tokens_by_text;
    sim_listener *listeners, **listeners_end;
    sim_job *jobs, **jobs_end, *removing;
    sim_token *tokens, **tokens_end;
    sim_keys keys;
    sim_healthcheck *healthchecks;
    uint32_t n_addresses; /* floating addresses assigned so far */
} sim_state;

void sim_state_init(sim_state *state, const rp_clock *clock);
void sim_state_done(sim_state *state);

/* Applies changes that are due. */
void sim_state_advance(sim_state *state, int64_t now_ms);

void sim_new_id(sim_state *state, char out[SIM_ID_SIZE]);

/* NULL when out of memory. */
sim_listener *sim_listener_add(sim_state *state, const char *id, const char *protocol, int64_t wall_s);
sim_listener *sim_listener_find(const sim_state *state, const char *id);
void sim_listener_drop(sim_state *state, sim_listener *listener);

/* Adds a server to the listener: listed, active and healthy at once and for ever, unless the caller says
   otherwise. Shared: under the id it has elsewhere. NULL when out of memory. */
sim_link *sim_link_add(sim_state *state, sim_listener *listener, const char *server_id, const char *address,
                       bool shared, int64_t wall_s);
sim_link *sim_link_find(const sim_state *state, const sim_listener *listener, const char *member_id);

/* By what it is; addresses are compared by value. The latest if there are several, and none that is about to
 * go. */
sim_link *sim_link_find_key(const sim_state *state, const sim_listener *listener, const char *server_id,
                            const char *address);
void sim_link_drop(sim_state *state, sim_link *link);

static inline bool sim_link_listed(const sim_link *link, int64_t now_ms)
{
    return now_ms >= link->listed_ms && now_ms < link->gone_ms;
}

/* A job with room for so many items; NULL when out of memory. The caller fills it in. */
sim_job *sim_job_new(sim_state *state, sim_kind kind, const char *type, const char *listener_id,
                     size_t items);
void sim_job_free(sim_job *job);
static inline void sim_job_freep(sim_job **job)
{
    sim_job_free(*job);
}
/* Takes ownership of the job. False (out of memory): the caller keeps it. */
bool sim_job_enter(sim_state *state, sim_job *job);
sim_job *sim_job_find(const sim_state *state, const char *id);

/* "INIT", "RUNNING", "SUCCESS", "FAIL" or the word of its failure. */
const char *sim_job_status(const sim_job *job, int64_t now_ms);

/* Writes the job as the service shows it. */
void sim_job_write(const sim_job *job, int64_t now_ms, const sim_settings *settings, rp_json_writer *writer);

/* A random token text of about so many bytes; NULL when out of memory. */
char *sim_token_text(sim_state *state, size_t bytes);

/* NULL when out of memory. */
sim_token *sim_token_add(sim_state *state, size_t bytes, const char *project_id, int64_t expires_ms);
sim_token *sim_token_find(const sim_state *state, const char *text);
void sim_tokens_drop(sim_state *state);

/* Drops members, jobs, tokens and keys; listeners stay, empty. */
void sim_state_empty(sim_state *state);

/* "2015-12-28 10:35:51". */
#define SIM_TIME_SIZE 32
void sim_format_time(int64_t wall_s, char out[SIM_TIME_SIZE]);

/* "2017-09-29T09:49:37.399Z", with so many digits (3 or 6) after the point. */
void sim_format_iso(int64_t wall_ms, int digits, char out[SIM_TIME_SIZE]);

#endif
